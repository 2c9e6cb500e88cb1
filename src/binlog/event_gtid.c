/* The events that begin a transaction: MySQL's GTID, ANONYMOUS_GTID and GTID_TAGGED, and MariaDB's GTID. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "binlog/event.h"
#include "binlog/event_internal.h"

/* ---- MariaDB ---- */

enum {
	MARIADB_STANDALONE = 0x1,
	MARIADB_GROUP_COMMIT = 0x2,
	MARIADB_TRANSACTIONAL = 0x4,
	MARIADB_DDL = 0x20,
	MARIADB_PREPARED_XA = 0x40,
	MARIADB_COMPLETED_XA = 0x80
};
enum {
	MARIADB_MULTI_ENGINE = 0x1,
	MARIADB_START_ALTER = 0x2,
	MARIADB_COMMIT_ALTER = 0x4,
	MARIADB_ROLLBACK_ALTER = 0x8,
	MARIADB_THREAD_ID = 0x10
};

/* What 10.8 and later append; earlier ones fill with zero bytes. */
static void mariadb_extra(struct bytes *b, struct binlog_gtid *out)
{
	uint8_t extra = bytes_u8(b);

	out->start_alter = extra & MARIADB_START_ALTER;
	out->commit_alter = extra & MARIADB_COMMIT_ALTER;
	out->rollback_alter = extra & MARIADB_ROLLBACK_ALTER;
	if (extra & MARIADB_MULTI_ENGINE)
		bytes_u8(b);
	if (extra & (MARIADB_COMMIT_ALTER | MARIADB_ROLLBACK_ALTER))
		bytes_u64(b);
	if (extra & MARIADB_THREAD_ID)
		bytes_u32(b);
	while (!b->bad && b->at != b->end && *b->at == 0)
		b->at++;
}

static bool mariadb_gtid(const struct binlog_event *e, struct binlog_gtid *out, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	out->mariadb = true;
	out->server_id = e->server_id;
	out->sequence = bytes_u64(&b);
	out->domain = bytes_u32(&b);
	uint8_t flags = bytes_u8(&b);
	out->standalone = flags & MARIADB_STANDALONE;
	out->transactional = flags & MARIADB_TRANSACTIONAL;
	out->ddl = flags & MARIADB_DDL;
	out->prepared_xa = flags & MARIADB_PREPARED_XA;
	out->completed_xa = flags & MARIADB_COMPLETED_XA;
	if (flags & MARIADB_GROUP_COMMIT)
		bytes_u64(&b);
	if (flags & (MARIADB_PREPARED_XA | MARIADB_COMPLETED_XA)) {
		out->xid_format = bytes_u32(&b);
		out->gtrid_len = bytes_u8(&b);
		out->bqual_len = bytes_u8(&b);
		out->xid = bytes_take(&b, (size_t)out->gtrid_len + out->bqual_len);
	}
	if (bytes_left(&b) > 0)
		mariadb_extra(&b, out);
	return binlog_consumed(e, &b, err);
}

/* ---- MySQL, up to 8.2 and without a tag ---- */

#define LOGICAL_CLOCK    2
#define SEVEN_BYTES_FLAG (UINT64_C(1) << 55)
#define FOUR_BYTES_FLAG  (UINT32_C(1) << 31)

/* A part a server is too old to have is missing at the end. */
static void mysql_gtid_rest(struct bytes *b, struct binlog_gtid *out)
{
	if (bytes_left(b) == 0)
		return;
	out->immediate_commit = bytes_little(b, 7);
	out->original_commit = out->immediate_commit;
	if (out->immediate_commit & SEVEN_BYTES_FLAG) {
		out->immediate_commit &= ~SEVEN_BYTES_FLAG;
		out->original_commit = bytes_little(b, 7);
	}
	if (bytes_left(b) > 0)
		out->transaction_length = binlog_lenenc(b);
	if (bytes_left(b) > 0 && bytes_u32(b) & FOUR_BYTES_FLAG) /* server's version, then the original one's */
		bytes_u32(b);
	if (bytes_left(b) > 0) /* group commit's ticket */
		bytes_u64(b);
}

static bool mysql_gtid(const struct binlog_event *e, struct binlog_gtid *out, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	out->anonymous = e->type == BINLOG_ANONYMOUS_GTID;
	bytes_u8(&b); /* may there be statements in the transaction? */
	const uint8_t *uuid = bytes_take(&b, sizeof out->uuid);
	if (uuid)
		memcpy(out->uuid, uuid, sizeof out->uuid);
	out->sequence = bytes_u64(&b);
	if (bytes_left(&b) > 0) {
		uint8_t clock = bytes_u8(&b);
		if (clock != LOGICAL_CLOCK)
			return binlog_refuse(e, err, "its clock of kind %u is not known", clock);
		bytes_take(&b, 16);
	}
	mysql_gtid_rest(&b, out);
	return binlog_consumed(e, &b, err);
}

/* ---- MySQL 8.3 on, with a tag ----
 *
 * Encoded by MySQL's serialization library ("MySQL Serialization Library" of its source documentation): version of the
 * encoding, size of all of it, 1 + the last field a reader must know, then fields in the order of their numbers, each
 * number before its value. All numbers have 1 to 9 bytes, little endian: as many bytes follow the first as its low end
 * has ones; a zero ends them, the rest is the number. */

enum tagged_field {
	TAGGED_FLAGS,
	TAGGED_UUID,
	TAGGED_SEQUENCE,
	TAGGED_TAG,
	TAGGED_LAST_COMMITTED,
	TAGGED_CLOCK,
	TAGGED_IMMEDIATE_COMMIT,
	TAGGED_ORIGINAL_COMMIT,
	TAGGED_LENGTH,
	TAGGED_SERVER,
	TAGGED_ORIGINAL_SERVER,
	TAGGED_TICKET,
	TAGGED_FIELDS
};
#define TAGGED_VERSION 1

static uint64_t tagged_number(struct bytes *b)
{
	uint8_t first = bytes_u8(b);
	unsigned more = 0;

	while (more < 8 && first >> more & 1)
		more++;
	if (more == 0)
		return first >> 1;
	uint64_t rest = bytes_little(b, more);
	if (more >= 7) /* nothing of the number is left in the first byte */
		return rest;
	return rest << (7 - more) | (uint64_t)(first >> (more + 1));
}

/* Lowest bit: negative, and then the rest is -(number + 1). */
static int64_t tagged_signed(struct bytes *b)
{
	uint64_t n = tagged_number(b);

	return (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
}

static void tagged_text(struct bytes *b, char *out, size_t size)
{
	uint64_t n = tagged_number(b);

	if (n >= size)
		b->bad = true;
	const uint8_t *text = bytes_take(b, (size_t)n);
	if (text)
		memcpy(out, text, (size_t)n);
}

static void tagged_uuid(struct bytes *b, uint8_t out[16])
{
	for (int i = 0; i < 16; i++) {
		uint64_t n = tagged_number(b);
		b->bad = b->bad || n > UINT8_MAX;
		out[i] = (uint8_t)n;
	}
}

static void tagged_value(struct bytes *b, enum tagged_field field, struct binlog_gtid *out)
{
	switch (field) {
	case TAGGED_UUID:
		tagged_uuid(b, out->uuid);
		break;
	case TAGGED_SEQUENCE:
		out->sequence = (uint64_t)tagged_signed(b);
		break;
	case TAGGED_TAG:
		tagged_text(b, out->tag, sizeof out->tag);
		break;
	case TAGGED_IMMEDIATE_COMMIT:
		out->immediate_commit = out->original_commit = tagged_number(b);
		break;
	case TAGGED_ORIGINAL_COMMIT:
		out->original_commit = tagged_number(b);
		break;
	case TAGGED_LENGTH:
		out->transaction_length = tagged_number(b);
		break;
	default:
		tagged_number(b);
	}
}

static bool tagged_gtid(const struct binlog_event *e, struct binlog_gtid *out, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	uint64_t version = tagged_number(&b), size = tagged_number(&b), last = tagged_number(&b);
	uint32_t seen = 0;

	if (!b.bad && version != TAGGED_VERSION)
		return binlog_refuse(e, err, "version %llu of its encoding is not known", (unsigned long long)version);
	if (!b.bad && size != e->size)
		return binlog_refuse(e, err, "it says %llu bytes, but it has %zu", (unsigned long long)size, e->size);
	if (!b.bad && last > TAGGED_FIELDS)
		return binlog_refuse(e, err, "it has a field %llu that must be known", (unsigned long long)last - 1);
	while (!b.bad && b.at != b.end) {
		uint64_t field = tagged_number(&b);
		if (!b.bad && field >= TAGGED_FIELDS) { /* of a later server, and so at the end */
			b.at = b.end;
			break;
		}
		if (!b.bad && seen >> field)
			return binlog_refuse(e, err, "its fields are not in order");
		if (!b.bad) {
			seen |= UINT32_C(1) << field;
			tagged_value(&b, (enum tagged_field)field, out);
		}
	}
	const uint32_t needed = 1 << TAGGED_UUID | 1 << TAGGED_SEQUENCE | 1 << TAGGED_TAG;
	if (!b.bad && (seen & needed) != needed)
		return binlog_refuse(e, err, "it does not name its transaction");
	return binlog_consumed(e, &b, err);
}

bool binlog_gtid_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_gtid *out,
		      struct error *err)
{
	(void)f;
	*out = (struct binlog_gtid){.server_id = e->server_id};
	switch (e->type) {
	case BINLOG_MARIADB_GTID:
		return mariadb_gtid(e, out, err);
	case BINLOG_GTID_TAGGED:
		return tagged_gtid(e, out, err);
	default:
		return mysql_gtid(e, out, err);
	}
}
