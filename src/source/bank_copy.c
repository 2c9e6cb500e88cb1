/* The bank's tables read by key. A chunk and the last change it can have seen come out of one read transaction. */
#include "config.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "model/model.h"
#include "source/bank_private.h"
#include "source/bank_sql.h"

#define COPY_PATIENCE (10 * SECOND)

/* ---- values ---- */

/* The shortest digits that give the same number again. */
static struct value value_of_real(double real, const struct column *c, const struct model *m, struct arena *a)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, real);
		if (isnan(real) || strtod(text, NULL) == real)
			break;
	}
	return value_canonical(c, arena_text(a, text), strlen(text), m->zone, a);
}

struct value bank_value(struct sqlite3_stmt *stmt, int i, const struct column *c, const struct model *m,
			struct arena *a)
{
	const void *bytes;
	size_t n;

	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_NULL:
		return value_null();
	case SQLITE_INTEGER:
		if (c->type == COLUMN_INTEGER)
			return value_integer(sqlite3_column_int64(stmt, i));
		return value_canonical_integer(c, sqlite3_column_int64(stmt, i), a);
	case SQLITE_FLOAT:
		return value_of_real(sqlite3_column_double(stmt, i), c, m, a);
	case SQLITE_TEXT:
		bytes = sqlite3_column_text(stmt, i);
		break;
	default:
		bytes = sqlite3_column_blob(stmt, i);
		break;
	}
	n = (size_t)sqlite3_column_bytes(stmt, i);
	/* A blob of no length has no address. */
	bytes = arena_copy(a, n ? bytes : "", n);
	if (c->type == COLUMN_BYTES && sqlite3_column_type(stmt, i) == SQLITE_BLOB)
		return value_bytes(bytes, n);
	if (c->type == COLUMN_TEXT)
		return value_text(bytes, n);
	return value_canonical(c, bytes, n, m->zone, a);
}

/* ---- statements ---- */

enum copy_statement { COPY_FIRST, COPY_AFTER, COPY_BY_KEY };

static void copy_key_list(struct buffer *b, const struct entity *e)
{
	for (int i = 0; i < e->key_count; i++) {
		buffer_text_add(b, i ? ", " : "");
		bank_sql_name(b, e->columns[e->key[i]].name);
	}
}

static void copy_text(struct buffer *b, const struct entity *e, const struct bank_entity *shape,
		      enum copy_statement which)
{
	buffer_text_add(b, "SELECT ");
	for (int i = 0; i < e->column_count; i++) {
		buffer_text_add(b, i ? ", " : "");
		if (shape->present[i])
			bank_sql_name(b, e->columns[i].name);
		else
			buffer_text_add(b, "NULL");
	}
	buffer_text_add(b, " FROM ");
	bank_sql_name(b, shape->table);
	if (which != COPY_FIRST) {
		buffer_text_add(b, " WHERE (");
		copy_key_list(b, e);
		buffer_text_add(b, which == COPY_AFTER ? ") > (" : ") = (");
		for (int i = 0; i < e->key_count; i++)
			buffer_format(b, "%s?%d", i ? ", " : "", i + 1);
		buffer_char(b, ')');
	}
	if (which == COPY_BY_KEY)
		return;
	buffer_text_add(b, " ORDER BY ");
	copy_key_list(b, e);
	buffer_format(b, " LIMIT ?%d", e->key_count + 1);
}

static sqlite3_stmt *copy_prepare(struct bank *b, int entity, enum copy_statement which, struct error *err)
{
	struct bank_entity *shape = &b->entities[entity];
	sqlite3_stmt **kept = which == COPY_FIRST   ? &shape->first
			      : which == COPY_AFTER ? &shape->after
						    : &shape->by_key;
	struct buffer sql = {0};

	if (!*kept) {
		copy_text(&sql, &b->base.model->entities[entity], shape, which);
		bank_sql_prepare(b->db, buffer_text(&sql), kept, err);
		buffer_done(&sql);
	}
	return *kept;
}

void bank_copy_forget(struct bank_entity *e)
{
	sqlite3_finalize(e->first);
	sqlite3_finalize(e->after);
	sqlite3_finalize(e->by_key);
	e->first = e->after = e->by_key = NULL;
}

static void copy_bind_key(sqlite3_stmt *stmt, const struct entity *e, const struct value *key)
{
	for (int i = 0; i < e->key_count; i++) {
		if (key[i].kind == VALUE_INTEGER)
			sqlite3_bind_int64(stmt, i + 1, key[i].integer);
		else if (key[i].kind == VALUE_TEXT)
			sqlite3_bind_text(stmt, i + 1, key[i].text, (int)key[i].len, SQLITE_STATIC);
		else if (key[i].kind == VALUE_BYTES)
			sqlite3_bind_blob(stmt, i + 1, key[i].text, (int)key[i].len, SQLITE_STATIC);
		else
			sqlite3_bind_null(stmt, i + 1);
	}
}

/* ---- reads ---- */

static bool copy_rows(struct bank *b, int entity, sqlite3_stmt *stmt, const struct value **rows, int limit, int *count,
		      struct error *err)
{
	const struct entity *e = &b->base.model->entities[entity];
	int rc = SQLITE_DONE;

	while (*count < limit && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct value *row = arena_alloc(&b->copied, (size_t)e->column_count * sizeof *row);

		for (int i = 0; i < e->column_count; i++)
			row[i] = bank_value(stmt, i, &e->columns[i], b->base.model, &b->copied);
		for (int i = 0; i < e->key_count; i++)
			if (row[e->key[i]].kind == VALUE_NULL) {
				sqlite3_reset(stmt);
				error_set(err, ERROR_REFUSED,
					  "could not copy table \"%s\" of bank \"%s\": a row has no key (%s is NULL)",
					  e->table, b->path, e->columns[e->key[i]].name);
				return error_hint(err, "give the row a key, or delete it");
			}
		rows[(*count)++] = row;
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		bank_sql_fail(b->db, err);
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static bool copy_high(struct bank *b, struct source_chunk *out, struct error *err)
{
	int64_t id, at, pruned_to;

	if (!bank_read_newest(b, &id, &at, &pruned_to, err))
		return false;
	out->high = bank_position(id, at, b->high);
	return true;
}

static bool copy_chunk(struct bank *b, int entity, const struct value *after_key, int limit, struct source_chunk *out,
		       struct error *err)
{
	const struct entity *e = &b->base.model->entities[entity];
	const struct value **rows = arena_zero(&b->copied, (size_t)limit, sizeof *rows);
	sqlite3_stmt *stmt;
	bool changed;

	if (!copy_high(b, out, err) || !bank_shape_load(b, &changed, err))
		return false;
	out->rows = rows;
	out->last = true;
	if (!b->entities[entity].table)
		return true;
	stmt = copy_prepare(b, entity, after_key ? COPY_AFTER : COPY_FIRST, err);
	if (!stmt)
		return false;
	if (after_key)
		copy_bind_key(stmt, e, after_key);
	sqlite3_bind_int(stmt, e->key_count + 1, limit);
	if (!copy_rows(b, entity, stmt, rows, limit, &out->count, err))
		return false;
	out->last = out->count < limit;
	return true;
}

static bool copy_keys(struct bank *b, int entity, const struct value *const *keys, int count, struct source_chunk *out,
		      struct error *err)
{
	const struct value **rows = arena_zero(&b->copied, (size_t)count, sizeof *rows);
	sqlite3_stmt *stmt;
	bool changed;

	if (!copy_high(b, out, err) || !bank_shape_load(b, &changed, err))
		return false;
	out->rows = rows;
	out->last = true;
	if (!b->entities[entity].table)
		return true;
	stmt = copy_prepare(b, entity, COPY_BY_KEY, err);
	if (!stmt)
		return false;
	for (int i = 0; i < count; i++) {
		copy_bind_key(stmt, &b->base.model->entities[entity], keys[i]);
		if (!copy_rows(b, entity, stmt, rows, out->count + 1, &out->count, err))
			return false;
	}
	return true;
}

static bool bank_read_chunk(struct source *s, int entity, const struct value *after_key, int limit,
			    struct source_chunk *out, struct error *err)
{
	struct bank *b = (struct bank *)s;

	*out = (struct source_chunk){0};
	arena_reset(&b->copied);
	bank_patience(b, COPY_PATIENCE);
	return bank_begin(b, err) && bank_end(b, copy_chunk(b, entity, after_key, limit, out, err), err);
}

static bool bank_read_keys(struct source *s, int entity, const struct value *const *keys, int count,
			   struct source_chunk *out, struct error *err)
{
	struct bank *b = (struct bank *)s;

	*out = (struct source_chunk){0};
	arena_reset(&b->copied);
	bank_patience(b, COPY_PATIENCE);
	return bank_begin(b, err) && bank_end(b, copy_keys(b, entity, keys, count, out, err), err);
}

/* A commit is visible to reads and in the log in the same instant, so the newest change is the bound. */
static bool bank_bound_before(struct source *s, const char **p0, int64_t *clock, struct error *err)
{
	struct bank *b = (struct bank *)s;
	int64_t id, at, pruned_to;

	bank_patience(b, COPY_PATIENCE);
	if (!bank_read_newest(b, &id, &at, &pruned_to, err))
		return false;
	*p0 = bank_position(id, at, b->bound);
	*clock = clock_now();
	return true;
}

/* The newest rowid less the oldest: at once, where a count would walk the table. Deleted rows make it too many. */
static int64_t bank_estimate(struct source *s, int entity)
{
	struct bank *b = (struct bank *)s;
	const char *table = b->entities[entity].table;
	sqlite3_stmt *stmt = NULL;
	int64_t rows = -1;
	char *sql;

	if (!table)
		return 0;
	sql = sqlite3_mprintf("SELECT coalesce(max(rowid) - min(rowid) + 1, 0) FROM \"%w\"", table);
	if (sqlite3_prepare_v2(b->db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		rows = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
	return rows;
}

const struct source_copy_ops bank_copy_ops = {
	.bound_before = bank_bound_before,
	.read_chunk = bank_read_chunk,
	.read_keys = bank_read_keys,
	.estimate = bank_estimate,
};
