/* out_json: answers as JSON, the shapes and values tellerdesk(1) documents.
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
 *     struct out_json j;
 *     out_json_begin(&j, stdout);
 *     out_json_member(&j, "cif", out_json_string(cif));
 *     out_json_array(&j, "versions");
 *     while (more) out_json_item(&j, item);
 *     out_json_array_end(&j);
 *     out_json_end(&j);
 *
 * Every json_t handed in is taken.
 */
#ifndef TD_COMMAND_OUT_JSON_H
#define TD_COMMAND_OUT_JSON_H

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
enum out_json_bytes { OUT_JSON_READABLE, OUT_JSON_EXACT };

json_t *out_json_string(const char *s); /* NULL: null */
json_t *out_json_text(const char *s, size_t n, enum out_json_bytes bytes);
json_t *out_json_integer(int64_t i); /* a string beyond 2^53-1 */
json_t *out_json_time(int64_t at);   /* TIME_NONE and TIME_OPEN: null */
json_t *out_json_value(const struct column *c, struct value v, enum out_json_bytes bytes);
/* An object of the columns the bank has, by their name in the bank. */
json_t *out_json_row(const struct query *q, int entity, const struct value *values, enum out_json_bytes bytes);
/* A key as the replica prints it: a string, or an array of strings when it is composite. */
json_t *out_json_key(const struct entity *e, const char *key, enum out_json_bytes bytes);
json_t *out_json_freshness(const struct model *m, const struct freshness *f);
json_t *out_json_gap(const struct gap *g);
/* {entity name: count} */
json_t *out_json_counts(const struct model *m, const int64_t *counts);

struct out_json {
	FILE *out;
	bool first; /* no member or item was written at this level yet */
};

void out_json_begin(struct out_json *j, FILE *out);
void out_json_member(struct out_json *j, const char *name, json_t *taken);
void out_json_array(struct out_json *j, const char *name);
void out_json_item(struct out_json *j, json_t *taken);
void out_json_array_end(struct out_json *j);
void out_json_end(struct out_json *j);
/* One value on a line of its own. */
void out_json_line(FILE *out, json_t *taken);

#endif
