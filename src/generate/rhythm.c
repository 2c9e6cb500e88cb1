#include "config.h"

#include "generate/rhythm.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

/* Activity by the hour of a working day; what comes at night came online. */
static const unsigned char day_shape[24] = {2, 1, 1, 1, 1, 2, 5, 12, 45, 90, 100, 95, 60, 80, 95, 90, 75, 50, 30, 22, 16, 10, 6, 3};
static const double weekday_shape[7] = {1.05, 1.0, 1.0, 0.95, 1.1, 0.4, 0.2};

/* Growth from the first to the last hour of a span. */
#define RHYTHM_FIRST 0.5
#define RHYTHM_LAST 1.5

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* 1970-01-01 was a Thursday. */
static int hour_of_week(int64_t at)
{
	int64_t hours = floor_div(at, HOUR) + 3 * 24;
	return (int)(hours - floor_div(hours, WEEK_HOURS) * WEEK_HOURS);
}

void hours_init(struct hours *h, const struct names *names)
{
	h->shops = names->shop_count;
	for (int hour = 0; hour < WEEK_HOURS; hour++) {
		double sum = 0;
		for (int shop = 0; shop < h->shops; shop++) {
			int64_t offset = names->countries[names->shop_country[shop]].offset;
			int local = hour_of_week((hour - 3 * 24) * HOUR + offset);
			sum += day_shape[local % 24] * weekday_shape[local / 24] / (shop + 1);
			h->sums[hour][shop] = sum;
		}
	}
}

int hours_shop(const struct hours *h, int64_t at, double share)
{
	const double *sums = h->sums[hour_of_week(at)];
	double want = share * sums[h->shops - 1];
	int shop = 0;
	while (shop < h->shops - 1 && sums[shop] <= want)
		shop++;
	return shop;
}

void rhythm_init(struct rhythm *r, const struct hours *h, int64_t from, int64_t to)
{
	if (to <= from)
		to = from + 1;
	int64_t first = floor_div(from, HOUR) * HOUR;
	*r = (struct rhythm){.from = from, .to = to, .count = floor_div(to - 1 - first, HOUR) + 1};
	r->sums = memory_alloc((size_t)(r->count + 1) * sizeof *r->sums);
	r->sums[0] = 0;
	for (int64_t i = 0; i < r->count; i++) {
		int64_t start = first + i * HOUR, end = start + HOUR;
		double part = (double)((end < to ? end : to) - (start > from ? start : from)) / (double)HOUR;
		double growth = RHYTHM_FIRST + (RHYTHM_LAST - RHYTHM_FIRST) * (double)i / (double)r->count;
		r->sums[i + 1] = r->sums[i] + h->sums[hour_of_week(start)][h->shops - 1] * part * growth;
	}
}

void rhythm_done(struct rhythm *r)
{
	free(r->sums);
	r->sums = NULL;
}

int64_t rhythm_time(const struct rhythm *r, double share)
{
	double want = share * r->sums[r->count];
	int64_t low = 0, high = r->count - 1;
	while (low < high) {
		int64_t middle = (low + high + 1) / 2;
		if (r->sums[middle] <= want)
			low = middle;
		else
			high = middle - 1;
	}
	int64_t start = (floor_div(r->from, HOUR) + low) * HOUR, end = start + HOUR;
	if (start < r->from)
		start = r->from;
	if (end > r->to)
		end = r->to;
	double within = (want - r->sums[low]) / (r->sums[low + 1] - r->sums[low]);
	return start + (int64_t)(within * (double)(end - 1 - start));
}
