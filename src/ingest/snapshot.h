/* snapshot: the reading side of a copy (replica/copy.h has the algorithm and the writing side).
 *
 * It stands between a source whose tables can be read by key and the replica, and
 * does a bounded piece of work whenever the stream leaves time for it:
 *
 *     snapshot_begin(s, &how)        a first copy, or a resync; P0 and T0 are taken here
 *     snapshot_step(s)               between source transactions, when none is open
 */
#ifndef TD_INGEST_SNAPSHOT_H
#define TD_INGEST_SNAPSHOT_H

#include <stdbool.h>

struct error;
struct replica;
struct snapshot;
struct source;

enum snapshot_step {
	SNAPSHOT_NONE,    /* no copy runs */
	SNAPSHOT_WORKED,  /* there may be more to do at once */
	SNAPSHOT_WAITS,   /* for the stream to reach a position */
	SNAPSHOT_DONE,    /* the last entity was finished by this step */
	SNAPSHOT_FAILED,
};

struct snapshot_how {
	int entity;             /* -1: all */
	bool resync;
	bool fresh;             /* the stream starts anew at P0; else it runs, and P0 is what is applied */
	const char *gap_reason; /* NULL: nothing was missed */
};

struct snapshot *snapshot_new(struct replica *r, struct source *s);
void snapshot_free(struct snapshot *s);
/* Committed when it returns true. */
bool snapshot_begin(struct snapshot *s, const struct snapshot_how *how, struct error *err);
enum snapshot_step snapshot_step(struct snapshot *s, struct error *err);
/* Percent of the rows the source is thought to have; 0 when it cannot say. */
double snapshot_percent(struct snapshot *s);

#endif
