#include "config.h"

#include "replica/row.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "replica/internal.h"
#include "replica/rollup.h"
#include "replica/search_index.h"

static bool is_customer(const struct replica *r, const struct table *t)
{
	return t->index == r->model->customer;
}

static void count_misfits(struct replica *r, const struct entity *e, const struct value *row)
{
	for (int i = 0; i < e->column_count; i++)
		if (e->columns[i].type != COLUMN_TEXT && row[i].kind == VALUE_TEXT && value_misfit(&e->columns[i], row[i]))
			r->misfits++;
}

int row_open(struct replica *r, struct table *t, const struct row_birth *b, struct error *err)
{
	int64_t version = history_next(t, b->row, err);
	struct opening o = {version, b->at.valid_from, b->at.seq, b->origin, value_null()};
	int opened = version ? history_open(t, b->row, &o, err) : -1;
	if (opened <= 0)
		return opened;
	count_misfits(r, t->entity, b->row);
	if (!is_customer(r, t))
		return 1;
	if (!search_note(r, NULL, b->row, err))
		return -1;
	struct registering g = {b->row, b->event_time, b->at.seq, !t->closed_keys};
	return b->registers && !rollup_register(r, &g, err) ? -1 : 1;
}

/* Fills in what the open version does not know; old then holds it. */
static bool fill_added(struct replica *r, struct table *t, struct stored *old, const struct value *row, struct arena *a, struct error *err)
{
	int n = t->entity->column_count;
	bool filled = false;
	struct value *values = arena_alloc(a, sizeof *values * (size_t)n);
	for (int i = 0; i < n; i++) {
		bool fill = old->seq <= t->added[i] && old->values[i].kind == VALUE_NULL && row[i].kind != VALUE_NULL && row[i].kind != VALUE_UNKNOWN;
		values[i] = fill ? row[i] : old->values[i];
		filled |= fill;
	}
	if (!filled)
		return true;
	struct opening o = {old->version, old->valid_from, old->seq, old->origin, old->changed};
	if (!history_replace(t, values, &o, err) || (is_customer(r, t) && !search_note(r, old->values, values, err)))
		return false;
	old->values = values;
	return true;
}

int row_step(struct replica *r, struct table *t, const struct stored *from, const struct value *row, const struct row_step *s, struct arena *a,
             struct error *err)
{
	struct value changed = value_null();
	struct stored filled = *from, *old = &filled;
	if (s->continues) {
		if (s->fills && t->added && !fill_added(r, t, old, row, a, err))
			return -1;
		changed = history_changed(t->entity, old->values, row, a);
		if (changed.kind == VALUE_NULL)
			return 0;
	}
	struct opening o = {old->version + 1, s->opens_at ? s->opens_at : s->at.valid_from, s->at.seq, s->origin, changed};
	if (!history_close(t, old, s->at.valid_from, s->at.seq, s->end, err) || !history_replace(t, row, &o, err))
		return -1;
	count_misfits(r, t->entity, row);
	return is_customer(r, t) && !search_note(r, old->values, row, err) ? -1 : 1;
}

bool row_close(struct replica *r, struct table *t, const struct stored *old, struct row_time at, enum version_end end, struct error *err)
{
	if (!history_close(t, old, at.valid_from, at.seq, end, err))
		return false;
	if (is_customer(r, t) && !search_note(r, old->values, NULL, err))
		return false;
	return history_remove(t, old->values, err);
}

bool row_was(struct replica *r, struct table *t, const struct value *row, struct row_time at, enum version_end end, struct error *err)
{
	const struct entity *e = t->entity;
	struct arena a = {0};
	struct value *known = arena_alloc(&a, sizeof *known * (size_t)e->column_count);
	for (int i = 0; i < e->column_count; i++)
		known[i] = row[i].kind == VALUE_UNKNOWN ? value_null() : row[i];
	int64_t version = history_next(t, row, err);
	struct stored s = {known, version, at.valid_from, at.seq, ORIGIN_SNAPSHOT, value_null()};
	struct registering g = {known, TIME_NONE, at.seq, false};
	t->closed_keys++;
	t->counts_dirty = true;
	bool ok = version && history_close(t, &s, at.valid_from, at.seq, end, err) && (!is_customer(r, t) || rollup_register(r, &g, err));
	arena_done(&a);
	return ok;
}
