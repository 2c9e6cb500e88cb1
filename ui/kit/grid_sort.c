/* grid_sort: rows in the order of one of their columns.
 *
 * Numbers first, by their size; then texts of digits alone, as the numbers they read as, however
 * long; then other texts, folded; at the end, whatever the direction, what holds nothing. Equal
 * ones stay as the owner has them. What is compared is taken from the cells once, before.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "ui/kit/grid_internal.h"

enum grid_class { CLASS_NUMBER, CLASS_DIGITS, CLASS_TEXT, CLASS_NOTHING };

struct grid_entry {
	enum grid_class class;
	int row;
	double rank;      /* of a number; of digits, how many */
	const char *text; /* folded */
};

static enum grid_class grid_entry_text(struct grid_entry *e, const struct grid_datum *d, struct buffer *b,
				       struct arena *a)
{
	buffer_clear(b);
	text_fold(b, d->text, d->len);
	const char *text = buffer_text(b);
	bool digits = b->len && strspn(text, "0123456789") == b->len;
	while (digits && text[0] == '0' && text[1])
		text++;
	e->text = arena_text(a, text);
	e->rank = digits ? (double)strlen(text) : 0;
	return digits ? CLASS_DIGITS : CLASS_TEXT;
}

static void grid_entry(const struct grid *g, struct grid_entry *e, struct buffer *b, struct arena *a)
{
	struct grid_datum d;
	grid_datum(g, e->row, g->sort - 1, &d);
	if (d.kind == GRID_NUMBER)
		e->rank = d.rank;
	e->class = d.kind == GRID_NOTHING  ? CLASS_NOTHING
		   : d.kind == GRID_NUMBER ? CLASS_NUMBER
					   : grid_entry_text(e, &d, b, a);
}

static int grid_compare(const struct grid_entry *a, const struct grid_entry *b)
{
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->text && b->text ? strcmp(a->text, b->text) : 0;
}

static int grid_rising(const void *left, const void *right)
{
	const struct grid_entry *a = left, *b = right;
	int c = grid_compare(a, b);
	return c ? c : (a->row > b->row) - (a->row < b->row);
}

static int grid_falling(const void *left, const void *right)
{
	const struct grid_entry *a = left, *b = right;
	bool nothing = a->class == CLASS_NOTHING || b->class == CLASS_NOTHING;
	int c = nothing ? grid_compare(a, b) : grid_compare(b, a);
	return c ? c : (a->row > b->row) - (a->row < b->row);
}

void grid_order(struct grid *g)
{
	struct arena arena;
	struct buffer b = {0};
	arena_init(&arena);
	struct grid_entry *all = arena_zero(&arena, (size_t)g->count + 1, sizeof(*all));
	for (int i = 0; i < g->count; i++) {
		all[i].row = g->order[i];
		grid_entry(g, &all[i], &b, &arena);
	}
	qsort(all, (size_t)g->count, sizeof(*all), g->reverse ? grid_falling : grid_rising);
	for (int i = 0; i < g->count; i++)
		g->order[i] = all[i].row;
	buffer_done(&b);
	arena_done(&arena);
}

void grid_order_next(struct grid *g)
{
	int c = g->sort; /* from 1: the next one from 0 */
	for (; c < g->columns; c++) {
		struct grid_column about = {0};
		g->ops->column(g->ctx, c, &about);
		if (about.name)
			break;
	}
	grid_sort(g, c < g->columns ? c : -1, false);
}
