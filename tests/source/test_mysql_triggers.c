/* The change table of a real server as a source: exact values, numbers that come out of order, gaps, crashes, copies. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <mysql.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "ingest/compare.h"
#include "ingest/ingest.h"
#include "model/model.h"
#include "mysql_server.h"
#include "source/mysql/private.h"
#include "source/mysql/triggers.h"
#include "source/source.h"

static const char *const options[] = {"--log-bin", "--binlog-format=ROW", "--server-id=7", "--innodb-lock-wait-timeout=3", NULL};

static struct server *server;
static struct model *item_model, *kinds_model, *sakila_model;

/* One table, two columns: what changes, and how often. */
static const char item_text[] =
	"[model]\nname = item\ntitle = Items\nzone = UTC\n"
	"[entity item]\nkind = customer\ntitle = Item\ntable = item\nkey = id\nname = word\n"
	"column.id = No. | integer\ncolumn.word = Word | text\n";

static const char kinds_text[] =
	"[model]\nname = kinds\ntitle = Kinds\nzone = Asia/Jakarta\n"
	"[entity kinds]\nkind = customer\ntitle = Kinds\ntable = kinds\nkey = id\nname = vc\noptional = gone\n"
	"column.id = No. | integer\ncolumn.ti = TI | integer\ncolumn.bu = BU | integer\ncolumn.zf = ZF | integer\n"
	"column.de = DE | decimal(4)\ncolumn.du = DU | decimal\ncolumn.fl = FL | decimal\ncolumn.db = DB | decimal\ncolumn.fx = FX | decimal\n"
	"column.bt = BT | integer\ncolumn.b1 = B1 | boolean\ncolumn.ye = YE | integer\n"
	"column.da = DA | date\ncolumn.tm = TM | text\ncolumn.dt = DT | datetime\ncolumn.d6 = D6 | datetime\n"
	"column.ts = TS | instant\ncolumn.t6 = T6 | instant\ncolumn.tw = TW | datetime\n"
	"column.ch = CH | text\ncolumn.vc = VC | text\ncolumn.l1 = L1 | text\ncolumn.u8 = U8 | text\ncolumn.tx = TX | text\ncolumn.lt = LT | text\n"
	"column.en = EN | text\ncolumn.se = SE | text\ncolumn.bi = BI | bytes\ncolumn.vb = VB | bytes\ncolumn.bl = BL | bytes\ncolumn.rt = RT | text\n"
	"column.js = JS | text\ncolumn.uu = UU | text\ncolumn.i6 = I6 | text\ncolumn.gs = GS | bytes\ncolumn.vg = VG | integer\ncolumn.gone = Gone | text\n";

static const char kinds_table[] =
	"CREATE TABLE kinds (id INT PRIMARY KEY, ti TINYINT, bu BIGINT UNSIGNED, zf INT(6) ZEROFILL, de DECIMAL(12,4), du DECIMAL(30,10) UNSIGNED,"
	" fl FLOAT, db DOUBLE, fx DOUBLE(10,2), bt BIT(64), b1 BIT(1), ye YEAR, da DATE, tm TIME(3), dt DATETIME, d6 DATETIME(6), ts TIMESTAMP NULL,"
	" t6 TIMESTAMP(6) NULL, tw TIMESTAMP NULL, ch CHAR(10), vc VARCHAR(50), l1 VARCHAR(20) CHARACTER SET latin1, u8 VARCHAR(20) CHARACTER SET utf8mb3, tx TEXT,"
	" lt LONGTEXT, en ENUM('a','it''s','ö') CHARACTER SET latin1, se SET('x','y','z'), bi BINARY(4), vb VARBINARY(10), bl LONGBLOB, rt VARBINARY(20), js JSON,"
	" uu UUID, i6 INET6, gs POINT, vg INT GENERATED ALWAYS AS (ti * 2) VIRTUAL) CHARACTER SET utf8mb4";

static struct model *parsed(const char *text)
{
	struct buffer errors = {0};
	struct model *m = model_parse(text, "test.model", &errors);

	if (!m)
		fail_msg("%s", buffer_text(&errors));
	buffer_done(&errors);
	return m;
}

/* ---- the server ---- */

static struct source *open_as(const char *user, const char *database, const struct model *model, struct error *err)
{
	struct source_params p = {.url = server_url(server, user, database), .model = model, .state_folder = server_folder(server), .stop = -1};

	return source_open(&p, err);
}

static struct source *opened(const char *database, const struct model *model)
{
	struct error err = {0};
	char *full = memory_format("%s?capture=triggers", database);
	struct source *s = open_as("teller", full, model, &err);

	free(full);
	if (!s)
		fail_msg("%s", err.message);
	return s;
}

/* What a person does with capture-sql; the comments at its end are for another day. */
static void install(const char *database, const struct model *model)
{
	struct source *s = opened(database, model);
	struct buffer sql = {0};
	struct error err = {0};

	if (!s->ops->capture_sql(s, &sql, &err))
		fail_msg("%s", err.message);
	s->ops->close(s);
	char *end = strstr(buffer_text(&sql), "-- To remove all of it");
	assert_non_null(end);
	*end = '\0';
	server_sql(server, buffer_text(&sql));
	buffer_done(&sql);
}

static void fresh(const char *database)
{
	server_sqlf(server, "DROP DATABASE IF EXISTS %s; CREATE DATABASE %s CHARACTER SET utf8mb4; USE %s", database, database, database);
}

static void items(void)
{
	fresh("bank");
	server_sql(server, "CREATE TABLE item (id INT PRIMARY KEY, word VARCHAR(20)); REVOKE ALL PRIVILEGES, GRANT OPTION FROM teller@localhost;"
			   "GRANT SELECT ON bank.item TO teller@localhost");
	install("bank", item_model);
}

static int start(void **state)
{
	(void)state;
	server = server_start(&(struct server_setup){.options = options});
	item_model = parsed(item_text);
	kinds_model = parsed(kinds_text);
	struct buffer errors = {0};
	sakila_model = model_load("sakila", &errors);
	if (!sakila_model)
		fail_msg("%s", buffer_text(&errors));
	if (server)
		server_sql(server, "CREATE USER teller@localhost; CREATE USER reader@localhost;"
				   "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT, BINLOG MONITOR ON *.* TO reader@localhost");
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end(server);
	model_free(item_model);
	model_free(kinds_model);
	model_free(sakila_model);
	return 0;
}

/* A session of the bank. */
static MYSQL *session(const char *database)
{
	MYSQL *c = mysql_init(NULL);

	if (!mysql_real_connect(c, NULL, "root", "", database, 0, server_socket(server), CLIENT_MULTI_STATEMENTS))
		fail_msg("%s", mysql_error(c));
	return c;
}

static bool try_sql(MYSQL *c, const char *sql)
{
	bool ok = mysql_query(c, sql) == 0;

	do {
		MYSQL_RES *r = mysql_store_result(c);
		if (r)
			mysql_free_result(r);
	} while (ok && mysql_next_result(c) == 0);
	return ok && mysql_errno(c) == 0;
}

static void sql(MYSQL *c, const char *text)
{
	if (!try_sql(c, text))
		fail_msg("%s: %s", text, mysql_error(c));
}

/* ---- reading ---- */

static void print_change(struct buffer *out, const struct model *m, const struct change *c)
{
	static const char ops[] = {[CHANGE_INSERT] = 'i', [CHANGE_UPDATE] = 'u', [CHANGE_DELETE] = 'd', [CHANGE_RELOAD] = 'r'};
	const struct entity *e = &m->entities[c->entity];
	const struct value *sides[] = {c->before, c->after};

	buffer_format(out, "%c", ops[c->op]);
	for (int s = 0; s < 2; s++)
		for (int i = 0; sides[s] && i < e->column_count; i++) {
			const struct value *v = &sides[s][i];
			buffer_text_add(out, i ? "," : " ");
			if (v->kind == VALUE_INTEGER)
				buffer_format(out, "%" PRId64, v->integer);
			else if (v->kind == VALUE_TEXT || v->kind == VALUE_BYTES)
				buffer_add(out, v->text, v->len);
			else
				buffer_char(out, v->kind == VALUE_NULL ? '-' : '?');
		}
}

/* All there is until the source rests: changes of a transaction joined by ';', transactions ended by '|'. */
static void drain(struct source *s, struct buffer *out, int64_t *complete_to)
{
	struct source_event e;
	struct error err = {0};
	bool first = true;
	int64_t until = clock_mono() + 20 * SECOND;

	for (;;) {
		switch (s->ops->next(s, 500, &e, &err)) {
		case SOURCE_BEGIN:
			first = true;
			break;
		case SOURCE_CHANGE:
			buffer_text_add(out, first ? "" : ";");
			print_change(out, s->model, &e.change);
			first = false;
			break;
		case SOURCE_COMMIT:
			buffer_char(out, '|');
			break;
		case SOURCE_IDLE:
			if (complete_to)
				*complete_to = e.complete_to;
			return;
		case SOURCE_WAIT:
			break;
		case SOURCE_ERROR:
			buffer_format(out, "!%d", (int)err.code);
			return;
		}
		if (clock_mono() > until)
			fail_msg("the source never rests");
	}
}

static void expect(struct source *s, const char *expected)
{
	struct buffer got = {0};

	drain(s, &got, NULL);
	assert_string_equal(buffer_text(&got), expected);
	buffer_done(&got);
}

static void begin(struct source *s, const char *position)
{
	struct error err = {0};

	if (!s->ops->start(s, position, &err))
		fail_msg("%s", err.message);
}

static char *newest(struct source *s)
{
	const char *p;
	struct error err = {0};

	if (!s->ops->newest(s, &p, &err))
		fail_msg("%s", err.message);
	return memory_text(p);
}

/* Without the time at its end. */
static void stands_at(struct source *s, const char *expected)
{
	struct mysql_triggers *t = ((struct mysql *)s)->triggers;
	struct buffer out = {0};

	seen_print(&t->seen, TIME_NONE, &out);
	assert_string_equal(buffer_text(&out), expected);
	buffer_done(&out);
}

/* ---- values ---- */

static const char *const kinds_rows[] = {
	"(1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
	" NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT)",
	"(2, -128, 18446744073709551615, 42, -12345678.9, 12345678901234567890.0123456789, 0.1, 0.1, 1.005, b'1111111111111111111111111111111111111111111111111111111111111111',"
	" b'1', 2024, '2024-02-29', '-838:59:58.125', '2024-10-27 02:30:00', '9999-12-31 23:59:59.999999', '2024-10-27 00:30:00', '2024-10-27 01:30:00.000001',"
	" '2024-03-31 03:30:00', 'ab  ', 'N', 'ÄÖÜ€', 'ñ', '', 'a,b\\'c\\\\d\n\t\\0e', 'it\\'s', 'x,z', 'a', '', '', 'N,', '{\"a\": [1, null, \"ü\"]}',"
	" '123e4567-e89b-12d3-a456-426655440000', '::1', POINT(1.5, -2), DEFAULT)",
	"(3, 0, 0, 0, 0, 0, -3.4028235e38, 1.7976931348623157e308, 0, 0, b'0', 0, '0000-00-00', '00:00:00', '0000-00-00 00:00:00', '2024-00-00 00:00:00',"
	" '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '', '𝄞 emoji 😀', '', '', ' ', 'x', '', '', X'00', X'00FF', X'DEADBEEF00', X'FFFE', '[]',"
	" '00000000-0000-0000-0000-000000000000', '::ffff:192.0.2.1', NULL, DEFAULT)",
	"(4, 127, 1, 1234567, 0.0001, 0.0000000001, 1.17549e-38, 5e-324, -99999999.99, 1, NULL, 1901, '0001-01-01', '838:59:59', '1000-01-01 00:00:00',"
	" '1970-01-01 00:00:00.5', '2038-01-19 03:14:07', '1970-01-02 00:00:00.000001', '2024-03-31 01:30:00', 'abcdefghij', 'a', 'b', 'c', 'd', 'e', 'ö', 'y',"
	" 'abcd', 'abc', 'abc', 'abc', '1', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '2001:db8::1', POINT(0, 0), DEFAULT)",
	"(5, 1, 2, 3, 4, 5, 16777216, -0.000001, 5, 6, b'1', 2155, '9999-12-31', '12:00:00', '2024-01-01', '2024-01-01 00:00:00.1', '2001-09-09 01:46:40',"
	" '2001-09-09 01:46:40.100000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT)",
};
enum { KINDS_ROWS = sizeof kinds_rows / sizeof *kinds_rows };

struct image { enum change_op op; struct value *before, *after; };

static struct value *kept(const struct entity *e, const struct value *row, struct arena *a)
{
	struct value *out = row ? arena_zero(a, (size_t)e->column_count, sizeof *out) : NULL;

	for (int i = 0; row && i < e->column_count; i++) {
		out[i] = row[i];
		if (row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES)
			out[i].text = arena_copy(a, row[i].text, row[i].len);
	}
	return out;
}

/* All that was committed by now, but for updates that change nothing: the log leaves them out. */
static int gather(struct source *s, struct image *out, int most, struct arena *a)
{
	const struct entity *e = &s->model->entities[0];
	int64_t wanted = s->ops->clock(s);
	struct source_event ev;
	struct error err = {0};
	int n = 0;

	for (enum source_result r; (r = s->ops->next(s, 1000, &ev, &err)) != SOURCE_IDLE || ev.complete_to < wanted;) {
		if (r == SOURCE_ERROR)
			fail_msg("%s", err.message);
		if (r != SOURCE_CHANGE)
			continue;
		assert_true(n < most);
		out[n] = (struct image){ev.change.op, kept(e, ev.change.before, a), kept(e, ev.change.after, a)};
		bool nothing = ev.change.op == CHANGE_UPDATE;
		for (int k = 0; nothing && k < e->column_count; k++)
			nothing = value_equal(out[n].before[k], out[n].after[k]);
		n += !nothing;
	}
	return n;
}

static void same_row(const struct entity *e, const struct value *a, const struct value *b, const char *what)
{
	assert_int_equal(a == NULL, b == NULL);
	for (int i = 0; a && i < e->column_count; i++)
		if (a[i].kind != b[i].kind || !value_equal(a[i], b[i]))
			fail_msg("%s: %s: kinds %d %d, \"%.*s\" \"%.*s\"", what, e->columns[i].name, (int)a[i].kind, (int)b[i].kind,
				 a[i].kind == VALUE_TEXT ? (int)a[i].len : 0, a[i].kind == VALUE_TEXT ? a[i].text : "",
				 b[i].kind == VALUE_TEXT ? (int)b[i].len : 0, b[i].kind == VALUE_TEXT ? b[i].text : "");
}

/* The session's ways must not show: strange ones write the rows. */
static const char *const strange[] = {
	"SET time_zone = '+00:00', sql_mode = ''",
	"SET time_zone = 'Test/Fold', sql_mode = 'PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
	"SET time_zone = '-11:30', sql_mode = 'PAD_CHAR_TO_FULL_LENGTH', character_set_connection = latin1",
	"SET time_zone = '+09:45', sql_mode = '', collation_connection = utf16_general_ci",
};

/* A zone whose clock goes back an hour on 27 October 2024, at 01:00 UTC. */
static void make_zone(void)
{
	server_sql(server, "USE mysql; INSERT INTO time_zone (Time_zone_id, Use_leap_seconds) VALUES (900, 'N');"
			   "INSERT INTO time_zone_name (Name, Time_zone_id) VALUES ('Test/Fold', 900);"
			   "INSERT INTO time_zone_transition_type VALUES (900, 0, 3600, 0, 'CET'), (900, 1, 7200, 1, 'CEST');"
			   "INSERT INTO time_zone_transition VALUES (900, 1711846800, 1), (900, 1729990800, 0)");
}

static void test_values(void **state)
{
	const struct entity *e = &kinds_model->entities[0];
	struct image t[64], l[64];
	struct source_chunk chunk;
	struct error err = {0};
	struct arena a;
	int changes = 0;

	(void)state;
	if (!server)
		skip();
	make_zone();
	fresh("kind");
	server_sqlf(server, "%s; GRANT SELECT ON kind.kinds TO teller@localhost", kinds_table);
	install("kind", kinds_model);
	struct source *triggers = opened("kind", kinds_model), *log = open_as("reader", "kind", kinds_model, &err);
	if (!log)
		fail_msg("%s", err.message);
	begin(triggers, NULL);
	begin(log, NULL);
	MYSQL *c = session("kind");
	mysql_set_character_set(c, "utf8mb4");
	for (int i = 0; i < KINDS_ROWS; i++) {
		struct buffer insert = {0};
		/* The rows are written by a plain session, changed by strange ones. */
		sql(c, "SET NAMES utf8mb4; SET time_zone = '+00:00', sql_mode = ''");
		buffer_format(&insert, "INSERT INTO kinds VALUES %s", kinds_rows[i]);
		sql(c, buffer_text(&insert));
		buffer_done(&insert);
		changes++;
		for (size_t k = 0; k < sizeof strange / sizeof *strange; k++) {
			sql(c, "SET NAMES utf8mb4");
			sql(c, strange[k]);
			sql(c, "UPDATE kinds SET ti = ti ORDER BY id DESC LIMIT 1"); /* changes nothing, or nearly */
			char *update = memory_format("UPDATE kinds SET bu = %zu WHERE id = %d", k + 100, i + 1);
			sql(c, update);
			free(update);
			changes++;
		}
	}
	sql(c, "SET NAMES utf8mb4; SET sql_mode = '', time_zone = '+00:00'; DELETE FROM kinds WHERE id = 2; REPLACE INTO kinds (id, vc) VALUES (3, 'r');"
	       "INSERT INTO kinds (id) VALUES (4) ON DUPLICATE KEY UPDATE vc = 'dup'; UPDATE kinds SET id = 9 WHERE id = 4");
	mysql_close(c);
	arena_init(&a);
	int seen = gather(triggers, t, 64, &a);
	assert_true(seen >= changes);
	assert_int_equal(gather(log, l, 64, &a), seen);
	for (int i = 0; i < seen; i++) {
		char *what = memory_format("change %d", i);
		assert_int_equal(t[i].op, l[i].op);
		same_row(e, t[i].before, l[i].before, what);
		same_row(e, t[i].after, l[i].after, what);
		free(what);
	}
	/* And what a copy reads is what the last image of the row says. */
	if (!triggers->ops->copy->read_chunk(triggers, 0, NULL, 100, &chunk, &err))
		fail_msg("%s", err.message);
	assert_int_equal(chunk.count, 4);
	for (int r = 0; r < chunk.count; r++)
		for (int i = seen - 1; i >= 0; i--)
			if (t[i].after && value_equal(t[i].after[0], chunk.rows[r][0])) {
				same_row(e, t[i].after, chunk.rows[r], "copy");
				break;
			}
	arena_done(&a);
	triggers->ops->close(triggers);
	log->ops->close(log);
}

/* ---- order ---- */

static void test_out_of_order(void **state)
{
	int64_t complete = TIME_NONE;
	struct buffer got = {0};

	(void)state;
	if (!server)
		skip();
	items();
	struct source *s = opened("bank", item_model);
	begin(s, NULL);
	stands_at(s, "change:1");
	MYSQL *a = session("bank"), *b = session("bank");
	sql(a, "BEGIN; INSERT INTO item VALUES (1, 'a')");
	sql(b, "INSERT INTO item VALUES (2, 'b'); INSERT INTO item VALUES (3, 'c')");
	expect(s, "i 2,b|i 3,c|");
	stands_at(s, "change:1+1x2");
	sql(a, "UPDATE item SET word = 'aa' WHERE id = 1");
	sql(b, "UPDATE item SET word = 'bb' WHERE id = 2");
	drain(s, &got, &complete);
	assert_string_equal(buffer_text(&got), "u 2,b 2,bb|");
	stands_at(s, "change:1+1x2,1x1");
	/* While it is open all else is complete, and what it commits is told as committed after that. */
	char *before = newest(s);
	sql(a, "COMMIT");
	struct source_event e;
	struct error err = {0};
	enum source_result r;
	while ((r = s->ops->next(s, 500, &e, &err)) != SOURCE_BEGIN)
		assert_true(r == SOURCE_IDLE || r == SOURCE_WAIT);
	assert_true(e.commit_time >= complete);
	buffer_clear(&got);
	drain(s, &got, NULL);
	assert_string_equal(buffer_text(&got), "i 1,a;u 1,a 1,aa|");
	stands_at(s, "change:6");
	char *after = newest(s);
	assert_true(s->ops->reached(after, before));
	assert_false(s->ops->reached(before, after));
	free(before);
	free(after);
	buffer_done(&got);
	mysql_close(a);
	mysql_close(b);
	s->ops->close(s);
}

static void young(struct source *s, int64_t age)
{
	((struct mysql *)s)->triggers->gap_age = age;
}

static void rest_until(struct source *s, const char *stand, int seconds)
{
	struct mysql_triggers *t = ((struct mysql *)s)->triggers;
	int64_t limit = clock_mono() + seconds * SECOND;
	struct buffer out = {0}, got = {0};

	for (;;) {
		buffer_clear(&out);
		seen_print(&t->seen, TIME_NONE, &out);
		if (strcmp(buffer_text(&out), stand) == 0)
			break;
		if (clock_mono() > limit)
			fail_msg("expected %s, found %s", stand, buffer_text(&out));
		drain(s, &got, NULL);
		assert_string_equal(buffer_text(&got), "");
	}
	buffer_done(&out);
	buffer_done(&got);
}

static void test_rolled_back(void **state)
{
	(void)state;
	if (!server)
		skip();
	items();
	struct source *s = opened("bank", item_model);
	begin(s, NULL);
	MYSQL *a = session("bank"), *b = session("bank"), *c = session("bank");
	sql(a, "BEGIN; INSERT INTO item VALUES (1, 'a')");
	sql(c, "BEGIN; INSERT INTO item VALUES (5, 'x'); SAVEPOINT p; INSERT INTO item VALUES (6, 'y'); ROLLBACK TO p");
	sql(b, "INSERT INTO item VALUES (2, 'b')");
	expect(s, "i 2,b|");
	stands_at(s, "change:1+3x1");
	/* Too young to ask. */
	sql(a, "ROLLBACK");
	expect(s, "");
	stands_at(s, "change:1+3x1");
	/* One of the three is still held; the rest is decided without it. */
	young(s, SECOND / 5);
	sql(b, "INSERT INTO item VALUES (7, 'z')");
	expect(s, "i 7,z|");
	int64_t until = clock_mono() + 4 * SECOND;
	while (clock_mono() < until)
		expect(s, "");
	/* 3 is held, 4 went with its savepoint: they are one gap, and the gap stays. */
	stands_at(s, "change:1+3x2");
	sql(c, "COMMIT");
	expect(s, "i 5,x|");
	rest_until(s, "change:6", 10);
	mysql_close(a);
	mysql_close(b);
	mysql_close(c);
	s->ops->close(s);
}

/* What asks whether a number is in flight stands in nobody's way: neither at the end nor in the gap itself. */
static void test_no_gap_locks(void **state)
{
	(void)state;
	if (!server)
		skip();
	items();
	MYSQL *a = session("bank"), *b = session("bank"), *c = session("bank");
	sql(a, "SET innodb_lock_wait_timeout = 1");
	sql(b, "BEGIN; INSERT INTO item VALUES (1, 'a'); ROLLBACK");
	sql(b, "INSERT INTO item VALUES (2, 'b')");
	assert_string_equal(server_rows(server, "SELECT id FROM bank.tellerdesk_change ORDER BY id"), "1\n3\n");
	sql(c, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION;"
	       "SELECT id FROM tellerdesk_change FORCE INDEX (PRIMARY) WHERE id BETWEEN 2 AND 2 OR id BETWEEN 4 AND 10 LIMIT 100 LOCK IN SHARE MODE NOWAIT");
	sql(a, "INSERT INTO tellerdesk_change (id) VALUES (2); INSERT INTO item VALUES (3, 'c')");
	sql(c, "ROLLBACK");
	mysql_close(a);
	mysql_close(b);
	mysql_close(c);
}

/* The server dies with transactions open; the numbers they drew never come. */
static void test_server_dies(void **state)
{
	struct buffer got = {0};

	(void)state;
	if (!server)
		skip();
	items();
	server_sql(server, "SET GLOBAL innodb_flush_log_at_trx_commit = 1");
	struct source *s = opened("bank", item_model);
	begin(s, NULL);
	MYSQL *a = session("bank"), *b = session("bank");
	sql(a, "BEGIN; INSERT INTO item VALUES (1, 'a')");
	sql(b, "INSERT INTO item VALUES (2, 'b')");
	sql(a, "INSERT INTO item VALUES (3, 'c')");
	expect(s, "i 2,b|");
	stands_at(s, "change:1+1x1");
	char *position = newest(s);
	server_kill(server);
	mysql_close(a);
	mysql_close(b);
	drain(s, &got, NULL);
	char *expected = memory_format("!%d", (int)ERROR_UNREACHABLE);
	assert_string_equal(buffer_text(&got), expected);
	free(expected);
	buffer_done(&got);
	s->ops->close(s);
	server_again(server, NULL);
	server_sql(server, "SET GLOBAL innodb_flush_log_at_trx_commit = 1; USE bank; INSERT INTO item VALUES (4, 'd'); INSERT INTO item VALUES (1, 'again')");
	s = opened("bank", item_model);
	begin(s, position);
	young(s, SECOND / 5);
	drain(s, &got, NULL);
	assert_string_equal(buffer_text(&got), "i 4,d|i 1,again|");
	buffer_done(&got);
	int64_t until = clock_mono() + 10 * SECOND;
	while (seen_gap_count(&((struct mysql *)s)->triggers->seen) && clock_mono() < until)
		expect(s, "");
	assert_int_equal(seen_gap_count(&((struct mysql *)s)->triggers->seen), 0);
	free(position);
	s->ops->close(s);
	server_sql(server, "SET GLOBAL innodb_flush_log_at_trx_commit = 0");
}

/* ---- a table that is not the one we know ---- */

static void fails_from(const char *position, enum error_code code)
{
	struct source *s = opened("bank", item_model);
	struct error err = {0};

	assert_false(s->ops->start(s, position, &err));
	if (err.code != code)
		fail_msg("%d: %s", (int)err.code, err.message);
	assert_true(err.hint[0]);
	s->ops->close(s);
}

static void test_strange_tables(void **state)
{
	struct error err = {0};

	(void)state;
	if (!server)
		skip();
	items();
	server_sql(server, "USE bank; INSERT INTO item VALUES (1, 'a'), (2, 'b'), (3, 'c')");
	struct source *s = opened("bank", item_model);
	char *all = newest(s);
	s->ops->close(s);
	assert_memory_equal(all, "change:4@", 9);
	/* It goes on, or ends sooner, or has another row there. */
	s = opened("bank", item_model);
	begin(s, all);
	expect(s, "");
	s->ops->close(s);
	fails_from("change:5", ERROR_REFUSED);
	fails_from("change:4@12345", ERROR_REFUSED);
	fails_from("rubbish", ERROR_USAGE);
	/* Positions of the other way of following: what is new is not known. */
	fails_from("binlog.000001:4", ERROR_PURGED);
	s = open_as("reader", "bank", item_model, &err);
	assert_non_null(s);
	assert_false(s->ops->start(s, all, &err));
	assert_int_equal(err.code, ERROR_PURGED);
	s->ops->close(s);
	/* Pruned up to what was seen is fine, beyond is not. */
	server_sql(server, "DELETE FROM bank.tellerdesk_change WHERE id < 4");
	s = opened("bank", item_model);
	begin(s, all);
	s->ops->close(s);
	fails_from("change:2", ERROR_PURGED);
	/* Under a running reader: emptied, and filled again. */
	s = opened("bank", item_model);
	begin(s, all);
	expect(s, "");
	server_sql(server, "TRUNCATE bank.tellerdesk_change");
	char *refused = memory_format("!%d", (int)ERROR_REFUSED);
	expect(s, refused);
	server_sql(server, "USE bank; INSERT INTO item VALUES (11, 'a'), (12, 'b'), (13, 'c'), (14, 'd'), (15, 'e'), (16, 'f')");
	expect(s, refused);
	free(refused);
	s->ops->close(s);
	fails_from(all, ERROR_REFUSED);
	free(all);
}

static void gather_findings(void *ctx, const struct source_finding *f)
{
	assert_true(f->fix && *f->fix);
	if (f->refuse)
		buffer_format(ctx, "%s|", f->object);
}

static void findings(const char *expected)
{
	struct source *s = opened("bank", item_model);
	struct buffer out = {0};
	struct error err = {0};

	assert_true(s->ops->check(s, gather_findings, &out, &err));
	assert_string_equal(buffer_text(&out), expected);
	buffer_done(&out);
	s->ops->close(s);
}

static void test_check(void **state)
{
	struct error err = {0};
	struct source *s;

	(void)state;
	if (!server)
		skip();
	fresh("bank");
	server_sql(server, "CREATE TABLE item (id INT PRIMARY KEY, word VARCHAR(20)); REVOKE ALL PRIVILEGES, GRANT OPTION FROM teller@localhost;"
			   "GRANT SELECT ON bank.item TO teller@localhost");
	findings("tellerdesk_change|tellerdesk_captures|");
	install("bank", item_model);
	findings("");
	/* Running it again is fine. */
	install("bank", item_model);
	findings("");
	s = opened("bank", item_model);
	begin(s, NULL);
	server_sql(server, "DROP TRIGGER bank.tellerdesk_update_item; DROP TRIGGER bank.tellerdesk_delete_item");
	findings("tellerdesk_update_item|tellerdesk_delete_item|");
	/* Who follows notices within a minute. */
	((struct mysql *)s)->shape_stale = true;
	assert_int_equal(s->ops->next(s, 100, &(struct source_event){0}, &err), SOURCE_ERROR);
	assert_int_equal(err.code, ERROR_REFUSED);
	s->ops->close(s);
	install("bank", item_model);
	findings("");
	/* Another coding of a column is another shape. */
	server_sql(server, "ALTER TABLE bank.item MODIFY word VARBINARY(20)");
	findings("tellerdesk_insert_item|tellerdesk_update_item|tellerdesk_delete_item|");
	server_sql(server, "ALTER TABLE bank.item MODIFY word VARCHAR(30), ENGINE = MyISAM");
	findings("item|");
	server_sql(server, "ALTER TABLE bank.item ENGINE = InnoDB; SET GLOBAL auto_increment_increment = 2");
	findings("auto_increment_increment|");
	server_sql(server, "SET GLOBAL auto_increment_increment = 1; DELETE FROM bank.tellerdesk_change");
	findings("tellerdesk_change|");
}

/* A trigger of an older model wrote it: what it lacks is not known. A row of another server: what is in flight there is not known. */
static void test_foreign_rows(void **state)
{
	char *purged = memory_format("!%d", (int)ERROR_PURGED), *refused = memory_format("i 1,a|!%d", (int)ERROR_REFUSED);

	(void)state;
	if (!server) {
		free(purged);
		free(refused);
		skip();
	}
	items();
	struct source *s = opened("bank", item_model);
	begin(s, NULL);
	server_sql(server, "USE bank; INSERT INTO tellerdesk_change (at, txn, tbl, shape, op, after_image) VALUES (UTC_TIMESTAMP(6), '7-1/', 'item', 'other', 'i', '1,61');"
			   "INSERT INTO tellerdesk_change (at, txn, tbl, shape, op, after_image) VALUES (UTC_TIMESTAMP(6), '7-1/', 'nobody', 'other', 'i', '1,61')");
	struct buffer got = {0};
	drain(s, &got, NULL);
	assert_non_null(strstr(buffer_text(&got), purged));
	buffer_done(&got);
	s->ops->close(s);
	/* A table of another model is passed over. */
	items();
	s = opened("bank", item_model);
	begin(s, NULL);
	server_sql(server, "USE bank; INSERT INTO tellerdesk_change (at, txn, tbl, shape, op, after_image) VALUES (UTC_TIMESTAMP(6), '7-1/', 'nobody', 'other', 'i', '1,61');"
			   "INSERT INTO item VALUES (1, 'a')");
	drain(s, &got, NULL);
	assert_string_equal(buffer_text(&got), "i 1,a|");
	stands_at(s, "change:3");
	server_sql(server, "INSERT INTO bank.tellerdesk_change (at, txn, tbl, shape, op, after_image) VALUES (UTC_TIMESTAMP(6), '8-1/', 'item', 'x', 'i', '1,61')");
	drain(s, &got, NULL);
	assert_string_equal(buffer_text(&got), refused);
	buffer_done(&got);
	s->ops->close(s);
	free(purged);
	free(refused);
}

static void test_flags(void **state)
{
	struct source_event e;
	struct error err = {0};
	int changes = 0, cascades = 0;

	(void)state;
	if (!server)
		skip();
	fresh("bank");
	server_sql(server, "CREATE TABLE item (id INT PRIMARY KEY, word LONGTEXT, up INT, FOREIGN KEY (up) REFERENCES item (id) ON DELETE CASCADE);"
			   "REVOKE ALL PRIVILEGES, GRANT OPTION FROM teller@localhost; GRANT SELECT ON bank.item TO teller@localhost");
	struct model *m = parsed("[model]\nname = item\ntitle = Items\nzone = UTC\n[entity item]\nkind = customer\ntitle = Item\ntable = item\nkey = id\nname = word\n"
				 "column.id = No. | integer\ncolumn.word = Word | text\ncolumn.up = Up | integer\n");
	install("bank", m);
	struct source *s = opened("bank", m);
	begin(s, NULL);
	server_sql(server, "USE bank; INSERT INTO item VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', NULL); DELETE FROM item WHERE id = 1;"
			   "SET foreign_key_checks = 0; DELETE FROM item WHERE id = 3; SET foreign_key_checks = 1");
	for (enum source_result r; (r = s->ops->next(s, 500, &e, &err)) != SOURCE_IDLE;) {
		assert_int_not_equal(r, SOURCE_ERROR);
		if (r != SOURCE_CHANGE)
			continue;
		changes++;
		cascades += e.change.cascades;
		if (e.change.cascades)
			assert_int_equal(e.change.before[0].integer, 1);
	}
	/* The child went without a trigger. */
	assert_int_equal(changes, 5);
	assert_int_equal(cascades, 1);
	/* Too long to be noted: the table is read anew; the bank's statement does not notice. */
	server_sql(server, "INSERT INTO bank.item VALUES (4, REPEAT('x', 1048577), NULL); INSERT INTO bank.item VALUES (5, REPEAT('x', 1000), NULL)");
	struct buffer got = {0};
	drain(s, &got, NULL);
	assert_memory_equal(buffer_text(&got), "r|i 5,xxx", 9);
	buffer_done(&got);
	s->ops->close(s);
	model_free(m);
}

/* A parent that is not modelled takes rows along: its trigger has the child read anew, and only then. */
static void test_watched(void **state)
{
	(void)state;
	if (!server)
		skip();
	fresh("bank");
	server_sql(server, "CREATE TABLE city (code CHAR(3) PRIMARY KEY, name VARCHAR(20));"
			   "CREATE TABLE item (id INT PRIMARY KEY, word CHAR(3), FOREIGN KEY (word) REFERENCES city (code) ON UPDATE CASCADE);"
			   "REVOKE ALL PRIVILEGES, GRANT OPTION FROM teller@localhost; GRANT SELECT ON bank.item TO teller@localhost;"
			   "INSERT INTO city VALUES ('jkt', 'Jakarta'), ('sub', 'Surabaya'); INSERT INTO item VALUES (1, 'jkt')");
	install("bank", item_model);
	findings("");
	struct source *s = opened("bank", item_model);
	begin(s, NULL);
	server_sql(server, "USE bank; UPDATE city SET name = 'J'; UPDATE city SET code = 'bdg' WHERE code = 'jkt'; UPDATE item SET word = 'sub'");
	expect(s, "r|u 1,bdg 1,sub|");
	s->ops->close(s);
	server_sql(server, "DROP TRIGGER bank.tellerdesk_watch_city");
	findings("tellerdesk_watch_city|");
}

/* ---- random transactions ---- */

enum { SESSIONS = 5, IDS = 40 };

static uint32_t seed;

static unsigned pick(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* One step of one session; a lock that is held is not waited for. */
static void step(MYSQL *c, bool *open)
{
	static int word;
	int id = (int)pick(IDS) + 1;
	char text[200];

	switch (pick(8)) {
	case 0:
		if (!*open)
			sql(c, "BEGIN");
		*open = true;
		return;
	case 1:
	case 2:
		sql(c, pick(4) ? "COMMIT" : "ROLLBACK");
		*open = false;
		return;
	case 3:
		snprintf(text, sizeof text, "DELETE FROM item WHERE id = %d", id);
		break;
	case 4:
		snprintf(text, sizeof text, "UPDATE item SET id = %d WHERE id = %d", (int)pick(IDS) + 1, id);
		break;
	case 5:
		snprintf(text, sizeof text, "REPLACE INTO item VALUES (%d, 'w%d'), (%d, 'w%d')", id, word, id % IDS + 1, word + 1);
		word += 2;
		break;
	default:
		snprintf(text, sizeof text, "INSERT INTO item VALUES (%d, 'w%d') ON DUPLICATE KEY UPDATE word = 'w%d'", id, word, word + 1);
		word += 2;
		break;
	}
	/* A deadlock ends the transaction. */
	if (!try_sql(c, text) && mysql_errno(c) == 1213)
		*open = false;
}

/* What a replica would hold: strict about what it is told. */
struct mirror { char words[IDS + 1][16]; };

static void mirror_change(struct mirror *m, const struct change *c)
{
	if (c->before) {
		int64_t id = c->before[0].integer;
		if (strlen(m->words[id]) != c->before[1].len || memcmp(m->words[id], c->before[1].text, c->before[1].len) != 0)
			fail_msg("row %d is \"%s\", the change says \"%.*s\"", (int)id, m->words[id], (int)c->before[1].len, c->before[1].text);
		m->words[id][0] = '\0';
	}
	if (c->after) {
		int64_t id = c->after[0].integer;
		if (m->words[id][0])
			fail_msg("row %d is there already: \"%s\"", (int)id, m->words[id]);
		memcpy(m->words[id], c->after[1].text, c->after[1].len);
		m->words[id][c->after[1].len] = '\0';
	}
}

struct follower {
	struct source *s;
	struct mirror now, committed;
	char *position;
};

static void follow(struct follower *f, bool to_rest, int most)
{
	struct source_event e;
	struct error err = {0};

	for (int i = 0; to_rest || i < most; i++) {
		switch (f->s->ops->next(f->s, to_rest ? 500 : 0, &e, &err)) {
		case SOURCE_CHANGE:
			mirror_change(&f->now, &e.change);
			break;
		case SOURCE_COMMIT:
			f->committed = f->now;
			free(f->position);
			f->position = memory_text(e.position);
			break;
		case SOURCE_IDLE:
			if (e.position) {
				free(f->position);
				f->position = memory_text(e.position);
			}
			if (to_rest)
				return;
			break;
		case SOURCE_ERROR:
			fail_msg("%s", err.message);
			break;
		default:
			break;
		}
	}
}

/* As after kill -9: what was not committed is gone. */
static void follow_again(struct follower *f)
{
	f->s->ops->close(f->s);
	f->now = f->committed;
	f->s = opened("bank", item_model);
	begin(f->s, f->position);
	young(f->s, SECOND / 10);
}

/* The table as it was when exactly the numbers of a set had been committed. */
static void mirror_at(struct mirror *m, const struct seen *set)
{
	MYSQL *c = session("bank");
	MYSQL_ROW row;

	*m = (struct mirror){0};
	if (mysql_query(c, "SELECT id, CONVERT(UNHEX(SUBSTRING_INDEX(before_image, ',', -1)) USING utf8mb4), SUBSTRING_INDEX(before_image, ',', 1),"
			   " CONVERT(UNHEX(SUBSTRING_INDEX(after_image, ',', -1)) USING utf8mb4), SUBSTRING_INDEX(after_image, ',', 1) FROM tellerdesk_change WHERE op <> '-'"
			   " ORDER BY id"))
		fail_msg("%s", mysql_error(c));
	MYSQL_RES *r = mysql_store_result(c);
	while ((row = mysql_fetch_row(r))) {
		if (!seen_has(set, strtoull(row[0], NULL, 10)))
			continue;
		if (row[2])
			m->words[atoi(row[2])][0] = '\0';
		if (row[4])
			strcpy(m->words[atoi(row[4])], row[3]);
	}
	mysql_free_result(r);
	mysql_close(c);
}

/* A chunk's rows are what the changes of its H make, no more and no less. */
static void chunk_is_of(const struct source_chunk *chunk, const char *high)
{
	struct mirror m, read = {0};
	struct seen set = {0};
	int64_t at;

	assert_true(seen_parse(high, &set, &at));
	mirror_at(&m, &set);
	for (int i = 0; i < chunk->count; i++)
		memcpy(read.words[chunk->rows[i][0].integer], chunk->rows[i][1].text, chunk->rows[i][1].len);
	for (int i = 0; i <= IDS; i++)
		assert_string_equal(read.words[i], m.words[i]);
	seen_done(&set);
}

static void test_random(void **state)
{
	MYSQL *c[SESSIONS];
	bool open[SESSIONS] = {false};
	struct follower f = {0};
	struct error err = {0};
	int restarts = 0, chunks = 0, with_gaps = 0;

	(void)state;
	if (!server)
		skip();
	items();
	seed = 20251126;
	struct source *copier = opened("bank", item_model);
	f.s = opened("bank", item_model);
	f.position = newest(f.s);
	begin(f.s, f.position);
	young(f.s, SECOND / 10);
	for (int i = 0; i < SESSIONS; i++) {
		c[i] = session("bank");
		sql(c[i], "SET innodb_lock_wait_timeout = 0");
	}
	for (int i = 0; i < 4000; i++) {
		unsigned who = pick(SESSIONS);
		step(c[who], &open[who]);
		if (pick(4) == 0)
			follow(&f, false, (int)pick(12));
		if (pick(60) == 0) {
			follow_again(&f);
			restarts++;
		}
		if (pick(50) == 0) {
			/* Of one who follows, and of one who only reads. */
			struct source *s = pick(2) ? f.s : copier;
			struct source_chunk chunk;
			const char *p0;
			int64_t clock;
			if (!s->ops->copy->bound_before(s, &p0, &clock, &err))
				fail_msg("%s", err.message);
			char *bound = memory_text(p0);
			if (!s->ops->copy->read_chunk(s, 0, NULL, 1000, &chunk, &err))
				fail_msg("%s", err.message);
			char *high = memory_text(chunk.high);
			assert_true(s->ops->reached(high, bound) && s->ops->reached(bound, high)); /* nobody committed between */
			chunk_is_of(&chunk, high);
			with_gaps += strchr(high, '+') != NULL;
			chunks++;
			free(bound);
			free(high);
		}
	}
	for (int i = 0; i < SESSIONS; i++) {
		sql(c[i], "COMMIT");
		mysql_close(c[i]);
	}
	char *target = newest(f.s);
	for (int64_t until = clock_mono() + 30 * SECOND; !f.s->ops->reached(f.position, target) && clock_mono() < until;)
		follow(&f, true, 0);
	assert_true(f.s->ops->reached(f.position, target));
	follow_again(&f);
	follow(&f, true, 0);
	struct buffer rows = {0};
	for (int i = 0; i <= IDS; i++)
		if (f.now.words[i][0])
			buffer_format(&rows, "%d|%s\n", i, f.now.words[i]);
	assert_string_equal(server_rows(server, "SELECT * FROM bank.item ORDER BY id"), buffer_text(&rows));
	print_message("%d restarts, %d chunks, %d of them over gaps\n", restarts, chunks, with_gaps);
	assert_true(restarts > 20 && chunks > 30 && with_gaps > 10);
	buffer_done(&rows);
	free(target);
	free(f.position);
	f.s->ops->close(f.s);
	copier->ops->close(copier);
}

/* The same while others commit in the middle of each read. */
static void test_copy_under_writes(void **state)
{
	enum { CHUNKS = 150, WRITERS = 3 };
	struct { struct source_chunk chunk; char *high; struct value *rows[IDS + 1]; } kept_chunks[CHUNKS];
	pid_t writers[WRITERS];
	struct error err = {0};
	struct arena a;
	int with_gaps = 0, status;

	(void)state;
	if (!server)
		skip();
	items();
	for (int w = 0; w < WRITERS; w++) {
		writers[w] = fork();
		assert_true(writers[w] >= 0);
		if (writers[w])
			continue;
		MYSQL *c = session("bank");
		bool open = false;
		seed = (uint32_t)w + 1;
		sql(c, "SET innodb_lock_wait_timeout = 0");
		for (;;)
			step(c, &open);
	}
	arena_init(&a);
	struct source *s = opened("bank", item_model);
	begin(s, NULL);
	for (int i = 0; i < CHUNKS; i++) {
		struct source_chunk *k = &kept_chunks[i].chunk;
		if (!s->ops->copy->read_chunk(s, 0, NULL, 1000, k, &err))
			fail_msg("%s", err.message);
		for (int r = 0; r < k->count; r++)
			kept_chunks[i].rows[r] = kept(&item_model->entities[0], k->rows[r], &a);
		k->rows = (const struct value *const *)kept_chunks[i].rows;
		kept_chunks[i].high = memory_text(k->high);
		with_gaps += strchr(k->high, '+') != NULL;
		usleep(2000);
	}
	for (int w = 0; w < WRITERS; w++) {
		kill(writers[w], SIGKILL);
		waitpid(writers[w], &status, 0);
	}
	for (int i = 0; i < CHUNKS; i++) {
		chunk_is_of(&kept_chunks[i].chunk, kept_chunks[i].high);
		free(kept_chunks[i].high);
	}
	print_message("%d chunks, %d of them over gaps\n", CHUNKS, with_gaps);
	assert_true(with_gaps > CHUNKS / 4);
	arena_done(&a);
	s->ops->close(s);
}

/* Past what one look takes a transaction is still one; what a rollback burnt below it does not hold it up. */
static void test_large(void **state)
{
	enum { ROWS = 230000 };
	struct source_event e;
	struct error err = {0};
	int changes = 0, begins = 0, commits = 0;

	(void)state;
	if (!server)
		skip();
	items();
	struct source *s = opened("bank", item_model);
	begin(s, NULL);
	server_sqlf(server, "USE bank; BEGIN; INSERT INTO item VALUES (-1, 'x'); ROLLBACK; INSERT INTO item SELECT seq, 'w' FROM seq_1_to_%d;"
			    "UPDATE item SET word = 'v' WHERE id = 1",
		    ROWS);
	for (enum source_result r; (r = s->ops->next(s, 500, &e, &err)) != SOURCE_IDLE || changes < ROWS + 1;) {
		if (r == SOURCE_ERROR)
			fail_msg("%s", err.message);
		begins += r == SOURCE_BEGIN;
		commits += r == SOURCE_COMMIT;
		if (r == SOURCE_CHANGE && ++changes <= ROWS)
			assert_int_equal(e.change.after[0].integer, changes);
		if (changes < ROWS)
			assert_int_equal(commits, 0);
	}
	assert_int_equal(changes, ROWS + 1);
	assert_int_equal(begins, commits);
	assert_in_range(commits, 1, 2);
	/* One who begins now finds the hole without asking for each number. */
	struct source *other = opened("bank", item_model);
	begin(other, NULL);
	stands_at(other, "change:1+1x230001");
	other->ops->close(other);
	s->ops->close(s);
}

/* ---- a whole replica ---- */

static const char sakila_tables[] =
	"CREATE TABLE address (address_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, address VARCHAR(50) NOT NULL, address2 VARCHAR(50),"
	" district VARCHAR(20) NOT NULL, city_id SMALLINT UNSIGNED NOT NULL, postal_code VARCHAR(10), phone VARCHAR(20) NOT NULL, location BLOB,"
	" last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);"
	"CREATE TABLE store (store_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, manager_staff_id TINYINT UNSIGNED NOT NULL,"
	" address_id SMALLINT UNSIGNED NOT NULL, last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
	" FOREIGN KEY (address_id) REFERENCES address (address_id) ON UPDATE CASCADE);"
	"CREATE TABLE customer (customer_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, store_id TINYINT UNSIGNED NOT NULL, first_name VARCHAR(45) NOT NULL,"
	" last_name VARCHAR(45) NOT NULL, email VARCHAR(50), address_id SMALLINT UNSIGNED NOT NULL, active BOOLEAN NOT NULL DEFAULT TRUE, create_date DATETIME NOT NULL,"
	" last_update TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, FOREIGN KEY (address_id) REFERENCES address (address_id) ON DELETE CASCADE ON UPDATE CASCADE,"
	" FOREIGN KEY (store_id) REFERENCES store (store_id) ON UPDATE CASCADE);"
	"INSERT INTO address (address, district, city_id, phone) SELECT CONCAT('Street ', seq), 'D', seq % 7, seq FROM seq_1_to_400;"
	"INSERT INTO store (manager_staff_id, address_id) SELECT seq, seq FROM seq_1_to_3;"
	"INSERT INTO customer (store_id, first_name, last_name, address_id, create_date) SELECT seq % 3 + 1, CONCAT('F', seq), 'Ämil', seq % 400 + 1, NOW() FROM seq_1_to_2000;";

/* The bank goes on for `seconds`, in a process of its own, and ends with nothing open. */
static pid_t bank_process(int seconds)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	MYSQL *c[SESSIONS];
	bool open[SESSIONS] = {false};
	int64_t until = clock_mono() + seconds * SECOND;
	for (int i = 0; i < SESSIONS; i++) {
		c[i] = session("sak");
		sql(c[i], "SET innodb_lock_wait_timeout = 0");
	}
	while (clock_mono() < until) {
		unsigned who = pick(SESSIONS), id = pick(2000) + 1;
		char text[300];
		switch (pick(12)) {
		case 0:
			snprintf(text, sizeof text, "%s", open[who] ? "SELECT 1" : "BEGIN");
			open[who] = true;
			break;
		case 1:
		case 2:
			snprintf(text, sizeof text, "%s", pick(5) ? "COMMIT" : "ROLLBACK");
			open[who] = false;
			break;
		case 3:
			snprintf(text, sizeof text, "DELETE FROM customer WHERE customer_id = %u", id);
			break;
		case 4:
			snprintf(text, sizeof text, "UPDATE address SET address_id = %u WHERE address_id = %u", pick(600) + 1, pick(600) + 1);
			break;
		case 5:
			snprintf(text, sizeof text, "DELETE FROM address WHERE address_id = %u", pick(600) + 1);
			break;
		case 6:
			snprintf(text, sizeof text, "UPDATE address SET phone = '%u', district = 'ñ%u' WHERE address_id = %u", id, id, pick(600) + 1);
			break;
		case 7:
			snprintf(text, sizeof text, "UPDATE store SET manager_staff_id = %u WHERE store_id = %u", pick(200), pick(3) + 1);
			break;
		case 8:
			snprintf(text, sizeof text, "UPDATE customer SET email = 'm%u@x', store_id = %u WHERE customer_id BETWEEN %u AND %u", id, pick(3) + 1, id, id + 3);
			break;
		default:
			snprintf(text, sizeof text,
				 "INSERT INTO customer (store_id, first_name, last_name, address_id, create_date) SELECT %u, 'N', 'L%u', address_id, NOW() FROM address "
				 "WHERE address_id >= %u LIMIT 1",
				 pick(3) + 1, id, pick(600) + 1);
			break;
		}
		if (!try_sql(c[who], text) && mysql_errno(c[who]) == 1213)
			open[who] = false;
		usleep(500);
	}
	for (int i = 0; i < SESSIONS; i++)
		sql(c[i], "COMMIT");
	_exit(0);
}

static struct ingest_params replica_params(const char *replica)
{
	static char url[400];
	snprintf(url, sizeof url, "%s", server_url(server, "teller", "sak?capture=triggers"));
	return (struct ingest_params){.source_url = url, .replica_path = replica, .model = sakila_model, .state_folder = server_folder(server)};
}

static void show_violation(void *ctx, const struct violation *v)
{
	if ((*(int *)ctx)++ < 10)
		print_message("# %s %s: %s: %s\n", v->entity, v->key, v->rule, v->detail);
}

/* Copied while the bank goes on, killed again and again, and in the end row by row what the bank has. */
static void test_replica(void **state)
{
	struct error err = {0};
	int status, kills = 0, violations = 0;
	int64_t checked[8] = {0};

	(void)state;
	if (!server)
		skip();
	fresh("sak");
	server_sqlf(server, "%s GRANT SELECT ON sak.address TO teller@localhost; GRANT SELECT ON sak.store TO teller@localhost; GRANT SELECT ON sak.customer TO teller@localhost",
		    sakila_tables);
	install("sak", sakila_model);
	char *replica = memory_format("%s/replica.db", server_folder(server));
	struct ingest_params p = replica_params(replica);
	seed = 4711;
	pid_t bank = bank_process(12);
	while (waitpid(bank, &status, WNOHANG) == 0) {
		pid_t ingest = fork();
		assert_true(ingest >= 0);
		if (ingest == 0) {
			struct ingest *in = ingest_new(&p, &err);
			_exit(in && ingest_run(in, &err) ? 0 : 3);
		}
		usleep(150000 + pick(900000));
		kill(ingest, SIGKILL);
		waitpid(ingest, &status, 0);
		assert_true(WIFSIGNALED(status)); /* it had not ended by itself */
		kills++;
	}
	p.once = true;
	struct ingest *in = ingest_new(&p, &err);
	if (!in || !ingest_run(in, &err))
		fail_msg("%s %s", err.message, err.hint);
	ingest_free(in);
	if (!compare_with_source(&p, false, show_violation, &violations, checked, &err))
		fail_msg("%s", err.message);
	print_message("%d kills, %d rows checked\n", kills, (int)(checked[0] + checked[1] + checked[2]));
	assert_int_equal(violations, 0);
	assert_true(kills > 5 && checked[0] > 1000);
	free(replica);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),	     cmocka_unit_test(test_out_of_order),   cmocka_unit_test(test_rolled_back),
		cmocka_unit_test(test_no_gap_locks), cmocka_unit_test(test_values),	    cmocka_unit_test(test_foreign_rows),
		cmocka_unit_test(test_watched),	     cmocka_unit_test(test_flags),	     cmocka_unit_test(test_strange_tables), cmocka_unit_test(test_random),
		cmocka_unit_test(test_large),	     cmocka_unit_test(test_copy_under_writes), cmocka_unit_test(test_server_dies),  cmocka_unit_test(test_replica),
	};

	return cmocka_run_group_tests(tests, start, end);
}
