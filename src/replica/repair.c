#include "config.h"

#include "replica/repair.h"

#include "base/clock.h"
#include "base/error.h"
#include "replica/internal.h"
#include "replica/row.h"
#include "replica/sql.h"

bool repair_row(struct replica *r, int entity, const struct value *key, const struct value *row, int64_t at, struct error *err)
{
	struct table *t = &r->tables[entity];
	struct arena a = {0};
	struct stored old = {.values = arena_alloc(&a, sizeof(struct value) * (size_t)t->entity->column_count)};
	if (r->last_valid_from == TIME_NONE || at > r->last_valid_from)
		r->last_valid_from = at;
	bool ok = replica_begin(r, err) && replica_next_seq(r, r->last_valid_from, 1, TXN_REPAIR, err) && replica_store_position(r, err);
	struct row_time now = {r->last_valid_from, r->seq};
	int found = ok ? history_find(t, key, &old, err) : -1;
	if (found == 1 && row) {
		struct row_step step = {now, END_REPAIR, ORIGIN_REPAIR, true, 0, true};
		ok = row_step(r, t, &old, row, &step, &a, err) >= 0;
	} else if (found == 1) {
		ok = row_close(r, t, &old, now, END_REPAIR, err);
	} else if (found == 0 && row) {
		struct row_birth b = {row, now, ORIGIN_REPAIR, true, TIME_NONE};
		ok = row_open(r, t, &b, err) == 1;
	}
	arena_done(&a);
	return ok && found >= 0;
}
