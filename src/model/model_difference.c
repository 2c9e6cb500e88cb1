#include "config.h"

#include "model/model.h"

#include <string.h>

#include "base/buffer.h"
#include "base/language.h"

/* a is always the model the replica was built with, b the one asked for. Rows and columns are matched by name. */

static void differ_text(struct buffer *out, const char *where, const char *what, const char *a, const char *b)
{
	if (strcmp(a, b) != 0)
		buffer_format(out, N_("%s: %s was \"%s\", is \"%s\"\n"), where, what, a, b);
}

static void differ_flag(struct buffer *out, const char *where, const char *what, bool a, bool b)
{
	if (a != b)
		buffer_format(out, b ? N_("%s: is now %s\n") : N_("%s: is no longer %s\n"), where, what);
}

static const char *differ_column_name(const struct entity *e, int column)
{
	return column < 0 ? "none" : e->columns[column].name;
}

static void differ_list(struct buffer *out, const struct entity *e, const int *columns, int count)
{
	for (int i = 0; i < count; i++)
		buffer_format(out, "%s%s", i ? ", " : "", e->columns[columns[i]].name);
}

static void differ_column(struct buffer *out, const struct entity *e, const struct column *a, const struct column *b)
{
	struct buffer where = {0}, ta = {0}, tb = {0};
	buffer_format(&where, N_("entity %s, column %s"), e->name, a->name);
	const struct column *both[] = {a, b};
	struct buffer *types[] = {&ta, &tb};
	for (int i = 0; i < 2; i++) {
		buffer_text_add(types[i], column_type_text(both[i]->type));
		if (both[i]->type == COLUMN_DECIMAL && both[i]->scale >= 0)
			buffer_format(types[i], "(%d)", both[i]->scale);
	}
	const char *w = buffer_text(&where);
	differ_text(out, w, N_("the type"), buffer_text(&ta), buffer_text(&tb));
	differ_text(out, w, N_("the name in the replica"), a->as, b->as);
	differ_text(out, w, N_("the title"), a->title, b->title);
	differ_flag(out, w, "optional", a->optional, b->optional);
	differ_flag(out, w, "pii", a->pii, b->pii);
	differ_flag(out, w, "search", a->search, b->search);
	differ_flag(out, w, "hidden", a->hidden, b->hidden);
	buffer_done(&where);
	buffer_done(&ta);
	buffer_done(&tb);
}

static int differ_find_column(const struct entity *e, const char *name)
{
	for (int i = 0; i < e->column_count; i++)
		if (strcmp(e->columns[i].name, name) == 0)
			return i;
	return -1;
}

static void differ_columns(struct buffer *out, const struct entity *a, const struct entity *b)
{
	int last = -1;
	bool reordered = false;
	for (int i = 0; i < a->column_count; i++) {
		int j = differ_find_column(b, a->columns[i].name);
		if (j < 0) {
			buffer_format(out, N_("entity %s: column %s is gone\n"), a->name, a->columns[i].name);
			continue;
		}
		reordered |= j < last;
		last = j;
		differ_column(out, a, &a->columns[i], &b->columns[j]);
	}
	for (int j = 0; j < b->column_count; j++)
		if (differ_find_column(a, b->columns[j].name) < 0)
			buffer_format(out, N_("entity %s: column %s is new\n"), a->name, b->columns[j].name);
	if (reordered)
		buffer_format(out, N_("entity %s: the columns stand in another order\n"), a->name);
}

static void differ_role(struct buffer *out, const struct entity *a, const struct entity *b, const char *role, int ca,
			int cb)
{
	const char *na = differ_column_name(a, ca), *nb = differ_column_name(b, cb);
	if (strcmp(na, nb) != 0)
		buffer_format(out, N_("entity %s: %s was %s, is %s\n"), a->name, role, na, nb);
}

static void differ_role_list(struct buffer *out, const struct entity *a, const struct entity *b, const char *role,
			     const int *ca, int na, const int *cb, int nb)
{
	struct buffer la = {0}, lb = {0};
	differ_list(&la, a, ca, na);
	differ_list(&lb, b, cb, nb);
	if (strcmp(buffer_text(&la), buffer_text(&lb)) != 0)
		buffer_format(out, N_("entity %s: %s was %s, is %s\n"), a->name, role, na ? buffer_text(&la) : "none",
			      nb ? buffer_text(&lb) : "none");
	buffer_done(&la);
	buffer_done(&lb);
}

static void differ_entity(struct buffer *out, const struct model *ma, const struct model *mb, const struct entity *a,
			  const struct entity *b)
{
	static const char *const kinds[] = {
		[ENTITY_CUSTOMER] = "customer",
		[ENTITY_DETAIL] = "detail",
		[ENTITY_STORE] = "store",
		[ENTITY_EVENT] = "event",
	};
	struct buffer where = {0};
	buffer_format(&where, N_("entity %s"), a->name);
	const char *w = buffer_text(&where);
	differ_text(out, w, N_("the kind"), kinds[a->kind], kinds[b->kind]);
	differ_text(out, w, N_("the title"), a->title, b->title);
	differ_text(out, w, N_("the table"), a->table, b->table);
	differ_text(out, w, "via", differ_column_name(&ma->entities[ma->customer], a->via),
		    differ_column_name(&mb->entities[mb->customer], b->via));
	differ_flag(out, w, "optional", a->optional, b->optional);
	buffer_done(&where);
	differ_columns(out, a, b);
	differ_role_list(out, a, b, "key", a->key, a->key_count, b->key, b->key_count);
	differ_role_list(out, a, b, "name", a->names, a->name_count, b->names, b->name_count);
	differ_role(out, a, b, "cif", a->cif, b->cif);
	differ_role(out, a, b, "store", a->store, b->store);
	differ_role(out, a, b, "registered", a->registered, b->registered);
	differ_role(out, a, b, "changed_by", a->changed_by, b->changed_by);
	differ_role(out, a, b, "city", a->city, b->city);
}

static void differ_entities(struct buffer *out, const struct model *a, const struct model *b)
{
	int last = -1;
	bool reordered = false;
	for (int i = 0; i < a->entity_count; i++) {
		int j = model_entity(b, a->entities[i].name);
		if (j < 0) {
			buffer_format(out, N_("entity %s is gone\n"), a->entities[i].name);
			continue;
		}
		reordered |= j < last;
		last = j;
		differ_entity(out, a, b, &a->entities[i], &b->entities[j]);
	}
	for (int j = 0; j < b->entity_count; j++)
		if (model_entity(a, b->entities[j].name) < 0)
			buffer_format(out, N_("entity %s is new\n"), b->entities[j].name);
	if (reordered)
		buffer_text_add(out, N_("the entities stand in another order\n"));
}

/* A rollup or a flat view in one line, so that any difference shows. */
static void differ_rollup_line(struct buffer *out, const struct model *m, const struct rollup *r)
{
	const struct entity *e = &m->entities[r->entity];
	buffer_format(out, N_("of %s by %s at %s, \"%s\""), e->name, differ_column_name(e, r->by),
		      r->at < 0 ? N_("commit time") : e->columns[r->at].name, r->title);
}

static void differ_flat_line(struct buffer *out, const struct model *m, const struct flat *f)
{
	for (int i = 0; i < f->entity_count; i++)
		buffer_format(out, "%s%s", i ? ", " : "", m->entities[f->entities[i]].name);
}

static int differ_count(const struct model *m, bool flats)
{
	return flats ? m->flat_count : m->rollup_count;
}

static const char *differ_view_name(const struct model *m, bool flats, int i)
{
	return flats ? m->flats[i].name : m->rollups[i].name;
}

static int differ_find_view(const struct model *m, bool flats, const char *name)
{
	for (int i = 0; i < differ_count(m, flats); i++)
		if (strcmp(differ_view_name(m, flats, i), name) == 0)
			return i;
	return -1;
}

static void differ_view_line(struct buffer *out, const struct model *m, bool flats, int i)
{
	if (flats)
		differ_flat_line(out, m, &m->flats[i]);
	else
		differ_rollup_line(out, m, &m->rollups[i]);
}

static void differ_views(struct buffer *out, const struct model *a, const struct model *b, bool flats)
{
	const char *what = flats ? "flat" : "rollup";
	struct buffer la = {0}, lb = {0};
	for (int i = 0; i < differ_count(a, flats); i++) {
		const char *name = differ_view_name(a, flats, i);
		int j = differ_find_view(b, flats, name);
		if (j < 0) {
			buffer_format(out, N_("%s %s is gone\n"), what, name);
			continue;
		}
		buffer_clear(&la);
		buffer_clear(&lb);
		differ_view_line(&la, a, flats, i);
		differ_view_line(&lb, b, flats, j);
		if (strcmp(buffer_text(&la), buffer_text(&lb)) != 0)
			buffer_format(out, N_("%s %s was %s, is %s\n"), what, name, buffer_text(&la), buffer_text(&lb));
	}
	for (int j = 0; j < differ_count(b, flats); j++)
		if (differ_find_view(a, flats, differ_view_name(b, flats, j)) < 0)
			buffer_format(out, N_("%s %s is new\n"), what, differ_view_name(b, flats, j));
	buffer_done(&la);
	buffer_done(&lb);
}

bool model_difference(const struct model *a, const struct model *b, struct buffer *out)
{
	size_t before = out->len;
	differ_text(out, N_("the model"), N_("the name"), a->name, b->name);
	differ_text(out, N_("the model"), N_("the title"), a->title, b->title);
	differ_text(out, N_("the model"), N_("the zone"), a->zone_name, b->zone_name);
	differ_entities(out, a, b);
	differ_views(out, a, b, false);
	differ_views(out, a, b, true);
	return out->len > before;
}
