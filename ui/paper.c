#include "config.h"

#include "ui/paper.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "ui/kit/draw.h"

enum { PAPER_LEAST = 6 /* cells below which a column of text cannot be read */ };

struct paper_line {
	size_t at, len;
	int kept; /* so many lines after it belong to it */
	int page;
	int heading; /* to be repeated above it where a page begins with it, from 1; 0: none */
};

/* ---- lines ---- */

void paper_init(struct paper *l, bool ascii)
{
	*l = (struct paper){.ascii = ascii};
}

void paper_done(struct paper *l)
{
	buffer_done(&l->line);
	buffer_done(&l->text);
	free(l->list);
}

void paper_end(struct paper *l)
{
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->list = memory_grow(l->list, (size_t)l->room * sizeof(*l->list));
	}
	while (l->line.len && l->line.data[l->line.len - 1] == ' ')
		buffer_cut(&l->line, l->line.len - 1);
	l->list[l->count++] =
		(struct paper_line){.at = l->text.len, .len = l->line.len, .kept = l->kept, .heading = l->heading};
	l->kept = l->kept > 0 ? l->kept - 1 : 0;
	buffer_add(&l->text, buffer_text(&l->line), l->line.len);
	buffer_clear(&l->line);
}

void paper_text(struct paper *l, size_t from, size_t width, const char *s, size_t n)
{
	struct buffer clean = {0};
	const char *piece = "";
	size_t length = 0;
	bool first = true;
	text_clean(&clean, s ? s : "", n, l->ascii);
	s = buffer_text(&clean);
	n = clean.len;
	while (draw_wrap(&s, &n, (int)width, &piece, &length)) {
		if (!first)
			buffer_fill(&l->line, ' ', from);
		buffer_add(&l->line, piece, length);
		paper_end(l);
		first = false;
	}
	if (first)
		paper_end(l);
	buffer_done(&clean);
}

void paper_say(struct paper *l, const char *text)
{
	size_t from = strspn(text, " ");
	buffer_fill(&l->line, ' ', from);
	paper_text(l, from, 80 - from, text + from, strlen(text + from));
}

void paper_keep(struct paper *l, int count)
{
	l->kept = count - 1;
}

void paper_pages(struct paper *l, int lines)
{
	int used = 0;
	l->pages = 1;
	for (int i = 0; i < l->count; i++) {
		if (used > 0 && used + l->list[i].kept + 1 > lines) {
			l->pages++;
			used = 0;
		}
		l->list[i].page = l->pages;
		used++;
	}
}

static void paper_line_print(const struct paper *l, int line, FILE *out)
{
	fwrite(buffer_text(&l->text) + l->list[line].at, 1, l->list[line].len, out);
	fputc('\n', out);
}

void paper_print(struct paper *l, FILE *out)
{
	for (int i = 0; i < l->count; i++)
		paper_line_print(l, i, out);
	buffer_clear(&l->text);
	l->count = 0;
}

void paper_page(struct paper *l, int page, FILE *out)
{
	bool begun = page == 1;
	if (page > 1 && l->printed < l->count && l->list[l->printed].heading)
		paper_line_print(l, l->list[l->printed].heading - 1, out);
	for (; l->printed < l->count && l->list[l->printed].page == page; l->printed++) {
		/* A page does not begin with the blank line that parts what it parts. */
		begun |= l->list[l->printed].len > 0;
		if (begun)
			paper_line_print(l, l->printed, out);
	}
}

/* ---- tables ---- */

struct paper_cell {
	size_t at, len;
};

void paper_table_init(struct paper_table *g, size_t indent, size_t width)
{
	*g = (struct paper_table){.indent = indent, .width = width};
}

void paper_table_done(struct paper_table *g)
{
	buffer_done(&g->text);
	free(g->cells);
}

void paper_table_column(struct paper_table *g, bool right)
{
	g->column[g->columns++].right = right;
}

void paper_table_cell(struct paper_table *g, const char *s, size_t n, bool ascii)
{
	if (g->count == g->room) {
		g->room = g->room ? g->room * 2 : 64;
		g->cells = memory_grow(g->cells, g->room * sizeof(*g->cells));
	}
	size_t at = g->text.len;
	text_clean(&g->text, s, n, ascii);
	size_t cells = text_width(buffer_text(&g->text) + at, g->text.len - at);
	int column = (int)(g->count % (size_t)g->columns);
	if (cells > g->column[column].widest)
		g->column[column].widest = cells;
	g->cells[g->count++] = (struct paper_cell){at, g->text.len - at};
}

/* The widest columns give way until all of them fit. */
static bool paper_table_fit(struct paper_table *g)
{
	size_t room = g->width - g->indent, all = 0;
	for (int c = 0; c < g->columns; c++) {
		g->column[c].width = g->column[c].widest;
		all += g->column[c].width + (c ? 2 : 0);
	}
	while (all > room) {
		int widest = -1;
		for (int c = 0; c < g->columns; c++)
			if (!g->column[c].right && g->column[c].width > PAPER_LEAST &&
			    (widest < 0 || g->column[c].width > g->column[widest].width))
				widest = c;
		if (widest < 0)
			return false;
		g->column[widest].width--;
		all--;
	}
	return true;
}

static void paper_table_piece(const struct paper_table *g, struct paper *l, int c, const char *s, size_t n)
{
	size_t width = g->column[c].width, cells = text_width(s, n);
	size_t blank = cells < width ? width - cells : 0;
	buffer_fill(&l->line, ' ', c ? 2 : g->indent);
	if (g->column[c].right)
		buffer_fill(&l->line, ' ', blank);
	buffer_add(&l->line, s, n);
	if (!g->column[c].right)
		buffer_fill(&l->line, ' ', blank);
}

/* One row, on as many lines as its longest cell takes. */
static void paper_table_row(const struct paper_table *g, struct paper *l, const char **s, size_t *n)
{
	for (bool more = true; more;) {
		more = false;
		for (int c = 0; c < g->columns; c++) {
			const char *piece = "";
			size_t length = 0;
			draw_wrap(&s[c], &n[c], (int)g->column[c].width, &piece, &length);
			paper_table_piece(g, l, c, piece, length);
			more |= n[c] > 0;
		}
		paper_end(l);
	}
}

bool paper_table_write(struct paper_table *g, struct paper *l)
{
	const char *s[PAPER_COLUMNS];
	size_t n[PAPER_COLUMNS];
	if (!paper_table_fit(g))
		return false;
	for (size_t i = 0; i < g->count; i += (size_t)g->columns) {
		if (i == (size_t)g->columns) /* the first row were the headings */
			l->heading = l->count;
		for (int c = 0; c < g->columns; c++) {
			s[c] = buffer_text(&g->text) + g->cells[i + (size_t)c].at;
			n[c] = g->cells[i + (size_t)c].len;
		}
		paper_table_row(g, l, s, n);
	}
	l->heading = 0;
	return true;
}
