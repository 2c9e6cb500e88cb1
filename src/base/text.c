/* Cleaning, measuring and cutting walk the text the same way, so that they
 * cannot disagree: each step yields the bytes that stand for one character once
 * it is cleaned, their cells, and whether a cluster begins there. The walk also
 * bounds what one cell can hold: a mark with nothing to stand on, or the fifth
 * on one base (curses keeps four), is shown as a cell of its own.
 */
#include "config.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uniwidth.h>

#include "base/buffer.h"

#define TEXT_REPLACEMENT "\xef\xbf\xbd"
#define TEXT_ELLIPSIS    "\xe2\x80\xa6"

enum { TEXT_MARKS = 4, TEXT_CLUSTER = 8 };

/* What the second byte may be; it alone tells overlong forms, surrogates and what lies above U+10FFFF. */
static bool text_second_fits(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

size_t text_next(const char *s, size_t n, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len, i;

	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	*c = UINT32_MAX;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 1;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len || !text_second_fits(p[0], p[1]))
		return 1;
	for (i = 2; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
	}
	*c = p[0] & (0x7fu >> len);
	for (i = 1; i < len; i++)
		*c = *c << 6 | (p[i] & 0x3fu);
	return len;
}

/* The length of the ASCII that s begins with. */
static size_t text_ascii(const char *s, size_t n)
{
	size_t i = 0;
	uint64_t eight;

	for (; i + sizeof eight <= n; i += sizeof eight) {
		memcpy(&eight, s + i, sizeof eight);
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

bool text_valid(const char *s, size_t n)
{
	size_t i = text_ascii(s, n);
	uint32_t c;

	while (i < n) {
		i += text_next(s + i, n - i, &c);
		if (c == UINT32_MAX)
			return false;
		i += text_ascii(s + i, n - i);
	}
	return true;
}

void text_utf8(struct buffer *out, const char *s, size_t n)
{
	size_t i = 0, from = 0;
	uint32_t c;

	while (i < n) {
		size_t len = text_next(s + i, n - i, &c);

		if (c == UINT32_MAX) {
			buffer_add(out, s + from, i - from);
			buffer_text_add(out, TEXT_REPLACEMENT);
			from = i + 1;
		}
		i += len;
	}
	buffer_add(out, s + from, n - from);
}

/* Default-ignorable characters are those that are drawn as nothing: fillers, joiners, selectors, tags. What is not
 * assigned has no width that two systems agree on. */
bool text_harmful(uint32_t c)
{
	const uint32_t mask = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Cn |
			      UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;

	if (c < 0x7f)
		return c < 0x20;
	if (c > 0x10ffff)
		return true;
	return uc_is_general_category_withtable(c, mask) || uc_is_property_default_ignorable_code_point(c);
}

/* Cells of a harmless character. The tables of libunistring and of the terminals differ for these few. */
static size_t text_cells(uint32_t c)
{
	int width;

	if (c < 0x300)
		return 1;
	if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me))
		return 0;
	if ((c >= 0x3248 && c <= 0x324f) || (c >= 0x4dc0 && c <= 0x4dff))
		return 2;
	width = uc_width(c, "UTF-8");
	return width > 0 ? (size_t)width : 0;
}

struct text_walk {
	const char *s;
	size_t n; /* left */
	bool ascii;
	uint32_t last;  /* the character before, 0 at the start */
	size_t marks;   /* on the last base */
	size_t cluster; /* cells of the cluster so far */
	bool flag_half; /* the last is the first half of a flag */
};

struct text_step {
	const char *bytes; /* cleaned */
	size_t len;
	size_t cells;
	bool starts; /* a cluster begins here */
};

static void text_walk_over(struct text_walk *w, size_t len)
{
	w->s += len;
	w->n -= len;
}

static bool text_is_flag_half(uint32_t c)
{
	return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static bool text_starts(const struct text_walk *w, uint32_t c, size_t cells)
{
	if (cells == 0)
		return false;
	if (w->last < 0x300 && c < 0x300)
		return true;
	if (w->cluster + cells > TEXT_CLUSTER)
		return true;
	if (text_is_flag_half(c) && text_is_flag_half(w->last))
		return !w->flag_half;
	return uc_is_grapheme_break(w->last, c);
}

static bool text_walk_step(struct text_walk *w, struct text_step *step)
{
	uint32_t c;

	if (w->n == 0)
		return false;
	step->bytes = w->s;
	step->len = text_next(w->s, w->n, &c);
	text_walk_over(w, step->len);
	step->cells = c < 0x7f && c >= 0x20 ? 1 : text_harmful(c) ? SIZE_MAX : text_cells(c);
	if (step->cells == 0 && (w->last == 0 || w->marks >= TEXT_MARKS))
		step->cells = SIZE_MAX;
	if (step->cells == SIZE_MAX || (w->ascii && c >= 0x80)) {
		step->bytes = w->ascii ? "?" : TEXT_REPLACEMENT;
		step->len = strlen(step->bytes);
		step->cells = 1;
		c = w->ascii ? '?' : 0xfffd;
	}
	step->starts = text_starts(w, c, step->cells);
	w->marks = step->cells == 0 ? w->marks + 1 : 0;
	w->cluster = step->starts ? step->cells : w->cluster + step->cells;
	w->flag_half = text_is_flag_half(c) && !(w->flag_half && !step->starts);
	w->last = c;
	return true;
}

/* Steps over printable ASCII at once; returns its length. */
static size_t text_walk_plain(struct text_walk *w)
{
	size_t i = 0;

	while (i < w->n && w->s[i] >= 0x20 && w->s[i] < 0x7f)
		i++;
	if (i == 0)
		return 0;
	w->last = (unsigned char)w->s[i - 1];
	w->marks = 0;
	w->cluster = 1;
	w->flag_half = false;
	text_walk_over(w, i);
	return i;
}

void text_clean(struct buffer *out, const char *s, size_t n, bool ascii)
{
	struct text_walk w = {.s = s, .n = n, .ascii = ascii};
	struct text_step step;

	do {
		const char *plain = w.s;

		buffer_add(out, plain, text_walk_plain(&w));
		if (!text_walk_step(&w, &step))
			break;
		buffer_add(out, step.bytes, step.len);
	} while (true);
}

/* Stops measuring past `enough` cells. */
static size_t text_measure(const char *s, size_t n, bool ascii, size_t enough)
{
	struct text_walk w = {.s = s, .n = n, .ascii = ascii};
	struct text_step step;
	size_t cells = 0;

	do {
		cells += text_walk_plain(&w);
		if (cells > enough || !text_walk_step(&w, &step))
			break;
		cells += step.cells;
	} while (cells <= enough);
	return cells;
}

size_t text_width(const char *s, size_t n)
{
	return text_measure(s, n, false, SIZE_MAX);
}

void text_fit(struct buffer *out, const char *s, size_t n, size_t width, bool ascii)
{
	struct text_walk w = {.s = s, .n = n, .ascii = ascii};
	struct text_step step;
	size_t cells = 0;
	size_t cut = out->len, cut_cells = 0; /* the last place that leaves room for the ellipsis */

	if (width == 0)
		return;
	while (cells <= width && text_walk_step(&w, &step)) {
		if (step.starts && cells < width) {
			cut = out->len;
			cut_cells = cells;
		}
		buffer_add(out, step.bytes, step.len);
		cells += step.cells;
	}
	if (cells > width) {
		buffer_cut(out, cut);
		buffer_text_add(out, ascii ? "~" : TEXT_ELLIPSIS);
		cells = cut_cells + 1;
	}
	buffer_fill(out, ' ', width - cells);
}

void text_fit_right(struct buffer *out, const char *s, size_t n, size_t width, bool ascii)
{
	size_t cells = text_measure(s, n, ascii, width);

	if (cells < width)
		buffer_fill(out, ' ', width - cells);
	text_fit(out, s, n, cells < width ? cells : width, ascii);
}

void text_from_latin1(struct buffer *out, const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		size_t plain = text_ascii(s + i, n - i);

		buffer_add(out, s + i, plain);
		i += plain;
		if (i < n) {
			unsigned char c = (unsigned char)s[i++];

			buffer_char(out, (char)(0xc0 | c >> 6));
			buffer_char(out, (char)(0x80 | (c & 0x3f)));
		}
	}
}

/* ---- sizes ---- */

const char *text_size(int64_t bytes, char out[TEXT_SIZE])
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	double size = (double)bytes;
	size_t unit = 0;
	while (size >= 1000 && unit + 1 < sizeof units / sizeof *units) {
		size /= 1000;
		unit++;
	}
	snprintf(out, TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
	return out;
}

size_t text_whole(const char *s, size_t n)
{
	size_t lead = n;

	while (lead > 0 && n - lead < 3 && ((unsigned char)s[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead == 0)
		return n;
	unsigned char c = (unsigned char)s[lead - 1];
	size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	return length > n - lead + 1 ? lead - 1 : n;
}

enum { TEXT_WORD_MOST = 40 };

size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][TEXT_WORD_MOST + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t n = strlen(a), m = strlen(b);
	if (n > TEXT_WORD_MOST || m > TEXT_WORD_MOST)
		return SIZE_MAX;
	for (size_t k = 0; k <= m; k++)
		last[k] = before[k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t *spare = before;
		now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			size_t best = last[k - 1] + (a[i - 1] != b[k - 1]);
			best = last[k] + 1 < best ? last[k] + 1 : best;
			best = now[k - 1] + 1 < best ? now[k - 1] + 1 : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				best = before[k - 2] + 1 < best ? before[k - 2] + 1 : best;
			now[k] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}
