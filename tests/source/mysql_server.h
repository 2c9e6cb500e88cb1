/* mysql_server: a MariaDB server of the test's own, in a folder of its own.
 *
 *     struct server *s = server_start(&(struct server_setup){.tcp = true, .options = options});
 *     if (!s) skip();                              there is no server on this machine
 *     server_sql(s, "CREATE DATABASE bank; CREATE USER ...");
 *     server_rows(s, "SELECT ...")           "a|b\nc|NULL\n", valid until the next call
 *     server_url(s, "teller", "bank")        mysql://teller@localhost/bank?socket=...
 *     server_stop(s), server_kill(s), server_again(s, NULL)
 *     server_end(s)                          ends it and removes its folder
 *
 * What fails here fails the test. A server never outlives its test. The first start of a program makes an empty
 * server (seconds), the others copy it. Its root has no password and comes in by the socket.
 */
#ifndef TD_TESTS_SOURCE_MYSQL_SERVER_H
#define TD_TESTS_SOURCE_MYSQL_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct server_setup {
	bool tcp;                    /* listen on a free port of 127.0.0.1 too */
	const char *const *options;  /* of mariadbd, "--log-bin" ...; ends with NULL; NULL: none */
};

struct server;

struct server *server_start(const struct server_setup *setup);
void server_end(struct server *s); /* NULL is fine */

void server_stop(struct server *s);  /* SIGTERM, waits */
void server_kill(struct server *s);  /* SIGKILL, waits */
/* Starts it again on the same data, socket and port; other options, NULL: the same. */
void server_again(struct server *s, const char *const *options);

const char *server_folder(const struct server *s); /* for a test's own files too */
const char *server_data(const struct server *s);   /* its data folder */
const char *server_socket(const struct server *s);
unsigned server_port(const struct server *s);
pid_t server_pid(const struct server *s);
/* By the socket; database may carry parameters: "bank?capture=log". Valid until the next call. */
const char *server_url(struct server *s, const char *user, const char *database);

/* Statements as root, separated by ';'. */
void server_sql(struct server *s, const char *sql);
void server_sqlf(struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *server_rows(struct server *s, const char *sql);
/* Asks, many times a second, until the answer is `expected`; fails after `seconds`. */
void server_await(struct server *s, const char *sql, const char *expected, int seconds);

#endif
