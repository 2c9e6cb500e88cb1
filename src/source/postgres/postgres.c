/* postgres: PostgreSQL as a source. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/model.h"
#include "pgoutput/lsn.h"
#include "source/postgres/private.h"

#define SHAPE_EVERY MINUTE /* the catalogue is read anew: what no message tells changes it too */
#define ON_DISK_SOON (SECOND / 10)
#define FEEDBACK_MOST (10 * SECOND)

struct postgres_client *postgres_connect(struct postgres *m, enum postgres_use use, struct error *err)
{
	struct postgres_client_params p = {.url = &m->url, .stop = m->base.stop, .use = use, .name = m->slot};
	struct postgres_client *c = postgres_client_open(&p, err);

	if (!c || !m->control)
		return c;
	char *started = postgres_client_cell(c, "SELECT pg_postmaster_start_time()", err);
	bool same = started && strcmp(started, m->started) == 0;
	if (started && !same) {
		/* Several hosts stand in the URL, or a balancer before them; or the server was started again just now. */
		error_set(err, ERROR_UNREACHABLE, "could not follow server %s: two connections reached two servers", postgres_client_name(c));
		error_hint(err, "it is tried again; where a balancer stands before it: name one server, with several hosts target_session_attrs=read-write");
	}
	free(started);
	if (same)
		return c;
	postgres_client_close(c);
	return NULL;
}

/* ---- asking the server ---- */

bool postgres_read_clock(struct postgres *m, int64_t *clock, struct error *err)
{
	int64_t before = clock_now();
	char *text = postgres_client_cell(m->control, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", err);
	int64_t after = clock_now();

	if (!text)
		return false;
	*clock = strtoll(text, NULL, 10);
	free(text);
	m->offset = *clock - (before + (after - before) / 2);
	return true;
}

bool postgres_log_end(struct postgres *m, uint64_t *written, uint64_t *flushed, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(m->control, "SELECT pg_current_wal_flush_lsn(), pg_current_wal_insert_lsn()", &r, err);
	uint64_t disk = 0, end = 0;

	ok = ok && postgres_rows_next(&r) && lsn_parse(r.cells[0], r.lens[0], &disk) && lsn_parse(r.cells[1], r.lens[1], &end);
	postgres_rows_done(&r);
	if (written)
		*written = lsn_page_begin(end, m->block, m->segment);
	if (flushed)
		*flushed = disk;
	return ok;
}

bool postgres_log_end_on_disk(struct postgres *m, uint64_t *written, struct error *err)
{
	int64_t began = clock_mono(), most = ON_DISK_SOON + m->flush_within;
	uint64_t flushed;
	bool asked = false;

	if (!postgres_log_end(m, written, &flushed, err))
		return false;
	while (flushed < *written && clock_mono() - began < most) {
		struct error ignored = {0};
		if (source_stopped(&m->base, 5))
			return error_set(err, ERROR_INTERRUPTED, "could not follow server %s: stopped", postgres_client_name(m->control));
		/* A transaction under way has written, and nobody commits: a number taken and given back has the log written out. */
		if (!asked && clock_mono() - began > ON_DISK_SOON) {
			postgres_client_run(m->control, "SELECT txid_current()", &ignored);
			asked = true;
		}
		if (!postgres_log_end(m, NULL, &flushed, err))
			return false;
	}
	return true;
}

bool postgres_shape_refresh(struct postgres *m, struct error *err)
{
	bool all = true;

	if (!m->shape_stale && clock_mono() - m->shape_at < SHAPE_EVERY)
		return true;
	/* A change of a table is sent before the catalogue shows it: read too early it would say what was. */
	if (m->stream.client && !visible_all(m, &all, err))
		return false;
	/* A standby does not write the log, and is not followed: check says so. */
	if (!postgres_shape_load(&m->shape, m->control, &m->target, err) || (m->timeline && !postgres_log_end(m, &m->proof.shape_end, NULL, err)))
		return false;
	m->shape_stale = !all;
	m->shape_at = clock_mono();
	return true;
}

/* ---- opening ---- */

static void postgres_source_close(struct source *s)
{
	struct postgres *m = (struct postgres *)s;

	postgres_stream_end(m);
	postgres_copy_done(m);
	postgres_stream_done(&m->stream, m->base.model);
	visible_done(&m->visible);
	postgres_shape_done(&m->shape);
	sql_present_done(&m->present);
	postgres_client_close(m->control);
	postgres_url_done(&m->url);
	buffer_done(&m->high);
	buffer_done(&m->newest);
	buffer_done(&m->bound);
	free(m->replica);
	free(m->identity);
	free(m->system);
	free(m->started);
	free(m);
}

/* One question: who the server is, and how it is set. A standby has no log of its own to ask for: check says so. */
static bool know_server(struct postgres *m, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(m->control,
				       "SELECT (SELECT system_identifier FROM pg_control_system()), "
				       "CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END, "
				       "current_setting('wal_block_size'), (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'), "
				       "(SELECT setting FROM pg_settings WHERE name = 'wal_writer_delay'), "
				       "(SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'), pg_postmaster_start_time()",
				       &r, err) && postgres_rows_next(&r);

	if (ok) {
		int64_t silent = r.cells[5] ? strtoll(r.cells[5], NULL, 10) * 1000 : 0;
		m->system = memory_text(r.cells[0] ? r.cells[0] : "");
		m->started = memory_text(r.cells[6] ? r.cells[6] : "");
		m->identity = memory_format("postgresql %s %s", m->system, postgres_client_server(m->control)->database);
		m->timeline = r.cells[1] ? (uint32_t)strtoul(r.cells[1], NULL, 16) : 0;
		m->block = r.cells[2] ? (uint32_t)strtoul(r.cells[2], NULL, 10) : 8192;
		m->segment = r.cells[3] ? (uint32_t)strtoul(r.cells[3], NULL, 10) : 16 << 20;
		/* As the manual has it of synchronous_commit. */
		m->flush_within = 3 * (r.cells[4] ? strtoll(r.cells[4], NULL, 10) : 200) * 1000 + ON_DISK_SOON;
		m->silent_most = silent > 0 ? silent : MINUTE;
		m->feedback_every = silent && silent / 4 < FEEDBACK_MOST ? silent / 4 : FEEDBACK_MOST;
	}
	postgres_rows_done(&r);
	return ok;
}

static void name_slot(struct postgres *m)
{
	if (m->url.slot)
		memcpy(m->slot, m->url.slot, strlen(m->url.slot) + 1);
	else
		slot_name(m->replica, m->slot);
}

static bool open_all(struct postgres *m, const struct source_params *p, struct error *err)
{
	int64_t clock;

	if (!postgres_url_parse(p->url, &m->url, err))
		return false;
	name_slot(m);
	m->control = postgres_connect(m, POSTGRES_READ, err);
	if (!m->control || !know_server(m, err) || !postgres_read_clock(m, &clock, err))
		return false;
	m->target = (struct postgres_target){p->model, m->url.publication, m->url.schema, postgres_client_server(m->control)->version};
	return postgres_shape_refresh(m, err);
}

static struct source *postgres_source_open(const struct source_params *p, struct error *err)
{
	struct postgres *m = memory_zero(1, sizeof *m);

	m->base = (struct source){.ops = &postgres_ops, .model = p->model, .stop = p->stop};
	m->replica = memory_text(p->replica);
	m->shape_stale = true;
	m->proof = (struct postgres_proof){.clock = TIME_NONE, .owed = true};
	sql_present_init(&m->present, p->model);
	postgres_shape_init(&m->shape);
	visible_init(&m->visible);
	postgres_stream_init(&m->stream, p->model);
	if (open_all(m, p, err))
		return &m->base;
	postgres_source_close(&m->base);
	return NULL;
}

static const char *postgres_identity_of(struct source *s)
{
	return ((struct postgres *)s)->identity;
}

/* ---- positions ---- */

void postgres_place(struct postgres *m, uint64_t lsn, struct buffer *out)
{
	struct postgres_stream *st = &m->stream;
	char text[LSN_SIZE];

	if (st->prints_dirty || !st->tail.len) {
		buffer_clear(&st->tail);
		buffer_format(&st->tail, " slot=%s timeline=%" PRIu32 " shape=", m->slot, m->timeline);
		for (int i = 0; i < m->base.model->entity_count; i++)
			buffer_format(&st->tail, "%s%08" PRIx32 "%04x%04x", i ? "." : "", st->prints[i].relation, (unsigned)st->prints[i].storage,
				      (unsigned)st->prints[i].columns);
		st->prints_dirty = false;
	}
	buffer_text_add(out, lsn_text(lsn, text));
	buffer_add(out, st->tail.data, st->tail.len);
}

static bool postgres_newest(struct source *s, const char **position, struct error *err)
{
	struct postgres *m = (struct postgres *)s;
	char text[LSN_SIZE];
	uint64_t end;

	if (!postgres_log_end_on_disk(m, &end, err))
		return false;
	m->wanted = end;
	buffer_clear(&m->newest);
	buffer_text_add(&m->newest, lsn_text(end, text));
	*position = buffer_text(&m->newest);
	return true;
}

static int64_t postgres_clock(struct source *s)
{
	return clock_now() + ((struct postgres *)s)->offset;
}

static bool postgres_columns(struct source *s, int entity, bool *present, struct error *err)
{
	struct postgres *m = (struct postgres *)s;

	/* Not in the middle of a transaction: its relations are made of what we know. */
	if (!m->stream.inside && !postgres_shape_refresh(m, err))
		return false;
	sql_present_columns(&m->present, m->base.model, entity, &m->shape.tables[entity].base, present);
	return true;
}

const struct source_ops postgres_ops = {
	.scheme = "postgresql",
	.alias = "postgres",
	.kind = "postgresql",
	.time_precision = "us",
	.needs_sync = true,
	.sync_every = SECOND,
	.copy = &postgres_copy_ops,
	.open = postgres_source_open,
	.identity = postgres_identity_of,
	.start = postgres_start,
	.next = postgres_next,
	.durable = postgres_durable,
	.newest = postgres_newest,
	.reached = postgres_position_reached,
	.clock = postgres_clock,
	.columns = postgres_columns,
	.check = postgres_check,
	.describe = postgres_describe,
	.detach = postgres_detach,
	.close = postgres_source_close,
};
