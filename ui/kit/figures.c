#include "config.h"

#include "ui/kit/figures.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/moment.h"
#include "base/zone.h"

void figures_start(enum figures_dates dates)
{
	(void)dates;
}

const char *figures_count(int64_t n, char out[FIGURES_SIZE])
{
	char digits[32];
	int length = snprintf(digits, sizeof(digits), "%lld", (long long)n);
	int used = 0;
	for (int i = 0; i < length; i++) {
		if (i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = 0;
	return out;
}

const char *figures_real(double x, int places, char out[FIGURES_SIZE])
{
	snprintf(out, FIGURES_SIZE, "%.*f", places, x);
	return out;
}

static const char *figures_cut(int64_t at, const struct zone *zone, char out[FIGURES_SIZE], int cells)
{
	struct civil c;
	out[0] = 0;
	if (at == TIME_NONE || at >= TIME_OPEN)
		return out;
	zone_civil(zone, at, &c);
	snprintf(out, FIGURES_SIZE, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
	out[cells] = 0;
	return out;
}

const char *figures_date(int64_t at, const struct zone *zone, char out[FIGURES_SIZE])
{
	return figures_cut(at, zone, out, FIGURES_DATE);
}

const char *figures_minute(int64_t at, const struct zone *zone, char out[FIGURES_SIZE])
{
	return figures_cut(at, zone, out, FIGURES_MINUTE);
}

const char *figures_second(int64_t at, const struct zone *zone, char out[FIGURES_SIZE])
{
	return figures_cut(at, zone, out, FIGURES_SECOND);
}

void figures_date_text(struct buffer *out, const char *s, size_t n)
{
	buffer_add(out, s, n);
}

void figures_decimal_text(struct buffer *out, const char *s, size_t n)
{
	buffer_add(out, s, n);
}
