/* TABLE_MAP: types with their metadata, and the optional metadata of both families. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "binlog/table.h"
#include "unit/binlog_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct error err;
static struct arena arena;

/* Table 77 of the name shop.till; types and metadata in hex, all columns nullable, then options. */
static void table_make(struct buffer *body, const char *types, const char *metadata, const char *options)
{
	struct buffer t = {0}, m = {0};

	put_hex(&t, types);
	put_hex(&m, metadata);
	put(body, 6, 77);
	put(body, 2, 1);
	put_told(body, "shop");
	put(body, 1, 0);
	put_told(body, "till");
	put(body, 1, 0);
	put_lenenc(body, t.len);
	buffer_add(body, t.data, t.len);
	put_lenenc(body, m.len);
	buffer_add(body, m.data, m.len);
	buffer_fill(body, (char)0xff, (t.len + 7) / 8);
	put_hex(body, options);
	buffer_done(&t);
	buffer_done(&m);
}

/* n bytes of it, from a block of that size. */
static bool table_read(const struct binlog_format *f, const struct buffer *body, size_t n, struct binlog_table *t)
{
	struct binlog_event e = event_of(BINLOG_TABLE_MAP, body);
	uint8_t *block = malloc(n ? n : 1);

	memcpy(block, body->data, n);
	e.body = block;
	e.size = n;
	bool good = binlog_table_read(&e, f, &arena, t, &err);
	memset(block, 0xdd, n); /* nothing may point into it */
	free(block);
	return good;
}

static struct binlog_table table_of(const struct binlog_format *f, const char *types, const char *metadata,
				    const char *options)
{
	struct buffer body = {0};
	struct binlog_table t;

	table_make(&body, types, metadata, options);
	if (!table_read(f, &body, body.len, &t))
		fail_msg("%s", err.message);
	buffer_done(&body);
	return t;
}

static void assert_refused(const struct binlog_format *f, const char *types, const char *metadata, const char *options,
			   const char *why)
{
	struct buffer body = {0};
	struct binlog_table t;

	table_make(&body, types, metadata, options);
	if (table_read(f, &body, body.len, &t) || !strstr(err.message, why))
		fail_msg("types %s metadata %s options %s: %s, not %s", types, metadata, options, err.message, why);
	assert_int_equal(err.code, ERROR_REFUSED);
	buffer_done(&body);
}

static void types(void **state)
{
	static const struct {
		const char *type, *metadata;
		uint8_t resolved;
		int meta; /* -1: refused */
	} cases[] = {
		{"01", "", COL_TINY, 0},
		{"02", "", COL_SHORT, 0},
		{"09", "", COL_INT24, 0},
		{"03", "", COL_LONG, 0},
		{"08", "", COL_LONGLONG, 0},
		{"04", "04", COL_FLOAT, 4},
		{"05", "08", COL_DOUBLE, 8},
		{"04", "08", COL_FLOAT, -1},
		{"05", "04", COL_DOUBLE, -1},
		{"0d", "", COL_YEAR, 0},
		{"0a", "", COL_DATE, 0},
		{"07", "", COL_TIMESTAMP, 0},
		{"0b", "", COL_TIME, 0},
		{"0c", "", COL_DATETIME, 0},
		{"06", "", COL_NULL, 0},
		{"11", "06", COL_TIMESTAMP2, 6},
		{"12", "00", COL_DATETIME2, 0},
		{"13", "03", COL_TIME2, 3},
		{"12", "07", COL_DATETIME2, -1},
		{"0f", "ff00", COL_VARCHAR, 255},
		{"0f", "0001", COL_VARCHAR, 256},
		{"fd", "0a00", COL_VAR_STRING, 10},
		{"8d", "9101", COL_VARCHAR_COMPRESSED, 401},
		{"8c", "02", COL_BLOB_COMPRESSED, 2},
		{"fc", "01", COL_BLOB, 1},
		{"fc", "04", COL_BLOB, 4},
		{"fc", "05", COL_BLOB, -1},
		{"fc", "00", COL_BLOB, -1},
		{"f5", "04", COL_JSON, 4},
		{"ff", "04", COL_GEOMETRY, 4},
		{"f2", "04", COL_VECTOR, 4},
		{"10", "0001", COL_BIT, 8},
		{"10", "0401", COL_BIT, 12},
		{"10", "0008", COL_BIT, 64},
		{"10", "0108", COL_BIT, -1},
		{"10", "0000", COL_BIT, -1},
		{"f6", "0502", COL_NEWDECIMAL, 0x502},
		{"f6", "411e", COL_NEWDECIMAL, 0x411e},
		{"f6", "421e", COL_NEWDECIMAL, -1},
		{"f6", "0203", COL_NEWDECIMAL, -1},
		{"f6", "0000", COL_NEWDECIMAL, -1},
		{"fe", "fe0a", COL_STRING, 10},
		{"fe", "feff", COL_STRING, 255},
		{"fe", "ce20", COL_STRING, 800},
		{"fe", "eefc", COL_STRING, 508},
		{"fe", "defc", COL_STRING, 764},
		{"fe", "f701", COL_ENUM, 1},
		{"fe", "f702", COL_ENUM, 2},
		{"fe", "f703", COL_ENUM, -1},
		{"fe", "f808", COL_SET, 8},
		{"fe", "f809", COL_SET, -1},
		{"fe", "f800", COL_SET, -1},
		{"fe", "3001", COL_STRING, -1},
		{"14", "fe fe10", COL_TYPED_ARRAY, COL_STRING},
		{"14", "0f 000100", COL_TYPED_ARRAY, COL_VARCHAR},
		{"14", "08", COL_TYPED_ARRAY, COL_LONGLONG},
		{"14", "99", COL_TYPED_ARRAY, -1},
		{"15", "", 0, -1},
		{"01", "00", 0, -1},
		{"0f", "ff", 0, -1},
		{"f6", "05", 0, -1},
		{"f3", "", 0, -1},
	};
	struct binlog_format f = format_mysql();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (cases[i].meta < 0) {
			assert_refused(&f, cases[i].type, cases[i].metadata, "", "type");
			continue;
		}
		struct binlog_table t = table_of(&f, cases[i].type, cases[i].metadata, "");
		assert_int_equal(t.column_count, 1);
		assert_int_equal(t.columns[0].type, cases[i].resolved);
		assert_int_equal(t.columns[0].meta, cases[i].meta);
		assert_true(t.columns[0].nullable);
		assert_null(t.columns[0].name);
	}
	/* 8.0.17 and 8.0.18. */
	struct binlog_table t = table_of(&f, "14 01", "0f 000100 0000", "");
	assert_int_equal(t.columns[1].type, COL_TINY);
}

static void head(void **state)
{
	struct binlog_format f = format_mysql(), old = format_mysql();
	struct buffer body = {0};
	const char *schema, *name;
	struct binlog_table t;
	uint64_t id;

	(void)state;
	table_make(&body, "01 03", "", "01 01 40");
	for (size_t n = 0; n < body.len; n++)
		assert_int_equal(table_read(&f, &body, n, &t), n == body.len - 3);
	assert_true(table_read(&f, &body, body.len, &t));
	assert_int_equal(t.id, 77);
	assert_int_equal(t.flags, 1);
	assert_string_equal(t.schema, "shop");
	assert_string_equal(t.name, "till");
	struct binlog_event e = event_of(BINLOG_TABLE_MAP, &body);
	assert_true(binlog_table_peek(&e, &f, &id, &schema, &name, &err));
	assert_int_equal(id, 77);
	assert_string_equal(schema, "shop");
	assert_string_equal(name, "till");
	f.post[BINLOG_TABLE_MAP] = 0;
	assert_false(table_read(&f, &body, body.len, &t));
	f.post[BINLOG_TABLE_MAP] = 8;
	body.data[11] = '\0'; /* within the name of the schema */
	assert_false(table_read(&f, &body, body.len, &t));
	buffer_clear(&body);
	put_hex(&body, "4d000000 0100 01 73 00 01 74 00 02 01 03 00 01");
	old.post[BINLOG_TABLE_MAP] = 6;
	assert_true(table_read(&old, &body, body.len, &t));
	assert_int_equal(t.id, 77);
	assert_true(t.columns[0].nullable && !t.columns[1].nullable);
	buffer_done(&body);
}

static void column_counts(void **state)
{
	static const int counts[] = {0, 1, 250, 251, 4096, 4097};
	struct binlog_format f = format_mysql();

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct buffer hex = {0}, body = {0};
		struct binlog_table t;
		for (int k = 0; k < counts[i]; k++)
			buffer_text_add(&hex, "01");
		table_make(&body, buffer_text(&hex), "", "");
		bool good = table_read(&f, &body, body.len, &t);
		assert_int_equal(good, counts[i] > 0 && counts[i] <= 4096);
		assert_true(!good || t.column_count == counts[i]);
		buffer_done(&hex);
		buffer_done(&body);
	}
}

/* int, varchar, year, float, double, decimal, text, tiny, small, medium, big, date: nine that count. */
static void signedness(void **state)
{
	struct binlog_format f = format_mysql();
	const char *types = "03 0f 0d 04 05 f6 fc 01 02 09 08 0a", *metadata = "0a00 04 08 0502 02";

	(void)state;
	struct binlog_table t = table_of(&f, types, metadata, "01 02 d880");
	/* 1 1 0 1 1 0 0 0 | 1 over int year float double decimal tiny small medium | big */
	static const bool wanted[] = {true, false, true, false, true, true, false, false, false, false, true, false};
	assert_true(t.has_signedness && !t.has_charsets && !t.has_names && !t.has_labels);
	for (int i = 0; i < t.column_count; i++)
		assert_int_equal(t.columns[i].is_unsigned, wanted[i]);
	assert_false(table_of(&f, types, metadata, "").has_signedness);
	assert_refused(&f, types, metadata, "01 01 d8", "metadata of kind 1 does not fit");
	assert_refused(&f, types, metadata, "01 03 d88000", "metadata of kind 1 does not fit");
}

static void assert_collations(const struct binlog_table *t, const uint32_t *wanted)
{
	for (int i = 0; i < t->column_count; i++)
		assert_int_equal(t->columns[i].collation, wanted[i]);
}

/* varchar, int, char, geometry, json, blob, enum, set, compressed varchar */
static void charsets(void **state)
{
	struct binlog_format mysql = format_mysql(), mariadb = format_mariadb();
	const char *types = "0f 03 fe ff f5 fc fe fe 8d", *metadata = "0a00 fe0a 04 04 02 f701 f801 0a00";

	(void)state;
	/* 255 for all, the third of those that count 63 */
	struct binlog_table t = table_of(&mysql, types, metadata, "02 05 fcff00 02 3f");
	assert_true(t.has_charsets);
	assert_collations(&t, (uint32_t[]){255, 0, 255, 0, 0, 63, 0, 0, 255});
	t = table_of(&mariadb, types, metadata, "02 07 fc0009 02 3f 03 2e");
	assert_collations(&t, (uint32_t[]){2304, 0, 2304, 63, 0, 46, 0, 0, 2304});
	t = table_of(&mysql, types, metadata, "03 08 08 2d fc3401 fc3501");
	assert_collations(&t, (uint32_t[]){8, 0, 45, 0, 0, 0x134, 0, 0, 0x135});
	t = table_of(&mysql, types, metadata, "0a 05 2d 01 fc0001");
	assert_false(t.has_charsets);
	assert_collations(&t, (uint32_t[]){0, 0, 0, 0, 0, 0, 45, 256, 0});
	t = table_of(&mysql, types, metadata, "0b 02 08 09");
	assert_collations(&t, (uint32_t[]){0, 0, 0, 0, 0, 0, 8, 9, 0});
	assert_refused(&mysql, types, metadata, "02 03 2d 04 3f", "metadata of kind 2 does not fit");
	assert_refused(&mysql, types, metadata, "02 02 2d 00", "metadata of kind 2 does not fit");
	assert_refused(&mysql, types, metadata, "02 00", "metadata of kind 2 does not fit");
	assert_refused(&mysql, types, metadata, "03 03 08 08 08", "metadata of kind 3 does not fit");
	assert_refused(&mysql, types, metadata, "0b 03 08 09 0a", "metadata of kind 11 does not fit");
	assert_refused(&mysql, types, metadata, "02 09 fe0000000001000000", "metadata of kind 2 does not fit");
}

static void assert_labels(const struct binlog_column *c, int count, const char *const *wanted)
{
	assert_int_equal(c->label_count, count);
	for (int i = 0; i < count; i++) {
		assert_string_equal(c->labels[i], wanted[i]);
		assert_int_equal(c->label_lens[i], strlen(wanted[i]));
	}
}

/* int, enum, set, enum */
static void names_labels_and_keys(void **state)
{
	struct binlog_format f = format_mysql();
	const char *types = "03 fe fe fe", *metadata = "f701 f801 f702";

	(void)state;
	struct binlog_table t = table_of(&f, types, metadata,
					 "04 0a 02 6964 01 65 01 73 02 c3a9"
					 "05 06 02 01 61 02 2c62"
					 "06 07 01 01 78 02 00 01 79"
					 "08 02 03 00"
					 "0c 01 f0"
					 "07 01 00"
					 "c8 03 010203");
	assert_true(t.has_names && t.has_labels && !t.has_signedness);
	assert_string_equal(t.columns[0].name, "id");
	assert_string_equal(t.columns[1].name, "e");
	assert_string_equal(t.columns[3].name, "\xc3\xa9");
	assert_int_equal(t.columns[3].name_len, 2);
	assert_labels(&t.columns[0], 0, NULL);
	assert_labels(&t.columns[1], 1, (const char *const[]){"x"});
	assert_labels(&t.columns[2], 2, (const char *const[]){"a", ",b"});
	assert_labels(&t.columns[3], 2, (const char *const[]){"", "y"});
	assert_int_equal(t.key_count, 2);
	assert_true(t.key[0] == 3 && t.key[1] == 0);
	t = table_of(&f, types, metadata, "09 04 02 00 01 0a");
	assert_int_equal(t.key_count, 2);
	assert_true(t.key[0] == 2 && t.key[1] == 1);
	assert_false(t.has_names || t.has_labels);
	assert_refused(&f, types, metadata, "08 01 04", "metadata of kind 8 does not fit");
	assert_refused(&f, types, metadata, "09 03 02 00 01", "metadata of kind 9 does not fit");
	assert_refused(&f, types, metadata, "04 07 02 6964 01 65 01 73", "metadata of kind 4 does not fit");
	assert_refused(&f, types, metadata, "04 0b 02 6964 01 65 01 73 02 c3a9 00", "metadata of kind 4 does not fit");
	assert_refused(&f, types, metadata, "04 09 02 6900 01 65 01 73 01 61", "metadata of kind 4 does not fit");
	assert_refused(&f, types, metadata, "05 06 03 01 61 02 2c62", "metadata of kind 5 does not fit");
	assert_refused(&f, types, metadata, "05 09 fe ffffffffffffff7f", "metadata of kind 5 does not fit");
	assert_refused(&f, types, metadata, "06 03 01 01 78", "metadata of kind 6 does not fit");
	assert_refused(&f, types, metadata, "c8 04 010203", "cut off");
	assert_refused(&f, types, metadata, "c8 ff", "cut off");
	assert_refused(&f, types, metadata, "c8", "cut off");
}

static int begin(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),      cmocka_unit_test(head),     cmocka_unit_test(column_counts),
		cmocka_unit_test(signedness), cmocka_unit_test(charsets), cmocka_unit_test(names_labels_and_keys),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
