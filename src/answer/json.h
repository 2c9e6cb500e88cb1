/* answer_json: answers as JSON, the shapes and values tellerdesk(1) documents.
 *
 * Values: key, CIF, via and store columns are strings; other integers are
 * numbers up to 2^53-1 in magnitude and strings above; decimals are strings;
 * instants RFC 3339 UTC with microseconds; bytes base64; NULL null. A column
 * the bank lacks is absent. Text is what the bank holds, each invalid byte as
 * U+FFFD; characters that could steer a terminal are written as \u escapes,
 * which a reader takes for the same text.
 *
 * A long answer is never held whole: a stream writes members and items as they come.
 *
 *     struct answer_json j;
 *     answer_json_begin(&j, stdout);
 *     answer_json_member(&j, "cif", answer_json_string(cif));
 *     answer_json_array(&j, "versions");
 *     while (more) answer_json_item(&j, item);
 *     answer_json_array_end(&j);
 *     answer_json_end(&j);
 *
 * Every json_t handed in is taken.
 */
#ifndef TD_ANSWER_JSON_H
#define TD_ANSWER_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "model/value.h"

struct column;
struct entity;
struct freshness;
struct gap;
struct model;
struct query;

/* How bytes that are no UTF-8 are written: as U+FFFD, or so that nothing is lost, as {"$bytes": base64}. */
enum answer_json_bytes { ANSWER_JSON_READABLE, ANSWER_JSON_EXACT };

json_t *answer_json_string(const char *s); /* NULL: null */
json_t *answer_json_text(const char *s, size_t n, enum answer_json_bytes bytes);
json_t *answer_json_integer(int64_t i); /* a string beyond 2^53-1 */
json_t *answer_json_time(int64_t at);   /* TIME_NONE and TIME_OPEN: null */
json_t *answer_json_value(const struct column *c, struct value v, enum answer_json_bytes bytes);
/* An object of the columns the bank has, by their name in the bank. */
json_t *answer_json_row(const struct query *q, int entity, const struct value *values, enum answer_json_bytes bytes);
/* A key as the replica prints it: a string, or an array of strings when it is composite. */
json_t *answer_json_key(const struct entity *e, const char *key, enum answer_json_bytes bytes);
json_t *answer_json_freshness(const struct model *m, const struct freshness *f);
json_t *answer_json_gap(const struct gap *g);
/* {entity name: count} */
json_t *answer_json_counts(const struct model *m, const int64_t *counts);

struct answer_json {
	FILE *out;
	bool first; /* no member or item was written at this level yet */
};

void answer_json_begin(struct answer_json *j, FILE *out);
void answer_json_member(struct answer_json *j, const char *name, json_t *taken);
void answer_json_array(struct answer_json *j, const char *name);
void answer_json_item(struct answer_json *j, json_t *taken);
void answer_json_array_end(struct answer_json *j);
void answer_json_end(struct answer_json *j);
/* One value on a line of its own. */
void answer_json_line(FILE *out, json_t *taken);

#endif
