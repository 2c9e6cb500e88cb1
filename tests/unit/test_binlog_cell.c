/* Every case stands in three forms: the bytes of the log, what the server prints of the same cell, and the value both
 * must give. Bytes and text were taken from MariaDB 10.11; what only MySQL has follows its documentation. */
#include "config.h"

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
#include "binlog/rows.h"
#include "binlog/table.h"
#include "model/model.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena arena;

/* hex: pairs of digits; text: what the server prints, NULL where the bytes are refused; gives: "kind:value", '?' before
 * a misfit, or the refusal behind the column's name. */
struct expect {
	const char *hex, *text, *gives;
};

static const char *value_words(const struct column *c, struct value v)
{
	const char *misfit = value_misfit(c, v) ? "?" : "";
	if (v.kind == VALUE_INTEGER)
		return arena_format(&arena, "%sinteger:%lld", misfit, (long long)v.integer);
	return arena_format(&arena, "%s%s:%.*s", misfit, v.kind == VALUE_BYTES ? "bytes" : "text", (int)v.len, v.text);
}

/* In a block of exactly its size, so that a read past the end is seen. */
static uint8_t *bytes_of_hex(const char *hex, size_t *n)
{
	*n = strlen(hex) / 2;
	uint8_t *bytes = malloc(*n ? *n : 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < *n; i++) {
		unsigned byte;
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	return bytes;
}

static const char *bytes_give(const struct cell_type *t, const struct column *c, const struct zone *zone,
			      const char *hex)
{
	size_t n;
	uint8_t *bytes = bytes_of_hex(hex, &n);
	struct binlog_cell cell = {.state = CELL_HERE, .len = (uint32_t)n, .at = bytes};
	struct value v;
	struct error err = {0};
	const char *words;
	if (cell_value(t, c, zone, &cell, &arena, &v, &err)) {
		words = value_words(c, v);
	} else {
		static const char head[] = "could not read column \"x\": ";
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_memory_equal(err.message, head, sizeof head - 1);
		words = arena_text(&arena, err.message + sizeof head - 1);
	}
	free(bytes);
	return words;
}

static void check(const struct cell_type *t, enum column_type type, int scale, const struct zone *zone,
		  const struct expect *e, size_t count)
{
	struct column c = {.name = "x", .as = "x", .title = "X", .type = type, .scale = scale, .key = -1};
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(bytes_give(t, &c, zone, e[i].hex), e[i].gives);
		if (e[i].text)
			assert_string_equal(
				value_words(&c, cell_text_value(t, &c, zone, e[i].text, strlen(e[i].text), &arena)),
				e[i].gives);
	}
}

#define CHECK(t, type, scale, ...)                                                                                     \
	do {                                                                                                           \
		static const struct expect cases[] = {__VA_ARGS__};                                                    \
		check(&(struct cell_type)t, type, scale, NULL, cases, COUNT(cases));                                   \
	} while (0)
#define TYPE(...)                                                                                                      \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}

static void test_integers(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_TINY), COLUMN_INTEGER, 0, {"00", "0", "integer:0"}, {"7f", "127", "integer:127"},
	      {"80", "-128", "integer:-128"}, {"ff", "-1", "integer:-1"},
	      {"", NULL, "it has 0 bytes where its type has 1"});
	CHECK(TYPE(.type = COL_TINY, .is_unsigned = true), COLUMN_INTEGER, 0, {"80", "128", "integer:128"},
	      {"ff", "255", "integer:255"});
	CHECK(TYPE(.type = COL_SHORT), COLUMN_INTEGER, 0, {"0080", "-32768", "integer:-32768"},
	      {"ff7f", "32767", "integer:32767"});
	CHECK(TYPE(.type = COL_SHORT, .is_unsigned = true), COLUMN_INTEGER, 0, {"ffff", "65535", "integer:65535"});
	CHECK(TYPE(.type = COL_INT24), COLUMN_INTEGER, 0, {"000080", "-8388608", "integer:-8388608"},
	      {"ffffff", "-1", "integer:-1"}, {"ffff7f", "8388607", "integer:8388607"},
	      {"00000000", NULL, "it has 4 bytes where its type has 3"});
	CHECK(TYPE(.type = COL_INT24, .is_unsigned = true), COLUMN_INTEGER, 0,
	      {"ffffff", "16777215", "integer:16777215"});
	CHECK(TYPE(.type = COL_LONG), COLUMN_INTEGER, 0, {"00000080", "-2147483648", "integer:-2147483648"},
	      {"ffffff7f", "2147483647", "integer:2147483647"});
	CHECK(TYPE(.type = COL_LONG, .is_unsigned = true), COLUMN_INTEGER, 0,
	      {"ffffffff", "4294967295", "integer:4294967295"});
	CHECK(TYPE(.type = COL_LONGLONG), COLUMN_INTEGER, 0,
	      {"0000000000000080", "-9223372036854775808", "integer:-9223372036854775808"},
	      {"ffffffffffffff7f", "9223372036854775807", "integer:9223372036854775807"});
	CHECK(TYPE(.type = COL_LONGLONG, .is_unsigned = true), COLUMN_INTEGER, 0,
	      {"0000000000000080", "9223372036854775808", "text:9223372036854775808"},
	      {"ffffffffffffffff", "18446744073709551615", "text:18446744073709551615"});
}

static void test_integers_into_other_types(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_TINY), COLUMN_BOOLEAN, 0, {"00", "0", "integer:0"}, {"01", "1", "integer:1"},
	      {"02", "2", "?text:2"}, {"ff", "-1", "?text:-1"});
	CHECK(TYPE(.type = COL_LONG), COLUMN_TEXT, 0, {"00000080", "-2147483648", "text:-2147483648"},
	      {"00000000", "0", "text:0"});
	CHECK(TYPE(.type = COL_LONG), COLUMN_DECIMAL, 2, {"07000000", "7", "text:7.00"});
	/* A number is no instant, though the replica holds instants as numbers. */
	CHECK(TYPE(.type = COL_LONGLONG), COLUMN_INSTANT, 0, {"0700000000000000", "7", "?text:7"});
	CHECK(TYPE(.type = COL_LONG), COLUMN_BYTES, 0, {"07000000", "7", "bytes:7"});
}

static void test_zerofill_is_not_in_the_value(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_LONG, .is_unsigned = true), COLUMN_TEXT, 0, {"07000000", "0000000007", "text:7"},
	      {"00000000", "0000000000", "text:0"});
	CHECK(TYPE(.type = COL_LONGLONG, .is_unsigned = true), COLUMN_TEXT, 0,
	      {"0000000000000080", "09223372036854775808", "text:9223372036854775808"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 5 << 8 | 2), COLUMN_TEXT, 0, {"800032", "000.50", "text:0.50"},
	      {"83e763", "999.99", "text:999.99"}, {"800000", "000.00", "text:0.00"});
}

static void test_bit(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_BIT), COLUMN_INTEGER, 0, {"01", "\x01", "integer:1"}, {"dc", "\xdc", "integer:220"},
	      {"0102", "\x01\x02", "integer:258"}, {"", NULL, "a BIT has 1 to 8 bytes, not 0"});
	CHECK(TYPE(.type = COL_BIT), COLUMN_INTEGER, 0, {"8000000000000000", NULL, "text:9223372036854775808"},
	      {"ffffffffffffffff", "\xff\xff\xff\xff\xff\xff\xff\xff", "text:18446744073709551615"});
	CHECK(TYPE(.type = COL_BIT), COLUMN_BOOLEAN, 0, {"00", NULL, "integer:0"}, {"01", "\x01", "integer:1"},
	      {"03", "\x03", "?text:3"});
}

static void test_year(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_YEAR), COLUMN_TEXT, 0, {"00", "0000", "text:0000"}, {"01", "1901", "text:1901"},
	      {"ff", "2155", "text:2155"});
	CHECK(TYPE(.type = COL_YEAR), COLUMN_INTEGER, 0, {"00", "0000", "integer:0"}, {"7c", "2024", "integer:2024"});
	/* YEAR(2) */
	CHECK(TYPE(.type = COL_YEAR), COLUMN_INTEGER, 0, {"46", "70", "integer:1970"}, {"63", "99", "integer:1999"},
	      {"a9", "69", "integer:2069"});
}

static void test_decimal(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 1 << 8), COLUMN_DECIMAL, 0, {"80", "0", "text:0"},
	      {"89", "9", "text:9"}, {"76", "-9", "text:-9"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 5 << 8 | 2), COLUMN_DECIMAL, 2, {"800000", "0.00", "text:0.00"},
	      {"800032", "0.50", "text:0.50"}, {"7fffcd", "-0.50", "text:-0.50"}, {"7c189c", "-999.99", "text:-999.99"},
	      {"7fffff", "0.00", "text:0.00"}, {"8000", NULL, "its bytes are no DECIMAL(5,2)"},
	      {"87ffff", NULL, "its bytes are no DECIMAL(5,2)"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 10 << 8), COLUMN_INTEGER, 0,
	      {"893b9ac9ff", "9999999999", "integer:9999999999"}, {"76c4653600", "-9999999999", "integer:-9999999999"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 9 << 8 | 9), COLUMN_DECIMAL, 9,
	      {"80000012", "0.000000018", "text:0.000000018"}, {"7ff4e19e", "-0.000728673", "text:-0.000728673"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 10 << 8 | 4), COLUMN_DECIMAL, 4,
	      {"7ff572f5f1", "-2701.2574", "text:-2701.2574"}, {"8f423f270f", "999999.9999", "text:999999.9999"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 18 << 8 | 2), COLUMN_DECIMAL, 2,
	      {"7fffff9ff7bccf0de8", "-96138621170.23", "text:-96138621170.23"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 65 << 8 | 30), COLUMN_DECIMAL, 30,
	      {"85f5e0ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff03e7",
	       "99999999999999999999999999999999999.999999999999999999999999999999",
	       "text:99999999999999999999999999999999999.999999999999999999999999999999"},
	      {"7fffffffffffffffffffffffffffffffe2329affffffffffffffffffffff", "-0.500000000000000000000000000000",
	       "text:-0.500000000000000000000000000000"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 65 << 8), COLUMN_TEXT, 0,
	      {"1cc4653600c4653600c4653600c4653600c4653600c4653600c4653600",
	       "-99999999999999999999999999999999999999999999999999999999999999999",
	       "text:-99999999999999999999999999999999999999999999999999999999999999999"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 2 << 8 | 3), COLUMN_TEXT, 0,
	      {"8000", NULL, "its bytes are no DECIMAL(2,3)"});
}

static void test_decimal_of_another_scale(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 10 << 8 | 4), COLUMN_DECIMAL, 2,
	      {"8000001388", "0.5000", "text:0.50"}, {"7ff572f5f1", "-2701.2574", "?text:-2701.2574"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 10 << 8 | 4), COLUMN_DECIMAL, -1,
	      {"8000001388", "0.5000", "text:0.5"}, {"8000000000", "0.0000", "text:0"});
	CHECK(TYPE(.type = COL_NEWDECIMAL, .meta = 10 << 8 | 4), COLUMN_DECIMAL, 6,
	      {"8000001388", "0.5000", "text:0.500000"});
	CHECK(TYPE(.type = COL_DECIMAL), COLUMN_DECIMAL, 2, {"30", NULL, "it is a DECIMAL of before MySQL 5.0"});
}

static void test_float(void **state)
{
	(void)state;
	/* text: of col + 0e0 */
	CHECK(TYPE(.type = COL_FLOAT, .meta = 4), COLUMN_TEXT, 0, {"00000000", "0", "text:0"},
	      {"00000080", "0", "text:0"}, {"0000803f", "1", "text:1"}, {"cdcccc3d", "0.10000000149011612", "text:0.1"},
	      {"cdcc8cbf", "-1.100000023841858", "text:-1.1"}, {"0000804b", "16777216", "text:16777216"},
	      {"ffff7f7f", "3.4028234663852886e38", "text:3.4028235e+38"},
	      {"00008000", "1.1754943508222875e-38", "text:1.1754944e-38"},
	      {"01000000", "1.401298464324817e-45", "text:1e-45"}, {"6520f147", "123456.7890625", "text:123456.79"},
	      {"0000c07f", NULL, "its bytes are no number"}, {"0000807f", NULL, "its bytes are no number"},
	      {"000080", NULL, "it has 3 bytes where its type has 4"});
	CHECK(TYPE(.type = COL_FLOAT, .meta = 4), COLUMN_DECIMAL, -1, {"cdcccc3d", "0.10000000149011612", "text:0.1"},
	      {"20bcbe4c", "100000000", "text:100000000"});
}

static void test_double(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_DOUBLE, .meta = 8), COLUMN_TEXT, 0, {"0000000000000080", "-0", "text:0"},
	      {"9a9999999999b93f", "0.1", "text:0.1"},
	      {"343333333333d33f", "0.30000000000000004", "text:0.30000000000000004"},
	      {"5035dd5ffb210940", "3.14159274", "text:3.14159274"}, {"0000001000007041", "16777217", "text:16777217"},
	      {"ffffffffffffef7f", "1.7976931348623157e308", "text:1.7976931348623157e+308"},
	      {"0100000000000000", "5e-324", "text:5e-324"},
	      {"0000000000001000", "2.2250738585072014e-308", "text:2.2250738585072014e-308"},
	      {"000000000000f0ff", NULL, "its bytes are no number"});
	/* Where plain digits end, on both sides */
	CHECK(TYPE(.type = COL_DOUBLE, .meta = 8), COLUMN_TEXT, 0, {"f168e388b5f8e43e", "0.00001", "text:0.00001"},
	      {"bda5de4bc8a4e23e", "0.00000889", "text:8.89e-06"}, {"8dedb5a0f7c6b03e", "0.000001", "text:1e-06"},
	      {"408cb5781daf1544", "1e20", "text:100000000000000000000"}, {"50efe2d6e41a4b44", "1e21", "text:1e+21"},
	      {"000000000000f83f", "1.5", "text:1.5"}, {"00000000000024c0", "-10", "text:-10"});
	CHECK(TYPE(.type = COL_DOUBLE, .meta = 8), COLUMN_INTEGER, 0, {"0000000000408f40", "1000", "integer:1000"},
	      {"000000000000f83f", "1.5", "?text:1.5"});
	CHECK(TYPE(.type = COL_DOUBLE, .meta = 8), COLUMN_DECIMAL, 2, {"000000000000f83f", "1.5", "text:1.50"},
	      {"50efe2d6e41a4b44", "1e21", "text:1000000000000000000000.00"});
}

/* Whatever is set, numbers have a point. */
static void test_numbers_do_not_follow_the_locale(void **state)
{
	(void)state;
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8", "de_DE", "C.UTF-8"};
	for (size_t i = 0; i < COUNT(names) && !setlocale(LC_NUMERIC, names[i]); i++)
		;
	CHECK(TYPE(.type = COL_DOUBLE, .meta = 8), COLUMN_DECIMAL, -1, {"000000000000f83f", "1.5", "text:1.5"},
	      {"343333333333d33f", "0.30000000000000004", "text:0.30000000000000004"});
	setlocale(LC_NUMERIC, "C");
}

static void test_date(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_DATE), COLUMN_DATE, 0, {"5dd00f", "2024-02-29", "text:2024-02-29"},
	      {"210200", "0001-01-01", "text:0001-01-01"}, {"9f1f4e", "9999-12-31", "text:9999-12-31"},
	      {"000000", "0000-00-00", "?text:0000-00-00"}, {"00d00f", "2024-00-00", "?text:2024-00-00"},
	      {"210000", "0000-01-01", "?text:0000-01-01"}, {"5fd00f", "2024-02-31", "?text:2024-02-31"},
	      {"e1d10f", NULL, "its bytes are no DATE"}, {"21204e", NULL, "its bytes are no DATE"},
	      {"5dd0", NULL, "it has 2 bytes where its type has 3"});
	CHECK(TYPE(.type = COL_NEWDATE), COLUMN_DATETIME, 0, {"5dd00f", "2024-02-29", "?text:2024-02-29"});
}

static void test_datetime(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_DATETIME2), COLUMN_DATETIME, 0,
	      {"99b2bb7efb", "2024-02-29 23:59:59", "text:2024-02-29 23:59:59"},
	      {"8003820000", "0001-01-01 00:00:00", "text:0001-01-01 00:00:00"},
	      {"8000000000", "0000-00-00 00:00:00", "?text:0000-00-00 00:00:00"},
	      {"fef3ff7efb", "9999-12-31 23:59:59", "text:9999-12-31 23:59:59"},
	      {"7fffffffff", NULL, "a DATETIME cannot be negative"}, {"99b2bb8000", NULL, "its bytes are no DATETIME"},
	      {"99b2bb7eff", NULL, "its bytes are no DATETIME"}, {"fffffe0000", NULL, "its bytes are no DATETIME"},
	      {"99b2bb7efb00", NULL, "it has 6 bytes where its type has 5"});
	CHECK(TYPE(.type = COL_DATETIME2, .meta = 1), COLUMN_DATETIME, 0,
	      {"99b2bac8b846", "2024-02-29 12:34:56.7", "text:2024-02-29 12:34:56.7"},
	      {"99b2bac8b800", "2024-02-29 12:34:56.0", "text:2024-02-29 12:34:56"});
	CHECK(TYPE(.type = COL_DATETIME2, .meta = 3), COLUMN_DATETIME, 0,
	      {"99b2bac8b81ed2", "2024-02-29 12:34:56.789", "text:2024-02-29 12:34:56.789"},
	      {"80000000000000", "0000-00-00 00:00:00.000", "?text:0000-00-00 00:00:00.000"},
	      {"99b2bac8b82710", NULL, "its fraction of a second is over one"});
	CHECK(TYPE(.type = COL_DATETIME2, .meta = 6), COLUMN_DATETIME, 0,
	      {"99b2bac8b80c0a14", "2024-02-29 12:34:56.789012", "text:2024-02-29 12:34:56.789012"},
	      {"99b2bac8b8000001", "2024-02-29 12:34:56.000001", "text:2024-02-29 12:34:56.000001"},
	      {"99b2bac8b807a120", "2024-02-29 12:34:56.500000", "text:2024-02-29 12:34:56.5"});
	CHECK(TYPE(.type = COL_DATETIME2, .meta = 4), COLUMN_TEXT, 0,
	      {"99b2ba00000000", "2024-02-29 00:00:00.0000", "text:2024-02-29 00:00:00.0000"},
	      {"80000000000000", "0000-00-00 00:00:00.0000", "text:0000-00-00 00:00:00.0000"});
	CHECK(TYPE(.type = COL_DATETIME2, .meta = 7), COLUMN_TEXT, 0, {"99b2ba0000", NULL, "it has 7 fraction digits"});
	CHECK(TYPE(.type = COL_DATETIME2), COLUMN_DATE, 0,
	      {"99b2ba0000", "2024-02-29 00:00:00", "?text:2024-02-29 00:00:00"});
	/* Into an instant: a wall clock of the model's zone, none here */
	CHECK(TYPE(.type = COL_DATETIME2), COLUMN_INSTANT, 0,
	      {"99b2bb7efb", "2024-02-29 23:59:59", "integer:1709251199000000"},
	      {"8000000000", "0000-00-00 00:00:00", "?text:0000-00-00 00:00:00"});
}

static void test_time(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_TIME2), COLUMN_TEXT, 0, {"800000", "00:00:00", "text:00:00:00"},
	      {"7fffff", "-00:00:01", "text:-00:00:01"}, {"b46efb", "838:59:59", "text:838:59:59"},
	      {"4b9105", "-838:59:59", "text:-838:59:59"}, {"864000", "100:00:00", "text:100:00:00"},
	      {"b47000", NULL, "its bytes are no TIME"}, {"80003c", NULL, "its bytes are no TIME"},
	      {"8000", NULL, "it has 2 bytes where its type has 3"});
	CHECK(TYPE(.type = COL_TIME2, .meta = 1), COLUMN_TEXT, 0, {"7fffffce", "-00:00:00.5", "text:-00:00:00.5"},
	      {"4b9104a6", "-838:59:59.9", "text:-838:59:59.9"}, {"7fffff00", "-00:00:01.0", "text:-00:00:01.0"});
	CHECK(TYPE(.type = COL_TIME2, .meta = 2), COLUMN_TEXT, 0, {"7fef7cd3", "-01:02:03.45", "text:-01:02:03.45"},
	      {"8010832d", "01:02:03.45", "text:01:02:03.45"},
	      {"80000064", NULL, "its fraction of a second is over one"});
	CHECK(TYPE(.type = COL_TIME2, .meta = 4), COLUMN_TEXT, 0,
	      {"4b9104d8f1", "-838:59:59.9999", "text:-838:59:59.9999"},
	      {"7fffffec78", "-00:00:00.5000", "text:-00:00:00.5000"});
	CHECK(TYPE(.type = COL_TIME2, .meta = 6), COLUMN_TEXT, 0,
	      {"7fffffffffff", "-00:00:00.000001", "text:-00:00:00.000001"},
	      {"4b9104f0bdc1", "-838:59:59.999999", "text:-838:59:59.999999"},
	      {"7fef7cf92230", "-01:02:03.450000", "text:-01:02:03.450000"});
}

static void test_timestamp(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_TIMESTAMP2), COLUMN_INSTANT, 0,
	      {"6608bc98", "2024-03-31 01:30:00", "integer:1711848600000000"},
	      {"00000001", "1970-01-01 00:00:01", "integer:1000000"},
	      {"7fffffff", "2038-01-19 03:14:07", "integer:2147483647000000"},
	      {"ffffffff", "2106-02-07 06:28:15", "integer:4294967295000000"},
	      {"00000000", "0000-00-00 00:00:00", "?text:0000-00-00 00:00:00"},
	      {"6608bc9800", NULL, "it has 5 bytes where its type has 4"});
	CHECK(TYPE(.type = COL_TIMESTAMP2, .meta = 3), COLUMN_INSTANT, 0,
	      {"7fffffff2706", "2038-01-19 03:14:07.999", "integer:2147483647999000"},
	      {"000000001388", "1970-01-01 00:00:00.500", "integer:500000"},
	      {"000000000000", "0000-00-00 00:00:00.000", "?text:0000-00-00 00:00:00.000"},
	      {"6608bc982710", NULL, "its fraction of a second is over one"});
	CHECK(TYPE(.type = COL_TIMESTAMP2, .meta = 2), COLUMN_TEXT, 0,
	      {"6608bc9819", "2024-03-31 01:30:00.25", "text:2024-03-31 01:30:00.25"},
	      {"0000000000", "0000-00-00 00:00:00.00", "text:0000-00-00 00:00:00.00"});
	CHECK(TYPE(.type = COL_TIMESTAMP2, .meta = 6), COLUMN_DATETIME, 0,
	      {"6608bc9803d090", "2024-03-31 01:30:00.250000", "text:2024-03-31 01:30:00.25"});
	CHECK(TYPE(.type = COL_TIMESTAMP2), COLUMN_DATE, 0,
	      {"6608bc98", "2024-03-31 01:30:00", "?text:2024-03-31 01:30:00"});
}

/* Berlin, the night of 2024-03-31: 02:00 to 03:00 does not exist. */
static void test_times_in_the_zone_of_the_model(void **state)
{
	(void)state;
	const struct zone *berlin = zone_get("Europe/Berlin", NULL);
	assert_non_null(berlin);
	static const struct expect walls[] = {{"6608bc98", "2024-03-31 01:30:00", "text:2024-03-31 03:30:00"},
					      {"6608af98", "2024-03-31 00:34:32", "text:2024-03-31 01:34:32"},
					      {"00000000", "0000-00-00 00:00:00", "?text:0000-00-00 00:00:00"}};
	check(&(struct cell_type){.type = COL_TIMESTAMP2}, COLUMN_DATETIME, 0, berlin, walls, COUNT(walls));
	static const struct expect texts[] = {{"6608bc98", "2024-03-31 01:30:00", "text:2024-03-31 01:30:00"}};
	check(&(struct cell_type){.type = COL_TIMESTAMP2}, COLUMN_TEXT, 0, berlin, texts, COUNT(texts));
	static const struct expect instants[] = {{"6608bc98", "2024-03-31 01:30:00", "integer:1711848600000000"}};
	check(&(struct cell_type){.type = COL_TIMESTAMP2}, COLUMN_INSTANT, 0, berlin, instants, COUNT(instants));
	static const struct expect datetimes[] = {{"99b2bb7efb", "2024-02-29 23:59:59", "integer:1709247599000000"},
						  {"99b2fe2780", "2024-03-31 02:30:00", "?text:2024-03-31 02:30:00"}};
	check(&(struct cell_type){.type = COL_DATETIME2}, COLUMN_INSTANT, 0, berlin, datetimes, COUNT(datetimes));
}

/* mysql56_temporal_format = OFF, or tables older than that */
static void test_old_temporal_types(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_DATETIME), COLUMN_TEXT, 0,
	      {"f77cac8b68120000", "2024-02-29 23:59:59", "text:2024-02-29 23:59:59"},
	      {"0000000000000000", "0000-00-00 00:00:00", "text:0000-00-00 00:00:00"},
	      {"ffffffffffffffff", NULL, "its bytes are no DATETIME"},
	      {"00a965ae41f6", NULL,
	       "it is a DATETIME of MariaDB's old format, and how many fraction digits it has is not known"});
	CHECK(TYPE(.type = COL_DATETIME, .old_fraction = 1), COLUMN_TEXT, 0,
	      {"00a965ae41f6", "2024-02-29 23:59:59.0", "text:2024-02-29 23:59:59.0"},
	      {"00000006e967", "0000-00-00 12:34:56.7", "text:0000-00-00 12:34:56.7"},
	      {"00", NULL, "it has 1 bytes, which no old DATETIME(1) has"});
	CHECK(TYPE(.type = COL_DATETIME, .old_fraction = 6), COLUMN_DATETIME, 0,
	      {"01027ac70565fdc0", "2024-02-29 23:59:59.000000", "text:2024-02-29 23:59:59"},
	      {"0000234856bf6001", "0001-01-01 00:00:00.000001", "text:0001-01-01 00:00:00.000001"});
	CHECK(TYPE(.type = COL_TIME), COLUMN_TEXT, 0, {"ffffff", "-00:00:01", "text:-00:00:01"},
	      {"a7f57f", "838:59:59", "text:838:59:59"}, {"590a80", "-838:59:59", "text:-838:59:59"},
	      {"25d8ff", "-01:02:03", "text:-01:02:03"},
	      {"01cce05b", NULL,
	       "it is a TIME of MariaDB's old format, and how many fraction digits it has is not known"});
	CHECK(TYPE(.type = COL_TIME, .old_fraction = 1), COLUMN_TEXT, 0,
	      {"01cce05b", "-00:00:00.5", "text:-00:00:00.5"}, {"01cc4eee", "-01:02:03.4", "text:-01:02:03.4"},
	      {"00000001", "-838:59:59.9", "text:-838:59:59.9"}, {"00000000", NULL, "its bytes are no TIME"});
	CHECK(TYPE(.type = COL_TIME, .old_fraction = 6), COLUMN_TEXT, 0,
	      {"02be5fef2570", "-01:02:03.450000", "text:-01:02:03.450000"},
	      {"057e7bbcf7ff", "838:59:59.999999", "text:838:59:59.999999"});
	CHECK(TYPE(.type = COL_TIMESTAMP), COLUMN_INSTANT, 0,
	      {"ed46444f", "2012-02-22 01:37:49", "integer:1329874669000000"},
	      {"00000000", "0000-00-00 00:00:00", "?text:0000-00-00 00:00:00"},
	      {"4f4446ed32", NULL,
	       "it is a TIMESTAMP of MariaDB's old format, and how many fraction digits it has is not known"});
	CHECK(TYPE(.type = COL_TIMESTAMP, .old_fraction = 2), COLUMN_INSTANT, 0,
	      {"4f4446ed32", "2012-02-22 01:37:49.50", "integer:1329874669500000"},
	      {"4f4446ed64", NULL, "its fraction of a second is over one"});
	CHECK(TYPE(.type = COL_TIMESTAMP, .old_fraction = 5), COLUMN_TEXT, 0,
	      {"7fffffff01869f", "2038-01-19 03:14:07.99999", "text:2038-01-19 03:14:07.99999"});
}

static void test_an_old_type_has_a_way_out(void **state)
{
	(void)state;
	struct cell_type t = {.type = COL_TIME};
	struct column c = {.name = "x", .type = COLUMN_TEXT};
	struct binlog_cell cell = {.state = CELL_HERE, .len = 4, .at = (const uint8_t *)"\x01\xcc\xe0\x5b"};
	struct value v;
	struct error err = {0};
	assert_false(cell_value(&t, &c, NULL, &cell, &arena, &v, &err));
	assert_string_equal(err.hint,
			    "with mysql56_temporal_format = ON, ALTER TABLE ... FORCE gives it the new format");
}

static void test_text(void **state)
{
	(void)state;
	const struct charset *utf8 = charset_named("utf8mb4"), *latin1 = charset_named("latin1");
	CHECK(TYPE(.type = COL_VARCHAR, .meta = 1000, .charset = utf8), COLUMN_TEXT, 0, {"", "", "text:"},
	      {"c3a9", "é", "text:é"}, {"f09f9880", "😀", "text:😀"}, {"2078202020", " x   ", "text: x   "});
	CHECK(TYPE(.type = COL_VARCHAR, .meta = 255, .charset = latin1), COLUMN_TEXT, 0, {"e9", "é", "text:é"},
	      {"8580", "…€", "text:…€"}, {"81", "\xc2\x81", "text:\xc2\x81"}, {"61", "a", "text:a"});
	CHECK(TYPE(.type = COL_STRING, .meta = 255, .charset = latin1), COLUMN_BYTES, 0, {"e9", "é", "bytes:é"});
	CHECK(TYPE(.type = COL_BLOB, .meta = 2, .charset = utf8), COLUMN_DECIMAL, 2, {"312e35", "1.5", "text:1.50"},
	      {"78", "x", "?text:x"});
	CHECK(TYPE(.type = COL_VARCHAR, .meta = 255, .charset = utf8), COLUMN_INTEGER, 0,
	      {"303037", "007", "integer:7"});
	CHECK(TYPE(.type = COL_VARCHAR, .meta = 255, .charset = utf8), COLUMN_BOOLEAN, 0,
	      {"74727565", "true", "integer:1"});
	CHECK(TYPE(.type = COL_VARCHAR, .meta = 255, .charset = utf8), COLUMN_DATETIME, 0,
	      {"323032342d30312d30312031303a30303a30302e3530", "2024-01-01 10:00:00.50", "text:2024-01-01 10:00:00.5"});
	CHECK(TYPE(.type = COL_VARCHAR_COMPRESSED, .meta = 802, .charset = utf8), COLUMN_TEXT, 0, {"", "", "text:"},
	      {"00c3a9", "é", "text:é"});
	CHECK(TYPE(.type = COL_BLOB_COMPRESSED, .meta = 2), COLUMN_BYTES, 0, {"0061", "a", "bytes:a"});
}

static void test_what_is_canonical_is_borrowed(void **state)
{
	(void)state;
	struct column c = {.name = "x", .type = COLUMN_TEXT};
	struct cell_type t = {.type = COL_VARCHAR, .charset = charset_named("utf8mb3")};
	struct binlog_cell cell = {.state = CELL_HERE, .len = 3, .at = (const uint8_t *)"abc"};
	struct value v;
	size_t used = arena.used;
	assert_true(cell_value(&t, &c, NULL, &cell, &arena, &v, NULL));
	assert_ptr_equal(v.text, cell.at);
	t.charset = charset_named("latin1");
	assert_true(cell_value(&t, &c, NULL, &cell, &arena, &v, NULL));
	assert_ptr_equal(v.text, cell.at);
	t = (struct cell_type){.type = COL_LONG};
	cell.len = 4;
	c.type = COLUMN_INTEGER;
	assert_true(cell_value(&t, &c, NULL, &cell, &arena, &v, NULL));
	assert_int_equal(arena.used, used);
}

static void test_bytes(void **state)
{
	(void)state;
	static const uint8_t padded[16] = {[14] = 0xff};
	struct column c = {.name = "x", .type = COLUMN_BYTES};
	struct cell_type t = {.type = COL_STRING, .meta = 16, .width = 16};
	struct binlog_cell cell = {.state = CELL_HERE, .len = 15, .at = padded};
	struct value v;
	assert_true(cell_value(&t, &c, NULL, &cell, &arena, &v, NULL));
	assert_true(value_equal(v, value_bytes((const char *)padded, 16)));
	assert_true(value_equal(cell_text_value(&t, &c, NULL, (const char *)padded, 16, &arena), v));
	cell = (struct binlog_cell){.state = CELL_HERE, .at = NULL};
	assert_true(cell_value(&t, &c, NULL, &cell, &arena, &v, NULL));
	assert_true(value_equal(v, value_bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16)));
	CHECK(TYPE(.type = COL_STRING, .meta = 2, .width = 2), COLUMN_TEXT, 0,
	      {"616263", NULL, "it has 3 bytes, its column 2"}, {"e9ff", "\xe9\xff", "text:\xe9\xff"});
	CHECK(TYPE(.type = COL_VARCHAR, .meta = 300), COLUMN_TEXT, 0, {"ff", "\xff", "text:\xff"});
	CHECK(TYPE(.type = COL_BLOB, .meta = 2), COLUMN_BYTES, 0, {"", "", "bytes:"}, {"ff", "\xff", "bytes:\xff"});
	CHECK(TYPE(.type = COL_VECTOR, .meta = 4), COLUMN_BYTES, 0, {"4142433f", "ABC?", "bytes:ABC?"});
	CHECK(TYPE(.type = COL_GEOMETRY, .meta = 4), COLUMN_BYTES, 0,
	      {"e6100141",
	       "\xe6\x10\x01"
	       "A",
	       "bytes:\xe6\x10\x01"
	       "A"});
}

static void test_uuid_and_addresses(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_STRING, .meta = 16, .width = 16, .form = CELL_UUID), COLUMN_TEXT, 0,
	      {"550e8400e29b41d4a71644665544", "550e8400-e29b-41d4-a716-446655440000",
	       "text:550e8400-e29b-41d4-a716-446655440000"},
	      {"", "00000000-0000-0000-0000-000000000000", "text:00000000-0000-0000-0000-000000000000"},
	      {"ffffffffffffffffffffffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	       "text:ffffffff-ffff-ffff-ffff-ffffffffffff"});
	CHECK(TYPE(.type = COL_STRING, .meta = 4, .width = 4, .form = CELL_INET4), COLUMN_TEXT, 0,
	      {"", "0.0.0.0", "text:0.0.0.0"}, {"0a", "10.0.0.0", "text:10.0.0.0"},
	      {"0114c8", "1.20.200.0", "text:1.20.200.0"}, {"ffffffff", "255.255.255.255", "text:255.255.255.255"});
	/* A gap is the first of the longest, and may be a single group. */
	CHECK(TYPE(.type = COL_STRING, .meta = 16, .width = 16, .form = CELL_INET6), COLUMN_TEXT, 0,
	      {"", "::", "text:::"}, {"00000000000000000000000000000001", "::1", "text:::1"},
	      {"00000000000000000000000001020304", "::1.2.3.4", "text:::1.2.3.4"},
	      {"00000000000000000000ffff01020304", "::ffff:1.2.3.4", "text:::ffff:1.2.3.4"},
	      {"00000000000000000000ffff", "::ffff:0.0.0.0", "text:::ffff:0.0.0.0"},
	      {"0001000200030004000500060007", "1:2:3:4:5:6:7::", "text:1:2:3:4:5:6:7::"},
	      {"00000002000300040005000600070008", "::2:3:4:5:6:7:8", "text:::2:3:4:5:6:7:8"},
	      {"00010000000000030000000000060007", "1::3:0:0:6:7", "text:1::3:0:0:6:7"},
	      {"fe80000000000000000000000000abcd", "fe80::abcd", "text:fe80::abcd"},
	      {"0000000000000000ffff000000010002", "::ffff:0:1:2", "text:::ffff:0:1:2"}, {"0001", "1::", "text:1::"});
}

static void test_labels(void **state)
{
	(void)state;
	const struct value labels[] = {value_text("a", 1), value_text("é", 2), value_text("", 0), value_text("1", 1)};
	CHECK(TYPE(.type = COL_ENUM, .meta = 1, .labels = labels, .label_count = 4), COLUMN_TEXT, 0,
	      {"00", "", "text:"}, {"01", "a", "text:a"}, {"02", "é", "text:é"}, {"03", "", "text:"},
	      {"05", NULL, "it has ENUM label 5 of 4: the table has changed"}, {"0200", "é", "text:é"},
	      {"0001", NULL, "it has ENUM label 256 of 4: the table has changed"},
	      {"", NULL, "an ENUM has 1 or 2 bytes, not 0"});
	CHECK(TYPE(.type = COL_ENUM, .meta = 1, .labels = labels, .label_count = 4), COLUMN_INTEGER, 0,
	      {"04", "1", "integer:1"}, {"01", "a", "?text:a"});
	CHECK(TYPE(.type = COL_SET, .meta = 1, .labels = labels, .label_count = 4), COLUMN_TEXT, 0, {"00", "", "text:"},
	      {"01", "a", "text:a"}, {"03", "a,é", "text:a,é"}, {"0d", "a,,1", "text:a,,1"},
	      {"10", NULL, "it has SET labels past its 4: the table has changed"},
	      {"000000000000000000", NULL, "a SET has 1 to 8 bytes, not 9"});
	struct value many[64];
	for (int i = 0; i < 64; i++)
		many[i] = value_text("x", 1);
	CHECK(TYPE(.type = COL_SET, .meta = 8, .labels = many, .label_count = 64), COLUMN_TEXT, 0,
	      {"0100000000000080", "x,x", "text:x,x"});
}

static void test_json(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_JSON, .meta = 4), COLUMN_TEXT, 0, {"", "null", "text:null"},
	      {"0c0161", "\"a\"", "text:\"a\""}, {"020100", NULL, "could not read a JSON value: it is cut off"});
	CHECK(TYPE(.type = COL_JSON, .meta = 4), COLUMN_BYTES, 0, {"0401", "true", "bytes:true"});
}

static void test_types_no_row_has(void **state)
{
	(void)state;
	CHECK(TYPE(.type = COL_NULL), COLUMN_TEXT, 0, {"00", NULL, "no column has type 6 in a row"});
	CHECK(TYPE(.type = COL_TYPED_ARRAY), COLUMN_TEXT, 0, {"00", NULL, "no column has type 20 in a row"});
	CHECK(TYPE(.type = 200), COLUMN_TEXT, 0, {"00", NULL, "no column has type 200 in a row"});
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
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integers_into_other_types),
		cmocka_unit_test(test_zerofill_is_not_in_the_value),
		cmocka_unit_test(test_bit),
		cmocka_unit_test(test_year),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_decimal_of_another_scale),
		cmocka_unit_test(test_float),
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_numbers_do_not_follow_the_locale),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_datetime),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_timestamp),
		cmocka_unit_test(test_times_in_the_zone_of_the_model),
		cmocka_unit_test(test_old_temporal_types),
		cmocka_unit_test(test_an_old_type_has_a_way_out),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_what_is_canonical_is_borrowed),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_uuid_and_addresses),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_types_no_row_has),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
