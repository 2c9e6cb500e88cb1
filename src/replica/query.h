/* query: every question a screen or a command asks, answered from the replica.
 *
 * A struct query is a read-only connection with its prepared statements; one
 * thread uses it. It never waits for the writer and never blocks it. Each
 * answer is read in one read transaction, so that its parts belong together,
 * and lives in the struct answer's arena until answer_done or the next question
 * put with the same answer.
 *
 *     struct query *q = query_open(path, &err);
 *     struct lookup_answer a; ... memset 0 / = {0}
 *     if (query_lookup(q, "123", TIME_NONE, &a, &err)) show(&a);
 *     answer_done(&a.base);
 *
 * False means an error (err filled); "not found" is an answer. A long question
 * can be cancelled from another thread by query_interrupt: ERROR_CANCELLED.
 *
 * The model is the replica's own. entity and column numbers index it. A value
 * of a column the bank lacks is VALUE_UNKNOWN ("absent").
 */
#ifndef TD_REPLICA_QUERY_H
#define TD_REPLICA_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/moment.h"
#include "model/value.h"


struct error;
struct model;
struct query;
struct zone;

enum freshness_state { FRESH_LIVE, FRESH_LAG, FRESH_STALE, FRESH_OFFLINE, FRESH_SNAPSHOT, FRESH_REFUSED };

struct freshness {
	enum freshness_state state;
	int64_t age;              /* microseconds, never negative; TIME_NONE before the first completion */
	int64_t complete_to;      /* TIME_NONE: never */
	int64_t asked;            /* our clock then: an answer may be looked at much later; 0: not known */
	int64_t offline_since;    /* when state is OFFLINE: last sign of life of a writer; else TIME_NONE */
	int snapshot_percent;     /* while a copy runs, else -1 */
	int incomplete_count;
	const int *incomplete;    /* entities not copied yet */
};
const char *freshness_word(enum freshness_state s); /* "live" ... as in JSON */

struct answer {
	struct arena arena;       /* zero-initialised is fine */
	struct freshness freshness;
};
/* Every answer has a struct answer first. */
void answer_done(struct answer *a);

struct query *query_open(const char *path, struct error *err);
/* For who lives long: a file that is cut short under it is an error, not the end of the process. Reads a little slower. */
void query_steady(struct query *q);
void query_close(struct query *q);
const struct model *query_model(const struct query *q);
bool query_column_present(const struct query *q, int entity, int column); /* false: the bank lacks it */
/* Any thread. The question that runs, and each one until query_resume, ends with ERROR_CANCELLED. */
void query_interrupt(struct query *q);
void query_resume(struct query *q);
/* Changes when another connection has committed since (PRAGMA data_version). */
int64_t query_data_version(struct query *q);
bool query_freshness(struct query *q, struct answer *out, struct error *err);
/* Questions asked between these two see one state of the replica. Release it soon: it keeps the log from being written back. */
bool query_hold(struct query *q, struct error *err);
void query_release(struct query *q);
/* Thresholds of freshness and of silence; microseconds. Defaults 5 s, 60 s, 30 min. */
void query_thresholds(struct query *q, int64_t live, int64_t lag, int64_t silent);

/* ---- one customer ---- */

enum known { KNOWN_YES, KNOWN_BEFORE_SNAPSHOT, KNOWN_GAP, KNOWN_SNAPSHOT, KNOWN_FUTURE };
const char *known_word(enum known k);

struct row {
	const struct value *values; /* column_count of the entity */
	const char *key;            /* as printed: one column's text, or a JSON array of strings */
	int64_t valid_from;
	int64_t version;
};

struct entity_rows {
	int entity;
	enum known known;           /* of this entity at that time: its first copy may be later, its gaps others */
	int count;
	struct row *rows;           /* ordered by key */
};

struct lookup_answer {
	struct answer base;
	const char *cif;            /* the customer's CIF as held, or the text asked for */
	enum known known;
	int64_t as_of;              /* TIME_NONE: now */
	bool current;               /* the answer is the current state */
	const struct row *customer; /* NULL: none */
	const char *name;           /* its name columns joined by a space; NULL without customer */
	const char *store_name;     /* NULL: unknown */
	int64_t deleted_at;         /* TIME_NONE: not deleted */
	int64_t since;              /* when registered (event time, else first version); TIME_NONE: unknown */
	int entity_count;           /* the detail entities, in model order */
	struct entity_rows *entities;
	int candidate_count;        /* several CIFs equal without leading zeros */
	const char **candidates;
};
/* as_of TIME_NONE: now. */
bool query_lookup(struct query *q, const char *cif, int64_t as_of, struct lookup_answer *out, struct error *err);

/* ---- search ---- */

struct search_hit {
	const char *cif, *name, *store; /* store id as text or NULL */
	const char *store_name;         /* or NULL */
	const char *matched;            /* "name", "cif" or the column's name */
};
struct search_answer {
	struct answer base;
	int64_t total;
	bool total_exact;
	bool truncated;
	int indexing;               /* percent, -1: the index is complete */
	int count;
	struct search_hit *hits;
};
/* limit 0: 50; at most 10,000. */
bool query_search(struct query *q, const char *text, int limit, struct search_answer *out, struct error *err);

/* ---- history ---- */

enum version_origin { ORIGIN_SNAPSHOT, ORIGIN_INSERT, ORIGIN_UPDATE, ORIGIN_KEY_CHANGE, ORIGIN_RESYNC, ORIGIN_CASCADE, ORIGIN_REPAIR };
enum version_end { END_OPEN, END_UPDATE, END_DELETE, END_TRUNCATE, END_KEY_CHANGE, END_CASCADE, END_RESYNC, END_REPAIR };
const char *origin_word(enum version_origin o);
const char *end_word(enum version_end e); /* NULL for END_OPEN */

struct version {
	int entity;
	const char *key;
	int64_t version, seq;
	int64_t valid_from, valid_to; /* valid_to TIME_OPEN: current */
	bool is_current;
	enum version_origin origin;
	enum version_end ended_by;
	int changed_count;
	const int *changed;         /* column indexes; none for the first version */
	const struct value *values; /* the whole row */
	const struct value *previous; /* the row of the version before (for a diff), or NULL */
	const char *moved_from, *moved_to; /* or NULL */
};

struct gap {
	const char *source, *entity; /* entity NULL: all */
	int64_t from, to;
	const char *reason;
};

struct history_request {
	const char *cif;
	int entity;                 /* -1: all */
	int64_t from, to;           /* TIME_NONE: unbounded */
	/* 0: all. Else about so many that began or ended last, of the customer and of each detail entity, in a
	 * time that does not grow with how many there are: `reach` says how far back they go. */
	int limit;
};
struct history_answer {
	struct answer base;
	const char *cif;
	bool known;                 /* this CIF was ever a customer, or holds versions */
	int gap_count;
	struct gap *gaps;
	int64_t reach;              /* everything that began or ended after it is here, nothing else; TIME_NONE: everything */
	int count;
	struct version *versions;   /* newest first: valid_from, then seq, model order, key, version descending */
};
bool query_history(struct query *q, const struct history_request *r, struct history_answer *out, struct error *err);
/* With this version of the answer the row went, from the bank or to another customer; none follows it at once. */
bool version_went(const struct history_answer *h, const struct version *v);

/* ---- stores ---- */

struct stores_request {
	struct duration window;     /* zero: 5m */
	struct duration slide;      /* zero: the window */
	int64_t from, to;           /* TIME_NONE both: the last 12 windows including the running one */
	const char *store;          /* NULL: all; "" the unknown one */
	const struct zone *zone;    /* NULL: the model's */
	int64_t now;                /* TIME_NONE: the source's clock now */
};
struct store_row {
	const char *id;             /* NULL: the unknown store */
	const char *name;           /* NULL: no name known */
	int64_t total;              /* registrations in [from, to) */
	int64_t last;               /* TIME_NONE: none */
	bool silent;
};
struct store_window {
	int64_t start, end;
	int store;                  /* index into stores */
	int64_t count;
	bool partial;
};
struct stores_answer {
	struct answer base;
	struct duration window, slide;
	const struct zone *zone;
	int64_t from, to;           /* as resolved */
	int store_count;
	struct store_row *stores;   /* by id; the unknown one last */
	int window_count;           /* windows with count > 0, by start, then store */
	struct store_window *windows;
	int64_t first;              /* the minute of the first registration of all; TIME_NONE: none has a time */
	int64_t registered;         /* all there are, those without a time too */
	int gap_count;              /* periods of which registrations may be missing, newest first, at most 50 */
	struct gap *gaps;
};
/* Checks window and slide: ERROR_USAGE with what is allowed. */
bool query_stores(struct query *q, const struct stores_request *r, struct stores_answer *out, struct error *err);
/* The check alone; a zero slide becomes the window. */
bool query_window_check(const struct duration *window, struct duration *slide, struct error *err);

/* What is asked at every commit by who has counted before: the registrations since `from`, in slots of `step` (5 s, or
 * whole minutes). A registration never goes away: where the growth of all (`registered`) is that of these slots, nothing
 * else has changed. */
struct recent_request { int64_t from, to, step; };
struct recent_slot {
	const char *store;          /* NULL: the unknown store */
	int64_t start, count;
};
struct recent_answer {
	struct answer base;
	int64_t registered;
	int count;
	struct recent_slot *slots;  /* those with a count, by store, each store's by time */
};
bool query_recent(struct query *q, const struct recent_request *r, struct recent_answer *out, struct error *err);

/* The registrations of one store in [from, to), newest first, at most limit; with TIME_NONE for both all of them, those
 * without a time last. */
struct registration { const char *cif, *name; const char *store; int64_t at; int64_t seq; };
struct registrations_answer {
	struct answer base;
	int64_t total;              /* without the limit */
	int count;
	struct registration *list;  /* name NULL: no longer a customer; at TIME_NONE: unknown */
};
bool query_registrations(struct query *q, const char *store, int64_t from, int64_t to, int limit, struct registrations_answer *out, struct error *err);

/* ---- status ---- */

/* A fact the source told of its server (tellerdesk.1 names them); replica/details.h puts them in words. */
struct status_detail {
	const char *name, *text;
	bool number;                /* the text is an integer */
};
struct status_source {
	const char *id, *url, *kind, *state, *position, *error, *hint, *time_precision; /* NULL where there is none */
	int64_t last_batch;         /* csv; TIME_NONE */
	int detail_count;           /* as told last: asked_at says when */
	const struct status_detail *details;
};
struct status_answer {
	struct answer base;
	int source_count;
	struct status_source *sources;
	bool copying;               /* a snapshot or resync runs */
	double percent, rows_per_s; /* of it */
	int64_t copy_rows;
	double rate;                /* changes per second applied, last few seconds */
	const char *path;
	int64_t bytes;
	int64_t writer;             /* pid, 0: none */
	int64_t *rows, *versions;   /* by entity */
	int64_t registrations, rejected, misfits, anomalies, gaps;
	int gap_count;
	struct gap *gap_list;       /* newest first, at most 50 */
	int rejected_count;         /* newest first, at most 50 */
	struct { const char *source, *position, *reason, *raw; int64_t at; } *rejected_list;
	int anomaly_count;          /* newest first, at most 50 */
	struct { const char *entity, *key, *reason; int64_t at; } *anomaly_list;
};
bool query_status(struct query *q, struct status_answer *out, struct error *err);
/* The sources alone: at once, however much the replica holds. */
bool query_sources(struct query *q, struct status_answer *out, struct error *err);

/* ---- whole tables ---- */

/* Walks rows as of a time (TIME_NONE: now) in key order. entity -1 with flat: the first flat view's
 * rows. Returns false and ends when fn returns false (no error) or on error. The row lives during fn. */
struct export_row { int entity; const char *key; const struct value *values; };
bool query_export(struct query *q, int entity, int64_t as_of, bool (*fn)(void *ctx, const struct export_row *row), void *ctx, struct error *err);
/* The current row of a key (a row array with its key columns set); *row NULL: none. In the arena. */
bool query_row_of(struct query *q, int entity, const struct value *key, const struct value **row, struct arena *a, struct error *err);
/* The flat view: its columns' names, and for each the entity and column it came from (count column: -1). */
struct flat_column { const char *name; int entity, column; };
int query_flat_columns(struct query *q, const struct flat_column **columns);
bool query_export_flat(struct query *q, int64_t as_of, bool (*fn)(void *ctx, const struct export_row *row), void *ctx, struct error *err);

/* dump: rows, versions and registrations by type, entity (model order), key, version. */
enum dump_type { DUMP_ROW, DUMP_VERSION, DUMP_REGISTRATION };
struct dump_line {
	enum dump_type type;
	int entity;
	const char *key;
	const struct value *values;  /* ROW, VERSION */
	const struct version *version; /* VERSION */
	int64_t from_rank, to_rank;  /* VERSION: transaction rank of its start and end; to_rank -1 while open */
	const char *store;           /* REGISTRATION; NULL unknown */
	int64_t at;                  /* REGISTRATION; TIME_NONE unknown */
	int64_t at_rank;             /* REGISTRATION: rank of its transaction */
	bool timed;                  /* REGISTRATION: at is an event time of the bank */
};
bool query_dump(struct query *q, bool (*fn)(void *ctx, const struct dump_line *line), void *ctx, struct error *err);

/* Waits until the replica's position has reached `position` (as the source compares them). False: it did not in time. */
bool query_wait(struct query *q, bool (*reached)(const char *a, const char *b), const char *position, int64_t timeout, struct error *err);

#endif
