/* bank_schema: the embedded bank, a SQLite file that holds a small bank.
 *
 *     bank_create(path, &err)             makes the bank, or makes an existing one whole
 *     db = bank_open(path, false, &err)   reads it; true: to write
 *
 * What a bank's programs may use: the tables store, customer_info, bank_product and
 * customer_asset, with any statement and from any program. The rest is ours:
 *
 *     bank_meta     one row: who the bank is (uuid), version of this schema, the highest change pruned
 *     bank_txn      one row: number and time of the running transaction, where its writer stamps it
 *     bank_table    tables captured            bank_column  which column stands at which place
 *     bank_change   what happened (bank_capture.h), kept 7 days
 *     bank_pending  rows that may be about to be displaced; usually empty
 *     bank_note     texts that generators keep, by name
 *
 * A writer that stamps: UPDATE bank_txn SET last = last + 1, txn = last + 1, at = <microseconds UTC>
 * after BEGIN IMMEDIATE and UPDATE bank_txn SET txn = NULL, at = NULL before COMMIT.
 */
#ifndef TD_SOURCE_BANK_SCHEMA_H
#define TD_SOURCE_BANK_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;
struct sqlite3;

#define BANK_APPLICATION_ID 0x74644271 /* "tdBq" */
#define BANK_SCHEMA_VERSION 1
#define BANK_UUID_SIZE      37

/* "bank:PATH" to PATH; a path stays what it is. */
const char *bank_path(const char *url);

/* Idempotent. A new file has mode 0600. Where triggers had been lost, what was written meanwhile is lost
 * too: readers that stand before now are told that the log no longer reaches back to them. */
bool bank_create(const char *path, struct error *err);

/* NULL: err. ERROR_UNREACHABLE when there is no such file, ERROR_REFUSED when it is no bank of ours.
 * The caller closes it with sqlite3_close. One thread uses it. */
struct sqlite3 *bank_open(const char *path, bool write, struct error *err);

bool bank_uuid(struct sqlite3 *db, char out[BANK_UUID_SIZE], struct error *err);

/* A position: the id of the last change and its time, "ID@AT"; "0@0" before the first. */
#define BANK_POSITION_SIZE 48
const char *bank_position(int64_t id, int64_t at, char out[BANK_POSITION_SIZE]);
/* False: not a position. "ID" alone is one too; *at is then -1. */
bool bank_position_parse(const char *text, int64_t *id, int64_t *at);

/* The newest change. at is 0 when its row was pruned or there is none. */
#define BANK_NEWEST                                                                                                    \
	"SELECT n.id, coalesce((SELECT at FROM bank_change WHERE id = n.id), 0), n.pruned_to FROM"                     \
	" (SELECT max(coalesce((SELECT max(id) FROM bank_change), 0), pruned_to) AS id, pruned_to FROM bank_meta) AS " \
	"n"

#endif
