/* The catalogue of a real server: tables found by name, columns and their types, estimates, and prints that change when, and only when, what was
 * read of a table no longer holds. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "pgoutput/cell.h"
#include "postgres_server.h"
#include "source/postgres/client.h"
#include "source/postgres/shape.h"
#include "source/postgres/url.h"

static const char model_text[] = "[model]\nname = little\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\n"
				 "column.cif = CIF | integer\ncolumn.name = Name | text\n"
				 "[entity account]\nkind = detail\ntable = inner.Account\nkey = id\ncif = cif\n"
				 "column.id = Id | integer\ncolumn.cif = CIF | integer\n";
enum { CUSTOMER, ACCOUNT };

struct bench {
	struct pgserver *server;
	struct model *model;
	struct postgres_url url;
	struct postgres_client *client;
	struct postgres_shape shape;
};

static void sure(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->message);
}

static struct postgres_client *client_open(struct bench *b)
{
	struct error err = {0};
	struct postgres_client *c = postgres_client_open(&(struct postgres_client_params){.url = &b->url, .stop = -1, .use = POSTGRES_READ}, &err);

	sure(c, &err);
	return c;
}

static const struct postgres_table *load_as(struct bench *b, const char *schema, int version)
{
	struct postgres_target target = {.model = b->model, .publication = "tellerdesk", .schema = schema, .version = version};
	struct error err = {0};

	sure(postgres_shape_load(&b->shape, b->client, &target, &err), &err);
	return b->shape.tables;
}

static const struct postgres_table *load(struct bench *b)
{
	return load_as(b, NULL, postgres_client_server(b->client)->version);
}

/* Each test has a database of its own. */
static int set_up(void **state)
{
	static struct bench b;
	static struct pgserver *server;
	static int number;
	struct buffer errors = {0};
	struct error err = {0};

	if (!server)
		server = pgserver_start(&(struct pgserver_setup){0});
	b = (struct bench){.server = server};
	*state = &b;
	if (!server)
		return 0;
	char *name = memory_format("shape%d", number++);
	pgserver_use(server, "bank");
	pgserver_sqlf(server, "CREATE DATABASE %s", name);
	pgserver_use(server, name);
	b.model = model_parse(model_text, "little.model", &errors);
	if (!b.model)
		fail_msg("%s", buffer_text(&errors));
	sure(postgres_url_parse(pgserver_url(server, "teller", name), &b.url, &err), &err);
	b.client = client_open(&b);
	postgres_shape_init(&b.shape);
	free(name);
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	if (!b->server)
		return 0;
	postgres_shape_done(&b->shape);
	postgres_client_close(b->client);
	postgres_url_done(&b->url);
	model_free(b->model);
	return 0;
}

#define BENCH(b)                   \
	struct bench *b = *state;  \
	do {                       \
		if (!b->server)    \
			skip();    \
	} while (0)

/* ---- names ---- */

static void test_nothing(void **state)
{
	BENCH(b);
	const struct postgres_table *t = load(b);
	assert_null(t[CUSTOMER].base.name);
	assert_null(t[ACCOUNT].base.name);
	assert_int_equal(t[CUSTOMER].base.place[0], -1);
	assert_int_equal(t[CUSTOMER].base.rows, -1);
	assert_false(b->shape.publication.exists);
	assert_int_equal(postgres_shape_entity(&b->shape, "public", "customer"), CUSTOMER);
	assert_int_equal(postgres_shape_entity(&b->shape, "inner", "account"), ACCOUNT);
	assert_int_equal(postgres_shape_entity(&b->shape, "elsewhere", "customer"), -1);
}

static void test_names(void **state)
{
	BENCH(b);
	pgserver_sql(b->server, "CREATE TABLE \"Customer\" (\"CIF\" int PRIMARY KEY, \"Name\" text, \"name\" text); CREATE SCHEMA later; CREATE TABLE later.customer (cif int);"
				"CREATE SCHEMA \"Inner\"; CREATE TABLE \"Inner\".account (id int, cif int)");
	const struct postgres_table *t = load(b);
	assert_string_equal(t[CUSTOMER].base.name, "Customer");
	assert_string_equal(t[CUSTOMER].schema, "public");
	assert_int_equal(t[CUSTOMER].base.place[0], 0);
	assert_int_equal(t[CUSTOMER].base.place[1], 2); /* as it is written, before any case */
	assert_int_equal(t[CUSTOMER].columns[1].model, -1);
	assert_true(t[CUSTOMER].base.keyed);
	assert_string_equal(t[ACCOUNT].schema, "Inner");
	assert_false(t[ACCOUNT].base.keyed);
	assert_int_equal(postgres_shape_entity(&b->shape, "public", "Customer"), CUSTOMER);
	assert_int_equal(postgres_shape_entity(&b->shape, "later", "customer"), -1);

	t = load_as(b, "later", postgres_client_server(b->client)->version);
	assert_string_equal(t[CUSTOMER].schema, "later");
	assert_string_equal(t[ACCOUNT].schema, "Inner"); /* the model has the last word */

	struct error err = {0};
	sure(postgres_client_run(b->client, "SET search_path = later, public", &err), &err);
	assert_string_equal(load(b)[CUSTOMER].schema, "later");
	sure(postgres_client_run(b->client, "SET search_path = public, later", &err), &err);
	assert_string_equal(load(b)[CUSTOMER].schema, "later"); /* written as the model does */
	pgserver_sql(b->server, "ALTER TABLE \"Customer\" RENAME TO customer");
	assert_string_equal(load(b)[CUSTOMER].schema, "public");
	/* A schema that may not be used is the last that is looked in. */
	pgserver_sql(b->server, "REVOKE USAGE ON SCHEMA later FROM teller");
	sure(postgres_client_run(b->client, "SET search_path = later, public", &err), &err);
	assert_string_equal(load(b)[CUSTOMER].schema, "public");
	pgserver_sql(b->server, "DROP TABLE customer");
	t = load(b);
	assert_string_equal(t[CUSTOMER].schema, "later");
	assert_false(t[CUSTOMER].reachable);
}

/* ---- columns ---- */

static void test_columns(void **state)
{
	BENCH(b);
	pgserver_sql(b->server, "CREATE DOMAIN tag AS varchar(20); CREATE DOMAIN label AS tag NOT NULL; CREATE TYPE mood AS ENUM ('a');"
				"CREATE TABLE customer (gone int, cif int PRIMARY KEY, name label, rate numeric(12, 2) NOT NULL, m mood, list int[], made int GENERATED ALWAYS AS (cif + 1) STORED);"
				"ALTER TABLE customer DROP gone; REVOKE SELECT ON customer FROM teller; GRANT SELECT (cif, name) ON customer TO teller");
	const struct postgres_table *t = &load(b)[CUSTOMER];
	static const struct { const char *name, *type; uint32_t base; int32_t modifier; int number, model; bool not_null, generated; } columns[] = {
		{"cif", "integer", PGTYPE_INT4, -1, 2, 0, true, false},
		{"name", "label", PGTYPE_VARCHAR, -1, 3, 1, false, false},
		{"rate", "numeric(12,2)", PGTYPE_NUMERIC, (12 << 16 | 2) + 4, 4, -1, true, false},
		{"m", "mood", 0, -1, 5, -1, false, false},
		{"list", "integer[]", 1007, -1, 6, -1, false, false},
		{"made", "integer", PGTYPE_INT4, -1, 7, -1, false, true},
	};
	assert_int_equal(t->column_count, sizeof columns / sizeof *columns);
	for (int i = 0; i < t->column_count; i++) {
		const struct postgres_column *c = &t->columns[i];
		assert_string_equal(c->name, columns[i].name);
		assert_string_equal(c->type_text, columns[i].type);
		assert_int_equal(c->type, columns[i].base ? columns[i].base : c->declared);
		assert_int_equal(c->modifier, columns[i].modifier);
		assert_int_equal(c->number, columns[i].number);
		assert_int_equal(c->model, columns[i].model);
		assert_int_equal(c->not_null, columns[i].not_null);
		assert_int_equal(c->generated, columns[i].generated);
		assert_int_equal(c->published, !columns[i].generated);
	}
	assert_int_not_equal(t->columns[1].declared, t->columns[1].type);
	assert_true(t->readable);
	/* As a relation message has it. */
	assert_int_equal(t->relation_print, postgres_print_column(postgres_print_column(PRINT_BEGIN, "cif", PGTYPE_INT4, -1), "name", t->columns[1].declared, -1));
	pgserver_sql(b->server, "REVOKE SELECT (name) ON customer FROM teller");
	assert_false(load(b)[CUSTOMER].readable);
}

static void test_published(void **state)
{
	BENCH(b);
	pgserver_sql(b->server, "CREATE TABLE customer (cif int PRIMARY KEY, name text, more text);"
				"CREATE PUBLICATION tellerdesk FOR TABLE customer (cif, more) WHERE (cif > 5) WITH (publish = 'insert, truncate')");
	const struct postgres_table *t = &load(b)[CUSTOMER];
	const struct postgres_publication *p = &b->shape.publication;
	assert_true(p->exists && p->inserts && p->truncates && !p->updates && !p->deletes && !p->all_tables && !p->via_root);
	assert_true(t->published && t->listed && t->column_list && t->filter_works);
	assert_string_equal(t->filter, "(cif > 5)");
	assert_string_equal(t->filter_columns, "1");
	assert_true(t->columns[0].published && !t->columns[1].published && t->columns[2].published);
	assert_int_equal(t->relation_print, postgres_print_column(PRINT_BEGIN, "cif", PGTYPE_INT4, -1));
	/* Once more by its schema: then there is no filter. */
	pgserver_sql(b->server, "ALTER PUBLICATION tellerdesk SET TABLE customer WHERE (cif > 5); ALTER PUBLICATION tellerdesk ADD TABLES IN SCHEMA public");
	t = &load(b)[CUSTOMER];
	assert_true(t->published && !t->filter && t->columns[1].published);
	pgserver_sql(b->server, "ALTER PUBLICATION tellerdesk RENAME TO other");
	t = &load(b)[CUSTOMER];
	assert_true(!b->shape.publication.exists && !t->published && !t->listed);
}

/* ---- estimates ---- */

static void test_estimates(void **state)
{
	BENCH(b);
	pgserver_sql(b->server, "CREATE TABLE customer (cif int PRIMARY KEY, name text) PARTITION BY RANGE (cif);"
				"CREATE TABLE c1 PARTITION OF customer FOR VALUES FROM (0) TO (500) PARTITION BY RANGE (cif); CREATE TABLE c11 PARTITION OF c1 DEFAULT;"
				"CREATE TABLE c2 PARTITION OF customer DEFAULT; CREATE SCHEMA \"inner\"; CREATE TABLE \"inner\".account (id int PRIMARY KEY, cif int)");
	assert_int_equal(load(b)[CUSTOMER].base.rows, -1);
	pgserver_sql(b->server, "INSERT INTO customer SELECT n, repeat('x', 1000) FROM generate_series(1, 1000) n; INSERT INTO \"inner\".account SELECT n, n FROM generate_series(1, 70) n");
	pgserver_sql(b->server, "ANALYZE");
	const struct postgres_table *t = load(b);
	assert_int_equal(t[CUSTOMER].base.rows, 1000);
	assert_in_range(t[CUSTOMER].base.row_bytes, 1000, 1300);
	assert_int_equal(t[ACCOUNT].base.rows, 70);
	assert_int_equal(t[CUSTOMER].kind, 'p');
}

/* ---- prints ---- */

enum { RELATION = 1, STORAGE = 2, COLUMNS = 4 };

static void test_prints(void **state)
{
	static const struct { const char *sql; int change; } steps[] = {
		{"SELECT 1", 0},
		{"INSERT INTO customer VALUES (1, 'x')", 0},
		{"UPDATE customer SET name = 'y'", 0},
		{"ANALYZE customer", 0},
		{"VACUUM FREEZE customer", 0},
		{"CREATE INDEX ON customer (name)", 0},
		{"COMMENT ON COLUMN customer.name IS 'x'", 0},
		{"GRANT SELECT ON customer TO public", 0},
		{"ALTER TABLE customer ADD more text DEFAULT 'x'", 0},
		{"ALTER TABLE customer REPLICA IDENTITY FULL", 0},
		{"ALTER TABLE customer ALTER more TYPE varchar(30)", STORAGE},
		{"TRUNCATE customer", STORAGE},
		{"VACUUM FULL customer", STORAGE},
		{"ALTER TABLE customer ALTER name TYPE varchar(30)", RELATION | STORAGE | COLUMNS},
		{"ALTER TABLE customer ALTER name TYPE varchar(40)", RELATION | COLUMNS},
		{"ALTER TABLE customer ALTER name SET NOT NULL", COLUMNS},
		{"ALTER TABLE customer ALTER cif TYPE bigint", RELATION | STORAGE | COLUMNS},
		{"ALTER TABLE customer RENAME name TO old; ALTER TABLE customer ADD name varchar(40)", STORAGE | COLUMNS},
		{"ALTER TABLE customer DROP name, ADD name varchar(40)", STORAGE | COLUMNS},
		{"GRANT SELECT (name) ON customer TO public", COLUMNS},
		{"DROP TABLE customer; CREATE TABLE customer (cif bigint PRIMARY KEY, name varchar(40))", STORAGE | COLUMNS},
		{"CREATE PUBLICATION tellerdesk FOR TABLE customer", STORAGE | COLUMNS},
		{"ALTER PUBLICATION tellerdesk SET TABLE customer WHERE (cif > 5)", STORAGE | COLUMNS},
		{"ALTER PUBLICATION tellerdesk SET TABLE customer WHERE (cif > 6)", STORAGE | COLUMNS},
		{"ALTER PUBLICATION tellerdesk SET TABLE customer", STORAGE | COLUMNS},
		{"ALTER PUBLICATION tellerdesk SET TABLE customer (cif)", RELATION | STORAGE | COLUMNS},
	};
	BENCH(b);
	pgserver_sql(b->server, "CREATE TABLE customer (cif int PRIMARY KEY, name text)");
	const struct postgres_table *t = &load(b)[CUSTOMER];
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		uint32_t relation = t->relation_print;
		uint16_t storage = t->storage_print, columns = t->columns_print;
		pgserver_sql(b->server, steps[i].sql);
		t = &load(b)[CUSTOMER];
		int change = (t->relation_print != relation ? RELATION : 0) | (t->storage_print != storage ? STORAGE : 0) | (t->columns_print != columns ? COLUMNS : 0);
		if (change != steps[i].change)
			fail_msg("%s: %d, not %d", steps[i].sql, change, steps[i].change);
	}
}

static void test_partition_prints(void **state)
{
	BENCH(b);
	pgserver_sql(b->server, "CREATE TABLE customer (cif int PRIMARY KEY, name text) PARTITION BY RANGE (cif); CREATE TABLE c1 PARTITION OF customer FOR VALUES FROM (0) TO (5);"
				"CREATE TABLE c2 PARTITION OF customer DEFAULT");
	uint16_t before = load(b)[CUSTOMER].storage_print;
	pgserver_sql(b->server, "TRUNCATE c2");
	uint16_t truncated = load(b)[CUSTOMER].storage_print;
	assert_int_not_equal(truncated, before);
	pgserver_sql(b->server, "ALTER TABLE customer DETACH PARTITION c1");
	assert_int_not_equal(load(b)[CUSTOMER].storage_print, truncated);
	pgserver_sql(b->server, "ALTER TABLE customer ATTACH PARTITION c1 FOR VALUES FROM (0) TO (5)");
	/* What was changed in between was not sent as the table's. */
	assert_int_not_equal(load(b)[CUSTOMER].storage_print, truncated);
}

/* ---- how it is asked ---- */

/* What older servers are asked is known to this one as well. */
static void test_versions(void **state)
{
	BENCH(b);
	pgserver_sql(b->server, "CREATE TABLE customer (cif int PRIMARY KEY, name text); CREATE PUBLICATION tellerdesk FOR TABLE customer");
	uint32_t print = load(b)[CUSTOMER].relation_print;
	for (int version = 120000; version <= 150000; version += 10000) {
		const struct postgres_table *t = &load_as(b, NULL, version)[CUSTOMER];
		assert_true(t->published && t->base.keyed && t->identity_works && t->identity_is_key && t->column_count == 2);
		assert_int_equal(t->relation_print, print);
	}
}

/* A table that the bank has locked is looked at all the same. */
static void test_locked(void **state)
{
	BENCH(b);
	struct error err = {0};
	pgserver_sql(b->server, "CREATE TABLE customer (cif int PRIMARY KEY, name text) PARTITION BY RANGE (cif); CREATE TABLE c1 PARTITION OF customer DEFAULT;"
				"CREATE PUBLICATION tellerdesk FOR TABLE customer; GRANT TRUNCATE ON customer, c1 TO teller");
	struct postgres_client *other = client_open(b);
	sure(postgres_client_run(other, "BEGIN", &err) && postgres_client_run(other, "TRUNCATE customer", &err), &err);
	sure(postgres_client_run(b->client, "SET lock_timeout = '2s'", &err), &err);
	assert_string_equal(load(b)[CUSTOMER].base.name, "customer");
	/* And in one transaction, which is over. */
	char *status = postgres_client_cell(b->client, "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'customer'::regclass", &err);
	sure(status, &err);
	assert_string_equal(status, "0");
	free(status);
	postgres_client_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_columns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_published, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_estimates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_prints, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_partition_prints, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_versions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_locked, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
