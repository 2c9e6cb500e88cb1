#include "config.h"

#include "ui/screen.h"

#include <curses.h>
#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/moment.h"
#include "base/text.h"
#include "base/zone.h"
#include "ui/age.h"
#include "ui/kit/draw.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/prompt.h"
#include "ui/session.h"

enum { SCREEN_CIF = 20 /* cells of the CIF field */, SCREEN_AGE = 64, SCREEN_SAID = 3 /* rows of a message */, SCREEN_FULL = 70 };

/* ---- the stack ---- */

struct pane *screens_top(const struct screens *s)
{
	return s->count ? s->list[s->count - 1] : NULL;
}

static void screens_pop(struct screens *s)
{
	pane_free(s->list[--s->count]);
}

struct pane *screens_open(struct screens *s, struct session *session, const struct pane_ops *ops, const char *argument)
{
	int at = 0;
	while (at < s->count && s->list[at]->ops != ops)
		at++;
	bool there = at < s->count;
	while (there && s->count > at + 1)
		screens_pop(s);
	if (!there) {
		assert(s->count < SCREEN_MOST);
		s->list[s->count++] = pane_new(ops, session);
	}
	struct pane *p = screens_top(s);
	if (there && ops->resume)
		ops->resume(p);
	if (ops->start)
		ops->start(p, argument);
	return p;
}

bool screens_back(struct screens *s)
{
	if (s->count <= 1)
		return false;
	screens_pop(s);
	struct pane *p = screens_top(s);
	if (p->ops->resume)
		p->ops->resume(p);
	return true;
}

void screens_done(struct screens *s)
{
	while (s->count)
		screens_pop(s);
}

/* ---- the frame ---- */

static void screen_header(const struct pane *p, const struct session *s, int64_t now)
{
	char age[SCREEN_AGE];
	struct civil c;
	struct buffer place = {0};
	age_words(&s->age, now, s->zone, age, sizeof(age));
	zone_civil(s->zone, now, &c);
	int width = (int)strlen(age);
	int x = COLS - width - 1;
	draw_text(0, x, width, age_role(&s->age, now), age, (size_t)width);
	if (!s->accessible) { /* the clock is of no use to who cannot see it tick */
		x -= 11;
		draw_format(0, x, 8, ROLE_DIM, "%02d:%02d:%02d", c.hour, c.minute, c.second);
	}
	/* Past the threshold the word stands in the title too: that is what is read aloud, or photographed. */
	buffer_format(&place, " TELLERDESK > %s%s", p->ops->code, age_mark(&s->age, now));
	int title = (int)place.len;
	draw_text(0, 0, title, ROLE_TITLE, place.data, place.len);
	buffer_done(&place);
	int room = x - title - 4;
	int user = s->user ? (int)text_width(s->user, strlen(s->user)) : 0;
	if (user > 16)
		user = 16;
	if (user && room >= user)
		draw_text(0, x - user - 2, user, ROLE_TEXT, s->user, strlen(s->user));
}

static int screen_place(struct pane *p)
{
	struct buffer text = {0};
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	if (p->ops->place)
		p->ops->place(p, &text);
	else if (g && g->count)
		buffer_format(&text, "%d of %d", g->selected + 1, g->count);
	int cells = (int)text.len;
	if (cells > 24)
		cells = 24;
	draw_text(1, COLS - cells - 1, cells, ROLE_TEXT, buffer_text(&text), text.len);
	buffer_done(&text);
	return cells;
}

static int screen_field(struct pane *p, const struct session *s)
{
	int cursor = 0;
	bool then = p->ops->customer && s->as_of != TIME_NONE;
	/* Where there is no room for all of it, the number of the customer comes before that of the row. */
	int room = COLS - (then && COLS < SCREEN_FULL ? 0 : screen_place(p)) - 4;
	bool typing = s->cif_focus || (s->cif.len && !s->cif.sent);
	if (then) {
		char when[MOMENT_SIZE];
		struct buffer text = {0};
		buffer_format(&text, " AS OF %s NOT CURRENT ", moment_minute(s->as_of, s->zone, when));
		draw_text(1, room - (int)text.len, (int)text.len, ROLE_NOT_CURRENT, text.data, text.len);
		room -= (int)text.len + 1;
		buffer_done(&text);
	}
	if (p->ops->head && !typing) {
		struct buffer text = {0};
		p->ops->head(p, &text);
		draw_text(1, 1, room, ROLE_TEXT, buffer_text(&text), text.len);
		buffer_done(&text);
		return 1;
	}
	draw_text(1, 0, 8, ROLE_LABEL, " CIF ==>", 8);
	int width = room - 9 < SCREEN_CIF ? room - 9 : SCREEN_CIF;
	field_draw(&s->cif, 1, 9, width, &cursor);
	return cursor;
}

/* ---- the last row ---- */

static void screen_key(const struct session *s, enum action a, struct buffer *key, const char **label)
{
	char name[16];
	keys_first(&s->keys, a, name, sizeof(name));
	buffer_clear(key);
	buffer_text_add(key, name);
	*label = keys_label(a);
}

static int screen_key_width(const struct session *s, enum action a)
{
	struct buffer key = {0};
	const char *label;
	screen_key(s, a, &key, &label);
	int cells = key.len ? (int)text_width(key.data, key.len) + (int)strlen(label) + 1 : 0;
	buffer_done(&key);
	return cells;
}

static bool screen_key_fits(const struct session *s, enum action a, bool *shown, int *room)
{
	int cells = screen_key_width(s, a);
	if (shown[a] || !cells || !keys_label(a)[0] || cells > *room)
		return false;
	*room -= cells;
	return shown[a] = true;
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
	int room = COLS - 1;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const enum action *a = lists[i]; a && *a; a++)
			screen_key_fits(s, *a, shown, &room);
	int x = 1;
	struct buffer key = {0};
	for (int a = 1; a < ACTION_COUNT; a++) {
		const char *label;
		if (!shown[a])
			continue;
		screen_key(s, (enum action)a, &key, &label);
		x += draw_format(LINES - 1, x, COLS - x, ROLE_KEY, "%s", buffer_text(&key));
		x += draw_format(LINES - 1, x, COLS - x, ROLE_KEY_LABEL, "%s", label) + 1;
	}
	buffer_done(&key);
}

/* A message longer than its row takes rows of the pane above: what helps stands at its end. */
static void screen_say(const struct session *s, int y)
{
	const char *text = s->message, *line;
	size_t n = strlen(text), length;
	int lines = 0;
	while (lines < SCREEN_SAID && draw_wrap(&text, &n, COLS - 2, &line, &length))
		lines++;
	text = s->message;
	n = strlen(text);
	for (int i = 1; i <= lines && draw_wrap(&text, &n, COLS - 2, &line, &length); i++) {
		if (lines > 1 || y != LINES - 2)
			draw_fill(y - lines + i, 0, COLS, ROLE_TEXT);
		if (i == SCREEN_SAID) /* with an ellipsis, if there is still more */
			length += n;
		draw_text(y - lines + i, 1, COLS - 2, s->message_role, line, length);
	}
}

static int screen_message(const struct session *s, const struct prompt *prompt)
{
	int y = LINES - 2, cursor = -1;
	if (prompt->kind != PROMPT_NONE) {
		int x = 1 + draw_format(y, 1, COLS - 2, ROLE_TITLE, "%s ", prompt->label);
		cursor = x;
		if (prompt->kind != PROMPT_LEAVE)
			field_draw(&prompt->field, y, x, COLS - x - 1, &cursor);
		if (s->message[0] && s->message_role == ROLE_ERROR) /* what was typed is no answer: why, above it */
			screen_say(s, y - 1);
	} else if (s->message[0]) {
		screen_say(s, y);
	}
	return cursor;
}

static void screen_small(void)
{
	draw_format(0, 0, COLS, ROLE_WARN, "The window is %d x %d.", COLS, LINES);
	draw_format(1, 0, COLS, ROLE_TEXT, "It needs %d x %d.", SCREEN_COLUMNS, SCREEN_ROWS);
	draw_format(2, 0, COLS, ROLE_TEXT, "Nothing is lost: make it larger.");
	move(0, 0);
}

/* Where the reader, or who listens, should look. */
static void screen_cursor(struct pane *p, const struct session *s, int field, int prompt)
{
	int y = 1, x = field;
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	bool typing = s->cif_focus || (s->cif.len && !s->cif.sent);
	if (prompt >= 0) {
		y = LINES - 2;
		x = prompt;
	} else if (!(p->ops->cursor && p->ops->cursor(p, &y, &x)) && !typing && g && g->count && g->y >= 0 &&
		   p->ops != &find_pane) {
		y = g->y;
		x = g->x;
	}
	move(y < LINES ? y : LINES - 1, x < COLS ? x : COLS - 1);
}

void screen_draw(const struct screens *screens, const struct session *s, const struct prompt *prompt, int64_t now)
{
	struct pane *p = screens_top(screens);
	draw_erase();
	if (LINES < SCREEN_ROWS || COLS < SCREEN_COLUMNS) {
		screen_small();
		return;
	}
	screen_header(p, s, now);
	int field = screen_field(p, s);
	if (!s->accessible)
		draw_rule(2, 0, COLS, ROLE_RULE);
	p->ops->draw(p, (struct area){3, 0, LINES - 5, COLS});
	int at = screen_message(s, prompt);
	screen_keys(p, s);
	screen_cursor(p, s, field, at);
}
