/* paper: what a sheet of paper is made of: lines of bounded width, parted into pages, and tables whose
 * cells wrap until they fit.
 */
#ifndef TD_UI_PAPER_H
#define TD_UI_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buffer.h"

/* ---- lines ---- */

struct paper_line;
struct paper {
	bool ascii;
	struct buffer line; /* being written; paper_end appends it */
	struct buffer text; /* of all lines */
	struct paper_line *list;
	int count, room;
	int kept;    /* the next lines belong together with the one after them */
	int pages;   /* after paper_pages */
	int printed; /* lines, by pages */
	int heading; /* the line above a table's rows, from 1, while they are written; 0: none */
};

void paper_init(struct paper *l, bool ascii);
void paper_done(struct paper *l);
void paper_end(struct paper *l);
/* Cleaned and wrapped at `width` cells behind what stands on the line; further lines begin at cell `from`. Ends the
 * line. */
void paper_text(struct paper *l, size_t from, size_t width, const char *s, size_t n);
void paper_say(struct paper *l, const char *text);
/* The next `count` lines are not parted by the end of a page. */
void paper_keep(struct paper *l, int count);
/* Parts them into pages of at most so many lines. */
void paper_pages(struct paper *l, int lines);
/* Prints a page, from 1; one after the other. A table that goes on there has its heading again. */
void paper_page(struct paper *l, int page, FILE *out);
/* Prints all lines, which are then forgotten. */
void paper_print(struct paper *l, FILE *out);

/* ---- tables ---- */

enum { PAPER_COLUMNS = 32 };

struct paper_cell;
struct paper_table {
	size_t indent, width;
	int columns;
	struct {
		bool right;
		size_t widest, width;
	} column[PAPER_COLUMNS];
	struct buffer text;
	struct paper_cell *cells; /* row by row */
	size_t count, room;
};

/* width: of the paper. */
void paper_table_init(struct paper_table *g, size_t indent, size_t width);
void paper_table_done(struct paper_table *g);
void paper_table_column(struct paper_table *g, bool right);
/* The cells of a row, then those of the next; the first row are the headings. */
void paper_table_cell(struct paper_table *g, const char *s, size_t n, bool ascii);
/* False: there are too many columns for this width, and nothing was written. */
bool paper_table_write(struct paper_table *g, struct paper *l);

#endif
