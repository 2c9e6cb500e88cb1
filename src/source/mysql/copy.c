/* Tables read by key: short statements, each a read of its own, and the end of the log after it.
 *
 *     P0   MariaDB       the log's place of a consistent snapshot: InnoDB has committed what stands before it
 *          MySQL, GTID   gtid_executed: a transaction is in it when it is committed, wherever it stands in the log
 *          MySQL         the start of the newest file: a rotation waits for the commits before it
 *     H    the end of the log after the read
 *
 * Where triggers tell what changes, both are the numbers of the change table that one snapshot sees.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "binlog/table.h"
#include "model/model.h"
#include "source/mysql/ahead.h"
#include "source/mysql/private.h"
#include "source/mysql/triggers.h"
#include "source/mysql/xa.h"
#include "source/sql/chunk.h"

/* ---- bounds ---- */

static bool bound_of_snapshot(struct mysql *m, struct error *err)
{
	struct mysql_rows r = {0};
	char *file = NULL, *pos = NULL, *gtid = NULL;
	struct buffer sql = {0};
	struct error ignored = {0};
	bool ok = mysql_client_runf(m->control, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT") &&
		  mysql_client_rows(m->control, "SHOW STATUS LIKE 'binlog\\_snapshot\\_%'", &r, err);

	while (ok && mysql_rows_next(&r)) {
		if (strcasecmp(r.cells[0], "binlog_snapshot_file") == 0)
			file = memory_text(r.cells[1]);
		if (strcasecmp(r.cells[0], "binlog_snapshot_position") == 0)
			pos = memory_text(r.cells[1]);
	}
	mysql_rows_done(&r);
	ok = mysql_client_runf(m->control, ok ? err : &ignored, "COMMIT") && ok;
	if (ok && (!file || !pos || !*file))
		ok = error_set(err, ERROR_REFUSED, "could not copy from server %s: it keeps no binary log", mysql_client_name(m->control));
	if (ok) {
		buffer_text_add(&sql, "SELECT BINLOG_GTID_POS(");
		mysql_literal(m->control, &sql, file, strlen(file));
		buffer_format(&sql, ", %" PRIu64 ")", (uint64_t)strtoull(pos, NULL, 10));
		gtid = mysql_client_cell(m->control, buffer_text(&sql), err);
		ok = gtid || !err || !err->code;
	}
	if (ok) {
		struct mysql_position p = {file, strlen(file), strtoull(pos, NULL, 10), 0, gtid};
		mysql_position_print(&p, &m->bound);
	}
	buffer_done(&sql);
	free(file);
	free(pos);
	free(gtid);
	return ok;
}

static bool bound_of_executed(struct mysql *m, struct error *err)
{
	char *gtid = mysql_client_cell(m->control, "SELECT REPLACE(REPLACE(@@global.gtid_executed, '\\n', ''), ' ', '')", err);

	if (!gtid)
		return false;
	buffer_format(&m->bound, "gtid=%s", gtid);
	free(gtid);
	return true;
}

static bool bound_of_file(struct mysql *m, struct error *err)
{
	struct mysql_position p;

	if (!mysql_log_end(m, &m->high, err) || !mysql_position_parse(buffer_text(&m->high), &p))
		return false;
	p.pos = 4;
	mysql_position_print(&p, &m->bound);
	return true;
}

static bool mysql_bound_before(struct source *s, const char **p0, int64_t *clock, struct error *err)
{
	struct mysql *m = (struct mysql *)s;
	bool ok;

	/* Reads from now on see what stands before the bound; what was read ahead may not. */
	if (m->ahead)
		ahead_forget(m->ahead);
	buffer_clear(&m->bound);
	if (m->triggers)
		ok = triggers_visible(m, &m->bound, err);
	else if (m->target.mariadb)
		ok = bound_of_snapshot(m, err);
	else
		/* A stream that began before transactions were numbered has no set to hold against the server's. */
		ok = m->gtid_mode && (m->stream.gtids || !m->stream.feed) ? bound_of_executed(m, err) : bound_of_file(m, err);
	*p0 = buffer_text(&m->bound);
	return ok && mysql_read_clock(m, clock, err);
}

static bool mysql_begin_anew(struct source *s, const char **p0, int64_t *clock, struct error *err)
{
	struct mysql *m = (struct mysql *)s;

	/* What is passed over may have decided what was prepared. */
	if (!m->triggers)
		xa_forget_all(m->state_folder, m->prepared_for);
	return mysql_bound_before(s, p0, clock, err);
}

/* ---- reading ---- */

static const struct mysql_column *column_of(const struct mysql *m, int entity, int column)
{
	const struct mysql_table *t = &m->shape.tables[entity];

	return &t->columns[t->base.place[column]];
}

static const struct sql_table *copy_table(void *ctx, int entity)
{
	return &((struct mysql *)ctx)->shape.tables[entity].base;
}

static void copy_select(void *ctx, int entity, int column, struct buffer *sql)
{
	const struct mysql_column *c = column_of(ctx, entity, column);

	mysql_identifier(sql, c->name);
	/* A FLOAT is printed with six digits, either with as many as it was declared with; a sum with all it has. */
	if (c->cell.type == COL_FLOAT || c->cell.type == COL_DOUBLE)
		buffer_text_add(sql, " + 0e0");
}

static void copy_from(void *ctx, int entity, struct buffer *sql)
{
	const struct mysql *m = ctx;

	mysql_identifier(sql, m->url.database);
	buffer_char(sql, '.');
	mysql_identifier(sql, m->shape.tables[entity].base.name);
}

static void copy_identifier(void *ctx, int entity, int column, struct buffer *sql)
{
	mysql_identifier(sql, column_of(ctx, entity, column)->name);
}

static void add_hex(struct buffer *sql, struct value v)
{
	buffer_text_add(sql, "X'");
	buffer_hex(sql, v.text, v.len);
	buffer_char(sql, '\'');
}

static void copy_literal(void *ctx, int entity, int column, struct value v, struct buffer *sql)
{
	struct mysql *m = ctx;
	const struct mysql_column *c = column_of(m, entity, column);

	if (v.kind == VALUE_INTEGER && m->base.model->entities[entity].columns[column].type == COLUMN_INSTANT)
		buffer_format(sql, "FROM_UNIXTIME(%" PRId64 ".%06d)", v.integer / SECOND, (int)(v.integer % SECOND));
	else if (v.kind == VALUE_INTEGER)
		buffer_format(sql, "%" PRId64, v.integer);
	else if (v.kind == VALUE_BYTES || (v.kind == VALUE_TEXT && !c->charset && c->cell.width && c->cell.form == CELL_PLAIN) ||
		 (v.kind == VALUE_TEXT && !c->charset && c->cell.type == COL_VARCHAR))
		add_hex(sql, v);
	else if (v.kind == VALUE_TEXT)
		mysql_literal(m->control, sql, v.text, v.len);
	else
		buffer_text_add(sql, "NULL");
}

/* The log's end is asked for after the read. What triggers noted is asked for in the read's own snapshot: a row is seen exactly when
 * its change is. */
static bool copy_begin(void *ctx, struct error *err)
{
	struct mysql *m = ctx;

	return !m->triggers || mysql_client_runf(m->control, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
}

static bool copy_high(void *ctx, const char **high, struct error *err)
{
	struct mysql *m = ctx;

	buffer_clear(&m->high);
	if (m->triggers) {
		if (!triggers_visible_here(m, &m->high, err) || !mysql_client_runf(m->control, err, "COMMIT"))
			return false;
	} else if (!mysql_log_end(m, &m->high, err)) {
		return false;
	}
	*high = buffer_text(&m->high);
	return true;
}

/* From a connection of its own, so that the next chunk can be on its way while this one is written. */
static bool read_result(struct mysql *m, const char *sql, struct error *err)
{
	if (m->triggers)
		return mysql_client_rows(m->control, sql, &m->result, err);
	if (!m->ahead) {
		struct mysql_client *c = mysql_connect_more(m, err);
		m->ahead = c ? ahead_new(c, err) : NULL;
	}
	return m->ahead && ahead_rows(m->ahead, sql, &m->result, err);
}

static bool copy_rows(void *ctx, const char *sql, struct error *err)
{
	struct mysql *m = ctx;

	if (!read_result(m, sql, err))
		return false;
	m->lens = memory_grow(m->lens, sizeof *m->lens * (size_t)(m->result.columns + 1));
	return true;
}

static bool copy_next(void *ctx, const char *const **cells, const size_t **lens)
{
	struct mysql *m = ctx;

	if (!mysql_rows_next(&m->result))
		return false;
	/* The library's lengths are unsigned longs, which size_t need not be. */
	for (int i = 0; i < m->result.columns; i++)
		m->lens[i] = m->result.lens[i];
	*cells = (const char *const *)m->result.cells;
	*lens = m->lens;
	return true;
}

static void copy_forget(void *ctx)
{
	mysql_rows_done(&((struct mysql *)ctx)->result);
}

static void copy_ahead(void *ctx, const char *sql)
{
	struct mysql *m = ctx;

	if (m->ahead)
		ahead_ask(m->ahead, sql);
}

static struct value copy_value(void *ctx, int entity, int column, const char *text, size_t n, struct arena *a)
{
	const struct mysql *m = ctx;
	const struct model *model = m->base.model;

	return cell_text_value(&column_of(m, entity, column)->cell, &model->entities[entity].columns[column], model->zone, text, n, a);
}

static bool copy_changed(void *ctx)
{
	enum { NO_COLUMN = 1054, NO_TABLE = 1146, OTHER_TABLE = 1412 };
	struct mysql *m = ctx;
	unsigned number = m->ahead ? ahead_errno(m->ahead) : mysql_client_errno(m->control);
	struct error ignored = {0};

	if (number != NO_COLUMN && number != NO_TABLE && number != OTHER_TABLE)
		return false;
	m->shape_stale = true;
	return mysql_shape_refresh(m, &ignored);
}

static const struct chunk_server copy_server = {
	.table = copy_table,
	.select = copy_select,
	.from = copy_from,
	.identifier = copy_identifier,
	.literal = copy_literal,
	/* Neither MySQL nor MariaDB enters an index by (a, b) > (x, y). */
	.compares_rows = false,
	.rows = copy_rows,
	.next = copy_next,
	.forget = copy_forget,
	.ahead = copy_ahead,
	.value = copy_value,
	.begin = copy_begin,
	.high = copy_high,
	.changed = copy_changed,
};

void mysql_copy_init(struct mysql *m)
{
	m->chunks = chunk_reader_new(&copy_server, m, m->base.model);
}

void mysql_copy_done(struct mysql *m)
{
	chunk_reader_free(m->chunks);
	ahead_free(m->ahead);
	free(m->lens);
}

static bool mysql_read_chunk(struct source *s, int entity, const struct value *after_key, int limit, struct source_chunk *out, struct error *err)
{
	return chunk_read(((struct mysql *)s)->chunks, entity, after_key, limit, out, err);
}

static bool mysql_read_keys(struct source *s, int entity, const struct value *const *keys, int count, struct source_chunk *out, struct error *err)
{
	return chunk_read_keys(((struct mysql *)s)->chunks, entity, keys, count, out, err);
}

static int64_t mysql_estimate(struct source *s, int entity)
{
	struct mysql *m = (struct mysql *)s;

	return m->shape.tables[entity].base.name ? m->shape.tables[entity].base.rows : 0;
}

const struct source_copy_ops mysql_copy_ops = {
	.begin_anew = mysql_begin_anew,
	.bound_before = mysql_bound_before,
	.read_chunk = mysql_read_chunk,
	.read_keys = mysql_read_keys,
	.estimate = mysql_estimate,
};
