/* What is told of a real server: who it is, how much of its log lies before us, and what its slot keeps. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/moment.h"
#include "ingest/ingest.h"
#include "model/model.h"
#include "pgoutput/lsn.h"
#include "postgres_server.h"
#include "replica/details.h"
#include "replica/query.h"
#include "source/source.h"

static const char model_text[] = "[model]\nname = little\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\n"
				 "column.cif = CIF | integer\ncolumn.name = Name | text\n";

#define LIMIT (INT64_C(8) << 20)
static const char *const unlimited[] = {"wal_level=logical", NULL};
static const char *const limited[] = {"max_slot_wal_keep_size=8MB", NULL};
static const char *const tiny[] = {"max_slot_wal_keep_size=1MB", NULL};

struct bench {
	struct pgserver *server;
	struct model *model;
	struct source *source;
	json_t *told;
	int stop[2];
};

static void sure(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->message);
}

static int set_up(void **state)
{
	static struct bench t;
	struct buffer errors = {0};

	t = (struct bench){.server = pgserver_start(&(struct pgserver_setup){.tcp = true, .settings = unlimited})};
	*state = &t;
	if (!t.server)
		return 0;
	pgserver_sql(t.server, "CREATE TABLE customer (cif INT PRIMARY KEY, name TEXT); CREATE PUBLICATION tellerdesk FOR TABLE customer");
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
	if (t->server) {
		close(t->stop[0]);
		close(t->stop[1]);
	}
	json_decref(t->told);
	t->told = NULL;
	model_free(t->model);
	pgserver_end(t->server);
	return 0;
}

static void open_source(struct bench *t, const char *url)
{
	struct error err = {0};
	struct source_params p = {.url = url, .model = t->model, .state_folder = pgserver_folder(t->server), .replica = "r.db", .stop = t->stop[0]};

	close_source(t);
	t->source = source_open(&p, &err);
	sure(t->source != NULL, &err);
}

static bool describe(struct bench *t, struct error *err)
{
	struct buffer text = {0};
	json_error_t why;
	bool ok = t->source->ops->describe(t->source, &text, err);

	json_decref(t->told);
	t->told = ok ? json_loads(buffer_text(&text), 0, &why) : NULL;
	if (ok && !json_is_object(t->told))
		fail_msg("no JSON object: %s", buffer_text(&text));
	buffer_done(&text);
	return ok;
}

static void ask(struct bench *t)
{
	struct error err = {0};

	sure(describe(t, &err), &err);
}

static const char *text_of(struct bench *t, const char *name)
{
	const char *text = json_string_value(json_object_get(t->told, name));

	return text ? text : "(none)";
}

static int64_t number_of(struct bench *t, const char *name)
{
	json_t *v = json_object_get(t->told, name);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

static uint64_t end_of(struct bench *t)
{
	uint64_t end = 0;

	assert_true(lsn_parse(text_of(t, "log_end"), strlen(text_of(t, "log_end")), &end));
	return end;
}

/* Reads on until the log's end is reached, as it is told; a server writes a little by itself. */
static void read_on(struct bench *t)
{
	int64_t deadline = clock_mono() + 30 * SECOND;
	struct error err = {0};
	struct source_event e;

	do {
		enum source_result r = t->source->ops->next(t->source, 100, &e, &err);

		sure(r != SOURCE_ERROR, &err);
		if (r == SOURCE_COMMIT || (r == SOURCE_IDLE && e.position))
			t->source->ops->durable(t->source, e.position);
		if (r == SOURCE_IDLE)
			ask(t);
		if (clock_mono() > deadline)
			fail_msg("%s bytes are left", json_dumps(t->told, 0));
	} while (number_of(t, "behind_bytes") != 0);
}

static void check_row(struct bench *t, const char *sql, const char *wanted)
{
	const char *row = pgserver_rows(t->server, sql);

	assert_int_equal(strlen(row), strlen(wanted) + 1);
	assert_memory_equal(row, wanted, strlen(wanted));
}

/* Log that is nobody's, on disk: a commit takes along what is before it. */
static void noise(struct bench *t, int megabytes)
{
	pgserver_noise(t->server, megabytes);
	pgserver_sql(t->server, "CREATE TABLE IF NOT EXISTS elsewhere (n INT); INSERT INTO elsewhere VALUES (1)");
}

static void test_who_the_server_is(void **state)
{
	struct bench *t = *state;
	int64_t at, most = clock_now() + 5 * SECOND;

	if (!t->server)
		skip();
	open_source(t, pgserver_url(t->server, "teller", "bank"));
	ask(t);
	check_row(t, "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)", text_of(t, "server"));
	assert_non_null(strstr(text_of(t, "host"), pgserver_folder(t->server)));
	assert_null(strchr(text_of(t, "host"), '@'));
	assert_string_equal(text_of(t, "transport"), "socket");
	assert_string_equal(text_of(t, "tls"), "none");
	char *one = memory_format("SELECT usename FROM pg_stat_activity WHERE pid = %lld", (long long)number_of(t, "connection"));
	assert_string_equal(pgserver_rows(t->server, one), "teller\n");
	free(one);
	check_row(t, "SELECT system_identifier FROM pg_control_system()", text_of(t, "system_id"));
	assert_int_equal(number_of(t, "timeline"), 1);
	assert_string_equal(text_of(t, "publication"), "tellerdesk");
	assert_true(moment_rfc3339(text_of(t, "asked_at"), &at));
	assert_in_range(at, most - 60 * SECOND, most);
	/* Nothing is being read yet, and no slot was made. */
	assert_int_equal(number_of(t, "behind_bytes"), -1);
	assert_string_equal(text_of(t, "slot_state"), "missing");
	assert_int_equal(number_of(t, "retained_bytes"), -1);
}

static void test_the_way_there(void **state)
{
	struct bench *t = *state;

	if (!t->server)
		skip();
	char *url = memory_format("postgresql://teller@127.0.0.1:%u/bank?slot=mine", pgserver_port(t->server));
	char *host = memory_format("127.0.0.1:%u", pgserver_port(t->server));
	open_source(t, url);
	ask(t);
	assert_string_equal(text_of(t, "transport"), "tcp");
	assert_string_equal(text_of(t, "tls"), "none");
	assert_string_equal(text_of(t, "host"), host);
	assert_string_equal(text_of(t, "slot"), "mine");
	free(url);
	free(host);
}

static void test_bytes_behind_and_kept(void **state)
{
	struct bench *t = *state;
	struct error err = {0};

	if (!t->server)
		skip();
	open_source(t, pgserver_url(t->server, "teller", "bank"));
	sure(t->source->ops->start(t->source, NULL, &err), &err);
	read_on(t);
	uint64_t first = end_of(t);
	assert_string_equal(text_of(t, "slot_state"), "reserved");
	assert_int_equal(number_of(t, "slot_active"), 1);
	check_row(t, "SELECT slot_name FROM pg_replication_slots", text_of(t, "slot"));
	assert_int_equal(number_of(t, "retained_limit_bytes"), -1);
	assert_int_equal(number_of(t, "safe_bytes"), -1);

	pgserver_sql(t->server, "INSERT INTO customer SELECT i, repeat('x', 50) FROM generate_series(1, 100) i");
	ask(t);
	assert_in_range(number_of(t, "behind_bytes"), 5000, 50000);
	assert_int_equal(number_of(t, "behind_bytes"), end_of(t) - first);
	noise(t, 3);
	ask(t);
	assert_in_range(number_of(t, "behind_bytes"), 3 << 20, 4 << 20);
	assert_true(number_of(t, "retained_bytes") >= number_of(t, "behind_bytes"));
	read_on(t);
	close_source(t);
}

/* The slot of before, now with a limit: what is left of it shrinks by what is written. */
static void test_a_limit(void **state)
{
	struct bench *t = *state;

	if (!t->server)
		skip();
	close_source(t);
	pgserver_stop(t->server);
	pgserver_again(t->server, limited);
	open_source(t, pgserver_url(t->server, "teller", "bank"));
	ask(t);
	assert_int_equal(number_of(t, "slot_active"), 0);
	assert_int_equal(number_of(t, "retained_limit_bytes"), LIMIT);
	int64_t kept = number_of(t, "retained_bytes"), left = number_of(t, "safe_bytes");
	/* The server counts by segments of log, of a megabyte here. */
	assert_in_range(kept + left, LIMIT - (2 << 20), LIMIT + (2 << 20));
	noise(t, 2);
	ask(t);
	assert_in_range(number_of(t, "retained_bytes") - kept, 2 << 20, 3 << 20);
	assert_in_range(left - number_of(t, "safe_bytes"), 2 << 20, 3 << 20);
	/* Past the limit, and no checkpoint has come yet to take it away. */
	noise(t, 8);
	ask(t);
	assert_string_equal(text_of(t, "slot_state"), "unreserved");
	assert_int_equal(number_of(t, "safe_bytes"), 0);
}

static void test_lost(void **state)
{
	struct bench *t = *state;

	if (!t->server)
		skip();
	close_source(t);
	pgserver_stop(t->server);
	pgserver_again(t->server, tiny);
	open_source(t, pgserver_url(t->server, "teller", "bank"));
	ask(t);
	char *slot = memory_text(text_of(t, "slot"));
	pgserver_lose_slot(t->server, slot);
	ask(t);
	assert_string_equal(text_of(t, "slot_state"), "lost");
	assert_int_equal(number_of(t, "retained_bytes"), -1);
	assert_int_equal(number_of(t, "safe_bytes"), -1);
	assert_int_equal(number_of(t, "retained_limit_bytes"), 1 << 20);
	pgserver_sqlf(t->server, "SELECT pg_drop_replication_slot('%s')", slot);
	free(slot);
}

/* What ingest left in the replica, when it ended at the end of the log. */
static void test_ingest_keeps_it(void **state)
{
	struct bench *t = *state;
	struct error err = {0};
	struct status_answer a = {0};

	if (!t->server)
		skip();
	close_source(t);
	char *path = memory_format("%s/r.db", pgserver_folder(t->server));
	struct ingest_params p = {.source_url = pgserver_url(t->server, "teller", "bank"), .replica_path = path, .model = t->model,
				  .state_folder = pgserver_folder(t->server), .once = true};
	struct ingest *in = ingest_new(&p, &err);
	sure(in && ingest_run(in, &err), &err);
	ingest_free(in);
	struct query *q = query_open(path, &err);
	sure(q && query_sources(q, &a, &err), &err);
	const struct status_source *s = &a.sources[0];
	assert_in_range(detail_number(s, "behind_bytes", -1), 0, 4096);
	assert_string_equal(detail_text(s, "slot_state"), "reserved");
	char *mark = memory_format(" slot=%s ", detail_text(s, "slot"));
	assert_non_null(strstr(s->position, mark));
	assert_null(strchr(detail_place(s->position, &a.base.arena), ' '));
	free(mark);
	answer_done(&a.base);
	query_close(q);
	free(path);
}

static void test_nobody_answers(void **state)
{
	struct bench *t = *state;
	struct error err = {0};

	if (!t->server)
		skip();
	open_source(t, pgserver_url(t->server, "teller", "bank"));
	pgserver_kill(t->server);
	assert_false(describe(t, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	pgserver_again(t->server, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_the_server_is),
		cmocka_unit_test(test_the_way_there),
		cmocka_unit_test(test_bytes_behind_and_kept),
		cmocka_unit_test(test_a_limit),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_ingest_keeps_it),
		cmocka_unit_test(test_nobody_answers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
