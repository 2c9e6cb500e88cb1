/* The generator's writer into the embedded bank: what stands in the bank and its log afterwards. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "generate/generator.h"
#include "generate/writer.h"
#include "source/bank_schema.h"

static char folder[96], path[128];

static const struct person budi = {
	.cif = 17,
	.name = "Budi Santoso",
	.gender = "M",
	.birthdate = "1980-02-03",
	.address = "Jalan Merdeka 17",
	.city = "Bandung",
	.country = "ID",
	.email = "",
	.phone = "+62 812 3456",
	.store_id = "BDG01",
	.registered_at = 1700000000123456,
	.changed_by = "t7",
};

static const char *text(const char *sql)
{
	static struct buffer out;
	struct error err = {0};
	sqlite3 *db = bank_open(path, false, &err);
	sqlite3_stmt *stmt;

	buffer_clear(&out);
	assert_non_null(db);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *cell = (const char *)sqlite3_column_text(stmt, i);

			buffer_format(&out, "%s%s", cell ? cell : ".", i + 1 < sqlite3_column_count(stmt) ? "|" : "\n");
		}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return buffer_text(&out);
}

static struct writer *opened(void)
{
	struct error err = {0};
	char url[140];
	struct writer *w;

	snprintf(url, sizeof url, "bank:%s", path);
	w = writer_bank_ops.open(url, &err);
	if (!w)
		fail_msg("%s", err.message);
	return w;
}

static void put(struct writer *w, enum writer_op op, enum writer_table table, const void *row)
{
	struct error err = {0};

	if (!w->ops->put(w, op, table, row, &err))
		fail_msg("%s", err.message);
}

static void test_rows(void **state)
{
	const struct shop shop = {"BDG01", "Bandung Dago", "Bandung"};
	const struct product product = {3, 17, "savings", "2020-01-02", "active"};
	const struct asset asset = {4, 17, "deposit", "123456.78", "2024-01-02"};
	struct person moved = budi;
	struct error err = {0};
	struct writer *w = opened();

	(void)state;
	assert_string_equal(w->ops->position(w), "0@0");
	assert_true(w->ops->begin(w, 1234567890123456, &err));
	put(w, WRITER_INSERT, WRITER_STORE, &shop);
	put(w, WRITER_INSERT, WRITER_CUSTOMER, &budi);
	put(w, WRITER_INSERT, WRITER_PRODUCT, &product);
	put(w, WRITER_INSERT, WRITER_ASSET, &asset);
	/* Nobody sees a part of it. */
	assert_string_equal(text("SELECT count(*) FROM customer_info"), "0\n");
	assert_true(w->ops->commit(w, &err));
	assert_string_equal(w->ops->position(w), "4@1234567890123456");
	assert_string_equal(text("SELECT * FROM store"), "BDG01|Bandung Dago|Bandung\n");
	/* The wall clock of Jakarta. */
	assert_string_equal(text("SELECT * FROM customer_info"),
			    "17|Budi Santoso|1980-02-03|M|Jalan Merdeka 17|Bandung|ID|.|+62 812 3456|BDG01|2023-11-15 "
			    "05:13:20.123456|t7\n");
	assert_string_equal(text("SELECT * FROM bank_product"), "3|17|savings|2020-01-02|active\n");
	assert_string_equal(text("SELECT *, typeof(assetvalue) FROM customer_asset"),
			    "4|17|deposit|123456.78|2024-01-02|text\n");

	strcpy(moved.city, "Surabaya");
	assert_true(w->ops->begin(w, 1234567890123457, &err));
	put(w, WRITER_UPDATE, WRITER_CUSTOMER, &moved);
	put(w, WRITER_DELETE, WRITER_PRODUCT, &product);
	put(w, WRITER_DELETE, WRITER_ASSET, &asset);
	put(w, WRITER_DELETE, WRITER_STORE, &shop);
	assert_true(w->ops->commit(w, &err));
	assert_string_equal(w->ops->position(w), "8@1234567890123457");
	assert_string_equal(text("SELECT city FROM customer_info"), "Surabaya\n");
	assert_string_equal(text("SELECT txn, at, group_concat(op, '') FROM bank_change GROUP BY txn ORDER BY txn"),
			    "1|1234567890123456|1111\n2|1234567890123457|2333\n");
	assert_string_equal(text("SELECT txn, at FROM bank_txn"), ".|.\n");
	w->ops->close(w);
}

/* Rows and bookkeeping come together or not at all, and the next try starts clean. */
static void test_failure(void **state)
{
	struct error err = {0};
	struct buffer kept = {0};
	struct writer *w = opened();

	(void)state;
	assert_true(w->ops->resume(w, &kept, &err));
	assert_string_equal(buffer_text(&kept), "");
	assert_true(w->ops->begin(w, 1, &err));
	put(w, WRITER_INSERT, WRITER_CUSTOMER, &budi);
	assert_true(w->ops->note(w, "one", &err));
	assert_true(w->ops->commit(w, &err));

	assert_true(w->ops->begin(w, 2, &err));
	assert_true(w->ops->note(w, "two", &err));
	assert_false(w->ops->put(w, WRITER_INSERT, WRITER_CUSTOMER, &budi, &err));
	assert_non_null(strstr(err.message, "customer_info.cif"));
	assert_true(w->ops->resume(w, &kept, &err));
	assert_string_equal(buffer_text(&kept), "one");
	assert_true(w->ops->begin(w, 3, &err));
	assert_true(w->ops->note(w, "three", &err));
	put(w, WRITER_DELETE, WRITER_CUSTOMER, &budi);
	w->ops->close(w);
	assert_string_equal(text("SELECT text FROM bank_note"), "one\n");
	assert_string_equal(text("SELECT count(*), max(at) FROM bank_change"), "1|1\n");

	/* Opened again it stands where it was. */
	w = opened();
	assert_string_equal(w->ops->position(w), "1@1");
	w->ops->close(w);
	buffer_done(&kept);
}

static int make_bank(void **state)
{
	const char *top = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof folder, "%s/bank-XXXXXX", top && strlen(top) < 80 ? top : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/my.bank", folder);
	return 0;
}

static int remove_bank(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, make_bank, remove_bank),
		cmocka_unit_test_setup_teardown(test_failure, make_bank, remove_bank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
