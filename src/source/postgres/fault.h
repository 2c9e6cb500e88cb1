/* fault: what a server's SQLSTATE means here, and in which words.
 *
 * Pure. Codes are those of the PostgreSQL manual, "PostgreSQL Error Codes". Some messages repeat values, always between
 * double quotes; of those what stands there is left out.
 */
#ifndef TD_SOURCE_POSTGRES_FAULT_H
#define TD_SOURCE_POSTGRES_FAULT_H

#include "base/error.h"

struct buffer;

/* sqlstate: five characters, or "": the server said nothing, the connection broke or was never made. */
enum error_code postgres_fault_code(const char *sqlstate, const char *words);
/* "password authentication failed for user "teller" (28P01)", one line */
void postgres_fault_text(struct buffer *out, const char *sqlstate, const char *words);
/* What to do; NULL: nothing is known. */
const char *postgres_fault_hint(const char *sqlstate, const char *words);

#endif
