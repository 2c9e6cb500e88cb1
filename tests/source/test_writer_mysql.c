/* The generator's writer into a real server: what stands there afterwards, and in its log. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "generate/fill.h"
#include "generate/generator.h"
#include "generate/writer.h"
#include "mysql_server.h"
#include "writing.h"

static struct server *server;

/* ---- helpers ---- */

static int start(void **state)
{
	static const char *const options[] = {"--log-bin=binlog", "--binlog-format=ROW", "--server-id=7", NULL};

	(void)state;
	setenv("HOME", "/nonexistent", 1);
	server = server_start(&(struct server_setup){.options = options});
	if (server)
		server_sql(server, "CREATE USER teller@localhost");
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end(server);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	if (server)
		server_sql(
			server,
			"DROP DATABASE IF EXISTS bank; CREATE DATABASE bank; GRANT ALL ON bank.* TO teller@localhost");
	clock_freeze(WRITING_NOW);
	return 0;
}

static struct writer *opened(void)
{
	return writing_opened(server_url(server, "root", "bank"));
}

/* ---- tests ---- */

static void test_rows(void **state)
{
	const struct shop shop = {"BDG01", "Bandung Dago", "Bandung"};
	const struct product product = {3, 17, "savings", "2020-01-02", "active"};
	const struct asset asset = {4, 17, "deposit", "123456.78", "2024-01-02"};
	struct person moved = writing_budi;
	struct error err = {0};
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	w = opened();
	assert_true(w->ops->begin(w, 1234567890123456, &err));
	writing_put(w, WRITER_INSERT, WRITER_STORE, &shop);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	writing_put(w, WRITER_INSERT, WRITER_PRODUCT, &product);
	writing_put(w, WRITER_INSERT, WRITER_ASSET, &asset);
	/* Nobody sees a part of it. */
	assert_string_equal(server_rows(server, "SELECT COUNT(*) FROM bank.customer_info"), "0\n");
	assert_true(w->ops->commit(w, &err));
	assert_string_equal(server_rows(server, "SELECT * FROM bank.store"), "BDG01|Bandung Dago|Bandung\n");
	/* The wall clock of Jakarta. */
	assert_string_equal(
		server_rows(server, "SELECT * FROM bank.customer_info"),
		"17|Budi O'Santoso \\ \xe5\x8f\xb7|1980-02-03|M|Jalan Merdeka 17|Bandung|ID|NULL|+62 812 3456|"
		"BDG01|2023-11-15 05:13:20.123456|t7\n");
	assert_string_equal(server_rows(server, "SELECT * FROM bank.bank_product"), "3|17|savings|2020-01-02|active\n");
	assert_string_equal(server_rows(server, "SELECT * FROM bank.customer_asset"),
			    "4|17|deposit|123456.78|2024-01-02\n");

	strcpy(moved.city, "Surabaya");
	assert_true(w->ops->begin(w, 1, &err));
	writing_put(w, WRITER_UPDATE, WRITER_CUSTOMER, &moved);
	writing_put(w, WRITER_DELETE, WRITER_PRODUCT, &product);
	writing_put(w, WRITER_DELETE, WRITER_STORE, &shop);
	assert_true(w->ops->commit(w, &err));
	assert_string_equal(server_rows(server, "SELECT city FROM bank.customer_info"), "Surabaya\n");
	assert_string_equal(server_rows(server, "SELECT (SELECT COUNT(*) FROM bank.bank_product), (SELECT COUNT(*) FROM"
						" bank.customer_asset), (SELECT COUNT(*) FROM bank.store)"),
			    "0|1|0\n");
	w->ops->close(w);
}

/* What waits keeps its place before what changes it. */
static void test_order(void **state)
{
	struct person second = writing_budi, moved = writing_budi;
	struct error err = {0};
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	second.cif = 18;
	strcpy(moved.city, "Medan");
	w = opened();
	assert_true(w->ops->begin(w, 1, &err));
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	writing_put(w, WRITER_UPDATE, WRITER_CUSTOMER, &moved);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &second);
	writing_put(w, WRITER_DELETE, WRITER_CUSTOMER, &second);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &second);
	assert_true(w->ops->commit(w, &err));
	assert_string_equal(server_rows(server, "SELECT cif, city FROM bank.customer_info ORDER BY cif"),
			    "17|Medan\n18|Bandung\n");
	w->ops->close(w);
}

/* Rows and bookkeeping come together or not at all, and the next try starts clean. */
static void test_failure(void **state)
{
	struct error err = {0};
	struct buffer kept = {0};
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	w = opened();
	assert_true(w->ops->resume(w, &kept, &err));
	assert_string_equal(buffer_text(&kept), "");
	assert_true(w->ops->begin(w, 1, &err));
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	assert_true(w->ops->note(w, "one", &err));
	assert_true(w->ops->commit(w, &err));

	assert_true(w->ops->begin(w, 2, &err));
	assert_true(w->ops->note(w, "two", &err));
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	assert_false(w->ops->commit(w, &err));
	assert_non_null(strstr(err.message, "(1062)"));
	assert_null(strstr(err.message, "17"));
	assert_non_null(strstr(err.hint, "rows of another origin"));
	assert_true(w->ops->resume(w, &kept, &err));
	assert_string_equal(buffer_text(&kept), "one");
	/* Neither the half nor what waited comes along with the next. */
	assert_true(w->ops->begin(w, 3, &err));
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	assert_true(w->ops->begin(w, 3, &err));
	assert_true(w->ops->note(w, "three", &err));
	assert_true(w->ops->commit(w, &err));
	assert_string_equal(server_rows(server, "SELECT text FROM bank.tellerdesk_note"), "three\n");
	assert_string_equal(server_rows(server, "SELECT COUNT(*) FROM bank.customer_info"), "1\n");

	assert_true(w->ops->begin(w, 4, &err));
	assert_true(w->ops->note(w, "four", &err));
	writing_put(w, WRITER_DELETE, WRITER_CUSTOMER, &writing_budi);
	w->ops->close(w);
	server_await(server, "SELECT text FROM bank.tellerdesk_note", "three\n", 10);
	assert_string_equal(server_rows(server, "SELECT COUNT(*) FROM bank.customer_info"), "1\n");
	buffer_done(&kept);
}

/* The same seed, batches and events give the same rows as in the embedded bank. */
static void test_same_as_bank(void **state)
{
	static const char *const tables[] = {"store", "customer_info", "bank_product", "customer_asset"};
	char *path, *url;
	struct fill f;

	(void)state;
	if (!server)
		skip();
	path = memory_format("%s/a.bank", server_folder(server));
	url = memory_format("bank:%s", path);
	writing_begun(&f, url, 7);
	writing_customers(&f, 3000, 700);
	writing_events(&f, 2000);
	fill_close(&f);
	writing_begun(&f, server_url(server, "root", "bank"), 7);
	writing_customers(&f, 3000, 3000);
	writing_events(&f, 2000);
	fill_close(&f);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char *there = memory_format("SELECT * FROM bank.%s ORDER BY 1", tables[i]);

		writing_same_as_bank(path, tables[i], server_rows(server, there));
		free(there);
	}
	/* Events brought deletes and updates. */
	assert_string_equal(
		server_rows(server,
			    "SELECT COUNT(*) BETWEEN 2000 AND 3400 AND MAX(cif) > 10003000 FROM bank.customer_info"),
		"1\n");
	free(url);
	free(path);
}

static void test_killed(void **state)
{
	struct fill_params params = {.seed = 7, .seed_given = true, .stop = {-1, -1}};
	struct error err = {0};
	struct fill f;
	pid_t child;
	int64_t made;
	char *expected;

	(void)state;
	if (!server)
		skip();
	params.url = server_url(server, "root", "bank");
	child = fork();
	if (child == 0) {
		const struct fill_load load = {.customers = 1000000, .batch = 50, .days = 90};

		/* Whatever goes wrong here, the parent waits for rows in vain. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(fill_open(&f, &params, &err) && fill_customers(&f, &load, &err));
	}
	server_await(server, "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'tellerdesk_note'",
		     "1\n", 30);
	server_await(server, "SELECT COUNT(*) > 500 FROM bank.customer_info", "1\n", 30);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	writing_begun(&f, server_url(server, "root", "bank"), 7);
	assert_true(f.resumed);
	made = generator_count(f.generator);
	assert_true(made > 500 && made % 50 == 0);
	writing_customers(&f, 130, 100);
	fill_close(&f);
	expected = memory_format("%lld|%lld|%lld|%lld|24\n", (long long)made + 130, (long long)made + 10000130,
				 (long long)made + 130, (long long)made + 130);
	assert_string_equal(server_rows(server,
					"SELECT COUNT(*), MAX(cif), (SELECT COUNT(*) FROM bank.bank_product),"
					"(SELECT COUNT(*) FROM bank.customer_asset), (SELECT COUNT(*) FROM bank.store)"
					" FROM bank.customer_info"),
			    expected);
	free(expected);
}

static void test_position(void **state)
{
	struct error err = {0};
	struct writer *w;
	char *log, *status;
	char said[512] = "";
	FILE *f;

	(void)state;
	if (!server)
		skip();
	w = opened();
	assert_true(w->ops->begin(w, 1, &err));
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	assert_true(w->ops->commit(w, &err));
	status = memory_text(server_rows(server, "SHOW MASTER STATUS"));
	*strchr(status, '|') = ':';
	*strchr(status, '|') = 0;
	assert_string_equal(w->ops->position(w), status);
	free(status);
	/* It is that of what was committed, not of now. */
	status = memory_text(w->ops->position(w));
	server_sql(server, "CREATE TABLE bank.other (a INT)");
	assert_string_equal(w->ops->position(w), status);
	free(status);
	w->ops->close(w);

	/* Who may not ask is told once, and goes on. */
	log = memory_format("%s/log.txt", server_folder(server));
	assert_true(log_open(log, LOG_NOTE));
	w = writer_open(server_url(server, "teller", "bank"), &err);
	assert_non_null(w);
	assert_string_equal(w->ops->position(w), "");
	assert_true(w->ops->begin(w, 1, &err));
	writing_put(w, WRITER_DELETE, WRITER_CUSTOMER, &writing_budi);
	assert_true(w->ops->commit(w, &err));
	assert_string_equal(w->ops->position(w), "");
	w->ops->close(w);
	assert_true(log_open(NULL, LOG_NOTE));
	f = fopen(log, "r");
	assert_non_null(f);
	assert_non_null(fgets(said, sizeof said, f));
	assert_non_null(strstr(said, "there is no position to tell"));
	assert_non_null(strstr(said, "BINLOG MONITOR"));
	assert_null(fgets(said, sizeof said, f));
	fclose(f);
	free(log);
}

/* Tables that are there are not made again: it would stand in the log. */
static void test_tables_stay(void **state)
{
	struct error err = {0};
	struct writer *w;
	char *before;

	(void)state;
	if (!server)
		skip();
	w = opened();
	w->ops->close(w);
	before = memory_text(server_rows(server, "SHOW MASTER STATUS"));
	w = opened();
	w->ops->close(w);
	assert_string_equal(server_rows(server, "SHOW MASTER STATUS"), before);
	free(before);
	server_sql(server, "DROP DATABASE bank");
	assert_null(writer_open(server_url(server, "root", "bank"), &err));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_non_null(strstr(err.message, "(1049)"));
}

/* A server without a log. */
static void test_no_log(void **state)
{
	static const char *const options[] = {"--skip-log-bin", NULL};
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	server_stop(server);
	server_again(server, options);
	log_level(LOG_ERROR);
	w = opened();
	assert_string_equal(w->ops->position(w), "");
	w->ops->close(w);
	log_level(LOG_NOTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, empty),        cmocka_unit_test_setup(test_order, empty),
		cmocka_unit_test_setup(test_failure, empty),     cmocka_unit_test_setup(test_same_as_bank, empty),
		cmocka_unit_test_setup(test_killed, empty),      cmocka_unit_test_setup(test_position, empty),
		cmocka_unit_test_setup(test_tables_stay, empty), cmocka_unit_test_setup(test_no_log, empty),
	};

	return cmocka_run_group_tests(tests, start, end);
}
