#include "config.h"

#include "ui/kit/chart.h"

#include "base/buffer.h"

enum { CHART_EIGHTHS = 8, CHART_DOTS = 4, CHART_LEVELS = 6 };

static const char *const chart_eighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char chart_levels[] = "._-=+*#";

/* value/top in steps of 1/steps, rounded up: what is not zero is seen. */
static int chart_steps(int64_t value, int64_t top, int steps)
{
	if (value <= 0 || top <= 0)
		return 0;
	if (value >= top)
		return steps;
	/* In doubles: the product may not fit 64 bits, and a cell is coarse. */
	double exact = (double)value / (double)top * steps;
	int whole = (int)exact;
	return whole + (exact > whole);
}

static enum chart_state chart_state(const char *states, int i)
{
	return states ? (enum chart_state)states[i] : CHART_WHOLE;
}

void chart_spark(struct buffer *out, const int64_t *values, const char *states, int count, int64_t top,
		 enum chart_style style)
{
	for (int i = 0, own = top <= 0; own && i < count; i++)
		if (values[i] > top && chart_state(states, i) == CHART_WHOLE)
			top = values[i];
	for (int i = 0; i < count; i++) {
		enum chart_state state = chart_state(states, i);
		if (state == CHART_UNKNOWN || (state == CHART_PARTIAL && values[i] > 0))
			buffer_text_add(out, chart_sample(state, style == CHART_BRAILLE ? CHART_BLOCKS : style));
		else if (style == CHART_ASCII)
			buffer_char(out, chart_levels[chart_steps(values[i], top, CHART_LEVELS)]);
		else
			buffer_text_add(out, chart_eighths[chart_steps(values[i], top, CHART_EIGHTHS)]);
	}
}

int64_t chart_top(int64_t max, int steps)
{
	static const int64_t nice[] = {1, 2, 3, 4, 5, 6, 8};
	if (steps < 1)
		steps = 1;
	int64_t need = max <= 0 ? 1 : (max - 1) / steps + 1;
	for (int64_t unit = 1;; unit *= 10) {
		if (unit > INT64_MAX / 1000 / steps)
			return need > INT64_MAX / steps ? INT64_MAX : need * steps;
		for (unsigned i = 0; i < sizeof(nice) / sizeof(nice[0]); i++)
			if (nice[i] * unit >= need)
				return nice[i] * unit * steps;
	}
}

int chart_cells(const struct chart *c)
{
	if (c->style == CHART_BRAILLE)
		return (c->count + 1) / 2;
	return c->count * (c->wide > 1 ? c->wide : 1);
}

/* Of an odd number of bars in Braille the newest still stands at the right edge. */
int chart_cell(const struct chart *c, int value)
{
	if (c->style == CHART_BRAILLE)
		return (value + c->count % 2) / 2;
	return value * (c->wide > 1 ? c->wide : 1);
}

static const char *chart_block(const struct chart *c, int value, int row)
{
	int below = (c->height - 1 - row) * CHART_EIGHTHS; /* eighths under this row */
	int fill = chart_steps(c->values[value], c->top, c->height * CHART_EIGHTHS) - below;
	switch (chart_state(c->states, value)) {
	case CHART_UNKNOWN:
		return below ? " " : "?";
	case CHART_PARTIAL:
		return fill <= 0 ? " " : c->style == CHART_ASCII ? ":" : "░";
	case CHART_WHOLE:
		break;
	}
	if (c->style == CHART_ASCII)
		return fill <= 0 ? " " : "#";
	return chart_eighths[fill <= 0 ? 0 : fill > CHART_EIGHTHS ? CHART_EIGHTHS : fill];
}

/* The dots of one bar in a cell; of one that still grows every other one. */
static unsigned chart_dots(const struct chart *c, int value, int row, bool right)
{
	static const unsigned char dots[2][CHART_DOTS] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
	int below = (c->height - 1 - row) * CHART_DOTS;
	int fill = chart_steps(c->values[value], c->top, c->height * CHART_DOTS) - below;
	int step = chart_state(c->states, value) == CHART_PARTIAL ? 2 : 1;
	unsigned bits = 0;
	for (int i = 0; i < fill && i < CHART_DOTS; i += step)
		bits |= dots[right][i];
	return bits;
}

static void chart_braille(struct buffer *out, const struct chart *c, int cell, int row)
{
	unsigned bits = 0;
	bool unknown = false;
	for (int side = 0; side < 2; side++) {
		int value = cell * 2 + side - c->count % 2;
		if (value < 0)
			continue;
		if (chart_state(c->states, value) == CHART_UNKNOWN)
			unknown = true;
		else
			bits |= chart_dots(c, value, row, side == 1);
	}
	if (!bits) {
		buffer_char(out, unknown && row == c->height - 1 ? '?' : ' ');
		return;
	}
	const char text[] = {(char)0xE2, (char)(0xA0 | bits >> 6), (char)(0x80 | (bits & 0x3F))};
	buffer_add(out, text, sizeof(text));
}

void chart_row(struct buffer *out, const struct chart *c, int row)
{
	for (int i = 0; c->style == CHART_BRAILLE && i < chart_cells(c); i++)
		chart_braille(out, c, i, row);
	for (int i = 0; c->style != CHART_BRAILLE && i < c->count; i++) {
		const char *cell = chart_block(c, i, row);
		buffer_text_add(out, cell);
		for (int k = 1; k < c->wide; k++)
			buffer_text_add(out, k == c->wide - 1 || cell[0] == '?' ? " " : cell);
	}
}

void chart_bar(struct buffer *out, int64_t part, int64_t whole, int width, enum chart_style style)
{
	static const char *const left[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
	int fill = chart_steps(part, whole, width * CHART_EIGHTHS);
	for (int i = 0; i < width; i++, fill -= CHART_EIGHTHS) {
		if (style == CHART_ASCII)
			buffer_char(out, fill > 0 ? '#' : '.');
		else
			buffer_text_add(out, left[fill <= 0 ? 0 : fill > CHART_EIGHTHS ? CHART_EIGHTHS : fill]);
	}
}

const char *chart_sample(enum chart_state state, enum chart_style style)
{
	static const char *const samples[CHART_STYLES][3] = {
		[CHART_BLOCKS] = {"█", "░", "?"}, [CHART_BRAILLE] = {"⣿", "⠶", "?"}, [CHART_ASCII] = {"#", ":", "?"}};
	return samples[style][state];
}
