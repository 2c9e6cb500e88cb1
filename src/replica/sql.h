/* sql: the few things every file here does with SQLite.
 *
 * A struct sql_text builds a statement; identifiers from a model are quoted.
 * Errors of SQLite become struct error with the replica's path and advice:
 * a full disk ERROR_FULL, a damaged file ERROR_REPLICA, an interrupt ERROR_CANCELLED.
 */
#ifndef TD_REPLICA_SQL_H
#define TD_REPLICA_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct arena;
struct buffer;
struct error;

bool sql_error(sqlite3 *db, struct error *err); /* always false */
bool sql_exec(sqlite3 *db, const char *sql, struct error *err);
/* The format language is sqlite3_mprintf's: %w inside double quotes, %Q for a literal. */
bool sql_execf(sqlite3 *db, struct error *err, const char *format, ...);
/* SQLITE_PREPARE_PERSISTENT; NULL on error. */
sqlite3_stmt *sql_prepare(sqlite3 *db, const char *sql, struct error *err);
sqlite3_stmt *sql_preparef(sqlite3 *db, struct error *err, const char *format, ...);
void sql_identifier(struct buffer *out, const char *name); /* appends "name", quotes doubled */
void sql_literal(struct buffer *out, const char *text);    /* appends 'text' */

/* Binds a value; text and bytes are borrowed until the statement is reset. */
static inline void sql_bind(sqlite3_stmt *s, int i, struct value v)
{
	switch (v.kind) {
	case VALUE_INTEGER:
		sqlite3_bind_int64(s, i, v.integer);
		break;
	case VALUE_TEXT:
		sqlite3_bind_text(s, i, v.text, (int)v.len, SQLITE_STATIC);
		break;
	case VALUE_BYTES:
		sqlite3_bind_blob(s, i, v.len ? v.text : "", (int)v.len, SQLITE_STATIC);
		break;
	case VALUE_UNKNOWN:
	case VALUE_NULL:
		sqlite3_bind_null(s, i);
		break;
	}
}
/* The value of a column, borrowed until the statement moves. */
static inline struct value sql_column(sqlite3_stmt *s, int i)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER:
		return value_integer(sqlite3_column_int64(s, i));
	case SQLITE_TEXT: {
		const char *text = (const char *)sqlite3_column_text(s, i);
		return value_text(text, (size_t)sqlite3_column_bytes(s, i));
	}
	case SQLITE_BLOB: {
		const char *bytes = sqlite3_column_blob(s, i);
		return value_bytes(bytes, (size_t)sqlite3_column_bytes(s, i));
	}
	case SQLITE_FLOAT: /* only a foreign hand writes one: shown as SQLite prints it */
	{
		const char *text = (const char *)sqlite3_column_text(s, i);
		return value_text(text, (size_t)sqlite3_column_bytes(s, i));
	}
	default:
		return value_null();
	}
}
/* The same, copied into an arena. */
struct value sql_column_copy(sqlite3_stmt *s, int i, struct arena *a);
const char *sql_column_text(sqlite3_stmt *s, int i, struct arena *a); /* NULL for NULL */
/* Runs a bound statement that returns no rows, and resets it. */
bool sql_run(sqlite3_stmt *s, struct error *err);
/* Runs to one row: 1 row, 0 none, -1 error. The caller resets. */
int sql_row(sqlite3_stmt *s, struct error *err);
/* One integer of one row; `missing` when there is none or it is NULL. */
int64_t sql_integer(sqlite3 *db, const char *sql, int64_t missing);

#endif
