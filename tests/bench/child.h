/* child: a tellerdesk of its own process, and how much memory it took. */
#ifndef TD_BENCH_CHILD_H
#define TD_BENCH_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int fd;          /* becomes readable when it ends */
	int64_t started; /* nanoseconds, monotonic */
	int64_t peak;    /* bytes resident at most, as far as seen */
	int status;      /* once it has ended: */
	double cpu;      /* seconds of processor it took */
};

/* argv[0] is the program. out: a file for its standard output; NULL: nowhere. It ends with the bench. */
void child_start(struct child *c, const char *const *argv, const char *out);
/* Looks at its memory; false: it has ended. Waits up to wait_ms for that. */
bool child_runs(struct child *c, int wait_ms);
/* Waits for its end, which must be a good one; the seconds it ran. */
double child_wait(struct child *c);
/* Seconds of processor a process has taken so far, all its threads; to a hundredth. */
double child_cpu(pid_t pid);
/* Asks it to end, and waits. */
void child_end(struct child *c);

#endif
