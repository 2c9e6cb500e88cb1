/* Questions about windows: a year of registrations in 200 stores. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "bench/bench.h"
#include "bench/db.h"
#include "generate/dice.h"
#include "model/change.h"
#include "model/model.h"
#include "replica/apply.h"
#include "replica/query.h"
#include "replica/replica.h"

enum { STORES = 200, COLUMNS_MOST = 32, ASKED = 31, TXN = 20000 };

static int64_t year_end(const struct model *m)
{
	return zone_floor(m->zone, ZONE_DAY, clock_now());
}

static void put_customer(struct apply *a, const struct model *m, int64_t number, int64_t at, struct dice *d)
{
	struct error err = {0};
	const struct entity *e = &m->entities[m->customer];
	struct value row[COLUMNS_MOST];
	struct civil c;
	char store[16], when[96];
	for (int i = 0; i < e->column_count; i++)
		row[i] = value_null();
	zone_civil(m->zone, at, &c);
	snprintf(when, sizeof when, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
		 c.second);
	snprintf(store, sizeof store, "S%03u", 1 + (unsigned)dice_front(d, STORES));
	row[e->key[0]] = value_integer(number);
	row[e->names[0]] = value_text("A Customer", 10);
	row[e->store] = value_text(store, strlen(store));
	row[e->registered] = value_text(when, strlen(when));
	struct change change = {.op = CHANGE_INSERT, .entity = m->customer, .after = row};
	bench_must(apply_change(a, &change, &err), &err);
}

static void make(const struct bench *b, const char *path)
{
	struct error err = {0};
	struct dice d = {17};
	const struct model *m = b->model;
	struct replica_params p = {.path = path, .model = m, .source_url = "bench", .source_kind = "bench"};
	struct replica *r = replica_open_writer(&p, &err);
	bench_must(r != NULL, &err);
	struct apply *a = apply_new(r);
	int64_t end = year_end(m), begin = end - 365 * DAY;
	for (int64_t n = 0; n < b->customers; n++) {
		struct apply_times t = {.commit_time = end, .source_clock = end};
		if (n % TXN == 0)
			bench_must(apply_begin(a, &t, &err), &err);
		int64_t step = 365 * DAY / b->customers;
		put_customer(a, m, n + 1, begin + n * step + (int64_t)(dice_unit(&d) * (double)step), &d);
		if (n % TXN == TXN - 1 || n + 1 == b->customers)
			bench_must(apply_end(a, "1", &err) && replica_commit(r, &err), &err);
	}
	apply_free(a);
	replica_close(r);
}

struct question {
	const char *what, *at_least, *aim;
	const char *window;
	int64_t from, to;
	int grain;
};

/* The counts a question needs, read and nothing else. */
static double ask_bare(sqlite3_stmt *s, const struct question *x)
{
	int64_t start = bench_ns(), sum = 0;
	sqlite3_bind_int(s, 1, x->grain);
	sqlite3_bind_int64(s, 2, x->from);
	sqlite3_bind_int64(s, 3, x->to);
	while (db_row(s))
		sum += sqlite3_column_int64(s, 0) + sqlite3_column_int64(s, 1) + sqlite3_column_int64(s, 2);
	if (!sum)
		bench_fail("there is nothing in the windows");
	return (double)(bench_ns() - start) / 1e3;
}

static void ask(struct query *q, sqlite3_stmt *bare, const struct question *x)
{
	struct error err = {0};
	struct stores_answer answer = {0};
	struct stores_request r = {.from = x->from, .to = x->to, .now = x->to};
	struct samples ours = {0}, limit = {0};
	bench_must(duration_parse(x->window, &r.window, &err), &err);
	for (int i = 0; i < ASKED; i++) {
		int64_t start = bench_ns();
		bench_must(query_stores(q, &r, &answer, &err), &err);
		samples_add(&ours, (double)(bench_ns() - start) / 1e3);
		samples_add(&limit, ask_bare(bare, x));
	}
	report_line(&(struct report_line){x->what, REPORT_TIME, samples_at(&ours, 0.5), samples_at(&limit, 0.5), 0,
					  x->at_least, x->aim});
	answer_done(&answer.base);
	samples_done(&ours);
	samples_done(&limit);
}

void bench_stores(const struct bench *b)
{
	struct error err = {0};
	char *path = bench_path(b, "stores.db");
	bench_says("registering a year in %d stores", STORES);
	make(b, path);
	struct query *q = query_open(path, &err);
	bench_must(q != NULL, &err);
	sqlite3 *db = db_open_read(path);
	sqlite3_stmt *bare = db_prepare(db, "SELECT start, \"group\", n FROM td_registrations_counts WHERE grain = ?1 "
					    "AND start >= ?2 AND start < ?3");
	int64_t end = year_end(b->model);
	const struct question questions[] = {
		{"a day by 5 minutes", "50 ms", "5 ms", "5m", end - 30 * DAY, end - 29 * DAY, 0},
		{"a year by day", "200 ms", "20 ms", "1d", end - 365 * DAY, end, 2},
	};
	report_section("windows of 200 stores, against reading the counts");
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
		ask(q, bare, &questions[i]);
	sqlite3_finalize(bare);
	sqlite3_close(db);
	query_close(q);
	unlink(path);
	free(path);
}
