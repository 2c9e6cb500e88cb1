/* What the parts of the grid share: grid (rows), grid_sort (their order), grid_paint, grid_record. */
#ifndef TD_UI_KIT_GRID_INTERNAL_H
#define TD_UI_KIT_GRID_INTERNAL_H

#include "ui/kit/grid.h"

/* Orders g->order[0 .. g->count - 1] by the column g->sort. */
void grid_order(struct grid *g);
/* The next column to sort by, around; in the owner's order after the last. */
void grid_order_next(struct grid *g);
void grid_record_draw(struct grid *g, struct area area);
void grid_record_open(struct grid *g, bool open);
/* The column has something to say in a record. */
bool grid_record_field(const struct grid *g, int column, struct grid_column *out);
/* Scrolls by cells, or chooses a column. */
void grid_side(struct grid *g, int cells);
void grid_choose(struct grid *g, int step);

#endif
