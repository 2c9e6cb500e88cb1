/* sorter: records of bytes, sorted by memcmp, in bounded memory.
 *
 * An external merge sort: runs of `memory` bytes are sorted and written to an
 * unlinked file in `folder`, then merged. What is given out comes one at a time, so
 * that the caller can stop and go on between records.
 *
 *     sorter_add ... ; sorter_finish ; while (sorter_next(s, &p, &n, &err) == 1) ...
 */
#ifndef TD_REPLICA_SORTER_H
#define TD_REPLICA_SORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct sorter;

struct sorter *sorter_new(const char *folder, size_t memory);
void sorter_free(struct sorter *s);
bool sorter_add(struct sorter *s, const void *p, size_t n, struct error *err);
bool sorter_finish(struct sorter *s, struct error *err);
/* 1: a record, valid until the next call; 0: the end; -1: error. */
int sorter_next(struct sorter *s, const char **p, size_t *n, struct error *err);
int64_t sorter_count(const struct sorter *s);

#endif
