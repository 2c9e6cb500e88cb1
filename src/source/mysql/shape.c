#include "config.h"

#include "source/mysql/shape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "binlog/charset.h"
#include "binlog/table.h"
#include "model/model.h"
#include "source/mysql/client.h"

void shape_init(struct mysql_shape *s)
{
	*s = (struct mysql_shape){0};
	arena_init(&s->arena);
}

void shape_done(struct mysql_shape *s)
{
	arena_done(&s->arena);
}

static bool same_name(const struct mysql_target *t, const char *a, const char *b)
{
	return t->fold_names ? strcasecmp(a, b) == 0 : strcmp(a, b) == 0;
}

bool shape_follows(const struct mysql_shape *s, const char *schema)
{
	return same_name(&s->target, schema, s->target.database);
}

int shape_entity(const struct mysql_shape *s, const char *schema, const char *table)
{
	if (!shape_follows(s, schema))
		return -1;
	for (int i = 0; i < s->entity_count; i++)
		if (same_name(&s->target, table, s->target.model->entities[i].table))
			return i;
	return -1;
}

int shape_column(const struct mysql_table *t, const char *name)
{
	for (int i = 0; i < t->column_count; i++)
		if (strcasecmp(t->columns[i].name, name) == 0)
			return i;
	return -1;
}

/* ---- a column's type ---- */

struct known_type {
	const char *name;
	uint8_t type;
	uint16_t meta; /* where it follows from the name alone */
};

static const struct known_type known_types[] = {
	{"tinyint", COL_TINY, 0}, {"smallint", COL_SHORT, 0}, {"mediumint", COL_INT24, 0}, {"int", COL_LONG, 0},
	{"bigint", COL_LONGLONG, 0}, {"float", COL_FLOAT, 4}, {"double", COL_DOUBLE, 8}, {"decimal", COL_NEWDECIMAL, 0},
	{"date", COL_DATE, 0}, {"time", COL_TIME2, 0}, {"datetime", COL_DATETIME2, 0}, {"timestamp", COL_TIMESTAMP2, 0},
	{"year", COL_YEAR, 0}, {"char", COL_STRING, 0}, {"varchar", COL_VARCHAR, 0}, {"binary", COL_STRING, 0},
	{"varbinary", COL_VARCHAR, 0}, {"tinytext", COL_BLOB, 1}, {"text", COL_BLOB, 2}, {"mediumtext", COL_BLOB, 3},
	{"longtext", COL_BLOB, 4}, {"tinyblob", COL_BLOB, 1}, {"blob", COL_BLOB, 2}, {"mediumblob", COL_BLOB, 3},
	{"longblob", COL_BLOB, 4}, {"enum", COL_ENUM, 0}, {"set", COL_SET, 0}, {"bit", COL_BIT, 0}, {"json", COL_JSON, 4},
	{"geometry", COL_GEOMETRY, 4}, {"point", COL_GEOMETRY, 4}, {"linestring", COL_GEOMETRY, 4}, {"polygon", COL_GEOMETRY, 4},
	{"multipoint", COL_GEOMETRY, 4}, {"multilinestring", COL_GEOMETRY, 4}, {"multipolygon", COL_GEOMETRY, 4},
	{"geometrycollection", COL_GEOMETRY, 4}, {"geomcollection", COL_GEOMETRY, 4}, {"vector", COL_VECTOR, 4},
	{"uuid", COL_STRING, 16}, {"inet6", COL_STRING, 16}, {"inet4", COL_STRING, 4},
};

static const struct known_type *type_named(const char *name)
{
	for (size_t i = 0; i < sizeof known_types / sizeof *known_types; i++)
		if (strcmp(known_types[i].name, name) == 0)
			return &known_types[i];
	return NULL;
}

/* The labels of enum('a','it''s'): quotes doubled, nothing else escaped. */
static void column_labels(struct arena *a, struct mysql_column *c)
{
	const char *p = strchr(c->column_type, '(');
	struct value *labels = NULL;
	int count = 0, cap = 0;
	struct buffer text = {0};

	while (p && (p = strchr(p, '\''))) {
		buffer_clear(&text);
		for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
			p += *p == '\'';
			buffer_char(&text, *p);
		}
		if (count == cap)
			labels = memory_grow(labels, sizeof *labels * (size_t)(cap = cap ? cap * 2 : 16));
		labels[count++] = value_text(arena_copy(a, buffer_text(&text), text.len), text.len);
		if (!*p)
			break;
		p++;
	}
	buffer_done(&text);
	c->cell.labels = count ? arena_copy(a, labels, sizeof *labels * (size_t)count) : NULL;
	c->cell.label_count = count;
	c->cell.meta = (uint16_t)(c->cell.type == COL_SET ? (count > 32 ? 8 : count > 24 ? 4 : (count + 7) / 8) : count > 255 ? 2 : 1);
	free(labels);
}

static void column_cell(struct arena *a, struct mysql_column *c)
{
	const struct known_type *t = type_named(c->data_type);

	c->cell = (struct cell_type){.type = t ? t->type : COL_NULL, .meta = t ? t->meta : 0};
	c->cell.is_unsigned = strstr(c->column_type, "unsigned") || strstr(c->column_type, "zerofill");
	c->cell.charset = c->charset ? charset_named(c->charset) : NULL;
	switch (c->cell.type) {
	case COL_NEWDECIMAL:
		c->cell.meta = (uint16_t)(c->precision << 8 | c->scale);
		break;
	case COL_TIME2:
	case COL_DATETIME2:
	case COL_TIMESTAMP2:
		c->cell.meta = (uint16_t)c->fraction;
		break;
	case COL_VARCHAR:
		c->cell.meta = (uint16_t)c->octets;
		break;
	case COL_STRING:
		if (!t->meta)
			c->cell.meta = (uint16_t)c->octets;
		if (strcmp(c->data_type, "char") != 0)
			c->cell.width = c->cell.meta;
		c->cell.form = strcmp(c->data_type, "uuid") == 0    ? CELL_UUID
			       : strcmp(c->data_type, "inet4") == 0 ? CELL_INET4
			       : strcmp(c->data_type, "inet6") == 0 ? CELL_INET6
								    : CELL_PLAIN;
		break;
	case COL_BIT:
		c->cell.meta = (uint16_t)c->precision;
		break;
	case COL_ENUM:
	case COL_SET:
		column_labels(a, c);
		break;
	default:
		break;
	}
}

/* Lengths and digits, where the type has some. */
static bool same_meta(const struct mysql_column *c, const struct binlog_column *wire)
{
	switch (wire->type) {
	case COL_NEWDECIMAL:
	case COL_TIME2:
	case COL_DATETIME2:
	case COL_TIMESTAMP2:
	case COL_VARCHAR:
	case COL_STRING:
	case COL_BIT:
	case COL_ENUM:
	case COL_SET:
	case COL_BLOB:
		return wire->meta == c->cell.meta;
	default:
		return true;
	}
}

bool shape_fits(const struct mysql_column *c, const struct binlog_column *wire)
{
	static const struct { uint8_t wire, catalogue; } alike[] = {
		{COL_TIME, COL_TIME2}, {COL_DATETIME, COL_DATETIME2}, {COL_TIMESTAMP, COL_TIMESTAMP2},
		{COL_VARCHAR_COMPRESSED, COL_VARCHAR}, {COL_BLOB_COMPRESSED, COL_BLOB}, {COL_NEWDATE, COL_DATE},
		/* MariaDB's JSON is a name for LONGTEXT. */
		{COL_BLOB, COL_JSON},
	};

	if (wire->nullable != c->nullable && !c->generated)
		return false;
	if (wire->type == c->cell.type)
		return same_meta(c, wire);
	for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
		if (wire->type == alike[i].wire && c->cell.type == alike[i].catalogue)
			return true;
	return c->cell.type == COL_NULL; /* a type whose name we do not know: the wire says what it is */
}

/* ---- defaults ---- */

/* MariaDB shows the expression, MySQL the bare text; what is no constant is none of ours. */
static bool default_text(const struct mysql_target *t, const char *shown, const char *extra, struct buffer *out)
{
	size_t n = strlen(shown);

	if (!t->mariadb) {
		buffer_add(out, shown, n);
		return !strstr(extra, "DEFAULT_GENERATED") && strncasecmp(shown, "CURRENT_TIMESTAMP", 17) != 0 && strncmp(shown, "b'", 2) != 0 &&
		       strncmp(shown, "0x", 2) != 0;
	}
	if (n >= 2 && shown[0] == '\'' && shown[n - 1] == '\'') {
		for (size_t i = 1; i < n - 1; i++) {
			if (i + 1 < n - 1 && (shown[i] == '\\' || (shown[i] == '\'' && shown[i + 1] == '\'')))
				i++;
			buffer_char(out, shown[i]);
		}
		return true;
	}
	buffer_add(out, shown, n);
	return n > 0 && strspn(shown, "0123456789.-+eE") == n;
}

static void column_default(struct mysql_shape *s, int entity, struct mysql_column *c, const char *shown, const char *extra)
{
	const struct column *column = &s->target.model->entities[entity].columns[c->model];
	struct buffer text = {0};

	/* What a generated column holds only the server can tell. Only MariaDB shows an expression, and so the word. */
	if (c->generated)
		return;
	if (!shown || (s->target.mariadb && strcasecmp(shown, "NULL") == 0)) {
		c->has_default = c->nullable;
		c->initial = value_null();
	} else if (default_text(&s->target, shown, extra, &text)) {
		c->has_default = true;
		c->initial = cell_text_value(&c->cell, column, s->target.model->zone, arena_copy(&s->arena, buffer_text(&text), text.len), text.len,
					     &s->arena);
	}
	buffer_done(&text);
}

/* ---- reading the catalogue ---- */

static const char *cell_text(struct mysql_shape *s, struct mysql_rows *r, const char *name)
{
	return arena_text(&s->arena, mysql_rows_named(r, name));
}

static int64_t cell_number(struct mysql_rows *r, const char *name, int64_t absent)
{
	const char *text = mysql_rows_named(r, name);

	return text ? strtoll(text, NULL, 10) : absent;
}

/* ' WHERE TABLE_SCHEMA = ... AND TABLE_NAME IN (...)' */
static void where_tables(struct mysql_shape *s, struct mysql_client *c, const char *prefix, struct buffer *sql)
{
	const struct model *m = s->target.model;

	buffer_format(sql, " WHERE %sTABLE_SCHEMA = ", prefix);
	mysql_literal(c, sql, s->target.database, strlen(s->target.database));
	buffer_format(sql, " AND %sTABLE_NAME IN (", prefix);
	for (int i = 0; i < m->entity_count; i++) {
		buffer_text_add(sql, i ? ", " : "");
		mysql_literal(c, sql, m->entities[i].table, strlen(m->entities[i].table));
	}
	buffer_char(sql, ')');
}

static bool catalogue(struct mysql_shape *s, struct mysql_client *c, const char *select, const char *prefix, const char *order,
		      struct mysql_rows *out, struct error *err)
{
	struct buffer sql = {0};
	bool ok;

	buffer_text_add(&sql, select);
	where_tables(s, c, prefix, &sql);
	buffer_text_add(&sql, order);
	ok = mysql_client_rows(c, buffer_text(&sql), out, err);
	buffer_done(&sql);
	return ok;
}

static int row_entity(struct mysql_shape *s, struct mysql_rows *r)
{
	return shape_entity(s, s->target.database, mysql_rows_named(r, "TABLE_NAME"));
}

static bool load_tables(struct mysql_shape *s, struct mysql_client *c, struct error *err)
{
	struct mysql_rows r;
	bool ok = catalogue(s, c,
			    "SELECT TABLE_NAME AS TABLE_NAME, TABLE_TYPE AS TABLE_TYPE, ENGINE AS ENGINE, TABLE_ROWS AS TABLE_ROWS, "
			    "AVG_ROW_LENGTH AS AVG_ROW_LENGTH, CREATE_OPTIONS AS CREATE_OPTIONS FROM information_schema.TABLES",
			    "", "", &r, err);

	while (ok && mysql_rows_next(&r)) {
		int entity = row_entity(s, &r);
		if (entity < 0)
			continue;
		struct mysql_table *t = &s->tables[entity];
		const char *type = cell_text(s, &r, "TABLE_TYPE"), *options = cell_text(s, &r, "CREATE_OPTIONS");
		t->base.name = cell_text(s, &r, "TABLE_NAME");
		t->engine = cell_text(s, &r, "ENGINE");
		t->engine = t->engine ? t->engine : "";
		t->base.view = type && strstr(type, "VIEW");
		t->versioned = type && strcmp(type, "SYSTEM VERSIONED") == 0;
		t->partitioned = options && strstr(options, "partitioned");
		t->transactional = strcasecmp(t->engine, "InnoDB") == 0 || strcasecmp(t->engine, "ROCKSDB") == 0 ||
				   strcasecmp(t->engine, "ndbcluster") == 0 || strcasecmp(t->engine, "TokuDB") == 0;
		t->base.rows = cell_number(&r, "TABLE_ROWS", -1);
		t->base.row_bytes = cell_number(&r, "AVG_ROW_LENGTH", -1);
	}
	mysql_rows_done(&r);
	return ok;
}

static void read_column(struct mysql_shape *s, struct mysql_rows *r, int entity, struct mysql_column *c)
{
	const char *extra = mysql_rows_named(r, "EXTRA"), *nullable = mysql_rows_named(r, "IS_NULLABLE");

	*c = (struct mysql_column){
		.name = cell_text(s, r, "COLUMN_NAME"),
		.data_type = cell_text(s, r, "DATA_TYPE"),
		.column_type = cell_text(s, r, "COLUMN_TYPE"),
		.charset = cell_text(s, r, "CHARACTER_SET_NAME"),
		.nullable = nullable && strcasecmp(nullable, "YES") == 0,
		.octets = (uint64_t)cell_number(r, "CHARACTER_OCTET_LENGTH", 0),
		.precision = (int)cell_number(r, "NUMERIC_PRECISION", 0),
		.scale = (int)cell_number(r, "NUMERIC_SCALE", 0),
		.fraction = (int)cell_number(r, "DATETIME_PRECISION", 0),
	};
	extra = extra ? extra : "";
	c->generated = strstr(extra, "GENERATED") && !strstr(extra, "DEFAULT_GENERATED");
	c->is_virtual = c->generated && strstr(extra, "VIRTUAL");
	c->on_update = strstr(extra, "on update");
	c->model = entity_column(&s->target.model->entities[entity], c->name);
	for (int i = 0; c->model < 0 && i < s->target.model->entities[entity].column_count; i++)
		if (strcasecmp(s->target.model->entities[entity].columns[i].name, c->name) == 0)
			c->model = i;
	column_cell(&s->arena, c);
	if (c->model >= 0)
		column_default(s, entity, c, mysql_rows_named(r, "COLUMN_DEFAULT"), extra);
}

static bool load_columns(struct mysql_shape *s, struct mysql_client *c, struct error *err)
{
	struct mysql_rows r;
	int *caps = memory_zero((size_t)s->entity_count, sizeof *caps);
	/* What MySQL has no system versioning for, versions of it before 5.7 have no column for either. */
	const char *from = s->target.mariadb ? ", GENERATION_EXPRESSION AS GENERATION_EXPRESSION FROM information_schema.COLUMNS" : " FROM information_schema.COLUMNS";
	char *select = memory_format("%s%s",
			    "SELECT TABLE_NAME AS TABLE_NAME, COLUMN_NAME AS COLUMN_NAME, COLUMN_DEFAULT AS COLUMN_DEFAULT, IS_NULLABLE AS "
			    "IS_NULLABLE, lower(DATA_TYPE) AS DATA_TYPE, COLUMN_TYPE AS COLUMN_TYPE, CHARACTER_OCTET_LENGTH AS "
			    "CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION AS NUMERIC_PRECISION, NUMERIC_SCALE AS NUMERIC_SCALE, DATETIME_PRECISION "
			    "AS DATETIME_PRECISION, CHARACTER_SET_NAME AS CHARACTER_SET_NAME, EXTRA AS EXTRA", from);
	bool ok = catalogue(s, c, select, "", " ORDER BY TABLE_NAME, ORDINAL_POSITION", &r, err);

	while (ok && mysql_rows_next(&r)) {
		int entity = row_entity(s, &r);
		if (entity < 0)
			continue;
		struct mysql_table *t = &s->tables[entity];
		if (t->column_count == caps[entity]) {
			/* The arena has no way to grow: the old half stays behind. */
			struct mysql_column *more = arena_zero(&s->arena, (size_t)(caps[entity] = caps[entity] ? caps[entity] * 2 : 32), sizeof *more);
			if (t->column_count)
				memcpy(more, t->columns, sizeof *more * (size_t)t->column_count);
			t->columns = more;
		}
		struct mysql_column *column = &t->columns[t->column_count];
		read_column(s, &r, entity, column);
		const char *generated = mysql_rows_named(&r, "GENERATION_EXPRESSION");
		if (generated && strcasecmp(generated, "ROW END") == 0)
			t->row_end = column->name;
		if (column->model >= 0)
			t->base.place[column->model] = t->column_count;
		t->column_count++;
	}
	free(caps);
	free(select);
	mysql_rows_done(&r);
	return ok;
}

/* Does the index at hand consist of exactly the model's key columns, unique, never NULL, whole? System versioning adds the end of
 * the row's life to each: among rows that live it is one and the same. */
static bool index_is_key(const struct mysql_table *t, const struct entity *e, const struct mysql_key_column *parts, int count)
{
	int found = 0, ends = 0;

	for (int i = 0; i < count; i++) {
		if (t->versioned && t->row_end && strcasecmp(parts[i].column, t->row_end) == 0) {
			ends++;
			continue;
		}
		if (!parts[i].unique || parts[i].nullable || parts[i].prefix)
			return false;
		for (int k = 0; k < e->key_count; k++)
			found += strcasecmp(e->columns[e->key[k]].name, parts[i].column) == 0;
	}
	return count - ends == e->key_count && found == count - ends;
}

static void index_take(struct mysql_shape *s, int entity, const struct mysql_key_column *parts, int count)
{
	struct mysql_table *t = &s->tables[entity];

	if (count == 0 || !index_is_key(t, &s->target.model->entities[entity], parts, count))
		return;
	if (!t->base.keyed || strcmp(parts[0].index, "PRIMARY") == 0)
		t->key_index = parts[0].index;
	t->base.keyed = true;
}

#define INDEX_COLUMNS 64

static bool load_keys(struct mysql_shape *s, struct mysql_client *c, struct error *err)
{
	struct mysql_rows r;
	struct mysql_key_column parts[INDEX_COLUMNS];
	int count = 0, entity = -1;
	bool ok = catalogue(s, c,
			    "SELECT TABLE_NAME AS TABLE_NAME, INDEX_NAME AS INDEX_NAME, NON_UNIQUE AS NON_UNIQUE, COLUMN_NAME AS COLUMN_NAME, "
			    "SUB_PART AS SUB_PART, NULLABLE AS NULLABLE FROM information_schema.STATISTICS",
			    "", " ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX", &r, err);

	while (ok && mysql_rows_next(&r)) {
		int now = row_entity(s, &r);
		const char *index = cell_text(s, &r, "INDEX_NAME"), *column = cell_text(s, &r, "COLUMN_NAME");
		const char *nullable = mysql_rows_named(&r, "NULLABLE");
		if (now < 0)
			continue;
		if (now != entity || (count && strcmp(index, parts[0].index) != 0)) {
			index_take(s, entity < 0 ? now : entity, parts, count);
			count = 0;
			entity = now;
		}
		if (count < INDEX_COLUMNS)
			parts[count++] = (struct mysql_key_column){index, column ? column : "", cell_number(&r, "NON_UNIQUE", 1) == 0,
								   nullable && *nullable, mysql_rows_named(&r, "SUB_PART") != NULL};
	}
	if (entity >= 0)
		index_take(s, entity, parts, count);
	mysql_rows_done(&r);
	return ok;
}

bool shape_load(struct mysql_shape *s, struct mysql_client *c, const struct mysql_target *t, struct error *err)
{
	const struct model *m = t->model;

	arena_reset(&s->arena);
	s->target = *t;
	s->entity_count = m->entity_count;
	s->tables = arena_zero(&s->arena, (size_t)m->entity_count, sizeof *s->tables);
	for (int i = 0; i < m->entity_count; i++)
		sql_table_init(&s->tables[i].base, &m->entities[i], &s->arena);
	return load_tables(s, c, err) && load_columns(s, c, err) && load_keys(s, c, err) && shape_foreign_keys(s, c, err);
}
