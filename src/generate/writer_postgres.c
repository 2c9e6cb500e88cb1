/* writer_postgres: generated rows into a PostgreSQL database. New rows go by COPY, inside the transaction they belong
 * to. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "generate/writer.h"
#include "generate/writer_sql.h"
#include "pgoutput/lsn.h"
#include "source/postgres/client.h"
#include "source/postgres/url.h"

#define WRITER_DUPLICATE "23505" /* unique_violation */

struct writer_postgres {
	struct writer_sql sql;
	struct postgres_client *client;
};

static struct postgres_client *client_of(struct writer_sql *w)
{
	return ((struct writer_postgres *)w)->client;
}

/* ---- statements ---- */

/* All texts are of our buffers and literals, which end with a NUL. */
static bool writer_postgres_run(struct writer_sql *w, const char *sql, size_t n, struct error *err)
{
	(void)n;
	return postgres_client_run(client_of(w), sql, err);
}

static char *writer_postgres_ask(struct writer_sql *w, const char *sql, struct error *err)
{
	return postgres_client_cell(client_of(w), sql, err);
}

static bool writer_postgres_duplicate(struct writer_sql *w)
{
	return strcmp(postgres_client_sqlstate(client_of(w)), WRITER_DUPLICATE) == 0;
}

static void writer_postgres_literal(struct writer_sql *w, struct buffer *out, const char *text)
{
	(void)w;
	postgres_literal(out, text, strlen(text));
}

/* ---- new rows ---- */

/* In the text format of COPY: what ends cells and rows there, and the sign that says so, are told after a backslash. */
static void writer_postgres_escape(struct buffer *out, const char *cell)
{
	static const char signs[] = "\\\t\n\r", names[] = "\\tnr";

	for (;;) {
		size_t n = strcspn(cell, signs);

		buffer_add(out, cell, n);
		cell += n;
		if (!*cell)
			return;
		buffer_char(out, '\\');
		buffer_char(out, names[strchr(signs, *cell++) - signs]);
	}
}

static void writer_postgres_add(struct writer_sql *w, enum writer_table table, const struct writer_row *r)
{
	struct buffer *out = &w->fresh[table];

	for (int i = 0; writer_rows_tables[table].columns[i]; i++) {
		if (i > 0)
			buffer_char(out, '\t');
		if (r->cells[i])
			writer_postgres_escape(out, r->cells[i]);
		else
			buffer_text_add(out, "\\N");
	}
	buffer_char(out, '\n');
}

static bool writer_postgres_send(struct writer_sql *w, enum writer_table table, struct error *err)
{
	const struct buffer *rows = &w->fresh[table];
	struct postgres_client *c = client_of(w);

	buffer_clear(&w->text);
	buffer_format(&w->text, "COPY %s (", writer_rows_tables[table].name);
	writer_rows_columns(table, &w->text);
	buffer_text_add(&w->text, ") FROM STDIN");
	return postgres_client_copy_begin(c, buffer_text(&w->text), err) &&
	       postgres_client_copy_put(c, rows->data, rows->len, err) && postgres_client_copy_end(c, err);
}

/* ---- position ---- */

/* A server of another wal_level has an end of its log as well, but nobody can follow it there. */
static bool writer_postgres_tell(struct writer_sql *w, struct postgres_rows *rows)
{
	uint64_t lsn, page, segment;
	char text[LSN_SIZE];

	if (!postgres_rows_next(rows) || rows->columns < 4 || strcmp(rows->cells[1], "logical") != 0 ||
	    !lsn_parse(rows->cells[0], rows->lens[0], &lsn))
		return false;
	page = strtoull(rows->cells[2], NULL, 10);
	segment = strtoull(rows->cells[3], NULL, 10);
	if (page && segment)
		lsn = lsn_page_begin(lsn, page, segment);
	buffer_text_add(&w->position, lsn_text(lsn, text));
	return true;
}

static void writer_postgres_look(struct writer_sql *w)
{
	struct postgres_client *c = client_of(w);
	struct error err = {0};
	struct postgres_rows rows;

	if (!postgres_client_rows(c,
				  "SELECT pg_current_wal_insert_lsn(), current_setting('wal_level'),"
				  " pg_size_bytes(current_setting('wal_block_size')),"
				  " pg_size_bytes(current_setting('wal_segment_size'))",
				  &rows, &err))
		writer_sql_warn(w, postgres_client_name(c), err.message, N_("ask its administrator"));
	else if (!writer_postgres_tell(w, &rows))
		writer_sql_warn(w, postgres_client_name(c), N_("its wal_level is not logical"),
				N_("set it to follow the server"));
	postgres_rows_done(&rows);
}

/* The note has a primary key and so an identity: published by mistake, its updates still work. */
static const struct writer_sql_server writer_postgres_server = {
	.script = "postgres/demography.sql",
	.there_head = "SELECT count(*) FROM unnest(ARRAY[",
	.there_tail = "]) AS t (name) WHERE to_regclass(name) IS NOT NULL",
	.note_table = "CREATE TABLE IF NOT EXISTS tellerdesk_note (name text PRIMARY KEY, text text NOT NULL)",
	.note_head = "INSERT INTO tellerdesk_note (name, text) VALUES ('generator', ",
	.note_tail = ") ON CONFLICT (name) DO UPDATE SET text = excluded.text",
	.begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
	.run = writer_postgres_run,
	.cell = writer_postgres_ask,
	.literal = writer_postgres_literal,
	.add = writer_postgres_add,
	.send = writer_postgres_send,
	.look = writer_postgres_look,
	.duplicate = writer_postgres_duplicate,
};

/* ---- opening ---- */

static void writer_postgres_close(struct writer *base)
{
	struct writer_postgres *w = (struct writer_postgres *)base;

	/* An open transaction rolls back. */
	postgres_client_close(w->client);
	writer_sql_done(&w->sql);
	free(w);
}

static struct writer *writer_postgres_open(const char *target, struct error *err)
{
	struct postgres_client_params p = {.stop = -1, .use = POSTGRES_WRITE};
	struct writer_postgres *w;
	struct postgres_url url;

	if (!postgres_url_parse(target, &url, err))
		return NULL;
	w = memory_zero(1, sizeof *w);
	writer_sql_init(&w->sql, &writer_postgres_ops, &writer_postgres_server);
	p.url = &url;
	w->client = postgres_client_open(&p, err);
	postgres_url_done(&url);
	if (w->client && writer_sql_make(&w->sql, err))
		return &w->sql.base;
	writer_postgres_close(&w->sql.base);
	return NULL;
}

const struct writer_ops writer_postgres_ops = {
	.scheme = "postgresql",
	.alias = "postgres",
	.deletes = true,
	.open = writer_postgres_open,
	.begin = writer_sql_begin,
	.put = writer_sql_put,
	.commit = writer_sql_commit,
	.position = writer_sql_position,
	.resume = writer_sql_resume,
	.note = writer_sql_note,
	.close = writer_postgres_close,
};
