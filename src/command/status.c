#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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
#include "replica/details.h"
#include "replica/query.h"
#include "source/source.h"

/* Of each list of troubles people see the newest; the counts tell the rest. */
#define STATUS_LISTED 10

/* ---- text ---- */

static void status_pair(struct sheet *t, const char *name, const char *value)
{
	sheet_text(t, name);
	sheet_text(t, value);
}

static void status_source_text(const struct ask *a, const struct status_source *s, const struct freshness *f)
{
	char text[MOMENT_SIZE];
	struct detail_line lines[DETAIL_LINES];
	struct arena arena = {0};
	struct sheet t;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "", SHEET_LEFT);
	sheet_column(&t, "", SHEET_LEFT);
	status_pair(&t, "Source", s->url);
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
	arena_done(&arena);
}

static void status_replica_text(const struct ask *a, const struct status_answer *s)
{
	char size[TEXT_SIZE], number[ANSWER_TEXT_NUMBER];
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
			      answer_text_number(s->copy_rows, number), s->rows_per_s);
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

/* A URL may hold a password where an old replica or a careless service file put one. */
static void status_clean(struct status_answer *s)
{
	struct buffer clean = {0};
	for (int i = 0; i < s->source_count; i++) {
		if (!s->sources[i].url)
			continue;
		buffer_clear(&clean);
		source_url_clean(&clean, s->sources[i].url);
		s->sources[i].url = arena_text(&s->base.arena, buffer_text(&clean));
	}
	buffer_done(&clean);
}

static void status_print(const struct ask *a, const struct status_answer *s)
{
	if (a->format == ASK_JSON) {
		answer_status_json(stdout, a->query, s);
	} else if (a->format == ASK_CSV) {
		answer_status_csv(stdout, a->query, &(struct answer_form){.guard = a->guard}, s);
		ask_note_age(a, &s->base.freshness);
	} else {
		status_text(a, s);
	}
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
		status_clean(&answer);
		status_print(&a, &answer);
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
