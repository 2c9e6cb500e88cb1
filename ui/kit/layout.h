/* layout: where the parts of a screen stand at each size. One table, no screen in it.
 *
 * A pane names its parts in the order of their importance: the first is always there, the others
 * as the size allows. A part that has no room has height 0: what it holds is then reached by a key.
 *
 *     struct layout l;
 *     layout_make(LAYOUT_CUSTOMER, area, accessible, &l);
 *     record_draw(..., l.part[0], ...);
 *     if (l.part[1].h)
 *             customer_changes(..., l.part[1]);
 *
 * Sizes, of the whole window: 60x16 (the least), 80x24 (the contract), 120x40, 160 columns and more.
 */
#ifndef TD_UI_KIT_LAYOUT_H
#define TD_UI_KIT_LAYOUT_H

#include <stdbool.h>

struct area {
	int y, x, h, w;
};

enum { LAYOUT_LEAST_ROWS = 16, LAYOUT_LEAST_COLUMNS = 60, LAYOUT_PARTS = 3 };

/* What lays its parts out. */
enum layout_screen {
	LAYOUT_FIND,     /* the list; the selected customer in brief */
	LAYOUT_CUSTOMER, /* the record; the last changes; what is held */
	LAYOUT_DETAIL,   /* the rows; the selected one as a record */
	LAYOUT_HISTORY,  /* the versions; the difference; the record as it was then */
	LAYOUT_STORES,   /* the stores; the chart of all; the store that is selected */
	LAYOUT_LAG,      /* the source; gaps, rejects and anomalies */
	LAYOUT_SCREENS
};

/* How the parts stand: */
enum layout_form {
	FORM_ONE,            /* the first alone */
	FORM_STACKED,        /* the second below the first */
	FORM_BESIDE,         /* the second right of the first */
	FORM_THREE,          /* three columns, in order */
	FORM_BESIDE_STACKED, /* the third on the left, the first above the second on the right */
	FORM_BESIDE_LOWER    /* the first on the left, the second above the third on the right */
};

struct layout {
	enum layout_form form;
	struct area part[LAYOUT_PARTS];
};

/* area: of the pane, within a window. accessible: the first part alone over the whole width, whatever
 * the size, the second below it where it is high enough. */
void layout_make(enum layout_screen screen, struct area area, bool accessible, struct layout *out);
/* Where two parts stand one above the other: gives the lower one `rows` rows (and a blank one above it),
 * the upper what is left. 0 takes the lower one away; elsewhere nothing happens. */
void layout_lower(struct layout *l, int rows);

#endif
