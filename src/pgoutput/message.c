#include "config.h"

#include "pgoutput/message.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "pgoutput/epoch.h"

struct message_in {
	struct bytes b;
	const char *name; /* of the message, for errors */
	struct arena *a;
	struct error *err;
};

typedef bool message_reader(struct message_in *in, struct pgoutput_message *out);

/* "could not read message INSERT of the server's log: <why>", ERROR_REFUSED. False. */
static bool message_refuse(const struct message_in *in, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool message_refuse(const struct message_in *in, const char *format, ...)
{
	char why[256];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return error_set(in->err, ERROR_REFUSED, "could not read message %s of the server's log: %s", in->name, why);
}

/* Where a reader asks before the end: a count that the bytes cannot hold, or a kind that is not there. */
static bool message_cut(const struct message_in *in)
{
	return message_refuse(in, "it is cut off");
}

static bool message_time(struct message_in *in, int64_t *out)
{
	return epoch_read(bytes_u64_big(&in->b), out) || message_refuse(in, "its time is none");
}

/* Bits that no version has given a meaning would change what the message means. */
static bool message_flags(struct message_in *in, uint8_t known, uint8_t *out)
{
	*out = bytes_u8(&in->b);
	return (*out & ~known) == 0 || message_refuse(in, "its flags are unknown, %u", *out);
}

/* ---- transactions ---- */

static bool message_begin(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_transaction *t = &out->transaction;
	t->lsn = bytes_u64_big(&in->b);
	if (!message_time(in, &t->time))
		return false;
	t->xid = bytes_u32_big(&in->b);
	return true;
}

/* Two places and a time, with which COMMIT, STREAM_COMMIT and the prepared kinds go on. */
static bool message_end(struct message_in *in, struct pgoutput_transaction *t)
{
	t->lsn = bytes_u64_big(&in->b);
	t->end = bytes_u64_big(&in->b);
	return message_time(in, &t->time);
}

static bool message_commit(struct message_in *in, struct pgoutput_message *out)
{
	return message_flags(in, 0, &out->transaction.flags) && message_end(in, &out->transaction);
}

static bool message_begin_prepare(struct message_in *in, struct pgoutput_message *out)
{
	if (!message_end(in, &out->transaction))
		return false;
	out->transaction.xid = bytes_u32_big(&in->b);
	out->transaction.gid = bytes_string(&in->b);
	return true;
}

/* PREPARE, STREAM_PREPARE, COMMIT_PREPARED */
static bool message_prepared(struct message_in *in, struct pgoutput_message *out)
{
	return message_flags(in, 0, &out->transaction.flags) && message_begin_prepare(in, out);
}

static bool message_rollback_prepared(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_transaction *t = &out->transaction;
	if (!message_flags(in, 0, &t->flags))
		return false;
	t->lsn = bytes_u64_big(&in->b);
	t->end = bytes_u64_big(&in->b);
	if (!message_time(in, &t->prepare_time) || !message_time(in, &t->time))
		return false;
	t->xid = bytes_u32_big(&in->b);
	t->gid = bytes_string(&in->b);
	return true;
}

static bool message_stream_start(struct message_in *in, struct pgoutput_message *out)
{
	uint8_t first;
	out->transaction.xid = bytes_u32_big(&in->b);
	if (!message_flags(in, 1, &first))
		return false;
	out->transaction.first_segment = first;
	return true;
}

static bool message_stream_stop(struct message_in *in, struct pgoutput_message *out)
{
	(void)in;
	(void)out;
	return true;
}

static bool message_stream_commit(struct message_in *in, struct pgoutput_message *out)
{
	out->transaction.xid = bytes_u32_big(&in->b);
	return message_commit(in, out);
}

static bool message_stream_abort(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_transaction *t = &out->transaction;
	t->xid = bytes_u32_big(&in->b);
	t->subxid = bytes_u32_big(&in->b);
	if (bytes_left(&in->b) == 0) /* before parallel streaming */
		return true;
	t->lsn = bytes_u64_big(&in->b);
	return message_time(in, &t->time);
}

static bool message_origin(struct message_in *in, struct pgoutput_message *out)
{
	out->origin.lsn = bytes_u64_big(&in->b);
	out->origin.name = bytes_string(&in->b);
	return true;
}

/* ---- relations and types ---- */

/* Of one column in a relation message: flags, a name of no length, type, modifier. */
#define COLUMN_LEAST (1 + 1 + 4 + 4)

static bool message_columns(struct message_in *in, struct pgoutput_relation *r)
{
	r->column_count = bytes_u16_big(&in->b);
	if (in->b.bad || (size_t)r->column_count * COLUMN_LEAST > bytes_left(&in->b))
		return message_cut(in);
	r->columns = arena_zero(in->a, (size_t)r->column_count, sizeof *r->columns);
	for (int i = 0; i < r->column_count; i++) {
		struct pgoutput_column *c = &r->columns[i];
		uint8_t key;
		if (!message_flags(in, 1, &key))
			return false;
		c->key = key;
		c->name = bytes_string(&in->b);
		c->type = bytes_u32_big(&in->b);
		c->modifier = (int32_t)bytes_u32_big(&in->b);
	}
	return true;
}

static bool message_relation(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_relation *r = &out->relation;
	r->id = bytes_u32_big(&in->b);
	r->schema = bytes_string(&in->b);
	r->name = bytes_string(&in->b);
	r->identity = (char)bytes_u8(&in->b);
	if (in->b.bad)
		return message_cut(in);
	if (r->identity != 'd' && r->identity != 'n' && r->identity != 'f' && r->identity != 'i')
		return message_refuse(in, "its replica identity is unknown, %u", (unsigned char)r->identity);
	return message_columns(in, r);
}

static bool message_type(struct message_in *in, struct pgoutput_message *out)
{
	out->type.id = bytes_u32_big(&in->b);
	out->type.schema = bytes_string(&in->b);
	out->type.name = bytes_string(&in->b);
	return true;
}

/* ---- rows ---- */

/* One cell of bytes that may be anything; the kind 0 is none. */
static struct pgoutput_cell message_cell(struct bytes *b)
{
	struct pgoutput_cell c = {.kind = (enum pgoutput_cell_kind)bytes_u8(b)};
	if (c.kind == PGOUTPUT_TEXT || c.kind == PGOUTPUT_BINARY) {
		c.len = bytes_u32_big(b);
		c.bytes = (const char *)bytes_take(b, c.len);
	}
	return c;
}

static bool message_cell_known(enum pgoutput_cell_kind k)
{
	return k == PGOUTPUT_NULL || k == PGOUTPUT_UNCHANGED || k == PGOUTPUT_TEXT || k == PGOUTPUT_BINARY;
}

static bool message_tuple(struct message_in *in, struct pgoutput_tuple *t)
{
	t->count = bytes_u16_big(&in->b);
	t->bytes = in->b.at;
	for (int i = 0; i < t->count; i++) {
		enum pgoutput_cell_kind kind = message_cell(&in->b).kind;
		if (in->b.bad)
			break;
		if (!message_cell_known(kind))
			return message_refuse(in, "the value of column %d is of an unknown kind, %u", i + 1, (unsigned)kind);
	}
	t->n = (size_t)(in->b.at - t->bytes);
	return !in->b.bad || message_cut(in);
}

static struct pgoutput_change *change_begin(struct message_in *in, struct pgoutput_message *out)
{
	out->change.relation = bytes_u32_big(&in->b);
	out->change.before.count = out->change.after.count = -1;
	return &out->change;
}

/* The tuple before the change, marked K or O; what else the mark is, is left to the caller. */
static bool message_before(struct message_in *in, uint8_t mark, struct pgoutput_change *c)
{
	if (mark != 'K' && mark != 'O')
		return in->b.bad ? message_cut(in) : message_refuse(in, "it has a row of an unknown kind, %u", mark);
	c->before_is_key = mark == 'K';
	return message_tuple(in, &c->before);
}

static bool message_after(struct message_in *in, uint8_t mark, struct pgoutput_change *c)
{
	if (mark != 'N')
		return in->b.bad ? message_cut(in) : message_refuse(in, "it has a row of an unknown kind, %u", mark);
	return message_tuple(in, &c->after);
}

static bool message_insert(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_change *c = change_begin(in, out);
	return message_after(in, bytes_u8(&in->b), c);
}

static bool message_update(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_change *c = change_begin(in, out);
	uint8_t mark = bytes_u8(&in->b);
	if (mark == 'N')
		return message_tuple(in, &c->after);
	return message_before(in, mark, c) && message_after(in, bytes_u8(&in->b), c);
}

static bool message_delete(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_change *c = change_begin(in, out);
	return message_before(in, bytes_u8(&in->b), c);
}

enum { TRUNCATE_CASCADE = 1, TRUNCATE_RESTART = 2 };

static bool message_truncate(struct message_in *in, struct pgoutput_message *out)
{
	uint32_t count = bytes_u32_big(&in->b);
	uint8_t flags;
	if (!message_flags(in, TRUNCATE_CASCADE | TRUNCATE_RESTART, &flags))
		return false;
	if (in->b.bad || count > bytes_left(&in->b) / 4)
		return message_cut(in);
	uint32_t *ids = arena_zero(in->a, count, sizeof *ids);
	for (uint32_t i = 0; i < count; i++)
		ids[i] = bytes_u32_big(&in->b);
	out->truncate = (struct pgoutput_truncate){(int)count, ids, flags & TRUNCATE_CASCADE, flags & TRUNCATE_RESTART};
	return true;
}

static bool message_logical(struct message_in *in, struct pgoutput_message *out)
{
	struct pgoutput_logical *l = &out->logical;
	uint8_t transactional;
	if (!message_flags(in, 1, &transactional))
		return false;
	l->transactional = transactional;
	l->lsn = bytes_u64_big(&in->b);
	l->prefix = bytes_string(&in->b);
	l->n = bytes_u32_big(&in->b);
	l->bytes = bytes_take(&in->b, l->n);
	return true;
}

/* ---- all ---- */

static const struct message_kind {
	const char *name;
	message_reader *read; /* NULL: there is no such kind */
	bool streamed;        /* carries a transaction id in front inside a stream */
} message_kinds[128] = {
	[PGOUTPUT_BEGIN] = {"BEGIN", message_begin, false},
	[PGOUTPUT_COMMIT] = {"COMMIT", message_commit, false},
	[PGOUTPUT_ORIGIN] = {"ORIGIN", message_origin, false},
	[PGOUTPUT_RELATION] = {"RELATION", message_relation, true},
	[PGOUTPUT_TYPE] = {"TYPE", message_type, true},
	[PGOUTPUT_INSERT] = {"INSERT", message_insert, true},
	[PGOUTPUT_UPDATE] = {"UPDATE", message_update, true},
	[PGOUTPUT_DELETE] = {"DELETE", message_delete, true},
	[PGOUTPUT_TRUNCATE] = {"TRUNCATE", message_truncate, true},
	[PGOUTPUT_MESSAGE] = {"MESSAGE", message_logical, true},
	[PGOUTPUT_STREAM_START] = {"STREAM START", message_stream_start, false},
	[PGOUTPUT_STREAM_STOP] = {"STREAM STOP", message_stream_stop, false},
	[PGOUTPUT_STREAM_COMMIT] = {"STREAM COMMIT", message_stream_commit, false},
	[PGOUTPUT_STREAM_ABORT] = {"STREAM ABORT", message_stream_abort, false},
	[PGOUTPUT_BEGIN_PREPARE] = {"BEGIN PREPARE", message_begin_prepare, false},
	[PGOUTPUT_PREPARE] = {"PREPARE", message_prepared, false},
	[PGOUTPUT_COMMIT_PREPARED] = {"COMMIT PREPARED", message_prepared, false},
	[PGOUTPUT_ROLLBACK_PREPARED] = {"ROLLBACK PREPARED", message_rollback_prepared, false},
	[PGOUTPUT_STREAM_PREPARE] = {"STREAM PREPARE", message_prepared, false},
};

bool pgoutput_read(const uint8_t *p, size_t n, bool in_stream, struct arena *a, struct pgoutput_message *out, struct error *err)
{
	struct message_in in = {.b = bytes_of(p, n), .a = a, .err = err};
	if (n == 0)
		return error_set(err, ERROR_REFUSED, "could not read a message of the server's log: it is empty");
	uint8_t kind = bytes_u8(&in.b);
	if (kind >= sizeof message_kinds / sizeof *message_kinds || !message_kinds[kind].read)
		return error_set(err, ERROR_REFUSED, "could not read a message of the server's log: it is of an unknown kind, %u", kind);
	const struct message_kind *k = &message_kinds[kind];
	in.name = k->name;
	*out = (struct pgoutput_message){.kind = (enum pgoutput_kind)kind};
	if (in_stream && k->streamed)
		out->xid = bytes_u32_big(&in.b);
	if (!k->read(&in, out))
		return false;
	if (in.b.bad)
		return message_cut(&in);
	return bytes_left(&in.b) == 0 || message_refuse(&in, "it has %zu bytes too many", bytes_left(&in.b));
}

bool pgoutput_cells(const struct pgoutput_tuple *t, struct pgoutput_cell *out, int count, struct error *err)
{
	if (t->count != count)
		return error_set(err, ERROR_REFUSED, "could not read a row of the server's log: it has %d columns where its table has %d", t->count, count);
	struct bytes b = bytes_of(t->bytes, t->n);
	for (int i = 0; i < count; i++)
		out[i] = message_cell(&b);
	return true;
}
