/* The statements that make, drop, rename and alter tables. */
#include "config.h"

#include "binlog/statement_internal.h"

#include <string.h>

#include "base/memory.h"

/* What may follow the names of tables: of MySQL, of MariaDB, of its Oracle mode. */
static const char *const table_tail[] = {"RESTRICT", "CASCADE", "WAIT", "NOWAIT", "DROP", "REUSE", "STORAGE", NULL};

static struct statement_table *table_add(struct statement_reader *r, enum statement_effect effect)
{
	int count = r->out->table_count;
	if (count == r->room) {
		r->room = r->room ? r->room * 2 : 4;
		struct statement_table *larger = arena_zero(r->a, (size_t)r->room, sizeof *larger);
		if (count > 0)
			memcpy(larger, r->tables, (size_t)count * sizeof *larger);
		r->tables = larger;
		r->out->tables = larger;
	}
	r->out->table_count++;
	r->out->kind = STATEMENT_DDL;
	r->tables[count] = (struct statement_table){.effect = effect};
	return &r->tables[count];
}

/* [schema] . name; a dot alone in front stands for the default database. */
static bool table_name(struct statement_reader *r, const char **schema, const char **name)
{
	bool dotted = words_skip_mark(&r->w, '.');
	*schema = r->q->schema;
	if (!word_is_name(&r->w.now))
		return false;
	*name = word_name(&r->w.now, r->a);
	words_next(&r->w);
	if (dotted || !words_skip_mark(&r->w, '.'))
		return true;
	if (!word_is_name(&r->w.now))
		return false;
	*schema = *name;
	*name = word_name(&r->w.now, r->a);
	words_next(&r->w);
	return true;
}

static bool table_if_exists(struct words *w)
{
	if (!words_skip(w, "IF"))
		return false;
	words_skip(w, "NOT");
	words_skip(w, "EXISTS");
	return true;
}

static void table_wait(struct words *w)
{
	if (words_skip(w, "WAIT"))
		words_next(w);
	else
		words_skip(w, "NOWAIT");
}

bool statement_truncate(struct statement_reader *r)
{
	words_skip(&r->w, "TABLE");
	struct statement_table *t = table_add(r, EFFECT_EMPTIED);
	return table_name(r, &t->schema, &t->name) && statement_tail(&r->w, table_tail);
}

/* ---- objects ---- */

/* What changes no row of any table, whether it is created, altered or dropped. */
static bool object_harmless(const struct words *w)
{
	static const char *const objects[] = {
		"USER",    "ROLE",     "VIEW",    "PROCEDURE",  "FUNCTION", "TRIGGER",   "EVENT",    "SERVER",
		"LOGFILE", "SEQUENCE", "PACKAGE", "TABLESPACE", "INSTANCE", "REFERENCE", "RESOURCE", "LIBRARY"};
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		if (words_is(w, objects[i]))
			return true;
	return false;
}

/* DEFINER = user [@ host], CURRENT_USER [()]; ALGORITHM = word; SQL SECURITY word. */
static void object_option(struct words *w, bool definer)
{
	words_skip_mark(w, '=');
	words_next(w);
	if (!definer)
		return;
	if (words_skip_mark(w, '('))
		words_skip_mark(w, ')');
	if (words_skip_mark(w, '@'))
		words_next(w);
}

struct object {
	bool replace, temporary, ignore;
};

/* Passes over all that may stand between the verb and the kind of object. */
static struct object object_options(struct words *w)
{
	static const char *const plain[] = {"OR",         "UNIQUE",  "FULLTEXT",    "SPATIAL",   "VECTOR",
					    "ONLINE",     "OFFLINE", "UNDO",        "AGGREGATE", "JSON",
					    "RELATIONAL", "DUALITY", "MATERIALIZED"};
	struct object o = {0};
	for (;;) {
		bool known = false;
		for (size_t i = 0; i < sizeof plain / sizeof *plain && !known; i++)
			known = words_skip(w, plain[i]);
		if (known)
			continue;
		if (words_skip(w, "REPLACE"))
			o.replace = true;
		else if (words_skip(w, "TEMPORARY"))
			o.temporary = true;
		else if (words_skip(w, "IGNORE"))
			o.ignore = true;
		else if (words_skip(w, "DEFINER"))
			object_option(w, true);
		else if (words_skip(w, "ALGORITHM") || (words_skip(w, "SQL") && words_skip(w, "SECURITY")))
			object_option(w, false);
		else
			return o;
	}
}

/* CREATE, DROP INDEX name ... ON table. Dropping an index of the name PRIMARY drops the primary key. */
static bool object_index(struct statement_reader *r)
{
	struct statement_table *t = table_add(r, EFFECT_INDEXED);
	t->conditional = table_if_exists(&r->w);
	for (; r->w.now.kind != WORD_END && !words_is(&r->w, "ON"); words_next(&r->w))
		if (word_is_name(&r->w.now) && word_equals(&r->w.now, "PRIMARY"))
			t->effect = EFFECT_ALTERED;
	return words_skip(&r->w, "ON") && table_name(r, &t->schema, &t->name);
}

/* DROP DATABASE; CREATE OR REPLACE DATABASE (MariaDB) drops as well. */
static bool object_database(struct statement_reader *r)
{
	struct statement_table *t = table_add(r, EFFECT_DROPPED);
	t->conditional = table_if_exists(&r->w);
	if (!word_is_name(&r->w.now))
		return false;
	t->schema = word_name(&r->w.now, r->a);
	return true;
}

/* ---- drop, rename ---- */

static bool drop_tables(struct statement_reader *r, bool temporary)
{
	bool conditional = table_if_exists(&r->w);
	do {
		struct statement_table *t = table_add(r, EFFECT_DROPPED);
		t->conditional = conditional;
		t->temporary = temporary;
		if (!table_name(r, &t->schema, &t->name))
			return false;
	} while (words_skip_mark(&r->w, ','));
	return statement_tail(&r->w, table_tail);
}

bool statement_drop(struct statement_reader *r)
{
	struct object o = object_options(&r->w);
	if (words_skip(&r->w, "TABLE") || words_skip(&r->w, "TABLES"))
		return drop_tables(r, o.temporary);
	if (words_skip(&r->w, "DATABASE") || words_skip(&r->w, "SCHEMA")) {
		if (!object_database(r))
			return false;
		words_next(&r->w);
		return statement_tail(&r->w, table_tail);
	}
	if (words_skip(&r->w, "INDEX"))
		return object_index(r);
	r->out->kind = STATEMENT_NOTHING;
	return object_harmless(&r->w);
}

bool statement_rename(struct statement_reader *r)
{
	if (!words_skip(&r->w, "TABLE") && !words_skip(&r->w, "TABLES")) {
		r->out->kind = STATEMENT_NOTHING;
		return object_harmless(&r->w);
	}
	bool conditional = table_if_exists(&r->w);
	do {
		struct statement_table *t = table_add(r, EFFECT_RENAMED);
		t->conditional = conditional;
		if (!table_name(r, &t->schema, &t->name))
			return false;
		table_wait(&r->w);
		if (!words_skip(&r->w, "TO") || !table_name(r, &t->to_schema, &t->to_name))
			return false;
	} while (words_skip_mark(&r->w, ','));
	return statement_tail(&r->w, table_tail);
}

/* ---- create ---- */

/* Does the rest of a CREATE TABLE bring rows: a query behind the columns, or in their place? */
static bool create_brings_rows(struct words *w)
{
	int depth = 0;
	bool first = false; /* behind a parenthesis that may hold a query */
	for (; w->now.kind != WORD_END; words_next(w)) {
		if (words_is(w, "SELECT"))
			return true;
		if ((depth == 0 || first) && (words_is(w, "AS") || words_is(w, "TABLE") || words_is(w, "VALUES")))
			return true;
		first = words_mark(w, '(') && (depth == 0 || first);
		depth += words_mark(w, '(') - words_mark(w, ')');
	}
	return false;
}

static bool create_table(struct statement_reader *r, struct object o)
{
	struct statement_table *t = table_add(r, EFFECT_CREATED);
	t->temporary = o.temporary;
	t->replaced = o.replace;
	t->conditional = table_if_exists(&r->w);
	if (!table_name(r, &t->schema, &t->name))
		return false;
	return o.temporary || !create_brings_rows(&r->w);
}

bool statement_create(struct statement_reader *r)
{
	struct object o = object_options(&r->w);
	if (words_skip(&r->w, "TABLE"))
		return create_table(r, o);
	if (words_skip(&r->w, "INDEX"))
		return object_index(r);
	bool database = words_skip(&r->w, "DATABASE") || words_skip(&r->w, "SCHEMA");
	if (database && o.replace)
		return object_database(r);
	r->out->kind = STATEMENT_NOTHING;
	return database || object_harmless(&r->w);
}

/* ---- alter ---- */

enum clause {
	CLAUSE_ALTERS,
	CLAUSE_INDEXES,
	CLAUSE_OPTIONS, /* of the table; several may follow each other without a comma */
	CLAUSE_RENAMES,
	CLAUSE_PARTITION,    /* of one partition, no row comes or goes; always the whole of the statement */
	CLAUSE_REPARTITIONS, /* rows come or go; likewise */
	CLAUSE_TAKES_TABLE,  /* so, and the other table's name is next */
};

static const struct {
	const char *first, *second; /* second NULL: whatever follows */
	enum clause clause;
} clause_table[] = {
	{"ADD", "INDEX", CLAUSE_INDEXES},
	{"ADD", "KEY", CLAUSE_INDEXES},
	{"ADD", "UNIQUE", CLAUSE_INDEXES},
	{"ADD", "FULLTEXT", CLAUSE_INDEXES},
	{"ADD", "SPATIAL", CLAUSE_INDEXES},
	{"ADD", "CONSTRAINT", CLAUSE_INDEXES},
	{"ADD", "FOREIGN", CLAUSE_INDEXES},
	{"ADD", "CHECK", CLAUSE_INDEXES},
	{"ADD", "PARTITION", CLAUSE_PARTITION},
	{"ALTER", "INDEX", CLAUSE_INDEXES},
	{"ALTER", "KEY", CLAUSE_INDEXES},
	{"ALTER", "CHECK", CLAUSE_INDEXES},
	{"ALTER", "CONSTRAINT", CLAUSE_INDEXES},
	{"ANALYZE", "PARTITION", CLAUSE_PARTITION},
	{"CHECK", "PARTITION", CLAUSE_PARTITION},
	{"CONVERT", "PARTITION", CLAUSE_REPARTITIONS},
	{"CONVERT", "TABLE", CLAUSE_TAKES_TABLE},
	{"DISABLE", "KEYS", CLAUSE_INDEXES},
	{"DISCARD", NULL, CLAUSE_REPARTITIONS},
	{"DROP", "INDEX", CLAUSE_INDEXES},
	{"DROP", "KEY", CLAUSE_INDEXES},
	{"DROP", "FOREIGN", CLAUSE_INDEXES},
	{"DROP", "CONSTRAINT", CLAUSE_INDEXES},
	{"DROP", "CHECK", CLAUSE_INDEXES},
	{"DROP", "PARTITION", CLAUSE_REPARTITIONS},
	{"ENABLE", "KEYS", CLAUSE_INDEXES},
	{"EXCHANGE", "PARTITION", CLAUSE_REPARTITIONS},
	{"IMPORT", NULL, CLAUSE_REPARTITIONS},
	{"OPTIMIZE", "PARTITION", CLAUSE_PARTITION},
	{"REBUILD", "PARTITION", CLAUSE_PARTITION},
	{"RENAME", "COLUMN", CLAUSE_ALTERS},
	{"RENAME", "INDEX", CLAUSE_INDEXES},
	{"RENAME", "KEY", CLAUSE_INDEXES},
	{"RENAME", NULL, CLAUSE_RENAMES},
	{"REORGANIZE", NULL, CLAUSE_REPARTITIONS},
	{"REPAIR", "PARTITION", CLAUSE_REPARTITIONS},
	{"TRUNCATE", "PARTITION", CLAUSE_REPARTITIONS},
	{"WITH", "VALIDATION", CLAUSE_INDEXES},
	{"WITHOUT", "VALIDATION", CLAUSE_INDEXES},
};

static bool clause_option(const struct words *w)
{
	static const char *const options[] = {
		"COMMENT", "AUTO_INCREMENT", "STATS_PERSISTENT", "STATS_AUTO_RECALC", "STATS_SAMPLE_PAGES", "ALGORITHM",
		"LOCK"};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (words_is(w, options[i]))
			return true;
	return false;
}

/* Stands behind the words that decided. */
static enum clause clause_kind(struct words *w)
{
	if (clause_option(w))
		return CLAUSE_OPTIONS;
	for (size_t i = 0; i < sizeof clause_table / sizeof *clause_table; i++) {
		struct words before = *w;
		if (!words_skip(w, clause_table[i].first))
			continue;
		if (!clause_table[i].second || words_skip(w, clause_table[i].second))
			return clause_table[i].clause;
		*w = before;
	}
	return CLAUSE_ALTERS;
}

/* On to the comma behind the clause, or to the end. True: one of the words outside parentheses changes the primary
 * key, or begins a partition clause, which needs no comma. */
static bool clause_rest(struct words *w)
{
	bool more = false;
	int depth = 0;
	for (; w->now.kind != WORD_END && (depth > 0 || !words_mark(w, ',')); words_next(w)) {
		depth += words_mark(w, '(') - words_mark(w, ')');
		if (depth == 0 && word_is_name(&w->now) && word_equals(&w->now, "PRIMARY"))
			more = true;
		if (depth == 0 && (words_is(w, "PARTITION") || words_is(w, "PARTITIONING")))
			more = true;
	}
	return more;
}

/* name [=] value, as often as there are some. False: another option stands among them. */
static bool clause_options(struct words *w)
{
	while (clause_option(w)) {
		words_next(w);
		words_skip_mark(w, '=');
		words_next(w);
	}
	bool only = w->now.kind == WORD_END || words_mark(w, ',') || words_mark(w, ';');
	clause_rest(w);
	return only;
}

/* EXCHANGE PARTITION p WITH TABLE other, CONVERT PARTITION p TO TABLE other, CONVERT TABLE other TO PARTITION p. */
static bool clause_other_table(struct statement_reader *r, bool there)
{
	while (!there && r->w.now.kind != WORD_END) {
		there = words_is(&r->w, "TABLE");
		words_next(&r->w);
	}
	if (!there)
		return true;
	struct statement_table *t = table_add(r, EFFECT_REPARTITIONED);
	return table_name(r, &t->schema, &t->name);
}

struct alter {
	struct statement_table target, renamed;
	bool indexes, alters, renames, repartitions, takes;
};

static bool alter_clause(struct statement_reader *r, struct alter *a)
{
	enum clause clause = clause_kind(&r->w);
	switch (clause) {
	case CLAUSE_RENAMES:
		if (!words_skip(&r->w, "TO") && !words_skip(&r->w, "AS"))
			words_skip_mark(&r->w, '=');
		a->renames = true;
		if (!table_name(r, &a->renamed.to_schema, &a->renamed.to_name))
			return false;
		a->alters |= clause_rest(&r->w);
		return true;
	case CLAUSE_OPTIONS:
		*(clause_options(&r->w) ? &a->indexes : &a->alters) = true;
		return true;
	case CLAUSE_TAKES_TABLE:
	case CLAUSE_REPARTITIONS:
		a->repartitions = true;
		a->takes = clause == CLAUSE_TAKES_TABLE;
		return true;
	case CLAUSE_PARTITION:
		a->indexes = true;
		while (r->w.now.kind != WORD_END)
			words_next(&r->w);
		return true;
	default:
		*(clause_rest(&r->w) || clause == CLAUSE_ALTERS ? &a->alters : &a->indexes) = true;
		return true;
	}
}

static void alter_effects(struct statement_reader *r, struct alter *a)
{
	if (a->repartitions)
		a->target.effect = EFFECT_REPARTITIONED;
	else
		a->target.effect = a->alters ? EFFECT_ALTERED : EFFECT_INDEXED;
	if (a->repartitions || a->alters || a->indexes)
		*table_add(r, a->target.effect) = a->target;
	if (!a->renames)
		return;
	struct statement_table *t = table_add(r, EFFECT_RENAMED);
	*t = a->target;
	t->effect = EFFECT_RENAMED;
	t->to_schema = a->renamed.to_schema;
	t->to_name = a->renamed.to_name;
}

static bool alter_table(struct statement_reader *r, bool ignore)
{
	/* ALTER IGNORE TABLE ... ADD UNIQUE deletes the rows that are in its way. */
	struct alter a = {.alters = ignore};
	a.target.conditional = table_if_exists(&r->w);
	if (!table_name(r, &a.target.schema, &a.target.name))
		return false;
	table_wait(&r->w);
	do {
		if (!alter_clause(r, &a))
			return false;
	} while (!a.repartitions && words_skip_mark(&r->w, ','));
	alter_effects(r, &a);
	return !a.repartitions || clause_other_table(r, a.takes);
}

bool statement_alter(struct statement_reader *r)
{
	struct object o = object_options(&r->w);
	if (words_skip(&r->w, "TABLE"))
		return alter_table(r, o.ignore);
	r->out->kind = STATEMENT_NOTHING;
	return object_harmless(&r->w) || words_is(&r->w, "DATABASE") || words_is(&r->w, "SCHEMA");
}
