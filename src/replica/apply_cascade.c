/* What a server does to child rows by itself, done again (model/cascade.h has the rules).
 *
 * Before a change of a row that others refer to, its values are kept; after it the
 * living child rows that hold them are changed, each by apply_row_change like a row of
 * the source, so that keys, registrations, the copy's bookkeeping and their own children
 * follow in the usual way. It ends: a row that dies is gone, one that changes does not hold the old
 * values any more, and depth is bounded.
 *
 * An entity under copy has rows nobody has read. What a cascade did to those is seen when
 * they are read, if that is late enough: copy_strike. Those they are parents of cannot be
 * told then, and are read again (spread); so is an entity whose rows may have got other keys.
 */
#include "config.h"

#include "replica/apply_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/cascade.h"
#include "replica/apply.h"
#include "replica/copy.h"
#include "replica/held.h"
#include "replica/history.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/mutants.h"
#include "replica/sql.h"

#define DEPTH_MOST 15 /* a server that cascades does not go further */

struct cascading {
	struct cascade rule;
	sqlite3_stmt *find; /* the first child at or after a rowid */
	bool indexed;
	bool spread[2]; /* by whether the parent died: seen by the search that runs (spread) */
};

/* ---- the rules ---- */

static bool same_rule(const struct cascade *a, const struct cascade *b)
{
	size_t size = sizeof *a->parent_columns * (size_t)a->column_count;
	return a->parent == b->parent && a->child == b->child && a->on_delete == b->on_delete &&
	       a->on_update == b->on_update && a->column_count == b->column_count &&
	       memcmp(a->parent_columns, b->parent_columns, size) == 0 &&
	       memcmp(a->child_columns, b->child_columns, size) == 0;
}

static bool same_rules(const struct apply *a, const struct cascades *c)
{
	if (a->cascade_count != c->count)
		return false;
	for (int i = 0; i < c->count; i++)
		if (!same_rule(&a->cascades[i].rule, &c->list[i]))
			return false;
	return true;
}

void apply_cascades_free(struct apply *a)
{
	for (int i = 0; i < a->cascade_count; i++) {
		sqlite3_finalize(a->cascades[i].find);
		free((int *)a->cascades[i].rule.parent_columns);
		free((int *)a->cascades[i].rule.child_columns);
	}
	free(a->cascades);
	a->cascades = NULL;
	a->cascade_count = 0;
}

static sqlite3_stmt *prepare_find(const struct apply *a, const struct cascade *c, struct error *err)
{
	const struct entity *e = &a->replica->model->entities[c->child];
	struct buffer sql = {0};
	buffer_text_add(&sql, "SELECT _rowid_");
	for (int i = 0; i < e->column_count; i++) {
		buffer_text_add(&sql, ", ");
		sql_identifier(&sql, e->columns[i].as);
	}
	buffer_text_add(&sql, " FROM ");
	sql_identifier(&sql, e->name);
	buffer_text_add(&sql, " WHERE ");
	for (int i = 0; i < c->column_count; i++) {
		sql_identifier(&sql, e->columns[c->child_columns[i]].as);
		buffer_format(&sql, " = ?%d AND ", i + 2);
	}
	buffer_text_add(&sql, "_rowid_ >= ?1 ORDER BY _rowid_ LIMIT 1");
	sqlite3_stmt *s = sql_prepare(a->replica->db, buffer_text(&sql), err);
	buffer_done(&sql);
	return s;
}

static int *columns_copy(const int *columns, int count)
{
	size_t size = sizeof *columns * (size_t)count;
	return memcpy(memory_alloc(size), columns, size);
}

static bool rule_add(struct apply *a, const struct cascade *c, struct error *err)
{
	const struct model *m = a->replica->model;
	assert(c->parent >= 0 && c->parent < m->entity_count && c->child >= 0 && c->child < m->entity_count &&
	       c->column_count > 0);
	struct cascading *k = &a->cascades[a->cascade_count++];
	k->rule = *c;
	k->rule.parent_columns = columns_copy(c->parent_columns, c->column_count);
	k->rule.child_columns = columns_copy(c->child_columns, c->column_count);
	k->find = prepare_find(a, c, err);
	return k->find != NULL;
}

/* The key's own index finds them: it begins with these columns. */
static bool key_finds(const struct entity *e, const struct cascade *c)
{
	for (int i = 0; i < c->column_count; i++) {
		int place = e->columns[c->child_columns[i]].key;
		if (place < 0 || place >= c->column_count)
			return false;
	}
	return true;
}

static bool build_index(struct apply *a, struct cascading *k, struct error *err)
{
	const struct cascade *c = &k->rule;
	const struct entity *e = &a->replica->model->entities[c->child];
	struct buffer sql = {0};
	if (k->indexed)
		return true;
	if (c->column_count == 1 && c->child_columns[0] == e->cif) {
		history_indexes(e, &sql);
	} else if (!key_finds(e, c)) {
		struct buffer name = {0};
		buffer_format(&name, "td_fk_%s", e->name);
		for (int i = 0; i < c->column_count; i++)
			buffer_format(&name, ".%s", e->columns[c->child_columns[i]].as);
		buffer_text_add(&sql, "CREATE INDEX IF NOT EXISTS ");
		sql_identifier(&sql, buffer_text(&name));
		buffer_text_add(&sql, " ON ");
		sql_identifier(&sql, e->name);
		for (int i = 0; i < c->column_count; i++) {
			buffer_text_add(&sql, i ? ", " : " (");
			sql_identifier(&sql, e->columns[c->child_columns[i]].as);
		}
		buffer_char(&sql, ')');
		buffer_done(&name);
	}
	k->indexed = replica_build(a->replica, buffer_text(&sql), err);
	buffer_done(&sql);
	return k->indexed;
}

bool apply_set_cascades(struct apply *a, const struct cascades *c, struct error *err)
{
	assert(!a->open);
	if (!same_rules(a, c)) {
		apply_cascades_free(a);
		a->cascades = memory_zero((size_t)c->count, sizeof *a->cascades);
		for (int i = 0; i < c->count; i++)
			if (!rule_add(a, &c->list[i], err))
				return false;
	}
	/* A first fill is faster without; if a cascade comes before its end, it builds the index itself. */
	for (int i = 0; i < a->cascade_count; i++)
		if (!a->replica->tables[a->cascades[i].rule.child].copying && !build_index(a, &a->cascades[i], err))
			return false;
	return true;
}

void apply_cascades_forget(struct apply *a)
{
	for (int i = 0; i < a->cascade_count; i++)
		a->cascades[i].indexed = false; /* what was rolled back may have built it */
	for (int i = 0; i < a->replica->model->entity_count; i++) {
		struct table *t = &a->replica->tables[i];
		t->struck = false;
		t->reread = REREAD_NOTHING;
	}
}

/* ---- the parent ---- */

static struct value *row_copy(struct arena *arena, const struct entity *e, const struct value *from)
{
	struct value *row = arena_alloc(arena, sizeof *row * (size_t)e->column_count);
	for (int i = 0; i < e->column_count; i++) {
		row[i] = from[i];
		if (row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES)
			row[i].text = arena_copy(arena, row[i].text, row[i].len);
	}
	return row;
}

/* Whether a column that is referred to is not known. */
static bool lacks(const struct apply *a, const struct parent_row *p)
{
	for (int i = 0; i < a->cascade_count; i++) {
		const struct cascade *c = &a->cascades[i].rule;
		for (int k = 0; c->parent == p->table->index && k < c->column_count; k++)
			if (p->old[c->parent_columns[k]].kind == VALUE_UNKNOWN)
				return true;
	}
	return false;
}

/* What the image does not say, from the row as it is held: from its newest partial image, or where it stands, if it is
 * of now. */
static bool complete_old(struct apply *a, struct table *t, struct parent_row *p, struct error *err)
{
	const struct entity *e = t->entity;
	struct stored row = {.values = arena_alloc(&p->arena, sizeof(struct value) * (size_t)e->column_count)};
	int found = t->copying ? copy_held(a->replica, t, p->old, row.values, &p->arena, err) : 0;
	if (!found) {
		found = t->copying ? copy_is_current(a->replica, t, p->old, err) : 1;
		if (found == 1)
			found = history_find(t, p->old, &row, err);
	}
	for (int i = 0; found == 1 && i < e->column_count; i++)
		if (p->old[i].kind == VALUE_UNKNOWN)
			p->old[i] = row.values[i];
	p->old = row_copy(&p->arena, e, p->old);
	return found >= 0;
}

static bool is_parent(const struct apply *a, const struct table *t)
{
	for (int i = 0; i < a->cascade_count; i++)
		if (a->cascades[i].rule.parent == t->index)
			return true;
	return false;
}

bool apply_parent_note(struct apply *a, struct table *t, const struct change *c, struct parent_row *p,
		       struct error *err)
{
	const struct entity *e = t->entity;
	if ((c->op != CHANGE_UPDATE && c->op != CHANGE_DELETE) || !is_parent(a, t))
		return true;
	p->table = t;
	bool before = c->before && key_usable(e, c->before);
	p->old = row_copy(&p->arena, e, before ? c->before : c->after);
	for (int i = 0; !before && i < e->column_count; i++)
		if (e->columns[i].key < 0)
			p->old[i] = (struct value){.kind = VALUE_UNKNOWN};
	p->now = c->op == CHANGE_UPDATE ? row_copy(&p->arena, e, c->after) : NULL;
	return !lacks(a, p) || complete_old(a, t, p, err);
}

void apply_parent_done(struct parent_row *p)
{
	arena_done(&p->arena);
}

/* ---- what it strikes ---- */

enum strike { STRIKE_NOTHING, STRIKE_CHILDREN, STRIKE_UNKNOWN };

static enum strike strikes(const struct cascade *c, const struct parent_row *p)
{
	bool unknown = false, changed = !p->now;
	if ((p->now ? c->on_update : c->on_delete) == CASCADE_NONE)
		return STRIKE_NOTHING;
	for (int i = 0; i < c->column_count; i++) {
		int column = c->parent_columns[i];
		if (p->old[column].kind == VALUE_NULL)
			return STRIKE_NOTHING;
		unknown |= p->old[column].kind == VALUE_UNKNOWN;
		changed |=
			p->now && p->now[column].kind != VALUE_UNKNOWN && !value_equal(p->now[column], p->old[column]);
	}
	return !changed ? STRIKE_NOTHING : unknown ? STRIKE_UNKNOWN : STRIKE_CHILDREN;
}

static bool refuse_unknown(const struct table *parent, const struct table *child, struct error *err)
{
	error_set(err, ERROR_REFUSED,
		  "could not carry out a foreign key of %s: its values in the row of %s are not known",
		  child->entity->name, parent->entity->name);
	return error_hint(err, "let the source log full row images, then run tellerdesk resync --entity %s",
			  child->entity->name);
}

static bool dies(const struct cascade *c, const struct parent_row *p)
{
	return !p->now && c->on_delete == CASCADE_FOLLOW;
}

/* The child as the server leaves it. */
static struct value *after_of(const struct cascade *c, const struct parent_row *p, const struct entity *e,
			      const struct value *row, struct arena *arena)
{
	struct value *after = arena_copy(arena, row, sizeof *row * (size_t)e->column_count);
	bool follow = p->now && c->on_update == CASCADE_FOLLOW;
	for (int i = 0; i < c->column_count; i++) {
		struct value now = follow ? p->now[c->parent_columns[i]] : value_null();
		after[c->child_columns[i]] = now.kind == VALUE_UNKNOWN ? p->old[c->parent_columns[i]] : now;
	}
	return after;
}

/* `row` outlives the call; it is complete, or a partial image that is held. */
static bool change_child(struct apply *a, const struct cascade *c, const struct parent_row *p, const struct value *row,
			 struct error *err)
{
	struct table *t = &a->replica->tables[c->child];
	struct arena arena = {0};
	struct change change = {.op = CHANGE_DELETE, .entity = c->child, .before = row, .cascades = true};
	if (a->depth == DEPTH_MOST) {
		error_set(err, ERROR_REFUSED,
			  "could not carry out a foreign key of %s: it goes on for more than %d rows", t->entity->name,
			  DEPTH_MOST);
		return error_hint(err, "run tellerdesk resync --entity %s", t->entity->name);
	}
	if (!dies(c, p)) {
		change.op = CHANGE_UPDATE;
		change.after = after_of(c, p, t->entity, row, &arena);
	}
	/* Nobody up to the source's change has anything left in it: a parent's values are in an arena of their own. */
	arena_reset(&a->arena);
	a->rows++;
	a->depth++;
	bool ok = apply_row_change(a, t, &change, err);
	a->depth--;
	arena_done(&arena);
	return ok;
}

/* ---- rows that stand ---- */

/* 1: row is the first child from rowid *from on, which is moved past it; 0 none, -1 error. */
static int next_child(const struct apply *a, const struct cascading *k, const struct parent_row *p, int64_t *from,
		      struct value *row, struct arena *arena, struct error *err)
{
	const struct entity *e = &a->replica->model->entities[k->rule.child];
	sqlite3_bind_int64(k->find, 1, *from);
	for (int i = 0; i < k->rule.column_count; i++)
		sql_bind(k->find, i + 2, p->old[k->rule.parent_columns[i]]);
	int found = sql_row(k->find, err);
	if (found == 1) {
		int64_t rowid = sqlite3_column_int64(k->find, 0);
		*from = rowid == INT64_MAX
				? rowid
				: rowid + 1; /* nobody stands at the last one twice: what was struck differs now */
		for (int i = 0; i < e->column_count; i++)
			row[i] = sql_column_copy(k->find, i + 1, arena);
	}
	sqlite3_reset(k->find);
	return found;
}

/* Of an entity under copy: a row that stands as it was before a gap is left to the copy, one with a partial image to
 * that. 1: change it, 0: not, -1 error. */
static int is_ours(struct apply *a, struct table *t, const struct value *row, struct error *err)
{
	struct value *held = arena_alloc(&a->arena, sizeof *held * (size_t)t->entity->column_count);
	int found = t->copying ? copy_held(a->replica, t, row, held, &a->arena, err) : 0;
	if (found)
		return found < 0 ? -1 : 0;
	return t->copying ? copy_is_current(a->replica, t, row, err) : 1;
}

static bool change_rows(struct apply *a, const struct cascading *k, const struct parent_row *p, struct error *err)
{
	struct table *t = &a->replica->tables[k->rule.child];
	struct arena arena = {0};
	int64_t from = INT64_MIN;
	int found;
	do {
		arena_reset(&arena);
		arena_reset(&a->arena);
		struct value *row = arena_alloc(&arena, sizeof *row * (size_t)t->entity->column_count);
		int64_t at = from;
		found = next_child(a, k, p, &from, row, &arena, err);
		int ours = found == 1 ? is_ours(a, t, row, err) : found;
		if (ours < 0 || (ours && !change_child(a, &k->rule, p, row, err)))
			found = -1;
		if (at == from)
			break;
	} while (found == 1);
	arena_done(&arena);
	return found >= 0;
}

/* ---- partial rows ---- */

/* The image as it is known after a cascade that may or may not have struck it: not in these columns. */
static bool doubt(struct apply *a, const struct cascade *c, struct table *t, struct value *image, struct error *err)
{
	for (int i = 0; i < c->column_count; i++) {
		if (t->entity->columns[c->child_columns[i]].key >= 0)
			return refuse_unknown(&a->replica->tables[c->parent], t, err);
		image[c->child_columns[i]] = (struct value){.kind = VALUE_UNKNOWN};
	}
	struct held_cause cause = {a->valid_from, a->seq, HELD_DOUBT};
	return copy_doubt(a->replica, t, image, &cause, err);
}

static bool change_held(struct apply *a, const struct cascade *c, const struct parent_row *p, struct table *t,
			const struct value *key, struct error *err)
{
	struct arena arena = {0};
	struct value *image = arena_alloc(&arena, sizeof *image * (size_t)t->entity->column_count);
	int found = copy_held(a->replica, t, key, image, &arena, err);
	bool strikes = found == 1, known = true;
	for (int i = 0; found == 1 && i < c->column_count; i++) {
		struct value held = image[c->child_columns[i]];
		known &= held.kind != VALUE_UNKNOWN;
		strikes &= held.kind == VALUE_UNKNOWN || value_equal(held, p->old[c->parent_columns[i]]);
	}
	strikes &= known || !MUTANT(CASCADE_DOUBT);
	bool ok = found >= 0 && (!strikes || (known ? change_child(a, c, p, image, err) : doubt(a, c, t, image, err)));
	arena_done(&arena);
	return ok;
}

static bool change_all_held(struct apply *a, const struct cascade *c, const struct parent_row *p, struct error *err)
{
	struct table *t = &a->replica->tables[c->child];
	struct arena arena = {0};
	const struct value *const *keys;
	int count;
	bool ok = copy_held_keys(a->replica, t, &keys, &count, &arena, err);
	for (int i = 0; ok && i < count; i++)
		ok = change_held(a, c, p, t, keys[i], err);
	arena_done(&arena);
	return ok;
}

/* ---- rows nobody has read ---- */

static bool share_a_column(const struct cascade *up, const struct cascade *down)
{
	for (int i = 0; i < up->column_count; i++)
		for (int k = 0; k < down->column_count; k++)
			if (up->child_columns[i] == down->parent_columns[k])
				return true;
	return false;
}

/* Rows of an entity that nobody has read were struck by a rule (NULL: died), and their own children with them. Which,
 * nobody can say: whoever refers to them is read again. */
static void spread(struct apply *a, int entity, const struct cascade *by)
{
	for (int i = 0; i < a->cascade_count; i++) {
		struct cascading *k = &a->cascades[i];
		const struct cascade *c = &k->rule;
		if (c->parent != entity || k->spread[!by] || (by ? c->on_update : c->on_delete) == CASCADE_NONE ||
		    (by && !share_a_column(by, c)))
			continue;
		k->spread[!by] = true;
		a->replica->tables[c->child].reread = MUTANT(CASCADE_SPREAD) ? REREAD_NOTHING : REREAD_STALE;
		spread(a, c->child, !by && c->on_delete == CASCADE_FOLLOW ? NULL : c);
	}
}

static bool strike_unread(struct apply *a, const struct cascade *c, const struct parent_row *p, struct error *err)
{
	struct table *t = &a->replica->tables[c->child];
	bool moves = false;
	for (int i = 0; i < c->column_count; i++)
		moves |= p->now && t->entity->columns[c->child_columns[i]].key >= 0;
	for (int i = 0; i < a->cascade_count; i++)
		a->cascades[i].spread[0] = a->cascades[i].spread[1] = false;
	spread(a, c->child, dies(c, p) ? NULL : c);
	/* Behind the cursor, or onto keys that events have touched: only a copy that begins anew finds them. */
	if (moves && !t->reread && !MUTANT(CASCADE_MOVES))
		t->reread = REREAD_MOVED;
	return copy_strike(a->replica, t, a->valid_from, err);
}

/* ---- all of it ---- */

static bool carry_out(struct apply *a, struct cascading *k, const struct parent_row *p, struct error *err)
{
	struct table *t = &a->replica->tables[k->rule.child];
	if (!apply_meet_nobody(a, t, err) || !build_index(a, k, err))
		return false;
	if (t->copying && copy_unread(a->replica, t) && !strike_unread(a, &k->rule, p, err))
		return false;
	return change_rows(a, k, p, err) && (!t->copying || change_all_held(a, &k->rule, p, err));
}

bool apply_cascade(struct apply *a, const struct parent_row *p, struct error *err)
{
	for (int i = 0; i < a->cascade_count; i++) {
		const struct cascade *c = &a->cascades[i].rule;
		enum strike strike = c->parent == p->table->index ? strikes(c, p) : STRIKE_NOTHING;
		if (strike == STRIKE_UNKNOWN)
			return refuse_unknown(p->table, &a->replica->tables[c->child], err);
		if (strike == STRIKE_CHILDREN && !carry_out(a, &a->cascades[i], p, err))
			return false;
	}
	return true;
}

bool apply_cascade_end(struct apply *a, const char *position, struct error *err)
{
	struct replica *r = a->replica;
	int count = r->model->entity_count;
	for (int i = 0; i < count; i++) {
		struct table *t = &r->tables[i];
		if (t->struck && t->copying && !t->reread && !copy_strike_end(r, t, position, err))
			return false;
		t->struck = false;
	}
	/* In this transaction, so that no kill can lose it. */
	for (int i = 0; i < count; i++) {
		struct table *t = &r->tables[i];
		struct copy_start start = {.entity = i,
					   .resync = t->resync || t->reread == REREAD_STALE,
					   .p0 = position,
					   .t0 = a->valid_from};
		if (t->reread && !copy_begin(r, &start, err))
			return false;
		t->reread = REREAD_NOTHING;
	}
	return true;
}
