#include "config.h"

#include "replica/query.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/internal.h"
#include "replica/lock.h"
#include "replica/query_internal.h"
#include "replica/sql.h"

/* A writer that has not given a sign of life for so long hangs. */
#define BEAT_LOST (15 * SECOND)

enum { QUERY_ASKS = 200 /* steps of SQLite between two looks at whether the question is still wanted */ };

/* ---- words ---- */

const char *freshness_word(enum freshness_state s)
{
	static const char *const words[] = {"live", "lag", "stale", "offline", "snapshot", "refused"};
	return words[s];
}

const char *known_word(enum known k)
{
	static const char *const words[] = {"yes", "before_snapshot", "gap", "snapshot", "future"};
	return words[k];
}

const char *origin_word(enum version_origin o)
{
	static const char *const words[] = {"snapshot", "insert", "update", "key_change", "resync", "cascade", "repair"};
	return o <= ORIGIN_REPAIR ? words[o] : "unknown";
}

const char *end_word(enum version_end e)
{
	static const char *const words[] = {NULL, "update", "delete", "truncate", "key_change", "cascade", "resync", "repair"};
	return e <= END_REPAIR ? words[e] : "unknown";
}

/* ---- opening ---- */

static bool open_readonly(struct query *q, struct error *err)
{
	if (access(q->path, F_OK) != 0 && errno == EACCES)
		return error_set(err, ERROR_PERMISSION, "could not open replica \"%s\": %s", q->path, strerror(errno));
	if (access(q->path, F_OK) != 0) {
		error_set(err, ERROR_REPLICA, "could not open replica \"%s\": %s", q->path, strerror(errno));
		return error_hint(err, "run tellerdesk ingest to build it, or name another with --replica");
	}
	if (!replica_is_file(q->path, err))
		return false;
	if (access(q->path, R_OK) != 0)
		return error_set(err, ERROR_PERMISSION, "could not open replica \"%s\": %s", q->path, strerror(errno));
	if (sqlite3_open_v2(q->path, &q->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sql_error(q->db, err);
	sqlite3_extended_result_codes(q->db, 1);
	sqlite3_busy_timeout(q->db, 2000);
	int kind = replica_inspect(q->db, q->path, err);
	if (kind < 0 && err->code == ERROR_PERMISSION) { /* what readers share is made there, when there is no writer */
		error_set(err, ERROR_PERMISSION, "could not read replica \"%s\": nothing can be written beside it", q->path);
		return error_hint(err, "start its writer, or let its folder be written: readers keep a file there");
	}
	if (kind < 0)
		return false;
	if (kind == 0) {
		error_set(err, ERROR_REPLICA, "could not open replica \"%s\": it is empty", q->path);
		return error_hint(err, "run tellerdesk ingest to fill it");
	}
	return sql_exec(q->db, "PRAGMA mmap_size = 8589934592; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA query_only = ON", err);
}

static void make_present(struct query *q)
{
	for (int i = 0; i < q->model->entity_count; i++)
		if (q->model->entities[i].column_count > q->width)
			q->width = q->model->entities[i].column_count;
	q->present = memory_alloc((size_t)(q->model->entity_count * q->width));
	memset(q->present, true, (size_t)(q->model->entity_count * q->width));
	q->absent = memory_zero((size_t)q->model->entity_count, sizeof *q->absent);
}

/* Which columns the bank lacks, as a JSON array of their numbers. The writer learns it after a console may have opened
 * the replica: each answer looks, and reads the list when it is another. */
static void read_absent(struct query *q, int entity, const char *json)
{
	if (entity < 0 || entity >= q->model->entity_count || (q->absent[entity] && strcmp(q->absent[entity], json) == 0))
		return;
	bool *present = q->present + entity * q->width;
	json_t *list = json_loads(json, 0, NULL), *column;
	size_t i;
	memset(present, true, (size_t)q->width);
	json_array_foreach(list, i, column) {
		json_int_t c = json_integer_value(column);
		if (c >= 0 && c < q->width)
			present[c] = false;
	}
	json_decref(list);
	free(q->absent[entity]);
	q->absent[entity] = memory_text(json);
}

/* The entities not copied yet; their list, or NULL where it is not asked for. */
static bool read_entities(struct query *q, int *incomplete, int *count, struct error *err)
{
	int row;
	while ((row = sql_row(q->entity_rows, err)) == 1) {
		if (incomplete && !sqlite3_column_int(q->entity_rows, 1) && *count < q->model->entity_count)
			incomplete[(*count)++] = sqlite3_column_int(q->entity_rows, 0);
		read_absent(q, sqlite3_column_int(q->entity_rows, 0), (const char *)sqlite3_column_text(q->entity_rows, 2));
	}
	sqlite3_reset(q->entity_rows);
	return row == 0;
}

struct query *query_open(const char *path, struct error *err)
{
	struct query *q = memory_zero(1, sizeof *q);
	q->path = memory_text(path);
	q->lock = -1;
	q->live = 5 * SECOND;
	q->lag = 60 * SECOND;
	q->silent = 30 * MINUTE;
	if (!open_readonly(q, err))
		goto failed;
	q->model = replica_stored_model(q->db, path, err);
	if (!q->model)
		goto failed;
	make_present(q);
	q->entities = memory_zero((size_t)q->model->entity_count, sizeof *q->entities);
	q->begin = sql_prepare(q->db, "BEGIN", err);
	q->end = sql_prepare(q->db, "COMMIT", err);
	q->data_version = sql_prepare(q->db, "PRAGMA data_version", err);
	q->status = sql_prepare(q->db,
	                        "SELECT t.state, t.pid, t.beat, t.clock_offset, s.complete_to, t.copy_percent FROM td_status t LEFT JOIN "
	                        "td_source s ON s.id = (SELECT min(id) FROM td_source)",
	                        err);
	q->entity_rows = sql_prepare(q->db, "SELECT id, copied, absent FROM td_entity ORDER BY id", err);
	if (!q->begin || !q->end || !q->data_version || !q->status || !q->entity_rows || !read_entities(q, NULL, NULL, err))
		goto failed;
	return q;
failed:
	query_close(q);
	return NULL;
}

void query_steady(struct query *q)
{
	sql_exec(q->db, "PRAGMA mmap_size = 0", NULL);
}

void query_close(struct query *q)
{
	if (!q)
		return;
	for (int i = 0; q->entities && i < q->model->entity_count; i++) {
		struct entity_query *e = &q->entities[i];
		sqlite3_stmt *all[] = {e->by_key, e->by_key_at, e->by_cif, e->by_cif_at, e->history_by_key, e->history_by_cif,
		                       e->newest_by_key, e->newest_by_cif};
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			sqlite3_finalize(all[k]);
	}
	sqlite3_stmt *all[] = {q->data_version, q->status, q->entity_rows, q->begin, q->end,
	                       q->recent_minutes, q->recent_events, q->registered, q->moved_to, q->moved_from, q->term_range, q->word_page, q->exact, q->since};
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		sqlite3_finalize(all[k]);
	for (int i = 0; i < q->flat_count; i++)
		free(q->flat_names[i]);
	free(q->flat_names);
	free(q->flat);
	free(q->entities);
	free(q->present);
	for (int i = 0; q->absent && i < q->model->entity_count; i++)
		free(q->absent[i]);
	free(q->absent);
	sqlite3_close(q->db);
	if (q->lock >= 0)
		close(q->lock);
	model_free(q->model);
	free(q->path);
	free(q);
}

const struct model *query_model(const struct query *q)
{
	return q->model;
}

bool query_column_present(const struct query *q, int entity, int column)
{
	return q->present[entity * q->width + column];
}

/* An interrupt between two statements is lost, so each of them asks. */
static int query_cancelled(void *q)
{
	return atomic_load(&((struct query *)q)->cancelled);
}

void query_interrupt(struct query *q)
{
	atomic_store(&q->cancelled, true);
	sqlite3_interrupt(q->db);
}

void query_resume(struct query *q)
{
	atomic_store(&q->cancelled, false);
	sqlite3_progress_handler(q->db, QUERY_ASKS, query_cancelled, q);
}

void query_thresholds(struct query *q, int64_t live, int64_t lag, int64_t silent)
{
	q->live = live;
	q->lag = lag;
	q->silent = silent;
}

int64_t query_data_version(struct query *q)
{
	int64_t version = sqlite3_step(q->data_version) == SQLITE_ROW ? sqlite3_column_int64(q->data_version, 0) : 0;
	sqlite3_reset(q->data_version);
	return version;
}

void answer_done(struct answer *a)
{
	arena_done(&a->arena);
}

/* ---- freshness ---- */

/* Each answer asks: the lock file stays open, unless somebody put another in its place. */
static bool has_writer(struct query *q)
{
	struct stat st;
	if (q->lock >= 0 && (fstat(q->lock, &st) != 0 || st.st_nlink == 0)) {
		close(q->lock);
		q->lock = -1;
	}
	if (q->lock < 0)
		q->lock = lock_open(q->path);
	return q->lock < 0 ? errno != ENOENT : lock_holder(q->lock) != 0;
}

static bool read_now(struct query *q, struct query_now *now, struct error *err)
{
	*now = (struct query_now){.complete_to = TIME_NONE, .copy_percent = -1, .beat = TIME_NONE};
	int row = sql_row(q->status, err);
	if (row == 1) {
		sqlite3_stmt *s = q->status;
		snprintf(now->state, sizeof now->state, "%s", (const char *)sqlite3_column_text(s, 0));
		now->pid = sqlite3_column_int64(s, 1);
		if (sqlite3_column_type(s, 2) != SQLITE_NULL)
			now->beat = sqlite3_column_int64(s, 2);
		now->clock_offset = sqlite3_column_int64(s, 3);
		if (sqlite3_column_type(s, 4) != SQLITE_NULL)
			now->complete_to = sqlite3_column_int64(s, 4);
		if (sqlite3_column_type(s, 5) != SQLITE_NULL)
			now->copy_percent = (int64_t)sqlite3_column_double(s, 5);
	}
	sqlite3_reset(q->status);
	now->writer = has_writer(q);
	now->source_now = clock_now() + now->clock_offset;
	return row >= 0;
}

static enum freshness_state judge(const struct query *q, const struct query_now *now, const struct freshness *f)
{
	if (strcmp(now->state, "refused") == 0)
		return FRESH_REFUSED;
	bool alive = now->writer && (now->beat == TIME_NONE || clock_now() - now->beat < BEAT_LOST);
	if (!alive || strcmp(now->state, "offline") == 0 || strcmp(now->state, "paused") == 0)
		return FRESH_OFFLINE;
	if (f->incomplete_count || now->complete_to == TIME_NONE)
		return FRESH_SNAPSHOT;
	return f->age <= q->live ? FRESH_LIVE : f->age <= q->lag ? FRESH_LAG : FRESH_STALE;
}

static bool read_freshness(struct query *q, struct answer *a, struct query_now *now, struct error *err)
{
	struct freshness *f = &a->freshness;
	if (!read_now(q, now, err))
		return false;
	int *list = arena_alloc(&a->arena, sizeof *list * (size_t)(q->model->entity_count + 1)), count = 0;
	if (!read_entities(q, list, &count, err))
		return false;
	*f = (struct freshness){.complete_to = now->complete_to, .age = TIME_NONE, .asked = now->source_now - now->clock_offset, .offline_since = TIME_NONE, .incomplete_count = count,
	                        .incomplete = list, .snapshot_percent = (int)now->copy_percent};
	if (now->complete_to != TIME_NONE)
		f->age = now->source_now > now->complete_to ? now->source_now - now->complete_to : 0;
	f->state = judge(q, now, f);
	if (f->state == FRESH_OFFLINE)
		f->offline_since = now->beat;
	if (f->state == FRESH_OFFLINE && strcmp(now->state, "offline") == 0 && now->complete_to != TIME_NONE)
		f->offline_since = now->complete_to - now->clock_offset;
	return true;
}

bool query_answer_begin(struct query *q, struct answer *a, struct query_now *now, struct error *err)
{
	struct query_now unused;
	arena_reset(&a->arena);
	if (!q->held && !sql_run(q->begin, err))
		return false;
	if (read_freshness(q, a, now ? now : &unused, err))
		return true;
	return query_answer_end(q, false);
}

bool query_answer_end(struct query *q, bool ok)
{
	struct error ignored = {0};
	if (!q->held && !sqlite3_get_autocommit(q->db) && !sql_run(q->end, &ignored))
		sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	return ok;
}

bool query_hold(struct query *q, struct error *err)
{
	q->held = sql_run(q->begin, err);
	return q->held;
}

void query_release(struct query *q)
{
	q->held = false;
	query_answer_end(q, true);
}

bool query_freshness(struct query *q, struct answer *out, struct error *err)
{
	return query_answer_begin(q, out, NULL, err) && query_answer_end(q, true);
}

bool query_is_incomplete(const struct answer *a, int entity)
{
	for (int i = 0; i < a->freshness.incomplete_count; i++)
		if (a->freshness.incomplete[i] == entity)
			return true;
	return false;
}

/* ---- rows ---- */

void query_columns(const struct entity *e, const char *prefix, struct buffer *out)
{
	for (int i = 0; i < e->column_count; i++) {
		if (i)
			buffer_text_add(out, ", ");
		buffer_text_add(out, prefix);
		sql_identifier(out, e->columns[i].as);
	}
}

struct value *query_row(const struct query *q, int entity, sqlite3_stmt *s, struct arena *a)
{
	int n = q->model->entities[entity].column_count;
	struct value *row = arena_alloc(a, sizeof *row * (size_t)n);
	for (int i = 0; i < n; i++) {
		row[i] = sql_column_copy(s, i, a);
		if (!query_column_present(q, entity, i))
			row[i].kind = VALUE_UNKNOWN;
	}
	return row;
}

sqlite3_stmt *query_prepare(struct query *q, sqlite3_stmt **slot, const char *sql, struct error *err)
{
	if (!*slot)
		*slot = sql_prepare(q->db, sql, err);
	return *slot;
}

static void where_columns(const struct entity *e, const int *columns, int count, struct buffer *sql)
{
	for (int i = 0; i < count; i++) {
		buffer_text_add(sql, i ? " AND " : " WHERE ");
		sql_identifier(sql, e->columns[columns[i]].as);
		buffer_format(sql, " = ?%d", i + 1);
	}
}

static void order_by_key(const struct entity *e, struct buffer *sql)
{
	buffer_text_add(sql, " ORDER BY ");
	for (int i = 0; i < e->key_count; i++) {
		if (i)
			buffer_text_add(sql, ", ");
		sql_identifier(sql, e->columns[e->key[i]].as);
	}
}

static const char current_own[] = ", _version, _valid_from, 253402214400000000 AS _valid_to, _seq_from, 0 AS _seq_to, _origin, 0 AS _ended_by, _changed";
static const char history_own[] = ", _version, _valid_from, _valid_to, _seq_from, _seq_to, _origin, _ended_by, _changed";

static void select_from(const struct entity *e, bool history, struct buffer *sql)
{
	buffer_text_add(sql, "SELECT ");
	query_columns(e, "", sql);
	buffer_text_add(sql, history ? history_own : current_own);
	buffer_text_add(sql, " FROM ");
	char *table = memory_format("%s%s", e->name, history ? "_history" : "");
	sql_identifier(sql, table);
	free(table);
}

static sqlite3_stmt *prepare_current(struct query *q, const struct entity *e, const int *columns, int count, struct error *err)
{
	struct buffer sql = {0};
	select_from(e, false, &sql);
	where_columns(e, columns, count, &sql);
	order_by_key(e, &sql);
	sqlite3_stmt *s = sql_prepare(q->db, buffer_text(&sql), err);
	buffer_done(&sql);
	return s;
}

static sqlite3_stmt *prepare_history(struct query *q, const struct entity *e, const int *columns, int count, const char *order, struct error *err)
{
	struct buffer sql = {0};
	select_from(e, true, &sql);
	where_columns(e, columns, count, &sql);
	buffer_text_add(&sql, order);
	sqlite3_stmt *s = sql_prepare(q->db, buffer_text(&sql), err);
	buffer_done(&sql);
	return s;
}

/* The version in force at a time: among the closed ones, or the open one. */
static sqlite3_stmt *prepare_at(struct query *q, const struct entity *e, const int *columns, int count, struct error *err)
{
	struct buffer sql = {0};
	select_from(e, true, &sql);
	where_columns(e, columns, count, &sql);
	buffer_format(&sql, " AND _valid_from <= ?%d AND _valid_to > ?%d UNION ALL ", count + 1, count + 1);
	select_from(e, false, &sql);
	where_columns(e, columns, count, &sql);
	buffer_format(&sql, " AND _valid_from <= ?%d", count + 1);
	order_by_key(e, &sql);
	sqlite3_stmt *s = sql_prepare(q->db, buffer_text(&sql), err);
	buffer_done(&sql);
	return s;
}

bool query_entity_prepare(struct query *q, int entity, struct error *err)
{
	struct entity_query *x = &q->entities[entity];
	const struct entity *e = &q->model->entities[entity];
	/* Each by itself: a question that is cancelled in the middle of this leaves some of them for the next one. */
	if (!x->by_key)
		x->by_key = prepare_current(q, e, e->key, e->key_count, err);
	if (!x->by_key_at)
		x->by_key_at = prepare_at(q, e, e->key, e->key_count, err);
	if (!x->history_by_key)
		x->history_by_key = prepare_history(q, e, e->key, e->key_count, "", err);
	if (!x->by_key || !x->by_key_at || !x->history_by_key)
		return false;
	if (e->cif < 0)
		return true;
	if (!x->by_cif)
		x->by_cif = prepare_current(q, e, &e->cif, 1, err);
	if (!x->by_cif_at)
		x->by_cif_at = prepare_at(q, e, &e->cif, 1, err);
	if (!x->history_by_cif)
		x->history_by_cif = prepare_history(q, e, &e->cif, 1, "", err);
	return x->by_cif && x->by_cif_at && x->history_by_cif;
}

/* Both orders are those of an index, so that reading can stop anywhere: versions of one key end in the order
 * they began, and versions are closed, and numbered, in the order they ended. */
bool query_newest_prepare(struct query *q, int entity, struct error *err)
{
	struct entity_query *x = &q->entities[entity];
	const struct entity *e = &q->model->entities[entity];
	bool alone = e->key_count == 1 && e->key[0] == e->cif;
	if (!query_entity_prepare(q, entity, err))
		return false;
	if (!x->newest_by_key)
		x->newest_by_key = prepare_history(q, e, e->key, e->key_count, " ORDER BY _valid_from DESC", err);
	if (!x->newest_by_cif && e->cif >= 0)
		x->newest_by_cif = prepare_history(q, e, &e->cif, 1, alone ? " ORDER BY _valid_from DESC" : " ORDER BY _id DESC", err);
	return x->newest_by_key && (e->cif < 0 || x->newest_by_cif);
}

int query_changed(const struct entity *e, const char *json, const int **out, struct arena *a)
{
	int *list = arena_alloc(a, sizeof *list * (size_t)(e->column_count + 1)), count = 0;
	*out = list;
	json_t *names = json ? json_loads(json, 0, NULL) : NULL;
	size_t i;
	json_t *name;
	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);
		for (int c = 0; text && c < e->column_count; c++)
			if (strcmp(e->columns[c].as, text) == 0 && count < e->column_count)
				list[count++] = c;
	}
	json_decref(names);
	return count;
}

/* ---- CIFs ---- */

static bool cif_exists(struct query *q, struct value key, bool *found, struct error *err)
{
	int customer = q->model->customer;
	struct entity_query *x = &q->entities[customer];
	sqlite3_stmt *tables[] = {x->by_key, x->history_by_key};
	*found = false;
	for (int i = 0; i < 2 && !*found; i++) {
		sql_bind(tables[i], 1, key);
		int row = sql_row(tables[i], err);
		sqlite3_reset(tables[i]);
		if (row < 0)
			return false;
		*found = row == 1;
	}
	return true;
}

/* CIFs of text that are equal to `text` but for leading zeros, up to a handful: forms of up to 32 zeros are asked for by key. */
static bool cif_candidates(struct query *q, const char *text, struct cif_match *out, struct arena *a, struct error *err)
{
	const char *bare = text + strspn(text, "0");
	if (!*bare)
		bare = text + strlen(text) - 1;
	out->candidates = arena_alloc(a, sizeof *out->candidates * 34);
	struct value last = value_null();
	for (int zeros = 0; zeros <= 32; zeros++) {
		char *form = arena_format(a, "%.*s%s", zeros, "00000000000000000000000000000000", bare);
		bool found;
		struct value key = value_text(form, strlen(form));
		if (!cif_exists(q, key, &found, err))
			return false;
		if (!found)
			continue;
		last = key;
		out->candidates[out->candidate_count++] = form;
	}
	if (out->candidate_count == 1) {
		out->key = last;
		out->candidate_count = 0;
	}
	return true;
}

bool query_cif(struct query *q, const char *text, struct cif_match *out, struct arena *a, struct error *err)
{
	const struct entity *e = &q->model->entities[q->model->customer];
	*out = (struct cif_match){.key = value_null()};
	if (!query_entity_prepare(q, q->model->customer, err))
		return false;
	while (*text == ' ')
		text++;
	size_t n = strlen(text);
	while (n && text[n - 1] == ' ')
		n--;
	if (!n)
		return true;
	text = arena_copy(a, text, n);
	struct value key = value_canonical(&e->columns[e->cif], text, n, q->model->zone, a);
	if (e->integer_key) {
		/* Any number asks for that number, whether it lives or not; text is none. */
		if (key.kind == VALUE_INTEGER)
			out->key = key;
		return true;
	}
	bool found;
	if (!cif_exists(q, key, &found, err))
		return false;
	if (found) {
		out->key = key;
		return true;
	}
	if (e->columns[e->cif].type == COLUMN_TEXT && strspn(text, "0123456789") == n && n <= 32 && !cif_candidates(q, text, out, a, err))
		return false;
	return true;
}

const char *query_store_name(struct query *q, struct value id, struct arena *a)
{
	struct error ignored = {0};
	int store = q->model->store;
	if (store < 0 || id.kind == VALUE_NULL || id.kind == VALUE_UNKNOWN || !query_entity_prepare(q, store, &ignored))
		return NULL;
	const struct entity *e = &q->model->entities[store];
	sqlite3_stmt *s = q->entities[store].by_key;
	const char *name = NULL;
	sql_bind(s, 1, id);
	if (e->key_count == 1 && sql_row(s, &ignored) == 1) {
		struct buffer b = {0};
		for (int i = 0; i < e->name_count; i++) {
			if (b.len)
				buffer_char(&b, ' ');
			value_print(&b, &e->columns[e->names[i]], sql_column(s, e->names[i]));
		}
		name = b.len ? arena_copy(a, b.data, b.len) : NULL;
		buffer_done(&b);
	}
	sqlite3_reset(s);
	return name;
}

bool query_gaps(struct query *q, int limit, struct gap **list, int *count, struct arena *a, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(q->db,
	                              "SELECT source, entity, valid_from, valid_to, reason FROM td_gap ORDER BY valid_to DESC, id DESC LIMIT ?1", err);
	int cap = 0, row = -1;
	struct gap *gaps = NULL;
	*count = 0;
	if (s)
		sqlite3_bind_int(s, 1, limit);
	while (s && (row = sql_row(s, err)) == 1) {
		if (*count == cap)
			gaps = memory_grow(gaps, sizeof *gaps * (size_t)(cap = cap ? cap * 2 : 16));
		gaps[(*count)++] = (struct gap){sql_column_text(s, 0, a), sql_column_text(s, 1, a), sqlite3_column_int64(s, 2),
		                                sqlite3_column_int64(s, 3), sql_column_text(s, 4, a)};
	}
	sqlite3_finalize(s);
	*list = arena_copy(a, gaps ? gaps : (struct gap[1]){{0}}, sizeof *gaps * (size_t)*count);
	free(gaps);
	return row == 0;
}

/* ---- waiting ---- */

bool query_wait(struct query *q, bool (*reached)(const char *a, const char *b), const char *position, int64_t timeout, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(q->db, "SELECT position FROM td_source ORDER BY id LIMIT 1", err);
	int64_t end = clock_mono() + timeout;
	bool done = false, failed = !s;
	while (s && !done) {
		int row = sql_row(s, err);
		const char *now = row == 1 ? (const char *)sqlite3_column_text(s, 0) : NULL;
		done = now && reached(now, position);
		sqlite3_reset(s);
		failed = row < 0;
		if (done || failed || clock_mono() >= end)
			break;
		usleep(2000);
	}
	sqlite3_finalize(s);
	if (!done && !failed)
		error_set(err, ERROR_STALE, "could not wait longer: the replica has not reached position %s", position);
	return done;
}
