#include "config.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/moment.h"

static _Atomic int64_t clock_frozen = TIME_NONE;
static pthread_once_t clock_once = PTHREAD_ONCE_INIT;

/* A value nobody can read is told, since a test that meant to freeze time would pass or fail by chance. */
static void clock_from_environment(void)
{
	const char *text = getenv("TELLERDESK_NOW");
	struct error err = {0};
	int64_t now;

	if (text == NULL || text[0] == '\0')
		return;
	if (moment_rfc3339(text, &now)) {
		atomic_store(&clock_frozen, now);
		return;
	}
	error_set(&err, ERROR_USAGE, "could not read TELLERDESK_NOW \"%s\": not an RFC 3339 time", text);
	error_hint(&err, "write it as 2026-11-20T16:41:00Z");
	error_report(&err);
}

static int64_t clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
	int64_t frozen;

	pthread_once(&clock_once, clock_from_environment);
	frozen = atomic_load_explicit(&clock_frozen, memory_order_relaxed);
	return frozen != TIME_NONE ? frozen : clock_read(CLOCK_REALTIME);
}

int64_t clock_mono(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

void clock_freeze(int64_t now)
{
	pthread_once(&clock_once, clock_from_environment);
	atomic_store(&clock_frozen, now);
}
