/* What SQLite does not tell, and how it is found out.
 *
 * REPLACE (INSERT OR REPLACE, UPDATE OR REPLACE) deletes the rows in its way. It
 * fires their delete triggers only where the writer's connection has set
 * recursive_triggers, which nobody does. So a BEFORE trigger notes in bank_pending
 * the rows that share a unique value with the new row; whether they really go is
 * not known yet (OR IGNORE, DO NOTHING and DO UPDATE leave them in place), but when
 * the AFTER trigger of the same row runs it is: a noted row is gone if its key is
 * not found any more, or is now held by the new row.
 *
 *     recursive_triggers   off                          on
 *     BEFORE INSERT        notes the row in the way     the same
 *     (row is deleted)     nothing fires                AFTER DELETE logs it, strikes the note
 *     AFTER INSERT         logs the noted row, then     finds no note,
 *                          the new one                  logs the new row
 *
 * Notes that came to nothing stand until the next BEFORE trigger of the table.
 * NEW's rowid is not reliable in a BEFORE INSERT trigger when SQLite chooses it
 * (it is -1); the AFTER trigger's test makes a note taken in error harmless.
 */
#include "config.h"

#include "source/bank_capture.h"

#include <sqlite3.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "source/bank_sql.h"

struct capture_column {
	const char *name;
	const char *fallback; /* what REPLACE puts where NULL may not stand: the default's SQL, or NULL */
	int place;            /* N of old_N and new_N */
};

struct capture_part {
	int column; /* index into columns */
	const char *collation;
};

/* Columns that no two rows may share. */
struct capture_unique {
	struct capture_part *parts;
	int count;
};

struct capture_table {
	struct arena arena;
	const char *name;
	int id;                         /* in bank_table; 0: not captured */
	struct capture_column *columns; /* those of the catalogue that the table still has */
	int column_count;
	struct capture_unique *uniques; /* the primary key first */
	int unique_count;
	const char *blind;              /* a unique index we cannot compare by, or NULL */
};

enum capture_trigger { BEFORE_INSERT, BEFORE_UPDATE, AFTER_INSERT, AFTER_UPDATE, AFTER_DELETE, TRIGGER_COUNT };

static const char *const trigger_words[TRIGGER_COUNT] = {
	[BEFORE_INSERT] = "before_insert", [BEFORE_UPDATE] = "before_update", [AFTER_INSERT] = "after_insert",
	[AFTER_UPDATE] = "after_update",   [AFTER_DELETE] = "after_delete",
};

/* ---- the text of the triggers ---- */

static void capture_places(struct buffer *b, const struct capture_table *t, const char *prefix, const char *separator)
{
	for (int i = 0; i < t->column_count; i++)
		buffer_format(b, "%s%s%d", i ? separator : "", prefix, t->columns[i].place);
}

static void capture_columns(struct buffer *b, const struct capture_table *t, const char *row)
{
	for (int i = 0; i < t->column_count; i++) {
		buffer_format(b, "%s%s.", i ? ", " : "", row);
		bank_sql_name(b, t->columns[i].name);
	}
}

/* A column of NEW, OLD or the table, or its place in bank_pending. Triggers know no alias for the table
 * they delete from, so bank_pending goes by its name everywhere. */
static void capture_side(struct buffer *b, const struct capture_column *c, const char *row)
{
	buffer_format(b, "%s.", row);
	if (strcmp(row, "bank_pending") == 0)
		buffer_format(b, "old_%d", c->place);
	else
		bank_sql_name(b, c->name);
}

/* Two rows share what u makes unique. In a BEFORE trigger NEW does not hold its defaults yet. */
static void capture_same(struct buffer *b, const struct capture_table *t, const struct capture_unique *u,
                         const char *left, const char *op, const char *right)
{
	bool early = strcmp(op, "=") == 0 && strcmp(right, "NEW") == 0;

	buffer_char(b, '(');
	for (int i = 0; i < u->count; i++) {
		const struct capture_column *c = &t->columns[u->parts[i].column];

		buffer_text_add(b, i ? " AND " : "");
		capture_side(b, c, left);
		buffer_text_add(b, " COLLATE ");
		bank_sql_name(b, u->parts[i].collation);
		buffer_format(b, " %s %s", op, early && c->fallback ? "coalesce(" : "");
		capture_side(b, c, right);
		if (early && c->fallback)
			buffer_format(b, ", (%s))", c->fallback);
	}
	buffer_char(b, ')');
}

/* Rows r in the way of NEW; an update is never in its own way. */
static void capture_conflict(struct buffer *b, const struct capture_table *t, bool update)
{
	buffer_char(b, '(');
	for (int i = 0; i < t->unique_count; i++) {
		buffer_text_add(b, i ? " OR " : "");
		capture_same(b, t, &t->uniques[i], "r", "=", "NEW");
	}
	buffer_char(b, ')');
	if (update) {
		buffer_text_add(b, " AND NOT ");
		capture_same(b, t, &t->uniques[0], "r", "IS", "OLD");
	}
}

static void capture_from(struct buffer *b, const struct capture_table *t)
{
	buffer_text_add(b, " FROM ");
	bank_sql_name(b, t->name);
	buffer_text_add(b, " AS r WHERE ");
}

/* Pruning (the trigger of bank_meta) is due now and then. It is asked for from here because this condition is
 * evaluated for each row anyway, where a trigger of the change table would cost a quarter of a writer's speed.
 * Deletes are not seen here: who inserts and deletes in turn could step over one number in 256 for ever. */
static const char capture_due[] = "(SELECT max(id) FROM bank_change) % 256 < 4";

static void capture_note(struct buffer *b, const struct capture_table *t, bool update)
{
	buffer_format(b, " WHEN EXISTS (SELECT 1 FROM bank_pending WHERE tbl = %d) OR EXISTS (SELECT 1", t->id);
	capture_from(b, t);
	capture_conflict(b, t, update);
	buffer_format(b, ") OR %s\nBEGIN\n DELETE FROM bank_pending WHERE tbl = %d;\n", capture_due, t->id);
	buffer_text_add(b, " INSERT INTO bank_pending (tbl, ");
	capture_places(b, t, "old_", ", ");
	buffer_format(b, ") SELECT %d, ", t->id);
	capture_columns(b, t, "r");
	capture_from(b, t);
	capture_conflict(b, t, update);
	buffer_format(b, ";\n UPDATE bank_meta SET beat = 1 WHERE %s;\nEND", capture_due);
}

static const char capture_stamp[] = "(SELECT txn FROM bank_txn), coalesce((SELECT at FROM bank_txn), " BANK_CLOCK ")";

static void capture_log(struct buffer *b, const struct capture_table *t, enum bank_op op)
{
	buffer_text_add(b, " INSERT INTO bank_change (txn, at, tbl, op");
	for (int new = 0; new < 2; new++) {
		if (op == (new ? BANK_DELETE : BANK_INSERT))
			continue;
		buffer_text_add(b, ", ");
		capture_places(b, t, new ? "new_" : "old_", ", ");
	}
	buffer_format(b, ")\n VALUES (%s, %d, %d", capture_stamp, t->id, (int)op);
	for (int new = 0; new < 2; new++) {
		if (op == (new ? BANK_DELETE : BANK_INSERT))
			continue;
		buffer_text_add(b, ", ");
		capture_columns(b, t, new ? "NEW" : "OLD");
	}
	buffer_text_add(b, ");\n");
}

static void capture_log_displaced(struct buffer *b, const struct capture_table *t)
{
	buffer_text_add(b, " INSERT INTO bank_change (txn, at, tbl, op, ");
	capture_places(b, t, "old_", ", ");
	buffer_format(b, ")\n SELECT %s, %d, %d, ", capture_stamp, t->id, (int)BANK_DELETE);
	capture_places(b, t, "old_", ", ");
	buffer_format(b, "\n FROM bank_pending WHERE tbl = %d AND (", t->id);
	capture_same(b, t, &t->uniques[0], "bank_pending", "IS", "NEW");
	buffer_text_add(b, " OR NOT EXISTS (SELECT 1");
	capture_from(b, t);
	capture_same(b, t, &t->uniques[0], "r", "IS", "bank_pending");
	buffer_text_add(b, ")) ORDER BY bank_pending.rowid;\n");
}

static void capture_trigger_name(struct buffer *b, const struct capture_table *t, enum capture_trigger which)
{
	buffer_format(b, "bank_%s_%s", t->name, trigger_words[which]);
}

/* As it stands in sqlite_master once made. */
static void capture_trigger_text(struct buffer *b, const struct capture_table *t, enum capture_trigger which)
{
	static const char *const events[TRIGGER_COUNT] = {"BEFORE INSERT", "BEFORE UPDATE", "AFTER INSERT", "AFTER UPDATE",
	                                                  "AFTER DELETE"};
	struct buffer name = {0};

	capture_trigger_name(&name, t, which);
	buffer_text_add(b, "CREATE TRIGGER ");
	bank_sql_name(b, buffer_text(&name));
	buffer_done(&name);
	buffer_format(b, " %s ON ", events[which]);
	bank_sql_name(b, t->name);
	if (which == BEFORE_INSERT || which == BEFORE_UPDATE) {
		capture_note(b, t, which == BEFORE_UPDATE);
		return;
	}
	buffer_text_add(b, "\nBEGIN\n");
	if (which == AFTER_DELETE) {
		buffer_format(b, " DELETE FROM bank_pending WHERE tbl = %d AND ", t->id);
		capture_same(b, t, &t->uniques[0], "bank_pending", "IS", "OLD");
		buffer_text_add(b, ";\n");
	} else {
		capture_log_displaced(b, t);
	}
	capture_log(b, t, which == AFTER_INSERT ? BANK_INSERT : which == AFTER_UPDATE ? BANK_UPDATE : BANK_DELETE);
	buffer_text_add(b, "END");
}

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
	bool ok = capture_prepare(db, "SELECT id FROM bank_table WHERE name = ?1 COLLATE NOCASE", t->name, &stmt, err) &&
	          bank_sql_row(stmt, &id, 1, err);

	sqlite3_finalize(stmt);
	t->id = (int)id;
	return ok;
}

static bool capture_read_columns(sqlite3 *db, struct capture_table *t, struct error *err)
{
	static const char sql[] = "SELECT x.name, c.place, CASE WHEN x.\"notnull\" THEN x.dflt_value END FROM bank_table AS b JOIN bank_column AS c ON c.tbl = b.id"
				  " JOIN pragma_table_xinfo(b.name) AS x ON x.name = c.name COLLATE NOCASE"
				  " WHERE b.name = ?1 COLLATE NOCASE AND x.hidden <> 1 ORDER BY c.place";
	sqlite3_stmt *stmt;
	int rc = SQLITE_ERROR, cap = 0;

	if (!capture_prepare(db, sql, t->name, &stmt, err))
		return false;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (t->column_count == cap) {
			struct capture_column *more = arena_alloc(&t->arena, (size_t)(cap = cap * 2 + 16) * sizeof *more);

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
	static const char sql[] = "SELECT name FROM pragma_index_list(?1) WHERE \"unique\" AND origin <> 'pk' ORDER BY name";
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
	static const char key[] =
		"SELECT c.name, coalesce((SELECT i.coll FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS i"
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
	return t->id == 0 || (capture_read_columns(db, t, err) &&
	                      (t->column_count == 0 || capture_read_uniques(db, t, err)));
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

	capture_trigger_name(&name, t, which);
	capture_trigger_text(&text, t, which);
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
		" AND rowid > (SELECT min(rowid) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE"
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

		capture_trigger_name(&name, t, (enum capture_trigger)i);
		buffer_clear(&sql);
		buffer_text_add(&sql, "DROP TRIGGER IF EXISTS ");
		bank_sql_name(&sql, buffer_text(&name));
		buffer_text_add(&sql, ";\n");
		capture_trigger_text(&sql, t, (enum capture_trigger)i);
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
		buffer_text_add(why, "its changes are not captured\n");
		arena_done(&t.arena);
		return true;
	}
	for (int i = 0; ok && i < TRIGGER_COUNT; i++) {
		bool same;

		ok = capture_trigger_stands(db, &t, (enum capture_trigger)i, &same, err);
		if (ok && !same)
			buffer_format(why, "trigger bank_%s_%s is missing or not as it should be\n", t.name, trigger_words[i]);
	}
	ok = ok && capture_overtaken(db, &t, &overtaken, err);
	if (overtaken)
		buffer_text_add(why, "a trigger of the bank's own was made after ours and runs before them\n");
	if (ok && t.blind) {
		buffer_format(why, "unique index %s is over an expression: rows that REPLACE removes by it go unseen\n", t.blind);
		*fixed_by_repair = false;
	}
	arena_done(&t.arena);
	return ok;
}
