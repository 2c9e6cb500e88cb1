/* pane: one screen's content. A table of functions, a struct that embeds struct pane first.
 *
 *     p = pane_new(&stores_pane, session);
 *     ops->start(p, "0142")            an argument from the command line or another pane; NULL: none
 *     ops->load(p, &err)               reads what it shows; again whenever its topics changed
 *     ops->draw(p, area)               paints what was loaded: no query, no clock
 *     ops->type, ops->act              a key of text; an action
 *     pane_free(p)
 *
 * load answers within a frame. What may take longer is asked of the session's
 * worker, and comes back through `take`. A pane that failed to load keeps showing
 * what it had. Everything but code, title, about, size, load and draw may be NULL.
 */
#ifndef TD_UI_PANE_H
#define TD_UI_PANE_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/age.h"
#include "ui/kit/draw.h"
#include "ui/kit/keys.h"

struct buffer;
struct card;
struct error;
struct grid;
struct job;
struct pane;
struct session;

enum reaction {
	REACT_IGNORED, /* not mine: the app may know what to do */
	REACT_DONE,    /* done; the screen is painted again */
	REACT_LOAD,    /* load, then paint */
};

struct pane_ops {
	const char *code, *title;
	const char *about;          /* for the help screen: paragraphs, '\n' between */
	size_t size;                /* of the struct that embeds the pane */
	unsigned topics;            /* of the board: load again when one of them changed */
	bool customer;              /* shows the session's customer, at the session's moment */
	const enum action *actions; /* its own, ended by ACTION_NONE: for help and the last row */
	void (*start)(struct pane *p, const char *argument);
	void (*resume)(struct pane *p); /* it is on top again */
	void (*stop)(struct pane *p);
	bool (*load)(struct pane *p, struct error *err);
	void (*take)(struct pane *p, struct job *j); /* a job of this owner is finished; frees it */
	void (*draw)(struct pane *p, struct area area);
	/* Appends what stands in place of the CIF field while nothing is typed there. */
	void (*head)(struct pane *p, struct buffer *out);
	void (*place)(struct pane *p, struct buffer *out); /* "5 of 214"; without it the grid's */
	enum reaction (*act)(struct pane *p, enum action a);
	/* Keys of text (characters, Backspace, Left ...), where a text field has the focus. */
	enum reaction (*type)(struct pane *p, int key);
	enum reaction (*paste)(struct pane *p, const char *text, size_t n);
	enum reaction (*answer)(struct pane *p, const char *text); /* to pane_ask */
	struct grid *(*grid)(struct pane *p);                      /* the one that moves now, or NULL */
	bool (*cursor)(struct pane *p, int *y, int *x);
	/* The card of the customer it shows, for exports and the head; NULL: of none. */
	const struct card *(*card)(const struct pane *p);
	/* What brings the reader back to the very place: a tab, a selection, what is open. Appended; any text
	 * without line ends. recall takes it back, after start and before load; "" is a fresh start. */
	void (*mark)(const struct pane *p, struct buffer *out);
	void (*recall)(struct pane *p, const char *mark);
	/* It shows only rows that hold this text ("": all again); what it shows now, or NULL without a filter. */
	void (*filter)(struct pane *p, const char *text);
	const char *(*filtered)(const struct pane *p);
	int64_t (*due)(const struct pane *p); /* monotonic time at which to call `wake`; TIME_NONE: none */
	void (*wake)(struct pane *p);
};

struct pane {
	const struct pane_ops *ops;
	struct session *session;
	bool stale;              /* a topic changed since the last load */
	bool loaded;             /* it has something to show */
	bool held;               /* does not load again by itself */
	struct age known;        /* of the data, when it was held */
	int64_t loaded_at, cost; /* monotonic; of the last load */
	const char *ask;         /* it wants an answer from the user: the label; NULL: not */
	char ask_initial[64];
};

extern const struct pane_ops find_pane, customer_pane, history_pane, stores_pane, lag_pane, help_pane;
/* All of them, ended by NULL. */
extern const struct pane_ops *const pane_table[];

struct pane *pane_new(const struct pane_ops *ops, struct session *s);
void pane_free(struct pane *p);
/* Loads now; a failure becomes the session's message. */
bool pane_load(struct pane *p);
/* The pane's own answer, then what every grid does, then IGNORED. A record that is open, and Back while a filter
 * is on, are the grid's first. */
enum reaction pane_act(struct pane *p, enum action a);
/* Its own filter, or its grid's; "": all rows again. False: there is nothing to filter. */
bool pane_filter(struct pane *p, const char *text);
const char *pane_filtered(struct pane *p); /* NULL: everything is shown */
void pane_ask(struct pane *p, const char *label, const char *initial);

#endif
