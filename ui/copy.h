/* copy: a cell, a field or a row to the terminal's clipboard; what the model calls pii never. */
#ifndef TD_UI_COPY_H
#define TD_UI_COPY_H

#include <stdbool.h>

struct pane;
struct session;

enum copy_what {
	COPY_CELL, /* the cell or field chosen; on a customer's own tab the CIF */
	COPY_ROW,  /* the whole row, its cells parted by TABs, without those that are pii */
};

/* Says what became of it. */
void copy_run(struct session *s, struct pane *p, enum copy_what what);

#endif
