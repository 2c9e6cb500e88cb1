/* check: the promises of the replica, tested row by row (tellerdesk-replica(5) lists the rules).
 *
 * rule             promise
 * file             SQLite finds the file sound
 * position         every row and version belongs to a transaction the replica has recorded, and is no newer than the last
 * numbering        versions of a key count from 1 without a hole
 * overlap, gap     no two versions of a key share a moment; an update leaves none uncovered
 * order            sequences and times never run backwards within a key
 * open             one open version if and only if the row exists
 * count            the numbers of rows and versions are those the replica tells
 * unchanged        an update changed something
 * changed          the list of changed columns is the difference of two versions
 * code             origins and endings are known ones
 * snapshot_time    what a copy read is valid from its T0, and the entity is known from one
 * registration     one registration a customer, with the group and time of the first version
 * rollup           counts by window are the sums of the registrations
 * canonical        values stand in canonical form
 * gap_order, age   recorded gaps and the claim of completeness make sense
 * rejected         a rejected row says why
 * verify           an entity that met an anomaly is marked, until a resync
 * search           the search index holds each word of each name and each value looked for, and nothing else
 */
#ifndef TD_REPLICA_CHECK_H
#define TD_REPLICA_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct error;

struct violation {
	const char *entity; /* or "" for the replica as a whole */
	const char *key;
	const char *rule;
	const char *detail;
};

/* Calls found for each violation, in one read transaction. checked (by entity, may be NULL): rows and versions looked at. */
bool replica_check(const char *path, void (*found)(void *ctx, const struct violation *v), void *ctx, int64_t *checked, struct error *err);

#endif
