/* sim_source: a bank that behaves as badly as real ones may, as a real source.
 *
 *     sim_source_install(&stream, &how, &state)     then open "sim:" as any source
 *
 * Its log is the stream's transactions, without what cascades did. Time is a tick that each call moves on by a
 * little, chosen by the seed: no clock and no thread is asked. A transaction is
 * logged at one tick and visible to reads at the same or a later one, so reads see
 * transactions out of order; but, as locks have it, one that touches the same row is
 * only logged when those before it are visible. Bounds and H are as honest as the
 * protocol asks, and no more: a bound may lie well before what is visible, an H
 * exactly on the last thing the read saw.
 *
 * The state may lie in memory shared with a child that is killed: who comes next goes
 * on at its tick.
 */
#ifndef TD_PROPERTY_SIM_SOURCE_H
#define TD_PROPERTY_SIM_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct stream;

#define SIM_BOUNDS 512

struct sim_how {
	uint64_t seed;
	int base;     /* transactions that stand and are visible before anything is read */
	bool partial; /* before images of the key only, after images of what changed and the key */
};

/* A bound given out: everything up to position p0 was visible, the clock stood so, and `given` was the last transaction
 * the stream had brought. */
struct sim_bound {
	int p0, given;
	int64_t clock;
};

struct sim_state {
	int tick;
	int purged; /* the log begins after this position */
	int bound_count;
	struct sim_bound bounds[SIM_BOUNDS];
	int calls;   /* of the source, all kinds */
	int stop_at; /* `stop` is called at this call; 0: never */
	void (*stop)(void *ctx);
	void *stop_ctx;
};

/* Registers the scheme "sim:" at the first call. */
void sim_source_install(const struct stream *s, const struct sim_how *how, struct sim_state *state);
void sim_source_remove(void);

#endif
