#include "config.h"

#include "ui/kit/draw.h"

#include <curses.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

/* Curses holds one base character and a few marks a cell; what is above is dropped (a name may stack hundreds). */
enum { DRAW_MARKS = 4, DRAW_SIDE = 1024, DRAW_LINKS = 64 };

static struct {
	bool ascii;
	char *roles; /* DRAW_SIDE letters a row, or NULL */
	struct buffer text;
	struct {
		int y, x, w;
		struct draw_link link;
	} links[DRAW_LINKS];
	int link_count;
} draw;

void draw_start(bool ascii, bool roles)
{
	draw.ascii = ascii;
	if (roles && !draw.roles)
		draw.roles = memory_alloc((size_t)DRAW_SIDE * DRAW_SIDE);
	draw_erase();
}

void draw_stop(void)
{
	free(draw.roles);
	draw.roles = NULL;
	buffer_done(&draw.text);
}

bool draw_ascii(void)
{
	return draw.ascii;
}

void draw_erase(void)
{
	theme_use(ROLE_TEXT);
	erase();
	draw.link_count = 0;
	if (draw.roles)
		memset(draw.roles, theme_letter(ROLE_TEXT), (size_t)DRAW_SIDE * DRAW_SIDE);
}

char draw_role(int y, int x)
{
	if (!draw.roles || y < 0 || x < 0 || y >= DRAW_SIDE || x >= DRAW_SIDE)
		return theme_letter(ROLE_TEXT);
	return draw.roles[y * DRAW_SIDE + x];
}

static void draw_mark(int y, int x, int w, enum role role)
{
	if (!draw.roles || y < 0 || y >= DRAW_SIDE)
		return;
	for (int i = x < 0 ? 0 : x; i < x + w && i < DRAW_SIDE; i++)
		draw.roles[y * DRAW_SIDE + i] = theme_letter(role);
}

/* One base character with its marks, at a place of ours. `cells` is what we count for it;
 * where curses counts otherwise, or cannot show it at all, a stand-in takes its place. */
static void draw_cluster(int y, int x, int cells, const wchar_t *chars)
{
	if (x < 0 || x + cells > COLS)
		return;
	if (wcwidth(chars[0]) != cells) {
		for (int i = 0; i < cells; i++)
			mvaddnwstr(y, x + i, draw.ascii ? L"?" : L"\uFFFD", 1);
		return;
	}
	cchar_t cell;
	attr_t attributes;
	short pair;
	attr_get(&attributes, &pair, NULL);
	if (setcchar(&cell, chars, attributes, pair, NULL) == OK)
		mvadd_wch(y, x, &cell);
}

/* Draws cleaned text whose first cell stands at column x; only the cells in [from, to) are seen. */
static void draw_cells(int y, int x, int from, int to, const char *s, size_t n)
{
	wchar_t chars[DRAW_MARKS + 2];
	size_t i = 0;
	while (i < n && x < to) {
		uint32_t c;
		size_t start = i;
		size_t run = 0; /* plain bytes go out in one piece */
		while (i + run < n && s[i + run] >= ' ' && s[i + run] <= '~')
			run++;
		if (run && i + run < n && (unsigned char)s[i + run] >= 0x80)
			run--; /* the last one may carry a mark */
		if (run) {
			int skip = x < from ? from - x : 0;
			int length = (int)run - skip;
			if (length > to - x - skip)
				length = to - x - skip;
			if (length > 0)
				mvaddnstr(y, x + skip, s + i + skip, length);
			x += (int)run;
			i += run;
			continue;
		}
		i += text_next(s + i, n - i, &c);
		int cells = (int)text_width(s + start, i - start);
		int marks = 0;
		chars[0] = c == UINT32_MAX ? L'?' : (wchar_t)c;
		while (i < n) {
			size_t length = text_next(s + i, n - i, &c);
			/* By itself a mark may count as a cell; behind its base it adds none. */
			if (c == UINT32_MAX || (int)text_width(s + start, i + length - start) != cells)
				break;
			if (marks < DRAW_MARKS && wcwidth((wchar_t)c) == 0)
				chars[++marks] = (wchar_t)c;
			i += length;
		}
		chars[marks + 1] = 0;
		if (cells <= 0)
			continue; /* a mark without a base */
		if (x >= from && x + cells <= to)
			draw_cluster(y, x, cells, chars);
		else /* a wide character cut by the edge */
			for (int k = x; k < x + cells; k++)
				if (k >= from && k < to)
					mvaddnstr(y, k, " ", 1);
		x += cells;
	}
}

void draw_slice(int y, int x, const struct draw_slice *slice, enum role role, const char *s, size_t n)
{
	int w = slice->w;
	if (x + w > COLS)
		w = COLS - x;
	if (y < 0 || y >= LINES || x < 0 || w <= 0 || slice->full <= 0)
		return;
	buffer_clear(&draw.text);
	if (slice->right)
		text_fit_right(&draw.text, s ? s : "", n, (size_t)slice->full, draw.ascii);
	else
		text_fit(&draw.text, s ? s : "", n, (size_t)slice->full, draw.ascii);
	theme_use(role);
	draw_cells(y, x - slice->skip, x, x + w, buffer_text(&draw.text), draw.text.len);
	draw_mark(y, x, w, role);
	theme_use(ROLE_TEXT);
}

void draw_text(int y, int x, int w, enum role role, const char *s, size_t n)
{
	draw_slice(y, x, &(struct draw_slice){.full = w, .w = w}, role, s, n);
}

void draw_right(int y, int x, int w, enum role role, const char *s, size_t n)
{
	draw_slice(y, x, &(struct draw_slice){.full = w, .w = w, .right = true}, role, s, n);
}

int draw_format(int y, int x, int w, enum role role, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0)
		return 0;
	if (n >= (int)sizeof(text))
		n = (int)sizeof(text) - 1;
	struct buffer clean = {0};
	text_clean(&clean, text, (size_t)n, draw.ascii);
	int cells = (int)text_width(buffer_text(&clean), clean.len);
	buffer_done(&clean);
	if (cells > w)
		cells = w;
	draw_text(y, x, cells, role, text, (size_t)n);
	return cells;
}

void draw_fill(int y, int x, int w, enum role role)
{
	draw_text(y, x, w, role, "", 0);
}

void draw_rule(int y, int x, int w, enum role role)
{
	if (y < 0 || y >= LINES || x < 0 || w <= 0)
		return;
	if (x + w > COLS)
		w = COLS - x;
	theme_use(role);
	if (draw.ascii)
		mvhline(y, x, '-', w);
	else
		mvhline_set(y, x, WACS_HLINE, w);
	draw_mark(y, x, w, role);
	theme_use(ROLE_TEXT);
}

void draw_link(int y, int x, int w, struct draw_link link)
{
	if (draw.link_count == DRAW_LINKS)
		return;
	draw.links[draw.link_count].y = y;
	draw.links[draw.link_count].x = x;
	draw.links[draw.link_count].w = w;
	draw.links[draw.link_count++].link = link;
}

struct draw_link draw_link_at(int y, int x)
{
	for (int i = draw.link_count - 1; i >= 0; i--)
		if (draw.links[i].y == y && x >= draw.links[i].x && x < draw.links[i].x + draw.links[i].w)
			return draw.links[i].link;
	return (struct draw_link){ACTION_NONE, 0};
}

int draw_width(const char *s, size_t n)
{
	if (!draw.ascii)
		return (int)text_width(s, n);
	int cells = 0; /* each character is one sign there, marks and wide ones too */
	uint32_t c;
	for (size_t i = 0; i < n; cells++)
		i += text_next(s + i, n - i, &c);
	return cells;
}

bool draw_wrap(const char **s, size_t *n, int w, const char **line, size_t *length)
{
	if (*n == 0 || w <= 0)
		return false;
	size_t i = 0, blank = 0, base = 0;
	int cells = 0;
	bool full = false;
	while (i < *n && (*s)[i] != '\n') {
		uint32_t c;
		size_t bytes = text_next(*s + i, *n - i, &c);
		/* A mark adds nothing to the base it stands on; by itself it would count, and be torn from it. */
		int add = draw_width(*s + base, i + bytes - base) - draw_width(*s + base, i - base);
		full = cells + add > w && i > 0;
		if (full)
			break;
		if (c == ' ')
			blank = i;
		cells += add;
		if (add)
			base = i;
		i += bytes;
	}
	if (full && (*s)[i] != ' ' && blank > 0)
		i = blank;
	*line = *s;
	*length = i;
	if (i < *n && ((*s)[i] == '\n' || (full && (*s)[i] == ' ')))
		i++; /* what the line was broken at is not drawn */
	*s += i;
	*n -= i;
	return true;
}
