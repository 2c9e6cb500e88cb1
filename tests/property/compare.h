/* compare: a replica, read through its queries, against an oracle.
 *
 * Every row, version and registration (the dump), every entity as of every time
 * something changed and just before, lookups and histories of some customers at
 * some times, and windows of several kinds in several zones.
 */
#ifndef TD_PROPERTY_COMPARE_H
#define TD_PROPERTY_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct oracle;
struct query;

struct compare {
	const struct oracle *oracle;
	struct query *query;
	uint64_t seed; /* of what is asked */
	/* The source sent partial images: of a row found by a copy, early versions may be missing, but never one in the
	 * middle, and not all while it lives. */
	bool partial;
	/* A first copy may have begun anew, when its table was swapped: a customer then is known from there on. */
	bool restarted;
	struct buffer *why; /* the first difference, in words */
};

bool compare_all(const struct compare *c);
/* Only the rows as they are now. */
bool compare_now(const struct compare *c);
/* Registrations made again from history are those that were counted as they happened. Nobody may have the replica open.
 */
bool compare_rebuilt(const char *path, const char *source_url, struct buffer *why);

#endif
