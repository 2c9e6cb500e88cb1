/* datum: values as a grid's cells hold them for programs: canonical, in no language. */
#ifndef TD_UI_PANES_DATUM_H
#define TD_UI_PANES_DATUM_H

#include <stdbool.h>

#include "model/value.h"
#include "ui/kit/grid.h"

struct buffer;
struct column;
struct model;

/* What is printed for it lives in *text, which is cleared before. */
void datum_value(struct grid_datum *out, struct buffer *text, const struct column *c, struct value v);

/* The model may call the CIF personal, and some of the columns that make a customer's name. */
bool datum_cif_pii(const struct model *m);
bool datum_name_pii(const struct model *m);

#endif
