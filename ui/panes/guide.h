/* guide: what a newcomer reads: on the first screen, and the five-minute tour of the demo.
 * The keys in it are those that are bound. */
#ifndef TD_UI_PANES_GUIDE_H
#define TD_UI_PANES_GUIDE_H

#include <stdbool.h>

struct lines;
struct session;

/* The first screen, while nothing was typed yet. */
void guide_welcome(struct lines *l, const struct session *s);
/* A search found nobody: what was looked at, and what to try. incomplete: somebody may still come. */
void guide_nobody(struct lines *l, const struct session *s, bool incomplete);
/* The tour, numbered. */
void guide_tour(struct lines *l, const struct session *s);

#endif
