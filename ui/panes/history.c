/* history: all that happened to one customer on one time line, and what the selected version changed. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "ingest/board.h"
#include "model/model.h"
#include "ui/kit/figures.h"
#include "ui/panes/history.h"
#include "ui/session.h"

enum { HISTORY_MOST = HISTORY_LIMIT << 16 };

const struct event *history_selected(const struct history *h)
{
	int row = grid_row(&h->grid);
	return row >= 0 && row < h->count ? &h->events[row] : NULL;
}

void history_detail(struct history *h)
{
	const struct event *e = history_selected(h);
	arena_reset(&h->detail_arena);
	h->record = (struct record){0};
	history_diff_make(h, e);
	if (!e || !e->version)
		return;
	struct record_request q = {
		.entity = &history_model(h)->entities[e->version->entity],
		.values = e->version->values,
		.zone = h->base.session->zone,
		.skip = -1,
	};
	record_make(&h->record, &h->detail_arena, &q);
}

/* ---- loading ---- */

/* The end of what is shown: that of the period, or the moment of all customer screens. */
static int64_t history_until(const struct history *h)
{
	int64_t as_of = h->base.session->as_of, to = h->filter.to;
	return as_of != TIME_NONE && (to == TIME_NONE || to > as_of + 1) ? as_of + 1 : to;
}

static bool history_read(struct history *h, struct history_answer *out, struct error *err)
{
	struct history_request q = {
		.cif = h->card.answer.cif,
		.entity = h->filter.entity,
		.from = h->filter.from,
		.to = history_until(h),
		.limit = h->limit,
	};
	return query_history(h->base.session->query, &q, out, err);
}

static void history_events(struct history *h)
{
	struct events_request r = {
		.history = &h->answer,
		.model = history_model(h),
		.from = h->filter.from,
		.to = history_until(h),
		.entity = h->filter.entity,
		.fields = h->filter.on ? &h->filter.fields : NULL,
	};
	bool top = h->grid.top == 0;
	arena_reset(&h->arena);
	h->count = (int)events_make(&h->arena, &r, &h->events);
	grid_sync(&h->grid, h->count);
	if (top) /* what is new appears above, though another one is selected */
		h->grid.top = 0;
	history_detail(h);
}

static bool history_load(struct pane *p, struct error *err)
{
	struct history *h = (struct history *)p;
	struct history_answer fresh = {0};
	if (!p->session->customer)
		return error_set(err, ERROR_USAGE, "which customer? Type a CIF");
	if (!card_load(&h->card, p->session, err))
		return false;
	if (!history_read(h, &fresh, err)) {
		answer_done(&fresh.base);
		return false;
	}
	grid_clear(&h->grid); /* its events point into the answer that goes */
	answer_done(&h->answer.base);
	h->answer = fresh;
	history_events(h);
	return true;
}

/* ---- keys ---- */

/* The selection stays in its place, where the first of the older ones will stand. */
static enum reaction history_older(struct history *h)
{
	if (h->limit < HISTORY_MOST)
		h->limit *= 2;
	grid_forget(&h->grid);
	return REACT_LOAD;
}

static enum reaction history_open(struct history *h)
{
	if (history_at_older(h))
		return history_older(h);
	h->detail = !h->detail && h->count;
	h->diff.top = 0;
	return REACT_DONE;
}

/* The selected event stays selected if it is among those shown now; else the newest is. */
static enum reaction history_anew(struct history *h)
{
	h->grid.selected = h->grid.top = 0;
	h->diff.top = 0;
	return REACT_LOAD;
}

static enum reaction history_back(struct history *h)
{
	if (h->detail) {
		h->detail = false;
		return REACT_DONE;
	}
	if (!history_filter_any(&h->filter))
		return REACT_IGNORED;
	history_filter_clear(&h->filter);
	return history_anew(h);
}

static void history_ask(struct history *h, enum history_ask what, const char *text)
{
	h->asked = what;
	if (what == HISTORY_ASK_PERIOD)
		pane_ask(&h->base, _("Period (2026-01-01 2026-02-01, -7d, nothing: all) ==>"), text);
	else
		pane_ask(&h->base, _("Only changes of the field (nothing: all) ==>"), text);
}

/* A mistake stays in the question, to be mended, with what is wrong above it. */
static enum reaction history_answered(struct pane *p, const char *text)
{
	struct history *h = (struct history *)p;
	struct error err = {0};
	bool good = h->asked == HISTORY_ASK_PERIOD ? history_filter_period(h, text, &err)
						   : history_filter_field(h, text, &err);
	if (good)
		return history_anew(h);
	session_fail(p->session, &err);
	history_ask(h, h->asked, text);
	return REACT_DONE;
}

/* The customer at the moment of the selected version, on the tab it belongs to. */
static enum reaction history_that_moment(struct history *h)
{
	struct session *s = h->base.session;
	const struct event *e = history_selected(h);
	int tab = 0;
	if (!e || event_moment(e) == TIME_NONE)
		return REACT_DONE;
	if (e->kind == EVENT_BEGIN && e->version->valid_to == e->version->valid_from)
		session_say(s, ROLE_WARN, "%s", _("That version lasted no time: this is what followed it at once"));
	for (int i = 0; e->version && i < h->card.answer.entity_count; i++)
		if (h->card.answer.entities[i].entity == e->version->entity)
			tab = i + 1;
	session_go_tab(s, tab);
	s->go_as_of = event_moment(e); /* not before this place is written down as it is */
	s->go_row = tab ? memory_text(e->version->key) : NULL;
	return REACT_DONE;
}

static enum reaction history_next(struct history *h, int step)
{
	if (!history_step(h, step))
		session_say(h->base.session, ROLE_MESSAGE, "%s",
			    step > 0 ? _("No earlier change is shown") : _("No later change is shown"));
	h->diff.top = 0;
	history_detail(h);
	return REACT_DONE;
}

static enum reaction history_move(struct history *h, enum action a)
{
	bool older = history_at_older(h) && (a == ACTION_DOWN || a == ACTION_PAGE_DOWN);
	if (h->detail && history_diff_scroll(&h->diff, a))
		return REACT_DONE;
	if (older)
		return history_older(h);
	if (!grid_act(&h->grid, a))
		return REACT_IGNORED;
	h->diff.top = 0;
	history_detail(h);
	return REACT_DONE;
}

static enum reaction history_show(struct history *h, enum action a)
{
	if (a == ACTION_UNCHANGED)
		h->unchanged = !h->unchanged;
	history_detail(h);
	return REACT_DONE;
}

static enum reaction history_act(struct pane *p, enum action a)
{
	struct history *h = (struct history *)p;
	switch (a) {
	case ACTION_OPEN:
	case ACTION_VIEW:
		return history_open(h);
	case ACTION_BACK:
		return history_back(h);
	case ACTION_NONE: /* something was found: the selection moved */
	case ACTION_UNCHANGED:
		return history_show(h, a);
	case ACTION_ENTITY:
		history_filter_next_entity(h);
		return history_anew(h);
	case ACTION_PERIOD:
		history_ask(h, HISTORY_ASK_PERIOD, "");
		return REACT_DONE;
	case ACTION_FILTER:
		history_ask(h, HISTORY_ASK_FIELD, "");
		return REACT_DONE;
	case ACTION_THAT_MOMENT:
		return history_that_moment(h);
	case ACTION_NEXT:
		return history_next(h, 1);
	case ACTION_PREVIOUS:
		return history_next(h, -1);
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

/* ---- the pane ---- */

/* argument: the key of the event to select; NULL: the newest. */
static void history_start(struct pane *p, const char *argument)
{
	struct history *h = (struct history *)p;
	grid_done(&h->grid);
	grid_init(&h->grid, &history_grid_ops, h, HISTORY_COLUMNS);
	h->grid.focus = true;
	h->grid.key = memory_text(argument);
	h->count = 0;
	h->limit = HISTORY_LIMIT;
	history_filter_clear(&h->filter);
	h->detail = false;
	h->diff.top = 0;
	h->card.loaded = false; /* nobody else's history stands under a new number */
}

/* ENTITY FROM TO UNCHANGED DETAIL LIMIT, then the field and the selected event's key, a tab between. */
static void history_mark(const struct pane *p, struct buffer *out)
{
	const struct history *h = (const struct history *)p;
	const char *key = h->grid.key && !strpbrk(h->grid.key, "\r\n\t") ? h->grid.key : "";
	buffer_format(out, "%d %lld %lld %d %d %d\t%s\t%s", h->filter.entity, (long long)h->filter.from,
		      (long long)h->filter.to, h->unchanged, h->detail, h->limit, h->filter.field, key);
}

static void history_recall(struct pane *p, const char *mark)
{
	struct history *h = (struct history *)p;
	long long from, to;
	int entity, unchanged, detail, limit;
	const char *field = strchr(mark, '\t'), *key = field ? strchr(field + 1, '\t') : NULL;
	if (sscanf(mark, "%d %lld %lld %d %d %d", &entity, &from, &to, &unchanged, &detail, &limit) < 6 || !key ||
	    entity >= history_model(h)->entity_count || limit < HISTORY_LIMIT || limit > HISTORY_MOST)
		return;
	char *text = memory_text_n(field + 1, (size_t)(key - field - 1));
	struct error none = {0};
	history_filter_field(h, text, &none);
	free(text);
	h->filter.entity = entity < 0 ? -1 : entity;
	h->filter.from = from;
	h->filter.to = to;
	h->unchanged = unchanged != 0;
	h->detail = detail != 0;
	h->limit = limit;
	free(h->grid.key);
	h->grid.key = memory_text(key + 1);
}

static void history_filter(struct pane *p, const char *text)
{
	struct history *h = (struct history *)p;
	struct error err = {0};
	if (!history_filter_field(h, text, &err)) {
		session_fail(p->session, &err);
		return;
	}
	history_anew(h);
	p->stale = true;
}

static const char *history_filtered(const struct pane *p)
{
	const struct history *h = (const struct history *)p;
	return h->filter.field[0] ? h->filter.field : NULL;
}

/* "3 of 1,000+": the row that stands for older ones is not counted. */
static void history_place(struct pane *p, struct buffer *out)
{
	struct history *h = (struct history *)p;
	char at[FIGURES_SIZE], all[FIGURES_SIZE];
	if (!h->count)
		return;
	bool older = h->events[h->count - 1].kind == EVENT_OLDER;
	int count = h->count - older, selected = h->grid.selected + 1;
	buffer_format(out, older ? _("%s of %s+") : _("%s of %s"),
		      figures_count(selected < count ? selected : count, at), figures_count(count, all));
}

static struct grid *history_grid(struct pane *p)
{
	struct history *h = (struct history *)p;
	return h->grid.ops ? &h->grid : NULL;
}

static const struct card *history_card(const struct pane *p)
{
	return &((const struct history *)p)->card;
}

int64_t history_moment(const struct pane *p)
{
	const struct event *e = p->ops == &history_pane ? history_selected((const struct history *)p) : NULL;
	return e ? event_moment(e) : TIME_NONE;
}

static void history_stop(struct pane *p)
{
	struct history *h = (struct history *)p;
	card_done(&h->card);
	answer_done(&h->answer.base);
	arena_done(&h->arena);
	arena_done(&h->detail_arena);
	history_filter_clear(&h->filter);
	grid_done(&h->grid);
	buffer_done(&h->cell);
}

static const enum action history_actions[] = {ACTION_GO_TAB, ACTION_AS_OF,  ACTION_MORE,      ACTION_FILTER,
					      ACTION_PERIOD, ACTION_ENTITY, ACTION_THAT_MOMENT, ACTION_UNCHANGED,
					      ACTION_VIEW,   ACTION_NONE};

const struct pane_ops history_pane = {
	.code = "HIST",
	.title = N_("History"),
	.about = N_("Everything that happened to this customer and what they hold, newest first, on one time line; "
		    "below it "
		    "what the selected version changed, as it was and as it is. n and N go from change to change.\n"
		    "\"first copied\" is how a row was found when the replica began: what it was before is not known. "
		    "A gap is "
		    "a time in which changes may have been missed.\n"
		    "u shows unchanged fields too, e goes through the kinds, & asks for a field (the beginning of its "
		    "name or "
		    "title) and shows only what changed it, d asks for a period: 2026-01-01 2026-02-01, 2026-01-01 "
		    "14:00, -7d. "
		    "What is filtered is told on the last line; Esc shows all again.\n"
		    "Enter shows the selected version alone; on the last line of a long history it shows older ones. T "
		    "shows "
		    "the customer as of the selected version."),
	.size = sizeof(struct history),
	.topics = BOARD_ROWS,
	.customer = true,
	.actions = history_actions,
	.start = history_start,
	.stop = history_stop,
	.load = history_load,
	.draw = history_draw,
	.act = history_act,
	.answer = history_answered,
	.grid = history_grid,
	.card = history_card,
	.mark = history_mark,
	.recall = history_recall,
	.filter = history_filter,
	.filtered = history_filtered,
	.place = history_place,
};
