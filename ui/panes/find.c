/* find: home. The CIF field, the search by name, the customers seen last.
 *
 * The search follows the typing: the worker is asked at once, and the next letter
 * interrupts it. Digits are the next CIF unless
 * the name field was chosen on purpose. Letters always go to the name: a command
 * is asked for by a function key, Ctrl or the command line.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "ingest/board.h"
#include "model/model.h"
#include "ui/kit/figures.h"
#include "ui/panes/find_internal.h"
#include "ui/panes/guide.h"

#define FIND_PAUSE (20 * SECOND / 1000) /* after a letter, before a worker that is busy is asked */
#define FIND_AGAIN SECOND               /* while the replica changes under a list that is shown */
#define FIND_COUNT (2 * SECOND)         /* between two counts of all customers, while the replica changes */
#define FIND_SHARE 10                   /* what is asked again by itself takes a tenth of the time at most */

static void find_sync(struct find *f);

/* ---- the customer beside the list ---- */

static bool find_brief_old(struct find *f)
{
	const char *cif = f->wide ? find_selected(f) : NULL;
	return cif ? !f->brief.cif || strcmp(cif, f->brief.cif) != 0 : f->brief.cif != NULL;
}

static void find_brief(struct find *f)
{
	struct error err = {0};
	if (f->base.session->query && find_brief_old(f))
		brief_load(&f->brief, f->base.session, f->wide ? find_selected(f) : NULL, &err);
}

/* ---- the questions ---- */

static bool find_job_run(struct job *j, struct query *q, struct error *err)
{
	struct find_job *s = (struct find_job *)j;
	return s->text ? query_search(q, s->text, s->limit, &s->answer, err) : query_status(q, &s->status, err);
}

static void find_job_free(struct job *j)
{
	struct find_job *s = (struct find_job *)j;
	answer_done(&s->answer.base);
	answer_done(&s->status.base);
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

/* The grid finds the one that is wanted by its key, and leaves it in the row of the screen where it was. */
static void find_select(struct find *f)
{
	if (f->wanted) {
		f->grid.selected = f->wanted_row;
		f->grid.top = 0;
		free(f->grid.key);
		f->grid.key = f->wanted;
		f->wanted = NULL;
	}
	find_sync(f);
}

static void find_want(struct find *f, const char *cif)
{
	char *wanted = memory_text(cif); /* which may be the one that goes */
	free(f->wanted);
	f->wanted = wanted;
	f->wanted_row = f->grid.selected - f->grid.top;
}

static bool find_counts(const struct find *f)
{
	return f->name.len == 0 && !f->asked && f->base.session->worker && clock_mono() >= f->count_at;
}

static void find_ask(struct find *f)
{
	f->due = TIME_NONE;
	if (!f->base.session->worker || (f->name.len == 0 && !find_counts(f)))
		return;
	struct find_job *j = memory_zero(1, sizeof(*j));
	j->job.ops = &find_job_ops;
	j->job.owner = f;
	j->text = f->name.len ? memory_text(f->name.text) : NULL;
	j->limit = f->limit;
	f->asked = true;
	f->asked_at = clock_mono();
	worker_ask(f->base.session->worker, &j->job);
}

/* ---- the answers ---- */

static void find_take_count(struct find *f, struct find_job *j)
{
	const struct model *m = f->base.session->model;
	f->counted = true;
	f->customers = j->status.rows[m->customer];
	f->stores = m->store >= 0 ? j->status.rows[m->store] : -1;
	job_free(&j->job);
}

static void find_take_search(struct find *f, struct find_job *j)
{
	age_set(&f->base.session->age, &j->answer.base.freshness, clock_now());
	f->cost = clock_mono() - f->asked_at;
	find_drop(f);
	f->found = j;
	find_select(f);
	if (f->onward != ACTION_NONE)
		grid_act(&f->grid, f->onward);
	f->onward = ACTION_NONE;
	if (f->send && j->answer.count == 1) {
		f->name.sent = true;
		session_go(f->base.session, customer_pane.code, j->answer.hits[0].cif);
	}
	f->send = false;
}

static void find_take(struct pane *p, struct job *job)
{
	struct find *f = (struct find *)p;
	struct find_job *j = (struct find_job *)job;
	f->asked = false;
	if (!j->text) { /* again when something has changed */
		f->counted_at = clock_mono();
		f->count_cost = f->counted_at - f->asked_at;
		f->count_at = TIME_OPEN;
	}
	if (job->good && j->text) {
		find_take_search(f, j);
	} else if (job->good) {
		find_take_count(f, j);
	} else {
		if (job->error.code != ERROR_CANCELLED)
			session_fail(p->session, &job->error);
		job_free(job);
	}
	find_brief(f);
}

/* What stands where the list would be. */
static void find_guide(struct find *f)
{
	const struct search_answer *a = f->name.len && f->found ? &f->found->answer : NULL;
	if (a && a->total == 0)
		guide_nobody(&f->guide, f->base.session, a->indexing >= 0 || a->base.freshness.incomplete_count > 0);
	else
		guide_welcome(&f->guide, f->base.session);
}

static void find_sync(struct find *f)
{
	bool recent = find_lists_recent(f);
	f->grid.total = recent ? 0 : f->found->answer.total;
	f->grid.total_least = !recent && !f->found->answer.total_exact;
	grid_sync(&f->grid, recent ? f->base.session->recent_count : f->found->answer.count);
	if (f->grid.rows == 0)
		find_guide(f);
	find_brief(f);
}

static void find_changed(struct find *f)
{
	f->recent = f->send = false;
	grid_clear(&f->grid); /* another list is to be shown: its rows are not those the grid knows */
	f->onward = ACTION_NONE;
	f->limit = FIND_LIMIT;
	find_want(f, NULL);
	if (f->base.session->worker)
		worker_cancel(f->base.session->worker, f);
	f->asked = false;
	/* The next letter interrupts what this one asks: there is nothing to wait for. */
	bool busy = f->base.session->worker && worker_busy(f->base.session->worker);
	f->due = f->name.len ? clock_mono() + (busy ? FIND_PAUSE : 0) : TIME_NONE;
	grid_select(&f->grid, 0);
	find_sync(f);
}

/* At the end of a list that is cut: more of it, ever larger steps, as far as a list goes. */
static bool find_more(struct find *f, enum action onward)
{
	const struct search_answer *a = f->found ? &f->found->answer : NULL;
	if (find_lists_recent(f) || !find_answered(f) || a->count >= a->total || f->limit >= FIND_MOST ||
	    f->grid.selected < f->grid.count - 1)
		return false;
	f->limit = f->limit * 5 < FIND_MOST ? f->limit * 5 : FIND_MOST;
	find_want(f, find_selected(f));
	f->onward = onward;
	find_ask(f);
	return true;
}

/* ---- what is due ---- */

static int64_t find_due(const struct pane *p)
{
	struct find *f = (struct find *)p;
	if (find_brief_old(f) && p->session->query)
		return 0;
	return f->due != TIME_NONE || f->asked || f->name.len ? f->due : f->count_at;
}

static void find_wake(struct pane *p)
{
	struct find *f = (struct find *)p;
	find_brief(f);
	if (f->due != TIME_NONE ? clock_mono() >= f->due : find_counts(f))
		find_ask(f);
}

/* ---- the pane ---- */

static void find_start(struct pane *p, const char *argument)
{
	struct find *f = (struct find *)p;
	if (!f->grid.ops) {
		grid_init(&f->grid, &find_grid_ops, f, FIND_COLUMNS);
		f->grid.focus = true;
		f->due = TIME_NONE;
		f->limit = FIND_LIMIT;
	}
	f->name_focus = f->name_chosen = f->list_focus = f->recent = f->send = false;
	if (argument && strcmp(argument, "recent") == 0) {
		f->recent = f->list_focus = true;
		find_sync(f);
		grid_select(&f->grid, p->session->recent_count > 1 && p->session->customer ? 1 : 0);
		return;
	}
	if (argument) { /* a search, or "" for an empty one */
		f->name_focus = f->name_chosen = true;
		if (argument[0]) {
			field_set(&f->name, argument, false);
			find_changed(f);
		}
		find_sync(f); /* what was a list of those seen last is one of those found */
	} else { /* home: what was searched for is done with; the trail has it */
		field_clear(&f->name);
		find_changed(f);
	}
	f->name.sent = f->name.len > 0;
}

/* recent, limit, the row of the screen, the CIF that is selected there or "-", the text. */
static void find_mark(const struct pane *p, struct buffer *out)
{
	struct find *f = (struct find *)p;
	const char *cif = find_selected(f);
	if (f->name.len || f->recent)
		buffer_format(out, "%d %d %d %s %s", f->recent, f->limit, f->grid.selected - f->grid.top,
			      cif && !strchr(cif, ' ') ? cif : "-", f->name.text);
}

static void find_recall(struct pane *p, const char *mark)
{
	struct find *f = (struct find *)p;
	char cif[64] = "";
	int recent = 0, limit = FIND_LIMIT, row = 0, used = 0;
	if (sscanf(mark, "%d %d %d %63s%n", &recent, &limit, &row, cif, &used) != 4)
		return;
	const char *text = mark + used + (mark[used] == ' ');
	if (strcmp(text, f->name.text) != 0) {
		field_set(&f->name, text, true);
		find_changed(f);
		bool known = f->found && strcmp(f->found->text, text) == 0 && f->found->limit >= limit;
		f->due = f->name.len && !known ? clock_mono() : TIME_NONE;
	}
	f->limit = limit;
	f->name.sent = f->name.len > 0;
	f->list_focus = true;
	f->recent = recent;
	find_sync(f);
	find_want(f, cif);
	f->wanted_row = row;
	if (f->due == TIME_NONE)
		find_select(f);
}

static void find_stop(struct pane *p)
{
	struct find *f = (struct find *)p;
	find_drop(f);
	free(f->wanted);
	brief_done(&f->brief);
	lines_done(&f->guide);
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
	if (f->name.len && !f->asked && f->due == TIME_NONE) {
		int64_t wait = f->cost * FIND_SHARE > FIND_AGAIN ? f->cost * FIND_SHARE : FIND_AGAIN;
		f->due = f->found ? clock_mono() + wait : clock_mono();
	}
	if (f->count_at == TIME_OPEN)
		f->count_at = f->counted_at +
			      (f->count_cost * FIND_SHARE > FIND_COUNT ? f->count_cost * FIND_SHARE : FIND_COUNT);
	find_sync(f);
	if (f->brief.cif)
		good = brief_load(&f->brief, p->session, f->brief.cif, err) && good;
	return good;
}

/* ---- keys ---- */

/* A letter that is a command elsewhere is a letter here; whoever meant the command is told its other way. */
static void find_letter(struct find *f, int key)
{
	struct session *s = f->base.session;
	char letter[16], other[16];
	enum action a = keys_action(&s->keys, key);
	keys_name(key, letter, sizeof(letter));
	keys_first(&s->keys, a, other, sizeof(other));
	if (a != ACTION_NONE && f->name.len == 1 && keys_label(a)[0] && s->keys.bound[a][0] > KEY_FUNCTION)
		session_say(s, ROLE_DIM, _("%s begins a name here; %s: %s"), letter, other, keys_about(a));
}

static enum reaction find_type(struct pane *p, int key)
{
	struct find *f = (struct find *)p;
	bool text = key >= ' ' && key < KEY_TEXT_END && key != 127;
	bool digit = key >= '0' && key <= '9';
	f->send = false;
	f->list_focus &= !text;
	if (key == ':' || key == '?' || key == '/')
		return REACT_IGNORED;
	if (digit && !f->name_chosen) {
		f->name_focus = false;
		return REACT_IGNORED;
	}
	if (!f->name_focus && (!text || p->session->cif_focus))
		return REACT_IGNORED;
	if (key == ' ' && (f->name.len == 0 || f->name.sent))
		return REACT_DONE;
	/* Home and End move the list, as everywhere; Ctrl-A and Ctrl-W may be keys of somebody's own. */
	bool begins = f->name.len == 0;
	if (key == KEY_FIRST || key == KEY_LAST || (key < ' ' && keys_action(&p->session->keys, key)) ||
	    !field_key(&f->name, key))
		return text ? REACT_DONE : REACT_IGNORED;
	if (begins) /* what was found before home was asked for is not the answer to this */
		find_drop(f);
	f->name_focus = true;
	p->session->cif_focus = false;
	p->session->cif_left = session_typed(p->session);
	if (text)
		find_letter(f, key);
	if (key != KEY_ARROW_LEFT && key != KEY_ARROW_RIGHT && key != 'A' - KEY_CONTROL)
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

static enum reaction find_open(struct find *f)
{
	if (f->name.len && !f->recent && (!f->found || strcmp(f->found->text, f->name.text) != 0)) {
		f->send = true;
		if (!f->asked)
			find_ask(f);
	} else if (f->grid.count) {
		f->name.sent = f->name.len > 0;
		session_go(f->base.session, customer_pane.code, find_selected(f));
	}
	return REACT_DONE;
}

static enum reaction find_back(struct find *f)
{
	if (!f->name_focus && !f->recent)
		return REACT_IGNORED;
	f->list_focus = f->grid.count > 0;
	f->name_focus = f->name_chosen = f->recent = false;
	f->name.sent = f->name.len > 0;
	find_sync(f);
	return REACT_DONE;
}

static enum reaction find_move(struct find *f, enum action a)
{
	bool down = a == ACTION_PAGE_DOWN || a == ACTION_DOWN || a == ACTION_LAST;
	if (down && find_more(f, a))
		return REACT_DONE;
	bool moved = grid_act(&f->grid, a);
	f->list_focus |= moved;
	find_brief(f);
	return moved ? REACT_DONE : REACT_IGNORED;
}

static enum reaction find_act(struct pane *p, enum action a)
{
	struct find *f = (struct find *)p;
	f->send = false;
	switch (a) {
	case ACTION_OPEN:
		return find_open(f);
	case ACTION_NEXT_FIELD:
	case ACTION_PREVIOUS_FIELD:
		f->list_focus = false;
		f->name_focus = f->name_chosen = !f->name_focus;
		p->session->cif_focus = !f->name_focus && session_cif_letters(p->session);
		p->session->cif_left = f->name_focus && session_typed(p->session);
		return REACT_DONE;
	case ACTION_CLEAR:
		if (!f->name_focus)
			return REACT_IGNORED;
		field_clear(&f->name);
		find_changed(f);
		return REACT_DONE;
	case ACTION_BACK:
		return find_back(f);
	case ACTION_REREAD:
		if (f->name.len)
			f->due = clock_mono();
		return REACT_LOAD;
	default:
		return find_move(f, a);
	}
}

static struct grid *find_grid(struct pane *p)
{
	return &((struct find *)p)->grid;
}

static bool find_cursor(struct pane *p, int *y, int *x)
{
	const struct find *f = (const struct find *)p;
	if (f->list_focus && f->grid.count && f->grid.y >= 0 && !session_typing(p->session)) {
		*y = f->grid.y;
		*x = f->grid.x;
		return true;
	}
	if (!f->name_focus)
		return false;
	*y = 3;
	*x = f->cursor_x;
	return true;
}

static const enum action find_actions[] = {ACTION_MORE, ACTION_NONE};

const struct pane_ops find_pane = {
	.code = "FIND",
	.title = N_("Find a customer"),
	.about = N_("Type a CIF and Enter: the customer is shown. Leading zeros may be left out.\n"
		    "Letters search by name: the beginning of any word, several words in any order, without regard to "
		    "case and accents. F4 or Tab puts the name field first: then digits go there too, for a phone "
		    "number or an e-mail address.\n"
		    "Up and down choose in the list, Enter opens. Enter before the list has come opens the customer "
		    "if there is only one. A list that is cut says so; page down at its end fetches more.\n"
		    "Commands that are letters elsewhere are letters of a name here: use the function keys, or the "
		    "command line after a colon."),
	.size = sizeof(struct find),
	.topics = BOARD_ROWS | BOARD_STATUS,
	.actions = find_actions,
	.start = find_start,
	.stop = find_stop,
	.load = find_load,
	.take = find_take,
	.draw = find_draw,
	.act = find_act,
	.type = find_type,
	.paste = find_paste,
	.grid = find_grid,
	.cursor = find_cursor,
	.mark = find_mark,
	.recall = find_recall,
	.due = find_due,
	.wake = find_wake,
};
