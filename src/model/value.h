/* value: one cell of a row, canonical, so that equal values are equal bytes.
 *
 * type of column   held as
 * text             VALUE_TEXT, the source's bytes (UTF-8 unless the source held other bytes)
 * integer          VALUE_INTEGER; outside int64 VALUE_TEXT of plain digits
 * decimal          VALUE_TEXT: plain digits, '-' first when negative and not zero, no '+', no exponent,
 *                  no leading zeros; exactly `scale` fraction digits, or, where the column has no
 *                  scale, no trailing fraction zeros
 * date             VALUE_TEXT: YYYY-MM-DD
 * datetime         VALUE_TEXT: YYYY-MM-DD HH:MM:SS[.f], without trailing fraction zeros, at most 6 digits
 * instant          VALUE_INTEGER: microseconds since 1970 UTC
 * boolean          VALUE_INTEGER: 0 or 1
 * bytes            VALUE_BYTES
 *
 * A misfit is a value its column's type cannot hold: it is kept as VALUE_TEXT,
 * exactly the text the source gave. Whether a value is a
 * misfit follows from the value and the type: value_misfit. SQLite holds text
 * as TEXT, integers as INTEGER, bytes as BLOB, so the replica keeps the difference.
 *
 * A struct value borrows its bytes; who gives it says how long they live.
 */
#ifndef TD_MODEL_VALUE_H
#define TD_MODEL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buffer;
struct column;
struct zone;

enum value_kind {
	VALUE_UNKNOWN, /* not in this image (a partial row): never stored */
	VALUE_NULL,
	VALUE_INTEGER,
	VALUE_TEXT,
	VALUE_BYTES,
};

struct value {
	enum value_kind kind;
	uint32_t len;     /* bytes of text; 0 otherwise */
	union {
		int64_t integer;
		const char *text; /* not necessarily NUL-terminated */
	};
};

static inline struct value value_null(void) { return (struct value){.kind = VALUE_NULL}; }
static inline struct value value_integer(int64_t i) { return (struct value){.kind = VALUE_INTEGER, .integer = i}; }
static inline struct value value_text(const char *s, size_t n)
{
	return (struct value){.kind = VALUE_TEXT, .len = (uint32_t)n, .text = s};
}
static inline struct value value_bytes(const char *s, size_t n)
{
	return (struct value){.kind = VALUE_BYTES, .len = (uint32_t)n, .text = s};
}

/* Null-safe, by value; canonical values only. UNKNOWN equals nothing but UNKNOWN. */
bool value_equal(struct value a, struct value b);
/* Order of keys: NULL, integers by number, text by bytes, bytes by bytes. */
int value_compare(struct value a, struct value b);

/* The canonical value of the text a source gave for column c. Bytes are borrowed
 * from text where it is already canonical, else taken from arena. Never fails: what
 * does not fit is a misfit. An integer column takes "+7", "007"; a decimal "1e3",
 * ".5", "1.50"; a date takes ISO; datetime takes 'T' or blank, seconds and fraction
 * optional, and drops nothing; an instant takes RFC 3339, or a wall clock of `zone`
 * (the model's; NULL: UTC); boolean 0 1 t f true false yes no y n on off, any case.
 * Zero dates (0000-00-00) are misfits and so stay text. */
struct value value_canonical(const struct column *c, const char *text, size_t n, const struct zone *zone,
                             struct arena *arena);
/* The same for an integer a source gave as a number; of an instant, microseconds since 1970 UTC. */
struct value value_canonical_integer(const struct column *c, int64_t i, struct arena *arena);
bool value_misfit(const struct column *c, struct value v);

/* Appends the value as text for programs (CSV, times in JSON): instants as RFC 3339 UTC with
 * microseconds, datetimes the same without zone, booleans as true/false, bytes as base64; NULL
 * appends nothing. Text is not cleaned. */
void value_print(struct buffer *out, const struct column *c, struct value v);
/* The same for people: instants local in zone (NULL: UTC) with their offset, datetimes as they
 * are held. Text is not cleaned here either. */
void value_show(struct buffer *out, const struct column *c, struct value v, const struct zone *zone);

/* The instant a value of a date, datetime or instant column stands for: dates are the day's start and
 * datetimes a wall clock in zone (NULL: UTC). A misfit that can be read as any of the three counts
 * too (a date where a datetime belongs). TIME_NONE: none. */
int64_t value_instant(const struct column *c, struct value v, const struct zone *zone);

#endif
