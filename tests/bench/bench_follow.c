/* A service that follows the bank: lookups while it catches up at full speed, and how soon a commit is visible. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/memory.h"
#include "bench/backlog.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "bench/look.h"
#include "bench/step.h"
#include "generate/dice.h"
#include "generate/writer.h"

#define COMMITS 300

static void look_meanwhile(const struct bench *b, struct backlog *k, struct child *c)
{
	struct look l;
	struct dice d = {19};
	int64_t first = backlog_reached(k), began = 0, reached = first;
	look_open(&l, b);
	while (reached < k->target) {
		if (!child_runs(c, 0))
			bench_fail("ingest ended too soon");
		for (int i = 0; i < 32; i++)
			look_pair(&l, bench_cif(1 + dice_below(&d, (uint32_t)b->customers)),
				  bench_cif(1 + dice_below(&d, (uint32_t)b->customers)));
		reached = backlog_reached(k);
		/* It runs flat out from its first commit to its last. */
		if (!began && reached > first) {
			began = bench_ns();
			first = reached;
			samples_done(&l.ours);
			samples_done(&l.bare);
		}
	}
	double seconds = (double)(bench_ns() - began) / 1e9;
	report_section("lookup while ingest catches up, against the bare statements");
	report_line(&(struct report_line){"median", REPORT_TIME, samples_at(&l.ours, 0.5), samples_at(&l.bare, 0.5), 0,
					  NULL, NULL});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&l.ours, 0.99), samples_at(&l.bare, 0.99), 0,
					  "1 ms", "0.4 ms"});
	report_line(&(struct report_line){"longest", REPORT_TIME, samples_at(&l.ours, 1), samples_at(&l.bare, 1), 0,
					  NULL, "10 ms"});
	report_line(&(struct report_line){"times a reader that never waits met SQLITE_BUSY", REPORT_PLAIN,
					  (double)l.busy, 0, 0, "0", "0"});
	report_line(&(struct report_line){"changes ingest took from the bank meanwhile", REPORT_RATE,
					  (double)(reached - first) / seconds, 0, 0, NULL, NULL});
	look_close(&l);
}

static void rest(int64_t micro)
{
	nanosleep(&(struct timespec){.tv_nsec = micro * 1000}, NULL);
}

static void commits(const struct bench *b, struct backlog *k)
{
	struct samples seen = {0}, commit = {0};
	struct dice d = {23};
	struct writer *w = step_writer(b->bank);
	prctl(PR_SET_TIMERSLACK, 1000L);
	bench_says("committing one at a time");
	for (int i = 0; i < COMMITS; i++) {
		char city[32];
		snprintf(city, sizeof city, "Kota%d", i);
		/* At no fixed beat, or a follower that looks from time to time would always or never be late. */
		rest(2000 + (int64_t)dice_below(&d, 30000));
		int64_t start = bench_ns();
		step_commit(w, 1 + i, city);
		int64_t committed = bench_ns(), target = strtoll(w->ops->position(w), NULL, 10);
		/* Rests between two looks: a reader that spins takes a core from whom it waits for. */
		for (; backlog_reached(k) < target; rest(10))
			if (bench_ns() - committed > INT64_C(10000000000))
				bench_fail("a commit was not seen within 10 s");
		samples_add(&seen, (double)(bench_ns() - committed) / 1e3);
		samples_add(&commit, (double)(committed - start) / 1e3);
	}
	w->ops->close(w);
	report_section("commit to visible in the replica, against the bank's own commit");
	report_line(&(struct report_line){"median", REPORT_TIME, samples_at(&seen, 0.5), samples_at(&commit, 0.5), 0,
					  NULL, NULL});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&seen, 0.99), samples_at(&commit, 0.99), 0,
					  NULL, NULL});
	samples_done(&seen);
	samples_done(&commit);
}

void bench_follow(const struct bench *b)
{
	struct backlog k;
	struct child c;
	char *source = memory_format("bank:%s", b->bank);
	const char *const argv[] = {b->program, "ingest", "--source", source, "--replica", b->replica, "-q", NULL};
	backlog_make(&k, b, b->customers / 3);
	bench_says("catching up");
	child_start(&c, argv, NULL);
	look_meanwhile(b, &k, &c);
	backlog_wait(&k);
	child_runs(&c, 0);
	report_line(&(struct report_line){"peak memory of ingest, catching up and indexing", REPORT_BYTES,
					  (double)c.peak, 0, 0, "128 MB", "64 MB"});
	commits(b, &k);
	child_end(&c);
	backlog_done(&k);
	free(source);
}
