/* Ingest starts and stops at random moments while the bank is written and two threads ask all the time: no question
 * fails, none is answered with half a transaction, and stopping is quick.
 *
 *     test_threads [--starts N] [--seed N]
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "ingest/board.h"
#include "ingest/compare.h"
#include "ingest/ingest.h"
#include "model/model.h"
#include "place.h"
#include "replica/query.h"

#define CUSTOMERS 1000
#define PAIRS     40 /* customers whose phone and whose products' status change together */
#define FIRST     10000001
#define STOP_MOST SECOND

static struct {
	atomic_bool end;
	atomic_int asked, written;
	pthread_mutex_t mutex;
	char complaint[1024]; /* the first */
	int starts;
	uint64_t seed;
	const char *replica;
} world = {.starts = 20, .seed = 1, .mutex = PTHREAD_MUTEX_INITIALIZER};

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	pthread_mutex_lock(&world.mutex);
	if (!world.complaint[0])
		vsnprintf(world.complaint, sizeof world.complaint, format, ap);
	pthread_mutex_unlock(&world.mutex);
	va_end(ap);
	world.end = true;
}

static uint64_t next_random(uint64_t *s)
{
	*s += 0x9e3779b97f4a7c15u;
	uint64_t z = *s;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* ---- the bank's own program ---- */

static void write_pair(sqlite3 *db, int k)
{
	char sql[512];
	int cif = FIRST + k % PAIRS;
	snprintf(sql, sizeof sql,
		 "BEGIN IMMEDIATE; UPDATE customer_info SET phone = 'p%d' WHERE cif = %d; UPDATE bank_product SET "
		 "status = 'p%d' WHERE cif = %d; %s COMMIT",
		 k, cif, k, cif,
		 k % 7 ? "" : "DELETE FROM customer_asset WHERE assetid = (SELECT max(assetid) FROM customer_asset);");
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		complain("could not write the bank: %s", sqlite3_errmsg(db));
	if (k % 5 == 0) {
		snprintf(sql, sizeof sql,
			 "INSERT INTO customer_info SELECT %d, 'Late Comer', birthdate, gender, address, city, "
			 "country, NULL, NULL, store_id, registered_at, "
			 "changed_by FROM customer_info WHERE cif = %d",
			 20000000 + k, FIRST);
		if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
			complain("could not write the bank: %s", sqlite3_errmsg(db));
	}
}

static void *write_bank(void *path)
{
	sqlite3 *db;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		complain("could not open the bank: %s", sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, 20000);
	for (int k = PAIRS; !world.end; k++) {
		write_pair(db, k);
		world.written++;
		usleep(500);
	}
	sqlite3_close(db);
	return NULL;
}

/* ---- questions ---- */

static const char *text_of(struct value v, char out[64])
{
	snprintf(out, 64, "%.*s", v.kind == VALUE_TEXT ? (int)v.len : 0, v.kind == VALUE_TEXT ? v.text : "");
	return out;
}

/* What one transaction wrote is seen whole: a phone and the status of the products. */
static void ask_lookup(struct query *q, int cif)
{
	const struct model *m = query_model(q);
	const struct entity *customer = &m->entities[m->customer];
	struct lookup_answer a = {0};
	struct error err = {0};
	char text[32], phone[64], status[64];
	snprintf(text, sizeof text, "%d", cif);
	if (!query_lookup(q, text, TIME_NONE, &a, &err))
		complain("lookup: %s", err.message);
	for (int i = 0; a.customer && i < a.entity_count; i++) {
		const struct entity *e = &m->entities[a.entities[i].entity];
		int column = entity_column(e, "status");
		for (int r = 0; column >= 0 && r < a.entities[i].count; r++) {
			text_of(a.customer->values[entity_column(customer, "phone")], phone);
			text_of(a.entities[i].rows[r].values[column], status);
			if (strcmp(phone, status) != 0)
				complain("customer %d has phone %s and a product of status %s", cif, phone, status);
		}
	}
	answer_done(&a.base);
}

static bool same_row(const struct version *a, const struct version *b)
{
	return a->entity == b->entity && strcmp(a->key, b->key) == 0;
}

/* Versions of a key follow each other: here every end is an update. */
static void ask_history(struct query *q, int cif)
{
	struct history_answer a = {0};
	struct error err = {0};
	char text[32];
	snprintf(text, sizeof text, "%d", cif);
	struct history_request h = {.cif = text, .entity = -1, .from = TIME_NONE, .to = TIME_NONE};
	if (!query_history(q, &h, &a, &err))
		complain("history: %s", err.message);
	for (int i = 0; i < a.count; i++)
		for (int k = i + 1; k < a.count; k++) {
			const struct version *newer = &a.versions[i], *older = &a.versions[k];
			if (same_row(newer, older) && newer->version == older->version + 1 &&
			    older->ended_by == END_UPDATE && older->valid_to != newer->valid_from)
				complain("customer %d: version %" PRId64 " does not follow the one before", cif,
					 newer->version);
		}
	answer_done(&a.base);
}

static void ask_search(struct query *q)
{
	struct search_answer a = {0};
	struct error err = {0};
	if (!query_search(q, "la", 20, &a, &err))
		complain("search: %s", err.message);
	else if (a.count > 20 || (a.total_exact && a.total < a.count))
		complain("search: %d hits of %" PRId64, a.count, a.total);
	answer_done(&a.base);
}

static void ask_status(struct query *q)
{
	struct status_answer a = {0};
	struct error err = {0};
	if (!query_status(q, &a, &err))
		complain("status: %s", err.message);
	else if (a.anomalies || a.rejected || a.misfits)
		complain("status: %" PRId64 " anomalies, %" PRId64 " rejected, %" PRId64 " misfits", a.anomalies,
			 a.rejected, a.misfits);
	answer_done(&a.base);
}

/* Windows that do not overlap add up to the total. */
static void ask_stores(struct query *q)
{
	struct stores_answer a = {0};
	struct error err = {0};
	struct stores_request r = {.from = clock_now() - 40 * DAY, .to = clock_now() + DAY, .now = TIME_NONE};
	int64_t counted = 0, total = 0;
	if (!duration_parse("1d", &r.window, &err) || !query_stores(q, &r, &a, &err))
		complain("stores: %s", err.message);
	for (int i = 0; i < a.window_count; i++)
		counted += a.windows[i].count;
	for (int i = 0; i < a.store_count; i++)
		total += a.stores[i].total;
	/* The first and the last window reach past the period. */
	if (counted < total)
		complain("stores: %" PRId64 " in windows, %" PRId64 " in all", counted, total);
	answer_done(&a.base);
}

static void *ask(void *which)
{
	uint64_t dice = world.seed + (uintptr_t)which;
	struct error err = {0};
	struct query *q = NULL;
	while (!world.end && !(q = query_open(world.replica, &err)))
		usleep(1000);
	while (q && !world.end) {
		int cif = FIRST + (int)(next_random(&dice) % PAIRS);
		switch (next_random(&dice) % 6) {
		case 0:
			ask_history(q, cif);
			break;
		case 1:
			ask_search(q);
			break;
		case 2:
			ask_status(q);
			break;
		case 3:
			ask_stores(q);
			break;
		default:
			ask_lookup(q, cif);
			break;
		}
		world.asked++;
	}
	if (q)
		query_close(q);
	return NULL;
}

/* ---- starting and stopping ---- */

static int order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* One life of the ingest thread; how long it took to stop. */
static int64_t live_once(uint64_t *dice)
{
	struct error err = {0};
	struct ingest_params p = place_params("threads.bank", "threads.db");
	struct board *board = board_new(&err);
	p.board = board;
	struct ingest *in = ingest_new(&p, &err);
	if (!in || !ingest_start(in, &err)) {
		complain("start: %s", err.message);
		ingest_free(in);
		board_free(board);
		return 0;
	}
	usleep((useconds_t)(next_random(dice) % 200000));
	int64_t began = clock_mono();
	if (!ingest_stop(in, &err))
		complain("stop: %s", err.message);
	int64_t took = clock_mono() - began;
	if (!(board_take(board) & BOARD_ENDED))
		complain("the board does not say that the thread ended");
	ingest_free(in);
	board_free(board);
	return took;
}

static void count_difference(void *ctx, const struct violation *v)
{
	int *count = ctx;
	if ((*count)++ < 10)
		print_message("# %s %s: %s: %s\n", v->entity, v->key, v->rule, v->detail);
}

static void test_starts_and_stops(void **state)
{
	(void)state;
	pthread_t writer, askers[2];
	int n = world.starts;
	int64_t *took = memory_alloc(sizeof *took * (size_t)n);
	uint64_t dice = world.seed;
	world.replica = place_path("threads.db");
	pthread_create(&writer, NULL, write_bank, (void *)(uintptr_t)place_path("threads.bank"));
	for (uintptr_t i = 0; i < 2; i++)
		pthread_create(&askers[i], NULL, ask, (void *)(i + 1));
	for (int i = 0; i < n; i++)
		took[i] = live_once(&dice);
	world.end = true;
	pthread_join(writer, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(askers[i], NULL);
	qsort(took, (size_t)n, sizeof *took, order);
	print_message(
		"# seed %" PRIu64
		": %d questions, %d transactions; stopped in %.1f ms at best, %.1f in the middle, %.1f at worst\n",
		world.seed, world.asked, world.written, (double)took[0] / 1000, (double)took[n / 2] / 1000,
		(double)took[n - 1] / 1000);
	int64_t worst = took[n - 1];
	free(took);
	if (world.complaint[0])
		fail_msg("%s", world.complaint);
	assert_true(worst < STOP_MOST);
	assert_true(world.asked > n && world.written > n);
}

static void test_nothing_lost(void **state)
{
	(void)state;
	struct error err = {0};
	struct ingest_params p = place_params("threads.bank", "threads.db");
	int count = 0;
	place_ingest("threads.bank", "threads.db");
	place_check("threads.db");
	if (!compare_with_source(&p, false, count_difference, &count, NULL, &err))
		fail_msg("%s", err.message);
	assert_int_equal(count, 0);
}

static int begin(void **state)
{
	(void)state;
	log_level(LOG_ERROR);
	place_begin();
	place_bank("threads.bank", CUSTOMERS, world.seed);
	/* Pairs agree before anybody looks. */
	place_write("threads.bank", "UPDATE customer_info SET phone = 'p'; UPDATE bank_product SET status = 'p';");
	return 0;
}

static int end(void **state)
{
	(void)state;
	place_end();
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], "--starts") == 0)
			world.starts = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--seed") == 0)
			world.seed = strtoull(argv[i + 1], NULL, 10);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_and_stops),
		cmocka_unit_test(test_nothing_lost),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
