/* board: one atomic mask and one pipe.
 *
 * The order of the two steps is what makes it correct. A poster sets its bits
 * first and then, only if the mask was empty, writes the byte. A taker empties
 * the pipe first and then the mask. The worst that can happen is a byte for a
 * mask already taken (one turn of the console for nothing); the other order
 * could take away the byte of a mask that is not empty, and sleep on it.
 */
#include "config.h"

#include "ingest/board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

struct board {
	atomic_uint topics;
	int reader, writer;
};

struct board *board_new(struct error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		error_set(err, ERROR_PERMISSION, "could not make a pipe: %s", strerror(errno));
		return NULL;
	}
	struct board *b = memory_zero(1, sizeof(*b));
	atomic_init(&b->topics, 0);
	b->reader = ends[0];
	b->writer = ends[1];
	return b;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	close(b->reader);
	close(b->writer);
	free(b);
}

void board_post(struct board *b, unsigned topics)
{
	if (!topics)
		return;
	if (atomic_fetch_or(&b->topics, topics) != 0)
		return; /* whoever made it not empty wrote the byte */
	int saved = errno; /* a signal handler may post */
	ssize_t written;
	do
		written = write(b->writer, "", 1);
	while (written < 0 && errno == EINTR);
	errno = saved;
}

unsigned board_take(struct board *b)
{
	char bytes[64];
	ssize_t got;
	do
		got = read(b->reader, bytes, sizeof(bytes));
	while (got == (ssize_t)sizeof(bytes) || (got < 0 && errno == EINTR));
	return atomic_exchange(&b->topics, 0);
}

int board_fd(const struct board *b) { return b->reader; }
