/* check_internal: what the files of the check share. Nobody else includes it. */
#ifndef TD_REPLICA_CHECK_INTERNAL_H
#define TD_REPLICA_CHECK_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "model/value.h"
#include "replica/check.h"

struct entity;
struct query;
struct rollup;

struct check_search {
	bool ready; /* else there is nothing to hold it to yet */
	sqlite3_stmt *has_word, *has_exact, *queued;
	int64_t words, exacts, skipped; /* that the customers seen so far have; customers that are queued */
};

struct checking {
	struct query *q;
	void (*found)(void *ctx, const struct violation *v);
	void *ctx;
	struct error *err;
	struct arena arena; /* of one violation */
	int64_t last_seq, last_valid_from;
	int64_t known_seq[2]; /* the sequences asked for last that are recorded */
	sqlite3_stmt *has_txn, *is_copy_time;
	struct check_search search;
};

void check_violate(struct checking *c, const char *entity, const char *key, const char *rule, const char *detail);
/* A rule that one statement tells: it gives key and detail of each violation. Frees sql (of sqlite3_mprintf). */
bool check_rule(struct checking *c, const char *entity, const char *rule, char *sql);

/* Registrations of a rollup against the customers, and its counts against the registrations. */
bool check_rollup(struct checking *c, const struct rollup *u);

/* The search index, customer by customer, and at the end what nobody has. */
bool check_search_begin(struct checking *c);
void check_search_row(struct checking *c, const struct entity *e, const struct value *row, const char *key,
		      struct arena *a);
bool check_search_end(struct checking *c, const struct entity *e);
void check_search_free(struct checking *c);

#endif
