/* Any text of any type is a canonical value: made canonical again it is the same, a misfit is text, and where the text is taken
 * as it is, the very text. Four bytes say the types, what follows is the cell. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/zone.h"
#include "model/floating.h"
#include "model/model.h"
#include "pgoutput/cell.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

struct fuzz {
	uint32_t type;
	struct column c;
	const struct zone *zone;
	const char *text;
	size_t n;
};

static void must_be_canonical(const struct fuzz *z, struct value v, struct arena *arena)
{
	char digits[24];
	const struct column *c = &z->c;
	if (value_misfit(c, v)) {
		must(v.kind == VALUE_TEXT);
	} else if (v.kind == VALUE_TEXT) {
		must(value_equal(value_canonical(c, v.text, v.len, z->zone, arena), v));
	} else if (v.kind == VALUE_INTEGER && c->type != COLUMN_INSTANT) {
		size_t n = (size_t)snprintf(digits, sizeof digits, "%" PRId64, v.integer);
		must(value_equal(value_canonical(c, digits, n, z->zone, arena), v));
	}
}

/* Read again it is the number that the server's text is. */
static void must_be_the_number(const struct fuzz *z, struct value v)
{
	double told, kept;
	bool single = z->type == PGTYPE_FLOAT4;
	if (floating_parse(z->text, z->n, single, &told))
		must(floating_parse(v.text, v.len, single, &kept) && kept == told);
	else
		must(v.len == z->n && memcmp(v.text, z->text, z->n) == 0);
}

/* What must be whatever the model's type is. */
static void must_be_of_type(const struct fuzz *z, struct value v)
{
	bool is_text = v.kind == VALUE_TEXT, same = is_text && v.len == z->n && memcmp(v.text, z->text, z->n) == 0;
	bool hex = z->type == PGTYPE_BYTEA && z->n >= 2 && memcmp(z->text, "\\x", 2) == 0 && z->n % 2 == 0;
	switch (z->type) {
	case PGTYPE_BYTEA:
		must(v.kind != VALUE_BYTES || (hex && v.len == z->n / 2 - 1));
		must(!is_text || same || hex);
		break;
	case PGTYPE_BPCHAR:
		must(!is_text || z->c.type != COLUMN_TEXT || v.len == 0 || v.text[v.len - 1] != ' ');
		must(!is_text || z->c.type != COLUMN_TEXT || memcmp(v.text, z->text, v.len) == 0);
		break;
	case PGTYPE_FLOAT4:
	case PGTYPE_FLOAT8:
		if (z->c.type == COLUMN_TEXT)
			must_be_the_number(z, v);
		break;
	default:
		must(same || !value_misfit(&z->c, v));
		must(same || z->c.type != COLUMN_TEXT);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = {
		0,	       PGTYPE_BOOL,	   PGTYPE_BYTEA,  PGTYPE_INT8,	  PGTYPE_NUMERIC,   PGTYPE_FLOAT4, PGTYPE_FLOAT8, PGTYPE_BPCHAR,
		PGTYPE_VARCHAR, PGTYPE_DATE, PGTYPE_TIME, PGTYPE_TIMESTAMP, PGTYPE_TIMESTAMPTZ, PGTYPE_TIMETZ, PGTYPE_OID,    PGTYPE_UUID,
	};
	static const char *const zones[] = {"UTC", "Europe/Berlin", "Asia/Jakarta", "-12:00", "+14:00"};
	if (size < 4)
		return 0;
	struct fuzz z = {.type = types[data[0] % COUNT(types)],
			 .c = {.name = "x", .type = (enum column_type)(data[1] % (COLUMN_BYTES + 1)), .scale = data[2] % 40 - 1},
			 .zone = zone_get(zones[data[3] % COUNT(zones)], NULL),
			 .text = (const char *)data + 4,
			 .n = size - 4};
	struct arena arena;
	arena_init(&arena);
	struct value v = pgcell_value(z.type, &z.c, z.zone, z.text, z.n, &arena);
	must_be_canonical(&z, v, &arena);
	must_be_of_type(&z, v);
	arena_done(&arena);
	return 0;
}
