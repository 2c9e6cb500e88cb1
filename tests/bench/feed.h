/* feed: decoded changes, made in memory before anything is timed.
 *
 *     feed_open(&f, model, customers)
 *     while (feed_inserts(&f, most)) ... f.changes[0 .. f.count)   one customer: three rows
 *     feed_updates(&f, 20000)                                      random keys; values always differ
 *     feed_close(&f)
 *
 * A block lives until the next one. Source transactions are FEED_TXN changes each.
 */
#ifndef TD_BENCH_FEED_H
#define TD_BENCH_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "generate/dice.h"
#include "model/change.h"

struct generator;
struct model;

enum { FEED_TXN = 1000 };

struct feed {
	const struct model *model;
	struct generator *generator;
	int customer, product, asset; /* entities */
	int64_t made, customers;      /* inserted so far, of so many */
	int64_t updates;
	struct dice dice;
	struct arena arena;
	struct change *changes;
	int count, room;
};

void feed_open(struct feed *f, const struct model *m, int64_t customers);
void feed_close(struct feed *f);
/* Up to so many customers more; false: there are none left. */
bool feed_inserts(struct feed *f, int64_t most);
/* So many updates: the address of a customer or the value of an asset, in turns. */
void feed_updates(struct feed *f, int count);

#endif
