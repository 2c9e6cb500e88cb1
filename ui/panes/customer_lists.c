/* Two lists beside the customer's record: what changed last, a line a field, and all that is held,
 * a line a row. They are selected and scrolled as grids, and drawn here. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/kit/figures.h"
#include "ui/panes/customer.h"
#include "ui/panes/events.h"
#include "ui/panes/show.h"
#include "ui/session.h"

enum { LISTS_SUBJECT = 20, LISTS_LABEL = 16, LISTS_WIDE = 66 /* narrower: a line is one sentence */ };

/* ---- a list that is drawn here ---- */

static void lists_column(void *ctx, int column, struct grid_column *out)
{
	(void)ctx;
	(void)column;
	out->title = "";
	out->pii = true; /* values of any field stand in a line */
}

static void lists_start(struct grid *g, const struct grid_ops *ops, struct customer *c, int count, bool again)
{
	if (!again) {
		grid_done(g);
		grid_init(g, ops, c, 1);
		g->fixed = true;
	}
	grid_sync(g, count);
}

/* The rows to draw, [top, top + height): the selected one among them. What is not seen is told on the last row. */
static struct area lists_window(struct grid *g, struct area area)
{
	g->y = -1;
	g->height = area.h;
	if (g->count > area.h && g->height > 1)
		g->height--;
	grid_scroll(g);
	show_more(area.y + area.h - 1, area.x + 2, area.w - 2, g->top, g->count - g->top - g->height);
	area.h = g->height;
	return area;
}

/* Where a row is drawn; the selected one of the list in focus is marked. */
static int lists_row(struct grid *g, int row, struct area area)
{
	int y = area.y + row - g->top;
	if (g->focus && row == g->selected) {
		draw_text(y, area.x, 1, ROLE_SELECTED, ">", 1);
		g->y = y;
		g->x = area.x;
	}
	return y;
}

static void lists_line(struct grid *g, int row, struct area area, enum role role, const struct buffer *text)
{
	int y = lists_row(g, row, area);
	draw_text(y, area.x + 2, area.w - 2, g->focus && row == g->selected ? ROLE_SELECTED : role, buffer_text(text),
		  text->len);
}

/* ---- the last changes ---- */

static struct event_words changes_words(const struct customer *c)
{
	return (struct event_words){
		.model = customer_model(c), .zone = c->base.session->zone, .aloud = c->base.session->accessible};
}

static const char *changes_key(void *ctx, int row)
{
	struct customer *c = ctx;
	buffer_clear(&c->cell);
	event_key(&c->cell, c->change[row].event);
	buffer_format(&c->cell, " %d", c->change[row].column);
	return buffer_text(&c->cell);
}

static void changes_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct customer *c = ctx;
	struct event_words w = changes_words(c);
	(void)column;
	buffer_clear(&c->cell);
	event_sentence(&c->cell, &w, c->change[row].event, c->change[row].column);
	*out = (struct grid_cell){.text = buffer_text(&c->cell), .len = c->cell.len, .role = ROLE_TEXT};
}

static const struct grid_ops changes_ops = {.key = changes_key, .column = lists_column, .cell = changes_cell};

static int lists_wider(int cells, const char *s, size_t n, int most)
{
	int width = (int)text_width(s, n);
	if (width > most)
		width = most;
	return width > cells ? width : cells;
}

static void changes_measure(struct customer *c, const struct customer_change *l)
{
	const struct version *v = l->event->version;
	const char *label =
		l->column < 0 ? event_word(l->event) : customer_model(c)->entities[v->entity].columns[l->column].title;
	struct event_words w = changes_words(c);
	buffer_clear(&c->cell);
	event_subject(&c->cell, &w, l->event);
	c->subject = lists_wider(c->subject, buffer_text(&c->cell), c->cell.len, LISTS_SUBJECT);
	c->label = lists_wider(c->label, label, strlen(label), LISTS_LABEL);
}

/* One line for each column that can be seen, or one for the whole event. */
static int changes_of(struct customer *c, const struct event *e, int count)
{
	const struct entity *entity = &customer_model(c)->entities[e->version->entity];
	int first = count;
	for (int i = 0; event_compares(e) && i < e->version->changed_count; i++)
		if (!entity->columns[e->version->changed[i]].hidden)
			c->change[count++] = (struct customer_change){e, e->version->changed[i]};
	if (count == first && !event_compares(e))
		c->change[count++] = (struct customer_change){e, -1};
	for (int i = first; i < count; i++)
		changes_measure(c, &c->change[i]);
	return count;
}

/* What the first copy found is no change. */
static int changes_make(struct customer *c)
{
	const struct event *events;
	struct events_request r = {
		.history = &c->card.history,
		.model = customer_model(c),
		.from = TIME_NONE,
		.to = customer_then(c) ? c->shown_as_of + 1 : TIME_NONE,
		.entity = -1,
	};
	size_t n = events_make(&c->arena, &r, &events), lines = 0;
	int count = 0;
	c->subject = c->label = 0;
	for (size_t i = 0; i < n; i++)
		lines += events[i].version ? (size_t)events[i].version->changed_count + 1 : 1;
	c->change = arena_zero(&c->arena, lines + 1, sizeof(*c->change));
	for (size_t i = 0; i < n; i++)
		if (event_news(&events[i]))
			count = changes_of(c, &events[i], count);
	return count;
}

static void changes_line(struct customer *c, int row, struct area area)
{
	const struct customer_change *l = &c->change[row];
	struct event_words w = changes_words(c);
	char when[FIGURES_SIZE];
	struct buffer subject = {0}, was = {0}, is = {0};
	int y = lists_row(&c->changes, row, area), x = area.x + 2 + FIGURES_MINUTE + 2, edge = area.x + area.w;
	enum role on = c->changes.focus && row == c->changes.selected ? ROLE_SELECTED : ROLE_TEXT;
	const char *label = l->column < 0 ? event_word(l->event)
					  : w.model->entities[l->event->version->entity].columns[l->column].title;
	if (on == ROLE_SELECTED)
		draw_fill(y, area.x + 1, area.w - 1, on);
	figures_minute(l->event->at, c->base.session->zone, when);
	draw_text(y, area.x + 2, FIGURES_MINUTE, on ? on : ROLE_DIM, when, strlen(when));
	event_subject(&subject, &w, l->event);
	draw_text(y, x, c->subject, on, buffer_text(&subject), subject.len);
	x += c->subject + 2;
	draw_text(y, x, c->label, on ? on : ROLE_LABEL, label, strlen(label));
	x += c->label + 2;
	if (l->column >= 0) {
		int half = (edge - x - 4) / 2;
		event_was(&was, &w, l->event, l->column);
		event_is(&is, &w, l->event, l->column);
		draw_text(y, x, half, on ? on : ROLE_OLD, buffer_text(&was), was.len);
		draw_text(y, x + half, 4, on, " -> ", 4);
		x += half + 4;
	} else {
		event_what(&is, &w, l->event);
	}
	draw_text(y, x, edge - x, on, buffer_text(&is), is.len);
	buffer_done(&subject);
	buffer_done(&was);
	buffer_done(&is);
}

static void changes_title(const struct customer *c, struct area area)
{
	char key[FIGURES_SIZE], moment[FIGURES_SIZE], count[FIGURES_SIZE];
	struct buffer text = {0};
	card_tab_key(c->base.session, card_tabs(&c->card) - 1, key);
	if (customer_then(c))
		buffer_format(&text, _("Last changes until %s, NOT CURRENT (%s = all)"),
			      card_moment(c->base.session, moment), key);
	else
		buffer_format(&text, _("Last changes (%s = all)"), key);
	int used = draw_format(area.y, area.x + 1, area.w - 1, c->changes.focus ? ROLE_TAB_ON : ROLE_TITLE, "%s",
			       buffer_text(&text));
	buffer_clear(&text);
	if (c->card.history.reach != TIME_NONE)
		buffer_format(&text, _("the newest %s"), figures_count(c->changes.count, count));
	int cells = (int)text_width(buffer_text(&text), text.len);
	if (text.len && cells + used + 3 < area.w)
		draw_text(area.y, area.x + area.w - cells - 1, cells, ROLE_DIM, text.data, text.len);
	buffer_done(&text);
}

void customer_changes_draw(struct customer *c, struct area area)
{
	if (area.h < 2)
		return;
	changes_title(c, area);
	area.y++, area.h--;
	if (c->changes.count == 0) {
		draw_format(area.y, area.x + 2, area.w - 2, ROLE_NONE, "%s", _("none since the replica began"));
		return;
	}
	bool sentences = area.w < LISTS_WIDE || c->base.session->accessible;
	area = lists_window(&c->changes, area);
	for (int row = c->changes.top; row < c->changes.count && row < c->changes.top + area.h; row++) {
		struct grid_cell cell;
		if (!sentences) {
			changes_line(c, row, area);
			continue;
		}
		changes_cell(c, row, 0, &cell);
		lists_line(&c->changes, row, area, ROLE_TEXT, &c->cell);
	}
}

/* ---- what is held ---- */

static const struct entity_rows *holding_rows(const struct customer *c, int row)
{
	return &c->card.answer.entities[c->holding[row].index];
}

static const char *holdings_key(void *ctx, int row)
{
	struct customer *c = ctx;
	const struct entity_rows *rows = holding_rows(c, row);
	int at = c->holding[row].row;
	buffer_clear(&c->cell);
	buffer_format(&c->cell, "%d %s", rows->entity, at < 0 ? "" : rows->rows[at].key);
	return buffer_text(&c->cell);
}

static void holding_title(struct customer *c, const struct entity_rows *rows)
{
	const struct entity *e = &customer_model(c)->entities[rows->entity];
	char count[FIGURES_SIZE];
	const char *title = show_entity(e);
	if (!card_copied(&c->card, rows->entity))
		buffer_format(&c->cell, rows->count ? _("%s: not copied in full yet") : _("%s: not copied yet"), title);
	else
		buffer_format(&c->cell, "%s %s", title, figures_count(rows->count, count));
}

static void holding_text(struct customer *c, const struct entity_rows *rows, int at)
{
	const struct entity *e = &customer_model(c)->entities[rows->entity];
	for (int k = 0; k < e->column_count; k++) {
		if (e->columns[k].hidden || k == e->cif || rows->rows[at].values[k].kind <= VALUE_NULL)
			continue;
		buffer_text_add(&c->cell, c->cell.len ? "  " : "");
		show_value(&c->cell, &e->columns[k], rows->rows[at].values[k], c->base.session->zone);
	}
}

/* What became of it until today. */
static bool holding_differs(struct customer *c, const struct customer_holding *h, const struct entity_rows *rows)
{
	const struct entity *e = &customer_model(c)->entities[rows->entity];
	if (!customer_then(c))
		return false;
	if (!h->today) {
		buffer_text_add(&c->cell, _(" # gone since"));
		return true;
	}
	for (int k = 0; k < e->column_count; k++)
		if (!e->columns[k].hidden && !value_equal(h->today->values[k], rows->rows[h->row].values[k])) {
			buffer_text_add(&c->cell, " #");
			return true;
		}
	return false;
}

static void holdings_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct customer *c = ctx;
	const struct entity_rows *rows = holding_rows(c, row);
	const struct customer_holding *h = &c->holding[row];
	enum role role = ROLE_TEXT;
	(void)column;
	buffer_clear(&c->cell);
	if (h->row == HOLDING_TITLE) {
		holding_title(c, rows);
		role = ROLE_TITLE;
	} else if (h->row == HOLDING_LATER) {
		customer_later(&c->cell, h->later, h->later_count);
		role = ROLE_CHANGED;
	} else {
		holding_text(c, rows, h->row);
		role = holding_differs(c, h, rows) ? ROLE_CHANGED : ROLE_TEXT;
	}
	*out = (struct grid_cell){.text = buffer_text(&c->cell), .len = c->cell.len, .role = role};
}

static const struct grid_ops holdings_ops = {.key = holdings_key, .column = lists_column, .cell = holdings_cell};

static int holdings_of(struct customer *c, int index, int count)
{
	const struct entity_rows *rows = &c->card.answer.entities[index], *today = card_today(&c->card, index);
	struct customer_holding later = {.index = index, .row = HOLDING_LATER};
	c->holding[count++] = (struct customer_holding){.index = index, .row = HOLDING_TITLE};
	for (int r = 0; r < rows->count; r++) {
		int at = card_today_row(today, rows->rows[r].key);
		c->holding[count++] =
			(struct customer_holding){.index = index, .row = r, .today = at >= 0 ? &today->rows[at] : NULL};
	}
	later.later_count = card_later(&c->card, index, &c->arena, &later.later);
	if (later.later_count)
		c->holding[count++] = later;
	return count;
}

static int holdings_make(struct customer *c)
{
	const struct lookup_answer *a = &c->card.answer;
	int lines = 0, count = 0;
	for (int i = 0; i < a->entity_count; i++)
		lines += a->entities[i].count + 2;
	c->holding = arena_zero(&c->arena, (size_t)lines + 1, sizeof(*c->holding));
	for (int i = 0; a->customer && i < a->entity_count; i++)
		count = holdings_of(c, i, count);
	return count;
}

void customer_holdings_draw(struct customer *c, struct area area)
{
	struct grid *g = &c->holdings;
	if (area.h < 1 || g->count == 0)
		return;
	area = lists_window(g, area);
	for (int row = g->top; row < g->count && row < g->top + area.h; row++) {
		struct grid_cell cell;
		struct area line = area;
		holdings_cell(c, row, 0, &cell);
		if (c->holding[row].row == HOLDING_TITLE) /* a title stands out of its rows */
			line.x--, line.w++;
		lists_line(g, row, line, cell.role, &c->cell);
	}
}

/* A list nobody has gone into begins with its first line, which may be news. */
void customer_lists_sync(struct customer *c, bool again)
{
	lists_start(&c->changes, &changes_ops, c, changes_make(c), again && c->part == PART_CHANGES);
	lists_start(&c->holdings, &holdings_ops, c, holdings_make(c), again && c->part == PART_HOLDINGS);
}
