/* shape_private: what the files of the catalogue share: asking, and reading the answers by the names of their columns. */
#ifndef TD_SOURCE_POSTGRES_SHAPE_PRIVATE_H
#define TD_SOURCE_POSTGRES_SHAPE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "source/postgres/shape.h"

struct buffer;
struct postgres_rows;

const char *shape_text(struct postgres_shape *s, const struct postgres_rows *r, const char *name); /* in the arena */
bool shape_is(const struct postgres_rows *r, const char *name);
char shape_letter(const struct postgres_rows *r, const char *name); /* '\0': NULL */
int64_t shape_number(const struct postgres_rows *r, const char *name, int64_t absent);
/* The table of the row's column "entity". */
struct postgres_table *shape_row(struct postgres_shape *s, const struct postgres_rows *r);
/* Runs what was built, and frees it. */
bool shape_ask(struct postgres_client *c, struct buffer *sql, struct postgres_rows *out, struct error *err);
/* Appends `wanted (entity, oid) AS (...)`: the tables there are; false: none. */
bool shape_with_tables(const struct postgres_shape *s, struct buffer *sql);

/* shape_key.c: once tables and columns are known */
bool shape_keys(struct postgres_shape *s, struct postgres_client *c, struct error *err);
bool shape_identities(struct postgres_shape *s, struct postgres_client *c, struct error *err);

#endif
