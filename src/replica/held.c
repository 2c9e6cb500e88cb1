#include "config.h"

#include "replica/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/row.h"
#include "replica/sql.h"

struct held_state {
	sqlite3_stmt *add, *newest, *images, *drop, *list, *ask, *churn;
	int64_t count; /* images held, all entities; 0: nothing to ask */
};

struct image {
	struct value *values;
	struct row_time at;
	enum held_by by;
};

bool held_prepare(struct replica *r, struct error *err)
{
	struct held_state *h = r->held = memory_zero(1, sizeof *h);
	h->add = sql_prepare(r->db, "INSERT INTO td_held (entity, key, image, valid_from, seq) VALUES (?1, ?2, ?3, ?4, ?5)", err);
	h->newest = sql_prepare(r->db, "SELECT image FROM td_held WHERE entity = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1", err);
	h->images = sql_prepare(r->db, "SELECT image, valid_from, seq FROM td_held WHERE entity = ?1 AND key = ?2 ORDER BY id", err);
	h->drop = sql_prepare(r->db, "DELETE FROM td_held WHERE entity = ?1 AND key = ?2", err);
	h->list = sql_prepare(r->db, "SELECT DISTINCT key FROM td_held WHERE entity = ?1 LIMIT ?2", err);
	h->ask = sql_prepare(r->db,
	                     "UPDATE td_touched SET asked = churn WHERE entity = ?1 AND key = ?2", err);
	h->churn = sql_prepare(r->db, "SELECT asked IS churn FROM td_touched WHERE entity = ?1 AND key = ?2", err);
	h->count = 1; /* unknown until nothing is found */
	return h->add && h->newest && h->images && h->drop && h->list && h->ask && h->churn;
}

void held_close(struct replica *r)
{
	struct held_state *h = r->held;
	if (!h)
		return;
	sqlite3_stmt *all[] = {h->add, h->newest, h->images, h->drop, h->list, h->ask, h->churn};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sqlite3_finalize(all[i]);
	free(h);
	r->held = NULL;
}

/* ---- an image as bytes: what made it; per column its kind, then an int64 or a length and the bytes (host order: the file does not travel) ---- */

static void pack(struct buffer *out, const struct value *row, int n, enum held_by by)
{
	buffer_char(out, (char)by);
	for (int i = 0; i < n; i++) {
		buffer_char(out, (char)row[i].kind);
		if (row[i].kind == VALUE_INTEGER)
			buffer_add(out, &row[i].integer, sizeof row[i].integer);
		if (row[i].kind != VALUE_TEXT && row[i].kind != VALUE_BYTES)
			continue;
		buffer_add(out, &row[i].len, sizeof row[i].len);
		buffer_add(out, row[i].text, row[i].len);
	}
}

static bool unpack(const char *p, size_t size, struct value *row, int n, enum held_by *by, struct arena *a)
{
	const char *end = p + size;
	if (p == end || *p < HELD_EVENT || *p > HELD_DOUBT)
		return false;
	*by = (enum held_by)*p++;
	for (int i = 0; i < n; i++) {
		if (p >= end)
			return false;
		row[i] = (struct value){.kind = (enum value_kind)(unsigned char)*p++};
		if (row[i].kind == VALUE_INTEGER) {
			if (end - p < (ptrdiff_t)sizeof row[i].integer)
				return false;
			memcpy(&row[i].integer, p, sizeof row[i].integer);
			p += sizeof row[i].integer;
		} else if (row[i].kind == VALUE_TEXT || row[i].kind == VALUE_BYTES) {
			if (end - p < (ptrdiff_t)sizeof row[i].len)
				return false;
			memcpy(&row[i].len, p, sizeof row[i].len);
			p += sizeof row[i].len;
			if (end - p < (ptrdiff_t)row[i].len)
				return false;
			row[i].text = arena_copy(a, p, row[i].len);
			p += row[i].len;
		} else if (row[i].kind > VALUE_BYTES) {
			return false;
		}
	}
	return p == end;
}

static bool damaged(const struct replica *r, struct error *err)
{
	return error_set(err, ERROR_REPLICA, "could not read replica \"%s\": a held row is damaged", r->path);
}

/* ---- holding ---- */

bool held_add(struct replica *r, struct table *t, const struct value *row, const struct held_cause *cause, struct error *err)
{
	struct held_state *h = r->held;
	struct arena a = {0};
	struct buffer image = {0};
	pack(&image, row, t->entity->column_count, cause->by);
	sqlite3_bind_int(h->add, 1, t->index);
	sql_bind(h->add, 2, key_of(t->entity, row, &a));
	sqlite3_bind_blob(h->add, 3, image.data, (int)image.len, SQLITE_STATIC);
	sqlite3_bind_int64(h->add, 4, cause->valid_from);
	sqlite3_bind_int64(h->add, 5, cause->seq);
	bool ok = sql_run(h->add, err);
	buffer_done(&image);
	arena_done(&a);
	h->count = 1;
	return ok;
}

bool held_any(struct replica *r, int entity)
{
	if (!r->held->count)
		return false;
	r->held->count = sql_integer(r->db, "SELECT EXISTS (SELECT 1 FROM td_held)", 0);
	sqlite3_stmt *s = r->held->list;
	sqlite3_bind_int(s, 1, entity);
	sqlite3_bind_int(s, 2, 1);
	bool any = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_reset(s);
	return any;
}

int held_newest(struct replica *r, struct table *t, struct value key, struct value *out, struct arena *a, struct error *err)
{
	struct held_state *h = r->held;
	enum held_by by;
	if (!h->count)
		return 0;
	sqlite3_bind_int(h->newest, 1, t->index);
	sql_bind(h->newest, 2, key);
	int found = sql_row(h->newest, err);
	if (found == 1 && !unpack(sqlite3_column_blob(h->newest, 0), (size_t)sqlite3_column_bytes(h->newest, 0), out, t->entity->column_count, &by, a)) {
		damaged(r, err);
		found = -1;
	}
	sqlite3_reset(h->newest);
	return found;
}

bool held_drop(struct replica *r, struct table *t, struct value key, struct error *err)
{
	struct held_state *h = r->held;
	if (!h->count)
		return true;
	sqlite3_bind_int(h->drop, 1, t->index);
	sql_bind(h->drop, 2, key);
	return sql_run(h->drop, err);
}

/* At most `max` keys, -1: all of them. */
static bool keys_load(struct replica *r, struct table *t, int max, const struct value *const **keys, int *count, struct arena *a, struct error *err)
{
	struct held_state *h = r->held;
	const struct entity *e = t->entity;
	const struct value **list = NULL;
	int cap = 0, row = 0;
	*count = 0;
	sqlite3_bind_int(h->list, 1, t->index);
	sqlite3_bind_int(h->list, 2, max);
	while (h->count && (row = sql_row(h->list, err)) == 1) {
		if (*count == cap)
			list = memory_grow(list, sizeof *list * (size_t)(cap = cap ? cap * 2 : 16));
		struct value key = sql_column_copy(h->list, 0, a);
		struct value *values = arena_alloc(a, sizeof *values * (size_t)e->column_count);
		if (!key_split(e, key, values, a)) {
			row = -1;
			damaged(r, err);
			break;
		}
		list[(*count)++] = values;
	}
	sqlite3_reset(h->list);
	*keys = arena_copy(a, *count ? (const void *)list : "", sizeof *list * (size_t)*count);
	free(list);
	return row == 0;
}

bool held_keys(struct replica *r, struct table *t, const struct value *const **keys, int *count, struct arena *a, struct error *err)
{
	return keys_load(r, t, -1, keys, count, a, err);
}

bool held_list(struct replica *r, struct table *t, const struct value *const **keys, int *count, int max, const char **last_position,
               struct arena *a, struct error *err)
{
	struct held_state *h = r->held;
	*last_position = buffer_text(&r->position); /* at or after the last event of each */
	if (!replica_begin(r, err) || !keys_load(r, t, max, keys, count, a, err))
		return false;
	for (int i = 0; i < *count; i++) {
		sqlite3_bind_int(h->ask, 1, t->index);
		sql_bind(h->ask, 2, key_of(t->entity, (*keys)[i], a));
		if (!sql_run(h->ask, err))
			return false;
	}
	return true;
}

/* ---- filling ---- */

static bool images_load(struct replica *r, struct table *t, struct value key, struct image **images, int *count, struct arena *a,
                        struct error *err)
{
	sqlite3_stmt *s = r->held->images;
	int n = t->entity->column_count, cap = 0, row;
	struct image *list = NULL;
	*count = 0;
	sqlite3_bind_int(s, 1, t->index);
	sql_bind(s, 2, key);
	while ((row = sql_row(s, err)) == 1) {
		if (*count == cap)
			list = memory_grow(list, sizeof *list * (size_t)(cap = cap ? cap * 2 : 8));
		struct image *image = &list[*count];
		image->values = arena_alloc(a, sizeof(struct value) * (size_t)n);
		image->at = (struct row_time){sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2)};
		if (!unpack(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0), image->values, n, &image->by, a)) {
			damaged(r, err);
			row = -1;
			break;
		}
		(*count)++;
	}
	sqlite3_reset(s);
	*images = list;
	return row == 0;
}

/* A column unknown in this image but set by a later event cannot be told from what is read now. */
static bool fillable(const struct image *image, const struct image *last, int n)
{
	for (int i = 0; i < n; i++)
		if (image->values[i].kind == VALUE_UNKNOWN && last->values[i].kind != VALUE_UNKNOWN)
			return false;
	return true;
}

static bool image_apply(struct replica *r, struct table *t, const struct image *image, bool first, struct arena *a, struct error *err)
{
	struct stored old = {.values = arena_alloc(a, sizeof(struct value) * (size_t)t->entity->column_count)};
	int found = history_find(t, image->values, &old, err);
	if (found < 0)
		return false;
	enum version_origin origin = image->by == HELD_CASCADE ? ORIGIN_CASCADE : ORIGIN_UPDATE;
	if (!found) {
		struct row_birth b = {image->values, image->at, origin, true, TIME_NONE};
		return row_open(r, t, &b, err) == 1;
	}
	/* What a resync still held ended somewhere before; the image itself is of an event or a cascade. */
	enum version_end end = first ? END_RESYNC : image->by == HELD_CASCADE ? END_CASCADE : END_UPDATE;
	struct row_step step = {image->at, end, origin, true, 0, first};
	return row_step(r, t, &old, image->values, &step, a, err) >= 0;
}

bool held_fill(struct replica *r, struct table *t, struct value key, const struct value *row, struct error *err)
{
	if (!r->held->count)
		return true;
	int n = t->entity->column_count, count;
	struct arena a = {0};
	struct image *images;
	bool ok = images_load(r, t, key, &images, &count, &a, err);
	bool first = true;
	for (int i = 0; ok && i < count; i++) {
		if (!fillable(&images[i], &images[count - 1], n))
			continue;
		for (int c = 0; c < n; c++)
			if (images[i].values[c].kind == VALUE_UNKNOWN)
				images[i].values[c] = row[c];
		ok = image_apply(r, t, &images[i], first, &a, err);
		first = false;
	}
	free(images);
	if (ok && count)
		ok = held_drop(r, t, key, err);
	arena_done(&a);
	return ok;
}

/* 1: nothing but updates that keep it happened to the key since held_list gave it out; 0, -1 error. */
static int is_calm(struct replica *r, struct table *t, struct value key, struct error *err)
{
	sqlite3_stmt *s = r->held->churn;
	sqlite3_bind_int(s, 1, t->index);
	sql_bind(s, 2, key);
	int found = sql_row(s, err);
	if (found == 1)
		found = sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return found;
}

bool held_fill_read(struct replica *r, struct table *t, struct value key, const struct value *row, struct error *err)
{
	int calm = is_calm(r, t, key, err);
	return calm >= 0 && (!calm || held_fill(r, t, key, row, err));
}

static bool image_died(struct replica *r, struct table *t, const struct image *image, struct error *err)
{
	struct arena a = {0};
	struct stored old = {.values = arena_alloc(&a, sizeof(struct value) * (size_t)t->entity->column_count)};
	int found = history_find(t, image->values, &old, err);
	bool ok = found == 1   ? row_close(r, t, &old, image->at, END_CASCADE, err)
	          : found == 0 ? row_was(r, t, image->values, image->at, END_CASCADE, err)
	                       : false;
	arena_done(&a);
	return ok;
}

/* The newest image tells of it. */
static bool row_died(struct replica *r, struct table *t, struct value key, bool only_doubted, struct error *err)
{
	struct arena a = {0};
	struct image *images;
	int count;
	bool ok = images_load(r, t, key, &images, &count, &a, err);
	if (ok && count && (!only_doubted || images[count - 1].by == HELD_DOUBT))
		ok = image_died(r, t, &images[count - 1], err);
	free(images);
	arena_done(&a);
	return ok && held_drop(r, t, key, err);
}

bool held_replace(struct replica *r, struct table *t, struct value key, struct error *err)
{
	return !r->held->count || row_died(r, t, key, true, err);
}

bool held_gone(struct replica *r, struct table *t, struct value key, struct error *err)
{
	int calm = is_calm(r, t, key, err);
	return calm >= 0 && (!calm || row_died(r, t, key, false, err));
}
