/* raw_copy: the three tables of the bank by plain SQL: copied into a file without anything of ours, and
 * printed as a dump prints them. */
#ifndef TD_BENCH_RAW_COPY_H
#define TD_BENCH_RAW_COPY_H

#include <sqlite3.h>

struct model;

/* Makes `to` anew: the tables, an index on each cif. */
void raw_copy(const struct model *m, const char *bank, const char *to);
/* What a search needs at least: indexes on the folded name, the e-mail and the phone. */
void raw_copy_search(const char *path);
/* The function fold(text), which the first of them uses: for each connection. */
void raw_copy_fold(sqlite3 *db);
/* Reads the tables and writes INSERT statements to nowhere. */
void raw_copy_print(const struct model *m, const char *bank);

#endif
