/* help: this screen's keys, all codes, and what stands where. Made from the tables that also work. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ui/kit/lines.h"
#include "ui/pane.h"
#include "ui/session.h"

enum { HELP_LABEL = 24 };

struct help {
	struct pane base;
	struct lines lines;
};

static void help_key(struct help *h, enum action a)
{
	char names[128];
	keys_list(&h->base.session->keys, a, names, sizeof(names));
	if (names[0])
		lines_pair(&h->lines, HELP_LABEL, names, ROLE_TEXT, "%s", keys_about(a));
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

static void help_about(struct help *h, const struct pane_ops *o)
{
	lines_add(&h->lines, ROLE_TITLE, "%s  %s", o->code, o->title);
	lines_add(&h->lines, ROLE_TEXT, "%s", o->about);
	lines_add(&h->lines, ROLE_TEXT, "%s", "");
	for (const enum action *a = o->actions; a && *a; a++)
		help_key(h, *a);
	if (o->actions && o->actions[0])
		lines_add(&h->lines, ROLE_TEXT, "%s", "");
}

static void help_start(struct pane *p, const char *argument)
{
	struct help *h = (struct help *)p;
	lines_clear(&h->lines);
	h->lines.top = 0;
	for (const struct pane_ops *const *o = pane_table; argument && *o; o++)
		if (strcmp((*o)->code, argument) == 0 && *o != &help_pane)
			help_about(h, *o);
	lines_add(&h->lines, ROLE_TITLE, "On every screen");
	lines_pair(&h->lines, HELP_LABEL, "digits", ROLE_TEXT, "the next CIF, any time; Enter shows it");
	for (int a = 1; a < ACTION_COUNT; a++)
		if (!help_special((enum action)a))
			help_key(h, (enum action)a);
	lines_add(&h->lines, ROLE_TEXT, "%s", "");
	lines_add(&h->lines, ROLE_TITLE, "Command line");
	for (const struct pane_ops *const *o = pane_table; *o; o++)
		lines_pair(&h->lines, HELP_LABEL, (*o)->code, ROLE_TEXT, "%s", (*o)->title);
	lines_pair(&h->lines, HELP_LABEL, "CIF 123, HIST 123", ROLE_TEXT, "that customer");
	lines_pair(&h->lines, HELP_LABEL, "FIND hale", ROLE_TEXT, "a search");
	lines_pair(&h->lines, HELP_LABEL, "STOR 1h", ROLE_TEXT, "windows of that length");
	lines_pair(&h->lines, HELP_LABEL, "quit, q", ROLE_TEXT, "leave at once");
	lines_add(&h->lines, ROLE_TEXT, "%s", "");
	lines_add(&h->lines, ROLE_TITLE, "The age of the data, top right");
	lines_pair(&h->lines, HELP_LABEL, "LIVE 2s", ROLE_TEXT, "complete up to two seconds ago");
	lines_pair(&h->lines, HELP_LABEL, "LAG, STALE", ROLE_TEXT, "older, much older: ask before you rely on it");
	lines_pair(&h->lines, HELP_LABEL, "SNAPSHOT 41%", ROLE_TEXT, "the first copy is still running");
	lines_pair(&h->lines, HELP_LABEL, "OFFLINE since", ROLE_TEXT,
		   "nobody feeds the replica, or the source is away");
	lines_pair(&h->lines, HELP_LABEL, "REFUSED", ROLE_TEXT, "a person must decide: the screen LAG says what");
	lines_add(&h->lines, ROLE_TEXT, "%s", "");
	lines_add(&h->lines, ROLE_DIM, "tellerdesk " VERSION);
}

static bool help_load(struct pane *p, struct error *err)
{
	(void)p;
	(void)err;
	return true;
}

static void help_draw(struct pane *p, struct area area)
{
	lines_draw(&((struct help *)p)->lines, area);
}

static enum reaction help_act(struct pane *p, enum action a)
{
	return lines_act(&((struct help *)p)->lines, a) ? REACT_DONE : REACT_IGNORED;
}

static void help_place(struct pane *p, struct buffer *out)
{
	const struct lines *l = &((const struct help *)p)->lines;
	if (l->total > l->shown)
		buffer_format(out, "lines %d-%d of %d", l->top + 1,
			      l->top + l->shown < l->total ? l->top + l->shown : l->total, l->total);
}

static void help_stop(struct pane *p)
{
	lines_done(&((struct help *)p)->lines);
}

static const enum action help_actions[] = {ACTION_NONE};

const struct pane_ops help_pane = {
	.code = "HELP",
	.title = "Help",
	.about = "The keys of a screen, and the codes of the command line.",
	.size = sizeof(struct help),
	.actions = help_actions,
	.start = help_start,
	.stop = help_stop,
	.load = help_load,
	.draw = help_draw,
	.act = help_act,
	.place = help_place,
};
