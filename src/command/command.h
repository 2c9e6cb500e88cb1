/* command: one file a command; main.c and command.c hold the table.
 *
 * run gets the parsed settings and its arguments and returns the exit status.
 * Data goes to stdout through answer_json, answer_csv and answer_text, narration to stderr.
 * It keeps no state, so that a command may run another one.
 */
#ifndef TD_COMMAND_COMMAND_H
#define TD_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

struct settings;

struct command {
	const char *name;
	const char *synopsis; /* "lookup CIF [--as-of T] ..." */
	const char *about;    /* one line */
	int min_arguments, max_arguments;
	bool service;         /* runs until it is told to end: a signal is no interruption, unless once or until is given */
	int (*run)(struct settings *s, size_t count, const char *const *arguments);
};

extern const struct command *const command_table[];         /* ended by NULL */
const struct command *command_find(const char *name);       /* NULL: none */
enum log_level command_log_level(const struct settings *s); /* as -q, -v and log-level say */
int command_main(int argc, char **argv);

#endif
