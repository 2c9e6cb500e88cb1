/* statement: a bank's changes as SQL that MariaDB and PostgreSQL both take. Tables stand in "bank". */
#ifndef TD_BENCH_STATEMENT_H
#define TD_BENCH_STATEMENT_H

#include "model/value.h"

struct buffer;
struct change;
struct model;

/* A literal. Text of the generator holds no backslash, which the two do not read alike. */
void statement_value(struct buffer *sql, struct value v);
/* UPDATE of the columns that differ, with its semicolon; nothing where none does. */
void statement_update(struct buffer *sql, const struct model *m, const struct change *c);

#endif
