/* Registrations one by one, and those of the last minutes. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/rollup.h"
#include "replica/search_index.h"
#include "replica/sql.h"

static const char *value_words(struct value v, struct arena *a)
{
	return v.kind == VALUE_NULL ? NULL : key_value_text(v, a);
}

/* ---- the last minutes ---- */

/* Whole minutes are counted already; anything finer is found by the index on the stores' events. */
static sqlite3_stmt *recent_statement(struct query *q, const char *name, bool minutes, struct error *err)
{
	const char *sql = minutes ? "SELECT g.value, (c.start - ?1) / ?3, sum(c.n) FROM \"td_%w_counts\" c JOIN \"td_%w_groups\" g ON g.id = c.\"group\" "
	                            "WHERE c.grain = 0 AND c.start >= ?1 AND c.start < ?2 GROUP BY g.id, 2 ORDER BY g.id, 2"
	                          : "SELECT g.value, (e.at - ?1) / ?3, count(*) FROM \"td_%w_groups\" g CROSS JOIN \"td_%w_events\" e ON e.\"group\" = g.id "
	                            "WHERE e.at >= ?1 AND e.at < ?2 GROUP BY g.id, 2 ORDER BY g.id, 2";
	sqlite3_stmt **kept = minutes ? &q->recent_minutes : &q->recent_events;
	if (!*kept)
		*kept = sql_preparef(q->db, err, sql, name, name);
	return *kept;
}

static bool recent(struct query *q, const struct recent_request *r, struct recent_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	struct recent_slot *list = NULL;
	int cap = 0, row = -1;
	if (!q->model->rollup_count)
		return true;
	const char *name = q->model->rollups[0].name;
	sqlite3_stmt *s = recent_statement(q, name, r->step % MINUTE == 0, err);
	if (!q->registered)
		q->registered = sql_preparef(q->db, err, "SELECT sum(n) FROM \"td_%w_counts\" WHERE grain = 3", name);
	if (!s || !q->registered)
		return false;
	sqlite3_bind_int64(s, 1, r->from);
	sqlite3_bind_int64(s, 2, r->to);
	sqlite3_bind_int64(s, 3, r->step);
	while ((row = sql_row(s, err)) == 1) {
		if (out->count == cap)
			list = memory_grow(list, sizeof *list * (size_t)(cap = cap ? cap * 2 : 64));
		list[out->count++] = (struct recent_slot){value_words(sql_column_copy(s, 0, a), a), r->from + r->step * sqlite3_column_int64(s, 1),
		                                          sqlite3_column_int64(s, 2)};
	}
	sqlite3_reset(s);
	if (out->count)
		out->slots = arena_copy(a, list, sizeof *list * (size_t)out->count);
	free(list);
	if (row == 0 && (row = sql_row(q->registered, err)) == 1)
		out->registered = sqlite3_column_int64(q->registered, 0);
	sqlite3_reset(q->registered);
	return row >= 0;
}

bool query_recent(struct query *q, const struct recent_request *r, struct recent_answer *out, struct error *err)
{
	bool ok = query_answer_begin(q, &out->base, NULL, err);
	struct answer base = out->base;
	*out = (struct recent_answer){.base = base};
	return ok && query_answer_end(q, recent(q, r, out, err));
}

/* ---- the registrations of a store ---- */

/* The group of a store's registrations; -1: it never had one. */
static bool find_group(struct query *q, const char *name, const char *store, int *group, struct error *err)
{
	sqlite3_stmt *s = sql_preparef(q->db, err, "SELECT id FROM \"td_%w_groups\" WHERE CAST(value AS TEXT) IS ?1", name);
	*group = -1;
	if (!s)
		return false;
	sqlite3_bind_text(s, 1, store && *store ? store : NULL, -1, SQLITE_STATIC);
	int row = sql_row(s, err);
	if (row == 1)
		*group = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return row >= 0;
}

static bool read_registration(struct query *q, sqlite3_stmt *s, struct registration *g, struct arena *a, struct error *err)
{
	const struct model *m = q->model;
	struct value key = sql_column_copy(s, 0, a), *row = NULL;
	g->cif = key_value_text(key, a);
	g->store = value_words(sql_column_copy(s, 1, a), a);
	g->at = sqlite3_column_type(s, 2) == SQLITE_NULL ? TIME_NONE : sqlite3_column_int64(s, 2);
	g->seq = sqlite3_column_int64(s, 3);
	/* The number of one that was parked is another's by now. */
	if (sqlite3_column_int(s, 4))
		return true;
	sqlite3_stmt *customer = q->entities[m->customer].by_key;
	sql_bind(customer, 1, key);
	int found = sql_row(customer, err);
	if (found == 1)
		row = query_row(q, m->customer, customer, a);
	sqlite3_reset(customer);
	if (row)
		g->name = search_name(&m->entities[m->customer], row, a);
	return found >= 0;
}

/* All of a store have no bounds, for those without a time stand outside of any. */
static sqlite3_stmt *registrations_statement(struct query *q, const char *name, bool bounded, bool counting, struct error *err)
{
	const char *bounds = bounded ? "AND e.at >= ?2 AND e.at < ?3" : "";
	if (counting)
		return sql_preparef(q->db, err, "SELECT count(*) FROM \"td_%w_events\" e WHERE e.\"group\" = ?1 %s", name, bounds);
	return sql_preparef(q->db, err,
	                    "SELECT coalesce(p.key, e.key), g.value, e.at, e.seq, p.key IS NOT NULL FROM \"td_%w_events\" e JOIN "
	                    "\"td_%w_groups\" g ON g.id = ?1 LEFT JOIN \"td_%w_parked\" p ON p.synthetic = e.key "
	                    "WHERE e.\"group\" = ?1 %s ORDER BY e.at DESC, e.seq DESC LIMIT ?4",
	                    name, name, name, bounds);
}

struct span {
	int group;
	int64_t from, to;
	bool bounded;
};

static void bind_span(sqlite3_stmt *s, const struct span *x)
{
	sqlite3_bind_int(s, 1, x->group);
	if (!x->bounded)
		return;
	sqlite3_bind_int64(s, 2, x->from == TIME_NONE ? INT64_MIN : x->from);
	sqlite3_bind_int64(s, 3, x->to == TIME_NONE ? INT64_MAX : x->to);
}

static bool count_registrations(struct query *q, const char *name, const struct span *x, int64_t *total, struct error *err)
{
	sqlite3_stmt *s = registrations_statement(q, name, x->bounded, true, err);
	if (!s)
		return false;
	bind_span(s, x);
	int row = sql_row(s, err);
	*total = row == 1 ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return row >= 0;
}

static bool list_registrations(struct query *q, const char *name, const struct span *x, int limit, struct registrations_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	struct registration *list = NULL;
	int cap = 0, row = -1;
	bool ok = true;
	sqlite3_stmt *s = registrations_statement(q, name, x->bounded, false, err);
	if (!s)
		return false;
	bind_span(s, x);
	sqlite3_bind_int(s, 4, limit);
	while (ok && (row = sql_row(s, err)) == 1) {
		if (out->count == cap)
			list = memory_grow(list, sizeof *list * (size_t)(cap = cap ? cap * 2 : 64));
		list[out->count] = (struct registration){0};
		ok = read_registration(q, s, &list[out->count++], a, err);
	}
	sqlite3_finalize(s);
	if (out->count)
		out->list = arena_copy(a, list, sizeof *list * (size_t)out->count);
	free(list);
	return ok && row == 0;
}

bool query_registrations(struct query *q, const char *store, int64_t from, int64_t to, int limit, struct registrations_answer *out, struct error *err)
{
	const struct model *m = q->model;
	char *asked = store ? memory_text(store) : NULL;
	struct span x = {0, from, to, from != TIME_NONE || to != TIME_NONE};
	bool ok = query_answer_begin(q, &out->base, NULL, err), begun = ok;
	struct answer base = out->base;
	*out = (struct registrations_answer){.base = base};
	if (ok && m->rollup_count) {
		const char *name = m->rollups[0].name;
		ok = query_entity_prepare(q, m->customer, err) && find_group(q, name, asked, &x.group, err) &&
		     count_registrations(q, name, &x, &out->total, err) && list_registrations(q, name, &x, limit > 0 ? limit : 100, out, err);
	}
	free(asked);
	return begun && query_answer_end(q, ok);
}
