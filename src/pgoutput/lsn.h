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
/* The log is pages of segments (files), each with a head: where a page is full, a server names the place behind the head of the next,
 * which nothing reaches until somebody writes again. What was written up to there ends at that page's beginning, which is returned;
 * any other place is returned as it is. Both sizes in bytes, more than 0. */
uint64_t lsn_page_begin(uint64_t lsn, uint64_t page, uint64_t segment);

#endif
