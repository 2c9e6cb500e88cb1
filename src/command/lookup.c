#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/csv.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "base/text.h"
#include "command/ask.h"
#include "model/model.h"
#include "replica/query.h"
#include "source/source.h"

/* ---- text ---- */

static bool lookup_shown(const struct ask *a, int entity, int column)
{
	return !a->model->entities[entity].columns[column].hidden && query_column_present(a->query, entity, column);
}

static bool lookup_misfit(const struct ask *a, int entity, const struct row *row)
{
	const struct entity *e = &a->model->entities[entity];
	for (int i = 0; i < e->column_count; i++)
		if (lookup_shown(a, entity, i) && value_misfit(&e->columns[i], row->values[i]))
			return true;
	return false;
}

static void lookup_cell(const struct ask *a, struct sheet *t, const struct column *c, struct value v)
{
	struct buffer b = {0};
	answer_text_value(&b, c, v, a->zone, a->ascii);
	sheet_bytes(t, buffer_text(&b), b.len);
	buffer_done(&b);
}

/* Name, CIF, how long a customer, the store: what a teller looks at first. */
static void lookup_head(const struct ask *a, const struct lookup_answer *l)
{
	const struct entity *e = &a->model->entities[a->model->customer];
	char text[MOMENT_SIZE];
	struct buffer b = {0};
	answer_text_add(&b, l->name && *l->name ? l->name : "(no name)", a->ascii);
	buffer_text_add(&b, "   CIF ");
	answer_text_add(&b, l->cif, a->ascii);
	buffer_char(&b, '\n');
	size_t line = b.len;
	if (l->since != TIME_NONE)
		buffer_format(&b, "since %.10s", ask_second(l->since, a->zone, text));
	if (e->store >= 0 && l->customer->values[e->store].kind > VALUE_NULL) {
		buffer_text_add(&b, b.len > line ? "   store " : "store ");
		answer_text_value(&b, &e->columns[e->store], l->customer->values[e->store], a->zone, a->ascii);
		if (l->store_name)
			buffer_char(&b, ' ');
		answer_text_add(&b, l->store_name, a->ascii);
	}
	printf("%s%s", buffer_text(&b), b.len > line ? "\n" : "");
	buffer_done(&b);
}

static void lookup_moment(const struct ask *a, const struct lookup_answer *l)
{
	char text[MOMENT_SIZE];
	if (l->as_of != TIME_NONE)
		printf("%s as of %s\n", l->current ? "Current," : "NOT CURRENT:", ask_second(l->as_of, a->zone, text));
	if (l->known == KNOWN_GAP)
		printf("Inside a gap: these are the values last known before it\n");
	else if (l->known == KNOWN_FUTURE)
		printf("That time is yet to come: these are the current values\n");
}

static void lookup_card(const struct ask *a, const struct lookup_answer *l)
{
	int entity = a->model->customer;
	const struct entity *e = &a->model->entities[entity];
	struct sheet t;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "", SHEET_LEFT);
	sheet_column(&t, "", SHEET_LEFT);
	for (int i = 0; i < e->column_count; i++) {
		if (!lookup_shown(a, entity, i))
			continue;
		sheet_text(&t, e->columns[i].title);
		lookup_cell(a, &t, &e->columns[i], l->customer->values[i]);
	}
	printf("\n");
	sheet_print(&t, stdout, 2);
	sheet_done(&t);
}

static bool lookup_incomplete(const struct freshness *f, int entity)
{
	for (int i = 0; i < f->incomplete_count; i++)
		if (f->incomplete[i] == entity)
			return true;
	return false;
}

/* Numbers stand right, so that amounts can be compared down a column. */
static enum sheet_side lookup_side(const struct column *c)
{
	return (c->type == COLUMN_INTEGER && !c->identifier) || c->type == COLUMN_DECIMAL ? SHEET_RIGHT : SHEET_LEFT;
}

static void lookup_detail(const struct ask *a, const struct lookup_answer *l, const struct entity_rows *rows)
{
	const struct entity *e = &a->model->entities[rows->entity];
	struct buffer title = {0};
	answer_text_add(&title, e->title, a->ascii);
	printf("\n%s (%d)%s\n", buffer_text(&title), rows->count,
	       lookup_incomplete(&l->base.freshness, rows->entity) ? ": not all copied yet" : "");
	buffer_done(&title);
	if (!rows->count)
		return;
	struct sheet t;
	sheet_init(&t, a->ascii);
	for (int i = 0; i < e->column_count; i++)
		if (lookup_shown(a, rows->entity, i) && i != e->cif)
			sheet_column(&t, e->columns[i].title, lookup_side(&e->columns[i]));
	for (int k = 0; t.column_count && k < rows->count; k++)
		for (int i = 0, n = 0; i < e->column_count && n < t.column_count; i++)
			if (lookup_shown(a, rows->entity, i) && i != e->cif)
				lookup_cell(a, &t, &e->columns[i], rows->rows[k].values[i]), n++;
	if (t.column_count)
		sheet_print(&t, stdout, 2);
	sheet_done(&t);
}

static void lookup_misfits(const struct ask *a, const struct lookup_answer *l)
{
	bool any = lookup_misfit(a, a->model->customer, l->customer);
	for (int i = 0; i < l->entity_count; i++)
		for (int k = 0; k < l->entities[i].count; k++)
			any = any || lookup_misfit(a, l->entities[i].entity, &l->entities[i].rows[k]);
	if (any)
		printf("\n(!) does not fit its column's type: shown as the bank gave it\n");
}

static void lookup_nobody(const struct ask *a, const struct lookup_answer *l)
{
	char text[MOMENT_SIZE];
	struct buffer cif = {0};
	answer_text_add(&cif, l->cif, a->ascii);
	if (l->candidate_count)
		printf("Several customers have CIF %s with other leading zeros:\n", buffer_text(&cif));
	else if (l->deleted_at != TIME_NONE)
		printf("CIF %s was deleted on %s\n", buffer_text(&cif), ask_second(l->deleted_at, a->zone, text));
	else if (l->known == KNOWN_SNAPSHOT)
		printf("CIF %s is not copied yet: it may exist\n", buffer_text(&cif));
	else if (l->known == KNOWN_BEFORE_SNAPSHOT)
		printf("CIF %s: nothing is known of %s, the replica began later\n", buffer_text(&cif),
		       ask_second(l->as_of, a->zone, text));
	else if (l->as_of != TIME_NONE)
		printf("No customer had CIF %s at %s\n", buffer_text(&cif), ask_second(l->as_of, a->zone, text));
	else
		printf("No customer has CIF %s\n", buffer_text(&cif));
	buffer_clear(&cif);
	for (int i = 0; i < l->candidate_count; i++) {
		buffer_text_add(&cif, "  ");
		answer_text_add(&cif, l->candidates[i], a->ascii);
		buffer_char(&cif, '\n');
	}
	fputs(buffer_text(&cif), stdout);
	buffer_done(&cif);
}

static void lookup_text(const struct ask *a, const struct lookup_answer *l)
{
	if (l->customer) {
		lookup_head(a, l);
		lookup_moment(a, l);
	} else {
		lookup_nobody(a, l);
	}
	ask_print_age(a, &l->base.freshness);
	if (l->customer) {
		lookup_card(a, l);
		for (int i = 0; i < l->entity_count; i++)
			lookup_detail(a, l, &l->entities[i]);
		lookup_misfits(a, l);
	}
}

/* ---- the question ---- */

/* Positions are compared as the source they come from compares them. */
static bool lookup_comparison(const struct ask *a, bool (**reached)(const char *, const char *), struct error *err)
{
	const char *url = settings_text(a->settings, "source");
	struct status_answer status = {0};
	bool ok = url || query_sources(a->query, &status, err);
	if (ok && !url && status.source_count)
		url = status.sources[0].url;
	if (ok && !url) {
		ok = error_set(err, ERROR_REPLICA, "could not wait: the replica does not name its source yet");
		error_hint(err, "tellerdesk ingest --source URL fills it");
	}
	const struct source_ops *ops = ok ? source_find(url, err) : NULL;
	if (ops)
		*reached = ops->reached;
	answer_done(&status.base);
	return ops != NULL;
}

/* False with ERROR_STALE when the time ran out: the answer is printed all the same. */
static bool lookup_wait(const struct ask *a, struct error *err)
{
	bool (*reached)(const char *, const char *) = NULL;
	const char *position = settings_text(a->settings, "wait");
	if (!position)
		return true;
	if (!lookup_comparison(a, &reached, err))
		return false;
	int64_t timeout =
		settings_given(a->settings, "timeout") ? settings_duration(a->settings, "timeout") : 10 * SECOND;
	if (query_wait(a->query, reached, position, timeout, err))
		return true;
	if (err->code == ERROR_NONE) {
		char text[MOMENT_SIZE];
		error_set(err, ERROR_STALE, "could not see position \"%s\" within %s", position,
			  duration_short(timeout, text));
		error_hint(err, "tellerdesk status says where the replica stands");
	}
	return false;
}

static void lookup_print(const struct ask *a, const struct lookup_answer *l)
{
	if (a->format == ASK_JSON) {
		answer_lookup_json(stdout, a->query, l);
	} else if (a->format == ASK_CSV) {
		answer_lookup_csv(stdout, a->query, &(struct answer_form){.guard = a->guard}, l);
		ask_note_age(a, &l->base.freshness);
	} else
		lookup_text(a, l);
}

static int lookup_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	struct ask a;
	struct error err = {0}, late = {0};
	struct lookup_answer l = {0};
	int64_t as_of;
	int status;
	if (!ask_check_moment(s, "as-of", &err))
		return error_report(&err);
	if (!ask_open(&a, s, &err))
		return error_report(&err);
	bool ok = ask_moment(&a, "as-of", MOMENT_AS_OF, &as_of, &err) && ask_check_cif(&a, arguments[0], &err);
	if (ok && !lookup_wait(&a, &late) && late.code != ERROR_STALE) {
		err = late;
		ok = false;
	}
	if (ok && query_lookup(a.query, arguments[0], as_of, &l, &err)) {
		lookup_print(&a, &l);
		status = ask_finish(&a, &l.base.freshness, l.customer ? 0 : ERROR_NOT_FOUND);
		/* The wait that ran out is told once the answer stands, and wins over "not found". */
		if (late.code == ERROR_STALE && (status == 0 || status == ERROR_NOT_FOUND))
			status = error_report(&late);
	} else {
		status = error_report(&err);
	}
	answer_done(&l.base);
	ask_close(&a);
	return status;
}

const struct command command_lookup = {
	.name = "lookup",
	.synopsis = "lookup CIF [--as-of TIME] [--wait POSITION [--timeout DURATION]]",
	.about = N_("Show one customer with all they hold, now or at a moment in time"),
	.min_arguments = 1,
	.max_arguments = 1,
	.run = lookup_run,
};
