/* apply_internal: what apply.c (transactions), apply_row.c (events on rows) and apply_cascade.c (what the server does to child
 * rows by itself) share. Nobody else includes it. */
#ifndef TD_REPLICA_APPLY_INTERNAL_H
#define TD_REPLICA_APPLY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "model/change.h"
#include "model/value.h"

struct cascading;
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
	struct cascading *cascades; /* the rules (apply_cascade.c) */
	int cascade_count;
	int depth;           /* 0: the change is the source's; else a cascade's, that far from it */
};

/* A row that other rows refer to, as it was before its change. */
struct parent_row {
	struct arena arena;
	const struct table *table; /* NULL: nothing refers to it */
	struct value *old, *now;   /* now NULL: it is deleted; UNKNOWN: unchanged there */
};

/* Counts and lists what did not fit; entity "" for a transaction as a whole. */
bool apply_anomaly(struct apply *a, const char *entity, struct value key, const char *reason, struct error *err);

/* One change of one row, the source's or a cascade's, with all that follows from it. */
bool apply_row_change(struct apply *a, struct table *t, const struct change *c, struct error *err);

/* Before the change: what its children will be looked for by. The caller ends with apply_parent_done. */
bool apply_parent_note(struct apply *a, struct table *t, const struct change *c, struct parent_row *p, struct error *err);
void apply_parent_done(struct parent_row *p);
/* After it: the children. */
bool apply_cascade(struct apply *a, const struct parent_row *p, struct error *err);
/* At the end of a transaction, at its position: the copies that cascades ran into (copy.h). */
bool apply_cascade_end(struct apply *a, const char *position, struct error *err);
void apply_cascades_forget(struct apply *a); /* after a rollback */
void apply_cascades_free(struct apply *a);

/* One event each; the change has a usable key. */
bool apply_insert(struct apply *a, struct table *t, const struct change *c, struct error *err);
bool apply_update(struct apply *a, struct table *t, const struct change *c, struct error *err);
bool apply_delete(struct apply *a, struct table *t, const struct change *c, struct error *err);
bool apply_merge(struct apply *a, struct table *t, const struct change *c, struct error *err);
/* Before each change of t: a move that waits (struct late) for it goes first. */
bool apply_meet(struct apply *a, struct table *t, const struct change *c, struct error *err);
/* A move of t that waits goes now. */
bool apply_meet_nobody(struct apply *a, const struct table *t, struct error *err);
/* At the end of a transaction: moves that wait, rows set aside that nobody came for. */
bool apply_settle_rows(struct apply *a, struct error *err);

#endif
