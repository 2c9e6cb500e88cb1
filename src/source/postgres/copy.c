/* Tables read by key: what source/sql/chunk.h asks of a server, answered by PostgreSQL.
 *
 *     P0   a fresh slot's consistent point; under a running stream, where it stands: both as far as reads see all before it (visible.c)
 *     H    the end of the log after the read, once it is on disk: what is not is not sent, and would be waited for
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/moment.h"
#include "model/model.h"
#include "pgoutput/cell.h"
#include "source/postgres/private.h"
#include "source/sql/chunk.h"

/* ---- bounds ---- */

/* What the reader works on was begun before now. */
static void forget_ahead(struct postgres *m)
{
	struct postgres_rows r = {0};
	struct error ignored = {0};

	if (m->asked)
		postgres_client_answer(m->reader, &r, &ignored);
	postgres_rows_done(&r);
	free(m->asked);
	m->asked = NULL;
}

static bool tell_bound(struct postgres *m, uint64_t lsn, const char **p0, int64_t *clock, struct error *err)
{
	buffer_clear(&m->bound);
	postgres_place(m, lsn, &m->bound);
	*p0 = buffer_text(&m->bound);
	return postgres_read_clock(m, clock, err);
}

/* A slot that nobody could use would keep the bank's log for nothing: first all must be as it has to be. */
static bool postgres_begin_anew(struct source *s, const char **p0, int64_t *clock, struct error *err)
{
	struct postgres *m = (struct postgres *)s;
	uint64_t lsn;

	return postgres_require(m, err) && postgres_slot_make(m, &lsn, err) && tell_bound(m, lsn, p0, clock, err);
}

static bool postgres_bound_before(struct source *s, const char **p0, int64_t *clock, struct error *err)
{
	struct postgres *m = (struct postgres *)s;
	uint64_t lsn;

	forget_ahead(m);
	return (m->stream.client ? visible_bound : visible_bound_alone)(m, &lsn, err) && tell_bound(m, lsn, p0, clock, err);
}

/* ---- what chunk.h asks ---- */

static const struct postgres_column *column_of(const struct postgres *m, int entity, int column)
{
	const struct postgres_table *t = &m->shape.tables[entity];

	return &t->columns[t->base.place[column]];
}

static const struct sql_table *copy_table(void *ctx, int entity)
{
	return &((struct postgres *)ctx)->shape.tables[entity].base;
}

static void copy_identifier(void *ctx, int entity, int column, struct buffer *sql)
{
	postgres_identifier(sql, column_of(ctx, entity, column)->name);
}

static void copy_from(void *ctx, int entity, struct buffer *sql)
{
	const struct postgres_table *t = &((struct postgres *)ctx)->shape.tables[entity];

	/* What inherits from it is sent, if at all, under its own name. */
	buffer_text_add(sql, t->kind == 'p' ? "" : "ONLY ");
	postgres_identifier(sql, t->schema);
	buffer_char(sql, '.');
	postgres_identifier(sql, t->base.name);
}

static void copy_filter(void *ctx, int entity, struct buffer *sql)
{
	const struct postgres_table *t = &((struct postgres *)ctx)->shape.tables[entity];

	if (t->filter)
		buffer_format(sql, "(%s)", t->filter);
}

static void add_hex(struct buffer *sql, struct value v)
{
	buffer_text_add(sql, "'\\x");
	buffer_hex(sql, v.text, v.len);
	buffer_text_add(sql, "'::bytea");
}

static void copy_literal(void *ctx, int entity, int column, struct value v, struct buffer *sql)
{
	struct postgres *m = ctx;
	const struct column *c = &m->base.model->entities[entity].columns[column];
	char text[MOMENT_SIZE];

	if (v.kind == VALUE_NULL || v.kind == VALUE_UNKNOWN)
		buffer_text_add(sql, "NULL");
	else if (v.kind == VALUE_BYTES || (v.kind == VALUE_TEXT && column_of(m, entity, column)->type == PGTYPE_BYTEA))
		add_hex(sql, v);
	else if (v.kind == VALUE_TEXT)
		postgres_literal(sql, v.text, v.len);
	else if (c->type == COLUMN_INSTANT)
		buffer_format(sql, "'%s'", moment_utc(v.integer, text));
	else if (c->type == COLUMN_BOOLEAN && column_of(m, entity, column)->type == PGTYPE_BOOL)
		buffer_text_add(sql, v.integer ? "true" : "false");
	else
		buffer_format(sql, "%" PRId64, v.integer);
}

static bool copy_reader(struct postgres *m, struct error *err)
{
	m->read_at = clock_mono();
	if (!m->reader)
		m->reader = postgres_connect(m, POSTGRES_READ, err);
	return m->reader != NULL;
}

static bool copy_rows(void *ctx, const char *sql, struct error *err)
{
	struct postgres *m = ctx;

	postgres_rows_done(&m->rows);
	if (!copy_reader(m, err))
		return false;
	if (m->asked && strcmp(m->asked, sql) == 0) {
		free(m->asked);
		m->asked = NULL;
		return postgres_client_answer(m->reader, &m->rows, err);
	}
	forget_ahead(m);
	return postgres_client_rows(m->reader, sql, &m->rows, err);
}

static bool copy_next(void *ctx, const char *const **cells, const size_t **lens)
{
	struct postgres *m = ctx;

	if (!postgres_rows_next(&m->rows))
		return false;
	*cells = m->rows.cells;
	*lens = m->rows.lens;
	return true;
}

static void copy_forget(void *ctx)
{
	postgres_rows_done(&((struct postgres *)ctx)->rows);
}

/* The server works on it while this chunk is written. What goes wrong is told when it is asked for in earnest. */
static void copy_ahead(void *ctx, const char *sql)
{
	struct postgres *m = ctx;
	struct error ignored = {0};

	forget_ahead(m);
	if (postgres_client_ask(m->reader, sql, &ignored))
		m->asked = memory_text(sql);
}

static struct value copy_value(void *ctx, int entity, int column, const char *text, size_t n, struct arena *a)
{
	struct postgres *m = ctx;

	return pgcell_value(column_of(m, entity, column)->type, &m->base.model->entities[entity].columns[column], m->base.model->zone, text, n, a);
}

static bool copy_high(void *ctx, const char **high, struct error *err)
{
	struct postgres *m = ctx;
	uint64_t end;

	if (!postgres_log_end_on_disk(m, &end, err))
		return false;
	m->wanted = end;
	buffer_clear(&m->high);
	postgres_place(m, end, &m->high);
	*high = buffer_text(&m->high);
	return true;
}

/* The catalogue said otherwise when it was read: columns and tables come and go. */
static bool copy_changed(void *ctx)
{
	struct postgres *m = ctx;
	struct error ignored = {0};
	const char *state = m->reader ? postgres_client_sqlstate(m->reader) : "";

	if (strcmp(state, "42703") != 0 && strcmp(state, "42P01") != 0)
		return false;
	m->shape_stale = true;
	return postgres_shape_refresh(m, &ignored);
}

static const struct chunk_server server = {
	.table = copy_table,
	.select = copy_identifier,
	.from = copy_from,
	.identifier = copy_identifier,
	.literal = copy_literal,
	.filter = copy_filter,
	.compares_rows = true,
	.rows = copy_rows,
	.next = copy_next,
	.forget = copy_forget,
	.ahead = copy_ahead,
	.value = copy_value,
	.high = copy_high,
	.changed = copy_changed,
};

static struct chunk_reader *chunks(struct postgres *m)
{
	if (!m->chunks)
		m->chunks = chunk_reader_new(&server, m, m->base.model);
	return m->chunks;
}

static bool postgres_read_chunk(struct source *s, int entity, const struct value *after_key, int limit, struct source_chunk *out, struct error *err)
{
	struct postgres *m = (struct postgres *)s;

	return (!m->shape_stale || postgres_shape_refresh(m, err)) && chunk_read(chunks(m), entity, after_key, limit, out, err);
}

static bool postgres_read_keys(struct source *s, int entity, const struct value *const *keys, int count, struct source_chunk *out, struct error *err)
{
	struct postgres *m = (struct postgres *)s;

	return (!m->shape_stale || postgres_shape_refresh(m, err)) && chunk_read_keys(chunks(m), entity, keys, count, out, err);
}

static int64_t postgres_estimate(struct source *s, int entity)
{
	const struct sql_table *t = &((struct postgres *)s)->shape.tables[entity].base;

	return t->name ? t->rows : 0;
}

void postgres_copy_listen(struct postgres *m)
{
	if (m->asked)
		postgres_client_listen(m->reader);
}

void postgres_reader_close(struct postgres *m)
{
	/* A server goes on with a statement whose asker is gone, or waits with it for a lock, until it has something to send. */
	if (m->reader && postgres_client_is_busy(m->reader))
		postgres_client_cancel(m->reader);
	free(m->asked);
	m->asked = NULL;
	postgres_client_close(m->reader);
	m->reader = NULL;
}

void postgres_copy_done(struct postgres *m)
{
	chunk_reader_free(m->chunks);
	m->chunks = NULL;
	postgres_rows_done(&m->rows);
	postgres_reader_close(m);
}

const struct source_copy_ops postgres_copy_ops = {
	.begin_anew = postgres_begin_anew,
	.bound_before = postgres_bound_before,
	.read_chunk = postgres_read_chunk,
	.read_keys = postgres_read_keys,
	.estimate = postgres_estimate,
};
