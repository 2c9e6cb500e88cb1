#include "config.h"

#include "ui/panes/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/kit/figures.h"
#include "ui/panes/show.h"

/* ---- the time line ---- */

struct events_sort {
	struct event event;
	int place; /* order among equal times: that of the answer */
};

static int events_compare(const void *left, const void *right)
{
	const struct events_sort *a = left, *b = right;
	if (a->event.at != b->event.at)
		return a->event.at < b->event.at ? 1 : -1;
	return (a->place > b->place) - (a->place < b->place);
}

static bool events_inside(const struct events_request *r, int64_t at)
{
	return at > r->history->reach && (r->from == TIME_NONE || at >= r->from) && (r->to == TIME_NONE || at < r->to);
}

static bool events_named(const struct events_request *r, const struct version *v)
{
	if (!r->fields)
		return true;
	for (int i = 0; i < v->changed_count; i++)
		if (r->fields->on[v->entity * r->fields->width + v->changed[i]])
			return true;
	return false;
}

static bool events_gap(const struct events_request *r, const struct gap *g)
{
	if (g->to <= r->history->reach || (r->from != TIME_NONE && g->to <= r->from) ||
	    (r->to != TIME_NONE && g->from >= r->to))
		return false;
	return r->entity < 0 || !g->entity || strcmp(g->entity, r->model->entities[r->entity].name) == 0;
}

/* A gap that goes on past the end of the period stands at that end. */
static int64_t events_gap_at(const struct events_request *r, const struct gap *g)
{
	return r->to != TIME_NONE && g->to > r->to ? r->to : g->to;
}

static size_t events_gather(const struct events_request *r, struct events_sort *all)
{
	const struct history_answer *h = r->history;
	size_t count = 0;
	for (int i = 0; i < h->count; i++) {
		const struct version *v = &h->versions[i];
		if (events_inside(r, v->valid_to) && !r->fields && version_went(h, v))
			all[count++] = (struct events_sort){{EVENT_END, v->valid_to, v, NULL}, i * 2};
		if (events_inside(r, v->valid_from) && events_named(r, v))
			all[count++] = (struct events_sort){{EVENT_BEGIN, v->valid_from, v, NULL}, i * 2 + 1};
	}
	for (int i = 0; i < h->gap_count; i++)
		if (events_gap(r, &h->gaps[i]))
			all[count++] = (struct events_sort){
				{EVENT_GAP, events_gap_at(r, &h->gaps[i]), NULL, &h->gaps[i]}, -1 - i};
	return count;
}

size_t events_make(struct arena *a, const struct events_request *r, const struct event **out)
{
	const struct history_answer *h = r->history;
	size_t most = (size_t)h->count * 2 + (size_t)h->gap_count + 1;
	struct events_sort *all = memory_zero(most, sizeof(*all));
	size_t count = events_gather(r, all);
	qsort(all, count, sizeof(*all), events_compare);
	struct event *events = arena_zero(a, most, sizeof(*events));
	for (size_t i = 0; i < count; i++)
		events[i] = all[i].event;
	free(all);
	if (h->reach != TIME_NONE && (r->from == TIME_NONE || h->reach >= r->from))
		events[count++] = (struct event){EVENT_OLDER, h->reach, NULL, NULL};
	*out = events;
	return count;
}

/* ---- what each is ---- */

bool event_news(const struct event *e)
{
	return e->kind == EVENT_END || (e->kind == EVENT_BEGIN && e->version->origin != ORIGIN_SNAPSHOT);
}

bool event_compares(const struct event *e)
{
	return e->kind == EVENT_BEGIN && e->version->previous && e->version->changed_count;
}

int64_t event_moment(const struct event *e)
{
	switch (e->kind) {
	case EVENT_BEGIN:
		return e->version->valid_from;
	case EVENT_END:
		return e->version->valid_to - 1;
	case EVENT_GAP:
		return e->gap->from;
	case EVENT_OLDER:
		break;
	}
	return TIME_NONE;
}

void event_subject(struct buffer *out, const struct event_words *w, const struct event *e)
{
	if (e->kind == EVENT_OLDER)
		return;
	if (e->kind == EVENT_GAP) {
		buffer_text_add(out, e->gap->entity ? e->gap->entity : _("all tables"));
		return;
	}
	const struct entity *entity = &w->model->entities[e->version->entity];
	buffer_text_add(out, entity->name);
	if (entity->kind != ENTITY_CUSTOMER)
		buffer_format(out, " %s", e->version->key);
}

static const char *event_end_word(const struct version *v)
{
	return v->moved_to                   ? _("moved away")
	       : v->ended_by == END_TRUNCATE ? _("table emptied")
	       : v->ended_by == END_RESYNC   ? _("found gone")
					     : _("deleted");
}

const char *event_word(const struct event *e)
{
	if (e->kind == EVENT_GAP)
		return _("gap");
	if (e->kind == EVENT_OLDER)
		return _("older");
	if (e->kind == EVENT_END)
		return event_end_word(e->version);
	switch (e->version->origin) {
	case ORIGIN_SNAPSHOT:
		return _("first copied");
	case ORIGIN_INSERT:
		return e->version->version > 1 ? _("added again") : _("added");
	case ORIGIN_UPDATE:
		return e->version->moved_from ? _("moved here") : _("changed");
	case ORIGIN_KEY_CHANGE:
		return _("new key");
	case ORIGIN_RESYNC:
		return _("found so");
	case ORIGIN_CASCADE:
		return _("cascade");
	case ORIGIN_REPAIR:
		return _("repaired");
	}
	return "";
}

static void event_end_origin(struct buffer *out, const struct version *v)
{
	if (v->moved_to)
		buffer_format(out, _("It went to %s."), v->moved_to);
	else if (v->ended_by == END_TRUNCATE)
		buffer_text_add(out, _("The whole table was emptied. This is how the row was last."));
	else if (v->ended_by == END_RESYNC)
		buffer_text_add(out, _("It was found gone when the copy was reconciled: when it went is not known."));
	else
		buffer_text_add(out, _("It was deleted. This is how it was last."));
}

static void event_begin_origin(struct buffer *out, const struct version *v)
{
	if (v->moved_from) {
		buffer_format(out, v->origin == ORIGIN_KEY_CHANGE ? _("Its key was %s before.") : _("It came from %s."),
			      v->moved_from);
		return;
	}
	static const char *const sentences[] = {
		[ORIGIN_SNAPSHOT] = N_("First copied: what it was before is not known."),
		[ORIGIN_INSERT] = N_("Added by the bank."),
		[ORIGIN_UPDATE] = N_("Changed by the bank."),
		[ORIGIN_KEY_CHANGE] = N_("It was given another key."),
		[ORIGIN_RESYNC] = N_("Found so when the copy was reconciled: when it changed is not known."),
		[ORIGIN_CASCADE] = N_("Changed by the bank together with the row it refers to."),
		[ORIGIN_REPAIR] = N_("Put right by a check against the source."),
	};
	buffer_text_add(out, _(sentences[v->origin]));
}

/* Who did it, where the bank writes that down; a deletion leaves nobody's name. */
static void event_by(struct buffer *out, const struct event_words *w, const struct event *e)
{
	const struct entity *entity = &w->model->entities[e->version->entity];
	int by = entity->changed_by;
	struct buffer who = {0};
	if (e->kind != EVENT_BEGIN || by < 0 || e->version->values[by].kind <= VALUE_NULL)
		return;
	show_value(&who, &entity->columns[by], e->version->values[by], w->zone);
	buffer_char(out, ' ');
	buffer_format(out, _("By %s."), buffer_text(&who));
	buffer_done(&who);
}

void event_origin(struct buffer *out, const struct event_words *w, const struct event *e)
{
	char from[FIGURES_SIZE], to[FIGURES_SIZE];
	if (e->kind == EVENT_GAP)
		buffer_format(out, _("Changes between %s and %s may be missing."),
			      figures_minute(e->gap->from, w->zone, from), figures_minute(e->gap->to, w->zone, to));
	else if (e->kind == EVENT_OLDER)
		buffer_format(out, _("What happened until %s is not shown yet."), figures_minute(e->at, w->zone, to));
	else if (e->kind == EVENT_END)
		event_end_origin(out, e->version);
	else
		event_begin_origin(out, e->version);
	if (e->version)
		event_by(out, w, e);
}

void event_reason(struct buffer *out, const struct event *e)
{
	if (e->kind != EVENT_GAP || !e->gap->reason)
		return;
	buffer_text_add(out, " (");
	language_sentence(out, e->gap->reason);
	buffer_char(out, ')');
}

/* ---- what changed ---- */

static const struct column *event_column(const struct model *m, const struct event *e, int column)
{
	return &m->entities[e->version->entity].columns[column];
}

void event_was(struct buffer *out, const struct event_words *w, const struct event *e, int column)
{
	if (e->version->previous)
		show_value(out, event_column(w->model, e, column), e->version->previous[column], w->zone);
}

void event_is(struct buffer *out, const struct event_words *w, const struct event *e, int column)
{
	show_value(out, event_column(w->model, e, column), e->version->values[column], w->zone);
}

static bool event_tells(const struct event_words *w, const struct event *e, int column)
{
	return !event_column(w->model, e, column)->hidden &&
	       (!w->only || w->only->on[e->version->entity * w->only->width + column]);
}

static void event_changes(struct buffer *out, const struct event_words *w, const struct event *e)
{
	struct buffer was = {0}, is = {0};
	const struct version *v = e->version;
	bool any = false;
	for (int i = 0; i < v->changed_count; i++) {
		if (!event_tells(w, e, v->changed[i]))
			continue;
		const char *title = show_title(event_column(w->model, e, v->changed[i]));
		buffer_clear(&was);
		buffer_clear(&is);
		event_was(&was, w, e, v->changed[i]);
		event_is(&is, w, e, v->changed[i]);
		buffer_text_add(out, any ? ", " : "");
		if (was.len)
			buffer_format(out, w->aloud ? _("%s: %s became %s") : "%s %s -> %s", title, buffer_text(&was),
				      buffer_text(&is));
		else
			buffer_format(out, "%s %s", title, buffer_text(&is));
		any = true;
	}
	buffer_done(&was);
	buffer_done(&is);
}

/* What a row is: its first columns, beside the key and the CIF that are known already. */
static void event_row(struct buffer *out, const struct event_words *w, const struct event *e)
{
	const struct entity *entity = &w->model->entities[e->version->entity];
	int shown = 0;
	for (int i = 0; i < entity->column_count && shown < 3; i++) {
		const struct column *c = &entity->columns[i];
		if (c->hidden || c->key >= 0 || i == entity->cif || e->version->values[i].kind <= VALUE_NULL)
			continue;
		if (shown++)
			buffer_text_add(out, ", ");
		show_value(out, c, e->version->values[i], w->zone);
	}
}

static void event_moved(struct buffer *out, const struct version *v)
{
	if (v->moved_from) {
		buffer_format(out, _("from %s"), v->moved_from);
		buffer_char(out, ' ');
	}
}

void event_what(struct buffer *out, const struct event_words *w, const struct event *e)
{
	if (e->kind == EVENT_GAP || e->kind == EVENT_OLDER) {
		event_origin(out, w, e);
		event_reason(out, e);
		return;
	}
	const struct version *v = e->version;
	if (e->kind == EVENT_END) {
		if (v->moved_to)
			buffer_format(out, _("to %s"), v->moved_to);
		else
			event_row(out, w, e);
		return;
	}
	event_moved(out, v);
	if (v->changed_count)
		event_changes(out, w, e);
	else
		event_row(out, w, e);
}

void event_sentence(struct buffer *out, const struct event_words *w, const struct event *e, int column)
{
	char when[FIGURES_SIZE];
	struct event_words aloud = {w->model, w->zone, true, w->only};
	struct buffer subject = {0}, was = {0}, is = {0};
	event_subject(&subject, w, e);
	figures_minute(e->at, w->zone, when);
	if (column >= 0 && e->version->previous) {
		event_was(&was, w, e, column);
		event_is(&is, w, e, column);
		buffer_format(out, _("%s, %s, %s: %s became %s"), when, buffer_text(&subject),
			      show_title(event_column(w->model, e, column)), buffer_text(&was), buffer_text(&is));
	} else {
		event_what(&is, &aloud, e);
		buffer_format(out, is.len ? _("%s, %s, %s: %s") : _("%s, %s, %s"), when, buffer_text(&subject),
			      event_word(e), buffer_text(&is));
	}
	buffer_done(&subject);
	buffer_done(&was);
	buffer_done(&is);
}

/* ---- for programs ---- */

const char *event_word_plain(const struct event *e)
{
	switch (e->kind) {
	case EVENT_GAP:
		return "gap";
	case EVENT_OLDER:
		return "older";
	case EVENT_END:
		return end_word(e->version->ended_by);
	case EVENT_BEGIN:
		break;
	}
	return origin_word(e->version->origin);
}

static void event_plain(struct buffer *out, const struct column *c, struct value v)
{
	if (v.kind > VALUE_NULL && value_misfit(c, v))
		buffer_add(out, v.text, v.len);
	else if (v.kind > VALUE_NULL)
		value_print(out, c, v);
}

void event_what_plain(struct buffer *out, const struct model *m, const struct event *e)
{
	const struct version *v = e->version;
	if (!v) {
		if (e->gap)
			buffer_text_add(out, e->gap->reason ? e->gap->reason : "");
		return;
	}
	for (int i = 0; i < v->changed_count && e->kind == EVENT_BEGIN; i++) {
		const struct column *c = event_column(m, e, v->changed[i]);
		buffer_format(out, "%s%s: ", i ? "; " : "", c->name);
		if (v->previous)
			event_plain(out, c, v->previous[v->changed[i]]);
		buffer_text_add(out, " -> ");
		event_plain(out, c, v->values[v->changed[i]]);
	}
}

void event_key(struct buffer *out, const struct event *e)
{
	if (e->kind == EVENT_GAP)
		buffer_format(out, "gap %lld", (long long)e->gap->from);
	else if (e->kind == EVENT_OLDER)
		buffer_text_add(out, "older");
	else
		buffer_format(out, "%d %d %lld %s", (int)e->kind, e->version->entity, (long long)e->version->version,
			      e->version->key);
}
