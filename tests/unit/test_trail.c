/* trail: back and forward through what was seen, as a reader would walk. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ui/trail.h"

static void assert_place(const struct place *p, const char *code, const char *cif, const char *mark)
{
	assert_non_null(p);
	assert_string_equal(p->code, code);
	if (cif)
		assert_string_equal(p->cif, cif);
	else
		assert_null(p->cif);
	assert_string_equal(p->mark, mark);
}

static void back_and_forward_give_the_same_places(void **state)
{
	(void)state;
	struct trail t = {0};
	assert_null(trail_here(&t));
	assert_null(trail_back(&t));
	assert_null(trail_forward(&t));
	trail_go(&t, "FIND", NULL, TIME_NONE);
	trail_keep(&t, NULL, TIME_NONE, "hale 2");
	trail_go(&t, "CIF", "7", TIME_NONE);
	trail_keep(&t, "0007", 99, "tab 2"); /* its CIF as the bank holds it, and another moment */
	trail_go(&t, "CIF", "8", TIME_NONE);
	trail_keep(&t, "8", TIME_NONE, "tab 1");
	const struct place *p = trail_back(&t);
	assert_place(p, "CIF", "0007", "tab 2");
	assert_int_equal(p->as_of, 99);
	assert_place(trail_back(&t), "FIND", NULL, "hale 2");
	assert_null(trail_back(&t));
	assert_place(trail_here(&t), "FIND", NULL, "hale 2");
	assert_place(trail_forward(&t), "CIF", "0007", "tab 2");
	assert_place(trail_forward(&t), "CIF", "8", "tab 1");
	assert_null(trail_forward(&t));
	trail_done(&t);
}

static void a_new_way_forgets_the_old_one(void **state)
{
	(void)state;
	struct trail t = {0};
	trail_go(&t, "FIND", NULL, TIME_NONE);
	trail_go(&t, "CIF", "1", TIME_NONE);
	trail_go(&t, "CIF", "2", TIME_NONE);
	trail_back(&t);
	trail_go(&t, "STOR", NULL, TIME_NONE);
	assert_null(trail_forward(&t));
	assert_place(trail_back(&t), "CIF", "1", "");
	trail_done(&t);
}

static void the_same_place_is_one_place(void **state)
{
	(void)state;
	struct trail t = {0};
	trail_go(&t, "FIND", NULL, TIME_NONE);
	trail_go(&t, "CIF", "1", TIME_NONE);
	trail_keep(&t, "1", TIME_NONE, "tab 3");
	trail_go(&t, "CIF", "1", TIME_NONE);
	assert_place(trail_here(&t), "CIF", "1", "");
	assert_place(trail_back(&t), "FIND", NULL, "");
	/* At another moment it is another place. */
	trail_forward(&t);
	trail_go(&t, "CIF", "1", 5);
	assert_place(trail_back(&t), "CIF", "1", "");
	trail_done(&t);
}

static void what_was_searched_is_a_place_of_its_own(void **state)
{
	(void)state;
	struct trail t = {0};
	trail_go(&t, "FIND", NULL, TIME_NONE);
	trail_go(&t, "FIND", NULL, TIME_NONE);
	assert_null(trail_back(&t));
	trail_keep(&t, NULL, TIME_NONE, "hale");
	trail_go(&t, "FIND", NULL, TIME_NONE);
	assert_place(trail_here(&t), "FIND", NULL, "");
	assert_place(trail_back(&t), "FIND", NULL, "hale");
	trail_done(&t);
}

static void to_and_fro_between_tabs_is_no_way(void **state)
{
	(void)state;
	struct trail t = {0};
	trail_go(&t, "FIND", NULL, TIME_NONE);
	trail_go(&t, "CIF", "1", TIME_NONE);
	for (int i = 0; i < 5; i++) {
		trail_go(&t, "HIST", "1", TIME_NONE);
		trail_go(&t, "CIF", "1", TIME_NONE);
	}
	assert_place(trail_forward(&t), "HIST", "1", "");
	trail_back(&t);
	assert_place(trail_back(&t), "FIND", NULL, "");
	/* From another customer it is one. */
	trail_go(&t, "CIF", "1", TIME_NONE);
	trail_go(&t, "CIF", "2", TIME_NONE);
	trail_go(&t, "CIF", "1", TIME_NONE);
	assert_place(trail_back(&t), "CIF", "2", "");
	trail_done(&t);
}

static void the_oldest_are_forgotten(void **state)
{
	(void)state;
	struct trail t = {0};
	char cif[16];
	for (int i = 0; i < TRAIL_MOST + 20; i++) {
		snprintf(cif, sizeof(cif), "%d", i);
		trail_go(&t, "CIF", cif, TIME_NONE);
	}
	int steps = 0;
	while (trail_back(&t))
		steps++;
	assert_int_equal(steps, TRAIL_MOST - 1);
	assert_place(trail_here(&t), "CIF", "20", "");
	trail_done(&t);
	assert_null(trail_here(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_and_forward_give_the_same_places),
		cmocka_unit_test(a_new_way_forgets_the_old_one),
		cmocka_unit_test(the_same_place_is_one_place),
		cmocka_unit_test(what_was_searched_is_a_place_of_its_own),
		cmocka_unit_test(to_and_fro_between_tabs_is_no_way),
		cmocka_unit_test(the_oldest_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
