#include "config.h"

#include "ui/kit/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "ui/kit/figures.h"
#include "ui/kit/grid_internal.h"

enum {
	GRID_WIDEST = 40,    /* cells of a column that asks for no width */
	GRID_MEASURED = 300, /* rows looked at for it */
	GRID_STEP = 4,       /* cells of one step to the side */
};

/* ---- rows and places ---- */

void grid_init(struct grid *g, const struct grid_ops *ops, void *ctx, int columns)
{
	*g = (struct grid){.ops = ops, .ctx = ctx, .columns = columns < GRID_COLUMNS ? columns : GRID_COLUMNS, .y = -1};
}

static void grid_unfind(struct grid *g)
{
	free(g->found.text);
	free(g->found.holds);
	g->found.text = NULL;
	g->found.holds = NULL;
}

void grid_done(struct grid *g)
{
	free(g->key);
	free(g->order);
	free(g->filter);
	grid_unfind(g);
	g->key = g->filter = NULL;
	g->order = NULL;
	g->sort = g->chosen = 0;
	g->reverse = g->record.open = false;
}

int grid_row_at(const struct grid *g, int place)
{
	return g->order ? g->order[place] : place;
}

int grid_row(const struct grid *g)
{
	return g->count ? grid_row_at(g, g->selected) : -1;
}

static void grid_keep(struct grid *g)
{
	if (!g->count && g->filter)
		return; /* it is still there, behind the filter */
	free(g->key);
	g->key = g->count ? memory_text(g->ops->key(g->ctx, grid_row(g))) : NULL;
}

void grid_select(struct grid *g, int place)
{
	g->selected = place >= g->count ? g->count - 1 : place;
	if (g->selected < 0)
		g->selected = 0;
	grid_keep(g);
}

/* A sample all over the table, so that neither order nor filter changes what it says. */
static void grid_measure(struct grid *g)
{
	int step = g->rows / GRID_MEASURED + 1;
	for (int c = 0; c < g->columns; c++) {
		struct grid_column column = {0};
		g->ops->column(g->ctx, c, &column);
		int width = column.width;
		if (!width) {
			width = column.title ? (int)text_width(column.title, strlen(column.title)) : 0;
			for (int r = 0; r < g->rows && width < GRID_WIDEST; r += step) {
				struct grid_cell cell = {0};
				g->ops->cell(g->ctx, r, c, &cell);
				/* Harmful characters are drawn as one cell each, and a byte is at most that wide. */
				size_t cells =
					text_valid(cell.text, cell.len) ? text_width(cell.text, cell.len) : cell.len;
				if (cells > (size_t)width)
					width = cells < GRID_WIDEST ? (int)cells : GRID_WIDEST;
			}
		}
		g->widths[c] = width;
	}
}

/* ---- texts in cells ---- */

/* What is looked for; a text of signs alone folds to nothing, and is looked for as it is. */
struct grid_text {
	const char *raw;
	struct buffer folded;
	struct buffer cell; /* the one looked at */
};

static void grid_text_init(struct grid_text *t, const char *text)
{
	*t = (struct grid_text){.raw = text};
	text_fold(&t->folded, text, strlen(text));
}

static void grid_text_done(struct grid_text *t)
{
	buffer_done(&t->folded);
	buffer_done(&t->cell);
}

static bool grid_holds(const struct grid *g, int row, struct grid_text *t)
{
	bool holds = false;
	for (int c = 0; c < g->columns && !holds; c++) {
		struct grid_cell cell = {0};
		g->ops->cell(g->ctx, row, c, &cell);
		buffer_clear(&t->cell);
		if (t->folded.len)
			text_fold(&t->cell, cell.text ? cell.text : "", cell.len);
		else
			buffer_add(&t->cell, cell.text ? cell.text : "", cell.len);
		holds = strstr(buffer_text(&t->cell), t->folded.len ? t->folded.data : t->raw) != NULL;
	}
	return holds;
}

/* ---- order and filter ---- */

static void grid_arrange(struct grid *g)
{
	free(g->order);
	g->order = NULL;
	g->count = g->rows;
	if (g->sort > g->columns)
		g->sort = 0;
	if ((!g->filter && !g->sort) || !g->rows)
		return;
	struct grid_text text;
	grid_text_init(&text, g->filter ? g->filter : "");
	g->order = memory_alloc((size_t)g->rows * sizeof(*g->order));
	g->count = 0;
	for (int r = 0; r < g->rows; r++)
		if (!g->filter || grid_holds(g, r, &text))
			g->order[g->count++] = r;
	grid_text_done(&text);
	if (g->sort)
		grid_order(g);
}

/* Arranges anew; the selection stays on its key, and where it was on the screen. */
static void grid_rearrange(struct grid *g)
{
	int place = g->selected - g->top, found = -1;
	grid_arrange(g);
	for (int i = 0; g->key && g->key[0] && i < g->count && found < 0; i++)
		if (strcmp(g->ops->key(g->ctx, grid_row_at(g, i)), g->key) == 0)
			found = i;
	if (found >= 0 && found != g->selected)
		g->top = found - place;
	grid_select(g, found >= 0 ? found : g->selected);
}

void grid_sync(struct grid *g, int count)
{
	g->rows = count;
	grid_unfind(g);
	grid_measure(g);
	grid_rearrange(g);
}

void grid_forget(struct grid *g)
{
	free(g->key);
	g->key = NULL;
}

void grid_clear(struct grid *g)
{
	grid_unfind(g);
	free(g->order);
	g->order = NULL;
	g->count = g->rows = 0;
}

void grid_filter(struct grid *g, const char *text)
{
	if (g->fixed)
		return;
	free(g->filter);
	g->filter = text && text[0] ? memory_text(text) : NULL;
	grid_rearrange(g);
}

void grid_sort(struct grid *g, int column, bool reverse)
{
	struct grid_column about = {0};
	if (g->fixed)
		return;
	if (column >= 0)
		g->ops->column(g->ctx, column, &about);
	g->sort = about.name ? column + 1 : 0;
	g->reverse = reverse && g->sort;
	grid_rearrange(g);
}

/* Of how many: those the filter left, and all there are; 200+ where the owner holds only some of them. */
static void grid_place_of(const struct grid *g, struct buffer *out)
{
	char shown[FIGURES_SIZE], all[FIGURES_SIZE];
	bool some = !g->filter && (g->total > g->rows || g->total_least);
	figures_count(some ? g->total : g->rows, all);
	if (g->filter)
		buffer_format(out, _("%s (%s in all)"), figures_count(g->count, shown), all);
	else
		buffer_format(out, "%s%s", all, some && g->total_least ? "+" : "");
}

void grid_place(const struct grid *g, struct buffer *out)
{
	char at[FIGURES_SIZE];
	struct buffer of = {0};
	struct grid_column about = {0};
	if (!g->rows)
		return;
	figures_count(g->count ? g->selected + 1 : 0, at);
	grid_place_of(g, &of);
	const char *all = buffer_text(&of);
	if (g->sort)
		g->ops->column(g->ctx, g->sort - 1, &about);
	if (!about.title || !about.title[0])
		buffer_format(out, _("%s of %s"), at, all);
	else if (g->reverse)
		buffer_format(out, _("%s of %s by %s, reversed"), at, all, about.title);
	else
		buffer_format(out, _("%s of %s by %s"), at, all, about.title);
	buffer_done(&of);
}

/* ---- finding ---- */

/* Which rows hold the text is asked once, not at every step from one to the next. */
static void grid_look(struct grid *g, const char *text)
{
	struct grid_text t;
	if (g->found.text && strcmp(g->found.text, text) == 0)
		return;
	grid_unfind(g);
	g->found.text = memory_text(text);
	g->found.holds = memory_zero((size_t)g->rows + 1, 1);
	grid_text_init(&t, text);
	for (int r = 0; r < g->rows; r++)
		g->found.holds[r] = grid_holds(g, r, &t);
	grid_text_done(&t);
}

bool grid_find(struct grid *g, const char *text, int step)
{
	if (!text[0])
		return false;
	grid_look(g, text);
	for (int i = 1; i <= g->count; i++) {
		int place = (g->selected + step * i + g->count * 2) % g->count;
		if (g->found.holds[grid_row_at(g, place)]) {
			grid_select(g, place);
			return true;
		}
	}
	return false;
}

int grid_matches(const struct grid *g, int *at)
{
	int all = 0;
	*at = 0;
	for (int i = 0; g->found.holds && i < g->count; i++) {
		all += g->found.holds[grid_row_at(g, i)];
		if (i == g->selected && g->found.holds[grid_row_at(g, i)])
			*at = all;
	}
	return all;
}

/* ---- what cells hold ---- */

void grid_datum(const struct grid *g, int row, int column, struct grid_datum *out)
{
	struct grid_cell cell = {0};
	*out = (struct grid_datum){0};
	if (g->ops->datum) {
		g->ops->datum(g->ctx, row, column, out);
		return;
	}
	g->ops->cell(g->ctx, row, column, &cell);
	if (!cell.text || cell.role == ROLE_NONE)
		return;
	*out = (struct grid_datum){.kind = GRID_TEXT, .text = cell.text, .len = cell.len};
}

int grid_column_at(const struct grid *g)
{
	int edge = 0, c = 1;
	if (g->record.open)
		return g->record.field;
	if (g->chosen || !g->offset)
		return g->chosen ? g->chosen - 1 : 0;
	while (c < g->columns - 1 && edge < g->offset)
		edge += g->widths[c++] + 2;
	return c;
}

/* ---- actions ---- */

static bool grid_move(struct grid *g, enum action a)
{
	int page = g->height > 1 ? g->height - 1 : 1;
	switch (a) {
	case ACTION_UP:
		grid_select(g, g->selected - 1);
		return true;
	case ACTION_DOWN:
		grid_select(g, g->selected + 1);
		return true;
	case ACTION_PAGE_UP:
		g->top -= page;
		grid_select(g, g->selected - page);
		return true;
	case ACTION_PAGE_DOWN:
		g->top += page;
		grid_select(g, g->selected + page);
		return true;
	case ACTION_FIRST:
		grid_select(g, 0);
		return true;
	case ACTION_LAST:
		grid_select(g, g->count - 1);
		return true;
	case ACTION_LEFT:
		grid_side(g, -GRID_STEP);
		return true;
	case ACTION_RIGHT:
		grid_side(g, GRID_STEP);
		return true;
	case ACTION_COLUMN_LEFT:
		grid_choose(g, -1);
		return true;
	case ACTION_COLUMN_RIGHT:
		grid_choose(g, 1);
		return true;
	default:
		return false;
	}
}

static bool grid_back(struct grid *g)
{
	if (g->record.open)
		grid_record_open(g, false);
	else if (g->filter)
		grid_filter(g, NULL);
	else
		return false;
	return true;
}

bool grid_act(struct grid *g, enum action a)
{
	if (grid_record_act(g, a) || grid_move(g, a))
		return true;
	switch (a) {
	case ACTION_ORDER:
		grid_order_next(g);
		return !g->fixed;
	case ACTION_REVERSE:
		if (g->sort)
			grid_sort(g, g->sort - 1, !g->reverse);
		return true;
	case ACTION_OPEN:
	case ACTION_VIEW:
		grid_record_open(g, !g->record.open);
		return true;
	case ACTION_BACK:
		return grid_back(g);
	default:
		return false;
	}
}
