/* step: one transaction of the embedded bank, by whoever measures how soon it is seen. */
#ifndef TD_BENCH_STEP_H
#define TD_BENCH_STEP_H

#include <stdint.h>

struct writer;

#define STEP_STORE "S01"

struct writer *step_writer(const char *bank);
/* Customer `number` (from 1) gets another city. */
void step_commit(struct writer *w, int64_t number, const char *city);
/* A customer of this number, which is free, registers in STEP_STORE now. */
void step_register(struct writer *w, int64_t number);

#endif
