#include "config.h"

#include "source/mysql/url.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/url.h"

#define URL_SCHEME    "mysql://"
#define URL_SHAPE     "mysql://USER@HOST[:PORT]/DATABASE[?NAME=VALUE&...]"
#define URL_CONNECT   10   /* seconds */
#define URL_PATIENCE  3600 /* of the longest connect-timeout */
#define URL_PORT_LAST 65535

static bool url_number(const char *s, size_t n, unsigned last, unsigned *out)
{
	unsigned value = 0;

	if (n == 0 || n > 6)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		value = value * 10 + (unsigned)(s[i] - '0');
	}
	*out = value;
	return value >= 1 && value <= last;
}

/* What a name or an address is made of: libraries take other characters in a host for more than a host. */
static bool url_host_fits(const char *host)
{
	for (const char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(".-_:%", *c))
			return false;
	return true;
}

/* ---- parts ---- */

/* HOST[:PORT] or [IPv6][:PORT] */
static const char *url_place(const char *s, struct mysql_url *out)
{
	const char *host = *s == '[' ? s + 1 : s;
	size_t n = strcspn(host, *s == '[' ? "]" : ":");
	const char *rest = host + n;

	if (*s == '[') {
		if (!*rest)
			return N_("the ] after the address is missing");
		rest++;
	}
	if (n > 0) {
		out->host = url_decode(host, n);
		if (!out->host || !url_host_fits(out->host))
			return N_("the host's name cannot be read");
	}
	if (*rest && *rest != ':')
		return N_("something stands between the address and its port");
	if (*rest && !url_number(rest + 1, strlen(rest + 1), URL_PORT_LAST, &out->port))
		return N_("the port is not a number from 1 to 65535");
	return NULL;
}

static const char *url_authority(const char *s, struct mysql_url *out)
{
	const char *at = strrchr(s, '@');

	if (at && at > s) {
		out->user = url_decode(s, (size_t)(at - s));
		if (!out->user || memchr(s, ':', (size_t)(at - s)))
			return N_("the user's name cannot be read");
	}
	return url_place(at ? at + 1 : s, out);
}

static const char *url_ssl_mode(const char *value, struct mysql_url *out)
{
	static const char *const modes[] = {
		[MYSQL_SSL_DISABLED] = "disabled",
		[MYSQL_SSL_PREFERRED] = "preferred",
		[MYSQL_SSL_REQUIRED] = "required",
		[MYSQL_SSL_VERIFY_CA] = "verify-ca",
		[MYSQL_SSL_VERIFY_IDENTITY] = "verify-identity",
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(value, modes[i]) == 0) {
			out->ssl = (enum mysql_ssl)i;
			return NULL;
		}
	return N_("ssl-mode is none of disabled, preferred, required, verify-ca and verify-identity");
}

static const char *url_timeout(const char *value, struct mysql_url *out)
{
	return url_number(value, strlen(value), URL_PATIENCE, &out->connect_timeout)
		       ? NULL
		       : N_("connect-timeout is not a number of seconds from 1 to 3600");
}

static const char *url_capture(const char *value, struct mysql_url *out)
{
	out->triggers = strcmp(value, "triggers") == 0;
	return out->triggers || strcmp(value, "log") == 0 ? NULL : N_("capture is neither log nor triggers");
}

/* A parameter is text kept as it is, or has a reader that says what is wrong. */
static const struct url_parameter {
	const char *name;
	size_t text;
	const char *(*read)(const char *value, struct mysql_url *out);
} url_parameters[] = {
	{.name = "socket", .text = offsetof(struct mysql_url, socket)},
	{.name = "ssl-mode", .read = url_ssl_mode},
	{.name = "ssl-ca", .text = offsetof(struct mysql_url, ssl_ca)},
	{.name = "ssl-cert", .text = offsetof(struct mysql_url, ssl_cert)},
	{.name = "ssl-key", .text = offsetof(struct mysql_url, ssl_key)},
	{.name = "defaults-file", .text = offsetof(struct mysql_url, defaults_file)},
	{.name = "connect-timeout", .read = url_timeout},
	{.name = "capture", .read = url_capture},
};
enum { URL_PARAMETERS = sizeof(url_parameters) / sizeof(url_parameters[0]) };

static bool url_unknown(const char *text, const char *name, size_t n, struct error *err)
{
	struct buffer why = {0}, known = {0};

	buffer_format(&why, "it has no parameter \"%.*s\"", (int)n, name);
	url_wrong(err, text, buffer_text(&why), URL_SHAPE);
	for (int i = 0; i < URL_PARAMETERS; i++)
		buffer_format(&known, "%s%s", i ? ", " : "", url_parameters[i].name);
	error_hint(err, "its parameters are %s", buffer_text(&known));
	buffer_done(&why);
	buffer_done(&known);
	return false;
}

static const char *url_value(const struct url_parameter *p, const char *s, size_t n, struct mysql_url *out)
{
	char *value = url_decode(s, n);
	char **place = (char **)((char *)out + p->text);
	const char *why = NULL;

	if (!value || !value[0]) {
		free(value);
		return N_("the value of a parameter cannot be read");
	}
	if (p->read) {
		why = p->read(value, out);
		free(value);
		return why;
	}
	*place = value;
	return NULL;
}

static bool url_query(const char *text, const char *s, struct mysql_url *out, struct error *err)
{
	unsigned seen = 0;

	while (*s) {
		size_t n = strcspn(s, "&"), name = strcspn(s, "=&");
		const char *why;
		int i = 0;

		while (i < URL_PARAMETERS &&
		       (strlen(url_parameters[i].name) != name || strncmp(url_parameters[i].name, s, name) != 0))
			i++;
		if (i == URL_PARAMETERS)
			return url_unknown(text, s, name, err);
		if (seen & 1U << i)
			return url_wrong(err, text, "a parameter stands twice", URL_SHAPE);
		seen |= 1U << i;
		why = name == n ? N_("a parameter has no value")
				: url_value(&url_parameters[i], s + name + 1, n - name - 1, out);
		if (why)
			return url_wrong(err, text, why, URL_SHAPE);
		s += s[n] ? n + 1 : n;
	}
	return true;
}

static bool url_read(const char *text, struct mysql_url *out, struct error *err)
{
	const char *authority = text + strlen(URL_SCHEME);
	size_t n = strcspn(authority, "/?");
	const char *path = authority + n, *why;
	size_t path_n = strcspn(path, "?");
	char *place = memory_text_n(authority, n);

	why = url_authority(place, out);
	free(place);
	if (why)
		return url_wrong(err, text, why, URL_SHAPE);
	if (path_n < 2)
		return url_wrong(err, text, "the database is missing", URL_SHAPE);
	out->database = url_decode(path + 1, path_n - 1);
	if (!out->database || memchr(path + 1, '/', path_n - 1))
		return url_wrong(err, text, "the database's name cannot be read", URL_SHAPE);
	if (path[path_n] && !url_query(text, path + path_n + 1, out, err))
		return false;
	if (out->socket && out->host && strcmp(out->host, "localhost") != 0)
		return url_wrong(err, text, "a socket leads to this machine, not to another host", URL_SHAPE);
	if ((out->ssl_cert == NULL) != (out->ssl_key == NULL))
		return url_wrong(err, text, "ssl-cert and ssl-key go together", URL_SHAPE);
	return true;
}

bool mysql_url_parse(const char *text, struct mysql_url *out, struct error *err)
{
	*out = (struct mysql_url){.ssl = MYSQL_SSL_PREFERRED, .connect_timeout = URL_CONNECT};
	if (!url_allowed(text, N_("keep it where the database's own tools look for it: ~/.my.cnf"), err))
		return false;
	if (strncmp(text, URL_SCHEME, strlen(URL_SCHEME)) != 0)
		return url_wrong(err, text, "it does not begin with mysql://", URL_SHAPE);
	if (url_read(text, out, err))
		return true;
	mysql_url_done(out);
	return false;
}

void mysql_url_done(struct mysql_url *u)
{
	free(u->user);
	free(u->host);
	free(u->socket);
	free(u->database);
	free(u->ssl_ca);
	free(u->ssl_cert);
	free(u->ssl_key);
	free(u->defaults_file);
	*u = (struct mysql_url){0};
}
