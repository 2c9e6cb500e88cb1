#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/csv.h"

enum { LIMIT = 1000 };

/* Every row as text: fields in <> (unquoted) or "" (quoted), a bad row as !reason. */
static char *read_all(const char *text, size_t n, size_t step, size_t limit)
{
	struct csv_reader *r = csv_reader_new(limit);
	struct buffer out = {0};
	struct csv_row row;
	size_t at = 0;

	do {
		size_t part = n - at < step ? n - at : step;
		/* A copy of the exact size, so that the sanitizer sees a read past the block. */
		char *block = malloc(part ? part : 1);

		memcpy(block, text + at, part);
		at += part;
		csv_reader_feed(r, block, part, at == n);
		while (csv_reader_row(r, &row)) {
			buffer_format(&out, "%llu+%llu@%llu ", (unsigned long long)row.line,
				      (unsigned long long)row.lines, (unsigned long long)row.end);
			if (row.bad)
				buffer_format(&out, "!%s (%zu)", row.bad, row.raw_len);
			for (size_t i = 0; i < row.count; i++) {
				buffer_char(&out, row.fields[i].quoted ? '"' : '<');
				buffer_add(&out, row.fields[i].text, row.fields[i].len);
				buffer_char(&out, row.fields[i].quoted ? '"' : '>');
			}
			buffer_text_add(&out, " [");
			buffer_add(&out, row.raw, row.raw_len);
			buffer_text_add(&out, "]\n");
		}
		free(block);
	} while (at < n);
	csv_reader_free(r);
	return buffer_take(&out);
}

static void expect(const char *text, size_t n, const char *wanted)
{
	for (size_t step = 1; step <= n + 1; step++) {
		char *got = read_all(text, n, step, LIMIT);

		if (strcmp(got ? got : "", wanted) != 0)
			print_error("blocks of %zu bytes\n", step);
		assert_string_equal(got ? got : "", wanted);
		free(got);
	}
}

#define EXPECT(text, wanted) expect(text, sizeof(text) - 1, wanted)

static void test_rows(void **state)
{
	(void)state;
	EXPECT("", "");
	EXPECT("a", "1+1@1 <a> [a]\n");
	EXPECT("a,b\nc,d\n", "1+1@4 <a><b> [a,b]\n2+1@8 <c><d> [c,d]\n");
	EXPECT("a,b\r\nc,d", "1+1@5 <a><b> [a,b]\n2+1@8 <c><d> [c,d]\n");
	EXPECT("a\rb\r", "1+1@2 <a> [a]\n2+1@4 <b> [b]\n");
	EXPECT("a,\n", "1+1@3 <a><> [a,]\n");
	EXPECT(",\n", "1+1@2 <><> [,]\n");
	EXPECT("a,", "1+1@2 <a><> [a,]\n");
	EXPECT(" a , b \n", "1+1@8 < a >< b > [ a , b ]\n");
}

static void test_empty_lines_are_no_rows(void **state)
{
	(void)state;
	EXPECT("\n\na\n\r\n\r\nb\n", "3+1@4 <a> [a]\n6+1@10 <b> [b]\n");
	EXPECT("\r\n", "");
	EXPECT("\"\"\n", "1+1@3 \"\" [\"\"]\n");
}

static void test_quotes(void **state)
{
	(void)state;
	EXPECT("\"a\",\"b,c\"\n", "1+1@10 \"a\"\"b,c\" [\"a\",\"b,c\"]\n");
	EXPECT("\"a\"\"b\",x\n", "1+1@9 \"a\"b\"<x> [\"a\"\"b\",x]\n");
	EXPECT("\"\"\"\"\"\",\"\"\"x\"\n", "1+1@13 \"\"\"\"\"\"x\" [\"\"\"\"\"\",\"\"\"x\"]\n");
	EXPECT("\"a\nb\r\nc\",d\ne\n", "1+3@11 \"a\nb\r\nc\"<d> [\"a\nb\r\nc\",d]\n4+1@13 <e> [e]\n");
	EXPECT("\"a\"", "1+1@3 \"a\" [\"a\"]\n");
	/* A quote inside an unquoted field is text. */
	EXPECT("5\" disk,a\"\"b\n", "1+1@13 <5\" disk><a\"\"b> [5\" disk,a\"\"b]\n");
}

static void test_bad_rows(void **state)
{
	(void)state;
	EXPECT("\"a\"b,c\nd\n", "1+1@7 !text after a closing quote (6) [\"a\"b,c]\n2+1@9 <d> [d]\n");
	EXPECT("\"a\" ,c\nd\n", "1+1@7 !text after a closing quote (6) [\"a\" ,c]\n2+1@9 <d> [d]\n");
	EXPECT("x\n\"a,b\nc,d\n", "1+1@2 <x> [x]\n2+3@11 !a quote is never closed (9) [\"a,b\nc,d\n]\n");
	EXPECT("\"a", "1+1@2 !a quote is never closed (2) [\"a]\n");
}

static void test_mark(void **state)
{
	(void)state;
	EXPECT("\xEF\xBB\xBF"
	       "a,b\n",
	       "1+1@7 <a><b> [a,b]\n");
	EXPECT("\xEF\xBB\xBF"
	       "\"a\"\n",
	       "1+1@7 \"a\" [\"a\"]\n");
	EXPECT("\xEF\xBB\xBF", "");
	EXPECT("\xEF\xBB", "1+1@2 <\xEF\xBB> [\xEF\xBB]\n");
	EXPECT("\xEF\xBBz,b\n", "1+1@6 <\xEF\xBBz><b> [\xEF\xBBz,b]\n");
	EXPECT("\xEF,b\n", "1+1@4 <\xEF><b> [\xEF,b]\n");
	/* Only the first bytes of the stream are a mark. */
	EXPECT("a\n\xEF\xBB\xBF"
	       "b\n",
	       "1+1@2 <a> [a]\n2+1@7 <\xEF\xBB\xBF"
	       "b> [\xEF\xBB\xBF"
	       "b]\n");
}

static void test_limit(void **state)
{
	char text[3 * LIMIT];
	size_t n;

	(void)state;
	for (size_t step = 1; step <= 3 * LIMIT; step += step < 4 ? 1 : 97) {
		for (size_t len = LIMIT - 2; len <= LIMIT + 2; len++) {
			char wanted[64], *got;

			memset(text, 'a', len);
			memcpy(text + len, "\nb\n", 3);
			got = read_all(text, len + 3, step, LIMIT);
			if (len > LIMIT)
				snprintf(wanted, sizeof(wanted), "1+1@%zu !longer than a row may be (1000) [", len + 1);
			else
				snprintf(wanted, sizeof(wanted), "1+1@%zu <aaa", len + 1);
			assert_memory_equal(got, wanted, strlen(wanted));
			n = strlen(got);
			snprintf(wanted, sizeof(wanted), "]\n2+1@%zu <b> [b]\n", len + 3);
			assert_string_equal(got + n - strlen(wanted), wanted);
			free(got);
		}
	}
	/* A quoted row over the limit is skipped to its end, line ends in it and all. */
	memset(text, '\n', sizeof(text));
	text[0] = '"';
	memcpy(text + LIMIT + 500, "\"\nb\n", 4);
	for (size_t step = 1; step < sizeof(text); step += 61) {
		char *got = read_all(text, LIMIT + 504, step, LIMIT);

		assert_non_null(strstr(got, "longer than a row may be"));
		assert_non_null(strstr(got, "\n1501+1@1504 <b> [b]\n"));
		free(got);
	}
}

static void test_commas_only(void **state)
{
	size_t n = 200000;
	char *text = malloc(n), *got;

	(void)state;
	memset(text, ',', n);
	text[n - 1] = '\n';
	got = read_all(text, n, 4096, 1 << 20);
	assert_memory_equal(got, "1+1@200000 !too many fields", 27);
	free(got);
	free(text);
}

/* Random text of the bytes that matter: the blocks it comes in make no difference. */
static void test_blocks_make_no_difference(void **state)
{
	static const char bytes[] = "\"\"\",,\n\r\nab\xEF\xBB\xBF";
	uint32_t seed = 12345;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char text[60];
		size_t n;
		char *whole;

		seed = seed * 1664525u + 1013904223u;
		n = (seed >> 8) % sizeof(text);
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525u + 1013904223u;
			text[i] = bytes[(seed >> 10) % (sizeof(bytes) - 1)];
		}
		whole = read_all(text, n, n + 1, 40);
		for (size_t step = 1; step <= 7; step++) {
			char *got = read_all(text, n, step, 40);

			if (whole)
				assert_string_equal(got, whole);
			else
				assert_null(got);
			free(got);
		}
		free(whole);
	}
}

static void expect_field(const char *text, size_t n, bool guard, const char *wanted)
{
	struct buffer out = {0};

	csv_field_add(&out, text, n, guard);
	assert_string_equal(buffer_text(&out), wanted);
	buffer_done(&out);
}

static void test_write(void **state)
{
	(void)state;
	expect_field(NULL, 0, false, "");
	expect_field("", 0, false, "\"\"");
	expect_field("abc", 3, false, "abc");
	expect_field("a,b", 3, false, "\"a,b\"");
	expect_field("a\"b\"", 4, false, "\"a\"\"b\"\"\"");
	expect_field("a\r", 2, false, "\"a\r\"");
	expect_field("=1+1", 4, false, "=1+1");
	expect_field("=1+1", 4, true, "'=1+1");
	expect_field("@a,b", 4, true, "\"'@a,b\"");
	expect_field("-5", 2, true, "'-5");
	expect_field("+5", 2, true, "'+5");
	expect_field("\tx", 2, true, "'\tx");
	expect_field("\rx", 2, true, "\"'\rx\"");
	expect_field("x=", 2, true, "x=");
	expect_field("\xef\xbc\x9d" "1", 4, true, "'\xef\xbc\x9d" "1"); /* full width: = + - @, and A */
	expect_field("\xef\xbc\x8b" "1", 4, true, "'\xef\xbc\x8b" "1");
	expect_field("\xef\xbc\x8d" "1", 4, true, "'\xef\xbc\x8d" "1");
	expect_field("\xef\xbc\xa0" "1", 4, true, "'\xef\xbc\xa0" "1");
	expect_field("\xef\xbc\xa1" "1", 4, true, "\xef\xbc\xa1" "1");
	expect_field("\xef\xbc", 2, true, "\xef\xbc");
	expect_field("", 0, true, "\"\"");
}

static void test_what_is_written_reads_back(void **state)
{
	static const char *const texts[] = {"",     "a",         "\"", "\"\"",     ",", "\n",
					    "\r\n", "a\"b,c\nd", " ",  "\xC3\xA9", "'"};
	struct buffer out = {0};
	struct csv_reader *r = csv_reader_new(LIMIT);
	struct csv_row row;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		csv_field_add(&out, texts[i], strlen(texts[i]), false);
		buffer_char(&out, ',');
	}
	buffer_char(&out, '\n');
	csv_reader_feed(r, out.data, out.len, true);
	assert_true(csv_reader_row(r, &row));
	assert_int_equal(row.count, sizeof(texts) / sizeof(texts[0]) + 1);
	for (size_t i = 0; i + 1 < row.count; i++) {
		assert_int_equal(row.fields[i].len, strlen(texts[i]));
		assert_memory_equal(row.fields[i].text, texts[i], row.fields[i].len);
	}
	/* The last one is NULL, not empty text. */
	assert_int_equal(row.fields[row.count - 1].len, 0);
	assert_false(row.fields[row.count - 1].quoted);
	assert_true(row.fields[0].quoted);
	assert_false(csv_reader_row(r, &row));
	csv_reader_free(r);
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),        cmocka_unit_test(test_empty_lines_are_no_rows),
		cmocka_unit_test(test_quotes),      cmocka_unit_test(test_bad_rows),
		cmocka_unit_test(test_mark),        cmocka_unit_test(test_limit),
		cmocka_unit_test(test_commas_only), cmocka_unit_test(test_blocks_make_no_difference),
		cmocka_unit_test(test_write),       cmocka_unit_test(test_what_is_written_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
