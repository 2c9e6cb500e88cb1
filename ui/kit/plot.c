#include "config.h"

#include "ui/kit/plot.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/zone.h"
#include "ui/kit/figures.h"

enum {
	PLOT_EACH = 5,     /* counts beside the bars, about */
	PLOT_WIDEST = 12,  /* cells of a bar */
	PLOT_LEAST = 8,    /* cells of bars without which the counts are left off */
	PLOT_APART = 2,    /* blanks between two times */
	PLOT_PLAIN = 6,    /* cells up to which a count is written out */
	PLOT_CLOCK = 5,    /* cells of 13:45 */
	PLOT_AXES = 2,     /* rows: the axis, the times */
	PLOT_WEEKDAYS = 3, /* 1970-01-01 was a Thursday: weeks begin on Mondays */
	PLOT_DAY = 86400,
};

/* Up to so long a clock time alone says which moment is meant. */
#define PLOT_CLOCKS (36 * HOUR)

const char *plot_count(int64_t n, char out[PLOT_COUNT])
{
	static const char units[] = " kMGTPE";
	double x = (double)n;
	int unit = 0;
	if (strlen(figures_count(n, out)) <= PLOT_PLAIN)
		return out;
	for (; x >= 999.5 && units[unit + 1]; unit++)
		x /= 1000;
	int places = x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2;
	char digits[FIGURES_SIZE];
	snprintf(digits, sizeof(digits), "%.*f", places, x);
	while (places && digits[strlen(digits) - 1] == '0') { /* 1.50 says no more than 1.5 */
		digits[strlen(digits) - 1] = 0;
		places--;
	}
	figures_real(x, places, digits);
	snprintf(out, PLOT_COUNT, "%.32s%c", digits, units[unit]);
	return out;
}

/* ---- times ---- */

enum plot_kind { KIND_CLOCK, KIND_DAYS, KIND_MONTHS };

/* What the times below the axis may be apart; the first that leaves room between them is taken. */
static const struct {
	enum plot_kind kind;
	int n; /* seconds, days, months */
} plot_intervals[] = {
	{KIND_CLOCK, 60},    {KIND_CLOCK, 120},   {KIND_CLOCK, 300},  {KIND_CLOCK, 600},   {KIND_CLOCK, 900},
	{KIND_CLOCK, 1800},  {KIND_CLOCK, 3600},  {KIND_CLOCK, 7200}, {KIND_CLOCK, 10800}, {KIND_CLOCK, 14400},
	{KIND_CLOCK, 21600}, {KIND_CLOCK, 43200}, {KIND_DAYS, 1},     {KIND_DAYS, 7},      {KIND_MONTHS, 1},
	{KIND_MONTHS, 2},    {KIND_MONTHS, 3},    {KIND_MONTHS, 6},   {KIND_MONTHS, 12},
};
enum { PLOT_INTERVALS = sizeof(plot_intervals) / sizeof(plot_intervals[0]) };

/* The number of the interval a time falls into, by the clock on the wall. */
static int64_t plot_index(const struct plot *p, int interval, int64_t at)
{
	struct civil c;
	int n = plot_intervals[interval].n;
	zone_civil(p->zone, at, &c);
	int64_t days = civil_days(c.year, c.month, c.day);
	switch (plot_intervals[interval].kind) {
	case KIND_CLOCK:
		return (days * PLOT_DAY + c.hour * 3600 + c.minute * 60 + c.second) / n;
	case KIND_DAYS:
		return n == 7 ? (days + PLOT_WEEKDAYS) / n : days / n;
	case KIND_MONTHS:
		break;
	}
	return ((int64_t)c.year * 12 + c.month - 1) / n;
}

static bool plot_begins(const struct plot *p, int interval, int64_t at)
{
	return plot_index(p, interval, at) != plot_index(p, interval, at - 1);
}

static int plot_time_cells(int interval)
{
	return plot_intervals[interval].kind == KIND_CLOCK ? PLOT_CLOCK : FIGURES_DATE;
}

static const char *plot_time(const struct plot *p, int interval, int64_t at, char out[FIGURES_SIZE])
{
	struct civil c;
	if (plot_intervals[interval].kind != KIND_CLOCK)
		return figures_date(at, p->zone, out);
	zone_civil(p->zone, at, &c);
	snprintf(out, FIGURES_SIZE, "%02d:%02d", c.hour, c.minute);
	return out;
}

/* The next bar from `from` on that stands at a round time and leaves the times before it room; -1: none. */
static int plot_tick(const struct plot *p, const struct plot_frame *f, int from, int free)
{
	for (int i = from; i < f->count; i++) {
		int64_t at = p->starts[f->first + i];
		bool first = i == 0 ? plot_begins(p, f->interval, at)
				    : plot_index(p, f->interval, at) !=
					      plot_index(p, f->interval, p->starts[f->first + i - 1]);
		if (first && chart_cell(&f->bars, i) >= free)
			return i;
	}
	return -1;
}

/* An interval fits when no time had to give way to the one before it. */
static bool plot_fits(const struct plot *p, struct plot_frame *f, int interval)
{
	int last = -1, cells = plot_time_cells(interval) + PLOT_APART, ticks = 0;
	f->interval = interval;
	for (int i = plot_tick(p, f, 0, 0); i >= 0; i = plot_tick(p, f, i + 1, 0)) {
		if (last >= 0 && chart_cell(&f->bars, i) - last < cells)
			return false;
		last = chart_cell(&f->bars, i);
		ticks += last + cells - PLOT_APART <= f->cells;
	}
	return ticks > 0;
}

static void plot_choose(const struct plot *p, struct plot_frame *f)
{
	int64_t span = f->count ? p->starts[f->first + f->count - 1] - p->starts[f->first] : 0;
	int64_t step = f->count > 1 ? span / (f->count - 1) : MINUTE;
	for (int i = 0; i < PLOT_INTERVALS; i++) {
		bool clock = plot_intervals[i].kind == KIND_CLOCK;
		if (clock && (span > PLOT_CLOCKS || plot_intervals[i].n * SECOND * 2 < step))
			continue;
		if (!clock && span <= PLOT_CLOCKS)
			break;
		if (plot_fits(p, f, i))
			return;
	}
	f->interval = -1;
}

static void plot_times(struct buffer *out, const struct plot *p, const struct plot_frame *f)
{
	char text[FIGURES_SIZE];
	int at = 0, free = 0;
	for (int i = plot_tick(p, f, 0, 0); i >= 0; i = plot_tick(p, f, i + 1, free)) {
		int cell = chart_cell(&f->bars, i), cells = plot_time_cells(f->interval);
		if (cell + cells > f->cells)
			break;
		buffer_fill(out, ' ', (size_t)(cell - at));
		buffer_text_add(out, plot_time(p, f->interval, p->starts[f->first + i], text));
		at = cell + cells;
		free = at + PLOT_APART;
	}
	buffer_fill(out, ' ', (size_t)(f->cells - at));
}

/* Where no round time falls into the chart, its ends tell. */
static void plot_ends(struct buffer *out, const struct plot *p, const struct plot_frame *f)
{
	char text[FIGURES_SIZE];
	int64_t first = f->count ? p->starts[f->first] : 0, last = f->count ? p->starts[f->first + f->count - 1] : 0;
	int interval = last - first > PLOT_CLOCKS ? PLOT_INTERVALS - 1 : 0;
	int cells = plot_time_cells(interval), at = 0;
	if (f->count && cells <= f->cells) {
		buffer_text_add(out, plot_time(p, interval, first, text));
		at = cells;
	}
	if (at && f->count > 1 && 2 * cells + PLOT_APART <= f->cells) {
		buffer_fill(out, ' ', (size_t)(f->cells - at - cells));
		buffer_text_add(out, plot_time(p, interval, last, text));
		at = f->cells;
	}
	buffer_fill(out, ' ', (size_t)(f->cells - at));
}

/* ---- laying out ---- */

static int64_t plot_peak(const struct plot *p, const struct plot_frame *f)
{
	int64_t peak = 0;
	for (int i = f->first; i < f->first + f->count; i++)
		if (p->values[i] > peak && !(p->states && p->states[i] == CHART_UNKNOWN))
			peak = p->values[i];
	return peak;
}

static void plot_rows(const struct plot *p, int height, struct plot_frame *f)
{
	int axes = !p->starts || height < 3 ? 0 : height < 4 ? 1 : PLOT_AXES;
	int room = height - axes > 0 ? height - axes : 1;
	f->every = (room + PLOT_EACH - 1) / PLOT_EACH;
	f->rows = room / f->every * f->every;
	f->height = f->rows + axes;
}

static int plot_label(const struct plot *p, const struct plot_frame *f)
{
	char text[PLOT_COUNT];
	int widest = 0, steps = f->rows / f->every;
	for (int i = 1; i <= steps; i++) {
		const char *count = plot_count(f->bars.top / steps * i, text);
		int cells = (int)text_width(count, strlen(count));
		widest = cells > widest ? cells : widest;
	}
	widest += 2; /* a blank, and the axis */
	return widest > p->least ? widest : p->least;
}

/* The bars that fit `cells`, the last ones; few of them are drawn wider. */
static void plot_take(const struct plot *p, int cells, struct plot_frame *f)
{
	int most = p->style == CHART_BRAILLE ? cells * 2 : cells;
	f->count = p->count < most ? p->count : most;
	f->first = p->count - f->count;
	int wide = f->count && p->style != CHART_BRAILLE ? cells / f->count : 1;
	f->bars = (struct chart){.values = p->values + f->first,
				 .states = p->states ? p->states + f->first : NULL,
				 .count = f->count,
				 .wide = wide > PLOT_WIDEST ? PLOT_WIDEST : wide,
				 .height = f->rows,
				 .style = p->style};
	f->bars.top = chart_top(plot_peak(p, f), f->rows / f->every);
	f->cells = chart_cells(&f->bars);
}

void plot_lay(const struct plot *p, int width, int height, struct plot_frame *out)
{
	*out = (struct plot_frame){.interval = -1};
	plot_rows(p, height, out);
	plot_take(p, width, out);
	/* The counts take room from the bars, and fewer bars may have other counts. */
	for (int tries = 0, label = plot_label(p, out); tries < 3 && label > out->label; tries++) {
		if (width - label < PLOT_LEAST)
			break;
		out->label = label;
		plot_take(p, width - label, out);
		label = plot_label(p, out);
	}
	if (p->starts && out->height > out->rows)
		plot_choose(p, out);
}

/* ---- rows ---- */

void plot_side(struct buffer *out, const struct plot *p, const struct plot_frame *f, int row)
{
	char text[PLOT_COUNT] = "";
	bool ascii = p->style == CHART_ASCII;
	const char *axis = row > f->rows ? " " : row == f->rows ? (ascii ? "+" : "└") : ascii ? "|" : "│";
	int steps = f->rows / f->every;
	if (!f->label)
		return;
	if (row < f->rows && row % f->every == 0) {
		plot_count(f->bars.top / steps * (steps - row / f->every), text);
		axis = ascii ? "|" : "┤";
	} else if (row == f->rows) {
		snprintf(text, sizeof(text), "0");
	}
	text_fit_right(out, text, strlen(text), (size_t)(f->label - 2), ascii);
	buffer_format(out, " %s", axis);
}

void plot_body(struct buffer *out, const struct plot *p, const struct plot_frame *f, int row)
{
	bool ascii = p->style == CHART_ASCII;
	if (row < f->rows) {
		chart_row(out, &f->bars, row);
		return;
	}
	if (row > f->rows) {
		if (f->interval >= 0)
			plot_times(out, p, f);
		else
			plot_ends(out, p, f);
		return;
	}
	int tick = f->interval >= 0 ? plot_tick(p, f, 0, 0) : -1;
	for (int i = 0; i < f->cells; i++) {
		bool mark = tick >= 0 && chart_cell(&f->bars, tick) == i;
		buffer_text_add(out, mark ? (ascii ? "+" : "┴") : ascii ? "-" : "─");
		if (mark)
			tick = plot_tick(p, f, tick + 1, i + plot_time_cells(f->interval) + PLOT_APART);
	}
}
