#include "config.h"

#include "ui/panes/show.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/moment.h"
#include "base/text.h"
#include "base/zone.h"
#include "model/model.h"

static void show_instant(struct buffer *out, int64_t at, const struct zone *zone)
{
	struct civil c;
	zone_civil(zone, at, &c);
	buffer_format(out, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

/* 2026-11-18T15:30:00.000000 as people write it: a blank, and no fraction that says nothing. */
static void show_datetime(struct buffer *out, size_t start)
{
	if (out->len > start + 10 && out->data[start + 10] == 'T')
		out->data[start + 10] = ' ';
	if (out->len - start != 26)
		return;
	while (out->data[out->len - 1] == '0')
		out->len--;
	out->len -= out->data[out->len - 1] == '.';
	out->data[out->len] = 0;
}

enum role show_value(struct buffer *out, const struct column *c, struct value v, const struct zone *zone)
{
	switch (v.kind) {
	case VALUE_UNKNOWN:
		buffer_text_add(out, "(not held)");
		return ROLE_NONE;
	case VALUE_NULL:
		buffer_text_add(out, "(none)");
		return ROLE_NONE;
	case VALUE_BYTES:
		buffer_format(out, "(%u bytes)", (unsigned)v.len);
		return ROLE_NONE;
	case VALUE_TEXT:
		if (v.len == 0) {
			buffer_text_add(out, "\"\"");
			return ROLE_NONE;
		}
		break;
	case VALUE_INTEGER:
		break;
	}
	size_t start = out->len;
	if (value_misfit(c, v)) {
		buffer_add(out, v.text, v.len);
		buffer_format(out, " (no %s)", column_type_text(c->type));
		return ROLE_WARN;
	}
	if (c->type == COLUMN_INSTANT && v.kind == VALUE_INTEGER)
		show_instant(out, v.integer, zone);
	else if (c->type == COLUMN_BOOLEAN && v.kind == VALUE_INTEGER)
		buffer_text_add(out, v.integer ? "yes" : "no");
	else
		value_print(out, c, v);
	if (c->type == COLUMN_DATETIME)
		show_datetime(out, start);
	return ROLE_TEXT;
}

const char *show_time(struct arena *a, int64_t at, const struct zone *zone)
{
	char text[MOMENT_SIZE];
	return at == TIME_NONE ? "" : arena_text(a, moment_minute(at, zone, text));
}

const char *show_count(struct arena *a, int64_t n)
{
	char digits[32], text[48];
	int length = snprintf(digits, sizeof(digits), "%lld", (long long)n);
	int used = 0;
	for (int i = 0; i < length; i++) {
		if (i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = 0;
	return arena_text(a, text);
}

void record_make(struct record *r, struct arena *a, const struct record_request *q)
{
	struct buffer text = {0};
	*r = (struct record){.fields = arena_zero(a, (size_t)q->entity->column_count, sizeof(*r->fields))};
	for (int i = 0; i < q->entity->column_count; i++) {
		const struct column *c = &q->entity->columns[i];
		/* A column the bank does not have is no field at all. */
		if (c->hidden || i == q->skip || q->values[i].kind == VALUE_UNKNOWN || (q->only && !q->only[i]))
			continue;
		struct record_field *f = &r->fields[r->count++];
		buffer_clear(&text);
		f->role = show_value(&text, c, q->values[i], q->zone);
		f->text = arena_copy(a, buffer_text(&text), text.len);
		f->len = text.len;
		f->label = c->title;
		f->column = i;
		f->mark = q->marked && q->marked[i] ? q->mark : 0;
		int cells = (int)text_width(c->title, strlen(c->title));
		if (cells > r->label)
			r->label = cells;
	}
	buffer_done(&text);
}

/* "Birth date . . " as wide as the widest label, so that the eye keeps the line. */
static void record_label(const struct record_field *f, int y, int x, int label)
{
	struct buffer text = {0};
	int cells = (int)text_width(f->label, strlen(f->label));
	buffer_text_add(&text, f->label);
	for (int i = cells; i < label + 4; i++)
		buffer_char(&text, i % 2 == label % 2 && i > cells ? '.' : ' ');
	draw_text(y, x, label + 4, ROLE_LABEL, text.data, text.len);
	buffer_done(&text);
}

static int record_two(const struct record *r, struct area area, int top)
{
	int rows = (r->count + 1) / 2;
	int half = area.w / 2;
	int label = r->label < half / 2 ? r->label : half / 2;
	for (int i = 0; i < r->count; i++) {
		const struct record_field *f = &r->fields[i];
		int line = i % rows - top;
		int x = area.x + (i < rows ? 0 : half);
		int width = (i < rows ? half : area.w - half) - label - 7;
		if (line < 0 || line >= area.h || width < 1)
			continue;
		record_label(f, area.y + line, x + 1, label);
		draw_text(area.y + line, x + 1 + label + 4, width, f->mark ? ROLE_CHANGED : f->role, f->text, f->len);
		if (f->mark)
			draw_text(area.y + line, x + 1 + label + 4 + width, 1, ROLE_CHANGED, &f->mark, 1);
	}
	return rows;
}

static int record_one(const struct record *r, struct area area, int top)
{
	int label = r->label < area.w / 2 ? r->label : area.w / 2;
	int x = area.x + 1 + label + 4;
	int width = area.w - label - 8;
	int line = -top;
	for (int i = 0; i < r->count; i++) {
		const struct record_field *f = &r->fields[i];
		const char *s = f->text, *piece = "";
		size_t n = f->len, length = 0;
		int first = line;
		while (draw_wrap(&s, &n, width, &piece, &length) || line == first) {
			if (line >= 0 && line < area.h) {
				if (line == first)
					record_label(f, area.y + line, area.x + 1, label);
				draw_text(area.y + line, x, width, f->mark ? ROLE_CHANGED : f->role, piece, length);
				int used = draw_width(piece, length);
				if (f->mark && line == first)
					draw_text(area.y + line, x + (used < width ? used : width) + 1, 1, ROLE_CHANGED,
						  &f->mark, 1);
			}
			line++;
		}
	}
	return line + top;
}

int record_draw(const struct record *r, struct area area, int columns, int top)
{
	return columns > 1 && r->count > 1 ? record_two(r, area, top) : record_one(r, area, top);
}
