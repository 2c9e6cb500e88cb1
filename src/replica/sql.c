#include "config.h"

#include "replica/sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

bool sql_error(sqlite3 *db, struct error *err)
{
	int code = sqlite3_extended_errcode(db);
	const char *path = sqlite3_db_filename(db, "main");
	if (!path)
		path = "";
	switch (code & 0xff) {
	case SQLITE_FULL:
		error_set(err, ERROR_FULL, "could not write replica \"%s\": the disk is full", path);
		return error_hint(err, "free space; ingest goes on by itself");
	case SQLITE_INTERRUPT:
		return error_set(err, ERROR_CANCELLED, "could not finish the question: it was cancelled");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		error_set(err, ERROR_REPLICA, "could not read replica \"%s\": %s", path, sqlite3_errmsg(db));
		return error_hint(err, "the file is damaged: move it away and run tellerdesk ingest to build it again");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		error_set(err, ERROR_REPLICA, "could not use replica \"%s\": another program holds it", path);
		return error_hint(err, "it is free when that one ends: a backup, or somebody who looked into it by hand");
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_SHMSIZE) {
			error_set(err, ERROR_FULL, "could not write replica \"%s\": %s", path, sqlite3_errmsg(db));
			return error_hint(err, "is the disk full or read-only? ingest tries again by itself");
		}
		break;
	case SQLITE_READONLY:
		/* Its writer was killed, and only a writer may clear up. */
		if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY || code == SQLITE_READONLY_CANTINIT) {
			error_set(err, ERROR_REPLICA, "could not read replica \"%s\": it was left in the middle of a write", path);
			return error_hint(err, "start its writer again: tellerdesk ingest");
		}
		/* fall through */
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return error_set(err, ERROR_PERMISSION, "could not write replica \"%s\": %s", path, sqlite3_errmsg(db));
	default:
		break;
	}
	return error_set(err, ERROR_REPLICA, "could not use replica \"%s\": %s", path, sqlite3_errmsg(db));
}

bool sql_exec(sqlite3 *db, const char *sql, struct error *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	return sql_error(db, err);
}

bool sql_execf(sqlite3 *db, struct error *err, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char *sql = sqlite3_vmprintf(format, ap);
	va_end(ap);
	bool ok = sql_exec(db, sql, err);
	sqlite3_free(sql);
	return ok;
}

sqlite3_stmt *sql_prepare(sqlite3 *db, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
		sql_error(db, err);
		return NULL;
	}
	return stmt;
}

sqlite3_stmt *sql_preparef(sqlite3 *db, struct error *err, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char *sql = sqlite3_vmprintf(format, ap);
	va_end(ap);
	sqlite3_stmt *stmt = sql_prepare(db, sql, err);
	sqlite3_free(sql);
	return stmt;
}

static void quoted(struct buffer *out, const char *text, char quote)
{
	buffer_char(out, quote);
	for (; *text; text++) {
		if (*text == quote)
			buffer_char(out, quote);
		buffer_char(out, *text);
	}
	buffer_char(out, quote);
}

void sql_identifier(struct buffer *out, const char *name)
{
	quoted(out, name, '"');
}

void sql_literal(struct buffer *out, const char *text)
{
	quoted(out, text, '\'');
}

struct value sql_column_copy(sqlite3_stmt *s, int i, struct arena *a)
{
	struct value v = sql_column(s, i);
	if (v.kind == VALUE_TEXT || v.kind == VALUE_BYTES)
		v.text = arena_copy(a, v.len ? v.text : "", v.len);
	return v;
}

const char *sql_column_text(sqlite3_stmt *s, int i, struct arena *a)
{
	const char *text = (const char *)sqlite3_column_text(s, i);
	return text ? arena_copy(a, text, (size_t)sqlite3_column_bytes(s, i)) : NULL;
}

bool sql_run(sqlite3_stmt *s, struct error *err)
{
	int rc = sqlite3_step(s);
	while (rc == SQLITE_ROW)
		rc = sqlite3_step(s);
	bool ok = rc == SQLITE_DONE || sql_error(sqlite3_db_handle(s), err);
	sqlite3_reset(s);
	return ok;
}

int sql_row(sqlite3_stmt *s, struct error *err)
{
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		sql_error(sqlite3_db_handle(s), err);
		return -1;
	}
}

int64_t sql_integer(sqlite3 *db, const char *sql, int64_t missing)
{
	sqlite3_stmt *s = NULL;
	int64_t n = missing;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
	    sqlite3_column_type(s, 0) != SQLITE_NULL)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}
