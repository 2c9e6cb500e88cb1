/* mysql: MySQL and MariaDB as a source. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "binlog/gtid.h"
#include "model/model.h"
#include "source/mysql/feed.h"
#include "source/mysql/private.h"
#include "source/mysql/seen.h"
#include "source/mysql/triggers.h"
#include "source/mysql/xa.h"

#define SHAPE_EVERY MINUTE /* the catalogue is read anew: what is not logged changes it too */
#define READ_ON  (100 * (SECOND / 1000)) /* past the deadline, while there is something to read */
#define LOOK_UP  (20 * (SECOND / 1000))  /* so often at the stop descriptor meanwhile */

struct mysql_client *mysql_connect(struct mysql *m, struct error *err)
{
	struct mysql_client_params p = {.url = &m->url, .stop = m->base.stop};

	return mysql_client_open(&p, err);
}

struct mysql_client *mysql_connect_more(struct mysql *m, struct error *err)
{
	struct mysql_client *c = mysql_connect(m, err);

	if (!c || mysql_client_server(c)->server_id == mysql_client_server(m->control)->server_id)
		return c;
	mysql_client_close(c);
	error_set(err, ERROR_REFUSED, "could not follow server %s: two connections reached two servers", mysql_client_name(m->control));
	error_hint(err, "a proxy or balancer stands before it: name one server");
	return NULL;
}

/* ---- asking the server ---- */

bool mysql_log_end(struct mysql *m, struct buffer *out, struct error *err)
{
	const struct mysql_server *s = mysql_client_server(m->control);
	bool renamed = !s->mariadb && s->version >= 80200;
	struct mysql_rows r;

	buffer_clear(out);
	if (!mysql_client_rows(m->control, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", &r, err)) {
		mysql_rows_done(&r);
		return false;
	}
	bool there = mysql_rows_next(&r) && r.columns >= 2 && r.cells[0] && r.cells[1];
	if (there)
		buffer_format(out, "%s:%s", r.cells[0], r.cells[1]);
	mysql_rows_done(&r);
	if (there)
		return true;
	error_set(err, ERROR_REFUSED, "could not follow server %s: it keeps no binary log", mysql_client_name(m->control));
	return error_hint(err, "set log_bin in the server's configuration and restart it; see tellerdesk check-source");
}

bool mysql_read_clock(struct mysql *m, int64_t *clock, struct error *err)
{
	int64_t before = clock_now();
	/* Exact digits: no double has room for them. */
	char *text = mysql_client_cell(m->control, "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED)", err);
	int64_t after = clock_now();

	if (!text) {
		if (err && !err->code)
			error_set(err, ERROR_UNREACHABLE, "could not read the clock of server %s", mysql_client_name(m->control));
		return false;
	}
	*clock = strtoll(text, NULL, 10);
	free(text);
	m->offset = *clock - (before + (after - before) / 2);
	return true;
}

bool mysql_shape_refresh(struct mysql *m, struct error *err)
{
	if (!m->shape_stale && clock_mono() - m->shape_at < SHAPE_EVERY)
		return true;
	if (!m->control)
		return true; /* events without a server: the shape is what it was made */
	for (int i = 0; i < m->base.model->entity_count; i++)
		map_forget(&m->stream.maps[i]);
	if (!shape_load(&m->shape, m->control, &m->target, err))
		return false;
	m->shape_stale = false;
	m->shape_at = clock_mono();
	return true;
}

/* ---- opening ---- */

static void decided_done(struct mysql *m)
{
	for (int i = 0; i < m->decided_count; i++) {
		free(m->decided[i].path);
		free(m->decided[i].position);
	}
	free(m->decided);
}

static void mysql_source_close(struct source *s)
{
	struct mysql *m = (struct mysql *)s;

	mysql_copy_done(m);
	triggers_free(m->triggers);
	mysql_stream_done(&m->stream, m->base.model);
	shape_done(&m->shape);
	proof_done(&m->proof);
	mysql_client_close(m->control);
	decided_done(m);
	mysql_url_done(&m->url);
	buffer_done(&m->high);
	buffer_done(&m->newest);
	buffer_done(&m->bound);
	sql_present_done(&m->present);
	if (m->id_lock >= 0)
		close(m->id_lock);
	free(m->state_folder);
	free(m->identity);
	free(m->prepared_for);
	free(m);
}

static bool know_target(struct mysql *m, struct error *err)
{
	char *fold = mysql_client_cell(m->control, "SELECT @@global.lower_case_table_names", err);

	m->target = (struct mysql_target){.model = m->base.model, .database = m->url.database, .mariadb = mysql_client_server(m->control)->mariadb,
					  /* None fires a trigger. */
					  .logs_cascades = m->logs_cascades && !m->triggers, .fold_names = fold && strcmp(fold, "0") != 0};
	free(fold);
	return !err || !err->code;
}

/* Prepared transactions are kept for one replica, and for one list of tables: what another model left out of them is not there. */
static char *prepared_for(const struct mysql *m, const char *replica)
{
	struct buffer text = {0};

	buffer_format(&text, "%s\n%s", m->identity, replica ? replica : "");
	for (int i = 0; i < m->base.model->entity_count; i++)
		buffer_format(&text, "\n%s", m->base.model->entities[i].table);
	return text.data;
}

static struct source *mysql_source_open(const struct source_params *p, struct error *err)
{
	struct mysql *m = memory_zero(1, sizeof *m);
	int64_t clock;

	mysql_client_library();
	m->base = (struct source){.ops = &mysql_ops, .model = p->model, .stop = p->stop};
	m->id_lock = -1;
	m->state_folder = memory_text(p->state_folder ? p->state_folder : ".");
	m->shape_stale = true;
	sql_present_init(&m->present, p->model);
	mysql_copy_init(m);
	shape_init(&m->shape);
	proof_init(&m->proof);
	mysql_stream_init(&m->stream, p->model, m->state_folder);
	if (mysql_url_parse(p->url, &m->url, err)) {
		if (m->url.triggers) {
			m->base.ops = &mysql_triggers_ops;
			m->triggers = triggers_new(p->model);
		}
		m->control = mysql_connect(m, err);
		if (m->control && (!m->triggers || triggers_session(m, err)) && mysql_know_server(m, err) && know_target(m, err) && mysql_read_clock(m, &clock, err) && mysql_shape_refresh(m, err)) {
			m->prepared_for = prepared_for(m, p->replica);
			return &m->base;
		}
	}
	mysql_source_close(&m->base);
	return NULL;
}

static const char *mysql_identity_of(struct source *s)
{
	return ((struct mysql *)s)->identity;
}

static const char *mysql_precision(struct source *s)
{
	const struct mysql *m = (const struct mysql *)s;
	const struct mysql_server *server = mysql_client_server(m->control);

	return m->triggers || (!server->mariadb && server->version >= 80001) ? "us" : "s";
}

/* ---- reading ---- */

static enum source_result feed_ended(struct mysql *m, struct error *err)
{
	error_set(err, ERROR_UNREACHABLE, "could not follow the log of server %s: the server ended it", mysql_client_name(m->control));
	return SOURCE_ERROR;
}

/* Reads one event; SOURCE_WAIT also means that it was read and there is nothing to give yet: *read. */
static enum source_result read_event(struct mysql *m, int timeout_ms, bool *read, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	const uint8_t *bytes;
	size_t n;

	*read = false;
	switch (st->feed->ops->read(st->feed, timeout_ms, m->base.stop, &bytes, &n, err)) {
	case FEED_EVENT:
		*read = true;
		return mysql_stream_event(m, bytes, n, err) ? SOURCE_WAIT : SOURCE_ERROR;
	case FEED_WAIT:
		return SOURCE_WAIT;
	case FEED_END:
		return feed_ended(m, err);
	case FEED_FAILED:
		break;
	}
	return SOURCE_ERROR;
}

/* ---- starting ---- */

static bool position_bad(const struct mysql *m, const char *position, struct error *err)
{
	error_set(err, ERROR_USAGE, "could not follow server %s from \"%.200s\": not a position", mysql_client_name(m->control), position);
	return error_hint(err, "a position is FILE:OFFSET as SHOW MASTER STATUS has it, or as tellerdesk status shows it");
}

/* Whether the server still has the file we stand in: it says the same of one that was purged and one that never was. */
static bool have_log(struct mysql *m, const struct mysql_position *p, struct error *err)
{
	struct mysql_rows r;
	uint64_t wanted = mysql_log_number(p->file, p->file_len), first = 0;
	bool found = false;

	if (!mysql_client_rows(m->control, "SHOW BINARY LOGS", &r, err)) {
		mysql_rows_done(&r);
		return false;
	}
	while (!found && mysql_rows_next(&r)) {
		if (!first)
			first = mysql_log_number(r.cells[0], r.lens[0]);
		found = r.lens[0] == p->file_len && memcmp(r.cells[0], p->file, p->file_len) == 0 &&
			(!r.cells[1] || strtoull(r.cells[1], NULL, 10) >= p->pos);
	}
	mysql_rows_done(&r);
	if (found)
		return true;
	if (wanted < first) {
		error_set(err, ERROR_PURGED, "could not follow the log of server %s: %.*s was purged", mysql_client_name(m->control), (int)p->file_len, p->file);
		return error_hint(err, "keep logs longer (binlog_expire_logs_seconds, expire_logs_days), then: tellerdesk resync");
	}
	error_set(err, ERROR_FOREIGN, "could not follow the log of server %s: %.*s ends before our position, or is not there", mysql_client_name(m->control),
		  (int)p->file_len, p->file);
	return error_hint(err, "it was restored, replaced, or lost the end of its log; take it as it is now: tellerdesk resync --accept-server");
}

/* Asked by GTID the server may find our transactions in a log that was begun anew, or under another name: files count from 1 again,
 * and places in the two cannot be compared. */
static bool same_log(struct mysql *m, const struct mysql_position *p, struct error *err)
{
	struct mysql_position end;

	if (!p->file)
		return true;
	if (!mysql_log_end(m, &m->newest, err))
		return false;
	mysql_position_parse(buffer_text(&m->newest), &end);
	if (mysql_log_number(end.file, end.file_len) >= mysql_log_number(p->file, p->file_len))
		return true;
	error_set(err, ERROR_FOREIGN, "could not follow the log of server %s: it ends with %.*s, before our %.*s", mysql_client_name(m->control),
		  (int)end.file_len, end.file, (int)p->file_len, p->file);
	return error_hint(err, "the log was begun anew, or renamed; take it as it is now: tellerdesk resync --accept-server");
}

static void stream_place_at(struct mysql *m, const struct mysql_position *p)
{
	struct mysql_stream *st = &m->stream;

	buffer_clear(&st->file);
	if (p->file)
		buffer_add(&st->file, p->file, p->file_len);
	st->pos = p->file ? p->pos : 4;
	st->begun = st->expected_begun = p->begun;
	st->skip_to = 0;
	gtid_set_free(st->gtids);
	st->gtids = p->gtid ? gtid_set_parse(m->target.mariadb, p->gtid, strlen(p->gtid)) : NULL;
	st->gtid_dirty = true;
	if (!st->by_gtid && p->pos > UINT32_MAX) {
		st->skip_to = p->pos;
		st->pos = 4;
	}
}

/* Until the server has shown the log, or said why it does not: a position it does not know must not be taken for one that was
 * reached. */
static bool first_event(struct mysql *m, struct error *err)
{
	bool read;

	while (!m->stream.format.known)
		if (read_event(m, 1000, &read, err) == SOURCE_ERROR)
			return false;
		else if (source_stopped(&m->base, 0))
			return error_set(err, ERROR_INTERRUPTED, "could not follow server %s: stopped", mysql_client_name(m->control));
	return true;
}

static bool start_feed(struct mysql *m, const struct mysql_position *p, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct mysql_client *c = mysql_connect_more(m, err);
	struct feed_start start = {.pos = p->pos, .server_id = m->server_id, .uuid = m->uuid, .heartbeat = MYSQL_HEARTBEAT, .follow = true};

	if (!c)
		return false;
	start.file = buffer_text(&st->file);
	start.gtid = st->by_gtid ? p->gtid : NULL;
	st->feed = feed_server(c, &start, err);
	return st->feed && first_event(m, err);
}

static bool mysql_start(struct source *s, const char *position, struct error *err)
{
	struct mysql *m = (struct mysql *)s;
	struct mysql_stream *st = &m->stream;
	struct mysql_position p;

	if (!mysql_require(m, err) || !mysql_know_self(m, err))
		return false;
	if (!position) {
		if (!mysql_log_end(m, &m->newest, err))
			return false;
		position = buffer_text(&m->newest);
	}
	if (seen_is_position(position)) {
		error_set(err, ERROR_PURGED, "could not follow the log of server %s: until now its change table was followed", mysql_client_name(m->control));
		return error_hint(err, "where it stood in the log is not known; the tables are read anew: tellerdesk resync");
	}
	if (!mysql_position_parse(position, &p))
		return position_bad(m, position, err);
	/* MySQL's empty set asks for all there is; MariaDB has a place in a file beside its own. */
	st->by_gtid = p.gtid && (m->target.mariadb ? *p.gtid != '\0' : m->gtid_mode);
	if (!st->by_gtid && !p.file)
		return position_bad(m, position, err);
	if (!(st->by_gtid ? same_log(m, &p, err) : have_log(m, &p, err)))
		return false;
	stream_place_at(m, &p);
	if (p.gtid && !st->gtids)
		return position_bad(m, position, err);
	return start_feed(m, &p, err);
}

/* ---- following ---- */

static enum source_result mysql_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err)
{
	struct mysql *m = (struct mysql *)s;
	int64_t deadline = 0, looked = 0;
	enum source_result result;
	bool read = true, hurry = m->stream.given && timeout_ms == 0;

	*event = (struct source_event){.commit_time = TIME_NONE, .complete_to = TIME_NONE};
	for (;;) {
		if (m->stream.serving) {
			result = mysql_stream_serve(m, event, err);
			m->stream.given |= result == SOURCE_COMMIT;
			if (result != SOURCE_WAIT)
				return result;
		}
		int64_t now = clock_mono();
		if (!deadline)
			deadline = now + (int64_t)timeout_ms * 1000;
		/* With no time to wait the caller has something to commit first: it need not wait for what the server is asked. */
		int idle = hurry ? 0 : proof_idle(m, !read && timeout_ms > 0, event, err);
		if (idle)
			return idle > 0 ? SOURCE_IDLE : SOURCE_ERROR;
		if (now >= deadline + (read ? READ_ON : 0) || ((!read || now - looked >= LOOK_UP) && source_stopped(&m->base, 0))) {
			m->stream.given = false;
			return SOURCE_WAIT;
		}
		looked = read && now - looked < LOOK_UP ? looked : now;
		int64_t left = read || now >= deadline ? 0 : (deadline - now + 999) / 1000;
		result = read_event(m, (int)left, &read, err);
		if (result == SOURCE_ERROR)
			return SOURCE_ERROR;
		hurry &= !read;
	}
}

static void mysql_durable(struct source *s, const char *position)
{
	struct mysql *m = (struct mysql *)s;
	int kept = 0;

	for (int i = 0; i < m->decided_count; i++) {
		struct decided *d = &m->decided[i];
		if (mysql_position_reached(position, d->position)) {
			xa_forget(d->path);
			free(d->path);
			free(d->position);
		} else {
			m->decided[kept++] = *d;
		}
	}
	m->decided_count = kept;
}

static bool mysql_newest(struct source *s, const char **position, struct error *err)
{
	struct mysql *m = (struct mysql *)s;

	if (!mysql_log_end(m, &m->newest, err))
		return false;
	*position = buffer_text(&m->newest);
	return true;
}

static int64_t mysql_clock(struct source *s)
{
	return clock_now() + ((struct mysql *)s)->offset;
}

static bool mysql_columns(struct source *s, int entity, bool *present, struct error *err)
{
	struct mysql *m = (struct mysql *)s;

	/* Not in the middle of a transaction: its maps are made of what we know. */
	if (!m->stream.serving && !triggers_serving(m) && !mysql_shape_refresh(m, err))
		return false;
	sql_present_columns(&m->present, m->base.model, entity, &m->shape.tables[entity].base, present);
	return true;
}

static bool mysql_cascades(struct source *s, struct cascades *out, struct error *err)
{
	(void)err;
	*out = ((struct mysql *)s)->shape.cascades;
	return true;
}

static bool mysql_capture_sql(struct source *s, struct buffer *out, struct error *err)
{
	return triggers_script((struct mysql *)s, out, err);
}

/* The same server by another way: which one is known once the URL is read, so opening decides (source.ops), and what is asked of the
 * table of a scheme before, reached above all, is true of both. */
const struct source_ops mysql_triggers_ops = {
	.scheme = "mysql",
	.kind = "mysql",
	.time_precision = "us",
	.needs_sync = false,
	.copy = &mysql_copy_ops,
	.open = mysql_source_open,
	.identity = mysql_identity_of,
	.precision = mysql_precision,
	.start = triggers_start,
	.next = triggers_next,
	.durable = triggers_durable,
	.newest = triggers_newest,
	.reached = mysql_position_reached,
	.clock = mysql_clock,
	.columns = mysql_columns,
	.cascades = mysql_cascades,
	.check = mysql_check,
	.capture_sql = mysql_capture_sql,
	.describe = mysql_describe,
	.close = mysql_source_close,
};

const struct source_ops mysql_ops = {
	.scheme = "mysql",
	.kind = "mysql",
	.time_precision = "s",
	.needs_sync = false,
	.copy = &mysql_copy_ops,
	.open = mysql_source_open,
	.identity = mysql_identity_of,
	.precision = mysql_precision,
	.start = mysql_start,
	.next = mysql_next,
	.durable = mysql_durable,
	.newest = mysql_newest,
	.reached = mysql_position_reached,
	.clock = mysql_clock,
	.columns = mysql_columns,
	.cascades = mysql_cascades,
	.check = mysql_check,
	.capture_sql = mysql_capture_sql,
	.describe = mysql_describe,
	.close = mysql_source_close,
};
