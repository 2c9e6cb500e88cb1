/* Foreign keys: InnoDB carries them out below the log, so what they do to modelled tables is done again by the
 * replica (model/cascade.h), or, where it cannot be, named by the preflight. */
#include "config.h"

#include "source/mysql/shape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/model.h"
#include "source/mysql/client.h"

#define KEY_COLUMNS 16 /* InnoDB's own limit */

struct foreign_key {
	const char *name, *child, *parent, *parent_schema;
	enum cascade_action on_delete, on_update;
	int column_count;
	const char *child_columns[KEY_COLUMNS], *parent_columns[KEY_COLUMNS];
};

struct keys_found {
	struct cascade *cascades;
	int cascade_cap;
};

static enum cascade_action rule_action(const char *rule)
{
	if (rule && strcasecmp(rule, "CASCADE") == 0)
		return CASCADE_FOLLOW;
	return rule && strcasecmp(rule, "SET NULL") == 0 ? CASCADE_SET_NULL : CASCADE_NONE;
}

/* Model columns of an entity for the key's; how many are modelled. */
static int model_columns(const struct mysql_shape *s, int entity, const char *const *names, int count, int *out)
{
	const struct mysql_table *t = &s->tables[entity];
	int modelled = 0;

	for (int i = 0; i < count; i++) {
		int column = shape_column(t, names[i]);
		out[i] = column < 0 ? -1 : t->columns[column].model;
		modelled += out[i] >= 0;
	}
	return modelled;
}

static void hide(struct mysql_shape *s, const struct foreign_key *k, bool parent_modelled, bool columns_modelled)
{
	struct mysql_hidden *more = arena_zero(&s->arena, (size_t)s->hidden_count + 1, sizeof *more);

	if (s->hidden_count)
		memcpy(more, s->hidden, sizeof *more * (size_t)s->hidden_count);
	more[s->hidden_count++] = (struct mysql_hidden){k->name, k->parent, k->child, k->parent_schema, parent_modelled, columns_modelled};
	s->hidden = more;
}

static void take_key(struct mysql_shape *s, struct keys_found *f, const struct foreign_key *k)
{
	int child = shape_entity(s, s->target.database, k->child), parent = shape_entity(s, k->parent_schema, k->parent);
	int child_columns[KEY_COLUMNS], parent_columns[KEY_COLUMNS];

	if (child < 0 || (k->on_delete == CASCADE_NONE && k->on_update == CASCADE_NONE))
		return;
	int of_child = model_columns(s, child, k->child_columns, k->column_count, child_columns);
	/* Only columns nobody asked for would change. */
	if (of_child == 0 && k->on_delete != CASCADE_FOLLOW)
		return;
	int of_parent = parent < 0 ? 0 : model_columns(s, parent, k->parent_columns, k->column_count, parent_columns);
	if (parent < 0 || of_child < k->column_count || of_parent < k->column_count) {
		hide(s, k, parent >= 0, parent >= 0 && of_child == k->column_count && of_parent == k->column_count);
		return;
	}
	if (s->cascades.count == f->cascade_cap)
		f->cascades = memory_grow(f->cascades, sizeof *f->cascades * (size_t)(f->cascade_cap = f->cascade_cap ? f->cascade_cap * 2 : 8));
	f->cascades[s->cascades.count++] = (struct cascade){
		.parent = parent,
		.child = child,
		.column_count = k->column_count,
		.parent_columns = arena_copy(&s->arena, parent_columns, sizeof *parent_columns * (size_t)k->column_count),
		.child_columns = arena_copy(&s->arena, child_columns, sizeof *child_columns * (size_t)k->column_count),
		.on_delete = k->on_delete,
		.on_update = k->on_update,
	};
}

static bool same_key(const struct foreign_key *k, const char *child, const char *name)
{
	return k->name && strcmp(k->name, name) == 0 && strcmp(k->child, child) == 0;
}

static void read_keys(struct mysql_shape *s, struct mysql_rows *r, struct keys_found *f)
{
	struct foreign_key k = {0};

	while (mysql_rows_next(r)) {
		const char *child = arena_text(&s->arena, mysql_rows_named(r, "TABLE_NAME"));
		const char *name = arena_text(&s->arena, mysql_rows_named(r, "CONSTRAINT_NAME"));
		if (!same_key(&k, child, name)) {
			if (k.name)
				take_key(s, f, &k);
			k = (struct foreign_key){.name = name, .child = child,
						 .parent = arena_text(&s->arena, mysql_rows_named(r, "REFERENCED_TABLE_NAME")),
						 .parent_schema = arena_text(&s->arena, mysql_rows_named(r, "REFERENCED_TABLE_SCHEMA")),
						 .on_delete = rule_action(mysql_rows_named(r, "DELETE_RULE")),
						 .on_update = rule_action(mysql_rows_named(r, "UPDATE_RULE"))};
		}
		if (k.column_count < KEY_COLUMNS) {
			k.child_columns[k.column_count] = arena_text(&s->arena, mysql_rows_named(r, "COLUMN_NAME"));
			k.parent_columns[k.column_count++] = arena_text(&s->arena, mysql_rows_named(r, "REFERENCED_COLUMN_NAME"));
		}
	}
	if (k.name)
		take_key(s, f, &k);
}

static const char key_columns[] =
	"SELECT k.TABLE_NAME AS TABLE_NAME, k.CONSTRAINT_NAME AS CONSTRAINT_NAME, k.COLUMN_NAME AS COLUMN_NAME, "
	"k.REFERENCED_TABLE_SCHEMA AS REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME AS REFERENCED_TABLE_NAME, "
	"k.REFERENCED_COLUMN_NAME AS REFERENCED_COLUMN_NAME, r.DELETE_RULE AS DELETE_RULE, r.UPDATE_RULE AS UPDATE_RULE "
	"FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON "
	"r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME "
	"WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND k.TABLE_SCHEMA = ";

bool shape_foreign_keys(struct mysql_shape *s, struct mysql_client *c, struct error *err)
{
	struct mysql_rows r;
	struct buffer sql = {0};
	struct keys_found f = {0};
	bool ok;

	s->cascades = (struct cascades){0};
	s->hidden = NULL;
	s->hidden_count = 0;
	if (s->target.logs_cascades)
		return true;
	buffer_text_add(&sql, key_columns);
	mysql_literal(c, &sql, s->target.database, strlen(s->target.database));
	buffer_text_add(&sql, " ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION");
	ok = mysql_client_rows(c, buffer_text(&sql), &r, err);
	if (ok)
		read_keys(s, &r, &f);
	mysql_rows_done(&r);
	buffer_done(&sql);
	if (s->cascades.count)
		s->cascades.list = arena_copy(&s->arena, f.cascades, sizeof *f.cascades * (size_t)s->cascades.count);
	free(f.cascades);
	return ok;
}
