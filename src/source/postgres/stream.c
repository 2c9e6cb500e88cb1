/* Messages to source events, and feedback to the server.
 *
 * What stands before `applied` was given, or held nothing of ours. The server says how far it is between transactions (keepalives), which moves
 * us on where others write; what is told back as held for good is only what the replica synced (postgres_durable), so a server keeps the
 * log from there on, and no longer.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "model/model.h"
#include "pgoutput/frame.h"
#include "source/postgres/private.h"

#define READ_ON (SECOND / 10) /* past the deadline, while there is something to read */
#define LOOK_UP (SECOND / 50) /* so often at the stop descriptor, and whether the server wants to hear from us, meanwhile */
#define BEHIND  (SECOND / 20) /* from a commit to when it is sent to us: the server has more for us than it can send at once */
#define LINGER  (SECOND / 200) /* until it has no more: a rest that is shorter is none */
#define GATHER  50000         /* ns: in a rest, so that there is more than one message to wake up for */
#define GOODBYE_MS 50         /* for the server to end its side: who is told to stop is gone within 200 ms, whatever else there is to end */
#define SILENCE MINUTE        /* without a byte of the server, though it was asked: the connection is dead */

void postgres_stream_init(struct postgres_stream *st, const struct model *model)
{
	size_t n = (size_t)model->entity_count;

	*st = (struct postgres_stream){0};
	arena_init(&st->message);
	arena_init(&st->change);
	st->before = memory_zero(n, sizeof *st->before);
	st->after = memory_zero(n, sizeof *st->after);
	st->prints = memory_zero(n, sizeof *st->prints);
	st->truncated = memory_zero(n, sizeof *st->truncated);
	st->reloads = memory_zero(n, sizeof *st->reloads);
	for (size_t i = 0; i < n; i++) {
		st->before[i] = memory_zero((size_t)model->entities[i].column_count, sizeof **st->before);
		st->after[i] = memory_zero((size_t)model->entities[i].column_count, sizeof **st->after);
	}
}

void postgres_stream_done(struct postgres_stream *st, const struct model *model)
{
	postgres_client_close(st->client);
	postgres_relations_done(st);
	for (int i = 0; i < model->entity_count; i++) {
		free(st->before[i]);
		free(st->after[i]);
	}
	free(st->before);
	free(st->after);
	free(st->prints);
	free(st->truncated);
	free(st->reloads);
	arena_done(&st->message);
	arena_done(&st->change);
	buffer_done(&st->tail);
	buffer_done(&st->position);
}

const char *postgres_stream_position(struct postgres *m)
{
	struct postgres_stream *st = &m->stream;

	buffer_clear(&st->position);
	postgres_place(m, st->applied, &st->position);
	st->moved_from = st->applied;
	st->moved_at = clock_mono();
	return buffer_text(&st->position);
}

void postgres_stream_reload(struct postgres *m, int entity)
{
	struct postgres_stream *st = &m->stream;

	for (int i = 0; i < st->reload_count; i++)
		if (st->reloads[i] == entity)
			return;
	st->reloads[st->reload_count++] = entity;
}

/* ---- feedback ---- */

static bool speak(struct postgres *m, bool ask, struct error *err)
{
	struct postgres_stream *st = &m->stream;
	uint8_t bytes[PGFRAME_FEEDBACK];
	struct pgframe_feedback f = {st->received > st->applied ? st->received : st->applied, st->durable, st->durable, clock_now(), ask};

	pgframe_feedback(&f, bytes);
	st->spoke_at = clock_mono();
	st->reply = st->durable_moved = false;
	return postgres_client_stream_send(st->client, bytes, sizeof bytes, err);
}

/* Whether the server must hear from us, or we from it. */
static bool keep_up(struct postgres *m, int64_t now, struct error *err)
{
	struct postgres_stream *st = &m->stream;
	int64_t spoke = now - st->spoke_at, heard = now - st->heard_at;

	if (heard > SILENCE) {
		error_set(err, ERROR_UNREACHABLE, "could not follow server %s: nothing comes from it any more", postgres_client_name(m->control));
		return error_hint(err, "it is tried again");
	}
	if (st->reply || spoke >= m->feedback_every || (st->durable_moved && spoke >= SECOND))
		return speak(m, heard > m->feedback_every, err);
	return true;
}

void postgres_durable(struct source *s, const char *position)
{
	struct postgres *m = (struct postgres *)s;
	struct postgres_position p;

	if (!postgres_position_parse(position, &p) || p.lsn <= m->stream.durable)
		return;
	m->stream.durable = p.lsn;
	m->stream.durable_moved = true;
}

void postgres_stream_end(struct postgres *m)
{
	struct error ignored = {0};

	if (!m->stream.client)
		return;
	/* What was synced last is told too: where nobody comes back for long, the log is kept from there on only. */
	if (m->stream.durable_moved)
		speak(m, false, &ignored);
	postgres_client_stream_end(m->stream.client, GOODBYE_MS);
}

/* ---- messages ---- */

static bool refuse(struct postgres *m, const char *why, struct error *err)
{
	error_set(err, ERROR_REFUSED, "could not follow the log of server %s: %s", postgres_client_name(m->control), why);
	return error_hint(err, "the tables can be read anew: tellerdesk resync");
}

static enum source_result give_position(struct postgres *m, struct source_event *event)
{
	event->position = postgres_stream_position(m);
	return SOURCE_COMMIT;
}

/* A transaction that holds no change of ours has no beginning either: BEGIN waits for the first change. */
static enum source_result give(struct postgres *m, const struct change *c, struct source_event *event)
{
	struct postgres_stream *st = &m->stream;

	if (!st->begun_given) {
		st->begun_given = st->held = true;
		st->change_held = *c;
		event->commit_time = st->commit_time;
		return SOURCE_BEGIN;
	}
	event->change = *c;
	event->bytes = st->bytes;
	st->bytes = 0;
	return SOURCE_CHANGE;
}

static enum source_result on_commit(struct postgres *m, const struct pgoutput_transaction *t, struct error *err)
{
	struct postgres_stream *st = &m->stream;

	if (!st->inside || t->lsn != st->commit_lsn)
		return refuse(m, N_("a transaction ends that did not begin"), err), SOURCE_ERROR;
	st->ending = true;
	st->applied = t->end;
	if (t->end > st->received)
		st->received = t->end;
	if (st->begun_given)
		visible_committed(&m->visible, st->xid, t->end);
	/* What this finds is told in the same transaction: a caller who wants no more than this would never hear of it. */
	postgres_compare_shape(m);
	return visible_keep_small(m, err) ? SOURCE_WAIT : SOURCE_ERROR;
}

static enum source_result on_change(struct postgres *m, const struct pgoutput_message *msg, struct source_event *event, struct error *err)
{
	struct postgres_stream *st = &m->stream;
	struct postgres_relation *r = postgres_relation_find(st, msg->change.relation);

	if (!r || !st->inside)
		return refuse(m, r ? N_("a change stands outside of a transaction") : N_("a change of a table it did not tell of"), err), SOURCE_ERROR;
	if (r->entity < 0)
		return SOURCE_WAIT;
	const struct entity *e = &m->base.model->entities[r->entity];
	struct value *before = st->before[r->entity], *after = st->after[r->entity];
	bool has_before = msg->change.before.count >= 0, has_after = msg->change.after.count >= 0;
	arena_reset(&st->change);
	if (msg->kind == PGOUTPUT_UPDATE && !has_before && !postgres_relation_keeps_key(m, r, err))
		return SOURCE_ERROR;
	if ((has_before && !postgres_tuple_take(m, r, &msg->change.before, msg->change.before_is_key, before, err)) ||
	    (has_after && !postgres_tuple_take(m, r, &msg->change.after, false, after, err)))
		return SOURCE_ERROR;
	/* A large value that is not sent is the one before, where that was sent whole. */
	for (int i = 0; has_before && has_after && !msg->change.before_is_key && i < e->column_count; i++)
		if (after[i].kind == VALUE_UNKNOWN)
			after[i] = before[i];
	struct change c = {
		.op = msg->kind == PGOUTPUT_INSERT ? CHANGE_INSERT : msg->kind == PGOUTPUT_UPDATE ? CHANGE_UPDATE : CHANGE_DELETE,
		.entity = r->entity,
		.before = has_before ? before : NULL,
		.after = has_after ? after : NULL,
	};
	return give(m, &c, event);
}

static enum source_result on_truncate(struct postgres *m, const struct pgoutput_truncate *t, struct error *err)
{
	struct postgres_stream *st = &m->stream;

	if (!st->inside)
		return refuse(m, N_("a change stands outside of a transaction"), err), SOURCE_ERROR;
	st->truncated_count = st->truncated_at = 0;
	for (int i = 0; i < t->count; i++) {
		struct postgres_relation *r = postgres_relation_find(st, t->relations[i]);
		bool told = !r || r->entity < 0;
		for (int k = 0; k < st->truncated_count && !told; k++)
			told = st->truncated[k] == r->entity;
		if (!told)
			st->truncated[st->truncated_count++] = r->entity;
	}
	return SOURCE_WAIT;
}

static enum source_result on_message(struct postgres *m, const uint8_t *bytes, size_t n, struct source_event *event, struct error *err)
{
	struct postgres_stream *st = &m->stream;
	struct pgoutput_message msg;

	arena_reset(&st->message);
	if (!pgoutput_read(bytes, n, false, &st->message, &msg, err))
		return SOURCE_ERROR;
	if (!pgoutput_is_first(msg.kind))
		return refuse(m, N_("it sends messages of a later protocol than was asked for"), err), SOURCE_ERROR;
	switch (msg.kind) {
	case PGOUTPUT_BEGIN:
		if (st->inside)
			return refuse(m, N_("a transaction begins in another"), err), SOURCE_ERROR;
		st->inside = true;
		st->begun_given = false;
		st->commit_time = msg.transaction.time;
		st->commit_lsn = msg.transaction.lsn;
		st->xid = msg.transaction.xid;
		return SOURCE_WAIT;
	case PGOUTPUT_COMMIT:
		return on_commit(m, &msg.transaction, err);
	case PGOUTPUT_INSERT:
	case PGOUTPUT_UPDATE:
	case PGOUTPUT_DELETE:
		return on_change(m, &msg, event, err);
	case PGOUTPUT_TRUNCATE:
		return on_truncate(m, &msg.truncate, err);
	case PGOUTPUT_RELATION:
		postgres_relation_take(m, &msg.relation);
		return SOURCE_WAIT;
	case PGOUTPUT_TYPE:
		postgres_type_take(st, &msg.type);
		return SOURCE_WAIT;
	default: /* an origin, a message of an application */
		return SOURCE_WAIT;
	}
}

static enum source_result on_frame(struct postgres *m, const uint8_t *bytes, size_t n, struct source_event *event, struct error *err)
{
	struct postgres_stream *st = &m->stream;
	struct pgframe f;

	if (!pgframe_read(bytes, n, &f, err))
		return SOURCE_ERROR;
	if (f.kind == PGFRAME_DATA) {
		st->bytes += (int64_t)f.n;
		enum source_result result = on_message(m, f.bytes, f.n, event, err);
		st->behind = f.sent - st->commit_time > BEHIND;
		return result;
	}
	st->reply |= f.reply;
	if (f.end > st->received)
		st->received = f.end;
	/* Between transactions: all that was committed before is with us. */
	if (!st->inside && f.end > st->applied)
		st->applied = f.end;
	return SOURCE_WAIT;
}

/* ---- what is still to be told ---- */

/* A change of what the tables are, found between transactions, is told as a transaction of our own. */
static enum source_result give_reload(struct postgres *m, struct source_event *event)
{
	struct postgres_stream *st = &m->stream;

	if (!st->inside && !st->reloading) {
		st->reloading = true;
		st->begun_given = false;
		st->commit_time = clock_now() + m->offset;
	}
	struct change c = {.op = CHANGE_RELOAD, .entity = st->reloads[--st->reload_count]};
	return give(m, &c, event);
}

static enum source_result give_waiting(struct postgres *m, struct source_event *event)
{
	struct postgres_stream *st = &m->stream;

	if (st->held) {
		st->held = false;
		return give(m, &st->change_held, event);
	}
	if (st->reload_count)
		return give_reload(m, event);
	if (st->reloading) {
		st->reloading = false;
		return give_position(m, event);
	}
	if (st->truncated_at < st->truncated_count) {
		struct change c = {.op = CHANGE_TRUNCATE, .entity = st->truncated[st->truncated_at++]};
		return give(m, &c, event);
	}
	if (!st->ending)
		return SOURCE_WAIT;
	st->ending = st->inside = false;
	return st->begun_given ? give_position(m, event) : SOURCE_WAIT;
}

/* ---- the loop ---- */

static enum source_result read_one(struct postgres *m, int timeout_ms, bool *read, struct source_event *event, struct error *err)
{
	const uint8_t *bytes;
	size_t n;

	*read = false;
	switch (postgres_client_stream_read(m->stream.client, timeout_ms, &bytes, &n, err)) {
	case 1:
		*read = true;
		return on_frame(m, bytes, n, event, err);
	case 0:
		return SOURCE_WAIT;
	case -2:
		error_set(err, ERROR_UNREACHABLE, "could not follow the log of server %s: the server ended it", postgres_client_name(m->control));
		return SOURCE_ERROR;
	default:
		postgres_stream_failed(m, err);
		return SOURCE_ERROR;
	}
}

/* A server sends slower than we apply, a message at a time. While it has a backlog for us, who ended a batch whenever nothing is there would
 * commit each transaction alone, and who woke up for each message would have both sides do little else. Live, neither is done. */
static int64_t deadline_of(const struct postgres_stream *st, int64_t now, int timeout_ms)
{
	int64_t wait = (int64_t)timeout_ms * 1000;

	return now + (st->behind && wait < LINGER ? LINGER : wait);
}

static void gather(const struct postgres_stream *st)
{
	if (st->behind)
		nanosleep(&(struct timespec){.tv_nsec = GATHER}, NULL);
}

enum source_result postgres_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err)
{
	struct postgres *m = (struct postgres *)s;
	struct postgres_stream *st = &m->stream;
	int64_t deadline = 0;
	bool read = true, heard = false;

	*event = (struct source_event){.commit_time = TIME_NONE, .complete_to = TIME_NONE};
	for (;;) {
		enum source_result result = give_waiting(m, event);
		if (result != SOURCE_WAIT)
			return result;
		int64_t now = clock_mono();
		if (!deadline)
			deadline = deadline_of(st, now, timeout_ms);
		if (heard && read)
			st->heard_at = now;
		if (!read || now - st->looked_at >= LOOK_UP) {
			/* While nobody listened nobody could be heard. */
			if (!heard && now - st->looked_at > SECOND)
				st->heard_at += now - st->looked_at;
			st->looked_at = now;
			if (!keep_up(m, now, err))
				return SOURCE_ERROR;
			postgres_copy_listen(m);
			if (source_stopped(&m->base, 0))
				return SOURCE_WAIT;
		}
		int idle = postgres_proof_idle(m, !read, event, err);
		if (idle)
			return idle > 0 ? SOURCE_IDLE : SOURCE_ERROR;
		if (now >= deadline + (read ? READ_ON : 0)) {
			st->behind &= read;
			return SOURCE_WAIT;
		}
		if (!read)
			gather(st);
		int64_t left = read || now >= deadline ? 0 : (deadline - now + 999) / 1000;
		result = read_one(m, (int)left, &read, event, err);
		heard = true;
		if (result != SOURCE_WAIT)
			return result;
	}
}
