/* bank_capture: triggers that write down what happened to a table, whoever writes it.
 *
 * Each change is one row of bank_change, in commit order because SQLite has one
 * writer at a time:
 *
 *     id     counts up without a hole
 *     txn    the transaction's number, or NULL from writers that know nothing of us
 *     at     microseconds UTC; from unstamped writers SQLite's own clock, in milliseconds
 *     tbl    bank_table.id
 *     op     1 insert, 2 update, 3 delete
 *     old_N  the row before (2, 3), new_N the row after (1, 2): column N of bank_column
 *
 * A place N is never given to another column, so that old changes stay readable
 * after columns come and go. The table a teller sees is never in our debt: the
 * triggers hold no constraint a statement could fail on.
 */
#ifndef TD_SOURCE_BANK_CAPTURE_H
#define TD_SOURCE_BANK_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;
struct sqlite3;

enum bank_op { BANK_INSERT = 1, BANK_UPDATE = 2, BANK_DELETE = 3 };

/* SQLite's clock in microseconds, as the triggers use it, exact to the millisecond. */
#define BANK_CLOCK                                                                                                     \
	"(CAST(strftime('%s', 'now') AS INTEGER) * 1000"                                                               \
	" + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER)) * 1000"

/* Captures a table (it needs a primary key): catalogue and triggers are made, or made again where
 * they are not as they should be; *repaired is then set, and left alone otherwise. A table captured for
 * the first time counts as no repair. To be called in a transaction. */
bool bank_capture(struct sqlite3 *db, const char *table, bool *repaired, struct error *err);

/* Says in `why`, a line each, what keeps a captured table's changes from being seen whole; nothing is
 * appended when all is well. *fixed_by_repair is false for what making the triggers again cannot cure. */
bool bank_capture_verify(struct sqlite3 *db, const char *table, struct buffer *why, bool *fixed_by_repair,
			 struct error *err);

#endif
