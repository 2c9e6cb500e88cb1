/* Bars over time: as charts, as sentences for who does not see them, and as numbers. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"
#include "ui/kit/plot.h"
#include "ui/panes/stores.h"
#include "ui/session.h"

enum {
	CHART_LEGEND = 6, /* rows below which the chart has no legend */
	CHART_APART = 3,
	CHART_EDGE = 1, /* cells beside it */
	CHART_LABELS = 6,
};

/* What is drawn: all stores or one, its bars or its windows. */
struct series {
	const int64_t *values, *starts;
	const char *by_time;
	int count;
	const char *title; /* NULL: these are windows */
	struct duration step;
};

static struct series series_bars(const struct stores *s, int line)
{
	const struct tally *t = &s->tally;
	return (struct series){.values = line < 0 ? t->bars : t->lines[line].bars,
			       .starts = t->bar_starts,
			       .by_time = t->bar_states,
			       .count = t->bar_count,
			       .title = windows_unit_title(t->unit, line < 0),
			       .step = windows_unit_length(t->unit)};
}

static struct series series_windows(const struct stores *s, int line)
{
	const struct tally *t = &s->tally;
	return (struct series){.values = t->lines[line].windows,
			       .starts = t->starts,
			       .by_time = t->states,
			       .count = TALLY_WINDOWS,
			       .title = NULL,
			       .step = t->slide};
}

/* "60m", "3h", "24d": of so many bars. */
static const char *series_span(const struct series *x, int count, char out[MOMENT_SIZE])
{
	struct duration d = {x->step.micro * count, x->step.days * count, x->step.months * count};
	return duration_text(&d, out);
}

static void series_heading(const struct stores *s, const struct series *x, int shown, struct buffer *out)
{
	char span[MOMENT_SIZE], window[MOMENT_SIZE];
	if (x->title)
		buffer_format(out, _("%s, last %s"), x->title, series_span(x, shown, span));
	else
		buffer_format(out, _("Windows of %s"), duration_text(&s->tally.window, window));
}

struct series_facts {
	int64_t peak, peak_at, running;
	int whole;
	double mean;
};

static void series_look(const struct series *x, const char *states, int first, struct series_facts *out)
{
	int64_t sum = 0;
	*out = (struct series_facts){.peak_at = TIME_NONE, .running = x->count ? x->values[x->count - 1] : 0};
	for (int i = first; i < x->count; i++) {
		if (states[i] == CHART_UNKNOWN)
			continue;
		if (x->values[i] > out->peak || out->peak_at == TIME_NONE) {
			out->peak = x->values[i];
			out->peak_at = x->starts[i];
		}
		out->whole += states[i] == CHART_WHOLE;
		sum += states[i] == CHART_WHOLE ? x->values[i] : 0;
	}
	out->mean = out->whole ? (double)sum / out->whole : 0;
}

/* ---- as a chart ---- */

/* The heading, and right of it or, without room, in place of the legend: peak and mean. False: there was no room. */
static bool chart_heading(const struct stores *s, const struct series *x, const struct series_facts *f, int shown,
			  struct area area)
{
	struct buffer title = {0}, facts = {0};
	char peak[FIGURES_SIZE], mean[FIGURES_SIZE];
	series_heading(s, x, shown, &title);
	if (f->peak_at != TIME_NONE)
		buffer_format(&facts, _("peak %s   mean %s"), figures_count(f->peak, peak),
			      figures_real(f->mean, 1, mean));
	int cells = (int)text_width(title.data, title.len), more = (int)text_width(buffer_text(&facts), facts.len);
	bool fits = cells + CHART_APART + more <= area.w - 2;
	draw_text(area.y, area.x + 1, fits ? cells : area.w - 2, ROLE_TITLE, title.data, title.len);
	if (fits)
		draw_text(area.y, area.x + area.w - 1 - more, more, ROLE_TEXT, buffer_text(&facts), facts.len);
	buffer_done(&title);
	buffer_done(&facts);
	return fits;
}

static void chart_legend(const struct series_facts *f, const char *states, const struct plot *p,
			 const struct plot_frame *frame, struct area area)
{
	static const char *const words[] = {N_("whole"), N_("still counting"), N_("not known")};
	struct buffer text = {0};
	char peak[FIGURES_SIZE], mean[FIGURES_SIZE];
	for (int k = CHART_WHOLE; k <= CHART_UNKNOWN; k++) {
		bool seen = false;
		for (int i = frame->first; i < frame->first + frame->count; i++)
			seen |= states[i] == k;
		if (seen)
			buffer_format(&text, "%s%s %s", text.len ? "   " : "", chart_sample(k, p->style), _(words[k]));
	}
	if (f)
		buffer_format(&text, _("   peak %s   mean %s"), figures_count(f->peak, peak),
			      figures_real(f->mean, 1, mean));
	draw_text(area.y, area.x + 1, area.w - 2, ROLE_DIM, buffer_text(&text), text.len);
	buffer_done(&text);
}

static void chart_rows(const struct plot *p, const struct plot_frame *f, struct area area)
{
	struct buffer text = {0};
	for (int row = 0; row < f->height; row++) {
		buffer_clear(&text);
		plot_side(&text, p, f, row);
		draw_text(area.y + row, area.x, f->label, ROLE_DIM, buffer_text(&text), text.len);
		buffer_clear(&text);
		plot_body(&text, p, f, row);
		draw_text(area.y + row, area.x + f->label, f->cells, row < f->rows ? ROLE_BAR : ROLE_DIM,
			  buffer_text(&text), text.len);
	}
	buffer_done(&text);
}

static void chart_draw(struct stores *s, const struct series *x, struct area area)
{
	char states[TALLY_BARS];
	struct plot_frame f;
	struct series_facts facts;
	bool legend = area.h >= CHART_LEGEND;
	tally_states(x->by_time, x->values, x->count, states);
	const struct plot p = {.values = x->values,
			       .states = states,
			       .starts = x->starts,
			       .count = x->count,
			       .zone = s->zone,
			       .style = stores_style(s),
			       .least = CHART_LABELS};
	plot_lay(&p, area.w - 2 * CHART_EDGE, area.h - 1 - legend, &f);
	series_look(x, states, f.first, &facts);
	bool said = chart_heading(s, x, &facts, f.count, area);
	chart_rows(&p, &f, (struct area){area.y + 1, area.x + CHART_EDGE, area.h - 1, area.w - 2 * CHART_EDGE});
	if (legend)
		chart_legend(said ? NULL : &facts, states, &p, &f,
			     (struct area){area.y + 1 + f.height, area.x, 1, area.w});
}

/* ---- as sentences ---- */

static void series_say(struct stores *s, const struct series *x, struct area area)
{
	char states[TALLY_BARS], peak[FIGURES_SIZE], mean[FIGURES_SIZE], at[FIGURES_SIZE], running[FIGURES_SIZE];
	struct buffer heading = {0}, text = {0};
	struct series_facts f;
	int shown = x->count < 60 ? x->count : 60; /* what a chart on a small screen would show */
	tally_states(x->by_time, x->values, x->count, states);
	series_look(x, states, x->count - shown, &f);
	series_heading(s, x, shown, &heading);
	if (f.peak_at == TIME_NONE)
		buffer_format(&text, _("%s: nothing is known"), buffer_text(&heading));
	else
		buffer_format(&text, _("%s: peak %s at %s, mean %s, %s so far in the running one"),
			      buffer_text(&heading), figures_count(f.peak, peak),
			      figures_minute(f.peak_at, s->zone, at), figures_real(f.mean, 1, mean),
			      figures_count(f.running, running));
	const char *rest = text.data, *line;
	size_t n = text.len, length;
	for (int row = 0; row < area.h && draw_wrap(&rest, &n, area.w - 2, &line, &length); row++)
		draw_text(area.y + row, area.x + 1, area.w - 2, ROLE_TEXT, line, length);
	buffer_done(&heading);
	buffer_done(&text);
}

static void series_draw(struct stores *s, const struct series *x, struct area area)
{
	if (area.h < 1 || area.w < 3)
		return;
	if (s->base.session->accessible)
		series_say(s, x, area);
	else
		chart_draw(s, x, area);
}

void stores_draw_all(struct stores *s, struct area area)
{
	const struct series x = series_bars(s, -1);
	series_draw(s, &x, area);
}

void stores_draw_store(struct stores *s, int line, struct area area)
{
	const struct series x = series_bars(s, line);
	series_draw(s, &x, area);
}

void stores_draw_windows(struct stores *s, int line, struct area area)
{
	const struct series x = series_windows(s, line);
	series_draw(s, &x, area);
}

/* ---- as numbers ---- */

enum { NUMBERS_FROM, NUMBERS_UNTIL, NUMBERS_COUNT, NUMBERS_STATE, NUMBERS_COLUMNS };

/* Of one store its windows, of all the bars of their chart; the newest first. */
static struct series numbers_series(const struct stores *s)
{
	int line = s->drill.store ? tally_find(&s->tally, s->drill.store) : -1;
	return line < 0 ? series_bars(s, -1) : series_windows(s, line);
}

static int numbers_place(const struct series *x, int row)
{
	return x->count - 1 - row;
}

static int64_t numbers_end(const struct stores *s, const struct series *x, int place)
{
	return x->starts == s->tally.starts ? s->tally.ends[place] : x->starts[place + 1];
}

static const char *numbers_key(void *ctx, int row)
{
	struct stores *s = ctx;
	const struct series x = numbers_series(s);
	snprintf(s->cell, sizeof(s->cell), "%lld", (long long)x.starts[numbers_place(&x, row)]);
	return s->cell;
}

static void numbers_column(void *ctx, int column, struct grid_column *out)
{
	static const struct grid_column columns[NUMBERS_COLUMNS] = {
		[NUMBERS_FROM] = {/* xgettext: cell 19 */ .title = N_("From"), .name = "from", .width = FIGURES_SECOND},
		[NUMBERS_UNTIL] = {
			/* xgettext: cell 19 */ .title = N_("Until"), .name = "until", .width = FIGURES_SECOND},
		[NUMBERS_COUNT] = {/* xgettext: cell 13 */ .title = N_("Registrations"),
				   .name = "registrations",
				   .width = 13,
				   .right = true},
		[NUMBERS_STATE] = {.title = "", .name = "state", .width = 20},
	};
	(void)ctx;
	*out = columns[column];
	if (out->title[0])
		out->title = _(out->title);
}

static const char *numbers_word(const struct stores *s, enum chart_state state, int64_t end)
{
	if (state == CHART_UNKNOWN)
		return _("not known");
	if (state == CHART_WHOLE)
		return "";
	return end > s->tally.now ? _("running") : _("still counting");
}

static void numbers_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct stores *s = ctx;
	const struct series x = numbers_series(s);
	int place = numbers_place(&x, row);
	char state;
	tally_states(x.by_time + place, x.values + place, 1, &state);
	out->role = state == CHART_WHOLE ? ROLE_TEXT : ROLE_DIM;
	if (column == NUMBERS_FROM)
		out->text = figures_second(x.starts[place], s->zone, s->cell);
	else if (column == NUMBERS_UNTIL)
		out->text = figures_second(numbers_end(s, &x, place), s->zone, s->cell);
	else if (column == NUMBERS_COUNT)
		out->text = state == CHART_UNKNOWN ? "?" : figures_count(x.values[place], s->cell);
	else
		out->text = numbers_word(s, state, numbers_end(s, &x, place));
	out->len = strlen(out->text);
}

static void numbers_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct stores *s = ctx;
	const struct series x = numbers_series(s);
	int place = numbers_place(&x, row);
	char state;
	tally_states(x.by_time + place, x.values + place, 1, &state);
	*out = (struct grid_datum){.kind = GRID_TEXT, .text = s->cell, .ours = true};
	if (column == NUMBERS_FROM) {
		moment_utc(x.starts[place], s->cell);
	} else if (column == NUMBERS_UNTIL) {
		moment_utc(numbers_end(s, &x, place), s->cell);
	} else if (column == NUMBERS_COUNT) {
		snprintf(s->cell, sizeof(s->cell), "%lld", (long long)x.values[place]);
		out->kind = state == CHART_UNKNOWN ? GRID_NOTHING : GRID_NUMBER;
		out->rank = (double)x.values[place];
	} else {
		static const char *const words[] = {"whole", "partial", "unknown"};
		out->text = words[(int)state];
	}
	out->len = strlen(out->text);
}

static const struct grid_ops numbers_ops = {
	.key = numbers_key, .column = numbers_column, .cell = numbers_cell, .datum = numbers_datum};

void stores_numbers_init(struct stores *s)
{
	grid_init(&s->numbers, &numbers_ops, s, NUMBERS_COLUMNS);
	s->numbers.focus = true;
}

void stores_numbers_sync(struct stores *s)
{
	if (s->counted)
		grid_sync(&s->numbers, numbers_series(s).count);
}

void stores_draw_numbers(struct stores *s, struct area area)
{
	const struct series x = numbers_series(s);
	struct buffer heading = {0};
	series_heading(s, &x, x.count, &heading);
	draw_text(area.y, area.x + 1, area.w - 2, ROLE_TITLE, buffer_text(&heading), heading.len);
	buffer_done(&heading);
	area.y++, area.h--;
	grid_draw(&s->numbers, area);
}
