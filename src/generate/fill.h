/* fill: a generator writes into a bank, at its own pace.
 *
 *     struct fill f;
 *     fill_open(&f, &params, &err)
 *     fill_customers(&f, &load, &err)     batch by batch, each one transaction of the bank
 *     fill_changes(&f, 5.0, 0, &err)      events, 5 a second, until told to stop
 *     fill_position(&f)                   as `ingest --until` takes it
 *     fill_close(&f)
 *
 * A bank that was generated before goes on where it was left, with its own seed.
 * Rows and the place reached commit together, so a run that is killed goes on too.
 * Whoever wants it to stop makes one of the `stop` descriptors readable: it ends after
 * the batch at hand.
 */
#ifndef TD_GENERATE_FILL_H
#define TD_GENERATE_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "generate/generator.h"

struct error;
struct writer;

struct fill_params {
	const char *url;
	uint64_t seed;
	bool seed_given;  /* a bank begun with another one is refused */
	int stop[2];      /* -1: none */
	/* Called after each batch or event; NULL: nobody asks. */
	void (*progress)(void *ctx, int64_t done, int64_t of, int64_t rows);
	void *ctx;
};

struct fill {
	struct fill_params params;
	struct writer *writer;
	struct generator *generator;
	struct generator_event *event; /* the one at hand; after fill_event the last */
	struct buffer state;
	bool resumed;     /* the bank held customers already */
	int64_t rows;     /* written by this run */
};

struct fill_load {
	int64_t customers, batch;
	int64_t delay;    /* between batches, microseconds */
	int days;         /* over which they registered */
};

bool fill_open(struct fill *f, const struct fill_params *p, struct error *err);
void fill_close(struct fill *f);
/* False with ERROR_INTERRUPTED when it was stopped before the end. */
bool fill_customers(struct fill *f, const struct fill_load *load, struct error *err);
/* `rate` events a second for `duration` microseconds; 0: until it is stopped, which then is the end, not an error. */
bool fill_changes(struct fill *f, double rate, int64_t duration, struct error *err);
/* Writes one event as a transaction of its own; events were begun by generator_live. */
bool fill_event(struct fill *f, struct error *err);
const char *fill_position(struct fill *f);

#endif
