/* position: where a MySQL or MariaDB log stands, as text.
 *
 *     binlog.000042:1234@1764150000 gtid=0-1-77
 *     gtid=3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77
 *
 * File and offset of the end of a transaction; when the file was begun (seconds since 1970, as its format
 * description says), which tells a log that was begun anew from the one we know; the set of transactions up to
 * there, where the server numbers them. File and offset may be missing (MySQL's gtid_executed is no place in a file);
 * the rest may be left out by a person who types a position.
 *
 * Offsets are 64 bits wide and our own sum: those in event headers are cut to 32.
 */
#ifndef TD_SOURCE_MYSQL_POSITION_H
#define TD_SOURCE_MYSQL_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

struct mysql_position {
	const char *file;  /* NULL: not told; not NUL-terminated */
	size_t file_len;
	uint64_t pos;
	uint32_t begun;    /* 0: not told */
	const char *gtid;  /* NULL: not told; up to the end of the text */
};

/* Borrows the text. */
bool mysql_position_parse(const char *text, struct mysql_position *out);
void mysql_position_print(const struct mysql_position *p, struct buffer *out);
/* The number that ends a log file's name; 0: none. */
uint64_t mysql_log_number(const char *file, size_t n);
/* As source_ops.reached: by file and offset where both have them, else by sets. */
bool mysql_position_reached(const char *a, const char *b);

#endif
