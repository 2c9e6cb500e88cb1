#include "config.h"

#include "ui/panes/card.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/zone.h"
#include "model/model.h"
#include "ui/session.h"
#include "ui/panes/show.h"

void card_done(struct card *c)
{
	answer_done(&c->answer.base);
	answer_done(&c->today.base);
	answer_done(&c->history.base);
	*c = (struct card){0};
}

bool card_load(struct card *c, struct session *s, struct error *err)
{
	struct history_request request = {
		.cif = s->customer,
		.entity = -1,
		.from = TIME_NONE,
		.to = TIME_NONE,
		.limit = CARD_HISTORY + 1,
	};
	if (!query_lookup(s->query, s->customer, s->as_of, &c->answer, err))
		return false;
	age_set(&s->age, &c->answer.base.freshness, clock_now());
	request.cif = c->answer.cif;
	if (s->as_of != TIME_NONE) {
		request.to = s->as_of + 1;
		if (!query_lookup(s->query, c->answer.cif, TIME_NONE, &c->today, err))
			return false;
	}
	c->loaded = query_history(s->query, &request, &c->history, err);
	return c->loaded;
}

int card_tabs(const struct card *c)
{
	return c->answer.entity_count + 2;
}

const struct row *card_today_row(const struct card *c, int index, const char *key)
{
	for (int e = 0; e < c->today.entity_count; e++) {
		if (c->today.entities[e].entity != c->answer.entities[index].entity)
			continue;
		for (int r = 0; r < c->today.entities[e].count; r++)
			if (strcmp(c->today.entities[e].rows[r].key, key) == 0)
				return &c->today.entities[e].rows[r];
	}
	return NULL;
}

/* What became of the store: its id, and its name where there is one. */
static void card_store(struct buffer *out, const struct card *c, const struct session *s)
{
	const struct entity *e = &s->model->entities[s->model->customer];
	if (e->store < 0 || !c->answer.customer || c->answer.customer->values[e->store].kind <= VALUE_NULL)
		return;
	buffer_text_add(out, "store ");
	value_print(out, &e->columns[e->store], c->answer.customer->values[e->store]);
	if (c->answer.store_name)
		buffer_format(out, " %s", c->answer.store_name);
}

static void card_name(const struct card *c, const struct session *s, struct area area)
{
	const struct lookup_answer *a = &c->answer;
	struct buffer text = {0};
	const char *name = a->name && a->name[0] ? a->name : a->customer ? "(no name)" : "";
	char day[32] = "";
	if (a->since != TIME_NONE) {
		struct civil civil;
		zone_civil(s->zone, a->since, &civil);
		snprintf(day, sizeof(day), "since %04d-%02d-%02d", civil.year, civil.month, civil.day);
	}
	int since = area.w >= 60 ? (int)strlen(day) : 0;
	/* The name first, up to half of the row; then the store takes what is left. */
	int name_cells = (int)text_width(name, strlen(name));
	int most = area.w - since - 7 - (name_cells < area.w / 2 ? name_cells : area.w / 2);
	card_store(&text, c, s);
	int store = (int)text_width(buffer_text(&text), text.len);
	if (store > most)
		store = most;
	draw_right(area.y, area.x + area.w - store - 1, store, ROLE_TEXT, buffer_text(&text), text.len);
	int name_width = area.w - store - since - 6;
	draw_text(area.y, area.x + area.w - store - since - 4, since, ROLE_TEXT, day, strlen(day));
	draw_text(area.y, area.x + 1, name_width, ROLE_NAME, name, strlen(name));
	buffer_done(&text);
}

/* A click on the cells from *from to x is `g` and the tab's digit. */
static void card_tab_link(int y, int *from, int x, int tab)
{
	if (tab <= 10)
		draw_link(y, *from, x - *from, (struct draw_link){ACTION_GO_TAB, tab});
	*from = x;
}

static int card_tab(struct buffer *text, int y, int x, int edge, bool on)
{
	int cells = (int)text_width(buffer_text(text), text->len);
	if (cells > edge - x)
		cells = edge - x;
	if (cells > 0)
		draw_text(y, x, cells, on ? ROLE_TAB_ON : ROLE_TAB, buffer_text(text), text->len);
	buffer_clear(text);
	return x + (cells > 0 ? cells + 2 : 0);
}

void card_head(const struct card *c, const struct session *s, struct area area, int on)
{
	struct buffer text = {0};
	card_name(c, s, area);
	if (!s->accessible)
		draw_rule(area.y + 1, area.x, area.w, ROLE_RULE);
	char key[16];
	keys_first(&s->keys, ACTION_GO_TAB, key, sizeof(key));
	int edge = area.x + area.w, x = area.x + 1, from = x;
	buffer_format(&text, "%s1 Personal", key);
	x = card_tab(&text, area.y + 1, x, edge, on == 0);
	card_tab_link(area.y + 1, &from, x, 1);
	for (int i = 0; i < c->answer.entity_count; i++) {
		const struct entity *e = &s->model->entities[c->answer.entities[i].entity];
		buffer_format(&text, "%s%d %s %d", key, i + 2, e->title ? e->title : e->name,
			      c->answer.entities[i].count);
		x = card_tab(&text, area.y + 1, x, edge, on == i + 1);
		card_tab_link(area.y + 1, &from, x, i + 2);
	}
	int versions = c->history.count > CARD_HISTORY ? CARD_HISTORY : c->history.count;
	buffer_format(&text, "%s%d History %d%s", key, card_tabs(c), versions,
		      c->history.count > CARD_HISTORY ? "+" : "");
	x = card_tab(&text, area.y + 1, x, edge, on == card_tabs(c) - 1);
	card_tab_link(area.y + 1, &from, x, card_tabs(c));
	buffer_done(&text);
}

static void card_line(struct area *area, enum role role, const char *text)
{
	const char *s = text, *line;
	size_t n = strlen(text), length;
	while (area->h > 0 && draw_wrap(&s, &n, area->w - 2, &line, &length)) {
		draw_text(area->y++, area->x + 1, area->w - 2, role, line, length);
		area->h--;
	}
}

void card_absent(const struct card *c, const struct session *s, struct area area)
{
	const struct lookup_answer *a = &c->answer;
	char when[MOMENT_SIZE];
	struct buffer text = {0};
	area.y++, area.h--;
	if (a->candidate_count)
		buffer_format(&text, "More than one CIF is %s without its leading zeros: which?", a->cif);
	else if (a->deleted_at != TIME_NONE)
		buffer_format(&text, "Customer %s was deleted %s.", a->cif,
			      moment_minute(a->deleted_at, s->zone, when));
	else if (a->known == KNOWN_SNAPSHOT)
		buffer_format(&text,
			      "Customer %s is not copied yet, or does not exist: the first copy is still running.",
			      a->cif);
	else if (a->known == KNOWN_BEFORE_SNAPSHOT)
		buffer_format(&text, "What customer %s was at that time is not known: the replica began later.",
			      a->cif);
	else if (s->as_of != TIME_NONE)
		buffer_format(&text, "There was no customer %s at that time.", a->cif);
	else
		buffer_format(&text, "There is no customer %s.", a->cif);
	card_line(&area, ROLE_WARN, buffer_text(&text));
	buffer_clear(&text);
	if (!a->candidate_count && c->history.count) {
		char key[16];
		keys_first(&s->keys, ACTION_GO_TAB, key, sizeof(key));
		buffer_format(&text, "The history is kept: %s%d shows it.", key, card_tabs(c));
		card_line(&area, ROLE_TEXT, buffer_text(&text));
	} else if (!a->candidate_count) {
		char key[16];
		keys_first(&s->keys, ACTION_AS_OF, key, sizeof(key));
		buffer_format(&text,
			      s->as_of != TIME_NONE ? "%s goes back to now."
						    : "Type another CIF, or go back and search by name.",
			      key);
		card_line(&area, ROLE_TEXT, buffer_text(&text));
	}
	buffer_done(&text);
}
