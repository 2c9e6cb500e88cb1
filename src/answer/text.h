/* answer_text: answers for people: aligned by what a terminal shows, every foreign
 * character cleaned on its way, times local with their offset.
 *
 *     struct sheet t;
 *     sheet_init(&t, ascii);
 *     sheet_column(&t, "CIF", SHEET_LEFT);
 *     sheet_column(&t, "Total", SHEET_RIGHT);
 *     for (...) { sheet_text(&t, cif); sheet_number(&t, total); }    cells row by row, all columns each
 *     sheet_print(&t, stdout, 2);
 *     sheet_done(&t);
 *
 * Unknown, NULL and empty look different: ? - "".
 */
#ifndef TD_ANSWER_TEXT_H
#define TD_ANSWER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "model/value.h"

struct column;
struct zone;

enum sheet_side { SHEET_LEFT, SHEET_RIGHT };

#define SHEET_COLUMNS 128

struct sheet_cell;
struct sheet {
	bool ascii;
	int column_count;
	struct {
		char *title;
		enum sheet_side side;
		size_t width;
	} columns[SHEET_COLUMNS];
	struct buffer text; /* the bytes of all cells */
	struct sheet_cell *cells;
	size_t count, room;
	bool headed; /* the head was printed: sheet_print goes on below it */
};

void sheet_init(struct sheet *t, bool ascii);
void sheet_done(struct sheet *t);
void sheet_column(struct sheet *t, const char *title, enum sheet_side side);
void sheet_text(struct sheet *t, const char *s); /* foreign text, cleaned; NULL: - */
void sheet_bytes(struct sheet *t, const char *s, size_t n);
void sheet_number(struct sheet *t, int64_t n); /* 1,834 */
size_t sheet_rows(const struct sheet *t);
/* Prints head and rows, then forgets the rows: what is added next continues the table. */
void sheet_print(struct sheet *t, FILE *out, size_t indent);

/* Appends a value for people: an instant in zone, a misfit with a sign. */
void answer_text_value(struct buffer *b, const struct column *c, struct value v, const struct zone *zone, bool ascii);
/* Appends foreign text, cleaned. */
void answer_text_add(struct buffer *b, const char *s, bool ascii);
/* 1,834 */
#define ANSWER_TEXT_NUMBER 32
const char *answer_text_number(int64_t n, char out[ANSWER_TEXT_NUMBER]);
/* Appends a bar for value of the largest most: up to width cells, eighths of a cell where
 * blocks may be used; never nothing for a value above 0. */
void answer_text_bar(struct buffer *b, int64_t value, int64_t most, size_t width, bool ascii);

#endif
