/* tally: the numbers of the stores. What is added at a commit must be what a count of everything gives. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "property/chance.h"
#include "replica/replica.h"
#include "replica_fixture.h"
#include "ui/kit/chart.h"
#include "ui/panes/tally.h"

#define AT(second) (FIXTURE_START + (second)*SECOND)

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_open(&f, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* Number n registers at a store ("-" is none), at a second, or ("-") nobody knows when. */
static void registers(int n, const char *store, int64_t second)
{
	char row[96], when[32] = "-";
	struct civil c;
	if (second != TIME_NONE) {
		zone_civil(zone_utc(), AT(second), &c);
		snprintf(when, sizeof(when), "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
			 c.second);
	}
	snprintf(row, sizeof(row), "%d|N|%s|%s", n, store, when);
	fixture_insert(&f, CUSTOMER, row);
}

static void complete_to(int64_t second)
{
	struct status_row s = {.state = "live", .complete_to = AT(second), .copy_percent = -1};
	assert_true(replica_status(f.replica, &s, &f.err));
}

static struct tally tally_of(const char *window, int share, int64_t second)
{
	struct tally t = {.zone = zone_utc(), .now = AT(second), .silence = 30 * MINUTE, .bar_count = 90};
	assert_true(duration_parse(window, &t.window, NULL));
	t.slide = windows_slide(&t.window, share);
	return t;
}

static struct tally counted(const char *window, int share, int64_t second)
{
	struct tally t = tally_of(window, share, second);
	if (!tally_count(&t, fixture_query(&f), &f.err))
		fail_msg("%s", f.err.message);
	return t;
}

static bool added(struct tally *t, int64_t second)
{
	struct recent_request r = tally_recent(t, AT(second));
	struct recent_answer a = {0};
	if (!query_recent(fixture_query(&f), &r, &a, &f.err))
		fail_msg("%s", f.err.message);
	bool good = tally_add(t, &a, AT(second));
	answer_done(&a.base);
	return good;
}

/* ---- the same numbers ---- */

static void same(const struct tally *a, const struct tally *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->registered, b->registered);
	assert_int_equal(a->whole, b->whole);
	assert_memory_equal(a->states, b->states, sizeof(a->states));
	assert_memory_equal(a->bar_states, b->bar_states, (size_t)a->bar_count);
	assert_memory_equal(a->bars, b->bars, (size_t)a->bar_count * sizeof(a->bars[0]));
	for (int i = 0; i < a->count; i++) {
		const struct tally_line *x = &a->lines[i], *y = &b->lines[i];
		assert_memory_equal(x->windows, y->windows, sizeof(x->windows));
		assert_memory_equal(x->bars, y->bars, (size_t)a->bar_count * sizeof(x->bars[0]));
		assert_memory_equal(x->recent, y->recent, sizeof(x->recent));
		assert_int_equal(x->hour, y->hour);
		assert_int_equal(x->today, y->today);
		assert_int_equal(x->percent, y->percent);
		assert_int_equal(x->silent, y->silent);
		/* To the slot it fell into. */
		assert_true(x->last == y->last || (x->last < y->last && y->last - x->last < MINUTE));
	}
}

struct stream {
	const char *window;
	int share;
	int64_t late; /* one in so many comes late */
};

/* Ten thousand seconds of registrations, a few a minute; added where that is possible, else counted, and always
 * compared. */
static void plays(const struct stream *s, uint64_t seed)
{
	struct chance dice = {seed};
	int n = 1, adds = 0, late = 0;
	static const char *const stores[] = {"-", "S1", "S2", "S10"};
	fixture_begin(&f, 0);
	for (int i = 0; i < 4; i++)
		registers(n++, stores[i], -3 * 86400 + i * 3600);
	fixture_end(&f);
	struct tally t = counted(s->window, s->share, 40000);
	for (int64_t now = 40000; now < 42000; now += 1 + (int64_t)chance_below(&dice, 9)) {
		bool comes_late = chance_below(&dice, (uint32_t)s->late) == 0;
		fixture_begin(&f, now);
		registers(n++, stores[chance_below(&dice, 4)], comes_late ? now - 7000 : now);
		fixture_end(&f);
		complete_to(now - (int64_t)chance_below(&dice, 3));
		struct tally all = counted(s->window, s->share, now);
		if (added(&t, now)) {
			assert_false(comes_late);
			same(&t, &all);
			adds++;
		} else {
			/* What is refused has a reason: it came late, or a minute, a window or a bar has begun. */
			assert_true(comes_late || AT(now) >= t.until);
			late += comes_late;
			tally_done(&t);
			t = counted(s->window, s->share, now);
		}
		tally_done(&all);
	}
	assert_true(adds > 50);
	assert_true(late > 0);
	tally_done(&t);
}

static void added_is_counted(void **state)
{
	(void)state;
	plays(&(struct stream){"15m", 1, 20}, 7);
}

static void added_is_counted_of_windows_that_overlap(void **state)
{
	(void)state;
	plays(&(struct stream){"5m", 2, 20}, 11); /* by 150 seconds: no whole minutes */
}

static void added_is_counted_of_days(void **state)
{
	(void)state;
	plays(&(struct stream){"1d", 1, 15}, 13);
}

static void added_is_counted_of_seconds(void **state)
{
	(void)state;
	plays(&(struct stream){"30s", 3, 20}, 17);
}

static void what_is_new_altogether_is_counted_again(void **state)
{
	(void)state;
	fixture_begin(&f, 0);
	registers(1, "S1", 36000);
	fixture_end(&f);
	struct tally t = counted("15m", 1, 36600);
	assert_true(added(&t, 36601));
	/* A store nobody knew. */
	fixture_begin(&f, 36602);
	registers(2, "S9", 36602);
	fixture_end(&f);
	assert_false(added(&t, 36602));
	tally_done(&t);
	/* A registration without a time is in no window, but one more than was counted. */
	t = counted("15m", 1, 36603);
	fixture_begin(&f, 36604);
	registers(3, "S1", TIME_NONE);
	fixture_end(&f);
	tally_done(&t);
	t = counted("15m", 1, 36605);
	/* The clock went back by hours: everything anew. */
	assert_false(added(&t, 30000));
	tally_done(&t);
}

/* ---- whole, partial, unknown ---- */

static void states_of(const struct tally *t, const int64_t *values, char *out)
{
	static const char letters[] = "#:?";
	char states[TALLY_WINDOWS];
	tally_states(t->states, values, TALLY_WINDOWS, states);
	for (int i = 0; i < TALLY_WINDOWS; i++)
		out[i] = letters[(int)states[i]];
	out[TALLY_WINDOWS] = 0;
}

static void partial_past_what_is_complete(void **state)
{
	(void)state;
	char text[TALLY_WINDOWS + 1];
	fixture_begin(&f, 0);
	registers(1, "S1", 0); /* midnight */
	registers(2, "S1", 7250);
	fixture_end(&f);
	/* Two hours and a little on, complete to 01:47 only; windows of five minutes, the first from 00:05 on. */
	complete_to(6420);
	struct tally t = counted("5m", 1, 7260);
	states_of(&t, t.lines[0].windows, text);
	assert_string_equal(text, "####################::::");
	assert_int_equal(t.whole, 19);
	assert_true(tally_settling(&t));
	tally_done(&t);
	/* Complete to this very second: only the running one is partial. */
	complete_to(7260);
	t = counted("5m", 1, 7260);
	states_of(&t, t.lines[0].windows, text);
	assert_string_equal(text, "#######################:");
	assert_false(tally_settling(&t));
	tally_done(&t);
}

static void unknown_before_the_first_and_in_gaps(void **state)
{
	(void)state;
	char text[TALLY_WINDOWS + 1];
	fixture_begin(&f, 0);
	registers(1, "S1", 3000); /* 00:50 */
	registers(2, "S1", 5000); /* 01:23 */
	fixture_end(&f);
	complete_to(7200);
	struct tally t = counted("5m", 1, 7199);
	states_of(&t, t.lines[0].windows, text);
	assert_string_equal(text, "??????????##############");
	tally_done(&t);
	/* In a gap what is counted may not be all, and what is not is no zero. */
	struct query *q = fixture_query(&f);
	t = counted("5m", 1, 7199);
	struct gap gaps[] = {{"1", NULL, AT(4500), AT(5400), "lost"}};
	t.answer.gaps = gaps;
	t.answer.gap_count = 1;
	assert_non_null(q);
	assert_true(added(&t, 7199));
	states_of(&t, t.lines[0].windows, text);
	assert_string_equal(text, "??????????#####?:?######");
	/* A store is compared with its whole windows only. */
	assert_int_equal(t.lines[0].percent, -100);
	tally_done(&t);
}

static void nothing_at_all(void **state)
{
	(void)state;
	char text[TALLY_WINDOWS + 1];
	const int64_t none[TALLY_WINDOWS] = {0};
	struct tally t = counted("1h", 1, 40000);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.whole, -1);
	states_of(&t, none, text);
	assert_string_equal(text, "????????????????????????");
	tally_sort(&t, TALLY_BY_RATE, true);
	assert_int_equal(tally_find(&t, ""), -1);
	tally_done(&t);
}

/* ---- order ---- */

static const char *ordered(struct tally *t, enum tally_order order, bool reverse)
{
	static char out[64];
	out[0] = 0;
	tally_sort(t, order, reverse);
	for (int i = 0; i < t->count; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? " " : "",
			 t->lines[t->order[i]].id ? t->lines[t->order[i]].id : "-");
	return out;
}

static void orders(void **state)
{
	(void)state;
	int n = 1;
	fixture_begin(&f, 0);
	static const struct {
		const char *store;
		int64_t at;
	} rows[] = {{"S1", 100},   {"S1", 200},   {"S1", 300},   {"S2", 35500}, {"S2", 35000},
		    {"S3", 35500}, {"S3", 34000}, {"S3", 33000}, {"-", 35500}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		registers(n++, rows[i].store, rows[i].at);
	for (int i = 0; i < 22; i++) /* one in each window: nothing out of the ordinary */
		registers(n++, "S2", 15400 + i * 900);
	fixture_end(&f);
	complete_to(36000);
	struct tally t = counted("15m", 1, 36000);
	assert_string_equal(ordered(&t, TALLY_BY_STORE, false), "S1 S2 S3 -");
	assert_string_equal(ordered(&t, TALLY_BY_STORE, true), "- S3 S2 S1");
	assert_string_equal(ordered(&t, TALLY_BY_RATE, false), "S2 S3 - S1");
	assert_string_equal(ordered(&t, TALLY_BY_TODAY, false), "S2 S1 S3 -");
	/* Those without a mean of their own come last. */
	assert_string_equal(ordered(&t, TALLY_BY_AVERAGE, false), "S3 S2 S1 -");
	assert_int_equal(t.lines[tally_find(&t, "")].percent, INT32_MAX);
	tally_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(added_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(added_is_counted_of_windows_that_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(added_is_counted_of_days, setup, teardown),
		cmocka_unit_test_setup_teardown(added_is_counted_of_seconds, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_new_altogether_is_counted_again, setup, teardown),
		cmocka_unit_test_setup_teardown(partial_past_what_is_complete, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_before_the_first_and_in_gaps, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(orders, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
