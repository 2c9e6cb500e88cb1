/* A bank on a MariaDB server: what it costs to follow it, beside MariaDB's own replica that replays the same log.
 *
 * Both read the log from the server as it stands, one after the other and in turns; each block of the log goes through both.
 * Ours counts from the start of its process to the log's end visible in the replica, the other one from START SLAVE to its end applied. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/zone.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "bench/db.h"
#include "bench/feed.h"
#include "bench/live.h"
#include "bench/ours.h"
#include "bench/race.h"
#include "bench/servers.h"
#include "bench/raw_apply.h"
#include "bench/raw_binlog.h"
#include "bench/console.h"
#include "bench/step.h"
#include "model/model.h"
#include "source/mysql_server.h"

#define UPDATES_MOST 100000 /* of a block: a tenth of the customers, */
#define SINGLES_MOST 40000  /* a twenty-fifth */
#define NAIVE_COMMIT 20000
#define NAIVE_BLOCKS 5
#define COMMITS      1000   /* seen one at a time */
#define COMMITS_TURN 100    /* until the other one's turn */

struct bank {
	const struct bench *b;
	struct servers m;
	char *empty, *replica, *naive; /* replicas: of the empty bank; the one that follows; a copy */
	int threads;                   /* of a parallel replica */
	int round;
};

/* ---- races ---- */

static void run_ours(struct bank *k, const char *to, struct cost *c)
{
	struct ours o;
	ours_follow(&o, k->b, k->m.url, k->replica);
	ours_reach(&o, to, c);
	ours_end(&o, c);
}

static void race_once(struct bank *k, struct race *r, double rows, int threads, const char *to)
{
	struct cost ours, theirs;
	bool first = k->round++ % 2 == 0;
	if (first)
		run_ours(k, to, &ours);
	servers_replay(&k->m, threads, to, &theirs);
	if (!first)
		run_ours(k, to, &ours);
	race_add(r, rows, &ours, &theirs);
}

static char *parallel(const struct bank *k, const char *what)
{
	return memory_format("%s, replica of %d threads", what, k->threads);
}

/* ---- catching up ---- */

static void prepare_empty(struct bank *k)
{
	const char *const argv[] = {k->b->program, "ingest",      "--once", "--source", k->m.url, "--model",
				    "demography",  "--replica", k->empty, "-q",       NULL};
	struct child c;
	child_start(&c, argv, NULL);
	child_wait(&c);
}

static void race_inserts(struct bank *k, struct race *r, int threads, const char *from, const char *to)
{
	for (int i = 0; i < k->b->rounds; i++) {
		bench_says("replaying the inserts, replica of %d thread%s, %d of %d", threads ? threads : 1, threads ? "s" : "", i + 1, k->b->rounds);
		db_remove(k->replica);
		db_copy(k->empty, k->replica);
		servers_empty(&k->m, from);
		race_once(k, r, (double)k->b->customers * 3, threads, to);
	}
}

static void inserts(struct bank *k)
{
	struct race one = {0}, many = {0};
	struct raw_binlog raw;
	double rows = (double)k->b->customers * 3;
	char *from = servers_log_end(&k->m), *to, *label = parallel(k, "inserts");
	prepare_empty(k);
	bench_says("filling a bank on a server");
	servers_fill(&k->m);
	to = servers_log_end(&k->m);
	bench_says("counting the log");
	raw_binlog(server_socket(k->m.primary), from, &raw);
	race_inserts(k, &many, k->threads, from, to);
	race_inserts(k, &one, 0, from, to);
	report_section("catching up with a MariaDB server, against its own replica");
	race_report(&one, "inserts, replica of one thread (the default)", "0.70", "1.10");
	race_report_cpu(&one);
	race_report(&many, label, NULL, NULL);
	race_report_cpu(&many);
	report_line(&(struct report_line){"inserts, against a reader that only counts the log's events", REPORT_RATE, samples_at(&one.ours, 0.5),
					  rows / raw.seconds, 0, NULL, NULL});
	report_line(&(struct report_line){"peak memory of ingest, catching up", REPORT_BYTES, (double)(one.peak > many.peak ? one.peak : many.peak), 0, 0,
					  "128 MB", "64 MB"});
	race_done(&one);
	race_done(&many);
	free(from);
	free(to);
	free(label);
}

static void race_block(struct bank *k, struct race *r, int threads, int count, int per_txn)
{
	servers_update(&k->m, count, per_txn);
	char *to = servers_log_end(&k->m);
	race_once(k, r, count, threads, to);
	free(to);
}

/* The design that keeps the open version in the history too: its statements alone, on a copy. */
static double naive_rate(struct bank *k)
{
	struct raw w;
	struct feed f;
	struct samples rates = {0};
	bench_says("the naive design");
	db_copy(k->replica, k->naive);
	raw_open(&w, k->naive, NULL, k->b->model);
	raw_naive(&w);
	db_exec(w.db, "PRAGMA wal_checkpoint(TRUNCATE)");
	feed_open(&f, k->b->model, k->b->customers);
	for (int i = 0; i < NAIVE_BLOCKS; i++) {
		feed_updates(&f, NAIVE_COMMIT);
		raw_prepare(&w, f.changes, f.count, NAIVE_COMMIT);
		int64_t start = bench_ns();
		raw_run(&w);
		db_exec(w.db, "PRAGMA wal_checkpoint(PASSIVE)");
		samples_add(&rates, (double)f.count * 1e9 / (double)(bench_ns() - start));
	}
	double rate = samples_at(&rates, 0.5);
	samples_done(&rates);
	feed_close(&f);
	raw_close(&w);
	db_remove(k->naive);
	return rate;
}

/* So many, in whole transactions. */
static int share(const struct bank *k, int part, int most)
{
	int64_t n = k->b->customers / part / FEED_TXN * FEED_TXN;
	return n < FEED_TXN ? FEED_TXN : n > most ? most : (int)n;
}

static void updates(struct bank *k)
{
	int count = share(k, 10, UPDATES_MOST);
	struct race one = {0}, many = {0};
	char *label = parallel(k, "random updates with history");
	for (int i = 0; i < 3; i++) {
		bench_says("replaying random updates, %d of 3", i + 1);
		race_block(k, &many, k->threads, count, FEED_TXN);
		race_block(k, &one, 0, count, FEED_TXN);
	}
	double naive = naive_rate(k);
	race_report(&one, "random updates with history, replica of one thread (keeps none)", "0.35", "0.50");
	race_report_cpu(&one);
	race_report(&many, label, NULL, NULL);
	report_line(&(struct report_line){"  against the open version kept in the history too", REPORT_RATE, samples_at(&one.ours, 0.5), naive, 0,
					  "1.50", NULL});
	race_done(&one);
	race_done(&many);
	free(label);
}

static void singles(struct bank *k)
{
	int count = share(k, 25, SINGLES_MOST);
	struct race one = {0}, many = {0};
	char *label = parallel(k, "single-row transactions");
	for (int i = 0; i < 3; i++) {
		bench_says("replaying single-row transactions, %d of 3", i + 1);
		race_block(k, &many, k->threads, count, 1);
		race_block(k, &one, 0, count, 1);
	}
	race_report(&one, "single-row transactions, replica of one thread", "1.00", "5.00");
	race_report_cpu(&one);
	race_report(&many, label, NULL, NULL);
	race_done(&one);
	race_done(&many);
	free(label);
}

/* ---- live ---- */

/* Whether the customer's city is the expected one, where somebody looks. */
struct looker {
	struct bank *k;
	sqlite3_stmt *ours; /* or */
	MYSQL *theirs;
};

static bool sees(void *ctx, int64_t number, const char *city)
{
	const struct looker *l = ctx;
	bool there = false;
	if (l->ours) {
		sqlite3_bind_int64(l->ours, 1, bench_cif(number));
		there = db_row(l->ours) && strcmp((const char *)sqlite3_column_text(l->ours, 0), city) == 0;
		sqlite3_reset(l->ours);
		return there;
	}
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT city FROM bank.customer_info WHERE cif = %lld", (long long)bench_cif(number));
	if (mysql_query(l->theirs, sql) != 0)
		bench_fail("%s", mysql_error(l->theirs));
	MYSQL_RES *result = mysql_store_result(l->theirs);
	MYSQL_ROW row = mysql_fetch_row(result);
	there = row && row[0] && strcmp(row[0], city) == 0;
	mysql_free_result(result);
	return there;
}

static void server_move(void *ctx, int64_t number, const char *city)
{
	struct bank *k = ctx;
	char sql[160];
	int n = snprintf(sql, sizeof sql, "UPDATE bank.customer_info SET city = '%s' WHERE cif = %lld", city,
			 (long long)bench_cif(number));
	servers_run(k->m.db, sql, (size_t)n);
}

static void looker_move(void *ctx, int64_t number, const char *city)
{
	server_move(((struct looker *)ctx)->k, number, city);
}

static void commit_some(struct looker *l, struct dice *d, struct samples *seen)
{
	live_commits(&(struct live){looker_move, sees, l, l->k->b->customers, d, l->ours ? 'a' : 'b'}, COMMITS_TURN, seen);
}

/* Each has the machine to itself in its turn: the other one is down meanwhile. */
static void commits(struct bank *k)
{
	struct samples ours = {0}, theirs = {0};
	struct dice d = {37};
	prctl(PR_SET_TIMERSLACK, 1000L);
	bench_says("committing one at a time");
	for (int i = 0; i < COMMITS / COMMITS_TURN; i++) {
		struct ours o;
		struct cost c;
		char *at = servers_log_end(&k->m);
		ours_follow(&o, k->b, k->m.url, k->replica);
		ours_reach(&o, at, &c);
		struct looker mine = {.k = k, .ours = db_prepare(o.db, "SELECT city FROM customer WHERE cif = ?1")};
		commit_some(&mine, &d, &ours);
		sqlite3_finalize(mine.ours);
		ours_end(&o, NULL);
		free(at);
		at = servers_log_end(&k->m);
		servers_replay(&k->m, 0, at, &c);
		servers_replica(&k->m, true);
		struct looker other = {.k = k, .theirs = k->m.there};
		commit_some(&other, &d, &theirs);
		servers_replica(&k->m, false);
		free(at);
	}
	report_section("commit on the MariaDB server to visible, against its own replica");
	report_line(&(struct report_line){"median of 1,000", REPORT_TIME, samples_at(&ours, 0.5), samples_at(&theirs, 0.5), 0, "1.00", "0.60"});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&ours, 0.99), samples_at(&theirs, 0.99), 0, "1.50", "1.00"});
	samples_done(&ours);
	samples_done(&theirs);
}

static void server_enter(void *ctx, int64_t number)
{
	struct bank *k = ctx;
	char sql[320];
	struct civil c;
	zone_civil(k->b->model->zone, clock_now(), &c);
	int n = snprintf(sql, sizeof sql,
			 "INSERT INTO bank.customer_info (cif, name, city, country, store_id, registered_at, changed_by) "
			 "VALUES (%lld, 'Bench', 'Jakarta', 'ID', '" STEP_STORE "', '%04d-%02d-%02d %02d:%02d:%02d', 'bench')",
			 (long long)bench_cif(number), c.year, c.month, c.day, c.hour, c.minute, c.second);
	servers_run(k->m.db, sql, (size_t)n);
}

static void to_screen(struct bank *k)
{
	const char *const console[] = {k->b->program, "console", "--source", k->m.url, "--replica", k->replica, NULL};
	screen_commits(&(struct commits){"commit on the MariaDB server to the screen", console, server_move, server_enter, k});
}

/* ---- the snapshot ---- */

static void dump_program(const struct bank *k, struct child *c)
{
	static const char *const programs[] = {"/usr/bin/mariadb-dump", "/usr/local/bin/mariadb-dump", "/usr/bin/mysqldump"};
	const char *program = programs[0];
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (access(program = programs[i], X_OK) == 0)
			break;
	char *socket = memory_format("--socket=%s", server_socket(k->m.primary));
	const char *const argv[] = {program, "--no-defaults", socket, "--user=root", "--single-transaction", "--quick", "bank", NULL};
	child_start(c, argv, NULL);
	child_wait(c);
	free(socket);
}

static void copy_once(struct bank *k, struct race *r, struct samples *us, struct samples *dump)
{
	const char *const argv[] = {k->b->program, "ingest",    "--once",   "--source", k->m.url, "--model",
				    "demography",  "--replica", k->replica, "-q",       NULL};
	struct child c, d;
	db_remove(k->replica);
	child_start(&c, argv, NULL);
	samples_add(us, child_wait(&c) * 1e6);
	int64_t start = bench_ns();
	dump_program(k, &d);
	samples_add(dump, (double)(bench_ns() - start) / 1e3);
	samples_add(&r->ratios, us->list[us->count - 1] / dump->list[dump->count - 1]);
	r->our_cpu += c.cpu;
	r->their_cpu += d.cpu;
	r->rows += (double)k->b->customers * 3;
	r->peak = c.peak > r->peak ? c.peak : r->peak;
}

static void snapshot(struct bank *k)
{
	struct race r = {0};
	struct samples us = {0}, dump = {0};
	for (int i = 0; i < k->b->rounds; i++) {
		bench_says("copying the server's tables, %d of %d", i + 1, k->b->rounds);
		copy_once(k, &r, &us, &dump);
	}
	double ours = samples_at(&us, 0.5), theirs = samples_at(&dump, 0.5), ratio = samples_at(&r.ratios, 0.5), rows = (double)k->b->customers * 3e6;
	report_section("snapshot of a MariaDB server, search index included, against mariadb-dump to nowhere");
	report_line(&(struct report_line){"time", REPORT_TIME, ours, theirs, ratio, "8.00", "5.00"});
	report_line(&(struct report_line){"rows", REPORT_RATE, rows / ours, rows / theirs, 0, NULL, NULL});
	race_report_cpu(&r);
	report_line(&(struct report_line){"peak memory", REPORT_BYTES, (double)r.peak, 0, 0, "128 MB", "64 MB"});
	race_done(&r);
	samples_done(&us);
	samples_done(&dump);
}

/* ---- the part ---- */

void bench_mysql(const struct bench *b)
{
	struct bank k = {.b = b, .threads = (int)sysconf(_SC_NPROCESSORS_ONLN)};
	if (!servers_open(&k.m, b)) {
		printf("\n(mysql skipped: no mariadbd is installed)\n");
		return;
	}
	k.empty = bench_path(b, "mysql-empty.db");
	k.replica = bench_path(b, "mysql.db");
	k.naive = bench_path(b, "mysql-naive.db");
	inserts(&k);
	updates(&k);
	singles(&k);
	commits(&k);
	to_screen(&k);
	snapshot(&k);
	servers_close(&k.m);
	db_remove(k.empty);
	db_remove(k.replica);
	free(k.empty);
	free(k.replica);
	free(k.naive);
}
