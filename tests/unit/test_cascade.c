/* cascades: what the server does to child rows without a word, done again at the parent's change. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "model/cascade.h"
#include "replica/apply.h"
#include "replica/check.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "replica_fixture.h"

/* A store has customers, a customer items and notes (whose key the CIF is a part of), a node is under a node. */
enum { STORE = ITEM + 1, NOTE, NODE };

static const char model[] =
	"[model]\nname = family\nzone = UTC\n"
	"[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\nstore = store\n"
	"column.cif = CIF | integer\ncolumn.name = Name | text\ncolumn.store = Store | text\n"
	"[entity item]\nkind = detail\ntable = item\nkey = no\ncif = cif\n"
	"column.no = No | integer\ncolumn.cif = CIF | integer\ncolumn.what = What | text\n"
	"[entity store]\nkind = store\ntable = store\nkey = id\nname = title\n"
	"column.id = Store | text\ncolumn.title = Title | text\ncolumn.area = Area | integer\n"
	"[entity note]\nkind = detail\ntable = note\nkey = no, cif\ncif = cif\n"
	"column.no = No | integer\ncolumn.cif = CIF | integer\ncolumn.text = Text | text\n"
	"[entity node]\nkind = detail\ntable = node\nkey = id\ncif = cif\n"
	"column.id = Node | integer\ncolumn.cif = CIF | integer\ncolumn.up = Under | integer\n"
	"[rollup registrations]\nof = first(customer)\nby = store\n";

static struct fixture f;

static void rules(const struct cascade *list, int count)
{
	struct cascades c = {list, count};

	if (!apply_set_cascades(f.apply, &c, &f.err))
		fail_msg("%s", f.err.message);
}

#define RULES(...)                                                                                                     \
	do {                                                                                                           \
		const struct cascade list[] = {__VA_ARGS__};                                                           \
		rules(list, (int)(sizeof list / sizeof *list));                                                        \
	} while (0)
#define COLUMN(n)                                                                                                      \
	(const int[])                                                                                                  \
	{                                                                                                              \
		n                                                                                                      \
	}
#define RULE(p, pc, c, cc, deleted, updated)                                                                           \
	{                                                                                                              \
		p, c, 1, COLUMN(pc), COLUMN(cc), CASCADE_##deleted, CASCADE_##updated                                  \
	}

static int setup(void **state)
{
	(void)state;
	fixture_open(&f, model);
	f.cascades = true;
	fixture_begin(&f, 0);
	fixture_insert(&f, STORE, "S1|Here|1");
	fixture_insert(&f, STORE, "S2|There|-");
	fixture_insert(&f, CUSTOMER, "1|Ann|S1");
	fixture_insert(&f, CUSTOMER, "2|Bo|S1");
	fixture_insert(&f, CUSTOMER, "3|Cy|-");
	fixture_insert(&f, ITEM, "10|1|card");
	fixture_insert(&f, ITEM, "11|1|loan");
	fixture_insert(&f, ITEM, "20|2|card");
	fixture_insert(&f, ITEM, "30|-|none");
	fixture_end(&f);
	return 0;
}

static void found(void *ctx, const struct violation *v)
{
	(void)ctx;
	fail_msg("%s %s: %s: %s", v->entity, v->key, v->rule, v->detail);
}

/* Whatever a test did, `check` finds nothing in it, and nothing was a surprise. */
static int teardown(void **state)
{
	(void)state;
	if (!replica_check(f.path, found, NULL, NULL, &f.err))
		fail_msg("%s", f.err.message);
	assert_string_equal(fixture_anomalies(&f), "");
	fixture_close(&f);
	return 0;
}

#define VERSIONS(entity, ...) assert_string_equal(fixture_versions(&f, entity), __VA_ARGS__)
#define ITEM_30               "30.1 0-now insert: 30|-|none\n"

static void a_deleted_parent_takes_its_children(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, NONE));
	fixture_begin(&f, 10);
	fixture_delete(&f, CUSTOMER, "1|Ann|S1");
	fixture_end(&f);
	VERSIONS(ITEM, "10.1 0-10 insert/cascade: 10|1|card\n11.1 0-10 insert/cascade: 11|1|loan\n"
		       "20.1 0-now insert: 20|2|card\n" ITEM_30);
}

static void a_deleted_parent_is_forgotten_by_its_children(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, SET_NULL, NONE));
	fixture_begin(&f, 10);
	fixture_delete(&f, CUSTOMER, "2|?|?");
	fixture_end(&f);
	VERSIONS(ITEM, "10.1 0-now insert: 10|1|card\n11.1 0-now insert: 11|1|loan\n"
		       "20.1 0-10 insert/cascade: 20|2|card\n20.2 10-now cascade changed cif: 20|-|card\n" ITEM_30);
}

static void children_follow_a_changed_key(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, NONE, FOLLOW));
	fixture_begin(&f, 10);
	fixture_update(&f, CUSTOMER, "2|Bo|S1", "7|Bo|S1");
	fixture_delete(&f, CUSTOMER, "1|Ann|S1"); /* no rule for that */
	fixture_end(&f);
	VERSIONS(ITEM, "10.1 0-now insert: 10|1|card\n11.1 0-now insert: 11|1|loan\n"
		       "20.1 0-10 insert/cascade: 20|2|card\n20.2 10-now cascade changed cif: 20|7|card\n" ITEM_30);
	VERSIONS(CUSTOMER, "1.1 0-10 insert/delete: 1|Ann|S1\n2.1 0-10 insert/key_change: 2|Bo|S1\n"
			   "3.1 0-now insert: 3|Cy|-\n7.1 10-now key_change: 7|Bo|S1\n");
}

static void an_update_of_other_columns_cascades_to_nothing(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, SET_NULL));
	fixture_begin(&f, 10);
	fixture_update(&f, CUSTOMER, "1|Ann|S1", "1|Ann|S2");
	fixture_update(&f, CUSTOMER, NULL, "2|Bob|?");
	fixture_end(&f);
	VERSIONS(ITEM,
		 "10.1 0-now insert: 10|1|card\n11.1 0-now insert: 11|1|loan\n20.1 0-now insert: 20|2|card\n" ITEM_30);
}

static void without_the_flag_nothing_follows(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, FOLLOW));
	f.cascades = false;
	fixture_begin(&f, 10);
	fixture_delete(&f, CUSTOMER, "1|Ann|S1");
	fixture_update(&f, CUSTOMER, "2|Bo|S1", "7|Bo|S1");
	fixture_end(&f);
	VERSIONS(ITEM,
		 "10.1 0-now insert: 10|1|card\n11.1 0-now insert: 11|1|loan\n20.1 0-now insert: 20|2|card\n" ITEM_30);
}

/* The store goes, its customers with it, and their items are forgotten; a customer without a store stays. */
static void a_cascade_goes_on(void **state)
{
	(void)state;
	RULES(RULE(STORE, 0, CUSTOMER, 2, FOLLOW, NONE), RULE(CUSTOMER, 0, ITEM, 1, SET_NULL, NONE));
	fixture_begin(&f, 10);
	fixture_delete(&f, STORE, "S1|Here|1");
	fixture_end(&f);
	VERSIONS(CUSTOMER,
		 "1.1 0-10 insert/cascade: 1|Ann|S1\n2.1 0-10 insert/cascade: 2|Bo|S1\n3.1 0-now insert: 3|Cy|-\n");
	VERSIONS(ITEM, "10.1 0-10 insert/cascade: 10|1|card\n10.2 10-now cascade changed cif: 10|-|card\n"
		       "11.1 0-10 insert/cascade: 11|1|loan\n11.2 10-now cascade changed cif: 11|-|loan\n"
		       "20.1 0-10 insert/cascade: 20|2|card\n20.2 10-now cascade changed cif: 20|-|card\n" ITEM_30);
}

static void a_null_refers_to_nothing(void **state)
{
	(void)state;
	RULES(RULE(STORE, 2, ITEM, 1, FOLLOW, SET_NULL));
	fixture_begin(&f, 10);
	fixture_update(&f, STORE, "S2|There|-", "S2|There|9");
	fixture_update(&f, STORE, "S2|There|9", "S2|There|-");
	fixture_delete(&f, STORE, "S2|There|-");
	fixture_end(&f);
	VERSIONS(ITEM,
		 "10.1 0-now insert: 10|1|card\n11.1 0-now insert: 11|1|loan\n20.1 0-now insert: 20|2|card\n" ITEM_30);
}

/* What the image does not say of the columns referred to, the row does. */
static void a_partial_image_is_completed_by_the_row(void **state)
{
	(void)state;
	RULES(RULE(STORE, 2, ITEM, 1, FOLLOW, SET_NULL));
	fixture_begin(&f, 10);
	fixture_delete(&f, STORE, "S1|?|?");
	fixture_end(&f);
	VERSIONS(ITEM, "10.1 0-10 insert/cascade: 10|1|card\n11.1 0-10 insert/cascade: 11|1|loan\n"
		       "20.1 0-now insert: 20|2|card\n" ITEM_30);
}

static void a_parent_nobody_knows_is_refused(void **state)
{
	(void)state;
	RULES(RULE(STORE, 2, ITEM, 1, FOLLOW, SET_NULL));
	fixture_begin(&f, 10);
	assert_false(fixture_try(&f, CHANGE_DELETE, STORE, "S9|?|?", NULL));
	assert_int_equal(f.err.code, ERROR_REFUSED);
	assert_string_equal(f.err.message,
			    "could not carry out a foreign key of item: its values in the row of store are not known");
	replica_rollback(f.replica);
	apply_reset(f.apply);
}

/* ---- keys ---- */

static void a_child_moves_when_its_key_follows(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, NOTE, 1, FOLLOW, FOLLOW));
	fixture_begin(&f, 5);
	fixture_insert(&f, NOTE, "1|1|a");
	fixture_insert(&f, NOTE, "2|1|b");
	fixture_end(&f);
	fixture_begin(&f, 10);
	fixture_update(&f, CUSTOMER, "1|Ann|S1", "7|Ann|S1");
	fixture_end(&f);
	fixture_begin(&f, 20);
	fixture_insert(&f, NOTE, "1|1|c");
	fixture_delete(&f, CUSTOMER, "7|Ann|S1");
	fixture_end(&f);
	VERSIONS(NOTE, "[\"1\",\"1\"].1 5-10 insert/cascade: 1|1|a\n[\"1\",\"1\"].2 20-now insert: 1|1|c\n"
		       "[\"1\",\"7\"].1 10-20 cascade/cascade: 1|7|a\n"
		       "[\"2\",\"1\"].1 5-10 insert/cascade: 2|1|b\n[\"2\",\"7\"].1 10-20 cascade/cascade: 2|7|b\n");
}

/* A customer that a cascade moves or kills is counted as always; one that comes to its key later counts anew. */
static void registrations_go_along(void **state)
{
	struct status_answer a = {0};

	(void)state;
	RULES(RULE(NODE, 2, CUSTOMER, 0, FOLLOW, FOLLOW));
	fixture_begin(&f, 5);
	fixture_insert(&f, NODE, "1|-|1");
	fixture_insert(&f, NODE, "2|-|2");
	fixture_end(&f);
	fixture_begin(&f, 10);
	fixture_update(&f, NODE, "1|-|1", "1|-|8");
	fixture_delete(&f, NODE, "2|-|2");
	fixture_end(&f);
	fixture_begin(&f, 20);
	fixture_insert(&f, CUSTOMER, "1|Di|S2");
	fixture_insert(&f, CUSTOMER, "2|Ed|S2");
	fixture_end(&f);
	VERSIONS(CUSTOMER,
		 "1.1 0-10 insert/cascade: 1|Ann|S1\n1.2 20-now insert: 1|Di|S2\n2.1 0-10 insert/cascade: 2|Bo|S1\n"
		 "2.2 20-now insert: 2|Ed|S2\n3.1 0-now insert: 3|Cy|-\n8.1 10-now cascade: 8|Ann|S1\n");
	assert_true(query_status(fixture_query(&f), &a, &f.err));
	assert_int_equal(a.registrations, 4); /* Ann, Bo (and whoever has its key), Cy, Di */
	answer_done(&a.base);
}

static void a_key_set_to_null_is_refused(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, NOTE, 1, SET_NULL, NONE));
	fixture_begin(&f, 10);
	fixture_insert(&f, NOTE, "1|1|a");
	assert_false(fixture_try(&f, CHANGE_DELETE, CUSTOMER, "1|Ann|S1", NULL));
	assert_int_equal(f.err.code, ERROR_REFUSED);
	replica_rollback(f.replica);
	apply_reset(f.apply);
}

/* ---- a table under itself ---- */

static void a_tree_dies_with_its_root(void **state)
{
	(void)state;
	RULES(RULE(NODE, 0, NODE, 2, FOLLOW, NONE));
	fixture_begin(&f, 5);
	fixture_insert(&f, NODE, "1|-|-");
	fixture_insert(&f, NODE, "2|-|1");
	fixture_insert(&f, NODE, "3|-|1");
	fixture_insert(&f, NODE, "4|-|3");
	fixture_insert(&f, NODE, "5|-|9");
	fixture_end(&f);
	fixture_begin(&f, 10);
	fixture_delete(&f, NODE, "1|-|-");
	fixture_end(&f);
	VERSIONS(NODE, "1.1 5-10 insert/delete: 1|-|-\n2.1 5-10 insert/cascade: 2|-|1\n3.1 5-10 insert/cascade: 3|-|1\n"
		       "4.1 5-10 insert/cascade: 4|-|3\n5.1 5-now insert: 5|-|9\n");
}

/* One under itself, and two that are under each other: everyone dies once. */
static void a_cycle_ends(void **state)
{
	(void)state;
	RULES(RULE(NODE, 0, NODE, 2, FOLLOW, NONE));
	fixture_begin(&f, 5);
	fixture_insert(&f, NODE, "1|-|1");
	fixture_insert(&f, NODE, "2|-|3");
	fixture_insert(&f, NODE, "3|-|2");
	fixture_end(&f);
	fixture_begin(&f, 10);
	fixture_delete(&f, NODE, "1|-|1");
	fixture_delete(&f, NODE, "2|-|3");
	fixture_end(&f);
	VERSIONS(NODE,
		 "1.1 5-10 insert/delete: 1|-|1\n2.1 5-10 insert/delete: 2|-|3\n3.1 5-10 insert/cascade: 3|-|2\n");
}

static void chain(int length)
{
	char row[32];

	RULES(RULE(NODE, 0, NODE, 2, FOLLOW, NONE));
	fixture_begin(&f, 5);
	for (int i = 0; i <= length; i++) {
		snprintf(row, sizeof row, "%d|-|%d", i, i - 1);
		fixture_insert(&f, NODE, row);
	}
	fixture_end(&f);
	fixture_begin(&f, 10);
}

static void fifteen_steps_are_gone(void **state)
{
	(void)state;
	chain(15);
	fixture_delete(&f, NODE, "0|-|-1");
	fixture_end(&f);
	assert_null(strstr(fixture_versions(&f, NODE), "now"));
}

static void sixteen_are_refused(void **state)
{
	(void)state;
	chain(16);
	assert_false(fixture_try(&f, CHANGE_DELETE, NODE, "0|-|-1", NULL));
	assert_int_equal(f.err.code, ERROR_REFUSED);
	replica_rollback(f.replica);
	apply_reset(f.apply);
	fixture_begin(&f, 20);
	fixture_delete(&f, NODE, "16|-|15");
	fixture_end(&f);
}

/* ---- transactions ---- */

/* A child may be sent before its parent goes, and after: then it tells what the cascade left. */
static void explicit_changes_and_cascades_meet(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, SET_NULL, FOLLOW));
	fixture_begin(&f, 10);
	fixture_delete(&f, ITEM, "10|1|card");
	fixture_delete(&f, CUSTOMER, "1|Ann|S1");
	fixture_update(&f, ITEM, "11|-|loan", "11|2|loan");
	fixture_update(&f, CUSTOMER, "2|Bo|S1", "1|Bo|S1");
	fixture_end(&f);
	VERSIONS(ITEM,
		 "10.1 0-10 insert/delete: 10|1|card\n11.1 0-10 insert/cascade: 11|1|loan\n"
		 "11.2 10-10 cascade/update changed cif: 11|-|loan\n11.3 10-10 update/cascade changed cif: 11|2|loan\n"
		 "11.4 10-now cascade changed cif: 11|1|loan\n20.1 0-10 insert/cascade: 20|2|card\n"
		 "20.2 10-now cascade changed cif: 20|1|card\n" ITEM_30);
}

/* REPLACE of a row that others refer to is a delete and an insert. */
static void a_replaced_parent_loses_its_children(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, FOLLOW));
	fixture_begin(&f, 10);
	fixture_delete(&f, CUSTOMER, "2|Bo|S1");
	fixture_insert(&f, CUSTOMER, "2|Bob|S1");
	fixture_end(&f);
	VERSIONS(ITEM, "10.1 0-now insert: 10|1|card\n11.1 0-now insert: 11|1|loan\n20.1 0-10 insert/cascade: "
		       "20|2|card\n" ITEM_30);
}

static void what_is_rolled_back_did_not_cascade(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, NONE));
	fixture_begin(&f, 10);
	fixture_delete(&f, CUSTOMER, "1|Ann|S1");
	replica_rollback(f.replica);
	apply_reset(f.apply);
	fixture_begin(&f, 20);
	fixture_delete(&f, CUSTOMER, "2|Bo|S1");
	fixture_end(&f);
	VERSIONS(ITEM, "10.1 0-now insert: 10|1|card\n11.1 0-now insert: 11|1|loan\n20.1 0-20 insert/cascade: "
		       "20|2|card\n" ITEM_30);
}

static void rules_may_change(void **state)
{
	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, NONE));
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, NONE));
	fixture_begin(&f, 10);
	fixture_delete(&f, CUSTOMER, "1|Ann|S1");
	fixture_end(&f);
	rules(NULL, 0);
	fixture_begin(&f, 20);
	fixture_delete(&f, CUSTOMER, "2|Bo|S1");
	fixture_end(&f);
	VERSIONS(ITEM, "10.1 0-10 insert/cascade: 10|1|card\n11.1 0-10 insert/cascade: 11|1|loan\n20.1 0-now insert: "
		       "20|2|card\n" ITEM_30);
}

/* ---- looking for them ---- */

static bool plan_has(const char *sql, const char *what)
{
	sqlite3_stmt *s;
	bool has = false;

	assert_int_equal(sqlite3_prepare_v2(replica_db(f.replica), sql, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		has |= strstr((const char *)sqlite3_column_text(s, 3), what) != NULL;
	sqlite3_finalize(s);
	return has;
}

static void children_are_found_by_an_index(void **state)
{
	(void)state;
	RULES(RULE(STORE, 0, CUSTOMER, 2, FOLLOW, NONE), RULE(CUSTOMER, 0, ITEM, 1, SET_NULL, NONE),
	      RULE(CUSTOMER, 0, NOTE, 1, FOLLOW, NONE),
	      {NODE, NODE, 2, (const int[]){0, 1}, (const int[]){2, 1}, CASCADE_FOLLOW, CASCADE_NONE});
	assert_true(plan_has(
		"EXPLAIN QUERY PLAN SELECT * FROM customer WHERE store = 'x' AND _rowid_ >= 1 ORDER BY _rowid_",
		"td_fk_customer.store (store=? AND rowid>?)"));
	assert_true(plan_has("EXPLAIN QUERY PLAN SELECT * FROM item WHERE cif = 1 AND _rowid_ >= 1 ORDER BY _rowid_",
			     "item_cif (cif=? AND rowid>?)"));
	assert_true(plan_has(
		"EXPLAIN QUERY PLAN SELECT * FROM node WHERE up = 1 AND cif = 2 AND _rowid_ >= 1 ORDER BY _rowid_",
		"td_fk_node.up.cif (up=? AND cif=? AND rowid>?)"));
}

static void history_says_cascade(void **state)
{
	struct history_request r = {.cif = "1", .entity = ITEM, .from = INT64_MIN, .to = INT64_MIN};
	struct history_answer a = {0};

	(void)state;
	RULES(RULE(CUSTOMER, 0, ITEM, 1, FOLLOW, FOLLOW));
	fixture_begin(&f, 10);
	fixture_update(&f, CUSTOMER, "2|Bo|S1", "9|Bo|S1");
	fixture_delete(&f, CUSTOMER, "1|Ann|S1");
	fixture_end(&f);
	assert_true(query_history(fixture_query(&f), &r, &a, &f.err));
	assert_int_equal(a.count, 2);
	assert_string_equal(end_word(a.versions[0].ended_by), "cascade");
	r.cif = "9";
	assert_true(query_history(fixture_query(&f), &r, &a, &f.err));
	assert_int_equal(a.count, 1);
	assert_string_equal(origin_word(a.versions[0].origin), "cascade");
	answer_done(&a.base);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(a_deleted_parent_takes_its_children),
		ROW(a_deleted_parent_is_forgotten_by_its_children),
		ROW(children_follow_a_changed_key),
		ROW(an_update_of_other_columns_cascades_to_nothing),
		ROW(without_the_flag_nothing_follows),
		ROW(a_cascade_goes_on),
		ROW(a_null_refers_to_nothing),
		ROW(a_partial_image_is_completed_by_the_row),
		ROW(a_parent_nobody_knows_is_refused),
		ROW(a_child_moves_when_its_key_follows),
		ROW(registrations_go_along),
		ROW(a_key_set_to_null_is_refused),
		ROW(a_tree_dies_with_its_root),
		ROW(a_cycle_ends),
		ROW(fifteen_steps_are_gone),
		ROW(sixteen_are_refused),
		ROW(explicit_changes_and_cascades_meet),
		ROW(a_replaced_parent_loses_its_children),
		ROW(what_is_rolled_back_did_not_cascade),
		ROW(rules_may_change),
		ROW(children_are_found_by_an_index),
		ROW(history_says_cascade),
	};

	return cmocka_run_group_tests_name("cascade", tests, NULL, NULL);
}
