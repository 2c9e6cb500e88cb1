/* floating: the text of a binary floating-point number, the same whatever server it came from.
 *
 * The fewest digits it can be rounded to that give the number again. Servers differ in which digits they print (1e23 is
 * 9.999999999999999e+22 to one and 1e23 to another), and in how, so what they print is read and written anew.
 */
#ifndef TD_MODEL_FLOATING_H
#define TD_MODEL_FLOATING_H

#include <stdbool.h>
#include <stddef.h>

/* A whole text that is a finite number with a point, whatever the process's locale has; single: the nearest float. */
bool floating_parse(const char *text, size_t n, bool single, double *out);

/* Plain digits for exponents -5 to 20, else d.ddde+NN; zero has no sign. v is finite. Returns the length. */
#define FLOATING_TEXT 64
size_t floating_text(double v, bool single, char out[FLOATING_TEXT]);

/* Those digits of v (finite, not negative), d[.ddd] without the point, times 10 to the exponent. Returns how many. */
#define FLOATING_DIGITS 32
size_t floating_digits(double v, bool single, char digits[FLOATING_DIGITS], int *exponent);

#endif
