/* export: what it says of itself, and where a name leads. */
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
#include "ui/export.h"
#include "ui/session.h"

static void progress_says_how_far_how_fast_how_long(void **state)
{
	(void)state;
	static const struct {
		struct export_progress progress;
		int64_t took;
		const char *words;
	} cases[] = {
		{{0, 0, 0}, SECOND, "Reading what is to be written ... Esc cancels"},
		{{0, 500000, 0}, SECOND, "Reading what is to be written ... Esc cancels"},
		{{0, 0, 1500000}, SECOND, "Writing ... 1.5 MB so far. Esc cancels"},
		{{0, 500000, 4096}, SECOND, "Writing ... 4.1 kB so far. Esc cancels"},
		{{100000, 500000, 4096},
		 2 * SECOND,
		 "Writing row 100,000 of 500,000, 50,000 a second, 8s left. Esc cancels"},
		{{500000, 500000, 4096},
		 2 * SECOND,
		 "Writing row 500,000 of 500,000, 250,000 a second, 0s left. Esc cancels"},
		{{1, 400, 4096}, 2 * SECOND, "Writing row 1 of 400, 0 a second, 13m left. Esc cancels"},
		{{1, 400, 4096}, 0, "Writing ... 4.1 kB so far. Esc cancels"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer text = {0};
		export_progress_words(&cases[i].progress, cases[i].took, &text);
		assert_string_equal(buffer_text(&text), cases[i].words);
		buffer_done(&text);
	}
}

static void names_lead_where_they_say(void **state)
{
	(void)state;
	struct session s = {0};
	static const struct {
		const char *typed, *path;
	} cases[] = {
		{"a.csv", "a.csv"},   {"./a.csv", "./a.csv"},        {"/tmp/a.csv", "/tmp/a.csv"},
		{"~a.csv", "~a.csv"}, {"~/a.csv", "/home/me/a.csv"}, {"a/~/b.csv", "a/~/b.csv"},
	};
	setenv("HOME", "/home/me", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer path = {0};
		export_path(&s, cases[i].typed, &path);
		assert_string_equal(buffer_text(&path), cases[i].path);
		buffer_done(&path);
	}
}

static void formats_have_words(void **state)
{
	(void)state;
	assert_int_equal(export_format_find("csv"), EXPORT_CSV);
	assert_int_equal(export_format_find("json"), EXPORT_JSON);
	assert_int_equal(export_format_find("sheet"), EXPORT_SHEET);
	assert_int_equal(export_format_find("CSV "), EXPORT_FORMATS);
	assert_int_equal(export_format_find(""), EXPORT_FORMATS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress_says_how_far_how_fast_how_long),
		cmocka_unit_test(names_lead_where_they_say),
		cmocka_unit_test(formats_have_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
