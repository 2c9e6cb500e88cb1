/* script: SQL text, a statement at a time.
 *
 *     const char *at = text;
 *     while (script_next(&at, &statement)) run it
 *
 * Statements end with ';' outside of quotes and comments. Comments of lines (--, #) and of the C kind are left out, and
 * so is what is empty. Quotes are '...', "..." and `...`; doubled, or after a backslash in the first two, they do not end.
 * No DELIMITER: none of our scripts has one.
 */
#ifndef TD_GENERATE_SCRIPT_H
#define TD_GENERATE_SCRIPT_H

#include <stdbool.h>

struct buffer;

/* Replaces what stands in the buffer. */
bool script_next(const char **at, struct buffer *statement);

#endif
