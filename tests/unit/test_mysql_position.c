/* Positions of a MySQL log, and what servers say when they do not know one. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "source/mysql/failure.h"
#include "source/mysql/position.h"

#define UUID "3e11fa47-71ca-11e1-9e33-c80aa9429562"

static void test_print(void **state)
{
	static const char *const texts[] = {
		"binlog.000042:1234@1764150000 gtid=0-1-77",
		"binlog.000042:1234@1764150000",
		"binlog.000042:4",
		"binlog.000042:4 gtid=",
		"my:odd.name.7:99999999999999 gtid=0-1-1,5-2-9",
		"gtid=" UUID ":1-77",
		"gtid=",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct mysql_position p;
		struct buffer out = {0};
		assert_true(mysql_position_parse(texts[i], &p));
		mysql_position_print(&p, &out);
		assert_string_equal(buffer_text(&out), texts[i]);
		buffer_done(&out);
	}
}

static void test_parts(void **state)
{
	struct mysql_position p;
	(void)state;
	assert_true(mysql_position_parse("binlog.000042:18446744073709551615@4294967295 gtid=0-1-77", &p));
	assert_int_equal(p.file_len, strlen("binlog.000042"));
	assert_memory_equal(p.file, "binlog.000042", p.file_len);
	assert_true(p.pos == UINT64_MAX);
	assert_true(p.begun == UINT32_MAX);
	assert_string_equal(p.gtid, "0-1-77");
	assert_true(mysql_position_parse("a:1", &p));
	assert_null(p.gtid);
	assert_int_equal(p.begun, 0);
}

static void test_not_a_position(void **state)
{
	static const char *const texts[] = {
		"", "binlog.000042", "binlog.000042:", ":4", "binlog.000042:4x", "binlog.000042:-4", "binlog.000042:18446744073709551616",
		"binlog.000042:4@", "binlog.000042:4@4294967296", "binlog.000042:4 0-1-77", "binlog.000042:4@5x gtid=0-1-1", "5@6",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct mysql_position p;
		if (mysql_position_parse(texts[i], &p))
			fail_msg("\"%s\" was taken", texts[i]);
	}
}

static void test_reached(void **state)
{
	static const struct {
		const char *a, *b;
		bool reached;
	} cases[] = {
		{"binlog.000042:100", "binlog.000042:100", true},
		{"binlog.000042:101", "binlog.000042:100", true},
		{"binlog.000042:99", "binlog.000042:100", false},
		{"binlog.000043:4", "binlog.000042:100", true},
		{"binlog.000041:1000", "binlog.000042:100", false},
		/* By number, not by text. */
		{"binlog.1000000:4", "binlog.999999:900", true},
		{"binlog.999999:900", "binlog.1000000:4", false},
		/* Offsets of more than 32 bits. */
		{"binlog.000042:4294967396", "binlog.000042:100", true},
		{"binlog.000042:100", "binlog.000042:4294967396", false},
		/* When the file began, and the set, change nothing where both have a place. */
		{"binlog.000042:100@5 gtid=0-1-3", "binlog.000042:100@6 gtid=0-1-9", true},
		/* Sets, where one has no place. */
		{"binlog.000042:100 gtid=" UUID ":1-9", "gtid=" UUID ":1-9", true},
		{"binlog.000042:100 gtid=" UUID ":1-9", "gtid=" UUID ":1-10", false},
		{"gtid=" UUID ":1-9:11", "gtid=" UUID ":5-6", true},
		{"gtid=" UUID ":1-9", "gtid=", true},
		{"gtid=", "gtid=" UUID ":1", false},
		{"binlog.000042:100", "gtid=" UUID ":1", false},
		{"gtid=" UUID ":1", "binlog.000042:100", false},
		{"nothing", "binlog.000042:100", false},
		{"binlog.000042:100", "nothing", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (mysql_position_reached(cases[i].a, cases[i].b) != cases[i].reached)
			fail_msg("\"%s\" and \"%s\"", cases[i].a, cases[i].b);
}

static void test_log_number(void **state)
{
	(void)state;
	assert_true(mysql_log_number("binlog.000042", 13) == 42);
	assert_true(mysql_log_number("binlog.4294967296", 17) == UINT64_C(4294967296));
	assert_true(mysql_log_number("binlog.", 7) == 0);
	assert_true(mysql_log_number("", 0) == 0);
	/* Only so much of the text is the name. */
	assert_true(mysql_log_number("binlog.0000427", 13) == 42);
}

/* As MariaDB 10.11 and MySQL 8.0 say it. */
static void test_failures(void **state)
{
	static const struct {
		unsigned number;
		const char *words;
		enum log_failure class;
	} cases[] = {
		{1236, "Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required binlog files "
		       "have been purged.", LOG_FAILURE_PURGED},
		{1236, "The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged binary logs containing GTIDs that the "
		       "slave requires.", LOG_FAILURE_PURGED},
		{1236, "Cannot replicate because the source purged required binary logs. Replicate the missing transactions from elsewhere", LOG_FAILURE_PURGED},
		{1236, "Error: connecting slave requested to start from GTID 0-1-100, which is not in the master's binlog", LOG_FAILURE_FOREIGN},
		{1236, "Error: connecting slave requested to start from GTID 0-1-100, which is not in the master's binlog. Since the master's binlog "
		       "contains GTIDs with higher sequence numbers, it probably means that the slave has diverged due to executing extra erroneous "
		       "transactions", LOG_FAILURE_FOREIGN},
		{1236, "Client requested master to start replication from impossible position; the first event 'binlog.000001' at 900000", LOG_FAILURE_FOREIGN},
		{1236, "binlog truncated in the middle of event; consider out of disk space on master", LOG_FAILURE_FOREIGN},
		{1236, "Could not find first log file name in binary log index file", LOG_FAILURE_FOREIGN},
		{1236, "Binary log is not open", LOG_FAILURE_NO_LOG},
		{1236, "A slave with the same server_uuid/server_id as this slave has connected to the master", LOG_FAILURE_CLASH},
		{4052, "A slave with the same server_uuid/server_id as this slave has connected to the master", LOG_FAILURE_CLASH},
		{1236, "Slave can not handle replication events with the checksum that master is configured to log", LOG_FAILURE_CHECKSUM},
		{2013, "Lost connection to server during query", LOG_FAILURE_OTHER},
		{1045, "Access denied", LOG_FAILURE_OTHER},
		{1236, "event read from binlog did not pass crc check", LOG_FAILURE_DAMAGED},
		{1236, "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on master", LOG_FAILURE_PACKET},
		{1236, "memory allocation failed reading log event", LOG_FAILURE_PASSING},
		{1236, "something nobody has seen", LOG_FAILURE_DAMAGED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (log_failure(cases[i].number, cases[i].words) != cases[i].class)
			fail_msg("%u %s", cases[i].number, cases[i].words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),  cmocka_unit_test(test_parts),	 cmocka_unit_test(test_not_a_position),
		cmocka_unit_test(test_reached), cmocka_unit_test(test_log_number), cmocka_unit_test(test_failures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
