/* report: what preflight finds, told one by one; for every source that speaks SQL.
 *
 *     struct report r = {.found = found, .ctx = ctx};
 *     report_init(&r)
 *     report_tell(&r, true, object, fix, "it is %s: ...", value)     refuses; false: a warning
 *     report_done(&r)
 *
 * Object and fix must live until report_done: report_text and report_format keep texts as long. A fix is a statement to be run, or a
 * sentence; the program runs none of them.
 *
 * report_require collects instead: the first finding that refuses becomes an error (ERROR_REFUSED, its fix the hint, with the number of others).
 */
#ifndef TD_SOURCE_SQL_REPORT_H
#define TD_SOURCE_SQL_REPORT_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/memory.h"

struct error;
struct source_finding;

struct report {
	void (*found)(void *ctx, const struct source_finding *f);
	void *ctx;
	struct arena arena;
};

void report_init(struct report *r); /* found and ctx are kept */
void report_done(struct report *r);
void report_tell(struct report *r, bool refuses, const char *object, const char *fix, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
const char *report_format(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *report_text(struct report *r, const char *text);

struct report_required {
	const char *server;   /* as messages name it */
	struct error *first;
	int refused;
};
/* For struct report's found, with a struct report_required as its ctx. */
void report_require(void *ctx, const struct source_finding *f);
/* Once all was told: true if nothing refuses, else err. */
bool report_required(const struct report_required *r, struct error *err);

#endif
