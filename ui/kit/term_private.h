/* term_private: what the parts of term share. term.c takes the terminal and shows frames,
 * term_input.c reads it, term_back.c gives it back. */
#ifndef TD_UI_KIT_TERM_PRIVATE_H
#define TD_UI_KIT_TERM_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#define TERM_PASTE_ON  "\033[?2004h"
#define TERM_PASTE_OFF "\033[?2004l"

struct term {
	bool headless, esc_digit;
	bool bracketed; /* the terminal marks pastes */
	bool mouse;
};
extern struct term term;

/* ---- term_back.c ---- */

/* Before anything is changed: notes the modes, catches the signals. */
bool term_back_begin(void);
/* Once the terminal is known: what it is told at the end. */
void term_back_prepare(void);
/* From here on a terminal that takes no bytes has two seconds. */
void term_back_hurry(void);
/* The terminal was given back in the ordinary way (by endwin). */
void term_back_end(void);
/* Whether the terminal is ours to change: a process in the background would be stopped for it. */
bool term_back_foreground(void);
/* What is written from here on reaches nobody. */
void term_back_mute(void);
/* A long sequence is being written: should it be cut short, the terminal is told. */
void term_back_within(bool within);
/* Stops this process as Ctrl-Z does, and comes back when it goes on, in the foreground. */
void term_back_stop(void);

/* ---- term_input.c ---- */

/* After newterm. */
void term_input_begin(void);
void term_input_end(void);

#endif
