/* apply_internal: what apply.c (transactions) and apply_row.c (events on rows) share. Nobody else includes it. */
#ifndef TD_REPLICA_APPLY_INTERNAL_H
#define TD_REPLICA_APPLY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "model/change.h"
#include "model/value.h"

struct error;
struct replica;
struct table;

/* A row displaced by a key change, until its own change comes in the same transaction. Its version is closed already. */
struct aside {
	struct aside *next;
	struct table *table;
	struct value *values;
	int64_t version;
	int64_t parked; /* its registration (rollup.h) */
};

/* While a table is copied: a row moved onto a key of which nothing is known yet. The row that had the key may have left it in
 * the time not seen, or its own change is still to come in this transaction and brings its image: the move waits for it. */
struct late {
	struct table *table; /* NULL: none */
	struct change change;
	bool first;          /* the old key was not touched before */
};

struct apply {
	struct replica *replica;
	struct arena arena;  /* of one change */
	struct arena kept;   /* of one source transaction */
	struct aside *aside;
	struct late late;
	bool open;
	int64_t seq, valid_from, commit_time;
	const char *raw_time;
	int64_t rows;        /* of this transaction */
	int64_t total;
};

/* Counts and lists what did not fit; entity "" for a transaction as a whole. */
bool apply_anomaly(struct apply *a, const char *entity, struct value key, const char *reason, struct error *err);

/* One event each; the change has a usable key. */
bool apply_insert(struct apply *a, struct table *t, const struct change *c, struct error *err);
bool apply_update(struct apply *a, struct table *t, const struct change *c, struct error *err);
bool apply_delete(struct apply *a, struct table *t, const struct change *c, struct error *err);
bool apply_merge(struct apply *a, struct table *t, const struct change *c, struct error *err);
/* Before each change of t: a move that waits (struct late) for it goes first. */
bool apply_meet(struct apply *a, struct table *t, const struct change *c, struct error *err);
/* At the end of a transaction: moves that wait, rows set aside that nobody came for. */
bool apply_settle_rows(struct apply *a, struct error *err);

#endif
