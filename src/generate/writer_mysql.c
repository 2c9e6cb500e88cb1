/* writer_mysql: generated rows into a MySQL or MariaDB database. New rows go as statements of many rows. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "generate/writer.h"
#include "generate/writer_sql.h"
#include "source/mysql/client.h"
#include "source/mysql/url.h"

#define WRITER_DUPLICATE 1062 /* ER_DUP_ENTRY */

struct writer_mysql {
	struct writer_sql sql;
	struct mysql_client *client;
};

static struct mysql_client *client_of(struct writer_sql *w)
{
	return ((struct writer_mysql *)w)->client;
}

/* ---- statements ---- */

static bool writer_mysql_run(struct writer_sql *w, const char *sql, size_t n, struct error *err)
{
	return mysql_client_run(client_of(w), sql, n, err);
}

static char *writer_mysql_ask(struct writer_sql *w, const char *sql, struct error *err)
{
	return mysql_client_cell(client_of(w), sql, err);
}

static bool writer_mysql_duplicate(struct writer_sql *w)
{
	return mysql_client_errno(client_of(w)) == WRITER_DUPLICATE;
}

static void writer_mysql_literal(struct writer_sql *w, struct buffer *out, const char *text)
{
	mysql_literal(client_of(w), out, text, strlen(text));
}

static void writer_mysql_add(struct writer_sql *w, enum writer_table table, const struct writer_row *r)
{
	const struct writer_rows_table *t = &writer_rows_tables[table];
	struct buffer *out = &w->fresh[table];

	if (out->len == 0) {
		buffer_format(out, "INSERT INTO %s (", t->name);
		writer_rows_columns(table, out);
		buffer_text_add(out, ") VALUES ");
	} else {
		buffer_char(out, ',');
	}
	for (int i = 0; t->columns[i]; i++) {
		buffer_char(out, i ? ',' : '(');
		if (r->cells[i])
			writer_mysql_literal(w, out, r->cells[i]);
		else
			buffer_text_add(out, "NULL");
	}
	buffer_char(out, ')');
}

static bool writer_mysql_send(struct writer_sql *w, enum writer_table table, struct error *err)
{
	return writer_mysql_run(w, w->fresh[table].data, w->fresh[table].len, err);
}

static void writer_mysql_look(struct writer_sql *w)
{
	struct mysql_client *c = client_of(w);
	const struct mysql_server *s = mysql_client_server(c);
	bool renamed = !s->mariadb && s->version >= 80200;
	struct error err = {0};
	struct mysql_rows rows;

	if (!mysql_client_rows(c, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", &rows, &err))
		writer_sql_warn(w, mysql_client_name(c), err.message,
				s->mariadb ? N_("it takes BINLOG MONITOR") : N_("it takes REPLICATION CLIENT"));
	else if (!mysql_rows_next(&rows) || rows.columns < 2 || !rows.cells[0] || !rows.cells[1])
		writer_sql_warn(w, mysql_client_name(c), N_("the server keeps no binary log"),
				N_("set log_bin to follow it"));
	else
		buffer_format(&w->position, "%s:%s", rows.cells[0], rows.cells[1]);
	mysql_rows_done(&rows);
}

static const struct writer_sql_server writer_mysql_server = {
	.script = "mysql/demography.sql",
	.there_head =
		"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (",
	.there_tail = ")",
	.note_table = "CREATE TABLE IF NOT EXISTS tellerdesk_note ("
		      "name VARCHAR(64) NOT NULL PRIMARY KEY, text MEDIUMTEXT NOT NULL"
		      ") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4",
	.note_head = "REPLACE INTO tellerdesk_note (name, text) VALUES ('generator', ",
	.note_tail = ")",
	.begin = "START TRANSACTION",
	.run = writer_mysql_run,
	.cell = writer_mysql_ask,
	.literal = writer_mysql_literal,
	.add = writer_mysql_add,
	.send = writer_mysql_send,
	.look = writer_mysql_look,
	.duplicate = writer_mysql_duplicate,
};

/* ---- opening ---- */

static void writer_mysql_close(struct writer *base)
{
	struct writer_mysql *w = (struct writer_mysql *)base;

	/* An open transaction rolls back. */
	mysql_client_close(w->client);
	writer_sql_done(&w->sql);
	free(w);
}

static struct writer *writer_mysql_open(const char *target, struct error *err)
{
	struct writer_mysql *w;
	struct mysql_url url;

	if (!mysql_url_parse(target, &url, err))
		return NULL;
	w = memory_zero(1, sizeof *w);
	writer_sql_init(&w->sql, &writer_mysql_ops, &writer_mysql_server);
	w->client = mysql_client_open(&(struct mysql_client_params){.url = &url, .stop = -1, .writer = true}, err);
	mysql_url_done(&url);
	if (w->client && writer_sql_make(&w->sql, err))
		return &w->sql.base;
	writer_mysql_close(&w->sql.base);
	return NULL;
}

const struct writer_ops writer_mysql_ops = {
	.scheme = "mysql",
	.deletes = true,
	.open = writer_mysql_open,
	.begin = writer_sql_begin,
	.put = writer_sql_put,
	.commit = writer_sql_commit,
	.position = writer_sql_position,
	.resume = writer_sql_resume,
	.note = writer_sql_note,
	.close = writer_mysql_close,
};
