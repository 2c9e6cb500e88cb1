/* windows: which there are, by key and by what is typed. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/query.h"
#include "ui/panes/windows.h"

static struct duration of(const char *text)
{
	struct duration d;
	assert_true(duration_parse(text, &d, NULL));
	return d;
}

static void is(struct duration d, const char *text)
{
	char written[MOMENT_SIZE];
	assert_string_equal(duration_text(&d, written), text);
}

static void from_ten_seconds_to_a_month(void **state)
{
	(void)state;
	static const char *const all[] = {"10s", "30s", "1m",  "5m", "15m", "30m", "1h",
					  "2h",  "6h",  "12h", "1d", "1w",  "1mo"};
	enum { ALL = sizeof(all) / sizeof(all[0]) };
	struct duration d = of(all[0]);
	for (int i = 1; i < ALL; i++) {
		d = windows_next(&d, 1);
		is(d, all[i]);
	}
	is(windows_next(&d, 1), "1mo");
	for (int i = ALL - 2; i >= 0; i--) {
		d = windows_next(&d, -1);
		is(d, all[i]);
	}
	is(windows_next(&d, -1), "10s");
	/* From one that is none of the list the way leads into it. */
	d = of("20m");
	is(windows_next(&d, 1), "30m");
	is(windows_next(&d, -1), "15m");
}

static void parted_by_half_and_by_a_third(void **state)
{
	(void)state;
	struct duration d = of("15m");
	is(windows_slide(&d, 1), "15m");
	is(windows_slide(&d, 2), "450s");
	is(windows_slide(&d, 3), "5m");
	assert_int_equal(windows_share(&d, 1), 2);
	assert_int_equal(windows_share(&d, 2), 3);
	assert_int_equal(windows_share(&d, 3), 1);
	/* Where a third is no multiple of five seconds there is none. */
	d = of("10s");
	assert_int_equal(windows_share(&d, 2), 1);
	is(windows_slide(&d, 3), "10s");
	/* Days only follow each other. */
	d = of("1d");
	assert_int_equal(windows_share(&d, 1), 1);
	is(windows_slide(&d, 2), "1d");
	/* Whatever is offered can be counted. */
	for (d = of("10s"); d.months == 0; d = windows_next(&d, 1))
		for (int share = 1; share <= 3; share++) {
			struct duration slide = windows_slide(&d, share);
			assert_true(query_window_check(&d, &slide, NULL));
		}
}

static void typed(const char *text, enum windows_said said, const char *window, int share)
{
	struct duration d = of("1m");
	int parts = 7;
	struct error err = {0};
	assert_int_equal(windows_parse(text, &d, &parts, &err), said);
	is(d, window);
	assert_int_equal(parts, share);
	assert_true((said == WINDOWS_BAD) == (err.code == ERROR_USAGE));
}

static void as_typed(void **state)
{
	(void)state;
	typed("15m", WINDOWS_GOOD, "15m", 1);
	typed("15m/5m", WINDOWS_GOOD, "15m", 3);
	typed("15m 5m", WINDOWS_GOOD, "15m", 3);
	typed(" 15m / 5m ", WINDOWS_GOOD, "15m", 3);
	typed("20m", WINDOWS_GOOD, "20m", 1);
	typed("24h/6h", WINDOWS_GOOD, "24h", 4);
	typed("1d", WINDOWS_GOOD, "1d", 1);
	typed("1mo", WINDOWS_GOOD, "1mo", 1);
	/* Windows that cannot be counted change nothing. */
	typed("7m/2m", WINDOWS_BAD, "1m", 7);
	typed("3s", WINDOWS_BAD, "1m", 7);
	typed("2d", WINDOWS_BAD, "1m", 7);
	typed("1d/1h", WINDOWS_BAD, "1m", 7);
	/* And these are stores. */
	typed("0142", WINDOWS_NONE, "1m", 7);
	typed("m", WINDOWS_NONE, "1m", 7);
	typed("15m x", WINDOWS_NONE, "1m", 7);
	typed("15m 5m 1m", WINDOWS_NONE, "1m", 7);
	typed("S1/2", WINDOWS_NONE, "1m", 7);
	typed("", WINDOWS_NONE, "1m", 7);
}

static void what_a_bar_counts(void **state)
{
	(void)state;
	static const struct {
		const char *window;
		enum windows_unit unit;
	} cases[] = {{"10s", UNIT_TEN_SECONDS}, {"30s", UNIT_TEN_SECONDS}, {"1m", UNIT_MINUTE},  {"15m", UNIT_MINUTE},
		     {"30m", UNIT_FIVE},        {"1h", UNIT_FIVE},         {"2h", UNIT_QUARTER}, {"6h", UNIT_HOUR},
		     {"1d", UNIT_HOUR},         {"1w", UNIT_DAY},          {"1mo", UNIT_DAY}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct duration d = of(cases[i].window);
		assert_int_equal(windows_unit(&d), cases[i].unit);
	}
	for (enum windows_unit u = 0; u < UNIT_COUNT; u++) {
		struct duration length = windows_unit_length(u), slide = length;
		assert_true(query_window_check(&length, &slide, NULL));
		assert_non_null(strstr(windows_unit_title(u, true), "All stores"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_ten_seconds_to_a_month),
		cmocka_unit_test(parted_by_half_and_by_a_third),
		cmocka_unit_test(as_typed),
		cmocka_unit_test(what_a_bar_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
