/* help: this screen's keys, all commands, and what stands where. Made from the tables that also work.
 * In the demo it begins with a tour. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "ui/kit/lines.h"
#include "ui/pane.h"
#include "ui/panes/guide.h"
#include "ui/session.h"
#include "ui/verbs.h"

enum { HELP_LABEL = 24, HELP_COMMAND = 32, HELP_WORD = 18 };

struct help {
	struct pane base;
	struct lines lines;
	char argument[16]; /* what it was opened for */
	char find[128];    /* what was looked for in it */
	int found;         /* the line that holds it; -1: none */
	enum role found_role;
	int width; /* of the last paint */
};

/* ---- the text ---- */

static void help_key(struct help *h, enum action a)
{
	char names[128];
	keys_list(&h->base.session->keys, a, names, sizeof(names));
	if (names[0])
		lines_pair(&h->lines, HELP_LABEL, names, ROLE_TEXT, "%s", keys_about(a));
}

static void help_blank(struct help *h)
{
	lines_add(&h->lines, ROLE_TEXT, "%s", "");
}

/* Actions of single screens are listed with their screen only. */
static bool help_special(enum action a)
{
	if (a == ACTION_AS_OF || a == ACTION_VIEW || a == ACTION_GO_TAB)
		return true;
	for (const struct pane_ops *const *o = pane_table; *o; o++)
		for (const enum action *x = (*o)->actions; x && *x; x++)
			if (*x == a)
				return true;
	return false;
}

static void help_screen(struct help *h, const struct pane_ops *o)
{
	lines_add(&h->lines, ROLE_TITLE, "%s  %s", o->code, _(o->title));
	lines_add(&h->lines, ROLE_TEXT, "%s", _(o->about));
	help_blank(h);
	for (const enum action *a = o->actions; a && *a; a++)
		help_key(h, *a);
	if (o->actions && o->actions[0])
		help_blank(h);
}

static void help_everywhere(struct help *h)
{
	char key[16];
	keys_first(&h->base.session->keys, ACTION_HELP, key, sizeof(key));
	lines_add(&h->lines, ROLE_TITLE, "%s", _("On every screen"));
	lines_pair(&h->lines, HELP_LABEL, _("digits"), ROLE_TEXT, "%s", _("the next CIF, any time; Enter shows it"));
	for (int a = 1; a < ACTION_COUNT; a++)
		if (!help_special((enum action)a))
			help_key(h, (enum action)a);
	lines_add(&h->lines, ROLE_TEXT, _("%s here, then a key: what that key does."), key);
	help_blank(h);
}

static void help_commands(struct help *h)
{
	char label[96];
	lines_add(&h->lines, ROLE_TITLE, "%s", _("Command line"));
	lines_pair(&h->lines, HELP_COMMAND, "1392", ROLE_TEXT, "%s", _("a CIF: that customer"));
	for (const struct verb *v = verbs_table; v->word; v++) {
		snprintf(label, sizeof(label), "%s%s%s %s", v->word, v->also ? ", " : "", v->also ? v->also : "",
			 verbs_argument(v));
		lines_pair(&h->lines, HELP_COMMAND, label, ROLE_TEXT, "%s", _(v->about));
	}
	lines_add(&h->lines, ROLE_TEXT, "%s",
		  _("Tab completes words and arguments, again goes round; Up and Down bring back what was typed. The "
		    "beginning of a word is enough where only one begins so."));
	help_blank(h);
}

static void help_ages(struct help *h)
{
	static const struct {
		const char *word, *about;
	} ages[] = {
		{N_("LIVE 2s"), N_("complete up to two seconds ago")},
		{N_("LAG, STALE"), N_("older, much older: ask before you rely on it")},
		{N_("SNAPSHOT 41%"), N_("the first copy is still running")},
		{N_("OFFLINE since"), N_("nobody feeds the replica, or the source is away")},
		{N_("REFUSED"), N_("a person must decide: the screen LAG says what")},
	};
	lines_add(&h->lines, ROLE_TITLE, "%s", _("The age of the data, top right"));
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
		lines_pair(&h->lines, HELP_LABEL, _(ages[i].word), ROLE_TEXT, "%s", _(ages[i].about));
	help_blank(h);
}

/* Every action, whether it has a key or not, as [keys] names it. */
static void help_keys(struct help *h)
{
	char names[128], label[192];
	lines_add(&h->lines, ROLE_TITLE, "%s", _("All keys"));
	lines_add(&h->lines, ROLE_TEXT, "%s",
		  _("The names on the left are those of the section [keys] of the configuration."));
	help_blank(h);
	for (int a = 1; a < ACTION_COUNT; a++) {
		keys_list(&h->base.session->keys, (enum action)a, names, sizeof(names));
		snprintf(label, sizeof(label), "%-*s %s", HELP_WORD - 3, keys_word((enum action)a),
			 names[0] ? names : _("(no key)"));
		lines_pair(&h->lines, HELP_LABEL + HELP_WORD, label, ROLE_TEXT, "%s", keys_about((enum action)a));
	}
	help_blank(h);
}

static void help_fill(struct help *h)
{
	lines_clear(&h->lines);
	h->lines.top = 0;
	h->found = -1;
	if (strcmp(h->argument, "keys") == 0) {
		help_keys(h);
		return;
	}
	if (h->base.session->tour)
		guide_tour(&h->lines, h->base.session);
	for (const struct pane_ops *const *o = pane_table; *o; o++)
		if (strcmp((*o)->code, h->argument) == 0 && *o != &help_pane)
			help_screen(h, *o);
	help_everywhere(h);
	help_commands(h);
	help_ages(h);
	lines_add(&h->lines, ROLE_DIM, "tellerdesk " VERSION);
}

/* ---- find ---- */

static bool help_holds(const struct line *l, const char *folded)
{
	struct buffer text = {0};
	if (l->label)
		text_fold(&text, l->label, strlen(l->label));
	buffer_char(&text, ' ');
	text_fold(&text, l->text, strlen(l->text));
	bool holds = strstr(buffer_text(&text), folded) != NULL;
	buffer_done(&text);
	return holds;
}

/* Lines of the screen above line i of the text, as they were wrapped last. */
static int help_above(const struct help *h, int i)
{
	struct lines above = h->lines;
	above.count = i;
	lines_draw(&above, (struct area){0, 0, 0, h->width});
	return above.total;
}

static void help_show(struct help *h, int line)
{
	if (h->found >= 0)
		h->lines.list[h->found].role = h->found_role;
	h->found = line;
	h->found_role = h->lines.list[line].role;
	h->lines.list[line].role = ROLE_SELECTED;
	int at = help_above(h, line);
	if (at < h->lines.top || at >= h->lines.top + h->lines.shown)
		h->lines.top = at - 1;
}

static void help_step(struct help *h, int step)
{
	struct buffer folded = {0};
	int count = h->lines.count, from = h->found >= 0 ? h->found : step > 0 ? -1 : count;
	bool found = false;
	text_fold(&folded, h->find, strlen(h->find));
	for (int i = 1; i <= count && !found && folded.len; i++) {
		int line = (from + step * i + count * 2) % count;
		found = help_holds(&h->lines.list[line], buffer_text(&folded));
		if (found)
			help_show(h, line);
	}
	buffer_done(&folded);
	if (!found)
		session_say(h->base.session, ROLE_WARN, _("\"%s\" is not in this text"), h->find);
}

static enum reaction help_answer(struct pane *p, const char *text)
{
	struct help *h = (struct help *)p;
	snprintf(h->find, sizeof(h->find), "%s", text);
	if (text[0])
		help_step(h, 1);
	return REACT_DONE;
}

/* ---- the pane ---- */

/* argument: the code of a screen, or "keys". */
static void help_start(struct pane *p, const char *argument)
{
	struct help *h = (struct help *)p;
	snprintf(h->argument, sizeof(h->argument), "%s", argument ? argument : "");
	for (char *c = h->argument; argument && strcmp(argument, "keys") != 0 && *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	help_fill(h);
}

static void help_mark(const struct pane *p, struct buffer *out)
{
	const struct help *h = (const struct help *)p;
	buffer_format(out, "%d %s", h->lines.top, h->argument);
}

static void help_recall(struct pane *p, const char *mark)
{
	struct help *h = (struct help *)p;
	int top = 0;
	char argument[sizeof(h->argument)] = "";
	sscanf(mark, "%d %15s", &top, argument);
	help_start(p, argument);
	h->lines.top = top;
}

static bool help_load(struct pane *p, struct error *err)
{
	(void)p;
	(void)err;
	return true;
}

static void help_draw(struct pane *p, struct area area)
{
	struct help *h = (struct help *)p;
	h->width = area.w;
	lines_draw(&h->lines, area);
}

static enum reaction help_act(struct pane *p, enum action a)
{
	struct help *h = (struct help *)p;
	switch (a) {
	case ACTION_SEARCH:
		pane_ask(p, _("Find ==>"), h->find);
		return REACT_DONE;
	case ACTION_NEXT:
	case ACTION_PREVIOUS:
		if (!h->find[0])
			return REACT_IGNORED;
		help_step(h, a == ACTION_NEXT ? 1 : -1);
		return REACT_DONE;
	default:
		return lines_act(&h->lines, a) ? REACT_DONE : REACT_IGNORED;
	}
}

static void help_place(struct pane *p, struct buffer *out)
{
	const struct lines *l = &((const struct help *)p)->lines;
	if (l->total > l->shown)
		buffer_format(out, _("lines %d-%d of %d"), l->top + 1,
			      l->top + l->shown < l->total ? l->top + l->shown : l->total, l->total);
}

static void help_stop(struct pane *p)
{
	lines_done(&((struct help *)p)->lines);
}

static const enum action help_actions[] = {ACTION_NONE};

const struct pane_ops help_pane = {
	.code = "HELP",
	.title = N_("Help"),
	.about = N_("The keys of a screen, and the words of the command line."),
	.size = sizeof(struct help),
	.actions = help_actions,
	.start = help_start,
	.stop = help_stop,
	.load = help_load,
	.draw = help_draw,
	.act = help_act,
	.answer = help_answer,
	.place = help_place,
	.mark = help_mark,
	.recall = help_recall,
};
