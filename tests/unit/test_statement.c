#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "binlog/query.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { ANSI = 0x4, NO_ESCAPES = 0x100000 };

static struct arena arena;

static struct binlog_query query_of(const char *text, uint32_t mode, uint32_t collation)
{
	return (struct binlog_query){.schema = "bank",
				     .text = text,
				     .text_len = strlen(text),
				     .sql_mode = mode,
				     .ansi_quotes = (mode & ANSI) != 0,
				     .collation = collation};
}

static void print_table(struct buffer *out, const struct statement_table *t)
{
	static const char *const effects[] = {"emptied", "dropped", "created",      "renamed",
					      "altered", "indexed", "repartitioned"};
	buffer_format(out, "%s%s", out->len ? "; " : "", effects[t->effect]);
	buffer_format(out, "%s%s%s", t->conditional ? " if" : "", t->replaced ? " anew" : "", t->temporary ? " temporary" : "");
	buffer_format(out, " %s.%s", t->schema, t->name ? t->name : "*");
	if (t->effect == EFFECT_RENAMED)
		buffer_format(out, " to %s.%s", t->to_schema, t->to_name);
}

/* What a statement was understood as, in words. */
static const char *meaning(const struct binlog_query *q)
{
	static const char *const kinds[] = {"nothing",    "begin",   "commit",   "rollback", "savepoint", "rollback to",
					    "release",    "xa start", "xa end",  "xa prepare", "xa commit", "xa rollback",
					    "",           "write"};
	struct statement s;
	struct buffer out = {0};
	statement_read(q, &arena, &s);
	for (int i = 0; i < s.table_count; i++)
		print_table(&out, &s.tables[i]);
	assert_true(s.kind == STATEMENT_DDL ? s.table_count > 0 : s.table_count == 0);
	buffer_text_add(&out, kinds[s.kind]);
	if (s.name)
		buffer_format(&out, " %s", s.name);
	if (s.kind >= STATEMENT_XA_START && s.kind <= STATEMENT_XA_ROLLBACK) {
		buffer_format(&out, " %u:", s.xid_format);
		for (int i = 0; i < s.gtrid_len + s.bqual_len; i++)
			buffer_format(&out, "%s%02x", i == s.gtrid_len ? "/" : "", s.xid[i]);
		buffer_text_add(&out, s.one_phase ? " one phase" : "");
	}
	const char *text = arena_text(&arena, buffer_text(&out));
	buffer_done(&out);
	return text;
}

struct row {
	const char *text, *means;
	uint32_t mode, collation;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct binlog_query q = query_of(rows[i].text, rows[i].mode, rows[i].collation);
		const char *means = meaning(&q);
		if (strcmp(means, rows[i].means) != 0)
			fail_msg("%s\n  means %s\n  not   %s", rows[i].text, means, rows[i].means);
	}
}

static void test_transactions(void **state)
{
	static const struct row rows[] = {
		{"BEGIN", "begin", 0, 0},
		{"begin work", "begin", 0, 0},
		{" \t\r\nBEGIN ;", "begin", 0, 0},
		{"/* a */ BEGIN -- b", "begin", 0, 0},
		{"START TRANSACTION", "begin", 0, 0},
		{"START TRANSACTION WITH CONSISTENT SNAPSHOT", "begin", 0, 0},
		{"START SLAVE", "write", 0, 0},
		{"BEGIN NOT ATOMIC DELETE FROM t; END", "write", 0, 0},
		{"BEGIN DELETE FROM t", "write", 0, 0},
		{"BEGIN; DELETE FROM t", "write", 0, 0},
		{"COMMIT", "commit", 0, 0},
		{"COMMIT WORK AND NO CHAIN NO RELEASE", "commit", 0, 0},
		{"COMMIT /* implicit, from Xid_log_event */", "commit", 0, 0},
		{"ROLLBACK", "rollback", 0, 0},
		{"Rollback Work", "rollback", 0, 0},
		{"ROLLBACK AND CHAIN", "rollback", 0, 0},
		{"ROLLBACK TO sp", "rollback to sp", 0, 0},
		{"ROLLBACK TO `sp`", "rollback to sp", 0, 0},
		{"ROLLBACK TO SAVEPOINT sp", "rollback to sp", 0, 0},
		{"ROLLBACK WORK TO SAVEPOINT `a b``c`", "rollback to a b`c", 0, 0},
		{"ROLLBACK TO \"sp\"", "rollback to sp", ANSI, 0},
		{"ROLLBACK TO \"s\"\"p\"", "rollback to s\"p", ANSI, 0},
		{"ROLLBACK TO \"sp\"", "write", 0, 0},
		{"ROLLBACK TO `savepoint`", "rollback to savepoint", 0, 0},
		{"ROLLBACK TO", "write", 0, 0},
		{"ROLLBACK TO `sp", "write", 0, 0},
		{"SAVEPOINT `x\\`", "savepoint x\\", 0, 0},
		{"SAVEPOINT 1a", "savepoint 1a", 0, 0},
		{"SAVEPOINT `\xce\xb1`", "savepoint \xce\xb1", 0, 0},
		{"SAVEPOINT", "write", 0, 0},
		{"RELEASE SAVEPOINT sp", "release sp", 0, 0},
		{"RELEASE sp", "write", 0, 0},
	};
	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_xa(void **state)
{
	static const struct row rows[] = {
		{"XA START X'31',X'',1", "xa start 1:31", 0, 0},
		{"XA START X'3132',X'33',7", "xa start 7:3132/33", 0, 0},
		{"XA BEGIN 'a'", "xa start 1:61", 0, 0},
		{"XA START 'a' JOIN", "xa start 1:61", 0, 0},
		{"xa start 0x6162,0x63,0x10", "xa start 16:6162/63", 0, 0},
		{"XA START 0x616,'b'", "xa start 1:0616/62", 0, 0},
		{"XA START b'1100001'", "xa start 1:61", 0, 0},
		{"XA START 'a''b','c\\'d',4294967295", "xa start 4294967295:612762/632764", 0, 0},
		{"XA START 'a\\', 'b'", "xa start 1:615c/62", NO_ESCAPES, 0},
		{"XA START \"a\", \"b\"\"\"", "xa start 1:61/6222", 0, 0},
		{"XA START ''", "xa start 1:", 0, 0},
		{"XA END X'31',X'',1", "xa end 1:31", 0, 0},
		{"XA END 'a' SUSPEND FOR MIGRATE", "xa end 1:61", 0, 0},
		{"XA PREPARE X'31',X'',1", "xa prepare 1:31", 0, 0},
		{"XA COMMIT X'31',X'',1", "xa commit 1:31", 0, 0},
		{"XA COMMIT X'31',X'',1 ONE PHASE", "xa commit 1:31 one phase", 0, 0},
		{"XA ROLLBACK x'FFfe','q'", "xa rollback 1:fffe/71", 0, 0},
		{"XA START '0123456789012345678901234567890123456789012345678901234567890123'",
		 "xa start 1:30313233343536373839303132333435363738393031323334353637383930313233343536373839303132333435363738"
		 "39303132333435363738393031"
		 "3233",
		 0, 0},
		{"XA START '01234567890123456789012345678901234567890123456789012345678901234'", "write", 0, 0},
		{"XA START X'313'", "write", 0, 0},
		{"XA START X'3g'", "write", 0, 0},
		{"XA START 'a',", "write", 0, 0},
		{"XA START 'a','b',", "write", 0, 0},
		{"XA START 'a','b',4294967296", "write", 0, 0},
		{"XA START 'a','b',-1", "write", 0, 0},
		{"XA START", "write", 0, 0},
		{"XA RECOVER", "write", 0, 0},
		{"XA COMMIT 'a' 'b'", "write", 0, 0},
	};
	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_drop_and_rename(void **state)
{
	static const struct row rows[] = {
		{"TRUNCATE t", "emptied bank.t", 0, 0},
		{"TRUNCATE TABLE `b`.`t`", "emptied b.t", 0, 0},
		{"truncate table b . t ;", "emptied b.t", 0, 0},
		{"TRUNCATE TABLE .t", "emptied bank.t", 0, 0},
		{"TRUNCATE TABLE t NOWAIT", "emptied bank.t", 0, 0},
		{"TRUNCATE TABLE t DROP STORAGE", "emptied bank.t", 0, 0},
		{"TRUNCATE TABLE `a.b`.`c.d`", "emptied a.b.c.d", 0, 0},
		{"TRUNCATE TABLE", "write", 0, 0},
		{"TRUNCATE TABLE b.", "write", 0, 0},
		{"TRUNCATE TABLE 't'", "write", 0, 0},
		{"TRUNCATE TABLE t garbage", "write", 0, 0},
		{"TRUNCATE(1.5)", "write", 0, 0},
		{"DROP TABLE t", "dropped bank.t", 0, 0},
		{"DROP TABLE `a`,`b`.`c` /* generated by server */", "dropped bank.a; dropped b.c", 0, 0},
		{"DROP TABLE IF EXISTS a, b CASCADE", "dropped if bank.a; dropped if bank.b", 0, 0},
		{"DROP TABLES a WAIT 5", "dropped bank.a", 0, 0},
		{"DROP TEMPORARY TABLE IF EXISTS `b`.`t`", "dropped if temporary b.t", 0, 0},
		{"DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t` /* generated by server */", "dropped if temporary bank.t", 0, 0},
		{"DROP TABLE \"t\"", "dropped bank.t", ANSI, 0},
		{"DROP TABLE \"t\"", "write", 0, 0},
		{"DROP TABLE a,", "write", 0, 0},
		{"DROP TABLE a b", "write", 0, 0},
		{"DROP TABLE `a", "write", 0, 0},
		{"DROP TABLE a /* open", "write", 0, 0},
		{"DROP TABLE 1a.2b", "dropped 1a.2b", 0, 0},
		{"DROP DATABASE b", "dropped b.*", 0, 0},
		{"DROP SCHEMA IF EXISTS `b c`", "dropped if b c.*", 0, 0},
		{"DROP DATABASE", "write", 0, 0},
		{"DROP INDEX i ON t", "indexed bank.t", 0, 0},
		{"DROP INDEX IF EXISTS `on` ON b.t ALGORITHM=INPLACE", "indexed if b.t", 0, 0},
		{"DROP INDEX `PRIMARY` ON t", "altered bank.t", 0, 0},
		{"DROP INDEX i", "write", 0, 0},
		{"DROP VIEW v", "nothing", 0, 0},
		{"DROP SEQUENCE s", "nothing", 0, 0},
		{"DROP CATALOG c", "write", 0, 0},
		{"RENAME TABLE a TO b", "renamed bank.a to bank.b", 0, 0},
		{"RENAME TABLE x.a TO y.b, c TO a", "renamed x.a to y.b; renamed bank.c to bank.a", 0, 0},
		{"RENAME TABLES IF EXISTS a WAIT 5 TO b", "renamed if bank.a to bank.b", 0, 0},
		{"RENAME TABLE a TO b, b TO c, c TO d, d TO e, e TO f",
		 "renamed bank.a to bank.b; renamed bank.b to bank.c; renamed bank.c to bank.d; renamed bank.d to bank.e; "
		 "renamed bank.e to bank.f",
		 0, 0},
		{"RENAME TABLE a b", "write", 0, 0},
		{"RENAME TABLE a TO", "write", 0, 0},
		{"RENAME USER a@b TO c@d", "nothing", 0, 0},
	};
	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_create(void **state)
{
	static const struct row rows[] = {
		{"CREATE TABLE t (a INT)", "created bank.t", 0, 0},
		{"CREATE TABLE IF NOT EXISTS b.t (a INT)", "created if b.t", 0, 0},
		{"CREATE OR REPLACE TABLE t (a INT)", "created anew bank.t", 0, 0},
		{"CREATE TEMPORARY TABLE t (a INT)", "created temporary bank.t", 0, 0},
		{"CREATE OR REPLACE TEMPORARY TABLE t AS SELECT 1", "created anew temporary bank.t", 0, 0},
		{"CREATE TABLE t LIKE u", "created bank.t", 0, 0},
		{"CREATE TABLE t (LIKE u)", "created bank.t", 0, 0},
		{"CREATE TABLE t (a INT) START TRANSACTION", "created bank.t", 0, 0},
		{"CREATE TABLE t (a INT, b INT AS (a + 1), c INT DEFAULT (abs(a))) COMMENT 'as select'", "created bank.t", 0, 0},
		{"CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (5))", "created bank.t", 0, 0},
		{"CREATE TABLE t SELECT 1", "write", 0, 0},
		{"CREATE TABLE t (a INT) IGNORE AS SELECT 1 AS a", "write", 0, 0},
		{"CREATE TABLE t (SELECT * FROM u)", "write", 0, 0},
		{"CREATE TABLE t AS WITH c AS (TABLE u) TABLE c", "write", 0, 0},
		{"CREATE TABLE t TABLE u", "write", 0, 0},
		{"CREATE TABLE t ((TABLE u))", "write", 0, 0},
		{"CREATE TABLE t VALUES ROW(1)", "write", 0, 0},
		{"CREATE TABLE t (`select` INT, `as` INT)", "created bank.t", 0, 0},
		{"CREATE TABLE \xc3\xa9t\xc3\xa9.`\xe9t\xe9` (a INT)", "created \xc3\xa9t\xc3\xa9.\xe9t\xe9", 0, 0},
		{"CREATE INDEX i ON t (a)", "indexed bank.t", 0, 0},
		{"CREATE OR REPLACE UNIQUE INDEX IF NOT EXISTS i USING BTREE ON b.t (a)", "indexed if b.t", 0, 0},
		{"CREATE FULLTEXT INDEX i ON t (a)", "indexed bank.t", 0, 0},
		{"CREATE DATABASE d", "nothing", 0, 0},
		{"CREATE OR REPLACE DATABASE d", "dropped d.*", 0, 0},
		{"CREATE VIEW v AS SELECT * FROM t", "nothing", 0, 0},
		{"CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW v AS SELECT 1", "nothing", 0, 0},
		{"CREATE DEFINER=CURRENT_USER() TRIGGER x AFTER INSERT ON t FOR EACH ROW DELETE FROM u", "nothing", 0, 0},
		{"CREATE DEFINER='table'@'%' PROCEDURE p() BEGIN DELETE FROM t; END", "nothing", 0, 0},
		{"CREATE OR REPLACE PACKAGE BODY p AS END", "nothing", 0, 0},
		{"CREATE AGGREGATE FUNCTION f RETURNS REAL SONAME 'x.so'", "nothing", 0, 0},
		{"CREATE SPATIAL REFERENCE SYSTEM 4120 NAME 'x'", "nothing", 0, 0},
		{"CREATE SEQUENCE s", "nothing", 0, 0},
		{"CREATE USER u@h IDENTIFIED BY 'x'", "nothing", 0, 0},
		{"CREATE SOMETHING t", "write", 0, 0},
		{"CREATE", "write", 0, 0},
		{"CREATE TABLE", "write", 0, 0},
	};
	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_alter(void **state)
{
	static const struct row rows[] = {
		{"ALTER TABLE t ADD COLUMN a INT", "altered bank.t", 0, 0},
		{"ALTER TABLE b.t ADD a INT FIRST, DROP b", "altered b.t", 0, 0},
		{"ALTER ONLINE TABLE IF EXISTS t MODIFY a BIGINT", "altered if bank.t", 0, 0},
		{"ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", "altered bank.t", 0, 0},
		{"ALTER TABLE t ENGINE=InnoDB", "altered bank.t", 0, 0},
		{"ALTER TABLE t ORDER BY a, b", "altered bank.t", 0, 0},
		{"ALTER TABLE t", "altered bank.t", 0, 0},
		{"ALTER TABLE t ADD INDEX i (a)", "indexed bank.t", 0, 0},
		{"ALTER TABLE t ADD KEY (a), ADD UNIQUE u (b, c), ADD FULLTEXT (d)", "indexed bank.t", 0, 0},
		{"ALTER TABLE t ADD UNIQUE (a), ADD b INT", "altered bank.t", 0, 0},
		{"ALTER IGNORE TABLE t ADD UNIQUE (a)", "altered bank.t", 0, 0},
		{"ALTER TABLE t ADD PRIMARY KEY (a)", "altered bank.t", 0, 0},
		{"ALTER TABLE t ADD CONSTRAINT x PRIMARY KEY (a)", "altered bank.t", 0, 0},
		{"ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b)", "altered bank.t", 0, 0},
		{"ALTER TABLE t DROP CONSTRAINT `primary`", "altered bank.t", 0, 0},
		{"ALTER TABLE t ADD CONSTRAINT `x` FOREIGN KEY (a) REFERENCES u (primary_id) ON DELETE CASCADE", "indexed bank.t", 0, 0},
		{"ALTER TABLE t ADD CHECK (a > 0), DROP CONSTRAINT c", "indexed bank.t", 0, 0},
		{"ALTER TABLE t DROP INDEX i, DROP FOREIGN KEY f, DROP CHECK c", "indexed bank.t", 0, 0},
		{"ALTER TABLE t DROP `index`", "altered bank.t", 0, 0},
		{"ALTER TABLE t ALTER INDEX i INVISIBLE", "indexed bank.t", 0, 0},
		{"ALTER TABLE t ALTER CHECK c NOT ENFORCED", "indexed bank.t", 0, 0},
		{"ALTER TABLE t ALTER a SET DEFAULT 5", "altered bank.t", 0, 0},
		{"ALTER TABLE t DISABLE KEYS", "indexed bank.t", 0, 0},
		{"ALTER TABLE t COMMENT='x, RENAME TO y' AUTO_INCREMENT 5, ALGORITHM=INPLACE, LOCK NONE;", "indexed bank.t", 0, 0},
		{"ALTER TABLE t COMMENT 'x' ENGINE=MyISAM", "altered bank.t", 0, 0},
		{"ALTER TABLE t STATS_PERSISTENT=DEFAULT STATS_SAMPLE_PAGES 7", "indexed bank.t", 0, 0},
		{"ALTER TABLE t WAIT 5 ADD INDEX (a)", "indexed bank.t", 0, 0},
		{"ALTER TABLE t RENAME u", "renamed bank.t to bank.u", 0, 0},
		{"ALTER TABLE x.t RENAME TO y.u", "renamed x.t to y.u", 0, 0},
		{"ALTER TABLE x.t RENAME AS u", "renamed x.t to bank.u", 0, 0},
		{"ALTER TABLE t RENAME = u", "renamed bank.t to bank.u", 0, 0},
		{"ALTER TABLE t RENAME u, ADD a INT", "altered bank.t; renamed bank.t to bank.u", 0, 0},
		{"ALTER TABLE t ADD INDEX (a), RENAME TO u, RENAME INDEX i TO j",
		 "indexed bank.t; renamed bank.t to bank.u", 0, 0},
		{"ALTER TABLE t RENAME COLUMN a TO b", "altered bank.t", 0, 0},
		{"ALTER TABLE t RENAME INDEX a TO b", "indexed bank.t", 0, 0},
		{"ALTER TABLE t RENAME KEY a TO b", "indexed bank.t", 0, 0},
		{"ALTER TABLE t RENAME `column`", "renamed bank.t to bank.column", 0, 0},
		{"ALTER TABLE t RENAME", "write", 0, 0},
		{"ALTER TABLE t EXCHANGE PARTITION p WITH TABLE b.u WITHOUT VALIDATION", "repartitioned bank.t; repartitioned b.u", 0, 0},
		{"ALTER TABLE t CONVERT PARTITION p TO TABLE u", "repartitioned bank.t; repartitioned bank.u", 0, 0},
		{"ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES LESS THAN (5)",
		 "repartitioned bank.t; repartitioned bank.u", 0, 0},
		{"ALTER TABLE t DROP PARTITION p, q", "repartitioned bank.t", 0, 0},
		{"ALTER TABLE t TRUNCATE PARTITION ALL", "repartitioned bank.t", 0, 0},
		{"ALTER TABLE t REORGANIZE PARTITION p INTO (PARTITION q VALUES IN (1))", "repartitioned bank.t", 0, 0},
		{"ALTER TABLE t IMPORT TABLESPACE", "repartitioned bank.t", 0, 0},
		{"ALTER TABLE t DISCARD PARTITION p TABLESPACE", "repartitioned bank.t", 0, 0},
		{"ALTER TABLE t ADD PARTITION (PARTITION p VALUES LESS THAN (5), PARTITION q VALUES LESS THAN (6))", "indexed bank.t", 0, 0},
		{"ALTER TABLE t REBUILD PARTITION p, q", "indexed bank.t", 0, 0},
		{"ALTER TABLE t REMOVE PARTITIONING", "altered bank.t", 0, 0},
		{"ALTER TABLE t PARTITION BY HASH (a) PARTITIONS 4", "altered bank.t", 0, 0},
		{"ALTER TABLE t ADD INDEX (a) PARTITION BY HASH (a)", "altered bank.t", 0, 0},
		{"ALTER TABLE", "write", 0, 0},
		{"ALTER TABLE t ADD INDEX i (a) COMMENT 'open", "write", 0, 0},
		{"ALTER DATABASE d CHARACTER SET utf8mb4", "nothing", 0, 0},
		{"ALTER DEFINER=a@b SQL SECURITY INVOKER VIEW v AS SELECT 1", "nothing", 0, 0},
		{"ALTER SEQUENCE s RESTART 5", "nothing", 0, 0},
	};
	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_others(void **state)
{
	static const struct row rows[] = {
		{"", "nothing", 0, 0},
		{"# Dummy event replacing event type 162 that slave cannot handle.", "nothing", 0, 0},
		{"/* only this */ ;", "write", 0, 0},
		{"/* open", "write", 0, 0},
		{"GRANT SELECT ON *.* TO u@h", "nothing", 0, 0},
		{"SET PASSWORD FOR u@h = 'x'", "nothing", 0, 0},
		{"FLUSH PRIVILEGES", "nothing", 0, 0},
		{"ANALYZE TABLE t", "nothing", 0, 0},
		{"ANALYZE NO_WRITE_TO_BINLOG TABLE t PERSISTENT FOR ALL", "nothing", 0, 0},
		{"ANALYZE LOCAL TABLES t", "nothing", 0, 0},
		{"ANALYZE UPDATE t SET a = 1", "write", 0, 0},
		{"ANALYZE FORMAT=JSON DELETE FROM t", "write", 0, 0},
		{"OPTIMIZE TABLE t", "nothing", 0, 0},
		{"LOCK TABLES t WRITE", "nothing", 0, 0},
		{"INSERT INTO t VALUES (1)", "write", 0, 0},
		{"REPLACE t SET a = 1", "write", 0, 0},
		{"UPDATE t SET a = 1", "write", 0, 0},
		{"DELETE HISTORY FROM t", "write", 0, 0},
		{"LOAD DATA INFILE 'x' INTO TABLE t", "write", 0, 0},
		{"CALL p()", "write", 0, 0},
		{"DO f()", "write", 0, 0},
		{"SELECT `bank`.`f`(1)", "write", 0, 0},
		{"(SELECT f())", "write", 0, 0},
		{"WITH c AS (SELECT 1) DELETE FROM t", "write", 0, 0},
		{"VALUES ROW(f())", "write", 0, 0},
		{"FROBNICATE", "write", 0, 0},
		{"`DROP` TABLE t", "write", 0, 0},
		{"\"TRUNCATE\" t", "write", ANSI, 0},
		{"/*!50003 TRUNCATE t */", "emptied bank.t", 0, 0},
		{"/*!503 TRUNCATE*/ t", "write", 0, 0},
		{"/*M!100501 DROP TABLE */ t", "dropped bank.t", 0, 0},
		{"/*! DROP /* inner */ TABLE t */", "dropped bank.t", 0, 0},
		{"/*! DROP TABLE t", "write", 0, 0},
		{"/*!999999TRUNCATE t*/", "emptied bank.t", 0, 0},
		{"--TRUNCATE\nt", "write", 0, 0},
		{"-- DROP TABLE u\nTRUNCATE t", "emptied bank.t", 0, 0},
		{"--\nTRUNCATE t--\n", "emptied bank.t", 0, 0},
		{"#\nTRUNCATE t", "emptied bank.t", 0, 0},
		{"SET STATEMENT max_statement_time=5 FOR TRUNCATE t", "emptied bank.t", 0, 0},
		{"SET STATEMENT a='FOR DROP', b=(SELECT 1 FOR UPDATE) FOR ALTER TABLE t ADD INDEX (a)", "indexed bank.t", 0, 0},
		{"SET STATEMENT a=1 FOR SET STATEMENT b=1 FOR INSERT INTO t VALUES (1)", "write", 0, 0},
		{"SET STATEMENT a=1 FOR GRANT ALL ON x TO y", "nothing", 0, 0},
		{"SET STATEMENT a=1", "write", 0, 0},
		{"DROP TABLE `a\\`, b", "dropped bank.a\\; dropped bank.b", 0, 0},
		/* 81 60 is one letter in sjis, e0 60 in gbk; b1 60 is a katakana and a backtick in sjis */
		{"DROP TABLE `\x81`x`", "dropped bank.\x81`x", 0, 13},
		{"DROP TABLE `\x81`x`", "write", 0, 33},
		{"DROP TABLE `\xb1`", "dropped bank.\xb1", 0, 13},
		{"DROP TABLE `\xb1`", "write", 0, 28},
		{"ALTER TABLE t COMMENT '\xe0\x5c', ADD a INT COMMENT 'x'", "altered bank.t", 0, 28},
		{"ALTER TABLE t COMMENT '\xe0\x5c', ADD a INT COMMENT ''", "write", 0, 8},
		{"ALTER TABLE t COMMENT 'a\\', RENAME u", "indexed bank.t; renamed bank.t to bank.u", NO_ESCAPES, 0},
		{"ALTER TABLE t COMMENT 'a\\', RENAME u'", "indexed bank.t", 0, 0},
		{"ALTER TABLE t COMMENT 'it''s', RENAME u", "indexed bank.t; renamed bank.t to bank.u", 0, 0},
		{"ALTER TABLE t COMMENT \"a\\\"\", RENAME u", "indexed bank.t; renamed bank.t to bank.u", 0, 0},
	};
	(void)state;
	check_rows(rows, COUNT(rows));
}

/* Text is counted, not ended by a NUL. */
static void test_text_has_a_length(void **state)
{
	struct binlog_query q = query_of("DROP TABLE t, u", 0, 0);
	(void)state;
	q.text_len = strlen("DROP TABLE t");
	assert_string_equal(meaning(&q), "dropped bank.t");
	q.text_len = 0;
	q.text = NULL;
	assert_string_equal(meaning(&q), "nothing");
	q.text = "TRUNCATE\0t";
	q.text_len = 10;
	assert_string_equal(meaning(&q), "write");
	q.text = "TRUNCATE `t\0u`";
	q.text_len = 14;
	assert_string_equal(meaning(&q), "write");
}

static void test_long_list(void **state)
{
	struct buffer text = {0};
	struct statement s;
	(void)state;
	buffer_text_add(&text, "DROP TABLE t0");
	for (int i = 1; i < 1000; i++)
		buffer_format(&text, ",x.t%d", i);
	struct binlog_query q = query_of(buffer_text(&text), 0, 0);
	statement_read(&q, &arena, &s);
	assert_int_equal(s.table_count, 1000);
	assert_string_equal(s.tables[999].name, "t999");
	assert_string_equal(s.tables[1].schema, "x");
	buffer_done(&text);
}

static void test_mentions(void **state)
{
	static const char *const names[] = {"customer_info", "store", "\xc3\xa9tat"};
	static const struct {
		const char *text;
		bool mentions;
		uint32_t mode;
	} rows[] = {
		{"INSERT INTO customer_info VALUES (1)", true, 0},
		{"insert into Customer_Info values (1)", true, 0},
		{"DELETE x FROM bank.`STORE` x", true, 0},
		{"DELETE FROM bank.store", true, 0},
		{"DELETE FROM stores", false, 0},
		{"DELETE FROM log WHERE what = 'store'", false, 0},
		{"DELETE FROM log WHERE what = \"store\"", false, 0},
		{"DELETE FROM \"store\"", true, ANSI},
		{"DELETE FROM log /* store */ -- store\n# store", false, 0},
		{"DELETE FROM log /*! , store */", true, 0},
		{"DELETE FROM `sto``re`", false, 0},
		{"DELETE FROM log WHERE a = 'x\\' AND store", true, NO_ESCAPES},
		{"DELETE FROM log WHERE a = 'x\\' AND store'", false, 0},
		/* logged so for what the function writes */
		{"SELECT `bank`.`f`()", true, 0},
		{"set statement a=1 for do f()", true, 0},
		{"CALL p()", true, 0},
		{"INSERT INTO log SELECT 1", false, 0},
		{"DELETE FROM \xc3\x89tat", true, 0},
		{"DELETE FROM `\xe9tat`", true, 0},
		{"DELETE FROM log WHERE a = '\xe9tat'", false, 0},
		/* it does not scan to its end: whatever it holds counts */
		{"DELETE FROM log WHERE a = 'store", true, 0},
		{"DELETE FROM log /* STORE", true, 0},
		{"DELETE FROM log WHERE a = 'shop", false, 0},
		{"", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct binlog_query q = query_of(rows[i].text, rows[i].mode, 0);
		if (statement_mentions(&q, names, COUNT(names)) != rows[i].mentions)
			fail_msg("%s", rows[i].text);
		assert_false(statement_mentions(&q, names, 0));
	}
	struct binlog_query backtick = query_of("DELETE FROM `a``b`", 0, 0);
	const char *const quoted[] = {"A`B"};
	assert_true(statement_mentions(&backtick, quoted, 1));
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_xa),
		cmocka_unit_test(test_drop_and_rename),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_alter),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_text_has_a_length),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_mentions),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
