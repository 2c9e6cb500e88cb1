/* grid: the selection stays on its row, whatever happens to the others. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ui/kit/grid.h"

static const char *const *rows;

static const char *row_key(void *ctx, int row)
{
	(void)ctx;
	return rows[row];
}

static void row_column(void *ctx, int column, struct grid_column *out)
{
	(void)ctx;
	(void)column;
	out->title = "Name";
}

static void row_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	(void)ctx;
	(void)column;
	out->text = rows[row];
	out->len = strlen(rows[row]);
}

static const struct grid_ops ops = {.key = row_key, .column = row_column, .cell = row_cell};

static void holds(struct grid *g, const char *const *list, int count, const char *selected)
{
	rows = list;
	grid_sync(g, count);
	assert_string_equal(rows[g->selected], selected);
}

static void the_selection_stays_on_its_key(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, &ops, NULL, 1);
	rows = (const char *const[]){"b", "d", "f"};
	grid_sync(&g, 3);
	grid_act(&g, ACTION_DOWN);
	holds(&g, (const char *const[]){"a", "b", "c", "d", "f"}, 5, "d");
	holds(&g, (const char *const[]){"f", "d"}, 2, "d");
	holds(&g, (const char *const[]){"d"}, 1, "d");
	/* Its row is gone: the place stays, as near as it can. */
	holds(&g, (const char *const[]){"x", "y", "z"}, 3, "x");
	grid_act(&g, ACTION_LAST);
	holds(&g, (const char *const[]){"q", "r"}, 2, "r");
	grid_sync(&g, 0);
	assert_int_equal(g.selected, 0);
	assert_true(grid_act(&g, ACTION_DOWN));
	assert_false(grid_find(&g, "a", 1));
	holds(&g, (const char *const[]){"n"}, 1, "n");
	grid_done(&g);
}

static void moving_stops_at_the_ends(void **state)
{
	(void)state;
	struct grid g;
	const char *const list[] = {"a", "b", "c", "d", "e", "f"};
	rows = list;
	grid_init(&g, &ops, NULL, 1);
	grid_sync(&g, 6);
	g.height = 3;
	grid_act(&g, ACTION_UP);
	assert_int_equal(g.selected, 0);
	grid_act(&g, ACTION_PAGE_DOWN);
	assert_int_equal(g.selected, 2);
	grid_act(&g, ACTION_LAST);
	grid_act(&g, ACTION_DOWN);
	grid_act(&g, ACTION_PAGE_DOWN);
	assert_int_equal(g.selected, 5);
	grid_act(&g, ACTION_FIRST);
	assert_int_equal(g.selected, 0);
	assert_false(grid_act(&g, ACTION_OPEN));
	grid_done(&g);
}

static void finding_goes_round(void **state)
{
	(void)state;
	struct grid g;
	const char *const list[] = {"Müller", "Hale", "MULLER", "O'Brien"};
	rows = list;
	grid_init(&g, &ops, NULL, 1);
	grid_sync(&g, 4);
	assert_true(grid_find(&g, "mull", 1));
	assert_int_equal(g.selected, 2);
	assert_true(grid_find(&g, "mull", 1));
	assert_int_equal(g.selected, 0);
	assert_true(grid_find(&g, "OBRIEN", -1));
	assert_int_equal(g.selected, 3);
	assert_false(grid_find(&g, "nobody", 1));
	assert_false(grid_find(&g, "", 1));
	assert_int_equal(g.selected, 3);
	grid_done(&g);
}

static void a_place_on_the_screen_is_a_row(void **state)
{
	(void)state;
	static const char *const list[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	struct grid g;
	grid_init(&g, &ops, NULL, 1);
	rows = list;
	grid_sync(&g, 8);
	assert_int_equal(grid_at(&g, 4, 2), -1); /* not painted yet */
	grid_draw(&g, (struct area){.y = 3, .x = 10, .h = 5, .w = 40});
	assert_int_equal(grid_at(&g, 3, 12), -1); /* the headings */
	assert_int_equal(grid_at(&g, 4, 12), 0);
	assert_int_equal(grid_at(&g, 7, 49), 3);
	assert_int_equal(grid_at(&g, 8, 12), -1);
	assert_int_equal(grid_at(&g, 4, 9), -1);
	assert_int_equal(grid_at(&g, 4, 50), -1);
	grid_act(&g, ACTION_LAST);
	grid_draw(&g, (struct area){.y = 3, .x = 10, .h = 5, .w = 40});
	assert_int_equal(grid_at(&g, 4, 12), 4);
	assert_int_equal(grid_at(&g, 7, 12), 7);
	grid_sync(&g, 2);
	grid_draw(&g, (struct area){.y = 3, .x = 10, .h = 5, .w = 40});
	assert_int_equal(grid_at(&g, 5, 12), 1);
	assert_int_equal(grid_at(&g, 6, 12), -1); /* below the last row */
	grid_draw(&g, (struct area){.y = 3, .x = 10, .h = 1, .w = 40});
	assert_int_equal(grid_at(&g, 3, 12), -1); /* no room */
	grid_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_selection_stays_on_its_key),
		cmocka_unit_test(moving_stops_at_the_ends),
		cmocka_unit_test(finding_goes_round),
		cmocka_unit_test(a_place_on_the_screen_is_a_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
