/* A bank is filled, then copied: by `ingest --once` into a new replica, and by plain SQL into plain tables. */
#include "config.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "bench/db.h"
#include "bench/raw_copy.h"
#include "generate/fill.h"

static void fill(const struct bench *b)
{
	struct error err = {0};
	struct fill f;
	char *url = memory_format("bank:%s", b->bank);
	struct fill_params p = {.url = url, .seed = 1, .stop = {-1, -1}};
	struct fill_load load = {.customers = b->customers, .batch = 5000, .days = 365};
	bench_says("filling a bank");
	bench_must(fill_open(&f, &p, &err), &err);
	bench_must(fill_customers(&f, &load, &err), &err);
	fill_close(&f);
	free(url);
}

struct round {
	struct samples ours, copy, print, to_copy, to_print;
	int64_t peak;
};

static double seconds_of(int64_t start)
{
	return (double)(bench_ns() - start) / 1e9;
}

static void run_round(const struct bench *b, struct round *r)
{
	char *source = memory_format("bank:%s", b->bank);
	const char *const argv[] = {b->program,   "ingest",    "--once",   "--source", source, "--model",
				    "demography", "--replica", b->replica, "-q",       NULL};
	struct child c;
	db_remove(b->replica);
	child_start(&c, argv, NULL);
	double ours = child_wait(&c);
	int64_t start = bench_ns();
	raw_copy_print(b->model, b->bank);
	double print = seconds_of(start);
	start = bench_ns();
	raw_copy(b->model, b->bank, b->raw);
	raw_copy_search(b->raw);
	double copy = seconds_of(start);
	samples_add(&r->ours, ours * 1e6);
	samples_add(&r->copy, copy * 1e6);
	samples_add(&r->print, print * 1e6);
	samples_add(&r->to_copy, ours / copy);
	samples_add(&r->to_print, ours / print);
	if (c.peak > r->peak)
		r->peak = c.peak;
	free(source);
}

static void report_size(const struct bench *b)
{
	char *scratch = bench_path(b, "packed.db");
	double n = (double)b->customers;
	bench_says("measuring sizes");
	double ours = (double)db_packed_bytes(b->replica, scratch), raw = (double)db_packed_bytes(b->raw, scratch);
	report_line(&(struct report_line){"bytes a customer, against raw tables and indexes", REPORT_BYTES, ours / n,
					  raw / n, 0, "1.20", "1.10"});
	free(scratch);
}

void bench_snapshot(const struct bench *b)
{
	struct round r = {0};
	fill(b);
	for (int i = 0; i < b->rounds; i++) {
		bench_says("copying the bank, %d of %d", i + 1, b->rounds);
		run_round(b, &r);
	}
	double ours = samples_at(&r.ours, 0.5);
	report_section("snapshot of the bank, search index included");
	report_line(&(struct report_line){"time, against printing the three tables as a dump", REPORT_TIME, ours,
					  samples_at(&r.print, 0.5), samples_at(&r.to_print, 0.5), "8.00", "5.00"});
	report_line(&(struct report_line){"time, against a plain copy with its indexes", REPORT_TIME, ours,
					  samples_at(&r.copy, 0.5), samples_at(&r.to_copy, 0.5), NULL, NULL});
	report_line(&(struct report_line){"rows", REPORT_RATE, (double)b->customers * 3e6 / ours,
					  (double)b->customers * 3e6 / samples_at(&r.copy, 0.5), 0, NULL, NULL});
	report_line(&(struct report_line){"peak memory", REPORT_BYTES, (double)r.peak, 0, 0, "128 MB", "64 MB"});
	report_size(b);
	samples_done(&r.ours);
	samples_done(&r.copy);
	samples_done(&r.print);
	samples_done(&r.to_copy);
	samples_done(&r.to_print);
}
