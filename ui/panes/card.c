#include "config.h"

#include "ui/panes/card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/panes/show.h"
#include "ui/session.h"

void card_done(struct card *c)
{
	answer_done(&c->answer.base);
	answer_done(&c->today.base);
	answer_done(&c->history.base);
	*c = (struct card){0};
}

static int card_compare(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	return strcmp(a->key, b->key);
}

static bool card_read(struct card *c, struct session *s, struct error *err)
{
	struct history_request request = {
		.entity = -1,
		.from = TIME_NONE,
		.to = TIME_NONE,
		.limit = CARD_HISTORY,
	};
	if (!query_lookup(s->query, s->customer, s->as_of, &c->answer, err))
		return false;
	age_set(&s->age, &c->answer.base.freshness, clock_now());
	request.cif = c->answer.cif;
	if (s->as_of != TIME_NONE) {
		request.to = s->as_of + 1;
		if (!query_lookup(s->query, c->answer.cif, TIME_NONE, &c->today, err))
			return false;
		for (int e = 0; e < c->today.entity_count; e++)
			if (c->today.entities[e].count)
				qsort(c->today.entities[e].rows, (size_t)c->today.entities[e].count, sizeof(struct row),
				      card_compare);
	}
	c->loaded = query_history(s->query, &request, &c->history, err);
	return c->loaded;
}

bool card_load(struct card *c, struct session *s, struct error *err)
{
	struct card fresh = {0};
	if (!card_read(&fresh, s, err)) {
		card_done(&fresh);
		return false;
	}
	card_done(c);
	*c = fresh;
	return true;
}

int card_tabs(const struct card *c)
{
	return c->answer.entity_count + 2;
}

const struct entity_rows *card_today(const struct card *c, int index)
{
	for (int e = 0; e < c->today.entity_count; e++)
		if (c->today.entities[e].entity == c->answer.entities[index].entity)
			return &c->today.entities[e];
	return NULL;
}

int card_today_row(const struct entity_rows *today, const char *key)
{
	struct row wanted = {.key = key};
	const struct row *row = today && today->count ? bsearch(&wanted, today->rows, (size_t)today->count,
								sizeof(wanted), card_compare)
						      : NULL;
	return row ? (int)(row - today->rows) : -1;
}

static int card_compare_keys(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

int card_later(const struct card *c, int index, struct arena *a, const char ***keys)
{
	const struct entity_rows *then = &c->answer.entities[index], *today = card_today(c, index);
	int count = 0;
	if (!today)
		return 0;
	const char **there = arena_zero(a, (size_t)then->count + 1, sizeof(*there));
	*keys = arena_zero(a, (size_t)today->count + 1, sizeof(**keys));
	for (int i = 0; i < then->count; i++)
		there[i] = then->rows[i].key;
	qsort(there, (size_t)then->count, sizeof(*there), card_compare_keys);
	for (int i = 0; i < today->count; i++)
		if (!bsearch(&today->rows[i].key, there, (size_t)then->count, sizeof(*there), card_compare_keys))
			(*keys)[count++] = today->rows[i].key;
	return count;
}

const char *card_moment(const struct session *s, char out[FIGURES_SIZE])
{
	/* The end of a day is its last microsecond. */
	bool whole = s->as_of % MINUTE == 0 || (s->as_of + 1) % MINUTE == 0;
	return whole ? figures_minute(s->as_of, s->zone, out) : figures_second(s->as_of, s->zone, out);
}

/* ---- who it is ---- */

/* What became of the store: its id, and its name where there is one. */
static void card_store(struct buffer *out, const struct card *c, const struct session *s)
{
	const struct entity *e = &s->model->entities[s->model->customer];
	struct buffer id = {0};
	if (e->store < 0 || !c->answer.customer || c->answer.customer->values[e->store].kind <= VALUE_NULL)
		return;
	value_print(&id, &e->columns[e->store], c->answer.customer->values[e->store]);
	buffer_format(out, _("store %s"), buffer_text(&id));
	if (c->answer.store_name)
		buffer_format(out, " %s", c->answer.store_name);
	buffer_done(&id);
}

static int card_cells(const struct buffer *b)
{
	return (int)text_width(buffer_text(b), b->len);
}

static void card_name(const struct card *c, const struct session *s, struct area area)
{
	const struct lookup_answer *a = &c->answer;
	struct buffer store = {0}, since = {0};
	const char *name = a->name && a->name[0] ? a->name : a->customer ? _("(no name)") : "";
	char day[FIGURES_SIZE];
	if (a->since != TIME_NONE)
		buffer_format(&since, _("since %s"), figures_date(a->since, s->zone, day));
	/* The name first, up to half of the row; then the store takes what is left. */
	int day_cells = card_cells(&since), name_cells = (int)text_width(name, strlen(name));
	int most = area.w - day_cells - 7 - (name_cells < area.w / 2 ? name_cells : area.w / 2);
	card_store(&store, c, s);
	int store_cells = card_cells(&store);
	if (store_cells > most)
		store_cells = most;
	draw_right(area.y, area.x + area.w - store_cells - 1, store_cells, ROLE_TEXT, buffer_text(&store), store.len);
	int gap = store_cells ? 3 : 0;
	draw_text(area.y, area.x + area.w - store_cells - gap - day_cells - 1, day_cells, ROLE_TEXT,
		  buffer_text(&since), since.len);
	draw_text(area.y, area.x + 1, area.w - store_cells - gap - day_cells - 4, ROLE_NAME, name, strlen(name));
	buffer_done(&store);
	buffer_done(&since);
}

/* ---- the tabs ---- */

void card_tab_key(const struct session *s, int tab, char out[FIGURES_SIZE])
{
	char key[16];
	keys_first(&s->keys, ACTION_GO_TAB, key, sizeof(key));
	snprintf(out, FIGURES_SIZE, "%s%d", key, (tab + 1) % 10);
}

bool card_copied(const struct card *c, int entity)
{
	const struct freshness *f = &c->answer.base.freshness;
	for (int i = 0; i < f->incomplete_count; i++)
		if (f->incomplete[i] == entity)
			return false;
	return true;
}

/* "Products 4"; "4+" where there may be more, "?" where nothing is known. */
static void card_held(struct buffer *out, const struct card *c, const struct session *s, int index)
{
	const struct entity_rows *rows = &c->answer.entities[index];
	const struct entity *e = &s->model->entities[rows->entity];
	char count[FIGURES_SIZE];
	bool whole = card_copied(c, rows->entity) && rows->known != KNOWN_BEFORE_SNAPSHOT;
	buffer_format(out, "%s ", show_entity(e));
	if (!whole && rows->count == 0)
		buffer_char(out, '?');
	else
		buffer_format(out, whole ? "%s" : "%s+", figures_count(rows->count, count));
}

/* The title of a tab and how much stands on it. */
static void card_tab_title(struct buffer *out, const struct card *c, const struct session *s, int tab)
{
	char count[FIGURES_SIZE];
	if (tab == 0) {
		buffer_text_add(out, _("Personal"));
	} else if (tab <= c->answer.entity_count) {
		card_held(out, c, s, tab - 1);
	} else {
		int64_t versions = c->history.reach == TIME_NONE ? c->history.count : CARD_HISTORY;
		buffer_format(out, c->history.reach == TIME_NONE ? _("History %s") : _("History %s+"),
			      figures_count(versions, count));
	}
}

static void card_tab(struct buffer *out, const struct card *c, const struct session *s, int tab)
{
	char key[FIGURES_SIZE];
	card_tab_key(s, tab, key);
	buffer_clear(out);
	buffer_format(out, "%s ", key);
	card_tab_title(out, c, s, tab);
}

/* Cells from the first tab drawn to the end of tab `to`. */
static int card_tabs_width(const struct card *c, const struct session *s, int from, int to)
{
	struct buffer text = {0};
	int cells = 0;
	for (int i = from; i <= to; i++) {
		card_tab(&text, c, s, i);
		cells += card_cells(&text) + (i > from ? 2 : 0);
	}
	buffer_done(&text);
	return cells;
}

/* Those on the left give way to the one that is on; a sign at each end says that there are more. */
static void card_tabs_row(const struct card *c, const struct session *s, struct area area, int on)
{
	struct buffer text = {0};
	int first = 0, last = card_tabs(c) - 1, x = area.x + 1, edge = area.x + area.w - 2;
	while (first < on && card_tabs_width(c, s, first, on) > area.w - 3)
		first++;
	if (first > 0)
		draw_text(area.y, area.x, 1, ROLE_TAB, "<", 1);
	for (int i = first; i <= last; i++) {
		card_tab(&text, c, s, i);
		int cells = card_cells(&text);
		if (x + cells > edge + (i == last) && i > first) {
			draw_text(area.y, area.x + area.w - 1, 1, ROLE_TAB, ">", 1);
			break;
		}
		draw_text(area.y, x, x + cells > edge ? edge - x : cells, i == on ? ROLE_TAB_ON : ROLE_TAB, text.data,
			  text.len);
		if (i < 10) /* a click is `g` and the tab's digit */
			draw_link(area.y, x, cells, (struct draw_link){ACTION_GO_TAB, i + 1});
		x += cells + 2;
	}
	buffer_done(&text);
}

/* "Tab 2 of 4: Products 2; g1 Personal, g3 Assets 2, g4 History 7" */
static void card_tabs_words(const struct card *c, const struct session *s, struct area area, int on)
{
	struct buffer title = {0}, others = {0}, all = {0};
	card_tab_title(&title, c, s, on);
	for (int i = 0; i < card_tabs(c); i++) {
		if (i == on)
			continue;
		card_tab(&all, c, s, i);
		buffer_format(&others, "%s%s", others.len ? ", " : "", buffer_text(&all));
	}
	buffer_clear(&all);
	buffer_format(&all, _("Tab %d of %d: %s; %s"), on + 1, card_tabs(c), buffer_text(&title), buffer_text(&others));
	draw_text(area.y, area.x + 1, area.w - 1, ROLE_TAB, buffer_text(&all), all.len);
	buffer_done(&title);
	buffer_done(&others);
	buffer_done(&all);
}

void card_head(const struct card *c, const struct session *s, struct area area, int on)
{
	card_name(c, s, area);
	area.y++;
	if (s->accessible) {
		card_tabs_words(c, s, area, on);
		return;
	}
	draw_rule(area.y, area.x, area.w, ROLE_RULE);
	card_tabs_row(c, s, area, on);
}

/* ---- what is to be known of it ---- */

static void card_line(struct area *area, enum role role, const char *text)
{
	const char *s = text, *line;
	size_t n = strlen(text), length;
	while (area->h > 0 && draw_wrap(&s, &n, area->w - 2, &line, &length)) {
		draw_text(area->y++, area->x + 1, area->w - 2, role, line, length);
		area->h--;
	}
}

static void card_absent_then(struct buffer *out, const struct card *c, const struct session *s)
{
	const struct lookup_answer *a = &c->answer;
	char moment[FIGURES_SIZE], when[FIGURES_SIZE];
	int64_t since = c->today.since;
	card_moment(s, moment);
	if (a->known == KNOWN_BEFORE_SNAPSHOT)
		buffer_format(out, _("What customer %s was at %s is not known: the replica began later."), a->cif,
			      moment);
	else if (a->known == KNOWN_GAP)
		buffer_format(out, _("No customer %s is known at %s, but that lies in a gap: changes may be missing."),
			      a->cif, moment);
	else if (c->today.customer && since != TIME_NONE && since > s->as_of)
		buffer_format(out, _("Customer %s was not registered yet at %s: registered %s."), a->cif, moment,
			      figures_minute(since, s->zone, when));
	else if (c->today.customer)
		buffer_format(out, _("Customer %s was not there yet at %s."), a->cif, moment);
	else
		buffer_format(out, _("There was no customer %s at %s."), a->cif, moment);
}

static void card_absent_why(struct buffer *out, const struct card *c, const struct session *s)
{
	const struct lookup_answer *a = &c->answer;
	char when[FIGURES_SIZE], moment[FIGURES_SIZE];
	if (a->candidate_count)
		buffer_format(out, _("More than one CIF is %s without its leading zeros: which?"), a->cif);
	else if (a->deleted_at != TIME_NONE && s->as_of != TIME_NONE)
		buffer_format(out, _("At %s customer %s was deleted already: %s."), card_moment(s, moment), a->cif,
			      figures_minute(a->deleted_at, s->zone, when));
	else if (a->deleted_at != TIME_NONE)
		buffer_format(out, _("Customer %s was deleted %s."), a->cif,
			      figures_minute(a->deleted_at, s->zone, when));
	else if (a->known == KNOWN_SNAPSHOT)
		buffer_format(out,
			      _("Customer %s is not copied yet, or does not exist: the first copy is still running."),
			      a->cif);
	else if (s->as_of != TIME_NONE)
		card_absent_then(out, c, s);
	else
		buffer_format(out, _("There is no customer %s."), a->cif);
}

static void card_absent_help(struct buffer *out, const struct card *c, const struct session *s)
{
	char key[FIGURES_SIZE] = "", now[16];
	card_tab_key(s, card_tabs(c) - 1, key);
	keys_first(&s->keys, ACTION_AS_OF, now, sizeof(now));
	if (c->history.count)
		buffer_format(out, _("The history is kept: %s shows it."), key);
	if (c->history.count && s->as_of != TIME_NONE)
		buffer_char(out, ' ');
	if (s->as_of != TIME_NONE)
		buffer_format(out, _("%s goes back to now."), now);
	else if (!c->history.count)
		buffer_text_add(out, _("Type another CIF, or go back and search by name."));
}

int card_absent(const struct card *c, const struct session *s, struct area area)
{
	struct buffer text = {0};
	int rows = area.h;
	area.y++, area.h--;
	card_absent_why(&text, c, s);
	card_line(&area, ROLE_WARN, buffer_text(&text));
	buffer_clear(&text);
	if (!c->answer.candidate_count)
		card_absent_help(&text, c, s);
	card_line(&area, ROLE_TEXT, buffer_text(&text));
	buffer_done(&text);
	return rows - area.h;
}

static enum known card_known(const struct card *c, int tab)
{
	return tab > 0 && tab <= c->answer.entity_count ? c->answer.entities[tab - 1].known : c->answer.known;
}

bool card_caution(const struct card *c, const struct session *s, int tab, struct area area)
{
	char moment[FIGURES_SIZE];
	int y = area.y + area.h - 1, x = area.x + 1;
	if (s->as_of == TIME_NONE)
		return false;
	card_moment(s, moment);
	enum known known = card_known(c, tab);
	if (known == KNOWN_FUTURE) {
		draw_format(y, x, area.w - 1, ROLE_WARN, _("%s is yet to come: this is how it is now"), moment);
		return true;
	}
	x += draw_format(y, x, area.w - 1, ROLE_NOT_CURRENT, _("NOT CURRENT: as of %s"), moment) + 2;
	int w = area.x + area.w - x;
	if (known == KNOWN_GAP)
		draw_format(y, x, w, ROLE_WARN, "%s", _("in a gap: as last known before it"));
	else if (known == KNOWN_BEFORE_SNAPSHOT)
		draw_format(y, x, w, ROLE_WARN, "%s", _("not known: first copied later"));
	else if (c->answer.customer && !c->today.customer && c->today.deleted_at != TIME_NONE)
		draw_format(y, x, w, ROLE_CHANGED, _("deleted since then: %s"),
			    figures_minute(c->today.deleted_at, s->zone, moment));
	else if (!s->accessible)
		draw_format(y, x, w, ROLE_CHANGED, "%s", _("# differs from today"));
	return true;
}
