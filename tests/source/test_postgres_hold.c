/* What is held of a real server while it is followed, and for how long: locks, snapshots, statements nobody waits for; and what was read of it
 * while the way to it comes and goes. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "model/model.h"
#include "postgres_server.h"
#include "source/postgres/private.h"
#include "source/source.h"

static const char model_text[] = "[model]\nname = little\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\n"
				 "column.cif = CIF | integer\ncolumn.name = Name | text\n";
/* Commits wait for a standby that is not there, where they ask to. */
static const char *const settings[] = {"wal_sender_timeout=60s", "synchronous_standby_names=nobody", "synchronous_commit=local", NULL};

#define BOUND (20 * SECOND)

struct bench {
	struct pgserver *server;
	struct model *model;
	struct source *source;
	struct postgres_client *other; /* the bank's own */
	int stop[2];
};

static void sure(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->message);
}

static struct postgres *own(const struct bench *t)
{
	return (struct postgres *)t->source;
}

static int set_up(void **state)
{
	static struct bench t;
	struct buffer errors = {0};

	t = (struct bench){.server = pgserver_start(&(struct pgserver_setup){.settings = settings})};
	*state = &t;
	if (!t.server)
		return 0;
	pgserver_sql(t.server, "CREATE TABLE customer (cif INT PRIMARY KEY, name TEXT, other INT NOT NULL UNIQUE); CREATE PUBLICATION tellerdesk FOR TABLE customer");
	t.model = model_parse(model_text, "little.model", &errors);
	if (!t.model)
		fail_msg("%s", buffer_text(&errors));
	buffer_done(&errors);
	return pipe(t.stop);
}

static void close_source(struct bench *t)
{
	if (t->source)
		t->source->ops->close(t->source);
	t->source = NULL;
}

static int tear_down(void **state)
{
	struct bench *t = *state;

	close_source(t);
	postgres_client_close(t->other);
	if (t->server) {
		close(t->stop[0]);
		close(t->stop[1]);
	}
	model_free(t->model);
	pgserver_end(t->server);
	return 0;
}

static void open_source(struct bench *t)
{
	struct error err = {0};
	struct source_params p = {.url = pgserver_url(t->server, "teller", "bank"), .model = t->model, .state_folder = pgserver_folder(t->server), .replica = "r.db", .stop = t->stop[0]};

	t->source = source_open(&p, &err);
	sure(t->source != NULL, &err);
}

static void start(struct bench *t)
{
	struct error err = {0};
	const char *p0;
	int64_t clock;

	open_source(t);
	sure(t->source->ops->copy->begin_anew(t->source, &p0, &clock, &err), &err);
	char *position = memory_text(p0);
	sure(t->source->ops->start(t->source, position, &err), &err);
	free(position);
}

/* A connection of the bank's own. */
static void other(struct bench *t, const char *sql)
{
	struct error err = {0};
	struct postgres_url url;

	if (!t->other) {
		sure(postgres_url_parse(pgserver_url(t->server, "postgres", "bank"), &url, &err), &err);
		t->other = postgres_client_open(&(struct postgres_client_params){.url = &url, .stop = -1, .use = POSTGRES_WRITE}, &err);
		postgres_url_done(&url);
	}
	sure(t->other && postgres_client_run(t->other, sql, &err), &err);
}

/* Until the stream is at rest so often. */
static void rest(struct bench *t, int times)
{
	int64_t began = clock_mono();
	struct source_event event;
	struct error err = {0};

	while (times > 0) {
		enum source_result result = t->source->ops->next(t->source, 100, &event, &err);
		if (result == SOURCE_ERROR)
			fail_msg("%s", err.message);
		times -= result == SOURCE_IDLE;
		assert_true(clock_mono() - began < BOUND);
	}
}

#define BENCH(t)                   \
	struct bench *t = *state;  \
	do {                       \
		if (!t->server)    \
			skip();    \
	} while (0)

/* The key of a row, to read on after it: rows themselves live until the next read only. */
static const struct value *key_of(const struct source_chunk *chunk, int row)
{
	static struct value key[8];

	key[0] = chunk->rows[row][0];
	return key;
}

/* A chunk waits for the log for as long as a backlog takes. */
static void test_chunk_stays(void **state)
{
	BENCH(t);
	struct error err = {0};
	struct source_chunk chunk;
	char text[32];

	pgserver_sql(t->server, "INSERT INTO customer SELECT n, 'name ' || n, n FROM generate_series(1, 100) n");
	start(t);
	sure(t->source->ops->copy->read_chunk(t->source, 0, NULL, 1000, &chunk, &err), &err);
	assert_int_equal(chunk.count, 100);
	for (int minutes = 0; minutes < 3; minutes++) {
		own(t)->read_at -= MINUTE;
		own(t)->proof.looked -= MINUTE;
		rest(t, 2);
	}
	assert_null(own(t)->reader);
	assert_non_null(own(t)->chunks);
	for (int i = 0; i < chunk.count; i++) {
		snprintf(text, sizeof text, "name %d", i + 1);
		assert_int_equal(chunk.rows[i][0].integer, i + 1);
		assert_int_equal(chunk.rows[i][1].len, strlen(text));
		assert_memory_equal(chunk.rows[i][1].text, text, strlen(text));
	}
	sure(t->source->ops->copy->read_chunk(t->source, 0, key_of(&chunk, 89), 1000, &chunk, &err), &err);
	assert_int_equal(chunk.count, 10);
}

/* What was begun ahead lies with us, not in the server's hands with a lock on the table: the bank may want that one. */
static void test_ahead_holds_nothing(void **state)
{
	BENCH(t);
	struct error err = {0};
	struct source_chunk chunk;
	int64_t began;

	pgserver_sql(t->server, "INSERT INTO customer SELECT n, repeat('x', 8000), n FROM generate_series(1, 2000) n");
	start(t);
	sure(t->source->ops->copy->read_chunk(t->source, 0, NULL, 5000, &chunk, &err), &err);
	assert_false(chunk.last);
	assert_non_null(own(t)->asked);
	began = clock_mono();
	while (strcmp(pgserver_rows(t->server, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.usename = 'teller' AND l.relation = 'customer'::regclass"), "0\n") != 0) {
		rest(t, 1);
		assert_true(clock_mono() - began < BOUND);
	}
	int first = chunk.count;
	assert_non_null(own(t)->asked);
	sure(t->source->ops->copy->read_chunk(t->source, 0, key_of(&chunk, first - 1), 5000, &chunk, &err), &err);
	assert_int_equal(chunk.rows[0][0].integer, first + 1);
}

/* A read that waits, for a lock of the bank's, ends with who asked for it. */
static void test_reads_end(void **state)
{
	BENCH(t);
	struct error err = {0};
	struct source_chunk chunk;

	pgserver_sql(t->server, "INSERT INTO customer SELECT n, 'x', n FROM generate_series(1, 2000) n");
	start(t);
	sure(t->source->ops->copy->read_chunk(t->source, 0, NULL, 10, &chunk, &err), &err);
	rest(t, 1);
	sure(t->source->ops->copy->read_chunk(t->source, 0, key_of(&chunk, 9), 10, &chunk, &err), &err);
	rest(t, 1);
	other(t, "BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
	assert_non_null(own(t)->asked);
	sure(t->source->ops->copy->read_chunk(t->source, 0, key_of(&chunk, 9), 10, &chunk, &err), &err); /* read before the lock */
	pgserver_await(t->server, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'teller' AND wait_event = 'relation'", "1\n", 10);
	int64_t began = clock_mono();
	close_source(t);
	assert_true(clock_mono() - began < SECOND / 2);
	pgserver_await(t->server, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'teller'", "0\n", 10);
	other(t, "ROLLBACK");
}

/* Whatever the bank's own statements are by default: a read that takes part in finding conflicts has theirs fail. */
static void test_isolation(void **state)
{
	BENCH(t);
	struct error err = {0};
	struct source_chunk chunk;

	pgserver_sql(t->server, "ALTER DATABASE bank SET default_transaction_isolation = 'serializable'");
	pgserver_sql(t->server, "INSERT INTO customer SELECT n, 'x', n FROM generate_series(1, 20) n");
	start(t);
	other(t, "BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE customer SET name = 'y' WHERE cif = 1");
	sure(t->source->ops->copy->read_chunk(t->source, 0, NULL, 100, &chunk, &err), &err);
	assert_int_equal(chunk.count, 20);
	char *pid = memory_format("SELECT count(*) FROM pg_locks WHERE mode = 'SIReadLock' AND pid IN (%d, %d)", postgres_client_server(own(t)->reader)->pid,
				  postgres_client_server(own(t)->control)->pid);
	assert_string_equal(pgserver_rows(t->server, pid), "0\n");
	free(pid);
	other(t, "COMMIT");
}

/* A connection that was cut off is the server's for wal_sender_timeout; until then its slot is busy by ourselves. */
static void test_busy(void **state)
{
	BENCH(t);
	open_source(t);
	assert_true(own(t)->silent_most >= MINUTE);
}

/* The next change's end, as it is given. */
static enum source_result next_error(struct bench *t, struct error *err)
{
	int64_t began = clock_mono();
	struct source_event event;
	enum source_result result;

	do
		result = t->source->ops->next(t->source, 100, &event, err);
	while (result != SOURCE_ERROR && result != SOURCE_CHANGE && clock_mono() - began < BOUND);
	return result;
}

/* An update that tells nothing of the row before has left its key as it was, where the key is part of the identity; else nobody knows. */
static void test_identity_lacks_key(void **state)
{
	BENCH(t);
	struct error err = {0};

	pgserver_sql(t->server, "INSERT INTO customer SELECT n, 'x', n FROM generate_series(1, 20) n");
	start(t);
	rest(t, 1);
	pgserver_sql(t->server, "ALTER TABLE customer REPLICA IDENTITY USING INDEX customer_other_key");
	pgserver_sql(t->server, "UPDATE customer SET cif = 100 WHERE cif = 7");
	assert_int_equal(next_error(t, &err), SOURCE_ERROR);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_non_null(strstr(err.message, "no key"));
}

/* In the log, and not to be seen yet: also where it is the newest of all, and a snapshot does not name it. */
static void test_newest_commit_waits(void **state)
{
	BENCH(t);
	struct error err = {0};

	pgserver_sql(t->server, "INSERT INTO customer VALUES (1, 'before', 1)");
	open_source(t);
	other(t, "SET synchronous_commit = on");
	sure(postgres_client_ask(t->other, "UPDATE customer SET name = 'after'", &err), &err);
	pgserver_await(t->server, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", "1\n", 10);
	assert_string_equal(pgserver_rows(t->server, "SELECT name FROM customer"), "before\n");
	sure(visible_begin(own(t), NULL, &err), &err);
	assert_int_equal(own(t)->visible.count, 1);
}

/* One that was made for nothing would have the server keep its log for nobody. */
static void test_no_slot_left(void **state)
{
	BENCH(t);
	struct error err = {0};
	uint64_t lsn;

	open_source(t);
	own(t)->target.version = 180000; /* whose catalogue this server has not: the look at it that follows fails */
	assert_false(postgres_slot_make(own(t), &lsn, &err));
	assert_string_equal(pgserver_rows(t->server, "SELECT count(*) FROM pg_replication_slots"), "0\n");
}

/* Somebody removed the log by hand: it will not come back. */
static void test_log_removed(void **state)
{
	BENCH(t);
	struct error err = {0};
	char path[512];
	struct dirent *entry;

	start(t);
	char *position = memory_text(postgres_stream_position(own(t)));
	close_source(t);
	pgserver_noise(t->server, 4);
	pgserver_stop(t->server);
	snprintf(path, sizeof path, "%s/pg_wal", pgserver_data(t->server));
	DIR *folder = opendir(path);
	char *first = memory_text("~");
	while ((entry = readdir(folder)))
		if (strlen(entry->d_name) == 24 && strcmp(entry->d_name, first) < 0) {
			free(first);
			first = memory_text(entry->d_name);
		}
	closedir(folder);
	snprintf(path, sizeof path, "%s/pg_wal/%s", pgserver_data(t->server), first);
	assert_int_equal(unlink(path), 0);
	free(first);
	pgserver_again(t->server, NULL);
	open_source(t);
	if (t->source->ops->start(t->source, position, &err))
		assert_int_equal(next_error(t, &err), SOURCE_ERROR);
	free(position);
	assert_int_equal(err.code, ERROR_PURGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_chunk_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ahead_holds_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reads_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_isolation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_busy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_identity_lacks_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_newest_commit_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_slot_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_log_removed, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
