/* search_internal: what search_index.c (following) and search_build.c (the first time) share. Nobody else includes it. */
#ifndef TD_REPLICA_SEARCH_INTERNAL_H
#define TD_REPLICA_SEARCH_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "model/value.h"

struct entity;
struct error;
struct replica;
struct sorter;

#define SEARCH_HASHES 16 /* `search` columns that are looked at */

/* NONE: nothing is indexed, nothing is queued. BUILDING: what was not yet read is neither. */
enum search_phase { SEARCH_NONE, SEARCH_READING, SEARCH_WRITING, SEARCH_READY };

struct search_state {
	enum search_phase phase;
	sqlite3_stmt *queue, *queued, *take, *done, *row;
	sqlite3_stmt *add_word, *remove_word, *add_term, *drop_term, *add_exact, *remove_exact;
	struct sorter *sorter;
	sqlite3_stmt *read;      /* customers after a key */
	struct value *after;     /* key columns of the last one read */
	struct arena after_arena;
	bool any_queued;         /* something may stand in the queue: asked anew for each slice */
	int64_t read_count, write_count;
	unsigned slices;         /* of the queue, worked off since it was empty */
	struct buffer word;      /* the word being counted while writing */
	int64_t word_count;
};

bool search_store_phase(struct replica *r, enum search_phase phase, struct error *err);
bool search_store_percent(struct replica *r, int percent, struct error *err);
/* The hashes of a row's `search` columns; NULL and empty are not looked for. */
int search_hashes(const struct entity *e, const struct value *row, int64_t hashes[SEARCH_HASHES]);
/* Calls fn for each distinct word of a folded name, until it returns false. */
bool search_words(const char *name, bool (*fn)(void *ctx, const char *word, size_t n), void *ctx);
/* A row as the statements over customers give it; borrowed from the statement. */
void search_read(const struct replica *r, sqlite3_stmt *s, struct value *row);

/* The steps of a build, in their order; each is a bounded piece of work. */
bool search_build_start(struct replica *r, struct error *err);
bool search_build_read(struct replica *r, struct error *err);
bool search_build_write(struct replica *r, bool *more, struct error *err);
void search_build_drop(struct search_state *s);

#endif
