/* Bytes by the description of the format; text as MySQL 8 prints it. */
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
#include "base/error.h"
#include "binlog/json.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct expect {
	const char *hex, *text;
};

/* In a block of exactly its size, so that a read past the end is seen. */
static bool convert(const char *hex, struct buffer *out, struct error *err)
{
	size_t n = strlen(hex) / 2;
	uint8_t *bytes = malloc(n ? n : 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++) {
		unsigned byte;
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	bool good = json_binary_text(bytes, n, out, err);
	free(bytes);
	return good;
}

static void check(const struct expect *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer out = {0};
		struct error err = {0};
		if (!convert(e[i].hex, &out, &err))
			fail_msg("%s: %s", e[i].hex, err.message);
		assert_string_equal(buffer_text(&out), e[i].text);
		buffer_done(&out);
	}
}

#define CHECK(...)                                                                                                     \
	do {                                                                                                           \
		static const struct expect cases[] = {__VA_ARGS__};                                                    \
		check(cases, COUNT(cases));                                                                            \
	} while (0)

static void refuse(const char *hex, const char *why)
{
	struct buffer out = {0};
	struct error err = {0};
	if (convert(hex, &out, &err))
		fail_msg("%s gave %s", hex, buffer_text(&out));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_non_null(strstr(err.message, why));
	buffer_done(&out);
}

static void test_literals_and_integers(void **state)
{
	(void)state;
	CHECK({"", "null"}, {"0400", "null"}, {"0401", "true"}, {"0402", "false"}, {"050000", "0"}, {"05ffff", "-1"},
	      {"050080", "-32768"}, {"06ffff", "65535"}, {"0700000080", "-2147483648"}, {"08ffffffff", "4294967295"},
	      {"090000000000000080", "-9223372036854775808"}, {"0affffffffffffffff", "18446744073709551615"});
}

static void test_doubles(void **state)
{
	(void)state;
	CHECK({"0b0000000000000000", "0.0"}, {"0b0000000000000080", "-0.0"}, {"0b000000000000f03f", "1.0"},
	      {"0b000000000000f8bf", "-1.5"}, {"0b9a9999999999b93f", "0.1"}, {"0b0000000000005940", "100.0"},
	      {"0b0000901ec4bcd642", "100000000000000.0"}, {"0b00003426f56b0c43", "1e15"},
	      {"0b1656e79eaf03d23c", "0.000000000000001"}, {"0bbc89d897b2d29c3c", "1e-16"},
	      {"0b66de77832112dc42", "123456789012345.6"}, {"0b02eb2af2548b1143", "1234567890123456.5"},
	      {"0be1639d31956ae543", "1.2345678901234567e19"}, {"0bffffffffffffef7f", "1.7976931348623157e308"},
	      {"0b0100000000000000", "5e-324"});
}

static void test_strings(void **state)
{
	(void)state;
	CHECK({"0c00", "\"\""}, {"0c06c3a9f09f9880", "\"é😀\""},
	      {"0c0e6122625c63080c0a0d09011f7f2f", "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\""});
	/* From 128 bytes on the length has two bytes. */
	char hex[6 + 2 * 200 + 1] = "0cc801", text[200 + 3] = "\"";
	for (int i = 0; i < 200; i++) {
		strcat(hex, "78");
		strcat(text, "x");
	}
	strcat(text, "\"");
	check(&(struct expect){hex, text}, 1);
}

static void test_containers(void **state)
{
	(void)state;
	CHECK({"0200000400", "[]"}, {"0000000400", "{}"},
	      {"02090035000501000c1f000400000401000402000b2100072900022d000031000161000000000000f83f90eefeff00000400000"
	       "00400",
	       "[1, \"a\", null, true, false, 1.5, -70000, [], {}]"},
	      {"0003003200190001001a0001001b000000050100001b000c31006162010016000b000100020c006302000a0005010005020000",
	       "{\"a\": 1, \"b\": {\"c\": [1, 2]}, \"\": \"\"}"},
	      /* large ones, which have room for 32-bit integers in the entries */
	      {"03040000001e000000050100000007701101000800286bee0c1c0000000178", "[1, 70000, 4000000000, \"x\"]"},
	      {"0103000000400000002900000001002a00000001002b00000001000790eefeff012c00000000340000006b6c6d0000000008000"
	       "00001000c000b0001"
	       "000501006e",
	       "{\"k\": -70000, \"l\": {}, \"m\": {\"n\": 1}}"});
}

static void test_values_of_columns(void **state)
{
	(void)state;
	CHECK({"0ff6050502800032", "0.50"}, {"0ff60301017a", "-0.5"}, {"0ff6070a0076c4653600", "-9999999999"},
	      {"0f0a080000000000bab219", "\"2024-02-29\""},
	      {"0f0c0840e201fb7ebbb219", "\"2024-02-29 23:59:59.123456\""},
	      {"0f07080000008310bab219", "\"2024-02-29 01:02:03.000000\""},
	      {"0f0c080000000000000000", "\"0000-00-00 00:00:00.000000\""},
	      {"0f0b083022f97cefffffff", "\"-01:02:03.450000\""}, {"0f0b08000000fb6e340000", "\"838:59:59.000000\""},
	      {"0f0b08ffffffffffffffff", "\"-00:00:00.000001\""}, {"0ffd087465787420227122", "\"text \\\"q\\\"\""},
	      {"0ffc03000102", "\"base64:type252:AAEC\""}, {"0f0f00", "\"base64:type15:\""},
	      {"0f100105", "\"base64:type16:BQ==\""},
	      {"0ffe3c000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3"
	       "0313233343536373839"
	       "3a3b",
	       "\"base64:type254:"
	       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4\\nOTo7\""});
}

static void test_damage(void **state)
{
	(void)state;
	static const struct expect cases[] = {
		{"05", "cut off"},
		{"0500", "cut off"},
		{"0b00000000000000", "cut off"},
		{"04", "a literal"},
		{"0403", "a literal"},
		{"0c", "cut off"},
		{"0c0261", "cut off"},
		{"0cffffffffff", "cut off"},
		{"0cffffffff7f", "cut off"},
		{"0d00", "not known"},
		{"0e00", "not known"},
		{"ff", "not known"},
		{"020000", "cut off"},
		{"0200000300", "cut off"},
		{"0201000400", "cut off"},
		{"02000005ff", "cut off"},
		{"03ffffffff08000000", "cut off"},
		{"02ffff0400", "cut off"},
		{"00ffff0400", "cut off"},
		{"0201000700020800", "a value is past its end"},
		{"0201000700020700", "cut off"},
		{"0001000b000c0001000500000000", "a key is past its end"},
		{"0001000b000b0001000500000000", "a key is past its end"},
		{"0201000700100000", "not known"},
		{"0b000000000000f07f", "not finite"},
		{"0b000000000000f8ff", "not finite"},
		{"0f", "cut off"},
		{"0ff6", "cut off"},
		{"0ff600", "a decimal"},
		{"0ff6020502", "a decimal"},
		{"0ff603050280", "a decimal"},
		{"0f0a0700000000000000", "8 bytes"},
		{"0f0c08ffffffffffffffff", "out of range"},
		{"0f0c08ffffff0000000000", "out of range"},
		{"0f0c08000000000000ff7f", "out of range"},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		refuse(cases[i].hex, cases[i].text);
}

/* levels arrays, each in the other. */
static char *nested(int levels)
{
	char *hex = malloc((size_t)levels * 14 + 16), *p = hex;
	assert_non_null(hex);
	p += sprintf(p, "02");
	for (int left = levels - 1; left > 0; left--) {
		unsigned size = (unsigned)left * 7 + 4;
		p += sprintf(p, "0100%02x%02x020700", size & 255, size >> 8);
	}
	sprintf(p, "00000400");
	return hex;
}

static void test_depth(void **state)
{
	(void)state;
	struct buffer out = {0};
	struct error err = {0};
	char *hex = nested(100);
	assert_true(convert(hex, &out, &err));
	assert_int_equal(out.len, 200);
	free(hex);
	hex = nested(101);
	refuse(hex, "100 levels");
	free(hex);
	buffer_done(&out);
}

/* Twenty levels of arrays whose two values are the same next level would be a million texts. */
static void test_values_that_share_bytes(void **state)
{
	(void)state;
	char hex[20 * 20 + 16], *p = hex;
	p += sprintf(p, "02");
	for (int left = 19; left > 0; left--) {
		unsigned size = (unsigned)left * 10 + 4;
		p += sprintf(p, "0200%02x%02x020a00020a00", size & 255, size >> 8);
	}
	sprintf(p, "00000400");
	refuse(hex, "overlap");
}

static void test_it_appends(void **state)
{
	(void)state;
	struct buffer out = {0};
	buffer_text_add(&out, "x: ");
	assert_true(json_binary_text((const uint8_t *)"\x04\x01", 2, &out, NULL));
	assert_string_equal(buffer_text(&out), "x: true");
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals_and_integers),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_values_of_columns),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_values_that_share_bytes),
		cmocka_unit_test(test_it_appends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
