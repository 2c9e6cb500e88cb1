/* step: what a console's script lets this program do while it runs (its instruction `run`).
 *
 *     bench step commit BANK NUMBER WORD   renames a customer and prints when that was committed
 *     bench step server SOCKET NUMBER WORD  the same on a MariaDB server
 *     bench step stamp                     prints the time
 *
 * Times are CLOCK_MONOTONIC in nanoseconds, so that those of two processes compare.
 */
#ifndef TD_BENCH_STEP_H
#define TD_BENCH_STEP_H

#include <stdint.h>

struct writer;

int step_main(int argc, char **argv);
/* One transaction of the bank: customer `number` (from 1) gets another city. */
void step_commit(struct writer *w, int64_t number, const char *city);
struct writer *step_writer(const char *bank);

#endif
