/* replay: a fuzz target's corpus as a test, without libFuzzer.
 *
 * Linked with one fuzz_NAME.c as replay_NAME, it feeds each file of
 * tests/fuzz/corpus/NAME whole and cut short at up to 64 places, each time in a
 * block of exactly its size, so that AddressSanitizer sees a read past its end.
 * A point of TAP a file. What an input must give is asserted in the target; a
 * crash ends the program, and the runner then misses the rest of the plan.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *replay_format(const char *a, const char *b, const char *c)
{
	size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
	char *s = malloc(n);
	if (!s)
		abort();
	snprintf(s, n, "%s%s%s", a, b, c);
	return s;
}

static uint8_t *replay_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	uint8_t *bytes = NULL;
	size_t room = 0;
	*size = 0;
	for (;;) {
		room = room ? room * 2 : 4096;
		uint8_t *larger = realloc(bytes, room);
		if (!larger)
			abort();
		bytes = larger;
		*size += fread(bytes + *size, 1, room - *size, f);
		if (*size < room)
			break;
	}
	bool failed = ferror(f) != 0;
	fclose(f);
	if (failed) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static void replay_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		abort();
	if (size)
		memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

/* Short inputs are cut everywhere; long ones at places spread over them. */
static void replay_cut(const uint8_t *bytes, size_t size)
{
	size_t cuts = size < CUTS ? size : CUTS;
	for (size_t i = 0; i < cuts; i++)
		replay_bytes(bytes, size * i / cuts);
	replay_bytes(bytes, size);
}

static int replay_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void replay_folder(const char *folder, struct dirent **entries, int count)
{
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		char *path = replay_format(folder, "/", entries[i]->d_name);
		size_t size = 0;
		uint8_t *bytes = replay_read(path, &size);
		if (bytes) {
			replay_cut(bytes, size);
			printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		} else {
			printf("not ok %d - %s: %s\n", i + 1, entries[i]->d_name, strerror(errno));
		}
		fflush(stdout);
		free(bytes);
		free(path);
	}
}

int main(int argc, char **argv)
{
	const char *program = strrchr(argv[0], '/');
	const char *name = strstr(program ? program : argv[0], "replay_");
	const char *top = getenv("SRCDIR");
	if (argc > 2 || (argc == 1 && !name)) {
		fprintf(stderr, "usage: %s [CORPUS]\n", argv[0]);
		return 2;
	}
	char *folder = argc == 2 ? replay_format(argv[1], "", "")
	                         : replay_format(top ? top : ".", "/tests/fuzz/corpus/", name + strlen("replay_"));
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, replay_visible, alphasort);
	if (count <= 0) {
		/* A target without a corpus would pass for nothing. */
		printf("1..1\nnot ok 1 - %s: %s\n", folder, count < 0 ? strerror(errno) : "no file in it");
		free(folder);
		return 1;
	}
	replay_folder(folder, entries, count);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	free(folder);
	return 0;
}
