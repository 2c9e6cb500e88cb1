/* The bank's log of changes as source transactions.
 *
 * Looked at from time to time (is there a commit we have not seen?), the bank shows a
 * snapshot: changes up to some newest one. It is served to its end before the next
 * look, in fetches of bounded size, each a short read transaction, so that neither
 * the memory here nor the bank's write-ahead log grows with what there is to read.
 *
 *     snapshot   | 7 7 7 | 8 8 | - - - - | 9 9 |       7 8 9: stamped, -: not
 *                  BEGIN..COMMIT each group            changes the model does not know are passed over
 *
 * A stamped transaction is visible whole or not at all, and has one time. Changes without
 * a stamp that became visible together are taken for one transaction; where a fetch cuts
 * such a run BEGIN still needs its last time: the fetch looks ahead for it, as far as that
 * takes no time anybody could notice. Past that a time from within the run has to do.
 */
#include "config.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/moment.h"
#include "model/model.h"
#include "source/bank_capture.h"
#include "source/bank_private.h"
#include "source/bank_sql.h"

enum { COLUMN_ID, COLUMN_TXN, COLUMN_AT, COLUMN_TABLE, COLUMN_OP, COLUMN_IMAGES };

_Static_assert(MOMENT_SIZE <= sizeof((struct bank_stream *)0)->raw_time, "a time fits");

void bank_stream_init(struct bank_stream *st)
{
	*st = (struct bank_stream){.items = memory_zero(BANK_FETCH_ROWS, sizeof *st->items)};
	arena_init(&st->arena);
	bank_stream_start(st, 0, -1);
}

void bank_stream_done(struct bank_stream *st)
{
	arena_done(&st->arena);
	free(st->items);
}

void bank_stream_start(struct bank_stream *st, int64_t id, int64_t at)
{
	st->count = st->next = 0;
	st->id = st->snapshot_to = st->tail_to = id;
	st->at = at;
	st->snapshot_clock = TIME_NONE;
	st->open = st->moved = false;
	st->owed = true;
	st->told = clock_mono();
	st->data_version = -1;
	st->quiet = 0;
}

/* ---- fetching ---- */

static const struct value *stream_image(struct bank *b, sqlite3_stmt *stmt, int entity, int side, int64_t *bytes)
{
	const struct entity *e = &b->base.model->entities[entity];
	const struct bank_entity *shape = &b->entities[entity];
	struct value *image = arena_alloc(&b->stream.arena, (size_t)e->column_count * sizeof *image);

	for (int i = 0; i < e->column_count; i++) {
		/* A column the bank lacks is NULL: an image has no unknown values. */
		image[i] = shape->place[i] ? bank_value(stmt, COLUMN_IMAGES + 2 * (shape->place[i] - 1) + side,
							&e->columns[i], b->base.model, &b->stream.arena)
					   : value_null();
		*bytes += (int64_t)image[i].len + (int64_t)sizeof *image;
	}
	return image;
}

static bool stream_item(struct bank *b, sqlite3_stmt *stmt, struct bank_item *item, struct error *err)
{
	static const enum change_op ops[] = {
		[BANK_INSERT] = CHANGE_INSERT, [BANK_UPDATE] = CHANGE_UPDATE, [BANK_DELETE] = CHANGE_DELETE};
	int table = sqlite3_column_int(stmt, COLUMN_TABLE), op = sqlite3_column_int(stmt, COLUMN_OP);
	int entity = table > 0 && table < b->tables ? b->entity_of[table] : -1;

	*item = (struct bank_item){
		.id = sqlite3_column_int64(stmt, COLUMN_ID),
		.at = sqlite3_column_int64(stmt, COLUMN_AT),
		.txn = sqlite3_column_int64(stmt, COLUMN_TXN),
		.stamped = sqlite3_column_type(stmt, COLUMN_TXN) != SQLITE_NULL,
		.mapped = entity >= 0,
	};
	if (entity < 0)
		return true;
	if (op < BANK_INSERT || op > BANK_DELETE) {
		error_set(err, ERROR_REFUSED,
			  "could not follow bank \"%s\": change %lld is of an unknown kind, %d", b->path,
			  (long long)item->id, op);
		return error_hint(err, "somebody wrote the change table; read the bank again: tellerdesk resync");
	}
	item->change = (struct change){.op = ops[op], .entity = entity};
	if (op != BANK_INSERT)
		item->change.before = stream_image(b, stmt, entity, 0, &item->bytes);
	if (op != BANK_DELETE)
		item->change.after = stream_image(b, stmt, entity, 1, &item->bytes);
	return true;
}

static bool stream_hole(struct bank *b, int64_t from, int64_t to, struct error *err)
{
	error_set(err, ERROR_REFUSED,
		  "could not follow bank \"%s\": its changes %lld to %lld are missing", b->path,
		  (long long)from, (long long)to);
	return error_hint(err, "somebody deleted them; read the bank again: tellerdesk resync");
}

static bool stream_read(struct bank *b, struct error *err)
{
	struct bank_stream *st = &b->stream;
	sqlite3_stmt *stmt = b->statements[BANK_SQL_CHANGES];
	int64_t bytes = 0, expected = st->id + 1;
	bool ok = true;
	int rc = SQLITE_ROW;

	sqlite3_bind_int64(stmt, 1, st->id);
	sqlite3_bind_int64(stmt, 2, st->snapshot_to);
	while (ok && st->count < BANK_FETCH_ROWS && bytes < BANK_FETCH_BYTES &&
	       (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct bank_item *item = &st->items[st->count];

		ok = stream_item(b, stmt, item, err);
		/* Numbers are given without holes, by one writer at a time: a hole was made afterwards. */
		if (ok && item->id != expected)
			ok = stream_hole(b, expected, item->id - 1, err);
		st->count += ok;
		expected++;
		bytes += item->bytes;
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		ok = bank_sql_fail(b->db, err);
	else if (ok && rc == SQLITE_DONE && expected <= st->snapshot_to)
		ok = stream_hole(b, expected, st->snapshot_to, err);
	sqlite3_reset(stmt);
	return ok;
}

#define LOOK_AHEAD 65536

/* The end of the unstamped run the fetch broke off in, unless it is known from the fetch before. */
static bool stream_tail(struct bank *b, struct error *err)
{
	struct bank_stream *st = &b->stream;
	const struct bank_item *last = &st->items[st->count - 1];
	int64_t stamped = 0, to = st->snapshot_to - last->id > LOOK_AHEAD ? last->id + LOOK_AHEAD : st->snapshot_to;

	if (last->stamped || last->id == st->snapshot_to || st->tail_to > last->id)
		return true;
	sqlite3_bind_int64(b->statements[BANK_SQL_TAIL], 1, last->id);
	sqlite3_bind_int64(b->statements[BANK_SQL_TAIL], 2, to);
	if (!bank_sql_row(b->statements[BANK_SQL_TAIL], &stamped, 1, err))
		return false;
	st->tail_to = stamped ? stamped - 1 : to;
	sqlite3_bind_int64(b->statements[BANK_SQL_AT], 1, st->tail_to);
	return bank_sql_row(b->statements[BANK_SQL_AT], &st->tail_at, 1, err);
}

static bool stream_look(struct bank *b, struct error *err)
{
	struct bank_stream *st = &b->stream;
	int64_t newest, newest_at, pruned_to;
	char uuid[BANK_UUID_SIZE];
	bool changed;

	if (!bank_shape_load(b, &changed, err) || !bank_read_newest(b, &newest, &newest_at, &pruned_to, err) ||
	    !bank_follows(b, st->id, st->at, newest, pruned_to, err))
		return false;
	if (changed) {
		if (!bank_uuid(b->db, uuid, err))
			return false;
		if (strcmp(uuid, b->uuid) != 0) {
			error_set(err, ERROR_FOREIGN, "could not follow bank \"%s\": it is another bank now", b->path);
			return error_hint(err, "take it as it is now: tellerdesk resync --accept-server");
		}
		if (!bank_require(b, err))
			return false;
	}
	if (st->id == st->snapshot_to)
		st->snapshot_to = newest;
	if (st->id == st->snapshot_to)
		return true;
	return stream_read(b, err) && stream_tail(b, err);
}

/* Fills the items, from a new snapshot once the last one is served. */
static bool stream_fetch(struct bank *b, bool *locked, struct error *err)
{
	struct bank_stream *st = &b->stream;
	bool ok;

	st->count = st->next = 0;
	arena_reset(&st->arena);
	ok = bank_begin(b, err) && stream_look(b, err);
	*locked = !ok && (sqlite3_errcode(b->db) & 0xff) == SQLITE_BUSY;
	if (!ok)
		st->count = 0;
	return bank_end(b, ok, err);
}

/* ---- serving ---- */

static enum source_result stream_begin(struct bank_stream *st, struct source_event *event)
{
	const struct bank_item *first = &st->items[st->next], *item = first, *end = st->items + st->count;

	st->open = true;
	st->open_stamped = first->stamped;
	st->open_txn = first->txn;
	if (first->stamped) {
		event->commit_time = first->at;
		return SOURCE_BEGIN;
	}
	while (item < end && !item->stamped)
		item++;
	event->commit_time = item == end && item[-1].id < st->tail_to ? st->tail_at : item[-1].at;
	event->raw_time = moment_utc(event->commit_time, st->raw_time);
	return SOURCE_BEGIN;
}

static enum source_result stream_commit(struct bank_stream *st, struct source_event *event)
{
	st->open = st->moved = false;
	event->position = bank_position(st->id, st->at, st->position);
	return SOURCE_COMMIT;
}

/* The next event of the fetch; SOURCE_WAIT at its end. */
static enum source_result stream_serve(struct bank_stream *st, struct source_event *event)
{
	while (st->next < st->count) {
		const struct bank_item *item = &st->items[st->next];

		if (st->open && (item->stamped != st->open_stamped || item->txn != st->open_txn))
			return stream_commit(st, event);
		if (!st->open && item->mapped)
			return stream_begin(st, event);
		st->next++;
		st->id = item->id;
		st->at = item->at;
		st->moved = true;
		if (!item->mapped)
			continue;
		event->change = item->change;
		event->bytes = item->bytes;
		return SOURCE_CHANGE;
	}
	return st->open && st->id == st->snapshot_to ? stream_commit(st, event) : SOURCE_WAIT;
}

/* ---- resting ---- */

static enum source_result stream_idle(struct bank_stream *st, int64_t complete_to, struct source_event *event)
{
	event->complete_to = complete_to;
	event->position = st->moved ? bank_position(st->id, st->at, st->position) : NULL;
	st->moved = st->owed = false;
	st->snapshot_clock = TIME_NONE;
	st->told = clock_mono();
	return SOURCE_IDLE;
}

/* A file moved away stays readable for who has it open, and for ever silent. */
static bool stream_still_there(struct bank *b, struct error *err)
{
	struct stat file;

	if (stat(b->path, &file) == 0 && file.st_dev == b->device && file.st_ino == b->inode)
		return true;
	error_set(err, ERROR_UNREACHABLE, "could not follow bank \"%s\": it was moved away or replaced", b->path);
	return error_hint(err, "put it back, or make one: tellerdesk generate --to bank:%s", b->path);
}

/* Microseconds; a write to the bank ends it sooner (bank_watch.c). */
static int64_t stream_pause(const struct bank_stream *st)
{
	return st->quiet < 40 ? 5000 : st->quiet < 80 ? 10000 : 20000;
}

/* Has anybody committed since the last look? Takes the next snapshot if so. */
static bool stream_poll(struct bank *b, bool *locked, struct error *err)
{
	struct bank_stream *st = &b->stream;
	int64_t version, clock = clock_now();

	*locked = false;
	if (!bank_sql_row(b->statements[BANK_SQL_DATA_VERSION], &version, 1, err)) {
		*locked = (sqlite3_errcode(b->db) & 0xff) == SQLITE_BUSY;
		return false;
	}
	if (version != st->data_version && !stream_fetch(b, locked, err))
		return false;
	st->data_version = version;
	st->snapshot_clock = clock;
	return true;
}

enum source_result bank_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err)
{
	struct bank *b = (struct bank *)s;
	struct bank_stream *st = &b->stream;
	enum source_result result;
	int64_t deadline = 0;
	bool locked = false;

	*event = (struct source_event){.commit_time = TIME_NONE, .complete_to = TIME_NONE};
	while ((result = stream_serve(st, event)) == SOURCE_WAIT) {
		int64_t now = clock_mono();

		if (!deadline)
			deadline = b->patience = now + (int64_t)timeout_ms * 1000;
		if (source_stopped(&b->base, 0))
			return SOURCE_WAIT;
		if (st->id < st->snapshot_to) {
			if (stream_fetch(b, &locked, err))
				continue;
			return locked ? SOURCE_WAIT : SOURCE_ERROR;
		}
		/* A bank that never rests is complete up to the last snapshot all the same. */
		if (st->snapshot_clock != TIME_NONE && now - st->told >= SECOND)
			return stream_still_there(b, err) ? stream_idle(st, st->snapshot_clock, event) : SOURCE_ERROR;
		if (!stream_poll(b, &locked, err))
			return locked ? SOURCE_WAIT : SOURCE_ERROR;
		if (st->next < st->count) {
			st->owed = true;
			st->quiet = 0;
			continue;
		}
		if (st->owed)
			return stream_idle(st, st->snapshot_clock, event);
		int64_t pause = deadline - now < stream_pause(st) ? deadline - now : stream_pause(st);
		if (pause <= 0)
			return SOURCE_WAIT;
		st->quiet++;
		if (bank_rest(b, pause))
			return SOURCE_WAIT;
	}
	return result;
}
