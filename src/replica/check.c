#include "config.h"

#include "replica/check.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/check_internal.h"
#include "replica/history.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/sql.h"

void check_violate(struct checking *c, const char *entity, const char *key, const char *rule, const char *detail)
{
	struct violation v = {entity, key, rule, detail};
	c->found(c->ctx, &v);
}

bool check_rule(struct checking *c, const char *entity, const char *rule, char *sql)
{
	sqlite3_stmt *s = sql_prepare(c->q->db, sql, c->err);
	sqlite3_free(sql);
	int row = -1;
	while (s && (row = sql_row(s, c->err)) == 1) {
		arena_reset(&c->arena);
		const char *key = sql_column_text(s, 0, &c->arena), *detail = sql_column_text(s, 1, &c->arena);
		check_violate(c, entity, key ? key : "", rule, detail ? detail : "");
	}
	sqlite3_finalize(s);
	return row == 0;
}

/* ---- one version after another ---- */

struct seen {
	bool set, current;
	struct value *values;
	int64_t version, valid_from, valid_to, seq_from, seq_to;
	int origin, ended_by;
	const char *changed;
};

/* One entity's versions, in order. */
struct scan {
	struct checking *c;
	int index;
	const struct entity *entity;
	int64_t *added; /* by column: versions that ended up to this sequence do not know it */
};

static void read_version(const struct scan *x, sqlite3_stmt *s, struct seen *v, struct arena *a)
{
	int n = x->entity->column_count;
	v->set = true;
	v->values = arena_alloc(a, sizeof *v->values * (size_t)n);
	for (int i = 0; i < n; i++)
		v->values[i] = sql_column_copy(s, i, a);
	v->version = sqlite3_column_int64(s, n);
	v->valid_from = sqlite3_column_int64(s, n + 1);
	v->valid_to = sqlite3_column_int64(s, n + 2);
	v->seq_from = sqlite3_column_int64(s, n + 3);
	v->seq_to = sqlite3_column_int64(s, n + 4);
	v->origin = sqlite3_column_int(s, n + 5);
	v->ended_by = sqlite3_column_int(s, n + 6);
	v->changed = sql_column_text(s, n + 7, a);
	v->current = sqlite3_column_int(s, n + 8);
}

/* Whether a version knew a column that the model or the bank gained later. */
static bool is_known(const struct scan *x, const struct seen *v, int column)
{
	return v->seq_to > x->added[column];
}

/* The listed changes of columns that the model has and version p knew; *beyond: it lists others too. */
static const char *known_changes(const struct scan *x, const struct seen *p, const char *list, bool *beyond,
				 struct arena *a)
{
	json_t *names = list ? json_loads(list, 0, NULL) : NULL, *known = json_array(), *name;
	size_t i;
	*beyond = false;
	json_array_foreach(names, i, name)
	{
		const char *text = json_string_value(name);
		bool ours = false;
		for (int k = 0; text && !ours && k < x->entity->column_count; k++)
			ours = strcmp(x->entity->columns[k].as, text) == 0 && is_known(x, p, k);
		*beyond |= !ours;
		if (ours)
			json_array_append(known, name);
	}
	char *text = json_dumps(known, JSON_COMPACT);
	const char *copy = text ? arena_copy(a, text, strlen(text)) : "";
	free(text);
	json_decref(names);
	json_decref(known);
	return copy;
}

/* An update changed something, and says what. Columns that came or went with the model in between do not count. */
static void check_change(const struct scan *x, const char *key, const struct seen *p, const struct seen *v,
			 struct arena *a)
{
	const struct entity *e = x->entity;
	struct value *before = arena_alloc(a, sizeof *before * (size_t)e->column_count);
	bool beyond;
	for (int i = 0; i < e->column_count; i++)
		before[i] = is_known(x, p, i) ? p->values[i] : v->values[i];
	struct value changed = history_changed(e, before, v->values, a);
	const char *list = known_changes(x, p, v->changed, &beyond, a);
	if (changed.kind == VALUE_NULL && !beyond)
		check_violate(x->c, e->name, key, "unchanged",
			      arena_format(a, "version %" PRId64 " holds what version %" PRId64 " held", v->version,
					   p->version));
	else if (strcmp(list, changed.kind == VALUE_NULL ? "[]" : changed.text) != 0)
		check_violate(x->c, e->name, key, "changed",
			      arena_format(a, "version %" PRId64 " changed %s but says %s", v->version,
					   changed.kind == VALUE_NULL ? "nothing" : changed.text,
					   v->changed ? v->changed : "nothing"));
}

static void check_pair(const struct scan *x, const char *key, const struct seen *p, const struct seen *v,
		       struct arena *a)
{
	struct checking *c = x->c;
	const char *name = x->entity->name;
	if (p->current)
		check_violate(c, name, key, "open",
			      arena_format(a, "version %" PRId64 " comes after the open one", v->version));
	if (v->version != p->version + 1)
		check_violate(c, name, key, "numbering",
			      arena_format(a, "version %" PRId64 " follows version %" PRId64, v->version, p->version));
	if (v->valid_from < p->valid_to)
		check_violate(c, name, key, "overlap",
			      arena_format(a, "version %" PRId64 " begins before version %" PRId64 " ends", v->version,
					   p->version));
	/* A version that lists its changes goes on from the one before; of a row that was closed and came back nothing
	 * is listed. */
	bool goes_on =
		p->ended_by == END_UPDATE ||
		((p->ended_by == END_CASCADE || p->ended_by == END_RESYNC || p->ended_by == END_REPAIR) && v->changed);
	if (goes_on && v->valid_from > p->valid_to)
		check_violate(
			c, name, key, "gap",
			arena_format(a, "no version between version %" PRId64 " and %" PRId64, p->version, v->version));
	if (v->seq_from < p->seq_to || v->valid_from < p->valid_from)
		check_violate(c, name, key, "order",
			      arena_format(a, "version %" PRId64 " is older than the one before it", v->version));
	if (goes_on)
		check_change(x, key, p, v, a);
}

static void check_end(const struct scan *x, const char *key, const struct seen *last, struct arena *a)
{
	bool ends = last->ended_by == END_DELETE || last->ended_by == END_TRUNCATE ||
		    last->ended_by == END_KEY_CHANGE || last->ended_by == END_RESYNC || last->ended_by == END_CASCADE ||
		    last->ended_by == END_REPAIR;
	if (!last->current && !ends)
		check_violate(x->c, x->entity->name, key, "open",
			      arena_format(a, "version %" PRId64 " goes on, but no row is open", last->version));
}

static bool is_copy_time(struct checking *c, int64_t at)
{
	sqlite3_bind_int64(c->is_copy_time, 1, at);
	bool yes = sqlite3_step(c->is_copy_time) == SQLITE_ROW;
	sqlite3_reset(c->is_copy_time);
	return yes;
}

/* Rows of one chunk share a sequence, and lie together. */
static bool is_recorded(struct checking *c, int end, int64_t seq)
{
	if (seq == c->known_seq[end])
		return true;
	sqlite3_bind_int64(c->has_txn, 1, seq);
	bool yes = sqlite3_step(c->has_txn) == SQLITE_ROW;
	sqlite3_reset(c->has_txn);
	if (yes)
		c->known_seq[end] = seq;
	return yes;
}

static bool canonical(const struct column *col, struct value v, const struct zone *zone, struct arena *a)
{
	if (v.kind == VALUE_NULL || v.kind == VALUE_UNKNOWN)
		return true;
	if (v.kind == VALUE_INTEGER)
		return col->type == COLUMN_INTEGER || col->type == COLUMN_INSTANT ||
		       (col->type == COLUMN_BOOLEAN && (v.integer == 0 || v.integer == 1));
	if (v.kind == VALUE_BYTES)
		return col->type == COLUMN_BYTES;
	if (col->type == COLUMN_TEXT)
		return true;
	return value_equal(value_canonical(col, v.text, v.len, zone, a), v);
}

static void check_position(const struct scan *x, const char *key, const struct seen *v, struct arena *a)
{
	struct checking *c = x->c;
	const char *name = x->entity->name;
	if (v->seq_from > c->last_seq || v->seq_to > c->last_seq)
		check_violate(c, name, key, "position",
			      arena_format(a,
					   "version %" PRId64 " belongs to a transaction after the last one recorded",
					   v->version));
	else if (!is_recorded(c, 0, v->seq_from) || !is_recorded(c, 1, v->seq_to))
		check_violate(c, name, key, "position",
			      arena_format(a, "version %" PRId64 " belongs to a transaction that is not recorded",
					   v->version));
	if (v->valid_from > c->last_valid_from || (!v->current && v->valid_to > c->last_valid_from))
		check_violate(c, name, key, "position",
			      arena_format(a, "version %" PRId64 " is newer than the last transaction", v->version));
}

static void check_version(const struct scan *x, const char *key, const struct seen *v, struct arena *a)
{
	struct checking *c = x->c;
	const struct entity *e = x->entity;
	check_position(x, key, v, a);
	if (v->valid_from > v->valid_to || (!v->current && v->seq_from > v->seq_to))
		check_violate(c, e->name, key, "order",
			      arena_format(a, "version %" PRId64 " ends before it begins", v->version));
	if (v->origin < 0 || v->origin > ORIGIN_REPAIR || v->ended_by < 0 || v->ended_by > END_REPAIR ||
	    (v->current ? v->ended_by != 0 : v->ended_by == 0))
		check_violate(c, e->name, key, "code",
			      arena_format(a, "version %" PRId64 " has origin %d and ending %d", v->version, v->origin,
					   v->ended_by));
	if ((v->origin == ORIGIN_SNAPSHOT || v->origin == ORIGIN_RESYNC) && v->valid_from != v->valid_to &&
	    !is_copy_time(c, v->valid_from))
		check_violate(c, e->name, key, "snapshot_time",
			      arena_format(a, "version %" PRId64 " was copied but is not valid from a copy's start",
					   v->version));
	for (int i = 0; i < e->column_count; i++)
		if (!canonical(&e->columns[i], v->values[i], c->q->model->zone, a))
			check_violate(c, e->name, key, "canonical",
				      arena_format(a, "version %" PRId64 " column %s is not in canonical form",
						   v->version, e->columns[i].as));
}

static sqlite3_stmt *prepare_versions(const struct scan *x)
{
	const struct entity *e = x->entity;
	struct buffer sql = {0};
	for (int part = 0; part < 2; part++) {
		buffer_text_add(&sql, part ? " UNION ALL SELECT " : "SELECT ");
		query_columns(e, "", &sql);
		buffer_text_add(&sql, part ? ", _version, _valid_from, 253402214400000000, _seq_from, _seq_from, "
					     "_origin, 0, _changed, 1 FROM "
					   : ", _version, _valid_from, _valid_to, _seq_from, _seq_to, _origin, "
					     "_ended_by, _changed, 0 FROM ");
		char *table = memory_format("%s%s", e->name, part ? "" : "_history");
		sql_identifier(&sql, table);
		free(table);
	}
	buffer_text_add(&sql, " ORDER BY ");
	for (int i = 0; i < e->key_count; i++) {
		sql_identifier(&sql, e->columns[e->key[i]].as);
		buffer_text_add(&sql, ", ");
	}
	buffer_format(&sql, "%d, %d", e->column_count + 1, e->column_count + 9);
	sqlite3_stmt *s = sql_prepare(x->c->q->db, buffer_text(&sql), x->c->err);
	buffer_done(&sql);
	return s;
}

static bool read_added(struct scan *x)
{
	const struct entity *e = x->entity;
	sqlite3_stmt *s =
		sql_preparef(x->c->q->db, x->c->err, "SELECT column, seq FROM td_added WHERE entity = %d", x->index);
	int row = -1;
	while (s && (row = sql_row(s, x->c->err)) == 1)
		for (int i = 0; i < e->column_count; i++)
			if (strcmp(e->columns[i].as, (const char *)sqlite3_column_text(s, 0)) == 0)
				x->added[i] = sqlite3_column_int64(s, 1);
	sqlite3_finalize(s);
	return row == 0;
}

/* All versions of an entity by key and number: a current row comes last of its key, or something is wrong. */
static bool scan_run(const struct scan *x, int64_t *checked)
{
	struct checking *c = x->c;
	const struct entity *e = x->entity;
	struct arena arenas[2] = {{0}, {0}};
	struct seen seen[2] = {0};
	const char *key = "";
	sqlite3_stmt *s = prepare_versions(x);
	int turn = 0, row = -1;
	while (s && (row = sql_row(s, c->err)) == 1) {
		struct seen *v = &seen[turn], *p = &seen[1 - turn];
		struct arena *a = &arenas[turn];
		arena_reset(a);
		read_version(x, s, v, a);
		const char *before = key;
		key = key_text(e, v->values, a);
		bool same = p->set && key_same(e, p->values, v->values);
		if (p->set && !same)
			check_end(x, before, p, a);
		if (!same && v->version != 1)
			check_violate(c, e->name, key, "numbering",
				      arena_format(a, "the first version is number %" PRId64, v->version));
		check_version(x, key, v, a);
		if (same)
			check_pair(x, key, p, v, a);
		if (v->current && x->index == c->q->model->customer)
			check_search_row(c, e, v->values, key, a);
		if (checked)
			(*checked)++;
		turn = 1 - turn;
	}
	if (row == 0 && seen[1 - turn].set)
		check_end(x, key, &seen[1 - turn], &arenas[1 - turn]);
	sqlite3_finalize(s);
	arena_done(&arenas[0]);
	arena_done(&arenas[1]);
	return row == 0;
}

static bool check_entity(struct checking *c, int entity, int64_t *checked)
{
	struct scan x = {.c = c, .index = entity, .entity = &c->q->model->entities[entity]};
	x.added = memory_zero((size_t)x.entity->column_count, sizeof *x.added);
	bool ok = read_added(&x) && scan_run(&x, checked);
	free(x.added);
	return ok && (entity != c->q->model->customer || check_search_end(c, x.entity));
}

/* ---- the replica as a whole ---- */

/* What an entity says of itself: since when it is known, and whether it met a surprise since it was copied last. */
static bool check_claims(struct checking *c, const struct entity *e)
{
	return check_rule(c, e->name, "snapshot_time",
			  sqlite3_mprintf("SELECT '', 'known from a time that is no copy''s start' FROM td_entity e "
					  "WHERE e.name = %Q AND e.known_from IS "
					  "NOT NULL AND NOT EXISTS (SELECT 1 FROM td_txn WHERE kind > 0 AND "
					  "commit_time = e.known_from)",
					  e->name)) &&
	       check_rule(c, e->name, "count",
			  sqlite3_mprintf("SELECT '', 'there are ' || a || ' rows and ' || b || ' closed versions, not "
					  "' || rows || ' and ' || closed FROM "
					  "(SELECT rows, closed, (SELECT count(*) FROM \"%w\") AS a, (SELECT count(*) "
					  "FROM \"%w_history\") AS b FROM "
					  "td_entity WHERE name = %Q) WHERE a <> rows OR b <> closed",
					  e->name, e->name, e->name)) &&
	       check_rule(c, e->name, "verify",
			  sqlite3_mprintf("SELECT coalesce(a.key, ''), 'an anomaly was met but the entity is not "
					  "marked' FROM td_anomaly a JOIN "
					  "td_entity e ON e.name = a.entity WHERE e.name = %Q AND NOT e.verify AND "
					  "a.seq > (SELECT coalesce(max(seq), 0) "
					  "FROM td_txn WHERE kind IN (1, 2))",
					  e->name));
}

static bool check_whole(struct checking *c)
{
	return check_rule(
		       c, "", "gap_order",
		       sqlite3_mprintf(
			       "SELECT id, 'a gap ends before it begins' FROM td_gap WHERE valid_from > valid_to")) &&
	       check_rule(c, "", "gap_order",
			  sqlite3_mprintf("SELECT id, 'a gap of an unknown source or entity' FROM td_gap g WHERE NOT "
					  "EXISTS (SELECT 1 FROM td_source s "
					  "WHERE s.id = g.source) OR (entity IS NOT NULL AND entity NOT IN (SELECT "
					  "name FROM td_entity))")) &&
	       check_rule(c, "", "age",
			  sqlite3_mprintf("SELECT s.id, 'complete to a time after the last sign of life' FROM "
					  "td_source s, td_status t WHERE s.complete_to "
					  "> coalesce(t.beat, 0) + coalesce(t.clock_offset, 0) + %lld",
					  (long long)(5 * MINUTE))) &&
	       check_rule(
		       c, "", "rejected",
		       sqlite3_mprintf("SELECT id, 'rejected without a reason' FROM td_rejected WHERE reason = ''")) &&
	       check_rule(c, "", "position",
			  sqlite3_mprintf("SELECT id, 'a position without a transaction time' FROM td_source WHERE "
					  "position IS NOT NULL AND "
					  "last_valid_from IS NULL AND EXISTS (SELECT 1 FROM td_txn)")) &&
	       check_rule(c, "", "position",
			  sqlite3_mprintf("SELECT s.id, 'transactions were applied but there is no position' FROM "
					  "td_source s WHERE position IS NULL AND "
					  "EXISTS (SELECT 1 FROM td_txn WHERE kind = 0)"));
}

static bool check_file(struct checking *c)
{
	sqlite3_stmt *s = sql_prepare(c->q->db, "PRAGMA quick_check(5)", c->err);
	int row = -1;
	while (s && (row = sql_row(s, c->err)) == 1) {
		const char *text = (const char *)sqlite3_column_text(s, 0);
		if (strcmp(text, "ok") != 0)
			check_violate(c, "", "", "file", text);
	}
	sqlite3_finalize(s);
	return row == 0;
}

static bool prepare(struct checking *c)
{
	sqlite3 *db = c->q->db;
	c->last_seq = sql_integer(db, "SELECT max(seq) FROM td_txn", 0);
	c->last_valid_from = sql_integer(db, "SELECT max(last_valid_from) FROM td_source",
					 INT64_MAX); /* its absence is a rule of its own */
	c->has_txn = sql_prepare(db, "SELECT 1 FROM td_txn WHERE seq = ?1", c->err);
	c->is_copy_time = sql_prepare(db, "SELECT 1 FROM td_txn WHERE kind > 0 AND commit_time = ?1 LIMIT 1", c->err);
	return c->has_txn && c->is_copy_time && check_search_begin(c);
}

bool replica_check(const char *path, void (*found)(void *ctx, const struct violation *v), void *ctx, int64_t *checked,
		   struct error *err)
{
	struct checking c = {.found = found, .ctx = ctx, .err = err, .q = query_open(path, err)};
	if (!c.q)
		return false;
	const struct model *m = c.q->model;
	bool ok = sql_run(c.q->begin, err) && prepare(&c) && check_file(&c);
	for (int i = 0; ok && i < m->entity_count; i++)
		ok = check_entity(&c, i, checked ? &checked[i] : NULL) && check_claims(&c, &m->entities[i]);
	for (int i = 0; ok && i < m->rollup_count; i++)
		ok = check_rollup(&c, &m->rollups[i]);
	ok = ok && check_whole(&c);
	sqlite3_finalize(c.has_txn);
	sqlite3_finalize(c.is_copy_time);
	check_search_free(&c);
	arena_done(&c.arena);
	query_answer_end(c.q, ok);
	query_close(c.q);
	return ok;
}
