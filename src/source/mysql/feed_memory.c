#include "config.h"

#include "source/mysql/feed.h"

#include <stdlib.h>

#include "base/memory.h"

struct feed_memory {
	struct feed base;
	const struct feed_run *events;
	int count, next;
};

static enum feed_result memory_read(struct feed *base, int timeout_ms, int stop, const uint8_t **event, size_t *n, struct error *err)
{
	struct feed_memory *f = (struct feed_memory *)base;

	(void)timeout_ms;
	(void)stop;
	(void)err;
	if (f->next == f->count)
		return FEED_END;
	*event = f->events[f->next].bytes;
	*n = f->events[f->next++].n;
	return FEED_EVENT;
}

static void memory_close(struct feed *base)
{
	free(base);
}

struct feed *feed_memory(const struct feed_run *events, int count)
{
	static const struct feed_ops ops = {.read = memory_read, .close = memory_close};
	struct feed_memory *f = memory_zero(1, sizeof *f);

	f->base.ops = &ops;
	f->events = events;
	f->count = count;
	return &f->base;
}
