/* Where STOR and LAG were left: what brings them back is what was marked. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/zone.h"
#include "ui/pane.h"
#include "ui/session.h"

/* A pane that was just opened, brought back to a mark, marks the same. */
static void comes_back(const struct pane_ops *ops, const char *argument, const char *mark, const char *again)
{
	struct session s = {.zone = zone_utc()};
	struct buffer out = {0};
	struct pane *p = pane_new(ops, &s);
	ops->start(p, argument);
	ops->recall(p, mark);
	ops->mark(p, &out);
	assert_string_equal(buffer_text(&out), again);
	assert_null(strpbrk(buffer_text(&out), "\r\n"));
	buffer_done(&out);
	pane_free(p);
	session_done(&s);
}

static void stores(void **state)
{
	(void)state;
	static const char *const marks[] = {
		"w15m/15m\to0--0",
		"w1h/20m\to4rs3\tzEurope/Berlin\tfhaupt bahnhof\tk0142\tr7",
		"w10s/5s\to2-s0\td0142\tl1500\tK20000004\tR0",
		"w1mo/1mo\to1r-1\td\tl500",
	};
	comes_back(&stores_pane, NULL, "", "w15m/15m\to0--0");
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		comes_back(&stores_pane, NULL, marks[i], marks[i]);
	/* What was asked for on the way there is no longer of use, and what no mark says is left as it is. */
	comes_back(&stores_pane, "5m", "o0--0", "w5m/5m\to0--0");
	comes_back(&stores_pane, "0007", "d0142\tl500", "w15m/15m\to0--0\td0142\tl500");
}

static void stores_of_marks_of_others(void **state)
{
	(void)state;
	static const char *const marks[] = {"w7m/2m", "o9--0", "o0--9", "o0", "zNowhere/At_All", "x", "\t\t", "l5", "r", "f"};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		comes_back(&stores_pane, NULL, marks[i], "w15m/15m\to0--0");
}

static void source(void **state)
{
	(void)state;
	comes_back(&lag_pane, NULL, "", "0 ");
	comes_back(&lag_pane, NULL, "2 1795000000000000 product 7045", "2 1795000000000000 product 7045");
	comes_back(&lag_pane, NULL, "9 x", "0 ");
	comes_back(&lag_pane, NULL, "nothing", "0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores),
		cmocka_unit_test(stores_of_marks_of_others),
		cmocka_unit_test(source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
