/* What the parts of the CSV source share; nobody else includes this. */
#ifndef TD_SOURCE_CSV_PRIVATE_H
#define TD_SOURCE_CSV_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "source/csv_batch.h"
#include "source/csv_folder.h"
#include "source/csv_shape.h"
#include "source/source.h"

struct csv_stream;

struct csv_file {
	char *name;
	struct csv_batch batch;
};

/* Batches of one look at the folder, in the order they are taken. */
struct csv_queue {
	struct csv_file *files;
	size_t count, at;
};

enum csv_step {
	CSV_REST,    /* no batch in hand */
	CSV_COUNT,   /* first pass: hash, header, good and bad rows */
	CSV_COMPARE, /* hashing what was taken under this name before */
	CSV_SETTLE,  /* all is known: the verdict */
	CSV_EMIT,    /* second pass: the rows as changes */
};

/* The batch in hand. */
struct csv_work {
	enum csv_step step;
	char *name;
	struct csv_batch batch;
	int fd, done_fd;
	struct csv_identity id;
	struct csv_stream *stream, *done_stream;
	struct csv_shape shape;
	bool header; /* it was read, in this pass */
	bool begun;  /* EMIT: the transaction was announced */
	unsigned char hash[CSV_HASH_SIZE];
	unsigned char known[CSV_HASH_SIZE]; /* content once taken under this name, if known_here */
	bool known_here;
	uint64_t rows, bad;
	struct buffer unusable, faults;
	struct value *values;
	struct arena arena;
	char stamp[CSV_STAMP_LEN + 1];
};

/* A file that was taken and waits for its move, as it was when it was read. */
struct csv_flight {
	char *name;
	struct csv_identity id;
};

/* The file the queue waits for, since somebody may still be writing it. */
struct csv_waiting {
	char *name;
	struct csv_identity id;
	int64_t since; /* of the monotonic clock: unchanged from then on */
	bool closed, told, unknown;
};

struct csv_source {
	struct source base;
	struct csv_folder *folder;
	int64_t settle;
	int reject_percent;
	bool latin1;
	struct csv_position position;
	struct buffer text, newest; /* positions lent out */
	struct csv_queue queue;
	struct csv_work work;
	struct csv_flight *flights;
	size_t flight_count;
	struct csv_waiting waiting;
	char **told; /* names left alone, each reported once, sorted */
	size_t told_count;
	int64_t looked; /* clock_now before the last look at the folder, TIME_NONE: never */
	int64_t looked_mono;
	bool dirty;    /* something happened in the folder since */
	bool blocked;  /* the head of the queue is still being written */
	bool idle_due; /* all of the last look was given, and that was not said yet */
	bool moved;    /* the position moved without a transaction */
};

const struct entity *csv_entity(const struct csv_source *c, const struct csv_batch *b);

/* csv_queue.c */
void csv_queue_done(struct csv_queue *q);
/* Batches in the folder, less those that only wait for their move. */
bool csv_queue_fill(struct csv_source *c, struct csv_queue *q, struct error *err);
/* The file at the head is whole. */
bool csv_queue_whole(struct csv_source *c, const char *name, int fd, const struct csv_identity *id);
/* A writer closed the file, or it was moved here. */
void csv_queue_closed(void *ctx, const char *name);
/* Says once that a file is left alone. */
void csv_queue_tell(struct csv_source *c, const char *name, const char *why);

/* csv_work.c */
/* Takes the batch in hand; the descriptor goes with it. */
void csv_work_begin(struct csv_source *c, const struct csv_file *f, int fd, const struct csv_identity *id);
void csv_work_end(struct csv_work *w);
/* One block further in COUNT or COMPARE, or the verdict in SETTLE. False: err. */
bool csv_work_step(struct csv_source *c, struct error *err);

#endif
