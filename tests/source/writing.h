/* writing: what the tests of writers into SQL servers share. What fails here fails the test. */
#ifndef TD_TESTS_SOURCE_WRITING_H
#define TD_TESTS_SOURCE_WRITING_H

#include <stdint.h>

#include "generate/fill.h"
#include "generate/generator.h"
#include "generate/writer.h"

#define WRITING_NOW INT64_C(1763632867000000)

/* Cif 17, with quotes and a backslash in the name, and no email. */
extern const struct person writing_budi;

struct writer *writing_opened(const char *url);
void writing_put(struct writer *w, enum writer_op op, enum writer_table table, const void *row);

/* A generator that writes there; customers, batches of them; events, one each second. */
void writing_begun(struct fill *f, const char *url, uint64_t seed);
void writing_customers(struct fill *f, int64_t count, int64_t batch);
void writing_events(struct fill *f, int count);

/* The rows of the embedded bank's table are those, as "a|b\nc|NULL\n", in the order of the key. */
void writing_same_as_bank(const char *path, const char *table, const char *there);

#endif
