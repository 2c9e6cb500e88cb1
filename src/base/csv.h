/* csv: RFC 4180, read from a stream of bytes in bounded memory, and written.
 *
 * The reader is a pure push parser: no file, no encoding, no column meaning.
 *
 *     struct csv_reader *r = csv_reader_new(limit);
 *     while (more) csv_reader_feed(r, p, n, last);
 *             while (csv_reader_row(r, &row)) ...
 *
 * A UTF-8 byte order mark at the start is dropped; rows end by LF, CRLF or CR;
 * quoted fields may hold all of them. NULL (unquoted empty) and empty text ("")
 * are told apart. Empty lines are no rows. A quote inside an unquoted field is
 * text; text after a closing quote, or a quote never closed, makes the row bad
 * with a reason. A row of over `limit` bytes is bad and is skipped to its end
 * without being held.
 */
#ifndef TD_BASE_CSV_H
#define TD_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

struct csv_field {
	const char *text; /* not NUL-terminated */
	size_t len;
	bool quoted;
};

struct csv_row {
	const struct csv_field *fields;
	size_t count;
	uint64_t line;   /* the line the row starts on, from 1 */
	uint64_t lines;  /* how many lines it spans, at least 1 */
	uint64_t end;    /* byte offset in the stream just after the row */
	const char *raw; /* the row as it stands in the file, without its line end (cut at limit) */
	size_t raw_len;
	const char *bad; /* NULL, or why this row cannot be read; then it has no fields */
};

/* The reason of a row that ran to the end of the stream in search of its closing
 * quote: over several lines, nobody knows how many rows it swallowed. */
#define CSV_UNCLOSED "a quote is never closed"

struct csv_reader;
struct csv_reader *csv_reader_new(size_t limit);
void csv_reader_free(struct csv_reader *r);
/* The bytes must stay valid until csv_reader_row has returned false. */
void csv_reader_feed(struct csv_reader *r, const char *p, size_t n, bool last);
/* False: more bytes are needed (or, after last, the end). The row is valid until the next call. */
bool csv_reader_row(struct csv_reader *r, struct csv_row *row);

/* Appends one field: quoted where RFC 4180 asks for it; NULL text is nothing,
 * empty text is "". guard: a cell that starts with = + - @ (in full width, too), TAB or CR gets a
 * leading apostrophe, so that a spreadsheet takes it for text. */
void csv_field_add(struct buffer *out, const char *text, size_t n, bool guard);

#endif
