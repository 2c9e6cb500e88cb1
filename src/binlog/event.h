/* event: the events of a MySQL or MariaDB binary log, framed and checked.
 *
 * Pure: bytes in, structures out; no socket, no clock. Sources: the MySQL 8 and MariaDB
 * documentation of the replication protocol ("Binlog Event", "Event Header",
 * "Format_description_event", "Gtid_event", "Rows_event").
 *
 *     struct binlog_format f = {0};              what the format description says; zeroed: none seen yet
 *     struct binlog_event e;
 *     if (!binlog_event_read(&f, bytes, n, &e, &err)) ...   header, length, checksum
 *     switch (e.type) {
 *     case BINLOG_FORMAT:  binlog_format_read(&e, &f, &err)
 *     case BINLOG_ROTATE:  binlog_rotate_read(&e, &rotate, &err)
 *     ...
 *     }
 *
 * Every reader consumes its event exactly: bytes that are left over, or missing, are an
 * error (ERROR_REFUSED, a message that names the event). Results borrow the event's bytes.
 */
#ifndef TD_BINLOG_EVENT_H
#define TD_BINLOG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct error;

enum binlog_type {
	BINLOG_START_V3 = 1, BINLOG_QUERY = 2, BINLOG_STOP = 3, BINLOG_ROTATE = 4, BINLOG_INTVAR = 5, BINLOG_LOAD = 6,
	BINLOG_CREATE_FILE = 8, BINLOG_APPEND_BLOCK = 9, BINLOG_EXEC_LOAD = 10, BINLOG_DELETE_FILE = 11,
	BINLOG_NEW_LOAD = 12, BINLOG_RAND = 13, BINLOG_USER_VAR = 14, BINLOG_FORMAT = 15, BINLOG_XID = 16,
	BINLOG_BEGIN_LOAD_QUERY = 17, BINLOG_EXECUTE_LOAD_QUERY = 18, BINLOG_TABLE_MAP = 19,
	BINLOG_WRITE_ROWS_V0 = 20, BINLOG_UPDATE_ROWS_V0 = 21, BINLOG_DELETE_ROWS_V0 = 22,
	BINLOG_WRITE_ROWS_V1 = 23, BINLOG_UPDATE_ROWS_V1 = 24, BINLOG_DELETE_ROWS_V1 = 25,
	BINLOG_INCIDENT = 26, BINLOG_HEARTBEAT = 27, BINLOG_IGNORABLE = 28, BINLOG_ROWS_QUERY = 29,
	BINLOG_WRITE_ROWS = 30, BINLOG_UPDATE_ROWS = 31, BINLOG_DELETE_ROWS = 32,
	BINLOG_GTID = 33, BINLOG_ANONYMOUS_GTID = 34, BINLOG_PREVIOUS_GTIDS = 35, BINLOG_TRANSACTION_CONTEXT = 36,
	BINLOG_VIEW_CHANGE = 37, BINLOG_XA_PREPARE = 38, BINLOG_PARTIAL_UPDATE_ROWS = 39,
	BINLOG_TRANSACTION_PAYLOAD = 40, BINLOG_HEARTBEAT_V2 = 41, BINLOG_GTID_TAGGED = 42,
	/* MariaDB's own */
	BINLOG_ANNOTATE_ROWS = 160, BINLOG_CHECKPOINT = 161, BINLOG_MARIADB_GTID = 162, BINLOG_GTID_LIST = 163,
	BINLOG_START_ENCRYPTION = 164, BINLOG_QUERY_COMPRESSED = 165, BINLOG_WRITE_ROWS_COMPRESSED_V1 = 166,
	BINLOG_UPDATE_ROWS_COMPRESSED_V1 = 167, BINLOG_DELETE_ROWS_COMPRESSED_V1 = 168,
	BINLOG_WRITE_ROWS_COMPRESSED = 169, BINLOG_UPDATE_ROWS_COMPRESSED = 170, BINLOG_DELETE_ROWS_COMPRESSED = 171,
	BINLOG_PARTIAL_ROW_DATA = 172,
};

enum binlog_flag {
	BINLOG_FLAG_IN_USE = 0x1, BINLOG_FLAG_THREAD_SPECIFIC = 0x4, BINLOG_FLAG_ARTIFICIAL = 0x20,
	BINLOG_FLAG_RELAY = 0x40, BINLOG_FLAG_IGNORABLE = 0x80, BINLOG_FLAG_SKIP_REPLICATION = 0x8000,
};

#define BINLOG_HEADER 19
#define BINLOG_MAGIC "\xfe" "bin"

struct binlog_event {
	uint32_t when;      /* seconds since 1970 UTC; 0 in events the server makes up */
	uint8_t type;
	uint32_t server_id;
	uint32_t length;    /* of the whole event, header and checksum included */
	uint32_t next_pos;  /* low 32 bits of the end in the file; 0: not told */
	uint16_t flags;
	const uint8_t *body; /* behind the header */
	size_t size;        /* without the checksum */
};

struct binlog_format {
	bool known;             /* a format description was read */
	char server[51];        /* version text of the server that wrote the log */
	bool mariadb;
	uint32_t when;          /* header time of the format description: when the file began */
	uint32_t created;       /* not 0: the server has just started; whatever was open is gone */
	uint8_t post[256];      /* post-header length by type, 0 where not told */
	int types;              /* how many types the server told lengths for */
	bool checksum;          /* events end with a CRC32 */
	bool payload;           /* reading events inside a transaction payload: they have no checksum */
};

const char *binlog_type_name(unsigned type); /* "TABLE_MAP"; "event 199" for what is not known (static buffer of the thread) */
/* What carries no data and may be passed over. */
bool binlog_may_skip(const struct binlog_event *e);

/* n must be the event's own length (a network packet's, behind the status byte). Before any format
 * description is known a checksum is found by trying (artificial ROTATE), and a format description
 * checks its own. */
bool binlog_event_read(const struct binlog_format *f, const uint8_t *p, size_t n, struct binlog_event *e, struct error *err);

bool binlog_format_read(const struct binlog_event *e, struct binlog_format *f, struct error *err);

struct binlog_rotate {
	uint64_t pos;
	const char *file; /* not NUL-terminated */
	size_t file_len;
};
bool binlog_rotate_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_rotate *out, struct error *err);

/* The beginning of a transaction, of either family. */
struct binlog_gtid {
	bool anonymous;         /* MySQL with gtid_mode off */
	bool mariadb;
	/* MariaDB */
	uint32_t domain, server_id;
	uint64_t sequence;      /* also MySQL's GNO */
	bool standalone;        /* a group of one event, no commit follows (DDL) */
	bool ddl;
	bool transactional;
	bool prepared_xa, completed_xa; /* the group is an XA PREPARE; a later XA COMMIT or ROLLBACK of xid */
	const uint8_t *xid;     /* gtrid then bqual */
	uint32_t xid_format;
	uint8_t gtrid_len, bqual_len;
	bool start_alter, commit_alter, rollback_alter; /* two-phase ALTER of 10.8 on */
	/* MySQL */
	uint8_t uuid[16];
	char tag[33];           /* 8.3 on; "" without one */
	uint64_t original_commit, immediate_commit; /* microseconds since 1970; 0: not told */
	uint64_t transaction_length; /* 0: not told */
};
/* BINLOG_GTID, ANONYMOUS_GTID, GTID_TAGGED, MARIADB_GTID. */
bool binlog_gtid_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_gtid *out, struct error *err);

bool binlog_xid_read(const struct binlog_event *e, const struct binlog_format *f, uint64_t *xid, struct error *err);

struct binlog_xa_prepare {
	bool one_phase;         /* XA COMMIT ... ONE PHASE: this is the commit */
	uint32_t format;
	uint32_t gtrid_len, bqual_len;
	const uint8_t *xid;     /* gtrid then bqual */
};
bool binlog_xa_prepare_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_xa_prepare *out, struct error *err);

struct binlog_heartbeat {
	const char *file;
	size_t file_len;
	uint64_t pos;           /* V2: exact. V1: low 32 bits */
	bool exact;
};
bool binlog_heartbeat_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_heartbeat *out, struct error *err);

struct binlog_incident {
	unsigned number;        /* 1: LOST_EVENTS */
	const char *message;
	size_t message_len;
};
bool binlog_incident_read(const struct binlog_event *e, const struct binlog_format *f, struct binlog_incident *out, struct error *err);

/* MariaDB's GTID_LIST: calls fn for each. */
bool binlog_gtid_list_read(const struct binlog_event *e, const struct binlog_format *f,
			   void (*fn)(void *ctx, uint32_t domain, uint32_t server_id, uint64_t sequence), void *ctx, struct error *err);

/* A length-encoded integer; 0xfb and 0xff are bad. */
uint64_t binlog_lenenc(struct bytes *b);
/* For the readers of this folder: "could not read ROTATE event at ...: it is cut off", or "has N bytes too many". */
bool binlog_consumed(const struct binlog_event *e, const struct bytes *b, struct error *err);

#endif
