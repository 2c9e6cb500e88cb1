/* resync: reconciles the replica with its source, here or by the process that writes the replica. */
#ifndef TD_INGEST_RESYNC_H
#define TD_INGEST_RESYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/ingest.h"

#define RESYNC_ENTITIES 64

struct resync_request {
	const char *entity;  /* NULL: all */
	bool accept_server;  /* what the source is now is right */
	bool adopt_model;    /* p->model replaces the stored one */
};

struct resync_result {
	int entity_count;
	struct resync_counts counts[RESYNC_ENTITIES]; /* by entity */
	bool gap;
	int64_t gap_from, gap_to;
	const char *gap_reason; /* static */
	char request_id[40];    /* empty: it was done here */
};

bool resync_run(const struct ingest_params *p, const struct resync_request *r, struct resync_result *out, struct error *err);

#endif
