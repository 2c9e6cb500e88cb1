/* Any bytes are rows, the same rows in whatever blocks they come; and rows written are rows read. */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/csv.h"

enum { LIMIT = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Kept in builds without assertions too. */
static void must(bool condition)
{
	if (!condition)
		abort();
}

static void number_add(struct buffer *out, uint64_t n)
{
	buffer_add(out, &n, sizeof(n));
}

static void row_check(const struct csv_row *row, uint64_t *line, uint64_t *end)
{
	must(row->line >= *line && row->lines >= 1 && row->end > *end && row->raw_len <= LIMIT);
	must(row->bad ? row->count == 0 : row->count >= 1);
	for (size_t i = 0; i < row->count; i++)
		must(row->fields[i].text && row->fields[i].len <= row->raw_len);
	*line = row->line + row->lines;
	*end = row->end;
}

/* All that can be known of the rows of a stream, as bytes. */
static void rows_add(struct buffer *out, const char *p, size_t n, size_t step, struct buffer *written)
{
	struct csv_reader *r = csv_reader_new(LIMIT);
	uint64_t line = 1, end = 0;
	struct csv_row row;
	size_t at = 0;

	do {
		size_t part = n - at < step ? n - at : step;
		char *block = malloc(part + 1);

		memcpy(block, p + at, part);
		at += part;
		csv_reader_feed(r, block, part, at == n);
		while (csv_reader_row(r, &row)) {
			row_check(&row, &line, &end);
			number_add(out, row.line);
			number_add(out, row.lines);
			number_add(out, row.end);
			buffer_add(out, row.raw, row.raw_len);
			buffer_text_add(out, row.bad ? row.bad : "good");
			for (size_t i = 0; i < row.count; i++) {
				const struct csv_field *f = &row.fields[i];

				number_add(out, f->len);
				buffer_char(out, f->quoted ? '"' : ' ');
				buffer_add(out, f->text, f->len);
				if (written && i > 0)
					buffer_char(written, ',');
				if (written)
					csv_field_add(written, f->quoted || f->len > 0 ? f->text : NULL, f->len, false);
			}
			if (written && row.count > 0)
				buffer_char(written, '\n');
		}
		free(block);
	} while (at < n);
	must(end <= n);
	csv_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = {1, 2, 3, 7, 64};
	struct buffer whole = {0}, written = {0}, again = {0};
	const char *text = (const char *)data;

	rows_add(&whole, text, size, size + 1, &written);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct buffer parts = {0};

		rows_add(&parts, text, size, steps[i], NULL);
		must(parts.len == whole.len && (whole.len == 0 || memcmp(parts.data, whole.data, whole.len) == 0));
		buffer_done(&parts);
	}
	/* Writing what was written is the same again: nothing is lost on the way but the marks of its quoting. */
	if (written.len > 0) {
		struct buffer unused = {0};

		rows_add(&unused, written.data, written.len, written.len + 1, &again);
		if (again.len > 0 && written.len < LIMIT && memcmp(written.data, "\xEF", 1) != 0)
			must(again.len == written.len && memcmp(again.data, written.data, written.len) == 0);
		buffer_done(&unused);
	}
	buffer_done(&whole);
	buffer_done(&written);
	buffer_done(&again);
	return 0;
}
