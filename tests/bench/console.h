/* console: the parts of bench_console, a terminal each.
 *
 *     console_typing     lookups typed while ingest runs at its limit
 *     console_traffic    bytes sent to four kinds of terminal
 *     screen_commits     a commit to the screen that shows it
 */
#ifndef TD_BENCH_CONSOLE_H
#define TD_BENCH_CONSOLE_H

#include <stdint.h>

#include "bench/bench.h"

void console_typing(const struct bench *b);
void console_traffic(const struct bench *b);
void console_commits(const struct bench *b);

/* Whoever commits: customer `number` (from 1) gets another city, or a customer with this number registers in store S001. */
struct commits {
	const char *title;
	const char *const *argv; /* the console */
	void (*move)(void *ctx, int64_t number, const char *city);
	void (*enter)(void *ctx, int64_t number); /* NULL: only the other is measured */
	void *ctx;
};
void screen_commits(const struct commits *c);

#endif
