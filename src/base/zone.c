/* An instant lies in a stretch of time with one offset: before the first change of
 * the table, between two, or past the last, where the rule of the footer goes on.
 * A wall-clock time is looked for in each stretch that could show it, in order, so
 * that times that occur twice, or never, need no case of their own.
 */
#include "config.h"

#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/zone_table.h"

enum { ZONE_NAME_MAX = 255, ZONE_FILE_MAX = 1 << 20, ZONE_SPREAD = 2 * 86400 };

/* int64_t microseconds end in the year 294247. Years are held to ZONE_FAR and instants a little nearer, so that the
 * units about the farthest instant still have a beginning and an end. */
#define ZONE_FAR    290000
#define ZONE_FAR_AT INT64_C(9000000000000000000)

static char zone_utc_name[] = "UTC";
static const struct zone zone_utc_itself = {.name = zone_utc_name};
static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zone_known;

const struct zone *zone_utc(void)
{
	return &zone_utc_itself;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

static int64_t zone_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The number of changes up to and at `second`. */
static size_t zone_changes_until(const struct zone *z, int64_t second)
{
	size_t low = 0, high = z->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->seconds[middle] <= second)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int zone_offset_at(const struct zone *z, int64_t second)
{
	size_t until = zone_changes_until(z, second);

	if (until == z->count && z->ruled)
		return zone_rule_offset(&z->rule, second);
	return until > 0 ? z->offsets[until - 1] : z->before;
}

/* The first change after `second`; INT64_MAX: there is none. */
static int64_t zone_next_change(const struct zone *z, int64_t second)
{
	size_t until = zone_changes_until(z, second);

	if (until < z->count)
		return z->seconds[until];
	return z->ruled ? zone_rule_next(&z->rule, second) : INT64_MAX;
}

int zone_offset(const struct zone *z, int64_t at)
{
	return zone_offset_at(z, zone_divide(at, SECOND));
}

int64_t civil_days(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = zone_divide(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void civil_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = zone_divide(z, 146097);
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

bool civil_valid(const struct civil *c)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;

	if (c->year < 0 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1)
		return false;
	if (c->day > lengths[c->month - 1] + (c->month == 2 && leap))
		return false;
	return c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 &&
	       c->second <= 59 && c->micro >= 0 && c->micro <= 999999;
}

void zone_civil(const struct zone *z, int64_t at, struct civil *out)
{
	int64_t second = zone_divide(at, SECOND);
	int64_t local = second + zone_offset_at(z, second);
	int64_t days = zone_divide(local, 86400);
	int rest = (int)(local - days * 86400);

	civil_from_days(days, &out->year, &out->month, &out->day);
	out->hour = rest / 3600;
	out->minute = rest / 60 % 60;
	out->second = rest % 60;
	out->micro = (int)(at % SECOND + (at % SECOND < 0 ? SECOND : 0));
}

/* The first second at which the clock shows `local` or more. As `local` grows so does this, whatever the clock does. */
static int64_t zone_reached(const struct zone *z, int64_t local)
{
	int64_t from = local - ZONE_SPREAD, until, candidate;

	for (;; from = until) {
		until = zone_next_change(z, from);
		candidate = local - zone_offset_at(z, from);
		if (candidate < until)
			return candidate > from ? candidate : from;
	}
}

/* Looks for a local second in the stretches of time that may show it. */
static enum zone_fold zone_find(const struct zone *z, int64_t local, int64_t *second)
{
	int64_t from = local - ZONE_SPREAD, until, candidate;
	int found = 0;

	for (; from <= local + ZONE_SPREAD; from = until) {
		until = zone_next_change(z, from);
		candidate = local - zone_offset_at(z, from);
		if (candidate >= from && candidate < until && found++ == 0)
			*second = candidate;
	}
	if (found == 0)
		*second = zone_reached(z, local);
	return found == 0 ? ZONE_NEVER : found == 1 ? ZONE_ONCE : ZONE_TWICE;
}

static int64_t zone_local(const struct civil *c)
{
	int year = c->year < -ZONE_FAR ? -ZONE_FAR : c->year > ZONE_FAR ? ZONE_FAR : c->year;

	return civil_days(year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

enum zone_fold zone_instant(const struct zone *z, const struct civil *c, int64_t *at)
{
	int64_t second = 0;
	enum zone_fold fold = zone_find(z, zone_local(c), &second);

	*at = second * SECOND + (fold != ZONE_NEVER ? c->micro : 0);
	return fold;
}

/* The first local day, counted from 1970-01-01, of the unit that is `step` after the one that holds `days`. */
static int64_t zone_unit_day(enum zone_unit unit, int64_t days, int step)
{
	int year, month, day;
	int64_t months;

	switch (unit) {
	case ZONE_WEEK:
		return zone_divide(days + 3, 7) * 7 - 3 + 7 * (int64_t)step;
	case ZONE_MONTH:
		civil_from_days(days, &year, &month, &day);
		months = (int64_t)year * 12 + month - 1 + step;
		return civil_days((int)zone_divide(months, 12), (int)(months - zone_divide(months, 12) * 12) + 1, 1);
	case ZONE_DAY:
		break;
	}
	return days + step;
}

static int64_t zone_midnight(const struct zone *z, int64_t days)
{
	struct civil c = {0};

	civil_from_days(days, &c.year, &c.month, &c.day);
	return zone_reached(z, zone_local(&c)) * SECOND;
}

/* The first day of the unit that holds `at`. A clock put back over midnight shows the old date again after the new day
 * has begun; a date that was skipped begins when the next does. */
static int64_t zone_unit_of(const struct zone *z, enum zone_unit unit, int64_t at)
{
	int64_t second, first;

	at = at < -ZONE_FAR_AT ? -ZONE_FAR_AT : at > ZONE_FAR_AT ? ZONE_FAR_AT : at;
	second = zone_divide(at, SECOND);
	first = zone_unit_day(unit, zone_divide(second + zone_offset_at(z, second), 86400), 0);
	while (zone_midnight(z, first) > at)
		first = zone_unit_day(unit, first, -1);
	while (zone_midnight(z, zone_unit_day(unit, first, 1)) <= at)
		first = zone_unit_day(unit, first, 1);
	return first;
}

int64_t zone_floor(const struct zone *z, enum zone_unit unit, int64_t at)
{
	return zone_midnight(z, zone_unit_of(z, unit, at));
}

int64_t zone_step(const struct zone *z, enum zone_unit unit, int64_t at, int n)
{
	int64_t first = zone_unit_of(z, unit, at);
	int64_t start = zone_midnight(z, first);
	int64_t day = zone_unit_day(unit, first, n);

	while (n < 0 && zone_midnight(z, day) >= start)
		day = zone_unit_day(unit, day, -1);
	return zone_midnight(z, day);
}

/* "+05:45", "-03", "+0530": fills the offset. */
static bool zone_fixed_parse(const char *name, int *offset)
{
	size_t n = strlen(name), i, digits = 0;
	int d[4] = {0};

	if ((name[0] != '+' && name[0] != '-') || n > 6)
		return false;
	for (i = 1; i < n; i++) {
		if (name[i] >= '0' && name[i] <= '9' && digits < 4)
			d[digits++] = name[i] - '0';
		else if (name[i] != ':' || i != 3)
			return false;
	}
	if (!(digits == 2 && n == 3) && digits != 4)
		return false;
	if (d[0] * 10 + d[1] > 23 || d[2] > 5)
		return false;
	*offset = (d[0] * 10 + d[1]) * 3600 + (d[2] * 10 + d[3]) * 60;
	if (name[0] == '-')
		*offset = -*offset;
	return true;
}

/* Each part of a name is a file name of the database; none leads out of its folder. */
static bool zone_name_valid(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_./";
	size_t n = strlen(name);

	if (n == 0 || n > ZONE_NAME_MAX || strspn(name, letters) != n)
		return false;
	return name[0] != '/' && name[n - 1] != '/' && name[0] != '.' && strstr(name, "/.") == NULL &&
	       strstr(name, "//") == NULL && strstr(name, "..") == NULL;
}

/* All of a file of modest size. NULL with the cause in errno. */
static unsigned char *zone_file_bytes(const char *path, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), cause = EINVAL;
	unsigned char *bytes = NULL;
	struct stat st;
	ssize_t got = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > ZONE_FILE_MAX)
		goto out;
	bytes = memory_alloc((size_t)st.st_size);
	for (*n = 0; *n < (size_t)st.st_size; *n += (size_t)got) {
		got = read(fd, bytes + *n, (size_t)st.st_size - *n);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR) {
			cause = errno;
			free(bytes);
			bytes = NULL;
			goto out;
		}
		if (got < 0)
			got = 0;
	}
out:
	close(fd);
	if (bytes == NULL)
		errno = cause;
	return bytes;
}

static bool zone_unknown(const char *name, const char *why, struct error *err)
{
	error_set(err, ERROR_USAGE, "could not find time zone \"%s\": %s", name, why);
	return error_hint(err, "write a name such as Asia/Jakarta or Europe/Berlin, an offset such as +05:45, or UTC");
}

static const char *zone_cause(int cause)
{
	if (cause == ENOENT || cause == ENOTDIR)
		return N_("there is no such zone on this system (package tzdata)");
	return cause == EINVAL ? N_("it is no time zone file") : strerror(cause);
}

static struct zone *zone_load(const char *name, struct error *err)
{
	const char *folder = getenv("TZDIR");
	unsigned char *bytes;
	struct zone *z;
	char *path;
	size_t n = 0;
	int cause;

	path = memory_format("%s/%s", folder != NULL && folder[0] != '\0' ? folder : "/usr/share/zoneinfo", name);
	bytes = zone_file_bytes(path, &n);
	cause = errno;
	free(path);
	if (bytes == NULL) {
		zone_unknown(name, zone_cause(cause), err);
		return NULL;
	}
	z = zone_read(name, bytes, n, err);
	free(bytes);
	return z;
}

static struct zone *zone_make(const char *name, struct error *err)
{
	struct zone *z;
	int offset;

	if (zone_fixed_parse(name, &offset)) {
		z = memory_zero(1, sizeof *z);
		z->name = memory_text(name);
		z->before = offset;
		return z;
	}
	if (!zone_name_valid(name)) {
		zone_unknown(name, "this is no name of a zone", err);
		return NULL;
	}
	return zone_load(name, err);
}

const struct zone *zone_get(const char *name, struct error *err)
{
	struct zone *z;

	if (strcmp(name, "UTC") == 0)
		return zone_utc();
	pthread_mutex_lock(&zone_lock);
	for (z = zone_known; z != NULL; z = z->next) {
		if (strcmp(z->name, name) == 0)
			break;
	}
	if (z == NULL) {
		z = zone_make(name, err);
		if (z != NULL) {
			z->next = zone_known;
			zone_known = z;
		}
	}
	pthread_mutex_unlock(&zone_lock);
	return z;
}
