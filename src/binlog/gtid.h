/* gtid: sets of transactions, of both families.
 *
 *     MariaDB  0-1-5,1-2-9                        the last transaction of each domain
 *     MySQL    uuid:1-5:7,uuid:tag:1-3            intervals by server uuid and (8.3 on) tag
 *
 * Text is read in either server's own form (white space and line ends allowed) and written in one
 * canonical form: sorted, without blanks.
 */
#ifndef TD_BINLOG_GTID_H
#define TD_BINLOG_GTID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct binlog_gtid;
struct buffer;

struct gtid_set;

/* NULL: not a set of that family. The empty text is the empty set. */
struct gtid_set *gtid_set_parse(bool mariadb, const char *text, size_t n);
struct gtid_set *gtid_set_copy(const struct gtid_set *s);
void gtid_set_free(struct gtid_set *s);
bool gtid_set_is_empty(const struct gtid_set *s);
void gtid_set_add(struct gtid_set *s, const struct binlog_gtid *g);
/* Every transaction of b is in a. MariaDB: for every domain of b, a's sequence is at least as high. */
bool gtid_set_contains(const struct gtid_set *a, const struct gtid_set *b);
void gtid_set_print(const struct gtid_set *s, struct buffer *out);
/* The block of COM_BINLOG_DUMP_GTID: sids, uuids, intervals (MySQL only; a set with tags is in the tagged format of 8.3). */
void gtid_set_encode(const struct gtid_set *s, struct buffer *out);

#endif
