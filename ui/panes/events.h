/* events: a customer's versions as what happened, on one time line.
 *
 * A version begins with an event (it was added, changed, moved in); one that ended
 * and left nothing in its place is an event of its own (deleted, moved away); a gap
 * is one too. Where the answer does not reach back to the beginning, the last event
 * says that there are older ones.
 *
 *     struct events_request r = {.history = &answer, .from = TIME_NONE, .to = TIME_NONE, .entity = -1};
 *     n = events_make(&arena, &r, &events)
 *     event_word(e), event_what(&b, m, e, zone) ...
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

enum event_kind { EVENT_BEGIN, EVENT_END, EVENT_GAP, EVENT_OLDER };

struct event {
	enum event_kind kind;
	int64_t at;
	const struct version *version; /* BEGIN, END */
	const struct gap *gap;         /* GAP */
};

/* Columns by entity: those a filter names. */
struct event_fields {
	const bool *on; /* entity * width + column */
	int width;
};

struct events_request {
	const struct history_answer *history;
	const struct model *model;
	int64_t from, to; /* what happened in [from, to), TIME_NONE: open; and gaps that overlap it */
	int entity;       /* gaps of this one, and of all; -1: all. Versions are as the answer has them */
	const struct event_fields *fields; /* only what changed one of them; NULL: everything */
};

/* How an event is told. */
struct event_words {
	const struct model *model;
	const struct zone *zone;
	bool aloud;                      /* as it reads aloud: "Status: ACTIVE became CLOSED" */
	const struct event_fields *only; /* of what changed, only these; NULL: all of it */
};

/* Newest first; from the arena. */
size_t events_make(struct arena *a, const struct events_request *r, const struct event **out);
/* It tells of a change of the bank's, at the moment it happened: no gap, and not what the first copy found. */
bool event_news(const struct event *e);
/* There is a row before it to compare with. */
bool event_compares(const struct event *e);
/* The moment at which the customer is as the event left it; of a row that went, as it was last. TIME_NONE: none. */
int64_t event_moment(const struct event *e);

/* "changed", "added", "first copied", "deleted", "gap". */
const char *event_word(const struct event *e);
/* "customer", "product 7710", "all tables". */
void event_subject(struct buffer *out, const struct event_words *w, const struct event *e);
/* In a sentence: how it came about, and what is not known of it. */
void event_origin(struct buffer *out, const struct event_words *w, const struct event *e);
/* Of a gap: " (server accepted)", translated; else nothing. */
void event_reason(struct buffer *out, const struct event *e);
/* "Status ACTIVE -> CLOSED, Opened ...": the changed columns, or what a new row holds first. */
void event_what(struct buffer *out, const struct event_words *w, const struct event *e);
/* One changed column: old text, and new. */
void event_was(struct buffer *out, const struct event_words *w, const struct event *e, int column);
void event_is(struct buffer *out, const struct event_words *w, const struct event *e, int column);
/* "2026-11-20 16:41, product 7710, Status: ACTIVE became CLOSED"; column -1: the event as a whole. */
void event_sentence(struct buffer *out, const struct event_words *w, const struct event *e, int column);

/* For programs: words, names and values in no language. */
const char *event_word_plain(const struct event *e);
void event_what_plain(struct buffer *out, const struct model *m, const struct event *e);
/* Names the event across reloads. */
void event_key(struct buffer *out, const struct event *e);

#endif
