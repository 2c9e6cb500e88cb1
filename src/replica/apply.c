#include "config.h"

#include "replica/apply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/moment.h"
#include "model/change.h"
#include "replica/apply_internal.h"
#include "replica/copy.h"
#include "replica/history.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/search_index.h"
#include "replica/sql.h"

#define CLOCK_TOLERANCE (5 * MINUTE)

struct apply *apply_new(struct replica *r)
{
	struct apply *a = memory_zero(1, sizeof *a);
	a->replica = r;
	arena_init(&a->arena);
	arena_init(&a->kept);
	return a;
}

void apply_free(struct apply *a)
{
	if (!a)
		return;
	apply_cascades_free(a);
	arena_done(&a->arena);
	arena_done(&a->kept);
	free(a);
}

void apply_reset(struct apply *a)
{
	a->open = false;
	a->aside = NULL;
	a->late.table = NULL;
	a->depth = 0;
	arena_reset(&a->arena);
	arena_reset(&a->kept);
	apply_cascades_forget(a);
}

bool apply_is_open(const struct apply *a)
{
	return a->open;
}

int64_t apply_count(const struct apply *a)
{
	return a->total;
}

/* ---- anomalies ---- */

bool apply_anomaly(struct apply *a, const char *entity, struct value key, const char *reason, struct error *err)
{
	struct replica *r = a->replica;
	sqlite3_stmt *s = r->add_anomaly;
	sqlite3_bind_int64(s, 1, r->source);
	sqlite3_bind_text(s, 2, entity, -1, SQLITE_STATIC);
	sql_bind(s, 3, key);
	sqlite3_bind_text(s, 4, reason, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 5, a->commit_time);
	sqlite3_bind_int64(s, 6, a->seq);
	return sql_run(s, err);
}

/* ---- events ---- */

static bool refuse_key(const struct table *t, struct error *err)
{
	error_set(err, ERROR_REFUSED, "could not apply a change of %s: the row has no usable key", t->entity->name);
	return error_hint(err, "the key of %s must be unique and never NULL; see the model's key =", t->entity->name);
}

/* Every row of the table at once, in SQL. */
static bool on_truncate(struct apply *a, struct table *t, struct error *err)
{
	struct replica *r = a->replica;
	struct buffer columns = {0};
	for (int i = 0; i < t->entity->column_count; i++) {
		sql_identifier(&columns, t->entity->columns[i].as);
		buffer_text_add(&columns, ", ");
	}
	if (t->index == r->model->customer && !search_forget(r, err))
		goto failed;
	if (!sql_execf(r->db, err,
	               "INSERT INTO \"%w_history\" (%s_version, _valid_from, _valid_to, _seq_from, _seq_to, _origin, _ended_by, _changed) "
	               "SELECT %s_version, _valid_from, max(_valid_from, %lld), _seq_from, %lld, _origin, %d, _changed FROM \"%w\"",
	               t->entity->name, buffer_text(&columns), buffer_text(&columns), (long long)a->valid_from, (long long)a->seq,
	               END_TRUNCATE, t->entity->name))
		goto failed;
	if (!sql_execf(r->db, err, "DELETE FROM \"%w\"", t->entity->name))
		goto failed;
	int64_t gone = sqlite3_changes64(r->db);
	t->closed_keys += gone;
	t->closed += gone;
	t->rows -= gone;
	t->counts_dirty = true;
	buffer_done(&columns);
	return !t->copying || copy_truncated(r, t, err);
failed:
	buffer_done(&columns);
	return false;
}

static bool on_reject(struct apply *a, const struct change *c, struct error *err)
{
	struct replica *r = a->replica;
	sqlite3_stmt *s = r->add_rejected;
	sqlite3_bind_int64(s, 1, r->source);
	if (c->entity >= 0)
		sqlite3_bind_text(s, 2, r->model->entities[c->entity].name, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(s, 2);
	sqlite3_bind_int64(s, 3, (int64_t)c->line);
	sqlite3_bind_text(s, 4, c->reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 5, c->raw ? c->raw : "", (int)c->raw_len, SQLITE_STATIC);
	sqlite3_bind_int64(s, 6, a->commit_time);
	sqlite3_bind_int64(s, 7, a->seq);
	return sql_run(s, err);
}

static bool on_row(struct apply *a, struct table *t, const struct change *c, struct error *err)
{
	switch (c->op) {
	case CHANGE_INSERT:
		return apply_insert(a, t, c, err);
	case CHANGE_UPDATE:
		return apply_update(a, t, c, err);
	case CHANGE_DELETE:
		return apply_delete(a, t, c, err);
	default:
		return apply_merge(a, t, c, err);
	}
}

bool apply_row_change(struct apply *a, struct table *t, const struct change *c, struct error *err)
{
	struct parent_row p = {0};
	const struct value *keyed = c->op == CHANGE_DELETE ? c->before : c->after;
	if (!apply_meet(a, t, c, err))
		return false;
	if (!keyed || !key_usable(t->entity, keyed))
		return refuse_key(t, err);
	bool ok = (!c->cascades || apply_parent_note(a, t, c, &p, err)) && on_row(a, t, c, err) && (!p.table || apply_cascade(a, &p, err));
	apply_parent_done(&p);
	return ok;
}

bool apply_change(struct apply *a, const struct change *c, struct error *err)
{
	assert(a->open);
	arena_reset(&a->arena);
	a->rows++;
	a->total++;
	if (c->op == CHANGE_REJECT)
		return on_reject(a, c, err);
	struct table *t = &a->replica->tables[c->entity];
	switch (c->op) {
	case CHANGE_TRUNCATE:
		return apply_meet(a, t, c, err) && on_truncate(a, t, err);
	case CHANGE_RELOAD:
		t->reload_seq = a->seq;
		return apply_meet(a, t, c, err); /* ingest starts the copy when the transaction ends */
	default:
		return apply_row_change(a, t, c, err);
	}
}

/* ---- transactions ---- */

/* valid_from never runs backwards within a source, and a clock gone wild does not take history with it. */
static bool settle_times(struct apply *a, const struct apply_times *t, struct error *err)
{
	struct replica *r = a->replica;
	a->commit_time = t->commit_time;
	const char *reason = NULL;
	if (t->source_clock != TIME_NONE && t->commit_time > t->source_clock + CLOCK_TOLERANCE) {
		a->commit_time = t->source_clock;
		if (!a->raw_time)
			a->raw_time = arena_text(&a->kept, moment_utc(t->commit_time, (char[MOMENT_SIZE]){0}));
		reason = N_("clock: commit time ahead of the source's clock");
	} else if (r->last_valid_from != TIME_NONE && t->commit_time < r->last_valid_from - CLOCK_TOLERANCE) {
		reason = N_("clock: commit time jumped back");
	}
	a->valid_from = a->commit_time;
	if (r->last_valid_from != TIME_NONE && a->valid_from < r->last_valid_from)
		a->valid_from = r->last_valid_from;
	r->last_valid_from = a->valid_from;
	return !reason || apply_anomaly(a, "", value_null(), reason, err);
}

bool apply_begin(struct apply *a, const struct apply_times *t, struct error *err)
{
	assert(!a->open);
	apply_reset(a);
	a->rows = 0;
	a->seq = a->replica->seq + 1;
	a->raw_time = t->raw_time ? arena_text(&a->kept, t->raw_time) : NULL;
	if (!replica_begin(a->replica, err))
		return false;
	a->open = true;
	return settle_times(a, t, err);
}

static void set_position(struct replica *r, const char *position)
{
	buffer_clear(&r->position);
	buffer_text_add(&r->position, position);
	r->position_moved = true;
}

bool apply_end(struct apply *a, const char *position, struct error *err)
{
	struct replica *r = a->replica;
	assert(a->open);
	if (!apply_settle_rows(a, err))
		return false;
	/* A transaction that holds nothing of ours only moves the position. */
	if (a->rows) {
		sqlite3_stmt *s = r->add_txn;
		sqlite3_bind_int64(s, 1, a->seq);
		sqlite3_bind_int64(s, 2, r->source);
		sqlite3_bind_text(s, 3, position, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 4, a->commit_time);
		sqlite3_bind_text(s, 5, a->raw_time, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 6, a->rows);
		sqlite3_bind_int(s, 7, TXN_SOURCE);
		if (!sql_run(s, err))
			return false;
		r->seq = a->seq;
	}
	a->open = false;
	set_position(r, position);
	return apply_cascade_end(a, position, err);
}

bool apply_position(struct apply *a, const char *position, struct error *err)
{
	struct replica *r = a->replica;
	assert(!a->open);
	if (strcmp(buffer_text(&r->position), position) == 0)
		return true;
	if (!replica_begin(r, err))
		return false;
	set_position(r, position);
	return true;
}
