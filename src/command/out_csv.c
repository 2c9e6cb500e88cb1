#include "config.h"

#include "command/out_csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/moment.h"
#include "model/model.h"

void out_csv_begin(struct out_csv *c, FILE *out, bool guard, const char *names)
{
	*c = (struct out_csv){.out = out, .guard = guard};
	if (names)
		fprintf(out, "%s\r\n", names);
}

static void out_csv_cell(struct out_csv *c, const char *s, size_t n, bool guard)
{
	if (c->begun)
		buffer_char(&c->line, ',');
	c->begun = true;
	csv_field_add(&c->line, s, n, guard);
}

void out_csv_text(struct out_csv *c, const char *s)
{
	out_csv_cell(c, s, s ? strlen(s) : 0, c->guard);
}

void out_csv_word(struct out_csv *c, const char *s)
{
	out_csv_cell(c, s, s ? strlen(s) : 0, false);
}

void out_csv_number(struct out_csv *c, int64_t i)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, i);
	out_csv_word(c, text);
}

void out_csv_time(struct out_csv *c, int64_t at)
{
	char text[MOMENT_SIZE];
	out_csv_word(c, at == TIME_NONE || at >= TIME_OPEN ? NULL : moment_utc(at, text));
}

void out_csv_value(struct out_csv *c, const struct column *column, struct value v)
{
	if (v.kind == VALUE_NULL || v.kind == VALUE_UNKNOWN) {
		out_csv_cell(c, NULL, 0, false);
		return;
	}
	struct buffer b = {0};
	value_print(&b, column, v);
	/* -5.00 is a number, not a formula: only what is text for the bank is guarded. */
	bool foreign = v.kind == VALUE_TEXT && (column->type == COLUMN_TEXT || value_misfit(column, v));
	out_csv_cell(c, buffer_text(&b), b.len, c->guard && foreign);
	buffer_done(&b);
}

void out_csv_row(struct out_csv *c)
{
	fwrite(buffer_text(&c->line), 1, c->line.len, c->out);
	fputs("\r\n", c->out);
	buffer_clear(&c->line);
	c->begun = false;
}

void out_csv_done(struct out_csv *c)
{
	buffer_done(&c->line);
}
