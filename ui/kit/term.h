/* term: taking the terminal, and always giving it back.
 *
 *     term_start(&params, &err)
 *     poll on term_fd and term_signal_fd
 *     term_read until it says TERM_NOTHING; term_signals
 *     term_show()                          one doupdate a turn
 *     term_stop()
 *
 * Given back: by term_stop, at exit, when memory is exhausted, and in the handlers
 * of signals that end a process, in whichever thread, where only async-signal-safe
 * calls are made. Signals that ask for something (end, resize, suspend) are bytes
 * in a pipe, taken in the loop. A terminal that takes no bytes any more does not
 * hold up who asked us to end: two seconds later what is still to be painted is
 * dropped, and only the farewell waits in the terminal.
 *
 * Headless: the same screen on a terminal of a fixed size that nobody sees.
 */
#ifndef TD_UI_KIT_TERM_H
#define TD_UI_KIT_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/kit/theme.h"

struct buffer;
struct error;

struct term_params {
	bool ascii; /* asked for; a locale without UTF-8 asks too: term_ascii */
	bool color;
	enum theme_name theme;
	bool mouse;
	bool esc_digit; /* Esc and a digit at once are a function key */
	bool headless;
	int rows, columns; /* headless */
	const char *type;  /* headless: as TERM has it; NULL: xterm-256color */
};

bool term_start(const struct term_params *p, struct error *err);
void term_stop(void); /* any number of times */
bool term_ascii(void);
/* What the user should know of this terminal, or NULL. */
const char *term_notice(void);

int term_fd(void); /* the keyboard; -1 headless */
int term_signal_fd(void);
enum { TERM_END = 1, TERM_RESIZED = 2, TERM_SUSPENDED = 4, TERM_CONTINUED = 8 };
unsigned term_signals(void); /* those since the last call */
void term_suspend(void);     /* gives the terminal back, stops the process, and takes it again */
/* Takes the terminal again after a stop that nobody announced: its modes and its screen may be anybody's. */
void term_continue(void);
/* Takes the size the terminal has now; headless: the one given. */
void term_resize(int rows, int columns);

enum term_input { TERM_NOTHING, TERM_KEY, TERM_PASTE, TERM_MOUSE, TERM_CLOSED };
enum term_mouse_what { TERM_CLICK, TERM_WHEEL_UP, TERM_WHEEL_DOWN };
struct term_mouse {
	enum term_mouse_what what;
	int y, x; /* from 0 */
};
/* One key (as in keys.h), one press of the mouse, or one whole paste, of which the first part is kept in *paste. */
enum term_input term_read(int *key, struct buffer *paste, struct term_mouse *mouse);
/* In the middle of a paste: its end is overdue if nothing comes any more, so look again after a second. */
bool term_pasting(void);

void term_show(void);
void term_repaint(void); /* the next term_show paints everything */
/* A sequence for the terminal itself, between two frames. False: it could not be sent. Headless: sent nowhere. */
bool term_send(const char *bytes, size_t n);
bool term_headless(void);
/* Headless: bytes the last term_show sent. */
int64_t term_sent(void);

#endif
