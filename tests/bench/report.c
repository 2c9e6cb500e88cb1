#include "config.h"

#include "bench/bench.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

int64_t bench_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- samples ---- */

void samples_add(struct samples *s, double value)
{
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->list = memory_grow(s->list, s->cap * sizeof *s->list);
	}
	s->list[s->count++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double samples_at(struct samples *s, double share)
{
	if (!s->count)
		return 0;
	qsort(s->list, s->count, sizeof *s->list, by_value);
	size_t i = (size_t)(share * (double)s->count);
	return s->list[i < s->count ? i : s->count - 1];
}

void samples_done(struct samples *s)
{
	free(s->list);
	*s = (struct samples){0};
}

/* ---- the table ---- */

#define WHAT_WIDTH   66
#define COLUMNS_WHAT 48

static const char *figure(char out[32], enum report_unit unit, double v)
{
	switch (unit) {
	case REPORT_RATE:
		if (v >= 1e6)
			snprintf(out, 32, "%.2f M/s", v / 1e6);
		else if (v >= 10e3)
			snprintf(out, 32, "%.0f k/s", v / 1e3);
		else
			snprintf(out, 32, "%.0f /s", v);
		break;
	case REPORT_TIME:
		if (v >= 1e6)
			snprintf(out, 32, "%.2f s", v / 1e6);
		else if (v >= 1e3)
			snprintf(out, 32, "%.2f ms", v / 1e3);
		else
			snprintf(out, 32, "%.1f us", v);
		break;
	case REPORT_BYTES:
		if (v >= 1e6)
			snprintf(out, 32, "%.0f MB", v / 1e6);
		else
			snprintf(out, 32, "%.0f B", v);
		break;
	case REPORT_PLAIN:
		snprintf(out, 32, "%.0f", v);
		break;
	}
	return out;
}

void report_section(const char *title)
{
	printf("\n%-*s %10s %10s %8s %10s %10s\n", WHAT_WIDTH, title, "ours", "limit", "ratio", "at least", "aim");
	fflush(stdout);
}

void report_line(const struct report_line *l)
{
	char ours[32], limit[32] = "-", ratio[32] = "-";
	if (l->limit > 0) {
		figure(limit, l->unit, l->limit);
		snprintf(ratio, sizeof ratio, "%.2f", l->ratio > 0 ? l->ratio : l->ours / l->limit);
	}
	printf("%-*s %10s %10s %8s %10s %10s\n", WHAT_WIDTH, l->what, figure(ours, l->unit, l->ours), limit, ratio,
	       l->at_least ? l->at_least : "-", l->aim ? l->aim : "-");
	fflush(stdout);
}

void report_columns(const char *title, const char *const *heads, int count, const char *last)
{
	printf("\n%-*s", COLUMNS_WHAT, title);
	for (int i = 0; i < count; i++)
		printf(" %11s", heads[i]);
	printf(" %9s\n", last);
	fflush(stdout);
}

void report_cells(const char *what, const double *bytes, int count, double budget)
{
	printf("%-*s", COLUMNS_WHAT, what);
	for (int i = 0; i < count; i++) {
		char text[32] = "-";
		if (bytes[i] >= 0)
			snprintf(text, sizeof text, "%.0f%s", bytes[i], budget > 0 && bytes[i] > budget ? " !" : "");
		printf(" %11s", text);
	}
	if (budget > 0)
		printf(" %9.0f\n", budget);
	else
		printf(" %9s\n", "-");
	fflush(stdout);
}

void report_machine(void)
{
	char day[32];
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(day, sizeof day, "%Y-%m-%d %H:%M UTC", &utc);
	printf("\n%ld cores, %ld MB, SQLite %s, %s\n", sysconf(_SC_NPROCESSORS_ONLN),
	       sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024), sqlite3_libversion(), day);
}
