/* triggers: a server's changes from a table that triggers fill, for those who may not read its log.
 *
 *     triggers_sql.c    the table, the triggers and their images as text
 *     triggers_look.c   what the table shows: looks, holes, what one snapshot sees
 *     triggers.c        looks to source transactions
 *     triggers_check.c  preflight
 *     seen.c            sets of numbers, and positions
 *
 * Numbers (AUTO_INCREMENT) are drawn when a row is written and become visible when its transaction commits, so the
 * table shows 10 before 9. A number that is missing below one that was seen is a gap. Each look asks for what is new and
 * for the gaps in one statement, which is one consistent read. A gap is dead, and never asked for again, when its number cannot
 * come any more: it was missing for GAP_AGE, so whoever drew it has long inserted it; and a locking read of it at
 * READ COMMITTED finds nothing and waits for nobody, so whoever inserted it has rolled back. Such a read
 * takes no gap locks, and stands below numbers already given out: no insert of the bank's ever meets it. A server that fell
 * and came back draws above the highest number it has, hence above each gap.
 *
 * Changes of one row have numbers in the order of their commits: who changes it holds its lock from before the trigger draws
 * until the commit, and the next one draws after that. So numbers are the order to apply in, and what becomes visible later under a lower
 * number is of rows no higher number has touched since.
 */
#ifndef TD_SOURCE_MYSQL_TRIGGERS_H
#define TD_SOURCE_MYSQL_TRIGGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "source/mysql/client.h"
#include "source/mysql/seen.h"
#include "source/mysql/triggers_sql.h"
#include "source/source.h"

struct checking;
struct mysql;

#define GAP_AGE   (10 * SECOND)
#define GAPS_MOST 4000  /* a position's text is that long; beyond, nothing new is read until some are decided */
#define GAPS_MANY 500   /* from here on looks are rare: each asks for all of them */

struct trigger_gap { uint64_t from, to; int64_t since, next, wait; }; /* monotonic */

/* A row that a look found. */
struct trigger_item {
	uint64_t id;
	int64_t at;
	int end;   /* the last item of what must be given as one with it */
	bool last; /* a source transaction ends with it */
};

struct mysql_triggers {
	struct arena shapes;
	struct capture_set set;
	int64_t made_for;              /* shape_at of the catalogue they were made of */
	int64_t verified;              /* the same, when the triggers were looked for */
	struct capture_cell *cells;    /* room for an image */

	bool started;
	struct seen seen;              /* given, or dead */
	int64_t high_at;               /* of the highest; TIME_NONE: not told */
	struct seen known;             /* while nothing is followed: what copies have seen already */
	struct trigger_gap *gaps;
	int gap_count, gap_cap;
	int64_t gap_age, probed;

	struct trigger_item *items;    /* of the last look, in order */
	int count, next, cap;
	bool more;                     /* the table holds more than was taken */
	bool catching_up;              /* until the first look that finds nothing */
	int64_t newest_at;             /* of all that is visible */
	int64_t clock;                 /* the server's, before a look that all was taken of; TIME_NONE: it was not asked */
	int64_t floor, group_floor;    /* what the looks before did not see was committed after it */
	struct mysql_rows batch;       /* rows of some of the items */
	int batch_end, batch_size;     /* the item after them; how many to read at a time */

	bool open, ended, held;        /* held: BEGIN was given for the row at hand */
	bool moved, owed;
	int64_t told, look_at;         /* monotonic */
	int quiet;
	struct arena change;
	struct buffer position;
};

struct mysql_triggers *triggers_new(const struct model *model);
void triggers_free(struct mysql_triggers *t); /* NULL is fine */
bool triggers_session(struct mysql *m, struct error *err);
bool triggers_serving(const struct mysql *m);
bool triggers_script(struct mysql *m, struct buffer *out, struct error *err);
/* What is to be captured, as the catalogue has it now. */
const struct capture_set *triggers_set(struct mysql *m);

extern const struct source_ops mysql_triggers_ops; /* mysql.c */
bool triggers_start(struct source *s, const char *position, struct error *err);
enum source_result triggers_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err);
void triggers_durable(struct source *s, const char *position);
bool triggers_newest(struct source *s, const char **position, struct error *err);

/* triggers_look.c */
/* The position of what the snapshot at hand sees, and the same in a snapshot of its own. */
bool triggers_visible_here(struct mysql *m, struct buffer *out, struct error *err);
bool triggers_visible(struct mysql *m, struct buffer *out, struct error *err);
/* What is new to the items. */
bool triggers_look(struct mysql *m, struct error *err);
/* Whether the table still goes on from what was seen: ERROR_PURGED, ERROR_REFUSED. */
bool triggers_goes_on(struct mysql *m, struct error *err);
/* Rows of the next items, to t->batch. */
bool triggers_fetch(struct mysql *m, struct error *err);

/* triggers_group.c: which items are given as one. `txn` by item, borrowed; NULL: none. */
void triggers_group(struct trigger_item *items, const char *const *txn, int count, bool catching_up);

/* triggers_check.c */
bool triggers_check(struct checking *k, struct error *err);
/* Whether all triggers are there: ERROR_REFUSED. */
bool triggers_verify(struct mysql *m, struct error *err);

#endif
