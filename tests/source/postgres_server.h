/* postgres_server: a PostgreSQL server of the test's own, in a folder of its own.
 *
 *     struct pgserver *s = pgserver_start(&(struct pgserver_setup){.tcp = true, .settings = settings});
 *     if (!s) skip();                            there is no server on this machine
 *     pgserver_sql(s, "CREATE TABLE t (...); INSERT ...");     one transaction, in the database bank
 *     pgserver_rows(s, "SELECT ...")       "a|b\nc|NULL\n", valid until the next call
 *     pgserver_url(s, "teller", "bank")    postgresql://teller@/bank?host=...
 *     pgserver_stop(s), pgserver_kill(s), pgserver_again(s, NULL)
 *     pgserver_end(s)                      ends it and removes its folder
 *
 * What fails here fails the test. A server never outlives its test. The first start of a program makes an empty server (a second),
 * the others copy it, and have its system identifier unless they are alien. It begins with the database bank, a superuser postgres, an
 * account teller that may connect, replicate and read every table made after, and trusts whoever comes but the members of
 * by_scram and by_md5, who need their password, and of by_reject. wal_level is logical, segments of log have 1 MB.
 *
 * PostgreSQL refuses to run as root: run by root, it runs as the user postgres, and TMPDIR lets that user pass.
 */
#ifndef TD_TESTS_SOURCE_POSTGRES_SERVER_H
#define TD_TESTS_SOURCE_POSTGRES_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pgserver;

struct pgserver_setup {
	bool tcp;                          /* listen on a free port of 127.0.0.1 too */
	bool alien;                        /* made on its own: another system identifier */
	struct pgserver *standby_of;       /* a streaming standby of that one */
	const char *const *settings;       /* "wal_level=replica" ...; ends with NULL; NULL: none */
};

struct pgserver *pgserver_start(const struct pgserver_setup *setup);
void pgserver_end(struct pgserver *s); /* NULL is fine */

void pgserver_stop(struct pgserver *s);  /* as a DBA does it (fast), waits */
void pgserver_kill(struct pgserver *s);  /* SIGKILL to all of its processes, waits */
/* Starts it again on the same data, socket and port; other settings, NULL: the same. */
void pgserver_again(struct pgserver *s, const char *const *settings);
void pgserver_promote(struct pgserver *s); /* a standby; waits */

const char *pgserver_folder(const struct pgserver *s); /* what libpq calls the host; for a test's own files too */
const char *pgserver_data(const struct pgserver *s);   /* its data folder */
const char *pgserver_socket(const struct pgserver *s); /* the socket's file */
unsigned pgserver_port(const struct pgserver *s);      /* 5432 without tcp: of the socket's name */
pid_t pgserver_pid(const struct pgserver *s);
/* By the socket; database may carry parameters: "bank?schema=x". Valid until the next call. */
const char *pgserver_url(struct pgserver *s, const char *user, const char *database);

/* The database of the statements that follow; "bank" at the start. */
void pgserver_use(struct pgserver *s, const char *database);
/* Statements as superuser, separated by ';': one transaction unless it is a single one. */
void pgserver_sql(struct pgserver *s, const char *sql);
void pgserver_sqlf(struct pgserver *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *pgserver_rows(struct pgserver *s, const char *sql);
/* Asks, many times a second, until the answer is `expected`; fails after `seconds`. */
void pgserver_await(struct pgserver *s, const char *sql, const char *expected, int seconds);

uint64_t pgserver_lsn(struct pgserver *s);                     /* the end of the log */
void pgserver_noise(struct pgserver *s, int megabytes);        /* log that is nobody's */
/* Takes a slot's log away from it, as a limit does: max_slot_wal_keep_size=1MB must be among the settings. */
void pgserver_lose_slot(struct pgserver *s, const char *slot);

#endif
