#include "config.h"

#include "binlog/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/text.h"
#include "binlog/event_internal.h"

#define EVENT_CHECKSUM 4
#define EVENT_FLAGS_AT 17
#define EVENT_XID_PART 64 /* the most a global id, or a branch, may have */
#define FORMAT_TEXT    50
/* Log version, server text, time, header length; the post-header lengths follow. */
#define FORMAT_FIXED (2 + FORMAT_TEXT + 4 + 1)
/* A server too old to say whether its events have checksums knows no more types than these. */
#define FORMAT_OLD_TYPES 35
#define GTID_LIST_COUNT  0x0fffffff /* flags above */

static const char *const event_names[] = {
	[BINLOG_START_V3] = "START_V3",
	[BINLOG_QUERY] = "QUERY",
	[BINLOG_STOP] = "STOP",
	[BINLOG_ROTATE] = "ROTATE",
	[BINLOG_INTVAR] = "INTVAR",
	[BINLOG_LOAD] = "LOAD",
	[BINLOG_CREATE_FILE] = "CREATE_FILE",
	[BINLOG_APPEND_BLOCK] = "APPEND_BLOCK",
	[BINLOG_EXEC_LOAD] = "EXEC_LOAD",
	[BINLOG_DELETE_FILE] = "DELETE_FILE",
	[BINLOG_NEW_LOAD] = "NEW_LOAD",
	[BINLOG_RAND] = "RAND",
	[BINLOG_USER_VAR] = "USER_VAR",
	[BINLOG_FORMAT] = "FORMAT_DESCRIPTION",
	[BINLOG_XID] = "XID",
	[BINLOG_BEGIN_LOAD_QUERY] = "BEGIN_LOAD_QUERY",
	[BINLOG_EXECUTE_LOAD_QUERY] = "EXECUTE_LOAD_QUERY",
	[BINLOG_TABLE_MAP] = "TABLE_MAP",
	[BINLOG_WRITE_ROWS_V0] = "WRITE_ROWS_V0",
	[BINLOG_UPDATE_ROWS_V0] = "UPDATE_ROWS_V0",
	[BINLOG_DELETE_ROWS_V0] = "DELETE_ROWS_V0",
	[BINLOG_WRITE_ROWS_V1] = "WRITE_ROWS_V1",
	[BINLOG_UPDATE_ROWS_V1] = "UPDATE_ROWS_V1",
	[BINLOG_DELETE_ROWS_V1] = "DELETE_ROWS_V1",
	[BINLOG_INCIDENT] = "INCIDENT",
	[BINLOG_HEARTBEAT] = "HEARTBEAT",
	[BINLOG_IGNORABLE] = "IGNORABLE",
	[BINLOG_ROWS_QUERY] = "ROWS_QUERY",
	[BINLOG_WRITE_ROWS] = "WRITE_ROWS",
	[BINLOG_UPDATE_ROWS] = "UPDATE_ROWS",
	[BINLOG_DELETE_ROWS] = "DELETE_ROWS",
	[BINLOG_GTID] = "GTID",
	[BINLOG_ANONYMOUS_GTID] = "ANONYMOUS_GTID",
	[BINLOG_PREVIOUS_GTIDS] = "PREVIOUS_GTIDS",
	[BINLOG_TRANSACTION_CONTEXT] = "TRANSACTION_CONTEXT",
	[BINLOG_VIEW_CHANGE] = "VIEW_CHANGE",
	[BINLOG_XA_PREPARE] = "XA_PREPARE",
	[BINLOG_PARTIAL_UPDATE_ROWS] = "PARTIAL_UPDATE_ROWS",
	[BINLOG_TRANSACTION_PAYLOAD] = "TRANSACTION_PAYLOAD",
	[BINLOG_HEARTBEAT_V2] = "HEARTBEAT_V2",
	[BINLOG_GTID_TAGGED] = "GTID_TAGGED",
	[BINLOG_ANNOTATE_ROWS] = "ANNOTATE_ROWS",
	[BINLOG_CHECKPOINT] = "BINLOG_CHECKPOINT",
	[BINLOG_MARIADB_GTID] = "GTID",
	[BINLOG_GTID_LIST] = "GTID_LIST",
	[BINLOG_START_ENCRYPTION] = "START_ENCRYPTION",
	[BINLOG_QUERY_COMPRESSED] = "QUERY_COMPRESSED",
	[BINLOG_WRITE_ROWS_COMPRESSED_V1] = "WRITE_ROWS_COMPRESSED_V1",
	[BINLOG_UPDATE_ROWS_COMPRESSED_V1] = "UPDATE_ROWS_COMPRESSED_V1",
	[BINLOG_DELETE_ROWS_COMPRESSED_V1] = "DELETE_ROWS_COMPRESSED_V1",
	[BINLOG_WRITE_ROWS_COMPRESSED] = "WRITE_ROWS_COMPRESSED",
	[BINLOG_UPDATE_ROWS_COMPRESSED] = "UPDATE_ROWS_COMPRESSED",
	[BINLOG_DELETE_ROWS_COMPRESSED] = "DELETE_ROWS_COMPRESSED",
	[BINLOG_PARTIAL_ROW_DATA] = "PARTIAL_ROW_DATA",
};

#define EVENT_TYPES (sizeof event_names / sizeof *event_names)

const char *binlog_type_name(unsigned type)
{
	static _Thread_local char unknown[24];

	if (type < EVENT_TYPES && event_names[type])
		return event_names[type];
	snprintf(unknown, sizeof unknown, "event %u", type);
	return unknown;
}

bool binlog_may_skip(const struct binlog_event *e)
{
	switch (e->type) {
	case BINLOG_STOP:
	case BINLOG_INTVAR:
	case BINLOG_RAND:
	case BINLOG_USER_VAR:
	case BINLOG_IGNORABLE:
	case BINLOG_ROWS_QUERY:
	case BINLOG_PREVIOUS_GTIDS:
	case BINLOG_TRANSACTION_CONTEXT:
	case BINLOG_VIEW_CHANGE:
	case BINLOG_ANNOTATE_ROWS:
	case BINLOG_CHECKPOINT:
	case BINLOG_GTID_LIST:
	case BINLOG_START_ENCRYPTION:
		return true;
	default:
		/* The flag is the server's word for types we do not know; it does not make rows ignorable. */
		return (e->type >= EVENT_TYPES || !event_names[e->type]) && e->flags & BINLOG_FLAG_IGNORABLE;
	}
}

bool binlog_refuse(const struct binlog_event *e, struct error *err, const char *format, ...)
{
	const char *kind = e->type < EVENT_TYPES && event_names[e->type] ? " event" : "";
	char why[512], place[32] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	if (e->next_pos)
		snprintf(place, sizeof place, " that ends at %u", e->next_pos);
	return error_set(err, ERROR_REFUSED, "could not read %s%s%s: %s", binlog_type_name(e->type), kind, place, why);
}

uint64_t binlog_lenenc(struct bytes *b)
{
	uint8_t first = bytes_u8(b);

	switch (first) {
	case 0xfc:
		return bytes_u16(b);
	case 0xfd:
		return bytes_u24(b);
	case 0xfe:
		return bytes_u64(b);
	case 0xfb:
	case 0xff:
		b->bad = true;
		return 0;
	default:
		return first;
	}
}

bool binlog_consumed(const struct binlog_event *e, const struct bytes *b, struct error *err)
{
	if (b->bad)
		return binlog_refuse(e, err, "it is cut off");
	if (b->at != b->end)
		return binlog_refuse(e, err, "it has %zu bytes too many", bytes_left(b));
	return true;
}

/* ---- checksums ---- */

static bool event_crc_fits(const uint8_t *p, size_t n)
{
	struct bytes told = bytes_of(p + n - EVENT_CHECKSUM, EVENT_CHECKSUM);

	return crc32_z(0, p, n - EVENT_CHECKSUM) == bytes_u32(&told);
}

/* The same as if two bytes were others: the low byte of the flags and the last before the checksum. */
static bool event_crc_would_fit(const uint8_t *p, size_t n, uint8_t flags, uint8_t last)
{
	struct bytes told = bytes_of(p + n - EVENT_CHECKSUM, EVENT_CHECKSUM);
	size_t last_at = n - EVENT_CHECKSUM - 1;
	unsigned long crc = crc32_z(0, p, EVENT_FLAGS_AT);

	crc = crc32_z(crc, &flags, 1);
	crc = crc32_z(crc, p + EVENT_FLAGS_AT + 1, last_at - EVENT_FLAGS_AT - 1);
	crc = crc32_z(crc, &last, 1);
	return crc == bytes_u32(&told);
}

static const char *format_text(const uint8_t *body, char out[FORMAT_TEXT + 1])
{
	memcpy(out, body + 2, FORMAT_TEXT);
	out[FORMAT_TEXT] = '\0';
	return out;
}

/* Does a server of this version end its format description with an algorithm and a checksum? */
static bool format_has_algorithm(const char *server)
{
	unsigned major = 0, minor = 0, patch = 0;
	bool mariadb = strstr(server, "MariaDB") != NULL;

	sscanf(server, "%3u.%3u.%3u", &major, &minor, &patch);
	unsigned version = major * 1000000 + minor * 1000 + patch;
	return version >= (mariadb ? 5003000U : 5006001U);
}

/* A format description always has room for a checksum, which is right in the file. A server that sends one from the
 * middle of a file changes its header and corrects the checksum only where events have one. While the file is open
 * its header has a flag that the checksum leaves out. */
static bool event_format_checksum(const uint8_t *p, size_t n, struct binlog_event *e, struct error *err)
{
	char server[FORMAT_TEXT + 1];

	if (e->size < FORMAT_FIXED)
		return binlog_refuse(e, err, "it is cut off");
	if (!format_has_algorithm(format_text(e->body, server)))
		return e->size <= FORMAT_FIXED + FORMAT_OLD_TYPES ||
		       binlog_refuse(e, err, "it has more types of events than its version knows");
	if (e->size < FORMAT_FIXED + 1 + EVENT_CHECKSUM)
		return binlog_refuse(e, err, "it is cut off");
	e->size -= EVENT_CHECKSUM;
	uint8_t flags = p[EVENT_FLAGS_AT], algorithm = e->body[e->size - 1];
	if (event_crc_fits(p, n))
		return true;
	if (flags & BINLOG_FLAG_IN_USE) {
		flags &= (uint8_t)~BINLOG_FLAG_IN_USE;
		if (event_crc_would_fit(p, n, flags, algorithm))
			return true;
	}
	/* Where it would fit if events had checksums, just that was damaged. */
	if (algorithm == 0 && !event_crc_would_fit(p, n, p[EVENT_FLAGS_AT], 1) && !event_crc_would_fit(p, n, flags, 1))
		return true;
	return binlog_refuse(e, err, "its checksum does not fit");
}

/* Made up by the server, and with a checksum or without by other rules than the events of the file. Its text must not
 * hide one that does not fit. */
static bool event_rotate_checksum(const uint8_t *p, size_t n, struct binlog_event *e, struct error *err)
{
	if (e->size >= EVENT_CHECKSUM && event_crc_fits(p, n)) {
		e->size -= EVENT_CHECKSUM;
		return true;
	}
	if (e->size < 8)
		return binlog_refuse(e, err, "it is cut off");
	const char *name = (const char *)e->body + 8;
	size_t len = e->size - 8;
	bool clean = text_valid(name, len) && len > 0 && (unsigned char)name[len - 1] < 0x80;
	for (size_t i = 0; i < len; i++)
		clean = clean && (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
	return clean || binlog_refuse(e, err, "its checksum does not fit");
}

static bool event_checksum(const struct binlog_format *f, const uint8_t *p, size_t n, struct binlog_event *e,
			   struct error *err)
{
	if (f->payload)
		return true;
	if (e->type == BINLOG_FORMAT)
		return event_format_checksum(p, n, e, err);
	if (e->type == BINLOG_ROTATE && (!f->known || (e->flags & BINLOG_FLAG_ARTIFICIAL && e->when == 0)))
		return event_rotate_checksum(p, n, e, err);
	if (!f->known)
		return binlog_refuse(e, err, "no format description came before it");
	if (!f->checksum)
		return true;
	if (e->size < EVENT_CHECKSUM)
		return binlog_refuse(e, err, "it is cut off");
	if (!event_crc_fits(p, n))
		return binlog_refuse(e, err, "its checksum does not fit");
	e->size -= EVENT_CHECKSUM;
	return true;
}

bool binlog_event_read(const struct binlog_format *f, const uint8_t *p, size_t n, struct binlog_event *e,
		       struct error *err)
{
	struct bytes b = bytes_of(p, n);

	*e = (struct binlog_event){.when = bytes_u32(&b)};
	e->type = bytes_u8(&b);
	e->server_id = bytes_u32(&b);
	e->length = bytes_u32(&b);
	e->next_pos = bytes_u32(&b);
	e->flags = bytes_u16(&b);
	if (b.bad)
		return error_set(err, ERROR_REFUSED, "could not read an event of the binlog: its header is cut off");
	if (e->length != n)
		return binlog_refuse(e, err, "its header says %u bytes, but it has %zu", e->length, n);
	e->body = b.at;
	e->size = bytes_left(&b);
	return event_checksum(f, p, n, e, err);
}

/* ---- the events ---- */

bool binlog_format_read(const struct binlog_event *e, struct binlog_format *f, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	struct binlog_format got = {.known = true, .when = e->when};
	uint16_t version = bytes_u16(&b);
	uint8_t algorithm = 0;

	if (e->size < FORMAT_FIXED)
		return binlog_refuse(e, err, "it is cut off");
	if (version != 4)
		return binlog_refuse(e, err, "version %u of the binlog is not known", version);
	format_text(e->body, got.server);
	bytes_take(&b, FORMAT_TEXT);
	got.created = bytes_u32(&b);
	uint8_t header = bytes_u8(&b);
	if (header != BINLOG_HEADER)
		return binlog_refuse(e, err, "headers of %u bytes are not known", header);
	got.mariadb = strstr(got.server, "MariaDB") != NULL;
	bool told = format_has_algorithm(got.server);
	size_t types = bytes_left(&b) - (told && bytes_left(&b) ? 1 : 0);
	if (types >= sizeof got.post)
		return binlog_refuse(e, err, "it has %zu types of events", types);
	for (size_t i = 0; i < types; i++)
		got.post[i + 1] = bytes_u8(&b);
	got.types = (int)types;
	if (told)
		algorithm = bytes_u8(&b);
	if (algorithm > 1)
		return binlog_refuse(e, err, "checksums of kind %u are not known", algorithm);
	got.checksum = algorithm == 1;
	if (!binlog_consumed(e, &b, err))
		return false;
	*f = got;
	return true;
}

bool binlog_rotate_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_rotate *out,
			struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	(void)f;
	*out = (struct binlog_rotate){.pos = bytes_u64(&b)};
	out->file_len = bytes_left(&b);
	out->file = (const char *)bytes_take(&b, out->file_len);
	if (!b.bad && out->file_len == 0)
		return binlog_refuse(e, err, "it names no file");
	return binlog_consumed(e, &b, err);
}

bool binlog_xid_read(const struct binlog_event *e, const struct binlog_format *f, uint64_t *xid, struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	(void)f;
	*xid = bytes_u64(&b);
	return binlog_consumed(e, &b, err);
}

bool binlog_xa_prepare_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_xa_prepare *out,
			    struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	(void)f;
	*out = (struct binlog_xa_prepare){.one_phase = bytes_u8(&b) != 0};
	out->format = bytes_u32(&b);
	out->gtrid_len = bytes_u32(&b);
	out->bqual_len = bytes_u32(&b);
	out->xid = bytes_take(&b, (size_t)out->gtrid_len + out->bqual_len);
	if (!b.bad && (out->gtrid_len > EVENT_XID_PART || out->bqual_len > EVENT_XID_PART))
		return binlog_refuse(e, err, "its xid is too long");
	return binlog_consumed(e, &b, err);
}

/* Tagged fields: kind, length, value; kinds that are not known are passed over. */
static void heartbeat_fields(struct bytes *b, struct binlog_heartbeat *out)
{
	enum { HEARTBEAT_END, HEARTBEAT_FILE, HEARTBEAT_POSITION };

	for (uint64_t kind = binlog_lenenc(b); !b->bad && kind != HEARTBEAT_END; kind = binlog_lenenc(b)) {
		uint64_t len = binlog_lenenc(b);
		const uint8_t *at = bytes_take(b, (size_t)len);
		struct bytes value = bytes_of(at, at ? (size_t)len : 0);
		if (kind == HEARTBEAT_FILE) {
			out->file = (const char *)at;
			out->file_len = (size_t)len;
		} else if (kind == HEARTBEAT_POSITION) {
			out->pos = binlog_lenenc(&value);
			out->exact = true;
			b->bad = b->bad || value.bad;
		}
	}
}

bool binlog_heartbeat_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_heartbeat *out,
			   struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	(void)f;
	*out = (struct binlog_heartbeat){.file = ""};
	if (e->type == BINLOG_HEARTBEAT_V2) {
		heartbeat_fields(&b, out);
	} else {
		out->pos = e->next_pos;
		out->file_len = bytes_left(&b);
		out->file = (const char *)bytes_take(&b, out->file_len);
	}
	return binlog_consumed(e, &b, err);
}

bool binlog_incident_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_incident *out,
			  struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);

	(void)f;
	*out = (struct binlog_incident){.number = bytes_u16(&b)};
	out->message_len = bytes_u8(&b);
	out->message = (const char *)bytes_take(&b, out->message_len);
	return binlog_consumed(e, &b, err);
}

bool binlog_gtid_list_read(const struct binlog_event *e, const struct binlog_format *f,
			   void (*fn)(void *ctx, uint32_t domain, uint32_t server_id, uint64_t sequence), void *ctx,
			   struct error *err)
{
	struct bytes b = bytes_of(e->body, e->size);
	uint32_t count = bytes_u32(&b) & GTID_LIST_COUNT;

	(void)f;
	/* An empty list is made longer, so that it can be overwritten by another event for old readers. */
	if (count == 0 && bytes_left(&b) == 2)
		bytes_take(&b, 2);
	struct bytes all = b;
	bytes_take(&all, (size_t)count * 16);
	if (!binlog_consumed(e, &all, err))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t domain = bytes_u32(&b);
		uint32_t server_id = bytes_u32(&b);
		fn(ctx, domain, server_id, bytes_u64(&b));
	}
	return true;
}
