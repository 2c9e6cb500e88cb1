#include "config.h"

#include "ui/panes/datum.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "model/model.h"

void datum_value(struct grid_datum *out, struct buffer *text, const struct column *c, struct value v)
{
	*out = (struct grid_datum){0};
	buffer_clear(text);
	if (v.kind <= VALUE_NULL)
		return;
	value_print(text, c, v);
	bool misfit = value_misfit(c, v);
	bool number = !misfit && !c->identifier && (c->type == COLUMN_INTEGER || c->type == COLUMN_DECIMAL);
	out->kind = number ? GRID_NUMBER : GRID_TEXT;
	out->text = buffer_text(text);
	out->len = text->len;
	out->rank = number ? strtod(out->text, NULL) : 0;
	/* -5.00 is a number, not a formula: only what is text for the bank can be one. */
	out->ours = !(v.kind == VALUE_TEXT && (c->type == COLUMN_TEXT || misfit));
}

bool datum_cif_pii(const struct model *m)
{
	const struct entity *e = m ? &m->entities[m->customer] : NULL;
	return e && e->cif >= 0 && e->columns[e->cif].pii;
}

bool datum_name_pii(const struct model *m)
{
	const struct entity *e = m ? &m->entities[m->customer] : NULL;
	for (int i = 0; e && i < e->name_count; i++)
		if (e->columns[e->names[i]].pii)
			return true;
	return false;
}
