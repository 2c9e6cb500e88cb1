/* What a source that forgets is told: nothing that a machine could still lose, no oftener than it asks for, and all of it in the end.
 * And that one whose transaction stops half-way is waited for, not asked over and over. */
#include "config.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
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
#include "full_disk.h"
#include "ingest/ingest.h"
#include "model/model.h"
#include "place.h"
#include "source/source.h"

#define OFTEN    (SECOND / 10)
#define NEVER    HOUR
#define PATIENCE (20 * SECOND)
#define TOLD     4096

struct told {
	int position;
	int64_t at;
	bool held;   /* the replica's file has it */
	bool synced; /* and its log was on disk */
	bool closing;
};

enum ending {
	END_QUIET, /* nothing more comes; it is stopped when it was told of all, or at once where that is not awaited */
	END_INSIDE, /* stopped in the middle of a transaction */
	END_BROKEN, /* the source breaks */
};

/* A source that gives transactions of one new customer, each followed by a rest so that it is committed by itself. */
static struct {
	struct source base;
	struct ingest *in;
	int busy;           /* transactions it has ... */
	int tells;          /* ... and goes on for, until it was told so often */
	enum ending ending;
	bool patient;       /* END_QUIET: waits until it was told of all */
	int given, step;
	int64_t began, quiet_at;
	struct told told[TOLD];
	int told_count;
	bool closing, break_disk;
	bool slow;          /* stops once in the middle of each transaction */
	int stops, hurried; /* so often; and of them, asked again without time to wait */
	char position[24];
	struct value *row;
} keep;

static const char *print(int n)
{
	snprintf(keep.position, sizeof keep.position, "%d", n);
	return keep.position;
}

static struct source *keep_open(const struct source_params *p, struct error *err);

static const char *keep_identity(struct source *s)
{
	(void)s;
	return "keep";
}

static bool keep_start(struct source *s, const char *position, struct error *err)
{
	(void)s;
	(void)err;
	keep.given = position ? atoi(position) : 0;
	keep.step = 0;
	keep.began = clock_mono();
	return true;
}

static void stop(void)
{
	keep.closing = true;
	ingest_wake_to_stop(keep.in);
}

static int told_last(void)
{
	return keep.told_count ? keep.told[keep.told_count - 1].position : 0;
}

/* All it has was given. */
static enum source_result rest(int timeout_ms, struct source_event *e, struct error *err)
{
	struct pollfd p = {.fd = keep.base.stop, .events = POLLIN};
	if (keep.ending == END_BROKEN) {
		error_set(err, ERROR_REFUSED, "could not go on: it broke");
		return SOURCE_ERROR;
	}
	if (!keep.quiet_at)
		keep.quiet_at = clock_mono();
	if (!keep.patient || told_last() == keep.given || clock_mono() - keep.began > PATIENCE) {
		stop();
		return SOURCE_WAIT;
	}
	poll(&p, 1, timeout_ms);
	e->complete_to = clock_now();
	return SOURCE_IDLE;
}

static bool has_more(void)
{
	return keep.given < keep.busy || (keep.told_count < keep.tells && clock_mono() - keep.began < PATIENCE);
}

static enum source_result keep_next(struct source *s, int timeout_ms, struct source_event *e, struct error *err)
{
	(void)s;
	switch (keep.step) {
	case 0:
		if (!has_more() && keep.ending != END_INSIDE)
			return rest(timeout_ms, e, err);
		keep.step = 1;
		e->commit_time = clock_now();
		return SOURCE_BEGIN;
	case 1:
		keep.step = keep.slow ? 4 : 2;
		keep.row[0] = value_integer(keep.given + 1);
		e->change = (struct change){.op = CHANGE_INSERT, .entity = place_model->customer, .after = keep.row};
		return SOURCE_CHANGE;
	case 2:
		if (!has_more() && keep.ending == END_INSIDE) {
			stop();
			return SOURCE_WAIT;
		}
		keep.step = 3;
		if (keep.break_disk && keep.given == 10)
			full_disk_fail_sync(true);
		e->position = print(++keep.given);
		return SOURCE_COMMIT;
	case 4:
		keep.step = 5;
		return SOURCE_WAIT;
	case 5:
		keep.step = 2;
		keep.stops++;
		keep.hurried += timeout_ms == 0;
		return keep_next(s, timeout_ms, e, err);
	default:
		keep.step = 0;
		e->complete_to = clock_now();
		return SOURCE_IDLE;
	}
}

static void keep_durable(struct source *s, const char *position)
{
	(void)s;
	bool synced = !full_disk_unsynced();
	int held = (int)place_number("keep.db", "SELECT CAST(position AS INTEGER) FROM td_source", -1);
	assert_in_range(keep.told_count, 0, TOLD - 1);
	keep.told[keep.told_count++] = (struct told){atoi(position), clock_mono(), held == atoi(position), synced, keep.closing};
}

static bool keep_newest(struct source *s, const char **position, struct error *err)
{
	(void)s;
	(void)err;
	*position = print(keep.busy);
	return true;
}

static bool keep_reached(const char *a, const char *b)
{
	return atoi(a) >= atoi(b);
}

static int64_t keep_clock(struct source *s)
{
	(void)s;
	return clock_now();
}

static bool keep_columns(struct source *s, int entity, bool *present, struct error *err)
{
	(void)s;
	(void)err;
	for (int i = 0; i < place_model->entities[entity].column_count; i++)
		present[i] = true;
	return true;
}

static bool keep_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx, struct error *err)
{
	(void)s;
	(void)found;
	(void)ctx;
	(void)err;
	return true;
}

static void keep_close(struct source *s)
{
	(void)s;
}

#define KEEP(name, sync, every)                                                                                              \
	{                                                                                                                    \
		.scheme = name, .kind = "test", .time_precision = "us", .needs_sync = sync, .sync_every = every,             \
		.open = keep_open, .identity = keep_identity, .start = keep_start, .next = keep_next,                        \
		.durable = keep_durable, .newest = keep_newest, .reached = keep_reached, .clock = keep_clock,                \
		.columns = keep_columns, .check = keep_check, .close = keep_close,                                           \
	}

static const struct source_ops keeps[] = {
	KEEP("often", true, OFTEN),
	KEEP("never", true, NEVER),
	KEEP("each", true, 0),
	KEEP("careless", false, 0),
};

static struct source *keep_open(const struct source_params *p, struct error *err)
{
	keep.base.ops = source_find(p->url, err);
	keep.base.model = p->model;
	keep.base.stop = p->stop;
	return &keep.base;
}

/* Runs until it ends; what was told is in keep. */
static bool run(const char *url, int busy, struct error *err)
{
	struct ingest_params p = place_params("none", "keep.db");
	keep.busy = busy;
	p.source_url = url;
	p.once = keep.ending == END_QUIET && !keep.patient;
	p.until = keep.ending == END_BROKEN ? "1000" : NULL;
	place_remove("keep.db");
	keep.in = ingest_new(&p, err);
	if (!keep.in)
		fail_msg("%s", err->message);
	bool ok = ingest_run(keep.in, err);
	ingest_free(keep.in);
	return ok;
}

static void check_each(void)
{
	for (int i = 0; i < keep.told_count; i++) {
		assert_true(keep.told[i].held);
		assert_true(keep.told[i].synced);
		assert_true(!i || keep.told[i].position >= keep.told[i - 1].position);
	}
}

static int fresh(void **state)
{
	(void)state;
	struct value *row = keep.row;
	memset(&keep, 0, sizeof keep);
	keep.row = row;
	return 0;
}

/* ---- the cases ---- */

static void test_no_oftener_than_it_asks_for(void **state)
{
	struct error err = {0};
	int before_close = 0;
	(void)state;
	keep.tells = 6;
	keep.patient = true;
	assert_true(run("often:", 20, &err));
	check_each();
	for (int i = 0; i < keep.told_count; i++) {
		before_close += !keep.told[i].closing;
		if (i && !keep.told[i].closing)
			assert_true(keep.told[i].at - keep.told[i - 1].at >= OFTEN);
	}
	assert_true(before_close >= keep.tells);
	/* Many commits shared one. */
	assert_true(keep.given > 3 * before_close);
}

/* Commits end, and a moment later it knows: without another one, before it is closed. */
static void test_soon_after_the_last(void **state)
{
	struct error err = {0};
	int i = 0;
	(void)state;
	keep.patient = true;
	assert_true(run("often:", 20, &err));
	check_each();
	while (i < keep.told_count && keep.told[i].position < 20)
		i++;
	assert_true(i > 0 && i < keep.told_count);
	assert_false(keep.told[i].closing);
	assert_true(keep.told[i].at - keep.told[i - 1].at >= OFTEN);
	if (keep.told[i].at - keep.quiet_at > 5 * SECOND)
		fail_msg("it was told after %lld ms", (long long)((keep.told[i].at - keep.quiet_at) / 1000));
}

static void test_all_at_the_close(void **state)
{
	struct error err = {0};
	(void)state;
	keep.ending = END_INSIDE;
	assert_true(run("never:", 20, &err));
	check_each();
	assert_int_equal(keep.told[0].position, 1);
	assert_int_equal(keep.told_count, 2);
	assert_int_equal(told_last(), 20);
	assert_int_equal(keep.given, 20);
}

static void test_all_at_the_end_of_once(void **state)
{
	struct error err = {0};
	(void)state;
	assert_true(run("never:", 20, &err));
	check_each();
	assert_int_equal(told_last(), 20);
	assert_false(keep.told[1].closing);
	assert_int_equal(place_number("keep.db", "SELECT count(*) FROM customer", -1), 20);
}

static void test_nothing_after_a_failure(void **state)
{
	struct error err = {0};
	(void)state;
	keep.ending = END_BROKEN;
	assert_false(run("never:", 20, &err));
	assert_string_equal(err.message, "could not go on: it broke");
	check_each();
	assert_int_equal(told_last(), 1);
	assert_int_equal(place_number("keep.db", "SELECT count(*) FROM customer", -1), 20);
}

static void test_nothing_that_could_not_be_synced(void **state)
{
	struct error err = {0};
	(void)state;
	keep.break_disk = true;
	assert_false(run("each:", 20, &err));
	full_disk_fail_sync(false);
	assert_non_null(strstr(err.message, "to its disk"));
	check_each();
	assert_int_equal(told_last(), 10);
	assert_int_equal(keep.given, 11);
}

static void test_at_each_commit(void **state)
{
	struct error err = {0};
	(void)state;
	assert_true(run("each:", 20, &err));
	check_each();
	for (int i = 0; i < 20; i++)
		assert_int_equal(keep.told[i].position, i + 1);
}

/* The look at the disk sees what is not there yet: else the cases above could not fail. */
static void test_a_careless_source(void **state)
{
	struct error err = {0};
	(void)state;
	assert_true(run("careless:", 20, &err));
	assert_in_range(keep.told_count, 20, 22);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(keep.told[i].position, i + 1);
		assert_true(keep.told[i].held);
		assert_false(keep.told[i].synced);
	}
}

static void test_the_rest_of_a_transaction_is_waited_for(void **state)
{
	struct error err = {0};
	(void)state;
	keep.slow = true;
	assert_true(run("each:", 20, &err));
	assert_int_equal(keep.stops, 20);
	assert_int_equal(keep.hurried, 0);
}

static int begin(void **state)
{
	(void)state;
	log_level(LOG_ERROR);
	full_disk_install(place_path("keep.db"));
	place_begin();
	for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++)
		source_register(&keeps[i]);
	int count = place_model->entities[place_model->customer].column_count;
	keep.row = memory_zero((size_t)count, sizeof *keep.row);
	for (int i = 0; i < count; i++)
		keep.row[i] = value_null();
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(keep.row);
	place_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_oftener_than_it_asks_for, fresh),
		cmocka_unit_test_setup(test_soon_after_the_last, fresh),
		cmocka_unit_test_setup(test_all_at_the_close, fresh),
		cmocka_unit_test_setup(test_all_at_the_end_of_once, fresh),
		cmocka_unit_test_setup(test_nothing_after_a_failure, fresh),
		cmocka_unit_test_setup(test_nothing_that_could_not_be_synced, fresh),
		cmocka_unit_test_setup(test_at_each_commit, fresh),
		cmocka_unit_test_setup(test_a_careless_source, fresh),
		cmocka_unit_test_setup(test_the_rest_of_a_transaction_is_waited_for, fresh),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
