/* Taking a console off the server for good: its slot is dropped, so that the server keeps no log for who never comes back.
 *
 * Nothing but the slot is looked at: a source that can no longer be followed, for want of its publication say, can still be left.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "source/postgres/private.h"

/* The one asked for, else the position's, else as it would be made: a program that was killed before it noted its slot left one of that name. */
static void name_slot(const struct source_params *p, const struct postgres_url *url, const struct source_detach *how, char out[SLOT_NAME])
{
	struct postgres_position at = {0};

	memset(out, 0, SLOT_NAME);
	if (how->name)
		strncpy(out, how->name, SLOT_NAME - 1);
	else if (how->position && postgres_position_parse(how->position, &at) && at.slot && at.slot_len < SLOT_NAME)
		memcpy(out, at.slot, at.slot_len);
	else if (url->slot)
		strncpy(out, url->slot, SLOT_NAME - 1);
	else
		slot_name(p->replica, out);
}

static bool check_name(const char *name, struct error *err)
{
	if (*name && strlen(name) < SLOT_NAME && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name))
		return true;
	error_set(err, ERROR_USAGE, "could not detach: \"%s\" cannot be the name of a slot", name);
	return error_hint(err, "it has 1 to 63 of the characters a-z, 0-9 and _; SELECT slot_name FROM pg_replication_slots lists them");
}

/* Another server than the replica's: a slot of the same name there is somebody else's. */
static bool check_server(struct postgres_client *c, const char *identity, struct error *err)
{
	char *system = postgres_client_cell(c, "SELECT system_identifier FROM pg_control_system()", err);
	bool same = system && (!identity || strstr(identity, system));

	if (system && !same) {
		error_set(err, ERROR_FOREIGN, "could not detach from server %s: it is not the one the replica was built from", postgres_client_name(c));
		error_hint(err, "give its URL with --source; a slot of this server is dropped with --slot NAME");
	}
	free(system);
	return same;
}

static bool drop(struct postgres_client *c, const char *name, struct source_detached *out, struct error *err)
{
	struct slot s;

	if (!slot_look(c, name, &s, err))
		return false;
	if (s.state == SLOT_BUSY) {
		error_set(err, ERROR_REFUSED, "could not drop slot %s of server %s: process %d of the server reads from it", name, postgres_client_name(c), s.pid);
		return error_hint(err, "end the tellerdesk that follows by it; what is left of one that is gone ends with SELECT pg_terminate_backend(%d)", s.pid);
	}
	if (!slot_drop(c, name, err))
		return false;
	out->found = s.state != SLOT_MISSING;
	out->freed = s.retained;
	return true;
}

bool postgres_detach(const struct source_params *p, const struct source_detach *how, struct source_detached *out, struct error *err)
{
	struct postgres_url url;
	char name[SLOT_NAME];

	*out = (struct source_detached){0};
	if ((how->name && !check_name(how->name, err)) || !postgres_url_parse(p->url, &url, err))
		return false;
	name_slot(p, &url, how, name);
	struct postgres_client_params cp = {.url = &url, .stop = p->stop, .use = POSTGRES_READ};
	struct postgres_client *c = postgres_client_open(&cp, err);
	bool ok = c && check_server(c, how->name ? NULL : how->identity, err) && drop(c, name, out, err);
	if (ok) {
		snprintf(out->name, sizeof out->name, "%s", name);
		snprintf(out->server, sizeof out->server, "%s", postgres_client_name(c));
	}
	postgres_client_close(c);
	postgres_url_done(&url);
	return ok;
}
