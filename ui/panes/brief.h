/* brief: a customer in a few lines, beside a list of customers. */
#ifndef TD_UI_PANES_BRIEF_H
#define TD_UI_PANES_BRIEF_H

#include <stdbool.h>

#include "ui/kit/lines.h"

struct error;
struct session;

struct brief {
	char *cif; /* whose it is; NULL: nobody's */
	struct lines lines;
};

/* Reads it, now. NULL: nobody. */
bool brief_load(struct brief *b, struct session *s, const char *cif, struct error *err);
void brief_draw(struct brief *b, struct area area);
void brief_done(struct brief *b);

#endif
