/* A server's log, over the replication protocol.
 *
 *     reader thread                      the thread that calls read
 *     mysql_net_read_packet  --> filling | taking --> events, one by one
 *                                  ^         |
 *                                  '- swap --'     an eventfd is readable while `filling` holds something
 *
 * The reader appends to one buffer while the other is served; where a buffer is full it waits. Two
 * buffers of FEED_QUEUE bytes, or one event, bound the memory.
 */
#include "config.h"

#include "source/mysql/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <mysql.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "binlog/gtid.h"
#include "source/mysql/client.h"
#include "source/mysql/failure.h"
#include "source/mysql/library.h"

#define FEED_QUEUE ((size_t)1 << 20)
#define SILENCE 3 /* heartbeats that may be missing */

enum { COM_DUMP = 18, COM_REGISTER = 21, COM_DUMP_GTID = 30 };
enum { DUMP_NON_BLOCK = 1, DUMP_THROUGH_GTID = 4, DUMP_HEARTBEAT_V2 = 2 };

struct feed_server {
	struct feed base;
	struct mysql_client *client;
	int64_t silence;          /* microseconds without a packet that mean the server is gone */
	int64_t heard;            /* monotonic */
	pthread_t thread;
	bool threaded;
	int socket;               /* the connection's, once more: the library may close its own under the reader at any time */
	int ready;                /* eventfd */
	struct buffer taking;
	size_t taken;
	pthread_mutex_t mutex;    /* guards what follows */
	pthread_cond_t room;
	struct buffer filling;
	bool closing, ended, failed;
	struct error error;
#ifndef MARIADB_PACKAGE_VERSION_ID
	MYSQL_RPL rpl;
	struct buffer name, set;
#endif
};

/* ---- the reader ---- */

static bool append(struct feed_server *f, const void *event, size_t n)
{
	uint32_t length = (uint32_t)n;
	bool closing, was_empty;

	pthread_mutex_lock(&f->mutex);
	while (f->filling.len > FEED_QUEUE && !f->closing)
		pthread_cond_wait(&f->room, &f->mutex);
	closing = f->closing;
	was_empty = f->filling.len == 0;
	buffer_add(&f->filling, &length, sizeof length);
	buffer_add(&f->filling, event, n);
	pthread_mutex_unlock(&f->mutex);
	if (was_empty)
		eventfd_write(f->ready, 1);
	return !closing;
}

/* 1: a packet with an event, behind its status byte; 0: the log is at its end; -1: f->error. */
static int read_packet(struct feed_server *f, const uint8_t **event, size_t *n, struct error *err)
{
	MYSQL *m = (MYSQL *)mysql_client_handle(f->client);
#ifdef MARIADB_PACKAGE_VERSION_ID
	unsigned long got = mysql_net_read_packet(m);
	const uint8_t *p = m->net.read_pos;

	/* The macro is an unsigned int. */
	if (got == (unsigned long)packet_error || got == packet_error)
		return mysql_failure_of_log(f->client, err), -1;
	if (got < 9 && got > 0 && p[0] == 0xfe)
		return 0;
#else
	if (mysql_binlog_fetch(m, &f->rpl) != 0)
		return mysql_failure_of_log(f->client, err), -1;
	unsigned long got = f->rpl.size;
	const uint8_t *p = f->rpl.buffer;
	if (got == 0)
		return 0;
#endif
	if (got < 2 || p[0] != 0)
		return error_set(err, ERROR_REFUSED, "could not read the log of server %s: a packet is no event", mysql_client_name(f->client)), -1;
	*event = p + 1;
	*n = got - 1;
	return 1;
}

static void *reader(void *data)
{
	struct feed_server *f = data;
	struct error err = {0};
	const uint8_t *event;
	size_t n;
	int got;

	mysql_thread_init();
	while ((got = read_packet(f, &event, &n, &err)) == 1)
		if (!append(f, event, n))
			break;
	pthread_mutex_lock(&f->mutex);
	f->ended = true;
	f->failed = got < 0;
	f->error = err;
	pthread_mutex_unlock(&f->mutex);
	eventfd_write(f->ready, 1);
	mysql_thread_end();
	return NULL;
}

/* ---- serving ---- */

static void swap(struct feed_server *f, bool *ended)
{
	struct buffer empty = f->taking;

	/* What one large event needed is given back. */
	if (empty.cap > 4 * FEED_QUEUE)
		buffer_done(&empty);
	buffer_clear(&empty);
	f->taken = 0;
	pthread_mutex_lock(&f->mutex);
	f->taking = f->filling;
	f->filling = empty;
	*ended = f->ended;
	pthread_cond_signal(&f->room);
	pthread_mutex_unlock(&f->mutex);
	if (f->taking.len)
		f->heard = clock_mono();
}

/* Until something may be there. */
static void await(struct feed_server *f, int timeout_ms, int stop)
{
	struct pollfd fds[] = {{.fd = f->ready, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
	eventfd_t ignored;

	if (poll(fds, 2, timeout_ms) > 0 && fds[0].revents)
		eventfd_read(f->ready, &ignored);
}

static enum feed_result at_end(struct feed_server *f, struct error *err)
{
	if (!f->failed)
		return FEED_END;
	*err = f->error;
	return FEED_FAILED;
}

static enum feed_result silent(const struct feed_server *f, struct error *err)
{
	error_set(err, ERROR_UNREACHABLE, "could not follow the log of server %s: it has been silent for %lld s", mysql_client_name(f->client),
		  (long long)(f->silence / SECOND));
	return FEED_FAILED;
}

static enum feed_result server_read(struct feed *base, int timeout_ms, int stop, const uint8_t **event, size_t *n, struct error *err)
{
	struct feed_server *f = (struct feed_server *)base;
	bool ended = false;
	uint32_t length;

	if (f->taken == f->taking.len)
		swap(f, &ended);
	if (f->taking.len == 0 && !ended && timeout_ms > 0) {
		await(f, timeout_ms, stop);
		swap(f, &ended);
	}
	if (f->taken < f->taking.len) {
		memcpy(&length, f->taking.data + f->taken, sizeof length);
		*event = (const uint8_t *)f->taking.data + f->taken + sizeof length;
		*n = length;
		f->taken += sizeof length + length;
		return FEED_EVENT;
	}
	if (ended)
		return at_end(f, err);
	return clock_mono() - f->heard > f->silence ? silent(f, err) : FEED_WAIT;
}

static void server_close(struct feed *base)
{
	struct feed_server *f = (struct feed_server *)base;

	if (f->threaded) {
		pthread_mutex_lock(&f->mutex);
		f->closing = true;
		pthread_cond_signal(&f->room);
		pthread_mutex_unlock(&f->mutex);
		/* Wakes the reader out of the library, wherever it is. */
		shutdown(f->socket, SHUT_RDWR);
		pthread_join(f->thread, NULL);
	}
	if (f->socket >= 0)
		close(f->socket);
	if (f->ready >= 0)
		close(f->ready);
	mysql_client_close(f->client);
	buffer_done(&f->taking);
	buffer_done(&f->filling);
#ifndef MARIADB_PACKAGE_VERSION_ID
	buffer_done(&f->name);
	buffer_done(&f->set);
#endif
	pthread_cond_destroy(&f->room);
	pthread_mutex_destroy(&f->mutex);
	free(f);
}

/* ---- asking for the log ---- */

static void put(struct buffer *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buffer_char(b, (char)(v >> (8 * i)));
}

bool feed_gtid_block(const char *gtid, struct buffer *out, struct error *err)
{
	struct gtid_set *set = gtid_set_parse(false, gtid, strlen(gtid));

	if (!set)
		return error_set(err, ERROR_REFUSED, "could not follow the log: the position's set of transactions cannot be read");
	gtid_set_encode(set, out);
	gtid_set_free(set);
	return true;
}

static bool set_up(struct feed_server *f, const struct feed_start *s, struct error *err)
{
	const struct mysql_server *server = mysql_client_server(f->client);
	struct mysql_client *c = f->client;
	long long ns = (long long)s->heartbeat * 1000;

	/* The name of each variable depends on vendor and version; one that is not known does no harm. The stream's format
	 * description says what checksums really are. */
	if (!mysql_client_runf(c, err,
			       "SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum, "
			       "@master_heartbeat_period = %lld, @source_heartbeat_period = %lld, @slave_uuid = '%s', @replica_uuid = '%s'",
			       ns, ns, s->uuid, s->uuid))
		return false;
	/* While a large index is built nothing is read, and that is no reason to hang up. */
	if (!mysql_client_runf(c, err, "SET SESSION net_write_timeout = 3600"))
		return false;
	if (server->mariadb && !mysql_client_runf(c, err, "SET @mariadb_slave_capability = 4, @slave_gtid_strict_mode = %d", s->gtid != NULL))
		return false;
	return !server->mariadb || !s->gtid || mysql_client_runf(c, err, "SET @slave_connect_state = '%s'", s->gtid);
}

#ifdef MARIADB_PACKAGE_VERSION_ID

static bool command(struct feed_server *f, int number, const struct buffer *b, bool answered, struct error *err)
{
	MYSQL *m = (MYSQL *)mysql_client_handle(f->client);

	return m->methods->db_command(m, (enum enum_server_command)number, b->data, b->len, !answered, NULL) == 0 ||
	       mysql_failure_of_log(f->client, err);
}

/* Seen by the bank's administrator in SHOW REPLICA HOSTS. */
static bool register_replica(struct feed_server *f, const struct feed_start *s, struct error *err)
{
	static const char host[] = "tellerdesk";
	struct buffer b = {0};
	bool ok;

	put(&b, s->server_id, 4);
	put(&b, sizeof host - 1, 1);
	buffer_text_add(&b, host);
	put(&b, 0, 1); /* user, password: none */
	put(&b, 0, 1);
	put(&b, 0, 2); /* port */
	put(&b, 0, 4); /* rank */
	put(&b, 0, 4); /* the server's id: it knows better */
	ok = command(f, COM_REGISTER, &b, true, err);
	buffer_done(&b);
	return ok;
}

static bool ask(struct feed_server *f, const struct feed_start *s, struct error *err)
{
	bool mysql_gtid = s->gtid && !mysql_client_server(f->client)->mariadb;
	unsigned flags = (s->follow ? 0 : DUMP_NON_BLOCK) | (mysql_gtid ? DUMP_THROUGH_GTID | DUMP_HEARTBEAT_V2 : 0);
	const char *file = s->file && !s->gtid ? s->file : "";
	struct buffer b = {0};
	bool ok = true;

	if (mysql_gtid) {
		struct buffer set = {0};
		put(&b, flags, 2);
		put(&b, s->server_id, 4);
		put(&b, 0, 4); /* no file name */
		put(&b, 4, 8);
		ok = feed_gtid_block(s->gtid, &set, err);
		put(&b, set.len, 4);
		buffer_add(&b, set.data, set.len);
		buffer_done(&set);
	} else {
		/* Past 4 GiB the protocol has no offsets: from the file's begin, and the stream passes over what it has. */
		put(&b, *file && s->pos <= UINT32_MAX ? s->pos : 4, 4);
		put(&b, flags, 2);
		put(&b, s->server_id, 4);
		buffer_text_add(&b, file);
	}
	ok = ok && register_replica(f, s, err) && command(f, mysql_gtid ? COM_DUMP_GTID : COM_DUMP, &b, false, err);
	buffer_done(&b);
	return ok;
}

#else

/* Oracle's library frames the request itself. */
static void fix_gtid_set(MYSQL_RPL *rpl, unsigned char *packet)
{
	const struct buffer *set = rpl->gtid_set_arg;
	memcpy(packet, set->data, set->len);
}

static bool ask(struct feed_server *f, const struct feed_start *s, struct error *err)
{
	if (s->gtid && !feed_gtid_block(s->gtid, &f->set, err))
		return false;
	buffer_text_add(&f->name, s->file && !s->gtid ? s->file : "");
	f->rpl = (MYSQL_RPL){.file_name_length = f->name.len, .file_name = buffer_text(&f->name), .start_position = s->pos && !s->gtid ? s->pos : 4,
			     .server_id = s->server_id, .flags = s->gtid ? MYSQL_RPL_GTID | DUMP_HEARTBEAT_V2 : 0, .gtid_set_encoded_size = f->set.len,
			     .fix_gtid_set = s->gtid ? fix_gtid_set : NULL, .gtid_set_arg = &f->set};
	return mysql_binlog_open((MYSQL *)mysql_client_handle(f->client), &f->rpl) == 0 || mysql_failure_of_log(f->client, err);
}

#endif

static bool start_reader(struct feed_server *f, struct error *err)
{
	MYSQL *handle = (MYSQL *)mysql_client_handle(f->client);
	int cause;

	f->socket = library_socket(handle);
	if (f->socket < 0)
		return error_set(err, ERROR_REPLICA, "could not keep hold of a connection: %s", strerror(errno));
	cause = thread_start(&f->thread, NULL, reader, f);
	f->threaded = cause == 0;
	return f->threaded || error_set(err, ERROR_REPLICA, "could not start a thread: %s", strerror(cause));
}

struct feed *feed_server(struct mysql_client *c, const struct feed_start *s, struct error *err)
{
	static const struct feed_ops ops = {.read = server_read, .close = server_close};
	struct feed_server *f = memory_zero(1, sizeof *f);

	f->base.ops = &ops;
	f->client = c;
	f->socket = -1;
	f->silence = s->heartbeat * SILENCE;
	f->heard = clock_mono();
	pthread_mutex_init(&f->mutex, NULL);
	pthread_cond_init(&f->room, NULL);
	f->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->ready < 0)
		error_set(err, ERROR_REPLICA, "could not make an event descriptor: %s", strerror(errno));
	else if (set_up(f, s, err) && ask(f, s, err) && start_reader(f, err))
		return &f->base;
	server_close(&f->base);
	return NULL;
}
