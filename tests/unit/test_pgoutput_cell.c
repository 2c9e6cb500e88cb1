/* The text of each case is what PostgreSQL 15.18 printed under pgcell_settings. */
#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "binlog/cell.h"
#include "binlog/charset.h"
#include "binlog/table.h"
#include "model/model.h"
#include "pgoutput/cell.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena arena;

enum { OTHER = 0 /* an oid that is taken as text */ };

struct expect {
	const char *text, *gives; /* "kind:value", '?' before a misfit */
};

static const char *value_words(const struct column *c, struct value v)
{
	const char *misfit = value_misfit(c, v) ? "?" : "";
	if (v.kind == VALUE_INTEGER)
		return arena_format(&arena, "%sinteger:%" PRId64, misfit, v.integer);
	return arena_format(&arena, "%s%s:%.*s", misfit, v.kind == VALUE_BYTES ? "bytes" : "text", (int)v.len, v.text);
}

static struct column column_of(enum column_type type, int scale)
{
	return (struct column){.name = "x", .as = "x", .title = "X", .type = type, .scale = scale, .key = -1};
}

/* The text in a block of exactly its size, so that a read past the end is seen. */
static const char *gives(uint32_t type, const struct column *c, const struct zone *zone, const char *text)
{
	size_t n = strlen(text);
	char *exact = memory_alloc(n ? n : 1);
	memcpy(exact, text, n);
	const char *words = value_words(c, pgcell_value(type, c, zone, exact, n, &arena));
	free(exact);
	return words;
}

static void check(uint32_t type, struct column c, const struct zone *zone, const struct expect *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *got = gives(type, &c, zone, e[i].text);
		if (strcmp(got, e[i].gives) != 0)
			fail_msg("type %u, \"%s\": %s, wanted %s", type, e[i].text, got, e[i].gives);
	}
}

#define CHECK_IN(zone, type, column, scale, ...)                                                                       \
	do {                                                                                                           \
		static const struct expect cases[] = {__VA_ARGS__};                                                    \
		check(type, column_of(column, scale), zone, cases, COUNT(cases));                                      \
	} while (0)
#define CHECK(type, column, scale, ...) CHECK_IN(NULL, type, column, scale, __VA_ARGS__)

static const struct zone *zone(const char *name)
{
	const struct zone *z = zone_get(name, NULL);
	assert_non_null(z);
	return z;
}

static void test_boolean(void **state)
{
	(void)state;
	CHECK(PGTYPE_BOOL, COLUMN_BOOLEAN, 0, {"t", "integer:1"}, {"f", "integer:0"});
	CHECK(PGTYPE_BOOL, COLUMN_TEXT, 0, {"t", "text:t"}, {"f", "text:f"});
	CHECK(PGTYPE_BOOL, COLUMN_INTEGER, 0, {"t", "integer:1"}, {"f", "integer:0"});
	CHECK(PGTYPE_BOOL, COLUMN_DECIMAL, 2, {"t", "text:1.00"}, {"f", "text:0.00"});
	CHECK(PGTYPE_BOOL, COLUMN_DATE, 0, {"t", "?text:t"});
	/* A letter is none because a number is wanted. */
	CHECK(PGTYPE_BPCHAR, COLUMN_INTEGER, 0, {"t", "?text:t"});
}

static void test_integers(void **state)
{
	(void)state;
	CHECK(PGTYPE_INT2, COLUMN_INTEGER, 0, {"-32768", "integer:-32768"}, {"32767", "integer:32767"});
	CHECK(PGTYPE_INT4, COLUMN_INTEGER, 0, {"-2147483648", "integer:-2147483648"}, {"0", "integer:0"});
	CHECK(PGTYPE_INT8, COLUMN_INTEGER, 0, {"-9223372036854775808", "integer:-9223372036854775808"},
	      {"9223372036854775807", "integer:9223372036854775807"});
	CHECK(PGTYPE_OID, COLUMN_INTEGER, 0, {"4294967295", "integer:4294967295"});
	CHECK(PGTYPE_INT4, COLUMN_TEXT, 0, {"-7", "text:-7"});
	CHECK(PGTYPE_INT4, COLUMN_DECIMAL, 2, {"-7", "text:-7.00"});
	CHECK(PGTYPE_INT2, COLUMN_BOOLEAN, 0, {"1", "integer:1"}, {"0", "integer:0"}, {"2", "?text:2"});
	/* Not microseconds */
	CHECK(PGTYPE_INT8, COLUMN_INSTANT, 0, {"1700000000", "?text:1700000000"});
}

static void test_numeric(void **state)
{
	(void)state;
	CHECK(PGTYPE_NUMERIC, COLUMN_DECIMAL, 2, {"1.50", "text:1.50"}, {"-0.01", "text:-0.01"}, {"1", "text:1.00"}, {"1.500", "text:1.50"},
	      {"1.505", "?text:1.505"}, {"NaN", "?text:NaN"}, {"Infinity", "?text:Infinity"}, {"-Infinity", "?text:-Infinity"});
	CHECK(PGTYPE_NUMERIC, COLUMN_DECIMAL, -1, {"0.00000000000000000001", "text:0.00000000000000000001"}, {"1.50", "text:1.5"},
	      {"1000000000000000000000000000000", "text:1000000000000000000000000000000"}, {"-0.001", "text:-0.001"});
	CHECK(PGTYPE_NUMERIC, COLUMN_TEXT, 0, {"1.50", "text:1.50"}, {"NaN", "text:NaN"});
	CHECK(PGTYPE_NUMERIC, COLUMN_INTEGER, 0, {"15", "integer:15"}, {"18446744073709551615", "text:18446744073709551615"},
	      {"1.5", "?text:1.5"});
}

static void test_numeric_of_many_digits(void **state)
{
	(void)state;
	/* The most that the server takes: before the point, and behind it. */
	enum { WHOLE = 131072, FRACTION = 16383 };
	static char text[WHOLE + 1 + FRACTION];
	struct column c = column_of(COLUMN_DECIMAL, -1);
	memset(text, '9', sizeof text);
	text[WHOLE] = '.';
	struct value v = pgcell_value(PGTYPE_NUMERIC, &c, NULL, text, sizeof text, &arena);
	assert_int_equal(v.kind, VALUE_TEXT);
	assert_ptr_equal(v.text, text);
	assert_int_equal(v.len, sizeof text);
	assert_false(value_misfit(&c, v));
}

static void test_double(void **state)
{
	(void)state;
	CHECK(PGTYPE_FLOAT8, COLUMN_TEXT, 0, {"0", "text:0"}, {"1.5", "text:1.5"}, {"-1.5", "text:-1.5"}, {"0.1", "text:0.1"},
	      {"100000", "text:100000"}, {"100000000000000", "text:100000000000000"}, {"1e+15", "text:1000000000000000"},
	      {"1e+20", "text:100000000000000000000"}, {"1e+21", "text:1e+21"}, {"1e+22", "text:1e+22"},
	      {"-1e+15", "text:-1000000000000000"}, {"1.2345678901234568e+17", "text:123456789012345680"},
	      {"9.007199254740992e+15", "text:9007199254740992"}, {"0.0001", "text:0.0001"}, {"1e-05", "text:0.00001"},
	      {"1e-06", "text:1e-06"}, {"5e-324", "text:5e-324"}, {"1.7976931348623157e+308", "text:1.7976931348623157e+308"},
	      {"2.2250738585072014e-308", "text:2.2250738585072014e-308"}, {"123456789012345", "text:123456789012345"},
	      {"1234567890123456", "text:1234567890123456"},
	      /* 1e23, which lies in the middle of two numbers */
	      {"9.999999999999999e+22", "text:1e+23"}, {"NaN", "text:NaN"}, {"Infinity", "text:Infinity"},
	      {"-Infinity", "text:-Infinity"}, {"-0", "text:-0"});
	CHECK(PGTYPE_FLOAT8, COLUMN_DECIMAL, 2, {"1.5", "text:1.50"}, {"-0", "text:0.00"}, {"1e+15", "text:1000000000000000.00"},
	      {"1e+22", "text:10000000000000000000000.00"}, {"0.125", "?text:0.125"}, {"NaN", "?text:NaN"},
	      {"-Infinity", "?text:-Infinity"});
	CHECK(PGTYPE_FLOAT8, COLUMN_DECIMAL, -1, {"1e-06", "text:0.000001"}, {"-2.5e-07", "text:-0.00000025"});
	CHECK(PGTYPE_FLOAT8, COLUMN_INTEGER, 0, {"7", "integer:7"}, {"1e+15", "integer:1000000000000000"}, {"7.5", "?text:7.5"},
	      {"-0", "integer:0"}, {"1e+22", "?text:1e+22"});
	CHECK(PGTYPE_FLOAT8, COLUMN_INSTANT, 0, {"1700000000", "?text:1700000000"});
}

static void test_real(void **state)
{
	(void)state;
	CHECK(PGTYPE_FLOAT4, COLUMN_TEXT, 0, {"1.5", "text:1.5"}, {"0.1", "text:0.1"}, {"1.1", "text:1.1"}, {"123456", "text:123456"},
	      {"1e+06", "text:1000000"}, {"1.234567e+06", "text:1234567"}, {"1.6777216e+07", "text:16777216"}, {"1e-45", "text:1e-45"},
	      {"3.4028235e+38", "text:3.4028235e+38"}, {"1.1754944e-38", "text:1.1754944e-38"}, {"3.3e-05", "text:0.000033"},
	      {"0.00012", "text:0.00012"}, {"9.5367e-07", "text:9.5367e-07"}, {"16777.217", "text:16777.217"}, {"-0", "text:-0"},
	      {"NaN", "text:NaN"}, {"-Infinity", "text:-Infinity"},
	      /* Fewer digits give the same float, though not the same double. */
	      {"5.9277328e+07", "text:59277330"},
	      /* More than a float holds: no server's text */
	      {"3.5e+38", "text:3.5e+38"}, {"3.5000e+38", "text:3.5000e+38"});
	CHECK(PGTYPE_FLOAT4, COLUMN_DECIMAL, 1, {"1e+06", "text:1000000.0"}, {"0.1", "text:0.1"});
}

/* In a locale that writes a comma; it is made here, as the system needs to have none. */
static void test_numbers_in_any_locale(void **state)
{
	(void)state;
	char folder[] = "/tmp/test_pgoutput-XXXXXX", command[200];
	assert_non_null(mkdtemp(folder));
	/* Once before, as what the program keeps of "C" is made then, and not from LOCPATH. */
	CHECK(PGTYPE_FLOAT8, COLUMN_TEXT, 0, {"1.5e-10", "text:1.5e-10"});
	snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
	(void)!system(command);
	assert_int_equal(setenv("LOCPATH", folder, 1), 0);
	assert_non_null(setlocale(LC_NUMERIC, "de_DE.UTF-8"));
	assert_string_equal(localeconv()->decimal_point, ",");
	CHECK(PGTYPE_FLOAT8, COLUMN_TEXT, 0, {"1.2345678901234567e+18", "text:1234567890123456800"}, {"1.5e-10", "text:1.5e-10"});
	CHECK(PGTYPE_FLOAT4, COLUMN_TEXT, 0, {"1.5e-10", "text:1.5e-10"});
	setlocale(LC_NUMERIC, "C");
	unsetenv("LOCPATH");
	snprintf(command, sizeof command, "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

static void test_date(void **state)
{
	(void)state;
	CHECK(PGTYPE_DATE, COLUMN_DATE, 0, {"2024-02-29", "text:2024-02-29"}, {"0001-01-01", "text:0001-01-01"},
	      {"9999-12-31", "text:9999-12-31"}, {"0044-03-15 BC", "?text:0044-03-15 BC"}, {"10000-01-01", "?text:10000-01-01"},
	      {"4713-01-01 BC", "?text:4713-01-01 BC"}, {"5874897-12-31", "?text:5874897-12-31"}, {"infinity", "?text:infinity"},
	      {"-infinity", "?text:-infinity"});
	CHECK(PGTYPE_DATE, COLUMN_TEXT, 0, {"0044-03-15 BC", "text:0044-03-15 BC"});
	CHECK(PGTYPE_DATE, COLUMN_DATETIME, 0, {"2024-02-29", "?text:2024-02-29"});
	CHECK(PGTYPE_DATE, COLUMN_INSTANT, 0, {"infinity", "?text:infinity"}, {"0044-03-15 BC", "?text:0044-03-15 BC"});
}

static void test_timestamp(void **state)
{
	(void)state;
	CHECK(PGTYPE_TIMESTAMP, COLUMN_DATETIME, 0, {"2024-02-29 01:02:03", "text:2024-02-29 01:02:03"},
	      {"2024-02-29 01:02:03.12", "text:2024-02-29 01:02:03.12"}, {"2024-02-29 01:02:03.000001", "text:2024-02-29 01:02:03.000001"},
	      {"0001-01-01 00:00:00", "text:0001-01-01 00:00:00"}, {"9999-12-31 23:59:59.999999", "text:9999-12-31 23:59:59.999999"},
	      {"infinity", "?text:infinity"}, {"-infinity", "?text:-infinity"}, {"0044-03-15 12:00:00 BC", "?text:0044-03-15 12:00:00 BC"},
	      {"10000-01-01 00:00:00", "?text:10000-01-01 00:00:00"},
	      {"294276-12-31 23:59:59.999999", "?text:294276-12-31 23:59:59.999999"});
	CHECK(PGTYPE_TIMESTAMP, COLUMN_INSTANT, 0, {"2024-02-29 00:00:00", "integer:1709164800000000"},
	      {"0044-03-15 12:00:00 BC", "?text:0044-03-15 12:00:00 BC"}, {"infinity", "?text:infinity"},
	      {"10000-01-01 00:00:00", "?text:10000-01-01 00:00:00"});
	CHECK_IN(zone("Asia/Jakarta"), PGTYPE_TIMESTAMP, COLUMN_INSTANT, 0, {"2024-02-29 07:00:00", "integer:1709164800000000"});
	/* A wall clock that the zone skipped is no instant. */
	CHECK_IN(zone("Europe/Berlin"), PGTYPE_TIMESTAMP, COLUMN_INSTANT, 0, {"2024-03-31 02:30:00", "?text:2024-03-31 02:30:00"});
	CHECK_IN(zone("Europe/Berlin"), PGTYPE_TIMESTAMP, COLUMN_DATETIME, 0, {"2024-03-31 02:30:00", "text:2024-03-31 02:30:00"});
	CHECK(PGTYPE_TIMESTAMP, COLUMN_TEXT, 0, {"2024-02-29 01:02:03", "text:2024-02-29 01:02:03"});
	CHECK(PGTYPE_TIMESTAMP, COLUMN_DATE, 0, {"2024-02-29 00:00:00", "?text:2024-02-29 00:00:00"});
}

static void test_timestamptz(void **state)
{
	(void)state;
	CHECK(PGTYPE_TIMESTAMPTZ, COLUMN_INSTANT, 0, {"2024-02-29 00:00:00+00", "integer:1709164800000000"},
	      {"2024-02-29 00:00:00.000001+00", "integer:1709164800000001"}, {"1969-12-31 23:59:59.5+00", "integer:-500000"},
	      {"0001-01-01 00:00:00+00", "integer:-62135596800000000"}, {"9999-12-31 23:59:59.999999+00", "integer:253402300799999999"},
	      {"infinity", "?text:infinity"}, {"-infinity", "?text:-infinity"},
	      {"0044-03-15 12:00:00+00 BC", "?text:0044-03-15 12:00:00+00 BC"}, {"10000-01-01 00:00:00+00", "?text:10000-01-01 00:00:00+00"},
	      {"294276-12-31 23:59:59.999999+00", "?text:294276-12-31 23:59:59.999999+00"});
	/* Whatever the model's zone is */
	CHECK_IN(zone("Asia/Jakarta"), PGTYPE_TIMESTAMPTZ, COLUMN_INSTANT, 0, {"2024-02-29 00:00:00+00", "integer:1709164800000000"});
	CHECK(PGTYPE_TIMESTAMPTZ, COLUMN_DATETIME, 0, {"2024-02-29 01:02:03+00", "text:2024-02-29 01:02:03"});
	CHECK_IN(zone("Asia/Jakarta"), PGTYPE_TIMESTAMPTZ, COLUMN_DATETIME, 0, {"2024-02-28 18:02:03.12+00", "text:2024-02-29 01:02:03.12"},
		 {"9999-12-31 16:59:59.999999+00", "text:9999-12-31 23:59:59.999999"},
		 {"9999-12-31 17:00:00+00", "?text:9999-12-31 17:00:00+00"}, {"infinity", "?text:infinity"},
		 {"0044-03-15 12:00:00+00 BC", "?text:0044-03-15 12:00:00+00 BC"});
	CHECK_IN(zone("-05:00"), PGTYPE_TIMESTAMPTZ, COLUMN_DATETIME, 0, {"0001-01-01 05:00:00+00", "text:0001-01-01 00:00:00"},
		 {"0001-01-01 04:59:59+00", "?text:0001-01-01 04:59:59+00"});
	/* An hour that comes twice */
	CHECK_IN(zone("Europe/Berlin"), PGTYPE_TIMESTAMPTZ, COLUMN_DATETIME, 0, {"2024-10-27 00:30:00+00", "text:2024-10-27 02:30:00"},
		 {"2024-10-27 01:30:00+00", "text:2024-10-27 02:30:00"});
	CHECK(PGTYPE_TIMESTAMPTZ, COLUMN_TEXT, 0, {"2024-02-29 01:02:03+00", "text:2024-02-29 01:02:03+00"});
	CHECK(PGTYPE_TIMESTAMPTZ, COLUMN_DATE, 0, {"2024-02-29 00:00:00+00", "?text:2024-02-29 00:00:00+00"});
}

static void test_time(void **state)
{
	(void)state;
	CHECK(PGTYPE_TIME, COLUMN_TEXT, 0, {"00:00:00", "text:00:00:00"}, {"24:00:00", "text:24:00:00"}, {"12:34:56.7", "text:12:34:56.7"});
	CHECK(PGTYPE_TIMETZ, COLUMN_TEXT, 0, {"24:00:00+07", "text:24:00:00+07"}, {"12:34:56.7-15:59:59", "text:12:34:56.7-15:59:59"},
	      {"23:59:59.999999+05:45", "text:23:59:59.999999+05:45"});
	CHECK(PGTYPE_TIMETZ, COLUMN_INSTANT, 0, {"23:59:59+07", "?text:23:59:59+07"});
}

static void test_padded(void **state)
{
	(void)state;
	CHECK(PGTYPE_BPCHAR, COLUMN_TEXT, 0, {"a    ", "text:a"}, {"     ", "text:"}, {"a  b ", "text:a  b"}, {"", "text:"},
	      {" a   ", "text: a"}, {"a\t   ", "text:a\t"}, {"\xc3\xa9    ", "text:\xc3\xa9"});
	CHECK(PGTYPE_BPCHAR, COLUMN_INTEGER, 0, {"0012 ", "integer:12"});
	CHECK(PGTYPE_BPCHAR, COLUMN_BYTES, 0, {"ab ", "bytes:ab"});
	/* Of others the blanks are a part. */
	CHECK(PGTYPE_VARCHAR, COLUMN_TEXT, 0, {"a  ", "text:a  "});
	CHECK(PGTYPE_TEXT, COLUMN_TEXT, 0, {"a  ", "text:a  "}, {"", "text:"});
	CHECK(PGTYPE_NAME, COLUMN_TEXT, 0, {"Abc", "text:Abc"});
	CHECK(OTHER, COLUMN_TEXT, 0, {"{\"x  \"}", "text:{\"x  \"}"});
}

static void assert_bytes(enum column_type type, const char *text, enum value_kind kind, const char *wanted, size_t n)
{
	struct column c = column_of(type, 0);
	struct value v = pgcell_value(PGTYPE_BYTEA, &c, NULL, text, strlen(text), &arena);
	assert_int_equal(v.kind, kind);
	assert_int_equal(v.len, n);
	assert_memory_equal(v.text, wanted, n);
}

static void test_bytea(void **state)
{
	(void)state;
	assert_bytes(COLUMN_BYTES, "\\x00ff5c78", VALUE_BYTES, "\0\xff\\x", 4);
	assert_bytes(COLUMN_BYTES, "\\x", VALUE_BYTES, "", 0);
	assert_bytes(COLUMN_BYTES, "\\x0123456789abcdef", VALUE_BYTES, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	assert_bytes(COLUMN_TEXT, "\\x616200ff", VALUE_TEXT, "ab\0\xff", 4);
	assert_bytes(COLUMN_TEXT, "\\x", VALUE_TEXT, "", 0);
	CHECK(PGTYPE_BYTEA, COLUMN_INTEGER, 0, {"\\x3137", "integer:17"}, {"\\x61", "?text:a"});
	/* What is not hex was written under other settings. */
	CHECK(PGTYPE_BYTEA, COLUMN_BYTES, 0, {"abc", "?text:abc"}, {"\\x0", "?text:\\x0"}, {"\\x0g", "?text:\\x0g"}, {"\\", "?text:\\"},
	      {"", "?text:"}, {"\\\\x00", "?text:\\\\x00"}, {"\\xAB", "?text:\\xAB"});
}

static void test_others(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"P1Y2M3DT4H5M6.789S", "P-1Y-2M3DT-4H-5M-6S", "PT0S", "$1,234.56", "-$1,234.56", "00101",
		"{\"a b\",\"c,d\",\"\\\"q\\\"\",NULL,\"NULL\",\"\"}", "{{1,2},{3,4}}", "[2:3]={1,2}", "{2024-01-01}",
		"{\"b\":1, \"a\" :2}", "{\"a\": 2, \"b\": 1}", "<a/>", "192.168.0.1/24", "08:00:2b:01:02:03", "[1,5)", "(,2.5]",
		"empty", "(1,2)", "(1,\"a b\",)", "16/B374D848", "'fat' & 'rat'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "calm",
	};
	struct column c = column_of(COLUMN_TEXT, 0);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct value v = pgcell_value(OTHER, &c, NULL, texts[i], strlen(texts[i]), &arena);
		assert_int_equal(v.kind, VALUE_TEXT);
		assert_ptr_equal(v.text, texts[i]);
		assert_int_equal(v.len, strlen(texts[i]));
	}
	CHECK(OTHER, COLUMN_DECIMAL, 2, {"$1,234.56", "?text:$1,234.56"});
	CHECK(OTHER, COLUMN_BOOLEAN, 0, {"1", "integer:1"}, {"00101", "?text:00101"});
	CHECK(OTHER, COLUMN_BYTES, 0, {"calm", "bytes:calm"});
	CHECK(PGTYPE_UUID, COLUMN_TEXT, 0,
	      {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "text:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"});
}

static void test_what_is_canonical_is_borrowed(void **state)
{
	(void)state;
	static const struct {
		uint32_t type;
		enum column_type column;
		const char *text;
	} cases[] = {
		{PGTYPE_TEXT, COLUMN_TEXT, "abc"},
		{PGTYPE_BPCHAR, COLUMN_TEXT, "abc   "},
		{PGTYPE_NUMERIC, COLUMN_DECIMAL, "1.50"},
		{PGTYPE_FLOAT8, COLUMN_TEXT, "-1.5"},
		{PGTYPE_FLOAT4, COLUMN_TEXT, "123456"},
		{PGTYPE_DATE, COLUMN_DATE, "2024-02-29"},
		{PGTYPE_TIMESTAMP, COLUMN_DATETIME, "2024-02-29 01:02:03.5"},
		{PGTYPE_TIMESTAMPTZ, COLUMN_TEXT, "2024-02-29 01:02:03+00"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena none;
		struct column c = column_of(cases[i].column, 2);
		arena_init(&none);
		struct value v = pgcell_value(cases[i].type, &c, NULL, cases[i].text, strlen(cases[i].text), &none);
		assert_ptr_equal(v.text, cases[i].text);
		assert_int_equal(none.used, 0);
		arena_done(&none);
	}
}

/* The same model's column, fed by either server: what each prints of a value, and the one it must be. */
static void test_same_as_mysql(void **state)
{
	(void)state;
	static const struct {
		uint32_t type;
		const char *text;
		uint8_t mysql;
		const char *mysql_text;
		enum column_type column;
		const char *gives;
	} cases[] = {
		{PGTYPE_INT8, "-5", COL_LONGLONG, "-5", COLUMN_TEXT, "text:-5"},
		{PGTYPE_BOOL, "t", COL_TINY, "1", COLUMN_BOOLEAN, "integer:1"},
		{PGTYPE_BOOL, "f", COL_TINY, "0", COLUMN_INTEGER, "integer:0"},
		{PGTYPE_NUMERIC, "-1.50", COL_NEWDECIMAL, "-1.50", COLUMN_DECIMAL, "text:-1.50"},
		{PGTYPE_NUMERIC, "1.50", COL_NEWDECIMAL, "1.50", COLUMN_TEXT, "text:1.50"},
		{PGTYPE_FLOAT8, "1e+22", COL_DOUBLE, "1e22", COLUMN_TEXT, "text:1e+22"},
		{PGTYPE_FLOAT8, "1e+15", COL_DOUBLE, "1e15", COLUMN_TEXT, "text:1000000000000000"},
		{PGTYPE_FLOAT8, "9.999999999999999e+22", COL_DOUBLE, "1e23", COLUMN_TEXT, "text:1e+23"},
		{PGTYPE_FLOAT8, "5.684341886080802e-14", COL_DOUBLE, "5.684341886080802e-14", COLUMN_TEXT, "text:5.6843418860808015e-14"},
		{PGTYPE_FLOAT8, "1e-05", COL_DOUBLE, "0.00001", COLUMN_TEXT, "text:0.00001"},
		{PGTYPE_FLOAT8, "0.1", COL_DOUBLE, "0.1", COLUMN_DECIMAL, "text:0.10"},
		/* A FLOAT is selected as a double. */
		{PGTYPE_FLOAT4, "0.1", COL_FLOAT, "0.10000000149011612", COLUMN_TEXT, "text:0.1"},
		{PGTYPE_FLOAT4, "3.4028235e+38", COL_FLOAT, "3.4028234663852886e38", COLUMN_TEXT, "text:3.4028235e+38"},
		{PGTYPE_FLOAT4, "1e-45", COL_FLOAT, "1.401298464324817e-45", COLUMN_TEXT, "text:1e-45"},
		{PGTYPE_DATE, "2024-02-29", COL_DATE, "2024-02-29", COLUMN_DATE, "text:2024-02-29"},
		{PGTYPE_TIMESTAMP, "2024-02-29 01:02:03.4", COL_DATETIME2, "2024-02-29 01:02:03.400", COLUMN_DATETIME,
		 "text:2024-02-29 01:02:03.4"},
		{PGTYPE_TIMESTAMP, "2024-02-29 08:02:03", COL_DATETIME2, "2024-02-29 08:02:03", COLUMN_INSTANT, "integer:1709168523000000"},
		{PGTYPE_TIMESTAMPTZ, "2024-02-29 01:02:03.45+00", COL_TIMESTAMP2, "2024-02-29 01:02:03.450000", COLUMN_INSTANT,
		 "integer:1709168523450000"},
		{PGTYPE_TIMESTAMPTZ, "2024-02-29 01:02:03.45+00", COL_TIMESTAMP2, "2024-02-29 01:02:03.450000", COLUMN_DATETIME,
		 "text:2024-02-29 08:02:03.45"},
		{PGTYPE_BPCHAR, "ab   ", COL_STRING, "ab", COLUMN_TEXT, "text:ab"},
		{PGTYPE_BYTEA, "\\x6162", COL_BLOB, "ab", COLUMN_BYTES, "bytes:ab"},
		{PGTYPE_BYTEA, "\\x6162", COL_BLOB, "ab", COLUMN_TEXT, "text:ab"},
		{PGTYPE_VARCHAR, "ab", COL_VARCHAR, "ab", COLUMN_BYTES, "bytes:ab"},
	};
	const struct zone *jakarta = zone("Asia/Jakarta");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct column c = column_of(cases[i].column, 2);
		struct cell_type t = {.type = cases[i].mysql, .meta = 6};
		const char *got = gives(cases[i].type, &c, jakarta, cases[i].text);
		const char *mysql = value_words(&c, cell_text_value(&t, &c, jakarta, cases[i].mysql_text, strlen(cases[i].mysql_text), &arena));
		if (strcmp(got, cases[i].gives) != 0 || strcmp(mysql, cases[i].gives) != 0)
			fail_msg("\"%s\": %s, MySQL's %s, wanted %s", cases[i].text, got, mysql, cases[i].gives);
	}
}

/* Each is a word of libpq's options, and says one thing. */
static void test_settings(void **state)
{
	(void)state;
	assert_string_equal(pgcell_settings,
			    "-c datestyle=ISO -c intervalstyle=iso_8601 -c timezone=UTC -c bytea_output=hex -c extra_float_digits=3 "
			    "-c lc_monetary=C -c quote_all_identifiers=off");
}

static void test_type_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t type;
	} cases[] = {
		{"bool", 16},	 {"bytea", 17},	   {"name", 19},    {"int8", 20},	{"int2", 21},	      {"int4", 23},	{"text", 25},
		{"oid", 26},	 {"float4", 700},  {"float8", 701}, {"bpchar", 1042},	{"varchar", 1043},    {"date", 1082},	{"time", 1083},
		{"timestamp", 1114}, {"timestamptz", 1184}, {"timetz", 1266}, {"numeric", 1700}, {"uuid", 2950}, {"jsonb", 0}, {"", 0},
		{"_text", 0},	 {"money", 0},	   {"BOOL", 0},	    {"boolean", 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(pgcell_type(cases[i].name), cases[i].type);
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boolean),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_numeric),
		cmocka_unit_test(test_numeric_of_many_digits),
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_numbers_in_any_locale),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_timestamp),
		cmocka_unit_test(test_timestamptz),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_padded),
		cmocka_unit_test(test_bytea),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_what_is_canonical_is_borrowed),
		cmocka_unit_test(test_same_as_mysql),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_type_names),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
