/* pg_bank: a bank on a PostgreSQL server of the bench's own, and a second server that subscribes to it.
 *
 *     if (!pg_bank_open(&p, b)) return;           there is no server on this machine
 *     pg_bank_slot(&p, "keep", NULL)              keeps the log from here on
 *     pg_bank_fill(&p)                            transactions of 999 rows
 *     pg_bank_update(&p, 100000, 1000)            so many, so many a transaction
 *     pg_bank_mark(&p)                            a row of its own: who sees it has all before it
 *     pg_bank_subscribe(&p, "keep")               the second one's tables are empty, it stands where that slot does
 *     pg_bank_replay(&p, &cost)                   from where it stands to the last mark, then stopped
 *     pg_bank_receive(&p, "keep", &cost)          pg_recvlogical, to nowhere
 *     pg_bank_close(&p)
 *
 * Both servers have the same settings: fsync=off (what is committed is written, and nobody waits for the disk, as the bench's MariaDB
 * has it), shared_buffers that hold the data, no checkpoint and no vacuum in between; else what initdb made. Tables have no index
 * but their key's. The subscription has its default settings. A slot that is read from is a copy of the one that keeps the log, so the
 * same changes can be read any number of times.
 */
#ifndef TD_BENCH_PG_BANK_H
#define TD_BENCH_PG_BANK_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "bench/feed.h"
#include "bench/ours.h"
#include "bench/raw_pgoutput.h"

struct bench;
struct pgserver;

#define PG_BANK_SLOT "ours" /* the one tellerdesk uses, by the URL */

struct pg_bank {
	const struct bench *bench;
	struct pgserver *primary, *second;
	PGconn *db;     /* on the primary */
	PGconn *there;  /* on the second */
	struct feed feed;
	struct buffer sql;
	char *url;      /* of the primary, for tellerdesk */
	char *conninfo; /* the same for the others, as superuser */
	int marks;
	char *mark_end; /* end of the log after the last mark */
	char sees_mark[80]; /* a statement that gives a row where it is, in a replica of ours */
};

bool pg_bank_open(struct pg_bank *p, const struct bench *b);
void pg_bank_close(struct pg_bank *p);

void pg_bank_fill(struct pg_bank *p);
void pg_bank_update(struct pg_bank *p, int count, int per_txn);
void pg_bank_mark(struct pg_bank *p);

/* A slot: a copy of `from`; NULL: made anew. One of that name is dropped before. */
void pg_bank_slot(struct pg_bank *p, const char *name, const char *from);
void pg_bank_slot_drop(struct pg_bank *p, const char *name);
/* Seconds of processor the server took so far to send what the slot has, to who reads it now; 0: nobody does. */
double pg_bank_sender_cpu(struct pg_bank *p, const char *slot);

void pg_bank_subscribe(struct pg_bank *p, const char *from);
void pg_bank_subscription(struct pg_bank *p, bool run); /* starts or stops it */
/* The cost: from the start of the subscription; cpu: of its process, *sender of the one that sends to it. */
void pg_bank_replay(struct pg_bank *p, struct cost *c, double *sender);
void pg_bank_await_mark(struct pg_bank *p); /* on the second server */
void pg_bank_receive(struct pg_bank *p, const char *from, struct cost *c);
void pg_bank_read(struct pg_bank *p, const char *from, struct raw_pgoutput *out);
/* COPY ... TO of the three tables, its lines read and dropped. */
void pg_bank_copy_out(struct pg_bank *p);

#endif
