/* figures: numbers, dates and amounts as the reader's locale writes them.
 *
 * On the screen alone: what programs read is written by other means and never changes.
 * Dates keep four digits for the year and two for day and month, in the locale's order, so that
 * every date is 10 cells wide, a minute 16 and a second 19, whatever the language.
 * In the locale C, with FIGURES_ISO, or where the locale writes months as words, counts by eras
 * or mixes separators, dates are 2026-11-20. The clock has 24 hours.
 *
 *     figures_start(FIGURES_LOCALE, term_ascii());      once, before the first screen
 *     draw_format(..., "%s of %s", figures_count(200, a), figures_count(1834, b));
 */
#ifndef TD_UI_KIT_FIGURES_H
#define TD_UI_KIT_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct zone;

enum figures_dates { FIGURES_LOCALE, FIGURES_ISO };
enum { FIGURES_SIZE = 64, FIGURES_DATE = 10, FIGURES_MINUTE = 16, FIGURES_SECOND = 19 /* cells */ };

/* Reads LC_NUMERIC, LC_TIME and LC_MONETARY of the environment, and leaves the program's own locale alone; before it,
 * figures are those of C. ascii: a separator that is no ASCII becomes a blank or an apostrophe. */
void figures_start(enum figures_dates dates, bool ascii);

/* 1,834 */
const char *figures_count(int64_t n, char out[FIGURES_SIZE]);
/* 12.5, with as many places: a number that was computed, not one of the bank's. */
const char *figures_real(double x, int places, char out[FIGURES_SIZE]);
/* In zone; "" for TIME_NONE and TIME_OPEN. */
const char *figures_date(int64_t at, const struct zone *zone, char out[FIGURES_SIZE]);
const char *figures_minute(int64_t at, const struct zone *zone, char out[FIGURES_SIZE]);
const char *figures_second(int64_t at, const struct zone *zone, char out[FIGURES_SIZE]);
/* "2026-11-20", and whatever follows it ("T09:30:00"), as the bank holds it: n bytes. Appended; what is no date, as it is. */
void figures_date_text(struct buffer *out, const char *s, size_t n);
/* An exact decimal ("-1250.50") with the grouping and point of amounts, no digit changed; n bytes. Appended; what is no
 * decimal, as it is. In the locale C it stands as the bank holds it. */
void figures_decimal_text(struct buffer *out, const char *s, size_t n);

#endif
