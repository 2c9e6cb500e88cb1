/* table: TABLE_MAP events: which table the rows events that follow are of, and how its cells are encoded.
 *
 * Column types are those of the wire with what hides in their metadata resolved: ENUM and SET have
 * their own types (247, 248), CHAR and BINARY (254) their real length.
 *
 * The optional metadata (signedness, character sets, names, labels, primary key) is there as far
 * as the server sends it: MySQL's binlog_row_metadata=MINIMAL has signedness and character sets,
 * MariaDB's NO_LOG nothing. What was not told is told so.
 */
#ifndef TD_BINLOG_TABLE_H
#define TD_BINLOG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct binlog_event;
struct binlog_format;
struct error;

enum binlog_column_type {
	COL_DECIMAL = 0, COL_TINY = 1, COL_SHORT = 2, COL_LONG = 3, COL_FLOAT = 4, COL_DOUBLE = 5, COL_NULL = 6,
	COL_TIMESTAMP = 7, COL_LONGLONG = 8, COL_INT24 = 9, COL_DATE = 10, COL_TIME = 11, COL_DATETIME = 12, COL_YEAR = 13,
	COL_NEWDATE = 14, COL_VARCHAR = 15, COL_BIT = 16, COL_TIMESTAMP2 = 17, COL_DATETIME2 = 18, COL_TIME2 = 19,
	COL_TYPED_ARRAY = 20,
	COL_BLOB_COMPRESSED = 140, COL_VARCHAR_COMPRESSED = 141, /* MariaDB's COMPRESSED columns */
	COL_VECTOR = 242, COL_JSON = 245, COL_NEWDECIMAL = 246, COL_ENUM = 247, COL_SET = 248, COL_TINY_BLOB = 249,
	COL_MEDIUM_BLOB = 250, COL_LONG_BLOB = 251, COL_BLOB = 252, COL_VAR_STRING = 253, COL_STRING = 254, COL_GEOMETRY = 255,
};

struct binlog_column {
	uint8_t type;        /* resolved */
	uint16_t meta;       /* FLOAT DOUBLE: bytes. VARCHAR STRING: most bytes. BLOB JSON GEOMETRY VECTOR: length bytes.
	                      * NEWDECIMAL: precision << 8 | scale. TIME2 DATETIME2 TIMESTAMP2: fraction digits.
	                      * ENUM SET: bytes. BIT: bits. TYPED_ARRAY: inner type. TIMESTAMP TIME DATETIME
	                      * (7 11 12): 0; whoever knows of fraction digits there (MariaDB's old format,
	                      * from the catalogue) sets them before reading rows */
	bool nullable;
	bool is_unsigned;    /* where signedness is told */
	uint32_t collation;  /* of a character column, ENUM or SET; 0: not told; 63: binary */
	const char *name;    /* NUL-terminated; NULL: not told */
	size_t name_len;
	int label_count;     /* of ENUM and SET, in the column's character set; 0: not told */
	const char *const *labels; /* NUL-terminated, with their lengths beside them (a label may hold any byte but NUL) */
	const size_t *label_lens;
};

struct binlog_table {
	uint64_t id;
	uint16_t flags;
	const char *schema, *name; /* NUL-terminated, in the arena */
	int column_count;
	struct binlog_column *columns;
	bool has_signedness, has_charsets, has_names, has_labels;
	int key_count;             /* columns of the primary key; 0: not told, or there is none */
	const int *key;
};

#define BINLOG_TABLE_DUMMY 0xffffff /* table id of a rows event that only ends a statement */

/* All it points to is in the arena. */
bool binlog_table_read(const struct binlog_event *e, const struct binlog_format *f, struct arena *a, struct binlog_table *out,
		       struct error *err);
/* Only whose it is, without the columns: to pass over tables that are not ours. schema and name borrow the event. */
bool binlog_table_peek(const struct binlog_event *e, const struct binlog_format *f, uint64_t *id, const char **schema, const char **name,
		       struct error *err);

#endif
