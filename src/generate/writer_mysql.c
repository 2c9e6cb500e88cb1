/* writer_mysql: generated rows into a MySQL or MariaDB database.
 *
 * New rows are collected per table and go as statements of many rows: at the commit, when they are large, and before
 * anything that may concern them, an update or a delete. The server stamps its transactions itself, so the times the
 * generator asks for are not used. The generator's place is kept in a table of the same database, in the same
 * transactions.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "generate/generator.h"
#include "generate/script.h"
#include "generate/wall.h"
#include "generate/writer.h"
#include "source/mysql/client.h"
#include "source/mysql/url.h"

/* Bytes of new rows that wait: several times less than what the smallest server takes in one statement. */
#define WRITER_WAITING ((size_t)512 << 10)

#define WRITER_TABLES_FILE "mysql/demography.sql"
#define WRITER_DUPLICATE   1062 /* ER_DUP_ENTRY */

enum { WRITER_TABLES = WRITER_ASSET + 1, WRITER_COLUMNS = 12 };

struct writer_mysql {
	struct writer base;
	struct mysql_client *client;
	const struct zone *zone;            /* of registered_at */
	struct buffer fresh[WRITER_TABLES]; /* INSERT statements that wait */
	size_t waiting;                     /* bytes of all */
	struct buffer sql;
	bool open;   /* a transaction is */
	bool moved;  /* the log, since the position was asked for */
	bool warned; /* that there is no position */
	struct buffer position;
};

/* The key comes first. */
static const struct writer_mysql_table {
	const char *name;
	const char *columns[WRITER_COLUMNS + 1];
} writer_mysql_tables[WRITER_TABLES] = {
	[WRITER_STORE] = {"store", {"store_id", "name", "city"}},
	[WRITER_CUSTOMER] = {"customer_info",
			     {"cif", "name", "birthdate", "gender", "address", "city", "country", "email", "phone",
			      "store_id", "registered_at", "changed_by"}},
	[WRITER_PRODUCT] = {"bank_product", {"productid", "cif", "producttype", "opendate", "status"}},
	[WRITER_ASSET] = {"customer_asset", {"assetid", "cif", "assettype", "assetvalue", "valuation_date"}},
};

/* A row as text, in the order of the columns. NULL: NULL. */
struct writer_mysql_row {
	const char *cells[WRITER_COLUMNS];
	char numbers[2][24];
	char registered[WALL_SIZE];
};

/* ---- rows ---- */

static const char *number(char to[24], int64_t value)
{
	snprintf(to, 24, "%" PRId64, value);
	return to;
}

static const char *optional(const char *text)
{
	return text[0] ? text : NULL;
}

static void writer_mysql_person(const struct writer_mysql *w, const struct person *p, struct writer_mysql_row *r)
{
	const char *cells[WRITER_COLUMNS] = {number(r->numbers[0], p->cif),
					     p->name,
					     p->birthdate,
					     p->gender,
					     p->address,
					     p->city,
					     p->country,
					     optional(p->email),
					     optional(p->phone),
					     optional(p->store_id),
					     r->registered,
					     optional(p->changed_by)};

	wall_text(w->zone, p->registered_at, r->registered);
	memcpy(r->cells, cells, sizeof cells);
}

static void writer_mysql_row(const struct writer_mysql *w, enum writer_table table, const void *row,
			     struct writer_mysql_row *r)
{
	const struct shop *s = row;
	const struct product *p = row;
	const struct asset *a = row;

	*r = (struct writer_mysql_row){0};
	if (table == WRITER_STORE) {
		r->cells[0] = s->store_id;
		r->cells[1] = s->name;
		r->cells[2] = s->city;
	} else if (table == WRITER_CUSTOMER) {
		writer_mysql_person(w, row, r);
	} else if (table == WRITER_PRODUCT) {
		r->cells[0] = number(r->numbers[0], p->productid);
		r->cells[1] = number(r->numbers[1], p->cif);
		r->cells[2] = p->producttype;
		r->cells[3] = p->opendate;
		r->cells[4] = p->status;
	} else {
		r->cells[0] = number(r->numbers[0], a->assetid);
		r->cells[1] = number(r->numbers[1], a->cif);
		r->cells[2] = a->assettype;
		r->cells[3] = a->assetvalue;
		r->cells[4] = a->valuation_date;
	}
}

static void writer_mysql_cell(struct writer_mysql *w, struct buffer *out, const char *cell)
{
	if (cell)
		mysql_literal(w->client, out, cell, strlen(cell));
	else
		buffer_text_add(out, "NULL");
}

/* ---- statements ---- */

static bool writer_mysql_run(struct writer_mysql *w, const struct buffer *sql, struct error *err)
{
	if (mysql_client_run(w->client, sql->data, sql->len, err))
		return true;
	if (mysql_client_errno(w->client) == WRITER_DUPLICATE)
		error_hint(err,
			   "it holds rows of another origin: generate into an empty database, or one generated before");
	return false;
}

static bool writer_mysql_send(struct writer_mysql *w, const char *sql, struct error *err)
{
	return mysql_client_run(w->client, sql, strlen(sql), err);
}

static bool writer_mysql_flush(struct writer_mysql *w, struct error *err)
{
	bool ok = true;

	for (int t = 0; t < WRITER_TABLES && ok; t++) {
		if (w->fresh[t].len == 0)
			continue;
		ok = writer_mysql_run(w, &w->fresh[t], err);
		buffer_clear(&w->fresh[t]);
	}
	w->waiting = 0;
	return ok;
}

static void writer_mysql_head(const struct writer_mysql_table *t, struct buffer *out)
{
	buffer_format(out, "INSERT INTO %s (", t->name);
	for (int i = 0; t->columns[i]; i++)
		buffer_format(out, "%s%s", i ? ", " : "", t->columns[i]);
	buffer_text_add(out, ") VALUES ");
}

static bool writer_mysql_insert(struct writer_mysql *w, enum writer_table table, const struct writer_mysql_row *r,
				struct error *err)
{
	const struct writer_mysql_table *t = &writer_mysql_tables[table];
	struct buffer *out = &w->fresh[table];
	size_t before = out->len;

	if (out->len == 0)
		writer_mysql_head(t, out);
	else
		buffer_char(out, ',');
	for (int i = 0; t->columns[i]; i++) {
		buffer_char(out, i ? ',' : '(');
		writer_mysql_cell(w, out, r->cells[i]);
	}
	buffer_char(out, ')');
	w->waiting += out->len - before;
	return w->waiting < WRITER_WAITING || writer_mysql_flush(w, err);
}

static bool writer_mysql_change(struct writer_mysql *w, enum writer_op op, enum writer_table table,
				const struct writer_mysql_row *r, struct error *err)
{
	const struct writer_mysql_table *t = &writer_mysql_tables[table];
	struct buffer *sql = &w->sql;

	buffer_clear(sql);
	buffer_format(sql, op == WRITER_DELETE ? "DELETE FROM %s" : "UPDATE %s SET ", t->name);
	for (int i = 1; op == WRITER_UPDATE && t->columns[i]; i++) {
		buffer_format(sql, "%s%s = ", i > 1 ? ", " : "", t->columns[i]);
		writer_mysql_cell(w, sql, r->cells[i]);
	}
	buffer_format(sql, " WHERE %s = ", t->columns[0]);
	writer_mysql_cell(w, sql, r->cells[0]);
	return writer_mysql_flush(w, err) && writer_mysql_run(w, sql, err);
}

/* ---- opening ---- */

static char *writer_mysql_script(struct error *err)
{
	char *path = place_data(WRITER_TABLES_FILE);
	FILE *f = path ? fopen(path, "re") : NULL;
	struct buffer text = {0};
	char block[4096];
	size_t n;

	if (!f) {
		error_set(err, ERROR_USAGE, "could not find the tables \"%s\"", WRITER_TABLES_FILE);
		free(path);
		return NULL;
	}
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buffer_add(&text, block, n);
	if (ferror(f)) {
		error_set(err, ERROR_USAGE, "could not read \"%s\": %s", path, strerror(errno));
		buffer_done(&text);
	}
	fclose(f);
	free(path);
	return text.len ? buffer_take(&text) : NULL;
}

/* 1: they are there, 0: they are not, -1: nobody knows. Making what is there again would stand in the log. */
static int writer_mysql_there(struct writer_mysql *w, const char *names, int count, struct error *err)
{
	char *sql =
		memory_format("SELECT COUNT(*) = %d FROM information_schema.tables WHERE table_schema = DATABASE() AND"
			      " table_name IN (%s)",
			      count, names);
	char *cell = mysql_client_cell(w->client, sql, err);
	int there = cell ? cell[0] == '1' : -1;

	free(sql);
	free(cell);
	return there;
}

static bool writer_mysql_make(struct writer_mysql *w, struct error *err)
{
	int there = writer_mysql_there(w, "'store', 'customer_info', 'bank_product', 'customer_asset'", 4, err);
	char *text = there == 0 ? writer_mysql_script(err) : NULL;
	const char *at = text;
	bool ok = there > 0 || text;

	while (ok && text && script_next(&at, &w->sql))
		ok = writer_mysql_run(w, &w->sql, err);
	free(text);
	if (!ok)
		return false;
	there = writer_mysql_there(w, "'tellerdesk_note'", 1, err);
	return there > 0 ||
	       (there == 0 && writer_mysql_send(w,
						"CREATE TABLE IF NOT EXISTS tellerdesk_note ("
						"name VARCHAR(64) NOT NULL PRIMARY KEY, text MEDIUMTEXT NOT NULL"
						") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4",
						err));
}

static void writer_mysql_close(struct writer *base)
{
	struct writer_mysql *w = (struct writer_mysql *)base;

	/* An open transaction rolls back. */
	mysql_client_close(w->client);
	for (int t = 0; t < WRITER_TABLES; t++)
		buffer_done(&w->fresh[t]);
	buffer_done(&w->sql);
	buffer_done(&w->position);
	free(w);
}

static struct writer *writer_mysql_open(const char *target, struct error *err)
{
	struct writer_mysql *w;
	struct mysql_url url;

	if (!mysql_url_parse(target, &url, err))
		return NULL;
	w = memory_zero(1, sizeof *w);
	w->base.ops = &writer_mysql_ops;
	w->zone = wall_zone();
	w->moved = true;
	w->client = mysql_client_open(&(struct mysql_client_params){.url = &url, .stop = -1, .writer = true}, err);
	mysql_url_done(&url);
	if (w->client && writer_mysql_make(w, err))
		return &w->base;
	writer_mysql_close(&w->base);
	return NULL;
}

/* ---- transactions ---- */

/* One that failed half-way is forgotten; what begins next would commit it. */
static bool writer_mysql_forget(struct writer_mysql *w, struct error *err)
{
	for (int t = 0; t < WRITER_TABLES; t++)
		buffer_clear(&w->fresh[t]);
	w->waiting = 0;
	if (w->open && !writer_mysql_send(w, "ROLLBACK", err))
		return false;
	w->open = false;
	return true;
}

static bool writer_mysql_begin(struct writer *base, int64_t commit_time, struct error *err)
{
	struct writer_mysql *w = (struct writer_mysql *)base;

	(void)commit_time;
	w->open = writer_mysql_forget(w, err) && writer_mysql_send(w, "START TRANSACTION", err);
	return w->open;
}

static bool writer_mysql_put(struct writer *base, enum writer_op op, enum writer_table table, const void *row,
			     struct error *err)
{
	struct writer_mysql *w = (struct writer_mysql *)base;
	struct writer_mysql_row r;

	writer_mysql_row(w, table, row, &r);
	return op == WRITER_INSERT ? writer_mysql_insert(w, table, &r, err)
				   : writer_mysql_change(w, op, table, &r, err);
}

static bool writer_mysql_commit(struct writer *base, struct error *err)
{
	struct writer_mysql *w = (struct writer_mysql *)base;

	if (!writer_mysql_flush(w, err) || !writer_mysql_send(w, "COMMIT", err))
		return false;
	w->open = false;
	w->moved = true;
	return true;
}

static void writer_mysql_warn(struct writer_mysql *w, const char *why, const char *what)
{
	if (!w->warned)
		log_line(LOG_WARN, "server %s: there is no position to tell: %s; %s", mysql_client_name(w->client), why,
			 what);
	w->warned = true;
}

/* Where the log ends now: at the last commit or, where others write too, behind it. */
static void writer_mysql_look(struct writer_mysql *w)
{
	const struct mysql_server *s = mysql_client_server(w->client);
	bool renamed = !s->mariadb && s->version >= 80200;
	struct error err = {0};
	struct mysql_rows rows;

	buffer_clear(&w->position);
	if (!mysql_client_rows(w->client, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", &rows, &err))
		writer_mysql_warn(w, err.message,
				  s->mariadb ? N_("it takes BINLOG MONITOR") : N_("it takes REPLICATION CLIENT"));
	else if (!mysql_rows_next(&rows) || rows.columns < 2 || !rows.cells[0] || !rows.cells[1])
		writer_mysql_warn(w, N_("the server keeps no binary log"), N_("set log_bin to follow it"));
	else
		buffer_format(&w->position, "%s:%s", rows.cells[0], rows.cells[1]);
	mysql_rows_done(&rows);
}

static const char *writer_mysql_position(struct writer *base)
{
	struct writer_mysql *w = (struct writer_mysql *)base;

	if (w->moved)
		writer_mysql_look(w);
	w->moved = false;
	return buffer_text(&w->position);
}

/* ---- bookkeeping ---- */

static bool writer_mysql_resume(struct writer *base, struct buffer *state, struct error *err)
{
	struct writer_mysql *w = (struct writer_mysql *)base;
	struct mysql_rows rows = {0};
	bool ok = writer_mysql_forget(w, err) &&
		  mysql_client_rows(w->client, "SELECT text FROM tellerdesk_note WHERE name = 'generator'", &rows, err);

	if (ok && mysql_rows_next(&rows) && rows.cells[0])
		buffer_add(state, rows.cells[0], rows.lens[0]);
	mysql_rows_done(&rows);
	return ok;
}

static bool writer_mysql_note(struct writer *base, const char *state, struct error *err)
{
	struct writer_mysql *w = (struct writer_mysql *)base;

	buffer_clear(&w->sql);
	buffer_text_add(&w->sql, "REPLACE INTO tellerdesk_note (name, text) VALUES ('generator', ");
	writer_mysql_cell(w, &w->sql, state);
	buffer_char(&w->sql, ')');
	return writer_mysql_run(w, &w->sql, err);
}

const struct writer_ops writer_mysql_ops = {
	.scheme = "mysql",
	.deletes = true,
	.open = writer_mysql_open,
	.begin = writer_mysql_begin,
	.put = writer_mysql_put,
	.commit = writer_mysql_commit,
	.position = writer_mysql_position,
	.resume = writer_mysql_resume,
	.note = writer_mysql_note,
	.close = writer_mysql_close,
};
