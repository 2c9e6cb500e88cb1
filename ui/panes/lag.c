/* lag: where the data comes from, how far it has come, and what went wrong on the way. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/moment.h"
#include "model/model.h"
#include "replica/details.h"
#include "replica/query.h"
#include "ui/kit/chart.h"
#include "ui/kit/lines.h"
#include "ui/pane.h"
#include "ui/session.h"
#include "ui/panes/show.h"
#include "ui/worker.h"

enum { LAG_LABEL = 16, LAG_BAR = 40, LAG_SHARE = 10, LAG_GTIDS = 120 };

#define LAG_AGAIN SECOND

struct lag_job {
	struct job job;
	struct status_answer answer;
};

struct lag {
	struct pane base;
	struct lines lines;
	bool asked, again;
	int64_t asked_at;
	bool shown;
};

static bool lag_job_run(struct job *job, struct query *q, struct error *err)
{
	return query_status(q, &((struct lag_job *)job)->answer, err);
}

static void lag_job_free(struct job *job)
{
	answer_done(&((struct lag_job *)job)->answer.base);
	free(job);
}

static const struct job_ops lag_job_ops = {.run = lag_job_run, .free = lag_job_free};

static bool lag_load(struct pane *p, struct error *err)
{
	struct lag *l = (struct lag *)p;
	(void)err;
	if (l->asked) {
		l->again = true;
		return true;
	}
	struct lag_job *j = memory_zero(1, sizeof(*j));
	j->job.ops = &lag_job_ops;
	j->job.owner = l;
	l->asked = true;
	l->asked_at = clock_mono();
	worker_ask(p->session->worker, &j->job);
	return true;
}

static const char *lag_or(const char *text)
{
	return text ? text : "(none)";
}

/* A set of transactions can fill pages: its beginning tells whose they are, and status tells it whole. Blanks behind its commas,
 * for it to wrap there. */
static void lag_gtids(struct lag *l, const char *gtids)
{
	struct buffer b = {0};
	int left = 0;
	for (const char *part = gtids; *part;) {
		size_t n = strcspn(part, ",");
		if (b.len && b.len + n > LAG_GTIDS)
			left++;
		else
			buffer_format(&b, "%s%.*s%s", b.len ? ", " : "", (int)(n < LAG_GTIDS ? n : LAG_GTIDS), part,
				      n < LAG_GTIDS ? "" : " ...");
		part += n + (part[n] == ',');
	}
	if (left)
		buffer_format(&b, " and %d more, see tellerdesk status", left);
	lines_pair(&l->lines, LAG_LABEL, "Transactions", ROLE_TEXT, "%s", buffer_text(&b));
	buffer_done(&b);
}

static void lag_details(struct lag *l, const struct status_source *s, const struct freshness *f)
{
	struct detail_line lines[DETAIL_LINES];
	int count = detail_lines(s, f, l->base.session->zone, &l->lines.arena, lines);
	for (int i = 0; i < count; i++)
		lines_pair(&l->lines, LAG_LABEL, lines[i].label, lines[i].warn ? ROLE_WARN : ROLE_TEXT, "%s", lines[i].text);
}

static void lag_sources(struct lag *l, const struct status_answer *a)
{
	const struct zone *zone = l->base.session->zone;
	for (int i = 0; i < a->source_count; i++) {
		const struct status_source *s = &a->sources[i];
		bool bad = s->error != NULL;
		lines_pair(&l->lines, LAG_LABEL, "Source", ROLE_NAME, "%s", s->url ? s->url : s->id);
		lines_pair(&l->lines, LAG_LABEL, "State", bad ? ROLE_WARN : ROLE_TEXT, "%s", lag_or(s->state));
		if (bad)
			lines_pair(&l->lines, LAG_LABEL, "Last error", ROLE_WARN, "%s", s->error);
		if (s->hint)
			lines_pair(&l->lines, LAG_LABEL, "What helps", ROLE_WARN, "%s", s->hint);
		lines_pair(&l->lines, LAG_LABEL, "Position", ROLE_TEXT, "%s",
			   s->position ? detail_place(s->position, &l->lines.arena) : lag_or(NULL));
		lag_details(l, s, &a->base.freshness);
		if (s->position && detail_gtids(s->position))
			lag_gtids(l, detail_gtids(s->position));
		if (s->last_batch != TIME_NONE)
			lines_pair(&l->lines, LAG_LABEL, "Last batch", ROLE_TEXT, "%s",
				   show_time(&l->lines.arena, s->last_batch, zone));
	}
}

static void lag_progress(struct lag *l, const struct status_answer *a)
{
	struct buffer bar = {0};
	if (!a->copying)
		return;
	chart_bar(&bar, (int64_t)(a->percent * 100), 10000, LAG_BAR, draw_ascii() ? CHART_ASCII : CHART_BLOCKS);
	lines_pair(&l->lines, LAG_LABEL, "First copy", ROLE_LAG, "%s %.0f %%", buffer_text(&bar), a->percent);
	buffer_done(&bar);
	double left = a->percent > 0 && a->rows_per_s > 0
			      ? (double)a->copy_rows * (100 - a->percent) / a->percent / a->rows_per_s
			      : 0;
	char time[MOMENT_SIZE];
	lines_pair(&l->lines, LAG_LABEL, "", ROLE_TEXT, "%s rows, %s a second%s%s",
		   show_count(&l->lines.arena, a->copy_rows), show_count(&l->lines.arena, (int64_t)a->rows_per_s),
		   left > 0 ? ", left about " : "", left > 0 ? duration_short((int64_t)(left * SECOND), time) : "");
}

static void lag_replica(struct lag *l, const struct status_answer *a)
{
	const struct model *m = l->base.session->model;
	struct arena *arena = &l->lines.arena;
	char time[MOMENT_SIZE];
	if (a->base.freshness.complete_to != TIME_NONE)
		lines_pair(&l->lines, LAG_LABEL, "Complete to", ROLE_TEXT, "%s",
			   moment_local(a->base.freshness.complete_to, l->base.session->zone, time));
	lines_pair(&l->lines, LAG_LABEL, "Rate", ROLE_TEXT, "%.1f changes a second", a->rate);
	lines_pair(&l->lines, LAG_LABEL, "Replica", ROLE_TEXT, "%s, %s MiB", lag_or(a->path),
		   show_count(arena, a->bytes / (1024 * 1024)));
	if (a->writer)
		lines_pair(&l->lines, LAG_LABEL, "Written by", ROLE_TEXT, "process %lld", (long long)a->writer);
	else
		lines_pair(&l->lines, LAG_LABEL, "Written by", ROLE_WARN, "nobody: the data grows older");
	for (int i = 0; i < m->entity_count; i++)
		lines_pair(&l->lines, LAG_LABEL, m->entities[i].name, ROLE_TEXT, "%s rows, %s versions",
			   show_count(arena, a->rows[i]),
			   show_count(arena, a->versions[i]));
	for (int i = 0; i < a->base.freshness.incomplete_count; i++)
		lines_pair(&l->lines, LAG_LABEL, "Not copied yet", ROLE_WARN, "%s",
			   m->entities[a->base.freshness.incomplete[i]].name);
	lines_pair(&l->lines, LAG_LABEL, "Registrations", ROLE_TEXT, "%s", show_count(arena, a->registrations));
}

static void lag_troubles(struct lag *l, const struct status_answer *a)
{
	const struct zone *zone = l->base.session->zone;
	struct arena *arena = &l->lines.arena;
	const struct {
		const char *name;
		int64_t count;
	} counts[] = {{"Rejected rows", a->rejected},
		      {"Misfits", a->misfits},
		      {"Anomalies", a->anomalies},
		      {"Gaps", a->gaps}};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		lines_pair(&l->lines, LAG_LABEL, counts[i].name, counts[i].count ? ROLE_WARN : ROLE_TEXT, "%s",
			   show_count(arena, counts[i].count));
	for (int i = 0; i < a->gap_count; i++)
		lines_pair(&l->lines, LAG_LABEL, "Gap", ROLE_WARN, "%s to %s, %s: %s",
			   show_time(arena, a->gap_list[i].from, zone), show_time(arena, a->gap_list[i].to, zone),
			   a->gap_list[i].entity ? a->gap_list[i].entity : "all", lag_or(a->gap_list[i].reason));
	for (int i = 0; i < a->anomaly_count; i++)
		lines_pair(&l->lines, LAG_LABEL, "Anomaly", ROLE_WARN, "%s %s %s: %s",
			   show_time(arena, a->anomaly_list[i].at, zone),
			   a->anomaly_list[i].entity ? a->anomaly_list[i].entity : "",
			   a->anomaly_list[i].key ? a->anomaly_list[i].key : "", lag_or(a->anomaly_list[i].reason));
	for (int i = 0; i < a->rejected_count; i++)
		lines_pair(&l->lines, LAG_LABEL, "Rejected", ROLE_WARN, "%s %s: %s",
			   show_time(arena, a->rejected_list[i].at, zone),
			   a->rejected_list[i].position ? a->rejected_list[i].position : "",
			   lag_or(a->rejected_list[i].reason));
}

static void lag_take(struct pane *p, struct job *job)
{
	struct lag *l = (struct lag *)p;
	struct lag_job *j = (struct lag_job *)job;
	l->asked = false;
	p->loaded_at = clock_mono();
	p->cost = p->loaded_at - l->asked_at;
	if (job->good) {
		age_set(&p->session->age, &j->answer.base.freshness, clock_now());
		lines_clear(&l->lines);
		lag_sources(l, &j->answer);
		lag_progress(l, &j->answer);
		lag_replica(l, &j->answer);
		lag_troubles(l, &j->answer);
		l->shown = true;
	} else if (job->error.code != ERROR_CANCELLED) {
		session_fail(p->session, &job->error);
	}
	job_free(job);
	if (l->again) {
		l->again = false;
		p->stale = true;
	}
}

static void lag_draw(struct pane *p, struct area area)
{
	struct lag *l = (struct lag *)p;
	if (l->shown)
		lines_draw(&l->lines, area);
	else
		draw_format(area.y, area.x + 1, area.w - 2, ROLE_DIM, "Reading ...");
}

static enum reaction lag_act(struct pane *p, enum action a)
{
	return lines_act(&((struct lag *)p)->lines, a) ? REACT_DONE : REACT_IGNORED;
}

/* Once a second, as the status is written; counting millions of rows takes no more than a tenth of the time. */
static int64_t lag_due(const struct pane *p)
{
	if (p->loaded_at == TIME_NONE || ((const struct lag *)p)->asked)
		return TIME_NONE;
	return p->loaded_at + (p->cost * LAG_SHARE > LAG_AGAIN ? p->cost * LAG_SHARE : LAG_AGAIN);
}

static void lag_wake(struct pane *p)
{
	p->stale = true;
}

static void lag_stop(struct pane *p)
{
	lines_done(&((struct lag *)p)->lines);
}

static const enum action lag_actions[] = {ACTION_NONE};

const struct pane_ops lag_pane = {
	.code = "LAG",
	.title = "Source",
	.about = "Where the data comes from, up to when it is complete, and what went wrong on the way.\n"
		 "A rejected row is a line of a batch that could not be read; a misfit a value its type cannot hold, "
		 "kept as it "
		 "came; an anomaly a change that did not fit what was held; a gap a time in which changes may be "
		 "missing.",
	.size = sizeof(struct lag),
	.actions = lag_actions,
	.stop = lag_stop,
	.load = lag_load,
	.take = lag_take,
	.draw = lag_draw,
	.act = lag_act,
	.due = lag_due,
	.wake = lag_wake,
};
