#include "config.h"

#include "source/sql/chunk.h"

#include <stdlib.h>

#include "base/error.h"
#include "model/model.h"
#include "source/source.h"
#include "source/sql/table.h"

#define CHUNK_BYTES (4 << 20)
#define CHUNK_FIRST 500 /* rows, where nothing is known of their size */
#define TRIES 3         /* of a read whose table changes under it */

struct chunk_reader {
	const struct chunk_server *server;
	void *ctx;
	const struct model *model;
	struct arena copied;        /* values of the last chunk that do not borrow the server's answer */
	const struct value **rows;  /* of the last chunk */
	int cap;
	int *fill;                  /* by entity: rows that fill a chunk's bytes; 0: not known */
	struct buffer sql;
};

struct chunk_reader *chunk_reader_new(const struct chunk_server *server, void *ctx, const struct model *m)
{
	struct chunk_reader *r = memory_zero(1, sizeof *r);

	*r = (struct chunk_reader){.server = server, .ctx = ctx, .model = m};
	r->fill = memory_zero((size_t)m->entity_count, sizeof *r->fill);
	arena_init(&r->copied);
	return r;
}

void chunk_reader_free(struct chunk_reader *r)
{
	if (!r)
		return;
	r->server->forget(r->ctx);
	arena_done(&r->copied);
	buffer_done(&r->sql);
	free(r->rows);
	free(r->fill);
	free(r);
}

/* ---- SQL ---- */

/* What is asked for: a table as the catalogue has it now. */
struct asking {
	struct chunk_reader *reader;
	int entity;
	const struct entity *e;
	const struct sql_table *table;
	int conditions; /* written so far */
};

static struct asking asking_of(struct chunk_reader *r, int entity)
{
	return (struct asking){r, entity, &r->model->entities[entity], r->server->table(r->ctx, entity), 0};
}

static bool key_is_there(const struct asking *a)
{
	for (int i = 0; i < a->e->key_count; i++)
		if (a->table->place[a->e->key[i]] < 0)
			return false;
	return true;
}

static void add_select(const struct asking *a, struct buffer *sql)
{
	const struct chunk_reader *r = a->reader;
	bool any = false;

	buffer_text_add(sql, "SELECT ");
	for (int i = 0; i < a->e->column_count; i++) {
		if (a->table->place[i] < 0)
			continue;
		buffer_text_add(sql, any ? ", " : "");
		r->server->select(r->ctx, a->entity, i, sql);
		any = true;
	}
	buffer_text_add(sql, " FROM ");
	r->server->from(r->ctx, a->entity, sql);
}

static void add_condition(struct asking *a, struct buffer *sql)
{
	buffer_text_add(sql, a->conditions++ ? " AND " : " WHERE ");
}

static void add_filter(struct asking *a, struct buffer *sql)
{
	const struct chunk_reader *r = a->reader;
	struct buffer filter = {0};

	if (r->server->filter)
		r->server->filter(r->ctx, a->entity, &filter);
	if (filter.len) {
		add_condition(a, sql);
		buffer_format(sql, "(%s)", buffer_text(&filter));
	}
	buffer_done(&filter);
}

static void add_name(const struct asking *a, int i, struct buffer *sql)
{
	a->reader->server->identifier(a->reader->ctx, a->entity, a->e->key[i], sql);
}

static void add_literal(const struct asking *a, int i, const struct value *row, struct buffer *sql)
{
	int column = a->e->key[i];

	a->reader->server->literal(a->reader->ctx, a->entity, column, row[column], sql);
}

static void add_compare(const struct asking *a, int i, const char *op, const struct value *row, struct buffer *sql)
{
	add_name(a, i, sql);
	buffer_text_add(sql, op);
	add_literal(a, i, row, sql);
}

/* (a, b) > (x, y) */
static void add_after_row(const struct asking *a, const struct value *row, struct buffer *sql)
{
	int n = a->e->key_count;

	for (int i = 0; i < n; i++) {
		buffer_text_add(sql, i ? ", " : "(");
		add_name(a, i, sql);
	}
	buffer_text_add(sql, ") > ");
	for (int i = 0; i < n; i++) {
		buffer_text_add(sql, i ? ", " : "(");
		add_literal(a, i, row, sql);
	}
	buffer_char(sql, ')');
}

/* (a > x) or (a = x and b > y) ..., with a >= x before it, which is what an index can be entered by. */
static void add_after_parts(const struct asking *a, const struct value *row, struct buffer *sql)
{
	int n = a->e->key_count;

	add_compare(a, 0, " >= ", row, sql);
	buffer_text_add(sql, " AND (");
	for (int i = 0; i < n; i++) {
		buffer_text_add(sql, i ? " OR (" : "(");
		for (int j = 0; j < i; j++) {
			add_compare(a, j, " = ", row, sql);
			buffer_text_add(sql, " AND ");
		}
		add_compare(a, i, " > ", row, sql);
		buffer_char(sql, ')');
	}
	buffer_char(sql, ')');
}

static void add_after(struct asking *a, const struct value *row, struct buffer *sql)
{
	add_condition(a, sql);
	if (a->e->key_count == 1)
		add_compare(a, 0, " > ", row, sql);
	else if (a->reader->server->compares_rows)
		add_after_row(a, row, sql);
	else
		add_after_parts(a, row, sql);
}

static void add_order(const struct asking *a, int limit, struct buffer *sql)
{
	for (int i = 0; i < a->e->key_count; i++) {
		buffer_text_add(sql, i ? ", " : " ORDER BY ");
		add_name(a, i, sql);
	}
	buffer_format(sql, " LIMIT %d", limit);
}

static const char *chunk_sql(struct asking *a, const struct value *after_key, int limit)
{
	struct buffer *sql = &a->reader->sql;

	buffer_clear(sql);
	a->conditions = 0;
	add_select(a, sql);
	add_filter(a, sql);
	if (after_key)
		add_after(a, after_key, sql);
	add_order(a, limit, sql);
	return buffer_text(sql);
}

static const char *keys_sql(struct asking *a, const struct value *const *keys, int count)
{
	struct buffer *sql = &a->reader->sql;

	buffer_clear(sql);
	a->conditions = 0;
	add_select(a, sql);
	add_filter(a, sql);
	bool filtered = a->conditions > 0;
	add_condition(a, sql);
	buffer_text_add(sql, filtered ? "(" : "");
	for (int i = 0; i < count; i++) {
		buffer_text_add(sql, i ? " OR (" : "(");
		for (int j = 0; j < a->e->key_count; j++) {
			buffer_text_add(sql, j ? " AND " : "");
			add_compare(a, j, " = ", keys[i], sql);
		}
		buffer_char(sql, ')');
	}
	buffer_text_add(sql, filtered ? ")" : "");
	return buffer_text(sql);
}

/* ---- reading ---- */

static bool read_begin(struct chunk_reader *r, struct error *err)
{
	return !r->server->begin || r->server->begin(r->ctx, err);
}

static void forget_last(struct chunk_reader *r, struct source_chunk *out)
{
	r->server->forget(r->ctx);
	arena_reset(&r->copied);
	*out = (struct source_chunk){.last = true};
}

static const struct value *take_row(const struct asking *a, const char *const *cells, const size_t *lens, int64_t *bytes)
{
	struct chunk_reader *r = a->reader;
	struct value *row = arena_alloc(&r->copied, sizeof *row * (size_t)a->e->column_count);
	int cell = 0;

	for (int i = 0; i < a->e->column_count; i++) {
		row[i] = value_null();
		if (a->table->place[i] < 0)
			continue;
		const char *text = cells[cell];
		size_t n = lens[cell++];
		*bytes += (int64_t)n;
		if (text)
			row[i] = r->server->value(r->ctx, a->entity, i, text, n, &r->copied);
	}
	return row;
}

/* The rows of the answer as values that may borrow it. */
static void take_rows(const struct asking *a, struct source_chunk *out)
{
	struct chunk_reader *r = a->reader;
	const char *const *cells;
	const size_t *lens;
	int64_t bytes = 0;

	while (r->server->next(r->ctx, &cells, &lens)) {
		if (out->count == r->cap)
			r->rows = memory_grow(r->rows, sizeof *r->rows * (size_t)(r->cap = r->cap ? r->cap * 2 : CHUNK_FIRST));
		r->rows[out->count++] = take_row(a, cells, lens, &bytes);
	}
	out->rows = r->rows;
	if (out->count)
		r->fill[a->entity] = (int)(CHUNK_BYTES / (bytes / out->count + 1)) + 1;
}

static bool read_rows(const struct asking *a, const char *sql, struct source_chunk *out, struct error *err)
{
	struct chunk_reader *r = a->reader;

	if (!read_begin(r, err) || !r->server->rows(r->ctx, sql, err))
		return false;
	take_rows(a, out);
	return r->server->high(r->ctx, &out->high, err);
}

/* A table that is not there (an optional one) is empty. */
static bool absent(struct chunk_reader *r, struct source_chunk *out, struct error *err)
{
	return read_begin(r, err) && r->server->high(r->ctx, &out->high, err);
}

/* Rows differ in size by the thousand: what the last chunk held says how many make the next. */
static int chunk_limit(const struct asking *a, int most)
{
	int64_t rows = a->reader->fill[a->entity], average = a->table->row_bytes;

	if (!rows)
		rows = average > 0 ? CHUNK_BYTES / average + 1 : CHUNK_FIRST;
	return rows < most ? (int)rows : most;
}

static void ask_ahead(struct chunk_reader *r, int entity, const struct value *after_key, int most)
{
	struct asking a = asking_of(r, entity);

	if (a.table->name && key_is_there(&a))
		r->server->ahead(r->ctx, chunk_sql(&a, after_key, chunk_limit(&a, most)));
}

static bool read_chunk_once(struct chunk_reader *r, int entity, const struct value *after_key, int most, struct source_chunk *out,
			    struct error *err)
{
	struct asking a = asking_of(r, entity);

	forget_last(r, out);
	if (!a.table->name || !key_is_there(&a))
		return absent(r, out, err);
	int limit = chunk_limit(&a, most);
	bool ok = read_rows(&a, chunk_sql(&a, after_key, limit), out, err);
	out->last = out->count < limit;
	if (ok && !out->last && r->server->ahead)
		ask_ahead(r, entity, out->rows[out->count - 1], most);
	return ok;
}

static bool read_keys_once(struct chunk_reader *r, int entity, const struct value *const *keys, int count, struct source_chunk *out,
			   struct error *err)
{
	struct asking a = asking_of(r, entity);

	forget_last(r, out);
	if (!a.table->name || !key_is_there(&a) || count == 0)
		return absent(r, out, err);
	return read_rows(&a, keys_sql(&a, keys, count), out, err);
}

/* The catalogue said otherwise when it was read: columns and tables come and go, and the stream tells so in its time. */
static bool changed_meanwhile(struct chunk_reader *r, struct error *err)
{
	if (!r->server->changed(r->ctx))
		return false;
	error_clear(err);
	return true;
}

bool chunk_read(struct chunk_reader *r, int entity, const struct value *after_key, int limit, struct source_chunk *out, struct error *err)
{
	for (int i = 0; i < TRIES; i++) {
		if (read_chunk_once(r, entity, after_key, limit, out, err))
			return true;
		if (!changed_meanwhile(r, err))
			return false;
	}
	return read_chunk_once(r, entity, after_key, limit, out, err);
}

bool chunk_read_keys(struct chunk_reader *r, int entity, const struct value *const *keys, int count, struct source_chunk *out,
		     struct error *err)
{
	for (int i = 0; i < TRIES; i++) {
		if (read_keys_once(r, entity, keys, count, out, err))
			return true;
		if (!changed_meanwhile(r, err))
			return false;
	}
	return read_keys_once(r, entity, keys, count, out, err);
}
