/* Any bytes are events of the binlog or are refused: nothing is read that is not there, and what a reader gives lies
 * where it says. The first byte says what the others are (enum fuzz_input). */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "binlog/pack.h"
#include "binlog/rows.h"
#include "binlog/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum fuzz_input {
	FUZZ_FILE = 0x1,    /* events with headers, the format as they say; else a type, a length of 2 bytes, a body */
	FUZZ_MARIADB = 0x2, /* whose format, where they have no headers */
	FUZZ_SHORT = 0x4,   /* with table ids of 4 bytes */
	FUZZ_PEEK = 0x8,    /* tables are looked at only */
};

enum { FUZZ_TABLES = 8, FUZZ_UNPACKED = 1 << 20, FUZZ_COLUMNS = 4096 };

struct fuzz {
	struct binlog_format format;
	struct arena arena; /* of tables */
	struct arena work;  /* of an event */
	struct binlog_table tables[FUZZ_TABLES];
	bool peek;
	struct error err;
	struct binlog_cell cells[2][FUZZ_COLUMNS];
};

/* Reads every byte, so that the sanitizer sees what must not be read. */
static volatile uint8_t fuzz_sink;

static void must(bool condition)
{
	if (!condition)
		abort();
}

static bool fuzz_refused(const struct fuzz *z)
{
	must(z->err.code == ERROR_REFUSED && strncmp(z->err.message, "could not ", 10) == 0);
	return false;
}

static void fuzz_touch(const void *p, size_t n)
{
	const uint8_t *at = p;

	for (size_t i = 0; i < n; i++)
		fuzz_sink ^= at[i];
}

/* ---- tables and rows ---- */

static void fuzz_table(struct fuzz *z, const struct binlog_event *e)
{
	const char *schema, *name;
	struct binlog_table t;
	uint64_t id;

	bool looked = binlog_table_peek(e, &z->format, &id, &schema, &name, &z->err);
	if (!looked)
		fuzz_refused(z);
	if (z->peek || !binlog_table_read(e, &z->format, &z->arena, &t, &z->err)) {
		(void)(z->peek || fuzz_refused(z));
		return;
	}
	must(looked && id == t.id && strcmp(schema, t.schema) == 0 && strcmp(name, t.name) == 0);
	must(t.column_count > 0 && t.column_count <= FUZZ_COLUMNS);
	for (int i = 0; i < t.column_count; i++) {
		const struct binlog_column *c = &t.columns[i];
		must(!c->name || strlen(c->name) == c->name_len);
		for (int k = 0; k < c->label_count; k++) {
			fuzz_touch(c->labels[k], c->label_lens[k]);
			must(c->labels[k][c->label_lens[k]] == '\0');
		}
	}
	for (int i = 0; i < t.key_count; i++)
		must(t.key[i] >= 0 && t.key[i] < t.column_count);
	z->tables[id % FUZZ_TABLES] = t;
}

static void fuzz_cell(struct fuzz *z, const struct binlog_column *c, const struct binlog_cell *cell)
{
	const uint8_t *out;
	size_t n;

	must(cell->state <= CELL_HERE);
	if (cell->state != CELL_HERE)
		return;
	fuzz_touch(cell->at, cell->len);
	if (c->type != COL_BLOB_COMPRESSED && c->type != COL_VARCHAR_COMPRESSED)
		return;
	if (pack_cell(cell->at, cell->len, &z->work, &out, &n, &z->err))
		fuzz_touch(out, n);
	else
		fuzz_refused(z);
}

static void fuzz_image(struct fuzz *z, const struct binlog_table *t, const struct binlog_cell *cells, int present)
{
	int absent = 0;

	for (int i = 0; i < t->column_count; i++) {
		absent += cells[i].state == CELL_ABSENT;
		fuzz_cell(z, &t->columns[i], &cells[i]);
	}
	must(absent + present == t->column_count);
}

static void fuzz_rows(struct fuzz *z, const struct binlog_event *e)
{
	struct binlog_rows r;
	uint64_t id;
	uint16_t flags;
	int got;

	if (!binlog_rows_open(e, &z->format, &z->work, &r, &z->err)) {
		fuzz_refused(z);
		if (!binlog_rows_peek(e, &z->format, &id, &flags, &z->err))
			fuzz_refused(z);
		return;
	}
	must(binlog_rows_peek(e, &z->format, &id, &flags, &z->err) && id == r.table_id && flags == r.flags);
	const struct binlog_table *t = &z->tables[id % FUZZ_TABLES];
	if (t->column_count == 0)
		return;
	const uint8_t *at = r.left.at;
	while ((got = binlog_rows_next(&r, t, z->cells[0], z->cells[1], &z->err)) == 1 &&
	       z->work.total < FUZZ_UNPACKED * 4) {
		must(r.left.at > at);
		at = r.left.at;
		if (r.op != ROWS_INSERT)
			fuzz_image(z, t, z->cells[0], r.before_count);
		if (r.op != ROWS_DELETE)
			fuzz_image(z, t, z->cells[1], r.after_count);
	}
	must(got != 0 || r.left.at == r.left.end);
	(void)(got >= 0 || fuzz_refused(z));
}

/* ---- other events ---- */

static void fuzz_event(struct fuzz *z, const struct binlog_event *e);

static void fuzz_payload(struct fuzz *z, const struct binlog_event *e)
{
	struct pack_payload *p = pack_payload_open(e, &z->format, &z->err);
	const uint8_t *event;
	size_t n, total = 0;
	int got;

	if (!p) {
		fuzz_refused(z);
		return;
	}
	must(!z->format.payload);
	z->format.payload = true;
	while ((got = pack_payload_next(p, &event, &n, &z->err)) == 1 && total < FUZZ_UNPACKED) {
		struct binlog_event in;
		total += n;
		if (!binlog_event_read(&z->format, event, n, &in, &z->err))
			abort();
		if (in.type != BINLOG_FORMAT)
			fuzz_event(z, &in);
	}
	(void)(got >= 0 || fuzz_refused(z));
	z->format.payload = false;
	pack_payload_close(p);
}

static void fuzz_list(void *ctx, uint32_t domain, uint32_t server_id, uint64_t sequence)
{
	(void)ctx;
	fuzz_sink ^= (uint8_t)(domain ^ server_id ^ sequence);
}

static bool fuzz_control(struct fuzz *z, const struct binlog_event *e)
{
	struct binlog_rotate rotate;
	struct binlog_gtid gtid;
	struct binlog_xa_prepare xa;
	struct binlog_heartbeat heartbeat;
	struct binlog_incident incident;
	uint64_t xid;
	bool good = true;

	switch (e->type) {
	case BINLOG_ROTATE:
		good = binlog_rotate_read(e, &z->format, &rotate, &z->err);
		fuzz_touch(rotate.file, good ? rotate.file_len : 0);
		break;
	case BINLOG_XID:
		good = binlog_xid_read(e, &z->format, &xid, &z->err);
		break;
	case BINLOG_GTID:
	case BINLOG_ANONYMOUS_GTID:
	case BINLOG_GTID_TAGGED:
	case BINLOG_MARIADB_GTID:
		good = binlog_gtid_read(e, &z->format, &gtid, &z->err);
		fuzz_touch(gtid.xid, good ? (size_t)gtid.gtrid_len + gtid.bqual_len : 0);
		must(memchr(gtid.tag, '\0', sizeof gtid.tag) != NULL);
		break;
	case BINLOG_XA_PREPARE:
		good = binlog_xa_prepare_read(e, &z->format, &xa, &z->err);
		fuzz_touch(xa.xid, good ? xa.gtrid_len + xa.bqual_len : 0);
		break;
	case BINLOG_HEARTBEAT:
	case BINLOG_HEARTBEAT_V2:
		good = binlog_heartbeat_read(e, &z->format, &heartbeat, &z->err);
		fuzz_touch(heartbeat.file, good ? heartbeat.file_len : 0);
		break;
	case BINLOG_INCIDENT:
		good = binlog_incident_read(e, &z->format, &incident, &z->err);
		fuzz_touch(incident.message, good ? incident.message_len : 0);
		break;
	case BINLOG_GTID_LIST:
		good = binlog_gtid_list_read(e, &z->format, fuzz_list, NULL, &z->err);
		break;
	case BINLOG_FORMAT:
		good = binlog_format_read(e, &z->format, &z->err);
		break;
	default:
		break;
	}
	return good || fuzz_refused(z);
}

static void fuzz_event(struct fuzz *z, const struct binlog_event *e)
{
	must(*binlog_type_name(e->type) != '\0');
	must(!binlog_may_skip(e) || !binlog_is_rows(e->type));
	if (e->type == BINLOG_TABLE_MAP)
		fuzz_table(z, e);
	else if (binlog_is_rows(e->type))
		fuzz_rows(z, e);
	else if (e->type == BINLOG_TRANSACTION_PAYLOAD)
		fuzz_payload(z, e);
	else
		fuzz_control(z, e);
	if (!z->format.payload)
		arena_reset(&z->work);
}

/* ---- input ---- */

static void fuzz_format(struct fuzz *z, unsigned input)
{
	static const uint8_t posts[] = {8, 8, 10};

	z->format = (struct binlog_format){.known = true, .mariadb = input & FUZZ_MARIADB, .types = 255};
	for (int type = 0; type < 256; type++)
		z->format.post[type] = posts[(type >= 30 && type <= 39) || (type >= 169 && type <= 171) ? 2 : 0];
	for (int type = BINLOG_TABLE_MAP; input & FUZZ_SHORT && type <= BINLOG_DELETE_ROWS_V1; type++)
		z->format.post[type] = 6;
}

/* Each event in a block of its own, so that a read past its end is seen. */
static void fuzz_bodies(struct fuzz *z, struct bytes b)
{
	while (b.at != b.end) {
		uint8_t type = bytes_u8(&b);
		uint16_t n = bytes_u16(&b);
		if (b.bad || n > bytes_left(&b))
			n = (uint16_t)bytes_left(&b);
		uint8_t *body = malloc(n ? n : 1);
		if (!body)
			abort();
		const uint8_t *at = bytes_take(&b, n);
		memcpy(body, at ? at : body, n);
		struct binlog_event e = {.type = type, .length = BINLOG_HEADER + n, .body = body, .size = n};
		fuzz_event(z, &e);
		free(body);
		if (b.bad)
			return;
	}
}

static void fuzz_file(struct fuzz *z, struct bytes b)
{
	while (b.at != b.end) {
		struct bytes header = b;
		struct binlog_event e;
		bytes_take(&header, 9);
		uint32_t length = bytes_u32(&header);
		size_t n = header.bad || length == 0 || length > bytes_left(&b) ? bytes_left(&b) : length;
		uint8_t *event = malloc(n);
		if (!event)
			abort();
		memcpy(event, bytes_take(&b, n), n);
		if (binlog_event_read(&z->format, event, n, &e, &z->err)) {
			must(e.length == n && e.body == event + BINLOG_HEADER && e.size <= n - BINLOG_HEADER);
			fuzz_event(z, &e);
		} else {
			fuzz_refused(z);
		}
		free(event);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz z;

	if (size == 0)
		return 0;
	struct bytes b = bytes_of(data + 1, size - 1);
	unsigned input = *data;
	memset(&z.format, 0, sizeof z.format);
	memset(z.tables, 0, sizeof z.tables);
	z.peek = input & FUZZ_PEEK;
	arena_init(&z.arena);
	arena_init(&z.work);
	if (input & FUZZ_FILE) {
		fuzz_file(&z, b);
	} else {
		fuzz_format(&z, input);
		fuzz_bodies(&z, b);
	}
	arena_done(&z.arena);
	arena_done(&z.work);
	return 0;
}
