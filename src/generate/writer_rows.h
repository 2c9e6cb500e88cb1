/* writer_rows: the tables of the model demography and the generator's rows as text cells, for writers into SQL servers.
 *
 *     struct writer_row r;
 *     writer_row(wall_zone(), WRITER_CUSTOMER, &person, &r)
 *     for i in 0..: table = &writer_rows_tables[WRITER_CUSTOMER], table->columns[i] has r.cells[i]
 *
 * The cells borrow from the row they were made of and from the struct writer_row itself, which must stay where it is.
 */
#ifndef TD_GENERATE_WRITER_ROWS_H
#define TD_GENERATE_WRITER_ROWS_H

#include "generate/wall.h"
#include "generate/writer.h"

enum { WRITER_TABLES = WRITER_ASSET + 1, WRITER_COLUMNS = 12 };

struct writer_rows_table {
	const char *name;
	const char *columns[WRITER_COLUMNS + 1]; /* ended by NULL; the key comes first */
};
/* By enum writer_table. */
extern const struct writer_rows_table writer_rows_tables[WRITER_TABLES];

/* In the order of the columns; NULL: NULL. */
struct writer_row {
	const char *cells[WRITER_COLUMNS];
	char numbers[2][24];
	char registered[WALL_SIZE];
};

/* zone: of registered_at, which is a wall clock. row: as writer_ops.put takes it. */
void writer_row(const struct zone *zone, enum writer_table table, const void *row, struct writer_row *r);
/* Appends "a, b, c": the columns of the table. */
void writer_rows_columns(enum writer_table table, struct buffer *out);

#endif
