#include "config.h"

#include "answer/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/moment.h"
#include "base/text.h"
#include "model/model.h"

struct sheet_cell {
	size_t at, len, width;
};

void sheet_init(struct sheet *t, bool ascii)
{
	memset(t, 0, sizeof *t);
	t->ascii = ascii;
}

void sheet_done(struct sheet *t)
{
	for (int i = 0; i < t->column_count; i++)
		free(t->columns[i].title);
	buffer_done(&t->text);
	free(t->cells);
	sheet_init(t, t->ascii);
}

void sheet_column(struct sheet *t, const char *title, enum sheet_side side)
{
	if (t->column_count == SHEET_COLUMNS)
		return;
	struct buffer b = {0};
	answer_text_add(&b, title, t->ascii);
	t->columns[t->column_count].side = side;
	t->columns[t->column_count].width = text_width(buffer_text(&b), b.len);
	t->columns[t->column_count].title = buffer_take(&b);
	t->column_count++;
}

void sheet_bytes(struct sheet *t, const char *s, size_t n)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->cells = memory_grow(t->cells, t->room * sizeof *t->cells);
	}
	struct sheet_cell *cell = &t->cells[t->count];
	cell->at = t->text.len;
	text_clean(&t->text, s, n, t->ascii);
	cell->len = t->text.len - cell->at;
	cell->width = text_width(buffer_text(&t->text) + cell->at, cell->len);
	size_t column = t->count % (size_t)t->column_count;
	if (cell->width > t->columns[column].width)
		t->columns[column].width = cell->width;
	t->count++;
}

void sheet_text(struct sheet *t, const char *s)
{
	sheet_bytes(t, s ? s : "-", s ? strlen(s) : 1);
}

void sheet_number(struct sheet *t, int64_t n)
{
	char text[ANSWER_TEXT_NUMBER];
	sheet_text(t, answer_text_number(n, text));
}

size_t sheet_rows(const struct sheet *t)
{
	return t->column_count ? t->count / (size_t)t->column_count : 0;
}

/* One cell; the last of a line is not filled up, so that no line ends in blanks. */
static void sheet_place(const struct sheet *t, struct buffer *line, int column, const char *s, size_t n, size_t width)
{
	size_t room = t->columns[column].width > width ? t->columns[column].width - width : 0;
	bool right = t->columns[column].side == SHEET_RIGHT;
	if (right)
		buffer_fill(line, ' ', room);
	buffer_add(line, s, n);
	if (column + 1 < t->column_count)
		buffer_fill(line, ' ', right ? 2 : room + 2);
}

static void sheet_head(struct sheet *t, FILE *out, size_t indent)
{
	struct buffer line = {0};
	bool any = false;
	buffer_fill(&line, ' ', indent);
	for (int i = 0; i < t->column_count; i++) {
		const char *title = t->columns[i].title ? t->columns[i].title : "";
		any = any || *title;
		sheet_place(t, &line, i, title, strlen(title), text_width(title, strlen(title)));
	}
	while (line.len && line.data[line.len - 1] == ' ')
		line.data[--line.len] = '\0';
	if (any)
		fprintf(out, "%s\n", buffer_text(&line));
	buffer_done(&line);
	t->headed = true;
}

void sheet_print(struct sheet *t, FILE *out, size_t indent)
{
	assert(t->column_count && t->count % (size_t)t->column_count == 0);
	if (!t->headed)
		sheet_head(t, out, indent);
	struct buffer line = {0};
	for (size_t at = 0; at < t->count; at += (size_t)t->column_count) {
		buffer_clear(&line);
		buffer_fill(&line, ' ', indent);
		for (int i = 0; i < t->column_count; i++) {
			const struct sheet_cell *cell = &t->cells[at + (size_t)i];
			sheet_place(t, &line, i, buffer_text(&t->text) + cell->at, cell->len, cell->width);
		}
		while (line.len && line.data[line.len - 1] == ' ')
			line.data[--line.len] = '\0';
		fwrite(buffer_text(&line), 1, line.len, out);
		fputc('\n', out);
	}
	buffer_done(&line);
	buffer_clear(&t->text);
	t->count = 0;
}

void answer_text_add(struct buffer *b, const char *s, bool ascii)
{
	if (s)
		text_clean(b, s, strlen(s), ascii);
}

void answer_text_value(struct buffer *b, const struct column *c, struct value v, const struct zone *zone, bool ascii)
{
	char text[MOMENT_SIZE];
	if (v.kind == VALUE_UNKNOWN) {
		buffer_char(b, '?');
	} else if (v.kind == VALUE_NULL) {
		buffer_char(b, '-');
	} else if (v.kind == VALUE_TEXT && v.len == 0) {
		buffer_text_add(b, "\"\"");
	} else if (c->type == COLUMN_INSTANT && v.kind == VALUE_INTEGER) {
		buffer_text_add(b, moment_local(v.integer, zone, text));
	} else if (c->type == COLUMN_DATETIME && v.kind == VALUE_TEXT && !value_misfit(c, v)) {
		text_clean(b, v.text, v.len, ascii); /* as it is held: a wall clock people can read */
	} else {
		struct buffer raw = {0};
		value_print(&raw, c, v);
		text_clean(b, buffer_text(&raw), raw.len, ascii);
		buffer_done(&raw);
		if (value_misfit(c, v))
			buffer_text_add(b, " (!)");
	}
}

const char *answer_text_number(int64_t n, char out[ANSWER_TEXT_NUMBER])
{
	char digits[24];
	snprintf(digits, sizeof digits, "%" PRIu64, n < 0 ? -(uint64_t)n : (uint64_t)n);
	size_t len = strlen(digits), to = 0;
	if (n < 0)
		out[to++] = '-';
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = '\0';
	return out;
}

void answer_text_bar(struct buffer *b, int64_t value, int64_t most, size_t width, bool ascii)
{
	if (value <= 0 || most <= 0)
		return;
	if (value > most)
		value = most;
	/* In doubles: counts may be large, and a bar needs no more than its eighths. */
	size_t eighths = (size_t)((double)value / (double)most * (double)width * 8 + 0.5);
	if (ascii) {
		size_t cells = (eighths + 4) / 8;
		buffer_fill(b, '#', cells ? cells : 1);
		return;
	}
	if (!eighths)
		eighths = 1;
	for (size_t i = 0; i < eighths / 8; i++)
		buffer_text_add(b, "\u2588");
	static const char *const parts[] = {"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
	buffer_text_add(b, parts[eighths % 8]);
}
