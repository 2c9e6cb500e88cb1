/* Preflight, the account, the way to the server, and the slot. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "model/model.h"
#include "source/postgres/check.h"
#include "source/postgres/private.h"

#define SKEW_MOST  (5 * SECOND)
#define WAIT_LEAST 10   /* seconds a transaction is in progress before it is worth a word */
#define LOOK_AGAIN 1000 /* milliseconds between two looks at transactions whose age may not be seen */

/* ---- the account ---- */

/* Some who rent servers out give the right to replicate by a role of theirs. */
static bool check_replication(struct checking *k, bool *may, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control,
				       "SELECT r.rolreplication OR r.rolsuper OR EXISTS (SELECT FROM pg_catalog.pg_roles o WHERE o.rolname = 'rds_replication' AND "
				       "pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER')) AS may FROM pg_catalog.pg_roles r WHERE r.rolname = current_user", &r, err);

	*may = false;
	if (ok && postgres_rows_next(&r)) {
		const char *text = postgres_rows_named(&r, "may");
		*may = text && *text == 't';
	}
	postgres_rows_done(&r);
	if (ok && !*may)
		report_tell(&k->r, true, "privileges", report_format(&k->r, "ALTER ROLE %s REPLICATION", k->account), "the account may not follow the log");
	return ok;
}

static void check_select(struct checking *k, const struct entity *e, const struct postgres_table *t)
{
	if (!t->reachable)
		report_tell(&k->r, true, e->table, report_format(&k->r, "GRANT USAGE ON SCHEMA %s TO %s", check_name(k, t->schema), k->account),
			    "the account may not use what is in schema %s", t->schema);
	if (!t->readable)
		report_tell(&k->r, true, e->table, report_format(&k->r, "GRANT SELECT ON %s TO %s", check_table_name(k, t), k->account), "it may not be read");
}

/* A walsender of ours, and what is first asked of it. */
static bool check_walsender(struct checking *k, struct error *err)
{
	struct error failed = {0};
	struct postgres_client *c = postgres_connect(k->m, POSTGRES_REPLICATION, &failed);
	struct postgres_rows r = {0};
	bool ok = c && postgres_client_rows(c, "IDENTIFY_SYSTEM", &r, &failed);

	if (c)
		postgres_rows_done(&r);
	postgres_client_close(c);
	if (ok)
		return true;
	if (failed.code == ERROR_INTERRUPTED) {
		if (err)
			*err = failed;
		return false;
	}
	/* Who follows the log of a database comes in by the same lines of pg_hba.conf as others, so it is something else. */
	report_tell(&k->r, true, "replication",
		    failed.code == ERROR_PERMISSION && *failed.hint ? report_text(&k->r, failed.hint)
								    : N_("connect to the server itself: a pool of connections in between passes none that follow the log"),
		    "a connection that follows the log is not let in: %s", failed.message);
	return true;
}

static void check_way(struct checking *k)
{
	const struct postgres_server *s = postgres_client_server(k->m->control);
	int64_t skew = k->m->offset < 0 ? -k->m->offset : k->m->offset;

	if (!*s->cipher && !s->local)
		report_tell(&k->r, false, "TLS", N_("hostssl instead of host in pg_hba.conf, then SELECT pg_reload_conf()"),
			    "the connection is not encrypted (sslmode=verify-full in the URL asks for it from here)");
	if (skew > SKEW_MOST)
		report_tell(&k->r, false, "clock", N_("let both machines follow a time server"),
			    k->m->offset < 0 ? N_("the server's clock is %.1f s behind ours; ages are told by the server's")
					     : N_("the server's clock is %.1f s ahead of ours; ages are told by the server's"),
			    (double)skew / (double)SECOND);
}

bool check_account(struct checking *k, struct error *err)
{
	bool may;

	if (!check_replication(k, &may, err))
		return false;
	for (int i = 0; i < k->m->base.model->entity_count; i++) {
		const struct postgres_table *t = &k->m->shape.tables[i];
		if (t->base.name && (t->kind == 'r' || t->kind == 'p'))
			check_select(k, &k->m->base.model->entities[i], t);
	}
	if (k->tries && may && !k->crowded && !k->standby && !check_walsender(k, err))
		return false;
	check_way(k);
	return true;
}

/* ---- what a new slot would wait for ---- */

struct waits { const char **list; int count; }; /* transactions, as the server calls them while they last */

static bool waits_have(const struct waits *w, const char *name)
{
	for (int i = 0; i < w->count; i++)
		if (strcmp(w->list[i], name) == 0)
			return true;
	return false;
}

/* Everybody sees who holds a transaction; since when, only some accounts do. */
static const char waits_sql[] =
	"SELECT DISTINCT l.pid, l.virtualtransaction AS name, a.usename AS account, a.datname AS database, "
	"floor(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start))::bigint AS age FROM pg_catalog.pg_locks l "
	"LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted "
	"AND l.pid IS NOT NULL AND l.pid <> pg_catalog.pg_backend_pid() ORDER BY l.pid";

/* told: those whose age shows are told at once, the others once they are in `seen`, and put there. */
static bool look(struct checking *k, struct waits *seen, bool first, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control, waits_sql, &r, err);

	if (ok && first)
		seen->list = arena_zero(&k->r.arena, (size_t)r.count + 1, sizeof *seen->list);
	while (ok && postgres_rows_next(&r)) {
		const char *name = postgres_rows_named(&r, "name"), *age = postgres_rows_named(&r, "age"), *pid = postgres_rows_named(&r, "pid");
		const char *account = postgres_rows_named(&r, "account");
		const char *fix = report_format(&k->r, N_("wait for its end, or end it: SELECT pg_terminate_backend(%s)"), pid);
		account = account ? account : "";
		if (first && !age && name)
			seen->list[seen->count++] = report_text(&k->r, name);
		else if (first && age && atoll(age) >= WAIT_LEAST)
			report_tell(&k->r, false, "transactions", fix, "process %s (%s) has one in progress for %s s: a new slot waits for its end", pid, account, age);
		else if (!first && !age && waits_have(seen, name))
			report_tell(&k->r, false, "transactions", fix, "process %s (%s) has one in progress: a new slot waits for its end", pid, account);
	}
	postgres_rows_done(&r);
	return ok;
}

static bool check_running(struct checking *k, struct error *err)
{
	struct waits seen = {0};
	struct pollfd stop = {.fd = k->m->base.stop, .events = POLLIN};

	if (!look(k, &seen, true, err))
		return false;
	if (!seen.count)
		return true;
	while (poll(&stop, 1, LOOK_AGAIN) < 0 && errno == EINTR)
		;
	return look(k, &seen, false, err);
}

static bool check_prepared(struct checking *k, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control,
				       "SELECT gid, owner, database, floor(extract(epoch FROM pg_catalog.clock_timestamp() - prepared))::bigint AS age "
				       "FROM pg_catalog.pg_prepared_xacts ORDER BY prepared", &r, err);

	while (ok && postgres_rows_next(&r)) {
		const char *age = postgres_rows_named(&r, "age"), *gid = check_literal(k, postgres_rows_named(&r, "gid"));
		if (!age || atoll(age) < WAIT_LEAST)
			continue;
		report_tell(&k->r, false, "transactions",
			    report_format(&k->r, N_("COMMIT PREPARED %s or ROLLBACK PREPARED %s, as whoever prepared it means it; in database %s"), gid, gid,
					  postgres_rows_named(&r, "database")),
			    "%s is prepared by %s for %s s: a new slot waits for its end", gid, postgres_rows_named(&r, "owner"), age);
	}
	postgres_rows_done(&r);
	return ok;
}

/* ---- the slot ---- */

static void check_state(struct checking *k)
{
	const struct slot *s = &k->slot;
	const char *name = k->m->slot;

	if (s->state == SLOT_FOREIGN)
		report_tell(&k->r, true, "slot", N_("slot=NAME in the URL, a name that is free"), "slot %s is not ours: another plugin or database uses it", name);
	else if (s->state == SLOT_LOST)
		report_tell(&k->r, false, "slot", N_("nothing is to be done: a new one is made, and the tables are read anew, with a gap"),
			    "what slot %s kept of the log was given up by the server (%s)", name, *s->reason ? s->reason : N_("max_slot_wal_keep_size"));
	else if (s->state == SLOT_BUSY)
		report_tell(&k->r, false, "slot", N_("nothing is to be done while that is this replica's own writer; else slot=NAME in the URL gives each console its own"),
			    "process %d of the server reads from slot %s", s->pid, name);
}

/* The server keeps more than it means to. */
static void check_retained(struct checking *k)
{
	const struct slot *s = &k->slot;
	double megabyte = 1 << 20;
	bool unreserved = strcmp(s->wal_status, "unreserved") == 0;

	if (s->state != SLOT_READY && s->state != SLOT_BUSY)
		return;
	if (!unreserved && strcmp(s->wal_status, "extended") != 0)
		return;
	const char *fix = N_("let the console follow, or raise max_slot_wal_keep_size");
	if (s->safe_bytes >= 0 && !unreserved)
		report_tell(&k->r, false, "slot", fix, "slot %s keeps %.1f MB of log; after %.1f MB more it may be lost", k->m->slot, (double)s->retained / megabyte,
			    (double)s->safe_bytes / megabyte);
	else
		report_tell(&k->r, false, "slot", fix, unreserved ? N_("slot %s keeps %.1f MB of log; it is lost at the next checkpoint") : N_("slot %s keeps %.1f MB of log"),
			    k->m->slot, (double)s->retained / megabyte);
}

bool check_slot(struct checking *k, struct error *err)
{
	check_state(k);
	check_retained(k);
	return !k->tries || k->slot.state != SLOT_MISSING || (check_running(k, err) && check_prepared(k, err));
}
