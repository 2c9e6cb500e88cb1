#include "config.h"

#include "bench/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/child.h"

enum { COMMITS_SEEN = 40 };

void answers_done(struct answers *a)
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

double script_run(const struct bench *b, const struct script_place *at, const struct buffer *script, struct answers *a)
{
	char *path = bench_path(b, "script"), *out = bench_path(b, "script.out");
	const char *const follow[] = {b->program,  "console",  "--source", at->source, "--replica",
				      at->replica, "--script", path,       NULL};
	const char *const read[] = {b->program,  "console",  "--no-ingest", "--replica",
				    at->replica, "--script", path,          NULL};
	FILE *f = fopen(path, "we");
	if (!f || fwrite(buffer_text(script), 1, script->len, f) != script->len || fclose(f) != 0)
		bench_fail("could not write \"%s\"", path);
	struct child c;
	child_start(&c, at->source ? follow : read, out);
	double seconds = child_wait(&c);
	read_answers(out, a);
	free(path);
	free(out);
	return seconds * 1e6;
}

void script_commits(const struct bench *b, const struct script_place *at, const char *step)
{
	struct answers a = {0};
	struct samples seen = {0};
	struct buffer script = {0};
	buffer_format(&script, "keys %lld Enter\nwait idle\n", (long long)bench_cif(5));
	/* A pane is not loaded again within a frame: each commit meets one that has rested. */
	for (int i = 0; i <= COMMITS_SEEN; i++)
		buffer_format(&script,
			      "run exec sleep 0.1\nwait idle\nrun exec %s %s 5 Sungai%d\n"
			      "wait text Sungai%d\nrun exec %s step stamp\n",
			      b->self, step, i, i, b->self);
	script_run(b, at, &script, &a);
	/* The first is seen when ingest has reached the bank at all. */
	for (size_t i = 1; i < a.commit.count && i < a.stamp.count; i++)
		samples_add(&seen, (a.stamp.list[i] - a.commit.list[i]) / 1e3);
	if (seen.count != COMMITS_SEEN)
		bench_fail("of %d commits the screen showed %zu", COMMITS_SEEN, seen.count);
	report_line(&(struct report_line){"median", REPORT_TIME, samples_at(&seen, 0.5), 0, 0, "50 ms", "20 ms"});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&seen, 0.99), 0, 0, "50 ms", "20 ms"});
	answers_done(&a);
	samples_done(&seen);
	buffer_done(&script);
}
