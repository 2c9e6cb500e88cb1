/* grid_record: the selected row alone, a label and a value a line, long values whole.
 *
 * Up and down choose a field; one longer than the screen is scrolled through before the next.
 */
#include "config.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "ui/kit/grid_internal.h"

bool grid_record_field(const struct grid *g, int column, struct grid_column *out)
{
	*out = (struct grid_column){0};
	if (column < 0 || column >= g->columns)
		return false;
	g->ops->column(g->ctx, column, out);
	return out->title && out->title[0];
}

/* The next column in a direction that can be a field; `from` itself when there is none. */
static int grid_record_next(const struct grid *g, int from, int step)
{
	struct grid_column about;
	for (int c = from + step; c >= 0 && c < g->columns; c += step)
		if (grid_record_field(g, c, &about))
			return c;
	return from;
}

void grid_record_open(struct grid *g, bool open)
{
	struct grid_column about;
	g->record.open = open && g->count > 0;
	g->record.top = 0;
	g->record.field = 0;
	g->record.moved = true;
	if (!grid_record_field(g, 0, &about))
		g->record.field = grid_record_next(g, 0, 1);
}

/* ---- painting ---- */

static int grid_record_label(const struct grid *g, int w)
{
	struct grid_column about;
	int label = 0;
	for (int c = 0; c < g->columns; c++) {
		if (!grid_record_field(g, c, &about))
			continue;
		int cells = (int)text_width(about.title, strlen(about.title));
		label = cells > label ? cells : label;
	}
	return label < w / 2 - 5 ? label : w / 2 - 5;
}

static void grid_record_title(const struct grid_column *about, int y, int x, int label, enum role role)
{
	struct buffer text = {0};
	int cells = (int)text_width(about->title, strlen(about->title));
	buffer_text_add(&text, about->title);
	for (int i = cells; i < label + 4; i++) /* the eye keeps the line */
		buffer_char(&text, i % 2 == label % 2 && i > cells ? '.' : ' ');
	draw_text(y, x, label + 4, role, text.data, text.len);
	buffer_done(&text);
}

/* Paints a field from line `at` of the record on; returns the line after it. Nothing is painted for h 0. */
static int grid_record_paint(struct grid *g, struct area area, int column, int at, int label)
{
	struct grid_column about;
	struct grid_cell cell = {0};
	const char *s, *piece = "";
	size_t n, length = 0;
	int first = at, width = area.w - label - 6;
	bool on = column == g->record.field && g->focus;
	if (!grid_record_field(g, column, &about))
		return at;
	g->ops->cell(g->ctx, grid_row(g), column, &cell);
	s = cell.text ? cell.text : "";
	n = cell.text ? cell.len : 0;
	while (draw_wrap(&s, &n, width, &piece, &length) || at == first) {
		int line = at++ - g->record.top;
		if (line < 0 || line >= area.h) {
			length = 0;
			continue;
		}
		int y = area.y + line;
		if (on)
			draw_fill(y, area.x, area.w, ROLE_SELECTED);
		if (at - 1 == first) {
			if (column == g->record.field) {
				draw_text(y, area.x, 1, on ? ROLE_SELECTED : ROLE_TEXT, ">", 1);
				g->y = y;
				g->x = area.x;
			}
			grid_record_title(&about, y, area.x + 1, label, on ? ROLE_SELECTED : ROLE_LABEL);
		}
		draw_text(y, area.x + label + 5, width, on ? ROLE_SELECTED : cell.role, piece, length);
		length = 0;
	}
	return at;
}

static int grid_record_measure(struct grid *g, struct area area, int label)
{
	int total = 0;
	area.h = 0;
	for (int c = 0; c < g->columns; c++) {
		int first = total;
		total = grid_record_paint(g, area, c, total, label);
		if (c == g->record.field) {
			g->record.first = first;
			g->record.end = total;
		}
	}
	return total;
}

void grid_record_draw(struct grid *g, struct area area)
{
	int label = grid_record_label(g, area.w);
	int total = grid_record_measure(g, area, label);
	g->record.height = area.h;
	if (g->record.moved) {
		if (g->record.end > g->record.top + area.h)
			g->record.top = g->record.end - area.h;
		if (g->record.first < g->record.top)
			g->record.top = g->record.first;
		g->record.moved = false;
	}
	if (g->record.top > total - area.h)
		g->record.top = total - area.h;
	if (g->record.top < 0)
		g->record.top = 0;
	for (int c = 0, at = 0; c < g->columns; c++)
		at = grid_record_paint(g, area, c, at, label);
}

/* ---- keys ---- */

static void grid_record_step(struct grid *g, int step)
{
	int page = g->record.height;
	bool more = step > 0 ? g->record.end > g->record.top + page : g->record.first < g->record.top;
	if (more && !g->record.moved) {
		g->record.top += step;
		return;
	}
	g->record.field = grid_record_next(g, g->record.field, step);
	g->record.moved = true;
}

static void grid_record_row(struct grid *g, int step)
{
	grid_select(g, g->selected + step);
	g->record.top = 0;
	g->record.moved = true;
}

static void grid_record_end(struct grid *g, bool first)
{
	struct grid_column about;
	int end = first ? 0 : g->columns - 1;
	g->record.field = grid_record_field(g, end, &about) ? end : grid_record_next(g, end, first ? 1 : -1);
	g->record.moved = true;
}

bool grid_record_act(struct grid *g, enum action a)
{
	if (!g->record.open)
		return false;
	switch (a) {
	case ACTION_UP:
	case ACTION_DOWN:
		grid_record_step(g, a == ACTION_UP ? -1 : 1);
		return true;
	case ACTION_PAGE_UP:
		g->record.top -= g->record.height > 1 ? g->record.height - 1 : 1;
		return true;
	case ACTION_PAGE_DOWN:
		g->record.top += g->record.height > 1 ? g->record.height - 1 : 1;
		return true;
	case ACTION_FIRST:
	case ACTION_LAST:
		grid_record_end(g, a == ACTION_FIRST);
		return true;
	case ACTION_NEXT:
	case ACTION_PREVIOUS:
		grid_record_row(g, a == ACTION_NEXT ? 1 : -1);
		return true;
	case ACTION_LEFT:
	case ACTION_RIGHT:
	case ACTION_COLUMN_LEFT:
	case ACTION_COLUMN_RIGHT:
		return true; /* all of it is to be seen */
	case ACTION_VIEW:
		grid_record_open(g, false);
		return true;
	default:
		return false;
	}
}
