#include "config.h"

#include "generate/writer.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/url.h"

static const struct writer_ops *const writer_table[] = {&writer_bank_ops, &writer_csv_ops, &writer_mysql_ops};
enum { WRITER_KINDS = sizeof(writer_table) / sizeof(writer_table[0]) };

struct writer *writer_open(const char *url, struct error *err)
{
	struct buffer clean = {0}, known = {0};

	for (int i = 0; i < WRITER_KINDS; i++) {
		size_t n = strlen(writer_table[i]->scheme);

		if (strncmp(writer_table[i]->scheme, url, n) == 0 && url[n] == ':')
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
