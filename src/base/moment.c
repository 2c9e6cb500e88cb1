#include "config.h"

#include "base/moment.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/zone.h"

enum { MOMENT_MICRO_DIGITS = 6 };

/* 0000-01-01 and the end of 9999, UTC: what four digits of a year can show. */
#define MOMENT_FIRST     INT64_C(-62167219200000000)
#define MOMENT_END       INT64_C(253402300800000000)
#define DURATION_LONGEST (INT64_C(3652425) * DAY)

static const char moment_how[] =
	N_("write it as 2026-11-20, 2026-11-20 16:41, 2026-11-20T16:41:00Z, now, today, yesterday, "
	   "-90m or -2d");

struct moment_reader {
	const char *p, *end;
};

/* What was written, before a zone makes an instant of it. */
struct moment_parts {
	struct civil civil;
	bool timed; /* more than a date */
	bool exact; /* down to the second, a 'T' before the time: as RFC 3339 wants it */
	bool fixed; /* with an offset */
	int offset; /* seconds east */
};

static bool moment_take(struct moment_reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool moment_is_digit(const struct moment_reader *r)
{
	return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool moment_digits(struct moment_reader *r, int count, int *out)
{
	*out = 0;
	while (count-- > 0) {
		if (!moment_is_digit(r))
			return false;
		*out = *out * 10 + (*r->p++ - '0');
	}
	return true;
}

static bool moment_read_date(struct moment_reader *r, struct civil *c)
{
	return moment_digits(r, 4, &c->year) && moment_take(r, '-') && moment_digits(r, 2, &c->month) &&
	       moment_take(r, '-') && moment_digits(r, 2, &c->day);
}

static bool moment_read_fraction(struct moment_reader *r, int *micro)
{
	int digits = 0;

	if (!moment_is_digit(r))
		return false;
	for (*micro = 0; moment_is_digit(r); r->p++, digits++) {
		if (digits < MOMENT_MICRO_DIGITS)
			*micro = *micro * 10 + (*r->p - '0');
	}
	for (; digits < MOMENT_MICRO_DIGITS; digits++)
		*micro *= 10;
	return true;
}

static bool moment_read_time(struct moment_reader *r, struct moment_parts *parts)
{
	struct civil *c = &parts->civil;

	if (!moment_digits(r, 2, &c->hour) || !moment_take(r, ':') || !moment_digits(r, 2, &c->minute))
		return false;
	if (!moment_take(r, ':')) {
		parts->exact = false;
		return true;
	}
	if (!moment_digits(r, 2, &c->second))
		return false;
	return !moment_take(r, '.') || moment_read_fraction(r, &c->micro);
}

/* Z or +HH:MM. Seconds, and a space before, only in what we print of zones as they were before railways. */
static bool moment_read_offset(struct moment_reader *r, struct moment_parts *parts)
{
	bool west;
	int hours, minutes, seconds = 0;

	if (moment_take(r, ' '))
		parts->exact = false;
	parts->fixed = true;
	if (moment_take(r, 'Z') || moment_take(r, 'z'))
		return true;
	west = moment_take(r, '-');
	if (!west && !moment_take(r, '+'))
		return false;
	if (!moment_digits(r, 2, &hours) || !moment_take(r, ':') || !moment_digits(r, 2, &minutes))
		return false;
	if (moment_take(r, ':')) {
		parts->exact = false;
		if (!moment_digits(r, 2, &seconds))
			return false;
	}
	if (hours > 23 || minutes > 59 || seconds > 59)
		return false;
	parts->offset = (hours * 3600 + minutes * 60 + seconds) * (west ? -1 : 1);
	return true;
}

static bool moment_read(const char *text, size_t n, struct moment_parts *parts)
{
	struct moment_reader r = {text, text + n};

	*parts = (struct moment_parts){.exact = true};
	if (!moment_read_date(&r, &parts->civil))
		return false;
	if (r.p == r.end)
		return true;
	parts->timed = true;
	if (!moment_take(&r, 'T') && !moment_take(&r, 't')) {
		parts->exact = false;
		if (!moment_take(&r, ' '))
			return false;
	}
	if (!moment_read_time(&r, parts))
		return false;
	return r.p == r.end || (moment_read_offset(&r, parts) && r.p == r.end);
}

static int64_t moment_fixed(const struct moment_parts *parts)
{
	int64_t at;

	zone_instant(zone_utc(), &parts->civil, &at);
	return at - parts->offset * SECOND;
}

static bool moment_in_range(int64_t at)
{
	return at >= MOMENT_FIRST && at < MOMENT_END;
}

bool moment_rfc3339(const char *text, int64_t *out)
{
	struct moment_parts parts;

	if (!moment_read(text, strlen(text), &parts) || !parts.timed || !parts.fixed || !parts.exact ||
	    !civil_valid(&parts.civil))
		return false;
	*out = moment_fixed(&parts);
	return moment_in_range(*out);
}

/* A question being read: the parameters of moment_parse, without the blanks around the text. */
struct moment_question {
	const char *text;
	int n;
	const struct zone *zone;
	int64_t now;
	enum moment_use use;
};

static bool moment_unreadable(const struct moment_question *q, struct error *err)
{
	error_set(err, ERROR_USAGE, "could not read time \"%.*s\": it is no date, no time and no offset back from now",
		  q->n, q->text);
	return error_hint(err, "%s", moment_how);
}

/* Says which of the numbers is the wrong one. */
static bool moment_invalid(const struct moment_question *q, const struct civil *c, struct error *err)
{
	struct civil date = {.year = c->year, .month = c->month, .day = c->day};

	if (c->month < 1 || c->month > 12)
		error_set(err, ERROR_USAGE, "could not read time \"%.*s\": there is no month %02d", q->n, q->text,
			  c->month);
	else if (!civil_valid(&date))
		error_set(err, ERROR_USAGE, "could not read time \"%.*s\": month %04d-%02d has no day %02d", q->n,
			  q->text, c->year, c->month, c->day);
	else
		error_set(err, ERROR_USAGE,
			  "could not read time \"%.*s\": a time of day goes from 00:00:00 to 23:59:59", q->n, q->text);
	return error_hint(err, "%s", moment_how);
}

static bool moment_skipped(const struct moment_question *q, int64_t jump, struct error *err)
{
	char before[MOMENT_SIZE], after[MOMENT_SIZE];

	error_set(err, ERROR_USAGE, "could not read time \"%.*s\": it does not exist in %s, where %s is followed by %s",
		  q->n, q->text, zone_name(q->zone), moment_minute(jump - 1, q->zone, before),
		  moment_minute(jump, q->zone, after));
	return error_hint(err, "give a time outside this gap, or one with its offset, as 2026-11-20T16:41:00Z");
}

static bool moment_out_of_range(const struct moment_question *q, struct error *err)
{
	return error_set(err, ERROR_USAGE, "could not read time \"%.*s\": times go from the year 0000 to 9999", q->n,
			 q->text);
}

/* A date alone, by an instant of its day. */
static int64_t moment_of_day(const struct moment_question *q, int64_t day)
{
	int64_t next;

	if (q->use != MOMENT_AS_OF)
		return zone_floor(q->zone, ZONE_DAY, day);
	next = zone_step(q->zone, ZONE_DAY, day, 1);
	return q->now >= zone_floor(q->zone, ZONE_DAY, day) && q->now < next ? q->now : next - 1;
}

/* A day without its midnight begins later; one without any hour does not exist. */
static bool moment_date(const struct moment_question *q, const struct civil *date, int64_t *out, struct error *err)
{
	struct civil shown;
	int64_t at;

	if (zone_instant(q->zone, date, &at) == ZONE_NEVER) {
		zone_civil(q->zone, at, &shown);
		if (shown.day != date->day)
			return moment_skipped(q, at, err);
	}
	*out = moment_of_day(q, at);
	return moment_in_range(*out) || moment_out_of_range(q, err);
}

static bool moment_written(const struct moment_question *q, const struct moment_parts *parts, int64_t *out,
			   struct error *err)
{
	if (!civil_valid(&parts->civil))
		return moment_invalid(q, &parts->civil, err);
	if (!parts->timed)
		return moment_date(q, &parts->civil, out, err);
	if (parts->fixed)
		*out = moment_fixed(parts);
	else if (zone_instant(q->zone, &parts->civil, out) == ZONE_NEVER)
		return moment_skipped(q, *out, err);
	return moment_in_range(*out) || moment_out_of_range(q, err);
}

static int moment_min(int a, int b)
{
	return a < b ? a : b;
}

/* The same local time of a month before; a 31st becomes the last day of a shorter month. */
static int64_t moment_months_back(const struct zone *zone, int64_t now, int months)
{
	struct civil c;
	int64_t at, total;
	int next_year, next_month, last, ignored;

	zone_civil(zone, now, &c);
	total = (int64_t)c.year * 12 + c.month - 1 - months;
	if (total < 0)
		return TIME_NONE;
	c.year = (int)(total / 12);
	c.month = (int)(total % 12) + 1;
	next_year = c.month == 12 ? c.year + 1 : c.year;
	next_month = c.month % 12 + 1;
	civil_from_days(civil_days(next_year, next_month, 1) - 1, &ignored, &ignored, &last);
	c.day = moment_min(c.day, last);
	zone_instant(zone, &c, &at);
	return at;
}

static bool moment_back(const struct moment_question *q, int64_t *out, struct error *err)
{
	struct duration back;
	char text[32];

	if (q->n >= (int)sizeof text)
		return moment_unreadable(q, err);
	memcpy(text, q->text + 1, (size_t)q->n - 1);
	text[q->n - 1] = '\0';
	if (!duration_parse(text, &back, NULL))
		return moment_unreadable(q, err);
	*out = back.months > 0 ? moment_months_back(q->zone, q->now, back.months) : q->now - back.micro;
	return moment_in_range(*out) || moment_out_of_range(q, err);
}

static bool moment_is(const struct moment_question *q, const char *word)
{
	return (size_t)q->n == strlen(word) && memcmp(q->text, word, (size_t)q->n) == 0;
}

/* "16:41", "yesterday 16:41": the same with its date; false: it is no time of day alone. */
static bool moment_of_clock(const struct moment_question *q, char out[MOMENT_SIZE])
{
	const char *clock = q->text;
	struct civil c;
	bool yesterday = strncmp(clock, "yesterday ", 10) == 0;
	int n;

	clock += yesterday ? 10 : strncmp(clock, "today ", 6) == 0 ? 6 : 0;
	clock += strspn(clock, " ");
	n = q->n - (int)(clock - q->text);
	if (n < 5 || n > 15 || clock[2] != ':')
		return false;
	zone_civil(q->zone, zone_step(q->zone, ZONE_DAY, q->now, yesterday ? -1 : 0), &c);
	snprintf(out, MOMENT_SIZE, "%04d-%02d-%02d %.*s", c.year, c.month, c.day, n, clock);
	return true;
}

bool moment_parse(const char *text, const struct zone *zone, int64_t now, enum moment_use use, int64_t *out,
		  struct error *err)
{
	struct moment_question q = {.zone = zone, .now = now, .use = use};
	struct moment_parts parts;
	char dated[MOMENT_SIZE];
	size_t n;

	text += strspn(text, " \t");
	for (n = strlen(text); n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t');)
		n--;
	q.text = text;
	q.n = n < 200 ? (int)n : 200;
	if (moment_is(&q, "now")) {
		*out = now;
		return true;
	}
	if (moment_is(&q, "today") || moment_is(&q, "yesterday")) {
		*out = moment_of_day(&q, zone_step(zone, ZONE_DAY, now, moment_is(&q, "today") ? 0 : -1));
		return true;
	}
	if (n > 1 && text[0] == '-')
		return moment_back(&q, out, err);
	if (moment_of_clock(&q, dated)) {
		text = dated;
		n = strlen(dated);
	}
	if (!moment_read(text, n, &parts))
		return moment_unreadable(&q, err);
	return moment_written(&q, &parts, out, err);
}

const char *moment_utc(int64_t at, char out[MOMENT_SIZE])
{
	struct civil c;

	out[0] = '\0';
	if (!moment_in_range(at))
		return out;
	zone_civil(zone_utc(), at, &c);
	snprintf(out, MOMENT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", c.year, c.month, c.day, c.hour, c.minute,
		 c.second, c.micro);
	return out;
}

/* Near the ends of the range an instant may lie in a year of five digits by local time. */
static bool moment_civil(int64_t at, const struct zone *zone, struct civil *c)
{
	if (!moment_in_range(at))
		return false;
	zone_civil(zone, at, c);
	return c->year >= 0 && c->year <= 9999;
}

const char *moment_local(int64_t at, const struct zone *zone, char out[MOMENT_SIZE])
{
	struct civil c;
	int offset, size;
	char sign;

	out[0] = '\0';
	if (!moment_civil(at, zone, &c))
		return out;
	offset = zone_offset(zone, at);
	sign = offset < 0 ? '-' : '+';
	offset = offset < 0 ? -offset : offset;
	size = snprintf(out, MOMENT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d.%06d %c%02d:%02d", c.year, c.month, c.day,
			c.hour, c.minute, c.second, c.micro, sign, offset / 3600, offset / 60 % 60);
	if (offset % 60 != 0 && size > 0)
		snprintf(out + size, (size_t)(MOMENT_SIZE - size), ":%02d", offset % 60);
	return out;
}

const char *moment_minute(int64_t at, const struct zone *zone, char out[MOMENT_SIZE])
{
	struct civil c;

	out[0] = '\0';
	if (moment_civil(at, zone, &c))
		snprintf(out, MOMENT_SIZE, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
	return out;
}

struct duration_unit {
	const char *name;
	int64_t micro;
	int days, months;
};

/* The longest first: printing takes the first that divides. */
static const struct duration_unit duration_units[] = {
	{"mo", 0, 0, 1},   {"w", 7 * DAY, 7, 0}, {"d", DAY, 1, 0},
	{"h", HOUR, 0, 0}, {"m", MINUTE, 0, 0},  {"s", SECOND, 0, 0},
};

enum { DURATION_UNITS = sizeof duration_units / sizeof duration_units[0] };

static const struct duration_unit *duration_unit_get(const char *name)
{
	int i;

	for (i = 0; i < DURATION_UNITS; i++) {
		if (strcmp(duration_units[i].name, name) == 0)
			return &duration_units[i];
	}
	return NULL;
}

static bool duration_fail(const char *text, const char *why, struct error *err)
{
	error_set(err, ERROR_USAGE, "could not read duration \"%.200s\": %s", text, why);
	return error_hint(err, "write a whole number and s, m, h, d, w or mo: 10s, 5m, 1h, 1d, 1w, 1mo");
}

bool duration_parse(const char *text, struct duration *out, struct error *err)
{
	const struct duration_unit *unit;
	const char *p = text;
	int64_t n = 0;

	if (*p < '0' || *p > '9')
		return duration_fail(text, "it does not begin with a number", err);
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > DURATION_LONGEST / SECOND)
			return duration_fail(text, "it is too long", err);
	}
	if (*p == '\0')
		return duration_fail(text, "it has no unit", err);
	unit = duration_unit_get(p);
	if (unit == NULL)
		return duration_fail(text, "it has an unknown unit", err);
	if (n > (unit->months > 0 ? 120000 : DURATION_LONGEST / unit->micro))
		return duration_fail(text, "it is too long", err);
	*out = (struct duration){
		.micro = n * unit->micro, .days = (int)n * unit->days, .months = (int)n * unit->months};
	return true;
}

/* A day is not 24 hours to whoever counts windows, so only what counts in days is shown so. */
const char *duration_text(const struct duration *d, char out[MOMENT_SIZE])
{
	int i;

	if (d->months > 0) {
		snprintf(out, MOMENT_SIZE, "%dmo", d->months);
		return out;
	}
	for (i = 0; i < DURATION_UNITS; i++) {
		const struct duration_unit *unit = &duration_units[i];

		if (unit->months > 0 || (unit->days > 0 && d->days == 0) || d->micro == 0 ||
		    d->micro % unit->micro != 0)
			continue;
		snprintf(out, MOMENT_SIZE, "%lld%s", (long long)(d->micro / unit->micro), unit->name);
		return out;
	}
	snprintf(out, MOMENT_SIZE, "%.6gs", (double)d->micro / (double)SECOND);
	return out;
}

const char *duration_short(int64_t micro, char out[MOMENT_SIZE])
{
	if (micro < 0)
		micro = 0;
	if (micro < MINUTE)
		snprintf(out, MOMENT_SIZE, "%llds", (long long)(micro / SECOND));
	else if (micro < HOUR)
		snprintf(out, MOMENT_SIZE, "%lldm", (long long)(micro / MINUTE));
	else if (micro < DAY)
		snprintf(out, MOMENT_SIZE, "%lldh", (long long)(micro / HOUR));
	else
		snprintf(out, MOMENT_SIZE, "%lldd", (long long)(micro / DAY));
	return out;
}
