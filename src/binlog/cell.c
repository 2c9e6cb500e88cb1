#include "config.h"

#include "binlog/cell.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "binlog/cell_internal.h"
#include "binlog/rows.h"
#include "binlog/table.h"
#include "model/model.h"

bool cell_refuse(const struct cell_in *in, const char *format, ...)
{
	char why[256];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return error_set(in->err, ERROR_REFUSED, "could not read column \"%s\": %s", in->c->name, why);
}

bool cell_has(const struct cell_in *in, size_t n)
{
	return in->n == n || cell_refuse(in, "it has %zu bytes where its type has %zu", in->n, n);
}

struct value cell_canonical(const struct cell_in *in, const char *text, size_t n)
{
	return value_canonical(in->c, text, n, in->zone, in->a);
}

struct value cell_canonical_copy(const struct cell_in *in, const char *text, size_t n)
{
	return cell_canonical(in, arena_copy(in->a, text, n), n);
}

static bool cell_read(const struct cell_in *in, struct value *out)
{
	switch (in->t->type) {
	case COL_TINY: case COL_SHORT: case COL_INT24: case COL_LONG: case COL_LONGLONG:
		return cell_integer(in, out);
	case COL_NEWDECIMAL:
		return cell_decimal(in, out);
	case COL_FLOAT: case COL_DOUBLE:
		return cell_floating(in, out);
	case COL_YEAR:
		return cell_year(in, out);
	case COL_BIT:
		return cell_bit(in, out);
	case COL_DATE: case COL_NEWDATE:
		return cell_date(in, out);
	case COL_TIME: case COL_TIME2:
		return cell_time(in, out);
	case COL_DATETIME: case COL_DATETIME2:
		return cell_datetime(in, out);
	case COL_TIMESTAMP: case COL_TIMESTAMP2:
		return cell_timestamp(in, out);
	case COL_VARCHAR: case COL_VAR_STRING: case COL_STRING: case COL_TINY_BLOB: case COL_MEDIUM_BLOB:
	case COL_LONG_BLOB: case COL_BLOB: case COL_GEOMETRY: case COL_VECTOR:
		return cell_string(in, out);
	case COL_BLOB_COMPRESSED: case COL_VARCHAR_COMPRESSED:
		return cell_compressed(in, out);
	case COL_ENUM:
		return cell_enum(in, out);
	case COL_SET:
		return cell_set(in, out);
	case COL_JSON:
		return cell_json(in, out);
	case COL_DECIMAL:
		return cell_refuse(in, "it is a DECIMAL of before MySQL 5.0");
	default:
		return cell_refuse(in, "no column has type %u in a row", in->t->type);
	}
}

bool cell_value(const struct cell_type *t, const struct column *c, const struct zone *zone, const struct binlog_cell *cell,
		struct arena *a, struct value *out, struct error *err)
{
	const struct cell_in in = {.t = t, .c = c, .zone = zone, .p = cell->at, .n = cell->len, .a = a, .err = err};
	return cell_read(&in, out);
}

struct value cell_text_value(const struct cell_type *t, const struct column *c, const struct zone *zone, const char *text, size_t n,
			     struct arena *a)
{
	const struct cell_in in = {.t = t, .c = c, .zone = zone, .p = (const uint8_t *)text, .n = n, .a = a};
	struct value v;
	switch (t->type) {
	case COL_TINY: case COL_SHORT: case COL_INT24: case COL_LONG: case COL_LONGLONG:
		return cell_integer_text(&in);
	case COL_NEWDECIMAL:
		return cell_decimal_text(&in);
	case COL_FLOAT: case COL_DOUBLE:
		return cell_floating_text(&in);
	case COL_YEAR:
		return cell_year_text(&in);
	case COL_BIT: /* comes as the bytes it is */
		return cell_bit(&in, &v) ? v : cell_canonical(&in, text, n);
	case COL_TIMESTAMP: case COL_TIMESTAMP2:
		return cell_timestamp_text(&in);
	default:
		return cell_canonical(&in, text, n);
	}
}
