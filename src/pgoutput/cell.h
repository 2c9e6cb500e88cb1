/* cell: the text of one column, as the server's output functions write it, to the canonical value of a model's column.
 *
 * The stream and a SELECT give the same text when both sessions have the same settings, and so the same value
 * (pgcell_settings). By the type of the column, a domain's being that of its base:
 *
 *     type                      as
 *     boolean                   t, f; in a column of numbers 1, 0
 *     integers, oid, numeric    digits; NaN and the infinities are misfits, kept as text
 *     real, double              the shortest digits that give the same number again; -0, NaN, Infinity as the server writes them
 *     timestamptz               an instant; a wall clock of the model's zone where the model says datetime
 *     timestamp                 a wall clock; an instant by the model's zone
 *     date, time, timetz        text. Years before 1 (BC), beyond 9999, infinity: misfits, kept as the server writes them
 *     char(n)                   without the blanks at its end, which mean nothing to the server
 *     bytea                     raw bytes: VALUE_BYTES in a column of bytes, bytes as they are in one of text
 *     bit, money, interval, uuid, inet, json, xml, enum, arrays, ranges, composite and all others
 *                               the server's text
 */
#ifndef TD_PGOUTPUT_CELL_H
#define TD_PGOUTPUT_CELL_H

#include <stddef.h>
#include <stdint.h>

#include "model/value.h"

struct arena;
struct column;
struct zone;

/* Oids of the types that are not taken as the text they are; fixed for ever in pg_type. */
enum pgtype {
	PGTYPE_BOOL = 16, PGTYPE_BYTEA = 17, PGTYPE_NAME = 19, PGTYPE_INT8 = 20, PGTYPE_INT2 = 21, PGTYPE_INT4 = 23, PGTYPE_TEXT = 25, PGTYPE_OID = 26,
	PGTYPE_FLOAT4 = 700, PGTYPE_FLOAT8 = 701, PGTYPE_BPCHAR = 1042, PGTYPE_VARCHAR = 1043, PGTYPE_DATE = 1082, PGTYPE_TIME = 1083,
	PGTYPE_TIMESTAMP = 1114, PGTYPE_TIMESTAMPTZ = 1184, PGTYPE_TIMETZ = 1266, PGTYPE_NUMERIC = 1700, PGTYPE_UUID = 2950,
};

/* "-c datestyle=ISO ...": settings of a session, as libpq's `options` takes them, under which texts are as above. */
extern const char pgcell_settings[];

/* Never fails: what does not fit is a misfit. Borrows the text where it is canonical, else takes from the arena.
 * type: oid, of a domain that of its base type. */
struct value pgcell_value(uint32_t type, const struct column *c, const struct zone *zone, const char *text, size_t n, struct arena *a);
/* The oid of a built-in type of the table above by its name in pg_catalog ("bytea", "bpchar"); 0: one that is taken as text. */
uint32_t pgcell_type(const char *name);

#endif
