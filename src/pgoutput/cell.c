#include "config.h"

#include "pgoutput/cell.h"

#include <float.h>
#include <string.h>

#include "base/memory.h"
#include "base/zone.h"
#include "model/floating.h"
#include "model/model.h"
#include "model/stamp.h"

/* datestyle and timezone make times one form; intervalstyle, bytea_output, extra_float_digits and lc_monetary what a person
 * may have set otherwise for the database or the role; quote_all_identifiers is of regclass and its like. */
const char pgcell_settings[] = "-c datestyle=ISO -c intervalstyle=iso_8601 -c timezone=UTC -c bytea_output=hex "
			       "-c extra_float_digits=3 -c lc_monetary=C -c quote_all_identifiers=off";

struct cell_in {
	const struct column *c;
	const struct zone *zone; /* never NULL */
	const char *text;
	size_t n;
	struct arena *a;
};

static struct value cell_canonical(const struct cell_in *in, const char *text, size_t n)
{
	return value_canonical(in->c, text, n, in->zone, in->a);
}

/* MySQL's booleans are numbers: a model that says so fits both. */
static struct value cell_boolean(const struct cell_in *in)
{
	bool number = in->c->type == COLUMN_INTEGER || in->c->type == COLUMN_DECIMAL;
	if (number && in->n == 1 && (*in->text == 't' || *in->text == 'f'))
		return cell_canonical(in, *in->text == 't' ? "1" : "0", 1);
	return cell_canonical(in, in->text, in->n);
}

/* Numbers of so few digits are written by every server alike, but for when an exponent begins. */
static bool cell_floating_is_canonical(const struct cell_in *in, bool single)
{
	size_t digits = 0;
	for (size_t i = in->n > 0 && *in->text == '-'; i < in->n; i++) {
		if (in->text[i] >= '0' && in->text[i] <= '9')
			digits++;
		else if (in->text[i] != '.')
			return false;
	}
	return digits <= (single ? FLT_DIG : DBL_DIG);
}

static struct value cell_floating(const struct cell_in *in, bool single)
{
	char text[FLOATING_TEXT];
	double v;
	if (cell_floating_is_canonical(in, single) || !floating_parse(in->text, in->n, single, &v))
		return cell_canonical(in, in->text, in->n);
	size_t n = floating_text(v, single, text);
	return cell_canonical(in, arena_copy(in->a, text, n), n);
}

static struct value cell_padded(const struct cell_in *in)
{
	size_t n = in->n;
	while (n > 0 && in->text[n - 1] == ' ')
		n--;
	return cell_canonical(in, in->text, n);
}

/* What is an instant but not a wall clock of years 1 to 9999 in the model's zone stays the text it is. */
static struct value cell_instant(const struct cell_in *in)
{
	struct civil c;
	int64_t at;
	if (in->c->type != COLUMN_DATETIME || !stamp_instant(in->text, in->n, zone_utc(), &at))
		return cell_canonical(in, in->text, in->n);
	zone_civil(in->zone, at, &c);
	if (c.year < 1 || c.year > 9999)
		return value_text(in->text, in->n);
	char *text = arena_alloc(in->a, STAMP_SIZE);
	return value_text(text, stamp_write(&c, text));
}

static int cell_nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \x and two digits a byte. What is not written so stays the text it is. */
static struct value cell_bytes(const struct cell_in *in)
{
	if (in->n < 2 || in->n % 2 != 0 || in->text[0] != '\\' || in->text[1] != 'x')
		return value_text(in->text, in->n);
	size_t n = in->n / 2 - 1;
	char *bytes = arena_alloc(in->a, n);
	for (size_t i = 0; i < n; i++) {
		int high = cell_nibble(in->text[2 * i + 2]), low = cell_nibble(in->text[2 * i + 3]);
		if (high < 0 || low < 0)
			return value_text(in->text, in->n);
		bytes[i] = (char)(high << 4 | low);
	}
	return cell_canonical(in, bytes, n);
}

struct value pgcell_value(uint32_t type, const struct column *c, const struct zone *zone, const char *text, size_t n,
			  struct arena *a)
{
	const struct cell_in in = {.c = c, .zone = zone ? zone : zone_utc(), .text = text, .n = n, .a = a};
	switch (type) {
	case PGTYPE_BOOL:
		return cell_boolean(&in);
	case PGTYPE_BYTEA:
		return cell_bytes(&in);
	case PGTYPE_FLOAT4:
	case PGTYPE_FLOAT8:
		return cell_floating(&in, type == PGTYPE_FLOAT4);
	case PGTYPE_BPCHAR:
		return cell_padded(&in);
	case PGTYPE_TIMESTAMPTZ:
		return cell_instant(&in);
	default:
		return cell_canonical(&in, text, n);
	}
}

uint32_t pgcell_type(const char *name)
{
	static const struct {
		const char *name;
		uint32_t type;
	} types[] = {
		{"bool", PGTYPE_BOOL}, {"bytea", PGTYPE_BYTEA}, {"name", PGTYPE_NAME}, {"int8", PGTYPE_INT8}, {"int2", PGTYPE_INT2},
		{"int4", PGTYPE_INT4}, {"text", PGTYPE_TEXT}, {"oid", PGTYPE_OID}, {"float4", PGTYPE_FLOAT4}, {"float8", PGTYPE_FLOAT8},
		{"bpchar", PGTYPE_BPCHAR}, {"varchar", PGTYPE_VARCHAR}, {"date", PGTYPE_DATE}, {"time", PGTYPE_TIME},
		{"timestamp", PGTYPE_TIMESTAMP}, {"timestamptz", PGTYPE_TIMESTAMPTZ}, {"timetz", PGTYPE_TIMETZ},
		{"numeric", PGTYPE_NUMERIC}, {"uuid", PGTYPE_UUID},
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	}
	return 0;
}
