/* grid: rows and columns, painted, scrolled and selected the same way everywhere.
 *
 * The owner supplies cells; the grid knows no data. It holds the selection by the
 * row's key, so that rows coming, going or moving leave it on the same thing. The
 * first column stays while the others scroll, by character or by column.
 *
 *     grid_sync(&g, count)         after each load
 *     grid_draw(&g, area)
 *     grid_act(&g, action)
 */
#ifndef TD_UI_KIT_GRID_H
#define TD_UI_KIT_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/kit/draw.h"
#include "ui/kit/keys.h"

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
	/* NULL: the text of the cell. */
	void (*datum)(void *ctx, int row, int column, struct grid_datum *out);
};

enum { GRID_COLUMNS = 128 };

struct grid {
	const struct grid_ops *ops;
	void *ctx;
	int count, columns;
	int selected, top;
	int offset; /* cells the columns after the first are scrolled by */
	int height; /* rows seen at the last paint */
	bool focus; /* the selected row is marked, and the cursor is on it */
	char *key;  /* of the selected row */
	int widths[GRID_COLUMNS];
	int y, x; /* where the selected row was painted; y -1: nowhere */
};

void grid_init(struct grid *g, const struct grid_ops *ops, void *ctx, int columns);
void grid_done(struct grid *g);
/* There are `count` rows now, perhaps others. The selection stays on its key; if that has gone, on its place. */
void grid_sync(struct grid *g, int count);
void grid_select(struct grid *g, int row);
/* The owner's row that is selected, -1: none. Rows may be shown in another order than the owner's. */
int grid_row(const struct grid *g);
void grid_draw(struct grid *g, struct area area);
/* Movement. False: not an action of a grid. */
bool grid_act(struct grid *g, enum action a);
/* Selects the next row (step 1) or the one before (-1) in which a cell holds the text, case-blind; wraps. */
bool grid_find(struct grid *g, const char *text, int step);

#endif
