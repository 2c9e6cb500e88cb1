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

static void hide(struct mysql_shape *s, const struct foreign_key *k, int child, bool parent_modelled)
{
	struct mysql_hidden *more = arena_zero(&s->arena, (size_t)s->hidden_count + 1, sizeof *more);
	size_t columns = (size_t)k->column_count;

	if (s->hidden_count)
		memcpy(more, s->hidden, sizeof *more * (size_t)s->hidden_count);
	struct mysql_hidden *h = &more[s->hidden_count++];
	*h = (struct mysql_hidden){.name = k->name, .parent = k->parent, .child = k->child, .parent_schema = k->parent_schema, .entity = child,
				   .parent_modelled = parent_modelled, .watched = !parent_modelled && k->on_delete == CASCADE_NONE,
				   .column_count = k->column_count};
	h->parent_columns = arena_copy(&s->arena, k->parent_columns, sizeof *k->parent_columns * columns);
	h->ordinals = arena_alloc(&s->arena, sizeof *h->ordinals * columns);
	for (size_t i = 0; i < columns; i++)
		h->ordinals[i] = -1;
	s->hidden = more;
}

int shape_watched(const struct mysql_shape *s, const char *schema, const char *table, int from)
{
	for (int i = from; i < s->hidden_count; i++) {
		const struct mysql_hidden *h = &s->hidden[i];
		if (h->watched && strcasecmp(h->parent, table) == 0 && strcasecmp(h->parent_schema, schema) == 0)
			return i;
	}
	return -1;
}

/* Where rows tell no names, the columns of a watched parent are known by their place. */
static bool load_ordinals(struct mysql_hidden *h, struct mysql_client *c, struct error *err)
{
	struct buffer sql = {0};
	struct mysql_rows r;

	buffer_text_add(&sql, "SELECT COLUMN_NAME, ORDINAL_POSITION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ");
	mysql_literal(c, &sql, h->parent_schema, strlen(h->parent_schema));
	buffer_text_add(&sql, " AND TABLE_NAME = ");
	mysql_literal(c, &sql, h->parent, strlen(h->parent));
	bool ok = mysql_client_rows(c, buffer_text(&sql), &r, err);
	while (ok && mysql_rows_next(&r))
		for (int i = 0; i < h->column_count; i++)
			if (strcasecmp(h->parent_columns[i], r.cells[0]) == 0)
				h->ordinals[i] = (int)strtol(r.cells[1], NULL, 10) - 1;
	mysql_rows_done(&r);
	buffer_done(&sql);
	return ok;
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
		hide(s, k, child, parent >= 0);
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

/* ---- SHOW CREATE TABLE ----
 *
 * information_schema hides foreign keys from an account that may only read; the table's definition does not. Its lines are
 * of one form in every version:
 *
 *     CONSTRAINT `name` FOREIGN KEY (`a`, `b`) REFERENCES [`schema`.]`table` (`x`, `y`) [ON DELETE RULE] [ON UPDATE RULE]
 */

static const char key_start[] = "\n  CONSTRAINT ";

/* A quoted identifier; NULL: there is none here. */
static const char *take_name(struct arena *a, const char **at)
{
	struct buffer name = {0};
	const char *p = *at;

	if (*p != '`')
		return NULL;
	for (p++; *p && (*p != '`' || p[1] == '`'); p++) {
		p += *p == '`';
		buffer_char(&name, *p);
	}
	*at = *p ? p + 1 : p;
	const char *text = arena_text(a, buffer_text(&name));
	buffer_done(&name);
	return text;
}

static bool take_word(const char **at, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*at, word, n) != 0)
		return false;
	*at += n;
	return true;
}

/* (`a`, `b`): how many. */
static int take_names(struct arena *a, const char **at, const char **names)
{
	int count = 0;

	if (!take_word(at, "("))
		return 0;
	do {
		const char *name = take_name(a, at);
		if (!name || count == KEY_COLUMNS)
			return 0;
		names[count++] = name;
	} while (take_word(at, ", "));
	return take_word(at, ")") ? count : 0;
}

static void take_rules(const char *line, size_t n, struct foreign_key *k)
{
	char *text = memory_text_n(line, n);

	k->on_delete = strstr(text, "ON DELETE CASCADE") ? CASCADE_FOLLOW : strstr(text, "ON DELETE SET NULL") ? CASCADE_SET_NULL : CASCADE_NONE;
	k->on_update = strstr(text, "ON UPDATE CASCADE") ? CASCADE_FOLLOW : strstr(text, "ON UPDATE SET NULL") ? CASCADE_SET_NULL : CASCADE_NONE;
	free(text);
}

/* False: the line is of a foreign key, but not of the form we know. */
static bool read_key(struct mysql_shape *s, const char *line, const char *child, struct foreign_key *k)
{
	struct arena *a = &s->arena;
	const char *at = line;

	*k = (struct foreign_key){.child = child, .name = take_name(a, &at), .parent_schema = s->target.database};
	if (!k->name || !take_word(&at, " FOREIGN KEY "))
		return false;
	k->column_count = take_names(a, &at, k->child_columns);
	if (!k->column_count || !take_word(&at, " REFERENCES "))
		return false;
	k->parent = take_name(a, &at);
	if (k->parent && take_word(&at, ".")) {
		k->parent_schema = k->parent;
		k->parent = take_name(a, &at);
	}
	if (!k->parent || !take_word(&at, " ") || take_names(a, &at, k->parent_columns) != k->column_count)
		return false;
	take_rules(at, strcspn(at, "\n"), k);
	return true;
}

static bool read_keys(struct mysql_shape *s, struct keys_found *f, const char *definition, const char *child, struct error *err)
{
	struct foreign_key k;

	for (const char *p = definition; (p = strstr(p, key_start));) {
		p += sizeof key_start - 1;
		size_t n = strcspn(p, "\n");
		/* Checks are constraints too. */
		const char *foreign = memmem(p, n, " FOREIGN KEY ", 13);
		if (!foreign)
			continue;
		if (!read_key(s, p, child, &k)) {
			error_set(err, ERROR_REFUSED, "could not read the foreign keys of table %s", child);
			return error_hint(err, "SHOW CREATE TABLE %s has a form this version does not know", child);
		}
		take_key(s, f, &k);
	}
	return true;
}

/* A table that cannot be shown has its reason told by the preflight, which tries to read it. */
static bool read_table(struct mysql_shape *s, struct keys_found *f, struct mysql_client *c, const struct mysql_table *t, struct error *err)
{
	struct buffer sql = {0};
	struct mysql_rows r;

	buffer_text_add(&sql, "SHOW CREATE TABLE ");
	mysql_identifier(&sql, s->target.database);
	buffer_char(&sql, '.');
	mysql_identifier(&sql, t->base.name);
	bool ok = mysql_client_rows(c, buffer_text(&sql), &r, err);
	if (ok && mysql_rows_next(&r) && r.columns >= 2 && r.cells[1])
		ok = read_keys(s, f, r.cells[1], t->base.name, err);
	mysql_rows_done(&r);
	buffer_done(&sql);
	if (ok || !err || err->code == ERROR_UNREACHABLE || err->code == ERROR_INTERRUPTED || !mysql_client_errno(c))
		return ok;
	error_clear(err);
	return true;
}

/* Does a key of the watched parent's own change the columns it is watched for? Then they change in silence too, and watching is vain. */
static bool changes_silently(struct mysql_shape *s, const struct mysql_hidden *h, const char *definition)
{
	struct foreign_key k;

	for (const char *p = definition; (p = strstr(p, key_start));) {
		p += sizeof key_start - 1;
		if (!memmem(p, strcspn(p, "\n"), " FOREIGN KEY ", 13))
			continue;
		if (!read_key(s, p, h->parent, &k))
			return true;
		bool acts = k.on_update != CASCADE_NONE || k.on_delete == CASCADE_SET_NULL;
		for (int i = 0; acts && i < k.column_count; i++)
			for (int j = 0; j < h->column_count; j++)
				if (strcasecmp(k.child_columns[i], h->parent_columns[j]) == 0)
					return true;
	}
	return false;
}

/* A parent we may not look at is taken for one that changes by statements alone. */
static bool check_watched(struct mysql_shape *s, struct mysql_hidden *h, struct mysql_client *c, struct error *err)
{
	struct buffer sql = {0};
	struct mysql_rows r;

	buffer_text_add(&sql, "SHOW CREATE TABLE ");
	mysql_identifier(&sql, h->parent_schema);
	buffer_char(&sql, '.');
	mysql_identifier(&sql, h->parent);
	bool ok = mysql_client_rows(c, buffer_text(&sql), &r, err);
	if (ok && mysql_rows_next(&r) && r.columns >= 2 && r.cells[1])
		h->watched = !changes_silently(s, h, r.cells[1]);
	mysql_rows_done(&r);
	buffer_done(&sql);
	if (ok || !err || err->code == ERROR_UNREACHABLE || err->code == ERROR_INTERRUPTED || !mysql_client_errno(c))
		return ok;
	error_clear(err);
	return true;
}

bool shape_foreign_keys(struct mysql_shape *s, struct mysql_client *c, struct error *err)
{
	struct keys_found f = {0};
	bool ok = true;

	s->cascades = (struct cascades){0};
	s->hidden = NULL;
	s->hidden_count = 0;
	for (int i = 0; ok && !s->target.logs_cascades && i < s->entity_count; i++)
		ok = !s->tables[i].base.name || s->tables[i].base.view || read_table(s, &f, c, &s->tables[i], err);
	for (int i = 0; ok && i < s->hidden_count; i++)
		ok = !s->hidden[i].watched || (load_ordinals(&s->hidden[i], c, err) && check_watched(s, &s->hidden[i], c, err));
	if (s->cascades.count)
		s->cascades.list = arena_copy(&s->arena, f.cascades, sizeof *f.cascades * (size_t)s->cascades.count);
	free(f.cascades);
	return ok;
}
