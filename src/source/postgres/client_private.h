/* client_private: the connection itself, for the two files that use it. */
#ifndef TD_SOURCE_POSTGRES_CLIENT_PRIVATE_H
#define TD_SOURCE_POSTGRES_CLIENT_PRIVATE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "source/postgres/client.h"

enum client_end { CLIENT_FINE, CLIENT_STOPPED, CLIENT_SILENT, CLIENT_BROKEN };

struct postgres_client {
	PGconn *handle;
	int stop;
	int64_t patience;    /* microseconds a server may take to answer; 0: as long as it likes */
	char *name;
	enum client_end end; /* not fine: only closing is left */
	char sqlstate[6];    /* of the last failure */
	struct buffer words;
	struct postgres_server server;
	char *version_text;
	char *message;       /* of the stream, read last */
	bool streaming;
};

/* Until the connection can be read (or written, where it wants), at most until the deadline (clock_mono; TIME_NONE: none). False: c->end. */
bool client_wait(struct postgres_client *c, short events, int64_t deadline);
/* Everything of ours is on its way. */
bool client_flush(struct postgres_client *c);
/* Fills err: "could not WHAT server NAME: ...". Returns false. */
bool client_fail(struct postgres_client *c, const char *what, struct error *err);
/* Notes what a result says went wrong. */
void client_note(struct postgres_client *c, const PGresult *r);
/* The next result; NULL: there is none, or c->end. */
PGresult *client_result(struct postgres_client *c);

#endif
