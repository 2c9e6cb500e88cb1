#include "config.h"

#include "bench/ours.h"

#include <time.h>

#include "base/error.h"
#include "bench/bench.h"
#include "bench/db.h"
#include "source/source.h"

void ours_follow(struct ours *o, const struct bench *b, const char *url, const char *replica)
{
	const char *const argv[] = {b->program, "ingest", "--source", url, "--replica", replica, "-q", NULL};
	struct error err = {0};
	*o = (struct ours){.db = db_open_read(replica), .ops = source_find(url, &err)};
	bench_must(o->ops != NULL, &err);
	child_start(&o->child, argv, NULL);
}

/* to: the position that the row must have; NULL: any row will do. */
static void wait_for(struct ours *o, const char *sql, const char *to, struct cost *c)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	sqlite3_stmt *s = db_prepare(o->db, sql);
	for (bool there = false; !there;) {
		there = db_row(s) && (!to || o->ops->reached((const char *)sqlite3_column_text(s, 0), to));
		sqlite3_reset(s);
		if (!child_runs(&o->child, 0) || bench_ns() - o->child.started > PATIENCE_SECONDS * INT64_C(1000000000))
			bench_fail("ingest did not catch up");
		if (!there)
			nanosleep(&pause, NULL);
	}
	sqlite3_finalize(s);
	*c = (struct cost){(double)(bench_ns() - o->child.started) / 1e9, child_cpu(o->child.pid), o->child.peak};
}

void ours_reach(struct ours *o, const char *to, struct cost *c)
{
	wait_for(o, "SELECT position FROM td_source", to, c);
}

void ours_see(struct ours *o, const char *sql, struct cost *c)
{
	wait_for(o, sql, NULL, c);
}

void ours_end(struct ours *o, struct cost *c)
{
	sqlite3_close(o->db);
	child_end(&o->child);
	if (c && o->child.peak > c->peak)
		c->peak = o->child.peak;
}
