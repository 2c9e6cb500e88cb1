#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

static const struct run_program *program;
static int run_streams;
static uint64_t run_seed = 1;
static char folder[128];

void run_arguments(int argc, char **argv, int *streams, uint64_t *seed)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--streams") == 0)
			*streams = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--seed") == 0)
			*seed = strtoull(argv[i + 1], NULL, 10);
	}
}

static pid_t folder_owner;

static void run_folder_gone(void)
{
	if (folder_owner == getpid())
		rmdir(folder);
}

const char *run_folder(void)
{
	const char *temporary = getenv("TMPDIR");

	if (*folder)
		return folder;
	folder_owner = getpid();
	snprintf(folder, sizeof folder, "/dev/shm/td-property-XXXXXX");
	if (!mkdtemp(folder)) {
		snprintf(folder, sizeof folder, "%s/property-XXXXXX", temporary ? temporary : "/tmp");
		if (!mkdtemp(folder))
			abort();
	}
	atexit(run_folder_gone);
	return folder;
}

void run_remove(const char *path)
{
	static const char *const beside[] = {"", "-wal", "-shm", "-journal", ".lock", ".request"};
	char name[256];

	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		snprintf(name, sizeof name, "%s%s", path, beside[i]);
		unlink(name);
	}
}

/* The shortest prefix of the stream that fails. */
static void run_shrink(uint64_t seed)
{
	struct buffer why = {0}, told = {0};
	int length = 1;

	for (; length < program->length; length++) {
		buffer_clear(&why);
		if (!program->one(seed, length, &why))
			break;
	}
	if (length == program->length) {
		buffer_clear(&why);
		program->one(seed, length, &why);
	}
	if (program->tell)
		program->tell(seed, length, &told);
	printf("# seed %" PRIu64 ", %d transactions: %s\n%s", seed, length, buffer_text(&why), buffer_text(&told));
	fflush(stdout);
	buffer_done(&why);
	buffer_done(&told);
}

static void run_all(void **state)
{
	(void)state;
	for (int i = 0; i < run_streams; i++) {
		uint64_t seed = run_seed + (uint64_t)i;
		struct buffer why = {0};
		bool ok = program->one(seed, program->length, &why);

		if (!ok) {
			run_shrink(seed);
			fail_msg("seed %" PRIu64 ": %s", seed, buffer_text(&why));
		}
		buffer_done(&why);
	}
}

int run_main(const struct run_program *p, int argc, char **argv)
{
	const struct CMUnitTest tests[] = {{p->name, run_all, NULL, NULL, NULL}};

	program = p;
	run_streams = p->streams;
	run_arguments(argc, argv, &run_streams, &run_seed);
	printf("# %s: %d streams from seed %" PRIu64 "\n", p->name, run_streams, run_seed);
	fflush(stdout);
	return cmocka_run_group_tests_name(p->name, tests, NULL, NULL);
}
