#include "config.h"

#include "answer/answer.h"

#include <stdlib.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "model/model.h"
#include "replica/query.h"

/* ---- JSON ---- */

static json_t *status_details_json(const struct status_source *s)
{
	json_t *o = json_object();
	for (int i = 0; i < s->detail_count; i++) {
		const struct status_detail *d = &s->details[i];
		json_object_set_new(o, d->name,
				    d->number ? answer_json_integer(strtoll(d->text, NULL, 10))
					      : answer_json_string(d->text));
	}
	return o;
}

static json_t *status_source_json(const struct status_source *s)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", answer_json_string(s->id));
	json_object_set_new(o, "url", answer_json_string(s->url));
	json_object_set_new(o, "kind", answer_json_string(s->kind));
	json_object_set_new(o, "state", answer_json_string(s->state));
	json_object_set_new(o, "position", answer_json_string(s->position));
	json_object_set_new(o, "error", answer_json_string(s->error));
	json_object_set_new(o, "hint", answer_json_string(s->hint));
	json_object_set_new(o, "time_precision", answer_json_string(s->time_precision));
	if (s->last_batch != TIME_NONE)
		json_object_set_new(o, "last_batch", answer_json_time(s->last_batch));
	if (s->detail_count)
		json_object_set_new(o, "details", status_details_json(s));
	return o;
}

static json_t *status_replica_json(const struct query *q, const struct status_answer *s)
{
	json_t *o = json_object();
	json_object_set_new(o, "path", answer_json_string(s->path));
	json_object_set_new(o, "bytes", answer_json_integer(s->bytes));
	json_object_set_new(o, "writer", s->writer ? json_integer(s->writer) : json_null());
	json_object_set_new(o, "rows", answer_json_counts(query_model(q), s->rows));
	json_object_set_new(o, "versions", answer_json_counts(query_model(q), s->versions));
	json_object_set_new(o, "registrations", json_integer(s->registrations));
	json_object_set_new(o, "rejected", json_integer(s->rejected));
	json_object_set_new(o, "misfits", json_integer(s->misfits));
	json_object_set_new(o, "anomalies", json_integer(s->anomalies));
	json_object_set_new(o, "gaps", json_integer(s->gaps));
	return o;
}

void answer_status_json(FILE *out, const struct query *q, const struct status_answer *s)
{
	struct answer_json j;
	json_t *snapshot = json_null();
	if (s->copying)
		snapshot = json_pack("{s:f, s:I, s:f}", "percent", s->percent, "rows", (json_int_t)s->copy_rows,
				     "rows_per_s", s->rows_per_s);
	answer_json_begin(&j, out);
	answer_json_array(&j, "sources");
	for (int i = 0; i < s->source_count; i++)
		answer_json_item(&j, status_source_json(&s->sources[i]));
	answer_json_array_end(&j);
	answer_json_member(&j, "freshness", answer_json_freshness(query_model(q), &s->base.freshness));
	answer_json_member(&j, "snapshot", snapshot);
	answer_json_member(&j, "replica", status_replica_json(q, s));
	answer_json_end(&j);
}

/* ---- CSV: name,value ---- */

static void status_csv_text(struct answer_csv *c, const char *name, const char *value)
{
	answer_csv_word(c, name);
	answer_csv_text(c, value);
	answer_csv_row(c);
}

static void status_csv_number(struct answer_csv *c, const char *name, int64_t value)
{
	answer_csv_word(c, name);
	answer_csv_number(c, value);
	answer_csv_row(c);
}

static void status_csv_time(struct answer_csv *c, const char *name, int64_t at)
{
	answer_csv_word(c, name);
	answer_csv_time(c, at);
	answer_csv_row(c);
}

/* The first source is "source", a second one "source2". */
static void status_csv_source(struct answer_csv *c, const struct status_source *s, int number)
{
	char name[64], prefix[24] = "source";
	if (number > 1)
		snprintf(prefix, sizeof prefix, "source%d", number);
	const struct {
		const char *name, *value;
	} fields[] = {
		{"id", s->id},
		{"url", s->url},
		{"kind", s->kind},
		{"state", s->state},
		{"position", s->position},
		{"error", s->error},
		{"hint", s->hint},
		{"time_precision", s->time_precision},
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		snprintf(name, sizeof name, "%s.%s", prefix, fields[i].name);
		status_csv_text(c, name, fields[i].value);
	}
	if (s->last_batch != TIME_NONE) {
		snprintf(name, sizeof name, "%s.last_batch", prefix);
		status_csv_time(c, name, s->last_batch);
	}
	for (int i = 0; i < s->detail_count; i++) {
		const struct status_detail *d = &s->details[i];
		snprintf(name, sizeof name, "%s.details.%s", prefix, d->name);
		if (d->number)
			status_csv_number(c, name, strtoll(d->text, NULL, 10));
		else
			status_csv_text(c, name, d->text);
	}
}

static void status_csv_counts(const struct query *q, struct answer_csv *c, const char *what, const int64_t *counts)
{
	struct buffer name = {0};
	for (int i = 0; i < query_model(q)->entity_count; i++) {
		buffer_clear(&name);
		buffer_format(&name, "replica.%s.%s", what, query_model(q)->entities[i].name);
		status_csv_number(c, buffer_text(&name), counts[i]);
	}
	buffer_done(&name);
}

static void status_csv_freshness(const struct query *q, struct answer_csv *c, const struct freshness *f)
{
	struct buffer names = {0};
	for (int i = 0; i < f->incomplete_count; i++)
		buffer_format(&names, "%s%s", i ? " " : "", query_model(q)->entities[f->incomplete[i]].name);
	status_csv_text(c, "freshness.state", freshness_word(f->state));
	if (f->age == TIME_NONE)
		status_csv_text(c, "freshness.age_ms", NULL);
	else
		status_csv_number(c, "freshness.age_ms", f->age / 1000);
	status_csv_time(c, "freshness.complete_to", f->complete_to);
	status_csv_text(c, "freshness.incomplete", buffer_text(&names));
	buffer_done(&names);
}

void answer_status_csv(FILE *out, const struct query *q, const struct answer_form *form, const struct status_answer *s)
{
	struct answer_csv c;
	answer_csv_begin(&c, out, form, "name,value");
	for (int i = 0; i < s->source_count; i++)
		status_csv_source(&c, &s->sources[i], i + 1);
	status_csv_freshness(q, &c, &s->base.freshness);
	if (s->copying) {
		status_csv_number(&c, "snapshot.percent", (int64_t)s->percent);
		status_csv_number(&c, "snapshot.rows", s->copy_rows);
		status_csv_number(&c, "snapshot.rows_per_s", (int64_t)s->rows_per_s);
	}
	status_csv_text(&c, "replica.path", s->path);
	status_csv_number(&c, "replica.bytes", s->bytes);
	if (s->writer)
		status_csv_number(&c, "replica.writer", s->writer);
	else
		status_csv_text(&c, "replica.writer", NULL);
	status_csv_counts(q, &c, "rows", s->rows);
	status_csv_counts(q, &c, "versions", s->versions);
	status_csv_number(&c, "replica.registrations", s->registrations);
	status_csv_number(&c, "replica.rejected", s->rejected);
	status_csv_number(&c, "replica.misfits", s->misfits);
	status_csv_number(&c, "replica.anomalies", s->anomalies);
	status_csv_number(&c, "replica.gaps", s->gaps);
	answer_csv_done(&c);
}
