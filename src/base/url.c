#include "config.h"

#include "base/url.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"

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

static bool url_parameter_secret(const char *s, size_t n)
{
	static const char *const names[] = {"password", "sslpassword", "passwd", "pwd"};
	const char *equals = memchr(s, '=', n);

	if (!equals)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if ((size_t)(equals - s) == len && strncasecmp(s, names[i], len) == 0)
			return true;
	}
	return false;
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

static bool url_split(struct buffer *out, const char *url)
{
	const char *authority = strstr(url, "://");
	const char *query;
	size_t n;
	bool secret;

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
