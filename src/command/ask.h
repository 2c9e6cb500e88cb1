/* ask: what every command that puts a question to the replica has in common:
 * the open replica, how the answer is written, how old it may be.
 *
 *     struct ask a;
 *     if (!ask_open(&a, settings, &err))
 *             return error_report(&err);
 *     ... query_*(a.query, ...), then print by a.format ...
 *     int status = ask_finish(&a, &answer.base.freshness, found ? 0 : 1);
 *     ask_close(&a);
 *
 * Data goes to stdout through answer_json, answer_csv and answer_text, narration to stderr.
 * Texts of times and durations are checked before the replica is opened
 * (ask_check_moment), so that a wrong use is told as such whatever state the replica is in.
 */
#ifndef TD_COMMAND_ASK_H
#define TD_COMMAND_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/moment.h"

struct buffer;
struct entity;
struct error;
struct freshness;
struct model;
struct query;
struct settings;
struct zone;

enum ask_format { ASK_TEXT, ASK_JSON, ASK_CSV };

struct ask {
	const struct settings *settings;
	struct query *query;
	const struct model *model; /* the replica's */
	const struct zone *zone;   /* --zone, else the model's */
	enum ask_format format;
	bool ascii;  /* no character beyond ASCII in text */
	bool guard;  /* CSV: formulas are made text */
	int64_t now; /* when the command started */
};

/* The format asked for. */
enum ask_format ask_format(const struct settings *s);
/* True when text may only be ASCII: asked for, or a terminal that knows no UTF-8. */
bool ask_ascii(const struct settings *s);
/* --zone, else fallback; NULL: err. */
const struct zone *ask_zone(const struct settings *s, const struct zone *fallback, struct error *err);
/* Where the replica lies; the caller frees it. NULL: err. */
char *ask_replica_path(const struct settings *s, struct error *err);
/* The folder of the replica's state: spilled transactions, logs. The caller frees it. */
char *ask_state_folder(struct error *err);

bool ask_open(struct ask *a, const struct settings *s, struct error *err);
void ask_close(struct ask *a);

/* False, with err, when the option is given and cannot be a time in any zone. */
bool ask_check_moment(const struct settings *s, const char *option, struct error *err);
/* The time an option gives, TIME_NONE when it is not given. */
bool ask_moment(const struct ask *a, const char *option, enum moment_use use, int64_t *out, struct error *err);
/* A period ends after it begins; TIME_NONE is no bound. */
bool ask_check_range(int64_t from, int64_t to, struct error *err);
/* The entity --entity names, -1 when it is not given. */
bool ask_entity(const struct ask *a, int *entity, struct error *err);
/* A CIF no customer of this bank can have is a wrong use, not a customer that was not found. */
bool ask_check_cif(const struct ask *a, const char *cif, struct error *err);

/* How old the data is, a sentence for people. */
void ask_age(const struct ask *a, const struct freshness *f, struct buffer *out);
/* Prints it as a line of its own on stdout. */
void ask_print_age(const struct ask *a, const struct freshness *f);
/* The same for programs on stderr, where the format leaves no room for it. */
void ask_note_age(const struct ask *a, const struct freshness *f);

/* What is left to do when the answer is printed: says so when it is older than
 * --max-age, and when stdout did not take it. Returns the exit status. */
int ask_finish(const struct ask *a, const struct freshness *f, int status);
/* The last alone, for commands without an answer of that kind. */
int ask_flush(int status);

/* 2026-11-20 23:41:07 +07:00; TIME_NONE and TIME_OPEN: "-" */
const char *ask_second(int64_t at, const struct zone *zone, char out[MOMENT_SIZE]);

#endif
