/* row: what happens to one row, with all that hangs on it.
 *
 * Over history.c's tables these keep the parts in step: versions, misfits counted,
 * the search index told, a customer's registration. Both apply.c (events) and
 * copy.c (chunks) go through here. For the files of this folder.
 *
 * A column that a row's version does not know (table.added: the model or the bank
 * gained it later) is filled in when the row is seen next: its value says nothing of a
 * change, so it makes no version.
 */
#ifndef TD_REPLICA_ROW_H
#define TD_REPLICA_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/history.h"

struct arena;
struct replica;

struct row_time {
	int64_t valid_from, seq;
};

struct row_birth {
	const struct value *row; /* complete */
	struct row_time at;
	enum version_origin origin;
	bool registers;          /* a customer's first appearance */
	int64_t event_time;      /* of the registration where the bank records none; TIME_NONE: unknown */
};
/* Opens the next version of a key: 1 opened, 0 the key lives already (nothing done), -1 error. */
int row_open(struct replica *r, struct table *t, const struct row_birth *b, struct error *err);

struct row_step {
	struct row_time at;          /* the old version ends here */
	enum version_end end;
	enum version_origin origin;  /* of the next version */
	bool continues;              /* the same row goes on: nothing happens when nothing differs, and `changed` is told */
	int64_t opens_at;            /* when the next version begins; 0: where the old one ends */
	bool fills;                  /* continues, and seen for the first time since the table has new columns */
};
/* From one state to the next: 1 done, 0 nothing differs, -1 error. */
int row_step(struct replica *r, struct table *t, const struct stored *old, const struct value *row, const struct row_step *s, struct arena *a,
             struct error *err);
bool row_close(struct replica *r, struct table *t, const struct stored *old, struct row_time at, enum version_end end, struct error *err);
/* Nothing is known of a row but that it died at this time (`row` has its key, and may have more): a version of no length says so, and
 * a customer counts as one registered before the replica began. */
bool row_was(struct replica *r, struct table *t, const struct value *row, struct row_time at, enum version_end end, struct error *err);

#endif
