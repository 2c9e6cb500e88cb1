#include "config.h"

#include "oracle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "model/change.h"
#include "model/model.h"

#define CLOCK_TOLERANCE (5 * MINUTE)

void oracle_init(struct oracle *o, const struct model *m)
{
	*o = (struct oracle){.model = m, .last_from = INT64_MIN};
	arena_init(&o->arena);
}

void oracle_done(struct oracle *o)
{
	free(o->versions);
	free(o->registrations);
	free(o->displaced);
	arena_done(&o->arena);
	*o = (struct oracle){0};
}

/* ---- values, rows, keys ---- */

bool oracle_same(struct value a, struct value b)
{
	if (a.kind != b.kind)
		return false;
	if (a.kind == VALUE_INTEGER)
		return a.integer == b.integer;
	if (a.kind == VALUE_TEXT || a.kind == VALUE_BYTES)
		return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
	return true;
}

bool oracle_same_row(const struct entity *e, const struct value *a, const struct value *b)
{
	for (int i = 0; i < e->column_count; i++)
		if (!oracle_same(a[i], b[i]))
			return false;
	return true;
}

const struct value *oracle_copy_row(struct arena *a, const struct entity *e, const struct value *row)
{
	struct value *copy = arena_zero(a, (size_t)e->column_count, sizeof *copy);

	for (int i = 0; i < e->column_count; i++) {
		copy[i] = row[i];
		if (row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES)
			copy[i].text = arena_copy(a, row[i].text, row[i].len);
	}
	return copy;
}

static const char *oracle_cell(struct arena *a, struct value v)
{
	if (v.kind == VALUE_INTEGER)
		return arena_format(a, "%" PRId64, v.integer);
	assert(v.kind == VALUE_TEXT);
	return arena_copy(a, v.text, v.len);
}

const char *oracle_key(struct arena *a, const struct entity *e, const struct value *row)
{
	struct buffer out = {0};
	const char *key;

	if (e->key_count == 1)
		return oracle_cell(a, row[e->key[0]]);
	for (int i = 0; i < e->key_count; i++) {
		buffer_text_add(&out, i ? ",\"" : "[\"");
		for (const char *c = oracle_cell(a, row[e->key[i]]); *c; c++) {
			if (*c == '"' || *c == '\\')
				buffer_char(&out, '\\');
			buffer_char(&out, *c);
		}
		buffer_char(&out, '"');
	}
	buffer_char(&out, ']');
	key = arena_text(a, buffer_text(&out));
	buffer_done(&out);
	return key;
}

/* ---- questions ---- */

const struct oracle_version *oracle_as_of(const struct oracle *o, int entity, const char *key, int64_t at)
{
	for (int i = 0; i < o->version_count; i++) {
		const struct oracle_version *v = &o->versions[i];

		if (v->entity != entity || strcmp(v->key, key) != 0)
			continue;
		if (at == TIME_NONE ? v->to == TIME_OPEN : v->from <= at && at < v->to)
			return v;
	}
	return NULL;
}

const struct oracle_version *oracle_version(const struct oracle *o, int entity, const char *key, int64_t number)
{
	for (int i = 0; i < o->version_count; i++) {
		const struct oracle_version *v = &o->versions[i];

		if (v->entity == entity && v->number == number && strcmp(v->key, key) == 0)
			return v;
	}
	return NULL;
}

int64_t oracle_registered(const struct oracle *o, int64_t from, int64_t to, const struct value *store)
{
	int64_t n = 0;

	for (int i = 0; i < o->registration_count; i++) {
		const struct oracle_registration *g = &o->registrations[i];

		if (g->at != TIME_NONE && from <= g->at && g->at < to && (!store || oracle_same(g->store, *store)))
			n++;
	}
	return n;
}

/* ---- versions ---- */

static int oracle_open(const struct oracle *o, int entity, const char *key)
{
	const struct oracle_version *v = oracle_as_of(o, entity, key, TIME_NONE);

	return v ? (int)(v - o->versions) : -1;
}

static int64_t oracle_numbers(const struct oracle *o, int entity, const char *key)
{
	int64_t n = 0;

	for (int i = 0; i < o->version_count; i++)
		if (o->versions[i].entity == entity && strcmp(o->versions[i].key, key) == 0)
			n++;
	return n;
}

static struct oracle_version *oracle_add(struct oracle *o, int entity, const struct value *row, int64_t from,
					 enum version_origin origin)
{
	const struct entity *e = &o->model->entities[entity];
	const char *key = oracle_key(&o->arena, e, row);
	int64_t number = oracle_numbers(o, entity, key) + 1;

	assert(oracle_open(o, entity, key) < 0);
	o->versions = memory_grow(o->versions, (size_t)(o->version_count + 1) * sizeof *o->versions);
	o->versions[o->version_count] =
		(struct oracle_version){.entity = entity,
					.key = key,
					.number = number,
					.from = from,
					.to = TIME_OPEN,
					.origin = origin,
					.values = oracle_copy_row(&o->arena, e, row),
					.life = ++o->lives,
					.found = origin == ORIGIN_SNAPSHOT || origin == ORIGIN_RESYNC};
	return &o->versions[o->version_count++];
}

static void oracle_close(struct oracle *o, int version, int64_t to, enum version_end end)
{
	o->versions[version].to = to;
	o->versions[version].end = end;
}

/* The same row goes on under the same key. */
static void oracle_update(struct oracle *o, int version, const struct value *row, int64_t at, enum version_end end,
			  enum version_origin origin)
{
	struct oracle_version old = o->versions[version], *now;
	const struct entity *e = &o->model->entities[old.entity];
	uint32_t changed = 0;

	for (int i = 0; i < e->column_count; i++)
		if (!oracle_same(old.values[i], row[i]))
			changed |= 1u << i;
	if (!changed)
		return;
	oracle_close(o, version, at, end);
	now = oracle_add(o, old.entity, row, at, origin);
	now->changed = changed;
	now->changed_told = true;
	now->life = old.life;
	now->found = old.found;
}

/* ---- registrations ---- */

static int oracle_registration_of(const struct oracle *o, const char *cif)
{
	for (int i = 0; i < o->registration_count; i++)
		if (!o->registrations[i].parked && strcmp(o->registrations[i].cif, cif) == 0)
			return i;
	return -1;
}

/* otherwise: the event time where the bank records none; TIME_NONE: unknown. */
static void oracle_register(struct oracle *o, const struct value *row, int64_t otherwise, bool found)
{
	const struct entity *e = &o->model->entities[o->model->customer];
	const char *cif = oracle_key(&o->arena, e, row);
	struct oracle_registration g = {.cif = cif, .at = TIME_NONE, .store = value_null(), .found = found};
	const struct value *kept;

	if (oracle_registration_of(o, cif) >= 0)
		return;
	kept = oracle_copy_row(&o->arena, e, row);
	if (e->store >= 0)
		g.store = kept[e->store];
	if (e->registered >= 0)
		g.at = value_instant(&e->columns[e->registered], row[e->registered], o->model->zone);
	g.timed = g.at != TIME_NONE;
	if (!g.timed)
		g.at = otherwise;
	o->registrations =
		memory_grow(o->registrations, (size_t)(o->registration_count + 1) * sizeof *o->registrations);
	o->registrations[o->registration_count++] = g;
}

/* Registration `index` (-1: none) gets the key; one that stands there counts on, though another has its key. */
static void oracle_registration_moves(struct oracle *o, int index, const char *cif)
{
	int there = oracle_registration_of(o, cif);

	if (there >= 0)
		o->registrations[there].parked = true;
	if (index >= 0) {
		o->registrations[index].cif = cif;
		o->registrations[index].parked = false;
	}
}

/* ---- transactions ---- */

void oracle_found(struct oracle *o, int entity, const struct value *row, int64_t t0)
{
	oracle_add(o, entity, row, t0, ORIGIN_SNAPSHOT);
	if (entity == o->model->customer)
		oracle_register(o, row, TIME_NONE, true);
	if (o->last_from < t0)
		o->last_from = t0;
}

void oracle_begin(struct oracle *o, int64_t commit_time, int64_t clock)
{
	o->commit_time = commit_time;
	if (commit_time > clock + CLOCK_TOLERANCE) {
		o->commit_time = clock;
		o->clock_anomalies++;
	} else if (commit_time < clock - CLOCK_TOLERANCE) {
		o->clock_anomalies++;
	}
	o->now = o->commit_time > o->last_from ? o->commit_time : o->last_from;
	o->last_from = o->now;
}

void oracle_end(struct oracle *o)
{
	assert(o->displaced_count == 0);
}

/* The row displaced from this key, taken off the list: its index in the versions; -1: none. */
static int oracle_displaced(struct oracle *o, int entity, const char *key, int *registration)
{
	for (int i = 0; i < o->displaced_count; i++) {
		int version = o->displaced[i].version;

		if (o->versions[version].entity != entity || strcmp(o->versions[version].key, key) != 0)
			continue;
		*registration = o->displaced[i].registration;
		o->displaced[i] = o->displaced[--o->displaced_count];
		return version;
	}
	return -1;
}

static void oracle_displace(struct oracle *o, int version)
{
	struct oracle_displaced d = {.version = version, .registration = -1};

	if (o->versions[version].entity == o->model->customer) {
		d.registration = oracle_registration_of(o, o->versions[version].key);
		if (d.registration >= 0)
			o->registrations[d.registration].parked = true;
	}
	oracle_close(o, version, o->now, END_KEY_CHANGE);
	o->displaced = memory_grow(o->displaced, (size_t)(o->displaced_count + 1) * sizeof *o->displaced);
	o->displaced[o->displaced_count++] = d;
}

/* `old` is closed already where its row was displaced. */
static void oracle_move(struct oracle *o, int old, int registration, const struct value *row)
{
	struct oracle_version from = o->versions[old], *now;
	const struct entity *e = &o->model->entities[from.entity];
	const char *key = oracle_key(&o->arena, e, row);
	int there = oracle_open(o, from.entity, key);

	if (there >= 0)
		oracle_displace(o, there);
	if (from.entity == o->model->customer)
		oracle_registration_moves(o, registration, key);
	oracle_close(o, old, o->now, o->cascade ? END_CASCADE : END_KEY_CHANGE);
	o->versions[old].moved_to = key;
	now = oracle_add(o, from.entity, row, o->now, o->cascade ? ORIGIN_CASCADE : ORIGIN_KEY_CHANGE);
	now->moved_from = from.key;
	now->life = from.life;
	now->found = from.found;
}

static void oracle_updated(struct oracle *o, const struct change *c)
{
	const struct entity *e = &o->model->entities[c->entity];
	const char *before = oracle_key(&o->arena, e, c->before), *after = oracle_key(&o->arena, e, c->after);
	int registration = -1, version = oracle_displaced(o, c->entity, before, &registration);
	bool displaced = version >= 0;

	if (!displaced) {
		version = oracle_open(o, c->entity, before);
		if (c->entity == o->model->customer)
			registration = oracle_registration_of(o, before);
	}
	assert(version >= 0 && oracle_same_row(e, o->versions[version].values, c->before));
	if (displaced || strcmp(before, after) != 0)
		oracle_move(o, version, registration, c->after);
	else
		oracle_update(o, version, c->after, o->now, o->cascade ? END_CASCADE : END_UPDATE,
			      o->cascade ? ORIGIN_CASCADE : ORIGIN_UPDATE);
}

static void oracle_deleted(struct oracle *o, const struct change *c)
{
	const char *key = oracle_key(&o->arena, &o->model->entities[c->entity], c->before);
	int registration, version = oracle_displaced(o, c->entity, key, &registration);

	if (version < 0)
		version = oracle_open(o, c->entity, key);
	assert(version >= 0);
	oracle_close(o, version, o->now, o->cascade ? END_CASCADE : END_DELETE);
}

void oracle_change(struct oracle *o, const struct change *c)
{
	switch (c->op) {
	case CHANGE_INSERT:
		oracle_add(o, c->entity, c->after, o->now, ORIGIN_INSERT);
		if (c->entity == o->model->customer)
			oracle_register(o, c->after, o->commit_time, false);
		break;
	case CHANGE_UPDATE:
		oracle_updated(o, c);
		break;
	case CHANGE_DELETE:
		oracle_deleted(o, c);
		break;
	case CHANGE_TRUNCATE:
		for (int i = 0; i < o->version_count; i++)
			if (o->versions[i].entity == c->entity && o->versions[i].to == TIME_OPEN)
				oracle_close(o, i, o->now, END_TRUNCATE);
		break;
	default:
		assert(false); /* an oracle is told inserts, updates, deletes and truncates */
	}
}

void oracle_cascade(struct oracle *o, const struct change *c)
{
	o->cascade = true;
	oracle_change(o, c);
	o->cascade = false;
}

/* ---- resync ---- */

int64_t oracle_resync_at(struct oracle *o, int64_t t0)
{
	if (o->last_from < t0)
		o->last_from = t0;
	return o->last_from;
}

void oracle_reconcile_row(struct oracle *o, int entity, const char *key, const struct value *row, int64_t t0)
{
	int version = oracle_open(o, entity, key);

	if (!row) {
		if (version >= 0)
			oracle_close(o, version, t0, END_RESYNC);
		return;
	}
	if (version >= 0) {
		oracle_update(o, version, row, t0, END_RESYNC, ORIGIN_RESYNC);
		return;
	}
	oracle_add(o, entity, row, t0, ORIGIN_RESYNC);
	if (entity == o->model->customer)
		oracle_register(o, row, TIME_NONE, true);
}

void oracle_reconcile(struct oracle *o, int entity, const struct value *const *rows, int count, int64_t t0)
{
	const struct entity *e = &o->model->entities[entity];
	int versions = o->version_count;

	for (int i = 0; i < versions; i++) {
		bool held = false;

		if (o->versions[i].entity != entity || o->versions[i].to != TIME_OPEN)
			continue;
		for (int k = 0; k < count && !held; k++)
			held = strcmp(oracle_key(&o->arena, e, rows[k]), o->versions[i].key) == 0;
		if (!held)
			oracle_reconcile_row(o, entity, o->versions[i].key, NULL, t0);
	}
	for (int k = 0; k < count; k++)
		oracle_reconcile_row(o, entity, oracle_key(&o->arena, e, rows[k]), rows[k], t0);
}
