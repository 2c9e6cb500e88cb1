#include "config.h"

#include "model/draft.h"
#include "base/language.h"

#include <stdio.h>
#include <string.h>

#define COLUMN_PREFIX "column."
#define ALIAS_SUFFIX  ".as"
#define SCALE_MAX     127

static bool entity_key_is_alias(const char *name)
{
	size_t n = strlen(name), suffix = strlen(ALIAS_SUFFIX);
	return n > strlen(COLUMN_PREFIX) + suffix && strcmp(name + n - suffix, ALIAS_SUFFIX) == 0;
}

/* ---- columns ---- */

static bool entity_read_scale(const char *text, int *scale)
{
	int v = 0;
	if (*text == ')')
		return false;
	for (; *text >= '0' && *text <= '9' && v <= SCALE_MAX; text++)
		v = v * 10 + (*text - '0');
	*scale = v;
	return v <= SCALE_MAX && strcmp(text, ")") == 0;
}

static void entity_read_type(struct draft *d, int line, const char *word, struct column *c)
{
	c->scale = -1;
	for (int t = COLUMN_TEXT; t <= COLUMN_BYTES; t++) {
		if (strcmp(word, column_type_text((enum column_type)t)) == 0) {
			c->type = (enum column_type)t;
			return;
		}
	}
	if (strncmp(word, "decimal(", 8) == 0) {
		c->type = COLUMN_DECIMAL;
		if (!entity_read_scale(word + 8, &c->scale))
			draft_problem(
				d, line,
				"\"%s\": the scale is how many digits follow the point, decimal(0) to decimal(%d)",
				word, SCALE_MAX);
		return;
	}
	draft_problem(d, line,
		      "unknown type \"%s\": there are text, integer, decimal, decimal(SCALE), date, datetime, instant, "
		      "boolean, bytes",
		      word);
}

static void entity_read_flags(struct draft *d, int line, const char *text, struct column *c)
{
	static const char *const words[] = {"pii", "search", "hidden"};
	bool *flags[] = {&c->pii, &c->search, &c->hidden};
	char **items;
	int count = draft_list(d, text, ' ', &items);
	for (int i = 0; i < count; i++) {
		size_t f = 0;
		while (f < 3 && strcmp(words[f], items[i]) != 0)
			f++;
		if (*items[i] == '\0')
			continue;
		if (f == 3)
			draft_problem(d, line, "unknown flag \"%s\": there are pii, search, hidden", items[i]);
		else if (*flags[f])
			draft_problem(d, line, "flag \"%s\" stands twice", items[i]);
		else
			*flags[f] = true;
	}
}

static void entity_read_column(struct draft *d, const struct draft_key *k, struct column *c)
{
	*c = (struct column){.name = k->name + strlen(COLUMN_PREFIX), .scale = -1, .key = -1};
	c->as = c->title = c->name;
	if (*c->name == '\0')
		draft_problem(d, k->line, "the column has no name: column.NAME = Title | type");
	else if (strlen(c->name) > DRAFT_NAME_MAX)
		draft_problem(d, k->line, "the name of a column is longer than %d bytes: \"%s\"", DRAFT_NAME_MAX,
			      c->name);
	if (*k->value == '\0')
		return;
	char **parts;
	int count = draft_list(d, k->value, '|', &parts);
	if (count < 2 || count > 3) {
		draft_problem(d, k->line,
			      "a column is declared as Title | type | flags, the flags if there are any: \"%s\"",
			      k->value);
		return;
	}
	if (*parts[0])
		c->title = parts[0];
	else
		draft_problem(d, k->line, "column \"%s\" has no title", c->name);
	entity_read_type(d, k->line, parts[1], c);
	if (count == 3)
		entity_read_flags(d, k->line, parts[2], c);
	if (c->search && c->type == COLUMN_BYTES)
		draft_problem(d, k->line, "column \"%s\" is of type bytes, which nobody can search for", c->name);
}

static void entity_read_alias(struct draft *d, const struct draft_section *s, struct entity *e,
			      const struct draft_key *k)
{
	const char *begin = k->name + strlen(COLUMN_PREFIX);
	size_t n = strlen(begin) - strlen(ALIAS_SUFFIX);
	for (int i = 0; i < e->column_count; i++) {
		struct column *c = &e->columns[i];
		if (strlen(c->name) == n && memcmp(c->name, begin, n) == 0) {
			if (*k->value)
				c->as = k->value;
			s->column_lines[i] = k->line;
			return;
		}
	}
	draft_problem(d, k->line, "\"%s\" renames a column that is not declared", k->name);
}

/* What the view of versions calls its own columns, and what SQLite calls a row's number. */
static bool entity_name_is_reserved(const char *as)
{
	static const char *const reserved[] = {
		"version", "valid_from", "valid_to", "is_current", "seq",
		"origin",  "ended_by",   "changed",  "rowid",      "oid",
	};
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (draft_name_compare(as, reserved[i]) == 0)
			return true;
	return false;
}

static void entity_check_names(struct draft *d, const struct draft_section *s, const struct entity *e)
{
	for (int i = 0; i < e->column_count; i++) {
		const char *as = e->columns[i].as, *name = e->columns[i].name;
		int line = s->column_lines[i];
		if (as != name && strlen(as) > DRAFT_NAME_MAX)
			draft_problem(d, line, "the name of a column is longer than %d bytes: \"%s\"", DRAFT_NAME_MAX,
				      as);
		if (*as == '_' || entity_name_is_reserved(as))
			draft_problem(d, line,
				      "\"%s\" is a name of the replica's own: rename the column by column.%s.as = NAME",
				      as, name);
		for (int j = 0; j < i; j++) {
			if (draft_name_compare(as, e->columns[j].as) == 0) {
				draft_problem(d, line,
					      "columns \"%s\" and \"%s\" are both called \"%s\" in the replica: rename "
					      "one by "
					      "column.%s.as = NAME",
					      e->columns[j].name, name, as, name);
				break;
			}
		}
	}
}

static void entity_read_columns(struct draft *d, struct draft_section *s, struct entity *e)
{
	e->columns = arena_zero(&d->owner->arena, (size_t)s->key_count + 1, sizeof *e->columns);
	s->column_lines = arena_zero(&d->owner->arena, (size_t)s->key_count + 1, sizeof *s->column_lines);
	for (int i = 0; i < s->key_count; i++) {
		const struct draft_key *k = &s->keys[i];
		if (strncmp(k->name, COLUMN_PREFIX, strlen(COLUMN_PREFIX)) != 0 || entity_key_is_alias(k->name))
			continue;
		if (e->column_count == DRAFT_COLUMNS_MAX) {
			draft_problem(d, k->line, "the entity has more than %d columns", DRAFT_COLUMNS_MAX);
			break;
		}
		s->column_lines[e->column_count] = k->line;
		entity_read_column(d, k, &e->columns[e->column_count++]);
	}
	for (int i = 0; i < s->key_count; i++)
		if (strncmp(s->keys[i].name, COLUMN_PREFIX, strlen(COLUMN_PREFIX)) == 0 &&
		    entity_key_is_alias(s->keys[i].name))
			entity_read_alias(d, s, e, &s->keys[i]);
	if (e->column_count == 0)
		draft_problem(d, s->line, "%s declares no column", draft_label(d, s));
	entity_check_names(d, s, e);
}

/* ---- what refers to columns ---- */

int draft_column(struct draft *d, const struct entity *e, int line, const char *name)
{
	for (int i = 0; i < e->column_count; i++)
		if (strcmp(e->columns[i].name, name) == 0)
			return i;
	draft_problem(d, line, "entity \"%s\" declares no column \"%s\"", e->name, name);
	return -1;
}

static int entity_one(struct draft *d, const struct draft_section *s, const struct entity *e, const char *key)
{
	const struct draft_key *k = draft_key(s, key);
	return k && *k->value ? draft_column(d, e, k->line, k->value) : -1;
}

/* Items of the list that are no columns are left out; "*" sets *star where the caller takes it. */
static int entity_several(struct draft *d, const struct draft_section *s, const struct entity *e, const char *key,
			  int **out, bool *star)
{
	const struct draft_key *k = draft_key(s, key);
	if (!k || *k->value == '\0')
		return 0;
	char **items;
	int count = draft_list(d, k->value, ',', &items), taken = 0;
	*out = arena_zero(&d->owner->arena, (size_t)count, sizeof **out);
	for (int i = 0; i < count; i++) {
		if (star && strcmp(items[i], "*") == 0) {
			*star = true;
			continue;
		}
		int column = draft_column(d, e, k->line, items[i]);
		bool twice = false;
		for (int j = 0; j < taken; j++)
			twice |= (*out)[j] == column;
		if (twice)
			draft_problem(d, k->line, "\"%s\" names column \"%s\" twice", key, items[i]);
		else if (column >= 0)
			(*out)[taken++] = column;
	}
	return taken;
}

static void entity_read_optional(struct draft *d, const struct draft_section *s, struct entity *e)
{
	int *columns = NULL;
	int count = entity_several(d, s, e, "optional", &columns, &e->optional);
	for (int i = 0; i < count; i++) {
		struct column *c = &e->columns[columns[i]];
		if (c->key >= 0 || columns[i] == e->cif)
			draft_problem(d, draft_key(s, "optional")->line,
				      "column \"%s\" finds the rows: it cannot be optional", c->name);
		c->optional = true;
	}
	if (e->optional && e->kind == ENTITY_CUSTOMER)
		draft_problem(d, draft_key(s, "optional")->line, "the table of the customer cannot be optional");
}

static void entity_read_roles(struct draft *d, const struct draft_section *s, struct entity *e)
{
	e->key_count = entity_several(d, s, e, "key", &e->key, NULL);
	for (int i = 0; i < e->key_count; i++)
		e->columns[e->key[i]].key = i;
	e->integer_key = e->key_count == 1 && e->columns[e->key[0]].type == COLUMN_INTEGER;
	if (e->key_count > 1 && (e->kind == ENTITY_CUSTOMER || e->kind == ENTITY_STORE))
		draft_problem(d, draft_key(s, "key")->line, "the key of a %s is one column",
			      e->kind == ENTITY_STORE ? "store" : "customer, the CIF,");
	int first = e->key_count > 0 ? e->key[0] : -1;
	e->cif = e->kind == ENTITY_CUSTOMER ? first : entity_one(d, s, e, "cif");
	e->store = e->kind == ENTITY_STORE ? first : entity_one(d, s, e, "store");
	e->registered = entity_one(d, s, e, "registered");
	e->changed_by = entity_one(d, s, e, "changed_by");
	e->city = entity_one(d, s, e, "city");
	e->via = -1; /* names a column of another entity: draft_check */
	e->name_count = entity_several(d, s, e, "name", &e->names, NULL);
	entity_read_optional(d, s, e);
	if (e->registered >= 0) {
		enum column_type t = e->columns[e->registered].type;
		if (t != COLUMN_DATE && t != COLUMN_DATETIME && t != COLUMN_INSTANT)
			draft_problem(d, draft_key(s, "registered")->line,
				      "column \"%s\" is %s: a time is date, datetime or instant",
				      e->columns[e->registered].name, column_type_text(t));
	}
}

static enum entity_kind entity_kind_of(unsigned kind)
{
	return kind == DRAFT_CUSTOMER ? ENTITY_CUSTOMER
	       : kind == DRAFT_STORE  ? ENTITY_STORE
	       : kind == DRAFT_EVENT  ? ENTITY_EVENT
				      : ENTITY_DETAIL;
}

static void entity_read(struct draft *d, struct draft_section *s, struct entity *e)
{
	const char *title = draft_value(s, "title"), *table = draft_value(s, "table");
	*e = (struct entity){.name = s->name, .title = title ? title : s->name, .table = table ? table : ""};
	e->kind = entity_kind_of(s->kind);
	draft_name_fits(d, s->line, N_("an entity"), s->name, DRAFT_NAME_MAX);
	/* A table may be written with its schema. */
	if (strlen(e->table) > 2 * DRAFT_NAME_MAX + 1)
		draft_problem(d, draft_key(s, "table")->line, "the name of a table is longer than %d bytes: \"%s\"",
			      2 * DRAFT_NAME_MAX + 1, e->table);
	entity_read_columns(d, s, e);
	entity_read_roles(d, s, e);
}

void draft_entities(struct draft *d)
{
	struct model *m = d->model;
	m->entities = arena_zero(&d->owner->arena, DRAFT_ENTITIES_MAX, sizeof *m->entities);
	for (int i = 0; i < d->section_count; i++) {
		struct draft_section *s = &d->sections[i];
		if (!(s->kind & DRAFT_ENTITY))
			continue;
		if (m->entity_count == DRAFT_ENTITIES_MAX) {
			draft_problem(d, s->line, "the model has more than %d entities", DRAFT_ENTITIES_MAX);
			return;
		}
		d->entities[m->entity_count] = s;
		entity_read(d, s, &m->entities[m->entity_count++]);
	}
}
