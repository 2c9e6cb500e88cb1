/* zone: civil time in any IANA zone, several zones in one process.
 *
 * libc knows one zone a process (TZ), so this reads the compiled files of
 * /usr/share/zoneinfo (or $TZDIR) itself: TZif versions 1 to 4, RFC 9636, with
 * the POSIX TZ footer for times past the table. Names may not contain ".."
 * or begin with "/". "UTC" needs no file; fixed offsets "+05:45" are zones too.
 * Files that count leap seconds ("right/...") are refused.
 * Zones are cached for the life of the process; zone_get is thread-safe and
 * what it returns is immutable.
 */
#ifndef TD_BASE_ZONE_H
#define TD_BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct zone;

/* A wall-clock time, proleptic Gregorian; month and day from 1. */
struct civil {
	int year, month, day, hour, minute, second, micro;
};

enum zone_fold { ZONE_ONCE, ZONE_TWICE, ZONE_NEVER };

const struct zone *zone_get(const char *name, struct error *err); /* NULL: no such zone */
const struct zone *zone_utc(void);
const char *zone_name(const struct zone *z);
/* Seconds east of UTC in force at an instant. */
int zone_offset(const struct zone *z, int64_t at);
void zone_civil(const struct zone *z, int64_t at, struct civil *out);
/* The instant of a wall-clock time. One that occurs twice gives the first; one
 * that does not exist gives the instant the clock jumped to, and ZONE_NEVER. */
enum zone_fold zone_instant(const struct zone *z, const struct civil *c, int64_t *at);
/* First instant of the local day, ISO week (Monday) or month that holds `at`;
 * where midnight does not exist, the first instant after it. Units follow each
 * other without gap or overlap: zone_floor(at) <= at < zone_step(at, 1), also
 * where a clock is put back over midnight (the new day begins when midnight is
 * reached first) and where a date was skipped (it has no unit). */
enum zone_unit { ZONE_DAY, ZONE_WEEK, ZONE_MONTH };
int64_t zone_floor(const struct zone *z, enum zone_unit unit, int64_t at);
/* The first instant of the unit n units after (or before) the one that holds `at`. */
int64_t zone_step(const struct zone *z, enum zone_unit unit, int64_t at, int n);

/* A zone from the bytes of a TZif file, without the cache; for zone_get itself and for tests. The caller frees it. */
struct zone *zone_read(const char *name, const void *data, size_t n, struct error *err);
void zone_free(struct zone *z);

/* Days since 1970-01-01 of a civil date, and back (Howard Hinnant's algorithms). */
int64_t civil_days(int year, int month, int day);
void civil_from_days(int64_t days, int *year, int *month, int *day);
bool civil_valid(const struct civil *c); /* years 0 to 9999; a second 60 is not valid */

#endif
