/* record: a row as a record, a label and a value a field.
 *
 *     record_make(&r, &arena, &request)           from a row, or record_add field by field
 *     record_draw(&r, &view, area)                in two columns where whole labels fit, else in one
 *
 * A value takes as many lines as it needs; in two columns it is cut with an ellipsis where the whole
 * values would not fit the area. What does not fit even so is told ("3 more below") and scrolled to by
 * the selected field.
 * For who listens a field reads "Label: value (what is said of it)", one column whatever the width.
 */
#ifndef TD_UI_PANES_RECORD_H
#define TD_UI_PANES_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "model/value.h"
#include "ui/kit/draw.h"

struct entity;
struct zone;

/* What is said of a field: by a sign behind it, or in words. */
enum record_sign {
	RECORD_PLAIN,
	RECORD_RECENT,  /* '*' changed in the last 30 days */
	RECORD_FRESH,   /* '!' changed while it was looked at */
	RECORD_DIFFERS, /* '#' today it is another */
};

struct record_field {
	const char *label;
	const char *text;
	size_t len;
	enum role role;
	enum record_sign sign;
	const char *today; /* DIFFERS: what it is now; NULL: not told */
	size_t today_len;
	int column;
};

struct record {
	struct record_field *fields;
	int count;
	int label; /* cells of the widest label */
};

struct record_request {
	const struct entity *entity;
	const struct value *values;
	const struct value *today; /* the row as it is now, to compare with; NULL: not */
	const struct zone *zone;
	bool exact;                    /* with the fractions of seconds */
	int skip;                      /* a column not to show; -1: none */
	const enum record_sign *signs; /* by column, or NULL */
};

struct record_view {
	bool one;     /* one column */
	bool words;   /* for who listens */
	int selected; /* a field; -1: none */
	int top;      /* lines scrolled by */
	/* As of the last paint: */
	int total;         /* lines of the whole record */
	int height, width; /* of what is seen */
	int y, x;          /* of the selected field; y -1: nowhere */
	bool whole;        /* no value had to be cut for want of lines */
	bool cut;          /* a value ended with an ellipsis */
};

/* Fills *r from the arena; hidden columns and those the bank does not have are left out. */
void record_make(struct record *r, struct arena *a, const struct record_request *q);
void record_draw(const struct record *r, struct record_view *v, struct area area);
/* Moves by so many lines, within a field first, so that every line of a long value can be seen. Returns the field
 * that is selected then; -1: there is nothing to scroll there, the selection itself has to move. */
int record_move(const struct record *r, struct record_view *v, int lines);
/* Lines the record takes at this width, its values whole. */
int record_lines(const struct record *r, const struct record_view *v, int width);
/* ' ', '*', '!', '#' */
char record_sign(enum record_sign s);

#endif
