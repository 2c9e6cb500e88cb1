#include "config.h"

#include "replica/commit_watch.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/memory.h"

struct commit_watch {
	char *log;
	int fd, watched; /* -1: none */
};

static void watch_log(struct commit_watch *w)
{
	if (w->fd >= 0 && w->watched < 0)
		w->watched = inotify_add_watch(w->fd, w->log, IN_MODIFY);
}

struct commit_watch *commit_watch_new(const char *replica_path)
{
	struct commit_watch *w = memory_zero(1, sizeof *w);
	w->log = memory_format("%s-wal", replica_path);
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->watched = -1;
	watch_log(w);
	return w;
}

void commit_watch_free(struct commit_watch *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	free(w->log);
	free(w);
}

int commit_watch_fd(const struct commit_watch *w)
{
	return w->watched >= 0 ? w->fd : -1;
}

bool commit_watch_take(struct commit_watch *w)
{
	_Alignas(struct inotify_event) char events[4096];
	ssize_t n;
	bool written = false;

	while (w->fd >= 0 && (n = read(w->fd, events, sizeof events)) > 0)
		for (char *p = events; p < events + n;) {
			const struct inotify_event *e = (const void *)p;
			if (e->mask & IN_IGNORED)
				w->watched = -1;
			written = true;
			p += sizeof *e + e->len;
		}
	watch_log(w);
	return written;
}
