/* client: a connection to a MySQL or MariaDB server, and statements on it.
 *
 * Through MariaDB's Connector/C (its non-blocking calls) or Oracle's libmysqlclient (its own), chosen by
 * configure: nothing here waits without also waiting for the stop descriptor, so every call returns
 * within a few milliseconds of a stop (ERROR_INTERRUPTED).
 *
 *     struct mysql_client *c = mysql_client_open(&params, &err);
 *     struct mysql_rows rows;
 *     if (mysql_client_rows(c, "SELECT ...", &rows, &err))
 *             while (mysql_rows_next(&rows)) use rows.cells[i], rows.lens[i]
 *     mysql_rows_done(&rows);
 *     mysql_client_close(c);
 *
 * A session is set up so that what it reads is the same everywhere: utf8mb4, time_zone '+00:00', sql_mode
 * '' (writers: strict), autocommit on. One thread uses a client.
 *
 * Errors: what another try may mend (refused, reset, timed out, shut down, too many connections, read-only while failing over,
 * lock wait) is ERROR_UNREACHABLE; a wrong password, missing privilege: ERROR_PERMISSION; the
 * rest ERROR_REFUSED. mysql_client_errno tells the server's number. A message names user, host and port or the socket, never a
 * password, never the text of a statement.
 */
#ifndef TD_SOURCE_MYSQL_CLIENT_H
#define TD_SOURCE_MYSQL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct mysql_client;
struct mysql_url;
struct st_mysql;

struct mysql_client_params {
	const struct mysql_url *url;
	int stop;               /* descriptor, -1: none */
	unsigned timeout;       /* seconds a server may be silent in the middle of an answer, 0: 30 */
	bool writer;            /* strict sql_mode, no autocommit changes beyond what its owner sends */
};

/* Of the server, read once at the connect. */
struct mysql_server {
	bool mariadb;
	unsigned version;       /* 101119 of 10.11.19, 80036 of 8.0.36 */
	const char *version_text;
	uint32_t server_id;
	const char *uuid;       /* MySQL's server_uuid; "" on MariaDB */
	const char *host;       /* @@hostname */
	const char *cipher;     /* of TLS; "" without */
	bool local;             /* reached by a socket of this machine */
	unsigned long thread;   /* this connection's id on the server */
};

struct mysql_client *mysql_client_open(const struct mysql_client_params *p, struct error *err);
void mysql_client_close(struct mysql_client *c); /* NULL is fine; never waits for the server */
const struct mysql_server *mysql_client_server(const struct mysql_client *c);
/* "user@host:port", or "user@socket": for messages. Borrowed. */
const char *mysql_client_name(const struct mysql_client *c);

/* A statement without rows. */
bool mysql_client_run(struct mysql_client *c, const char *sql, size_t n, struct error *err);
bool mysql_client_runf(struct mysql_client *c, struct error *err, const char *format, ...) __attribute__((format(printf, 3, 4)));

struct mysql_rows {
	struct st_mysql_res *result;
	int columns;
	int64_t count;          /* rows in all: they are held in memory */
	char **cells;           /* of the row at hand: NULL for NULL, else NUL-terminated */
	unsigned long *lens;
};
/* *out is emptied first; done also after a failure is fine. */
bool mysql_client_rows(struct mysql_client *c, const char *sql, struct mysql_rows *out, struct error *err);
bool mysql_rows_next(struct mysql_rows *r);
/* Before the first row again. */
void mysql_rows_rewind(struct mysql_rows *r);
/* The cell of the row at hand in the column of that name (case-insensitive); NULL: NULL, or there is no such column. */
const char *mysql_rows_named(struct mysql_rows *r, const char *column);
void mysql_rows_done(struct mysql_rows *r);
/* One cell of one row, in memory of the caller (free); NULL with err->code 0: no row, or NULL. */
char *mysql_client_cell(struct mysql_client *c, const char *sql, struct error *err);

/* Appends a quoted literal, or `quoted` identifier. */
struct buffer;
void mysql_literal(struct mysql_client *c, struct buffer *out, const char *p, size_t n);
void mysql_identifier(struct buffer *out, const char *name);

unsigned mysql_client_errno(const struct mysql_client *c); /* of the last failure; 0: it was not the server's or library's */
/* Fills err from the library's last error: "could not WHAT server NAME: ...". Returns false. */
bool mysql_client_fail(struct mysql_client *c, const char *what, struct error *err);
/* The library's own handle, for the binlog feed alone. */
struct st_mysql *mysql_client_handle(struct mysql_client *c);

/* Once per process before the first thread, and at its end; safe to call again. */
void mysql_client_library(void);

#endif
