#include "config.h"

#include "model/draft.h"
#include "base/language.h"

#include <string.h>

/* ---- rollups ---- */

/* first(ENTITY): the first appearance of each of its rows. */
static int view_first_of(struct draft *d, const struct draft_key *k)
{
	size_t n = strlen(k->value);
	if (n < 8 || strncmp(k->value, "first(", 6) != 0 || k->value[n - 1] != ')') {
		draft_problem(d, k->line, "\"%s\": expected first(ENTITY)", k->value);
		return -1;
	}
	char *name = arena_copy(&d->owner->arena, k->value + 6, n - 7);
	name[n - 7] = '\0';
	int entity = model_entity(d->model, name);
	if (entity < 0) {
		draft_problem(d, k->line, "there is no entity \"%s\"", name);
	} else if (d->model->entities[entity].kind != ENTITY_CUSTOMER) {
		draft_problem(d, k->line,
			      "entity \"%s\" is no customer: what is counted is the first appearance of customers",
			      name);
		entity = -1;
	}
	return entity;
}

/* A column, or the word for the one that plays a part in the entity. */
static int view_column(struct draft *d, const struct entity *e, const struct draft_section *s, const char *key,
		       const char *role, int role_column)
{
	const struct draft_key *k = draft_key(s, key);
	if (!k || *k->value == '\0')
		return -1;
	if (strcmp(k->value, role) != 0)
		return draft_column(d, e, k->line, k->value);
	if (role_column < 0)
		draft_problem(d, k->line, "entity \"%s\" says of no column that it is \"%s\"", e->name, role);
	return role_column;
}

static void view_read_rollup(struct draft *d, const struct draft_section *s, struct rollup *r)
{
	const struct draft_key *of = draft_key(s, "of");
	const char *title = draft_value(s, "title");
	*r = (struct rollup){.name = s->name, .title = title ? title : s->name, .entity = -1, .by = -1, .at = -1};
	draft_name_fits(d, s->line, "a rollup", s->name, DRAFT_NAME_MAX);
	if (of && *of->value)
		r->entity = view_first_of(d, of);
	if (r->entity < 0)
		return;
	const struct entity *e = &d->model->entities[r->entity];
	r->by = view_column(d, e, s, "by", "store", e->store);
	r->at = view_column(d, e, s, "at", "registered", e->registered);
	if (r->at >= 0) {
		enum column_type t = e->columns[r->at].type;
		if (t != COLUMN_DATE && t != COLUMN_DATETIME && t != COLUMN_INSTANT)
			draft_problem(d, draft_key(s, "at")->line,
				      "column \"%s\" is %s: a time is date, datetime or instant",
				      e->columns[r->at].name, column_type_text(t));
	}
}

/* What nearly every bank with stores asks first needs no section. */
static void view_default_rollup(struct draft *d)
{
	struct model *m = d->model;
	for (int i = 0; m->rollup_count == 0 && i < m->entity_count; i++) {
		const struct entity *e = &m->entities[i];
		if (e->kind == ENTITY_CUSTOMER && e->store >= 0)
			m->rollups[m->rollup_count++] = (struct rollup){.name = "registrations",
									.title = "Registrations",
									.entity = i,
									.by = e->store,
									.at = e->registered};
	}
}

/* ---- flats ---- */

static void view_read_flat(struct draft *d, const struct draft_section *s, struct flat *f)
{
	const struct draft_key *k = draft_key(s, "entities");
	*f = (struct flat){.name = s->name};
	draft_name_fits(d, s->line, N_("a flat view"), s->name, DRAFT_NAME_MAX);
	if (!k || *k->value == '\0')
		return;
	char **items;
	int count = draft_list(d, k->value, ',', &items);
	f->entities = arena_zero(&d->owner->arena, (size_t)count, sizeof *f->entities);
	for (int i = 0; i < count; i++) {
		int entity = model_entity(d->model, items[i]);
		bool twice = false;
		for (int j = 0; j < f->entity_count; j++)
			twice |= f->entities[j] == entity;
		if (entity < 0)
			draft_problem(d, k->line, "there is no entity \"%s\"", items[i]);
		else if (twice)
			draft_problem(d, k->line, "entity \"%s\" stands twice", items[i]);
		else if ((d->model->entities[entity].kind == ENTITY_CUSTOMER) != (i == 0))
			draft_problem(d, k->line, "the customer comes first in a flat view, and once");
		else if (d->model->entities[entity].kind == ENTITY_STORE)
			draft_problem(
				d, k->line,
				"entity \"%s\" is of kind store: a flat view has the customer and what belongs to one",
				items[i]);
		else
			f->entities[f->entity_count++] = entity;
	}
}

void draft_views(struct draft *d)
{
	struct model *m = d->model;
	m->rollups = arena_zero(&d->owner->arena, DRAFT_VIEWS_MAX, sizeof *m->rollups);
	m->flats = arena_zero(&d->owner->arena, DRAFT_VIEWS_MAX, sizeof *m->flats);
	bool rolled = false;
	for (int i = 0; i < d->section_count; i++) {
		struct draft_section *s = &d->sections[i];
		if (!(s->kind & (DRAFT_ROLLUP | DRAFT_FLAT)))
			continue;
		if ((s->kind == DRAFT_ROLLUP ? m->rollup_count : m->flat_count) == DRAFT_VIEWS_MAX) {
			draft_problem(d, s->line, "the model has more than %d rollups or flat views", DRAFT_VIEWS_MAX);
			continue;
		}
		rolled |= s->kind == DRAFT_ROLLUP;
		if (s->kind == DRAFT_ROLLUP) {
			view_read_rollup(d, s, &m->rollups[m->rollup_count++]);
		} else {
			d->flats[m->flat_count] = s;
			view_read_flat(d, s, &m->flats[m->flat_count++]);
		}
	}
	if (!rolled)
		view_default_rollup(d);
}
