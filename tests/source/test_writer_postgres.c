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

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "pgoutput/lsn.h"
#include "postgres_server.h"
#include "writing.h"

static struct pgserver *server;

/* ---- helpers ---- */

static int start(void **state)
{
	(void)state;
	setenv("HOME", "/nonexistent", 1);
	server = pgserver_start(&(struct pgserver_setup){0});
	if (server)
		pgserver_sql(server, "CREATE ROLE clerk LOGIN");
	return 0;
}

static int end(void **state)
{
	(void)state;
	pgserver_end(server);
	return 0;
}

/* What a failed test left open would hold its locks. */
static int empty(void **state)
{
	(void)state;
	if (server)
		pgserver_sql(
			server,
			"SET client_min_messages = warning;"
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
			"'tellerdesk%';"
			"DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public");
	clock_freeze(WRITING_NOW);
	return 0;
}

static struct writer *opened(void)
{
	return writing_opened(pgserver_url(server, "postgres", "bank"));
}

static void begun(struct writer *w)
{
	struct error err = {0};

	if (!w->ops->begin(w, 1, &err))
		fail_msg("%s", err.message);
}

static void committed(struct writer *w)
{
	struct error err = {0};

	if (!w->ops->commit(w, &err))
		fail_msg("%s", err.message);
}

/* What a server says as it goes is told by its code, not with its prefix. */
static void test_sent_away(void **state)
{
	struct writer *w = opened();
	struct error err = {0};

	(void)state;
	pgserver_sql(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tellerdesk%'");
	assert_false(w->ops->begin(w, 1, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	if (!strstr(err.message, ": terminating connection due to administrator command (57P01)") || strstr(err.message, "FATAL"))
		fail_msg("%s", err.message);
	w->ops->close(w);
}

static void hex(struct buffer *out, const char *text)
{
	buffer_clear(out);
	for (; *text; text++)
		buffer_format(out, "%02x", (unsigned char)*text);
	buffer_char(out, '\n');
}

/* The name of cif 17 is this, byte for byte. */
static void named(const char *text)
{
	struct buffer expected = {0};

	hex(&expected, text);
	assert_string_equal(
		pgserver_rows(server,
			      "SELECT encode(convert_to(name, 'UTF8'), 'hex') FROM customer_info WHERE cif = 17"),
		buffer_text(&expected));
	buffer_done(&expected);
}

/* ---- tests ---- */

static void test_rows(void **state)
{
	const struct shop shop = {"BDG01", "Bandung Dago", "Bandung"};
	const struct product product = {3, 17, "savings", "2020-01-02", "active"};
	const struct asset asset = {4, 17, "deposit", "123456.78", "2024-01-02"};
	struct person moved = writing_budi;
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	w = opened();
	begun(w);
	writing_put(w, WRITER_INSERT, WRITER_STORE, &shop);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	writing_put(w, WRITER_INSERT, WRITER_PRODUCT, &product);
	writing_put(w, WRITER_INSERT, WRITER_ASSET, &asset);
	/* Nobody sees a part of it. */
	assert_string_equal(pgserver_rows(server, "SELECT COUNT(*) FROM customer_info"), "0\n");
	committed(w);
	assert_string_equal(pgserver_rows(server, "SELECT * FROM store"), "BDG01|Bandung Dago|Bandung\n");
	/* The wall clock of Jakarta. */
	assert_string_equal(
		pgserver_rows(server, "SELECT * FROM customer_info"),
		"17|Budi O'Santoso \\ \xe5\x8f\xb7|1980-02-03|M|Jalan Merdeka 17|Bandung|ID|NULL|+62 812 3456|"
		"BDG01|2023-11-15 05:13:20.123456|t7\n");
	assert_string_equal(pgserver_rows(server, "SELECT * FROM bank_product"), "3|17|savings|2020-01-02|active\n");
	assert_string_equal(pgserver_rows(server, "SELECT * FROM customer_asset"),
			    "4|17|deposit|123456.78|2024-01-02\n");

	strcpy(moved.city, "Surabaya");
	begun(w);
	writing_put(w, WRITER_UPDATE, WRITER_CUSTOMER, &moved);
	writing_put(w, WRITER_DELETE, WRITER_PRODUCT, &product);
	writing_put(w, WRITER_DELETE, WRITER_STORE, &shop);
	committed(w);
	assert_string_equal(pgserver_rows(server, "SELECT city, email FROM customer_info"), "Surabaya|NULL\n");
	assert_string_equal(pgserver_rows(server, "SELECT (SELECT COUNT(*) FROM bank_product), (SELECT COUNT(*) FROM"
						  " customer_asset), (SELECT COUNT(*) FROM store)"),
			    "0|1|0\n");
	w->ops->close(w);
}

/* What means something to COPY, or in a literal, arrives as it is: by either way. */
static void test_escapes(void **state)
{
	static const char *const names[] = {
		"'",      "''",        "\"q\"",        "\\",       "\\\\",
		"\\N",    "\\.",       "a\tb",         "a\nb",     "a\r\nb",
		"\\n\\t", "\n\\.\n",   "$1 $$ %s ;--", "\x01\x7f", "\xd0\x96 \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x8f\xa6",
		"E'x'",   "b\bf\fv\v",
	};
	struct person p = writing_budi;
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	w = opened();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		strcpy(p.name, names[i]);
		begun(w);
		writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &p);
		committed(w);
		named(names[i]);
		strcpy(p.name, "x");
		begun(w);
		writing_put(w, WRITER_UPDATE, WRITER_CUSTOMER, &p);
		committed(w);
		named("x");
		strcpy(p.name, names[i]);
		begun(w);
		writing_put(w, WRITER_UPDATE, WRITER_CUSTOMER, &p);
		committed(w);
		named(names[i]);
		begun(w);
		writing_put(w, WRITER_DELETE, WRITER_CUSTOMER, &p);
		committed(w);
	}
	w->ops->close(w);
}

/* What waits keeps its place before what changes it. */
static void test_order(void **state)
{
	struct person second = writing_budi, moved = writing_budi;
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	second.cif = 18;
	strcpy(moved.city, "Medan");
	w = opened();
	begun(w);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	writing_put(w, WRITER_UPDATE, WRITER_CUSTOMER, &moved);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &second);
	writing_put(w, WRITER_DELETE, WRITER_CUSTOMER, &second);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &second);
	committed(w);
	assert_string_equal(pgserver_rows(server, "SELECT cif, city FROM customer_info ORDER BY cif"),
			    "17|Medan\n18|Bandung\n");
	/* One transaction, whatever stood in it. */
	assert_string_equal(pgserver_rows(server, "SELECT COUNT(DISTINCT xmin::text) FROM customer_info"), "1\n");
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
	begun(w);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	assert_true(w->ops->note(w, "one", &err));
	committed(w);

	begun(w);
	assert_true(w->ops->note(w, "two", &err));
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	assert_false(w->ops->commit(w, &err));
	assert_non_null(strstr(err.message, "(23505)"));
	assert_null(strstr(err.message, "(17)"));
	assert_non_null(strstr(err.hint, "rows of another origin"));
	assert_true(w->ops->resume(w, &kept, &err));
	assert_string_equal(buffer_text(&kept), "one");
	/* Neither the half nor what waited comes along with the next. */
	begun(w);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	begun(w);
	assert_true(w->ops->note(w, "it's three", &err));
	committed(w);
	assert_string_equal(pgserver_rows(server, "SELECT * FROM tellerdesk_note"), "generator|it's three\n");
	assert_string_equal(pgserver_rows(server, "SELECT COUNT(*) FROM customer_info"), "1\n");

	begun(w);
	assert_true(w->ops->note(w, "four", &err));
	writing_put(w, WRITER_DELETE, WRITER_CUSTOMER, &writing_budi);
	w->ops->close(w);
	pgserver_await(server, "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name LIKE 'tellerdesk%'", "0\n",
		       10);
	assert_string_equal(pgserver_rows(server, "SELECT text FROM tellerdesk_note"), "it's three\n");
	assert_string_equal(pgserver_rows(server, "SELECT COUNT(*) FROM customer_info"), "1\n");
	buffer_done(&kept);
}

/* The same seed, batches and events give the same rows as in the embedded bank. */
static void test_same_as_bank(void **state)
{
	static const char *const tables[][2] = {
		{"store", "*"},
		{"customer_info", "cif, name, birthdate, gender, address, city, country, email, phone, store_id,"
				  " to_char(registered_at, 'YYYY-MM-DD HH24:MI:SS.US'), changed_by"},
		{"bank_product", "*"},
		{"customer_asset", "*"},
	};
	char *path, *url;
	struct fill f;

	(void)state;
	if (!server)
		skip();
	path = memory_format("%s/a.bank", getenv("TMPDIR"));
	url = memory_format("bank:%s", path);
	writing_begun(&f, url, 7);
	writing_customers(&f, 3000, 700);
	writing_events(&f, 2000);
	fill_close(&f);
	writing_begun(&f, pgserver_url(server, "postgres", "bank"), 7);
	writing_customers(&f, 3000, 3000);
	writing_events(&f, 2000);
	fill_close(&f);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char *there = memory_format("SELECT %s FROM %s ORDER BY 1", tables[i][1], tables[i][0]);

		writing_same_as_bank(path, tables[i][0], pgserver_rows(server, there));
		free(there);
	}
	/* Events brought deletes and updates. */
	assert_string_equal(pgserver_rows(server, "SELECT COUNT(*) BETWEEN 2000 AND 3400 AND MAX(cif) > 10003000 FROM"
						  " customer_info"),
			    "t\n");
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
	params.url = pgserver_url(server, "postgres", "bank");
	child = fork();
	if (child == 0) {
		const struct fill_load load = {.customers = 1000000, .batch = 50, .days = 90};

		/* Whatever goes wrong here, the parent waits for rows in vain. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(fill_open(&f, &params, &err) && fill_customers(&f, &load, &err));
	}
	pgserver_await(server, "SELECT to_regclass('tellerdesk_note') IS NOT NULL", "t\n", 30);
	pgserver_await(server, "SELECT COUNT(*) > 500 FROM customer_info", "t\n", 30);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* What it had sent may still commit. */
	pgserver_await(server, "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name LIKE 'tellerdesk%'", "0\n",
		       30);
	writing_begun(&f, pgserver_url(server, "postgres", "bank"), 7);
	assert_true(f.resumed);
	made = generator_count(f.generator);
	assert_true(made > 500 && made % 50 == 0);
	writing_customers(&f, 130, 100);
	fill_close(&f);
	expected = memory_format("%lld|%lld|%lld|%lld|24\n", (long long)made + 130, (long long)made + 10000130,
				 (long long)made + 130, (long long)made + 130);
	assert_string_equal(pgserver_rows(server, "SELECT COUNT(*), MAX(cif), (SELECT COUNT(*) FROM bank_product),"
						  "(SELECT COUNT(*) FROM customer_asset), (SELECT COUNT(*) FROM store)"
						  " FROM customer_info"),
			    expected);
	free(expected);
}

/* The position is the one at which a follower has the commit: no earlier, and no later than what the server can send.
 */
static void test_position(void **state)
{
	struct writer *w;
	char *said;

	(void)state;
	if (!server)
		skip();
	w = opened();
	pgserver_sql(server, "CREATE PUBLICATION tellerdesk FOR TABLE customer_info");
	pgserver_rows(server, "SELECT 1 FROM pg_create_logical_replication_slot('s', 'pgoutput')");
	begun(w);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	committed(w);
	said = memory_format("%s\n", w->ops->position(w));
	assert_string_equal(pgserver_rows(server,
					  "SELECT max(lsn) FROM pg_logical_slot_peek_binary_changes('s', NULL, NULL,"
					  " 'proto_version', '1', 'publication_names', 'tellerdesk')"),
			    said);
	/* It is that of what was committed, not of now. */
	pgserver_sql(server, "CREATE TABLE other (a INT)");
	said[strlen(said) - 1] = 0;
	assert_string_equal(w->ops->position(w), said);
	free(said);
	w->ops->close(w);
	pgserver_rows(server, "SELECT 1 FROM pg_drop_replication_slot('s')");
	pgserver_sql(server, "DROP PUBLICATION tellerdesk");
}

static void test_page_begin(void **state)
{
	enum { PAGE = 8192, SEGMENT = 1 << 20 };

	(void)state;
	assert_int_equal(lsn_page_begin(5 * PAGE + 24, PAGE, SEGMENT), 5 * PAGE);
	assert_int_equal(lsn_page_begin(5 * PAGE + 40, PAGE, SEGMENT), 5 * PAGE + 40);
	assert_int_equal(lsn_page_begin(3 * SEGMENT + 40, PAGE, SEGMENT), 3 * SEGMENT);
	assert_int_equal(lsn_page_begin(5 * PAGE, PAGE, SEGMENT), 5 * PAGE);
	assert_int_equal(lsn_page_begin(5 * PAGE + 48, PAGE, SEGMENT), 5 * PAGE + 48);
}

/* Fills the log up to the end of a page: messages of the size that is left, as far as it can be told. */
static const char fill_page[] = "DO $$ DECLARE at bigint; room bigint; BEGIN"
				" FOR i IN 1..1000 LOOP"
				"  at := pg_current_wal_insert_lsn() - '0/0'; room := 8192 - at % 8192;"
				"  EXIT WHEN at % 8192 = 24;"
				"  PERFORM pg_logical_emit_message(false, 'x', repeat('x',"
				"   CASE WHEN room < 400 THEN 500 ELSE (room - 40 - 8 * (i % 6))::int END));"
				" END LOOP; END $$";

/* The log ends with a page: the server then names a place that nothing reaches until somebody writes again. */
static void test_position_at_a_page(void **state)
{
	struct writer *w;
	char *said;

	(void)state;
	if (!server)
		skip();
	w = opened();
	pgserver_sql(server, fill_page);
	begun(w);
	committed(w); /* of nothing: it is not logged */
	assert_string_equal(pgserver_rows(server, "SELECT (pg_current_wal_insert_lsn() - '0/0') % 8192"), "24\n");
	said = memory_format("SELECT pg_current_wal_insert_lsn() - '%s'", w->ops->position(w));
	assert_string_equal(pgserver_rows(server, said), "24\n");
	free(said);
	w->ops->close(w);
}

/* A server whose log cannot be followed has no position; that is told once, and nothing else stops. */
static void test_no_log(void **state)
{
	static const char *const settings[] = {"wal_level=replica", NULL};
	char *log, said[512] = "";
	struct writer *w;
	FILE *f;

	(void)state;
	if (!server)
		skip();
	pgserver_stop(server);
	pgserver_again(server, settings);
	log = memory_format("%s/log.txt", getenv("TMPDIR"));
	assert_true(log_open(log, LOG_NOTE));
	w = opened();
	assert_string_equal(w->ops->position(w), "");
	begun(w);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	committed(w);
	assert_string_equal(w->ops->position(w), "");
	w->ops->close(w);
	assert_true(log_open(NULL, LOG_NOTE));
	f = fopen(log, "r");
	assert_non_null(f);
	assert_non_null(fgets(said, sizeof said, f));
	assert_non_null(strstr(said, "there is no position to tell"));
	assert_non_null(strstr(said, "wal_level"));
	assert_null(fgets(said, sizeof said, f));
	fclose(f);
	free(log);
	assert_string_equal(pgserver_rows(server, "SELECT cif FROM customer_info"), "17\n");
}

/* Where the tables are, an account that may not make any can write; where they are not, it is told why. */
static void test_tables_stay(void **state)
{
	struct error err = {0};
	struct writer *w;
	char *before;

	(void)state;
	if (!server)
		skip();
	assert_null(writer_open(pgserver_url(server, "clerk", "bank"), &err));
	assert_int_equal(err.code, ERROR_PERMISSION);
	assert_string_equal(pgserver_rows(server, "SELECT to_regclass('store')"), "NULL\n");
	w = opened();
	w->ops->close(w);
	before = memory_text(pgserver_rows(
		server, "SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"));
	pgserver_sql(server, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk");
	w = writing_opened(pgserver_url(server, "clerk", "bank"));
	begun(w);
	writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
	assert_true(w->ops->note(w, "one", &err));
	committed(w);
	w->ops->close(w);
	assert_string_equal(
		pgserver_rows(
			server,
			"SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"),
		before);
	free(before);
	assert_null(writer_open(pgserver_url(server, "postgres", "nowhere"), &err));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_non_null(strstr(err.message, "nowhere"));
	assert_non_null(strstr(err.message, "(3D000)"));
	assert_null(writer_open(pgserver_url(server, "stranger", "bank"), &err));
	assert_int_equal(err.code, ERROR_PERMISSION);
}

/* The note updates whatever publishes it, and the URL says the schema. */
static void test_published(void **state)
{
	struct error err = {0};
	struct writer *w;

	(void)state;
	if (!server)
		skip();
	pgserver_sql(server, "DROP SCHEMA IF EXISTS front CASCADE; CREATE SCHEMA front");
	pgserver_sql(server, "CREATE PUBLICATION everything FOR ALL TABLES");
	w = writing_opened(pgserver_url(server, "postgres", "bank?schema=front"));
	for (int i = 0; i < 2; i++) {
		begun(w);
		if (i == 0)
			writing_put(w, WRITER_INSERT, WRITER_CUSTOMER, &writing_budi);
		else
			writing_put(w, WRITER_UPDATE, WRITER_CUSTOMER, &writing_budi);
		assert_true(w->ops->note(w, i ? "two" : "one", &err));
		committed(w);
	}
	w->ops->close(w);
	assert_string_equal(
		pgserver_rows(server, "SELECT n.text, c.cif FROM front.tellerdesk_note n, front.customer_info c"),
		"two|17\n");
	assert_string_equal(pgserver_rows(server, "SELECT to_regclass('public.store')"), "NULL\n");
	pgserver_sql(server, "DROP PUBLICATION everything");
	pgserver_sql(server, "DROP SCHEMA front CASCADE");
}

/* The scheme has two names. */
static void test_schemes(void **state)
{
	struct error err = {0};
	struct writer *w;
	char *url;

	(void)state;
	assert_null(writer_open("postgresq://x/y", &err));
	assert_non_null(strstr(err.hint, "postgresql:..."));
	assert_null(strstr(err.hint, "postgres:..."));
	if (!server)
		skip();
	url = memory_format("postgres%s", strchr(pgserver_url(server, "postgres", "bank"), ':'));
	w = writing_opened(url);
	assert_ptr_equal(w->ops, &writer_postgres_ops);
	w->ops->close(w);
	free(url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, empty),
		cmocka_unit_test_setup(test_escapes, empty),
		cmocka_unit_test_setup(test_sent_away, empty),
		cmocka_unit_test_setup(test_order, empty),
		cmocka_unit_test_setup(test_failure, empty),
		cmocka_unit_test_setup(test_same_as_bank, empty),
		cmocka_unit_test_setup(test_killed, empty),
		cmocka_unit_test_setup(test_position, empty),
		cmocka_unit_test_setup(test_position_at_a_page, empty),
		cmocka_unit_test_setup(test_tables_stay, empty),
		cmocka_unit_test_setup(test_published, empty),
		cmocka_unit_test_setup(test_schemes, empty),
		cmocka_unit_test(test_page_begin),
		cmocka_unit_test_setup(test_no_log, empty),
	};

	return cmocka_run_group_tests(tests, start, end);
}
