#include "config.h"

#include "bench/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

static void redirect(int fd, const char *path, int flags)
{
	int to = open(path, flags, 0600);
	if (to < 0 || dup2(to, fd) < 0)
		_exit(127);
	close(to);
}

void child_start(struct child *c, const char *const *argv, const char *out)
{
	int began[2];
	*c = (struct child){.started = bench_ns()};
	if (pipe2(began, O_CLOEXEC) != 0)
		bench_fail("could not make a pipe");
	c->pid = fork();
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
		redirect(STDOUT_FILENO, out ? out : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	c->fd = c->pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->fd < 0)
		bench_fail("could not start \"%s\"", argv[0]);
	/* Until it is the other program, its memory is a copy of ours. */
	close(began[1]);
	while (read(began[0], &(char){0}, 1) > 0)
		;
	close(began[0]);
}

/* The kernel's own high-water mark; it goes with the process, so it is read while there is one. */
static void look(struct child *c)
{
	char path[64], line[256];
	long long kb;
	snprintf(path, sizeof path, "/proc/%ld/status", (long)c->pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmHWM: %lld kB", &kb) == 1 && kb * 1024 > c->peak)
			c->peak = kb * 1024;
	if (f)
		fclose(f);
}

bool child_runs(struct child *c, int wait_ms)
{
	struct pollfd end = {.fd = c->fd, .events = POLLIN};
	if (c->fd < 0)
		return false;
	look(c);
	if (poll(&end, 1, wait_ms) <= 0)
		return true;
	struct rusage used;
	wait4(c->pid, &c->status, 0, &used);
	c->cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	close(c->fd);
	c->fd = -1;
	return false;
}

double child_cpu(pid_t pid)
{
	char path[64], line[1024];
	unsigned long user = 0, system = 0;
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	FILE *f = fopen(path, "re");
	/* The name, in parentheses, may hold anything. */
	if (f && fgets(line, sizeof line, f) && strrchr(line, ')'))
		sscanf(strrchr(line, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
	if (f)
		fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double child_wait(struct child *c)
{
	while (child_runs(c, 5))
		;
	if (!WIFEXITED(c->status) || WEXITSTATUS(c->status) != 0)
		bench_fail("a process ended with status %d", WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1);
	return (double)(bench_ns() - c->started) / 1e9;
}

void child_end(struct child *c)
{
	kill(c->pid, SIGTERM);
	child_wait(c);
}
