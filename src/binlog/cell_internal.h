/* cell_internal: what the files of cell share; one function a family of types.
 *
 * Every reader gets a cell that is HERE and gives its canonical value, or refuses it.
 */
#ifndef TD_BINLOG_CELL_INTERNAL_H
#define TD_BINLOG_CELL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "binlog/cell.h"

struct cell_in {
	const struct cell_type *t;
	const struct column *c;
	const struct zone *zone;
	const uint8_t *p;
	size_t n;
	struct arena *a;
	struct error *err;
};

/* Returns false. The cause follows "could not read column "x": ". */
bool cell_refuse(const struct cell_in *in, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* False, and refused, unless the cell has n bytes. */
bool cell_has(const struct cell_in *in, size_t n);
/* The canonical value of text that lives as long as the cell or the arena. */
struct value cell_canonical(const struct cell_in *in, const char *text, size_t n);
/* The same of text on the stack. */
struct value cell_canonical_copy(const struct cell_in *in, const char *text, size_t n);

/* Integers, decimals and floating point: cell_number.c. */
bool cell_integer(const struct cell_in *in, struct value *out);
bool cell_year(const struct cell_in *in, struct value *out);
bool cell_bit(const struct cell_in *in, struct value *out);
bool cell_decimal(const struct cell_in *in, struct value *out);
bool cell_floating(const struct cell_in *in, struct value *out);
struct value cell_integer_text(const struct cell_in *in);
struct value cell_year_text(const struct cell_in *in);
struct value cell_decimal_text(const struct cell_in *in);
struct value cell_floating_text(const struct cell_in *in);

/* The digits of a packed DECIMAL as the server prints them; 0: the bytes are none. For JSON too. */
#define CELL_DECIMAL_SIZE 80
size_t cell_decimal_print(const uint8_t *p, size_t n, int precision, int scale, char out[CELL_DECIMAL_SIZE]);

/* Dates and times: cell_time.c. */
bool cell_date(const struct cell_in *in, struct value *out);
bool cell_time(const struct cell_in *in, struct value *out);      /* 11 and 19 */
bool cell_datetime(const struct cell_in *in, struct value *out);  /* 12 and 18 */
bool cell_timestamp(const struct cell_in *in, struct value *out); /* 7 and 17 */
struct value cell_timestamp_text(const struct cell_in *in);

/* Strings, labels, bytes: cell_text.c. */
bool cell_string(const struct cell_in *in, struct value *out);
bool cell_compressed(const struct cell_in *in, struct value *out);
bool cell_enum(const struct cell_in *in, struct value *out);
bool cell_set(const struct cell_in *in, struct value *out);
bool cell_json(const struct cell_in *in, struct value *out);

static inline uint64_t cell_little(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline uint64_t cell_big(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Exactly `digits` of them, zeros in front. */
static inline char *cell_put(char *p, uint32_t v, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + digits;
}

#endif
