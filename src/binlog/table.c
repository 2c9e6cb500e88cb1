#include "config.h"

#include "binlog/table.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "binlog/event_internal.h"

/* The most columns either server allows. */
#define TABLE_COLUMNS 4096

enum table_optional {
	OPTIONAL_SIGNEDNESS = 1,
	OPTIONAL_DEFAULT_CHARSET,
	OPTIONAL_COLUMN_CHARSET,
	OPTIONAL_NAMES,
	OPTIONAL_SET_LABELS,
	OPTIONAL_ENUM_LABELS,
	OPTIONAL_GEOMETRY,
	OPTIONAL_KEY,
	OPTIONAL_KEY_WITH_PREFIX,
	OPTIONAL_LABEL_DEFAULT_CHARSET,
	OPTIONAL_LABEL_COLUMN_CHARSET,
	OPTIONAL_VISIBILITY
};

/* What the optional metadata counts apart from other columns. */
enum table_class { CLASS_NUMERIC, CLASS_CHARACTER, CLASS_ENUM, CLASS_SET, CLASS_LABELLED };

struct table_reader {
	const struct binlog_event *e;
	struct arena *arena;
	struct binlog_table *table;
	bool mariadb;
	int *members; /* room for the columns of a class */
};

/* ---- whose table ---- */

static const char *table_name(struct bytes *b)
{
	uint8_t n = bytes_u8(b);
	const uint8_t *name = bytes_take(b, (size_t)n + 1);

	if (name && (name[n] != '\0' || memchr(name, '\0', n)))
		b->bad = true;
	return (const char *)name;
}

static bool table_head(const struct binlog_event *e, const struct binlog_format *f, struct bytes *b,
		       struct binlog_table *t, struct error *err)
{
	unsigned post = f->post[BINLOG_TABLE_MAP];

	if (post != 6 && post < 8)
		return binlog_refuse(e, err, "the format description does not tell its form");
	t->id = post == 6 ? bytes_u32(b) : bytes_u48(b);
	t->flags = bytes_u16(b);
	bytes_take(b, post == 6 ? 0 : post - 8);
	t->schema = table_name(b);
	t->name = table_name(b);
	return !b->bad || binlog_refuse(e, err, "it is cut off");
}

bool binlog_table_peek(const struct binlog_event *e, const struct binlog_format *f, uint64_t *id, const char **schema,
		       const char **name, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	struct binlog_table t = {0};

	if (!table_head(e, f, &b, &t, err))
		return false;
	*id = t.id;
	*schema = t.schema;
	*name = t.name;
	return true;
}

/* ---- types ---- */

/* CHAR, BINARY, ENUM and SET share a type; their own, and the two high bits of a length, hide in the first byte. */
static void table_string(struct bytes *b, struct binlog_column *c)
{
	uint8_t first = bytes_u8(b), second = bytes_u8(b);

	if ((first & 0x30) == 0x30) {
		c->type = first;
		c->meta = second;
	} else {
		c->type = first | 0x30;
		c->meta = (uint16_t)(((first & 0x30) ^ 0x30) << 4 | second);
	}
	if (c->type != COL_STRING && c->type != COL_ENUM && c->type != COL_SET)
		b->bad = true;
}

static void table_two(struct bytes *b, uint16_t *high_first)
{
	uint8_t high = bytes_u8(b);

	*high_first = (uint16_t)(high << 8 | bytes_u8(b));
}

/* False: a type that is not known. */
static bool table_metadata(struct bytes *b, struct binlog_column *c)
{
	switch (c->type) {
	case COL_DECIMAL:
	case COL_TINY:
	case COL_SHORT:
	case COL_LONG:
	case COL_NULL:
	case COL_TIMESTAMP:
	case COL_LONGLONG:
	case COL_INT24:
	case COL_DATE:
	case COL_TIME:
	case COL_DATETIME:
	case COL_YEAR:
	case COL_NEWDATE:
		return true;
	case COL_FLOAT:
	case COL_DOUBLE:
	case COL_TIMESTAMP2:
	case COL_DATETIME2:
	case COL_TIME2:
	case COL_TINY_BLOB:
	case COL_MEDIUM_BLOB:
	case COL_LONG_BLOB:
	case COL_BLOB:
	case COL_BLOB_COMPRESSED:
	case COL_GEOMETRY:
	case COL_JSON:
	case COL_VECTOR:
		c->meta = bytes_u8(b);
		return true;
	case COL_VARCHAR:
	case COL_VAR_STRING:
	case COL_VARCHAR_COMPRESSED:
		c->meta = bytes_u16(b);
		return true;
	case COL_BIT: {
		uint8_t bits = bytes_u8(b);
		c->meta = (uint16_t)(bytes_u8(b) * 8 + bits);
		return true;
	}
	case COL_NEWDECIMAL:
		table_two(b, &c->meta);
		return true;
	case COL_STRING:
	case COL_ENUM:
	case COL_SET:
		table_string(b, c);
		return true;
	default:
		return false;
	}
}

/* The type of an index over an array: never in a row, but its metadata stands before that of the columns behind it. */
static bool table_array(struct bytes *b, struct binlog_column *c)
{
	struct binlog_column inner = {.type = bytes_u8(b)};
	bool known = true;

	if (inner.type == COL_VARCHAR)
		bytes_u24(b);
	else
		known = table_metadata(b, &inner);
	c->meta = inner.type;
	return known;
}

static bool table_sane(const struct binlog_column *c)
{
	unsigned precision = c->meta >> 8, scale = c->meta & 0xff;

	switch (c->type) {
	case COL_FLOAT:
		return c->meta == 4;
	case COL_DOUBLE:
		return c->meta == 8;
	case COL_TIMESTAMP2:
	case COL_DATETIME2:
	case COL_TIME2:
		return c->meta <= 6;
	case COL_TINY_BLOB:
	case COL_MEDIUM_BLOB:
	case COL_LONG_BLOB:
	case COL_BLOB:
	case COL_BLOB_COMPRESSED:
	case COL_GEOMETRY:
	case COL_JSON:
	case COL_VECTOR:
		return c->meta >= 1 && c->meta <= 4;
	case COL_NEWDECIMAL:
		return precision >= 1 && precision <= 65 && scale <= precision;
	case COL_BIT:
		return c->meta >= 1 && c->meta <= 64;
	case COL_ENUM:
		return c->meta == 1 || c->meta == 2;
	case COL_SET:
		return c->meta >= 1 && c->meta <= 8;
	default:
		return true;
	}
}

static bool table_columns(struct table_reader *r, struct bytes *b, struct error *err)
{
	struct binlog_table *t = r->table;
	uint64_t count = binlog_lenenc(b);

	if (!b->bad && (count == 0 || count > TABLE_COLUMNS))
		return binlog_refuse(r->e, err, "a table of %llu columns cannot be", (unsigned long long)count);
	const uint8_t *types = bytes_take(b, (size_t)count);
	uint64_t size = binlog_lenenc(b);
	const uint8_t *metadata = bytes_take(b, (size_t)size);
	const uint8_t *nullable = bytes_take(b, ((size_t)count + 7) / 8);
	if (b->bad)
		return binlog_refuse(r->e, err, "it is cut off");
	struct bytes m = bytes_of(metadata, (size_t)size);
	bool arrays = false;
	t->column_count = (int)count;
	t->columns = arena_zero(r->arena, (size_t)count, sizeof *t->columns);
	for (int i = 0; i < t->column_count; i++) {
		struct binlog_column *c = &t->columns[i];
		c->type = types[i];
		c->nullable = nullable[i / 8] >> i % 8 & 1;
		arrays = arrays || c->type == COL_TYPED_ARRAY;
		if (!(c->type == COL_TYPED_ARRAY ? table_array(&m, c) : table_metadata(&m, c)))
			return binlog_refuse(r->e, err, "type %u of column %d is not known", types[i], i + 1);
		if (m.bad || !table_sane(c))
			return binlog_refuse(r->e, err, "the type of column %d is damaged", i + 1);
	}
	/* 8.0.17 and 8.0.18 tell more bytes than there are of an array's type. */
	if (m.at != m.end && !arrays)
		return binlog_refuse(r->e, err, "its types have %zu bytes too many", bytes_left(&m));
	return true;
}

/* ---- optional metadata ---- */

static bool table_is(const struct table_reader *r, const struct binlog_column *c, enum table_class class)
{
	switch (c->type) {
	case COL_TINY:
	case COL_SHORT:
	case COL_INT24:
	case COL_LONG:
	case COL_LONGLONG:
	case COL_NEWDECIMAL:
	case COL_FLOAT:
	case COL_DOUBLE:
	case COL_YEAR:
		return class == CLASS_NUMERIC;
	case COL_STRING:
	case COL_VAR_STRING:
	case COL_VARCHAR:
	case COL_TINY_BLOB:
	case COL_MEDIUM_BLOB:
	case COL_LONG_BLOB:
	case COL_BLOB:
	case COL_VARCHAR_COMPRESSED:
	case COL_BLOB_COMPRESSED:
		return class == CLASS_CHARACTER;
	case COL_GEOMETRY: /* a kind of BLOB to MariaDB only */
		return class == CLASS_CHARACTER && r->mariadb;
	case COL_ENUM:
		return class == CLASS_ENUM || class == CLASS_LABELLED;
	case COL_SET:
		return class == CLASS_SET || class == CLASS_LABELLED;
	default:
		return false;
	}
}

static int table_members(struct table_reader *r, enum table_class class)
{
	int n = 0;

	for (int i = 0; i < r->table->column_count; i++)
		if (table_is(r, &r->table->columns[i], class))
			r->members[n++] = i;
	return n;
}

static void table_signedness(struct table_reader *r, struct bytes *b)
{
	int n = table_members(r, CLASS_NUMERIC);
	const uint8_t *bits = bytes_take(b, ((size_t)n + 7) / 8);

	for (int i = 0; bits && i < n; i++)
		r->table->columns[r->members[i]].is_unsigned = bits[i / 8] >> (7 - i % 8) & 1;
	r->table->has_signedness = true;
}

static uint32_t table_collation(struct bytes *b)
{
	uint64_t id = binlog_lenenc(b);

	b->bad = b->bad || id > UINT32_MAX;
	return (uint32_t)id;
}

/* One for all, then those that differ: their places within the class. */
static void table_default_charset(struct table_reader *r, struct bytes *b, enum table_class class)
{
	int n = table_members(r, class);
	uint32_t usual = table_collation(b);

	for (int i = 0; i < n; i++)
		r->table->columns[r->members[i]].collation = usual;
	while (!b->bad && b->at != b->end) {
		uint64_t place = binlog_lenenc(b);
		uint32_t collation = table_collation(b);
		if (b->bad || place >= (uint64_t)n)
			b->bad = true;
		else
			r->table->columns[r->members[place]].collation = collation;
	}
}

static void table_column_charset(struct table_reader *r, struct bytes *b, enum table_class class)
{
	int n = table_members(r, class);

	for (int i = 0; i < n && !b->bad; i++)
		r->table->columns[r->members[i]].collation = table_collation(b);
}

static const char *table_text(struct table_reader *r, struct bytes *b, size_t *len)
{
	uint64_t n = binlog_lenenc(b);
	const uint8_t *text = bytes_take(b, (size_t)n);

	if (!text)
		return NULL;
	*len = (size_t)n;
	return arena_copy(r->arena, text, (size_t)n);
}

static void table_names(struct table_reader *r, struct bytes *b)
{
	for (int i = 0; i < r->table->column_count && !b->bad; i++) {
		struct binlog_column *c = &r->table->columns[i];
		c->name = table_text(r, b, &c->name_len);
		b->bad = b->bad || memchr(c->name, '\0', c->name_len);
	}
	r->table->has_names = true;
}

static void table_labels(struct table_reader *r, struct bytes *b, enum table_class class)
{
	int n = table_members(r, class);

	for (int i = 0; i < n && !b->bad; i++) {
		uint64_t count = binlog_lenenc(b);
		if (b->bad || count > bytes_left(b)) {
			b->bad = true;
			return;
		}
		const char **labels = arena_zero(r->arena, (size_t)count, sizeof *labels);
		size_t *lens = arena_zero(r->arena, (size_t)count, sizeof *lens);
		for (size_t k = 0; k < count && !b->bad; k++)
			labels[k] = table_text(r, b, &lens[k]);
		struct binlog_column *c = &r->table->columns[r->members[i]];
		c->label_count = (int)count;
		c->labels = labels;
		c->label_lens = lens;
	}
	r->table->has_labels = true;
}

/* A column that is in the key with its first bytes only is in the key. */
static void table_key(struct table_reader *r, struct bytes *b, bool with_prefix)
{
	int *key = arena_zero(r->arena, bytes_left(b), sizeof *key), n = 0;

	while (!b->bad && b->at != b->end) {
		uint64_t place = binlog_lenenc(b);
		if (with_prefix)
			binlog_lenenc(b);
		if (b->bad || place >= (uint64_t)r->table->column_count)
			b->bad = true;
		else
			key[n++] = (int)place;
	}
	r->table->key = key;
	r->table->key_count = n;
}

static void table_option(struct table_reader *r, unsigned kind, struct bytes *b)
{
	switch (kind) {
	case OPTIONAL_SIGNEDNESS:
		table_signedness(r, b);
		break;
	case OPTIONAL_DEFAULT_CHARSET:
	case OPTIONAL_COLUMN_CHARSET:
		(kind == OPTIONAL_DEFAULT_CHARSET ? table_default_charset : table_column_charset)(r, b,
												  CLASS_CHARACTER);
		r->table->has_charsets = true;
		break;
	case OPTIONAL_NAMES:
		table_names(r, b);
		break;
	case OPTIONAL_SET_LABELS:
		table_labels(r, b, CLASS_SET);
		break;
	case OPTIONAL_ENUM_LABELS:
		table_labels(r, b, CLASS_ENUM);
		break;
	case OPTIONAL_KEY:
	case OPTIONAL_KEY_WITH_PREFIX:
		table_key(r, b, kind == OPTIONAL_KEY_WITH_PREFIX);
		break;
	case OPTIONAL_LABEL_DEFAULT_CHARSET:
		table_default_charset(r, b, CLASS_LABELLED);
		break;
	case OPTIONAL_LABEL_COLUMN_CHARSET:
		table_column_charset(r, b, CLASS_LABELLED);
		break;
	case OPTIONAL_GEOMETRY:
	case OPTIONAL_VISIBILITY:
	default: /* of a later server: nothing that changes what the others say */
		b->at = b->end;
	}
}

static bool table_options(struct table_reader *r, struct bytes *b, struct error *err)
{
	while (b->at != b->end) {
		unsigned kind = bytes_u8(b);
		uint64_t size = binlog_lenenc(b);
		const uint8_t *at = bytes_take(b, (size_t)size);
		if (!at)
			return binlog_refuse(r->e, err, "it is cut off");
		struct bytes value = bytes_of(at, (size_t)size);
		table_option(r, kind, &value);
		if (value.bad || value.at != value.end)
			return binlog_refuse(r->e, err, "its metadata of kind %u does not fit its columns", kind);
	}
	return true;
}

bool binlog_table_read(const struct binlog_event *e, const struct binlog_format *f, struct arena *a,
		       struct binlog_table *out, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	struct table_reader r = {.e = e, .arena = a, .table = out, .mariadb = f->mariadb};

	*out = (struct binlog_table){0};
	if (!table_head(e, f, &b, out, err) || !table_columns(&r, &b, err))
		return false;
	out->schema = arena_text(a, out->schema);
	out->name = arena_text(a, out->name);
	r.members = arena_zero(a, (size_t)out->column_count, sizeof *r.members);
	return table_options(&r, &b, err);
}
