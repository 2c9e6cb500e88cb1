/* Events of the binlog: framing, checksums, and every event that is neither tables nor rows. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "unit/binlog_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct error err;

/* From a block of the exact size, so that the sanitizer sees a read past its end. */
static bool read_exact(const struct binlog_format *f, const void *data, size_t n, struct binlog_event *e)
{
	uint8_t *block = malloc(n ? n : 1);

	memcpy(block, n ? data : "", n);
	error_clear(&err);
	bool good = binlog_event_read(f, block, n, e, &err);
	free(block);
	if (!good) {
		assert_int_equal(err.code, ERROR_REFUSED);
		assert_memory_equal(err.message, "could not read ", 15);
	}
	return good;
}

/* ---- header and checksum ---- */

static void header_is_read(void **state)
{
	struct binlog_format f = format_mysql();
	struct buffer body = {0}, event = {0};
	struct binlog_event e;

	(void)state;
	put(&body, 8, 99);
	event_make(&event, BINLOG_XID, BINLOG_FLAG_SKIP_REPLICATION, &body, false);
	assert_true(binlog_event_read(&f, (uint8_t *)event.data, event.len, &e, &err));
	assert_int_equal(e.when, MADE_TIME);
	assert_int_equal(e.type, BINLOG_XID);
	assert_int_equal(e.server_id, MADE_SERVER);
	assert_int_equal(e.length, 27);
	assert_int_equal(e.next_pos, MADE_END);
	assert_int_equal(e.flags, BINLOG_FLAG_SKIP_REPLICATION);
	assert_ptr_equal(e.body, event.data + BINLOG_HEADER);
	assert_int_equal(e.size, 8);
	for (size_t n = 0; n < event.len; n++)
		assert_false(read_exact(&f, event.data, n, &e));
	put(&event, 1, 0);
	assert_false(read_exact(&f, event.data, event.len, &e));
	assert_string_equal(err.message,
			    "could not read XID event that ends at 4711: its header says 27 bytes, but it has 28");
	buffer_done(&event);
}

/* Of every event of a file with checksums. */
static void every_flip_is_refused(void **state)
{
	size_t size, flips = 0;
	uint8_t *file = fixture_read("full-crc.binlog", &size);
	struct binlog_format f = {0};
	struct binlog_event e;

	(void)state;
	for (size_t at = 4; at < size;) {
		size_t n = file[at + 9] | (size_t)file[at + 10] << 8;
		assert_true(read_exact(&f, file + at, n, &e));
		for (size_t bit = 0; bit < n * 8; bit++) {
			file[at + bit / 8] ^= (uint8_t)(1 << bit % 8);
			/* The checksum of a format description leaves out that its file is in use. */
			bool in_use = file[at + 4] == BINLOG_FORMAT && bit == 17 * 8;
			if (read_exact(&f, file + at, n, &e) != in_use)
				fail_msg("bit %zu of the event at %zu", bit, at);
			file[at + bit / 8] ^= (uint8_t)(1 << bit % 8);
			flips++;
		}
		assert_true(binlog_event_read(&f, file + at, n, &e, &err));
		if (e.type == BINLOG_FORMAT)
			assert_true(binlog_format_read(&e, &f, &err) && f.checksum);
		at += n;
	}
	assert_int_equal(flips, (size - 4) * 8);
	free(file);
}

static void payload_events_have_no_checksum(void **state)
{
	struct binlog_format f = format_mysql();
	struct buffer body = {0}, event = {0};
	struct binlog_event e;

	(void)state;
	f.checksum = true;
	put(&body, 8, 99);
	event_make(&event, BINLOG_XID, 0, &body, false);
	assert_false(read_exact(&f, event.data, event.len, &e));
	assert_non_null(strstr(err.message, "its checksum does not fit"));
	f.payload = true;
	assert_true(read_exact(&f, event.data, event.len, &e));
	assert_int_equal(e.size, 8);
	buffer_done(&event);
}

static void nothing_but_rotate_comes_before_the_format(void **state)
{
	struct binlog_format f = {0};
	struct buffer body = {0}, event = {0};
	struct binlog_event e;

	(void)state;
	put(&body, 8, 99);
	event_make(&event, BINLOG_XID, 0, &body, true);
	assert_false(read_exact(&f, event.data, event.len, &e));
	buffer_done(&event);
}

static void rotate_make(struct buffer *event, uint16_t flags, bool checksum)
{
	struct buffer body = {0};

	buffer_clear(event);
	put(&body, 8, UINT64_C(5000000000));
	put_text(&body, "bin.000001");
	event_make(event, BINLOG_ROTATE, flags, &body, checksum);
	if (flags & BINLOG_FLAG_ARTIFICIAL)
		memset(event->data, 0, 4);
	if (checksum)
		event_sign(event);
}

/* Whether one that a server makes up has a checksum is found by trying. */
static void rotate_with_and_without_checksum(void **state)
{
	struct binlog_format none = {0}, plain = format_mysql(), checked = format_mysql();
	const struct {
		const struct binlog_format *f;
		uint16_t flags;
		bool checksum, good;
	} cases[] = {
		{&none, BINLOG_FLAG_ARTIFICIAL, true, true},
		{&none, BINLOG_FLAG_ARTIFICIAL, false, true},
		{&plain, BINLOG_FLAG_ARTIFICIAL, true, true},
		{&plain, BINLOG_FLAG_ARTIFICIAL, false, true},
		{&checked, BINLOG_FLAG_ARTIFICIAL, true, true},
		{&checked, BINLOG_FLAG_ARTIFICIAL, false, true},
		{&none, 0, true, true},
		{&plain, 0, false, true},
		{&checked, 0, true, true},
		{&checked, 0, false, false},
	};
	struct buffer event = {0};

	(void)state;
	checked.checksum = true;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct binlog_event e;
		struct binlog_rotate r;
		rotate_make(&event, cases[i].flags, cases[i].checksum);
		assert_int_equal(binlog_event_read(cases[i].f, (uint8_t *)event.data, event.len, &e, &err),
				 cases[i].good);
		if (!cases[i].good)
			continue;
		assert_true(binlog_rotate_read(&e, cases[i].f, &r, &err));
		assert_true(r.pos == UINT64_C(5000000000));
		assert_int_equal(r.file_len, 10);
		assert_memory_equal(r.file, "bin.000001", 10);
	}
	buffer_done(&event);
}

/* The four bytes of a checksum that does not fit must not become part of the name. */
static void rotate_damaged(void **state)
{
	struct binlog_format none = {0};
	struct buffer event = {0};
	struct binlog_event e;

	(void)state;
	rotate_make(&event, BINLOG_FLAG_ARTIFICIAL, true);
	for (size_t bit = 0; bit < event.len * 8; bit++) {
		event.data[bit / 8] = (char)(event.data[bit / 8] ^ 1 << bit % 8);
		assert_false(read_exact(&none, event.data, event.len, &e));
		event.data[bit / 8] = (char)(event.data[bit / 8] ^ 1 << bit % 8);
	}
	buffer_done(&event);
}

/* ---- format description ---- */

static void servers(void **state)
{
	static const struct {
		const char *server;
		int types, algorithm;
		bool mariadb;
	} cases[] = {
		{"5.0.96-log", 26, -1, false},
		{"5.5.62", 27, -1, false},
		{"5.6.0-m4", 30, -1, false},
		{"5.6.1-m5", 33, 1, false},
		{"5.7.44-log", 38, 1, false},
		{"8.0.36", 41, 1, false},
		{"8.0.36", 41, 0, false},
		{"8.4.0", 42, 1, false},
		{"9.1.0", 42, 1, false},
		{"10.11.6-MariaDB-log", 171, 1, true},
		{"5.5.5-10.6.12-MariaDB", 171, 1, true},
		{"5.2.14-MariaDB", 27, -1, true},
		{"5.3.12-MariaDB", 160, 0, true},
		{"11.8.2-MariaDB-ubu2404", 171, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer event = {0};
		struct binlog_format f = {0};
		struct binlog_event e;
		format_make(&event, cases[i].server, cases[i].types, cases[i].algorithm);
		assert_true(binlog_event_read(&f, (uint8_t *)event.data, event.len, &e, &err));
		assert_true(binlog_format_read(&e, &f, &err));
		assert_true(f.known);
		assert_string_equal(f.server, cases[i].server);
		assert_int_equal(f.mariadb, cases[i].mariadb);
		assert_int_equal(f.types, cases[i].types);
		assert_int_equal(f.checksum, cases[i].algorithm == 1);
		assert_int_equal(f.when, MADE_TIME);
		assert_int_equal(f.post[BINLOG_TABLE_MAP], 8);
		assert_int_equal(f.post[BINLOG_WRITE_ROWS], cases[i].types >= BINLOG_WRITE_ROWS ? 10 : 0);
		assert_int_equal(f.post[BINLOG_UPDATE_ROWS_COMPRESSED_V1], cases[i].types == 171 ? 8 : 0);
		for (size_t n = 0; n < event.len; n++)
			assert_false(read_exact(&f, event.data, n, &e));
		buffer_done(&event);
	}
}

static void format_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} cases[] = {
		{19, 3, "version 3 of the binlog is not known"},
		{19 + 56, 20, "headers of 20 bytes are not known"},
		{19 + 57 + 41, 2, "checksums of kind 2 are not known"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer event = {0};
		struct binlog_format f = {0};
		struct binlog_event e;
		format_make(&event, "8.0.36", 41, 1);
		event.data[cases[i].at] = (char)cases[i].value;
		event_sign(&event);
		assert_true(binlog_event_read(&f, (uint8_t *)event.data, event.len, &e, &err));
		assert_false(binlog_format_read(&e, &f, &err));
		assert_false(f.known);
		if (!strstr(err.message, cases[i].why))
			fail_msg("%s", err.message);
		buffer_done(&event);
	}
	struct buffer event = {0};
	struct binlog_format f = {0};
	struct binlog_event e;
	format_make(&event, "5.0.36", 40, -1);
	assert_false(read_exact(&f, event.data, event.len, &e));
	buffer_done(&event);
}

/* A server that begins in the middle of a file sends its description with another header; it puts the checksum right
 * where events have one. */
static void format_of_a_file_begun_in_the_middle(void **state)
{
	struct binlog_format f = {0};
	struct binlog_event e;

	(void)state;
	for (int algorithm = 0; algorithm <= 1; algorithm++) {
		struct buffer event = {0};
		format_make(&event, "8.0.36", 41, algorithm);
		memset(event.data + 13, 0, 4);
		assert_int_equal(read_exact(&f, event.data, event.len, &e), algorithm == 0);
		event_sign(&event);
		assert_true(read_exact(&f, event.data, event.len, &e));
		event.data[17] |= BINLOG_FLAG_IN_USE;
		assert_true(read_exact(&f, event.data, event.len, &e));
		buffer_done(&event);
	}
}

/* ---- bodies ---- */

#define UUID "896e7882 18fe 11ef ab88 22222d34d411"
/* flags, uuid, number 23 */
#define GTID_HEAD  "01" UUID "1700000000000000"
#define GTID_CLOCK "02 0100000000000000 0200000000000000"
#define TIMES                                                                                                          \
	"39 7d 89 70 db 2d 86"                                                                                         \
	"01 00 00 00 00 00 00"
#define ZEROES "00000000 00000000 00000000 00000000"
/* Taken of a server of version 9.2: 896e7882-18fe-11ef-ab88-22222d34d411:foobaz:1 */
#define TAGGED                                                                                                         \
	"02 76 00 00 02 02 2502 dc f009 02 30 f903 22 bd03 ad02 2102 44 44 5a 68 5103 22 04 04 06 0c 666f6f62617a"     \
	"08 00 0a 04 0c 7f158322 2d5c2e06 10 4903 12 c3020b"

static bool body_read(const struct binlog_event *e)
{
	struct binlog_format f = format_mariadb();
	union {
		struct binlog_rotate rotate;
		struct binlog_gtid gtid;
		struct binlog_xa_prepare xa;
		struct binlog_heartbeat heartbeat;
		struct binlog_incident incident;
		uint64_t xid;
	} out;

	switch (e->type) {
	case BINLOG_ROTATE:
		return binlog_rotate_read(e, &f, &out.rotate, &err);
	case BINLOG_XID:
		return binlog_xid_read(e, &f, &out.xid, &err);
	case BINLOG_XA_PREPARE:
		return binlog_xa_prepare_read(e, &f, &out.xa, &err);
	case BINLOG_HEARTBEAT_V2:
		return binlog_heartbeat_read(e, &f, &out.heartbeat, &err);
	case BINLOG_INCIDENT:
		return binlog_incident_read(e, &f, &out.incident, &err);
	default:
		return binlog_gtid_read(e, &f, &out.gtid, &err);
	}
}

/* A body cut anywhere, or with a byte more, is refused; but for where an older server's ends. */
static void bodies_are_read_exactly(void **state)
{
	static const struct {
		uint8_t type;
		const char *hex;
		size_t good[8]; /* lengths that are right beside the whole */
	} cases[] = {
		{BINLOG_XID, "0102030405060708", {0}},
		{BINLOG_XA_PREPARE, "00 09000000 02000000 03000000 6162 636465", {0}},
		{BINLOG_HEARTBEAT_V2, "01 03 622e31 02 05 fc3412 0000 00", {0}},
		{BINLOG_HEARTBEAT_V2, "01 03 622e31 02 09 fe0000000001000000 07 02 ffff 00", {0}},
		{BINLOG_INCIDENT, "0100 04 6c6f7374", {0}},
		{BINLOG_GTID, GTID_HEAD, {0}},
		{BINLOG_GTID, GTID_HEAD GTID_CLOCK, {25}},
		{BINLOG_GTID,
		 GTID_HEAD GTID_CLOCK TIMES "fc0102"
					    "3c380180"
					    "3d380100"
					    "0900000000000000",
		 {25, 42, 56, 59, 67}},
		{BINLOG_MARIADB_GTID, "1700000000000000 03000000 0c 000000000000", {13, 14, 15, 16, 17, 18}},
		{BINLOG_MARIADB_GTID, "1700000000000000 03000000 4e 0800000000000000 09000000 02 01 616263", {0}},
		{BINLOG_MARIADB_GTID, "1700000000000000 03000000 29 1d 02 0500000000000000 07000000", {13}},
		{BINLOG_GTID_TAGGED, TAGGED, {0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer body = {0};
		put_hex(&body, cases[i].hex);
		put(&body, 1, 0xee);
		for (size_t n = 0; n <= body.len; n++) {
			bool good = n == body.len - 1;
			for (size_t k = 0; k < COUNT(cases[i].good); k++)
				good = good || (n > 0 && n == cases[i].good[k]);
			uint8_t *block = malloc(n ? n : 1);
			memcpy(block, body.data, n);
			struct binlog_event e = event_of(cases[i].type, &body);
			e.body = block;
			e.size = n;
			if (body_read(&e) != good)
				fail_msg("case %zu, %zu bytes: %s", i, n, good ? err.message : "taken");
			free(block);
		}
		buffer_done(&body);
	}
}

static struct binlog_gtid gtid_of(uint8_t type, struct buffer *body, const char *hex)
{
	struct binlog_format f = format_mysql();
	struct binlog_gtid g;

	buffer_clear(body);
	put_hex(body, hex);
	struct binlog_event e = event_of(type, body);
	if (!binlog_gtid_read(&e, &f, &g, &err))
		fail_msg("%s", err.message);
	return g;
}

static void gtid_of_mysql(void **state)
{
	struct buffer body = {0}, uuid = {0};

	(void)state;
	put_hex(&uuid, UUID);
	struct binlog_gtid g = gtid_of(BINLOG_GTID, &body, GTID_HEAD);
	assert_false(g.mariadb || g.anonymous);
	assert_memory_equal(g.uuid, uuid.data, 16);
	assert_int_equal(g.sequence, 23);
	assert_int_equal(g.immediate_commit, 0);
	assert_string_equal(g.tag, "");

	g = gtid_of(BINLOG_ANONYMOUS_GTID, &body,
		    GTID_HEAD GTID_CLOCK "39 7d 89 70 db 2d 06"
					 "fd030201"
					 "3c380100");
	assert_true(g.anonymous);
	assert_true(g.immediate_commit == UINT64_C(0x062ddb70897d39) && g.original_commit == g.immediate_commit);
	assert_int_equal(g.transaction_length, 0x010203);

	/* The high bit says that the original one follows. */
	g = gtid_of(BINLOG_GTID, &body, GTID_HEAD GTID_CLOCK TIMES "05");
	assert_true(g.immediate_commit == UINT64_C(0x062ddb70897d39));
	assert_int_equal(g.original_commit, 1);
	assert_int_equal(g.transaction_length, 5);
	buffer_done(&body);
	buffer_done(&uuid);
}

static void gtid_of_mysql_with_a_tag(void **state)
{
	struct buffer body = {0}, uuid = {0};

	(void)state;
	put_hex(&uuid, UUID);
	struct binlog_gtid g = gtid_of(BINLOG_GTID_TAGGED, &body, TAGGED);
	assert_memory_equal(g.uuid, uuid.data, 16);
	assert_string_equal(g.tag, "foobaz");
	assert_int_equal(g.sequence, 1);
	assert_true(g.immediate_commit == UINT64_C(0x00062e5c2d228315) && g.original_commit == g.immediate_commit);
	assert_int_equal(g.transaction_length, 210);
	/* The commit at the source's own source, where it is another. */
	g = gtid_of(BINLOG_GTID_TAGGED, &body,
		    "02 56 08 02" ZEROES "04 04 06 00 0c 7f158322 2d5c2e06 0e ffffffffffffffffff");
	assert_true(g.immediate_commit == UINT64_C(0x00062e5c2d228315) && g.original_commit == UINT64_MAX);
	assert_string_equal(g.tag, "");
	buffer_done(&body);
	buffer_done(&uuid);
}

/* As small as it can be, with one thing changed. */
static void gtid_tagged_refused_and_skipped(void **state)
{
	static const struct {
		const char *hex, *why; /* NULL: good */
	} cases[] = {
		{"02 34 08 02" ZEROES "04 f3ff0f"
		 "06 02 61",
		 NULL},
		{"02 3a 08 02" ZEROES "04 fbff0f"
		 "06 02 61 18 0102",
		 NULL}, /* field 12 is passed over */
		{"02 3a 1a 02" ZEROES "04 fbff0f"
		 "06 02 61 18 0102",
		 "a field 12 that must be known"},
		{"04 34 08 02" ZEROES "04 fbff0f"
		 "06 02 61",
		 "version 2 of its encoding"},
		{"02 38 08 02" ZEROES "04 fbff0f"
		 "06 02 61",
		 "it says 28 bytes"},
		{"02 34 08 04 fbff0f"
		 "02" ZEROES "06 02 61",
		 "not in order"},
		{"02 2e 08 02" ZEROES "04 fbff0f", "does not name its transaction"},
		{"02 36 08 02 0505"
		 "0000 00000000 00000000 00000000 00"
		 "04 fbff0f"
		 "06 02 61",
		 "cut off"},
		{"02 34 08 02" ZEROES "04 fbff0f"
		 "06 42 61",
		 "cut off"},
	};
	struct binlog_format f = format_mysql();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer body = {0};
		struct binlog_gtid g;
		put_hex(&body, cases[i].hex);
		body.data[1] = i == 4 ? body.data[1] : (char)(body.len << 1);
		struct binlog_event e = event_of(BINLOG_GTID_TAGGED, &body);
		bool good = binlog_gtid_read(&e, &f, &g, &err);
		if (good != !cases[i].why || (!good && !strstr(err.message, cases[i].why)))
			fail_msg("case %zu: %s", i, good ? "taken" : err.message);
		if (good) {
			assert_true((int64_t)g.sequence == (i == 0 ? 65535 : -65536));
			assert_string_equal(g.tag, "a");
		}
		buffer_done(&body);
	}
}

static void gtid_of_mariadb(void **state)
{
	struct buffer body = {0};

	(void)state;
	struct binlog_gtid g = gtid_of(BINLOG_MARIADB_GTID, &body, "1700000000000000 03000000 0c 000000000000");
	assert_true(g.mariadb && g.transactional);
	assert_false(g.standalone || g.ddl || g.prepared_xa || g.completed_xa || g.xid);
	assert_int_equal(g.domain, 3);
	assert_int_equal(g.server_id, MADE_SERVER);
	assert_int_equal(g.sequence, 23);
	g = gtid_of(BINLOG_MARIADB_GTID, &body, "1700000000000000 03000000 4e 0800000000000000 09000000 02 01 616263");
	assert_true(g.prepared_xa && !g.completed_xa);
	assert_int_equal(g.xid_format, 9);
	assert_int_equal(g.gtrid_len, 2);
	assert_int_equal(g.bqual_len, 1);
	assert_memory_equal(g.xid, "abc", 3);
	g = gtid_of(BINLOG_MARIADB_GTID, &body, "1700000000000000 03000000 8d 09000000 01 00 78");
	assert_true(g.completed_xa && g.standalone && !g.prepared_xa);
	g = gtid_of(BINLOG_MARIADB_GTID, &body, "1700000000000000 03000000 29 02 0000000000");
	assert_true(g.ddl && g.standalone && g.start_alter && !g.commit_alter && !g.rollback_alter);
	g = gtid_of(BINLOG_MARIADB_GTID, &body, "1700000000000000 03000000 29 08 0500000000000000");
	assert_true(g.rollback_alter && !g.start_alter && !g.commit_alter);
	buffer_done(&body);
}

static void other_bodies(void **state)
{
	struct binlog_format f = format_mysql();
	struct buffer body = {0};
	struct binlog_xa_prepare xa;
	struct binlog_heartbeat h;
	struct binlog_incident incident;
	uint64_t xid;

	(void)state;
	put_hex(&body, "0102030405060708");
	struct binlog_event e = event_of(BINLOG_XID, &body);
	assert_true(binlog_xid_read(&e, &f, &xid, &err) && xid == UINT64_C(0x0807060504030201));
	buffer_clear(&body);
	put_hex(&body, "01 09000000 02000000 03000000 6162 636465");
	e = event_of(BINLOG_XA_PREPARE, &body);
	assert_true(binlog_xa_prepare_read(&e, &f, &xa, &err) && xa.one_phase);
	assert_true(xa.format == 9 && xa.gtrid_len == 2 && xa.bqual_len == 3);
	assert_memory_equal(xa.xid, "abcde", 5);
	buffer_clear(&body);
	put_hex(&body, "01 09000000 41000000 00000000");
	buffer_fill(&body, 'x', 65);
	e = event_of(BINLOG_XA_PREPARE, &body);
	assert_false(binlog_xa_prepare_read(&e, &f, &xa, &err));
	buffer_clear(&body);
	put_text(&body, "bin.000009");
	e = event_of(BINLOG_HEARTBEAT, &body);
	assert_true(binlog_heartbeat_read(&e, &f, &h, &err) && !h.exact && h.pos == MADE_END);
	assert_memory_equal(h.file, "bin.000009", h.file_len);
	buffer_clear(&body);
	put_hex(&body, "01 03 622e31 02 09 fe0000000001000000 07 02 ffff 00");
	e = event_of(BINLOG_HEARTBEAT_V2, &body);
	assert_true(binlog_heartbeat_read(&e, &f, &h, &err) && h.exact && h.pos == UINT64_C(1) << 32);
	assert_true(h.file_len == 3 && memcmp(h.file, "b.1", 3) == 0);
	buffer_clear(&body);
	put_hex(&body, "0100 04 6c6f7374");
	e = event_of(BINLOG_INCIDENT, &body);
	assert_true(binlog_incident_read(&e, &f, &incident, &err) && incident.number == 1);
	assert_true(incident.message_len == 4 && memcmp(incident.message, "lost", 4) == 0);
	buffer_done(&body);
}

struct seen {
	int count;
	uint64_t sum;
};

static void seen_gtid(void *ctx, uint32_t domain, uint32_t server_id, uint64_t sequence)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->sum = seen->sum * 1000 + domain * 100 + server_id * 10 + sequence;
}

static void gtid_lists(void **state)
{
	static const struct {
		const char *hex;
		bool good;
		struct seen seen;
	} cases[] = {
		{"00000000 0000", true, {0}},
		{"00000000", true, {0}},
		{"00000000 00", false, {0}},
		{"010000f0 01000000 02000000 0300000000000000", true, {1, 123}},
		{"02000000 01000000 02000000 0300000000000000 04000000 05000000 0600000000000000", true, {2, 123456}},
		{"02000000 01000000 02000000 0300000000000000", false, {0}},
		{"01000000 01000000 02000000 0300000000000000 00", false, {0}},
		{"ffffff0f 01000000", false, {0}},
	};
	struct binlog_format f = format_mariadb();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer body = {0};
		struct seen seen = {0};
		put_hex(&body, cases[i].hex);
		struct binlog_event e = event_of(BINLOG_GTID_LIST, &body);
		assert_int_equal(binlog_gtid_list_read(&e, &f, seen_gtid, &seen, &err), cases[i].good);
		assert_int_equal(seen.count, cases[i].seen.count);
		assert_true(seen.sum == cases[i].seen.sum);
		buffer_done(&body);
	}
}

/* ---- what is passed over, and how it is called ---- */

static void skipping(void **state)
{
	static const uint8_t skipped[] = {3, 5, 13, 14, 28, 29, 35, 36, 37, 160, 161, 163, 164};

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		struct binlog_event e = {.type = (uint8_t)type}, ignorable = {.type = (uint8_t)type, .flags = 0x80};
		bool known = strncmp(binlog_type_name(type), "event ", 6) != 0;
		bool skip = memchr(skipped, (int)type, sizeof skipped) != NULL;
		assert_int_equal(binlog_may_skip(&e), skip);
		assert_int_equal(binlog_may_skip(&ignorable), skip || !known);
	}
	assert_string_equal(binlog_type_name(BINLOG_TABLE_MAP), "TABLE_MAP");
	assert_string_equal(binlog_type_name(199), "event 199");
	assert_string_equal(binlog_type_name(1000), "event 1000");
}

static void lenenc(void **state)
{
	static const struct {
		const char *hex;
		uint64_t value;
		bool bad;
	} cases[] = {
		{"00", 0, false},
		{"fa", 250, false},
		{"fb", 0, true},
		{"ff", 0, true},
		{"fc0102", 0x201, false},
		{"fc01", 0, true},
		{"fd010203", 0x30201, false},
		{"fd0102", 0, true},
		{"fe0102030405060708", UINT64_C(0x0807060504030201), false},
		{"fe01020304050607", 0, true},
		{"", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer body = {0};
		put_hex(&body, cases[i].hex);
		struct bytes b = bytes_of(body.data, body.len);
		assert_true(binlog_lenenc(&b) == cases[i].value);
		assert_int_equal(b.bad, cases[i].bad);
		assert_true(b.bad || b.at == b.end);
		buffer_done(&body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_read),
		cmocka_unit_test(every_flip_is_refused),
		cmocka_unit_test(payload_events_have_no_checksum),
		cmocka_unit_test(nothing_but_rotate_comes_before_the_format),
		cmocka_unit_test(rotate_with_and_without_checksum),
		cmocka_unit_test(rotate_damaged),
		cmocka_unit_test(servers),
		cmocka_unit_test(format_refused),
		cmocka_unit_test(format_of_a_file_begun_in_the_middle),
		cmocka_unit_test(bodies_are_read_exactly),
		cmocka_unit_test(gtid_of_mysql),
		cmocka_unit_test(gtid_of_mysql_with_a_tag),
		cmocka_unit_test(gtid_tagged_refused_and_skipped),
		cmocka_unit_test(gtid_of_mariadb),
		cmocka_unit_test(other_bodies),
		cmocka_unit_test(gtid_lists),
		cmocka_unit_test(skipping),
		cmocka_unit_test(lenenc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
