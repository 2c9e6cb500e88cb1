#include "config.h"

#include "replica/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "replica/history.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/rollup.h"
#include "replica/search_index.h"
#include "replica/sql.h"

struct checking {
	struct query *q;
	void (*found)(void *ctx, const struct violation *v);
	void *ctx;
	struct error *err;
	struct arena arena;
	int64_t last_seq;
	bool search_ready;
	sqlite3_stmt *has_word, *queued, *is_copy_time;
};

static void violate(struct checking *c, const char *entity, const char *key, const char *rule, const char *detail)
{
	struct violation v = {entity, key, rule, detail};
	c->found(c->ctx, &v);
}

/* ---- rules that one statement tells: it gives key and detail of each violation ---- */

static bool rule(struct checking *c, const char *entity, const char *name, char *sql)
{
	sqlite3_stmt *s = sql_prepare(c->q->db, sql, c->err);
	sqlite3_free(sql);
	int row = -1;
	while (s && (row = sql_row(s, c->err)) == 1) {
		arena_reset(&c->arena);
		const char *key = sql_column_text(s, 0, &c->arena), *detail = sql_column_text(s, 1, &c->arena);
		violate(c, entity, key ? key : "", name, detail ? detail : "");
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

static void read_version(struct checking *c, int entity, sqlite3_stmt *s, struct seen *v, struct arena *a)
{
	int n = c->q->model->entities[entity].column_count;
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

static void check_pair(struct checking *c, const struct entity *e, const char *key, const struct seen *p, const struct seen *v, struct arena *a)
{
	if (v->version != p->version + 1)
		violate(c, e->name, key, "numbering", arena_format(a, "version %" PRId64 " follows version %" PRId64, v->version, p->version));
	if (v->valid_from < p->valid_to)
		violate(c, e->name, key, "overlap", arena_format(a, "version %" PRId64 " begins before version %" PRId64 " ends", v->version, p->version));
	bool goes_on = p->ended_by == END_UPDATE || p->ended_by == END_CASCADE || p->ended_by == END_REPAIR;
	if (goes_on && v->valid_from > p->valid_to)
		violate(c, e->name, key, "gap", arena_format(a, "no version between version %" PRId64 " and %" PRId64, p->version, v->version));
	if (v->seq_from < p->seq_to || v->valid_from < p->valid_from)
		violate(c, e->name, key, "order", arena_format(a, "version %" PRId64 " is older than the one before it", v->version));
	if (p->ended_by != END_UPDATE)
		return;
	struct value changed = history_changed(e, p->values, v->values, a);
	if (changed.kind == VALUE_NULL)
		violate(c, e->name, key, "unchanged", arena_format(a, "version %" PRId64 " holds what version %" PRId64 " held", v->version, p->version));
	else if (!v->changed || strcmp(v->changed, changed.text) != 0)
		violate(c, e->name, key, "changed",
		        arena_format(a, "version %" PRId64 " changed %s but says %s", v->version, changed.text, v->changed ? v->changed : "nothing"));
}

static void check_end(struct checking *c, const struct entity *e, const char *key, const struct seen *last, struct arena *a)
{
	bool ends = last->ended_by == END_DELETE || last->ended_by == END_TRUNCATE || last->ended_by == END_KEY_CHANGE || last->ended_by == END_RESYNC ||
	            last->ended_by == END_CASCADE || last->ended_by == END_REPAIR;
	if (!last->current && !ends)
		violate(c, e->name, key, "open", arena_format(a, "version %" PRId64 " goes on, but no row is open", last->version));
}

static bool is_copy_time(struct checking *c, int64_t at)
{
	sqlite3_bind_int64(c->is_copy_time, 1, at);
	bool yes = sqlite3_step(c->is_copy_time) == SQLITE_ROW;
	sqlite3_reset(c->is_copy_time);
	return yes;
}

static bool canonical(const struct column *col, struct value v, const struct zone *zone, struct arena *a)
{
	if (v.kind == VALUE_NULL || v.kind == VALUE_UNKNOWN)
		return true;
	if (v.kind == VALUE_INTEGER)
		return col->type == COLUMN_INTEGER || col->type == COLUMN_INSTANT || (col->type == COLUMN_BOOLEAN && (v.integer == 0 || v.integer == 1));
	if (v.kind == VALUE_BYTES)
		return col->type == COLUMN_BYTES;
	if (col->type == COLUMN_TEXT)
		return true;
	return value_equal(value_canonical(col, v.text, v.len, zone, a), v);
}

static void check_version(struct checking *c, const struct entity *e, const char *key, const struct seen *v, struct arena *a)
{
	if (v->seq_from > c->last_seq || v->seq_to > c->last_seq)
		violate(c, e->name, key, "position", arena_format(a, "version %" PRId64 " belongs to a transaction after the last one recorded", v->version));
	if (v->valid_from > v->valid_to || (!v->current && v->seq_from > v->seq_to))
		violate(c, e->name, key, "order", arena_format(a, "version %" PRId64 " ends before it begins", v->version));
	if (v->origin < 0 || v->origin > ORIGIN_REPAIR || v->ended_by < 0 || v->ended_by > END_REPAIR || (v->current ? v->ended_by != 0 : v->ended_by == 0))
		violate(c, e->name, key, "code", arena_format(a, "version %" PRId64 " has origin %d and ending %d", v->version, v->origin, v->ended_by));
	if ((v->origin == ORIGIN_SNAPSHOT || v->origin == ORIGIN_RESYNC) && v->valid_from != v->valid_to && !is_copy_time(c, v->valid_from))
		violate(c, e->name, key, "snapshot_time", arena_format(a, "version %" PRId64 " was copied but is not valid from a copy's start", v->version));
	for (int i = 0; i < e->column_count; i++)
		if (!canonical(&e->columns[i], v->values[i], c->q->model->zone, a))
			violate(c, e->name, key, "canonical",
			        arena_format(a, "version %" PRId64 " column %s is not in canonical form", v->version, e->columns[i].as));
}

static void check_words(struct checking *c, const struct entity *e, const struct value *row, const char *key, struct arena *a)
{
	struct value k = key_of(e, row, a);
	sql_bind(c->queued, 1, k);
	bool queued = sqlite3_step(c->queued) == SQLITE_ROW;
	sqlite3_reset(c->queued);
	if (queued)
		return;
	struct buffer folded = {0};
	const char *name = search_name(e, row, a);
	text_fold(&folded, name, strlen(name));
	for (const char *p = buffer_text(&folded); *p;) {
		size_t n = strcspn(p, " ");
		sqlite3_bind_text(c->has_word, 1, p, (int)n, SQLITE_STATIC);
		sqlite3_bind_text(c->has_word, 2, folded.data, (int)folded.len, SQLITE_STATIC);
		sql_bind(c->has_word, 3, k);
		if (sqlite3_step(c->has_word) != SQLITE_ROW)
			violate(c, e->name, key, "search", arena_format(a, "the index lacks word \"%.*s\"", (int)n, p));
		sqlite3_reset(c->has_word);
		p += n;
		p += *p == ' ';
	}
	buffer_done(&folded);
}

static sqlite3_stmt *prepare_versions(struct checking *c, const struct entity *e)
{
	struct buffer sql = {0};
	for (int part = 0; part < 2; part++) {
		buffer_text_add(&sql, part ? " UNION ALL SELECT " : "SELECT ");
		query_columns(e, "", &sql);
		buffer_text_add(&sql, part ? ", _version, _valid_from, 253402214400000000, _seq_from, _seq_from, _origin, 0, _changed, 1 FROM "
		                           : ", _version, _valid_from, _valid_to, _seq_from, _seq_to, _origin, _ended_by, _changed, 0 FROM ");
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
	sqlite3_stmt *s = sql_prepare(c->q->db, buffer_text(&sql), c->err);
	buffer_done(&sql);
	return s;
}

/* All versions of an entity by key and number: a current row comes last of its key, or something is wrong. */
static bool check_versions(struct checking *c, int entity, int64_t *checked)
{
	const struct entity *e = &c->q->model->entities[entity];
	struct arena arenas[2] = {{0}, {0}};
	struct seen seen[2] = {0};
	const char *key = "";
	sqlite3_stmt *s = prepare_versions(c, e);
	int turn = 0, row = -1;
	while (s && (row = sql_row(s, c->err)) == 1) {
		struct seen *v = &seen[turn], *p = &seen[1 - turn];
		struct arena *a = &arenas[turn];
		arena_reset(a);
		read_version(c, entity, s, v, a);
		const char *before = key;
		key = key_text(e, v->values, a);
		bool same = p->set && key_same(e, p->values, v->values);
		if (p->set && !same)
			check_end(c, e, before, p, a);
		if (!same && v->version != 1)
			violate(c, e->name, key, "numbering", arena_format(a, "the first version is number %" PRId64, v->version));
		if (same && p->current)
			violate(c, e->name, key, "open", arena_format(a, "version %" PRId64 " comes after the open one", v->version));
		check_version(c, e, key, v, a);
		if (same)
			check_pair(c, e, key, p, v, a);
		if (v->current && entity == c->q->model->customer && c->search_ready)
			check_words(c, e, v->values, key, a);
		if (checked)
			(*checked)++;
		turn = 1 - turn;
	}
	if (row == 0 && seen[1 - turn].set)
		check_end(c, e, key, &seen[1 - turn], &arenas[1 - turn]);
	sqlite3_finalize(s);
	arena_done(&arenas[0]);
	arena_done(&arenas[1]);
	return row == 0;
}

/* ---- registrations ---- */

/* Customers that a key change touched carry a registration from elsewhere: for them only that there is one. */
static bool check_registrations(struct checking *c, const struct rollup *u)
{
	const struct model *m = c->q->model;
	const struct entity *e = &m->entities[u->entity];
	if (e->key_count != 1)
		return true;
	const char *key = e->columns[e->key[0]].as, *by = u->by >= 0 ? e->columns[u->by].as : NULL;
	if (!rule(c, e->name, "registration",
	          sqlite3_mprintf("SELECT c.\"%w\", 'the customer has no registration' FROM \"%w\" c LEFT JOIN \"td_%w_events\" r ON r.key = c.\"%w\" "
	                          "WHERE r.key IS NULL",
	                          key, e->name, u->name, key)))
		return false;
	if (!rule(c, e->name, "registration",
	          sqlite3_mprintf("SELECT r.key, 'the registration has no customer' FROM \"td_%w_events\" r WHERE NOT EXISTS (SELECT 1 FROM "
	                          "\"td_%w_parked\" p WHERE p.synthetic = r.key) AND NOT EXISTS (SELECT 1 FROM \"%w\" c WHERE c.\"%w\" = r.key) AND NOT "
	                          "EXISTS (SELECT 1 FROM \"%w_history\" h WHERE h.\"%w\" = r.key)",
	                          u->name, u->name, e->name, key, e->name, key)))
		return false;
	char *group = by ? sqlite3_mprintf("v.\"%w\"", by) : sqlite3_mprintf("NULL");
	bool ok = true;
	for (int part = 0; ok && part < 2; part++)
		ok = rule(c, e->name, "registration",
		          sqlite3_mprintf("SELECT r.key, 'the group is not that of the first version' FROM \"td_%w_events\" r JOIN \"td_%w_groups\" g ON "
		                          "g.id = r.\"group\" JOIN \"%w%s\" v ON v.\"%w\" = r.key AND v._version = 1 WHERE %s IS NOT g.value AND r.key NOT "
		                          "IN (SELECT new_key FROM td_move WHERE entity = %d UNION SELECT old_key FROM td_move WHERE entity = %d)",
		                          u->name, u->name, e->name, part ? "_history" : "", key, group, u->entity, u->entity));
	sqlite3_free(group);
	return ok;
}

/* The sums of minutes, hours and days against the registrations themselves. */
static bool check_counts(struct checking *c, const struct rollup *u)
{
	static const struct {
		int grain;
		int64_t step;
		const char *word;
	} grains[] = {{GRAIN_MINUTE, MINUTE, "minute"}, {GRAIN_HOUR, HOUR, "hour"}};
	for (int i = 0; i < 2; i++) {
		/* Floor division that is right before 1970 too. */
		char *start = sqlite3_mprintf("(at - ((at %% %lld) + %lld) %% %lld)", (long long)grains[i].step, (long long)grains[i].step,
		                              (long long)grains[i].step);
		bool ok = rule(c, "", "rollup",
		               sqlite3_mprintf("SELECT s, 'the %s counts ' || sum(n) || ' too many' FROM (SELECT start AS s, \"group\" AS g, n FROM "
		                               "\"td_%w_counts\" WHERE grain = %d UNION ALL SELECT %s, \"group\", -1 FROM \"td_%w_events\" WHERE at IS NOT "
		                               "NULL) GROUP BY s, g HAVING sum(n) <> 0",
		                               grains[i].word, u->name, grains[i].grain, start, u->name));
		sqlite3_free(start);
		if (!ok)
			return false;
	}
	return rule(c, "", "rollup",
	            sqlite3_mprintf("SELECT '', 'the days count ' || (a - b) || ' too many' FROM (SELECT (SELECT coalesce(sum(n), 0) FROM "
	                            "\"td_%w_counts\" WHERE grain = %d) AS a, (SELECT count(*) FROM \"td_%w_events\" WHERE at IS NOT NULL) AS b) WHERE a "
	                            "<> b",
	                            u->name, GRAIN_DAY, u->name));
}

/* ---- the replica as a whole ---- */

static bool check_whole(struct checking *c)
{
	return rule(c, "", "gap_order", sqlite3_mprintf("SELECT id, 'a gap ends before it begins' FROM td_gap WHERE valid_from > valid_to")) &&
	       rule(c, "", "age",
	            sqlite3_mprintf("SELECT s.id, 'complete to a time after the last sign of life' FROM td_source s, td_status t WHERE s.complete_to > "
	                            "t.beat + coalesce(t.clock_offset, 0) + %lld",
	                            (long long)(5 * MINUTE))) &&
	       rule(c, "", "rejected", sqlite3_mprintf("SELECT id, 'rejected without a reason' FROM td_rejected WHERE reason = ''")) &&
	       rule(c, "", "position",
	            sqlite3_mprintf("SELECT id, 'a position without a transaction time' FROM td_source WHERE position IS NOT NULL AND last_valid_from IS "
	                            "NULL AND EXISTS (SELECT 1 FROM td_txn)")) &&
	       rule(c, "", "position",
	            sqlite3_mprintf("SELECT s.id, 'transactions were applied but there is no position' FROM td_source s WHERE position IS NULL AND EXISTS "
	                            "(SELECT 1 FROM td_txn WHERE kind = 0)")) &&
	       rule(c, "", "verify",
	            sqlite3_mprintf("SELECT DISTINCT a.entity, 'an anomaly was met but the entity is not marked' FROM td_anomaly a JOIN td_entity e ON "
	                            "e.name = a.entity WHERE NOT e.verify AND a.seq > (SELECT coalesce(max(seq), 0) FROM td_txn WHERE kind > 0)"));
}

static bool prepare(struct checking *c)
{
	sqlite3 *db = c->q->db;
	c->last_seq = sql_integer(db, "SELECT max(seq) FROM td_txn", 0);
	c->search_ready = sql_integer(db, "SELECT value = 'ready' FROM td_meta WHERE name = 'search'", 0) != 0;
	c->has_word = sql_prepare(db, "SELECT 1 FROM td_word WHERE word = ?1 AND name = ?2 AND key = ?3", c->err);
	c->queued = sql_prepare(db, "SELECT 1 FROM td_search_queue WHERE key = ?1", c->err);
	c->is_copy_time = sql_prepare(db, "SELECT 1 FROM td_txn WHERE kind > 0 AND commit_time = ?1 LIMIT 1", c->err);
	return c->has_word && c->queued && c->is_copy_time;
}

static bool check_file(struct checking *c)
{
	sqlite3_stmt *s = sql_prepare(c->q->db, "PRAGMA quick_check(5)", c->err);
	int row = -1;
	while (s && (row = sql_row(s, c->err)) == 1) {
		const char *text = (const char *)sqlite3_column_text(s, 0);
		if (strcmp(text, "ok") != 0)
			violate(c, "", "", "file", text);
	}
	sqlite3_finalize(s);
	return row == 0;
}

bool replica_check(const char *path, void (*found)(void *ctx, const struct violation *v), void *ctx, int64_t *checked, struct error *err)
{
	struct checking c = {.found = found, .ctx = ctx, .err = err, .q = query_open(path, err)};
	if (!c.q)
		return false;
	const struct model *m = c.q->model;
	bool ok = sql_run(c.q->begin, err) && prepare(&c) && check_file(&c);
	for (int i = 0; ok && i < m->entity_count; i++)
		ok = check_versions(&c, i, checked ? &checked[i] : NULL);
	for (int i = 0; ok && i < m->rollup_count; i++)
		ok = check_registrations(&c, &m->rollups[i]) && check_counts(&c, &m->rollups[i]);
	ok = ok && check_whole(&c);
	sqlite3_finalize(c.has_word);
	sqlite3_finalize(c.queued);
	sqlite3_finalize(c.is_copy_time);
	arena_done(&c.arena);
	query_answer_end(c.q, ok);
	query_close(c.q);
	return ok;
}
