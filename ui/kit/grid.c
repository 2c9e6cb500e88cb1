#include "config.h"

#include "ui/kit/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

enum {
	GRID_WIDEST = 40,    /* cells of a column that asks for no width */
	GRID_MEASURED = 300, /* rows looked at for it */
	GRID_STEP = 4,       /* cells of one step to the side */
};

void grid_init(struct grid *g, const struct grid_ops *ops, void *ctx, int columns)
{
	*g = (struct grid){.ops = ops, .ctx = ctx, .columns = columns < GRID_COLUMNS ? columns : GRID_COLUMNS, .y = -1};
}

void grid_done(struct grid *g)
{
	free(g->key);
	g->key = NULL;
}

static void grid_keep(struct grid *g)
{
	free(g->key);
	g->key = g->count ? memory_text(g->ops->key(g->ctx, g->selected)) : NULL;
}

void grid_select(struct grid *g, int row)
{
	g->selected = row >= g->count ? g->count - 1 : row;
	if (g->selected < 0)
		g->selected = 0;
	grid_keep(g);
}

int grid_row(const struct grid *g)
{
	return g->count ? g->selected : -1;
}

static void grid_measure(struct grid *g)
{
	for (int c = 0; c < g->columns; c++) {
		struct grid_column column = {0};
		g->ops->column(g->ctx, c, &column);
		int width = column.width;
		if (!width) {
			width = column.title ? (int)text_width(column.title, strlen(column.title)) : 0;
			for (int r = 0; r < g->count && r < GRID_MEASURED; r++) {
				struct grid_cell cell = {0};
				g->ops->cell(g->ctx, r, c, &cell);
				/* Harmful characters are drawn as one cell each, and a byte is at most that wide. */
				size_t cells =
					text_valid(cell.text, cell.len) ? text_width(cell.text, cell.len) : cell.len;
				if ((int)cells > width)
					width = (int)cells;
			}
			if (width > GRID_WIDEST)
				width = GRID_WIDEST;
		}
		g->widths[c] = width;
	}
}

void grid_sync(struct grid *g, int count)
{
	int place = g->selected - g->top; /* the row stays where it is on the screen, too */
	int found = -1;
	g->count = count;
	for (int r = 0; g->key && g->key[0] && r < count && found < 0; r++)
		if (strcmp(g->ops->key(g->ctx, r), g->key) == 0)
			found = r;
	if (found >= 0 && found != g->selected)
		g->top = found - place;
	grid_select(g, found >= 0 ? found : g->selected);
	grid_measure(g);
}

/* Columns after the first, side by side with two blanks between. */
static int grid_full(const struct grid *g)
{
	int full = 0;
	for (int c = 1; c < g->columns; c++)
		full += g->widths[c] + (c > 1 ? 2 : 0);
	return full;
}

struct grid_line {
	int y;
	struct area area;
	const enum role *role; /* NULL: each cell's own */
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
	int width = g->widths[column];
	struct draw_slice slice = {.full = width, .w = width, .right = about.right};
	if (column > 0) {
		int frozen = x + g->widths[0] + 2;
		x = frozen - g->offset;
		for (int c = 1; c < column; c++)
			x += g->widths[c] + 2;
		if (column == g->columns - 1 && x + width < edge && !about.right) /* the last one takes what is left */
			slice.full = slice.w = edge - x;
		if (x < frozen) {
			slice.skip = frozen - x;
			slice.w -= slice.skip;
			x = frozen;
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

static void grid_headings(const struct grid *g, struct area area)
{
	const enum role role = ROLE_HEADING;
	const struct grid_line line = {.y = area.y, .area = area, .role = &role};
	for (int c = 0; c < g->columns; c++) {
		struct grid_column column = {0};
		g->ops->column(g->ctx, c, &column);
		if (column.title)
			grid_piece(g, &line, c,
				   &(struct grid_cell){.text = column.title, .len = strlen(column.title), .role = ROLE_HEADING});
	}
}

static void grid_paint(struct grid *g, struct area area, int row)
{
	const enum role selected = ROLE_SELECTED;
	bool on = row == g->selected;
	struct grid_line line = {.y = area.y + row - g->top, .area = area, .role = on && g->focus ? &selected : NULL};
	if (on && g->focus)
		draw_fill(line.y, area.x, area.w, ROLE_SELECTED);
	if (on)
		draw_text(line.y, area.x, 1, line.role ? ROLE_SELECTED : ROLE_TEXT, ">", 1);
	for (int c = 0; c < g->columns; c++) {
		struct grid_cell cell = {0};
		g->ops->cell(g->ctx, row, c, &cell);
		grid_piece(g, &line, c, &cell);
	}
	if (on) {
		g->y = line.y;
		g->x = area.x;
	}
}

void grid_draw(struct grid *g, struct area area)
{
	g->y = -1;
	g->height = area.h - 1 > 0 ? area.h - 1 : 0;
	if (area.h < 2 || area.w < 4)
		return;
	int most = grid_full(g) - (area.w - g->widths[0] - 3);
	if (g->offset > most)
		g->offset = most > 0 ? most : 0;
	if (g->selected < g->top)
		g->top = g->selected;
	if (g->selected >= g->top + g->height)
		g->top = g->selected - g->height + 1;
	if (g->top > g->count - g->height)
		g->top = g->count - g->height;
	if (g->top < 0)
		g->top = 0;
	grid_headings(g, area);
	area.y++;
	area.h--;
	for (int row = g->top; row < g->count && row < g->top + g->height; row++)
		grid_paint(g, area, row);
}

static void grid_side(struct grid *g, int step)
{
	int edge = 0;
	if (step == 1 || step == -1) { /* to the start of a column */
		int target = 0;
		for (int c = 1; c < g->columns; c++) {
			if (step > 0 && edge > g->offset) {
				target = edge;
				break;
			}
			if (step < 0 && edge < g->offset)
				target = edge;
			edge += g->widths[c] + 2;
		}
		g->offset = step > 0 && target < g->offset ? g->offset : target;
		return;
	}
	g->offset += step;
	if (g->offset < 0)
		g->offset = 0;
}

bool grid_act(struct grid *g, enum action a)
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
		grid_side(g, -1);
		return true;
	case ACTION_COLUMN_RIGHT:
		grid_side(g, 1);
		return true;
	default:
		return false;
	}
}

static bool grid_holds(const struct grid *g, int row, const char *folded)
{
	struct buffer text = {0};
	bool holds = false;
	for (int c = 0; c < g->columns && !holds; c++) {
		struct grid_cell cell = {0};
		g->ops->cell(g->ctx, row, c, &cell);
		buffer_clear(&text);
		text_fold(&text, cell.text ? cell.text : "", cell.len);
		holds = strstr(buffer_text(&text), folded) != NULL;
	}
	buffer_done(&text);
	return holds;
}

bool grid_find(struct grid *g, const char *text, int step)
{
	struct buffer folded = {0};
	text_fold(&folded, text, strlen(text));
	bool found = false;
	for (int i = 1; i <= g->count && !found && folded.len; i++) {
		int row = (g->selected + step * i + g->count * 2) % g->count;
		found = grid_holds(g, row, folded.data);
		if (found)
			grid_select(g, row);
	}
	buffer_done(&folded);
	return found;
}
