/* One store: its windows as bars, what they add up to, and its registrations, newest first. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/zone.h"
#include "ui/kit/layout.h"
#include "ui/panes/datum.h"
#include "ui/panes/stores.h"
#include "ui/session.h"

enum {
	DRILL_PAGE = 500, /* registrations read at once */
	DRILL_WEEK = 7,
	DRILL_MONTH = 30,
	DRILL_HEAD = 2, /* rows: who it is, its totals */
	DRILL_CHART = 8,
	DRILL_COLUMNS = 3,
};

/* ---- reading ---- */

bool stores_drill_read(struct query *q, struct stores_drill *d, const struct zone *zone, int64_t now, struct error *err)
{
	struct stores_request days = {
		.window = {.micro = DAY, .days = 1}, .zone = zone, .now = now, .to = now + 1, .store = d->store};
	days.slide = days.window;
	days.from = zone_step(zone, ZONE_DAY, now, 1 - DRILL_MONTH);
	return query_registrations(q, d->store, TIME_NONE, TIME_NONE, d->limit, &d->registrations, err) &&
	       query_stores(q, &days, &d->days, err);
}

void stores_drill_take(struct stores *s, struct stores_drill *d)
{
	answer_done(&s->drill.registrations.base);
	answer_done(&s->drill.days.base);
	s->drill.registrations = d->registrations;
	s->drill.days = d->days;
	s->drill.read = true;
	d->registrations = (struct registrations_answer){0};
	d->days = (struct stores_answer){0};
	/* Who looks at the newest wants to see what comes. */
	bool first = s->drill.grid.count && s->drill.grid.top == 0;
	s->drill.grid.total = s->drill.registrations.total;
	grid_sync(&s->drill.grid, s->drill.registrations.count);
	if (first)
		s->drill.grid.top = 0;
}

void stores_drill_open(struct stores *s, const char *store)
{
	char *kept = memory_text(store); /* it may be the key of a row, or the one shown now */
	stores_drill_close(s);
	s->drill.store = kept;
	s->drill.limit = DRILL_PAGE;
	s->view = VIEW_BOTH;
	stores_numbers_sync(s);
}

void stores_drill_close(struct stores *s)
{
	struct grid *g = &s->drill.grid;
	answer_done(&s->drill.registrations.base);
	answer_done(&s->drill.days.base);
	s->drill.registrations = (struct registrations_answer){0};
	s->drill.days = (struct stores_answer){0};
	free(s->drill.store);
	s->drill.store = NULL;
	s->drill.read = false;
	grid_done(g);
	stores_drill_init(s);
	s->view = VIEW_BOTH;
	stores_numbers_sync(s);
}

bool stores_drill_more(struct stores *s)
{
	struct stores_drill *d = &s->drill;
	if (!d->read || d->registrations.count >= d->registrations.total || d->registrations.count < d->limit ||
	    d->grid.selected < d->grid.count - 1)
		return false;
	d->limit += DRILL_PAGE;
	return true;
}

/* ---- the list ---- */

static const struct registration *drill_row(const void *ctx, int row)
{
	return &((const struct stores *)ctx)->drill.registrations.list[row];
}

static const char *drill_key(void *ctx, int row)
{
	return drill_row(ctx, row)->cif;
}

static void drill_column(void *ctx, int column, struct grid_column *out)
{
	static const struct grid_column columns[DRILL_COLUMNS] = {
		{/* xgettext: cell 16 */ .title = N_("Registered"), .name = "registered", .width = FIGURES_MINUTE},
		{.title = N_("CIF"), .name = "cif"},
		{.title = N_("Name"), .name = "name"},
	};
	*out = columns[column];
	out->title = _(out->title);
	const struct model *m = ((const struct stores *)ctx)->base.session->model;
	out->pii = (column == 1 && datum_cif_pii(m)) || (column == 2 && datum_name_pii(m));
}

static void drill_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct stores *s = ctx;
	const struct registration *r = drill_row(ctx, row);
	out->role = column == 1 ? ROLE_NAME : ROLE_TEXT;
	out->text = column == 1 ? r->cif : r->name;
	if (column == 0) {
		out->text = r->at == TIME_NONE ? _("(unknown)") : figures_minute(r->at, s->zone, s->cell);
		out->role = r->at == TIME_NONE ? ROLE_NONE : ROLE_TEXT;
	} else if (column == 2 && !r->name) {
		out->text = _("(no longer a customer)");
		out->role = ROLE_NONE;
	}
	out->len = strlen(out->text);
}

static void drill_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct stores *s = ctx;
	const struct registration *r = drill_row(ctx, row);
	const char *text = column == 1 ? r->cif : column == 2 ? r->name : moment_utc(r->at, s->cell);
	*out = (struct grid_datum){.kind = text && (text[0] || column) ? GRID_TEXT : GRID_NOTHING,
				   .text = text,
				   .len = text ? strlen(text) : 0,
				   .ours = column == 0};
}

static const struct grid_ops drill_ops = {
	.key = drill_key, .column = drill_column, .cell = drill_cell, .datum = drill_datum};

void stores_drill_init(struct stores *s)
{
	grid_init(&s->drill.grid, &drill_ops, s, DRILL_COLUMNS);
	s->drill.grid.focus = true;
}

/* ---- painting ---- */

static int64_t drill_days(const struct stores_drill *d, const struct zone *zone, int64_t now, int days)
{
	int64_t from = zone_step(zone, ZONE_DAY, now, 1 - days), sum = 0;
	for (int i = 0; i < d->days.window_count; i++)
		sum += d->days.windows[i].start >= from ? d->days.windows[i].count : 0;
	return sum;
}

static void drill_totals(const struct stores *s, const struct tally_line *l, struct area area)
{
	char today[FIGURES_SIZE], week[FIGURES_SIZE], month[FIGURES_SIZE], window[MOMENT_SIZE];
	int64_t now = s->tally.now;
	struct buffer text = {0};
	if (!s->drill.read) {
		draw_format(area.y, area.x + 1, area.w - 2, ROLE_DIM, "%s", _("Reading ..."));
		return;
	}
	buffer_format(&text, _("today %s   7 days %s   30 days %s"), figures_count(l->today, today),
		      figures_count(drill_days(&s->drill, s->zone, now, DRILL_WEEK), week),
		      figures_count(drill_days(&s->drill, s->zone, now, DRILL_MONTH), month));
	if (l->percent != INT32_MAX)
		buffer_format(&text, _("   last %s: %+d %% vs avg"),
			      duration_text(&s->tally.window, window), l->percent);
	draw_text(area.y, area.x + 1, area.w - 2, ROLE_TEXT, text.data, text.len);
	buffer_done(&text);
}

static void drill_title(const struct stores *s, const struct tally_line *l, struct area area)
{
	char when[FIGURES_SIZE];
	int x = area.x + 1;
	x += draw_format(area.y, x, area.w - 2, ROLE_NAME, "%s ", l->id ? l->id : _("(none)"));
	if (l->name)
		x += draw_format(area.y, x, area.x + area.w - x, ROLE_TEXT, "%s ", l->name);
	else if (!l->id)
		x += draw_format(area.y, x, area.x + area.w - x, ROLE_NONE, "%s ", _("customers of no store"));
	if (l->silent)
		draw_format(area.y, x + 1, area.x + area.w - x - 1, ROLE_WARN, _("silent since %s"),
			    figures_minute(l->last, s->zone, when));
}

static void drill_list(struct stores *s, struct area area)
{
	const struct registrations_answer *r = &s->drill.registrations;
	char some[FIGURES_SIZE], all[FIGURES_SIZE];
	if (area.h < 2)
		return;
	if (r->count < r->total)
		draw_format(area.y + --area.h, area.x + 1, area.w - 2, ROLE_DIM,
			    _("%s of %s registrations; more are read at the end"), figures_count(r->count, some),
			    figures_count(r->total, all));
	if (s->drill.read && !r->count)
		draw_format(area.y, area.x + 1, area.w - 2, ROLE_NONE, "%s", _("no registration"));
	else if (s->drill.read)
		grid_draw(&s->drill.grid, area);
}

static void drill_parts(struct stores *s, int line, struct area area)
{
	struct layout l;
	layout_make(LAYOUT_STORES, area, s->base.session->accessible, &l);
	if (l.form == FORM_STACKED)
		layout_lower(&l,
			     s->base.session->accessible ? DRILL_HEAD : DRILL_CHART + (l.part[1].h - DRILL_CHART) / 3);
	drill_list(s, l.part[0]);
	if (l.part[1].h)
		stores_draw_windows(s, line, l.part[1]);
	if (l.part[2].h)
		stores_draw_store(s, line, l.part[2]);
}

void stores_draw_drill(struct stores *s, struct area area)
{
	int line = tally_find(&s->tally, s->drill.store);
	if (line < 0) {
		draw_format(area.y + 1, area.x + 1, area.w - 2, ROLE_NONE, _("There is no store \"%s\""),
			    s->drill.store);
		return;
	}
	drill_title(s, &s->tally.lines[line], area);
	drill_totals(s, &s->tally.lines[line], (struct area){area.y + 1, area.x, 1, area.w});
	area.y += DRILL_HEAD, area.h -= DRILL_HEAD;
	switch (s->view) {
	case VIEW_TABLE:
		drill_list(s, area);
		break;
	case VIEW_CHART:
		stores_draw_windows(s, line, area);
		break;
	case VIEW_NUMBERS:
		stores_draw_numbers(s, area);
		break;
	default:
		drill_parts(s, line, area);
		break;
	}
}
