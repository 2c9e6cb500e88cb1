#include "config.h"

#include "replica/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/history.h"
#include "replica/replica.h"
#include "replica/rollup.h"
#include "replica/search_index.h"
#include "replica/sql.h"

static const char common[] =
	"CREATE TABLE td_meta (name TEXT PRIMARY KEY NOT NULL, value ANY) STRICT;\n"
	"CREATE TABLE td_source (id INTEGER PRIMARY KEY, url TEXT NOT NULL, kind TEXT NOT NULL, identity TEXT, position TEXT, "
	"last_valid_from INTEGER, complete_to INTEGER, time_precision TEXT, resynced_at INTEGER) STRICT;\n"
	"CREATE TABLE td_status (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL, pid INTEGER, beat INTEGER, clock_offset INTEGER, "
	"rate REAL, copy_percent REAL, copy_rows INTEGER, copy_rate REAL, error TEXT, hint TEXT, request TEXT, answer TEXT, details TEXT) STRICT;\n"
	"INSERT INTO td_status (id, state) VALUES (1, 'new');\n"
	"CREATE TABLE td_entity (id INTEGER PRIMARY KEY, name TEXT NOT NULL, copied INTEGER NOT NULL, known_from INTEGER, "
	"verify INTEGER NOT NULL DEFAULT 0, closed_keys INTEGER NOT NULL DEFAULT 0, "
	"rows INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0, absent TEXT NOT NULL DEFAULT '[]') STRICT;\n"
	"CREATE TABLE td_txn (seq INTEGER PRIMARY KEY, source INTEGER NOT NULL, position TEXT, commit_time INTEGER NOT NULL, raw_time TEXT, "
	"rows INTEGER NOT NULL, kind INTEGER NOT NULL) STRICT;\n"
	"CREATE TABLE td_gap (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, entity TEXT, valid_from INTEGER NOT NULL, "
	"valid_to INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;\n"
	"CREATE TABLE td_anomaly (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, entity TEXT NOT NULL, key ANY, reason TEXT NOT NULL, "
	"at INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;\n"
	"CREATE TABLE td_rejected (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, entity TEXT, line INTEGER, reason TEXT NOT NULL, "
	"raw TEXT NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;\n"
	"CREATE TABLE td_move (entity INTEGER NOT NULL, old_key ANY NOT NULL, old_version INTEGER NOT NULL, new_key ANY NOT NULL, "
	"new_version INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (entity, old_key, old_version)) STRICT, WITHOUT ROWID;\n"
	"CREATE INDEX td_move_new ON td_move (entity, new_key, new_version);\n"
	"CREATE TABLE td_added (entity INTEGER NOT NULL, column TEXT NOT NULL, seq INTEGER NOT NULL, filled INTEGER NOT NULL DEFAULT 0, "
	"PRIMARY KEY (entity, column)) STRICT, WITHOUT ROWID;\n"
	"CREATE TABLE td_copy (entity INTEGER PRIMARY KEY, resync INTEGER NOT NULL, p0 TEXT NOT NULL, t0 INTEGER NOT NULL, cursor ANY, "
	"rows INTEGER NOT NULL, read_all INTEGER NOT NULL, inserted INTEGER NOT NULL, updated INTEGER NOT NULL, closed INTEGER NOT NULL) STRICT;\n"
	"CREATE TABLE td_touched (entity INTEGER NOT NULL, key ANY NOT NULL, fillable INTEGER NOT NULL, churn INTEGER NOT NULL, asked INTEGER, "
	"PRIMARY KEY (entity, key)) STRICT, WITHOUT ROWID;\n"
	"CREATE TABLE td_seen (entity INTEGER NOT NULL, key ANY NOT NULL, PRIMARY KEY (entity, key)) STRICT, WITHOUT ROWID;\n"
	"CREATE TABLE td_held (id INTEGER PRIMARY KEY, entity INTEGER NOT NULL, key ANY NOT NULL, image BLOB NOT NULL, "
	"valid_from INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;\n"
	"CREATE INDEX td_held_key ON td_held (entity, key);\n";

static void meta_add(struct buffer *sql, const char *name, const char *value)
{
	buffer_text_add(sql, "INSERT INTO td_meta VALUES ('");
	buffer_text_add(sql, name);
	buffer_text_add(sql, "', ");
	sql_literal(sql, value);
	buffer_text_add(sql, ");\n");
}

bool schema_create(sqlite3 *db, const struct model *m, bool bare, struct error *err)
{
	struct buffer sql = {0};
	buffer_format(&sql, "BEGIN IMMEDIATE;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\n", REPLICA_APPLICATION, REPLICA_SCHEMA);
	buffer_text_add(&sql, common);
	meta_add(&sql, "model", m->text);
	meta_add(&sql, "model_name", m->name);
	buffer_format(&sql, "INSERT INTO td_meta VALUES ('created', %lld), ('misfits', 0);\n", (long long)clock_now());
	for (int i = 0; i < m->entity_count; i++) {
		const struct entity *e = &m->entities[i];
		history_schema(e, &sql);
		history_view(e, &sql);
		buffer_format(&sql, "INSERT INTO td_entity (id, name, copied) VALUES (%d, ", i);
		sql_literal(&sql, e->name);
		buffer_format(&sql, ", %d);\n", bare ? 0 : 1);
		if (!bare)
			history_indexes(e, &sql);
	}
	rollup_schema(m, &sql);
	for (int i = 0; !bare && i < m->rollup_count; i++)
		rollup_indexes(&m->rollups[i], &sql);
	search_schema(&sql);
	bool ok = sql_exec(db, buffer_text(&sql), err) && schema_flat(db, m, err) && sql_exec(db, "COMMIT", err);
	if (!ok)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	buffer_done(&sql);
	return ok;
}

/* ---- flat views: the customer's columns plain, then of each detail the count and the row opened last ---- */

static void named(struct buffer *sql, const char *entity, const char *column)
{
	char *name = memory_format("%s_%s", entity, column);
	sql_identifier(sql, name);
	free(name);
}

/* COLUMN = c.COLUMN: what makes a detail's row this customer's. */
static void linked(struct buffer *sql, const struct entity *customer, const struct entity *e)
{
	bool via = e->via >= 0;
	sql_identifier(sql, via ? e->columns[e->key[0]].as : e->columns[e->cif].as);
	buffer_text_add(sql, " = c.");
	sql_identifier(sql, via ? customer->columns[e->via].as : customer->columns[customer->cif].as);
}

static void flat_view(const struct model *m, const struct flat *f, struct buffer *sql)
{
	const struct entity *customer = &m->entities[m->customer];
	buffer_text_add(sql, "DROP VIEW IF EXISTS ");
	sql_identifier(sql, f->name);
	buffer_text_add(sql, ";\nCREATE VIEW ");
	sql_identifier(sql, f->name);
	buffer_text_add(sql, " AS SELECT ");
	for (int i = 0; i < customer->column_count; i++) {
		buffer_text_add(sql, i ? ", c." : "c.");
		sql_identifier(sql, customer->columns[i].as);
	}
	for (int k = 0; k < f->entity_count; k++) {
		const struct entity *e = &m->entities[f->entities[k]];
		if (e == customer)
			continue;
		buffer_text_add(sql, ", (SELECT count(*) FROM ");
		sql_identifier(sql, e->name);
		buffer_text_add(sql, " d WHERE d.");
		linked(sql, customer, e);
		buffer_text_add(sql, ") AS ");
		named(sql, e->name, "count");
		for (int i = 0; i < e->column_count; i++) {
			buffer_format(sql, ", d%d.", k);
			sql_identifier(sql, e->columns[i].as);
			buffer_text_add(sql, " AS ");
			named(sql, e->name, e->columns[i].as);
		}
	}
	buffer_text_add(sql, " FROM ");
	sql_identifier(sql, customer->name);
	buffer_text_add(sql, " c");
	for (int k = 0; k < f->entity_count; k++) {
		const struct entity *e = &m->entities[f->entities[k]];
		if (e == customer)
			continue;
		buffer_text_add(sql, " LEFT JOIN ");
		sql_identifier(sql, e->name);
		buffer_format(sql, " d%d ON d%d.rowid = (SELECT rowid FROM ", k, k);
		sql_identifier(sql, e->name);
		buffer_text_add(sql, " x WHERE x.");
		linked(sql, customer, e);
		buffer_text_add(sql, " ORDER BY x._valid_from DESC, x._seq_from DESC, ");
		for (int i = 0; i < e->key_count; i++) {
			buffer_text_add(sql, i ? ", x." : "x.");
			sql_identifier(sql, e->columns[e->key[i]].as);
			buffer_text_add(sql, " DESC");
		}
		buffer_text_add(sql, " LIMIT 1)");
	}
	buffer_text_add(sql, ";\n");
}

bool schema_flat(sqlite3 *db, const struct model *m, struct error *err)
{
	struct buffer sql = {0};
	for (int i = 0; i < m->flat_count; i++)
		flat_view(m, &m->flats[i], &sql);
	bool ok = sql_exec(db, buffer_text(&sql), err);
	buffer_done(&sql);
	return ok;
}

/* ---- versions and models ---- */

bool schema_migrate(sqlite3 *db, int from, struct error *err)
{
	/* One entry for each step from a version to the next; version 1 is the first. */
	static const char *const steps[REPLICA_SCHEMA + 1] = {
		[1] = "ALTER TABLE td_status ADD COLUMN details TEXT",
	};
	for (int v = from; v < REPLICA_SCHEMA; v++) {
		if (!steps[v])
			return error_set(err, ERROR_REPLICA, "could not migrate replica \"%s\" from schema version %d", sqlite3_db_filename(db, "main"), v);
		if (!sql_execf(db, err, "BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", steps[v], v + 1)) {
			sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
			return false;
		}
	}
	return true;
}

static bool has_column(sqlite3 *db, const char *table, const char *column)
{
	sqlite3_stmt *s = NULL;
	bool found = sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE", -1, &s, NULL) == SQLITE_OK &&
	             sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC) == SQLITE_OK &&
	             sqlite3_bind_text(s, 2, column, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
	sqlite3_finalize(s);
	return found;
}

static const struct column *same_column(const struct entity *e, const struct column *c)
{
	for (int i = 0; i < e->column_count; i++)
		if (strcmp(e->columns[i].as, c->as) == 0)
			return &e->columns[i];
	return NULL;
}

/* A column that was removed once and comes back is new too: what its table holds may be out of date. */
static bool adopt_entity(sqlite3 *db, int id, const struct entity *old, const struct entity *e, struct error *err)
{
	char *history = memory_format("%s_history", e->name);
	bool ok = sql_execf(db, err, "DROP VIEW IF EXISTS \"%w_versions\"", e->name);
	for (int i = 0; ok && i < e->column_count; i++) {
		const struct column *c = &e->columns[i];
		if (!same_column(old, c))
			ok = schema_add_column(db, id, c->as, err);
		if (!has_column(db, e->name, c->as))
			ok = sql_execf(db, err, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" ANY", e->name, c->as);
		else if (ok && !same_column(old, c))
			ok = sql_execf(db, err, "UPDATE \"%w\" SET \"%w\" = NULL", e->name, c->as);
		if (ok && !has_column(db, history, c->as))
			ok = sql_execf(db, err, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" ANY", history, c->as);
	}
	free(history);
	struct buffer sql = {0};
	history_view(e, &sql);
	ok = ok && sql_exec(db, buffer_text(&sql), err);
	buffer_done(&sql);
	return ok;
}

bool schema_add_column(sqlite3 *db, int entity, const char *column, struct error *err)
{
	return sql_execf(db, err, "INSERT OR REPLACE INTO td_added (entity, column, seq) SELECT %d, %Q, coalesce(max(seq), 0) FROM td_txn", entity, column);
}

/* td_entity names the columns the bank lacks by their place, which the new model may have moved. */
static bool move_absent(sqlite3 *db, int id, const struct entity *old, const struct entity *e, struct error *err)
{
	sqlite3_stmt *s = sql_preparef(db, err, "SELECT j.value FROM td_entity e, json_each(e.absent) j WHERE e.id = %d", id);
	struct buffer list = {0};
	int row = -1;
	while (s && (row = sql_row(s, err)) == 1) {
		int place = sqlite3_column_int(s, 0);
		const struct column *c = place >= 0 && place < old->column_count ? same_column(e, &old->columns[place]) : NULL;
		if (c)
			buffer_format(&list, "%s%d", list.len ? "," : "", (int)(c - e->columns));
	}
	sqlite3_finalize(s);
	bool ok = row == 0 && sql_execf(db, err, "UPDATE td_entity SET absent = '[%s]' WHERE id = %d", buffer_text(&list), id);
	buffer_done(&list);
	return ok;
}

static bool same_keys(const struct entity *a, const struct entity *b)
{
	if (a->key_count != b->key_count || a->integer_key != b->integer_key)
		return false;
	for (int i = 0; i < a->key_count; i++)
		if (strcmp(a->columns[a->key[i]].as, b->columns[b->key[i]].as) != 0)
			return false;
	return true;
}

/* Values are held by their type: one of another would differ in every row and every version. */
static bool same_types(const struct entity *a, const struct entity *b)
{
	for (int i = 0; i < b->column_count; i++) {
		const struct column *now = &b->columns[i], *before = same_column(a, now);
		if (before && (before->type != now->type || before->scale != now->scale))
			return false;
	}
	return true;
}

static bool same_place(const struct entity *a, int i, const struct entity *b, int k)
{
	return i < 0 || k < 0 ? i == k : strcmp(a->columns[i].as, b->columns[k].as) == 0;
}

static bool same_entity(const struct entity *a, const struct entity *b)
{
	return strcmp(a->name, b->name) == 0 && a->kind == b->kind && same_keys(a, b) && same_types(a, b) && same_place(a, a->cif, b, b->cif);
}

static bool same_rollup(const struct model *a, const struct rollup *u, const struct model *b, const struct rollup *v)
{
	const struct entity *e = &a->entities[u->entity], *f = &b->entities[v->entity];
	return strcmp(u->name, v->name) == 0 && u->entity == v->entity && same_place(e, u->by, f, v->by) && same_place(e, u->at, f, v->at);
}

bool schema_adoptable(const struct model *old, const struct model *now, struct error *err)
{
	bool ok = old->entity_count == now->entity_count && old->rollup_count == now->rollup_count && strcmp(old->zone_name, now->zone_name) == 0;
	for (int i = 0; ok && i < now->entity_count; i++)
		ok = same_entity(&old->entities[i], &now->entities[i]);
	for (int i = 0; ok && i < now->rollup_count; i++)
		ok = same_rollup(old, &old->rollups[i], now, &now->rollups[i]);
	if (ok)
		return true;
	error_set(err, ERROR_USAGE, "could not adopt model \"%s\": its zone, entities, keys, types or rollups differ from the replica's", now->name);
	return error_hint(err, "titles, flags and columns can be adopted; for the rest build another replica with --replica");
}

bool schema_adopt(sqlite3 *db, const struct model *old, const struct model *now, struct error *err)
{
	if (!schema_adoptable(old, now, err) || !sql_exec(db, "BEGIN IMMEDIATE", err))
		return false;
	for (int i = 0; i < now->flat_count; i++)
		if (!sql_execf(db, err, "DROP VIEW IF EXISTS \"%w\"", now->flats[i].name))
			goto failed;
	for (int i = 0; i < now->entity_count; i++)
		if (!adopt_entity(db, i, &old->entities[i], &now->entities[i], err) ||
		    !move_absent(db, i, &old->entities[i], &now->entities[i], err))
			goto failed;
	if (!schema_flat(db, now, err) ||
	    !sql_execf(db, err, "UPDATE td_meta SET value = %Q WHERE name = 'model'; UPDATE td_meta SET value = %Q WHERE name = 'model_name'; "
	               "UPDATE td_meta SET value = 'none' WHERE name = 'search'", now->text, now->name) ||
	    !sql_exec(db, "COMMIT", err))
		goto failed;
	return true;
failed:
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}
