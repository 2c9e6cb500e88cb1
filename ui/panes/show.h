/* show: values and rows as people read them on a screen. Unknown, NULL and empty look different. */
#ifndef TD_UI_PANES_SHOW_H
#define TD_UI_PANES_SHOW_H

#include "model/value.h"
#include "ui/kit/draw.h"

struct buffer;
struct column;
struct entity;
struct zone;

/* Titles of the model, in the reader's language where the model is one of those shipped; else as the bank wrote them. */
const char *show_title(const struct column *c);
const char *show_entity(const struct entity *e);
/* Appends the value, not cleaned (draw does that), and returns the role it is drawn with. */
enum role show_value(struct buffer *out, const struct column *c, struct value v, const struct zone *zone);
/* The same with the fraction of a second that a moment has: where values are compared, or shown whole. */
enum role show_exact(struct buffer *out, const struct column *c, struct value v, const struct zone *zone);

/* "3 more lines below": what of a list does not stand on the screen, so that nothing is cut silently. */
void show_more(int y, int x, int w, int above, int below);

#endif
