#include "config.h"

#include "base/thread.h"

#include <signal.h>
#include <stddef.h>

int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
	sigset_t most, before;
	sigfillset(&most);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&most, faults[i]);
	/* It is born with what its maker has blocked. */
	pthread_sigmask(SIG_SETMASK, &most, &before);
	int cause = pthread_create(thread, attributes, run, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return cause;
}
