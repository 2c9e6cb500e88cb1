#include "config.h"

#include "source/csv_stream.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/csv_batch.h"

enum { CSV_BLOCK_SIZE = 64 * 1024, CSV_ROW_MAX = 1024 * 1024 };

struct csv_stream {
	int fd;
	bool latin1, begun, ended;
	off_t offset;
	crypto_hash_sha256_state state;
	unsigned char hash[CSV_HASH_SIZE];
	struct csv_reader *reader;
	struct buffer converted;
	char block[CSV_BLOCK_SIZE];
};

_Static_assert(CSV_HASH_SIZE == crypto_hash_sha256_BYTES, "batches are known by SHA-256");

struct csv_stream *csv_stream_new(int fd, bool latin1)
{
	struct csv_stream *st = memory_alloc(sizeof(*st));

	st->fd = fd;
	st->latin1 = latin1;
	st->begun = st->ended = false;
	st->offset = 0;
	st->converted = (struct buffer){0};
	st->reader = csv_reader_new(CSV_ROW_MAX);
	crypto_hash_sha256_init(&st->state);
	return st;
}

void csv_stream_free(struct csv_stream *st)
{
	if (!st)
		return;
	csv_reader_free(st->reader);
	buffer_done(&st->converted);
	free(st);
}

const unsigned char *csv_stream_hash(const struct csv_stream *st)
{
	return st->hash;
}

/* Fills the block; *n is less than a block only at the end of the file. */
static bool csv_stream_read(struct csv_stream *st, size_t *n)
{
	*n = 0;
	while (*n < CSV_BLOCK_SIZE) {
		/* pread: the two passes over a file share its descriptor. */
		ssize_t got = pread(st->fd, st->block + *n, CSV_BLOCK_SIZE - *n, st->offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		*n += (size_t)got;
		st->offset += got;
	}
	crypto_hash_sha256_update(&st->state, (const unsigned char *)st->block, *n);
	st->ended = *n < CSV_BLOCK_SIZE;
	if (st->ended)
		crypto_hash_sha256_final(&st->state, st->hash);
	return true;
}

static enum csv_stream_result csv_stream_feed(struct csv_stream *st)
{
	size_t n;

	if (!csv_stream_read(st, &n))
		return CSV_STREAM_ERROR;
	if (!st->begun && n >= 3 && memcmp(st->block, "\xEF\xBB\xBF", 3) == 0)
		st->latin1 = false;
	st->begun = true;
	if (!st->latin1) {
		csv_reader_feed(st->reader, st->block, n, st->ended);
		return CSV_STREAM_BLOCK;
	}
	buffer_clear(&st->converted);
	text_from_latin1(&st->converted, st->block, n);
	csv_reader_feed(st->reader, buffer_text(&st->converted), st->converted.len, st->ended);
	return CSV_STREAM_BLOCK;
}

enum csv_stream_result csv_stream_next(struct csv_stream *st, struct csv_row *row)
{
	if (st->begun && csv_reader_row(st->reader, row))
		return CSV_STREAM_ROW;
	return st->ended ? CSV_STREAM_END : csv_stream_feed(st);
}

enum csv_stream_result csv_stream_skim(struct csv_stream *st)
{
	size_t n;

	if (st->ended)
		return CSV_STREAM_END;
	return csv_stream_read(st, &n) ? CSV_STREAM_BLOCK : CSV_STREAM_ERROR;
}
