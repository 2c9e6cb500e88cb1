/* What is told of a real server: who it is, and bytes behind that are counted by its log and not guessed. */
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
#include "mysql_server.h"
#include "replica/details.h"
#include "replica/query.h"
#include "source/mysql/position.h"
#include "source/source.h"

static const char model_text[] = "[model]\nname = little\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\n"
				 "column.cif = CIF | integer\ncolumn.name = Name | text\n";

static const char *const options[] = {"--log-bin=binlog", "--binlog-format=ROW", "--server-id=7", "--expire-logs-days=3", NULL};

struct bench {
	struct server *server;
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

	t = (struct bench){.server = server_start(&(struct server_setup){.tcp = true, .options = options})};
	*state = &t;
	if (!t.server)
		return 0;
	server_sql(t.server, "CREATE DATABASE bank; CREATE TABLE bank.customer (cif INT PRIMARY KEY, name TEXT) ENGINE=InnoDB;"
			     "CREATE USER teller@localhost; GRANT SELECT ON bank.* TO teller@localhost;"
			     "CREATE USER teller@'127.0.0.1'; GRANT SELECT ON bank.* TO teller@'127.0.0.1';"
			     "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO teller@localhost;"
			     "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO teller@'127.0.0.1'");
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
	server_end(t->server);
	return 0;
}

static void open_source(struct bench *t, const char *url)
{
	struct error err = {0};
	struct source_params p = {.url = url, .model = t->model, .state_folder = server_folder(t->server), .stop = t->stop[0]};

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

/* Reads on until all there is was given. */
static void read_on(struct bench *t)
{
	int64_t deadline = clock_mono() + 30 * SECOND;
	struct error err = {0};
	struct source_event e;

	for (;;) {
		enum source_result r = t->source->ops->next(t->source, 200, &e, &err);

		if (r == SOURCE_IDLE)
			return;
		sure(r != SOURCE_ERROR && clock_mono() < deadline, &err);
	}
}

static void check_row(struct bench *t, const char *sql, const char *wanted)
{
	const char *row = server_rows(t->server, sql);

	assert_int_equal(strlen(row), strlen(wanted) + 1);
	assert_memory_equal(row, wanted, strlen(wanted));
}

static void test_who_the_server_is(void **state)
{
	struct bench *t = *state;
	int64_t at, most = clock_now() + 5 * SECOND;

	if (!t->server)
		skip();
	open_source(t, server_url(t->server, "teller", "bank"));
	ask(t);
	assert_true(strncmp(text_of(t, "server"), "MariaDB 1", 9) == 0);
	check_row(t, "SELECT CONCAT('MariaDB ', VERSION())", text_of(t, "server"));
	check_row(t, "SELECT @@hostname", text_of(t, "host"));
	assert_string_equal(text_of(t, "transport"), "socket");
	assert_string_equal(text_of(t, "tls"), "none");
	char *one = memory_format("SELECT COUNT(*) FROM information_schema.processlist WHERE id = %lld AND user = 'teller'",
				  (long long)number_of(t, "connection"));
	assert_string_equal(server_rows(t->server, one), "1\n");
	free(one);
	assert_int_equal(number_of(t, "log_kept_s"), 3 * 86400);
	assert_int_equal(number_of(t, "log_kept_bytes"), -1);
	assert_true(moment_rfc3339(text_of(t, "asked_at"), &at));
	assert_in_range(at, most - 60 * SECOND, most);
	/* Nothing is being read yet. */
	assert_int_equal(number_of(t, "behind_bytes"), -1);
}

static void test_the_way_there(void **state)
{
	struct bench *t = *state;
	char *url;

	if (!t->server)
		skip();
	url = memory_format("mysql://teller@127.0.0.1:%u/bank", server_port(t->server));
	open_source(t, url);
	ask(t);
	assert_string_equal(text_of(t, "transport"), "tcp");
	/* Newer servers make a certificate by themselves. */
	if (strstr(server_rows(t->server, "SELECT @@have_ssl"), "YES"))
		assert_string_not_equal(text_of(t, "tls"), "none");
	else
		assert_string_equal(text_of(t, "tls"), "none");
	free(url);
}

static int64_t end_of(struct bench *t)
{
	struct mysql_position p;

	assert_true(mysql_position_parse(text_of(t, "log_end"), &p));
	return (int64_t)p.pos;
}

static void test_bytes_behind(void **state)
{
	struct bench *t = *state;
	struct error err = {0};
	int64_t first, file_1, files;

	if (!t->server)
		skip();
	open_source(t, server_url(t->server, "teller", "bank"));
	sure(t->source->ops->start(t->source, NULL, &err), &err);
	read_on(t);
	ask(t);
	assert_int_equal(number_of(t, "behind_bytes"), 0);
	first = end_of(t);
	files = number_of(t, "log_files");

	server_sql(t->server, "INSERT INTO bank.customer VALUES (1, REPEAT('x', 5000))");
	ask(t);
	assert_in_range(number_of(t, "behind_bytes"), 5000, 6000);
	assert_int_equal(number_of(t, "behind_bytes"), end_of(t) - first);

	/* A file is ended, another stands between it and the last. */
	server_sql(t->server, "FLUSH BINARY LOGS");
	file_1 = atoll(strchr(server_rows(t->server, "SHOW BINARY LOGS"), '|') + 1);
	server_sql(t->server, "INSERT INTO bank.customer VALUES (2, REPEAT('y', 7000)); FLUSH BINARY LOGS; INSERT INTO bank.customer VALUES (3, 'z')");
	ask(t);
	assert_int_equal(number_of(t, "log_files"), files + 2);
	assert_int_equal(number_of(t, "behind_bytes"), number_of(t, "log_bytes") - first);
	assert_true(number_of(t, "log_bytes") > file_1 + 7000);

	read_on(t);
	ask(t);
	assert_int_equal(number_of(t, "behind_bytes"), 0);

	server_sqlf(t->server, "PURGE BINARY LOGS TO '%.*s'", (int)strcspn(text_of(t, "log_end"), ":"), text_of(t, "log_end"));
	ask(t);
	assert_int_equal(number_of(t, "log_files"), 1);
	assert_int_equal(number_of(t, "log_bytes"), end_of(t));
	assert_true(strncmp(text_of(t, "log_oldest"), text_of(t, "log_end"), strlen(text_of(t, "log_oldest"))) == 0);
}

/* Who may not ask for the list of files still learns the rest. */
static void test_without_the_privilege(void **state)
{
	struct bench *t = *state;

	if (!t->server)
		skip();
	server_sql(t->server, "CREATE USER guest@localhost; GRANT SELECT ON bank.* TO guest@localhost");
	open_source(t, server_url(t->server, "guest", "bank"));
	ask(t);
	assert_true(strncmp(text_of(t, "server"), "MariaDB 1", 9) == 0);
	assert_int_equal(number_of(t, "log_kept_s"), 3 * 86400);
	assert_null(json_object_get(t->told, "log_files"));
	assert_null(json_object_get(t->told, "behind_bytes"));
}

/* What ingest left in the replica, when it ended at the end of the log. */
static void check_kept(struct bench *t, const char *path)
{
	struct error err = {0};
	struct status_answer a = {0};
	struct query *q = query_open(path, &err);
	char *end;

	sure(q && query_sources(q, &a, &err), &err);
	assert_int_equal(a.source_count, 1);
	assert_int_equal(detail_number(&a.sources[0], "behind_bytes", -1), 0);
	end = memory_text(detail_place(a.sources[0].position, &a.base.arena));
	end[strcspn(end, "@")] = '\0';
	assert_string_equal(detail_text(&a.sources[0], "log_end"), end);
	check_row(t, "SELECT CONCAT('MariaDB ', VERSION())", detail_text(&a.sources[0], "server"));
	free(end);
	answer_done(&a.base);
	query_close(q);
}

static void test_ingest_keeps_it(void **state)
{
	struct bench *t = *state;
	struct error err = {0};
	char *path;

	if (!t->server)
		skip();
	path = memory_format("%s/r.db", server_folder(t->server));
	for (int i = 0; i < 2; i++) {
		struct ingest_params p = {.source_url = server_url(t->server, "teller", "bank"), .replica_path = path, .model = t->model,
					  .state_folder = server_folder(t->server), .once = true};
		struct ingest *in = ingest_new(&p, &err);

		sure(in && ingest_run(in, &err), &err);
		ingest_free(in);
		check_kept(t, path);
		server_sqlf(t->server, "INSERT INTO bank.customer VALUES (%d, 'again'); FLUSH BINARY LOGS; DELETE FROM bank.customer WHERE cif = 1", 100 + i);
	}
	free(path);
}

static void test_nobody_answers(void **state)
{
	struct bench *t = *state;
	struct error err = {0};

	if (!t->server)
		skip();
	open_source(t, server_url(t->server, "teller", "bank"));
	server_kill(t->server);
	assert_false(describe(t, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	server_again(t->server, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_the_server_is),
		cmocka_unit_test(test_the_way_there),
		cmocka_unit_test(test_bytes_behind),
		cmocka_unit_test(test_without_the_privilege),
		cmocka_unit_test(test_ingest_keeps_it),
		cmocka_unit_test(test_nobody_answers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
