/* session: one connection to a source, from opening it to its end.
 *
 * session_run opens the source, starts or goes on with a copy, applies the stream
 * and keeps the status row; it returns when it was stopped, is done, or met an error.
 * ingest.c decides what comes after.
 */
#ifndef TD_INGEST_SESSION_H
#define TD_INGEST_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ingest/request.h"
#include "replica/copy.h"

struct board;
struct error;
struct ingest_params;
struct replica;

enum session_end {
	SESSION_STOPPED,
	SESSION_DONE,     /* once or until was reached */
	SESSION_REOPEN,   /* a request asks for another model: open the replica again */
	SESSION_FAILED,   /* err: its code says what to do */
};

struct session_task {
	bool resync;            /* reconcile with the source first */
	bool fresh;             /* ... and start the stream anew there: the position does not hold any more */
	bool accept_server;
	int entity;             /* of the resync, -1: all */
	const char *gap_reason; /* of the resync; NULL: nothing was missed */
};

/* A request of another process (request.h), answered in the status row at the end of its copy. There is room for one answer:
 * the next request waits until whoever asked has had the time to see it. */
struct session_request {
	char id[40];            /* of the one under way; empty: none */
	int64_t answered_at;    /* monotonic */
};

struct session_context {
	const struct ingest_params *params;
	struct replica *replica;
	struct board *board;
	int stop_fd;
	const atomic_bool *stop;
	struct session_task *task;    /* cleared when the resync has begun */
	struct session_request *request;
	struct request *reopen;       /* filled for SESSION_REOPEN */
};

enum session_end session_run(const struct session_context *c, struct error *err);
/* Writes the status row apart from a session (offline, refused, paused, stopped). */
bool session_status(struct replica *r, const char *state, const struct error *err);
/* Tells whoever waits for the request why it could not be carried out, and forgets it. */
void session_answer_error(struct replica *r, struct session_request *request, const char *state, const struct error *err);

#endif
