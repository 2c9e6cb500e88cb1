/* Preflight, the model's tables: what they are, and whether the server can say which row an update or delete was of.
 *
 * A table without a working replica identity is harmless until somebody publishes it; from then on the server refuses the bank's own updates
 * and deletes. So it is told here, before the publication is.
 */
#include "config.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/language.h"
#include "model/model.h"
#include "pgoutput/cell.h"
#include "source/postgres/check.h"
#include "source/postgres/private.h"

#define TYPE_JSON 114
#define TYPE_XML  142
#define NAME_MOST 63 /* bytes of a name */

/* ---- a table that is not found ---- */

static bool missing_fix(struct checking *k, const struct entity *e, const char **fix, struct error *err)
{
	struct buffer sql = {0};
	struct postgres_rows r;

	*fix = N_("create it, or correct the model or the URL");
	buffer_format(&sql,
		      "SELECT n.nspname AS schema FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		      "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND "
		      "lower(c.relname::text COLLATE \"C\") = lower(%s COLLATE \"C\") ORDER BY n.nspname LIMIT 1", check_literal(k, e->table));
	bool ok = postgres_client_rows(k->m->control, buffer_text(&sql), &r, err);
	if (ok && postgres_rows_next(&r)) {
		const char *schema = report_text(&k->r, postgres_rows_named(&r, "schema"));
		*fix = report_format(&k->r, N_("schema=%s in the URL, or table = %s.%s in the model"), schema, schema, e->table);
	}
	postgres_rows_done(&r);
	buffer_done(&sql);
	return ok;
}

/* ---- what it is ---- */

static void check_kind(struct checking *k, const struct entity *e, const struct postgres_table *t)
{
	if (t->persistence == 'u')
		report_tell(&k->r, true, e->table, report_format(&k->r, "ALTER TABLE %s SET LOGGED", check_table_name(k, t)), "it is unlogged: the log tells nothing of it");
	if (t->persistence == 't')
		report_tell(&k->r, true, e->table, N_("name a permanent table in the model"), "it is temporary: the log tells nothing of it");
	if (t->inherits)
		report_tell(&k->r, true, e->table, N_("name each of them as an entity of its own, or make them its partitions"),
			    "tables inherit from it: their rows are read with its own, but change under their own names");
	if (t->row_security)
		report_tell(&k->r, true, e->table, report_format(&k->r, "ALTER ROLE %s BYPASSRLS", k->account),
			    "row security would hide rows of it when it is read, while all of its changes are sent");
}

static void check_generated(struct checking *k, const struct postgres_column *c, const char *object)
{
	int version = postgres_client_server(k->m->control)->version;

	if (!c->generated || c->published)
		return;
	if (version < 180000 || !c->stored)
		report_tell(&k->r, true, object, N_("take the column out of the model"), "it is generated: the server does not send what it holds");
	else if (k->m->shape.publication.exists)
		report_tell(&k->r, true, object, report_format(&k->r, "ALTER PUBLICATION %s SET (publish_generated_columns = stored)", check_name(k, k->m->url.publication)),
			    "it is generated, and the publication does not send such columns");
}

static bool can_be_key(uint32_t type)
{
	return type != PGTYPE_FLOAT4 && type != PGTYPE_FLOAT8 && type != TYPE_JSON && type != TYPE_XML;
}

static void check_columns(struct checking *k, const struct entity *e, const struct postgres_table *t)
{
	for (int i = 0; i < e->column_count; i++) {
		const struct postgres_column *c = t->base.place[i] >= 0 ? &t->columns[t->base.place[i]] : NULL;
		const char *object = report_format(&k->r, "%s.%s", e->table, e->columns[i].name);
		if (!c)
			continue;
		check_generated(k, c, object);
		if (e->columns[i].key >= 0 && !can_be_key(c->type))
			report_tell(&k->r, true, object, N_("choose another unique key in the model"), "a key of type %s cannot be read in order", c->type_text);
	}
}

/* ---- its identity ---- */

static bool key_is_there(const struct entity *e, const struct postgres_table *t)
{
	for (int i = 0; i < e->key_count; i++)
		if (t->base.place[e->key[i]] < 0)
			return false;
	return true;
}

/* A name for a second key, which should be free, and short enough in whole characters. */
static const char *constraint_name(struct checking *k, const struct entity *e, const struct postgres_table *t)
{
	static const char end[] = "_identity";
	struct buffer name = {0};

	buffer_text_add(&name, t->base.name);
	for (int i = 0; i < e->key_count; i++)
		buffer_format(&name, "_%s", t->columns[t->base.place[e->key[i]]].name);
	if (name.len > NAME_MOST - (sizeof end - 1))
		for (buffer_cut(&name, NAME_MOST - (sizeof end - 1) + 1); name.len;) {
			bool whole = ((unsigned char)buffer_text(&name)[name.len - 1] & 0xC0) != 0x80;
			buffer_cut(&name, name.len - 1);
			if (whole)
				break;
		}
	buffer_text_add(&name, end);
	const char *text = check_name(k, report_text(&k->r, buffer_text(&name)));
	buffer_done(&name);
	return text;
}

/* A second key beside the primary one: its columns never NULL, unique, and the identity. */
static void add_unique(struct checking *k, const struct entity *e, const struct postgres_table *t, struct buffer *sql)
{
	const char *index = t->nullable_index ? check_name(k, t->nullable_index) : constraint_name(k, e, t), *comma = "";

	for (int i = 0; i < e->key_count; i++) {
		const struct postgres_column *c = &t->columns[t->base.place[e->key[i]]];
		if (c->not_null)
			continue;
		buffer_format(sql, "%s ALTER COLUMN %s SET NOT NULL", comma, check_name(k, c->name));
		comma = ",";
	}
	if (!t->nullable_index) {
		buffer_format(sql, "%s ADD CONSTRAINT %s UNIQUE (%s)", comma, index, check_key(k, e, t));
		comma = ",";
	}
	if (t->identity != 'f')
		buffer_format(sql, "%s REPLICA IDENTITY USING INDEX %s", comma, index);
}

/* One statement that gives a table of its own rows its key and its identity. */
static const char *identity_fix(struct checking *k, const struct entity *e, const struct postgres_table *t)
{
	struct buffer sql = {0};

	buffer_format(&sql, "ALTER TABLE %s", check_table_name(k, t));
	if (!t->base.keyed && t->has_primary)
		add_unique(k, e, t, &sql);
	else if (!t->base.keyed)
		buffer_format(&sql, " ADD PRIMARY KEY (%s)%s", check_key(k, e, t), t->identity == 'd' || t->identity == 'f' ? "" : ", REPLICA IDENTITY DEFAULT");
	else if (!t->unique_index)
		buffer_text_add(&sql, " REPLICA IDENTITY FULL");
	else if (t->unique_is_primary)
		buffer_text_add(&sql, " REPLICA IDENTITY DEFAULT");
	else
		buffer_format(&sql, " REPLICA IDENTITY USING INDEX %s", check_name(k, t->unique_index));
	const char *text = report_text(&k->r, buffer_text(&sql));
	buffer_done(&sql);
	return text;
}

static const char *want_of_identity(const struct postgres_table *t)
{
	if (t->kind == 'p')
		return N_("a partition of it has none");
	if (t->identity == 'n')
		return N_("its replica identity is NOTHING");
	if (t->identity == 'i')
		return N_("the index of its replica identity is gone");
	return t->has_primary ? N_("its primary key is deferrable, which makes no replica identity") : N_("it has no primary key");
}

static void tell_identity(struct checking *k, const struct entity *e, const struct postgres_table *t, const char *fix)
{
	const struct postgres_publication *p = &k->m->shape.publication;
	bool fails = t->listed && (p->updates || p->deletes);

	if (!t->identity_works)
		report_tell(&k->r, true, e->table, fix,
			    fails ? N_("%s: the bank's updates and deletes of it fail now, since the publication has it")
				  : N_("%s: the bank's updates and deletes of it would fail from the moment it is published; mend it before"), want_of_identity(t));
	else if (!t->base.keyed)
		report_tell(&k->r, true, e->table, fix, "(%s) is no primary key, nor unique and not null", sql_key_list(&k->r, e));
	else
		report_tell(&k->r, true, e->table, fix, "its replica identity lacks (%s): an update or delete would not tell which row it was of", sql_key_list(&k->r, e));
}

/* ---- partitions ---- */

/* Where the model's key has an index: each member whose identity is not by its part of it. A member that holds rows may also send them whole. */
static const char by_index_sql[] =
	"WITH RECURSIVE tree (id, index) AS (SELECT i.indrelid, i.indexrelid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid "
	"WHERE i.indrelid = %u AND x.relname = %s UNION ALL SELECT i.indrelid, i.indexrelid FROM tree t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.index "
	"JOIN pg_catalog.pg_index i ON i.indexrelid = h.inhrelid) "
	"SELECT n.nspname AS schema, c.relname AS name, CASE WHEN NOT i.indisprimary THEN x.relname END AS index FROM tree t "
	"JOIN pg_catalog.pg_index i ON i.indexrelid = t.index JOIN pg_catalog.pg_class x ON x.oid = t.index JOIN pg_catalog.pg_class c ON c.oid = t.id "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT CASE c.relreplident WHEN 'f' THEN c.relkind <> 'p' WHEN 'd' THEN i.indisprimary "
	"WHEN 'i' THEN i.indisreplident ELSE false END ORDER BY c.relkind = 'p' DESC, c.oid";

static const char members_sql[] =
	"WITH RECURSIVE tree (id) AS (SELECT %u::oid UNION ALL SELECT h.inhrelid FROM tree t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.id) "
	"SELECT n.nspname AS schema, c.relname AS name, c.relkind, c.relpersistence, c.relreplident FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.id "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind <> 'p' ORDER BY c.oid";

static const char *member_name(struct checking *k, const struct postgres_rows *r)
{
	struct postgres_table t = {.schema = report_text(&k->r, postgres_rows_named(r, "schema")), .base.name = report_text(&k->r, postgres_rows_named(r, "name"))};

	return check_table_name(k, &t);
}

/* A statement for each member that needs one. */
static bool partition_fix(struct checking *k, const struct postgres_table *t, const char **fix, struct error *err)
{
	char *ask = t->unique_index ? memory_format(by_index_sql, t->oid, check_literal(k, t->unique_index)) : memory_format(members_sql, t->oid);
	struct buffer sql = {0};
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control, ask, &r, err);

	while (ok && postgres_rows_next(&r)) {
		const char *index = postgres_rows_named(&r, "index"), *identity = postgres_rows_named(&r, "relreplident");
		if (identity && *identity == 'f')
			continue;
		buffer_format(&sql, "%sALTER TABLE %s REPLICA IDENTITY ", sql.len ? "; " : "", member_name(k, &r));
		if (index)
			buffer_format(&sql, "USING INDEX %s", check_name(k, report_text(&k->r, index)));
		else
			buffer_text_add(&sql, t->unique_index ? "DEFAULT" : "FULL");
	}
	*fix = report_text(&k->r, buffer_text(&sql));
	postgres_rows_done(&r);
	buffer_done(&sql);
	free(ask);
	return ok;
}

/* A key of a partitioned table has the columns its rows are told apart by. */
static bool partition_key(struct checking *k, const struct entity *e, const struct postgres_table *t, const char **fix, struct error *err)
{
	char *ask = memory_format("SELECT pg_catalog.unnest(partattrs::int2[]) AS number FROM pg_catalog.pg_partitioned_table WHERE partrelid = %u", t->oid);
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control, ask, &r, err), within = !t->has_primary;

	while (ok && postgres_rows_next(&r)) {
		const char *text = postgres_rows_named(&r, "number");
		bool found = false;
		for (int i = 0; text && i < e->key_count; i++)
			found = found || t->columns[t->base.place[e->key[i]]].number == atoi(text);
		within = within && found;
	}
	*fix = within ? report_format(&k->r, "ALTER TABLE %s ADD PRIMARY KEY (%s)", check_table_name(k, t), check_key(k, e, t))
		      : N_("name in the model a key that is unique over all partitions: it has the columns they are made by");
	postgres_rows_done(&r);
	free(ask);
	return ok;
}

/* Rows that lie where the log does not tell of them. */
static bool check_members(struct checking *k, const struct entity *e, const struct postgres_table *t, struct error *err)
{
	char *ask = memory_format(members_sql, t->oid);
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control, ask, &r, err);

	while (ok && postgres_rows_next(&r)) {
		const char *kind = postgres_rows_named(&r, "relkind"), *persistence = postgres_rows_named(&r, "relpersistence"), *name = member_name(k, &r);
		if (kind && *kind == 'f')
			report_tell(&k->r, true, e->table, report_format(&k->r, "ALTER TABLE %s DETACH PARTITION %s", check_table_name(k, t), name),
				    "its partition %s is a foreign table: its rows are another server's", name);
		else if (persistence && *persistence != 'p')
			report_tell(&k->r, true, e->table, report_format(&k->r, "ALTER TABLE %s SET LOGGED", name), "its partition %s is unlogged: the log tells nothing of it", name);
	}
	postgres_rows_done(&r);
	free(ask);
	return ok;
}

/* ---- all of them ---- */

static bool check_identity(struct checking *k, const struct entity *e, const struct postgres_table *t, struct error *err)
{
	const char *fix;

	if ((t->base.keyed && t->identity_works && t->identity_is_key) || !key_is_there(e, t))
		return true;
	if (t->kind != 'p')
		fix = identity_fix(k, e, t);
	else if (!(t->base.keyed ? partition_fix(k, t, &fix, err) : partition_key(k, e, t, &fix, err)))
		return false;
	tell_identity(k, e, t, fix);
	return true;
}

static bool check_table(struct checking *k, int entity, struct error *err)
{
	const struct entity *e = &k->m->base.model->entities[entity];
	const struct postgres_table *t = &k->m->shape.tables[entity];
	struct sql_table base = t->base;
	const char *fix = NULL;

	/* What is to be done about a key depends on the identity. */
	base.keyed = true;
	if (!t->base.name && !e->optional && !missing_fix(k, e, &fix, err))
		return false;
	if (!sql_check_table(&k->r, e, &base, postgres_client_server(k->m->control)->database, fix))
		return true;
	if (t->kind == 'f') {
		report_tell(&k->r, true, e->table, N_("follow the server that has it"), "it is a foreign table: it has no changes of its own");
		return true;
	}
	if (!check_identity(k, e, t, err) || (t->kind == 'p' && !check_members(k, e, t, err)))
		return false;
	check_kind(k, e, t);
	check_columns(k, e, t);
	return true;
}

bool check_tables(struct checking *k, struct error *err)
{
	for (int i = 0; i < k->m->base.model->entity_count; i++)
		if (!check_table(k, i, err))
			return false;
	return true;
}
