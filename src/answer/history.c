#include "config.h"

#include "answer/answer.h"

#include "answer/csv.h"
#include "answer/json.h"
#include "model/model.h"
#include "replica/query.h"

/* ---- JSON ---- */

static json_t *history_version_json(const struct query *q, const struct version *v)
{
	const struct entity *e = &query_model(q)->entities[v->entity];
	json_t *changed = json_array();
	for (int i = 0; i < v->changed_count; i++)
		json_array_append_new(changed, answer_json_string(e->columns[v->changed[i]].name));
	json_t *o = json_object();
	json_object_set_new(o, "entity", json_string(e->name));
	json_object_set_new(o, "key", answer_json_key(e, v->key, ANSWER_JSON_READABLE));
	json_object_set_new(o, "version", json_integer(v->version));
	json_object_set_new(o, "seq", json_integer(v->seq));
	json_object_set_new(o, "valid_from", answer_json_time(v->valid_from));
	json_object_set_new(o, "valid_to", answer_json_time(v->valid_to));
	json_object_set_new(o, "is_current", json_boolean(v->is_current));
	json_object_set_new(o, "origin", answer_json_string(origin_word(v->origin)));
	json_object_set_new(o, "ended_by", answer_json_string(end_word(v->ended_by)));
	json_object_set_new(o, "changed", changed);
	json_object_set_new(o, "values", answer_json_row(q, v->entity, v->values, ANSWER_JSON_READABLE));
	if (v->moved_from)
		json_object_set_new(o, "moved_from", answer_json_string(v->moved_from));
	if (v->moved_to)
		json_object_set_new(o, "moved_to", answer_json_string(v->moved_to));
	return o;
}

void answer_history_json(FILE *out, const struct query *q, const struct history_answer *h)
{
	struct answer_json j;
	answer_json_begin(&j, out);
	answer_json_member(&j, "cif", answer_json_string(h->cif));
	answer_json_member(&j, "freshness", answer_json_freshness(query_model(q), &h->base.freshness));
	answer_json_array(&j, "gaps");
	for (int i = 0; i < h->gap_count; i++)
		answer_json_item(&j, answer_json_gap(&h->gaps[i]));
	answer_json_array_end(&j);
	answer_json_array(&j, "versions");
	for (int i = 0; i < h->count; i++)
		answer_json_item(&j, history_version_json(q, &h->versions[i]));
	answer_json_array_end(&j);
	answer_json_end(&j);
}

/* ---- CSV ---- */

static void history_csv_row(const struct query *q, struct answer_csv *c, const struct version *v, int column)
{
	const struct entity *e = &query_model(q)->entities[v->entity];
	answer_csv_word(c, e->name);
	answer_csv_text(c, v->key);
	answer_csv_number(c, v->version);
	answer_csv_time(c, v->valid_from);
	answer_csv_time(c, v->valid_to);
	answer_csv_word(c, origin_word(v->origin));
	answer_csv_word(c, end_word(v->ended_by));
	answer_csv_word(c, column < 0 ? NULL : e->columns[column].name);
	if (column >= 0 && v->previous)
		answer_csv_value(c, &e->columns[column], v->previous[column]);
	else
		answer_csv_word(c, NULL);
	if (column >= 0)
		answer_csv_value(c, &e->columns[column], v->values[column]);
	else
		answer_csv_word(c, NULL);
	answer_csv_row(c);
}

void answer_history_csv(FILE *out, const struct query *q, const struct answer_form *form,
			const struct history_answer *h)
{
	struct answer_csv c;
	answer_csv_begin(&c, out, form, "entity,key,version,valid_from,valid_to,origin,ended_by,column,old,new");
	for (int i = 0; i < h->count; i++) {
		const struct version *v = &h->versions[i];
		for (int k = 0; k < v->changed_count; k++)
			history_csv_row(q, &c, v, v->changed[k]);
		/* A first version is told column by column; one that changed nothing, as one row without a column. */
		if (!v->changed_count && v->previous)
			history_csv_row(q, &c, v, -1);
		for (int k = 0;
		     !v->changed_count && !v->previous && k < query_model(q)->entities[v->entity].column_count; k++)
			if (v->values[k].kind != VALUE_UNKNOWN && query_column_present(q, v->entity, k))
				history_csv_row(q, &c, v, k);
	}
	answer_csv_done(&c);
}
