/* zone: civil time, against cases that are known and against libc's own for all zones there are. */
#include "config.h"

#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/zone.h"

static uint64_t seed_start;

/* splitmix64 */
static uint64_t seed_next(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static const struct zone *zone_must(const char *name)
{
	struct error err = {0};
	const struct zone *z = zone_get(name, &err);

	if (z == NULL)
		print_error("%s\n", err.message);
	assert_non_null(z);
	return z;
}

static int64_t utc(const char *text)
{
	int64_t at;

	assert_true(moment_rfc3339(text, &at));
	return at;
}

static void assert_utc(int64_t at, const char *expected)
{
	char text[MOMENT_SIZE];

	moment_utc(at, text);
	memcpy(text + 19, "Z", 2);
	assert_string_equal(text, expected);
}

static void days_of_civil_dates(void **state)
{
	static const struct {
		int year, month, day;
		int64_t days;
	} cases[] = {
		{1970, 1, 1, 0},       {1969, 12, 31, -1},      {2000, 2, 29, 11016}, {2000, 3, 1, 11017},
		{1900, 3, 1, -25508},  {2100, 3, 1, 47541},     {1, 1, 1, -719162},   {0, 3, 1, -719468},
		{-1, 12, 31, -719529}, {9999, 12, 31, 2932896},
	};
	int year, month, day;
	int64_t days;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(civil_days(cases[i].year, cases[i].month, cases[i].day), cases[i].days);
		civil_from_days(cases[i].days, &year, &month, &day);
		assert_int_equal(year, cases[i].year);
		assert_int_equal(month, cases[i].month);
		assert_int_equal(day, cases[i].day);
	}
	for (days = -800000; days < 3000000; days += 7) {
		civil_from_days(days, &year, &month, &day);
		assert_int_equal(civil_days(year, month, day), days);
	}
}

static void civil_dates_are_checked(void **state)
{
	static const struct {
		struct civil civil;
		bool valid;
	} cases[] = {
		{{2024, 2, 29, 23, 59, 59, 999999}, true},
		{{2023, 2, 29, 0, 0, 0, 0}, false},
		{{2000, 2, 29, 0, 0, 0, 0}, true},
		{{1900, 2, 29, 0, 0, 0, 0}, false},
		{{0, 1, 1, 0, 0, 0, 0}, true},
		{{-1, 1, 1, 0, 0, 0, 0}, false},
		{{9999, 12, 31, 0, 0, 0, 0}, true},
		{{10000, 1, 1, 0, 0, 0, 0}, false},
		{{2024, 0, 1, 0, 0, 0, 0}, false},
		{{2024, 13, 1, 0, 0, 0, 0}, false},
		{{2024, 4, 31, 0, 0, 0, 0}, false},
		{{2024, 4, 0, 0, 0, 0, 0}, false},
		{{2024, 4, 1, 24, 0, 0, 0}, false},
		{{2024, 4, 1, 0, 60, 0, 0}, false},
		{{2024, 4, 1, 0, 0, 60, 0}, false},
		{{2024, 4, 1, 0, 0, 0, 1000000}, false},
		{{2024, 4, 1, -1, 0, 0, 0}, false},
		{{2024, 4, 1, 0, 0, 0, -1}, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(civil_valid(&cases[i].civil), cases[i].valid);
}

static void offsets_of_known_instants(void **state)
{
	static const struct {
		const char *zone, *at;
		int offset;
	} cases[] = {
		{"UTC", "2026-07-01T00:00:00Z", 0},
		{"Asia/Jakarta", "2026-07-01T00:00:00Z", 7 * 3600},
		{"Asia/Jakarta", "1900-01-01T00:00:00Z", 25632},
		{"Asia/Kathmandu", "2026-07-01T00:00:00Z", 20700},
		{"Asia/Kathmandu", "1985-12-31T00:00:00Z", 19800},
		{"Europe/Berlin", "2026-03-29T00:59:59Z", 3600},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", 7200},
		{"Europe/Berlin", "2026-10-25T00:59:59Z", 7200},
		{"Europe/Berlin", "2026-10-25T01:00:00Z", 3600},
		{"Europe/Berlin", "1945-06-01T00:00:00Z", 10800},
		{"Europe/Berlin", "2100-07-01T00:00:00Z", 7200},
		{"Europe/Berlin", "2150-03-29T00:59:59Z", 3600},
		{"Europe/Berlin", "2150-03-29T01:00:00Z", 7200},
		{"Europe/Dublin", "2026-01-15T00:00:00Z", 0},
		{"Europe/Dublin", "2026-07-15T00:00:00Z", 3600},
		{"Europe/Dublin", "2150-01-15T00:00:00Z", 0},
		{"Europe/Dublin", "2150-07-15T00:00:00Z", 3600},
		{"Australia/Sydney", "2150-01-15T00:00:00Z", 39600},
		{"Australia/Sydney", "2150-07-15T00:00:00Z", 36000},
		{"Pacific/Apia", "2011-12-30T09:59:59Z", -36000},
		{"Pacific/Apia", "2011-12-30T10:00:00Z", 50400},
		{"+05:45", "2026-07-01T00:00:00Z", 20700},
		{"-03", "2026-07-01T00:00:00Z", -10800},
		{"+0530", "1900-07-01T00:00:00Z", 19800},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (zone_offset(zone_must(cases[i].zone), utc(cases[i].at)) != cases[i].offset)
			fail_msg("%s at %s", cases[i].zone, cases[i].at);
	}
}

static void civil_before_1970_has_positive_fractions(void **state)
{
	struct civil c;

	(void)state;
	zone_civil(zone_utc(), -1, &c);
	assert_int_equal(c.year, 1969);
	assert_int_equal(c.month, 12);
	assert_int_equal(c.day, 31);
	assert_int_equal(c.hour, 23);
	assert_int_equal(c.minute, 59);
	assert_int_equal(c.second, 59);
	assert_int_equal(c.micro, 999999);
}

static void instants_of_local_times(void **state)
{
	static const struct {
		const char *zone;
		struct civil civil;
		enum zone_fold fold;
		const char *at;
	} cases[] = {
		{"Europe/Berlin", {2026, 3, 29, 1, 59, 59, 0}, ZONE_ONCE, "2026-03-29T00:59:59Z"},
		{"Europe/Berlin", {2026, 3, 29, 2, 0, 0, 0}, ZONE_NEVER, "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", {2026, 3, 29, 2, 59, 59, 999999}, ZONE_NEVER, "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", {2026, 3, 29, 3, 0, 0, 0}, ZONE_ONCE, "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", {2026, 10, 25, 1, 59, 59, 0}, ZONE_ONCE, "2026-10-24T23:59:59Z"},
		{"Europe/Berlin", {2026, 10, 25, 2, 0, 0, 0}, ZONE_TWICE, "2026-10-25T00:00:00Z"},
		{"Europe/Berlin", {2026, 10, 25, 2, 59, 59, 0}, ZONE_TWICE, "2026-10-25T00:59:59Z"},
		{"Europe/Berlin", {2026, 10, 25, 3, 0, 0, 0}, ZONE_ONCE, "2026-10-25T02:00:00Z"},
		{"Europe/Berlin", {2150, 3, 29, 2, 30, 0, 0}, ZONE_NEVER, "2150-03-29T01:00:00Z"},
		{"Europe/Berlin", {2150, 10, 25, 2, 30, 0, 0}, ZONE_TWICE, "2150-10-25T00:30:00Z"},
		{"Europe/Dublin", {2026, 3, 29, 1, 30, 0, 0}, ZONE_NEVER, "2026-03-29T01:00:00Z"},
		{"Europe/Dublin", {2026, 10, 25, 1, 30, 0, 0}, ZONE_TWICE, "2026-10-25T00:30:00Z"},
		{"America/Sao_Paulo", {2018, 11, 4, 0, 0, 0, 0}, ZONE_NEVER, "2018-11-04T03:00:00Z"},
		{"America/Sao_Paulo", {2018, 2, 17, 23, 30, 0, 0}, ZONE_TWICE, "2018-02-18T01:30:00Z"},
		{"Asia/Beirut", {2024, 3, 31, 0, 0, 0, 0}, ZONE_NEVER, "2024-03-30T22:00:00Z"},
		{"Pacific/Apia", {2011, 12, 30, 12, 0, 0, 0}, ZONE_NEVER, "2011-12-30T10:00:00Z"},
		{"Asia/Kathmandu", {2026, 7, 1, 5, 45, 0, 0}, ZONE_ONCE, "2026-07-01T00:00:00Z"},
		{"Asia/Jakarta", {1867, 8, 10, 0, 0, 0, 0}, ZONE_ONCE, "1867-08-09T16:52:48Z"},
		{"Australia/Lord_Howe", {2026, 4, 5, 1, 45, 0, 0}, ZONE_TWICE, "2026-04-04T14:45:00Z"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t at;

		assert_int_equal(zone_instant(zone_must(cases[i].zone), &cases[i].civil, &at), cases[i].fold);
		if (cases[i].fold != ZONE_NEVER)
			assert_int_equal(at % SECOND, cases[i].civil.micro);
		assert_utc(at, cases[i].at);
	}
}

static void units_begin_where_the_clock_says(void **state)
{
	static const struct {
		const char *zone;
		enum zone_unit unit;
		const char *at, *floor;
		int n;
		const char *step;
	} cases[] = {
		{"UTC", ZONE_DAY, "2026-11-20T16:41:00Z", "2026-11-20T00:00:00Z", 1, "2026-11-21T00:00:00Z"},
		{"UTC", ZONE_DAY, "1969-12-31T23:00:00Z", "1969-12-31T00:00:00Z", -1, "1969-12-30T00:00:00Z"},
		{"UTC", ZONE_WEEK, "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", 1, "2026-11-23T00:00:00Z"},
		{"UTC", ZONE_WEEK, "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", -2, "2026-11-09T00:00:00Z"},
		{"UTC", ZONE_WEEK, "1970-01-01T00:00:00Z", "1969-12-29T00:00:00Z", 1, "1970-01-05T00:00:00Z"},
		{"UTC", ZONE_MONTH, "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", 12, "2025-02-01T00:00:00Z"},
		{"UTC", ZONE_MONTH, "2024-01-31T12:00:00Z", "2024-01-01T00:00:00Z", -13, "2022-12-01T00:00:00Z"},
		{"Asia/Jakarta", ZONE_DAY, "2026-11-20T16:41:00Z", "2026-11-19T17:00:00Z", 1, "2026-11-20T17:00:00Z"},
		{"Asia/Kathmandu", ZONE_DAY, "2026-11-20T18:15:00Z", "2026-11-20T18:15:00Z", 1, "2026-11-21T18:15:00Z"},
		{"Europe/Berlin", ZONE_DAY, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 1, "2026-03-29T22:00:00Z"},
		{"Europe/Berlin", ZONE_DAY, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", 1, "2026-10-25T23:00:00Z"},
		{"Europe/Berlin", ZONE_WEEK, "2026-03-29T12:00:00Z", "2026-03-22T23:00:00Z", 1, "2026-03-29T22:00:00Z"},
		{"Europe/Berlin", ZONE_MONTH, "2026-03-29T12:00:00Z", "2026-02-28T23:00:00Z", 1,
		 "2026-03-31T22:00:00Z"},
		{"America/Sao_Paulo", ZONE_DAY, "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", -1,
		 "2018-11-03T03:00:00Z"},
		{"America/Sao_Paulo", ZONE_DAY, "2018-11-03T12:00:00Z", "2018-11-03T03:00:00Z", 1,
		 "2018-11-04T03:00:00Z"},
		{"America/Sao_Paulo", ZONE_DAY, "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", 1,
		 "2018-02-18T03:00:00Z"},
		{"Asia/Beirut", ZONE_DAY, "2024-03-31T12:00:00Z", "2024-03-30T22:00:00Z", 1, "2024-03-31T21:00:00Z"},
		/* 30 December 2011 was left out. */
		{"Pacific/Apia", ZONE_DAY, "2011-12-30T09:00:00Z", "2011-12-29T10:00:00Z", 1, "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", ZONE_DAY, "2011-12-30T11:00:00Z", "2011-12-30T10:00:00Z", -1, "2011-12-29T10:00:00Z"},
		{"Pacific/Apia", ZONE_DAY, "2011-12-30T11:00:00Z", "2011-12-30T10:00:00Z", 1, "2011-12-31T10:00:00Z"},
		/* At 00:01 back to 23:01: the new day has begun, whatever the clock shows for an hour. */
		{"America/St_Johns", ZONE_DAY, "2006-10-29T03:00:00Z", "2006-10-29T02:30:00Z", 1,
		 "2006-10-30T03:30:00Z"},
		{"America/St_Johns", ZONE_DAY, "2006-10-29T02:29:00Z", "2006-10-28T02:30:00Z", 1,
		 "2006-10-29T02:30:00Z"},
		{"Europe/Berlin", ZONE_DAY, "2150-03-29T12:00:00Z", "2150-03-28T23:00:00Z", 1, "2150-03-29T22:00:00Z"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct zone *z = zone_must(cases[i].zone);

		assert_utc(zone_floor(z, cases[i].unit, utc(cases[i].at)), cases[i].floor);
		assert_utc(zone_step(z, cases[i].unit, utc(cases[i].at), cases[i].n), cases[i].step);
		assert_utc(zone_step(z, cases[i].unit, utc(cases[i].at), 0), cases[i].floor);
	}
}

/* Of any zone and instant: units follow each other without gap or overlap, a local time leads back to its instant. */
static void assert_consistent(const struct zone *z, int64_t at)
{
	enum zone_unit unit;
	struct civil c;
	int64_t back;

	for (unit = ZONE_DAY; unit <= ZONE_MONTH; unit++) {
		int64_t floor = zone_floor(z, unit, at), next = zone_step(z, unit, at, 1);
		int64_t before = zone_step(z, unit, at, -1);

		assert_true(floor <= at && at < next && before < floor);
		assert_int_equal(zone_floor(z, unit, floor), floor);
		assert_int_equal(zone_floor(z, unit, next), next);
		assert_int_equal(zone_floor(z, unit, next - 1), floor);
		assert_int_equal(zone_floor(z, unit, floor - 1), before);
		assert_true(next - floor <= (unit == ZONE_DAY ? 49 * HOUR : unit == ZONE_WEEK ? 8 * DAY : 33 * DAY));
	}
	zone_civil(z, at, &c);
	assert_true(civil_valid(&c));
	switch (zone_instant(z, &c, &back)) {
	case ZONE_ONCE:
		assert_int_equal(back, at);
		break;
	case ZONE_TWICE:
		assert_true(back == at || (back < at && at - back <= 25 * HOUR));
		break;
	case ZONE_NEVER:
		fail_msg("%s: an instant has a local time that never was", zone_name(z));
	}
}

/* A brute-force reading of what a local time means: every second of a span is asked what it shows. */
static void folds_equal_a_search_by_second(void **state)
{
	static const char *const spans[][2] = {
		{"Europe/Berlin", "2026-03-29T00:00:00Z"},       {"Europe/Berlin", "2026-10-25T00:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T14:00:00Z"}, {"America/St_Johns", "2006-10-29T01:30:00Z"},
		{"Europe/Dublin", "2150-10-25T00:00:00Z"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof spans / sizeof spans[0]; i++) {
		const struct zone *z = zone_must(spans[i][0]);
		int64_t from = utc(spans[i][1]) / SECOND, local, second;

		for (local = from - 2 * 3600; local < from + 3 * 3600; local += 61) {
			int64_t wall = local + zone_offset(z, from * SECOND), first = 0, got;
			int shown = 0;
			struct civil c;

			zone_civil(zone_utc(), wall * SECOND, &c);
			for (second = from - 6 * 3600; second < from + 8 * 3600; second++) {
				if (second + zone_offset(z, second * SECOND) == wall && shown++ == 0)
					first = second;
			}
			assert_int_equal(zone_instant(z, &c, &got), shown == 0   ? ZONE_NEVER
								    : shown == 1 ? ZONE_ONCE
										 : ZONE_TWICE);
			if (shown > 0)
				assert_int_equal(got, first * SECOND);
		}
	}
}

enum { SAMPLES = 400, ZONES_MAX = 1000 };

static char *zone_names[ZONES_MAX];
static size_t zone_count;

#define ZONE_FOLDER "/usr/share/zoneinfo"

static int collect_zone(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *name = path + sizeof ZONE_FOLDER;
	char magic[4] = "";
	FILE *f;

	(void)st;
	(void)at;
	if (type != FTW_F || strncmp(name, "right/", 6) == 0 || strncmp(name, "posix/", 6) == 0)
		return 0;
	f = fopen(path, "rb");
	if (f == NULL)
		return 0;
	if (fread(magic, 1, 4, f) == 4 && memcmp(magic, "TZif", 4) == 0 && zone_count < ZONES_MAX)
		zone_names[zone_count++] = memory_text(name);
	fclose(f);
	return 0;
}

/* Mostly the years people ask about, also before the railways and far past the tables. */
static int64_t sample_second(uint64_t *seed)
{
	uint64_t r = seed_next(seed);
	int64_t from = r % 4 == 0 ? INT64_C(-4200000000) : 0,
		to = r % 4 == 1 ? INT64_C(13000000000) : INT64_C(4300000000);

	return from + (int64_t)(seed_next(seed) % (uint64_t)(to - from));
}

struct shown {
	int offset, year, month, day, hour, minute, second;
};

static _Noreturn void ask_libc(const char *name, uint64_t seed, int fd)
{
	static struct shown all[SAMPLES];
	size_t i;

	setenv("TZ", name, 1);
	tzset();
	for (i = 0; i < SAMPLES; i++) {
		time_t second = (time_t)sample_second(&seed);
		struct tm tm;

		if (localtime_r(&second, &tm) == NULL)
			_exit(1);
		all[i] = (struct shown){(int)tm.tm_gmtoff, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
					tm.tm_hour,        tm.tm_min,         tm.tm_sec};
	}
	_exit(write(fd, all, sizeof all) == (ssize_t)sizeof all ? 0 : 1);
}

static void read_all(int fd, void *p, size_t n)
{
	char *to = p;

	while (n > 0) {
		ssize_t got = read(fd, to, n);

		assert_true(got > 0);
		to += got;
		n -= (size_t)got;
	}
}

static void compare_with_libc(const char *name, uint64_t seed)
{
	static struct shown all[SAMPLES];
	const struct zone *z = zone_must(name);
	int fds[2], status;
	pid_t pid;
	size_t i;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		ask_libc(name, seed, fds[1]);
	close(fds[1]);
	read_all(fds[0], all, sizeof all);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (i = 0; i < SAMPLES; i++) {
		int64_t second = sample_second(&seed);
		struct civil c;
		struct shown ours;

		zone_civil(z, second * SECOND, &c);
		ours = (struct shown){
			zone_offset(z, second * SECOND), c.year, c.month, c.day, c.hour, c.minute, c.second};
		if (memcmp(&ours, &all[i], sizeof ours) != 0)
			fail_msg("%s at %lld: %d, libc says %d", name, (long long)second, ours.offset, all[i].offset);
		assert_consistent(z, second * SECOND + (int64_t)(seed_next(&seed_start) % 1000000));
	}
}

static void all_zones_agree_with_libc(void **state)
{
	size_t i;

	(void)state;
	assert_true(zone_count > 300);
	for (i = 0; i < zone_count; i++)
		compare_with_libc(zone_names[i], seed_start + i);
}

static void zones_stay_consistent_at_changes(void **state)
{
	static const char *const names[] = {"Europe/Berlin",     "America/St_Johns",  "Pacific/Apia", "Asia/Beirut",
					    "America/Sao_Paulo", "Africa/Casablanca", "Asia/Manila",  "America/Juneau"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct zone *z = zone_must(names[i]);
		int64_t at;

		for (at = utc("1800-01-01T00:00:00Z"); at < utc("2110-01-01T00:00:00Z"); at += 11 * HOUR) {
			int64_t low = at, high = at + 11 * HOUR;

			if (zone_offset(z, low) == zone_offset(z, high))
				continue;
			while (high - low > 1) {
				int64_t middle = low + (high - low) / 2;

				if (zone_offset(z, middle) == zone_offset(z, low))
					low = middle;
				else
					high = middle;
			}
			assert_consistent(z, low);
			assert_consistent(z, high);
		}
	}
}

static void extreme_instants_end(void **state)
{
	static const int64_t instants[] = {
		INT64_MIN, INT64_MIN + 1, -INT64_C(9000000000000000000), TIME_OPEN, INT64_C(9000000000000000000),
		INT64_MAX};
	static const char *const names[] = {"UTC", "Europe/Berlin", "Pacific/Apia", "-23:59"};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof instants / sizeof instants[0]; i++) {
		for (k = 0; k < sizeof names / sizeof names[0]; k++) {
			const struct zone *z = zone_must(names[k]);
			struct civil c;

			zone_civil(z, instants[i], &c);
			assert_true(zone_floor(z, ZONE_WEEK, instants[i]) < zone_step(z, ZONE_WEEK, instants[i], 1));
			assert_true(zone_step(z, ZONE_MONTH, instants[i], -3) < zone_floor(z, ZONE_MONTH, instants[i]));
		}
	}
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = {
		"",       "/etc/passwd", "../zoneinfo/UTC", "Asia/../UTC", "Asia",   "Asia/", "Asia//Jakarta", ".",
		"Asia/.", "UTC ",        "Nowhere/City",    "zone.tab",    "+24:00", "+1",    "+7:00",         "+05:60",
		"+05:4",  "5:45",        "+05-45",          "+123456",     "utc\n",
	};
	struct error err;
	char name[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		error_clear(&err);
		if (zone_get(bad[i], &err) != NULL)
			fail_msg("\"%s\" is a zone", bad[i]);
		assert_int_equal(err.code, ERROR_USAGE);
		assert_int_equal(strncmp(err.message, "could not ", 10), 0);
		assert_non_null(strstr(err.message, bad[i]));
	}
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_null(zone_get(name, &err));
	assert_null(zone_get(name, NULL));
	assert_false(zone_get("Nowhere/City", &err));
	assert_string_equal(
		err.message,
		"could not find time zone \"Nowhere/City\": there is no such zone on this system (package tzdata)");
	assert_string_equal(err.hint,
			    "write a name such as Asia/Jakarta or Europe/Berlin, an offset such as +05:45, or UTC");
	assert_ptr_equal(zone_get("UTC", NULL), zone_utc());
	assert_ptr_equal(zone_get("Asia/Jakarta", NULL), zone_get("Asia/Jakarta", NULL));
	assert_string_equal(zone_name(zone_get("Asia/Jakarta", NULL)), "Asia/Jakarta");
}

/* A file with one type and no change, and the footer given. */
static struct zone *zone_of_footer(const char *footer)
{
	static const char head[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4";
	static const char type[] = "\0\0\0\0\0\0UTC\0";
	char bytes[400];
	size_t n = 0;
	int k;

	for (k = 0; k < 2; k++) {
		memcpy(bytes + n, head, 44);
		n += 44;
		memcpy(bytes + n, type, 10);
		n += 10;
	}
	n += (size_t)snprintf(bytes + n, sizeof bytes - n, "\n%s\n", footer);
	return zone_read("test", bytes, n, NULL);
}

static void footers_of_all_forms(void **state)
{
	static const struct {
		const char *footer, *at;
		int offset;
	} cases[] = {
		{"", "2026-07-01T00:00:00Z", 0},
		{"WIB-7", "2026-07-01T00:00:00Z", 25200},
		{"<+0545>-5:45", "2026-07-01T00:00:00Z", 20700},
		{"<-03>3:00:01", "2026-07-01T00:00:00Z", -10801},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 7200},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600},
		{"NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-12-31T12:00:00Z", 46800},
		{"NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-06-30T12:00:00Z", 43200},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-03-29T00:59:59Z", 0},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-03-29T01:00:00Z", 3600},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T00:59:59Z", 3600},
		{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T01:00:00Z", 0},
		/* 1 March is J60 in all years, and 60 counted from 0 in leap years only. */
		{"AAA0BBB,J60/0,J300/0", "2024-02-29T23:59:59Z", 0},
		{"AAA0BBB,J60/0,J300/0", "2024-03-01T00:00:00Z", 3600},
		{"AAA0BBB,J60/0,J300/0", "2025-03-01T00:00:00Z", 3600},
		{"AAA0BBB,60/0,300/0", "2024-02-29T23:59:59Z", 0},
		{"AAA0BBB,60/0,300/0", "2024-03-01T00:00:00Z", 3600},
		{"AAA0BBB,60/0,300/0", "2025-03-01T23:59:59Z", 0},
		{"AAA0BBB,60/0,300/0", "2025-03-02T00:00:00Z", 3600},
		/* Summer time all year. */
		{"XXX3EDT4,0/0,J365/23", "2026-01-01T02:59:59Z", -14400},
		{"XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14400},
		{"XXX3EDT4,0/0,J365/23", "2026-07-01T03:00:00Z", -14400},
		/* Hours that reach into another day, as Gaza and Nuuk have them. */
		{"EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-27T23:59:59Z", 7200},
		{"EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T00:00:00Z", 10800},
		{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200},
		{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600},
		/* Hours that reach over the end of the year. */
		{"AAA0BBB,J365/48,J100/0", "2026-01-01T23:59:59Z", 0},
		{"AAA0BBB,J365/48,J100/0", "2026-01-02T00:00:00Z", 3600},
	};
	static const char *const bad[] = {
		"W-7",
		"WIB",
		"WIB-25",
		"<+05-5",
		"CET-1CEST",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M13.1.0,M10.5.0",
		"CET-1CEST,M0.1.0,M1.1.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,J0,J1",
		"CET-1CEST,J366,J1",
		"CET-1CEST,366,1",
		"CET-1CEST,M3.5.0/168,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0x",
		"CET-1:60",
		"CET-1CEST,M3.5.0,M10.5.0/3:",
		"CET-1CEST,M3.5.0,M10.5.0/",
		":Europe/Berlin",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct zone *z = zone_of_footer(cases[i].footer);

		if (z == NULL || zone_offset(z, utc(cases[i].at)) != cases[i].offset)
			fail_msg("%s at %s", cases[i].footer, cases[i].at);
		assert_consistent(z, utc(cases[i].at));
		zone_free(z);
	}
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (zone_of_footer(bad[i]) != NULL)
			fail_msg("\"%s\" is a footer", bad[i]);
	}
}

static unsigned char *file_bytes(const char *path, size_t *n)
{
	unsigned char *bytes = memory_alloc(1 << 20);
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	*n = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	return bytes;
}

/* No prefix of a file is a zone, except that one may end in what follows the last line feed: nothing. */
static void cut_files_are_refused(void **state)
{
	struct error err = {0};
	unsigned char *bytes;
	size_t n, i;

	(void)state;
	bytes = file_bytes(ZONE_FOLDER "/Europe/Berlin", &n);
	for (i = 0; i < n; i++) {
		unsigned char *exact = memory_alloc(i);

		memcpy(exact, bytes, i);
		assert_null(zone_read("cut", exact, i, &err));
		assert_int_equal(err.code, ERROR_USAGE);
		free(exact);
	}
	free(bytes);
	assert_null(zone_read("none", NULL, 0, &err));
	assert_string_equal(
		err.message,
		"could not read time zone \"none\": its file is no usable time zone file: it does not begin as one");
}

/* Version 1 has no footer: past its table the last offset stays. */
static void version_1_is_read(void **state)
{
	unsigned char *bytes;
	struct zone *z;
	size_t n;

	(void)state;
	bytes = file_bytes(ZONE_FOLDER "/Europe/Berlin", &n);
	bytes[4] = '\0';
	z = zone_read("first", bytes, n, NULL);
	free(bytes);
	assert_non_null(z);
	if (zone_offset(z, utc("2020-07-01T00:00:00Z")) != 0)
		assert_int_equal(zone_offset(z, utc("2020-07-01T00:00:00Z")), 7200);
	assert_int_equal(zone_offset(z, utc("2150-07-01T00:00:00Z")), zone_offset(z, utc("2150-01-01T00:00:00Z")));
	zone_free(z);
}

static void *get_zones(void *ctx)
{
	size_t i;

	for (i = 0; i < zone_count; i++) {
		const struct zone *z = zone_get(zone_names[(i * 7) % zone_count], NULL);

		if (z == NULL || zone_floor(z, ZONE_DAY, (int64_t)i * DAY) > (int64_t)i * DAY)
			return NULL;
	}
	return ctx;
}

static void zones_may_be_got_by_threads(void **state)
{
	pthread_t threads[4];
	void *result;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_zones, threads), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, threads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_may_be_got_by_threads),
		cmocka_unit_test(days_of_civil_dates),
		cmocka_unit_test(civil_dates_are_checked),
		cmocka_unit_test(offsets_of_known_instants),
		cmocka_unit_test(civil_before_1970_has_positive_fractions),
		cmocka_unit_test(instants_of_local_times),
		cmocka_unit_test(units_begin_where_the_clock_says),
		cmocka_unit_test(folds_equal_a_search_by_second),
		cmocka_unit_test(zones_stay_consistent_at_changes),
		cmocka_unit_test(all_zones_agree_with_libc),
		cmocka_unit_test(extreme_instants_end),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(footers_of_all_forms),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(version_1_is_read),
	};
	const char *seed = getenv("SEED");
	size_t i;
	int failed;

	seed_start = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("# seed %llu\n", (unsigned long long)seed_start);
	nftw(ZONE_FOLDER, collect_zone, 16, FTW_PHYS);
	failed = cmocka_run_group_tests_name("zone", tests, NULL, NULL);
	for (i = 0; i < zone_count; i++)
		free(zone_names[i]);
	return failed;
}
