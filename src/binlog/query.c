#include "config.h"

#include "binlog/query.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/event.h"
#include "binlog/pack.h"

#define QUERY_POST           13 /* the post-header since 5.0; a longer one has fields of the future behind these */
#define MODE_ANSI_QUOTES     0x4u
#define QUERY_DATABASES_MOST 16 /* of updated_db_names: a larger count stands for "too many to list" */

/* The codes of status variables. Both servers have 0 to 13; 16 to 21 are MySQL's, 128 and up MariaDB's. */
enum query_status {
	STATUS_FLAGS2 = 0,
	STATUS_SQL_MODE = 1,
	STATUS_CATALOG = 2,
	STATUS_AUTO_INCREMENT = 3,
	STATUS_CHARSET = 4,
	STATUS_TIME_ZONE = 5,
	STATUS_CATALOG_NZ = 6,
	STATUS_LC_TIME_NAMES = 7,
	STATUS_CHARSET_DATABASE = 8,
	STATUS_TABLE_MAP_FOR_UPDATE = 9,
	STATUS_MASTER_DATA_WRITTEN = 10,
	STATUS_INVOKER = 11,
	STATUS_UPDATED_DB_NAMES = 12,
	STATUS_MICROSECONDS = 13,
	STATUS_EXPLICIT_DEFAULTS = 16,
	STATUS_DDL_XID = 17,
	STATUS_DEFAULT_COLLATION = 18,
	STATUS_REQUIRE_PRIMARY_KEY = 19,
	STATUS_TABLE_ENCRYPTION = 20,
	STATUS_CASCADE_TRIGGERS = 21,
	STATUS_HRNOW = 128,
	STATUS_XID = 129,
	STATUS_GTID_FLAGS3 = 130,
	STATUS_CHARACTER_SET_COLLATIONS = 131,
};

/* COMMIT ALTER and ROLLBACK ALTER: the number of the START ALTER follows the flags. */
#define QUERY_FLAGS3_ENDS_ALTER 0x0c

static const char *query_name(const struct binlog_event *e)
{
	return e->type == BINLOG_QUERY_COMPRESSED ? "QUERY_COMPRESSED" : "QUERY";
}

static void query_text(struct bytes *b)
{
	bytes_take(b, bytes_u8(b));
}

static void query_databases(struct bytes *b)
{
	unsigned count = bytes_u8(b);
	for (unsigned i = 0; count <= QUERY_DATABASES_MOST && i < count && !b->bad; i++) {
		const uint8_t *nul = bytes_left(b) ? memchr(b->at, 0, bytes_left(b)) : NULL;
		bytes_take(b, nul ? (size_t)(nul - b->at) + 1 : bytes_left(b) + 1);
	}
}

static void query_flags3(struct bytes *b)
{
	if (bytes_u8(b) & QUERY_FLAGS3_ENDS_ALTER)
		bytes_u64(b);
}

/* What we keep. False: not one of these. */
static bool query_status_kept(struct bytes *b, uint8_t code, struct binlog_query *out)
{
	switch (code) {
	case STATUS_SQL_MODE:
		out->sql_mode = bytes_u64(b);
		out->ansi_quotes = (out->sql_mode & MODE_ANSI_QUOTES) != 0;
		return true;
	case STATUS_CHARSET:
		out->collation = bytes_u16(b); /* then those of the connection and the server */
		bytes_take(b, 4);
		return true;
	case STATUS_MICROSECONDS:
	case STATUS_HRNOW:
		out->microseconds = bytes_u24(b);
		return true;
	default:
		return false;
	}
}

/* Passes over the value of any other variable; false when the code, and so its length, is not known. */
static bool query_status_pass(struct bytes *b, uint8_t code)
{
	/* Lengths of the simple ones; one above, so that 0 is "not simple". */
	static const uint8_t lengths[] = {[STATUS_FLAGS2] = 4 + 1,
					  [STATUS_AUTO_INCREMENT] = 4 + 1,
					  [STATUS_LC_TIME_NAMES] = 2 + 1,
					  [STATUS_CHARSET_DATABASE] = 2 + 1,
					  [STATUS_TABLE_MAP_FOR_UPDATE] = 8 + 1,
					  [STATUS_MASTER_DATA_WRITTEN] = 4 + 1,
					  [STATUS_EXPLICIT_DEFAULTS] = 1 + 1,
					  [STATUS_DDL_XID] = 8 + 1,
					  [STATUS_DEFAULT_COLLATION] = 2 + 1,
					  [STATUS_REQUIRE_PRIMARY_KEY] = 1 + 1,
					  [STATUS_TABLE_ENCRYPTION] = 1 + 1,
					  [STATUS_CASCADE_TRIGGERS] = 1 + 1,
					  [STATUS_XID] = 8 + 1};
	if (code < sizeof lengths && lengths[code])
		bytes_take(b, lengths[code] - 1u);
	else if (code == STATUS_TIME_ZONE || code == STATUS_CATALOG_NZ)
		query_text(b);
	else if (code == STATUS_CATALOG)
		bytes_take(b, bytes_u8(b) + 1u); /* 5.0.0 to 5.0.3: a NUL behind the name */
	else if (code == STATUS_UPDATED_DB_NAMES)
		query_databases(b);
	else if (code == STATUS_GTID_FLAGS3)
		query_flags3(b);
	else if (code == STATUS_CHARACTER_SET_COLLATIONS)
		bytes_take(b, 4u * bytes_u8(b));
	else if (code == STATUS_INVOKER) {
		query_text(b);
		query_text(b);
	} else
		return false;
	return true;
}

/* Codes mostly rise (MariaDB 11.5 writes 131 before 4), so behind an unknown one there is nothing older to miss; the
 * block's length says where it ends. */
static bool query_status(struct bytes b, struct binlog_query *out)
{
	while (!b.bad && bytes_left(&b) > 0) {
		uint8_t code = bytes_u8(&b);
		if (!query_status_kept(&b, code, out) && !query_status_pass(&b, code))
			return true;
	}
	return !b.bad;
}

static bool query_bad(const struct binlog_event *e, const char *why, struct error *err)
{
	return error_set(err, ERROR_REFUSED, "could not read %s event: %s", query_name(e), why);
}

bool binlog_query_read(const struct binlog_event *e, const struct binlog_format *f, struct arena *a,
		       struct binlog_query *out, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	size_t post = f->post[e->type] ? f->post[e->type] : QUERY_POST;
	*out = (struct binlog_query){0};
	if (post < QUERY_POST)
		return query_bad(e, "its format is older than MySQL 5.0", err);
	bytes_take(&b, 8); /* the connection's number, seconds it took */
	size_t schema_len = bytes_u8(&b);
	out->error_code = bytes_u16(&b);
	size_t status_len = bytes_u16(&b);
	bytes_take(&b, post - QUERY_POST);
	const uint8_t *status = bytes_take(&b, status_len);
	const uint8_t *schema = bytes_take(&b, schema_len + 1);
	if (b.bad)
		return query_bad(e, "it is cut off", err);
	if (!query_status(bytes_of(status, status_len), out))
		return query_bad(e, "its status variables do not fit their length", err);
	if (memchr(schema, 0, schema_len + 1) != schema + schema_len)
		return query_bad(e, "the name of its database does not end where it should", err);
	out->schema = (const char *)schema;
	const uint8_t *text = b.at;
	out->text_len = bytes_left(&b);
	if (e->type == BINLOG_QUERY_COMPRESSED && !pack_block(b.at, bytes_left(&b), a, &text, &out->text_len, err))
		return false;
	out->text = (const char *)text;
	return true;
}
