#include "config.h"

#include "generate/writer_sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "generate/script.h"

/* Bytes of new rows that wait: several times less than what the smallest server takes in one statement. */
#define WRITER_WAITING ((size_t)512 << 10)

/* ---- statements ---- */

static bool writer_sql_run(struct writer_sql *w, const char *sql, struct error *err)
{
	return w->server->run(w, sql, strlen(sql), err);
}

/* Rows may be there already: then the server's word alone helps nobody. */
static bool writer_sql_hint(struct writer_sql *w, bool done, struct error *err)
{
	if (!done && w->server->duplicate(w))
		error_hint(err,
			   "it holds rows of another origin: generate into an empty database, or one generated before");
	return done;
}

static void writer_sql_cell(struct writer_sql *w, struct buffer *out, const char *cell)
{
	if (cell)
		w->server->literal(w, out, cell);
	else
		buffer_text_add(out, "NULL");
}

static bool writer_sql_flush(struct writer_sql *w, struct error *err)
{
	bool ok = true;

	for (int t = 0; t < WRITER_TABLES && ok; t++) {
		if (w->fresh[t].len == 0)
			continue;
		ok = writer_sql_hint(w, w->server->send(w, (enum writer_table)t, err), err);
		buffer_clear(&w->fresh[t]);
	}
	w->waiting = 0;
	return ok;
}

static bool writer_sql_insert(struct writer_sql *w, enum writer_table table, const struct writer_row *r,
			      struct error *err)
{
	size_t before = w->fresh[table].len;

	w->server->add(w, table, r);
	w->waiting += w->fresh[table].len - before;
	return w->waiting < WRITER_WAITING || writer_sql_flush(w, err);
}

static bool writer_sql_change(struct writer_sql *w, enum writer_op op, enum writer_table table,
			      const struct writer_row *r, struct error *err)
{
	const struct writer_rows_table *t = &writer_rows_tables[table];
	struct buffer *sql = &w->text;

	if (!writer_sql_flush(w, err))
		return false;
	buffer_clear(sql);
	buffer_format(sql, op == WRITER_DELETE ? "DELETE FROM %s" : "UPDATE %s SET ", t->name);
	for (int i = 1; op == WRITER_UPDATE && t->columns[i]; i++) {
		buffer_format(sql, "%s%s = ", i > 1 ? ", " : "", t->columns[i]);
		writer_sql_cell(w, sql, r->cells[i]);
	}
	buffer_format(sql, " WHERE %s = ", t->columns[0]);
	writer_sql_cell(w, sql, r->cells[0]);
	return writer_sql_hint(w, w->server->run(w, sql->data, sql->len, err), err);
}

/* ---- tables ---- */

static char *writer_sql_script(const char *name, struct error *err)
{
	char *path = place_data(name);
	FILE *f = path ? fopen(path, "re") : NULL;
	struct buffer text = {0};
	char block[4096];
	size_t n;

	if (!f) {
		error_set(err, ERROR_USAGE, "could not find the tables \"%s\"", name);
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
static int writer_sql_there(struct writer_sql *w, const char *names, int count, struct error *err)
{
	char *sql = memory_format("%s%s%s", w->server->there_head, names, w->server->there_tail);
	char *cell = w->server->cell(w, sql, err);
	int there = cell ? atoi(cell) == count : -1;

	free(sql);
	free(cell);
	return there;
}

static int writer_sql_tables_there(struct writer_sql *w, struct error *err)
{
	struct buffer names = {0};
	int there;

	for (int t = 0; t < WRITER_TABLES; t++)
		buffer_format(&names, "%s'%s'", t ? ", " : "", writer_rows_tables[t].name);
	there = writer_sql_there(w, buffer_text(&names), WRITER_TABLES, err);
	buffer_done(&names);
	return there;
}

bool writer_sql_make(struct writer_sql *w, struct error *err)
{
	int there = writer_sql_tables_there(w, err);
	char *text = there == 0 ? writer_sql_script(w->server->script, err) : NULL;
	const char *at = text;
	bool ok = there > 0 || text;

	while (ok && text && script_next(&at, &w->text))
		ok = w->server->run(w, w->text.data, w->text.len, err);
	free(text);
	if (!ok)
		return false;
	there = writer_sql_there(w, "'tellerdesk_note'", 1, err);
	return there > 0 || (there == 0 && writer_sql_run(w, w->server->note_table, err));
}

void writer_sql_init(struct writer_sql *w, const struct writer_ops *ops, const struct writer_sql_server *server)
{
	w->base.ops = ops;
	w->server = server;
	w->zone = wall_zone();
	w->moved = true;
}

void writer_sql_done(struct writer_sql *w)
{
	for (int t = 0; t < WRITER_TABLES; t++)
		buffer_done(&w->fresh[t]);
	buffer_done(&w->text);
	buffer_done(&w->position);
}

/* ---- transactions ---- */

/* One that failed half-way is forgotten; what begins next would commit it. */
static bool writer_sql_forget(struct writer_sql *w, struct error *err)
{
	for (int t = 0; t < WRITER_TABLES; t++)
		buffer_clear(&w->fresh[t]);
	w->waiting = 0;
	if (w->open && !writer_sql_run(w, "ROLLBACK", err))
		return false;
	w->open = false;
	return true;
}

bool writer_sql_begin(struct writer *base, int64_t commit_time, struct error *err)
{
	struct writer_sql *w = (struct writer_sql *)base;

	(void)commit_time;
	w->open = writer_sql_forget(w, err) && writer_sql_run(w, w->server->begin, err);
	return w->open;
}

bool writer_sql_put(struct writer *base, enum writer_op op, enum writer_table table, const void *row, struct error *err)
{
	struct writer_sql *w = (struct writer_sql *)base;
	struct writer_row r;

	writer_row(w->zone, table, row, &r);
	return op == WRITER_INSERT ? writer_sql_insert(w, table, &r, err) : writer_sql_change(w, op, table, &r, err);
}

bool writer_sql_commit(struct writer *base, struct error *err)
{
	struct writer_sql *w = (struct writer_sql *)base;

	if (!writer_sql_flush(w, err) || !writer_sql_run(w, "COMMIT", err))
		return false;
	w->open = false;
	w->moved = true;
	return true;
}

void writer_sql_warn(struct writer_sql *w, const char *server, const char *why, const char *what)
{
	if (!w->warned)
		log_line(LOG_WARN, "server %s: there is no position to tell: %s; %s", server, why, what);
	w->warned = true;
}

const char *writer_sql_position(struct writer *base)
{
	struct writer_sql *w = (struct writer_sql *)base;

	if (w->moved) {
		buffer_clear(&w->position);
		w->server->look(w);
	}
	w->moved = false;
	return buffer_text(&w->position);
}

/* ---- bookkeeping ---- */

bool writer_sql_resume(struct writer *base, struct buffer *state, struct error *err)
{
	struct writer_sql *w = (struct writer_sql *)base;
	char *text;

	if (!writer_sql_forget(w, err))
		return false;
	error_clear(err);
	text = w->server->cell(w, "SELECT text FROM tellerdesk_note WHERE name = 'generator'", err);
	if (text)
		buffer_text_add(state, text);
	free(text);
	return text || !err->code;
}

bool writer_sql_note(struct writer *base, const char *state, struct error *err)
{
	struct writer_sql *w = (struct writer_sql *)base;

	buffer_clear(&w->text);
	buffer_text_add(&w->text, w->server->note_head);
	w->server->literal(w, &w->text, state);
	buffer_text_add(&w->text, w->server->note_tail);
	return w->server->run(w, w->text.data, w->text.len, err);
}
