/* Rows copied in, and the stream of a replication connection. */
#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "source/postgres/client.h"
#include "source/postgres/client_private.h"

/* ---- copies ---- */

/* A statement after which the connection copies; `wanted` says in which direction. */
static bool begin(struct postgres_client *c, const char *sql, ExecStatusType wanted, struct error *err)
{
	if (!postgres_client_ask(c, sql, err))
		return false;
	PGresult *r = client_result(c);
	bool ok = r && PQresultStatus(r) == wanted;
	if (!ok && c->end == CLIENT_FINE)
		client_note(c, r);
	PQclear(r);
	while (!ok && c->end == CLIENT_FINE && (r = client_result(c)))
		PQclear(r);
	return ok || client_fail(c, wanted == PGRES_COPY_BOTH ? "follow the log of" : "write to", err);
}

bool postgres_client_copy_begin(struct postgres_client *c, const char *sql, struct error *err)
{
	return begin(c, sql, PGRES_COPY_IN, err);
}

static bool put(struct postgres_client *c, const char *bytes, size_t n)
{
	int done;

	/* 0: its buffer is full, and the server slow. */
	while ((done = PQputCopyData(c->handle, bytes, (int)n)) == 0)
		if (!client_flush(c))
			return false;
	if (done > 0)
		return true;
	client_note(c, NULL);
	return false;
}

bool postgres_client_copy_put(struct postgres_client *c, const char *bytes, size_t n, struct error *err)
{
	return put(c, bytes, n) || client_fail(c, "write to", err);
}

bool postgres_client_copy_end(struct postgres_client *c, struct error *err)
{
	int done;
	bool ok = true;
	PGresult *r;

	while ((done = PQputCopyEnd(c->handle, NULL)) == 0)
		if (!client_flush(c))
			return client_fail(c, "write to", err);
	if (done < 0 || !client_flush(c)) {
		client_note(c, NULL);
		return client_fail(c, "write to", err);
	}
	while ((r = client_result(c))) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK && ok) {
			client_note(c, r);
			ok = false;
		}
		PQclear(r);
	}
	return (ok && c->end == CLIENT_FINE) || client_fail(c, "write to", err);
}

/* ---- the stream ---- */

bool postgres_client_stream_begin(struct postgres_client *c, const char *command, struct error *err)
{
	c->streaming = begin(c, command, PGRES_COPY_BOTH, err);
	return c->streaming;
}

/* The server ended the copy: it says why, or that it is done. */
static int stream_over(struct postgres_client *c, struct error *err)
{
	bool ok = true;
	PGresult *r;

	c->streaming = false;
	while ((r = client_result(c))) {
		ExecStatusType status = PQresultStatus(r);
		if (status == PGRES_FATAL_ERROR && ok) {
			client_note(c, r);
			ok = false;
		}
		PQclear(r);
		if (status == PGRES_COPY_IN || status == PGRES_COPY_BOTH)
			break; /* it waits for our end, which closing is */
	}
	if (ok && c->end == CLIENT_FINE)
		return -2;
	client_fail(c, "follow the log of", err);
	return -1;
}

int postgres_client_stream_read(struct postgres_client *c, int timeout_ms, const uint8_t **bytes, size_t *n, struct error *err)
{
	if (c->message)
		PQfreemem(c->message);
	c->message = NULL;
	for (bool waited = false;; waited = true) {
		int got = PQgetCopyData(c->handle, &c->message, 1);
		if (got > 0) {
			*bytes = (const uint8_t *)c->message;
			*n = (size_t)got;
			return 1;
		}
		if (got == -1)
			return stream_over(c, err);
		if (got < 0) {
			client_note(c, NULL);
			client_fail(c, "follow the log of", err);
			return -1;
		}
		struct pollfd fds[2] = {{.fd = c->stop, .events = POLLIN}, {.fd = PQsocket(c->handle), .events = POLLIN}};
		if (waited && timeout_ms == 0)
			return 0;
		int ready = poll(fds, 2, timeout_ms);
		if (ready <= 0 || fds[0].revents)
			return 0;
		timeout_ms = 0;
		if (!PQconsumeInput(c->handle)) {
			client_note(c, NULL);
			client_fail(c, "follow the log of", err);
			return -1;
		}
	}
}

bool postgres_client_stream_send(struct postgres_client *c, const uint8_t *bytes, size_t n, struct error *err)
{
	/* A server that takes nothing now is told later: nobody waits for it here. */
	if (PQputCopyData(c->handle, (const char *)bytes, (int)n) >= 0 && PQflush(c->handle) >= 0)
		return true;
	client_note(c, NULL);
	return client_fail(c, "follow the log of", err);
}

void postgres_client_stream_end(struct postgres_client *c, int timeout_ms)
{
	int64_t deadline = clock_mono() + (int64_t)timeout_ms * 1000;
	PGresult *r;

	if (!c->streaming || c->end != CLIENT_FINE || PQputCopyEnd(c->handle, NULL) != 1)
		return;
	/* We are on our way out: the stop descriptor, which says so, is not asked. */
	c->stop = -1;
	c->patience = (int64_t)timeout_ms * 1000;
	if (!client_flush(c))
		return;
	for (;;) {
		char *left = NULL;
		int got = PQgetCopyData(c->handle, &left, 1);
		if (left)
			PQfreemem(left);
		if (got < 0)
			break;
		if (got == 0 && (!client_wait(c, POLLIN, deadline) || !PQconsumeInput(c->handle)))
			return;
		if (clock_mono() > deadline)
			return;
	}
	while ((r = client_result(c)) && PQresultStatus(r) != PGRES_COPY_BOTH)
		PQclear(r);
	PQclear(r);
	c->streaming = false;
}

/* ---- giving up ---- */

#define CANCEL_MOST (SECOND / 10)

struct cancel {
	PGcancel *handle;
	pthread_mutex_t mutex;
	pthread_cond_t over;
	bool done, left; /* left: nobody waits any more, the thread tidies up */
};

static void cancel_free(struct cancel *x)
{
	PQfreeCancel(x->handle);
	pthread_mutex_destroy(&x->mutex);
	pthread_cond_destroy(&x->over);
	free(x);
}

/* The library's call makes a connection of its own, and nothing can end that. */
static void *cancel_run(void *data)
{
	struct cancel *x = data;
	char ignored[256];

	PQcancel(x->handle, ignored, sizeof ignored);
	pthread_mutex_lock(&x->mutex);
	x->done = true;
	bool left = x->left;
	pthread_cond_signal(&x->over);
	pthread_mutex_unlock(&x->mutex);
	if (left)
		cancel_free(x);
	return NULL;
}

void postgres_client_cancel(struct postgres_client *c)
{
	PGcancel *handle = PQgetCancel(c->handle);
	struct cancel *x = handle ? memory_zero(1, sizeof *x) : NULL;
	pthread_t thread;
	struct timespec until;

	if (!x)
		return;
	x->handle = handle;
	pthread_mutex_init(&x->mutex, NULL);
	pthread_cond_init(&x->over, NULL);
	if (thread_start(&thread, NULL, cancel_run, x) != 0) {
		cancel_free(x);
		return;
	}
	pthread_detach(thread);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)CANCEL_MOST * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&x->mutex);
	while (!x->done && pthread_cond_timedwait(&x->over, &x->mutex, &until) == 0)
		;
	bool done = x->done;
	x->left = !done;
	pthread_mutex_unlock(&x->mutex);
	if (done)
		cancel_free(x);
}
