/* Sets of numbers, and the positions they make. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "source/mysql/position.h"
#include "source/mysql/seen.h"

static void printed(const struct seen *s, int64_t at, const char *expected)
{
	struct buffer out = {0};

	seen_print(s, at, &out);
	assert_string_equal(buffer_text(&out), expected);
	buffer_done(&out);
}

static void test_add(void **state)
{
	static const struct { uint64_t from, to; const char *then; } steps[] = {
		{5, 5, "change:0+4x1"},
		{5, 5, "change:0+4x1"},
		{7, 9, "change:0+4x1,1x3"},
		{12, 12, "change:0+4x1,1x3,2x1"},
		{6, 6, "change:0+4x5,2x1"},
		{1, 2, "change:2+2x5,2x1"},
		{10, 11, "change:2+2x8"},
		{4, 3, "change:2+2x8"}, /* of nothing */
		{3, 4, "change:12"},
		{20, 20, "change:12+7x1"},
		{30, 30, "change:12+7x1,9x1"},
		{15, 40, "change:12+2x26"},
		{1, 100, "change:100"},
	};
	struct seen s = {0};

	(void)state;
	printed(&s, TIME_NONE, "change:0");
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		seen_add(&s, steps[i].from, steps[i].to);
		printed(&s, TIME_NONE, steps[i].then);
	}
	seen_done(&s);
}

/* Against one byte a number. */
static void test_random(void **state)
{
	enum { MOST = 400 };
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		bool has[MOST + 2] = {false};
		struct seen s = {0}, back = {0};
		struct buffer text = {0};
		int64_t at;
		for (int i = 0; i < 60; i++) {
			seed = seed * 1664525 + 1013904223;
			uint64_t from = 1 + (seed >> 8) % MOST, to = from + (seed >> 20) % 6;
			to = to > MOST ? MOST : to;
			seen_add(&s, from, to);
			for (uint64_t k = from; k <= to; k++)
				has[k] = true;
		}
		uint64_t high = 0, low = 0;
		for (uint64_t k = 1; k <= MOST; k++) {
			assert_int_equal(seen_has(&s, k), has[k]);
			high = has[k] ? k : high;
			low = has[k] && low == k - 1 ? k : low;
		}
		assert_int_equal(seen_high(&s), high);
		assert_int_equal(seen_low(&s), low);
		uint64_t missing = 0, counted = 0;
		for (uint64_t k = 1; k <= high; k++)
			missing += !has[k];
		for (int i = 0; i < seen_gap_count(&s); i++) {
			struct seen_range g = seen_gap(&s, i);
			assert_true(g.from <= g.to && !has[g.from] && !has[g.to] && has[g.to + 1] && (g.from == 1 || has[g.from - 1]));
			counted += g.to - g.from + 1;
		}
		assert_int_equal(counted, missing);
		seen_print(&s, 42, &text);
		assert_true(seen_parse(buffer_text(&text), &back, &at));
		assert_int_equal(at, 42);
		assert_true(seen_contains(&back, &s) && seen_contains(&s, &back));
		/* One more, wherever it falls, is contained but does not contain. */
		for (uint64_t k = 1; k <= MOST; k++)
			if (!has[k]) {
				seen_add(&back, k, k);
				assert_true(seen_contains(&back, &s));
				assert_false(seen_contains(&s, &back));
				break;
			}
		buffer_done(&text);
		seen_done(&s);
		seen_done(&back);
	}
}

static void test_reached(void **state)
{
	static const struct { const char *a, *b; bool reached; } cases[] = {
		{"change:0", "change:0", true},
		{"change:10", "change:9", true},
		{"change:9", "change:10", false},
		{"change:8+1x1", "change:8+1x1", true},
		/* 10 was seen and 9 not: neither before nor after 9 without 10 */
		{"change:8+1x1", "change:9", false},
		{"change:9", "change:8+1x1", false},
		{"change:10", "change:8+1x1", true},
		{"change:10@5", "change:10@6", true},
		{"change:3+2x4,1x1", "change:2+3x1,3x1", false},
		{"change:3+2x4,1x2", "change:2+3x1,4x1", true},
		/* the other way of following */
		{"change:10", "binlog.000001:4", false},
		{"binlog.000001:4", "change:10", false},
		{"change:10", "gtid=0-1-1", false},
		{"binlog.000001:5", "binlog.000001:4", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (mysql_position_reached(cases[i].a, cases[i].b) != cases[i].reached)
			fail_msg("%s, %s", cases[i].a, cases[i].b);
}

static void test_not_a_position(void **state)
{
	static const char *const texts[] = {"", "change", "change:", "change:x", "change:1+", "change:1+2", "change:1+2x", "change:1+0x1",
					    "change:1+1x0", "change:1+1x1,", "change:1+1x1;1x1", "change:1@", "change:1@x", "change:1 ", "change:-1",
					    "change:99999999999999999999", "change:1+18446744073709551615x1", "change:1@9223372036854775808",
					    "binlog.000001:4"};
	struct mysql_position p;
	struct seen s = {0};
	int64_t at;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (seen_parse(texts[i], &s, &at))
			fail_msg("%s", texts[i]);
	assert_false(mysql_position_parse("change:1", &p));
	assert_true(seen_parse("change:0@7", &s, &at));
	assert_int_equal(at, 7);
	seen_done(&s);
}

/* 4000 gaps, the most there are, stay a text of a few kilobytes. */
static void test_length(void **state)
{
	struct seen s = {0};
	struct buffer out = {0};

	(void)state;
	seen_add(&s, 1, UINT64_C(1000000000000));
	for (uint64_t i = 1; i <= 4000; i++)
		seen_add(&s, UINT64_C(1000000000000) + i * 150, UINT64_C(1000000000000) + i * 150 + 20);
	seen_print(&s, INT64_C(1764150000123456), &out);
	assert_in_range(out.len, 4000, 4000 * 8);
	buffer_done(&out);
	seen_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),	       cmocka_unit_test(test_random), cmocka_unit_test(test_reached),
		cmocka_unit_test(test_not_a_position), cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
