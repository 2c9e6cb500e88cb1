/* out_csv: answers as RFC 4180, a header always, rows ended by CRLF.
 *
 * NULL is nothing, empty text "". Bytes pass as the bank holds them. With guard
 * set, cells of text (never numbers or dates) that a spreadsheet would take for
 * a formula are written as text.
 */
#ifndef TD_COMMAND_OUT_CSV_H
#define TD_COMMAND_OUT_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "model/value.h"

struct column;

struct out_csv {
	FILE *out;
	bool guard;
	bool begun; /* the current row has a cell */
	struct buffer line;
};

/* names: the header, separated by commas; NULL: the caller writes it as a row of words. */
void out_csv_begin(struct out_csv *c, FILE *out, bool guard, const char *names);
void out_csv_text(struct out_csv *c, const char *s); /* foreign text; NULL: nothing */
void out_csv_word(struct out_csv *c, const char *s); /* our own word or number; NULL: nothing */
void out_csv_number(struct out_csv *c, int64_t i);
void out_csv_time(struct out_csv *c, int64_t at); /* TIME_NONE and TIME_OPEN: nothing */
void out_csv_value(struct out_csv *c, const struct column *column, struct value v);
void out_csv_row(struct out_csv *c); /* ends the row */
void out_csv_done(struct out_csv *c);

#endif
