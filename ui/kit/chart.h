/* chart: numbers as characters. Pure: no screen, no clock; a test of it looks like a chart.
 *
 * Three styles: block elements (U+2581 to U+2588, a bar a cell in eighths), Braille (U+2800 on, two bars
 * a cell in quarters), and characters of ASCII only. Charts with axes are made of these by plot.
 */
#ifndef TD_UI_KIT_CHART_H
#define TD_UI_KIT_CHART_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;

enum chart_style { CHART_BLOCKS, CHART_BRAILLE, CHART_ASCII, CHART_STYLES };

/* What is known of a value. PARTIAL: it may still grow, and is drawn lighter; UNKNOWN: it is no number
 * at all, least of all 0, and is drawn as '?'. */
enum chart_state { CHART_WHOLE, CHART_PARTIAL, CHART_UNKNOWN };

/* One cell a value, its height relative to `top` (0: the largest of them). Zero is a blank
 * (a dot in ASCII, where the cell would else look like a hole). states: an enum chart_state each;
 * NULL: all are whole. One that still grows tells that and not its height. Braille is drawn as blocks. */
void chart_spark(struct buffer *out, const int64_t *values, const char *states, int count, int64_t top,
		 enum chart_style style);

struct chart {
	const int64_t *values;
	const char *states; /* an enum chart_state each; NULL: all are whole */
	int count;
	int wide;    /* cells a bar, the blank behind it included; Braille: 1 */
	int64_t top; /* the value of a full bar; chart_top */
	int height;  /* rows */
	enum chart_style style;
};
/* A number at or above `max` that `steps` divide into one round number each. At least `steps`. */
int64_t chart_top(int64_t max, int steps);
/* The cells a row takes. */
int chart_cells(const struct chart *c);
/* The cell a value stands in. */
int chart_cell(const struct chart *c, int value);
/* Row 0 is the highest. Exactly chart_cells cells. */
void chart_row(struct buffer *out, const struct chart *c, int row);
/* A horizontal bar of exactly `width` cells: part/whole of it. */
void chart_bar(struct buffer *out, int64_t part, int64_t whole, int width, enum chart_style style);
/* What a whole bar, one that still grows, and an unknown one look like: for a legend. */
const char *chart_sample(enum chart_state state, enum chart_style style);

#endif
