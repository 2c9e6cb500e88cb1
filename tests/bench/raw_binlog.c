#include "config.h"

#include "bench/raw_binlog.h"

#include <mysql.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "bench/bench.h"
#include "bench/servers.h"

#define SERVER_ID   4711
#define DUMP_TO_END 1 /* the server ends it where the log ends */

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool holds_rows(uint8_t type)
{
	return (type >= 23 && type <= 25) || (type >= 30 && type <= 32) || (type >= 166 && type <= 171);
}

static void count(struct raw_binlog *out, const uint8_t *event, size_t n)
{
	out->events++;
	out->bytes += (int64_t)n;
	out->rows_events += n > 4 && holds_rows(event[4]);
}

#ifdef MARIADB_PACKAGE_VERSION_ID

static void put(struct buffer *b, uint32_t v, int n)
{
	for (int i = 0; i < n; i++)
		buffer_char(b, (char)(v >> (8 * i)));
}

static void read_all(MYSQL *db, const char *file, unsigned long long pos, struct raw_binlog *out)
{
	enum { DUMP = 18 };
	struct buffer b = {0};
	put(&b, (uint32_t)pos, 4);
	put(&b, DUMP_TO_END, 2);
	put(&b, SERVER_ID, 4);
	buffer_text_add(&b, file);
	if (db->methods->db_command(db, (enum enum_server_command)DUMP, b.data, b.len, 1, NULL) != 0)
		bench_fail("could not ask for the log: %s", mysql_error(db));
	buffer_done(&b);
	for (;;) {
		unsigned long n = mysql_net_read_packet(db);
		if (n == (unsigned long)packet_error || n == packet_error)
			bench_fail("could not read the log: %s", mysql_error(db));
		if (n < 9 && db->net.read_pos[0] == 0xfe)
			return;
		count(out, db->net.read_pos + 1, n - 1);
	}
}

#else

static void read_all(MYSQL *db, const char *file, unsigned long long pos, struct raw_binlog *out)
{
	MYSQL_RPL rpl = {.file_name = file, .file_name_length = strlen(file), .start_position = pos, .server_id = SERVER_ID, .flags = MYSQL_RPL_SKIP_HEARTBEAT};
	if (mysql_binlog_open(db, &rpl) != 0)
		bench_fail("could not ask for the log: %s", mysql_error(db));
	while (mysql_binlog_fetch(db, &rpl) == 0 && rpl.size > 0)
		count(out, rpl.buffer + 1, rpl.size - 1);
	mysql_binlog_close(db, &rpl);
}

#endif

void raw_binlog(const char *socket, const char *from, struct raw_binlog *out)
{
	MYSQL *db = servers_connect(socket);
	const char *colon = strrchr(from, ':'), *set_up = "SET @master_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4";
	struct buffer file = {0};
	*out = (struct raw_binlog){0};
	servers_run(db, set_up, strlen(set_up));
	buffer_add(&file, from, (size_t)(colon - from));
	double cpu = cpu_seconds();
	int64_t begun = bench_ns();
	read_all(db, buffer_text(&file), strtoull(colon + 1, NULL, 10), out);
	out->seconds = (double)(bench_ns() - begun) / 1e9;
	out->cpu = cpu_seconds() - cpu;
	buffer_done(&file);
	mysql_close(db);
}
