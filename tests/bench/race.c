#include "config.h"

#include "bench/race.h"

void race_add(struct race *r, double rows, const struct cost *ours, const struct cost *theirs)
{
	samples_add(&r->ours, rows / ours->seconds);
	samples_add(&r->theirs, rows / theirs->seconds);
	samples_add(&r->ratios, theirs->seconds / ours->seconds);
	r->our_cpu += ours->cpu;
	r->their_cpu += theirs->cpu;
	r->rows += rows;
	r->peak = ours->peak > r->peak ? ours->peak : r->peak;
}

void race_report(struct race *r, const char *what, const char *at_least, const char *aim)
{
	report_line(&(struct report_line){what, REPORT_RATE, samples_at(&r->ours, 0.5), samples_at(&r->theirs, 0.5),
					  samples_at(&r->ratios, 0.5), at_least, aim});
}

void race_report_cpu(const struct race *r)
{
	report_line(&(struct report_line){"  processor time a row", REPORT_TIME, r->our_cpu * 1e6 / r->rows, r->their_cpu * 1e6 / r->rows, 0,
					  NULL, NULL});
}

void race_done(struct race *r)
{
	samples_done(&r->ours);
	samples_done(&r->theirs);
	samples_done(&r->ratios);
	*r = (struct race){0};
}
