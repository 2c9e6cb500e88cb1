#include "config.h"

#include "pgoutput_fixture.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/moment.h"
#include "pgoutput/frame.h"
#include "pgoutput/lsn.h"

uint8_t *spell(const char *text, size_t *n)
{
	uint8_t *bytes = memory_alloc(strlen(text) + 1);
	*n = 0;
	for (const char *p = text; *p != '\0';) {
		unsigned byte;
		if (*p == '\'') {
			for (p++; *p != '\''; p++)
				bytes[(*n)++] = (uint8_t)*p;
			p++;
		} else if (isspace((unsigned char)*p)) {
			p++;
		} else {
			if (sscanf(p, "%2x", &byte) != 1)
				abort();
			bytes[(*n)++] = (uint8_t)byte;
			p += 2;
		}
	}
	uint8_t *exact = memory_alloc(*n ? *n : 1);
	memcpy(exact, bytes, *n);
	free(bytes);
	return exact;
}

static const char *lsn(uint64_t at)
{
	static char text[4][LSN_SIZE];
	static unsigned turn;
	return lsn_text(at, text[turn++ % 4]);
}

static const char *moment(int64_t at)
{
	static char text[2][MOMENT_SIZE];
	static unsigned turn;
	return moment_utc(at, text[turn++ % 2]);
}

/* What is long is told by its beginning. */
static void tell_cell(struct buffer *out, const struct pgoutput_cell *c)
{
	enum { SHOWN = 24 };
	uint32_t shown = c->len > SHOWN ? 8 : c->len;
	switch (c->kind) {
	case PGOUTPUT_NULL:
		buffer_text_add(out, " null");
		return;
	case PGOUTPUT_UNCHANGED:
		buffer_text_add(out, " unchanged");
		return;
	case PGOUTPUT_TEXT:
		buffer_text_add(out, " '");
		for (uint32_t i = 0; i < shown; i++)
			(void)(c->bytes[i] == '\n' ? buffer_text_add(out, "\\n") : buffer_char(out, c->bytes[i]));
		buffer_char(out, '\'');
		break;
	case PGOUTPUT_BINARY:
		buffer_text_add(out, " x");
		for (uint32_t i = 0; i < shown; i++)
			buffer_format(out, "%02x", (unsigned char)c->bytes[i]);
		break;
	}
	if (shown < c->len)
		buffer_format(out, "..(%u)", c->len);
}

static void tell_tuple(struct buffer *out, const char *what, const struct pgoutput_tuple *t)
{
	struct error err = {0};
	if (t->count < 0)
		return;
	struct pgoutput_cell *cells = memory_zero((size_t)t->count + 1, sizeof *cells);
	if (!pgoutput_cells(t, cells, t->count, &err))
		abort();
	buffer_format(out, " %s:", what);
	for (int i = 0; i < t->count; i++)
		tell_cell(out, &cells[i]);
	free(cells);
}

static void tell_change(struct buffer *out, const char *what, const struct pgoutput_change *c)
{
	buffer_format(out, "%s %u", what, c->relation);
	tell_tuple(out, c->before_is_key ? "key" : "old", &c->before);
	tell_tuple(out, "new", &c->after);
}

static void tell_relation(struct buffer *out, const struct pgoutput_relation *r)
{
	buffer_format(out, "RELATION %u %s.%s identity %c:", r->id, r->schema, r->name, r->identity);
	for (int i = 0; i < r->column_count; i++) {
		const struct pgoutput_column *c = &r->columns[i];
		buffer_format(out, "%s %s%s %u/%d", i ? "," : "", c->key ? "*" : "", c->name, c->type, c->modifier);
	}
}

static void tell_truncate(struct buffer *out, const struct pgoutput_truncate *t)
{
	buffer_format(out, "TRUNCATE%s%s:", t->cascade ? " cascade" : "", t->restart_identity ? " restart" : "");
	for (int i = 0; i < t->count; i++)
		buffer_format(out, " %u", t->relations[i]);
}

static void tell_logical(struct buffer *out, const struct pgoutput_logical *l)
{
	buffer_format(out, "MESSAGE %s %s %s ", l->transactional ? "inside" : "outside", lsn(l->lsn), l->prefix);
	for (size_t i = 0; i < l->n; i++)
		buffer_format(out, "%02x", l->bytes[i]);
}

static void tell_transaction(struct buffer *out, enum pgoutput_kind kind, const struct pgoutput_transaction *t)
{
	switch ((int)kind) {
	case PGOUTPUT_BEGIN:
		buffer_format(out, "BEGIN %s at %s xid %u", lsn(t->lsn), moment(t->time), t->xid);
		break;
	case PGOUTPUT_COMMIT:
		buffer_format(out, "COMMIT %s to %s at %s", lsn(t->lsn), lsn(t->end), moment(t->time));
		break;
	case PGOUTPUT_STREAM_START:
		buffer_format(out, "STREAM START xid %u%s", t->xid, t->first_segment ? " first" : "");
		break;
	case PGOUTPUT_STREAM_STOP:
		buffer_text_add(out, "STREAM STOP");
		break;
	case PGOUTPUT_STREAM_COMMIT:
		buffer_format(out, "STREAM COMMIT %s to %s at %s xid %u", lsn(t->lsn), lsn(t->end), moment(t->time), t->xid);
		break;
	case PGOUTPUT_STREAM_ABORT:
		buffer_format(out, "STREAM ABORT xid %u of %u", t->subxid, t->xid);
		if (t->lsn != 0)
			buffer_format(out, " %s at %s", lsn(t->lsn), moment(t->time));
		break;
	default:
		buffer_format(out, "%s %s to %s at %s xid %u gid %s",
			      kind == PGOUTPUT_BEGIN_PREPARE    ? "BEGIN PREPARE"
			      : kind == PGOUTPUT_PREPARE         ? "PREPARE"
			      : kind == PGOUTPUT_COMMIT_PREPARED ? "COMMIT PREPARED"
			      : kind == PGOUTPUT_STREAM_PREPARE  ? "STREAM PREPARE"
								 : "ROLLBACK PREPARED",
			      lsn(t->lsn), lsn(t->end), moment(t->time), t->xid, t->gid);
		if (kind == PGOUTPUT_ROLLBACK_PREPARED)
			buffer_format(out, " prepared %s", moment(t->prepare_time));
		break;
	}
}

static void tell(struct buffer *out, const struct pgoutput_message *m)
{
	if (m->xid != 0)
		buffer_format(out, "(%u) ", m->xid);
	switch (m->kind) {
	case PGOUTPUT_ORIGIN:
		buffer_format(out, "ORIGIN %s %s", lsn(m->origin.lsn), m->origin.name);
		break;
	case PGOUTPUT_RELATION:
		tell_relation(out, &m->relation);
		break;
	case PGOUTPUT_TYPE:
		buffer_format(out, "TYPE %u %s.%s", m->type.id, m->type.schema, m->type.name);
		break;
	case PGOUTPUT_INSERT:
		tell_change(out, "INSERT", &m->change);
		break;
	case PGOUTPUT_UPDATE:
		tell_change(out, "UPDATE", &m->change);
		break;
	case PGOUTPUT_DELETE:
		tell_change(out, "DELETE", &m->change);
		break;
	case PGOUTPUT_TRUNCATE:
		tell_truncate(out, &m->truncate);
		break;
	case PGOUTPUT_MESSAGE:
		tell_logical(out, &m->logical);
		break;
	default:
		tell_transaction(out, m->kind, &m->transaction);
		break;
	}
}

void message_tell(const uint8_t *p, size_t n, bool in_stream, struct buffer *out)
{
	struct pgoutput_message m;
	struct error err = {0};
	struct arena arena;
	arena_init(&arena);
	if (pgoutput_read(p, n, in_stream, &arena, &m, &err))
		tell(out, &m);
	else if (err.code == ERROR_REFUSED)
		buffer_format(out, "refused: %s", err.message);
	else
		abort();
	arena_done(&arena);
}

uint8_t *fixture_read(const char *name, size_t *size)
{
	const char *top = getenv("SRCDIR");
	char *path = memory_format("%s/tests/fixtures/pgoutput/%s", top ? top : ".", name);
	FILE *f = fopen(path, "rb");
	if (!f) {
		fprintf(stderr, "could not open \"%s\"\n", path);
		abort();
	}
	uint8_t *bytes = memory_alloc(1 << 20);
	*size = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	free(path);
	return bytes;
}

const uint8_t *fixture_frame(const uint8_t *file, size_t size, size_t *at, size_t *n)
{
	struct bytes b = bytes_of(file + *at, size - *at);
	if (bytes_left(&b) == 0)
		return NULL;
	*n = bytes_u32_big(&b);
	const uint8_t *frame = bytes_take(&b, *n);
	if (b.bad)
		abort();
	*at = (size_t)(b.at - file);
	return frame;
}

void fixture_tell(const uint8_t *file, size_t size, struct buffer *out)
{
	bool in_stream = false;
	size_t at = 0, n;
	for (const uint8_t *p; (p = fixture_frame(file, size, &at, &n)) != NULL; buffer_char(out, '\n')) {
		struct pgframe f;
		struct error err = {0};
		if (!pgframe_read(p, n, &f, &err)) {
			buffer_format(out, "refused: %s", err.message);
		} else if (f.kind == PGFRAME_ALIVE) {
			buffer_format(out, "alive %s at %s%s", lsn(f.end), moment(f.sent), f.reply ? " answer" : "");
		} else {
			buffer_format(out, "%s %s ", lsn(f.start), lsn(f.end));
			message_tell(f.bytes, f.n, in_stream, out);
			if (f.n > 0 && (*f.bytes == PGOUTPUT_STREAM_START || *f.bytes == PGOUTPUT_STREAM_STOP))
				in_stream = *f.bytes == PGOUTPUT_STREAM_START;
		}
	}
}
