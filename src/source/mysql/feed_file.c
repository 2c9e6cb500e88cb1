#include "config.h"

#include "source/mysql/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"

struct feed_file {
	struct feed base;
	char *path;
	FILE *file;
	uint64_t pos;      /* where to go on behind the format description; 0: just there */
	bool described;
	uint8_t *event;
	size_t cap;
};

static bool file_fail(const struct feed_file *f, const char *why, struct error *err)
{
	return error_set(err, ERROR_REFUSED, "could not read log file \"%s\": %s", f->path, why);
}

/* The whole event, once its header says how long it is. */
static bool file_event(struct feed_file *f, const uint8_t header[BINLOG_HEADER], size_t *n, struct error *err)
{
	struct bytes b = bytes_of(header + 9, 4);
	uint32_t length = bytes_u32(&b);

	if (length < BINLOG_HEADER || length > UINT32_C(1) << 30)
		return file_fail(f, "it is damaged", err);
	if (length > f->cap)
		f->event = memory_grow(f->event, f->cap = length);
	memcpy(f->event, header, BINLOG_HEADER);
	*n = length;
	return fread(f->event + BINLOG_HEADER, 1, length - BINLOG_HEADER, f->file) == length - BINLOG_HEADER ||
	       file_fail(f, "it is cut off", err);
}

static enum feed_result file_read(struct feed *base, int timeout_ms, int stop, const uint8_t **event, size_t *n, struct error *err)
{
	struct feed_file *f = (struct feed_file *)base;
	uint8_t header[BINLOG_HEADER];

	(void)timeout_ms;
	(void)stop;
	if (f->described && f->pos && fseeko(f->file, (off_t)f->pos, SEEK_SET) != 0) {
		file_fail(f, strerror(errno), err);
		return FEED_FAILED;
	}
	if (f->described)
		f->pos = 0;
	f->described = true;
	size_t got = fread(header, 1, sizeof header, f->file);
	if (got == 0 && feof(f->file))
		return FEED_END;
	if (got != sizeof header) {
		file_fail(f, ferror(f->file) ? strerror(errno) : "it is cut off", err);
		return FEED_FAILED;
	}
	if (!file_event(f, header, n, err))
		return FEED_FAILED;
	*event = f->event;
	return FEED_EVENT;
}

static void file_close(struct feed *base)
{
	struct feed_file *f = (struct feed_file *)base;

	if (f->file)
		fclose(f->file);
	free(f->event);
	free(f->path);
	free(f);
}

struct feed *feed_file(const char *path, uint64_t pos, struct error *err)
{
	static const struct feed_ops ops = {.read = file_read, .close = file_close};
	struct feed_file *f = memory_zero(1, sizeof *f);
	char magic[4];

	f->base.ops = &ops;
	f->path = memory_text(path);
	f->pos = pos > sizeof magic ? pos : 0;
	f->file = fopen(path, "rbe");
	if (!f->file)
		error_set(err, ERROR_UNREACHABLE, "could not open log file \"%s\": %s", path, strerror(errno));
	else if (fread(magic, 1, sizeof magic, f->file) != sizeof magic || memcmp(magic, BINLOG_MAGIC, sizeof magic) != 0)
		file_fail(f, "it is no binary log", err);
	else
		return &f->base;
	file_close(&f->base);
	return NULL;
}
