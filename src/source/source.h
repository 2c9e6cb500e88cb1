/* source: where changes come from. The protocol every transport obeys.
 *
 *     s = source_open(url, params, &err)
 *     s->ops->start(s, position)                 NULL: from now on (a copy of the tables follows)
 *     loop:
 *         switch (s->ops->next(s, timeout_ms, &event, &err))
 *         SOURCE_BEGIN   a source transaction starts: event.commit_time, .raw_time
 *         SOURCE_CHANGE  event.change, valid until the next call of next
 *         SOURCE_COMMIT  it is whole: event.position may be stored
 *         SOURCE_IDLE    nothing to read: all up to event.complete_to was given. At least once a second.
 *         SOURCE_WAIT    nothing yet, no claim (timeout)
 *         SOURCE_ERROR   err says what; the code decides:
 *                        UNREACHABLE  close, wait, open again
 *                        PURGED       the log no longer reaches our position: resync
 *                        REFUSED      a person must decide
 *     s->ops->durable(s, position)               the replica holds all up to it for good; between transactions
 *     s->ops->close(s)
 *
 * durable is told what is committed, after the commit. A source that forgets what was acknowledged (a slot that moves on, a
 * file that is moved away) says needs_sync: then the replica is synced to disk before, and sync_every bounds what that costs.
 * With 0 it happens at each commit; else at most once in that time, and that long after a commit at the latest unless a
 * transaction is being read; always before a close in good order. After a failure nothing is told: what was not must be
 * given again, or be known by the position start gets.
 *
 * next never blocks past its timeout, and returns SOURCE_WAIT at once when the
 * stop descriptor is readable. One thread uses a source.
 *
 * Positions are opaque text. reached(s, a, b): a stands at or after b. Two
 * positions of one source are always comparable.
 *
 * Copying (ops->copy not NULL: the tables can be read by key
 * A transport answers three questions and knows nothing of the algorithm:
 *
 *   bound_before(&p0, &clock)  a position before which everything is already visible to
 *                              reads made from now on; clock: the source's time just after
 *   read_chunk(after_key, ...) up to `limit` rows of an entity in key order after a key (NULL: from
 *                              the start), in one short read, and H: a position that covers all the read can have seen
 *   read_keys(keys, ...)       the same for given keys
 *
 * Rows are complete. They, and H, live until the next call of either. A table that
 * changes shape under a read says so by a CHANGE_RELOAD in the stream.
 */
#ifndef TD_SOURCE_SOURCE_H
#define TD_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/change.h"

struct buffer;
struct cascades;
struct error;
struct model;
struct source;

enum source_result { SOURCE_BEGIN, SOURCE_CHANGE, SOURCE_COMMIT, SOURCE_IDLE, SOURCE_WAIT, SOURCE_ERROR };

struct source_event {
	int64_t commit_time;   /* BEGIN: instant of the commit, source's clock */
	const char *raw_time;  /* BEGIN: the time as the source gave it, or NULL */
	struct change change;  /* CHANGE */
	const char *position;  /* COMMIT, and IDLE where the position moved without a change; else NULL */
	int64_t complete_to;   /* IDLE: source clock */
	int64_t bytes;         /* CHANGE: bytes of the event, for rates and limits */
};

struct source_params {
	const char *url;
	const struct model *model;
	const char *state_folder;
	const char *replica;   /* path of the replica it feeds: a source that keeps something apart keeps it for that one; NULL: none */
	int stop;              /* descriptor that becomes readable to stop; -1: none */
	int64_t settle;        /* csv: how long a file must be quiet, microseconds */
	int reject_percent;    /* csv: a file with more bad rows goes to failed/ whole */
	const char *encoding;  /* csv: utf-8 or latin1 */
};

struct source_chunk {
	int count;
	const struct value *const *rows; /* each of column_count values, complete */
	const char *high;                /* H */
	bool last;                       /* no rows after these */
};

struct source_finding {
	bool refuse;           /* else: a warning */
	const char *object, *detail, *fix;
};

/* A console that is retired: what is kept at the server for its replica is given up. */
struct source_detach {
	const char *name;      /* of what is kept; NULL: as the replica has it */
	const char *position;  /* of the replica; NULL: it has none */
	const char *identity;  /* of the source the replica was built from; NULL: not known. Another one is refused, unless a name is given */
};

struct source_detached {
	char name[64];         /* of what was kept */
	char server[256];      /* as messages name it */
	bool found;            /* false: it was gone already */
	int64_t freed;         /* bytes the server kept for it alone or with others */
};

struct source_copy_ops {
	/* As bound_before, before start: where a stream begins anew, and whatever must be made at the server for it to begin there. What
	 * an earlier stream left there is taken away. NULL: bound_before does. */
	bool (*begin_anew)(struct source *s, const char **p0, int64_t *clock, struct error *err);
	/* Asks only, also of a source that follows nothing. */
	bool (*bound_before)(struct source *s, const char **p0, int64_t *clock, struct error *err);
	/* `stamp` numbers the catalogue of the entity: a chunk whose stamp differs from a RELOAD's is stale. */
	bool (*read_chunk)(struct source *s, int entity, const struct value *after_key, int limit, struct source_chunk *out, struct error *err);
	bool (*read_keys)(struct source *s, int entity, const struct value *const *keys, int count, struct source_chunk *out, struct error *err);
	/* About how many rows the table has, for progress; -1: unknown. May be NULL. */
	int64_t (*estimate)(struct source *s, int entity);
};

struct source_ops {
	const char *scheme;           /* "bank", of bank:PATH */
	const char *alias;            /* another name for it in URLs; NULL: none */
	const char *kind;             /* word for status */
	const char *time_precision;   /* "us", "ms", "s" */
	/* The same where only the server knows, once open; NULL: as time_precision has it. */
	const char *(*precision)(struct source *s);
	bool needs_sync;              /* durable must follow a synced commit ... */
	int64_t sync_every;           /* ... at most so often, microseconds; 0: at each */
	const struct source_copy_ops *copy; /* NULL: changes are all there is (csv) */
	struct source *(*open)(const struct source_params *p, struct error *err);
	/* Who the source is (a uuid, a folder): a replica built from another is refused. Borrowed. */
	const char *(*identity)(struct source *s);
	bool (*start)(struct source *s, const char *position, struct error *err);
	enum source_result (*next)(struct source *s, int timeout_ms, struct source_event *event, struct error *err);
	void (*durable)(struct source *s, const char *position);
	/* Newest position of the source now (for --once). Borrowed until the next call. */
	bool (*newest)(struct source *s, const char **position, struct error *err);
	bool (*reached)(const char *a, const char *b);
	int64_t (*clock)(struct source *s);
	/* Which of an entity's columns the source has; false in present[]: absent (optional) ones. */
	bool (*columns)(struct source *s, int entity, bool *present, struct error *err);
	/* What the server does to child rows without logging it, for changes that say `cascades`. Borrowed until the next call. NULL: it
	 * logs all that changes. */
	bool (*cascades)(struct source *s, struct cascades *out, struct error *err);
	/* Preflight: every finding, at once. */
	bool (*check)(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx, struct error *err);
	/* SQL that prepares the source so that it need not give us its log, for its administrator to read and run. NULL: there is none. */
	bool (*capture_sql)(struct source *s, struct buffer *out, struct error *err);
	/* Facts about the server and its log, for status: appends one JSON object, its values texts and integers (tellerdesk.1 names
	 * them). It asks the server: every few seconds at most. What may not be asked is left out; false: nobody answers. NULL: there
	 * is nothing to tell. */
	bool (*describe)(struct source *s, struct buffer *out, struct error *err);
	/* Gives up what the server keeps for one replica, without opening the source. What is in use, or not ours, is refused. NULL: it keeps
	 * nothing for anybody. */
	bool (*detach)(const struct source_params *p, const struct source_detach *how, struct source_detached *out, struct error *err);
	void (*close)(struct source *s);
};

/* Every transport embeds this first. */
struct source {
	const struct source_ops *ops;
	const struct model *model;
	int stop;
};

/* All transports, ended by NULL. Tests put their own in front with source_register. */
extern const struct source_ops bank_ops;
extern const struct source_ops csv_ops;
extern const struct source_ops mysql_ops;
extern const struct source_ops postgres_ops;
void source_register(const struct source_ops *ops);
const struct source_ops *source_find(const char *url, struct error *err);
struct source *source_open(const struct source_params *p, struct error *err);
/* Whether the stop descriptor is readable, or becomes so within the time. */
bool source_stopped(const struct source *s, int wait_ms);
/* The URL as it may be shown: without a password. */
void source_url_clean(struct buffer *out, const char *url);

#endif
