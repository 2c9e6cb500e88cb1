/* rollup: registrations by store and window. Times are seconds since FIXTURE_START, midnight UTC of a Thursday. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "replica/apply.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "replica/rollup.h"
#include "replica_fixture.h"

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

/* One customer a transaction, committed at `second`, registered when the text says. */
static void registers(int64_t second, const char *row)
{
	fixture_begin(&f, second);
	fixture_insert(&f, CUSTOMER, row);
	fixture_end(&f);
}

struct asked {
	const char *window, *slide;
	int64_t from, to;
	const char *zone, *store;
	bool totals;
};

static void stores_ask(const struct asked *a, struct stores_answer *answer)
{
	struct stores_request r = {.from = TIME_NONE, .to = TIME_NONE, .now = TIME_NONE, .store = a->store};

	if (a->window)
		assert_true(duration_parse(a->window, &r.window, &f.err));
	if (a->slide)
		assert_true(duration_parse(a->slide, &r.slide, &f.err));
	if (a->zone) {
		r.zone = zone_get(a->zone, &f.err);
		assert_non_null(r.zone);
	}
	if (a->to) {
		r.from = FIXTURE_START + a->from * SECOND;
		r.to = FIXTURE_START + a->to * SECOND;
	}
	if (!query_stores(fixture_query(&f), &r, answer, &f.err))
		fail_msg("%s", f.err.message);
}

/* FROM-TO STORE=COUNT, a line a window; or STORE TOTAL LAST. */
static const char *stores(const struct asked *a)
{
	struct stores_answer answer = {0};

	stores_ask(a, &answer);
	buffer_clear(&f.text);
	for (int i = 0; i < answer.window_count && !a->totals; i++) {
		const struct store_window *w = &answer.windows[i];
		const char *id = answer.stores[w->store].id;

		buffer_format(&f.text, "%" PRId64 "-%" PRId64 " %s=%" PRId64 "%s\n",
			      (w->start - FIXTURE_START) / SECOND, (w->end - FIXTURE_START) / SECOND, id ? id : "?",
			      w->count, w->partial ? " partial" : "");
	}
	for (int i = 0; i < answer.store_count && a->totals; i++) {
		const struct store_row *s = &answer.stores[i];

		buffer_format(&f.text, "%s %" PRId64, s->id ? s->id : "?", s->total);
		if (s->last != TIME_NONE)
			buffer_format(&f.text, " last %" PRId64, (s->last - FIXTURE_START) / SECOND);
		buffer_text_add(&f.text, s->silent ? " silent\n" : "\n");
	}
	answer_done(&answer.base);
	return buffer_text(&f.text);
}

#define STORES(...) stores(&(struct asked){.window = __VA_ARGS__})

static void complete_to(int64_t second)
{
	struct status_row s = {.state = "live", .complete_to = FIXTURE_START + second * SECOND, .copy_percent = -1};

	assert_true(replica_status(f.replica, &s, &f.err));
}

/* ---- windows ---- */

static void a_window_holds_its_start_and_not_its_end(void **state)
{
	(void)state;
	registers(1, "1|a|S1|2026-01-01 00:05:00");
	registers(2, "2|b|S1|2026-01-01 00:09:59.999999");
	registers(3, "3|c|S1|2026-01-01 00:10:00");
	registers(4, "4|d|S1|2026-01-01 00:04:59.999999");
	complete_to(3600);
	assert_string_equal(STORES("5m", .to = 3600), "0-300 S1=1\n300-600 S1=2\n600-900 S1=1\n");
}

static void an_event_is_in_every_window_that_covers_it(void **state)
{
	(void)state;
	registers(1, "1|a|S1|2026-01-01 01:00:00");
	complete_to(86400);
	assert_string_equal(STORES("1h", .slide = "20m", .to = 86400),
			    "1200-4800 S1=1\n2400-6000 S1=1\n3600-7200 S1=1\n");
	assert_string_equal(STORES("15s", .slide = "5s", .from = 3580, .to = 86400),
			    "3590-3605 S1=1\n3595-3610 S1=1\n3600-3615 S1=1\n");
	assert_string_equal(STORES("1h", .to = 86400), "3600-7200 S1=1\n");
}

static void only_windows_that_start_in_the_range_are_listed(void **state)
{
	(void)state;
	registers(1, "1|a|S1|2026-01-01 00:05:00");
	registers(2, "2|a|S1|2026-01-01 00:10:00");
	complete_to(3600);
	assert_string_equal(STORES("5m", .from = 301, .to = 600), "");
	assert_string_equal(STORES("5m", .from = 300, .to = 600), "300-600 S1=1\n");
	assert_string_equal(STORES("5m", .from = 301, .to = 601), "600-900 S1=1\n");
}

static void the_last_twelve_windows_are_the_default(void **state)
{
	struct stores_answer a = {0};

	(void)state;
	registers(1, "1|a|S1|2026-01-01 00:05:00");
	complete_to(7200 + 10);
	clock_freeze(FIXTURE_START + (7200 + 10) * SECOND);
	stores_ask(&(struct asked){.window = NULL}, &a);
	clock_freeze(TIME_NONE);
	assert_int_equal(a.window.micro, 5 * MINUTE);
	assert_int_equal((a.from - FIXTURE_START) / SECOND, 7200 - 11 * 300);
	assert_int_equal((a.to - FIXTURE_START) / SECOND, 7200 + 300);
	answer_done(&a.base);
}

static void a_window_past_what_is_complete_is_partial(void **state)
{
	(void)state;
	registers(1, "1|a|S1|2026-01-01 00:01:00");
	registers(2, "2|a|S1|2026-01-01 00:06:00");
	complete_to(400);
	assert_string_equal(STORES("5m", .to = 3600), "0-300 S1=1\n300-600 S1=1 partial\n");
}

static void before_1970_windows_stand_in_line(void **state)
{
	const int64_t epoch = -FIXTURE_START / SECOND;
	struct asked a = {"5m", NULL, epoch - 300, epoch + 300, NULL, NULL, false};
	struct stores_answer answer = {0};

	(void)state;
	registers(1, "1|a|S1|1969-12-31 23:59:59.999999");
	registers(2, "2|a|S1|1970-01-01 00:00:00");
	stores_ask(&a, &answer);
	assert_int_equal(answer.window_count, 2);
	assert_true(answer.windows[0].start == -300 * SECOND && answer.windows[0].count == 1);
	assert_true(answer.windows[1].start == 0 && answer.windows[1].count == 1);
	answer_done(&answer.base);
}

/* Days of 23, 24 and 25 hours, a day that begins at 18:15 UTC, and UTC, in one process. */
static void days_are_those_of_the_zone(void **state)
{
	/* 29 March and 25 October 2026: Europe's clocks go forward and back. */
	const int64_t march = 87 * 86400, october = 297 * 86400;

	(void)state;
	registers(1, "1|a|S1|2026-03-28 23:30:00");
	registers(2, "2|b|S1|2026-03-29 21:59:59");
	registers(3, "3|c|S1|2026-03-29 22:00:00");
	registers(4, "4|d|S1|2026-10-24 22:00:00");
	registers(5, "5|e|S1|2026-10-25 22:59:59");
	complete_to(october * 2);
	char want[200];
	snprintf(want, sizeof want, "%" PRId64 "-%" PRId64 " S1=2\n%" PRId64 "-%" PRId64 " S1=1\n", march - 3600,
		 march - 3600 + 23 * 3600, march - 7200 + 86400, march - 7200 + 2 * 86400);
	assert_string_equal(STORES("1d", .from = march - 86400, .to = march + 2 * 86400, .zone = "Europe/Berlin"),
			    want);
	snprintf(want, sizeof want, "%" PRId64 "-%" PRId64 " S1=2\n", october - 7200, october - 7200 + 25 * 3600);
	assert_string_equal(STORES("1d", .from = october - 86400, .to = october + 2 * 86400, .zone = "Europe/Berlin"),
			    want);
	snprintf(want, sizeof want, "%" PRId64 "-%" PRId64 " S1=1\n%" PRId64 "-%" PRId64 " S1=2\n", march - 86400,
		 march, march, march + 86400);
	assert_string_equal(STORES("1d", .from = march - 86400, .to = march + 2 * 86400, .zone = "UTC"), want);
	snprintf(want, sizeof want, "%" PRId64 "-%" PRId64 " S1=1\n%" PRId64 "-%" PRId64 " S1=2\n", march - 20700,
		 march - 20700 + 86400, march - 20700 + 86400, march - 20700 + 2 * 86400);
	assert_string_equal(STORES("1d", .from = march - 86400, .to = march + 2 * 86400, .zone = "Asia/Kathmandu"),
			    want);
}

static void weeks_begin_on_monday_and_months_on_the_first(void **state)
{
	(void)state;
	registers(1, "1|a|S1|2026-01-04 23:59:59"); /* a Sunday */
	registers(2, "2|b|S1|2026-01-05 00:00:00");
	registers(3, "3|c|S1|2026-02-01 00:00:00");
	complete_to(400 * 86400);
	assert_string_equal(STORES("1w", .from = -7 * 86400, .to = 20 * 86400),
			    "-259200-345600 S1=1\n345600-950400 S1=1\n");
	assert_string_equal(STORES("1mo", .to = 60 * 86400), "0-2678400 S1=2\n2678400-5097600 S1=1\n");
}

static void windows_that_cannot_be_are_refused(void **state)
{
	static const char *const wrong[][2] = {{"9s", NULL}, {"12s", NULL}, {"25h", NULL}, {"5m", "2m"}, {"5m", "10m"},
					       {"5m", "7s"}, {"1d", "1h"},  {"1mo", "1d"}, {"2d", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct stores_request r = {.from = FIXTURE_START, .to = FIXTURE_START + HOUR, .now = TIME_NONE};
		struct stores_answer a = {0};
		struct error err = {0};

		assert_true(duration_parse(wrong[i][0], &r.window, &err));
		if (wrong[i][1])
			assert_true(duration_parse(wrong[i][1], &r.slide, &err));
		if (query_stores(fixture_query(&f), &r, &a, &err))
			fail_msg("%s every %s was taken", wrong[i][0], wrong[i][1] ? wrong[i][1] : wrong[i][0]);
		assert_int_equal(err.code, ERROR_USAGE);
		answer_done(&a.base);
	}
}

/* ---- registrations ---- */

static void order_does_not_matter(void **state)
{
	static const char *const rows[] = {"1|a|S1|2026-01-01 00:05:00",
					   "2|b|S2|2026-01-01 00:01:00",
					   "3|c|S1|2025-12-31 23:59:00",
					   "4|d|-|2026-01-01 00:06:00",
					   "5|e|S1|-",
					   "6|f|S2|2026-01-01 00:01:00"};
	char *forward;

	(void)state;
	for (int i = 0; i < 6; i++)
		registers(i, rows[i]);
	complete_to(3600);
	forward = memory_text(STORES("5m", .from = -3600, .to = 3600));
	assert_string_equal(forward, "-300-0 S1=1\n0-300 S1=1\n0-300 S2=2\n300-600 S1=1\n300-600 ?=1\n");
	teardown(state);
	setup(state);
	for (int i = 6; i-- > 0;)
		registers(6 - i, rows[i]);
	complete_to(3600);
	/* 5 has no event time: it counts when it was committed, here at 2 s, there at 4 s. */
	assert_string_equal(STORES("5m", .from = -3600, .to = 3600), forward);
	free(forward);
}

static void a_customer_registers_once(void **state)
{
	const char *const want = "0-300 S1=1\n";

	(void)state;
	complete_to(3600);
	registers(1, "1|a|S1|2026-01-01 00:01:00");
	assert_string_equal(STORES("5m", .to = 3600), want);
	fixture_begin(&f, 2);
	fixture_update(&f, CUSTOMER, "1|a|S1|2026-01-01 00:01:00", "1|a|S2|2026-01-01 00:11:00");
	fixture_end(&f);
	assert_string_equal(STORES("5m", .to = 3600), want);
	fixture_begin(&f, 3);
	fixture_delete(&f, CUSTOMER, "1|a|S2|2026-01-01 00:11:00");
	fixture_end(&f);
	assert_string_equal(STORES("5m", .to = 3600), want);
	registers(4, "1|again|S2|2026-01-01 00:21:00");
	fixture_begin(&f, 5);
	fixture_merge(&f, CUSTOMER, "1|again|S3|2026-01-01 00:31:00");
	fixture_truncate(&f, CUSTOMER);
	fixture_insert(&f, CUSTOMER, "1|back|S3|2026-01-01 00:31:00");
	fixture_end(&f);
	assert_string_equal(STORES("5m", .to = 3600), want);
}

static void a_key_change_carries_the_registration_along(void **state)
{
	(void)state;
	complete_to(3600);
	registers(1, "1|a|S1|2026-01-01 00:01:00");
	fixture_begin(&f, 2);
	fixture_update(&f, CUSTOMER, "1|a|S1|2026-01-01 00:01:00", "2|a|S1|2026-01-01 00:01:00");
	fixture_end(&f);
	registers(3, "1|new|S2|2026-01-01 00:02:00"); /* another customer with the old number */
	registers(4, "3|c|S1|2026-01-01 00:03:00");
	fixture_begin(&f, 5);
	fixture_delete(&f, CUSTOMER, "2|a|S1|2026-01-01 00:01:00");
	fixture_insert(&f, CUSTOMER, "2|a|S9|2026-01-01 00:04:00"); /* the same customer returns */
	fixture_end(&f);
	assert_string_equal(STORES("5m", .to = 3600), "0-300 S1=2\n0-300 S2=1\n");
}

static void what_has_no_store_or_time_is_counted_as_unknown(void **state)
{
	(void)state;
	complete_to(3600);
	registers(60, "1|a|-|2026-01-01 00:01:00");
	registers(400, "2|b|S1|-"); /* the bank does not say: when it was committed */
	assert_string_equal(STORES("5m", .to = 3600), "0-300 ?=1\n300-600 S1=1\n");
	assert_string_equal(STORES("5m", .to = 3600, .totals = true), "S1 1 last 400 silent\n? 1 last 60 silent\n");
	assert_string_equal(STORES("5m", .to = 3600, .store = ""), "0-300 ?=1\n");
	assert_string_equal(STORES("5m", .to = 3600, .store = "S1"), "300-600 S1=1\n");
}

static void windows_and_stores_sum_to_the_registrations(void **state)
{
	struct stores_answer a = {0};
	int64_t sum = 0, totals = 0;
	char row[80];

	(void)state;
	fixture_begin(&f, 0);
	for (int i = 0; i < 500; i++) {
		snprintf(row, sizeof row, "%d|n|S%d|2026-01-01 %02d:%02d:%02d", i + 1, i % 7, i % 24, i * 7 % 60,
			 i * 11 % 60);
		fixture_insert(&f, CUSTOMER, row);
	}
	fixture_end(&f);
	stores_ask(&(struct asked){.window = "5m", .from = 0, .to = 86400}, &a);
	for (int i = 0; i < a.window_count; i++)
		sum += a.windows[i].count;
	for (int i = 0; i < a.store_count; i++)
		totals += a.stores[i].total;
	assert_int_equal(sum, 500);
	assert_int_equal(totals, 500);
	answer_done(&a.base);
}

static void a_typo_in_the_future_moves_nothing_else(void **state)
{
	(void)state;
	registers(60, "1|a|S1|2026-01-01 00:01:00");
	registers(61, "2|b|S2|2204-01-01 00:00:00");
	complete_to(3600);
	assert_string_equal(STORES("5m", .to = 3600), "0-300 S1=1\n");
	assert_string_equal(STORES("5m", .to = 3600, .totals = true), "S1 1 last 60 silent\nS2 0\n");
	assert_string_equal(STORES("1d", .from = 5617036800, .to = 5617123200), "5617036800-5617123200 S2=1 partial\n");
}

static void a_store_without_a_registration_in_half_an_hour_is_silent(void **state)
{
	(void)state;
	registers(60, "1|a|S1|2026-01-01 00:01:00");
	registers(61, "2|b|S2|2026-01-01 00:30:00");
	complete_to(1800 + 60);
	assert_string_equal(STORES("5m", .to = 1860, .totals = true), "S1 1 last 60\nS2 1 last 1800\n");
	complete_to(1800 + 61);
	assert_string_equal(STORES("5m", .to = 1861, .totals = true), "S1 1 last 60 silent\nS2 1 last 1800\n");
}

static void rows_and_counts_come_and_go_together(void **state)
{
	(void)state;
	complete_to(3600);
	registers(1, "1|a|S1|2026-01-01 00:01:00");
	fixture_begin(&f, 2);
	fixture_insert(&f, CUSTOMER, "2|b|S1|2026-01-01 00:01:00");
	fixture_end_only(&f);
	assert_string_equal(STORES("5m", .to = 3600), "0-300 S1=1\n");
	replica_rollback(f.replica);
	apply_reset(f.apply);
	registers(3, "3|c|S1|2026-01-01 00:01:00");
	assert_string_equal(STORES("5m", .to = 3600), "0-300 S1=2\n");
	assert_string_equal(STORES("1d", .to = 3600), "0-86400 S1=2 partial\n");
}

static void counts_made_anew_are_equal(void **state)
{
	char *minutes, *days;
	char row[80];

	(void)state;
	complete_to(400 * 86400);
	for (int i = 0; i < 100; i++) {
		snprintf(row, sizeof row, "%d|n|S%d|2026-%02d-%02d %02d:%02d:59", i + 1, i % 3, 1 + i % 12, 1 + i % 28,
			 i % 24, i * 7 % 60);
		registers(i, row);
	}
	minutes = memory_text(STORES("5m", .to = 365 * 86400));
	days = memory_text(STORES("1d", .to = 365 * 86400, .zone = "Asia/Kathmandu"));
	assert_true(replica_begin(f.replica, &f.err));
	assert_true(rollup_rebuild(f.replica, &f.err));
	assert_true(replica_commit(f.replica, &f.err));
	assert_string_equal(STORES("5m", .to = 365 * 86400), minutes);
	assert_string_equal(STORES("1d", .to = 365 * 86400, .zone = "Asia/Kathmandu"), days);
	free(minutes);
	free(days);
}

#define WINDOW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WINDOW(a_window_holds_its_start_and_not_its_end),
		WINDOW(an_event_is_in_every_window_that_covers_it),
		WINDOW(only_windows_that_start_in_the_range_are_listed),
		WINDOW(the_last_twelve_windows_are_the_default),
		WINDOW(a_window_past_what_is_complete_is_partial),
		WINDOW(before_1970_windows_stand_in_line),
		WINDOW(days_are_those_of_the_zone),
		WINDOW(weeks_begin_on_monday_and_months_on_the_first),
		WINDOW(windows_that_cannot_be_are_refused),
		WINDOW(order_does_not_matter),
		WINDOW(a_customer_registers_once),
		WINDOW(a_key_change_carries_the_registration_along),
		WINDOW(what_has_no_store_or_time_is_counted_as_unknown),
		WINDOW(windows_and_stores_sum_to_the_registrations),
		WINDOW(a_typo_in_the_future_moves_nothing_else),
		WINDOW(a_store_without_a_registration_in_half_an_hour_is_silent),
		WINDOW(rows_and_counts_come_and_go_together),
		WINDOW(counts_made_anew_are_equal),
	};

	return cmocka_run_group_tests_name("rollup", tests, NULL, NULL);
}
