/* The change table as text, its images, and which changes are one transaction. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "binlog/table.h"
#include "model/model.h"
#include "source/mysql/shape.h"
#include "source/mysql/triggers.h"

static struct mysql_column catalogue[] = {
	{.name = "id", .data_type = "int", .cell = {.type = COL_LONG}},
	{.name = "na`me", .data_type = "varchar", .charset = "latin1", .cell = {.type = COL_VARCHAR}},
	{.name = "photo", .data_type = "longblob", .cell = {.type = COL_BLOB}},
	{.name = "seen_at", .data_type = "timestamp", .fraction = 3, .cell = {.type = COL_TIMESTAMP2}},
	{.name = "rate", .data_type = "float", .cell = {.type = COL_FLOAT}},
	{.name = "flags", .data_type = "bit", .cell = {.type = COL_BIT}},
	{.name = "notes", .data_type = "mediumtext", .charset = "utf8mb4", .cell = {.type = COL_BLOB}},
	{.name = "raw", .data_type = "varbinary", .cell = {.type = COL_VARCHAR}},
};
enum { COLUMNS = sizeof catalogue / sizeof *catalogue };

static struct column columns[COLUMNS + 1];
static int place[COLUMNS + 1];
static struct entity entity = {.name = "customer", .table = "customer", .columns = columns, .column_count = COLUMNS + 1};
static struct mysql_table table = {.base = {.name = "customer", .place = place}, .columns = catalogue, .column_count = COLUMNS};

static int setup(void **state)
{
	(void)state;
	for (int i = 0; i < COLUMNS; i++)
		place[i] = i;
	place[COLUMNS] = -1; /* the model has one more than the server */
	return 0;
}

static void test_codes(void **state)
{
	static const char codes[] = "nxBtfiXb";
	struct capture_table c, other;
	struct arena a;

	(void)state;
	arena_init(&a);
	capture_table_make(&a, &table, &entity, &c);
	assert_int_equal(c.count, COLUMNS);
	for (int i = 0; i < COLUMNS; i++)
		assert_int_equal(c.columns[i].code, codes[i]);
	assert_int_equal(strlen(c.shape), 16);
	/* A longer type is the same shape; another name or coding is not. */
	catalogue[0].data_type = "bigint";
	catalogue[0].cell.type = COL_LONGLONG;
	capture_table_make(&a, &table, &entity, &other);
	assert_string_equal(other.shape, c.shape);
	catalogue[0].cell.type = COL_FLOAT;
	capture_table_make(&a, &table, &entity, &other);
	assert_string_not_equal(other.shape, c.shape);
	catalogue[0].cell.type = COL_LONG;
	place[1] = -1;
	capture_table_make(&a, &table, &entity, &other);
	assert_string_not_equal(other.shape, c.shape);
	place[1] = 1;
	arena_done(&a);
}

static void test_trigger(void **state)
{
	static const char expected[] =
		"CREATE OR REPLACE TRIGGER `ba``nk`.`tellerdesk_delete_customer` AFTER DELETE ON `ba``nk`.`customer` FOR EACH ROW\n"
		"  INSERT INTO `ba``nk`.`tellerdesk_change` (`at`, `txn`, `tbl`, `shape`, `op`, `before_image`)\n"
		"  VALUES (UTC_TIMESTAMP(6), CONCAT(@@server_id, '-', CONNECTION_ID(), '/', @@last_gtid), 'customer', 'SHAPE', "
		"IF(@@foreign_key_checks, 'd', 'D'),\n"
		"    CONCAT(IF(OLD.`id` IS NULL, 'N', CAST(OLD.`id` AS CHAR)), ',',\n"
		"      IF(OLD.`na``me` IS NULL, 'N', HEX(CONVERT(OLD.`na``me` USING utf8mb4))), ',',\n"
		"      IF(OLD.`photo` IS NULL, 'N', IF(LENGTH(OLD.`photo`) > 1048576, NULL, HEX(OLD.`photo`))), ',',\n"
		"      IF(OLD.`seen_at` IS NULL, 'N', IFNULL(UNIX_TIMESTAMP(OLD.`seen_at`), 0)), ',',\n"
		"      IF(OLD.`rate` IS NULL, 'N', CAST(OLD.`rate` + 0e0 AS CHAR)), ',',\n"
		"      IF(OLD.`flags` IS NULL, 'N', HEX(OLD.`flags`)), ',',\n"
		"      IF(OLD.`notes` IS NULL, 'N', IF(LENGTH(OLD.`notes`) > 1048576, NULL, HEX(CONVERT(OLD.`notes` USING utf8mb4)))), ',',\n"
		"      IF(OLD.`raw` IS NULL, 'N', HEX(OLD.`raw`))));\n";
	struct capture_site site = {.database = "ba`nk", .model = "m", .mariadb = true};
	struct capture_table c;
	struct buffer out = {0};
	struct arena a;

	(void)state;
	arena_init(&a);
	capture_table_make(&a, &table, &entity, &c);
	strcpy(c.shape, "SHAPE");
	capture_trigger(&out, &site, &c, CAPTURE_DELETE);
	assert_string_equal(buffer_text(&out), expected);
	/* MySQL has no @@last_gtid; update has both images. */
	site.mariadb = false;
	buffer_clear(&out);
	capture_trigger(&out, &site, &c, CAPTURE_UPDATE);
	assert_null(strstr(buffer_text(&out), "last_gtid"));
	assert_null(strstr(buffer_text(&out), "REPLACE TRIGGER"));
	assert_non_null(strstr(buffer_text(&out), "OLD.`id`"));
	assert_non_null(strstr(buffer_text(&out), "NEW.`id`"));
	buffer_done(&out);
	arena_done(&a);
}

static void test_names(void **state)
{
	char long_name[65];
	struct buffer a = {0}, b = {0};

	(void)state;
	memset(long_name, 'x', 64);
	long_name[64] = '\0';
	capture_trigger_name(&a, long_name, CAPTURE_INSERT);
	assert_in_range(a.len, 1, 64);
	long_name[63] = 'y';
	capture_trigger_name(&b, long_name, CAPTURE_INSERT);
	assert_string_not_equal(buffer_text(&a), buffer_text(&b));
	buffer_done(&a);
	buffer_done(&b);
}

/* What is only printed for a person to undo must not run. */
static void test_script(void **state)
{
	struct capture_site site = {.database = "bank", .model = "sakila", .account = "'teller'@'%'"};
	const char *parent_columns[] = {"a", "b"};
	const struct mysql_hidden hidden = {.parent = "city", .child = "customer", .column_count = 2, .parent_columns = parent_columns};
	const struct mysql_hidden *keys[] = {&hidden, &hidden};
	struct capture_watch watch = {.parent = "city", .shape = "W", .count = 2, .keys = keys};
	struct capture_table tables[2] = {0};
	const struct capture_set set = {tables, 2, &watch, 1}; /* the second is a table the server lacks */
	struct buffer out = {0};
	struct arena a;

	(void)state;
	arena_init(&a);
	capture_table_make(&a, &table, &entity, &tables[0]);
	capture_script(&out, &site, &set);
	const char *text = buffer_text(&out), *locked = strstr(text, "LOCK TABLES `bank`.`customer` WRITE;"), *drop = strstr(text, "\nDROP TRIGGER");
	const char *unlocked = strstr(text, "UNLOCK TABLES;");
	assert_true(locked && drop && unlocked && locked < drop && drop < unlocked);
	assert_non_null(strstr(text, "GRANT SELECT ON `bank`.`customer` TO 'teller'@'%';"));
	assert_non_null(strstr(text, "GRANT SELECT ON `bank`.`tellerdesk_change` TO 'teller'@'%';"));
	assert_null(strstr(text, "REPLICATION"));
	assert_null(strstr(text, "\nDROP TABLE"));
	assert_non_null(strstr(text, "\n-- DROP TABLE IF EXISTS `bank`.`tellerdesk_change`;"));
	site.mariadb = true;
	buffer_clear(&out);
	capture_script(&out, &site, &set);
	assert_null(strstr(buffer_text(&out), "\nDROP TRIGGER"));
	assert_null(strstr(buffer_text(&out), "LOCK TABLES"));
	assert_non_null(strstr(buffer_text(&out),
			       "CREATE OR REPLACE TRIGGER `bank`.`tellerdesk_watch_city` AFTER UPDATE ON `bank`.`city` FOR EACH ROW\n"
			       "  INSERT INTO `bank`.`tellerdesk_change` (`at`, `txn`, `tbl`, `shape`, `op`)\n"
			       "    SELECT UTC_TIMESTAMP(6), CONCAT(@@server_id, '-', CONNECTION_ID(), '/', @@last_gtid), 'customer', 'W', 'r' FROM DUAL "
			       "WHERE NOT (OLD.`a` <=> NEW.`a` AND OLD.`b` <=> NEW.`b`)\n    UNION ALL SELECT"));
	buffer_done(&out);
	arena_done(&a);
}

static void test_image(void **state)
{
	struct capture_column three[3] = {{.name = "a", .code = 'x'}, {.name = "b", .code = 'n'}, {.name = "c", .code = 'x'}};
	struct capture_table c = {.name = "t", .count = 3, .columns = three};
	struct capture_cell cells[3];

	(void)state;
	assert_true(capture_image(&c, "N,12,", 5, cells));
	assert_true(cells[0].null && !cells[1].null && !cells[2].null);
	assert_int_equal(cells[1].len, 2);
	assert_int_equal(cells[2].len, 0);
	assert_false(capture_image(&c, "N,12", 4, cells));
	assert_false(capture_image(&c, "N,12,,", 6, cells));
	assert_false(capture_image(&c, "", 0, cells));
	c.count = 1;
	assert_true(capture_image(&c, "", 0, cells));
	assert_false(cells[0].null);
}

static void test_text(void **state)
{
	static const struct { char code; int fraction; const char *cell, *expected; } cases[] = {
		{'n', 0, "-12.50", "-12.50"}, {'f', 0, "0.10000000149011612", "0.10000000149011612"}, {'x', 0, "", ""},
		{'x', 0, "4AC3B6", "J\xc3\xb6"}, {'b', 0, "00FF", "\0\xff"}, {'x', 0, "4", NULL}, {'x', 0, "4G", NULL},
		{'i', 0, "5", "\5"}, {'i', 0, "105", "\1\5"}, {'i', 0, "FFFFFFFFFFFFFFFF", "\xff\xff\xff\xff\xff\xff\xff\xff"},
		{'i', 0, "", NULL}, {'i', 0, "11111111111111111", NULL}, {'n', 0, "", NULL},
		{'t', 0, "1764150000", "2025-11-26 09:40:00"}, {'t', 3, "1764150000.123", "2025-11-26 09:40:00.123"},
		{'t', 3, "0", "0000-00-00 00:00:00.000"}, {'t', 0, "0", "0000-00-00 00:00:00"}, {'t', 0, "x", NULL}, {'t', 0, "-1", NULL},
		{'t', 0, "2147483647", "2038-01-19 03:14:07"},
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mysql_column column = {.fraction = cases[i].fraction};
		struct capture_cell cell = {.text = cases[i].cell, .len = strlen(cases[i].cell)};
		const char *text = NULL;
		size_t n = 0, length = cases[i].code == 'b' || cases[i].code == 'i' ? (cell.len + 1) / 2 : cases[i].expected ? strlen(cases[i].expected) : 0;
		if (capture_text(cases[i].code, &column, &cell, &a, &text, &n) != (cases[i].expected != NULL))
			fail_msg("%c %s", cases[i].code, cases[i].cell);
		if (!cases[i].expected)
			continue;
		assert_int_equal(n, length);
		assert_memory_equal(text, cases[i].expected, n);
	}
	arena_done(&a);
}

/* Transactions by letter; '.' is unnamed, of connection 1; ',' of connection 2. '|' stands where one must end. */
static void group(const char *txns, const char *seconds, bool catching_up, const char *expected)
{
	static char names[64][16];
	struct trigger_item items[64] = {0};
	const char *txn[64] = {0};
	char got[130] = "";
	int n = (int)strlen(txns);

	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], txns[i] == '.' ? "1-1/" : txns[i] == ',' ? "1-2/" : "1-9/0-1-%c", txns[i]);
		txn[i] = txns[i] == '?' ? NULL : names[i];
		items[i].at = seconds ? (seconds[i] - '0') * 20 * SECOND : 0;
	}
	triggers_group(items, txn, n, catching_up);
	for (int i = 0; i < n; i++) {
		strncat(got, &txns[i], 1);
		if (items[i].last)
			strcat(got, "|");
	}
	assert_string_equal(got, expected);
}

static void test_group(void **state)
{
	(void)state;
	group("", NULL, false, "");
	group("a", NULL, false, "a|");
	group("aab", NULL, false, "aa|b|");
	group("aabcbd", NULL, false, "aa|bcb|d|");
	group("abababc", NULL, false, "ababab|c|");
	group("abca", NULL, false, "abca|");
	group("?a?b", NULL, false, "?a?|b|");
	/* Without names a look is one. */
	group("..,,.", "00999", false, "..,,.|");
	group("..a,", "0099", false, "..a,|");
	/* Piled up: where every connection was silent. */
	group("..,,.", "00999", true, "..|,,|.|");
	group(".,.,", "0042", true, ".|,.,|");
	group(".,.,.", "00448", true, ".|,|.|,|.|");
	group("a.a.", "0099", true, "a.a|.|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes), cmocka_unit_test(test_trigger), cmocka_unit_test(test_names), cmocka_unit_test(test_script),
		cmocka_unit_test(test_image), cmocka_unit_test(test_text),    cmocka_unit_test(test_group),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
