/* replica: the file all questions are answered from, and its one writer.
 *
 *     replica_open_writer(path, model, source, &r, &err)  creates or opens; takes the lock REPLICA.lock (OFD)
 *     replica_begin / replica_commit / replica_rollback   one SQLite transaction; apply, copy, rollup, status write inside
 *     replica_close
 *
 * The file is SQLite in WAL mode, mode 0600, application_id 'tdsk', user_version
 * the schema's version (tellerdesk-replica(5) is its contract with foreign code).
 * A writer of an older schema is migrated; a newer or foreign file is refused.
 */
#ifndef TD_REPLICA_REPLICA_H
#define TD_REPLICA_REPLICA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct error;
struct model;
struct replica;

#define REPLICA_APPLICATION 0x7464736b
#define REPLICA_SCHEMA 2

struct replica_params {
	const char *path;
	const struct model *model;  /* NULL: the replica's own (it must exist) */
	const char *source_url;
	const char *source_kind;    /* ops->scheme */
	const char *source_identity;/* NULL: not known yet */
	bool accept_identity;       /* take a differing identity for the new one */
	bool adopt_model;           /* a differing model replaces the stored one */
	bool bare;                  /* no indexes yet: a copy of the tables follows */
	const char *time_precision; /* of the source's commit times, for status; NULL: not known */
};

/* Who holds the writer's lock of this replica: a pid, 0 nobody, -1 unknown. */
int64_t replica_writer(const char *path);
struct replica *replica_open_writer(const struct replica_params *p, struct error *err);
void replica_close(struct replica *r);

const struct model *replica_model(const struct replica *r);
struct sqlite3 *replica_db(struct replica *r);
const char *replica_path(const struct replica *r);
bool replica_begin(struct replica *r, struct error *err);  /* no-op inside a transaction */
bool replica_commit(struct replica *r, struct error *err); /* no-op outside one */
void replica_rollback(struct replica *r);
/* What the transaction has changed no longer fits the cache: from here each page is written early, some of them twice. A good
 * moment to commit. */
bool replica_is_full(const struct replica *r);
bool replica_in_transaction(const struct replica *r);
/* Long statements (building an index) end with ERROR_CANCELLED soon after *stop turns true. */
void replica_stop_on(struct replica *r, const atomic_bool *stop);
/* Syncs what was committed to disk (before a source forgets what was acknowledged). Between transactions. */
bool replica_sync(struct replica *r, struct error *err);
/* Catching up: a long write-ahead log, which costs fewer checkpoints. Live: a short one. */
void replica_catching_up(struct replica *r, bool on);
/* Not 0: the write-ahead log was long enough at the last commit to be worth a checkpoint, by whoever does it on another connection: the
 * committing one does it, and stalls, when the log has become too long. Lives as long as r. */
const atomic_int *replica_checkpoint_due(const struct replica *r);

/* Moves the log into the file and empties it, as far as readers allow. */
void replica_checkpoint(struct replica *r);

/* False, err: the file was removed or another took its place; what is written from here on would be lost. */
bool replica_is_there(const struct replica *r, struct error *err);
/* Whether the stored model may be replaced by this one (adopt_model). */
bool replica_may_adopt(const struct replica *r, const struct model *now, struct error *err);
/* The position of the source, as stored with the last transaction; NULL: none yet. Borrowed until the next commit. */
const char *replica_position(const struct replica *r);
/* How fine the source's commit times are ("us", "ms", "s"), for status. */
bool replica_set_precision(struct replica *r, const char *precision, struct error *err);
/* Of the source it was built from; NULL: not known yet. The caller frees it. */
char *replica_identity(struct replica *r);
bool replica_set_identity(struct replica *r, const char *identity, bool accept, struct error *err);
/* Which columns the bank has (present[column]); stored, and shown as "absent" by queries. */
bool replica_set_columns(struct replica *r, int entity, const bool *present, struct error *err);
/* The indexes that wait for an entity's first fill. */
bool replica_build_indexes(struct replica *r, int entity, struct error *err);

/* ---- the status row ---- */
struct status_row {
	const char *state;  /* "starting" "snapshot" "live" "offline" "refused" "paused" "stopped" "detached" */
	int64_t complete_to;/* TIME_NONE: leave as it is */
	int64_t clock_offset;/* source's clock minus ours, microseconds */
	double rate;        /* changes applied per second */
	double copy_percent, copy_rate; /* -1: no copy runs */
	int64_t copy_rows;
	const char *error, *hint;       /* NULL: none */
	const char *request, *answer;   /* the last request carried out, or NULL: leave */
	const char *details;            /* what the source tells of its server, a JSON object; NULL: leave */
};
/* Inside or outside a transaction. */
bool replica_status(struct replica *r, const struct status_row *s, struct error *err);
/* Counts rows and versions of an entity (-1: all) anew, where a foreign hand may have changed them. Inside the caller's transaction. */
bool replica_recount(struct replica *r, int entity, struct error *err);
/* Only the sign of life. */
bool replica_beat(struct replica *r, struct error *err);
/* Whether a resync nobody asked for is due again: the last one at a new position began at least `pause` ago. */
bool replica_may_resync(struct replica *r, int64_t pause);
/* A person gave up the position: the resync that follows is none that nobody asked for. */
bool replica_allow_resync(struct replica *r, struct error *err);

#endif
