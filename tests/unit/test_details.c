/* What a source told of its server: kept in the replica, read back, put in words. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "replica/details.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "replica_fixture.h"

static void told(struct fixture *f, const char *details)
{
	struct status_row row = {.state = "live", .complete_to = TIME_NONE, .copy_percent = -1, .details = details};

	if (!replica_status(f->replica, &row, &f->err))
		fail_msg("%s", f->err.message);
}

/* name=text, numbers with a #, a blank between. */
static const char *read_back(struct fixture *f)
{
	struct status_answer a = {0};

	buffer_clear(&f->text);
	if (!query_sources(fixture_query(f), &a, &f->err))
		fail_msg("%s", f->err.message);
	assert_int_equal(a.source_count, 1);
	for (int i = 0; i < a.sources[0].detail_count; i++) {
		const struct status_detail *d = &a.sources[0].details[i];

		buffer_format(&f->text, "%s%s=%s%s", i ? " " : "", d->name, d->number ? "#" : "", d->text);
	}
	answer_done(&a.base);
	return buffer_text(&f->text);
}

static void test_the_last_word_is_kept(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NULL);
	assert_string_equal(read_back(&f), "");
	told(&f, "{\"server\":\"MariaDB 10.11\",\"behind_bytes\":12}");
	assert_string_equal(read_back(&f), "server=MariaDB 10.11 behind_bytes=#12");
	told(&f, NULL);
	assert_string_equal(read_back(&f), "server=MariaDB 10.11 behind_bytes=#12");
	fixture_reopen(&f);
	assert_string_equal(read_back(&f), "server=MariaDB 10.11 behind_bytes=#12");
	told(&f, "{}");
	assert_string_equal(read_back(&f), "");
	fixture_close(&f);
}

/* The column is open to foreign hands: what is no fact is passed over, and never keeps the status from being read. */
static void test_what_is_no_fact_is_passed_over(void **state)
{
	static const struct {
		const char *details, *read;
	} cases[] = {
		{"{\"a\":null,\"b\":true,\"c\":[1],\"d\":{\"e\":1},\"f\":1.5,\"g\":\"\",\"h\":-9007199254740993}", "g= h=#-9007199254740993"},
		{"[\"a\",1]", ""},
		{"\"a\"", ""},
		{"7", ""},
		{"", ""},
		{"{\"a\":", ""},
		{"\xff\xfe", ""},
	};
	struct fixture f;

	(void)state;
	fixture_open(&f, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		told(&f, cases[i].details);
		assert_string_equal(read_back(&f), cases[i].read);
	}
	fixture_close(&f);
}

static void test_more_facts_than_there_is_room_for(void **state)
{
	struct buffer many = {0};
	struct status_answer a = {0};
	struct fixture f;

	(void)state;
	fixture_open(&f, NULL);
	for (int i = 0; i < 200; i++)
		buffer_format(&many, "%s\"n%d\":%d", i ? "," : "{", i, i);
	buffer_char(&many, '}');
	told(&f, buffer_text(&many));
	assert_true(query_sources(fixture_query(&f), &a, &f.err));
	assert_in_range(a.sources[0].detail_count, 20, 199);
	assert_string_equal(a.sources[0].details[a.sources[0].detail_count - 1].text, "31");
	answer_done(&a.base);
	buffer_done(&many);
	fixture_close(&f);
}

static void as_version_1(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE td_status DROP COLUMN details; PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A reader of an older replica has nothing to show; the next writer brings the column, and the reader sees it. */
static void test_a_replica_of_version_1(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NULL);
	fixture_begin(&f, 1);
	fixture_insert(&f, CUSTOMER, "1|Ann|S1|2026-01-01 07:00:00");
	fixture_end(&f);
	as_version_1(f.path);
	assert_string_equal(read_back(&f), "");
	struct query *reader = query_open(f.path, &f.err);
	assert_non_null(reader);
	fixture_reopen(&f);
	told(&f, "{\"server\":\"MySQL 8.4\"}");
	assert_string_equal(read_back(&f), "server=MySQL 8.4");
	query_close(f.query);
	f.query = reader;
	assert_string_equal(read_back(&f), "server=MySQL 8.4");
	assert_string_equal(fixture_versions(&f, CUSTOMER), "1.1 1-now insert: 1|Ann|S1|2026-01-01T07:00:00.000000\n");
	fixture_close(&f);
}

/* ---- in words ---- */

#define TOLD_AT "2026-11-20T07:02:00.000000Z"

static const struct {
	const char *details, *words; /* label: text, a line each; a ! before what is worth a warning */
	enum freshness_state state;
	int64_t age;
} wordings[] = {
	{"{}", "", FRESH_LIVE, 0},
	{"{\"server\":\"MariaDB 10.11\",\"host\":\"db1\",\"connection\":9,\"transport\":\"tcp\",\"tls\":\"TLS_AES_256_GCM_SHA384\","
	 "\"log_oldest\":\"b.031\",\"log_end\":\"b.042:97\",\"log_files\":12,\"log_bytes\":1234567890,\"behind_bytes\":1500000,"
	 "\"log_kept_s\":604800,\"asked_at\":\"" TOLD_AT "\"}",
	 "Behind: 48s by the source's clock; 1.5 MB\nLog ends at: b.042:97\nLog kept: 7d; 12 files, 1.2 GB, from b.031 on\n"
	 "Server: MariaDB 10.11 on db1, connection 9\nEncryption: TLS, TLS_AES_256_GCM_SHA384\n",
	 FRESH_LAG, 48 * SECOND},
	{"{\"transport\":\"tcp\",\"tls\":\"none\",\"behind_bytes\":0,\"asked_at\":\"" TOLD_AT "\"}",
	 "!Behind: 12m by the source's clock; 0 bytes\n!Encryption: none: all that travels can be read on its way\n", FRESH_STALE, 12 * MINUTE},
	{"{\"transport\":\"socket\",\"tls\":\"none\",\"behind_bytes\":7,\"asked_at\":\"" TOLD_AT "\"}",
	 "!Behind: 3h by the source's clock; 7 bytes at 2026-11-20 07:02\nEncryption: not needed, by a socket of this machine\n", FRESH_OFFLINE, 3 * HOUR},
	{"{\"behind_bytes\":7}", "!Behind: 7 bytes\n", FRESH_REFUSED, TIME_NONE},
	{"{\"behind_bytes\":7}", "Behind: 7 bytes\n", FRESH_SNAPSHOT, TIME_NONE},
	{"{\"log_kept_s\":0,\"log_files\":1,\"log_bytes\":99}", "Behind: 1s by the source's clock\nLog kept: until it is purged by hand; 1 file, 99 bytes\n",
	 FRESH_LIVE, SECOND},
	{"{\"log_kept_s\":43200,\"log_kept_bytes\":5000000000}",
	 "Behind: 1s by the source's clock\n!Log kept: 12h, no outage may last longer, up to 5.0 GB\n", FRESH_LIVE, SECOND},
	{"{\"slot\":\"tellerdesk_b7\",\"slot_state\":\"reserved\",\"slot_active\":1,\"retained_bytes\":12000000,\"safe_bytes\":100000000,"
	 "\"retained_limit_bytes\":400000000,\"log_end\":\"16/B3\",\"behind_bytes\":0}",
	 "Behind: 1s by the source's clock; 0 bytes\nLog ends at: 16/B3\nSlot: tellerdesk_b7, reserved\n"
	 "Kept for us: 12.0 MB, at most 400.0 MB: 100.0 MB are left\n",
	 FRESH_LIVE, SECOND},
	{"{\"slot\":\"s\",\"slot_state\":\"reserved\",\"retained_bytes\":7,\"safe_bytes\":29000000,\"retained_limit_bytes\":16000000,\"asked_at\":\"" TOLD_AT "\"}",
	 "Slot: s, reserved, as of 2026-11-20 07:02\nKept for us: 7 bytes, at most 16.0 MB: 16.0 MB are left, as of 2026-11-20 07:02\n", FRESH_REFUSED, TIME_NONE},
	{"{\"slot\":\"s\",\"slot_state\":\"extended\",\"retained_bytes\":12000000,\"safe_bytes\":99999999,\"retained_limit_bytes\":400000000}",
	 "!Slot: s, extended: it holds more log than the server plans for\n"
	 "!Kept for us: 12.0 MB, at most 400.0 MB: only 100.0 MB are left before it is given up\n",
	 FRESH_LIVE, TIME_NONE},
	{"{\"slot\":\"s\",\"slot_state\":\"unreserved\",\"retained_bytes\":12000000,\"safe_bytes\":0,\"retained_limit_bytes\":0}",
	 "!Slot: s, unreserved: the server may give up its log at any moment\n"
	 "!Kept for us: 12.0 MB, at most 0 bytes: nothing is left before it is given up\n",
	 FRESH_LIVE, TIME_NONE},
	{"{\"slot\":\"s\",\"slot_state\":\"lost\",\"retained_limit_bytes\":1000000}", "!Slot: s, lost: the server gave up its log\n", FRESH_REFUSED, TIME_NONE},
	{"{\"slot\":\"s\",\"slot_state\":\"missing\"}", "!Slot: s, missing: somebody dropped it\n", FRESH_REFUSED, TIME_NONE},
	{"{\"slot\":\"s\",\"retained_bytes\":7}", "Slot: s\nKept for us: 7 bytes, without a limit\n", FRESH_LIVE, TIME_NONE},
	{"{\"log_kept_s\":\"x\",\"behind_bytes\":\"y\",\"server\":5}", "Server: 5\n", FRESH_LIVE, TIME_NONE},
};

static void test_words(void **state)
{
	const struct zone *utc = zone_utc();
	struct fixture f;

	(void)state;
	fixture_open(&f, NULL);
	for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
		struct freshness fresh = {.state = wordings[i].state, .age = wordings[i].age};
		struct detail_line lines[DETAIL_LINES];
		struct status_answer a = {0};

		told(&f, wordings[i].details);
		assert_true(query_sources(fixture_query(&f), &a, &f.err));
		buffer_clear(&f.text);
		int count = detail_lines(&a.sources[0], &fresh, utc, &f.arena, lines);
		for (int k = 0; k < count; k++)
			buffer_format(&f.text, "%s%s: %s\n", lines[k].warn ? "!" : "", lines[k].label, lines[k].text);
		assert_string_equal(buffer_text(&f.text), wordings[i].words);
		answer_done(&a.base);
	}
	fixture_close(&f);
}

static void test_a_position_in_its_parts(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(detail_place("binlog.000042:1234@1764150000 gtid=0-1-77", &a), "binlog.000042:1234@1764150000");
	assert_string_equal(detail_gtids("binlog.000042:1234@1764150000 gtid=0-1-77"), "0-1-77");
	assert_string_equal(detail_place("customer_info=20261120140200", &a), "customer_info=20261120140200");
	assert_null(detail_gtids("customer_info=20261120140200"));
	assert_string_equal(detail_place("16/B374D848 slot=s timeline=1 shape=d2c1f00dab01cd02", &a), "16/B374D848");
	assert_string_equal(detail_place("16/B374D848 timeline=1", &a), "16/B374D848");
	assert_string_equal(detail_place("16/B374D848 shape=d2c1f00dab01cd02", &a), "16/B374D848");
	assert_null(detail_gtids("16/B374D848 slot=s timeline=1"));
	assert_string_equal(detail_place("gtid=0-1-77", &a), "gtid=0-1-77");
	assert_null(detail_gtids("gtid=0-1-77"));
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_word_is_kept),
		cmocka_unit_test(test_what_is_no_fact_is_passed_over),
		cmocka_unit_test(test_more_facts_than_there_is_room_for),
		cmocka_unit_test(test_a_replica_of_version_1),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_a_position_in_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
