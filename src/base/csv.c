/* The parser keeps, for each field, where it stands in the row; the bytes stay
 * in the caller's block. Only a row that crosses from one block into the next is
 * copied together, and only a field with doubled quotes is copied to be undone.
 * So a file of ordinary rows is read without moving a byte.
 */
#include "config.h"

#include "base/csv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

/* More separators than any table has columns: a file that is no CSV at all. */
#define CSV_FIELDS_MAX 16384

enum csv_state {
	CSV_START,  /* before the first byte: a byte order mark may come */
	CSV_ROW,    /* before the first byte of a row */
	CSV_FIELD,  /* before the first byte of a field */
	CSV_PLAIN,  /* inside an unquoted field */
	CSV_QUOTED, /* inside a quoted field */
	CSV_QUOTE,  /* after a quote inside a quoted field: its end, or the first of two */
	CSV_JUNK,   /* after text that followed a closing quote */
	CSV_RETURN, /* after the CR that ends a row: a LF may belong to it */
};

/* A field by its place: offsets outlive a growing buffer, pointers do not. */
struct csv_piece {
	size_t start; /* in the row, or in undone */
	size_t len;
	bool quoted;
	bool undone;
};

struct csv_reader {
	size_t limit;
	enum csv_state state;
	/* the caller's block */
	const char *p;
	size_t n, at;
	bool last;
	size_t mark;   /* what of the row is in the block starts here */
	uint64_t base; /* stream offset of p[0] */
	/* the row */
	struct buffer held; /* what came of it in earlier blocks, at most limit bytes */
	size_t held_len;    /* its whole length there */
	struct buffer undone;
	struct csv_piece *pieces;
	struct csv_field *fields;
	size_t count, cap;
	size_t field;        /* where the current field starts in the row */
	size_t field_undone; /* where its copy starts in undone */
	bool copied;         /* the current field has doubled quotes */
	const char *bad;
	uint64_t line, row_line;
	size_t bom; /* bytes of the mark seen */
	bool after_return;
};

static const char csv_mark[3] = {'\xEF', '\xBB', '\xBF'};

struct csv_reader *csv_reader_new(size_t limit)
{
	struct csv_reader *r = memory_zero(1, sizeof(*r));

	r->limit = limit;
	r->line = 1;
	return r;
}

void csv_reader_free(struct csv_reader *r)
{
	if (!r)
		return;
	buffer_done(&r->held);
	buffer_done(&r->undone);
	free(r->pieces);
	free(r->fields);
	free(r);
}

void csv_reader_feed(struct csv_reader *r, const char *p, size_t n, bool last)
{
	assert(r->at == r->n && !r->last);
	r->base += r->n;
	r->p = p;
	r->n = n;
	r->at = 0;
	r->mark = 0;
	r->last = last;
}

/* Length of the row up to the next byte to be read. */
static size_t csv_row_len(const struct csv_reader *r)
{
	return r->held_len + (r->at - r->mark);
}

/* Moves what the block holds of the row into `held`, before the block goes. */
static void csv_hold(struct csv_reader *r)
{
	size_t n = r->at - r->mark;
	size_t room = r->limit > r->held.len ? r->limit - r->held.len : 0;

	if (n > 0)
		buffer_add(&r->held, r->p + r->mark, n < room ? n : room);
	r->held_len += n;
	r->mark = r->at;
}

/* The bytes [start, start + n) of the row; they may begin in held and end in the block. */
static void csv_undo(struct csv_reader *r, size_t start, size_t n)
{
	if (start < r->held.len) {
		size_t part = r->held.len - start < n ? r->held.len - start : n;

		buffer_add(&r->undone, r->held.data + start, part);
		start += part;
		n -= part;
	}
	if (n > 0)
		buffer_add(&r->undone, r->p + r->mark + (start - r->held_len), n);
}

static void csv_spoil(struct csv_reader *r, const char *why)
{
	if (!r->bad)
		r->bad = why;
}

static void csv_field_begin(struct csv_reader *r, size_t start)
{
	r->field = start;
	r->field_undone = r->undone.len;
	r->copied = false;
}

static void csv_field_end(struct csv_reader *r, size_t end, bool quoted)
{
	struct csv_piece *piece;

	if (r->bad)
		return;
	if (r->count == CSV_FIELDS_MAX) {
		csv_spoil(r, "too many fields");
		return;
	}
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 32;
		r->pieces = memory_grow(r->pieces, r->cap * sizeof(*r->pieces));
		r->fields = memory_grow(r->fields, r->cap * sizeof(*r->fields));
	}
	piece = &r->pieces[r->count++];
	piece->quoted = quoted;
	piece->undone = r->copied;
	if (r->copied) {
		csv_undo(r, r->field, end - r->field);
		piece->start = r->field_undone;
		piece->len = r->undone.len - r->field_undone;
	} else {
		piece->start = r->field;
		piece->len = end - r->field;
	}
}

/* True when the row so far is longer than may be held: from then on it is only skipped. */
static bool csv_over(struct csv_reader *r)
{
	if (csv_row_len(r) <= r->limit)
		return false;
	csv_spoil(r, "longer than a row may be");
	return true;
}

static void csv_row_begin(struct csv_reader *r)
{
	r->mark = r->at;
	buffer_clear(&r->held);
	r->held_len = 0;
	buffer_clear(&r->undone);
	r->count = 0;
	r->bad = NULL;
	r->row_line = r->line;
}

/* Gives the row whose last byte is before `len`; the reader stands after its line end. */
static void csv_row_give(struct csv_reader *r, size_t len, struct csv_row *row)
{
	const char *raw;

	if (r->held_len > 0) {
		csv_hold(r);
		raw = buffer_text(&r->held);
	} else {
		raw = r->p ? r->p + r->mark : "";
	}
	for (size_t i = 0; i < r->count; i++) {
		const struct csv_piece *piece = &r->pieces[i];

		r->fields[i] = (struct csv_field){
			.text = (piece->undone ? buffer_text(&r->undone) : raw) + piece->start,
			.len = piece->len,
			.quoted = piece->quoted,
		};
	}
	*row = (struct csv_row){
		.fields = r->bad ? NULL : r->fields,
		.count = r->bad ? 0 : r->count,
		.line = r->row_line,
		.lines = r->line - r->row_line,
		.end = r->base + r->at,
		.raw = raw,
		.raw_len = len < r->limit ? len : r->limit,
		.bad = r->bad,
	};
	r->state = CSV_ROW;
}

/* The mark counts only when it is whole: a part of it is text of the first field. */
static void csv_start(struct csv_reader *r)
{
	while (r->at < r->n && r->bom < sizeof(csv_mark) && r->p[r->at] == csv_mark[r->bom]) {
		r->bom++;
		r->at++;
	}
	if (r->bom < sizeof(csv_mark) && r->at == r->n && !r->last)
		return;
	csv_row_begin(r);
	if (r->bom == 0 || r->bom == sizeof(csv_mark)) {
		r->state = CSV_ROW;
		return;
	}
	buffer_add(&r->held, csv_mark, r->bom < r->limit ? r->bom : r->limit);
	r->held_len = r->bom;
	csv_field_begin(r, 0);
	r->state = CSV_PLAIN;
}

/* Skips empty lines. */
static void csv_row_start(struct csv_reader *r)
{
	while (r->at < r->n && (r->p[r->at] == '\n' || r->p[r->at] == '\r')) {
		bool second = r->after_return && r->p[r->at] == '\n';

		r->after_return = r->p[r->at] == '\r';
		r->line += !second;
		r->at++;
	}
	csv_row_begin(r);
	if (r->at == r->n)
		return;
	r->after_return = false;
	r->state = CSV_FIELD;
}

/* Runs to the end of an unquoted field, or of what follows a closing quote. */
static void csv_plain(struct csv_reader *r)
{
	const char *p = r->p;
	size_t at = r->at, n = r->n;

	while (at < n && p[at] != ',' && p[at] != '\n' && p[at] != '\r')
		at++;
	r->at = at;
}

static void csv_quoted(struct csv_reader *r)
{
	const char *p = r->p + r->at;
	const char *quote = memchr(p, '"', r->n - r->at);
	const char *end = quote ? quote : r->p + r->n;

	for (const char *c = p; c < end; c++) {
		if (*c == '\r' || (*c == '\n' && !r->after_return))
			r->line++;
		r->after_return = *c == '\r';
	}
	r->at = (size_t)(end - r->p);
	if (quote) {
		r->after_return = false;
		r->at++;
		r->state = CSV_QUOTE;
	}
}

/* After a quote in a quoted field: another one makes it a quote of the text. */
static void csv_quote(struct csv_reader *r)
{
	char c = r->p[r->at];

	if (c == '"') {
		if (!r->bad) {
			csv_undo(r, r->field, csv_row_len(r) - r->field);
			r->copied = true;
		}
		r->at++;
		r->field = csv_row_len(r);
		r->state = CSV_QUOTED;
		return;
	}
	if (c == ',' || c == '\n' || c == '\r') {
		csv_field_end(r, csv_row_len(r) - 1, true);
		r->state = CSV_JUNK; /* of which there is none: the separator follows */
		return;
	}
	csv_spoil(r, "text after a closing quote");
	r->state = CSV_JUNK;
}

/* At a separator or line end after a field; true: the row is whole, of *len bytes. */
static bool csv_separator(struct csv_reader *r, size_t *len)
{
	char c = r->p[r->at];

	if (r->state == CSV_PLAIN)
		csv_field_end(r, csv_row_len(r), false);
	*len = csv_row_len(r);
	if (c == ',') {
		r->at++;
		r->state = CSV_FIELD;
		return false;
	}
	csv_over(r);
	r->at++;
	r->line++;
	r->state = CSV_RETURN;
	if (c == '\n')
		return true;
	r->after_return = true;
	return false;
}

/* The stream ended inside a row. */
static bool csv_finish(struct csv_reader *r, struct csv_row *row)
{
	size_t len = csv_row_len(r);

	switch (r->state) {
	case CSV_START:
	case CSV_ROW:
		return false;
	case CSV_RETURN:
		csv_row_give(r, len - 1, row);
		return true;
	case CSV_FIELD:
		csv_field_begin(r, len);
		csv_field_end(r, len, false);
		break;
	case CSV_PLAIN:
		csv_field_end(r, len, false);
		break;
	case CSV_QUOTED:
		r->bad = CSV_UNCLOSED;
		break;
	case CSV_QUOTE:
		csv_field_end(r, len - 1, true);
		break;
	case CSV_JUNK:
		break;
	}
	csv_over(r);
	r->line++;
	csv_row_give(r, len, row);
	return true;
}

/* One step of the machine on a block that is not at its end; true: the row is whole. */
static bool csv_step(struct csv_reader *r, struct csv_row *row)
{
	size_t len;

	switch (r->state) {
	case CSV_START:
		csv_start(r);
		return false;
	case CSV_ROW:
		csv_row_start(r);
		return false;
	case CSV_FIELD:
		csv_field_begin(r, csv_row_len(r));
		r->state = CSV_PLAIN;
		if (r->p[r->at] == '"') {
			r->at++;
			r->field++;
			r->state = CSV_QUOTED;
		}
		return false;
	case CSV_QUOTED:
		csv_quoted(r);
		csv_over(r);
		return false;
	case CSV_QUOTE:
		csv_quote(r);
		return false;
	case CSV_PLAIN:
	case CSV_JUNK:
		csv_plain(r);
		csv_over(r);
		if (r->at == r->n || !csv_separator(r, &len))
			return false;
		csv_row_give(r, len, row);
		return true;
	case CSV_RETURN:
		len = csv_row_len(r) - 1;
		if (r->p[r->at] == '\n') {
			r->at++;
			r->after_return = false;
		}
		csv_row_give(r, len, row);
		return true;
	}
	return false;
}

bool csv_reader_row(struct csv_reader *r, struct csv_row *row)
{
	/* The row given last borrowed from the block; its bytes are not needed again. */
	if (r->state == CSV_ROW)
		csv_row_begin(r);
	while (r->at < r->n) {
		if (csv_step(r, row))
			return true;
	}
	if (r->state == CSV_START && r->last)
		csv_start(r);
	if (r->last)
		return csv_finish(r, row);
	if (r->state != CSV_START && r->state != CSV_ROW)
		csv_hold(r);
	return false;
}

static bool csv_guarded(const char *text, size_t n)
{
	char c = text[0];

	/* U+FF01 to U+FF60: the same in full width, which spreadsheets take for the same. */
	if (n >= 3 && memcmp(text, "\xef\xbc", 2) == 0)
		c = (char)((unsigned char)text[2] - 0x60);
	return c == '=' || c == '+' || c == '-' || c == '@' || (unsigned char)c < 0x20 || c == 0x7f;
}

void csv_field_add(struct buffer *out, const char *text, size_t n, bool guard)
{
	bool guarded = guard && text && n > 0 && csv_guarded(text, n);
	bool quoted = text && n == 0;

	if (!text)
		return;
	for (size_t i = 0; i < n && !quoted; i++)
		quoted = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
	if (!quoted) {
		if (guarded)
			buffer_char(out, '\'');
		buffer_add(out, text, n);
		return;
	}
	buffer_char(out, '"');
	if (guarded)
		buffer_char(out, '\'');
	while (n > 0) {
		const char *quote = memchr(text, '"', n);
		size_t part = quote ? (size_t)(quote - text) + 1 : n;

		buffer_add(out, text, part);
		if (quote)
			buffer_char(out, '"');
		text += part;
		n -= part;
	}
	buffer_char(out, '"');
}
