/* backlog: changes committed in the bank that nobody has taken yet, and when a replica has. */
#ifndef TD_BENCH_BACKLOG_H
#define TD_BENCH_BACKLOG_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/bench.h"

struct backlog {
	int64_t rows;
	int64_t target;         /* the bank's last change */
	sqlite3 *db;            /* the replica's */
	sqlite3_stmt *position; /* prepared once: asked often */
};

void backlog_make(struct backlog *k, const struct bench *b, int64_t customers);
void backlog_done(struct backlog *k);
/* The last change the replica holds. */
int64_t backlog_reached(struct backlog *k);
/* Brings the replica up to the bank, by `ingest --once`. */
void backlog_take(const struct bench *b);
/* Waits until the replica is as the bank, its search index included. */
void backlog_wait(struct backlog *k);

#endif
