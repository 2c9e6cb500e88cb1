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

/* By enum binlog_column_type; NULL: no row has such a cell. */
static bool (*const cell_readers[UINT8_MAX + 1])(const struct cell_in *in, struct value *out) = {
	[COL_TINY] = cell_integer,
	[COL_SHORT] = cell_integer,
	[COL_INT24] = cell_integer,
	[COL_LONG] = cell_integer,
	[COL_LONGLONG] = cell_integer,
	[COL_NEWDECIMAL] = cell_decimal,
	[COL_FLOAT] = cell_floating,
	[COL_DOUBLE] = cell_floating,
	[COL_YEAR] = cell_year,
	[COL_BIT] = cell_bit,
	[COL_DATE] = cell_date,
	[COL_NEWDATE] = cell_date,
	[COL_TIME] = cell_time,
	[COL_TIME2] = cell_time,
	[COL_DATETIME] = cell_datetime,
	[COL_DATETIME2] = cell_datetime,
	[COL_TIMESTAMP] = cell_timestamp,
	[COL_TIMESTAMP2] = cell_timestamp,
	[COL_VARCHAR] = cell_string,
	[COL_VAR_STRING] = cell_string,
	[COL_STRING] = cell_string,
	[COL_TINY_BLOB] = cell_string,
	[COL_MEDIUM_BLOB] = cell_string,
	[COL_LONG_BLOB] = cell_string,
	[COL_BLOB] = cell_string,
	[COL_GEOMETRY] = cell_string,
	[COL_VECTOR] = cell_string,
	[COL_BLOB_COMPRESSED] = cell_compressed,
	[COL_VARCHAR_COMPRESSED] = cell_compressed,
	[COL_ENUM] = cell_enum,
	[COL_SET] = cell_set,
	[COL_JSON] = cell_json,
};

bool cell_value(const struct cell_type *t, const struct column *c, const struct zone *zone,
		const struct binlog_cell *cell, struct arena *a, struct value *out, struct error *err)
{
	const struct cell_in in = {.t = t, .c = c, .zone = zone, .p = cell->at, .n = cell->len, .a = a, .err = err};
	if (t->type == COL_DECIMAL)
		return cell_refuse(&in, "it is a DECIMAL of before MySQL 5.0");
	if (!cell_readers[t->type])
		return cell_refuse(&in, "no column has type %u in a row", t->type);
	return cell_readers[t->type](&in, out);
}

struct value cell_text_value(const struct cell_type *t, const struct column *c, const struct zone *zone,
			     const char *text, size_t n, struct arena *a)
{
	const struct cell_in in = {.t = t, .c = c, .zone = zone, .p = (const uint8_t *)text, .n = n, .a = a};
	struct value v;
	switch (t->type) {
	case COL_TINY:
	case COL_SHORT:
	case COL_INT24:
	case COL_LONG:
	case COL_LONGLONG:
		return cell_integer_text(&in);
	case COL_NEWDECIMAL:
		return cell_decimal_text(&in);
	case COL_FLOAT:
	case COL_DOUBLE:
		return cell_floating_text(&in);
	case COL_YEAR:
		return cell_year_text(&in);
	case COL_BIT: /* comes as the bytes it is */
		return cell_bit(&in, &v) ? v : cell_canonical(&in, text, n);
	case COL_TIMESTAMP:
	case COL_TIMESTAMP2:
		return cell_timestamp_text(&in);
	default:
		return cell_canonical(&in, text, n);
	}
}
