/* resolve: a host's name, asked for without waiting longer than one likes.
 *
 * The client libraries look names up in a call that nothing can end. So it is done once before, by a
 * thread of its own, which is left alone when the wait is over; the library's own look-up then finds the
 * name's server awake.
 */
#ifndef TD_SOURCE_RESOLVE_H
#define TD_SOURCE_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

enum resolve_end { RESOLVE_KNOWN, RESOLVE_UNKNOWN, RESOLVE_STOPPED, RESOLVE_SILENT };

/* An address is known at once. *cause (of gai_strerror) is set with RESOLVE_UNKNOWN. deadline: clock_mono. */
enum resolve_end resolve_host(const char *host, int stop, int64_t deadline, const char **cause);

#endif
