/* request: what another process asks of the one that writes the replica.
 *
 * A file REPLICA.request, mode 0600, created by rename, taken (unlinked) by the
 * writer and answered in the status row under its id.
 */
#ifndef TD_INGEST_REQUEST_H
#define TD_INGEST_REQUEST_H

#include <stdbool.h>

struct error;

struct request {
	char id[40];
	char entity[128];  /* empty: all */
	bool accept_server, adopt_model;
	char *model;       /* text of the model to adopt, or NULL; request_done frees it */
};

/* Fills r->id. *taken, when it fails: another request waits there. */
bool request_put(const char *replica_path, struct request *r, bool *taken, struct error *err);
/* False: none waits. A file that cannot be read as a request is removed. */
bool request_take(const char *replica_path, struct request *r);
void request_done(struct request *r);

#endif
