/* chart: numbers as characters. Pure: no screen, no clock; a test of it looks like a chart.
 *
 * ascii: with characters of ASCII only, else with block elements (U+2581 to U+2588).
 */
#ifndef TD_UI_KIT_CHART_H
#define TD_UI_KIT_CHART_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;

enum chart_style { CHART_BLOCKS, CHART_BRAILLE, CHART_ASCII, CHART_STYLES };

/* One cell a value, its height relative to `top` (0: the largest of them). Zero is a blank
 * (a dot in ASCII, where the cell would else look like a hole). */
void chart_spark(struct buffer *out, const int64_t *values, int count, int64_t top, bool ascii);

struct chart {
	const int64_t *values;
	int count;
	int running; /* index of the value that still grows, drawn lighter; -1: none */
	int64_t top; /* the value of a full bar; chart_top */
	int height;  /* rows */
	bool ascii;
};
/* A number at or above `max` that `height` rows divide into steps of one round number. At least `height`. */
int64_t chart_top(int64_t max, int height);
/* Row 0 is the highest. Exactly `count` cells. */
void chart_row(struct buffer *out, const struct chart *c, int row);
/* "+----+----+": exactly `count` cells with a tick each `every`. */
void chart_axis(struct buffer *out, int count, int every, bool ascii);
/* A horizontal bar of exactly `width` cells: part/whole of it. */
void chart_bar(struct buffer *out, int64_t part, int64_t whole, int width, bool ascii);

#endif
