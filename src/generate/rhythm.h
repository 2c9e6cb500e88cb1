/* rhythm: when customers come, and to which shop.
 *
 * Each shop has a weight (the first the busiest, falling as Zipf's law has it) and
 * opens by its own wall clock: busy in business hours, few at night, fewer at
 * weekends. The shops' hours add up to the bank's; a time is drawn from that sum
 * (rhythm_time), then the shop from who is open at that time (hours_shop).
 */
#ifndef TD_GENERATE_RHYTHM_H
#define TD_GENERATE_RHYTHM_H

#include <stdint.h>

#include "generate/names.h"

enum { WEEK_HOURS = 168 };

/* For each hour of the week (UTC, Monday first) the running sums of the shops' activity. */
struct hours {
	int shops;
	double sums[WEEK_HOURS][SHOPS_MAX];
};

void hours_init(struct hours *h, const struct names *names);
/* The shop for share (0 to 1) of the activity at an instant. */
int hours_shop(const struct hours *h, int64_t at, double share);

/* The activity of a span of time, hour by hour, growing towards its end as a bank does. */
struct rhythm {
	int64_t from, to;
	int64_t count; /* of hours, the first and the last perhaps partial */
	double *sums;  /* sums[i]: all before hour i; sums[count]: everything */
};

void rhythm_init(struct rhythm *r, const struct hours *h, int64_t from, int64_t to);
void rhythm_done(struct rhythm *r);
/* The instant before which share (0 to 1) of the span's activity lies; later for greater shares. */
int64_t rhythm_time(const struct rhythm *r, double share);

#endif
