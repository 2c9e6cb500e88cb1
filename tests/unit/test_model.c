#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/zone.h"
#include "model/model.h"

#define HEAD "[model]\nname = m\n"
#define CUSTOMER_HEAD "[entity customer]\nkind = customer\ntable = c\nkey = cif\nname = name\n"
#define CUSTOMER CUSTOMER_HEAD "column.cif = CIF | integer\ncolumn.name = Name | text\n"
#define DETAIL(extra) "[entity d]\nkind = detail\ntable = d\nkey = id\ncif = cif\ncolumn.id = Id | integer\n" \
	"column.cif = CIF | integer\n" extra

static struct model *good(const char *text)
{
	struct buffer errors = {0};
	struct model *m = model_parse(text, "m.model", &errors);
	assert_string_equal(buffer_text(&errors), "");
	assert_non_null(m);
	buffer_done(&errors);
	return m;
}

static void expect_errors(const char *text, const char *expected)
{
	struct buffer errors = {0};
	struct model *m = model_parse(text, "m.model", &errors);
	assert_string_equal(buffer_text(&errors), expected);
	assert_null(m);
	buffer_done(&errors);
}

static const struct column *column(const struct model *m, const char *entity, const char *name)
{
	int e = model_entity(m, entity);
	assert_true(e >= 0);
	int c = entity_column(&m->entities[e], name);
	assert_true(c >= 0);
	return &m->entities[e].columns[c];
}

/* ---- what a good model becomes ---- */

static struct model *shipped(const char *name)
{
	char path[1024];
	const char *top = getenv("SRCDIR");
	snprintf(path, sizeof path, "%s/data/models/%s.model", top ? top : ".", name);
	struct buffer errors = {0};
	struct model *m = model_load(path, &errors);
	assert_string_equal(buffer_text(&errors), "");
	assert_non_null(m);
	assert_string_equal(m->name, name);
	buffer_done(&errors);
	return m;
}

static void test_demography(void **state)
{
	(void)state;
	struct model *m = shipped("demography");
	assert_string_equal(m->title, "Customer demography");
	assert_string_equal(m->zone_name, "Asia/Jakarta");
	assert_string_equal(zone_name(m->zone), "Asia/Jakarta");
	assert_int_equal(m->entity_count, 4);
	assert_int_equal(m->customer, 0);
	assert_int_equal(m->store, 3);
	const struct entity *c = &m->entities[0];
	assert_string_equal(c->table, "customer_info");
	assert_true(c->integer_key);
	assert_string_equal(c->columns[c->cif].name, "cif");
	assert_string_equal(c->columns[c->store].name, "store_id");
	assert_string_equal(c->columns[c->registered].name, "registered_at");
	assert_string_equal(c->columns[c->changed_by].name, "changed_by");
	assert_int_equal(c->name_count, 1);
	assert_true(column(m, "customer", "birthdate")->pii);
	assert_int_equal(column(m, "customer", "birthdate")->type, COLUMN_DATE);
	assert_string_equal(column(m, "customer", "birthdate")->title, "Birth date");
	assert_true(column(m, "customer", "email")->pii && column(m, "customer", "email")->search);
	assert_true(column(m, "customer", "phone")->optional);
	assert_false(column(m, "customer", "name")->optional);
	assert_int_equal(column(m, "asset", "assetvalue")->scale, 2);
	assert_true(column(m, "product", "cif")->identifier);
	assert_true(column(m, "product", "productid")->identifier);
	assert_true(column(m, "customer", "store_id")->identifier);
	assert_false(column(m, "customer", "name")->identifier);
	assert_true(m->entities[3].optional);
	assert_false(m->entities[3].integer_key);
	assert_string_equal(m->entities[3].columns[m->entities[3].city].name, "city");
	assert_int_equal(m->rollup_count, 1);
	assert_string_equal(m->rollups[0].name, "registrations");
	assert_int_equal(m->rollups[0].by, c->store);
	assert_int_equal(m->rollups[0].at, c->registered);
	assert_int_equal(m->flat_count, 1);
	assert_int_equal(m->flats[0].entity_count, 3);
	assert_int_equal(model_entity_of_table(m, "bank_product"), 1);
	assert_int_equal(model_entity_of_table(m, "product"), -1);
	model_free(m);
}

static void test_customertrack(void **state)
{
	(void)state;
	struct model *m = shipped("customertrack");
	assert_int_equal(m->entity_count, 1);
	assert_int_equal(m->store, -1);
	assert_int_equal(m->entities[0].store, -1);
	assert_int_equal(m->entities[0].registered, -1);
	assert_int_equal(m->entities[0].name_count, 2);
	assert_string_equal(m->entities[0].columns[m->entities[0].names[1]].name, "last_name");
	assert_ptr_equal(m->zone, zone_utc());
	assert_int_equal(m->rollup_count, 0);
	model_free(m);
}

static void test_sakila(void **state)
{
	(void)state;
	struct model *m = shipped("sakila");
	int address = model_entity(m, "address");
	const struct entity *a = &m->entities[address];
	assert_int_equal(a->cif, -1);
	assert_string_equal(m->entities[m->customer].columns[a->via].name, "address_id");
	assert_true(column(m, "customer", "address_id")->identifier);
	assert_true(column(m, "store", "store_id")->identifier);
	assert_false(column(m, "store", "address_id")->identifier);
	assert_int_equal(column(m, "store", "last_update")->type, COLUMN_INSTANT);
	model_free(m);
}

/* What differs from MySQL's edition: a date, a boolean, and the number that was there before it. */
static void test_pagila(void **state)
{
	(void)state;
	struct model *m = shipped("pagila");
	const struct entity *c = &m->entities[m->customer];
	assert_string_equal(m->entities[m->customer].columns[m->entities[model_entity(m, "address")].via].name, "address_id");
	assert_int_equal(c->columns[c->registered].type, COLUMN_DATE);
	assert_string_equal(c->columns[c->store].name, "store_id");
	assert_int_equal(column(m, "customer", "activebool")->type, COLUMN_BOOLEAN);
	assert_true(column(m, "customer", "active")->optional);
	assert_true(column(m, "customer", "active")->hidden);
	assert_int_equal(column(m, "customer", "last_update")->type, COLUMN_INSTANT);
	model_free(m);
}

/* The example of the manual is a model: what a reader copies works. */
static void test_manual(void **state)
{
	(void)state;
	char path[1024], line[512];
	const char *top = getenv("SRCDIR");
	snprintf(path, sizeof path, "%s/man/tellerdesk-model.5", top ? top : ".");
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	struct buffer text = {0};
	bool inside = false;
	while (fgets(line, sizeof line, f)) {
		if (strncmp(line, ".Ed", 3) == 0)
			inside = false;
		if (inside)
			buffer_text_add(&text, line);
		if (strncmp(line, ".Bd -literal", 12) == 0)
			inside = true;
	}
	fclose(f);
	struct model *m = good(buffer_text(&text));
	assert_string_equal(m->name, "cards");
	assert_string_equal(column(m, "card", "version")->as, "series");
	assert_int_equal(m->entities[1].key_count, 2);
	model_free(m);
	buffer_done(&text);
}

static void test_defaults(void **state)
{
	(void)state;
	struct model *m = good(HEAD "[entity customer]\nkind=customer\ntable=c\nkey=id\nname=n\nstore=s\n"
	                            "column.id=Id|text\ncolumn.n=N|text\ncolumn.s=S|integer\n");
	assert_string_equal(m->title, "m");
	assert_string_equal(m->zone_name, "UTC");
	assert_string_equal(m->entities[0].title, "customer");
	assert_false(m->entities[0].integer_key);
	assert_int_equal(m->entities[0].columns[0].key, 0);
	assert_int_equal(m->entities[0].columns[1].key, -1);
	assert_int_equal(m->rollup_count, 1);
	assert_string_equal(m->rollups[0].name, "registrations");
	assert_int_equal(m->rollups[0].by, 2);
	assert_int_equal(m->rollups[0].at, -1);
	assert_int_equal(m->flat_count, 0);
	model_free(m);
}

static void test_text_of_the_file(void **state)
{
	(void)state;
	static const char text[] = "\xEF\xBB\xBF# a comment\r\n; another\r\n\r\n[ model ] ; here too\r\nname = m  ; and here\r\n"
	                           "title=a;b # c | \xC3\xA9\r\n" CUSTOMER;
	struct model *m = good(text);
	assert_string_equal(m->name, "m");
	assert_string_equal(m->title, "a;b # c | \xC3\xA9");
	assert_string_equal(m->text, text);
	model_free(m);
}

static void test_composite_key_and_alias(void **state)
{
	(void)state;
	struct model *m = good(HEAD CUSTOMER
	                       "[entity line]\nkind = detail\ntable = t\nkey = b, a\ncif = cif\n"
	                       "column.a = A | integer\ncolumn.b = B | text\ncolumn.cif = CIF | integer\n"
	                       "column.version = Version | integer\ncolumn.version.as = its_version\n"
	                       "column._x = X | bytes | hidden\ncolumn._x.as = x\n");
	const struct entity *e = &m->entities[1];
	assert_int_equal(e->key_count, 2);
	assert_int_equal(e->columns[0].key, 1);
	assert_int_equal(e->columns[1].key, 0);
	assert_false(e->integer_key);
	assert_int_equal(entity_column(e, "version"), 3);
	assert_int_equal(entity_column(e, "its_version"), 3);
	assert_int_equal(entity_column(e, "x"), 4);
	assert_int_equal(entity_column(e, "nothing"), -1);
	model_free(m);
}

static void test_names_hostile_to_sql(void **state)
{
	(void)state;
	struct model *m = good(HEAD CUSTOMER
	                       "[entity a\"; DROP TABLE x]\nkind = detail\ntable = public.\"T able\"\nkey = i'd\ncif = select\n"
	                       "column.i'd = Id | integer\ncolumn.select = ] | integer\n");
	assert_string_equal(m->entities[1].name, "a\"; DROP TABLE x");
	assert_string_equal(m->entities[1].columns[0].name, "i'd");
	model_free(m);
}

/* ---- what is wrong is said, all of it, in the order of lines ---- */

static void test_every_error_at_once(void **state)
{
	(void)state;
	expect_errors("stray = 1\n"
	              "[model]\n"
	              "name = m\n"
	              "zone = Asia/Nowhere\n"
	              "zone = UTC\n"
	              "colour = red\n"
	              "[entity customer]\n"
	              "kind = customer\n"
	              "key = cif, missing\n"
	              "name = name\n"
	              "  indented = 1\n"
	              "column.cif = CIF | int\n"
	              "column.cif = CIF | integer\n"
	              "column.name = Name | text | secret pii pii\n"
	              "column.broken = Broken\n"
	              "column.empty =\n"
	              "column.ghost.as = x\n"
	              "no equals sign\n"
	              "[entity customer]\n"
	              "[entity]\n"
	              "[unknown thing]\n"
	              "ignored = 1\n"
	              "[unclosed\n",
	              "m.model:1: \"stray\" stands before the first section\n"
	              "m.model:4: unknown zone \"Asia/Nowhere\": expected a name like Asia/Jakarta, UTC or +07:00\n"
	              "m.model:5: \"zone\" stands twice in this section: first in line 4\n"
	              "m.model:6: unknown key \"colour\" in [model]\n"
	              "m.model:7: [entity customer] has no key \"table\"\n"
	              "m.model:9: entity \"customer\" declares no column \"missing\"\n"
	              "m.model:11: the line is indented: each line stands alone and begins at its margin\n"
	              "m.model:12: unknown type \"int\": there are text, integer, decimal, decimal(SCALE), date, datetime, instant, "
	              "boolean, bytes\n"
	              "m.model:13: \"column.cif\" stands twice in this section: first in line 12\n"
	              "m.model:14: unknown flag \"secret\": there are pii, search, hidden\n"
	              "m.model:14: flag \"pii\" stands twice\n"
	              "m.model:15: a column is declared as Title | type | flags, the flags if there are any: \"Broken\"\n"
	              "m.model:16: \"column.empty\" has no value\n"
	              "m.model:17: \"column.ghost.as\" renames a column that is not declared\n"
	              "m.model:18: expected KEY = VALUE or [SECTION]\n"
	              "m.model:19: the section stands twice: first in line 7\n"
	              "m.model:20: the section has no name: [entity NAME]\n"
	              "m.model:21: unknown section [unknown thing]: there are [model], [entity NAME], [rollup NAME], [flat NAME]\n"
	              "m.model:23: the section has no closing ]\n");
}

struct wrong {
	const char *text, *errors;
};

static void check_wrong(const struct wrong *w, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_errors(w[i].text, w[i].errors);
}

static void test_sections_and_customers(void **state)
{
	(void)state;
	static const struct wrong wrong[] = {
		{"", "m.model:1: the model has no section [model]\nm.model:1: the model has no entity of kind customer\n"},
		{HEAD, "m.model:1: the model has no entity of kind customer\n"},
		{"[model]\n" CUSTOMER, "m.model:1: [model] has no key \"name\"\n"},
		{"[model x]\nname = m\n" CUSTOMER, "m.model:1: the section is [model] alone: its name is given by name = x\n"
		                                   "m.model:1: the model has no section [model]\n"},
		{HEAD CUSTOMER "[entity other]\nkind = customer\ntable = o\nkey = cif\nname = cif\ncolumn.cif = CIF | integer\n",
		 "m.model:10: entity \"other\" is the second of kind customer: \"customer\" is one already\n"},
		{HEAD CUSTOMER "[entity Customer]\n", "m.model:10: the section stands twice: first in line 3\n"},
		{HEAD "[entity c]\nkind = client\ntable = c\nkey = id\ncolumn.id = Id | integer\n",
		 "m.model:4: unknown kind \"client\": there are customer, detail, store, event\n"},
		/* This one may be the customer: its kind alone is asked for. */
		{HEAD "[entity c]\n", "m.model:3: [entity c] has no key \"kind\"\nm.model:3: [entity c] has no key \"table\"\n"
		                      "m.model:3: [entity c] has no key \"key\"\nm.model:3: [entity c] declares no column\n"},
		{HEAD CUSTOMER "[entity e]\nkind = event\ntable = e\nkey = id\ncolumn.id = Id | integer\n",
		 "m.model:10: [entity e] has no key \"cif\"\n"},
		{HEAD CUSTOMER "[entity d]\nkind = detail\ntable = d\nkey = id\ncolumn.id = Id | integer\n",
		 "m.model:10: [entity d] needs either cif or via, to find the rows of a customer\n"},
		{HEAD CUSTOMER DETAIL("via = customer.cif\n"),
		 "m.model:10: [entity d] needs either cif or via, to find the rows of a customer\n"},
		{HEAD CUSTOMER DETAIL("city = id\n"), "m.model:17: \"city\" means nothing in an entity of kind detail\n"},
		{HEAD CUSTOMER DETAIL("entities = d\n"), "m.model:17: unknown key \"entities\" in [entity d]\n"},
	};
	check_wrong(wrong, sizeof wrong / sizeof *wrong);
}

static void test_columns_and_roles(void **state)
{
	(void)state;
	static const struct wrong wrong[] = {
		{HEAD CUSTOMER_HEAD "column.cif = CIF | integer\n", "m.model:7: entity \"customer\" declares no column \"name\"\n"},
		{HEAD CUSTOMER "store = shop\nregistered = when\nchanged_by = who\noptional = what, name\n",
		 "m.model:10: entity \"customer\" declares no column \"shop\"\n"
		 "m.model:11: entity \"customer\" declares no column \"when\"\n"
		 "m.model:12: entity \"customer\" declares no column \"who\"\n"
		 "m.model:13: entity \"customer\" declares no column \"what\"\n"},
		{HEAD CUSTOMER "registered = name\n", "m.model:10: column \"name\" is text: a time is date, datetime or instant\n"},
		{HEAD CUSTOMER "optional = cif\n", "m.model:10: column \"cif\" finds the rows: it cannot be optional\n"},
		{HEAD CUSTOMER "optional = *\n", "m.model:10: the table of the customer cannot be optional\n"},
		{HEAD CUSTOMER DETAIL("optional = cif, id\n"), "m.model:17: column \"cif\" finds the rows: it cannot be optional\n"
		                                              "m.model:17: column \"id\" finds the rows: it cannot be optional\n"},
		{HEAD "[entity customer]\nkind = customer\ntable = c\nkey = a, b\nname = a, a\ncolumn.a = A | text\ncolumn.b = B | text\n",
		 "m.model:6: the key of a customer, the CIF, is one column\n"
		 "m.model:7: \"name\" names column \"a\" twice\n"},
		{HEAD "[entity customer]\nkind = customer\ntable = c\nkey = a\nname = a\ncolumn.a = A | date\n",
		 "m.model:6: column \"a\" is date: a CIF is text or integer\n"},
		{HEAD CUSTOMER "[entity d]\nkind = detail\ntable = d\nkey = id\ncif = cif\ncolumn.id = Id | integer\n"
		               "column.cif = CIF | text\n",
		 "m.model:14: the CIF is text, the column \"cif\" it is compared with is integer\n"},
		{HEAD CUSTOMER "[entity d]\nkind = detail\ntable = d\nkey = id\nvia = customer.nowhere\ncolumn.id = Id | integer\n",
		 "m.model:14: entity \"customer\" declares no column \"nowhere\"\n"},
		{HEAD CUSTOMER "[entity d]\nkind = detail\ntable = d\nkey = id\nvia = d.id\ncolumn.id = Id | integer\n",
		 "m.model:14: \"d.id\": expected customer.COLUMN, a column of the customer\n"},
		{HEAD CUSTOMER "[entity d]\nkind = detail\ntable = d\nkey = id\nvia = customer.name\ncolumn.id = Id | integer\n",
		 "m.model:14: the key is integer, the column \"name\" it is compared with is text\n"},
		{HEAD CUSTOMER "store = name\n[entity s]\nkind = store\ntable = s\nkey = id\ncolumn.id = Id | integer\n",
		 "m.model:10: the store is text, the column \"id\" it is compared with is integer\n"},
		{HEAD CUSTOMER "column.a = A | decimal(2\ncolumn.b = B | decimal()\ncolumn.c = C | decimal(128)\ncolumn.d = | text\n"
		               "column.e = E | bytes | search\ncolumn. = F | text\n",
		 "m.model:10: \"decimal(2\": the scale is how many digits follow the point, decimal(0) to decimal(127)\n"
		 "m.model:11: \"decimal()\": the scale is how many digits follow the point, decimal(0) to decimal(127)\n"
		 "m.model:12: \"decimal(128)\": the scale is how many digits follow the point, decimal(0) to decimal(127)\n"
		 "m.model:13: column \"d\" has no title\n"
		 "m.model:14: column \"e\" is of type bytes, which nobody can search for\n"
		 "m.model:15: the column has no name: column.NAME = Title | type\n"},
		{HEAD CUSTOMER "[entity d]\nkind = detail\ntable = c\nkey = id\ncif = id\ncolumn.id = Id | integer\n",
		 "m.model:12: table \"c\" is already entity \"customer\"\n"},
	};
	check_wrong(wrong, sizeof wrong / sizeof *wrong);
}

static void test_names_that_collide(void **state)
{
	(void)state;
	static const struct wrong wrong[] = {
		{HEAD CUSTOMER "column._seq = S | integer\ncolumn.Valid_From = V | text\ncolumn.rowid = R | integer\n",
		 "m.model:10: \"_seq\" is a name of the replica's own: rename the column by column._seq.as = NAME\n"
		 "m.model:11: \"Valid_From\" is a name of the replica's own: rename the column by column.Valid_From.as = NAME\n"
		 "m.model:12: \"rowid\" is a name of the replica's own: rename the column by column.rowid.as = NAME\n"},
		{HEAD CUSTOMER "column.NAME = N | text\n",
		 "m.model:10: columns \"name\" and \"NAME\" are both called \"NAME\" in the replica: rename one by column.NAME.as = NAME\n"},
		{HEAD CUSTOMER "column.a = A | text\ncolumn.a.as = Cif\n",
		 "m.model:11: columns \"cif\" and \"a\" are both called \"Cif\" in the replica: rename one by column.a.as = NAME\n"},
		{HEAD CUSTOMER "[entity TD_x]\nkind = detail\ntable = d\nkey = id\ncif = id\ncolumn.id = Id | integer\n",
		 "m.model:10: the name of an entity may not begin with td_ or sqlite_: \"TD_x\"\n"},
		{HEAD CUSTOMER "[entity Customer_History]\nkind = detail\ntable = d\nkey = id\ncif = id\ncolumn.id = Id | integer\n",
		 "m.model:10: the name \"Customer_History\" of an entity is taken by the history of \"customer\" (line 3): "
		 "rename one of them\n"},
		{HEAD CUSTOMER "[flat CUSTOMER]\nentities = customer\n[flat customer_versions]\nentities = customer\n"
		               "[flat sqlite_x]\nentities = customer\n",
		 "m.model:10: the name \"CUSTOMER\" of a flat view is taken by an entity (line 3): rename one of them\n"
		 "m.model:12: the name \"customer_versions\" of a flat view is taken by the versions of \"customer\" (line 3): "
		 "rename one of them\n"
		 "m.model:14: the name of a flat view may not begin with td_ or sqlite_: \"sqlite_x\"\n"},
		{HEAD CUSTOMER "column.d_id = D | text\n" DETAIL("column.count = Count | integer\n") "[flat f]\nentities = customer, d\n",
		 "m.model:16: the name \"d_id\" of column \"id\" of \"d\" in a flat view is taken by column \"d_id\" of \"customer\" in a "
		 "flat view (line 10): rename a column by column.NAME.as\n"
		 "m.model:18: the name \"d_count\" of column \"count\" of \"d\" in a flat view is taken by a count in a flat view "
		 "(line 11): rename a column by column.NAME.as\n"},
	};
	check_wrong(wrong, sizeof wrong / sizeof *wrong);
}

static void test_rollups_and_flats(void **state)
{
	(void)state;
	static const struct wrong wrong[] = {
		{HEAD CUSTOMER "[rollup r]\nof = first(customer)\nby = store\nat = registered\n",
		 "m.model:12: entity \"customer\" says of no column that it is \"store\"\n"
		 "m.model:13: entity \"customer\" says of no column that it is \"registered\"\n"},
		{HEAD CUSTOMER "[rollup r]\nof = first(customer)\nby = shop\nat = name\n",
		 "m.model:12: entity \"customer\" declares no column \"shop\"\n"
		 "m.model:13: column \"name\" is text: a time is date, datetime or instant\n"},
		{HEAD CUSTOMER DETAIL("") "[rollup r]\nof = first(d)\n[rollup s]\nof = first(x)\n[rollup t]\nof = customer\n[rollup u]\n",
		 "m.model:18: entity \"d\" is no customer: what is counted is the first appearance of customers\n"
		 "m.model:20: there is no entity \"x\"\n"
		 "m.model:22: \"customer\": expected first(ENTITY)\n"
		 "m.model:23: [rollup u] has no key \"of\"\n"},
		{HEAD CUSTOMER DETAIL("") "[flat f]\nentities = d, x\n[flat g]\nentities = customer, d, d, customer\n[flat h]\n",
		 "m.model:18: the customer comes first in a flat view, and once\n"
		 "m.model:18: there is no entity \"x\"\n"
		 "m.model:20: entity \"d\" stands twice\n"
		 "m.model:20: entity \"customer\" stands twice\n"
		 "m.model:21: [flat h] has no key \"entities\"\n"},
		{HEAD CUSTOMER "[entity s]\nkind = store\ntable = s\nkey = id\ncolumn.id = Id | text\n[flat f]\nentities = customer, s\n",
		 "m.model:16: entity \"s\" is of kind store: a flat view has the customer and what belongs to one\n"},
	};
	check_wrong(wrong, sizeof wrong / sizeof *wrong);
}

static void test_lines_that_are_no_text(void **state)
{
	(void)state;
	expect_errors(HEAD "title = a\x1B[2J\nzone = \xFF\ntitle\x7F = x\ntitle = \xC2\x9B" "2J\n" CUSTOMER,
	              "m.model:3: the line holds a control character\nm.model:4: the line is not UTF-8\n"
	              "m.model:5: the line holds a control character\nm.model:6: the line holds a control character\n");
}

static void test_long_lines_and_names(void **state)
{
	(void)state;
	struct buffer text = {0};
	buffer_text_add(&text, HEAD "title = ");
	size_t line = text.len - strlen("title = ");
	buffer_fill(&text, 'x', 4096 - (text.len - line));
	buffer_text_add(&text, "\n" CUSTOMER "column.");
	buffer_fill(&text, 'y', 64);
	buffer_text_add(&text, " = Y | text\n");
	model_free(good(buffer_text(&text)));

	buffer_clear(&text);
	buffer_text_add(&text, HEAD "title = ");
	buffer_fill(&text, 'x', 4096 - strlen("title = ") + 1);
	buffer_text_add(&text, "\n" CUSTOMER "column.");
	buffer_fill(&text, 'y', 65);
	buffer_text_add(&text, " = Y | text\n");
	expect_errors(buffer_text(&text),
	              "m.model:3: the line is longer than 4096 bytes\n"
	              "m.model:11: the name of a column is longer than 64 bytes: "
	              "\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"\n");
	buffer_done(&text);
}

static void test_too_many(void **state)
{
	(void)state;
	struct buffer text = {0}, errors = {0};
	buffer_text_add(&text, HEAD CUSTOMER);
	for (int i = 0; i < 64; i++)
		buffer_format(&text, "[entity e%d]\nkind = detail\ntable = t%d\nkey = id\ncif = id\ncolumn.id = Id | integer\n", i, i);
	assert_null(model_parse(buffer_text(&text), "m.model", &errors));
	assert_string_equal(buffer_text(&errors), "m.model:388: the model has more than 64 entities\n");
	buffer_clear(&text);
	buffer_clear(&errors);
	buffer_text_add(&text, HEAD CUSTOMER);
	for (int i = 0; i < 499; i++)
		buffer_format(&text, "column.c%d = C | text\n", i);
	assert_null(model_parse(buffer_text(&text), "m.model", &errors));
	assert_string_equal(buffer_text(&errors), "m.model:508: the entity has more than 500 columns\n");
	buffer_done(&text);
	buffer_done(&errors);
}

/* ---- files ---- */

static void expect_load_errors(const char *name, const char *expected)
{
	struct buffer errors = {0};
	assert_null(model_load(name, &errors));
	assert_string_equal(buffer_text(&errors), expected);
	buffer_done(&errors);
}

static void test_files(void **state)
{
	(void)state;
	expect_load_errors("./missing.model", "./missing.model:1: No such file or directory\n");
	expect_load_errors("nosuchmodel", "nosuchmodel:1: there is no model of this name; a file is given with its path: "
	                                  "./nosuchmodel.model\n");
	expect_load_errors("/", "/:1: this is no file\n");
	const char *tmp = getenv("TMPDIR");
	char *path = memory_format("%s/test-model-%ld.model", tmp ? tmp : "/tmp", (long)getpid());
	assert_int_equal(mkfifo(path, 0600), 0);
	char *expected = memory_format("%s:1: this is no file\n", path);
	expect_load_errors(path, expected);
	free(expected);
	assert_int_equal(unlink(path), 0);

	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite("[model]\nname\0= x\n", 1, 17, f), 17);
	assert_int_equal(fclose(f), 0);
	expected = memory_format("%s:2: the line holds a NUL byte\n", path);
	expect_load_errors(path, expected);
	free(expected);
	assert_int_equal(unlink(path), 0);
	free(path);
}

/* ---- differences ---- */

static void expect_difference(const char *a, const char *b, const char *expected)
{
	struct model *ma = good(a), *mb = good(b);
	struct buffer out = {0};
	assert_int_equal(model_difference(ma, mb, &out), *expected != '\0');
	assert_string_equal(buffer_text(&out), expected);
	buffer_done(&out);
	model_free(ma);
	model_free(mb);
}

static void test_difference(void **state)
{
	(void)state;
	expect_difference(HEAD CUSTOMER, "; other words\n" HEAD "\n" CUSTOMER, "");
	expect_difference(HEAD CUSTOMER DETAIL(""), HEAD CUSTOMER, "entity d is gone\n");
	expect_difference(HEAD CUSTOMER, HEAD CUSTOMER DETAIL(""), "entity d is new\n");
	expect_difference(HEAD CUSTOMER DETAIL("column.a = A | text\ncolumn.b = B | decimal(2)\ncolumn.c = C | text | pii\n"),
	                  HEAD "zone = +07:00\n" CUSTOMER
	                       DETAIL("title = Ds\noptional = c\ncolumn.c = Cee | text | search\ncolumn.b = B | decimal(3)\n"
	                              "column.b.as = bb\ncolumn.e = E | text\n"),
	                  "the model: the zone was \"UTC\", is \"+07:00\"\n"
	                  "entity d: the title was \"d\", is \"Ds\"\n"
	                  "entity d: column a is gone\n"
	                  "entity d, column b: the type was \"decimal(2)\", is \"decimal(3)\"\n"
	                  "entity d, column b: the name in the replica was \"b\", is \"bb\"\n"
	                  "entity d, column c: the title was \"C\", is \"Cee\"\n"
	                  "entity d, column c: is now optional\n"
	                  "entity d, column c: is no longer pii\n"
	                  "entity d, column c: is now search\n"
	                  "entity d: column e is new\n"
	                  "entity d: the columns stand in another order\n");
	expect_difference(HEAD CUSTOMER "column.s = S | text\n", HEAD CUSTOMER "column.s = S | text\nstore = s\nchanged_by = s\n",
	                  "entity customer: store was none, is s\n"
	                  "entity customer: changed_by was none, is s\n"
	                  "rollup registrations is new\n");
	expect_difference(HEAD CUSTOMER DETAIL("") "[flat f]\nentities = customer\n",
	                  HEAD CUSTOMER DETAIL("") "[flat f]\nentities = customer, d\n",
	                  "flat f was customer, is customer, d\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_demography),
		cmocka_unit_test(test_customertrack),
		cmocka_unit_test(test_sakila),
		cmocka_unit_test(test_pagila),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_text_of_the_file),
		cmocka_unit_test(test_composite_key_and_alias),
		cmocka_unit_test(test_names_hostile_to_sql),
		cmocka_unit_test(test_every_error_at_once),
		cmocka_unit_test(test_sections_and_customers),
		cmocka_unit_test(test_columns_and_roles),
		cmocka_unit_test(test_names_that_collide),
		cmocka_unit_test(test_rollups_and_flats),
		cmocka_unit_test(test_lines_that_are_no_text),
		cmocka_unit_test(test_long_lines_and_names),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_difference),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
