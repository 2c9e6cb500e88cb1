#include "config.h"

#include "source/bank_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "source/bank_capture.h"
#include "source/bank_sql.h"

/* Writers of the bank wait for each other: a generator's batch or a checkpoint is over long before. */
#define WRITER_PATIENCE_MS 60000

/* Money is exact: text of plain digits, which no program can make a floating point number of unnoticed. */
#define PLAIN_DIGITS(x)                                                                                                \
	"CHECK (typeof(" x ") IN ('text', 'null') AND substr(" x ", 1 + (" x " GLOB '-*')) NOT GLOB '*[^0-9.]*'"       \
	" AND substr(" x ", 1 + (" x " GLOB '-*')) GLOB '[0-9]*' AND " x " GLOB '*[0-9]' AND " x " NOT GLOB '*.*.*')"

static const char *const bank_tables[] = {"store", "customer_info", "bank_product", "customer_asset"};
#define BANK_TABLE_COUNT (sizeof bank_tables / sizeof bank_tables[0])

static const char bank_schema[] =
	"CREATE TABLE IF NOT EXISTS store (\n"
	" store_id TEXT PRIMARY KEY NOT NULL,\n name TEXT,\n city TEXT\n);\n"
	"CREATE TABLE IF NOT EXISTS customer_info (\n"
	" cif INTEGER PRIMARY KEY,\n name TEXT NOT NULL,\n birthdate TEXT,\n gender TEXT,\n address TEXT,\n city "
	"TEXT,\n"
	" country TEXT,\n email TEXT,\n phone TEXT,\n store_id TEXT,\n registered_at TEXT,\n changed_by TEXT\n);\n"
	"CREATE TABLE IF NOT EXISTS bank_product (\n"
	" productid INTEGER PRIMARY KEY,\n cif INTEGER,\n producttype TEXT,\n opendate TEXT,\n status TEXT\n);\n"
	"CREATE INDEX IF NOT EXISTS bank_product_cif ON bank_product (cif);\n"
	"CREATE TABLE IF NOT EXISTS customer_asset (\n"
	" assetid INTEGER PRIMARY KEY,\n cif INTEGER,\n assettype TEXT,\n"
	" assetvalue TEXT " PLAIN_DIGITS(
		"assetvalue") ",\n valuation_date TEXT\n);\n"
			      "CREATE INDEX IF NOT EXISTS customer_asset_cif ON customer_asset (cif);\n";

static const char bank_books[] =
	"CREATE TABLE IF NOT EXISTS bank_meta (one INTEGER PRIMARY KEY, uuid TEXT, version INTEGER, pruned_to INTEGER,"
	" beat INTEGER);\n"
	"CREATE TABLE IF NOT EXISTS bank_txn (one INTEGER PRIMARY KEY, last INTEGER, txn INTEGER, at INTEGER);\n"
	"CREATE TABLE IF NOT EXISTS bank_table (id INTEGER PRIMARY KEY, name TEXT UNIQUE COLLATE NOCASE);\n"
	"CREATE TABLE IF NOT EXISTS bank_column (tbl INTEGER, place INTEGER, name TEXT, PRIMARY KEY (tbl, place))"
	" WITHOUT ROWID;\n"
	"CREATE TABLE IF NOT EXISTS bank_pending (tbl INTEGER);\n"
	"CREATE TABLE IF NOT EXISTS bank_change (id INTEGER PRIMARY KEY AUTOINCREMENT, txn INTEGER, at INTEGER,"
	" tbl INTEGER, op INTEGER);\n"
	"CREATE TABLE IF NOT EXISTS bank_note (name TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;\n"
	"INSERT OR IGNORE INTO bank_txn (one, last) VALUES (1, 0);\n";

/* Changes are kept 7 days before the newest one. The newest one's own time counts, where it is not in the
 * future, so that a bank written with past times keeps them; at most 1,024 go at a time, so that no
 * statement of a teller pays for a week. The mark rises in the same breath. The beat comes from the
 * capturing triggers, a few times in 256 changes. */
#define PRUNE_BEFORE "(min((SELECT at FROM bank_change ORDER BY id DESC LIMIT 1), " BANK_CLOCK ") - 7 * 86400000000)"
static const char bank_prune[] =
	"CREATE TRIGGER IF NOT EXISTS bank_prune AFTER UPDATE OF beat ON bank_meta"
	" WHEN (SELECT at FROM bank_change ORDER BY id LIMIT 1) < " PRUNE_BEFORE "\n"
	"BEGIN\n"
	" UPDATE bank_meta SET pruned_to = coalesce(\n"
	"  (SELECT id - 1 FROM (SELECT id, at FROM bank_change ORDER BY id LIMIT 1024) WHERE at >= " PRUNE_BEFORE
	" ORDER BY id LIMIT 1),\n"
	"  (SELECT max(id) FROM (SELECT id FROM bank_change ORDER BY id LIMIT 1024)));\n"
	" DELETE FROM bank_change WHERE id <= (SELECT pruned_to FROM bank_meta);\n"
	"END;\n";

const char *bank_path(const char *url)
{
	return strncmp(url, "bank:", 5) == 0 ? url + 5 : url;
}

const char *bank_position(int64_t id, int64_t at, char out[BANK_POSITION_SIZE])
{
	snprintf(out, BANK_POSITION_SIZE, "%" PRId64 "@%" PRId64, id, at);
	return out;
}

static bool position_number(const char **text, int64_t *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*out = strtoll(*text, &end, 10);
	*text = end;
	return errno == 0;
}

bool bank_position_parse(const char *text, int64_t *id, int64_t *at)
{
	*at = -1;
	if (!text || !position_number(&text, id))
		return false;
	if (*text == '\0')
		return true;
	if (*text++ != '@')
		return false;
	bool before_epoch = *text == '-';
	text += before_epoch;
	if (!position_number(&text, at) || *text != '\0')
		return false;
	if (before_epoch)
		*at = -*at;
	return true;
}

/* ---- opening ---- */

static bool schema_foreign(const char *path, const char *what, struct error *err)
{
	error_set(err, ERROR_REFUSED, "could not use bank \"%s\": %s", path, what);
	return error_hint(err, "name a new file, or one made by: tellerdesk generate --to bank:PATH");
}

/* Where a file holds something else, nothing of it may be touched. */
static bool schema_check(sqlite3 *db, const char *path, bool *empty, struct error *err)
{
	int64_t id = 0, objects = 0, version = 0;

	if (!bank_sql_integer(db, "PRAGMA application_id", &id, err) ||
	    !bank_sql_integer(db, "SELECT count(*) FROM sqlite_master", &objects, err)) {
		if ((sqlite3_errcode(db) & 0xff) == SQLITE_NOTADB)
			schema_foreign(path, "it is not a SQLite file", err);
		return false;
	}
	*empty = objects == 0 && id == 0;
	if (*empty)
		return true;
	if (id != BANK_APPLICATION_ID)
		return schema_foreign(path, "it is a SQLite file of another kind, not a bank", err);
	if (!bank_sql_integer(db, "SELECT version FROM bank_meta", &version, err))
		return false;
	if (version > BANK_SCHEMA_VERSION) {
		error_set(err, ERROR_REFUSED,
			  "could not use bank \"%s\": it was made by a newer tellerdesk (version %lld)", path,
			  (long long)version);
		return error_hint(err, "install that version");
	}
	return true;
}

static bool schema_unopened(const char *path, bool write, int why, struct error *err)
{
	error_set(err, why == EACCES || why == EPERM ? ERROR_PERMISSION : ERROR_UNREACHABLE,
		  "could not open bank \"%s\": %s", path, why == ENOENT ? N_("no such file") : strerror(why));
	if (why == ENOENT && !write)
		error_hint(err, "make one: tellerdesk generate --to bank:%s", path);
	else if (why == ENOENT)
		error_hint(err, "make the folder it is to stand in");
	return false;
}

static sqlite3 *schema_connect(const char *path, int flags, struct error *err)
{
	sqlite3 *db = NULL;
	char *uri_free = NULL;

	/* A name that begins with "file:" would be a URI; "./" keeps it a name. */
	if (strncmp(path, "file:", 5) == 0)
		uri_free = sqlite3_mprintf("./%s", path);
	int rc = sqlite3_open_v2(uri_free ? uri_free : path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	sqlite3_free(uri_free);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(db, 1);
		sqlite3_busy_timeout(db, WRITER_PATIENCE_MS);
		return db;
	}
	bank_sql_fail(db, err);
	sqlite3_close(db);
	return NULL;
}

struct sqlite3 *bank_open(const char *path, bool write, struct error *err)
{
	bool empty;
	sqlite3 *db;
	struct stat st;

	if (access(path, write ? R_OK | W_OK : R_OK) != 0 || stat(path, &st) != 0) {
		schema_unopened(path, false, errno, err);
		return NULL;
	}
	/* SQLite would wait for a pipe's other end. */
	if (!S_ISREG(st.st_mode)) {
		schema_foreign(path, S_ISDIR(st.st_mode) ? N_("it is a folder") : N_("it is no plain file"), err);
		return NULL;
	}
	db = schema_connect(path, write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, err);
	if (!db)
		return NULL;
	if (schema_check(db, path, &empty, err)) {
		if (!empty && (!write || bank_sql_exec(db, "PRAGMA synchronous = NORMAL", err)))
			return db;
		if (empty)
			schema_foreign(path, "it is an empty file", err);
	}
	sqlite3_close(db);
	return NULL;
}

/* ---- making ---- */

static void schema_new_uuid(char out[BANK_UUID_SIZE])
{
	unsigned char b[16];

	/* sodium_init is idempotent; randombytes needs it only to choose its source early. */
	if (sodium_init() < 0)
		abort();
	randombytes_buf(b, sizeof b);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0, o = 0; i < sizeof b; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[o++] = '-';
		snprintf(out + o, 3, "%02x", b[i]);
		o += 2;
	}
}

static bool schema_begin_books(sqlite3 *db, struct error *err)
{
	char uuid[BANK_UUID_SIZE], sql[256];

	schema_new_uuid(uuid);
	snprintf(sql, sizeof sql,
		 "PRAGMA application_id = %d; INSERT OR IGNORE INTO bank_meta (one, uuid, version, pruned_to)"
		 " VALUES (1, '%s', %d, 0)",
		 BANK_APPLICATION_ID, uuid, BANK_SCHEMA_VERSION);
	return bank_sql_exec(db, sql, err);
}

/* A number of the log is used up and pruned at once: every position there is now lies before the mark. */
static const char schema_break[] = "INSERT INTO bank_change (at) VALUES (" BANK_CLOCK ");\n"
				   "UPDATE bank_meta SET pruned_to = (SELECT max(id) FROM bank_change);\n"
				   "DELETE FROM bank_change;\n";

static bool schema_capture(sqlite3 *db, struct error *err)
{
	bool repaired = false;
	sqlite3_stmt *stmt = NULL;

	for (size_t i = 0; i < BANK_TABLE_COUNT; i++)
		if (!bank_capture(db, bank_tables[i], &repaired, err))
			return false;
	/* Tables somebody had captured besides; one that was dropped since is no concern of ours. */
	if (!bank_sql_prepare(db,
			      "SELECT t.name FROM bank_table AS t JOIN sqlite_master AS m ON m.type = 'table'"
			      " AND m.name = t.name COLLATE NOCASE ORDER BY t.id LIMIT 1 OFFSET ?1",
			      &stmt, err))
		return false;
	for (int i = 0;; i++) {
		sqlite3_bind_int(stmt, 1, i);
		if (sqlite3_step(stmt) != SQLITE_ROW)
			break;
		char *name = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
		sqlite3_reset(stmt); /* no statement may read while triggers are made */
		bool ok = bank_capture(db, name, &repaired, err);
		sqlite3_free(name);
		if (!ok) {
			sqlite3_finalize(stmt);
			return false;
		}
	}
	sqlite3_finalize(stmt);
	return !repaired || bank_sql_exec(db, schema_break, err);
}

static bool schema_make(sqlite3 *db, const char *path, struct error *err)
{
	bool empty;

	/* Looked at again inside the transaction: two programs may be making the same bank. */
	if (!bank_sql_exec(db, "BEGIN IMMEDIATE", err))
		return false;
	if (schema_check(db, path, &empty, err) && bank_sql_exec(db, bank_schema, err) &&
	    bank_sql_exec(db, bank_books, err) && schema_begin_books(db, err) && schema_capture(db, err) &&
	    bank_sql_exec(db, bank_prune, err) && bank_sql_exec(db, "COMMIT", err))
		return true;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool bank_create(const char *path, struct error *err)
{
	bool empty, ok;
	sqlite3 *db;
	/* Made here rather than by SQLite for its mode: the file holds people's data. */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return schema_unopened(path, true, errno, err);
	close(fd);
	db = schema_connect(path, SQLITE_OPEN_READWRITE, err);
	if (!db)
		return false;
	ok = schema_check(db, path, &empty, err) &&
	     bank_sql_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err) &&
	     schema_make(db, path, err);
	sqlite3_close(db);
	return ok;
}

bool bank_uuid(struct sqlite3 *db, char out[BANK_UUID_SIZE], struct error *err)
{
	sqlite3_stmt *stmt;
	bool ok = bank_sql_prepare(db, "SELECT uuid FROM bank_meta", &stmt, err);
	int rc = ok ? sqlite3_step(stmt) : SQLITE_ERROR;

	out[0] = '\0';
	if (rc == SQLITE_ROW && sqlite3_column_text(stmt, 0))
		snprintf(out, BANK_UUID_SIZE, "%s", sqlite3_column_text(stmt, 0));
	else if (ok && rc != SQLITE_DONE)
		ok = bank_sql_fail(db, err);
	sqlite3_finalize(stmt);
	if (ok && !out[0]) {
		error_set(err, ERROR_REFUSED,
			  "could not use bank \"%s\": it does not say who it is (bank_meta is empty)",
			  sqlite3_db_filename(db, "main"));
		return error_hint(err, "restore it from a backup");
	}
	return ok;
}
