#include "config.h"

#include "model/draft.h"
#include "base/language.h"

#include <stdlib.h>
#include <string.h>

/* ---- the customer, and what belongs to one ---- */

static void check_kinds(struct draft *d)
{
	struct model *m = d->model;
	bool unknown = false;
	for (int i = 0; i < m->entity_count; i++) {
		const struct draft_section *s = d->entities[i];
		int *one = s->kind == DRAFT_CUSTOMER ? &m->customer : s->kind == DRAFT_STORE ? &m->store : NULL;
		unknown |= s->kind == DRAFT_ENTITY;
		if (one && *one >= 0)
			draft_problem(d, s->line, "entity \"%s\" is the second of kind %s: \"%s\" is one already",
				      s->name, s->kind == DRAFT_STORE ? "store" : "customer", m->entities[*one].name);
		else if (one)
			*one = i;
	}
	if (m->customer < 0 && !unknown) /* else the kind that could not be read may have been the one */
		draft_problem(d, 1, "the model has no entity of kind customer");
}

static void check_same_type(struct draft *d, int line, const char *what, const struct column *a, const struct column *b)
{
	if (a->type != b->type || a->scale != b->scale)
		draft_problem(d, line, "%s is %s, the column \"%s\" it is compared with is %s", what,
			      column_type_text(a->type), b->name, column_type_text(b->type));
}

static void check_via(struct draft *d, int index)
{
	struct model *m = d->model;
	struct entity *customer = &m->entities[m->customer], *e = &m->entities[index];
	const struct draft_key *k = draft_key(d->entities[index], "via");
	if (!k || *k->value == '\0')
		return;
	size_t n = strlen(customer->name);
	if (strncmp(k->value, customer->name, n) != 0 || k->value[n] != '.') {
		draft_problem(d, k->line, "\"%s\": expected %s.COLUMN, a column of the customer", k->value,
			      customer->name);
		return;
	}
	e->via = draft_column(d, customer, k->line, k->value + n + 1);
	if (e->via < 0)
		return;
	customer->columns[e->via].identifier = true;
	if (e->key_count != 1)
		draft_problem(d, k->line,
			      "rows are found via a column of the customer by their key, which must be one column");
	else
		check_same_type(d, k->line, N_("the key"), &e->columns[e->key[0]], &customer->columns[e->via]);
}

static void check_belonging(struct draft *d)
{
	struct model *m = d->model;
	struct entity *customer = &m->entities[m->customer];
	const struct column *cif = customer->cif >= 0 ? &customer->columns[customer->cif] : NULL;
	if (cif && cif->type != COLUMN_TEXT && cif->type != COLUMN_INTEGER)
		draft_problem(d, draft_key(d->entities[m->customer], "key")->line,
			      "column \"%s\" is %s: a CIF is text or integer", cif->name, column_type_text(cif->type));
	for (int i = 0; i < m->entity_count; i++) {
		const struct entity *e = &m->entities[i];
		if (e->kind != ENTITY_CUSTOMER && e->cif >= 0 && cif)
			check_same_type(d, draft_key(d->entities[i], "cif")->line, N_("the CIF"), &e->columns[e->cif], cif);
		check_via(d, i);
	}
	if (m->store >= 0 && customer->store >= 0 && m->entities[m->store].key_count == 1)
		check_same_type(d, draft_key(d->entities[m->customer], "store")->line, N_("the store"),
				&customer->columns[customer->store],
				&m->entities[m->store].columns[m->entities[m->store].key[0]]);
}

static void check_tables(struct draft *d)
{
	struct model *m = d->model;
	for (int i = 0; i < m->entity_count; i++)
		for (int j = 0; j < i; j++)
			if (*m->entities[i].table && strcmp(m->entities[i].table, m->entities[j].table) == 0)
				draft_problem(d, draft_key(d->entities[i], "table")->line,
					      "table \"%s\" is already entity \"%s\"", m->entities[i].table,
					      m->entities[j].name);
}

/* ---- names that would meet in the replica ---- */

struct taken {
	const char *name, *what;
	int line;
	bool derived; /* made from an entity's name: two of these meet only where an entity is complained about too */
};

struct taken_list {
	struct taken *items;
	size_t count, room;
};

static struct taken *taken_add(struct taken_list *t, const char *name, const char *what, int line)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->items = memory_grow(t->items, t->room * sizeof *t->items);
	}
	t->items[t->count] = (struct taken){.name = name, .what = what, .line = line};
	return &t->items[t->count++];
}

static int taken_compare(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;
	int order = draft_name_compare(x->name, y->name);
	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void taken_check(struct draft *d, struct taken_list *t, const char *advice)
{
	if (t->count > 1)
		qsort(t->items, t->count, sizeof *t->items, taken_compare);
	for (size_t i = 1; i < t->count; i++) {
		const struct taken *a = &t->items[i - 1], *b = &t->items[i];
		if (draft_name_compare(a->name, b->name) == 0 && !(a->derived && b->derived))
			draft_problem(d, b->line, "the name \"%s\" of %s is taken by %s (line %d): %s", b->name,
				      b->what, a->what, a->line, advice);
	}
	free(t->items);
	*t = (struct taken_list){0};
}

/* SQLite keeps tables, views and indexes under names of one kind. */
static void check_tables_of_replica(struct draft *d)
{
	static const char *const suffixes[] = {"history", "history_key", "history_cif", "versions", "cif"};
	struct arena *arena = &d->owner->arena;
	struct taken_list t = {0};
	for (int i = 0; i < d->model->entity_count; i++) {
		const char *name = d->model->entities[i].name;
		int line = d->entities[i]->line;
		taken_add(&t, name, N_("an entity"), line);
		for (size_t j = 0; j < sizeof suffixes / sizeof suffixes[0]; j++)
			taken_add(&t, arena_format(arena, "%s_%s", name, suffixes[j]),
				  arena_format(arena, N_("the %s of \"%s\""), suffixes[j], name), line)
				->derived = true;
	}
	for (int i = 0; i < d->model->flat_count; i++)
		taken_add(&t, d->model->flats[i].name, N_("a flat view"), d->flats[i]->line);
	taken_check(d, &t, N_("rename one of them"));
}

/* The customer's columns have their plain names in a flat view, the others ENTITY_COLUMN, and each ENTITY_count. */
static void check_flat(struct draft *d, const struct flat *f)
{
	struct arena *arena = &d->owner->arena;
	struct taken_list t = {0};
	for (int i = 0; i < f->entity_count; i++) {
		const struct entity *e = &d->model->entities[f->entities[i]];
		const struct draft_section *s = d->entities[f->entities[i]];
		if (i > 0)
			taken_add(&t, arena_format(arena, "%s_count", e->name), N_("a count in a flat view"), s->line);
		for (int c = 0; c < e->column_count; c++) {
			const char *as = e->columns[c].as;
			taken_add(&t, i == 0 ? as : arena_format(arena, "%s_%s", e->name, as),
				  arena_format(arena, N_("column \"%s\" of \"%s\" in a flat view"), e->columns[c].name,
					       e->name),
				  s->column_lines[c]);
		}
	}
	taken_check(d, &t, N_("rename a column by column.NAME.as"));
}

void draft_check(struct draft *d)
{
	struct model *m = d->model;
	check_kinds(d);
	if (m->customer >= 0)
		check_belonging(d);
	check_tables(d);
	check_tables_of_replica(d);
	for (int i = 0; i < m->flat_count; i++)
		check_flat(d, &m->flats[i]);
	for (int i = 0; i < m->entity_count; i++) {
		struct entity *e = &m->entities[i];
		for (int k = 0; k < e->key_count; k++)
			e->columns[e->key[k]].identifier = true;
		if (e->cif >= 0)
			e->columns[e->cif].identifier = true;
		if (e->store >= 0)
			e->columns[e->store].identifier = true;
	}
}
