#include "config.h"

#include "ui/more.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "ui/console.h"
#include "ui/kit/draw.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/worker.h"

#define MORE_SOON (SECOND / 5) /* an export that takes longer shows how far it is */

enum more_what {
	MORE_TABLE_CSV,
	MORE_TABLE_JSON,
	MORE_CUSTOMER_SHEET,
	MORE_CUSTOMER_CSV,
	MORE_CUSTOMER_JSON,
	MORE_COPY_CELL,
	MORE_COPY_ROW,
	MORE_ORDER,
	MORE_REVERSE,
	MORE_ROWS,
	MORE_WHATS
};

/* Translated where they are added. */
static const struct {
	char letter;
	const char *label;
} more_items[MORE_WHATS] = {
	[MORE_TABLE_CSV] = {'c', N_("This table as CSV, for a spreadsheet")},
	[MORE_TABLE_JSON] = {'j', N_("This table as JSON")},
	[MORE_CUSTOMER_SHEET] = {'s', N_("The customer as a sheet to print")},
	[MORE_CUSTOMER_CSV] = {'c', N_("The customer as CSV, with all they hold")},
	[MORE_CUSTOMER_JSON] = {'j', N_("The customer as JSON, with all they hold")},
	[MORE_COPY_CELL] = {'y', N_("Copy the cell or field chosen")},
	[MORE_COPY_ROW] = {'Y', N_("Copy the row")},
	[MORE_ORDER] = {'o', N_("Order the rows by the next column")},
	[MORE_REVERSE] = {'O', N_("The same order the other way round")},
	[MORE_ROWS] = {'i', N_("Only the rows that hold a text")},
};

static struct pane *more_pane(struct console *c)
{
	return screens_top(&c->screens);
}

static struct grid *more_grid(struct console *c)
{
	struct pane *p = more_pane(c);
	return p->ops->grid ? p->ops->grid(p) : NULL;
}

static void more_close(struct more *m)
{
	m->state = MORE_CLOSED;
	field_clear(&m->field);
}

void more_stop(struct more *m)
{
	if (m->running)
		export_stop(m->running);
	m->running = NULL;
}

void more_done(struct more *m)
{
	more_stop(m);
	free(m->path);
	m->path = NULL;
}

/* ---- the menu ---- */

static void more_add(struct more *m, enum more_what what)
{
	menu_add(&m->menu, more_items[what].letter, (int)what, _(more_items[what].label));
}

/* c and j are what is shown: of a customer, where there is no table beside. */
static void more_add_customer(struct more *m, bool table)
{
	menu_add(&m->menu, table ? 'C' : 'c', MORE_CUSTOMER_CSV, _(more_items[MORE_CUSTOMER_CSV].label));
	menu_add(&m->menu, table ? 'J' : 'j', MORE_CUSTOMER_JSON, _(more_items[MORE_CUSTOMER_JSON].label));
}

void more_open(struct console *c)
{
	struct more *m = &c->more;
	struct session *s = &c->session;
	struct grid *g = more_grid(c);
	bool customer = more_pane(c)->ops->customer && s->customer && s->query;
	menu_open(&m->menu, _("More: Enter, or its letter; Esc closes"));
	if (customer)
		more_add(m, MORE_CUSTOMER_SHEET);
	if (g && g->rows && s->query) {
		more_add(m, MORE_TABLE_CSV);
		more_add(m, MORE_TABLE_JSON);
	}
	if (customer)
		more_add_customer(m, g && g->rows);
	if (g && g->rows && !g->fixed) {
		more_add(m, MORE_ROWS);
		more_add(m, MORE_ORDER);
		if (g->sort)
			more_add(m, MORE_REVERSE);
	}
	if (s->copies && ((g && g->count) || (!g && customer)))
		more_add(m, MORE_COPY_CELL);
	if (s->copies && g && g->count)
		more_add(m, MORE_COPY_ROW);
	if (m->menu.count)
		m->state = MORE_MENU;
	else
		session_say(s, ROLE_MESSAGE, "%s", _("There is nothing here to export or to copy"));
}

static void more_choose(struct console *c, enum more_what what)
{
	more_close(&c->more);
	switch (what) {
	case MORE_TABLE_CSV:
	case MORE_TABLE_JSON:
		more_export(c, EXPORT_TABLE, what == MORE_TABLE_CSV ? EXPORT_CSV : EXPORT_JSON, NULL);
		break;
	case MORE_CUSTOMER_SHEET:
		more_export(c, EXPORT_CUSTOMER, EXPORT_SHEET, NULL);
		break;
	case MORE_CUSTOMER_CSV:
	case MORE_CUSTOMER_JSON:
		more_export(c, EXPORT_CUSTOMER, what == MORE_CUSTOMER_CSV ? EXPORT_CSV : EXPORT_JSON, NULL);
		break;
	case MORE_COPY_CELL:
	case MORE_COPY_ROW:
		more_copy(c, what == MORE_COPY_CELL ? COPY_CELL : COPY_ROW);
		break;
	case MORE_ORDER:
	case MORE_REVERSE:
		pane_act(more_pane(c), what == MORE_ORDER ? ACTION_ORDER : ACTION_REVERSE);
		break;
	case MORE_ROWS:
		more_filter(c, NULL);
		break;
	case MORE_WHATS:
		break;
	}
}

void more_copy(struct console *c, enum copy_what what)
{
	copy_run(&c->session, more_pane(c), what);
}

/* ---- the filter ---- */

void more_filter(struct console *c, const char *text)
{
	struct pane *p = more_pane(c);
	const char *now = pane_filtered(p);
	const struct grid *g = more_grid(c);
	if (!now && !p->ops->filter && (!g || g->fixed)) {
		session_say(&c->session, ROLE_MESSAGE, "%s", _("There is no table here to filter"));
	} else if (text) {
		pane_filter(p, text);
	} else {
		field_set(&c->more.field, now ? now : "", now != NULL);
		c->more.state = MORE_FILTER;
	}
}

/* ---- exports ---- */

static void more_begin(struct console *c)
{
	struct more *m = &c->more;
	struct error err = {0};
	m->request.path = m->path;
	struct export *x = export_new(&c->session, more_pane(c), &m->request, &err);
	more_close(m);
	if (!x) {
		session_fail(&c->session, &err);
		return;
	}
	m->running = x;
	m->began = clock_mono();
	if (c->session.accessible) /* it is said once; nothing ticks there */
		session_say(&c->session, ROLE_MESSAGE, "%s", _("Writing ... Esc cancels"));
	export_job(x)->owner = m;
	worker_ask(c->session.worker, export_job(x));
}

/* The name is known: writes, unless there is one like it. */
static void more_name(struct console *c, const char *typed)
{
	struct more *m = &c->more;
	struct buffer path = {0};
	export_path(&c->session, typed, &path);
	free(m->path);
	m->path = buffer_take(&path);
	m->request.overwrite = false;
	if (export_exists(m->path))
		m->state = MORE_OVERWRITE;
	else
		more_begin(c);
}

void more_export(struct console *c, enum export_what what, enum export_format format, const char *path)
{
	struct more *m = &c->more;
	struct error err = {0};
	struct buffer name = {0};
	m->request = (struct export_request){.what = what, .format = format};
	if (!c->session.worker) {
		session_say(&c->session, ROLE_WARN, "%s", _("There is no replica to read yet"));
	} else if (m->running) {
		session_say(&c->session, ROLE_WARN, "%s", _("An export is being written: Esc cancels it"));
	} else if (!export_choose(&c->session, more_pane(c), format, &m->request.what, &err)) {
		session_fail(&c->session, &err);
	} else if (path && path[0]) {
		more_name(c, path);
	} else {
		export_name(&c->session, more_pane(c), &m->request, &name);
		field_set(&m->field, buffer_text(&name), true);
		m->state = MORE_PATH;
	}
	buffer_done(&name);
}

bool more_command_export(struct console *c, const char *argument)
{
	char word[16] = "";
	int used = 0;
	if (sscanf(argument, "%15s%n", word, &used) == 1 && export_format_find(word) != EXPORT_FORMATS) {
		const char *path = argument + used + strspn(argument + used, " ");
		more_export(c, EXPORT_SHOWN, export_format_find(word), path);
		return true;
	}
	session_say(&c->session, ROLE_ERROR, "%s", _("export takes csv, json or sheet, and the name of a file"));
	return false;
}

bool more_command_copy(struct console *c, const char *argument)
{
	bool row = strcmp(argument, "row") == 0;
	if (row || !argument[0] || strcmp(argument, "cell") == 0) {
		more_copy(c, row ? COPY_ROW : COPY_CELL);
		return true;
	}
	session_say(&c->session, ROLE_ERROR, "%s", _("copy takes cell or row"));
	return false;
}

bool more_take(struct console *c, struct job *j)
{
	struct buffer said = {0};
	if (j->owner != &c->more)
		return false;
	export_said(export_of(j), &said);
	c->more.running = NULL;
	if (j->good)
		session_say(&c->session, ROLE_MESSAGE, "%s", buffer_text(&said));
	else if (j->error.code == ERROR_CANCELLED)
		session_say(&c->session, ROLE_MESSAGE, "%s", _("The export was cancelled, no file was written"));
	else
		session_fail(&c->session, &j->error);
	buffer_done(&said);
	job_free(j);
	return true;
}

/* ---- keys ---- */

static void more_sent(struct console *c)
{
	struct more *m = &c->more;
	char *text = memory_text(m->field.text);
	enum more_state state = m->state;
	more_close(m);
	if (state == MORE_FILTER)
		more_filter(c, text);
	else if (text[0])
		more_name(c, text);
	free(text);
}

static void more_type(struct console *c, int key)
{
	struct more *m = &c->more;
	switch (key) {
	case KEY_RETURN:
	case 'E' - KEY_CONTROL:
		more_sent(c);
		return;
	case KEY_ESC:
	case KEY_FUNCTION + 12:
		more_close(m);
		return;
	case 'F' - KEY_CONTROL:
		field_clear(&m->field);
		return;
	case 'U' - KEY_CONTROL:
		field_cut_before(&m->field);
		return;
	case 'K' - KEY_CONTROL:
		field_cut_after(&m->field);
		return;
	default:
		if (key == KEY_ERASE && !m->field.len)
			more_close(m);
		else
			field_key(&m->field, key);
		return;
	}
}

static bool more_menu_key(struct console *c, int key)
{
	int what = 0;
	switch (menu_key(&c->more.menu, key, &what)) {
	case MENU_OPEN:
		return true;
	case MENU_CHOSEN:
		more_choose(c, (enum more_what)what);
		return true;
	case MENU_CLOSED:
		more_close(&c->more);
		return true;
	case MENU_PASSED:
		more_close(&c->more);
		return false;
	}
	return false;
}

bool more_key(struct console *c, int key)
{
	struct more *m = &c->more;
	if (m->state == MORE_CLOSED && m->running && key == KEY_ESC) {
		export_stop(m->running);
		return true;
	}
	if (m->state == MORE_CLOSED)
		return false;
	c->session.message[0] = 0;
	if (m->state == MORE_MENU)
		return more_menu_key(c, key);
	if (m->state == MORE_OVERWRITE) {
		m->request.overwrite = key == 'y' || key == 'Y';
		if (m->request.overwrite) {
			more_begin(c);
			return true;
		}
		if (key >= '0' && key <= '9') { /* the next lookup */
			more_close(m);
			return false;
		}
		field_set(&m->field, m->path, false); /* another name may do */
		m->state = MORE_PATH;
		return true;
	}
	more_type(c, key);
	return true;
}

bool more_paste(struct console *c, const char *text, size_t n)
{
	if (c->more.state == MORE_PATH || c->more.state == MORE_FILTER)
		field_paste(&c->more.field, text, n);
	return c->more.state != MORE_CLOSED;
}

/* ---- painting ---- */

static void more_ask(const struct more *m, const char *label)
{
	int y = LINES - 2, cursor = 0;
	draw_fill(y, 0, COLS, ROLE_TEXT);
	int x = 1 + draw_format(y, 1, COLS - 2, ROLE_TITLE, "%s ", label);
	field_draw(&m->field, y, x, COLS - x - 1, &cursor);
	move(y, cursor < COLS ? cursor : COLS - 1);
}

static void more_question(const struct more *m)
{
	char text[FIELD_SIZE + 128];
	const char *name = strrchr(m->path, '/');
	int y = LINES - 2;
	snprintf(text, sizeof(text), _("\"%s\" is there already. Overwrite it? y: yes, any other key: no"),
		 name ? name + 1 : m->path);
	draw_fill(y, 0, COLS, ROLE_TEXT);
	if ((int)text_width(text, strlen(text)) > COLS - 2) /* the question counts, not the name */
		snprintf(text, sizeof(text), "%s", _("It is there already. Overwrite? y: yes, other keys: no"));
	move(y, 1 + draw_format(y, 1, COLS - 2, ROLE_WARN, "%s", text));
}

static void more_progress(const struct more *m, int64_t took)
{
	struct export_progress progress;
	struct buffer text = {0};
	if (took < MORE_SOON)
		return;
	export_progress(m->running, &progress);
	export_progress_words(&progress, took, &text);
	draw_fill(LINES - 2, 0, COLS, ROLE_TEXT);
	draw_text(LINES - 2, 1, COLS - 2, ROLE_MESSAGE, text.data, text.len);
	buffer_done(&text);
}

void more_draw(struct console *c, int64_t now)
{
	const struct more *m = &c->more;
	int y = 1, x = 0;
	if (LINES < LAYOUT_LEAST_ROWS || COLS < LAYOUT_LEAST_COLUMNS)
		return;
	switch (m->state) {
	case MORE_CLOSED:
		if (m->running && !c->session.message[0] && c->prompt.kind == PROMPT_NONE) {
			getyx(stdscr, y, x);
			more_progress(m, now - m->began);
			move(y, x);
		}
		break;
	case MORE_MENU:
		menu_draw(&m->menu, (struct area){3, 0, LINES - 5, COLS}, c->session.accessible, &y, &x);
		move(y, x);
		break;
	case MORE_PATH:
		more_ask(m, _("Write to ==>"));
		break;
	case MORE_FILTER:
		more_ask(m, _("Only rows that hold ==>"));
		break;
	case MORE_OVERWRITE:
		more_question(m);
		break;
	}
}
