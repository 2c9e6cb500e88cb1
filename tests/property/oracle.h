/* oracle: what a replica must hold, said as simply as it can be said.
 *
 *     oracle_init(&o, model)
 *     oracle_found(&o, entity, row, t0)            a row the first copy found
 *     oracle_begin(&o, commit_time, clock)         a source transaction:
 *     oracle_change(&o, &change) ...               with complete images
 *     oracle_cascade(&o, &change) ...              what the server did by itself
 *     oracle_end(&o)
 *     oracle_reconcile(&o, entity, rows, n, t0)    a resync found these rows and no others
 *
 * All there is are two lists, of versions and of registrations; every question is
 * a walk through them. Nothing here knows SQL, chunks, cursors or time limits.
 */
#ifndef TD_PROPERTY_ORACLE_H
#define TD_PROPERTY_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "model/value.h"
#include "replica/query.h"

struct change;
struct entity;
struct model;

struct oracle_version {
	int entity;
	const char *key; /* as printed */
	int64_t number;
	int64_t from, to; /* TIME_OPEN: the row lives */
	enum version_origin origin;
	enum version_end end;
	const struct value *values;
	uint32_t changed;                  /* bit by column, of an update */
	bool changed_told;                 /* the same row went on: `changed` says how */
	const char *moved_from, *moved_to; /* keys, of a key change */
	int life;                          /* versions of one row have one, key changes included */
	bool found;                        /* its life began in a copy, not with an insert */
};

struct oracle_registration {
	const char *cif;
	bool parked; /* the customer is dead, and another has its key */
	struct value store;
	int64_t at; /* TIME_NONE: unknown, in no window */
	bool timed; /* the bank said when */
	bool found; /* by a copy */
};

/* A row that made place for another within a transaction, until its own change comes. */
struct oracle_displaced {
	int version, registration;
};

struct oracle {
	const struct model *model;
	struct arena arena;
	struct oracle_version *versions;
	int version_count;
	struct oracle_registration *registrations;
	int registration_count;
	struct oracle_displaced *displaced;
	int displaced_count;
	int64_t last_from;   /* valid_from never runs backwards */
	int64_t commit_time; /* of the transaction, after the clamp */
	int64_t now;         /* valid_from of the transaction */
	bool cascade;        /* the change is the server's own */
	int lives;
	int clock_anomalies;
};

void oracle_init(struct oracle *o, const struct model *m);
void oracle_done(struct oracle *o);
void oracle_found(struct oracle *o, int entity, const struct value *row, int64_t t0);
void oracle_begin(struct oracle *o, int64_t commit_time, int64_t clock);
void oracle_change(struct oracle *o, const struct change *c);
void oracle_cascade(struct oracle *o, const struct change *c);
void oracle_end(struct oracle *o);
/* The time of a resync: at least the last valid_from. Once, before the entities are reconciled. */
int64_t oracle_resync_at(struct oracle *o, int64_t t0);
void oracle_reconcile(struct oracle *o, int entity, const struct value *const *rows, int count, int64_t t0);
/* The same for one key: row NULL: the source does not hold it. */
void oracle_reconcile_row(struct oracle *o, int entity, const char *key, const struct value *row, int64_t t0);

/* The version of a row that held at a time, or NULL. TIME_NONE: now. */
const struct oracle_version *oracle_as_of(const struct oracle *o, int entity, const char *key, int64_t at);
const struct oracle_version *oracle_version(const struct oracle *o, int entity, const char *key, int64_t number);
/* Registrations with from <= at < to; store NULL: of any, a null value: of the unknown one. */
int64_t oracle_registered(const struct oracle *o, int64_t from, int64_t to, const struct value *store);

/* The key of a row as it is printed, in the arena. */
const char *oracle_key(struct arena *a, const struct entity *e, const struct value *row);
/* Null-safe, by value. */
bool oracle_same(struct value a, struct value b);
bool oracle_same_row(const struct entity *e, const struct value *a, const struct value *b);
/* A row whose bytes live in the arena. */
const struct value *oracle_copy_row(struct arena *a, const struct entity *e, const struct value *row);

#endif
