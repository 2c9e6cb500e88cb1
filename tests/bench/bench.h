/* bench: our figures, each beside the limit measured in the same run.
 *
 * bench.c makes a private folder and calls the parts in order; each measures one
 * concern, ours and a limit in turns, and prints lines of one table (report_line).
 * A bench never fails for being slow: it fails (bench_fail, exit 1) where something
 * does not work, because a figure of what does not work is worth nothing.
 *
 *     part             makes                         needs
 *     bench_apply      replicas of its own           -
 *     bench_snapshot   b->bank, b->replica, b->raw   -
 *     bench_read       -                             b->replica, b->raw
 *     bench_stores     a replica of its own          -
 *     bench_follow     -                             b->bank, b->replica: it lets them grow
 *     bench_console    -                             b->bank, b->replica: it lets them grow
 *     console_...      - (console.h)                 the same
 *     bench_mysql      servers and replicas of its own   -
 *     bench_postgres   the same                          -
 */
#ifndef TD_BENCH_BENCH_H
#define TD_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct model;

struct bench {
	const char *program;              /* tellerdesk */
	const char *folder;               /* private; whoever started the run removes it */
	const char *bank, *replica, *raw; /* files in it */
	struct model *model;              /* demography */
	int64_t customers;
	int rounds; /* pairs where one takes seconds */
};

void bench_apply(const struct bench *b);
void bench_snapshot(const struct bench *b);
void bench_read(const struct bench *b);
void bench_stores(const struct bench *b);
void bench_follow(const struct bench *b);
void bench_console(const struct bench *b);
void bench_mysql(const struct bench *b);
void bench_postgres(const struct bench *b);

_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Fails with err's message where ok is false. */
void bench_must(bool ok, const struct error *err);
/* A line of narration on stderr. */
void bench_says(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A path in the folder. The caller frees it. */
char *bench_path(const struct bench *b, const char *name);
/* Customers of the generated bank are numbered from 1; this is the CIF of one. */
int64_t bench_cif(int64_t number);

/* ---- measuring ---- */

int64_t bench_ns(void); /* CLOCK_MONOTONIC */

struct samples {
	double *list;
	size_t count, cap;
};
void samples_add(struct samples *s, double value);
/* The value below which `share` of them lie: 0.5 the median, 1 the largest. Sorts them; 0 where there are none. */
double samples_at(struct samples *s, double share);
void samples_done(struct samples *s); /* empty and usable again */

/* ---- the table ---- */

enum report_unit {
	REPORT_RATE, /* a second */
	REPORT_TIME, /* microseconds */
	REPORT_BYTES,
	REPORT_PLAIN, /* a number */
};

struct report_line {
	const char *what;
	enum report_unit unit;
	double ours;
	double limit;         /* what was measured beside it; 0: nothing */
	double ratio;         /* 0: ours / limit */
	const char *at_least; /* to reach, as a ratio or a figure; NULL: nothing is asked */
	const char *aim;
};

void report_section(const char *title);
void report_line(const struct report_line *l);
/* Another kind of table: a figure of bytes a column, and the budget of all of them. Less than 0: not measured; 0: no budget. */
void report_columns(const char *title, const char *const *heads, int count, const char *last);
void report_cells(const char *what, const double *bytes, int count, double budget);
void report_machine(void);

#endif
