/* Any bytes of any type are a value or a refusal, and the value is canonical: made canonical again it is the same, and
 * a misfit is text. Six bytes say the types, what follows is the cell. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "binlog/cell.h"
#include "binlog/charset.h"
#include "binlog/rows.h"
#include "binlog/table.h"
#include "model/model.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static struct cell_type type_of(const uint8_t head[5])
{
	static const uint8_t types[] = {
		COL_DECIMAL, COL_TINY,       COL_SHORT,     COL_INT24,     COL_LONG,       COL_LONGLONG, COL_FLOAT,
		COL_DOUBLE,  COL_NEWDECIMAL, COL_YEAR,      COL_BIT,       COL_DATE,       COL_NEWDATE,  COL_TIME,
		COL_TIME2,   COL_DATETIME,   COL_DATETIME2, COL_TIMESTAMP, COL_TIMESTAMP2, COL_VARCHAR,  COL_STRING,
		COL_BLOB,    COL_ENUM,       COL_SET,       COL_JSON,      COL_GEOMETRY,   COL_VECTOR,   COL_NULL,
	};
	static const struct value labels[] = {
		{VALUE_TEXT, 1, {.text = "a"}}, {VALUE_TEXT, 0, {.text = ""}}, {VALUE_TEXT, 2, {.text = "é"}}};
	struct cell_type t = {.type = types[head[0] % COUNT(types)],
			      .meta = (uint16_t)(head[1] << 8 | head[2]),
			      .is_unsigned = head[3] & 1,
			      .charset = charset_of_collation(head[4]),
			      .old_fraction = head[2] % 8,
			      .labels = labels,
			      .label_count = COUNT(labels)};
	if (t.type == COL_STRING && head[3] & 2) {
		t.form = (enum cell_form)(head[3] >> 2 & 3);
		t.width = t.form == CELL_INET4 ? 4 : 16;
	}
	return t;
}

static void must_be_canonical(const struct column *c, struct value v, const struct zone *zone, struct arena *arena)
{
	char digits[24];
	if (value_misfit(c, v)) {
		must(v.kind == VALUE_TEXT);
	} else if (v.kind == VALUE_TEXT) {
		must(value_equal(value_canonical(c, v.text, v.len, zone, arena), v));
	} else if (v.kind == VALUE_INTEGER && c->type != COLUMN_INSTANT) {
		size_t n = (size_t)snprintf(digits, sizeof digits, "%" PRId64, v.integer);
		must(value_equal(value_canonical(c, digits, n, zone, arena), v));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 6)
		return 0;
	const struct cell_type t = type_of(data);
	struct column c = {
		.name = "x", .type = (enum column_type)(data[5] % (COLUMN_BYTES + 1)), .scale = data[5] / 8 - 1};
	const struct zone *zone = data[3] & 0x80 ? zone_get("Europe/Berlin", NULL) : NULL;
	struct binlog_cell cell = {.state = CELL_HERE, .len = (uint32_t)(size - 6), .at = data + 6};
	struct value v;
	struct error err = {0};
	struct arena arena;
	arena_init(&arena);
	if (cell_value(&t, &c, zone, &cell, &arena, &v, &err))
		must_be_canonical(&c, v, zone, &arena);
	else
		must(err.code == ERROR_REFUSED);
	must_be_canonical(&c, cell_text_value(&t, &c, zone, (const char *)data + 6, size - 6, &arena), zone, &arena);
	arena_done(&arena);
	return 0;
}
