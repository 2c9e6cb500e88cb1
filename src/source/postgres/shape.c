#include "config.h"

#include "source/postgres/shape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/model.h"
#include "source/postgres/client.h"
#include "source/postgres/shape_private.h"

void postgres_shape_init(struct postgres_shape *s)
{
	*s = (struct postgres_shape){0};
	arena_init(&s->arena);
}

void postgres_shape_done(struct postgres_shape *s)
{
	arena_done(&s->arena);
}

/* ---- prints ---- */

uint32_t postgres_print(uint32_t print, const void *p, size_t n)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++)
		print = (print ^ bytes[i]) * UINT32_C(16777619);
	return print;
}

/* Byte by byte: a replica may be carried to a machine of another order. */
static uint32_t print_number(uint32_t print, uint32_t number)
{
	unsigned char bytes[] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16), (unsigned char)(number >> 8), (unsigned char)number};

	return postgres_print(print, bytes, sizeof bytes);
}

uint32_t postgres_print_column(uint32_t print, const char *name, uint32_t type, int32_t modifier)
{
	print = postgres_print(print, name, strlen(name) + 1);
	return print_number(print_number(print, type), (uint32_t)modifier);
}

static uint16_t print_fold(uint32_t print)
{
	return (uint16_t)(print >> 16 ^ print);
}

static void print_relation(struct postgres_table *t)
{
	t->relation_print = PRINT_BEGIN;
	for (int i = 0; i < t->column_count; i++)
		if (t->columns[i].published && t->columns[i].model >= 0)
			t->relation_print = postgres_print_column(t->relation_print, t->columns[i].name, t->columns[i].declared, t->columns[i].modifier);
}

/* ---- names ---- */

/* "schema.table": where the schema ends; NULL: a table alone. */
static const char *name_dot(const char *table)
{
	const char *dot = strchr(table, '.');

	return dot && dot != table && dot[1] ? dot : NULL;
}

static bool in_path(const struct postgres_shape *s, const char *schema)
{
	for (int i = 0; i < s->path_count; i++)
		if (strcmp(s->path[i], schema) == 0)
			return true;
	return false;
}

/* What the model says, where the catalogue has nothing (any more). */
static bool would_be(const struct postgres_shape *s, const char *table, const char *schema, const char *name)
{
	const char *dot = name_dot(table);

	if (strcasecmp(dot ? dot + 1 : table, name) != 0)
		return false;
	if (dot)
		return strlen(schema) == (size_t)(dot - table) && strncasecmp(table, schema, (size_t)(dot - table)) == 0;
	return s->target.schema ? strcasecmp(s->target.schema, schema) == 0 : in_path(s, schema);
}

int postgres_shape_entity(const struct postgres_shape *s, const char *schema, const char *name)
{
	schema = *schema ? schema : "pg_catalog";
	for (int i = 0; i < s->entity_count; i++)
		if (s->tables[i].base.name && strcmp(s->tables[i].base.name, name) == 0 && strcmp(s->tables[i].schema, schema) == 0)
			return i;
	for (int i = 0; i < s->entity_count; i++)
		if (!s->tables[i].base.name && would_be(s, s->target.model->entities[i].table, schema, name))
			return i;
	return -1;
}

int postgres_shape_column(const struct postgres_table *t, const char *name)
{
	int found = -1;

	for (int i = 0; i < t->column_count; i++) {
		if (strcmp(t->columns[i].name, name) == 0)
			return i;
		if (found < 0 && strcasecmp(t->columns[i].name, name) == 0)
			found = i;
	}
	return found;
}

/* ---- reading the catalogue ---- */

const char *shape_text(struct postgres_shape *s, const struct postgres_rows *r, const char *name)
{
	return arena_text(&s->arena, postgres_rows_named(r, name));
}

bool shape_is(const struct postgres_rows *r, const char *name)
{
	const char *text = postgres_rows_named(r, name);

	return text && *text == 't';
}

char shape_letter(const struct postgres_rows *r, const char *name)
{
	const char *text = postgres_rows_named(r, name);

	return text ? *text : '\0';
}

int64_t shape_number(const struct postgres_rows *r, const char *name, int64_t absent)
{
	const char *text = postgres_rows_named(r, name);

	return text ? strtoll(text, NULL, 10) : absent;
}

struct postgres_table *shape_row(struct postgres_shape *s, const struct postgres_rows *r)
{
	int64_t entity = shape_number(r, "entity", -1);

	return entity >= 0 && entity < s->entity_count ? &s->tables[entity] : NULL;
}

static void add_literal(struct buffer *sql, const char *text)
{
	postgres_literal(sql, text, strlen(text));
}

bool shape_ask(struct postgres_client *c, struct buffer *sql, struct postgres_rows *out, struct error *err)
{
	bool ok = postgres_client_rows(c, buffer_text(sql), out, err);

	buffer_done(sql);
	return ok;
}

static bool load_path(struct postgres_shape *s, struct postgres_client *c, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(c, "SELECT unnest(pg_catalog.current_schemas(true)) AS schema", &r, err);

	if (ok)
		s->path = arena_zero(&s->arena, (size_t)r.count + 1, sizeof *s->path);
	while (ok && postgres_rows_next(&r))
		s->path[s->path_count++] = shape_text(s, &r, "schema");
	postgres_rows_done(&r);
	return ok;
}

static bool load_publication(struct postgres_shape *s, struct postgres_client *c, struct error *err)
{
	struct buffer sql = {0};
	struct postgres_rows r;
	int version = s->target.version;

	buffer_format(&sql, "SELECT puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, %s AS via_root, %s AS generated "
			    "FROM pg_catalog.pg_publication WHERE pubname = ",
		      version >= 130000 ? "pubviaroot" : "false", version >= 180000 ? "pubgencols = 's'" : "false");
	add_literal(&sql, s->target.publication);
	bool ok = shape_ask(c, &sql, &r, err);
	if (ok && postgres_rows_next(&r))
		s->publication = (struct postgres_publication){
			.exists = true, .all_tables = shape_is(&r, "puballtables"), .inserts = shape_is(&r, "pubinsert"), .updates = shape_is(&r, "pubupdate"),
			.deletes = shape_is(&r, "pubdelete"), .truncates = shape_is(&r, "pubtruncate"), .via_root = shape_is(&r, "via_root"),
			.generated = shape_is(&r, "generated"),
		};
	postgres_rows_done(&r);
	return ok;
}

/* wanted (entity, schema, name): the names, as the model has them. */
static void with_names(const struct postgres_shape *s, struct buffer *sql)
{
	const struct model *m = s->target.model;

	buffer_text_add(sql, "wanted (entity, schema, name) AS (VALUES ");
	for (int i = 0; i < m->entity_count; i++) {
		const char *table = m->entities[i].table, *dot = name_dot(table);
		buffer_format(sql, "%s(%d, ", i ? ", " : "", i);
		if (dot)
			postgres_literal(sql, table, (size_t)(dot - table));
		else if (s->target.schema)
			add_literal(sql, s->target.schema);
		else
			buffer_text_add(sql, "NULL");
		buffer_text_add(sql, "::text, ");
		add_literal(sql, dot ? dot + 1 : table);
		buffer_text_add(sql, "::text)");
	}
	buffer_text_add(sql, ")");
}

bool shape_with_tables(const struct postgres_shape *s, struct buffer *sql)
{
	bool any = false;

	buffer_text_add(sql, "wanted (entity, oid) AS (VALUES ");
	for (int i = 0; i < s->entity_count; i++) {
		if (!s->tables[i].base.name)
			continue;
		buffer_format(sql, "%s(%d, %u::oid)", any ? ", " : "", i, s->tables[i].oid);
		any = true;
	}
	buffer_text_add(sql, ")");
	return any;
}

/* pg_table_is_visible would look at the catalogue of now, not of this snapshot, and miss what is being replaced.
 * As the name is written before any case, what the search_path has first before the rest; what lies in one of its schemas that may not be
 * used is found last, so that this can be told. */
static const char found_sql[] =
	", path AS (SELECT CASE p.name WHEN '\"$user\"' THEN pg_catalog.quote_ident(current_user) ELSE p.name END AS name, p.place FROM pg_catalog.unnest("
	"pg_catalog.string_to_array(pg_catalog.replace(pg_catalog.current_setting('search_path'), ', ', ','), ',')) WITH ORDINALITY AS p (name, place))"
	", found AS (SELECT DISTINCT ON (w.entity) w.entity, c.*, n.nspname, c.oid AS id FROM wanted w "
	"JOIN pg_catalog.pg_class c ON lower(c.relname::text COLLATE \"C\") = lower(w.name COLLATE \"C\") "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"LEFT JOIN LATERAL (SELECT min(path.place) AS place FROM path WHERE path.name IN (n.nspname, pg_catalog.quote_ident(n.nspname))) place ON true "
	"WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND CASE WHEN w.schema IS NOT NULL THEN lower(n.nspname::text COLLATE \"C\") = lower(w.schema COLLATE \"C\") "
	"ELSE place.place IS NOT NULL OR n.nspname = 'pg_catalog' END "
	"ORDER BY w.entity, pg_catalog.has_schema_privilege(n.oid, 'USAGE') DESC, c.relname = w.name AND n.nspname = coalesce(w.schema, n.nspname) DESC, place.place, c.oid)"
	/* partitions below a table, to the last, and since when; partitioned tables above it */
	", tree (entity, id, since) AS (SELECT entity, id, NULL::text FROM found UNION ALL "
	"SELECT t.entity, c.oid, i.xmin::text FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.id "
	"JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE c.relispartition)"
	", above (entity, id, height) AS (SELECT entity, id, 0 FROM found UNION ALL "
	"SELECT a.entity, i.inhparent, a.height + 1 FROM above a JOIN pg_catalog.pg_class c ON c.oid = a.id AND c.relispartition "
	"JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.id)";

/* What the publication has of the tables and those above them; whole: by its schema or as one of all, so that no filter counts. */
static void with_members(const struct postgres_shape *s, struct buffer *sql)
{
	buffer_text_add(sql, ", publication AS (SELECT *, xmin AS defined FROM pg_catalog.pg_publication WHERE pubname = ");
	add_literal(sql, s->target.publication);
	buffer_format(sql,
		      "), member AS (SELECT a.entity, a.id, a.height, c.relname, r.prrelid, %s, p.puballtables OR %s AS whole, "
		      "pg_catalog.concat_ws(' ', p.defined, r.xmin%s) AS since FROM above a "
		      "CROSS JOIN publication p JOIN pg_catalog.pg_class c ON c.oid = a.id "
		      "LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = a.id)",
		      s->target.version >= 150000
			      ? "pg_catalog.pg_get_expr(r.prqual, r.prrelid) AS filter, (SELECT string_agg(n[1], ' ') FROM "
				"pg_catalog.regexp_matches(r.prqual::text, ':varattno (\\d+)', 'g') n) AS filter_columns, r.prattrs IS NOT NULL AS column_list"
			      : "NULL::text AS filter, NULL::text AS filter_columns, false AS column_list",
		      s->target.version >= 150000
			      ? "EXISTS (SELECT FROM pg_catalog.pg_publication_namespace s WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace)"
			      : "false",
		      s->target.version >= 150000
			      ? ", (SELECT s.xmin FROM pg_catalog.pg_publication_namespace s WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace)"
			      : "");
}

static const char tables_sql[] =
	" SELECT f.entity, f.id, f.nspname, f.relname, f.relkind, f.relpersistence, f.relreplident, "
	"pg_catalog.row_security_active(f.id) AS row_security, pg_catalog.has_schema_privilege(f.relnamespace, 'USAGE') AS usable, "
	"EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = f.id AND i.indisprimary) AS has_primary, "
	"f.relkind <> 'p' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = f.id) AS inherits, "
	"own.filter, own.filter_columns, own.column_list, own.whole, own.prrelid IS NOT NULL OR own.whole OR topmost.height > 0 AS listed, topmost.height, topmost.relname AS topmost, "
	"(SELECT string_agg(m.since, ',' ORDER BY m.height) FROM member m WHERE m.entity = f.entity) AS since, "
	"sizes.rows, sizes.bytes, sizes.files FROM found f "
	"LEFT JOIN member own ON own.entity = f.entity AND own.height = 0 "
	"LEFT JOIN LATERAL (SELECT m.height, m.relname FROM member m WHERE m.entity = f.entity AND (m.prrelid IS NOT NULL OR m.whole) "
	"ORDER BY m.height DESC LIMIT 1) topmost ON true "
	"CROSS JOIN LATERAL (SELECT sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind <> 'p')::bigint AS rows, "
	"(sum(c.relpages + coalesce(o.relpages, 0)) FILTER (WHERE c.relkind <> 'p') * pg_catalog.current_setting('block_size')::bigint)::bigint AS bytes, "
	"string_agg(pg_catalog.concat_ws(' ', t.id, coalesce(pg_catalog.pg_relation_filenode(t.id), 0), t.since), ' ' ORDER BY t.id) AS files "
	"FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.id LEFT JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid WHERE t.entity = f.entity) sizes";

static void read_published(struct postgres_shape *s, const struct postgres_rows *r, struct postgres_table *t)
{
	bool above = shape_number(r, "height", 0) > 0;

	/* All tables, and those of a schema, are the ones that are logged. */
	t->listed = shape_is(r, "listed") && t->persistence == 'p' && (t->kind == 'r' || t->kind == 'p');
	t->published_as = t->listed && above && s->publication.via_root ? shape_text(s, r, "topmost") : NULL;
	t->published = t->listed && !t->published_as && (t->kind == 'r' || s->publication.via_root);
	if (shape_is(r, "whole"))
		return;
	t->filter = shape_text(s, r, "filter");
	t->filter_columns = shape_text(s, r, "filter_columns");
	t->column_list = shape_is(r, "column_list");
}

static void read_table(struct postgres_shape *s, const struct postgres_rows *r, struct postgres_table *t)
{
	const char *files = postgres_rows_named(r, "files"), *since = postgres_rows_named(r, "since");
	int64_t rows = shape_number(r, "rows", 0), bytes = shape_number(r, "bytes", 0);

	t->base.name = shape_text(s, r, "relname");
	t->schema = shape_text(s, r, "nspname");
	t->oid = (uint32_t)shape_number(r, "id", 0);
	t->kind = shape_letter(r, "relkind");
	t->persistence = shape_letter(r, "relpersistence");
	t->identity = shape_letter(r, "relreplident");
	t->base.view = t->kind == 'v' || t->kind == 'm';
	t->base.rows = rows > 0 ? rows : -1;
	t->base.row_bytes = rows > 0 && bytes > 0 ? bytes / rows : -1;
	t->has_primary = shape_is(r, "has_primary");
	t->inherits = shape_is(r, "inherits");
	t->row_security = shape_is(r, "row_security");
	t->reachable = shape_is(r, "usable");
	t->readable = true; /* until a column says otherwise */
	read_published(s, r, t);
	t->since = postgres_print(PRINT_BEGIN, since ? since : "", since ? strlen(since) : 0);
	uint32_t print = postgres_print(t->since, files ? files : "", files ? strlen(files) : 0);
	t->storage = t->filter ? postgres_print(print, t->filter, strlen(t->filter)) : print;
}

static bool load_tables(struct postgres_shape *s, struct postgres_client *c, struct error *err)
{
	struct buffer sql = {0};
	struct postgres_rows r;

	buffer_text_add(&sql, "WITH RECURSIVE ");
	with_names(s, &sql);
	buffer_text_add(&sql, found_sql);
	with_members(s, &sql);
	buffer_text_add(&sql, tables_sql);
	bool ok = shape_ask(c, &sql, &r, err);
	while (ok && postgres_rows_next(&r)) {
		struct postgres_table *t = shape_row(s, &r);
		if (t)
			read_table(s, &r, t);
	}
	postgres_rows_done(&r);
	return ok;
}

/* ---- columns ---- */

/* A generated column travels when it is listed, or when the publication says so and it is stored; one that is computed at each read never does. */
static void columns_sql(const struct postgres_shape *s, struct buffer *sql)
{
	int version = s->target.version;

	buffer_format(sql,
		      " SELECT w.entity, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_text, a.atttypid, a.atttypmod, base.oid AS base, "
		      "a.attgenerated <> '' AS generated, a.attgenerated = 's' AS stored, a.attnotnull%s AS not_null, a.xmin, "
		      "pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable, %s AS listed "
		      "FROM wanted w JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped "
		      "CROSS JOIN LATERAL (WITH RECURSIVE below (oid, typtype, typbasetype) AS (SELECT t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t "
		      "WHERE t.oid = a.atttypid UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype "
		      "WHERE b.typtype = 'd') SELECT oid FROM below WHERE typtype <> 'd') base ",
		      /* From 18 on one may be promised for rows to come alone. */
		      version >= 180000 ? " AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' "
					  "AND k.conkey[1] = a.attnum AND NOT k.convalidated)"
					: "",
		      version >= 150000 ? "a.attnum = ANY (r.prattrs)" : "NULL::bool");
	buffer_text_add(sql, "LEFT JOIN pg_catalog.pg_publication_rel r ON r.prrelid = w.oid AND r.prpubid = (SELECT p.oid FROM pg_catalog.pg_publication p "
			     "WHERE NOT p.puballtables AND p.pubname = ");
	add_literal(sql, s->target.publication);
	buffer_text_add(sql, ") ORDER BY w.entity, a.attnum");
}

static void read_column(struct postgres_shape *s, const struct postgres_rows *r, struct postgres_column *c)
{
	*c = (struct postgres_column){
		.name = shape_text(s, r, "attname"),
		.type_text = shape_text(s, r, "type_text"),
		.type = (uint32_t)shape_number(r, "base", 0),
		.declared = (uint32_t)shape_number(r, "atttypid", 0),
		.modifier = (int32_t)shape_number(r, "atttypmod", -1),
		.number = (int)shape_number(r, "attnum", 0),
		.not_null = shape_is(r, "not_null"),
		.generated = shape_is(r, "generated"),
		.stored = shape_is(r, "stored"),
		.model = -1,
	};
	c->published = postgres_rows_named(r, "listed") ? shape_is(r, "listed") : !c->generated || (c->stored && s->publication.generated);
}

struct column_facts { bool readable; uint32_t defined; }; /* of one column; defined: xmin of its row */

/* Exact names first: "Name" and "name" may both be there. */
static void place_columns(const struct entity *e, struct postgres_table *t)
{
	for (int exact = 1; exact >= 0; exact--)
		for (int i = 0; i < e->column_count; i++) {
			int found = t->base.place[i] >= 0 ? -1 : postgres_shape_column(t, e->columns[i].name);
			if (found < 0 || t->columns[found].model >= 0 || (exact && strcmp(t->columns[found].name, e->columns[i].name) != 0))
				continue;
			t->base.place[i] = found;
			t->columns[found].model = i;
		}
}

static void finish_columns(const struct entity *e, struct postgres_table *t, const struct column_facts *facts)
{
	uint32_t print = t->since, storage = t->storage;

	place_columns(e, t);
	print_relation(t);
	for (int i = 0; i < t->column_count; i++) {
		if (t->columns[i].model < 0)
			continue;
		t->readable = t->readable && facts[i].readable;
		print = print_number(print_number(print, (uint32_t)t->columns[i].number), facts[i].defined);
		storage = print_number(storage, (uint32_t)t->columns[i].number);
	}
	t->columns_print = print_fold(print);
	t->storage_print = print_fold(storage);
}

static bool load_columns(struct postgres_shape *s, struct postgres_client *c, struct error *err)
{
	struct buffer sql = {0};
	struct postgres_rows r;

	buffer_text_add(&sql, "WITH ");
	if (!shape_with_tables(s, &sql)) {
		buffer_done(&sql);
		return true;
	}
	columns_sql(s, &sql);
	bool ok = shape_ask(c, &sql, &r, err);
	struct column_facts *facts = ok ? arena_zero(&s->arena, (size_t)r.count + 1, sizeof *facts) : NULL;
	struct postgres_column *columns = ok ? arena_zero(&s->arena, (size_t)r.count + 1, sizeof *columns) : NULL;
	for (size_t at = 0; ok && postgres_rows_next(&r); at++) {
		struct postgres_table *t = shape_row(s, &r);
		if (!t)
			continue;
		if (!t->column_count)
			t->columns = &columns[at];
		read_column(s, &r, &columns[at]);
		facts[at] = (struct column_facts){shape_is(&r, "readable"), (uint32_t)shape_number(&r, "xmin", 0)};
		t->column_count++;
	}
	postgres_rows_done(&r);
	for (int i = 0; ok && i < s->entity_count; i++)
		if (s->tables[i].base.name)
			finish_columns(&s->target.model->entities[i], &s->tables[i], s->tables[i].columns ? &facts[s->tables[i].columns - columns] : facts);
	return ok;
}

/* ---- all of it ---- */

static void begin(struct postgres_shape *s, const struct postgres_target *t)
{
	const struct model *m = t->model;

	arena_reset(&s->arena);
	s->target = *t;
	s->publication = (struct postgres_publication){0};
	s->path = NULL;
	s->path_count = 0;
	s->entity_count = m->entity_count;
	s->tables = arena_zero(&s->arena, (size_t)m->entity_count, sizeof *s->tables);
	for (int i = 0; i < m->entity_count; i++) {
		struct postgres_table *table = &s->tables[i];
		table->base.rows = table->base.row_bytes = -1;
		table->base.place = arena_alloc(&s->arena, sizeof *table->base.place * (size_t)m->entities[i].column_count);
		for (int k = 0; k < m->entities[i].column_count; k++)
			table->base.place[k] = -1;
	}
}

static bool load(struct postgres_shape *s, struct postgres_client *c, struct error *err)
{
	if (!load_path(s, c, err) || !load_publication(s, c, err) || !load_tables(s, c, err))
		return false;
	for (int i = 0; i < s->entity_count; i++)
		if (s->tables[i].base.name)
			return load_columns(s, c, err) && shape_keys(s, c, err) && shape_identities(s, c, err);
	return true;
}

bool postgres_shape_load(struct postgres_shape *s, struct postgres_client *c, const struct postgres_target *t, struct error *err)
{
	begin(s, t);
	if (!postgres_client_run(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err))
		return false;
	bool ok = load(s, c, err);
	/* What went wrong is told already. */
	if (!ok)
		postgres_client_run(c, "ROLLBACK", NULL);
	return ok && postgres_client_run(c, "COMMIT", err);
}
