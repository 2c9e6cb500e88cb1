/* xa: transactions that were prepared (XA PREPARE) and not decided yet, kept across restarts.
 *
 * The log holds their rows at the prepare and nothing but the decision later, perhaps days later. What was
 * prepared is kept in a file of the state folder, synced before any position past it is given, and
 * removed once the replica holds the decision durably. The name is a hash of the server's
 * identity and one of the xid; a transaction prepared twice replaces itself.
 *
 * Programs use their xids again, so a file may be of another transaction than the one that is decided: of a later
 * one where the replica fell back (the place of the prepare, kept with it, is then ahead of the decision), or of an
 * earlier one where the stream began anew past its decision (whoever begins anew forgets them all, xa_forget_all).
 */
#ifndef TD_SOURCE_MYSQL_XA_H
#define TD_SOURCE_MYSQL_XA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct binlog_format;
struct buffer;
struct error;
struct txn;

struct xa_name {
	const char *folder, *identity;
	const uint8_t *xid; /* gtrid then bqual */
	uint32_t format;
	uint8_t gtrid_len, bqual_len;
};

/* place: a position, that of the prepare. */
bool xa_save(const struct xa_name *x, const char *place, const struct binlog_format *f, struct txn *t, struct error *err);
/* 1: t holds its records, f what they were written under, place where; 0: nothing is known of it; -1: error. */
int xa_load(const struct xa_name *x, struct buffer *place, struct binlog_format *f, struct txn *t, struct error *err);
/* The file's path, to be removed with xa_forget; the caller frees it. */
char *xa_path(const struct xa_name *x);
void xa_forget(const char *path);
/* All that were prepared on this server: nobody knows any more what became of them. */
void xa_forget_all(const char *folder, const char *identity);

#endif
