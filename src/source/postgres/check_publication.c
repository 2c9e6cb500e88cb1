/* Preflight, the publication: the model's tables, all they do, under their own names, and nothing else. */
#include "config.h"

#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "model/model.h"
#include "source/postgres/check.h"
#include "source/postgres/private.h"

#define OBJECT "publication"

static const struct postgres_table *table_at(const struct checking *k, int entity)
{
	const struct postgres_table *t = &k->m->shape.tables[entity];

	/* Others cannot be published, which is told of each; one that is not logged can be as soon as it is. */
	return t->base.name && (t->kind == 'r' || t->kind == 'p') && t->persistence != 't' ? t : NULL;
}

/* Two entities may be of one table. */
static bool named_before(const struct checking *k, int entity)
{
	for (int i = 0; i < entity; i++)
		if (k->m->shape.tables[i].base.name && k->m->shape.tables[i].oid == k->m->shape.tables[entity].oid)
			return true;
	return false;
}

/* "a, b": those that can be published; lacking: and are not yet. NULL: none. */
static const char *table_list(struct checking *k, bool lacking)
{
	struct buffer names = {0};

	for (int i = 0; i < k->m->base.model->entity_count; i++) {
		const struct postgres_table *t = table_at(k, i);
		if (t && !(lacking && t->listed) && !named_before(k, i))
			buffer_format(&names, "%s%s", names.len ? ", " : "", check_table_name(k, t));
	}
	const char *list = names.len ? report_text(&k->r, buffer_text(&names)) : NULL;
	buffer_done(&names);
	return list;
}

static bool any_partitioned(const struct checking *k)
{
	for (int i = 0; i < k->m->base.model->entity_count; i++)
		if (table_at(k, i) && table_at(k, i)->kind == 'p')
			return true;
	return false;
}

/* One that is modelled, or part of an identity: from 18 on the server refuses updates and deletes of rows whose identity it does not send. */
static bool any_generated(const struct checking *k)
{
	for (int i = 0; i < k->m->base.model->entity_count; i++) {
		const struct postgres_table *t = table_at(k, i);
		for (int c = 0; t && c < t->column_count; c++)
			if (t->columns[c].stored && (t->columns[c].model >= 0 || !t->filter_works))
				return true;
	}
	return false;
}

/* Never of all tables: from then on the bank could make none without an identity and change its rows. */
static const char *create_fix(struct checking *k)
{
	bool generated = k->m->target.version >= 180000 && any_generated(k), root = k->m->target.version >= 130000 && any_partitioned(k);
	const char *list = table_list(k, false);

	if (!list)
		return NULL;
	return report_format(&k->r, "CREATE PUBLICATION %s FOR TABLE %s%s%s%s%s%s", check_name(k, k->m->url.publication), list, root || generated ? " WITH (" : "",
			     root ? "publish_via_partition_root = true" : "", root && generated ? ", " : "", generated ? "publish_generated_columns = stored" : "",
			     root || generated ? ")" : "");
}

static void check_missing(struct checking *k)
{
	const char *fix = create_fix(k), *name = k->m->url.publication;

	report_tell(&k->r, true, OBJECT, fix ? fix : N_("create the tables first, or correct the model"), "there is no publication %s", name);
}

/* ---- one that is there ---- */

static void check_operations(struct checking *k, const struct postgres_publication *p)
{
	if (p->inserts && p->updates && p->deletes && p->truncates)
		return;
	report_tell(&k->r, true, OBJECT,
		    report_format(&k->r, "ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate')", check_name(k, k->m->url.publication)),
		    "publication %s leaves out%s%s%s%s", k->m->url.publication, p->inserts ? "" : " insert", p->updates ? "" : " update", p->deletes ? "" : " delete",
		    p->truncates ? "" : " truncate");
}

static void check_root(struct checking *k, const struct postgres_publication *p)
{
	if (!any_partitioned(k) || p->via_root)
		return;
	if (k->m->target.version < 130000)
		report_tell(&k->r, true, OBJECT, N_("upgrade the server to 13, or name the partitions in the model"),
			    "this version sends the rows of a partitioned table only under the names of its partitions");
	else
		report_tell(&k->r, true, OBJECT, report_format(&k->r, "ALTER PUBLICATION %s SET (publish_via_partition_root = true)", check_name(k, k->m->url.publication)),
			    "publication %s sends the rows of a partitioned table under the names of its partitions", k->m->url.publication);
}

static void check_members(struct checking *k, const struct postgres_publication *p)
{
	const char *lacking = table_list(k, true), *name = check_name(k, k->m->url.publication);

	if (lacking)
		report_tell(&k->r, true, OBJECT, report_format(&k->r, "ALTER PUBLICATION %s ADD TABLE %s", name, lacking), "publication %s lacks %s", k->m->url.publication, lacking);
	if (p->all_tables) {
		const char *create = create_fix(k);
		report_tell(&k->r, false, OBJECT,
			    create ? report_format(&k->r, "BEGIN; DROP PUBLICATION %s; %s; COMMIT", name, create) : N_("make one of the model's tables instead"),
			    "publication %s is of all tables: in one without a replica identity the bank could not update or delete rows", k->m->url.publication);
	}
}

/* In one transaction, so that no change falls between. */
static const char *again_fix(struct checking *k, const struct postgres_table *t)
{
	const char *name = check_name(k, k->m->url.publication), *table = check_table_name(k, t);

	return report_format(&k->r, "BEGIN; ALTER PUBLICATION %s DROP TABLE %s; ALTER PUBLICATION %s ADD TABLE %s; COMMIT", name, table, name, table);
}

static const char *unlisted_columns(struct checking *k, const struct postgres_table *t)
{
	struct buffer names = {0};

	for (int i = 0; t->column_list && i < t->column_count; i++)
		if (t->columns[i].model >= 0 && !t->columns[i].published && !t->columns[i].generated)
			buffer_format(&names, "%s%s", names.len ? ", " : "", t->columns[i].name);
	const char *list = names.len ? report_text(&k->r, buffer_text(&names)) : NULL;
	buffer_done(&names);
	return list;
}

static void check_listed(struct checking *k, const struct entity *e, const struct postgres_table *t)
{
	const struct postgres_publication *p = &k->m->shape.publication;
	const char *columns = unlisted_columns(k, t);

	if (t->published_as)
		report_tell(&k->r, true, e->table, report_format(&k->r, "ALTER PUBLICATION %s SET (publish_via_partition_root = false)", check_name(k, k->m->url.publication)),
			    "its rows are sent as those of %s, whose partition it is; the model may name that one instead", t->published_as);
	if (!t->filter_works && (p->updates || p->deletes) && !t->column_list && !t->filter)
		report_tell(&k->r, true, e->table, report_format(&k->r, "ALTER PUBLICATION %s SET (publish_generated_columns = stored)", check_name(k, k->m->url.publication)),
			    "the bank's updates and deletes of it fail now: its replica identity has generated columns, which the publication does not send");
	else if (!t->filter_works && (p->updates || p->deletes))
		report_tell(&k->r, true, e->table, again_fix(k, t),
			    "the bank's updates and deletes of it fail now: the publication's row filter or list of columns needs more than the replica identity has");
	else if (columns)
		report_tell(&k->r, true, e->table, again_fix(k, t), "the publication's list of columns lacks %s", columns);
	if (t->filter)
		report_tell(&k->r, false, e->table, again_fix(k, t), "the publication sends only rows where %s: others are not in the replica", t->filter);
}

void check_publication(struct checking *k)
{
	const struct postgres_publication *p = &k->m->shape.publication;

	if (!p->exists) {
		check_missing(k);
		return;
	}
	check_members(k, p);
	check_root(k, p);
	check_operations(k, p);
	for (int i = 0; i < k->m->base.model->entity_count; i++)
		if (table_at(k, i) && table_at(k, i)->listed)
			check_listed(k, &k->m->base.model->entities[i], table_at(k, i));
}
