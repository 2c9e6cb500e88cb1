/* grid: rows and columns, painted, scrolled, selected, ordered, filtered the same way everywhere.
 *
 * The owner supplies cells; the grid knows no data. It holds the selection by the
 * row's key, so that rows coming, going or moving leave it on the same thing. The
 * first column stays while the others scroll, by character or by column.
 *
 *     grid_sync(&g, count)         after each load
 *     grid_draw(&g, area)
 *     grid_act(&g, action)
 *     grid_row(&g)                 the owner's row that is selected
 *
 * Rows may be shown in an order of the reader's, and only those that hold a text: both are a
 * permutation in here, made once a sync. A row is the owner's number; a place counts the rows
 * shown. Owners deal in rows alone: everything in ops is called with them.
 */
#ifndef TD_UI_KIT_GRID_H
#define TD_UI_KIT_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/kit/draw.h"
#include "ui/kit/keys.h"

struct buffer;

struct grid_column {
	const char *title; /* translated */
	const char *name;  /* in exports; NULL: the column is drawn alone (a sparkline) and neither exported nor sorted by */
	int width;         /* cells; 0: as wide as its widest cell, up to a bound */
	bool right;
	bool pii;          /* is never copied */
};

/* Bytes of a cell's text that are drawn as ROLE_NAME: what was looked for. */
struct grid_mark {
	size_t from, len;
};

struct grid_cell {
	const char *text; /* lives until the next call */
	size_t len;
	enum role role;
	const struct grid_mark *marks; /* left-justified columns only; lives until the next call */
	int mark_count;
};

/* What a cell holds, for programs and for sorting: as the bank holds it, in no language. */
enum grid_kind { GRID_NOTHING /* NULL, unknown */, GRID_TEXT, GRID_NUMBER };
struct grid_datum {
	enum grid_kind kind;
	const char *text; /* lives until the next call; numbers as plain digits */
	size_t len;
	double rank;      /* GRID_NUMBER: orders them */
	bool ours;        /* a word, number or time of ours, never a formula to a spreadsheet */
};

struct grid_ops {
	/* Names the row; "" is no name. Lives until the next call. */
	const char *(*key)(void *ctx, int row);
	void (*column)(void *ctx, int column, struct grid_column *out);
	void (*cell)(void *ctx, int row, int column, struct grid_cell *out);
	/* NULL: the text of the cell; nothing where its role is NONE. */
	void (*datum)(void *ctx, int row, int column, struct grid_datum *out);
};

enum { GRID_COLUMNS = 128 };

struct grid {
	const struct grid_ops *ops;
	void *ctx;
	int count, columns; /* rows shown */
	int selected, top;  /* places */
	int offset; /* cells the columns after the first are scrolled by */
	int height; /* rows seen at the last paint */
	bool focus; /* the selected row is marked, and the cursor is on it */
	char *key;  /* of the selected row */
	int widths[GRID_COLUMNS];
	int y, x; /* where the selected row was painted; y -1: nowhere */

	/* Set by the owner: there are so many rows where it holds only some of them; 0: it holds all. */
	int64_t total;
	bool total_least; /* there may be more than that */
	bool fixed;       /* he paints the rows himself, as they are: they are neither ordered nor filtered */

	int rows;   /* of the owner */
	int *order; /* the row at each place; NULL: they are the same */
	int sort;   /* the column the rows are ordered by, from 1; 0: as the owner has them */
	bool reverse;
	char *filter; /* only rows that hold it are shown; NULL: all */
	int chosen;   /* the column chosen by H and L, from 1; 0: none */
	int room;     /* cells the scrolled columns had at the last paint */
	struct {
		char *text;           /* looked for last; NULL: nothing, or the rows have changed since */
		unsigned char *holds; /* by row */
	} found;
	struct {
		bool open;                   /* the selected row is shown as a record: a label and a value a line */
		int field;                   /* the column selected there */
		int top, height, first, end; /* lines: scrolled, seen, and those of the field, at the last paint */
		bool moved;
	} record;
	struct area painted; /* the rows, without the headings; h 0: nowhere */
};

void grid_init(struct grid *g, const struct grid_ops *ops, void *ctx, int columns);
/* Frees what it holds: order, filter and record are gone, what it was made with stays. */
void grid_done(struct grid *g);
/* There are `count` rows now, perhaps others. The selection stays on its key; if that has gone, on its place. */
void grid_sync(struct grid *g, int count);
/* Its rows are about to go, others will come: none is touched until the next sync, and the selection is kept for it. */
void grid_clear(struct grid *g);
void grid_select(struct grid *g, int place);
/* The next sync leaves the selection in its place, whatever row comes there. */
void grid_forget(struct grid *g);
/* The owner's row that is selected, -1: none. Rows may be shown in another order than the owner's. */
int grid_row(const struct grid *g);
/* The owner's row at a place. */
int grid_row_at(const struct grid *g, int place);
void grid_draw(struct grid *g, struct area area);
/* For who draws the rows otherwise: the selected one lies within [top, top + height) then. */
void grid_scroll(struct grid *g);
/* Movement, order, record; Back closes the record, then removes the filter. False: not an action of a grid. */
/* The place (as grid_select takes it) whose row was painted there, -1: none. */
int grid_at(const struct grid *g, int y, int x);
/* Movement. False: not an action of a grid. */
bool grid_act(struct grid *g, enum action a);
/* In a record: moves within it. False: no record is open, or it means nothing there. */
bool grid_record_act(struct grid *g, enum action a);

/* Selects the next row (step 1) or the one before (-1) in which a cell holds the text, case- and accent-blind; wraps.
 */
bool grid_find(struct grid *g, const char *text, int step);
/* Of what was found last: how many rows hold it; *at: the selected one among them, from 1 (0: not one of them). */
int grid_matches(const struct grid *g, int *at);
/* Only rows in which a cell holds the text, found alike; "" or NULL: all. */
void grid_filter(struct grid *g, const char *text);
/* By this column (-1: as the owner has them). A column without a name is none to sort by. */
void grid_sort(struct grid *g, int column, bool reverse);
/* "5 of 214", with the order in words. Appended. */
void grid_place(const struct grid *g, struct buffer *out);
/* The column a copy takes: the field of a record, else the one chosen, else the first that is not scrolled away. */
int grid_column_at(const struct grid *g);
/* What a cell holds. */
void grid_datum(const struct grid *g, int row, int column, struct grid_datum *out);

#endif
