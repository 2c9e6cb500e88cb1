/* Woken by a commit of the bank instead of looking for one every few milliseconds.
 *
 * SQLite writes a transaction into the bank's write-ahead log, then makes it visible by
 * shared memory, which wakes nobody. So a write to the log says "soon": whoever rests
 * here is woken, looks, and where there is nothing yet looks again after 50, 100 ... 800
 * microseconds, not heeding further writes until then: a long transaction writes its log for
 * seconds. Where nothing can be watched the pauses are all there is.
 */
#include "config.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/bank_private.h"

#define FIRST_LOOK 50
#define LAST_LOOK  800

void bank_watch_init(struct bank *b)
{
	b->watch = (struct bank_watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .log = -1};
}

void bank_watch_done(struct bank *b)
{
	if (b->watch.fd >= 0)
		close(b->watch.fd);
}

/* The log comes with its first reader or writer, and may go with the last. */
static void watch_log(struct bank *b)
{
	char *path;

	if (b->watch.fd < 0 || b->watch.log >= 0)
		return;
	path = memory_format("%s-wal", b->path);
	b->watch.log = inotify_add_watch(b->watch.fd, path, IN_MODIFY);
	free(path);
}

static void take_events(struct bank *b)
{
	_Alignas(struct inotify_event) char events[4096];
	ssize_t n;

	while ((n = read(b->watch.fd, events, sizeof events)) > 0)
		for (char *p = events; p < events + n; p += sizeof(struct inotify_event) + ((struct inotify_event *)p)->len)
			if (((struct inotify_event *)p)->mask & IN_IGNORED)
				b->watch.log = -1;
}

bool bank_rest(struct bank *b, int64_t micro)
{
	struct bank_watch *w = &b->watch;
	struct pollfd fds[2] = {{.fd = b->base.stop, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
	struct timespec wait;

	watch_log(b);
	if (w->look && w->look < micro)
		micro = w->look;
	if (w->look)
		w->look = w->look < LAST_LOOK ? w->look * 2 : 0;
	else
		fds[1].fd = w->fd;
	wait = (struct timespec){.tv_sec = micro / 1000000, .tv_nsec = micro % 1000000 * 1000};
	if (ppoll(fds, 2, &wait, NULL) <= 0)
		return false;
	if (fds[1].revents) {
		take_events(b);
		w->look = FIRST_LOOK;
	}
	return fds[0].revents != 0;
}
