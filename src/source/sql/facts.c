#include "config.h"

#include "source/sql/facts.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/moment.h"

void facts_text(json_t *o, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_new(o, name, json_string(value));
}

void facts_number(json_t *o, const char *name, int64_t value)
{
	json_object_set_new(o, name, json_integer(value));
}

void facts_way(json_t *o, bool socket, const char *cipher)
{
	facts_text(o, "transport", socket ? "socket" : "tcp");
	facts_text(o, "tls", *cipher ? cipher : "none");
}

void facts_end(json_t *o, int64_t at, struct buffer *out)
{
	char when[MOMENT_SIZE];

	facts_text(o, "asked_at", moment_utc(at, when));
	char *text = json_dumps(o, JSON_COMPACT);
	buffer_text_add(out, text ? text : "{}");
	free(text);
	json_decref(o);
}

bool facts_nobody(const struct error *err)
{
	return err->code == ERROR_UNREACHABLE || err->code == ERROR_INTERRUPTED;
}
