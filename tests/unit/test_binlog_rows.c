/* Rows events, what servers compress, and whole files of real servers. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "binlog/pack.h"
#include "binlog/rows.h"
#include "binlog/table.h"
#include "unit/binlog_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct error err;
static struct arena arena;

/* ---- rows ---- */

#define HEAD "4d0000000000 0100" /* table 77, statement's end */

/* Every row as text: - before, + after, hex of the cells; then "!" and the message where it is refused. The body is
 * read from a block of its own size. */
static const char *rows_told(uint8_t type, const char *hex, struct binlog_column *columns, int count)
{
	static struct buffer out;
	struct binlog_format f = format_mariadb();
	struct binlog_table t = {.schema = "shop", .name = "till", .columns = columns, .column_count = count};
	struct binlog_cell cells[2][8];
	struct buffer body = {0};
	struct binlog_rows r;
	int got = -1;

	buffer_clear(&out);
	error_clear(&err);
	put_hex(&body, hex);
	uint8_t *block = malloc(body.len ? body.len : 1);
	memcpy(block, body.len ? body.data : "", body.len);
	struct binlog_event e = event_of(type, &body);
	e.body = block;
	f.post[BINLOG_PARTIAL_UPDATE_ROWS] = 10;
	f.post[BINLOG_PARTIAL_ROW_DATA] = 10;
	if (binlog_rows_open(&e, &f, &arena, &r, &err))
		while ((got = binlog_rows_next(&r, &t, cells[0], cells[1], &err)) == 1)
			for (int image = 0; image < 2; image++) {
				if (!(image ? r.has_after : r.has_before))
					continue;
				buffer_char(&out, "-+"[image]);
				for (int i = 0; i < count; i++) {
					const struct binlog_cell *c = &cells[image][i];
					buffer_text_add(&out, c->state == CELL_ABSENT ? " absent"
							      : c->state == CELL_NULL ? " null"
										      : " ");
					for (uint32_t k = 0; c->state == CELL_HERE && k < c->len; k++)
						buffer_format(&out, "%02x", c->at[k]);
				}
				buffer_char(&out, '\n');
			}
	if (got != 0)
		buffer_format(&out, "! %s", err.message);
	free(block);
	buffer_done(&body);
	return buffer_text(&out);
}

static void assert_rows(uint8_t type, const char *hex, struct binlog_column *columns, int count, const char *wanted)
{
	assert_string_equal(rows_told(type, hex, columns, count), wanted);
}

/* One value of each type, between two of one byte: its length must be right, and cut anywhere it is refused. */
static void values(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t meta;
		const char *hex, *cell;
	} cases[] = {
		{COL_TINY, 0, "ff", "ff"},
		{COL_SHORT, 0, "0102", "0102"},
		{COL_INT24, 0, "010203", "010203"},
		{COL_LONG, 0, "01020304", "01020304"},
		{COL_LONGLONG, 0, "0102030405060708", "0102030405060708"},
		{COL_FLOAT, 4, "01020304", "01020304"},
		{COL_DOUBLE, 8, "0102030405060708", "0102030405060708"},
		{COL_YEAR, 0, "7c", "7c"},
		{COL_DATE, 0, "010203", "010203"},
		{COL_NEWDATE, 0, "010203", "010203"},
		{COL_NULL, 0, "", ""},
		{COL_TIMESTAMP, 0, "01020304", "01020304"},
		{COL_TIMESTAMP, 1, "0102030405", "0102030405"},
		{COL_TIMESTAMP, 4, "010203040506", "010203040506"},
		{COL_TIMESTAMP, 6, "01020304050607", "01020304050607"},
		{COL_TIME, 0, "010203", "010203"},
		{COL_TIME, 2, "01020304", "01020304"},
		{COL_TIME, 5, "0102030405", "0102030405"},
		{COL_TIME, 6, "010203040506", "010203040506"},
		{COL_DATETIME, 0, "0102030405060708", "0102030405060708"},
		{COL_DATETIME, 1, "010203040506", "010203040506"},
		{COL_DATETIME, 5, "01020304050607", "01020304050607"},
		{COL_DATETIME, 6, "0102030405060708", "0102030405060708"},
		{COL_TIMESTAMP2, 0, "01020304", "01020304"},
		{COL_TIMESTAMP2, 1, "0102030405", "0102030405"},
		{COL_TIMESTAMP2, 6, "01020304050607", "01020304050607"},
		{COL_DATETIME2, 0, "0102030405", "0102030405"},
		{COL_DATETIME2, 3, "01020304050607", "01020304050607"},
		{COL_DATETIME2, 6, "0102030405060708", "0102030405060708"},
		{COL_TIME2, 0, "010203", "010203"},
		{COL_TIME2, 4, "0102030405", "0102030405"},
		{COL_TIME2, 6, "010203040506", "010203040506"},
		{COL_VARCHAR, 255, "02 6162", "6162"},
		{COL_VARCHAR, 256, "0200 6162", "6162"},
		{COL_VARCHAR, 10, "00", ""},
		{COL_VAR_STRING, 10, "01 61", "61"},
		{COL_STRING, 255, "01 61", "61"},
		{COL_STRING, 800, "0100 61", "61"},
		{COL_VARCHAR_COMPRESSED, 401, "0200 0061", "0061"},
		{COL_BLOB_COMPRESSED, 2, "0200 0061", "0061"},
		{COL_BLOB, 1, "01 61", "61"},
		{COL_BLOB, 2, "0100 61", "61"},
		{COL_BLOB, 3, "010000 61", "61"},
		{COL_BLOB, 4, "01000000 61", "61"},
		{COL_JSON, 4, "00000000", ""},
		{COL_GEOMETRY, 4, "02000000 6162", "6162"},
		{COL_VECTOR, 4, "04000000 00000000", "00000000"},
		{COL_ENUM, 1, "02", "02"},
		{COL_ENUM, 2, "0002", "0002"},
		{COL_SET, 1, "03", "03"},
		{COL_SET, 8, "0102030405060708", "0102030405060708"},
		{COL_BIT, 1, "01", "01"},
		{COL_BIT, 12, "0abc", "0abc"},
		{COL_BIT, 64, "0102030405060708", "0102030405060708"},
		{COL_NEWDECIMAL, 1 << 8, "80", "80"},
		{COL_NEWDECIMAL, 5 << 8 | 2, "807b2d", "807b2d"},
		{COL_NEWDECIMAL, 9 << 8, "80000001", "80000001"},
		{COL_NEWDECIMAL, 10 << 8, "8000000001", "8000000001"},
		{COL_NEWDECIMAL, 30 << 8 | 30, "8000000000000000000000000001", "8000000000000000000000000001"},
		{COL_NEWDECIMAL, 65 << 8 | 30, "800000000000000000000000000000000000000000000000000000000001",
		 "800000000000000000000000000000000000000000000000000000000001"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct binlog_column columns[3] = {
			{.type = COL_TINY}, {.type = cases[i].type, .meta = cases[i].meta}, {.type = COL_TINY}};
		struct buffer hex = {0}, wanted = {0};
		buffer_format(&hex, "%s03 07 00 aa%sbb", HEAD, cases[i].hex);
		buffer_format(&wanted, "+ aa %s bb\n", cases[i].cell);
		const char *told = rows_told(BINLOG_WRITE_ROWS_V1, buffer_text(&hex), columns, 3);
		if (strcmp(told, buffer_text(&wanted)) != 0)
			fail_msg("type %u meta %u: %s", cases[i].type, cases[i].meta, told);
		size_t start = strlen(HEAD "03 07 ");
		for (size_t n = hex.len - 1; n > start; n--) {
			if (hex.data[n] == ' ')
				continue;
			buffer_cut(&hex, n - (hex.data[n - 1] != ' '));
			n = hex.len;
			told = rows_told(BINLOG_WRITE_ROWS_V1, buffer_text(&hex), columns, 3);
			if (n > start + 1 && *told != '!')
				fail_msg("type %u meta %u cut to %s: %s", cases[i].type, cases[i].meta, hex.data, told);
		}
		buffer_done(&hex);
		buffer_done(&wanted);
	}
}

static void types_that_are_in_no_row(void **state)
{
	static const uint8_t types[] = {COL_DECIMAL, COL_TYPED_ARRAY, 21, 139, 200, 243};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct binlog_column c = {.type = types[i]};
		assert_true(*rows_told(BINLOG_WRITE_ROWS_V1, HEAD "01 01 00 01020304", &c, 1) == '!');
	}
}

static struct binlog_column tinies[8] = {{.type = COL_TINY}, {.type = COL_TINY}, {.type = COL_TINY},
					 {.type = COL_TINY}, {.type = COL_TINY}, {.type = COL_TINY},
					 {.type = COL_TINY}, {.type = COL_TINY}};

static void images(void **state)
{
	(void)state;
	assert_rows(BINLOG_WRITE_ROWS_V1, HEAD "02 03 00 0102 00 0304", tinies, 2, "+ 01 02\n+ 03 04\n");
	assert_rows(BINLOG_DELETE_ROWS_V1, HEAD "02 03 02 01", tinies, 2, "- 01 null\n");
	assert_rows(BINLOG_UPDATE_ROWS_V1, HEAD "02 03 03 00 0102 01 04", tinies, 2, "- 01 02\n+ null 04\n");
	/* Which are NULL is told of those only that are there. */
	assert_rows(BINLOG_UPDATE_ROWS_V1, HEAD "04 01 0c 00 01 02 03 00 05 03", tinies, 4,
		    "- 01 absent absent absent\n+ absent absent 03 null\n- 05 absent absent absent\n"
		    "+ absent absent null null\n");
	/* Bits above the columns mean nothing. */
	assert_rows(BINLOG_WRITE_ROWS_V1, HEAD "02 ff fc 0102", tinies, 2, "+ 01 02\n");
	/* Version 2, without and with data in its head. */
	assert_rows(BINLOG_WRITE_ROWS, HEAD "0200 02 03 00 0102", tinies, 2, "+ 01 02\n");
	assert_rows(BINLOG_UPDATE_ROWS, HEAD "0700 00ffffffff 01 01 01 00 01 00 02", tinies, 1, "- 01\n+ 02\n");
	assert_rows(BINLOG_DELETE_ROWS, HEAD "0200 01 01 00 09", tinies, 1, "- 09\n");
	assert_rows(BINLOG_WRITE_ROWS, HEAD "0100 01 01 00 09", tinies, 1,
		    "! could not read WRITE_ROWS event that ends at 4711: it is cut off");
	assert_rows(BINLOG_WRITE_ROWS, HEAD "ff00 01 01 00 09", tinies, 1,
		    "! could not read WRITE_ROWS event that ends at 4711: it is cut off");
	/* No rows at all; the dummy that only ends a statement. */
	assert_rows(BINLOG_WRITE_ROWS_V1, HEAD "02 03", tinies, 2, "");
	assert_rows(BINLOG_WRITE_ROWS_V1, "ffffff000000 0100 01 00", tinies, 2, "");
}

static void images_that_do_not_fit(void **state)
{
	(void)state;
	assert_rows(BINLOG_WRITE_ROWS_V1, HEAD "02 03 00 0102 00", tinies, 2,
		    "+ 01 02\n! could not read rows of table \"shop.till\": column 1, type 1, is cut off");
	assert_rows(BINLOG_UPDATE_ROWS_V1, HEAD "02 03 03 00 0102", tinies, 2,
		    "! could not read rows of table \"shop.till\": column 1, type 1, is cut off");
	assert_rows(BINLOG_WRITE_ROWS_V1, HEAD "02 03 00 0102", tinies, 3,
		    "! could not read rows of table \"shop.till\": they have 2 columns, the table has 3");
	assert_rows(BINLOG_WRITE_ROWS_V1, HEAD "02 00", tinies, 2,
		    "! could not read WRITE_ROWS_V1 event that ends at 4711: its rows have no columns");
	assert_non_null(strstr(err.hint, "binlog_row_image"));
	assert_rows(BINLOG_WRITE_ROWS_V1, "ffffff000000 0100 02 00 00", tinies, 2,
		    "! could not read rows of table \"shop.till\": they have 2 columns, the table has 2");
	assert_true(*rows_told(BINLOG_WRITE_ROWS_V1,
			       HEAD "fc0110"
				    "03",
			       tinies, 2) == '!');
	assert_true(*rows_told(BINLOG_WRITE_ROWS_V1, HEAD, tinies, 2) == '!');
	assert_true(*rows_told(BINLOG_WRITE_ROWS_V1, "4d00", tinies, 2) == '!');
	struct binlog_column named = {.type = COL_LONG, .name = "id", .name_len = 2};
	assert_rows(BINLOG_WRITE_ROWS_V1, HEAD "01 01 00 010203", &named, 1,
		    "! could not read rows of table \"shop.till\": column 1 \"id\", type 3, is cut off");
}

static void kinds(void **state)
{
	static const struct {
		uint8_t type;
		const char *hint;
	} refused[] = {
		{BINLOG_WRITE_ROWS_V0, "upgrade"},
		{BINLOG_UPDATE_ROWS_V0, "upgrade"},
		{BINLOG_DELETE_ROWS_V0, "upgrade"},
		{BINLOG_PARTIAL_UPDATE_ROWS, "binlog_row_value_options"},
		{BINLOG_PARTIAL_ROW_DATA, "binlog_row_event_fragment_threshold"},
	};
	struct binlog_format f = format_mysql(), old = format_mysql();
	struct buffer body = {0};
	struct binlog_rows r;
	uint64_t id;
	uint16_t flags;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		const char *told = rows_told(refused[i].type, HEAD "0200 01 01 00 01", tinies, 1);
		assert_true(*told == '!');
		assert_non_null(strstr(told, binlog_type_name(refused[i].type)));
		assert_non_null(strstr(err.hint, refused[i].hint));
	}
	for (unsigned type = 0; type < 256; type++)
		assert_int_equal(binlog_is_rows(type), (type >= 20 && type <= 25) || (type >= 30 && type <= 32) ||
							       type == 39 || (type >= 166 && type <= 172));
	put_hex(&body, HEAD "01 01 00 01");
	struct binlog_event e = event_of(BINLOG_WRITE_ROWS_V1, &body);
	assert_true(binlog_rows_peek(&e, &f, &id, &flags, &err) && id == 77 && flags == ROWS_STATEMENT_END);
	e.type = BINLOG_PARTIAL_UPDATE_ROWS; /* whose rows they are can be told */
	assert_true(binlog_rows_peek(&e, &f, &id, &flags, &err) && id == 77);
	e.type = BINLOG_PARTIAL_ROW_DATA;
	assert_false(binlog_rows_peek(&e, &f, &id, &flags, &err));
	e.type = BINLOG_WRITE_ROWS_COMPRESSED_V1; /* not of this server */
	assert_false(binlog_rows_open(&e, &f, &arena, &r, &err));
	e.type = BINLOG_XID;
	assert_false(binlog_rows_open(&e, &f, &arena, &r, &err));
	buffer_clear(&body);
	put_hex(&body, "4d000000 0100 01 01 00 01");
	e = event_of(BINLOG_WRITE_ROWS_V1, &body);
	old.post[BINLOG_WRITE_ROWS_V1] = 6;
	assert_true(binlog_rows_open(&e, &old, &arena, &r, &err) && r.table_id == 77);
	assert_int_equal(bytes_left(&r.left), 2);
	buffer_done(&body);
}

/* ---- MariaDB's blocks and cells ---- */

static void deflate_add(struct buffer *out, const void *p, size_t n, int window)
{
	uint8_t room[4096];
	z_stream z = {.next_in = (z_const Bytef *)p, .avail_in = (uInt)n, .next_out = room, .avail_out = sizeof room};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buffer_add(out, room, z.total_out);
	deflateEnd(&z);
}

static bool unpack(bool cell, const struct buffer *b, size_t n, const uint8_t **out, size_t *len)
{
	uint8_t *block = arena_copy(&arena, b->len ? b->data : "", n);

	error_clear(&err);
	return (cell ? pack_cell : pack_block)(block, n, &arena, out, len, &err);
}

static void blocks(void **state)
{
	static const char text[] = "one one one one one one one one one one one one one one one one";
	const uint8_t *out;
	size_t len, n = sizeof text - 1;

	(void)state;
	for (unsigned bytes = 0; bytes <= 8; bytes++)
		for (int cell = 0; cell <= 2; cell++) { /* block, cell, cell without the head of zlib */
			struct buffer b = {0};
			put(&b, 1, 0x80 | bytes | (cell == 2 ? 8 : 0));
			put_big(&b, bytes, n);
			deflate_add(&b, text, n, cell == 2 ? -MAX_WBITS : MAX_WBITS);
			assert_int_equal(unpack(cell, &b, b.len, &out, &len), bytes >= 1 && bytes <= 4);
			if (bytes >= 1 && bytes <= 4) {
				assert_int_equal(len, n);
				assert_memory_equal(out, text, n);
				for (size_t cut = cell ? 1 : 0; cut < b.len; cut++)
					assert_false(unpack(cell, &b, cut, &out, &len));
				b.data[bytes] = (char)(b.data[bytes] + 1); /* the length */
				assert_false(unpack(cell, &b, b.len, &out, &len));
				b.data[bytes] = (char)(b.data[bytes] - 2);
				assert_false(unpack(cell, &b, b.len, &out, &len));
				b.data[bytes] = (char)(b.data[bytes] + 1);
				put(&b, 1, 0);
				assert_false(unpack(cell, &b, b.len, &out, &len));
			}
			buffer_done(&b);
		}
}

static void blocks_refused(void **state)
{
	static const char *const cases[] = {
		"91 01 78", "01 01 78", "84 ffffffff 789c0300000001", "84 40000000 789c0300000001", "",
	};
	const uint8_t *out;
	size_t len, held = arena.total;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer b = {0};
		put_hex(&b, cases[i]);
		assert_false(unpack(false, &b, b.len, &out, &len));
		assert_int_equal(err.code, ERROR_REFUSED);
		buffer_done(&b);
	}
	assert_true(arena.total < held + (1 << 20)); /* no room for what a damaged length promises */
	struct buffer b = {0};
	assert_true(unpack(true, &b, 0, &out, &len) && len == 0);
	put_hex(&b, "00 6162");
	assert_true(unpack(true, &b, b.len, &out, &len) && len == 2 && memcmp(out, "ab", 2) == 0);
	buffer_clear(&b);
	put_hex(&b, "71 02 6162");
	assert_false(unpack(true, &b, b.len, &out, &len));
	buffer_done(&b);
}

static void compressed_rows(void **state)
{
	static const struct {
		uint8_t type;
		const char *head, *rows, *told;
	} cases[] = {
		{BINLOG_WRITE_ROWS_COMPRESSED_V1, "01 01", "\0\1\0\2", "+ 01\n+ 02\n"},
		{BINLOG_UPDATE_ROWS_COMPRESSED_V1, "01 01 01", "\0\1\0\2", "- 01\n+ 02\n"},
		{BINLOG_DELETE_ROWS_COMPRESSED_V1, "01 01", "\0\1\0\2", "- 01\n- 02\n"},
		{BINLOG_WRITE_ROWS_COMPRESSED, "0200 01 01", "\0\1\0\2", "+ 01\n+ 02\n"},
		{BINLOG_UPDATE_ROWS_COMPRESSED, "0200 01 01 01", "\0\1\0\2", "- 01\n+ 02\n"},
		{BINLOG_DELETE_ROWS_COMPRESSED, "0400 aabb 01 01", "\0\1\0\2", "- 01\n- 02\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer b = {0}, hex = {0};
		put_hex(&b, "81 04");
		deflate_add(&b, cases[i].rows, 4, MAX_WBITS);
		buffer_format(&hex, HEAD "%s", cases[i].head);
		for (size_t k = 0; k < b.len; k++)
			buffer_format(&hex, "%02x", (unsigned char)b.data[k]);
		assert_rows(cases[i].type, hex.data, tinies, 1, cases[i].told);
		buffer_cut(&hex, hex.len - 2);
		assert_true(*rows_told(cases[i].type, hex.data, tinies, 1) == '!');
		buffer_done(&b);
		buffer_done(&hex);
	}
}

/* ---- transaction payload ---- */

enum { PAYLOAD_EVENTS = 300 };

/* Events of every size, so that they cross the steps of the reader. */
static void payload_inner(struct buffer *out)
{
	for (int i = 0; i < PAYLOAD_EVENTS; i++) {
		struct buffer body = {0};
		buffer_fill(&body, (char)i, (size_t)i * (size_t)i);
		event_make(out, BINLOG_ROWS_QUERY, 0, &body, false);
	}
}

static void payload_make(struct buffer *body, const struct buffer *inner, int kind, uint64_t told, int frames)
{
	struct buffer packed = {0};
	size_t at = 0;

	for (int i = 1; i <= frames; i++) {
		size_t n = inner->len * (size_t)i / (size_t)frames - at;
		char *room = malloc(ZSTD_compressBound(n));
		size_t got = ZSTD_compress(room, ZSTD_compressBound(n), inner->data + at, n, 3);
		buffer_add(&packed, kind ? inner->data + at : room, kind ? n : got);
		free(room);
		at += n;
	}
	put_lenenc(body, 2);
	put_lenenc(body, kind < 251 ? 1 : 3);
	put_lenenc(body, (uint64_t)kind);
	put_hex(body, "03 09 fe");
	put(body, 8, told);
	put_hex(body, "01 09 fe");
	put(body, 8, packed.len);
	put_hex(body, "09 02 0102 00"); /* a field of a later server, and the end */
	buffer_add(body, packed.data, packed.len);
	buffer_done(&packed);
}

/* How many events it gives, with room for the largest only; -1 when it is refused. */
static int payload_count(const struct buffer *body, const struct buffer *inner)
{
	struct binlog_format f = format_mysql();
	struct binlog_event e = event_of(BINLOG_TRANSACTION_PAYLOAD, body);
	struct pack_payload *p = pack_payload_open(&e, &f, &err);
	const uint8_t *event;
	size_t n, at = 0;
	int got = -1, count = 0;

	if (!p)
		return -1;
	f.payload = true;
	while ((got = pack_payload_next(p, &event, &n, &err)) == 1) {
		struct binlog_event in;
		if (at + n > inner->len || memcmp(event, inner->data + at, n) != 0)
			break;
		assert_true(binlog_event_read(&f, event, n, &in, &err));
		at += n;
		count++;
	}
	assert_true(got != 1);
	assert_true(got != 0 || at == inner->len);
	pack_payload_close(p);
	return got == 0 ? count : -1;
}

static void payloads(void **state)
{
	struct buffer inner = {0};

	(void)state;
	payload_inner(&inner);
	for (int frames = 1; frames <= 3; frames++)
		for (int kind = 0; kind <= 255; kind += 255) {
			struct buffer body = {0};
			payload_make(&body, &inner, kind, inner.len, frames);
			assert_int_equal(payload_count(&body, &inner), PAYLOAD_EVENTS);
			buffer_done(&body);
		}
	struct buffer body = {0};
	payload_make(&body, &inner, 0, inner.len + 1, 1);
	assert_int_equal(payload_count(&body, &inner), -1);
	buffer_clear(&body);
	payload_make(&body, &inner, 0, inner.len - 1, 1);
	assert_int_equal(payload_count(&body, &inner), -1);
	buffer_clear(&body);
	payload_make(&body, &inner, 7, inner.len, 1);
	assert_int_equal(payload_count(&body, &inner), -1);
	assert_non_null(strstr(err.message, "its compression is not known"));
	buffer_done(&body);
	buffer_done(&inner);
}

static void payload_cut(void **state)
{
	struct buffer inner = {0}, body = {0}, event = {0};

	(void)state;
	put_hex(&event, "00");
	event_make(&inner, BINLOG_XID, 0, &event, false);
	for (int kind = 0; kind <= 255; kind += 255) {
		payload_make(&body, &inner, kind, inner.len, 1);
		assert_int_equal(payload_count(&body, &inner), 1);
		for (size_t n = body.len; n-- > 0;) {
			buffer_cut(&body, n);
			assert_int_equal(payload_count(&body, &inner), -1);
		}
	}
	/* An event that is longer than what there is. */
	inner.data[9]++;
	payload_make(&body, &inner, 0, inner.len, 1);
	assert_int_equal(payload_count(&body, &inner), -1);
	buffer_clear(&body);
	payload_make(&body, &inner, 0, UINT64_C(1) << 40, 1);
	inner.data[12] = 0x30;
	assert_int_equal(payload_count(&body, &inner), -1);
	inner.data[12] = 0;
	inner.data[9] = 18;
	buffer_clear(&body);
	payload_make(&body, &inner, 0, inner.len, 1);
	assert_int_equal(payload_count(&body, &inner), -1);
	assert_non_null(strstr(err.message, "an event in it says 18 bytes"));
	struct binlog_format f = format_mysql();
	struct binlog_event e = event_of(BINLOG_TRANSACTION_PAYLOAD, &body);
	f.payload = true;
	assert_null(pack_payload_open(&e, &f, &err));
	assert_non_null(strstr(err.message, "it is inside another"));
	buffer_done(&body);
	buffer_done(&inner);
}

static int payload_drain(const struct buffer *body)
{
	struct binlog_format f = format_mysql();
	struct binlog_event e = event_of(BINLOG_TRANSACTION_PAYLOAD, body);
	struct pack_payload *p = pack_payload_open(&e, &f, &err);
	const uint8_t *event;
	size_t n;
	int got = -1;

	while (p && (got = pack_payload_next(p, &event, &n, &err)) == 1)
		assert_true(n >= BINLOG_HEADER);
	pack_payload_close(p);
	return got;
}

/* The length of what is packed stands at its place, so that only the stream itself is damaged. */
static void payload_stream_damaged(void **state)
{
	enum { LENGTH_AT = 3 + 11 + 3, STREAM_AT = LENGTH_AT + 8 + 5 };
	struct buffer inner = {0}, body = {0}, whole = {0};

	(void)state;
	payload_inner(&inner);
	payload_make(&whole, &inner, 0, inner.len, 1);
	size_t stream = whole.len - STREAM_AT;
	assert_int_equal(payload_drain(&whole), 0);
	for (size_t n = 0; n < stream; n += n < 64 ? 1 : 61) {
		buffer_clear(&body);
		buffer_add(&body, whole.data, STREAM_AT + n);
		memcpy(body.data + LENGTH_AT, &(uint64_t){n}, 8);
		assert_int_equal(payload_drain(&body), -1);
	}
	for (size_t i = 0; i < 64; i++) {
		whole.data[STREAM_AT + i] = (char)(whole.data[STREAM_AT + i] ^ 0x10);
		payload_drain(&whole);
		whole.data[STREAM_AT + i] = (char)(whole.data[STREAM_AT + i] ^ 0x10);
	}
	/* Something behind the frame. */
	put(&whole, 1, 0);
	memcpy(whole.data + LENGTH_AT, &(uint64_t){stream + 1}, 8);
	assert_int_equal(payload_drain(&whole), -1);
	buffer_done(&inner);
	buffer_done(&body);
	buffer_done(&whole);
	pack_payload_close(NULL);
}

/* ---- files of real servers ---- */

static const char *const files[] = {"full-crc", "nolog-plain", "packed-crc", "old-crc", "open-crc"};

static char *file_told(const uint8_t *file, size_t size)
{
	struct buffer out = {0};

	fixture_tell(file, size, &out);
	return buffer_take(&out);
}

static void whole_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		size_t size, wanted_size;
		char *name = memory_format("%s.binlog", files[i]), *told_name = memory_format("%s.told", files[i]);
		uint8_t *file = fixture_read(name, &size), *wanted = fixture_read(told_name, &wanted_size);
		char *told = file_told(file, size);
		assert_int_equal(strlen(told), wanted_size);
		assert_memory_equal(told, wanted, wanted_size);
		free(told);
		free(file);
		free(wanted);
		free(name);
		free(told_name);
	}
}

/* Without checksums a flip may go unseen, but nothing is read that is not there. */
static void flips_without_checksums(void **state)
{
	size_t size, refused = 0;
	uint8_t *file = fixture_read("nolog-plain.binlog", &size);

	(void)state;
	for (size_t i = 4; i < size; i += 3) {
		file[i] ^= (uint8_t)(1 << i % 8);
		uint8_t *block = malloc(size);
		memcpy(block, file, size);
		char *told = file_told(block, size);
		refused += strstr(told, "refused: ") != NULL;
		free(told);
		free(block);
		file[i] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(refused > size / 30 && refused < size / 3);
	free(file);
}

static int begin(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(types_that_are_in_no_row),
		cmocka_unit_test(images),
		cmocka_unit_test(images_that_do_not_fit),
		cmocka_unit_test(kinds),
		cmocka_unit_test(blocks),
		cmocka_unit_test(blocks_refused),
		cmocka_unit_test(compressed_rows),
		cmocka_unit_test(payloads),
		cmocka_unit_test(payload_cut),
		cmocka_unit_test(payload_stream_damaged),
		cmocka_unit_test(whole_files),
		cmocka_unit_test(flips_without_checksums),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
