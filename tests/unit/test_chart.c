/* chart and plot: what is expected looks like what is drawn. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/zone.h"
#include "ui/kit/chart.h"
#include "ui/kit/plot.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define NOON     INT64_C(1763640000000000) /* 2025-11-20 12:00 UTC */

static void spark(const int64_t *values, int count, int64_t top, enum chart_style style, const char *expected)
{
	struct buffer out = {0};
	chart_spark(&out, values, NULL, count, top, style);
	assert_string_equal(buffer_text(&out), expected);
	buffer_done(&out);
}

static void sparks(void **state)
{
	(void)state;
	const int64_t rising[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
	spark(rising, COUNT(rising), 0, CHART_BLOCKS, " ▁▂▃▄▅▆▇█");
	spark(rising, COUNT(rising), 0, CHART_BRAILLE, " ▁▂▃▄▅▆▇█");
	const int64_t levels[] = {0, 1, 2, 3, 4, 5, 6};
	spark(levels, COUNT(levels), 0, CHART_ASCII, "._-=+*#");
	/* What is not zero is seen, however small beside the rest. */
	const int64_t tiny[] = {1, 0, INT64_MAX, INT64_MIN, -1};
	spark(tiny, COUNT(tiny), 0, CHART_BLOCKS, "▁ █  ");
	spark(tiny, COUNT(tiny), 0, CHART_ASCII, "_.#..");
	/* A top of its own: two rows can be compared. */
	const int64_t half[] = {4, 9};
	spark(half, COUNT(half), 8, CHART_BLOCKS, "▄█");
	const int64_t nothing[] = {0, 0, 0};
	spark(nothing, COUNT(nothing), 0, CHART_ASCII, "...");
	spark(nothing, 0, 0, CHART_ASCII, "");
}

static void sparks_of_what_is_unknown(void **state)
{
	(void)state;
	const int64_t values[] = {0, 0, 8, 80}; /* what has no height yet makes none smaller */
	const char states[] = {CHART_UNKNOWN, CHART_WHOLE, CHART_WHOLE, CHART_PARTIAL};
	struct buffer out = {0};
	chart_spark(&out, values, states, COUNT(values), 0, CHART_BLOCKS);
	assert_string_equal(buffer_text(&out), "? █░");
	buffer_clear(&out);
	chart_spark(&out, values, states, COUNT(values), 0, CHART_ASCII);
	assert_string_equal(buffer_text(&out), "?.#:");
	buffer_done(&out);
}

static void draw(const struct chart *c, const char *const *rows)
{
	struct buffer out = {0};
	for (int i = 0; i < c->height; i++) {
		buffer_clear(&out);
		chart_row(&out, c, i);
		assert_string_equal(buffer_text(&out), rows[i]);
		assert_int_equal(text_width(buffer_text(&out), out.len), chart_cells(c));
	}
	buffer_done(&out);
}

static void bars_of_ascii(void **state)
{
	(void)state;
	const int64_t values[] = {0, 1, 8, 9, 16, 17, 24, 32, 40, 12, 0};
	const char states[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, CHART_PARTIAL, CHART_UNKNOWN};
	const struct chart c = {values, states, COUNT(values), 1, 32, 4, CHART_ASCII};
	draw(&c, (const char *const[]){
		"       ##  ",
		"     ####  ",
		"   ######: ",
		" ########:?",
	});
}

static void bars_of_blocks(void **state)
{
	(void)state;
	const int64_t values[] = {0, 1, 4, 8, 12, 16, 6};
	const char states[] = {CHART_UNKNOWN, 0, 0, 0, 0, 0, CHART_PARTIAL};
	const struct chart c = {values, states, COUNT(values), 1, 16, 2, CHART_BLOCKS};
	draw(&c, (const char *const[]){
		"    ▄█ ",
		"?▁▄███░",
	});
	/* Few bars are drawn wide, with a blank between. */
	const struct chart wide = {values + 3, states + 3, 4, 3, 16, 2, CHART_BLOCKS};
	draw(&wide, (const char *const[]){
		"   ▄▄ ██    ",
		"██ ██ ██ ░░ ",
	});
}

static void bars_of_braille(void **state)
{
	(void)state;
	/* Two bars a cell, four steps a row; of an odd number the first cell holds one. */
	const int64_t values[] = {1, 2, 3, 4, 5, 6, 7, 8, 0};
	const struct chart c = {values, NULL, 8, 1, 8, 2, CHART_BRAILLE};
	draw(&c, (const char *const[]){
		"  ⣠⣾",
		"⣠⣾⣿⣿",
	});
	const struct chart odd = {values, NULL, 9, 1, 8, 2, CHART_BRAILLE};
	draw(&odd, (const char *const[]){
		"  ⢀⣴⡇",
		"⢀⣴⣿⣿⡇",
	});
	assert_int_equal(chart_cell(&c, 7), 3);
	assert_int_equal(chart_cell(&odd, 8), 4);
	/* What still grows has every other dot; what is unknown a question mark, unless it shares its cell. */
	const int64_t apart[] = {4, 4, 0, 0, 4, 0};
	const char states[] = {CHART_WHOLE, CHART_PARTIAL, CHART_UNKNOWN, CHART_UNKNOWN, CHART_WHOLE, CHART_UNKNOWN};
	const struct chart partial = {apart, states, 6, 1, 4, 1, CHART_BRAILLE};
	draw(&partial, (const char *const[]){"⣗?⡇"});
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
	assert_true(chart_top(INT64_MAX, 60) == INT64_MAX);
}

static void shares(void **state)
{
	(void)state;
	struct buffer out = {0};
	chart_bar(&out, 41, 100, 10, CHART_ASCII);
	assert_string_equal(buffer_text(&out), "#####.....");
	buffer_clear(&out);
	chart_bar(&out, 41, 100, 10, CHART_BLOCKS);
	assert_string_equal(buffer_text(&out), "████▏     ");
	buffer_clear(&out);
	chart_bar(&out, 500, 100, 4, CHART_ASCII);
	assert_string_equal(buffer_text(&out), "####");
	buffer_clear(&out);
	chart_bar(&out, 1, 0, 4, CHART_ASCII);
	assert_string_equal(buffer_text(&out), "....");
	buffer_done(&out);
}

/* ---- with axes ---- */

enum { BARS_MOST = 400 };

static int64_t starts[BARS_MOST], counts[BARS_MOST];
static char states[BARS_MOST];

/* Bars of `step` from noon on, in UTC. */
static struct plot bars(const int64_t *values, int count, int64_t step, enum chart_style style)
{
	memset(states, CHART_WHOLE, sizeof(states));
	for (int i = 0; i < count; i++) {
		starts[i] = NOON + i * step;
		counts[i] = values ? values[i] : 0;
	}
	return (struct plot){.values = counts, .states = states, .starts = starts, .count = count, .zone = zone_utc(),
			     .style = style};
}

static void line(const struct plot *p, const struct plot_frame *f, int row, struct buffer *out)
{
	buffer_clear(out);
	plot_side(out, p, f, row);
	plot_body(out, p, f, row);
}

static void plotted(const struct plot *p, int width, int height, const char *const *rows)
{
	struct plot_frame f;
	struct buffer out = {0};
	plot_lay(p, width, height, &f);
	for (int i = 0; i < f.height; i++) {
		line(p, &f, i, &out);
		assert_string_equal(buffer_text(&out), rows[i]);
	}
	assert_null(rows[f.height]);
	buffer_done(&out);
}

static void a_chart_of_minutes(void **state)
{
	(void)state;
	int64_t values[40];
	for (int i = 0; i < 40; i++)
		values[i] = i % 10 * 3;
	struct plot p = bars(values, 40, MINUTE, CHART_ASCII);
	states[39] = CHART_PARTIAL;
	states[0] = CHART_UNKNOWN;
	plotted(&p, 46, 6, (const char *const[]){
		"32 |         #         #         #         :",
		"24 |      ####      ####      ####      ###:",
		"16 |   #######   #######   #######   ######:",
		" 8 |?######### ######### ######### ########:",
		" 0 ++---------+---------+---------+---------",
		"    12:00     12:10     12:20     12:30     ",
		NULL,
	});
	/* Half as wide: the newest bars. */
	p.style = CHART_BLOCKS;
	plotted(&p, 24, 6, (const char *const[]){
		"32 ┤         ▃         ░",
		"24 ┤      ▂▅██      ▂▅█░",
		"16 ┤   ▁▄▇████   ▁▄▇███░",
		" 8 ┤ ▃▆███████ ▃▆██████░",
		" 0 └┴─────────┴─────────",
		"    12:20     12:30     ",
		NULL,
	});
	p.style = CHART_BRAILLE;
	plotted(&p, 26, 6, (const char *const[]){
		"32 ┤    ⢠    ⢠    ⢠    ⢀",
		"24 ┤   ⣰⣿   ⣰⣿   ⣰⣿   ⣰⣗",
		"16 ┤ ⢀⣼⣿⣿ ⢀⣼⣿⣿ ⢀⣼⣿⣿ ⢀⣼⣿⣗",
		" 8 ┤⢠⣾⣿⣿⣿⢠⣾⣿⣿⣿⢠⣾⣿⣿⣿⢠⣾⣿⣿⣗",
		" 0 └┴──────┴───────┴────",
		"    12:00  12:15   12:30",
		NULL,
	});
}

static void a_chart_without_room(void **state)
{
	(void)state;
	int64_t values[40];
	for (int i = 0; i < 40; i++)
		values[i] = i % 10 * 3;
	struct plot p = bars(values, 40, MINUTE, CHART_BLOCKS);
	/* First the times go, then the axis, then the counts. */
	plotted(&p, 24, 3, (const char *const[]){
		"40 ┤       ▁▂▃       ▁▂▃",
		"20 ┤ ▂▃▄▅▆████ ▂▃▄▅▆████",
		" 0 └┴─────────┴─────────",
		NULL,
	});
	plotted(&p, 24, 1, (const char *const[]){"30 ┤ ▁▂▃▄▄▅▆▇█ ▁▂▃▄▄▅▆▇█", NULL});
	plotted(&p, 10, 4, (const char *const[]){
		"       ▁▂▃",
		" ▂▃▄▅▆████",
		"┴─────────",
		"12:30     ",
		NULL,
	});
}

static void charts_of_little(void **state)
{
	(void)state;
	const int64_t seven[] = {7};
	struct plot p = bars(seven, 1, MINUTE, CHART_BLOCKS);
	plotted(&p, 20, 6, (const char *const[]){
		"8 ┤▄▄▄▄▄▄▄▄▄▄▄ ",
		"6 ┤███████████ ",
		"4 ┤███████████ ",
		"2 ┤███████████ ",
		"0 └┴───────────",
		"   12:00       ",
		NULL,
	});
	p = bars(NULL, 8, HOUR, CHART_ASCII);
	plotted(&p, 19, 4, (const char *const[]){
		"2 |                ",
		"1 |                ",
		"0 ++-------+-------",
		"   12:00   16:00   ",
		NULL,
	});
	p = bars(NULL, 0, HOUR, CHART_ASCII);
	plotted(&p, 19, 4, (const char *const[]){"2 |", "1 |", "0 +", "   ", NULL});
}

static void charts_of_much(void **state)
{
	(void)state;
	int64_t values[24];
	for (int i = 0; i < 24; i++)
		values[i] = INT64_C(25000000000) * i;
	struct plot p = bars(values, 24, DAY, CHART_BLOCKS);
	plotted(&p, 34, 6, (const char *const[]){
		"800G ┤                        ",
		"600G ┤                 ▁▂▃▄▅▆▇",
		"400G ┤         ▁▂▃▄▅▆▇████████",
		"200G ┤ ▁▂▃▄▅▆▇████████████████",
		"   0 └───────────┴────────────",
		"                 2025-12-01   ",
		NULL,
	});
	/* Below eight cells no date has room: none stands there. */
	p = bars(values, 8, DAY, CHART_ASCII);
	plotted(&p, 15, 4, (const char *const[]){
		"200G |     ###",
		"100G | #######",
		"   0 +--------",
		"              ",
		NULL,
	});
}

/* Whatever the size: the rows are as wide as was said and no wider than there is room, and no time touches another. */
static void every_size(const struct plot *p, int width, int height)
{
	struct plot_frame f;
	struct buffer out = {0};
	plot_lay(p, width, height, &f);
	assert_true(f.label + f.cells <= width && f.height <= height && f.rows >= 1);
	for (int row = 0; row < f.height; row++) {
		line(p, &f, row, &out);
		assert_int_equal(text_width(buffer_text(&out), out.len), f.label + f.cells);
		assert_null(strchr(buffer_text(&out), '~'));
		for (const char *at = row > f.rows ? strchr(buffer_text(&out), ':') : NULL; at; at = strchr(at + 1, ':'))
			assert_true(strspn(at + 1, "0123456789") == 2);
	}
	buffer_done(&out);
}

static void sizes(void **state)
{
	(void)state;
	static const int numbers[] = {0, 1, 2, 9, 120, 400};
	static const int64_t steps[] = {10 * SECOND, MINUTE, 15 * MINUTE, HOUR, DAY};
	int64_t values[BARS_MOST];
	for (int i = 0; i < BARS_MOST; i++)
		values[i] = i * (INT64_C(1) << i % 40);
	for (int n = 0; n < COUNT(numbers); n++)
		for (int s = 0; s < COUNT(steps); s++)
			for (int width = 10; width <= 400; width += width < 30 ? 1 : 37)
				for (int height = 1; height <= 60; height += height < 5 ? 1 : 11) {
					struct plot p = bars(values, numbers[n], steps[s], (enum chart_style)(width % CHART_STYLES));
					every_size(&p, width, height);
				}
}

static void times_over_a_change_of_the_clock(void **state)
{
	(void)state;
	/* Berlin, 2025-10-26: the hour from 2 comes twice, and 24 hours later it is 23:00. */
	const struct zone *berlin = zone_get("Europe/Berlin", NULL);
	struct plot p = bars(NULL, 30, HOUR, CHART_ASCII);
	for (int i = 0; i < 30; i++)
		starts[i] = INT64_C(1761429600000000) + i * HOUR; /* 00:00 local */
	p.zone = berlin;
	plotted(&p, 34, 4, (const char *const[]){
		"2 |                              ",
		"1 |                              ",
		"0 ++------------+-----------+----",
		"   00:00        12:00       00:00",
		NULL,
	});
}

static void counts_in_short(void **state)
{
	(void)state;
	static const struct {
		int64_t n;
		const char *text;
	} cases[] = {{0, "0"},           {1834, "1,834"},       {99999, "99,999"},        {100000, "100k"},
		     {1250000, "1.25M"}, {12500000, "12.5M"},   {999999999, "1G"},        {INT64_C(1000000000000), "1T"},
		     {INT64_MAX, "9.22E"}};
	char text[PLOT_COUNT];
	for (int i = 0; i < COUNT(cases); i++)
		assert_string_equal(plot_count(cases[i].n, text), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sparks),
		cmocka_unit_test(sparks_of_what_is_unknown),
		cmocka_unit_test(bars_of_ascii),
		cmocka_unit_test(bars_of_blocks),
		cmocka_unit_test(bars_of_braille),
		cmocka_unit_test(tops),
		cmocka_unit_test(shares),
		cmocka_unit_test(a_chart_of_minutes),
		cmocka_unit_test(a_chart_without_room),
		cmocka_unit_test(charts_of_little),
		cmocka_unit_test(charts_of_much),
		cmocka_unit_test(sizes),
		cmocka_unit_test(times_over_a_change_of_the_clock),
		cmocka_unit_test(counts_in_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
