/* What the mouse does: what the key would do that stands where it points. */
#include "config.h"

#include "ui/console.h"

#include "ui/kit/draw.h"
#include "ui/kit/grid.h"
#include "ui/kit/term.h"
#include "ui/pane.h"

enum { MOUSE_ROWS = 3 /* of one step of the wheel */ };

static void mouse_row(struct console *c, struct grid *g, int row)
{
	struct pane *p = screens_top(&c->screens);
	if (row == g->selected) {
		console_do(c, ACTION_OPEN);
		return;
	}
	grid_select(g, row);
	if (pane_act(p, ACTION_NONE) == REACT_LOAD) /* the pane may show more of the selected row */
		pane_load(p);
}

static void mouse_click(struct console *c, int y, int x)
{
	struct pane *p = screens_top(&c->screens);
	struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	struct draw_link link = draw_link_at(y, x);
	int row = g ? grid_at(g, y, x) : -1;
	if (link.action == ACTION_GO_TAB) {
		c->tab_pending = true;
		console_key(c, '0' + link.digit % 10);
	} else if (link.action != ACTION_NONE) {
		console_do(c, link.action);
	} else if (row >= 0) {
		mouse_row(c, g, row);
	}
}

void console_mouse(struct console *c, const struct term_mouse *m)
{
	if (c->prompt.kind != PROMPT_NONE || c->more.state != MORE_CLOSED)
		return; /* a question is answered with keys */
	c->dirty = true;
	c->session.message[0] = 0;
	if (m->what == TERM_CLICK)
		mouse_click(c, m->y, m->x);
	for (int i = 0; m->what != TERM_CLICK && i < MOUSE_ROWS; i++)
		console_do(c, m->what == TERM_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
	console_wishes(c);
}
