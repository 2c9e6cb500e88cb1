#include "config.h"

#include "source/source.h"

#include <assert.h>
#include <poll.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/url.h"

/* Room for what tests put in front of the transports. */
enum { SOURCE_REGISTERED_MAX = 8 };

static const struct source_ops *const source_table[] = {&bank_ops, &csv_ops, &mysql_ops, &postgres_ops, NULL};
static const struct source_ops *source_registered[SOURCE_REGISTERED_MAX];
static int source_registered_count;

void source_register(const struct source_ops *ops)
{
	assert(source_registered_count < SOURCE_REGISTERED_MAX);
	assert(ops->scheme && ops->open && ops->start && ops->next && ops->durable && ops->newest && ops->reached &&
	       ops->clock && ops->columns && ops->check && ops->identity && ops->close);
	source_registered[source_registered_count++] = ops;
}

static bool begins(const char *url, const char *scheme)
{
	size_t n = scheme ? strlen(scheme) : 0;

	return scheme && strncmp(scheme, url, n) == 0 && url[n] == ':';
}

static bool source_scheme_is(const struct source_ops *ops, const char *url)
{
	return begins(url, ops->scheme) || begins(url, ops->alias);
}

const struct source_ops *source_find(const char *url, struct error *err)
{
	struct buffer clean = {0}, known = {0};

	for (int i = source_registered_count; i-- > 0;) {
		if (source_scheme_is(source_registered[i], url))
			return source_registered[i];
	}
	for (int i = 0; source_table[i]; i++) {
		if (source_scheme_is(source_table[i], url))
			return source_table[i];
	}
	for (int i = 0; source_table[i]; i++)
		buffer_format(&known, "%s%s:...", i ? ", " : "", source_table[i]->scheme);
	source_url_clean(&clean, url);
	error_set(err, ERROR_USAGE, "could not open source \"%s\": no such kind of source", buffer_text(&clean));
	error_hint(err, "sources are %s", buffer_text(&known));
	buffer_done(&clean);
	buffer_done(&known);
	return NULL;
}

struct source *source_open(const struct source_params *p, struct error *err)
{
	const struct source_ops *ops = source_find(p->url, err);

	return ops ? ops->open(p, err) : NULL;
}

bool source_stopped(const struct source *s, int wait_ms)
{
	struct pollfd stop = {.fd = s->stop, .events = POLLIN};

	/* A descriptor below 0 is left out by poll, which then only waits. */
	return poll(&stop, 1, wait_ms) > 0;
}

void source_url_clean(struct buffer *out, const char *url)
{
	url_clean(out, url);
}
