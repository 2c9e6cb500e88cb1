/* What a key does on the STOR screen, and what is answered to its questions. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/zone.h"
#include "ui/panes/stores.h"
#include "ui/session.h"

void stores_filter(struct pane *p, const char *text)
{
	struct stores *s = (struct stores *)p;
	char *kept = text && text[0] ? memory_text(text) : NULL;
	if (s->drill.store) { /* of one store: its registrations */
		grid_filter(&s->drill.grid, text);
		free(kept);
		return;
	}
	free(s->filter);
	s->filter = kept;
	stores_list(s);
}

const char *stores_filtered(const struct pane *p)
{
	const struct stores *s = (const struct stores *)p;
	return s->drill.store ? s->drill.grid.filter : s->filter;
}

/* The only question this pane asks. */
enum reaction stores_answer(struct pane *p, const char *text)
{
	struct stores *s = (struct stores *)p;
	const struct zone *zone = text[0] ? zone_get(text, NULL) : s->base.session->zone;
	if (!zone) {
		/* The question stays, with what was typed, and says what is wrong with it. */
		snprintf(s->ask, sizeof(s->ask), _("There is no zone \"%.40s\". Zone ==>"), text);
		pane_ask(&s->base, s->ask, text);
		return REACT_DONE;
	}
	s->zone = zone;
	stores_anew(s);
	return REACT_LOAD;
}

static enum reaction stores_choose_window(struct stores *s, enum action a)
{
	if (a == ACTION_WIDER || a == ACTION_NARROWER) {
		s->window = windows_next(&s->window, a == ACTION_WIDER ? 1 : -1);
	} else if (s->window.days || s->window.months) {
		session_say(s->base.session, ROLE_MESSAGE, "%s", _("Windows of a day or longer do not overlap"));
		return REACT_DONE;
	} else {
		s->share = windows_share(&s->window, s->share);
	}
	stores_anew(s);
	return REACT_LOAD;
}

static enum reaction stores_choose_style(struct stores *s)
{
	static const char *const words[CHART_STYLES] = {N_("Bars of blocks"), N_("Bars of dots, two to a cell"),
							N_("Bars of ASCII characters")};
	struct session *session = s->base.session;
	if (draw_ascii()) {
		session_say(session, ROLE_MESSAGE, "%s", _("This terminal draws ASCII characters only"));
		return REACT_DONE;
	}
	session->charts = (session->charts + 1) % CHART_STYLES;
	session_say(session, ROLE_MESSAGE, "%s", _(words[session->charts]));
	return REACT_DONE;
}

static enum reaction stores_choose_rows(struct stores *s, enum action a)
{
	if (a == ACTION_ORDER)
		s->order = (s->order + 1) % TALLY_ORDERS;
	else if (a == ACTION_REVERSE)
		s->reverse = !s->reverse;
	else
		s->silent_only = !s->silent_only;
	if (a != ACTION_SILENT) /* the command line may have named a column */
		grid_sort(&s->grid, -1, false);
	s->on_silent = false;
	stores_list(s);
	return REACT_DONE;
}

static enum reaction stores_hold(struct stores *s)
{
	struct pane *p = &s->base;
	p->held = !p->held;
	s->held_since = clock_now();
	if (p->held)
		return REACT_DONE;
	stores_anew(s);
	return REACT_LOAD;
}

/* Both, then each alone; a chart is nothing to who does not see it. */
static enum reaction stores_choose_view(struct stores *s)
{
	s->view = (s->view + 1) % VIEW_COUNT;
	if (s->view == VIEW_CHART && s->base.session->accessible)
		s->view++;
	s->on_silent = false;
	stores_numbers_sync(s);
	return REACT_DONE;
}

static enum reaction stores_open(struct stores *s)
{
	int row = grid_row(stores_grid(&s->base));
	if (s->on_silent)
		return stores_choose_rows(s, ACTION_SILENT);
	if (row < 0 || s->view == VIEW_NUMBERS || !s->counted)
		return REACT_DONE;
	if (s->drill.store) {
		session_go(s->base.session, "CIF", s->drill.registrations.list[row].cif);
		return REACT_DONE;
	}
	const struct tally_line *l = stores_line(s, row);
	stores_drill_open(s, l->id ? l->id : "");
	return REACT_LOAD;
}

/* Out of the numbers, out of the store, to all of the stores again; then elsewhere. */
static enum reaction stores_back(struct stores *s)
{
	if (s->view == VIEW_NUMBERS) {
		s->view = VIEW_BOTH;
		return REACT_DONE;
	}
	if (s->drill.store) {
		stores_drill_close(s);
		return REACT_LOAD;
	}
	if (!s->filter && !s->silent_only)
		return REACT_IGNORED;
	s->silent_only = false;
	stores_filter(&s->base, "");
	return REACT_DONE;
}

/* Whoever comes to the end of what was read reads on. */
static enum reaction stores_move(struct stores *s, enum action a)
{
	struct grid *g = stores_grid(&s->base);
	if (s->on_silent && a == ACTION_UP) {
		s->on_silent = false;
		return REACT_DONE;
	}
	if (!grid_act(g, a))
		return REACT_IGNORED;
	return g == &s->drill.grid && stores_drill_more(s) ? REACT_LOAD : REACT_DONE;
}

enum reaction stores_act(struct pane *p, enum action a)
{
	struct stores *s = (struct stores *)p;
	switch (a) {
	case ACTION_OPEN:
		return stores_open(s);
	case ACTION_BACK:
		return stores_back(s);
	case ACTION_VIEW:
		return stores_choose_view(s);
	case ACTION_ORDER:
	case ACTION_REVERSE:
		return s->drill.store ? REACT_IGNORED : stores_choose_rows(s, a);
	case ACTION_SILENT:
		if (!s->drill.store)
			return stores_choose_rows(s, a);
		session_say(p->session, ROLE_WARN, _("%s does nothing on this screen"), keys_word(a));
		return REACT_DONE;
	case ACTION_HOLD:
		return stores_hold(s);
	case ACTION_ZONE:
		pane_ask(p, _("Zone ==>"), zone_name(s->zone));
		return REACT_DONE;
	case ACTION_STYLE:
		return stores_choose_style(s);
	case ACTION_WIDER:
	case ACTION_NARROWER:
	case ACTION_SLIDE:
		return stores_choose_window(s, a);
	case ACTION_REREAD:
		stores_anew(s);
		return REACT_LOAD;
	case ACTION_NEXT_FIELD:
	case ACTION_PREVIOUS_FIELD:
		s->on_silent = !s->on_silent && !s->drill.store && s->counted && s->silent_count;
		return REACT_DONE;
	default:
		return stores_move(s, a);
	}
}
