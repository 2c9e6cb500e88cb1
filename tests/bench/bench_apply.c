/* Decoded changes into a replica, against the bare statements: each block goes through
 * both, ours first and last in turns, and ends with a checkpoint of its own, so that a
 * block pays for all it caused. The figures are medians over the blocks. */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/bench.h"
#include "bench/db.h"
#include "bench/feed.h"
#include "bench/raw_apply.h"
#include "model/model.h"
#include "replica/apply.h"
#include "replica/replica.h"

/* As ingest commits while it catches up. */
#define COMMIT_CHANGES 20000

struct side {
	struct samples rates;
	struct samples ratios; /* of ours to this one */
};

struct ours {
	struct replica *replica;
	struct apply *apply;
	int64_t transactions;
};

static void open_ours(struct ours *o, const char *path, const struct model *m)
{
	struct error err = {0};
	struct replica_params p = {.path = path, .model = m, .source_url = "bench", .source_kind = "bench"};
	o->replica = replica_open_writer(&p, &err);
	bench_must(o->replica != NULL, &err);
	sqlite3_wal_autocheckpoint(replica_db(o->replica), 0);
	o->apply = apply_new(o->replica);
}

static void close_ours(struct ours *o)
{
	apply_free(o->apply);
	replica_close(o->replica);
}

static bool apply_one(struct ours *o, const struct feed *f, int first, int count, struct error *err)
{
	char position[32];
	struct apply_times t = {.commit_time = clock_now(), .source_clock = clock_now()};
	snprintf(position, sizeof position, "%lld", (long long)++o->transactions);
	if (!apply_begin(o->apply, &t, err))
		return false;
	for (int i = first; i < first + count && i < f->count; i++)
		if (!apply_change(o->apply, &f->changes[i], err))
			return false;
	return apply_end(o->apply, position, err);
}

static void apply_block(struct ours *o, const struct feed *f, int per_commit)
{
	struct error err = {0};
	int txn = per_commit < FEED_TXN ? per_commit : FEED_TXN;
	for (int i = 0; i < f->count; i += txn) {
		bench_must(apply_one(o, f, i, txn, &err), &err);
		if ((i + txn) % per_commit == 0 || i + txn >= f->count)
			bench_must(replica_commit(o->replica, &err), &err);
	}
}

static void checkpoint(sqlite3 *db)
{
	db_exec(db, "PRAGMA wal_checkpoint(PASSIVE)");
}

static double time_ours(struct ours *o, const struct feed *f, int per_commit)
{
	int64_t start = bench_ns();
	apply_block(o, f, per_commit);
	checkpoint(replica_db(o->replica));
	return (double)f->count * 1e9 / (double)(bench_ns() - start);
}

static double time_raw(struct raw *w, const struct feed *f, int per_commit)
{
	raw_prepare(w, f->changes, f->count, per_commit);
	int64_t start = bench_ns();
	raw_run(w);
	checkpoint(w->db);
	return (double)f->count * 1e9 / (double)(bench_ns() - start);
}

static void note(struct side *s, double rate, double ours)
{
	samples_add(&s->rates, rate);
	samples_add(&s->ratios, ours / rate);
}

/* One block through all of them; naive may be NULL. */
static void run_block(struct ours *o, struct raw *w, struct raw *naive, const struct feed *f, int per_commit,
		      struct side sides[3])
{
	bool ours_first = sides[0].rates.count % 2 == 0;
	double ours = ours_first ? time_ours(o, f, per_commit) : 0;
	double raw = time_raw(w, f, per_commit);
	double other = naive ? time_raw(naive, f, per_commit) : 0;
	if (!ours_first)
		ours = time_ours(o, f, per_commit);
	note(&sides[0], ours, ours);
	note(&sides[1], raw, ours);
	if (naive)
		note(&sides[2], other, ours);
}

static void report(const char *what, struct side *ours, struct side *limit, const char *at_least, const char *aim)
{
	report_line(&(struct report_line){what, REPORT_RATE, samples_at(&ours->rates, 0.5),
					  samples_at(&limit->rates, 0.5), samples_at(&limit->ratios, 0.5), at_least,
					  aim});
}

static void sides_done(struct side sides[3])
{
	for (int i = 0; i < 3; i++) {
		samples_done(&sides[i].rates);
		samples_done(&sides[i].ratios);
	}
}

static void inserts(const struct bench *b, struct ours *o, struct raw *w, struct feed *f)
{
	struct side sides[3] = {0};
	bench_says("applying %lld inserts", (long long)b->customers * 3);
	while (feed_inserts(f, 20000))
		run_block(o, w, NULL, f, COMMIT_CHANGES, sides);
	report("inserts: rows, registrations, rollups, position", &sides[0], &sides[1], "0.60", "0.85");
	sides_done(sides);
}

static void updates(struct ours *o, struct raw *w, struct raw *naive, struct feed *f)
{
	struct side sides[3] = {0};
	bench_says("applying random updates");
	for (int i = 0; i < 6; i++) {
		feed_updates(f, COMMIT_CHANGES);
		run_block(o, w, naive, f, COMMIT_CHANGES, sides);
	}
	report("random updates with history", &sides[0], &sides[1], "0.60", "0.85");
	report("  against the open version kept in the history too", &sides[0], &sides[2], "1.50", NULL);
	sides_done(sides);
}

static void singles(struct ours *o, struct raw *w, struct feed *f)
{
	struct side sides[3] = {0};
	bench_says("applying single-row transactions");
	for (int i = 0; i < 8; i++) {
		feed_updates(f, 2000);
		run_block(o, w, NULL, f, 1, sides);
	}
	report("single-row transactions, one commit each", &sides[0], &sides[1], "0.60", "0.85");
	sides_done(sides);
}

void bench_apply(const struct bench *b)
{
	char *mine = bench_path(b, "apply.db"), *raw = bench_path(b, "raw-apply.db"),
	     *third = bench_path(b, "naive.db");
	struct ours o = {0};
	struct raw w, naive;
	struct feed f;
	report_section("apply of decoded changes, against the bare statements");
	feed_open(&f, b->model, b->customers);
	open_ours(&o, mine, b->model);
	raw_open(&w, raw, mine, b->model);
	inserts(b, &o, &w, &f);
	db_exec(w.db, "PRAGMA wal_checkpoint(TRUNCATE)");
	db_copy(raw, third);
	raw_open(&naive, third, NULL, b->model);
	bench_says("preparing the naive design");
	raw_naive(&naive);
	updates(&o, &w, &naive, &f);
	singles(&o, &w, &f);
	raw_close(&naive);
	raw_close(&w);
	close_ours(&o);
	feed_close(&f);
	unlink(mine);
	unlink(raw);
	unlink(third);
	free(mine);
	free(raw);
	free(third);
}
