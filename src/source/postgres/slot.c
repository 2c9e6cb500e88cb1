#include "config.h"

#include "source/postgres/slot.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "pgoutput/lsn.h"
#include "source/postgres/client.h"
#include "source/postgres/shape.h"

#define SLOT_PREFIX "tellerdesk_"
#define SLOT_PRINT 9 /* characters: _ and eight digits */

/* ---- its name ---- */

static uint32_t print_add(uint32_t print, const char *text)
{
	return postgres_print(print, text, strlen(text));
}

/* systemd's id of the machine, where there is one: copies of a machine have one of their own. */
static uint32_t print_machine(uint32_t print)
{
	char text[64] = {0};
	int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	if (fd >= 0)
		close(fd);
	return n > 0 ? print_add(print, text) : print;
}

/* Of the path, whether the file is there yet or not. */
static uint32_t print_replica(uint32_t print, const char *replica)
{
	const char *slash = strrchr(replica, '/');
	char *folder = slash ? memory_text_n(replica, (size_t)(slash - replica) + 1) : memory_text("."), *full = realpath(folder, NULL);

	print = print_add(print_add(print, full ? full : folder), slash ? slash : "/");
	free(full);
	free(folder);
	return slash ? print : print_add(print, replica);
}

void slot_name(const char *replica, char out[SLOT_NAME])
{
	char host[HOST_NAME_MAX + 1] = {0};
	size_t n = strlen(SLOT_PREFIX);

	gethostname(host, sizeof host - 1);
	uint32_t print = print_replica(print_machine(print_add(PRINT_BEGIN, host)), replica ? replica : "");
	memcpy(out, SLOT_PREFIX, n);
	for (const char *p = host; *p && *p != '.' && n < SLOT_NAME - SLOT_PRINT - 1; p++)
		out[n++] = isalnum((unsigned char)*p) && (unsigned char)*p < 128 ? (char)tolower((unsigned char)*p) : '_';
	snprintf(out + n, SLOT_NAME - n, "_%08" PRIx32, print);
}

/* ---- its state ---- */

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static void read_lsn(const struct postgres_rows *r, const char *column, uint64_t *out)
{
	const char *text = postgres_rows_named(r, column);

	if (!text || !lsn_parse(text, strlen(text), out))
		*out = 0;
}

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static void read_slot(const struct postgres_rows *r, struct slot *out)
{
	const char *safe = postgres_rows_named(r, "safe_wal_size"), *pid = postgres_rows_named(r, "active_pid"), *retained = postgres_rows_named(r, "retained");

	read_lsn(r, "confirmed_flush_lsn", &out->confirmed);
	read_lsn(r, "restart_lsn", &out->restart);
	copy_text(out->wal_status, sizeof out->wal_status, postgres_rows_named(r, "wal_status"));
	copy_text(out->reason, sizeof out->reason, postgres_rows_named(r, "invalidation_reason"));
	out->safe_bytes = safe ? strtoll(safe, NULL, 10) : -1;
	out->retained = retained ? strtoll(retained, NULL, 10) : 0;
	out->pid = pid ? atoi(pid) : 0;
	if (!is(postgres_rows_named(r, "plugin"), "pgoutput") || !is(postgres_rows_named(r, "ours"), "t"))
		out->state = SLOT_FOREIGN;
	else if (out->pid)
		out->state = SLOT_BUSY;
	/* One that was given up has no place left to begin at; before 13 that is all there is to see. */
	else if (is(out->wal_status, "lost") || !out->restart || *out->reason)
		out->state = SLOT_LOST;
	else
		out->state = SLOT_READY;
}

bool slot_look(struct postgres_client *c, const char *name, struct slot *out, struct error *err)
{
	struct postgres_rows r;
	struct buffer sql = {0};

	*out = (struct slot){.state = SLOT_MISSING, .safe_bytes = -1};
	/* All columns: which there are depends on the server's version. */
	buffer_text_add(&sql, "SELECT *, database = current_database() AS ours, CASE WHEN NOT pg_is_in_recovery() THEN "
			      "greatest(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn), 0)::bigint END AS retained "
			      "FROM pg_replication_slots WHERE slot_name = ");
	postgres_literal(&sql, name, strlen(name));
	bool ok = postgres_client_rows(c, buffer_text(&sql), &r, err);
	if (ok && postgres_rows_next(&r))
		read_slot(&r, out);
	postgres_rows_done(&r);
	buffer_done(&sql);
	return ok;
}

bool slot_drop(struct postgres_client *c, const char *name, struct error *err)
{
	struct slot s;
	struct buffer sql = {0};

	if (!slot_look(c, name, &s, err))
		return false;
	if (s.state == SLOT_MISSING)
		return true;
	if (s.state == SLOT_FOREIGN) {
		error_set(err, ERROR_REFUSED, "could not drop slot %s of server %s: it is not ours: another plugin or database uses it", name, postgres_client_name(c));
		return error_hint(err, "name one of our own: slot=NAME in the URL");
	}
	if (s.state == SLOT_BUSY) {
		error_set(err, ERROR_UNREACHABLE, "could not drop slot %s of server %s: process %d of the server reads from it", name, postgres_client_name(c), s.pid);
		return error_hint(err, "another program follows by it, or the connection of one that was cut off is still held; it is tried again");
	}
	buffer_text_add(&sql, "SELECT pg_drop_replication_slot(");
	postgres_literal(&sql, name, strlen(name));
	buffer_char(&sql, ')');
	bool ok = postgres_client_run(c, buffer_text(&sql), err);
	buffer_done(&sql);
	/* Somebody else dropped it meanwhile. */
	if (!ok && strcmp(postgres_client_sqlstate(c), "42704") == 0) {
		error_clear(err);
		return true;
	}
	return ok;
}
