#include "config.h"

#include <sqlite3.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/model.h"
#include "source/bank_private.h"
#include "source/bank_sql.h"

static bool shape_columns(struct bank *b, const struct entity *e, struct bank_entity *shape, struct error *err)
{
	static const char sql[] = "SELECT x.name, coalesce(c.place, 0), x.type FROM pragma_table_xinfo(?1) AS x"
				  " LEFT JOIN bank_table AS t ON t.name = ?1 LEFT JOIN bank_column AS c ON c.tbl = "
				  "t.id AND c.name = x.name COLLATE NOCASE"
				  " WHERE x.hidden <> 1";
	sqlite3_stmt *stmt;
	int rc;

	if (!bank_sql_prepare(b->db, sql, &stmt, err))
		return false;
	sqlite3_bind_text(stmt, 1, e->table, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		shape->table = e->table;
		for (int i = 0; i < e->column_count; i++) {
			if (sqlite3_stricmp(e->columns[i].name, (const char *)sqlite3_column_text(stmt, 0)) != 0)
				continue;
			shape->present[i] = true;
			shape->place[i] = sqlite3_column_int(stmt, 1);
			shape->type[i] = arena_text(&b->shape, (const char *)sqlite3_column_text(stmt, 2));
		}
	}
	if (rc != SQLITE_DONE)
		bank_sql_fail(b->db, err);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

static bool shape_tables(struct bank *b, struct error *err)
{
	const struct model *m = b->base.model;
	int64_t tables = 0;
	sqlite3_stmt *stmt;
	int rc;

	if (!bank_sql_integer(b->db, "SELECT max(id) FROM bank_table", &tables, err) ||
	    !bank_sql_prepare(b->db, "SELECT id, name FROM bank_table", &stmt, err))
		return false;
	b->tables = (int)tables + 1;
	b->entity_of = arena_alloc(&b->shape, (size_t)b->tables * sizeof *b->entity_of);
	memset(b->entity_of, -1, (size_t)b->tables * sizeof *b->entity_of);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		for (int i = 0; i < m->entity_count; i++) {
			if (sqlite3_stricmp(m->entities[i].table, (const char *)sqlite3_column_text(stmt, 1)) != 0)
				continue;
			b->entity_of[sqlite3_column_int(stmt, 0)] = i;
			b->entities[i].captured = true;
		}
	if (rc != SQLITE_DONE)
		bank_sql_fail(b->db, err);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

/* The log's columns come in pairs, old_N at 3 + 2N and new_N after it, whatever their order in the table. */
static bool shape_changes(struct bank *b, struct error *err)
{
	struct buffer sql = {0};
	int64_t places = 0;
	bool ok = bank_sql_integer(b->db, "SELECT max(place) FROM bank_column", &places, err);

	buffer_text_add(&sql, "SELECT id, txn, at, tbl, op");
	for (int i = 1; i <= (int)places; i++)
		buffer_format(&sql, ", old_%d, new_%d", i, i);
	buffer_text_add(&sql, " FROM bank_change WHERE id > ?1 AND id <= ?2 ORDER BY id");
	ok = ok && bank_sql_prepare(b->db, buffer_text(&sql), &b->statements[BANK_SQL_CHANGES], err);
	buffer_done(&sql);
	return ok;
}

void bank_shape_done(struct bank *b)
{
	for (int i = 0; b->entities && i < b->base.model->entity_count; i++)
		bank_copy_forget(&b->entities[i]);
	sqlite3_finalize(b->statements[BANK_SQL_CHANGES]);
	b->statements[BANK_SQL_CHANGES] = NULL;
	b->entities = NULL;
	b->schema_version = -1;
	arena_done(&b->shape);
	arena_init(&b->shape);
}

bool bank_shape_load(struct bank *b, bool *changed, struct error *err)
{
	const struct model *m = b->base.model;
	int64_t version;

	*changed = false;
	if (!bank_sql_row(b->statements[BANK_SQL_SCHEMA_VERSION], &version, 1, err))
		return false;
	if (b->entities && version == b->schema_version)
		return true;
	*changed = true;
	bank_shape_done(b);
	b->entities = arena_zero(&b->shape, (size_t)m->entity_count, sizeof *b->entities);
	for (int i = 0; i < m->entity_count; i++) {
		struct bank_entity *e = &b->entities[i];
		size_t columns = (size_t)m->entities[i].column_count;

		e->present = arena_zero(&b->shape, columns, sizeof *e->present);
		e->place = arena_zero(&b->shape, columns, sizeof *e->place);
		e->type = arena_zero(&b->shape, columns, sizeof *e->type);
		if (!shape_columns(b, &m->entities[i], e, err))
			return false;
	}
	if (!shape_tables(b, err) || !shape_changes(b, err))
		return false;
	b->schema_version = version;
	return true;
}
