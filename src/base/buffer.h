/* buffer: a growing run of bytes, always followed by a NUL it does not count. */
#ifndef TD_BASE_BUFFER_H
#define TD_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buffer {
	char *data; /* NULL while nothing was added; buffer_text gives "" then */
	size_t len;
	size_t cap;
};

void buffer_done(struct buffer *b);  /* frees; the buffer is empty and usable again */
void buffer_clear(struct buffer *b); /* keeps the memory */
void buffer_add(struct buffer *b, const void *p, size_t n);
void buffer_text_add(struct buffer *b, const char *s);
void buffer_char(struct buffer *b, char c);
void buffer_fill(struct buffer *b, char c, size_t n);
void buffer_hex(struct buffer *b, const void *p, size_t n); /* two lower case digits a byte */
void buffer_format(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_format_list(struct buffer *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void buffer_cut(struct buffer *b, size_t len); /* drops what stands behind the first len bytes */
const char *buffer_text(const struct buffer *b);
char *buffer_take(struct buffer *b); /* the caller frees it; the buffer is empty afterwards */

#endif
