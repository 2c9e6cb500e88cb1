#include "config.h"

#include "ui/copy.h"

#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/kit/clip.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/session.h"

enum { COPY_SHOWN = 200 /* bytes of what was copied that are said */ };

/* What is pasted elsewhere steers nothing there: no control character is copied. */
static void copy_datum(const struct grid *g, int column, struct buffer *out)
{
	struct grid_datum d;
	grid_datum(g, grid_row(g), column, &d);
	if (d.kind != GRID_NOTHING)
		text_clean(out, d.text, d.len, false);
}

static bool copy_secret(const struct grid *g, int column)
{
	struct grid_column about = {0};
	g->ops->column(g->ctx, column, &about);
	return about.pii;
}

static void copy_send(struct session *s, const struct buffer *text, int left_out)
{
	size_t kept = clip_copy(buffer_text(text), text->len);
	if (!kept) {
		session_say(s, ROLE_WARN, "%s", _("The terminal's clipboard could not be reached: nothing was copied"));
		return;
	}
	if (kept < text->len) {
		session_say(s, ROLE_WARN, "%s", _("Only the beginning was copied: the clipboard takes no more"));
		return;
	}
	struct buffer shown = {0};
	buffer_add(&shown, text->data, text->len <= COPY_SHOWN ? text->len : text_whole(text->data, COPY_SHOWN));
	if (left_out)
		session_say(s, ROLE_MESSAGE,
			    P_("Copied, without %d column of personal data, which never is",
			       "Copied, without %d columns of personal data, which never are", left_out),
			    left_out);
	else
		session_say(s, ROLE_MESSAGE, _("Copied: %.200s"), buffer_text(&shown));
	buffer_done(&shown);
}

static void copy_refuse(struct session *s)
{
	session_say(s, ROLE_WARN, "%s", _("This is personal data: it is never copied"));
}

static void copy_cell(struct session *s, const struct grid *g)
{
	struct buffer text = {0};
	int column = grid_column_at(g);
	if (copy_secret(g, column)) {
		copy_refuse(s);
		return;
	}
	copy_datum(g, column, &text);
	if (text.len)
		copy_send(s, &text, 0);
	else
		session_say(s, ROLE_MESSAGE, "%s", _("There is nothing in this cell to copy"));
	buffer_done(&text);
}

static void copy_row(struct session *s, const struct grid *g)
{
	struct buffer text = {0};
	int left_out = 0;
	bool any = false;
	for (int c = 0; c < g->columns; c++) {
		struct grid_column about = {0};
		g->ops->column(g->ctx, c, &about);
		if (!about.name)
			continue;
		if (about.pii) {
			left_out++;
			continue;
		}
		buffer_text_add(&text, any ? "\t" : "");
		copy_datum(g, c, &text);
		any = true;
	}
	if (any)
		copy_send(s, &text, left_out);
	else
		copy_refuse(s);
	buffer_done(&text);
}

static void copy_cif(struct session *s)
{
	struct buffer text = {0};
	const struct entity *e = &s->model->entities[s->model->customer];
	if (e->columns[e->cif].pii) {
		copy_refuse(s);
		return;
	}
	text_clean(&text, s->customer, strlen(s->customer), false);
	copy_send(s, &text, 0);
	buffer_done(&text);
}

void copy_run(struct session *s, struct pane *p, enum copy_what what)
{
	const struct grid *g = p->ops->grid ? p->ops->grid(p) : NULL;
	if (!s->copies)
		session_say(s, ROLE_MESSAGE, "%s",
			    _("Copying is off: copy = osc52 in [console] of the configuration switches it on"));
	else if (g && g->count)
		(what == COPY_ROW ? copy_row : copy_cell)(s, g);
	else if (!g && p->ops->customer && s->customer && s->model)
		copy_cif(s);
	else
		session_say(s, ROLE_MESSAGE, "%s", _("There is nothing here to copy"));
}
