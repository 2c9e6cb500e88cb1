/* csv_shape: what the columns of one file mean, and its rows as values.
 *
 * Names in the header stand in any order. A column the model does not know is
 * ignored; one of the model that the file lacks is VALUE_UNKNOWN in each row and
 * keeps its value; a key column must be there.
 */
#ifndef TD_SOURCE_CSV_SHAPE_H
#define TD_SOURCE_CSV_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buffer;
struct csv_row;
struct entity;
struct value;
struct zone;

struct csv_shape {
	const struct entity *entity;
	const struct zone *zone;
	int *columns; /* of the entity, by field of the file; -1: ignored */
	size_t field_count;
};

/* Reads the header. False: no row of the file can be used; reason says why. ignored gets the
 * names of unknown columns, parted by commas. csv_shape_done in either case. */
bool csv_shape_init(struct csv_shape *s, const struct entity *e, const struct zone *zone, const struct csv_row *header,
		    struct buffer *reason, struct buffer *ignored);
void csv_shape_done(struct csv_shape *s);
/* NULL and the values (entity->column_count of them), or why this row is bad; text of the reason is in arena. */
const char *csv_shape_row(const struct csv_shape *s, const struct csv_row *row, struct value *values,
			  struct arena *arena);

#endif
