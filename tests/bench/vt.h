/* vt: what a terminal would show of the bytes sent to it.
 *
 *     vt_init(&v, 24, 80)
 *     vt_feed(&v, bytes, n)          any pieces, cut anywhere
 *     vt_row(&v, 0, &text)           the row as UTF-8, without the blanks at its end
 *     vt_done(&v)
 *
 * Knows what curses sends to an xterm, a screen, a linux console and a vt100: text, moves, erasing,
 * shifting, scroll regions, line drawing. Colours and modes are taken and not kept. A sequence it does
 * not know ends the bench: a figure of a screen nobody understood is worth nothing.
 */
#ifndef TD_BENCH_VT_H
#define TD_BENCH_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

enum { VT_PARAMETERS = 16 };

struct vt {
	int rows, columns, y, x;
	int top, bottom;  /* of what scrolls */
	bool full;        /* the last column was written: the next character begins a row */
	bool lines[2];    /* G0 and G1 draw lines */
	int shifted;      /* which of them is used */
	uint32_t *cells;  /* 0: the right half of a wide character */
	uint32_t last;    /* character, for what repeats it */
	int saved_y, saved_x;
	/* The sequence being read. */
	int state;
	char first;       /* '?', '(' ... behind its beginning */
	int parameters[VT_PARAMETERS], count;
	uint32_t code;    /* of a UTF-8 character, and the bytes it still lacks */
	int lacking;
};

void vt_init(struct vt *v, int rows, int columns);
void vt_done(struct vt *v);
void vt_feed(struct vt *v, const char *bytes, size_t n);
void vt_row(const struct vt *v, int y, struct buffer *out);
/* Whether a row in [from, to) holds the text. Returns the row, or -1. */
int vt_find(const struct vt *v, int from, int to, const char *text);

#endif
