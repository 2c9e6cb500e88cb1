#include "config.h"

#include "place.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "generate/fill.h"
#include "ingest/ingest.h"
#include "model/model.h"
#include "replica/check.h"

#define PATIENCE 20000 /* ms for a lock */

static struct model *model;
const struct model *place_model;

void place_begin(void)
{
	struct buffer errors = {0};
	place_model = model = model_load("demography", &errors);
	if (!model)
		fail_msg("%s", buffer_text(&errors));
	buffer_done(&errors);
}

void place_end(void)
{
	model_free(model);
}

const char *place_path(const char *name)
{
	static char paths[8][512];
	static int turn;
	const char *folder = getenv("TMPDIR");
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s", folder ? folder : "/tmp", name);
	return path;
}

void place_bank(const char *name, int64_t customers, uint64_t seed)
{
	struct error err = {0};
	struct fill f;
	char url[600];
	snprintf(url, sizeof url, "bank:%s", place_path(name));
	struct fill_params p = {.url = url, .seed = seed, .seed_given = true, .stop = {-1, -1}};
	struct fill_load load = {.customers = customers, .batch = 1000, .days = 30};
	if (!fill_open(&f, &p, &err) || !fill_customers(&f, &load, &err))
		fail_msg("%s", err.message);
	fill_close(&f);
}

static sqlite3 *open_database(const char *name)
{
	sqlite3 *db;
	if (sqlite3_open_v2(place_path(name), &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fail_msg("%s: %s", name, sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, PATIENCE);
	return db;
}

void place_write(const char *name, const char *sql)
{
	sqlite3 *db = open_database(name);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s: %s", name, sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

int64_t place_number(const char *name, const char *sql, int64_t missing)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int64_t n = missing;
	if (sqlite3_open_v2(place_path(name), &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
	    sqlite3_column_type(s, 0) != SQLITE_NULL)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

struct ingest_params place_params(const char *bank, const char *replica)
{
	static char url[600], path[600], folder[600];
	snprintf(url, sizeof url, "bank:%s", place_path(bank));
	snprintf(path, sizeof path, "%s", place_path(replica));
	snprintf(folder, sizeof folder, "%s", place_path(""));
	return (struct ingest_params){
		.source_url = url, .replica_path = path, .model = place_model, .state_folder = folder};
}

void place_ingest(const char *bank, const char *replica)
{
	struct error err = {0};
	struct ingest_params p = place_params(bank, replica);
	p.once = true;
	struct ingest *in = ingest_new(&p, &err);
	if (!in || !ingest_run(in, &err))
		fail_msg("%s", err.message);
	ingest_free(in);
}

bool place_wait(const char *name, const char *sql, int64_t wanted, double seconds)
{
	int64_t end = clock_mono() + (int64_t)(seconds * (double)SECOND);
	while (place_number(name, sql, -1) != wanted) {
		if (clock_mono() > end)
			return false;
		usleep(5000);
	}
	return true;
}

static void print_violation(void *ctx, const struct violation *v)
{
	int *count = ctx;
	if ((*count)++ < 10)
		print_message("# %s %s: %s: %s\n", v->entity, v->key, v->rule, v->detail);
}

void place_check(const char *replica)
{
	struct error err = {0};
	int count = 0;
	if (!replica_check(place_path(replica), print_violation, &count, NULL, &err))
		fail_msg("%s", err.message);
	assert_int_equal(count, 0);
}

/* ---- a digest ---- */

static uint64_t hash_text(uint64_t h, const unsigned char *p)
{
	for (; p && *p; p++)
		h = (h ^ *p) * 1099511628211u;
	return (h ^ (p ? 1 : 2)) * 1099511628211u;
}

static uint64_t hash_question(uint64_t h, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while (sqlite3_step(s) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(s); i++)
			h = hash_text(h, sqlite3_column_text(s, i));
	sqlite3_finalize(s);
	return h;
}

static void columns_of(const struct entity *e, struct buffer *out)
{
	buffer_clear(out);
	for (int i = 0; i < e->column_count; i++)
		buffer_format(out, "%s\"%s\"", i ? ", " : "", e->columns[i].as);
}

uint64_t place_digest(const char *replica)
{
	sqlite3 *db = open_database(replica);
	uint64_t h = 1469598103934665603u;
	struct buffer columns = {0};
	for (int i = 0; i < place_model->entity_count; i++) {
		const struct entity *e = &place_model->entities[i];
		columns_of(e, &columns);
		char *sql = memory_format("SELECT %s, version, is_current, ended_by, changed FROM \"%s_versions\" "
					  "ORDER BY \"%s\", version",
					  buffer_text(&columns), e->name, e->columns[e->key[0]].as);
		h = hash_question(h, db, sql);
		free(sql);
	}
	h = hash_question(h, db,
			  "SELECT r.key, g.value, r.at, r.timed FROM td_registrations_events r JOIN "
			  "td_registrations_groups g ON g.id = r.\"group\" "
			  "ORDER BY r.key");
	h = hash_question(h, db,
			  "SELECT grain, start, g.value, n FROM td_registrations_counts c JOIN td_registrations_groups "
			  "g ON g.id = c.\"group\" "
			  "ORDER BY 1, 2, 3");
	h = hash_question(h, db, "SELECT word, name, key FROM td_word ORDER BY 1, 2, 3");
	h = hash_question(h, db, "SELECT hash, key FROM td_exact ORDER BY 1, 2");
	buffer_done(&columns);
	sqlite3_close(db);
	return h;
}

void place_remove(const char *replica)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", ".request"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char path[700];
		snprintf(path, sizeof path, "%s%s", place_path(replica), suffixes[i]);
		unlink(path);
	}
}
