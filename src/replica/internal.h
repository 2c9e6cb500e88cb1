/* internal: what the files of this folder share about a writer. Nobody else includes it. */
#ifndef TD_REPLICA_INTERNAL_H
#define TD_REPLICA_INTERNAL_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/replica.h"
#include "replica/history.h"

/* td_txn.kind: what a sequence stands for. */
enum txn_kind { TXN_SOURCE, TXN_COPY, TXN_RESYNC, TXN_REPAIR };

struct copy_state;
struct held_state;
struct rollup_state;
struct search_state;

struct replica {
	sqlite3 *db;
	char *path;
	struct model *model;      /* parsed from the text the replica stores */
	int lock;                 /* descriptor of REPLICA.lock */
	dev_t device;             /* with inode: the file that was opened */
	ino_t inode;
	bool in_txn;
	int64_t seq;              /* last sequence given out */
	int64_t last_valid_from;  /* of the source */
	int64_t committed_seq, committed_valid_from;
	struct buffer position, committed_position;
	bool position_moved;      /* since it was stored: the commit stores it, once for all the transactions it holds */
	int64_t source;           /* td_source.id */
	char *source_url;         /* asked for; stored once the source has shown that it is the right one. NULL: the stored one */
	const char *source_kind;  /* with it; static */
	struct table *tables;     /* by entity */
	struct copy_state *copy;
	struct held_state *held;
	struct rollup_state *rollups; /* by rollup of the model */
	struct search_state *search;
	sqlite3_stmt *begin, *commit, *rollback;
	sqlite3_stmt *set_position, *add_txn, *add_anomaly, *add_rejected, *add_move, *set_status, *set_complete, *set_counts;
	bool catching_up;
	atomic_int checkpoint_due; /* the write-ahead log was long at the last commit */
	int spilled;              /* pages the cache had no room for, when the transaction began */
	int64_t misfits;          /* counted in this transaction */
};

/* False, err: it is there but no plain file. SQLite would wait for a pipe's other end. */
bool replica_is_file(const char *path, struct error *err);
/* What a file is: 0 empty, 1 a replica of this or an older schema, -1 err. */
int replica_inspect(sqlite3 *db, const char *path, struct error *err);
/* A transaction that is none of the source's: chunks, copies and repairs have sequences of their own, so that whoever follows
 * by seq sees their rows. */
bool replica_next_seq(struct replica *r, int64_t time, int64_t rows, enum txn_kind kind, struct error *err);
/* Builds indexes, in little memory. */
bool replica_build(struct replica *r, const char *sql, struct error *err);
/* The position and the source's last valid_from as they are now. Whoever sets a later time outside a transaction of the source
 * stores it: after a restart nothing may begin before it. */
bool replica_store_position(struct replica *r, struct error *err);
/* The model a replica stores; NULL: err. The caller frees it. */
struct model *replica_stored_model(sqlite3 *db, const char *path, struct error *err);

#endif
