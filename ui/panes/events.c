#include "config.h"

#include "ui/panes/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/panes/show.h"

/* Versions come newest first: a successor stands before the one it follows. */
static bool events_followed(const struct history_answer *h, int at)
{
	const struct version *v = &h->versions[at];
	if (v->ended_by == END_UPDATE)
		return true;
	if (v->ended_by == END_DELETE || v->ended_by == END_TRUNCATE)
		return false;
	for (int i = 0; i < h->count; i++) {
		const struct version *next = &h->versions[i];
		if (next->entity == v->entity && next->version == v->version + 1 && next->valid_from == v->valid_to &&
		    strcmp(next->key, v->key) == 0)
			return true;
	}
	return false;
}

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

size_t events_make(struct arena *a, const struct history_answer *h, const struct event **out)
{
	size_t most = (size_t)h->count * 2 + (size_t)h->gap_count;
	struct events_sort *all = arena_zero(a, most ? most : 1, sizeof(*all));
	size_t count = 0;
	for (int i = 0; i < h->count; i++) {
		const struct version *v = &h->versions[i];
		if (!v->is_current && v->valid_to != TIME_OPEN && v->ended_by != END_OPEN && !events_followed(h, i))
			all[count++] = (struct events_sort){{EVENT_END, v->valid_to, v, NULL}, i * 2};
		all[count++] = (struct events_sort){{EVENT_BEGIN, v->valid_from, v, NULL}, i * 2 + 1};
	}
	for (int i = 0; i < h->gap_count; i++)
		all[count++] = (struct events_sort){{EVENT_GAP, h->gaps[i].to, NULL, &h->gaps[i]}, -1 - i};
	qsort(all, count, sizeof(*all), events_compare);
	struct event *events = arena_zero(a, count ? count : 1, sizeof(*events));
	for (size_t i = 0; i < count; i++)
		events[i] = all[i].event;
	*out = events;
	return count;
}

void event_subject(struct buffer *out, const struct model *m, const struct event *e)
{
	if (e->kind == EVENT_GAP) {
		buffer_text_add(out, e->gap->entity ? e->gap->entity : "all");
		return;
	}
	const struct entity *entity = &m->entities[e->version->entity];
	buffer_text_add(out, entity->name);
	if (entity->kind != ENTITY_CUSTOMER)
		buffer_format(out, " %s", e->version->key);
}

const char *event_word(const struct event *e)
{
	if (e->kind == EVENT_GAP)
		return "gap";
	if (e->kind == EVENT_END)
		return e->version->moved_to                   ? "moved away"
		       : e->version->ended_by == END_TRUNCATE ? "table emptied"
		       : e->version->ended_by == END_RESYNC   ? "found gone"
							      : "deleted";
	switch (e->version->origin) {
	case ORIGIN_SNAPSHOT:
		return "first copied";
	case ORIGIN_INSERT:
		return e->version->version > 1 ? "added again" : "added";
	case ORIGIN_UPDATE:
		return "changed";
	case ORIGIN_KEY_CHANGE:
		return "new key";
	case ORIGIN_RESYNC:
		return "found so";
	case ORIGIN_CASCADE:
		return "cascade";
	case ORIGIN_REPAIR:
		return "repaired";
	}
	return "";
}

static const struct column *event_column(const struct model *m, const struct event *e, int column)
{
	return &m->entities[e->version->entity].columns[column];
}

void event_change(struct buffer *was, struct buffer *is, const struct model *m, const struct event *e, int column,
		  const struct zone *zone)
{
	const struct column *c = event_column(m, e, column);
	if (e->version->previous)
		show_value(was, c, e->version->previous[column], zone);
	show_value(is, c, e->version->values[column], zone);
}

static void event_changes(struct buffer *out, const struct model *m, const struct event *e, const struct zone *zone)
{
	struct buffer was = {0}, is = {0};
	const struct version *v = e->version;
	for (int i = 0; i < v->changed_count; i++) {
		const struct column *c = event_column(m, e, v->changed[i]);
		if (c->hidden)
			continue;
		buffer_clear(&was);
		buffer_clear(&is);
		event_change(&was, &is, m, e, v->changed[i], zone);
		buffer_format(out, "%s%s ", out->len ? ", " : "", c->title);
		buffer_add(out, buffer_text(&was), was.len);
		if (was.len)
			buffer_text_add(out, " -> ");
		buffer_add(out, buffer_text(&is), is.len);
	}
	buffer_done(&was);
	buffer_done(&is);
}

/* What a new row is: its first columns, beside the key and the CIF that are known already. */
static void event_row(struct buffer *out, const struct model *m, const struct event *e, const struct zone *zone)
{
	const struct entity *entity = &m->entities[e->version->entity];
	int shown = 0;
	for (int i = 0; i < entity->column_count && shown < 3; i++) {
		const struct column *c = &entity->columns[i];
		if (c->hidden || c->key >= 0 || i == entity->cif || e->version->values[i].kind <= VALUE_NULL)
			continue;
		if (shown++)
			buffer_text_add(out, ", ");
		show_value(out, c, e->version->values[i], zone);
	}
}

void event_what(struct buffer *out, const struct model *m, const struct event *e, const struct zone *zone)
{
	if (e->kind == EVENT_GAP) {
		buffer_text_add(out, e->gap->reason ? e->gap->reason : "");
		return;
	}
	const struct version *v = e->version;
	if (e->kind == EVENT_END) {
		if (v->moved_to)
			buffer_format(out, "to %s", v->moved_to);
		else
			event_row(out, m, e, zone);
		return;
	}
	if (v->moved_from)
		buffer_format(out, "from %s ", v->moved_from);
	if (v->changed_count)
		event_changes(out, m, e, zone);
	else
		event_row(out, m, e, zone);
}

void event_key(struct buffer *out, const struct event *e)
{
	if (e->kind == EVENT_GAP)
		buffer_format(out, "gap %lld", (long long)e->gap->from);
	else
		buffer_format(out, "%d %d %lld %s", (int)e->kind, e->version->entity, (long long)e->version->version,
			      e->version->key);
}
