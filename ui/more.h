/* more: what F10 offers of any screen, and the questions that come with it: where to write an export, which rows to show.
 *
 * It stands over the screen: while it is open it takes the keys, all but the digits of the next lookup. An export runs in
 * the worker; its progress is on the message row, and Esc cancels it.
 *
 * The command line calls more_export, more_copy and more_filter for ":export csv|json|sheet [FILE]", ":copy cell|row" and
 * ":filter TEXT".
 */
#ifndef TD_UI_MORE_H
#define TD_UI_MORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/copy.h"
#include "ui/export.h"
#include "ui/kit/field.h"
#include "ui/menu.h"

struct console;
struct job;

enum more_state {
	MORE_CLOSED,
	MORE_MENU,
	MORE_PATH,      /* where to write it */
	MORE_OVERWRITE, /* there is a file of that name: one key is the answer */
	MORE_FILTER,    /* which rows to show */
};

struct more {
	enum more_state state;
	struct menu menu;
	struct field field;
	struct export_request request; /* its path is ours */
	char *path;
	struct export *running; /* it belongs to the worker; NULL: none */
	int64_t began;          /* monotonic */
};

void more_open(struct console *c); /* the menu */
/* path NULL: it is asked for, with a name proposed. A file that exists is asked about. */
void more_export(struct console *c, enum export_what what, enum export_format format, const char *path);
void more_copy(struct console *c, enum copy_what what);
void more_filter(struct console *c, const char *text); /* NULL: it is asked for */
/* ":export csv FILE" without its first word, and ":copy"; false: it is none of them, and that was said. */
bool more_command_export(struct console *c, const char *argument);
bool more_command_copy(struct console *c, const char *argument);

/* False: the key is not for it. */
bool more_key(struct console *c, int key);
bool more_paste(struct console *c, const char *text, size_t n);
/* A finished job: false: it is another's. */
bool more_take(struct console *c, struct job *j);
void more_draw(struct console *c, int64_t now); /* over the screen that was drawn; monotonic, as of this frame */
/* The worker is about to go, and an export in it: that one is cancelled. */
void more_stop(struct more *m);
void more_done(struct more *m);

#endif
