/* layout: the parts of every screen at every size stand apart, inside the pane, and leave nothing out. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/kit/layout.h"

/* The pane of a window: five rows are the frame's; on a customer's screens two are the head's, one tells what
 * the marks are. */
static struct area pane_of(enum layout_screen screen, int columns, int rows)
{
	bool head = screen == LAYOUT_CUSTOMER || screen == LAYOUT_DETAIL || screen == LAYOUT_HISTORY;
	return head ? (struct area){5, 0, rows - 8, columns} : (struct area){3, 0, rows - 5, columns};
}

static struct layout made(enum layout_screen screen, int columns, int rows, bool accessible)
{
	struct layout l;
	layout_make(screen, pane_of(screen, columns, rows), accessible, &l);
	return l;
}

static void same(struct area a, int y, int x, int h, int w)
{
	assert_int_equal(a.y, y);
	assert_int_equal(a.x, x);
	assert_int_equal(a.h, h);
	assert_int_equal(a.w, w);
}

static void one_pane_at_the_least_size(void **state)
{
	(void)state;
	for (int s = 0; s < LAYOUT_SCREENS; s++) {
		struct layout l = made((enum layout_screen)s, LAYOUT_LEAST_COLUMNS, LAYOUT_LEAST_ROWS, false);
		assert_int_equal(l.form, FORM_ONE);
		struct area whole = pane_of((enum layout_screen)s, LAYOUT_LEAST_COLUMNS, LAYOUT_LEAST_ROWS);
		same(l.part[0], whole.y, 0, whole.h, 60);
		assert_int_equal(l.part[1].h, 0);
		assert_int_equal(l.part[2].h, 0);
	}
}

static void forms_by_size(void **state)
{
	static const struct {
		enum layout_screen screen;
		int columns, rows;
		enum layout_form form;
	} cases[] = {
		{LAYOUT_CUSTOMER, 80, 24, FORM_STACKED},
		{LAYOUT_CUSTOMER, 119, 60, FORM_STACKED},
		{LAYOUT_CUSTOMER, 120, 40, FORM_BESIDE_LOWER},
		{LAYOUT_CUSTOMER, 120, 20, FORM_BESIDE},
		{LAYOUT_CUSTOMER, 160, 40, FORM_THREE},
		{LAYOUT_CUSTOMER, 200, 60, FORM_THREE},
		{LAYOUT_DETAIL, 80, 24, FORM_STACKED},
		{LAYOUT_DETAIL, 159, 40, FORM_STACKED},
		{LAYOUT_DETAIL, 160, 40, FORM_BESIDE},
		{LAYOUT_HISTORY, 80, 24, FORM_STACKED},
		{LAYOUT_HISTORY, 120, 40, FORM_BESIDE_STACKED},
		{LAYOUT_HISTORY, 200, 60, FORM_BESIDE_STACKED},
		{LAYOUT_FIND, 80, 24, FORM_ONE},
		{LAYOUT_FIND, 120, 40, FORM_BESIDE},
		{LAYOUT_STORES, 80, 24, FORM_STACKED},
		{LAYOUT_LAG, 80, 24, FORM_ONE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(made(cases[i].screen, cases[i].columns, cases[i].rows, false).form, cases[i].form);
}

static void one_column_for_who_listens(void **state)
{
	(void)state;
	for (int s = 0; s < LAYOUT_SCREENS; s++) {
		struct layout l = made((enum layout_screen)s, 200, 60, true);
		assert_true(l.form == FORM_ONE || l.form == FORM_STACKED);
		assert_int_equal(l.part[0].w, 200);
	}
}

static bool overlap(struct area a, struct area b)
{
	return a.h > 0 && b.h > 0 && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

static void inside(struct area a, struct area pane)
{
	if (a.h == 0)
		return;
	assert_true(a.h > 0 && a.w > 0);
	assert_true(a.y >= pane.y && a.y + a.h <= pane.y + pane.h);
	assert_true(a.x >= pane.x && a.x + a.w <= pane.x + pane.w);
}

static void apart(const struct layout *l, struct area pane)
{
	for (int i = 0; i < LAYOUT_PARTS; i++) {
		inside(l->part[i], pane);
		for (int k = 0; k < i; k++)
			assert_false(overlap(l->part[i], l->part[k]));
	}
	assert_true(l->part[0].h > 0);
}

static void parts_stand_apart_at_every_size(void **state)
{
	(void)state;
	for (int s = 0; s < LAYOUT_SCREENS; s++)
		for (int columns = LAYOUT_LEAST_COLUMNS; columns < 220; columns += 7)
			for (int rows = LAYOUT_LEAST_ROWS; rows < 70; rows += 3)
				for (int accessible = 0; accessible < 2; accessible++) {
					struct layout l = made((enum layout_screen)s, columns, rows, accessible);
					apart(&l, pane_of((enum layout_screen)s, columns, rows));
					for (int lower = 0; lower < rows; lower += 5) {
						struct layout moved = l;
						layout_lower(&moved, lower);
						apart(&moved, pane_of((enum layout_screen)s, columns, rows));
					}
				}
}

static void the_lower_part_gets_what_it_asks_for(void **state)
{
	(void)state;
	struct layout l = made(LAYOUT_CUSTOMER, 80, 24, false);
	layout_lower(&l, 5);
	same(l.part[0], 5, 0, 10, 80);
	same(l.part[1], 16, 0, 5, 80);
	layout_lower(&l, 100); /* the upper one keeps a row */
	assert_int_equal(l.part[0].h, 1);
	layout_lower(&l, 0);
	same(l.part[0], 5, 0, 16, 80);
	assert_int_equal(l.part[1].h, 0);

	l = made(LAYOUT_CUSTOMER, 120, 40, false);
	struct area left = l.part[0];
	layout_lower(&l, 4);
	same(l.part[0], left.y, left.x, left.h, left.w);
	assert_int_equal(l.part[2].h, 4);
	assert_int_equal(l.part[1].h, 27);
	assert_int_equal(l.part[1].x, 45);

	l = made(LAYOUT_CUSTOMER, 200, 60, false); /* side by side: there is no lower one */
	struct layout before = l;
	layout_lower(&l, 4);
	assert_memory_equal(&l, &before, sizeof(l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_pane_at_the_least_size),
		cmocka_unit_test(forms_by_size),
		cmocka_unit_test(one_column_for_who_listens),
		cmocka_unit_test(parts_stand_apart_at_every_size),
		cmocka_unit_test(the_lower_part_gets_what_it_asks_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
