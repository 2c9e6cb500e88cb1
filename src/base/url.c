#include "config.h"

#include "base/url.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

static int url_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *url_decode(const char *s, size_t n)
{
	struct buffer out = {0};

	for (size_t i = 0; i < n; i++) {
		int high, low;

		if (s[i] != '%') {
			buffer_char(&out, s[i]);
			continue;
		}
		high = i + 2 < n ? url_digit(s[i + 1]) : -1;
		low = i + 2 < n ? url_digit(s[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0) {
			buffer_done(&out);
			return NULL;
		}
		buffer_char(&out, (char)(high << 4 | low));
		i += 2;
	}
	return out.data ? buffer_take(&out) : memory_text("");
}

/* ---- what may be shown ---- */

/* One pass serves both questions: it appends what may be shown, and tells whether anything may not. */

/* [USER[:PASSWORD]@]HOST[:PORT],...: a password may hold an '@' of its own, a host cannot. */
static bool url_authority(struct buffer *out, const char *s, size_t n)
{
	const char *at = memrchr(s, '@', n);
	const char *colon = at ? memchr(s, ':', (size_t)(at - s)) : NULL;

	if (!colon) {
		buffer_add(out, s, n);
		return false;
	}
	buffer_add(out, s, (size_t)(colon - s));
	buffer_add(out, at, n - (size_t)(at - s));
	return at - colon > 1;
}

static bool url_name_secret(const char *name)
{
	static const char *const names[] = {"password", "sslpassword", "oauth_client_secret", "passwd", "pwd"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* libpq decodes names as well. */
static bool url_parameter_secret(const char *s, size_t n)
{
	const char *equals = memchr(s, '=', n);
	char *name = equals ? url_decode(s, (size_t)(equals - s)) : NULL;
	bool secret = name && url_name_secret(name);

	free(name);
	return secret;
}

static bool url_parameters(struct buffer *out, const char *s)
{
	bool secret = false;
	char before = '?';

	for (;;) {
		size_t n = strcspn(s, "&");

		if (url_parameter_secret(s, n)) {
			secret = true;
		} else {
			buffer_char(out, before);
			buffer_add(out, s, n);
			before = '&';
		}
		if (!s[n])
			return secret;
		s += n + 1;
	}
}

#define URL_BLANKS " \t\n\v\f\r"

/* Behind a word's value: 'in quotes' or up to a blank, a backslash before either. */
static const char *url_word_end(const char *s)
{
	bool quoted = *s == '\'';

	for (s += quoted; *s && !strchr(quoted ? "'" : URL_BLANKS, *s); s++)
		s += *s == '\\' && s[1];
	return s + (quoted && *s);
}

/* NAME = VALUE NAME=VALUE ...: where the = is missing, what follows a password's name is one all the same. */
static bool url_words(struct buffer *out, const char *s)
{
	bool secret = false;

	while (*s) {
		const char *name = s + strspn(s, URL_BLANKS), *end = name + strcspn(name, "=" URL_BLANKS);
		const char *value = end + strspn(end, URL_BLANKS);
		char *text = memory_text_n(name, (size_t)(end - name));
		bool hide = url_name_secret(text);

		free(text);
		if (*value == '=')
			value += 1 + strspn(value + 1, URL_BLANKS);
		else if (!hide)
			value = NULL;
		end = value ? url_word_end(value) : end;
		if (hide)
			secret = true;
		else
			buffer_add(out, s, (size_t)(end - s));
		s = end;
	}
	return secret;
}

static bool url_split(struct buffer *out, const char *url)
{
	const char *authority = strstr(url, "://");
	const char *query;
	size_t n;
	bool secret;

	n = strcspn(url, ":");
	if (url[n] && strncmp(url + n, "://", 3) != 0 &&
	    ((n == 10 && memcmp(url, "postgresql", n) == 0) || (n == 8 && memcmp(url, "postgres", n) == 0))) {
		buffer_add(out, url, n + 1);
		return url_words(out, url + n + 1);
	}
	if (!authority) {
		buffer_text_add(out, url);
		return false;
	}
	authority += 3;
	buffer_add(out, url, (size_t)(authority - url));
	n = strcspn(authority, "/?");
	/* A '/' or '?' that should have been escaped in the password ends the authority too early. */
	if (memchr(authority, ':', n) && !memchr(authority, '@', n)) {
		const char *at = strrchr(authority + n, '@');

		if (at)
			n = (size_t)(at - authority) + strcspn(at, "/?");
	}
	secret = url_authority(out, authority, n);
	query = strchr(authority + n, '?');
	if (!query) {
		buffer_text_add(out, authority + n);
		return secret;
	}
	buffer_add(out, authority + n, (size_t)(query - authority) - n);
	return url_parameters(out, query + 1) || secret;
}

bool url_secret(const char *url)
{
	struct buffer unused = {0};
	bool secret = url_split(&unused, url);

	buffer_done(&unused);
	return secret;
}

void url_clean(struct buffer *out, const char *url)
{
	url_split(out, url);
}

/* ---- refusing ---- */

bool url_wrong(struct error *err, const char *url, const char *why, const char *form)
{
	struct buffer clean = {0};

	url_clean(&clean, url);
	error_set(err, ERROR_USAGE, "could not take the URL \"%s\": %s", buffer_text(&clean), why);
	error_hint(err, "its form is %s", form);
	buffer_done(&clean);
	return false;
}

bool url_allowed(const char *url, const char *belongs, struct error *err)
{
	if (!url_secret(url))
		return true;
	error_set(err, ERROR_USAGE, "could not take the URL: it holds a password, and everybody can read command lines");
	return error_hint(err, "%s", belongs);
}
