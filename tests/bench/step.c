#include "config.h"

#include "bench/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/bench.h"
#include "bench/servers.h"
#include "generate/generator.h"
#include "generate/writer.h"

struct writer *step_writer(const char *bank)
{
	struct error err = {0};
	char *url = memory_format("bank:%s", bank);
	struct writer *w = writer_open(url, &err);
	bench_must(w != NULL, &err);
	free(url);
	return w;
}

void step_commit(struct writer *w, int64_t number, const char *city)
{
	struct error err = {0};
	struct person p = {.cif = bench_cif(number),
			   .name = "Bench",
			   .gender = "F",
			   .birthdate = "1990-01-01",
			   .address = "Jalan Baru 1",
			   .country = "ID",
			   .store_id = "S001",
			   .registered_at = clock_now(),
			   .changed_by = "bench"};
	snprintf(p.city, sizeof p.city, "%s", city);
	bench_must(w->ops->begin(w, clock_now(), &err) && w->ops->put(w, WRITER_UPDATE, WRITER_CUSTOMER, &p, &err) &&
			   w->ops->commit(w, &err),
		   &err);
}

static int step_server(const char *socket, int64_t number, const char *city)
{
	MYSQL *db = servers_connect(socket);
	struct buffer sql = {0};
	buffer_format(&sql, "UPDATE bank.customer_info SET city = '%s' WHERE cif = %lld", city, (long long)bench_cif(number));
	servers_run(db, sql.data, sql.len);
	printf("commit_ns %lld\n", (long long)bench_ns());
	fflush(stdout);
	buffer_done(&sql);
	mysql_close(db);
	return 0;
}

int step_main(int argc, char **argv)
{
	if (argc == 1 && strcmp(argv[0], "stamp") == 0) {
		printf("stamp_ns %lld\n", (long long)bench_ns());
		return 0;
	}
	if (argc == 4 && strcmp(argv[0], "server") == 0)
		return step_server(argv[1], strtoll(argv[2], NULL, 10), argv[3]);
	if (argc != 4 || strcmp(argv[0], "commit") != 0)
		return 2;
	struct writer *w = step_writer(argv[1]);
	step_commit(w, strtoll(argv[2], NULL, 10), argv[3]);
	printf("commit_ns %lld\n", (long long)bench_ns());
	fflush(stdout);
	w->ops->close(w);
	return 0;
}
