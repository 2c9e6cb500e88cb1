/* console: everything between a key and a frame, without a terminal in it.
 *
 *     console_init(&c, params, &err)
 *     loop:
 *         console_paint(&c)                  if something changed: one frame
 *         wait for a key, the board, the worker, or console_timeout
 *         console_key / console_paste
 *         console_work(&c)                   opens the replica, loads what is stale, takes answers
 *     until c.leaving
 *     console_done(&c)
 *
 * The loop of a terminal (app) and the reader of a script (script) drive it alike.
 */
#ifndef TD_UI_CONSOLE_H
#define TD_UI_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/prompt.h"
#include "ui/screen.h"
#include "ui/session.h"
#include "ui/kit/term.h"

struct app_params;
struct error;

struct console {
	const struct app_params *params;
	struct session session;
	struct screens screens;
	struct prompt prompt;
	bool dirty; /* something to paint */
	bool leaving;
	bool tab_pending;      /* g was typed: a digit is a tab */
	char find[FIELD_SIZE]; /* what was looked for in a table last */
	int64_t open_at;       /* monotonic: when to try the replica again */
	int64_t poll_at, fresh_at, fresh_asked, tick_at;
	int64_t version; /* of the data, when last looked */
	int64_t started; /* monotonic; and the processor time of this thread then */
	int64_t started_cpu;
	int64_t first_frame, first_frame_cpu; /* how long the first frame with data took; 0: not painted yet */
	unsigned topics;                      /* posted and not yet seen to */
};

bool console_init(struct console *c, const struct app_params *p, struct error *err);
void console_done(struct console *c);
void console_key(struct console *c, int key);
void console_paste(struct console *c, const char *text, size_t n);
void console_work(struct console *c);
/* Milliseconds until console_work has something to do again. */
int console_timeout(const struct console *c);
void console_paint(struct console *c);
/* How the terminal is to be taken, by the settings. */
struct term_params console_terminal(const struct console *c);
int64_t console_cpu(void); /* processor time of this thread, microseconds */
/* Nothing is being read, asked or waited for. */
bool console_idle(struct console *c);

/* ---- between the parts of the console ---- */

/* Shows the customer with this CIF, now. */
void console_lookup(struct console *c, const char *cif);
/* Shows the screen of a code; argument may be NULL. False: there is none of this code. */
bool console_go(struct console *c, const char *code, const char *argument);
void console_command(struct console *c, const char *line);
/* Does what the pane on top asked for: another screen, an answer. */
void console_wishes(struct console *c);
/* "" or "now": now. False: it is no time, and the message says so. */
bool console_as_of(struct console *c, const char *text);

#endif
