/* What a key does. From the inside out: an open question, a key to be explained, a tab after g, the fields
 * that take text, the pane's own actions, the actions of every screen. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/moment.h"
#include "model/model.h"
#include "ui/panes/card.h"
#include "ui/console.h"
#include "ui/kit/figures.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/kit/term.h"
#include "ui/verbs.h"

/* ---- answers of the message row ---- */

static void keys_found_row(struct console *c, struct pane *p, const struct grid *g)
{
	int at, all = grid_matches(g, &at);
	char this[FIGURES_SIZE], of[FIGURES_SIZE];
	session_say(&c->session, ROLE_MESSAGE, _("Match %s of %s"), figures_count(at, this), figures_count(all, of));
	pane_act(p, ACTION_NONE); /* the pane may show more of the selected row */
}

static void keys_find_step(struct console *c, int step)
{
	struct pane *p = screens_top(&c->screens);
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	char key[16];
	keys_first(&c->session.keys, ACTION_SEARCH, key, sizeof(key));
	if (!g || !c->find[0])
		session_say(&c->session, ROLE_MESSAGE, _("Nothing to look for: %s asks"), key);
	else if (!grid_find(g, c->find, step))
		session_say(&c->session, ROLE_WARN, _("\"%s\" is not in this table"), c->find);
	else
		keys_found_row(c, p, g);
}

void console_find(struct console *c, const char *text)
{
	snprintf(c->find, sizeof(c->find), "%s", text);
	if (text[0])
		keys_find_step(c, 1);
}

static void keys_answer(struct console *c, enum prompt_kind kind, const char *text)
{
	struct pane *p = screens_top(&c->screens);
	switch (kind) {
	case PROMPT_COMMAND:
		verbs_run(c, text);
		break;
	case PROMPT_AS_OF:
		if (text[0])
			console_as_of(c, text);
		break;
	case PROMPT_FIND:
		console_find(c, text);
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

/* An answer that is wrong is not lost: the question stays, with the text in it and the error above. */
static void keys_sent(struct console *c, enum prompt_kind kind)
{
	char text[FIELD_SIZE];
	snprintf(text, sizeof(text), "%s", c->prompt.field.text);
	c->session.message[0] = 0;
	keys_answer(c, kind, text);
	if (c->session.message[0] && c->session.message_role == ROLE_ERROR && kind != PROMPT_LEAVE &&
	    c->prompt.kind == PROMPT_NONE)
		prompt_again(&c->prompt, kind);
}

/* ---- actions of every screen ---- */

/* At home a search or a list is put away first: back brings it again. */
static void keys_home(struct console *c)
{
	struct buffer mark = {0};
	struct pane *p = screens_top(&c->screens);
	if (p->ops == &find_pane)
		p->ops->mark(p, &mark);
	bool home = p->ops == &find_pane && mark.len == 0;
	buffer_done(&mark);
	if (home)
		prompt_open(&c->prompt, PROMPT_LEAVE, _("Leave tellerdesk? y or Enter: yes, any other key: no"), NULL);
	else
		console_go(c, find_pane.code, NULL);
}

/* The first one leaves the field, and what was typed stays in it. */
static bool keys_leave_field(struct console *c)
{
	struct session *s = &c->session;
	if (!session_typing(s))
		return false;
	s->cif_focus = false;
	s->cif_left = session_typed(s);
	if (s->cif_left)
		session_say(s, ROLE_MESSAGE, _("What was typed stays: the next digit goes on with it"));
	return true;
}

static void keys_step(struct console *c, bool forward)
{
	char key[16];
	keys_first(&c->session.keys, ACTION_HOME, key, sizeof(key));
	console_unwant(c);
	if (console_step(c, forward))
		return;
	if (forward)
		session_say(&c->session, ROLE_MESSAGE, _("This is the last one that was seen"));
	else
		session_say(&c->session, ROLE_MESSAGE, _("This is where it began: %s leaves"), key);
}

/* The moment of the version selected in HIST, else the one shown last: as short as it can be typed. */
static const char *keys_moment(const struct console *c, char out[MOMENT_SIZE])
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

static void keys_as_of(struct console *c)
{
	struct session *s = &c->session;
	char proposed[MOMENT_SIZE];
	const char *at;
	if (!screens_top(&c->screens)->ops->customer)
		session_say(s, ROLE_MESSAGE, _("Another moment can be shown of a customer: type a CIF first"));
	else if (s->as_of != TIME_NONE)
		console_as_of(c, "");
	else if ((at = keys_moment(c, proposed))[0]) /* one that is proposed shows how it is written */
		prompt_open(&c->prompt, PROMPT_AS_OF, _("As of (yesterday, -2d) ==>"), at);
	else
		prompt_open(&c->prompt, PROMPT_AS_OF, _("As of (2026-11-18 14:00, yesterday, -2d) ==>"), NULL);
}

static void keys_search(struct console *c)
{
	struct pane *p = screens_top(&c->screens);
	struct grid *g = p->ops->grid && p->ops != &find_pane ? p->ops->grid(p) : NULL;
	if (g && g->count)
		prompt_open(&c->prompt, PROMPT_FIND, _("Find ==>"), c->find);
	else if (p->ops == &find_pane)
		p->ops->start(p, "");
	else
		console_go(c, find_pane.code, "");
}

static void keys_help(struct console *c)
{
	struct pane *p = screens_top(&c->screens);
	if (p->ops != &help_pane) {
		console_go(c, help_pane.code, p->ops->code);
		return;
	}
	c->explain_pending = true;
	session_say(&c->session, ROLE_MESSAGE, _("Press a key: what it does is said here"));
}

static void keys_tab_asked(struct console *c)
{
	struct pane *p = screens_top(&c->screens);
	c->tab_pending = p->ops->customer && p->session->query;
	if (c->tab_pending)
		session_say(&c->session, ROLE_MESSAGE, _("Tab 1 to %d?"), customer_tabs(p));
}

static void keys_everywhere(struct console *c, enum action a)
{
	switch (a) {
	case ACTION_HELP:
		keys_help(c);
		break;
	case ACTION_COMMAND:
		prompt_open(&c->prompt, PROMPT_COMMAND, _("Command ==>"), NULL);
		break;
	case ACTION_HOME:
		keys_home(c);
		break;
	case ACTION_SEARCH:
		keys_search(c);
		break;
	case ACTION_REREAD:
		pane_load(screens_top(&c->screens));
		break;
	case ACTION_RECENT:
		console_go(c, find_pane.code, "recent");
		break;
	case ACTION_AS_OF:
		keys_as_of(c);
		break;
	case ACTION_BACK:
	case ACTION_FORWARD:
		keys_step(c, a == ACTION_FORWARD);
		break;
	case ACTION_GO_TAB:
		keys_tab_asked(c);
		break;
	case ACTION_NEXT:
	case ACTION_PREVIOUS:
		keys_find_step(c, a == ACTION_NEXT ? 1 : -1);
		break;
	case ACTION_CIF:
		c->session.cif_focus = true;
		c->session.cif_left = false;
		break;
	case ACTION_CLEAR:
		field_clear(&c->session.cif);
		break;
	case ACTION_MORE:
		more_open(c);
		break;
	case ACTION_FILTER:
		more_filter(c, NULL);
		break;
	case ACTION_COPY:
		more_copy(c, COPY_CELL);
		break;
	case ACTION_REPAINT:
		term_repaint();
		break;
	default:
		break;
	}
}

void console_do(struct console *c, enum action a)
{
	struct session *s = &c->session;
	struct pane *p = screens_top(&c->screens);
	if (a == ACTION_OPEN && session_typing(s) && s->cif.len && !s->cif.sent) {
		console_lookup(c, s->cif.text);
		console_paint(c); /* of several typed at once each is seen */
		return;
	}
	if (a == ACTION_CLEAR && session_typed(s)) {
		field_clear(&s->cif);
		return;
	}
	if (a == ACTION_BACK && keys_leave_field(c))
		return;
	/* Without a replica only what needs none acts. */
	bool able = s->query || p->ops == &help_pane || p->ops == &find_pane;
	enum reaction r = able ? pane_act(p, a) : REACT_IGNORED;
	if (r == REACT_LOAD)
		pane_load(p);
	else if (r == REACT_IGNORED)
		keys_everywhere(c, a);
}

/* ---- keys ---- */

static bool keys_digit(int key)
{
	return key >= '0' && key <= '9';
}

/* The CIF field takes digits from anywhere, everything once it was chosen, and corrections while it is typed in. */
static bool keys_cif(struct console *c, int key)
{
	struct session *s = &c->session;
	bool text = key >= ' ' && key < KEY_TEXT_END && key != ':' && key != '?' && session_cif_letters(s);
	bool corrects = key == KEY_ERASE || key == KEY_DELETE;
	bool moves = key == KEY_ARROW_LEFT || key == KEY_ARROW_RIGHT;
	if (!keys_digit(key) && !(s->cif_focus && (text || corrects || moves)) && !(session_typed(s) && corrects))
		return false;
	s->cif_left = false;
	return field_key(&s->cif, key) || text;
}

static bool keys_tab(struct console *c, int key)
{
	if (!c->tab_pending)
		return false;
	c->tab_pending = false;
	if (!keys_digit(key))
		return false;
	int tab = (key == '0' ? 10 : key - '0') - 1;
	int tabs = customer_tabs(screens_top(&c->screens));
	if (tab >= tabs)
		session_say(&c->session, ROLE_WARN, P_("There is %d tab", "There are %d tabs", tabs), tabs);
	else if (tab == tabs - 1)
		session_go(&c->session, history_pane.code, NULL);
	else
		session_go_tab(&c->session, tab);
	return true;
}

void console_explain(struct console *c, int key)
{
	struct session *s = &c->session;
	enum action a = keys_action(&s->keys, key);
	char name[16], tab[16], all[128];
	keys_name(key, name, sizeof(name));
	keys_first(&s->keys, ACTION_GO_TAB, tab, sizeof(tab));
	if (keys_digit(key)) {
		session_say(s, ROLE_MESSAGE,
			    _("%s: the next CIF begins; Enter shows it. After %s: that tab of the customer"), name,
			    tab);
	} else if (a == ACTION_NONE) {
		session_say(s, ROLE_MESSAGE, _("%s does nothing"), name);
	} else {
		keys_list(&s->keys, a, all, sizeof(all));
		session_say(s, ROLE_MESSAGE, _("%s: %s. Its keys: %s; in the configuration: %s"), name, keys_about(a),
			    all, keys_word(a));
	}
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
	if (argument && strcmp(code, customer_pane.code) == 0)
		console_lookup(c, argument);
	else
		console_go(c, code, argument);
	s->go_tab = -1;
	s->go_as_of = TIME_NONE;
	free(argument);
}

static void keys_press(struct console *c, int key)
{
	struct session *s = &c->session;
	struct pane *p = screens_top(&c->screens);
	if (c->explain_pending) {
		c->explain_pending = false;
		console_explain(c, key);
		return;
	}
	if (keys_tab(c, key))
		return;
	if (p->ops->type && p->ops->type(p, key) != REACT_IGNORED)
		return;
	if (keys_cif(c, key))
		return;
	enum action a = keys_action(&s->keys, key);
	if (a != ACTION_NONE) {
		console_do(c, a);
	} else if (key == 'C' - KEY_CONTROL) {
		char home[16];
		keys_first(&s->keys, ACTION_HOME, home, sizeof(home));
		session_say(s, ROLE_MESSAGE, _("%s goes home and leaves, :quit leaves at once"), home);
	}
}

static void keys_prompt(struct console *c, int key)
{
	enum prompt_kind kind;
	struct choices choices = {0};
	switch (prompt_key(&c->prompt, key, &kind)) {
	case PROMPT_CHOICES:
		verbs_choices(c, c->prompt.field.text, c->prompt.field.cursor, &choices);
		prompt_offer(&c->prompt, &choices);
		choices_done(&choices);
		break;
	case PROMPT_SENT:
		keys_sent(c, kind);
		break;
	case PROMPT_DROPPED:
		c->session.message[0] = 0;
		if (keys_digit(key))
			keys_press(c, key); /* "no" to leaving, by typing the next CIF */
		break;
	case PROMPT_OPEN:
		c->session.message[0] = 0;
		break;
	}
}

void console_key(struct console *c, int key)
{
	c->dirty = true;
	if (c->prompt.kind != PROMPT_NONE) {
		keys_prompt(c, key);
	} else if (!more_key(c, key)) {
		c->session.message[0] = 0;
		keys_press(c, key);
	}
	console_wishes(c);
}

void console_paste(struct console *c, const char *text, size_t n)
{
	struct pane *p = screens_top(&c->screens);
	c->dirty = true;
	if (c->prompt.kind == PROMPT_LEAVE)
		c->prompt.kind = PROMPT_NONE;
	if (c->prompt.kind != PROMPT_NONE)
		field_paste(&c->prompt.field, text, n);
	else if (more_paste(c, text, n))
		return;
	else if (!p->ops->paste || p->ops->paste(p, text, n) == REACT_IGNORED)
		field_paste(&c->session.cif, text, n);
}
