/* grid: the selection stays on its row, whatever happens to the others, in whatever order they are shown. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
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
	out->name = "name";
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
	assert_string_equal(rows[grid_row(g)], selected);
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
	assert_int_equal(grid_row(&g), -1);
	assert_true(grid_act(&g, ACTION_DOWN));
	assert_false(grid_find(&g, "a", 1));
	holds(&g, (const char *const[]){"n"}, 1, "n");
	grid_done(&g);
}

/* The owner empties it before it asks again: the rows are not touched meanwhile, the key is kept. */
static void a_grid_that_is_cleared_touches_no_row(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, &ops, NULL, 1);
	rows = (const char *const[]){"b", "d", "f"};
	grid_sync(&g, 3);
	grid_act(&g, ACTION_DOWN);
	grid_clear(&g);
	rows = NULL;
	grid_act(&g, ACTION_ORDER);
	grid_filter(&g, "d");
	assert_false(grid_find(&g, "d", 1));
	assert_true(grid_act(&g, ACTION_VIEW));
	assert_false(g.record.open);
	assert_int_equal(grid_row(&g), -1);
	grid_filter(&g, "");
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
	assert_false(grid_act(&g, ACTION_HELP));
	assert_false(grid_act(&g, ACTION_BACK));
	grid_done(&g);
}

static void finding_goes_round(void **state)
{
	(void)state;
	struct grid g;
	int at;
	const char *const list[] = {"Müller", "Hale", "MULLER", "O'Brien", "%"};
	rows = list;
	grid_init(&g, &ops, NULL, 1);
	grid_sync(&g, 5);
	assert_int_equal(grid_matches(&g, &at), 0);
	assert_true(grid_find(&g, "mull", 1));
	assert_int_equal(g.selected, 2);
	assert_int_equal(grid_matches(&g, &at), 2);
	assert_int_equal(at, 2);
	assert_true(grid_find(&g, "mull", 1));
	assert_int_equal(g.selected, 0);
	assert_true(grid_find(&g, "OBRIEN", -1));
	assert_int_equal(g.selected, 3);
	assert_true(grid_find(&g, "%", 1)); /* a sign is no word, and is found all the same */
	assert_int_equal(g.selected, 4);
	assert_false(grid_find(&g, "nobody", 1));
	assert_int_equal(grid_matches(&g, &at), 0);
	assert_int_equal(at, 0);
	assert_false(grid_find(&g, "", 1));
	assert_int_equal(g.selected, 4);
	grid_done(&g);
}

/* ---- a table of several columns ---- */

struct line {
	const char *key, *text, *number; /* NULL: nothing; a number that does not begin like one is a text */
};

static const struct line *table;

static const char *table_key(void *ctx, int row)
{
	(void)ctx;
	return table[row].key;
}

static void table_column(void *ctx, int column, struct grid_column *out)
{
	static const struct grid_column columns[] = {
		{.title = "Key", .name = "key"},
		{.title = "Text", .name = "text"},
		{.title = "Line"}, /* drawn alone */
		{.title = "Number", .name = "number", .right = true},
	};
	(void)ctx;
	*out = columns[column];
}

static const char *table_text(int row, int column)
{
	const struct line *l = &table[row];
	return column == 0 ? l->key : column == 1 ? l->text : column == 2 ? "-" : l->number;
}

static void table_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	(void)ctx;
	const char *text = table_text(row, column);
	out->text = text ? text : "(none)";
	out->len = strlen(out->text);
	out->role = text ? ROLE_TEXT : ROLE_NONE;
}

static void table_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	(void)ctx;
	const char *text = table_text(row, column);
	char *end = NULL;
	if (!text)
		return;
	*out = (struct grid_datum){.kind = GRID_TEXT, .text = text, .len = strlen(text)};
	out->rank = column == 3 ? strtod(text, &end) : 0;
	if (end && end != text)
		out->kind = GRID_NUMBER;
}

static const struct grid_ops table_ops = {
	.key = table_key, .column = table_column, .cell = table_cell, .datum = table_datum};

static const struct line lines[] = {
	{"a", "Zoë", "10"},   {"b", "adam", "-3.5"}, {"c", NULL, "9"},      {"d", "ADÁM", NULL},
	{"e", "10", "2"},     {"f", "9", "10"},      {"g", "", "1e3"},      {"h", "émile", "n/a"},
	{"i", "010", "-100"}, {"j", "Emil", "0.25"}, {"k", "Łukasz", "+7"},
};
enum { LINES = sizeof(lines) / sizeof(lines[0]) };

static void grid_table(struct grid *g)
{
	table = lines;
	grid_init(g, &table_ops, NULL, 4);
	grid_sync(g, LINES);
}

/* The keys as they are shown, in one word. */
static void shows(const struct grid *g, const char *keys)
{
	char text[LINES + 1] = "";
	for (int i = 0; i < g->count; i++)
		strcat(text, table[grid_row_at(g, i)].key);
	assert_string_equal(text, keys);
}

static void sorting_puts_each_kind_in_its_order(void **state)
{
	(void)state;
	static const struct {
		int column;
		bool reverse;
		const char *keys;
	} cases[] = {
		{-1, false, "abcdefghijk"},
		{0, false, "abcdefghijk"},
		{0, true, "kjihgfedcba"},
		/* digits by what they read as, empty before letters, marks and case do not count, equal ones as they
		 * came, nothing last */
		{1, false, "feigbdjhkac"},
		{1, true, "akhjbdgeifc"},
		{2, false, "abcdefghijk"}, /* a column without a name orders nothing */
		/* numbers by size, then text, then nothing, which stays last */
		{3, false, "ibjekcafghd"},
		{3, true, "hgafckejbid"},
	};
	struct grid g;
	grid_table(&g);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		grid_sort(&g, cases[i].column, cases[i].reverse);
		shows(&g, cases[i].keys);
	}
	grid_done(&g);
}

static void filtering_leaves_what_holds_the_text(void **state)
{
	(void)state;
	static const struct {
		const char *text, *keys;
	} cases[] = {
		{"adam", "bd"}, {"ADÂM", "bd"}, {"10", "aefi"}, {"emil", "hj"},      {"lukasz", "k"},
		{"nobody", ""}, {"+", "k"},     {"none", "cd"}, {"", "abcdefghijk"},
	};
	struct grid g;
	grid_table(&g);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		grid_filter(&g, cases[i].text);
		shows(&g, cases[i].keys);
		assert_int_equal(g.rows, LINES);
		assert_int_equal(g.filter != NULL, cases[i].text[0] != 0);
	}
	grid_done(&g);
}

/* What its owner paints as it is would not be what is selected. */
static void a_fixed_grid_keeps_its_rows(void **state)
{
	(void)state;
	struct grid g;
	grid_table(&g);
	g.fixed = true;
	int count = g.count;
	assert_false(grid_act(&g, ACTION_ORDER));
	grid_sort(&g, 1, true);
	grid_filter(&g, "adam");
	assert_int_equal(g.count, count);
	assert_int_equal(g.sort, 0);
	assert_null(g.filter);
	grid_act(&g, ACTION_LAST);
	assert_int_equal(grid_row(&g), count - 1);
	grid_done(&g);
}

static void the_selection_stays_through_order_and_filter(void **state)
{
	(void)state;
	struct grid g;
	static const struct line later[] = {{"x", "adam", "5"}, {"j", "Emil", "0.25"}, {"b", "adam", "-3.5"}};
	grid_table(&g);
	grid_find(&g, "adam", 1); /* b */
	assert_int_equal(grid_row(&g), 1);
	grid_sort(&g, 1, true);
	assert_int_equal(grid_row(&g), 1);
	assert_int_equal(g.selected, 4);
	grid_filter(&g, "adam");
	shows(&g, "bd");
	assert_int_equal(grid_row(&g), 1);
	grid_filter(&g, "nobody");
	assert_int_equal(grid_row(&g), -1);
	grid_filter(&g, NULL); /* it was there all the time */
	assert_int_equal(grid_row(&g), 1);
	/* Order and filter outlive the rows. */
	grid_sort(&g, 0, true);
	grid_filter(&g, "adam");
	table = later;
	grid_sync(&g, 3);
	shows(&g, "xb");
	assert_int_equal(grid_row(&g), 2);
	assert_true(grid_act(&g, ACTION_BACK));
	shows(&g, "xjb");
	assert_int_equal(grid_row(&g), 2);
	assert_false(grid_act(&g, ACTION_BACK));
	grid_done(&g);
}

static void order_goes_through_the_named_columns(void **state)
{
	(void)state;
	struct grid g;
	struct buffer place = {0};
	static const struct {
		enum action action;
		const char *place;
	} steps[] = {
		{ACTION_NONE, "1 of 11"},
		{ACTION_REVERSE, "1 of 11"}, /* there is nothing to turn round */
		{ACTION_ORDER, "1 of 11 by Key"},
		{ACTION_ORDER, "10 of 11 by Text"},
		{ACTION_REVERSE, "1 of 11 by Text, reversed"},
		{ACTION_REVERSE, "10 of 11 by Text"},
		{ACTION_ORDER, "7 of 11 by Number"}, /* over the one that is drawn alone */
		{ACTION_ORDER, "1 of 11"},
	};
	grid_table(&g);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		grid_act(&g, steps[i].action);
		buffer_clear(&place);
		grid_place(&g, &place);
		assert_string_equal(buffer_text(&place), steps[i].place);
	}
	buffer_done(&place);
	grid_done(&g);
}

static void finding_keeps_to_the_rows_shown(void **state)
{
	(void)state;
	struct grid g;
	int at;
	grid_table(&g);
	grid_filter(&g, "10");
	grid_sort(&g, 0, true);
	shows(&g, "ifea");
	assert_true(grid_find(&g, "10", 1)); /* from a, the last one, around */
	assert_int_equal(grid_matches(&g, &at), 4);
	assert_int_equal(at, 1);
	assert_true(grid_find(&g, "zoe", 1));
	assert_int_equal(grid_matches(&g, &at), 1);
	assert_false(grid_find(&g, "adam", 1)); /* filtered away */
	grid_done(&g);
}

/* ---- columns ---- */

static void columns_are_chosen_and_scrolled_to(void **state)
{
	(void)state;
	struct grid g;
	grid_table(&g);
	assert_int_equal(grid_column_at(&g), 0);
	static const struct {
		enum action action;
		int column, offset;
	} steps[] = {
		/* widths 3 6 4 6: the starts of those that scroll are 0, 8, 14 */
		{ACTION_COLUMN_RIGHT, 1, 0},  {ACTION_COLUMN_RIGHT, 2, 8}, {ACTION_COLUMN_RIGHT, 3, 10},
		{ACTION_COLUMN_RIGHT, 3, 10}, {ACTION_COLUMN_LEFT, 2, 8},  {ACTION_COLUMN_LEFT, 1, 0},
		{ACTION_COLUMN_LEFT, 0, 0},   {ACTION_COLUMN_LEFT, 0, 0},
	};
	g.room = 10; /* as after a paint: of 20 cells, ten are beyond the edge */
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		grid_act(&g, steps[i].action);
		assert_int_equal(grid_column_at(&g), steps[i].column);
		assert_int_equal(g.offset, steps[i].offset);
	}
	grid_done(&g);
}

/* A record has a field for each column that has a title; a copy takes the field. */
static void a_record_goes_from_row_to_row(void **state)
{
	(void)state;
	struct grid g;
	grid_table(&g);
	assert_false(grid_record_act(&g, ACTION_DOWN));
	assert_true(grid_act(&g, ACTION_OPEN));
	assert_true(g.record.open);
	grid_act(&g, ACTION_DOWN);
	assert_int_equal(grid_column_at(&g), 1);
	assert_int_equal(grid_row(&g), 0);
	grid_act(&g, ACTION_NEXT);
	assert_int_equal(grid_row(&g), 1);
	assert_int_equal(grid_column_at(&g), 1); /* the same field of the next row */
	grid_act(&g, ACTION_LAST);
	assert_int_equal(grid_column_at(&g), 3);
	grid_act(&g, ACTION_PREVIOUS);
	grid_act(&g, ACTION_PREVIOUS);
	assert_int_equal(grid_row(&g), 0);
	grid_filter(&g, "adam");
	assert_true(grid_act(&g, ACTION_BACK)); /* the record first, then the filter */
	assert_false(g.record.open);
	assert_non_null(g.filter);
	assert_true(grid_act(&g, ACTION_BACK));
	assert_null(g.filter);
	grid_done(&g);
}

/* ---- many rows ---- */

static int cells_asked;
static char many_text[32];

static const char *many_key(void *ctx, int row)
{
	(void)ctx;
	snprintf(many_text, sizeof(many_text), "%d", row);
	return many_text;
}

static void many_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	(void)column;
	cells_asked++;
	out->text = many_key(ctx, (int)(row * 7919LL % 500000));
	out->len = strlen(out->text);
}

static const struct grid_ops many_ops = {.key = many_key, .column = row_column, .cell = many_cell};

/* Half a million rows are measured by a sample, and nothing but what is asked for reads them all. */
static void many_rows_are_not_read_at_each_step(void **state)
{
	(void)state;
	struct grid g;
	int at;
	grid_init(&g, &many_ops, NULL, 1);
	cells_asked = 0;
	grid_sync(&g, 500000);
	assert_in_range(cells_asked, 1, 300);
	cells_asked = 0;
	for (int i = 0; i < 1000; i++)
		grid_act(&g, i % 2 ? ACTION_PAGE_DOWN : ACTION_DOWN);
	assert_int_equal(cells_asked, 0);
	grid_sort(&g, 0, false);
	assert_int_equal(cells_asked, 500000);
	grid_select(&g, 499999);
	assert_int_equal(grid_row(&g) * 7919LL % 500000, 499999);
	cells_asked = 0;
	assert_true(grid_find(&g, "49999", 1));
	assert_int_equal(cells_asked, 500000);
	for (int i = 0; i < 50; i++)
		assert_true(grid_find(&g, "49999", 1));
	assert_int_equal(cells_asked, 500000); /* once a sync */
	assert_int_equal(grid_matches(&g, &at), 15);
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
		cmocka_unit_test(a_grid_that_is_cleared_touches_no_row),
		cmocka_unit_test(moving_stops_at_the_ends),
		cmocka_unit_test(finding_goes_round),
		cmocka_unit_test(sorting_puts_each_kind_in_its_order),
		cmocka_unit_test(filtering_leaves_what_holds_the_text),
		cmocka_unit_test(a_fixed_grid_keeps_its_rows),
		cmocka_unit_test(the_selection_stays_through_order_and_filter),
		cmocka_unit_test(order_goes_through_the_named_columns),
		cmocka_unit_test(finding_keeps_to_the_rows_shown),
		cmocka_unit_test(columns_are_chosen_and_scrolled_to),
		cmocka_unit_test(a_record_goes_from_row_to_row),
		cmocka_unit_test(many_rows_are_not_read_at_each_step),
		cmocka_unit_test(a_place_on_the_screen_is_a_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
