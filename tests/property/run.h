/* run: many random streams, one after the other, and the shortest that fails.
 *
 *     int main(int argc, char **argv) { return run_main(&program, argc, argv); }
 *
 * Arguments: --streams N --seed S. Stream i has the seed S + i, so a failure is seen again by
 * `--streams 1 --seed THAT`. Prints TAP.
 */
#ifndef TD_PROPERTY_RUN_H
#define TD_PROPERTY_RUN_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;

struct run_program {
	const char *name;
	int streams; /* unless told */
	int length;  /* transactions of a stream */
	/* True: all is as it must be. `why` gets the difference. */
	bool (*one)(uint64_t seed, int length, struct buffer *why);
	/* The same stream in words, or NULL. */
	void (*tell)(uint64_t seed, int length, struct buffer *out);
};

int run_main(const struct run_program *p, int argc, char **argv);
/* The arguments alone. */
void run_arguments(int argc, char **argv, int *streams, uint64_t *seed);
/* A private folder for files of tests, in memory where there is room; its path, without a slash at the end. */
const char *run_folder(void);
void run_remove(const char *path); /* a file and what SQLite keeps beside it */

#endif
