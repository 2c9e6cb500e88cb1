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
#include <sys/types.h>

#include "ui/more.h"
#include "ui/news.h"
#include "ui/prompt.h"
#include "ui/screen.h"
#include "ui/session.h"
#include "ui/trail.h"
#include "ui/kit/term.h"

struct app_params;
struct error;
struct pane;
struct pane_ops;
struct term_mouse;

enum { CONSOLE_WANTED = 20 };

struct console {
	const struct app_params *params;
	struct session session;
	struct screens screens;
	struct trail trail;
	struct prompt prompt;
	struct more more;
	bool dirty; /* something to paint */
	bool leaving;
	bool tab_pending;      /* g was typed: a digit is a tab */
	bool explain_pending;  /* help was asked on the help screen: the next key is explained */
	char *wanted[CONSOLE_WANTED]; /* CIFs sent before there was a replica, in order */
	int wanted_count;
	dev_t device; /* of the replica's file as it was opened */
	ino_t inode;
	bool gone; /* that file is not the one under this name any more */
	char find[FIELD_SIZE]; /* what was looked for in a table last */
	int64_t open_at;       /* monotonic: when to try the replica again */
	int64_t fresh_at, fresh_asked, stand_at, tick_at;
	struct news news;
	int64_t started; /* monotonic; and the processor time of this thread then */
	int64_t started_cpu;
	int64_t first_frame, first_frame_cpu; /* how long the first frame with data took; 0: not painted yet */
	int64_t painted;                      /* how long the last frame took: a slow line is not flooded */
};

bool console_init(struct console *c, const struct app_params *p, struct error *err);
void console_done(struct console *c);
void console_key(struct console *c, int key);
void console_paste(struct console *c, const char *text, size_t n);
/* A click acts as the key, the tab or the field it hits, or selects a row; a click on the selected row opens it. */
void console_mouse(struct console *c, const struct term_mouse *m);
/* The terminal was taken: says what the reader should know of it. */
void console_started(struct console *c);
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

/* console_replica.c: opens the replica, follows it, opens it again when it was replaced; the age; what is wrong. */
void console_zone(struct session *s); /* the setting's zone, else the model's */
void console_replica(struct console *c, int64_t now);

/* Does an action: the pane's own, or what it means on every screen. */
void console_do(struct console *c, enum action a);
/* console_go.c: from screen to screen. Shows the customer with this CIF, now. */
void console_lookup(struct console *c, const char *cif);
/* Shows the screen of a code; argument may be NULL. False: there is none of this code. */
bool console_go(struct console *c, const char *code, const char *argument);
/* Back or forward to a place of the trail. False: there is none. */
bool console_step(struct console *c, bool forward);
/* What the place we are at is like, on the trail. */
void console_keep(struct console *c);
/* Shows the trail's place again: the panes were made anew. */
void console_restore(struct console *c);
void console_as_of(struct console *c, const char *text); /* "" or "now": now */
/* CIFs that were sent too early: those wait no more, or are shown, each of them. */
void console_unwant(struct console *c);
void console_want(struct console *c);

/* console_keys.c: does what the pane on top asked for: another screen, an answer. */
void console_wishes(struct console *c);
/* An action, by whatever way it was asked for. */
void console_do(struct console *c, enum action a);
/* Says what a key does. */
void console_explain(struct console *c, int key);
/* Looks for the text in the table, and remembers it for n and N. */
void console_find(struct console *c, const char *text);

#endif
