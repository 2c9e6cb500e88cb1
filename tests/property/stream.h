/* stream: a small bank's life, by seed.
 *
 * A few keys, so that everything collides: inserts, updates, updates of nothing,
 * deletes, returns, key changes, keys swapped within one transaction, rows that make
 * place and are deleted, REPLACE, rows that change their customer, truncates; commit
 * times equal, backward, far ahead; event times late, on the edges of windows, in
 * the far future. The model differs by seed too: kinds of keys, of event times, zones.
 * With foreign keys the server's own changes of child rows stand behind the parent's, marked as hidden: no log has
 * them. All images are complete and true: what a source sends of them is its own affair.
 */
#ifndef TD_PROPERTY_STREAM_H
#define TD_PROPERTY_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "model/cascade.h"
#include "model/change.h"

#define STREAM_ENTITIES 3

struct model;
struct tables;

/* Foreign keys that the server carries out: none, some, one that moves items to other keys, or a chain of two. */
enum stream_cascades { CASCADES_NONE, CASCADES_SOME, CASCADES_OF_KEYS, CASCADES_IN_CHAINS };

struct stream_params {
	uint64_t seed;
	int transactions;
	bool wild_clock;      /* commit times far ahead of the clock and far behind it */
	int truncates;        /* percent of transactions; never together with reloads of one entity */
	bool spare_customers; /* only other tables are truncated */
	int reloads;          /* percent of transactions */
	bool no_displaced;    /* a key is free before another row takes it; so it is wherever there are cascades */
	enum stream_cascades cascades;
};

struct stream_transaction {
	int64_t commit_time;
	int64_t clock; /* the source's when it is received */
	int count;
	struct change *changes;
	bool *hidden; /* by change: a cascade's */
	/* RELOAD is the only change of its transaction: the entity holds these rows from then on. */
	const struct value **reloaded;
	int reloaded_count;
};

struct stream {
	struct arena arena;
	struct model *model;
	struct cascades cascades;
	int count;
	struct stream_transaction *transactions;
};

void stream_init(struct stream *s, const struct stream_params *p);
void stream_done(struct stream *s);
/* The change has the server do something to those who hold what the row held. */
bool stream_strikes(const struct cascade *r, const struct change *c);
/* One change in words, for a person who looks for a mistake. */
struct buffer;
void stream_tell(struct buffer *out, const struct model *m, const struct change *c);
void stream_tell_row(struct buffer *out, const struct model *m, int entity, const struct value *row);

/* The rows of a bank. They point into the stream. */
struct tables {
	const struct model *model;
	const struct value **rows[STREAM_ENTITIES];
	int count[STREAM_ENTITIES];
};
void tables_init(struct tables *t, const struct model *m);
void tables_done(struct tables *t);
void tables_apply(struct tables *t, const struct change *c);
void tables_commit(struct tables *t, const struct stream_transaction *txn);
/* The row with this key, or NULL. */
const struct value *tables_find(const struct tables *t, int entity, const char *key);

#endif
