/* screen: the stack of screens, and the frame every one of them stands in.
 *
 *     row 0          where we are, who, the clock, the age of the data
 *     row 1          the CIF field (or the pane's own line while nothing is typed), "5 of 214"
 *     row 2          a rule
 *     rows 3 to h-3  the pane
 *     row h-2        messages and questions
 *     row h-1        the keys
 */
#ifndef TD_UI_SCREEN_H
#define TD_UI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

struct pane;
struct pane_ops;
struct prompt;
struct session;

enum { SCREEN_MOST = 8, SCREEN_ROWS = 16, SCREEN_COLUMNS = 60 };

/* Each pane stands on it once at most, home at the bottom. */
struct screens {
	struct pane *list[SCREEN_MOST];
	int count;
};

struct pane *screens_top(const struct screens *s);
/* Goes back to the pane of these ops if it is on the stack, else puts a new one on top; then starts it. */
struct pane *screens_open(struct screens *s, struct session *session, const struct pane_ops *ops, const char *argument);
/* False: only home is left. */
bool screens_back(struct screens *s);
void screens_done(struct screens *s);

/* Paints everything; the cursor is on the focus afterwards. now: our clock. */
void screen_draw(const struct screens *s, const struct session *session, const struct prompt *prompt, int64_t now);

#endif
