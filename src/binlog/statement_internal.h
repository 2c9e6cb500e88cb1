/* statement_internal: what statement.c and statement_tables.c share. */
#ifndef TD_BINLOG_STATEMENT_INTERNAL_H
#define TD_BINLOG_STATEMENT_INTERNAL_H

#include <stdbool.h>

#include "binlog/query.h"
#include "binlog/words.h"

struct arena;

struct statement_reader {
	struct words w;
	const struct binlog_query *q;
	struct arena *a;
	struct statement *out;
	struct statement_table *tables; /* out->tables, with room for more */
	int room;
};

/* Each reads from behind the statement's first word, sets out->kind and the tables, and is false when the statement
 * is not understood. */
bool statement_truncate(struct statement_reader *r);
bool statement_drop(struct statement_reader *r);
bool statement_create(struct statement_reader *r);
bool statement_rename(struct statement_reader *r);
bool statement_alter(struct statement_reader *r);

/* Only words of this list (and numbers) up to the end of the statement? Passes over them. */
bool statement_tail(struct words *w, const char *const *allowed);

#endif
