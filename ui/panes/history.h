/* history: what the parts of the history screen share. Nobody else includes it.
 *
 * history.c          the pane: loading, keys
 * history_list.c     the time line as rows; from change to change
 * history_filter.c   which part of it: an entity, a field, a period
 * history_diff.c     what the selected version changed: was and is
 * history_draw.c     where each of them stands
 */
#ifndef TD_UI_PANES_HISTORY_H
#define TD_UI_PANES_HISTORY_H

#include "base/buffer.h"
#include "base/memory.h"
#include "replica/query.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/panes/card.h"
#include "ui/panes/events.h"
#include "ui/panes/record.h"
#include "ui/session.h"

struct model;

enum { HISTORY_LIMIT = 1000, HISTORY_FIELD = 64 };

struct history_filter {
	int entity;                 /* only this; -1: all */
	char field[HISTORY_FIELD];  /* only what changed fields that begin so, by name or title; "": all */
	bool *on;                   /* those; NULL: all */
	struct event_fields fields; /* the same, for the events */
	int64_t from, to;           /* only what happened in it; TIME_NONE: open */
};

/* A field before and after. */
struct diff_field {
	const char *label, *was, *is; /* was, is NULL: there was, there is none */
	size_t was_len, is_len;
	enum role was_role, is_role;
	bool changed;
};

struct diff {
	const char *title, *origin;
	enum role origin_role;
	struct diff_field *fields;
	int count;
	int label;             /* cells of the widest */
	bool was, is;          /* which columns there are */
	int top, shown, total; /* lines, as of the last paint */
};

enum history_ask { HISTORY_ASK_PERIOD, HISTORY_ASK_FIELD };

struct history {
	struct pane base;
	struct card card;
	struct history_answer answer;
	struct arena arena;        /* events */
	struct arena detail_arena; /* the selected one in full */
	const struct event *events;
	int count;
	int limit; /* versions read of each entity */
	struct history_filter filter;
	enum history_ask asked;
	bool unchanged; /* show unchanged fields too */
	bool detail;    /* the selected version alone, whole */
	struct diff diff;
	struct record record; /* the row as of the selected version */
	struct record_view view;
	struct grid grid;
	struct buffer cell;
};

static inline const struct model *history_model(const struct history *h)
{
	return h->base.session->model;
}

static inline struct event_words history_words(const struct history *h)
{
	return (struct event_words){
		.model = history_model(h),
		.zone = h->base.session->zone,
		.aloud = h->base.session->accessible,
		.only = h->filter.on ? &h->filter.fields : NULL,
	};
}

/* The selected event, or NULL. */
const struct event *history_selected(const struct history *h);
/* The selection moved, or its version changed: makes what is shown of it. */
void history_detail(struct history *h);

/* ---- history_list ---- */

extern const struct grid_ops history_grid_ops;
enum { HISTORY_COLUMNS = 4 };
/* n N: selects the next change in this direction. False: there is none. */
bool history_step(struct history *h, int step);
/* The last row stands for older versions, and it is selected. */
bool history_at_older(const struct history *h);

/* ---- history_filter ---- */

void history_filter_clear(struct history_filter *f);
bool history_filter_any(const struct history_filter *f);
void history_filter_next_entity(struct history *h);
/* "" takes the filter off. False: it is as it was; err says why. */
bool history_filter_field(struct history *h, const char *text, struct error *err);
bool history_filter_period(struct history *h, const char *text, struct error *err);
/* All that is filtered, in words: "only product; only changes of Status; from ... to ..."; "": nothing. */
void history_filter_words(const struct history *h, struct buffer *out);

/* ---- history_diff ---- */

void history_diff_make(struct history *h, const struct event *e);
/* Title, origin, and the fields; scrolled by diff.top. */
void history_diff_draw(struct history *h, struct area area);
/* Up and down within it. */
bool history_diff_scroll(struct diff *d, enum action a);

/* ---- history_draw ---- */

void history_draw(struct pane *p, struct area area);

#endif
