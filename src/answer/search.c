#include "config.h"

#include "answer/answer.h"

#include "answer/csv.h"
#include "answer/json.h"
#include "replica/query.h"

void answer_search_json(FILE *out, const struct query *q, const char *text, const struct search_answer *s)
{
	struct answer_json j;
	answer_json_begin(&j, out);
	answer_json_member(&j, "query", answer_json_string(text));
	answer_json_member(&j, "freshness", answer_json_freshness(query_model(q), &s->base.freshness));
	answer_json_member(&j, "total", json_integer(s->total));
	answer_json_member(&j, "total_exact", json_boolean(s->total_exact));
	answer_json_member(&j, "truncated", json_boolean(s->truncated));
	answer_json_member(&j, "indexing", s->indexing < 0 ? json_null() : json_integer(s->indexing));
	answer_json_array(&j, "hits");
	for (int i = 0; i < s->count; i++) {
		const struct search_hit *h = &s->hits[i];
		json_t *hit = json_object();
		json_object_set_new(hit, "cif", answer_json_string(h->cif));
		json_object_set_new(hit, "name", answer_json_string(h->name));
		json_object_set_new(hit, "store", answer_json_string(h->store));
		json_object_set_new(hit, "matched", answer_json_string(h->matched));
		answer_json_item(&j, hit);
	}
	answer_json_array_end(&j);
	answer_json_end(&j);
}

void answer_search_csv(FILE *out, const struct answer_form *form, const struct search_answer *s)
{
	struct answer_csv c;
	answer_csv_begin(&c, out, form, "cif,name,store,matched");
	for (int i = 0; i < s->count; i++) {
		answer_csv_text(&c, s->hits[i].cif);
		answer_csv_text(&c, s->hits[i].name);
		answer_csv_text(&c, s->hits[i].store);
		answer_csv_word(&c, s->hits[i].matched);
		answer_csv_row(&c);
	}
	answer_csv_done(&c);
}
