#include "config.h"

#include "source/bank_capture.h"

#include <sqlite3.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "source/bank_sql.h"
#include "source/bank_trigger.h"

/* ---- the table as it is ---- */

static bool capture_prepare(sqlite3 *db, const char *sql, const char *argument, sqlite3_stmt **out, struct error *err)
{
	if (!bank_sql_prepare(db, sql, out, err))
		return false;
	sqlite3_bind_text(*out, 1, argument, -1, SQLITE_TRANSIENT);
	return true;
}

static bool capture_read_id(sqlite3 *db, struct capture_table *t, struct error *err)
{
	sqlite3_stmt *stmt;
	int64_t id = 0;
	bool ok =
		capture_prepare(db, "SELECT id FROM bank_table WHERE name = ?1 COLLATE NOCASE", t->name, &stmt, err) &&
		bank_sql_row(stmt, &id, 1, err);

	sqlite3_finalize(stmt);
	t->id = (int)id;
	return ok;
}

static bool capture_read_columns(sqlite3 *db, struct capture_table *t, struct error *err)
{
	static const char sql[] = "SELECT x.name, c.place, CASE WHEN x.\"notnull\" THEN x.dflt_value END FROM "
				  "bank_table AS b JOIN bank_column AS c ON c.tbl = b.id"
				  " JOIN pragma_table_xinfo(b.name) AS x ON x.name = c.name COLLATE NOCASE"
				  " WHERE b.name = ?1 COLLATE NOCASE AND x.hidden <> 1 ORDER BY c.place";
	sqlite3_stmt *stmt;
	int rc = SQLITE_ERROR, cap = 0;

	if (!capture_prepare(db, sql, t->name, &stmt, err))
		return false;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (t->column_count == cap) {
			struct capture_column *more =
				arena_alloc(&t->arena, (size_t)(cap = cap * 2 + 16) * sizeof *more);

			if (t->column_count)
				memcpy(more, t->columns, (size_t)t->column_count * sizeof *more);
			t->columns = more;
		}
		t->columns[t->column_count++] = (struct capture_column){
			.name = arena_text(&t->arena, (const char *)sqlite3_column_text(stmt, 0)),
			.place = sqlite3_column_int(stmt, 1),
			.fallback = arena_text(&t->arena, (const char *)sqlite3_column_text(stmt, 2)),
		};
	}
	if (rc != SQLITE_DONE)
		bank_sql_fail(db, err);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

static int capture_find(const struct capture_table *t, const char *name)
{
	for (int i = 0; i < t->column_count; i++)
		if (sqlite3_stricmp(t->columns[i].name, name) == 0)
			return i;
	return -1;
}

/* Adds the columns a statement lists (name or NULL for an expression, collation) as one unique set. */
static bool capture_add_unique(sqlite3 *db, struct capture_table *t, const char *sql, const char *argument,
			       const char *index, struct error *err)
{
	struct capture_unique u = {.parts = arena_zero(&t->arena, (size_t)t->column_count, sizeof *u.parts)};
	sqlite3_stmt *stmt;
	bool blind = false;
	int rc = SQLITE_ERROR;

	if (!capture_prepare(db, sql, argument, &stmt, err))
		return false;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 0);
		int column = name ? capture_find(t, name) : -1;

		if (column < 0 || u.count == t->column_count) {
			blind = true;
			continue;
		}
		u.parts[u.count].column = column;
		u.parts[u.count++].collation = arena_text(&t->arena, (const char *)sqlite3_column_text(stmt, 1));
	}
	if (rc != SQLITE_DONE)
		bank_sql_fail(db, err);
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE)
		return false;
	if (blind)
		t->blind = arena_text(&t->arena, index);
	else if (u.count > 0)
		t->uniques[t->unique_count++] = u;
	return true;
}

static bool capture_read_indexes(sqlite3 *db, struct capture_table *t, struct error *err)
{
	static const char sql[] =
		"SELECT name FROM pragma_index_list(?1) WHERE \"unique\" AND origin <> 'pk' ORDER BY name";
	static const char parts[] = "SELECT name, coll FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno";
	sqlite3_stmt *stmt;
	bool ok = true;
	int rc = SQLITE_DONE;

	if (!capture_prepare(db, sql, t->name, &stmt, err))
		return false;
	while (ok && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *index = (const char *)sqlite3_column_text(stmt, 0);

		ok = capture_add_unique(db, t, parts, index, index, err);
	}
	if (ok && rc != SQLITE_DONE)
		ok = bank_sql_fail(db, err);
	sqlite3_finalize(stmt);
	return ok;
}

static bool capture_read_uniques(sqlite3 *db, struct capture_table *t, struct error *err)
{
	/* An INTEGER PRIMARY KEY is the rowid and has no index that could name a collation. */
	static const char key[] = "SELECT c.name, coalesce((SELECT i.coll FROM pragma_index_list(?1) AS l, "
				  "pragma_index_xinfo(l.name) AS i"
				  "  WHERE l.origin = 'pk' AND i.key AND i.name = c.name), 'BINARY')"
				  " FROM pragma_table_info(?1) AS c WHERE c.pk > 0 ORDER BY c.pk";
	sqlite3_stmt *stmt;
	int64_t indexes = 0;
	bool ok = capture_prepare(db, "SELECT count(*) FROM pragma_index_list(?1)", t->name, &stmt, err) &&
		  bank_sql_row(stmt, &indexes, 1, err);

	sqlite3_finalize(stmt);
	t->uniques = arena_zero(&t->arena, (size_t)indexes + 1, sizeof *t->uniques);
	ok = ok && capture_add_unique(db, t, key, t->name, "primary key", err);
	if (ok && t->unique_count == 0)
		return error_set(err, ERROR_REFUSED, "could not capture table \"%s\": it has no primary key", t->name);
	return ok && capture_read_indexes(db, t, err);
}

/* Tables have a shape only once they are in the catalogue: id 0 and no columns before. */
static bool capture_read(sqlite3 *db, const char *table, struct capture_table *t, struct error *err)
{
	*t = (struct capture_table){0};
	arena_init(&t->arena);
	t->name = arena_text(&t->arena, table);
	if (!capture_read_id(db, t, err))
		return false;
	return t->id == 0 ||
	       (capture_read_columns(db, t, err) && (t->column_count == 0 || capture_read_uniques(db, t, err)));
}

/* ---- making it so ---- */

static bool capture_run(sqlite3 *db, const char *sql, const char *argument, struct error *err)
{
	sqlite3_stmt *stmt;
	bool ok = capture_prepare(db, sql, argument, &stmt, err) && bank_sql_run(stmt, err);

	sqlite3_finalize(stmt);
	return ok;
}

/* Gives every column of the table a place of its own and the change table as many places. */
static bool capture_enter(sqlite3 *db, const char *table, struct error *err)
{
	static const char columns[] =
		"INSERT INTO bank_column (tbl, place, name)"
		" SELECT b.id, coalesce((SELECT max(place) FROM bank_column WHERE tbl = b.id), 0)"
		"  + row_number() OVER (ORDER BY x.cid), x.name"
		" FROM bank_table AS b JOIN pragma_table_xinfo(b.name) AS x"
		" WHERE b.name = ?1 COLLATE NOCASE AND x.hidden <> 1 AND NOT EXISTS"
		"  (SELECT 1 FROM bank_column AS c WHERE c.tbl = b.id AND c.name = x.name COLLATE NOCASE)";
	int64_t wanted = 0, width = 0;
	struct buffer sql = {0};
	bool ok = capture_run(db, "INSERT OR IGNORE INTO bank_table (name) VALUES (?1)", table, err) &&
		  capture_run(db, columns, table, err) &&
		  bank_sql_integer(db, "SELECT max(place) FROM bank_column", &wanted, err) &&
		  bank_sql_integer(db, "SELECT count(*) FROM pragma_table_info('bank_pending') WHERE name GLOB 'old_*'",
				   &width, err);

	while (ok && width++ < wanted) {
		buffer_clear(&sql);
		buffer_format(&sql,
			      "ALTER TABLE bank_change ADD COLUMN old_%d; ALTER TABLE bank_change ADD COLUMN new_%d;"
			      "ALTER TABLE bank_pending ADD COLUMN old_%d",
			      (int)width, (int)width, (int)width);
		ok = bank_sql_exec(db, buffer_text(&sql), err);
	}
	buffer_done(&sql);
	return ok;
}

/* True in *same when the trigger stands exactly as it should. */
static bool capture_trigger_stands(sqlite3 *db, const struct capture_table *t, enum capture_trigger which, bool *same,
				   struct error *err)
{
	static const char sql[] = "SELECT sql = ?2 FROM sqlite_master WHERE type = 'trigger' AND name = ?1";
	struct buffer name = {0}, text = {0};
	sqlite3_stmt *stmt;
	int64_t equal = 0;
	bool ok;

	bank_trigger_name(&name, t, which);
	bank_trigger_text(&text, t, which);
	ok = capture_prepare(db, sql, buffer_text(&name), &stmt, err);
	if (ok) {
		sqlite3_bind_text(stmt, 2, buffer_text(&text), -1, SQLITE_STATIC);
		ok = bank_sql_row(stmt, &equal, 1, err);
	}
	sqlite3_finalize(stmt);
	buffer_done(&name);
	buffer_done(&text);
	*same = equal == 1;
	return ok;
}

/* SQLite runs the triggers of one event last made first; a bank's own trigger that changes the row
 * again must run after ours, or the log would hold its change before the one that caused it. */
static bool capture_overtaken(sqlite3 *db, const struct capture_table *t, bool *overtaken, struct error *err)
{
	static const char sql[] =
		"SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE"
		" AND rowid > (SELECT min(rowid) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE "
		"NOCASE"
		"  AND name = 'bank_' || ?1 || '_before_insert') AND name NOT GLOB 'bank_' || ?1 || '_*')";
	sqlite3_stmt *stmt;
	int64_t found = 0;
	bool ok = capture_prepare(db, sql, t->name, &stmt, err) && bank_sql_row(stmt, &found, 1, err);

	sqlite3_finalize(stmt);
	*overtaken = found != 0;
	return ok;
}

static bool capture_triggers_stand(sqlite3 *db, const struct capture_table *t, bool *all, struct error *err)
{
	bool overtaken;

	*all = true;
	for (int i = 0; *all && i < TRIGGER_COUNT; i++)
		if (!capture_trigger_stands(db, t, (enum capture_trigger)i, all, err))
			return false;
	if (!capture_overtaken(db, t, &overtaken, err))
		return false;
	*all = *all && !overtaken;
	return true;
}

static bool capture_make_triggers(sqlite3 *db, const struct capture_table *t, struct error *err)
{
	struct buffer sql = {0};
	bool ok = true;

	for (int i = 0; ok && i < TRIGGER_COUNT; i++) {
		struct buffer name = {0};

		bank_trigger_name(&name, t, (enum capture_trigger)i);
		buffer_clear(&sql);
		buffer_text_add(&sql, "DROP TRIGGER IF EXISTS ");
		bank_sql_name(&sql, buffer_text(&name));
		buffer_text_add(&sql, ";\n");
		bank_trigger_text(&sql, t, (enum capture_trigger)i);
		ok = bank_sql_exec(db, buffer_text(&sql), err);
		buffer_done(&name);
	}
	buffer_done(&sql);
	return ok;
}

bool bank_capture(struct sqlite3 *db, const char *table, bool *repaired, struct error *err)
{
	struct capture_table t;
	bool stand = true, known = false;
	bool ok = capture_read(db, table, &t, err);

	if (ok) {
		known = t.id != 0;
		arena_done(&t.arena);
		ok = capture_enter(db, table, err) && capture_read(db, table, &t, err);
	}
	if (ok && t.column_count == 0)
		ok = error_set(err, ERROR_REFUSED, "could not capture table \"%s\": no such table", table);
	ok = ok && capture_triggers_stand(db, &t, &stand, err);
	if (ok && !stand) {
		ok = capture_make_triggers(db, &t, err);
		*repaired = *repaired || known;
	}
	arena_done(&t.arena);
	return ok;
}

bool bank_capture_verify(struct sqlite3 *db, const char *table, struct buffer *why, bool *fixed_by_repair,
			 struct error *err)
{
	struct capture_table t;
	bool overtaken = false, ok = capture_read(db, table, &t, err);

	*fixed_by_repair = true;
	if (ok && t.column_count == 0) {
		buffer_text_add(why, N_("its changes are not captured\n"));
		arena_done(&t.arena);
		return true;
	}
	for (int i = 0; ok && i < TRIGGER_COUNT; i++) {
		bool same;

		ok = capture_trigger_stands(db, &t, (enum capture_trigger)i, &same, err);
		if (ok && !same)
			buffer_format(why, N_("trigger bank_%s_%s is missing or not as it should be\n"), t.name,
				      bank_trigger_word((enum capture_trigger)i));
	}
	ok = ok && capture_overtaken(db, &t, &overtaken, err);
	if (overtaken)
		buffer_text_add(why, N_("a trigger of the bank's own was made after ours and runs before them\n"));
	if (ok && t.blind) {
		buffer_format(why, N_("unique index %s is over an expression: rows that REPLACE removes by it go unseen\n"),
			      t.blind);
		*fixed_by_repair = false;
	}
	arena_done(&t.arena);
	return ok;
}
