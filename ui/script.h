/* script: the console without a terminal, driven by a file. For tests and measurements.
 *
 * One instruction a line; '#' begins a comment line.
 *
 *     size 80 24              before anything else: columns, rows
 *     term screen             before anything else: the type of the terminal (xterm-256color)
 *     now 2026-11-20T14:02:33Z    the clock stands still there; `now +5s` moves it on
 *     keys 0012345678 Enter   a word that names a key is that key, others are typed;
 *                             "in quotes" always typed, blanks included
 *     paste 1000000           a paste of so many bytes; `paste "text"` of that text
 *     click ROW COLUMN        of the mouse, from 0
 *     wheel up                or down
 *     resize 60 16
 *     wait idle               until nothing is being read or asked (10 s at most)
 *     wait text WORDS         until the screen holds them (10 s at most)
 *     run COMMAND             a shell command, such as one that changes the bank
 *     dump                    the screen as text
 *     dump roles              the letters of its colour roles
 *     dump cursor             "cursor ROW COLUMN"
 *     dump clipboard          what was copied last
 *     bytes                   "bytes N": sent to the terminal for the last frame
 *     time                    microseconds: of the first frame, of the last Enter to its frame
 *     echo TEXT
 */
#ifndef TD_UI_SCRIPT_H
#define TD_UI_SCRIPT_H

#include <stdbool.h>

struct app_params;
struct error;

/* Runs the script named by p->script ("-": standard input). */
bool script_run(const struct app_params *p, struct error *err);

#endif
