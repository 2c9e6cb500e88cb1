/* The STOR screen: registrations per store, as they happen.
 *
 * Everything is counted once, by the worker, and again whenever a window, a bar or a minute begins. In
 * between each commit is answered by what the last minutes hold, which takes well under a millisecond: a
 * registration is on the screen within a frame, however many there are in all.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/zone.h"
#include "ingest/board.h"
#include "ui/kit/layout.h"
#include "ui/panes/stores.h"
#include "ui/session.h"
#include "ui/worker.h"

#define STORES_SETTLE SECOND           /* what is over by the clock is soon whole */
#define STORES_LEAST  (SECOND / 20)    /* between two counts */
#define STORES_CLOCKS (36 * HOUR)      /* up to there a clock time says which moment is meant */

enum {
	STORES_CHART = 8,       /* rows: title, four of bars, axis, times, legend */
	STORES_CHART_HIGH = 20, /* at most */
	STORES_SAY = 3,         /* rows of the sentences in place of a chart */
	STORES_BARS = 200,      /* counted at least */
	STORES_SHARE = 10,      /* counting takes no more than a tenth of the time */
};

struct stores_job {
	struct job job;
	bool anew;
	struct tally tally;           /* anew */
	struct recent_request recent; /* else */
	struct recent_answer added;
	int64_t now;
	struct stores_drill drill; /* store NULL: none is shown */
	int64_t took;
};

enum chart_style stores_style(const struct stores *s)
{
	return draw_ascii() ? CHART_ASCII : s->base.session->charts;
}

struct duration stores_slide(const struct stores *s)
{
	return windows_slide(&s->window, s->share);
}

const char *stores_moment(const struct stores *s, int64_t at, int64_t span, char out[FIGURES_SIZE])
{
	struct civil c;
	if (span > STORES_CLOCKS)
		return figures_date(at, s->zone, out);
	zone_civil(s->zone, at, &c);
	snprintf(out, FIGURES_SIZE, "%02d:%02d", c.hour, c.minute);
	return out;
}

/* ---- the questions ---- */

void stores_anew(struct stores *s)
{
	s->anew = true;
	s->anew_at = 0;
}

static bool stores_job_run(struct job *job, struct query *q, struct error *err)
{
	struct stores_job *j = (struct stores_job *)job;
	int64_t start = clock_mono();
	bool good = j->anew ? tally_count(&j->tally, q, err) : query_recent(q, &j->recent, &j->added, err);
	good = good && (!j->drill.store || stores_drill_read(q, &j->drill, j->tally.zone, j->now, err));
	j->took = clock_mono() - start;
	return good;
}

static void stores_job_free(struct job *job)
{
	struct stores_job *j = (struct stores_job *)job;
	tally_done(&j->tally);
	answer_done(&j->added.base);
	answer_done(&j->drill.registrations.base);
	answer_done(&j->drill.days.base);
	free(j->drill.store);
	free(j);
}

static const struct job_ops stores_job_ops = {.run = stores_job_run, .free = stores_job_free};

static int64_t stores_now(const struct stores *s)
{
	int64_t now = age_source_now(&s->base.session->age, clock_now());
	/* The source's clock is measured again and again: by that alone nothing begins anew. */
	return s->counted && now < s->tally.now && s->tally.now - now < MINUTE ? s->tally.now : now;
}

static void stores_ask(struct stores *s)
{
	if (s->asked) {
		s->again = true;
		return;
	}
	if (s->anew && clock_mono() < s->anew_at) {
		s->due_at = s->anew_at;
		return;
	}
	struct stores_job *j = memory_zero(1, sizeof(*j));
	j->job.ops = &stores_job_ops;
	j->job.owner = s;
	j->now = stores_now(s);
	j->anew = s->anew || !s->counted || j->now >= s->tally.until;
	j->tally = (struct tally){.window = s->window, .slide = stores_slide(s), .zone = s->zone, .now = j->now,
				  .silence = s->base.session->silent, .bar_count = STORES_BARS};
	if (s->width > STORES_BARS)
		j->tally.bar_count = s->width < TALLY_BARS ? s->width : TALLY_BARS;
	if (!j->anew)
		j->recent = tally_recent(&s->tally, j->now);
	j->drill.store = memory_text(s->drill.store);
	j->drill.limit = s->drill.limit;
	s->asked = true;
	s->anew = false;
	worker_ask(s->base.session->worker, &j->job);
}

/* ---- the answers ---- */

static void stores_take_all(struct stores *s, struct stores_job *j)
{
	age_set(&s->base.session->age, &j->tally.answer.base.freshness, clock_now());
	tally_done(&s->tally);
	s->tally = j->tally;
	j->tally = (struct tally){0};
	s->counted_at = clock_mono();
	s->counting = j->took;
	s->counted = true;
}

static void stores_take_counts(struct stores *s, struct stores_job *j)
{
	if (j->anew) {
		stores_take_all(s, j);
	} else {
		age_set(&s->base.session->age, &j->added.base.freshness, clock_now());
		if (!tally_add(&s->tally, &j->added, j->now) && !s->anew) {
			/* Much has come late: a first copy, for one. All is counted again, in no more than its share of the time. */
			s->anew = true;
			s->anew_at = s->counted_at + s->counting * STORES_SHARE;
		}
	}
	stores_list(s);
	stores_numbers_sync(s);
}

static void stores_take(struct pane *p, struct job *job)
{
	struct stores *s = (struct stores *)p;
	struct stores_job *j = (struct stores_job *)job;
	int64_t now = clock_mono();
	bool again = s->again;
	s->asked = s->again = false;
	p->loaded_at = now;
	p->cost = j->anew ? 0 : j->took; /* a full count is asked once a minute: it holds nothing up */
	if (!job->good) {
		if (job->error.code != ERROR_CANCELLED)
			session_fail(p->session, &job->error);
	} else {
		stores_take_counts(s, j);
		if (j->drill.store && s->drill.store && strcmp(j->drill.store, s->drill.store) == 0)
			stores_drill_take(s, &j->drill);
	}
	job_free(job);
	int64_t until = s->counted ? s->tally.until - stores_now(s) : MINUTE;
	if (s->counted && until > STORES_SETTLE && p->session->age.fresh.state <= FRESH_STALE && tally_settling(&s->tally))
		until = STORES_SETTLE;
	s->due_at = now + (until > STORES_LEAST ? until : STORES_LEAST);
	if (again || (s->anew && !s->asked))
		stores_ask(s);
}

/* ---- painting ---- */

/* The table gives up what it does not need. */
static void stores_share(struct stores *s, struct layout *l)
{
	int all = l->part[1].y + l->part[1].h - l->part[0].y;
	int chart = all - (s->row_count + 1) - 1;
	chart = chart > STORES_CHART_HIGH ? STORES_CHART_HIGH : chart < STORES_CHART ? STORES_CHART : chart;
	layout_lower(l, s->base.session->accessible ? STORES_SAY : chart);
}

static void stores_draw_parts(struct stores *s, struct area area)
{
	struct layout l;
	layout_make(LAYOUT_STORES, area, s->base.session->accessible, &l);
	if (l.form == FORM_STACKED)
		stores_share(s, &l);
	stores_draw_table(s, l.part[0]);
	if (l.part[1].h)
		stores_draw_all(s, l.part[1]);
	int row = grid_row(&s->grid);
	if (!l.part[2].h || row < 0)
		return;
	const struct tally_line *line = stores_line(s, row);
	draw_format(l.part[2].y, l.part[2].x + 1, l.part[2].w - 2, ROLE_NAME, "%s %s", line->id ? line->id : _("(none)"),
		    line->name ? line->name : "");
	l.part[2].y++, l.part[2].h--;
	stores_draw_store(s, s->rows[row], l.part[2]);
}

static void stores_draw(struct pane *p, struct area area)
{
	struct stores *s = (struct stores *)p;
	s->silent_y = -1;
	s->width = area.w;
	s->grid.y = s->numbers.y = s->drill.grid.y = -1;
	if (!s->counted) {
		draw_format(area.y + 1, area.x + 1, area.w - 2, ROLE_DIM, "%s", _("Counting ..."));
		return;
	}
	if (s->drill.store) {
		stores_draw_drill(s, area);
		return;
	}
	area.h--;
	stores_draw_silent(s, (struct area){area.y + area.h, area.x, 1, area.w});
	switch (s->view) {
	case VIEW_TABLE:
		stores_draw_table(s, area);
		break;
	case VIEW_CHART:
		stores_draw_all(s, area);
		break;
	case VIEW_NUMBERS:
		stores_draw_numbers(s, area);
		break;
	default:
		stores_draw_parts(s, area);
		break;
	}
}

/* What must be seen stands first: the line is cut at its end. */
static void stores_head(struct pane *p, struct buffer *out)
{
	const struct stores *s = (const struct stores *)p;
	struct duration slide = stores_slide(s);
	char text[MOMENT_SIZE];
	if (s->drill.store)
		buffer_format(out, _("Store ==> %s  "), s->drill.store[0] ? s->drill.store : _("(none)"));
	buffer_format(out, _("Window ==> %s"), duration_text(&s->window, text));
	if (slide.micro != s->window.micro)
		buffer_format(out, _("  slide %s"), duration_text(&slide, text));
	if (p->held) {
		struct civil c;
		zone_civil(p->session->zone, s->held_since, &c);
		buffer_format(out, _("  HELD since %02d:%02d:%02d"), c.hour, c.minute, c.second);
	}
	if (s->filter && !s->drill.store)
		buffer_format(out, _("  only \"%s\""), s->filter);
	if (s->silent_only && !s->drill.store)
		buffer_format(out, "  %s", _("silent only"));
	buffer_format(out, _("  zone %s"), zone_name(s->zone));
	if (!s->drill.store)
		buffer_format(out, s->reverse ? _("  order: %s, reversed") : _("  order: %s"), stores_order_word(s->order));
}

static struct grid *stores_grid(struct pane *p)
{
	struct stores *s = (struct stores *)p;
	if (s->view == VIEW_NUMBERS)
		return &s->numbers;
	return s->drill.store ? &s->drill.grid : &s->grid;
}

static void stores_place(struct pane *p, struct buffer *out)
{
	struct stores *s = (struct stores *)p;
	struct grid *g = stores_grid(p);
	char at[FIGURES_SIZE], of[FIGURES_SIZE], all[FIGURES_SIZE];
	int64_t total = g == &s->drill.grid ? s->drill.registrations.total : g->count;
	if (!g->count)
		return;
	figures_count(g->selected + 1, at);
	figures_count(total, of);
	if (g == &s->grid && s->row_count < s->tally.count)
		buffer_format(out, _("%s of %s (%s in all)"), at, of, figures_count(s->tally.count, all));
	else
		buffer_format(out, _("%s of %s"), at, of);
}

static bool stores_cursor(struct pane *p, int *y, int *x)
{
	struct stores *s = (struct stores *)p;
	if (!s->on_silent || s->silent_y < 0)
		return false;
	*y = s->silent_y;
	*x = 0;
	return true;
}

/* ---- life ---- */

static void stores_start(struct pane *p, const char *argument)
{
	struct stores *s = (struct stores *)p;
	if (!s->grid.ops) {
		s->window = (struct duration){.micro = 15 * MINUTE};
		s->share = 1;
		s->due_at = TIME_NONE;
		s->zone = p->session->zone;
		stores_table_init(s);
		stores_numbers_init(s);
		stores_drill_init(s);
	}
	stores_argument(s, argument);
}

static bool stores_load(struct pane *p, struct error *err)
{
	struct stores *s = (struct stores *)p;
	(void)err;
	/* While it is held nothing moves, wherever the user has been meanwhile: only what is asked for anew is read. */
	if (!p->held || s->anew || !s->counted || (s->drill.store && !s->drill.read))
		stores_ask(s);
	return true;
}

static int64_t stores_due(const struct pane *p)
{
	const struct stores *s = (const struct stores *)p;
	return !s->counted || s->asked || p->held ? TIME_NONE : s->due_at;
}

static void stores_wake(struct pane *p)
{
	stores_ask((struct stores *)p);
}

static void stores_stop(struct pane *p)
{
	struct stores *s = (struct stores *)p;
	stores_drill_close(s);
	tally_done(&s->tally);
	buffer_done(&s->text);
	buffer_done(&s->title);
	free(s->filter);
	free(s->rows);
	grid_done(&s->grid);
	grid_done(&s->numbers);
	grid_done(&s->drill.grid);
}

/* ---- keys ---- */

static void stores_filter(struct pane *p, const char *text)
{
	struct stores *s = (struct stores *)p;
	char *kept = text && text[0] ? memory_text(text) : NULL;
	free(s->filter);
	s->filter = kept;
	stores_list(s);
}

static const char *stores_filtered(const struct pane *p)
{
	return ((const struct stores *)p)->filter;
}

static enum reaction stores_ask_user(struct stores *s, enum stores_asking what)
{
	s->asking = what;
	if (what == ASKING_ZONE)
		pane_ask(&s->base, _("Zone ==>"), zone_name(s->zone));
	else
		pane_ask(&s->base, _("Only stores that hold ==>"), s->filter);
	return REACT_DONE;
}

static enum reaction stores_answer_zone(struct stores *s, const char *text)
{
	const struct zone *zone = text[0] ? zone_get(text, NULL) : s->base.session->zone;
	if (!zone) {
		/* The question stays, with what was typed, and says what is wrong with it. */
		snprintf(s->ask, sizeof(s->ask), _("There is no zone \"%.40s\". Zone ==>"), text);
		s->asking = ASKING_ZONE;
		pane_ask(&s->base, s->ask, text);
		return REACT_DONE;
	}
	s->zone = zone;
	stores_anew(s);
	return REACT_LOAD;
}

static enum reaction stores_answer(struct pane *p, const char *text)
{
	struct stores *s = (struct stores *)p;
	enum stores_asking what = s->asking;
	s->asking = ASKING_NOTHING;
	if (what == ASKING_ZONE)
		return stores_answer_zone(s, text);
	if (what == ASKING_FILTER)
		stores_filter(p, text);
	return REACT_DONE;
}

static enum reaction stores_choose_window(struct stores *s, enum action a)
{
	if (a == ACTION_WIDER || a == ACTION_NARROWER) {
		s->window = windows_next(&s->window, a == ACTION_WIDER ? 1 : -1);
	} else if (s->window.days || s->window.months) {
		session_say(s->base.session, ROLE_MESSAGE, "%s", _("Windows of a day or longer do not overlap"));
		return REACT_DONE;
	} else {
		s->share = windows_share(&s->window, s->share);
	}
	stores_anew(s);
	return REACT_LOAD;
}

static enum reaction stores_choose_style(struct stores *s)
{
	static const char *const words[CHART_STYLES] = {N_("Bars of blocks"), N_("Bars of dots, two to a cell"),
							N_("Bars of ASCII characters")};
	struct session *session = s->base.session;
	if (draw_ascii()) {
		session_say(session, ROLE_MESSAGE, "%s", _("This terminal draws ASCII characters only"));
		return REACT_DONE;
	}
	session->charts = (session->charts + 1) % CHART_STYLES;
	session_say(session, ROLE_MESSAGE, "%s", _(words[session->charts]));
	return REACT_DONE;
}

static enum reaction stores_choose_rows(struct stores *s, enum action a)
{
	if (a == ACTION_ORDER)
		s->order = (s->order + 1) % TALLY_ORDERS;
	else if (a == ACTION_REVERSE)
		s->reverse = !s->reverse;
	else
		s->silent_only = !s->silent_only;
	s->on_silent = false;
	stores_list(s);
	return REACT_DONE;
}

static enum reaction stores_hold(struct stores *s)
{
	struct pane *p = &s->base;
	p->held = !p->held;
	s->held_since = clock_now();
	if (p->held)
		return REACT_DONE;
	stores_anew(s);
	return REACT_LOAD;
}

/* Both, then each alone; a chart is nothing to who does not see it. */
static enum reaction stores_choose_view(struct stores *s)
{
	s->view = (s->view + 1) % VIEW_COUNT;
	if (s->view == VIEW_CHART && s->base.session->accessible)
		s->view++;
	s->on_silent = false;
	stores_numbers_sync(s);
	return REACT_DONE;
}

static enum reaction stores_open(struct stores *s)
{
	int row = grid_row(stores_grid(&s->base));
	if (s->on_silent)
		return stores_choose_rows(s, ACTION_SILENT);
	if (row < 0 || s->view == VIEW_NUMBERS || !s->counted)
		return REACT_DONE;
	if (s->drill.store) {
		session_go(s->base.session, "CIF", s->drill.registrations.list[row].cif);
		return REACT_DONE;
	}
	const struct tally_line *l = stores_line(s, row);
	stores_drill_open(s, l->id ? l->id : "");
	return REACT_LOAD;
}

static enum reaction stores_back(struct stores *s)
{
	if (s->view == VIEW_NUMBERS) {
		s->view = VIEW_BOTH;
		return REACT_DONE;
	}
	if (!s->drill.store)
		return REACT_IGNORED;
	stores_drill_close(s);
	return REACT_LOAD;
}

/* Whoever comes to the end of what was read reads on. */
static enum reaction stores_move(struct stores *s, enum action a)
{
	struct grid *g = stores_grid(&s->base);
	if (s->on_silent && a == ACTION_UP) {
		s->on_silent = false;
		return REACT_DONE;
	}
	if (!grid_act(g, a))
		return REACT_IGNORED;
	return g == &s->drill.grid && stores_drill_more(s) ? REACT_LOAD : REACT_DONE;
}

static enum reaction stores_act(struct pane *p, enum action a)
{
	struct stores *s = (struct stores *)p;
	switch (a) {
	case ACTION_OPEN:
		return stores_open(s);
	case ACTION_BACK:
		return stores_back(s);
	case ACTION_VIEW:
		return stores_choose_view(s);
	case ACTION_ORDER:
	case ACTION_REVERSE:
	case ACTION_SILENT:
		return s->drill.store ? REACT_IGNORED : stores_choose_rows(s, a);
	case ACTION_FILTER:
		return s->drill.store ? REACT_IGNORED : stores_ask_user(s, ASKING_FILTER);
	case ACTION_HOLD:
		return stores_hold(s);
	case ACTION_ZONE:
		return stores_ask_user(s, ASKING_ZONE);
	case ACTION_STYLE:
		return stores_choose_style(s);
	case ACTION_WIDER:
	case ACTION_NARROWER:
	case ACTION_SLIDE:
		return stores_choose_window(s, a);
	case ACTION_REREAD:
		stores_anew(s);
		return REACT_LOAD;
	case ACTION_NEXT_FIELD:
	case ACTION_PREVIOUS_FIELD:
		s->on_silent = !s->on_silent && !s->drill.store && s->counted && s->silent_count;
		return REACT_DONE;
	default:
		return stores_move(s, a);
	}
}

static const enum action stores_actions[] = {ACTION_VIEW,   ACTION_WIDER,   ACTION_NARROWER, ACTION_SLIDE,
					     ACTION_ORDER,  ACTION_HOLD,    ACTION_ZONE,     ACTION_FILTER,
					     ACTION_SILENT, ACTION_REVERSE, ACTION_STYLE,    ACTION_NONE};

const struct pane_ops stores_pane = {
	.code = "STOR",
	.title = N_("Stores"),
	.about = N_("Registrations of customers, store by store. now is the running window, beside it the last whole one, "
		    "then the last hour and today. The bars at the end of the row are the store's last windows.\n"
		    "vs avg compares the store's last whole window with the mean of its own whole windows before it, as many "
		    "as are shown: +12 % is an eighth more than usual for this store, whatever the others do.\n"
		    "A window is whole once the replica is complete past its end. One that may still grow is drawn lighter; "
		    "one before the first registration, or in a gap, is drawn as ? and is no zero.\n"
		    "! marks a silent store: it registered before, but nobody for a while.\n"
		    "+ and - change the length of the windows, s makes them overlap, o changes the order and O turns it round, "
		    "z chooses the time zone, in which days begin. & leaves only stores that hold a text, ! only silent ones, p "
		    "holds the screen still, a draws bars otherwise, v shows table, chart, both or the numbers of the bars.\n"
		    "Enter shows one store and its registrations, Enter there the customer.\n"
		    "STOR 15m, STOR 15m/5m: windows, and how far apart they begin. STOR 0142: that store."),
	.size = sizeof(struct stores),
	.topics = BOARD_ROLLUPS,
	.actions = stores_actions,
	.start = stores_start,
	.stop = stores_stop,
	.load = stores_load,
	.take = stores_take,
	.draw = stores_draw,
	.head = stores_head,
	.place = stores_place,
	.act = stores_act,
	.answer = stores_answer,
	.grid = stores_grid,
	.cursor = stores_cursor,
	.mark = stores_mark,
	.recall = stores_recall,
	.filter = stores_filter,
	.filtered = stores_filtered,
	.due = stores_due,
	.wake = stores_wake,
};
