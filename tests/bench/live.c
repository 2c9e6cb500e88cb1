#include "config.h"

#include "bench/live.h"

#include <stdio.h>
#include <time.h>

#include "bench/bench.h"

#define PATIENCE_NS INT64_C(30000000000)

static void rest(int64_t micro)
{
	nanosleep(&(struct timespec){.tv_nsec = micro * 1000}, NULL);
}

void live_commits(const struct live *l, int count, struct samples *seen)
{
	for (int i = 0; i <= count; i++) {
		char city[32];
		int64_t number = 1 + dice_below(l->dice, (uint32_t)l->customers);
		snprintf(city, sizeof city, "Kota%zu%c%d", seen->count, l->who, i);
		/* At no fixed beat, or a follower that looks from time to time would always or never be late. */
		rest(2000 + (int64_t)dice_below(l->dice, 10000));
		l->commit(l->ctx, number, city);
		int64_t committed = bench_ns();
		/* Rests between two looks: a reader that spins takes a core from whom it waits for. */
		for (; !l->sees(l->ctx, number, city); rest(10))
			if (bench_ns() - committed > PATIENCE_NS)
				bench_fail("a commit was not seen within 30 s");
		if (i)
			samples_add(seen, (double)(bench_ns() - committed) / 1e3);
	}
}
