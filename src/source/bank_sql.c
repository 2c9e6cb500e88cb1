#include "config.h"

#include "source/bank_sql.h"

#include <sqlite3.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

static enum error_code sql_code(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return ERROR_UNREACHABLE;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return ERROR_PERMISSION;
	case SQLITE_FULL:
		return ERROR_FULL;
	case SQLITE_INTERRUPT:
		return ERROR_INTERRUPTED;
	default:
		return ERROR_REFUSED;
	}
}

bool bank_sql_fail(struct sqlite3 *db, struct error *err)
{
	const char *path = sqlite3_db_filename(db, "main");
	enum error_code code = sql_code(sqlite3_errcode(db));

	error_set(err, code, "could not use bank \"%s\": %s", path ? path : "", sqlite3_errmsg(db));
	if ((sqlite3_errcode(db) & 0xff) == SQLITE_BUSY)
		error_hint(err, "another program holds the bank locked: let it commit or end it");
	else if ((sqlite3_errcode(db) & 0xff) == SQLITE_CORRUPT)
		error_hint(err,
			   "the bank is damaged: restore it from a backup, then run tellerdesk resync --accept-server");
	return false;
}

bool bank_sql_exec(struct sqlite3 *db, const char *sql, struct error *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || bank_sql_fail(db, err);
}

bool bank_sql_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **out, struct error *err)
{
	return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK ||
	       bank_sql_fail(db, err);
}

bool bank_sql_row(struct sqlite3_stmt *stmt, int64_t *out, int count, struct error *err)
{
	int rc = sqlite3_step(stmt);

	for (int i = 0; i < count; i++)
		out[i] = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, i) : 0;
	/* The error must be worded before reset, which may replace it by its own. */
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		bank_sql_fail(sqlite3_db_handle(stmt), err);
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

bool bank_sql_run(struct sqlite3_stmt *stmt, struct error *err)
{
	return bank_sql_row(stmt, NULL, 0, err);
}

bool bank_sql_integer(struct sqlite3 *db, const char *sql, int64_t *out, struct error *err)
{
	sqlite3_stmt *stmt;
	bool ok = bank_sql_prepare(db, sql, &stmt, err) && bank_sql_row(stmt, out, 1, err);

	sqlite3_finalize(stmt);
	return ok;
}

void bank_sql_name(struct buffer *out, const char *name)
{
	buffer_char(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			buffer_char(out, '"');
		buffer_char(out, *name);
	}
	buffer_char(out, '"');
}
