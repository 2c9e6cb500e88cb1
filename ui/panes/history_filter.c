/* Which part of the time line is shown. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/kit/figures.h"
#include "ui/panes/history.h"
#include "ui/panes/show.h"
#include "ui/session.h"

enum { FILTER_WORDS = 8 /* of a period */, FILTER_LISTED = 400 /* bytes of field names in a hint */ };

void history_filter_clear(struct history_filter *f)
{
	free(f->on);
	*f = (struct history_filter){.entity = -1, .from = TIME_NONE, .to = TIME_NONE};
}

bool history_filter_any(const struct history_filter *f)
{
	return f->entity >= 0 || f->field[0] || f->from != TIME_NONE || f->to != TIME_NONE;
}

/* All, then each kind that belongs to a customer, and around. */
void history_filter_next_entity(struct history *h)
{
	const struct model *m = history_model(h);
	struct history_filter *f = &h->filter;
	do
		f->entity = f->entity + 1 >= m->entity_count ? -1 : f->entity + 1;
	while (f->entity >= 0 && m->entities[f->entity].kind == ENTITY_STORE);
}

/* ---- fields ---- */

static bool filter_begins(const char *name, const char *folded)
{
	struct buffer text = {0};
	text_fold(&text, name, strlen(name));
	bool begins = strncmp(buffer_text(&text), folded, strlen(folded)) == 0;
	buffer_done(&text);
	return begins;
}

static int filter_width(const struct model *m)
{
	int width = 0;
	for (int e = 0; e < m->entity_count; e++)
		if (m->entities[e].column_count > width)
			width = m->entities[e].column_count;
	return width;
}

static bool filter_own(const struct entity *e, int column)
{
	return e->kind != ENTITY_STORE && !e->columns[column].hidden;
}

/* Marks every field whose name or title begins with the text; returns how many do. */
static int filter_match(const struct model *m, const char *folded, bool *on)
{
	int width = filter_width(m), count = 0;
	for (int e = 0; e < m->entity_count; e++)
		for (int c = 0; c < m->entities[e].column_count; c++) {
			const struct column *column = &m->entities[e].columns[c];
			bool match = filter_own(&m->entities[e], c) &&
				     (filter_begins(column->name, folded) || filter_begins(show_title(column), folded));
			on[e * width + c] = match;
			count += match;
		}
	return count;
}

static bool filter_unknown(const struct model *m, const char *text, struct error *err)
{
	struct buffer names = {0};
	for (int e = 0; e < m->entity_count; e++)
		for (int c = 0; c < m->entities[e].column_count && names.len < FILTER_LISTED; c++)
			if (filter_own(&m->entities[e], c) && m->entities[e].columns[c].key < 0)
				buffer_format(&names, "%s%s", names.len ? ", " : "", m->entities[e].columns[c].title);
	error_set(err, ERROR_USAGE, "no field begins with \"%s\"", text);
	error_hint(err, "there are %s", buffer_text(&names));
	buffer_done(&names);
	return false;
}

bool history_filter_field(struct history *h, const char *text, struct error *err)
{
	const struct model *m = history_model(h);
	struct history_filter *f = &h->filter;
	struct buffer folded = {0};
	bool *on = memory_zero((size_t)m->entity_count * (size_t)filter_width(m), sizeof(*on));
	text_fold(&folded, text, strlen(text));
	int count = folded.len ? filter_match(m, folded.data, on) : 0;
	bool some = text[strspn(text, " ")] != 0;
	buffer_done(&folded);
	if (some && count == 0) {
		free(on);
		return filter_unknown(m, text, err);
	}
	free(f->on);
	f->on = some ? on : NULL;
	f->fields = (struct event_fields){f->on, filter_width(m)};
	if (!some)
		free(on);
	snprintf(f->field, sizeof(f->field), "%s", some ? text : "");
	return true;
}

/* "Status", or "Phone, Postcode": what the text named. */
static void filter_fields(const struct history *h, struct buffer *out)
{
	const struct model *m = history_model(h);
	int width = filter_width(m);
	bool any = false;
	for (int e = 0; e < m->entity_count; e++)
		for (int c = 0; c < m->entities[e].column_count; c++)
			if (h->filter.on[e * width + c]) {
				buffer_format(out, "%s%s", any ? ", " : "", m->entities[e].columns[c].title);
				any = true;
			}
}

/* ---- periods ---- */

struct filter_words {
	char text[FILTER_WORDS][40];
	int count;
};

static bool filter_split(const char *text, struct filter_words *w)
{
	int used = 0;
	for (w->count = 0; w->count < FILTER_WORDS && sscanf(text, "%39s%n", w->text[w->count], &used) == 1; w->count++)
		text += used;
	return text[strspn(text, " ")] == 0;
}

static void filter_join(const struct filter_words *w, int from, int to, struct buffer *out)
{
	buffer_clear(out);
	for (int i = from; i < to; i++)
		buffer_format(out, "%s%s", i > from ? " " : "", w->text[i]);
}

static bool filter_moment(const struct history *h, const struct filter_words *w, int from, int to, int64_t *out,
			  struct error *err)
{
	const struct session *s = h->base.session;
	struct buffer text = {0};
	filter_join(w, from, to, &text);
	bool good = moment_parse(buffer_text(&text), s->zone, age_source_now(&s->age, clock_now()),
				 from ? MOMENT_TO : MOMENT_FROM, out, err);
	buffer_done(&text);
	return good;
}

/* A time may be two words, so the words are parted in each way until both halves are times: a beginning
 * alone first. What is wrong is told of the parting that is meant most likely: a date a half. */
static bool filter_period(const struct history *h, const struct filter_words *w, int64_t *from, int64_t *to,
			  struct error *err)
{
	struct error none = {0};
	*to = TIME_NONE;
	if (filter_moment(h, w, 0, w->count, from, &none))
		return true;
	for (int part = 1; part < w->count; part++)
		if (filter_moment(h, w, 0, part, from, &none) && filter_moment(h, w, part, w->count, to, &none))
			return true;
	int part = w->count < 2 ? w->count : (w->count + 1) / 2;
	return filter_moment(h, w, 0, part, from, err) && filter_moment(h, w, part, w->count, to, err);
}

bool history_filter_period(struct history *h, const char *text, struct error *err)
{
	struct filter_words w;
	int64_t from = TIME_NONE, to = TIME_NONE;
	if (!filter_split(text, &w))
		return error_set(err, ERROR_USAGE, "could not read period \"%s\": it is longer than two times", text);
	if (w.count && !filter_period(h, &w, &from, &to, err))
		return false;
	if (to != TIME_NONE && to <= from)
		return error_set(err, ERROR_USAGE, "the period \"%s\" ends before it begins", text);
	h->filter.from = from;
	h->filter.to = to;
	return true;
}

/* ---- in words ---- */

static void filter_part(struct buffer *out)
{
	if (out->len)
		buffer_text_add(out, "; ");
}

void history_filter_words(const struct history *h, struct buffer *out)
{
	const struct history_filter *f = &h->filter;
	const struct zone *zone = h->base.session->zone;
	char from[FIGURES_SIZE], to[FIGURES_SIZE];
	if (f->entity >= 0)
		buffer_format(out, _("only %s"), history_model(h)->entities[f->entity].name);
	if (f->field[0]) {
		struct buffer fields = {0};
		filter_part(out);
		filter_fields(h, &fields);
		buffer_format(out, _("only changes of %s"), buffer_text(&fields));
		buffer_done(&fields);
	}
	if (f->from != TIME_NONE || f->to != TIME_NONE)
		filter_part(out);
	if (f->from != TIME_NONE && f->to != TIME_NONE)
		buffer_format(out, _("from %s to %s"), figures_minute(f->from, zone, from),
			      figures_minute(f->to, zone, to));
	else if (f->from != TIME_NONE)
		buffer_format(out, _("since %s"), figures_minute(f->from, zone, from));
}
