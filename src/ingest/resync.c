#include "config.h"

#include "ingest/resync.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "ingest/request.h"
#include "model/model.h"
#include "replica/replica.h"
#include "replica/sql.h"
#include "source/source.h"

#define LOOK_EVERY_US 50000

/* ---- gaps: what the resync added ---- */

static int64_t newest_gap(sqlite3 *db)
{
	return sql_integer(db, "SELECT max(id) FROM td_gap", 0);
}

static void read_gap(sqlite3 *db, int64_t before, struct resync_result *out)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(db, "SELECT valid_from, valid_to, reason FROM td_gap WHERE id > ?1 ORDER BY id DESC LIMIT 1", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_bind_int64(s, 1, before) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		const char *reason = (const char *)sqlite3_column_text(s, 2);
		out->gap = true;
		out->gap_from = sqlite3_column_int64(s, 0);
		out->gap_to = sqlite3_column_int64(s, 1);
		out->gap_reason = strcmp(reason, "purged") == 0 ? "purged" : strcmp(reason, "server accepted") == 0 ? "server accepted" :
		                  strcmp(reason, "refused") == 0 ? "refused" : "resync";
	}
	sqlite3_finalize(s);
}

/* ---- here ---- */

static bool run_here(const struct ingest_params *p, const struct resync_request *r, struct resync_result *out, struct error *err)
{
	struct ingest_params mine = *p;
	mine.once = true;
	mine.until = NULL;
	mine.resync = true;
	mine.resync_entity = r->entity;
	mine.accept_server = r->accept_server;
	mine.adopt_model = r->adopt_model;
	mine.wait_for_lock = false;
	struct ingest *in = ingest_new(&mine, err);
	if (!in)
		return false;
	sqlite3 *db = replica_db(ingest_replica(in));
	int64_t before = newest_gap(db);
	bool ok = ingest_run(in, err);
	if (ok) {
		out->entity_count = ingest_entities(in);
		for (int i = 0; i < out->entity_count && i < RESYNC_ENTITIES; i++)
			out->counts[i] = ingest_counts(in, i);
		read_gap(db, before, out);
	}
	ingest_free(in);
	return ok;
}

/* ---- by the process that writes the replica ---- */

static void take_counts(const json_t *counts, struct resync_result *out)
{
	size_t i;
	json_t *n;
	out->entity_count = (int)json_array_size(counts);
	json_array_foreach(counts, i, n) {
		if (i < RESYNC_ENTITIES)
			out->counts[i] = (struct resync_counts){json_integer_value(json_array_get(n, 0)), json_integer_value(json_array_get(n, 1)),
			                                        json_integer_value(json_array_get(n, 2))};
	}
}

/* The writer could not do it: its reason is ours. */
static void take_refusal(json_t *answer, struct error *err)
{
	const char *message = "", *hint = "";
	int code = ERROR_REPLICA;
	json_unpack(answer, "{s:i, s:s, s:s}", "code", &code, "message", &message, "hint", &hint);
	error_set(err, (enum error_code)code, "%s", message);
	if (*hint)
		error_hint(err, "%s", hint);
}

/* 1 carried out, 0 not answered yet, -1 it could not be. */
static int read_answer(sqlite3_stmt *s, const char *id, struct resync_result *out, struct error *err)
{
	sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	const char *text = sqlite3_step(s) == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	json_t *answer = text ? json_loads(text, 0, NULL) : NULL;
	sqlite3_reset(s);
	int done = !answer ? 0 : json_is_array(answer) ? 1 : -1;
	if (done > 0)
		take_counts(answer, out);
	else if (done < 0)
		take_refusal(answer, err);
	json_decref(answer);
	return done;
}

static bool lost_writer(struct error *err)
{
	error_set(err, ERROR_REPLICA, "could not resync: the process that wrote the replica ended before it answered");
	return error_hint(err, "run the command again: it resyncs by itself when nobody writes the replica");
}

/* Requests are carried out one by one: another's may have to be taken first. */
static bool put_request(const struct ingest_params *p, struct request *request, struct error *err)
{
	for (;;) {
		bool taken;
		if (request_put(p->replica_path, request, &taken, err))
			return true;
		if (!taken)
			return false;
		if (replica_writer(p->replica_path) == 0)
			return lost_writer(err);
		error_clear(err);
		usleep(LOOK_EVERY_US);
	}
}

static bool wait_for_answer(const struct ingest_params *p, sqlite3 *db, struct resync_result *out, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(db, "SELECT answer FROM td_status WHERE request = ?1", err);
	int answered = 0;
	bool alive = true;
	while (s && alive && !(answered = read_answer(s, out->request_id, out, err))) {
		usleep(LOOK_EVERY_US);
		alive = replica_writer(p->replica_path) != 0;
	}
	/* The last thing it did may have been the answer. */
	if (s && !answered)
		answered = read_answer(s, out->request_id, out, err);
	sqlite3_finalize(s);
	return answered ? answered > 0 : s ? lost_writer(err) : false;
}

static bool run_there(const struct ingest_params *p, const struct resync_request *r, struct resync_result *out, struct error *err)
{
	struct request request = {.accept_server = r->accept_server, .adopt_model = r->adopt_model};
	snprintf(request.entity, sizeof request.entity, "%s", r->entity ? r->entity : "");
	if (r->adopt_model && p->model)
		request.model = memory_text(p->model->text);
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(p->replica_path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		sql_error(db, err);
		sqlite3_close(db);
		return false;
	}
	sqlite3_busy_timeout(db, 2000);
	int64_t before = newest_gap(db);
	bool ok = put_request(p, &request, err);
	memcpy(out->request_id, request.id, sizeof out->request_id);
	ok = ok && wait_for_answer(p, db, out, err);
	if (ok)
		read_gap(db, before, out);
	sqlite3_close(db);
	request_done(&request);
	return ok;
}

bool resync_run(const struct ingest_params *p, const struct resync_request *r, struct resync_result *out, struct error *err)
{
	memset(out, 0, sizeof *out);
	const struct source_ops *ops = p->source_url ? source_find(p->source_url, err) : NULL;
	if (p->source_url && !ops)
		return false;
	if (ops && !ops->copy && !r->adopt_model) {
		error_set(err, ERROR_USAGE, "could not resync: a %s source has no tables to read again", ops->scheme);
		return error_hint(err, "put full rows into a new batch; tellerdesk check --against-source compares what was taken");
	}
	return replica_writer(p->replica_path) != 0 ? run_there(p, r, out, err) : run_here(p, r, out, err);
}
