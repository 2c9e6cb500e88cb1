/* bank_private: what the files of the bank transport share, and nobody else sees.
 *
 *     bank.c         opening, starting, the ops table
 *     bank_shape.c   how the model's entities lie in the bank's tables, read from its catalogue
 *     bank_check.c   whether that is good enough: findings
 *     bank_stream.c  the log of changes as source transactions
 *     bank_watch.c   woken by a commit
 *     bank_copy.c    tables read by key
 */
#ifndef TD_SOURCE_BANK_PRIVATE_H
#define TD_SOURCE_BANK_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/memory.h"
#include "source/bank_schema.h"
#include "source/source.h"

struct sqlite3;
struct sqlite3_stmt;

/* One entity of the model in the bank. */
struct bank_entity {
	const char *table;                           /* NULL: the bank has no such table */
	bool *present;                               /* by column of the model */
	int *place;                                  /* of the column in the change table; 0: not captured */
	const char **type;                           /* as declared; "" without a type */
	bool captured;                               /* the table is in the catalogue */
	struct sqlite3_stmt *first, *after, *by_key; /* of bank_copy, made when needed */
};

/* A captured change, decoded. Memory is the stream's arena. */
struct bank_item {
	int64_t id, at, txn;
	bool stamped; /* txn says which transaction */
	bool mapped;  /* the model knows the table: change is set */
	struct change change;
	int64_t bytes;
};

enum bank_statement {
	BANK_SQL_BEGIN,
	BANK_SQL_COMMIT,
	BANK_SQL_NEWEST,
	BANK_SQL_DATA_VERSION,
	BANK_SQL_SCHEMA_VERSION,
	BANK_SQL_AT,
	BANK_SQL_TAIL,
	BANK_SQL_CHANGES,
	BANK_SQL_COUNT,
};

struct bank_stream {
	struct arena arena;       /* of items; emptied by the next fetch */
	struct bank_item *items;  /* BANK_FETCH_ROWS of them */
	int count, next;          /* fetched, next to serve */
	int64_t id, at;           /* the last change served or passed over */
	int64_t snapshot_to;      /* newest change of the snapshot being served */
	int64_t snapshot_clock;   /* just before it was taken; TIME_NONE: told already */
	int64_t tail_to, tail_at; /* where the unstamped run cut by the fetch ends, and its last time */
	bool open;                /* BEGIN was given, COMMIT not yet */
	bool open_stamped;        /* of the open transaction */
	int64_t open_txn;
	bool moved;           /* changes were passed over since a position was given */
	bool owed;            /* IDLE is due at the first rest */
	int64_t told;         /* when IDLE was given last, monotonic */
	int64_t data_version; /* of the last look; -1: look */
	int quiet;            /* looks in a row that found nothing */
	char raw_time[40];
	char position[BANK_POSITION_SIZE];
};

struct bank_watch {
	int fd;       /* inotify; -1: there is none */
	int log;      /* watch on the bank's log, -1: it is not there */
	int64_t look; /* a write was noticed: when to look again, microseconds; 0: wait for the next */
};

struct bank {
	struct source base;
	char *path;
	struct sqlite3 *db;
	dev_t device; /* of the file that is open */
	ino_t inode;
	char uuid[BANK_UUID_SIZE];
	int64_t patience;   /* monotonic time until which a lock is waited for */
	struct arena shape; /* entities and what they point to */
	struct bank_entity *entities;
	int *entity_of;         /* by bank_table.id: the entity, or -1 */
	int tables;             /* length of entity_of */
	int64_t schema_version; /* of shape */
	struct sqlite3_stmt *statements[BANK_SQL_COUNT];
	struct bank_stream stream;
	struct bank_watch watch;
	struct arena copied; /* of the last chunk */
	char high[BANK_POSITION_SIZE], newest[BANK_POSITION_SIZE], bound[BANK_POSITION_SIZE];
};

/* bank.c: a read transaction around what belongs together. end also after a failure (err stays). */
bool bank_begin(struct bank *b, struct error *err);
bool bank_end(struct bank *b, bool ok, struct error *err);
/* Locks are waited for until then, or until the stop descriptor is readable. */
void bank_patience(struct bank *b, int64_t microseconds);
bool bank_read_newest(struct bank *b, int64_t *id, int64_t *at, int64_t *pruned_to, struct error *err);
/* ERROR_REFUSED, or ERROR_PURGED, when the log does not hold what follows a change. at -1: its time is not known. */
bool bank_follows(struct bank *b, int64_t id, int64_t at, int64_t newest, int64_t pruned_to, struct error *err);

/* bank_shape.c. load reads the catalogue anew where the schema has changed since; *changed tells. */
bool bank_shape_load(struct bank *b, bool *changed, struct error *err);
void bank_shape_done(struct bank *b);

/* bank_check.c */
bool bank_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx,
		struct error *err);
/* As bank_check; the first finding that refuses is the error, the others are counted. */
bool bank_require(struct bank *b, struct error *err);

/* bank_stream.c */
#define BANK_FETCH_ROWS  4096
#define BANK_FETCH_BYTES (4 << 20)
void bank_stream_init(struct bank_stream *st);
void bank_stream_done(struct bank_stream *st);
void bank_stream_start(struct bank_stream *st, int64_t id, int64_t at);
enum source_result bank_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err);

/* bank_watch.c */
void bank_watch_init(struct bank *b);
void bank_watch_done(struct bank *b);
/* Waits for so many microseconds, or less where somebody writes to the bank. True: the stop descriptor is readable. */
bool bank_rest(struct bank *b, int64_t micro);

/* bank_copy.c */
extern const struct source_copy_ops bank_copy_ops;
/* The canonical value of a result column, its bytes in the arena. */
struct value bank_value(struct sqlite3_stmt *stmt, int i, const struct column *c, const struct model *m,
			struct arena *a);
void bank_copy_forget(struct bank_entity *e); /* its statements */

#endif
