/* trail: where the reader has been. Places in the order they were seen; back and forward on it.
 *
 *     trail_go(&t, "CIF", "1392", TIME_NONE)     another place: what lay ahead is forgotten
 *     trail_keep(&t, cif, as_of, mark)           what the place we are at is like, before it is left
 *     p = trail_back(&t); p = trail_forward(&t)  NULL: there is none; else we are there
 *     trail_done(&t)
 *
 * Pure: it knows neither panes nor the screen. It lives in memory alone, since it holds CIFs.
 */
#ifndef TD_UI_TRAIL_H
#define TD_UI_TRAIL_H

#include <stdint.h>

enum { TRAIL_MOST = 100 /* places; of more, the oldest are forgotten */ };

struct place {
	const char *code; /* of the screen; static */
	char *cif;        /* whose it is, or NULL */
	int64_t as_of;    /* TIME_NONE: now */
	char *mark;       /* what brings the reader back to the very spot; "" at first */
};

struct trail {
	struct place list[TRAIL_MOST];
	int count, at; /* at: the place we are at */
};

/* The very place we are at is not put on the trail once more, nor the other screen of the same customer that we came
 * from just now: they are taken again. A screen of no customer with a mark is a place of its own: a search, a page. */
void trail_go(struct trail *t, const char *code, const char *cif, int64_t as_of);
void trail_keep(struct trail *t, const char *cif, int64_t as_of, const char *mark);
/* NULL: nowhere yet. Places live until the trail changes. */
const struct place *trail_here(const struct trail *t);
const struct place *trail_back(struct trail *t);
const struct place *trail_forward(struct trail *t);
void trail_done(struct trail *t);

#endif
