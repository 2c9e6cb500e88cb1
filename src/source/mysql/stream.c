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
#include "binlog/gtid.h"
#include "binlog/pack.h"
#include "binlog/query.h"
#include "model/model.h"
#include "source/mysql/feed.h"
#include "source/mysql/private.h"
#include "source/mysql/xa.h"

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

static bool refuse(struct mysql *m, const char *why, const char *hint, struct error *err)
{
	struct buffer place = {0};

	error_set(err, ERROR_REFUSED, "could not follow the log of server %s at %s: %s", m->control ? mysql_client_name(m->control) : "",
		  mysql_stream_place(m, &place), why);
	if (hint)
		error_hint(err, "%s", hint);
	buffer_done(&place);
	return false;
}

static const char read_anew[] = "the tables must be read anew: tellerdesk resync";

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
	st->grouped = st->whole = st->numbered = st->preparing = false;
	st->live_count = 0;
	txn_clear(&st->txn);
}

static void group_open(struct mysql_stream *st, bool whole)
{
	st->grouped = true;
	st->whole = st->whole || whole;
}

/* The transaction is over: what it was numbered counts, whatever it did. */
static void group_passed(struct mysql_stream *st)
{
	if (st->numbered && st->gtids && !st->gtid.anonymous) {
		gtid_set_add(st->gtids, &st->gtid);
		st->gtid_dirty = true;
	}
	st->grouped = st->whole = st->numbered = st->preparing = false;
	st->live_count = 0;
	st->moved = true;
}

static int64_t commit_time(const struct mysql_stream *st, const struct binlog_event *e, uint32_t microseconds)
{
	if (st->numbered && st->gtid.immediate_commit)
		return (int64_t)st->gtid.immediate_commit;
	return (int64_t)e->when * SECOND + microseconds;
}

static bool group_commit(struct mysql *m, const struct binlog_event *e, uint32_t microseconds)
{
	struct mysql_stream *st = &m->stream;
	int64_t at = commit_time(st, e, microseconds);

	group_passed(st);
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
		return refuse(m, "rows of a table that was not described", read_anew, err);
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

/* ---- statements ---- */

static bool note(struct mysql *m, enum txn_record_kind kind, int entity, struct error *err)
{
	struct txn_record r = {.kind = kind, .entity = entity};

	return txn_add(&m->stream.txn, &r, true, err);
}

static bool note_all(struct mysql *m, enum txn_record_kind kind, struct error *err)
{
	for (int i = 0; i < m->shape.entity_count; i++)
		if (!note(m, kind, i, err))
			return false;
	return true;
}

static bool on_ddl_table(struct mysql *m, const struct statement_table *t, struct error *err)
{
	int entity = t->name ? shape_entity(&m->shape, t->schema, t->name) : -1;
	int to = t->effect == EFFECT_RENAMED ? shape_entity(&m->shape, t->to_schema, t->to_name) : -1;

	if (t->temporary)
		return true;
	if (!t->name && shape_follows(&m->shape, t->schema))
		return note_all(m, TXN_TRUNCATE, err) && note(m, TXN_CATALOGUE, -1, err);
	if (entity < 0 && to < 0)
		return true;
	switch (t->effect) {
	case EFFECT_EMPTIED:
		return note(m, TXN_TRUNCATE, entity, err);
	case EFFECT_CREATED:
		/* With IF NOT EXISTS the table may have stood there all along. */
		return (t->conditional || note(m, TXN_TRUNCATE, entity, err)) && note(m, TXN_CATALOGUE, entity, err);
	case EFFECT_DROPPED:
		return note(m, TXN_TRUNCATE, entity, err) && note(m, TXN_CATALOGUE, entity, err);
	case EFFECT_RENAMED:
		return note(m, TXN_CATALOGUE, entity, err) && (entity < 0 || note(m, TXN_RELOAD, entity, err)) &&
		       (to < 0 || to == entity || note(m, TXN_RELOAD, to, err));
	case EFFECT_ALTERED:
	case EFFECT_REPARTITIONED:
		return note(m, TXN_CATALOGUE, entity, err) && note(m, TXN_RELOAD, entity, err);
	case EFFECT_INDEXED:
		return note(m, TXN_CATALOGUE, entity, err);
	}
	return true;
}

static bool on_ddl(struct mysql *m, const struct statement *s, struct error *err)
{
	const struct mysql_stream *st = &m->stream;

	/* Two-phase ALTER of MariaDB: it happens at its commit. */
	if (st->numbered && (st->gtid.start_alter || st->gtid.rollback_alter))
		return true;
	for (int i = 0; i < s->table_count; i++)
		if (!on_ddl_table(m, &s->tables[i], err))
			return false;
	return true;
}

/* Can a write in statement format have touched our tables? Whoever writes into our database, or names one of our tables, can. */
static bool concerns_us(struct mysql *m, const struct binlog_query *q)
{
	const struct model *model = m->base.model;
	const char **names = arena_zero(&m->stream.words, (size_t)model->entity_count + 1, sizeof *names);

	for (int i = 0; i < model->entity_count; i++)
		names[i] = model->entities[i].table;
	names[model->entity_count] = m->target.database;
	return shape_follows(&m->shape, q->schema) || statement_mentions(q, names, model->entity_count + 1);
}

static bool on_write(struct mysql *m, const struct binlog_query *q, struct error *err)
{
	if (!concerns_us(m, q))
		return true;
	return refuse(m, "a session wrote to the followed database in statement format, which tells no rows",
		      "SET GLOBAL binlog_format = ROW, and let no session change it; then read the tables anew: tellerdesk resync", err);
}

/* ---- XA ---- */

static struct xa_name xa_name_of(const struct mysql *m, const uint8_t *xid, uint32_t format, unsigned gtrid_len, unsigned bqual_len)
{
	return (struct xa_name){m->state_folder, m->prepared_for, xid, format, (uint8_t)gtrid_len, (uint8_t)bqual_len};
}

static bool on_prepared(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct binlog_xa_prepare p;

	if (!binlog_xa_prepare_read(e, &st->format, &p, err))
		return false;
	if (p.one_phase)
		return group_commit(m, e, 0);
	struct xa_name x = xa_name_of(m, p.xid, p.format, p.gtrid_len, p.bqual_len);
	/* An empty one is kept too: its decision must not look like that of one we missed. */
	bool ok = xa_save(&x, mysql_stream_position(m), &st->format, &st->txn, err);
	group_passed(st);
	txn_clear(&st->txn);
	return ok;
}

/* One whose prepare we never saw may have changed anything of ours: the tables are read again. */
static bool on_xa_commit(struct mysql *m, const struct binlog_event *e, const struct statement *s, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct xa_name x = xa_name_of(m, s->xid, s->xid_format, s->gtrid_len, s->bqual_len);
	struct binlog_format written = st->format;
	struct buffer prepared = {0};
	int found = xa_load(&x, &prepared, &written, &st->txn, err);

	/* Prepared further on than here, it is another that bears the same xid: the replica fell back. */
	if (found == 1 && !mysql_position_reached(mysql_stream_position(m), buffer_text(&prepared))) {
		txn_clear(&st->txn);
		found = 0;
	}
	buffer_done(&prepared);
	if (found < 0 || (found == 0 && !note_all(m, TXN_RELOAD, err)))
		return false;
	free(st->decided);
	st->decided = found ? xa_path(&x) : NULL;
	bool ok = group_commit(m, e, 0);
	if (found)
		memcpy(st->serve_format.post, written.post, sizeof written.post);
	return ok;
}

static void on_xa_rollback(struct mysql *m, const struct statement *s)
{
	struct xa_name x = xa_name_of(m, s->xid, s->xid_format, s->gtrid_len, s->bqual_len);
	char *path = xa_path(&x);

	/* Read again after a crash, it is passed over again: nothing is lost by removing it now. */
	xa_forget(path);
	free(path);
	group_passed(&m->stream);
	txn_clear(&m->stream.txn);
}

/* ---- QUERY ---- */

static bool on_statement(struct mysql *m, const struct binlog_event *e, const struct binlog_query *q, const struct statement *s, struct error *err)
{
	struct mysql_stream *st = &m->stream;

	switch (s->kind) {
	case STATEMENT_BEGIN:
	case STATEMENT_XA_START:
		group_open(st, true);
		st->preparing = s->kind == STATEMENT_XA_START;
		return true;
	case STATEMENT_COMMIT:
		return group_commit(m, e, q->microseconds);
	case STATEMENT_ROLLBACK:
		return txn_back_all(&st->txn, err) && group_commit(m, e, q->microseconds);
	case STATEMENT_SAVEPOINT:
		txn_mark(&st->txn, s->name);
		return true;
	case STATEMENT_ROLLBACK_TO:
		return txn_back_to(&st->txn, s->name, err);
	case STATEMENT_RELEASE:
		txn_release(&st->txn, s->name);
		return true;
	case STATEMENT_XA_END:
		return true;
	case STATEMENT_XA_PREPARE:
		return true; /* the event of that name follows */
	case STATEMENT_XA_COMMIT:
		return s->one_phase ? group_commit(m, e, 0) : on_xa_commit(m, e, s, err);
	case STATEMENT_XA_ROLLBACK:
		on_xa_rollback(m, s);
		return true;
	case STATEMENT_DDL:
		if (!on_ddl(m, s, err))
			return false;
		break;
	case STATEMENT_WRITE:
		if (!on_write(m, q, err))
			return false;
		break;
	case STATEMENT_NOTHING:
		break;
	}
	/* A statement alone is a transaction of its own, committed with it. */
	return st->whole || group_commit(m, e, q->microseconds);
}

static bool on_query(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct binlog_query q;
	struct statement s;

	arena_reset(&st->words);
	if (!binlog_query_read(e, &st->format, &st->words, &q, err))
		return false;
	statement_read(&q, &st->words, &s);
	return on_statement(m, e, &q, &s, err);
}

/* ---- the rest ---- */

static bool on_gtid(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;

	if (st->grouped)
		group_forget(st); /* it was never ended: the server went down in it */
	if (!binlog_gtid_read(e, &st->format, &st->gtid, err))
		return false;
	st->numbered = true;
	group_open(st, st->gtid.mariadb && !st->gtid.standalone);
	return true;
}

bool mysql_begun_anew(struct mysql *m, struct error *err)
{
	refuse(m, "the log is not the one we know: it was begun anew or cut short, or another server's data stands behind the name",
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
	return refuse(m, "the server notes that it lost events (INCIDENT)", read_anew, err);
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
	refuse(m, buffer_text(&why), "this version of tellerdesk cannot follow it; see tellerdesk-mysql(7) for what can be", err);
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
		return binlog_xid_read(e, &st->format, &xid, err) && group_commit(m, e, 0);
	case BINLOG_GTID:
	case BINLOG_ANONYMOUS_GTID:
	case BINLOG_GTID_TAGGED:
	case BINLOG_MARIADB_GTID:
		return on_gtid(m, e, err);
	case BINLOG_QUERY:
	case BINLOG_QUERY_COMPRESSED:
		return on_query(m, e, err);
	case BINLOG_XA_PREPARE:
		return on_prepared(m, e, err);
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
		return refuse(m, "a session loaded a file in statement format, which tells no rows",
			      "SET GLOBAL binlog_format = ROW; then read the tables anew: tellerdesk resync", err);
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
