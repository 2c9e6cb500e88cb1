/* rows: rows events, one row image after the other, as cells that borrow the event's bytes.
 *
 *     struct binlog_rows r;
 *     binlog_rows_open(&e, &format, &arena, &r, &err)     the arena holds what had to be unpacked
 *     ... find the table map of r.table_id ...
 *     while ((n = binlog_rows_next(&r, &table, before, after, &err)) == 1)
 *             before[], after[]: table.column_count cells each
 *     n == 0: the event was consumed exactly
 *
 * Versions 1 and 2, and MariaDB's compressed forms of both. Version 0 (5.1 alphas), partial
 * updates (PARTIAL_JSON) and fragments (MariaDB 12.3) are refused by name, with the setting
 * that ends them in the hint.
 */
#ifndef TD_BINLOG_ROWS_H
#define TD_BINLOG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;
struct binlog_column;
struct binlog_event;
struct binlog_format;
struct binlog_table;
struct error;

enum binlog_rows_op { ROWS_INSERT, ROWS_UPDATE, ROWS_DELETE };
enum binlog_rows_flag { ROWS_STATEMENT_END = 0x1, ROWS_NO_FOREIGN_KEY_CHECKS = 0x2, ROWS_RELAXED_UNIQUE = 0x4, ROWS_COMPLETE = 0x8 };

enum cell_state { CELL_ABSENT, CELL_NULL, CELL_HERE };

struct binlog_cell {
	enum cell_state state; /* ABSENT: the image does not have the column */
	uint32_t len;
	const uint8_t *at;     /* HERE: the value without its length prefix */
};

struct binlog_rows {
	enum binlog_rows_op op;
	uint64_t table_id;
	uint16_t flags;
	int column_count;
	const uint8_t *has_before, *has_after; /* bit by column, LSB first; NULL: no such image */
	int before_count, after_count;         /* columns that are set in them */
	struct bytes left;
};

bool binlog_is_rows(unsigned type); /* any of them, those refused included */
bool binlog_rows_open(const struct binlog_event *e, const struct binlog_format *f, struct arena *a, struct binlog_rows *out, struct error *err);
/* The table id and flags alone: rows of tables that are not ours are not unpacked. */
bool binlog_rows_peek(const struct binlog_event *e, const struct binlog_format *f, uint64_t *table_id, uint16_t *flags, struct error *err);
/* 1: a row. before is filled for UPDATE and DELETE, after for INSERT and UPDATE; the other is left alone.
 * 0: none is left. -1: error (the table map does not fit the event, or the event is damaged). */
int binlog_rows_next(struct binlog_rows *r, const struct binlog_table *t, struct binlog_cell *before, struct binlog_cell *after,
		     struct error *err);

#endif
