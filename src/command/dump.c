#include "config.h"

#include "command/command.h"

#include <stdio.h>

#include "answer/json.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "command/ask.h"
#include "model/model.h"
#include "replica/query.h"

struct dump {
	const struct ask *ask;
	bool canonical; /* ranks instead of times: what two runs over the same changes have in common */
};

static json_t *dump_time(const struct dump *d, int64_t at, int64_t rank)
{
	if (!d->canonical)
		return answer_json_time(at);
	return rank < 0 ? json_null() : json_integer(rank);
}

static void dump_version(const struct dump *d, const struct dump_line *line, json_t *o)
{
	const struct version *v = line->version;
	const struct entity *e = &d->ask->model->entities[line->entity];
	json_t *changed = json_array();
	for (int i = 0; i < v->changed_count; i++)
		json_array_append_new(changed, answer_json_string(e->columns[v->changed[i]].name));
	json_object_set_new(o, "version", json_integer(v->version));
	if (!d->canonical) /* chunks of a copy are numbered too, and a copy is never cut the same way twice */
		json_object_set_new(o, "seq", json_integer(v->seq));
	json_object_set_new(o, "valid_from", dump_time(d, v->valid_from, line->from_rank));
	json_object_set_new(o, "valid_to", dump_time(d, v->valid_to, line->to_rank));
	json_object_set_new(o, "origin", answer_json_string(origin_word(v->origin)));
	json_object_set_new(o, "ended_by", answer_json_string(end_word(v->ended_by)));
	json_object_set_new(o, "changed", changed);
	json_object_set_new(o, "values", answer_json_row(d->ask->query, line->entity, line->values, ANSWER_JSON_EXACT));
}

/* A registration the bank timed has that time in every run; else the time is that of its transaction. */
static void dump_registration(const struct dump *d, const struct dump_line *line, json_t *o)
{
	json_object_set_new(o, "store", answer_json_string(line->store));
	json_object_set_new(o, "timed", json_boolean(line->timed));
	json_object_set_new(o, "at", line->timed ? answer_json_time(line->at) : dump_time(d, line->at, line->at_rank));
}

static bool dump_line(void *ctx, const struct dump_line *line)
{
	static const char *const types[] = {
		[DUMP_ROW] = "row",
		[DUMP_VERSION] = "version",
		[DUMP_REGISTRATION] = "registration",
	};
	const struct dump *d = ctx;
	const struct entity *e = &d->ask->model->entities[line->entity];
	json_t *o = json_object();
	json_object_set_new(o, "type", json_string(types[line->type]));
	json_object_set_new(o, "entity", answer_json_string(e->name));
	json_object_set_new(o, "key", answer_json_key(e, line->key, ANSWER_JSON_EXACT));
	if (line->type == DUMP_ROW)
		json_object_set_new(o, "values",
				    answer_json_row(d->ask->query, line->entity, line->values, ANSWER_JSON_EXACT));
	else if (line->type == DUMP_VERSION)
		dump_version(d, line, o);
	else
		dump_registration(d, line, o);
	answer_json_line(stdout, o);
	return !ferror(stdout);
}

static int dump_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct ask a;
	struct error err = {0};
	struct answer age = {0};
	int status;
	if (ask_format(s) == ASK_CSV) {
		error_set(&err, ERROR_USAGE,
			  "could not dump as CSV: rows, versions and registrations have different columns");
		error_hint(&err,
			   "a dump is JSON lines; tellerdesk export --format csv --entity ENTITY writes one table");
		return error_report(&err);
	}
	if (!ask_open(&a, s, &err))
		return error_report(&err);
	struct dump d = {.ask = &a, .canonical = settings_flag(s, "canonical")};
	if (query_freshness(a.query, &age, &err) && query_dump(a.query, dump_line, &d, &err)) {
		ask_note_age(&a, &age.freshness);
		status = ask_finish(&a, &age.freshness, 0);
	} else {
		status = error_report(&err);
	}
	answer_done(&age);
	ask_close(&a);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.synopsis = "dump [--canonical]",
	.about = N_("Write all rows, versions and registrations as JSON lines"),
	.run = dump_run,
};
