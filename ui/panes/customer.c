/* customer: who this is and what they hold. A tab for the customer, one for each kind of
 * thing held; the history's tab is a screen of its own with the same head. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "ingest/board.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/panes/datum.h"
#include "ui/panes/customer.h"
#include "ui/panes/events.h"
#include "ui/panes/show.h"
#include "ui/session.h"

#define CUSTOMER_RECENT (30 * DAY) /* what changed in it is marked */

/* ---- what is loaded ---- */

const struct model *customer_model(const struct customer *c)
{
	return c->base.session->model;
}

const struct entity_rows *customer_entity(const struct customer *c)
{
	return c->tab > 0 && c->tab <= c->card.answer.entity_count ? &c->card.answer.entities[c->tab - 1] : NULL;
}

bool customer_is_fresh(const struct customer *c, int entity, const char *key, int column)
{
	for (int i = 0; i < c->fresh_count; i++) {
		const struct version *v = c->fresh[i];
		if (v->entity != entity || strcmp(v->key, key) != 0)
			continue;
		if (column < 0 && !v->previous)
			return true;
		for (int k = 0; k < v->changed_count; k++)
			if (v->changed[k] == column)
				return true;
	}
	return false;
}

static int64_t customer_newest(const struct customer *c)
{
	int64_t seq = 0;
	for (int i = 0; i < c->card.history.count; i++)
		if (c->card.history.versions[i].seq > seq)
			seq = c->card.history.versions[i].seq;
	return seq;
}

/* What came since the reader last pressed a key here. */
static void customer_fresh(struct customer *c, bool again)
{
	c->fresh_count = 0;
	if (!again || customer_then(c)) {
		c->seen = customer_newest(c);
		return;
	}
	c->fresh = arena_zero(&c->arena, (size_t)c->card.history.count + 1, sizeof(*c->fresh));
	for (int i = 0; i < c->card.history.count; i++)
		if (c->card.history.versions[i].seq > c->seen)
			c->fresh[c->fresh_count++] = &c->card.history.versions[i];
}

static void customer_forget(struct customer *c)
{
	free(c->ghost);
	c->ghost = NULL;
}

/* again: the same table was shown before. */
static void customer_show(struct customer *c, bool again)
{
	if (!again)
		customer_forget(c);
	customer_rows_sync(c, again);
	customer_record(c);
}

/* A key was pressed: what was new has been seen; what is gone goes once nothing rests on it. */
static void customer_seen(struct customer *c)
{
	const struct customer_row *row = customer_row(c);
	bool gone = c->ghost && (!row || row->state != ROW_DELETED);
	if (!c->card.loaded || (!gone && !c->fresh_count))
		return;
	if (gone)
		customer_forget(c);
	c->seen = customer_newest(c);
	c->fresh_count = 0;
	customer_show(c, true);
}

static bool customer_load(struct pane *p, struct error *err)
{
	struct customer *c = (struct customer *)p;
	struct session *s = p->session;
	if (!s->customer)
		return error_set(err, ERROR_USAGE, "which customer? Type a CIF");
	if (!card_load(&c->card, s, err))
		return false;
	/* Their rows have gone with the answer. */
	grid_clear(&c->grid);
	grid_clear(&c->fields);
	grid_clear(&c->changes);
	grid_clear(&c->holdings);
	bool same = c->shown && strcmp(c->shown, c->card.answer.cif) == 0;
	bool again = same && c->shown_as_of == s->as_of;
	if (!same) {
		free(c->shown);
		c->shown = memory_text(c->card.answer.cif);
	}
	if (!again)
		customer_forget(c);
	c->shown_as_of = s->as_of;
	arena_reset(&c->arena);
	c->since = age_source_now(&s->age, clock_now()) - CUSTOMER_RECENT;
	if (c->tab >= card_tabs(&c->card) - 1)
		c->tab = 0;
	customer_fresh(c, again);
	customer_lists_sync(c, same);
	c->live = again;
	customer_show(c, same);
	return true;
}

/* ---- the fields of the record, as rows ---- */

static const struct record_field *fields_at(const struct customer *c, int row)
{
	return &c->record.fields[row];
}

static const struct column *fields_about(const struct customer *c, int row)
{
	const struct entity_rows *rows = customer_entity(c);
	int entity = rows ? rows->entity : customer_model(c)->customer;
	return &customer_model(c)->entities[entity].columns[fields_at(c, row)->column];
}

static const char *fields_key(void *ctx, int row)
{
	return fields_about(ctx, row)->name;
}

/* Not to be sorted by, nor exported as a table: it has no names. */
static void fields_column(void *ctx, int column, struct grid_column *out)
{
	const struct customer *c = ctx;
	int row = grid_row(&c->fields);
	out->title = column == 0 ? _("Field") : _("Value");
	out->pii = column == 1 && row >= 0 && row < c->record.count && fields_about(c, row)->pii;
}

static void fields_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	const struct record_field *f = fields_at(ctx, row);
	*out = column == 0 ? (struct grid_cell){.text = f->label, .len = strlen(f->label), .role = ROLE_LABEL}
			   : (struct grid_cell){.text = f->text, .len = f->len, .role = f->role};
}

static void fields_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct customer *c = ctx;
	const struct customer_row *of = customer_entity(c) ? customer_row(c) : NULL;
	const struct value *values = of ? of->values : c->card.answer.customer->values;
	if (column == 0) {
		const char *name = fields_about(c, row)->name;
		*out = (struct grid_datum){.kind = GRID_TEXT, .text = name, .len = strlen(name), .ours = true};
		return;
	}
	buffer_clear(&c->cell);
	datum_value(out, &c->cell, fields_about(c, row), values[fields_at(c, row)->column]);
}

static const struct grid_ops fields_ops = {
	.key = fields_key, .column = fields_column, .cell = fields_cell, .datum = fields_datum};

/* ---- going about ---- */

static void customer_first_field(struct customer *c)
{
	grid_done(&c->fields);
	c->fields.selected = c->fields.top = 0;
	c->view.top = 0;
}

static void customer_tab(struct customer *c, int tab)
{
	if (tab == card_tabs(&c->card) - 1) {
		session_go(c->base.session, "HIST", NULL);
		return;
	}
	c->tab = tab;
	c->list = c->moved = false;
	c->part = PART_MAIN;
	customer_first_field(c);
	customer_show(c, false);
}

/* The list that has the focus; NULL: none has. */
static struct grid *customer_focus(struct customer *c)
{
	if (!c->grid.ops || !c->card.loaded)
		return NULL;
	if (c->card.answer.candidate_count || (c->tab > 0 && !c->list))
		return &c->grid;
	if (c->part == PART_CHANGES)
		return &c->changes;
	return c->part == PART_HOLDINGS ? &c->holdings : &c->fields;
}

/* Tab: the next part that stands on the screen, then the next tab. */
static void customer_next_part(struct customer *c, int step)
{
	int tabs = card_tabs(&c->card), part = (int)c->part + step;
	while (!c->list && c->tab == 0 && part >= 0 && part < PARTS && !c->there[part])
		part += step;
	if (c->list || c->tab > 0 || part < 0 || part >= PARTS)
		customer_tab(c, (c->tab + tabs + step) % tabs);
	else
		c->part = (enum customer_part)part;
}

/* n N: the next row of a detail shown as a record. */
static enum reaction customer_step(struct customer *c, int step)
{
	if (!customer_entity(c) || !c->list)
		return REACT_IGNORED;
	grid_select(&c->grid, c->grid.selected + step);
	customer_record(c);
	return REACT_DONE;
}

static enum reaction customer_list(struct customer *c)
{
	if (c->card.answer.customer && (c->tab == 0 || c->grid.count)) {
		c->list = !c->list;
		c->part = PART_MAIN;
		c->view.top = 0;
		if (c->tab > 0)
			customer_first_field(c);
		customer_record(c);
	}
	return REACT_DONE;
}

static enum reaction customer_open_change(struct customer *c)
{
	int row = grid_row(&c->changes);
	if (row < 0)
		return REACT_DONE;
	buffer_clear(&c->cell);
	event_key(&c->cell, c->change[row].event);
	session_go(c->base.session, "HIST", buffer_text(&c->cell));
	return REACT_DONE;
}

static enum reaction customer_open_holding(struct customer *c)
{
	int row = grid_row(&c->holdings);
	if (row < 0)
		return REACT_DONE;
	const struct customer_holding *h = &c->holding[row];
	free(c->wanted);
	c->wanted = h->row < 0 ? NULL : memory_text(c->card.answer.entities[h->index].rows[h->row].key);
	customer_tab(c, h->index + 1);
	return REACT_DONE;
}

static enum reaction customer_open(struct customer *c)
{
	if (c->card.answer.candidate_count) {
		int row = grid_row(&c->grid); /* a filter may have left none */
		if (row >= 0)
			session_go(c->base.session, "CIF", c->card.answer.candidates[row]);
		return REACT_DONE;
	}
	if (c->tab == 0 && c->part == PART_CHANGES)
		return customer_open_change(c);
	if (c->tab == 0 && c->part == PART_HOLDINGS)
		return customer_open_holding(c);
	return customer_list(c);
}

static enum reaction customer_back(struct customer *c)
{
	if (!c->list && c->part == PART_MAIN)
		return REACT_IGNORED;
	c->list = false;
	c->part = PART_MAIN;
	c->view.top = 0;
	return REACT_DONE;
}

/* Through a value that takes more lines than are seen, line by line and page by page. */
static bool customer_scroll(struct customer *c, enum action a)
{
	int page = c->view.height > 2 ? c->view.height - 1 : 2;
	int lines = a == ACTION_DOWN	    ? 1
		    : a == ACTION_UP	    ? -1
		    : a == ACTION_PAGE_DOWN ? page
		    : a == ACTION_PAGE_UP   ? -page
					    : 0;
	int field = lines ? record_move(&c->record, &c->view, lines) : -1;
	if (field < 0)
		return false;
	grid_select(&c->fields, field);
	c->moved = true;
	return true;
}

/* The first movement in the customer's fields only shows where it begins. */
static enum reaction customer_move(struct customer *c, enum action a)
{
	struct grid *g = customer_focus(c);
	bool fields = g == &c->fields, shown = c->moved || c->list || c->base.session->accessible;
	if (fields && !shown && (a == ACTION_DOWN || a == ACTION_UP || a == ACTION_FIRST)) {
		c->moved = true;
		return REACT_DONE;
	}
	if (fields && customer_scroll(c, a))
		return REACT_DONE;
	if (!g || !grid_act(g, a))
		return REACT_IGNORED;
	c->moved |= fields;
	if (g == &c->grid)
		customer_record(c);
	return REACT_DONE;
}

static enum reaction customer_do(struct customer *c, enum action a)
{
	switch (a) {
	case ACTION_NONE: /* something was found: the selection moved */
		if (c->tab > 0 && !c->list)
			customer_record(c);
		return REACT_DONE;
	case ACTION_OPEN:
		return customer_open(c);
	case ACTION_VIEW:
		return customer_list(c);
	case ACTION_NEXT_FIELD:
		customer_next_part(c, 1);
		return REACT_DONE;
	case ACTION_PREVIOUS_FIELD:
		customer_next_part(c, -1);
		return REACT_DONE;
	case ACTION_NEXT:
		return customer_step(c, 1);
	case ACTION_PREVIOUS:
		return customer_step(c, -1);
	case ACTION_BACK:
		return customer_back(c);
	default:
		return customer_move(c, a);
	}
}

static enum reaction customer_act(struct pane *p, enum action a)
{
	struct customer *c = (struct customer *)p;
	enum reaction r = customer_do(c, a);
	customer_seen(c);
	return r;
}

/* ---- the pane ---- */

static void customer_start(struct pane *p, const char *argument)
{
	struct customer *c = (struct customer *)p;
	(void)argument;
	if (!c->fields.ops) {
		grid_init(&c->fields, &fields_ops, c, 2);
		c->fields.fixed = true;
	}
	customer_first_field(c);
	free(c->shown);
	c->shown = NULL;
	c->tab = p->session->go_tab > 0 ? p->session->go_tab : 0;
	free(c->wanted);
	c->wanted = p->session->go_row;
	p->session->go_row = NULL;
	c->list = c->moved = false;
	c->part = PART_MAIN;
	c->card.loaded = false; /* nobody else's record stands under a new number */
}

static struct grid *customer_grid(struct pane *p)
{
	struct customer *c = (struct customer *)p;
	struct grid *g = customer_focus(c);
	/* What only stands there is no table yet: / searches by name. */
	return g == &c->fields && !c->moved && !c->list && !p->session->accessible ? NULL : g;
}

static void customer_place(struct pane *p, struct buffer *out)
{
	const struct customer *c = (struct customer *)p;
	char at[FIGURES_SIZE], all[FIGURES_SIZE];
	if (!c->card.loaded)
		return;
	int count = c->card.answer.customer != NULL;
	if (c->card.answer.candidate_count || (c->tab > 0 && count && c->grid.rows))
		grid_place(&c->grid, out);
	else
		buffer_format(out, _("%s of %s"), figures_count(count && c->tab == 0, at),
			      figures_count(count && c->tab == 0, all));
}

static const struct card *customer_card_of(const struct pane *p)
{
	return customer_card(p);
}

/* TAB LIST PART MOVED FIELD KEY: the selected field's index, the selected row's key. */
static void customer_mark(const struct pane *p, struct buffer *out)
{
	const struct customer *c = (const struct customer *)p;
	const char *key = c->tab > 0 && c->grid.key && !strpbrk(c->grid.key, "\r\n") ? c->grid.key : "";
	buffer_format(out, "%d %d %d %d %d %s", c->tab, c->list, (int)c->part, c->moved, c->fields.selected, key);
}

static void customer_recall(struct pane *p, const char *mark)
{
	struct customer *c = (struct customer *)p;
	int tab, list, part, moved, field, used = 0;
	if (sscanf(mark, "%d %d %d %d %d %n", &tab, &list, &part, &moved, &field, &used) < 5 || tab < 0 || part < 0 ||
	    part >= PARTS)
		return;
	c->tab = tab;
	c->list = list != 0;
	c->part = (enum customer_part)part;
	c->there[c->part] = true;
	c->moved = moved != 0;
	c->fields.selected = field > 0 ? field : 0;
	free(c->wanted);
	c->wanted = mark[used] ? memory_text(mark + used) : NULL;
}

static void customer_stop(struct pane *p)
{
	struct customer *c = (struct customer *)p;
	card_done(&c->card);
	arena_done(&c->arena);
	arena_done(&c->record_arena);
	grid_done(&c->grid);
	grid_done(&c->fields);
	grid_done(&c->changes);
	grid_done(&c->holdings);
	buffer_done(&c->cell);
	free(c->shown);
	free(c->ghost);
	free(c->wanted);
}

const struct card *customer_card(const struct pane *p)
{
	return p->ops == &customer_pane ? &((const struct customer *)p)->card : NULL;
}

int customer_tabs(const struct pane *p)
{
	const struct model *m = p->session->model;
	int tabs = 2;
	for (int i = 0; i < m->entity_count; i++)
		tabs += m->entities[i].kind == ENTITY_DETAIL || m->entities[i].kind == ENTITY_EVENT;
	return tabs;
}

static const enum action customer_actions[] = {ACTION_GO_TAB, ACTION_AS_OF, ACTION_MORE, ACTION_VIEW, ACTION_NONE};

const struct pane_ops customer_pane = {
	.code = "CIF",
	.title = N_("Customer"),
	.about = N_(
		"One customer, kept current while you look. g and a digit shows a tab; Tab goes through what stands on "
		"the screen, then to the next tab.\n"
		"(none) means the bank holds nothing there, \"\" an empty text; a field the bank does not have is not "
		"shown. * marks what changed in the last 30 days.\n"
		"What changes while you look is marked ! until the next key you press here, so that nothing passes "
		"unseen. A selected row that is deleted meanwhile stays where it is, and says so, until you leave it.\n"
		"Down goes into the fields; F11 or Enter shows them in one column with whole values. Enter on a row "
		"opens "
		"it as a record; there n and N go to the next row and the one before. Enter on one of the last changes "
		"shows it in the history, on a thing held its tab.\n"
		"F9 shows the customer as of another moment, with NOT CURRENT above and below, and # at all that "
		"differs "
		"from today; F9 again, or the next CIF, is now."),
	.size = sizeof(struct customer),
	.topics = BOARD_ROWS,
	.customer = true,
	.actions = customer_actions,
	.start = customer_start,
	.stop = customer_stop,
	.load = customer_load,
	.draw = customer_draw,
	.act = customer_act,
	.grid = customer_grid,
	.card = customer_card_of,
	.mark = customer_mark,
	.recall = customer_recall,
	.place = customer_place,
};
