#include "config.h"

#include "answer/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/moment.h"
#include "model/model.h"

void answer_csv_begin(struct answer_csv *c, FILE *out, const struct answer_form *form, const char *names)
{
	*c = (struct answer_csv){.out = out, .form = *form};
	if (names)
		fprintf(out, "%s%s%s\r\n", names, form->last ? "," : "", form->last ? form->last : "");
}

static void answer_csv_cell(struct answer_csv *c, const char *s, size_t n, bool guard)
{
	if (c->begun)
		buffer_char(&c->line, ',');
	c->begun = true;
	csv_field_add(&c->line, s, n, guard);
}

void answer_csv_text(struct answer_csv *c, const char *s)
{
	answer_csv_cell(c, s, s ? strlen(s) : 0, c->form.guard);
}

void answer_csv_word(struct answer_csv *c, const char *s)
{
	answer_csv_cell(c, s, s ? strlen(s) : 0, false);
}

void answer_csv_bytes(struct answer_csv *c, const char *s, size_t n, bool foreign)
{
	answer_csv_cell(c, s, n, c->form.guard && foreign);
}

void answer_csv_number(struct answer_csv *c, int64_t i)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, i);
	answer_csv_word(c, text);
}

void answer_csv_time(struct answer_csv *c, int64_t at)
{
	char text[MOMENT_SIZE];
	answer_csv_word(c, at == TIME_NONE || at >= TIME_OPEN ? NULL : moment_utc(at, text));
}

void answer_csv_value(struct answer_csv *c, const struct column *column, struct value v)
{
	if (v.kind == VALUE_NULL || v.kind == VALUE_UNKNOWN) {
		answer_csv_cell(c, NULL, 0, false);
		return;
	}
	struct buffer b = {0};
	value_print(&b, column, v);
	/* -5.00 is a number, not a formula: only what is text for the bank is guarded. */
	bool foreign = v.kind == VALUE_TEXT && (column->type == COLUMN_TEXT || value_misfit(column, v));
	answer_csv_cell(c, buffer_text(&b), b.len, c->form.guard && foreign);
	buffer_done(&b);
}

static void answer_csv_end(struct answer_csv *c)
{
	fwrite(buffer_text(&c->line), 1, c->line.len, c->out);
	fputs("\r\n", c->out);
	buffer_clear(&c->line);
	c->begun = false;
}

void answer_csv_head(struct answer_csv *c)
{
	if (c->form.last)
		answer_csv_word(c, c->form.last);
	answer_csv_end(c);
}

void answer_csv_row(struct answer_csv *c)
{
	if (c->form.last)
		answer_csv_word(c, c->form.last_value);
	answer_csv_end(c);
}

void answer_csv_done(struct answer_csv *c)
{
	buffer_done(&c->line);
}
