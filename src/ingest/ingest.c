#include "config.h"

#include "ingest/ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "ingest/board.h"
#include "ingest/checkpointer.h"
#include "ingest/session.h"
#include "model/model.h"
#include "replica/replica.h"
#include "source/source.h"

#define RETRY_FIRST (SECOND / 5)
#define RETRY_MOST (10 * SECOND)
#define LOCK_RETRY (SECOND / 2)
#define FULL_RETRY SECOND
#define RESYNC_PAUSE HOUR /* a resync nobody asked for, at most so often */

struct ingest {
	struct ingest_params params;
	char *source_url, *replica_path, *state_folder, *until, *encoding, *resync_entity;
	const struct source_ops *ops;
	struct replica *replica;      /* NULL: waiting for the lock */
	struct model *adopted;        /* a model a request asked for */
	struct checkpointer *checkpointer;
	int stop_pipe[2];
	atomic_bool stop; /* set by any thread and by signal handlers: it is lock-free */
	struct session_task task;
	struct session_request request;
	bool unreadable;              /* the log cannot be read on from our position: what a person asks for begins anew */
	pthread_t thread;
	bool threaded, result;
	struct error error;
};

/* ---- making ---- */

static bool open_replica(struct ingest *in, struct error *err)
{
	struct replica_params p = {
		.path = in->replica_path,
		.model = in->adopted ? in->adopted : in->params.model,
		.source_url = in->source_url,
		.source_kind = in->ops->scheme,
		.time_precision = in->ops->time_precision,
		.accept_identity = in->params.accept_server,
		.adopt_model = in->params.adopt_model || in->adopted,
		.bare = in->ops->copy != NULL,
	};
	in->replica = replica_open_writer(&p, err);
	if (!in->replica)
		return false;
	replica_stop_on(in->replica, &in->stop);
	in->checkpointer = checkpointer_new(in->replica_path, replica_checkpoint_due(in->replica), err);
	return in->checkpointer != NULL;
}

static void close_replica(struct ingest *in)
{
	checkpointer_free(in->checkpointer);
	in->checkpointer = NULL;
	if (in->replica)
		replica_stop_on(in->replica, NULL);
	replica_close(in->replica);
	in->replica = NULL;
}

static bool is_locked(const struct ingest *in)
{
	return replica_writer(in->replica_path) != 0;
}

static void copy_params(struct ingest *in, const struct ingest_params *p)
{
	in->params = *p;
	in->params.source_url = in->source_url = memory_text(p->source_url);
	in->params.replica_path = in->replica_path = memory_text(p->replica_path);
	in->params.state_folder = in->state_folder = memory_text(p->state_folder);
	in->params.until = in->until = memory_text(p->until);
	in->params.encoding = in->encoding = memory_text(p->encoding);
	in->params.resync_entity = in->resync_entity = memory_text(p->resync_entity);
}

struct ingest *ingest_new(const struct ingest_params *p, struct error *err)
{
	struct ingest *in = memory_zero(1, sizeof *in);
	copy_params(in, p);
	in->stop_pipe[0] = in->stop_pipe[1] = -1;
	in->task.entity = -1;
	if (!p->source_url) {
		error_set(err, ERROR_USAGE, "could not ingest: no source is given");
		error_hint(err, "name one with --source: bank:PATH, csv:FOLDER, mysql://USER@HOST/DATABASE or postgresql://USER@HOST/DATABASE");
		goto failed;
	}
	in->ops = source_find(p->source_url, err);
	if (!in->ops)
		goto failed;
	if (pipe2(in->stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		error_set(err, ERROR_REPLICA, "could not make a pipe: %s", strerror(errno));
		goto failed;
	}
	if (p->wait_for_lock && is_locked(in))
		return in;
	if (!open_replica(in, err))
		goto failed;
	return in;
failed:
	ingest_free(in);
	return NULL;
}

int ingest_entities(const struct ingest *in)
{
	return replica_model(in->replica)->entity_count;
}

struct resync_counts ingest_counts(const struct ingest *in, int entity)
{
	const struct copy_counts *n = copy_counts_of(in->replica, entity);
	return (struct resync_counts){n->inserted, n->updated, n->closed};
}

struct replica *ingest_replica(struct ingest *in)
{
	return in->replica;
}

void ingest_free(struct ingest *in)
{
	if (!in)
		return;
	close_replica(in);
	if (in->stop_pipe[0] >= 0) {
		close(in->stop_pipe[0]);
		close(in->stop_pipe[1]);
	}
	model_free(in->adopted);
	free(in->source_url);
	free(in->replica_path);
	free(in->state_folder);
	free(in->until);
	free(in->encoding);
	free(in->resync_entity);
	free(in);
}

/* ---- running ---- */

/* Waits, or until it is stopped. */
static void pause_for(struct ingest *in, int64_t micro)
{
	struct pollfd p = {.fd = in->stop_pipe[0], .events = POLLIN};
	poll(&p, 1, (int)(micro / 1000));
}

static bool wait_for_lock(struct ingest *in, struct error *err)
{
	while (!in->stop && !in->replica) {
		if (!is_locked(in) && open_replica(in, err))
			return true;
		if (err->code != ERROR_NONE && !is_locked(in))
			return false;
		error_clear(err);
		pause_for(in, LOCK_RETRY);
	}
	return true;
}

static void post_status(struct ingest *in)
{
	if (in->params.board)
		board_post(in->params.board, BOARD_STATUS);
}

/* The log was purged: everything is reconciled, unless that happened less than an hour ago and nobody asks for it now. */
static bool plan_resync(struct ingest *in, struct error *err)
{
	bool asked = in->task.resync && !in->task.fresh;
	if (!asked && !replica_may_resync(in->replica, RESYNC_PAUSE)) {
		char hint[sizeof err->hint];
		memcpy(hint, err->hint, sizeof hint);
		err->code = ERROR_REFUSED;
		return error_hint(err, "for the second time within an hour: %s", hint);
	}
	in->task = (struct session_task){.resync = true, .fresh = true, .accept_server = in->task.accept_server, .entity = -1,
	                                 .gap_reason = N_("purged")};
	return true;
}

/* What cannot be read on from here a person's resync passes over: from a new position, with a gap. A server that is not the one we
 * know is another matter, for --accept-server alone. */
static bool begin_anew(struct ingest *in, const struct error *err)
{
	bool asked = in->params.resync && in->params.once && !in->unreadable && err->code == ERROR_REFUSED;
	in->unreadable = err->code == ERROR_REFUSED;
	if (asked)
		in->task = (struct session_task){.resync = true, .fresh = true, .entity = -1, .gap_reason = N_("refused")};
	return asked;
}

/* Refused: nothing is done until a person asks for it. True: go on. */
static bool wait_for_person(struct ingest *in, struct request *r)
{
	while (!in->stop) {
		struct error none = {0};
		pause_for(in, SECOND / 2);
		if (clock_mono() - in->request.answered_at > SECOND && request_take(in->replica_path, r))
			return true;
		/* The beat shows that somebody is there. */
		replica_beat(in->replica, &none);
	}
	return false;
}

/* The model a request asks for; NULL: err says why it cannot be had. */
static struct model *read_model(struct ingest *in, const struct request *r, struct error *err)
{
	struct buffer errors = {0};
	struct model *m = model_parse(r->model ? r->model : "", N_("the request"), &errors);
	if (!m)
		error_set(err, ERROR_USAGE, "could not adopt the model: %.*s", (int)strcspn(buffer_text(&errors), "\n"), buffer_text(&errors));
	buffer_done(&errors);
	if (m && replica_may_adopt(in->replica, m, err))
		return m;
	model_free(m);
	return NULL;
}

/* Takes over what the request holds. One that cannot be carried out is answered, and ingest goes on as it was. */
static bool carry_out(struct ingest *in, struct request *r, struct error *err)
{
	memcpy(in->request.id, r->id, sizeof in->request.id);
	struct model *adopted = r->adopt_model ? read_model(in, r, err) : NULL;
	if (r->adopt_model && !adopted) {
		session_answer_error(in->replica, &in->request, "starting", err);
		request_done(r);
		error_clear(err);
		return true;
	}
	in->task = (struct session_task){.resync = true, .fresh = r->accept_server || in->unreadable, .accept_server = r->accept_server, .entity = -1,
	                                 .gap_reason = r->accept_server ? N_("server accepted") : in->unreadable ? "refused" : NULL};
	in->unreadable = false;
	if (r->entity[0])
		in->task.entity = model_entity(replica_model(in->replica), r->entity);
	request_done(r);
	if (!adopted)
		return true;
	model_free(in->adopted);
	in->adopted = adopted;
	close_replica(in);
	return open_replica(in, err);
}

struct round {
	int64_t wait;    /* before the next try */
	int64_t backoff;
	bool paused;     /* the disk is full, and that was said */
};

/* What comes after a session that failed. False: ingest ends with err. */
static bool recover(struct ingest *in, struct round *round, struct error *err)
{
	struct request r;
	round->wait = 0;
	switch (err->code) {
	case ERROR_UNREACHABLE:
		if (in->params.once || in->params.until)
			return false;
		session_status(in->replica, "offline", err);
		round->wait = round->backoff;
		round->backoff = round->backoff * 2 > RETRY_MOST ? RETRY_MOST : round->backoff * 2;
		break;
	case ERROR_FULL:
		session_status(in->replica, "paused", err);
		if (!round->paused)
			log_line(LOG_ERROR, "%s", err->message);
		round->paused = true;
		round->wait = FULL_RETRY;
		break;
	case ERROR_PURGED:
		if (plan_resync(in, err)) {
			log_line(LOG_WARN, "%s", err->message);
			break;
		}
		/* fall through */
	case ERROR_REFUSED:
	case ERROR_FOREIGN:
		if (begin_anew(in, err)) {
			log_line(LOG_WARN, "%s; beginning anew", err->message);
			break;
		}
		session_status(in->replica, "refused", err);
		session_answer_error(in->replica, &in->request, "refused", err);
		in->task = (struct session_task){.entity = -1};
		post_status(in);
		if (in->params.once || in->params.until || !wait_for_person(in, &r))
			return in->stop && !in->params.once;
		error_clear(err);
		return carry_out(in, &r, err);
	default:
		session_status(in->replica, "offline", err);
		return false;
	}
	post_status(in);
	error_clear(err);
	return true;
}

bool ingest_run(struct ingest *in, struct error *err)
{
	struct round round = {.backoff = RETRY_FIRST};
	struct request reopen;
	if (!wait_for_lock(in, err))
		return false;
	if (in->params.resync)
		in->task = (struct session_task){.resync = true, .fresh = in->params.accept_server || !replica_position(in->replica),
		                                 .accept_server = in->params.accept_server, .entity = -1,
		                                 .gap_reason = in->params.accept_server ? N_("server accepted") : NULL};
	if (in->params.resync && in->resync_entity)
		in->task.entity = model_entity(replica_model(in->replica), in->resync_entity);
	bool ok = true;
	while (ok && !in->stop) {
		struct session_context c = {&in->params, in->replica, in->params.board, in->stop_pipe[0], &in->stop, &in->task, &in->request, &reopen};
		int64_t began = clock_mono();
		enum session_end end = session_run(&c, err);
		if (end == SESSION_DONE || end == SESSION_STOPPED)
			break;
		if (end == SESSION_REOPEN) {
			ok = carry_out(in, &reopen, err);
			continue;
		}
		if (clock_mono() - began > RETRY_MOST)
			round.backoff = RETRY_FIRST;
		ok = recover(in, &round, err);
		if (ok && round.wait)
			pause_for(in, round.wait);
	}
	if (in->replica && ok) {
		session_status(in->replica, "stopped", NULL);
		error_clear(err);
	}
	post_status(in);
	if (ok && in->stop && (in->params.once || in->params.until)) {
		error_set(err, ERROR_INTERRUPTED, "could not finish: it was interrupted");
		ok = false;
	}
	return ok;
}

static void *run_thread(void *data)
{
	struct ingest *in = data;
	in->result = ingest_run(in, &in->error);
	/* The lock goes with the thread, not with whoever joins it. */
	close_replica(in);
	if (in->params.board)
		board_post(in->params.board, BOARD_ENDED | BOARD_STATUS);
	return NULL;
}

bool ingest_start(struct ingest *in, struct error *err)
{
	int cause = thread_start(&in->thread, NULL, run_thread, in);
	in->threaded = cause == 0;
	return in->threaded || error_set(err, ERROR_REPLICA, "could not start a thread: %s", strerror(cause));
}

void ingest_wake_to_stop(struct ingest *in)
{
	int saved = errno;
	in->stop = true;
	/* The byte is never read: the pipe stays readable for everyone who waits on it. */
	ssize_t ignored = write(in->stop_pipe[1], "", 1);
	(void)ignored;
	errno = saved;
}

bool ingest_stop(struct ingest *in, struct error *err)
{
	if (!in->threaded)
		return true;
	ingest_wake_to_stop(in);
	pthread_join(in->thread, NULL);
	in->threaded = false;
	if (!in->result && err)
		*err = in->error;
	return in->result;
}
