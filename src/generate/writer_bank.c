/* writer_bank: generated rows into the embedded bank, each transaction stamped with its number and time. */
#include "config.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "generate/generator.h"
#include "generate/wall.h"
#include "generate/writer.h"
#include "source/bank_schema.h"
#include "source/bank_sql.h"

enum { WRITER_TABLES = WRITER_ASSET + 1, WRITER_OPS = WRITER_DELETE + 1 };

enum own_statement { OWN_BEGIN, OWN_STAMP, OWN_CLEAR, OWN_COMMIT, OWN_NEWEST, OWN_RESUME, OWN_NOTE, OWN_COUNT };

struct writer_bank {
	struct writer base;
	sqlite3 *db;
	const struct zone *zone; /* of registered_at */
	sqlite3_stmt *put[WRITER_TABLES][WRITER_OPS];
	sqlite3_stmt *own[OWN_COUNT];
	char position[BANK_POSITION_SIZE];
};

/* The key is the last parameter of INSERT and UPDATE and the only one of DELETE. A row that cannot be written
 * ends the transaction anyway; OR ROLLBACK says so, and SQLite need not be able to undo the single statement. */
static const char *const put_sql[WRITER_TABLES][WRITER_OPS] = {
	[WRITER_STORE] = {"INSERT OR ROLLBACK INTO store (name, city, store_id) VALUES (?1, ?2, ?3)",
			  "UPDATE store SET name = ?1, city = ?2 WHERE store_id = ?3",
			  "DELETE FROM store WHERE store_id = ?1"},
	[WRITER_CUSTOMER] =
		{"INSERT OR ROLLBACK INTO customer_info (name, birthdate, gender, address, city, country, email, "
		 "phone, store_id,"
		 " registered_at, changed_by, cif) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
		 "UPDATE customer_info SET name = ?1, birthdate = ?2, gender = ?3, address = ?4, city = ?5,"
		 " country = ?6, email = ?7, phone = ?8, store_id = ?9, registered_at = ?10, changed_by = ?11"
		 " WHERE cif = ?12",
		 "DELETE FROM customer_info WHERE cif = ?1"},
	[WRITER_PRODUCT] =
		{"INSERT OR ROLLBACK INTO bank_product (cif, producttype, opendate, status, productid) VALUES (?1, ?2, "
		 "?3, ?4, ?5)",
		 "UPDATE bank_product SET cif = ?1, producttype = ?2, opendate = ?3, status = ?4 WHERE productid = ?5",
		 "DELETE FROM bank_product WHERE productid = ?1"},
	[WRITER_ASSET] = {"INSERT OR ROLLBACK INTO customer_asset (cif, assettype, assetvalue, valuation_date, assetid)"
			  " VALUES (?1, ?2, ?3, ?4, ?5)",
			  "UPDATE customer_asset SET cif = ?1, assettype = ?2, assetvalue = ?3, valuation_date = ?4"
			  " WHERE assetid = ?5",
			  "DELETE FROM customer_asset WHERE assetid = ?1"},
};

static const char *const own_sql[OWN_COUNT] = {
	[OWN_BEGIN] = "BEGIN IMMEDIATE",
	[OWN_STAMP] = "UPDATE bank_txn SET last = last + 1, txn = last + 1, at = ?1",
	[OWN_CLEAR] = "UPDATE bank_txn SET txn = NULL, at = NULL",
	[OWN_COMMIT] = "COMMIT",
	[OWN_NEWEST] = BANK_NEWEST,
	[OWN_RESUME] = "SELECT text FROM bank_note WHERE name = 'generator'",
	[OWN_NOTE] = "INSERT OR REPLACE INTO bank_note (name, text) VALUES ('generator', ?1)",
};

static void writer_bank_close(struct writer *base)
{
	struct writer_bank *w = (struct writer_bank *)base;

	for (int t = 0; t < WRITER_TABLES; t++)
		for (int o = 0; o < WRITER_OPS; o++)
			sqlite3_finalize(w->put[t][o]);
	for (int i = 0; i < OWN_COUNT; i++)
		sqlite3_finalize(w->own[i]);
	/* An open transaction rolls back. */
	sqlite3_close(w->db);
	free(w);
}

static bool writer_bank_prepare(struct writer_bank *w, struct error *err)
{
	for (int t = 0; t < WRITER_TABLES; t++)
		for (int o = 0; o < WRITER_OPS; o++)
			if (!bank_sql_prepare(w->db, put_sql[t][o], &w->put[t][o], err))
				return false;
	for (int i = 0; i < OWN_COUNT; i++)
		if (!bank_sql_prepare(w->db, own_sql[i], &w->own[i], err))
			return false;
	return true;
}

static bool writer_bank_read_position(struct writer_bank *w, struct error *err)
{
	int64_t newest[2];

	if (!bank_sql_row(w->own[OWN_NEWEST], newest, 2, err))
		return false;
	bank_position(newest[0], newest[1], w->position);
	return true;
}

static struct writer *writer_bank_open(const char *target, struct error *err)
{
	const char *path = bank_path(target);
	struct writer_bank *w;

	if (!bank_create(path, err))
		return NULL;
	w = memory_zero(1, sizeof *w);
	w->base.ops = &writer_bank_ops;
	w->zone = wall_zone();
	w->db = bank_open(path, true, err);
	/* Ten times SQLite's own: under load the log is copied into the bank a tenth as often. */
	if (w->db && bank_sql_exec(w->db, "PRAGMA wal_autocheckpoint = 10000", err) && writer_bank_prepare(w, err) &&
	    writer_bank_read_position(w, err))
		return &w->base;
	writer_bank_close(&w->base);
	return NULL;
}

static bool writer_bank_begin(struct writer *base, int64_t commit_time, struct error *err)
{
	struct writer_bank *w = (struct writer_bank *)base;

	/* One that failed half-way (a full disk, a key that was there) was never committed: it is tried again whole. */
	if (!sqlite3_get_autocommit(w->db) && !bank_sql_exec(w->db, "ROLLBACK", err))
		return false;
	if (!bank_sql_run(w->own[OWN_BEGIN], err))
		return false;
	sqlite3_bind_int64(w->own[OWN_STAMP], 1, commit_time);
	return bank_sql_run(w->own[OWN_STAMP], err);
}

/* The row is not kept past the step, so nothing is copied. */
static void bind(sqlite3_stmt *stmt, int i, const char *text)
{
	sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
}

static void bind_optional(sqlite3_stmt *stmt, int i, const char *text)
{
	if (text[0])
		bind(stmt, i, text);
	else
		sqlite3_bind_null(stmt, i);
}

static void bind_person(const struct writer_bank *w, sqlite3_stmt *stmt, const struct person *p,
			char registered[WALL_SIZE])
{
	wall_text(w->zone, p->registered_at, registered);
	bind(stmt, 1, p->name);
	bind(stmt, 2, p->birthdate);
	bind(stmt, 3, p->gender);
	bind(stmt, 4, p->address);
	bind(stmt, 5, p->city);
	bind(stmt, 6, p->country);
	bind_optional(stmt, 7, p->email);
	bind_optional(stmt, 8, p->phone);
	bind_optional(stmt, 9, p->store_id);
	bind(stmt, 10, registered);
	bind_optional(stmt, 11, p->changed_by);
	sqlite3_bind_int64(stmt, 12, p->cif);
}

static void bind_shop(sqlite3_stmt *stmt, const struct shop *s)
{
	bind(stmt, 1, s->name);
	bind(stmt, 2, s->city);
	bind(stmt, 3, s->store_id);
}

static void bind_product(sqlite3_stmt *stmt, const struct product *p)
{
	sqlite3_bind_int64(stmt, 1, p->cif);
	bind(stmt, 2, p->producttype);
	bind(stmt, 3, p->opendate);
	bind(stmt, 4, p->status);
	sqlite3_bind_int64(stmt, 5, p->productid);
}

static void bind_asset(sqlite3_stmt *stmt, const struct asset *a)
{
	sqlite3_bind_int64(stmt, 1, a->cif);
	bind(stmt, 2, a->assettype);
	bind(stmt, 3, a->assetvalue);
	bind(stmt, 4, a->valuation_date);
	sqlite3_bind_int64(stmt, 5, a->assetid);
}

static void bind_key(sqlite3_stmt *stmt, enum writer_table table, const void *row)
{
	if (table == WRITER_STORE)
		bind(stmt, 1, ((const struct shop *)row)->store_id);
	else if (table == WRITER_CUSTOMER)
		sqlite3_bind_int64(stmt, 1, ((const struct person *)row)->cif);
	else if (table == WRITER_PRODUCT)
		sqlite3_bind_int64(stmt, 1, ((const struct product *)row)->productid);
	else
		sqlite3_bind_int64(stmt, 1, ((const struct asset *)row)->assetid);
}

static bool writer_bank_put(struct writer *base, enum writer_op op, enum writer_table table, const void *row,
			    struct error *err)
{
	struct writer_bank *w = (struct writer_bank *)base;
	sqlite3_stmt *stmt = w->put[table][op];
	char registered[WALL_SIZE];

	if (op == WRITER_DELETE)
		bind_key(stmt, table, row);
	else if (table == WRITER_STORE)
		bind_shop(stmt, row);
	else if (table == WRITER_CUSTOMER)
		bind_person(w, stmt, row, registered);
	else if (table == WRITER_PRODUCT)
		bind_product(stmt, row);
	else
		bind_asset(stmt, row);
	return bank_sql_run(stmt, err);
}

static bool writer_bank_commit(struct writer *base, struct error *err)
{
	struct writer_bank *w = (struct writer_bank *)base;

	/* The position is read while nobody else can write: it is that of this transaction. */
	return bank_sql_run(w->own[OWN_CLEAR], err) && writer_bank_read_position(w, err) &&
	       bank_sql_run(w->own[OWN_COMMIT], err);
}

static const char *writer_bank_position(struct writer *base)
{
	return ((struct writer_bank *)base)->position;
}

static bool writer_bank_resume(struct writer *base, struct buffer *state, struct error *err)
{
	struct writer_bank *w = (struct writer_bank *)base;
	sqlite3_stmt *stmt = w->own[OWN_RESUME];
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		buffer_add(state, sqlite3_column_text(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
	else if (rc != SQLITE_DONE)
		bank_sql_fail(w->db, err);
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static bool writer_bank_note(struct writer *base, const char *state, struct error *err)
{
	struct writer_bank *w = (struct writer_bank *)base;

	sqlite3_bind_text(w->own[OWN_NOTE], 1, state, -1, SQLITE_STATIC);
	return bank_sql_run(w->own[OWN_NOTE], err);
}

const struct writer_ops writer_bank_ops = {
	.scheme = "bank",
	.deletes = true,
	.open = writer_bank_open,
	.begin = writer_bank_begin,
	.put = writer_bank_put,
	.commit = writer_bank_commit,
	.position = writer_bank_position,
	.resume = writer_bank_resume,
	.note = writer_bank_note,
	.close = writer_bank_close,
};
