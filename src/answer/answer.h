/* answer: whole answers as programs read them, written alike by a command and by the console.
 *
 * The shapes are those tellerdesk(1) documents. What is written goes to `out`, whoever
 * owns it: stdout, or the file of an export. Nothing is said of a failure here: ask ferror.
 *
 *     answer_lookup_json(stdout, query, &lookup);
 *     answer_lookup_csv(file, query, &(struct answer_form){.guard = true, .last = "as_known", .last_value = when},
 * &lookup);
 */
#ifndef TD_ANSWER_ANSWER_H
#define TD_ANSWER_ANSWER_H

#include <stdio.h>

struct answer_form;
struct history_answer;
struct lookup_answer;
struct query;
struct search_answer;
struct status_answer;
struct stores_answer;

void answer_lookup_json(FILE *out, const struct query *q, const struct lookup_answer *l);
void answer_lookup_csv(FILE *out, const struct query *q, const struct answer_form *form, const struct lookup_answer *l);
void answer_history_json(FILE *out, const struct query *q, const struct history_answer *h);
void answer_history_csv(FILE *out, const struct query *q, const struct answer_form *form,
			const struct history_answer *h);
/* text: what was searched for. */
void answer_search_json(FILE *out, const struct query *q, const char *text, const struct search_answer *s);
void answer_search_csv(FILE *out, const struct answer_form *form, const struct search_answer *s);
void answer_stores_json(FILE *out, const struct query *q, const struct stores_answer *s);
void answer_stores_csv(FILE *out, const struct answer_form *form, const struct stores_answer *s);
/* The addresses of its sources are written as they are: the caller has taken passwords out of them. */
void answer_status_json(FILE *out, const struct query *q, const struct status_answer *s);
void answer_status_csv(FILE *out, const struct query *q, const struct answer_form *form, const struct status_answer *s);

#endif
