#include "config.h"

#include "bench/db.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/bench.h"
#include "bench/raw_copy.h"
#include "model/model.h"

static void failed(sqlite3 *db)
{
	const char *path = db ? sqlite3_db_filename(db, "main") : NULL;
	bench_fail("could not use \"%s\": %s", path ? path : "", db ? sqlite3_errmsg(db) : "no memory");
}

static sqlite3 *open_file(const char *path, int flags)
{
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		failed(db);
	return db;
}

sqlite3 *db_open(const char *path)
{
	sqlite3 *db = open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; "
		    "PRAGMA cache_size = -32768; PRAGMA secure_delete = OFF");
	return db;
}

sqlite3 *db_open_read(const char *path)
{
	sqlite3 *db = open_file(path, SQLITE_OPEN_READONLY);
	db_exec(db, "PRAGMA mmap_size = 8589934592; PRAGMA cache_size = -16384; PRAGMA query_only = ON");
	return db;
}

void db_exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		failed(db);
}

void db_execf(sqlite3 *db, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *sql = sqlite3_vmprintf(format, args);
	va_end(args);
	db_exec(db, sql);
	sqlite3_free(sql);
}

sqlite3_stmt *db_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK)
		failed(db);
	return s;
}

sqlite3_stmt *db_preparef(sqlite3 *db, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *sql = sqlite3_vmprintf(format, args);
	va_end(args);
	sqlite3_stmt *s = db_prepare(db, sql);
	sqlite3_free(sql);
	return s;
}

bool db_row(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		failed(sqlite3_db_handle(s));
	sqlite3_reset(s);
	return false;
}

void db_run(sqlite3_stmt *s)
{
	if (sqlite3_step(s) != SQLITE_DONE)
		failed(sqlite3_db_handle(s));
	sqlite3_reset(s);
}

int64_t db_integer(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = db_prepare(db, sql);
	int64_t n = db_row(s) ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return n;
}

void db_bind(sqlite3_stmt *s, int i, struct value v)
{
	if (v.kind == VALUE_INTEGER)
		sqlite3_bind_int64(s, i, v.integer);
	else if (v.kind == VALUE_TEXT)
		sqlite3_bind_text(s, i, v.text, (int)v.len, SQLITE_STATIC);
	else
		sqlite3_bind_null(s, i);
}

void db_columns(const struct entity *e, struct buffer *out)
{
	for (int i = 0; i < e->column_count; i++)
		buffer_format(out, "%s\"%s\"", i ? ", " : "", e->columns[i].as);
}

void db_places(struct buffer *out, int count)
{
	for (int i = 1; i <= count; i++)
		buffer_format(out, "%s?%d", i > 1 ? ", " : "", i);
}

int64_t db_packed_bytes(const char *path, const char *scratch)
{
	struct stat st;
	sqlite3 *db = open_file(path, SQLITE_OPEN_READWRITE);
	unlink(scratch);
	raw_copy_fold(db); /* an index uses it */
	db_execf(db, "VACUUM INTO %Q", scratch);
	sqlite3_close(db);
	if (stat(scratch, &st) != 0)
		bench_fail("could not read \"%s\"", scratch);
	unlink(scratch);
	return st.st_size;
}

void db_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct stat st;
	if (in < 0 || out < 0 || fstat(in, &st) != 0)
		bench_fail("could not copy \"%s\"", from);
	for (off_t at = 0; at < st.st_size;)
		if (sendfile(out, in, &at, (size_t)(st.st_size - at)) <= 0)
			bench_fail("could not copy \"%s\"", from);
	close(in);
	close(out);
}

void db_remove(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char *file = memory_format("%s%s", path, suffixes[i]);
		unlink(file);
		free(file);
	}
}
