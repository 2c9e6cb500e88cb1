/* csv: a drop folder as a source.
 *
 * A look at the folder gives a queue of batches in their order. The one at the
 * head is read twice: once to hash it, check it and count its rows, which decides
 * whether it is taken, and once to give its rows as changes. Both passes go a
 * block at a time, so that neither a time limit nor a request to stop waits for a
 * large file. Between the passes the file may change; then the hash of the second
 * pass differs, and the transaction ends in an error instead of a commit.
 *
 * What was committed is moved to done/ only once the replica holds it for good.
 * Until then the position names it with its hash, so that after a crash it is
 * known by its content and moved without being taken twice.
 */
#include "config.h"

#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "model/model.h"
#include "source/csv_private.h"
#include "source/csv_stream.h"

/* Between two looks; shorter where nothing but looking tells that a file is whole. */
#define CSV_LOOK_EVERY SECOND
#define CSV_LOOK_SOON  (SECOND / 10)

static struct csv_source *csv_of(struct source *s)
{
	return (struct csv_source *)s;
}

const struct entity *csv_entity(const struct csv_source *c, const struct csv_batch *b)
{
	return &c->base.model->entities[b->entity];
}

/* ---- opening ---- */

static struct source *csv_open(const struct source_params *p, struct error *err)
{
	const char *path = strncmp(p->url, "csv:", 4) == 0 ? p->url + 4 : "";
	struct csv_folder *folder;
	struct csv_source *c;

	if (!*path) {
		error_set(err, ERROR_USAGE, "could not open source \"%s\": it names no folder", p->url);
		error_hint(err, "csv:DIR, such as csv:/var/spool/bank");
		return NULL;
	}
	if (sodium_init() < 0) {
		error_set(err, ERROR_UNREACHABLE, "could not open source \"%s\": libsodium does not start", p->url);
		return NULL;
	}
	folder = csv_folder_open(path, err);
	if (!folder)
		return NULL;
	c = memory_zero(1, sizeof(*c));
	c->base = (struct source){.ops = &csv_ops, .model = p->model, .stop = p->stop};
	c->folder = folder;
	c->settle = p->settle;
	c->reject_percent = p->reject_percent;
	c->latin1 = p->encoding && strcmp(p->encoding, "latin1") == 0;
	c->looked = TIME_NONE;
	return &c->base;
}

static void csv_close(struct source *s)
{
	struct csv_source *c = csv_of(s);

	csv_work_end(&c->work);
	csv_queue_done(&c->queue);
	csv_position_done(&c->position);
	csv_folder_close(c->folder);
	for (size_t i = 0; i < c->flight_count; i++)
		free(c->flights[i].name);
	for (size_t i = 0; i < c->told_count; i++)
		free(c->told[i]);
	free(c->flights);
	free(c->told);
	free(c->waiting.name);
	buffer_done(&c->text);
	buffer_done(&c->newest);
	free(c);
}

static const char *csv_identity(struct source *s)
{
	return csv_folder_path(csv_of(s)->folder);
}

static int64_t csv_clock(struct source *s)
{
	(void)s;
	return clock_now();
}

/* ---- the head of the queue ---- */

/* Taken files that are not in the folder any more were moved: the position need not name them. */
static void csv_forget_moved(struct csv_source *c)
{
	for (size_t i = c->position.taken_count; i-- > 0;) {
		struct csv_taken *t = &c->position.taken[i];
		bool there = !t->durable;

		for (size_t k = 0; k < c->queue.count && !there; k++)
			there = strcmp(c->queue.files[k].name, t->name) == 0;
		if (!there)
			csv_position_drop(&c->position, t);
	}
}

static bool csv_look(struct csv_source *c, struct error *err)
{
	c->dirty = false;
	c->blocked = false;
	c->looked = clock_now();
	c->looked_mono = clock_mono();
	if (!csv_queue_fill(c, &c->queue, err))
		return false;
	csv_forget_moved(c);
	c->idle_due = true;
	return true;
}

/* Takes the file at the head of the queue in hand, if it can be. */
static bool csv_head(struct csv_source *c, struct error *err)
{
	const struct csv_file *f = &c->queue.files[c->queue.at];
	struct csv_identity id;
	int fd;

	switch (csv_folder_file(c->folder, f->name, &fd, &id, err)) {
	case CSV_OPENED:
		break;
	case CSV_OPEN_GONE:
		c->queue.at++;
		return true;
	case CSV_OPEN_REFUSED:
		csv_queue_tell(c, f->name, N_("it is not a plain file"));
		c->queue.at++;
		return true;
	case CSV_OPEN_ERROR:
		return false;
	}
	if (!csv_queue_whole(c, f->name, fd, &id)) {
		close(fd);
		c->blocked = true;
		return true;
	}
	c->queue.at++;
	csv_work_begin(c, f, fd, &id);
	return true;
}

static bool csv_is_settled(const struct csv_source *c, const struct csv_file *f)
{
	const struct csv_mark *mark = csv_position_mark(&c->position, csv_entity(c, &f->batch)->table);

	return mark && f->batch.stamp <= mark->last;
}

/* Clears away what an earlier run left behind: files taken but not yet moved, and files that came
 * too late. They have no part in any position to come, so a run that ends at a position must not
 * depend on meeting them. */
static bool csv_tidy(struct csv_source *c, struct error *err)
{
	if (!csv_look(c, err))
		return false;
	while (c->queue.at < c->queue.count && !source_stopped(&c->base, 0)) {
		if (!csv_is_settled(c, &c->queue.files[c->queue.at])) {
			c->queue.at++;
			continue;
		}
		if (!csv_head(c, err))
			return false;
		if (c->blocked)
			c->queue.at++;
		c->blocked = false;
		while (c->work.step != CSV_REST && !source_stopped(&c->base, 0)) {
			if (!csv_work_step(c, err))
				return false;
		}
		csv_work_end(&c->work);
	}
	c->looked = TIME_NONE;
	c->idle_due = false;
	return true;
}

static bool csv_start(struct source *s, const char *position, struct error *err)
{
	struct csv_source *c = csv_of(s);

	csv_position_done(&c->position);
	if (!csv_position_parse(&c->position, position)) {
		error_set(err, ERROR_REFUSED, "could not start at position \"%s\": it is not one of a drop folder",
			  position);
		return error_hint(err, "a position is TABLE=YYYYMMDDhhmmss,...");
	}
	return csv_tidy(c, err);
}

/* ---- the second pass ---- */

static const char *csv_text(struct csv_source *c)
{
	buffer_clear(&c->text);
	csv_position_print(&c->position, &c->text);
	return buffer_text(&c->text);
}

static enum source_result csv_emit_begin(struct csv_source *c, struct source_event *event)
{
	c->work.begun = true;
	event->commit_time = c->work.batch.at;
	event->raw_time = c->work.stamp;
	return SOURCE_BEGIN;
}

static enum source_result csv_emit_row(struct csv_source *c, const struct csv_row *row, struct source_event *event)
{
	struct csv_work *w = &c->work;
	const char *bad;

	arena_reset(&w->arena);
	bad = csv_shape_row(&w->shape, row, w->values, &w->arena);
	event->bytes = (int64_t)row->raw_len;
	event->change = (struct change){.op = CHANGE_MERGE, .entity = w->batch.entity, .after = w->values};
	if (bad) {
		event->change = (struct change){.op = CHANGE_REJECT, .entity = w->batch.entity, .reason = bad};
		event->change.raw = row->raw;
		event->change.raw_len = row->raw_len;
		event->change.line = row->line;
	}
	return SOURCE_CHANGE;
}

static enum source_result csv_emit_end(struct csv_source *c, struct source_event *event, struct error *err)
{
	struct csv_work *w = &c->work;

	if (memcmp(csv_stream_hash(w->stream), w->hash, CSV_HASH_SIZE) != 0) {
		error_set(err, ERROR_UNREACHABLE, "could not take \"%s/%s\": it changed while it was read",
			  csv_folder_path(c->folder), w->name);
		error_hint(err, "write it under another name, such as .NAME, and rename it when it is whole");
		csv_work_end(w);
		return SOURCE_ERROR;
	}
	csv_position_take(&c->position, csv_entity(c, &w->batch)->table, w->batch.stamp);
	csv_position_keep(&c->position, w->name, w->hash);
	c->flights = memory_grow(c->flights, (c->flight_count + 1) * sizeof(*c->flights));
	c->flights[c->flight_count++] = (struct csv_flight){.name = memory_text(w->name), .id = w->id};
	c->moved = false;
	csv_work_end(w);
	event->position = csv_text(c);
	return SOURCE_COMMIT;
}

/* The next event of the batch in hand; SOURCE_WAIT: a block was read, and somebody may want us to stop. */
static enum source_result csv_emit(struct csv_source *c, struct source_event *event, struct error *err)
{
	struct csv_work *w = &c->work;
	struct csv_row row;

	if (!w->begun)
		return csv_emit_begin(c, event);
	for (;;) {
		switch (csv_stream_next(w->stream, &row)) {
		case CSV_STREAM_ROW:
			if (w->header)
				return csv_emit_row(c, &row, event);
			w->header = true;
			break;
		case CSV_STREAM_BLOCK:
			return SOURCE_WAIT;
		case CSV_STREAM_END:
			return csv_emit_end(c, event, err);
		case CSV_STREAM_ERROR:
			error_set(err, ERROR_UNREACHABLE, "could not read \"%s/%s\": %s", csv_folder_path(c->folder),
				  w->name, strerror(errno));
			csv_work_end(w);
			return SOURCE_ERROR;
		}
	}
}

/* ---- next ---- */

static int64_t csv_next_look(const struct csv_source *c)
{
	if (c->looked == TIME_NONE || c->dirty)
		return 0;
	return c->looked_mono + (c->blocked && c->waiting.unknown ? CSV_LOOK_SOON : CSV_LOOK_EVERY);
}

/* Until something happens in the folder, or somebody wants us to stop, or `until` of the monotonic clock. */
static void csv_wait(struct csv_source *c, int64_t until)
{
	struct pollfd fds[2] = {
		{.fd = c->base.stop, .events = POLLIN},
		{.fd = csv_folder_watch(c->folder), .events = POLLIN},
	};
	int64_t left = until - clock_mono();

	if (left > 0)
		poll(fds, 2, (int)((left + 999) / 1000));
	c->dirty |= csv_folder_events(c->folder, csv_queue_closed, c);
}

static enum source_result csv_idle(struct csv_source *c, struct source_event *event)
{
	c->idle_due = false;
	event->complete_to = c->looked;
	event->position = c->moved ? csv_text(c) : NULL;
	c->moved = false;
	return SOURCE_IDLE;
}

static enum source_result csv_fail(struct csv_source *c)
{
	csv_work_end(&c->work);
	c->dirty = true;
	return SOURCE_ERROR;
}

static enum source_result csv_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err)
{
	struct csv_source *c = csv_of(s);
	int64_t deadline = clock_mono() + timeout_ms * INT64_C(1000);

	*event = (struct source_event){.commit_time = TIME_NONE, .complete_to = TIME_NONE};
	for (;;) {
		if (c->work.step == CSV_EMIT) {
			enum source_result r = csv_emit(c, event, err);

			if (r != SOURCE_WAIT || source_stopped(&c->base, 0))
				return r;
			continue;
		}
		if (source_stopped(&c->base, 0))
			return SOURCE_WAIT;
		if (c->work.step != CSV_REST) {
			if (!csv_work_step(c, err))
				return csv_fail(c);
			if (c->work.step != CSV_EMIT && clock_mono() > deadline)
				return SOURCE_WAIT;
		} else if (c->queue.at < c->queue.count && !c->blocked) {
			if (!csv_head(c, err))
				return csv_fail(c);
		} else if (c->idle_due) {
			return csv_idle(c, event);
		} else if (clock_mono() >= csv_next_look(c)) {
			/* Taken before the look: what happens during it is worth another. */
			csv_folder_events(c->folder, csv_queue_closed, c);
			if (!csv_look(c, err))
				return csv_fail(c);
		} else if (clock_mono() >= deadline) {
			return SOURCE_WAIT;
		} else {
			int64_t look = csv_next_look(c);

			csv_wait(c, look < deadline ? look : deadline);
		}
	}
}

/* ---- after the commit ---- */

/* The replica holds the batch for good: its file may go, if it still is the file that was read. */
static void csv_flight_land(struct csv_source *c, size_t i)
{
	struct csv_flight flight = c->flights[i];
	struct csv_taken *taken = csv_position_find(&c->position, flight.name);
	struct error err = {0};

	c->flight_count--;
	memmove(c->flights + i, c->flights + i + 1, (c->flight_count - i) * sizeof(*c->flights));
	if (taken)
		taken->durable = true;
	switch (csv_folder_done(c->folder, flight.name, &flight.id, false, &err)) {
	case CSV_MOVED:
		if (taken)
			csv_position_drop(&c->position, taken);
		c->moved = true; /* the position need not name it any more */
		break;
	case CSV_MOVE_CHANGED: /* the next look finds it under a name whose content is known */
		c->dirty = true;
		break;
	case CSV_MOVE_ERROR: /* so does this; and then it is an error that stops the source */
		log_line(LOG_ERROR, "%s", err.message);
		c->dirty = true;
		break;
	}
	free(flight.name);
}

static void csv_durable(struct source *s, const char *position)
{
	struct csv_source *c = csv_of(s);
	struct csv_position held;
	bool landed = false;

	if (!csv_position_parse(&held, position))
		return;
	for (size_t i = 0; i < c->flight_count;) {
		struct csv_batch batch;
		const struct csv_mark *mark = NULL;

		if (csv_batch_parse(c->base.model, c->flights[i].name, &batch) == CSV_NAME_BATCH)
			mark = csv_position_mark(&held, csv_entity(c, &batch)->table);
		if (!mark || mark->last < batch.stamp) {
			i++;
			continue;
		}
		csv_flight_land(c, i);
		landed = true;
	}
	if (landed)
		csv_folder_sync(c->folder);
	csv_position_done(&held);
}

/* ---- where the folder stands ---- */

static bool csv_newest(struct source *s, const char **position, struct error *err)
{
	struct csv_source *c = csv_of(s);
	struct csv_position newest = {0};
	struct csv_queue queue = {0};

	if (!csv_queue_fill(c, &queue, err))
		return false;
	for (size_t i = 0; i < c->position.mark_count; i++) {
		const struct csv_mark *mark = &c->position.marks[i];

		csv_position_take(&newest, mark->table, mark->last);
		csv_position_see(&newest, mark->table, mark->seen);
	}
	for (size_t i = 0; i < queue.count; i++) {
		const struct csv_file *f = &queue.files[i];
		struct csv_identity id;
		enum csv_writer writer;
		int fd;

		if (csv_folder_file(c->folder, f->name, &fd, &id, NULL) != CSV_OPENED)
			continue;
		writer = csv_folder_writer(fd);
		close(fd);
		/* One that is being written is not there yet, nor, since order is kept, are those after it. */
		if (writer == CSV_WRITER_SOME)
			break;
		csv_position_take(&newest, csv_entity(c, &f->batch)->table, f->batch.stamp);
	}
	buffer_clear(&c->newest);
	csv_position_print(&newest, &c->newest);
	*position = buffer_text(&c->newest);
	csv_position_done(&newest);
	csv_queue_done(&queue);
	return true;
}

static bool csv_reached(const char *a, const char *b)
{
	struct csv_position x, y;
	bool reached = csv_position_parse(&x, a);

	reached = csv_position_parse(&y, b) && reached && csv_position_reached(&x, &y);
	csv_position_done(&x);
	csv_position_done(&y);
	return reached;
}

/* A folder has no catalogue: any column may come with the next file. */
static bool csv_columns(struct source *s, int entity, bool *present, struct error *err)
{
	(void)err;
	for (int i = 0; i < s->model->entities[entity].column_count; i++)
		present[i] = true;
	return true;
}

/* ---- preflight ---- */

struct csv_check {
	void (*found)(void *ctx, const struct source_finding *f);
	void *ctx;
};

static void csv_check_say(const struct csv_check *k, bool refuse, const char *object, const char *detail,
			  const char *fix)
{
	struct source_finding finding = {.refuse = refuse, .object = object, .detail = detail, .fix = fix};

	k->found(k->ctx, &finding);
}

/* The header of one file, as far as it can be read now. */
static void csv_check_file(struct csv_source *c, const struct csv_check *k, const struct csv_file *f, int fd)
{
	struct csv_stream *stream = csv_stream_new(fd, c->latin1);
	struct buffer reason = {0}, ignored = {0};
	struct csv_shape shape = {0};
	struct csv_row row;
	enum csv_stream_result r;

	while ((r = csv_stream_next(stream, &row)) == CSV_STREAM_BLOCK)
		;
	if (r == CSV_STREAM_END)
		csv_check_say(k, false, f->name, N_("the file is empty, without so much as a header"),
			      N_("write the header first"));
	if (r == CSV_STREAM_ERROR)
		csv_check_say(k, true, f->name, strerror(errno), N_("let the user who runs tellerdesk read it"));
	if (r == CSV_STREAM_ROW &&
	    !csv_shape_init(&shape, csv_entity(c, &f->batch), c->base.model->zone, &row, &reason, &ignored))
		csv_check_say(k, false, f->name, buffer_text(&reason),
			      N_("correct the header; as it is, the file goes to failed/"));
	else if (ignored.len > 0)
		csv_check_say(k, false, f->name, buffer_text(&ignored),
			      N_("these columns are ignored; to keep them, declare them in the model"));
	csv_shape_done(&shape);
	csv_stream_free(stream);
	buffer_done(&reason);
	buffer_done(&ignored);
}

static bool csv_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx,
		      struct error *err)
{
	struct csv_source *c = csv_of(s);
	struct csv_check k = {.found = found, .ctx = ctx};
	struct csv_queue queue = {0};
	const char *path = csv_folder_path(c->folder);

	if (access(path, W_OK | X_OK) != 0)
		csv_check_say(&k, true, path, N_("files cannot be moved out of the folder once they are taken"),
			      N_("let the user who runs tellerdesk write into it"));
	if (!csv_queue_fill(c, &queue, err))
		return false;
	for (size_t i = 0; i < queue.count; i++) {
		const struct csv_file *f = &queue.files[i];
		struct csv_identity id;
		struct error why = {0};
		int fd;

		switch (csv_folder_file(c->folder, f->name, &fd, &id, &why)) {
		case CSV_OPENED:
			csv_check_file(c, &k, f, fd);
			close(fd);
			break;
		case CSV_OPEN_REFUSED:
			csv_check_say(&k, false, f->name, N_("it is not a plain file"),
				      N_("put the file itself here, not a link to it"));
			break;
		case CSV_OPEN_ERROR:
			csv_check_say(&k, true, f->name, why.message, N_("let the user who runs tellerdesk read it"));
			break;
		case CSV_OPEN_GONE:
			break;
		}
	}
	csv_queue_done(&queue);
	return true;
}

const struct source_ops csv_ops = {
	.scheme = "csv",
	.kind = "csv",
	.time_precision = "s",
	.needs_sync = true,
	.copy = NULL,
	.open = csv_open,
	.identity = csv_identity,
	.start = csv_start,
	.next = csv_next,
	.durable = csv_durable,
	.newest = csv_newest,
	.reached = csv_reached,
	.clock = csv_clock,
	.columns = csv_columns,
	.check = csv_check,
	.close = csv_close,
};
