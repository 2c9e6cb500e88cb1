/* map: from the wire to the model: for one table map, what each cell of a row event is and where it goes.
 *
 * With full metadata (binlog_row_metadata=FULL) the event itself tells names, signs, character sets and labels,
 * so rows written under an older shape of the table are read as they were written. Without names the columns
 * must be those of the catalogue, one by one; if they are not, the log was written under a shape nobody
 * remembers: ERROR_PURGED, which means the table is read anew.
 *
 * Building a map takes some microseconds, statements come by the thousand: one whose table map is the same
 * to the byte as the last of its entity uses it again.
 */
#ifndef TD_SOURCE_MYSQL_MAP_H
#define TD_SOURCE_MYSQL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "binlog/cell.h"
#include "binlog/rows.h"
#include "binlog/table.h"

struct binlog_event;
struct binlog_format;
struct error;
struct mysql_shape;

struct mysql_map {
	bool made;
	struct buffer raw;       /* the event's body behind the table id */
	struct arena arena;
	struct binlog_table table;
	struct cell_type *cells; /* by column on the wire */
	int *model;              /* by column on the wire: column of the entity, -1 */
	int *wire;               /* by column of the entity: on the wire, -1: not there */
	struct binlog_cell *before, *after; /* room for the cells of one row */
	int row_end;             /* on the wire, of a system-versioned table, else -1 */
};

void map_init(struct mysql_map *m);
void map_done(struct mysql_map *m);
/* The catalogue changed: what was made under it is void. */
void map_forget(struct mysql_map *m);
bool map_take(struct mysql_map *m, const struct mysql_shape *s, int entity, const struct binlog_event *e, const struct binlog_format *f,
	      struct error *err);

/* One image as values of the entity, column by column. Cells that are not there become VALUE_UNKNOWN. */
struct map_image {
	const struct mysql_map *map;
	const struct mysql_shape *shape;
	int entity;
	const struct binlog_cell *cells;
};
bool map_image(const struct map_image *i, struct value *row, struct arena *a, struct error *err);
/* System versioning: the image is of a version that has ended. */
bool map_has_ended(const struct mysql_map *m, const struct binlog_cell *cells);

#endif
