/* Any bytes are frames and messages of pgoutput or are refused, and nothing that was read is lost: put together again it is
 * the same bytes. Each frame has its length in front, 2 bytes, big endian; the first byte of all is 1 where they begin
 * within a stream. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "pgoutput/epoch.h"
#include "pgoutput/frame.h"
#include "pgoutput/lsn.h"
#include "pgoutput/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void must_be_refused(const struct error *err)
{
	must(err->code == ERROR_REFUSED && strncmp(err->message, "could not ", 10) == 0);
}

/* ---- a message, put together again ---- */

static void put(struct buffer *out, uint64_t v, int bytes)
{
	for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
		buffer_char(out, (char)(v >> shift));
}

static void put_string(struct buffer *out, const char *s)
{
	buffer_add(out, s, strlen(s) + 1);
}

static void put_tuple(struct buffer *out, char mark, const struct pgoutput_tuple *t)
{
	struct error err = {0};
	if (t->count < 0)
		return;
	struct pgoutput_cell *cells = memory_zero((size_t)t->count + 1, sizeof *cells);
	must(!pgoutput_cells(t, cells, t->count + 1, &err));
	must_be_refused(&err);
	must(pgoutput_cells(t, cells, t->count, &err));
	buffer_char(out, mark);
	put(out, (uint64_t)t->count, 2);
	for (int i = 0; i < t->count; i++) {
		buffer_char(out, (char)cells[i].kind);
		if (cells[i].kind == PGOUTPUT_TEXT || cells[i].kind == PGOUTPUT_BINARY) {
			put(out, cells[i].len, 4);
			buffer_add(out, cells[i].bytes, cells[i].len);
		} else {
			must(cells[i].kind == PGOUTPUT_NULL || cells[i].kind == PGOUTPUT_UNCHANGED);
		}
	}
	free(cells);
}

static void put_change(struct buffer *out, enum pgoutput_kind kind, const struct pgoutput_change *c)
{
	must((c->after.count < 0) == (kind == PGOUTPUT_DELETE));
	must(kind == PGOUTPUT_UPDATE || (c->before.count < 0) == (kind == PGOUTPUT_INSERT));
	put(out, c->relation, 4);
	put_tuple(out, c->before_is_key ? 'K' : 'O', &c->before);
	put_tuple(out, 'N', &c->after);
}

static void put_relation(struct buffer *out, const struct pgoutput_relation *r)
{
	put(out, r->id, 4);
	put_string(out, r->schema);
	put_string(out, r->name);
	buffer_char(out, r->identity);
	put(out, (uint64_t)r->column_count, 2);
	for (int i = 0; i < r->column_count; i++) {
		buffer_char(out, r->columns[i].key);
		put_string(out, r->columns[i].name);
		put(out, r->columns[i].type, 4);
		put(out, (uint32_t)r->columns[i].modifier, 4);
	}
}

static void put_truncate(struct buffer *out, const struct pgoutput_truncate *t)
{
	put(out, (uint64_t)t->count, 4);
	buffer_char(out, (char)(t->cascade | t->restart_identity << 1));
	for (int i = 0; i < t->count; i++)
		put(out, t->relations[i], 4);
}

static void put_logical(struct buffer *out, const struct pgoutput_logical *l)
{
	buffer_char(out, l->transactional);
	put(out, l->lsn, 8);
	put_string(out, l->prefix);
	put(out, l->n, 4);
	buffer_add(out, l->bytes, l->n);
}

/* `size`: of the message; it tells the two forms of STREAM_ABORT apart. */
static void put_transaction(struct buffer *out, enum pgoutput_kind kind, const struct pgoutput_transaction *t, size_t size)
{
	bool streams = kind == PGOUTPUT_STREAM_START || kind == PGOUTPUT_STREAM_COMMIT || kind == PGOUTPUT_STREAM_ABORT;
	must(kind == PGOUTPUT_COMMIT || kind == PGOUTPUT_STREAM_STOP || !streams || t->gid == NULL);
	if (streams)
		put(out, t->xid, 4);
	if (kind == PGOUTPUT_STREAM_START)
		buffer_char(out, t->first_segment);
	if (kind == PGOUTPUT_STREAM_ABORT)
		put(out, t->subxid, 4);
	if (kind == PGOUTPUT_STREAM_START || kind == PGOUTPUT_STREAM_STOP || (kind == PGOUTPUT_STREAM_ABORT && size == 9))
		return;
	bool begins = kind == PGOUTPUT_BEGIN || kind == PGOUTPUT_BEGIN_PREPARE;
	if (!begins && kind != PGOUTPUT_STREAM_ABORT)
		buffer_char(out, (char)t->flags);
	put(out, t->lsn, 8);
	if (kind != PGOUTPUT_BEGIN && kind != PGOUTPUT_STREAM_ABORT)
		put(out, t->end, 8);
	if (kind == PGOUTPUT_ROLLBACK_PREPARED)
		put(out, epoch_write(t->prepare_time), 8);
	put(out, epoch_write(t->time), 8);
	if (kind != PGOUTPUT_COMMIT && !streams)
		put(out, t->xid, 4);
	if (t->gid)
		put_string(out, t->gid);
}

static void put_message(struct buffer *out, const struct pgoutput_message *m, bool in_stream, size_t size)
{
	buffer_char(out, (char)m->kind);
	if (in_stream && m->kind != PGOUTPUT_ORIGIN && m->kind != PGOUTPUT_BEGIN && m->kind != PGOUTPUT_COMMIT && pgoutput_is_first(m->kind))
		put(out, m->xid, 4);
	else
		must(m->xid == 0);
	switch (m->kind) {
	case PGOUTPUT_ORIGIN:
		put(out, m->origin.lsn, 8);
		put_string(out, m->origin.name);
		break;
	case PGOUTPUT_RELATION:
		put_relation(out, &m->relation);
		break;
	case PGOUTPUT_TYPE:
		put(out, m->type.id, 4);
		put_string(out, m->type.schema);
		put_string(out, m->type.name);
		break;
	case PGOUTPUT_INSERT:
	case PGOUTPUT_UPDATE:
	case PGOUTPUT_DELETE:
		put_change(out, m->kind, &m->change);
		break;
	case PGOUTPUT_TRUNCATE:
		put_truncate(out, &m->truncate);
		break;
	case PGOUTPUT_MESSAGE:
		put_logical(out, &m->logical);
		break;
	default:
		put_transaction(out, m->kind, &m->transaction, size);
		break;
	}
}

/* ---- input ---- */

static void fuzz_message(const uint8_t *p, size_t n, bool *in_stream)
{
	struct pgoutput_message m;
	struct buffer again = {0};
	struct error err = {0};
	struct arena arena;
	arena_init(&arena);
	if (pgoutput_read(p, n, *in_stream, &arena, &m, &err)) {
		put_message(&again, &m, *in_stream, n);
		must(again.len == n && memcmp(again.data, p, n) == 0);
		if (m.kind == PGOUTPUT_STREAM_START || m.kind == PGOUTPUT_STREAM_STOP)
			*in_stream = m.kind == PGOUTPUT_STREAM_START;
	} else {
		must_be_refused(&err);
	}
	must(arena.used <= 8 * n);
	buffer_done(&again);
	arena_done(&arena);
}

static void fuzz_lsn(const uint8_t *p, size_t n, uint64_t lsn)
{
	char text[LSN_SIZE];
	uint64_t again;
	lsn_text(lsn, text);
	must(lsn_parse(text, strlen(text), &again) && again == lsn);
	if (lsn_parse((const char *)p, n, &lsn)) {
		lsn_text(lsn, text);
		must(strlen(text) <= n && lsn_parse(text, strlen(text), &again) && again == lsn);
	}
}

static void fuzz_feedback(const struct pgframe *f)
{
	struct pgframe_feedback to = {f->end, f->start, f->end ^ f->start, f->sent, f->reply};
	uint8_t out[PGFRAME_FEEDBACK];
	pgframe_feedback(&to, out);
	struct bytes b = bytes_of(out, sizeof out);
	int64_t clock;
	must(bytes_u8(&b) == 'r' && bytes_u64_big(&b) == to.received && bytes_u64_big(&b) == to.durable && bytes_u64_big(&b) == to.applied);
	must(epoch_read(bytes_u64_big(&b), &clock) && clock == to.clock && bytes_u8(&b) == to.reply && !b.bad && b.at == b.end);
}

static void fuzz_frame(const uint8_t *p, size_t n, bool *in_stream)
{
	struct pgframe f;
	struct error err = {0};
	if (!pgframe_read(p, n, &f, &err)) {
		must_be_refused(&err);
		return;
	}
	fuzz_feedback(&f);
	fuzz_lsn(f.bytes, f.n, f.end);
	if (f.kind == PGFRAME_ALIVE) {
		must(n == 18 && f.n == 0);
		return;
	}
	must(f.bytes == p + 25 && f.n == n - 25 && !f.reply);
	fuzz_message(f.bytes, f.n, in_stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = bytes_of(data, size);
	bool in_stream = bytes_u8(&b) == 1;
	while (b.at != b.end) {
		size_t n = bytes_u16_big(&b);
		if (b.bad || n > bytes_left(&b))
			n = bytes_left(&b);
		b.bad = false;
		const uint8_t *p = bytes_take(&b, n);
		/* In a block of its own, so that a read past its end is seen. */
		uint8_t *frame = memory_alloc(n ? n : 1);
		memcpy(frame, p, n);
		fuzz_frame(frame, n, &in_stream);
		free(frame);
	}
	return 0;
}
