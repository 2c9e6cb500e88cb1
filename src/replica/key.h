/* key: an entity's key as one value.
 *
 * A key of one column is that column's value; a composite key is the JSON array
 * of its columns as strings, as VALUE_TEXT. In both forms equal keys are equal values.
 */
#ifndef TD_REPLICA_KEY_H
#define TD_REPLICA_KEY_H

#include <stdbool.h>

#include "model/value.h"

struct arena;
struct entity;

/* The key of a row; borrows the row's bytes, or takes from the arena for composite keys. */
struct value key_of(const struct entity *e, const struct value *row, struct arena *a);
/* As printed in JSON, CSV and on screens. */
const char *key_text(const struct entity *e, const struct value *row, struct arena *a);
const char *key_value_text(struct value key, struct arena *a);
/* True when both rows have the same key. */
bool key_same(const struct entity *e, const struct value *a, const struct value *b);
/* False: a key column is NULL, unknown, or (integer_key) not an integer. */
bool key_usable(const struct entity *e, const struct value *row);
/* Splits a key as key_of made it into a row array: only key columns are set, the rest UNKNOWN. */
bool key_split(const struct entity *e, struct value key, struct value *row, struct arena *a);

#endif
