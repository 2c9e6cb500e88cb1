/* raw_pgoutput: the least a reader of PostgreSQL's changes can do: it asks for them, and counts what comes. */
#ifndef TD_BENCH_RAW_PGOUTPUT_H
#define TD_BENCH_RAW_PGOUTPUT_H

#include <stdint.h>

struct raw_pgoutput {
	int64_t messages, rows, bytes;
	double seconds, cpu; /* cpu: of this side */
};
/* What the slot has up to that place of the log; nothing is acknowledged. conninfo: without `replication`. */
void raw_pgoutput(const char *conninfo, const char *slot, const char *to, struct raw_pgoutput *out);

#endif
