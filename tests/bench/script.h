/* script: a console of its own process, headless, that plays a script, and what it answered. */
#ifndef TD_BENCH_SCRIPT_H
#define TD_BENCH_SCRIPT_H

#include "bench/bench.h"

struct buffer;

/* What the instructions `time` and `bytes` printed, in order. */
struct answers {
	struct samples start, enter, enter_cpu, bytes;
};
void answers_done(struct answers *a);

struct script_place {
	const char *source; /* followed meanwhile; NULL: it only reads */
	const char *replica;
};

/* The microseconds the whole process took. */
double script_run(const struct bench *b, const struct script_place *at, const struct buffer *script, struct answers *a);

#endif
