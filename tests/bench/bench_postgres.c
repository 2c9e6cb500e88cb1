/* A bank on a PostgreSQL server: what it costs to follow it, beside a subscription of its own and beside who only reads the changes.
 *
 * All of them get the same changes, committed while nobody read: one after the other, in turns, by whom begins. Ours counts from the
 * start of its process to the last row visible in the replica, the subscription from its ALTER ... ENABLE to the last row visible on the
 * other server, the readers from their start to the end of the log. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/zone.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "bench/console.h"
#include "bench/db.h"
#include "bench/live.h"
#include "bench/ours.h"
#include "bench/pg_bank.h"
#include "bench/pg_sql.h"
#include "bench/race.h"
#include "bench/step.h"
#include "model/model.h"

#define UPDATES_MOST 100000 /* of a block: a tenth of the customers, */
#define SINGLES_MOST 40000  /* a twenty-fifth */
#define COMMITS      1000   /* seen one at a time */
#define COMMITS_TURN 100    /* until the other one's turn */
#define KEEP         "keep" /* the slot that keeps the log of the inserts */

enum runner { OURS, SUBSCRIPTION, RECEIVE, RAW, RUNNERS };

struct bank {
	const struct bench *b;
	struct pg_bank p;
	char *empty, *replica; /* of the empty bank; the one that follows */
	int round;
	double our_sender, their_sender; /* seconds of processor of the server's senders, in the races since they were emptied */
};

/* ---- catching up ---- */

static void run_ours(struct bank *k, struct cost *c)
{
	struct ours o;
	ours_follow(&o, k->b, k->p.url, k->replica);
	ours_see(&o, k->p.sees_mark, c);
	k->our_sender += pg_bank_sender_cpu(&k->p, PG_BANK_SLOT);
	ours_end(&o, c);
}

static void run_subscription(struct bank *k, struct cost *c)
{
	double sender;
	pg_bank_replay(&k->p, c, &sender);
	k->their_sender += sender;
}

static void run_raw(struct bank *k, struct cost *c)
{
	struct raw_pgoutput raw;
	pg_bank_read(&k->p, KEEP, &raw);
	if (raw.rows != k->b->customers * 3 + 1)
		bench_fail("%lld rows were sent, not %lld", (long long)raw.rows, (long long)k->b->customers * 3 + 1);
	*c = (struct cost){.seconds = raw.seconds, .cpu = raw.cpu};
}

static void run_inserts(struct bank *k, enum runner who, struct cost *c)
{
	if (who == OURS) {
		db_remove(k->replica);
		db_copy(k->empty, k->replica);
		pg_bank_slot(&k->p, PG_BANK_SLOT, KEEP);
		run_ours(k, c);
	} else if (who == SUBSCRIPTION) {
		pg_bank_subscribe(&k->p, KEEP);
		run_subscription(k, c);
	} else if (who == RECEIVE) {
		pg_bank_receive(&k->p, KEEP, c);
	} else {
		run_raw(k, c);
	}
}

static void report_sender(struct bank *k, const struct race *r)
{
	report_line(&(struct report_line){"  and of the server's process that sends", REPORT_TIME, k->our_sender * 1e6 / r->rows,
					  k->their_sender * 1e6 / r->rows, 0, NULL, NULL});
	k->our_sender = k->their_sender = 0;
}

static void report_inserts(struct bank *k, struct race *races)
{
	report_section("catching up with a PostgreSQL server");
	race_report(&races[SUBSCRIPTION], "inserts, against its own subscription", "1.00", "1.50");
	race_report_cpu(&races[SUBSCRIPTION]);
	report_sender(k, &races[SUBSCRIPTION]);
	race_report(&races[RECEIVE], "inserts, against pg_recvlogical to nowhere", NULL, "1.00");
	race_report_cpu(&races[RECEIVE]);
	race_report(&races[RAW], "inserts, against a reader that only counts the messages", NULL, NULL);
	race_report_cpu(&races[RAW]);
	report_line(&(struct report_line){"peak memory of ingest, catching up", REPORT_BYTES, (double)races[SUBSCRIPTION].peak, 0, 0, "128 MB", "64 MB"});
}

/* The first copy is one of empty tables; what it needs of the log stands from then on, for everybody. */
static void prepare_empty(struct bank *k)
{
	const char *const argv[] = {k->b->program, "ingest",      "--once", "--source", k->p.url, "--model",
				    "demography",  "--replica", k->empty, "-q",       NULL};
	struct child c;
	child_start(&c, argv, NULL);
	child_wait(&c);
	pg_bank_slot(&k->p, KEEP, PG_BANK_SLOT);
}

static void inserts(struct bank *k)
{
	struct race races[RUNNERS] = {0};
	prepare_empty(k);
	bench_says("filling a bank on a server");
	pg_bank_fill(&k->p);
	pg_bank_mark(&k->p);
	for (int i = 0; i < k->b->rounds; i++) {
		struct cost costs[RUNNERS];
		bench_says("replaying the inserts, %d of %d", i + 1, k->b->rounds);
		for (int j = 0; j < RUNNERS; j++)
			run_inserts(k, (enum runner)((i + j) % RUNNERS), &costs[(i + j) % RUNNERS]);
		for (int who = SUBSCRIPTION; who < RUNNERS; who++)
			race_add(&races[who], (double)k->b->customers * 3, &costs[OURS], &costs[who]);
	}
	report_inserts(k, races);
	pg_bank_slot_drop(&k->p, KEEP);
	for (int who = SUBSCRIPTION; who < RUNNERS; who++)
		race_done(&races[who]);
}

/* A server reads its log again from a place before what was acknowledged last, which moves on only where it noted what was in progress.
 * Here it notes it, so that neither of the two has to wait for what it has already. */
static void settle(struct bank *k)
{
	struct cost ignored;
	double ours = k->our_sender, theirs = k->their_sender;
	pg_run(k->p.db, "CHECKPOINT");
	pg_bank_mark(&k->p);
	run_ours(k, &ignored);
	run_subscription(k, &ignored);
	k->our_sender = ours;
	k->their_sender = theirs;
}

static void race_block(struct bank *k, struct race *r, int count, int per_txn)
{
	struct cost ours, theirs;
	bool first = k->round++ % 2 == 0;
	settle(k);
	pg_bank_update(&k->p, count, per_txn);
	pg_bank_mark(&k->p);
	if (first)
		run_ours(k, &ours);
	run_subscription(k, &theirs);
	if (!first)
		run_ours(k, &ours);
	race_add(r, count, &ours, &theirs);
}

/* So many, in whole transactions. */
static int share(const struct bank *k, int part, int most)
{
	int64_t n = k->b->customers / part / FEED_TXN * FEED_TXN;
	return n < FEED_TXN ? FEED_TXN : n > most ? most : (int)n;
}

static void updates(struct bank *k)
{
	struct race r = {0};
	for (int i = 0; i < 3; i++) {
		bench_says("replaying random updates, %d of 3", i + 1);
		race_block(k, &r, share(k, 10, UPDATES_MOST), FEED_TXN);
	}
	race_report(&r, "random updates with history, against its subscription (keeps none)", "0.35", "0.50");
	race_report_cpu(&r);
	report_sender(k, &r);
	race_done(&r);
}

static void singles(struct bank *k)
{
	struct race r = {0};
	for (int i = 0; i < 3; i++) {
		bench_says("replaying single-row transactions, %d of 3", i + 1);
		race_block(k, &r, share(k, 25, SINGLES_MOST), 1);
	}
	race_report(&r, "single-row transactions, against its subscription", "1.00", "5.00");
	race_report_cpu(&r);
	report_sender(k, &r);
	race_done(&r);
}

/* ---- live ---- */

static void move(void *ctx, int64_t number, const char *city)
{
	struct bank *k = ctx;
	pg_runf(k->p.db, "UPDATE bank.customer_info SET city = '%s' WHERE cif = %lld", city, (long long)bench_cif(number));
}

static void enter(void *ctx, int64_t number)
{
	struct bank *k = ctx;
	struct civil c;
	zone_civil(k->b->model->zone, clock_now(), &c);
	pg_runf(k->p.db,
		"INSERT INTO bank.customer_info (cif, name, city, country, store_id, registered_at, changed_by) "
		"VALUES (%lld, 'Bench', 'Jakarta', 'ID', '" STEP_STORE "', '%04d-%02d-%02d %02d:%02d:%02d', 'bench')",
		(long long)bench_cif(number), c.year, c.month, c.day, c.hour, c.minute, c.second);
}

/* Whether the customer's city is the expected one, where somebody looks. */
struct looker {
	struct bank *k;
	sqlite3_stmt *ours; /* NULL: on the other server */
};

static void looker_move(void *ctx, int64_t number, const char *city)
{
	move(((struct looker *)ctx)->k, number, city);
}

static bool sees(void *ctx, int64_t number, const char *city)
{
	const struct looker *l = ctx;
	bool there;
	if (l->ours) {
		sqlite3_bind_int64(l->ours, 1, bench_cif(number));
		there = db_row(l->ours) && strcmp((const char *)sqlite3_column_text(l->ours, 0), city) == 0;
		sqlite3_reset(l->ours);
		return there;
	}
	char *cell = pg_cell(l->k->p.there, "SELECT city FROM bank.customer_info WHERE cif = %lld", (long long)bench_cif(number));
	there = strcmp(cell, city) == 0;
	free(cell);
	return there;
}

static void commit_some(struct looker *l, struct dice *d, struct samples *seen)
{
	live_commits(&(struct live){looker_move, sees, l, l->k->b->customers, d, l->ours ? 'a' : 'b'}, COMMITS_TURN, seen);
}

static void commit_to_ours(struct bank *k, struct dice *d, struct samples *seen)
{
	struct ours o;
	struct cost c;
	ours_follow(&o, k->b, k->p.url, k->replica);
	ours_see(&o, k->p.sees_mark, &c);
	struct looker l = {k, db_prepare(o.db, "SELECT city FROM customer WHERE cif = ?1")};
	commit_some(&l, d, seen);
	sqlite3_finalize(l.ours);
	ours_end(&o, NULL);
}

static void commit_to_theirs(struct bank *k, struct dice *d, struct samples *seen)
{
	struct looker l = {.k = k};
	pg_bank_subscription(&k->p, true);
	pg_bank_await_mark(&k->p);
	commit_some(&l, d, seen);
	pg_bank_subscription(&k->p, false);
}

/* Each has the machine to itself in its turn: the other one is down meanwhile. */
static void commits(struct bank *k)
{
	struct samples ours = {0}, theirs = {0};
	struct dice d = {37};
	prctl(PR_SET_TIMERSLACK, 1000L);
	bench_says("committing one at a time");
	for (int i = 0; i < COMMITS / COMMITS_TURN; i++) {
		pg_bank_mark(&k->p);
		commit_to_ours(k, &d, &ours);
		pg_bank_mark(&k->p);
		commit_to_theirs(k, &d, &theirs);
	}
	report_section("commit on the PostgreSQL server to visible, against its subscription");
	report_line(&(struct report_line){"median of 1,000", REPORT_TIME, samples_at(&ours, 0.5), samples_at(&theirs, 0.5), 0, "1.00", "0.60"});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&ours, 0.99), samples_at(&theirs, 0.99), 0, "1.50", "1.00"});
	samples_done(&ours);
	samples_done(&theirs);
}

static void to_screen(struct bank *k)
{
	const char *const console[] = {k->b->program, "console", "--source", k->p.url, "--replica", k->replica, NULL};
	screen_commits(&(struct commits){"commit on the PostgreSQL server to the screen", console, move, enter, k});
}

/* ---- the snapshot ---- */

static void dump(const struct bank *k, struct child *c)
{
	char *program = pg_program("pg_dump");
	const char *const argv[] = {program, "-d", k->p.conninfo, "-f", "/dev/null", NULL};
	child_start(c, argv, NULL);
	child_wait(c);
	free(program);
}

struct copies {
	struct samples ours, dump, copy, to_dump, to_copy; /* microseconds; ratios */
	double our_cpu, dump_cpu;
	int64_t peak;
};

static void copy_once(struct bank *k, struct copies *r)
{
	const char *const argv[] = {k->b->program, "ingest",    "--once",   "--source", k->p.url, "--model",
				    "demography",  "--replica", k->replica, "-q",       NULL};
	struct child c, d;
	db_remove(k->replica);
	pg_bank_slot_drop(&k->p, PG_BANK_SLOT);
	child_start(&c, argv, NULL);
	double ours = child_wait(&c) * 1e6;
	int64_t start = bench_ns();
	dump(k, &d);
	double dumped = (double)(bench_ns() - start) / 1e3;
	start = bench_ns();
	pg_bank_copy_out(&k->p);
	double copied = (double)(bench_ns() - start) / 1e3;
	samples_add(&r->ours, ours);
	samples_add(&r->dump, dumped);
	samples_add(&r->copy, copied);
	samples_add(&r->to_dump, ours / dumped);
	samples_add(&r->to_copy, ours / copied);
	r->our_cpu += c.cpu;
	r->dump_cpu += d.cpu;
	r->peak = c.peak > r->peak ? c.peak : r->peak;
}

static void report_copies(const struct bank *k, struct copies *r)
{
	double ours = samples_at(&r->ours, 0.5), dumped = samples_at(&r->dump, 0.5), rows = (double)k->b->customers * 3;
	report_section("snapshot of a PostgreSQL server, search index included");
	report_line(&(struct report_line){"time, against pg_dump to nowhere", REPORT_TIME, ours, dumped, samples_at(&r->to_dump, 0.5), "8.00", "5.00"});
	report_line(&(struct report_line){"time, against COPY ... TO, read and dropped", REPORT_TIME, ours, samples_at(&r->copy, 0.5),
					  samples_at(&r->to_copy, 0.5), NULL, NULL});
	report_line(&(struct report_line){"rows", REPORT_RATE, rows * 1e6 / ours, rows * 1e6 / dumped, 0, NULL, NULL});
	report_line(&(struct report_line){"  processor time a row", REPORT_TIME, r->our_cpu * 1e6 / rows / k->b->rounds,
					  r->dump_cpu * 1e6 / rows / k->b->rounds, 0, NULL, NULL});
	report_line(&(struct report_line){"peak memory", REPORT_BYTES, (double)r->peak, 0, 0, "128 MB", "64 MB"});
}

static void snapshot(struct bank *k)
{
	struct copies r = {0};
	/* As a bank's tables are: what was written at once is marked as such, and known to the planner. */
	pg_run(k->p.db, "VACUUM ANALYZE");
	for (int i = 0; i < k->b->rounds; i++) {
		bench_says("copying the server's tables, %d of %d", i + 1, k->b->rounds);
		copy_once(k, &r);
	}
	report_copies(k, &r);
	samples_done(&r.ours);
	samples_done(&r.dump);
	samples_done(&r.copy);
	samples_done(&r.to_dump);
	samples_done(&r.to_copy);
}

/* ---- the part ---- */

void bench_postgres(const struct bench *b)
{
	struct bank k = {.b = b};
	if (!pg_bank_open(&k.p, b)) {
		printf("\n(postgres skipped: no server of PostgreSQL is installed)\n");
		return;
	}
	k.empty = bench_path(b, "pg-empty.db");
	k.replica = bench_path(b, "pg.db");
	inserts(&k);
	updates(&k);
	singles(&k);
	commits(&k);
	to_screen(&k);
	snapshot(&k);
	pg_bank_close(&k.p);
	db_remove(k.empty);
	db_remove(k.replica);
	free(k.empty);
	free(k.replica);
}
