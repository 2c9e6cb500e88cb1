/* fault: what an error number of a server or its client library means here, and in which words.
 *
 * Pure. A server repeats parts of a statement, and values, in some of its messages, always in quotes; of
 * messages that are not known to name objects only, what stands between the first and the last quote is
 * left out.
 */
#ifndef TD_SOURCE_MYSQL_FAULT_H
#define TD_SOURCE_MYSQL_FAULT_H

#include "base/error.h"

struct buffer;

enum error_code fault_code(unsigned number, const char *text);
/* "Connection refused (2002)" */
void fault_text(struct buffer *out, unsigned number, const char *text);
/* What to do; NULL: nothing is known. */
const char *fault_hint(unsigned number, const char *text);

#endif
