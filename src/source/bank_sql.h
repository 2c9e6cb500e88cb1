/* bank_sql: the few SQLite calls the embedded bank's files share, with errors in words.
 *
 * The code of an error follows what happened: a bank that is locked, gone or cannot
 * be read is ERROR_UNREACHABLE, one that is damaged or no longer has the shape we
 * expect ERROR_REFUSED, a full disk ERROR_FULL, a file mode in the way ERROR_PERMISSION.
 */
#ifndef TD_SOURCE_BANK_SQL_H
#define TD_SOURCE_BANK_SQL_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;
struct sqlite3;
struct sqlite3_stmt;

/* Fills err from the connection's last error; returns false. */
bool bank_sql_fail(struct sqlite3 *db, struct error *err);
bool bank_sql_exec(struct sqlite3 *db, const char *sql, struct error *err);
/* The statement is meant to be kept. */
bool bank_sql_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **out, struct error *err);
/* Steps a statement that yields one row of integers, at most `count`; missing columns, and all of
 * them when there is no row, are 0. The statement is reset. */
bool bank_sql_row(struct sqlite3_stmt *stmt, int64_t *out, int count, struct error *err);
/* Runs a statement without rows and resets it. */
bool bank_sql_run(struct sqlite3_stmt *stmt, struct error *err);
/* The first integer of a query put once; 0 without a row. */
bool bank_sql_integer(struct sqlite3 *db, const char *sql, int64_t *out, struct error *err);
/* Appends a name as SQL quotes it. */
void bank_sql_name(struct buffer *out, const char *name);

#endif
