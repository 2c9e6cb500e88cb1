#include "config.h"

#include "binlog/pack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "binlog/event_internal.h"

/* No deflate stream grows by more than this, so a small one cannot make us take much memory. */
#define PACK_DEFLATE_RATIO 1032

static bool pack_refuse(struct error *err, const char *why)
{
	return error_set(err, ERROR_REFUSED, "could not unpack what the server has compressed: %s", why);
}

/* A deflate stream that gives exactly `told` bytes and ends where its bytes end. */
static bool pack_inflate(struct bytes *b, int window, size_t told, struct arena *a, const uint8_t **out,
			 struct error *err)
{
	size_t n = bytes_left(b);
	z_stream z = {.next_in = (z_const Bytef *)b->at, .avail_in = (uInt)n};

	if (told > PACK_MOST || n > PACK_MOST || told / PACK_DEFLATE_RATIO > n)
		return pack_refuse(err, "its length is damaged");
	uint8_t *room = arena_alloc(a, told + 1); /* one more, to see that no more comes */
	z.next_out = room;
	z.avail_out = (uInt)told + 1;
	if (inflateInit2(&z, window) != Z_OK)
		memory_exhausted();
	int status = inflate(&z, Z_FINISH);
	bool exact = status == Z_STREAM_END && z.total_out == told && z.avail_in == 0;
	inflateEnd(&z);
	*out = room;
	return exact || pack_refuse(err, "it is damaged");
}

bool pack_block(const uint8_t *p, size_t n, struct arena *a, const uint8_t **out, size_t *out_len, struct error *err)
{
	struct bytes b = bytes_of(p, n);
	uint8_t head = bytes_u8(&b);
	unsigned bytes = head & 0x0f;

	if (b.bad || !(head & 0x80) || bytes < 1 || bytes > 4)
		return pack_refuse(err, "its head is damaged");
	if (head & 0x70)
		return pack_refuse(err, "its algorithm is not known");
	*out_len = (size_t)bytes_big(&b, bytes);
	if (b.bad)
		return pack_refuse(err, "it is cut off");
	return pack_inflate(&b, MAX_WBITS, *out_len, a, out, err);
}

/* The algorithm in the high half of the first byte, 0 for none; in the low half whether the stream is a bare one
 * (no zlib head and check), and the bytes of the length. The empty value has no first byte either. */
bool pack_cell(const uint8_t *p, size_t n, struct arena *a, const uint8_t **out, size_t *out_len, struct error *err)
{
	enum { CELL_STORED = 0x0, CELL_ZLIB = 0x8, CELL_BARE = 0x8, CELL_BYTES = 0x7 };
	struct bytes b = bytes_of(p, n);

	*out = p;
	*out_len = 0;
	if (n == 0)
		return true;
	uint8_t head = bytes_u8(&b);
	if (head >> 4 == CELL_STORED && head == 0) {
		*out = b.at;
		*out_len = bytes_left(&b);
		return true;
	}
	unsigned bytes = head & CELL_BYTES;
	if (head >> 4 != CELL_ZLIB || bytes < 1 || bytes > 4)
		return pack_refuse(err, "the head of a value is damaged");
	*out_len = (size_t)bytes_big(&b, bytes);
	if (b.bad)
		return pack_refuse(err, "a value is cut off");
	return pack_inflate(&b, head & CELL_BARE ? -MAX_WBITS : MAX_WBITS, *out_len, a, out, err);
}

/* ---- transaction payload ---- */

enum { PAYLOAD_END, PAYLOAD_SIZE, PAYLOAD_KIND, PAYLOAD_UNPACKED };
enum { PAYLOAD_ZSTD = 0, PAYLOAD_NONE = 255 };
#define PAYLOAD_UNTOLD UINT64_MAX

struct pack_payload {
	struct binlog_event event;
	ZSTD_DStream *zstd; /* NULL: stored as it is */
	ZSTD_inBuffer in;
	bool whole; /* no frame is open */
	uint64_t told, given;
	struct buffer out; /* one event */
};

struct payload_head {
	uint64_t size, kind, unpacked;
};

static bool payload_head(const struct binlog_event *e, struct bytes *b, struct payload_head *h, struct error *err)
{
	*h = (struct payload_head){.size = PAYLOAD_UNTOLD, .kind = PAYLOAD_UNTOLD, .unpacked = PAYLOAD_UNTOLD};
	for (uint64_t field = binlog_lenenc(b); !b->bad && field != PAYLOAD_END; field = binlog_lenenc(b)) {
		uint64_t n = binlog_lenenc(b);
		const uint8_t *at = bytes_take(b, (size_t)n);
		struct bytes value = bytes_of(at, at ? (size_t)n : 0);
		if (field > PAYLOAD_UNPACKED)
			continue;
		uint64_t number = binlog_lenenc(&value);
		*(field == PAYLOAD_SIZE ? &h->size : field == PAYLOAD_KIND ? &h->kind : &h->unpacked) = number;
		b->bad = b->bad || value.bad || value.at != value.end;
	}
	if (b->bad)
		return binlog_refuse(e, err, "it is cut off");
	if (h->kind != PAYLOAD_ZSTD && h->kind != PAYLOAD_NONE)
		return binlog_refuse(e, err, "its compression is not known");
	if (h->size != bytes_left(b))
		return binlog_refuse(e, err, "it says %llu bytes, but it has %zu", (unsigned long long)h->size,
				     bytes_left(b));
	return true;
}

struct pack_payload *pack_payload_open(const struct binlog_event *e, const struct binlog_format *f, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	struct payload_head head;

	if (f->payload) {
		binlog_refuse(e, err, "it is inside another");
		return NULL;
	}
	if (!payload_head(e, &b, &head, err))
		return NULL;
	struct pack_payload *p = memory_zero(1, sizeof *p);
	p->event = *e;
	p->in = (ZSTD_inBuffer){.src = b.at, .size = bytes_left(&b)};
	p->whole = true;
	p->told = head.unpacked;
	if (head.kind == PAYLOAD_ZSTD) {
		p->zstd = ZSTD_createDStream();
		if (!p->zstd)
			memory_exhausted();
	}
	return p;
}

/* Fills room with what comes next, at most n bytes; false: damaged. */
static bool payload_fill(struct pack_payload *p, void *room, size_t n, size_t *got)
{
	ZSTD_outBuffer out = {.dst = room, .size = n};

	if (!p->zstd) {
		size_t left = p->in.size - p->in.pos;
		*got = n < left ? n : left;
		memcpy(room, (const uint8_t *)p->in.src + p->in.pos, *got);
		p->in.pos += *got;
		return true;
	}
	while (out.pos < out.size && (p->in.pos < p->in.size || !p->whole)) {
		size_t before = p->in.pos, made = out.pos;
		size_t status = ZSTD_decompressStream(p->zstd, &out, &p->in);
		if (ZSTD_isError(status))
			return false;
		p->whole = status == 0;
		if (!p->whole && p->in.pos == before && out.pos == made) /* cut off */
			return false;
	}
	*got = out.pos;
	return true;
}

/* Brings the event at hand to n bytes. Room is taken as bytes come: a damaged length costs none. */
static int payload_extend(struct pack_payload *p, size_t n, struct error *err)
{
	enum { STEP = 64 * 1024 };

	while (p->out.len < n) {
		size_t step = n - p->out.len < STEP ? n - p->out.len : STEP, at = p->out.len, got = 0;
		buffer_fill(&p->out, 0, step);
		if (!payload_fill(p, p->out.data + at, step, &got)) {
			binlog_refuse(&p->event, err, "what it holds is damaged");
			return -1;
		}
		buffer_cut(&p->out, at + got);
		p->given += got;
		if (got == 0)
			break;
	}
	return p->out.len == n;
}

static int payload_cut(const struct pack_payload *p, struct error *err)
{
	binlog_refuse(&p->event, err, "what it holds is cut off");
	return -1;
}

int pack_payload_next(struct pack_payload *p, const uint8_t **event, size_t *n, struct error *err)
{
	buffer_clear(&p->out);
	int got = payload_extend(p, BINLOG_HEADER, err);
	bool ended = got == 0 && p->out.len == 0 && (p->told == PAYLOAD_UNTOLD || p->told == p->given);
	if (got < 0 || ended)
		return got < 0 ? -1 : 0;
	if (got == 0 || p->given > p->told)
		return payload_cut(p, err);
	struct bytes b = bytes_of(p->out.data + 9, 4);
	uint32_t length = bytes_u32(&b);
	if (length < BINLOG_HEADER || length > PACK_MOST || length - BINLOG_HEADER > p->told - p->given) {
		binlog_refuse(&p->event, err, "an event in it says %u bytes", length);
		return -1;
	}
	got = payload_extend(p, length, err);
	if (got <= 0)
		return got < 0 ? -1 : payload_cut(p, err);
	*event = (const uint8_t *)p->out.data;
	*n = length;
	return 1;
}

void pack_payload_close(struct pack_payload *p)
{
	if (!p)
		return;
	ZSTD_freeDStream(p->zstd);
	buffer_done(&p->out);
	free(p);
}
