#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "base/text.h"
#include "command/ask.h"
#include "command/out_csv.h"
#include "command/out_json.h"
#include "command/out_text.h"
#include "model/model.h"
#include "replica/details.h"
#include "replica/query.h"
#include "source/source.h"

/* Of each list of troubles people see the newest; the counts tell the rest. */
#define STATUS_LISTED 10

/* A URL may hold a password where an old replica or a careless service file put one. */
static void status_url(struct buffer *b, const char *url)
{
	if (url)
		source_url_clean(b, url);
}

/* ---- JSON ---- */

static json_t *status_details_json(const struct status_source *s)
{
	json_t *o = json_object();
	for (int i = 0; i < s->detail_count; i++) {
		const struct status_detail *d = &s->details[i];
		json_object_set_new(o, d->name, d->number ? out_json_integer(strtoll(d->text, NULL, 10)) : out_json_string(d->text));
	}
	return o;
}

static json_t *status_source_json(const struct status_source *s)
{
	struct buffer url = {0};
	status_url(&url, s->url);
	json_t *o = json_object();
	json_object_set_new(o, "id", out_json_string(s->id));
	json_object_set_new(o, "url", out_json_string(s->url ? buffer_text(&url) : NULL));
	json_object_set_new(o, "kind", out_json_string(s->kind));
	json_object_set_new(o, "state", out_json_string(s->state));
	json_object_set_new(o, "position", out_json_string(s->position));
	json_object_set_new(o, "error", out_json_string(s->error));
	json_object_set_new(o, "hint", out_json_string(s->hint));
	json_object_set_new(o, "time_precision", out_json_string(s->time_precision));
	if (s->last_batch != TIME_NONE)
		json_object_set_new(o, "last_batch", out_json_time(s->last_batch));
	if (s->detail_count)
		json_object_set_new(o, "details", status_details_json(s));
	buffer_done(&url);
	return o;
}

static json_t *status_replica_json(const struct ask *a, const struct status_answer *s)
{
	json_t *o = json_object();
	json_object_set_new(o, "path", out_json_string(s->path));
	json_object_set_new(o, "bytes", out_json_integer(s->bytes));
	json_object_set_new(o, "writer", s->writer ? json_integer(s->writer) : json_null());
	json_object_set_new(o, "rows", out_json_counts(a->model, s->rows));
	json_object_set_new(o, "versions", out_json_counts(a->model, s->versions));
	json_object_set_new(o, "registrations", json_integer(s->registrations));
	json_object_set_new(o, "rejected", json_integer(s->rejected));
	json_object_set_new(o, "misfits", json_integer(s->misfits));
	json_object_set_new(o, "anomalies", json_integer(s->anomalies));
	json_object_set_new(o, "gaps", json_integer(s->gaps));
	return o;
}

static void status_json(const struct ask *a, const struct status_answer *s)
{
	struct out_json j;
	json_t *snapshot = json_null();
	if (s->copying)
		snapshot = json_pack("{s:f, s:I, s:f}", "percent", s->percent, "rows", (json_int_t)s->copy_rows,
				     "rows_per_s", s->rows_per_s);
	out_json_begin(&j, stdout);
	out_json_array(&j, "sources");
	for (int i = 0; i < s->source_count; i++)
		out_json_item(&j, status_source_json(&s->sources[i]));
	out_json_array_end(&j);
	out_json_member(&j, "freshness", out_json_freshness(a->model, &s->base.freshness));
	out_json_member(&j, "snapshot", snapshot);
	out_json_member(&j, "replica", status_replica_json(a, s));
	out_json_end(&j);
}

/* ---- CSV: name,value ---- */

static void status_csv_text(struct out_csv *c, const char *name, const char *value)
{
	out_csv_word(c, name);
	out_csv_text(c, value);
	out_csv_row(c);
}

static void status_csv_number(struct out_csv *c, const char *name, int64_t value)
{
	out_csv_word(c, name);
	out_csv_number(c, value);
	out_csv_row(c);
}

static void status_csv_time(struct out_csv *c, const char *name, int64_t at)
{
	out_csv_word(c, name);
	out_csv_time(c, at);
	out_csv_row(c);
}

/* The first source is "source", a second one "source2". */
static void status_csv_source(struct out_csv *c, const struct status_source *s, int number)
{
	struct buffer url = {0};
	char name[64], prefix[24] = "source";
	status_url(&url, s->url);
	if (number > 1)
		snprintf(prefix, sizeof prefix, "source%d", number);
	const struct {
		const char *name, *value;
	} fields[] = {
		{"id", s->id},
		{"url", s->url ? buffer_text(&url) : NULL},
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
	buffer_done(&url);
}

static void status_csv_counts(const struct ask *a, struct out_csv *c, const char *what, const int64_t *counts)
{
	struct buffer name = {0};
	for (int i = 0; i < a->model->entity_count; i++) {
		buffer_clear(&name);
		buffer_format(&name, "replica.%s.%s", what, a->model->entities[i].name);
		status_csv_number(c, buffer_text(&name), counts[i]);
	}
	buffer_done(&name);
}

static void status_csv_freshness(const struct ask *a, struct out_csv *c, const struct freshness *f)
{
	struct buffer names = {0};
	for (int i = 0; i < f->incomplete_count; i++)
		buffer_format(&names, "%s%s", i ? " " : "", a->model->entities[f->incomplete[i]].name);
	status_csv_text(c, "freshness.state", freshness_word(f->state));
	if (f->age == TIME_NONE)
		status_csv_text(c, "freshness.age_ms", NULL);
	else
		status_csv_number(c, "freshness.age_ms", f->age / 1000);
	status_csv_time(c, "freshness.complete_to", f->complete_to);
	status_csv_text(c, "freshness.incomplete", buffer_text(&names));
	buffer_done(&names);
}

static void status_csv(const struct ask *a, const struct status_answer *s)
{
	struct out_csv c;
	out_csv_begin(&c, stdout, a->guard, "name,value");
	for (int i = 0; i < s->source_count; i++)
		status_csv_source(&c, &s->sources[i], i + 1);
	status_csv_freshness(a, &c, &s->base.freshness);
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
	status_csv_counts(a, &c, "rows", s->rows);
	status_csv_counts(a, &c, "versions", s->versions);
	status_csv_number(&c, "replica.registrations", s->registrations);
	status_csv_number(&c, "replica.rejected", s->rejected);
	status_csv_number(&c, "replica.misfits", s->misfits);
	status_csv_number(&c, "replica.anomalies", s->anomalies);
	status_csv_number(&c, "replica.gaps", s->gaps);
	out_csv_done(&c);
	ask_note_age(a, &s->base.freshness);
}

/* ---- text ---- */

static void status_pair(struct sheet *t, const char *name, const char *value)
{
	sheet_text(t, name);
	sheet_text(t, value);
}

static void status_source_text(const struct ask *a, const struct status_source *s, const struct freshness *f)
{
	char text[MOMENT_SIZE];
	struct buffer url = {0};
	struct detail_line lines[DETAIL_LINES];
	struct arena arena = {0};
	struct sheet t;
	status_url(&url, s->url);
	sheet_init(&t, a->ascii);
	sheet_column(&t, "", SHEET_LEFT);
	sheet_column(&t, "", SHEET_LEFT);
	status_pair(&t, "Source", s->url ? buffer_text(&url) : NULL);
	status_pair(&t, "Kind", s->kind);
	status_pair(&t, "Number", s->id);
	status_pair(&t, "State", s->state);
	if (s->error)
		status_pair(&t, "Last error", s->error);
	if (s->hint)
		status_pair(&t, "What to do", s->hint);
	status_pair(&t, "Position", s->position ? detail_place(s->position, &arena) : NULL);
	int count = detail_lines(s, f, a->zone, &arena, lines);
	for (int i = 0; i < count; i++)
		status_pair(&t, lines[i].label, lines[i].text);
	if (s->position && detail_gtids(s->position))
		status_pair(&t, "Transactions", detail_gtids(s->position));
	if (s->time_precision)
		status_pair(&t, "Precision of times", s->time_precision);
	if (s->last_batch != TIME_NONE)
		status_pair(&t, "Last batch", ask_second(s->last_batch, a->zone, text));
	sheet_print(&t, stdout, 0);
	sheet_done(&t);
	buffer_done(&url);
	arena_done(&arena);
}

static void status_replica_text(const struct ask *a, const struct status_answer *s)
{
	char size[TEXT_SIZE], number[OUT_TEXT_NUMBER];
	struct buffer b = {0};
	struct sheet t;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "", SHEET_LEFT);
	sheet_column(&t, "", SHEET_LEFT);
	status_pair(&t, "Replica", s->path);
	status_pair(&t, "Size", text_size(s->bytes, size));
	buffer_format(&b, s->writer ? "process %lld" : "nobody", (long long)s->writer);
	status_pair(&t, "Written by", buffer_text(&b));
	if (s->copying) {
		buffer_clear(&b);
		buffer_format(&b, "%.0f %%, %s rows, %.0f rows a second", s->percent,
			      out_text_number(s->copy_rows, number), s->rows_per_s);
		status_pair(&t, "Copy of the tables", buffer_text(&b));
	}
	if (s->rate > 0) {
		buffer_clear(&b);
		buffer_format(&b, "%.0f changes a second", s->rate);
		status_pair(&t, "Rate", buffer_text(&b));
	}
	printf("\n");
	sheet_print(&t, stdout, 0);
	sheet_done(&t);
	buffer_done(&b);
}

static void status_counts_text(const struct ask *a, const struct status_answer *s)
{
	struct sheet t;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "Entity", SHEET_LEFT);
	sheet_column(&t, "Rows", SHEET_RIGHT);
	sheet_column(&t, "Versions", SHEET_RIGHT);
	for (int i = 0; i < a->model->entity_count; i++) {
		sheet_text(&t, a->model->entities[i].title);
		sheet_number(&t, s->rows[i]);
		sheet_number(&t, s->versions[i]);
	}
	printf("\n");
	sheet_print(&t, stdout, 0);
	sheet_done(&t);
	sheet_init(&t, a->ascii);
	sheet_column(&t, "", SHEET_LEFT);
	sheet_column(&t, "", SHEET_RIGHT);
	const struct {
		const char *name;
		int64_t count;
	} counts[] = {
		{"Registrations", s->registrations},
		{"Rejected rows", s->rejected},
		{"Misfits", s->misfits},
		{"Anomalies", s->anomalies},
		{"Gaps", s->gaps},
	};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		sheet_text(&t, counts[i].name);
		sheet_number(&t, counts[i].count);
	}
	printf("\n");
	sheet_print(&t, stdout, 0);
	sheet_done(&t);
}

static void status_gaps_text(const struct ask *a, const struct status_answer *s)
{
	char text[MOMENT_SIZE];
	struct sheet t;
	if (!s->gap_count)
		return;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "From", SHEET_LEFT);
	sheet_column(&t, "To", SHEET_LEFT);
	sheet_column(&t, "Entity", SHEET_LEFT);
	sheet_column(&t, "Reason", SHEET_LEFT);
	for (int i = 0; i < s->gap_count && i < STATUS_LISTED; i++) {
		sheet_text(&t, ask_second(s->gap_list[i].from, a->zone, text));
		sheet_text(&t, ask_second(s->gap_list[i].to, a->zone, text));
		sheet_text(&t, s->gap_list[i].entity ? s->gap_list[i].entity : "(all)");
		sheet_text(&t, s->gap_list[i].reason);
	}
	printf("\nNewest gaps: changes of these times may be missing\n");
	sheet_print(&t, stdout, 2);
	sheet_done(&t);
}

/* The text of a rejected row stays out: it is a customer's data, and the place is enough to find it. */
static void status_rejected_text(const struct ask *a, const struct status_answer *s)
{
	char text[MOMENT_SIZE];
	struct sheet t;
	if (!s->rejected_count)
		return;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "At", SHEET_LEFT);
	sheet_column(&t, "Where", SHEET_LEFT);
	sheet_column(&t, "Reason", SHEET_LEFT);
	for (int i = 0; i < s->rejected_count && i < STATUS_LISTED; i++) {
		sheet_text(&t, ask_second(s->rejected_list[i].at, a->zone, text));
		sheet_text(&t, s->rejected_list[i].position);
		sheet_text(&t, s->rejected_list[i].reason);
	}
	printf("\nNewest rejected rows\n");
	sheet_print(&t, stdout, 2);
	sheet_done(&t);
}

static void status_anomalies_text(const struct ask *a, const struct status_answer *s)
{
	char text[MOMENT_SIZE];
	struct sheet t;
	if (!s->anomaly_count)
		return;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "At", SHEET_LEFT);
	sheet_column(&t, "Entity", SHEET_LEFT);
	sheet_column(&t, "Key", SHEET_LEFT);
	sheet_column(&t, "Reason", SHEET_LEFT);
	for (int i = 0; i < s->anomaly_count && i < STATUS_LISTED; i++) {
		sheet_text(&t, ask_second(s->anomaly_list[i].at, a->zone, text));
		sheet_text(&t, s->anomaly_list[i].entity);
		sheet_text(&t, s->anomaly_list[i].key);
		sheet_text(&t, s->anomaly_list[i].reason);
	}
	printf("\nNewest anomalies: tellerdesk check --against-source verifies\n");
	sheet_print(&t, stdout, 2);
	sheet_done(&t);
}

static void status_text(const struct ask *a, const struct status_answer *s)
{
	ask_print_age(a, &s->base.freshness);
	printf("\n");
	for (int i = 0; i < s->source_count; i++)
		status_source_text(a, &s->sources[i], &s->base.freshness);
	if (!s->source_count)
		printf("No source yet\n");
	status_replica_text(a, s);
	status_counts_text(a, s);
	status_gaps_text(a, s);
	status_rejected_text(a, s);
	status_anomalies_text(a, s);
}

static int status_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct ask a;
	struct error err = {0};
	struct status_answer answer = {0};
	int status;
	if (!ask_open(&a, s, &err))
		return error_report(&err);
	if (query_status(a.query, &answer, &err)) {
		if (a.format == ASK_JSON)
			status_json(&a, &answer);
		else if (a.format == ASK_CSV)
			status_csv(&a, &answer);
		else
			status_text(&a, &answer);
		/* A status that could be read is a success however old the data; who asks for an
		 * age on this very command line gets the answer in the exit status. */
		const char *origin = settings_origin(s, "max-age");
		bool asked = settings_given(s, "max-age") && origin && strcmp(origin, "command line") == 0;
		status = asked ? ask_finish(&a, &answer.base.freshness, 0) : ask_flush(0);
	} else {
		status = error_report(&err);
	}
	answer_done(&answer.base);
	ask_close(&a);
	return status;
}

const struct command command_status = {
	.name = "status",
	.synopsis = "status",
	.about = N_("Show the source, the age of the data and what the replica holds"),
	.run = status_run,
};
