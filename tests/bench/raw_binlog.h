/* raw_binlog: the least a reader of the log can do: it asks for it, and counts what comes. */
#ifndef TD_BENCH_RAW_BINLOG_H
#define TD_BENCH_RAW_BINLOG_H

#include <stdint.h>

/* Events of the log from FILE:POS to its end, and of them those that hold rows. */
struct raw_binlog {
	int64_t events, rows_events, bytes;
	double seconds, cpu;
};
void raw_binlog(const char *socket, const char *from, struct raw_binlog *out);

#endif
