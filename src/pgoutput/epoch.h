/* epoch: PostgreSQL counts microseconds from 2000-01-01 UTC, the rest of the program from 1970-01-01. */
#ifndef TD_PGOUTPUT_EPOCH_H
#define TD_PGOUTPUT_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

#define EPOCH_DISTANCE INT64_C(946684800000000)

/* False: it is past the end of time (no server's clock is). */
static inline bool epoch_read(uint64_t server, int64_t *out)
{
	return !__builtin_add_overflow((int64_t)server, EPOCH_DISTANCE, out);
}

static inline uint64_t epoch_write(int64_t at)
{
	int64_t server;
	return (uint64_t)(__builtin_sub_overflow(at, EPOCH_DISTANCE, &server) ? INT64_MIN : server);
}

#endif
