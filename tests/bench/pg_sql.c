#include "config.h"

#include "bench/pg_sql.h"

#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/bench.h"
#include "bench/ours.h"
#include "source/postgres_server.h"

PGconn *pg_connect(const struct pgserver *s)
{
	char *info = memory_format("host=%s port=%u user=postgres dbname=bank client_encoding=UTF8 options='-c client_min_messages=warning'",
				   pgserver_folder(s), pgserver_port(s));
	PGconn *db = PQconnectdb(info);
	if (PQstatus(db) != CONNECTION_OK)
		bench_fail("could not connect: %s", PQerrorMessage(db));
	free(info);
	return db;
}

static void must(PGconn *db, const PGresult *r, const char *sql)
{
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
		bench_fail("%.200s: %s", sql, PQerrorMessage(db));
}

void pg_run(PGconn *db, const char *sql)
{
	PGresult *r = PQexec(db, sql);
	must(db, r, sql);
	PQclear(r);
}

void pg_runf(PGconn *db, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;
	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	pg_run(db, buffer_text(&sql));
	buffer_done(&sql);
}

char *pg_cell(PGconn *db, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;
	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	PGresult *r = PQexec(db, buffer_text(&sql));
	must(db, r, buffer_text(&sql));
	char *cell = memory_text(PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	buffer_done(&sql);
	return cell;
}

void pg_await(PGconn *db, const char *sql, const char *expected)
{
	int64_t begun = bench_ns();
	for (bool there = false; !there;) {
		char *cell = pg_cell(db, "%s", sql);
		there = strcmp(cell, expected) == 0;
		free(cell);
		if (bench_ns() - begun > PATIENCE_SECONDS * INT64_C(1000000000))
			bench_fail("PostgreSQL did not come so far: %s", sql);
		if (!there)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

/* Of two versions, of one digit or two, the later one is the longer or the greater. */
char *pg_program(const char *name)
{
	char *pattern = memory_format("/usr/lib/postgresql/*/bin/%s", name);
	const char *best = NULL;
	glob_t g = {0};
	glob(pattern, 0, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *path = g.gl_pathv[i];
		if (!best || strlen(path) > strlen(best) || (strlen(path) == strlen(best) && strcmp(path, best) > 0))
			best = path;
	}
	if (!best)
		bench_fail("there is no %s", name);
	char *found = memory_text(best);
	globfree(&g);
	free(pattern);
	return found;
}
