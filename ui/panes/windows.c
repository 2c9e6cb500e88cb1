#include "config.h"

#include "ui/panes/windows.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "replica/query.h"

#define WINDOWS_STEP (5 * SECOND) /* windows and their slides are multiples of it */

enum { WINDOWS_TEXT = 32, WINDOWS_SHARES = 3, WINDOWS_MONTH = 30 /* days, about */ };

static const struct duration windows_list[] = {
	{.micro = 10 * SECOND}, {.micro = 30 * SECOND}, {.micro = MINUTE},         {.micro = 5 * MINUTE},
	{.micro = 15 * MINUTE}, {.micro = 30 * MINUTE}, {.micro = HOUR},           {.micro = 2 * HOUR},
	{.micro = 6 * HOUR},    {.micro = 12 * HOUR},   {.micro = DAY, .days = 1}, {.micro = 7 * DAY, .days = 7},
	{.months = 1},
};
enum { WINDOWS_COUNT = sizeof(windows_list) / sizeof(windows_list[0]) };

static int64_t windows_length(const struct duration *d)
{
	return d->months ? WINDOWS_MONTH * DAY : d->micro;
}

struct duration windows_next(const struct duration *window, int step)
{
	int64_t length = windows_length(window);
	for (int i = 0; step > 0 && i < WINDOWS_COUNT; i++)
		if (windows_length(&windows_list[i]) > length)
			return windows_list[i];
	for (int i = WINDOWS_COUNT - 1; step < 0 && i >= 0; i--)
		if (windows_length(&windows_list[i]) < length)
			return windows_list[i];
	return *window;
}

static bool windows_parts(const struct duration *window, int share)
{
	return !window->days && !window->months && share > 0 && window->micro % (share * WINDOWS_STEP) == 0;
}

struct duration windows_slide(const struct duration *window, int share)
{
	struct duration slide = *window;
	if (windows_parts(window, share))
		slide.micro /= share;
	return slide;
}

int windows_share(const struct duration *window, int share)
{
	do
		share = share < WINDOWS_SHARES ? share + 1 : 1;
	while (share > 1 && !windows_parts(window, share));
	return share;
}

enum windows_said windows_parse(const char *text, struct duration *window, int *share, struct error *err)
{
	char first[WINDOWS_TEXT] = "", second[WINDOWS_TEXT] = "", more[2] = "";
	struct duration w, s = {0};
	if (sscanf(text, " %31[^/ ] / %31s %1s", first, second, more) < 2)
		sscanf(text, " %31s %31s %1s", first, second, more);
	if (!duration_parse(first, &w, NULL) || (second[0] && !duration_parse(second, &s, NULL)) || more[0])
		return WINDOWS_NONE;
	/* 24h is a window of hours: that of the day's is 1d. */
	if (!query_window_check(&w, &s, err))
		return WINDOWS_BAD;
	*window = w;
	*share = w.days || w.months ? 1 : (int)(w.micro / s.micro);
	return WINDOWS_GOOD;
}

/* ---- units ---- */

static const struct {
	struct duration length;
	int64_t up_to; /* of windows this long */
	const char *all, *one;
} windows_units[UNIT_COUNT] = {
	[UNIT_TEN_SECONDS] = {{.micro = 10 * SECOND},
			      30 * SECOND,
			      N_("All stores, registrations per 10 seconds"),
			      N_("Registrations per 10 seconds")},
	[UNIT_MINUTE] = {{.micro = MINUTE},
			 15 * MINUTE,
			 N_("All stores, registrations per minute"),
			 N_("Registrations per minute")},
	[UNIT_FIVE] = {{.micro = 5 * MINUTE},
		       HOUR,
		       N_("All stores, registrations per 5 minutes"),
		       N_("Registrations per 5 minutes")},
	[UNIT_QUARTER] = {{.micro = 15 * MINUTE},
			  3 * HOUR,
			  N_("All stores, registrations per 15 minutes"),
			  N_("Registrations per 15 minutes")},
	[UNIT_HOUR] = {{.micro = HOUR}, DAY, N_("All stores, registrations per hour"), N_("Registrations per hour")},
	[UNIT_DAY] = {{.micro = DAY, .days = 1},
		      INT64_MAX,
		      N_("All stores, registrations per day"),
		      N_("Registrations per day")},
};

enum windows_unit windows_unit(const struct duration *window)
{
	enum windows_unit unit = 0;
	while (windows_length(window) > windows_units[unit].up_to)
		unit++;
	return unit;
}

struct duration windows_unit_length(enum windows_unit unit)
{
	return windows_units[unit].length;
}

const char *windows_unit_title(enum windows_unit unit, bool all)
{
	return all ? _(windows_units[unit].all) : _(windows_units[unit].one);
}
