#include "config.h"

#include "command/stop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/language.h"

static const int stop_signals[] = {SIGTERM, SIGINT, SIGHUP};
#define STOP_COUNT (sizeof stop_signals / sizeof *stop_signals)

static int stop_pipe[2] = {-1, -1};
static volatile sig_atomic_t stop_came;
static struct sigaction stop_before[STOP_COUNT];

static void stop_handle(int number)
{
	int saved = errno;
	stop_came = number;
	ssize_t n = write(stop_pipe[1], "", 1);
	(void)n; /* full: it is readable already */
	errno = saved;
}

bool stop_begin(struct error *err)
{
	assert(stop_pipe[0] < 0);
	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return error_set(err, ERROR_PERMISSION, "could not make a pipe: %s", strerror(errno));
	stop_came = 0;
	for (size_t i = 0; i < STOP_COUNT; i++) {
		struct sigaction how = {.sa_handler = stop_handle, .sa_flags = SA_RESTART};
		/* A second Ctrl-C is from someone who will not wait. */
		if (stop_signals[i] == SIGINT)
			how.sa_flags |= (int)SA_RESETHAND;
		sigemptyset(&how.sa_mask);
		sigaction(stop_signals[i], &how, &stop_before[i]);
		if (stop_before[i].sa_handler == SIG_IGN) /* nohup */
			sigaction(stop_signals[i], &stop_before[i], NULL);
	}
	return true;
}

int stop_fd(void)
{
	return stop_pipe[0];
}

int stop_signal(void)
{
	return stop_came;
}

void stop_end(void)
{
	for (size_t i = 0; i < STOP_COUNT; i++)
		sigaction(stop_signals[i], &stop_before[i], NULL);
	close(stop_pipe[0]);
	close(stop_pipe[1]);
	stop_pipe[0] = stop_pipe[1] = -1;
}

/* What a handler says, made ready outside of it: a translation must be looked up. */
static char stop_words[256];

static void stop_exit(int number)
{
	(void)number;
	ssize_t n = write(STDERR_FILENO, stop_words, strlen(stop_words));
	(void)n;
	_exit(ERROR_INTERRUPTED);
}

static void stop_exit_service(int number)
{
	(void)number;
	_exit(0);
}

void stop_at_once(bool service)
{
	snprintf(stop_words, sizeof stop_words, _("tellerdesk: could not finish: %s\n"), _("interrupted"));
	for (size_t i = 0; i < STOP_COUNT; i++) {
		struct sigaction before, how = {.sa_handler = service ? stop_exit_service : stop_exit};
		sigemptyset(&how.sa_mask);
		if (sigaction(stop_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(stop_signals[i], &how, NULL);
	}
}
