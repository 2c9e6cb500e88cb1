/* Statements of the log, and prepared transactions: what they do to the transaction at hand, and to tables of ours. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/language.h"
#include "binlog/query.h"
#include "model/model.h"
#include "source/mysql/private.h"
#include "source/mysql/xa.h"

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
	return mysql_stream_refuse(m, "a session wrote to the followed database in statement format, which tells no rows",
		      N_("SET GLOBAL binlog_format = ROW, and let no session change it; then read the tables anew: tellerdesk resync"), err);
}

/* ---- XA ---- */

static struct xa_name xa_name_of(const struct mysql *m, const uint8_t *xid, uint32_t format, unsigned gtrid_len, unsigned bqual_len)
{
	return (struct xa_name){m->state_folder, m->prepared_for, xid, format, (uint8_t)gtrid_len, (uint8_t)bqual_len};
}

bool mysql_on_prepared(struct mysql *m, const struct binlog_event *e, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct binlog_xa_prepare p;

	if (!binlog_xa_prepare_read(e, &st->format, &p, err))
		return false;
	if (p.one_phase)
		return mysql_group_commit(m, e, 0);
	struct xa_name x = xa_name_of(m, p.xid, p.format, p.gtrid_len, p.bqual_len);
	/* An empty one is kept too: its decision must not look like that of one we missed. */
	bool ok = xa_save(&x, mysql_stream_position(m), &st->format, &st->txn, err);
	mysql_group_passed(st);
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
	bool ok = mysql_group_commit(m, e, 0);
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
	mysql_group_passed(&m->stream);
	txn_clear(&m->stream.txn);
}

/* ---- QUERY ---- */

static bool on_statement(struct mysql *m, const struct binlog_event *e, const struct binlog_query *q, const struct statement *s, struct error *err)
{
	struct mysql_stream *st = &m->stream;

	switch (s->kind) {
	case STATEMENT_BEGIN:
	case STATEMENT_XA_START:
		mysql_group_open(st, true);
		return true;
	case STATEMENT_COMMIT:
		return mysql_group_commit(m, e, q->microseconds);
	case STATEMENT_ROLLBACK:
		return txn_back_all(&st->txn, err) && mysql_group_commit(m, e, q->microseconds);
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
		return s->one_phase ? mysql_group_commit(m, e, 0) : on_xa_commit(m, e, s, err);
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
	return st->whole || mysql_group_commit(m, e, q->microseconds);
}

bool mysql_on_query(struct mysql *m, const struct binlog_event *e, struct error *err)
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
