/* txn: the events of one source transaction, kept until its outcome is known.
 *
 * A server may log ROLLBACK or ROLLBACK TO after rows, and a transaction prepared by XA may be
 * decided days later: what a transaction did counts only at its end. Until then its events wait here as
 * they came; they are decoded when they are served.
 *
 *     txn_clear(&t)
 *     txn_add(&t, &record, lasting, &err)
 *     txn_mark(&t, "sp") ... txn_back_to(&t, "sp")
 *     txn_rewind(&t); while ((r = txn_next(&t, &record, &err)) == 1) ...
 *
 * Up to TXN_MEMORY bytes stay in memory; what is more goes to an unlinked file, mode 0600, in the
 * state folder, so a transaction of any size costs no more memory than its largest event.
 */
#ifndef TD_SOURCE_MYSQL_TXN_H
#define TD_SOURCE_MYSQL_TXN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct error;

#define TXN_MEMORY ((size_t)4 << 20)

enum txn_record_kind {
	TXN_MAP,       /* bytes: the body of a TABLE_MAP event */
	TXN_ROWS,      /* bytes: the body of a rows event; type: which */
	TXN_TRUNCATE,  /* entity */
	TXN_RELOAD,    /* entity */
	TXN_CATALOGUE, /* the tables' shapes may have changed here */
};

struct txn_record {
	enum txn_record_kind kind;
	int entity;
	uint8_t type;         /* of the event */
	const uint8_t *bytes; /* until the next call */
	size_t n;
};

struct txn_mark_at;

struct txn {
	char *folder;
	struct buffer memory;       /* records, one after the other */
	int file;                   /* -1: none yet */
	uint64_t file_len, file_at; /* written; where serving reads */
	size_t memory_at;
	struct buffer served;       /* the record read back from the file */
	int64_t records, changes;   /* rows events and the like among them */
	struct txn_mark_at *marks;
	int mark_count, mark_cap;
};

void txn_init(struct txn *t, const char *folder);
void txn_done(struct txn *t);
void txn_clear(struct txn *t);
/* lasting: the change is of a table without transactions: a rollback does not take it back. */
bool txn_add(struct txn *t, const struct txn_record *r, bool lasting, struct error *err);
void txn_mark(struct txn *t, const char *name);
/* Undoes what came after the mark, but what lasts; an unknown name undoes nothing: false. */
bool txn_back_to(struct txn *t, const char *name, struct error *err);
bool txn_back_all(struct txn *t, struct error *err);
void txn_release(struct txn *t, const char *name);
bool txn_is_empty(const struct txn *t); /* no change in it */

void txn_rewind(struct txn *t);
/* 1: a record; 0: no more; -1: error. */
int txn_next(struct txn *t, struct txn_record *out, struct error *err);

#endif
