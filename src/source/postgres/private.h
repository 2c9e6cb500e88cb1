/* private: what the files of the PostgreSQL transport share, and nobody else sees.
 *
 *     postgres.c  opening, the server's clock and log, the ops table
 *     start.c     from which position, by which slot: what must hold before the first byte is asked for
 *     slot.c      the slot's name and state
 *     stream.c    messages to source events; feedback to the server
 *     relation.c  how tuples are laid out, and tuples to rows
 *     visible.c   which commits of the log reads may not see yet
 *     proof.c     what is complete up to when; the catalogue against the stream
 *     copy.c      tables read by key (source/sql/chunk.h does it)
 *     shape.c     the catalogue
 *     check.c     preflight: findings (check_server.c, check_table.c, check_publication.c, check_account.c)
 *     describe.c  what status tells of the server
 *
 *     client -> frames -> pgoutput -> stream -> session
 *
 * A transaction is sent when it is committed, whole and in order of commit, so it is passed on as it comes: nothing is kept but the
 * message at hand. Three connections at most: control (questions), the stream, and the reader of tables.
 */
#ifndef TD_SOURCE_POSTGRES_PRIVATE_H
#define TD_SOURCE_POSTGRES_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "pgoutput/message.h"
#include "source/postgres/client.h"
#include "source/postgres/position.h"
#include "source/postgres/shape.h"
#include "source/postgres/slot.h"
#include "source/postgres/url.h"
#include "source/source.h"
#include "source/sql/table.h"

struct chunk_reader;

/* A relation as its last message told it: how the tuples that follow are laid out. */
struct postgres_relation {
	uint32_t id;
	int entity;               /* -1: none of ours */
	int column_count;
	uint32_t print;
	char identity;
	bool *key;                /* by column on the wire: part of the identity */
	bool keyed;               /* the model's key is */
	uint32_t *types;          /* by column on the wire: oid, of domains that of the base type */
	int *wire;                /* by column of the entity: on the wire; -1: not there */
	struct pgoutput_cell *before, *after;
	struct arena arena;
};

/* A type that is not built in: what is below it. */
struct postgres_type { uint32_t oid, base; };

struct postgres_stream {
	struct postgres_client *client; /* NULL: not started */
	uint64_t applied;         /* end of what was given whole, or read without anything of ours: where we stand */
	uint64_t received;        /* how far the server is, as it said last */
	uint64_t durable;         /* what the replica holds for good */
	uint64_t moved_from;      /* applied, when it was told last */
	int64_t moved_at;         /* and when, monotonic */
	int64_t heard_at, spoke_at; /* monotonic: last byte from, last feedback to the server */
	int64_t looked_at;        /* monotonic: at both, and at the stop descriptor */
	bool reply;               /* the server wants an answer */
	bool durable_moved;       /* since feedback */
	bool behind;              /* the server has a backlog for us */
	bool inside;              /* between BEGIN and COMMIT */
	bool begun_given;         /* and the caller was told */
	bool ending;              /* its COMMIT was read; what is still to be told comes first */
	bool held;                /* a change is ready, and BEGIN was given for it */
	struct change change_held;
	int64_t commit_time;
	uint64_t commit_lsn;      /* of the transaction at hand */
	uint32_t xid;
	int64_t bytes;            /* of the message at hand */
	struct postgres_relation **relations; /* ordered by id */
	int relation_count, relation_cap;
	struct postgres_type *types;
	int type_count, type_cap;
	struct arena message, change;
	struct value **before, **after; /* by entity */
	int *truncated;           /* entities of a TRUNCATE that are yet to be told */
	int truncated_count, truncated_at;
	int *reloads;             /* entities to be copied again, told at the next chance */
	int reload_count;
	bool reloading;           /* such a transaction of our own is being told */
	struct postgres_prints *prints; /* by entity: as the stream saw the table last */
	bool prints_dirty;
	struct buffer tail;       /* of a position's text: all behind the LSN */
	struct buffer position;   /* given last */
};

/* A commit of the log that reads may not see yet. lsn: of the end of its commit; 0: before all we stand for. */
struct postgres_commit { uint64_t xid; uint64_t lsn; };

struct postgres_visible {
	struct postgres_commit *list; /* in order of lsn */
	int count, cap;
	bool begun;               /* the list holds what was in progress when we began */
	uint64_t alone, known;    /* without a stream: the end of the log when the list was begun, and the one before that is visible */
};

struct postgres_proof {
	int64_t clock;            /* the server's, when the end of the log was asked for; TIME_NONE: none is open */
	uint64_t end;             /* the end of the log then */
	int64_t asked, told;      /* monotonic */
	bool owed;                /* IDLE is due at the first rest */
	bool late;                /* the open one was asked for again already: its end is what was on disk by then */
	int64_t looked;           /* at the catalogue, and whether all is as it must be; monotonic */
	uint64_t shape_end;       /* end of the log after the catalogue was read: once it is reached, prints must agree; 0: nothing to hold */
};

struct postgres {
	struct source base;
	struct postgres_url url;
	char *replica, *identity;
	struct postgres_client *control;
	char *system;             /* system identifier, digits */
	char *started;            /* when the server was, as it says: two connections may reach two servers */
	uint32_t timeline;
	uint32_t block, segment;  /* a page and a file of the log, bytes */
	int64_t flush_within;     /* what an asynchronous commit may take to be on disk, microseconds */
	int64_t feedback_every;   /* microseconds: well below wal_sender_timeout */
	int64_t silent_most;      /* after which the server lets go of a connection that was cut off, microseconds; a minute where it never does */
	struct postgres_target target;
	struct postgres_shape shape;
	bool shape_stale;
	int64_t shape_at;         /* monotonic */
	struct sql_present present;
	int64_t offset;           /* the server's clock less ours */
	char slot[SLOT_NAME];
	struct postgres_stream stream;
	struct postgres_proof proof;
	struct postgres_visible visible;
	struct postgres_client *reader;
	struct chunk_reader *chunks;
	struct postgres_rows rows; /* of the last chunk */
	char *asked;              /* the statement the reader works on; NULL: none */
	int64_t read_at;          /* when a table was read last, monotonic */
	uint64_t wanted;          /* a position somebody waits for: moving on to it is told at once */
	struct buffer high, newest, bound;
};

/* postgres.c */
/* Beside m->control: to the same server, or err. */
struct postgres_client *postgres_connect(struct postgres *m, enum postgres_use use, struct error *err);
bool postgres_shape_refresh(struct postgres *m, struct error *err);
/* Reads the server's clock; the offset follows. */
bool postgres_read_clock(struct postgres *m, int64_t *clock, struct error *err);
/* How far the log is written, and how far it is on disk; either may be NULL. An empty beginning of a page is none of it. */
bool postgres_log_end(struct postgres *m, uint64_t *written, uint64_t *flushed, struct error *err);
/* The same, and waits until it is on disk: at most 100 ms, then it is asked for. */
bool postgres_log_end_on_disk(struct postgres *m, uint64_t *written, struct error *err);
/* Appends the position's text for this place. */
void postgres_place(struct postgres *m, uint64_t lsn, struct buffer *out);

/* start.c */
bool postgres_start(struct source *s, const char *position, struct error *err);
/* A slot of ours, made anew: *lsn is its consistent point. One of the name we would make is dropped before; one that a person named and that is
 * there already is refused. What is committed before that point and may not be visible yet goes into visible. */
bool postgres_slot_make(struct postgres *m, uint64_t *lsn, struct error *err);

/* The stream ended in err: what only the slot's state can tell apart is told. */
void postgres_stream_failed(struct postgres *m, struct error *err);

/* stream.c */
void postgres_stream_init(struct postgres_stream *st, const struct model *model);
void postgres_stream_done(struct postgres_stream *st, const struct model *model);
enum source_result postgres_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err);
void postgres_durable(struct source *s, const char *position);
/* Tells the server what is held, and ends the copy in good order as far as that is soon done. */
void postgres_stream_end(struct postgres *m);
/* The position's text of where we stand. */
const char *postgres_stream_position(struct postgres *m);
/* The entity is to be copied again. */
void postgres_stream_reload(struct postgres *m, int entity);

/* relation.c */
/* An update that tells nothing of the row before: its key is the one it had, where the identity holds the key. Else err. */
bool postgres_relation_keeps_key(struct postgres *m, const struct postgres_relation *r, struct error *err);
void postgres_type_take(struct postgres_stream *st, const struct pgoutput_type *t);
void postgres_relation_take(struct postgres *m, const struct pgoutput_relation *told);
struct postgres_relation *postgres_relation_find(const struct postgres_stream *st, uint32_t id); /* NULL: none */
void postgres_relations_done(struct postgres_stream *st);
/* row: of m->stream.before or .after. key_only: the columns of the identity are all that is told. */
bool postgres_tuple_take(struct postgres *m, struct postgres_relation *r, const struct pgoutput_tuple *t, bool key_only, struct value *row, struct error *err);

/* visible.c */
void visible_init(struct postgres_visible *v);
void visible_done(struct postgres_visible *v);
/* xid: 32 bits as the stream has it; end: of its commit. */
void visible_committed(struct postgres_visible *v, uint32_t xid, uint64_t end);
/* Notes what may have been committed before we stand and be invisible still: all that is in progress, or, where the snapshot of a fresh slot is
 * given (as pg_current_snapshot prints it), what that says was committed. */
bool visible_begin(struct postgres *m, const char *slot_snapshot, struct error *err);
/* After each commit: now and then the server is asked, so that the list stays short. */
bool visible_keep_small(struct postgres *m, struct error *err);
/* Waits a moment until all that was sent is visible; *all: it is. */
bool visible_all(struct postgres *m, bool *all, struct error *err);
/* A position before which all is visible to reads made from now on, and not beyond where the stream stands. */
bool visible_bound(struct postgres *m, uint64_t *lsn, struct error *err);
/* The same without a stream to tell which transactions are ours: the end of the log, once all that was in progress then has ended. 0 until then. */
bool visible_bound_alone(struct postgres *m, uint64_t *lsn, struct error *err);

/* proof.c */
/* The stream is no synchronous standby; else it is closed, and err. */
bool postgres_not_waited_for(struct postgres *m, struct error *err);
/* Where the stream has passed the end the log had when the catalogue was read: tables that are not what it showed are to be copied again. */
void postgres_compare_shape(struct postgres *m);
/* Between transactions: whether IDLE may be given. 1: event is filled; 0 no; -1 err. */
int postgres_proof_idle(struct postgres *m, bool resting, struct source_event *event, struct error *err);

/* copy.c */
extern const struct source_copy_ops postgres_copy_ops;
/* Takes what came of the statement that was begun ahead: as long as the server has not sent all of it, it holds a snapshot, and a lock on
 * the table that the bank may want. Never waits. */
void postgres_copy_listen(struct postgres *m);
/* The reader's connection is closed; another read opens one. What was read last stays: it may wait for the log. */
void postgres_reader_close(struct postgres *m);
/* That, and what was read. */
void postgres_copy_done(struct postgres *m);

/* check.c */
bool postgres_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx, struct error *err);
/* As postgres_check: the first finding that refuses is the error. */
bool postgres_require(struct postgres *m, struct error *err);
/* Whether commits of the bank would wait for a standby of our name (synchronous_standby_names). */
bool postgres_would_hold(const char *synchronous_standby_names, const char *application_name);

/* describe.c */
bool postgres_describe(struct source *s, struct buffer *out, struct error *err);

/* detach.c: as source_ops.detach. */
bool postgres_detach(const struct source_params *p, const struct source_detach *how, struct source_detached *out, struct error *err);

#endif
