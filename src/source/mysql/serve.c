/* A whole source transaction, one change at a time. */
#include "config.h"

#include "base/error.h"
#include "model/model.h"
#include "source/mysql/private.h"

/* ---- records ---- */

static bool serve_map(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	const char *schema, *name;
	uint64_t id;

	/* By its name, not by the number noted: a prepared transaction may come from before the model changed. */
	if (!binlog_table_peek(e, &st->serve_format, &id, &schema, &name, err))
		return false;
	int entity = shape_entity(&m->shape, schema, name);
	*mysql_live_put(st, id) = (struct live_table){.id = id, .entity = entity};
	return entity < 0 || map_take(&st->maps[entity], &m->shape, entity, e, &st->serve_format, err);
}

static bool serve_rows(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;

	arena_reset(&st->unpacked);
	if (!binlog_rows_open(e, &st->serve_format, &st->unpacked, &st->rows, err))
		return false;
	const struct live_table *t = mysql_live_find(st, st->rows.table_id);
	st->entity = t ? t->entity : -1;
	st->rows_open = st->entity >= 0;
	st->rows_bytes = (int64_t)e->size;
	return true;
}

/* 1: a change of the whole entity is ready; 0: nothing to give; -1: error. */
static int serve_record(struct mysql *m, const struct txn_record *r, struct change *c, struct error *err)
{
	struct binlog_event e = {.type = r->type, .body = r->bytes, .size = r->n, .length = (uint32_t)r->n + BINLOG_HEADER};

	switch (r->kind) {
	case TXN_MAP:
		return serve_map(m, &e, err) ? 0 : -1;
	case TXN_ROWS:
		return serve_rows(m, &e, err) ? 0 : -1;
	case TXN_CATALOGUE:
		m->shape_stale = true;
		return mysql_shape_refresh(m, err) ? 0 : -1;
	case TXN_TRUNCATE:
	case TXN_RELOAD:
		*c = (struct change){.op = r->kind == TXN_TRUNCATE ? CHANGE_TRUNCATE : CHANGE_RELOAD, .entity = r->entity};
		return 1;
	}
	return 0;
}

/* ---- rows ---- */

static bool serve_image(struct mysql *m, const struct binlog_cell *cells, struct value *row, struct error *err)
{
	const struct mysql_stream *st = &m->stream;
	struct map_image i = {&st->maps[st->entity], &m->shape, st->entity, cells};

	return map_image(&i, row, &m->stream.change, err);
}

/* A column an INSERT leaves out has its default. */
static bool fill_defaults(struct mysql *m, struct value *row, struct error *err)
{
	int entity = m->stream.entity;
	const struct mysql_table *t = &m->shape.tables[entity];
	const struct entity *e = &m->base.model->entities[entity];

	for (int i = 0; i < e->column_count; i++) {
		if (row[i].kind != VALUE_UNKNOWN)
			continue;
		const struct mysql_column *c = t->base.place[i] >= 0 ? &t->columns[t->base.place[i]] : NULL;
		if (!c || !c->has_default) {
			error_set(err, ERROR_REFUSED, "could not follow the log: an insert into %s lacks column %s, whose default is no constant", e->table,
				  e->columns[i].name);
			return error_hint(err, "SET GLOBAL binlog_row_image = FULL; then read the table anew: tellerdesk resync --entity %s", e->name);
		}
		row[i] = c->initial;
	}
	return true;
}

/* What the after image leaves out has not changed: where the before image has it, it is known. A virtual column is left out of
 * partial images whatever became of it. */
static bool fill_unchanged(struct mysql *m, const struct value *before, struct value *after, struct error *err)
{
	const struct mysql_table *t = &m->shape.tables[m->stream.entity];
	const struct entity *e = &m->base.model->entities[m->stream.entity];

	for (int i = 0; i < e->column_count; i++) {
		if (after[i].kind != VALUE_UNKNOWN)
			continue;
		if (t->base.place[i] >= 0 && t->columns[t->base.place[i]].is_virtual) {
			error_set(err, ERROR_REFUSED, "could not follow the log: an update of %s lacks column %s, which the server makes of others", e->table,
				  e->columns[i].name);
			return error_hint(err, "SET GLOBAL binlog_row_image = FULL; then read the table anew: tellerdesk resync --entity %s", e->name);
		}
		after[i] = before[i];
	}
	return true;
}

/* System versioning logs the ended version as an insert of its own, and a delete as an update that ends the row. 0: passed over. */
static int versioned(const struct mysql_map *map, enum binlog_rows_op *op)
{
	if (map->row_end < 0)
		return 1;
	if (*op == ROWS_INSERT)
		return !map_has_ended(map, map->after);
	if (map_has_ended(map, map->before))
		return 0;
	if (*op == ROWS_UPDATE && map_has_ended(map, map->after))
		*op = ROWS_DELETE;
	return 1;
}

/* 1: a change; 0: the row says nothing to us; -1: error. */
static int serve_row(struct mysql *m, struct change *c, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct mysql_map *map = &st->maps[st->entity];
	struct value *before = st->before[st->entity], *after = st->after[st->entity];
	enum binlog_rows_op op = st->rows.op;

	if (!versioned(map, &op))
		return 0;
	if (op != ROWS_INSERT && !serve_image(m, map->before, before, err))
		return -1;
	if (op != ROWS_DELETE && !serve_image(m, map->after, after, err))
		return -1;
	if (op == ROWS_INSERT && !fill_defaults(m, after, err))
		return -1;
	if (op == ROWS_UPDATE && !fill_unchanged(m, before, after, err))
		return -1;
	*c = (struct change){
		.op = op == ROWS_INSERT ? CHANGE_INSERT : op == ROWS_UPDATE ? CHANGE_UPDATE : CHANGE_DELETE,
		.entity = st->entity,
		.before = op == ROWS_INSERT ? NULL : before,
		.after = op == ROWS_DELETE ? NULL : after,
		.cascades = op != ROWS_INSERT && m->shape.cascades.count > 0 && !(st->rows.flags & ROWS_NO_FOREIGN_KEY_CHECKS),
	};
	return 1;
}

/* 1: a change; 0: the transaction is over; -1: error. */
static int serve_change(struct mysql *m, struct change *c, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct txn_record r;
	int got;

	for (;;) {
		arena_reset(&st->change);
		if (!st->rows_open) {
			got = txn_next(&st->txn, &r, err);
			if (got == 1)
				got = serve_record(m, &r, c, err);
			else
				return got;
			if (got)
				return got;
			continue;
		}
		struct mysql_map *map = &st->maps[st->entity];
		got = binlog_rows_next(&st->rows, &map->table, map->before, map->after, err);
		if (got < 0)
			return -1;
		st->rows_open = got == 1;
		if (got == 1 && (got = serve_row(m, c, err)) != 0)
			return got;
	}
}

/* ---- the transaction ---- */

static void serve_done(struct mysql *m)
{
	struct mysql_stream *st = &m->stream;

	st->serving = st->rows_open = false;
	st->live_count = 0;
	txn_clear(&st->txn);
	arena_reset(&st->unpacked);
}

/* The file of a prepared transaction goes once the replica holds what it did. */
static void decided_add(struct mysql *m, const char *position)
{
	struct mysql_stream *st = &m->stream;

	if (!st->decided)
		return;
	if (m->decided_count == m->decided_cap)
		m->decided = memory_grow(m->decided, sizeof *m->decided * (size_t)(m->decided_cap = m->decided_cap ? m->decided_cap * 2 : 4));
	m->decided[m->decided_count++] = (struct decided){st->decided, memory_text(position)};
	st->decided = NULL;
}

static enum source_result give(struct mysql_stream *st, const struct change *c, struct source_event *event)
{
	event->change = *c;
	event->bytes = st->rows_bytes;
	st->rows_bytes = 0;
	return SOURCE_CHANGE;
}

enum source_result mysql_stream_serve(struct mysql *m, struct source_event *event, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct change c;

	if (st->held) {
		st->held = false;
		return give(st, &st->change_held, event);
	}
	int got = serve_change(m, &c, err);
	if (got < 0)
		return SOURCE_ERROR;
	if (got && st->begun_given)
		return give(st, &c, event);
	if (got) {
		/* A transaction that turns out to hold no change of ours has no beginning either. */
		st->begun_given = st->held = true;
		st->change_held = c;
		event->commit_time = st->commit_time;
		return SOURCE_BEGIN;
	}
	bool begun = st->begun_given;
	serve_done(m);
	event->position = mysql_stream_position(m);
	decided_add(m, event->position);
	if (!begun)
		return SOURCE_WAIT;
	st->moved = false;
	return SOURCE_COMMIT;
}
