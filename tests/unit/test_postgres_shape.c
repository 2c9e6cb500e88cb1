/* What of PostgreSQL's catalogue and preflight is plain: prints of tables, and whose commits would wait for us. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "source/postgres/private.h"

static void test_held(void **state)
{
	static const struct { const char *names, *ours; bool held; } cases[] = {
		{"", "tellerdesk", false},
		{"*", "tellerdesk", true},
		{"tellerdesk", "tellerdesk", true},
		{"TellerDesk", "tellerdesk", true},
		{"tellerdesk_2", "tellerdesk", false},
		{"teller, desk", "tellerdesk", false},
		{"a, tellerdesk , b", "tellerdesk", true},
		{"a,b", "b", true},
		{"\"tellerdesk\"", "tellerdesk", true},
		{"\"Teller\"\"s, desk\", b", "teller\"s, desk", true},
		{"\"Teller\"\"s, desk\", b", "desk", false},
		{"\"a (b\", tellerdesk", "tellerdesk", true},
		{"\"a (tellerdesk\", b", "tellerdesk", false},
		{"a, \"*\"", "tellerdesk", true},
		{"2 (a, b, c)", "tellerdesk", false},
		{"2 (a, b, c)", "2", false},
		{"1, 2", "2", true},
		{"2 (a, 3)", "3", true},
		{"FIRST 1 (a, tellerdesk)", "tellerdesk", true},
		{"first 1 (a)", "first", false},
		{"ANY 1(a,b,*)", "tellerdesk", true},
		{"ANY 2 (\"x\", y)", "any", false},
		{"ANY 2 (\"x y\", y)", "x y", true},
		{"ANY 2 (x, y)", "", false},
		{"\"unfinished", "unfinished", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (postgres_would_hold(cases[i].names, cases[i].ours) != cases[i].held)
			fail_msg("%s for %s: not %d", cases[i].names, cases[i].ours, cases[i].held);
}

/* A print is kept in replicas: it must not become another with a new version, nor on another machine. */
static void test_prints(void **state)
{
	uint32_t one = postgres_print_column(PRINT_BEGIN, "cif", 20, -1);
	(void)state;
	assert_int_equal(postgres_print(PRINT_BEGIN, "", 0), PRINT_BEGIN);
	assert_int_equal(postgres_print(PRINT_BEGIN, "foobar", 6), 0xbf9cf968);
	assert_int_equal(one, postgres_print(PRINT_BEGIN, "cif\0\0\0\0\x14\xff\xff\xff\xff", 12));
	assert_int_not_equal(one, postgres_print_column(PRINT_BEGIN, "cif", 20, 0));
	assert_int_not_equal(one, postgres_print_column(PRINT_BEGIN, "cif", 23, -1));
	assert_int_not_equal(one, postgres_print_column(PRINT_BEGIN, "Cif", 20, -1));
	/* Order, and where a name ends, count. */
	assert_int_not_equal(postgres_print_column(postgres_print_column(PRINT_BEGIN, "a", 20, -1), "b", 20, -1),
			     postgres_print_column(postgres_print_column(PRINT_BEGIN, "b", 20, -1), "a", 20, -1));
}

/* ---- names ---- */

static struct postgres_column columns[] = {{.name = "CIF"}, {.name = "cif"}, {.name = "Name"}};

static void test_columns(void **state)
{
	struct postgres_table t = {.column_count = 3, .columns = columns};
	(void)state;
	assert_int_equal(postgres_shape_column(&t, "CIF"), 0);
	assert_int_equal(postgres_shape_column(&t, "cif"), 1);
	assert_int_equal(postgres_shape_column(&t, "Cif"), 0);
	assert_int_equal(postgres_shape_column(&t, "NAME"), 2);
	assert_int_equal(postgres_shape_column(&t, "nam"), -1);
}

/* A table that was dropped is still known by what the model calls it, where the model says in which schema, or the search_path does. */
static void test_entities(void **state)
{
	struct entity entities[] = {{.table = "customer"}, {.table = "Bank.account"}, {.table = "card"}};
	struct model model = {.entities = entities, .entity_count = 3};
	const char *path[] = {"pg_catalog", "public"};
	struct postgres_table tables[] = {{.oid = 0}, {.oid = 0}, {.base.name = "Card", .schema = "s"}};
	struct postgres_shape s = {.target.model = &model, .tables = tables, .entity_count = 3, .path = path, .path_count = 2};
	(void)state;
	assert_int_equal(postgres_shape_entity(&s, "public", "customer"), 0);
	assert_int_equal(postgres_shape_entity(&s, "public", "Customer"), 0);
	assert_int_equal(postgres_shape_entity(&s, "other", "customer"), -1);
	assert_int_equal(postgres_shape_entity(&s, "", "customer"), 0);
	assert_int_equal(postgres_shape_entity(&s, "bank", "account"), 1);
	assert_int_equal(postgres_shape_entity(&s, "ban", "account"), -1);
	assert_int_equal(postgres_shape_entity(&s, "public", "account"), -1);
	assert_int_equal(postgres_shape_entity(&s, "s", "Card"), 2);
	assert_int_equal(postgres_shape_entity(&s, "s", "card"), -1);
	assert_int_equal(postgres_shape_entity(&s, "public", "card"), -1);
	s.target.schema = "other";
	assert_int_equal(postgres_shape_entity(&s, "other", "customer"), 0);
	assert_int_equal(postgres_shape_entity(&s, "public", "customer"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_prints),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_entities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
