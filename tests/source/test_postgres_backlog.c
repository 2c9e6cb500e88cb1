/* A backlog on a real server: while it is sent a rest is no end of it, and live nothing is held up for more to come. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "postgres_server.h"
#include "source/source.h"

enum {
	BACKLOG = 3000,  /* transactions of a row each */
	COMMITS = 100,   /* live */
};

#define OLD      (SECOND / 5)
#define LINGER   (SECOND / 200)
#define PATIENCE (60 * SECOND)

static const char model_text[] = "[model]\nname = little\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\n"
				 "column.cif = CIF | integer\ncolumn.name = Name | text\n";

static const char fill[] = "DO $$ BEGIN FOR i IN 1..3000 LOOP INSERT INTO customer VALUES (i, 'n'); COMMIT; END LOOP; END $$";

struct bench {
	struct pgserver *server;
	struct model *model;
	struct source *source;
	char *position;
	int stop[2];
};

static void sure(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->message);
}

static void open_source(struct bench *t)
{
	struct error err = {0};
	struct source_params p = {
		.url = pgserver_url(t->server, "teller", "bank?slot=ours"), .model = t->model, .state_folder = pgserver_folder(t->server), .stop = t->stop[0]};

	t->source = source_open(&p, &err);
	sure(t->source != NULL, &err);
	sure(t->source->ops->start(t->source, t->position, &err), &err);
}

/* As who has something to commit asks: without time to wait. Every event but a rest may be what comes. */
static enum source_result ask(struct bench *t)
{
	struct source_event e = {0};
	struct error err = {0};
	enum source_result r = t->source->ops->next(t->source, 0, &e, &err);

	sure(r != SOURCE_ERROR, &err);
	return r;
}

static void take_one(struct bench *t)
{
	int64_t begun = clock_mono();

	while (ask(t) != SOURCE_COMMIT)
		if (clock_mono() - begun > PATIENCE)
			fail_msg("nothing came");
}

/* How long it holds on before it says that there is nothing, and how much came before. */
static int64_t first_rest(struct bench *t, int *taken)
{
	for (;;) {
		int64_t asked = clock_mono();
		enum source_result r = ask(t);
		if (r == SOURCE_WAIT)
			return clock_mono() - asked;
		*taken += r == SOURCE_COMMIT;
	}
}

static pid_t sender(struct bench *t)
{
	return (pid_t)atoi(pgserver_rows(t->server, "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'ours'"));
}

static int set_up(void **state)
{
	static struct bench t;
	struct buffer errors = {0};
	struct error err = {0};
	const char *here;

	t = (struct bench){.server = pgserver_start(&(struct pgserver_setup){0})};
	*state = &t;
	if (!t.server)
		return 0;
	pgserver_sql(t.server, "CREATE TABLE customer (cif INT PRIMARY KEY, name TEXT); CREATE PUBLICATION tellerdesk FOR TABLE customer");
	t.model = model_parse(model_text, "little.model", &errors);
	if (!t.model || pipe(t.stop) != 0)
		fail_msg("%s", buffer_text(&errors));
	buffer_done(&errors);
	/* Its slot is made, and keeps the log from here on. */
	open_source(&t);
	sure(t.source->ops->newest(t.source, &here, &err), &err);
	t.position = memory_text(here);
	t.source->ops->close(t.source);
	t.source = NULL;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *t = *state;

	if (!t->server)
		return 0;
	if (t->source)
		t->source->ops->close(t->source);
	close(t->stop[0]);
	close(t->stop[1]);
	free(t->position);
	model_free(t->model);
	pgserver_end(t->server);
	return 0;
}

/* The server's side is stopped in the middle of it: what it sent is taken, and then it is given a moment to go on. */
static void test_a_rest_is_no_end_of_a_backlog(void **state)
{
	struct bench *t = *state;
	int taken = 1;

	if (!t->server)
		skip();
	pgserver_sql(t->server, fill);
	int64_t committed = clock_mono();
	while (clock_mono() - committed < OLD)
		usleep(1000);
	open_source(t);
	take_one(t);
	pid_t pid = sender(t);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	int64_t held = first_rest(t, &taken);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_in_range(taken, 1, BACKLOG - 1);
	if (held < LINGER)
		fail_msg("it gave up after %lld us", (long long)held);
	while (taken++ < BACKLOG)
		take_one(t);
}

/* After it the source is asked again and again, and answers at once. */
static void test_live_nothing_waits(void **state)
{
	struct bench *t = *state;
	int held = 0;

	if (!t->server)
		skip();
	for (int i = 0; i < COMMITS; i++) {
		pgserver_sqlf(t->server, "UPDATE customer SET name = 'm%d' WHERE cif = %d", i, i + 1);
		take_one(t);
		int64_t asked = clock_mono();
		ask(t);
		held += clock_mono() - asked >= LINGER;
	}
	if (held > COMMITS / 2)
		fail_msg("%d of %d commits were held up", held, COMMITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_rest_is_no_end_of_a_backlog),
		cmocka_unit_test(test_live_nothing_waits),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
