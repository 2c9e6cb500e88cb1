/* Events are built by hand, byte for byte as the servers write them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "binlog/query.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena arena;
static struct binlog_format format;
static struct error err;

/* The body of a QUERY event: post-header, status variables, database and NUL, text. */
static void body(struct buffer *out, const void *status, size_t status_len, const char *schema, const void *text, size_t n)
{
	const char post[] = {1, 2, 0, 0, 9, 0, 0, 0, (char)strlen(schema), 0x2a, 0x05, (char)(status_len & 0xff),
			     (char)(status_len >> 8)};
	buffer_clear(out);
	buffer_add(out, post, sizeof post);
	buffer_add(out, status, status_len);
	buffer_add(out, schema, strlen(schema) + 1);
	buffer_add(out, text, n);
}

static bool read_event(const struct buffer *b, uint8_t type, struct binlog_query *q)
{
	struct binlog_event e = {.type = type, .body = (const uint8_t *)b->data, .size = b->len};
	error_clear(&err);
	return binlog_query_read(&e, &format, &arena, q, &err);
}

static void assert_text(const struct binlog_query *q, const char *text)
{
	assert_int_equal(q->text_len, strlen(text));
	assert_memory_equal(q->text, text, q->text_len);
}

static void test_plain(void **state)
{
	struct buffer b = {0};
	struct binlog_query q;
	(void)state;
	body(&b, "", 0, "bank", "TRUNCATE t", 10);
	assert_true(read_event(&b, BINLOG_QUERY, &q));
	assert_string_equal(q.schema, "bank");
	assert_text(&q, "TRUNCATE t");
	assert_int_equal(q.error_code, 0x052a);
	assert_true(q.sql_mode == 0 && !q.ansi_quotes && q.collation == 0 && q.microseconds == 0);
	body(&b, "", 0, "", "", 0);
	assert_true(read_event(&b, BINLOG_QUERY, &q));
	assert_string_equal(q.schema, "");
	assert_int_equal(q.text_len, 0);
	buffer_done(&b);
}

#define FLAGS2 "\x00\x00\x40\x00\x00"
#define SQL_MODE "\x01\x04\x00\x10\x00\x01\x00\x00\x00"
#define CHARSET "\x04\x2d\x01\x21\x00\x08\x00"
#define STATUS(text) text, sizeof(text) - 1

/* Each variable alone, in front of the character set, which is found behind it. */
static void test_each_variable_has_its_length(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} variables[] = {
		{STATUS(FLAGS2)},
		{STATUS(SQL_MODE)},
		{STATUS("\x02\x03std\x00")},                 /* catalog, of 5.0.0 to 5.0.3 */
		{STATUS("\x03\x01\x00\x02\x00")},            /* auto_increment */
		{STATUS("\x05\x06SYSTEM")},                  /* time_zone */
		{STATUS("\x05\x00")},
		{STATUS("\x06\x03std")},                     /* catalog */
		{STATUS("\x07\x04\x01")},                    /* lc_time_names */
		{STATUS("\x08\x04\x04")},                    /* charset_database */
		{STATUS("\x09\x04\x04\x04\x04\x04\x04\x04\x04")},
		{STATUS("\x0a\x04\x04\x04\x04")},
		{STATUS("\x0b\x02me\x01h")},                 /* invoker */
		{STATUS("\x0b\x00\x00")},
		{STATUS("\x0c\x02" "one\x00" "two\x00")},    /* updated_db_names */
		{STATUS("\x0c\x10" "1\0" "2\0" "3\0" "4\0" "5\0" "6\0" "7\0" "8\0" "9\0" "a\0" "b\0" "c\0" "d\0" "e\0" "f\0" "g\0")},
		{STATUS("\x0c\xfe")},                        /* too many of them to list */
		{STATUS("\x0d\x01\x02\x03")},                /* microseconds */
		{STATUS("\x10\x04")},                        /* explicit_defaults */
		{STATUS("\x11\x04\x04\x04\x04\x04\x04\x04\x04")},
		{STATUS("\x12\xff\x00")},                    /* default collation */
		{STATUS("\x13\x04")},
		{STATUS("\x14\x04")},
		{STATUS("\x15\x04")},
		{STATUS("\x80\x04\x04\x04")},                /* HRNOW */
		{STATUS("\x81\x04\x04\x04\x04\x04\x04\x04\x04")},
		{STATUS("\x82\x01")},                        /* GTID_FLAGS3: START ALTER */
		{STATUS("\x82\x04\x04\x04\x04\x04\x04\x04\x04\x04")}, /* COMMIT ALTER, of number */
		{STATUS("\x82\x08\x04\x04\x04\x04\x04\x04\x04\x04")},
		{STATUS("\x83\x00")},                        /* CHARACTER_SET_COLLATIONS: MariaDB writes it in front */
		{STATUS("\x83\x02\x04\x04\x04\x04\x04\x04\x04\x04")},
	};
	struct buffer status = {0}, b = {0};
	struct binlog_query q;
	(void)state;
	for (size_t i = 0; i < COUNT(variables); i++) {
		buffer_clear(&status);
		buffer_add(&status, variables[i].bytes, variables[i].n);
		buffer_add(&status, STATUS(CHARSET));
		body(&b, status.data, status.len, "bank", "COMMIT", 6);
		if (!read_event(&b, BINLOG_QUERY, &q) || q.collation != 0x012d)
			fail_msg("variable %u: collation %u %s", (unsigned char)variables[i].bytes[0], q.collation, err.message);
		assert_text(&q, "COMMIT");
		/* cut short by any number of bytes it does not fit the block's length */
		for (size_t n = 1; n < variables[i].n; n++) {
			body(&b, variables[i].bytes, n, "bank", "COMMIT", 6);
			if (read_event(&b, BINLOG_QUERY, &q))
				fail_msg("variable %u, of %zu bytes", (unsigned char)variables[i].bytes[0], n);
		}
	}
	buffer_done(&status);
	buffer_done(&b);
}

static void test_what_is_kept(void **state)
{
	struct buffer b = {0};
	struct binlog_query q;
	(void)state;
	body(&b, STATUS(FLAGS2 SQL_MODE "\x06\x03std" CHARSET "\x80\x3f\x42\x0f"), "bank", "COMMIT", 6);
	assert_true(read_event(&b, BINLOG_QUERY, &q));
	assert_true(q.sql_mode == UINT64_C(0x0000000100100004));
	assert_true(q.ansi_quotes);
	assert_int_equal(q.collation, 0x012d);
	assert_int_equal(q.microseconds, 999999);
	body(&b, STATUS("\x01\x00\x00\x10\x00\x00\x00\x00\x00\x0d\x05\x00\x00"), "bank", "COMMIT", 6);
	assert_true(read_event(&b, BINLOG_QUERY, &q));
	assert_false(q.ansi_quotes);
	assert_int_equal(q.microseconds, 5);
	buffer_done(&b);
}

/* Nothing behind a variable of the future can be understood; the block's length still tells where the text is. */
static void test_unknown_variable(void **state)
{
	struct buffer b = {0};
	struct binlog_query q;
	(void)state;
	body(&b, STATUS(SQL_MODE "\x16\xff\xff\xff" CHARSET), "bank", "COMMIT", 6);
	assert_true(read_event(&b, BINLOG_QUERY, &q));
	assert_true(q.ansi_quotes);
	assert_int_equal(q.collation, 0);
	assert_text(&q, "COMMIT");
	body(&b, STATUS("\xff"), "bank", "COMMIT", 6);
	assert_true(read_event(&b, BINLOG_QUERY, &q));
	assert_text(&q, "COMMIT");
	buffer_done(&b);
}

static void test_longer_post_header(void **state)
{
	struct buffer b = {0}, longer = {0};
	struct binlog_query q;
	(void)state;
	body(&b, STATUS(CHARSET), "bank", "COMMIT", 6);
	buffer_add(&longer, b.data, 13);
	buffer_add(&longer, "\xff\xff", 2);
	buffer_add(&longer, b.data + 13, b.len - 13);
	format.post[BINLOG_QUERY] = 15;
	assert_true(read_event(&longer, BINLOG_QUERY, &q));
	assert_text(&q, "COMMIT");
	assert_int_equal(q.collation, 0x012d);
	format.post[BINLOG_QUERY] = 11;
	assert_false(read_event(&b, BINLOG_QUERY, &q));
	assert_string_equal(err.message, "could not read QUERY event: its format is older than MySQL 5.0");
	format.post[BINLOG_QUERY] = 13;
	assert_true(read_event(&b, BINLOG_QUERY, &q));
	format.post[BINLOG_QUERY] = 0;
	buffer_done(&b);
	buffer_done(&longer);
}

static void test_damaged(void **state)
{
	struct buffer b = {0};
	struct binlog_query q;
	(void)state;
	body(&b, STATUS(CHARSET), "bank", "", 0);
	for (size_t n = 0; n < b.len; n++) {
		struct buffer cut = {.data = b.data, .len = n};
		assert_false(read_event(&cut, BINLOG_QUERY, &q));
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_string_equal(err.message, "could not read QUERY event: it is cut off");
	}
	b.data[b.len - 1] = 'x'; /* the NUL behind the name */
	assert_false(read_event(&b, BINLOG_QUERY, &q));
	b.data[b.len - 1] = '\0';
	b.data[b.len - 3] = '\0'; /* one inside it */
	assert_false(read_event(&b, BINLOG_QUERY, &q));
	assert_string_equal(err.message, "could not read QUERY event: the name of its database does not end where it should");
	body(&b, STATUS("\x04\x2d"), "bank", "COMMIT", 6);
	assert_false(read_event(&b, BINLOG_QUERY, &q));
	assert_string_equal(err.message, "could not read QUERY event: its status variables do not fit their length");
	buffer_done(&b);
}

static void test_compressed(void **state)
{
	static const char text[] = "ALTER TABLE t COMMENT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'";
	uint8_t packed[256] = {0x81, sizeof text - 1}; /* zlib, one byte of length */
	uLongf n = sizeof packed - 2;
	struct buffer b = {0};
	struct binlog_query q;
	(void)state;
	assert_int_equal(compress(packed + 2, &n, (const Bytef *)text, sizeof text - 1), Z_OK);
	body(&b, STATUS(CHARSET), "bank", packed, n + 2);
	assert_true(read_event(&b, BINLOG_QUERY_COMPRESSED, &q));
	assert_text(&q, text);
	assert_string_equal(q.schema, "bank");
	assert_int_equal(q.collation, 0x012d);
	body(&b, STATUS(CHARSET), "bank", packed, n);
	assert_false(read_event(&b, BINLOG_QUERY_COMPRESSED, &q));
	assert_int_not_equal(err.code, ERROR_NONE);
	struct buffer cut = {.data = b.data, .len = 5};
	assert_false(read_event(&cut, BINLOG_QUERY_COMPRESSED, &q));
	assert_string_equal(err.message, "could not read QUERY_COMPRESSED event: it is cut off");
	buffer_done(&b);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_each_variable_has_its_length),
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_unknown_variable),
		cmocka_unit_test(test_longer_post_header),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_compressed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
