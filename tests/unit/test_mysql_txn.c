/* A source transaction while its outcome is open: order, savepoints, spilling, and prepared ones over a restart. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "source/mysql/txn.h"
#include "source/mysql/xa.h"

static const char *folder(void)
{
	const char *f = getenv("TMPDIR");
	return f ? f : "/tmp";
}

/* "m" a map, "r1" a row of table 1, "t1" its truncation; '*' behind: of a table without transactions. */
static void add(struct txn *t, const char *words)
{
	struct error err = {0};
	char copy[256], *save = NULL;

	snprintf(copy, sizeof copy, "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		enum txn_record_kind kind = *w == 'm' ? TXN_MAP : *w == 't' ? TXN_TRUNCATE : *w == 'c' ? TXN_CATALOGUE : TXN_ROWS;
		bool lasting = strchr(w, '*') != NULL;
		struct txn_record r = {kind, w[1] ? w[1] - '0' : 0, (uint8_t)*w, (const uint8_t *)w, strlen(w)};
		assert_true(txn_add(t, &r, lasting, &err));
	}
}

static void holds(struct txn *t, const char *words)
{
	struct buffer got = {0};
	struct error err = {0};
	struct txn_record r;
	int n;

	txn_rewind(t);
	while ((n = txn_next(t, &r, &err)) == 1) {
		buffer_text_add(&got, got.len ? " " : "");
		buffer_add(&got, r.bytes, r.n);
		assert_int_equal(r.type, r.bytes[0]);
	}
	assert_int_equal(n, 0);
	assert_string_equal(buffer_text(&got), words);
	buffer_done(&got);
}

static void test_order(void **state)
{
	struct txn t;
	(void)state;
	txn_init(&t, folder());
	assert_true(txn_is_empty(&t));
	add(&t, "m1");
	assert_true(txn_is_empty(&t));
	add(&t, "r1 m2 r2 r1");
	assert_false(txn_is_empty(&t));
	holds(&t, "m1 r1 m2 r2 r1");
	holds(&t, "m1 r1 m2 r2 r1");
	txn_clear(&t);
	assert_true(txn_is_empty(&t));
	holds(&t, "");
	txn_done(&t);
}

static void test_savepoints(void **state)
{
	struct error err = {0};
	struct txn t;
	(void)state;
	txn_init(&t, folder());
	add(&t, "m1 r1");
	txn_mark(&t, "a");
	add(&t, "r2 m3 r3*");
	txn_mark(&t, "b");
	add(&t, "r4");
	assert_true(txn_back_to(&t, "b", &err));
	holds(&t, "m1 r1 r2 m3 r3*");
	/* A savepoint outlives a rollback to it. */
	add(&t, "r5");
	assert_true(txn_back_to(&t, "b", &err));
	holds(&t, "m1 r1 r2 m3 r3*");
	/* What a table without transactions was told stays, and the map it needs. */
	assert_true(txn_back_to(&t, "a", &err));
	holds(&t, "m1 r1 m3 r3*");
	/* b went with it. */
	assert_false(txn_back_to(&t, "b", &err));
	assert_int_equal(err.code, ERROR_REFUSED);
	add(&t, "r6");
	assert_true(txn_back_all(&t, &err));
	holds(&t, "m1 m3 r3*");
	assert_false(txn_is_empty(&t));
	txn_done(&t);
}

static void test_savepoint_moves(void **state)
{
	struct error err = {0};
	struct txn t;
	(void)state;
	txn_init(&t, folder());
	txn_mark(&t, "a");
	add(&t, "m1 r1");
	txn_mark(&t, "a");
	add(&t, "r2");
	assert_true(txn_back_to(&t, "a", &err));
	holds(&t, "m1 r1");
	txn_release(&t, "a");
	assert_false(txn_back_to(&t, "a", &err));
	txn_done(&t);
}

static void big(struct txn *t, size_t n, char fill)
{
	struct error err = {0};
	char *bytes = memory_alloc(n);

	memset(bytes, fill, n);
	struct txn_record r = {TXN_ROWS, 1, (uint8_t)fill, (const uint8_t *)bytes, n};
	assert_true(txn_add(t, &r, false, &err));
	free(bytes);
}

/* Records of a third of what fits: the fourth and those after it stand in the file. */
static void test_spill(void **state)
{
	const size_t n = TXN_MEMORY / 3 - 100;
	struct error err = {0};
	struct txn_record r;
	struct txn t;
	(void)state;
	txn_init(&t, folder());
	for (int i = 0; i < 10; i++)
		big(&t, n + (size_t)i, (char)('a' + i));
	assert_true(t.file >= 0);
	assert_true(t.memory.len <= TXN_MEMORY);
	for (int round = 0; round < 2; round++) {
		txn_rewind(&t);
		for (int i = 0; i < 10; i++) {
			assert_int_equal(txn_next(&t, &r, &err), 1);
			assert_int_equal(r.n, n + (size_t)i);
			assert_int_equal(r.type, 'a' + i);
			assert_int_equal(r.bytes[0], 'a' + i);
			assert_int_equal(r.bytes[r.n - 1], 'a' + i);
		}
		assert_int_equal(txn_next(&t, &r, &err), 0);
	}
	txn_clear(&t);
	assert_int_equal(t.file, -1);
	add(&t, "m1 r1");
	holds(&t, "m1 r1");
	txn_done(&t);
}

static void test_spill_and_back(void **state)
{
	struct error err = {0};
	struct txn t;
	(void)state;
	txn_init(&t, folder());
	add(&t, "m1 r1");
	txn_mark(&t, "a");
	for (int i = 0; i < 5; i++)
		big(&t, TXN_MEMORY / 2, 'x');
	add(&t, "r2*");
	txn_mark(&t, "b");
	add(&t, "r3");
	assert_true(txn_back_to(&t, "b", &err));
	assert_true(txn_back_to(&t, "a", &err));
	holds(&t, "m1 r1 r2*");
	add(&t, "r4");
	holds(&t, "m1 r1 r2* r4");
	txn_done(&t);
}

/* One event larger than all the memory there is for a transaction. */
static void test_one_large(void **state)
{
	struct error err = {0};
	struct txn_record r;
	struct txn t;
	(void)state;
	txn_init(&t, folder());
	big(&t, 3 * TXN_MEMORY, 'z');
	add(&t, "r1");
	txn_rewind(&t);
	assert_int_equal(txn_next(&t, &r, &err), 1);
	assert_int_equal(r.n, 3 * TXN_MEMORY);
	assert_int_equal(r.bytes[r.n - 1], 'z');
	assert_int_equal(txn_next(&t, &r, &err), 1);
	assert_memory_equal(r.bytes, "r1", 2);
	txn_done(&t);
}

static void test_no_room(void **state)
{
	struct error err = {0};
	struct txn t;
	(void)state;
	txn_init(&t, "/nowhere/at/all");
	char *bytes = memory_zero(1, TXN_MEMORY + 1);
	struct txn_record r = {TXN_ROWS, 0, 0, (const uint8_t *)bytes, TXN_MEMORY + 1};
	assert_false(txn_add(&t, &r, false, &err));
	assert_int_equal(err.code, ERROR_REPLICA);
	free(bytes);
	txn_done(&t);
}

/* ---- prepared transactions ---- */

static struct xa_name named(const char *identity, const char *xid)
{
	return (struct xa_name){folder(), identity, (const uint8_t *)xid, 1, (uint8_t)strlen(xid), 0};
}

static void test_prepared(void **state)
{
	struct error err = {0};
	struct binlog_format f = {.mariadb = true}, g = {0};
	struct xa_name x = named("server a", "one"), other = named("server b", "one");
	struct buffer place = {0};
	struct txn t, u;
	(void)state;
	f.post[BINLOG_TABLE_MAP] = 8;
	txn_init(&t, folder());
	txn_init(&u, folder());
	add(&t, "m1 r1 m2 r2");
	assert_true(xa_save(&x, "binlog.000001:4711", &f, &t, &err));
	assert_int_equal(xa_load(&other, &place, &g, &u, &err), 0);
	assert_int_equal(xa_load(&x, &place, &g, &u, &err), 1);
	holds(&u, "m1 r1 m2 r2");
	assert_int_equal(g.post[BINLOG_TABLE_MAP], 8);
	assert_true(g.mariadb);
	assert_string_equal(buffer_text(&place), "binlog.000001:4711");
	/* Prepared again, it replaces itself. */
	txn_clear(&t);
	add(&t, "m1");
	assert_true(xa_save(&x, "binlog.000001:4711", &f, &t, &err));
	assert_int_equal(xa_load(&x, &place, &g, &u, &err), 1);
	holds(&u, "m1");
	char *path = xa_path(&x);
	xa_forget(path);
	free(path);
	assert_int_equal(xa_load(&x, &place, &g, &u, &err), 0);
	holds(&u, "");
	buffer_done(&place);
	txn_done(&t);
	txn_done(&u);
}

/* A file that is cut short or altered anywhere counts for nothing: its transaction is not known. */
static void test_damaged(void **state)
{
	struct error err = {0};
	struct binlog_format f = {0};
	struct xa_name x = named("server a", "two");
	char *path = xa_path(&x), whole[4096];
	struct buffer place = {0};
	struct txn t;
	(void)state;
	txn_init(&t, folder());
	add(&t, "m1 r1");
	assert_true(xa_save(&x, "binlog.000001:4711", &f, &t, &err));
	FILE *file = fopen(path, "rb");
	size_t n = fread(whole, 1, sizeof whole, file);
	fclose(file);
	for (size_t i = 0; i < n; i++) {
		file = fopen(path, "wb");
		whole[i] ^= 0x40;
		fwrite(whole, 1, n, file);
		whole[i] ^= 0x40;
		fclose(file);
		if (xa_load(&x, &place, &f, &t, &err) != 0)
			fail_msg("a flip in byte %zu passes", i);
		file = fopen(path, "wb");
		fwrite(whole, 1, i, file);
		fclose(file);
		if (xa_load(&x, &place, &f, &t, &err) != 0)
			fail_msg("cut off at byte %zu it passes", i);
	}
	xa_forget(path);
	free(path);
	buffer_done(&place);
	txn_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	    cmocka_unit_test(test_savepoints), cmocka_unit_test(test_savepoint_moves),
		cmocka_unit_test(test_spill),	    cmocka_unit_test(test_spill_and_back), cmocka_unit_test(test_one_large),
		cmocka_unit_test(test_no_room),	    cmocka_unit_test(test_prepared),	  cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
