/* chunk: rows of a table by key, in pieces: what source_copy_ops asks for, of any server that speaks SQL.
 *
 * Builds the statements, fits the number of rows to the bytes of a chunk, tries again when the table changed
 * between the catalogue and the read, and has the statement that comes next begun while this chunk is written. What differs from
 * server to server is a struct chunk_server. Values and rows live until the next call.
 *
 *     SELECT ... FROM ... [WHERE filter AND] key > last ORDER BY key LIMIT n
 */
#ifndef TD_SOURCE_SQL_CHUNK_H
#define TD_SOURCE_SQL_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "model/value.h"

struct chunk_reader;
struct error;
struct model;
struct source_chunk;
struct sql_table;

struct chunk_server {
	/* The catalogue's word on the entity's table, as it is now. */
	const struct sql_table *(*table)(void *ctx, int entity);
	/* Appends what is selected so that the answer's text holds all of the column; what a table is called after FROM; a key's value
	 * as the server compares it. */
	void (*select)(void *ctx, int entity, int column, struct buffer *sql);
	void (*from)(void *ctx, int entity, struct buffer *sql);
	void (*identifier)(void *ctx, int entity, int column, struct buffer *sql);
	void (*literal)(void *ctx, int entity, int column, struct value v, struct buffer *sql);
	/* Appends a condition every row must meet; NULL, or nothing appended: none. */
	void (*filter)(void *ctx, int entity, struct buffer *sql);
	/* The server enters an index by (a, b) > (x, y); else it is told in parts. */
	bool compares_rows;
	/* Runs a statement; its rows are the ones of `next` until the following call. */
	bool (*rows)(void *ctx, const char *sql, struct error *err);
	/* A row of the answer: its cells (NULL: NULL) and their lengths, in the order selected; false: no more. */
	bool (*next)(void *ctx, const char *const **cells, const size_t **lens);
	void (*forget)(void *ctx); /* the rows are no longer needed */
	/* Begins a statement that is probably asked next; NULL: there is no such way. */
	void (*ahead)(void *ctx, const char *sql);
	/* The canonical value of a cell. */
	struct value (*value)(void *ctx, int entity, int column, const char *text, size_t n, struct arena *a);
	/* Around the read: NULL, or what must come before it; H after it, borrowed until the next call. */
	bool (*begin)(void *ctx, struct error *err);
	bool (*high)(void *ctx, const char **high, struct error *err);
	/* The read that failed did so because the table is another than the catalogue said, and the catalogue was read anew. */
	bool (*changed)(void *ctx);
};

struct chunk_reader *chunk_reader_new(const struct chunk_server *server, void *ctx, const struct model *m);
void chunk_reader_free(struct chunk_reader *r); /* NULL is fine */
/* As source_copy_ops has them. A table or a key column that is not there is empty. */
bool chunk_read(struct chunk_reader *r, int entity, const struct value *after_key, int limit, struct source_chunk *out, struct error *err);
bool chunk_read_keys(struct chunk_reader *r, int entity, const struct value *const *keys, int count, struct source_chunk *out, struct error *err);

#endif
