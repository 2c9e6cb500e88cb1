#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "model/model.h"
#include "model/value.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena arena;

static struct column column_of(enum column_type type, int scale)
{
	return (struct column){.name = "x", .as = "x", .title = "X", .type = type, .scale = scale, .key = -1};
}

static const struct zone *jakarta(void)
{
	const struct zone *z = zone_get("+07:00", NULL);
	assert_non_null(z);
	return z;
}

/* What a text becomes, as "kind:value", with '?' before a misfit. */
static const char *becomes_n(enum column_type type, int scale, const char *text, size_t n, const struct zone *zone)
{
	struct column c = column_of(type, scale);
	struct value v = value_canonical(&c, text, n, zone, &arena);
	const char *misfit = value_misfit(&c, v) ? "?" : "";
	if (v.kind == VALUE_INTEGER)
		return arena_format(&arena, "%sinteger:%lld", misfit, (long long)v.integer);
	return arena_format(&arena, "%s%s:%.*s", misfit, v.kind == VALUE_BYTES ? "bytes" : "text", (int)v.len, v.text);
}

static const char *becomes(enum column_type type, int scale, const char *text, const struct zone *zone)
{
	return becomes_n(type, scale, text, strlen(text), zone);
}

struct expect {
	const char *text, *becomes;
};

static void check_all(enum column_type type, int scale, const struct zone *zone, const struct expect *e, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(becomes(type, scale, e[i].text, zone), e[i].becomes);
}

static void test_text(void **state)
{
	(void)state;
	static const struct expect e[] = {
		{"", "text:"}, {"Siti", "text:Siti"}, {" 007 ", "text: 007 "}, {"\xFF\xFE\x80", "text:\xFF\xFE\x80"},
	};
	check_all(COLUMN_TEXT, -1, NULL, e, COUNT(e));
	struct column c = column_of(COLUMN_TEXT, -1);
	struct value v = value_canonical(&c, "a\0b", 3, NULL, &arena);
	assert_int_equal(v.len, 3);
	assert_memory_equal(v.text, "a\0b", 3);
	assert_false(value_misfit(&c, v));
}

static void test_integer(void **state)
{
	(void)state;
	static const struct expect e[] = {
		{"0", "integer:0"}, {"-0", "integer:0"}, {"+7", "integer:7"}, {"007", "integer:7"}, {"-0012", "integer:-12"},
		{"9223372036854775807", "integer:9223372036854775807"},
		{"-9223372036854775808", "integer:-9223372036854775808"},
		{"0009223372036854775807", "integer:9223372036854775807"},
		{"9223372036854775808", "text:9223372036854775808"},
		{"-9223372036854775809", "text:-9223372036854775809"},
		{"+18446744073709551615", "text:18446744073709551615"},
		{"-00099999999999999999999", "text:-99999999999999999999"},
		{"18446744073709551616", "text:18446744073709551616"},
		{"", "?text:"}, {"-", "?text:-"}, {"+", "?text:+"}, {" 7", "?text: 7"}, {"7 ", "?text:7 "}, {"7.0", "?text:7.0"},
		{"1e3", "?text:1e3"}, {"0x10", "?text:0x10"}, {"--7", "?text:--7"}, {"seven", "?text:seven"},
	};
	check_all(COLUMN_INTEGER, -1, NULL, e, COUNT(e));
	assert_string_equal(becomes_n(COLUMN_INTEGER, -1, "7\0", 2, NULL), "?text:7");
}

static void test_decimal_of_any_scale(void **state)
{
	(void)state;
	static const struct expect e[] = {
		{"0", "text:0"}, {"-0", "text:0"}, {"-0.00", "text:0"}, {"0e99999999999999999999", "text:0"},
		{"1.50", "text:1.5"}, {"1.00", "text:1"}, {"1.", "text:1"}, {".5", "text:0.5"}, {"-.5", "text:-0.5"},
		{"+7", "text:7"}, {"007.10", "text:7.1"}, {"100", "text:100"}, {"0.05", "text:0.05"}, {"-0.10", "text:-0.1"},
		{"1e3", "text:1000"}, {"1.25E2", "text:125"}, {"1.25e1", "text:12.5"}, {"125e-2", "text:1.25"},
		{"1e-3", "text:0.001"}, {"-1.5e+2", "text:-150"}, {"100e-2", "text:1"}, {"0.001e3", "text:1"}, {".5e-3", "text:0.0005"},
		{"99999999999999999999999999999999999999999999999999999999999999999",
		 "text:99999999999999999999999999999999999999999999999999999999999999999"},
		{"12345678901234567890123456789012345.678901234567890123456789012345",
		 "text:12345678901234567890123456789012345.678901234567890123456789012345"},
		{"", "?text:"}, {".", "?text:."}, {"-", "?text:-"}, {"e3", "?text:e3"}, {"1e", "?text:1e"}, {"1e+", "?text:1e+"},
		{"1,5", "?text:1,5"}, {"1 000", "?text:1 000"}, {"NaN", "?text:NaN"}, {"Infinity", "?text:Infinity"},
		{"1.2.3", "?text:1.2.3"}, {" 1", "?text: 1"}, {"1e2000", "?text:1e2000"}, {"1e-2000", "?text:1e-2000"},
		{"1e99999999999999999999", "?text:1e99999999999999999999"},
	};
	check_all(COLUMN_DECIMAL, -1, NULL, e, COUNT(e));
}

static void test_decimal_of_a_scale_is_never_rounded(void **state)
{
	(void)state;
	static const struct expect two[] = {
		{"1", "text:1.00"}, {"1.5", "text:1.50"}, {"1.50", "text:1.50"}, {"1.500", "text:1.50"}, {"-0.00", "text:0.00"},
		{"-0", "text:0.00"}, {".01", "text:0.01"}, {"1e3", "text:1000.00"}, {"12345e-2", "text:123.45"},
		{"1.005", "?text:1.005"}, {"0.001", "?text:0.001"}, {"1e-3", "?text:1e-3"}, {"-1.999", "?text:-1.999"},
		{"123456789012345678901234567890.12", "text:123456789012345678901234567890.12"},
	};
	static const struct expect none[] = {
		{"1", "text:1"}, {"1.0", "text:1"}, {"1.", "text:1"}, {"-5.000", "text:-5"}, {"0.5", "?text:0.5"},
	};
	check_all(COLUMN_DECIMAL, 2, NULL, two, COUNT(two));
	check_all(COLUMN_DECIMAL, 0, NULL, none, COUNT(none));
}

static void test_date(void **state)
{
	(void)state;
	static const struct expect e[] = {
		{"2026-11-20", "text:2026-11-20"}, {"2024-02-29", "text:2024-02-29"}, {"2000-02-29", "text:2000-02-29"},
		{"0001-01-01", "text:0001-01-01"}, {"9999-12-31", "text:9999-12-31"},
		{"0000-00-00", "?text:0000-00-00"}, {"2024-00-10", "?text:2024-00-10"}, {"0000-01-01", "?text:0000-01-01"},
		{"2024-01-00", "?text:2024-01-00"},
		{"2023-02-29", "?text:2023-02-29"}, {"1900-02-29", "?text:1900-02-29"}, {"2024-13-01", "?text:2024-13-01"},
		{"2024-04-31", "?text:2024-04-31"}, {"2024-1-2", "?text:2024-1-2"}, {"20240102", "?text:20240102"},
		{"02/01/2024", "?text:02/01/2024"}, {"2024-01-02 ", "?text:2024-01-02 "}, {"infinity", "?text:infinity"},
		{"2024-01-02T00:00:00", "?text:2024-01-02T00:00:00"}, {"", "?text:"}, {"10000-01-01", "?text:10000-01-01"},
		{"2024-01-0a", "?text:2024-01-0a"}, {"-024-01-01", "?text:-024-01-01"},
	};
	check_all(COLUMN_DATE, -1, NULL, e, COUNT(e));
}

static void test_datetime(void **state)
{
	(void)state;
	static const struct expect e[] = {
		{"2026-11-20 23:41:05", "text:2026-11-20 23:41:05"}, {"2026-11-20T23:41:05", "text:2026-11-20 23:41:05"},
		{"2026-11-20t23:41", "text:2026-11-20 23:41:00"}, {"2026-11-20 23:41", "text:2026-11-20 23:41:00"},
		{"2026-11-20 23:41:05.120000", "text:2026-11-20 23:41:05.12"}, {"2026-11-20 23:41:05.000", "text:2026-11-20 23:41:05"},
		{"2026-11-20 23:41:05.000001", "text:2026-11-20 23:41:05.000001"},
		{"2026-11-20T23:41:05.1234560000", "text:2026-11-20 23:41:05.123456"},
		{"2024-02-29 00:00:00", "text:2024-02-29 00:00:00"},
		{"2026-11-20 23:41:05.1234567", "?text:2026-11-20 23:41:05.1234567"},
		{"2026-11-20 23:41:05.", "?text:2026-11-20 23:41:05."}, {"2026-11-20", "?text:2026-11-20"},
		{"2026-11-20 23:41:05Z", "?text:2026-11-20 23:41:05Z"}, {"2026-11-20 23:41:05+07:00", "?text:2026-11-20 23:41:05+07:00"},
		{"2026-11-20 24:00:00", "?text:2026-11-20 24:00:00"}, {"2026-11-20 23:60:00", "?text:2026-11-20 23:60:00"},
		{"2026-12-31 23:59:60", "?text:2026-12-31 23:59:60"}, {"2023-02-29 10:00:00", "?text:2023-02-29 10:00:00"},
		{"0000-00-00 00:00:00", "?text:0000-00-00 00:00:00"}, {"2026-11-20  23:41:05", "?text:2026-11-20  23:41:05"},
		{"2026-11-20 23:41:5", "?text:2026-11-20 23:41:5"}, {"", "?text:"}, {"now", "?text:now"},
	};
	check_all(COLUMN_DATETIME, -1, NULL, e, COUNT(e));
}

static void test_instant(void **state)
{
	(void)state;
	static const struct expect e[] = {
		{"1970-01-01T00:00:00Z", "integer:0"}, {"1970-01-01 00:00:00.000001z", "integer:1"},
		{"1969-12-31T23:59:59.999999Z", "integer:-1"}, {"1970-01-01T07:00:00+07:00", "integer:0"},
		{"1970-01-01 07:00:00+07", "integer:0"}, {"1970-01-01 05:45:00.5+0545", "integer:500000"},
		{"1970-01-01 00:00:00-00:19:32", "integer:1172000000"}, {"1970-01-01 07:00 +07:00", "integer:0"},
		{"1970-01-01 07:00:00", "integer:0"}, /* a wall clock of the zone */
		{"2026-11-20T16:41:00.000000Z", "integer:1795192860000000"},
		{"9999-12-31T00:00:00Z", "integer:253402214400000000"},
		{"1970-01-01T00:00:00.0000001Z", "?text:1970-01-01T00:00:00.0000001Z"},
		{"1970-01-01T00:00:00+7", "?text:1970-01-01T00:00:00+7"}, {"1970-01-01T00:00:00+24:00", "?text:1970-01-01T00:00:00+24:00"},
		{"1970-01-01T00:00:00 ", "?text:1970-01-01T00:00:00 "}, {"1970-01-01T00:00:00 Z", "?text:1970-01-01T00:00:00 Z"},
		{"1970-01-01T00:00:00X", "?text:1970-01-01T00:00:00X"}, {"1970-01-01", "?text:1970-01-01"}, {"0", "?text:0"},
		{"0000-00-00 00:00:00", "?text:0000-00-00 00:00:00"}, {"infinity", "?text:infinity"}, {"", "?text:"},
		{"1970-01-01T00:00:00+07:0", "?text:1970-01-01T00:00:00+07:0"},
	};
	check_all(COLUMN_INSTANT, -1, jakarta(), e, COUNT(e));
	assert_string_equal(becomes(COLUMN_INSTANT, -1, "1970-01-01 00:00:01", NULL), "integer:1000000");
}

static void test_instant_that_the_clock_skipped(void **state)
{
	(void)state;
	const struct zone *berlin = zone_get("Europe/Berlin", NULL);
	assert_non_null(berlin);
	assert_string_equal(becomes(COLUMN_INSTANT, -1, "2026-03-29 02:30:00", berlin), "?text:2026-03-29 02:30:00");
	/* 25 October 2026 02:30 comes twice: the first is summer time. */
	assert_string_equal(becomes(COLUMN_INSTANT, -1, "2026-10-25 02:30:00", berlin), "integer:1792888200000000");
}

static void test_boolean(void **state)
{
	(void)state;
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "yes", "y", "Y", "on", "On"};
	static const char *const no[] = {"0", "f", "false", "False", "no", "N", "off", "OFF"};
	static const char *const misfits[] = {"", "2", "-1", "01", "tru", "maybe", "true ", "yes!", "\xC4\xB0"};
	for (size_t i = 0; i < COUNT(yes); i++)
		assert_string_equal(becomes(COLUMN_BOOLEAN, -1, yes[i], NULL), "integer:1");
	for (size_t i = 0; i < COUNT(no); i++)
		assert_string_equal(becomes(COLUMN_BOOLEAN, -1, no[i], NULL), "integer:0");
	for (size_t i = 0; i < COUNT(misfits); i++)
		assert_int_equal(becomes(COLUMN_BOOLEAN, -1, misfits[i], NULL)[0], '?');
}

static void test_bytes(void **state)
{
	(void)state;
	struct column c = column_of(COLUMN_BYTES, -1);
	struct value v = value_canonical(&c, "\0\xFF", 2, NULL, &arena);
	assert_int_equal(v.kind, VALUE_BYTES);
	assert_int_equal(v.len, 2);
	assert_false(value_misfit(&c, v));
}

static void test_what_is_canonical_is_borrowed(void **state)
{
	(void)state;
	static const struct { enum column_type type; int scale; const char *text; } cases[] = {
		{COLUMN_TEXT, -1, "any text at all"}, {COLUMN_INTEGER, -1, "123456"}, {COLUMN_INTEGER, -1, "+007"},
		{COLUMN_INTEGER, -1, "18446744073709551615"}, {COLUMN_INTEGER, -1, "-18446744073709551615"},
		{COLUMN_DECIMAL, 2, "123.45"}, {COLUMN_DECIMAL, -1, "-123.4"}, {COLUMN_DATE, -1, "2026-11-20"},
		{COLUMN_DATETIME, -1, "2026-11-20 23:41:05.5"}, {COLUMN_INSTANT, -1, "2026-11-20T23:41:05Z"},
		{COLUMN_BOOLEAN, -1, "true"}, {COLUMN_BYTES, -1, "xyz"}, {COLUMN_DECIMAL, 2, "1.005"}, {COLUMN_DATE, -1, "0000-00-00"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct column c = column_of(cases[i].type, cases[i].scale);
		size_t before = arena.used;
		struct value v = value_canonical(&c, cases[i].text, strlen(cases[i].text), NULL, &arena);
		assert_int_equal(arena.used, before);
		if (v.kind != VALUE_INTEGER)
			assert_ptr_equal(v.text, cases[i].text);
	}
}

static void test_numbers_a_source_gives(void **state)
{
	(void)state;
	struct column c = column_of(COLUMN_INTEGER, -1);
	assert_true(value_equal(value_canonical_integer(&c, INT64_MIN, &arena), value_integer(INT64_MIN)));
	c = column_of(COLUMN_TEXT, -1);
	assert_true(value_equal(value_canonical_integer(&c, -42, &arena), value_text("-42", 3)));
	c = column_of(COLUMN_DECIMAL, 2);
	assert_true(value_equal(value_canonical_integer(&c, -42, &arena), value_text("-42.00", 6)));
	c = column_of(COLUMN_BOOLEAN, -1);
	assert_true(value_equal(value_canonical_integer(&c, 1, &arena), value_integer(1)));
	assert_true(value_equal(value_canonical_integer(&c, 2, &arena), value_text("2", 1)));
	assert_true(value_misfit(&c, value_canonical_integer(&c, 2, &arena)));
	c = column_of(COLUMN_INSTANT, -1);
	assert_true(value_equal(value_canonical_integer(&c, 1795192860000000, &arena), value_integer(1795192860000000)));
	c = column_of(COLUMN_DATE, -1);
	assert_true(value_misfit(&c, value_canonical_integer(&c, 20240102, &arena)));
}

static void test_misfit_by_kind(void **state)
{
	(void)state;
	for (int t = COLUMN_TEXT; t <= COLUMN_BYTES; t++) {
		struct column c = column_of((enum column_type)t, -1);
		assert_false(value_misfit(&c, value_null()));
		assert_false(value_misfit(&c, (struct value){.kind = VALUE_UNKNOWN}));
		assert_int_equal(value_misfit(&c, value_text("?", 1)), t != COLUMN_TEXT);
		assert_int_equal(value_misfit(&c, value_bytes("?", 1)), t != COLUMN_BYTES);
		bool holds_integers = t == COLUMN_INTEGER || t == COLUMN_INSTANT;
		assert_int_equal(value_misfit(&c, value_integer(2)), !holds_integers);
	}
	/* Text that is not in its one form did not come from here. */
	struct column c = column_of(COLUMN_INTEGER, -1);
	assert_true(value_misfit(&c, value_text("5", 1)));
	assert_true(value_misfit(&c, value_text("018446744073709551615", 21)));
	c = column_of(COLUMN_DECIMAL, 2);
	assert_true(value_misfit(&c, value_text("1.5", 3)));
	c = column_of(COLUMN_DATETIME, -1);
	assert_true(value_misfit(&c, value_text("2026-11-20T00:00:00", 19)));
}

static void test_equal_and_compare(void **state)
{
	(void)state;
	/* In ascending order; each equals itself alone. */
	const struct value ordered[] = {
		{.kind = VALUE_UNKNOWN}, value_null(), value_integer(INT64_MIN), value_integer(-1), value_integer(0),
		value_integer(INT64_MAX), value_text("", 0), value_text("\0", 1), value_text("10", 2), value_text("9", 1),
		value_text("a", 1), value_text("a\0", 2), value_text("ab", 2), value_text("\xC3\xA9", 2),
		value_bytes("", 0), value_bytes("a", 1), value_bytes("\xFF", 1),
	};
	for (size_t i = 0; i < COUNT(ordered); i++) {
		for (size_t j = 0; j < COUNT(ordered); j++) {
			assert_int_equal(value_equal(ordered[i], ordered[j]), i == j);
			int order = value_compare(ordered[i], ordered[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
	assert_true(value_equal(value_bytes(NULL, 0), value_bytes("", 0)));
	assert_int_equal(value_compare(value_bytes(NULL, 0), value_bytes("", 0)), 0);
}

static const char *printed(enum column_type type, struct value v, bool show)
{
	struct column c = column_of(type, -1);
	struct buffer b = {0};
	if (show)
		value_show(&b, &c, v, jakarta());
	else
		value_print(&b, &c, v);
	const char *text = arena_text(&arena, buffer_text(&b));
	buffer_done(&b);
	return text;
}

static struct value text_of(const char *s)
{
	return value_text(s, strlen(s));
}

static void test_print(void **state)
{
	(void)state;
	assert_string_equal(printed(COLUMN_TEXT, value_null(), false), "");
	assert_string_equal(printed(COLUMN_TEXT, text_of("x\x1By"), false), "x\x1By");
	assert_string_equal(printed(COLUMN_INTEGER, value_integer(-7), false), "-7");
	assert_string_equal(printed(COLUMN_BOOLEAN, value_integer(0), false), "false");
	assert_string_equal(printed(COLUMN_BOOLEAN, value_integer(1), false), "true");
	assert_string_equal(printed(COLUMN_BOOLEAN, text_of("maybe"), false), "maybe");
	assert_string_equal(printed(COLUMN_INSTANT, value_integer(1795192860000000), false), "2026-11-20T16:41:00.000000Z");
	assert_string_equal(printed(COLUMN_INSTANT, value_integer(INT64_MAX), false), "9223372036854775807");
	assert_string_equal(printed(COLUMN_DATETIME, text_of("2026-11-20 23:41:00.5"), false), "2026-11-20T23:41:00.500000");
	assert_string_equal(printed(COLUMN_DATETIME, text_of("0000-00-00 00:00:00"), false), "0000-00-00 00:00:00");
	assert_string_equal(printed(COLUMN_BYTES, value_bytes("\0\xFF\x10zz", 5), false), "AP8Qeno=");
	assert_string_equal(printed(COLUMN_BYTES, value_bytes("", 0), false), "");
}

static void test_show(void **state)
{
	(void)state;
	assert_string_equal(printed(COLUMN_INSTANT, value_integer(1795192860000000), true), "2026-11-20 23:41:00.000000 +07:00");
	assert_string_equal(printed(COLUMN_DATETIME, text_of("2026-11-20 23:41:00.5"), true), "2026-11-20 23:41:00.5");
	assert_string_equal(printed(COLUMN_BOOLEAN, value_integer(1), true), "true");
	assert_string_equal(printed(COLUMN_TEXT, value_null(), true), "");
}

static int64_t instant(enum column_type type, const char *text)
{
	struct column c = column_of(type, -1);
	return value_instant(&c, text_of(text), jakarta());
}

static void test_value_instant(void **state)
{
	(void)state;
	struct column c = column_of(COLUMN_INSTANT, -1);
	assert_int_equal(value_instant(&c, value_integer(5), NULL), 5);
	assert_true(value_instant(&c, value_null(), NULL) == TIME_NONE);
	assert_int_equal(instant(COLUMN_DATE, "1970-01-02"), DAY - 7 * HOUR);
	assert_int_equal(instant(COLUMN_DATETIME, "1970-01-01 07:00:00.25"), 250000);
	/* Misfits that are times all the same. */
	assert_int_equal(instant(COLUMN_DATETIME, "1970-01-02"), DAY - 7 * HOUR);
	assert_int_equal(instant(COLUMN_DATETIME, "1970-01-01T00:00:00Z"), 0);
	assert_true(instant(COLUMN_DATETIME, "0000-00-00 00:00:00") == TIME_NONE);
	assert_true(instant(COLUMN_DATE, "soon") == TIME_NONE);
	assert_true(instant(COLUMN_TEXT, "1970-01-02") == TIME_NONE);
	c = column_of(COLUMN_INTEGER, -1);
	assert_true(value_instant(&c, value_integer(5), NULL) == TIME_NONE);
	c = column_of(COLUMN_DATE, -1);
	assert_int_equal(value_instant(&c, text_of("1970-01-02"), NULL), DAY);
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
		cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_integer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_decimal_of_any_scale, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_decimal_of_a_scale_is_never_rounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_date, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_datetime, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_instant, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_instant_that_the_clock_skipped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_boolean, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_canonical_is_borrowed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_numbers_a_source_gives, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_misfit_by_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_equal_and_compare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_print, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_show, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_value_instant, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
