/* age: the data grows older without any question, and says so in words. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/zone.h"
#include "ui/age.h"

#define ASKED INT64_C(1795762953000000) /* 2026-11-27T07:02:33Z */

static struct age made(enum freshness_state state, int64_t age)
{
	struct age a = {.live = 5 * SECOND, .lag = MINUTE};
	const struct freshness f = {.state = state, .age = age, .complete_to = ASKED - 2 * SECOND,
	                            .offline_since = TIME_NONE, .snapshot_percent = -1};
	age_set(&a, &f, ASKED);
	return a;
}

static void says(const struct age *a, int64_t later, const char *words, const char *mark)
{
	char out[64];
	age_words(a, ASKED + later, zone_utc(), out, sizeof(out));
	assert_string_equal(out, words);
	assert_string_equal(age_mark(a, ASKED + later), mark);
}

static void it_grows_without_being_asked(void **state)
{
	(void)state;
	struct age a = made(FRESH_LIVE, 2 * SECOND);
	says(&a, 0, "LIVE 2s", "");
	says(&a, 3 * SECOND, "LIVE 5s", "");
	says(&a, 4 * SECOND, "LAG 6s", " LAG");
	says(&a, 46 * SECOND, "LAG 48s", " LAG");
	says(&a, 59 * SECOND, "STALE 1m", " STALE");
	says(&a, 12 * MINUTE, "STALE 12m", " STALE");
	/* A clock that was set back makes nothing younger. */
	says(&a, -HOUR, "LIVE 2s", "");
	assert_int_equal(age_role(&a, ASKED), ROLE_LIVE);
	assert_int_equal(age_role(&a, ASKED + HOUR), ROLE_BAD);
}

/* The worker's answers are taken some time after they were true. */
static void an_answer_is_as_old_as_its_question(void **state)
{
	(void)state;
	struct age a = {.live = 5 * SECOND, .lag = MINUTE};
	const struct freshness f = {.state = FRESH_LIVE, .age = SECOND, .complete_to = ASKED - 4 * SECOND,
				    .asked = ASKED - 3 * SECOND, .offline_since = TIME_NONE, .snapshot_percent = -1};
	age_set(&a, &f, ASKED);
	says(&a, 0, "LIVE 4s", "");
	assert_int_equal(age_source_now(&a, ASKED), ASKED);
}

static void what_does_not_depend_on_age_stays(void **state)
{
	(void)state;
	struct age a = made(FRESH_SNAPSHOT, 2 * SECOND);
	a.fresh.snapshot_percent = 41;
	says(&a, HOUR, "SNAPSHOT 41%", " SNAPSHOT");
	a = made(FRESH_REFUSED, 2 * SECOND);
	says(&a, HOUR, "REFUSED", " REFUSED");
	a = made(FRESH_OFFLINE, 2 * SECOND);
	says(&a, 0, "OFFLINE", " OFFLINE");
	a.fresh.offline_since = ASKED - 33 * SECOND - 42 * MINUTE;
	says(&a, 0, "OFFLINE since 06:20", " OFFLINE");
	says(&a, DAY, "OFFLINE since 11-27 06:20", " OFFLINE");
	/* A file that is gone answers for ever as if it were fresh. */
	a = made(FRESH_LIVE, 2 * SECOND);
	a.away = ASKED - 33 * SECOND - 2 * MINUTE;
	says(&a, 0, "OFFLINE since 07:00", " OFFLINE");
	assert_int_equal(age_role(&a, ASKED), ROLE_BAD);
}

static void nothing_is_known_before_the_first_answer(void **state)
{
	(void)state;
	struct age a = {.live = 5 * SECOND, .lag = MINUTE};
	says(&a, 0, "NO DATA", " NO DATA");
	assert_true(age_of(&a, ASKED) == TIME_NONE);
	a = made(FRESH_LIVE, TIME_NONE);
	says(&a, HOUR, "LIVE", "");
}

static void the_sources_clock_follows(void **state)
{
	(void)state;
	struct age a = made(FRESH_LIVE, 7 * SECOND);
	a.fresh.complete_to = ASKED - 2 * SECOND; /* a source whose clock is 5 s ahead of ours */
	assert_true(age_source_now(&a, ASKED) == ASKED + 5 * SECOND);
	assert_true(age_source_now(&a, ASKED + MINUTE) == ASKED + 5 * SECOND + MINUTE);
	a = made(FRESH_OFFLINE, 7 * SECOND);
	assert_true(age_source_now(&a, ASKED) == ASKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_grows_without_being_asked),
		cmocka_unit_test(an_answer_is_as_old_as_its_question),
		cmocka_unit_test(what_does_not_depend_on_age_stays),
		cmocka_unit_test(nothing_is_known_before_the_first_answer),
		cmocka_unit_test(the_sources_clock_follows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
