#include "config.h"

#include "source/mysql/ahead.h"

#include <mysql.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "source/mysql/library.h"

/* ASKED belongs to the reader, the other states to the caller. */
enum ahead_state { AHEAD_NOTHING, AHEAD_ASKED, AHEAD_READ };

struct ahead {
	struct mysql_client *client;
	pthread_t thread;
	bool threaded;
	int socket;              /* the connection's, once more */
	pthread_mutex_t mutex;
	pthread_cond_t turn;
	enum ahead_state state;
	bool quit;
	char *sql;               /* asked for, or read */
	struct mysql_rows rows;
	bool ok;
	struct error error;
	unsigned number;
};

static void *reader(void *data)
{
	struct ahead *a = data;

	mysql_thread_init();
	pthread_mutex_lock(&a->mutex);
	while (!a->quit) {
		if (a->state != AHEAD_ASKED) {
			pthread_cond_wait(&a->turn, &a->mutex);
			continue;
		}
		pthread_mutex_unlock(&a->mutex);
		a->error = (struct error){0};
		a->ok = mysql_client_rows(a->client, a->sql, &a->rows, &a->error);
		pthread_mutex_lock(&a->mutex);
		a->state = AHEAD_READ;
		pthread_cond_signal(&a->turn);
	}
	pthread_mutex_unlock(&a->mutex);
	mysql_thread_end();
	return NULL;
}

struct ahead *ahead_new(struct mysql_client *c, struct error *err)
{
	struct ahead *a = memory_zero(1, sizeof *a);

	a->client = c;
	a->socket = library_socket((MYSQL *)mysql_client_handle(c));
	pthread_mutex_init(&a->mutex, NULL);
	pthread_cond_init(&a->turn, NULL);
	int cause = thread_start(&a->thread, NULL, reader, a);
	a->threaded = cause == 0;
	if (a->threaded)
		return a;
	error_set(err, ERROR_REPLICA, "could not start a thread: %s", strerror(cause));
	ahead_free(a);
	return NULL;
}

/* Until the reader has nothing to do. */
static void await(struct ahead *a)
{
	pthread_mutex_lock(&a->mutex);
	while (a->state == AHEAD_ASKED)
		pthread_cond_wait(&a->turn, &a->mutex);
	pthread_mutex_unlock(&a->mutex);
}

static void hand_over(struct ahead *a)
{
	pthread_mutex_lock(&a->mutex);
	a->state = AHEAD_ASKED;
	pthread_cond_signal(&a->turn);
	pthread_mutex_unlock(&a->mutex);
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	if (a->threaded) {
		pthread_mutex_lock(&a->mutex);
		a->quit = true;
		/* Out of the library, wherever it is. */
		if (a->state == AHEAD_ASKED)
			shutdown(a->socket, SHUT_RDWR);
		pthread_cond_signal(&a->turn);
		pthread_mutex_unlock(&a->mutex);
		pthread_join(a->thread, NULL);
	}
	if (a->socket >= 0)
		close(a->socket);
	mysql_rows_done(&a->rows);
	mysql_client_close(a->client);
	pthread_cond_destroy(&a->turn);
	pthread_mutex_destroy(&a->mutex);
	free(a->sql);
	free(a);
}

void ahead_forget(struct ahead *a)
{
	await(a);
	mysql_rows_done(&a->rows);
	a->state = AHEAD_NOTHING;
}

void ahead_ask(struct ahead *a, const char *sql)
{
	ahead_forget(a);
	free(a->sql);
	a->sql = memory_text(sql);
	hand_over(a);
}

bool ahead_rows(struct ahead *a, const char *sql, struct mysql_rows *out, struct error *err)
{
	await(a);
	/* What failed ahead may do well now. */
	if (a->state != AHEAD_READ || !a->ok || strcmp(a->sql, sql) != 0)
		ahead_ask(a, sql);
	await(a);
	*out = a->rows;
	a->rows = (struct mysql_rows){0};
	a->state = AHEAD_NOTHING;
	a->number = a->ok ? 0 : mysql_client_errno(a->client);
	if (!a->ok && err)
		*err = a->error;
	return a->ok;
}

unsigned ahead_errno(const struct ahead *a)
{
	return a->number;
}
