#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "binlog/cell_internal.h"
#include "binlog/table.h"
#include "model/model.h"
#include "model/stamp.h"

enum { FRACTION = 6, HOURS_MOST = 838, TIME_ZERO = 3020400 /* seconds: the hour after the last TIME */ };
static const uint32_t ten_to[FRACTION + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

/* ---- writing ---- */

static char *time_put_fraction(char *p, int micro, int digits)
{
	if (digits == 0)
		return p;
	*p++ = '.';
	return cell_put(p, (uint32_t)micro / ten_to[FRACTION - digits], digits);
}

static char *time_put_date(char *p, const struct civil *c)
{
	p = cell_put(p, (uint32_t)c->year, 4);
	*p++ = '-';
	p = cell_put(p, (uint32_t)c->month, 2);
	*p++ = '-';
	return cell_put(p, (uint32_t)c->day, 2);
}

static char *time_put_clock(char *p, const struct civil *c)
{
	p = cell_put(p, (uint32_t)c->hour, c->hour > 99 ? 3 : 2);
	*p++ = ':';
	p = cell_put(p, (uint32_t)c->minute, 2);
	*p++ = ':';
	return cell_put(p, (uint32_t)c->second, 2);
}

/* As the server prints it: zero dates and days no month has too. */
static size_t time_put_wall(char *out, const struct civil *c, int digits)
{
	char *p = time_put_date(out, c);
	*p++ = ' ';
	p = time_put_clock(p, c);
	return (size_t)(time_put_fraction(p, c->micro, digits) - out);
}

static bool time_in_range(const struct civil *c)
{
	return c->year <= 9999 && c->month <= 12 && c->day <= 31 && c->hour <= 23 && c->minute <= 59 && c->second <= 59;
}

/* ---- fractions ---- */

/* Of the types with a fraction in whole bytes: two digits a byte. */
static bool time_fraction(const struct cell_in *in, const uint8_t *p, int digits, int *micro)
{
	uint32_t v = (uint32_t)cell_big(p, (size_t)(digits + 1) / 2);
	if (v >= ten_to[(digits + 1) / 2 * 2])
		return cell_refuse(in, "its fraction of a second is over one");
	*micro = (int)(v * ten_to[FRACTION - (digits + 1) / 2 * 2]);
	return true;
}

static bool time_digits(const struct cell_in *in, int digits)
{
	return (digits >= 0 && digits <= FRACTION) || cell_refuse(in, "it has %d fraction digits", digits);
}

/* MariaDB's old types with a fraction: how many bytes they have tells the digits only roughly. */
static bool time_old(const struct cell_in *in, const char *type, size_t plain, const uint8_t hires[FRACTION + 1])
{
	int digits = in->t->old_fraction;
	if (!time_digits(in, digits))
		return false;
	if (digits > 0 && in->n != hires[digits])
		return cell_refuse(in, "it has %zu bytes, which no old %s(%d) has", in->n, type, digits);
	if (in->n == plain || digits > 0)
		return true;
	cell_refuse(in, "it is a %s of MariaDB's old format, and how many fraction digits it has is not known", type);
	return error_hint(in->err, "with mysql56_temporal_format = ON, ALTER TABLE ... FORCE gives it the new format");
}

/* ---- DATE ---- */

bool cell_date(const struct cell_in *in, struct value *out)
{
	if (!cell_has(in, 3))
		return false;
	uint32_t v = (uint32_t)cell_little(in->p, 3);
	struct civil c = {.year = (int)(v >> 9), .month = (int)(v >> 5 & 15), .day = (int)(v & 31)};
	if (!time_in_range(&c))
		return cell_refuse(in, "its bytes are no DATE");
	char *text = arena_alloc(in->a, 10);
	time_put_date(text, &c);
	*out = cell_canonical(in, text, 10);
	return true;
}

/* ---- DATETIME ---- */

static struct value datetime_value(const struct cell_in *in, const struct civil *c, int digits)
{
	char *text = arena_alloc(in->a, STAMP_SIZE);
	if (in->c->type == COLUMN_DATETIME && c->year >= 1 && civil_valid(c))
		return value_text(text, stamp_write(c, text));
	return cell_canonical(in, text, time_put_wall(text, c, digits));
}

/* The digits YYYYMMDDhhmmss, as a number. */
static void datetime_decimal(uint64_t v, struct civil *c)
{
	uint32_t day = (uint32_t)(v / 1000000 > UINT32_MAX ? UINT32_MAX : v / 1000000), clock = (uint32_t)(v % 1000000);
	*c = (struct civil){.year = (int)(day / 10000),
			    .month = (int)(day / 100 % 100),
			    .day = (int)(day % 100),
			    .hour = (int)(clock / 10000),
			    .minute = (int)(clock / 100 % 100),
			    .second = (int)(clock % 100)};
}

/* Mixed radix, counted in units of the last digit kept. */
static void datetime_hires(uint64_t v, int digits, struct civil *c)
{
	c->micro = (int)(v % ten_to[digits] * ten_to[FRACTION - digits]);
	v /= ten_to[digits];
	c->second = (int)(v % 60);
	c->minute = (int)(v / 60 % 60);
	c->hour = (int)(v / 3600 % 24);
	c->day = (int)(v / 86400 % 32);
	v /= (uint64_t)86400 * 32;
	c->month = (int)(v % 13);
	c->year = (int)(v / 13 > INT32_MAX ? INT32_MAX : v / 13);
}

static bool datetime_old(const struct cell_in *in, struct civil *c)
{
	static const uint8_t hires[FRACTION + 1] = {8, 6, 6, 7, 7, 7, 8};
	if (!time_old(in, "DATETIME", 8, hires))
		return false;
	if (in->t->old_fraction > 0)
		datetime_hires(cell_big(in->p, in->n), in->t->old_fraction, c);
	else
		datetime_decimal(cell_little(in->p, 8), c);
	return true;
}

static bool datetime_new(const struct cell_in *in, struct civil *c)
{
	int digits = in->t->meta;
	if (!time_digits(in, digits) || !cell_has(in, 5 + (size_t)(digits + 1) / 2))
		return false;
	uint64_t v = cell_big(in->p, 5);
	if (!(v >> 39))
		return cell_refuse(in, "a DATETIME cannot be negative");
	uint32_t clock = (uint32_t)(v & 0x1ffff), months = (uint32_t)(v >> 22 & 0x1ffff);
	c->year = (int)(months / 13);
	c->month = (int)(months % 13);
	c->day = (int)(v >> 17 & 31);
	c->hour = (int)(clock >> 12);
	c->minute = (int)(clock >> 6 & 63);
	c->second = (int)(clock & 63);
	return time_fraction(in, in->p + 5, digits, &c->micro);
}

bool cell_datetime(const struct cell_in *in, struct value *out)
{
	bool old = in->t->type == COL_DATETIME;
	struct civil c = {0};
	if (!(old ? datetime_old(in, &c) : datetime_new(in, &c)))
		return false;
	if (!time_in_range(&c))
		return cell_refuse(in, "its bytes are no DATETIME");
	*out = datetime_value(in, &c, old ? in->t->old_fraction : in->t->meta);
	return true;
}

/* ---- TIME ---- */

/* Seconds in base 60 fields of 6 bits, as in the new formats. Whole and fraction are one
 * number, and only one number can be negated. */
static bool time_new(const struct cell_in *in, bool *negative, struct civil *c)
{
	int digits = in->t->meta;
	if (!time_digits(in, digits) || !cell_has(in, 3 + (size_t)(digits + 1) / 2))
		return false;
	int shift = (digits + 1) / 2 * 8;
	int64_t v = (int64_t)cell_big(in->p, in->n) - (INT64_C(0x800000) << shift);
	*negative = v < 0;
	uint64_t u = (uint64_t)(v < 0 ? -v : v);
	uint32_t clock = (uint32_t)(u >> shift);
	c->hour = (int)(clock >> 12);
	c->minute = (int)(clock >> 6 & 63);
	c->second = (int)(clock & 63);
	uint8_t fraction[3] = {0};
	for (int i = 0; i < shift / 8; i++)
		fraction[i] = (uint8_t)(u >> (shift - 8 - 8 * i));
	return time_fraction(in, fraction, digits, &c->micro);
}

static bool time_hires(const struct cell_in *in, bool *negative, struct civil *c)
{
	int digits = in->t->old_fraction;
	int64_t v = (int64_t)cell_big(in->p, in->n) - (int64_t)TIME_ZERO * ten_to[digits];
	*negative = v < 0;
	uint64_t u = (uint64_t)(v < 0 ? -v : v), seconds = u / ten_to[digits];
	if (seconds >= TIME_ZERO)
		return cell_refuse(in, "its bytes are no TIME");
	c->micro = (int)(u % ten_to[digits] * ten_to[FRACTION - digits]);
	c->hour = (int)(seconds / 3600);
	c->minute = (int)(seconds / 60 % 60);
	c->second = (int)(seconds % 60);
	return true;
}

static bool time_old_format(const struct cell_in *in, bool *negative, struct civil *c)
{
	static const uint8_t hires[FRACTION + 1] = {3, 4, 4, 5, 5, 5, 6};
	if (!time_old(in, "TIME", 3, hires))
		return false;
	if (in->t->old_fraction > 0)
		return time_hires(in, negative, c);
	uint32_t raw = (uint32_t)cell_little(in->p, 3);
	*negative = raw & 0x800000;
	uint32_t v = *negative ? 0x1000000 - raw : raw; /* hhmmss as a number */
	c->hour = (int)(v / 10000);
	c->minute = (int)(v / 100 % 100);
	c->second = (int)(v % 100);
	return true;
}

bool cell_time(const struct cell_in *in, struct value *out)
{
	bool old = in->t->type == COL_TIME, negative = false;
	struct civil c = {0};
	if (!(old ? time_old_format(in, &negative, &c) : time_new(in, &negative, &c)))
		return false;
	if (c.hour > HOURS_MOST || c.minute > 59 || c.second > 59)
		return cell_refuse(in, "its bytes are no TIME");
	char *text = arena_alloc(in->a, STAMP_SIZE), *p = text;
	if (negative)
		*p++ = '-';
	p = time_put_clock(p, &c);
	p = time_put_fraction(p, c.micro, old ? in->t->old_fraction : in->t->meta);
	*out = cell_canonical(in, text, (size_t)(p - text));
	return true;
}

/* ---- TIMESTAMP ---- */

/* An instant as the model's type wants it; text is of UTC. */
static struct value timestamp_value(const struct cell_in *in, int64_t at, int digits)
{
	struct civil c;
	if (in->c->type == COLUMN_INSTANT)
		return value_integer(at);
	char *text = arena_alloc(in->a, STAMP_SIZE);
	if (in->c->type == COLUMN_DATETIME) {
		zone_civil(in->zone ? in->zone : zone_utc(), at, &c);
		return value_text(text, stamp_write(&c, text));
	}
	zone_civil(zone_utc(), at, &c);
	return cell_canonical(in, text, time_put_wall(text, &c, digits));
}

static bool timestamp_old(const struct cell_in *in, uint32_t *seconds, int *micro)
{
	static const uint8_t hires[FRACTION + 1] = {4, 5, 5, 6, 6, 7, 7};
	int digits = in->t->old_fraction;
	if (!time_old(in, "TIMESTAMP", 4, hires))
		return false;
	if (digits == 0) {
		*seconds = (uint32_t)cell_little(in->p, 4);
		return true;
	}
	*seconds = (uint32_t)cell_big(in->p, 4);
	uint32_t fraction = (uint32_t)cell_big(in->p + 4, in->n - 4);
	if (fraction >= ten_to[digits])
		return cell_refuse(in, "its fraction of a second is over one");
	*micro = (int)(fraction * ten_to[FRACTION - digits]);
	return true;
}

static bool timestamp_new(const struct cell_in *in, uint32_t *seconds, int *micro)
{
	int digits = in->t->meta;
	if (!time_digits(in, digits) || !cell_has(in, 4 + (size_t)(digits + 1) / 2))
		return false;
	*seconds = (uint32_t)cell_big(in->p, 4);
	return time_fraction(in, in->p + 4, digits, micro);
}

bool cell_timestamp(const struct cell_in *in, struct value *out)
{
	static const struct civil zero = {0};
	bool old = in->t->type == COL_TIMESTAMP;
	int digits = old ? in->t->old_fraction : in->t->meta;
	uint32_t seconds = 0;
	int micro = 0;
	if (!(old ? timestamp_old(in, &seconds, &micro) : timestamp_new(in, &seconds, &micro)))
		return false;
	if (seconds == 0 && micro == 0) {
		char *text = arena_alloc(in->a, STAMP_SIZE);
		*out = cell_canonical(in, text, time_put_wall(text, &zero, digits));
	} else {
		*out = timestamp_value(in, seconds * SECOND + micro, digits);
	}
	return true;
}

/* The connection's time zone is UTC. */
struct value cell_timestamp_text(const struct cell_in *in)
{
	const char *text = (const char *)in->p;
	int64_t at;
	if ((in->c->type != COLUMN_INSTANT && in->c->type != COLUMN_DATETIME) ||
	    !stamp_instant(text, in->n, zone_utc(), &at))
		return cell_canonical(in, text, in->n);
	return timestamp_value(in, at, 0);
}
