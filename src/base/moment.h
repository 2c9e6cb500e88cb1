/* moment: times and durations as people write and read them. */
#ifndef TD_BASE_MOMENT_H
#define TD_BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;
struct zone;

enum moment_use { MOMENT_AS_OF, MOMENT_FROM, MOMENT_TO };

/* RFC 3339, or YYYY-MM-DD[ HH:MM[:SS[.ffffff]]] in zone, or now, today,
 * yesterday, or HH:MM[:SS[.ffffff]] of today (or behind "today" or "yesterday" of that day), or an offset back from now: -2d (days of 24 hours), -90m, -1mo (the
 * same local time a month ago). What moment_local prints is read too; digits
 * beyond microseconds are cut off. A date alone (today and yesterday too) is its
 * last microsecond for MOMENT_AS_OF (the day of now: now), its start otherwise. A
 * local time that occurs twice is the first; one that does not exist is an error
 * (ERROR_USAGE) that says so. */
bool moment_parse(const char *text, const struct zone *zone, int64_t now, enum moment_use use, int64_t *out, struct error *err);

/* An RFC 3339 time with its offset and nothing else: false when it is not one, or past the year 9999. */
bool moment_rfc3339(const char *text, int64_t *out);

#define MOMENT_SIZE 40
/* 2026-11-20T16:41:00.000000Z; years beyond 9999 and TIME_NONE give "". */
const char *moment_utc(int64_t at, char out[MOMENT_SIZE]);
/* 2026-11-20 23:41:00.000000 +07:00, and 2026-11-20 23:41; "" as above. */
const char *moment_local(int64_t at, const struct zone *zone, char out[MOMENT_SIZE]);
const char *moment_minute(int64_t at, const struct zone *zone, char out[MOMENT_SIZE]);

/* 10s 5m 1h 1d 1w 1mo: microseconds, or months when months > 0. d and w are
 * given as microseconds (86400 s, 7 days) and also counted in days. */
struct duration {
	int64_t micro; /* 0 for months */
	int days;      /* the number of days when written in d or w */
	int months;    /* the number of months when written in mo */
};
/* Whole numbers, 0 included, up to 10,000 years. */
bool duration_parse(const char *text, struct duration *out, struct error *err);
/* 5m, 90s, 1h, 1d, 1w, 1mo: the shortest exact form. */
const char *duration_text(const struct duration *d, char out[MOMENT_SIZE]);
/* An age in words for a screen: 2s, 48s, 12m, 3h, 5d. */
const char *duration_short(int64_t micro, char out[MOMENT_SIZE]);

#endif
