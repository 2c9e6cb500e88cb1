#include "config.h"

#include "ingest/session.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "base/memory.h"
#include "ingest/board.h"
#include "ingest/ingest.h"
#include "ingest/snapshot.h"
#include "model/cascade.h"
#include "model/model.h"
#include "replica/apply.h"
#include "replica/replica.h"
#include "replica/search_index.h"
#include "source/source.h"

#define BATCH_ROWS 20000                /* rows after which a commit is due while catching up, at most */
#define BATCH_LEAST 500                 /* and at least, where the cache is soon full */
#define BATCH_TIME (100 * (SECOND / 1000))
#define COPY_BATCH_TIME (20 * (SECOND / 1000)) /* the same while a copy waits for its turn between commits */
#define DESCRIBE_EVERY (10 * SECOND)    /* what the source tells of its server; at least a hundred times what asking takes */
#define TICK SECOND                     /* of the status row when nothing else is committed */
#define STATUS_EVERY (SECOND / 4)       /* of the status row inside commits */
#define ANSWER_STANDS SECOND            /* before the next request is taken */
#define SEARCH_SLICE 500                /* queued names worked off at a time */
#define IDLE_WAIT 250                   /* ms a call of next may wait */

enum { RELOAD_ALL = -1, RELOAD_NONE = -2 };

struct session {
	const struct session_context *c;
	struct replica *replica;
	struct source *source;
	struct apply *apply;
	struct snapshot *snapshot;
	char *target;               /* position to end at, or NULL */
	int64_t target_time;        /* all up to then is known when it is reached: the last commit's time, or when `once` began */
	int64_t complete_to;        /* all up to then was applied or given */
	int64_t commit_time;        /* of the transaction under way */
	bool caught_up;             /* the source had nothing more at the last look */
	bool posted_rows;           /* rows were applied since the last commit */
	int64_t batch_rows, batch_most, batch_began;
	int64_t status_at;          /* when the status row was written last, monotonic */
	int64_t ticked_at;          /* when what is looked at once a second was, monotonic: commits do not put it off */
	char *details;              /* what the source told of its server, until it is written; or NULL */
	int64_t describe_resting, describe_busy; /* when it is asked next: while nothing is left to apply, and else; monotonic */
	int64_t rate_at, rate_count;
	double rate;
	int64_t copy_at, copy_rows;
	double copy_rate;
	int reload;                 /* entity to copy again when the transaction ends; RELOAD_NONE, RELOAD_ALL */
	bool searching;             /* the search index has more to do */
	bool untold;                /* the source was not told of all that is committed */
	int64_t told_at;            /* when it was last, monotonic; 0: not yet */
};

/* ---- status ---- */

bool session_status(struct replica *r, const char *state, const struct error *err)
{
	struct error ignored = {0};
	struct status_row row = {.state = state, .complete_to = TIME_NONE, .copy_percent = -1};
	if (err && err->message[0]) {
		row.error = err->message;
		row.hint = err->hint[0] ? err->hint : NULL;
	}
	return replica_status(r, &row, &ignored);
}

void session_answer_error(struct replica *r, struct session_request *request, const char *state, const struct error *err)
{
	struct error ignored = {0};
	if (!request->id[0])
		return;
	json_t *json = json_pack("{s:i, s:s, s:s}", "code", (int)err->code, "message", err->message, "hint", err->hint);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct status_row row = {.state = state, .complete_to = TIME_NONE, .copy_percent = -1, .error = err->message,
	                         .hint = err->hint[0] ? err->hint : NULL, .request = request->id, .answer = text};
	replica_status(r, &row, &ignored);
	free(text);
	json_decref(json);
	request->id[0] = '\0';
	request->answered_at = clock_mono();
}

static void measure(struct session *s, int64_t now)
{
	int64_t elapsed = now - s->rate_at;
	if (elapsed < SECOND)
		return;
	int64_t count = apply_count(s->apply);
	s->rate = (double)(count - s->rate_count) * (double)SECOND / (double)elapsed;
	s->rate_count = count;
	s->rate_at = now;
	struct copy_progress p;
	copy_progress(s->replica, &p);
	s->copy_rate = (double)(p.rows - s->copy_rows) * (double)SECOND / (double)elapsed;
	s->copy_rows = p.rows;
}

static void show_progress(const struct session *s, const struct status_row *row)
{
	if (!s->c->params->progress || row->copy_percent < 0)
		return;
	fputc('\r', stderr);
	fprintf(stderr, _("copying %5.1f %%  %lld rows  %.0f rows/s "), row->copy_percent, (long long)row->copy_rows, row->copy_rate);
}

static bool write_status(struct session *s, struct error *err)
{
	int64_t now = clock_mono();
	measure(s, now);
	struct copy_progress p;
	struct status_row row = {.state = "live", .complete_to = TIME_NONE, .rate = s->rate, .copy_percent = -1};
	row.clock_offset = s->source->ops->clock(s->source) - clock_now();
	if (copy_progress(s->replica, &p)) {
		row.state = p.resync ? "resync" : "snapshot";
		row.copy_percent = snapshot_percent(s->snapshot);
		row.copy_rows = p.rows;
		row.copy_rate = s->copy_rate;
	} else {
		row.complete_to = s->complete_to;
	}
	row.details = s->details;
	show_progress(s, &row);
	s->status_at = now;
	if (!replica_status(s->replica, &row, err))
		return false;
	free(s->details);
	s->details = NULL;
	return true;
}

/* What the status row shall tell of the server. When it cannot be had the last word stands: that nobody answers is told by next. */
static void describe(struct session *s)
{
	const struct source_ops *ops = s->source->ops;
	struct buffer text = {0};
	struct error ignored = {0};
	int64_t began = clock_mono();
	if (!ops->describe)
		return;
	if (ops->describe(s->source, &text, &ignored)) {
		free(s->details);
		s->details = buffer_take(&text);
	}
	buffer_done(&text);
	int64_t now = clock_mono(), cost = 100 * (now - began);
	s->describe_busy = now + (cost > DESCRIBE_EVERY ? cost : DESCRIBE_EVERY);
	/* What was told on the way to the end of the log is out of date once we are there. */
	s->describe_resting = s->caught_up ? s->describe_busy : now + cost;
}

static void post(struct session *s, unsigned topics)
{
	if (s->c->board)
		board_post(s->c->board, topics);
}

/* ---- transactions ---- */

/* Tells the source what it need not keep for us any more. Where it forgets that, the replica is synced before: a commit alone may
 * be lost with the machine. Outside a transaction, so that the position is one that was committed. */
static bool make_durable(struct session *s, struct error *err)
{
	const char *position = replica_position(s->replica);
	if (s->source->ops->needs_sync && !replica_sync(s->replica, err))
		return false;
	if (position)
		s->source->ops->durable(s->source, position);
	s->untold = false;
	s->told_at = clock_mono();
	return true;
}

/* Microseconds until the source is told; 0: it is due, or there is nothing to tell. */
static int64_t durable_in(const struct session *s)
{
	int64_t left = s->told_at + s->source->ops->sync_every - clock_mono();
	return s->untold && s->told_at && left > 0 ? left : 0;
}

static bool make_durable_when_due(struct session *s, struct error *err)
{
	return !s->untold || durable_in(s) || make_durable(s, err);
}

static bool commit(struct session *s, struct error *err)
{
	if (!replica_in_transaction(s->replica))
		return true;
	bool status = clock_mono() - s->status_at > STATUS_EVERY;
	if ((status && !write_status(s, err)) || !replica_commit(s->replica, err))
		return false;
	s->untold = true;
	if (!make_durable_when_due(s, err))
		return false;
	post(s, (s->posted_rows ? BOARD_ROWS | BOARD_ROLLUPS : 0) | (status ? BOARD_STATUS : 0));
	s->posted_rows = false;
	s->batch_rows = 0;
	return true;
}

/* Rows far from each other fill the replica's cache long before BATCH_ROWS: what then follows costs more than a commit. */
static void fit_batch(struct session *s)
{
	if (replica_is_full(s->replica))
		s->batch_most = s->batch_rows > 2 * BATCH_LEAST ? s->batch_rows * 3 / 4 : BATCH_LEAST;
	else if (s->batch_rows >= s->batch_most)
		s->batch_most += s->batch_most / 16;
	if (s->batch_most > BATCH_ROWS)
		s->batch_most = BATCH_ROWS;
}

static bool commit_is_due(const struct session *s)
{
	int64_t most = copy_running(s->replica) ? COPY_BATCH_TIME : BATCH_TIME;
	return s->batch_rows >= s->batch_most || replica_is_full(s->replica) || clock_mono() - s->batch_began > most;
}

static bool on_event(struct session *s, enum source_result result, const struct source_event *e, struct error *err)
{
	switch (result) {
	case SOURCE_BEGIN: {
		struct apply_times t = {e->commit_time, e->raw_time, s->source->ops->clock(s->source)};
		if (!replica_in_transaction(s->replica))
			s->batch_began = clock_mono();
		s->caught_up = false;
		s->commit_time = e->commit_time < t.source_clock ? e->commit_time : t.source_clock;
		if (s->c->params->until)
			s->target_time = e->commit_time;
		return apply_begin(s->apply, &t, err);
	}
	case SOURCE_CHANGE:
		s->batch_rows++;
		s->posted_rows = true;
		if (e->change.op == CHANGE_RELOAD)
			s->reload = s->reload == RELOAD_NONE || s->reload == e->change.entity ? e->change.entity : RELOAD_ALL;
		return apply_change(s->apply, &e->change, err);
	case SOURCE_COMMIT:
		if (!apply_end(s->apply, e->position, err))
			return false;
		/* A log is in the order of its commits: all before this one was applied. Stamps of batches say nothing of the kind. */
		if (s->source->ops->copy && s->commit_time > s->complete_to)
			s->complete_to = s->commit_time;
		/* A reload is begun in the same commit as the position past its cause: killed in between, nobody would know of it. */
		if (!commit_is_due(s) || s->reload != RELOAD_NONE)
			return true;
		/* The source has given more than fits a commit without a rest. */
		replica_catching_up(s->replica, true);
		fit_batch(s);
		return commit(s, err);
	case SOURCE_IDLE:
		s->caught_up = true;
		s->complete_to = e->complete_to;
		return (!e->position || apply_position(s->apply, e->position, err)) && commit(s, err);
	default:
		/* A source may wait in the middle of a transaction, when it is stopped for instance. */
		return apply_is_open(s->apply) || commit(s, err);
	}
}

/* ---- copies ---- */

static bool begin_copy(struct session *s, const struct snapshot_how *how, struct error *err)
{
	replica_catching_up(s->replica, true);
	if (how->gap_reason)
		log_line(LOG_WARN, "tables are compared row by row, a gap is noted: %s", how->gap_reason);
	return snapshot_begin(s->snapshot, how, err);
}

/* The answer of a resync: what it changed, by entity, in the status row under the request's id. */
static bool answer_request(struct session *s, struct error *err)
{
	struct buffer json = {0};
	const struct model *m = replica_model(s->replica);
	buffer_char(&json, '[');
	for (int i = 0; i < m->entity_count; i++) {
		const struct copy_counts *n = copy_counts_of(s->replica, i);
		buffer_format(&json, "%s[%lld,%lld,%lld]", i ? "," : "", (long long)n->inserted, (long long)n->updated, (long long)n->closed);
	}
	buffer_char(&json, ']');
	struct status_row row = {.state = "live", .complete_to = TIME_NONE, .copy_percent = -1, .request = s->c->request->id,
	                         .answer = buffer_text(&json)};
	bool ok = replica_status(s->replica, &row, err);
	buffer_done(&json);
	if (ok) {
		s->c->request->id[0] = '\0';
		s->c->request->answered_at = clock_mono();
	}
	return ok;
}

static bool copy_step(struct session *s, bool *busy, struct error *err)
{
	*busy = false;
	if (!s->source->ops->copy)
		return true;
	switch (snapshot_step(s->snapshot, err)) {
	case SNAPSHOT_FAILED:
		return false;
	case SNAPSHOT_WORKED:
		*busy = true;
		post(s, BOARD_ROWS);
		return true;
	case SNAPSHOT_DONE:
		*busy = true;
		post(s, BOARD_ROWS | BOARD_ROLLUPS | BOARD_STATUS);
		if (s->c->params->progress)
			fprintf(stderr, "\n");
		s->status_at = 0;
		return !s->c->request->id[0] || answer_request(s, err);
	case SNAPSHOT_WAITS:
	case SNAPSHOT_NONE:
		return true;
	}
	return true;
}

static bool start_resync(struct session *s, const struct session_task *task, struct error *err)
{
	struct snapshot_how how = {task->entity, true, task->fresh, task->gap_reason};
	return commit(s, err) && begin_copy(s, &how, err);
}

/* Columns that the replica does not know yet are read with a resync of their tables. */
static bool fill_added(struct session *s, struct error *err)
{
	int entity = copy_to_fill(s->replica);
	struct session_task task = {.resync = true, .entity = entity};
	return entity == -2 || !s->source->ops->copy || start_resync(s, &task, err);
}

/* A request of another process, one at a time; true in *reopen when the replica must be opened again for it. */
static bool take_request(struct session *s, bool *reopen, struct error *err)
{
	struct request r;
	*reopen = false;
	if (s->c->request->id[0] || clock_mono() - s->c->request->answered_at < ANSWER_STANDS || !request_take(s->c->params->replica_path, &r))
		return true;
	if (r.adopt_model || r.accept_server) {
		*s->c->reopen = r;
		*reopen = true;
		return true;
	}
	struct session_task task = {.resync = true, .entity = r.entity[0] ? model_entity(replica_model(s->replica), r.entity) : -1};
	memcpy(s->c->request->id, r.id, sizeof r.id);
	request_done(&r);
	return s->source->ops->copy ? start_resync(s, &task, err) : answer_request(s, err);
}

/* ---- opening ---- */

/* As the catalogue says now. */
static bool set_cascades(struct session *s, struct error *err)
{
	struct cascades rules;
	if (!s->source->ops->cascades)
		return true;
	return s->source->ops->cascades(s->source, &rules, err) && apply_set_cascades(s->apply, &rules, err);
}

/* The bank has no such table. */
static bool lacks_all(const bool *present, int count)
{
	for (int i = 0; i < count; i++)
		if (present[i])
			return false;
	return true;
}

static bool check_columns(struct session *s, struct error *err)
{
	const struct model *m = replica_model(s->replica);
	struct buffer missing = {0};
	for (int i = 0; i < m->entity_count; i++) {
		const struct entity *e = &m->entities[i];
		bool *present = memory_zero((size_t)e->column_count, sizeof *present);
		bool ok = s->source->ops->columns(s->source, i, present, err);
		for (int c = 0; ok && c < e->column_count; c++)
			if (!present[c] && !e->columns[c].optional && !(e->optional && lacks_all(present, e->column_count)))
				buffer_format(&missing, "%s%s.%s", missing.len ? ", " : "", e->table, e->columns[c].name);
		ok = ok && replica_set_columns(s->replica, i, present, err);
		free(present);
		if (!ok) {
			buffer_done(&missing);
			return false;
		}
	}
	bool ok = !missing.len;
	if (!ok) {
		error_set(err, ERROR_REFUSED, "could not follow the source: it lacks %s", buffer_text(&missing));
		error_hint(err, "correct the model, mark the columns optional, or see tellerdesk check-source");
	}
	buffer_done(&missing);
	return ok && set_cascades(s, err);
}

static bool start_stream(struct session *s, struct error *err)
{
	struct session_task *task = s->c->task;
	const struct source_ops *ops = s->source->ops;
	bool first = !replica_position(s->replica);
	if (ops->copy && (first || (task->resync && task->fresh))) {
		struct snapshot_how how = {task->resync ? task->entity : -1, !first, true, first ? NULL : task->gap_reason};
		if (!first)
			how.entity = -1; /* a position that does not hold holds for no entity */
		if (!begin_copy(s, &how, err))
			return false;
		*task = (struct session_task){.entity = -1};
	}
	if (!ops->start(s->source, replica_position(s->replica), err))
		return false;
	struct session_task now = *task;
	*task = (struct session_task){.entity = -1};
	if (ops->copy && now.resync)
		return start_resync(s, &now, err);
	/* A source without tables to read has nothing to reconcile. */
	if (!ops->copy && s->c->request->id[0])
		return answer_request(s, err);
	return fill_added(s, err);
}

static bool open_session(struct session *s, struct error *err)
{
	const struct ingest_params *p = s->c->params;
	struct source_params sp = {.url = p->source_url, .model = replica_model(s->replica), .state_folder = p->state_folder,
	                           .replica = p->replica_path, .stop = s->c->stop_fd,
	                           .settle = p->settle, .reject_percent = p->reject_percent, .encoding = p->encoding};
	s->source = source_open(&sp, err);
	if (!s->source)
		return false;
	s->snapshot = snapshot_new(s->replica, s->source);
	if (s->source->ops->precision && !replica_set_precision(s->replica, s->source->ops->precision(s->source), err))
		return false;
	if (!replica_set_identity(s->replica, s->source->ops->identity(s->source), p->accept_server || s->c->task->accept_server, err) ||
	    !check_columns(s, err) || !start_stream(s, err))
		return false;
	if (p->until) {
		s->target = memory_text(p->until);
	} else if (p->once) {
		const char *newest;
		if (!s->source->ops->newest(s->source, &newest, err))
			return false;
		s->target = memory_text(newest);
		s->target_time = s->source->ops->clock(s->source);
	}
	return true;
}

static void close_session(struct session *s, bool failed)
{
	struct error ignored = {0};
	/* Whole source transactions that wait for company are kept. After a failure nothing is: what failed may have done half of its
	 * work, and SQLite may have rolled back the rest already. */
	if (replica_in_transaction(s->replica) && (failed || apply_is_open(s->apply) || !commit(s, &ignored)))
		replica_rollback(s->replica);
	/* Whatever was told last: a copy's commits tell nothing. */
	if (!failed && s->source && replica_position(s->replica))
		make_durable(s, &ignored);
	snapshot_free(s->snapshot);
	apply_free(s->apply);
	if (s->source)
		s->source->ops->close(s->source);
	free(s->details);
	free(s->target);
}

/* ---- the loop ---- */

static bool done(const struct session *s)
{
	if (!s->target || copy_running(s->replica))
		return false;
	const char *position = replica_position(s->replica);
	/* An empty source has nothing to reach. */
	return !*s->target || (position && s->source->ops->reached(position, s->target));
}

/* Between source transactions, while nothing is uncommitted: copies, requests, the search index, the status row. */
static bool between(struct session *s, bool *busy, bool *reopen, struct error *err)
{
	if (s->reload != RELOAD_NONE) {
		struct snapshot_how how = {.entity = s->reload, .resync = true};
		s->reload = RELOAD_NONE;
		if (!check_columns(s, err) || (s->source->ops->copy ? !begin_copy(s, &how, err) : !commit(s, err)))
			return false;
	}
	if (replica_in_transaction(s->replica))
		return true;
	if (!make_durable_when_due(s, err) || !copy_step(s, busy, err))
		return false;
	if (s->caught_up && !*busy) {
		replica_catching_up(s->replica, false);
		if (!search_follow(s->replica, SEARCH_SLICE, &s->searching, err))
			return false;
	}
	int64_t now = clock_mono();
	/* Commits write the status row too, and under a backlog nothing else does. */
	if (now >= (s->caught_up ? s->describe_resting : s->describe_busy))
		describe(s);
	if (now - s->ticked_at < TICK)
		return true;
	s->ticked_at = now;
	bool ok = replica_is_there(s->replica, err) && write_status(s, err) && check_columns(s, err) && fill_added(s, err) && take_request(s, reopen, err);
	post(s, BOARD_STATUS);
	return ok;
}

/* The target is reached, and nothing past it was applied. */
static enum session_end finish(struct session *s, struct error *err)
{
	if (!commit(s, err) || (s->untold && !make_durable(s, err)))
		return SESSION_FAILED;
	if (s->complete_to == TIME_NONE || s->complete_to < s->target_time)
		s->complete_to = s->target_time;
	s->caught_up = true;
	for (bool more = true; more && !*s->c->stop;) {
		bool tick = clock_mono() - s->status_at > TICK;
		if (!search_follow(s->replica, SEARCH_SLICE, &more, err) || (tick && !write_status(s, err)))
			return SESSION_FAILED;
	}
	describe(s);
	if (!write_status(s, err))
		return SESSION_FAILED;
	replica_checkpoint(s->replica);
	return SESSION_DONE;
}

/* How long next may wait, ms. */
static int wait_of(const struct session *s, bool busy)
{
	/* In the middle of a transaction there is nothing to do but to wait for the rest of it. */
	if (apply_is_open(s->apply))
		return IDLE_WAIT;
	if (busy || (s->searching && s->caught_up) || replica_in_transaction(s->replica))
		return 0;
	int64_t left = durable_in(s) / 1000;
	return s->untold && left < IDLE_WAIT ? (int)left + 1 : IDLE_WAIT;
}

static enum session_end loop(struct session *s, struct error *err)
{
	bool busy = true;
	while (!*s->c->stop) {
		struct source_event event = {0};
		enum source_result result = s->source->ops->next(s->source, wait_of(s, busy), &event, err);
		if (result == SOURCE_ERROR)
			return SESSION_FAILED;
		if (!on_event(s, result, &event, err))
			return SESSION_FAILED;
		if (apply_is_open(s->apply))
			continue;
		bool reopen = false;
		if (!between(s, &busy, &reopen, err))
			return SESSION_FAILED;
		if (reopen)
			return SESSION_REOPEN;
		if (done(s))
			return finish(s, err);
	}
	return SESSION_STOPPED;
}

enum session_end session_run(const struct session_context *c, struct error *err)
{
	struct session s = {.c = c, .replica = c->replica, .complete_to = TIME_NONE, .target_time = TIME_NONE, .reload = RELOAD_NONE,
	                    .batch_most = BATCH_ROWS, .rate_at = clock_mono(), .describe_busy = clock_mono() + SECOND};
	s.apply = apply_new(c->replica);
	enum session_end end = open_session(&s, err) ? loop(&s, err) : SESSION_FAILED;
	close_session(&s, end == SESSION_FAILED);
	if (end == SESSION_FAILED && *c->stop)
		end = SESSION_STOPPED; /* what broke, broke because it was stopped */
	return end;
}
