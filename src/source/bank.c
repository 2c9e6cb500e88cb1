/* bank: the embedded bank as a source. */
#include "config.h"

#include "source/source.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "model/model.h"
#include "source/bank_private.h"
#include "source/bank_sql.h"

#define PATIENCE (10 * SECOND) /* of what is not next, which has a timeout of its own */

static const char *const bank_statements[BANK_SQL_COUNT] = {
	[BANK_SQL_BEGIN] = "BEGIN",
	[BANK_SQL_COMMIT] = "COMMIT",
	[BANK_SQL_NEWEST] = BANK_NEWEST,
	[BANK_SQL_DATA_VERSION] = "PRAGMA data_version",
	[BANK_SQL_SCHEMA_VERSION] = "PRAGMA schema_version",
	[BANK_SQL_AT] = "SELECT at, 1 FROM bank_change WHERE id = ?1",
	[BANK_SQL_TAIL] =
		"SELECT id FROM bank_change WHERE id > ?1 AND id <= ?2 AND txn IS NOT NULL ORDER BY id LIMIT 1",
};

/* ---- locks and read transactions ---- */

void bank_patience(struct bank *b, int64_t microseconds)
{
	b->patience = clock_mono() + microseconds;
}

static int bank_busy(void *ctx, int times)
{
	struct bank *b = ctx;

	return !source_stopped(&b->base, times < 10 ? 1 : 5) && clock_mono() < b->patience;
}

bool bank_begin(struct bank *b, struct error *err)
{
	return bank_sql_run(b->statements[BANK_SQL_BEGIN], err);
}

bool bank_end(struct bank *b, bool ok, struct error *err)
{
	if (ok)
		return bank_sql_run(b->statements[BANK_SQL_COMMIT], err);
	if (!sqlite3_get_autocommit(b->db))
		sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool bank_read_newest(struct bank *b, int64_t *id, int64_t *at, int64_t *pruned_to, struct error *err)
{
	int64_t row[3];

	if (!bank_sql_row(b->statements[BANK_SQL_NEWEST], row, 3, err))
		return false;
	*id = row[0];
	*at = row[1];
	*pruned_to = row[2];
	return true;
}

/* ---- positions ---- */

static bool bank_replaced(struct bank *b, const char *what, struct error *err)
{
	error_set(err, ERROR_FOREIGN, "could not follow bank \"%s\": %s", b->path, what);
	return error_hint(err, "it was restored or replaced; take it as it is now: tellerdesk resync --accept-server");
}

bool bank_follows(struct bank *b, int64_t id, int64_t at, int64_t newest, int64_t pruned_to, struct error *err)
{
	int64_t row[2];
	char what[128];

	if (id < pruned_to) {
		error_set(err, ERROR_PURGED,
			  "could not follow bank \"%s\": its changes after %lld up to %lld are gone", b->path,
			  (long long)id, (long long)pruned_to);
		return error_hint(err, "changes are kept 7 days; read the bank again: tellerdesk resync");
	}
	if (id > newest) {
		snprintf(what, sizeof what, N_("it ends at change %lld, before our %lld"), (long long)newest, (long long)id);
		return bank_replaced(b, what, err);
	}
	if (id == pruned_to)
		return true;
	sqlite3_bind_int64(b->statements[BANK_SQL_AT], 1, id);
	if (!bank_sql_row(b->statements[BANK_SQL_AT], row, 2, err))
		return false;
	if (row[1] && (at == -1 || row[0] == at))
		return true;
	snprintf(what, sizeof what,
		 row[1] ? N_("its change %lld is not the one we know") : N_("its change %lld is missing"), (long long)id);
	return bank_replaced(b, what, err);
}

static bool bank_reached(const char *a, const char *b)
{
	int64_t a_id, b_id, at;

	return bank_position_parse(a, &a_id, &at) && bank_position_parse(b, &b_id, &at) && a_id >= b_id;
}

/* ---- the protocol ---- */

static void bank_close(struct source *s)
{
	struct bank *b = (struct bank *)s;

	bank_shape_done(b);
	for (int i = 0; i < BANK_SQL_COUNT; i++)
		sqlite3_finalize(b->statements[i]);
	sqlite3_close(b->db);
	bank_stream_done(&b->stream);
	bank_watch_done(b);
	arena_done(&b->copied);
	arena_done(&b->shape);
	free(b->path);
	free(b);
}

static bool bank_connect(struct bank *b, struct error *err)
{
	bool changed;
	struct stat file;

	b->db = bank_open(b->path, false, err);
	if (!b->db)
		return false;
	if (stat(b->path, &file) != 0)
		return error_set(err, ERROR_UNREACHABLE, "could not open bank \"%s\": %s", b->path, strerror(errno));
	b->device = file.st_dev;
	b->inode = file.st_ino;
	sqlite3_busy_handler(b->db, bank_busy, b);
	for (int i = 0; i < BANK_SQL_COUNT; i++)
		if (bank_statements[i] && !bank_sql_prepare(b->db, bank_statements[i], &b->statements[i], err))
			return false;
	return bank_begin(b, err) &&
	       bank_end(b, bank_uuid(b->db, b->uuid, err) && bank_shape_load(b, &changed, err), err);
}

static struct source *bank_source_open(const struct source_params *p, struct error *err)
{
	struct bank *b = memory_zero(1, sizeof *b);

	b->base = (struct source){.ops = &bank_ops, .model = p->model, .stop = p->stop};
	b->path = memory_text(bank_path(p->url));
	arena_init(&b->shape);
	arena_init(&b->copied);
	bank_stream_init(&b->stream);
	bank_watch_init(b);
	bank_patience(b, PATIENCE);
	if (bank_connect(b, err))
		return &b->base;
	bank_close(&b->base);
	return NULL;
}

static const char *bank_identity(struct source *s)
{
	return ((struct bank *)s)->uuid;
}

static bool bank_start_at(struct bank *b, const char *position, struct error *err)
{
	int64_t id, at, newest, newest_at, pruned_to;
	bool changed;

	if (!bank_shape_load(b, &changed, err) || !bank_require(b, err) ||
	    !bank_read_newest(b, &newest, &newest_at, &pruned_to, err))
		return false;
	if (!position) {
		bank_stream_start(&b->stream, newest, newest_at);
		return true;
	}
	if (!bank_position_parse(position, &id, &at)) {
		error_set(err, ERROR_USAGE, "could not follow bank \"%s\" from \"%s\": not a position", b->path,
			  position);
		return error_hint(err, "a position is the number of a change, or NUMBER@TIME as status shows it");
	}
	if (!bank_follows(b, id, at, newest, pruned_to, err))
		return false;
	bank_stream_start(&b->stream, id, at);
	return true;
}

static bool bank_start(struct source *s, const char *position, struct error *err)
{
	struct bank *b = (struct bank *)s;

	bank_patience(b, PATIENCE);
	return bank_begin(b, err) && bank_end(b, bank_start_at(b, position, err), err);
}

static void bank_durable(struct source *s, const char *position)
{
	/* The bank keeps its changes by age, not by who has read them. */
	(void)s;
	(void)position;
}

static bool bank_newest(struct source *s, const char **position, struct error *err)
{
	struct bank *b = (struct bank *)s;
	int64_t id, at, pruned_to;

	bank_patience(b, PATIENCE);
	if (!bank_read_newest(b, &id, &at, &pruned_to, err))
		return false;
	*position = bank_position(id, at, b->newest);
	return true;
}

static int64_t bank_clock(struct source *s)
{
	(void)s;
	return clock_now();
}

static bool bank_columns(struct source *s, int entity, bool *present, struct error *err)
{
	struct bank *b = (struct bank *)s;
	bool changed;

	bank_patience(b, PATIENCE);
	if (!bank_begin(b, err) || !bank_end(b, bank_shape_load(b, &changed, err), err))
		return false;
	memcpy(present, b->entities[entity].present, (size_t)s->model->entities[entity].column_count * sizeof *present);
	return true;
}

const struct source_ops bank_ops = {
	.scheme = "bank",
	.kind = "bank",
	.time_precision = "us",
	.needs_sync = false,
	.copy = &bank_copy_ops,
	.open = bank_source_open,
	.identity = bank_identity,
	.start = bank_start,
	.next = bank_next,
	.durable = bank_durable,
	.newest = bank_newest,
	.reached = bank_reached,
	.clock = bank_clock,
	.columns = bank_columns,
	.check = bank_check,
	.close = bank_close,
};
