#include "config.h"

#include "replica/copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "replica/held.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/mutants.h"
#include "replica/rollup.h"
#include "replica/row.h"
#include "replica/schema.h"
#include "replica/sql.h"

/* One entity's copy, as td_copy holds it. */
struct entity_copy {
	bool active, resync, read_all;
	int64_t t0;
	struct buffer p0;
	int64_t rows;
	bool any_touched;        /* false: no key was touched, nothing to ask */
	struct value *cursor;    /* a row with the key columns set; NULL: from the start */
	struct arena cursor_arena;
	unsigned epoch;
	struct copy_counts counts;
};

struct copy_state {
	struct entity_copy *entities;
	struct arena arena;      /* of a chunk, or of the leftovers given out */
	sqlite3_stmt *touch, *touched, *see, *seen, *save;
};

/* ---- columns that came later ---- */

static void set_known(struct table *t)
{
	free(t->added);
	t->added = NULL;
}

static void set_added(struct table *t, const char *column, int64_t seq)
{
	int n = t->entity->column_count;
	for (int i = 0; i < n; i++) {
		if (strcmp(t->entity->columns[i].as, column) != 0)
			continue;
		if (!t->added) {
			t->added = memory_alloc(sizeof *t->added * (size_t)n);
			for (int k = 0; k < n; k++)
				t->added[k] = -1;
		}
		t->added[i] = seq;
	}
}

static bool load_added(struct replica *r, struct error *err)
{
	for (int i = 0; i < r->model->entity_count; i++)
		set_known(&r->tables[i]);
	sqlite3_stmt *s = sql_prepare(r->db, "SELECT entity, column, seq FROM td_added WHERE NOT filled", err);
	int row = -1;
	while (s && (row = sql_row(s, err)) == 1) {
		int entity = sqlite3_column_int(s, 0);
		if (entity >= 0 && entity < r->model->entity_count)
			set_added(&r->tables[entity], (const char *)sqlite3_column_text(s, 1), sqlite3_column_int64(s, 2));
	}
	sqlite3_finalize(s);
	return row == 0;
}

bool copy_column_added(struct replica *r, int entity, int column, struct error *err)
{
	return schema_add_column(r->db, entity, r->model->entities[entity].columns[column].as, err) && load_added(r, err);
}

int copy_to_fill(const struct replica *r)
{
	int found = -2;
	for (int i = 0; i < r->model->entity_count; i++)
		if (r->tables[i].added && !r->tables[i].copying)
			found = found == -2 ? i : -1;
	return found;
}

/* A registration tells the store and time of the first version: of one that has just been filled in, too. */
static bool registers_added(const struct replica *r, const struct table *t)
{
	for (int i = 0; t->added && i < r->model->rollup_count; i++) {
		const struct rollup *u = &r->model->rollups[i];
		if (u->entity == t->index && ((u->by >= 0 && t->added[u->by] >= 0) || (u->at >= 0 && t->added[u->at] >= 0)))
			return true;
	}
	return false;
}

/* ---- state ---- */

static bool prepare(struct replica *r, struct error *err)
{
	struct copy_state *c = r->copy;
	c->touch = sql_prepare(r->db,
	                       "INSERT INTO td_touched (entity, key, fillable, churn) VALUES (?1, ?2, ?3, NOT ?3) ON CONFLICT DO UPDATE SET "
	                       "fillable = fillable AND excluded.fillable, churn = churn + excluded.churn",
	                       err);
	c->touched = sql_prepare(r->db, "SELECT fillable, churn FROM td_touched WHERE entity = ?1 AND key = ?2", err);
	c->see = sql_prepare(r->db, "INSERT INTO td_seen (entity, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING", err);
	c->seen = sql_prepare(r->db, "SELECT 1 FROM td_seen WHERE entity = ?1 AND key = ?2", err);
	c->save = sql_prepare(r->db,
	                      "UPDATE td_copy SET cursor = ?2, rows = ?3, read_all = ?4, inserted = ?5, updated = ?6, closed = ?7 "
	                      "WHERE entity = ?1",
	                      err);
	return c->touch && c->touched && c->see && c->seen && c->save;
}

static bool state_new(struct replica *r, struct error *err)
{
	r->copy = memory_zero(1, sizeof *r->copy);
	r->copy->entities = memory_zero((size_t)r->model->entity_count, sizeof *r->copy->entities);
	arena_init(&r->copy->arena);
	for (int i = 0; i < r->model->entity_count; i++)
		arena_init(&r->copy->entities[i].cursor_arena);
	return prepare(r, err) && held_prepare(r, err);
}

void copy_close(struct replica *r)
{
	struct copy_state *c = r->copy;
	if (!c)
		return;
	sqlite3_stmt *all[] = {c->touch, c->touched, c->see, c->seen, c->save};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sqlite3_finalize(all[i]);
	held_close(r);
	for (int i = 0; i < r->model->entity_count; i++) {
		set_known(&r->tables[i]);
		arena_done(&c->entities[i].cursor_arena);
		buffer_done(&c->entities[i].p0);
	}
	arena_done(&c->arena);
	free(c->entities);
	free(c);
	r->copy = NULL;
}

static void set_cursor(struct entity_copy *ec, const struct entity *e, struct value key)
{
	arena_reset(&ec->cursor_arena);
	ec->cursor = NULL;
	if (key.kind == VALUE_NULL)
		return;
	if (key.kind == VALUE_TEXT || key.kind == VALUE_BYTES)
		key.text = arena_copy(&ec->cursor_arena, key.text, key.len);
	ec->cursor = arena_alloc(&ec->cursor_arena, sizeof(struct value) * (size_t)e->column_count);
	key_split(e, key, ec->cursor, &ec->cursor_arena);
}

bool copy_load(struct replica *r, struct error *err)
{
	if ((!r->copy && !state_new(r, err)) || !load_added(r, err))
		return false;
	struct copy_state *c = r->copy;
	if (MUTANT(DURABLE_TOUCHED) && !r->in_txn && !sql_exec(r->db, "DELETE FROM td_touched", err))
		return false;
	for (int i = 0; i < r->model->entity_count; i++) {
		struct entity_copy *ec = &c->entities[i];
		ec->active = false;
		ec->any_touched = false;
		ec->epoch++; /* what was held may have been read for a state that was rolled back */
		r->tables[i].copying = r->tables[i].resync = false;
	}
	sqlite3_stmt *s = sql_prepare(r->db,
	                              "SELECT entity, resync, t0, cursor, rows, read_all, inserted, updated, closed, "
	                              "EXISTS (SELECT 1 FROM td_touched t WHERE t.entity = td_copy.entity), p0 FROM td_copy",
	                              err);
	int row = -1;
	while (s && (row = sql_row(s, err)) == 1) {
		int i = sqlite3_column_int(s, 0);
		if (i < 0 || i >= r->model->entity_count)
			continue;
		struct entity_copy *ec = &c->entities[i];
		ec->active = true;
		ec->resync = sqlite3_column_int(s, 1);
		ec->t0 = sqlite3_column_int64(s, 2);
		set_cursor(ec, &r->model->entities[i], sql_column(s, 3));
		ec->rows = sqlite3_column_int64(s, 4);
		ec->read_all = sqlite3_column_int(s, 5);
		ec->counts = (struct copy_counts){sqlite3_column_int64(s, 6), sqlite3_column_int64(s, 7), sqlite3_column_int64(s, 8)};
		ec->any_touched = sqlite3_column_int(s, 9);
		buffer_clear(&ec->p0);
		buffer_text_add(&ec->p0, (const char *)sqlite3_column_text(s, 10));
		r->tables[i].copying = true;
		r->tables[i].resync = ec->resync;
		r->tables[i].t0 = ec->t0;
	}
	sqlite3_finalize(s);
	return row == 0;
}

static bool save(struct replica *r, int entity, struct error *err)
{
	struct copy_state *c = r->copy;
	struct entity_copy *ec = &c->entities[entity];
	const struct entity *e = &r->model->entities[entity];
	sqlite3_bind_int(c->save, 1, entity);
	sql_bind(c->save, 2, ec->cursor ? key_of(e, ec->cursor, &c->arena) : value_null());
	sqlite3_bind_int64(c->save, 3, ec->rows);
	sqlite3_bind_int(c->save, 4, ec->read_all);
	sqlite3_bind_int64(c->save, 5, ec->counts.inserted);
	sqlite3_bind_int64(c->save, 6, ec->counts.updated);
	sqlite3_bind_int64(c->save, 7, ec->counts.closed);
	return sql_run(c->save, err);
}

static bool note_gap(struct replica *r, int entity, int64_t t0, const char *reason, struct error *err)
{
	const char *name = entity < 0 ? NULL : r->model->entities[entity].name;
	return sql_execf(r->db, err,
	                 "INSERT INTO td_gap (source, entity, valid_from, valid_to, reason) "
	                 "SELECT %lld, %Q, min(complete_to, %lld), %lld, %Q FROM td_source WHERE id = %lld AND complete_to IS NOT NULL",
	                 (long long)r->source, name, (long long)t0, (long long)t0, reason, (long long)r->source);
}

/* A copy that another takes over from never came to its end: what it had not reached is known from the new T0 on only. A first
 * copy's knowledge begins there, a resync's gap ends there. */
static bool take_over(struct replica *r, int entity, int64_t t0, struct error *err)
{
	const struct entity_copy *old = &r->copy->entities[entity];
	return !old->active ||
	       sql_execf(r->db, err,
	                 "UPDATE td_entity SET known_from = %lld WHERE id = %d AND known_from = %lld; "
	                 "UPDATE td_gap SET valid_to = %lld WHERE valid_to = %lld AND valid_to < %lld AND (entity IS NULL OR entity = %Q)",
	                 (long long)t0, entity, (long long)old->t0, (long long)t0, (long long)old->t0, (long long)t0, r->model->entities[entity].name);
}

bool copy_begin(struct replica *r, const struct copy_start *start, struct error *err)
{
	int entity = start->entity;
	bool resync = start->resync;
	int64_t t0 = start->t0;
	if (!replica_begin(r, err))
		return false;
	/* T0 is the source's first "last valid_from". */
	if (r->last_valid_from == TIME_NONE || t0 > r->last_valid_from)
		r->last_valid_from = t0;
	t0 = r->last_valid_from;
	if (!replica_next_seq(r, t0, 0, resync ? TXN_RESYNC : TXN_COPY, err) || (start->gap_reason && !note_gap(r, entity, t0, start->gap_reason, err)))
		return false;
	for (int i = 0; i < r->model->entity_count; i++) {
		if (entity >= 0 && i != entity)
			continue;
		if (!take_over(r, i, t0, err) ||
		    !sql_execf(r->db, err,
		               "DELETE FROM td_touched WHERE entity = %d; DELETE FROM td_seen WHERE entity = %d; DELETE FROM td_held WHERE "
		               "entity = %d; INSERT OR REPLACE INTO td_copy (entity, resync, p0, t0, rows, read_all, inserted, updated, "
		               "closed) VALUES (%d, %d, %Q, %lld, 0, 0, 0, 0, 0)",
		               i, i, i, i, (int)resync, start->p0, (long long)t0) ||
		    !sql_execf(r->db, err, "UPDATE td_entity SET copied = 0%s WHERE id = %d", resync ? "" : ", known_from = NULL", i))
			return false;
		if (!resync && !sql_execf(r->db, err, "UPDATE td_entity SET known_from = %lld WHERE id = %d", (long long)t0, i))
			return false;
	}
	/* In this transaction, so that one that was cut off before it began does not count. */
	if (start->reposition && resync &&
	    !sql_execf(r->db, err, "UPDATE td_source SET resynced_at = %lld WHERE id = %lld", (long long)clock_now(), (long long)r->source))
		return false;
	if (start->reposition || !r->position.len) {
		buffer_clear(&r->position);
		buffer_text_add(&r->position, start->p0);
	}
	/* The time is stored too: history must not begin before T0 after a restart either. */
	if (!replica_store_position(r, err))
		return false;
	return copy_load(r, err);
}

bool copy_progress(struct replica *r, struct copy_progress *out)
{
	*out = (struct copy_progress){.entity = -1};
	for (int i = 0; r->copy && i < r->model->entity_count; i++) {
		struct entity_copy *ec = &r->copy->entities[i];
		out->total++;
		out->rows += ec->rows;
		if (!ec->active) {
			out->done++;
			continue;
		}
		out->running = true;
		out->resync = ec->resync;
		if (out->entity < 0) {
			out->entity = i;
			out->cursor = ec->cursor;
			out->p0 = buffer_text(&ec->p0);
			out->read_all = ec->read_all;
			out->epoch = ec->epoch;
		}
	}
	return out->running;
}

unsigned copy_epoch(const struct replica *r, int entity)
{
	return r->copy->entities[entity].epoch;
}

bool copy_running(const struct replica *r)
{
	struct copy_progress p;
	return copy_progress((struct replica *)r, &p);
}

const struct copy_counts *copy_counts_of(const struct replica *r, int entity)
{
	return &r->copy->entities[entity].counts;
}

/* ---- touched keys ---- */

/* 1 touched, 0 not, -1 error. */
static int is_touched(struct replica *r, int entity, struct value key, bool *fillable, int64_t *churn, struct error *err)
{
	struct copy_state *c = r->copy;
	if (!c->entities[entity].any_touched || MUTANT(TOUCHED))
		return 0;
	sqlite3_bind_int(c->touched, 1, entity);
	sql_bind(c->touched, 2, key);
	int found = sql_row(c->touched, err);
	if (found == 1) {
		*fillable = sqlite3_column_int(c->touched, 0);
		*churn = sqlite3_column_int64(c->touched, 1);
	}
	sqlite3_reset(c->touched);
	return found;
}

/* 1: a chunk of this resync had the key; 0 not, -1 error. */
static int is_seen(struct replica *r, int entity, struct value key, struct error *err)
{
	struct copy_state *c = r->copy;
	sqlite3_bind_int(c->seen, 1, entity);
	sql_bind(c->seen, 2, key);
	int found = sql_row(c->seen, err);
	sqlite3_reset(c->seen);
	return found;
}

static int is_known(struct replica *r, const struct table *t, struct value key, struct error *err)
{
	bool fillable;
	int64_t churn;
	int known = is_touched(r, t->index, key, &fillable, &churn, err);
	return known == 0 && t->resync ? is_seen(r, t->index, key, err) : known;
}

static bool touch(struct replica *r, struct table *t, struct value key, enum copy_event event, bool *first, struct error *err)
{
	struct copy_state *c = r->copy;
	int known = is_known(r, t, key, err);
	if (known < 0)
		return false;
	*first = !known;
	c->entities[t->index].any_touched = true;
	sqlite3_bind_int(c->touch, 1, t->index);
	sql_bind(c->touch, 2, key);
	sqlite3_bind_int(c->touch, 3, event == COPY_UPDATE);
	return sql_run(c->touch, err);
}

bool copy_touch(struct replica *r, struct table *t, const struct value *row, enum copy_event event, bool *first, struct error *err)
{
	/* Not the copy's arena: between two chunks the stream may touch any number of keys. */
	struct arena a = {0};
	bool ok = touch(r, t, key_of(t->entity, row, &a), event, first, err);
	arena_done(&a);
	return ok;
}

/* ---- chunks ---- */

struct chunk_row {
	struct table *table;
	const struct value *row;
	struct value key;
	struct row_time at;
};

static bool write_row(struct replica *r, const struct chunk_row *w, struct error *err)
{
	struct entity_copy *ec = &r->copy->entities[w->table->index];
	struct stored old = {.values = arena_alloc(&r->copy->arena, sizeof(struct value) * (size_t)w->table->entity->column_count)};
	struct row_birth b = {w->row, w->at, ec->resync ? ORIGIN_RESYNC : ORIGIN_SNAPSHOT, true, TIME_NONE};
	int opened = row_open(r, w->table, &b, err);
	if (opened == 1)
		ec->counts.inserted++;
	if (opened != 0 || !ec->resync)
		return opened >= 0;
	if (history_find(w->table, w->row, &old, err) != 1)
		return false;
	struct row_step step = {w->at, END_RESYNC, ORIGIN_RESYNC, true, 0, true};
	int stepped = row_step(r, w->table, &old, w->row, &step, &r->copy->arena, err);
	if (stepped == 1)
		ec->counts.updated++;
	return stepped >= 0;
}

static bool take_row(struct replica *r, const struct chunk_row *w, struct error *err)
{
	struct copy_state *c = r->copy;
	bool fillable = false;
	int64_t churn = 0;
	int touched = is_touched(r, w->table->index, w->key, &fillable, &churn, err);
	if (touched < 0)
		return false;
	if (touched)
		return (!fillable && !MUTANT(REINSERT)) || held_fill(r, w->table, w->key, w->row, err);
	if (c->entities[w->table->index].resync) {
		sqlite3_bind_int(c->see, 1, w->table->index);
		sql_bind(c->see, 2, w->key);
		if (!sql_run(c->see, err))
			return false;
	}
	return write_row(r, w, err);
}

bool copy_chunk(struct replica *r, const struct copy_chunk *chunk, struct error *err)
{
	struct copy_state *c = r->copy;
	struct entity_copy *ec = &c->entities[chunk->entity];
	const struct entity *e = &r->model->entities[chunk->entity];
	if (!ec->active || ec->epoch != chunk->epoch)
		return true; /* the table was emptied or changed under the read */
	if (!replica_begin(r, err) || !replica_next_seq(r, ec->t0, chunk->count, TXN_COPY, err))
		return false;
	if (MUTANT(CURSOR) && chunk->count) {
		set_cursor(ec, e, key_of(e, chunk->rows[chunk->count - 1], &c->arena));
		if (!save(r, chunk->entity, err) || !replica_commit(r, err) || !replica_begin(r, err))
			return false;
	}
	for (int i = 0; i < chunk->count; i++) {
		if ((i & 255) == 0)
			arena_reset(&c->arena);
		if (!key_usable(e, chunk->rows[i])) {
			error_set(err, ERROR_REFUSED, "could not copy %s: a row has no usable key", e->table);
			return error_hint(err, "the key of %s must be unique and never NULL; see the model's key =", e->name);
		}
		struct chunk_row w = {&r->tables[chunk->entity], chunk->rows[i], key_of(e, chunk->rows[i], &c->arena), {ec->t0, r->seq}};
		if (!take_row(r, &w, err))
			return false;
	}
	ec->rows += chunk->count;
	ec->read_all = chunk->last;
	if (chunk->count)
		set_cursor(ec, e, key_of(e, chunk->rows[chunk->count - 1], &c->arena));
	return save(r, chunk->entity, err);
}

/* ---- partial rows ---- */

bool copy_hold(struct replica *r, struct table *t, const struct value *row, const struct held_cause *cause, struct error *err)
{
	return held_add(r, t, row, cause, err);
}

int copy_held(struct replica *r, struct table *t, const struct value *row, struct value *out, struct arena *a, struct error *err)
{
	return held_newest(r, t, key_of(t->entity, row, a), out, a, err);
}

bool copy_drop_held(struct replica *r, struct table *t, const struct value *row, struct error *err)
{
	struct arena a = {0};
	bool ok = held_drop(r, t, key_of(t->entity, row, &a), err);
	arena_done(&a);
	return ok;
}

bool copy_replace_held(struct replica *r, struct table *t, const struct value *row, struct error *err)
{
	struct arena a = {0};
	bool ok = held_replace(r, t, key_of(t->entity, row, &a), err);
	arena_done(&a);
	return ok;
}

bool copy_leftovers(struct replica *r, int entity, const struct value *const **keys, int *count, int max, const char **last_position,
                    struct error *err)
{
	arena_reset(&r->copy->arena);
	return held_list(r, &r->tables[entity], keys, count, max, last_position, &r->copy->arena, err);
}

bool copy_has_leftovers(struct replica *r, int entity)
{
	return held_any(r, entity);
}

static const struct value *row_read(const struct copy_filling *f, const struct entity *e, const struct value *key)
{
	for (int i = 0; i < f->row_count; i++)
		if (key_same(e, f->rows[i], key))
			return f->rows[i];
	return NULL;
}

bool copy_fill(struct replica *r, const struct copy_filling *f, struct error *err)
{
	struct copy_state *c = r->copy;
	struct table *t = &r->tables[f->entity];
	if (!replica_begin(r, err))
		return false;
	for (int i = 0; i < f->key_count; i++) {
		struct value key = key_of(t->entity, f->keys[i], &c->arena);
		const struct value *row = row_read(f, t->entity, f->keys[i]);
		if (row ? !held_fill_read(r, t, key, row, err) : !held_gone(r, t, key, err))
			return false;
	}
	return true;
}

bool copy_held_keys(struct replica *r, struct table *t, const struct value *const **keys, int *count, struct arena *a, struct error *err)
{
	return held_keys(r, t, keys, count, a, err);
}

bool copy_doubt(struct replica *r, struct table *t, const struct value *image, const struct held_cause *cause, struct error *err)
{
	bool first;
	return copy_touch(r, t, image, COPY_OTHER, &first, err) && copy_drop_held(r, t, image, err) && copy_hold(r, t, image, cause, err);
}

/* ---- cascades ---- */

bool copy_unread(struct replica *r, const struct table *t)
{
	return !r->copy->entities[t->index].read_all || held_any(r, t->index);
}

int copy_is_current(struct replica *r, const struct table *t, const struct value *row, struct error *err)
{
	if (!t->resync)
		return 1;
	struct arena a = {0};
	int known = is_known(r, t, key_of(t->entity, row, &a), err);
	arena_done(&a);
	return known;
}

bool copy_strike(struct replica *r, struct table *t, int64_t valid_from, struct error *err)
{
	struct entity_copy *ec = &r->copy->entities[t->index];
	if (!MUTANT(CASCADE))
		ec->epoch++;
	t->struck = true;
	if (valid_from <= ec->t0 || MUTANT(CASCADE_T0))
		return true;
	if (!take_over(r, t->index, valid_from, err))
		return false;
	/* At once: the next event on a row of it writes what the row was from here on. */
	ec->t0 = t->t0 = valid_from;
	return true;
}

bool copy_strike_end(struct replica *r, struct table *t, const char *position, struct error *err)
{
	struct entity_copy *ec = &r->copy->entities[t->index];
	if (!MUTANT(CASCADE_P0)) {
		buffer_clear(&ec->p0);
		buffer_text_add(&ec->p0, position);
	}
	return replica_next_seq(r, ec->t0, 0, ec->resync ? TXN_RESYNC : TXN_COPY, err) &&
	       sql_execf(r->db, err, "UPDATE td_copy SET p0 = %Q, t0 = %lld WHERE entity = %d", buffer_text(&ec->p0), (long long)ec->t0, t->index);
}

/* ---- the end ---- */

static bool forget(struct replica *r, int entity, struct error *err)
{
	return sql_execf(r->db, err,
	                 "DELETE FROM td_touched WHERE entity = %d; DELETE FROM td_seen WHERE entity = %d; DELETE FROM td_held WHERE entity = "
	                 "%d; DELETE FROM td_copy WHERE entity = %d; UPDATE td_entity SET copied = 1, verify = 0 WHERE id = %d; "
	                 "UPDATE td_added SET filled = 1 WHERE entity = %d",
	                 entity, entity, entity, entity, entity, entity);
}

/* Rows we hold that the source has no more: neither read nor touched. */
static bool close_unseen(struct replica *r, int entity, struct error *err)
{
	struct table *t = &r->tables[entity];
	const struct entity *e = t->entity;
	struct entity_copy *ec = &r->copy->entities[entity];
	struct buffer sql = {0};
	buffer_text_add(&sql, "SELECT ");
	for (int i = 0; i < e->column_count; i++) {
		sql_identifier(&sql, e->columns[i].as);
		buffer_text_add(&sql, ", ");
	}
	buffer_text_add(&sql, "_version, _valid_from, _seq_from, _origin, _changed FROM ");
	sql_identifier(&sql, e->name);
	/* The row under a scan may be deleted: the scan goes on with the next. */
	sqlite3_stmt *s = sql_prepare(r->db, buffer_text(&sql), err);
	buffer_done(&sql);
	bool ok = s && replica_next_seq(r, ec->t0, 0, TXN_RESYNC, err);
	int row = 0;
	sqlite3_stmt *lookups[] = {r->copy->seen, r->copy->touched};
	struct stored old = {.values = memory_alloc(sizeof(struct value) * (size_t)e->column_count)};
	while (ok && (row = sql_row(s, err)) == 1) {
		int n = e->column_count;
		for (int i = 0; i < n; i++)
			old.values[i] = sql_column(s, i);
		arena_reset(&r->copy->arena);
		struct value key = key_of(e, old.values, &r->copy->arena);
		bool found = false;
		for (int i = 0; ok && !found && i < 2; i++) {
			sqlite3_bind_int(lookups[i], 1, entity);
			sql_bind(lookups[i], 2, key);
			int hit = sql_row(lookups[i], err);
			sqlite3_reset(lookups[i]);
			found = hit == 1;
			ok = hit >= 0;
		}
		if (!ok || found)
			continue;
		old.version = sqlite3_column_int64(s, n);
		old.valid_from = sqlite3_column_int64(s, n + 1);
		old.seq = sqlite3_column_int64(s, n + 2);
		old.origin = (enum version_origin)sqlite3_column_int(s, n + 3);
		old.changed = sql_column(s, n + 4);
		ok = row_close(r, t, &old, (struct row_time){ec->t0, r->seq}, END_RESYNC, err);
		ec->counts.closed++;
	}
	free(old.values);
	sqlite3_finalize(s);
	return ok && row == 0;
}

bool copy_finish(struct replica *r, int entity, struct copy_counts *counts, struct error *err)
{
	struct entity_copy *ec = &r->copy->entities[entity];
	struct table *t = &r->tables[entity];
	arena_reset(&r->copy->arena);
	if (!replica_begin(r, err) || (ec->resync && (!close_unseen(r, entity, err) || !replica_recount(r, entity, err))))
		return false;
	*counts = ec->counts;
	ec->active = false;
	t->copying = t->resync = false;
	t->verify = false;
	bool again = registers_added(r, t);
	set_known(t);
	return forget(r, entity, err) && (!again || rollup_rebuild(r, err)) && replica_build_indexes(r, entity, err);
}

bool copy_truncated(struct replica *r, struct table *t, struct error *err)
{
	struct entity_copy *ec = &r->copy->entities[t->index];
	if (MUTANT(TRUNCATE))
		return true;
	ec->epoch++;
	ec->active = false;
	t->copying = t->resync = false;
	set_known(t);
	return forget(r, t->index, err) && replica_build_indexes(r, t->index, err);
}
