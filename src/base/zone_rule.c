#include "config.h"

#include "base/zone_rule.h"

#include "base/zone.h"

enum { RULE_DAY = 86400, RULE_CHANGES = 8 };

struct rule_reader {
	const char *p, *end;
};

static bool rule_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool rule_is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool rule_take(struct rule_reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool rule_number(struct rule_reader *r, int max, int *out)
{
	const char *first = r->p;
	int n = 0;

	while (r->p < r->end && rule_is_digit(*r->p) && r->p - first < 3)
		n = n * 10 + (*r->p++ - '0');
	*out = n;
	return r->p > first && n <= max;
}

/* "CET", or "<+0545>" for names that are not all letters. */
static bool rule_name(struct rule_reader *r)
{
	bool quoted = rule_take(r, '<');
	const char *first = r->p;

	while (r->p < r->end &&
	       (rule_is_letter(*r->p) || (quoted && (rule_is_digit(*r->p) || *r->p == '+' || *r->p == '-'))))
		r->p++;
	return r->p - first >= 3 && (!quoted || rule_take(r, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool rule_time(struct rule_reader *r, int max_hours, int *out)
{
	int sign = rule_take(r, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;

	if (sign > 0)
		rule_take(r, '+');
	if (!rule_number(r, max_hours, &hours))
		return false;
	if (rule_take(r, ':')) {
		if (!rule_number(r, 59, &minutes))
			return false;
		if (rule_take(r, ':') && !rule_number(r, 59, &seconds))
			return false;
	}
	*out = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

static bool rule_offset(struct rule_reader *r, int *east)
{
	if (!rule_time(r, 24, east))
		return false;
	*east = -*east;
	return true;
}

static bool rule_month_day(struct rule_reader *r, struct zone_switch *sw)
{
	sw->kind = ZONE_SWITCH_MONTH;
	return rule_number(r, 12, &sw->month) && sw->month >= 1 && rule_take(r, '.') && rule_number(r, 5, &sw->week) &&
	       sw->week >= 1 && rule_take(r, '.') && rule_number(r, 6, &sw->weekday);
}

static bool rule_switch(struct rule_reader *r, struct zone_switch *sw)
{
	*sw = (struct zone_switch){.time = 2 * 3600};
	if (rule_take(r, 'M')) {
		if (!rule_month_day(r, sw))
			return false;
	} else if (rule_take(r, 'J')) {
		sw->kind = ZONE_SWITCH_JULIAN;
		if (!rule_number(r, 365, &sw->day) || sw->day < 1)
			return false;
	} else {
		sw->kind = ZONE_SWITCH_DAY;
		if (!rule_number(r, 365, &sw->day))
			return false;
	}
	return !rule_take(r, '/') || rule_time(r, 167, &sw->time);
}

/* POSIX leaves the days of a rule without them to the system; a TZif file always gives them. */
bool zone_rule_parse(struct zone_rule *rule, const char *text, size_t n)
{
	struct rule_reader r = {text, text + n};

	*rule = (struct zone_rule){0};
	if (!rule_name(&r) || !rule_offset(&r, &rule->standard))
		return false;
	if (r.p == r.end)
		return true;
	if (!rule_name(&r))
		return false;
	rule->changes = true;
	rule->summer = rule->standard + 3600;
	if (r.p < r.end && *r.p != ',' && !rule_offset(&r, &rule->summer))
		return false;
	return rule_take(&r, ',') && rule_switch(&r, &rule->start) && rule_take(&r, ',') &&
	       rule_switch(&r, &rule->end) && r.p == r.end;
}

static bool rule_is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Week 5 is the last one, whether the month has a fifth such weekday or not. */
static int64_t rule_nth_weekday(int year, const struct zone_switch *sw)
{
	int64_t first = civil_days(year, sw->month, 1);
	int64_t next = sw->month == 12 ? civil_days(year + 1, 1, 1) : civil_days(year, sw->month + 1, 1);
	int weekday = (int)(((first + 4) % 7 + 7) % 7);
	int64_t day = first + (sw->weekday - weekday + 7) % 7 + 7 * (sw->week - 1);

	while (day >= next)
		day -= 7;
	return day;
}

/* Seconds of local time since 1970, by the clock in force before. */
static int64_t rule_switch_at(int year, const struct zone_switch *sw)
{
	int64_t day = civil_days(year, 1, 1);

	switch (sw->kind) {
	case ZONE_SWITCH_MONTH:
		day = rule_nth_weekday(year, sw);
		break;
	case ZONE_SWITCH_JULIAN:
		day += sw->day - 1 + (sw->day >= 60 && rule_is_leap(year));
		break;
	case ZONE_SWITCH_DAY:
		day += sw->day;
		break;
	}
	return day * RULE_DAY + sw->time;
}

struct rule_change {
	int64_t second;
	int offset; /* from then on */
};

/* All changes of the year that holds `second` and of those beside it, since hours up to 167 reach over a year's end,
 * in order. A summer time that ends when the next begins lasts all year: of two changes at once its start is the
 * later. */
static void rule_changes(const struct zone_rule *rule, int64_t second, struct rule_change out[RULE_CHANGES])
{
	int64_t local = second + rule->standard;
	int year, month, day, n = 0, i;

	civil_from_days(local / RULE_DAY - (local % RULE_DAY < 0), &year, &month, &day);
	for (i = year - 2; i <= year + 1; i++) {
		struct rule_change start = {rule_switch_at(i, &rule->start) - rule->standard, rule->summer};
		struct rule_change end = {rule_switch_at(i, &rule->end) - rule->summer, rule->standard};
		int k;

		for (k = 0; k < 2; k++) {
			struct rule_change change = k == 0 ? end : start;
			int at = n++;

			while (at > 0 && out[at - 1].second > change.second) {
				out[at] = out[at - 1];
				at--;
			}
			out[at] = change;
		}
	}
}

int zone_rule_offset(const struct zone_rule *rule, int64_t second)
{
	struct rule_change changes[RULE_CHANGES];
	int offset = rule->standard, i;

	if (!rule->changes)
		return rule->standard;
	rule_changes(rule, second, changes);
	for (i = 0; i < RULE_CHANGES && changes[i].second <= second; i++)
		offset = changes[i].offset;
	return offset;
}

int64_t zone_rule_next(const struct zone_rule *rule, int64_t second)
{
	struct rule_change changes[RULE_CHANGES];
	int i;

	if (!rule->changes)
		return INT64_MAX;
	rule_changes(rule, second, changes);
	for (i = 0; i < RULE_CHANGES; i++) {
		if (changes[i].second > second)
			return changes[i].second;
	}
	return INT64_MAX;
}
