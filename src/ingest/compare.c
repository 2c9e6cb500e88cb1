#include "config.h"

#include "ingest/compare.h"

#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/key.h"
#include "replica/query.h"
#include "replica/repair.h"
#include "replica/replica.h"
#include "replica/rollup.h"
#include "replica/sql.h"
#include "source/source.h"

#define CHUNK_ROWS 5000
#define KEY_BATCH 500
#define ROUNDS 5                 /* a key that differs so often, each time after the replica had caught up, differs */
#define WAIT_MOST (30 * SECOND)  /* for another writer to reach a position, for commits to become visible */
#define LOOK_EVERY_US 50000

/* A key that differed when it was looked at. */
struct suspect {
	int entity;
	struct value *key;           /* a row with key columns set */
};

struct comparing {
	const struct ingest_params *params;
	void (*found)(void *ctx, const struct violation *v);
	void *ctx;
	int64_t *checked;
	struct error *err;
	struct ingest *ingest;       /* ours, with the lock; NULL: another process writes */
	struct source *source;
	struct query *query;
	const struct model *model;
	sqlite3 *seen_db;            /* keys the source has; a private temporary database */
	sqlite3_stmt *see, *seen;
	struct arena keys, rows;
	struct suspect *suspects;
	int count, cap;
	int64_t deadline;            /* of waiting for commits that are in the log and not visible yet, monotonic */
	bool repair;
};

/* ---- keeping up ---- */

static const char *position_now(struct comparing *c, struct buffer *out)
{
	struct status_answer s = {0};
	buffer_clear(out);
	if (query_status(c->query, &s, c->err) && s.source_count && s.sources[0].position)
		buffer_text_add(out, s.sources[0].position);
	answer_done(&s.base);
	return buffer_text(out);
}

/* Until the replica has applied all up to a position. */
static bool catch_up(struct comparing *c, const char *position)
{
	struct buffer now = {0};
	bool there = c->source->ops->reached(position_now(c, &now), position);
	buffer_done(&now);
	if (there)
		return true;
	if (c->ingest)
		return ingest_run(c->ingest, c->err);
	return query_wait(c->query, c->source->ops->reached, position, WAIT_MOST, c->err);
}

/* A server may log a transaction, and the replica have it, before a reader sees it: what is read then is older than what it is held
 * against. Until all the replica has is visible, as long as there is time left: not every server can say so before its next log file. */
static bool see_all(struct comparing *c)
{
	struct buffer now = {0};
	const char *position = position_now(c, &now), *bound;
	int64_t clock;
	bool ok = true, seen = false;
	while (ok && !seen) {
		ok = c->source->ops->copy->bound_before(c->source, &bound, &clock, c->err);
		seen = ok && (c->source->ops->reached(bound, position) || clock_mono() > c->deadline);
		if (ok && !seen)
			usleep(LOOK_EVERY_US);
	}
	buffer_done(&now);
	return ok;
}

/* ---- one row ---- */

static bool same_row(const struct comparing *c, int entity, const struct value *ours, const struct value *theirs)
{
	const struct entity *e = &c->model->entities[entity];
	for (int i = 0; i < e->column_count; i++)
		if (query_column_present(c->query, entity, i) && !value_equal(ours[i], theirs[i]))
			return false;
	return true;
}

static void suspect_add(struct comparing *c, int entity, const struct value *row)
{
	const struct entity *e = &c->model->entities[entity];
	if (c->count == c->cap)
		c->suspects = memory_grow(c->suspects, sizeof *c->suspects * (size_t)(c->cap = c->cap ? c->cap * 2 : 64));
	struct value *key = arena_zero(&c->keys, (size_t)e->column_count, sizeof *key);
	for (int i = 0; i < e->key_count; i++) {
		struct value v = row[e->key[i]];
		if (v.kind == VALUE_TEXT || v.kind == VALUE_BYTES)
			v.text = arena_copy(&c->keys, v.len ? v.text : "", v.len);
		key[e->key[i]] = v;
	}
	c->suspects[c->count++] = (struct suspect){entity, key};
}

/* ---- first look: every row of the source, then every row of ours the source did not show ---- */

static bool open_seen(struct comparing *c)
{
	if (sqlite3_open("", &c->seen_db) != SQLITE_OK ||
	    !sql_exec(c->seen_db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE seen (entity INTEGER, key ANY, PRIMARY KEY (entity, key)) "
	                          "STRICT, WITHOUT ROWID; BEGIN",
	              c->err))
		return false;
	c->see = sql_prepare(c->seen_db, "INSERT INTO seen VALUES (?1, ?2) ON CONFLICT DO NOTHING", c->err);
	c->seen = sql_prepare(c->seen_db, "SELECT 1 FROM seen WHERE entity = ?1 AND key = ?2", c->err);
	return c->see && c->seen;
}

static bool look_at(struct comparing *c, int entity, const struct value *row)
{
	const struct value *ours;
	sqlite3_bind_int(c->see, 1, entity);
	sql_bind(c->see, 2, key_of(&c->model->entities[entity], row, &c->rows));
	if (!sql_run(c->see, c->err) || !query_row_of(c->query, entity, row, &ours, &c->rows, c->err))
		return false;
	if (!ours || !same_row(c, entity, ours, row))
		suspect_add(c, entity, row);
	if (c->checked)
		c->checked[entity]++;
	arena_reset(&c->rows);
	return true;
}

static bool look_at_source(struct comparing *c, int entity)
{
	struct source_chunk chunk = {0};
	struct arena cursor_arena = {0};
	const struct value *cursor = NULL;
	const struct entity *e = &c->model->entities[entity];
	bool ok = true;
	do {
		ok = c->source->ops->copy->read_chunk(c->source, entity, cursor, CHUNK_ROWS, &chunk, c->err);
		for (int i = 0; ok && i < chunk.count; i++)
			ok = look_at(c, entity, chunk.rows[i]);
		if (ok && chunk.count) {
			struct value key = key_of(e, chunk.rows[chunk.count - 1], &c->rows);
			arena_reset(&cursor_arena);
			if (key.kind == VALUE_TEXT || key.kind == VALUE_BYTES)
				key.text = arena_copy(&cursor_arena, key.text, key.len);
			struct value *row = arena_alloc(&cursor_arena, sizeof *row * (size_t)e->column_count);
			key_split(e, key, row, &cursor_arena);
			cursor = row;
		}
	} while (ok && !chunk.last);
	arena_done(&cursor_arena);
	return ok;
}

static bool look_at_ours(void *ctx, const struct export_row *row)
{
	struct comparing *c = ctx;
	sqlite3_bind_int(c->seen, 1, row->entity);
	sql_bind(c->seen, 2, key_of(&c->model->entities[row->entity], row->values, &c->rows));
	bool seen = sqlite3_step(c->seen) == SQLITE_ROW;
	sqlite3_reset(c->seen);
	arena_reset(&c->rows);
	if (!seen)
		suspect_add(c, row->entity, row->values);
	return true;
}

/* ---- then again, key by key, until what differs was not just on its way ---- */

static const struct value *row_of_key(const struct source_chunk *chunk, const struct entity *e, const struct value *key)
{
	for (int i = 0; i < chunk->count; i++)
		if (key_same(e, chunk->rows[i], key))
			return chunk->rows[i];
	return NULL;
}

static const char *difference(const struct comparing *c, int entity, const struct value *ours, const struct value *theirs, struct arena *a)
{
	const struct entity *e = &c->model->entities[entity];
	struct buffer names = {0};
	for (int i = 0; i < e->column_count; i++)
		if (query_column_present(c->query, entity, i) && !value_equal(ours[i], theirs[i]))
			buffer_format(&names, "%s%s", names.len ? ", " : "the source differs in ", e->columns[i].as);
	const char *text = arena_text(a, buffer_text(&names));
	buffer_done(&names);
	return text;
}

static bool tell(struct comparing *c, const struct suspect *s, const struct value *ours, const struct value *theirs)
{
	const struct entity *e = &c->model->entities[s->entity];
	struct violation v = {e->name, key_text(e, s->key, &c->rows), "differs", NULL};
	if (!ours) {
		v.rule = "missing";
		v.detail = "the source has the row, the replica has not";
	} else if (!theirs) {
		v.rule = "extra";
		v.detail = "the replica has the row, the source has not";
	} else {
		v.detail = difference(c, s->entity, ours, theirs, &c->rows);
	}
	c->found(c->ctx, &v);
	return !c->repair || repair_row(ingest_replica(c->ingest), s->entity, s->key, theirs, c->source->ops->clock(c->source), c->err);
}

/* Looks again at suspects [from, to), of one entity; those that agree now are dropped. */
static bool look_again(struct comparing *c, int from, int to, bool last, int *kept)
{
	const struct value *keys[KEY_BATCH];
	int entity = c->suspects[from].entity, count = to - from;
	const struct entity *e = &c->model->entities[entity];
	struct source_chunk chunk = {0};
	for (int i = 0; i < count; i++)
		keys[i] = c->suspects[from + i].key;
	if (!c->source->ops->copy->read_keys(c->source, entity, keys, count, &chunk, c->err) || !catch_up(c, chunk.high))
		return false;
	for (int i = 0; i < count; i++) {
		const struct value *ours, *theirs = row_of_key(&chunk, e, keys[i]);
		if (!query_row_of(c->query, entity, keys[i], &ours, &c->rows, c->err))
			return false;
		bool agree = ours && theirs ? same_row(c, entity, ours, theirs) : !ours && !theirs;
		if (!agree && last && !tell(c, &c->suspects[from + i], ours, theirs))
			return false;
		if (!agree)
			c->suspects[(*kept)++] = c->suspects[from + i];
		arena_reset(&c->rows);
	}
	return true;
}

static bool look_closer(struct comparing *c)
{
	c->deadline = clock_mono() + WAIT_MOST;
	for (int round = 1; round <= ROUNDS && c->count; round++) {
		int kept = 0, total = c->count;
		for (int from = 0; from < total;) {
			int to = from + 1;
			while (to < total && to - from < KEY_BATCH && c->suspects[to].entity == c->suspects[from].entity)
				to++;
			/* Most that differ were just on their way. */
			if ((round > 1 && !see_all(c)) || !look_again(c, from, to, round == ROUNDS, &kept))
				return false;
			from = to;
		}
		c->count = kept;
	}
	return !c->repair || replica_commit(ingest_replica(c->ingest), c->err);
}

/* ---- opening ---- */

static bool open_ours(struct comparing *c)
{
	struct ingest_params mine = *c->params;
	mine.once = true;
	mine.until = NULL;
	mine.wait_for_lock = false;
	if (replica_writer(c->params->replica_path) != 0) {
		if (!c->repair)
			return true;
		error_set(c->err, ERROR_REPLICA, "could not repair replica \"%s\": another process writes it", c->params->replica_path);
		return error_hint(c->err, "end that process first, or let it resync: tellerdesk resync");
	}
	c->ingest = ingest_new(&mine, c->err);
	return c->ingest && ingest_run(c->ingest, c->err);
}

static bool open_source(struct comparing *c, const char *url)
{
	struct source_params sp = {.url = url, .model = c->model, .state_folder = c->params->state_folder, .replica = c->params->replica_path, .stop = -1, .settle = c->params->settle,
	                           .reject_percent = c->params->reject_percent, .encoding = c->params->encoding};
	c->source = source_open(&sp, c->err);
	return c->source != NULL;
}

static void close_all(struct comparing *c)
{
	sqlite3_finalize(c->see);
	sqlite3_finalize(c->seen);
	sqlite3_close(c->seen_db);
	if (c->source)
		c->source->ops->close(c->source);
	query_close(c->query);
	ingest_free(c->ingest);
	arena_done(&c->keys);
	arena_done(&c->rows);
	free(c->suspects);
}

static bool compare_tables(struct comparing *c)
{
	if (!open_ours(c))
		return false;
	/* What follows from the history is made from it again; then the rows themselves are looked at. */
	struct replica *r = c->repair ? ingest_replica(c->ingest) : NULL;
	if (r && (!rollup_rebuild(r, c->err) || !replica_recount(r, -1, c->err) || !replica_commit(r, c->err)))
		return false;
	c->query = query_open(c->params->replica_path, c->err);
	if (!c->query)
		return false;
	c->model = query_model(c->query);
	if (!open_source(c, c->params->source_url) || !open_seen(c))
		return false;
	for (int i = 0; i < c->model->entity_count; i++)
		if (!look_at_source(c, i) || !query_export(c->query, i, TIME_NONE, look_at_ours, c, c->err))
			return false;
	return look_closer(c);
}

/* ---- batches: what was taken, taken again by a scratch replica ---- */

static bool link_batches(const char *from, const char *to, struct error *err)
{
	DIR *d = opendir(from);
	if (!d && errno == ENOENT)
		return true;
	if (!d)
		return error_set(err, ERROR_UNREACHABLE, "could not read folder \"%s\": %s", from, strerror(errno));
	bool ok = true;
	for (struct dirent *entry; ok && (entry = readdir(d));) {
		size_t n = strlen(entry->d_name);
		if (n < 5 || strcmp(entry->d_name + n - 4, ".csv") != 0)
			continue;
		char *target = memory_format("%s/%s", from, entry->d_name), *name = memory_format("%s/%s", to, entry->d_name);
		ok = link(target, name) == 0 || error_set(err, ERROR_PERMISSION, "could not link \"%s\": %s", target, strerror(errno));
		free(target);
		free(name);
	}
	closedir(d);
	return ok;
}

static void remove_tree(const char *folder)
{
	DIR *d = opendir(folder);
	for (struct dirent *entry; d && (entry = readdir(d));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		char *name = memory_format("%s/%s", folder, entry->d_name);
		if (unlink(name) != 0)
			remove_tree(name);
		free(name);
	}
	if (d)
		closedir(d);
	rmdir(folder);
}

struct scratch {
	struct comparing *c;
	struct query *other;
	const char *rule, *detail;
	bool differ;
	bool failed;
};

static bool scratch_row(void *ctx, const struct export_row *row)
{
	struct scratch *s = ctx;
	struct comparing *c = s->c;
	const struct value *other;
	if (!query_row_of(s->other, row->entity, row->values, &other, &c->rows, c->err)) {
		s->failed = true;
		return false;
	}
	struct violation v = {c->model->entities[row->entity].name, row->key, s->rule, s->detail};
	if (!other || (s->differ && !same_row(c, row->entity, row->values, other))) {
		if (other) {
			v.rule = "differs";
			v.detail = difference(c, row->entity, row->values, other, &c->rows);
		}
		c->found(c->ctx, &v);
	}
	if (s->differ && c->checked)
		c->checked[row->entity]++;
	arena_reset(&c->rows);
	return true;
}

static bool compare_scratch(struct comparing *c, const char *folder)
{
	/* A drop folder passes over names that begin with a dot. */
	char *url = memory_format("csv:%s", folder), *path = memory_format("%s/.replica.db", folder);
	struct ingest_params mine = *c->params;
	mine.source_url = url;
	mine.replica_path = path;
	mine.model = c->model;
	mine.once = true;
	mine.until = NULL;
	mine.board = NULL;
	struct ingest *in = ingest_new(&mine, c->err);
	bool ok = in && ingest_run(in, c->err);
	ingest_free(in);
	struct query *other = ok ? query_open(path, c->err) : NULL;
	struct scratch forward = {c, other, "extra", "the replica has the row, the batches have not", true, false};
	struct scratch backward = {c, c->query, "missing", "the batches have the row, the replica has not", false, false};
	ok = other != NULL;
	for (int i = 0; ok && i < c->model->entity_count; i++)
		ok = query_export(c->query, i, TIME_NONE, scratch_row, &forward, c->err) && !forward.failed &&
		     query_export(other, i, TIME_NONE, scratch_row, &backward, c->err) && !backward.failed;
	query_close(other);
	free(url);
	free(path);
	return ok;
}

static bool compare_batches(struct comparing *c)
{
	const char *drop = strchr(c->params->source_url, ':') + 1;
	if (c->repair) {
		error_set(c->err, ERROR_USAGE, "could not repair from a csv source: it has no tables to read");
		return error_hint(c->err, "put the right rows into a new batch");
	}
	c->query = query_open(c->params->replica_path, c->err);
	if (!c->query)
		return false;
	c->model = query_model(c->query);
	/* Beside the batches, so that they can be linked instead of copied. */
	char *folder = memory_format("%s/done/.check-XXXXXX", drop), *done = memory_format("%s/done", drop);
	/* Where nothing was taken yet there is no done/ either: what the replica holds is then too much. */
	mkdir(done, 0700);
	bool ok = mkdtemp(folder) != NULL ||
	          error_set(c->err, errno == ENOENT ? ERROR_UNREACHABLE : ERROR_PERMISSION, "could not make folder \"%s\": %s", folder, strerror(errno));
	if (ok) {
		ok = link_batches(done, folder, c->err) && compare_scratch(c, folder);
		remove_tree(folder);
	}
	free(folder);
	free(done);
	return ok;
}

bool compare_with_source(const struct ingest_params *p, bool repair, void (*found)(void *ctx, const struct violation *v), void *ctx,
                         int64_t *checked, struct error *err)
{
	struct comparing c = {.params = p, .found = found, .ctx = ctx, .checked = checked, .err = err, .repair = repair};
	const struct source_ops *ops = source_find(p->source_url ? p->source_url : "", err);
	bool ok = ops && (ops->copy ? compare_tables(&c) : compare_batches(&c));
	close_all(&c);
	return ok;
}
