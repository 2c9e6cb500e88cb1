/* terminal: tellerdesk in a terminal of the bench's own (a pty), typed into and looked at as a person does.
 *
 *     terminal_open(&t, &params)
 *     terminal_type(&t, "10000001\r")
 *     ns = terminal_wait(&t, shows, ctx, "the customer")     when the screen showed it first
 *     terminal_quiet(&t, 50)                                 until nothing came for so many milliseconds
 *     t.bytes                                                sent by it so far
 *     terminal_close(&t)
 *
 * The screen is looked at between any two sequences, so that what stood there only for the time of one
 * frame is seen too. Times are CLOCK_MONOTONIC in nanoseconds, of the read that brought the last byte.
 */
#ifndef TD_BENCH_TERMINAL_H
#define TD_BENCH_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/vt.h"

struct terminal_params {
	const char *const *argv;
	const char *type; /* TERM */
	int rows, columns;
	const char *now;  /* its clock stands still there; NULL: it goes */
};

struct terminal {
	struct vt vt;
	pid_t pid;
	int fd;
	int64_t bytes, read_at, started;
};

void terminal_open(struct terminal *t, const struct terminal_params *p);
void terminal_type(struct terminal *t, const char *keys);
/* Fails the bench, saying what was waited for and showing the screen, when that does not come. */
int64_t terminal_wait(struct terminal *t, bool (*shows)(const struct vt *v, void *ctx), void *ctx, const char *what);
void terminal_wait_text(struct terminal *t, const char *text);
void terminal_quiet(struct terminal *t, int milliseconds);
/* Takes what comes for so many microseconds. */
void terminal_rest(struct terminal *t, int64_t micro);
/* Asks it to end, and waits; it must end well. */
void terminal_close(struct terminal *t);

#endif
