/* feed: where the bytes of binlog events come from. The seam below the stream.
 *
 *     server   COM_BINLOG_DUMP (or MySQL's COM_BINLOG_DUMP_GTID) on a connection of its own
 *     file     a binlog file on disk
 *     memory   events in memory: fixtures, fuzzing
 *
 *     struct feed *f = feed_server(&params, &err)
 *     switch (f->ops->read(f, timeout_ms, stop, &event, &n, &err))
 *     FEED_EVENT   n bytes of one event, valid until the next read
 *     FEED_WAIT    nothing yet (timeout, or stop is readable)
 *     FEED_END     the log is at its end and the feed does not follow it
 *     FEED_FAILED
 *     f->ops->close(f)
 *
 * A server's feed reads ahead in a thread of its own, into a bounded queue: the library's reads can
 * neither be polled nor be stopped in the middle of a packet, but its socket can be shut from here.
 */
#ifndef TD_SOURCE_MYSQL_FEED_H
#define TD_SOURCE_MYSQL_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct feed;
struct mysql_client;

enum feed_result { FEED_EVENT, FEED_WAIT, FEED_END, FEED_FAILED };

struct feed_ops {
	enum feed_result (*read)(struct feed *f, int timeout_ms, int stop, const uint8_t **event, size_t *n, struct error *err);
	void (*close)(struct feed *f);
};

struct feed { const struct feed_ops *ops; };

struct feed_start {
	const char *file;      /* file and position; or NULL: by gtid */
	uint64_t pos;
	const char *gtid;      /* MariaDB: @slave_connect_state. MySQL: a set for COM_BINLOG_DUMP_GTID */
	uint32_t server_id;    /* ours */
	const char *uuid;      /* ours */
	int64_t heartbeat;     /* microseconds between heartbeats */
	bool follow;           /* false: end at the end of the log */
};
/* Takes the client (closed with the feed, also on failure). Registers as a replica first. */
struct feed *feed_server(struct mysql_client *c, const struct feed_start *start, struct error *err);
/* The set of a MySQL server as its dump command takes it. False: the text is no set. */
struct buffer;
bool feed_gtid_block(const char *gtid, struct buffer *out, struct error *err);
/* From `pos` on, after the format description at the file's begin. */
struct feed *feed_file(const char *path, uint64_t pos, struct error *err);
/* events: count runs of bytes, borrowed. */
struct feed_run { const uint8_t *bytes; size_t n; };
struct feed *feed_memory(const struct feed_run *events, int count);

#endif
