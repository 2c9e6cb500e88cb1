#include "config.h"

#include "model/stamp.h"

#include "base/clock.h"
#include "base/zone.h"

static bool stamp_digits(const char *s, int count, int *out)
{
	int v = 0;
	for (int i = 0; i < count; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return true;
}

/* The first ten bytes. */
static bool stamp_day(const char *s, struct civil *out)
{
	*out = (struct civil){0};
	return stamp_digits(s, 4, &out->year) && s[4] == '-' && stamp_digits(s + 5, 2, &out->month) && s[7] == '-' &&
	       stamp_digits(s + 8, 2, &out->day) && out->year >= 1 && civil_valid(out);
}

bool stamp_date(const char *text, size_t n, struct civil *out)
{
	return n == 10 && stamp_day(text, out);
}

/* The digits after the point; returns how many bytes they are, 0: none, or too fine to keep. */
static size_t stamp_fraction(const char *s, size_t n, int *micro)
{
	int v = 0, unit = 100000;
	size_t i = 0;
	for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
		if (unit == 0 && s[i] != '0')
			return 0;
		v += (s[i] - '0') * unit;
		unit /= 10;
	}
	*micro = v;
	return i;
}

size_t stamp_wall(const char *text, size_t n, struct civil *out)
{
	if (n < 16 || !stamp_day(text, out) || (text[10] != ' ' && text[10] != 'T' && text[10] != 't'))
		return 0;
	if (!stamp_digits(text + 11, 2, &out->hour) || text[13] != ':' || !stamp_digits(text + 14, 2, &out->minute))
		return 0;
	size_t used = 16;
	if (n >= 19 && text[16] == ':') {
		if (!stamp_digits(text + 17, 2, &out->second))
			return 0;
		used = 19;
		if (n > 19 && text[19] == '.') {
			size_t digits = stamp_fraction(text + 20, n - 20, &out->micro);
			if (digits == 0)
				return 0;
			used = 20 + digits;
		}
	}
	return civil_valid(out) ? used : 0;
}

/* ±hh[[:]mm[:ss]] */
static bool stamp_offset(const char *s, size_t n, int *seconds)
{
	int hour = 0, minute = 0, second = 0;
	if (n < 3 || (s[0] != '+' && s[0] != '-') || !stamp_digits(s + 1, 2, &hour))
		return false;
	if (n == 5) {
		if (!stamp_digits(s + 3, 2, &minute))
			return false;
	} else if (n == 6 || n == 9) {
		if (s[3] != ':' || !stamp_digits(s + 4, 2, &minute))
			return false;
		if (n == 9 && (s[6] != ':' || !stamp_digits(s + 7, 2, &second)))
			return false;
	} else if (n != 3) {
		return false;
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*seconds = hour * 3600 + minute * 60 + second;
	if (s[0] == '-')
		*seconds = -*seconds;
	return true;
}

static int64_t stamp_utc(const struct civil *c)
{
	return civil_days(c->year, c->month, c->day) * DAY + c->hour * HOUR + c->minute * MINUTE + c->second * SECOND +
	       c->micro;
}

bool stamp_instant(const char *text, size_t n, const struct zone *zone, int64_t *out)
{
	struct civil c;
	size_t used = stamp_wall(text, n, &c);
	if (used == 0)
		return false;
	if (used == n)
		return zone && zone_instant(zone, &c, out) != ZONE_NEVER;
	int seconds = 0;
	if (n - used != 1 || (text[used] != 'Z' && text[used] != 'z')) {
		if (text[used] == ' ')
			used++;
		if (!stamp_offset(text + used, n - used, &seconds))
			return false;
	}
	*out = stamp_utc(&c) - seconds * SECOND;
	return true;
}

static char *stamp_put(char *p, int value, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		p[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return p + digits;
}

static char *stamp_put_wall(const struct civil *c, char separator, char *p)
{
	p = stamp_put(p, c->year, 4);
	*p++ = '-';
	p = stamp_put(p, c->month, 2);
	*p++ = '-';
	p = stamp_put(p, c->day, 2);
	*p++ = separator;
	p = stamp_put(p, c->hour, 2);
	*p++ = ':';
	p = stamp_put(p, c->minute, 2);
	*p++ = ':';
	return stamp_put(p, c->second, 2);
}

size_t stamp_write(const struct civil *c, char out[STAMP_SIZE])
{
	char *p = stamp_put_wall(c, ' ', out);
	if (c->micro > 0) {
		*p++ = '.';
		p = stamp_put(p, c->micro, 6);
		while (p[-1] == '0')
			p--;
	}
	*p = '\0';
	return (size_t)(p - out);
}

size_t stamp_write_rfc(const struct civil *c, char out[STAMP_SIZE])
{
	char *p = stamp_put_wall(c, 'T', out);
	*p++ = '.';
	p = stamp_put(p, c->micro, 6);
	*p = '\0';
	return (size_t)(p - out);
}
