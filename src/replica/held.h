/* held: partial row images, invisible until the rest of the row is read (copy.h).
 *
 * td_held keeps, per key, the images the events made, each laid over the one before.
 * A fill brings the row as the source holds it; its columns fill those no event has
 * set. Images from before a column was set cannot be filled and are dropped: the
 * row's history begins at the first image that is whole. For copy.c.
 */
#ifndef TD_REPLICA_HELD_H
#define TD_REPLICA_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct arena;
struct error;
struct replica;
struct table;

bool held_prepare(struct replica *r, struct error *err);
void held_close(struct replica *r);
/* What made an image: an event; a cascade that struck the row; or one that may have, so that the row may be dead. */
enum held_by { HELD_EVENT, HELD_CASCADE, HELD_DOUBT };
struct held_cause { int64_t valid_from, seq; enum held_by by; };
bool held_add(struct replica *r, struct table *t, const struct value *row, const struct held_cause *cause, struct error *err);
int held_newest(struct replica *r, struct table *t, struct value key, struct value *out, struct arena *a, struct error *err);
bool held_drop(struct replica *r, struct table *t, struct value key, struct error *err);
/* Nothing is held: nothing happens. */
bool held_fill(struct replica *r, struct table *t, struct value key, const struct value *row, struct error *err);
/* The same for a row read by key: only when the key has not churned since held_list gave it out. */
bool held_fill_read(struct replica *r, struct table *t, struct value key, const struct value *row, struct error *err);
/* Another row has this key now: one that was in doubt is dead. Nothing is held of the key then. */
bool held_replace(struct replica *r, struct table *t, struct value key, struct error *err);
/* The row was looked for and is not there: when its key has not churned since, it died of what its newest image tells of. */
bool held_gone(struct replica *r, struct table *t, struct value key, struct error *err);
/* All keys with images, as rows with key columns set. */
bool held_keys(struct replica *r, struct table *t, const struct value *const **keys, int *count, struct arena *a, struct error *err);
bool held_list(struct replica *r, struct table *t, const struct value *const **keys, int *count, int max, const char **last_position,
               struct arena *a, struct error *err);
bool held_any(struct replica *r, int entity);

#endif
