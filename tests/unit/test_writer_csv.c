/* Generated rows as batches: what the drop folder's reader expects, and stamps that only rise. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "generate/generator.h"
#include "generate/writer.h"

/* 2026-01-02T03:04:05.6Z, in Jakarta 10:04:05. */
#define WHEN (INT64_C(1767323045600000))

struct fixture {
	char folder[256], url[300];
	struct writer *writer;
	struct error err;
};

static void open_writer(struct fixture *f)
{
	f->writer = writer_open(f->url, &f->err);
	assert_non_null(f->writer);
}

static void close_writer(struct fixture *f)
{
	if (f->writer)
		f->writer->ops->close(f->writer);
	f->writer = NULL;
}

static int set_up(void **state)
{
	struct fixture *f = memory_zero(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");

	snprintf(f->folder, sizeof(f->folder), "%s/test_writer_csv.XXXXXX", tmp ? tmp : "/tmp");
	*state = f;
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->url, sizeof(f->url), "csv:%s", f->folder);
	open_writer(f);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	pid_t child;

	close_writer(f);
	child = fork();
	if (child == 0) {
		execlp("rm", "rm", "-rf", f->folder, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	free(f);
	return 0;
}

static char *content(const struct fixture *f, const char *name)
{
	char *path = memory_format("%s/%s", f->folder, name), block[4096];
	struct buffer out = {0};
	FILE *file = fopen(path, "r");
	size_t n;

	if (!file)
		print_error("%s is not there\n", path);
	assert_non_null(file);
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		buffer_add(&out, block, n);
	fclose(file);
	free(path);
	return buffer_take(&out);
}

static void expect_content(const struct fixture *f, const char *name, const char *wanted)
{
	char *got = content(f, name);

	assert_string_equal(got, wanted);
	free(got);
}

/* Files in the folder; hidden: those whose names begin with a dot. */
static int count_files(const struct fixture *f, bool hidden)
{
	DIR *dir = opendir(f->folder);
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(dir)))
		n += entry->d_type == DT_REG && (entry->d_name[0] == '.') == hidden;
	closedir(dir);
	return n;
}

static void begin(struct fixture *f)
{
	assert_true(f->writer->ops->begin(f->writer, WHEN, &f->err));
}

static void put(struct fixture *f, enum writer_table table, const void *row)
{
	assert_true(f->writer->ops->put(f->writer, WRITER_INSERT, table, row, &f->err));
}

static void commit(struct fixture *f)
{
	assert_true(f->writer->ops->commit(f->writer, &f->err));
}

static void put_shop(struct fixture *f)
{
	put(f, WRITER_STORE, &(struct shop){"S01", "High Street", "Bristol"});
}

static void test_files(void **state)
{
	struct fixture *f = *state;
	struct person person = {
		.cif = 7,
		.name = "Anna \"B\"",
		.gender = "F",
		.birthdate = "1990-01-02",
		.address = "1 High Street, Flat 2",
		.city = "Bristol",
		.country = "GB",
		.store_id = "S01",
		.registered_at = WHEN,
	};
	struct product product = {11, 7, "SAVINGS", "2026-01-02", "ACTIVE"};
	struct asset asset = {12, 7, "GOLD", "1234.50", "2026-01-02"};

	begin(f);
	put_shop(f);
	put(f, WRITER_CUSTOMER, &person);
	put(f, WRITER_PRODUCT, &product);
	put(f, WRITER_ASSET, &asset);
	/* Nothing of it is seen before it is whole. */
	assert_int_equal(count_files(f, false), 0);
	commit(f);
	assert_int_equal(count_files(f, false), 4);
	assert_int_equal(count_files(f, true), 0);
	expect_content(f, "store_20260102100405.csv", "store_id,name,city\nS01,High Street,Bristol\n");
	expect_content(f, "customer_info_20260102100405.csv",
	               "cif,name,birthdate,gender,address,city,country,email,phone,store_id,registered_at,changed_by\n"
	               "7,\"Anna \"\"B\"\"\",1990-01-02,F,\"1 High Street, Flat 2\",Bristol,GB,,,S01,"
	               "2026-01-02 10:04:05.600000,\n");
	expect_content(f, "bank_product_20260102100405.csv",
	               "productid,cif,producttype,opendate,status\n11,7,SAVINGS,2026-01-02,ACTIVE\n");
	expect_content(f, "customer_asset_20260102100405.csv",
	               "assetid,cif,assettype,assetvalue,valuation_date\n12,7,GOLD,1234.50,2026-01-02\n");
	assert_string_equal(f->writer->ops->position(f->writer),
	                    "bank_product=20260102100405,customer_asset=20260102100405,customer_info=20260102100405,"
	                    "store=20260102100405");
}

static void test_stamps_rise(void **state)
{
	struct fixture *f = *state;
	char *done = memory_format("%s/done", f->folder), *from, *to;

	for (int i = 0; i < 3; i++) {
		begin(f); /* always the same time */
		put_shop(f);
		commit(f);
	}
	assert_int_equal(count_files(f, false), 3);
	free(content(f, "store_20260102100407.csv"));
	/* Another run goes on after the last, wherever that is by now. */
	close_writer(f);
	assert_int_equal(mkdir(done, 0700), 0);
	from = memory_format("%s/store_20260102100407.csv", f->folder);
	to = memory_format("%s/store_20260102100407.csv.again.2", done);
	assert_int_equal(rename(from, to), 0);
	open_writer(f);
	begin(f);
	put_shop(f);
	commit(f);
	free(content(f, "store_20260102100408.csv"));
	free(done);
	free(from);
	free(to);
}

static void test_a_broken_transaction_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	begin(f);
	put_shop(f);
	assert_int_equal(count_files(f, true), 1);
	begin(f);
	assert_int_equal(count_files(f, true), 0);
	put_shop(f);
	close_writer(f);
	assert_int_equal(count_files(f, true), 0);
	assert_int_equal(count_files(f, false), 0);
}

static void test_bookkeeping(void **state)
{
	struct fixture *f = *state;
	struct buffer kept = {0};

	assert_true(f->writer->ops->resume(f->writer, &kept, &f->err));
	assert_int_equal(kept.len, 0);
	begin(f);
	assert_true(f->writer->ops->note(f->writer, "one", &f->err));
	commit(f);
	begin(f);
	assert_true(f->writer->ops->note(f->writer, "two", &f->err));
	close_writer(f); /* never committed */
	open_writer(f);
	assert_true(f->writer->ops->resume(f->writer, &kept, &f->err));
	assert_string_equal(buffer_text(&kept), "one");
	/* The reader of the folder does not see it. */
	assert_int_equal(count_files(f, false), 0);
	buffer_done(&kept);
}

static void test_rows_cannot_be_deleted(void **state)
{
	struct fixture *f = *state;

	assert_false(f->writer->ops->deletes);
	begin(f);
	assert_false(f->writer->ops->put(f->writer, WRITER_DELETE, WRITER_STORE, &(struct shop){"S01", "", ""}, &f->err));
	assert_int_equal(f->err.code, ERROR_USAGE);
}

static void test_opening(void **state)
{
	struct fixture *f = *state;

	assert_null(writer_open("csv:", &f->err));
	assert_int_equal(f->err.code, ERROR_USAGE);
	assert_null(writer_open("csv:/none/of/this/is/there", &f->err));
	assert_int_equal(f->err.code, ERROR_UNREACHABLE);
	assert_null(writer_open("mysql://u:hunter2@h/db", &f->err));
	assert_int_equal(f->err.code, ERROR_USAGE);
	assert_null(strstr(f->err.message, "hunter2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stamps_rise, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_broken_transaction_leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bookkeeping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rows_cannot_be_deleted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_opening, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
