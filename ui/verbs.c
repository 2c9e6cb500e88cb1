#include "config.h"

#include "ui/verbs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/text.h"
#include "base/zone.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/console.h"
#include "ui/kit/grid.h"
#include "ui/kit/term.h"
#include "ui/more.h"
#include "ui/pane.h"
#include "ui/panes/card.h"
#include "ui/panes/windows.h"

enum { VERB_WORD = 32 };

/* ---- screens ---- */

static void verb_find(struct console *c, const char *argument)
{
	console_go(c, find_pane.code, argument);
}

static void verb_recent(struct console *c, const char *argument)
{
	(void)argument;
	console_do(c, ACTION_RECENT);
}

static void verb_cif(struct console *c, const char *argument)
{
	if (argument[0])
		console_lookup(c, argument);
	else
		console_go(c, customer_pane.code, NULL);
}

static void verb_hist(struct console *c, const char *argument)
{
	if (argument[0])
		console_lookup(c, argument);
	if (c->session.query)
		console_go(c, history_pane.code, NULL);
}

static void verb_as_of(struct console *c, const char *argument)
{
	if (!screens_top(&c->screens)->ops->customer)
		session_say(&c->session, ROLE_ERROR, _("Another moment can be shown of a customer: type a CIF first"));
	else if (argument[0])
		console_as_of(c, argument);
	else
		console_do(c, ACTION_AS_OF);
}

static void verb_stores(struct console *c, const char *argument)
{
	console_go(c, stores_pane.code, argument[0] ? argument : NULL);
}

/* Of stor what is no window is a store; here it is a mistake. */
static void verb_window(struct console *c, const char *argument)
{
	struct duration window;
	struct error err = {0};
	int share;
	if (windows_parse(argument, &window, &share, &err) == WINDOWS_NONE)
		session_say(&c->session, ROLE_ERROR, _("\"%s\" is no window: 15m, 1h, 1d or 15m/5m are"), argument);
	else
		verb_stores(c, argument);
}

static void verb_lag(struct console *c, const char *argument)
{
	(void)argument;
	console_go(c, lag_pane.code, NULL);
}

static void verb_home(struct console *c, const char *argument)
{
	(void)argument;
	console_go(c, find_pane.code, NULL);
}

static void verb_back(struct console *c, const char *argument)
{
	(void)argument;
	console_do(c, ACTION_BACK);
}

static void verb_forward(struct console *c, const char *argument)
{
	(void)argument;
	console_do(c, ACTION_FORWARD);
}

/* ---- help ---- */

static const struct verb *verb_named(const char *word, size_t n)
{
	for (const struct verb *v = verbs_table; v->word; v++)
		if ((strlen(v->word) == n && strncasecmp(v->word, word, n) == 0) ||
		    (v->also && strlen(v->also) == n && strncasecmp(v->also, word, n) == 0))
			return v;
	return NULL;
}

static bool verb_is_code(const char *word)
{
	for (const struct pane_ops *const *o = pane_table; *o; o++)
		if (strcasecmp((*o)->code, word) == 0)
			return true;
	return false;
}

static void verb_help_action(struct console *c, enum action a)
{
	char keys[128];
	keys_list(&c->session.keys, a, keys, sizeof(keys));
	if (keys[0])
		session_say(&c->session, ROLE_MESSAGE, _("%s: %s. Its keys: %s"), keys_word(a), keys_about(a), keys);
	else
		session_say(&c->session, ROLE_MESSAGE, _("%s: %s. It has no key"), keys_word(a), keys_about(a));
}

/* A screen, a key, a word of the command line, an action of [keys]. */
static void verb_help(struct console *c, const char *argument)
{
	const struct verb *v = verb_named(argument, strlen(argument));
	int key = keys_parse(argument, strlen(argument));
	if (!argument[0] || verb_is_code(argument))
		console_go(c, help_pane.code, argument[0] ? argument : screens_top(&c->screens)->ops->code);
	else if (key)
		console_explain(c, key);
	else if (v)
		session_say(&c->session, ROLE_MESSAGE, v->argument[0] ? _("%s %s: %s") : _("%s%s: %s"), v->word,
			    verbs_argument(v), _(v->about));
	else if (keys_find(argument))
		verb_help_action(c, keys_find(argument));
	else
		session_say(&c->session, ROLE_ERROR,
			    _("\"%s\" is no screen, no key and no command: FIND, F9 or stor are"), argument);
}

static void verb_keys(struct console *c, const char *argument)
{
	(void)argument;
	console_go(c, help_pane.code, "keys");
}

/* ---- looks ---- */

static void verb_theme(struct console *c, const char *argument)
{
	enum theme_name name = theme_find(argument);
	if (name == THEME_NAMES) {
		session_say(&c->session, ROLE_ERROR,
			    _("\"%s\" is no theme: auto, dark, light, mono, contrast or green"), argument);
		return;
	}
	theme_start(name, theme_color());
	term_repaint();
	session_say(&c->session, ROLE_MESSAGE, theme_color() ? _("Theme %s") : _("Theme %s; colours are switched off"),
		    theme_word(name));
}

static void verb_charts(struct console *c, const char *argument)
{
	static const char *const words[CHART_STYLES] = {"blocks", "braille", "ascii"};
	int style = 0;
	while (style < CHART_STYLES && strcmp(words[style], argument) != 0)
		style++;
	if (style == CHART_STYLES)
		session_say(&c->session, ROLE_ERROR, _("\"%s\" is no style of charts: blocks, braille or ascii"),
			    argument);
	else if (style != CHART_ASCII && term_ascii())
		session_say(&c->session, ROLE_ERROR, _("This terminal shows ASCII alone"));
	else
		c->session.charts = (enum chart_style)style;
}

static void verb_zone(struct console *c, const char *argument)
{
	struct session *s = &c->session;
	struct error err = {0};
	const struct zone *zone = argument[0] ? zone_get(argument, &err) : NULL;
	if (argument[0] && !zone) {
		session_fail(s, &err);
		return;
	}
	s->zone_chosen = zone != NULL;
	if (zone)
		s->zone = zone;
	else
		console_zone(s);
	if (s->query)
		pane_load(screens_top(&c->screens));
	session_say(s, ROLE_MESSAGE, _("Times are those of %s"), zone_name(s->zone));
}

/* ---- tables ---- */

/* What the screen's own key does; a screen that does nothing with it says so. */
static void verb_action(struct console *c, enum action a)
{
	struct pane *p = screens_top(&c->screens);
	enum reaction r = c->session.query ? pane_act(p, a) : REACT_IGNORED;
	if (r == REACT_LOAD)
		pane_load(p);
	else if (r == REACT_IGNORED)
		session_say(&c->session, ROLE_WARN, _("%s does nothing on this screen"), keys_word(a));
}

static void verb_filter(struct console *c, const char *argument)
{
	more_filter(c, argument);
}

/* A column whose title, or name in the bank, begins so; -1: none. */
static int verb_column(const struct grid *g, const char *word)
{
	for (int i = 0; i < g->columns; i++) {
		struct grid_column about = {0};
		g->ops->column(g->ctx, i, &about);
		if (about.name && (strncasecmp(about.name, word, strlen(word)) == 0 ||
				   (about.title && strncasecmp(about.title, word, strlen(word)) == 0)))
			return i;
	}
	return -1;
}

static void verb_order(struct console *c, const char *argument)
{
	struct pane *p = screens_top(&c->screens);
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	int column = g ? verb_column(g, argument) : -1;
	if (!argument[0] || !g || g->fixed) {
		verb_action(c, ACTION_ORDER);
	} else if (column < 0) {
		session_say(&c->session, ROLE_ERROR, _("There is no column \"%s\" to order by"), argument);
	} else {
		grid_sort(g, column, false);
		pane_act(p, ACTION_NONE); /* the pane may show more of the selected row */
	}
}

static void verb_export(struct console *c, const char *argument)
{
	more_command_export(c, argument);
}

static void verb_copy(struct console *c, const char *argument)
{
	more_command_copy(c, argument);
}

static void verb_reread(struct console *c, const char *argument)
{
	(void)argument;
	console_do(c, ACTION_REREAD);
}

static void verb_quit(struct console *c, const char *argument)
{
	(void)argument;
	c->leaving = true;
}

/* ---- the table ---- */

const struct verb verbs_table[] = {
	{"find", NULL, N_("[TEXT]"), N_("search customers by name"), verb_find, NULL},
	{"recent", NULL, "", N_("the last customers of this session"), verb_recent, NULL},
	{"cif", NULL, N_("[CIF]"), N_("that customer; the CIF alone does it, too"), verb_cif, verbs_choices_customers},
	{"hist", NULL, N_("[CIF]"), N_("the history of that customer"), verb_hist, verbs_choices_customers},
	{"asof", NULL, N_("TIME|now"), N_("the customer at another moment"), verb_as_of, verbs_choices_moments},
	{"stor", NULL, N_("[WINDOW[/SLIDE]|STORE]"), N_("the stores, live"), verb_stores, verbs_choices_stores},
	{"window", NULL, N_("WINDOW[/SLIDE]"), N_("the stores by windows of that length"), verb_window,
	 verbs_choices_windows},
	{"lag", NULL, "", N_("the source, and what went wrong"), verb_lag, NULL},
	{"help", NULL, N_("[CODE|KEY|COMMAND]"), N_("this screen, that screen, what that key does"), verb_help,
	 verbs_choices_help},
	{"keys", NULL, "", N_("all keys and their names in the configuration"), verb_keys, NULL},
	{"filter", NULL, N_("[TEXT]"), N_("only rows that hold the text; alone: all rows"), verb_filter, NULL},
	{"order", NULL, N_("[COLUMN]"), N_("rows by that column; alone: by the next one"), verb_order, NULL},
	{"export", NULL, /* xgettext: cell 23 */ N_("csv|json|sheet [FILE]"), N_("write what is shown into a file"),
	 verb_export, verbs_choices_export},
	{"copy", NULL, "cell|row", N_("copy the selected cell or row"), verb_copy, verbs_choices_copies},
	{"theme", NULL, N_("NAME"), N_("colours: auto, dark, light, mono, contrast, green"), verb_theme,
	 verbs_choices_themes},
	{"charts", NULL, N_("STYLE"), N_("bars as blocks, braille or ascii"), verb_charts, verbs_choices_charts},
	{"zone", NULL, N_("[NAME]"), N_("times in that zone; alone: in the bank's"), verb_zone, verbs_choices_zones},
	{"reread", NULL, "", N_("read again"), verb_reread, NULL},
	{"home", NULL, "", N_("the first screen"), verb_home, NULL},
	{"back", NULL, "", N_("back to what was seen before"), verb_back, NULL},
	{"forward", NULL, "", N_("forward again"), verb_forward, NULL},
	{"quit", "q", "", N_("leave at once"), verb_quit, NULL},
	{NULL, NULL, NULL, NULL, NULL, NULL},
};

/* ---- a line ---- */

const char *verbs_argument(const struct verb *v)
{
	return v->argument[0] ? _(v->argument) : "";
}

/* The verb, or the only one that begins so; NULL: none, or several. */
static const struct verb *verb_meant(const char *word, size_t n)
{
	const struct verb *found = verb_named(word, n);
	if (found)
		return found;
	for (const struct verb *v = verbs_table; v->word; v++) {
		if (strncasecmp(v->word, word, n) != 0)
			continue;
		if (found)
			return NULL;
		found = v;
	}
	return found;
}

static const char *verb_nearest(const char *word)
{
	size_t least = strlen(word) / 3 + 2;
	const char *nearest = NULL;
	for (const struct verb *v = verbs_table; v->word; v++) {
		size_t distance = text_distance(word, v->word);
		if (distance < least) {
			least = distance;
			nearest = v->word;
		}
	}
	return nearest;
}

static void verb_unknown(struct console *c, const char *word)
{
	struct buffer all = {0};
	const char *nearest = verb_nearest(word);
	bool several = false;
	for (const struct verb *v = verbs_table; v->word && !several; v++)
		several = strncasecmp(v->word, word, strlen(word)) == 0;
	for (const struct verb *v = verbs_table; v->word; v++)
		if (!several || strncasecmp(v->word, word, strlen(word)) == 0)
			buffer_format(&all, "%s%s", all.len ? " " : "", v->word);
	if (several)
		session_say(&c->session, ROLE_ERROR, _("\"%s\" may be: %s"), word, buffer_text(&all));
	else if (nearest)
		session_say(&c->session, ROLE_ERROR, _("There is no \"%s\"; perhaps %s?"), word, nearest);
	else
		session_say(&c->session, ROLE_ERROR, _("There is no \"%s\". All there are: %s"), word,
			    buffer_text(&all));
	buffer_done(&all);
}

/* Digits; where CIFs have letters, a word with a digit in it. */
static bool verb_is_cif(const struct console *c, const char *word)
{
	return isdigit((unsigned char)word[0]) ||
	       (session_cif_letters(&c->session) && word[strcspn(word, "0123456789")]);
}

void verbs_run(struct console *c, const char *line)
{
	line += strspn(line, " :");
	size_t n = strcspn(line, " ");
	const char *argument = line + n + strspn(line + n, " ");
	char word[VERB_WORD];
	if (!n)
		return;
	snprintf(word, sizeof(word), "%.*s", (int)n, line);
	const struct verb *v = verb_meant(line, n);
	if (v && v->argument[0] && v->argument[0] != '[' && !argument[0] && v->run != verb_as_of)
		session_say(&c->session, ROLE_ERROR, _("%s takes an argument: %s %s"), v->word, v->word,
			    verbs_argument(v));
	else if (v)
		v->run(c, argument);
	else if (verb_is_cif(c, word))
		console_lookup(c, line);
	else
		verb_unknown(c, word);
}

void verbs_choices(struct console *c, const char *line, size_t cursor, struct choices *out)
{
	size_t begin = strspn(line, " :");
	char text[FIELD_SIZE];
	if (cursor < begin)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)(cursor - begin), line + begin);
	size_t n = strcspn(text, " ");
	if (!text[n]) { /* still within the word */
		out->from = begin;
		for (const struct verb *v = verbs_table; v->word; v++)
			if (strncasecmp(v->word, text, n) == 0)
				choices_add(out, v->word);
		return;
	}
	const struct verb *v = verb_meant(text, n);
	const char *argument = text + n + strspn(text + n, " ");
	if (!v || !v->choices)
		return;
	out->from = begin + (size_t)(argument - text);
	out->final = true;
	v->choices(c, argument, out);
}
