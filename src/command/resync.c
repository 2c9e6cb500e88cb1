#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "command/ask.h"
#include "command/target.h"
#include "ingest/resync.h"
#include "model/model.h"
#include "replica/query.h"

/* The gap in the shape history has it, with the source it belongs to. */
static json_t *resync_gap_json(const struct ask *a, const struct resync_request *q, const struct resync_result *r)
{
	struct status_answer status = {0};
	struct gap gap = {.entity = q->entity, .from = r->gap_from, .to = r->gap_to, .reason = r->gap_reason};
	if (query_sources(a->query, &status, NULL) && status.source_count)
		gap.source = status.sources[0].id;
	json_t *made = r->gap ? answer_json_gap(&gap) : json_null();
	answer_done(&status.base);
	return made;
}

static void resync_json(const struct ask *a, const struct resync_request *q, const struct resync_result *r)
{
	struct answer_json j;
	json_t *entities = json_object();
	for (int i = 0; i < r->entity_count && i < a->model->entity_count; i++)
		json_object_set_new(entities, a->model->entities[i].name,
				    json_pack("{s:I, s:I, s:I}", "inserted", (json_int_t)r->counts[i].inserted,
					      "updated", (json_int_t)r->counts[i].updated, "closed",
					      (json_int_t)r->counts[i].closed));
	answer_json_begin(&j, stdout);
	answer_json_member(&j, "entities", entities);
	answer_json_member(&j, "gap", resync_gap_json(a, q, r));
	answer_json_end(&j);
}

static void resync_csv(const struct ask *a, const struct resync_result *r)
{
	struct answer_csv c;
	answer_csv_begin(&c, stdout, &(struct answer_form){.guard = a->guard}, "entity,inserted,updated,closed");
	for (int i = 0; i < r->entity_count && i < a->model->entity_count; i++) {
		answer_csv_word(&c, a->model->entities[i].name);
		answer_csv_number(&c, r->counts[i].inserted);
		answer_csv_number(&c, r->counts[i].updated);
		answer_csv_number(&c, r->counts[i].closed);
		answer_csv_row(&c);
	}
	answer_csv_done(&c);
}

static void resync_text(const struct ask *a, const struct resync_result *r)
{
	char from[MOMENT_SIZE], to[MOMENT_SIZE];
	struct sheet t;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "Entity", SHEET_LEFT);
	sheet_column(&t, "Inserted", SHEET_RIGHT);
	sheet_column(&t, "Updated", SHEET_RIGHT);
	sheet_column(&t, "Closed", SHEET_RIGHT);
	for (int i = 0; i < r->entity_count && i < a->model->entity_count; i++) {
		sheet_text(&t, a->model->entities[i].title);
		sheet_number(&t, r->counts[i].inserted);
		sheet_number(&t, r->counts[i].updated);
		sheet_number(&t, r->counts[i].closed);
	}
	sheet_print(&t, stdout, 0);
	sheet_done(&t);
	if (!r->gap)
		return;
	struct buffer reason = {0};
	answer_text_add(&reason, r->gap_reason ? r->gap_reason : "resync", a->ascii);
	printf("Gap: what changed and changed back from %s to %s is not in the history (%s)\n",
	       ask_second(r->gap_from, a->zone, from), ask_second(r->gap_to, a->zone, to), buffer_text(&reason));
	buffer_done(&reason);
}

/* The replica is opened again for the answer: a resync may have given it another model. */
static int resync_answer(const struct settings *s, const struct resync_request *q, const struct resync_result *r)
{
	struct ask a;
	struct error err = {0};
	if (!ask_open(&a, s, &err))
		return error_report(&err);
	if (a.format == ASK_JSON)
		resync_json(&a, q, r);
	else if (a.format == ASK_CSV)
		resync_csv(&a, r);
	else
		resync_text(&a, r);
	ask_close(&a);
	return ask_flush(0);
}

/* An entity that does not exist is told before anything is read. */
static bool resync_check(const struct settings *s, struct error *err)
{
	struct ask a;
	int entity;
	if (settings_flag(s, "adopt-model") && !settings_given(s, "model")) {
		error_set(err, ERROR_USAGE, "could not adopt a model: none is given");
		return error_hint(err, "add --model NAME or --model FILE");
	}
	if (!ask_open(&a, s, err))
		return false;
	/* With a new model the entity may be one the replica does not have yet. */
	bool ok = settings_flag(s, "adopt-model") || ask_entity(&a, &entity, err);
	ask_close(&a);
	return ok;
}

static int resync_run_command(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct target t;
	struct error err = {0};
	struct resync_result result = {0};
	struct resync_request request = {
		.entity = settings_text(s, "entity"),
		.accept_server = settings_flag(s, "accept-server"),
		.adopt_model = settings_flag(s, "adopt-model"),
	};
	if (!resync_check(s, &err))
		return error_report(&err);
	if (!target_open(&t, s, &err))
		return target_fail(&t, &err);
	if (!resync_run(&t.params, &request, &result, &err))
		return target_fail(&t, &err);
	target_close(&t);
	return resync_answer(s, &request, &result);
}

const struct command command_resync = {
	.name = "resync",
	.synopsis = "resync [--entity ENTITY] [--accept-server] [--adopt-model]",
	.about = N_("Reconcile the replica with its source; history is kept"),
	.run = resync_run_command,
};
