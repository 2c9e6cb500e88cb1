/* The replica's write-ahead log: nothing a commit leaves behind may keep it from being checkpointed. */
#include "config.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "replica/replica.h"
#include "replica_fixture.h"

/* All of the log, by the writer itself: a statement still active would make it fail as locked. */
static void checkpointed(struct fixture *f)
{
	int pages = -1, moved = -1;
	assert_int_equal(sqlite3_wal_checkpoint_v2(replica_db(f->replica), NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved), SQLITE_OK);
	assert_true(pages > 0);
	assert_int_equal(moved, pages);
}

static void after_each_kind_of_change(void **state)
{
	struct fixture f;
	(void)state;
	fixture_open(&f, NULL);
	fixture_begin(&f, 1);
	fixture_insert(&f, CUSTOMER, "1|Ann|S1|2026-01-01 07:00:00");
	fixture_end(&f);
	checkpointed(&f);
	fixture_begin(&f, 2);
	fixture_update(&f, CUSTOMER, "1|Ann|S1|2026-01-01 07:00:00", "1|Bea|S1|2026-01-01 07:00:00");
	fixture_end(&f);
	checkpointed(&f);
	fixture_begin(&f, 3);
	fixture_merge(&f, CUSTOMER, "1|Bea|S1|2026-01-01 07:00:00");
	fixture_end(&f);
	checkpointed(&f);
	fixture_begin(&f, 4);
	fixture_update(&f, CUSTOMER, "1|Bea|S1|2026-01-01 07:00:00", "2|Bea|S1|2026-01-01 07:00:00");
	fixture_end(&f);
	checkpointed(&f);
	fixture_begin(&f, 5);
	fixture_delete(&f, CUSTOMER, "2|Bea|S1|2026-01-01 07:00:00");
	fixture_end(&f);
	checkpointed(&f);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(after_each_kind_of_change)};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
