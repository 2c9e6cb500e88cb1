/* show: values and rows as people read them on a screen. Unknown, NULL and empty look different. */
#ifndef TD_UI_PANES_SHOW_H
#define TD_UI_PANES_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "model/value.h"
#include "ui/kit/draw.h"

struct buffer;
struct column;
struct entity;
struct zone;

/* Appends the value, not cleaned (draw does that), and returns the role it is drawn with. */
enum role show_value(struct buffer *out, const struct column *c, struct value v, const struct zone *zone);
/* 2026-11-20 16:41 in zone, into the arena; "" for TIME_NONE. */
const char *show_time(struct arena *a, int64_t at, const struct zone *zone);
/* 1,834 */
const char *show_count(struct arena *a, int64_t n);

/* ---- a row as a record: a label and a value a line ---- */

struct record_field {
	const char *label;
	const char *text;
	size_t len;
	enum role role;
	char mark; /* drawn behind the value; 0: none */
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
	const struct zone *zone;
	int skip;           /* a column not to show; -1: none */
	const bool *marked; /* by column, or NULL */
	char mark;
	const bool *only; /* by column: show these alone; NULL: all */
};
/* Fills *r from the arena; hidden columns are left out. */
void record_make(struct record *r, struct arena *a, const struct record_request *q);
/* Paints the fields from line `top` on, in one column with long values wrapped, or in two with them cut.
 * Returns the lines the whole record takes. */
int record_draw(const struct record *r, struct area area, int columns, int top);

#endif
