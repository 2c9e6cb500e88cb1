/* clock: now, in microseconds since 1970-01-01T00:00:00Z.
 *
 * All instants of the program are int64_t microseconds UTC. TIME_NONE stands
 * for "no such time"; TIME_OPEN (9999-12-31T00:00:00Z) ends an open version.
 */
#ifndef TD_BASE_CLOCK_H
#define TD_BASE_CLOCK_H

#include <stdint.h>

#define TIME_NONE INT64_MIN
#define TIME_OPEN INT64_C(253402214400000000)
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

int64_t clock_now(void);
int64_t clock_mono(void); /* CLOCK_MONOTONIC: for waits and rates, never frozen */
/* Freezes clock_now for tests and the headless console; TIME_NONE lets it run again.
 * The environment variable TELLERDESK_NOW (RFC 3339) freezes it at first use. */
void clock_freeze(int64_t now);

#endif
