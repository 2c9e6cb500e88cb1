/* What any server may lack of the model's tables, and which columns there are. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "model/model.h"
#include "source/source.h"
#include "source/sql/report.h"
#include "source/sql/table.h"

static const char model_text[] = "[model]\nname = s\ntitle = S\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntitle = C\ntable = clients\nkey = cif\nname = name\noptional = email\n"
				 "column.cif = C | integer\ncolumn.name = N | text\ncolumn.email = E | text\n"
				 "[entity account]\nkind = detail\ntitle = A\ntable = accounts\nkey = cif, number\ncif = cif\noptional = *\n"
				 "column.cif = C | integer\ncolumn.number = N | integer\ncolumn.sum = S | decimal\n";

enum { CUSTOMER, ACCOUNT };

static struct model *model;
static struct arena arena;
static struct buffer told;

static int setup(void **state)
{
	struct buffer errors = {0};

	(void)state;
	model = model_parse(model_text, "s", &errors);
	assert_string_equal(buffer_text(&errors), "");
	assert_non_null(model);
	buffer_done(&errors);
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	model_free(model);
	arena_done(&arena);
	buffer_done(&told);
	return 0;
}

static void note(void *ctx, const struct source_finding *f)
{
	(void)ctx;
	buffer_format(&told, "%s %s: %s -> %s\n", f->refuse ? "refuse" : "warn", f->object, f->detail, f->fix);
}

/* What is told of the table; "more" where more can be said. */
static const char *check(int entity, const struct sql_table *t)
{
	struct report r = {.found = note};

	buffer_clear(&told);
	report_init(&r);
	if (sql_check_table(&r, &model->entities[entity], t, "bank", "GRANT it"))
		buffer_text_add(&told, "more");
	report_done(&r);
	return buffer_text(&told);
}

static struct sql_table whole(int entity)
{
	struct sql_table t;

	sql_table_init(&t, &model->entities[entity], &arena);
	t.name = model->entities[entity].table;
	t.keyed = true;
	for (int i = 0; i < model->entities[entity].column_count; i++)
		t.place[i] = i;
	return t;
}

static void begins_without_anything(void **state)
{
	struct sql_table t;

	(void)state;
	sql_table_init(&t, &model->entities[CUSTOMER], &arena);
	assert_null(t.name);
	assert_false(t.view || t.keyed);
	assert_int_equal(t.rows, -1);
	assert_int_equal(t.row_bytes, -1);
	for (int i = 0; i < model->entities[CUSTOMER].column_count; i++)
		assert_int_equal(t.place[i], -1);
}

static void finds(void **state)
{
	const struct entity *customer = &model->entities[CUSTOMER];
	struct sql_table t = whole(CUSTOMER);

	(void)state;
	assert_string_equal(check(CUSTOMER, &t), "more");
	t.place[entity_column(customer, "email")] = -1;
	assert_string_equal(check(CUSTOMER, &t), "more");

	t.place[entity_column(customer, "name")] = -1;
	t.keyed = false;
	assert_string_equal(check(CUSTOMER, &t),
			    "refuse clients.name: the table has no such column -> correct the model, or mark it optional: optional = name\n"
			    "refuse clients: (cif) is no primary key, nor unique and not null -> ALTER TABLE clients ADD PRIMARY KEY (cif)\n"
			    "more");

	t.view = true;
	assert_string_equal(check(CUSTOMER, &t), "refuse clients: it is a view: it has no changes of its own -> name the table behind it in the model\n");
	t.name = NULL;
	assert_string_equal(check(CUSTOMER, &t), "refuse clients: database bank has no such table, or it may not be seen; the model or the URL may name "
						 "the wrong one -> GRANT it\n");
}

static void lets_optional_tables_be(void **state)
{
	struct sql_table t = whole(ACCOUNT);

	(void)state;
	t.keyed = false;
	assert_string_equal(check(ACCOUNT, &t),
			    "refuse accounts: (cif, number) is no primary key, nor unique and not null -> ALTER TABLE accounts ADD PRIMARY KEY (cif, number)\n"
			    "more");
	t.name = NULL;
	assert_string_equal(check(ACCOUNT, &t), "");
}

static void lists_keys(void **state)
{
	struct report r = {.found = note};

	(void)state;
	report_init(&r);
	assert_string_equal(sql_key_list(&r, &model->entities[CUSTOMER]), "cif");
	assert_string_equal(sql_key_list(&r, &model->entities[ACCOUNT]), "cif, number");
	report_done(&r);
}

static const char *columns(struct sql_present *p, int entity, const struct sql_table *t)
{
	bool present[8];

	sql_present_columns(p, model, entity, t, present);
	buffer_clear(&told);
	for (int i = 0; i < model->entities[entity].column_count; i++)
		buffer_char(&told, present[i] ? '+' : '-');
	return buffer_text(&told);
}

static void remembers_columns(void **state)
{
	struct sql_table t = whole(CUSTOMER), gone;
	struct sql_present p;

	(void)state;
	sql_present_init(&p, model);
	sql_table_init(&gone, &model->entities[CUSTOMER], &arena);
	/* Never seen: it has none. */
	assert_string_equal(columns(&p, CUSTOMER, &gone), "---");
	assert_string_equal(columns(&p, CUSTOMER, &t), "+++");
	/* Away for a moment: as it was, until it is another. */
	assert_string_equal(columns(&p, CUSTOMER, &gone), "+++");
	t.place[2] = -1;
	assert_string_equal(columns(&p, CUSTOMER, &t), "++-");
	assert_string_equal(columns(&p, CUSTOMER, &gone), "++-");
	t = whole(ACCOUNT);
	assert_string_equal(columns(&p, ACCOUNT, &t), "+++");
	assert_string_equal(columns(&p, CUSTOMER, &gone), "++-");
	sql_present_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_without_anything),
		cmocka_unit_test(finds),
		cmocka_unit_test(lets_optional_tables_be),
		cmocka_unit_test(lists_keys),
		cmocka_unit_test(remembers_columns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
