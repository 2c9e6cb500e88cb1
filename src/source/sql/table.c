#include "config.h"

#include "source/sql/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/memory.h"
#include "model/model.h"
#include "source/sql/report.h"

/* ---- columns ---- */

void sql_table_init(struct sql_table *t, const struct entity *e, struct arena *a)
{
	*t = (struct sql_table){.rows = -1, .row_bytes = -1};
	t->place = arena_alloc(a, sizeof *t->place * (size_t)e->column_count);
	for (int i = 0; i < e->column_count; i++)
		t->place[i] = -1;
}

void sql_present_init(struct sql_present *p, const struct model *m)
{
	p->entity_count = m->entity_count;
	p->columns = memory_zero((size_t)m->entity_count, sizeof *p->columns);
}

void sql_present_done(struct sql_present *p)
{
	for (int i = 0; i < p->entity_count; i++)
		free(p->columns[i]);
	free(p->columns);
	*p = (struct sql_present){0};
}

void sql_present_columns(struct sql_present *p, const struct model *m, int entity, const struct sql_table *t, bool *present)
{
	size_t n = (size_t)m->entities[entity].column_count;

	if (t->name || !p->columns[entity]) {
		p->columns[entity] = memory_grow(p->columns[entity], n * sizeof **p->columns);
		for (size_t i = 0; i < n; i++)
			p->columns[entity][i] = t->place[i] >= 0;
	}
	memcpy(present, p->columns[entity], n * sizeof *present);
}

/* ---- findings ---- */

const char *sql_key_list(struct report *r, const struct entity *e)
{
	struct buffer names = {0};

	for (int i = 0; i < e->key_count; i++)
		buffer_format(&names, "%s%s", i ? ", " : "", e->columns[e->key[i]].name);
	const char *text = report_text(r, buffer_text(&names));
	buffer_done(&names);
	return text;
}

static void check_columns(struct report *r, const struct entity *e, const struct sql_table *t)
{
	for (int i = 0; i < e->column_count; i++)
		if (t->place[i] < 0 && !e->columns[i].optional)
			report_tell(r, true, report_format(r, "%s.%s", e->table, e->columns[i].name),
				    report_format(r, N_("correct the model, or mark it optional: optional = %s"), e->columns[i].name),
				    "the table has no such column");
}

bool sql_check_table(struct report *r, const struct entity *e, const struct sql_table *t, const char *database, const char *missing_fix)
{
	if (!t->name) {
		if (!e->optional)
			report_tell(r, true, e->table, missing_fix,
				    "database %s has no such table, or it may not be seen; the model or the URL may name the wrong one", database);
		return false;
	}
	if (t->view) {
		report_tell(r, true, e->table, N_("name the table behind it in the model"), "it is a view: it has no changes of its own");
		return false;
	}
	check_columns(r, e, t);
	if (!t->keyed)
		report_tell(r, true, e->table, report_format(r, "ALTER TABLE %s ADD PRIMARY KEY (%s)", e->table, sql_key_list(r, e)),
			    "(%s) is no primary key, nor unique and not null", sql_key_list(r, e));
	return true;
}
