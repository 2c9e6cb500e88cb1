/* moment: times and durations as people write them, and what is said when they cannot be read. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/moment.h"
#include "base/zone.h"

#define NOW "2026-11-20T16:41:00.250000Z"

static int64_t utc(const char *text)
{
	int64_t at;

	if (!moment_rfc3339(text, &at))
		fail_msg("\"%s\" is no RFC 3339 time", text);
	return at;
}

struct reading {
	const char *text, *zone;
	enum moment_use use;
	const char *at;
};

static void assert_readings(const struct reading *cases, size_t count)
{
	char shown[MOMENT_SIZE];
	size_t i;

	for (i = 0; i < count; i++) {
		struct error err = {0};
		int64_t at;

		if (!moment_parse(cases[i].text, zone_get(cases[i].zone, NULL), utc(NOW), cases[i].use, &at, &err))
			fail_msg("\"%s\": %s", cases[i].text, err.message);
		if (at != utc(cases[i].at))
			fail_msg("\"%s\" is %s, not %s", cases[i].text, moment_utc(at, shown), cases[i].at);
	}
}

#define ASSERT_READINGS(cases) assert_readings(cases, sizeof cases / sizeof cases[0])

static void times_with_an_offset(void **state)
{
	static const struct reading cases[] = {
		{"2026-11-20T16:41:00Z", "Asia/Jakarta", MOMENT_FROM, "2026-11-20T16:41:00Z"},
		{"2026-11-20t16:41:00z", "Asia/Jakarta", MOMENT_FROM, "2026-11-20T16:41:00Z"},
		{"2026-11-20T16:41:00.5Z", "Asia/Jakarta", MOMENT_FROM, "2026-11-20T16:41:00.500000Z"},
		{"2026-11-20T16:41:00.000001Z", "Asia/Jakarta", MOMENT_FROM, "2026-11-20T16:41:00.000001Z"},
		{"2026-11-20T16:41:00.123456789Z", "Asia/Jakarta", MOMENT_FROM, "2026-11-20T16:41:00.123456Z"},
		{"2026-11-20T23:41:00+07:00", "UTC", MOMENT_FROM, "2026-11-20T16:41:00Z"},
		{"2026-11-20T11:41:00-05:00", "UTC", MOMENT_FROM, "2026-11-20T16:41:00Z"},
		{"2026-11-20T16:41:00-00:00", "Asia/Jakarta", MOMENT_FROM, "2026-11-20T16:41:00Z"},
		{"2026-11-20 23:41:00.000000 +07:00", "UTC", MOMENT_FROM, "2026-11-20T16:41:00Z"},
		{"2026-11-20 16:41Z", "Asia/Jakarta", MOMENT_FROM, "2026-11-20T16:41:00Z"},
		{"1969-12-31T23:59:59.999999Z", "UTC", MOMENT_FROM, "1969-12-31T23:59:59.999999Z"},
		{"0001-01-01T00:00:00Z", "UTC", MOMENT_FROM, "0001-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59.999999Z", "UTC", MOMENT_FROM, "9999-12-31T23:59:59.999999Z"},
	};

	(void)state;
	ASSERT_READINGS(cases);
	assert_int_equal(utc("9999-12-31T00:00:00Z"), TIME_OPEN);
	assert_int_equal(utc("1970-01-01T00:00:00Z"), 0);
}

static void times_of_a_zone(void **state)
{
	static const struct reading cases[] = {
		{"2026-11-20 23:41", "Asia/Jakarta", MOMENT_AS_OF, "2026-11-20T16:41:00Z"},
		{"2026-11-20 23:41:30", "Asia/Jakarta", MOMENT_AS_OF, "2026-11-20T16:41:30Z"},
		{"2026-11-20T23:41:30.25", "Asia/Jakarta", MOMENT_AS_OF, "2026-11-20T16:41:30.250000Z"},
		{"2026-11-20 23:41", "Asia/Kathmandu", MOMENT_AS_OF, "2026-11-20T17:56:00Z"},
		{"2026-11-20 23:41", "+05:45", MOMENT_TO, "2026-11-20T17:56:00Z"},
		{"  2026-11-20 23:41\t", "UTC", MOMENT_TO, "2026-11-20T23:41:00Z"},
		/* Twice: the first. */
		{"2026-10-25 02:30", "Europe/Berlin", MOMENT_FROM, "2026-10-25T00:30:00Z"},
		{"2026-10-25 02:30:00+01:00", "Europe/Berlin", MOMENT_FROM, "2026-10-25T01:30:00Z"},
	};

	(void)state;
	ASSERT_READINGS(cases);
}

static void dates_alone(void **state)
{
	static const struct reading cases[] = {
		{"2026-11-19", "UTC", MOMENT_FROM, "2026-11-19T00:00:00Z"},
		{"2026-11-19", "UTC", MOMENT_TO, "2026-11-19T00:00:00Z"},
		{"2026-11-19", "UTC", MOMENT_AS_OF, "2026-11-19T23:59:59.999999Z"},
		{"2026-11-20", "UTC", MOMENT_AS_OF, NOW},
		{"2026-11-21", "UTC", MOMENT_AS_OF, "2026-11-21T23:59:59.999999Z"},
		{"2026-11-19", "Asia/Jakarta", MOMENT_AS_OF, "2026-11-19T16:59:59.999999Z"},
		{"2026-11-20", "Asia/Jakarta", MOMENT_AS_OF, NOW},
		{"2026-11-21", "Pacific/Auckland", MOMENT_AS_OF, NOW},
		{"today", "UTC", MOMENT_FROM, "2026-11-20T00:00:00Z"},
		{"today", "UTC", MOMENT_AS_OF, NOW},
		{"09:30", "UTC", MOMENT_AS_OF, "2026-11-20T09:30:00Z"},
		{"06:15:30.5", "Pacific/Auckland", MOMENT_FROM, "2026-11-20T17:15:30.500000Z"}, /* it is the 21st there */
		{"today 23:59", "UTC", MOMENT_TO, "2026-11-20T23:59:00Z"},
		{"yesterday 09:30", "Asia/Jakarta", MOMENT_AS_OF, "2026-11-19T02:30:00Z"},
		{"today", "Pacific/Auckland", MOMENT_FROM, "2026-11-20T11:00:00Z"},
		{"yesterday", "UTC", MOMENT_TO, "2026-11-19T00:00:00Z"},
		{"yesterday", "Asia/Jakarta", MOMENT_AS_OF, "2026-11-19T16:59:59.999999Z"},
		/* Days of 23 and 25 hours, and one whose midnight does not exist. */
		{"2026-03-29", "Europe/Berlin", MOMENT_FROM, "2026-03-28T23:00:00Z"},
		{"2026-03-29", "Europe/Berlin", MOMENT_AS_OF, "2026-03-29T21:59:59.999999Z"},
		{"2026-10-25", "Europe/Berlin", MOMENT_AS_OF, "2026-10-25T22:59:59.999999Z"},
		{"2018-11-04", "America/Sao_Paulo", MOMENT_FROM, "2018-11-04T03:00:00Z"},
		{"2018-11-03", "America/Sao_Paulo", MOMENT_AS_OF, "2018-11-04T02:59:59.999999Z"},
		{"2024-03-31", "Asia/Beirut", MOMENT_FROM, "2024-03-30T22:00:00Z"},
	};

	(void)state;
	ASSERT_READINGS(cases);
}

static void offsets_back_from_now(void **state)
{
	static const struct reading cases[] = {
		{"now", "UTC", MOMENT_AS_OF, NOW},
		{"now", "UTC", MOMENT_FROM, NOW},
		{"-0s", "UTC", MOMENT_AS_OF, NOW},
		{"-90m", "UTC", MOMENT_AS_OF, "2026-11-20T15:11:00.250000Z"},
		{"-2d", "UTC", MOMENT_AS_OF, "2026-11-18T16:41:00.250000Z"},
		{"-1w", "UTC", MOMENT_AS_OF, "2026-11-13T16:41:00.250000Z"},
		{"-1mo", "UTC", MOMENT_AS_OF, "2026-10-20T16:41:00.250000Z"},
		{"-9mo", "UTC", MOMENT_AS_OF, "2026-02-20T16:41:00.250000Z"},
		{"-11mo", "UTC", MOMENT_AS_OF, "2025-12-20T16:41:00.250000Z"},
		{"-1mo", "Europe/Berlin", MOMENT_AS_OF, "2026-10-20T15:41:00.250000Z"},
	};
	int64_t at;

	(void)state;
	ASSERT_READINGS(cases);
	assert_true(moment_parse("-1mo", zone_utc(), utc("2024-03-31T08:00:00Z"), MOMENT_FROM, &at, NULL));
	assert_int_equal(at, utc("2024-02-29T08:00:00Z"));
}

static void unreadable_times_say_why(void **state)
{
	static const struct {
		const char *text, *zone, *message;
	} cases[] = {
		{"", "UTC", "could not read time \"\": it is no date, no time and no offset back from now"},
		{"soon", "UTC", "could not read time \"soon\": it is no date, no time and no offset back from now"},
		{"20/11/2026", "UTC",
		 "could not read time \"20/11/2026\": it is no date, no time and no offset back from now"},
		{"9:30", "UTC", "could not read time \"9:30\": it is no date, no time and no offset back from now"},
		{"yesterday noon", "UTC",
		 "could not read time \"yesterday noon\": it is no date, no time and no offset back from now"},
		{"24:00", "UTC", "could not read time \"24:00\": a time of day goes from 00:00:00 to 23:59:59"},
		{"-2x", "UTC", "could not read time \"-2x\": it is no date, no time and no offset back from now"},
		{"2026-13-01", "UTC", "could not read time \"2026-13-01\": there is no month 13"},
		{"2026-02-29", "UTC", "could not read time \"2026-02-29\": month 2026-02 has no day 29"},
		{"2026-02-20 24:00", "UTC",
		 "could not read time \"2026-02-20 24:00\": a time of day goes from 00:00:00 to 23:59:59"},
		{"2026-02-20T23:59:60Z", "UTC",
		 "could not read time \"2026-02-20T23:59:60Z\": a time of day goes from 00:00:00 to 23:59:59"},
		{"2026-03-29 02:30", "Europe/Berlin",
		 "could not read time \"2026-03-29 02:30\": it does not exist in Europe/Berlin, where 2026-03-29 01:59 "
		 "is followed by "
		 "2026-03-29 03:00"},
		{"2011-12-30", "Pacific/Apia",
		 "could not read time \"2011-12-30\": it does not exist in Pacific/Apia, where 2011-12-29 23:59 is "
		 "followed by "
		 "2011-12-31 00:00"},
		{"9999-12-31T23:59:59-01:00", "UTC",
		 "could not read time \"9999-12-31T23:59:59-01:00\": times go from the year 0000 to 9999"},
		{"-120000mo", "UTC", "could not read time \"-120000mo\": times go from the year 0000 to 9999"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error err = {0};
		int64_t at;

		assert_false(
			moment_parse(cases[i].text, zone_get(cases[i].zone, NULL), utc(NOW), MOMENT_AS_OF, &at, &err));
		assert_int_equal(err.code, ERROR_USAGE);
		assert_string_equal(err.message, cases[i].message);
	}
}

/* Near misses of every form. */
static void only_the_documented_forms_are_read(void **state)
{
	static const char *const bad[] = {
		"2026",
		"2026-11",
		"2026-11-2",
		"2026-11-200",
		"26-11-20",
		"+2026-11-20",
		"2026-11-20T",
		"2026-11-20T1",
		"2026-11-20T16",
		"2026-11-20T16:",
		"2026-11-20T16:4",
		"2026-11-20T16:41:",
		"2026-11-20T16:41:0",
		"2026-11-20T16:41:00.",
		"2026-11-20T16:41:00.Z",
		"2026-11-20T16:41:00ZZ",
		"2026-11-20T16:41:00+7",
		"2026-11-20T16:41:00+07",
		"2026-11-20T16:41:00+07:0",
		"2026-11-20T16:41:00+24:00",
		"2026-11-20T16:41:00+07:60",
		"2026-11-20  16:41",
		"2026-11-20T16:41:00  Z",
		"2026-11-20Z",
		"2026-11-20x",
		"2026 11 20",
		"-",
		"--2d",
		"-2",
		"-d",
		"- 2d",
		"-2d ago",
		"+2d",
		"NOW",
		"to day",
		"2026-11-20T16:41:00 +",
		"-99999999999999999999999999999999999999999999d",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct error err = {0};
		int64_t at;

		if (moment_parse(bad[i], zone_utc(), utc(NOW), MOMENT_FROM, &at, &err))
			fail_msg("\"%s\" was read", bad[i]);
		assert_true(err.hint[0] != '\0');
		assert_false(moment_parse(bad[i], zone_utc(), utc(NOW), MOMENT_FROM, &at, NULL));
		assert_false(moment_rfc3339(bad[i], &at));
	}
}

static void rfc3339_wants_all_of_it(void **state)
{
	static const char *const bad[] = {"2026-11-20",
					  "2026-11-20T16:41:00",
					  "2026-11-20 16:41:00Z",
					  "2026-11-20T16:41Z",
					  "2026-02-30T16:41:00Z",
					  " 2026-11-20T16:41:00Z",
					  "now",
					  "",
					  "9999-12-31T23:59:59-00:01",
					  "0000-01-01T00:00:00+00:01"};
	int64_t at;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (moment_rfc3339(bad[i], &at))
			fail_msg("\"%s\" was read", bad[i]);
	}
}

static void times_are_printed(void **state)
{
	const struct zone *jakarta = zone_get("Asia/Jakarta", NULL), *new_york = zone_get("America/New_York", NULL);
	char out[MOMENT_SIZE];
	int64_t at = utc("2026-11-20T16:41:00.000042Z");

	(void)state;
	assert_string_equal(moment_utc(at, out), "2026-11-20T16:41:00.000042Z");
	assert_string_equal(moment_local(at, jakarta, out), "2026-11-20 23:41:00.000042 +07:00");
	assert_string_equal(moment_local(at, new_york, out), "2026-11-20 11:41:00.000042 -05:00");
	assert_string_equal(moment_minute(at, jakarta, out), "2026-11-20 23:41");
	assert_string_equal(moment_local(utc("1850-01-01T00:00:00Z"), jakarta, out),
			    "1850-01-01 07:07:12.000000 +07:07:12");
	assert_string_equal(moment_utc(-1, out), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(moment_utc(TIME_OPEN, out), "9999-12-31T00:00:00.000000Z");
	assert_string_equal(moment_utc(TIME_NONE, out), "");
	assert_string_equal(moment_local(TIME_NONE, jakarta, out), "");
	assert_string_equal(moment_minute(INT64_MAX, jakarta, out), "");
	assert_string_equal(moment_utc(utc("9999-12-31T23:59:59.999999Z") + 1, out), "");
	assert_string_equal(moment_local(utc("9999-12-31T23:59:59Z"), jakarta, out), "");
}

/* What is printed is read back, to the microsecond, by either way. */
static void printed_times_are_read_back(void **state)
{
	static const char *const zones[] = {"UTC", "Asia/Jakarta", "Europe/Berlin", "America/St_Johns",
					    "Asia/Kathmandu"};
	uint64_t r = 88172645463325252u;
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		const struct zone *z = zone_get(zones[i % 5], NULL);
		char out[MOMENT_SIZE];
		int64_t at, back;

		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		at = (int64_t)(r % UINT64_C(8000000000000000)) - INT64_C(4000000000000000);
		assert_true(moment_rfc3339(moment_utc(at, out), &back));
		assert_int_equal(back, at);
		assert_true(moment_parse(moment_local(at, z, out), zone_utc(), 0, MOMENT_FROM, &back, NULL));
		assert_int_equal(back, at);
	}
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		struct duration d;
		const char *shown;
	} cases[] = {
		{"10s", {10 * SECOND, 0, 0}, "10s"},
		{"90s", {90 * SECOND, 0, 0}, "90s"},
		{"120s", {2 * MINUTE, 0, 0}, "2m"},
		{"5m", {5 * MINUTE, 0, 0}, "5m"},
		{"60m", {HOUR, 0, 0}, "1h"},
		{"90m", {90 * MINUTE, 0, 0}, "90m"},
		{"1h", {HOUR, 0, 0}, "1h"},
		{"24h", {24 * HOUR, 0, 0}, "24h"},
		{"1d", {DAY, 1, 0}, "1d"},
		{"7d", {7 * DAY, 7, 0}, "1w"},
		{"10d", {10 * DAY, 10, 0}, "10d"},
		{"2w", {14 * DAY, 14, 0}, "2w"},
		{"1mo", {0, 0, 1}, "1mo"},
		{"18mo", {0, 0, 18}, "18mo"},
		{"0s", {0, 0, 0}, "0s"},
		{"007s", {7 * SECOND, 0, 0}, "7s"},
		{"3652424d", {3652424 * DAY, 3652424, 0}, "3652424d"},
		{"120000mo", {0, 0, 120000}, "120000mo"},
	};
	char out[MOMENT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct duration d = {-1, -1, -1};

		assert_true(duration_parse(cases[i].text, &d, NULL));
		assert_int_equal(d.micro, cases[i].d.micro);
		assert_int_equal(d.days, cases[i].d.days);
		assert_int_equal(d.months, cases[i].d.months);
		assert_string_equal(duration_text(&d, out), cases[i].shown);
	}
	assert_string_equal(duration_text(&(struct duration){.micro = 200000}, out), "0.2s");
}

static void unreadable_durations_say_why(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "could not read duration \"\": it does not begin with a number"},
		{"m", "could not read duration \"m\": it does not begin with a number"},
		{"-5m", "could not read duration \"-5m\": it does not begin with a number"},
		{"5", "could not read duration \"5\": it has no unit"},
		{"5 m", "could not read duration \"5 m\": it has an unknown unit"},
		{"1.5h", "could not read duration \"1.5h\": it has an unknown unit"},
		{"5min", "could not read duration \"5min\": it has an unknown unit"},
		{"5M", "could not read duration \"5M\": it has an unknown unit"},
		{"3652426d", "could not read duration \"3652426d\": it is too long"},
		{"120001mo", "could not read duration \"120001mo\": it is too long"},
		{"99999999999999999999999s", "could not read duration \"99999999999999999999999s\": it is too long"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error err = {0};
		struct duration d;

		assert_false(duration_parse(cases[i].text, &d, &err));
		assert_int_equal(err.code, ERROR_USAGE);
		assert_string_equal(err.message, cases[i].message);
		assert_string_equal(err.hint, "write a whole number and s, m, h, d, w or mo: 10s, 5m, 1h, 1d, 1w, 1mo");
	}
}

static void ages_in_words(void **state)
{
	static const struct {
		int64_t age;
		const char *shown;
	} cases[] = {
		{-5 * SECOND, "0s"},  {0, "0s"},           {2 * SECOND + 999999, "2s"},
		{59 * SECOND, "59s"}, {60 * SECOND, "1m"}, {HOUR - 1, "59m"},
		{HOUR, "1h"},         {DAY - 1, "23h"},    {DAY, "1d"},
		{400 * DAY, "400d"},
	};
	char out[MOMENT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(duration_short(cases[i].age, out), cases[i].shown);
}

/* First of all: TELLERDESK_NOW is read when the clock is first asked. */
static void clock_freezes(void **state)
{
	int64_t before = (int64_t)time(NULL) * SECOND, mono;

	(void)state;
	assert_int_equal(clock_now(), utc(NOW));
	clock_freeze(42);
	assert_int_equal(clock_now(), 42);
	mono = clock_mono();
	assert_true(clock_mono() >= mono && mono > 0);
	clock_freeze(TIME_NONE);
	assert_true(clock_now() >= before);
	assert_true(clock_now() < before + DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_freezes),
		cmocka_unit_test(times_with_an_offset),
		cmocka_unit_test(times_of_a_zone),
		cmocka_unit_test(dates_alone),
		cmocka_unit_test(offsets_back_from_now),
		cmocka_unit_test(unreadable_times_say_why),
		cmocka_unit_test(only_the_documented_forms_are_read),
		cmocka_unit_test(rfc3339_wants_all_of_it),
		cmocka_unit_test(times_are_printed),
		cmocka_unit_test(printed_times_are_read_back),
		cmocka_unit_test(durations),
		cmocka_unit_test(unreadable_durations_say_why),
		cmocka_unit_test(ages_in_words),
	};

	setenv("TELLERDESK_NOW", NOW, 1);
	return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
