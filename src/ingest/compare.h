/* compare: the replica against its source, row by row.
 *
 * A chunk is read from the source with the position that covers it; when the replica has
 * reached that position, what differs and was not changed meanwhile is a violation
 * (rules `differs`, `missing`, `extra`). Where nobody writes the replica it is brought up
 * to date first, and kept so; else the other writer is waited for. A csv source has no
 * tables: its done/ folder is replayed into a scratch replica and that is compared.
 */
#ifndef TD_INGEST_COMPARE_H
#define TD_INGEST_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/ingest.h"
#include "replica/check.h"

/* repair: rows that differ get versions of origin `repair`; needs the writer's lock. */
bool compare_with_source(const struct ingest_params *p, bool repair, void (*found)(void *ctx, const struct violation *v), void *ctx,
                         int64_t *checked, struct error *err);

#endif
