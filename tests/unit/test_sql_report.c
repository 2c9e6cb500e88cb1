/* Findings told one by one, and the first that refuses as the error. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "source/source.h"
#include "source/sql/report.h"

static struct buffer told;

static void note(void *ctx, const struct source_finding *f)
{
	buffer_format(ctx, "%s %s: %s -> %s\n", f->refuse ? "refuse" : "warn", f->object, f->detail, f->fix);
}

/* Everything stays as it was told until the report is done. */
static void keeps(void *ctx, const struct source_finding *f)
{
	*(struct source_finding *)ctx = *f;
}

static void tells_in_order(void **state)
{
	struct report r = {.found = note, .ctx = &told};

	(void)state;
	report_init(&r);
	report_tell(&r, true, "wal_level", "ALTER SYSTEM SET wal_level = 'logical'", "it is %s: %d", "replica", 7);
	report_tell(&r, false, "clock", "nothing", "100%% right");
	report_done(&r);
	assert_string_equal(buffer_text(&told), "refuse wal_level: it is replica: 7 -> ALTER SYSTEM SET wal_level = 'logical'\n"
						"warn clock: 100% right -> nothing\n");
	buffer_done(&told);
}

static void keeps_texts(void **state)
{
	struct source_finding f = {0};
	struct report r = {.found = keeps, .ctx = &f};
	struct buffer name = {0}, longest = {0};

	(void)state;
	report_init(&r);
	buffer_text_add(&name, "customer");
	buffer_fill(&longest, 'x', 100000);
	report_tell(&r, true, report_text(&r, buffer_text(&name)), report_format(&r, "GRANT SELECT ON %s", buffer_text(&name)), "%s", buffer_text(&longest));
	memset(name.data, '#', name.len);
	for (int i = 0; i < 1000; i++)
		report_format(&r, "%d others %0100d", i, i);
	assert_true(f.refuse);
	assert_string_equal(f.object, "customer");
	assert_string_equal(f.fix, "GRANT SELECT ON customer");
	assert_string_equal(f.detail, buffer_text(&longest));
	assert_null(report_text(&r, NULL));
	report_done(&r);
	buffer_done(&name);
	buffer_done(&longest);
}

static bool required(int refuse, int warn, struct error *err)
{
	struct error first = {0};
	struct report_required q = {.server = "teller@db:1", .first = &first};
	struct report r = {.found = report_require, .ctx = &q};

	report_init(&r);
	for (int i = 0; i < warn; i++)
		report_tell(&r, false, "clock", "nothing", "warning %d", i);
	for (int i = 0; i < refuse; i++)
		report_tell(&r, true, report_format(&r, "table%d", i), report_format(&r, "fix%d with 100%%", i), "reason %d", i);
	report_done(&r);
	return report_required(&q, err);
}

static void requires(void **state)
{
	struct error err = {0};

	(void)state;
	assert_true(required(0, 0, &err));
	assert_true(required(0, 3, &err));
	assert_int_equal(err.code, ERROR_NONE);

	assert_false(required(1, 2, &err));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, "could not follow server teller@db:1: table0: reason 0");
	assert_string_equal(err.hint, "fix0 with 100%");

	assert_false(required(3, 0, &err));
	assert_string_equal(err.message, "could not follow server teller@db:1: table0: reason 0");
	assert_string_equal(err.hint, "fix0 with 100%; 2 more: tellerdesk check-source");
	assert_false(required(2, 0, NULL));
}

/* The number of the others is there however long the first fix is. */
static void counts_after_a_long_fix(void **state)
{
	struct error first = {0}, err = {0};
	struct report_required q = {.server = "s", .first = &first};
	struct report r = {.found = report_require, .ctx = &q};
	struct buffer fix = {0};

	(void)state;
	report_init(&r);
	buffer_fill(&fix, 'f', 5000);
	report_tell(&r, true, "a", buffer_text(&fix), "b");
	report_tell(&r, true, "c", "d", "e");
	assert_false(report_required(&q, &err));
	assert_non_null(strstr(err.hint, "fff; 1 more: tellerdesk check-source"));
	report_done(&r);
	buffer_done(&fix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_in_order),
		cmocka_unit_test(keeps_texts),
		cmocka_unit_test(requires),
		cmocka_unit_test(counts_after_a_long_fix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
