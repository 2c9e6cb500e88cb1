#include "config.h"

#include "replica/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/sql.h"

static const char *storage(const struct column *c)
{
	/* ANY keeps a misfit's text as it is where the type's own affinity would convert or refuse it. */
	switch (c->type) {
	case COLUMN_TEXT:
	case COLUMN_DATE:
	case COLUMN_DATETIME:
	case COLUMN_DECIMAL:
		return "TEXT";
	default:
		return "ANY";
	}
}

static void columns_add(const struct entity *e, struct buffer *sql)
{
	for (int i = 0; i < e->column_count; i++) {
		if (i)
			buffer_text_add(sql, ", ");
		sql_identifier(sql, e->columns[i].as);
	}
}

static void key_add(const struct entity *e, struct buffer *sql)
{
	for (int i = 0; i < e->key_count; i++) {
		if (i)
			buffer_text_add(sql, ", ");
		sql_identifier(sql, e->columns[e->key[i]].as);
	}
}

static void key_where(const struct entity *e, struct buffer *sql)
{
	for (int i = 0; i < e->key_count; i++) {
		buffer_text_add(sql, i ? " AND " : " WHERE ");
		sql_identifier(sql, e->columns[e->key[i]].as);
		buffer_format(sql, " = ?%d", e->key[i] + 1);
	}
}

static void name_add(struct buffer *sql, const char *name, const char *suffix)
{
	char *whole = memory_format("%s%s", name, suffix);
	sql_identifier(sql, whole);
	free(whole);
}

static void definitions(const struct entity *e, struct buffer *sql, bool current)
{
	for (int i = 0; i < e->column_count; i++) {
		const struct column *c = &e->columns[i];
		sql_identifier(sql, c->as);
		bool key = c->key >= 0;
		if (current && key && e->integer_key)
			buffer_text_add(sql, " INTEGER PRIMARY KEY");
		else
			buffer_format(sql, " %s%s", storage(c), key ? " NOT NULL" : "");
		buffer_text_add(sql, ", ");
	}
	buffer_text_add(sql, "_version INTEGER NOT NULL, _valid_from INTEGER NOT NULL, ");
	if (!current)
		buffer_text_add(sql, "_valid_to INTEGER NOT NULL CHECK (_valid_to >= _valid_from), ");
	buffer_text_add(sql, "_seq_from INTEGER NOT NULL, ");
	if (!current)
		buffer_text_add(sql, "_seq_to INTEGER NOT NULL CHECK (_seq_to >= _seq_from), ");
	buffer_text_add(sql, "_origin INTEGER NOT NULL, ");
	if (!current)
		buffer_text_add(sql, "_ended_by INTEGER NOT NULL, ");
	buffer_text_add(sql, "_changed TEXT");
}

void history_schema(const struct entity *e, struct buffer *sql)
{
	buffer_text_add(sql, "CREATE TABLE ");
	sql_identifier(sql, e->name);
	buffer_text_add(sql, " (");
	definitions(e, sql, true);
	if (!e->integer_key) {
		buffer_text_add(sql, ", PRIMARY KEY (");
		key_add(e, sql);
		buffer_text_add(sql, ")");
	}
	buffer_text_add(sql, ") STRICT;\nCREATE TABLE ");
	name_add(sql, e->name, "_history");
	buffer_text_add(sql, " (_id INTEGER PRIMARY KEY, ");
	definitions(e, sql, false);
	buffer_text_add(sql, ") STRICT;\nCREATE INDEX ");
	name_add(sql, e->name, "_history_key");
	buffer_text_add(sql, " ON ");
	name_add(sql, e->name, "_history");
	buffer_text_add(sql, " (");
	key_add(e, sql);
	buffer_text_add(sql, ", _valid_from);\n");
	if (e->cif >= 0 && !(e->key_count == 1 && e->key[0] == e->cif)) {
		buffer_text_add(sql, "CREATE INDEX ");
		name_add(sql, e->name, "_history_cif");
		buffer_text_add(sql, " ON ");
		name_add(sql, e->name, "_history");
		buffer_text_add(sql, " (");
		sql_identifier(sql, e->columns[e->cif].as);
		buffer_text_add(sql, ");\n");
	}
}

void history_indexes(const struct entity *e, struct buffer *sql)
{
	if (e->cif < 0 || e->key[0] == e->cif)
		return;
	buffer_text_add(sql, "CREATE INDEX IF NOT EXISTS ");
	name_add(sql, e->name, "_cif");
	buffer_text_add(sql, " ON ");
	sql_identifier(sql, e->name);
	buffer_text_add(sql, " (");
	sql_identifier(sql, e->columns[e->cif].as);
	buffer_text_add(sql, ");\n");
}

static void words(struct buffer *sql, const char *column, const char *const *list, int count)
{
	buffer_format(sql, "CASE %s", column);
	for (int i = 0; i < count; i++)
		if (list[i])
			buffer_format(sql, " WHEN %d THEN '%s'", i, list[i]);
	buffer_text_add(sql, " END");
}

void history_view(const struct entity *e, struct buffer *sql)
{
	const char *origins[END_REPAIR + 1], *ends[END_REPAIR + 1];
	for (int i = 0; i <= ORIGIN_REPAIR; i++)
		origins[i] = origin_word((enum version_origin)i);
	for (int i = 0; i <= END_REPAIR; i++)
		ends[i] = end_word((enum version_end)i);
	buffer_text_add(sql, "CREATE VIEW ");
	name_add(sql, e->name, "_versions");
	buffer_text_add(sql, " AS\nSELECT ");
	for (int part = 0; part < 2; part++) {
		if (part)
			buffer_text_add(sql, "\nUNION ALL SELECT ");
		columns_add(e, sql);
		buffer_format(sql, ", _version AS version, _valid_from AS valid_from, %s AS valid_to, %d AS is_current, _seq_from AS seq, ",
		              part ? "253402214400000000" : "_valid_to", part);
		words(sql, "_origin", origins, ORIGIN_REPAIR + 1);
		buffer_text_add(sql, " AS origin, ");
		if (part)
			buffer_text_add(sql, "NULL");
		else
			words(sql, "_ended_by", ends, END_REPAIR + 1);
		buffer_text_add(sql, " AS ended_by, coalesce(_changed, '[]') AS changed FROM ");
		name_add(sql, e->name, part ? "" : "_history");
	}
	buffer_text_add(sql, ";\n");
}

static void places(struct buffer *sql, int from, int count)
{
	for (int i = 0; i < count; i++)
		buffer_format(sql, "%s?%d", i ? ", " : "", from + i);
}

static sqlite3_stmt *prepare_taken(sqlite3 *db, struct buffer *sql, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(db, buffer_text(sql), err);
	buffer_clear(sql);
	return s;
}

/* Columns are bound at their index + 1, our own after them. */
bool history_prepare(struct table *t, sqlite3 *db, const struct entity *e, int index, struct error *err)
{
	struct buffer sql = {0};
	int n = e->column_count;
	*t = (struct table){.entity = e, .index = index, .db = db};

	buffer_text_add(&sql, "SELECT ");
	columns_add(e, &sql);
	buffer_text_add(&sql, ", _version, _valid_from, _seq_from, _origin, _changed FROM ");
	sql_identifier(&sql, e->name);
	key_where(e, &sql);
	t->find = prepare_taken(db, &sql, err);

	buffer_text_add(&sql, "INSERT INTO ");
	sql_identifier(&sql, e->name);
	buffer_text_add(&sql, " (");
	columns_add(e, &sql);
	buffer_text_add(&sql, ", _version, _valid_from, _seq_from, _origin, _changed) VALUES (");
	places(&sql, 1, n + 5);
	buffer_text_add(&sql, ") ON CONFLICT DO NOTHING");
	t->open = prepare_taken(db, &sql, err);

	buffer_text_add(&sql, "UPDATE ");
	sql_identifier(&sql, e->name);
	buffer_text_add(&sql, " SET ");
	for (int i = 0; i < n; i++) {
		if (e->columns[i].key >= 0)
			continue;
		sql_identifier(&sql, e->columns[i].as);
		buffer_format(&sql, " = ?%d, ", i + 1);
	}
	buffer_format(&sql, "_version = ?%d, _valid_from = ?%d, _seq_from = ?%d, _origin = ?%d, _changed = ?%d", n + 1, n + 2,
	              n + 3, n + 4, n + 5);
	key_where(e, &sql);
	t->replace = prepare_taken(db, &sql, err);

	buffer_text_add(&sql, "DELETE FROM ");
	sql_identifier(&sql, e->name);
	key_where(e, &sql);
	t->remove = prepare_taken(db, &sql, err);

	buffer_text_add(&sql, "INSERT INTO ");
	name_add(&sql, e->name, "_history");
	buffer_text_add(&sql, " (");
	columns_add(e, &sql);
	buffer_text_add(&sql, ", _version, _valid_from, _valid_to, _seq_from, _seq_to, _origin, _ended_by, _changed) VALUES (");
	places(&sql, 1, n + 8);
	buffer_text_add(&sql, ")");
	t->close = prepare_taken(db, &sql, err);

	buffer_text_add(&sql, "SELECT max(_version) FROM ");
	name_add(&sql, e->name, "_history");
	key_where(e, &sql);
	t->next = prepare_taken(db, &sql, err);

	buffer_text_add(&sql, "UPDATE ");
	name_add(&sql, e->name, "_history");
	buffer_format(&sql, " SET _ended_by = ?%d", n + 2);
	key_where(e, &sql);
	buffer_format(&sql, " AND _version = ?%d", n + 1);
	t->end_again = prepare_taken(db, &sql, err);
	buffer_done(&sql);
	return t->find && t->open && t->replace && t->remove && t->close && t->next && t->end_again;
}

void history_finish(struct table *t)
{
	sqlite3_stmt *all[] = {t->find, t->open, t->replace, t->remove, t->close, t->next, t->end_again};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sqlite3_finalize(all[i]);
}

static void bind_key(const struct entity *e, sqlite3_stmt *s, const struct value *row)
{
	for (int i = 0; i < e->key_count; i++)
		sql_bind(s, e->key[i] + 1, row[e->key[i]]);
}

static void bind_row(const struct entity *e, sqlite3_stmt *s, const struct value *row, const struct opening *o)
{
	int n = e->column_count;
	for (int i = 0; i < n; i++)
		sql_bind(s, i + 1, row[i]);
	sqlite3_bind_int64(s, n + 1, o->version);
	sqlite3_bind_int64(s, n + 2, o->valid_from);
	sqlite3_bind_int64(s, n + 3, o->seq);
	sqlite3_bind_int(s, n + 4, (int)o->origin);
	sql_bind(s, n + 5, o->changed);
}

int history_find(struct table *t, const struct value *row, struct stored *out, struct error *err)
{
	const struct entity *e = t->entity;
	sqlite3_reset(t->find);
	bind_key(e, t->find, row);
	int found = sql_row(t->find, err);
	if (found != 1)
		return found;
	int n = e->column_count;
	for (int i = 0; i < n; i++)
		out->values[i] = sql_column(t->find, i);
	out->version = sqlite3_column_int64(t->find, n);
	out->valid_from = sqlite3_column_int64(t->find, n + 1);
	out->seq = sqlite3_column_int64(t->find, n + 2);
	out->origin = (enum version_origin)sqlite3_column_int(t->find, n + 3);
	out->changed = sql_column(t->find, n + 4);
	return 1;
}

void history_release(struct table *t)
{
	sqlite3_reset(t->find);
}

int64_t history_next(struct table *t, const struct value *row, struct error *err)
{
	if (!t->closed_keys)
		return 1;
	bind_key(t->entity, t->next, row);
	int64_t version = sql_row(t->next, err) == 1 ? sqlite3_column_int64(t->next, 0) + 1 : 0;
	sqlite3_reset(t->next);
	return version;
}

int history_open(struct table *t, const struct value *row, const struct opening *o, struct error *err)
{
	bind_row(t->entity, t->open, row, o);
	if (!sql_run(t->open, err))
		return -1;
	if (!sqlite3_changes(t->db))
		return 0;
	t->rows++;
	t->counts_dirty = true;
	return 1;
}

bool history_replace(struct table *t, const struct value *row, const struct opening *o, struct error *err)
{
	bind_row(t->entity, t->replace, row, o);
	return sql_run(t->replace, err);
}

bool history_remove(struct table *t, const struct value *row, struct error *err)
{
	bind_key(t->entity, t->remove, row);
	t->closed_keys++;
	t->rows--;
	t->counts_dirty = true;
	return sql_run(t->remove, err);
}

bool history_close(struct table *t, const struct stored *old, int64_t valid_to, int64_t seq_to, enum version_end end, struct error *err)
{
	int n = t->entity->column_count;
	for (int i = 0; i < n; i++)
		sql_bind(t->close, i + 1, old->values[i]);
	sqlite3_bind_int64(t->close, n + 1, old->version);
	sqlite3_bind_int64(t->close, n + 2, old->valid_from);
	sqlite3_bind_int64(t->close, n + 3, valid_to);
	sqlite3_bind_int64(t->close, n + 4, old->seq);
	sqlite3_bind_int64(t->close, n + 5, seq_to);
	sqlite3_bind_int(t->close, n + 6, (int)old->origin);
	sqlite3_bind_int(t->close, n + 7, (int)end);
	sql_bind(t->close, n + 8, old->changed);
	t->closed++;
	t->counts_dirty = true;
	return sql_run(t->close, err);
}

bool history_end_again(struct table *t, const struct value *row, int64_t version, enum version_end end, struct error *err)
{
	int n = t->entity->column_count;
	bind_key(t->entity, t->end_again, row);
	sqlite3_bind_int64(t->end_again, n + 1, version);
	sqlite3_bind_int(t->end_again, n + 2, (int)end);
	return sql_run(t->end_again, err);
}

struct value history_changed(const struct entity *e, const struct value *old, const struct value *now, struct arena *a)
{
	struct buffer list = {0};
	for (int i = 0; i < e->column_count; i++) {
		if (value_equal(old[i], now[i]))
			continue;
		buffer_char(&list, list.len ? ',' : '[');
		buffer_char(&list, '"');
		for (const char *s = e->columns[i].as; *s; s++) {
			if (*s == '"' || *s == '\\')
				buffer_char(&list, '\\');
			buffer_char(&list, *s);
		}
		buffer_char(&list, '"');
	}
	if (!list.len)
		return value_null();
	buffer_char(&list, ']');
	struct value v = value_text(arena_copy(a, list.data, list.len), list.len);
	buffer_done(&list);
	return v;
}
