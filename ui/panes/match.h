/* match: where in a name stands what was looked for. Pure. */
#ifndef TD_UI_PANES_MATCH_H
#define TD_UI_PANES_MATCH_H

struct grid_mark;

/* Each word of the name that begins, without regard to case and accents, as one of the words looked for does:
 * the bytes of that beginning, in order; at most `most`. Returns how many. */
int match_marks(const char *name, const char *looked_for, struct grid_mark *marks, int most);

#endif
