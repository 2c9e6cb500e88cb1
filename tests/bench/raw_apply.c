#include "config.h"

#include "bench/raw_apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/zone.h"
#include "bench/bench.h"
#include "bench/db.h"
#include "bench/feed.h"
#include "model/change.h"
#include "model/model.h"

/* What an update of the feed changes, as its history says it. */
#define CHANGED_CUSTOMER "[\"address\",\"changed_by\"]"
#define CHANGED_ASSET    "[\"assetvalue\"]"

/* ---- opening ---- */

static void copy_schema(sqlite3 *db, const char *like)
{
	db_execf(db, "ATTACH %Q AS model", like);
	sqlite3_stmt *s = db_prepare(
		db, "SELECT sql FROM model.sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index') "
		    "AND name NOT LIKE 'sqlite_%' ORDER BY rowid");
	struct buffer sql = {0};
	while (db_row(s))
		buffer_format(&sql, "%s;\n", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	db_exec(db, "DETACH model");
	db_exec(db, "BEGIN");
	db_exec(db, buffer_text(&sql));
	db_exec(db, "INSERT INTO td_source (id, url, kind) VALUES (1, 'raw', 'raw'); INSERT INTO "
		    "td_registrations_groups VALUES (0, NULL); COMMIT");
	buffer_done(&sql);
}

static void prepare_table(struct raw *w, struct raw_table *t, const struct entity *e)
{
	int n = e->column_count;
	const char *key = e->columns[e->key[0]].as;
	struct buffer columns = {0}, places = {0}, sets = {0};
	t->entity = e;
	db_columns(e, &columns);
	db_places(&places, n + 5);
	for (int i = 0; i < n; i++)
		if (i != e->key[0])
			buffer_format(&sets, "\"%s\" = ?%d, ", e->columns[i].as, i + 1);
	t->insert = db_preparef(
		w->db, "INSERT INTO \"%w\" (%s, _version, _valid_from, _seq_from, _origin, _changed) VALUES (%s)",
		e->name, buffer_text(&columns), buffer_text(&places));
	t->find = db_preparef(
		w->db, "SELECT %s, _version, _valid_from, _seq_from, _origin, _changed FROM \"%w\" WHERE \"%w\" = ?1",
		buffer_text(&columns), e->name, key);
	t->update = db_preparef(
		w->db,
		"UPDATE \"%w\" SET %s_version = ?%d, _valid_from = ?%d, _seq_from = ?%d, _origin = 2, _changed = ?%d "
		"WHERE \"%w\" = ?%d",
		e->name, buffer_text(&sets), n + 1, n + 2, n + 3, n + 4, key, e->key[0] + 1);
	buffer_clear(&places);
	db_places(&places, n + 8);
	t->close = db_preparef(w->db,
			       "INSERT INTO \"%w_history\" (%s, _version, _valid_from, _seq_from, _origin, _changed, "
			       "_valid_to, _seq_to, "
			       "_ended_by) VALUES (%s)",
			       e->name, buffer_text(&columns), buffer_text(&places));
	buffer_done(&columns);
	buffer_done(&places);
	buffer_done(&sets);
}

void raw_open(struct raw *w, const char *path, const char *like, const struct model *m)
{
	*w = (struct raw){.model = m, .db = db_open(path)};
	if (like)
		copy_schema(w->db, like);
	sqlite3_wal_autocheckpoint(w->db, 0);
	w->tables = memory_zero((size_t)m->entity_count, sizeof *w->tables);
	for (int i = 0; i < m->entity_count; i++)
		prepare_table(w, &w->tables[i], &m->entities[i]);
	w->begin = db_prepare(w->db, "BEGIN IMMEDIATE");
	w->commit = db_prepare(w->db, "COMMIT");
	w->add_txn = db_prepare(
		w->db,
		"INSERT INTO td_txn (seq, source, position, commit_time, rows, kind) VALUES (?1, 1, ?2, ?3, ?4, 0)");
	w->set_position = db_prepare(w->db, "UPDATE td_source SET position = ?1, last_valid_from = ?2 WHERE id = 1");
	w->add_event = db_prepare(
		w->db,
		"INSERT INTO td_registrations_events (key, \"group\", at, seq, timed) VALUES (?1, ?2, ?3, ?4, 1)");
	w->add_group = db_prepare(w->db, "INSERT INTO td_registrations_groups (id, value) VALUES (?1, ?2)");
	w->add_count = db_prepare(
		w->db, "INSERT INTO td_registrations_counts (grain, start, \"group\", n) VALUES (?1, ?2, ?3, ?4) "
		       "ON CONFLICT DO UPDATE SET n = n + excluded.n");
	w->seq = db_integer(w->db, "SELECT max(seq) FROM td_txn");
}

void raw_close(struct raw *w)
{
	for (int i = 0; i < w->model->entity_count; i++) {
		struct raw_table *t = &w->tables[i];
		sqlite3_finalize(t->insert);
		sqlite3_finalize(t->find);
		sqlite3_finalize(t->close);
		sqlite3_finalize(t->update);
	}
	sqlite3_stmt *all[] = {w->begin,     w->commit,    w->add_txn,  w->set_position,
			       w->add_event, w->add_group, w->add_count};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sqlite3_finalize(all[i]);
	sqlite3_close(w->db);
	for (int i = 0; i < w->group_count; i++)
		free(w->groups[i]);
	free(w->groups);
	free(w->tables);
	free(w->events);
	free(w->counts);
}

/* ---- what the statements will say ---- */

static int group_of(struct raw *w, struct value store)
{
	if (store.kind != VALUE_TEXT)
		return 0;
	for (int i = 0; i < w->group_count; i++)
		if (strlen(w->groups[i]) == store.len && memcmp(w->groups[i], store.text, store.len) == 0)
			return i + 1;
	w->groups = memory_grow(w->groups, sizeof *w->groups * (size_t)(w->group_count + 1));
	w->groups[w->group_count++] = memory_text_n(store.text, store.len);
	sqlite3_bind_int(w->add_group, 1, w->group_count);
	db_bind(w->add_group, 2, store);
	db_run(w->add_group);
	return w->group_count;
}

static void note_count(struct raw *w, int commit, int grain, int64_t start, int group)
{
	if (w->count_count == w->count_room)
		w->counts = memory_grow(w->counts,
					sizeof *w->counts * (w->count_room = w->count_room ? w->count_room * 2 : 4096));
	w->counts[w->count_count++] = (struct raw_count){start, 1, grain, group, commit};
}

static void note_event(struct raw *w, const struct value *row, int commit)
{
	const struct entity *e = &w->model->entities[w->model->customer];
	int64_t at = value_instant(&e->columns[e->registered], row[e->registered], w->model->zone);
	int group = group_of(w, row[e->store]);
	if (w->event_count == w->event_room)
		w->events = memory_grow(w->events,
					sizeof *w->events * (w->event_room = w->event_room ? w->event_room * 2 : 4096));
	w->events[w->event_count++] = (struct raw_event){row[e->key[0]].integer, at, group};
	note_count(w, commit, 0, at - at % MINUTE, group);
	note_count(w, commit, 1, at - at % HOUR, group);
	note_count(w, commit, 2, zone_floor(w->model->zone, ZONE_DAY, at), group);
}

static int by_key(const void *a, const void *b)
{
	const struct raw_count *x = a, *y = b;
	if (x->commit != y->commit)
		return x->commit < y->commit ? -1 : 1;
	if (x->grain != y->grain)
		return x->grain < y->grain ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

void raw_prepare(struct raw *w, const struct change *changes, int count, int per_commit)
{
	w->changes = changes;
	w->count = count;
	w->per_commit = per_commit;
	w->event_count = w->count_count = 0;
	for (int i = 0; i < count; i++)
		if (changes[i].op == CHANGE_INSERT && changes[i].entity == w->model->customer)
			note_event(w, changes[i].after, i / per_commit);
	size_t kept = 0;
	if (w->count_count)
		qsort(w->counts, w->count_count, sizeof *w->counts, by_key);
	for (size_t i = 0; i < w->count_count; i++) {
		if (kept && by_key(&w->counts[kept - 1], &w->counts[i]) == 0)
			w->counts[kept - 1].n++;
		else
			w->counts[kept++] = w->counts[i];
	}
	w->count_count = kept;
}

/* ---- the statements ---- */

static void bind_row(sqlite3_stmt *s, const struct entity *e, const struct value *row)
{
	for (int i = 0; i < e->column_count; i++)
		db_bind(s, i + 1, row[i]);
}

static void insert_row(struct raw *w, const struct change *c, int64_t at)
{
	struct raw_table *t = &w->tables[c->entity];
	int n = t->entity->column_count;
	bind_row(t->insert, t->entity, c->after);
	sqlite3_bind_int64(t->insert, n + 1, 1);
	sqlite3_bind_int64(t->insert, n + 2, at);
	sqlite3_bind_int64(t->insert, n + 3, w->seq);
	sqlite3_bind_int64(t->insert, n + 4, 1);
	sqlite3_bind_null(t->insert, n + 5);
	db_run(t->insert);
}

static void replace_row(struct raw *w, const struct change *c, int64_t version, int64_t at)
{
	struct raw_table *t = &w->tables[c->entity];
	int n = t->entity->column_count;
	bind_row(t->update, t->entity, c->after);
	sqlite3_bind_int64(t->update, n + 1, version);
	sqlite3_bind_int64(t->update, n + 2, at);
	sqlite3_bind_int64(t->update, n + 3, w->seq);
	sqlite3_bind_text(t->update, n + 4, c->entity == w->model->customer ? CHANGED_CUSTOMER : CHANGED_ASSET, -1,
			  SQLITE_STATIC);
	db_run(t->update);
}

/* The old row into the history, the new one in its place. */
static void update_row(struct raw *w, const struct change *c, int64_t at)
{
	struct raw_table *t = &w->tables[c->entity];
	int n = t->entity->column_count;
	db_bind(t->find, 1, c->after[t->entity->key[0]]);
	if (!db_row(t->find))
		bench_fail("an update met no row");
	for (int i = 0; i < n + 5; i++)
		sqlite3_bind_value(t->close, i + 1, sqlite3_column_value(t->find, i));
	sqlite3_bind_int64(t->close, n + 6, at);
	sqlite3_bind_int64(t->close, n + 7, w->seq);
	sqlite3_bind_int64(t->close, n + 8, 1);
	int64_t version = sqlite3_column_int64(t->find, n) + 1;
	db_run(t->close);
	sqlite3_reset(t->find);
	replace_row(w, c, version, at);
}

static void update_naively(struct raw *w, const struct change *c, int64_t at)
{
	struct raw_table *t = &w->tables[c->entity];
	int n = t->entity->column_count;
	/* find ends the open version and gives its number back. */
	db_bind(t->find, 1, c->after[t->entity->key[0]]);
	sqlite3_bind_int64(t->find, 2, at);
	sqlite3_bind_int64(t->find, 3, w->seq);
	if (!db_row(t->find))
		bench_fail("an update met no open version");
	int64_t version = sqlite3_column_int64(t->find, 0) + 1;
	sqlite3_reset(t->find);
	bind_row(t->close, t->entity, c->after);
	sqlite3_bind_int64(t->close, n + 1, version);
	sqlite3_bind_int64(t->close, n + 2, at);
	sqlite3_bind_int64(t->close, n + 3, w->seq);
	sqlite3_bind_int64(t->close, n + 4, 2);
	sqlite3_bind_text(t->close, n + 5, c->entity == w->model->customer ? CHANGED_CUSTOMER : CHANGED_ASSET, -1,
			  SQLITE_STATIC);
	sqlite3_bind_int64(t->close, n + 6, TIME_OPEN);
	sqlite3_bind_int64(t->close, n + 7, INT64_MAX);
	sqlite3_bind_int64(t->close, n + 8, 0);
	db_run(t->close);
	replace_row(w, c, version, at);
}

void raw_naive(struct raw *w)
{
	w->naive = true;
	db_exec(w->db, "BEGIN");
	for (int i = 0; i < w->model->entity_count; i++) {
		struct raw_table *t = &w->tables[i];
		const struct entity *e = t->entity;
		struct buffer columns = {0};
		db_columns(e, &columns);
		db_execf(w->db,
			 "INSERT INTO \"%w_history\" (%s, _version, _valid_from, _seq_from, _origin, _changed, "
			 "_valid_to, _seq_to, _ended_by) "
			 "SELECT %s, _version, _valid_from, _seq_from, _origin, _changed, %lld, %lld, 0 FROM \"%w\"",
			 e->name, buffer_text(&columns), buffer_text(&columns), (long long)TIME_OPEN,
			 (long long)INT64_MAX, e->name);
		sqlite3_finalize(t->find);
		t->find = db_preparef(w->db,
				      "UPDATE \"%w_history\" SET _valid_to = ?2, _seq_to = ?3, _ended_by = 1 WHERE "
				      "\"%w\" = ?1 AND _valid_to = "
				      "%lld RETURNING _version",
				      e->name, e->columns[e->key[0]].as, (long long)TIME_OPEN);
		buffer_done(&columns);
	}
	db_exec(w->db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

static void end_transaction(struct raw *w, int rows, int64_t at, char position[32])
{
	snprintf(position, 32, "%lld", (long long)w->seq);
	sqlite3_bind_int64(w->add_txn, 1, w->seq);
	sqlite3_bind_text(w->add_txn, 2, position, -1, SQLITE_STATIC);
	sqlite3_bind_int64(w->add_txn, 3, at);
	sqlite3_bind_int(w->add_txn, 4, rows);
	db_run(w->add_txn);
}

static size_t write_counts(struct raw *w, size_t from, int commit)
{
	for (; from < w->count_count && w->counts[from].commit == commit; from++) {
		sqlite3_bind_int(w->add_count, 1, w->counts[from].grain);
		sqlite3_bind_int64(w->add_count, 2, w->counts[from].start);
		sqlite3_bind_int(w->add_count, 3, w->counts[from].group);
		sqlite3_bind_int64(w->add_count, 4, w->counts[from].n);
		db_run(w->add_count);
	}
	return from;
}

static void write_event(struct raw *w, const struct raw_event *event)
{
	sqlite3_bind_int64(w->add_event, 1, event->key);
	sqlite3_bind_int(w->add_event, 2, event->group);
	sqlite3_bind_int64(w->add_event, 3, event->at);
	sqlite3_bind_int64(w->add_event, 4, w->seq);
	db_run(w->add_event);
}

void raw_run(struct raw *w)
{
	size_t event = 0, count = 0;
	int64_t at = clock_now();
	char position[32] = "";
	int txn = w->per_commit < FEED_TXN ? w->per_commit : FEED_TXN;
	for (int i = 0; i < w->count;) {
		const struct change *c = &w->changes[i];
		if (i % w->per_commit == 0)
			db_run(w->begin);
		if (i % txn == 0)
			w->seq++;
		if (c->op == CHANGE_UPDATE && w->naive)
			update_naively(w, c, at);
		else if (c->op == CHANGE_UPDATE)
			update_row(w, c, at);
		else
			insert_row(w, c, at);
		if (c->op == CHANGE_INSERT && c->entity == w->model->customer)
			write_event(w, &w->events[event++]);
		i++;
		if (i % txn == 0 || i == w->count)
			end_transaction(w, txn, at, position);
		if (i % w->per_commit && i < w->count)
			continue;
		count = write_counts(w, count, (i - 1) / w->per_commit);
		sqlite3_bind_text(w->set_position, 1, position, -1, SQLITE_STATIC);
		sqlite3_bind_int64(w->set_position, 2, at);
		db_run(w->set_position);
		db_run(w->commit);
	}
}
