/* repair: sets a row to what the source was seen to hold. Versions get origin and ending `repair`. */
#ifndef TD_REPLICA_REPAIR_H
#define TD_REPLICA_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct error;
struct replica;

/* key: a row whose key columns are set. row: the whole row, or NULL where the source has none. at: the source's clock.
 * Inside the open transaction of the caller, or one of its own that stays open (replica_commit). */
bool repair_row(struct replica *r, int entity, const struct value *key, const struct value *row, int64_t at, struct error *err);

#endif
