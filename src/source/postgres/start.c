/* From which position, by which slot.
 *
 * A server asked for a place before the one its slot stands at begins at the slot's, without a word; asked for one beyond the end of its log it
 * waits there. Both would be holes. So before the first byte is asked for, the slot must be there and ours, stand at or before our
 * place, our place must be within the log, and the log must be the one we know: of the same system, and of our timeline or one that
 * parted from it after our place.
 */
#include "config.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "model/model.h"
#include "pgoutput/lsn.h"
#include "source/postgres/private.h"

#define BUSY_SPARE (10 * SECOND) /* beyond wal_sender_timeout, after which a server lets go of a connection that was cut off */

/* ---- a slot of our own ---- */

/* snapshot: the name of the slot's own, held until the connection is asked for something else. Not in a transaction: one that is open while
 * the server waits may take a snapshot of its own (when its settings are read again), and the slot then fails. */
static bool make(struct postgres *m, struct postgres_client *c, uint64_t *lsn, char **snapshot, struct error *err)
{
	struct postgres_rows r;
	struct buffer sql = {0};
	int version = postgres_client_server(c)->version;

	buffer_text_add(&sql, "CREATE_REPLICATION_SLOT ");
	postgres_identifier(&sql, m->slot);
	/* From 17 on standbys that synchronise slots have it too, and nothing is sent that standbys which must have it first have not. */
	buffer_text_add(&sql, version >= 170000   ? " LOGICAL pgoutput (FAILOVER, SNAPSHOT 'export')"
			      : version >= 150000 ? " LOGICAL pgoutput (SNAPSHOT 'export')"
						  : " LOGICAL pgoutput EXPORT_SNAPSHOT");
	/* It takes as long as the longest transaction under way. */
	postgres_client_be_patient(c, true);
	bool ok = postgres_client_rows(c, buffer_text(&sql), &r, err);
	postgres_client_be_patient(c, false);
	buffer_done(&sql);
	if (!ok) {
		if (source_stopped(&m->base, 0))
			postgres_client_cancel(c);
		return false;
	}
	const char *point = postgres_rows_next(&r) ? postgres_rows_named(&r, "consistent_point") : NULL;
	ok = point && lsn_parse(point, strlen(point), lsn);
	*snapshot = ok ? memory_text(postgres_rows_named(&r, "snapshot_name")) : NULL;
	postgres_rows_done(&r);
	return ok || error_set(err, ERROR_REFUSED, "could not follow server %s: it made a slot and did not say where", postgres_client_name(c));
}

static void take_prints(struct postgres *m)
{
	for (int i = 0; i < m->base.model->entity_count; i++) {
		const struct postgres_table *t = &m->shape.tables[i];
		m->stream.prints[i] = (struct postgres_prints){t->relation_print, t->storage_print, t->columns_print};
	}
	m->stream.prints_dirty = true;
}

/* What the slot's snapshot sees: it is made from the log, not from what readers see. */
static bool slot_sees(struct postgres *m, const char *snapshot, struct error *err)
{
	bool ok = postgres_client_run(m->control, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) &&
		  postgres_client_runf(m->control, err, "SET TRANSACTION SNAPSHOT '%s'", snapshot ? snapshot : "");
	char *text = ok ? postgres_client_cell(m->control, "SELECT txid_current_snapshot()", err) : NULL;

	/* What went wrong is told already. */
	ok = text && postgres_client_run(m->control, "COMMIT", err);
	if (!ok)
		postgres_client_run(m->control, "ROLLBACK", NULL);
	ok = ok && visible_begin(m, text, err);
	free(text);
	return ok;
}

/* One of the name we would make is what an earlier try of ours left. One that was named by a person may be another program's, with its
 * place in it: that is for a person to drop. */
static bool clear_name(struct postgres *m, struct error *err)
{
	char ours[SLOT_NAME];
	struct slot s;

	slot_name(m->replica, ours);
	if (strcmp(m->slot, ours) == 0)
		return slot_drop(m->control, m->slot, err);
	if (!slot_look(m->control, m->slot, &s, err))
		return false;
	if (s.state == SLOT_MISSING)
		return true;
	error_set(err, ERROR_REFUSED, "could not follow server %s: slot %s is there already, and may be another program's", postgres_client_name(m->control), m->slot);
	return error_hint(err, "name another in the URL; if this one is nobody's any more: tellerdesk detach --slot %s", m->slot);
}

bool postgres_slot_make(struct postgres *m, uint64_t *lsn, struct error *err)
{
	if (!clear_name(m, err))
		return false;
	struct postgres_client *c = postgres_connect(m, POSTGRES_REPLICATION, err);
	struct error ignored = {0};
	char *name = NULL;
	bool made = c && make(m, c, lsn, &name, err), ok = made && slot_sees(m, name, err);

	free(name);
	postgres_client_close(c);
	/* Read after the point: a change before this read is in what is copied, one after it is told by a message or found out later. */
	m->shape_stale = true;
	ok = ok && postgres_shape_refresh(m, err);
	if (ok)
		take_prints(m);
	else if (made)
		slot_drop(m->control, m->slot, &ignored); /* nobody would note it */
	return ok;
}

/* ---- the log is the one we know ---- */

/* Whether the server's log held our place when its timeline parted from ours: its history is lines of "TIMELINE\tLSN\tREASON". */
static bool parted_after(struct postgres *m, const char *history, const struct postgres_position *p, struct error *err)
{
	char ours[LSN_SIZE], at[LSN_SIZE];
	uint64_t lsn;

	for (const char *line = history; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char *end;
		unsigned long timeline = strtoul(line, &end, 10);
		end += strspn(end, " \t");
		if (end == line || timeline != p->timeline || !lsn_parse(end, strcspn(end, " \t\n"), &lsn))
			continue;
		if (p->lsn <= lsn)
			return true;
		error_set(err, ERROR_FOREIGN, "could not follow server %s: it took another's place at %s, and lacks what that had committed up to our %s",
			  postgres_client_name(m->control), lsn_text(lsn, at), lsn_text(p->lsn, ours));
		return error_hint(err, "what the replica has of those transactions, the bank has not; take it as it is now: tellerdesk resync --accept-server");
	}
	error_set(err, ERROR_FOREIGN, "could not follow server %s: its log does not come from the one we know (timeline %u, ours %u)",
		  postgres_client_name(m->control), (unsigned)m->timeline, (unsigned)p->timeline);
	return error_hint(err, "it was restored or replaced; take it as it is now: tellerdesk resync --accept-server");
}

static bool same_line(struct postgres *m, struct postgres_client *c, const struct postgres_position *p, struct error *err)
{
	struct postgres_rows r;

	if (!p->timeline || p->timeline == m->timeline)
		return true;
	char *sql = memory_format("TIMELINE_HISTORY %" PRIu32, m->timeline);
	/* A first timeline has no history: it comes from nowhere. */
	bool ok = m->timeline == 1 || postgres_client_rows(c, sql, &r, err);
	free(sql);
	if (!ok)
		return false;
	if (m->timeline == 1)
		return parted_after(m, "", p, err);
	const char *history = postgres_rows_next(&r) && r.columns >= 2 ? r.cells[1] : "";
	ok = parted_after(m, history ? history : "", p, err);
	postgres_rows_done(&r);
	return ok;
}

static bool within_log(struct postgres *m, const struct postgres_position *p, const struct slot *s, struct error *err)
{
	char ours[LSN_SIZE], its[LSN_SIZE];
	uint64_t end;

	if (p->lsn < s->confirmed) {
		error_set(err, ERROR_FOREIGN, "could not follow server %s: slot %s stands at %s, past our %s: what lies between was acknowledged, and is not here",
			  postgres_client_name(m->control), m->slot, lsn_text(s->confirmed, its), lsn_text(p->lsn, ours));
		return error_hint(err, "the replica was restored, or another one used the slot; reconcile it: tellerdesk resync --accept-server");
	}
	if (!postgres_log_end(m, &end, NULL, err))
		return false;
	if (p->lsn <= end)
		return true;
	error_set(err, ERROR_FOREIGN, "could not follow server %s: its log ends at %s, before our %s", postgres_client_name(m->control), lsn_text(end, its),
		  lsn_text(p->lsn, ours));
	return error_hint(err, "it was restored, or lost the end of its log; take it as it is now: tellerdesk resync --accept-server");
}

/* ---- the slot is ours to use ---- */

/* Each try is a source of its own: since when they meet the same is the process's to know. */
static bool busy(struct postgres *m, int pid, struct error *err)
{
	static _Atomic int64_t since;
	int64_t now = clock_mono(), none = 0;

	if (!pid) {
		atomic_store(&since, 0);
		return true;
	}
	int64_t most = m->silent_most + BUSY_SPARE;
	bool first = atomic_compare_exchange_strong(&since, &none, now);
	/* An old meeting is none of this one's. */
	if (!first && now - none > 4 * most) {
		atomic_store(&since, now);
		first = true;
	}
	if (first || now - none < most) {
		error_set(err, ERROR_UNREACHABLE, "could not follow server %s: process %d of it reads from our slot %s", postgres_client_name(m->control), pid, m->slot);
		return error_hint(err, "a connection that was cut off is let go of after wal_sender_timeout; it is tried again");
	}
	atomic_store(&since, 0);
	error_set(err, ERROR_REFUSED, "could not follow server %s: another program reads from our slot %s, as process %d of it", postgres_client_name(m->control), m->slot, pid);
	return error_hint(err, "a copied replica holds a copied slot: give this one its own with tellerdesk resync --accept-server, or end the other");
}

static bool gone(struct postgres *m, const struct slot *s, bool moved, struct error *err)
{
	const char *name = postgres_client_name(m->control);

	if (s->state == SLOT_LOST) {
		struct error ignored = {0};
		slot_drop(m->control, m->slot, &ignored);
		error_set(err, ERROR_PURGED, "could not follow server %s: slot %s was given up, with the log it kept%s%s", name, m->slot, *s->reason ? ": " : "", s->reason);
		return error_hint(err, "let max_slot_wal_keep_size be more than the bank writes while a console is off; then: tellerdesk resync");
	}
	if (moved) {
		error_set(err, ERROR_PURGED, "could not follow server %s: it took another's place, and slot %s did not come along", name, m->slot);
		return error_hint(err, "slots follow where they are synchronised (failover slots, from 17 on) or copied; else the tables are reconciled: tellerdesk resync");
	}
	error_set(err, ERROR_PURGED, "could not follow server %s: slot %s is not there any more", name, m->slot);
	return error_hint(err, "somebody dropped it, with the log it kept; the tables are reconciled: tellerdesk resync");
}

static bool usable(struct postgres *m, const struct postgres_position *p, struct error *err)
{
	struct slot s;
	bool moved = p->timeline && p->timeline != m->timeline;

	if (!slot_look(m->control, m->slot, &s, err))
		return false;
	switch (s.state) {
	case SLOT_FOREIGN:
		error_set(err, ERROR_REFUSED, "could not follow server %s: slot %s is of another kind or database", postgres_client_name(m->control), m->slot);
		return error_hint(err, "name another in the URL, slot=NAME, then: tellerdesk resync --accept-server");
	case SLOT_MISSING:
	case SLOT_LOST:
		return gone(m, &s, moved, err);
	case SLOT_BUSY:
		return busy(m, s.pid, err);
	case SLOT_READY:
		break;
	}
	busy(m, 0, NULL);
	m->stream.durable = s.confirmed;
	return within_log(m, p, &s, err);
}

/* A file of the log is not there, though the slot says that it is kept: somebody removed it. */
static bool removed(struct postgres *m, struct error *err)
{
	error_set(err, ERROR_PURGED, "could not follow server %s: the log that slot %s keeps is not there any more", postgres_client_name(m->control), m->slot);
	return error_hint(err, "somebody removed files of it, or the server was restored without them; the tables are reconciled: tellerdesk resync");
}

/* Which of the ends of a failed start it was, where the server's number is one for several. */
static bool begin_failed(struct postgres *m, struct postgres_client *c, struct error *err)
{
	const char *state = postgres_client_sqlstate(c);
	struct slot s;

	if (strcmp(state, "58P01") == 0)
		return removed(m, err);
	if (strcmp(state, "42704") != 0 && strcmp(state, "55000") != 0 && strcmp(state, "55006") != 0)
		return false;
	struct error ignored = {0};
	if (!slot_look(m->control, m->slot, &s, &ignored))
		return false;
	if (s.state == SLOT_MISSING || s.state == SLOT_LOST)
		return gone(m, &s, false, err);
	return s.state == SLOT_BUSY ? busy(m, s.pid, err) : false;
}

static bool begin(struct postgres *m, const struct postgres_position *p, struct postgres_client *c, struct error *err)
{
	struct buffer sql = {0}, name = {0};
	char lsn[LSN_SIZE];

	buffer_text_add(&sql, "START_REPLICATION SLOT ");
	postgres_identifier(&sql, m->slot);
	postgres_identifier(&name, m->url.publication);
	buffer_format(&sql, " LOGICAL %s (proto_version '1', publication_names ", lsn_text(p->lsn, lsn));
	postgres_literal(&sql, buffer_text(&name), name.len);
	buffer_char(&sql, ')');
	bool ok = postgres_client_stream_begin(c, buffer_text(&sql), err) || begin_failed(m, c, err);
	buffer_done(&sql);
	buffer_done(&name);
	return ok;
}

void postgres_stream_failed(struct postgres *m, struct error *err)
{
	const char *state = postgres_client_sqlstate(m->stream.client), *words = postgres_client_words(m->stream.client);

	/* The publication is looked for with each change: the number is that of a missing slot. */
	if (strcmp(state, "42704") == 0 && strstr(words, "publication")) {
		error_set(err, ERROR_REFUSED, "could not follow server %s: %s", postgres_client_name(m->control), words);
		error_hint(err, "make it again as it was, see tellerdesk check-source; what changed meanwhile is then read: tellerdesk resync");
		return;
	}
	begin_failed(m, m->stream.client, err);
}

/* ---- starting ---- */

static bool position_bad(const struct postgres *m, const char *position, struct error *err)
{
	error_set(err, ERROR_USAGE, "could not follow server %s from \"%.200s\": not a position", postgres_client_name(m->control), position);
	return error_hint(err, "a position is an LSN, as 16/B374D848, or as tellerdesk status shows it");
}

static void stand_at(struct postgres *m, const struct postgres_position *p)
{
	struct postgres_stream *st = &m->stream;
	struct postgres_prints known;

	st->applied = st->received = st->moved_from = p->lsn;
	st->heard_at = st->spoke_at = st->looked_at = clock_mono();
	/* Of a position somebody typed, or another model's, what the catalogue says now is taken for what it was. */
	if (postgres_position_print_count(p) != m->base.model->entity_count) {
		take_prints(m);
		return;
	}
	for (int i = 0; i < m->base.model->entity_count; i++)
		if (postgres_position_prints(p, i, &known))
			st->prints[i] = known;
	st->prints_dirty = true;
}

bool postgres_start(struct source *s, const char *position, struct error *err)
{
	struct postgres *m = (struct postgres *)s;
	struct postgres_position p = {0};

	if (!postgres_require(m, err))
		return false;
	if (position && !postgres_position_parse(position, &p))
		return position_bad(m, position, err);
	if (!position && !postgres_slot_make(m, &p.lsn, err))
		return false;
	if (p.slot && p.slot_len < sizeof m->slot) {
		memcpy(m->slot, p.slot, p.slot_len);
		m->slot[p.slot_len] = '\0';
	}
	struct postgres_client *c = postgres_connect(m, POSTGRES_REPLICATION, err);
	if (!c)
		return false;
	if (same_line(m, c, &p, err) && usable(m, &p, err) && (m->visible.begun || visible_begin(m, NULL, err)) && begin(m, &p, c, err)) {
		m->stream.client = c;
		stand_at(m, &p);
		m->proof.looked = clock_mono();
		return postgres_not_waited_for(m, err);
	}
	postgres_client_close(c);
	return false;
}
