/* table: a table of the server's catalogue as the model sees it; what every source that speaks SQL knows of one.
 *
 * A source reads its own catalogue and fills one of these for each entity (embedding it in what else it knows). From it
 * the model is held against the catalogue, present columns are told, and chunks are read.
 */
#ifndef TD_SOURCE_SQL_TABLE_H
#define TD_SOURCE_SQL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct entity;
struct model;
struct report;

struct sql_table {
	const char *name;        /* for messages; NULL: the server has no such table */
	int *place;              /* by column of the entity: the server's column; -1: it lacks it */
	bool view;               /* nothing of its own to follow */
	bool keyed;              /* the model's key is a primary key, or unique and not null */
	int64_t rows, row_bytes; /* estimates; -1: unknown */
};

/* One that is not there: all of the entity's columns lacking. place is the arena's. */
void sql_table_init(struct sql_table *t, const struct entity *e, struct arena *a);

/* Which columns an entity's table had when it was there last: a table that goes away for a moment (DROP and CREATE, a swap) is
 * empty, not another one. */
struct sql_present {
	bool **columns;          /* by entity; NULL: never seen */
	int entity_count;
};
void sql_present_init(struct sql_present *p, const struct model *m);
void sql_present_done(struct sql_present *p);
/* source_ops.columns of one entity. */
void sql_present_columns(struct sql_present *p, const struct model *m, int entity, const struct sql_table *t, bool *present);

/* The names of the model's key columns, "a, b", for messages. */
const char *sql_key_list(struct report *r, const struct entity *e);
/* Findings about one table that any server may have: it is not there (missing_fix says what to do), it is a view, columns are missing, the key
 * is none. True: the table is there and has rows of its own, so that more can be said of it. */
bool sql_check_table(struct report *r, const struct entity *e, const struct sql_table *t, const char *database, const char *missing_fix);

#endif
