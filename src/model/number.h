/* number: canonical forms of integers and decimals given as text (value.h says what canonical is).
 *
 * Exact: digits are moved, never calculated with. Nothing is rounded. Text that
 * is canonical already is borrowed; else the arena gives the bytes.
 */
#ifndef TD_MODEL_NUMBER_H
#define TD_MODEL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct value;

/* [+-]digits. Outside int64 the value is text of plain digits. False: not an integer. */
bool number_integer(const char *text, size_t n, struct arena *arena, struct value *out);
/* [+-]digits[.digits][e[+-]digits], a digit on one side of the point at least. scale -1: as
 * many fraction digits as there are. False: not a decimal, more fraction digits than scale
 * that are not zero, or an exponent that would make the text over 1000 digits longer. */
bool number_decimal(const char *text, size_t n, int scale, struct arena *arena, struct value *out);
/* What number_integer gives as text, what number_decimal gives. */
bool number_integer_is_canonical(const char *text, size_t n);
bool number_decimal_is_canonical(const char *text, size_t n, int scale);

#endif
