#include "config.h"

#include "replica/rollup.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/sql.h"

/* Counts gathered since the last flush: open addressing, grown at half full. */
struct cell {
	int64_t start, n;
	int group;
	int grain;
	bool used;
};

struct group {
	struct value value;
	int id;
};

struct rollup_state {
	const struct rollup *rollup;
	const struct entity *entity;
	sqlite3_stmt *add, *move, *find, *add_group, *add_count, *park, *unpark, *to_synthetic;
	struct cell *cells;
	size_t cell_count, cell_cap;
	struct cell **used;   /* the cells that hold something, cell_count of cell_cap / 2 */
	struct group *groups; /* hash of values; value kind UNKNOWN: free */
	size_t group_count, group_cap;
	int next_group;
	struct arena group_arena;
	int64_t day_start, day_end; /* the local day the last event fell into */
};

/* ---- schema ---- */

void rollup_schema(const struct model *m, struct buffer *sql)
{
	for (int i = 0; i < m->rollup_count; i++) {
		const char *name = m->rollups[i].name;
		const struct entity *e = &m->entities[m->rollups[i].entity];
		char *text = sqlite3_mprintf(
			"CREATE TABLE \"td_%w_events\" (key %s, \"group\" INTEGER NOT NULL, at INTEGER, seq INTEGER NOT NULL, "
			"timed INTEGER NOT NULL) STRICT;\n"
			"CREATE TABLE \"td_%w_parked\" (id INTEGER PRIMARY KEY, synthetic ANY NOT NULL, key ANY NOT NULL) STRICT;\n"
			"CREATE TABLE \"td_%w_groups\" (id INTEGER PRIMARY KEY, value ANY) STRICT;\n"
			"INSERT INTO \"td_%w_groups\" VALUES (0, NULL);\n"
			"CREATE TABLE \"td_%w_counts\" (grain INTEGER NOT NULL, start INTEGER NOT NULL, \"group\" INTEGER NOT NULL, "
			"n INTEGER NOT NULL, PRIMARY KEY (grain, start, \"group\")) STRICT, WITHOUT ROWID;\n",
			name, e->integer_key ? "INTEGER PRIMARY KEY" : "ANY PRIMARY KEY NOT NULL", name, name, name, name);
		buffer_text_add(sql, text);
		sqlite3_free(text);
	}
}

void rollup_indexes(const struct rollup *u, struct buffer *sql)
{
	char *text = sqlite3_mprintf("CREATE INDEX IF NOT EXISTS \"td_%w_events_at\" ON \"td_%w_events\" (\"group\", at);\n", u->name, u->name);
	buffer_text_add(sql, text);
	sqlite3_free(text);
}

/* ---- groups ---- */

static uint64_t hash_bytes(const void *p, size_t n)
{
	/* FNV-1a: groups are few and short. */
	uint64_t h = 1469598103934665603u;
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const unsigned char *)p)[i]) * 1099511628211u;
	return h ^ (h >> 29);
}

static uint64_t hash_value(struct value v)
{
	return v.kind == VALUE_INTEGER ? hash_bytes(&v.integer, sizeof v.integer) : hash_bytes(v.text, v.len);
}

static struct group *group_slot(struct rollup_state *u, struct value v)
{
	size_t i = (size_t)hash_value(v) & (u->group_cap - 1);
	while (u->groups[i].value.kind != VALUE_UNKNOWN && !value_equal(u->groups[i].value, v))
		i = (i + 1) & (u->group_cap - 1);
	return &u->groups[i];
}

static void group_put(struct rollup_state *u, struct value v, int id)
{
	if (2 * (u->group_count + 1) > u->group_cap) {
		struct group *old = u->groups;
		size_t cap = u->group_cap;
		u->group_cap = cap ? cap * 2 : 64;
		u->groups = memory_zero(u->group_cap, sizeof *u->groups);
		for (size_t i = 0; i < cap; i++)
			if (old[i].value.kind != VALUE_UNKNOWN)
				*group_slot(u, old[i].value) = old[i];
		free(old);
	}
	if (v.kind == VALUE_TEXT || v.kind == VALUE_BYTES)
		v.text = arena_copy(&u->group_arena, v.len ? v.text : "", v.len);
	*group_slot(u, v) = (struct group){v, id};
	u->group_count++;
	if (id >= u->next_group)
		u->next_group = id + 1;
}

static bool groups_load(struct replica *r, struct rollup_state *u, struct error *err)
{
	arena_reset(&u->group_arena);
	memset(u->groups, 0, u->group_cap * sizeof *u->groups);
	u->group_count = 0;
	u->next_group = 1;
	sqlite3_stmt *s = sql_preparef(r->db, err, "SELECT id, value FROM \"td_%w_groups\" WHERE id > 0", u->rollup->name);
	int row = -1;
	while (s && (row = sql_row(s, err)) == 1)
		group_put(u, sql_column(s, 1), sqlite3_column_int(s, 0));
	sqlite3_finalize(s);
	return row == 0;
}

/* The small number of a group, made when it is new; -1: error. The unknown group is 0. */
static int group_id(struct rollup_state *u, struct value v, struct error *err)
{
	if (v.kind == VALUE_NULL || v.kind == VALUE_UNKNOWN)
		return 0;
	if (u->group_cap) {
		struct group *g = group_slot(u, v);
		if (g->value.kind != VALUE_UNKNOWN)
			return g->id;
	}
	int id = u->next_group;
	sqlite3_bind_int(u->add_group, 1, id);
	sql_bind(u->add_group, 2, v);
	if (!sql_run(u->add_group, err))
		return -1;
	group_put(u, v, id);
	return id;
}

/* ---- gathered counts ---- */

static struct cell *cell_slot(struct rollup_state *u, int grain, int64_t start, int group)
{
	uint64_t h = ((uint64_t)start * 3 + (uint64_t)grain) * 0x9e3779b97f4a7c15u + (uint64_t)group * 0xc2b2ae3d27d4eb4fu;
	size_t i = (size_t)(h ^ h >> 32) & (u->cell_cap - 1);
	for (;; i = (i + 1) & (u->cell_cap - 1)) {
		struct cell *c = &u->cells[i];
		if (!c->used || (c->start == start && c->group == group && c->grain == grain))
			return c;
	}
}

static void cell_add(struct rollup_state *u, int grain, int64_t start, int group)
{
	if (2 * (u->cell_count + 1) > u->cell_cap) {
		struct cell *old = u->cells;
		u->cell_cap = u->cell_cap ? u->cell_cap * 2 : 1024;
		u->cells = memory_zero(u->cell_cap, sizeof *u->cells);
		u->used = memory_grow(u->used, u->cell_cap / 2 * sizeof *u->used);
		for (size_t i = 0; i < u->cell_count; i++) {
			const struct cell *o = u->used[i];
			u->used[i] = cell_slot(u, o->grain, o->start, o->group);
			*u->used[i] = *o;
		}
		free(old);
	}
	struct cell *c = cell_slot(u, grain, start, group);
	if (!c->used) {
		*c = (struct cell){start, 0, group, grain, true};
		u->used[u->cell_count++] = c;
	}
	c->n++;
}

static int64_t floor_to(int64_t at, int64_t step)
{
	int64_t q = at / step;
	return (at % step < 0 ? q - 1 : q) * step;
}

static void gather(struct rollup_state *u, const struct zone *zone, int64_t at, int group)
{
	if (at < u->day_start || at >= u->day_end) {
		u->day_start = zone_floor(zone, ZONE_DAY, at);
		u->day_end = zone_step(zone, ZONE_DAY, at, 1);
	}
	cell_add(u, GRAIN_MINUTE, floor_to(at, MINUTE), group);
	cell_add(u, GRAIN_HOUR, floor_to(at, HOUR), group);
	cell_add(u, GRAIN_DAY, u->day_start, group);
}

/* As the table has them: neighbours share its pages. */
static int by_key(const void *a, const void *b)
{
	const struct cell *x = *(struct cell *const *)a, *y = *(struct cell *const *)b;
	if (x->grain != y->grain)
		return x->grain < y->grain ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

static void cells_forget(struct rollup_state *u)
{
	for (size_t i = 0; i < u->cell_count; i++)
		u->used[i]->used = false;
	u->cell_count = 0;
}

bool rollup_flush(struct replica *r, struct error *err)
{
	for (int i = 0; i < r->model->rollup_count; i++) {
		struct rollup_state *u = &r->rollups[i];
		if (u->cell_count)
			qsort(u->used, u->cell_count, sizeof *u->used, by_key);
		for (size_t c = 0; c < u->cell_count; c++) {
			sqlite3_bind_int(u->add_count, 1, u->used[c]->grain);
			sqlite3_bind_int64(u->add_count, 2, u->used[c]->start);
			sqlite3_bind_int(u->add_count, 3, u->used[c]->group);
			sqlite3_bind_int64(u->add_count, 4, u->used[c]->n);
			if (!sql_run(u->add_count, err))
				return false;
		}
		cells_forget(u);
	}
	return true;
}

void rollup_reset(struct replica *r)
{
	struct error ignored = {0};
	for (int i = 0; r->rollups && i < r->model->rollup_count; i++) {
		struct rollup_state *u = &r->rollups[i];
		cells_forget(u);
		groups_load(r, u, &ignored);
	}
}

/* ---- open, close ---- */

bool rollup_open(struct replica *r, struct error *err)
{
	r->rollups = memory_zero((size_t)r->model->rollup_count, sizeof *r->rollups);
	for (int i = 0; i < r->model->rollup_count; i++) {
		struct rollup_state *u = &r->rollups[i];
		const char *name = r->model->rollups[i].name;
		u->rollup = &r->model->rollups[i];
		u->entity = &r->model->entities[u->rollup->entity];
		arena_init(&u->group_arena);
		u->add = sql_preparef(r->db, err,
		                      "INSERT INTO \"td_%w_events\" (key, \"group\", at, seq, timed) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
		                      name);
		u->move = sql_preparef(r->db, err, "UPDATE \"td_%w_events\" SET key = ?2 WHERE key = ?1", name);
		u->find = sql_preparef(r->db, err, "SELECT 1 FROM \"td_%w_events\" WHERE key = ?1", name);
		u->add_group = sql_preparef(r->db, err, "INSERT INTO \"td_%w_groups\" (id, value) VALUES (?1, ?2)", name);
		u->add_count = sql_preparef(r->db, err,
		                            "INSERT INTO \"td_%w_counts\" (grain, start, \"group\", n) VALUES (?1, ?2, ?3, ?4) "
		                            "ON CONFLICT DO UPDATE SET n = n + excluded.n",
		                            name);
		/* Keys of parked registrations cannot meet a key of the bank: far below any CIF, or with a control character. */
		u->park = sql_preparef(r->db, err,
		                       "INSERT INTO \"td_%w_parked\" (synthetic, key) SELECT CASE typeof(?1) WHEN 'integer' THEN "
		                       "-4611686018427387904 - (SELECT coalesce(max(id), 0) FROM \"td_%w_parked\") ELSE char(1) || 'parked' || "
		                       "(SELECT coalesce(max(id), 0) FROM \"td_%w_parked\") END, ?1",
		                       name, name, name);
		u->to_synthetic = sql_preparef(r->db, err,
		                               "UPDATE \"td_%w_events\" SET key = (SELECT synthetic FROM \"td_%w_parked\" WHERE id = ?2) WHERE key = ?1",
		                               name, name);
		u->unpark = sql_preparef(r->db, err,
		                         "UPDATE \"td_%w_events\" SET key = ?2 WHERE key = (SELECT synthetic FROM \"td_%w_parked\" WHERE id = ?1)", name,
		                         name);
		if (!u->add || !u->move || !u->find || !u->add_group || !u->add_count || !u->park || !u->to_synthetic || !u->unpark)
			return false;
		u->group_cap = 64;
		u->groups = memory_zero(u->group_cap, sizeof *u->groups);
		if (!groups_load(r, u, err))
			return false;
	}
	return true;
}

void rollup_close(struct replica *r)
{
	for (int i = 0; r->rollups && i < r->model->rollup_count; i++) {
		struct rollup_state *u = &r->rollups[i];
		sqlite3_stmt *all[] = {u->add, u->move, u->find, u->add_group, u->add_count, u->park, u->unpark, u->to_synthetic};
		for (size_t s = 0; s < sizeof all / sizeof *all; s++)
			sqlite3_finalize(all[s]);
		arena_done(&u->group_arena);
		free(u->cells);
		free(u->used);
		free(u->groups);
	}
	free(r->rollups);
	r->rollups = NULL;
}

/* ---- events ---- */

static bool register_in(struct replica *r, struct rollup_state *u, const struct registering *g, struct error *err)
{
	const struct entity *e = u->entity;
	struct arena a = {0};
	int group = group_id(u, u->rollup->by < 0 ? value_null() : g->row[u->rollup->by], err);
	if (group < 0)
		return false;
	int64_t at = TIME_NONE;
	if (u->rollup->at >= 0)
		at = value_instant(&e->columns[u->rollup->at], g->row[u->rollup->at], r->model->zone);
	bool timed = at != TIME_NONE;
	if (!timed)
		at = g->commit_time;
	sql_bind(u->add, 1, key_of(e, g->row, &a));
	sqlite3_bind_int(u->add, 2, group);
	if (at == TIME_NONE)
		sqlite3_bind_null(u->add, 3);
	else
		sqlite3_bind_int64(u->add, 3, at);
	sqlite3_bind_int64(u->add, 4, g->seq);
	sqlite3_bind_int(u->add, 5, timed);
	bool ok = sql_run(u->add, err);
	/* A customer that is registered already stays registered as it was. */
	if (ok && sqlite3_changes(r->db)) {
		cell_add(u, GRAIN_TOTAL, 0, 0);
		if (at != TIME_NONE)
			gather(u, r->model->zone, at, group);
	}
	arena_done(&a);
	return ok;
}

bool rollup_register(struct replica *r, const struct registering *g, struct error *err)
{
	for (int i = 0; i < r->model->rollup_count; i++)
		if (!register_in(r, &r->rollups[i], g, err))
			return false;
	return true;
}

static bool run_two(sqlite3_stmt *s, struct value a, struct value b, struct error *err)
{
	sql_bind(s, 1, a);
	sql_bind(s, 2, b);
	return sql_run(s, err);
}

static bool park_in(struct replica *r, struct rollup_state *u, struct value key, int64_t *parked, struct error *err)
{
	*parked = 0;
	sql_bind(u->find, 1, key);
	int found = sql_row(u->find, err);
	sqlite3_reset(u->find);
	if (found <= 0)
		return found == 0;
	sql_bind(u->park, 1, key);
	if (!sql_run(u->park, err))
		return false;
	*parked = sqlite3_last_insert_rowid(r->db);
	return run_two(u->to_synthetic, key, value_integer(*parked), err);
}

bool rollup_park(struct replica *r, struct value key, int64_t *parked, struct error *err)
{
	/* Rollups of one model park together, so that one number serves them all. */
	*parked = 0;
	for (int i = 0; i < r->model->rollup_count; i++)
		if (!park_in(r, &r->rollups[i], key, parked, err))
			return false;
	return true;
}

bool rollup_unpark(struct replica *r, int64_t parked, struct value new_key, struct error *err)
{
	for (int i = 0; parked && i < r->model->rollup_count; i++) {
		int64_t displaced;
		if (!park_in(r, &r->rollups[i], new_key, &displaced, err) ||
		    !run_two(r->rollups[i].unpark, value_integer(parked), new_key, err) ||
		    !sql_execf(r->db, err, "DELETE FROM \"td_%w_parked\" WHERE id = %lld", r->model->rollups[i].name, (long long)parked))
			return false;
	}
	return true;
}

bool rollup_move(struct replica *r, struct value old_key, struct value new_key, struct error *err)
{
	for (int i = 0; i < r->model->rollup_count; i++) {
		int64_t displaced;
		if (!park_in(r, &r->rollups[i], new_key, &displaced, err) || !run_two(r->rollups[i].move, old_key, new_key, err))
			return false;
	}
	return true;
}

bool rollup_clear(struct replica *r, struct error *err)
{
	for (int i = 0; i < r->model->rollup_count; i++) {
		const char *name = r->model->rollups[i].name;
		if (!sql_execf(r->db, err, "DELETE FROM \"td_%w_events\"; DELETE FROM \"td_%w_counts\"; DELETE FROM \"td_%w_parked\"", name, name, name))
			return false;
	}
	rollup_reset(r);
	return true;
}
