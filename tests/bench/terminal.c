#include "config.h"

#include "bench/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "bench/bench.h"

#define PATIENCE_NS INT64_C(20000000000)

/* ---- its process ---- */

static _Noreturn void terminal_child(const struct terminal_params *p, const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	int fd = open(name, O_RDWR);
	struct winsize size = {.ws_row = (unsigned short)p->rows, .ws_col = (unsigned short)p->columns};
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0 || ioctl(fd, TIOCSWINSZ, &size) != 0)
		_exit(126);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	setenv("TERM", p->type, 1);
	if (p->now)
		setenv("TELLERDESK_NOW", p->now, 1);
	execv(p->argv[0], (char *const *)p->argv);
	_exit(127);
}

void terminal_open(struct terminal *t, const struct terminal_params *p)
{
	char name[128];
	*t = (struct terminal){.started = bench_ns()};
	t->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0 || grantpt(t->fd) != 0 || unlockpt(t->fd) != 0 || ptsname_r(t->fd, name, sizeof name) != 0)
		bench_fail("could not make a terminal");
	vt_init(&t->vt, p->rows, p->columns);
	t->pid = fork();
	if (t->pid == 0)
		terminal_child(p, name);
	if (t->pid < 0)
		bench_fail("could not start \"%s\"", p->argv[0]);
}

static void terminal_show(const struct terminal *t)
{
	struct buffer row = {0};
	for (int y = 0; y < t->vt.rows; y++) {
		vt_row(&t->vt, y, &row);
		fprintf(stderr, "|%s\n", buffer_text(&row));
	}
	buffer_done(&row);
}

/* Nothing is on the other side any more. */
static void terminal_gone(struct terminal *t)
{
	int status = 0;
	waitpid(t->pid, &status, 0);
	terminal_show(t);
	bench_fail("the console ended by itself, with status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* ---- reading ---- */

/* What is looked for after each sequence. */
struct terminal_look {
	bool (*shows)(const struct vt *v, void *ctx);
	void *ctx;
	bool there;
};

static void terminal_feed(struct terminal *t, const char *bytes, size_t n, struct terminal_look *look)
{
	t->bytes += (int64_t)n;
	while (n) {
		const char *next = memchr(bytes + 1, '\033', n - 1);
		size_t piece = next ? (size_t)(next - bytes) : n;
		vt_feed(&t->vt, bytes, piece);
		bytes += piece;
		n -= piece;
		if (look && !look->there)
			look->there = look->shows(&t->vt, look->ctx);
	}
}

/* Takes what has come, waiting for it until `end`. False: nothing came. */
static bool terminal_take(struct terminal *t, int64_t end, struct terminal_look *look)
{
	char bytes[65536];
	struct pollfd fd = {.fd = t->fd, .events = POLLIN};
	int64_t left = end - bench_ns();
	struct timespec wait = {.tv_sec = left > 0 ? left / 1000000000 : 0, .tv_nsec = left > 0 ? left % 1000000000 : 0};
	if (ppoll(&fd, 1, &wait, NULL) <= 0)
		return false;
	ssize_t n = read(t->fd, bytes, sizeof bytes);
	if (n <= 0 && errno != EAGAIN && errno != EINTR)
		terminal_gone(t);
	if (n <= 0)
		return true;
	t->read_at = bench_ns();
	terminal_feed(t, bytes, (size_t)n, look);
	return true;
}

int64_t terminal_wait(struct terminal *t, bool (*shows)(const struct vt *v, void *ctx), void *ctx, const char *what)
{
	struct terminal_look look = {shows, ctx, shows(&t->vt, ctx)};
	int64_t end = bench_ns() + PATIENCE_NS;
	while (!look.there) {
		terminal_take(t, end, &look);
		if (!look.there && bench_ns() > end) {
			terminal_show(t);
			bench_fail("the screen above never showed %s", what);
		}
	}
	return t->read_at;
}

static bool shows_text(const struct vt *v, void *ctx)
{
	return vt_find(v, 0, v->rows, ctx) >= 0;
}

void terminal_wait_text(struct terminal *t, const char *text)
{
	char copy[256];
	snprintf(copy, sizeof copy, "%s", text);
	terminal_wait(t, shows_text, copy, text);
}

void terminal_quiet(struct terminal *t, int milliseconds)
{
	while (terminal_take(t, bench_ns() + milliseconds * INT64_C(1000000), NULL))
		;
}

void terminal_rest(struct terminal *t, int64_t micro)
{
	int64_t end = bench_ns() + micro * 1000;
	while (bench_ns() < end)
		terminal_take(t, end, NULL);
}

/* ---- typing ---- */

void terminal_type(struct terminal *t, const char *keys)
{
	size_t n = strlen(keys);
	while (n) {
		ssize_t written = write(t->fd, keys, n);
		if (written < 0 && errno != EAGAIN && errno != EINTR)
			terminal_gone(t);
		if (written > 0) {
			keys += written;
			n -= (size_t)written;
		}
		if (n) /* it has to read before it takes more */
			terminal_rest(t, 1000);
	}
}

void terminal_close(struct terminal *t)
{
	char bytes[65536];
	int status = 0;
	kill(t->pid, SIGTERM);
	for (;;) {
		struct pollfd fd = {.fd = t->fd, .events = POLLIN};
		if (poll(&fd, 1, 1000) > 0 && read(t->fd, bytes, sizeof bytes) <= 0)
			break;
		if (waitpid(t->pid, &status, WNOHANG) == t->pid) {
			t->pid = 0;
			break;
		}
	}
	if (t->pid)
		waitpid(t->pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_fail("a console ended with status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	close(t->fd);
	vt_done(&t->vt);
	*t = (struct terminal){0};
}
