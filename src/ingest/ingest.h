/* ingest: source to replica, in a thread of its own or in the caller's.
 *
 *     struct ingest *in = ingest_new(&params, &err);   opens the source, locks and opens the replica
 *     ingest_run(in, &err)                             in this thread until stopped or done; or
 *     ingest_start(in) ... ingest_stop(in)             in a thread; stop returns when it has ended
 *     ingest_free(in)
 *
 * An unreachable source is retried for ever with back-off unless `once`; what it
 * is doing stands in the replica's status row. ingest_stop wakes it wherever it waits.
 */
#ifndef TD_INGEST_INGEST_H
#define TD_INGEST_INGEST_H

#include <stdbool.h>
#include <stdint.h>

struct board;
struct error;
struct ingest;
struct model;
struct replica;

struct ingest_params {
	const char *source_url;      /* NULL: the one the replica was built from */
	const char *replica_path;
	const struct model *model;   /* NULL: the replica's own */
	const char *state_folder;
	struct board *board;         /* NULL: nobody watches */
	bool once;                   /* end at the position the source has at the start */
	const char *until;           /* end at this position; NULL: run on */
	int64_t settle;
	int reject_percent;
	const char *encoding;
	bool progress;               /* snapshot progress on stderr (a terminal) */
	bool wait_for_lock;          /* while another writes the replica, wait and take over */
	bool accept_server, adopt_model;
	bool resync;                 /* reconcile with the source first; ends when that is done, if `once` */
	const char *resync_entity;   /* NULL: all */
};

struct ingest *ingest_new(const struct ingest_params *p, struct error *err);
bool ingest_run(struct ingest *in, struct error *err);
bool ingest_start(struct ingest *in, struct error *err);
/* Safe from any thread and from a signal handler. */
void ingest_wake_to_stop(struct ingest *in);
/* Waits for the thread; true when it ended without error. */
bool ingest_stop(struct ingest *in, struct error *err);
void ingest_free(struct ingest *in);

/* After ingest_run in the caller's thread: what a resync changed, and the replica, still locked. */
struct resync_counts {
	int64_t inserted, updated, closed;
};
int ingest_entities(const struct ingest *in);
struct resync_counts ingest_counts(const struct ingest *in, int entity);
struct replica *ingest_replica(struct ingest *in);

#endif
