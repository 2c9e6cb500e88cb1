/* Events of a server's log as source transactions, without a server: places in the log, groups, what is prepared. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/gtid.h"
#include "model/model.h"
#include "source/mysql/feed.h"
#include "source/mysql/private.h"
#include "source/mysql/xa.h"
#include "unit/binlog_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define GIB      (UINT64_C(1) << 30)

static const char model_text[] = "[model]\nname = s\ntitle = S\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntitle = C\ntable = keyed\nkey = b\nname = a\n"
				 "column.a = A | text\ncolumn.b = B | integer\ncolumn.c = C | integer\noptional = c\n";

static struct error err;

/* A source that was never connected, and all it gave so far, a line each. */
struct desk {
	struct mysql m;
	struct model *model;
	struct buffer told, event;
};

static void desk_open(struct desk *d, bool mariadb)
{
	struct buffer errors = {0};

	*d = (struct desk){0};
	error_clear(&err);
	d->model = model_parse(model_text, "s", &errors);
	assert_non_null(d->model);
	buffer_done(&errors);
	struct mysql *m = &d->m;
	m->base.model = d->model;
	m->base.stop = -1;
	m->target = (struct mysql_target){.model = d->model, .database = "d", .mariadb = mariadb};
	m->state_folder = memory_text(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	m->prepared_for = memory_text("the test");
	shape_init(&m->shape);
	m->shape.target = m->target;
	m->shape.entity_count = d->model->entity_count;
	m->shape.tables = arena_zero(&m->shape.arena, 1, sizeof *m->shape.tables);
	m->shape.tables[0] = (struct mysql_table){.engine = "InnoDB", .transactional = true};
	sql_table_init(&m->shape.tables[0].base, &d->model->entities[0], &m->shape.arena);
	m->shape.tables[0].base.name = "keyed";
	mysql_stream_init(&m->stream, d->model, m->state_folder);
	xa_forget_all(m->state_folder, m->prepared_for);
}

static void desk_close(struct desk *d)
{
	xa_forget_all(d->m.state_folder, d->m.prepared_for);
	for (int i = 0; i < d->m.decided_count; i++) {
		free(d->m.decided[i].path);
		free(d->m.decided[i].position);
	}
	free(d->m.decided);
	mysql_stream_done(&d->m.stream, d->model);
	shape_done(&d->m.shape);
	free(d->m.state_folder);
	free(d->m.prepared_for);
	model_free(d->model);
	buffer_done(&d->told);
	buffer_done(&d->event);
}

static void stand_at(struct desk *d, const char *file, uint64_t pos, bool by_gtid, const char *gtids)
{
	struct mysql_stream *st = &d->m.stream;

	buffer_clear(&st->file);
	buffer_text_add(&st->file, file);
	st->pos = pos;
	st->by_gtid = by_gtid;
	gtid_set_free(st->gtids);
	st->gtids = gtids ? gtid_set_parse(d->m.target.mariadb, gtids, strlen(gtids)) : NULL;
	st->gtid_dirty = true;
}

/* ---- telling ---- */

static void tell_row(struct buffer *out, const struct value *row)
{
	for (int i = 0; i < 3; i++)
		if (row[i].kind == VALUE_INTEGER)
			buffer_format(out, " %lld", (long long)row[i].integer);
		else if (row[i].kind == VALUE_TEXT)
			buffer_format(out, " %.*s", (int)row[i].len, row[i].text);
		else
			buffer_text_add(out, row[i].kind == VALUE_NULL ? " NULL" : " -");
}

static void tell_change(struct buffer *out, const struct change *c)
{
	static const char *const ops[] = {[CHANGE_INSERT] = "insert", [CHANGE_UPDATE] = "update", [CHANGE_DELETE] = "delete",
					  [CHANGE_TRUNCATE] = "truncate", [CHANGE_RELOAD] = "reload"};

	buffer_text_add(out, ops[c->op]);
	if (c->before)
		tell_row(out, c->before);
	if (c->after) {
		buffer_text_add(out, c->before ? " to" : "");
		tell_row(out, c->after);
	}
	buffer_char(out, '\n');
}

static void serve(struct desk *d)
{
	while (d->m.stream.serving) {
		struct source_event e = {0};
		switch (mysql_stream_serve(&d->m, &e, &err)) {
		case SOURCE_BEGIN:
			buffer_text_add(&d->told, "begin\n");
			break;
		case SOURCE_CHANGE:
			tell_change(&d->told, &e.change);
			break;
		case SOURCE_COMMIT:
			buffer_format(&d->told, "commit %s\n", e.position);
			break;
		case SOURCE_ERROR:
			fail_msg("%s", err.message);
		default:
			break;
		}
	}
}

static bool feed(struct desk *d, const void *bytes, size_t n)
{
	uint8_t *exact = malloc(n);

	memcpy(exact, bytes, n);
	error_clear(&err);
	bool ok = mysql_stream_event(&d->m, exact, n, &err);
	free(exact);
	serve(d);
	return ok;
}

#define assert_told(d, text) \
	do { \
		assert_string_equal(buffer_text(&(d)->told), text); \
		buffer_clear(&(d)->told); \
	} while (0)

/* ---- events ---- */

static void head(struct buffer *out, uint8_t type, uint16_t flags, uint32_t next_pos, uint32_t when, size_t size)
{
	put(out, 4, when);
	put(out, 1, type);
	put(out, 4, MADE_SERVER);
	put(out, 4, BINLOG_HEADER + size);
	put(out, 4, next_pos);
	put(out, 2, flags);
}

/* The body is empty again afterwards. */
static bool give(struct desk *d, uint8_t type, uint32_t next_pos, struct buffer *body)
{
	buffer_clear(&d->event);
	head(&d->event, type, 0, next_pos, MADE_TIME, body->len);
	buffer_add(&d->event, body->data, body->len);
	buffer_done(body);
	return feed(d, d->event.data, d->event.len);
}

static bool give_format(struct desk *d, const char *server, int types, uint32_t when, uint32_t next_pos)
{
	struct buffer event = {0};

	format_make(&event, server, types, 0);
	for (int i = 0; i < 4; i++) {
		event.data[i] = (char)(when >> 8 * i);
		event.data[13 + i] = (char)(next_pos >> 8 * i);
	}
	event_sign(&event);
	bool ok = feed(d, event.data, event.len);
	buffer_done(&event);
	return ok;
}

static void give_mariadb(struct desk *d)
{
	assert_true(give_format(d, "10.11.6-MariaDB-log", BINLOG_DELETE_ROWS_COMPRESSED, MADE_TIME, 0));
}

static void give_mysql(struct desk *d)
{
	assert_true(give_format(d, "8.0.36", BINLOG_GTID_TAGGED, MADE_TIME, 0));
}

static bool give_rotate(struct desk *d, const char *file, uint64_t pos, bool made_up)
{
	struct buffer body = {0};

	put(&body, 8, pos);
	put_text(&body, file);
	buffer_clear(&d->event);
	head(&d->event, BINLOG_ROTATE, made_up ? BINLOG_FLAG_ARTIFICIAL : 0, 0, made_up ? 0 : MADE_TIME, body.len);
	buffer_add(&d->event, body.data, body.len);
	buffer_done(&body);
	return feed(d, d->event.data, d->event.len);
}

static bool give_query(struct desk *d, const char *schema, const char *text)
{
	struct buffer body = {0};

	put(&body, 8, 0);
	put(&body, 1, strlen(schema));
	put(&body, 4, 0);
	put_text(&body, schema);
	put(&body, 1, 0);
	put_text(&body, text);
	return give(d, BINLOG_QUERY, 0, &body);
}

static bool give_xid(struct desk *d)
{
	struct buffer body = {0};

	put(&body, 8, 1);
	return give(d, BINLOG_XID, 0, &body);
}

static bool give_gtid(struct desk *d, uint64_t sequence, uint8_t flags)
{
	struct buffer body = {0};

	put(&body, 8, sequence);
	put(&body, 4, 0);
	put(&body, 1, flags);
	buffer_fill(&body, 0, 6);
	return give(d, BINLOG_MARIADB_GTID, 0, &body);
}

static bool give_mysql_gtid(struct desk *d, bool anonymous, uint64_t gno)
{
	struct buffer body = {0};

	put(&body, 1, 1);
	buffer_fill(&body, 0x11, 16);
	put(&body, 8, gno);
	put(&body, 1, 2);
	buffer_fill(&body, 0, 16);
	return give(d, anonymous ? BINLOG_ANONYMOUS_GTID : BINLOG_GTID, 0, &body);
}

/* keyed (a VARCHAR(60), b INT, c INT), with its names. */
static void map_body(struct buffer *body, const char *schema)
{
	put(body, 6, 77);
	put(body, 2, 1);
	put_told(body, schema);
	put(body, 1, 0);
	put_told(body, "keyed");
	put(body, 1, 0);
	put(body, 1, 3);
	put_hex(body, "0f0303");
	put(body, 1, 2);
	put(body, 2, 240);
	put(body, 1, 5);
	put_hex(body, "0101 00"); /* nothing unsigned */
	put_hex(body, "0201 2d"); /* utf8mb4 */
	put_hex(body, "0406");    /* names */
	put_told(body, "a");
	put_told(body, "b");
	put_told(body, "c");
}

static void row_body(struct buffer *body, int key, uint16_t flags)
{
	put(body, 6, 77);
	put(body, 2, flags);
	put(body, 1, 3);
	put(body, 1, 7);
	put(body, 1, 0);
	put_told(body, "row");
	put(body, 4, (uint64_t)key);
	put(body, 4, (uint64_t)key * 10);
}

static bool give_row(struct desk *d, int key)
{
	struct buffer body = {0};

	map_body(&body, "d");
	assert_true(give(d, BINLOG_TABLE_MAP, 0, &body));
	row_body(&body, key, 1);
	return give(d, BINLOG_WRITE_ROWS_V1, 0, &body);
}

/* An event nobody needs, of `size` bytes in all. */
static void give_nothing(struct desk *d, uint32_t next_pos, size_t size)
{
	struct buffer body = {0};

	buffer_fill(&body, 'x', size - BINLOG_HEADER);
	assert_true(give(d, BINLOG_ANNOTATE_ROWS, next_pos, &body));
}

/* ---- places ---- */

static void places_are_64_bits_wide(void **state)
{
	static const struct { uint64_t from; uint32_t next_pos; size_t size; uint64_t to; } rows[] = {
		{100, 150, 50, 150},
		{100, 0, 50, 150},                               /* not told: MariaDB from 11.4 on, inside of transactions */
		{100, 500, 50, 500},                             /* the server left events out */
		{100, 90, 50, 100},                              /* one we have had */
		{4 * GIB - 10, 40, 50, 4 * GIB + 40},            /* over the edge */
		{4 * GIB - 10, 0, 50, 4 * GIB + 40},
		{4 * GIB - 10, 1000, 50, 4 * GIB + 1000},        /* over it, with events left out */
		{4 * GIB - 50, 0, 50, 4 * GIB},
		{4 * GIB, 50, 50, 4 * GIB + 50},
		{5 * GIB, (uint32_t)GIB + 50, 50, 5 * GIB + 50},
		{5 * GIB, (uint32_t)GIB - 50, 50, 5 * GIB},
		{8 * GIB - 1, 49, 50, 8 * GIB + 49},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct desk d;
		desk_open(&d, true);
		give_mariadb(&d);
		stand_at(&d, "log.000001", rows[i].from, false, NULL);
		give_nothing(&d, rows[i].next_pos, rows[i].size);
		if (d.m.stream.pos != rows[i].to)
			fail_msg("row %zu: %llu", i, (unsigned long long)d.m.stream.pos);
		desk_close(&d);
	}
}

/* Asked by GTID a server shows the head of the file again before what is new. */
static void a_head_seen_again_is_no_step(void **state)
{
	static const uint64_t places[] = {3000, 3 * GIB, 7 * GIB + GIB / 2};

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		struct desk d;
		desk_open(&d, true);
		stand_at(&d, "log.000004", places[i], true, "0-7-9");
		assert_true(give_rotate(&d, "log.000004", 4, true));
		assert_true(give_format(&d, "10.11.6-MariaDB-log", BINLOG_DELETE_ROWS_COMPRESSED, MADE_TIME, 256));
		give_nothing(&d, 300, 44);
		give_nothing(&d, 0, 44);
		assert_true(d.m.stream.pos == places[i]);
		assert_true(give_gtid(&d, 10, 0x04));
		assert_true(d.m.stream.pos == places[i] + 38);
		give_nothing(&d, (uint32_t)(places[i] + 200), 44);
		assert_true(d.m.stream.pos == places[i] + 200);
		desk_close(&d);
	}
}

static void a_server_may_begin_in_a_file_before(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d, true);
	stand_at(&d, "log.000004", 500, true, "0-7-9");
	assert_true(give_rotate(&d, "log.000003", 4, true));
	give_mariadb(&d);
	give_nothing(&d, 9000, 44);
	assert_string_equal(mysql_stream_position(&d.m), "log.000004:500 gtid=0-7-9");
	assert_true(give_rotate(&d, "log.000004", 4, false));
	d.m.stream.expected_begun = MADE_TIME;
	assert_true(give_format(&d, "10.11.6-MariaDB-log", BINLOG_DELETE_ROWS_COMPRESSED, MADE_TIME, 256));
	give_nothing(&d, 300, 44);
	assert_string_equal(mysql_stream_position(&d.m), "log.000004:500@1700000000 gtid=0-7-9");
	/* Then one that is new: the place in its body counts, not the header's. */
	assert_true(give_rotate(&d, "log.000005", 4, false));
	assert_string_equal(mysql_stream_position(&d.m), "log.000005:4 gtid=0-7-9");
	desk_close(&d);
}

static void a_log_begun_anew_is_known_by_its_begin(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d, true);
	stand_at(&d, "log.000001", 500, true, "0-7-9");
	d.m.stream.expected_begun = MADE_TIME;
	assert_true(give_rotate(&d, "log.000001", 4, true));
	assert_false(give_format(&d, "10.11.6-MariaDB-log", BINLOG_DELETE_ROWS_COMPRESSED, MADE_TIME + 1, 256));
	assert_int_equal(err.code, ERROR_FOREIGN);
	desk_close(&d);
}

/* Past 4 GiB a file is read from its begin: what ends up to where we stood was applied. */
static void what_was_applied_is_passed_over(void **state)
{
	struct desk d;

	(void)state;
	desk_open(&d, true);
	give_mariadb(&d);
	stand_at(&d, "log.000001", 4, false, NULL);
	d.m.stream.skip_to = 4 * GIB + 100;
	assert_true(give_row(&d, 1));
	assert_true(give_xid(&d));
	give_nothing(&d, UINT32_MAX, 50);
	give_nothing(&d, 100, 101);
	assert_true(d.m.stream.pos == 4 * GIB + 100);
	assert_told(&d, "");
	assert_true(give_gtid(&d, 1, 0x04) && give_row(&d, 2) && give_xid(&d));
	assert_told(&d, "begin\ninsert row 2 20\ncommit log.000001:4294967562@1700000000\n");
	desk_close(&d);
}

static void give_heartbeat(struct desk *d, const char *file, uint32_t pos)
{
	struct buffer body = {0};

	put_text(&body, file);
	assert_true(give(d, BINLOG_HEARTBEAT, pos, &body));
}

/* Over what we have MySQL passes silently; heartbeats alone say how far it is. */
static void heartbeats_tell_what_is_passed_over(void **state)
{
	static const struct { bool mariadb, by_gtid, grouped; uint64_t from; const char *file; uint32_t pos; uint64_t to; } rows[] = {
		{false, true, false, 197, "log.000002", 9000, 9000},
		{false, true, false, 197, "log.000001", 9000, 197},
		{false, true, false, 9000, "log.000002", 197, 9000},
		{false, true, true, 197, "log.000002", 9000, 197},
		{false, false, false, 197, "log.000002", 9000, 197},
		{true, true, false, 197, "log.000002", 9000, 197},
		{false, true, false, 3 * GIB, "log.000002", 100, 3 * GIB},
		{false, true, false, 5 * GIB, "log.000002", (uint32_t)GIB + 7, 5 * GIB + 7},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct desk d;
		desk_open(&d, rows[i].mariadb);
		give_mysql(&d);
		stand_at(&d, "log.000002", rows[i].from, rows[i].by_gtid, "");
		d.m.stream.grouped = rows[i].grouped;
		d.m.stream.moved = false;
		give_heartbeat(&d, rows[i].file, rows[i].pos);
		assert_true(d.m.stream.pos == rows[i].to);
		assert_int_equal(d.m.stream.moved, rows[i].to != rows[i].from);
		desk_close(&d);
	}
}

/* ---- groups ---- */

static void desk_ready(struct desk *d, bool mariadb)
{
	desk_open(d, mariadb);
	stand_at(d, "log.000001", 4, false, mariadb ? "" : NULL);
	if (mariadb)
		give_mariadb(d);
	else
		give_mysql(d);
	stand_at(d, "log.000001", 1000, false, mariadb ? "" : NULL);
}

/* The position is none of what these cases are about. */
static void forget_places(struct buffer *told)
{
	for (char *p = strstr(told->data ? told->data : "", "commit "); p; p = strstr(p + 1, "commit ")) {
		char *end = strchr(p, '\n');
		memmove(p + 6, end, strlen(end) + 1);
	}
	if (told->data)
		told->len = strlen(told->data);
}

#define assert_given(d, text) \
	do { \
		forget_places(&(d)->told); \
		assert_told(d, text); \
	} while (0)

static void groups_end_as_they_say(void **state)
{
	struct desk d;

	(void)state;
	desk_ready(&d, true);
	assert_true(give_gtid(&d, 5, 0x04) && give_row(&d, 1) && give_row(&d, 2));
	assert_told(&d, "");
	assert_true(give_xid(&d));
	assert_non_null(strstr(buffer_text(&d.told), " gtid=0-7-5\n"));
	assert_given(&d, "begin\ninsert row 1 10\ninsert row 2 20\ncommit\n");
	/* Of tables without transactions: COMMIT ends it. Rolled back: nothing of it. Never ended: the next begins. */
	assert_true(give_gtid(&d, 6, 0x00) && give_row(&d, 3) && give_query(&d, "d", "COMMIT"));
	assert_given(&d, "begin\ninsert row 3 30\ncommit\n");
	assert_true(give_gtid(&d, 7, 0x04) && give_row(&d, 4) && give_query(&d, "d", "ROLLBACK"));
	assert_true(give_gtid(&d, 8, 0x04) && give_row(&d, 5));
	assert_true(give_gtid(&d, 9, 0x04) && give_row(&d, 6) && give_xid(&d));
	assert_given(&d, "begin\ninsert row 6 60\ncommit\n");
	assert_string_equal(strstr(mysql_stream_position(&d.m), " gtid"), " gtid=0-7-9");
	/* A server that went down in the middle begins a file. */
	assert_true(give_gtid(&d, 10, 0x04) && give_row(&d, 7));
	give_mariadb(&d);
	assert_true(give_xid(&d));
	assert_told(&d, "");
	desk_close(&d);
}

static void mysql_groups_need_no_begin(void **state)
{
	struct desk d;

	(void)state;
	desk_ready(&d, false);
	assert_true(give_mysql_gtid(&d, true, 0) && give_query(&d, "d", "BEGIN") && give_row(&d, 1) && give_xid(&d));
	assert_given(&d, "begin\ninsert row 1 10\ncommit\n");
	assert_true(give_mysql_gtid(&d, true, 0) && give_row(&d, 2) && give_xid(&d));
	assert_given(&d, "begin\ninsert row 2 20\ncommit\n");
	/* No GTID event at all: 5.5, or a log of old. */
	assert_true(give_query(&d, "d", "BEGIN") && give_row(&d, 3) && give_query(&d, "d", "COMMIT"));
	assert_given(&d, "begin\ninsert row 3 30\ncommit\n");
	desk_close(&d);
}

static void tables_are_made_with_their_rows(void **state)
{
	struct desk d;

	(void)state;
	/* MySQL 8's CREATE TABLE ... SELECT is one transaction, MariaDB's too; alone a CREATE is a transaction of its own. */
	desk_ready(&d, false);
	assert_true(give_mysql_gtid(&d, false, 1) && give_query(&d, "d", "BEGIN"));
	assert_true(give_query(&d, "d", "CREATE TABLE `keyed` (a VARCHAR(60), b INT, c INT) START TRANSACTION"));
	assert_told(&d, "");
	assert_true(give_row(&d, 1) && give_xid(&d));
	assert_given(&d, "begin\ntruncate\ninsert row 1 10\ncommit\n");
	assert_true(give_mysql_gtid(&d, false, 2) && give_query(&d, "d", "TRUNCATE keyed"));
	assert_given(&d, "begin\ntruncate\ncommit\n");
	desk_close(&d);
	desk_ready(&d, true);
	assert_true(give_gtid(&d, 1, 0x28) && give_query(&d, "d", "CREATE TABLE keyed (a VARCHAR(60), b INT, c INT)") && give_row(&d, 1));
	assert_told(&d, "");
	assert_true(give_xid(&d));
	assert_given(&d, "begin\ntruncate\ninsert row 1 10\ncommit\n");
	assert_true(give_gtid(&d, 2, 0x29) && give_query(&d, "d", "CREATE TABLE IF NOT EXISTS keyed (a INT)"));
	assert_given(&d, "");
	desk_close(&d);
}

static void names_of_the_database_fold_as_the_servers_do(void **state)
{
	static const struct { bool fold; const char *schema, *told; } rows[] = {{false, "d", "begin\ntruncate\ncommit\n"}, {false, "D", ""}, {true, "D", "begin\ntruncate\ncommit\n"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buffer text = {0};
		struct desk d;
		desk_ready(&d, true);
		d.m.target.fold_names = d.m.shape.target.fold_names = rows[i].fold;
		buffer_format(&text, "DROP DATABASE %s", rows[i].schema);
		assert_true(give_gtid(&d, 1, 0x29) && give_query(&d, "x", buffer_text(&text)));
		assert_given(&d, rows[i].told);
		assert_int_equal(give_gtid(&d, 2, 0x01) && give_query(&d, rows[i].schema, "INSERT INTO t VALUES (1)"), !*rows[i].told);
		buffer_done(&text);
		desk_close(&d);
	}
}

static void savepoints_are_gone_back_to(void **state)
{
	static const struct { const char *set, *set_again, *back, *told; } rows[] = {
		{"SAVEPOINT `a`", "SAVEPOINT `b`", "ROLLBACK TO `a`", "1 10\ninsert row 9 90"},
		{"SAVEPOINT `a`", "SAVEPOINT `b`", "ROLLBACK TO `b`", "1 10\ninsert row 2 20\ninsert row 9 90"},
		/* Names are compared without regard to case: the second replaces the first. */
		{"SAVEPOINT `a`", "SAVEPOINT `A`", "ROLLBACK TO `a`", "1 10\ninsert row 2 20\ninsert row 9 90"},
		{"SAVEPOINT `a`", "RELEASE SAVEPOINT `b`", "ROLLBACK TO SAVEPOINT A", "1 10\ninsert row 9 90"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buffer wanted = {0};
		struct desk d;
		desk_ready(&d, true);
		assert_true(give_gtid(&d, 1, 0x04) && give_row(&d, 1) && give_query(&d, "d", rows[i].set));
		assert_true(give_row(&d, 2) && give_query(&d, "d", rows[i].set_again) && give_row(&d, 3));
		assert_true(give_query(&d, "d", rows[i].back) && give_row(&d, 9) && give_xid(&d));
		buffer_format(&wanted, "begin\ninsert row %s\ncommit\n", rows[i].told);
		assert_given(&d, buffer_text(&wanted));
		buffer_done(&wanted);
		desk_close(&d);
	}
}

/* What a table without transactions took stays, whatever is rolled back. */
static void what_lasts_is_not_rolled_back(void **state)
{
	struct desk d;

	(void)state;
	desk_ready(&d, true);
	d.m.shape.tables[0].transactional = false;
	assert_true(give_gtid(&d, 1, 0x00) && give_query(&d, "d", "SAVEPOINT `a`") && give_row(&d, 1));
	assert_true(give_query(&d, "d", "ROLLBACK TO `a`") && give_query(&d, "d", "ROLLBACK"));
	assert_given(&d, "begin\ninsert row 1 10\ncommit\n");
	desk_close(&d);
}

static void what_cannot_be_followed_is_refused(void **state)
{
	struct buffer body = {0};
	struct desk d;

	(void)state;
	desk_ready(&d, true);
	row_body(&body, 1, 1);
	assert_false(give(&d, BINLOG_WRITE_ROWS_V1, 0, &body));
	assert_int_equal(err.code, ERROR_REFUSED);
	put(&body, 2, 1);
	put_told(&body, "lost");
	assert_false(give(&d, BINLOG_INCIDENT, 0, &body));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_false(give_query(&d, "other", "UPDATE d.keyed SET a = 1"));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_true(give_query(&d, "other", "UPDATE t SET a = 1"));
	assert_false(give(&d, 150, 0, &body));
	assert_int_equal(err.code, ERROR_REFUSED);
	desk_close(&d);
}

static void add_inner(struct buffer *out, uint8_t type, struct buffer *body)
{
	head(out, type, 0, 0, MADE_TIME, body->len);
	buffer_add(out, body->data, body->len);
	buffer_done(body);
}

static void payloads_are_transactions(void **state)
{
	struct buffer body = {0}, inner = {0};
	struct desk d;

	(void)state;
	desk_ready(&d, false);
	put_hex(&body, "0000000000000000 00 0000 0000 00");
	put_text(&body, "BEGIN");
	add_inner(&inner, BINLOG_QUERY, &body);
	map_body(&body, "d");
	add_inner(&inner, BINLOG_TABLE_MAP, &body);
	row_body(&body, 4, 1);
	add_inner(&inner, BINLOG_WRITE_ROWS_V1, &body);
	put(&body, 8, 1);
	add_inner(&inner, BINLOG_XID, &body);
	put_hex(&body, "0203 fcff00 01"); /* stored as it is */
	put(&body, 1, inner.len < 251 ? 1 : 3);
	put_lenenc(&body, inner.len);
	put(&body, 1, 0);
	buffer_add(&body, inner.data, inner.len);
	buffer_done(&inner);
	assert_true(give_mysql_gtid(&d, false, 1));
	uint64_t before = d.m.stream.pos;
	bool ok = give(&d, BINLOG_TRANSACTION_PAYLOAD, (uint32_t)before + 5000, &body);
	if (!ok)
		fail_msg("%s", err.message);
	assert_true(d.m.stream.pos == before + 5000);
	assert_given(&d, "begin\ninsert row 4 40\ncommit\n");
	assert_false(d.m.stream.format.payload);
	desk_close(&d);
}

/* ---- XA ---- */

static void prepare(struct desk *d, uint64_t sequence, int key, const char *xid)
{
	struct buffer body = {0};

	assert_true(give_gtid(d, sequence, 0x04) && give_row(d, key));
	put(&body, 1, 0);
	put(&body, 4, 1);
	put(&body, 4, strlen(xid));
	put(&body, 4, 0);
	put_text(&body, xid);
	assert_true(give(d, BINLOG_XA_PREPARE, 0, &body));
	assert_told(d, "");
}

static void prepared_ones_wait_for_their_decision(void **state)
{
	struct desk d;

	(void)state;
	desk_ready(&d, true);
	prepare(&d, 1, 1, "x");
	prepare(&d, 2, 2, "y");
	assert_true(give_gtid(&d, 3, 0x05) && give_query(&d, "d", "XA COMMIT X'78',X'',1"));
	assert_given(&d, "begin\ninsert row 1 10\ncommit\n");
	assert_true(give_gtid(&d, 4, 0x05) && give_query(&d, "d", "XA ROLLBACK X'79',X'',1"));
	assert_told(&d, "");
	/* Nobody knows it: it may have changed anything. */
	assert_true(give_gtid(&d, 5, 0x05) && give_query(&d, "d", "XA COMMIT X'79',X'',1"));
	assert_given(&d, "begin\nreload\ncommit\n");
	/* The same again, while its file stands. */
	assert_true(give_gtid(&d, 6, 0x05) && give_query(&d, "d", "XA COMMIT X'78',X'',1"));
	assert_given(&d, "begin\ninsert row 1 10\ncommit\n");
	desk_close(&d);
}

/* A replica that fell back meets the decision of one transaction, and the file of a later one with its xid. */
static void xids_are_used_again(void **state)
{
	struct desk d;

	(void)state;
	desk_ready(&d, true);
	stand_at(&d, "log.000001", 5000, false, "");
	prepare(&d, 3, 2, "x");
	stand_at(&d, "log.000001", 1000, false, "");
	assert_true(give_gtid(&d, 2, 0x05) && give_query(&d, "d", "XA COMMIT X'78',X'',1"));
	assert_given(&d, "begin\nreload\ncommit\n");
	prepare(&d, 3, 2, "x");
	assert_true(give_gtid(&d, 4, 0x05) && give_query(&d, "d", "XA COMMIT X'78',X'',1"));
	assert_given(&d, "begin\ninsert row 2 20\ncommit\n");
	/* Whoever begins anew forgets what was prepared before. */
	prepare(&d, 5, 3, "x");
	xa_forget_all(d.m.state_folder, "another");
	xa_forget_all(d.m.state_folder, d.m.prepared_for);
	assert_true(give_gtid(&d, 6, 0x05) && give_query(&d, "d", "XA COMMIT X'78',X'',1"));
	assert_given(&d, "begin\nreload\ncommit\n");
	desk_close(&d);
}

/* ---- a file of a real server ---- */

static void a_file_is_followed_to_its_end(void **state)
{
	static const char wanted[] = "begin\ntruncate\ncommit gtid=0-7-7\n"
				     "begin\ninsert one 1 NULL\ninsert two 2 20\ncommit gtid=0-7-8\n"
				     "begin\ninsert three 3 3\nupdate two 2 20 to two 2 21\nupdate three 3 3 to three 3 4\ncommit gtid=0-7-8,3-7-1\n"
				     "begin\ninsert xa 9 9\ncommit gtid=0-7-8,3-7-3\n"
				     "begin\nupdate two 2 - to two 2 100\ncommit gtid=0-7-8,3-7-4\n"
				     "begin\ndelete one 1 -\ncommit gtid=0-7-8,3-7-5\n"
				     "begin\nreload\ncommit gtid=0-7-8,3-7-9\n";
	struct buffer path = {0}, got = {0};
	const uint8_t *bytes;
	size_t n;
	uint64_t end = 4;
	enum feed_result result;
	struct desk d;

	(void)state;
	desk_open(&d, true);
	stand_at(&d, "log.000001", 4, false, "");
	buffer_format(&path, "%s/tests/fixtures/binlog/full-crc.binlog", getenv("SRCDIR") ? getenv("SRCDIR") : ".");
	struct feed *f = feed_file(buffer_text(&path), 4, &err);
	assert_non_null(f);
	while ((result = f->ops->read(f, 0, -1, &bytes, &n, &err)) == FEED_EVENT) {
		end += bytes[4] == BINLOG_ROTATE ? 0 : n;
		if (bytes[4] != BINLOG_ROTATE && !feed(&d, bytes, n))
			fail_msg("%s", err.message);
		assert_true(d.m.stream.pos == end);
	}
	assert_int_equal(result, FEED_END);
	f->ops->close(f);
	for (const char *p = buffer_text(&d.told); *p; p += strcspn(p, "\n") + 1) {
		const char *gtid = strncmp(p, "commit ", 7) == 0 ? strstr(p, "gtid=") : p;
		buffer_format(&got, "%s%.*s\n", gtid == p ? "" : "commit ", (int)strcspn(gtid, "\n"), gtid);
	}
	assert_string_equal(buffer_text(&got), wanted);
	buffer_done(&got);
	buffer_done(&path);
	desk_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_64_bits_wide),
		cmocka_unit_test(a_head_seen_again_is_no_step),
		cmocka_unit_test(a_server_may_begin_in_a_file_before),
		cmocka_unit_test(a_log_begun_anew_is_known_by_its_begin),
		cmocka_unit_test(what_was_applied_is_passed_over),
		cmocka_unit_test(heartbeats_tell_what_is_passed_over),
		cmocka_unit_test(groups_end_as_they_say),
		cmocka_unit_test(mysql_groups_need_no_begin),
		cmocka_unit_test(tables_are_made_with_their_rows),
		cmocka_unit_test(names_of_the_database_fold_as_the_servers_do),
		cmocka_unit_test(savepoints_are_gone_back_to),
		cmocka_unit_test(what_lasts_is_not_rolled_back),
		cmocka_unit_test(what_cannot_be_followed_is_refused),
		cmocka_unit_test(payloads_are_transactions),
		cmocka_unit_test(prepared_ones_wait_for_their_decision),
		cmocka_unit_test(xids_are_used_again),
		cmocka_unit_test(a_file_is_followed_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
