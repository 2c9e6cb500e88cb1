#include "config.h"

#include "model/value.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/zone.h"
#include "model/model.h"
#include "model/number.h"
#include "model/stamp.h"

bool value_equal(struct value a, struct value b)
{
	if (a.kind != b.kind)
		return false;
	if (a.kind == VALUE_INTEGER)
		return a.integer == b.integer;
	if (a.kind == VALUE_TEXT || a.kind == VALUE_BYTES)
		return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
	return true;
}

int value_compare(struct value a, struct value b)
{
	/* The kinds are numbered in the order SQLite sorts its storage classes. */
	if (a.kind != b.kind)
		return a.kind < b.kind ? -1 : 1;
	if (a.kind == VALUE_INTEGER)
		return (a.integer > b.integer) - (a.integer < b.integer);
	if (a.kind != VALUE_TEXT && a.kind != VALUE_BYTES)
		return 0;
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared > 0 ? memcmp(a.text, b.text, shared) : 0;
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool value_datetime(const char *text, size_t n, struct arena *arena, struct value *out)
{
	struct civil c;
	if (stamp_wall(text, n, &c) != n || n == 0)
		return false;
	char canonical[STAMP_SIZE];
	size_t len = stamp_write(&c, canonical);
	if (len == n && memcmp(canonical, text, n) == 0)
		*out = value_text(text, n);
	else
		*out = value_text(arena_copy(arena, canonical, len), len);
	return true;
}

static bool value_boolean(const char *text, size_t n, struct value *out)
{
	static const struct {
		const char *word;
		int64_t value;
	} words[] = {
		{"0", 0},   {"1", 1},  {"t", 1}, {"f", 0}, {"true", 1}, {"false", 0},
		{"yes", 1}, {"no", 0}, {"y", 1}, {"n", 0}, {"on", 1},   {"off", 0},
	};
	char lower[6];
	if (n >= sizeof lower)
		return false;
	/* Own folding: in some locales the library's does not take I to i. */
	for (size_t i = 0; i < n; i++)
		lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strlen(words[i].word) == n && memcmp(words[i].word, lower, n) == 0) {
			*out = value_integer(words[i].value);
			return true;
		}
	}
	return false;
}

struct value value_canonical(const struct column *c, const char *text, size_t n, const struct zone *zone,
			     struct arena *arena)
{
	struct value v = value_text(text, n);
	int64_t at;
	/* Each reader leaves v alone where the text does not fit: a misfit is the text as it came. */
	switch (c->type) {
	case COLUMN_TEXT:
	case COLUMN_DATE: /* has one form: the text is either canonical or a misfit */
		break;
	case COLUMN_INTEGER:
		number_integer(text, n, arena, &v);
		break;
	case COLUMN_DECIMAL:
		number_decimal(text, n, c->scale, arena, &v);
		break;
	case COLUMN_DATETIME:
		value_datetime(text, n, arena, &v);
		break;
	case COLUMN_INSTANT:
		if (stamp_instant(text, n, zone ? zone : zone_utc(), &at))
			v = value_integer(at);
		break;
	case COLUMN_BOOLEAN:
		value_boolean(text, n, &v);
		break;
	case COLUMN_BYTES:
		v = value_bytes(text, n);
		break;
	}
	return v;
}

struct value value_canonical_integer(const struct column *c, int64_t i, struct arena *arena)
{
	if (c->type == COLUMN_INTEGER || c->type == COLUMN_INSTANT || (c->type == COLUMN_BOOLEAN && (i == 0 || i == 1)))
		return value_integer(i);
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%" PRId64, i);
	const char *text = arena_copy(arena, digits, (size_t)n);
	return value_canonical(c, text, (size_t)n, NULL, arena);
}

static bool value_text_fits(const struct column *c, const char *text, size_t n)
{
	struct civil civil;
	char canonical[STAMP_SIZE];
	switch (c->type) {
	case COLUMN_TEXT:
		return true;
	case COLUMN_INTEGER:
		return number_integer_is_canonical(text, n);
	case COLUMN_DECIMAL:
		return number_decimal_is_canonical(text, n, c->scale);
	case COLUMN_DATE:
		return stamp_date(text, n, &civil);
	case COLUMN_DATETIME:
		return n > 0 && stamp_wall(text, n, &civil) == n && stamp_write(&civil, canonical) == n &&
		       memcmp(canonical, text, n) == 0;
	case COLUMN_INSTANT:
	case COLUMN_BOOLEAN:
	case COLUMN_BYTES:
		break;
	}
	return false;
}

bool value_misfit(const struct column *c, struct value v)
{
	switch (v.kind) {
	case VALUE_UNKNOWN:
	case VALUE_NULL:
		return false;
	case VALUE_INTEGER:
		return !(c->type == COLUMN_INTEGER || c->type == COLUMN_INSTANT ||
			 (c->type == COLUMN_BOOLEAN && (v.integer == 0 || v.integer == 1)));
	case VALUE_TEXT:
		return !value_text_fits(c, v.text, v.len);
	case VALUE_BYTES:
		return c->type != COLUMN_BYTES;
	}
	return true;
}

static void value_print_integer(struct buffer *out, const struct column *c, int64_t i)
{
	char text[MOMENT_SIZE];
	if (c->type == COLUMN_BOOLEAN && (i == 0 || i == 1))
		buffer_text_add(out, i ? "true" : "false");
	else if (c->type == COLUMN_INSTANT && *moment_utc(i, text) != '\0')
		buffer_text_add(out, text);
	else
		buffer_format(out, "%" PRId64, i);
}

static void value_print_bytes(struct buffer *out, const char *p, size_t n)
{
	size_t size = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
	char *text = memory_alloc(size);
	sodium_bin2base64(text, size, (const unsigned char *)p, n, sodium_base64_VARIANT_ORIGINAL);
	buffer_text_add(out, text);
	free(text);
}

void value_print(struct buffer *out, const struct column *c, struct value v)
{
	struct civil civil;
	char wall[STAMP_SIZE];
	switch (v.kind) {
	case VALUE_UNKNOWN:
	case VALUE_NULL:
		break;
	case VALUE_INTEGER:
		value_print_integer(out, c, v.integer);
		break;
	case VALUE_TEXT:
		if (c->type == COLUMN_DATETIME && !value_misfit(c, v) && stamp_wall(v.text, v.len, &civil) == v.len)
			buffer_add(out, wall, stamp_write_rfc(&civil, wall));
		else
			buffer_add(out, v.text, v.len);
		break;
	case VALUE_BYTES:
		value_print_bytes(out, v.text, v.len);
		break;
	}
}

void value_show(struct buffer *out, const struct column *c, struct value v, const struct zone *zone)
{
	char text[MOMENT_SIZE];
	if (v.kind == VALUE_INTEGER && c->type == COLUMN_INSTANT &&
	    *moment_local(v.integer, zone ? zone : zone_utc(), text) != '\0')
		buffer_text_add(out, text);
	else if (v.kind == VALUE_TEXT)
		buffer_add(out, v.text, v.len);
	else
		value_print(out, c, v);
}

int64_t value_instant(const struct column *c, struct value v, const struct zone *zone)
{
	if (c->type != COLUMN_DATE && c->type != COLUMN_DATETIME && c->type != COLUMN_INSTANT)
		return TIME_NONE;
	if (v.kind == VALUE_INTEGER)
		return c->type == COLUMN_INSTANT ? v.integer : TIME_NONE;
	if (v.kind != VALUE_TEXT)
		return TIME_NONE;
	if (!zone)
		zone = zone_utc();
	/* A misfit may still be a time: a date where a datetime belongs, or one with an offset. */
	struct civil civil;
	int64_t at = TIME_NONE;
	if (stamp_date(v.text, v.len, &civil) || (v.len > 0 && stamp_wall(v.text, v.len, &civil) == v.len))
		zone_instant(zone, &civil, &at);
	else if (!stamp_instant(v.text, v.len, NULL, &at))
		return TIME_NONE;
	return at;
}
