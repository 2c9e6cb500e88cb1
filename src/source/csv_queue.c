/* Which files are there, which is next, and is it whole? */
#include "config.h"

#include "source/csv_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/log.h"

/* Names remembered as reported; a folder with more strangers than this is somebody else's. */
enum { CSV_TOLD_MAX = 1000 };

void csv_queue_done(struct csv_queue *q)
{
	for (size_t i = 0; i < q->count; i++)
		free(q->files[i].name);
	free(q->files);
	*q = (struct csv_queue){0};
}

void csv_queue_tell(struct csv_source *c, const char *name, const char *why)
{
	size_t low = 0, high = c->told_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(c->told[middle], name);

		if (order == 0)
			return;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (c->told_count == CSV_TOLD_MAX)
		return;
	c->told = memory_grow(c->told, (c->told_count + 1) * sizeof(*c->told));
	memmove(c->told + low + 1, c->told + low, (c->told_count - low) * sizeof(*c->told));
	c->told[low] = memory_text(name);
	c->told_count++;
	log_line(LOG_WARN, "drop folder: \"%s\" is left alone: %s", name, why);
}

struct csv_listing {
	struct csv_source *source;
	struct csv_queue *queue;
	size_t cap;
};

static void csv_queue_add(void *ctx, const char *name)
{
	struct csv_listing *l = ctx;
	struct csv_source *c = l->source;
	struct csv_queue *q = l->queue;
	struct csv_batch batch;
	const struct csv_taken *taken;

	switch (csv_batch_parse(c->base.model, name, &batch)) {
	case CSV_NAME_IGNORED:
		return;
	case CSV_NAME_FOREIGN:
		if (strcmp(name, "done") != 0 && strcmp(name, "failed") != 0)
			csv_queue_tell(c, name, N_("its name is not TABLE_YYYYMMDDhhmmss.csv of a table of the model"));
		return;
	case CSV_NAME_BATCH:
		break;
	}
	taken = csv_position_find(&c->position, name);
	if (taken && !taken->durable)
		return;
	if (q->count == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		q->files = memory_grow(q->files, l->cap * sizeof(*q->files));
	}
	q->files[q->count++] = (struct csv_file){.name = memory_text(name), .batch = batch};
}

static int csv_queue_order(const void *a, const void *b)
{
	const struct csv_file *x = a, *y = b;
	int order = csv_batch_compare(&x->batch, &y->batch);

	return order ? order : strcmp(x->name, y->name);
}

bool csv_queue_fill(struct csv_source *c, struct csv_queue *q, struct error *err)
{
	struct csv_listing l = {.source = c, .queue = q};

	csv_queue_done(q);
	if (!csv_folder_list(c->folder, csv_queue_add, &l, err)) {
		csv_queue_done(q);
		return false;
	}
	if (q->count > 1)
		qsort(q->files, q->count, sizeof(*q->files), csv_queue_order);
	return true;
}

void csv_queue_closed(void *ctx, const char *name)
{
	struct csv_source *c = ctx;
	struct csv_waiting *w = &c->waiting;
	struct csv_identity id;
	int fd;

	if (!w->name || strcmp(w->name, name) != 0 || csv_folder_file(c->folder, name, &fd, &id, NULL) != CSV_OPENED)
		return;
	close(fd);
	w->id = id;
	w->since = clock_mono();
	w->closed = true;
}

bool csv_queue_whole(struct csv_source *c, const char *name, int fd, const struct csv_identity *id)
{
	struct csv_waiting *w = &c->waiting;
	struct csv_quiet quiet = {.writer = csv_folder_writer(fd)};
	int64_t changed = (id->modified > id->changed ? id->modified : id->changed) / 1000;

	if (!w->name || strcmp(w->name, name) != 0) {
		free(w->name);
		*w = (struct csv_waiting){.name = memory_text(name), .id = *id, .since = clock_mono()};
	} else if (!csv_identity_same(&w->id, id)) {
		w->id = *id;
		w->since = clock_mono();
		w->closed = false;
	}
	quiet.closed = w->closed;
	quiet.unchanged = clock_mono() - w->since;
	quiet.age = clock_now() - changed;
	w->unknown = quiet.writer == CSV_WRITER_UNKNOWN;
	if (csv_is_whole(&quiet, c->settle))
		return true;
	if (!w->told)
		log_line(LOG_NOTE, "drop folder: \"%s\" is still being written; later batches wait for it", name);
	w->told = true;
	return false;
}
