/* shape: how the model's tables lie in the server now, read from its catalogue (information_schema).
 *
 *     shape_load(&shape, client, &target, &err)   anew: at the connect, after DDL, once a minute
 *     shape.tables[entity].base.place[column]     the server's column, -1: it lacks it
 *
 * What the catalogue says holds for now; what a row event was written under is said by the table map
 * before it (map.h). All memory is the shape's arena and lives until the next load.
 */
#ifndef TD_SOURCE_MYSQL_SHAPE_H
#define TD_SOURCE_MYSQL_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "binlog/cell.h"
#include "model/cascade.h"
#include "source/sql/table.h"

struct binlog_column;
struct error;
struct model;
struct mysql_client;

struct mysql_column {
	const char *name, *data_type, *column_type, *charset; /* lower case types; charset NULL: none */
	bool nullable, generated, is_virtual; /* is_virtual: generated, and never stored */
	bool on_update;          /* takes the time by itself when the row changes */
	uint64_t octets;         /* of a string type */
	int precision, scale, fraction;
	int model;               /* column of the entity, -1: not modelled */
	struct cell_type cell;   /* all that is known of how it is encoded */
	bool has_default;        /* a constant one; of a nullable column without any: NULL */
	struct value initial;    /* canonical for the model's column */
};

struct mysql_key_column { const char *index, *column; bool unique, nullable, prefix; };

struct mysql_table {
	struct sql_table base;
	const char *engine;
	bool transactional, partitioned;
	bool versioned;          /* MariaDB's system versioning */
	const char *row_end;     /* its column, where it is a visible one */
	int column_count;
	struct mysql_column *columns;
	const char *key_index;   /* the name of the one the model's key is; NULL: none (not keyed) */
};

/* A foreign key that changes rows of a modelled table without telling, and that the replica cannot carry out again: its parent, or
 * columns of it, are not modelled. Where only a change of the parent's columns counts (no row dies), it is watched:
 * such a change is seen in the parent's own rows, and the child is read again (watch.c). */
struct mysql_hidden {
	const char *name, *parent, *child; /* constraint, tables */
	const char *parent_schema;
	int entity;              /* the child */
	bool parent_modelled;
	bool watched;
	int column_count;
	const char *const *parent_columns;
	int *ordinals;           /* of parent_columns among the parent's, from 0; -1: not visible to us */
};

struct mysql_target {
	const struct model *model;
	const char *database;
	bool fold_names;         /* lower_case_table_names is not 0 */
	bool mariadb;
	bool logs_cascades;      /* the server logs what foreign keys do */
};

struct mysql_shape {
	struct arena arena;
	struct mysql_target target;
	struct mysql_table *tables; /* by entity */
	int entity_count;
	struct cascades cascades;   /* among modelled tables */
	struct mysql_hidden *hidden;
	int hidden_count;
};

void shape_init(struct mysql_shape *s);
void shape_done(struct mysql_shape *s);
bool shape_load(struct mysql_shape *s, struct mysql_client *c, const struct mysql_target *t, struct error *err);
/* Whether this is the followed database. */
bool shape_follows(const struct mysql_shape *s, const char *schema);
/* The entity of a table of the followed database, -1: none. */
int shape_entity(const struct mysql_shape *s, const char *schema, const char *table);
/* The first watched key from `from` on whose parent is this table, -1: none. */
int shape_watched(const struct mysql_shape *s, const char *schema, const char *table, int from);
int shape_column(const struct mysql_table *t, const char *name); /* -1: none */
/* Whether a column on the wire is this one of the catalogue: type, lengths, digits. */
bool shape_fits(const struct mysql_column *c, const struct binlog_column *wire);
/* For shape_load: what foreign keys do to modelled tables (shape_foreign.c). */
bool shape_foreign_keys(struct mysql_shape *s, struct mysql_client *c, struct error *err);

#endif
