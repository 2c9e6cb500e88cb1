#include "config.h"

#include "replica/apply_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "replica/copy.h"
#include "replica/held.h"
#include "replica/history.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/mutants.h"
#include "replica/rollup.h"
#include "replica/row.h"
#include "replica/sql.h"

/* ---- one row ---- */

/* A change that does not fit the state we hold: counted, listed, and the entity marked "verify"; but not while it is copied, or about to be. */
static bool surprise(struct apply *a, struct table *t, const struct value *row, const char *reason, struct error *err)
{
	if (t->copying || t->reload_seq == a->seq)
		return true;
	t->verify = true;
	t->counts_dirty = true;
	return apply_anomaly(a, t->entity->name, key_of(t->entity, row, &a->arena), reason, err);
}

static bool complete(const struct entity *e, const struct value *row)
{
	if (!row)
		return false;
	for (int i = 0; i < e->column_count; i++)
		if (row[i].kind == VALUE_UNKNOWN)
			return false;
	return true;
}

static struct value *row_new(struct apply *a, const struct entity *e)
{
	return arena_alloc(&a->arena, sizeof(struct value) * (size_t)e->column_count);
}

/* What `over` says, and `under` where it says nothing. */
static struct value *overlay(struct apply *a, const struct entity *e, const struct value *over, const struct value *under)
{
	struct value *row = row_new(a, e);
	for (int i = 0; i < e->column_count; i++)
		row[i] = over[i].kind == VALUE_UNKNOWN && under ? under[i] : over[i];
	return row;
}

/* The same row, with bytes of its own for as long as the transaction. */
static struct value *row_copy(struct apply *a, const struct entity *e, const struct value *from)
{
	struct value *row = arena_alloc(&a->kept, sizeof *row * (size_t)e->column_count);
	for (int i = 0; i < e->column_count; i++) {
		row[i] = from[i];
		if (row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES)
			row[i].text = arena_copy(&a->kept, row[i].text, row[i].len);
	}
	return row;
}

static bool is_customer(const struct apply *a, const struct table *t)
{
	return t->index == a->replica->model->customer;
}

static struct row_time now(const struct apply *a)
{
	return (struct row_time){a->valid_from, a->seq};
}

/* What the server did by itself is told apart from what it was asked to do. */
static enum version_end ended(const struct apply *a, enum version_end by)
{
	return a->depth ? END_CASCADE : by;
}

static enum version_origin came(const struct apply *a, enum version_origin by)
{
	return a->depth ? ORIGIN_CASCADE : by;
}

/* ---- an entity under copy: the first event on a key ---- */

/* Brings the row to what it was at T0 as far as the event's before image tells, so that the event finds it there. */
static bool copy_before(struct apply *a, struct table *t, const struct value *before, bool first, struct error *err)
{
	const struct entity *e = t->entity;
	if (!first || !complete(e, before))
		return true;
	struct stored old = {.values = row_new(a, e)};
	int found = history_find(t, before, &old, err);
	if (found < 0)
		return false;
	if (!found) {
		struct row_birth b = {before, {t->t0, a->seq}, t->resync ? ORIGIN_RESYNC : ORIGIN_SNAPSHOT, true, TIME_NONE};
		return row_open(a->replica, t, &b, err) >= 0;
	}
	struct row_step step = {{t->t0, a->seq}, END_RESYNC, ORIGIN_RESYNC, true, 0, true};
	return !t->resync || row_step(a->replica, t, &old, before, &step, &a->arena, err) >= 0;
}

/* In a resync a partial image may not be laid over the row we hold: that may be older than the gap. */
static bool stale_under(const struct table *t, bool first, const struct value *before)
{
	return t->copying && t->resync && first && !complete(t->entity, before);
}

/* A partial row: what is known is held invisibly until the rest is read. */
static bool hold(struct apply *a, struct table *t, const struct value *row, struct error *err)
{
	if (!t->copying) {
		struct value key = key_of(t->entity, row, &a->arena);
		error_set(err, ERROR_REFUSED, "could not apply a partial row image of %s \"%s\", which the replica does not hold",
		          t->entity->name, key_value_text(key, &a->arena));
		return error_hint(err, "run tellerdesk resync --entity %s, and let the source log full row images", t->entity->name);
	}
	struct held_cause cause = {a->valid_from, a->seq, a->depth ? HELD_CASCADE : HELD_EVENT};
	return copy_hold(a->replica, t, row, &cause, err);
}

/* ---- rows set aside ---- */

static struct aside *aside_take(struct apply *a, struct table *t, const struct value *row)
{
	for (struct aside **p = &a->aside; *p; p = &(*p)->next) {
		struct aside *d = *p;
		if (d->table == t && key_same(t->entity, d->values, row)) {
			*p = d->next;
			return d;
		}
	}
	return NULL;
}

static bool displace(struct apply *a, struct table *t, const struct value *row, struct error *err)
{
	const struct entity *e = t->entity;
	struct stored old = {.values = row_new(a, e)};
	int found = history_find(t, row, &old, err);
	if (found <= 0)
		return found == 0;
	struct aside *d = arena_zero(&a->kept, 1, sizeof *d);
	d->table = t;
	d->version = old.version;
	d->values = row_copy(a, e, old.values);
	d->next = a->aside;
	a->aside = d;
	if (is_customer(a, t) && !rollup_park(a->replica, key_of(e, d->values, &a->arena), &d->parked, err))
		return false;
	return row_close(a->replica, t, &old, now(a), END_KEY_CHANGE, err);
}

/* Rows still aside at the end lost their key and no change of theirs came: they are gone, which is a surprise. */
static bool aside_finish(struct apply *a, struct error *err)
{
	for (struct aside *d = a->aside; d; d = d->next)
		if (!history_end_again(d->table, d->values, d->version, END_DELETE, err) ||
		    !surprise(a, d->table, d->values, "displaced", err))
			return false;
	a->aside = NULL;
	return true;
}

/* ---- events ---- */

bool apply_insert(struct apply *a, struct table *t, const struct change *c, struct error *err)
{
	const struct entity *e = t->entity;
	const struct value *row = c->after;
	bool first = false;
	if (t->copying && (!copy_touch(a->replica, t, row, COPY_OTHER, &first, err) || !copy_replace_held(a->replica, t, row, err)))
		return false;
	/* A first load is inserts of new keys: try before asking. */
	struct row_birth b = {row, now(a), ORIGIN_INSERT, true, a->commit_time};
	int opened = row_open(a->replica, t, &b, err);
	if (opened)
		return opened > 0;
	struct stored old = {.values = row_new(a, e)};
	if (history_find(t, row, &old, err) != 1)
		return false;
	if (t->copying && t->resync && first && !MUTANT(RESYNC_INSERT)) {
		/* The row we held ended somewhere in the gap. */
		struct row_step step = {{t->t0, a->seq}, END_RESYNC, ORIGIN_INSERT, false, a->valid_from, false};
		return row_step(a->replica, t, &old, row, &step, &a->arena, err) >= 0;
	}
	struct row_step step = {now(a), END_UPDATE, ORIGIN_INSERT, true, 0, false};
	return surprise(a, t, row, "insert of a row that exists", err) &&
	       row_step(a->replica, t, &old, row, &step, &a->arena, err) >= 0;
}

struct key_change {
	const struct value *before, *after; /* of the event */
	struct stored *old;                 /* the row where it lives, or NULL */
	struct aside *aside;                /* the row where it was set aside, or NULL; neither: a row we do not hold */
};

static bool note_move(struct apply *a, struct table *t, const struct key_change *k, const struct value *row, int64_t version, struct error *err)
{
	sqlite3_stmt *s = a->replica->add_move;
	struct value old_key = key_of(t->entity, k->before, &a->arena), new_key = key_of(t->entity, row, &a->arena);
	sqlite3_bind_int(s, 1, t->index);
	sql_bind(s, 2, old_key);
	/* What is not held has no version: a number below all, once. */
	int64_t unseen = -(a->seq << 20 | (a->rows & 0xfffff));
	sqlite3_bind_int64(s, 3, k->old ? k->old->version : k->aside ? k->aside->version : unseen);
	sql_bind(s, 4, new_key);
	sqlite3_bind_int64(s, 5, version);
	sqlite3_bind_int64(s, 6, a->seq);
	if (!sql_run(s, err))
		return false;
	if (!is_customer(a, t))
		return true;
	return k->aside ? rollup_unpark(a->replica, k->aside->parked, new_key, err) : rollup_move(a->replica, old_key, new_key, err);
}

/* A row we do not hold moved: a customer's registration goes along, where it has one; one that stands at the new key is of a
 * customer that died. */
static bool move_unseen(struct apply *a, struct table *t, const struct value *old_key, const struct value *row, struct error *err)
{
	struct key_change k = {old_key, row, NULL, NULL};
	int64_t version = history_next(t, row, err); /* the number its next version gets, when it is whole */
	return version && note_move(a, t, &k, row, version, err);
}

static bool on_key_change(struct apply *a, struct table *t, const struct key_change *k, struct error *err)
{
	const struct entity *e = t->entity;
	const struct value *under = k->old ? k->old->values : k->aside ? k->aside->values : k->before;
	/* The old row's values are borrowed from the find statement: keep them past it. */
	struct value *row = row_copy(a, e, overlay(a, e, k->after, under));
	bool lived = k->old || k->aside;
	if (k->old && !row_close(a->replica, t, k->old, now(a), ended(a, END_KEY_CHANGE), err))
		return false;
	if (!displace(a, t, row, err))
		return false;
	if (!lived && !move_unseen(a, t, k->before, row, err))
		return false;
	if (!complete(e, row))
		return hold(a, t, row, err);
	int64_t version = history_next(t, row, err);
	struct row_birth b = {row, now(a), came(a, ORIGIN_KEY_CHANGE), !lived, TIME_NONE};
	if (!version || row_open(a->replica, t, &b, err) <= 0)
		return false;
	return !lived || note_move(a, t, k, row, version, err);
}

/* In a resync the row may be held from before the gap: it leaves its key now, and a customer's registration goes along. */
static bool leave_key(struct apply *a, struct table *t, const struct value *old_key, const struct value *row, struct error *err)
{
	const struct entity *e = t->entity;
	struct stored old = {.values = row_new(a, e)};
	int found = history_find(t, old_key, &old, err);
	if (found <= 0)
		return found == 0 && move_unseen(a, t, old_key, row, err);
	struct key_change k = {old_key, row, &old, NULL};
	int64_t version = history_next(t, row, err);
	return version && row_close(a->replica, t, &old, now(a), ended(a, END_KEY_CHANGE), err) && note_move(a, t, &k, row, version, err);
}

/* The newest partial image of a row, where one is held, laid under this one. */
static bool on_partial(struct apply *a, struct table *t, const struct value *old_key, const struct value *after, bool moved, struct error *err)
{
	const struct entity *e = t->entity;
	struct value *held = row_new(a, e);
	int found = copy_held(a->replica, t, old_key, held, &a->arena, err);
	if (found < 0)
		return false;
	struct value *row = overlay(a, e, after, found ? held : NULL);
	if (!moved)
		return hold(a, t, row, err);
	return (!found || copy_drop_held(a->replica, t, old_key, err)) && displace(a, t, row, err) && hold(a, t, row, err) &&
	       leave_key(a, t, old_key, row, err);
}

/* `first`: the old key was not touched before. */
static bool update_row(struct apply *a, struct table *t, const struct change *c, bool first, struct error *err)
{
	const struct entity *e = t->entity;
	const struct value *before = c->before && key_usable(e, c->before) ? c->before : NULL;
	const struct value *old_key = before ? before : c->after;
	bool moved = before && !key_same(e, before, c->after);
	if (t->copying) {
		if (moved && !copy_replace_held(a->replica, t, c->after, err))
			return false;
		struct value *held = row_new(a, e);
		int is_held = copy_held(a->replica, t, old_key, held, &a->arena, err);
		if (is_held < 0)
			return false;
		if (is_held || (stale_under(t, first, before) && !complete(e, c->after)))
			return on_partial(a, t, old_key, c->after, moved, err);
	}
	struct aside *aside = moved ? aside_take(a, t, old_key) : NULL;
	struct stored old = {.values = row_new(a, e)};
	int found = aside ? 0 : history_find(t, old_key, &old, err);
	if (found < 0)
		return false;
	if (!found && !aside) {
		if (!surprise(a, t, old_key, "update of an unknown row", err))
			return false;
		if (!moved && !complete(e, c->after))
			return hold(a, t, c->after, err);
	}
	if (moved) {
		struct key_change k = {before, c->after, found ? &old : NULL, aside};
		return on_key_change(a, t, &k, err);
	}
	if (!found) {
		struct row_birth b = {c->after, now(a), ORIGIN_UPDATE, true, TIME_NONE};
		return row_open(a->replica, t, &b, err) > 0;
	}
	struct row_step step = {now(a), ended(a, END_UPDATE), came(a, ORIGIN_UPDATE), true, 0, first && !complete(e, before)};
	return row_step(a->replica, t, &old, overlay(a, e, c->after, old.values), &step, &a->arena, err) >= 0;
}

/* ---- moves that wait ---- */

/* In a resync, a row we hold at a key another moves onto ended somewhere in the gap. */
static bool close_stale(struct apply *a, struct table *t, const struct value *row, struct error *err)
{
	struct stored old = {.values = row_new(a, t->entity)};
	int found = t->copying && t->resync ? history_find(t, row, &old, err) : 0;
	return found == 0 || (found > 0 && row_close(a->replica, t, &old, (struct row_time){t->t0, a->seq}, END_RESYNC, err));
}

static bool late_run(struct apply *a, struct error *err)
{
	struct late l = a->late;
	a->late.table = NULL;
	return !l.table || update_row(a, l.table, &l.change, l.first, err);
}

/* Nobody came: the key was free. */
static bool late_finish(struct apply *a, struct error *err)
{
	return !a->late.table || (close_stale(a, a->late.table, a->late.change.after, err) && late_run(a, err));
}

/* Before a change of the same table: is it of the row that makes place? Its image tells it from the row that moved. */
bool apply_meet(struct apply *a, struct table *t, const struct change *c, struct error *err)
{
	const struct entity *e = t->entity;
	if (a->late.table != t)
		return true;
	if (!complete(e, c->before) || !key_same(e, c->before, a->late.change.after) ||
	    history_changed(e, c->before, a->late.change.after, &a->arena).kind == VALUE_NULL)
		return late_finish(a, err);
	return copy_before(a, t, c->before, true, err) && late_run(a, err);
}

bool apply_meet_nobody(struct apply *a, const struct table *t, struct error *err)
{
	return a->late.table != t || late_finish(a, err);
}

static bool late_wait(struct apply *a, struct table *t, const struct change *c, bool first, struct error *err)
{
	const struct entity *e = t->entity;
	if (!late_finish(a, err))
		return false;
	a->late = (struct late){t, *c, first};
	a->late.change.before = row_copy(a, e, c->before);
	a->late.change.after = row_copy(a, e, c->after);
	return true;
}

bool apply_update(struct apply *a, struct table *t, const struct change *c, struct error *err)
{
	const struct entity *e = t->entity;
	const struct value *before = c->before && key_usable(e, c->before) ? c->before : NULL;
	bool moved = before && !key_same(e, before, c->after);
	bool first = false, onto_first = false;
	if (t->copying) {
		enum copy_event event = moved ? COPY_OTHER : COPY_UPDATE;
		if (!copy_touch(a->replica, t, before ? before : c->after, event, &first, err) ||
		    (moved && !copy_touch(a->replica, t, c->after, event, &onto_first, err)) || !copy_before(a, t, before, first, err))
			return false;
	}
	/* A server that carries out foreign keys by itself lets no row move onto a key before it is free. */
	if (onto_first && !a->depth && complete(e, before) && complete(e, c->after))
		return late_wait(a, t, c, first, err);
	return (!onto_first || close_stale(a, t, c->after, err)) && update_row(a, t, c, first, err);
}

bool apply_delete(struct apply *a, struct table *t, const struct change *c, struct error *err)
{
	const struct entity *e = t->entity;
	const struct value *row = c->before;
	bool first = false;
	struct aside *aside = aside_take(a, t, row);
	if (aside)
		return history_end_again(t, aside->values, aside->version, END_DELETE, err);
	if (t->copying && (!copy_touch(a->replica, t, row, COPY_OTHER, &first, err) || !copy_before(a, t, row, first, err) ||
	                   !copy_drop_held(a->replica, t, row, err)))
		return false;
	struct stored old = {.values = row_new(a, e)};
	int found = history_find(t, row, &old, err);
	if (found < 0)
		return false;
	if (found)
		return row_close(a->replica, t, &old, now(a), ended(a, END_DELETE), err);
	return t->copying ? row_was(a->replica, t, row, now(a), ended(a, END_DELETE), err) : surprise(a, t, row, "delete of an unknown row", err);
}

bool apply_merge(struct apply *a, struct table *t, const struct change *c, struct error *err)
{
	const struct entity *e = t->entity;
	struct stored old = {.values = row_new(a, e)};
	int found = history_find(t, c->after, &old, err);
	if (found < 0)
		return false;
	if (found) {
		struct row_step step = {now(a), END_UPDATE, ORIGIN_UPDATE, true, 0, true};
		return row_step(a->replica, t, &old, overlay(a, e, c->after, old.values), &step, &a->arena, err) >= 0;
	}
	struct value *row = row_new(a, e);
	for (int i = 0; i < e->column_count; i++)
		row[i] = c->after[i].kind == VALUE_UNKNOWN ? value_null() : c->after[i];
	struct row_birth b = {row, now(a), ORIGIN_INSERT, true, a->commit_time};
	return row_open(a->replica, t, &b, err) > 0;
}

bool apply_settle_rows(struct apply *a, struct error *err)
{
	return late_finish(a, err) && aside_finish(a, err);
}
