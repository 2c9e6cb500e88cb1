/* What a key does. From the inside out: an open question, a tab after g, the fields
 * that take text, the pane's own actions, the actions of every screen. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/moment.h"
#include "model/model.h"
#include "ui/panes/card.h"
#include "ui/console.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/kit/term.h"

#define CONSOLE_LEAVE "Leave tellerdesk? y or Enter: yes, any other key: no"

/* ---- answers of the message row ---- */

bool console_as_of(struct console *c, const char *text)
{
	struct session *s = &c->session;
	struct error err = {0};
	struct pane *p = screens_top(&c->screens);
	int64_t at = TIME_NONE;
	if (text[0] && strcmp(text, "now") != 0 &&
	    !moment_parse(text, s->zone, age_source_now(&s->age, clock_now()), MOMENT_AS_OF, &at, &err)) {
		session_fail(s, &err);
		return false;
	}
	s->as_of = at;
	if (at != TIME_NONE)
		s->as_of_last = at;
	pane_load(p);
	return true;
}

void console_command(struct console *c, const char *line)
{
	char word[32] = "";
	int used = 0;
	line += strspn(line, " :");
	if (sscanf(line, "%31s%n", word, &used) < 1)
		return;
	const char *argument = line + used + strspn(line + used, " ");
	struct session *s = &c->session;
	if (strcasecmp(word, "quit") == 0 || strcasecmp(word, "q") == 0 || strcasecmp(word, "exit") == 0) {
		c->leaving = true;
	} else if (strcasecmp(word, "asof") == 0) {
		if (screens_top(&c->screens)->ops->customer)
			console_as_of(c, argument);
		else
			session_say(s, ROLE_WARN, "ASOF is for a customer's screens: type a CIF first");
	} else if (word[0] >= '0' && word[0] <= '9') {
		console_lookup(c, line);
	} else if (strcasecmp(word, "cif") == 0 && argument[0]) {
		console_lookup(c, argument);
	} else if (strcasecmp(word, "hist") == 0 && argument[0]) {
		console_lookup(c, argument);
		console_go(c, "HIST", NULL);
	} else if (strcasecmp(word, "help") == 0) {
		console_go(c, "HELP", screens_top(&c->screens)->ops->code);
	} else if (!console_go(c, word, argument[0] ? argument : NULL)) {
		session_say(s, ROLE_ERROR, "There is no screen \"%s\": FIND CIF HIST STOR LAG HELP, or asof, quit",
			    word);
	}
}

static void console_find(struct console *c, int step)
{
	struct pane *p = screens_top(&c->screens);
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	if (!g || !c->find[0])
		session_say(&c->session, ROLE_MESSAGE, "Nothing to look for: / asks");
	else if (!grid_find(g, c->find, step))
		session_say(&c->session, ROLE_WARN, "\"%s\" is not in this table", c->find);
	else
		pane_act(p, ACTION_NONE); /* the pane may show more of the selected row */
}

static void console_answer(struct console *c, enum prompt_kind kind)
{
	struct pane *p = screens_top(&c->screens);
	const char *text = c->prompt.field.text;
	switch (kind) {
	case PROMPT_COMMAND:
		console_command(c, text);
		break;
	case PROMPT_AS_OF:
		if (text[0] && !console_as_of(c, text))
			prompt_again(&c->prompt, kind);
		break;
	case PROMPT_FIND:
		snprintf(c->find, sizeof(c->find), "%s", text);
		if (text[0])
			console_find(c, 1);
		break;
	case PROMPT_PANE:
		if (p->ops->answer && p->ops->answer(p, text) == REACT_LOAD)
			pane_load(p);
		break;
	case PROMPT_LEAVE:
		c->leaving = true;
		break;
	case PROMPT_NONE:
		break;
	}
}

/* ---- actions of every screen ---- */

static void console_home(struct console *c)
{
	if (c->screens.count == 1)
		prompt_open(&c->prompt, PROMPT_LEAVE, CONSOLE_LEAVE, NULL);
	else
		console_go(c, "FIND", NULL);
}

static void console_back(struct console *c)
{
	struct session *s = &c->session;
	if (s->cif_focus) {
		s->cif_focus = false;
		return;
	}
	if (!screens_back(&c->screens)) {
		session_say(s, ROLE_MESSAGE, "This is home: F3 leaves");
		return;
	}
	if (!screens_top(&c->screens)->ops->customer)
		s->as_of = TIME_NONE;
	if (s->query)
		pane_load(screens_top(&c->screens));
}

/* The moment of the version selected in HIST, else the one shown last: as short as it can be typed. */
static const char *console_proposed(const struct console *c, char out[MOMENT_SIZE])
{
	const struct session *s = &c->session;
	int64_t at = history_moment(screens_top(&c->screens)), back;
	struct error none = {0};
	if (at == TIME_NONE)
		at = s->as_of_last;
	moment_minute(at, s->zone, out);
	if (out[0] && (!moment_parse(out, s->zone, at, MOMENT_AS_OF, &back, &none) || back != at))
		moment_local(at, s->zone, out);
	return out;
}

static void console_ask_as_of(struct console *c)
{
	struct session *s = &c->session;
	char proposed[MOMENT_SIZE];
	if (!screens_top(&c->screens)->ops->customer)
		session_say(s, ROLE_MESSAGE, "Another moment can be shown of a customer: type a CIF first");
	else if (s->as_of != TIME_NONE)
		console_as_of(c, "");
	else
		prompt_open(&c->prompt, PROMPT_AS_OF, _("As of (2026-11-18 14:00, yesterday, -2d) ==>"),
			    console_proposed(c, proposed));
}

static void console_search(struct console *c)
{
	struct pane *p = screens_top(&c->screens);
	struct grid *g = p->ops->grid && p->ops != &find_pane ? p->ops->grid(p) : NULL;
	if (g && g->count)
		prompt_open(&c->prompt, PROMPT_FIND, "Find ==>", c->find);
	else
		console_go(c, "FIND", "");
}

static bool console_act(struct console *c, enum action a)
{
	switch (a) {
	case ACTION_HELP:
		console_go(c, "HELP", screens_top(&c->screens)->ops->code);
		return true;
	case ACTION_COMMAND:
		prompt_open(&c->prompt, PROMPT_COMMAND, "Command ==>", NULL);
		return true;
	case ACTION_HOME:
		console_home(c);
		return true;
	case ACTION_SEARCH:
		console_search(c);
		return true;
	case ACTION_REREAD:
		pane_load(screens_top(&c->screens));
		return true;
	case ACTION_RECENT:
		console_go(c, "FIND", "recent");
		return true;
	case ACTION_AS_OF:
		console_ask_as_of(c);
		return true;
	case ACTION_BACK:
		console_back(c);
		return true;
	case ACTION_GO_TAB:
		c->tab_pending = screens_top(&c->screens)->ops->customer;
		if (c->tab_pending)
			session_say(&c->session, ROLE_MESSAGE, "Tab 1 to %d?", customer_tabs(screens_top(&c->screens)));
		return true;
	case ACTION_NEXT:
	case ACTION_PREVIOUS:
		console_find(c, a == ACTION_NEXT ? 1 : -1);
		return true;
	case ACTION_CIF:
		c->session.cif_focus = true;
		return true;
	case ACTION_CLEAR:
		field_clear(&c->session.cif);
		return true;
	case ACTION_REPAINT:
		term_repaint();
		return true;
	default:
		return false;
	}
}

/* ---- keys ---- */

static bool console_digit(int key)
{
	return key >= '0' && key <= '9';
}

/* The CIF field takes digits from anywhere, everything once it was chosen, and corrections while it is typed in. */
static bool console_cif(struct console *c, int key)
{
	struct session *s = &c->session;
	bool text = key >= ' ' && key < KEY_TEXT_END && key != ':' && key != '?' && session_cif_letters(s);
	bool typing = s->cif.len && !s->cif.sent;
	if (console_digit(key) || (s->cif_focus && text) ||
	    ((typing || s->cif_focus) && (key == KEY_ERASE || key == KEY_DELETE)) ||
	    (s->cif_focus && (key == KEY_ARROW_LEFT || key == KEY_ARROW_RIGHT)))
		return field_key(&s->cif, key) || text;
	return false;
}

static bool console_tab(struct console *c, int key)
{
	if (!c->tab_pending)
		return false;
	c->tab_pending = false;
	if (!console_digit(key))
		return false;
	int tab = (key == '0' ? 10 : key - '0') - 1;
	int tabs = customer_tabs(screens_top(&c->screens));
	if (tab >= tabs)
		session_say(&c->session, ROLE_WARN, "There are %d tabs", tabs);
	else if (tab == tabs - 1)
		session_go(&c->session, "HIST", NULL);
	else
		session_go_tab(&c->session, tab);
	return true;
}

/* A pane asked for another screen, or for an answer. */
void console_wishes(struct console *c)
{
	struct session *s = &c->session;
	struct pane *p = screens_top(&c->screens);
	if (p->ask) {
		prompt_open(&c->prompt, PROMPT_PANE, p->ask, p->ask_initial);
		if (s->message_role == ROLE_ERROR && s->message[0]) /* the answer before was none: it is there to be mended */
			c->prompt.field.sent = false;
		p->ask = NULL;
	}
	if (!s->go)
		return;
	const char *code = s->go;
	char *argument = s->go_argument;
	s->go = NULL;
	s->go_argument = NULL;
	if (argument && strcmp(code, "CIF") == 0)
		console_lookup(c, argument);
	else
		console_go(c, code, argument);
	s->go_tab = -1;
	free(argument);
}

static void console_press(struct console *c, int key)
{
	struct session *s = &c->session;
	struct pane *p = screens_top(&c->screens);
	if (console_tab(c, key))
		return;
	if (p->ops->type && p->ops->type(p, key) != REACT_IGNORED)
		return;
	if (console_cif(c, key))
		return;
	enum action a = keys_action(&s->keys, key);
	if (a == ACTION_NONE) {
		if (key == 'C' - KEY_CONTROL)
			session_say(s, ROLE_MESSAGE, "F3 goes home and leaves, :quit leaves at once");
		return;
	}
	if (a == ACTION_OPEN && s->cif.len && !s->cif.sent) {
		console_lookup(c, s->cif.text);
		return;
	}
	if (a == ACTION_CLEAR && s->cif.len && !s->cif.sent) {
		field_clear(&c->session.cif);
		return;
	}
	enum reaction r = s->query || p->ops == &help_pane || p->ops == &find_pane ? pane_act(p, a) : REACT_IGNORED;
	if (r == REACT_LOAD)
		pane_load(p);
	else if (r == REACT_IGNORED)
		console_act(c, a);
}

void console_key(struct console *c, int key)
{
	enum prompt_kind kind;
	c->dirty = true;
	if (c->prompt.kind != PROMPT_NONE) {
		enum prompt_result result = prompt_key(&c->prompt, key, &kind);
		if (result == PROMPT_SENT) {
			c->session.message[0] = 0;
			console_answer(c, kind);
		} else if (result == PROMPT_DROPPED && console_digit(key))
			console_press(c, key); /* "no" to leaving, by typing the next CIF */
	} else {
		c->session.message[0] = 0;
		console_press(c, key);
	}
	console_wishes(c);
}

void console_paste(struct console *c, const char *text, size_t n)
{
	struct pane *p = screens_top(&c->screens);
	c->dirty = true;
	if (c->prompt.kind != PROMPT_NONE)
		field_paste(&c->prompt.field, text, n);
	else if (!p->ops->paste || p->ops->paste(p, text, n) == REACT_IGNORED)
		field_paste(&c->session.cif, text, n);
}
