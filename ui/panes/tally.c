#include "config.h"

#include "ui/panes/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/zone.h"
#include "ui/kit/chart.h"

enum { TALLY_MOST = 999 /* per cent; more says no more */ };

#define TALLY_FINE (5 * SECOND) /* a slot where windows are no whole minutes */

/* ---- the calendar ---- */

static int64_t tally_floor(int64_t at, int64_t step)
{
	int64_t rest = at % step;
	return at - rest - (rest < 0 ? step : 0);
}

static enum zone_unit tally_unit(const struct duration *d)
{
	return d->months ? ZONE_MONTH : d->days == 7 ? ZONE_WEEK : ZONE_DAY;
}

/* The start of the slice `back` before the one that holds now: short ones stand by the epoch, days and longer by the
 * zone. */
static int64_t tally_slice(const struct tally *t, const struct duration *slide, int back)
{
	if (!slide->months && !slide->days)
		return tally_floor(t->now, slide->micro) - back * slide->micro;
	return back ? zone_step(t->zone, tally_unit(slide), t->now, -back)
		    : zone_floor(t->zone, tally_unit(slide), t->now);
}

static bool tally_calendar(const struct duration *d)
{
	return d->days || d->months;
}

static void tally_calendars(struct tally *t)
{
	struct duration bar;
	for (int i = 0; i < TALLY_WINDOWS; i++) {
		int back = TALLY_WINDOWS - 1 - i;
		t->starts[i] = tally_slice(t, &t->slide, back);
		t->ends[i] = tally_calendar(&t->window) ? tally_slice(t, &t->slide, back - 1)
							: t->starts[i] + t->window.micro;
	}
	t->unit = windows_unit(&t->window);
	bar = windows_unit_length(t->unit);
	for (int i = 0; i <= t->bar_count; i++)
		t->bar_starts[i] = tally_slice(t, &bar, t->bar_count - 1 - i);
	t->until = tally_floor(t->now, MINUTE) + MINUTE;
	int64_t next = tally_slice(t, &t->slide, -1);
	t->until = next < t->until ? next : t->until;
	next = t->bar_starts[t->bar_count];
	t->until = next < t->until ? next : t->until;
}

/* ---- what is whole, partial, unknown ---- */

static enum chart_state tally_state(const struct tally *t, int64_t start, int64_t end)
{
	if (t->answer.first == TIME_NONE || end <= t->answer.first)
		return CHART_UNKNOWN;
	for (int i = 0; i < t->answer.gap_count; i++)
		if (t->answer.gaps[i].from < end && t->answer.gaps[i].to > start)
			return CHART_UNKNOWN;
	return t->complete == TIME_NONE || end > t->complete ? CHART_PARTIAL : CHART_WHOLE;
}

void tally_states(const char *by_time, const int64_t *values, int count, char *out)
{
	for (int i = 0; i < count; i++)
		out[i] = by_time[i] == CHART_UNKNOWN && values[i] > 0 ? CHART_PARTIAL : by_time[i];
}

bool tally_settling(const struct tally *t)
{
	int i = TALLY_WINDOWS - 1, bar = t->bar_count - 1;
	while (i > 0 && t->ends[i] > t->now)
		i--;
	return t->states[i] == CHART_PARTIAL || (bar > 0 && t->bar_states[bar - 1] == CHART_PARTIAL);
}

static int tally_percent(const struct tally *t, const int64_t *windows)
{
	int64_t sum = 0;
	int whole = 0;
	for (int i = 0; i < t->whole; i++) {
		whole += t->states[i] == CHART_WHOLE;
		sum += t->states[i] == CHART_WHOLE ? windows[i] : 0;
	}
	if (sum == 0)
		return INT32_MAX;
	double mean = (double)sum / whole;
	double percent = ((double)windows[t->whole] / mean - 1) * 100;
	return percent > TALLY_MOST ? TALLY_MOST : (int)(percent < 0 ? percent - 0.5 : percent + 0.5);
}

/* All that follows from the counts and from what the replica is complete to. */
static void tally_judge(struct tally *t)
{
	t->whole = -1;
	for (int i = 0; i < TALLY_WINDOWS; i++) {
		t->states[i] = (char)tally_state(t, t->starts[i], t->ends[i]);
		if (t->states[i] == CHART_WHOLE)
			t->whole = i;
	}
	for (int i = 0; i < t->bar_count; i++)
		t->bar_states[i] = (char)tally_state(t, t->bar_starts[i], t->bar_starts[i + 1]);
	for (int i = 0; i < t->count; i++) {
		struct tally_line *l = &t->lines[i];
		l->percent = tally_percent(t, l->windows);
		l->silent = l->last != TIME_NONE && t->complete != TIME_NONE && l->last < t->complete - t->silence;
	}
}

/* ---- counting all ---- */

/* The last of the starts that is not after `at`; -1: all are. */
static int tally_place(const int64_t *starts, int count, int64_t at)
{
	int low = 0, high = count;
	while (low < high) {
		int middle = (low + high) / 2;
		if (starts[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static void tally_lines(struct tally *t)
{
	t->count = t->answer.store_count;
	t->lines = memory_zero((size_t)t->count + 1, sizeof(*t->lines));
	t->order = memory_zero((size_t)t->count + 1, sizeof(*t->order));
	t->block = memory_zero((size_t)(t->count + 1) * (size_t)t->bar_count, sizeof(*t->block));
	for (int i = 0; i < t->count; i++) {
		const struct store_row *s = &t->answer.stores[i];
		t->order[i] = i;
		t->lines[i] = (struct tally_line){.id = s->id,
						  .name = s->name,
						  .last = s->last,
						  .bars = t->block + (size_t)i * (size_t)t->bar_count};
	}
	for (int i = 0; i < t->answer.window_count; i++) {
		const struct store_window *w = &t->answer.windows[i];
		int place = tally_place(t->starts, TALLY_WINDOWS, w->start);
		if (place >= 0)
			t->lines[w->store].windows[place] = w->count;
	}
}

static void tally_bars(struct tally *t, const struct stores_answer *a)
{
	for (int i = 0; i < a->window_count; i++) {
		const struct store_window *w = &a->windows[i];
		int place = tally_place(t->bar_starts, t->bar_count, w->start);
		if (place < 0)
			continue;
		t->bars[place] += w->count;
		t->lines[w->store].bars[place] += w->count;
	}
}

/* Within one transaction all answers list the same stores in the same order. */
static bool tally_ask(struct tally *t, struct query *q, struct recent_answer *recent, struct error *err)
{
	struct stores_request r = {.zone = t->zone, .now = t->now, .to = t->now + 1};
	struct recent_request last = tally_recent(t, t->now);
	struct stores_answer other = {0};
	r.window = t->window;
	r.slide = t->slide;
	r.from = t->starts[0];
	bool good = query_stores(q, &r, &t->answer, err);
	if (good)
		tally_lines(t);
	r.window = r.slide = windows_unit_length(t->unit);
	r.from = t->bar_starts[0];
	if ((good = good && query_stores(q, &r, &other, err)))
		tally_bars(t, &other);
	r.window = r.slide = (struct duration){.micro = HOUR};
	r.from = tally_floor(t->now, MINUTE) - HOUR + MINUTE;
	good = good && query_stores(q, &r, &other, err);
	for (int i = 0; good && i < t->count; i++)
		t->lines[i].hour = other.stores[i].total;
	r.from = zone_floor(t->zone, ZONE_DAY, t->now);
	good = good && query_stores(q, &r, &other, err);
	for (int i = 0; good && i < t->count; i++)
		t->lines[i].today = other.stores[i].total;
	answer_done(&other.base);
	return good && query_recent(q, &last, recent, err);
}

static void tally_remember(struct tally *t, const struct recent_answer *a);

bool tally_count(struct tally *t, struct query *q, struct error *err)
{
	struct recent_answer recent = {0};
	if (t->bar_count < 1 || t->bar_count > TALLY_BARS)
		t->bar_count = TALLY_BARS;
	tally_calendars(t);
	bool good = query_hold(q, err);
	if (good) {
		good = tally_ask(t, q, &recent, err);
		query_release(q);
	}
	if (good) {
		t->complete = t->answer.base.freshness.complete_to;
		tally_remember(t, &recent);
		tally_judge(t);
	}
	answer_done(&recent.base);
	return good;
}

/* ---- what is new ---- */

static int64_t tally_step(const struct tally *t)
{
	struct duration bar = windows_unit_length(windows_unit(&t->window));
	return (t->slide.months || t->slide.micro % MINUTE == 0) && bar.micro % MINUTE == 0 ? MINUTE : TALLY_FINE;
}

struct recent_request tally_recent(const struct tally *t, int64_t now)
{
	int64_t step = tally_step(t), end = tally_floor(now, step) + step;
	return (struct recent_request){.from = end - TALLY_RECENT * step, .to = end, .step = step};
}

/* What is looked for stands at the line found last, or not far behind it. */
static int tally_search(const struct tally *t, const char *id, int from)
{
	for (int i = 0; i < t->count; i++) {
		int line = (from + i) % t->count;
		if (strcmp(t->lines[line].id ? t->lines[line].id : "", id) == 0)
			return line;
	}
	return -1;
}

int tally_find(const struct tally *t, const char *id)
{
	return tally_search(t, id, 0);
}

/* The counts of the slots by line; false: of a store that is new. */
static bool tally_slots(const struct tally *t, const struct recent_answer *a, int64_t from,
			int64_t (*slots)[TALLY_RECENT])
{
	int64_t step = tally_step(t);
	for (int i = 0, line = 0; i < a->count; i++) {
		int64_t at = (a->slots[i].start - from) / step;
		line = tally_search(t, a->slots[i].store ? a->slots[i].store : "", line);
		if (line < 0)
			return false;
		if (at >= 0 && at < TALLY_RECENT)
			slots[line][at] += a->slots[i].count;
	}
	return true;
}

static void tally_remember(struct tally *t, const struct recent_answer *a)
{
	int64_t(*slots)[TALLY_RECENT] = memory_zero((size_t)t->count + 1, sizeof(*slots));
	t->recent_from = tally_recent(t, t->now).from;
	t->registered = a->registered;
	tally_slots(t, a, t->recent_from, slots);
	for (int i = 0; i < t->count; i++)
		memcpy(t->lines[i].recent, slots[i], sizeof(slots[i]));
	free(slots);
}

static void tally_grow(struct tally *t, struct tally_line *l, int64_t at, int64_t n)
{
	for (int i = 0; i < TALLY_WINDOWS; i++)
		if (t->starts[i] <= at && at < t->ends[i])
			l->windows[i] += n;
	int bar = tally_place(t->bar_starts, t->bar_count, at);
	if (bar >= 0) {
		t->bars[bar] += n;
		l->bars[bar] += n;
	}
	/* The slots end with the minute of the clock: they lie within the hour, and all but those before midnight in
	 * today. */
	l->hour += n;
	if (at >= zone_floor(t->zone, ZONE_DAY, t->now))
		l->today += n;
	l->last = l->last == TIME_NONE || at > l->last ? at : l->last;
}

/* The slots of the line that are seen again, moved to where the new ones begin. */
static int64_t tally_seen(const struct tally *t, const struct tally_line *l, int slot, int64_t from)
{
	int64_t old = slot + (from - t->recent_from) / tally_step(t);
	return old >= 0 && old < TALLY_RECENT ? l->recent[old] : 0;
}

bool tally_add(struct tally *t, const struct recent_answer *a, int64_t now)
{
	int64_t from = tally_recent(t, now).from, grown = 0;
	if (now >= t->until || now < t->now || from < t->recent_from)
		return false;
	int64_t(*slots)[TALLY_RECENT] = memory_zero((size_t)t->count + 1, sizeof(*slots));
	bool good = tally_slots(t, a, from, slots);
	for (int i = 0; good && i < t->count; i++)
		for (int k = 0; k < TALLY_RECENT; k++) {
			int64_t more = slots[i][k] - tally_seen(t, &t->lines[i], k, from);
			good = good && more >= 0;
			grown += more;
		}
	good = good && grown == a->registered - t->registered;
	for (int i = 0; good && i < t->count; i++) {
		struct tally_line *l = &t->lines[i];
		for (int k = 0; k < TALLY_RECENT; k++) {
			int64_t more = slots[i][k] - tally_seen(t, l, k, from);
			if (more)
				tally_grow(t, l, from + k * tally_step(t), more);
		}
		memcpy(l->recent, slots[i], sizeof(slots[i]));
	}
	free(slots);
	if (!good)
		return false;
	t->recent_from = from;
	t->registered = a->registered;
	t->now = now;
	t->complete = a->base.freshness.complete_to;
	tally_judge(t);
	return true;
}

/* ---- order ---- */

static int tally_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int tally_larger(int64_t a, int64_t b)
{
	return (a < b) - (a > b);
}

struct tally_sorting {
	const struct tally *tally;
	enum tally_order order;
};

static int64_t tally_rate(const struct tally *t, const struct tally_line *l)
{
	return l->windows[TALLY_WINDOWS - 1] + (t->whole >= 0 ? l->windows[t->whole] : 0);
}

static int tally_compare(const struct tally_sorting *s, int left, int right)
{
	const struct tally_line *a = &s->tally->lines[left], *b = &s->tally->lines[right];
	int found = 0;
	switch (s->order) {
	case TALLY_BY_RATE:
		found = tally_larger(tally_rate(s->tally, a), tally_rate(s->tally, b));
		break;
	case TALLY_BY_TODAY:
		found = tally_larger(a->today, b->today);
		break;
	case TALLY_BY_AVERAGE: /* those without a mean last */
		found = tally_larger(a->percent == INT32_MAX ? INT64_MIN : a->percent,
				     b->percent == INT32_MAX ? INT64_MIN : b->percent);
		break;
	case TALLY_BY_NAME:
		found = !a->id != !b->id ? !a->id - !b->id : tally_text(a->name, b->name);
		break;
	case TALLY_BY_STORE:
	case TALLY_ORDERS:
		break;
	}
	return found ? found : left - right; /* the lines stand by store */
}

static void tally_merge(const struct tally_sorting *s, int *list, int *spare, int count)
{
	int half = count / 2;
	if (count < 2)
		return;
	tally_merge(s, list, spare, half);
	tally_merge(s, list + half, spare, count - half);
	for (int i = 0, a = 0, b = half; i < count; i++)
		spare[i] = b == count || (a < half && tally_compare(s, list[a], list[b]) <= 0) ? list[a++] : list[b++];
	memcpy(list, spare, (size_t)count * sizeof(*list));
}

void tally_sort(struct tally *t, enum tally_order order, bool reverse)
{
	struct tally_sorting s = {t, order};
	int *spare = memory_zero((size_t)t->count + 1, sizeof(*spare));
	tally_merge(&s, t->order, spare, t->count);
	for (int i = 0; reverse && i < t->count / 2; i++) {
		int other = t->count - 1 - i, line = t->order[i];
		t->order[i] = t->order[other];
		t->order[other] = line;
	}
	free(spare);
}

void tally_done(struct tally *t)
{
	answer_done(&t->answer.base);
	free(t->lines);
	free(t->order);
	free(t->block);
	t->lines = NULL;
	t->order = NULL;
	t->block = NULL;
	t->count = 0;
}
