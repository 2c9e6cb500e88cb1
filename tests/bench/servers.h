/* servers: a bank on a MariaDB server of the bench's own, and a replica of it by MariaDB itself.
 *
 *     if (!servers_open(&m, b)) return;           there is no server on this machine
 *     char *from = servers_log_end(&m);
 *     servers_fill(&m);                           transactions of 1,000 rows
 *     servers_update(&m, 100000, 1000);           so many, so many a transaction
 *     char *to = servers_log_end(&m);
 *     servers_replay(&m, threads, to, &cost);     the replica, from where it stands, then stopped
 *     servers_close(&m);
 *
 * Both servers have the same settings: sync_binlog=0, innodb_flush_log_at_trx_commit=2, a buffer pool that
 * holds the data. The replica logs nothing of its own. What fails ends the bench.
 */
#ifndef TD_BENCH_SERVERS_H
#define TD_BENCH_SERVERS_H

#include <mysql.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "bench/bench.h"
#include "bench/feed.h"
#include "bench/ours.h"

struct server;

struct servers {
	const struct bench *bench;
	struct server *primary, *replica;
	MYSQL *db;         /* root's, on the primary */
	MYSQL *there;      /* root's, on the replica */
	struct feed feed;
	struct buffer sql;
	char *url;         /* of the primary, for tellerdesk */
};

bool servers_open(struct servers *m, const struct bench *b);
void servers_close(struct servers *m);
MYSQL *servers_connect(const char *socket);
void servers_run(MYSQL *db, const char *sql, size_t len);

/* FILE:POS of the primary's log. The caller frees it. */
char *servers_log_end(struct servers *m);
void servers_fill(struct servers *m);
void servers_update(struct servers *m, int count, int per_txn);

/* The replica's tables are emptied, and it stands at that place. */
void servers_empty(struct servers *m, const char *at);
void servers_replay(struct servers *m, int threads, const char *to, struct cost *c);
void servers_replica(struct servers *m, bool run); /* starts or stops it */

#endif
