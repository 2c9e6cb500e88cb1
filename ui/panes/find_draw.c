/* What FIND shows: the list, how many there are, what a newcomer reads. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "ui/kit/draw.h"
#include "ui/kit/figures.h"
#include "ui/kit/layout.h"
#include "ui/panes/datum.h"
#include "ui/panes/find_internal.h"
#include "ui/panes/match.h"

/* ---- the list ---- */

bool find_lists_recent(const struct find *f)
{
	return f->recent || f->name.len == 0 || !f->found;
}

const char *find_key(void *ctx, int row)
{
	const struct find *f = ctx;
	return find_lists_recent(f) ? f->base.session->recents[row].cif : f->found->answer.hits[row].cif;
}

static void find_column(void *ctx, int column, struct grid_column *out)
{
	static const struct grid_column columns[FIND_COLUMNS] = {
		[FIND_CIF] = {.title = N_("CIF"), .name = "cif"},
		[FIND_NAME] = {.title = N_("Name"), .name = "name", .pii = true},
		[FIND_STORE] = {.title = N_("Store"), .name = "store"},
		[FIND_BY] = {.title = N_("Found by"), .name = "matched"},
	};
	const struct find *f = ctx;
	*out = columns[column];
	out->pii |= column == FIND_CIF && datum_cif_pii(f->base.session->model);
	out->title = column == FIND_BY && find_lists_recent(f) ? "" : _(columns[column].title);
}

static const char *find_store(struct find *f, const char *id, const char *name)
{
	if (!id || !name)
		return id;
	snprintf(f->store, sizeof(f->store), "%s %s", id, name);
	return f->store;
}

static const char *find_matched(const struct find *f, const struct search_hit *h)
{
	const struct model *m = f->base.session->model;
	if (strcmp(h->matched, "name") == 0)
		return _("name");
	if (strcmp(h->matched, "cif") == 0)
		return _("CIF");
	const struct entity *e = &m->entities[m->customer];
	for (int i = 0; i < e->column_count; i++)
		if (strcmp(e->columns[i].name, h->matched) == 0)
			return e->columns[i].title;
	return h->matched;
}

static void find_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct find *f = ctx;
	const char *text = NULL;
	if (find_lists_recent(f)) {
		const struct recent *r = &f->base.session->recents[row];
		text = column == FIND_CIF     ? r->cif
		       : column == FIND_NAME  ? r->name
		       : column == FIND_STORE ? find_store(f, r->store, r->store_name)
					      : "";
	} else {
		const struct search_hit *h = &f->found->answer.hits[row];
		text = column == FIND_CIF    ? h->cif
		       : column == FIND_NAME ? h->name
		       : column == FIND_BY   ? find_matched(f, h)
					     : find_store(f, h->store, h->store_name);
		if (column == FIND_NAME && h->name && f->marking) {
			out->mark_count = match_marks(h->name, f->found->text, f->marks, FIND_MARKS);
			out->marks = f->marks;
		}
	}
	out->role = !text ? ROLE_NONE : column == FIND_CIF ? ROLE_NAME : column == FIND_BY ? ROLE_DIM : ROLE_TEXT;
	out->text = text ? text : column == FIND_STORE ? "" : _("(none)");
	out->len = strlen(out->text);
}

/* What the bank holds, without the words around it. */
static void find_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct find *f = ctx;
	const char *text;
	if (find_lists_recent(f)) {
		const struct recent *r = &f->base.session->recents[row];
		text = column == FIND_CIF     ? r->cif
		       : column == FIND_NAME  ? r->name
		       : column == FIND_STORE ? r->store
					      : NULL;
	} else {
		const struct search_hit *h = &f->found->answer.hits[row];
		text = column == FIND_CIF    ? h->cif
		       : column == FIND_NAME ? h->name
		       : column == FIND_BY   ? h->matched
					     : h->store;
	}
	*out = (struct grid_datum){text ? GRID_TEXT : GRID_NOTHING, text, text ? strlen(text) : 0, 0,
				   column == FIND_BY};
}

const struct grid_ops find_grid_ops = {.key = find_key, .column = find_column, .cell = find_cell, .datum = find_datum};

const char *find_selected(struct find *f)
{
	return grid_row(&f->grid) >= 0 ? find_key(f, grid_row(&f->grid)) : NULL;
}

bool find_answered(const struct find *f)
{
	return find_lists_recent(f) || (strcmp(f->found->text, f->name.text) == 0 && f->found->limit >= f->limit);
}

/* ---- painting ---- */

static void find_line(struct area *area, enum role role, const char *text)
{
	const char *piece;
	size_t n = strlen(text), length;
	while (area->h > 0 && draw_wrap(&text, &n, area->w - 2, &piece, &length)) {
		draw_text(area->y++, area->x + 1, area->w - 2, role, piece, length);
		area->h--;
	}
}

static void find_told(struct area *area, const char *english)
{
	struct buffer said = {0};
	language_sentence(&said, english);
	find_line(area, ROLE_TEXT, buffer_text(&said));
	buffer_done(&said);
}

static void find_no_replica(const struct find *f, struct area area)
{
	const struct error *e = &f->base.session->trouble;
	find_line(&area, ROLE_NAME, _("There is no replica to read yet. This screen goes on as soon as there is one."));
	area.y++, area.h--;
	find_told(&area, e->message);
	area.y++, area.h--;
	if (!e->hint[0])
		return;
	find_line(&area, ROLE_TEXT, _("What helps:"));
	find_told(&area, e->hint);
}

/* How many of how many, and how to come by the others. */
static void find_counted(const struct find *f, struct buffer *out)
{
	const struct search_answer *a = &f->found->answer;
	char count[FIGURES_SIZE], total[FIGURES_SIZE], key[16];
	figures_count(a->count, count);
	figures_count(a->total, total);
	keys_first(&f->base.session->keys, ACTION_PAGE_DOWN, key, sizeof(key));
	bool more = a->count < FIND_MOST;
	if (a->total == 0)
		buffer_text_add(out, _("Nobody found"));
	else if (a->count >= a->total && a->total_exact)
		buffer_format(out, P_("%s found", "%s found", a->total), total);
	else if (a->total_exact)
		buffer_format(out, _("%s of %s found; %s at the end shows more"), count, total, key);
	else if (more)
		buffer_format(out, _("%s of more than %s found; another letter or %s shows more"), count, total, key);
	else
		buffer_format(out, _("%s of more than %s found; another letter shows the others"), count, total);
}

static void find_title(struct find *f, struct buffer *out)
{
	if (find_lists_recent(f)) {
		bool waiting = f->name.len && !f->recent;
		buffer_text_add(out, waiting                         ? _("Searching ...")
				     : f->base.session->recent_count ? _("Customers seen last")
								     : "");
		if (!waiting && f->base.session->recent_count)
			buffer_text_add(out, session_aged(f->base.session));
		return;
	}
	find_counted(f, out);
	if (!find_answered(f))
		buffer_text_add(out, _(" - searching ..."));
	else
		buffer_text_add(out, session_aged(f->base.session));
	if (f->found->answer.indexing >= 0)
		buffer_format(out, _("; names are still being indexed, %d %%: there may be more"),
			      f->found->answer.indexing);
}

/* Up to when, to the second; to the minute where that has no room. */
static void find_complete(const struct session *s, struct buffer *out, int room)
{
	char when[FIGURES_SIZE];
	size_t n = out->len;
	int64_t at = s->age.known ? s->age.fresh.complete_to : TIME_NONE;
	if (at == TIME_NONE)
		return;
	buffer_format(out, _(" Complete to %s."), figures_second(at, s->zone, when));
	if ((int)text_width(out->data, out->len) <= room)
		return;
	buffer_cut(out, n);
	buffer_format(out, _(" Complete to %s."), figures_minute(at, s->zone, when));
}

/* What there is in all, and up to when: the last row while nothing is looked for. */
static void find_overview(const struct find *f, struct area area)
{
	char customers[FIGURES_SIZE], stores[FIGURES_SIZE];
	const struct session *s = f->base.session;
	struct buffer text = {0};
	if (!f->counted || area.h < 1)
		return;
	figures_count(f->customers, customers);
	if (f->stores >= 0)
		buffer_format(&text, _("Customers: %s, stores: %s."), customers, figures_count(f->stores, stores));
	else
		buffer_format(&text, _("Customers: %s."), customers);
	find_complete(s, &text, area.w - 2);
	draw_text(area.y + area.h - 1, area.x + 1, area.w - 2, ROLE_DIM, text.data, text.len);
	buffer_done(&text);
}

static void find_list(struct find *f, struct area area)
{
	struct layout l;
	layout_make(LAYOUT_FIND, area, f->base.session->accessible, &l);
	f->wide = l.part[1].h > 0;
	f->marking = true;
	grid_draw(&f->grid, l.part[0]);
	f->marking = false;
	if (f->wide && f->brief.cif)
		brief_draw(&f->brief, l.part[1]);
}

void find_draw(struct pane *p, struct area area)
{
	struct find *f = (struct find *)p;
	struct buffer title = {0};
	int x = area.x + draw_format(area.y, area.x, area.w, ROLE_LABEL, " %s ==>", /* xgettext: cell 6 */ _("Name")) +
		1;
	field_draw(&f->name, area.y, x, area.w - x - 1 < 50 ? area.w - x - 1 : 50, &f->cursor_x);
	area.y += 2, area.h -= 2;
	f->wide = false;
	if (!p->session->query) {
		find_no_replica(f, area);
		return;
	}
	find_title(f, &title);
	if (title.len) {
		draw_text(area.y, area.x + 1, area.w - 2, ROLE_TITLE, title.data, title.len);
		area.y++, area.h--;
	}
	buffer_done(&title);
	if (f->name.len == 0 && !f->recent) {
		find_overview(f, area);
		area.h -= 2;
	}
	if (f->grid.rows)
		find_list(f, area);
	else if (find_lists_recent(f) ? f->name.len == 0 : find_answered(f))
		lines_draw(&f->guide, (struct area){area.y, area.x, area.h, area.w});
}
