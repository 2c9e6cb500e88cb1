/* chart: what is expected looks like what is drawn. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "ui/kit/chart.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static void spark(const int64_t *values, int count, int64_t top, bool ascii, const char *expected)
{
	struct buffer out = {0};
	chart_spark(&out, values, count, top, ascii);
	assert_string_equal(buffer_text(&out), expected);
	buffer_done(&out);
}

static void sparks(void **state)
{
	(void)state;
	const int64_t rising[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
	spark(rising, COUNT(rising), 0, false, " ▁▂▃▄▅▆▇█");
	const int64_t levels[] = {0, 1, 2, 3, 4, 5, 6};
	spark(levels, COUNT(levels), 0, true, ".:-=+*#");
	/* What is not zero is seen, however small beside the rest. */
	const int64_t tiny[] = {1, 0, INT64_MAX, INT64_MIN, -1};
	spark(tiny, COUNT(tiny), 0, false, "▁ █  ");
	spark(tiny, COUNT(tiny), 0, true, ":.#..");
	/* A top of its own: two rows can be compared. */
	const int64_t half[] = {4, 9};
	spark(half, COUNT(half), 8, false, "▄█");
	const int64_t nothing[] = {0, 0, 0};
	spark(nothing, COUNT(nothing), 0, true, "...");
	spark(nothing, 0, 0, true, "");
}

static void draw(const struct chart *c, const char *const *rows)
{
	struct buffer out = {0};
	for (int i = 0; i < c->height; i++) {
		buffer_clear(&out);
		chart_row(&out, c, i);
		assert_string_equal(buffer_text(&out), rows[i]);
		assert_int_equal(text_width(buffer_text(&out), out.len), c->count);
	}
	buffer_done(&out);
}

static void bars_of_ascii(void **state)
{
	(void)state;
	const int64_t values[] = {0, 1, 8, 9, 16, 17, 24, 32, 40, 12};
	const struct chart c = {values, COUNT(values), 9, 32, 4, true};
	draw(&c, (const char *const[]){
		"       ## ",
		"     #### ",
		"   ######:",
		" ########:",
	});
}

static void bars_of_blocks(void **state)
{
	(void)state;
	const int64_t values[] = {0, 1, 4, 8, 12, 16, 6};
	const struct chart c = {values, COUNT(values), 6, 16, 2, false};
	draw(&c, (const char *const[]){
		"    ▄█ ",
		" ▁▄███░",
	});
}

static void tops(void **state)
{
	(void)state;
	assert_int_equal(chart_top(0, 4), 4);
	assert_int_equal(chart_top(4, 4), 4);
	assert_int_equal(chart_top(5, 4), 8);
	assert_int_equal(chart_top(31, 4), 32);
	assert_int_equal(chart_top(33, 4), 40);
	assert_int_equal(chart_top(41, 4), 80);
	assert_int_equal(chart_top(7, 0), 8);
	/* Whatever the largest value: it fits, and each row is a whole number. */
	for (int64_t max = 0; max < 20000; max += 7)
		for (int height = 1; height < 12; height++) {
			int64_t top = chart_top(max, height);
			assert_true(top >= max && top % height == 0);
		}
	assert_true(chart_top(INT64_MAX / 32, 16) >= INT64_MAX / 32);
}

static void axes_and_shares(void **state)
{
	(void)state;
	struct buffer out = {0};
	chart_axis(&out, 11, 5, true);
	assert_string_equal(buffer_text(&out), "+----+----+");
	buffer_clear(&out);
	chart_axis(&out, 6, 5, false);
	assert_string_equal(buffer_text(&out), "┴────┴");
	buffer_clear(&out);
	chart_bar(&out, 41, 100, 10, true);
	assert_string_equal(buffer_text(&out), "#####.....");
	buffer_clear(&out);
	chart_bar(&out, 41, 100, 10, false);
	assert_string_equal(buffer_text(&out), "████▏     ");
	buffer_clear(&out);
	chart_bar(&out, 500, 100, 4, true);
	assert_string_equal(buffer_text(&out), "####");
	buffer_clear(&out);
	chart_bar(&out, 1, 0, 4, true);
	assert_string_equal(buffer_text(&out), "....");
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sparks),       cmocka_unit_test(bars_of_ascii),   cmocka_unit_test(bars_of_blocks),
		cmocka_unit_test(tops),         cmocka_unit_test(axes_and_shares),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
