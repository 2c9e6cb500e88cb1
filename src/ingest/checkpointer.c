#include "config.h"

#include "ingest/checkpointer.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"

#define LOOK_EVERY_NS 100000000L

struct checkpointer {
	const atomic_int *due;
	sqlite3 *db;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool stop;
};

static void *run(void *data)
{
	struct checkpointer *c = data;
	pthread_mutex_lock(&c->mutex);
	while (!c->stop) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += LOOK_EVERY_NS;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&c->wake, &c->mutex, &until);
		if (c->stop)
			break;
		pthread_mutex_unlock(&c->mutex);
		if (atomic_load_explicit(c->due, memory_order_relaxed))
			sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		pthread_mutex_lock(&c->mutex);
	}
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

struct checkpointer *checkpointer_new(const char *replica_path, const atomic_int *due, struct error *err)
{
	struct checkpointer *c = memory_zero(1, sizeof *c);
	c->due = due;
	pthread_mutex_init(&c->mutex, NULL);
	pthread_cond_init(&c->wake, NULL);
	if (sqlite3_open_v2(replica_path, &c->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		error_set(err, ERROR_REPLICA, "could not open replica \"%s\": %s", replica_path, sqlite3_errmsg(c->db));
		goto failed;
	}
	int cause = thread_start(&c->thread, NULL, run, c);
	if (cause == 0)
		return c;
	error_set(err, ERROR_REPLICA, "could not start a thread: %s", strerror(cause));
failed:
	sqlite3_close(c->db);
	free(c);
	return NULL;
}

void checkpointer_free(struct checkpointer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->mutex);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->mutex);
	pthread_join(c->thread, NULL);
	sqlite3_close(c->db);
	pthread_mutex_destroy(&c->mutex);
	pthread_cond_destroy(&c->wake);
	free(c);
}
