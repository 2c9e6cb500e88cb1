#include "config.h"

#include "source/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"

/* Held by the asker and the thread; the last to leave frees it. */
struct resolve_ask {
	atomic_int holders;
	int done; /* eventfd */
	int result;
	char *host;
};

static void resolve_leave(struct resolve_ask *a)
{
	if (atomic_fetch_sub(&a->holders, 1) > 1)
		return;
	close(a->done);
	free(a->host);
	free(a);
}

static void *resolve_thread(void *arg)
{
	struct resolve_ask *a = arg;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	uint64_t one = 1;

	a->result = getaddrinfo(a->host, NULL, &hints, &found);
	if (a->result == 0)
		freeaddrinfo(found);
	if (write(a->done, &one, sizeof one) != sizeof one)
		abort(); /* an eventfd of our own with room for it */
	resolve_leave(a);
	return NULL;
}

static bool resolve_start(struct resolve_ask *a)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	started = thread_start(&thread, &attr, resolve_thread, a) == 0;
	pthread_attr_destroy(&attr);
	return started;
}

static enum resolve_end resolve_wait(const struct resolve_ask *a, int stop, int64_t deadline, const char **cause)
{
	struct pollfd fds[2] = {{.fd = a->done, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
	uint64_t count;
	int n;

	do {
		int64_t left = deadline - clock_mono();

		n = poll(fds, 2, left <= 0 ? 0 : (int)((left + 999) / 1000));
	} while (n < 0 && errno == EINTR);
	if (n > 0 && fds[1].revents)
		return RESOLVE_STOPPED;
	if (n <= 0 || read(a->done, &count, sizeof count) != sizeof count)
		return RESOLVE_SILENT;
	if (a->result == 0)
		return RESOLVE_KNOWN;
	*cause = gai_strerror(a->result);
	return RESOLVE_UNKNOWN;
}

static bool resolve_address(const char *host)
{
	struct in6_addr any;

	/* An address with a scope (fe80::1%eth0) has a colon too, and no name does. */
	return inet_pton(AF_INET, host, &any) == 1 || strchr(host, ':');
}

enum resolve_end resolve_host(const char *host, int stop, int64_t deadline, const char **cause)
{
	struct resolve_ask *a;
	enum resolve_end end;

	if (resolve_address(host))
		return RESOLVE_KNOWN;
	a = memory_zero(1, sizeof *a);
	a->host = memory_text(host);
	a->done = eventfd(0, EFD_CLOEXEC);
	atomic_init(&a->holders, 2);
	if (a->done < 0 || !resolve_start(a)) {
		*cause = strerror(errno);
		atomic_store(&a->holders, 1);
		resolve_leave(a);
		return RESOLVE_UNKNOWN;
	}
	end = resolve_wait(a, stop, deadline, cause);
	resolve_leave(a);
	return end;
}
