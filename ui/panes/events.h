/* events: a customer's versions as what happened, on one time line.
 *
 * A version begins with an event (it was registered, changed, moved in); one that
 * ended without a successor is an event of its own (deleted); a gap is one too.
 */
#ifndef TD_UI_PANES_EVENTS_H
#define TD_UI_PANES_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buffer;
struct gap;
struct history_answer;
struct model;
struct version;
struct zone;

enum event_kind { EVENT_BEGIN, EVENT_END, EVENT_GAP };

struct event {
	enum event_kind kind;
	int64_t at;
	const struct version *version; /* BEGIN, END */
	const struct gap *gap;         /* GAP */
};

/* Newest first; from the arena. */
size_t events_make(struct arena *a, const struct history_answer *h, const struct event **out);
/* "customer", "product 7710", "source bank". */
void event_subject(struct buffer *out, const struct model *m, const struct event *e);
/* "changed", "added", "first copied", "deleted", "gap". */
const char *event_word(const struct event *e);
/* "Status ACTIVE -> CLOSED, Opened ...": the changed columns, or what a new row holds first. */
void event_what(struct buffer *out, const struct model *m, const struct event *e, const struct zone *zone);
/* One changed column: old and new text. */
void event_change(struct buffer *was, struct buffer *is, const struct model *m, const struct event *e, int column,
		  const struct zone *zone);
/* Names the event across reloads. */
void event_key(struct buffer *out, const struct event *e);

#endif
