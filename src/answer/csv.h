/* answer_csv: answers as RFC 4180, a header always, rows ended by CRLF.
 *
 * NULL is nothing, empty text "". Bytes pass as the bank holds them. With guard
 * set, cells of text (never numbers or dates) that a spreadsheet would take for
 * a formula are written as text.
 */
#ifndef TD_ANSWER_CSV_H
#define TD_ANSWER_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "model/value.h"

struct column;

/* How the rows are written: */
struct answer_form {
	bool guard;
	const char *last, *last_value; /* a column behind all others, NULL: none; what stands there, NULL: nothing */
};

struct answer_csv {
	FILE *out;
	struct answer_form form;
	bool begun; /* the current row has a cell */
	struct buffer line;
};

/* names: the header, separated by commas; NULL: the caller writes it as a row of words, ended by
 * answer_csv_head. What form points to outlives the rows. */
void answer_csv_begin(struct answer_csv *c, FILE *out, const struct answer_form *form, const char *names);
void answer_csv_text(struct answer_csv *c, const char *s); /* foreign text; NULL: nothing */
void answer_csv_word(struct answer_csv *c, const char *s); /* our own word or number; NULL: nothing */
/* n bytes, foreign or ours; s NULL: nothing. */
void answer_csv_bytes(struct answer_csv *c, const char *s, size_t n, bool foreign);
void answer_csv_number(struct answer_csv *c, int64_t i);
void answer_csv_time(struct answer_csv *c, int64_t at); /* TIME_NONE and TIME_OPEN: nothing */
void answer_csv_value(struct answer_csv *c, const struct column *column, struct value v);
void answer_csv_head(struct answer_csv *c); /* ends the row of names */
void answer_csv_row(struct answer_csv *c);  /* ends the row */
void answer_csv_done(struct answer_csv *c);

#endif
