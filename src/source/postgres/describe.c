#include "config.h"

#include "source/postgres/private.h"

bool postgres_describe(struct source *s, struct buffer *out, struct error *err)
{
	(void)s;
	(void)out;
	(void)err;
	return false;
}
