/* failure: why a server does not give its log, and what is to be done.
 *
 * The server says so by number and, for its catch-all 1236, by words. Each class has its own code and hint:
 *
 *     purged      the log no longer reaches back                          ERROR_PURGED
 *     foreign     our position is not in this log: another server, one restored, a log begun anew or
 *                 cut short, a diverged history                          ERROR_FOREIGN
 *     passing     memory, files, a shutdown: it is tried again            ERROR_UNREACHABLE
 *     packet      the server may not send an event as large as one of its log   ERROR_REFUSED
 *     damaged     the server cannot read its log, or says what we do not know   ERROR_REFUSED
 *     clash       another program reads with our server id                ERROR_UNREACHABLE once, then ERROR_REFUSED
 *     the rest    as mysql_client_fail has it
 */
#ifndef TD_SOURCE_MYSQL_FAILURE_H
#define TD_SOURCE_MYSQL_FAILURE_H

#include <stdbool.h>

struct error;
struct mysql_client;

enum log_failure { LOG_FAILURE_OTHER, LOG_FAILURE_PURGED, LOG_FAILURE_FOREIGN, LOG_FAILURE_CLASH, LOG_FAILURE_NO_LOG, LOG_FAILURE_CHECKSUM, LOG_FAILURE_PASSING, LOG_FAILURE_PACKET,
		   LOG_FAILURE_DAMAGED };
/* Of the server's number and words. */
enum log_failure log_failure(unsigned number, const char *words);
/* Fills err from the client's last failure. Returns false. */
bool mysql_failure_of_log(struct mysql_client *c, struct error *err);

#endif
