/* apply: source transactions into the replica.
 *
 *     apply_begin(a, &times, &err)
 *     apply_change(a, &change, &err) ...
 *     apply_end(a, position, &err)      rows, versions, registrations and position stand in the open
 *                                       SQLite transaction; several source transactions may share one
 *     replica_commit(r, &err)
 *
 * What one event does to one row (the key lives / does not live in the replica):
 *
 *     event     lives                               does not
 *     INSERT    anomaly; the new state is applied   version 1 (or the next after a delete)
 *     UPDATE    closes a version, opens the next;   anomaly; the new state is applied
 *               nothing when nothing differs
 *     DELETE    closes the version                  anomaly; nothing
 *     MERGE     as UPDATE                           as INSERT
 *     key change: closes at the old key, opens at the new one. When the new key lives its row is
 *     set aside until its own change comes in the same transaction (swapped keys).
 *
 *     cascades:   where the change says so, the rules of apply_set_cascades are carried out on the child
 *     rows it had, at once and in the same transaction, and on their children in turn, as if the server had
 *     sent those changes. Their versions are of origin, and ended by, `cascade`. A row sent
 *     explicitly before its parent went is gone by then; an update that leaves the columns referred to
 *     as they were, as a REPLACE may be logged, cascades to nothing.
 *
 * While an entity is copied nothing is an anomaly, and the rules of copy.h come first.
 * After a false return the transaction must be rolled back (replica_rollback, apply_reset).
 */
#ifndef TD_REPLICA_APPLY_H
#define TD_REPLICA_APPLY_H

#include <stdbool.h>
#include <stdint.h>

struct apply;
struct cascades;
struct change;
struct error;
struct replica;

struct apply_times {
	int64_t commit_time;  /* as the source gave it, UTC microseconds */
	const char *raw_time; /* or NULL */
	int64_t source_clock; /* the source's clock at receipt: a time over 5 minutes ahead of it is clamped to it */
};

struct apply *apply_new(struct replica *r);
void apply_free(struct apply *a);
/* The rules of the server's foreign keys, from now on; copied. Outside a source transaction. The same rules again cost nothing. */
bool apply_set_cascades(struct apply *a, const struct cascades *c, struct error *err);
bool apply_begin(struct apply *a, const struct apply_times *t, struct error *err);
bool apply_change(struct apply *a, const struct change *c, struct error *err);
bool apply_end(struct apply *a, const char *position, struct error *err);
void apply_reset(struct apply *a); /* after a rollback */
bool apply_is_open(const struct apply *a);
/* The position moved without a change of ours. Opens a transaction. */
bool apply_position(struct apply *a, const char *position, struct error *err);
/* Row events applied since apply_new. */
int64_t apply_count(const struct apply *a);

#endif
