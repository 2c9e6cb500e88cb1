/* shape: how the model's tables lie in the server now, read from its catalogue (pg_class, pg_attribute, pg_index, pg_publication_tables).
 *
 *     shape_load(&shape, client, &target, &err)   at the connect, once a minute, and when a relation is another than it was
 *
 * What the catalogue says holds for now; what a row of the stream was written under is said by the relation message before it
 * (map.h). All memory is the shape's arena and lives until the next load.
 *
 * Prints say whether a table is still the one it was, across restarts (position.h keeps them):
 *
 *     relation   of what a relation message would tell now: names, types, modifiers of the modelled columns, in the order they are sent
 *     storage    of the files the rows lie in (of each partition too, and of since when it is one), of the places of the modelled columns, of the
 *                publication's filter for it, and of since when it is published
 *     columns    of when the modelled columns were last defined (xmin of their rows in pg_attribute), and of since when it is published:
 *                what was changed while a table had left the publication was not sent
 */
#ifndef TD_SOURCE_POSTGRES_SHAPE_H
#define TD_SOURCE_POSTGRES_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "source/sql/table.h"

struct error;
struct model;
struct postgres_client;

struct postgres_column {
	const char *name;
	const char *type_text;   /* format_type: "character varying(20)" */
	uint32_t type;           /* oid; of a domain that of its base type */
	uint32_t declared;       /* oid as the relation message has it */
	int32_t modifier;
	int number;              /* attnum */
	bool not_null, published;
	bool generated, stored;  /* stored: generated, and kept in the table */
	int model;               /* column of the entity, -1: not modelled */
};

struct postgres_table {
	struct sql_table base;   /* name: the table's, without its schema */
	const char *schema;
	uint32_t oid;
	char kind;               /* relkind: r table, p partitioned, v m f others */
	char persistence;        /* p; u unlogged, t temporary */
	char identity;           /* relreplident: d f i n */
	bool has_primary;
	bool identity_is_key;    /* every before image has the model's key: the identity's columns include it, or the whole row is sent */
	bool identity_works;     /* updates and deletes would not fail for want of an identity once it is published */
	bool inherits;           /* has children that are no partitions */
	bool row_security;       /* policies would hide rows from this account */
	bool reachable;          /* USAGE is granted on its schema */
	bool readable;           /* SELECT is granted on all modelled columns */
	bool published;          /* under its own name */
	bool listed;             /* the publication has it, itself or by its schema or a table it is a partition of */
	const char *published_as; /* the partitioned table under whose name its rows are sent; NULL: its own */
	const char *filter;      /* the publication's WHERE for it, as SQL; NULL: none */
	bool column_list;        /* the publication lists columns of it */
	const char *filter_columns; /* their numbers, "1 3"; NULL: there is no filter */
	bool filter_works;       /* updates and deletes do not fail for what filter, list or generated columns leave out of the identity */
	const char *unique_index; /* one that could be its identity, of the model's key; NULL: none */
	bool unique_is_primary;
	const char *nullable_index; /* one that could, but for columns that may be NULL */
	int column_count;
	struct postgres_column *columns;
	uint32_t since;          /* of when the publication, and the table in it, was last defined */
	uint32_t storage;        /* of what the storage print is made of, but for the columns */
	uint32_t relation_print;
	uint16_t storage_print, columns_print;
};

struct postgres_publication {
	bool exists, all_tables, inserts, updates, deletes, truncates;
	bool via_root;           /* publish_via_partition_root */
	bool generated;          /* publish_generated_columns (18) is stored */
};

struct postgres_target {
	const struct model *model;
	const char *publication;
	const char *schema;      /* NULL: the search_path */
	int version;
};

struct postgres_shape {
	struct arena arena;
	struct postgres_target target;
	struct postgres_publication publication;
	struct postgres_table *tables; /* by entity */
	int entity_count;
	const char **path;       /* schemas of the search_path that are there and may be used */
	int path_count;
};

void postgres_shape_init(struct postgres_shape *s);
void postgres_shape_done(struct postgres_shape *s);
/* In one snapshot, and so in a transaction of its own. Takes no lock on a table (but for a moment on one with a row filter): it waits for nobody's. */
bool postgres_shape_load(struct postgres_shape *s, struct postgres_client *c, const struct postgres_target *t, struct error *err);
/* The entity of a relation, by schema ("": pg_catalog) and name, also where the table is gone by now; -1: none. */
int postgres_shape_entity(const struct postgres_shape *s, const char *schema, const char *name);
/* The server's column by name: as it is written, else in any case; -1: none. */
int postgres_shape_column(const struct postgres_table *t, const char *name);
/* The relation print of columns as a message tells them: fed name by name. Begins with PRINT_BEGIN. */
#define PRINT_BEGIN UINT32_C(2166136261)
#define PRINT_AWAY  UINT32_C(1) /* a relation print that is no table's: it was changed under another name */
uint32_t postgres_print(uint32_t print, const void *p, size_t n);
uint32_t postgres_print_column(uint32_t print, const char *name, uint32_t type, int32_t modifier);

#endif
