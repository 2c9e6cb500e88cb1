#include "config.h"

#include "answer/answer.h"

#include "answer/csv.h"
#include "answer/json.h"
#include "base/zone.h"
#include "replica/query.h"

/* ---- JSON ---- */

static json_t *stores_store_json(const struct store_row *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "store", answer_json_string(r->id));
	json_object_set_new(o, "name", answer_json_string(r->name));
	json_object_set_new(o, "total", json_integer(r->total));
	json_object_set_new(o, "last", answer_json_time(r->last));
	json_object_set_new(o, "silent", json_boolean(r->silent));
	return o;
}

static json_t *stores_window_json(const struct stores_answer *s, const struct store_window *w)
{
	json_t *o = json_object();
	json_object_set_new(o, "start", answer_json_time(w->start));
	json_object_set_new(o, "end", answer_json_time(w->end));
	json_object_set_new(o, "store", answer_json_string(s->stores[w->store].id));
	json_object_set_new(o, "count", json_integer(w->count));
	json_object_set_new(o, "partial", json_boolean(w->partial));
	return o;
}

void answer_stores_json(FILE *out, const struct query *q, const struct stores_answer *s)
{
	char text[MOMENT_SIZE];
	struct answer_json j;
	answer_json_begin(&j, out);
	answer_json_member(&j, "window", json_string(duration_text(&s->window, text)));
	answer_json_member(&j, "slide", json_string(duration_text(&s->slide, text)));
	answer_json_member(&j, "zone", answer_json_string(zone_name(s->zone)));
	answer_json_member(&j, "freshness", answer_json_freshness(query_model(q), &s->base.freshness));
	answer_json_array(&j, "stores");
	for (int i = 0; i < s->store_count; i++)
		answer_json_item(&j, stores_store_json(&s->stores[i]));
	answer_json_array_end(&j);
	answer_json_array(&j, "windows");
	for (int i = 0; i < s->window_count; i++)
		answer_json_item(&j, stores_window_json(s, &s->windows[i]));
	answer_json_array_end(&j);
	answer_json_end(&j);
}

/* ---- CSV ---- */

void answer_stores_csv(FILE *out, const struct answer_form *form, const struct stores_answer *s)
{
	struct answer_csv c;
	answer_csv_begin(&c, out, form, "start,end,store,count,partial");
	for (int i = 0; i < s->window_count; i++) {
		const struct store_window *w = &s->windows[i];
		answer_csv_time(&c, w->start);
		answer_csv_time(&c, w->end);
		answer_csv_text(&c, s->stores[w->store].id);
		answer_csv_number(&c, w->count);
		answer_csv_word(&c, w->partial ? "true" : "false");
		answer_csv_row(&c);
	}
	answer_csv_done(&c);
}
