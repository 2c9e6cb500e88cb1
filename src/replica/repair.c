#include "config.h"

#include "replica/repair.h"

#include "base/clock.h"
#include "base/error.h"
#include "replica/internal.h"
#include "replica/row.h"
#include "replica/sql.h"

static bool new_seq(struct replica *r, int64_t at, struct error *err)
{
	sqlite3_stmt *s = r->add_txn;
	sqlite3_bind_int64(s, 1, r->seq + 1);
	sqlite3_bind_int64(s, 2, r->source);
	sqlite3_bind_null(s, 3);
	sqlite3_bind_int64(s, 4, at);
	sqlite3_bind_null(s, 5);
	sqlite3_bind_int64(s, 6, 1);
	sqlite3_bind_int(s, 7, TXN_REPAIR);
	if (!sql_run(s, err))
		return false;
	r->seq++;
	/* The time is stored too: after a restart nothing may begin before what was repaired. */
	sqlite3_bind_text(r->set_position, 1, buffer_text(&r->position), -1, SQLITE_STATIC);
	sqlite3_bind_int64(r->set_position, 2, r->last_valid_from);
	sqlite3_bind_int64(r->set_position, 3, r->source);
	return sql_run(r->set_position, err);
}

bool repair_row(struct replica *r, int entity, const struct value *key, const struct value *row, int64_t at, struct error *err)
{
	struct table *t = &r->tables[entity];
	struct arena a = {0};
	struct stored old = {.values = arena_alloc(&a, sizeof(struct value) * (size_t)t->entity->column_count)};
	if (r->last_valid_from == TIME_NONE || at > r->last_valid_from)
		r->last_valid_from = at;
	bool ok = replica_begin(r, err) && new_seq(r, r->last_valid_from, err);
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
