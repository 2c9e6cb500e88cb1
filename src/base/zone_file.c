/* TZif as RFC 9636 has it: a block of 32-bit data, for old readers only, then from
 * version 2 on the same with 64 bits and a POSIX TZ string between two line feeds.
 * The bytes are foreign: every read is bounded, and what cannot be is refused.
 */
#include "config.h"

#include "base/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/zone_table.h"

enum { TZIF_HEAD = 44, TZIF_TYPE = 6, TZIF_OFFSET_MAX = 26 * 3600 };

#define TZIF_AHEAD_FROM INT64_C(-2208988800) /* 1900-01-01 */
#define TZIF_AHEAD_TO   INT64_C(4102444800)  /* 2100-01-01 */

/* A run of bytes that is read from the front; past its end all is zero and it is cut. */
struct tzif {
	const unsigned char *p;
	size_t n;
	bool cut;
};

struct tzif_counts {
	uint32_t utc, standard, leaps, times, types, chars;
};

static const unsigned char *tzif_take(struct tzif *f, uint64_t n)
{
	const unsigned char *p = f->p;

	if (f->cut || n > f->n) {
		f->cut = true;
		return NULL;
	}
	f->p += n;
	f->n -= (size_t)n;
	return p;
}

static uint64_t tzif_number(const unsigned char *p, size_t width)
{
	uint64_t n = 0;

	while (width-- > 0)
		n = n << 8 | *p++;
	return n;
}

static int64_t tzif_signed(const unsigned char *p, size_t width)
{
	return width == 4 ? (int32_t)tzif_number(p, 4) : (int64_t)tzif_number(p, 8);
}

static bool tzif_head(struct tzif *f, struct tzif_counts *c, char *version)
{
	const unsigned char *p = tzif_take(f, TZIF_HEAD);
	uint32_t *const counts[] = {&c->utc, &c->standard, &c->leaps, &c->times, &c->types, &c->chars};
	size_t i;

	if (p == NULL || memcmp(p, "TZif", 4) != 0)
		return false;
	*version = (char)p[4];
	for (i = 0; i < 6; i++)
		*counts[i] = (uint32_t)tzif_number(p + 20 + 4 * i, 4);
	return true;
}

/* The bytes of a block behind its head; no sum of six products of 32-bit counts overflows. */
static uint64_t tzif_block_size(const struct tzif_counts *c, size_t width)
{
	return (uint64_t)c->times * (width + 1) + (uint64_t)c->types * TZIF_TYPE + c->chars +
	       (uint64_t)c->leaps * (width + 4) + c->standard + c->utc;
}

static const char *tzif_types(const unsigned char *types, uint32_t count, int offsets[256])
{
	uint32_t i;

	if (count == 0 || count > 256)
		return N_("it has no types, or too many");
	for (i = 0; i < count; i++) {
		int64_t offset = tzif_signed(types + (size_t)i * TZIF_TYPE, 4);

		if (offset < -TZIF_OFFSET_MAX || offset > TZIF_OFFSET_MAX)
			return N_("an offset is longer than a day");
		offsets[i] = (int)offset;
	}
	return NULL;
}

/* Fills the table from a block whose bytes are all there. NULL, or what is wrong. */
static const char *tzif_table(struct zone *z, const unsigned char *p, const struct tzif_counts *c, size_t width)
{
	const unsigned char *indices = p + (size_t)c->times * width;
	int offsets[256];
	const char *wrong = tzif_types(indices + c->times, c->types, offsets);
	uint32_t i;

	if (wrong != NULL)
		return wrong;
	if (c->leaps != 0)
		return N_("it counts leap seconds");
	z->before = offsets[0];
	z->seconds = memory_zero(c->times, sizeof *z->seconds);
	z->offsets = memory_zero(c->times, sizeof *z->offsets);
	for (i = 0; i < c->times; i++) {
		z->seconds[i] = tzif_signed(p + (size_t)i * width, width);
		if (i > 0 && z->seconds[i] <= z->seconds[i - 1])
			return N_("its changes are out of order");
		if (indices[i] >= c->types)
			return N_("a change names no type");
		z->offsets[i] = offsets[indices[i]];
	}
	z->count = c->times;
	return NULL;
}

/* An empty string between the line feeds: nothing is known past the table, the last offset stays. */
static const char *tzif_footer(struct zone *z, struct tzif *f)
{
	const unsigned char *first = tzif_take(f, 1);
	const unsigned char *last = first != NULL && *first == '\n' ? memchr(f->p, '\n', f->n) : NULL;
	size_t n;

	if (last == NULL)
		return N_("its footer is cut off");
	n = (size_t)(last - f->p);
	z->ruled = n > 0;
	if (z->ruled && !zone_rule_parse(&z->rule, (const char *)f->p, n))
		return N_("its footer is no POSIX time zone");
	return NULL;
}

/* Files are "fat", with a table up to 2037, or "slim", where it ends with the last change of the law. Looking up is
 * faster than reckoning, so the changes of the years people ask for are reckoned once. */
static void tzif_look_ahead(struct zone *z)
{
	size_t cap = z->count;

	if (!z->ruled || z->count == 0 || z->seconds[z->count - 1] < TZIF_AHEAD_FROM)
		return;
	while (z->seconds[z->count - 1] < TZIF_AHEAD_TO) {
		int64_t next = zone_rule_next(&z->rule, z->seconds[z->count - 1]);

		if (next == INT64_MAX)
			break;
		if (z->count == cap) {
			cap += cap / 2 + 64;
			z->seconds = memory_grow(z->seconds, cap * sizeof *z->seconds);
			z->offsets = memory_grow(z->offsets, cap * sizeof *z->offsets);
		}
		z->seconds[z->count] = next;
		z->offsets[z->count++] = zone_rule_offset(&z->rule, next);
	}
}

static const char *tzif_read(struct zone *z, struct tzif *f)
{
	struct tzif_counts c;
	const unsigned char *block;
	const char *wrong;
	char version;
	size_t width = 4;

	if (!tzif_head(f, &c, &version))
		return N_("it does not begin as one");
	if (version >= '2') {
		width = 8;
		if (tzif_take(f, tzif_block_size(&c, 4)) == NULL || !tzif_head(f, &c, &version))
			return N_("it is cut off");
	}
	block = tzif_take(f, tzif_block_size(&c, width));
	if (block == NULL)
		return N_("it is cut off");
	wrong = tzif_table(z, block, &c, width);
	if (wrong == NULL && width == 8)
		wrong = tzif_footer(z, f);
	if (wrong == NULL)
		tzif_look_ahead(z);
	return wrong;
}

struct zone *zone_read(const char *name, const void *data, size_t n, struct error *err)
{
	struct zone *z = memory_zero(1, sizeof *z);
	struct tzif f = {.p = data, .n = n};
	const char *wrong;

	z->name = memory_text(name);
	wrong = tzif_read(z, &f);
	if (wrong == NULL)
		return z;
	zone_free(z);
	error_set(err, ERROR_USAGE, "could not read time zone \"%s\": its file is no usable time zone file: %s", name,
		  wrong);
	return NULL;
}

void zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->name);
	free(z->seconds);
	free(z->offsets);
	free(z);
}
