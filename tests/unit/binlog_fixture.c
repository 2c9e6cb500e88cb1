#include "config.h"

#include "unit/binlog_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/pack.h"
#include "binlog/rows.h"
#include "binlog/table.h"

/* ---- making ---- */

void put(struct buffer *b, unsigned bytes, uint64_t number)
{
	for (unsigned i = 0; i < bytes; i++)
		buffer_char(b, (char)(number >> 8 * i));
}

void put_big(struct buffer *b, unsigned bytes, uint64_t number)
{
	for (unsigned i = bytes; i-- > 0;)
		buffer_char(b, (char)(number >> 8 * i));
}

void put_lenenc(struct buffer *b, uint64_t number)
{
	if (number < 251) {
		put(b, 1, number);
		return;
	}
	unsigned bytes = number <= UINT16_MAX ? 2 : number < 1 << 24 ? 3 : 8;
	put(b, 1, bytes == 2 ? 0xfc : bytes == 3 ? 0xfd : 0xfe);
	put(b, bytes, number);
}

void put_text(struct buffer *b, const char *text)
{
	buffer_text_add(b, text);
}

void put_told(struct buffer *b, const char *text)
{
	put(b, 1, strlen(text));
	put_text(b, text);
}

void put_hex(struct buffer *b, const char *hex)
{
	for (; *hex; hex++) {
		char two[3] = {hex[0], hex[1], '\0'};
		if (*hex == ' ')
			continue;
		put(b, 1, strtoul(two, NULL, 16));
		hex++;
	}
}

void event_sign(struct buffer *event)
{
	size_t n = event->len - 4;
	uint32_t crc = (uint32_t)crc32(0, (const Bytef *)event->data, (uInt)n);

	buffer_cut(event, n);
	put(event, 4, crc);
}

void event_make(struct buffer *out, uint8_t type, uint16_t flags, struct buffer *body, bool checksum)
{
	put(out, 4, MADE_TIME);
	put(out, 1, type);
	put(out, 4, MADE_SERVER);
	put(out, 4, BINLOG_HEADER + body->len + (checksum ? 4 : 0));
	put(out, 4, MADE_END);
	put(out, 2, flags);
	buffer_add(out, body->data, body->len);
	buffer_done(body);
	if (checksum) {
		put(out, 4, 0);
		event_sign(out);
	}
}

static uint8_t format_post(int type)
{
	if (type == BINLOG_TABLE_MAP)
		return 8;
	if (type >= BINLOG_WRITE_ROWS_V0 && type <= BINLOG_DELETE_ROWS_V1)
		return 8;
	if ((type >= BINLOG_WRITE_ROWS && type <= BINLOG_DELETE_ROWS) || type == BINLOG_PARTIAL_UPDATE_ROWS)
		return 10;
	if (type >= BINLOG_WRITE_ROWS_COMPRESSED_V1 && type <= BINLOG_DELETE_ROWS_COMPRESSED_V1)
		return 8;
	return type >= BINLOG_WRITE_ROWS_COMPRESSED && type <= BINLOG_DELETE_ROWS_COMPRESSED ? 10 : 0;
}

void format_make(struct buffer *out, const char *server, int types, int algorithm)
{
	struct buffer body = {0};

	put(&body, 2, 4);
	put_text(&body, server);
	buffer_fill(&body, 0, 52 - body.len);
	put(&body, 4, 0);
	put(&body, 1, BINLOG_HEADER);
	for (int i = 1; i <= types; i++)
		put(&body, 1, format_post(i));
	if (algorithm >= 0)
		put(&body, 1, (uint64_t)algorithm);
	event_make(out, BINLOG_FORMAT, 0, &body, algorithm >= 0);
}

static struct binlog_format format_of(const char *server, int types, bool mariadb)
{
	struct binlog_format f = {.known = true, .mariadb = mariadb, .types = types};

	snprintf(f.server, sizeof f.server, "%s", server);
	for (int i = 1; i <= types; i++)
		f.post[i] = format_post(i);
	return f;
}

struct binlog_format format_mysql(void)
{
	return format_of("8.0.36", BINLOG_GTID_TAGGED, false);
}

struct binlog_format format_mariadb(void)
{
	return format_of("10.11.6-MariaDB-log", BINLOG_DELETE_ROWS_COMPRESSED, true);
}

struct binlog_event event_of(uint8_t type, const struct buffer *body)
{
	return (struct binlog_event){.when = MADE_TIME,
				     .type = type,
				     .server_id = MADE_SERVER,
				     .length = (uint32_t)(BINLOG_HEADER + body->len),
				     .next_pos = MADE_END,
				     .body = (const uint8_t *)body->data,
				     .size = body->len};
}

/* ---- telling ---- */

uint8_t *fixture_read(const char *name, size_t *size)
{
	const char *top = getenv("SRCDIR");
	char *path = memory_format("%s/tests/fixtures/binlog/%s", top ? top : ".", name);
	FILE *f = fopen(path, "rb");

	if (!f) {
		fprintf(stderr, "could not open \"%s\"\n", path);
		abort();
	}
	uint8_t *bytes = memory_alloc(1 << 20);
	*size = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	free(path);
	return bytes;
}

struct teller {
	struct binlog_format format;
	struct binlog_table tables[16]; /* by their id */
	struct arena arena;
	struct buffer *out;
	struct error err;
};

static void tell_bytes(struct buffer *out, const uint8_t *at, size_t n, bool text)
{
	if (text)
		buffer_char(out, '\'');
	for (size_t i = 0; i < n; i++) {
		if (text && at[i] >= ' ' && at[i] < 0x7f && at[i] != '\\')
			buffer_char(out, (char)at[i]);
		else
			buffer_format(out, "%s%02x", text ? "\\x" : "", at[i]);
	}
	if (text)
		buffer_char(out, '\'');
}

static bool tell_gtid(struct teller *t, const struct binlog_event *e)
{
	struct binlog_gtid g;

	if (!binlog_gtid_read(e, &t->format, &g, &t->err))
		return false;
	buffer_format(t->out, " %u-%u-%" PRIu64 "%s%s%s%s%s%s%s", g.domain, g.server_id, g.sequence,
		      g.standalone ? " standalone" : "", g.ddl ? " ddl" : "", g.transactional ? " transactional" : "",
		      g.prepared_xa ? " prepared" : "", g.completed_xa ? " completed" : "",
		      g.start_alter ? " starts alter" : "", g.commit_alter ? " commits alter" : "");
	if (g.xid) {
		buffer_format(t->out, " xid %u ", g.xid_format);
		tell_bytes(t->out, g.xid, (size_t)g.gtrid_len + g.bqual_len, true);
	}
	return true;
}

static void tell_list(void *ctx, uint32_t domain, uint32_t server, uint64_t sequence)
{
	struct teller *t = ctx;

	buffer_format(t->out, " %u-%u-%" PRIu64, domain, server, sequence);
}

static bool tell_xa(struct teller *t, const struct binlog_event *e)
{
	struct binlog_xa_prepare x;

	if (!binlog_xa_prepare_read(e, &t->format, &x, &t->err))
		return false;
	buffer_format(t->out, "%s xid %u ", x.one_phase ? " one phase" : "", x.format);
	tell_bytes(t->out, x.xid, (size_t)x.gtrid_len + x.bqual_len, true);
	return true;
}

static void tell_column(struct buffer *out, const struct binlog_column *c)
{
	buffer_format(out, "\n    %s %u:%u", c->name ? c->name : "-", c->type, c->meta);
	if (c->collation)
		buffer_format(out, " collation %u", c->collation);
	buffer_format(out, "%s%s", c->is_unsigned ? " unsigned" : "", c->nullable ? "" : " not null");
	for (int i = 0; i < c->label_count; i++)
		buffer_format(out, "%s%.*s", i ? "," : " labels ", (int)c->label_lens[i], c->labels[i]);
}

/* In MariaDB's old format only the catalogue knows of fraction digits: here the end of the column's name does. */
static void tell_old_time(struct binlog_column *c)
{
	bool old = c->type == COL_TIMESTAMP || c->type == COL_TIME || c->type == COL_DATETIME;
	char last = c->name ? c->name[c->name_len - 1] : '\0';

	if (old && last >= '1' && last <= '6')
		c->meta = (uint16_t)(last - '0');
}

static bool tell_table(struct teller *t, const struct binlog_event *e)
{
	struct binlog_table table;
	uint64_t id;
	const char *schema, *name;

	if (!binlog_table_read(e, &t->format, &t->arena, &table, &t->err) ||
	    !binlog_table_peek(e, &t->format, &id, &schema, &name, &t->err))
		return false;
	if (id != table.id || strcmp(schema, table.schema) != 0 || strcmp(name, table.name) != 0)
		return error_set(&t->err, ERROR_REFUSED, "a look gives another table than reading does");
	for (int i = 0; i < table.column_count; i++)
		tell_old_time(&table.columns[i]);
	bool again = t->tables[id % 16].id == id;
	t->tables[id % 16] = table;
	buffer_format(t->out, " %s.%s", table.schema, table.name);
	for (int i = 0; !again && i < table.column_count; i++)
		tell_column(t->out, &table.columns[i]);
	for (int i = 0; !again && i < table.key_count; i++)
		buffer_format(t->out, "%s%d", i ? "," : "\n    key ", table.key[i]);
	return true;
}

static bool tell_is_text(unsigned type)
{
	return type == COL_VARCHAR || type == COL_STRING || type == COL_BLOB;
}

static bool tell_cell(struct teller *t, const struct binlog_column *c, const struct binlog_cell *cell)
{
	const uint8_t *at = cell->at;
	size_t n = cell->len;

	if (cell->state != CELL_HERE) {
		buffer_text_add(t->out, cell->state == CELL_NULL ? " NULL" : " -");
		return true;
	}
	buffer_char(t->out, ' ');
	if ((c->type == COL_VARCHAR_COMPRESSED || c->type == COL_BLOB_COMPRESSED)) {
		if (!pack_cell(cell->at, cell->len, &t->arena, &at, &n, &t->err))
			return false;
		buffer_text_add(t->out, "unpacked ");
	}
	tell_bytes(t->out, at, n, tell_is_text(c->type) || at != cell->at);
	return true;
}

static bool tell_image(struct teller *t, const char *sign, const struct binlog_table *table,
		       const struct binlog_cell *cells)
{
	buffer_format(t->out, "\n  %s", sign);
	for (int i = 0; i < table->column_count; i++)
		if (!tell_cell(t, &table->columns[i], &cells[i]))
			return false;
	return true;
}

static bool tell_rows(struct teller *t, const struct binlog_event *e)
{
	struct binlog_cell before[64], after[64];
	struct binlog_rows r;
	uint64_t id;
	uint16_t flags;
	int got;

	if (!binlog_rows_open(e, &t->format, &t->arena, &r, &t->err) ||
	    !binlog_rows_peek(e, &t->format, &id, &flags, &t->err))
		return false;
	if (id != r.table_id || flags != r.flags)
		return error_set(&t->err, ERROR_REFUSED, "a look gives other rows than reading does");
	const struct binlog_table *table = &t->tables[id % 16];
	if (r.flags & ROWS_STATEMENT_END)
		buffer_text_add(t->out, " ends statement");
	while ((got = binlog_rows_next(&r, table, before, after, &t->err)) == 1) {
		if (r.op != ROWS_INSERT && !tell_image(t, "-", table, before))
			return false;
		if (r.op != ROWS_DELETE && !tell_image(t, "+", table, after))
			return false;
	}
	return got == 0;
}

static bool tell_event(struct teller *t, const struct binlog_event *e)
{
	struct binlog_rotate rotate;
	uint64_t xid;

	switch (e->type) {
	case BINLOG_FORMAT:
		if (!binlog_format_read(e, &t->format, &t->err))
			return false;
		buffer_format(t->out, " %s%s %d types%s", t->format.server, t->format.mariadb ? "," : ", not MariaDB,",
			      t->format.types, t->format.checksum ? ", checksums" : "");
		return true;
	case BINLOG_ROTATE:
		if (!binlog_rotate_read(e, &t->format, &rotate, &t->err))
			return false;
		buffer_format(t->out, " %.*s at %" PRIu64, (int)rotate.file_len, rotate.file, rotate.pos);
		return true;
	case BINLOG_XID:
		return binlog_xid_read(e, &t->format, &xid, &t->err);
	case BINLOG_XA_PREPARE:
		return tell_xa(t, e);
	case BINLOG_MARIADB_GTID:
		return tell_gtid(t, e);
	case BINLOG_GTID_LIST:
		return binlog_gtid_list_read(e, &t->format, tell_list, t, &t->err);
	case BINLOG_TABLE_MAP:
		return tell_table(t, e);
	default:
		return !binlog_is_rows(e->type) || tell_rows(t, e);
	}
}

void fixture_tell(const uint8_t *file, size_t size, struct buffer *out)
{
	struct teller t = {.out = out};
	struct bytes b = bytes_of(file, size);
	bool good = true;

	arena_init(&t.arena);
	bytes_take(&b, strlen(BINLOG_MAGIC));
	while (good && b.at != b.end) {
		struct bytes length = bytes_of(b.at + 9, bytes_left(&b) < 13 ? 0 : 4);
		const uint8_t *at = b.at;
		uint32_t n = bytes_u32(&length);
		struct binlog_event e;
		bytes_take(&b, n);
		good = !b.bad && n > 0 && binlog_event_read(&t.format, at, n, &e, &t.err);
		if (good) {
			buffer_text_add(out, binlog_type_name(e.type));
			good = tell_event(&t, &e);
			buffer_char(out, '\n');
		}
	}
	if (!good)
		buffer_format(out, "refused: %s\n", t.err.message);
	arena_done(&t.arena);
}
