/* lag: where the data comes from, how far it has come, and what went wrong on the way. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "ui/kit/layout.h"
#include "ui/panes/lag.h"
#include "ui/session.h"
#include "ui/worker.h"

#define LAG_AGAIN SECOND

enum { LAG_SHARE = 10 };

struct lag_job {
	struct job job;
	struct status_answer answer;
	int64_t free, took;
};

/* ---- the question ---- */

static int64_t lag_free(const char *path)
{
	struct statvfs v;
	if (!path || statvfs(path, &v) != 0)
		return -1;
	return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

static bool lag_job_run(struct job *job, struct query *q, struct error *err)
{
	struct lag_job *j = (struct lag_job *)job;
	int64_t start = clock_mono();
	bool good = query_status(q, &j->answer, err);
	j->free = good ? lag_free(j->answer.path) : -1;
	j->took = clock_mono() - start;
	return good;
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
	worker_ask(p->session->worker, &j->job);
	return true;
}

static void lag_take(struct pane *p, struct job *job)
{
	struct lag *l = (struct lag *)p;
	struct lag_job *j = (struct lag_job *)job;
	l->asked = false;
	p->loaded_at = clock_mono();
	p->cost = j->took;
	if (job->good) {
		age_set(&p->session->age, &j->answer.base.freshness, clock_now());
		answer_done(&l->status.base);
		l->status = j->answer;
		j->answer = (struct status_answer){0};
		l->free = j->free;
		l->shown = true;
		lag_say(l);
		lag_lists_sync(l);
	} else if (job->error.code != ERROR_CANCELLED) {
		session_fail(p->session, &job->error);
	}
	job_free(job);
	if (l->again) {
		l->again = false;
		p->stale = true;
	}
}

/* ---- painting ---- */

/* " Source  Gaps 2  Anomalies 0 ...": those from `first` on, the one that is shown marked. */
static void lag_tabs(const struct lag *l, enum lag_view first, enum lag_view on, struct area area)
{
	char count[FIGURES_SIZE];
	int x = area.x + 1;
	for (enum lag_view v = first; v < LAG_VIEWS; v++) {
		enum role role = v == on ? ROLE_TAB_ON : ROLE_TAB;
		struct buffer text = {0};
		buffer_format(&text, v == LAG_SOURCE ? "%s%s" : "%s %s", lag_view_title(v),
			      v == LAG_SOURCE ? "" : figures_count(lag_count(l, v), count));
		int cells = (int)text_width(text.data, text.len), room = area.x + area.w - x;
		draw_text(area.y, x, cells < room ? cells : room, role, text.data, text.len);
		x += cells + 2;
		buffer_done(&text);
	}
}

static void lag_draw_beside(struct lag *l, const struct layout *at)
{
	struct area list = at->part[1];
	lines_draw(&l->source, at->part[0]);
	lag_tabs(l, LAG_GAPS, lag_list(l), list);
	list.y++, list.h--;
	lag_draw_list(l, lag_list(l), list);
}

static void lag_draw(struct pane *p, struct area area)
{
	struct lag *l = (struct lag *)p;
	struct layout at;
	for (enum lag_view v = LAG_GAPS; v < LAG_VIEWS; v++)
		l->lists[v].y = -1;
	if (!l->shown) {
		draw_format(area.y, area.x + 1, area.w - 2, ROLE_DIM, "%s", _("Reading ..."));
		return;
	}
	layout_make(LAYOUT_LAG, area, p->session->accessible, &at);
	l->beside = at.part[1].h > 0;
	if (l->beside) {
		lag_draw_beside(l, &at);
		return;
	}
	lag_tabs(l, LAG_SOURCE, l->view, area);
	area.y++, area.h--;
	if (l->view == LAG_SOURCE)
		lines_draw(&l->source, area);
	else
		lag_draw_list(l, l->view, area);
}

static struct grid *lag_grid(struct pane *p)
{
	struct lag *l = (struct lag *)p;
	return l->view == LAG_SOURCE || l->opened ? NULL : &l->lists[l->view];
}

static void lag_place(struct pane *p, struct buffer *out)
{
	struct lag *l = (struct lag *)p;
	const struct grid *g = lag_grid(p);
	char at[FIGURES_SIZE], of[FIGURES_SIZE];
	if (g && g->count)
		buffer_format(out, _("%s of %s"), figures_count(g->selected + 1, at),
			      figures_count(lag_count(l, l->view), of));
	else if (l->view == LAG_SOURCE && l->source.total > l->source.shown && l->shown)
		buffer_format(out, _("lines %d-%d of %d"), l->source.top + 1, l->source.top + l->source.shown,
			      l->source.total);
}

/* ---- keys ---- */

static enum reaction lag_turn(struct lag *l, int step)
{
	l->opened = false;
	l->view = (l->view + LAG_VIEWS + (unsigned)step) % LAG_VIEWS;
	return REACT_DONE;
}

static enum reaction lag_open(struct lag *l)
{
	if (l->view == LAG_SOURCE || l->opened || !l->lists[l->view].count)
		return REACT_DONE;
	lag_record(l);
	l->opened = true;
	return REACT_DONE;
}

static enum reaction lag_back(struct lag *l)
{
	if (l->opened)
		l->opened = false;
	else if (l->view != LAG_SOURCE && !l->beside)
		l->view = LAG_SOURCE;
	else
		return REACT_IGNORED;
	return REACT_DONE;
}

static enum reaction lag_act(struct pane *p, enum action a)
{
	struct lag *l = (struct lag *)p;
	switch (a) {
	case ACTION_VIEW:
	case ACTION_NEXT_FIELD:
		return lag_turn(l, 1);
	case ACTION_PREVIOUS_FIELD:
		return lag_turn(l, -1);
	case ACTION_OPEN:
		return lag_open(l);
	case ACTION_BACK:
		return lag_back(l);
	default:
		break;
	}
	if (l->opened)
		return lines_act(&l->record, a) ? REACT_DONE : REACT_IGNORED;
	if (l->view == LAG_SOURCE)
		return lines_act(&l->source, a) ? REACT_DONE : REACT_IGNORED;
	return REACT_IGNORED;
}

/* ---- life ---- */

static void lag_start(struct pane *p, const char *argument)
{
	struct lag *l = (struct lag *)p;
	(void)argument;
	if (!l->lists[LAG_GAPS].ops)
		lag_lists_init(l);
}

static void lag_mark(const struct pane *p, struct buffer *out)
{
	const struct lag *l = (const struct lag *)p;
	const struct grid *g = &l->lists[l->view];
	bool keyed = l->view != LAG_SOURCE && g->key && !strpbrk(g->key, "\r\n");
	buffer_format(out, "%d %s", l->view, keyed ? g->key : "");
}

static void lag_recall(struct pane *p, const char *mark)
{
	struct lag *l = (struct lag *)p;
	int view = mark[0] - '0';
	if (view < LAG_SOURCE || view >= LAG_VIEWS)
		return;
	l->view = (enum lag_view)view;
	l->opened = false;
	if (view != LAG_SOURCE && mark[1] == ' ' && mark[2]) {
		free(l->lists[view].key);
		l->lists[view].key = memory_text(mark + 2);
	}
}

/* Once a second, as the status is written; counting millions of rows takes no more than a tenth of the time. Who
 * listens to the screen is told by the word in its corner, and reads again when it suits. */
static int64_t lag_due(const struct pane *p)
{
	if (p->loaded_at == TIME_NONE || ((const struct lag *)p)->asked || p->session->accessible)
		return TIME_NONE;
	return p->loaded_at + (p->cost * LAG_SHARE > LAG_AGAIN ? p->cost * LAG_SHARE : LAG_AGAIN);
}

static void lag_wake(struct pane *p)
{
	p->stale = true;
}

static void lag_stop(struct pane *p)
{
	struct lag *l = (struct lag *)p;
	lines_done(&l->source);
	lines_done(&l->record);
	buffer_done(&l->told);
	for (enum lag_view v = LAG_GAPS; v < LAG_VIEWS; v++)
		grid_done(&l->lists[v]);
	answer_done(&l->status.base);
}

static const enum action lag_actions[] = {ACTION_MORE, ACTION_VIEW, ACTION_NONE};

const struct pane_ops lag_pane = {
	.code = "LAG",
	.title = N_("Source"),
	.about = N_("Where the data comes from, up to when it is complete, and what went wrong on the way. The word on "
		    "the first "
		    "line is the one in the corner of every screen; beside it stands what it means.\n"
		    "Tab or v goes from the source to the gaps, the anomalies and the rejected rows; Enter shows one "
		    "of them whole.\n"
		    "A gap is a time in which changes may be missing; an anomaly a change that did not fit what was "
		    "held; a "
		    "rejected row a line of a batch that could not be read; a misfit a value its type cannot hold, "
		    "kept as it "
		    "came."),
	.size = sizeof(struct lag),
	.actions = lag_actions,
	.start = lag_start,
	.stop = lag_stop,
	.load = lag_load,
	.take = lag_take,
	.draw = lag_draw,
	.place = lag_place,
	.act = lag_act,
	.grid = lag_grid,
	.mark = lag_mark,
	.recall = lag_recall,
	.due = lag_due,
	.wake = lag_wake,
};
