#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/settings.h"
#include "command/ask.h"
#include "command/target.h"
#include "ingest/compare.h"
#include "model/model.h"
#include "replica/check.h"
#include "replica/query.h"

/* Violations are written as they are found: a replica that was damaged may have as many as rows. */
struct check {
	const struct ask *ask;
	struct answer_json json;
	struct answer_csv csv;
	int64_t found;
	bool begun;
};

/* Not before there is something to say: a check that could not be made prints no answer. */
static void check_begin(struct check *c)
{
	if (c->begun)
		return;
	c->begun = true;
	if (c->ask->format == ASK_JSON) {
		answer_json_begin(&c->json, stdout);
		answer_json_array(&c->json, "violations");
	} else if (c->ask->format == ASK_CSV) {
		answer_csv_begin(&c->csv, stdout, &(struct answer_form){.guard = c->ask->guard},
				 "entity,key,rule,detail");
	}
}

/* Where it is: nowhere for a rule of the replica as a whole. */
static const char *check_place(const char *text)
{
	return text && *text ? text : NULL;
}

static json_t *check_json(const struct check *c, const struct violation *v)
{
	const char *name = check_place(v->entity), *key = check_place(v->key);
	int entity = name ? model_entity(c->ask->model, name) : -1;
	json_t *o = json_object();
	json_object_set_new(o, "entity", answer_json_string(name));
	json_object_set_new(o, "key",
			    entity >= 0 && key
				    ? answer_json_key(&c->ask->model->entities[entity], key, ANSWER_JSON_READABLE)
				    : answer_json_string(key));
	json_object_set_new(o, "rule", answer_json_string(v->rule));
	json_object_set_new(o, "detail", answer_json_string(v->detail));
	return o;
}

static void check_found(void *ctx, const struct violation *v)
{
	struct check *c = ctx;
	check_begin(c);
	c->found++;
	if (c->ask->format == ASK_JSON) {
		answer_json_item(&c->json, check_json(c, v));
	} else if (c->ask->format == ASK_CSV) {
		answer_csv_text(&c->csv, check_place(v->entity));
		answer_csv_text(&c->csv, check_place(v->key));
		answer_csv_word(&c->csv, v->rule);
		answer_csv_text(&c->csv, v->detail);
		answer_csv_row(&c->csv);
	} else {
		const char *name = check_place(v->entity), *key = check_place(v->key);
		const char *const parts[] = {name ? name : "replica", key ? " " : "", key, ": ", v->rule,
					     v->detail ? ": " : "",   v->detail};
		struct buffer b = {0};
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			answer_text_add(&b, parts[i], c->ask->ascii);
		printf("%s\n", buffer_text(&b));
		buffer_done(&b);
	}
}

static void check_summary(const struct check *c, const int64_t *checked)
{
	char text[ANSWER_TEXT_NUMBER];
	int64_t rows = 0;
	for (int i = 0; i < c->ask->model->entity_count; i++)
		rows += checked[i];
	printf("%s rows and versions checked, ", answer_text_number(rows, text));
	if (c->found)
		printf("%s violation%s\n", answer_text_number(c->found, text), c->found == 1 ? "" : "s");
	else
		printf("nothing wrong\n");
}

static void check_end(struct check *c, const struct freshness *f, const int64_t *checked)
{
	check_begin(c);
	if (c->ask->format == ASK_JSON) {
		answer_json_array_end(&c->json);
		answer_json_member(&c->json, "ok", json_boolean(c->found == 0));
		answer_json_member(&c->json, "freshness", answer_json_freshness(c->ask->model, f));
		answer_json_member(&c->json, "checked", answer_json_counts(c->ask->model, checked));
		answer_json_end(&c->json);
	} else if (c->ask->format == ASK_CSV) {
		answer_csv_done(&c->csv);
		ask_note_age(c->ask, f);
	} else {
		check_summary(c, checked);
		ask_print_age(c->ask, f);
	}
}

/* What was found before it failed stands; a program can still read it. */
static void check_break(struct check *c)
{
	if (c->begun && c->ask->format == ASK_JSON) {
		answer_json_array_end(&c->json);
		answer_json_member(&c->json, "ok", json_false());
		answer_json_end(&c->json);
	}
	fflush(stdout);
}

/* The promises inside first: a comparison with the source says little about a replica that broke them. */
static bool check_work(struct check *c, struct target *t, int64_t *checked, struct error *err)
{
	const struct settings *s = c->ask->settings;
	bool repair = settings_flag(s, "repair");
	if (!replica_check(t->replica_path, check_found, c, checked, err))
		return false;
	if (!settings_flag(s, "against-source") && !repair)
		return true;
	for (int i = 0; i < c->ask->model->entity_count; i++)
		checked[i] = 0;
	return compare_with_source(&t->params, repair, check_found, c, checked, err);
}

static int check_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct ask a;
	struct target t;
	struct answer age = {0};
	struct error err = {0};
	int status;
	if (!ask_open(&a, s, &err))
		return error_report(&err);
	if (!target_open(&t, s, &err)) {
		ask_close(&a);
		return target_fail(&t, &err);
	}
	struct check c = {.ask = &a};
	int64_t *checked = memory_zero((size_t)a.model->entity_count + 1, sizeof *checked);
	bool ok = check_work(&c, &t, checked, &err) && query_freshness(a.query, &age, &err);
	if (ok) {
		check_end(&c, &age.freshness, checked);
		status = ask_finish(&a, &age.freshness, c.found ? ERROR_NOT_FOUND : 0);
	} else {
		check_break(&c);
		status = error_report(&err);
	}
	answer_done(&age);
	free(checked);
	target_close(&t);
	ask_close(&a);
	return status;
}

const struct command command_check = {
	.name = "check",
	.synopsis = "check [--against-source] [--repair]",
	.about = N_("Check the replica's promises, or compare it with the source row by row"),
	.run = check_run,
};
