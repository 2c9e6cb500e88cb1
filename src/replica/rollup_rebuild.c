/* Registrations once more, from the versions of the customer and the key changes.
 *
 * A birth is a version that begins a life: the first of its key, or one after an end
 * that was no update. A key change is a departure from the old key and an arrival at the new one.
 * Transactions follow each other by seq. Inside one, what happened to one key follows the
 * key's versions: version v is born or arrives at place 2v and departs at 2v + 1; so rows that swap
 * their keys first both depart, then both arrive.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "replica/history.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/rollup.h"
#include "replica/sql.h"

enum step_kind { STEP_BIRTH, STEP_DEPART, STEP_ARRIVE };

struct step {
	enum step_kind kind;
	struct value key;
	int64_t place;
	int move;               /* index of the departure this arrival waits for */
	int64_t parked;         /* DEPART: where the registration waits; -1: not departed yet */
	bool unseen;            /* ARRIVE: of a row that was not held: whose key it takes is dead in any case */
	const struct value *row;/* BIRTH */
	int64_t event_time;     /* BIRTH */
	bool done;
};

struct rebuilding {
	struct replica *r;
	struct error *err;
	struct arena arena;     /* of one transaction's steps */
	struct step *steps;
	int count, cap;
	bool moves;             /* the transaction has key changes */
	int64_t seq;
};

static struct step *step_add(struct rebuilding *b, enum step_kind kind, struct value key, int64_t place)
{
	if (b->count == b->cap)
		b->steps = memory_grow(b->steps, sizeof *b->steps * (size_t)(b->cap = b->cap ? b->cap * 2 : 64));
	struct step *s = &b->steps[b->count++];
	*s = (struct step){.kind = kind, .key = key, .place = place, .move = -1, .parked = -1};
	return s;
}

static bool blocked(const struct rebuilding *b, const struct step *s)
{
	if (s->kind == STEP_ARRIVE && !b->steps[s->move].done)
		return true;
	for (int i = 0; b->moves && i < b->count; i++)
		if (!b->steps[i].done && b->steps[i].place < s->place && value_equal(b->steps[i].key, s->key))
			return true;
	return false;
}

static bool take(struct rebuilding *b, struct step *s)
{
	s->done = true;
	switch (s->kind) {
	case STEP_BIRTH: {
		struct registering g = {s->row, s->event_time, b->seq, false};
		return rollup_register(b->r, &g, b->err);
	}
	case STEP_DEPART:
		return rollup_park(b->r, s->key, &s->parked, b->err);
	default:
		if (s->unseen && !b->steps[s->move].parked)
			return rollup_park(b->r, s->key, &s->parked, b->err);
		return rollup_unpark(b->r, b->steps[s->move].parked, s->key, b->err);
	}
}

/* The steps of one transaction, each when nothing before it on its key is left. */
static bool take_all(struct rebuilding *b)
{
	int left = b->count;
	while (left) {
		int before = left;
		for (int i = 0; i < b->count; i++) {
			if (b->steps[i].done || blocked(b, &b->steps[i]))
				continue;
			if (!take(b, &b->steps[i]))
				return false;
			left--;
		}
		if (left == before)
			return error_set(b->err, ERROR_REPLICA, "could not rebuild registrations: the key changes of a transaction contradict each other");
	}
	b->count = 0;
	b->moves = false;
	arena_reset(&b->arena);
	return true;
}

static void columns_add(const struct entity *e, const char *prefix, struct buffer *sql)
{
	for (int i = 0; i < e->column_count; i++) {
		buffer_text_add(sql, prefix);
		sql_identifier(sql, e->columns[i].as);
		buffer_text_add(sql, ", ");
	}
}

static void same_key(const struct entity *e, struct buffer *sql)
{
	for (int i = 0; i < e->key_count; i++) {
		buffer_text_add(sql, "p.");
		sql_identifier(sql, e->columns[e->key[i]].as);
		buffer_text_add(sql, " = v.");
		sql_identifier(sql, e->columns[e->key[i]].as);
		buffer_text_add(sql, " AND ");
	}
}

/* Versions of both tables that did not merely follow an update (a cascade or a repair ends a row or goes on with it: only what goes
 * on tells what changed), with the time their transaction was committed. */
static sqlite3_stmt *prepare_births(struct rebuilding *b, const struct entity *e)
{
	struct buffer sql = {0};
	char *history = memory_format("%s_history", e->name);
	for (int part = 0; part < 2; part++) {
		buffer_text_add(&sql, part ? " UNION ALL SELECT " : "SELECT ");
		columns_add(e, "v.", &sql);
		buffer_text_add(&sql, "v._version, v._seq_from, v._origin, t.commit_time FROM ");
		sql_identifier(&sql, part ? e->name : history);
		buffer_text_add(&sql, " v LEFT JOIN td_txn t ON t.seq = v._seq_from WHERE v._version = 1 OR NOT EXISTS (SELECT 1 FROM ");
		sql_identifier(&sql, history);
		buffer_text_add(&sql, " p WHERE ");
		same_key(e, &sql);
		buffer_format(&sql, "p._version = v._version - 1 AND (p._ended_by = %d OR (p._ended_by IN (%d, %d) AND v._changed IS NOT NULL)))",
		              END_UPDATE, END_CASCADE, END_REPAIR);
	}
	buffer_format(&sql, " ORDER BY %d", e->column_count + 2);
	sqlite3_stmt *s = sql_prepare(b->r->db, buffer_text(&sql), b->err);
	buffer_done(&sql);
	free(history);
	return s;
}

static bool moved_here(struct rebuilding *b, sqlite3_stmt *arrival, int entity, struct value key, int64_t version)
{
	sqlite3_bind_int(arrival, 1, entity);
	sql_bind(arrival, 2, key);
	sqlite3_bind_int64(arrival, 3, version);
	bool yes = sql_row(arrival, b->err) == 1;
	sqlite3_reset(arrival);
	return yes;
}

static void add_birth(struct rebuilding *b, const struct entity *e, int entity, sqlite3_stmt *s, sqlite3_stmt *arrival)
{
	int n = e->column_count;
	struct value *row = arena_alloc(&b->arena, sizeof *row * (size_t)n);
	for (int i = 0; i < n; i++)
		row[i] = sql_column_copy(s, i, &b->arena);
	struct value key = key_of(e, row, &b->arena);
	int64_t version = sqlite3_column_int64(s, n);
	int origin = sqlite3_column_int(s, n + 2);
	if ((origin == ORIGIN_KEY_CHANGE || origin == ORIGIN_CASCADE) && moved_here(b, arrival, entity, key, version))
		return;
	struct step *step = step_add(b, STEP_BIRTH, key, 2 * version);
	step->row = row;
	step->event_time = origin == ORIGIN_INSERT && sqlite3_column_type(s, n + 3) != SQLITE_NULL ? sqlite3_column_int64(s, n + 3) : TIME_NONE;
}

static void add_move(struct rebuilding *b, sqlite3_stmt *s)
{
	int departure = b->count;
	step_add(b, STEP_DEPART, sql_column_copy(s, 1, &b->arena), 2 * sqlite3_column_int64(s, 2) + 1);
	struct step *arrival = step_add(b, STEP_ARRIVE, sql_column_copy(s, 3, &b->arena), 2 * sqlite3_column_int64(s, 4));
	arrival->move = departure;
	arrival->unseen = sqlite3_column_int64(s, 2) < 0;
	b->moves = true;
}

static bool walk(struct rebuilding *b, const struct entity *e, int entity, sqlite3_stmt *births, sqlite3_stmt *moves, sqlite3_stmt *arrival)
{
	int birth = sql_row(births, b->err), move = sql_row(moves, b->err), at = e->column_count + 1;
	while (birth == 1 || move == 1) {
		int64_t birth_seq = birth == 1 ? sqlite3_column_int64(births, at) : INT64_MAX;
		int64_t move_seq = move == 1 ? sqlite3_column_int64(moves, 0) : INT64_MAX;
		b->seq = birth_seq < move_seq ? birth_seq : move_seq;
		for (; birth == 1 && sqlite3_column_int64(births, at) == b->seq; birth = sql_row(births, b->err))
			add_birth(b, e, entity, births, arrival);
		for (; move == 1 && sqlite3_column_int64(moves, 0) == b->seq; move = sql_row(moves, b->err))
			add_move(b, moves);
		if (!take_all(b))
			return false;
	}
	return birth == 0 && move == 0;
}

bool rollup_rebuild(struct replica *r, struct error *err)
{
	struct rebuilding b = {.r = r, .err = err};
	int entity = r->model->customer;
	const struct entity *e = &r->model->entities[entity];
	if (!r->model->rollup_count)
		return true;
	if (!replica_begin(r, err) || !rollup_clear(r, err))
		return false;
	sqlite3_stmt *births = prepare_births(&b, e);
	sqlite3_stmt *moves = sql_preparef(r->db, err, "SELECT seq, old_key, old_version, new_key, new_version FROM td_move WHERE entity = %d ORDER BY seq", entity);
	sqlite3_stmt *arrival = sql_prepare(r->db, "SELECT 1 FROM td_move WHERE entity = ?1 AND new_key = ?2 AND new_version = ?3 AND old_version > 0", err);
	bool ok = births && moves && arrival && walk(&b, e, entity, births, moves, arrival);
	sqlite3_finalize(births);
	sqlite3_finalize(moves);
	sqlite3_finalize(arrival);
	arena_done(&b.arena);
	free(b.steps);
	return ok;
}
