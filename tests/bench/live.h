/* live: commits one at a time, and how soon each is seen. */
#ifndef TD_BENCH_LIVE_H
#define TD_BENCH_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generate/dice.h"

struct samples;

struct live {
	void (*commit)(void *ctx, int64_t number, const char *city); /* customer `number` (from 1) gets another city */
	bool (*sees)(void *ctx, int64_t number, const char *city);
	void *ctx;
	int64_t customers;
	struct dice *dice;
	char who;              /* in the city's name, so that no two are alike */
};

/* So many, and one before them: that one finds out when its follower has connected, and does not count. Microseconds. */
void live_commits(const struct live *l, int count, struct samples *seen);

#endif
