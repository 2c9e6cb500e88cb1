/* csv_batch: what a drop folder's files mean, decided without touching a file.
 *
 * A batch is a file TABLE_YYYYMMDDhhmmss.csv: full rows of one table, as of the
 * stamp, a wall clock in the model's zone. Its identity is name plus content.
 *
 * A position is text:
 *
 *     customer_info=20261120164100,store=20261101000000;NAME:SHA256,...
 *
 * For each table the stamp of the last batch taken. TABLE=LAST!SEEN: a later
 * batch, of SEEN, was looked at and put aside. After the ';' the batches taken
 * that stand in the folder still: after a crash they are known by it. Bytes that
 * would confuse are written as %XX. Nothing taken: "".
 */
#ifndef TD_SOURCE_CSV_BATCH_H
#define TD_SOURCE_CSV_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct model;

enum { CSV_HASH_SIZE = 32, CSV_STAMP_LEN = 14 };

enum csv_name {
	CSV_NAME_IGNORED, /* hidden or partial: not for us yet */
	CSV_NAME_FOREIGN, /* not of the pattern, or of a table the model does not know */
	CSV_NAME_BATCH,
};

struct csv_batch {
	int entity;
	int64_t stamp; /* YYYYMMDDhhmmss as a number: the order of one table's batches */
	int64_t at;    /* the instant it stands for */
};

enum csv_name csv_batch_parse(const struct model *m, const char *name, struct csv_batch *out);
/* Order in which batches are taken: stamp, then model order. */
int csv_batch_compare(const struct csv_batch *a, const struct csv_batch *b);

/* ---- positions ---- */

struct csv_mark {
	char *table;
	int64_t last; /* stamp of the last batch taken, 0: none */
	int64_t seen; /* of the last one looked at, never before last */
};

struct csv_taken {
	char *name;
	unsigned char hash[CSV_HASH_SIZE];
	bool durable; /* the replica holds it for good: the file may go; not part of the text */
};

struct csv_position {
	struct csv_mark *marks; /* by table */
	size_t mark_count;
	struct csv_taken *taken; /* in order */
	size_t taken_count;
};

/* False: text is no position; p is empty then. NULL is the position before everything. */
bool csv_position_parse(struct csv_position *p, const char *text);
void csv_position_print(const struct csv_position *p, struct buffer *out);
void csv_position_done(struct csv_position *p);
/* The mark of a table, NULL: none. */
const struct csv_mark *csv_position_mark(const struct csv_position *p, const char *table);
void csv_position_take(struct csv_position *p, const char *table, int64_t stamp);
void csv_position_see(struct csv_position *p, const char *table, int64_t stamp);
void csv_position_keep(struct csv_position *p, const char *name, const unsigned char hash[CSV_HASH_SIZE]);
struct csv_taken *csv_position_find(const struct csv_position *p, const char *name);
void csv_position_drop(struct csv_position *p, struct csv_taken *t);
/* a stands at or after b: every table of b was looked at as far. */
bool csv_position_reached(const struct csv_position *a, const struct csv_position *b);

/* ---- the verdict on a batch that was read once ---- */

enum csv_verdict { CSV_TAKE, CSV_AGAIN, CSV_PUT_ASIDE };

struct csv_facts {
	const char *name;
	const char *table;
	int64_t stamp;
	int64_t last; /* of its table */
	const unsigned char *hash;
	const unsigned char *known; /* content once taken under this name, or NULL */
	const char *unusable;       /* why no row of it can be used, or NULL */
	uint64_t rows, bad;         /* rows without the header; the bad among them */
	int reject_percent;         /* more bad rows than this put it aside */
	const char *faults;         /* the first bad rows, a line each */
};

/* reason: for PUT_ASIDE, why; a line or more. */
enum csv_verdict csv_judge(const struct csv_facts *f, struct buffer *reason);

/* ---- is a file whole? ---- */

enum csv_writer { CSV_WRITER_NONE, CSV_WRITER_SOME, CSV_WRITER_UNKNOWN };

struct csv_quiet {
	enum csv_writer writer; /* as far as the system tells */
	bool closed;            /* a writer was seen to close it, or it was moved here, and it did not change since */
	int64_t unchanged;      /* microseconds for which we saw it unchanged */
	int64_t age; /* microseconds since its last change by the clock of the file system; negative: in the future */
};

bool csv_is_whole(const struct csv_quiet *q, int64_t settle);

#endif
