#include "config.h"

#include "command/demo_bank.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "command/stop.h"
#include "generate/fill.h"

enum { BATCH = 2000, DAYS = 7, REMEMBERED = 512 };

/* What the two processes, forks of one program, tell each other: a number of changes down, an answer up. */
struct order {
	int64_t events;
};
struct answer_message {
	bool ok;
	struct error err;
	struct demo_bank_report report;
};

static int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

void demo_folder_remove(const char *folder)
{
	nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* ---- the child ---- */

static void child_answer(int fd, bool ok, const struct error *err, const struct demo_bank_report *report)
{
	struct answer_message m = {.ok = ok};
	if (err)
		m.err = *err;
	if (report)
		m.report = *report;
	/* A parent that is gone is noticed at the next wait. */
	ssize_t n = send(fd, &m, sizeof m, MSG_NOSIGNAL);
	(void)n;
}

/* Counts the changes of each customer in a burst, to name one worth looking at. */
struct favourites {
	int count;
	struct { int64_t cif; int score; } list[REMEMBERED];
};

/* What shows best in a history: changes of the customer's own row. */
static int event_worth(const struct generator_event *e)
{
	static const int worth[EVENT_KINDS] = {
		[EVENT_MOVE] = 5, [EVENT_RENAME] = 6, [EVENT_PHONE] = 4, [EVENT_EMAIL] = 4,
		[EVENT_OPEN] = 2, [EVENT_STATUS] = 2, [EVENT_REVALUE] = 2, [EVENT_LEAVE] = -1000,
	};
	return worth[e->kind];
}

static void favourites_add(struct favourites *f, const struct generator_event *e)
{
	int i = 0;
	while (i < f->count && f->list[i].cif != e->cif)
		i++;
	if (i == REMEMBERED)
		return;
	if (i == f->count) {
		f->list[f->count].cif = e->cif;
		f->list[f->count++].score = 0;
	}
	f->list[i].score += event_worth(e);
}

static int64_t favourites_best(const struct favourites *f)
{
	int64_t cif = 0;
	int best = 0;
	for (int i = 0; i < f->count; i++)
		if (f->list[i].score > best) {
			best = f->list[i].score;
			cif = f->list[i].cif;
		}
	return cif;
}

static bool child_burst(struct fill *f, int64_t events, struct demo_bank_report *report, struct error *err)
{
	struct favourites seen = {0};
	int64_t begun = clock_mono(), rows = f->rows;
	generator_live(f->generator, clock_now(), 1);
	for (int64_t i = 0; i < events; i++) {
		if (!fill_event(f, err))
			return false;
		favourites_add(&seen, f->event);
	}
	*report = (struct demo_bank_report){.customers = generator_count(f->generator), .rows = f->rows - rows,
	                                    .spent = clock_mono() - begun, .cif = favourites_best(&seen)};
	snprintf(report->position, sizeof report->position, "%s", fill_position(f));
	return true;
}

static bool child_fill(struct fill *f, const struct demo_bank_params *p, struct demo_bank_report *report, struct error *err)
{
	int64_t begun = clock_mono();
	struct fill_load load = {.customers = p->customers, .batch = BATCH, .days = DAYS};
	/* A demonstration in a folder of its own goes on with the bank it finds. */
	if (f->resumed)
		load.customers = 0;
	if (!fill_customers(f, &load, err))
		return false;
	*report = (struct demo_bank_report){.customers = generator_count(f->generator), .rows = f->rows,
	                                    .spent = clock_mono() - begun, .resumed = f->resumed};
	return true;
}

/* False: there is no parent any more, or someone wants an end. events 0: nothing was asked for. */
static bool child_listen(int fd, int wait, int64_t *events)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}};
	struct order o;
	*events = 0;
	/* Being stopped and continued by the terminal interrupts a wait and means nothing. */
	if (poll(fds, 2, wait) < 0 && errno != EINTR)
		return false;
	if (stop_signal())
		return false;
	ssize_t n = recv(fd, &o, sizeof o, MSG_DONTWAIT);
	if (n == (ssize_t)sizeof o)
		*events = o.events;
	return *events > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Until the parent closes its end, or is gone. */
static void child_live(struct fill *f, const struct demo_bank_params *p, int fd)
{
	struct error err = {0};
	struct demo_bank_report report = {0};
	int64_t events;
	while (child_listen(fd, p->rate > 0 ? 0 : -1, &events)) {
		bool ok = true;
		if (events > 0) {
			ok = child_burst(f, events, &report, &err);
			child_answer(fd, ok, &err, &report);
		} else if (p->rate > 0) {
			ok = fill_changes(f, p->rate, 0, &err);
		}
		if (!ok)
			return;
	}
}

static void child_work(const struct demo_bank_params *p, int fd)
{
	struct error err = {0};
	struct demo_bank_report report = {0};
	struct fill f;
	struct fill_params how = {.url = p->url, .seed = p->seed, .seed_given = p->seed_given, .stop = {fd, stop_fd()}};
	if (!fill_open(&f, &how, &err)) {
		child_answer(fd, false, &err, NULL);
		return;
	}
	bool ok = child_fill(&f, p, &report, &err);
	child_answer(fd, ok, &err, &report);
	if (ok)
		child_live(&f, p, fd);
	fill_close(&f);
}

_Noreturn static void child_run(const struct demo_bank_params *p, int fd, pid_t parent)
{
	struct error err = {0};
	/* Ctrl-C in the terminal is for the parent; its end is the child's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	if (stop_begin(&err)) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() == parent) /* else it died before that */
			child_work(p, fd);
	} else {
		child_answer(fd, false, &err, NULL);
	}
	/* The parent closes its end of the socket only after it closed its files in the folder. */
	int64_t ignored;
	while (child_listen(fd, -1, &ignored))
		;
	if (p->private_folder)
		demo_folder_remove(p->folder);
	_exit(0);
}

/* ---- the parent ---- */

bool demo_bank_start(struct demo_bank *b, const struct demo_bank_params *p, struct error *err)
{
	int fds[2];
	pid_t parent = getpid();
	*b = (struct demo_bank){.pid = -1, .fd = -1, .params = *p};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return error_set(err, ERROR_PERMISSION, "could not start the demo's bank: %s", strerror(errno));
	fflush(NULL);
	b->pid = fork();
	if (b->pid == 0) {
		close(fds[0]);
		child_run(p, fds[1], parent);
	}
	close(fds[1]);
	b->fd = fds[0];
	if (b->pid > 0)
		return true;
	close(b->fd);
	b->fd = -1;
	return error_set(err, ERROR_PERMISSION, "could not start the demo's bank: %s", strerror(errno));
}

static bool bank_answer(struct demo_bank *b, struct demo_bank_report *report, struct error *err)
{
	struct answer_message m;
	ssize_t n;
	do
		n = recv(b->fd, &m, sizeof m, 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof m)
		return error_set(err, ERROR_UNREACHABLE, "could not go on with the demo: the process of its bank has ended");
	*report = m.report;
	if (!m.ok && err)
		*err = m.err;
	return m.ok;
}

bool demo_bank_ready(struct demo_bank *b, struct demo_bank_report *report, struct error *err)
{
	return bank_answer(b, report, err);
}

bool demo_bank_burst(struct demo_bank *b, int64_t events, struct demo_bank_report *report, struct error *err)
{
	struct order o = {events};
	if (send(b->fd, &o, sizeof o, MSG_NOSIGNAL) != (ssize_t)sizeof o)
		return error_set(err, ERROR_UNREACHABLE, "could not go on with the demo: the process of its bank has ended");
	return bank_answer(b, report, err);
}

void demo_bank_end(struct demo_bank *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->pid > 0)
		while (waitpid(b->pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (b->pid >= 0 && b->params.private_folder)
		demo_folder_remove(b->params.folder); /* should the child have been killed */
	*b = (struct demo_bank){.pid = -1, .fd = -1};
}
