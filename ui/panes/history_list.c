/* The time line as rows of a grid. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "model/model.h"
#include "ui/kit/figures.h"
#include "ui/panes/history.h"
#include "ui/session.h"

enum { LIST_WHEN, LIST_WHAT, LIST_EVENT, LIST_CHANGE };

static const char *list_key(void *ctx, int row)
{
	struct history *h = ctx;
	buffer_clear(&h->cell);
	event_key(&h->cell, &h->events[row]);
	return buffer_text(&h->cell);
}

static void list_column(void *ctx, int column, struct grid_column *out)
{
	static const struct grid_column columns[] = {
		{.title = N_("When"), .name = "at", .width = FIGURES_MINUTE},
		{.title = N_("What"), .name = "what"},
		{.title = N_("Event"), .name = "event"},
		/* Values of any field may stand in it. */
		{.title = N_("Change"), .name = "change", .pii = true},
	};
	(void)ctx;
	*out = columns[column];
	out->title = _(columns[column].title);
}

/* What is not known stands out; what went away too. */
static enum role list_role(const struct event *e)
{
	return event_news(e) && e->kind == EVENT_BEGIN ? ROLE_TEXT : ROLE_WARN;
}

static void list_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct history *h = ctx;
	const struct event *e = &h->events[row];
	struct event_words w = history_words(h);
	char when[FIGURES_SIZE];
	buffer_clear(&h->cell);
	if (column == LIST_WHEN && e->kind != EVENT_OLDER)
		buffer_text_add(&h->cell, figures_minute(e->at, w.zone, when));
	else if (column == LIST_WHAT)
		event_subject(&h->cell, &w, e);
	else if (column == LIST_EVENT)
		buffer_text_add(&h->cell, event_word(e));
	else if (column == LIST_CHANGE && e->kind == EVENT_OLDER)
		buffer_format(&h->cell, _("Enter reads back from %s"), figures_minute(e->at, w.zone, when));
	else if (column == LIST_CHANGE)
		event_what(&h->cell, &w, e);
	*out = (struct grid_cell){.text = buffer_text(&h->cell), .len = h->cell.len, .role = list_role(e)};
}

static void list_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct history *h = ctx;
	const struct event *e = &h->events[row];
	struct event_words w = history_words(h);
	char when[MOMENT_SIZE];
	buffer_clear(&h->cell);
	*out = (struct grid_datum){.kind = GRID_TEXT, .ours = column == LIST_WHEN || column == LIST_EVENT};
	if (column == LIST_WHEN)
		buffer_text_add(&h->cell, moment_utc(e->at, when));
	else if (column == LIST_WHAT)
		event_subject(&h->cell, &w, e);
	else if (column == LIST_EVENT)
		buffer_text_add(&h->cell, event_word_plain(e));
	else
		event_what_plain(&h->cell, history_model(h), e);
	out->text = buffer_text(&h->cell);
	out->len = h->cell.len;
}

const struct grid_ops history_grid_ops = {
	.key = list_key, .column = list_column, .cell = list_cell, .datum = list_datum};

bool history_step(struct history *h, int step)
{
	int before = h->grid.selected;
	for (int at = before + step; at >= 0 && at < h->grid.count; at += step) {
		grid_select(&h->grid, at);
		if (event_news(history_selected(h)))
			return true;
	}
	grid_select(&h->grid, before);
	return false;
}

bool history_at_older(const struct history *h)
{
	const struct event *e = history_selected(h);
	return e && e->kind == EVENT_OLDER;
}
