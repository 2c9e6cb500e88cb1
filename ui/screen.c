#include "config.h"

#include "ui/screen.h"

#include <curses.h>
#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"
#include "base/zone.h"
#include "ui/age.h"
#include "ui/kit/draw.h"
#include "ui/kit/figures.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/prompt.h"
#include "ui/session.h"

enum {
	SCREEN_CIF = 20,   /* cells of the CIF field */
	SCREEN_AGE = 96,   /* bytes */
	SCREEN_CLOCK = 8,  /* cells */
	SCREEN_USER = 16,  /* cells at most */
	SCREEN_PLACE = 36, /* cells of "5 of 214 by Name" at most */
	SCREEN_SAID = 3,   /* rows of a message */
	SCREEN_FULL = 70,  /* cells from which row 1 has room for all of it */
};

static int screen_cells(const char *text)
{
	return (int)text_width(text, strlen(text));
}

/* ---- the panes ---- */

struct pane *screens_top(const struct screens *s)
{
	return s->top;
}

struct pane *screens_show(struct screens *s, struct session *session, const struct pane_ops *ops)
{
	int at = 0;
	while (at < s->count && s->list[at]->ops != ops)
		at++;
	if (at == s->count) {
		assert(s->count < SCREEN_MOST);
		s->list[s->count++] = pane_new(ops, session);
		s->top = s->list[at];
	} else if (s->top != s->list[at]) {
		s->top = s->list[at];
		if (ops->resume)
			ops->resume(s->top);
	}
	return s->top;
}

void screens_done(struct screens *s)
{
	while (s->count)
		pane_free(s->list[--s->count]);
	s->top = NULL;
}

/* ---- the frame ---- */

/* From the right, since what stands there matters most: the age, the clock, the user where there is room. */
static void screen_header(const struct pane *p, const struct session *s)
{
	char age[SCREEN_AGE];
	struct civil c;
	struct buffer place = {0};
	age_words(&s->age, s->now, s->zone, age, sizeof(age));
	zone_civil(s->zone, s->now, &c);
	int width = screen_cells(age);
	int x = COLS - width - 1;
	draw_text(0, x, width, age_role(&s->age, s->now), age, strlen(age));
	/* Past the threshold the word stands in the title too: that is what is read aloud, or photographed. */
	buffer_format(&place, " TELLERDESK > %s%s", p->ops->code, session_aged(s));
	int title = screen_cells(place.data);
	/* The clock is of no use to who cannot see it tick. */
	if (!s->accessible && x - SCREEN_CLOCK - 3 > title) {
		x -= SCREEN_CLOCK + 3;
		draw_format(0, x, SCREEN_CLOCK, ROLE_DIM, "%02d:%02d:%02d", c.hour, c.minute, c.second);
	}
	draw_text(0, 0, title, ROLE_TITLE, place.data, place.len);
	buffer_done(&place);
	int room = x - title - 4;
	int user = s->user ? screen_cells(s->user) : 0;
	if (user > SCREEN_USER)
		user = SCREEN_USER;
	if (user && room >= user)
		draw_text(0, x - user - 2, user, ROLE_TEXT, s->user, strlen(s->user));
}

static int screen_place(struct pane *p)
{
	struct buffer text = {0};
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	if (p->ops->place)
		p->ops->place(p, &text);
	else if (g)
		grid_place(g, &text);
	int cells = screen_cells(buffer_text(&text));
	if (cells > SCREEN_PLACE)
		cells = SCREEN_PLACE;
	draw_text(1, COLS - cells - 1, cells, ROLE_TEXT, buffer_text(&text), text.len);
	buffer_done(&text);
	return cells;
}

static int screen_not_current(const struct session *s, int room)
{
	char when[FIGURES_SIZE];
	struct buffer text = {0};
	buffer_format(&text, _(" AS OF %s NOT CURRENT "), figures_minute(s->as_of, s->zone, when));
	int cells = screen_cells(text.data);
	draw_text(1, room - cells, cells, ROLE_NOT_CURRENT, text.data, text.len);
	buffer_done(&text);
	return room - cells - 1;
}

static int screen_field(struct pane *p, const struct session *s)
{
	int cursor = 0;
	bool then = p->ops->customer && s->as_of != TIME_NONE;
	/* Where there is no room for all of it, the number of the customer comes before that of the row. */
	int room = COLS - (then && COLS < SCREEN_FULL ? 0 : screen_place(p)) - 4;
	if (then)
		room = screen_not_current(s, room);
	if (p->ops->head && !s->cif_focus && !session_typed(s)) {
		struct buffer text = {0};
		p->ops->head(p, &text);
		draw_text(1, 1, room, ROLE_TEXT, buffer_text(&text), text.len);
		buffer_done(&text);
		return 1;
	}
	draw_link(1, 0, room, (struct draw_link){ACTION_CIF, 0});
	int x = draw_format(1, 0, COLS, ROLE_LABEL, " %s ==>", /* xgettext: cell 4 */ _("CIF")) + 1;
	int width = room - x < SCREEN_CIF ? room - x : SCREEN_CIF;
	field_draw(&s->cif, 1, x, width, &cursor);
	return cursor;
}

/* ---- the last row ---- */

static int screen_key(const struct session *s, enum action a, char key[16], const char **label)
{
	keys_first(&s->keys, a, key, 16);
	*label = keys_label(a);
	return key[0] && (*label)[0] ? screen_cells(key) + screen_cells(*label) : 0;
}

/* Those that fit, the more important ones first; drawn in the order of the list, so that each keeps its place. */
static void screen_keys(const struct pane *p, const struct session *s)
{
	static const enum action first[] = {ACTION_HELP,   ACTION_COMMAND, ACTION_HOME,
					    ACTION_SEARCH, ACTION_BACK,    ACTION_NONE};
	static const enum action later[] = {ACTION_PAGE_UP, ACTION_PAGE_DOWN, ACTION_RECENT, ACTION_REREAD,
					    ACTION_NONE};
	const enum action *const lists[] = {first, p->ops->actions, later};
	bool shown[ACTION_COUNT] = {0};
	int room = COLS; /* a blank before each */
	char key[16];
	const char *label;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const enum action *a = lists[i]; a && *a; a++) {
			int cells = screen_key(s, *a, key, &label);
			if (shown[*a] || !cells || cells + 1 > room)
				continue;
			room -= cells + 1;
			shown[*a] = true;
		}
	int x = 1;
	for (int a = 1; a < ACTION_COUNT; a++) {
		if (!shown[a])
			continue;
		int cells = screen_key(s, (enum action)a, key, &label);
		draw_link(LINES - 1, x, cells, (struct draw_link){(enum action)a, 0});
		x += draw_format(LINES - 1, x, COLS - x, ROLE_KEY, "%s", key);
		x += draw_format(LINES - 1, x, COLS - x, ROLE_KEY_LABEL, "%s", label) + 1;
	}
}

/* ---- messages and questions ---- */

/* Ends in row y. One longer than its row takes rows of the pane above: what helps stands at its end. */
static void screen_say(int y, enum role role, const char *message)
{
	const char *text = message, *line;
	size_t n = strlen(text), length;
	int lines = 0;
	while (lines < SCREEN_SAID && draw_wrap(&text, &n, COLS - 2, &line, &length))
		lines++;
	text = message;
	n = strlen(text);
	for (int i = 1; i <= lines && draw_wrap(&text, &n, COLS - 2, &line, &length); i++) {
		draw_fill(y - lines + i, 0, COLS, ROLE_TEXT);
		if (i == SCREEN_SAID) /* with an ellipsis, if there is still more */
			length += n;
		draw_text(y - lines + i, 1, COLS - 2, role, line, length);
	}
}

/* One row of what Tab offers, the one that is taken among it. */
static void screen_choices(const struct prompt *p, int y)
{
	const struct choices *c = &p->choices;
	int first = p->choice > 0 ? p->choice : 0;
	for (int room = COLS - 2 - screen_cells(c->list[first]); first > 0; first--) {
		room -= screen_cells(c->list[first - 1]) + 2;
		if (room < 0)
			break;
	}
	draw_fill(y, 0, COLS, ROLE_TEXT);
	int x = 1;
	for (int i = first; i < c->count && x < COLS - 1; i++)
		x += draw_format(y, x, COLS - 1 - x, i == p->choice ? ROLE_SELECTED : ROLE_LABEL, "%s", c->list[i]) + 2;
	if (x >= COLS - 1)
		draw_format(y, COLS - 4, 3, ROLE_DIM, "...");
}

static int screen_message(const struct pane *p, const struct session *s, const struct prompt *prompt)
{
	int y = LINES - 2, cursor = -1;
	bool asks = prompt->kind != PROMPT_NONE;
	if (asks) {
		int x = 1 + draw_format(y, 1, COLS - 2, ROLE_TITLE, "%s ", prompt->label);
		cursor = x;
		if (prompt->kind != PROMPT_LEAVE)
			field_draw(&prompt->field, y, x, COLS - x - 1, &cursor);
	}
	if (asks && prompt->choices.count)
		screen_choices(prompt, y - 1);
	else if (s->message[0])
		screen_say(asks ? y - 1 : y, s->message_role, s->message);
	else if (!asks && s->standing[0] && p->ops != &lag_pane) /* which says it all */
		screen_say(y, s->standing_role, s->standing);
	return cursor;
}

static void screen_small(void)
{
	draw_format(0, 0, COLS, ROLE_WARN, _("The window is %d x %d."), COLS, LINES);
	draw_format(1, 0, COLS, ROLE_TEXT, _("It needs %d x %d."), LAYOUT_LEAST_COLUMNS, LAYOUT_LEAST_ROWS);
	draw_format(2, 0, COLS, ROLE_TEXT, _("Nothing is lost: make it larger."));
	move(0, 0);
}

/* Where the reader, or who listens, should look. */
static void screen_cursor(struct pane *p, const struct session *s, int field, int prompt)
{
	int y = 1, x = field;
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	if (prompt >= 0) {
		y = LINES - 2;
		x = prompt;
	} else if (!(p->ops->cursor && p->ops->cursor(p, &y, &x)) && !session_typing(s) && g && g->count && g->y >= 0 &&
		   p->ops != &find_pane) {
		y = g->y;
		x = g->x;
	}
	move(y < LINES ? y : LINES - 1, x < COLS ? x : COLS - 1);
}

void screen_draw(const struct screens *screens, const struct session *s, const struct prompt *prompt)
{
	struct pane *p = screens_top(screens);
	draw_erase();
	if (LINES < LAYOUT_LEAST_ROWS || COLS < LAYOUT_LEAST_COLUMNS) {
		screen_small();
		return;
	}
	/* The pane first: it knows its place, "lines 1-19 of 82", only then. */
	p->ops->draw(p, (struct area){3, 0, LINES - 5, COLS});
	screen_header(p, s);
	int field = screen_field(p, s);
	if (!s->accessible)
		draw_rule(2, 0, COLS, ROLE_RULE);
	int at = screen_message(p, s, prompt);
	screen_keys(p, s);
	screen_cursor(p, s, field, at);
}
