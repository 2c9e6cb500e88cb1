#include "config.h"

#include "ui/kit/chart.h"

#include "base/buffer.h"

static const char *const chart_eighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char chart_levels[] = ".:-=+*#";

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

void chart_spark(struct buffer *out, const int64_t *values, int count, int64_t top, bool ascii)
{
	for (int i = 0, own = top <= 0; own && i < count; i++)
		if (values[i] > top)
			top = values[i];
	for (int i = 0; i < count; i++) {
		if (ascii)
			buffer_char(out, chart_levels[chart_steps(values[i], top, 6)]);
		else
			buffer_text_add(out, chart_eighths[chart_steps(values[i], top, 8)]);
	}
}

int64_t chart_top(int64_t max, int height)
{
	static const int64_t nice[] = {1, 2, 3, 4, 5, 8};
	if (height < 1)
		height = 1;
	int64_t need = max <= 0 ? 1 : (max - 1) / height + 1;
	for (int64_t unit = 1;; unit *= 10) {
		for (unsigned i = 0; i < sizeof(nice) / sizeof(nice[0]); i++)
			if (nice[i] * unit >= need)
				return nice[i] * unit * height;
		if (unit > INT64_MAX / 1000 / height)
			return need * height;
	}
}

void chart_row(struct buffer *out, const struct chart *c, int row)
{
	int below = (c->height - 1 - row) * 8; /* eighths under this row */
	for (int i = 0; i < c->count; i++) {
		int fill = chart_steps(c->values[i], c->top, c->height * 8) - below;
		if (c->ascii)
			buffer_char(out, fill <= 0 ? ' ' : i == c->running ? ':' : '#');
		else if (i == c->running)
			buffer_text_add(out, fill <= 0 ? " " : "░");
		else
			buffer_text_add(out, chart_eighths[fill <= 0 ? 0 : fill > 8 ? 8 : fill]);
	}
}

void chart_axis(struct buffer *out, int count, int every, bool ascii)
{
	for (int i = 0; i < count; i++) {
		bool tick = every > 0 && i % every == 0;
		buffer_text_add(out, ascii ? (tick ? "+" : "-") : (tick ? "┴" : "─"));
	}
}

void chart_bar(struct buffer *out, int64_t part, int64_t whole, int width, bool ascii)
{
	static const char *const left[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
	int fill = chart_steps(part, whole, width * 8);
	for (int i = 0; i < width; i++, fill -= 8) {
		if (ascii)
			buffer_char(out, fill > 0 ? '#' : '.');
		else
			buffer_text_add(out, left[fill <= 0 ? 0 : fill > 8 ? 8 : fill]);
	}
}
