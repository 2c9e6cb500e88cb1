/* history: the versions of one customer's rows.
 *
 * For people it is a time line, newest first: a line for each changed column,
 * one for a row that came, one for a row that went, one for each gap. A row that
 * goes has no version of its own, it is the end of its last one; so the time line
 * is made of beginnings and ends and sorted anew.
 */
#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/csv.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"
#include "command/ask.h"
#include "model/model.h"
#include "replica/query.h"

/* ---- text: the time line ---- */

struct history_event {
	int64_t at;
	int version; /* index; -1: a gap */
	int gap;
	bool end; /* the row went, at the end of that version */
};

/* Newest first. At one instant the versions keep their order, and an end stands just above its own beginning. */
static int history_compare(const void *a, const void *b)
{
	const struct history_event *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? 1 : -1;
	if (x->version != y->version)
		return x->version < y->version ? -1 : 1;
	if (x->end != y->end)
		return x->end ? -1 : 1;
	return x->gap - y->gap;
}

static struct history_event *history_events(const struct history_answer *h, int64_t from, int64_t to, size_t *count)
{
	struct history_event *all = memory_zero(2 * (size_t)h->count + (size_t)h->gap_count + 1, sizeof *all);
	size_t n = 0;
	for (int i = 0; i < h->gap_count; i++)
		all[n++] = (struct history_event){.at = h->gaps[i].to, .version = -1, .gap = i};
	for (int i = 0; i < h->count; i++) {
		const struct version *v = &h->versions[i];
		bool inside = (from == TIME_NONE || v->valid_from >= from) && (to == TIME_NONE || v->valid_from < to);
		if (inside)
			all[n++] = (struct history_event){.at = v->valid_from, .version = i};
		inside = (from == TIME_NONE || v->valid_to >= from) && (to == TIME_NONE || v->valid_to < to);
		if (inside && v->valid_to != TIME_OPEN && version_went(h, v))
			all[n++] = (struct history_event){.at = v->valid_to, .version = i, .end = true};
	}
	qsort(all, n, sizeof *all, history_compare);
	*count = n;
	return all;
}

static void history_line(const struct ask *a, struct sheet *t, int64_t at, const struct version *v, const char *column,
			 const char *what, size_t n)
{
	char text[MOMENT_SIZE];
	sheet_text(t, ask_second(at, a->zone, text));
	sheet_text(t, a->model->entities[v->entity].name);
	sheet_text(t, v->key);
	sheet_text(t, column);
	sheet_bytes(t, what, n);
}

static void history_came(const struct ask *a, struct sheet *t, const struct version *v, struct buffer *b)
{
	static const char *const words[] = {
		[ORIGIN_SNAPSHOT] = "found by the first copy", [ORIGIN_INSERT] = "new",
		[ORIGIN_UPDATE] = "first seen by an update",   [ORIGIN_KEY_CHANGE] = "came under this key",
		[ORIGIN_RESYNC] = "found by a resync",         [ORIGIN_CASCADE] = "came by a cascade",
		[ORIGIN_REPAIR] = "put in by a repair",
	};
	const struct entity *e = &a->model->entities[v->entity];
	buffer_text_add(b, words[v->origin]);
	if (v->moved_from)
		buffer_format(b, ", before %s", v->moved_from);
	bool any = false;
	for (int i = 0; i < e->column_count && !v->previous; i++) {
		const struct column *c = &e->columns[i];
		if (c->hidden || c->key >= 0 || i == e->cif || v->values[i].kind <= VALUE_NULL ||
		    !query_column_present(a->query, v->entity, i))
			continue;
		buffer_format(b, "%s%s ", any ? ", " : ": ", c->name);
		answer_text_value(b, c, v->values[i], a->zone, a->ascii);
		any = true;
	}
	history_line(a, t, v->valid_from, v, "", buffer_text(b), b->len);
}

static void history_began(const struct ask *a, struct sheet *t, const struct version *v, struct buffer *b)
{
	const struct entity *e = &a->model->entities[v->entity];
	/* When a difference was found is not when the bank made it. */
	bool late = v->origin == ORIGIN_RESYNC || v->origin == ORIGIN_REPAIR;
	if (!v->previous || v->moved_from || !v->changed_count || late) {
		history_came(a, t, v, b);
		if (!v->previous)
			return;
	}
	for (int i = 0; i < v->changed_count; i++) {
		const struct column *c = &e->columns[v->changed[i]];
		if (c->hidden)
			continue;
		buffer_clear(b);
		answer_text_value(b, c, v->previous[v->changed[i]], a->zone, a->ascii);
		buffer_text_add(b, " -> ");
		answer_text_value(b, c, v->values[v->changed[i]], a->zone, a->ascii);
		history_line(a, t, v->valid_from, v, c->name, buffer_text(b), b->len);
	}
}

static void history_event_text(const struct ask *a, const struct history_answer *h, const struct history_event *e,
			       struct sheet *t)
{
	char text[MOMENT_SIZE];
	struct buffer b = {0};
	if (e->version < 0) {
		const struct gap *g = &h->gaps[e->gap];
		sheet_text(t, ask_second(g->to, a->zone, text));
		sheet_text(t, g->entity ? g->entity : "(all)");
		sheet_text(t, "");
		sheet_text(t, "GAP");
		buffer_format(&b, "changes since %s may be missing: %s", ask_second(g->from, a->zone, text),
			      g->reason ? g->reason : "unknown");
		sheet_bytes(t, buffer_text(&b), b.len);
	} else if (e->end) {
		const struct version *v = &h->versions[e->version];
		if (v->moved_to)
			buffer_format(&b, "gone to %s", v->moved_to);
		else
			buffer_format(&b, "gone (%s)", end_word(v->ended_by));
		history_line(a, t, v->valid_to, v, "", buffer_text(&b), b.len);
	} else {
		history_began(a, t, &h->versions[e->version], &b);
	}
	buffer_done(&b);
}

static void history_text(const struct ask *a, const struct history_answer *h, int64_t from, int64_t to)
{
	struct buffer b = {0};
	char number[ANSWER_TEXT_NUMBER];
	size_t count;
	answer_text_add(&b, h->cif, a->ascii);
	printf("History of CIF %s: %s version%s\n", buffer_text(&b), answer_text_number(h->count, number),
	       h->count == 1 ? "" : "s");
	buffer_done(&b);
	ask_print_age(a, &h->base.freshness);
	struct history_event *events = history_events(h, from, to, &count);
	struct sheet t;
	sheet_init(&t, a->ascii);
	for (int i = 0; i < 5; i++)
		sheet_column(&t, "", SHEET_LEFT);
	for (size_t i = 0; i < count; i++)
		history_event_text(a, h, &events[i], &t);
	if (sheet_rows(&t)) {
		t.headed = true; /* a time line needs no head */
		printf("\n");
		sheet_print(&t, stdout, 0);
	}
	sheet_done(&t);
	free(events);
}

/* ---- the question ---- */

static void history_print(const struct ask *a, const struct history_answer *h, const struct history_request *r)
{
	if (a->format == ASK_JSON) {
		answer_history_json(stdout, a->query, h);
	} else if (a->format == ASK_CSV) {
		answer_history_csv(stdout, a->query, &(struct answer_form){.guard = a->guard}, h);
		ask_note_age(a, &h->base.freshness);
	} else if (!h->known)
		printf("No customer ever had this CIF here\n"), ask_print_age(a, &h->base.freshness);
	else
		history_text(a, h, r->from, r->to);
}

static bool history_request(const struct ask *a, const char *cif, struct history_request *r, struct error *err)
{
	*r = (struct history_request){.cif = cif, .entity = -1};
	if (!ask_check_cif(a, cif, err) || !ask_entity(a, &r->entity, err) ||
	    !ask_moment(a, "from", MOMENT_FROM, &r->from, err) || !ask_moment(a, "to", MOMENT_TO, &r->to, err))
		return false;
	return ask_check_range(r->from, r->to, err);
}

static int history_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	struct ask a;
	struct error err = {0};
	struct history_answer h = {0};
	struct history_request r;
	int status;
	if (!ask_check_moment(s, "from", &err) || !ask_check_moment(s, "to", &err) || !ask_open(&a, s, &err))
		return error_report(&err);
	if (history_request(&a, arguments[0], &r, &err) && query_history(a.query, &r, &h, &err)) {
		history_print(&a, &h, &r);
		status = ask_finish(&a, &h.base.freshness, h.known ? 0 : ERROR_NOT_FOUND);
	} else {
		status = error_report(&err);
	}
	answer_done(&h.base);
	ask_close(&a);
	return status;
}

const struct command command_history = {
	.name = "history",
	.synopsis = "history CIF [--entity ENTITY] [--from TIME] [--to TIME]",
	.about = N_("Show what changed of one customer and when, newest first"),
	.min_arguments = 1,
	.max_arguments = 1,
	.run = history_run,
};
