/* xa: transactions that were prepared (XA PREPARE) and not decided yet, kept across restarts.
 *
 * The log holds their rows at the prepare and nothing but the decision later, perhaps days later. What was
 * prepared is kept in a file of the state folder, synced before any position past it is given, and
 * removed once the replica holds the decision durably. The name is a hash of the server's
 * identity and the xid; a transaction prepared twice replaces itself.
 */
#ifndef TD_SOURCE_MYSQL_XA_H
#define TD_SOURCE_MYSQL_XA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct binlog_format;
struct error;
struct txn;

struct xa_name {
	const char *folder, *identity;
	const uint8_t *xid; /* gtrid then bqual */
	uint32_t format;
	uint8_t gtrid_len, bqual_len;
};

bool xa_save(const struct xa_name *x, const struct binlog_format *f, struct txn *t, struct error *err);
/* 1: t holds its records, f what they were written under; 0: nothing is known of it; -1: error. */
int xa_load(const struct xa_name *x, struct binlog_format *f, struct txn *t, struct error *err);
/* The file's path, to be removed with xa_forget; the caller frees it. */
char *xa_path(const struct xa_name *x);
void xa_forget(const char *path);

#endif
