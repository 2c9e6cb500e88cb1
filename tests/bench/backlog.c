#include "config.h"

#include "bench/backlog.h"

#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "bench/child.h"
#include "bench/db.h"
#include "generate/fill.h"

#define PATIENCE_SECONDS 600

void backlog_make(struct backlog *k, const struct bench *b, int64_t customers)
{
	struct error err = {0};
	struct fill f;
	char *url = memory_format("bank:%s", b->bank);
	struct fill_params p = {.url = url, .stop = {-1, -1}};
	struct fill_load load = {.customers = customers, .batch = 333, .days = 1};
	bench_says("making a backlog");
	bench_must(fill_open(&f, &p, &err), &err);
	bench_must(fill_customers(&f, &load, &err), &err);
	/* Stores come with the first customers only. */
	*k = (struct backlog){.rows = f.rows, .target = strtoll(fill_position(&f), NULL, 10)};
	fill_close(&f);
	free(url);
	k->db = db_open_read(b->replica);
	k->position = db_prepare(k->db, "SELECT position FROM td_source");
}

void backlog_done(struct backlog *k)
{
	sqlite3_finalize(k->position);
	sqlite3_close(k->db);
}

int64_t backlog_reached(struct backlog *k)
{
	int64_t id = db_row(k->position) ? strtoll((const char *)sqlite3_column_text(k->position, 0), NULL, 10) : 0;
	sqlite3_reset(k->position);
	return id;
}

void backlog_wait(struct backlog *k)
{
	sqlite3_stmt *queued = db_prepare(k->db, "SELECT EXISTS (SELECT 1 FROM td_search_queue)");
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t begun = bench_ns();
	bool there = false;
	while (!there) {
		there = backlog_reached(k) >= k->target && db_row(queued) && !sqlite3_column_int(queued, 0);
		sqlite3_reset(queued);
		if (bench_ns() - begun > PATIENCE_SECONDS * INT64_C(1000000000))
			bench_fail("the replica did not catch up");
		nanosleep(&pause, NULL);
	}
	sqlite3_finalize(queued);
}

void backlog_take(const struct bench *b)
{
	char *source = memory_format("bank:%s", b->bank);
	const char *const argv[] = {b->program,  "ingest",   "--once", "--source", source,
				    "--replica", b->replica, "-q",     NULL};
	struct child c;
	child_start(&c, argv, NULL);
	child_wait(&c);
	free(source);
}
