#include "config.h"

#include "source/postgres/position.h"

#include <string.h>

#include "pgoutput/lsn.h"

/* The value of " name=" up to the next blank; NULL: it is not there. */
static const char *part(const char *text, const char *name, size_t *n)
{
	size_t len = strlen(name);

	for (const char *p = strchr(text, ' '); p; p = strchr(p + 1, ' '))
		if (strncmp(p + 1, name, len) == 0 && p[1 + len] == '=') {
			p += len + 2;
			*n = strcspn(p, " ");
			return p;
		}
	return NULL;
}

bool postgres_position_parse(const char *text, struct postgres_position *out)
{
	size_t n = 0;

	*out = (struct postgres_position){0};
	if (!lsn_parse(text, strcspn(text, " "), &out->lsn))
		return false;
	out->slot = part(text, "slot", &out->slot_len);
	const char *timeline = part(text, "timeline", &n);
	for (size_t i = 0; timeline && i < n && timeline[i] >= '0' && timeline[i] <= '9'; i++)
		out->timeline = out->timeline * 10 + (uint32_t)(timeline[i] - '0');
	out->shape = part(text, "shape", &n);
	return true;
}

static bool hex(const char *p, int digits, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < digits; i++) {
		const char *all = "0123456789abcdef", *at = p[i] ? strchr(all, p[i]) : NULL;
		if (!at)
			return false;
		*out = *out << 4 | (uint32_t)(at - all);
	}
	return true;
}

#define PRINT_DIGITS 16

int postgres_position_print_count(const struct postgres_position *p)
{
	size_t n = p->shape ? strcspn(p->shape, " ") : 0;

	return n % (PRINT_DIGITS + 1) == PRINT_DIGITS ? (int)((n + 1) / (PRINT_DIGITS + 1)) : 0;
}

bool postgres_position_prints(const struct postgres_position *p, int i, struct postgres_prints *out)
{
	uint32_t storage, columns;

	*out = (struct postgres_prints){0};
	if (i >= postgres_position_print_count(p))
		return false;
	const char *at = p->shape + (size_t)i * (PRINT_DIGITS + 1);
	if (!hex(at, 8, &out->relation) || !hex(at + 8, 4, &storage) || !hex(at + 12, 4, &columns))
		return false;
	out->storage = (uint16_t)storage;
	out->columns = (uint16_t)columns;
	return true;
}

bool postgres_position_reached(const char *a, const char *b)
{
	struct postgres_position x, y;

	return postgres_position_parse(a, &x) && postgres_position_parse(b, &y) && x.lsn >= y.lsn;
}
