/* copying: the real ingest on the simulated source, against the oracle.
 *
 * One run is a first copy, or a first copy, a gap in which the log was purged, and the
 * resync after it; undisturbed, stopped and started again, or killed at chosen commits.
 */
#ifndef TD_PROPERTY_COPYING_H
#define TD_PROPERTY_COPYING_H

#include <stdbool.h>
#include <stdint.h>

#include "stream.h"

struct buffer;

struct copying {
	uint64_t seed;
	int length;   /* transactions */
	bool partial; /* images are */
	bool gap;     /* the log is purged between two runs */
	bool truncates, reloads;
	enum stream_cascades cascades; /* never together with those */
	int stops; /* clean ends of a session in the middle */
	int kills; /* ends without any clean-up, each right before some commit */
};

/* What a seed stands for. */
struct copying copying_of(uint64_t seed, int length);
/* True: the replica is as the oracle says, and `check` finds nothing. */
bool copying_run(const struct copying *c, struct buffer *why);
/* The stream and what the source gave out, in words. */
void copying_tell(const struct copying *c, struct buffer *out);

#endif
