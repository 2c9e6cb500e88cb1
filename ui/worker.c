#include "config.h"

#include "ui/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/thread.h"
#include "replica/query.h"

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	struct job *waiting, *running, *finished; /* lists by `next`, oldest first */
	struct query *query; /* used by the thread; interrupted under the lock, only while a job runs */
	bool ending;
	int reader, writer; /* one byte for each finished job */
	char *path;
	struct worker_params params;
};

void job_free(struct job *j)
{
	if (j)
		j->ops->free(j);
}

static void worker_append(struct job **list, struct job *j)
{
	while (*list)
		list = &(*list)->next;
	j->next = NULL;
	*list = j;
}

static struct job *worker_first(struct job **list)
{
	struct job *j = *list;
	if (j) {
		*list = j->next;
		j->next = NULL;
	}
	return j;
}

static void worker_drop(struct job **list, const void *owner)
{
	while (*list) {
		struct job *j = *list;
		if (j->owner != owner) {
			list = &j->next;
			continue;
		}
		*list = j->next;
		job_free(j);
	}
}

/* The replica may appear, or be replaced by hand, long after the console started. */
static bool worker_open(struct worker *w, struct error *err)
{
	if (w->query)
		return true;
	struct query *q = query_open(w->path, err);
	if (!q)
		return false;
	query_thresholds(q, w->params.live, w->params.lag, w->params.silent);
	query_steady(q);
	query_resume(q);
	pthread_mutex_lock(&w->lock);
	w->query = q;
	if (w->ending || w->running->dropped)
		query_interrupt(q);
	pthread_mutex_unlock(&w->lock);
	return true;
}

/* Under the lock. */
static void worker_give(struct worker *w, struct job *j)
{
	worker_append(&w->finished, j);
	ssize_t n;
	do
		n = write(w->writer, "", 1);
	while (n < 0 && errno == EINTR);
}

static void worker_finish(struct worker *w, struct job *j)
{
	w->running = NULL;
	if (j->dropped)
		job_free(j);
	else
		worker_give(w, j);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		struct job *j = worker_first(&w->waiting);
		if (!j) {
			pthread_cond_wait(&w->asked, &w->lock);
			continue;
		}
		w->running = j;
		if (w->query)
			query_resume(w->query);
		pthread_mutex_unlock(&w->lock);
		j->good = worker_open(w, &j->error) && j->ops->run(j, w->query, &j->error);
		pthread_mutex_lock(&w->lock);
		worker_finish(w, j);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static bool worker_start(struct worker *w)
{
	int failed = thread_start(&w->thread, NULL, worker_main, w);
	errno = failed;
	return !failed;
}

struct worker *worker_new(const struct worker_params *p, struct error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		error_set(err, ERROR_PERMISSION, "could not make a pipe: %s", strerror(errno));
		return NULL;
	}
	struct worker *w = memory_zero(1, sizeof(*w));
	w->reader = ends[0];
	w->writer = ends[1];
	w->params = *p;
	w->path = memory_text(p->replica_path);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->asked, NULL);
	if (worker_start(w))
		return w;
	error_set(err, ERROR_PERMISSION, "could not start a thread: %s", strerror(errno));
	close(w->reader);
	close(w->writer);
	free(w->path);
	free(w);
	return NULL;
}

/* Under the lock. Of a connection that is only being opened, the opening goes on to its end. */
static void worker_interrupt(struct worker *w)
{
	if (w->running && w->query)
		query_interrupt(w->query);
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	worker_interrupt(w);
	pthread_cond_signal(&w->asked);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	for (struct job *j; (j = worker_first(&w->waiting)) || (j = worker_first(&w->finished));)
		job_free(j);
	query_close(w->query);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->asked);
	close(w->reader);
	close(w->writer);
	free(w->path);
	free(w);
}

/* Under the lock. */
static void worker_forget(struct worker *w, const void *owner)
{
	worker_drop(&w->waiting, owner);
	worker_drop(&w->finished, owner);
	if (w->running && w->running->owner == owner) {
		w->running->dropped = true;
		worker_interrupt(w);
	}
}

void worker_ask(struct worker *w, struct job *j)
{
	pthread_mutex_lock(&w->lock);
	worker_forget(w, j->owner);
	worker_append(&w->waiting, j);
	pthread_cond_signal(&w->asked);
	pthread_mutex_unlock(&w->lock);
}

void worker_cancel(struct worker *w, const void *owner)
{
	pthread_mutex_lock(&w->lock);
	worker_forget(w, owner);
	pthread_mutex_unlock(&w->lock);
}

void worker_release(struct worker *w, const void *owner)
{
	pthread_mutex_lock(&w->lock);
	for (struct job **list = &w->waiting; *list;) {
		struct job *j = *list;
		if (j->owner != owner) {
			list = &j->next;
			continue;
		}
		*list = j->next;
		j->good = error_set(&j->error, ERROR_CANCELLED, "could not answer: nobody waits for it");
		worker_give(w, j);
	}
	if (w->running && w->running->owner == owner)
		worker_interrupt(w);
	pthread_mutex_unlock(&w->lock);
}

struct job *worker_take(struct worker *w)
{
	char bytes[64];
	while (read(w->reader, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes))
		;
	pthread_mutex_lock(&w->lock);
	struct job *j = worker_first(&w->finished);
	pthread_mutex_unlock(&w->lock);
	return j;
}

bool worker_busy(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	bool busy = w->waiting || w->running || w->finished;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

int worker_fd(const struct worker *w)
{
	return w->reader;
}
