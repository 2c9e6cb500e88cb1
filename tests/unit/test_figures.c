/* Figures in locales that localedef makes here, in a folder of our own: the system needs to have none. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/moment.h"
#include "base/text.h"
#include "base/zone.h"
#include "ui/kit/figures.h"

#define NARROW "\xe2\x80\xaf" /* U+202F */
#define QUOTE  "\xe2\x80\x99" /* U+2019 */

/* glibc's newlocale forgets the list it makes of LOCPATH, which nobody but a test sets: what it allocates is no leak of ours. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void starts(enum figures_dates dates, bool ascii)
{
	if (__lsan_disable)
		__lsan_disable();
	figures_start(dates, ascii);
	if (__lsan_enable)
		__lsan_enable();
}

static char folder[] = "/tmp/test_figures-XXXXXX";
static const char *const locales[] = {"fr_FR", "id_ID", "en_GB", "en_US", "de_CH", "ja_JP", "hi_IN", "hu_HU"};

static int begin(void **state)
{
	char command[200];

	(void)state;
	if (!mkdtemp(folder))
		return 1;
	for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
		snprintf(command, sizeof command, "localedef -i %s -f UTF-8 %s/%s.UTF-8 >/dev/null 2>&1", locales[i],
			 folder, locales[i]);
		/* Warnings are its business: what counts is whether there is a locale. */
		(void)!system(command);
		snprintf(command, sizeof command, "%s/%s.UTF-8/LC_TIME", folder, locales[i]);
		if (access(command, R_OK) != 0) {
			print_error("localedef made no %s: is the package locales installed?\n", locales[i]);
			return 1;
		}
	}
	snprintf(command, sizeof command, "localedef -i fr_FR -f ISO-8859-1 %s/fr_FR.ISO-8859-1 >/dev/null 2>&1",
		 folder);
	(void)!system(command);
	return setenv("LOCPATH", folder, 1);
}

static int end(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static void start(const char *locale, enum figures_dates dates, bool ascii)
{
	setenv("LC_ALL", locale, 1);
	starts(dates, ascii);
	/* Nothing of the program's own changed. */
	assert_string_equal(setlocale(LC_NUMERIC, NULL), "C");
	char text[32];
	snprintf(text, sizeof text, "%.1f", 1.5);
	assert_string_equal(text, "1.5");
}

/* What the locale shows, all in one line, so that a failure shows it all. */
static void expect(const char *locale, enum figures_dates dates, bool ascii, const char *shown)
{
	struct buffer out = {0};
	char a[FIGURES_SIZE];
	int64_t at = 0;

	start(locale, dates, ascii);
	assert_true(moment_rfc3339("2026-11-20T16:41:07Z", &at));
	buffer_format(&out, "%s|", figures_count(1834, a));
	buffer_format(&out, "%s|", figures_count(-12345678, a));
	buffer_format(&out, "%s|", figures_real(1234.56, 1, a));
	figures_decimal_text(&out, "-1234567.50", 11);
	buffer_format(&out, "|%s|", figures_minute(at, zone_utc(), a));
	figures_date_text(&out, "1999-02-03T09:30:00", 19);
	if (strcmp(buffer_text(&out), shown) != 0)
		fail_msg("%s shows %s, not %s", locale, buffer_text(&out), shown);
	buffer_done(&out);
}

static void figures_of_locales(void **state)
{
	(void)state;
	expect("C", FIGURES_LOCALE, false,
	       "1,834|-12,345,678|1,234.6|-1234567.50|2026-11-20 16:41|1999-02-03T09:30:00");
	expect("C.UTF-8", FIGURES_LOCALE, false,
	       "1,834|-12,345,678|1,234.6|-1234567.50|2026-11-20 16:41|1999-02-03T09:30:00");
	expect("xx_YY.UTF-8", FIGURES_LOCALE, false,
	       "1,834|-12,345,678|1,234.6|-1234567.50|2026-11-20 16:41|1999-02-03T09:30:00");
	expect("fr_FR.UTF-8", FIGURES_LOCALE, false,
	       "1" NARROW "834|-12" NARROW "345" NARROW "678|1" NARROW "234,6|-1" NARROW "234" NARROW
	       "567,50|20/11/2026 16:41|03/02/1999T09:30:00");
	expect("fr_FR.UTF-8", FIGURES_ISO, false,
	       "1" NARROW "834|-12" NARROW "345" NARROW "678|1" NARROW "234,6|-1" NARROW "234" NARROW
	       "567,50|2026-11-20 16:41|1999-02-03T09:30:00");
	expect("fr_FR.UTF-8", FIGURES_LOCALE, true,
	       "1 834|-12 345 678|1 234,6|-1 234 567,50|20/11/2026 16:41|03/02/1999T09:30:00");
	expect("fr_FR.ISO-8859-1", FIGURES_LOCALE, false,
	       "1 834|-12 345 678|1 234,6|-1 234 567,50|20/11/2026 16:41|03/02/1999T09:30:00");
	expect("id_ID.UTF-8", FIGURES_LOCALE, false,
	       "1.834|-12.345.678|1.234,6|-1.234.567,50|20/11/2026 16:41|03/02/1999T09:30:00");
	expect("en_GB.UTF-8", FIGURES_LOCALE, false,
	       "1,834|-12,345,678|1,234.6|-1,234,567.50|20/11/2026 16:41|03/02/1999T09:30:00");
	expect("en_US.UTF-8", FIGURES_LOCALE, false,
	       "1,834|-12,345,678|1,234.6|-1,234,567.50|11/20/2026 16:41|02/03/1999T09:30:00");
	expect("de_CH.UTF-8", FIGURES_LOCALE, false,
	       "1" QUOTE "834|-12" QUOTE "345" QUOTE "678|1" QUOTE "234.6|-1" QUOTE "234" QUOTE
	       "567.50|20.11.2026 16:41|03.02.1999T09:30:00");
	expect("de_CH.UTF-8", FIGURES_LOCALE, true,
	       "1'834|-12'345'678|1'234.6|-1'234'567.50|20.11.2026 16:41|03.02.1999T09:30:00");
	/* Years that are followed by a sign are written as ISO 8601 has it. */
	expect("ja_JP.UTF-8", FIGURES_LOCALE, false,
	       "1,834|-12,345,678|1,234.6|-1,234,567.50|2026-11-20 16:41|1999-02-03T09:30:00");
	expect("hi_IN.UTF-8", FIGURES_LOCALE, false,
	       "1,834|-12,345,678|1,234.6|-12,34,567.50|20/11/2026 16:41|03/02/1999T09:30:00");
}

/* One category alone, as people set them. */
static void figures_of_categories(void **state)
{
	char a[FIGURES_SIZE];
	struct buffer out = {0};

	(void)state;
	unsetenv("LC_ALL");
	setenv("LANG", "C", 1);
	setenv("LC_TIME", "fr_FR.UTF-8", 1);
	starts(FIGURES_LOCALE, false);
	assert_string_equal(figures_count(1834, a), "1,834");
	assert_string_equal(figures_date(0, zone_utc(), a), "01/01/1970");
	setenv("LC_TIME", "nothing", 1);
	setenv("LC_MONETARY", "id_ID.UTF-8", 1);
	starts(FIGURES_LOCALE, false);
	assert_string_equal(figures_count(1834, a), "1,834");
	assert_string_equal(figures_date(0, zone_utc(), a), "1970-01-01");
	figures_decimal_text(&out, "1250.50", 7);
	assert_string_equal(buffer_text(&out), "1.250,50");
	unsetenv("LC_MONETARY");
	setenv("LC_NUMERIC", "fr_FR.UTF-8", 1);
	starts(FIGURES_LOCALE, true);
	buffer_clear(&out);
	figures_decimal_text(&out, "1250.50", 7);
	assert_string_equal(buffer_text(&out), "1 250,50");
	buffer_done(&out);
	unsetenv("LC_NUMERIC");
	unsetenv("LC_TIME");
	unsetenv("LANG");
}

/* Every width is that of its constant, in every locale and for the first and the last of times. */
static void widths_are_constant(void **state)
{
	char a[FIGURES_SIZE];
	int64_t times[] = {0, 0, 0};

	(void)state;
	assert_true(moment_rfc3339("0001-01-01T00:00:00Z", &times[1]));
	assert_true(moment_rfc3339("9999-12-30T23:59:59Z", &times[2]));
	for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
		char name[32];
		snprintf(name, sizeof name, "%s.UTF-8", locales[i]);
		start(name, FIGURES_LOCALE, false);
		for (size_t k = 0; k < 3; k++) {
			figures_date(times[k], zone_utc(), a);
			assert_int_equal(text_width(a, strlen(a)), FIGURES_DATE);
			figures_minute(times[k], zone_utc(), a);
			assert_int_equal(text_width(a, strlen(a)), FIGURES_MINUTE);
			figures_second(times[k], zone_utc(), a);
			assert_int_equal(text_width(a, strlen(a)), FIGURES_SECOND);
		}
		assert_string_equal(figures_date(TIME_NONE, zone_utc(), a), "");
		assert_string_equal(figures_second(TIME_OPEN, zone_utc(), a), "");
	}
}

/* The bank's own texts: only what is a date, or a decimal, is rewritten, and no digit changes. */
static void texts_of_the_bank(void **state)
{
	static const struct {
		bool decimal;
		const char *held, *shown;
	} cases[] = {
		{false, "2026-11-20", "20/11/2026"},
		{false, "2026-11-20 09:30:00", "20/11/2026 09:30:00"},
		{false, "2024-02-29", "29/02/2024"},
		{false, "2026-02-29", "2026-02-29"},
		{false, "2026-13-01", "2026-13-01"},
		{false, "0000-00-00", "0000-00-00"},
		{false, "2026-11-2", "2026-11-2"},
		{false, "2026-11-201", "2026-11-201"},
		{false, "2026-11-20x", "2026-11-20x"},
		{false, "20a6-11-20", "20a6-11-20"},
		{false, "", ""},
		{true, "0", "0"},
		{true, "999", "999"},
		{true, "1000", "1 000"},
		{true, "-1000", "-1 000"},
		{true, "-0.05", "-0,05"},
		{true, "12345678901234567890123456789012345678.123456789",
		 "12 345 678 901 234 567 890 123 456 789 012 345 678,123456789"},
		{true, "0001234", "0 001 234"},
		{true, "1e5", "1e5"},
		{true, "1.", "1."},
		{true, ".5", ".5"},
		{true, "-", "-"},
		{true, "1.5.5", "1.5.5"},
		{true, "NULL", "NULL"},
		{true, "", ""},
	};
	struct buffer out = {0};

	(void)state;
	start("fr_FR.UTF-8", FIGURES_LOCALE, true);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buffer_clear(&out);
		if (cases[i].decimal)
			figures_decimal_text(&out, cases[i].held, strlen(cases[i].held));
		else
			figures_date_text(&out, cases[i].held, strlen(cases[i].held));
		assert_string_equal(buffer_text(&out), cases[i].shown);
	}
	buffer_done(&out);
}

static void numbers_at_their_limits(void **state)
{
	char a[FIGURES_SIZE];

	(void)state;
	start("C", FIGURES_LOCALE, false);
	assert_string_equal(figures_count(INT64_MIN, a), "-9,223,372,036,854,775,808");
	assert_string_equal(figures_count(0, a), "0");
	assert_string_equal(figures_count(-999, a), "-999");
	assert_string_equal(figures_real(-0.04, 1, a), "-0.0");
	assert_string_equal(figures_real(999999.96, 1, a), "1,000,000.0");
	assert_string_equal(figures_real(1.0 / 0.0, 1, a), "inf");
	figures_real(1e300, 3, a);
	assert_true(strlen(a) < FIGURES_SIZE);
	start("fr_FR.UTF-8", FIGURES_LOCALE, false);
	assert_string_equal(figures_count(INT64_MIN, a),
			    "-9" NARROW "223" NARROW "372" NARROW "036" NARROW "854" NARROW "775" NARROW "808");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_of_locales),      cmocka_unit_test(figures_of_categories),
		cmocka_unit_test(widths_are_constant),     cmocka_unit_test(texts_of_the_bank),
		cmocka_unit_test(numbers_at_their_limits),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
