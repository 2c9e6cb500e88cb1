#include "config.h"

#include "source/postgres/private.h"

bool postgres_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx, struct error *err)
{
	(void)s;
	(void)found;
	(void)ctx;
	(void)err;
	return true;
}

bool postgres_require(struct postgres *m, struct error *err)
{
	(void)m;
	(void)err;
	return true;
}
