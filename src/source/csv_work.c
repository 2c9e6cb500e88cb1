/* One batch, read once to judge it. The rows follow in a second pass, so that a
 * batch that is put aside leaves no trace in the replica.
 */
#include "config.h"

#include "source/csv_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "model/model.h"
#include "model/value.h"
#include "source/csv_stream.h"

/* Bad rows told in the reason beside a file. */
enum { CSV_FAULTS_MAX = 10 };

void csv_work_begin(struct csv_source *c, const struct csv_file *f, int fd, const struct csv_identity *id)
{
	struct csv_work *w = &c->work;

	*w = (struct csv_work){
		.step = CSV_COUNT,
		.name = memory_text(f->name),
		.batch = f->batch,
		.fd = fd,
		.done_fd = -1,
		.id = *id,
		.stream = csv_stream_new(fd, c->latin1),
	};
	w->values = memory_zero((size_t)csv_entity(c, &f->batch)->column_count, sizeof(*w->values));
	arena_init(&w->arena);
	snprintf(w->stamp, sizeof(w->stamp), "%014" PRId64, f->batch.stamp);
}

void csv_work_end(struct csv_work *w)
{
	if (w->step == CSV_REST)
		return;
	free(w->name);
	close(w->fd);
	if (w->done_fd >= 0)
		close(w->done_fd);
	csv_stream_free(w->stream);
	csv_stream_free(w->done_stream);
	csv_shape_done(&w->shape);
	buffer_done(&w->unusable);
	buffer_done(&w->faults);
	free(w->values);
	arena_done(&w->arena);
	*w = (struct csv_work){.step = CSV_REST};
}

/* ---- the first pass ---- */

static void csv_work_header(struct csv_source *c, const struct csv_row *row)
{
	struct csv_work *w = &c->work;
	struct buffer ignored = {0};

	w->header = true;
	if (csv_shape_init(&w->shape, csv_entity(c, &w->batch), c->base.model->zone, row, &w->unusable, &ignored) &&
	    ignored.len > 0)
		log_line(LOG_WARN, "drop folder: \"%s\": columns the model does not know are ignored: %s", w->name,
			 buffer_text(&ignored));
	buffer_done(&ignored);
}

static void csv_work_row(struct csv_source *c, const struct csv_row *row)
{
	struct csv_work *w = &c->work;
	const char *bad;

	if (!w->header) {
		csv_work_header(c, row);
		return;
	}
	if (w->unusable.len > 0)
		return;
	w->rows++;
	bad = csv_shape_row(&w->shape, row, w->values, &w->arena);
	if (bad) {
		if (w->bad++ < CSV_FAULTS_MAX)
			buffer_format(&w->faults, "line %" PRIu64 ": %s\n", row->line, bad);
		/* It ran on to the end of the file: the rows it swallowed are neither good nor bad, but lost. */
		if (row->bad && strcmp(row->bad, CSV_UNCLOSED) == 0 && row->lines > 1)
			buffer_format(&w->unusable, N_("a quote in the row of line %llu is never closed"),
				      (unsigned long long)row->line);
	}
	arena_reset(&w->arena);
}

/* What was taken under this name: told by the position, or to be read from done/. */
static void csv_work_counted(struct csv_source *c)
{
	struct csv_work *w = &c->work;
	const struct csv_taken *taken = csv_position_find(&c->position, w->name);

	if (!w->header)
		buffer_text_add(&w->unusable, N_("the file is empty, without so much as a header"));
	memcpy(w->hash, csv_stream_hash(w->stream), CSV_HASH_SIZE);
	w->step = CSV_SETTLE;
	if (taken) {
		memcpy(w->known, taken->hash, CSV_HASH_SIZE);
		w->known_here = true;
		return;
	}
	w->done_fd = csv_folder_done_file(c->folder, w->name);
	if (w->done_fd < 0)
		return;
	w->done_stream = csv_stream_new(w->done_fd, false);
	w->step = CSV_COMPARE;
}

static bool csv_work_unreadable(const struct csv_source *c, const char *place, struct error *err)
{
	return error_set(err, ERROR_UNREACHABLE, "could not read \"%s/%s%s\": %s", csv_folder_path(c->folder), place,
			 c->work.name, strerror(errno));
}

static bool csv_work_count(struct csv_source *c, struct error *err)
{
	struct csv_row row;

	for (;;) {
		switch (csv_stream_next(c->work.stream, &row)) {
		case CSV_STREAM_ROW:
			csv_work_row(c, &row);
			break;
		case CSV_STREAM_BLOCK:
			return true;
		case CSV_STREAM_END:
			csv_work_counted(c);
			return true;
		case CSV_STREAM_ERROR:
			return csv_work_unreadable(c, "", err);
		}
	}
}

static bool csv_work_compare(struct csv_source *c, struct error *err)
{
	struct csv_work *w = &c->work;

	switch (csv_stream_skim(w->done_stream)) {
	case CSV_STREAM_ERROR:
		return csv_work_unreadable(c, "done/", err);
	case CSV_STREAM_END:
		memcpy(w->known, csv_stream_hash(w->done_stream), CSV_HASH_SIZE);
		w->known_here = true;
		w->step = CSV_SETTLE;
		return true;
	default:
		return true;
	}
}

/* ---- the verdict ---- */

static bool csv_work_again(struct csv_source *c, struct error *err)
{
	struct csv_work *w = &c->work;
	struct csv_taken *taken = csv_position_find(&c->position, w->name);
	enum csv_move moved = csv_folder_done(c->folder, w->name, &w->id, !taken, err);

	if (moved == CSV_MOVE_ERROR)
		return false;
	c->dirty |= moved == CSV_MOVE_CHANGED;
	if (moved == CSV_MOVED) {
		csv_folder_sync(c->folder);
		log_line(LOG_NOTE, "drop folder: \"%s\" was taken before: moved to done/", w->name);
		if (taken)
			csv_position_drop(&c->position, taken);
	}
	csv_work_end(w);
	return true;
}

static bool csv_work_put_aside(struct csv_source *c, const char *reason, struct error *err)
{
	struct csv_work *w = &c->work;
	enum csv_move moved = csv_folder_failed(c->folder, w->name, &w->id, reason, err);

	if (moved == CSV_MOVE_ERROR)
		return false;
	c->dirty |= moved == CSV_MOVE_CHANGED;
	if (moved == CSV_MOVED) {
		struct csv_taken *taken = csv_position_find(&c->position, w->name);

		csv_folder_sync(c->folder);
		log_line(LOG_WARN, "drop folder: \"%s\" was moved to failed/: %.*s", w->name,
			 (int)strcspn(reason, "\n"), reason);
		csv_position_see(&c->position, csv_entity(c, &w->batch)->table, w->batch.stamp);
		c->moved = true;
		if (taken)
			csv_position_drop(&c->position, taken);
	}
	csv_work_end(w);
	return true;
}

static bool csv_work_settle(struct csv_source *c, struct error *err)
{
	struct csv_work *w = &c->work;
	const char *table = csv_entity(c, &w->batch)->table;
	const struct csv_mark *mark = csv_position_mark(&c->position, table);
	struct csv_facts facts = {
		.name = w->name,
		.table = table,
		.stamp = w->batch.stamp,
		.last = mark ? mark->last : 0,
		.hash = w->hash,
		.known = w->known_here ? w->known : NULL,
		.unusable = w->unusable.len > 0 ? buffer_text(&w->unusable) : NULL,
		.rows = w->rows,
		.bad = w->bad,
		.reject_percent = c->reject_percent,
		.faults = buffer_text(&w->faults),
	};
	struct buffer reason = {0};
	bool good = true;

	switch (csv_judge(&facts, &reason)) {
	case CSV_TAKE:
		csv_stream_free(w->stream);
		w->stream = csv_stream_new(w->fd, c->latin1);
		w->header = false;
		w->step = CSV_EMIT;
		break;
	case CSV_AGAIN:
		good = csv_work_again(c, err);
		break;
	case CSV_PUT_ASIDE:
		good = csv_work_put_aside(c, buffer_text(&reason), err);
		break;
	}
	buffer_done(&reason);
	return good;
}

bool csv_work_step(struct csv_source *c, struct error *err)
{
	switch (c->work.step) {
	case CSV_COUNT:
		return csv_work_count(c, err);
	case CSV_COMPARE:
		return csv_work_compare(c, err);
	case CSV_SETTLE:
		return csv_work_settle(c, err);
	case CSV_REST:
	case CSV_EMIT:
		break;
	}
	return true;
}
