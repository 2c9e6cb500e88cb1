/* pen: writes text into a field of fixed size, cut on a character when it is full.
 * Much faster than printf, which is what a million customers a second are made of. */
#ifndef TD_GENERATE_PEN_H
#define TD_GENERATE_PEN_H

#include <stdint.h>
#include <string.h>

struct pen {
	char *at;
	char *last; /* the byte kept for the NUL */
};

#define PEN(field) ((struct pen){(field), (field) + sizeof(field) - 1})

static inline void pen_end(struct pen *p)
{
	*p->at = '\0';
}

static inline void pen_char(struct pen *p, char c)
{
	if (p->at < p->last)
		*p->at++ = c;
}

/* All of the text or, where it does not fit, none of it, so that no character is ever halved. */
static inline void pen_text(struct pen *p, const char *s)
{
	size_t n = strlen(s);
	if ((size_t)(p->last - p->at) < n)
		return;
	memcpy(p->at, s, n);
	p->at += n;
}

static inline void pen_digits(struct pen *p, uint64_t value, int width)
{
	char digits[20];
	int n = 0;
	do
		digits[n++] = (char)('0' + value % 10);
	while ((value /= 10) > 0 && n < 20);
	while (width > n) {
		pen_char(p, '0');
		width--;
	}
	while (n > 0)
		pen_char(p, digits[--n]);
}

static inline void pen_number(struct pen *p, uint64_t value)
{
	pen_digits(p, value, 1);
}

/* YYYY-MM-DD of a day since 1970-01-01. */
void pen_day(struct pen *p, int64_t day);

#endif
