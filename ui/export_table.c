#include "config.h"

#include "ui/export_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "ui/kit/grid.h"

struct export_cell {
	enum grid_kind kind;
	bool ours;
	const char *text;
	uint32_t len;
};

static void export_table_columns(struct export_table *t, const struct grid *g, int *columns)
{
	for (int c = 0; c < g->columns; c++) {
		struct grid_column about = {0};
		g->ops->column(g->ctx, c, &about);
		if (!about.name)
			continue;
		if (c == g->sort - 1)
			t->order = arena_text(&t->arena, about.name);
		t->names[t->columns] = arena_text(&t->arena, about.name);
		columns[t->columns++] = c;
	}
}

bool export_table_take(struct export_table *t, const struct grid *g)
{
	int columns[GRID_COLUMNS];
	*t = (struct export_table){0};
	arena_init(&t->arena);
	t->names = arena_zero(&t->arena, GRID_COLUMNS, sizeof(*t->names));
	export_table_columns(t, g, columns);
	if (!t->columns)
		return false;
	t->rows = g->count;
	t->partial = g->total > g->rows || (g->total && g->total_least);
	t->total = t->partial ? g->total : g->rows;
	t->total_least = t->partial && g->total_least;
	t->filter = arena_text(&t->arena, g->filter);
	t->reverse = g->reverse;
	struct export_cell *cell = arena_zero(&t->arena, (size_t)t->rows * (size_t)t->columns + 1, sizeof(*cell));
	t->cells = cell;
	for (int place = 0; place < t->rows; place++)
		for (int c = 0; c < t->columns; c++, cell++) {
			struct grid_datum d;
			grid_datum(g, grid_row_at(g, place), columns[c], &d);
			*cell = (struct export_cell){.kind = d.kind, .ours = d.ours};
			if (d.kind == GRID_NOTHING)
				continue;
			cell->text = arena_copy(&t->arena, d.text ? d.text : "", d.text ? d.len : 0);
			cell->len = d.text ? (uint32_t)d.len : 0;
		}
	return true;
}

void export_table_done(struct export_table *t)
{
	arena_done(&t->arena);
	*t = (struct export_table){0};
}

void export_table_csv(const struct export_table *t, FILE *out, const struct answer_form *form, _Atomic int64_t *done)
{
	struct answer_csv csv;
	const struct export_cell *cell = t->cells;
	answer_csv_begin(&csv, out, form, NULL);
	for (int c = 0; c < t->columns; c++)
		answer_csv_word(&csv, t->names[c]);
	answer_csv_head(&csv);
	for (int r = 0; r < t->rows && !ferror(out); r++, ++*done) {
		for (int c = 0; c < t->columns; c++, cell++)
			answer_csv_bytes(&csv, cell->text, cell->len, cell->kind == GRID_TEXT && !cell->ours);
		answer_csv_row(&csv);
	}
	answer_csv_done(&csv);
}

/* Whole numbers are numbers; what has a point is a decimal of the bank, and stays exact as a string. */
static json_t *export_table_value(const struct export_cell *cell)
{
	char *end;
	if (cell->kind == GRID_NOTHING)
		return json_null();
	if (cell->kind == GRID_NUMBER) {
		errno = 0;
		long long n = strtoll(cell->text, &end, 10);
		if (end == cell->text + cell->len && cell->len && errno == 0)
			return answer_json_integer(n);
	}
	return answer_json_text(cell->text, cell->len, ANSWER_JSON_READABLE);
}

void export_table_json(const struct export_table *t, struct answer_json *j, _Atomic int64_t *done)
{
	const struct export_cell *cell = t->cells;
	answer_json_member(j, "total", json_integer(t->total));
	answer_json_member(j, "total_exact", json_boolean(!t->total_least));
	answer_json_member(j, "truncated", json_boolean(t->partial));
	answer_json_member(j, "filter", answer_json_string(t->filter));
	answer_json_member(j, "order", answer_json_string(t->order));
	answer_json_member(j, "reversed", json_boolean(t->reverse));
	answer_json_array(j, "rows");
	for (int r = 0; r < t->rows && !ferror(j->out); r++, ++*done) {
		json_t *row = json_object();
		for (int c = 0; c < t->columns; c++, cell++)
			json_object_set_new(row, t->names[c], export_table_value(cell));
		answer_json_item(j, row);
	}
	answer_json_array_end(j);
}
