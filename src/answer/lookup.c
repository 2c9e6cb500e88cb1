#include "config.h"

#include "answer/answer.h"

#include "answer/csv.h"
#include "answer/json.h"
#include "model/model.h"
#include "replica/query.h"

/* ---- JSON ---- */

static json_t *lookup_entities(const struct query *q, const struct lookup_answer *l)
{
	json_t *all = json_object();
	for (int i = 0; i < l->entity_count; i++) {
		const struct entity_rows *rows = &l->entities[i];
		json_t *list = json_array();
		for (int k = 0; k < rows->count; k++)
			json_array_append_new(
				list, answer_json_row(q, rows->entity, rows->rows[k].values, ANSWER_JSON_READABLE));
		json_object_set_new(all, query_model(q)->entities[rows->entity].name, list);
	}
	return all;
}

void answer_lookup_json(FILE *out, const struct query *q, const struct lookup_answer *l)
{
	struct answer_json j;
	json_t *customer =
		l->customer ? answer_json_row(q, query_model(q)->customer, l->customer->values, ANSWER_JSON_READABLE)
			    : json_null();
	answer_json_begin(&j, out);
	answer_json_member(&j, "cif", answer_json_string(l->cif));
	answer_json_member(&j, "known", json_string(known_word(l->known)));
	answer_json_member(&j, "as_of", answer_json_time(l->as_of));
	answer_json_member(&j, "current", json_boolean(l->current));
	answer_json_member(&j, "freshness", answer_json_freshness(query_model(q), &l->base.freshness));
	answer_json_member(&j, "customer", customer);
	answer_json_member(&j, "deleted_at", answer_json_time(l->deleted_at));
	answer_json_member(&j, "entities", lookup_entities(q, l));
	if (l->candidate_count) {
		answer_json_array(&j, "candidates");
		for (int i = 0; i < l->candidate_count; i++)
			answer_json_item(&j, answer_json_string(l->candidates[i]));
		answer_json_array_end(&j);
	}
	answer_json_end(&j);
}

/* ---- CSV ---- */

static void lookup_csv_row(const struct query *q, struct answer_csv *c, int entity, const struct row *row)
{
	const struct entity *e = &query_model(q)->entities[entity];
	for (int i = 0; i < e->column_count; i++) {
		if (row->values[i].kind == VALUE_UNKNOWN || !query_column_present(q, entity, i))
			continue;
		answer_csv_word(c, e->name);
		answer_csv_text(c, row->key);
		answer_csv_word(c, e->columns[i].name);
		answer_csv_value(c, &e->columns[i], row->values[i]);
		answer_csv_row(c);
	}
}

void answer_lookup_csv(FILE *out, const struct query *q, const struct answer_form *form, const struct lookup_answer *l)
{
	struct answer_csv c;
	answer_csv_begin(&c, out, form, "entity,key,column,value");
	if (l->customer)
		lookup_csv_row(q, &c, query_model(q)->customer, l->customer);
	for (int i = 0; i < l->entity_count; i++)
		for (int k = 0; k < l->entities[i].count; k++)
			lookup_csv_row(q, &c, l->entities[i].entity, &l->entities[i].rows[k]);
	answer_csv_done(&c);
}
