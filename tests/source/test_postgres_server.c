#include "config.h"

#include "postgres_server.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"

/* What the tests of PostgreSQL stand on, tested itself. */

static const char system_of[] = "SELECT system_identifier FROM pg_control_system()";

static void test_statements(void **state)
{
	struct pgserver *s = *state;

	if (!s)
		skip();
	pgserver_sql(s, "CREATE TABLE t (a INT PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, NULL)");
	assert_string_equal(pgserver_rows(s, "SELECT * FROM t ORDER BY a"), "1|x\n2|NULL\n");
	assert_string_equal(pgserver_rows(s, "SELECT has_table_privilege('teller', 't', 'SELECT'), has_table_privilege('teller', 't', 'UPDATE')"), "t|f\n");
	pgserver_sql(s, "CREATE DATABASE other");
	pgserver_use(s, "other");
	assert_string_equal(pgserver_rows(s, "SELECT current_database()"), "other\n");
	pgserver_use(s, "bank");
}

static void test_coming_and_going(void **state)
{
	static const char *const replica[] = {"wal_level=replica", NULL}, *const small[] = {"max_slot_wal_keep_size=1MB", NULL};
	struct pgserver *s = *state;

	if (!s)
		skip();
	pgserver_kill(s);
	assert_int_equal(pgserver_pid(s), 0);
	assert_int_equal(access(pgserver_socket(s), F_OK), -1);
	pgserver_again(s, replica);
	assert_string_equal(pgserver_rows(s, "SELECT count(*), current_setting('wal_level') FROM t"), "2|replica\n");
	pgserver_stop(s);
	pgserver_again(s, small);
	pgserver_sql(s, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
	pgserver_lose_slot(s, "s");
	assert_string_equal(pgserver_rows(s, "SELECT wal_status FROM pg_replication_slots"), "lost\n");
}

static void test_families(void **state)
{
	struct pgserver *s = *state, *standby, *alien, *brother;
	char *system, *url;

	if (!s)
		skip();
	system = memory_text(pgserver_rows(s, system_of));
	alien = pgserver_start(&(struct pgserver_setup){.alien = true});
	assert_string_not_equal(pgserver_rows(alien, system_of), system);
	pgserver_end(alien);
	brother = pgserver_start(&(struct pgserver_setup){0});
	assert_string_equal(pgserver_rows(brother, system_of), system);
	url = memory_format("postgresql://teller@/bank?schema=x&host=%s", pgserver_folder(brother));
	assert_string_equal(pgserver_url(brother, "teller", "bank?schema=x"), url);
	free(url);
	pgserver_end(brother);
	standby = pgserver_start(&(struct pgserver_setup){.standby_of = s});
	pgserver_sql(s, "INSERT INTO t VALUES (3, 'y')");
	pgserver_await(standby, "SELECT count(*) FROM t", "3\n", 60);
	pgserver_promote(standby);
	pgserver_sql(standby, "DELETE FROM t");
	assert_string_equal(pgserver_rows(s, "SELECT count(*) FROM t"), "3\n");
	pgserver_end(standby);
	free(system);
}

static int server_up(void **state)
{
	*state = pgserver_start(&(struct pgserver_setup){.tcp = true});
	return 0;
}

static int server_down(void **state)
{
	pgserver_end(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_coming_and_going),
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests_name("a server of the test's own", tests, server_up, server_down);
}
