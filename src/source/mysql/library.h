/* library: all in which both client libraries differ, and the waiting for a server.
 *
 * MariaDB's Connector/C says what its non-blocking calls wait for; Oracle's libmysqlclient is asked again.
 * Either way a call here ends when it is done, when the stop descriptor turns readable or when the server
 * is silent for too long; after the last two the connection is lost and can only be closed.
 *
 *     library_begin()                        once
 *     library_options(handle, url)           before the connect: option files first, then what the URL says
 *     library_connect(&wait, url, host)
 *     library_query(&wait, sql, n)
 *     library_store(&wait, &result)
 *     library_cut(handle)                    so that closing does not wait for the server
 */
#ifndef TD_SOURCE_MYSQL_LIBRARY_H
#define TD_SOURCE_MYSQL_LIBRARY_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct mysql_url;

struct library_wait {
	MYSQL *handle;
	int stop;         /* descriptor, -1: none */
	int64_t silence;  /* microseconds without a byte from the server */
	int64_t deadline; /* clock_mono; TIME_NONE: none */
};

enum library_end {
	LIBRARY_DONE,    /* whether it went well, mysql_errno says */
	LIBRARY_STOPPED,
	LIBRARY_SILENT,
	LIBRARY_BARE,    /* the server offers no TLS, and the URL asks for it: it was told nothing */
};

/* Where the connection leads once the option files are read, in memory of the library; NULL, 0: its default. */
struct library_place {
	const char *user, *host, *socket;
	unsigned port;
};

/* Once per process, before the first connection. */
void library_begin(void);
void library_options(MYSQL *handle, const struct mysql_url *url, struct library_place *out);
/* host: the URL's, as the library takes it. */
enum library_end library_connect(const struct library_wait *w, const struct mysql_url *url);
enum library_end library_query(const struct library_wait *w, const char *sql, size_t n);
enum library_end library_store(const struct library_wait *w, MYSQL_RES **result);
/* After the connect: what an option file may have asked for and we never do. */
void library_settle(MYSQL *handle);
void library_cut(MYSQL *handle);
/* A descriptor of the caller's own for the connection, to be shut from another thread: the library may close its own at any time. */
int library_socket(MYSQL *handle);
bool library_local(MYSQL *handle); /* connected by a socket of this machine */

#endif
