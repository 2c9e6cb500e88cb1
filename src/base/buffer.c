#include "config.h"

#include "base/buffer.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BUFFER_SMALLEST = 64 };

/* Makes room for n bytes more and the NUL behind them. */
static void buffer_room(struct buffer *b, size_t n)
{
	size_t need, cap;

	if (n >= SIZE_MAX / 2 - b->len)
		memory_exhausted();
	need = b->len + n + 1;
	if (need <= b->cap)
		return;
	cap = b->cap != 0 ? b->cap * 2 : BUFFER_SMALLEST;
	if (cap < need)
		cap = need;
	b->data = memory_grow(b->data, cap);
	b->cap = cap;
}

void buffer_done(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}

void buffer_clear(struct buffer *b)
{
	buffer_cut(b, 0);
}

void buffer_cut(struct buffer *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	if (b->data != NULL)
		b->data[len] = '\0';
}

void buffer_add(struct buffer *b, const void *p, size_t n)
{
	buffer_room(b, n);
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buffer_text_add(struct buffer *b, const char *s)
{
	buffer_add(b, s, strlen(s));
}

void buffer_char(struct buffer *b, char c)
{
	buffer_room(b, 1);
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void buffer_hex(struct buffer *b, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = p;

	buffer_room(b, n * 2);
	for (size_t i = 0; i < n; i++) {
		b->data[b->len++] = digits[bytes[i] >> 4];
		b->data[b->len++] = digits[bytes[i] & 15];
	}
	b->data[b->len] = '\0';
}

void buffer_fill(struct buffer *b, char c, size_t n)
{
	buffer_room(b, n);
	memset(b->data + b->len, c, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buffer_format(struct buffer *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buffer_format_list(b, format, args);
	va_end(args);
}

/* The text may name the buffer's own bytes: they must not move, nor be written, before it is formatted. */
void buffer_format_list(struct buffer *b, const char *format, va_list args)
{
	char few[256];
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(few, sizeof few, format, args);
	assert(n >= 0);
	if ((size_t)n < sizeof few) {
		buffer_add(b, few, (size_t)n);
	} else {
		char *many = memory_alloc((size_t)n + 1);

		vsnprintf(many, (size_t)n + 1, format, again);
		buffer_add(b, many, (size_t)n);
		free(many);
	}
	va_end(again);
}

const char *buffer_text(const struct buffer *b)
{
	return b->data != NULL ? b->data : "";
}

char *buffer_take(struct buffer *b)
{
	char *text = b->data != NULL ? b->data : memory_text("");

	*b = (struct buffer){0};
	return text;
}
