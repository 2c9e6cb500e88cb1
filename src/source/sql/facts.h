/* facts: what a source tells of its server for status (source_ops.describe): one JSON object of texts and integers.
 *
 *     json_t *o = json_object();
 *     facts_text(o, "server", "PostgreSQL 15.18");
 *     facts_number(o, "behind_bytes", 12);
 *     facts_end(o, clock_now() + offset, out);
 *
 * tellerdesk.1 lists their names and units. What is not known is left out.
 */
#ifndef TD_SOURCE_SQL_FACTS_H
#define TD_SOURCE_SQL_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;

/* NULL, or empty: nothing. */
void facts_text(json_t *o, const char *name, const char *value);
void facts_number(json_t *o, const char *name, int64_t value);
/* How the connection is secured. cipher: "" without TLS. */
void facts_way(json_t *o, bool socket, const char *cipher);
/* Adds when they were asked for, by the server's clock, appends the text, and frees o. */
void facts_end(json_t *o, int64_t at, struct buffer *out);
/* Whether a question failed because nobody is there to answer; else, a missing privilege say, only its facts are left out. */
bool facts_nobody(const struct error *err);

#endif
