/* Registrations per store. A window is a run of slices of one slide; a slice is
 * counted from the coarsest grain that divides it: whole local days, hours, minutes, and
 * the events themselves at the edges. So a question costs by the windows asked for.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/moment.h"
#include "base/zone.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/rollup.h"
#include "replica/search_index.h"
#include "replica/sql.h"

#define MAX_SLICES 200000
#define GAPS_MOST 50
#define MAX_CELLS INT64_C(8000000) /* slices by stores: 64 MB */

struct counting {
	struct query *q;
	struct error *err;
	sqlite3_stmt *grain, *walk;
	int *store_of;        /* group id to store index */
	int group_cap;
	int store_count;
	bool model_zone;      /* the day grain is in the zone asked for */
	bool indexed;         /* the events of a group can be found without walking all */
};

/* ---- what may be asked ---- */

static bool bad_window(struct error *err, const char *what)
{
	error_set(err, ERROR_USAGE, "could not use window: %s", what);
	return error_hint(err, "--window is 10s to 24h in multiples of 5 s with a --slide that divides it, or d, w or mo");
}

static bool calendar(const struct duration *d)
{
	return d->days || d->months;
}

bool query_window_check(const struct duration *w, struct duration *s, struct error *err)
{
	if (!s->micro && !s->months)
		*s = *w;
	if (calendar(w) || calendar(s)) {
		if (w->days != s->days || w->months != s->months || w->micro != s->micro)
			return bad_window(err, "days, weeks and months only tumble: the slide is the window");
		if ((w->days != 1 && w->days != 7 && !w->months) || w->months > 1)
			return bad_window(err, "of days, weeks and months only one at a time");
		return true;
	}
	if (w->micro < 10 * SECOND || w->micro > DAY || w->micro % (5 * SECOND))
		return bad_window(err, "the window is not 10s to 24h in multiples of 5 s");
	if (s->micro <= 0 || s->micro > w->micro || w->micro % s->micro || s->micro % (5 * SECOND))
		return bad_window(err, "the slide does not divide the window in multiples of 5 s");
	return true;
}

static bool check_window(struct stores_answer *out, const struct stores_request *r, struct error *err)
{
	out->window = r->window;
	out->slide = r->slide;
	if (!out->window.micro && !out->window.months)
		out->window = (struct duration){.micro = 5 * MINUTE};
	return query_window_check(&out->window, &out->slide, err);
}

static enum zone_unit unit_of(const struct duration *d)
{
	return d->months ? ZONE_MONTH : d->days == 7 ? ZONE_WEEK : ZONE_DAY;
}

static int64_t slice_floor(const struct stores_answer *a, int64_t at)
{
	if (calendar(&a->slide))
		return zone_floor(a->zone, unit_of(&a->slide), at);
	int64_t step = a->slide.micro, q = at / step;
	return (at % step < 0 ? q - 1 : q) * step;
}

static int64_t slice_step(const struct stores_answer *a, int64_t start, int n)
{
	return calendar(&a->slide) ? zone_step(a->zone, unit_of(&a->slide), start, n) : start + n * a->slide.micro;
}

static void resolve_range(struct stores_answer *out, const struct stores_request *r, int64_t now)
{
	int64_t running = slice_floor(out, now);
	out->from = r->from;
	out->to = r->to;
	if (out->to == TIME_NONE)
		out->to = r->from == TIME_NONE || running >= r->from ? slice_step(out, running, 1) : slice_step(out, slice_floor(out, r->from), 12);
	if (out->from == TIME_NONE) {
		int64_t last = slice_floor(out, out->to - 1);
		out->from = slice_step(out, last, -11);
	}
}

/* ---- stores ---- */

struct known_store {
	struct value id;
	int group; /* -1: no registration yet */
	const char *name;
};

static int by_id(const void *x, const void *y)
{
	const struct known_store *a = x, *b = y;
	bool an = a->id.kind == VALUE_NULL, bn = b->id.kind == VALUE_NULL;
	if (an || bn)
		return an - bn;
	int c = value_compare(a->id, b->id);
	return c ? c : (a->group < b->group) - (a->group > b->group);
}

static bool stores_add(struct query *q, const char *sql, int group_column, struct known_store **list, int *count, struct arena *a, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(q->db, sql, err);
	int row = -1;
	while (s && (row = sql_row(s, err)) == 1) {
		*list = memory_grow(*list, sizeof **list * (size_t)(*count + 1));
		(*list)[(*count)++] = (struct known_store){sql_column_copy(s, 0, a), group_column ? sqlite3_column_int(s, group_column) : -1, NULL};
	}
	sqlite3_finalize(s);
	return row == 0;
}

/* Every group that registered, and every store the bank names. */
static bool known_stores(struct query *q, const struct rollup *u, struct known_store **list, int *count, struct arena *a, struct error *err)
{
	const struct model *m = q->model;
	char *sql = sqlite3_mprintf("SELECT value, id FROM \"td_%w_groups\" WHERE id > 0 OR EXISTS (SELECT 1 FROM \"td_%w_events\" WHERE \"group\" = 0)",
	                            u->name, u->name);
	bool ok = stores_add(q, sql, 1, list, count, a, err);
	sqlite3_free(sql);
	if (ok && m->store >= 0 && m->entities[m->store].key_count == 1) {
		const struct entity *e = &m->entities[m->store];
		sql = sqlite3_mprintf("SELECT \"%w\" FROM \"%w\"", e->columns[e->key[0]].as, e->name);
		ok = stores_add(q, sql, 0, list, count, a, err);
		sqlite3_free(sql);
	}
	if (!ok || !*count)
		return ok;
	qsort(*list, (size_t)*count, sizeof **list, by_id);
	int kept = 1;
	for (int i = 1; i < *count; i++)
		if (!value_equal((*list)[i].id, (*list)[kept - 1].id))
			(*list)[kept++] = (*list)[i];
	*count = kept;
	return true;
}

static const char *value_words(struct value v, struct arena *a)
{
	return v.kind == VALUE_NULL ? NULL : key_value_text(v, a);
}

/* ---- counting ---- */

static bool add_grain(struct counting *c, enum rollup_grain grain, int64_t from, int64_t to, int64_t *counts)
{
	if (from >= to)
		return true;
	sqlite3_stmt *s = c->grain;
	sqlite3_bind_int(s, 1, (int)grain);
	sqlite3_bind_int64(s, 2, from);
	sqlite3_bind_int64(s, 3, to);
	int row;
	while ((row = sql_row(s, c->err)) == 1) {
		int group = sqlite3_column_int(s, 0);
		if (group >= 0 && group < c->group_cap && c->store_of[group] >= 0)
			counts[c->store_of[group]] += sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return row == 0;
}

/* Slices of seconds are not made of minutes: the events themselves are walked, each store's once or, without the index, all at once. */
static bool walk_events(struct counting *c, int64_t from, int64_t step, int slices, int64_t *counts)
{
	sqlite3_stmt *s = c->walk;
	int row = 0;
	for (int group = 0; row == 0 && group < c->group_cap; group++) {
		if (c->indexed && c->store_of[group] < 0)
			continue;
		sqlite3_bind_int(s, 1, group);
		sqlite3_bind_int64(s, 2, from);
		sqlite3_bind_int64(s, 3, from + step * slices);
		while ((row = sql_row(s, c->err)) == 1) {
			int of = sqlite3_column_int(s, 1);
			if (of >= 0 && of < c->group_cap && c->store_of[of] >= 0)
				counts[(sqlite3_column_int64(s, 0) - from) / step * c->store_count + c->store_of[of]]++;
		}
		sqlite3_reset(s);
		if (!c->indexed)
			break;
	}
	return row == 0;
}

static bool add_events(struct counting *c, int64_t from, int64_t to, int64_t *counts)
{
	return from >= to || walk_events(c, from, to - from, 1, counts);
}

static int64_t round_to(int64_t at, int64_t step, bool up)
{
	int64_t q = at / step, r = at % step;
	if (r < 0)
		q--;
	return (up && r ? q + 1 : q) * step;
}

/* Hours inside, minutes around them, events at the very edges. */
static bool add_hours(struct counting *c, int64_t from, int64_t to, int64_t *counts)
{
	int64_t m0 = round_to(from, MINUTE, true), m1 = round_to(to, MINUTE, false);
	if (m0 >= m1)
		return add_events(c, from, to, counts);
	int64_t h0 = round_to(m0, HOUR, true), h1 = round_to(m1, HOUR, false);
	if (!add_events(c, from, m0, counts) || !add_events(c, m1, to, counts))
		return false;
	if (h0 >= h1)
		return add_grain(c, GRAIN_MINUTE, m0, m1, counts);
	return add_grain(c, GRAIN_MINUTE, m0, h0, counts) && add_grain(c, GRAIN_HOUR, h0, h1, counts) && add_grain(c, GRAIN_MINUTE, h1, m1, counts);
}

/* Registrations in [from, to) by store. The days of the model's zone inside count as such, in whatever zone the question is. */
static bool add_range(struct counting *c, int64_t from, int64_t to, int64_t *counts)
{
	const struct zone *zone = c->q->model->zone;
	int64_t d0 = zone_floor(zone, ZONE_DAY, from), d1 = zone_floor(zone, ZONE_DAY, to);
	if (d0 < from)
		d0 = zone_step(zone, ZONE_DAY, from, 1);
	if (d0 >= d1)
		return add_hours(c, from, to, counts);
	return add_hours(c, from, d0, counts) && add_grain(c, GRAIN_DAY, d0, d1, counts) && add_hours(c, d1, to, counts);
}

/* Slices of whole minutes or hours, in one pass over the grain. */
static bool walk_grain(struct counting *c, enum rollup_grain grain, int64_t from, int64_t step, int slices, int64_t *counts)
{
	sqlite3_stmt *s = c->grain;
	sqlite3_bind_int(s, 1, (int)grain);
	sqlite3_bind_int64(s, 2, from);
	sqlite3_bind_int64(s, 3, from + step * slices);
	int row;
	while ((row = sql_row(s, c->err)) == 1) {
		int group = sqlite3_column_int(s, 0);
		int64_t slice = (sqlite3_column_int64(s, 2) - from) / step;
		if (group >= 0 && group < c->group_cap && c->store_of[group] >= 0)
			counts[slice * c->store_count + c->store_of[group]] += sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return row == 0;
}

static bool count_slices(struct counting *c, const struct stores_answer *a, const int64_t *starts, int slices, int64_t *counts)
{
	if (calendar(&a->slide)) {
		for (int i = 0; i < slices; i++) {
			int64_t *row = counts + (size_t)i * (size_t)c->store_count;
			bool ok = c->model_zone ? add_grain(c, GRAIN_DAY, starts[i], starts[i + 1], row) : add_range(c, starts[i], starts[i + 1], row);
			if (!ok)
				return false;
		}
		return true;
	}
	int64_t step = a->slide.micro;
	if (step % HOUR == 0)
		return walk_grain(c, GRAIN_HOUR, starts[0], step, slices, counts);
	if (step % MINUTE == 0)
		return walk_grain(c, GRAIN_MINUTE, starts[0], step, slices, counts);
	return walk_events(c, starts[0], step, slices, counts);
}

/* ---- the answer ---- */

/* How many slices a window is made of. */
static int slices_per_window(const struct stores_answer *a)
{
	return calendar(&a->slide) ? 1 : (int)(a->window.micro / a->slide.micro);
}

/* A window's sum is the one before with the slice that came in, without the one that fell out. */
static void fill_windows(struct stores_answer *out, const int64_t *starts, int windows, const int64_t *counts, int stores)
{
	int per = slices_per_window(out), cap = 0;
	int64_t complete = out->base.freshness.complete_to;
	int64_t *sums = memory_zero((size_t)stores + 1, sizeof *sums);
	struct store_window *list = NULL;
	for (int slice = 0; slice < windows + per - 1; slice++) {
		int w = slice - per + 1;
		for (int s = 0; s < stores; s++) {
			sums[s] += counts[(size_t)slice * (size_t)stores + (size_t)s];
			if (w > 0)
				sums[s] -= counts[(size_t)(w - 1) * (size_t)stores + (size_t)s];
			if (w < 0 || !sums[s])
				continue;
			if (out->window_count == cap)
				list = memory_grow(list, sizeof *list * (size_t)(cap = cap ? cap * 2 : 256));
			int64_t end = starts[w + per];
			list[out->window_count++] = (struct store_window){starts[w], end, s, sums[s], complete == TIME_NONE || end > complete};
		}
	}
	if (out->window_count)
		out->windows = arena_copy(&out->base.arena, list, sizeof *list * (size_t)out->window_count);
	free(list);
	free(sums);
}

/* The latest registration of each store before a time: a search of the index for each, or, while a first copy has not
 * built it yet, one walk over all. */
static bool latest_before(struct counting *c, const struct rollup *u, int64_t before, int64_t *latest)
{
	for (int i = 0; i < c->store_count; i++)
		latest[i] = TIME_NONE;
	sqlite3_stmt *s = c->indexed ? sql_preparef(c->q->db, c->err,
	                                            "SELECT id, (SELECT max(at) FROM \"td_%w_events\" WHERE \"group\" = g.id AND at < ?1) FROM "
	                                            "\"td_%w_groups\" g",
	                                            u->name, u->name)
	                             : sql_preparef(c->q->db, c->err, "SELECT \"group\", max(at) FROM \"td_%w_events\" WHERE at < ?1 GROUP BY 1", u->name);
	int row = -1;
	if (s)
		sqlite3_bind_int64(s, 1, before);
	while (s && (row = sql_row(s, c->err)) == 1) {
		int group = sqlite3_column_int(s, 0);
		if (sqlite3_column_type(s, 1) != SQLITE_NULL && group >= 0 && group < c->group_cap && c->store_of[group] >= 0)
			latest[c->store_of[group]] = sqlite3_column_int64(s, 1);
	}
	sqlite3_finalize(s);
	return row == 0;
}

/* Silence is a matter of what the replica knows up to, not of the period looked at; nor does a time far ahead break it. */
static bool fill_last(struct counting *c, const struct rollup *u, struct stores_answer *out)
{
	int64_t complete = out->base.freshness.complete_to;
	int64_t *latest = memory_alloc(sizeof *latest * ((size_t)c->store_count + 1));
	bool ok = latest_before(c, u, out->to, latest);
	for (int i = 0; i < c->store_count; i++)
		out->stores[i].last = latest[i];
	ok = ok && (complete == TIME_NONE || latest_before(c, u, complete + 1, latest));
	for (int i = 0; ok && complete != TIME_NONE && i < c->store_count; i++)
		out->stores[i].silent = latest[i] != TIME_NONE && latest[i] < complete - c->q->silent;
	free(latest);
	return ok;
}

/* What the counts do not tell by themselves: from when on there are any, how many in all, and where some may be missing. */
static bool fill_known(struct query *q, const struct rollup *u, struct stores_answer *out, struct error *err)
{
	const char *customer = q->model->entities[u->entity].name;
	char *sql = sqlite3_mprintf("SELECT min(start) FROM \"td_%w_counts\" WHERE grain = %d", u->name, GRAIN_MINUTE);
	out->first = sql_integer(q->db, sql, TIME_NONE);
	sqlite3_free(sql);
	sql = sqlite3_mprintf("SELECT sum(n) FROM \"td_%w_counts\" WHERE grain = %d", u->name, GRAIN_TOTAL);
	out->registered = sql_integer(q->db, sql, 0);
	sqlite3_free(sql);
	int all, kept = 0;
	if (!query_gaps(q, GAPS_MOST, &out->gaps, &all, &out->base.arena, err))
		return false;
	for (int i = 0; i < all; i++)
		if (!out->gaps[i].entity || strcmp(out->gaps[i].entity, customer) == 0)
			out->gaps[kept++] = out->gaps[i];
	out->gap_count = kept;
	return true;
}

static bool wanted(const struct stores_request *r, const struct known_store *k, struct arena *a)
{
	if (!r->store)
		return true;
	const char *id = value_words(k->id, a);
	return id ? strcmp(id, r->store) == 0 : !*r->store;
}

static bool count_all(struct counting *c, struct stores_answer *out, struct error *err)
{
	int per = slices_per_window(out);
	int64_t first = slice_floor(out, out->from);
	if (first < out->from)
		first = slice_step(out, first, 1);
	int windows = 0, cap = 256;
	int64_t *starts = memory_alloc(sizeof *starts * (size_t)cap);
	for (int64_t at = first; at < out->to && windows < MAX_SLICES; at = slice_step(out, at, 1)) {
		if (windows + per + 2 > cap)
			starts = memory_grow(starts, sizeof *starts * (size_t)(cap = 2 * cap + per));
		starts[windows++] = at;
	}
	int slices = windows ? windows + per - 1 : 0;
	bool ok = windows < MAX_SLICES && (int64_t)slices * c->store_count < MAX_CELLS;
	if (!ok) {
		error_set(err, ERROR_USAGE, "could not count so many windows of so many stores");
		error_hint(err, "shorten the period, lengthen the window, or name one --store");
		slices = 0;
	}
	int64_t *counts = memory_zero((size_t)(slices + 1) * (size_t)(c->store_count + 1), sizeof *counts);
	if (ok && windows) {
		for (int i = windows; i <= slices; i++)
			starts[i] = slice_step(out, starts[i - 1], 1);
		ok = count_slices(c, out, starts, slices, counts);
		if (ok)
			fill_windows(out, starts, windows, counts, c->store_count);
	}
	free(counts);
	free(starts);
	int64_t *totals = memory_zero((size_t)c->store_count + 1, sizeof *totals);
	ok = ok && add_range(c, out->from, out->to, totals);
	for (int i = 0; i < out->store_count; i++)
		out->stores[i].total = totals[i];
	free(totals);
	return ok;
}

static bool stores(struct query *q, const struct stores_request *r, const struct query_now *now, struct stores_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	if (!check_window(out, r, err))
		return false;
	resolve_range(out, r, r->now != TIME_NONE ? r->now : now->source_now);
	if (!q->model->rollup_count)
		return true;
	const struct rollup *u = &q->model->rollups[0];
	struct known_store *known = NULL;
	int count = 0;
	struct counting c = {.q = q, .err = err, .model_zone = strcmp(zone_name(out->zone), q->model->zone_name) == 0};
	c.indexed = !query_is_incomplete(&out->base, u->entity);
	bool ok = known_stores(q, u, &known, &count, a, err);
	out->stores = arena_zero(a, (size_t)count + 1, sizeof *out->stores);
	for (int i = 0; i < count; i++)
		if (known[i].group >= c.group_cap)
			c.group_cap = known[i].group + 1;
	c.store_of = memory_alloc(sizeof *c.store_of * (size_t)(c.group_cap + 1));
	for (int i = 0; i < c.group_cap; i++)
		c.store_of[i] = -1;
	for (int i = 0; i < count; i++) {
		if (!wanted(r, &known[i], a))
			continue;
		known[out->store_count] = known[i];
		if (known[i].group >= 0)
			c.store_of[known[i].group] = out->store_count;
		out->stores[out->store_count++] = (struct store_row){.id = value_words(known[i].id, a), .name = query_store_name(q, known[i].id, a)};
	}
	c.store_count = out->store_count;
	c.grain = sql_preparef(q->db, err, "SELECT \"group\", n, start FROM \"td_%w_counts\" WHERE grain = ?1 AND start >= ?2 AND start < ?3", u->name);
	c.walk = sql_preparef(q->db, err,
	                      c.indexed ? "SELECT at, \"group\" FROM \"td_%w_events\" WHERE \"group\" = ?1 AND at >= ?2 AND at < ?3"
	                                : "SELECT at, \"group\" FROM \"td_%w_events\" WHERE at >= ?2 AND at < ?3",
	                      u->name);
	ok = ok && c.grain && c.walk && count_all(&c, out, err) && fill_last(&c, u, out) && fill_known(q, u, out, err);
	sqlite3_finalize(c.grain);
	sqlite3_finalize(c.walk);
	free(c.store_of);
	free(known);
	return ok;
}

bool query_stores(struct query *q, const struct stores_request *r, struct stores_answer *out, struct error *err)
{
	struct query_now now;
	struct stores_request asked = *r;
	char *store = r->store ? memory_text(r->store) : NULL;
	asked.store = store;
	bool ok = query_answer_begin(q, &out->base, &now, err);
	struct answer base = out->base;
	*out = (struct stores_answer){.base = base, .zone = r->zone ? r->zone : q->model->zone, .first = TIME_NONE};
	ok = ok && query_answer_end(q, stores(q, &asked, &now, out, err));
	free(store);
	return ok;
}
