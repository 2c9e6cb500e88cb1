#include "config.h"

#include "bench/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/child.h"

void answers_done(struct answers *a)
{
	struct samples *all[] = {&a->start, &a->enter, &a->enter_cpu, &a->bytes};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		samples_done(all[i]);
}

static void read_answers(const char *path, struct answers *a)
{
	const struct {
		const char *name;
		struct samples *into;
	} names[] = {{"start_us", &a->start}, {"enter_us", &a->enter},   {"enter_cpu_us", &a->enter_cpu},
		     {"bytes", &a->bytes}};
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
