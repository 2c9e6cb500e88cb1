/* apply: what one event does to one row, by the table at the head of apply.h, and the rules of a transaction. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replica/apply.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "replica_fixture.h"

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_open(&f, NULL);
	fixture_begin(&f, 0);
	fixture_insert(&f, ITEM, "1|10|card");
	fixture_insert(&f, ITEM, "2|20|loan");
	fixture_end(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

#define TWO            "2.1 0-now insert: 2|20|loan\n"
#define VERSIONS(...)  assert_string_equal(fixture_versions(&f, ITEM), __VA_ARGS__)
#define ANOMALIES(...) assert_string_equal(fixture_anomalies(&f), __VA_ARGS__)

/* ---- the key does not live ---- */

static void an_insert_opens_version_1(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_insert(&f, ITEM, "3|30|-");
	fixture_end(&f);
	VERSIONS("1.1 0-now insert: 1|10|card\n" TWO "3.1 10-now insert: 3|30|-\n");
	ANOMALIES("");
}

static void an_insert_after_a_delete_counts_on(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_delete(&f, ITEM, "1|10|card");
	fixture_end(&f);
	fixture_reopen(&f);
	fixture_begin(&f, 20);
	fixture_insert(&f, ITEM, "1|11|new");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/delete: 1|10|card\n1.2 20-now insert: 1|11|new\n" TWO);
}

static void an_update_of_an_unknown_row_is_applied_and_told(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "3|30|a", "3|30|b");
	fixture_end(&f);
	VERSIONS("1.1 0-now insert: 1|10|card\n" TWO "3.1 10-now update: 3|30|b\n");
	ANOMALIES("3: update of an unknown row\n");
}

static void a_delete_of_an_unknown_row_is_told(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_delete(&f, ITEM, "3|30|a");
	fixture_end(&f);
	VERSIONS("1.1 0-now insert: 1|10|card\n" TWO);
	ANOMALIES("3: delete of an unknown row\n");
}

static void a_merge_of_an_unknown_row_is_an_insert(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_merge(&f, ITEM, "3|30|?");
	fixture_end(&f);
	VERSIONS("1.1 0-now insert: 1|10|card\n" TWO "3.1 10-now insert: 3|30|-\n");
	ANOMALIES("");
}

/* ---- the key lives ---- */

static void an_insert_over_a_living_row_is_applied_and_told(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_insert(&f, ITEM, "1|11|card");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/update: 1|10|card\n1.2 10-now insert changed cif: 1|11|card\n" TWO);
	ANOMALIES("1: insert of a row that exists\n");
}

static void behind_the_word_that_the_table_is_another_nothing_is_a_surprise(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	assert_true(fixture_try(&f, CHANGE_RELOAD, ITEM, NULL, NULL));
	fixture_insert(&f, ITEM, "1|11|card");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/update: 1|10|card\n1.2 10-now insert changed cif: 1|11|card\n" TWO);
	ANOMALIES("");
	fixture_begin(&f, 11);
	fixture_insert(&f, ITEM, "1|12|card");
	fixture_end(&f);
	ANOMALIES("1: insert of a row that exists\n");
}

static void an_update_closes_and_opens(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "1|11|-");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/update: 1|10|card\n1.2 10-now update changed cif,what: 1|11|-\n" TWO);
	ANOMALIES("");
}

static void an_update_of_nothing_makes_no_version(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "1|10|card");
	fixture_update(&f, ITEM, "2|20|loan", "2|20|-");
	fixture_update(&f, ITEM, "2|20|-", "2|20|-");
	fixture_end(&f);
	VERSIONS("1.1 0-now insert: 1|10|card\n2.1 0-10 insert/update: 2|20|loan\n2.2 10-now update changed what: "
		 "2|20|-\n");
}

static void an_unknown_column_keeps_its_value(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, NULL, "1|?|gold");
	fixture_merge(&f, ITEM, "2|21|?");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/update: 1|10|card\n1.2 10-now update changed what: 1|10|gold\n"
		 "2.1 0-10 insert/update: 2|20|loan\n2.2 10-now update changed cif: 2|21|loan\n");
}

static void a_delete_closes(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_delete(&f, ITEM, "1|?|?");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/delete: 1|10|card\n" TWO);
	ANOMALIES("");
}

static void a_merge_of_an_equal_row_is_nothing(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_merge(&f, ITEM, "1|10|card");
	fixture_end(&f);
	VERSIONS("1.1 0-now insert: 1|10|card\n" TWO);
}

static void a_truncate_closes_every_row(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_truncate(&f, ITEM);
	fixture_insert(&f, ITEM, "2|20|loan");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/truncate: 1|10|card\n2.1 0-10 insert/truncate: 2|20|loan\n2.2 10-now insert: "
		 "2|20|loan\n");
}

/* ---- key changes ---- */

static void a_key_change_closes_the_old_key_and_opens_the_new(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "3|10|card");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/key_change: 1|10|card\n" TWO "3.1 10-now key_change: 3|10|card\n");
}

static void keys_are_swapped(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "2|10|card");
	fixture_update(&f, ITEM, "2|20|loan", "1|20|loan");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/key_change: 1|10|card\n1.2 10-now key_change: 1|20|loan\n"
		 "2.1 0-10 insert/key_change: 2|20|loan\n2.2 10-now key_change: 2|10|card\n");
	ANOMALIES("");
}

static void a_displaced_row_may_be_deleted(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "2|10|card");
	fixture_delete(&f, ITEM, "2|20|loan");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/key_change: 1|10|card\n2.1 0-10 insert/delete: 2|20|loan\n2.2 10-now key_change: "
		 "2|10|card\n");
	ANOMALIES("");
}

static void a_displaced_row_nobody_speaks_of_is_gone_and_told(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "2|10|card");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/key_change: 1|10|card\n2.1 0-10 insert/delete: 2|20|loan\n2.2 10-now key_change: "
		 "2|10|card\n");
	ANOMALIES("2: displaced\n");
}

/* ---- transactions and times ---- */

static void every_event_of_a_transaction_is_a_version(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "1|11|card");
	fixture_update(&f, ITEM, "1|11|card", "1|12|card");
	fixture_delete(&f, ITEM, "1|12|card");
	fixture_insert(&f, ITEM, "1|13|card");
	fixture_end(&f);
	VERSIONS("1.1 0-10 insert/update: 1|10|card\n1.2 10-10 update/update changed cif: 1|11|card\n"
		 "1.3 10-10 update/delete changed cif: 1|12|card\n1.4 10-now insert: 1|13|card\n" TWO);
}

static void history_never_runs_backwards(void **state)
{
	(void)state;
	fixture_begin(&f, 100);
	fixture_update(&f, ITEM, "1|10|card", "1|11|card");
	fixture_end(&f);
	fixture_reopen(&f);
	fixture_begin(&f, 40);
	fixture_update(&f, ITEM, "1|11|card", "1|12|card");
	fixture_end(&f);
	VERSIONS("1.1 0-100 insert/update: 1|10|card\n1.2 100-100 update/update changed cif: 1|11|card\n"
		 "1.3 100-now update changed cif: 1|12|card\n" TWO);
	ANOMALIES("");
}

static void a_clock_gone_wild_is_held_and_told(void **state)
{
	(void)state;
	fixture_begin_at(&f, 100 + 300, 100); /* five minutes ahead: just right */
	fixture_update(&f, ITEM, "1|10|card", "1|11|card");
	fixture_end(&f);
	fixture_begin_at(&f, 1000000, 500);
	fixture_update(&f, ITEM, "1|11|card", "1|12|card");
	fixture_end(&f);
	fixture_begin_at(&f, 100, 1000);
	fixture_update(&f, ITEM, "1|12|card", "1|13|card");
	fixture_end(&f);
	VERSIONS("1.1 0-400 insert/update: 1|10|card\n1.2 400-500 update/update changed cif: 1|11|card\n"
		 "1.3 500-500 update/update changed cif: 1|12|card\n1.4 500-now update changed cif: 1|13|card\n" TWO);
	assert_non_null(strstr(fixture_anomalies(&f), "clock: commit time ahead"));
	assert_non_null(strstr(fixture_anomalies(&f), "clock: commit time jumped back"));
}

static void what_is_rolled_back_never_was(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	fixture_update(&f, ITEM, "1|10|card", "1|11|card");
	fixture_end_only(&f);
	fixture_begin(&f, 20);
	fixture_delete(&f, ITEM, "2|20|loan");
	replica_rollback(f.replica);
	apply_reset(f.apply);
	assert_string_equal(replica_position(f.replica), "1");
	fixture_begin(&f, 15);
	fixture_update(&f, ITEM, "2|20|loan", "2|21|loan");
	fixture_end(&f);
	VERSIONS("1.1 0-now insert: 1|10|card\n2.1 0-15 insert/update: 2|20|loan\n2.2 15-now update changed cif: "
		 "2|21|loan\n");
}

static void a_row_without_a_key_is_refused(void **state)
{
	(void)state;
	fixture_begin(&f, 10);
	assert_false(fixture_try(&f, CHANGE_INSERT, ITEM, NULL, "-|10|card"));
	assert_int_equal(f.err.code, ERROR_REFUSED);
	assert_string_equal(f.err.message, "could not apply a change of item: the row has no usable key");
	replica_rollback(f.replica);
	apply_reset(f.apply);
}

static void a_misfit_is_kept_as_it_came(void **state)
{
	struct status_answer a = {0};

	(void)state;
	fixture_begin(&f, 10);
	fixture_insert(&f, CUSTOMER, "1|Ann|S1|0000-00-00");
	fixture_end(&f);
	assert_string_equal(fixture_versions(&f, CUSTOMER), "1.1 10-now insert: 1|Ann|S1|0000-00-00\n");
	assert_true(query_status(fixture_query(&f), &a, &f.err));
	assert_int_equal(a.misfits, 1);
	answer_done(&a.base);
}

static void a_row_that_cannot_be_read_is_listed(void **state)
{
	struct change c = {
		.op = CHANGE_REJECT, .entity = ITEM, .reason = "too few cells", .raw = "1,10", .raw_len = 4, .line = 7};
	struct status_answer a = {0};

	(void)state;
	fixture_begin(&f, 10);
	assert_true(apply_change(f.apply, &c, &f.err));
	fixture_insert(&f, ITEM, "3|30|x");
	fixture_end(&f);
	assert_true(query_status(fixture_query(&f), &a, &f.err));
	assert_int_equal(a.rejected, 1);
	assert_string_equal(a.rejected_list[0].reason, "too few cells");
	assert_string_equal(a.rejected_list[0].raw, "1,10");
	answer_done(&a.base);
	VERSIONS("1.1 0-now insert: 1|10|card\n" TWO "3.1 10-now insert: 3|30|x\n");
}

static const char *stored_position(void)
{
	static char text[64];
	struct status_answer a = {0};

	assert_true(query_status(fixture_query(&f), &a, &f.err));
	assert_int_equal(a.source_count, 1);
	snprintf(text, sizeof text, "%s", a.sources[0].position);
	answer_done(&a.base);
	return text;
}

static void the_position_of_the_last_of_many_is_committed(void **state)
{
	char before[64];

	(void)state;
	snprintf(before, sizeof before, "%s", stored_position());
	for (int i = 10; i < 13; i++) {
		fixture_begin(&f, i);
		fixture_end_only(&f);
	}
	assert_string_not_equal(replica_position(f.replica), before);
	assert_string_equal(stored_position(), before);
	assert_true(replica_commit(f.replica, &f.err));
	assert_string_equal(stored_position(), replica_position(f.replica));
	fixture_begin(&f, 13);
	fixture_end_only(&f);
	replica_rollback(f.replica);
	assert_string_equal(stored_position(), replica_position(f.replica));
}

static void a_transaction_that_outgrows_the_cache_says_so(void **state)
{
	char row[4096];
	bool full = false;

	(void)state;
	fixture_begin(&f, 10);
	fixture_insert(&f, ITEM, "3|30|small");
	assert_false(replica_is_full(f.replica));
	/* A page each: 64 MB, twice the cache. */
	for (int i = 10; !full && i < 16000; i++) {
		snprintf(row, sizeof row, "%d|30|%03500d", i, i);
		fixture_insert(&f, ITEM, row);
		full = replica_is_full(f.replica);
	}
	assert_true(full);
	fixture_end(&f);
	fixture_begin(&f, 11);
	fixture_insert(&f, ITEM, "4|30|small");
	assert_false(replica_is_full(f.replica));
	fixture_end(&f);
}

/* A long log is worth a checkpoint; while catching up a much longer one. */
static void a_long_log_says_so(void **state)
{
	char row[4096];

	(void)state;
	assert_int_equal(*replica_checkpoint_due(f.replica), 0);
	replica_catching_up(f.replica, true);
	fixture_begin(&f, 10);
	for (int i = 10; i < 9500; i++) {
		snprintf(row, sizeof row, "%d|30|%03500d", i, i);
		fixture_insert(&f, ITEM, row);
	}
	fixture_end(&f);
	assert_int_equal(*replica_checkpoint_due(f.replica), 0);
	replica_catching_up(f.replica, false);
	/* The same rows in the log: due at once, or done by the commit that found it too long. */
	fixture_begin(&f, 11);
	fixture_insert(&f, ITEM, "4|30|small");
	fixture_end(&f);
	assert_int_equal(*replica_checkpoint_due(f.replica), 1);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(an_insert_opens_version_1),
		ROW(an_insert_after_a_delete_counts_on),
		ROW(an_update_of_an_unknown_row_is_applied_and_told),
		ROW(a_delete_of_an_unknown_row_is_told),
		ROW(a_merge_of_an_unknown_row_is_an_insert),
		ROW(an_insert_over_a_living_row_is_applied_and_told),
		ROW(behind_the_word_that_the_table_is_another_nothing_is_a_surprise),
		ROW(an_update_closes_and_opens),
		ROW(an_update_of_nothing_makes_no_version),
		ROW(an_unknown_column_keeps_its_value),
		ROW(a_delete_closes),
		ROW(a_merge_of_an_equal_row_is_nothing),
		ROW(a_truncate_closes_every_row),
		ROW(a_key_change_closes_the_old_key_and_opens_the_new),
		ROW(keys_are_swapped),
		ROW(a_displaced_row_may_be_deleted),
		ROW(a_displaced_row_nobody_speaks_of_is_gone_and_told),
		ROW(every_event_of_a_transaction_is_a_version),
		ROW(history_never_runs_backwards),
		ROW(a_clock_gone_wild_is_held_and_told),
		ROW(what_is_rolled_back_never_was),
		ROW(a_row_without_a_key_is_refused),
		ROW(a_misfit_is_kept_as_it_came),
		ROW(a_row_that_cannot_be_read_is_listed),
		ROW(the_position_of_the_last_of_many_is_committed),
		ROW(a_transaction_that_outgrows_the_cache_says_so),
		ROW(a_long_log_says_so),
	};

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
