/* Preflight, the server: its log, its room for one more, and what it would make of us. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/language.h"
#include "source/postgres/check.h"
#include "source/postgres/private.h"

#define RETAIN_LEAST (3 * 24 * 3600) /* seconds: a long weekend */
#define ROOM_MORE    5               /* places proposed beyond those in use */

struct setting { const char *name, *value, *unit; };

struct settings {
	const struct setting *list;
	int count;
	int64_t slots, senders;  /* in use */
	const char *application; /* as the server knows us */
};

/* NULL: this server does not know it. */
static const struct setting *setting(const struct settings *s, const char *name)
{
	for (int i = 0; i < s->count; i++)
		if (strcmp(s->list[i].name, name) == 0)
			return &s->list[i];
	return NULL;
}

static const char *setting_text(const struct settings *s, const char *name)
{
	const struct setting *found = setting(s, name);

	return found && found->value ? found->value : "";
}

static int64_t setting_number(const struct settings *s, const char *name, int64_t absent)
{
	const struct setting *found = setting(s, name);

	return found && found->value ? strtoll(found->value, NULL, 10) : absent;
}

static bool load_settings(struct checking *k, struct settings *s, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control,
				       "SELECT name, setting, unit FROM pg_catalog.pg_settings WHERE name IN ('wal_level', 'max_replication_slots', 'max_wal_senders', "
				       "'max_slot_wal_keep_size', 'wal_sender_timeout', 'synchronous_standby_names', 'server_encoding', "
				       "'idle_replication_slot_timeout')", &r, err);
	struct setting *list = ok ? arena_zero(&k->r.arena, (size_t)r.count + 1, sizeof *list) : NULL;

	while (ok && postgres_rows_next(&r))
		list[s->count++] = (struct setting){report_text(&k->r, postgres_rows_named(&r, "name")), report_text(&k->r, postgres_rows_named(&r, "setting")),
						    report_text(&k->r, postgres_rows_named(&r, "unit"))};
	s->list = list;
	postgres_rows_done(&r);
	return ok;
}

static bool load_use(struct checking *k, struct settings *s, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control,
				       "SELECT (SELECT count(*) FROM pg_catalog.pg_replication_slots) AS slots, (SELECT count(*) FROM "
				       "pg_catalog.pg_stat_get_wal_senders()) AS senders, pg_catalog.current_setting('application_name') AS application", &r, err);

	if (ok && postgres_rows_next(&r)) {
		const char *slots = postgres_rows_named(&r, "slots"), *senders = postgres_rows_named(&r, "senders");
		s->slots = slots ? strtoll(slots, NULL, 10) : 0;
		s->senders = senders ? strtoll(senders, NULL, 10) : 0;
		s->application = report_text(&k->r, postgres_rows_named(&r, "application"));
	}
	postgres_rows_done(&r);
	return ok;
}

/* ---- its log ---- */

static void check_level(struct checking *k, const struct settings *s)
{
	const char *level = setting_text(s, "wal_level");

	if (strcmp(level, "logical") != 0)
		report_tell(&k->r, true, "wal_level", "ALTER SYSTEM SET wal_level = 'logical'",
			    "it is %s: the log does not tell rows (the server must be restarted after the change)", level);
}

/* One that is ours already needs no place. */
static void check_room(struct checking *k, const struct settings *s)
{
	int64_t slots = setting_number(s, "max_replication_slots", INT64_MAX), senders = setting_number(s, "max_wal_senders", INT64_MAX);

	if (k->slot.state == SLOT_MISSING && s->slots >= slots)
		report_tell(&k->r, true, "max_replication_slots",
			    report_format(&k->r, "ALTER SYSTEM SET max_replication_slots = '%" PRId64 "'", s->slots + ROOM_MORE),
			    "all %lld slots are taken (pg_replication_slots shows by whom; the server must be restarted after the change)", (long long)slots);
	k->crowded = k->slot.state != SLOT_BUSY && s->senders >= senders;
	if (k->crowded)
		report_tell(&k->r, true, "max_wal_senders", report_format(&k->r, "ALTER SYSTEM SET max_wal_senders = '%" PRId64 "'", s->senders + ROOM_MORE),
			    "all %lld of them are in use (the server must be restarted after the change)", (long long)senders);
}

static void check_kept(struct checking *k, const struct settings *s)
{
	const struct setting *idle = setting(s, "idle_replication_slot_timeout");
	int64_t seconds = idle ? setting_number(s, idle->name, 0) * (idle->unit && strcmp(idle->unit, "min") == 0 ? 60 : 1) : 0;

	if (!setting(s, "max_slot_wal_keep_size"))
		report_tell(&k->r, false, "max_slot_wal_keep_size", N_("watch pg_replication_slots, or upgrade the server; tellerdesk detach gives back the slot of a console that is retired"),
			    "this version knows no limit: a console that is away has the server keep its log until its disk is full");
	else if (setting_number(s, "max_slot_wal_keep_size", -1) < 0)
		report_tell(&k->r, false, "max_slot_wal_keep_size", "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf()",
			    "there is no limit: a console that is away has the server keep its log until its disk is full (after a longer absence than the limit allows the tables are read anew, with a gap)");
	if (seconds > 0 && seconds < RETAIN_LEAST)
		report_tell(&k->r, false, "idle_replication_slot_timeout", "ALTER SYSTEM SET idle_replication_slot_timeout = '7d'; SELECT pg_reload_conf()",
			    "a slot that is idle for %.1f hours is given up: after a longer absence the tables are read anew, with a gap", (double)seconds / 3600);
	if (setting_number(s, "wal_sender_timeout", 1) == 0)
		report_tell(&k->r, false, "wal_sender_timeout", "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf()",
			    "it is off: when a console is cut off without a word, its slot stays taken until the network says so");
}

/* ---- whom its commits wait for ---- */

/* A name of the list, which may be quoted, into out; false: the list is at its end. */
static bool next_name(const char **at, struct buffer *out)
{
	const char *p = *at + strspn(*at, " \t\n\r\f\v,()");

	buffer_clear(out);
	if (!*p)
		return false;
	if (*p == '"') {
		for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
			p += *p == '"';
			buffer_char(out, *p);
		}
		p += *p == '"';
	} else {
		size_t n = strcspn(p, " \t\n\r\f\v,()\"");
		buffer_add(out, p, n);
		p += n;
	}
	*at = p;
	return true;
}

/* a, b   2 (a, b)   FIRST 2 (a, b)   ANY 1 ("it's", *): what stands before the parenthesis is no name. */
bool postgres_would_hold(const char *synchronous_standby_names, const char *application_name)
{
	const char *at = synchronous_standby_names;
	struct buffer name = {0};
	bool held = false;

	/* A quoted name may have one too: then there is no number before it. */
	const char *list = strchr(at, '('), *quote = strchr(at, '"');
	at = list && (!quote || list < quote) ? list : at;
	while (!held && next_name(&at, &name))
		held = strcmp(buffer_text(&name), "*") == 0 || strcasecmp(buffer_text(&name), application_name) == 0;
	buffer_done(&name);
	return held;
}

static void check_standbys(struct checking *k, const struct settings *s)
{
	const char *names = setting_text(s, "synchronous_standby_names"), *ours = s->application ? s->application : "";
	/* A name nobody has. */
	bool anybody = postgres_would_hold(names, "\x01");

	if (anybody)
		report_tell(&k->r, true, "synchronous_standby_names", N_("name the bank's own standbys in it instead of *, then SELECT pg_reload_conf()"),
			    "it is %s: the bank's commits would wait for this console", names);
	else if (postgres_would_hold(names, ours))
		report_tell(&k->r, true, "synchronous_standby_names",
			    report_format(&k->r, N_("application_name=NAME in the URL, one that is not in the list; or take %s out of it, then SELECT pg_reload_conf()"), ours),
			    "it is %s, and %s is what this console is called: the bank's commits would wait for it", names, ours);
}

/* ---- all of it ---- */

static void check_version(struct checking *k, const struct settings *s)
{
	const struct postgres_server *server = postgres_client_server(k->m->control);

	if (server->version < 120000)
		report_tell(&k->r, true, "version", N_("upgrade it"), "%s is older than PostgreSQL 12", server->version_text);
	if (strcmp(setting_text(s, "server_encoding"), "SQL_ASCII") == 0)
		report_tell(&k->r, false, "server_encoding", N_("move the database to one of encoding UTF8 (pg_dump, then createdb --encoding=UTF8 --template=template0)"),
			    "it is SQL_ASCII: the server does not know what its texts are written in, and what is not UTF-8 cannot be shown");
}

bool check_server(struct checking *k, struct error *err)
{
	struct settings s = {0};

	if (!load_settings(k, &s, err))
		return false;
	check_version(k, &s);
	if (k->standby) {
		report_tell(&k->r, true, "pg_is_in_recovery", N_("name the primary in the URL (of several hosts, target_session_attrs=read-write finds it)"),
			    "the server is a standby: slots are kept, and publications made, on the primary");
		return true;
	}
	if (!load_use(k, &s, err))
		return false;
	check_level(k, &s);
	check_room(k, &s);
	check_kept(k, &s);
	check_standbys(k, &s);
	return true;
}
