/* error: what went wrong in the outside world, in words for a person.
 *
 * A function that can fail for an outside reason returns false (or NULL) and
 * fills a struct error the caller owns:
 *
 *     struct error err = {0};
 *     if (!replica_open(&r, path, &err))
 *             return error_report(&err);
 *
 * A message begins "could not ...", lower case, quotes the object, ends with
 * the cause, no full stop. The hint says what to do. The code is the exit
 * status of the command that fails so; values from 64 on are for callers
 * inside the program and are mapped by error_exit.
 *
 * Message and hint are English, as they go into logs, replicas and JSON. Who shows
 * them to a person has them translated: error_report does, others call
 * language_sentence (base/language.h). Formats need no mark; a cause given as a
 * literal does: N_("it is cut off").
 */
#ifndef TD_BASE_ERROR_H
#define TD_BASE_ERROR_H

#include <stdbool.h>

enum error_code {
	ERROR_NONE = 0,
	ERROR_NOT_FOUND = 1,
	ERROR_USAGE = 2,       /* command line, configuration, model */
	ERROR_PERMISSION = 3,
	ERROR_STALE = 4,       /* older than --max-age, or a wait that ran out */
	ERROR_REPLICA = 5,     /* missing, damaged, foreign, newer, held by another */
	ERROR_UNREACHABLE = 6, /* the source */
	ERROR_INTERRUPTED = 7,
	ERROR_REFUSED = 8,     /* a person must decide */
	ERROR_PURGED = 64,     /* the source's log no longer reaches back to our position: resync (exit 8) */
	ERROR_FULL = 65,       /* disk full: pause and try again (exit 5) */
	ERROR_FOREIGN = 67,    /* the source is not the one we know, or its log is another: only a person may take it for the same (exit 8) */
	ERROR_CANCELLED = 66,  /* a query was interrupted by its caller (exit 7) */
};

struct error {
	enum error_code code;
	char message[1024];
	char hint[1024]; /* empty: none */
};

/* Both return false, so that `return error_set(...)` reads well. A NULL err is allowed. */
bool error_set(struct error *err, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_clear(struct error *err);
/* The exit status for err. */
int error_exit(const struct error *err);
/* Prints "tellerdesk: <message>" and, where there is one, "hint: <hint>" on stderr, in the reader's language, control characters made visible. Returns error_exit. */
int error_report(const struct error *err);

#endif
