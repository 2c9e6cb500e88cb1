/* race: rounds of one kind of work, ours and another one's in turns. */
#ifndef TD_BENCH_RACE_H
#define TD_BENCH_RACE_H

#include <stdint.h>

#include "bench/bench.h"
#include "bench/ours.h"

struct race {
	struct samples ours, theirs, ratios; /* rows a second; ours to theirs */
	double our_cpu, their_cpu, rows;
	int64_t peak;
};

void race_add(struct race *r, double rows, const struct cost *ours, const struct cost *theirs);
/* A line of rates: medians, and the median of the rounds' ratios. */
void race_report(struct race *r, const char *what, const char *at_least, const char *aim);
/* A line of what a row took of the processor. */
void race_report_cpu(const struct race *r);
void race_done(struct race *r); /* empty and usable again */

#endif
