/* message: one message of pgoutput, PostgreSQL's own logical decoding plugin.
 *
 * Pure and bounded: bytes in, structure out, nothing copied. Format: PostgreSQL manual, "Logical Replication Message
 * Formats". Protocol 1 is what is asked for; what versions 2 (streamed transactions), 3 (two-phase) and 4 (parallel
 * streaming) add is recognised, so that a server that sends it unasked can be told from bytes that mean nothing.
 *
 *     struct pgoutput_message m;
 *     if (!pgoutput_read(bytes, n, false, &arena, &m, &err)) ... ERROR_REFUSED: cut off, too long, or unknown
 *     switch (m.kind)
 *     case PGOUTPUT_UPDATE:
 *             pgoutput_cells(&m.change.after, cells, n, &err)
 *
 * Texts are NUL-terminated and lie in the message; so do cells. Columns, and the ids of a TRUNCATE, are in the arena. Times are UTC
 * microseconds since 1970, positions in the log 64 bits (lsn.h). Bytes left over after a message are an error.
 */
#ifndef TD_PGOUTPUT_MESSAGE_H
#define TD_PGOUTPUT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct error;

enum pgoutput_kind {
	PGOUTPUT_BEGIN = 'B', PGOUTPUT_COMMIT = 'C', PGOUTPUT_ORIGIN = 'O', PGOUTPUT_RELATION = 'R', PGOUTPUT_TYPE = 'Y',
	PGOUTPUT_INSERT = 'I', PGOUTPUT_UPDATE = 'U', PGOUTPUT_DELETE = 'D', PGOUTPUT_TRUNCATE = 'T', PGOUTPUT_MESSAGE = 'M',
	/* 2 */
	PGOUTPUT_STREAM_START = 'S', PGOUTPUT_STREAM_STOP = 'E', PGOUTPUT_STREAM_COMMIT = 'c', PGOUTPUT_STREAM_ABORT = 'A',
	/* 3 */
	PGOUTPUT_BEGIN_PREPARE = 'b', PGOUTPUT_PREPARE = 'P', PGOUTPUT_COMMIT_PREPARED = 'K', PGOUTPUT_ROLLBACK_PREPARED = 'r',
	PGOUTPUT_STREAM_PREPARE = 'p',
};

/* Whether the kind is one of protocol 1. */
static inline bool pgoutput_is_first(enum pgoutput_kind k)
{
	return k == PGOUTPUT_BEGIN || k == PGOUTPUT_COMMIT || k == PGOUTPUT_ORIGIN || k == PGOUTPUT_RELATION || k == PGOUTPUT_TYPE ||
	       k == PGOUTPUT_INSERT || k == PGOUTPUT_UPDATE || k == PGOUTPUT_DELETE || k == PGOUTPUT_TRUNCATE || k == PGOUTPUT_MESSAGE;
}

/* What a transaction says of itself; which of them a kind has, stands beside it. One that came to the server from elsewhere (an
 * ORIGIN follows its BEGIN) has the time of its commit there. */
struct pgoutput_transaction {
	uint64_t lsn;        /* BEGIN, of its commit record; COMMIT the same; prepared kinds: of the prepare or its end */
	uint64_t end;        /* COMMIT: the end of the commit record, where reading goes on; BEGIN: 0 */
	int64_t time;        /* of the commit (BEGIN, COMMIT, COMMIT_PREPARED, STREAM_COMMIT), of the end (ROLLBACK_PREPARED, STREAM_ABORT of
	                      * version 4, else 0), of the prepare else */
	int64_t prepare_time; /* ROLLBACK_PREPARED; else 0 */
	uint32_t xid;        /* BEGIN and the kinds of 2 and 3; COMMIT: 0 */
	uint32_t subxid;     /* STREAM_ABORT */
	uint8_t flags;
	bool first_segment;  /* STREAM_START */
	const char *gid;     /* prepared kinds; else NULL */
};

struct pgoutput_column {
	bool key;            /* part of the replica identity */
	const char *name;
	uint32_t type;       /* oid */
	int32_t modifier;    /* -1: none */
};

struct pgoutput_relation {
	uint32_t id;
	const char *schema;  /* "" is pg_catalog */
	const char *name;
	char identity;       /* d: primary key, n: nothing, f: whole row, i: an index */
	int column_count;
	struct pgoutput_column *columns;
};

/* A domain is sent with the name of the type below it. */
struct pgoutput_type {
	uint32_t id;
	const char *schema, *name;
};

enum pgoutput_cell_kind {
	PGOUTPUT_NULL = 'n',
	PGOUTPUT_UNCHANGED = 'u', /* a large value that the update left as it was, and that is not sent */
	PGOUTPUT_TEXT = 't',
	PGOUTPUT_BINARY = 'b',
};

struct pgoutput_cell {
	enum pgoutput_cell_kind kind;
	uint32_t len;
	const char *bytes;   /* TEXT, BINARY: len bytes, not NUL-terminated */
};

/* Read and bounds-checked as a whole by pgoutput_read. */
struct pgoutput_tuple {
	int count;           /* of cells; -1: the tuple is not there */
	const uint8_t *bytes;
	size_t n;
};

struct pgoutput_change {
	uint32_t relation;
	struct pgoutput_tuple before; /* UPDATE, DELETE */
	bool before_is_key;  /* `before` has the columns of the identity; the others are sent as NULL, and mean nothing */
	struct pgoutput_tuple after; /* INSERT, UPDATE */
};

struct pgoutput_truncate {
	int count;
	const uint32_t *relations;
	bool cascade, restart_identity;
};

struct pgoutput_logical {
	bool transactional;
	uint64_t lsn;
	const char *prefix;
	const uint8_t *bytes;
	size_t n;
};

struct pgoutput_message {
	enum pgoutput_kind kind;
	uint32_t xid;        /* inside a streamed transaction: of the subtransaction; else 0 */
	union {
		struct pgoutput_transaction transaction;
		struct pgoutput_relation relation;
		struct pgoutput_type type;
		struct pgoutput_change change;
		struct pgoutput_truncate truncate;
		struct pgoutput_logical logical;
		struct { uint64_t lsn; const char *name; } origin;
	};
};

/* in_stream: between STREAM_START and STREAM_STOP, where changes, relations, types and messages carry a transaction id in front. */
bool pgoutput_read(const uint8_t *p, size_t n, bool in_stream, struct arena *a, struct pgoutput_message *out, struct error *err);
/* Lays out the cells of a tuple of a message that was read; false: there are not exactly `count`. */
bool pgoutput_cells(const struct pgoutput_tuple *t, struct pgoutput_cell *out, int count, struct error *err);

#endif
