#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/sql.h"

#define LISTED 50
#define DETAILS 32 /* facts of a source */

/* Version 1 of the schema had no details; a reader migrates nothing. */
static const char *details_column(struct query *q)
{
	return sql_integer(q->db, "PRAGMA user_version", 0) < 2 ? "NULL" : "t.details";
}

/* Texts and numbers of a JSON object; whatever else stands there is passed over. */
static bool read_details(struct query *q, struct status_source *x, const char *json, struct arena *a, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(q->db,
	                              "SELECT key, atom, type = 'integer' FROM json_each(CASE WHEN json_valid(?1) THEN ?1 ELSE '{}' END) "
	                              "WHERE type IN ('text', 'integer') AND typeof(key) = 'text' ORDER BY id",
	                              err);
	struct status_detail list[DETAILS];
	int row = -1;
	if (s)
		sqlite3_bind_text(s, 1, json, -1, SQLITE_STATIC);
	while (s && (row = sql_row(s, err)) == 1 && x->detail_count < DETAILS)
		list[x->detail_count++] =
			(struct status_detail){sql_column_text(s, 0, a), sql_column_text(s, 1, a), sqlite3_column_int(s, 2) != 0};
	sqlite3_finalize(s);
	x->details = arena_copy(a, list, sizeof *list * (size_t)x->detail_count);
	return row >= 0;
}

static bool read_sources(struct query *q, struct status_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	bool ok = true;
	sqlite3_stmt *s = sql_preparef(q->db, err,
	                              "SELECT s.id, s.url, s.kind, t.state, s.position, t.error, t.hint, s.time_precision, "
	                              "(SELECT max(commit_time) FROM td_txn x WHERE x.source = s.id AND s.kind = 'csv'), t.rate, t.copy_percent, "
	                              "t.copy_rows, t.copy_rate, %s FROM td_source s, td_status t ORDER BY s.id",
	                              details_column(q));
	int row = -1, cap = 0;
	struct status_source *list = NULL;
	while (s && ok && (row = sql_row(s, err)) == 1) {
		if (out->source_count == cap)
			list = memory_grow(list, sizeof *list * (size_t)(cap = cap ? cap * 2 : 4));
		struct status_source *x = &list[out->source_count++];
		*x = (struct status_source){.id = sql_column_text(s, 0, a), .url = sql_column_text(s, 1, a), .kind = sql_column_text(s, 2, a),
		                            .state = sql_column_text(s, 3, a), .position = sql_column_text(s, 4, a), .error = sql_column_text(s, 5, a),
		                            .hint = sql_column_text(s, 6, a), .time_precision = sql_column_text(s, 7, a), .last_batch = TIME_NONE};
		if (sqlite3_column_type(s, 8) != SQLITE_NULL)
			x->last_batch = sqlite3_column_int64(s, 8);
		const char *details = (const char *)sqlite3_column_text(s, 13);
		ok = !details || read_details(q, x, details, a, err);
		out->rate = sqlite3_column_double(s, 9);
		out->copying = sqlite3_column_type(s, 10) != SQLITE_NULL;
		out->percent = sqlite3_column_double(s, 10);
		out->copy_rows = sqlite3_column_int64(s, 11);
		out->rows_per_s = sqlite3_column_double(s, 12);
	}
	sqlite3_finalize(s);
	out->sources = arena_copy(a, list ? list : &(struct status_source){0}, sizeof *list * (size_t)out->source_count);
	free(list);
	return ok && row == 0;
}

static bool read_counts(struct query *q, struct status_answer *out, struct error *err)
{
	const struct model *m = q->model;
	struct arena *a = &out->base.arena;
	out->rows = arena_zero(a, (size_t)m->entity_count, sizeof *out->rows);
	out->versions = arena_zero(a, (size_t)m->entity_count, sizeof *out->versions);
	sqlite3_stmt *s = sql_prepare(q->db, "SELECT id, rows, rows + closed FROM td_entity", err);
	int row = -1;
	while (s && (row = sql_row(s, err)) == 1) {
		int i = sqlite3_column_int(s, 0);
		if (i < 0 || i >= m->entity_count)
			continue;
		out->rows[i] = sqlite3_column_int64(s, 1);
		out->versions[i] = sqlite3_column_int64(s, 2);
	}
	sqlite3_finalize(s);
	if (row != 0)
		return false;
	if (m->rollup_count) {
		char *sql = sqlite3_mprintf("SELECT sum(n) FROM \"td_%w_counts\" WHERE grain = 3", m->rollups[0].name);
		out->registrations = sql_integer(q->db, sql, 0);
		sqlite3_free(sql);
	}
	out->rejected = sql_integer(q->db, "SELECT count(*) FROM td_rejected", 0);
	out->anomalies = sql_integer(q->db, "SELECT count(*) FROM td_anomaly", 0);
	out->gaps = sql_integer(q->db, "SELECT count(*) FROM td_gap", 0);
	out->misfits = sql_integer(q->db, "SELECT value FROM td_meta WHERE name = 'misfits'", 0);
	return true;
}

static bool read_rejected(struct query *q, struct status_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	sqlite3_stmt *s = sql_prepare(q->db,
	                              "SELECT r.source, coalesce(t.position, '') || coalesce(' line ' || r.line, ''), r.reason, r.raw, r.at FROM "
	                              "td_rejected r LEFT JOIN td_txn t USING (seq) ORDER BY r.id DESC LIMIT ?1",
	                              err);
	int row = -1;
	out->rejected_list = arena_zero(a, LISTED, sizeof *out->rejected_list);
	if (s)
		sqlite3_bind_int(s, 1, LISTED);
	while (s && (row = sql_row(s, err)) == 1) {
		int i = out->rejected_count++;
		out->rejected_list[i].source = sql_column_text(s, 0, a);
		out->rejected_list[i].position = sql_column_text(s, 1, a);
		out->rejected_list[i].reason = sql_column_text(s, 2, a);
		out->rejected_list[i].raw = sql_column_text(s, 3, a);
		out->rejected_list[i].at = sqlite3_column_int64(s, 4);
	}
	sqlite3_finalize(s);
	return row == 0;
}

static bool read_anomalies(struct query *q, struct status_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	sqlite3_stmt *s = sql_prepare(q->db, "SELECT entity, key, reason, at FROM td_anomaly ORDER BY id DESC LIMIT ?1", err);
	int row = -1;
	out->anomaly_list = arena_zero(a, LISTED, sizeof *out->anomaly_list);
	if (s)
		sqlite3_bind_int(s, 1, LISTED);
	while (s && (row = sql_row(s, err)) == 1) {
		int i = out->anomaly_count++;
		out->anomaly_list[i].entity = sql_column_text(s, 0, a);
		out->anomaly_list[i].key = key_value_text(sql_column_copy(s, 1, a), a);
		out->anomaly_list[i].reason = sql_column_text(s, 2, a);
		out->anomaly_list[i].at = sqlite3_column_int64(s, 3);
	}
	sqlite3_finalize(s);
	return row == 0;
}

static int64_t file_bytes(const char *path)
{
	static const char *const suffixes[] = {"", "-wal"};
	int64_t bytes = 0;
	for (int i = 0; i < 2; i++) {
		char *name = memory_format("%s%s", path, suffixes[i]);
		struct stat st;
		if (stat(name, &st) == 0)
			bytes += st.st_size;
		free(name);
	}
	return bytes;
}

/* A state the last writer left behind is not the state of anything now, unless it waits for a person. */
static void forget_states(struct status_answer *out)
{
	for (int i = 0; i < out->source_count; i++)
		if (strcmp(out->sources[i].state, "refused") != 0 && strcmp(out->sources[i].state, "detached") != 0)
			out->sources[i].state = "offline";
}

bool query_sources(struct query *q, struct status_answer *out, struct error *err)
{
	struct query_now now;
	bool ok = query_answer_begin(q, &out->base, &now, err);
	struct answer base = out->base;
	*out = (struct status_answer){.base = base, .path = q->path};
	if (!ok)
		return false;
	ok = read_sources(q, out, err);
	if (ok && !now.writer)
		forget_states(out);
	return query_answer_end(q, ok);
}

bool query_status(struct query *q, struct status_answer *out, struct error *err)
{
	struct query_now now;
	bool ok = query_answer_begin(q, &out->base, &now, err);
	struct answer base = out->base;
	*out = (struct status_answer){.base = base, .path = q->path};
	if (!ok)
		return false;
	ok = read_sources(q, out, err) && read_counts(q, out, err) && query_gaps(q, LISTED, &out->gap_list, &out->gap_count, &out->base.arena, err) &&
	     read_rejected(q, out, err) && read_anomalies(q, out, err);
	out->bytes = file_bytes(q->path);
	out->writer = now.writer ? now.pid : 0;
	if (ok && !now.writer)
		forget_states(out);
	out->copying = out->copying && out->base.freshness.incomplete_count;
	return query_answer_end(q, ok);
}
