/* grid_paint: the table on the screen, and how far it is scrolled sideways. */
#include "config.h"

#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/text.h"
#include "ui/kit/figures.h"
#include "ui/kit/grid_internal.h"

enum { GRID_LEAST = 8 /* cells the scrolled columns have, however wide the first is */ };

/* Columns after the first, side by side with two blanks between. */
static int grid_full(const struct grid *g)
{
	int full = 0;
	for (int c = 1; c < g->columns; c++)
		full += g->widths[c] + (c > 1 ? 2 : 0);
	return full;
}

/* Where a column begins among those that scroll. */
static int grid_start(const struct grid *g, int column)
{
	int start = 0;
	for (int c = 1; c < column; c++)
		start += g->widths[c] + 2;
	return start;
}

/* Cells of the first column: all it asks for, unless nothing would be left for the others. */
static int grid_frozen(const struct grid *g, int w)
{
	int most = g->columns > 1 && grid_full(g) > 0 ? w - 3 - GRID_LEAST : w - 1;
	if (most < 1)
		most = 1;
	return g->widths[0] < most ? g->widths[0] : most;
}

struct grid_line {
	int y;
	struct area area;
	const enum role *role; /* NULL: each cell's own */
	bool heading;          /* a text may take one of the two blanks behind its column, for the sign of the order */
};

/* The same text once more, of which only the cells of the mark are seen. */
static void grid_marks(const struct grid_line *l, int x, const struct draw_slice *slice, const struct grid_cell *cell)
{
	for (int i = 0; i < cell->mark_count; i++) {
		const struct grid_mark *m = &cell->marks[i];
		int from = (int)text_width(cell->text, m->from);
		int to = from + (int)text_width(cell->text + m->from, m->len);
		struct draw_slice part = *slice;
		part.skip = from > slice->skip ? from : slice->skip;
		part.w = (to < slice->skip + slice->w ? to : slice->skip + slice->w) - part.skip;
		if (part.w > 0)
			draw_slice(l->y, x + part.skip - slice->skip, &part, ROLE_NAME, cell->text, cell->len);
	}
}

static void grid_piece(const struct grid *g, const struct grid_line *l, int column, const struct grid_cell *cell)
{
	struct grid_column about = {0};
	g->ops->column(g->ctx, column, &about);
	int x = l->area.x + 1, edge = l->area.x + l->area.w;
	int frozen = grid_frozen(g, l->area.w);
	int width = (column ? g->widths[column] : frozen) + (l->heading && column == g->sort - 1);
	struct draw_slice slice = {.full = width, .w = width, .right = about.right};
	if (column > 0) {
		int left = x + frozen + 2;
		x = left - g->offset + grid_start(g, column);
		if (column == g->columns - 1 && x + width < edge && !about.right) /* the last one takes what is left */
			slice.full = slice.w = edge - x;
		if (x < left) {
			slice.skip = left - x;
			slice.w -= slice.skip;
			x = left;
		}
	}
	if (x + slice.w > edge) {
		/* Cut at the edge; with nothing scrolled in, an ellipsis says so. */
		if (!slice.skip)
			slice.full = edge - x;
		slice.w = edge - x;
	}
	if (slice.w > 0)
		draw_slice(l->y, x, &slice, l->role ? *l->role : cell->role, cell->text, cell->len);
	if (slice.w > 0 && !l->role)
		grid_marks(l, x, &slice, cell);
}

static void grid_heading(const struct grid *g, struct area area, int c)
{
	enum role role = c == g->chosen - 1 ? ROLE_SELECTED : ROLE_HEADING;
	const struct grid_line line = {.y = area.y, .area = area, .role = &role, .heading = true};
	struct grid_column column = {0};
	struct buffer text = {0};
	g->ops->column(g->ctx, c, &column);
	buffer_text_add(&text, column.title ? column.title : "");
	if (c == g->sort - 1)
		buffer_text_add(&text, draw_ascii() ? (g->reverse ? "v" : "^") : g->reverse ? "↓" : "↑");
	if (text.len)
		grid_piece(g, &line, c, &(struct grid_cell){.text = text.data, .len = text.len, .role = role});
	buffer_done(&text);
}

/* Columns scrolled away to the left, and those still to come on the right, are told of beside the headings. */
static void grid_headings(const struct grid *g, struct area area, int most)
{
	for (int c = 0; c < g->columns; c++)
		grid_heading(g, area, c);
	if (g->offset > 0)
		draw_text(area.y, area.x + grid_frozen(g, area.w) + 2, 1, ROLE_HEADING, "<", 1);
	if (g->offset < most)
		draw_text(area.y, area.x + area.w - 1, 1, ROLE_HEADING, ">", 1);
}

static void grid_row_paint(struct grid *g, struct area area, int place)
{
	const enum role selected = ROLE_SELECTED;
	bool on = place == g->selected;
	struct grid_line line = {.y = area.y + place - g->top, .area = area, .role = on && g->focus ? &selected : NULL};
	if (on && g->focus)
		draw_fill(line.y, area.x, area.w, ROLE_SELECTED);
	if (on)
		draw_text(line.y, area.x, 1, line.role ? ROLE_SELECTED : ROLE_TEXT, ">", 1);
	for (int c = 0; c < g->columns; c++) {
		struct grid_cell cell = {0};
		g->ops->cell(g->ctx, grid_row_at(g, place), c, &cell);
		grid_piece(g, &line, c, &cell);
	}
	if (on) {
		int left = grid_frozen(g, area.w) + 3 - g->offset + grid_start(g, g->chosen - 1);
		g->y = line.y;
		g->x = area.x + (g->chosen > 1 && left > 0 && left < area.w ? left : 0);
	}
}

/* What is left out is always told. */
static void grid_filter_paint(const struct grid *g, struct area *area)
{
	char shown[FIGURES_SIZE], all[FIGURES_SIZE];
	if (!g->filter || area->h < 3)
		return;
	draw_format(area->y, area->x + 1, area->w - 2, ROLE_CHANGED,
		    P_("%s of %s holds \"%s\"", "%s of %s hold \"%s\"", g->count), figures_count(g->count, shown),
		    figures_count(g->rows, all), g->filter);
	area->y++, area->h--;
}

void grid_scroll(struct grid *g)
{
	if (g->selected < g->top)
		g->top = g->selected;
	if (g->selected >= g->top + g->height)
		g->top = g->selected - g->height + 1;
	if (g->top > g->count - g->height)
		g->top = g->count - g->height;
	if (g->top < 0)
		g->top = 0;
}

void grid_draw(struct grid *g, struct area area)
{
	g->y = -1;
	g->painted = (struct area){0};
	grid_filter_paint(g, &area);
	g->height = area.h - 1 > 0 ? area.h - 1 : 0;
	if (area.h < 2 || area.w < 4)
		return;
	if (g->record.open && g->count) {
		grid_record_draw(g, area);
		return;
	}
	g->room = area.w - grid_frozen(g, area.w) - 3;
	int most = grid_full(g) - g->room;
	if (g->offset > most)
		g->offset = most > 0 ? most : 0;
	grid_scroll(g);
	grid_headings(g, area, most);
	area.y++;
	area.h--;
	g->painted = area;
	for (int place = g->top; place < g->count && place < g->top + g->height; place++)
		grid_row_paint(g, area, place);
}

int grid_at(const struct grid *g, int y, int x)
{
	const struct area *a = &g->painted;
	if (y < a->y || y >= a->y + a->h || x < a->x || x >= a->x + a->w)
		return -1;
	int place = g->top + y - a->y;
	return place < g->count ? place : -1;
}

/* ---- to the side ---- */

void grid_side(struct grid *g, int cells)
{
	g->offset += cells;
	if (g->offset < 0)
		g->offset = 0;
	if (g->chosen) { /* it is never one that cannot be seen */
		g->chosen = 0;
		g->chosen = grid_column_at(g) + 1;
	}
}

/* The column chosen is the first one seen of those that scroll, as far as there is something to scroll. */
void grid_choose(struct grid *g, int step)
{
	int column = grid_column_at(g) + step;
	if (column < 0)
		column = 0;
	if (column > g->columns - 1)
		column = g->columns - 1;
	g->chosen = column + 1;
	g->offset = column > 1 ? grid_start(g, column) : 0;
	if (g->room > 0 && g->offset > grid_full(g) - g->room)
		g->offset = grid_full(g) > g->room ? grid_full(g) - g->room : 0;
}
