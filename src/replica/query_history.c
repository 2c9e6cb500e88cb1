#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/sql.h"

/* Versions of one entity's rows while they are gathered. */
struct gathering {
	struct query *q;
	struct arena *arena;
	const struct answer *answer;
	struct version *list;
	int count, cap;
	int64_t from, to;
	int limit;     /* 0: everything is read */
	int64_t reach; /* with a limit: nothing that ended by then is read; TIME_NONE: everything was */
	struct error *err;
};

static struct version *version_add(struct gathering *g)
{
	if (g->count == g->cap)
		g->list = memory_grow(g->list, sizeof *g->list * (size_t)(g->cap = g->cap ? g->cap * 2 : 32));
	return memset(&g->list[g->count++], 0, sizeof *g->list);
}

static void version_read(struct gathering *g, int entity, sqlite3_stmt *s)
{
	const struct entity *e = &g->q->model->entities[entity];
	struct version *v = version_add(g);
	int n = e->column_count;
	v->entity = entity;
	v->values = query_row(g->q, entity, s, g->arena);
	v->key = key_text(e, v->values, g->arena);
	v->version = sqlite3_column_int64(s, n);
	v->valid_from = sqlite3_column_int64(s, n + 1);
	v->valid_to = sqlite3_column_int64(s, n + 2);
	v->seq = sqlite3_column_int64(s, n + 3);
	v->origin = (enum version_origin)sqlite3_column_int(s, n + 5);
	v->ended_by = (enum version_end)sqlite3_column_int(s, n + 6);
	v->is_current = v->valid_to == TIME_OPEN;
	v->changed_count = query_changed(e, (const char *)sqlite3_column_text(s, n + 7), &v->changed, g->arena);
}

/* Binds a key's columns, or a CIF; false: no key of this entity reads so. */
static bool bind_by(struct gathering *g, int entity, sqlite3_stmt *s, struct value by)
{
	const struct entity *e = &g->q->model->entities[entity];
	const struct entity_query *x = &g->q->entities[entity];
	if (s != x->by_key && s != x->history_by_key && s != x->newest_by_key) {
		sql_bind(s, 1, by);
		return true;
	}
	struct value *split = arena_alloc(g->arena, sizeof *split * (size_t)e->column_count);
	if (!key_split(e, by, split, g->arena))
		return false;
	for (int i = 0; i < e->key_count; i++)
		sql_bind(s, i + 1, split[e->key[i]]);
	return true;
}

static bool read_all(struct gathering *g, int entity, sqlite3_stmt *s, struct value by)
{
	int row;
	if (!bind_by(g, entity, s, by))
		return true;
	while ((row = sql_row(s, g->err)) == 1)
		version_read(g, entity, s);
	sqlite3_reset(s);
	return row == 0;
}

/* What read_newest reads: versions of (from, to), as far as the limit; TIME_NONE: open. */
struct stretch_read {
	int64_t from, to;
	int limit; /* 0: none */
};

/* Whether a version that ended at `ended` is the last to read: it ended where all that is wanted began, and is
 * needed only as what stood before. Raises the reach when the limit is what ends the reading; versions that
 * ended in one moment are never parted, so that each reading shows something. */
static bool read_enough(struct gathering *g, const struct stretch_read *r, int count, int64_t first, int64_t ended)
{
	if (r->limit && count >= r->limit && ended < first) {
		if (ended > g->reach)
			g->reach = ended;
		return true;
	}
	return ended <= g->reach || ended < r->from;
}

/* Closed versions, those that ended last first. TIME_NONE is before all times. */
static bool read_newest(struct gathering *g, int entity, sqlite3_stmt *s, struct value by, const struct stretch_read *r)
{
	int n = g->q->model->entities[entity].column_count, row = 0, count = 0;
	int64_t first = TIME_NONE;
	bool enough = false;
	if (!bind_by(g, entity, s, by))
		return true;
	while (!enough && (row = sql_row(s, g->err)) == 1) {
		int64_t began = sqlite3_column_int64(s, n + 1), ended = sqlite3_column_int64(s, n + 2);
		if (r->to != TIME_NONE && began >= r->to)
			continue;
		if (count == 0)
			first = ended;
		enough = read_enough(g, r, count++, first, ended);
		version_read(g, entity, s);
	}
	sqlite3_reset(s);
	return enough || row == 0;
}

/* The versions of one key; with a limit those of a stretch. */
static bool read_key(struct gathering *g, int entity, struct value key, const struct stretch_read *r)
{
	struct entity_query *x = &g->q->entities[entity];
	if (g->limit)
		return query_newest_prepare(g->q, entity, g->err) && read_newest(g, entity, x->newest_by_key, key, r) && read_all(g, entity, x->by_key, key);
	return query_entity_prepare(g->q, entity, g->err) && read_all(g, entity, x->history_by_key, key) && read_all(g, entity, x->by_key, key);
}

static int by_key_version(const void *x, const void *y)
{
	const struct version *a = x, *b = y;
	int c = strcmp(a->key, b->key);
	return c ? c : (a->version > b->version) - (a->version < b->version);
}

static void version_sort(struct gathering *g, int first)
{
	if (g->count > first)
		qsort(g->list + first, (size_t)(g->count - first), sizeof *g->list, by_key_version);
}

/* ---- details found by their CIF column ---- */

/* With a limit: rows that began before what is shown have nothing to tell by themselves. */
static void drop_settled(struct gathering *g, int first)
{
	int kept = first;
	for (int i = first; i < g->count; i++)
		if (g->reach == TIME_NONE || !g->list[i].is_current || g->list[i].valid_from > g->reach)
			g->list[kept++] = g->list[i];
	g->count = kept;
}

/* Every version of each row that ever was this customer's: to tell what changed, and where a row came from or went. */
static bool read_family(struct gathering *g, int entity, struct value cif)
{
	struct query *q = g->q;
	const struct entity *e = &q->model->entities[entity];
	struct entity_query *x = &q->entities[entity];
	struct stretch_read r = {g->from, g->to, g->limit};
	int first = g->count;
	if (g->limit ? !query_newest_prepare(q, entity, g->err) || !read_newest(g, entity, x->newest_by_cif, cif, &r)
	             : !query_entity_prepare(q, entity, g->err) || !read_all(g, entity, x->history_by_cif, cif))
		return false;
	if ((query_by_cif_indexed(q, g->answer, entity) && !read_all(g, entity, x->by_cif, cif)))
		return false;
	drop_settled(g, first);
	int mine = g->count - first;
	if (!mine)
		return true;
	version_sort(g, first);
	/* Once more by key, so that the neighbours which were another's stand there too. */
	struct version *own = memory_alloc(sizeof *own * (size_t)mine);
	memcpy(own, g->list + first, sizeof *own * (size_t)mine);
	g->count = first;
	bool ok = true;
	for (int i = 0; ok && i < mine; i++)
		if (i == 0 || strcmp(own[i].key, own[i - 1].key) != 0) {
			/* From the oldest that is his; how many were others' in between is not his limit. */
			struct stretch_read by_key = {own[i].valid_from, g->to, 0};
			ok = read_key(g, entity, key_of(e, own[i].values, g->arena), &by_key);
		}
	free(own);
	if (ok)
		version_sort(g, first);
	return ok;
}

static const char *text_of(const struct column *c, struct value v, struct arena *a)
{
	struct buffer b = {0};
	value_print(&b, c, v);
	const char *text = arena_copy(a, buffer_text(&b), b.len);
	buffer_done(&b);
	return text;
}

static void link_previous(struct gathering *g, int first)
{
	for (int i = first + 1; i < g->count; i++) {
		struct version *v = &g->list[i], *p = &g->list[i - 1];
		if (strcmp(v->key, p->key) == 0 && p->ended_by != END_DELETE && p->ended_by != END_TRUNCATE && p->ended_by != END_KEY_CHANGE &&
		    v->changed_count)
			v->previous = p->values;
	}
}

/* Keeps the versions that were this customer's; says where those that changed hands came from and went. */
static void keep_own(struct gathering *g, int first, int cif_column, struct value cif)
{
	const struct column *c = NULL;
	int kept = first;
	for (int i = first; i < g->count; i++) {
		struct version v = g->list[i];
		c = &g->q->model->entities[v.entity].columns[cif_column];
		if (!value_equal(v.values[cif_column], cif))
			continue;
		if (i > first && v.previous && !value_equal(v.previous[cif_column], cif))
			v.moved_from = text_of(c, v.previous[cif_column], g->arena);
		if (i + 1 < g->count && g->list[i + 1].previous == v.values && !value_equal(g->list[i + 1].values[cif_column], cif))
			v.moved_to = text_of(c, g->list[i + 1].values[cif_column], g->arena);
		g->list[kept++] = v;
	}
	g->count = kept;
}

/* ---- key changes ---- */

static const char *move_other(struct gathering *g, bool to, const struct version *v)
{
	struct query *q = g->q;
	const struct entity *e = &q->model->entities[v->entity];
	sqlite3_stmt *s = to ? query_prepare(q, &q->moved_to, "SELECT new_key FROM td_move WHERE entity = ?1 AND old_key = ?2 AND old_version = ?3", g->err)
	                     : query_prepare(q, &q->moved_from, "SELECT old_key FROM td_move WHERE entity = ?1 AND new_key = ?2 AND new_version = ?3",
	                                     g->err);
	const char *other = NULL;
	if (!s)
		return NULL;
	sqlite3_bind_int(s, 1, v->entity);
	sql_bind(s, 2, key_of(e, v->values, g->arena));
	sqlite3_bind_int64(s, 3, v->version);
	if (sql_row(s, g->err) == 1)
		other = key_value_text(sql_column_copy(s, 0, g->arena), g->arena);
	sqlite3_reset(s);
	return other;
}

static void link_moves(struct gathering *g, int first)
{
	for (int i = first; i < g->count; i++) {
		struct version *v = &g->list[i];
		if (v->ended_by == END_KEY_CHANGE)
			v->moved_to = move_other(g, true, v);
		if (v->origin == ORIGIN_KEY_CHANGE)
			v->moved_from = move_other(g, false, v);
	}
}

/* ---- details found through a column of the customer ---- */

/* A stretch of time in which the customer's via column held one value. */
struct stretch {
	struct value value;
	int64_t from, to;
};

static void clip(struct gathering *g, int first, const struct stretch *s)
{
	int kept = first;
	for (int i = first; i < g->count; i++) {
		struct version v = g->list[i];
		int64_t from = v.valid_from > s->from ? v.valid_from : s->from, to = v.valid_to < s->to ? v.valid_to : s->to;
		if (from > to || (from == to && v.valid_from != v.valid_to))
			continue;
		v.is_current = v.is_current && s->to == TIME_OPEN;
		v.valid_from = from;
		v.valid_to = to;
		g->list[kept++] = v;
	}
	g->count = kept;
}

static bool read_via(struct gathering *g, int entity, const struct version *customer, int customer_count)
{
	const struct entity *e = &g->q->model->entities[entity];
	for (int i = 0; i < customer_count;) {
		struct stretch s = {customer[i].values[e->via], customer[i].valid_from, customer[i].valid_to};
		for (i++; i < customer_count && customer[i].valid_from == s.to && value_equal(customer[i].values[e->via], s.value); i++)
			s.to = customer[i].valid_to;
		if (s.value.kind == VALUE_NULL || s.value.kind == VALUE_UNKNOWN)
			continue;
		struct stretch_read r = {s.from, g->to == TIME_NONE || s.to < g->to ? s.to : g->to, g->limit};
		int first = g->count;
		if (r.from < g->from)
			r.from = g->from;
		if (!read_key(g, entity, s.value, &r))
			return false;
		version_sort(g, first);
		link_previous(g, first);
		clip(g, first, &s);
	}
	return true;
}

/* ---- the answer ---- */

static int newest_first(const void *x, const void *y)
{
	const struct version *a = x, *b = y;
	if (a->valid_from != b->valid_from)
		return a->valid_from < b->valid_from ? 1 : -1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? 1 : -1;
	if (a->entity != b->entity)
		return a->entity < b->entity ? -1 : 1;
	int c = strcmp(a->key, b->key);
	return c ? c : (a->version < b->version) - (a->version > b->version);
}

/* Versions that overlap [from, to), and those of no length inside. */
static bool overlaps(const struct version *v, int64_t from, int64_t to)
{
	if (to != TIME_NONE && v->valid_from >= to)
		return false;
	return from == TIME_NONE || v->valid_to > from || (v->valid_from == v->valid_to && v->valid_from >= from);
}

/* Something of it happened after the reach. */
static bool within(const struct version *v, int64_t reach)
{
	return reach == TIME_NONE || v->valid_from > reach || (!v->is_current && v->valid_to > reach);
}

static bool gather(struct gathering *g, const struct history_request *r, struct value cif, bool *known)
{
	const struct model *m = g->q->model;
	struct stretch_read whole = {g->from, g->to, g->limit};
	if (!read_key(g, m->customer, cif, &whole))
		return false;
	version_sort(g, 0);
	link_previous(g, 0);
	link_moves(g, 0);
	int own = g->count;
	*known = own > 0;
	struct version *life = memory_alloc(sizeof *life * (size_t)(own + 1));
	if (own)
		memcpy(life, g->list, sizeof *life * (size_t)own);
	if (r->entity >= 0 && r->entity != m->customer)
		g->count = 0;
	bool ok = true;
	for (int i = 0; ok && i < m->entity_count; i++) {
		const struct entity *e = &m->entities[i];
		if ((e->kind != ENTITY_DETAIL && e->kind != ENTITY_EVENT) || (r->entity >= 0 && r->entity != i))
			continue;
		int first = g->count;
		if (e->via >= 0) {
			ok = read_via(g, i, life, own);
			continue;
		}
		ok = read_family(g, i, cif);
		link_previous(g, first);
		keep_own(g, first, e->cif, cif);
		for (int k = first; k < g->count; k++) {
			struct version *v = &g->list[k];
			if (v->ended_by == END_KEY_CHANGE && !v->moved_to)
				v->moved_to = move_other(g, true, v);
			if (v->origin == ORIGIN_KEY_CHANGE && !v->moved_from)
				v->moved_from = move_other(g, false, v);
		}
		*known = *known || g->count > first;
	}
	free(life);
	return ok;
}

static bool history(struct query *q, const struct history_request *r, struct history_answer *out, struct error *err)
{
	struct cif_match match;
	struct gathering g = {.q = q, 
	                      .arena = &out->base.arena,
	                      .answer = &out->base,
	                      .from = r->from, .to = r->to, .limit = r->limit, .reach = TIME_NONE, .err = err};
	if (!query_cif(q, out->cif, &match, g.arena, err) || !query_gaps(q, 1000, &out->gaps, &out->gap_count, g.arena, err))
		return false;
	/* A text that never was a customer's number may stand in a detail all the same. */
	const struct entity *e = &q->model->entities[q->model->customer];
	if (match.key.kind == VALUE_NULL && !match.candidate_count && e->columns[e->cif].type == COLUMN_TEXT)
		match.key = value_text(out->cif, strlen(out->cif));
	if (match.key.kind == VALUE_NULL)
		return true;
	out->cif = key_value_text(match.key, g.arena);
	bool ok = gather(&g, r, match.key, &out->known);
	if (ok && g.count) {
		qsort(g.list, (size_t)g.count, sizeof *g.list, newest_first);
		int kept = 0;
		for (int i = 0; i < g.count; i++)
			if (overlaps(&g.list[i], r->from, r->to) && within(&g.list[i], g.reach))
				g.list[kept++] = g.list[i];
		out->count = kept;
		out->versions = arena_copy(g.arena, g.list, sizeof *g.list * (size_t)kept);
	}
	out->reach = g.reach;
	free(g.list);
	return ok;
}

bool query_history(struct query *q, const struct history_request *r, struct history_answer *out, struct error *err)
{
	struct history_request asked = *r;
	char *cif = memory_text(r->cif);
	bool ok = query_answer_begin(q, &out->base, NULL, err);
	struct answer base = out->base;
	*out = (struct history_answer){.base = base, .reach = TIME_NONE};
	if (ok) {
		out->cif = asked.cif = arena_text(&out->base.arena, cif);
		ok = query_answer_end(q, history(q, &asked, out, err));
	}
	free(cif);
	return ok;
}

/* The next version of the same row begins where this one ends. */
static bool version_followed(const struct history_answer *h, const struct version *v)
{
	for (int i = 0; i < h->count; i++) {
		const struct version *next = &h->versions[i];
		if (next->entity == v->entity && next->version == v->version + 1 && next->valid_from == v->valid_to &&
		    strcmp(next->key, v->key) == 0)
			return true;
	}
	return false;
}

/* Some ends replace a row's values, some the row itself; cascade, resync and repair do either. */
bool version_went(const struct history_answer *h, const struct version *v)
{
	if (v->is_current || v->valid_to == TIME_OPEN)
		return false;
	switch (v->ended_by) {
	case END_DELETE:
	case END_TRUNCATE:
		return true;
	case END_CASCADE:
	case END_RESYNC:
	case END_REPAIR:
		return v->moved_to || !version_followed(h, v);
	case END_OPEN:
	case END_UPDATE:
	case END_KEY_CHANGE:
		break;
	}
	return v->moved_to != NULL;
}
