#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/search_index.h"
#include "replica/sql.h"

static struct row *read_row(struct query *q, int entity, sqlite3_stmt *s, struct arena *a)
{
	const struct entity *e = &q->model->entities[entity];
	struct row *row = arena_zero(a, 1, sizeof *row);
	row->values = query_row(q, entity, s, a);
	row->key = key_text(e, row->values, a);
	row->version = sqlite3_column_int64(s, e->column_count);
	row->valid_from = sqlite3_column_int64(s, e->column_count + 1);
	return row;
}

/* What an as-of may claim about a time, before any row is read. */
static bool judge_time(struct query *q, const struct query_now *now, int entity, int64_t as_of, enum known *known, struct error *err)
{
	*known = KNOWN_YES;
	if (as_of == TIME_NONE)
		return true;
	if (as_of > now->source_now) {
		*known = KNOWN_FUTURE;
		return true;
	}
	const struct entity *e = &q->model->entities[entity];
	sqlite3_stmt *s = sql_prepare(q->db,
	                              "SELECT (SELECT known_from FROM td_entity WHERE name = ?2) > ?1, EXISTS (SELECT 1 FROM td_gap WHERE "
	                              "(entity IS NULL OR entity = ?2) AND valid_from <= ?1 AND ?1 < valid_to)",
	                              err);
	if (!s)
		return false;
	sqlite3_bind_int64(s, 1, as_of);
	sqlite3_bind_text(s, 2, e->name, -1, SQLITE_STATIC);
	int row = sql_row(s, err);
	if (row == 1 && sqlite3_column_int(s, 0))
		*known = KNOWN_BEFORE_SNAPSHOT;
	else if (row == 1 && sqlite3_column_int(s, 1))
		*known = KNOWN_GAP;
	sqlite3_finalize(s);
	return row == 1;
}

bool query_by_cif_indexed(struct query *q, const struct answer *a, int entity)
{
	const struct entity *e = &q->model->entities[entity];
	sqlite3_stmt *s = NULL;
	if (e->cif < 0 || e->key[0] == e->cif || (a && !query_is_incomplete(a, entity)))
		return true;
	char *name = memory_format("%s_cif", e->name);
	bool found = sqlite3_prepare_v2(q->db, "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1", -1, &s, NULL) == SQLITE_OK &&
	             sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
	sqlite3_finalize(s);
	free(name);
	return found;
}

static bool read_detail(struct query *q, int entity, struct value by, struct lookup_answer *out, struct entity_rows *rows, struct error *err)
{
	const struct entity *e = &q->model->entities[entity];
	bool at = out->as_of != TIME_NONE && out->known != KNOWN_FUTURE, via = e->via >= 0;
	rows->entity = entity;
	if (by.kind == VALUE_NULL || by.kind == VALUE_UNKNOWN)
		return true;
	if (!via && !query_by_cif_indexed(q, &out->base, entity))
		return true;
	if (!query_entity_prepare(q, entity, err))
		return false;
	struct entity_query *x = &q->entities[entity];
	sqlite3_stmt *s = via ? (at ? x->by_key_at : x->by_key) : at ? x->by_cif_at : x->by_cif;
	sql_bind(s, 1, by);
	if (at)
		sqlite3_bind_int64(s, 2, out->as_of);
	int row, cap = 0;
	struct row *list = NULL;
	while ((row = sql_row(s, err)) == 1) {
		if (rows->count == cap)
			list = memory_grow(list, sizeof *list * (size_t)(cap = cap ? cap * 2 : 8));
		list[rows->count++] = *read_row(q, entity, s, &out->base.arena);
	}
	sqlite3_reset(s);
	if (rows->count)
		rows->rows = arena_copy(&out->base.arena, list, sizeof *list * (size_t)rows->count);
	free(list);
	return row == 0;
}

static bool read_details(struct query *q, const struct query_now *now, struct value cif, struct lookup_answer *out, struct error *err)
{
	const struct model *m = q->model;
	out->entities = arena_zero(&out->base.arena, (size_t)m->entity_count, sizeof *out->entities);
	for (int i = 0; i < m->entity_count; i++) {
		const struct entity *e = &m->entities[i];
		if (e->kind != ENTITY_DETAIL && e->kind != ENTITY_EVENT)
			continue;
		struct value by = e->via < 0 ? cif : out->customer ? out->customer->values[e->via] : value_null();
		struct entity_rows *rows = &out->entities[out->entity_count++];
		if (!judge_time(q, now, i, out->as_of, &rows->known, err) || !read_detail(q, i, by, out, rows, err))
			return false;
	}
	return true;
}

/* When the customer ended, for one that does not live (at the time asked for). */
static bool read_deleted(struct query *q, struct value key, struct lookup_answer *out, struct error *err)
{
	sqlite3_stmt *s = q->entities[q->model->customer].history_by_key;
	int n = q->model->entities[q->model->customer].column_count, row;
	int64_t until = out->as_of == TIME_NONE || out->known == KNOWN_FUTURE ? TIME_OPEN : out->as_of;
	sql_bind(s, 1, key);
	while ((row = sql_row(s, err)) == 1) {
		int64_t ended = sqlite3_column_int64(s, n + 2);
		if (ended <= until && ended > out->deleted_at)
			out->deleted_at = ended;
	}
	sqlite3_reset(s);
	return row == 0;
}

/* The registration's time, or the first version's. */
static bool read_since(struct query *q, struct value key, struct lookup_answer *out, struct error *err)
{
	const struct model *m = q->model;
	const struct entity *e = &m->entities[m->customer];
	if (m->rollup_count) {
		sqlite3_stmt *s = q->since;
		if (!s)
			s = q->since = sql_preparef(q->db, err, "SELECT at FROM \"td_%w_events\" WHERE key = ?1", m->rollups[0].name);
		if (!s)
			return false;
		sql_bind(s, 1, key);
		if (sql_row(s, err) == 1 && sqlite3_column_type(s, 0) != SQLITE_NULL)
			out->since = sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
	}
	if (out->since != TIME_NONE)
		return true;
	if (e->registered >= 0)
		out->since = value_instant(&e->columns[e->registered], out->customer->values[e->registered], m->zone);
	return true;
}

static bool read_customer(struct query *q, struct value key, struct lookup_answer *out, struct error *err)
{
	struct entity_query *x = &q->entities[q->model->customer];
	struct arena *a = &out->base.arena;
	bool at = out->as_of != TIME_NONE && out->known != KNOWN_FUTURE;
	sqlite3_stmt *s = at ? x->by_key_at : x->by_key;
	const struct entity *e = &q->model->entities[q->model->customer];
	sql_bind(s, 1, key);
	if (at)
		sqlite3_bind_int64(s, 2, out->as_of);
	int row = sql_row(s, err);
	if (row == 1)
		out->customer = read_row(q, q->model->customer, s, a);
	sqlite3_reset(s);
	if (row < 0)
		return false;
	if (!out->customer)
		return read_deleted(q, key, out, err);
	out->cif = out->customer->key;
	out->name = search_name(e, out->customer->values, a);
	if (e->store >= 0)
		out->store_name = query_store_name(q, out->customer->values[e->store], a);
	return read_since(q, key, out, err);
}

static bool lookup(struct query *q, const struct query_now *now, struct lookup_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	struct cif_match match;
	if (!query_cif(q, out->cif, &match, a, err) || !judge_time(q, now, q->model->customer, out->as_of, &out->known, err))
		return false;
	out->candidate_count = match.candidate_count;
	out->candidates = match.candidates;
	out->current = out->as_of == TIME_NONE || out->known == KNOWN_FUTURE;
	if (match.key.kind != VALUE_NULL && out->known != KNOWN_BEFORE_SNAPSHOT) {
		out->cif = key_value_text(match.key, a);
		if (!read_customer(q, match.key, out, err))
			return false;
	}
	if (!out->customer && out->deleted_at == TIME_NONE && out->known == KNOWN_YES && query_is_incomplete(&out->base, q->model->customer))
		out->known = KNOWN_SNAPSHOT;
	return read_details(q, now, out->customer ? match.key : value_null(), out, err);
}

bool query_lookup(struct query *q, const char *cif, int64_t as_of, struct lookup_answer *out, struct error *err)
{
	struct query_now now;
	char *asked = memory_text(cif); /* it may stand in the arena this answer begins by resetting */
	bool ok = query_answer_begin(q, &out->base, &now, err);
	struct answer base = out->base;
	*out = (struct lookup_answer){.base = base, .as_of = as_of, .deleted_at = TIME_NONE, .since = TIME_NONE};
	if (ok) {
		out->cif = arena_text(&out->base.arena, asked);
		ok = query_answer_end(q, lookup(q, &now, out, err));
	}
	free(asked);
	return ok;
}
