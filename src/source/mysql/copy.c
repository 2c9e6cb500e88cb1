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

#define CHUNK_BYTES (4 << 20)
#define CHUNK_FIRST 500 /* rows, where nothing is known of their size */
#define TRIES 3         /* of a read whose table changes under it */

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
	/* Before anything is followed this is where a stream begins anew: what it passes over may have decided what was prepared. */
	if (!m->stream.feed && !m->triggers)
		xa_forget_all(m->state_folder, m->prepared_for);
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

/* ---- SQL ---- */

static void add_columns(const struct mysql_table *t, const struct entity *e, struct buffer *sql)
{
	bool any = false;

	for (int i = 0; i < e->column_count; i++) {
		const struct mysql_column *c = t->place[i] >= 0 ? &t->columns[t->place[i]] : NULL;
		if (!c)
			continue;
		buffer_text_add(sql, any ? ", " : "");
		mysql_identifier(sql, c->name);
		/* A FLOAT is printed with six digits, either with as many as it was declared with; a sum with all it has. */
		if (c->cell.type == COL_FLOAT || c->cell.type == COL_DOUBLE)
			buffer_text_add(sql, " + 0e0");
		any = true;
	}
}

static void add_from(struct mysql *m, const struct mysql_table *t, struct buffer *sql)
{
	buffer_text_add(sql, " FROM ");
	mysql_identifier(sql, m->url.database);
	buffer_char(sql, '.');
	mysql_identifier(sql, t->name);
}

static void add_hex(struct buffer *sql, struct value v)
{
	static const char digits[] = "0123456789abcdef";

	buffer_text_add(sql, "X'");
	for (uint32_t i = 0; i < v.len; i++) {
		buffer_char(sql, digits[(uint8_t)v.text[i] >> 4]);
		buffer_char(sql, digits[(uint8_t)v.text[i] & 15]);
	}
	buffer_char(sql, '\'');
}

/* A key's value as the server compares it. */
static void add_value(struct mysql *m, const struct mysql_column *c, const struct column *column, struct value v, struct buffer *sql)
{
	if (v.kind == VALUE_INTEGER && column->type == COLUMN_INSTANT)
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

struct keyed {
	struct mysql *m;
	const struct mysql_table *table;
	const struct entity *entity;
};

static const struct mysql_column *key_column(const struct keyed *k, int i)
{
	return &k->table->columns[k->table->place[k->entity->key[i]]];
}

static void add_compare(const struct keyed *k, int i, const char *op, const struct value *row, struct buffer *sql)
{
	mysql_identifier(sql, key_column(k, i)->name);
	buffer_text_add(sql, op);
	add_value(k->m, key_column(k, i), &k->entity->columns[k->entity->key[i]], row[k->entity->key[i]], sql);
}

/* (a > x) or (a = x and b > y) ..., with a >= x before it, which is what an index can be entered by. */
static void add_after(const struct keyed *k, const struct value *row, struct buffer *sql)
{
	int n = k->entity->key_count;

	buffer_text_add(sql, " WHERE ");
	add_compare(k, 0, n > 1 ? " >= " : " > ", row, sql);
	if (n == 1)
		return;
	buffer_text_add(sql, " AND (");
	for (int i = 0; i < n; i++) {
		buffer_text_add(sql, i ? " OR (" : "(");
		for (int j = 0; j < i; j++) {
			add_compare(k, j, " = ", row, sql);
			buffer_text_add(sql, " AND ");
		}
		add_compare(k, i, " > ", row, sql);
		buffer_char(sql, ')');
	}
	buffer_char(sql, ')');
}

static void add_order(const struct keyed *k, int limit, struct buffer *sql)
{
	for (int i = 0; i < k->entity->key_count; i++) {
		buffer_text_add(sql, i ? ", " : " ORDER BY ");
		mysql_identifier(sql, key_column(k, i)->name);
	}
	buffer_format(sql, " LIMIT %d", limit);
}

static void add_keys(const struct keyed *k, const struct value *const *keys, int count, struct buffer *sql)
{
	for (int i = 0; i < count; i++) {
		buffer_text_add(sql, i ? " OR (" : " WHERE (");
		for (int j = 0; j < k->entity->key_count; j++) {
			buffer_text_add(sql, j ? " AND " : "");
			add_compare(k, j, " = ", keys[i], sql);
		}
		buffer_char(sql, ')');
	}
}

/* ---- reading ---- */

/* The rows of the result as values that borrow it. */
static void take_rows(struct mysql *m, int entity, struct source_chunk *out, int64_t *bytes)
{
	const struct model *model = m->base.model;
	const struct entity *e = &model->entities[entity];
	const struct mysql_table *t = &m->shape.tables[entity];
	const struct value **rows = arena_alloc(&m->copied, sizeof *rows * (size_t)(m->result.count + 1));

	out->count = 0;
	while (mysql_rows_next(&m->result)) {
		struct value *row = arena_alloc(&m->copied, sizeof *row * (size_t)e->column_count);
		int cell = 0;
		for (int i = 0; i < e->column_count; i++) {
			row[i] = value_null();
			if (t->place[i] < 0)
				continue;
			const char *text = m->result.cells[cell];
			size_t n = m->result.lens[cell++];
			*bytes += (int64_t)n;
			if (text)
				row[i] = cell_text_value(&t->columns[t->place[i]].cell, &e->columns[i], model->zone, text, n, &m->copied);
		}
		rows[out->count++] = row;
	}
	out->rows = rows;
}

/* The log's end is asked for after the read. What triggers noted is asked for in the read's own snapshot: a row is seen exactly when
 * its change is. */
static bool read_begin(struct mysql *m, struct error *err)
{
	return !m->triggers || mysql_client_runf(m->control, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
}

static bool read_high(struct mysql *m, struct source_chunk *out, struct error *err)
{
	buffer_clear(&m->high);
	if (m->triggers) {
		if (!triggers_visible_here(m, &m->high, err) || !mysql_client_runf(m->control, err, "COMMIT"))
			return false;
	} else if (!mysql_log_end(m, &m->high, err)) {
		return false;
	}
	out->high = buffer_text(&m->high);
	return true;
}

/* From a connection of its own, so that the next chunk can be on its way while this one is written. */
static bool read_result(struct mysql *m, const char *sql, struct error *err)
{
	if (m->triggers)
		return read_begin(m, err) && mysql_client_rows(m->control, sql, &m->result, err);
	if (!m->ahead) {
		struct mysql_client *c = mysql_connect_more(m, err);
		m->ahead = c ? ahead_new(c, err) : NULL;
	}
	return m->ahead && ahead_rows(m->ahead, sql, &m->result, err);
}

static bool read_rows(struct mysql *m, int entity, struct buffer *sql, struct source_chunk *out, struct error *err)
{
	int64_t bytes = 0;

	if (!read_result(m, buffer_text(sql), err))
		return false;
	take_rows(m, entity, out, &bytes);
	if (out->count)
		m->chunk_rows[entity] = (int)(CHUNK_BYTES / (bytes / out->count + 1)) + 1;
	return read_high(m, out, err);
}

static void begin_read(struct mysql *m, struct source_chunk *out)
{
	mysql_rows_done(&m->result);
	arena_reset(&m->copied);
	*out = (struct source_chunk){.last = true};
}

/* A table that is not there (an optional one) is empty. */
static bool absent(struct mysql *m, struct source_chunk *out, struct error *err)
{
	return read_begin(m, err) && read_high(m, out, err);
}

/* Rows differ in size by the thousand: what the last chunk held says how many make the next. */
static int chunk_limit(const struct mysql *m, int entity, int limit)
{
	int64_t rows = m->chunk_rows[entity], average = m->shape.tables[entity].row_bytes;

	if (!rows)
		rows = average > 0 ? CHUNK_BYTES / average + 1 : CHUNK_FIRST;
	return rows < limit ? (int)rows : limit;
}

static bool key_is_there(const struct mysql_table *t, const struct entity *e)
{
	for (int i = 0; i < e->key_count; i++)
		if (t->place[e->key[i]] < 0)
			return false;
	return t->name != NULL;
}

/* The catalogue said otherwise when it was read: columns and tables come and go, and the log tells so in its time. */
static bool changed_meanwhile(struct mysql *m, struct error *err)
{
	enum { NO_COLUMN = 1054, NO_TABLE = 1146, OTHER_TABLE = 1412 };
	unsigned number = m->ahead ? ahead_errno(m->ahead) : mysql_client_errno(m->control);

	if (number != NO_COLUMN && number != NO_TABLE && number != OTHER_TABLE)
		return false;
	struct error ignored = {0};
	m->shape_stale = true;
	if (!mysql_shape_refresh(m, &ignored))
		return false;
	error_clear(err);
	return true;
}

static void add_chunk(const struct keyed *k, const struct value *after_key, int limit, struct buffer *sql)
{
	buffer_text_add(sql, "SELECT ");
	add_columns(k->table, k->entity, sql);
	add_from(k->m, k->table, sql);
	if (after_key)
		add_after(k, after_key, sql);
	add_order(k, limit, sql);
}

static bool read_chunk_once(struct mysql *m, int entity, const struct value *after_key, int most, struct source_chunk *out, struct error *err)
{
	const struct mysql_table *t = &m->shape.tables[entity];
	struct keyed k = {m, t, &m->base.model->entities[entity]};
	struct buffer sql = {0};

	begin_read(m, out);
	if (!key_is_there(t, k.entity))
		return absent(m, out, err);
	int limit = chunk_limit(m, entity, most);
	add_chunk(&k, after_key, limit, &sql);
	bool ok = read_rows(m, entity, &sql, out, err);
	out->last = out->count < limit;
	if (ok && !out->last && m->ahead) {
		buffer_clear(&sql);
		add_chunk(&k, out->rows[out->count - 1], chunk_limit(m, entity, most), &sql);
		ahead_ask(m->ahead, buffer_text(&sql));
	}
	buffer_done(&sql);
	return ok;
}

static bool mysql_read_chunk(struct source *s, int entity, const struct value *after_key, int limit, struct source_chunk *out, struct error *err)
{
	struct mysql *m = (struct mysql *)s;

	for (int i = 0; i < TRIES; i++) {
		if (read_chunk_once(m, entity, after_key, limit, out, err))
			return true;
		if (!changed_meanwhile(m, err))
			return false;
	}
	return read_chunk_once(m, entity, after_key, limit, out, err);
}

static bool read_keys_once(struct mysql *m, int entity, const struct value *const *keys, int count, struct source_chunk *out, struct error *err)
{
	const struct mysql_table *t = &m->shape.tables[entity];
	struct keyed k = {m, t, &m->base.model->entities[entity]};
	struct buffer sql = {0};

	begin_read(m, out);
	if (!key_is_there(t, k.entity) || count == 0)
		return absent(m, out, err);
	buffer_text_add(&sql, "SELECT ");
	add_columns(t, k.entity, &sql);
	add_from(m, t, &sql);
	add_keys(&k, keys, count, &sql);
	bool ok = read_rows(m, entity, &sql, out, err);
	buffer_done(&sql);
	return ok;
}

static bool mysql_read_keys(struct source *s, int entity, const struct value *const *keys, int count, struct source_chunk *out, struct error *err)
{
	struct mysql *m = (struct mysql *)s;

	for (int i = 0; i < TRIES; i++) {
		if (read_keys_once(m, entity, keys, count, out, err))
			return true;
		if (!changed_meanwhile(m, err))
			return false;
	}
	return read_keys_once(m, entity, keys, count, out, err);
}

static int64_t mysql_estimate(struct source *s, int entity)
{
	struct mysql *m = (struct mysql *)s;

	return m->shape.tables[entity].name ? m->shape.tables[entity].rows : 0;
}

const struct source_copy_ops mysql_copy_ops = {
	.bound_before = mysql_bound_before,
	.read_chunk = mysql_read_chunk,
	.read_keys = mysql_read_keys,
	.estimate = mysql_estimate,
};
