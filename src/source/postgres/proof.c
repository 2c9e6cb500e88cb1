/* What is complete up to when, and whether the server still is as it must be.
 *
 * Once a second the server is asked for its clock and the end of its log: whatever was committed by that clock stands before that end, and
 * when the stream has passed it, all up to that clock was given. What is written need not be on disk yet, and is not sent before: an
 * asynchronous commit is on disk after three times wal_writer_delay, records of a transaction under way only with the next commit. So
 * an end that is not reached by then is replaced by what was on disk then.
 *
 * Once a minute the catalogue is held against what the stream has shown. A table that was altered tells so by its next change, and by
 * nothing before: values that ALTER TABLE rewrote are not sent, nor what comes and goes with a partition. Where the stream has passed
 * the end the log had after the catalogue was read, and the two still differ, the table is copied again.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/model.h"
#include "source/postgres/private.h"

#define LOOK_EVERY MINUTE
#define MOVED_EVERY (5 * SECOND) /* a position that moved without anything of ours is told so often, */
#define MOVED_BYTES (4 << 20)    /* or so soon: each is a commit that is synced */
#define READER_IDLE MINUTE

/* ---- what is complete ---- */

/* The clock, then the end of the log; and whether the bank's commits wait for us, which can be from one second to the next. */
static bool proof_ask(struct postgres *m, struct error *err)
{
	struct postgres_proof *p = &m->proof;

	p->asked = clock_mono();
	if (!postgres_read_clock(m, &p->clock, err) || !postgres_log_end(m, &p->end, NULL, err) || !postgres_not_waited_for(m, err)) {
		p->clock = TIME_NONE;
		return false;
	}
	p->late = false;
	return true;
}

static bool proof_late(struct postgres *m, struct error *err)
{
	struct postgres_proof *p = &m->proof;
	uint64_t flushed;

	if (p->late || clock_mono() - p->asked < m->flush_within)
		return true;
	p->late = true;
	if (!postgres_log_end(m, NULL, &flushed, err))
		return false;
	if (flushed < p->end)
		p->end = flushed;
	return true;
}

/* ---- whether all is as it must be ---- */

bool postgres_not_waited_for(struct postgres *m, struct error *err)
{
	const char *application = postgres_client_server(m->stream.client)->application;
	/* pg_stat_replication would tell, but not to accounts as ours should be. */
	char *names = postgres_client_cell(m->control, "SELECT current_setting('synchronous_standby_names')", err);
	bool waited = names && postgres_would_hold(names, application ? application : "");
	bool told = names != NULL;

	free(names);
	if (!waited)
		return told;
	/* At once: each commit of the bank would wait for us. */
	postgres_client_close(m->stream.client);
	m->stream.client = NULL;
	error_set(err, ERROR_REFUSED, "could not follow server %s: synchronous_standby_names makes us a standby that the bank's commits would wait for",
		  postgres_client_name(m->control));
	return error_hint(err, "name the bank's own standbys in it, without *; see tellerdesk check-source");
}

void postgres_compare_shape(struct postgres *m)
{
	/* A catalogue that is out of date already says nothing. */
	if (!m->proof.shape_end || m->stream.applied < m->proof.shape_end || m->shape_stale)
		return;
	m->proof.shape_end = 0;
	for (int i = 0; i < m->base.model->entity_count; i++) {
		const struct postgres_table *t = &m->shape.tables[i];
		struct postgres_prints *known = &m->stream.prints[i], now = {t->relation_print, t->storage_print, t->columns_print};
		if (!t->base.name)
			continue;
		bool other = known->relation && now.relation != known->relation;
		/* New files alone hold what the old ones held (VACUUM FULL), unless they are partitions' or a filter's: those are part of both. */
		bool rewritten = known->storage && now.storage != known->storage && (t->kind == 'p' || t->filter || now.columns != known->columns);
		if (other || rewritten)
			postgres_stream_reload(m, i);
		if (memcmp(known, &now, sizeof now) != 0) {
			*known = now;
			m->stream.prints_dirty = true;
		}
	}
}

static bool look(struct postgres *m, struct error *err)
{
	struct postgres_proof *p = &m->proof;
	int64_t now = clock_mono();

	if (now - p->looked < LOOK_EVERY)
		return true;
	m->shape_stale = true;
	if (!postgres_shape_refresh(m, err) || !postgres_require(m, err))
		return false;
	p->looked = clock_mono();
	if (m->reader && now - m->read_at > READER_IDLE)
		postgres_reader_close(m);
	return true;
}

/* ---- both ---- */

static const char *moved(struct postgres *m, int64_t now)
{
	struct postgres_stream *st = &m->stream;
	bool wanted = m->wanted > st->moved_from && st->applied >= m->wanted;

	if (st->applied == st->moved_from || (!wanted && now - st->moved_at < MOVED_EVERY && st->applied - st->moved_from < MOVED_BYTES))
		return NULL;
	return postgres_stream_position(m);
}

int postgres_proof_idle(struct postgres *m, bool resting, struct source_event *event, struct error *err)
{
	struct postgres_proof *p = &m->proof;
	int64_t now = clock_mono();

	if (m->stream.inside)
		return 0;
	bool due = (p->owed && resting) || now - p->told >= SECOND;
	if (p->clock == TIME_NONE && due && (resting || now - p->asked >= SECOND) && (!look(m, err) || !proof_ask(m, err)))
		return -1;
	if (p->clock == TIME_NONE)
		return 0;
	if (m->stream.applied < p->end && (!proof_late(m, err) || m->stream.applied < p->end))
		return err && err->code ? -1 : 0;
	postgres_compare_shape(m);
	if (m->stream.reload_count)
		return 0;
	event->complete_to = p->clock;
	event->position = moved(m, now);
	p->owed = false;
	p->clock = TIME_NONE;
	p->told = now;
	return 1;
}
