/* pg_server: a PostgreSQL server of the bench's own, in a folder of its own below the bench's.
 *
 *     struct pg_server *s = pg_server_start(b, "primary", settings);   NULL: none is installed here
 *     PGconn *db = pg_server_connect(s, "bank");
 *     pg_run(db, "..."), pg_cell(db, "SELECT ...")
 *     pg_server_end(s)
 *
 * The server refuses to be root; where root runs the bench, it is the user postgres, who owns its folder. It listens on a socket
 * only, trusts whoever comes, and ends with the bench. What fails ends the bench.
 */
#ifndef TD_BENCH_PG_SERVER_H
#define TD_BENCH_PG_SERVER_H

#include <libpq-fe.h>

struct bench;
struct pg_server;

/* settings: "name=value" each, ended by NULL. */
struct pg_server *pg_server_start(const struct bench *b, const char *name, const char *const *settings);
void pg_server_end(struct pg_server *s);
/* Where its socket is. */
const char *pg_server_folder(const struct pg_server *s);
/* A program of the installation the servers come from: "pg_dump". The caller frees it. */
char *pg_program(const char *name);
/* As the superuser. */
PGconn *pg_server_connect(const struct pg_server *s, const char *database);

/* Statements separated by ';', one transaction unless they say otherwise. */
void pg_run(PGconn *db, const char *sql);
void pg_runf(PGconn *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The first cell of the answer; "" where there is none. The caller frees it. */
char *pg_cell(PGconn *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
