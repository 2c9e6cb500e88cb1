/* What is told of the server, of how much of its log lies before us, and of the slot that keeps it: facts for status, no claims.
 *
 * Statements that read no table of the bank. How old we are is another question, which proof.c answers.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "pgoutput/lsn.h"
#include "source/postgres/private.h"
#include "source/sql/facts.h"

/* pg_settings has it in megabytes; -1: no limit. Before 13 there is none. */
static const char sql_server[] = "SELECT host(inet_server_addr()) AS address, inet_server_port() AS port, "
				 "(SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep";

/* Where a socket lies, or the name the URL has for the server. */
static const char *place_of(struct postgres *m)
{
	const char *name = postgres_client_name(m->control), *user = postgres_client_server(m->control)->user;
	size_t n = strlen(user);

	return strncmp(name, user, n) == 0 && name[n] == '@' ? name + n + 1 : name;
}

static bool tell_server(struct postgres *m, json_t *o, int64_t *limit, struct error *err)
{
	const struct postgres_server *s = postgres_client_server(m->control);
	struct buffer text = {0};
	struct postgres_rows r;
	const char *address = NULL, *port = NULL, *keep = NULL;
	bool ok = postgres_client_rows(m->control, sql_server, &r, err);

	if (ok && postgres_rows_next(&r)) {
		address = postgres_rows_named(&r, "address");
		port = postgres_rows_named(&r, "port");
		keep = postgres_rows_named(&r, "keep");
	}
	buffer_format(&text, "PostgreSQL %s", s->version_text);
	facts_text(o, "server", buffer_text(&text));
	buffer_clear(&text);
	if (address && port)
		buffer_format(&text, strchr(address, ':') ? "[%s]:%s" : "%s:%s", address, port);
	else
		buffer_text_add(&text, place_of(m));
	facts_text(o, "host", buffer_text(&text));
	facts_number(o, "connection", s->pid);
	facts_way(o, s->local, s->cipher);
	*limit = keep && strtoll(keep, NULL, 10) >= 0 ? strtoll(keep, NULL, 10) * 1024 * 1024 : -1;
	postgres_rows_done(&r);
	buffer_done(&text);
	return ok;
}

static bool tell_log(struct postgres *m, json_t *o, struct error *err)
{
	uint64_t end, here = m->stream.applied;
	char text[LSN_SIZE];

	if (!postgres_log_end(m, NULL, &end, err))
		return false;
	facts_text(o, "log_end", lsn_text(end, text));
	if (here)
		facts_number(o, "behind_bytes", end > here ? (int64_t)(end - here) : 0);
	facts_number(o, "timeline", m->timeline);
	facts_text(o, "system_id", m->system);
	facts_text(o, "publication", m->url.publication);
	return true;
}

static bool tell_slot(struct postgres *m, json_t *o, int64_t limit, struct error *err)
{
	struct slot s;

	if (!m->slot[0])
		return true;
	if (!slot_look(m->control, m->slot, &s, err))
		return false;
	facts_text(o, "slot", m->slot);
	facts_text(o, "slot_state", s.state == SLOT_MISSING ? "missing" : s.state == SLOT_LOST ? "lost" : s.wal_status);
	facts_number(o, "slot_active", s.pid != 0);
	if (s.restart)
		facts_number(o, "retained_bytes", s.retained);
	if (limit < 0)
		return true;
	facts_number(o, "retained_limit_bytes", limit);
	/* Past the limit the server counts on below nothing. */
	if (s.restart && s.state != SLOT_LOST)
		facts_number(o, "safe_bytes", s.safe_bytes > 0 ? s.safe_bytes : 0);
	return true;
}

bool postgres_describe(struct source *s, struct buffer *out, struct error *err)
{
	struct postgres *m = (struct postgres *)s;
	struct error why = {0};
	json_t *o = json_object();
	int64_t limit = -1;

	if ((!tell_server(m, o, &limit, &why) && facts_nobody(&why)) || (!tell_log(m, o, &why) && facts_nobody(&why)) ||
	    (!tell_slot(m, o, limit, &why) && facts_nobody(&why))) {
		json_decref(o);
		if (err)
			*err = why;
		return false;
	}
	facts_end(o, clock_now() + m->offset, out);
	return true;
}
