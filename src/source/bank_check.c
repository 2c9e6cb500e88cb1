/* Whether a bank can be followed with a model: everything that is wrong, each with what mends it. */
#include "config.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "model/model.h"
#include "source/bank_capture.h"
#include "source/bank_private.h"
#include "source/bank_sql.h"

struct check {
	struct bank *bank;
	const struct entity *entity;
	const struct bank_entity *shape;
	void (*found)(void *ctx, const struct source_finding *f);
	void *ctx;
	struct error *err;
	const char *recapture; /* the command that makes triggers again */
	struct arena arena;
};

enum affinity { AFFINITY_INTEGER, AFFINITY_TEXT, AFFINITY_NONE, AFFINITY_REAL, AFFINITY_NUMERIC };

/* SQLite's rules, in its order: the declared type decides how values are stored. */
static enum affinity check_affinity(const char *type)
{
	static const struct {
		const char *part;
		enum affinity affinity;
	} rules[] = {
		{"INT", AFFINITY_INTEGER}, {"CHAR", AFFINITY_TEXT}, {"CLOB", AFFINITY_TEXT}, {"TEXT", AFFINITY_TEXT},
		{"BLOB", AFFINITY_NONE},   {"REAL", AFFINITY_REAL}, {"FLOA", AFFINITY_REAL}, {"DOUB", AFFINITY_REAL},
	};

	if (!type || !type[0])
		return AFFINITY_NONE;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (strcasestr(type, rules[i].part))
			return rules[i].affinity;
	return AFFINITY_NUMERIC;
}

static void check_found(const struct check *c, bool refuse, const char *object, const char *detail, const char *fix)
{
	c->found(c->ctx, &(struct source_finding){.refuse = refuse, .object = object, .detail = detail, .fix = fix});
}

static void check_column_found(struct check *c, bool refuse, int column, const char *detail, const char *fix)
{
	check_found(c, refuse, arena_format(&c->arena, "%s.%s", c->entity->table, c->entity->columns[column].name),
		    detail, fix);
}

static void check_missing(struct check *c, int column)
{
	static const char *const types[] = {
		[COLUMN_TEXT] = "TEXT",       [COLUMN_INTEGER] = "INTEGER", [COLUMN_DECIMAL] = "TEXT",
		[COLUMN_DATE] = "TEXT",       [COLUMN_DATETIME] = "TEXT",   [COLUMN_INSTANT] = "INTEGER",
		[COLUMN_BOOLEAN] = "INTEGER", [COLUMN_BYTES] = "BLOB",
	};
	const struct column *missing = &c->entity->columns[column];
	struct buffer fix = {0};

	if (missing->optional)
		return;
	buffer_text_add(&fix, "ALTER TABLE ");
	bank_sql_name(&fix, c->entity->table);
	buffer_text_add(&fix, " ADD COLUMN ");
	bank_sql_name(&fix, missing->name);
	buffer_format(&fix, " %s; then run: %s", types[missing->type], c->recapture);
	check_column_found(c, true, column, N_("the table has no such column"), buffer_text(&fix));
	buffer_done(&fix);
}

/* Rows are read on after a key and found by one: what the model makes of a key must be what the bank holds. */
static void check_key_type(struct check *c, int column)
{
	enum affinity affinity = check_affinity(c->shape->type[column]);
	enum column_type type = c->entity->columns[column].type;
	const char *name = c->entity->columns[column].name, *detail = NULL, *better = "text";

	if (type == COLUMN_INTEGER && affinity != AFFINITY_INTEGER)
		detail = N_("the model has an integer key, the bank may hold text in it");
	else if (type == COLUMN_TEXT && affinity != AFFINITY_TEXT)
		detail = N_("the model has a text key, the bank holds other values in it");
	else if (type != COLUMN_INTEGER && type != COLUMN_TEXT)
		detail = N_("a key can be text or integer only");
	if (affinity == AFFINITY_INTEGER)
		better = "integer";
	if (detail)
		check_column_found(c, true, column, detail,
				   arena_format(&c->arena,
						"declare it so in the bank, or say in the model: column.%s = ... | %s",
						name, better));
}

static void check_columns(struct check *c)
{
	const struct entity *e = c->entity;

	for (int i = 0; i < e->column_count; i++) {
		enum affinity affinity = check_affinity(c->shape->type[i]);

		if (!c->shape->present[i]) {
			check_missing(c, i);
			continue;
		}
		if (!c->shape->place[i] && c->shape->captured)
			check_column_found(c, true, i, N_("changes of this column are not captured"), c->recapture);
		if (e->columns[i].key >= 0)
			check_key_type(c, i);
		if (e->columns[i].type == COLUMN_DECIMAL && (affinity == AFFINITY_REAL || affinity == AFFINITY_NUMERIC))
			check_column_found(c, false, i,
					   N_("the bank keeps these amounts as floating point numbers: they are not exact"),
					   N_("make the table again with this column as TEXT"));
	}
}

static int check_by_name(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool check_key_is_unique(struct check *c)
{
	static const char sql[] =
		"SELECT EXISTS (SELECT 1 FROM (SELECT group_concat(n) AS k FROM"
		"  (SELECT lower(name) AS n FROM pragma_table_info(?1) WHERE pk ORDER BY n)) WHERE k = ?2)"
		" OR EXISTS (SELECT 1 FROM pragma_index_list(?1) AS l WHERE l.\"unique\" AND NOT l.partial"
		"  AND (SELECT group_concat(n) FROM (SELECT lower(name) AS n FROM pragma_index_info(l.name) ORDER BY "
		"n)) = ?2"
		"  AND NOT EXISTS (SELECT 1 FROM pragma_index_info(l.name) AS i JOIN pragma_table_info(?1) AS x ON "
		"x.name = i.name"
		"   WHERE NOT x.\"notnull\"))";
	const struct entity *e = c->entity;
	const char **names = arena_zero(&c->arena, (size_t)e->key_count, sizeof *names);
	struct buffer key = {0}, fix = {0};
	sqlite3_stmt *stmt;
	int64_t unique = 0;
	bool ok;

	for (int i = 0; i < e->key_count; i++)
		names[i] = e->columns[e->key[i]].name;
	qsort(names, (size_t)e->key_count, sizeof *names, check_by_name);
	for (int i = 0; i < e->key_count; i++)
		for (const char *n = (buffer_text_add(&key, i ? "," : ""), names[i]); *n; n++)
			buffer_char(&key, (char)(*n >= 'A' && *n <= 'Z' ? *n + ('a' - 'A') : *n));
	ok = bank_sql_prepare(c->bank->db, sql, &stmt, c->err);
	if (ok) {
		sqlite3_bind_text(stmt, 1, e->table, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, buffer_text(&key), -1, SQLITE_STATIC);
		ok = bank_sql_row(stmt, &unique, 1, c->err);
	}
	sqlite3_finalize(stmt);
	if (ok && !unique) {
		buffer_format(
			&fix,
			"make (%s) NOT NULL and the primary key or a unique index, or name another key in the model",
			buffer_text(&key));
		check_found(c, true, e->table, N_("the model's key does not tell its rows apart"), buffer_text(&fix));
	}
	buffer_done(&key);
	buffer_done(&fix);
	return ok;
}

static bool check_capture(const struct check *c)
{
	struct buffer why = {0};
	bool by_repair, ok = bank_capture_verify(c->bank->db, c->entity->table, &why, &by_repair, c->err);
	char *rest = why.data, *line;

	while (ok && (line = strsep(&rest, "\n")) && *line)
		check_found(c, true, c->entity->table, line,
			    by_repair ? c->recapture : N_("drop that index, or make it one over a column"));
	buffer_done(&why);
	return ok;
}

static bool check_entity(struct check *c)
{
	if (!c->shape->table) {
		if (!c->entity->optional)
			check_found(c, true, c->entity->table, N_("the bank has no such table"),
				    N_("name the table in the model as the bank has it, or leave the entity out"));
		return true;
	}
	check_columns(c);
	if (!c->shape->captured) {
		check_found(c, true, c->entity->table, N_("its changes are not captured"), c->recapture);
		return true;
	}
	for (int i = 0; i < c->entity->key_count; i++)
		if (!c->shape->present[c->entity->key[i]])
			return true;
	return check_key_is_unique(c) && check_capture(c);
}

static bool check_journal(const struct check *c)
{
	sqlite3_stmt *stmt;
	struct buffer fix = {0};

	if (!bank_sql_prepare(c->bank->db, "PRAGMA journal_mode", &stmt, c->err))
		return false;
	if (sqlite3_step(stmt) == SQLITE_ROW &&
	    sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0) {
		buffer_format(&fix, "sqlite3 '%s' 'PRAGMA journal_mode = WAL'", c->bank->path);
		check_found(c, false, c->bank->path,
			    N_("the bank is not in WAL mode: readers and writers wait for each other"), buffer_text(&fix));
		buffer_done(&fix);
	}
	sqlite3_finalize(stmt);
	return true;
}

/* In the caller's read transaction, of the shape as it is loaded. */
static bool check_all(struct bank *b, void (*found)(void *ctx, const struct source_finding *f), void *ctx,
		      struct error *err)
{
	struct check c = {.bank = b, .found = found, .ctx = ctx, .err = err};
	bool ok;

	arena_init(&c.arena);
	c.recapture = arena_format(&c.arena, "tellerdesk generate --to bank:%s --customers 0", b->path);
	ok = check_journal(&c);
	for (int i = 0; ok && i < b->base.model->entity_count; i++) {
		c.entity = &b->base.model->entities[i];
		c.shape = &b->entities[i];
		ok = check_entity(&c);
	}
	arena_done(&c.arena);
	return ok;
}

bool bank_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx,
		struct error *err)
{
	struct bank *b = (struct bank *)s;
	bool changed;

	bank_patience(b, 10 * SECOND);
	return bank_begin(b, err) &&
	       bank_end(b, bank_shape_load(b, &changed, err) && check_all(b, found, ctx, err), err);
}

struct require {
	struct bank *bank;
	struct error first;
	int count;
};

static void require_found(void *ctx, const struct source_finding *f)
{
	struct require *r = ctx;

	if (!f->refuse || r->count++ > 0)
		return;
	error_set(&r->first, ERROR_REFUSED, "could not follow bank \"%s\": %s: %s", r->bank->path, f->object,
		  f->detail);
	error_hint(&r->first, "%s", f->fix);
}

bool bank_require(struct bank *b, struct error *err)
{
	struct require r = {.bank = b};

	if (!check_all(b, require_found, &r, err))
		return false;
	if (r.count == 0)
		return true;
	if (r.count == 1)
		error_set(err, ERROR_REFUSED, "%s", r.first.message);
	else
		error_set(err, ERROR_REFUSED, "%s (and %d more: tellerdesk check-source)", r.first.message, r.count - 1);
	return error_hint(err, "%s", r.first.hint);
}
