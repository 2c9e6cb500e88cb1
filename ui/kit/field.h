/* field: one line of text being typed. UTF-8, bounded, always valid. */
#ifndef TD_UI_KIT_FIELD_H
#define TD_UI_KIT_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/kit/theme.h"

enum { FIELD_SIZE = 256 };

struct field {
	char text[FIELD_SIZE];
	size_t len, cursor; /* bytes */
	bool sent;          /* the text was sent: the next character typed begins a new one */
};

void field_set(struct field *f, const char *text, bool sent);
void field_clear(struct field *f);
/* A character, Backspace, Delete, Left, Right, Home or End; Ctrl-A: to the beginning; Ctrl-W: takes out the word
 * before the cursor. False: not a key of a field, or no room. */
bool field_key(struct field *f, int key);
/* Takes out what stands before the cursor, or behind it. */
void field_cut_before(struct field *f);
void field_cut_after(struct field *f);
/* Puts text in the place of what stands from byte `from` on to the cursor, as if it had been typed. */
void field_replace(struct field *f, size_t from, const char *text);
/* The first line of what was pasted, as far as there is room; what is not text is left out. */
void field_paste(struct field *f, const char *text, size_t n);
/* Draws w cells, filled up with underscores; *cursor is the cell of the cursor. */
void field_draw(const struct field *f, int y, int x, int w, int *cursor);

#endif
