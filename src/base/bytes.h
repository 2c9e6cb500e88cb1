/* bytes: a bounded reader over foreign bytes.
 *
 *     struct bytes b = bytes_of(p, n);
 *     uint32_t id = bytes_u32(&b);
 *     const uint8_t *name = bytes_take(&b, bytes_u8(&b));
 *     if (b.bad) ... something was cut off
 *
 * Reading past the end sets `bad`, gives 0 (or NULL) and moves nothing more: a decoder
 * reads a whole structure and asks once. Numbers are little endian unless the name says
 * otherwise. Nothing is copied.
 */
#ifndef TD_BASE_BYTES_H
#define TD_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	const uint8_t *at = p;
	return (struct bytes){at, at ? at + n : at, false};
}

static inline size_t bytes_left(const struct bytes *b)
{
	return (size_t)(b->end - b->at);
}

/* The next n bytes; NULL when there are not as many. n 0 gives a place that must not be read. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
	const uint8_t *p = b->at;
	if (b->bad || n > bytes_left(b)) {
		b->bad = true;
		return NULL;
	}
	b->at += n;
	return p;
}

/* n of 1 to 8 bytes. */
static inline uint64_t bytes_little(struct bytes *b, unsigned n)
{
	const uint8_t *p = bytes_take(b, n);
	uint64_t v = 0;
	for (unsigned i = 0; p && i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline uint64_t bytes_big(struct bytes *b, unsigned n)
{
	const uint8_t *p = bytes_take(b, n);
	uint64_t v = 0;
	for (unsigned i = 0; p && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static inline uint8_t bytes_u8(struct bytes *b) { return (uint8_t)bytes_little(b, 1); }
static inline uint16_t bytes_u16(struct bytes *b) { return (uint16_t)bytes_little(b, 2); }
static inline uint32_t bytes_u24(struct bytes *b) { return (uint32_t)bytes_little(b, 3); }
static inline uint32_t bytes_u32(struct bytes *b) { return (uint32_t)bytes_little(b, 4); }
static inline uint64_t bytes_u48(struct bytes *b) { return bytes_little(b, 6); }
static inline uint64_t bytes_u64(struct bytes *b) { return bytes_little(b, 8); }
static inline uint16_t bytes_u16_big(struct bytes *b) { return (uint16_t)bytes_big(b, 2); }
static inline uint32_t bytes_u32_big(struct bytes *b) { return (uint32_t)bytes_big(b, 4); }
static inline uint64_t bytes_u64_big(struct bytes *b) { return bytes_big(b, 8); }

/* Text up to and with its NUL; NULL when there is no NUL before the end. */
static inline const char *bytes_string(struct bytes *b)
{
	const uint8_t *nul = b->bad || b->at == b->end ? NULL : memchr(b->at, '\0', bytes_left(b));
	if (!nul) {
		b->bad = true;
		return NULL;
	}
	const char *text = (const char *)b->at;
	b->at = nul + 1;
	return text;
}

#endif
