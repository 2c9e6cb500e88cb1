/* screen: the screens there are, which of them is seen, and the frame every one of them stands in.
 *
 *     row 0          where we are, who, the clock, the age of the data
 *     row 1          the CIF field (or the pane's own line while nothing is typed), "5 of 214"
 *     row 2          a rule
 *     rows 3 to h-3  the pane
 *     row h-2        messages and questions; above a question what it offers, or what was wrong with the answer
 *     row h-1        the keys
 */
#ifndef TD_UI_SCREEN_H
#define TD_UI_SCREEN_H

struct pane;
struct pane_ops;
struct prompt;
struct session;

enum { SCREEN_MOST = 8 };

/* One pane of each kind, made when it is first shown, kept until the end: it is the trail that knows the way. */
struct screens {
	struct pane *list[SCREEN_MOST];
	int count;
	struct pane *top; /* the one that is seen */
};

struct pane *screens_top(const struct screens *s);
/* Puts the pane of these ops on top; it is not started yet. */
struct pane *screens_show(struct screens *s, struct session *session, const struct pane_ops *ops);
/* All are forgotten: the replica they read is another now. */
void screens_done(struct screens *s);

/* Paints everything, as of session->now; the cursor is on the focus afterwards. */
void screen_draw(const struct screens *s, const struct session *session, const struct prompt *prompt);

#endif
