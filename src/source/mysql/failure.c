#include "config.h"

#include "source/mysql/failure.h"

#include <mysql.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "source/mysql/client.h"

#define CLASH_PAUSE (5 * MINUTE) /* a second clash within it is no chance */

enum { ER_FATAL_READING_LOG = 1236, ER_SAME_ID_MARIADB = 4052, ER_NO_LOG_FILE = 1373, ER_REPLICA_SAME_ID = 7705 };

enum log_failure log_failure(unsigned number, const char *words)
{
	static const struct {
		const char *part;
		enum log_failure class;
	} parts[] = {
		{"same server_uuid/server_id", LOG_FAILURE_CLASH},
		{"same server_id", LOG_FAILURE_CLASH},
		{"purged required binary logs", LOG_FAILURE_PURGED},
		{"purged binary logs containing GTIDs that the", LOG_FAILURE_PURGED},
		{"required binlog files have been purged", LOG_FAILURE_PURGED},
		{"requested by slave in any binlog files", LOG_FAILURE_PURGED},
		{"requested by replica in any binlog files", LOG_FAILURE_PURGED},
		{"which is not in the master's binlog", LOG_FAILURE_FOREIGN},
		{"not in the master's binlog", LOG_FAILURE_FOREIGN},
		{"diverged", LOG_FAILURE_FOREIGN},
		{"has more GTIDs than the", LOG_FAILURE_FOREIGN},
		{"impossible position", LOG_FAILURE_FOREIGN},
		{"position > file size", LOG_FAILURE_FOREIGN},
		{"truncated in the middle of event", LOG_FAILURE_FOREIGN},
		{"bogus data in log event", LOG_FAILURE_FOREIGN},
		{"Could not find first log file", LOG_FAILURE_FOREIGN},
		{"could not find next log", LOG_FAILURE_FOREIGN},
		{"Binary log is not open", LOG_FAILURE_NO_LOG},
		{"crc check", LOG_FAILURE_DAMAGED},
		{"checksum", LOG_FAILURE_CHECKSUM},
		{"max_allowed_packet", LOG_FAILURE_PACKET},
		{"memory allocation failed", LOG_FAILURE_PASSING},
		{"ut of memory", LOG_FAILURE_PASSING},
		{"I/O error", LOG_FAILURE_PASSING},
		{"ould not open log", LOG_FAILURE_PASSING},
		{"Failed on ", LOG_FAILURE_PASSING},
		{"Failed in send_file", LOG_FAILURE_PASSING},
		{"shutdown", LOG_FAILURE_PASSING},
		{"shutting down", LOG_FAILURE_PASSING},
	};

	if (number == ER_SAME_ID_MARIADB || number == ER_REPLICA_SAME_ID)
		return LOG_FAILURE_CLASH;
	if (number != ER_FATAL_READING_LOG && number != ER_NO_LOG_FILE)
		return LOG_FAILURE_OTHER;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strstr(words, parts[i].part))
			return parts[i].class;
	return LOG_FAILURE_DAMAGED;
}

/* Two programs with one id throw each other out for ever; the one that is thrown out a second time leaves it. */
static bool clash(const char *server, struct error *err)
{
	static _Atomic int64_t last = INT64_MIN;
	int64_t now = clock_mono(), before = atomic_exchange(&last, now);

	if (before == INT64_MIN || now - before > CLASH_PAUSE)
		return error_set(err, ERROR_UNREACHABLE, "could not follow the log of server %s: another program reads it with our server id", server);
	error_set(err, ERROR_REFUSED, "could not follow the log of server %s: another program reads it with our server id, and both throw each other out", server);
	return error_hint(err, "a copied state folder holds a copied id: remove mysql-replica-id there and start again");
}

bool mysql_failure_of_log(struct mysql_client *c, struct error *err)
{
	const char *name = mysql_client_name(c), *words = mysql_error((MYSQL *)mysql_client_handle(c));
	unsigned number = mysql_errno((MYSQL *)mysql_client_handle(c));

	switch (log_failure(number, words)) {
	case LOG_FAILURE_PURGED:
		error_set(err, ERROR_PURGED, "could not follow the log of server %s: what follows our position was purged (%u)", name, number);
		return error_hint(err, "keep logs longer (binlog_expire_logs_seconds, expire_logs_days), then: tellerdesk resync");
	case LOG_FAILURE_FOREIGN:
		error_set(err, ERROR_FOREIGN, "could not follow the log of server %s: our position is not in it (%u: %.300s)", name, number, words);
		return error_hint(err, "it was restored, replaced, or lost the end of its log; take it as it is now: tellerdesk resync --accept-server");
	case LOG_FAILURE_CLASH:
		return clash(name, err);
	case LOG_FAILURE_NO_LOG:
		error_set(err, ERROR_REFUSED, "could not follow the log of server %s: it keeps none", name);
		return error_hint(err, "set log_bin in the server's configuration and restart it; see tellerdesk check-source");
	case LOG_FAILURE_CHECKSUM:
		error_set(err, ERROR_UNREACHABLE, "could not follow the log of server %s: its checksums changed while we asked (%u)", name, number);
		return false;
	case LOG_FAILURE_PASSING:
		error_set(err, ERROR_UNREACHABLE, "could not follow the log of server %s: it cannot send it just now (%u: %.300s)", name, number, words);
		return error_hint(err, "it is tried again");
	case LOG_FAILURE_PACKET:
		error_set(err, ERROR_REFUSED, "could not follow the log of server %s: an event is larger than it may send (%u: %.300s)", name, number, words);
		return error_hint(err, "SET GLOBAL max_allowed_packet = 1073741824 on the server; then, or to pass over it: tellerdesk resync");
	case LOG_FAILURE_DAMAGED:
		error_set(err, ERROR_REFUSED, "could not follow the log of server %s: it does not give it from here on (%u: %.300s)", name, number, words);
		return error_hint(err, "look at its own log of errors; the tables can be read anew: tellerdesk resync");
	case LOG_FAILURE_OTHER:
		break;
	}
	return mysql_client_fail(c, "follow the log of", err);
}
