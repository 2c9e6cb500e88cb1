/* tally: the numbers of the STOR screen.
 *
 *     struct tally t = {.window = ..., .slide = ..., .zone = ..., .now = ..., .silence = ..., .bar_count = 120};
 *     tally_count(&t, query, &err)          counts everything: some milliseconds, so by the worker
 *     tally_sort(&t, TALLY_BY_RATE, false)
 *     t.lines[t.order[0 .. t.count - 1]], t.bars
 *     ... a commit ...
 *     r = tally_recent(&t, now); query_recent(query, &r, &recent, &err)
 *     if (!tally_add(&t, &recent, now))     takes what is new of the last minutes; false: more than that
 *             tally_count again             has changed, or a new window has begun
 *     tally_done(&t)
 *
 * A window or bar whose end lies past what the replica is complete to is partial, whatever the clock
 * says. What lies before the first registration of all, or touches a gap, is unknown unless something was
 * counted in it, which then may not be all.
 */
#ifndef TD_UI_PANES_TALLY_H
#define TD_UI_PANES_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/query.h"
#include "ui/panes/windows.h"

enum {
	TALLY_WINDOWS = 24, /* of each store; the running one last */
	TALLY_BARS = 480,   /* of the charts, at most; the running one last */
	TALLY_RECENT = 12,  /* slots that are asked for again at each commit */
};

enum tally_order { TALLY_BY_RATE, TALLY_BY_STORE, TALLY_BY_NAME, TALLY_BY_TODAY, TALLY_BY_AVERAGE, TALLY_ORDERS };

struct tally_line {
	const char *id, *name; /* NULL: the unknown store; no name known. They live as long as the tally */
	int64_t windows[TALLY_WINDOWS];
	int64_t *bars;
	int64_t hour, today;
	int64_t last; /* registration; TIME_NONE: none. To the minute, once it was added to */
	int percent;  /* the last whole window against the mean of the whole ones before; INT32_MAX: there is no mean */
	bool silent;
	int64_t recent[TALLY_RECENT];
};

struct tally {
	struct duration window, slide; /* asked for */
	const struct zone *zone;
	int64_t now;     /* the source's clock */
	int64_t silence; /* a store is silent that registered before, but nobody for so long */
	int bar_count;

	int64_t complete;                   /* what the replica is complete to; TIME_NONE */
	int64_t until;                      /* from then on a new window, bar or minute has begun */
	int64_t starts[TALLY_WINDOWS];      /* of the windows, */
	int64_t ends[TALLY_WINDOWS];        /* and their ends */
	char states[TALLY_WINDOWS];         /* enum chart_state, where nothing was counted */
	int whole;                          /* the last whole window; -1: none */
	enum windows_unit unit;             /* of the bars */
	int64_t bar_starts[TALLY_BARS + 1]; /* the last one ends them */
	char bar_states[TALLY_BARS];
	int64_t bars[TALLY_BARS]; /* of all stores together */
	struct tally_line *lines; /* by store, the unknown one last */
	int *order;               /* the lines as tally_sort put them */
	int count;
	int64_t registered;          /* in all */
	int64_t recent_from;         /* where the lines' recent slots begin */
	struct stores_answer answer; /* holds the stores and the gaps */
	int64_t *block;              /* the lines' bars */
};

bool tally_count(struct tally *t, struct query *q, struct error *err);
struct recent_request tally_recent(const struct tally *t, int64_t now);
bool tally_add(struct tally *t, const struct recent_answer *a, int64_t now);
/* Largest first for numbers; equal ones, and all in the other orders, by store, the unknown one last. */
void tally_sort(struct tally *t, enum tally_order order, bool reverse);
void tally_done(struct tally *t);

/* The states of some values, beside the ones there are by time alone: as chart takes them. */
void tally_states(const char *by_time, const int64_t *values, int count, char *out);
/* The line of a store, "" the unknown one; -1: there is none. */
int tally_find(const struct tally *t, const char *id);
/* A window or bar that is over by the clock is still partial: it will soon be whole. */
bool tally_settling(const struct tally *t);

#endif
