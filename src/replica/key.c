#include "config.h"

#include "replica/key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"

static void json_string_add(struct buffer *out, const char *s, size_t n)
{
	/* Bytes that are not UTF-8 stay as they are: this text identifies a row, it is cleaned where it is shown. */
	buffer_char(out, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\') {
			buffer_char(out, '\\');
			buffer_char(out, (char)c);
		} else if (c < 0x20) {
			buffer_format(out, "\\u%04x", c);
		} else {
			buffer_char(out, (char)c);
		}
	}
	buffer_char(out, '"');
}

/* Integers and text of one key column must not collide: 7 and "7" are one string in
 * JSON too, and a column holds one or the other, but for misfits. */
static void part_add(struct buffer *out, struct value v)
{
	if (v.kind == VALUE_INTEGER)
		buffer_format(out, "\"%" PRId64 "\"", v.integer);
	else if (v.kind == VALUE_TEXT || v.kind == VALUE_BYTES)
		json_string_add(out, v.text, v.len);
	else
		buffer_text_add(out, "null");
}

struct value key_of(const struct entity *e, const struct value *row, struct arena *a)
{
	if (e->key_count == 1)
		return row[e->key[0]];
	struct buffer b = {0};
	for (int i = 0; i < e->key_count; i++) {
		buffer_char(&b, i ? ',' : '[');
		part_add(&b, row[e->key[i]]);
	}
	buffer_char(&b, ']');
	struct value v = value_text(arena_copy(a, b.data, b.len), b.len);
	buffer_done(&b);
	return v;
}

const char *key_value_text(struct value key, struct arena *a)
{
	if (key.kind == VALUE_INTEGER)
		return arena_format(a, "%" PRId64, key.integer);
	if (key.kind == VALUE_TEXT || key.kind == VALUE_BYTES)
		return arena_copy(a, key.len ? key.text : "", key.len);
	return "";
}

const char *key_text(const struct entity *e, const struct value *row, struct arena *a)
{
	return key_value_text(key_of(e, row, a), a);
}

bool key_same(const struct entity *e, const struct value *a, const struct value *b)
{
	for (int i = 0; i < e->key_count; i++)
		if (!value_equal(a[e->key[i]], b[e->key[i]]))
			return false;
	return true;
}

bool key_usable(const struct entity *e, const struct value *row)
{
	for (int i = 0; i < e->key_count; i++) {
		enum value_kind kind = row[e->key[i]].kind;
		if (kind == VALUE_NULL || kind == VALUE_UNKNOWN || (e->integer_key && kind != VALUE_INTEGER))
			return false;
	}
	return true;
}

static struct value part_value(const struct column *c, const char *s, size_t n, struct arena *a)
{
	const char *copy = arena_copy(a, s, n);
	if (c->type == COLUMN_INTEGER || c->type == COLUMN_BOOLEAN || c->type == COLUMN_INSTANT) {
		int64_t i = strtoll(copy, NULL, 10);
		/* A misfit that merely looks like a number, or is too long for one, is text. */
		if (strcmp(arena_format(a, "%" PRId64, i), copy) == 0 && strlen(copy) == n)
			return value_integer(i);
	}
	return c->type == COLUMN_BYTES ? value_bytes(copy, n) : value_text(copy, n);
}

/* One JSON string at *p, un-escaped into the arena (part_add wrote it). */
static bool part_read(const char **p, const char *end, const char **text, size_t *n, struct arena *a)
{
	if (*p >= end || **p != '"')
		return false;
	char *out = arena_alloc(a, (size_t)(end - *p) + 1);
	size_t len = 0;
	for (const char *s = *p + 1; s < end; s++) {
		if (*s == '"') {
			out[len] = '\0';
			*text = out;
			*n = len;
			*p = s + 1;
			return true;
		}
		if (*s != '\\') {
			out[len++] = *s;
		} else if (s + 5 < end && s[1] == 'u') {
			unsigned code = 0;
			for (int i = 2; i < 6; i++)
				code = code * 16 + (unsigned)(s[i] <= '9' ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
			out[len++] = (char)code;
			s += 5;
		} else if (s + 1 < end) {
			out[len++] = *++s;
		}
	}
	return false;
}

bool key_split(const struct entity *e, struct value key, struct value *row, struct arena *a)
{
	for (int i = 0; i < e->column_count; i++)
		row[i] = (struct value){.kind = VALUE_UNKNOWN};
	if (e->key_count == 1) {
		row[e->key[0]] = key;
		return true;
	}
	if (key.kind != VALUE_TEXT)
		return false;
	const char *p = key.text, *end = key.text + key.len;
	for (int i = 0; i < e->key_count; i++) {
		const char *text;
		size_t n;
		if (p >= end || *p++ != (i ? ',' : '[') || !part_read(&p, end, &text, &n, a))
			return false;
		row[e->key[i]] = part_value(&e->columns[e->key[i]], text, n, a);
	}
	return p < end && *p == ']';
}
