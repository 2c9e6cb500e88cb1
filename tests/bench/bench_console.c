/* The console, headless: its first screen, an Enter to its frame, a commit in the bank to the screen. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/backlog.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "bench/script.h"
#include "bench/terminal.h"
#include "generate/dice.h"

enum { STARTS = 9, KEYS = 60, RUNS_MOST = 12 };

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

/* From the start of the process to what the replica says of its age. */
static double start_in_terminal(const struct bench *b)
{
	const char *const argv[] = {b->program, "console", "--no-ingest", "--replica", b->replica, NULL};
	struct terminal t;
	terminal_open(&t, &(struct terminal_params){.argv = argv, .type = "xterm-256color", .rows = 24, .columns = 80});
	terminal_wait_text(&t, "OFFLINE");
	double micro = (double)(t.read_at - t.started) / 1e3;
	terminal_close(&t);
	return micro;
}

static void starts(const struct bench *b)
{
	const struct script_place here = {NULL, b->replica};
	struct answers warm = {0}, cold = {0};
	struct samples whole = {0}, seen = {0};
	struct buffer script = {0};
	buffer_text_add(&script, "time\n");
	bench_says("starting consoles");
	for (int i = 0; i < STARTS; i++) {
		forget_file(b->replica);
		script_run(b, &here, &script, &cold);
		samples_add(&whole, script_run(b, &here, &script, &warm));
		samples_add(&seen, start_in_terminal(b));
	}
	report_section("console, headless, ingest idle");
	report_line(&(struct report_line){"start to first screen, cold", REPORT_TIME, samples_at(&cold.start, 0.5), 0,
					  0, "100 ms", "50 ms"});
	report_line(&(struct report_line){"start to first screen, warm", REPORT_TIME, samples_at(&warm.start, 0.5), 0,
					  0, "100 ms", "20 ms"});
	report_line(&(struct report_line){"  the whole process, warm, to its end", REPORT_TIME, samples_at(&whole, 0.5),
					  0, 0, "100 ms", "20 ms"});
	report_line(&(struct report_line){"  the process in a terminal, warm, to its first screen", REPORT_TIME,
					  samples_at(&seen, 0.5), 0, 0, "100 ms", "20 ms"});
	samples_done(&whole);
	samples_done(&seen);
	answers_done(&warm);
	answers_done(&cold);
	buffer_done(&script);
}

static void keys(const struct bench *b)
{
	const struct script_place here = {NULL, b->replica};
	struct answers small = {0}, large = {0};
	struct buffer script = {0};
	struct dice d = {29};
	lookups(b, &script, KEYS, &d);
	/* Then one field: a digit of the next CIF. */
	buffer_text_add(&script, "keys 1\nbytes\n");
	script_run(b, &here, &script, &small);
	buffer_clear(&script);
	buffer_text_add(&script, "size 200 60\n");
	lookups(b, &script, KEYS, &d);
	script_run(b, &here, &script, &large);
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
	char *source = memory_format("bank:%s", b->bank);
	const struct script_place here = {source, b->replica};
	backlog_make(&k, b, b->customers / 3);
	bench_says("consoles while their ingest catches up");
	for (; runs < RUNS_MOST && backlog_reached(&k) < k.target; runs++) {
		struct buffer script = {0};
		struct answers one = {0};
		lookups(b, &script, KEYS, &d);
		script_run(b, &here, &script, &one);
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
	free(source);
}

void bench_console(const struct bench *b)
{
	starts(b);
	keys(b);
	under_ingest(b);
}
