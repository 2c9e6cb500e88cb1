/* What the commands print with: tables and bars for people, JSON and CSV for programs. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/zone.h"
#include "model/model.h"
#include "replica/query.h"

struct paper {
	FILE *out;
	char *text;
	size_t len;
};

static void paper_open(struct paper *p)
{
	p->out = open_memstream(&p->text, &p->len);
	assert_non_null(p->out);
}

static void paper_check(struct paper *p, const char *wanted)
{
	fclose(p->out);
	assert_string_equal(p->text, wanted);
	free(p->text);
}

static struct column column_of(enum column_type type)
{
	return (struct column){.name = "c", .as = "c", .title = "C", .type = type, .scale = -1, .key = -1};
}

/* ---- text ---- */

static void test_sheet_aligns_by_cells(void **state)
{
	(void)state;
	struct paper p;
	struct sheet t;
	paper_open(&p);
	sheet_init(&t, false);
	sheet_column(&t, "CIF", SHEET_LEFT);
	sheet_column(&t, "Name", SHEET_LEFT);
	sheet_column(&t, "Total", SHEET_RIGHT);
	sheet_column(&t, "Note", SHEET_LEFT);
	sheet_text(&t, "1");
	sheet_text(&t, "\u5c71\u7530"); /* two wide characters */
	sheet_number(&t, 1834);
	sheet_text(&t, "");
	sheet_text(&t, "22");
	sheet_text(&t, "Jose\u0301"); /* a combining mark takes no cell */
	sheet_number(&t, 7);
	sheet_text(&t, NULL);
	assert_int_equal(sheet_rows(&t), 2);
	sheet_print(&t, p.out, 1);
	sheet_done(&t);
	paper_check(&p, " CIF  Name  Total  Note\n"
			" 1    \u5c71\u7530  1,834\n"
			" 22   Jose\u0301      7  -\n");
}

static void test_sheet_goes_on_below_its_head(void **state)
{
	(void)state;
	struct paper p;
	struct sheet t;
	paper_open(&p);
	sheet_init(&t, false);
	sheet_column(&t, "A", SHEET_LEFT);
	sheet_column(&t, "B", SHEET_LEFT);
	for (int i = 0; i < 2; i++) {
		sheet_text(&t, "x");
		sheet_text(&t, "y");
		sheet_print(&t, p.out, 0);
	}
	sheet_done(&t);
	paper_check(&p, "A  B\nx  y\nx  y\n");
}

static void test_sheet_cleans(void **state)
{
	(void)state;
	struct paper p;
	struct sheet t;
	paper_open(&p);
	sheet_init(&t, true);
	sheet_column(&t, "N\x1b[31m", SHEET_LEFT);
	sheet_column(&t, "", SHEET_LEFT);
	sheet_bytes(&t, "a\r\nb\0c", 6);
	sheet_text(&t, "\u202e\xff");
	sheet_print(&t, p.out, 0);
	sheet_done(&t);
	paper_check(&p, "N?[31m\na??b?c  ??\n");
}

static void test_values_that_are_nothing_look_different(void **state)
{
	(void)state;
	struct column text = column_of(COLUMN_TEXT), date = column_of(COLUMN_DATE), instant = column_of(COLUMN_INSTANT);
	struct column wall = column_of(COLUMN_DATETIME);
	const struct {
		const struct column *column;
		struct value value;
		const char *wanted;
	} cases[] = {
		{&text, {.kind = VALUE_UNKNOWN}, "?"},
		{&text, value_null(), "-"},
		{&text, value_text("", 0), "\"\""},
		{&text, value_text("x\x07", 2), "x\ufffd"},
		{&date, value_text("2026-11-20", 10), "2026-11-20"},
		{&date, value_text("0000-00-00", 10), "0000-00-00 (!)"},
		{&wall, value_text("2026-11-20 16:41:00", 19), "2026-11-20 16:41:00"},
		{&instant, value_integer(0), "1970-01-01 05:45:00.000000 +05:45"},
	};
	const struct zone *zone = zone_get("+05:45", NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer b = {0};
		answer_text_value(&b, cases[i].column, cases[i].value, zone, false);
		assert_string_equal(buffer_text(&b), cases[i].wanted);
		buffer_done(&b);
	}
}

static void test_numbers_are_grouped(void **state)
{
	(void)state;
	char text[ANSWER_TEXT_NUMBER];
	assert_string_equal(answer_text_number(0, text), "0");
	assert_string_equal(answer_text_number(999, text), "999");
	assert_string_equal(answer_text_number(1000, text), "1,000");
	assert_string_equal(answer_text_number(-1234567, text), "-1,234,567");
	assert_string_equal(answer_text_number(INT64_MIN, text), "-9,223,372,036,854,775,808");
}

static void bar_is(int64_t value, int64_t most, size_t width, bool ascii, const char *wanted)
{
	struct buffer b = {0};
	answer_text_bar(&b, value, most, width, ascii);
	assert_string_equal(buffer_text(&b), wanted);
	buffer_done(&b);
}

static void test_bars(void **state)
{
	(void)state;
	bar_is(8, 8, 8, true, "########");
	bar_is(4, 8, 8, true, "####");
	bar_is(1, 1000, 8, true, "#");
	bar_is(0, 8, 8, true, "");
	bar_is(9, 8, 8, true, "########");
	bar_is(8, 8, 4, false, "\u2588\u2588\u2588\u2588");
	bar_is(3, 8, 4, false, "\u2588\u258c");
	bar_is(1, 1000, 4, false, "\u258f");
	bar_is(1, 0, 4, false, "");
}

/* ---- JSON ---- */

static void json_is(json_t *taken, const char *wanted)
{
	struct paper p;
	paper_open(&p);
	answer_json_line(p.out, taken);
	char *line = NULL;
	assert_true(asprintf(&line, "%s\n", wanted) > 0);
	paper_check(&p, line);
	free(line);
}

static void test_json_values(void **state)
{
	(void)state;
	struct column whole = column_of(COLUMN_INTEGER), key = column_of(COLUMN_INTEGER),
		      decimal = column_of(COLUMN_DECIMAL);
	struct column yes = column_of(COLUMN_BOOLEAN), bytes = column_of(COLUMN_BYTES), at = column_of(COLUMN_INSTANT);
	key.identifier = true;
	json_is(answer_json_value(&whole, value_integer(42), ANSWER_JSON_READABLE), "42");
	json_is(answer_json_value(&whole, value_integer((INT64_C(1) << 53) - 1), ANSWER_JSON_READABLE),
		"9007199254740991");
	json_is(answer_json_value(&whole, value_integer(INT64_C(1) << 53), ANSWER_JSON_READABLE),
		"\"9007199254740992\"");
	json_is(answer_json_value(&whole, value_integer(INT64_MIN), ANSWER_JSON_READABLE), "\"-9223372036854775808\"");
	json_is(answer_json_value(&whole, value_text("seven", 5), ANSWER_JSON_READABLE), "\"seven\"");
	json_is(answer_json_value(&key, value_integer(42), ANSWER_JSON_READABLE), "\"42\"");
	json_is(answer_json_value(&decimal, value_text("1.50", 4), ANSWER_JSON_READABLE), "\"1.50\"");
	json_is(answer_json_value(&yes, value_integer(1), ANSWER_JSON_READABLE), "true");
	json_is(answer_json_value(&yes, value_integer(0), ANSWER_JSON_READABLE), "false");
	json_is(answer_json_value(&bytes, value_bytes("\0\xff", 2), ANSWER_JSON_READABLE), "\"AP8=\"");
	json_is(answer_json_value(&at, value_integer(1), ANSWER_JSON_READABLE), "\"1970-01-01T00:00:00.000001Z\"");
	json_is(answer_json_value(&whole, value_null(), ANSWER_JSON_READABLE), "null");
	struct column wall = column_of(COLUMN_DATETIME);
	json_is(answer_json_value(&wall, value_text("2026-11-20 16:41:00.5", 21), ANSWER_JSON_READABLE),
		"\"2026-11-20T16:41:00.500000\"");
	json_is(answer_json_value(&wall, value_text("0000-00-00 00:00:00", 19), ANSWER_JSON_READABLE),
		"\"0000-00-00 00:00:00\"");
	json_is(answer_json_time(TIME_NONE), "null");
	json_is(answer_json_time(TIME_OPEN), "null");
}

static void test_json_text_is_whole_and_harmless(void **state)
{
	(void)state;
	json_is(answer_json_text("a\0b", 3, ANSWER_JSON_READABLE), "\"a\\u0000b\"");
	json_is(answer_json_text("\x1b\n\"\\", 4, ANSWER_JSON_READABLE), "\"\\u001B\\n\\\"\\\\\"");
	json_is(answer_json_string("caf\u00e9 \u5c71"), "\"caf\u00e9 \u5c71\"");
	json_is(answer_json_string("\x7f\xc2\x9b\u202e\u200b"), "\"\\u007F\\u009B\\u202E\\u200B\"");
	json_is(answer_json_string("\U000e0041"), "\"\\uDB40\\uDC41\"");
	json_is(answer_json_text("a\xff\xe2\x82z", 5, ANSWER_JSON_READABLE), "\"a\ufffd\ufffd\ufffdz\"");
	json_is(answer_json_text("a\xff", 2, ANSWER_JSON_EXACT), "{\"$bytes\":\"Yf8=\"}");
	json_is(answer_json_string(NULL), "null");
}

static void test_json_stream(void **state)
{
	(void)state;
	struct paper p;
	struct answer_json j;
	paper_open(&p);
	answer_json_begin(&j, p.out);
	answer_json_member(&j, "a", json_integer(1));
	answer_json_array(&j, "b");
	answer_json_array_end(&j);
	answer_json_array(&j, "c");
	answer_json_item(&j, json_true());
	answer_json_item(&j, json_null());
	answer_json_array_end(&j);
	answer_json_member(&j, "d", json_array());
	answer_json_end(&j);
	paper_check(&p, "{\n \"a\":1,\n \"b\":[],\n \"c\":[\n  true,\n  null],\n \"d\":[]\n}\n");
}

static void test_json_keys(void **state)
{
	(void)state;
	struct entity one = {.name = "one", .key_count = 1}, two = {.name = "two", .key_count = 2};
	json_is(answer_json_key(&one, "[\"1\"]", ANSWER_JSON_READABLE), "\"[\\\"1\\\"]\"");
	json_is(answer_json_key(&two, "[\"1\",\"b\"]", ANSWER_JSON_READABLE), "[\"1\",\"b\"]");
}

/* ---- CSV ---- */

static void test_csv_cells(void **state)
{
	(void)state;
	struct column text = column_of(COLUMN_TEXT), decimal = column_of(COLUMN_DECIMAL);
	decimal.scale = 2;
	struct paper p;
	struct answer_csv c;
	paper_open(&p);
	answer_csv_begin(&c, p.out, &(struct answer_form){.guard = true}, "a,b,c,d,e");
	answer_csv_text(&c, "=1+1");
	answer_csv_value(&c, &decimal, value_text("-5.00", 5));
	answer_csv_value(&c, &text, value_text("+62", 3));
	answer_csv_word(&c, NULL);
	answer_csv_value(&c, &text, value_text("", 0));
	answer_csv_row(&c);
	answer_csv_time(&c, TIME_OPEN);
	answer_csv_number(&c, -3);
	answer_csv_value(&c, &text, value_null());
	answer_csv_text(&c, "say \"hi\", you");
	answer_csv_word(&c, "z");
	answer_csv_row(&c);
	answer_csv_done(&c);
	paper_check(&p, "a,b,c,d,e\r\n'=1+1,-5.00,'+62,,\"\"\r\n,-3,,\"say \"\"hi\"\", you\",z\r\n");
}

static void test_csv_as_it_is(void **state)
{
	(void)state;
	struct paper p;
	struct answer_csv c;
	paper_open(&p);
	answer_csv_begin(&c, p.out, &(struct answer_form){0}, "a");
	answer_csv_text(&c, "=1+1");
	answer_csv_row(&c);
	answer_csv_done(&c);
	paper_check(&p, "a\r\n=1+1\r\n");
}

/* A column behind all others, the same in every row, never taken for a formula. */
static void test_csv_last_column(void **state)
{
	(void)state;
	struct paper p;
	struct answer_csv c;
	struct answer_form form = {.guard = true, .last = "as_known", .last_value = "-"};
	paper_open(&p);
	answer_csv_begin(&c, p.out, &form, "a,b");
	answer_csv_bytes(&c, "=1", 2, true);
	answer_csv_bytes(&c, "=2", 2, false);
	answer_csv_row(&c);
	answer_csv_done(&c);
	form.last_value = NULL;
	answer_csv_begin(&c, p.out, &form, NULL);
	answer_csv_word(&c, "c");
	answer_csv_head(&c);
	answer_csv_bytes(&c, NULL, 0, true);
	answer_csv_row(&c);
	answer_csv_done(&c);
	paper_check(&p, "a,b,as_known\r\n'=1,=2,-\r\nc,as_known\r\n,\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sheet_aligns_by_cells),
		cmocka_unit_test(test_sheet_goes_on_below_its_head),
		cmocka_unit_test(test_sheet_cleans),
		cmocka_unit_test(test_values_that_are_nothing_look_different),
		cmocka_unit_test(test_numbers_are_grouped),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_json_values),
		cmocka_unit_test(test_json_text_is_whole_and_harmless),
		cmocka_unit_test(test_json_stream),
		cmocka_unit_test(test_json_keys),
		cmocka_unit_test(test_csv_cells),
		cmocka_unit_test(test_csv_as_it_is),
		cmocka_unit_test(test_csv_last_column),
	};
	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
