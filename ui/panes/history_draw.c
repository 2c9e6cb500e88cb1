/* Where the parts of the history screen stand. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/kit/figures.h"
#include "ui/panes/history.h"
#include "ui/panes/show.h"
#include "ui/session.h"

/* The row of the selected version beside, with when it was so. */
static void draw_then(struct history *h, struct area area)
{
	const struct event *e = history_selected(h);
	char at[FIGURES_SIZE];
	struct buffer subject = {0}, title = {0};
	if (area.h < 3 || !e || !e->version)
		return;
	const struct version *v = e->version;
	struct event_words w = history_words(h);
	event_subject(&subject, &w, e);
	bool current = v->is_current && h->base.session->as_of == TIME_NONE;
	if (current)
		buffer_format(&title, _("%s as it is now"), buffer_text(&subject));
	else
		buffer_format(&title, _("%s as of %s"), buffer_text(&subject),
			      figures_minute(v->valid_from, h->base.session->zone, at));
	draw_text(area.y, area.x + 1, area.w - 1, ROLE_TITLE, title.data, title.len);
	if (!current)
		draw_format(area.y + 1, area.x + 1, area.w - 1, ROLE_NOT_CURRENT, "%s", _("NOT CURRENT"));
	buffer_done(&subject);
	buffer_done(&title);
	area.y += 2, area.h -= 2;
	h->view = (struct record_view){.words = h->base.session->accessible, .selected = -1};
	record_draw(&h->record, &h->view, area);
}

static bool draw_copied(const struct history *h)
{
	if (h->filter.entity >= 0)
		return card_copied(&h->card, h->filter.entity);
	return h->card.answer.base.freshness.incomplete_count == 0;
}

static void draw_nothing(const struct history *h, struct area area)
{
	bool filtered = history_filter_any(&h->filter), copied = draw_copied(h);
	if (!h->card.answer.customer && copied && !filtered && h->base.session->as_of != TIME_NONE) {
		card_absent(&h->card, h->base.session, area);
		return;
	}
	const char *text = filtered ? _("nothing happened that is asked for") : _("nothing has happened");
	if (!copied)
		text = _("not copied yet");
	else if (!filtered && h->base.session->as_of != TIME_NONE)
		text = _("nothing is known of that time");
	draw_format(area.y + 1, area.x + 1, area.w - 2, copied ? ROLE_NONE : ROLE_WARN, "%s", text);
}

/* What is not shown, and until when: the last row, where there is something to say. */
static bool draw_words(const struct history *h, struct area area)
{
	const struct session *s = h->base.session;
	char moment[FIGURES_SIZE];
	struct buffer text = {0};
	int y = area.y + area.h - 1, x = area.x + 1, edge = area.x + area.w;
	bool then = s->as_of != TIME_NONE;
	history_filter_words(h, &text);
	bool filtered = text.len > 0;
	if (h->unchanged)
		buffer_format(&text, "%s%s", text.len ? "; " : "", _("with unchanged fields"));
	if (then)
		x += draw_format(y, x, edge - x, ROLE_NOT_CURRENT, _("NOT CURRENT: until %s"), card_moment(s, moment)) +
		     2;
	bool partly = h->count && !draw_copied(h);
	if (partly)
		x += draw_format(y, x, edge - x, ROLE_WARN, "%s", _("not copied in full yet: more may come")) + 2;
	if (text.len && x < edge)
		x += draw_format(y, x, edge - x, ROLE_CHANGED, "%s", buffer_text(&text)) + 2;
	if (filtered) { /* how to take it off again, if there is room to say so */
		char key[16];
		keys_first(&s->keys, ACTION_BACK, key, sizeof(key));
		buffer_clear(&text);
		buffer_format(&text, _("%s: all again"), key);
		int cells = (int)text_width(text.data, text.len);
		if (x + cells < edge)
			draw_text(y, edge - cells - 1, cells, ROLE_DIM, text.data, text.len);
	}
	bool some = then || filtered || partly || h->unchanged;
	buffer_done(&text);
	return some;
}

/* Half for the difference, whatever is selected: nothing jumps while one goes through the list. Below a
 * short list it gets all that is left. */
static void draw_parts(struct history *h, struct area area)
{
	struct layout l;
	layout_make(LAYOUT_HISTORY, area, h->base.session->accessible, &l);
	int left = area.h - h->count - 2;
	if (l.part[1].h)
		layout_lower(&l, left > area.h / 2 ? left : area.h / 2);
	grid_draw(&h->grid, l.part[0]);
	history_diff_draw(h, l.part[1]);
	draw_then(h, l.part[2]);
}

void history_draw(struct pane *p, struct area area)
{
	struct history *h = (struct history *)p;
	if (!h->card.loaded)
		return;
	card_head(&h->card, p->session, area, card_tabs(&h->card) - 1);
	area.y += 2, area.h -= 2;
	h->grid.y = -1;
	if (draw_words(h, area))
		area.h--;
	if (h->count == 0)
		draw_nothing(h, area);
	else if (h->detail)
		history_diff_draw(h, area);
	else
		draw_parts(h, area);
}
