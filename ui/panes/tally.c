#include "config.h"

#include "ui/panes/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/zone.h"

enum { TALLY_HOUR = 60 /* minutes */, TALLY_MOST = 9999 /* per cent; more says no more */ };

void tally_starts(struct tally *t)
{
	const struct duration *w = &t->window;
	enum zone_unit unit = w->months ? ZONE_MONTH : w->days == 7 ? ZONE_WEEK : ZONE_DAY;
	for (int i = 0; i < TALLY_WINDOWS; i++) {
		int back = TALLY_WINDOWS - 1 - i;
		if (!w->months && !w->days)
			t->starts[i] = t->now - t->now % t->slide.micro - back * t->slide.micro;
		else if (back)
			t->starts[i] = zone_step(t->zone, unit, t->now, -back);
		else
			t->starts[i] = zone_floor(t->zone, unit, t->now);
	}
}

static int64_t tally_first_minute(const struct tally *t)
{
	return t->now - t->now % MINUTE - (TALLY_MINUTES - 1) * MINUTE;
}

static bool tally_ask(struct tally *t, struct query *q, struct error *err)
{
	struct stores_request r = {.zone = t->zone, .now = t->now, .to = t->now + 1};
	r.window = t->window;
	r.slide = t->slide;
	r.from = t->starts[0];
	if (!query_stores(q, &r, &t->bars, err))
		return false;
	r.window = r.slide = (struct duration){.micro = MINUTE};
	r.from = tally_first_minute(t);
	if (!query_stores(q, &r, &t->per_minute, err))
		return false;
	r.window = r.slide = (struct duration){.micro = DAY, .days = 1};
	r.from = zone_floor(t->zone, ZONE_DAY, t->now);
	return query_stores(q, &r, &t->today, err);
}

static bool tally_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The answers list the stores in one order, unless one was born in between. */
static struct tally_line *tally_line(struct tally *t, const char *id, int guess)
{
	if (guess < t->count && tally_same(t->lines[guess].id, id))
		return &t->lines[guess];
	for (int i = 0; i < t->count; i++)
		if (tally_same(t->lines[i].id, id))
			return &t->lines[i];
	return NULL;
}

static void tally_windows(struct tally *t)
{
	for (int i = 0; i < t->bars.window_count; i++) {
		const struct store_window *w = &t->bars.windows[i];
		for (int k = TALLY_WINDOWS - 1; k >= 0; k--)
			if (t->starts[k] == w->start)
				t->lines[w->store].windows[k] = w->count;
	}
}

static void tally_minutes(struct tally *t)
{
	int64_t first = tally_first_minute(t);
	for (int i = 0; i < t->per_minute.window_count; i++) {
		const struct store_window *w = &t->per_minute.windows[i];
		int64_t at = (w->start - first) / MINUTE;
		if (w->start < first || at >= TALLY_MINUTES)
			continue;
		t->minutes[at] += w->count;
		struct tally_line *line = tally_line(t, t->per_minute.stores[w->store].id, w->store);
		if (line && at >= TALLY_MINUTES - TALLY_HOUR)
			line->hour += w->count;
	}
}

static int tally_percent(const int64_t *windows)
{
	int64_t sum = 0;
	for (int i = 0; i < TALLY_WINDOWS - 2; i++)
		sum += windows[i];
	if (sum == 0)
		return INT32_MAX;
	double mean = (double)sum / (double)(TALLY_WINDOWS - 2);
	double percent = ((double)windows[TALLY_WINDOWS - 2] / mean - 1) * 100;
	return percent > TALLY_MOST ? TALLY_MOST : (int)(percent < 0 ? percent - 0.5 : percent + 0.5);
}

bool tally_count(struct tally *t, struct query *q, struct error *err)
{
	tally_starts(t);
	if (!tally_ask(t, q, err))
		return false;
	t->count = t->bars.store_count;
	t->lines = memory_zero((size_t)t->count + 1, sizeof(*t->lines));
	for (int i = 0; i < t->count; i++) {
		t->lines[i].id = t->bars.stores[i].id;
		t->lines[i].name = t->bars.stores[i].name;
		t->lines[i].silent = t->bars.stores[i].silent;
	}
	tally_windows(t);
	tally_minutes(t);
	for (int i = 0; i < t->today.store_count; i++) {
		struct tally_line *line = tally_line(t, t->today.stores[i].id, i);
		if (line)
			line->today = t->today.stores[i].total;
	}
	for (int i = 0; i < t->count; i++)
		t->lines[i].percent = tally_percent(t->lines[i].windows);
	return true;
}

static int tally_by_store(const void *left, const void *right)
{
	const struct tally_line *a = left, *b = right;
	if (!a->id || !b->id)
		return !a->id - !b->id;
	return strcmp(a->id, b->id);
}

static int tally_by_name(const void *left, const void *right)
{
	const struct tally_line *a = left, *b = right;
	int name = strcmp(a->name ? a->name : "", b->name ? b->name : "");
	return a->id && b->id && name ? name : tally_by_store(left, right);
}

static int tally_by_rate(const void *left, const void *right)
{
	const struct tally_line *a = left, *b = right;
	int64_t x = a->windows[TALLY_WINDOWS - 1] + a->windows[TALLY_WINDOWS - 2];
	int64_t y = b->windows[TALLY_WINDOWS - 1] + b->windows[TALLY_WINDOWS - 2];
	return x != y ? (x > y ? -1 : 1) : tally_by_store(left, right);
}

static int tally_by_today(const void *left, const void *right)
{
	const struct tally_line *a = left, *b = right;
	return a->today != b->today ? (a->today > b->today ? -1 : 1) : tally_by_store(left, right);
}

void tally_sort(struct tally *t, enum tally_order order)
{
	static int (*const compare[TALLY_ORDERS])(const void *, const void *) = {
		[TALLY_BY_RATE] = tally_by_rate,
		[TALLY_BY_STORE] = tally_by_store,
		[TALLY_BY_NAME] = tally_by_name,
		[TALLY_BY_TODAY] = tally_by_today,
	};
	if (t->count)
		qsort(t->lines, (size_t)t->count, sizeof(*t->lines), compare[order]);
}

void tally_done(struct tally *t)
{
	answer_done(&t->bars.base);
	answer_done(&t->per_minute.base);
	answer_done(&t->today.base);
	free(t->lines);
	t->lines = NULL;
	t->count = 0;
}
