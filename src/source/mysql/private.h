/* private: what the files of the MySQL transport share, and nobody else sees.
 *
 *     mysql.c     opening, starting, positions, the ops table
 *     stream.c    events of the log to source transactions
 *     decide.c    statements and XA: what they do to the transaction at hand
 *     watch.c     rows of tables that others' foreign keys follow without telling
 *     serve.c     a whole source transaction to changes
 *     proof.c     what is complete up to when: the server's clock and the end of its log
 *     copy.c      tables read by key, ahead.c: while the last chunk is written
 *     check.c     preflight: findings
 *     describe.c  what status tells of the server
 *     identity.c  who the server is, and who we are to it
 *     triggers*.c the same from a change table that triggers fill (triggers.h)
 *
 *     client -> feed -> stream -> txn -> serve -> session
 *                         |  decides when a transaction is whole
 *                         '- xa: prepared ones, kept until decided
 */
#ifndef TD_SOURCE_MYSQL_PRIVATE_H
#define TD_SOURCE_MYSQL_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "binlog/rows.h"
#include "source/mysql/client.h"
#include "source/mysql/map.h"
#include "source/mysql/position.h"
#include "source/mysql/shape.h"
#include "source/mysql/txn.h"
#include "source/mysql/url.h"
#include "source/source.h"
#include "source/sql/report.h"
#include "source/sql/table.h"

struct ahead;
struct chunk_reader;
struct feed;
struct gtid_set;
struct mysql_triggers;

#define MYSQL_HEARTBEAT (5 * SECOND)

/* A table map in force: until its statement ends. */
struct live_table {
	uint64_t id;
	int entity; /* -1: none of ours */
	const struct binlog_table *watched; /* the parent of a watched key; NULL: none */
};

struct mysql_stream {
	struct feed *feed;
	struct binlog_format format;
	struct buffer file;        /* of the log */
	uint64_t pos;              /* end of the last event, 64 bits */
	bool by_gtid;              /* how we asked for it */
	bool behind;               /* asked for by GTID, the server begins in a file before the one we stand in */
	bool again;                /* asked for by GTID, the server shows the head of the file we stand in again */
	uint64_t skip_to;          /* events that end up to here were applied before */
	uint32_t begun;            /* when the file was begun */
	uint32_t expected_begun;   /* as the position we started from has it; 0: not told, or seen */
	struct gtid_set *gtids;    /* up to the end of the last transaction; NULL: not numbered */
	struct buffer gtid_text;   /* as gtids has it */
	bool gtid_dirty;

	bool grouped;              /* inside a transaction of the log */
	bool whole;                /* it is ended by a commit of its own, not by its first statement */
	bool numbered;             /* gtid is that of the transaction */
	struct binlog_gtid gtid;
	struct live_table *live;
	int live_count, live_cap;
	struct txn txn;
	struct arena words;        /* of the statement at hand, or of watched rows */
	struct arena watched;      /* tables of watched parents, until their statement ends */

	bool serving, begun_given;
	bool held;                 /* a change is ready, and BEGIN was given for it */
	struct change change_held;
	int64_t commit_time;
	struct binlog_format serve_format;
	int entity;                /* of the rows being served */
	bool rows_open;
	struct binlog_rows rows;
	int64_t rows_bytes;        /* of the event being served, told with its first row */
	struct arena change, unpacked;
	struct mysql_map *maps;    /* by entity */
	struct value **before, **after; /* by entity */

	struct buffer position;    /* given last */
	bool moved;                /* since then, by what was none of ours */
	bool given;                /* a transaction was, and no rest since: the caller may have it to commit yet */
	char *decided;             /* file of the prepared transaction being served; NULL: none */
};

/* A prepared transaction whose decision was given: its file goes when the replica holds it. */
struct decided { char *path, *position; };

struct mysql_proof {
	int64_t clock;             /* the server's, when the end of the log was asked for; TIME_NONE: none is open */
	struct buffer end;         /* the end of the log just after: */
	uint64_t end_number, end_pos;
	int64_t asked, told;       /* monotonic */
	bool owed;                 /* IDLE is due at the first rest */
};

struct mysql {
	struct source base;
	struct mysql_url url;
	char *state_folder, *identity;
	char *prepared_for;        /* identity and replica: whose prepared transactions are whose */
	struct mysql_client *control;
	bool gtid_mode;            /* MySQL numbers its transactions */
	bool logs_cascades;
	struct mysql_target target;
	struct mysql_shape shape;
	bool shape_stale;
	struct sql_present present;
	int64_t shape_at;          /* monotonic */
	uint32_t server_id;        /* ours */
	char uuid[37];             /* ours */
	int id_lock;
	int64_t offset;            /* the server's clock less ours */
	struct mysql_stream stream;
	struct mysql_proof proof;
	struct decided *decided;
	int decided_count, decided_cap;
	struct chunk_reader *chunks;
	struct ahead *ahead;       /* reads the tables; NULL: no chunk was asked for yet, or triggers are read, whose reads belong together */
	struct mysql_rows result;  /* of the last chunk: its values borrow it */
	size_t *lens;              /* of the row at hand there */
	struct buffer high, newest, bound;
	struct mysql_triggers *triggers; /* NULL: the log is followed */
};

/* mysql.c */
bool mysql_shape_refresh(struct mysql *m, struct error *err);
struct mysql_client *mysql_connect(struct mysql *m, struct error *err);
/* The same beside m->control: a proxy may have two servers behind one name. */
struct mysql_client *mysql_connect_more(struct mysql *m, struct error *err);
/* FILE:POS of the log's end. */
bool mysql_log_end(struct mysql *m, struct buffer *out, struct error *err);
/* Reads the server's clock; the offset follows. */
bool mysql_read_clock(struct mysql *m, int64_t *clock, struct error *err);

/* identity.c */
bool mysql_know_server(struct mysql *m, struct error *err);
bool mysql_know_self(struct mysql *m, struct error *err);

/* stream.c */
void mysql_stream_init(struct mysql_stream *st, const struct model *model, const char *folder);
void mysql_stream_done(struct mysql_stream *st, const struct model *model);
/* One event of the feed. False: err. */
bool mysql_stream_event(struct mysql *m, const uint8_t *bytes, size_t n, struct error *err);
/* Where the stream stands, between transactions. */
const char *mysql_stream_position(struct mysql *m);
/* The log is not the one we know. Returns false. */
bool mysql_begun_anew(struct mysql *m, struct error *err);
/* "binlog.000002:4711", for messages. */
const char *mysql_stream_place(struct mysql *m, struct buffer *out);
/* The table map in force under this id; NULL: none. And the same, made if need be. */
struct live_table *mysql_live_find(struct mysql_stream *st, uint64_t id);
struct live_table *mysql_live_put(struct mysql_stream *st, uint64_t id);

/* For decide.c. A transaction of the log begins (`whole`: ended by a commit of its own), is over with nothing to serve, is over and
 * served if it holds anything of ours. */
void mysql_group_open(struct mysql_stream *st, bool whole);
void mysql_group_passed(struct mysql_stream *st);
bool mysql_group_commit(struct mysql *m, const struct binlog_event *e, uint32_t microseconds);
/* ERROR_REFUSED, with the place in the log. Returns false. */
bool mysql_stream_refuse(struct mysql *m, const char *why, const char *hint, struct error *err);

/* decide.c */
bool mysql_on_query(struct mysql *m, const struct binlog_event *e, struct error *err);
bool mysql_on_prepared(struct mysql *m, const struct binlog_event *e, struct error *err);

/* watch.c: rows of tables that are not modelled, but are parents of foreign keys of ones that are. */
bool watch_table(struct mysql *m, const struct binlog_event *e, const char *schema, const char *name, const struct binlog_table **out, struct error *err);
/* Which watched keys the rows changed: their children are noted to be read again. */
bool watch_rows(struct mysql *m, const struct binlog_event *e, const struct binlog_table *t, struct error *err);

/* serve.c */
enum source_result mysql_stream_serve(struct mysql *m, struct source_event *event, struct error *err);

/* proof.c */
void proof_init(struct mysql_proof *p);
void proof_done(struct mysql_proof *p);
/* Between transactions, with nothing left to read or not: whether IDLE may be given. 1: event is filled; 0 no; -1 err. */
int proof_idle(struct mysql *m, bool resting, struct source_event *event, struct error *err);

/* copy.c */
extern const struct source_copy_ops mysql_copy_ops;
void mysql_copy_init(struct mysql *m);
void mysql_copy_done(struct mysql *m);

/* check.c */
bool mysql_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx, struct error *err);
/* As mysql_check: the first finding that refuses is the error. */
bool mysql_require(struct mysql *m, struct error *err);

/* For those who look at more than the log. */
struct checking {
	struct mysql *m;
	struct report report;
	struct mysql_rows variables;
	const char *account; /* as GRANT has it: 'teller'@'%' */
	const char *log_bin; /* the variable */
	bool full_images;
};

/* describe.c */
bool mysql_describe(struct source *s, struct buffer *out, struct error *err);
/* Seconds the server keeps a log file, from its variables (NULL: it has no such one); 0: until a person purges it. */
int64_t mysql_log_kept(const char *seconds, const char *days, const char *purges);

#endif
