/* db: SQLite for the raw programs; whatever goes wrong ends the bench. */
#ifndef TD_BENCH_DB_H
#define TD_BENCH_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

struct buffer;
struct entity;

sqlite3 *db_open(const char *path);      /* to read and write, as a replica's writer has it */
sqlite3 *db_open_read(const char *path); /* to read, as a replica's readers have it; never waits for a lock */
void db_exec(sqlite3 *db, const char *sql);
void db_execf(sqlite3 *db, const char *format, ...); /* sqlite3_mprintf's language */
sqlite3_stmt *db_prepare(sqlite3 *db, const char *sql);
sqlite3_stmt *db_preparef(sqlite3 *db, const char *format, ...);
bool db_row(sqlite3_stmt *s); /* false: no more rows; the statement is reset then */
void db_run(sqlite3_stmt *s); /* to its end, and resets */
int64_t db_integer(sqlite3 *db, const char *sql);
void db_bind(sqlite3_stmt *s, int i, struct value v);
/* Appends the columns of an entity, quoted, separated by commas. */
void db_columns(const struct entity *e, struct buffer *out);
void db_places(struct buffer *out, int count); /* ?1, ?2 ... */
void db_copy(const char *from, const char *to); /* the file, while nobody writes it */
void db_remove(const char *path); /* with what stands beside it */
/* Bytes of a copy of the file without a free page. */
int64_t db_packed_bytes(const char *path, const char *scratch);

#endif
