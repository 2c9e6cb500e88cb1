/* The customer's panes without a screen: marks bring back the very place, grids give programs what the bank holds. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/zone.h"
#include "model/model.h"
#include "replica/query.h"
#include "replica_fixture.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/panes/card.h"
#include "ui/panes/datum.h"
#include "ui/panes/show.h"
#include "ui/session.h"

static const char panes_model[] =
	"[model]\nname = little\nzone = UTC\n"
	"[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\n"
	"column.cif = CIF | integer\ncolumn.name = Name | text\ncolumn.phone = Phone | text | pii\n"
	"[entity item]\nkind = detail\ntitle = Items\ntable = item\nkey = no\ncif = cif\n"
	"column.no = No | integer\ncolumn.cif = CIF | integer | hidden\ncolumn.what = What | text\n"
	"column.worth = Worth | decimal(2) | pii\ncolumn.since = Since | date\n";

struct desk {
	struct fixture f;
	struct session s;
};

static struct desk desk;

static int set_up(void **state)
{
	struct fixture *f = &desk.f;
	struct error err = {0};
	(void)state;
	memset(&desk, 0, sizeof(desk));
	fixture_open(f, panes_model);
	fixture_begin(f, 10);
	fixture_insert(f, CUSTOMER, "1|Ann|123");
	fixture_insert(f, ITEM, "7|1|SAVINGS|1250.50|2020-02-29");
	fixture_insert(f, ITEM, "8|1|=1+1|-|-");
	fixture_insert(f, ITEM, "9|1|LOAN|-3.00|2021-01-01");
	fixture_end(f);
	fixture_begin(f, 20);
	fixture_update(f, ITEM, "8|1|=1+1|-|-", "8|1|CARD|-|-");
	fixture_end(f);
	fixture_begin(f, 30);
	fixture_update(f, CUSTOMER, "1|Ann|123", "1|Ann|456");
	fixture_end(f);
	if (!keys_init(&desk.s.keys, NULL, &err))
		fail_msg("%s", err.message);
	desk.s.query = fixture_query(f);
	desk.s.model = query_model(desk.s.query);
	desk.s.zone = zone_utc();
	desk.s.customer = memory_text("1");
	desk.s.as_of = desk.s.as_of_last = TIME_NONE;
	desk.s.go_tab = -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	session_done(&desk.s);
	fixture_close(&desk.f);
	return 0;
}

/* A pane that begins where a mark says; NULL: afresh. */
static struct pane *shown(const struct pane_ops *ops, const char *mark)
{
	struct pane *p = pane_new(ops, &desk.s);
	ops->start(p, NULL);
	if (mark)
		ops->recall(p, mark);
	assert_true(pane_load(p));
	return p;
}

static void acted(struct pane *p, enum action a)
{
	if (pane_act(p, a) == REACT_LOAD)
		assert_true(pane_load(p));
}

static char *marked(const struct pane *p)
{
	struct buffer text = {0};
	p->ops->mark(p, &text);
	assert_null(strpbrk(buffer_text(&text), "\r\n"));
	return buffer_take(&text);
}

/* Another pane that begins with the mark of this one says the same of itself, and has the same row selected. */
static void comes_back(struct pane *p)
{
	char *mark = marked(p);
	struct pane *again = shown(p->ops, mark);
	char *back = marked(again);
	assert_string_equal(mark, back);
	struct grid *a = p->ops->grid(p), *b = again->ops->grid(again);
	assert_true(!a == !b);
	if (a) {
		assert_int_equal(a->count, b->count);
		assert_int_equal(grid_row(a), grid_row(b));
	}
	free(mark);
	free(back);
	pane_free(again);
}

static void a_mark_brings_back_the_customer_as_it_stood(void **state)
{
	(void)state;
	struct pane *p = shown(&customer_pane, NULL);
	assert_null(p->ops->grid(p));
	comes_back(p);
	acted(p, ACTION_DOWN);
	acted(p, ACTION_DOWN);
	assert_int_equal(grid_row(p->ops->grid(p)), 1);
	comes_back(p);
	acted(p, ACTION_NEXT_FIELD); /* nothing else was painted: the next tab */
	acted(p, ACTION_LAST);
	assert_int_equal(grid_row(p->ops->grid(p)), 2);
	comes_back(p);
	acted(p, ACTION_OPEN);
	comes_back(p);
	pane_free(p);
}

static void a_mark_that_is_none_is_a_fresh_start(void **state)
{
	static const char *const marks[] = {
		"", "x", "99 0 0 0 0 ", "-1 0 0 0 0 ", "1 0 7 0 0 ", "1 0 0 0 0 gone", "0 1 0 1 99 "};
	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct pane *p = shown(&customer_pane, marks[i]);
		p->ops->mark(p, &desk.f.text);
		pane_free(p);
		p = shown(&history_pane, marks[i]);
		assert_int_equal(grid_row(p->ops->grid(p)), 0);
		pane_free(p);
	}
}

static void a_mark_brings_back_the_history_as_it_stood(void **state)
{
	(void)state;
	struct pane *p = shown(&history_pane, NULL);
	assert_int_equal(p->ops->grid(p)->count, 6);
	comes_back(p);
	acted(p, ACTION_DOWN);
	acted(p, ACTION_UNCHANGED);
	comes_back(p);
	acted(p, ACTION_ENTITY);
	acted(p, ACTION_ENTITY);
	assert_int_equal(p->ops->grid(p)->count, 4);
	comes_back(p);
	p->ops->filter(p, "wha");
	assert_true(pane_load(p));
	assert_int_equal(p->ops->grid(p)->count, 1);
	assert_string_equal(p->ops->filtered(p), "wha");
	comes_back(p);
	acted(p, ACTION_OPEN);
	comes_back(p);
	acted(p, ACTION_BACK); /* the version alone, then the filters */
	acted(p, ACTION_BACK);
	assert_null(p->ops->filtered(p));
	assert_int_equal(p->ops->grid(p)->count, 6);
	assert_int_equal(pane_act(p, ACTION_BACK), REACT_IGNORED);
	pane_free(p);
}

static const char *datum(struct grid *g, int row, int column)
{
	struct grid_datum d = {0};
	static char text[128];
	g->ops->datum(g->ctx, row, column, &d);
	snprintf(text, sizeof(text), "%s %.*s%s",
		 d.kind == GRID_NUMBER ? "number"
		 : d.kind == GRID_TEXT ? "text"
				       : "nothing",
		 (int)d.len, d.text, d.ours ? " ours" : "");
	return text;
}

static void a_table_gives_programs_what_the_bank_holds(void **state)
{
	(void)state;
	struct pane *p = shown(&customer_pane, "1 0 0 0 0 ");
	struct grid *g = p->ops->grid(p);
	struct grid_column c = {0};
	assert_int_equal(g->columns, 4);
	assert_string_equal(datum(g, 0, 0), "text 7 ours"); /* a number of the bank is no formula */
	assert_string_equal(datum(g, 0, 1), "text SAVINGS");
	assert_string_equal(datum(g, 0, 2), "number 1250.50 ours");
	assert_string_equal(datum(g, 0, 3), "text 2020-02-29 ours");
	assert_string_equal(datum(g, 1, 2), "nothing ");
	assert_string_equal(datum(g, 2, 2), "number -3.00 ours");
	g->ops->column(g->ctx, 1, &c);
	assert_string_equal(c.name, "what");
	assert_false(c.pii);
	c = (struct grid_column){0};
	g->ops->column(g->ctx, 2, &c);
	assert_string_equal(c.name, "worth");
	assert_true(c.pii && c.right);
	pane_free(p);
}

/* The selected field decides whether it may be copied. */
static void a_field_knows_whether_it_is_private(void **state)
{
	(void)state;
	struct pane *p = shown(&customer_pane, "0 1 0 0 0 ");
	struct grid *g = p->ops->grid(p);
	struct grid_column c = {0};
	assert_int_equal(g->count, 2);
	g->ops->column(g->ctx, 1, &c);
	assert_false(c.pii);
	assert_string_equal(datum(g, 0, 1), "text Ann");
	acted(p, ACTION_DOWN);
	c = (struct grid_column){0};
	g->ops->column(g->ctx, 1, &c);
	assert_true(c.pii);
	assert_null(c.name); /* no table to sort or export */
	pane_free(p);
}

/* A line of what changed last may hold the value of any field. */
static void the_last_changes_are_private(void **state)
{
	(void)state;
	struct pane *p = shown(&customer_pane, "0 0 1 0 0 ");
	struct grid *g = p->ops->grid(p);
	struct grid_column c = {0};
	assert_int_equal(g->columns, 1);
	g->ops->column(g->ctx, 0, &c);
	assert_true(c.pii);
	pane_free(p);
}

static void a_cif_is_private_where_the_model_says_so(void **state)
{
	(void)state;
	const struct model *m = desk.s.model;
	struct entity *e = &m->entities[m->customer];
	assert_false(datum_cif_pii(NULL));
	assert_false(datum_cif_pii(m));
	e->columns[e->cif].pii = true;
	assert_true(datum_cif_pii(m));
	e->columns[e->cif].pii = false;
}

static void the_history_gives_programs_plain_words(void **state)
{
	(void)state;
	struct pane *p = shown(&history_pane, NULL);
	struct grid *g = p->ops->grid(p);
	assert_string_equal(datum(g, 0, 0), "text 2026-01-01T00:00:30.000000Z ours");
	assert_string_equal(datum(g, 0, 1), "text customer");
	assert_string_equal(datum(g, 0, 2), "text update ours");
	assert_string_equal(datum(g, 0, 3), "text phone: 123 -> 456");
	assert_string_equal(datum(g, 1, 1), "text item 8");
	assert_string_equal(datum(g, 1, 3), "text what: =1+1 -> CARD");
	assert_true(p->ops->card(p)->loaded);
	assert_string_equal(p->ops->card(p)->answer.cif, "1");
	assert_true(history_moment(p) == FIXTURE_START + 30 * SECOND);
	pane_free(p);
}

static void that_moment_is_the_selected_versions(void **state)
{
	(void)state;
	struct pane *p = shown(&history_pane, NULL);
	acted(p, ACTION_DOWN);
	acted(p, ACTION_THAT_MOMENT);
	assert_true(desk.s.as_of == TIME_NONE); /* the history stays at its own moment */
	assert_true(desk.s.go_as_of == FIXTURE_START + 20 * SECOND);
	desk.s.as_of = desk.s.go_as_of;
	assert_string_equal(desk.s.go, "CIF");
	assert_int_equal(desk.s.go_tab, 1);
	assert_string_equal(desk.s.go_row, "8");
	pane_free(p);
	p = shown(&customer_pane, NULL);
	assert_int_equal(grid_row(p->ops->grid(p)), 1);
	assert_string_equal(datum(p->ops->grid(p), 1, 1), "text CARD");
	pane_free(p);
}

/* Moments on the screen have no fraction; what is a text for the bank stays whole. */
static void a_moment_is_shown_to_the_second(void **state)
{
	static const char *const cases[][2] = {
		{"2026-11-20 23:04:03.089885", "2026-11-20 23:04:03"},
		{"2026-11-20 23:04:03", "2026-11-20 23:04:03"},
	};
	const struct column moment = {.type = COLUMN_DATETIME}, text = {.type = COLUMN_TEXT};
	struct buffer out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value v = {.kind = VALUE_TEXT, .text = cases[i][0], .len = (uint32_t)strlen(cases[i][0])};
		buffer_clear(&out);
		show_value(&out, &moment, v, NULL);
		assert_string_equal(buffer_text(&out), cases[i][1]);
		buffer_clear(&out);
		show_exact(&out, &moment, v, NULL); /* where it is compared, or shown whole */
		assert_string_equal(buffer_text(&out), cases[i][0]);
		buffer_clear(&out);
		show_value(&out, &text, v, NULL);
		assert_string_equal(buffer_text(&out), cases[i][0]);
	}
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_mark_brings_back_the_customer_as_it_stood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mark_that_is_none_is_a_fresh_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mark_brings_back_the_history_as_it_stood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_table_gives_programs_what_the_bank_holds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_field_knows_whether_it_is_private, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_changes_are_private, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cif_is_private_where_the_model_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_history_gives_programs_plain_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(that_moment_is_the_selected_versions, set_up, tear_down),
		cmocka_unit_test(a_moment_is_shown_to_the_second),
	};
	return cmocka_run_group_tests_name("customer panes", tests, NULL, NULL);
}
