/* zone_table: what a zone is made of; for zone.c and zone_file.c only. */
#ifndef TD_BASE_ZONE_TABLE_H
#define TD_BASE_ZONE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/zone_rule.h"

struct zone {
	struct zone *next; /* in the cache */
	char *name;
	int before; /* the offset before the first change; offsets are seconds east of UTC */
	size_t count;
	int64_t *seconds; /* the changes, in order */
	int *offsets;     /* from each change on */
	bool ruled;       /* rule tells the changes after the last one */
	struct zone_rule rule;
};

#endif
