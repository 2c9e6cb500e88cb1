#include "config.h"

#include "generate/writer.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/url.h"

static const struct writer_ops *const writer_table[] = {&writer_bank_ops, &writer_csv_ops, &writer_mysql_ops,
							&writer_postgres_ops};
enum { WRITER_KINDS = sizeof(writer_table) / sizeof(writer_table[0]) };

static bool writer_scheme(const char *scheme, const char *url)
{
	size_t n = scheme ? strlen(scheme) : 0;

	return n > 0 && strncmp(scheme, url, n) == 0 && url[n] == ':';
}

struct writer *writer_open(const char *url, struct error *err)
{
	struct buffer clean = {0}, known = {0};

	for (int i = 0; i < WRITER_KINDS; i++) {
		if (writer_scheme(writer_table[i]->scheme, url) || writer_scheme(writer_table[i]->alias, url))
			return writer_table[i]->open(url, err);
	}
	for (int i = 0; i < WRITER_KINDS; i++)
		buffer_format(&known, "%s%s:...", i ? ", " : "", writer_table[i]->scheme);
	url_clean(&clean, url);
	error_set(err, ERROR_USAGE, "could not write to \"%s\": no such kind of source can be written",
		  buffer_text(&clean));
	error_hint(err, "rows can go to %s", buffer_text(&known));
	buffer_done(&clean);
	buffer_done(&known);
	return NULL;
}
