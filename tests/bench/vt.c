#include "config.h"

#include "bench/vt.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/bench.h"

enum { VT_TEXT, VT_ESCAPE, VT_CHARSET, VT_SEQUENCE, VT_COMMAND, VT_COMMAND_ESCAPE, VT_PALETTE };
enum { VT_TAB = 8, VT_PALETTE_DIGITS = 7 };

void vt_init(struct vt *v, int rows, int columns)
{
	*v = (struct vt){.rows = rows, .columns = columns, .bottom = rows - 1};
	v->cells = memory_alloc(sizeof *v->cells * (size_t)(rows * columns));
	for (int i = 0; i < rows * columns; i++)
		v->cells[i] = ' ';
}

void vt_done(struct vt *v)
{
	free(v->cells);
	*v = (struct vt){0};
}

/* ---- cells ---- */

static uint32_t *vt_cell(const struct vt *v, int y, int x)
{
	return &v->cells[y * v->columns + x];
}

static void vt_blank(struct vt *v, int y, int from, int to)
{
	for (int x = from < 0 ? 0 : from; x < to && x < v->columns; x++)
		*vt_cell(v, y, x) = ' ';
}

static void vt_blank_rows(struct vt *v, int from, int to)
{
	for (int y = from; y < to; y++)
		vt_blank(v, y, 0, v->columns);
}

static void vt_move(struct vt *v, int y, int x)
{
	v->y = y < 0 ? 0 : y >= v->rows ? v->rows - 1 : y;
	v->x = x < 0 ? 0 : x >= v->columns ? v->columns - 1 : x;
	v->full = false;
}

/* Rows from..bottom move by `by`: up where it is positive. */
static void vt_scroll(struct vt *v, int from, int bottom, int by)
{
	int height = bottom - from + 1, kept = height - abs(by);
	size_t row = sizeof *v->cells * (size_t)v->columns;
	if (height <= 0)
		return;
	if (kept < 0)
		kept = 0;
	if (by > 0) {
		memmove(vt_cell(v, from, 0), vt_cell(v, from + height - kept, 0), row * (size_t)kept);
		vt_blank_rows(v, from + kept, bottom + 1);
	} else {
		memmove(vt_cell(v, bottom + 1 - kept, 0), vt_cell(v, from, 0), row * (size_t)kept);
		vt_blank_rows(v, from, bottom + 1 - kept);
	}
}

static void vt_line_feed(struct vt *v)
{
	v->full = false;
	if (v->y == v->bottom)
		vt_scroll(v, v->top, v->bottom, 1);
	else if (v->y < v->rows - 1)
		v->y++;
}

static void vt_reverse_feed(struct vt *v)
{
	v->full = false;
	if (v->y == v->top)
		vt_scroll(v, v->top, v->bottom, -1);
	else if (v->y > 0)
		v->y--;
}

/* The characters in the row from the cursor on move by `by`: to the left where it is positive. */
static void vt_shift(struct vt *v, int by)
{
	int width = v->columns - v->x, kept = width - abs(by);
	if (kept < 0)
		kept = 0;
	if (by > 0) {
		memmove(vt_cell(v, v->y, v->x), vt_cell(v, v->y, v->columns - kept), sizeof *v->cells * (size_t)kept);
		vt_blank(v, v->y, v->x + kept, v->columns);
	} else {
		memmove(vt_cell(v, v->y, v->columns - kept), vt_cell(v, v->y, v->x), sizeof *v->cells * (size_t)kept);
		vt_blank(v, v->y, v->x, v->columns - kept);
	}
	v->full = false;
}

static void vt_put(struct vt *v, uint32_t c)
{
	int cells = wcwidth((wchar_t)c);
	if (v->lines[v->shifted] && c == 'q')
		c = 0x2500; /* the one line this program draws so */
	if (cells <= 0)
		return;
	if (v->full || v->x + cells > v->columns) {
		v->x = 0;
		vt_line_feed(v);
	}
	*vt_cell(v, v->y, v->x) = c;
	if (cells == 2)
		*vt_cell(v, v->y, v->x + 1) = 0;
	v->last = c;
	v->x += cells;
	v->full = v->x == v->columns;
	if (v->full)
		v->x--;
}

/* ---- sequences ---- */

static int vt_parameter(const struct vt *v, int i, int otherwise)
{
	return i < v->count && v->parameters[i] > 0 ? v->parameters[i] : otherwise;
}

static void vt_unknown(const struct vt *v, char last)
{
	bench_fail("the terminal was sent a sequence it does not know: ESC %c %d %d '%c'", v->first ? v->first : '[',
		   vt_parameter(v, 0, 0), vt_parameter(v, 1, 0), last);
}

static void vt_erase_display(struct vt *v, int what)
{
	if (what == 0) {
		vt_blank(v, v->y, v->x, v->columns);
		vt_blank_rows(v, v->y + 1, v->rows);
	} else if (what == 1) {
		vt_blank_rows(v, 0, v->y);
		vt_blank(v, v->y, 0, v->x + 1);
	} else if (what == 2) {
		vt_blank_rows(v, 0, v->rows);
	}
}

static void vt_region(struct vt *v)
{
	v->top = vt_parameter(v, 0, 1) - 1;
	v->bottom = vt_parameter(v, 1, v->rows) - 1;
	if (v->bottom >= v->rows || v->top >= v->bottom)
		bench_fail("the terminal was told to scroll rows %d to %d", v->top, v->bottom);
	vt_move(v, 0, 0);
}

/* What moves the cursor. False: it is something else. */
static bool vt_moves(struct vt *v, char last, int n)
{
	switch (last) {
	case 'H':
	case 'f':
		vt_move(v, n - 1, vt_parameter(v, 1, 1) - 1);
		return true;
	case 'A':
		vt_move(v, v->y - n, v->x);
		return true;
	case 'B':
		vt_move(v, v->y + n, v->x);
		return true;
	case 'C':
		vt_move(v, v->y, v->x + n);
		return true;
	case 'D':
		vt_move(v, v->y, v->x - n);
		return true;
	case 'G':
		vt_move(v, v->y, n - 1);
		return true;
	case 'd':
		vt_move(v, n - 1, v->x);
		return true;
	default:
		return false;
	}
}

static void vt_edits(struct vt *v, char last, int n)
{
	switch (last) {
	case 'J':
		vt_erase_display(v, vt_parameter(v, 0, 0));
		break;
	case 'K':
		n = vt_parameter(v, 0, 0);
		vt_blank(v, v->y, n == 0 ? v->x : 0, n == 1 ? v->x + 1 : v->columns);
		break;
	case 'X':
		vt_blank(v, v->y, v->x, v->x + n);
		break;
	case 'P':
		vt_shift(v, n);
		break;
	case '@':
		vt_shift(v, -n);
		break;
	case 'L':
		vt_scroll(v, v->y, v->bottom, -n);
		break;
	case 'M':
		vt_scroll(v, v->y, v->bottom, n);
		break;
	case 'S':
		vt_scroll(v, v->top, v->bottom, n);
		break;
	case 'T':
		vt_scroll(v, v->top, v->bottom, -n);
		break;
	case 'b':
		for (uint32_t c = v->last; n > 0; n--)
			vt_put(v, c);
		break;
	case 'r':
		vt_region(v);
		break;
	case 'm':
	case 't':
		break;
	case 'l':
	case 'h': /* 4: what is written shifts the rest of its row; curses has other ways here, and no need to */
		if (vt_parameter(v, 0, 0) != 4 || last == 'l')
			break;
		/* fall through */
	default:
		vt_unknown(v, last);
	}
}

static void vt_sequence(struct vt *v, char c)
{
	v->state = VT_TEXT;
	if (v->first)
		return; /* modes of the terminal's own: the cursor's look, the keypad, pastes */
	if (!vt_moves(v, c, vt_parameter(v, 0, 1)))
		vt_edits(v, c, vt_parameter(v, 0, 1));
}

static void vt_escape(struct vt *v, char c)
{
	v->state = VT_TEXT;
	v->first = 0;
	v->count = 0;
	memset(v->parameters, 0, sizeof v->parameters);
	switch (c) {
	case '[':
		v->state = VT_SEQUENCE;
		break;
	case ']':
		v->state = VT_COMMAND;
		break;
	case '(':
	case ')':
		v->first = c;
		v->state = VT_CHARSET;
		break;
	case '7':
		v->saved_y = v->y, v->saved_x = v->x;
		break;
	case '8':
		vt_move(v, v->saved_y, v->saved_x);
		break;
	case 'M':
		vt_reverse_feed(v);
		break;
	case 'E':
		v->x = 0;
		vt_line_feed(v);
		break;
	case '=':
	case '>':
	case 'H':
		break;
	default:
		vt_unknown(v, c);
	}
}

static void vt_control(struct vt *v, char c)
{
	switch (c) {
	case '\b':
		vt_move(v, v->y, v->x - 1);
		break;
	case '\t':
		vt_move(v, v->y, (v->x / VT_TAB + 1) * VT_TAB);
		break;
	case '\n':
		vt_line_feed(v);
		break;
	case '\r':
		vt_move(v, v->y, 0);
		break;
	case '\016':
	case '\017':
		v->shifted = c == '\016';
		break;
	case '\033':
		v->state = VT_ESCAPE;
		break;
	default:
		break;
	}
}

static void vt_text(struct vt *v, unsigned char c)
{
	if (v->lacking && (c & 0xc0) == 0x80) {
		v->code = v->code << 6 | (c & 0x3f);
		if (--v->lacking == 0)
			vt_put(v, v->code);
	} else if (c >= 0xc0) {
		v->lacking = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		v->code = c & (0x3fu >> v->lacking);
	} else if (c < ' ') {
		vt_control(v, (char)c);
	} else {
		vt_put(v, c);
	}
}

static void vt_sequence_byte(struct vt *v, char c)
{
	if (c >= '0' && c <= '9' && v->count <= VT_PARAMETERS) {
		if (!v->count)
			v->count = 1;
		v->parameters[v->count - 1] = v->parameters[v->count - 1] * 10 + c - '0';
	} else if (c == ';' && v->count < VT_PARAMETERS) {
		v->count += v->count ? 1 : 2;
	} else if (c >= '<' && c <= '?') {
		v->first = c;
	} else {
		vt_sequence(v, c);
	}
}

static void vt_byte(struct vt *v, char c)
{
	switch (v->state) {
	case VT_TEXT:
		vt_text(v, (unsigned char)c);
		break;
	case VT_ESCAPE:
		vt_escape(v, c);
		break;
	case VT_CHARSET:
		v->lines[v->first == ')'] = c == '0';
		v->state = VT_TEXT;
		break;
	case VT_SEQUENCE:
		vt_sequence_byte(v, c);
		break;
	case VT_COMMAND: /* until BEL or ESC \; the linux console's own have no end: R, or P and seven digits */
		if (c == '\007' || (c == 'R' && !v->count))
			v->state = VT_TEXT;
		else if (c == 'P' && !v->count)
			v->state = VT_PALETTE;
		else if (c == '\033')
			v->state = VT_COMMAND_ESCAPE;
		else
			v->count++;
		break;
	case VT_COMMAND_ESCAPE:
		v->state = VT_TEXT;
		break;
	case VT_PALETTE:
		if (++v->count == VT_PALETTE_DIGITS)
			v->state = VT_TEXT;
		break;
	}
}

void vt_feed(struct vt *v, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vt_byte(v, bytes[i]);
}

/* ---- looking ---- */

void vt_row(const struct vt *v, int y, struct buffer *out)
{
	int end = v->columns;
	buffer_clear(out);
	while (end > 0 && *vt_cell(v, y, end - 1) == ' ')
		end--;
	for (int x = 0; x < end; x++) {
		char bytes[MB_LEN_MAX];
		mbstate_t state = {0};
		uint32_t c = *vt_cell(v, y, x);
		size_t n = c ? wcrtomb(bytes, (wchar_t)c, &state) : 0;
		if (n != (size_t)-1)
			buffer_add(out, bytes, n);
	}
}

int vt_find(const struct vt *v, int from, int to, const char *text)
{
	struct buffer row = {0};
	int found = -1;
	for (int y = from; y < to && y < v->rows && found < 0; y++) {
		vt_row(v, y, &row);
		if (strstr(buffer_text(&row), text))
			found = y;
	}
	buffer_done(&row);
	return found;
}
