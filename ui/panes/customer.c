/* customer: who this is and what they hold. A tab for the customer, one for each kind of
 * thing held; the history's tab is a screen of its own with the same head. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "ingest/board.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/panes/card.h"
#include "ui/panes/datum.h"
#include "ui/panes/events.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/session.h"
#include "ui/panes/show.h"

#define CUSTOMER_RECENT (30 * DAY) /* what changed in it is marked */

enum { CUSTOMER_WIDE = 120, CUSTOMER_THREE = 160, CUSTOMER_NARROW = 76, CUSTOMER_MARKS = 256, CUSTOMER_PAGE = 8 };

struct customer {
	struct pane base;
	struct card card;
	struct arena arena; /* the events */
	struct arena record_arena;
	struct record record;
	const struct event *events;
	size_t event_count;
	int tab;
	bool list;                 /* the customer in one column with whole values; a detail row as a record */
	int top;                   /* lines scrolled */
	struct grid grid;          /* of the detail tab, or of candidates */
	int columns[GRID_COLUMNS]; /* of the entity */
	struct buffer cell;
	int64_t since; /* changes after it are marked */
};

/* ---- what is loaded ---- */

static const struct entity_rows *customer_rows(const struct customer *c)
{
	return c->tab > 0 && c->tab <= c->card.answer.entity_count ? &c->card.answer.entities[c->tab - 1] : NULL;
}

static const struct model *customer_model(const struct customer *c)
{
	return c->base.session->model;
}

static bool customer_then(const struct customer *c)
{
	return c->base.session->as_of != TIME_NONE;
}

static char customer_mark(const struct customer *c)
{
	return customer_then(c) ? '#' : '*';
}

/* Columns of the customer that differ from today, or changed within the last 30 days. */
static void customer_marks(struct customer *c, bool *marked)
{
	int e = customer_model(c)->customer;
	const struct lookup_answer *a = &c->card.answer;
	const struct row *today = c->card.today.customer;
	if (customer_then(c)) {
		for (int i = 0; today && i < customer_model(c)->entities[e].column_count && i < CUSTOMER_MARKS; i++)
			marked[i] = !value_equal(today->values[i], a->customer->values[i]);
		return;
	}
	for (int i = 0; i < c->card.history.count; i++) {
		const struct version *v = &c->card.history.versions[i];
		if (v->entity != e || v->valid_from < c->since)
			continue;
		for (int k = 0; k < v->changed_count; k++)
			if (v->changed[k] < CUSTOMER_MARKS)
				marked[v->changed[k]] = true;
	}
}

/* The row shown as a record: the customer, or the selected row of a detail. */
static void customer_record(struct customer *c)
{
	bool marked[CUSTOMER_MARKS] = {0};
	const struct entity_rows *rows = customer_rows(c);
	struct record_request q = {
		.zone = c->base.session->zone, .skip = -1, .marked = marked, .mark = customer_mark(c)};
	arena_reset(&c->record_arena);
	c->record = (struct record){0};
	if (!c->card.answer.customer)
		return;
	if (rows) {
		q.entity = &customer_model(c)->entities[rows->entity];
		if (grid_row(&c->grid) < 0 || grid_row(&c->grid) >= rows->count)
			return;
		q.values = rows->rows[grid_row(&c->grid)].values;
	} else {
		q.entity = &customer_model(c)->entities[customer_model(c)->customer];
		q.values = c->card.answer.customer->values;
		q.skip = q.entity->key_count == 1 ? q.entity->key[0] : -1;
		customer_marks(c, marked);
	}
	record_make(&c->record, &c->record_arena, &q);
}

/* ---- the grid: rows of a detail, or candidates ---- */

static const char *customer_key(void *ctx, int row)
{
	const struct customer *c = ctx;
	const struct entity_rows *rows = customer_rows(c);
	return c->card.answer.candidate_count ? c->card.answer.candidates[row] : rows ? rows->rows[row].key : "";
}

static void customer_column(void *ctx, int column, struct grid_column *out)
{
	const struct customer *c = ctx;
	const struct entity_rows *rows = customer_rows(c);
	out->title = "CIF";
	out->name = "cif";
	if (!rows || c->card.answer.candidate_count)
		return;
	const struct column *about = &customer_model(c)->entities[rows->entity].columns[c->columns[column]];
	out->title = about->title;
	out->name = about->name;
	out->pii = about->pii;
	out->right = about->type == COLUMN_DECIMAL || (about->type == COLUMN_INTEGER && !about->identifier);
}

static void customer_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct customer *c = ctx;
	const struct entity_rows *rows = customer_rows(c);
	buffer_clear(&c->cell);
	out->role = ROLE_TEXT;
	if (!rows || c->card.answer.candidate_count) {
		buffer_text_add(&c->cell, customer_key(c, row));
	} else {
		const struct row *r = &rows->rows[row];
		int i = c->columns[column];
		out->role = show_value(&c->cell, &customer_model(c)->entities[rows->entity].columns[i], r->values[i],
				       c->base.session->zone);
		const struct row *today = customer_then(c) ? card_today_row(&c->card, c->tab - 1, r->key) : r;
		if (today ? !value_equal(today->values[i], r->values[i]) : column == 0) {
			buffer_text_add(&c->cell, " #");
			out->role = ROLE_CHANGED;
		}
	}
	out->text = buffer_text(&c->cell);
	out->len = c->cell.len;
}

static void customer_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct customer *c = ctx;
	const struct entity_rows *rows = customer_rows(c);
	if (!rows || c->card.answer.candidate_count) {
		datum_text(out, customer_key(c, row));
		return;
	}
	int i = c->columns[column];
	datum_value(out, &c->cell, &customer_model(c)->entities[rows->entity].columns[i], rows->rows[row].values[i]);
}

static const struct grid_ops customer_grid_ops = {
	.key = customer_key, .column = customer_column, .cell = customer_cell, .datum = customer_datum};

/* The grid of the tab that is on. keep: the same tab was shown before. */
static void customer_grid_sync(struct customer *c, bool keep)
{
	const struct entity_rows *rows = customer_rows(c);
	int columns = 0;
	if (c->card.answer.candidate_count) {
		columns = 1;
	} else if (rows) {
		const struct entity *e = &customer_model(c)->entities[rows->entity];
		for (int k = 0; k < e->key_count; k++)
			if (!e->columns[e->key[k]].hidden && columns < GRID_COLUMNS)
				c->columns[columns++] = e->key[k];
		for (int i = 0; i < e->column_count && columns < GRID_COLUMNS; i++)
			if (!e->columns[i].hidden && e->columns[i].key < 0 && i != e->cif &&
			    query_column_present(c->base.session->query, rows->entity, i))
				c->columns[columns++] = i;
	}
	if (!keep) {
		grid_done(&c->grid);
		grid_init(&c->grid, &customer_grid_ops, c, columns);
		c->grid.focus = true;
	}
	c->grid.columns = columns;
	grid_sync(&c->grid, c->card.answer.candidate_count ? c->card.answer.candidate_count : rows ? rows->count : 0);
}

static void customer_show(struct customer *c, bool keep)
{
	customer_grid_sync(c, keep);
	customer_record(c);
}

static bool customer_load(struct pane *p, struct error *err)
{
	struct customer *c = (struct customer *)p;
	if (!p->session->customer)
		return error_set(err, ERROR_USAGE, "which customer? Type a CIF");
	arena_reset(&c->arena);
	c->event_count = 0;
	c->record = (struct record){0};
	bool before = c->card.loaded;
	grid_clear(&c->grid);
	if (!card_load(&c->card, p->session, err))
		return false;
	c->since = age_source_now(&p->session->age, clock_now()) - CUSTOMER_RECENT;
	if (c->tab >= card_tabs(&c->card) - 1)
		c->tab = 0;
	c->event_count = events_make(&c->arena, &c->card.history, &c->events);
	customer_show(c, before);
	return true;
}

/* ---- painting ---- */

/* One line for each changed column, and one for each row that came or went. */
static int customer_change(const struct customer *c, const struct event *e, struct area area)
{
	const struct model *m = customer_model(c);
	const struct version *v = e->version;
	struct buffer subject = {0}, was = {0}, is = {0};
	char when[MOMENT_SIZE];
	int lines = 0;
	bool wide = area.w >= 66;
	int x = area.x + 2 + 17, rest;
	event_subject(&subject, m, e);
	for (int i = 0; i < (v->changed_count && e->kind == EVENT_BEGIN ? v->changed_count : 1) && lines < area.h;
	     i++) {
		int y = area.y + lines++;
		draw_text(y, area.x + 2, 16, ROLE_DIM, moment_minute(e->at, c->base.session->zone, when), 16);
		draw_text(y, x, wide ? 14 : 0, ROLE_TEXT, subject.data, subject.len);
		rest = x + (wide ? 15 : 0);
		buffer_clear(&was);
		buffer_clear(&is);
		if (v->changed_count && e->kind == EVENT_BEGIN) {
			const char *title = m->entities[v->entity].columns[v->changed[i]].title;
			event_change(&was, &is, m, e, v->changed[i], c->base.session->zone);
			draw_text(y, rest, 10, ROLE_LABEL, title, strlen(title));
		} else {
			draw_text(y, rest, 10, ROLE_LABEL, event_word(e), strlen(event_word(e)));
			event_what(&is, m, e, c->base.session->zone);
		}
		rest += 11;
		int width = area.x + area.w - rest;
		if (was.len) {
			int half = (width - 4) / 2;
			draw_text(y, rest, half, ROLE_OLD, was.data, was.len);
			draw_text(y, rest + half, 4, ROLE_TEXT, " -> ", 4);
			rest += half + 4;
			width -= half + 4;
		}
		draw_text(y, rest, width, ROLE_TEXT, buffer_text(&is), is.len);
	}
	buffer_done(&subject);
	buffer_done(&was);
	buffer_done(&is);
	return lines;
}

/* What the first copy found is no change. */
static bool customer_news(const struct event *e)
{
	return e->kind != EVENT_GAP && !(e->kind == EVENT_BEGIN && e->version->origin == ORIGIN_SNAPSHOT);
}

static void customer_changes(const struct customer *c, struct area area)
{
	char key[16];
	if (area.h < 2)
		return;
	keys_first(&c->base.session->keys, ACTION_GO_TAB, key, sizeof(key));
	draw_format(area.y, area.x + 1, area.w - 1, ROLE_TITLE, "Last changes (%s%d = all)", key, card_tabs(&c->card));
	area.y++, area.h--;
	int lines = 0;
	for (size_t i = 0; i < c->event_count && lines < area.h; i++) {
		struct area left = {area.y + lines, area.x, area.h - lines, area.w};
		if (customer_news(&c->events[i]))
			lines += customer_change(c, &c->events[i], left);
	}
	if (lines == 0)
		draw_format(area.y, area.x + 2, area.w - 2, ROLE_NONE, "none since the replica began");
}

static void customer_legend(const struct customer *c, struct area area)
{
	bool marked = false;
	for (int i = 0; i < c->record.count; i++)
		marked |= c->record.fields[i].mark != 0;
	int y = area.y + area.h - 1;
	enum known known = c->card.answer.known;
	if (known == KNOWN_GAP)
		draw_format(y, area.x + 1, area.w - 1, ROLE_WARN, "In a gap: as last known before it");
	else if (known == KNOWN_FUTURE)
		draw_format(y, area.x + 1, area.w - 1, ROLE_WARN, "That moment is yet to come: as it is now");
	else if (customer_then(c))
		draw_format(y, area.x + 1, area.w - 1, ROLE_CHANGED, "# differs from today");
	else if (marked)
		draw_format(y, area.x + 1, area.w - 1, ROLE_CHANGED, "* changed in the last 30 days");
	const char *hint = "Type the next CIF any time";
	if (area.w >= 70)
		draw_right(y, area.x + area.w - 30, 29, ROLE_DIM, hint, strlen(hint));
}

/* All that is held, a line a row: the third column of a wide screen. */
static void customer_holdings(const struct customer *c, struct area area)
{
	struct buffer text = {0};
	int y = area.y;
	for (int i = 0; area.w && i < c->card.answer.entity_count; i++) {
		const struct entity_rows *rows = &c->card.answer.entities[i];
		const struct entity *e = &customer_model(c)->entities[rows->entity];
		if (y < area.y + area.h)
			draw_format(y++, area.x + 1, area.w - 2, ROLE_TITLE, "%s %d", e->title, rows->count);
		for (int r = 0; r < rows->count && y < area.y + area.h; r++) {
			buffer_clear(&text);
			for (int k = 0; k < e->column_count; k++) {
				if (e->columns[k].hidden || k == e->cif || rows->rows[r].values[k].kind <= VALUE_NULL)
					continue;
				buffer_text_add(&text, text.len ? "  " : "");
				show_value(&text, &e->columns[k], rows->rows[r].values[k], c->base.session->zone);
			}
			draw_text(y++, area.x + 2, area.w - 3, ROLE_TEXT, buffer_text(&text), text.len);
		}
		y++;
	}
	buffer_done(&text);
}

static void customer_personal(struct customer *c, struct area area)
{
	struct area body = area;
	bool one = c->list || c->base.session->accessible || area.w < CUSTOMER_NARROW;
	if (area.w >= CUSTOMER_WIDE && !c->base.session->accessible) {
		bool three = area.w >= CUSTOMER_THREE;
		int left = three ? area.w / 3 : area.w * 5 / 12;
		int holdings = three ? (area.w - left) * 2 / 5 : 0;
		body.w = left - 1;
		body.h--;
		record_draw(&c->record, body, 1, c->top);
		customer_changes(c, (struct area){body.y, area.x + left, body.h, area.w - left - holdings});
		customer_holdings(c, (struct area){body.y, area.x + area.w - holdings, body.h, holdings});
		return;
	}
	body.h--;
	int rows = record_draw(&c->record, body, one ? 1 : 2, c->top);
	int most = rows - body.h;
	if (c->top > (most > 0 ? most : 0)) { /* the row got shorter, or the screen taller */
		c->top = most > 0 ? most : 0;
		for (int i = 0; i < body.h; i++)
			draw_fill(body.y + i, body.x, body.w, ROLE_TEXT);
		record_draw(&c->record, body, one ? 1 : 2, c->top);
	}
	body.y += rows - c->top + 1;
	body.h -= rows - c->top + 1;
	customer_changes(c, body);
}

static void customer_detail(struct customer *c, struct area area)
{
	const struct entity_rows *rows = customer_rows(c);
	const struct freshness *fresh = &c->card.answer.base.freshness;
	area.h--;
	if (rows->count == 0) {
		bool copied = true;
		for (int i = 0; i < fresh->incomplete_count; i++)
			copied &= fresh->incomplete[i] != rows->entity;
		draw_format(area.y + 1, area.x + 1, area.w - 2, copied ? ROLE_NONE : ROLE_WARN, "%s",
			    copied ? "none" : "not copied yet");
		return;
	}
	if (c->list) {
		record_draw(&c->record, area, 1, c->top);
		return;
	}
	grid_draw(&c->grid, area);
	if (area.w >= CUSTOMER_WIDE && rows->count + 3 < area.h) { /* room for the selected row beside its list */
		struct area under = {area.y + rows->count + 2, area.x, area.h - rows->count - 2, area.w};
		record_draw(&c->record, under, 2, 0);
	}
}

static void customer_draw(struct pane *p, struct area area)
{
	struct customer *c = (struct customer *)p;
	if (!c->card.loaded)
		return;
	card_head(&c->card, p->session, area, c->tab);
	area.y += 2, area.h -= 2;
	if (!c->card.answer.customer) {
		card_absent(&c->card, p->session, area);
		area.y += 4, area.h -= 4;
		if (c->card.answer.candidate_count)
			grid_draw(&c->grid, area);
		return;
	}
	if (c->tab == 0)
		customer_personal(c, area);
	else
		customer_detail(c, area);
	customer_legend(c, area);
}

/* ---- keys ---- */

static void customer_tab(struct customer *c, int tab)
{
	int tabs = card_tabs(&c->card);
	if (tab == tabs - 1) {
		session_go(c->base.session, "HIST", NULL);
		return;
	}
	c->tab = tab;
	c->list = false;
	c->top = 0;
	customer_show(c, false);
}

static void customer_start(struct pane *p, const char *argument)
{
	struct customer *c = (struct customer *)p;
	(void)argument;
	c->tab = p->session->go_tab > 0 ? p->session->go_tab : 0;
	c->list = false;
	c->top = 0;
	c->card.loaded = false;
}

static bool customer_scroll(struct customer *c, enum action a)
{
	switch (a) {
	case ACTION_UP:
		c->top--;
		break;
	case ACTION_DOWN:
		c->top++;
		break;
	case ACTION_PAGE_UP:
		c->top -= CUSTOMER_PAGE;
		break;
	case ACTION_PAGE_DOWN:
		c->top += CUSTOMER_PAGE;
		break;
	case ACTION_FIRST:
		c->top = 0;
		break;
	default:
		return false;
	}
	if (c->top < 0)
		c->top = 0;
	return true;
}

/* n N: the next row of a detail shown as a record. */
static enum reaction customer_step(struct customer *c, int step)
{
	if (!customer_rows(c) || !c->list)
		return REACT_IGNORED;
	grid_select(&c->grid, c->grid.selected + step);
	c->top = 0;
	customer_record(c);
	return REACT_DONE;
}

static enum reaction customer_open(struct customer *c)
{
	if (c->card.answer.candidate_count) {
		session_go(c->base.session, "CIF", customer_key(c, grid_row(&c->grid)));
		return REACT_DONE;
	}
	if (!c->card.answer.customer || (c->tab > 0 && c->grid.count == 0))
		return REACT_DONE;
	c->list = !c->list;
	c->top = 0;
	customer_record(c);
	return REACT_DONE;
}

static enum reaction customer_act(struct pane *p, enum action a)
{
	struct customer *c = (struct customer *)p;
	int tabs = card_tabs(&c->card);
	switch (a) {
	case ACTION_OPEN:
		return c->tab || c->card.answer.candidate_count ? customer_open(c) : REACT_DONE;
	case ACTION_VIEW:
		return customer_open(c);
	case ACTION_NEXT_FIELD:
		customer_tab(c, (c->tab + 1) % tabs);
		return REACT_DONE;
	case ACTION_PREVIOUS_FIELD:
		customer_tab(c, (c->tab + tabs - 1) % tabs);
		return REACT_DONE;
	case ACTION_NEXT:
		return customer_step(c, 1);
	case ACTION_PREVIOUS:
		return customer_step(c, -1);
	case ACTION_BACK:
		if (!c->list)
			return REACT_IGNORED;
		c->list = false;
		c->top = 0;
		return REACT_DONE;
	default:
		break;
	}
	if (a == ACTION_NONE) {
		customer_record(c);
		return REACT_DONE;
	}
	if (c->card.answer.candidate_count || (c->tab > 0 && !c->list)) {
		if (!grid_act(&c->grid, a))
			return REACT_IGNORED;
		customer_record(c);
		return REACT_DONE;
	}
	return customer_scroll(c, a) ? REACT_DONE : REACT_IGNORED;
}

static struct grid *customer_grid(struct pane *p)
{
	struct customer *c = (struct customer *)p;
	return c->grid.ops && c->tab > 0 && !c->list ? &c->grid : NULL;
}

static void customer_place(struct pane *p, struct buffer *out)
{
	struct customer *c = (struct customer *)p;
	if (c->card.answer.candidate_count || (c->tab > 0 && c->grid.rows))
		grid_place(&c->grid, out);
	else if (c->card.loaded)
		buffer_text_add(out, c->card.answer.customer ? "1 of 1" : "0 of 0");
}

static const struct card *customer_pane_card(const struct pane *p)
{
	return &((const struct customer *)p)->card;
}

static void customer_stop(struct pane *p)
{
	struct customer *c = (struct customer *)p;
	card_done(&c->card);
	arena_done(&c->arena);
	arena_done(&c->record_arena);
	grid_done(&c->grid);
	buffer_done(&c->cell);
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
	.title = "Customer",
	.about = "One customer, kept current while you look. g and a digit, or Tab, changes the tab.\n"
		 "(none) means the bank holds nothing there, \"\" an empty text; a field the bank does not have is not "
		 "shown. * marks what changed in the last 30 days.\n"
		 "Enter on a row opens it as a record; there n and N go to the next row and the one before.\n"
		 "F9 shows the customer as of another moment, with NOT CURRENT above, and # at all that differs from "
		 "today; F9 again, or the next CIF, is now.",
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
	.card = customer_pane_card,
	.place = customer_place,
};
