/* The log's events as source transactions.
 *
 *     GTID            a transaction begins; MariaDB says whether it is a single statement
 *     QUERY BEGIN     ... or it begins here (servers without GTID_EVENT, MySQL)
 *     TABLE_MAP ROWS  kept in the txn, if the table is ours
 *     SAVEPOINT, ROLLBACK TO, ROLLBACK
 *     XID, COMMIT     it is whole: served, or, with nothing of ours in it, passed over
 *     XA PREPARE      it is put aside; XA COMMIT serves it
 *     other QUERY     a statement: DDL of our tables, harmless, or a write nobody can follow
 *
 * A position is given only between transactions. Offsets are summed up here in 64 bits; the low 32
 * that events carry correct the sum where the server leaves events out.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "binlog/gtid.h"
#include "binlog/pack.h"
#include "model/model.h"
#include "source/mysql/feed.h"
#include "source/mysql/private.h"

void mysql_stream_init(struct mysql_stream *st, const struct model *model, const char *folder)
{
	*st = (struct mysql_stream){.commit_time = TIME_NONE};
	txn_init(&st->txn, folder);
	arena_init(&st->words);
	arena_init(&st->watched);
	arena_init(&st->change);
	arena_init(&st->unpacked);
	st->maps = memory_zero((size_t)model->entity_count, sizeof *st->maps);
	st->before = memory_zero((size_t)model->entity_count, sizeof *st->before);
	st->after = memory_zero((size_t)model->entity_count, sizeof *st->after);
	for (int i = 0; i < model->entity_count; i++) {
		map_init(&st->maps[i]);
		st->before[i] = memory_zero((size_t)model->entities[i].column_count, sizeof **st->before);
		st->after[i] = memory_zero((size_t)model->entities[i].column_count, sizeof **st->after);
	}
}

void mysql_stream_done(struct mysql_stream *st, const struct model *model)
{
	if (st->feed)
		st->feed->ops->close(st->feed);
	for (int i = 0; i < model->entity_count; i++) {
		map_done(&st->maps[i]);
		free(st->before[i]);
		free(st->after[i]);
	}
	free(st->maps);
	free(st->before);
	free(st->after);
	free(st->live);
	free(st->decided);
	txn_done(&st->txn);
	gtid_set_free(st->gtids);
	buffer_done(&st->file);
	buffer_done(&st->gtid_text);
	buffer_done(&st->position);
	arena_done(&st->words);
	arena_done(&st->watched);
	arena_done(&st->change);
	arena_done(&st->unpacked);
}

/* ---- where we are ---- */

const char *mysql_stream_position(struct mysql *m)
{
	struct mysql_stream *st = &m->stream;

	if (st->gtids && st->gtid_dirty) {
		buffer_clear(&st->gtid_text);
		gtid_set_print(st->gtids, &st->gtid_text);
		st->gtid_dirty = false;
	}
	struct mysql_position p = {st->file.len ? buffer_text(&st->file) : NULL, st->file.len, st->pos, st->begun, st->gtids ? buffer_text(&st->gtid_text) : NULL};
	buffer_clear(&st->position);
	mysql_position_print(&p, &st->position);
	return buffer_text(&st->position);
}

const char *mysql_stream_place(struct mysql *m, struct buffer *out)
{
	buffer_format(out, "%s:%" PRIu64, buffer_text(&m->stream.file), m->stream.pos);
	return buffer_text(out);
}

bool mysql_stream_refuse(struct mysql *m, const char *why, const char *hint, struct error *err)
{
	struct buffer place = {0};

	error_set(err, ERROR_REFUSED, "could not follow the log of server %s at %s: %s", m->control ? mysql_client_name(m->control) : "",
		  mysql_stream_place(m, &place), why);
	if (hint)
		error_hint(err, "%s", hint);
	buffer_done(&place);
	return false;
}

static const char read_anew[] = N_("the tables must be read anew: tellerdesk resync");

static bool begins_group(const struct binlog_event *e)
{
	return e->type == BINLOG_GTID || e->type == BINLOG_ANONYMOUS_GTID || e->type == BINLOG_GTID_TAGGED || e->type == BINLOG_MARIADB_GTID;
}

/* The low half is the server's word, where it gives one: it leaves events out (other tables' annotations, transactions
 * we have). A little less than before is an event we have had, much less is the next 4 GiB; but not while a server asked by GTID
 * shows the head of the file we stand in. */
static void advance(struct mysql_stream *st, const struct binlog_event *e)
{
	if (e->flags & BINLOG_FLAG_ARTIFICIAL || st->format.payload || st->behind)
		return;
	st->again = st->again && !begins_group(e);
	uint64_t before = st->pos, at = (before & ~UINT64_C(0xffffffff)) | e->next_pos;
	if (!e->next_pos)
		st->pos += st->again ? 0 : e->length;
	else if (at > before)
		st->pos = at;
	else if (before - at > UINT64_C(1) << 31 && !st->again)
		st->pos = at + (UINT64_C(1) << 32);
}

/* ---- the group ---- */

static void group_forget(struct mysql_stream *st)
{
	st->grouped = st->whole = st->numbered = false;
	st->live_count = 0;
	txn_clear(&st->txn);
}

void mysql_group_open(struct mysql_stream *st, bool whole)
{
	st->grouped = true;
	st->whole = st->whole || whole;
}

/* The transaction is over: what it was numbered counts, whatever it did. */
void mysql_group_passed(struct mysql_stream *st)
{
	if (st->numbered && st->gtids && !st->gtid.anonymous) {
		gtid_set_add(st->gtids, &st->gtid);
		st->gtid_dirty = true;
	}
	st->grouped = st->whole = st->numbered = false;
	st->live_count = 0;
	st->moved = true;
}

static int64_t commit_time(const struct mysql_stream *st, const struct binlog_event *e, uint32_t microseconds)
{
	if (st->numbered && st->gtid.immediate_commit)
		return (int64_t)st->gtid.immediate_commit;
	return (int64_t)e->when * SECOND + microseconds;
}

bool mysql_group_commit(struct mysql *m, const struct binlog_event *e, uint32_t microseconds)
{
	struct mysql_stream *st = &m->stream;
	int64_t at = commit_time(st, e, microseconds);

	mysql_group_passed(st);
	if (txn_is_empty(&st->txn) && st->txn.records == 0) {
		txn_clear(&st->txn);
		return true;
	}
	st->serving = true;
	st->begun_given = false;
	st->rows_open = false;
	st->commit_time = at;
	st->serve_format = st->format;
	st->serve_format.payload = true; /* bodies without checksums */
	txn_rewind(&st->txn);
	return true;
}

/* ---- rows ---- */

struct live_table *mysql_live_find(struct mysql_stream *st, uint64_t id)
{
	for (int i = st->live_count; i-- > 0;)
		if (st->live[i].id == id)
			return &st->live[i];
	return NULL;
}

struct live_table *mysql_live_put(struct mysql_stream *st, uint64_t id)
{
	struct live_table *t = mysql_live_find(st, id);

	if (t)
		return t;
	if (st->live_count == st->live_cap)
		st->live = memory_grow(st->live, sizeof *st->live * (size_t)(st->live_cap = st->live_cap ? st->live_cap * 2 : 16));
	return &st->live[st->live_count++];
}

static bool on_table_map(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	const char *schema, *name;
	uint64_t id;

	if (!binlog_table_peek(e, &st->format, &id, &schema, &name, err))
		return false;
	struct live_table *t = mysql_live_put(st, id);
	*t = (struct live_table){.id = id, .entity = shape_entity(&m->shape, schema, name)};
	if (t->entity < 0)
		return watch_table(m, e, schema, name, &t->watched, err);
	struct txn_record r = {TXN_MAP, t->entity, e->type, e->body, e->size};
	return txn_add(&st->txn, &r, true, err);
}

static bool on_rows(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	uint64_t id;
	uint16_t flags;
	bool ok = true;

	if (!binlog_rows_peek(e, &st->format, &id, &flags, err))
		return false;
	const struct live_table *t = mysql_live_find(st, id);
	if (!t && id != BINLOG_TABLE_DUMMY)
		return mysql_stream_refuse(m, "rows of a table that was not described", read_anew, err);
	if (t && t->entity >= 0) {
		struct txn_record r = {TXN_ROWS, t->entity, e->type, e->body, e->size};
		ok = txn_add(&st->txn, &r, !m->shape.tables[t->entity].transactional, err);
	}
	if (t && t->watched)
		ok = watch_rows(m, e, t->watched, err);
	if (flags & ROWS_STATEMENT_END) {
		st->live_count = 0;
		arena_reset(&st->watched);
	}
	return ok;
}

/* ---- events ---- */

static bool on_gtid(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;

	if (st->grouped)
		group_forget(st); /* it was never ended: the server went down in it */
	if (!binlog_gtid_read(e, &st->format, &st->gtid, err))
		return false;
	st->numbered = true;
	mysql_group_open(st, st->gtid.mariadb && !st->gtid.standalone);
	return true;
}

bool mysql_begun_anew(struct mysql *m, struct error *err)
{
	mysql_stream_refuse(m, "the log is not the one we know: it was begun anew or cut short, or another server's data stands behind the name",
	       "take it as it is now: tellerdesk resync --accept-server", err);
	if (err)
		err->code = ERROR_FOREIGN;
	return false;
}

static bool on_format(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;

	if (!binlog_format_read(e, &st->format, err))
		return false;
	/* At a start everything that was open is gone; no transaction spans two files. */
	group_forget(st);
	if (st->behind)
		return true;
	st->begun = st->format.when;
	if (st->expected_begun && st->begun && st->expected_begun != st->begun)
		return mysql_begun_anew(m, err);
	st->expected_begun = 0;
	/* Sent again at a start in the middle of a file, it is no step. */
	if (e->next_pos && st->pos <= 4)
		advance(st, e);
	return true;
}

static bool on_rotate(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct binlog_rotate r;

	if (!binlog_rotate_read(e, &st->format, &r, err))
		return false;
	bool other = r.file_len != st->file.len || memcmp(r.file, buffer_text(&st->file), r.file_len) != 0;
	uint64_t number = mysql_log_number(r.file, r.file_len);
	st->behind = st->by_gtid && other && number < mysql_log_number(buffer_text(&st->file), st->file.len);
	if (st->behind)
		return true;
	if (other) {
		group_forget(st);
		buffer_clear(&st->file);
		buffer_add(&st->file, r.file, r.file_len);
		st->begun = 0;
		st->skip_to = 0;
		st->expected_begun = 0;
		st->moved = true;
	}
	/* By GTID the server begins at the file's start and leaves out what we have; then the upper half of what we know holds. */
	st->again = st->by_gtid && !other && r.pos <= 4;
	if (other || r.pos > 4)
		st->pos = r.pos;
	return true;
}

/* A sign of life. MySQL, asked by GTID, also tells by it how far it has passed over what we have: nothing else does, while nothing
 * is written. Where only the low half is told it is taken for no more than it must be. */
static bool on_heartbeat(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct binlog_heartbeat h;

	if (!binlog_heartbeat_read(e, &st->format, &h, err))
		return false;
	if (!st->by_gtid || m->target.mariadb || st->grouped || st->behind || h.file_len != st->file.len ||
	    memcmp(h.file, buffer_text(&st->file), h.file_len) != 0)
		return true;
	uint64_t at = h.exact ? h.pos : (st->pos & ~UINT64_C(0xffffffff)) | (h.pos & UINT32_MAX);
	st->moved |= at > st->pos;
	st->pos = at > st->pos ? at : st->pos;
	return true;
}

static bool on_incident(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct binlog_incident i;

	if (!binlog_incident_read(e, &m->stream.format, &i, err))
		return false;
	return mysql_stream_refuse(m, "the server notes that it lost events (INCIDENT)", read_anew, err);
}

static bool on_payload(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct pack_payload *p = pack_payload_open(e, &st->format, err);
	const uint8_t *bytes;
	size_t n;
	int got = -1;

	st->format.payload = true;
	while (p && (got = pack_payload_next(p, &bytes, &n, err)) == 1)
		if (!mysql_stream_event(m, bytes, n, err))
			break;
	st->format.payload = false;
	if (p)
		pack_payload_close(p);
	return got == 0;
}

static bool on_unknown(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct buffer why = {0};

	if (binlog_may_skip(e))
		return true;
	buffer_format(&why, "%s is not understood", binlog_type_name(e->type));
	mysql_stream_refuse(m, buffer_text(&why), N_("this version of tellerdesk cannot follow it; see tellerdesk-mysql(7) for what can be"), err);
	buffer_done(&why);
	return false;
}

static bool dispatch(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	uint64_t xid;

	if (binlog_is_rows(e->type))
		return on_rows(m, e, err);
	switch (e->type) {
	case BINLOG_TABLE_MAP:
		return on_table_map(m, e, err);
	case BINLOG_XID:
		return binlog_xid_read(e, &st->format, &xid, err) && mysql_group_commit(m, e, 0);
	case BINLOG_GTID:
	case BINLOG_ANONYMOUS_GTID:
	case BINLOG_GTID_TAGGED:
	case BINLOG_MARIADB_GTID:
		return on_gtid(m, e, err);
	case BINLOG_QUERY:
	case BINLOG_QUERY_COMPRESSED:
		return mysql_on_query(m, e, err);
	case BINLOG_XA_PREPARE:
		return mysql_on_prepared(m, e, err);
	case BINLOG_TRANSACTION_PAYLOAD:
		return on_payload(m, e, err);
	case BINLOG_INCIDENT:
		return on_incident(m, e, err);
	case BINLOG_STOP:
		group_forget(st);
		return true;
	case BINLOG_LOAD:
	case BINLOG_NEW_LOAD:
	case BINLOG_EXEC_LOAD:
	case BINLOG_CREATE_FILE:
	case BINLOG_BEGIN_LOAD_QUERY:
	case BINLOG_EXECUTE_LOAD_QUERY:
		return mysql_stream_refuse(m, "a session loaded a file in statement format, which tells no rows",
			      N_("SET GLOBAL binlog_format = ROW; then read the tables anew: tellerdesk resync"), err);
	default:
		return on_unknown(m, e, err);
	}
}

bool mysql_stream_event(struct mysql *m, const uint8_t *bytes, size_t n, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct binlog_event e;

	if (!binlog_event_read(&st->format, bytes, n, &e, err))
		return false;
	if (e.type == BINLOG_FORMAT)
		return on_format(m, &e, err);
	if (e.type == BINLOG_ROTATE)
		return on_rotate(m, &e, err);
	if (e.type == BINLOG_HEARTBEAT || e.type == BINLOG_HEARTBEAT_V2)
		return on_heartbeat(m, &e, err);
	bool known = st->pos + e.length <= st->skip_to && !st->format.payload;
	advance(st, &e);
	if (known)
		return true;
	bool outside = !st->grouped;
	if (!dispatch(m, &e, err))
		return false;
	/* What stands between transactions (GTID_LIST, CHECKPOINT) moves the position too. */
	st->moved |= outside && !st->grouped && !st->serving;
	return true;
}
