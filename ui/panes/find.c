/* find: home. The CIF field, the search by name, the customers seen last.
 *
 * The search follows the typing: a pause of a few hundredths of a second, and the
 * worker is asked; the next letter interrupts it. Digits are the next CIF unless
 * the name field was chosen on purpose.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "ingest/board.h"
#include "replica/query.h"
#include "ui/kit/field.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/session.h"
#include "ui/panes/datum.h"
#include "ui/panes/show.h"
#include "ui/worker.h"

#define FIND_PAUSE (40 * SECOND / 1000) /* after a letter, before the worker is asked */
#define FIND_AGAIN SECOND               /* while the replica changes under a list that is shown */

enum { FIND_LIMIT = 200 };

struct find_job {
	struct job job;
	char *text;
	struct search_answer answer;
};

struct find {
	struct pane base;
	struct field name;
	bool name_focus, name_chosen; /* letters go there; digits too */
	bool recent;                  /* the list is that of the customers seen last */
	struct find_job *found;       /* the last answer, or NULL */
	int64_t due;
	bool asked;
	bool send; /* Enter came before the answer: open it if there is just one */
	struct grid grid;
	int cursor_x;
};

/* ---- the list ---- */

static bool find_lists_recent(const struct find *f)
{
	return f->recent || f->name.len == 0 || !f->found;
}

static const char *find_key(void *ctx, int row)
{
	const struct find *f = ctx;
	return find_lists_recent(f) ? f->base.session->recents[row].cif : f->found->answer.hits[row].cif;
}

static void find_column(void *ctx, int column, struct grid_column *out)
{
	static const char *const titles[] = {"CIF", "Name", "Store", "Found by"};
	static const char *const names[] = {"cif", "name", "store", "matched"};
	const struct find *f = ctx;
	bool none = column == 3 && find_lists_recent(f);
	out->title = none ? "" : titles[column];
	out->name = none ? NULL : names[column];
	out->width = 0;
	out->pii = column == 1 && datum_name_pii(f->base.session->model);
}

static void find_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	static char store[160];
	const struct find *f = ctx;
	const char *text = NULL;
	if (find_lists_recent(f)) {
		const struct recent *r = &f->base.session->recents[row];
		text = column == 0 ? r->cif : column == 1 ? r->name : column == 2 ? r->store : "";
	} else {
		const struct search_hit *h = &f->found->answer.hits[row];
		text = column == 0 ? h->cif : column == 1 ? h->name : column == 3 ? h->matched : h->store;
		if (column == 2 && h->store && h->store_name) {
			struct buffer both = {0};
			buffer_format(&both, "%s %s", h->store, h->store_name);
			size_t n = both.len < sizeof(store) - 1 ? both.len : sizeof(store) - 1;
			memcpy(store, both.data, n);
			store[n] = 0;
			buffer_done(&both);
			text = store;
		}
	}
	out->role = text ? column == 0 ? ROLE_NAME : column == 3 ? ROLE_DIM : ROLE_TEXT : ROLE_NONE;
	out->text = text ? text : column == 2 ? "" : "(none)";
	out->len = strlen(out->text);
}

static void find_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	const struct find *f = ctx;
	if (find_lists_recent(f)) {
		const struct recent *r = &f->base.session->recents[row];
		datum_text(out, column == 0 ? r->cif : column == 1 ? r->name : column == 2 ? r->store : NULL);
	} else {
		const struct search_hit *h = &f->found->answer.hits[row];
		datum_text(out, column == 0 ? h->cif : column == 1 ? h->name : column == 3 ? h->matched : h->store);
		out->ours = column == 3;
	}
}

static const struct grid_ops find_grid_ops = {
	.key = find_key, .column = find_column, .cell = find_cell, .datum = find_datum};

static void find_sync(struct find *f)
{
	bool recent = find_lists_recent(f);
	f->grid.total = recent ? 0 : f->found->answer.total;
	f->grid.total_least = !recent && !f->found->answer.total_exact;
	grid_sync(&f->grid, recent ? f->base.session->recent_count : f->found->answer.count);
}

/* ---- the search ---- */

static bool find_job_run(struct job *j, struct query *q, struct error *err)
{
	struct find_job *s = (struct find_job *)j;
	return query_search(q, s->text, FIND_LIMIT, &s->answer, err);
}

static void find_job_free(struct job *j)
{
	struct find_job *s = (struct find_job *)j;
	answer_done(&s->answer.base);
	free(s->text);
	free(s);
}

static const struct job_ops find_job_ops = {.run = find_job_run, .free = find_job_free};

static void find_drop(struct find *f)
{
	if (f->found)
		job_free(&f->found->job);
	f->found = NULL;
}

static void find_ask(struct find *f)
{
	f->due = TIME_NONE;
	if (!f->base.session->worker || f->name.len == 0)
		return;
	struct find_job *j = memory_zero(1, sizeof(*j));
	j->job.ops = &find_job_ops;
	j->job.owner = f;
	j->text = memory_text(f->name.text);
	f->asked = true;
	worker_ask(f->base.session->worker, &j->job);
}

static void find_take(struct pane *p, struct job *job)
{
	struct find *f = (struct find *)p;
	struct find_job *j = (struct find_job *)job;
	f->asked = false;
	if (!job->good) {
		if (job->error.code != ERROR_CANCELLED)
			session_fail(p->session, &job->error);
		job_free(job);
		return;
	}
	age_set(&p->session->age, &j->answer.base.freshness, clock_now());
	find_drop(f);
	f->found = j;
	find_sync(f);
	if (f->send && j->answer.count == 1)
		session_go(p->session, "CIF", j->answer.hits[0].cif);
	f->send = false;
}

/* The list answers what stands in the field, not what stood there a key before. */
static bool find_answered(const struct find *f)
{
	return find_lists_recent(f) || strcmp(f->found->text, f->name.text) == 0;
}

static void find_changed(struct find *f)
{
	f->recent = f->send = false;
	grid_clear(&f->grid); /* another list is to be shown: its rows are not those the grid knows */
	if (f->base.session->worker)
		worker_cancel(f->base.session->worker, f);
	f->asked = false;
	f->due = f->name.len ? clock_mono() + FIND_PAUSE : TIME_NONE;
	if (f->name.len == 0)
		find_drop(f);
	grid_select(&f->grid, 0);
	find_sync(f);
}

static int64_t find_due(const struct pane *p)
{
	return ((const struct find *)p)->due;
}

static void find_wake(struct pane *p)
{
	find_ask((struct find *)p);
}

/* ---- the pane ---- */

static void find_start(struct pane *p, const char *argument)
{
	struct find *f = (struct find *)p;
	if (!f->grid.ops) {
		grid_init(&f->grid, &find_grid_ops, f, 4);
		f->grid.focus = true;
		f->due = TIME_NONE;
	}
	if (argument && strcmp(argument, "recent") == 0) {
		f->recent = true;
		find_sync(f);
		grid_select(&f->grid, p->session->recent_count > 1 && p->session->customer ? 1 : 0);
	} else if (argument) { /* a search, or "" for an empty one */
		f->name_focus = f->name_chosen = true;
		if (argument[0]) {
			field_set(&f->name, argument, false);
			find_changed(f);
		}
		f->name.sent = f->name.len > 0;
	}
}

static void find_resume(struct pane *p)
{
	struct find *f = (struct find *)p;
	f->name_focus = f->name_chosen = false;
	f->name.sent = f->name.len > 0;
	find_sync(f);
}

static void find_stop(struct pane *p)
{
	struct find *f = (struct find *)p;
	find_drop(f);
	grid_done(&f->grid);
}

/* The list is read again while it is shown, but never over a search that runs. */
static bool find_load(struct pane *p, struct error *err)
{
	struct find *f = (struct find *)p;
	struct answer fresh = {0};
	bool good = query_freshness(p->session->query, &fresh, err);
	if (good)
		age_set(&p->session->age, &fresh.freshness, clock_now());
	answer_done(&fresh);
	if (f->name.len && !f->asked && f->due == TIME_NONE)
		f->due = f->found ? clock_mono() + FIND_AGAIN : clock_mono();
	find_sync(f);
	return good;
}

static void find_no_replica(const struct find *f, struct area area)
{
	const struct error *e = &f->base.session->trouble;
	const char *lines[] = {"There is no replica to read yet. This screen goes on as soon as there is one.",
			       e->message, e->hint[0] ? "What helps:" : "", e->hint};
	for (int i = 0; i < 4 && area.h > 0; i++) {
		const char *s = lines[i], *piece;
		size_t n = strlen(s), length;
		while (area.h > 0 && draw_wrap(&s, &n, area.w - 2, &piece, &length)) {
			draw_text(area.y++, area.x + 1, area.w - 2, i == 0 ? ROLE_NAME : ROLE_TEXT, piece, length);
			area.h--;
		}
		if (i < 2)
			area.y++, area.h--;
	}
}

static void find_title(struct find *f, struct buffer *out)
{
	struct arena a = {0};
	arena_init(&a);
	if (find_lists_recent(f)) {
		bool waiting = f->name.len && !f->recent;
		buffer_text_add(out, waiting ? "Searching ..."
				     : f->base.session->recent_count
					     ? "Customers seen last"
					     : "Type a CIF, or the beginning of any word of a name.");
	} else {
		const struct search_answer *s = &f->found->answer;
		if (s->total == 0)
			buffer_text_add(out, "Nobody found");
		else if (s->count < s->total)
			buffer_format(out, "%s of %s%s found", show_count(&a, s->count),
				      s->total_exact ? "" : "more than ", show_count(&a, s->total));
		else
			buffer_format(out, "%s found", show_count(&a, s->total));
		if (s->indexing >= 0)
			buffer_format(out, "; names are still being indexed, %d %%: there may be more", s->indexing);
	}
	arena_done(&a);
}

static void find_draw(struct pane *p, struct area area)
{
	struct find *f = (struct find *)p;
	struct buffer title = {0};
	draw_link(area.y, area.x, area.w, (struct draw_link){ACTION_SEARCH, 0});
	draw_text(area.y, area.x, 9, ROLE_LABEL, " Name ==>", 9);
	field_draw(&f->name, area.y, area.x + 10, area.w - 11 < 50 ? area.w - 11 : 50, &f->cursor_x);
	area.y += 2, area.h -= 2;
	if (!p->session->query) {
		find_no_replica(f, area);
		return;
	}
	find_title(f, &title);
	draw_text(area.y, area.x + 1, area.w - 2, ROLE_TITLE, title.data, title.len);
	buffer_done(&title);
	area.y++, area.h--;
	if (f->grid.rows)
		grid_draw(&f->grid, area);
}

static enum reaction find_type(struct pane *p, int key)
{
	struct find *f = (struct find *)p;
	bool text = key >= ' ' && key < KEY_TEXT_END && key != 127;
	bool digit = key >= '0' && key <= '9';
	if (key == ':' || key == '?' || key == '/')
		return REACT_IGNORED;
	if (digit && !f->name_chosen) {
		f->name_focus = false;
		return REACT_IGNORED;
	}
	if (!f->name_focus && !text)
		return REACT_IGNORED;
	if (!f->name_focus && p->session->cif_focus)
		return REACT_IGNORED;
	/* Home and End move the list, as everywhere. */
	if (key == KEY_FIRST || key == KEY_LAST || !field_key(&f->name, key))
		return text ? REACT_DONE : REACT_IGNORED;
	f->name_focus = true;
	p->session->cif_focus = false;
	if (key != KEY_ARROW_LEFT && key != KEY_ARROW_RIGHT)
		find_changed(f);
	return REACT_DONE;
}

static enum reaction find_paste(struct pane *p, const char *text, size_t n)
{
	struct find *f = (struct find *)p;
	size_t i = 0;
	while (i < n && isspace((unsigned char)text[i]))
		i++;
	if (!f->name_focus && i < n && isdigit((unsigned char)text[i]))
		return REACT_IGNORED; /* a CIF */
	field_paste(&f->name, text, n);
	f->name_focus = true;
	find_changed(f);
	return REACT_DONE;
}

static enum reaction find_act(struct pane *p, enum action a)
{
	struct find *f = (struct find *)p;
	switch (a) {
	case ACTION_OPEN:
		if (f->name.len && !f->recent && (!f->found || !find_answered(f))) {
			f->send = true;
			if (!f->asked)
				find_ask(f);
		} else if (f->grid.count)
			session_go(p->session, "CIF", find_key(f, grid_row(&f->grid)));
		return REACT_DONE;
	case ACTION_NEXT_FIELD:
	case ACTION_PREVIOUS_FIELD:
		f->name_focus = f->name_chosen = !f->name_focus;
		p->session->cif_focus = !f->name_focus && session_cif_letters(p->session);
		return REACT_DONE;
	case ACTION_CLEAR:
		if (!f->name_focus)
			return REACT_IGNORED;
		field_clear(&f->name);
		find_changed(f);
		return REACT_DONE;
	case ACTION_BACK:
		if (!f->name_focus && !f->recent)
			return REACT_IGNORED;
		f->name_focus = f->name_chosen = f->recent = false;
		f->name.sent = f->name.len > 0;
		find_sync(f);
		return REACT_DONE;
	case ACTION_REREAD:
		if (f->name.len)
			f->due = clock_mono();
		return REACT_LOAD;
	default:
		return REACT_IGNORED;
	}
}

static struct grid *find_grid(struct pane *p)
{
	return &((struct find *)p)->grid;
}

static bool find_cursor(struct pane *p, int *y, int *x)
{
	const struct find *f = (const struct find *)p;
	if (!f->name_focus)
		return false;
	*y = 3;
	*x = f->cursor_x;
	return true;
}

static const enum action find_actions[] = {ACTION_MORE, ACTION_NONE};

const struct pane_ops find_pane = {
	.code = "FIND",
	.title = "Find a customer",
	.about =
		"Type a CIF and Enter: the customer is shown. Leading zeros may be left out.\n"
		"Letters search by name: the beginning of any word, several words in any order, without regard to case "
		"and accents. F4 or Tab puts the name field first: then digits go there too, for a phone number or "
		"an e-mail address.\n"
		"Up and down choose in the list, Enter opens. Enter before the list has come opens the customer if "
		"there "
		"is only one.",
	.size = sizeof(struct find),
	.topics = BOARD_ROWS | BOARD_STATUS,
	.actions = find_actions,
	.start = find_start,
	.resume = find_resume,
	.stop = find_stop,
	.load = find_load,
	.take = find_take,
	.draw = find_draw,
	.act = find_act,
	.type = find_type,
	.paste = find_paste,
	.grid = find_grid,
	.cursor = find_cursor,
	.due = find_due,
	.wake = find_wake,
};
