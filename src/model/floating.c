#include "config.h"

#include "model/floating.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static locale_t plain_locale;
static pthread_once_t plain_once = PTHREAD_ONCE_INIT;

static void plain_make(void)
{
	plain_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (plain_locale == (locale_t)0)
		memory_exhausted();
}

static locale_t plain(void)
{
	pthread_once(&plain_once, plain_make);
	return plain_locale;
}

bool floating_parse(const char *text, size_t n, bool single, double *out)
{
	char copy[400]; /* DOUBLE(255,30) and a sign */
	char *end;
	if (n == 0 || n >= sizeof copy)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	/* Read as a double first, a float may be rounded twice. */
	*out = single ? (double)strtof_l(copy, &end, plain()) : strtod_l(copy, &end, plain());
	return end == copy + n && isfinite(*out);
}

/* digits "d.ddde+NN" of v, as few as give the number again. */
static void floating_shortest(double v, bool single, char out[FLOATING_DIGITS])
{
	/* FLT_DIG or DBL_DIG digits and fewer are found at once: the rest of them are zeros then. Numbers below the
	 * normal ones have less precision than that, and begin at one. */
	int digits = single ? (v < 0x1p-126 ? 1 : 6) : v < 0x1p-1022 ? 1 : 15;
	int most = single ? 9 : 17;
	locale_t old = uselocale(plain());
	for (;; digits++) {
		snprintf(out, FLOATING_DIGITS, "%.*e", digits - 1, v);
		if (digits == most || (single ? strtof(out, NULL) == (float)v : strtod(out, NULL) == v))
			break;
	}
	uselocale(old);
}

size_t floating_digits(double v, bool single, char digits[FLOATING_DIGITS], int *exponent)
{
	char text[FLOATING_DIGITS];
	floating_shortest(v, single, text);
	size_t n = 0;
	const char *p = text;
	for (; *p != 'e'; p++) {
		if (*p != '.')
			digits[n++] = *p;
	}
	*exponent = atoi(p + 1);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	return n;
}

static size_t floating_plain(const char *digits, int count, int exponent, char *to)
{
	char *p = to;
	if (exponent < 0) {
		*p++ = '0';
		*p++ = '.';
		for (int i = exponent + 1; i < 0; i++)
			*p++ = '0';
	}
	for (int i = 0; i < count || i <= exponent; i++) {
		if (i > 0 && i == exponent + 1)
			*p++ = '.';
		*p++ = i < count ? digits[i] : '0';
	}
	return (size_t)(p - to);
}

static size_t floating_scientific(const char *digits, int count, int exponent, char *to)
{
	char *p = to;
	*p++ = digits[0];
	if (count > 1)
		*p++ = '.';
	p = (char *)memcpy(p, digits + 1, (size_t)(count - 1)) + (count - 1);
	return (size_t)(p - to) + (size_t)snprintf(p, 8, "e%+03d", exponent);
}

size_t floating_text(double v, bool single, char out[FLOATING_TEXT])
{
	char digits[FLOATING_DIGITS];
	int exponent;
	size_t n = 0;
	if (v < 0)
		out[n++] = '-';
	int count = (int)floating_digits(fabs(v), single, digits, &exponent);
	if (exponent >= -5 && exponent <= 20)
		return n + floating_plain(digits, count, exponent, out + n);
	return n + floating_scientific(digits, count, exponent, out + n);
}
