/* history: all versions of one customer on one time line, and what the selected one changed. */
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

enum { HISTORY_LIMIT = 1000, HISTORY_WIDE = 110, HISTORY_LOW = 12, HISTORY_MARKS = 256 };

struct history {
	struct pane base;
	struct card card;
	struct history_answer answer;
	struct arena arena;        /* events */
	struct arena detail_arena; /* the selected one in full */
	const struct event *events;
	int count;
	int entity;       /* only this; -1: all */
	int64_t from, to; /* only versions of this period; TIME_NONE: open */
	bool unchanged;   /* show unchanged fields too */
	bool detail;      /* the selected version alone, whole */
	int top;
	struct record record; /* the row as of the selected version */
	struct record diff;   /* "was -> is" of what changed */
	struct grid grid;
	struct buffer cell;
};

static const struct model *history_model(const struct history *h)
{
	return h->base.session->model;
}

static const struct event *history_selected(const struct history *h)
{
	int row = grid_row(&h->grid);
	return row >= 0 && row < h->count ? &h->events[row] : NULL;
}

/* ---- the list ---- */

static const char *history_key(void *ctx, int row)
{
	struct history *h = ctx;
	buffer_clear(&h->cell);
	event_key(&h->cell, &h->events[row]);
	return buffer_text(&h->cell);
}

static void history_column(void *ctx, int column, struct grid_column *out)
{
	static const struct grid_column columns[] = {
		{.title = "When", .name = "at", .width = 16},
		{.title = "What", .name = "subject"},
		{.title = "Event", .name = "event"},
		{.title = "Change", .name = "change", .pii = true} /* of whatever column */};
	(void)ctx;
	*out = columns[column];
}

static void history_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct history *h = ctx;
	const struct event *e = &h->events[row];
	char when[MOMENT_SIZE];
	buffer_clear(&h->cell);
	out->role = e->kind == EVENT_BEGIN ? ROLE_TEXT : ROLE_WARN;
	if (column == 0)
		buffer_text_add(&h->cell, moment_minute(e->at, h->base.session->zone, when));
	else if (column == 1)
		event_subject(&h->cell, history_model(h), e);
	else if (column == 2)
		buffer_text_add(&h->cell, event_word(e));
	else
		event_what(&h->cell, history_model(h), e, h->base.session->zone);
	out->text = buffer_text(&h->cell);
	out->len = h->cell.len;
}

static void history_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct history *h = ctx;
	struct grid_cell cell;
	if (column == 0) {
		datum_time(out, &h->cell, h->events[row].at);
		return;
	}
	history_cell(ctx, row, column, &cell);
	*out = (struct grid_datum){.kind = GRID_TEXT, .text = cell.text, .len = cell.len, .ours = column == 2};
}

static const struct grid_ops history_grid_ops = {
	.key = history_key, .column = history_column, .cell = history_cell, .datum = history_datum};

/* ---- the selected version ---- */

static void history_diff(struct history *h, const struct event *e)
{
	const struct version *v = e->version;
	const struct entity *entity = &history_model(h)->entities[v->entity];
	bool only[HISTORY_MARKS] = {0}, marked[HISTORY_MARKS] = {0};
	for (int i = 0; i < v->changed_count; i++)
		if (v->changed[i] < HISTORY_MARKS)
			only[v->changed[i]] = marked[v->changed[i]] = true;
	struct record_request q = {.entity = entity, .values = v->values, .zone = h->base.session->zone, .skip = -1};
	record_make(&h->record, &h->detail_arena, &q);
	if (v->changed_count && e->kind == EVENT_BEGIN && !h->unchanged)
		q.only = only;
	q.marked = e->kind == EVENT_BEGIN ? marked : NULL;
	q.mark = '*';
	record_make(&h->diff, &h->detail_arena, &q);
	struct buffer was = {0}, is = {0};
	for (int i = 0; i < h->diff.count; i++) {
		struct record_field *f = &h->diff.fields[i];
		if (!f->mark || !v->previous)
			continue;
		buffer_clear(&was);
		buffer_clear(&is);
		event_change(&was, &is, history_model(h), e, f->column, h->base.session->zone);
		buffer_text_add(&was, " -> ");
		buffer_add(&was, buffer_text(&is), is.len);
		f->text = arena_copy(&h->detail_arena, was.data, was.len);
		f->len = was.len;
	}
	buffer_done(&was);
	buffer_done(&is);
}

static void history_detail(struct history *h)
{
	const struct event *e = history_selected(h);
	arena_reset(&h->detail_arena);
	h->record = h->diff = (struct record){0};
	if (e && e->kind != EVENT_GAP)
		history_diff(h, e);
}

static bool history_load(struct pane *p, struct error *err)
{
	struct history *h = (struct history *)p;
	struct session *s = p->session;
	if (!s->customer)
		return error_set(err, ERROR_USAGE, "which customer? Type a CIF");
	/* Nothing of the old answer is touched by an event list that still points into it. */
	h->count = 0;
	grid_clear(&h->grid);
	if (!card_load(&h->card, s, err))
		return false;
	struct history_request q = {
		.cif = h->card.answer.cif,
		.entity = h->entity,
		.from = h->from,
		.to = h->to,
		.limit = HISTORY_LIMIT + 1,
	};
	if (s->as_of != TIME_NONE && (q.to == TIME_NONE || q.to > s->as_of + 1))
		q.to = s->as_of + 1;
	if (!query_history(s->query, &q, &h->answer, err))
		return false;
	arena_reset(&h->arena);
	bool more = h->answer.count > HISTORY_LIMIT;
	if (more)
		h->answer.count = HISTORY_LIMIT;
	h->count = (int)events_make(&h->arena, &h->answer, &h->events);
	if (more)
		session_say(s, ROLE_WARN, "The newest %d versions only: d shows another period, e another kind",
			    HISTORY_LIMIT);
	grid_sync(&h->grid, h->count);
	history_detail(h);
	return true;
}

/* ---- painting ---- */

static void history_title(const struct history *h, struct area area)
{
	const struct event *e = history_selected(h);
	struct buffer text = {0};
	char from[MOMENT_SIZE], to[MOMENT_SIZE];
	if (!e)
		return;
	if (e->kind == EVENT_GAP) {
		buffer_format(&text, "Not known from %s to %s",
			      moment_minute(e->gap->from, h->base.session->zone, from),
			      moment_minute(e->gap->to, h->base.session->zone, to));
	} else {
		const struct version *v = e->version;
		event_subject(&text, history_model(h), e);
		buffer_format(&text, ", version %lld, from %s to %s", (long long)v->version,
			      moment_minute(v->valid_from, h->base.session->zone, from),
			      v->valid_to == TIME_OPEN ? "now" : moment_minute(v->valid_to, h->base.session->zone, to));
	}
	draw_text(area.y, area.x + 1, area.w - 1, ROLE_TITLE, text.data, text.len);
	buffer_done(&text);
}

static void history_below(struct history *h, struct area area)
{
	const struct event *e = history_selected(h);
	if (area.h < 2)
		return;
	history_title(h, area);
	area.y++, area.h--;
	if (e && e->kind == EVENT_GAP && e->gap->reason)
		draw_text(area.y, area.x + 1, area.w - 1, ROLE_WARN, e->gap->reason, strlen(e->gap->reason));
	int lines = record_draw(&h->diff, area, 1, h->top);
	if (h->top > lines - 1)
		h->top = lines > 0 ? lines - 1 : 0;
}

static void history_filter(const struct history *h, struct area area)
{
	struct buffer text = {0};
	char when[MOMENT_SIZE];
	if (h->entity >= 0)
		buffer_format(&text, "only %s  ", history_model(h)->entities[h->entity].name);
	if (h->from != TIME_NONE)
		buffer_format(&text, "from %s  ", moment_minute(h->from, h->base.session->zone, when));
	if (h->to != TIME_NONE)
		buffer_format(&text, "to %s  ", moment_minute(h->to, h->base.session->zone, when));
	buffer_text_add(&text, h->unchanged ? "with unchanged fields" : "");
	if (text.len)
		draw_text(area.y + area.h - 1, area.x + 1, area.w - 1, ROLE_CHANGED, text.data, text.len);
	buffer_done(&text);
}

static void history_draw(struct pane *p, struct area area)
{
	struct history *h = (struct history *)p;
	if (!h->card.loaded)
		return;
	card_head(&h->card, p->session, area, card_tabs(&h->card) - 1);
	area.y += 2, area.h -= 2;
	history_filter(h, area);
	if (h->entity >= 0 || h->from != TIME_NONE || h->to != TIME_NONE || h->unchanged)
		area.h--;
	if (h->count == 0) {
		draw_format(area.y + 1, area.x + 1, area.w - 2, ROLE_NONE, "%s",
			    h->entity >= 0 || h->from != TIME_NONE ? "no versions of that kind and period"
								   : "no versions");
		return;
	}
	if (h->detail || area.h < HISTORY_LOW) {
		if (h->detail)
			history_below(h, area);
		else
			grid_draw(&h->grid, area);
		return;
	}
	struct area list = area, below = area;
	if (area.w >= HISTORY_WIDE && !p->session->accessible) { /* the row as it was on the left */
		int left = area.w * 2 / 5;
		struct area side = {area.y + 1, area.x, area.h - 1, left - 1};
		draw_format(area.y, area.x + 1, left - 2, ROLE_TITLE, "As it was then");
		record_draw(&h->record, side, 1, 0);
		list.x = below.x = area.x + left;
		list.w = below.w = area.w - left;
	}
	int need = h->diff.count + 2 < area.h / 2 ? h->diff.count + 2 : area.h / 2;
	list.h = area.h - need - 1;
	grid_draw(&h->grid, list);
	below.y += list.h + 1;
	below.h = need;
	history_below(h, below);
}

/* ---- keys ---- */

static void history_start(struct pane *p, const char *argument)
{
	struct history *h = (struct history *)p;
	(void)argument;
	if (!h->grid.ops)
		grid_init(&h->grid, &history_grid_ops, h, 4);
	h->grid.focus = true;
	h->entity = -1;
	h->from = h->to = TIME_NONE;
	h->detail = false;
	h->top = 0;
	grid_done(&h->grid);
	h->grid.selected = h->grid.top = 0;
}

/* All, then each kind that belongs to a customer, and around. */
static void history_next_entity(struct history *h)
{
	const struct model *m = history_model(h);
	do
		h->entity = h->entity + 1 >= m->entity_count ? -1 : h->entity + 1;
	while (h->entity >= 0 && m->entities[h->entity].kind == ENTITY_STORE);
}

static enum reaction history_answer_period(struct pane *p, const char *text)
{
	struct history *h = (struct history *)p;
	struct error err = {0};
	char from[128] = "", to[128] = "";
	h->from = h->to = TIME_NONE;
	if (sscanf(text, "%127s %127s", from, to) < 1)
		return REACT_LOAD;
	int64_t now = clock_now();
	if (!moment_parse(from, p->session->zone, now, MOMENT_FROM, &h->from, &err) ||
	    (to[0] && !moment_parse(to, p->session->zone, now, MOMENT_TO, &h->to, &err))) {
		h->from = h->to = TIME_NONE;
		session_fail(p->session, &err);
		return REACT_DONE;
	}
	return REACT_LOAD;
}

static enum reaction history_move(struct history *h, enum action a)
{
	if (h->detail && (a == ACTION_UP || a == ACTION_DOWN)) {
		h->top += a == ACTION_UP ? (h->top > 0 ? -1 : 0) : 1;
		return REACT_DONE;
	}
	if (a != ACTION_NONE && !grid_act(&h->grid, a))
		return REACT_IGNORED;
	h->top = 0;
	history_detail(h);
	return REACT_DONE;
}

static enum reaction history_act(struct pane *p, enum action a)
{
	struct history *h = (struct history *)p;
	switch (a) {
	case ACTION_OPEN:
	case ACTION_VIEW:
		h->detail = !h->detail && h->count;
		h->top = 0;
		return REACT_DONE;
	case ACTION_BACK:
		if (!h->detail)
			return REACT_IGNORED;
		h->detail = false;
		return REACT_DONE;
	case ACTION_UNCHANGED:
		h->unchanged = !h->unchanged;
		history_detail(h);
		return REACT_DONE;
	case ACTION_ENTITY:
		history_next_entity(h);
		return REACT_LOAD;
	case ACTION_PERIOD:
		pane_ask(p, "From [to] ==>", "");
		return REACT_DONE;
	case ACTION_NEXT:
		return history_move(h, ACTION_DOWN);
	case ACTION_PREVIOUS:
		return history_move(h, ACTION_UP);
	case ACTION_NEXT_FIELD:
		session_go_tab(p->session, 0);
		return REACT_DONE;
	case ACTION_PREVIOUS_FIELD:
		session_go_tab(p->session, card_tabs(&h->card) - 2);
		return REACT_DONE;
	default:
		return history_move(h, a);
	}
}

static struct grid *history_grid(struct pane *p)
{
	return &((struct history *)p)->grid;
}

static const struct card *history_card(const struct pane *p)
{
	return &((const struct history *)p)->card;
}

static void history_stop(struct pane *p)
{
	struct history *h = (struct history *)p;
	card_done(&h->card);
	answer_done(&h->answer.base);
	arena_done(&h->arena);
	arena_done(&h->detail_arena);
	grid_done(&h->grid);
	buffer_done(&h->cell);
}

static const enum action history_actions[] = {ACTION_GO_TAB, ACTION_UNCHANGED, ACTION_ENTITY, ACTION_PERIOD,
					      ACTION_AS_OF,  ACTION_VIEW,      ACTION_NONE};

const struct pane_ops history_pane = {
	.code = "HIST",
	.title = "History",
	.about = "Everything that happened to this customer and what they hold, newest first, on one time line; below "
		 "it "
		 "what the selected version changed.\n"
		 "\"first copied\" is how a row was found when the replica began: what it was before is not known. A "
		 "gap is "
		 "a time in which changes may have been missed.\n"
		 "u shows unchanged fields too, e goes through the kinds, d asks for a period: 2026-01-01 2026-02-01, "
		 "or -7d. "
		 "Enter shows the selected version alone.",
	.size = sizeof(struct history),
	.topics = BOARD_ROWS,
	.customer = true,
	.actions = history_actions,
	.start = history_start,
	.stop = history_stop,
	.load = history_load,
	.draw = history_draw,
	.act = history_act,
	.answer = history_answer_period,
	.grid = history_grid,
	.card = history_card,
};
