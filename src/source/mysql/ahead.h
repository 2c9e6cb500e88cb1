/* ahead: the statement that is likely asked next, run on a connection and a thread of its own.
 *
 * While one chunk of a table is written, the server can make the next:
 *
 *     ahead_rows(&a, sql, &rows, &err)   the rows of sql: those read ahead, if sql is what was asked for, else read now
 *     ahead_ask(a, next)                 ... and begin with what probably comes next
 *     ahead_forget(a)                    what was read ahead may be too old: it is not given
 *
 * What is given was read between the last ahead_forget and now, by exactly this statement. One thread
 * calls; nothing else is shared with the one that reads.
 */
#ifndef TD_SOURCE_MYSQL_AHEAD_H
#define TD_SOURCE_MYSQL_AHEAD_H

#include <stdbool.h>

#include "source/mysql/client.h"

struct ahead;
struct error;

/* Takes the client, also when it fails. */
struct ahead *ahead_new(struct mysql_client *c, struct error *err);
/* Ends the read under way. NULL is fine. */
void ahead_free(struct ahead *a);
bool ahead_rows(struct ahead *a, const char *sql, struct mysql_rows *out, struct error *err);
void ahead_ask(struct ahead *a, const char *sql);
void ahead_forget(struct ahead *a);
/* As mysql_client_errno, of the last ahead_rows that failed. */
unsigned ahead_errno(const struct ahead *a);

#endif
