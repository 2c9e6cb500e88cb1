/* query_internal: what the files of the queries share. Nobody else includes it. */
#ifndef TD_REPLICA_QUERY_INTERNAL_H
#define TD_REPLICA_QUERY_INTERNAL_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/query.h"

/* The statements over one entity's rows and versions; made when first asked for. Key columns are bound
 * as ?1.., the time of an as-of as the next number. */
struct entity_query {
	sqlite3_stmt *by_key, *by_key_at;   /* current row; the version at a time */
	sqlite3_stmt *by_cif, *by_cif_at;   /* rows of a customer, by key */
	sqlite3_stmt *history_by_key, *history_by_cif;
	sqlite3_stmt *newest_by_key, *newest_by_cif; /* the same, those that ended last first */
};

struct query {
	sqlite3 *db;
	char *path;
	atomic_bool cancelled;       /* query_interrupt, until query_resume */
	bool held;                   /* query_hold: its answers share one transaction */
	int lock;                    /* the writer's lock file, to look at; -1: not open */
	struct model *model;
	struct entity_query *entities;
	bool *present;               /* entity * width + column */
	char **absent;               /* by entity: the list `present` was read from */
	int width;
	int64_t live, lag, silent;   /* thresholds */
	sqlite3_stmt *data_version, *status, *entity_rows, *begin, *end;
	sqlite3_stmt *recent_minutes, *recent_events, *registered;
	sqlite3_stmt *moved_to, *moved_from, *term_range, *word_page, *exact, *since;
	struct flat_column *flat;
	int flat_count;
	char **flat_names;
};

/* The status row and the source, as the freshness and other answers need them. */
struct query_now {
	char state[16];
	int64_t pid, beat, clock_offset, complete_to, copy_percent;
	int64_t source_now; /* the source's clock now, by the offset measured last */
	bool writer;        /* a living process holds the writer's lock */
};

/* Starts an answer: resets its arena, opens a read transaction, reads the freshness. */
bool query_answer_begin(struct query *q, struct answer *a, struct query_now *now, struct error *err);
/* Ends the read transaction; returns ok. */
bool query_answer_end(struct query *q, bool ok);

/* SELECT lists every row statement uses: the model's columns, then ours. */
void query_columns(const struct entity *e, const char *prefix, struct buffer *out);
/* Reads them: a row of column_count values (absent columns UNKNOWN), copied into the arena. */
struct value *query_row(const struct query *q, int entity, sqlite3_stmt *s, struct arena *a);
sqlite3_stmt *query_prepare(struct query *q, sqlite3_stmt **slot, const char *sql, struct error *err);
bool query_entity_prepare(struct query *q, int entity, struct error *err);
bool query_newest_prepare(struct query *q, int entity, struct error *err);

/* The CIF a text means: the exact one, then the one equal without leading zeros. 1 found (key set), 0 none, more: candidates. */
struct cif_match {
	struct value key;     /* VALUE_NULL: none */
	int candidate_count;
	const char **candidates;
};
bool query_cif(struct query *q, const char *text, struct cif_match *out, struct arena *a, struct error *err);
const char *query_store_name(struct query *q, struct value id, struct arena *a);
bool query_gaps(struct query *q, int limit, struct gap **list, int *count, struct arena *a, struct error *err);
/* Whether an entity is still being copied, from the answer's list. */
bool query_is_incomplete(const struct answer *a, int entity);
/* Until the index on the CIF is built, the rows of an entity under its first copy would be read from end to end for each customer.
 * a NULL: nothing is known of copies. */
bool query_by_cif_indexed(struct query *q, const struct answer *a, int entity);
/* Column numbers of a `changed` array of names; -1: not one. */
int query_changed(const struct entity *e, const char *json, const int **out, struct arena *a);

/* What is not indexed yet, and how many customers are queued for it. */
struct search_coverage {
	bool ready;
	int percent;
	int64_t queued;
};
bool query_search_coverage(struct query *q, struct search_coverage *out, struct error *err);

#endif
