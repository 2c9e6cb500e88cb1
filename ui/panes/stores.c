/* The STOR screen: registrations per store, as they happen. What is counted, and when, stands in stores_ask.c. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/zone.h"
#include "ingest/board.h"
#include "ui/kit/layout.h"
#include "ui/panes/stores.h"
#include "ui/session.h"

#define STORES_CLOCKS (36 * HOUR) /* up to there a clock time says which moment is meant */

enum {
	STORES_CHART = 8,       /* rows: title, four of bars, axis, times, legend */
	STORES_CHART_HIGH = 20, /* at most */
	STORES_SAY = 3,         /* rows of the sentences in place of a chart */
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
	draw_format(l.part[2].y, l.part[2].x + 1, l.part[2].w - 2, ROLE_NAME, "%s %s",
		    line->id ? line->id : _("(none)"), line->name ? line->name : "");
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
	if (!s->drill.store && !s->grid.sort)
		buffer_format(out, s->reverse ? _("  order: %s, reversed") : _("  order: %s"),
			      stores_order_word(s->order));
}

struct grid *stores_grid(struct pane *p)
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

static const enum action stores_actions[] = {ACTION_MORE,   ACTION_VIEW,   ACTION_WIDER,   ACTION_NARROWER, ACTION_SLIDE,
					     ACTION_ORDER,  ACTION_HOLD,    ACTION_ZONE,     ACTION_FILTER,
					     ACTION_SILENT, ACTION_REVERSE, ACTION_STYLE,    ACTION_NONE};

const struct pane_ops stores_pane = {
	.code = "STOR",
	.title = N_("Stores"),
	.about = /* xgettext:no-c-format */ N_(
		"Registrations of customers, store by store. now is the running window, beside it the last whole one, "
		"then the last hour and today. The bars at the end of the row are the store's last windows.\n"
		"vs avg compares the store's last whole window with the mean of its own whole windows before it, as "
		"many "
		"as are shown: +12 % is an eighth more than usual for this store, whatever the others do.\n"
		"A window is whole once the replica is complete past its end. One that may still grow is drawn "
		"lighter; "
		"one before the first registration, or in a gap, is drawn as ? and is no zero.\n"
		"! marks a silent store: it registered before, but nobody for a while.\n"
		"+ and - change the length of the windows, s makes them overlap, o changes the order and O turns it "
		"round, "
		"z chooses the time zone, in which days begin. & leaves only stores that hold a text, ! only silent "
		"ones, p "
		"holds the screen still, a draws bars otherwise, v shows table, chart, both or the numbers of the "
		"bars.\n"
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
