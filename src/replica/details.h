/* details: what a source told of its server, in words for people.
 *
 *     struct detail_line lines[DETAIL_LINES];
 *     int n = detail_lines(source, &answer.base.freshness, zone, &arena, lines);
 *     for (...) show lines[i].label, lines[i].text, and .warn by a colour and by what the text says
 *
 * The names of the facts, and their units, are listed in tellerdesk(1): status. A source that tells none has no lines.
 */
#ifndef TD_REPLICA_DETAILS_H
#define TD_REPLICA_DETAILS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct freshness;
struct status_source;
struct zone;

#define DETAIL_LINES 8
/* An outage may last a long weekend: a log that is kept for less is worth a warning, in seconds. */
#define DETAIL_RETAIN_LEAST (3 * 24 * 3600)
/* So is a slot that has less than this part of its limit left: a quarter. */
#define DETAIL_LEFT_LEAST 4

struct detail_line {
	/* In the arena, or constant; English: a label is translated by _(), a text by language_sentence. */
	const char *label, *text;
	bool warn;
};

/* The text of a fact; NULL: not told. */
const char *detail_text(const struct status_source *s, const char *name);
/* Its number; `otherwise` where it was not told, or is none. */
int64_t detail_number(const struct status_source *s, const char *name, int64_t otherwise);
/* Fills at most DETAIL_LINES; returns how many. */
int detail_lines(const struct status_source *s, const struct freshness *f, const struct zone *zone, struct arena *a, struct detail_line *out);
/* A position in its two parts for people: where the log stands, without what the source needs to go on from there (slot, timeline,
 * prints of tables); and the set of transactions up to there (NULL: it has none). */
const char *detail_place(const char *position, struct arena *a);
const char *detail_gtids(const char *position);

#endif
