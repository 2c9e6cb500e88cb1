/* copy: the first copy of a table, and its reconciliation, while the stream runs.
 *
 * The algorithm, generic over sources (the reading side is ingest/snapshot.c):
 *
 *   P0  a position before which everything is visible to reads; T0 the source's clock just after.
 *       The stream applies from P0 on, whatever the copy's cursor.
 *   touched  each key the stream touches (deletes, both keys of a key change) is noted, durably, until its
 *       entity is done. A chunk is held until the stream has applied its H, then written without the touched
 *       keys. So what is written was untouched from P0 to H, and held at T0: its valid_from is T0.
 *   first event  on a key not copied yet: its complete before image is written as the version [T0, event)
 *       first (the row is made to stand there, then the event is applied as always).
 *   partial  an update that does not bring all columns, of a row not copied: its images are held, invisible.
 *       Unknown means unchanged since P0, so the chunk's row may fill the columns no event has set, if every
 *       event of the key since P0 was an update that kept the key. What cannot be filled so is read by key at
 *       the end, under a bound that has passed the key's last event, and discarded when the key was inserted,
 *       deleted or moved meanwhile (`churn`).
 *   truncate  drops touched keys, partial rows and (epoch) held chunks; the copy of that entity is done.
 *
 * A resync is the same on a replica that is not empty: rows that differ open a version of origin `resync` at
 * T0', keys go to `seen`, and at the end rows neither seen nor touched are closed at T0'.
 *
 * Columns that the model or the bank gained since (td_added) are filled into the open versions by the resync that
 * follows, without a version of their own: what they held before is not known, and no change was seen.
 *
 *   cascade  a server that carries out foreign keys without logging it changes rows nobody has read (copy_strike). Rows
 *       that were written are changed as always. What is held unwritten is void, and nothing is read again before all up to
 *       that transaction is visible (P0 moves there): then a chunk shows each row as the cascade left it, and, as before,
 *       holds it unless an event says otherwise. What a row was before the cascade nobody knows, so T0 moves
 *       too, to the time of that transaction: from then to H the row is untouched, and it is written as of then. The
 *       entity is known from there, as when one copy takes over from another. Where a cascade changes keys the copy begins anew at
 *       that transaction: a row may have moved behind the cursor, or onto a key that was touched.
 *       Of a partial row whose foreign key is not known nobody knows whether it was struck (copy_doubt): what it
 *       was is dropped, and it is read by key, past the cascade; if it is not there then, and no event told why, a cascade
 *       took it, the last that may have. In a resync a row of before the gap is left to the read, which shows what the cascade did to it.
 *
 * All of it is durable: a killed copy goes on at its cursor. Everything here runs inside the writer's open
 * transaction; the cursor moves in the same one as the rows.
 */
#ifndef TD_REPLICA_COPY_H
#define TD_REPLICA_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct arena;
struct error;
struct held_cause;
struct replica;
struct table;

struct copy_counts { int64_t inserted, updated, closed; };

struct copy_progress {
	bool running;            /* some entity is not done */
	bool resync;
	int entity;              /* the one being read, -1: none */
	const char *p0;          /* of that entity; borrowed */
	const struct value *cursor; /* the row to read after (key columns set), NULL: from the start; borrowed */
	bool read_all;           /* the chunks are through; partial rows are left */
	int64_t rows;            /* copied so far, all entities */
	int done, total;         /* entities */
	unsigned epoch;          /* of that entity: a held chunk with another is void */
};

struct copy_start {
	int entity;             /* -1: all */
	bool resync;
	bool reposition;        /* the stream begins anew at p0 (always where the replica has no position) */
	const char *p0;
	int64_t t0;
	const char *gap_reason; /* a gap [complete_to, t0) is recorded; NULL: there is none */
};
bool copy_begin(struct replica *r, const struct copy_start *start, struct error *err);
/* At open and after a rollback: the state of a copy that was cut off. */
bool copy_load(struct replica *r, struct error *err);
void copy_close(struct replica *r);
bool copy_progress(struct replica *r, struct copy_progress *out);
unsigned copy_epoch(const struct replica *r, int entity);
bool copy_running(const struct replica *r);

/* Writes a chunk whose H was reached. `last`: the table has no more rows. */
struct copy_chunk { int entity; int count; const struct value *const *rows; bool last; unsigned epoch; };
bool copy_chunk(struct replica *r, const struct copy_chunk *c, struct error *err);

/* Keys of partial rows that chunks could not fill, up to max, as rows with key columns set (arena owned by the copy,
 * until the next call), and the position of the last event among them. */
bool copy_leftovers(struct replica *r, int entity, const struct value *const **keys, int *count, int max, const char **last_position, struct error *err);
/* The rows read for these keys; those whose key churned since copy_leftovers are left for another round. One that is not there
 * though nothing happened to it died by a cascade. */
struct copy_filling { int entity; const struct value *const *keys; int key_count; const struct value *const *rows; int row_count; };
bool copy_fill(struct replica *r, const struct copy_filling *f, struct error *err);
/* All rows read, no partial row left: closes what a resync did not see, builds indexes, forgets touched keys. */
bool copy_finish(struct replica *r, int entity, struct copy_counts *counts, struct error *err);
/* Whether partial rows of the entity wait to be filled. */
bool copy_has_leftovers(struct replica *r, int entity);
/* The bank has a column it lacked: versions up to now do not know it. */
bool copy_column_added(struct replica *r, int entity, int column, struct error *err);
/* The entity whose later columns (table.added) no copy is filling: -1 more than one, -2 none. */
int copy_to_fill(const struct replica *r);
/* The counts of the resync under way or just done, by entity. */
const struct copy_counts *copy_counts_of(const struct replica *r, int entity);

/* ---- called by apply while t->copying ---- */
enum copy_event { COPY_UPDATE, COPY_OTHER }; /* an update that kept its key; anything else */
/* Notes the key; *first: no event and no chunk had it before. */
bool copy_touch(struct replica *r, struct table *t, const struct value *row, enum copy_event event, bool *first, struct error *err);
/* Holds a partial image (UNKNOWN columns) of a row; `overlay`: on the image held before, if there is one. */
bool copy_hold(struct replica *r, struct table *t, const struct value *row, const struct held_cause *cause, struct error *err);
/* 1: an image is held; out (column_count values, arena) is the newest. 0 none, -1 error. */
int copy_held(struct replica *r, struct table *t, const struct value *row, struct value *out, struct arena *a, struct error *err);
/* The same where another row takes the key. */
bool copy_replace_held(struct replica *r, struct table *t, const struct value *row, struct error *err);
bool copy_drop_held(struct replica *r, struct table *t, const struct value *row, struct error *err);
bool copy_truncated(struct replica *r, struct table *t, struct error *err);

/* ---- called by cascades while t->copying ---- */
/* Whether the source may have rows that the replica does not hold as they are now. */
bool copy_unread(struct replica *r, const struct table *t);
/* 1: what is held under this key is of now; 0: of before a gap, if anything is; -1 error. */
int copy_is_current(struct replica *r, const struct table *t, const struct value *row, struct error *err);
/* A cascade struck the entity. copy_strike_end follows at the end of the source transaction, at its position. */
bool copy_strike(struct replica *r, struct table *t, int64_t valid_from, struct error *err);
bool copy_strike_end(struct replica *r, struct table *t, const char *position, struct error *err);
/* Keys of all partial rows, as rows with key columns set, in the arena. */
bool copy_held_keys(struct replica *r, struct table *t, const struct value *const **keys, int *count, struct arena *a, struct error *err);
/* From here on no more is known of this partial row than this image says, nor whether it lives. */
bool copy_doubt(struct replica *r, struct table *t, const struct value *image, const struct held_cause *cause, struct error *err);

#endif
