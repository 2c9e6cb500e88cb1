/* tally: the numbers of the STOR screen, from three questions put to the replica.
 *
 *     struct tally t = {.window = ..., .slide = ..., .zone = ..., .now = ...};
 *     tally_count(&t, query, &err)      asks and computes; it may take longer than a frame
 *     tally_sort(&t, TALLY_BY_RATE)
 *     t.lines[0 .. t.count - 1], t.minutes
 *     tally_done(&t)
 */
#ifndef TD_UI_PANES_TALLY_H
#define TD_UI_PANES_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/query.h"

enum {
	TALLY_WINDOWS = 24,  /* of each store; the running one last */
	TALLY_MINUTES = 120, /* of all stores together; the running one last */
};

enum tally_order { TALLY_BY_RATE, TALLY_BY_STORE, TALLY_BY_NAME, TALLY_BY_TODAY, TALLY_ORDERS };

struct tally_line {
	const char *id, *name; /* NULL: the unknown store; no name known. They live as long as the tally */
	int64_t windows[TALLY_WINDOWS];
	int64_t hour, today;
	int percent; /* the last whole window against the mean of those before; INT32_MAX: there is no mean */
	bool silent;
};

struct tally {
	struct duration window, slide; /* asked for */
	const struct zone *zone;
	int64_t now;                   /* the source's clock */
	int64_t starts[TALLY_WINDOWS]; /* of the windows */
	int64_t minutes[TALLY_MINUTES];
	struct tally_line *lines;
	int count;
	struct stores_answer bars, per_minute, today;
};

bool tally_count(struct tally *t, struct query *q, struct error *err);
/* Largest first for numbers; equal ones, and all in the other orders, by store, the unknown one last. */
void tally_sort(struct tally *t, enum tally_order order);
void tally_done(struct tally *t);

/* The starts of the last windows, oldest first: short ones aligned to the epoch, days and longer to the zone. */
void tally_starts(struct tally *t);

#endif
