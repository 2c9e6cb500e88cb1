/* The console, headless: its first screen, an Enter to its frame, a commit in the bank to the screen. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/backlog.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "generate/dice.h"

enum { STARTS = 9, KEYS = 60, RUNS_MOST = 12, COMMITS_SEEN = 40 };

/* What the instructions `time`, `bytes` and `run` printed, in order. */
struct answers {
	struct samples start, enter, enter_cpu, bytes, commit, stamp;
};

static void answers_done(struct answers *a)
{
	struct samples *all[] = {&a->start, &a->enter, &a->enter_cpu, &a->bytes, &a->commit, &a->stamp};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		samples_done(all[i]);
}

static void read_answers(const char *path, struct answers *a)
{
	const struct {
		const char *name;
		struct samples *into;
	} names[] = {{"start_us", &a->start}, {"enter_us", &a->enter},   {"enter_cpu_us", &a->enter_cpu},
		     {"bytes", &a->bytes},    {"commit_ns", &a->commit}, {"stamp_ns", &a->stamp}};
	char line[256], word[32];
	double number;
	bool started = false;
	FILE *f = fopen(path, "re");
	if (!f)
		bench_fail("could not read \"%s\"", path);
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%31s %lf", word, &number) != 2)
			continue;
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (strcmp(word, names[i].name) == 0 && (i || !started))
				samples_add(names[i].into, number);
		started |= strcmp(word, "start_us") == 0; /* each `time` tells it again */
	}
	fclose(f);
}

/* The microseconds the whole process took. */
static double run_script(const struct bench *b, const struct buffer *script, bool ingest, struct answers *a)
{
	char *path = bench_path(b, "script"), *out = bench_path(b, "script.out"),
	     *source = memory_format("bank:%s", b->bank);
	const char *const follow[] = {b->program, "console",  "--source", source, "--replica",
				      b->replica, "--script", path,       NULL};
	const char *const read[] = {b->program, "console",  "--no-ingest", "--replica",
				    b->replica, "--script", path,          NULL};
	FILE *f = fopen(path, "we");
	if (!f || fwrite(buffer_text(script), 1, script->len, f) != script->len || fclose(f) != 0)
		bench_fail("could not write \"%s\"", path);
	struct child c;
	child_start(&c, ingest ? follow : read, out);
	double seconds = child_wait(&c);
	read_answers(out, a);
	free(path);
	free(out);
	free(source);
	return seconds * 1e6;
}

static void lookups(const struct bench *b, struct buffer *script, int count, struct dice *d)
{
	for (int i = 0; i < count; i++)
		buffer_format(script, "keys %lld Enter\ntime\n",
			      (long long)bench_cif(1 + dice_below(d, (uint32_t)b->customers)));
}

/* Out of the page cache, as after the night. */
static void forget_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fdatasync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		bench_fail("could not drop \"%s\" from the cache", path);
	close(fd);
}

static void starts(const struct bench *b)
{
	struct answers warm = {0}, cold = {0};
	struct samples whole = {0};
	struct buffer script = {0};
	buffer_text_add(&script, "time\n");
	bench_says("starting consoles");
	for (int i = 0; i < STARTS; i++) {
		forget_file(b->replica);
		run_script(b, &script, false, &cold);
		samples_add(&whole, run_script(b, &script, false, &warm));
	}
	report_section("console, headless, ingest idle");
	report_line(&(struct report_line){"start to first screen, cold", REPORT_TIME, samples_at(&cold.start, 0.5), 0,
					  0, "100 ms", "50 ms"});
	report_line(&(struct report_line){"start to first screen, warm", REPORT_TIME, samples_at(&warm.start, 0.5), 0,
					  0, "100 ms", "20 ms"});
	report_line(&(struct report_line){"  the whole process, warm, to its end", REPORT_TIME, samples_at(&whole, 0.5),
					  0, 0, "100 ms", "20 ms"});
	samples_done(&whole);
	answers_done(&warm);
	answers_done(&cold);
	buffer_done(&script);
}

static void keys(const struct bench *b)
{
	struct answers small = {0}, large = {0};
	struct buffer script = {0};
	struct dice d = {29};
	lookups(b, &script, KEYS, &d);
	/* Then one field: a digit of the next CIF. */
	buffer_text_add(&script, "keys 1\nbytes\n");
	run_script(b, &script, false, &small);
	buffer_clear(&script);
	buffer_text_add(&script, "size 200 60\n");
	lookups(b, &script, KEYS, &d);
	run_script(b, &script, false, &large);
	report_line(&(struct report_line){"Enter to frame, CPU, 80x24", REPORT_TIME, samples_at(&small.enter_cpu, 0.5),
					  0, 0, "5 ms", "1 ms"});
	report_line(&(struct report_line){"Enter to frame, CPU, 200x60", REPORT_TIME, samples_at(&large.enter_cpu, 0.5),
					  0, 0, "5 ms", "2 ms"});
	report_line(&(struct report_line){"bytes sent for a digit typed", REPORT_BYTES, samples_at(&small.bytes, 0.5),
					  0, 0, "64 B", "64 B"});
	answers_done(&small);
	answers_done(&large);
	buffer_done(&script);
}

static void under_ingest(const struct bench *b)
{
	struct answers a = {0};
	struct backlog k;
	struct dice d = {31};
	int runs = 0;
	backlog_make(&k, b);
	bench_says("consoles while their ingest catches up");
	for (; runs < RUNS_MOST && backlog_reached(&k) < k.target; runs++) {
		struct buffer script = {0};
		struct answers one = {0};
		lookups(b, &script, KEYS, &d);
		run_script(b, &script, true, &one);
		/* One that caught up under way says nothing of a busy ingest. */
		for (size_t i = 0; backlog_reached(&k) < k.target && i < one.enter.count; i++) {
			samples_add(&a.enter, one.enter.list[i]);
			samples_add(&a.enter_cpu, one.enter_cpu.list[i]);
			if (i < one.start.count)
				samples_add(&a.start, one.start.list[i]);
		}
		answers_done(&one);
		buffer_done(&script);
	}
	report_section("console, headless, its own ingest at full speed");
	if (a.start.count) {
		report_line(&(struct report_line){"start to first screen, the longest", REPORT_TIME,
						  samples_at(&a.start, 1), 0, 0, "100 ms", "20 ms"});
		report_line(&(struct report_line){"Enter to frame, median", REPORT_TIME, samples_at(&a.enter, 0.5), 0,
						  0, "16 ms", NULL});
		report_line(&(struct report_line){"Enter to frame, p99", REPORT_TIME, samples_at(&a.enter, 0.99), 0, 0,
						  "16 ms", NULL});
		report_line(&(struct report_line){"Enter to frame, CPU, median", REPORT_TIME,
						  samples_at(&a.enter_cpu, 0.5), 0, 0, "5 ms", "1 ms"});
	} else {
		printf("(it caught up before a console had run: too few customers)\n");
	}
	answers_done(&a);
	backlog_done(&k);
}

static void commit_to_screen(const struct bench *b)
{
	struct answers a = {0};
	struct samples seen = {0};
	struct buffer script = {0};
	bench_says("commits to the screen");
	buffer_format(&script, "keys %lld Enter\nwait idle\n", (long long)bench_cif(5));
	/* A pane is not loaded again within a frame: each commit meets one that has rested. */
	for (int i = 0; i < COMMITS_SEEN; i++)
		buffer_format(&script,
			      "run exec sleep 0.1\nwait idle\nrun exec %s step commit %s 5 Sungai%d\n"
			      "wait text Sungai%d\nrun exec %s step stamp\n",
			      b->self, b->bank, i, i, b->self);
	run_script(b, &script, true, &a);
	for (size_t i = 0; i < a.commit.count && i < a.stamp.count; i++)
		samples_add(&seen, (a.stamp.list[i] - a.commit.list[i]) / 1e3);
	report_section("commit to the screen, the start of a process included");
	report_line(&(struct report_line){"median", REPORT_TIME, samples_at(&seen, 0.5), 0, 0, "50 ms", "20 ms"});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&seen, 0.99), 0, 0, "50 ms", "20 ms"});
	answers_done(&a);
	samples_done(&seen);
	buffer_done(&script);
}

/* What is left of the backlog must not stand between a commit and the screen. */
static void catch_up(const struct bench *b)
{
	char *source = memory_format("bank:%s", b->bank);
	const char *const argv[] = {b->program,  "ingest",   "--once", "--source", source,
				    "--replica", b->replica, "-q",     NULL};
	struct child c;
	child_start(&c, argv, NULL);
	child_wait(&c);
	free(source);
}

void bench_console(const struct bench *b)
{
	starts(b);
	keys(b);
	under_ingest(b);
	catch_up(b);
	commit_to_screen(b);
}
