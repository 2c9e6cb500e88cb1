/* seen: which numbers of the change table were seen, and positions made of them.
 *
 * Numbers are drawn in one order and become visible in another, and some never do. So a place in the
 * table is no number but a set: what is missing in it is waited for.
 *
 *     struct seen s = {0};
 *     seen_add(&s, 1, 4711); seen_add(&s, 4713, 4720);
 *     seen_print(&s, at, &out)      change:4711+1x8@1764150000123456
 *     seen_done(&s)
 *
 * A position's text: "change:" and LOW, all numbers up to which were seen or will never be; then, after '+', pairs
 * GAPxRUN: so many missing, then so many seen. '@' and when the highest was written (microseconds since 1970), which tells a table
 * that was emptied, restored or made anew from the one we know; a person may leave it out. Numbers begin at 1.
 */
#ifndef TD_SOURCE_MYSQL_SEEN_H
#define TD_SOURCE_MYSQL_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;

struct seen_range { uint64_t from, to; }; /* both in it */

/* Ranges in order, apart by at least one number. Zeroed: empty. */
struct seen {
	struct seen_range *ranges;
	int count, cap;
};

void seen_done(struct seen *s);
void seen_clear(struct seen *s); /* keeps the memory */
void seen_copy(struct seen *to, const struct seen *from);
void seen_add(struct seen *s, uint64_t from, uint64_t to);
bool seen_has(const struct seen *s, uint64_t id);
/* Every number of b is in a. */
bool seen_contains(const struct seen *a, const struct seen *b);
uint64_t seen_low(const struct seen *s);  /* all up to it are in the set */
uint64_t seen_high(const struct seen *s); /* the highest; 0: none */
/* The holes below the highest. gap 0 to seen_gap_count - 1, in order. */
int seen_gap_count(const struct seen *s);
struct seen_range seen_gap(const struct seen *s, int gap);

/* at: TIME_NONE: not told. */
void seen_print(const struct seen *s, int64_t at, struct buffer *out);
/* False: the text is none. *s is emptied first. */
bool seen_parse(const char *text, struct seen *s, int64_t *at);
/* Whether a text begins as such a position does. */
bool seen_is_position(const char *text);
/* As source_ops.reached, of two texts. */
bool seen_reached(const char *a, const char *b);

#endif
