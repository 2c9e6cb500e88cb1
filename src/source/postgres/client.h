/* client: a connection to a PostgreSQL server, and statements on it.
 *
 * Through libpq, never blocking: nothing here waits without also waiting for the stop descriptor, so every call returns within a few
 * milliseconds of a stop (ERROR_INTERRUPTED).
 *
 *     struct postgres_client *c = postgres_client_open(&params, &err);
 *     struct postgres_rows rows;
 *     if (postgres_client_rows(c, "SELECT ...", &rows, &err))
 *             while (postgres_rows_next(&rows)) use rows.cells[i], rows.lens[i]
 *     postgres_rows_done(&rows);
 *     postgres_client_close(c);
 *
 * A session is set up so that what it reads is the same everywhere: client_encoding UTF8, the settings of pgcell_settings (pgoutput/cell.h),
 * row_security off (a policy that would hide rows is an error instead), read committed whatever the database's default is, and the URL's
 * schema as search_path. One thread uses a client.
 *
 * Errors: what another try may mend (refused, reset, timed out, shutting down, starting up, too many connections, cannot connect now,
 * deadlock) is ERROR_UNREACHABLE; a wrong password, no entry in pg_hba.conf, a missing privilege: ERROR_PERMISSION; the rest
 * ERROR_REFUSED. postgres_client_sqlstate tells the class. A message names user, host and port or the socket, never a password, never
 * the text of a statement.
 */
#ifndef TD_SOURCE_POSTGRES_CLIENT_H
#define TD_SOURCE_POSTGRES_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;
struct postgres_client;
struct postgres_url;

enum postgres_use {
	POSTGRES_READ,        /* statements that read; default_transaction_read_only is left to the server */
	POSTGRES_REPLICATION, /* a walsender that knows the database: SQL by the simple protocol, and replication commands */
	POSTGRES_WRITE,       /* the generator's */
};

struct postgres_client_params {
	const struct postgres_url *url;
	int stop;               /* descriptor, -1: none */
	enum postgres_use use;
	const char *name;       /* application_name; NULL: tellerdesk */
};

/* Of the server, read once at the connect. */
struct postgres_server {
	int version;            /* 150018 of 15.18 */
	const char *version_text; /* "15.18", as server_version has it up to the first blank */
	const char *database;
	const char *user;
	const char *cipher;     /* of TLS; "" without */
	bool local;             /* reached by a socket of this machine */
	int pid;                /* of this connection's process on the server */
	const char *application; /* as the server lists it: ours, or the URL's */
};

struct postgres_client *postgres_client_open(const struct postgres_client_params *p, struct error *err);
void postgres_client_close(struct postgres_client *c); /* NULL is fine; never waits for the server */
const struct postgres_server *postgres_client_server(const struct postgres_client *c);
/* "user@host:port", or "user@socket": for messages. Borrowed. */
const char *postgres_client_name(const struct postgres_client *c);

struct postgres_rows {
	void *result;
	int columns;
	int64_t count;          /* rows in all: they are held in memory */
	int64_t at;
	const char **cells;     /* of the row at hand: NULL for NULL, else NUL-terminated */
	size_t *lens;
};

/* A statement without rows, or whose rows nobody wants. */
bool postgres_client_run(struct postgres_client *c, const char *sql, struct error *err);
bool postgres_client_runf(struct postgres_client *c, struct error *err, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* *out is emptied first; done also after a failure is fine. */
bool postgres_client_rows(struct postgres_client *c, const char *sql, struct postgres_rows *out, struct error *err);
bool postgres_rows_next(struct postgres_rows *r);
/* The cell of the row at hand in the column of that name; NULL: NULL, or there is no such column. */
const char *postgres_rows_named(const struct postgres_rows *r, const char *column);
void postgres_rows_done(struct postgres_rows *r);
/* One cell of one row, in memory of the caller (free); NULL with err->code 0: no row, or NULL. */
char *postgres_client_cell(struct postgres_client *c, const char *sql, struct error *err);

/* The same in two steps: the server works meanwhile. Nothing else may be asked between the two. postgres_client_answer waits for the rows. */
bool postgres_client_ask(struct postgres_client *c, const char *sql, struct error *err);
bool postgres_client_answer(struct postgres_client *c, struct postgres_rows *out, struct error *err);
/* Between the two: takes what has come, a megabyte or so at most; never waits. What goes wrong is told by postgres_client_answer. */
void postgres_client_listen(struct postgres_client *c);
/* The server is at a statement of ours, or has not told its end. */
bool postgres_client_is_busy(const struct postgres_client *c);

/* Copies rows in: COPY ... FROM STDIN was begun by _copy_begin; bytes of its text format; end waits for the server's word. */
bool postgres_client_copy_begin(struct postgres_client *c, const char *sql, struct error *err);
bool postgres_client_copy_put(struct postgres_client *c, const char *bytes, size_t n, struct error *err);
bool postgres_client_copy_end(struct postgres_client *c, struct error *err);

/* A replication stream, after a START_REPLICATION: */
bool postgres_client_stream_begin(struct postgres_client *c, const char *command, struct error *err);
/* 1: n bytes, valid until the next call; 0: nothing within the time, or stopped; -1: err; -2: the server ended the stream in good order. */
int postgres_client_stream_read(struct postgres_client *c, int timeout_ms, const uint8_t **bytes, size_t *n, struct error *err);
bool postgres_client_stream_send(struct postgres_client *c, const uint8_t *bytes, size_t n, struct error *err);
/* Ends the copy as the protocol asks for, as far as it can be done within the time. */
void postgres_client_stream_end(struct postgres_client *c, int timeout_ms);

/* A statement that waits for others' transactions takes as long as they do; else a server that is silent for a minute is given up. */
void postgres_client_be_patient(struct postgres_client *c, bool patient);

/* Asks the server to give up what it does for us, for a tenth of a second at most: before a close in the middle of a statement that may
 * wait there for long. */
void postgres_client_cancel(struct postgres_client *c);

/* Appends a quoted literal ('it''s', E'..' where it needs one), a "quoted" identifier. */
void postgres_literal(struct buffer *out, const char *p, size_t n);
void postgres_identifier(struct buffer *out, const char *name);

/* Five characters, of the last failure; "": it was not the server's. */
const char *postgres_client_sqlstate(const struct postgres_client *c);
/* The server's own words of the last failure, one line. */
const char *postgres_client_words(const struct postgres_client *c);

#endif
