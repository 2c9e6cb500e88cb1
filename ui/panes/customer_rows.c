/* The table of a detail tab. Beside the rows of the answer it holds, until the next key, the
 * selected one that was deleted while it was looked at; and of another moment it says what differs today. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/panes/datum.h"
#include "ui/panes/customer.h"
#include "ui/panes/show.h"
#include "ui/session.h"

/* ---- the rows ---- */

/* The last version of a row that has ended. */
static const struct version *rows_last(const struct customer *c, int entity, const char *key)
{
	for (int i = 0; i < c->card.history.count; i++) {
		const struct version *v = &c->card.history.versions[i];
		if (v->entity == entity && strcmp(v->key, key) == 0)
			return v->is_current ? NULL : v;
	}
	return NULL;
}

static void rows_add(struct customer *c, int entity, const struct row *r)
{
	struct customer_row *row = &c->rows[c->row_count++];
	*row = (struct customer_row){.key = r->key, .values = r->values};
	if (customer_is_fresh(c, entity, r->key, -1))
		row->state = ROW_ADDED;
}

/* What became of each row until today. */
static void rows_compare(struct customer *c, const struct entity_rows *today)
{
	for (int i = 0; i < c->row_count; i++) {
		int at = card_today_row(today, c->rows[i].key);
		c->rows[i].today = at >= 0 ? today->rows[at].values : NULL;
		c->rows[i].state = at >= 0 ? ROW_THERE : ROW_GONE;
	}
}

static bool rows_hold(const struct entity_rows *rows, const char *key)
{
	for (int r = 0; r < rows->count; r++)
		if (strcmp(rows->rows[r].key, key) == 0)
			return true;
	return false;
}

/* The selected row has gone: it stays in its place, as it was, until the reader has seen that. */
static void rows_ghost(struct customer *c, const struct entity_rows *from, int place)
{
	const struct version *last = rows_last(c, from->entity, c->ghost);
	if (!last)
		return;
	if (place > c->row_count)
		place = c->row_count;
	memmove(&c->rows[place + 1], &c->rows[place], (size_t)(c->row_count - place) * sizeof(*c->rows));
	c->rows[place] = (struct customer_row){.key = c->ghost, .values = last->values, .state = ROW_DELETED};
	c->row_count++;
}

static void rows_make(struct customer *c, bool again)
{
	const struct entity_rows *from = customer_entity(c);
	int place = c->grid.selected;
	c->row_count = c->later_count = 0;
	if (!from)
		return;
	c->rows = arena_zero(&c->arena, (size_t)from->count + 1, sizeof(*c->rows));
	for (int r = 0; r < from->count; r++)
		rows_add(c, from->entity, &from->rows[r]);
	if (customer_then(c)) {
		rows_compare(c, card_today(&c->card, c->tab - 1));
		c->later_count = card_later(&c->card, c->tab - 1, &c->arena, &c->later);
		return;
	}
	if (again && c->live && !c->ghost && c->grid.key && c->grid.key[0] && !rows_hold(from, c->grid.key))
		c->ghost = memory_text(c->grid.key);
	if (c->ghost && rows_hold(from, c->ghost)) { /* it came back */
		free(c->ghost);
		c->ghost = NULL;
	}
	if (c->ghost)
		rows_ghost(c, from, place);
}

/* ---- the table ---- */

static const char *rows_key(void *ctx, int row)
{
	const struct customer *c = ctx;
	return c->card.answer.candidate_count ? c->card.answer.candidates[row] : c->rows[row].key;
}

static const struct column *rows_column_of(const struct customer *c, int column)
{
	const struct entity_rows *from = customer_entity(c);
	return from && !c->card.answer.candidate_count
		       ? &customer_model(c)->entities[from->entity].columns[c->columns[column]]
		       : NULL;
}

static void rows_column(void *ctx, int column, struct grid_column *out)
{
	const struct column *about = rows_column_of(ctx, column);
	out->title = about ? show_title(about) : _("CIF");
	out->name = about ? about->name : "cif";
	out->pii = about ? about->pii : datum_cif_pii(customer_model(ctx));
	out->right = about && (about->type == COLUMN_DECIMAL || (about->type == COLUMN_INTEGER && !about->identifier));
}

/* What is said of a cell: '#' today it is another, '!' it changed just now; 0: nothing. */
static char rows_sign(const struct customer *c, const struct customer_row *row, int column)
{
	int i = c->columns[column];
	if (row->today)
		return value_equal(row->today[i], row->values[i]) ? 0 : record_sign(RECORD_DIFFERS);
	if (row->state == ROW_THERE && customer_is_fresh(c, customer_entity(c)->entity, row->key, i))
		return record_sign(RECORD_FRESH);
	return 0;
}

/* aloud: without the signs. */
static const char *rows_state(const struct customer_row *row, bool aloud)
{
	switch (row->state) {
	case ROW_GONE:
		return aloud ? _(" (gone since)") : _(" # gone since");
	case ROW_ADDED:
		return aloud ? _(" (added just now)") : _(" ! added just now");
	case ROW_DELETED:
		return aloud ? _(" (deleted)") : _(" ! deleted");
	case ROW_THERE:
		break;
	}
	return "";
}

static void rows_words(struct customer *c, const struct customer_row *row, const struct column *about, int i)
{
	struct buffer today = {0};
	if (!row->today) {
		buffer_text_add(&c->cell, _(" (changed just now)"));
		return;
	}
	show_value(&today, about, row->today[i], c->base.session->zone);
	buffer_format(&c->cell, _(" (today: %s)"), buffer_text(&today));
	buffer_done(&today);
}

static void rows_value(struct customer *c, const struct customer_row *row, int column, struct grid_cell *out)
{
	const struct column *about = rows_column_of(c, column);
	int i = c->columns[column];
	char sign = rows_sign(c, row, column);
	bool right = about->type == COLUMN_DECIMAL || (about->type == COLUMN_INTEGER && !about->identifier);
	bool words = c->base.session->accessible;
	if (sign && right && !words) /* before a number, so that its digits stay under the others */
		buffer_format(&c->cell, "%c ", sign);
	out->role = show_value(&c->cell, about, row->values[i], c->base.session->zone);
	if (sign && words)
		rows_words(c, row, about, i);
	else if (sign && !right)
		buffer_format(&c->cell, " %c", sign);
	if (sign)
		out->role = ROLE_CHANGED;
	if (column == 0 && row->state != ROW_THERE)
		buffer_text_add(&c->cell, rows_state(row, words));
	if (row->state == ROW_DELETED)
		out->role = ROLE_WARN;
	else if (row->state != ROW_THERE && column == 0)
		out->role = ROLE_CHANGED;
}

static void rows_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct customer *c = ctx;
	buffer_clear(&c->cell);
	out->role = ROLE_TEXT;
	if (c->card.answer.candidate_count)
		buffer_text_add(&c->cell, rows_key(c, row));
	else
		rows_value(c, &c->rows[row], column, out);
	out->text = buffer_text(&c->cell);
	out->len = c->cell.len;
}

static void rows_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct customer *c = ctx;
	const struct column *about = rows_column_of(c, column);
	buffer_clear(&c->cell);
	if (about) {
		datum_value(out, &c->cell, about, c->rows[row].values[c->columns[column]]);
		return;
	}
	*out = (struct grid_datum){.kind = GRID_TEXT, .text = rows_key(c, row)};
	out->len = strlen(out->text);
}

static const struct grid_ops rows_ops = {
	.key = rows_key, .column = rows_column, .cell = rows_cell, .datum = rows_datum};

/* The key first, then what the bank has; the CIF is known already. */
static int rows_columns(struct customer *c)
{
	const struct entity_rows *from = customer_entity(c);
	int count = 0;
	if (c->card.answer.candidate_count || !from)
		return c->card.answer.candidate_count ? 1 : 0;
	const struct entity *e = &customer_model(c)->entities[from->entity];
	for (int k = 0; k < e->key_count; k++)
		if (!e->columns[e->key[k]].hidden && count < GRID_COLUMNS)
			c->columns[count++] = e->key[k];
	for (int i = 0; i < e->column_count && count < GRID_COLUMNS; i++)
		if (!e->columns[i].hidden && e->columns[i].key < 0 && i != e->cif &&
		    query_column_present(c->base.session->query, from->entity, i))
			c->columns[count++] = i;
	return count;
}

void customer_rows_sync(struct customer *c, bool again)
{
	rows_make(c, again);
	int columns = rows_columns(c);
	if (!again) {
		grid_done(&c->grid);
		grid_init(&c->grid, &rows_ops, c, columns);
		c->grid.key = c->wanted;
		c->wanted = NULL;
	}
	c->grid.focus = true;
	c->grid.columns = columns;
	grid_sync(&c->grid, c->card.answer.candidate_count ? c->card.answer.candidate_count : c->row_count);
}

const struct customer_row *customer_row(const struct customer *c)
{
	int row = grid_row(&c->grid);
	return !c->card.answer.candidate_count && row >= 0 && row < c->row_count ? &c->rows[row] : NULL;
}

void customer_later(struct buffer *out, const char *const *keys, int count)
{
	struct buffer text = {0};
	for (int i = 0; i < count; i++)
		buffer_format(&text, "%s%s", i ? ", " : "", keys[i]);
	if (count)
		buffer_format(out, P_("%d more since then: %s", "%d more since then: %s", count), count,
			      buffer_text(&text));
	buffer_done(&text);
}
