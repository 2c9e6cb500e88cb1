/* stores: registrations per store, as they happen.
 *
 * Three questions make the screen: the last windows of the chosen length, the last
 * two hours by minutes, and today. They are put by the worker, for a day's windows
 * over a year may take longer than a frame.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/zone.h"
#include "ingest/board.h"
#include "replica/query.h"
#include "ui/kit/chart.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/session.h"
#include "ui/panes/datum.h"
#include "ui/panes/show.h"
#include "ui/panes/tally.h"
#include "ui/worker.h"

#define STORES_AGAIN (5 * SECOND) /* windows move on although nobody registers */
#define STORES_DRILL (30 * DAY)

enum {
	STORES_AXIS = 15,
	STORES_LIMIT = 500, /* registrations listed of one store */
	STORES_CHART = 8,   /* lines: title, four of bars, axis, times, legend */
	STORES_COLUMNS = 8,
	STORES_STEPS = 4, /* labels beside the bars */
};

static const char *const stores_windows[] = {"1m", "5m", "15m", "30m", "1h", "1d", "1w", "1mo"};
enum { STORES_WINDOWS = sizeof(stores_windows) / sizeof(stores_windows[0]), STORES_CALENDAR = 5 };

static const char *const stores_orders[TALLY_ORDERS] = {"rate", "store", "name", "today"};

enum stores_view { VIEW_BOTH, VIEW_TABLE, VIEW_CHART, VIEW_COUNT };

struct stores_job {
	struct job job;
	struct tally tally;
	char *store; /* the registrations of this one instead; NULL: the tally */
	struct registrations_answer registrations;
};

struct stores {
	struct pane base;
	int window, slide; /* index of stores_windows; divisor */
	enum tally_order order;
	enum stores_view view;
	const struct zone *zone;
	bool asked, again;
	int64_t asked_at;
	struct stores_job *shown; /* its tally is what is painted; NULL: none yet */
	struct grid grid;
	char *drill; /* the store whose registrations are listed, "" the unknown one; NULL: none */
	struct stores_job *drilled;
	struct grid drill_grid;
	int shown_windows; /* of the line in a row: as many of the last ones as there is room for */
	char cell[64], title[MOMENT_SIZE];
	struct buffer spark;
};

/* ---- the questions ---- */

static bool stores_job_run(struct job *job, struct query *q, struct error *err)
{
	struct stores_job *j = (struct stores_job *)job;
	int64_t now = j->tally.now;
	if (j->store)
		return query_registrations(q, j->store, now - STORES_DRILL, now + DAY, STORES_LIMIT, &j->registrations,
					   err);
	return tally_count(&j->tally, q, err);
}

static void stores_job_free(struct job *job)
{
	struct stores_job *j = (struct stores_job *)job;
	tally_done(&j->tally);
	answer_done(&j->registrations.base);
	free(j->store);
	free(j);
}

static const struct job_ops stores_job_ops = {.run = stores_job_run, .free = stores_job_free};

static void stores_ask(struct stores *s)
{
	if (s->asked) {
		s->again = true;
		return;
	}
	struct stores_job *j = memory_zero(1, sizeof(*j));
	j->job.ops = &stores_job_ops;
	j->job.owner = s;
	j->store = memory_text(s->drill);
	j->tally.now = age_source_now(&s->base.session->age, clock_now());
	j->tally.zone = s->zone;
	duration_parse(stores_windows[s->window], &j->tally.window, NULL);
	j->tally.slide = j->tally.window;
	j->tally.slide.micro /= s->window < STORES_CALENDAR ? s->slide : 1;
	s->asked = true;
	s->asked_at = clock_mono();
	worker_ask(s->base.session->worker, &j->job);
}

/* ---- the answers ---- */

static const char *stores_id(const char *id)
{
	return id ? id : "";
}

static void stores_sort(struct stores *s)
{
	if (!s->shown)
		return;
	tally_sort(&s->shown->tally, s->order);
	grid_sync(&s->grid, s->shown->tally.count);
}

static void stores_take_tally(struct stores *s, struct stores_job *j)
{
	struct stores_job *old = s->shown;
	age_set(&s->base.session->age, &j->tally.today.base.freshness, clock_now());
	s->shown = j;
	stores_sort(s);
	if (old)
		job_free(&old->job);
}

/* The list may have been left, or another one opened, meanwhile. */
static void stores_take_list(struct stores *s, struct stores_job *j)
{
	age_set(&s->base.session->age, &j->registrations.base.freshness, clock_now());
	if (!s->drill || strcmp(s->drill, j->store) != 0) {
		job_free(&j->job);
		return;
	}
	struct stores_job *old = s->drilled;
	s->drilled = j;
	grid_sync(&s->drill_grid, j->registrations.count);
	if (old)
		job_free(&old->job);
}

static void stores_take(struct pane *p, struct job *job)
{
	struct stores *s = (struct stores *)p;
	struct stores_job *j = (struct stores_job *)job;
	bool again = s->again;
	s->asked = s->again = false;
	p->loaded_at = clock_mono();
	p->cost = p->loaded_at - s->asked_at; /* what is asked often must be cheap */
	if (!job->good) {
		if (job->error.code != ERROR_CANCELLED)
			session_fail(p->session, &job->error);
		job_free(job);
	} else if (j->store) {
		stores_take_list(s, j);
	} else {
		stores_take_tally(s, j);
	}
	if (again)
		stores_ask(s);
}

/* What is painted was counted for: it may be older than what was chosen. */
static const char *stores_window(const struct stores *s, char out[MOMENT_SIZE])
{
	return s->shown ? duration_text(&s->shown->tally.window, out) : stores_windows[s->window];
}

/* ---- the table ---- */

static const char *stores_key(void *ctx, int row)
{
	return stores_id(((const struct stores *)ctx)->shown->tally.lines[row].id);
}

static void stores_column(void *ctx, int column, struct grid_column *out)
{
	struct stores *s = ctx;
	static const struct grid_column columns[STORES_COLUMNS] = {
		{.title = "Store", .name = "store"},
		{.title = "Name", .name = "name", .width = 18},
		{.title = "now", .name = "now", .width = 5, .right = true},
		{.title = NULL, .name = "last", .width = 5, .right = true},
		{.title = "1h", .name = "hour", .width = 5, .right = true},
		{.title = "today", .name = "today", .width = 6, .right = true},
		{.title = "vs avg", .name = "vs_average_percent", .width = 8},
		{.title = "", .width = TALLY_WINDOWS},
	};
	*out = columns[column];
	if (column == 3)
		out->title = stores_window(s, s->title);
	if (column == 7)
		out->title = "last windows";
}

static void stores_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct stores *s = ctx;
	const struct tally_line *l = &s->shown->tally.lines[row];
	const int64_t numbers[] = {l->windows[TALLY_WINDOWS - 1], l->windows[TALLY_WINDOWS - 2], l->hour, l->today};
	out->role = l->silent ? ROLE_DIM : ROLE_TEXT;
	out->text = s->cell;
	s->cell[0] = 0;
	if (column == 0) {
		out->text = l->id ? l->id : "(none)";
		out->role = l->id ? ROLE_NAME : ROLE_NONE;
	} else if (column == 1) {
		out->text = l->name ? l->name : "";
	} else if (column < 6) {
		snprintf(s->cell, sizeof(s->cell), "%lld", (long long)numbers[column - 2]);
	} else if (column == 6) {
		if (l->percent != INT32_MAX)
			snprintf(s->cell, sizeof(s->cell), "%+4d %%%s", l->percent, l->silent ? " !" : "");
		else if (l->silent)
			snprintf(s->cell, sizeof(s->cell), "       !");
		if (l->silent)
			out->role = ROLE_WARN;
	} else {
		buffer_clear(&s->spark);
		chart_spark(&s->spark, l->windows + TALLY_WINDOWS - s->shown_windows, s->shown_windows, 0,
			    draw_ascii());
		out->text = buffer_text(&s->spark);
		out->role = ROLE_BAR;
	}
	out->len = strlen(out->text);
}

static void stores_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct stores *s = ctx;
	const struct tally_line *l = &s->shown->tally.lines[row];
	const int64_t numbers[] = {l->windows[TALLY_WINDOWS - 1], l->windows[TALLY_WINDOWS - 2], l->hour, l->today,
				   l->percent};
	*out = (struct grid_datum){0};
	if (column < 2)
		datum_text(out, column ? l->name : l->id);
	else if (column < 6 || (column == 6 && l->percent != INT32_MAX))
		datum_number(out, &s->spark, numbers[column - 2]);
}

static const struct grid_ops stores_grid_ops = {
	.key = stores_key, .column = stores_column, .cell = stores_cell, .datum = stores_datum};

/* ---- one store's registrations ---- */

static const char *drill_key(void *ctx, int row)
{
	return ((const struct stores *)ctx)->drilled->registrations.list[row].cif;
}

static void drill_column(void *ctx, int column, struct grid_column *out)
{
	static const struct grid_column columns[] = {{.title = "Registered", .name = "registered", .width = 16},
						     {.title = "CIF", .name = "cif"},
						     {.title = "Name", .name = "name"}};
	const struct stores *s = ctx;
	*out = columns[column];
	out->pii = column == 2 && datum_name_pii(s->base.session->model);
}

static void drill_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct stores *s = ctx;
	const struct registration *r = &s->drilled->registrations.list[row];
	char when[MOMENT_SIZE];
	out->role = column == 1 ? ROLE_NAME : ROLE_TEXT;
	out->text = column == 1 ? r->cif : r->name;
	if (column == 0) {
		snprintf(s->cell, sizeof(s->cell), "%s",
			 r->at == TIME_NONE ? "(unknown)" : moment_minute(r->at, s->zone, when));
		out->text = s->cell;
	} else if (column == 2 && !r->name) {
		out->text = "(no longer a customer)";
		out->role = ROLE_NONE;
	}
	out->len = strlen(out->text);
}

static void drill_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct stores *s = ctx;
	const struct registration *r = &s->drilled->registrations.list[row];
	if (column == 0)
		datum_time(out, &s->spark, r->at);
	else
		datum_text(out, column == 1 ? r->cif : r->name);
}

static const struct grid_ops drill_grid_ops = {
	.key = drill_key, .column = drill_column, .cell = drill_cell, .datum = drill_datum};

/* ---- painting ---- */

static void stores_times(const struct stores *s, struct area area, int shown)
{
	int64_t last = s->shown->tally.now - s->shown->tally.now % MINUTE;
	for (int i = 0; i + 5 <= shown; i += STORES_AXIS) {
		struct civil c;
		zone_civil(s->zone, last - (shown - 1 - i) * MINUTE, &c);
		draw_format(area.y, area.x + 6 + i, 5, ROLE_DIM, "%02d:%02d", c.hour, c.minute);
	}
}

static void stores_chart(const struct stores *s, struct area area)
{
	struct buffer text = {0};
	int shown = area.w - 8 < TALLY_MINUTES ? area.w - 8 : TALLY_MINUTES;
	if (shown > 4 * STORES_AXIS && shown < TALLY_MINUTES)
		shown -= shown % STORES_AXIS;
	const int64_t *values = s->shown->tally.minutes + TALLY_MINUTES - shown;
	int64_t peak = 0, sum = 0;
	for (int i = 0; i < shown; i++) {
		peak = values[i] > peak ? values[i] : peak;
		sum += i < shown - 1 ? values[i] : 0;
	}
	/* Four labelled steps, however many rows each of them takes. */
	int step = (area.h - 4) / STORES_STEPS > 0 ? (area.h - 4) / STORES_STEPS : 1;
	struct chart c = {values, shown, shown - 1, chart_top(peak, STORES_STEPS), step * STORES_STEPS, draw_ascii()};
	draw_format(area.y, area.x + 1, area.w - 2, ROLE_TITLE,
		    "All stores, registrations per minute, last %d min   peak %lld   mean %.1f", shown, (long long)peak,
		    shown > 1 ? (double)sum / (shown - 1) : 0.0);
	for (int i = 0; i < c.height; i++) {
		int y = area.y + 1 + i;
		buffer_clear(&text);
		chart_row(&text, &c, i);
		if (i % step == 0)
			draw_format(y, area.x, 6, ROLE_DIM, "%4lld |",
				    (long long)(c.top / STORES_STEPS * (STORES_STEPS - i / step)));
		else
			draw_format(y, area.x, 6, ROLE_DIM, "     |");
		draw_text(y, area.x + 6, shown, ROLE_BAR, buffer_text(&text), text.len);
	}
	buffer_clear(&text);
	chart_axis(&text, shown, STORES_AXIS, draw_ascii());
	int axis = area.y + 1 + c.height;
	draw_format(axis, area.x, 6, ROLE_DIM, "   0 +");
	draw_text(axis, area.x + 6, shown, ROLE_DIM, buffer_text(&text), text.len);
	stores_times(s, (struct area){axis + 1, area.x, 1, area.w}, shown);
	draw_format(axis + 2, area.x + 1, area.w - 2, ROLE_DIM, "%s a whole minute   %s the running one",
		    draw_ascii() ? "#" : "█", draw_ascii() ? ":" : "░");
	buffer_done(&text);
}

static void stores_silent(const struct stores *s, struct area area)
{
	struct buffer text = {0};
	char since[MOMENT_SIZE];
	int silent = 0;
	for (int i = 0; i < s->shown->tally.count; i++) {
		if (!s->shown->tally.lines[i].silent)
			continue;
		silent++;
		if (text.len < (size_t)area.w)
			buffer_format(&text, " %s",
				      s->shown->tally.lines[i].id ? s->shown->tally.lines[i].id : "(none)");
	}
	if (silent) {
		struct buffer line = {0};
		buffer_format(&line, "%d store%s silent for over %s:", silent, silent == 1 ? "" : "s",
			      duration_short(s->base.session->silent, since));
		buffer_add(&line, text.data, text.len);
		draw_text(area.y, area.x + 1, area.w - 2, ROLE_WARN, line.data, line.len);
		buffer_done(&line);
	} else {
		draw_format(area.y, area.x + 1, area.w - 2, ROLE_DIM, "No store is silent");
	}
	buffer_done(&text);
}

static void stores_draw_drill(struct stores *s, struct area area)
{
	draw_format(area.y, area.x + 1, area.w - 2, ROLE_TITLE, "Registrations of store %s in the last 30 days",
		    s->drill[0] ? s->drill : "(none)");
	area.y++, area.h--;
	if (s->drilled && s->drilled->registrations.count == STORES_LIMIT)
		draw_format(area.y + --area.h, area.x + 1, area.w - 2, ROLE_DIM, "the newest %d only", STORES_LIMIT);
	if (!s->drilled)
		draw_format(area.y, area.x + 1, area.w - 2, ROLE_DIM, "Reading ...");
	else if (!s->drilled->registrations.count)
		draw_format(area.y, area.x + 1, area.w - 2, ROLE_NONE, "none");
	else
		grid_draw(&s->drill_grid, area);
}

/* Were the line cut like a text, it would lose its newest windows. */
static void stores_fit(struct stores *s, int width)
{
	int room = width - 2;
	for (int c = 0; c < STORES_COLUMNS - 1; c++)
		room -= s->grid.widths[c] + 2;
	s->shown_windows = room < 1 ? 1 : room > TALLY_WINDOWS ? TALLY_WINDOWS : room;
	s->grid.widths[STORES_COLUMNS - 1] = s->shown_windows;
}

static void stores_draw(struct pane *p, struct area area)
{
	struct stores *s = (struct stores *)p;
	if (s->drill) {
		stores_draw_drill(s, area);
		return;
	}
	if (!s->shown) {
		draw_format(area.y + 1, area.x + 1, area.w - 2, ROLE_DIM, "Counting ...");
		return;
	}
	struct area silent = {area.y + area.h - 1, area.x, 1, area.w};
	area.h--;
	stores_silent(s, silent);
	if (s->view == VIEW_CHART && area.h >= STORES_CHART) {
		stores_chart(s, area);
		return;
	}
	bool both = s->view == VIEW_BOTH && area.h >= STORES_CHART + 5;
	struct area table = area;
	if (both) {
		/* The table gives up what it does not need. */
		int chart = area.h - (s->shown->tally.count + 1);
		int most = area.h > 24 ? 14 : STORES_CHART;
		chart = chart > most ? most : chart < STORES_CHART ? STORES_CHART : chart;
		table.h -= chart;
		stores_chart(s, (struct area){area.y + table.h, area.x, chart, area.w});
	}
	stores_fit(s, table.w);
	if (s->shown->tally.count)
		grid_draw(&s->grid, table);
	else
		draw_format(table.y + 1, table.x + 1, table.w - 2, ROLE_NONE, "no store is known yet");
}

static void stores_head(struct pane *p, struct buffer *out)
{
	const struct stores *s = (const struct stores *)p;
	const struct duration *slide = s->shown ? &s->shown->tally.slide : NULL;
	char text[MOMENT_SIZE];
	buffer_format(out, "Window ==> %s", stores_windows[s->window]);
	if (slide && slide->micro && s->window < STORES_CALENDAR)
		buffer_format(out, "  slide %s", duration_text(&(struct duration){.micro = slide->micro}, text));
	buffer_format(out, "  zone %s  order: %s%s", zone_name(s->zone), stores_orders[s->order],
		      p->held ? "  HELD" : "");
}

/* ---- keys ---- */

static void stores_start(struct pane *p, const char *argument)
{
	struct stores *s = (struct stores *)p;
	if (!s->grid.ops) {
		s->window = 2;
		s->slide = 1;
		s->shown_windows = TALLY_WINDOWS;
		s->zone = p->session->zone;
		grid_init(&s->grid, &stores_grid_ops, s, STORES_COLUMNS);
		grid_init(&s->drill_grid, &drill_grid_ops, s, 3);
		s->grid.focus = s->drill_grid.focus = true;
	}
	for (int i = 0; argument && i < STORES_WINDOWS; i++)
		if (strcmp(argument, stores_windows[i]) == 0)
			s->window = i;
}

static bool stores_load(struct pane *p, struct error *err)
{
	(void)err;
	stores_ask((struct stores *)p);
	return true;
}

static int64_t stores_due(const struct pane *p)
{
	return p->loaded_at == TIME_NONE || p->held ? TIME_NONE : p->loaded_at + STORES_AGAIN;
}

static void stores_wake(struct pane *p)
{
	p->loaded_at = clock_mono();
	stores_ask((struct stores *)p);
}

static void stores_drop_drill(struct stores *s)
{
	if (s->drilled)
		job_free(&s->drilled->job);
	s->drilled = NULL;
	grid_clear(&s->drill_grid);
	free(s->drill);
	s->drill = NULL;
}

static enum reaction stores_open(struct stores *s)
{
	if (s->drill) {
		if (s->drill_grid.count)
			session_go(s->base.session, "CIF", drill_key(s, grid_row(&s->drill_grid)));
		return REACT_DONE;
	}
	if (!s->shown || !s->grid.count)
		return REACT_DONE;
	s->drill = memory_text(stores_key(s, grid_row(&s->grid)));
	return REACT_LOAD;
}

static enum reaction stores_answer_zone(struct pane *p, const char *text)
{
	struct stores *s = (struct stores *)p;
	struct error err = {0};
	const struct zone *zone = text[0] ? zone_get(text, &err) : p->session->zone;
	if (!zone) {
		session_fail(p->session, &err);
		return REACT_DONE;
	}
	s->zone = zone;
	return REACT_LOAD;
}

static enum reaction stores_choose(struct stores *s, enum action a)
{
	if (a == ACTION_WIDER || a == ACTION_NARROWER) {
		int next = s->window + (a == ACTION_WIDER ? 1 : -1);
		s->window = next < 0 ? 0 : next >= STORES_WINDOWS ? STORES_WINDOWS - 1 : next;
	} else if (a == ACTION_SLIDE) {
		/* Windows and their steps are multiples of five seconds; days and longer only follow each other. */
		s->slide = s->slide == 1 ? 2 : s->slide == 2 ? 3 : 1;
		if (s->window >= STORES_CALENDAR)
			session_say(s->base.session, ROLE_MESSAGE, "Windows of a day or longer do not overlap");
	}
	return REACT_LOAD;
}

static enum reaction stores_act(struct pane *p, enum action a)
{
	struct stores *s = (struct stores *)p;
	switch (a) {
	case ACTION_OPEN:
		return stores_open(s);
	case ACTION_BACK:
		if (!s->drill)
			return REACT_IGNORED;
		stores_drop_drill(s);
		return REACT_LOAD;
	case ACTION_VIEW:
		if (s->drill)
			return REACT_IGNORED; /* a registration as a record */
		s->view = (s->view + 1) % VIEW_COUNT;
		return REACT_DONE;
	case ACTION_ORDER:
		s->order = (s->order + 1) % TALLY_ORDERS;
		stores_sort(s);
		return REACT_DONE;
	case ACTION_HOLD:
		p->held = !p->held;
		return p->held ? REACT_DONE : REACT_LOAD;
	case ACTION_ZONE:
		pane_ask(p, "Zone ==>", zone_name(s->zone));
		return REACT_DONE;
	case ACTION_WIDER:
	case ACTION_NARROWER:
	case ACTION_SLIDE:
		return stores_choose(s, a);
	default:
		return REACT_IGNORED;
	}
}

static struct grid *stores_grid(struct pane *p)
{
	struct stores *s = (struct stores *)p;
	return s->drill ? &s->drill_grid : s->shown ? &s->grid : NULL;
}

static void stores_stop(struct pane *p)
{
	struct stores *s = (struct stores *)p;
	stores_drop_drill(s);
	if (s->shown)
		job_free(&s->shown->job);
	buffer_done(&s->spark);
	grid_done(&s->grid);
	grid_done(&s->drill_grid);
}

static const enum action stores_actions[] = {ACTION_VIEW,  ACTION_WIDER, ACTION_NARROWER, ACTION_SLIDE,
					     ACTION_ORDER, ACTION_HOLD,  ACTION_ZONE,     ACTION_NONE};

const struct pane_ops stores_pane = {
	.code = "STOR",
	.title = "Stores",
	.about = "Registrations of customers, store by store. now is the running window, beside it the last whole one, "
		 "then "
		 "the last hour and today. vs avg compares the last whole window with the mean of those before it.\n"
		 "! marks a silent store: it registered before, but nobody for a while.\n"
		 "+ and - change the length of the windows, s makes them overlap, o changes the order, z the time "
		 "zone, p holds "
		 "the screen still, v shows table, chart or both. Enter lists a store's registrations, Enter there "
		 "opens "
		 "the customer.",
	.size = sizeof(struct stores),
	.topics = BOARD_ROLLUPS,
	.actions = stores_actions,
	.start = stores_start,
	.stop = stores_stop,
	.load = stores_load,
	.take = stores_take,
	.draw = stores_draw,
	.head = stores_head,
	.act = stores_act,
	.answer = stores_answer_zone,
	.grid = stores_grid,
	.due = stores_due,
	.wake = stores_wake,
};
