#include "config.h"

#include "ui/kit/figures.h"

#include <ctype.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/moment.h"
#include "base/text.h"
#include "base/zone.h"

enum { FIGURES_SIGN = 8, FIGURES_GROUPS = 8 };

/* How one kind of number is written. */
struct figures_style {
	char point[FIGURES_SIGN], separator[FIGURES_SIGN];
	char groups[FIGURES_GROUPS]; /* digits of each group from the right, the last one again and again; CHAR_MAX: no
					more */
};

static struct {
	struct figures_style number, money;
	char order[4]; /* "dmy" */
	char between;
} figures = {
	.number = {".", ",", "\3"},
	.money = {".", "", ""},
	.order = "ymd",
	.between = '-',
};

/* ---- what the locale says ---- */

static bool figures_is_ascii(const char *s)
{
	while (*s && (unsigned char)*s < 0x80)
		s++;
	return !*s;
}

/* A sign of the locale, in UTF-8 and one cell wide; or what stands for it. */
static void figures_sign(char out[FIGURES_SIGN], const char *sign, bool ascii, char otherwise)
{
	size_t n = strlen(sign);
	bool fits = n < FIGURES_SIGN && text_valid(sign, n) && text_width(sign, n) <= 1;

	if (fits && (!ascii || figures_is_ascii(sign))) {
		memcpy(out, sign, n + 1);
		return;
	}
	/* The apostrophe of Switzerland, in its typographic form. */
	out[0] = strcmp(sign, "\xe2\x80\x99") == 0 ? '\'' : otherwise;
	out[1] = '\0';
}

static void figures_style(struct figures_style *s, const char *point, const char *separator, const char *groups,
			  bool ascii)
{
	figures_sign(s->point, *point ? point : ".", ascii, '.');
	figures_sign(s->separator, separator, ascii, ' ');
	snprintf(s->groups, sizeof s->groups, "%s", groups);
}

/* One part of a date: "%d", "%-m", "%OY"; 0: something else. */
static char figures_part(const char **format)
{
	const char *at = *format;

	if (*at++ != '%')
		return 0;
	at += strspn(at, "-_0O");
	*format = at + 1;
	switch (*at) {
	case 'd':
	case 'e':
		return 'd';
	case 'm':
		return 'm';
	case 'y':
	case 'Y':
		return 'y';
	default:
		return 0;
	}
}

/* "%d/%m/%Y": order and separator. False for what cannot be written in ten cells. */
static bool figures_date_format(const char *format)
{
	char order[4] = "", between = 0;

	if (strcmp(format, "%D") == 0)
		format = "%m/%d/%y";
	for (int i = 0; i < 3; i++) {
		char part = figures_part(&format);
		size_t n = strcspn(format, "%");

		if (!part || strchr(order, part))
			return false;
		order[i] = part;
		if (i == 2)
			break;
		if (!n || !strchr("/.-", *format) || (between && between != *format) || n > 2 ||
		    (n == 2 && format[1] != ' '))
			return false;
		between = *format;
		format += n;
	}
	if (strcmp(format, "") != 0 && strcmp(format, ".") != 0)
		return false;
	memcpy(figures.order, order, sizeof order);
	figures.between = between;
	return true;
}

/* Whether the environment, or what the system knows of it, leaves dates to C, whose own are American. */
static bool figures_dates_of_c(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_TIME", "LANG"};
	const char *name = NULL;

	for (size_t i = 0; i < sizeof variables / sizeof *variables && (!name || !*name); i++)
		name = getenv(variables[i]);
	if (!name || !*name || strcmp(name, "POSIX") == 0 || (*name == 'C' && (!name[1] || name[1] == '.')))
		return true;
	locale_t there = newlocale(LC_TIME_MASK, "", (locale_t)0);
	if (there)
		freelocale(there);
	return !there;
}

/* LC_ALL=en_GB is one thing, LC_TIME alone another: a category that the system does not have is that of C. */
static locale_t figures_locale(void)
{
	static const int masks[] = {LC_NUMERIC_MASK, LC_MONETARY_MASK, LC_TIME_MASK};
	locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	for (size_t i = 0; made && i < sizeof masks / sizeof *masks; i++) {
		locale_t more = newlocale(masks[i], "", made);

		if (more)
			made = more;
	}
	return made;
}

void figures_start(enum figures_dates dates, bool ascii)
{
	locale_t mine = figures_locale(), before;
	const struct lconv *c;
	bool plain;

	figures.number = (struct figures_style){".", ",", "\3"};
	figures.money = (struct figures_style){".", "", ""};
	memcpy(figures.order, "ymd", sizeof "ymd");
	figures.between = '-';
	if (!mine)
		return;
	before = uselocale(mine);
	c = localeconv();
	/* C groups nothing; on a screen we do. A locale that has a separator, or another point, is taken at its word.
	 */
	plain = !*c->thousands_sep && strcmp(c->decimal_point, ".") == 0;
	if (!plain)
		figures_style(&figures.number, c->decimal_point, c->thousands_sep, c->grouping, ascii);
	if (*c->mon_decimal_point)
		figures_style(&figures.money, c->mon_decimal_point, c->mon_thousands_sep, c->mon_grouping, ascii);
	else if (!plain)
		figures.money = figures.number;
	if (dates == FIGURES_LOCALE && !figures_dates_of_c())
		figures_date_format(nl_langinfo_l(D_FMT, mine));
	uselocale(before);
	freelocale(mine);
}

/* ---- numbers ---- */

/* Marks before which digits a separator stands, of n digits in a row; true in marks[i]: before digit i. */
static void figures_marks(const struct figures_style *s, size_t n, bool *marks)
{
	const char *group = s->groups;
	size_t left = n;

	memset(marks, 0, n * sizeof *marks);
	while (*s->separator && *group > 0 && *group != CHAR_MAX && (size_t)*group < left) {
		left -= (size_t)*group;
		marks[left] = true;
		if (group[1])
			group++;
	}
}

/* digits: [-]123[.45]; appended in the style. False: it is no decimal, and nothing was appended. */
static bool figures_write(struct buffer *out, const struct figures_style *s, const char *digits, size_t n)
{
	enum { MOST = 128 };
	bool marks[MOST];
	size_t sign = n > 0 && *digits == '-', whole = 0, places = 0;

	while (sign + whole < n && isdigit((unsigned char)digits[sign + whole]))
		whole++;
	if (sign + whole < n && digits[sign + whole] == '.')
		while (sign + whole + 1 + places < n && isdigit((unsigned char)digits[sign + whole + 1 + places]))
			places++;
	if (!whole || whole > MOST || sign + whole + (places ? 1 + places : 0) != n)
		return false;
	figures_marks(s, whole, marks);
	buffer_add(out, digits, sign);
	for (size_t i = 0; i < whole; i++) {
		if (marks[i])
			buffer_text_add(out, s->separator);
		buffer_char(out, digits[sign + i]);
	}
	if (places) {
		buffer_text_add(out, s->point);
		buffer_add(out, digits + sign + whole + 1, places);
	}
	return true;
}

static const char *figures_text(const char *digits, char out[FIGURES_SIZE])
{
	struct buffer b = {0};
	bool written = figures_write(&b, &figures.number, digits, strlen(digits));

	snprintf(out, FIGURES_SIZE, "%s", written && b.len < FIGURES_SIZE ? buffer_text(&b) : digits);
	buffer_done(&b);
	return out;
}

const char *figures_count(int64_t n, char out[FIGURES_SIZE])
{
	char digits[32];

	snprintf(digits, sizeof digits, "%lld", (long long)n);
	return figures_text(digits, out);
}

const char *figures_real(double x, int places, char out[FIGURES_SIZE])
{
	char digits[FIGURES_SIZE];

	snprintf(digits, sizeof digits, "%.*f", places, x);
	return figures_text(digits, out);
}

void figures_decimal_text(struct buffer *out, const char *s, size_t n)
{
	if (!figures_write(out, &figures.money, s, n))
		buffer_add(out, s, n);
}

/* ---- dates ---- */

static void figures_day(const struct civil *c, char out[FIGURES_DATE + 1])
{
	char *at = out;

	for (const char *part = figures.order; *part; part++) {
		int value = *part == 'y' ? c->year : *part == 'm' ? c->month : c->day;
		int width = *part == 'y' ? 4 : 2;

		if (part != figures.order)
			*at++ = figures.between;
		for (int i = width - 1; i >= 0; i--, value /= 10)
			at[i] = (char)('0' + value % 10);
		at += width;
	}
	*at = '\0';
}

static const char *figures_cut(int64_t at, const struct zone *zone, char out[FIGURES_SIZE], int cells)
{
	char day[FIGURES_DATE + 1];
	struct civil c;

	out[0] = '\0';
	if (at == TIME_NONE || at >= TIME_OPEN)
		return out;
	zone_civil(zone, at, &c);
	figures_day(&c, day);
	snprintf(out, FIGURES_SIZE, "%s %02d:%02d:%02d", day, c.hour, c.minute, c.second);
	out[cells] = '\0';
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

/* "YYYY-MM-DD" at s; n digits at `at`. */
static int figures_digits(const char *s, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return -1;
		value = value * 10 + (s[i] - '0');
	}
	return value;
}

static bool figures_is_date(const char *s, size_t n, struct civil *c)
{
	if (n < FIGURES_DATE || s[4] != '-' || s[7] != '-' || (n > FIGURES_DATE && s[10] != ' ' && s[10] != 'T'))
		return false;
	*c = (struct civil){
		.year = figures_digits(s, 4), .month = figures_digits(s + 5, 2), .day = figures_digits(s + 8, 2)};
	return civil_valid(c);
}

void figures_date_text(struct buffer *out, const char *s, size_t n)
{
	char day[FIGURES_DATE + 1];
	struct civil c;

	if (figures_is_date(s, n, &c)) {
		figures_day(&c, day);
		buffer_add(out, day, FIGURES_DATE);
		s += FIGURES_DATE;
		n -= FIGURES_DATE;
	}
	buffer_add(out, s, n);
}
