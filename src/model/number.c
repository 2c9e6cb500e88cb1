#include "config.h"

#include "model/number.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "model/value.h"

/* Beyond these an exponent only makes text that nobody could have meant as an amount. */
#define DECIMAL_GROWTH   1000
#define DECIMAL_EXPONENT 1000000

static bool number_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t number_run(const char *s, size_t n)
{
	size_t i = 0;
	while (i < n && number_is_digit(s[i]))
		i++;
	return i;
}

/* digits: no sign, no leading zero. */
static bool number_fits(const char *digits, size_t n, bool negative, int64_t *out)
{
	if (n > 19)
		return false;
	uint64_t u = 0; /* 19 digits always fit in 64 bits without sign */
	for (size_t i = 0; i < n; i++)
		u = u * 10 + (uint64_t)(digits[i] - '0');
	if (u > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return false;
	*out = negative ? (int64_t)(0 - u) : (int64_t)u;
	return true;
}

bool number_integer(const char *text, size_t n, struct arena *arena, struct value *out)
{
	size_t sign = n > 0 && (text[0] == '-' || text[0] == '+');
	bool negative = sign && text[0] == '-';
	const char *digits = text + sign;
	size_t count = n - sign;
	if (count == 0 || number_run(digits, count) != count)
		return false;
	while (count > 1 && digits[0] == '0') {
		digits++;
		count--;
	}
	int64_t i;
	if (number_fits(digits, count, negative, &i)) {
		*out = value_integer(i);
		return true;
	}
	if (!negative) {
		*out = value_text(digits, count);
	} else if (digits == text + 1) {
		*out = value_text(text, n);
	} else {
		char *p = arena_copy(arena, digits - 1, count + 1);
		p[0] = '-';
		*out = value_text(p, count + 1);
	}
	return true;
}

bool number_integer_is_canonical(const char *text, size_t n)
{
	size_t sign = n > 0 && text[0] == '-';
	int64_t i;
	return n > sign && number_run(text + sign, n - sign) == n - sign && text[sign] != '0' &&
	       !number_fits(text + sign, n - sign, sign, &i);
}

/* A decimal taken apart; the digits stay where they are. */
struct decimal {
	const char *whole, *fraction;
	size_t whole_len, fraction_len;
	int64_t exponent;
	bool negative, plus, point, scientific;
};

static bool decimal_exponent(const char *s, size_t n, int64_t *out)
{
	size_t sign = n > 0 && (s[0] == '-' || s[0] == '+');
	if (n == sign || number_run(s + sign, n - sign) != n - sign)
		return false;
	int64_t e = 0;
	for (size_t i = sign; i < n && e <= DECIMAL_EXPONENT; i++)
		e = e * 10 + (s[i] - '0');
	*out = sign && s[0] == '-' ? -e : e;
	return true;
}

static bool decimal_split(const char *s, size_t n, struct decimal *d)
{
	*d = (struct decimal){0};
	size_t i = 0;
	if (n > 0 && (s[0] == '-' || s[0] == '+')) {
		d->negative = s[0] == '-';
		d->plus = s[0] == '+';
		i = 1;
	}
	d->whole = s + i;
	d->whole_len = number_run(s + i, n - i);
	i += d->whole_len;
	d->fraction = s + i;
	if (i < n && s[i] == '.') {
		d->point = true;
		d->fraction = s + ++i;
		d->fraction_len = number_run(s + i, n - i);
		i += d->fraction_len;
	}
	if (d->whole_len + d->fraction_len == 0)
		return false;
	if (i == n)
		return true;
	d->scientific = true;
	return (s[i] == 'e' || s[i] == 'E') && decimal_exponent(s + i + 1, n - i - 1, &d->exponent);
}

static char decimal_digit(const struct decimal *d, int64_t i)
{
	if (i < 0 || i >= (int64_t)(d->whole_len + d->fraction_len))
		return '0';
	return (size_t)i < d->whole_len ? d->whole[i] : d->fraction[(size_t)i - d->whole_len];
}

static bool decimal_is_zero(const struct decimal *d)
{
	for (size_t i = 0; i < d->whole_len; i++)
		if (d->whole[i] != '0')
			return false;
	for (size_t i = 0; i < d->fraction_len; i++)
		if (d->fraction[i] != '0')
			return false;
	return true;
}

static bool decimal_is_canonical(const struct decimal *d, int scale)
{
	if (d->plus || d->scientific || d->whole_len == 0 || (d->whole_len > 1 && d->whole[0] == '0'))
		return false;
	if (d->point && d->fraction_len == 0)
		return false;
	if (scale >= 0 ? d->fraction_len != (size_t)scale : d->point && d->fraction[d->fraction_len - 1] == '0')
		return false;
	return !d->negative || !decimal_is_zero(d);
}

bool number_decimal_is_canonical(const char *text, size_t n, int scale)
{
	struct decimal d;
	return decimal_split(text, n, &d) && decimal_is_canonical(&d, scale);
}

/* Writes the digits from index `first` to the point, at least one, then `fraction` digits. */
static struct value decimal_write(const struct decimal *d, int64_t first, int64_t point, int64_t fraction,
				  struct arena *arena)
{
	int64_t whole = point > first ? point - first : 0;
	char *out = arena_alloc(arena, (size_t)(whole + fraction) + 4);
	char *p = out;
	if (d->negative)
		*p++ = '-';
	if (whole == 0)
		*p++ = '0';
	for (int64_t i = point - whole; i < point; i++)
		*p++ = decimal_digit(d, i);
	if (fraction > 0)
		*p++ = '.';
	for (int64_t i = point; i < point + fraction; i++)
		*p++ = decimal_digit(d, i);
	*p = '\0';
	return value_text(out, (size_t)(p - out));
}

bool number_decimal(const char *text, size_t n, int scale, struct arena *arena, struct value *out)
{
	struct decimal d;
	if (!decimal_split(text, n, &d))
		return false;
	if (decimal_is_canonical(&d, scale)) {
		*out = value_text(text, n);
		return true;
	}
	int64_t digits = (int64_t)(d.whole_len + d.fraction_len);
	int64_t first = 0, last = digits, point = (int64_t)d.whole_len + d.exponent;
	while (first < last && decimal_digit(&d, first) == '0')
		first++;
	while (last > first && decimal_digit(&d, last - 1) == '0')
		last--;
	if (first == last) { /* zero has no sign, and its exponent means nothing */
		d.negative = false;
		first = last = point = digits;
	}
	int64_t fraction = last > point ? last - point : 0;
	if (scale >= 0 && fraction > scale)
		return false;
	if (point - digits > DECIMAL_GROWTH || fraction > digits + DECIMAL_GROWTH)
		return false;
	*out = decimal_write(&d, first, point, scale >= 0 ? scale : fraction, arena);
	return true;
}
