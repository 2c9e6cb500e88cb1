/* age: how old the data is, in words, between two questions.
 *
 * A freshness is true at the moment it was asked. From then on the data only
 * grows older, which needs no question to know: the age is the age then plus the
 * time since, and a state that depends on the age follows it over its thresholds.
 */
#ifndef TD_UI_AGE_H
#define TD_UI_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/query.h"
#include "ui/kit/theme.h"

struct age {
	bool known;             /* there was an answer */
	struct freshness fresh; /* of the last answer; `incomplete` is not kept */
	int64_t asked;          /* our clock then */
	int64_t live, lag;      /* thresholds */
	int64_t away;           /* since when nothing that is asked can be fresh, whatever it answers; 0: it can */
};

/* now: for an answer that does not say when it was asked for. */
void age_set(struct age *a, const struct freshness *f, int64_t now);
int64_t age_of(const struct age *a, int64_t now); /* microseconds; TIME_NONE: unknown */
enum freshness_state age_state(const struct age *a, int64_t now);
/* "LIVE 2s", "OFFLINE since 13:20", "SNAPSHOT 41%"; "NO DATA" before the first answer. */
void age_words(const struct age *a, int64_t now, const struct zone *zone, char *out, size_t size);
enum role age_role(const struct age *a, int64_t now);
/* The state alone, for titles, where it is not live: " STALE"; else "". Lives until the next call. */
const char *age_mark(const struct age *a, int64_t now);
/* The source's clock now. */
int64_t age_source_now(const struct age *a, int64_t now);

#endif
