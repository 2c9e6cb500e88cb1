/* How the tuples of a relation are laid out, as its last message told, and tuples to rows of the model. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "model/model.h"
#include "pgoutput/cell.h"
#include "source/postgres/private.h"

/* ---- types ---- */

/* Built-in types have the numbers they always had; of others the server tells the type below them first. */
static uint32_t base_type(const struct postgres_stream *st, uint32_t oid)
{
	for (int i = 0; i < st->type_count; i++)
		if (st->types[i].oid == oid)
			return st->types[i].base;
	return oid;
}

void postgres_type_take(struct postgres_stream *st, const struct pgoutput_type *t)
{
	struct postgres_type now = {t->id, *t->schema ? 0 : pgcell_type(t->name)};

	for (int i = 0; i < st->type_count; i++)
		if (st->types[i].oid == t->id) {
			st->types[i] = now;
			return;
		}
	if (st->type_count == st->type_cap)
		st->types = memory_grow(st->types, sizeof *st->types * (size_t)(st->type_cap = st->type_cap ? st->type_cap * 2 : 16));
	st->types[st->type_count++] = now;
}

/* ---- relations ---- */

static int place_of(const struct postgres_stream *st, uint32_t id)
{
	int low = 0, high = st->relation_count;

	while (low < high) {
		int middle = (low + high) / 2;
		if (st->relations[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct postgres_relation *postgres_relation_find(const struct postgres_stream *st, uint32_t id)
{
	int i = place_of(st, id);

	return i < st->relation_count && st->relations[i]->id == id ? st->relations[i] : NULL;
}

static struct postgres_relation *relation_put(struct postgres_stream *st, uint32_t id)
{
	int i = place_of(st, id);

	if (i < st->relation_count && st->relations[i]->id == id)
		return st->relations[i];
	if (st->relation_count == st->relation_cap)
		st->relations = memory_grow(st->relations, sizeof *st->relations * (size_t)(st->relation_cap = st->relation_cap ? st->relation_cap * 2 : 16));
	memmove(&st->relations[i + 1], &st->relations[i], sizeof *st->relations * (size_t)(st->relation_count - i));
	st->relation_count++;
	st->relations[i] = memory_zero(1, sizeof **st->relations);
	st->relations[i]->id = id;
	st->relations[i]->entity = -1;
	arena_init(&st->relations[i]->arena);
	return st->relations[i];
}

void postgres_relations_done(struct postgres_stream *st)
{
	for (int i = 0; i < st->relation_count; i++) {
		arena_done(&st->relations[i]->arena);
		free(st->relations[i]);
	}
	free(st->relations);
	free(st->types);
}

/* On the wire: the column of a name as it is written, else in any case ("Name" and "name" may both be there); -1: none. */
static int wire_column(const struct pgoutput_relation *told, const char *name)
{
	int found = -1;

	for (int i = 0; i < told->column_count; i++) {
		if (strcmp(told->columns[i].name, name) == 0)
			return i;
		if (found < 0 && strcasecmp(told->columns[i].name, name) == 0)
			found = i;
	}
	return found;
}

/* Whether a column on the wire is one of the entity's. */
static bool is_taken(const struct entity *e, const struct postgres_relation *r, int wire)
{
	for (int i = 0; i < e->column_count; i++)
		if (r->wire[i] == wire)
			return true;
	return false;
}

static void lay_out(struct postgres *m, struct postgres_relation *r, const struct pgoutput_relation *told)
{
	const struct entity *e = &m->base.model->entities[r->entity];
	size_t n = (size_t)told->column_count;

	r->key = arena_zero(&r->arena, n, sizeof *r->key);
	r->types = arena_zero(&r->arena, n, sizeof *r->types);
	r->before = arena_zero(&r->arena, n, sizeof *r->before);
	r->after = arena_zero(&r->arena, n, sizeof *r->after);
	r->wire = arena_alloc(&r->arena, sizeof *r->wire * (size_t)e->column_count);
	for (int i = 0; i < e->column_count; i++)
		r->wire[i] = wire_column(told, e->columns[i].name);
	r->print = PRINT_BEGIN;
	for (int i = 0; i < told->column_count; i++) {
		const struct pgoutput_column *c = &told->columns[i];
		r->key[i] = c->key;
		r->types[i] = base_type(&m->stream, c->type);
		if (is_taken(e, r, i))
			r->print = postgres_print_column(r->print, c->name, c->type, c->modifier);
	}
	r->keyed = true;
	for (int k = 0; k < e->key_count; k++)
		r->keyed = r->keyed && r->wire[e->key[k]] >= 0 && r->key[r->wire[e->key[k]]];
}

/* Another table goes by the name of one we know: dropped and made again, or swapped in. */
static bool replaced(struct postgres *m, const struct postgres_relation *r)
{
	struct postgres_stream *st = &m->stream;
	bool found = m->shape.tables[r->entity].base.name && m->shape.tables[r->entity].oid != r->id;

	for (int i = 0; i < st->relation_count; i++)
		if (st->relations[i]->entity == r->entity && st->relations[i] != r) {
			st->relations[i]->entity = -1;
			found = true;
		}
	return found;
}

/* The entity whose table it is by the catalogue; -1: of none. */
static int entity_of_oid(const struct postgres_shape *s, uint32_t oid)
{
	for (int i = 0; i < s->entity_count; i++)
		if (s->tables[i].base.name && s->tables[i].oid == oid)
			return i;
	return -1;
}

/* A table of ours goes by another name, for a while or for good. What is changed under that one is not given: should it ever
 * come back, it is not what it was. */
static void went_away(struct postgres *m, int entity)
{
	if (entity < 0 || !m->stream.prints[entity].relation)
		return;
	m->stream.prints[entity] = (struct postgres_prints){.relation = PRINT_AWAY};
	m->stream.prints_dirty = m->shape_stale = true;
}

void postgres_relation_take(struct postgres *m, const struct pgoutput_relation *told)
{
	struct postgres_stream *st = &m->stream;
	const struct postgres_relation *before = postgres_relation_find(st, told->id);
	int was = before && before->entity >= 0 ? before->entity : entity_of_oid(&m->shape, told->id);
	struct postgres_relation *r = relation_put(st, told->id);

	arena_reset(&r->arena);
	r->entity = postgres_shape_entity(&m->shape, told->schema, told->name);
	r->column_count = told->column_count;
	r->identity = told->identity;
	if (was != r->entity)
		went_away(m, was);
	if (r->entity < 0)
		return;
	lay_out(m, r, told);
	struct postgres_prints *known = &st->prints[r->entity];
	if (!replaced(m, r) && known->relation == r->print)
		return;
	/* Old rows of an altered table are not sent: their values may have been rewritten, a new column has its default. */
	if (known->relation)
		postgres_stream_reload(m, r->entity);
	m->shape_stale = true;
	/* What it lies in now the catalogue tells when it is read next. */
	*known = (struct postgres_prints){.relation = r->print};
	st->prints_dirty = true;
}

/* ---- tuples ---- */

static bool no_key(struct postgres *m, const struct entity *e, struct error *err)
{
	error_set(err, ERROR_REFUSED, "could not follow server %s: a change of %s tells no key", postgres_client_name(m->control), e->table);
	return error_hint(err, "the table's replica identity must hold the key of the model: ALTER TABLE %s REPLICA IDENTITY FULL; then: tellerdesk resync --entity %s",
			  e->table, e->name);
}

bool postgres_relation_keeps_key(struct postgres *m, const struct postgres_relation *r, struct error *err)
{
	return r->keyed || no_key(m, &m->base.model->entities[r->entity], err);
}

/* One cell as a value of the model. */
static bool cell_take(struct postgres *m, const struct postgres_relation *r, int column, const struct pgoutput_cell *cell, struct value *out, struct error *err)
{
	const struct entity *e = &m->base.model->entities[r->entity];

	switch (cell->kind) {
	case PGOUTPUT_NULL:
		*out = value_null();
		return true;
	case PGOUTPUT_UNCHANGED:
		*out = (struct value){.kind = VALUE_UNKNOWN};
		return true;
	case PGOUTPUT_TEXT:
		*out = pgcell_value(r->types[r->wire[column]], &e->columns[column], m->base.model->zone, cell->bytes, cell->len, &m->stream.change);
		return true;
	case PGOUTPUT_BINARY:
		break;
	}
	return error_set(err, ERROR_REFUSED, "could not follow server %s: it sends %s.%s in a form that was not asked for", postgres_client_name(m->control), e->table,
			 e->columns[column].name);
}

bool postgres_tuple_take(struct postgres *m, struct postgres_relation *r, const struct pgoutput_tuple *t, bool key_only, struct value *row, struct error *err)
{
	const struct entity *e = &m->base.model->entities[r->entity];
	struct pgoutput_cell *cells = row == m->stream.before[r->entity] ? r->before : r->after;

	if (!pgoutput_cells(t, cells, r->column_count, err))
		return false;
	for (int i = 0; i < e->column_count; i++) {
		int wire = r->wire[i];
		if (key_only && (wire < 0 || !r->key[wire]))
			row[i] = (struct value){.kind = VALUE_UNKNOWN}; /* sent as NULL, and means nothing */
		else if (wire < 0)
			row[i] = value_null(); /* a column the table lacks, or lacked then, is NULL */
		else if (!cell_take(m, r, i, &cells[wire], &row[i], err))
			return false;
	}
	for (int k = 0; k < e->key_count; k++)
		if (row[e->key[k]].kind == VALUE_UNKNOWN)
			return no_key(m, e, err);
	return true;
}
