/* cell: one cell of a row image, or of a result set, to the canonical value of a model's column.
 *
 * Both ways give the same: the value is what the server prints of the column (time zone UTC,
 * sql_mode empty), made canonical for the model's type (model/value.h):
 *
 *     source                       as
 *     integers, YEAR, BIT          digits; signed or not as the column is; YEAR 0 is 0000; YEAR(2) has four digits
 *     DECIMAL                      exact digits
 *     FLOAT, DOUBLE                the shortest digits that give the same FLOAT, DOUBLE again: plain for exponents
 *                                  -5 to 20, else d.ddde+NN; zero has no sign
 *     DATE DATETIME TIME           text, with as many fraction digits as the column has; zero dates as they are
 *     TIMESTAMP                    an instant; a wall clock of the model's zone where the model says datetime; zero: text
 *     CHAR VARCHAR TEXT ENUM SET   UTF-8; SET joined by commas; ENUM 0 is ''
 *     BINARY                       with the zero bytes at its end that the log leaves out; raw bytes
 *     VARBINARY BLOB GEOMETRY VECTOR  raw bytes
 *     UUID INET4 INET6             as text
 *     JSON                         text
 *
 * Zeros that ZEROFILL puts in front are no part of a value: the log has none.
 * Raw bytes into a text column stay the bytes they are; into a bytes column VALUE_BYTES; text into a bytes column too.
 */
#ifndef TD_BINLOG_CELL_H
#define TD_BINLOG_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/value.h"

struct arena;
struct binlog_cell;
struct charset;
struct column;
struct error;
struct zone;

enum cell_form { CELL_PLAIN, CELL_UUID, CELL_INET4, CELL_INET6 };

/* How a column is encoded: from the table map, and what only the catalogue knows. */
struct cell_type {
	uint8_t type;                   /* enum binlog_column_type */
	uint16_t meta;                  /* as struct binlog_column has it */
	bool is_unsigned;
	const struct charset *charset;  /* of text, ENUM, SET; NULL: binary */
	uint32_t width;                 /* BINARY(n), UUID, INET: n bytes, padded; else 0 */
	enum cell_form form;
	int old_fraction;               /* old TIME, DATETIME, TIMESTAMP (11 12 7) with a fraction: digits; else 0 */
	const struct value *labels;     /* ENUM, SET: VALUE_TEXT in UTF-8 */
	int label_count;
};

/* Of a cell that is HERE. Borrows the cell's bytes where they are canonical, else takes from the arena.
 * False: the bytes cannot be of this type (an ENUM index past its labels, bytes missing): ERROR_REFUSED. */
bool cell_value(const struct cell_type *t, const struct column *c, const struct zone *zone, const struct binlog_cell *cell,
		struct arena *a, struct value *out, struct error *err);
/* The same of a result's text (text protocol, UTF-8 connection, time zone UTC). FLOAT and DOUBLE must be selected as
 * col + 0e0: of itself the server prints FLOAT with six digits, and DOUBLE(20,4) with four where it holds more. */
struct value cell_text_value(const struct cell_type *t, const struct column *c, const struct zone *zone, const char *text, size_t n,
			     struct arena *a);

#endif
