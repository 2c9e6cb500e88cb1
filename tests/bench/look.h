/* look: one customer, all entities: by query_lookup, and by the bare statements on the same file. */
#ifndef TD_BENCH_LOOK_H
#define TD_BENCH_LOOK_H

#include <sqlite3.h>
#include <stdint.h>

#include "bench/bench.h"
#include "replica/query.h"

struct look {
	struct query *query;
	struct lookup_answer answer;
	sqlite3 *db; /* never waits for a lock: what it meets is counted */
	sqlite3_stmt *statements[8];
	int statement_count;
	struct samples ours, bare; /* microseconds */
	int64_t busy;
};

void look_open(struct look *l, const struct bench *b);
void look_close(struct look *l);
/* Looks two customers up, one each way. */
void look_pair(struct look *l, int64_t first, int64_t second);

#endif
