#include "config.h"

#include "ui/panes/record.h"

#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/panes/show.h"

enum {
	RECORD_LEADER = 4,  /* cells between a label and its value, dotted */
	RECORD_VALUE = 16,  /* cells a value has at least where two columns stand */
	RECORD_BESIDE = 60, /* from so many cells on for values, today's stand beside */
};

char record_sign(enum record_sign s)
{
	return " *!#"[s];
}

/* ---- making ---- */

static const char *record_text(struct arena *a, const struct record_request *q, int column, struct value v,
			       struct record_field *f)
{
	struct buffer text = {0};
	f->role = (q->exact ? show_exact : show_value)(&text, &q->entity->columns[column], v, q->zone);
	const char *copy = arena_copy(a, buffer_text(&text), text.len);
	f->len = text.len;
	buffer_done(&text);
	return copy;
}

static void record_compare(struct record_field *f, struct arena *a, const struct record_request *q, int column)
{
	struct record_field today = {0};
	if (!q->today || value_equal(q->today[column], q->values[column]))
		return;
	f->sign = RECORD_DIFFERS;
	f->today = record_text(a, q, column, q->today[column], &today);
	f->today_len = today.len;
}

void record_make(struct record *r, struct arena *a, const struct record_request *q)
{
	*r = (struct record){.fields = arena_zero(a, (size_t)q->entity->column_count, sizeof(*r->fields))};
	for (int i = 0; i < q->entity->column_count; i++) {
		const struct column *c = &q->entity->columns[i];
		/* A column the bank does not have is no field at all. */
		if (c->hidden || i == q->skip || q->values[i].kind == VALUE_UNKNOWN)
			continue;
		struct record_field *f = &r->fields[r->count++];
		f->text = record_text(a, q, i, q->values[i], f);
		f->label = show_title(c);
		f->column = i;
		f->sign = q->signs ? q->signs[i] : RECORD_PLAIN;
		record_compare(f, a, q, i);
		int cells = (int)text_width(f->label, strlen(f->label));
		if (cells > r->label)
			r->label = cells;
	}
}

/* ---- where each field stands ---- */

static bool record_two(const struct record *r, const struct record_view *v, int width)
{
	return !v->one && !v->words && r->count > 1 && width / 2 >= r->label + RECORD_LEADER + RECORD_VALUE + 3;
}

static int record_label_width(const struct record *r, int width)
{
	return r->label < width / 2 ? r->label : width / 2;
}

/* Lines a text takes in w cells; an empty one takes one. */
static int record_wrapped(const char *s, size_t n, int w)
{
	const char *piece;
	size_t length;
	int lines = 0;
	while (draw_wrap(&s, &n, w, &piece, &length))
		lines++;
	return lines ? lines : 1;
}

/* A value for a sentence: what would end it there is what is drawn for it. */
static void record_string(struct buffer *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i])
			buffer_char(out, s[i]);
		else
			buffer_text_add(out, "\357\277\275"); /* U+FFFD */
}

/* "Phone: +44 117 496 0199 (changed in the last 30 days)" */
static void record_words(struct buffer *out, const struct record_field *f)
{
	struct buffer value = {0};
	record_string(&value, f->text, f->len);
	buffer_format(out, _("%s: %s"), f->label, buffer_text(&value));
	buffer_done(&value);
	if (f->sign == RECORD_RECENT)
		buffer_format(out, " (%s)", _("changed in the last 30 days"));
	else if (f->sign == RECORD_FRESH)
		buffer_format(out, " (%s)", _("changed just now"));
	else if (f->sign == RECORD_DIFFERS && f->today)
		buffer_format(out, _(" (today: %s)"), f->today);
}

/* Cells of "today 14 Harbour Road" that the value has: behind the word. */
static int record_today_room(int room)
{
	const char *word = _("today");
	return room - (int)text_width(word, strlen(word)) - 1;
}

static int record_field_lines(const struct record *r, const struct record_view *v, const struct record_field *f,
			      int width)
{
	if (v->words) {
		struct buffer text = {0};
		record_words(&text, f);
		int lines = record_wrapped(text.data, text.len, width - 2);
		buffer_done(&text);
		return lines;
	}
	int room = width - record_label_width(r, width) - RECORD_LEADER - 4;
	if (f->today && room >= RECORD_BESIDE) {
		int value = record_wrapped(f->text, f->len, room / 2 - 2);
		int today = record_wrapped(f->today, f->today_len, record_today_room(room - room / 2));
		return value > today ? value : today;
	}
	int lines = record_wrapped(f->text, f->len, room);
	return lines + (f->today ? record_wrapped(f->today, f->today_len, record_today_room(room)) : 0);
}

/* Of two columns: the fields of the first. */
static int record_half(const struct record *r)
{
	return (r->count + 1) / 2;
}

/* Cells of a field's value where two columns stand. */
static int record_room(const struct record *r, int field, int width)
{
	int column = field < record_half(r) ? width / 2 : width - width / 2;
	return column - r->label - RECORD_LEADER - 3;
}

static int record_column_lines(const struct record *r, bool whole, int field, int width)
{
	const struct record_field *f = &r->fields[field];
	return whole ? record_wrapped(f->text, f->len, record_room(r, field, width)) : 1;
}

/* Lines of the fields above one in its column; of the column, if it is the one behind its last. */
static int record_above(const struct record *r, bool whole, int first, int field, int width)
{
	int lines = 0;
	for (int i = first; i < field; i++)
		lines += record_column_lines(r, whole, i, width);
	return lines;
}

static int record_two_lines(const struct record *r, bool whole, int width)
{
	int half = record_half(r);
	int left = record_above(r, whole, 0, half, width), right = record_above(r, whole, half, r->count, width);
	return left > right ? left : right;
}

int record_lines(const struct record *r, const struct record_view *v, int width)
{
	int lines = 0;
	if (record_two(r, v, width))
		return record_two_lines(r, true, width);
	for (int i = 0; i < r->count; i++)
		lines += record_field_lines(r, v, &r->fields[i], width);
	return lines;
}

/* The first line of a field and how many it takes. */
static int record_place(const struct record *r, const struct record_view *v, int field, int width, int *lines)
{
	int at = 0, half = record_half(r);
	if (record_two(r, v, width)) {
		*lines = record_column_lines(r, v->whole, field, width);
		return record_above(r, v->whole, field < half ? 0 : half, field, width);
	}
	for (int i = 0; i < field; i++)
		at += record_field_lines(r, v, &r->fields[i], width);
	*lines = record_field_lines(r, v, &r->fields[field], width);
	return at;
}

/* ---- painting ---- */

struct record_paint {
	const struct record *record;
	struct record_view *view;
	struct area area;
};

static bool record_seen(const struct record_paint *p, int line)
{
	return line >= 0 && line < p->area.h;
}

/* "Birth date . . " as wide as the widest label, so that the eye keeps the line. */
static void record_label(const struct record_paint *p, int field, int y, int x, int label)
{
	struct buffer text = {0};
	const struct record_field *f = &p->record->fields[field];
	bool on = field == p->view->selected;
	int cells = (int)text_width(f->label, strlen(f->label));
	buffer_text_add(&text, f->label);
	for (int i = cells; i < label + RECORD_LEADER; i++)
		buffer_char(&text, i % 2 == label % 2 && i > cells ? '.' : ' ');
	draw_text(y, x, label + RECORD_LEADER, on ? ROLE_SELECTED : ROLE_LABEL, text.data, text.len);
	buffer_done(&text);
	if (on) {
		draw_text(y, x - 1, 1, ROLE_SELECTED, ">", 1);
		p->view->y = y;
		p->view->x = x - 1;
	}
}

static enum role record_role(const struct record_field *f)
{
	return f->sign ? ROLE_CHANGED : f->role;
}

/* Wraps a text; returns the line behind it. *end: the cell behind its first line. */
static int record_wrap(const struct record_paint *p, int line, int x, int w, enum role role, const char *s, size_t n,
		       int *end)
{
	const char *piece = "";
	size_t length = 0;
	int first = line;
	while (draw_wrap(&s, &n, w, &piece, &length) || line == first) {
		int used = draw_width(piece, length);
		if (record_seen(p, line))
			draw_text(p->area.y + line, x, w, role, piece, length);
		if (line == first && end)
			*end = x + (used < w ? used : w);
		line++;
		length = 0;
	}
	return line;
}

static void record_column(struct record_paint *p, int field)
{
	const struct record *r = p->record;
	const struct record_field *f = &r->fields[field];
	int lines = 1, line = record_place(r, p->view, field, p->area.w, &lines) - p->view->top;
	int room = record_room(r, field, p->area.w);
	int x = p->area.x + (field < record_half(r) ? 0 : p->area.w / 2) + 1;
	char sign = record_sign(f->sign);
	if (record_seen(p, line))
		record_label(p, field, p->area.y + line, x, r->label);
	x += r->label + RECORD_LEADER;
	if (p->view->whole) {
		record_wrap(p, line, x, room, record_role(f), f->text, f->len, NULL);
	} else {
		p->view->cut = p->view->cut || draw_width(f->text, f->len) > room;
		if (record_seen(p, line))
			draw_text(p->area.y + line, x, room, record_role(f), f->text, f->len);
	}
	if (f->sign && record_seen(p, line))
		draw_text(p->area.y + line, x + room, 1, ROLE_CHANGED, &sign, 1);
}

static void record_today(const struct record_paint *p, const struct record_field *f, int line, int x, int w)
{
	const char *word = _("today");
	int value = record_today_room(w);
	if (record_seen(p, line))
		draw_text(p->area.y + line, x, w - value, ROLE_LABEL, word, strlen(word));
	record_wrap(p, line, x + w - value, value, ROLE_TEXT, f->today, f->today_len, NULL);
}

static int record_row(struct record_paint *p, int field, int line)
{
	const struct record_field *f = &p->record->fields[field];
	int lines = record_field_lines(p->record, p->view, f, p->area.w);
	int label = record_label_width(p->record, p->area.w);
	int x = p->area.x + 1 + label + RECORD_LEADER, room = p->area.w - label - RECORD_LEADER - 4, end = 0;
	bool beside = f->today && room >= RECORD_BESIDE;
	if (record_seen(p, line))
		record_label(p, field, p->area.y + line, p->area.x + 1, label);
	if (field == p->view->selected && line < 0 && line + lines > 0) { /* scrolled to its middle */
		draw_text(p->area.y, p->area.x, 1, ROLE_SELECTED, ">", 1);
		p->view->y = p->area.y;
		p->view->x = p->area.x;
	}
	int next = record_wrap(p, line, x, beside ? room / 2 - 2 : room, record_role(f), f->text, f->len, &end);
	char sign = record_sign(f->sign);
	if (f->sign && record_seen(p, line))
		draw_text(p->area.y + line, end + 1, 1, ROLE_CHANGED, &sign, 1);
	if (beside)
		record_today(p, f, line, x + room / 2, room - room / 2);
	else if (f->today)
		record_today(p, f, next, x, room);
	return line + lines;
}

static int record_sentence(struct record_paint *p, int field, int line)
{
	const struct record_field *f = &p->record->fields[field];
	struct buffer text = {0};
	record_words(&text, f);
	bool on = field == p->view->selected;
	if (on && record_seen(p, line)) {
		p->view->y = p->area.y + line;
		p->view->x = p->area.x + 1;
	}
	int next = record_wrap(p, line, p->area.x + 1, p->area.w - 2, on ? ROLE_SELECTED : record_role(f), text.data,
			       text.len, NULL);
	buffer_done(&text);
	return next;
}

/* Scrolls as little as is needed to see the selected field; leaves a line to tell what is not seen. */
static void record_scroll(struct record_paint *p)
{
	struct record_view *v = p->view;
	int lines = 1, most;
	bool two = record_two(p->record, v, p->area.w);
	v->total = record_lines(p->record, v, p->area.w);
	v->whole = !two || v->total <= p->area.h;
	if (!v->whole)
		v->total = record_two_lines(p->record, false, p->area.w);
	if (v->total > p->area.h && p->area.h > 1)
		p->area.h--;
	if (v->selected >= p->record->count)
		v->selected = p->record->count - 1;
	v->height = p->area.h;
	v->width = p->area.w;
	if (v->selected >= 0) {
		int at = record_place(p->record, v, v->selected, p->area.w, &lines);
		int last = at + lines - p->area.h; /* of a field higher than the area any part may be seen */
		if (v->top < (last < at ? last : at))
			v->top = last < at ? last : at;
		if (v->top > (last < at ? at : last))
			v->top = last < at ? at : last;
	}
	most = v->total - p->area.h;
	if (v->top > most)
		v->top = most;
	if (v->top < 0)
		v->top = 0;
}

/* The field to select when `top` is scrolled to: one that is seen whole, for it moves nothing. Where the end of a
 * long one meets the beginning of another, the one of which something was not seen yet. */
static int record_at(const struct record *r, const struct record_view *v, int top)
{
	int first = -1, last = -1, first_end = 0, last_at = 0, bottom = top + v->height;
	for (int i = 0; i < r->count; i++) {
		int lines, at = record_place(r, v, i, v->width, &lines);
		if (at + lines <= top || at >= bottom)
			continue;
		if (at >= top && at + lines <= bottom)
			return i;
		if (first < 0) {
			first = i;
			first_end = at + lines;
		}
		last = i;
		last_at = at;
	}
	if (top > v->top)
		return first_end > v->top + v->height ? first : last;
	return last_at < v->top ? last : first;
}

int record_move(const struct record *r, struct record_view *v, int lines)
{
	int most = v->total - v->height, high;
	if (r->count == 0 || most <= 0)
		return -1;
	if (lines == 1 || lines == -1) {
		int at = v->selected < 0 ? 0 : record_place(r, v, v->selected, v->width, &high);
		if (v->selected < 0 || (lines > 0 ? at + high <= v->top + v->height : at >= v->top))
			return -1;
		v->top += lines;
		return v->selected;
	}
	int top = v->top + lines < 0 ? 0 : v->top + lines > most ? most : v->top + lines;
	if (top == v->top)
		return -1;
	int field = record_at(r, v, top);
	v->top = top;
	return field;
}

void record_draw(const struct record *r, struct record_view *v, struct area area)
{
	struct record_paint p = {r, v, area};
	v->y = v->x = -1;
	v->cut = false;
	if (area.h < 1 || area.w < 8)
		return;
	record_scroll(&p);
	bool two = record_two(r, v, area.w);
	int line = -v->top;
	for (int i = 0; i < r->count; i++) {
		if (two)
			record_column(&p, i);
		else
			line = v->words ? record_sentence(&p, i, line) : record_row(&p, i, line);
	}
	if (v->total > p.area.h)
		show_more(area.y + p.area.h, area.x + 1, area.w - 1, v->top, v->total - v->top - p.area.h);
}
