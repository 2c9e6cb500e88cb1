/* What the selected version changed: each field as it was and as it is, side by side, with long values wrapped. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/kit/figures.h"
#include "ui/panes/history.h"
#include "ui/panes/show.h"
#include "ui/session.h"

enum { DIFF_GAP = 2 /* cells between columns */ };

/* ---- making ---- */

static const char *diff_text(struct history *h, const struct column *c, struct value v, size_t *len, enum role *role)
{
	buffer_clear(&h->cell);
	*role = show_exact(&h->cell, c, v, h->base.session->zone);
	*len = h->cell.len;
	return arena_copy(&h->detail_arena, buffer_text(&h->cell), h->cell.len);
}

static void diff_add(struct history *h, const struct event *e, int column, bool changed)
{
	const struct version *v = e->version;
	const struct column *c = &history_model(h)->entities[v->entity].columns[column];
	struct diff *d = &h->diff;
	struct diff_field *f = &d->fields[d->count++];
	*f = (struct diff_field){.label = show_title(c), .changed = changed};
	if (d->was)
		f->was = diff_text(h, c, d->is ? v->previous[column] : v->values[column], &f->was_len, &f->was_role);
	if (d->is)
		f->is = diff_text(h, c, v->values[column], &f->is_len, &f->is_role);
	int cells = (int)text_width(show_title(c), strlen(show_title(c)));
	if (cells > d->label)
		d->label = cells;
}

static bool diff_changed(const struct version *v, int column)
{
	for (int i = 0; i < v->changed_count; i++)
		if (v->changed[i] == column)
			return true;
	return false;
}

static void diff_fields(struct history *h, const struct event *e)
{
	const struct version *v = e->version;
	const struct entity *entity = &history_model(h)->entities[v->entity];
	struct diff *d = &h->diff;
	d->was = e->kind == EVENT_END || v->previous;
	d->is = e->kind == EVENT_BEGIN;
	d->fields = arena_zero(&h->detail_arena, (size_t)entity->column_count, sizeof(*d->fields));
	for (int i = 0; i < entity->column_count; i++) {
		bool changed = diff_changed(v, i);
		if (entity->columns[i].hidden || v->values[i].kind == VALUE_UNKNOWN)
			continue;
		if (changed || !event_compares(e) || h->unchanged)
			diff_add(h, e, i, changed);
	}
}

static void diff_title(struct history *h, const struct event *e, struct buffer *out)
{
	char from[FIGURES_SIZE], to[FIGURES_SIZE];
	struct event_words w = history_words(h);
	struct buffer subject = {0};
	event_subject(&subject, &w, e);
	if (e->kind == EVENT_OLDER)
		buffer_text_add(out, _("Older versions"));
	else if (e->kind == EVENT_GAP)
		buffer_format(out, _("A gap in %s"), buffer_text(&subject));
	else if (e->version->valid_to == TIME_OPEN)
		buffer_format(out, _("%s, version %lld, since %s"), buffer_text(&subject),
			      (long long)e->version->version, figures_minute(e->version->valid_from, w.zone, from));
	else
		buffer_format(out, _("%s, version %lld, from %s to %s"), buffer_text(&subject),
			      (long long)e->version->version, figures_minute(e->version->valid_from, w.zone, from),
			      figures_minute(e->version->valid_to, w.zone, to));
	buffer_done(&subject);
}

void history_diff_make(struct history *h, const struct event *e)
{
	struct buffer text = {0};
	struct diff *d = &h->diff;
	int top = d->top;
	*d = (struct diff){.top = top};
	if (!e)
		return;
	diff_title(h, e, &text);
	d->title = arena_copy(&h->detail_arena, buffer_text(&text), text.len);
	buffer_clear(&text);
	struct event_words w = history_words(h);
	event_origin(&text, &w, e);
	event_reason(&text, e);
	d->origin = arena_copy(&h->detail_arena, buffer_text(&text), text.len);
	d->origin_role =
		event_news(e) && e->kind == EVENT_BEGIN && e->version->origin != ORIGIN_RESYNC ? ROLE_TEXT : ROLE_WARN;
	buffer_done(&text);
	if (e->version)
		diff_fields(h, e);
}

/* ---- painting ---- */

struct diff_look {
	int label, was, is; /* cells; 0: no such column */
	bool words;
};

static struct diff_look diff_look(const struct history *h, int width)
{
	const struct diff *d = &h->diff;
	struct diff_look l = {.words = h->base.session->accessible};
	l.label = d->label < width / 3 ? d->label : width / 3;
	int room = width - 2 - l.label - DIFF_GAP;
	if (d->was && d->is) {
		l.was = (room - DIFF_GAP) / 2;
		l.is = room - DIFF_GAP - l.was;
	} else {
		l.was = d->was ? room : 0;
		l.is = d->is ? room : 0;
	}
	return l;
}

static void diff_sentence(const struct diff_field *f, struct buffer *out)
{
	if (f->was && f->is && f->changed)
		buffer_format(out, _("%s: %s became %s"), f->label, f->was, f->is);
	else if (f->was && f->is)
		buffer_format(out, _("%s: %s (unchanged)"), f->label, f->is);
	else
		buffer_format(out, _("%s: %s"), f->label, f->is ? f->is : f->was);
}

static int diff_wrapped(const char *s, size_t n, int w)
{
	const char *piece;
	size_t length;
	int lines = 0;
	while (s && w > 0 && draw_wrap(&s, &n, w, &piece, &length))
		lines++;
	return lines ? lines : 1;
}

static int diff_field_lines(const struct diff_field *f, const struct diff_look *l, int width)
{
	if (l->words) {
		struct buffer text = {0};
		diff_sentence(f, &text);
		int lines = diff_wrapped(text.data, text.len, width - 2);
		buffer_done(&text);
		return lines;
	}
	int was = diff_wrapped(f->was, f->was_len, l->was), is = diff_wrapped(f->is, f->is_len, l->is);
	return was > is ? was : is;
}

/* The row above the columns, where there are two. */
static bool diff_headed(const struct diff *d, const struct diff_look *l)
{
	return d->was && d->is && d->count && !l->words;
}

static void diff_column(struct area area, int line, const char *s, size_t n, enum role role)
{
	const char *piece;
	size_t length;
	for (; s && area.w > 0 && draw_wrap(&s, &n, area.w, &piece, &length); line++)
		if (line >= 0 && line < area.h)
			draw_text(area.y + line, area.x, area.w, role, piece, length);
}

static void diff_field_draw(const struct diff_field *f, const struct diff_look *l, struct area area, int line)
{
	struct area part = area;
	part.x++, part.w -= 2;
	if (l->words) {
		struct buffer text = {0};
		diff_sentence(f, &text);
		diff_column(part, line, text.data, text.len, f->changed ? ROLE_CHANGED : ROLE_TEXT);
		buffer_done(&text);
		return;
	}
	if (line >= 0 && line < area.h)
		draw_text(area.y + line, part.x, l->label, ROLE_LABEL, f->label, strlen(f->label));
	part.x += l->label + DIFF_GAP;
	part.w = l->was;
	diff_column(part, line, f->was, f->was_len, l->is ? ROLE_OLD : f->was_role);
	part.x += l->was ? l->was + DIFF_GAP : 0;
	part.w = l->is;
	diff_column(part, line, f->is, f->is_len, f->changed && l->was ? ROLE_CHANGED : f->was ? ROLE_DIM : f->is_role);
}

static void diff_headings(const struct diff_look *l, struct area area)
{
	const char *was = _("was"), *is = _("is");
	int x = area.x + 1 + l->label + DIFF_GAP;
	draw_text(area.y, x, l->was, ROLE_HEADING, was, strlen(was));
	draw_text(area.y, x + l->was + DIFF_GAP, l->is, ROLE_HEADING, is, strlen(is));
}

static void diff_body(struct diff *d, const struct diff_look *l, struct area area)
{
	d->total = 0;
	for (int i = 0; i < d->count; i++)
		d->total += diff_field_lines(&d->fields[i], l, area.w);
	if (d->total > area.h && area.h > 1)
		area.h--;
	d->shown = area.h;
	if (d->top > d->total - area.h)
		d->top = d->total - area.h;
	if (d->top < 0)
		d->top = 0;
	for (int i = 0, line = -d->top; i < d->count; i++) {
		diff_field_draw(&d->fields[i], l, area, line);
		line += diff_field_lines(&d->fields[i], l, area.w);
	}
	if (d->total > area.h)
		show_more(area.y + area.h, area.x + 1, area.w - 1, d->top, d->total - d->top - area.h);
}

/* Wrapped; the area is what is left below. */
static void diff_paragraph(struct area *area, enum role role, const char *text)
{
	struct area part = {area->y, area->x + 1, area->h, area->w - 2};
	int lines = diff_wrapped(text, strlen(text), part.w);
	diff_column(part, 0, text, strlen(text), role);
	area->y += lines;
	area->h -= lines;
}

void history_diff_draw(struct history *h, struct area area)
{
	struct diff *d = &h->diff;
	struct diff_look l = diff_look(h, area.w);
	if (area.h < 2 || !d->title)
		return;
	diff_paragraph(&area, ROLE_TITLE, d->title);
	diff_paragraph(&area, d->origin_role, d->origin);
	if (diff_headed(d, &l) && area.h > 1) {
		diff_headings(&l, area);
		area.y++, area.h--;
	}
	if (area.h > 0)
		diff_body(d, &l, area);
}

bool history_diff_scroll(struct diff *d, enum action a)
{
	int page = d->shown > 1 ? d->shown - 1 : 1;
	switch (a) {
	case ACTION_UP:
		d->top--;
		break;
	case ACTION_DOWN:
		d->top++;
		break;
	case ACTION_PAGE_UP:
		d->top -= page;
		break;
	case ACTION_PAGE_DOWN:
		d->top += page;
		break;
	case ACTION_FIRST:
		d->top = 0;
		break;
	case ACTION_LAST:
		d->top = d->total;
		break;
	default:
		return false;
	}
	if (d->top > d->total - d->shown)
		d->top = d->total - d->shown;
	if (d->top < 0)
		d->top = 0;
	return true;
}
