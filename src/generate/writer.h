/* writer: generated rows into a source that can be written.
 *
 *     w = writer_open("bank:PATH", &err)
 *     w->ops->resume(w, &state, &err)   where a generator left off, if the target knows
 *     writer_begin(w, commit_time)      one source transaction (one batch of files for csv)
 *     writer_put(w, WRITER_INSERT, TABLE_CUSTOMER, &person) ...
 *     writer_commit(w)
 *     writer_position(w)                the position reached, as `ingest --until` takes it
 *     writer_close(w)
 *
 * A transport of a later source adds a struct writer_ops; the generator does not change.
 */
#ifndef TD_GENERATE_WRITER_H
#define TD_GENERATE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;
struct writer;

enum writer_table { WRITER_STORE, WRITER_CUSTOMER, WRITER_PRODUCT, WRITER_ASSET };
enum writer_op { WRITER_INSERT, WRITER_UPDATE, WRITER_DELETE };

/* row: struct shop, person, product or asset (generator.h); DELETE needs the key only. */
struct writer_ops {
	const char *scheme;
	const char *alias; /* another name of the scheme; NULL: it has none */
	bool deletes; /* csv cannot */
	/* Transactions nearer to each other than this (microseconds) cannot be told apart by their time:
	 * closer ones are given later times than they have. 0: any two can. */
	int64_t apart;
	struct writer *(*open)(const char *target, struct error *err);
	bool (*begin)(struct writer *w, int64_t commit_time, struct error *err);
	bool (*put)(struct writer *w, enum writer_op op, enum writer_table table, const void *row, struct error *err);
	bool (*commit)(struct writer *w, struct error *err);
	/* "": there is none to be had. */
	const char *(*position)(struct writer *w);
	/* What a generator noted here last, so that it goes on where it left off; nothing is appended when
	 * there is none. NULL, as note is, where the target keeps no bookkeeping. */
	bool (*resume)(struct writer *w, struct buffer *state, struct error *err);
	/* Keeps a text (opaque, short), replacing the one before, inside the open transaction: rows and
	 * bookkeeping commit together or not at all. */
	bool (*note)(struct writer *w, const char *state, struct error *err);
	void (*close)(struct writer *w);
};
struct writer { const struct writer_ops *ops; };

extern const struct writer_ops writer_bank_ops, writer_csv_ops, writer_mysql_ops, writer_postgres_ops;

struct writer *writer_open(const char *url, struct error *err);

#endif
