#include "config.h"

#include "source/postgres/url.h"

#include <ctype.h>
#include <libpq-fe.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/url.h"

#define URL_SHAPE "postgresql://USER@HOST[:PORT]/DATABASE[?NAME=VALUE&...]"
#define URL_NAME_MOST 63 /* bytes of a name of the server's */

static char **own_parameter(struct postgres_url *u, const char *name, size_t n)
{
	const struct { const char *name; char **value; } own[] = {
		{"publication", &u->publication}, {"slot", &u->slot}, {"schema", &u->schema},
	};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strlen(own[i].name) == n && memcmp(own[i].name, name, n) == 0)
			return own[i].value;
	return NULL;
}

/* ---- a URL ---- */

static bool split_url(const char *text, struct postgres_url *u, struct error *err)
{
	struct buffer left = {0};
	const char *query = strchr(text, '?');
	const char *p = query ? query + 1 : "";
	char before = '?';
	bool ok = true;

	buffer_add(&left, text, query ? (size_t)(query - text) : strlen(text));
	while (*p && ok) {
		size_t n = strcspn(p, "&"), name = strcspn(p, "=&");
		char **own = own_parameter(u, p, name);
		if (own) {
			free(*own);
			*own = name < n ? url_decode(p + name + 1, n - name - 1) : NULL;
			ok = *own || url_wrong(err, text, N_("a parameter's value cannot be read"), URL_SHAPE);
		} else {
			buffer_char(&left, before);
			buffer_add(&left, p, n);
			before = '&';
		}
		p += n + (p[n] == '&');
	}
	u->conninfo = buffer_take(&left);
	return ok;
}

/* ---- words ---- */

/* From the value on: 'quoted with \' and \\', or up to a blank. Returns what follows; NULL: the quote does not end. */
static const char *word_value(const char *p, struct buffer *out)
{
	bool quoted = *p == '\'';

	for (p += quoted; *p && (quoted ? *p != '\'' : !isspace((unsigned char)*p)); p++) {
		if (*p == '\\' && p[1])
			p++;
		buffer_char(out, *p);
	}
	if (quoted && *p != '\'')
		return NULL;
	return p + quoted;
}

static bool split_words(const char *text, const char *words, struct postgres_url *u, struct error *err)
{
	struct buffer left = {0}, value = {0};
	const char *p = words;
	bool ok = true;

	while (ok && *(p += strspn(p, " \t\n\r")) != '\0') {
		const char *name = p;
		size_t n = strcspn(p, "= \t\n\r");
		p += n;
		p += strspn(p, " \t\n\r");
		if (*p != '=') {
			ok = url_wrong(err, text, N_("a word without a value stands in it"), URL_SHAPE);
			break;
		}
		p++;
		p += strspn(p, " \t\n\r");
		buffer_clear(&value);
		const char *from = p;
		p = word_value(p, &value);
		char **own = own_parameter(u, name, n);
		if (!p) {
			ok = url_wrong(err, text, N_("a quote in it does not end"), URL_SHAPE);
		} else if (own) {
			free(*own);
			*own = memory_text(buffer_text(&value));
		} else {
			buffer_format(&left, "%s%.*s=", left.len ? " " : "", (int)n, name);
			buffer_add(&left, from, (size_t)(p - from));
		}
	}
	buffer_done(&value);
	buffer_text_add(&left, "");
	u->conninfo = left.data ? buffer_take(&left) : memory_text("");
	return ok;
}

/* ---- all of it ---- */

static bool check_rest(const char *text, const struct postgres_url *u, struct error *err)
{
	struct buffer reason = {0};
	char *why = NULL;
	PQconninfoOption *o = PQconninfoParse(u->conninfo, &why);
	bool ok = o != NULL;

	PQconninfoFree(o);
	if (ok)
		return true;
	buffer_text_add(&reason, why ? why : "");
	while (reason.len && strchr("\n ", reason.data[reason.len - 1]))
		buffer_cut(&reason, reason.len - 1);
	PQfreemem(why);
	url_wrong(err, text, buffer_text(&reason), URL_SHAPE);
	buffer_done(&reason);
	return false;
}

static bool check_own(const char *text, const struct postgres_url *u, struct error *err)
{
	if (!*u->publication || strlen(u->publication) > URL_NAME_MOST)
		return url_wrong(err, text, N_("the publication's name has 1 to 63 bytes"), URL_SHAPE);
	if (u->schema && (!*u->schema || strlen(u->schema) > URL_NAME_MOST))
		return url_wrong(err, text, N_("the schema's name has 1 to 63 bytes"), URL_SHAPE);
	if (u->slot && (!*u->slot || strlen(u->slot) > URL_NAME_MOST || strspn(u->slot, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(u->slot)))
		return url_wrong(err, text, N_("the slot's name has 1 to 63 of the characters a-z, 0-9 and _"), URL_SHAPE);
	return true;
}

bool postgres_url_parse(const char *text, struct postgres_url *out, struct error *err)
{
	const char *rest = strchr(text, ':');
	bool ok;

	*out = (struct postgres_url){0};
	if (!url_allowed(text, N_("passwords belong into ~/.pgpass (passfile), or into a service file"), err))
		return false;
	out->publication = memory_text("tellerdesk");
	if (!rest || (strncmp(text, "postgresql:", 11) != 0 && strncmp(text, "postgres:", 9) != 0))
		ok = url_wrong(err, text, N_("it does not begin with postgresql:"), URL_SHAPE);
	else if (strncmp(rest, "://", 3) == 0)
		ok = split_url(text, out, err);
	else
		ok = split_words(text, rest + 1, out, err);
	if (ok && check_rest(text, out, err) && check_own(text, out, err))
		return true;
	postgres_url_done(out);
	return false;
}

void postgres_url_done(struct postgres_url *u)
{
	free(u->conninfo);
	free(u->publication);
	free(u->slot);
	free(u->schema);
	*u = (struct postgres_url){0};
}
