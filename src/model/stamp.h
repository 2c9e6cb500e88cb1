/* stamp: dates and wall-clock times as databases and files write them, read strictly.
 *
 * Years are 0001 to 9999. Fractions have at most 6 digits that are not trailing
 * zeros: what could not be kept exactly is not taken.
 */
#ifndef TD_MODEL_STAMP_H
#define TD_MODEL_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct civil;
struct zone;

/* YYYY-MM-DD and nothing more. */
bool stamp_date(const char *text, size_t n, struct civil *out);
/* YYYY-MM-DD, 'T' or a blank, HH:MM[:SS[.f...]]. Returns the bytes it took; 0: there is none. */
size_t stamp_wall(const char *text, size_t n, struct civil *out);
/* A wall clock followed by Z or an offset (+07:00, +0700, +07, +07:00:00, a blank before it allowed)
 * or, where zone is not NULL, by nothing. False too for a wall clock the zone skipped. */
bool stamp_instant(const char *text, size_t n, const struct zone *zone, int64_t *out);
/* The canonical datetime, and the same with 'T' and all six digits. */
#define STAMP_SIZE 32
size_t stamp_write(const struct civil *c, char out[STAMP_SIZE]);
size_t stamp_write_rfc(const struct civil *c, char out[STAMP_SIZE]);

#endif
