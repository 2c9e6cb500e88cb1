/* ours: the service that follows a server, on a replica that stands somewhere.
 *
 *     ours_follow(&o, bench, url, replica)
 *     ours_reach(&o, to, &cost)        it has applied the source up to a position; or
 *     ours_see(&o, sql, &cost)         the replica answers this statement with a row
 *     ours_end(&o, &cost)
 *
 * What takes longer than anybody would wait ends the bench.
 */
#ifndef TD_BENCH_OURS_H
#define TD_BENCH_OURS_H

#include <sqlite3.h>
#include <stdint.h>

#include "bench/child.h"

#define PATIENCE_SECONDS 900

struct bench;
struct source_ops;

struct cost {
	double seconds, cpu; /* seconds */
	int64_t peak;        /* bytes; 0: not looked at */
};

struct ours {
	struct child child;
	sqlite3 *db;
	const struct source_ops *ops;
};

void ours_follow(struct ours *o, const struct bench *b, const char *url, const char *replica);
/* The cost is since its start. */
void ours_reach(struct ours *o, const char *to, struct cost *c);
void ours_see(struct ours *o, const char *sql, struct cost *c);
/* c: NULL, or its peak is raised to the one of the whole life. */
void ours_end(struct ours *o, struct cost *c);

#endif
