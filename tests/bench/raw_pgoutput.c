#include "config.h"

#include "bench/raw_pgoutput.h"

#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "bench/bench.h"

#define PATIENCE_MS 60000

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t place_of(const char *text)
{
	unsigned high, low;
	if (sscanf(text, "%X/%X", &high, &low) != 2)
		bench_fail("\"%s\" is no place of a log", text);
	return (uint64_t)high << 32 | low;
}

static uint64_t number(const char *p)
{
	uint64_t n;
	memcpy(&n, p, sizeof n);
	return be64toh(n);
}

/* 'w' start end clock message, 'k' end clock reply; true: what is wanted was sent. */
static bool count(struct raw_pgoutput *out, const char *p, int n, uint64_t to)
{
	enum { ALIVE = 18, DATA = 25, COMMIT_END = DATA + 10 };
	if (n >= ALIVE && p[0] == 'k')
		return number(p + 1) >= to;
	if (n <= DATA || p[0] != 'w')
		bench_fail("a message nobody asked for");
	out->messages++;
	out->bytes += n - DATA;
	out->rows += p[DATA] == 'I' || p[DATA] == 'U' || p[DATA] == 'D';
	return p[DATA] == 'C' && n >= COMMIT_END + 8 && number(p + COMMIT_END) >= to;
}

static void read_all(PGconn *db, uint64_t to, struct raw_pgoutput *out)
{
	struct pollfd fd = {.fd = PQsocket(db), .events = POLLIN};
	for (bool done = false; !done;) {
		char *message;
		int n = PQgetCopyData(db, &message, 1);
		if (n < 0)
			bench_fail("could not read the changes: %s", PQerrorMessage(db));
		if (n > 0) {
			done = count(out, message, n, to);
			PQfreemem(message);
		} else if (poll(&fd, 1, PATIENCE_MS) <= 0 || !PQconsumeInput(db)) {
			bench_fail("the changes did not come: %s", PQerrorMessage(db));
		}
	}
}

void raw_pgoutput(const char *conninfo, const char *slot, const char *to, struct raw_pgoutput *out)
{
	/* Who acknowledges nothing is not to be taken for dead. */
	char *info = memory_format("%s replication=database options='-c wal_sender_timeout=0'", conninfo);
	char *sql = memory_format("START_REPLICATION SLOT \"%s\" LOGICAL 0/0 (proto_version '1', publication_names 'tellerdesk')", slot);
	PGconn *db = PQconnectdb(info);
	double cpu = cpu_seconds();
	int64_t begun = bench_ns();
	*out = (struct raw_pgoutput){0};
	PGresult *r = PQexec(db, sql);
	if (PQresultStatus(r) != PGRES_COPY_BOTH)
		bench_fail("could not ask for the changes: %s", PQerrorMessage(db));
	PQclear(r);
	read_all(db, place_of(to), out);
	out->seconds = (double)(bench_ns() - begun) / 1e9;
	out->cpu = cpu_seconds() - cpu;
	PQfinish(db);
	free(info);
	free(sql);
}
