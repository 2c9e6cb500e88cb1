#include "config.h"

#include "binlog/rows.h"

#include "base/error.h"
#include "base/language.h"
#include "binlog/event.h"
#include "binlog/event_internal.h"
#include "binlog/pack.h"
#include "binlog/table.h"

/* The most columns either server allows. */
#define ROWS_COLUMNS 4096

struct rows_kind {
	enum binlog_rows_op op;
	uint8_t version; /* 0: not an event of rows */
	bool packed;
	const char *hint; /* refused */
};

#define ROWS_HINT_V0      N_("the server is older than MySQL 5.1.16: upgrade it")
#define ROWS_HINT_PARTIAL N_("SET GLOBAL binlog_row_value_options = '' on the source, and let its sessions reconnect")
#define ROWS_HINT_DATA    N_("SET GLOBAL binlog_row_event_fragment_threshold to the most it allows on the source")

static struct rows_kind rows_kind(unsigned type)
{
	switch (type) {
	case BINLOG_WRITE_ROWS_V0:
	case BINLOG_UPDATE_ROWS_V0:
	case BINLOG_DELETE_ROWS_V0:
		return (struct rows_kind){(enum binlog_rows_op)(type - BINLOG_WRITE_ROWS_V0), 1, false, ROWS_HINT_V0};
	case BINLOG_WRITE_ROWS_V1:
	case BINLOG_UPDATE_ROWS_V1:
	case BINLOG_DELETE_ROWS_V1:
		return (struct rows_kind){(enum binlog_rows_op)(type - BINLOG_WRITE_ROWS_V1), 1, false, NULL};
	case BINLOG_WRITE_ROWS:
	case BINLOG_UPDATE_ROWS:
	case BINLOG_DELETE_ROWS:
		return (struct rows_kind){(enum binlog_rows_op)(type - BINLOG_WRITE_ROWS), 2, false, NULL};
	case BINLOG_WRITE_ROWS_COMPRESSED_V1:
	case BINLOG_UPDATE_ROWS_COMPRESSED_V1:
	case BINLOG_DELETE_ROWS_COMPRESSED_V1:
		return (struct rows_kind){(enum binlog_rows_op)(type - BINLOG_WRITE_ROWS_COMPRESSED_V1), 1, true, NULL};
	case BINLOG_WRITE_ROWS_COMPRESSED:
	case BINLOG_UPDATE_ROWS_COMPRESSED:
	case BINLOG_DELETE_ROWS_COMPRESSED:
		return (struct rows_kind){(enum binlog_rows_op)(type - BINLOG_WRITE_ROWS_COMPRESSED), 2, true, NULL};
	case BINLOG_PARTIAL_UPDATE_ROWS:
		return (struct rows_kind){ROWS_UPDATE, 2, false, ROWS_HINT_PARTIAL};
	case BINLOG_PARTIAL_ROW_DATA:
		return (struct rows_kind){ROWS_INSERT, 2, false, ROWS_HINT_DATA};
	default:
		return (struct rows_kind){ROWS_INSERT, 0, false, NULL};
	}
}

bool binlog_is_rows(unsigned type)
{
	return rows_kind(type).version > 0;
}

static bool rows_refuse(const struct binlog_event *e, const char *hint, struct error *err)
{
	binlog_refuse(e, err, "events of this kind are not supported");
	return error_hint(err, "%s", hint);
}

/* The post-header: its length is told by the format description, table ids were once shorter. */
static bool rows_head(const struct binlog_event *e, const struct binlog_format *f, struct bytes *b, uint64_t *table_id,
		      uint16_t *flags, struct error *err)
{
	unsigned post = f->post[e->type];

	if (e->type == BINLOG_PARTIAL_ROW_DATA) /* does not say whose fragment it is */
		return rows_refuse(e, ROWS_HINT_DATA, err);
	if (post != 6 && post < 8)
		return binlog_refuse(e, err, "the format description does not tell its form");
	*table_id = post == 6 ? bytes_u32(b) : bytes_u48(b);
	*flags = bytes_u16(b);
	return !b->bad || binlog_refuse(e, err, "it is cut off");
}

bool binlog_rows_peek(const struct binlog_event *e, const struct binlog_format *f, uint64_t *table_id, uint16_t *flags,
		      struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	return rows_head(e, f, &b, table_id, flags, err);
}

static int rows_count(const uint8_t *bits, int columns)
{
	int n = 0;

	for (int i = 0; bits && i < columns; i++)
		n += bits[i / 8] >> i % 8 & 1;
	return n;
}

static bool rows_bitmaps(const struct binlog_event *e, struct bytes *b, struct binlog_rows *out, struct error *err)
{
	uint64_t columns = binlog_lenenc(b);

	if (!b->bad && columns > ROWS_COLUMNS)
		return binlog_refuse(e, err, "rows of %llu columns cannot be", (unsigned long long)columns);
	size_t size = ((size_t)columns + 7) / 8;
	out->column_count = (int)columns;
	if (out->op != ROWS_INSERT)
		out->has_before = bytes_take(b, size);
	if (out->op != ROWS_DELETE)
		out->has_after = bytes_take(b, size);
	if (b->bad)
		return binlog_refuse(e, err, "it is cut off");
	out->before_count = rows_count(out->has_before, out->column_count);
	out->after_count = rows_count(out->has_after, out->column_count);
	/* Such rows take no bytes: how many there are cannot be told. */
	if (out->before_count + out->after_count == 0 && out->table_id != BINLOG_TABLE_DUMMY) {
		binlog_refuse(e, err, "its rows have no columns");
		return error_hint(err,
				  "SET GLOBAL binlog_row_image = 'FULL' on the source, and let its sessions reconnect");
	}
	return true;
}

bool binlog_rows_open(const struct binlog_event *e, const struct binlog_format *f, struct arena *a,
		      struct binlog_rows *out, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	struct rows_kind kind = rows_kind(e->type);

	*out = (struct binlog_rows){.op = kind.op};
	if (kind.version == 0)
		return binlog_refuse(e, err, "it has no rows");
	if (kind.hint)
		return rows_refuse(e, kind.hint, err);
	if (!rows_head(e, f, &b, &out->table_id, &out->flags, err))
		return false;
	if (kind.version == 2) {
		uint16_t extra = bytes_u16(&b); /* partitions and the like; counts its own two bytes */
		bytes_take(&b, extra < 2 ? SIZE_MAX : extra - 2U);
	}
	if (!rows_bitmaps(e, &b, out, err))
		return false;
	if (kind.packed) {
		const uint8_t *rows;
		size_t n;
		if (!pack_block(b.at, bytes_left(&b), a, &rows, &n, err))
			return false;
		b = bytes_of(rows, n);
	}
	out->left = b;
	return true;
}

/* ---- one row ---- */

/* Bytes of the types that always have as many; 0: see rows_length. */
static const uint8_t rows_fixed[256] = {
	[COL_TINY] = 1,  [COL_SHORT] = 2,  [COL_INT24] = 3, [COL_LONG] = 4, [COL_LONGLONG] = 8,
	[COL_FLOAT] = 4, [COL_DOUBLE] = 8, [COL_YEAR] = 1,  [COL_DATE] = 3, [COL_NEWDATE] = 3,
};

static inline size_t rows_decimal(unsigned precision, unsigned scale)
{
	static const uint8_t part[9] = {0, 1, 1, 2, 2, 3, 3, 4, 4};
	unsigned whole = precision - scale;

	return whole / 9 * 4 + part[whole % 9] + scale / 9 * 4 + part[scale % 9];
}

/* Old temporal types in a row of MariaDB's with fraction digits, which a caller who knows them has put into meta. */
static inline size_t rows_old_time(const struct binlog_column *c)
{
	static const uint8_t timestamp[7] = {4, 5, 5, 6, 6, 7, 7};
	static const uint8_t time[7] = {3, 4, 4, 5, 5, 5, 6};
	static const uint8_t datetime[7] = {8, 6, 6, 7, 7, 7, 8};
	unsigned digits = c->meta > 6 ? 6 : c->meta;

	return c->type == COL_TIMESTAMP ? timestamp[digits] : c->type == COL_TIME ? time[digits] : datetime[digits];
}

/* A length of `bytes` bytes before the value. */
static inline bool rows_prefix(const uint8_t **p, const uint8_t *end, unsigned bytes, size_t *len)
{
	size_t n = 0;

	if ((size_t)(end - *p) < bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		n |= (size_t)(*p)[i] << 8 * i;
	*p += bytes;
	*len = n;
	return true;
}

/* False: cut off, or a type that is never in a row. */
static inline bool rows_length(const struct binlog_column *c, const uint8_t **p, const uint8_t *end, size_t *len)
{
	switch (c->type) {
	case COL_VARCHAR:
	case COL_VAR_STRING:
	case COL_STRING:
	case COL_VARCHAR_COMPRESSED:
		return rows_prefix(p, end, c->meta > 255 ? 2 : 1, len);
	case COL_TINY_BLOB:
	case COL_MEDIUM_BLOB:
	case COL_LONG_BLOB:
	case COL_BLOB:
	case COL_BLOB_COMPRESSED:
	case COL_GEOMETRY:
	case COL_JSON:
	case COL_VECTOR:
		return rows_prefix(p, end, c->meta, len);
	case COL_NEWDECIMAL:
		*len = rows_decimal(c->meta >> 8, c->meta & 0xff);
		return true;
	case COL_TIMESTAMP2:
		*len = 4 + (c->meta + 1U) / 2;
		return true;
	case COL_DATETIME2:
		*len = 5 + (c->meta + 1U) / 2;
		return true;
	case COL_TIME2:
		*len = 3 + (c->meta + 1U) / 2;
		return true;
	case COL_TIMESTAMP:
	case COL_TIME:
	case COL_DATETIME:
		*len = rows_old_time(c);
		return true;
	case COL_ENUM:
	case COL_SET:
		*len = c->meta;
		return true;
	case COL_BIT:
		*len = (c->meta + 7U) / 8;
		return true;
	case COL_NULL:
		*len = 0;
		return true;
	default:
		return false;
	}
}

/* An image: which of its columns are NULL, then the values of the others. On failure the column it failed at, else
 * the count of all. */
static int rows_image(struct bytes *left, const uint8_t *has, int present, const struct binlog_table *t,
		      struct binlog_cell *cells)
{
	const uint8_t *p = left->at, *const end = left->end, *const nulls = p;
	int bit = 0, count = t->column_count;

	if ((size_t)(end - p) < ((size_t)present + 7) / 8)
		return 0;
	p += ((size_t)present + 7) / 8;
	for (int i = 0; i < count; i++) {
		if (!(has[i / 8] >> i % 8 & 1)) {
			cells[i] = (struct binlog_cell){.state = CELL_ABSENT};
			continue;
		}
		bool null = nulls[bit / 8] >> bit % 8 & 1;
		bit++;
		if (null) {
			cells[i] = (struct binlog_cell){.state = CELL_NULL};
			continue;
		}
		const struct binlog_column *c = &t->columns[i];
		size_t len = rows_fixed[c->type];
		if ((len == 0 && !rows_length(c, &p, end, &len)) || (size_t)(end - p) < len)
			return i;
		cells[i] = (struct binlog_cell){.state = CELL_HERE, .len = (uint32_t)len, .at = p};
		p += len;
	}
	left->at = p;
	return count;
}

static int rows_damaged(const struct binlog_table *t, int column, struct error *err)
{
	const struct binlog_column *c = &t->columns[column];

	error_set(err, ERROR_REFUSED, "could not read rows of table \"%s.%s\": column %d%s%s%s, type %u, is cut off",
		  t->schema, t->name, column + 1, c->name ? " \"" : "", c->name ? c->name : "", c->name ? "\"" : "",
		  c->type);
	return -1;
}

int binlog_rows_next(struct binlog_rows *r, const struct binlog_table *t, struct binlog_cell *before,
		     struct binlog_cell *after, struct error *err)
{
	int got = r->column_count;

	if (r->left.at == r->left.end)
		return 0;
	if (t->column_count != r->column_count || r->before_count + r->after_count == 0) {
		error_set(err, ERROR_REFUSED,
			  "could not read rows of table \"%s.%s\": they have %d columns, the table has %d", t->schema,
			  t->name, r->column_count, t->column_count);
		return -1;
	}
	if (r->has_before)
		got = rows_image(&r->left, r->has_before, r->before_count, t, before);
	if (got == r->column_count && r->has_after)
		got = rows_image(&r->left, r->has_after, r->after_count, t, after);
	return got == r->column_count ? 1 : rows_damaged(t, got, err);
}
