/* rollup: registrations (and other counts of firsts) by group and event-time window.
 *
 * A registration is an event: a customer's first appearance, with the group (store)
 * and event time of its first version. td_ROLLUP_events holds one row a registration,
 * td_ROLLUP_counts the sums by group at three grains: a minute, an hour, a day of the
 * model's zone. Counts are gathered in memory and written once a commit
 * (rollup_flush), in the same transaction as the rows.
 */
#ifndef TD_REPLICA_ROLLUP_H
#define TD_REPLICA_ROLLUP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct buffer;
struct error;
struct model;
struct replica;
struct rollup;

/* TOTAL has one row: all registrations, those in no window too. */
enum rollup_grain { GRAIN_MINUTE, GRAIN_HOUR, GRAIN_DAY, GRAIN_TOTAL };

void rollup_schema(const struct model *m, struct buffer *sql);
void rollup_indexes(const struct rollup *u, struct buffer *sql);
bool rollup_open(struct replica *r, struct error *err);
void rollup_close(struct replica *r);
void rollup_reset(struct replica *r);    /* after a rollback: forgets what was gathered */
bool rollup_flush(struct replica *r, struct error *err);

/* The first version of a customer. commit_time: its event time where the bank records none (TIME_NONE for a copy:
 * unknown, in no window). fresh: the key has no history, so it cannot be registered yet. */
struct registering { const struct value *row; int64_t commit_time; int64_t seq; bool fresh; };
bool rollup_register(struct replica *r, const struct registering *g, struct error *err);
/* A key change carries the registration along. A registration that stands at the new key already (of a customer
 * that died) is parked: it counts on, under a key of its own. */
bool rollup_move(struct replica *r, struct value old_key, struct value new_key, struct error *err);
/* A row set aside takes its registration with it: *parked identifies it (0: it had none). */
bool rollup_park(struct replica *r, struct value key, int64_t *parked, struct error *err);
bool rollup_unpark(struct replica *r, int64_t parked, struct value new_key, struct error *err);
/* No registration any more: the first step of rollup_rebuild. */
bool rollup_clear(struct replica *r, struct error *err);
/* All of it again from the history (rollup_rebuild.c), in the caller's transaction. */
bool rollup_rebuild(struct replica *r, struct error *err);

#endif
