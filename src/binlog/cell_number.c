#include "config.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "binlog/cell_internal.h"
#include "binlog/table.h"
#include "model/floating.h"
#include "model/model.h"
#include "model/number.h"

/* ---- integers ---- */

/* value_canonical_integer would take it for microseconds where the model says instant. */
static struct value cell_magnitude(const struct cell_in *in, uint64_t magnitude, bool negative)
{
	char digits[24];
	char *end = digits + sizeof digits, *p = end;
	do
		*--p = (char)('0' + magnitude % 10);
	while ((magnitude /= 10) > 0);
	if (negative)
		*--p = '-';
	return cell_canonical_copy(in, p, (size_t)(end - p));
}

static struct value cell_signed(const struct cell_in *in, int64_t i)
{
	if (in->c->type == COLUMN_INTEGER || (in->c->type == COLUMN_BOOLEAN && (i == 0 || i == 1)))
		return value_integer(i);
	return cell_magnitude(in, i < 0 ? 0 - (uint64_t)i : (uint64_t)i, i < 0);
}

static struct value cell_unsigned(const struct cell_in *in, uint64_t u)
{
	return u <= INT64_MAX ? cell_signed(in, (int64_t)u) : cell_magnitude(in, u, false);
}

static size_t cell_integer_size(uint8_t type)
{
	switch (type) {
	case COL_TINY:
		return 1;
	case COL_SHORT:
		return 2;
	case COL_INT24:
		return 3;
	case COL_LONG:
		return 4;
	default:
		return 8;
	}
}

bool cell_integer(const struct cell_in *in, struct value *out)
{
	size_t size = cell_integer_size(in->t->type);
	if (!cell_has(in, size))
		return false;
	uint64_t u = cell_little(in->p, size);
	if (in->t->is_unsigned) {
		*out = cell_unsigned(in, u);
		return true;
	}
	uint64_t sign = UINT64_C(1) << (8 * size - 1);
	*out = cell_signed(in, (int64_t)((u ^ sign) - sign));
	return true;
}

/* ZEROFILL prints zeros that the log does not have. */
struct value cell_integer_text(const struct cell_in *in)
{
	const char *text = (const char *)in->p;
	struct value v;
	if (!number_integer(text, in->n, in->a, &v))
		return cell_canonical(in, text, in->n);
	return v.kind == VALUE_INTEGER ? cell_signed(in, v.integer) : cell_canonical(in, v.text, v.len);
}

bool cell_year(const struct cell_in *in, struct value *out)
{
	char text[4];
	if (!cell_has(in, 1))
		return false;
	cell_put(text, in->p[0] ? 1900U + in->p[0] : 0, 4);
	*out = cell_canonical_copy(in, text, sizeof text);
	return true;
}

/* YEAR(2) prints half of what it holds: 70 to 99 are of the last century. */
struct value cell_year_text(const struct cell_in *in)
{
	const char *text = (const char *)in->p;
	if (in->n != 2)
		return cell_canonical(in, text, in->n);
	char four[4] = {text[0] >= '7' ? '1' : '2', text[0] >= '7' ? '9' : '0', text[0], text[1]};
	return cell_canonical_copy(in, four, sizeof four);
}

bool cell_bit(const struct cell_in *in, struct value *out)
{
	if (in->n == 0 || in->n > 8)
		return cell_refuse(in, "a BIT has 1 to 8 bytes, not %zu", in->n);
	*out = cell_unsigned(in, cell_big(in->p, in->n));
	return true;
}

/* ---- decimals ---- */

enum { GROUP = 9, DECIMAL_PRECISION = 65, DECIMAL_SCALE = 38 };
/* Bytes of a group of fewer than nine digits. */
static const uint8_t group_bytes[GROUP + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
static const uint32_t group_limit[GROUP + 1] = {1,      10,      100,      1000,      10000,
						100000, 1000000, 10000000, 100000000, 1000000000};

struct decimal_read {
	const uint8_t *p;
	uint8_t mask;  /* 0xff: every byte of a negative number is inverted */
	uint8_t first; /* inverts the sign bit, in the first byte only */
	bool bad;
};

static char *decimal_group(struct decimal_read *r, int digits, char *to)
{
	uint32_t v = 0;
	for (int i = 0; i < group_bytes[digits]; i++) {
		v = v << 8 | (uint8_t)(*r->p++ ^ r->mask ^ r->first);
		r->first = 0;
	}
	r->bad |= v >= group_limit[digits];
	return cell_put(to, v, digits);
}

static size_t decimal_size(int whole, int scale)
{
	return (size_t)(whole / GROUP * 4 + group_bytes[whole % GROUP] + scale / GROUP * 4 +
			group_bytes[scale % GROUP]);
}

/* All digits, whole then fraction, zeros in front included. False: not digits. */
static bool decimal_digits(const uint8_t *p, int whole, int scale, char *to)
{
	struct decimal_read r = {p, p[0] & 0x80 ? 0 : 0xff, 0x80, false};
	if (whole % GROUP)
		to = decimal_group(&r, whole % GROUP, to);
	for (int i = 0; i < whole / GROUP; i++)
		to = decimal_group(&r, GROUP, to);
	for (int i = 0; i < scale / GROUP; i++)
		to = decimal_group(&r, GROUP, to);
	if (scale % GROUP)
		decimal_group(&r, scale % GROUP, to);
	return !r.bad;
}

size_t cell_decimal_print(const uint8_t *p, size_t n, int precision, int scale, char out[CELL_DECIMAL_SIZE])
{
	char digits[DECIMAL_PRECISION];
	int whole = precision - scale;
	if (precision < 1 || precision > DECIMAL_PRECISION || whole < 0 || scale > DECIMAL_SCALE ||
	    n != decimal_size(whole, scale) || !decimal_digits(p, whole, scale, digits))
		return 0;
	int first = 0;
	while (first < precision && digits[first] == '0')
		first++;
	char *to = out;
	if (!(p[0] & 0x80) && first < precision)
		*to++ = '-';
	if (first >= whole)
		*to++ = '0';
	else
		to = (char *)memcpy(to, digits + first, (size_t)(whole - first)) + (whole - first);
	if (scale > 0) {
		*to++ = '.';
		to = (char *)memcpy(to, digits + whole, (size_t)scale) + scale;
	}
	return (size_t)(to - out);
}

bool cell_decimal(const struct cell_in *in, struct value *out)
{
	int precision = in->t->meta >> 8, scale = in->t->meta & 0xff;
	char *text = arena_alloc(in->a, CELL_DECIMAL_SIZE);
	size_t n = cell_decimal_print(in->p, in->n, precision, scale, text);
	if (n == 0)
		return cell_refuse(in, "its bytes are no DECIMAL(%d,%d)", precision, scale);
	/* As it was printed it is canonical, unless the model wants another scale. */
	if (in->c->type == COLUMN_TEXT || (in->c->type == COLUMN_DECIMAL && in->c->scale == scale))
		*out = value_text(text, n);
	else
		*out = cell_canonical(in, text, n);
	return true;
}

/* ZEROFILL again. */
struct value cell_decimal_text(const struct cell_in *in)
{
	const char *text = (const char *)in->p;
	const char *point = memchr(text, '.', in->n);
	struct value v;
	if (!number_decimal(text, in->n, point ? (int)(text + in->n - point) - 1 : 0, in->a, &v))
		return cell_canonical(in, text, in->n);
	return cell_canonical(in, v.text, v.len);
}

/* ---- floating point ---- */

/* Zero has no sign: FLOAT is selected as col + 0e0, which takes it away. */
static struct value cell_double(const struct cell_in *in, double v, bool single)
{
	char text[FLOATING_TEXT];
	return cell_canonical_copy(in, text, floating_text(v, single, text));
}

bool cell_floating(const struct cell_in *in, struct value *out)
{
	bool single = in->t->type == COL_FLOAT;
	double v;
	if (!cell_has(in, single ? 4 : 8))
		return false;
	if (single) {
		uint32_t bits = (uint32_t)cell_little(in->p, 4);
		float f;
		memcpy(&f, &bits, sizeof f);
		v = (double)f;
	} else {
		uint64_t bits = cell_little(in->p, 8);
		memcpy(&v, &bits, sizeof v);
	}
	if (!isfinite(v))
		return cell_refuse(in, "its bytes are no number");
	*out = cell_double(in, v, single);
	return true;
}

struct value cell_floating_text(const struct cell_in *in)
{
	bool single = in->t->type == COL_FLOAT;
	double v;
	if (!floating_parse((const char *)in->p, in->n, single, &v))
		return cell_canonical(in, (const char *)in->p, in->n);
	return cell_double(in, v, single);
}
