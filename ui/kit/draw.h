/* draw: the only way anything reaches the screen.
 *
 * Every text is data from somewhere, and data may hold anything: control bytes,
 * escape sequences, direction marks, broken UTF-8. What is drawn here is cleaned,
 * measured and placed cell by cell at cells of our own counting, so that no text
 * can move the cursor, leave its field or shift what stands beside it.
 *
 * Coordinates are row, then column, from 0. What lies outside the screen is cut.
 */
#ifndef TD_UI_KIT_DRAW_H
#define TD_UI_KIT_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/kit/keys.h"
#include "ui/kit/layout.h"
#include "ui/kit/theme.h"

/* ascii: nothing outside ASCII is drawn. roles: remember the role of each cell, for draw_role. */
void draw_start(bool ascii, bool roles);
void draw_stop(void);
bool draw_ascii(void);
/* Begins a frame: everything blank. */
void draw_erase(void);
/* The role a cell was drawn with in this frame, as its letter. */
char draw_role(int y, int x);

/* s, n bytes, in exactly w cells: padded, or cut with an ellipsis. */
void draw_text(int y, int x, int w, enum role role, const char *s, size_t n);
void draw_right(int y, int x, int w, enum role role, const char *s, size_t n);
/* The same from a format; as many cells as the text has, at most w. Returns them. */
int draw_format(int y, int x, int w, enum role role, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A text of `full` cells, of which those from `skip` on are seen, in w cells: for what scrolls sideways. */
struct draw_slice {
	int full, skip, w;
	bool right;
};
void draw_slice(int y, int x, const struct draw_slice *slice, enum role role, const char *s, size_t n);
/* Runs of one role whose text is our own (charts, rules), already measured. */
void draw_rule(int y, int x, int w, enum role role);
void draw_fill(int y, int x, int w, enum role role);
/* What a click on these cells means, until the next frame: an action; GO_TAB has the tab's digit with it. */
struct draw_link {
	enum action action;
	int digit;
};
void draw_link(int y, int x, int w, struct draw_link link);
/* The last one drawn there; its action is ACTION_NONE where nothing is. */
struct draw_link draw_link_at(int y, int x);
/* Cells a text takes once it is drawn: cleaned, and in ASCII where that is all there is. */
int draw_width(const char *s, size_t n);
/* The lines of a text as it is wrapped: each call takes one line of at most w cells off *s, *n;
 * breaks at line ends, and at blanks where it can. False: no more. */
bool draw_wrap(const char **s, size_t *n, int w, const char **line, size_t *length);

#endif
