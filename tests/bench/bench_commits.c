/* A commit in the bank to the screen of a console that is open: the record of a customer, and the stores.
 *
 * The commit is made here, in the process that reads the terminal, so that nothing but the way itself is measured. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/backlog.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "bench/console.h"
#include "bench/step.h"
#include "bench/terminal.h"
#include "generate/dice.h"
#include "generate/writer.h"
#include "replica/replica.h"

enum {
	COMMITS = 300,
	WARM = 5,                             /* before them: ingest has to reach the bank's end first */
	NUMBER = 5,                           /* the customer on the screen */
	PAUSE_LEAST = 3000, PAUSE_SPREAD = 47000, /* microseconds: at no beat that could always hit, or miss, another */
};

/* ---- what the screen shows ---- */

static bool shows_city(const struct vt *v, void *ctx)
{
	return vt_find(v, 3, v->rows, ctx) >= 0;
}

static int cell_of(const struct vt *v, int y, const char *text)
{
	int n = (int)strlen(text);
	for (int x = 0; x + n <= v->columns; x++) {
		int i = 0;
		while (i < n && v->cells[y * v->columns + x + i] == (unsigned char)text[i])
			i++;
		if (i == n)
			return x;
	}
	return -1;
}

/* What the store has registered today: the number that ends where the heading "today" does; -1: it is not there. */
static int64_t today_of(const struct vt *v)
{
	int heading = vt_find(v, 3, v->rows, "today"), row = -1;
	if (heading < 0)
		return -1;
	int end = cell_of(v, heading, "today") + (int)strlen("today");
	for (int y = heading + 1; y < v->rows && row < 0; y++)
		if (cell_of(v, y, STEP_STORE) >= 0 && cell_of(v, y, STEP_STORE) < 3)
			row = y;
	if (row < 0)
		return -1;
	int64_t number = 0, unit = 1;
	for (int x = end - 1; x >= 0 && v->cells[row * v->columns + x] != ' '; x--) {
		uint32_t c = v->cells[row * v->columns + x];
		if (c >= '0' && c <= '9') { /* what groups them is skipped */
			number += unit * (c - '0');
			unit *= 10;
		}
	}
	return number;
}

static bool shows_more(const struct vt *v, void *ctx)
{
	return today_of(v) > *(const int64_t *)ctx;
}

/* ---- commits ---- */

static void pause_some(struct terminal *t, struct dice *d)
{
	terminal_rest(t, PAUSE_LEAST + (int64_t)dice_below(d, PAUSE_SPREAD));
}

static void moves(struct terminal *t, const struct commits *c, struct samples *seen)
{
	struct dice d = {47};
	char keys[32], city[32];
	snprintf(keys, sizeof keys, "%lld\r", (long long)bench_cif(NUMBER));
	terminal_type(t, keys);
	terminal_wait_text(t, "1 of 1");
	for (int i = -WARM; i < COMMITS; i++) {
		snprintf(city, sizeof city, "Sungai%04d", i + WARM);
		pause_some(t, &d);
		c->move(c->ctx, NUMBER, city);
		int64_t committed = bench_ns();
		int64_t shown = terminal_wait(t, shows_city, city, "a commit");
		if (i >= 0)
			samples_add(seen, (double)(shown - committed) / 1e3);
	}
}

static void entries(struct terminal *t, const struct commits *c, struct samples *seen)
{
	static int64_t number = 80000000; /* above all that were generated */
	struct dice d = {53};
	int64_t before = -1;
	/* Selected, it stays on the screen wherever its number takes it. */
	terminal_type(t, ":stor\r");
	terminal_wait_text(t, "today");
	terminal_type(t, "/" STEP_STORE "\r");
	terminal_wait(t, shows_more, &before, "what the store registered today");
	for (int i = -WARM; i < COMMITS; i++) {
		pause_some(t, &d);
		before = today_of(&t->vt);
		c->enter(c->ctx, ++number);
		int64_t committed = bench_ns();
		int64_t shown = terminal_wait(t, shows_more, &before, "a registration");
		if (i >= 0)
			samples_add(seen, (double)(shown - committed) / 1e3);
	}
}

static void report(const char *what, struct samples *seen)
{
	char text[96];
	snprintf(text, sizeof text, "%s, median of %zu", what, seen->count);
	report_line(&(struct report_line){text, REPORT_TIME, samples_at(seen, 0.5), 0, 0, "50 ms", "20 ms"});
	report_line(&(struct report_line){"  p99", REPORT_TIME, samples_at(seen, 0.99), 0, 0, "50 ms", "20 ms"});
	report_line(&(struct report_line){"  longest", REPORT_TIME, samples_at(seen, 1), 0, 0, NULL, NULL});
	samples_done(seen);
}

void screen_commits(const struct commits *c)
{
	struct terminal t;
	struct samples seen = {0};
	prctl(PR_SET_TIMERSLACK, 1000L);
	bench_says("%s", c->title);
	report_section(c->title);
	terminal_open(&t, &(struct terminal_params){.argv = c->argv, .type = "xterm-256color", .rows = 24, .columns = 80});
	terminal_wait_text(&t, "LIVE");
	moves(&t, c, &seen);
	report("a customer's city, on the customer's screen", &seen);
	entries(&t, c, &seen);
	report("a registration, on the stores' screen", &seen);
	terminal_close(&t);
}

/* ---- the embedded bank ---- */

static void bank_move(void *ctx, int64_t number, const char *city)
{
	step_commit(ctx, number, city);
}

static void bank_enter(void *ctx, int64_t number)
{
	step_register(ctx, number);
}

void console_commits(const struct bench *b)
{
	char *source = memory_format("bank:%s", b->bank);
	const char *const console[] = {b->program, "console", "--source", source, "--replica", b->replica, NULL};
	const char *const service[] = {b->program, "ingest", "--source", source, "--replica", b->replica, "-q", NULL};
	struct writer *w = step_writer(b->bank);
	struct commits c = {"commit in the bank to the screen, ingest in the console's process", console, bank_move, bank_enter, w};
	struct child other;
	backlog_take(b); /* what is left of one must not stand between a commit and the screen */
	screen_commits(&c);
	child_start(&other, service, NULL);
	/* Else the console might be the first to take the replica. */
	for (int64_t end = bench_ns() + INT64_C(10000000000); replica_writer(b->replica) != other.pid;)
		if (!child_runs(&other, 1) || bench_ns() > end)
			bench_fail("the service did not begin");
	c.title = "commit in the bank to the screen, a service keeps the replica";
	screen_commits(&c);
	child_end(&other);
	w->ops->close(w);
	free(source);
}
