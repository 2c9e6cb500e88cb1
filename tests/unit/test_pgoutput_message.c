/* Messages stand as their bytes beside what they say; each is also cut at every length and made a byte too long. The captures
 * of a real server (tests/fixtures/pgoutput) go the same way. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "pgoutput/frame.h"
#include "pgoutput/lsn.h"
#include "pgoutput/xid.h"
#include "pgoutput/message.h"
#include "pgoutput_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- places ---- */

static void test_lsn(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t lsn;
	} cases[] = {
		{"0/0", 0},
		{"16/B374D848", UINT64_C(0x16B374D848)},
		{"FFFFFFFF/FFFFFFFF", UINT64_MAX},
		{"0/1", 1},
		{"1/0", UINT64_C(1) << 32},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t lsn;
		char text[LSN_SIZE];
		assert_true(lsn_parse(cases[i].text, strlen(cases[i].text), &lsn));
		assert_int_equal(lsn, cases[i].lsn);
		assert_string_equal(lsn_text(lsn, text), cases[i].text);
	}
}

static void test_xid(void **state)
{
	(void)state;
	static const struct {
		uint64_t near;
		uint32_t low;
		uint64_t whole;
	} cases[] = {
		{100, 99, 99},
		{100, 100, 100},
		{100, 103, 103},
		{3, UINT32_MAX, UINT32_MAX}, /* of the first round there is none before */
		{UINT64_C(0x100000005), 7, UINT64_C(0x100000007)},
		{UINT64_C(0x100000005), UINT32_C(0xFFFFFFF0), UINT64_C(0xFFFFFFF0)},
		{UINT64_C(0x1FFFFFFFF), 4, UINT64_C(0x200000004)}, /* committed and not visible: ahead of a snapshot's end */
		{UINT64_C(0xFFFFFFFE), 3, UINT64_C(0x100000003)},
		{UINT64_C(0x280000000), 1, UINT64_C(0x200000001)},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(xid_near(cases[i].near, cases[i].low), cases[i].whole);
}

static void test_lsn_spelled_otherwise(void **state)
{
	(void)state;
	uint64_t lsn;
	/* Small letters, zeros in front, and n bytes of a longer text. */
	assert_true(lsn_parse("16/b374d848", 11, &lsn));
	assert_int_equal(lsn, UINT64_C(0x16B374D848));
	assert_true(lsn_parse("00000016/00000001", 17, &lsn));
	assert_int_equal(lsn, UINT64_C(0x1600000001));
	assert_true(lsn_parse("1/23 slot=x", 4, &lsn));
	assert_int_equal(lsn, UINT64_C(0x100000023));
	static const char *const none[] = {"",     "/",       "1",           "1/",          "/1",        "1/2/3", "1 /2",
					   "-1/2", "1/2 ",    "g/1",         "1/0x1",       "123456789/1", "1/123456789", "000000001/0",
					   "+1/2", "1/2\n"};
	for (size_t i = 0; i < COUNT(none); i++) {
		if (lsn_parse(none[i], strlen(none[i]), &lsn))
			fail_msg("\"%s\" is a place", none[i]);
	}
	assert_false(lsn_parse("1/2", 2, &lsn));
}

/* ---- frames ---- */

enum { TOLD_SIZE = 1100 };

static const char *frame_told(const char *spelled, char out[TOLD_SIZE])
{
	size_t n;
	uint8_t *bytes = spell(spelled, &n);
	struct pgframe f;
	struct error err = {0};
	char start[LSN_SIZE], end[LSN_SIZE];
	if (pgframe_read(bytes, n, &f, &err)) {
		snprintf(out, TOLD_SIZE, "%c %s %s %lld%s %.*s", (char)f.kind, lsn_text(f.start, start), lsn_text(f.end, end),
			 (long long)f.sent, f.reply ? " answer" : "", (int)f.n, (const char *)f.bytes);
	} else {
		assert_int_equal(err.code, ERROR_REFUSED);
		snprintf(out, TOLD_SIZE, "%s", err.message);
	}
	free(bytes);
	return out;
}

#define FRAME "could not read what the server sent of its log: "

static void test_frames(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		/* A second after 2000-01-01 */
		{"'w' 0000000100000002 0000001600000003 00000000000F4240 'text'", "w 1/2 16/3 946684801000000 text"},
		{"'w' 0000000000000000 0000000000000000 0000000000000000", "w 0/0 0/0 946684800000000 "},
		/* 1970 */
		{"'k' 00000016B374D848 FFFCA2FEC4C82000 00", "k 0/0 16/B374D848 0 "},
		{"'k' 0000000000000001 FFFCA2FEC4C82000 01", "k 0/0 0/1 0 answer "},
		{"", FRAME "it is empty"},
		{"'r' 00", FRAME "it is of an unknown kind, 114"},
		{"'w' 0000000100000002 0000001600000003 00000000000F42", FRAME "it is cut off"},
		{"'w'", FRAME "it is cut off"},
		{"'k' 00000016B374D848 FFFCA2FEC4C82000", FRAME "it is cut off"},
		{"'k' 00000016B374D848 FFFCA2FEC4C82000 00 00", FRAME "it has 1 bytes too many"},
		{"'k' 00000016B374D848 7FFFFFFFFFFFFFFF 00", FRAME "its time is none"},
	};
	char told[TOLD_SIZE];
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(frame_told(cases[i][0], told), cases[i][1]);
}

static void test_frame_borrows(void **state)
{
	(void)state;
	size_t n;
	uint8_t *bytes = spell("'w' 0000000000000000 0000000000000000 0000000000000000 'abc'", &n);
	struct pgframe f;
	assert_true(pgframe_read(bytes, n, &f, NULL));
	assert_ptr_equal(f.bytes, bytes + 25);
	assert_int_equal(f.n, 3);
	free(bytes);
}

static void test_feedback(void **state)
{
	(void)state;
	struct pgframe_feedback f = {.received = UINT64_C(0x0102030405060708),
				     .durable = UINT64_C(0x16B374D848),
				     .applied = 1,
				     .clock = INT64_C(946684801000000),
				     .reply = true};
	uint8_t out[PGFRAME_FEEDBACK];
	size_t n;
	uint8_t *wanted = spell("'r' 0102030405060708 00000016B374D848 0000000000000001 00000000000F4240 01", &n);
	pgframe_feedback(&f, out);
	assert_int_equal(n, sizeof out);
	assert_memory_equal(out, wanted, n);
	free(wanted);
	f.clock = 0;
	f.reply = false;
	wanted = spell("'r' 0102030405060708 00000016B374D848 0000000000000001 FFFCA2FEC4C82000 00", &n);
	pgframe_feedback(&f, out);
	assert_memory_equal(out, wanted, n);
	free(wanted);
}

/* ---- messages ---- */

struct message_case {
	const char *spelled, *told;
	bool in_stream;
	size_t also_whole; /* cut to so many bytes it is a message too, of an older version */
};

#define TIME "000000000000 0000" /* 2000-01-01 */
#define ROW  "0004 'n' 'u' 't' 00000003 'abc' 'b' 00000002 00FF"
#define TOLD " null unchanged 'abc' x00ff"

static const struct message_case messages[] = {
	{"'B' 0000000016B374D8 00000000000F4240 000002DF", "BEGIN 0/16B374D8 at 2000-01-01T00:00:01.000000Z xid 735", false, 0},
	{"'C' 00 0000000000000010 0000000000000020 FFFCA2FEC4C82000", "COMMIT 0/10 to 0/20 at 1970-01-01T00:00:00.000000Z", false, 0},
	{"'O' 000000160000000A 'elsewhere' 00", "ORIGIN 16/A elsewhere", false, 0},
	{"'R' 00004001 'public' 00 't' 00 'd' 0002 01 'id' 00 00000017 FFFFFFFF 00 'c' 00 00000412 00000009",
	 "RELATION 16385 public.t identity d: *id 23/-1, c 1042/9", false, 0},
	{"'R' 00000001 00 'none' 00 'n' 0000", "RELATION 1 .none identity n:", false, 0},
	{"'R' 00000001 00 't' 00 'f' 0001 01 00 00000017 FFFFFFFF", "RELATION 1 .t identity f: * 23/-1", false, 0},
	{"'R' 0000000A 00000001 's' 00 't' 00 'i' 0000", "(10) RELATION 1 s.t identity i:", true, 0},
	{"'Y' 00004006 00 'varchar' 00", "TYPE 16390 .varchar", false, 0},
	{"'Y' 0000000A 00004006 'public' 00 'mood' 00", "(10) TYPE 16390 public.mood", true, 0},
	{"'I' 00004001 'N'" ROW, "INSERT 16385 new:" TOLD, false, 0},
	{"'I' 0000000A 00004001 'N' 0001 't' 00000000", "(10) INSERT 16385 new: ''", true, 0},
	{"'I' 00004001 'N' 0000", "INSERT 16385 new:", false, 0},
	{"'U' 00004001 'N'" ROW, "UPDATE 16385 new:" TOLD, false, 0},
	{"'U' 00004001 'K' 0002 't' 00000001 '1' 'n' 'N'" ROW, "UPDATE 16385 key: '1' null new:" TOLD, false, 0},
	{"'U' 0000000A 00004001 'O'" ROW "'N' 0001 'n'", "(10) UPDATE 16385 old:" TOLD " new: null", true, 0},
	{"'D' 00004001 'K' 0001 't' 00000001 '1'", "DELETE 16385 key: '1'", false, 0},
	{"'D' 00004001 'O'" ROW, "DELETE 16385 old:" TOLD, false, 0},
	{"'D' 0000000A 00004001 'O' 0001 'n'", "(10) DELETE 16385 old: null", true, 0},
	{"'T' 00000002 00 00000001 00000002", "TRUNCATE: 1 2", false, 0},
	{"'T' 00000001 01 FFFFFFFF", "TRUNCATE cascade: 4294967295", false, 0},
	{"'T' 00000000 03", "TRUNCATE cascade restart:", false, 0},
	{"'T' 0000000A 00000001 02 00000001", "(10) TRUNCATE restart: 1", true, 0},
	{"'M' 01 0000001600000001 'prefix' 00 00000002 00FF", "MESSAGE inside 16/1 prefix 00ff", false, 0},
	{"'M' 00 0000000000000001 00 00000000", "MESSAGE outside 0/1  ", false, 0},
	{"'M' 0000000A 01 0000001600000001 'p' 00 00000001 61", "(10) MESSAGE inside 16/1 p 61", true, 0},
	/* 2 */
	{"'S' 0000000A 01", "STREAM START xid 10 first", false, 0},
	{"'S' 0000000A 00", "STREAM START xid 10", false, 0},
	{"'E'", "STREAM STOP", true, 0},
	{"'c' 0000000A 00 0000000000000010 0000000000000020" TIME, "STREAM COMMIT 0/10 to 0/20 at 2000-01-01T00:00:00.000000Z xid 10", false, 0},
	{"'A' 0000000A 0000000B", "STREAM ABORT xid 11 of 10", false, 0},
	/* 3 */
	{"'b' 0000000000000010 0000000000000020" TIME "0000000A 'gid' 00",
	 "BEGIN PREPARE 0/10 to 0/20 at 2000-01-01T00:00:00.000000Z xid 10 gid gid", false, 0},
	{"'P' 00 0000000000000010 0000000000000020" TIME "0000000A 00",
	 "PREPARE 0/10 to 0/20 at 2000-01-01T00:00:00.000000Z xid 10 gid ", false, 0},
	{"'K' 00 0000000000000010 0000000000000020" TIME "0000000A 'gid' 00",
	 "COMMIT PREPARED 0/10 to 0/20 at 2000-01-01T00:00:00.000000Z xid 10 gid gid", false, 0},
	{"'r' 00 0000000000000010 0000000000000020" TIME "00000000000F4240 0000000A 'gid' 00",
	 "ROLLBACK PREPARED 0/10 to 0/20 at 2000-01-01T00:00:01.000000Z xid 10 gid gid prepared 2000-01-01T00:00:00.000000Z", false, 0},
	{"'p' 00 0000000000000010 0000000000000020" TIME "0000000A 'gid' 00",
	 "STREAM PREPARE 0/10 to 0/20 at 2000-01-01T00:00:00.000000Z xid 10 gid gid", false, 0},
	/* 4 */
	{"'A' 0000000A 0000000B 0000000000000010" TIME, "STREAM ABORT xid 11 of 10 0/10 at 2000-01-01T00:00:00.000000Z", false, 9},
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* In a block of exactly its size, so that a read past the end is seen. */
static void assert_told(const uint8_t *bytes, size_t n, bool in_stream, const char *wanted, const char *wanted_end)
{
	struct buffer told = {0};
	uint8_t *exact = memory_alloc(n ? n : 1);
	memcpy(exact, bytes, n);
	message_tell(exact, n, in_stream, &told);
	if (wanted ? strcmp(buffer_text(&told), wanted) != 0 : !ends_with(buffer_text(&told), wanted_end))
		fail_msg("%c of %zu bytes: %s", (char)*bytes, n, buffer_text(&told));
	buffer_done(&told);
	free(exact);
}

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		size_t n;
		uint8_t *bytes = spell(messages[i].spelled, &n);
		assert_told(bytes, n, messages[i].in_stream, messages[i].told, NULL);
		free(bytes);
	}
}

static void test_every_kind_is_told(void **state)
{
	(void)state;
	static const char kinds[] = "BCORYIUDTMSEcAbPKrp";
	static const char first[] = "BCORYIUDTM";
	for (int kind = 0; kind < 256; kind++) {
		bool stands = false;
		for (size_t i = 0; i < COUNT(messages); i++)
			stands |= messages[i].spelled[1] == (char)kind;
		assert_int_equal(stands, kind > 0 && strchr(kinds, kind) != NULL);
		assert_int_equal(pgoutput_is_first((enum pgoutput_kind)kind), kind > 0 && strchr(first, kind) != NULL);
	}
}

static void test_cut_and_too_long(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		const struct message_case *m = &messages[i];
		size_t n;
		uint8_t *bytes = spell(m->spelled, &n);
		for (size_t cut = 1; cut < n; cut++) {
			if (cut != m->also_whole)
				assert_told(bytes, cut, m->in_stream, NULL, ": it is cut off");
		}
		bool aborts = *bytes == PGOUTPUT_STREAM_ABORT && n == 9;
		uint8_t *longer = memory_alloc(n + 1);
		memcpy(longer, bytes, n);
		longer[n] = 0;
		assert_told(longer, n + 1, m->in_stream, NULL, aborts ? ": it is cut off" : ": it has 1 bytes too many");
		free(longer);
		free(bytes);
	}
}

/* The id in front is there in a stream only, and only of the kinds that are a part of a transaction. */
static void test_in_stream(void **state)
{
	(void)state;
	static const char streamed[] = "RYIUDTM";
	for (size_t i = 0; i < COUNT(messages); i++) {
		const struct message_case *m = &messages[i];
		size_t n;
		uint8_t *bytes = spell(m->spelled, &n);
		if (strchr(streamed, *bytes) == NULL) {
			assert_told(bytes, n, !m->in_stream, m->told, NULL);
		} else {
			struct buffer told = {0};
			message_tell(bytes, n, !m->in_stream, &told);
			assert_string_not_equal(buffer_text(&told), m->told);
			buffer_done(&told);
		}
		free(bytes);
	}
}

#define MESSAGE "refused: could not read message "
#define OF_LOG  " of the server's log: "

static void test_refused(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"", "refused: could not read a message of the server's log: it is empty"},
		{"'Z'", "refused: could not read a message of the server's log: it is of an unknown kind, 90"},
		{"00", "refused: could not read a message of the server's log: it is of an unknown kind, 0"},
		{"FF", "refused: could not read a message of the server's log: it is of an unknown kind, 255"},
		{"C2", "refused: could not read a message of the server's log: it is of an unknown kind, 194"},
		{"'B' 0000000016B374D8 7FFFFFFFFFFFFFFF 000002DF", MESSAGE "BEGIN" OF_LOG "its time is none"},
		{"'C' 01 0000000000000010 0000000000000020" TIME, MESSAGE "COMMIT" OF_LOG "its flags are unknown, 1"},
		{"'c' 0000000A 80 0000000000000010 0000000000000020" TIME, MESSAGE "STREAM COMMIT" OF_LOG "its flags are unknown, 128"},
		{"'K' 02 0000000000000010 0000000000000020" TIME "0000000A 00", MESSAGE "COMMIT PREPARED" OF_LOG "its flags are unknown, 2"},
		{"'r' 01 0000000000000010 0000000000000020" TIME TIME "0000000A 00", MESSAGE "ROLLBACK PREPARED" OF_LOG "its flags are unknown, 1"},
		{"'r' 00 0000000000000010 0000000000000020" TIME "7FFFFFFFFFFFFFFF 0000000A 00",
		 MESSAGE "ROLLBACK PREPARED" OF_LOG "its time is none"},
		{"'A' 0000000A 0000000B 0000000000000010 7FFFFFFFFFFFFFFF", MESSAGE "STREAM ABORT" OF_LOG "its time is none"},
		{"'S' 0000000A 02", MESSAGE "STREAM START" OF_LOG "its flags are unknown, 2"},
		{"'O' 0000000000000001 'no end'", MESSAGE "ORIGIN" OF_LOG "it is cut off"},
		{"'R' 00000001 's' 00 't' 00 'x' 0000", MESSAGE "RELATION" OF_LOG "its replica identity is unknown, 120"},
		{"'R' 00000001 's' 00 't' 00 'd' 0001 02 'a' 00 00000017 FFFFFFFF", MESSAGE "RELATION" OF_LOG "its flags are unknown, 2"},
		{"'R' 00000001 's' 00 't' 00 'd' FFFF 01 'a' 00 00000017 FFFFFFFF", MESSAGE "RELATION" OF_LOG "it is cut off"},
		{"'R' 00000001 's' 00 't' 00 'd' 0001 01 'no end' 00000017", MESSAGE "RELATION" OF_LOG "it is cut off"},
		{"'I' 00000001 'K' 0000", MESSAGE "INSERT" OF_LOG "it has a row of an unknown kind, 75"},
		{"'I' 00000001 00 0000", MESSAGE "INSERT" OF_LOG "it has a row of an unknown kind, 0"},
		{"'U' 00000001 'X' 0000", MESSAGE "UPDATE" OF_LOG "it has a row of an unknown kind, 88"},
		{"'U' 00000001 'K' 0000 'K' 0000", MESSAGE "UPDATE" OF_LOG "it has a row of an unknown kind, 75"},
		{"'D' 00000001 'N' 0000", MESSAGE "DELETE" OF_LOG "it has a row of an unknown kind, 78"},
		{"'I' 00000001 'N' 0002 'n' 'x'", MESSAGE "INSERT" OF_LOG "the value of column 2 is of an unknown kind, 120"},
		/* Numbers below zero: counts of columns, of relations, of bytes */
		{"'I' 00000001 'N' FFFF 'n'", MESSAGE "INSERT" OF_LOG "it is cut off"},
		{"'I' 00000001 'N' 0001 't' FFFFFFFF 'abc'", MESSAGE "INSERT" OF_LOG "it is cut off"},
		{"'I' 00000001 'N' 0001 'b' 80000000 'abc'", MESSAGE "INSERT" OF_LOG "it is cut off"},
		{"'I' 00000001 'N' 0001 't' 00000004 'abc'", MESSAGE "INSERT" OF_LOG "it is cut off"},
		{"'T' FFFFFFFF 00 00000001", MESSAGE "TRUNCATE" OF_LOG "it is cut off"},
		{"'T' 00000001 04 00000001", MESSAGE "TRUNCATE" OF_LOG "its flags are unknown, 4"},
		{"'M' 00 0000000000000001 00 FFFFFFFF", MESSAGE "MESSAGE" OF_LOG "it is cut off"},
		{"'M' 02 0000000000000001 00 00000000", MESSAGE "MESSAGE" OF_LOG "its flags are unknown, 2"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n;
		uint8_t *bytes = spell(cases[i][0], &n);
		assert_told(bytes, n, false, cases[i][1], NULL);
		free(bytes);
	}
}

/* A count of columns or relations takes no more memory than the bytes could fill. */
static void test_counts_take_no_memory(void **state)
{
	(void)state;
	static const char *const cases[] = {"'R' 00000001 's' 00 't' 00 'd' FFFF 01 'a' 00", "'T' 7FFFFFFF 00 00000001",
					    "'I' 00000001 'N' FFFF 'n'"};
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n;
		uint8_t *bytes = spell(cases[i], &n);
		struct pgoutput_message m;
		struct arena arena;
		arena_init(&arena);
		assert_false(pgoutput_read(bytes, n, false, &arena, &m, NULL));
		assert_int_equal(arena.used, 0);
		arena_done(&arena);
		free(bytes);
	}
}

static void test_cells(void **state)
{
	(void)state;
	size_t n;
	uint8_t *bytes = spell("'I' 00004001 'N'" ROW, &n);
	struct pgoutput_message m;
	struct pgoutput_cell cells[4];
	struct error err = {0};
	struct arena arena;
	arena_init(&arena);
	assert_true(pgoutput_read(bytes, n, false, &arena, &m, &err));
	assert_int_equal(m.change.before.count, -1);
	assert_int_equal(m.change.after.count, 4);
	assert_true(pgoutput_cells(&m.change.after, cells, 4, &err));
	assert_int_equal(cells[0].kind, PGOUTPUT_NULL);
	assert_int_equal(cells[1].kind, PGOUTPUT_UNCHANGED);
	assert_int_equal(cells[2].kind, PGOUTPUT_TEXT);
	assert_int_equal(cells[2].len, 3);
	assert_memory_equal(cells[2].bytes, "abc", 3);
	assert_true((const uint8_t *)cells[2].bytes > bytes && (const uint8_t *)cells[2].bytes < bytes + n);
	assert_int_equal(cells[3].kind, PGOUTPUT_BINARY);
	assert_memory_equal(cells[3].bytes, "\0\xff", 2);
	assert_false(pgoutput_cells(&m.change.after, cells, 3, &err));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, "could not read a row of the server's log: it has 4 columns where its table has 3");
	assert_false(pgoutput_cells(&m.change.before, cells, 0, &err));
	arena_done(&arena);
	free(bytes);
}

/* ---- captures ---- */

static const char *const captures[] = {"text-1", "binary-1", "stream-2", "prepared-3"};

static uint8_t *capture_read(const char *name, const char *end, size_t *size)
{
	char *file = memory_format("%s.%s", name, end);
	uint8_t *bytes = fixture_read(file, size);
	free(file);
	return bytes;
}

static void assert_lines(const char *name, const char *told, const char *wanted)
{
	for (int line = 1; *told != '\0' || *wanted != '\0'; line++) {
		size_t n = strcspn(told, "\n"), m = strcspn(wanted, "\n");
		if (n != m || memcmp(told, wanted, n) != 0)
			fail_msg("%s, line %d: %.*s\nwanted %.*s", name, line, (int)n, told, (int)m, wanted);
		told += n + (told[n] == '\n');
		wanted += m + (wanted[m] == '\n');
	}
}

static void test_captures(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(captures); i++) {
		size_t size, n;
		uint8_t *file = capture_read(captures[i], "frames", &size), *wanted = capture_read(captures[i], "told", &n);
		struct buffer told = {0}, text = {0};
		fixture_tell(file, size, &told);
		buffer_add(&text, wanted, n);
		assert_true(told.len > 1000);
		assert_lines(captures[i], buffer_text(&told), buffer_text(&text));
		buffer_done(&told);
		buffer_done(&text);
		free(file);
		free(wanted);
	}
}

static void assert_cuts_refused(const struct pgframe *f, bool in_stream)
{
	for (size_t cut = 1; cut < f->n; cut++)
		assert_told(f->bytes, cut, in_stream, NULL, ": it is cut off");
}

/* Each message of the captures, cut at every length: what is real has corners that what is made up has not. */
static void test_captures_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(captures); i++) {
		size_t size, n, at = 0;
		uint8_t *file = capture_read(captures[i], "frames", &size);
		bool in_stream = false;
		for (const uint8_t *p; (p = fixture_frame(file, size, &at, &n)) != NULL;) {
			struct pgframe f;
			assert_true(pgframe_read(p, n, &f, NULL));
			if (f.kind != PGFRAME_DATA)
				continue;
			assert_cuts_refused(&f, in_stream);
			if (*f.bytes == PGOUTPUT_STREAM_START || *f.bytes == PGOUTPUT_STREAM_STOP)
				in_stream = *f.bytes == PGOUTPUT_STREAM_START;
		}
		free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lsn),
		cmocka_unit_test(test_lsn_spelled_otherwise),
		cmocka_unit_test(test_xid),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_frame_borrows),
		cmocka_unit_test(test_feedback),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_every_kind_is_told),
		cmocka_unit_test(test_cut_and_too_long),
		cmocka_unit_test(test_in_stream),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_counts_take_no_memory),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_captures_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
