/* pg_sql: statements on a PostgreSQL server, and the programs that come with it. What fails ends the bench. */
#ifndef TD_BENCH_PG_SQL_H
#define TD_BENCH_PG_SQL_H

#include <libpq-fe.h>

struct pgserver;

/* As the superuser, to the database bank. */
PGconn *pg_connect(const struct pgserver *s);
/* Statements separated by ';', one transaction unless they say otherwise. */
void pg_run(PGconn *db, const char *sql);
void pg_runf(PGconn *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The first cell of the answer; "" where there is none. The caller frees it. */
char *pg_cell(PGconn *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Asks until the answer is that one. */
void pg_await(PGconn *db, const char *sql, const char *expected);

/* A program of the newest installation that has it: "pg_dump". The caller frees it. */
char *pg_program(const char *name);

#endif
