/* replica_fixture: a replica in a temporary file, fed by hand, read back as text.
 *
 *     struct fixture f;
 *     fixture_open(&f, NULL);
 *     fixture_begin(&f, 10);                                   ten seconds after FIXTURE_START
 *     fixture_insert(&f, CUSTOMER, "1|Ann|S1|2026-01-01 07:00:00");
 *     fixture_end(&f);                                          committed
 *     assert_string_equal(fixture_versions(&f, CUSTOMER), "1.1 10-now insert: 1|Ann|S1|...\n");
 *
 * A row is its columns, separated by |: - is NULL, ? is unknown. Any failure fails the test.
 */
#ifndef TD_UNIT_REPLICA_FIXTURE_H
#define TD_UNIT_REPLICA_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/change.h"

#define FIXTURE_START INT64_C(1767225600000000) /* 2026-01-01 UTC */

enum { CUSTOMER, ITEM };

struct fixture {
	struct model *model;
	struct replica *replica;
	struct apply *apply;
	struct query *query; /* opened when something is first asked */
	struct arena arena;
	struct buffer text; /* of the last answer */
	char path[200];
	int position;
	bool cascades; /* updates and deletes say that the server carried out foreign keys */
	struct error err;
};

/* model: its text, NULL: customer (cif integer, name, store, at datetime) and item (no, cif, what), zone UTC. */
void fixture_open(struct fixture *f, const char *model);
void fixture_close(struct fixture *f); /* the file goes too */
void fixture_reopen(struct fixture *f);
const struct value *fixture_row(struct fixture *f, int entity, const char *text);

void fixture_begin(struct fixture *f, int64_t second);
/* The same where the source's clock stands elsewhere. */
void fixture_begin_at(struct fixture *f, int64_t second, int64_t clock);
/* False: apply refused it (err). */
bool fixture_try(struct fixture *f, enum change_op op, int entity, const char *before, const char *after);
void fixture_insert(struct fixture *f, int entity, const char *row);
void fixture_update(struct fixture *f, int entity, const char *before, const char *after);
void fixture_delete(struct fixture *f, int entity, const char *row);
void fixture_merge(struct fixture *f, int entity, const char *row);
void fixture_truncate(struct fixture *f, int entity);
void fixture_end(struct fixture *f);      /* and commits */
void fixture_end_only(struct fixture *f); /* others may share the commit */

/* KEY.VERSION FROM-TO ORIGIN[/END][ changed COLUMNS]: ROW, a line each; times in seconds since FIXTURE_START. */
const char *fixture_versions(struct fixture *f, int entity);
/* KEY: REASON, a line each, oldest first. */
const char *fixture_anomalies(struct fixture *f);
/* The query connection, opened at first. */
struct query *fixture_query(struct fixture *f);

#endif
