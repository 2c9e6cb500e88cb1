#include "config.h"

#include "binlog/json.h"

#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/cell_internal.h"
#include "binlog/table.h"
#include "model/floating.h"

enum json_type {
	JSON_SMALL_OBJECT,
	JSON_LARGE_OBJECT,
	JSON_SMALL_ARRAY,
	JSON_LARGE_ARRAY,
	JSON_LITERAL,
	JSON_INT16,
	JSON_UINT16,
	JSON_INT32,
	JSON_UINT32,
	JSON_INT64,
	JSON_UINT64,
	JSON_DOUBLE,
	JSON_STRING,
	JSON_OPAQUE = 15,
};

enum { JSON_DEPTH = 100, BASE64_LINE = 76 };

struct json_read {
	struct buffer *out;
	size_t most; /* length of `out` that only values which share bytes can reach */
	int depth;
	struct error *err;
};

static bool json_bad(struct json_read *r, const char *why)
{
	return error_set(r->err, ERROR_REFUSED, "could not read a JSON value: %s", why);
}

/* ---- numbers and strings ---- */

/* Values with no fraction end with .0, to be told from integers; exponents have neither '+' nor zeros. */
static bool json_double(struct json_read *r, double v)
{
	char digits[FLOATING_DIGITS];
	int exponent;
	if (!isfinite(v))
		return json_bad(r, "a number is not finite");
	if (signbit(v))
		buffer_char(r->out, '-');
	int count = (int)floating_digits(fabs(v), false, digits, &exponent);
	int point = exponent + 1; /* digits before it */
	if (point < -14 || (point > 15 && count <= point)) {
		buffer_char(r->out, digits[0]);
		if (count > 1)
			buffer_char(r->out, '.');
		buffer_add(r->out, digits + 1, (size_t)(count - 1));
		buffer_format(r->out, "e%d", exponent);
	} else if (point <= 0) {
		buffer_text_add(r->out, "0.");
		buffer_fill(r->out, '0', (size_t)-point);
		buffer_add(r->out, digits, (size_t)count);
	} else if (count <= point) {
		buffer_add(r->out, digits, (size_t)count);
		buffer_fill(r->out, '0', (size_t)(point - count));
		buffer_text_add(r->out, ".0");
	} else {
		buffer_add(r->out, digits, (size_t)point);
		buffer_char(r->out, '.');
		buffer_add(r->out, digits + point, (size_t)(count - point));
	}
	return true;
}

static void json_escape(struct buffer *out, uint8_t c)
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (const char *p = named; *p != '\0'; p += 2) {
		if (*p == (char)c) {
			buffer_char(out, '\\');
			buffer_char(out, p[1]);
			return;
		}
	}
	buffer_format(out, "\\u%04x", c);
}

static void json_quoted(struct buffer *out, const uint8_t *p, size_t n)
{
	size_t plain = 0;
	buffer_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
			continue;
		buffer_add(out, p + plain, i - plain);
		json_escape(out, p[i]);
		plain = i + 1;
	}
	buffer_add(out, p + plain, n - plain);
	buffer_char(out, '"');
}

/* Seven bits a byte, the low ones first, the highest bit where more follow. */
static size_t json_length(struct bytes *b)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 35; shift += 7) {
		uint8_t c = bytes_u8(b);
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v <= UINT32_MAX ? (size_t)v : SIZE_MAX;
	}
	return SIZE_MAX;
}

/* ---- opaque values ---- */

/* Packed as one number: years, months and days above 17 bits of clock, above 24 bits of microseconds. */
static bool json_time(struct json_read *r, uint8_t type, const uint8_t *p, size_t n)
{
	if (n != 8)
		return json_bad(r, "a date or time has not 8 bytes");
	uint64_t bits = cell_little(p, 8);
	bool negative = bits >> 63;
	uint64_t u = negative ? 0 - bits : bits;
	unsigned micro = (unsigned)(u & 0xffffff), clock = (unsigned)(u >> 24 & 0x1ffff);
	unsigned hour = type == COL_TIME ? (unsigned)(u >> 36 & 0x3ff) : clock >> 12;
	unsigned months = (unsigned)(u >> 46 & 0x1ffff);
	if (micro > 999999 || (u >> 46 > 0x1ffff) || months / 13 > 9999 || (negative && type != COL_TIME))
		return json_bad(r, "a date or time is out of range");
	buffer_char(r->out, '"');
	if (negative)
		buffer_char(r->out, '-');
	if (type != COL_TIME)
		buffer_format(r->out, "%04u-%02u-%02u", months / 13, months % 13, (unsigned)(u >> 41 & 31));
	if (type == COL_DATETIME || type == COL_TIMESTAMP)
		buffer_char(r->out, ' ');
	if (type != COL_DATE)
		buffer_format(r->out, "%02u:%02u:%02u.%06u", hour, clock >> 6 & 63, clock & 63, micro);
	buffer_char(r->out, '"');
	return true;
}

static bool json_decimal(struct json_read *r, const uint8_t *p, size_t n)
{
	char text[CELL_DECIMAL_SIZE];
	size_t len = n > 2 ? cell_decimal_print(p + 2, n - 2, p[0], p[1], text) : 0;
	if (len == 0)
		return json_bad(r, "a decimal is damaged");
	buffer_add(r->out, text, len);
	return true;
}

/* In lines, whose ends are escaped as in any string. */
static bool json_base64(struct json_read *r, uint8_t type, const uint8_t *p, size_t n)
{
	size_t size = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
	char *text = memory_alloc(size);
	sodium_bin2base64(text, size, p, n, sodium_base64_VARIANT_ORIGINAL);
	buffer_format(r->out, "\"base64:type%u:", type);
	for (size_t i = 0; i < size - 1; i += BASE64_LINE) {
		if (i > 0)
			buffer_text_add(r->out, "\\n");
		buffer_add(r->out, text + i, size - 1 - i < BASE64_LINE ? size - 1 - i : BASE64_LINE);
	}
	buffer_char(r->out, '"');
	free(text);
	return true;
}

static bool json_opaque(struct json_read *r, struct bytes b)
{
	uint8_t type = bytes_u8(&b);
	size_t n = json_length(&b);
	const uint8_t *p = bytes_take(&b, n);
	if (!p)
		return json_bad(r, "it is cut off");
	switch (type) {
	case COL_NEWDECIMAL:
		return json_decimal(r, p, n);
	case COL_DATE:
	case COL_TIME:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		return json_time(r, type, p, n);
	case COL_VAR_STRING: /* text from a column, taken as it is */
		json_quoted(r->out, p, n);
		return true;
	default:
		return json_base64(r, type, p, n);
	}
}

/* ---- values ---- */

static bool json_literal(struct json_read *r, struct bytes b)
{
	static const char *const words[] = {"null", "true", "false"};
	uint8_t i = bytes_u8(&b);
	if (b.bad || i > 2)
		return json_bad(r, "a literal is neither null, true nor false");
	buffer_text_add(r->out, words[i]);
	return true;
}

static bool json_number(struct json_read *r, enum json_type type, struct bytes b)
{
	static const uint8_t sizes[] = {2, 2, 4, 4, 8, 8, 8};
	unsigned size = sizes[type - JSON_INT16];
	uint64_t u = bytes_little(&b, size);
	if (b.bad)
		return json_bad(r, "it is cut off");
	if (type == JSON_DOUBLE) {
		double v;
		memcpy(&v, &u, sizeof v);
		return json_double(r, v);
	}
	uint64_t sign = UINT64_C(1) << (8 * size - 1);
	if (type == JSON_INT16 || type == JSON_INT32 || type == JSON_INT64)
		buffer_format(r->out, "%" PRId64, (int64_t)((u ^ sign) - sign));
	else
		buffer_format(r->out, "%" PRIu64, u);
	return true;
}

static bool json_string(struct json_read *r, struct bytes b)
{
	size_t n = json_length(&b);
	const uint8_t *p = bytes_take(&b, n);
	if (!p)
		return json_bad(r, "it is cut off");
	json_quoted(r->out, p, n);
	return true;
}

static bool json_container(struct json_read *r, enum json_type type, struct bytes b);

/* b begins where the value does, and ends where what holds it ends. */
static bool json_value(struct json_read *r, unsigned type, struct bytes b)
{
	if (r->out->len > r->most)
		return json_bad(r, "its values overlap");
	switch (type) {
	case JSON_SMALL_OBJECT:
	case JSON_LARGE_OBJECT:
	case JSON_SMALL_ARRAY:
	case JSON_LARGE_ARRAY:
		return json_container(r, (enum json_type)type, b);
	case JSON_LITERAL:
		return json_literal(r, b);
	case JSON_INT16:
	case JSON_UINT16:
	case JSON_INT32:
	case JSON_UINT32:
	case JSON_INT64:
	case JSON_UINT64:
	case JSON_DOUBLE:
		return json_number(r, (enum json_type)type, b);
	case JSON_STRING:
		return json_string(r, b);
	case JSON_OPAQUE:
		return json_opaque(r, b);
	default:
		return json_bad(r, "a value has a type that is not known");
	}
}

/* ---- objects and arrays ---- */

/* Count and size, the entries of the keys (where and how long), those of the values (type and where, or the value
 * itself where it fits), then what they point to; places are counted from the container's first byte. Small containers
 * have 2 bytes for places and sizes, large ones 4. */
struct json_box {
	const uint8_t *base;
	size_t size;
	unsigned place;
	struct bytes keys, values;
};

static bool json_box_open(struct json_read *r, enum json_type type, struct bytes b, struct json_box *box, size_t *count)
{
	box->base = b.at;
	box->place = type == JSON_LARGE_OBJECT || type == JSON_LARGE_ARRAY ? 4 : 2;
	size_t available = bytes_left(&b);
	*count = (size_t)bytes_little(&b, box->place);
	box->size = (size_t)bytes_little(&b, box->place);
	if (b.bad || box->size > available || box->size < 2 * box->place)
		return json_bad(r, "it is cut off");
	b.end = box->base + box->size;
	size_t key = type == JSON_SMALL_OBJECT || type == JSON_LARGE_OBJECT ? *count * (box->place + 2) : 0;
	box->keys = bytes_of(bytes_take(&b, key), key);
	size_t value = *count * (box->place + 1);
	box->values = bytes_of(bytes_take(&b, value), value);
	return !b.bad || json_bad(r, "it is cut off");
}

static bool json_key(struct json_read *r, struct json_box *box)
{
	size_t at = (size_t)bytes_little(&box->keys, box->place), n = bytes_u16(&box->keys);
	if (at > box->size || n > box->size - at)
		return json_bad(r, "a key is past its end");
	json_quoted(r->out, box->base + at, n);
	buffer_text_add(r->out, ": ");
	return true;
}

static bool json_is_inline(unsigned type, unsigned place)
{
	return type == JSON_LITERAL || type == JSON_INT16 || type == JSON_UINT16 ||
	       (place == 4 && (type == JSON_INT32 || type == JSON_UINT32));
}

static bool json_entry(struct json_read *r, struct json_box *box)
{
	uint8_t type = bytes_u8(&box->values);
	const uint8_t *entry = bytes_take(&box->values, box->place);
	if (json_is_inline(type, box->place))
		return json_value(r, type, bytes_of(entry, box->place));
	size_t at = (size_t)cell_little(entry, box->place);
	if (at > box->size)
		return json_bad(r, "a value is past its end");
	return json_value(r, type, bytes_of(box->base + at, box->size - at));
}

static bool json_container(struct json_read *r, enum json_type type, struct bytes b)
{
	bool object = type == JSON_SMALL_OBJECT || type == JSON_LARGE_OBJECT;
	struct json_box box = {0};
	size_t count;
	if (r->depth == JSON_DEPTH)
		return json_bad(r, "it is over 100 levels deep");
	if (!json_box_open(r, type, b, &box, &count))
		return false;
	r->depth++;
	buffer_char(r->out, object ? '{' : '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_text_add(r->out, ", ");
		if ((object && !json_key(r, &box)) || !json_entry(r, &box))
			return false;
	}
	buffer_char(r->out, object ? '}' : ']');
	r->depth--;
	return true;
}

/* Places may point anywhere, to the same bytes too: a few hundred bytes could be said to hold more than any memory. An
 * honest value's text is at most 8 times as long as its bytes (three for the entry of a "-32768, "), and a little more.
 */
bool json_binary_text(const uint8_t *p, size_t n, struct buffer *out, struct error *err)
{
	struct json_read r = {.out = out, .most = out->len + 8 * n + 64, .err = err};
	if (n == 0) {
		buffer_text_add(out, "null");
		return true;
	}
	return json_value(&r, p[0], bytes_of(p + 1, n - 1));
}
