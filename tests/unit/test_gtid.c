#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "binlog/event.h"
#include "binlog/gtid.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define A        "0a0b0c0d-0102-0304-0506-0708090a0b0c"
#define B        "f0000000-0000-0000-0000-000000000001"

static struct gtid_set *parse(bool mariadb, const char *text)
{
	return gtid_set_parse(mariadb, text, strlen(text));
}

static void assert_prints(const struct gtid_set *s, const char *text)
{
	struct buffer out = {0};
	gtid_set_print(s, &out);
	assert_string_equal(buffer_text(&out), text);
	buffer_done(&out);
}

struct row {
	const char *text, *prints; /* prints NULL: refused */
};

static void check_rows(bool mariadb, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct gtid_set *s = parse(mariadb, rows[i].text);
		if (!s != !rows[i].prints)
			fail_msg("\"%s\" was %s", rows[i].text, s ? "taken" : "refused");
		if (!s)
			continue;
		assert_prints(s, rows[i].prints);
		assert_int_equal(gtid_set_is_empty(s), *rows[i].prints == '\0');
		struct gtid_set *again = parse(mariadb, rows[i].prints);
		assert_non_null(again);
		assert_prints(again, rows[i].prints);
		assert_true(gtid_set_contains(s, again) && gtid_set_contains(again, s));
		gtid_set_free(again);
		gtid_set_free(s);
	}
}

static void test_mariadb_text(void **state)
{
	static const struct row rows[] = {
		{"", ""},
		{" \n", ""},
		{"0-1-5", "0-1-5"},
		{"1-2-9,0-1-5", "0-1-5,1-2-9"},
		{" 0-1-5 ,\n1-2-9\n", "0-1-5,1-2-9"},
		{"4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615"},
		{"0-1-5,0-2-9", "0-2-9"},
		{"0-2-9,0-1-5", "0-2-9"},
		{"0-1-0", "0-1-0"},
		{"0-1", NULL},
		{"0-1-", NULL},
		{"-1-5", NULL},
		{"0-1-5,", NULL},
		{",0-1-5", NULL},
		{"0-1-5 1-2-9", NULL},
		{"0-1-5x", NULL},
		{"4294967296-1-5", NULL},
		{"0-4294967296-5", NULL},
		{"0-1-18446744073709551616", NULL},
		{A ":1", NULL},
	};
	(void)state;
	check_rows(true, rows, COUNT(rows));
}

static void test_mysql_text(void **state)
{
	static const struct row rows[] = {
		{"", ""},
		{A ":1", A ":1"},
		{A ":1-5", A ":1-5"},
		{A ":1-5:7", A ":1-5:7"},
		{A ":7:1-5", A ":1-5:7"},
		{A ":1-5:6", A ":1-6"},
		{A ":1-5:3-9:20", A ":1-9:20"},
		{A ":1-2:4-5:7-8:3-7", A ":1-8"},
		{A ":5-3", ""},
		{A ":5-3:7", A ":7"},
		{"0A0B0C0D-0102-0304-0506-0708090A0B0C:1", A ":1"},
		{B ":1-3,\n" A ":2", A ":2," B ":1-3"},
		{A ":1, " A ":2", A ":1-2"},
		{" " A " : 1 - 5 : 7 ", A ":1-5:7"},
		/* the server's own form puts a server's tags behind its untagged intervals */
		{A ":1-5:tag:1-3:7:other_2:4", A ":1-5," A ":other_2:4," A ":tag:1-3:7"},
		{A ":TAG:1," A ":tag:2", A ":tag:1-2"},
		{A ":_:1", A ":_:1"},
		{A ":a2345678901234567890123456789012:1", A ":a2345678901234567890123456789012:1"},
		{A ":9223372036854775806", A ":9223372036854775806"},
		{A ":a23456789012345678901234567890123:1", NULL},
		{A ":9223372036854775807", NULL},
		{A ":0", NULL},
		{A ":0-5", NULL},
		{A, NULL},
		{A ":", NULL},
		{A ":1-", NULL},
		{A ":1:", NULL},
		{A ":tag", NULL},
		{A ":1:tag", NULL},
		{A ":1-5,", NULL},
		{A ":1-5 " B ":1", NULL},
		{A ":ta-g:1", NULL},
		{"0a0b0c0d-0102-0304-0506-0708090a0b0:1", NULL},
		{"0a0b0c0d-0102-0304-0506x0708090a0b0c:1", NULL},
		{"ga0b0c0d-0102-0304-0506-0708090a0b0c:1", NULL},
		{"0-1-5", NULL},
	};
	(void)state;
	check_rows(false, rows, COUNT(rows));
}

static void test_text_has_a_length(void **state)
{
	(void)state;
	struct gtid_set *s = gtid_set_parse(true, "0-1-57", 5);
	assert_prints(s, "0-1-5");
	gtid_set_free(s);
	for (size_t n = 1; n < strlen(A ":1"); n++)
		assert_null(gtid_set_parse(false, A ":1", n));
}

static void add_mysql(struct gtid_set *s, uint8_t first, const char *tag, uint64_t gno)
{
	struct binlog_gtid g = {.sequence = gno, .uuid = {first}};
	strcpy(g.tag, tag);
	gtid_set_add(s, &g);
}

static void test_mysql_add(void **state)
{
	static const uint64_t order[] = {5, 3, 4, 4, 1, 9, 2, 7, 8};
	static const char *const prints[] = {"5",       "3:5",   "3-5",     "3-5",    "1:3-5",
					     "1:3-5:9", "1-5:9", "1-5:7:9", "1-5:7-9"};
	(void)state;
	struct gtid_set *s = parse(false, "");
	assert_true(gtid_set_is_empty(s));
	for (size_t i = 0; i < COUNT(order); i++) {
		struct buffer expected = {0};
		add_mysql(s, 0xab, "", order[i]);
		buffer_format(&expected, "ab000000-0000-0000-0000-000000000000:%s", prints[i]);
		assert_prints(s, buffer_text(&expected));
		buffer_done(&expected);
	}
	add_mysql(s, 0xab, "t", 1);
	add_mysql(s, 0x01, "", 1);
	assert_prints(s, "01000000-0000-0000-0000-000000000000:1,ab000000-0000-0000-0000-000000000000:1-5:7-9,"
			 "ab000000-0000-0000-0000-000000000000:t:1");
	struct gtid_set *copy = gtid_set_copy(s);
	add_mysql(s, 0xab, "", 6);
	assert_false(gtid_set_contains(copy, s));
	assert_true(gtid_set_contains(s, copy));
	/* what says no transaction changes nothing */
	gtid_set_free(copy);
	copy = gtid_set_copy(s);
	gtid_set_add(s, &(struct binlog_gtid){.anonymous = true, .sequence = 77});
	add_mysql(s, 0xab, "", 0);
	add_mysql(s, 0xab, "", INT64_MAX);
	assert_true(gtid_set_contains(copy, s));
	gtid_set_free(copy);
	gtid_set_free(s);
}

/* Any order of adding gives the same set. */
static void test_mysql_add_any_order(void **state)
{
	(void)state;
	for (uint64_t step = 1; step < 97; step++) {
		struct gtid_set *s = parse(false, "");
		for (uint64_t i = 0; i < 97; i++)
			add_mysql(s, 1, "", i * step % 97 + 1);
		assert_prints(s, "01000000-0000-0000-0000-000000000000:1-97");
		gtid_set_free(s);
	}
}

static void test_mariadb_add(void **state)
{
	(void)state;
	struct gtid_set *s = parse(true, "0-1-5");
	gtid_set_add(s, &(struct binlog_gtid){.mariadb = true, .domain = 0, .server_id = 2, .sequence = 6});
	gtid_set_add(s, &(struct binlog_gtid){.mariadb = true, .domain = 7, .server_id = 2, .sequence = 1});
	gtid_set_add(s, &(struct binlog_gtid){.mariadb = true, .domain = 3, .server_id = 2, .sequence = 1});
	assert_prints(s, "0-2-6,3-2-1,7-2-1");
	/* where numbers go back, the last in the log is where we are */
	gtid_set_add(s, &(struct binlog_gtid){.mariadb = true, .domain = 0, .server_id = 1, .sequence = 4});
	struct gtid_set *copy = gtid_set_copy(s);
	gtid_set_free(s);
	assert_prints(copy, "0-1-4,3-2-1,7-2-1");
	gtid_set_free(copy);
}

static void test_contains(void **state)
{
	static const struct {
		bool mariadb;
		const char *a, *b;
		bool contains;
	} rows[] = {
		{true, "", "", true},
		{true, "0-1-5", "", true},
		{true, "", "0-1-5", false},
		{true, "0-1-5", "0-1-5", true},
		{true, "0-1-5", "0-2-4", true},
		{true, "0-1-5", "0-1-6", false},
		{true, "0-1-5,1-1-5", "1-1-1", true},
		{true, "0-1-5,2-1-5", "1-1-1", false},
		{false, "", "", true},
		{false, A ":1-5", A ":1-5", true},
		{false, A ":1-5", A ":2-4", true},
		{false, A ":1-5", A ":5-6", false},
		{false, A ":2-5", A ":1", false},
		{false, A ":1-5:7-9", A ":1:3-5:8", true},
		{false, A ":1-5:7-9", A ":6", false},
		{false, A ":1-5:7-9", A ":4-8", false},
		{false, A ":1-5:7-9", A ":10", false},
		{false, A ":1-5", A ":t:1-5", false},
		{false, A ":1-5," A ":t:1-9", A ":t:9", true},
		{false, A ":1-5," B ":1-5", B ":5", true},
		{false, A ":1-5", B ":5", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct gtid_set *a = parse(rows[i].mariadb, rows[i].a), *b = parse(rows[i].mariadb, rows[i].b);
		if (gtid_set_contains(a, b) != rows[i].contains)
			fail_msg("%s in %s", rows[i].b, rows[i].a);
		gtid_set_free(a);
		gtid_set_free(b);
	}
	struct gtid_set *mysql = parse(false, A ":1"), *mariadb = parse(true, "0-1-5"), *none = parse(true, "");
	assert_false(gtid_set_contains(mysql, mariadb));
	assert_false(gtid_set_contains(mariadb, mysql));
	assert_true(gtid_set_contains(mysql, none));
	gtid_set_free(mysql);
	gtid_set_free(mariadb);
	gtid_set_free(none);
}

#define U64(n)  n, 0, 0, 0, 0, 0, 0, 0
#define A_BYTES 0x0a, 0x0b, 0x0c, 0x0d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x0b, 0x0c
#define B_BYTES 0xf0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1

static void check_encode(const char *text, const uint8_t *bytes, size_t n)
{
	struct gtid_set *s = parse(false, text);
	struct buffer out = {0};
	gtid_set_encode(s, &out);
	assert_int_equal(out.len, n);
	assert_memory_equal(out.data, bytes, n);
	buffer_done(&out);
	gtid_set_free(s);
}

/* The forms are those of Gtid_set::encode of the servers up to 8.2 and from 8.3 on; ends are exclusive. */
static void test_encode(void **state)
{
	static const uint8_t none[] = {U64(0)};
	static const uint8_t plain[] = {U64(2), A_BYTES, U64(2), U64(1), U64(6), U64(7),
					U64(8), B_BYTES, U64(1), U64(3), U64(4)};
	static const uint8_t tagged[] = {1,      2,      0,       0, 0,   0,   0,   1,      A_BYTES, 0,     U64(1),
					 U64(1), U64(6), A_BYTES, 6, 't', 'a', 'g', U64(1), U64(2),  U64(3)};
	(void)state;
	check_encode("", none, sizeof none);
	check_encode(A ":1-5:7," B ":3", plain, sizeof plain);
	check_encode(A ":1-5:tag:2", tagged, sizeof tagged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mariadb_text),
		cmocka_unit_test(test_mysql_text),
		cmocka_unit_test(test_text_has_a_length),
		cmocka_unit_test(test_mysql_add),
		cmocka_unit_test(test_mysql_add_any_order),
		cmocka_unit_test(test_mariadb_add),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_encode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
