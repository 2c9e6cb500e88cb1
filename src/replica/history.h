/* history: the versions of one entity's rows.
 *
 * The table ENTITY holds the open version of each row (SCD1: the row itself, its
 * _version, _valid_from, _seq_from, _origin, _changed), ENTITY_history the closed
 * ones. A new row costs one insert; only a change costs history:
 *
 *     insert       history_open
 *     update       history_find, history_close (the old state into _history), history_replace
 *     delete       history_find, history_close, history_remove
 *
 * Versions are numbered per key from 1 and go on across deletes: a key that has
 * lived before asks its history (history_next); `closed_keys` says whether any key has,
 * so that a first load never asks. These functions keep the shape; which event means
 * what is decided in apply.c and copy.c. For the files of this folder.
 */
#ifndef TD_REPLICA_HISTORY_H
#define TD_REPLICA_HISTORY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"
#include "replica/query.h"

struct arena;
struct buffer;
struct entity;
struct error;

struct table {
	const struct entity *entity;
	int index;               /* of the entity */
	sqlite3 *db;
	sqlite3_stmt *find, *open, *replace, *remove, *close, *next, *end_again;
	int64_t closed_keys;     /* keys that lived and have no row now; at least that many */
	int64_t rows, closed;    /* how many rows there are, how many closed versions */
	bool counts_dirty;       /* one of these three, or verify, is not written yet */
	bool verify;             /* an anomaly was met */
	int64_t reload_seq;      /* of the transaction that told, last, that the table is another: what comes behind it need not fit what we hold */
	int64_t *added;          /* by column: versions that began up to this sequence may not know it yet, -1: all do; NULL: every one
	                          * knows every column. Owned by copy.c; row.c fills them in. */
	/* While the entity is copied (copy.h): */
	bool copying, resync;
	int64_t t0;
	/* In this source transaction (apply_cascade.c): a cascade ran into its copy; all of it must be read again, because rows may
	 * have moved, or because what is held may not hold any more. */
	bool struck;
	enum table_reread { REREAD_NOTHING, REREAD_MOVED, REREAD_STALE } reread;
};

struct stored {
	struct value *values;    /* column_count; borrowed from the statement until the next history_find */
	int64_t version, valid_from, seq;
	enum version_origin origin;
	struct value changed;    /* text or NULL */
};

struct opening {
	int64_t version, valid_from, seq;
	enum version_origin origin;
	struct value changed;
};

/* DDL of both tables and the view ENTITY_versions. */
void history_schema(const struct entity *e, struct buffer *sql);
/* Indexes: the CIF column of the rows, key and CIF of the history. */
void history_indexes(const struct entity *e, struct buffer *sql);
void history_view(const struct entity *e, struct buffer *sql);

bool history_prepare(struct table *t, sqlite3 *db, const struct entity *e, int index, struct error *err);
void history_finish(struct table *t);

/* 1 found (out->values must have room for column_count), 0 not, -1 error. `row` needs its key columns only. */
int history_find(struct table *t, const struct value *row, struct stored *out, struct error *err);
void history_release(struct table *t); /* resets the find statement */
/* The number the next version of this key gets: 1, or after the last closed one. 0: error. */
int64_t history_next(struct table *t, const struct value *row, struct error *err);
/* 1 inserted, 0 the key lives already, -1 error. */
int history_open(struct table *t, const struct value *row, const struct opening *o, struct error *err);
bool history_replace(struct table *t, const struct value *row, const struct opening *o, struct error *err);
bool history_remove(struct table *t, const struct value *row, struct error *err);
bool history_close(struct table *t, const struct stored *old, int64_t valid_to, int64_t seq_to, enum version_end end, struct error *err);
/* Says anew how a closed version ended. */
bool history_end_again(struct table *t, const struct value *row, int64_t version, enum version_end end, struct error *err);
/* The names of the columns that differ, as a JSON array in the arena; NULL kind when none does. */
struct value history_changed(const struct entity *e, const struct value *old, const struct value *now, struct arena *a);

#endif
