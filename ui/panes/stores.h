/* stores: what the files of the STOR screen share. Nobody else includes it.
 *
 *     stores.c          the pane: its frame and its life
 *     stores_ask.c      questions and answers
 *     stores_keys.c     what a key does
 *     stores_table.c    the table of the stores, what is shown of it, the line of silent ones
 *     stores_chart.c    bars over time, as charts, as sentences and as numbers
 *     stores_drill.c    one store: its windows and its registrations
 *     stores_place.c    what brings back where it was left, what the command line asked for
 */
#ifndef TD_UI_PANES_STORES_H
#define TD_UI_PANES_STORES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "replica/query.h"
#include "ui/kit/chart.h"
#include "ui/kit/figures.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/panes/tally.h"

enum stores_view { VIEW_BOTH, VIEW_TABLE, VIEW_CHART, VIEW_NUMBERS, VIEW_COUNT };

enum stores_column {
	COLUMN_STORE,
	COLUMN_NAME,
	COLUMN_NOW,
	COLUMN_WINDOW,
	COLUMN_HOUR,
	COLUMN_TODAY,
	COLUMN_AVERAGE,
	COLUMN_LAST, /* the last windows as a line of bars; of silent stores: since when */
	STORES_COLUMNS
};

/* One store, and what was read of it. */
struct stores_drill {
	char *store; /* "" the unknown one; NULL: none is shown */
	bool read;   /* the registrations are there */
	int limit;   /* of them; it grows as they are paged through */
	struct registrations_answer registrations;
	struct stores_answer days; /* the last thirty */
	struct grid grid;
};

struct stores {
	struct pane base;
	/* what was chosen */
	struct duration window;
	int share; /* windows that begin within the length of one */
	const struct zone *zone;
	enum tally_order order;
	bool reverse, silent_only;
	char *filter; /* NULL: none */
	enum stores_view view;
	int64_t held_since; /* the source's clock */
	/* what was counted */
	struct tally tally;
	bool counted, again, asked, anew; /* anew: count everything, not only what is new */
	int64_t due_at;                   /* monotonic: when to ask without being told */
	int64_t anew_at;                  /* not before */
	int64_t counted_at, counting;     /* when everything was counted last, and how long it took */
	/* what is shown of it */
	struct grid grid, numbers;
	int *rows; /* the lines that are shown, in order */
	int row_count, silent_count;
	bool on_silent;             /* the focus is on the line of silent stores */
	int silent_y;               /* where that was painted */
	int widths[STORES_COLUMNS]; /* of the numbers, as wide as the largest */
	int shown_windows;          /* in the line of bars: the last ones there is room for */
	struct stores_drill drill;
	char cell[FIGURES_SIZE], window_title[MOMENT_SIZE];
	int width; /* of the last painting: so many bars may be asked for */
	struct buffer text, title;
	char ask[160];
};

/* ---- stores.c ---- */

struct grid *stores_grid(struct pane *p);              /* the one that moves */
enum chart_style stores_style(const struct stores *s); /* what this terminal and this session draw bars with */
struct duration stores_slide(const struct stores *s);
/* 13:45, or the date where windows are as long as days. */
const char *stores_moment(const struct stores *s, int64_t at, int64_t span, char out[FIGURES_SIZE]);

/* ---- stores_ask.c ---- */

void stores_anew(struct stores *s); /* the next question counts everything */
void stores_ask(struct stores *s);
void stores_take(struct pane *p, struct job *job);

/* ---- stores_keys.c ---- */

enum reaction stores_act(struct pane *p, enum action a);
enum reaction stores_answer(struct pane *p, const char *text);
void stores_filter(struct pane *p, const char *text);
const char *stores_filtered(const struct pane *p);

/* ---- stores_table.c ---- */

void stores_table_init(struct stores *s);
/* Puts the lines in order and leaves out what is not asked for. After each count, and whenever that changes. */
void stores_list(struct stores *s);
const struct tally_line *stores_line(const struct stores *s, int row);
const char *stores_order_word(enum tally_order order);
void stores_draw_table(struct stores *s, struct area area);
void stores_draw_silent(struct stores *s, struct area area);

/* ---- stores_chart.c ---- */

void stores_numbers_init(struct stores *s);
/* All stores over time; one store (an index of the tally's lines) over time, and by its windows. */
void stores_draw_all(struct stores *s, struct area area);
void stores_draw_store(struct stores *s, int line, struct area area);
void stores_draw_windows(struct stores *s, int line, struct area area);
/* The bars of the chart as a table. */
void stores_draw_numbers(struct stores *s, struct area area);
void stores_numbers_sync(struct stores *s);

/* ---- stores_drill.c ---- */

void stores_drill_init(struct stores *s);
void stores_drill_open(struct stores *s, const char *store);
void stores_drill_close(struct stores *s);
/* Reads what the drill shows; within the worker's thread: of the job alone. */
bool stores_drill_read(struct query *q, struct stores_drill *d, const struct zone *zone, int64_t now,
		       struct error *err);
void stores_drill_take(struct stores *s, struct stores_drill *d);
bool stores_drill_more(struct stores *s); /* there are more than were read: asks for them */
void stores_draw_drill(struct stores *s, struct area area);

/* ---- stores_place.c ---- */

void stores_argument(struct stores *s, const char *argument);
void stores_mark(const struct pane *p, struct buffer *out);
void stores_recall(struct pane *p, const char *mark);

#endif
