/* model: what a bank's tables mean (tellerdesk-model(5)).
 *
 *     struct model *m = model_load("demography", errors);   a name or a file
 *     if (!m) ... every error found stands in `errors`, a line each: FILE:LINE: what is wrong
 *
 * A model is immutable once loaded and can be shared by threads. Entities,
 * columns, rollups and flats keep the order of the file. All pointers inside
 * belong to the model. An entity, a column is named by its index.
 */
#ifndef TD_MODEL_MODEL_H
#define TD_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct zone;

enum column_type {
	COLUMN_TEXT, COLUMN_INTEGER, COLUMN_DECIMAL, COLUMN_DATE,
	COLUMN_DATETIME, COLUMN_INSTANT, COLUMN_BOOLEAN, COLUMN_BYTES,
};

struct column {
	const char *name;  /* in the source */
	const char *as;    /* in the replica; the same unless column.X.as says otherwise */
	const char *title; /* for people */
	enum column_type type;
	int scale;         /* of decimal(scale); -1: as many digits as the source gives */
	bool pii, search, hidden;
	bool optional;     /* the bank may lack it */
	bool identifier;   /* key, cif, via or store column: a string in JSON */
	int key;           /* place in the key from 0, or -1 */
};

enum entity_kind { ENTITY_CUSTOMER, ENTITY_DETAIL, ENTITY_STORE, ENTITY_EVENT };

struct entity {
	const char *name;  /* [entity NAME]; also the table of the replica */
	const char *title;
	const char *table; /* in the source */
	enum entity_kind kind;
	struct column *columns;
	int column_count;
	int *key;          /* column indexes */
	int key_count;
	bool integer_key;  /* one key column, of type integer */
	bool optional;     /* the bank may lack the whole table (`optional = *`) */
	int *names;        /* customer and store: columns the name is made of */
	int name_count;
	/* Column indexes, -1 where there is none. */
	int cif;           /* customer: its key; detail, event: the column that holds the CIF */
	int via;           /* detail: column OF THE CUSTOMER whose value is this entity's key */
	int store;         /* customer: the store column; store: its key */
	int registered;    /* customer: event time of the registration */
	int changed_by;
	int city;          /* store: city, for charts; where there is one */
};

struct rollup {
	const char *name, *title;
	int entity;        /* of = first(ENTITY): now always the customer */
	int by;            /* column of the entity, -1: one group */
	int at;            /* column of the entity, -1: commit time */
};

struct flat {
	const char *name;
	int *entities;     /* the customer first */
	int entity_count;
};

struct model {
	const char *name, *title;
	const char *zone_name;
	const struct zone *zone;
	struct entity *entities;
	int entity_count;
	struct rollup *rollups;
	int rollup_count;
	struct flat *flats;
	int flat_count;
	int customer;      /* index of the entity of kind customer */
	int store;         /* of the entity of kind store, or -1 */
	const char *text;  /* the file as it was read: the replica stores it */
};

/* name: a shipped model (data/models/NAME.model) when it has neither '/' nor '.', else a file.
 * NULL on any error; errors gets every one, a line each, FILE:LINE: message. */
struct model *model_load(const char *name, struct buffer *errors);
struct model *model_parse(const char *text, const char *file, struct buffer *errors);
void model_free(struct model *m);

int model_entity(const struct model *m, const char *name);          /* -1: none */
int model_entity_of_table(const struct model *m, const char *table); /* -1: none */
int entity_column(const struct entity *e, const char *name);        /* by source name, else by `as`; -1: none */
const char *column_type_text(enum column_type t);
/* Appends a line for each difference (comments and blanks are none) of `b`, the model asked for, from `a`, the
 * one a replica was built with; false: none. */
bool model_difference(const struct model *a, const struct model *b, struct buffer *out);

#endif
