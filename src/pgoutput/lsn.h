/* lsn: a place in PostgreSQL's write-ahead log, a byte count, as its text: 16/B374D848. */
#ifndef TD_PGOUTPUT_LSN_H
#define TD_PGOUTPUT_LSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LSN_SIZE 24

/* Exactly n bytes of text. */
bool lsn_parse(const char *text, size_t n, uint64_t *out);
/* Returns out. */
const char *lsn_text(uint64_t lsn, char out[LSN_SIZE]);

#endif
