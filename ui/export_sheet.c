/* export_sheet: lines first, pages afterwards: only then is it known of how many pages each is one. */
#include "config.h"

#include "ui/export_sheet.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/paper.h"
#include "ui/kit/draw.h"
#include "ui/kit/figures.h"
#include "ui/panes/events.h"
#include "ui/panes/show.h"

enum { SHEET_LABEL = 24 /* cells of the widest label of a field */, SHEET_INDENT = 2 };

/* ---- text ---- */

static void sheet_rule(struct paper *l, char c)
{
	buffer_clear(&l->line);
	buffer_fill(&l->line, c, EXPORT_SHEET_WIDTH);
	paper_end(l);
}

static void sheet_heading(struct paper *l, const char *title, int count)
{
	struct buffer text = {0};
	paper_end(l);
	paper_keep(l, 3);
	buffer_text_add(&text, title);
	if (count >= 0)
		buffer_format(&text, " (%d)", count);
	paper_text(l, 0, EXPORT_SHEET_WIDTH, text.data, text.len);
	sheet_rule(l, '-');
	buffer_done(&text);
}

/* A left and a right part on one line; the left one gives way. */
static void sheet_sides(struct paper *l, const char *left, const char *right)
{
	struct buffer clean = {0};
	text_clean(&clean, right, strlen(right), l->ascii);
	size_t cells = text_width(buffer_text(&clean), clean.len);
	size_t room = cells + 2 < EXPORT_SHEET_WIDTH ? EXPORT_SHEET_WIDTH - cells - 2 : 0;
	text_fit(&l->line, left, strlen(left), room, l->ascii);
	buffer_text_add(&l->line, "  ");
	buffer_add(&l->line, buffer_text(&clean), clean.len);
	paper_end(l);
	buffer_done(&clean);
}

/* ---- the head ---- */

static void sheet_moment(const struct export_sheet *s, struct buffer *out)
{
	char at[FIGURES_SIZE];
	if (s->customer->as_of != TIME_NONE)
		buffer_format(out, s->customer->current ? _("As of %s: as it is today") : _("NOT CURRENT: as of %s"),
			      figures_second(s->customer->as_of, s->zone, at));
}

static void sheet_known(const struct export_sheet *s, struct buffer *out)
{
	char at[FIGURES_SIZE];
	int64_t to = s->customer->base.freshness.complete_to;
	if (to == TIME_NONE)
		buffer_format(out, _("Replica never complete yet (%s)"), s->age);
	else
		buffer_format(out, _("Replica as of %s (%s)"), figures_second(to, s->zone, at), s->age);
}

static void sheet_head(struct paper *l, const struct export_sheet *s)
{
	const struct lookup_answer *a = s->customer;
	const struct entity *e = &query_model(s->query)->entities[query_model(s->query)->customer];
	struct buffer left = {0}, right = {0};
	char at[FIGURES_SIZE];
	buffer_format(&right, _("CIF %s"), a->cif);
	sheet_sides(l, _("CUSTOMER SHEET"), buffer_text(&right));
	sheet_rule(l, '=');
	buffer_text_add(&left, a->name && a->name[0] ? a->name : _("(no name)"));
	paper_text(l, 0, EXPORT_SHEET_WIDTH, left.data, left.len);
	buffer_clear(&left);
	buffer_clear(&right);
	if (a->since != TIME_NONE)
		buffer_format(&left, _("Customer since %s"), figures_date(a->since, s->zone, at));
	if (e->store >= 0 && a->customer->values[e->store].kind > VALUE_NULL) {
		buffer_text_add(&right, _("Store"));
		buffer_char(&right, ' ');
		value_print(&right, &e->columns[e->store], a->customer->values[e->store]);
		if (a->store_name)
			buffer_format(&right, " %s", a->store_name);
	}
	if (left.len || right.len)
		sheet_sides(l, buffer_text(&left), buffer_text(&right));
	buffer_clear(&left);
	sheet_known(s, &left);
	paper_text(l, 0, EXPORT_SHEET_WIDTH, left.data, left.len);
	if (a->known == KNOWN_GAP)
		paper_say(l, _("Inside a gap: these are the values last known before it"));
	else if (a->known == KNOWN_FUTURE)
		paper_say(l, _("That moment is yet to come: these are the current values"));
	buffer_done(&left);
	buffer_done(&right);
}

/* ---- the fields ---- */

static bool sheet_shown(const struct export_sheet *s, int entity, int column, struct value v)
{
	const struct column *c = &query_model(s->query)->entities[entity].columns[column];
	return !c->hidden && v.kind != VALUE_UNKNOWN && query_column_present(s->query, entity, column);
}

static int sheet_label(const struct export_sheet *s, const struct entity *e, int entity, const struct value *values)
{
	int label = 0;
	for (int i = 0; i < e->column_count; i++) {
		int cells = (int)text_width(e->columns[i].title, strlen(e->columns[i].title));
		if (sheet_shown(s, entity, i, values[i]) && cells > label)
			label = cells;
	}
	return label < SHEET_LABEL ? label : SHEET_LABEL;
}

/* "Birth date ......... 1961-07-02", the value wrapped beside its label. */
static void sheet_field(struct paper *l, const struct export_sheet *s, const struct column *c, struct value v,
			int label)
{
	struct buffer text = {0};
	size_t title = (size_t)text_width(show_title(c), strlen(show_title(c)));
	size_t from = SHEET_INDENT + (size_t)label + 6;
	show_value(&text, c, v, s->zone);
	buffer_fill(&l->line, ' ', SHEET_INDENT);
	if (title > (size_t)label)
		title = (size_t)label;
	text_fit(&l->line, show_title(c), strlen(show_title(c)), title, l->ascii);
	buffer_char(&l->line, ' ');
	buffer_fill(&l->line, '.', (size_t)label + 4 - title);
	buffer_char(&l->line, ' ');
	paper_text(l, from, EXPORT_SHEET_WIDTH - from, buffer_text(&text), text.len);
	buffer_done(&text);
}

static void sheet_fields(struct paper *l, const struct export_sheet *s, int entity, const struct value *values,
			 int skip)
{
	const struct entity *e = &query_model(s->query)->entities[entity];
	int label = sheet_label(s, e, entity, values);
	for (int i = 0; i < e->column_count; i++)
		if (i != skip && sheet_shown(s, entity, i, values[i]))
			sheet_field(l, s, &e->columns[i], values[i], label);
}

/* ---- what is held ---- */

static bool sheet_incomplete(const struct export_sheet *s, int entity)
{
	const struct freshness *f = &s->customer->base.freshness;
	for (int i = 0; i < f->incomplete_count; i++)
		if (f->incomplete[i] == entity)
			return true;
	return false;
}

/* A table where it fits; where a column would have no room, a record each. */
static void sheet_table(struct paper *l, const struct export_sheet *s, const struct entity_rows *rows)
{
	const struct entity *e = &query_model(s->query)->entities[rows->entity];
	struct paper_table g;
	paper_table_init(&g, SHEET_INDENT, EXPORT_SHEET_WIDTH);
	int columns[PAPER_COLUMNS], count = 0;
	for (int i = 0; i < e->column_count && count < PAPER_COLUMNS; i++)
		if (i != e->cif && sheet_shown(s, rows->entity, i, rows->rows[0].values[i])) {
			const struct column *c = &e->columns[i];
			bool right = c->type == COLUMN_DECIMAL || (c->type == COLUMN_INTEGER && !c->identifier);
			columns[count++] = i;
			paper_table_column(&g, right);
		}
	for (int i = 0; i < count; i++) {
		const char *title = e->columns[columns[i]].title;
		paper_table_cell(&g, title, strlen(title), l->ascii);
	}
	for (int r = 0; r < rows->count; r++)
		for (int i = 0; i < count; i++) {
			struct buffer text = {0};
			show_value(&text, &e->columns[columns[i]], rows->rows[r].values[columns[i]], s->zone);
			paper_table_cell(&g, buffer_text(&text), text.len, l->ascii);
			buffer_done(&text);
		}
	if (count && !paper_table_write(&g, l))
		for (int r = 0; r < rows->count; r++) {
			if (r)
				paper_end(l);
			sheet_fields(l, s, rows->entity, rows->rows[r].values, e->cif);
		}
	paper_table_done(&g);
}

static void sheet_details(struct paper *l, const struct export_sheet *s)
{
	for (int i = 0; i < s->customer->entity_count; i++) {
		const struct entity_rows *rows = &s->customer->entities[i];
		sheet_heading(l, show_entity(&query_model(s->query)->entities[rows->entity]), rows->count);
		if (sheet_incomplete(s, rows->entity))
			paper_say(l, _("  not all of it is copied yet"));
		else if (!rows->count)
			paper_say(l, _("  none"));
		if (rows->count)
			sheet_table(l, s, rows);
	}
}

/* ---- what changed last ---- */

static void sheet_change(struct paper *l, const struct export_sheet *s, const struct event *e)
{
	char when[FIGURES_SIZE];
	struct buffer text = {0}, subject = {0}, what = {0};
	const struct event_words w = {.model = query_model(s->query), .zone = s->zone};
	size_t from = SHEET_INDENT + FIGURES_MINUTE + 2;
	event_subject(&subject, &w, e);
	event_what(&what, &w, e);
	buffer_format(&text, _("%s, %s: %s"), buffer_text(&subject), event_word(e), buffer_text(&what));
	buffer_fill(&l->line, ' ', SHEET_INDENT);
	buffer_format(&l->line, "%s  ", figures_minute(e->at, s->zone, when));
	paper_text(l, from, EXPORT_SHEET_WIDTH - from, text.data, text.len);
	buffer_done(&text);
	buffer_done(&subject);
	buffer_done(&what);
}

static void sheet_changes(struct paper *l, const struct export_sheet *s)
{
	struct arena arena;
	const struct event *events;
	int shown = 0;
	arena_init(&arena);
	const struct events_request all = {.history = s->history,
					   .model = query_model(s->query),
					   .from = TIME_NONE,
					   .to = TIME_NONE,
					   .entity = -1};
	size_t count = events_make(&arena, &all, &events);
	sheet_heading(l, _("Last changes"), -1);
	for (size_t i = 0; i < count && shown < EXPORT_SHEET_CHANGES; i++)
		if (event_news(&events[i])) {
			sheet_change(l, s, &events[i]);
			shown++;
		}
	if (!shown)
		paper_say(l, _("  none since the replica began"));
	arena_done(&arena);
}

/* ---- pages ---- */

static void sheet_foot(const struct export_sheet *s, struct paper *l, int page, int pages)
{
	struct buffer left = {0}, right = {0};
	char at[FIGURES_SIZE];
	sheet_rule(l, '=');
	sheet_moment(s, &left);
	if (left.len)
		paper_text(l, 0, EXPORT_SHEET_WIDTH, left.data, left.len);
	buffer_clear(&left);
	if (s->user)
		buffer_format(&left, _("Printed %s by %s"), figures_minute(s->now, s->zone, at), s->user);
	else
		buffer_format(&left, _("Printed %s"), figures_minute(s->now, s->zone, at));
	buffer_format(&right, _("Page %d of %d"), page, pages);
	sheet_sides(l, buffer_text(&left), buffer_text(&right));
	buffer_clear(&left);
	sheet_known(s, &left);
	paper_text(l, 0, EXPORT_SHEET_WIDTH, left.data, left.len);
	buffer_done(&left);
	buffer_done(&right);
}

/* The first page has the head among its lines already. */
static void sheet_top(const struct export_sheet *s, struct paper *l, int page)
{
	struct buffer left = {0}, right = {0};
	buffer_format(&right, _("CIF %s"), s->customer->cif);
	buffer_format(&left, _("CUSTOMER SHEET, continued: %s"), s->customer->name ? s->customer->name : "");
	sheet_moment(s, &l->line);
	if (l->line.len)
		paper_end(l);
	if (page > 1) {
		sheet_sides(l, buffer_text(&left), buffer_text(&right));
		sheet_rule(l, '=');
	}
	buffer_done(&left);
	buffer_done(&right);
}

void export_sheet_write(FILE *out, const struct export_sheet *s)
{
	struct paper body, frame;
	paper_init(&body, s->ascii);
	paper_init(&frame, s->ascii);
	sheet_head(&body, s);
	sheet_heading(&body, show_entity(&query_model(s->query)->entities[query_model(s->query)->customer]), -1);
	sheet_fields(&body, s, query_model(s->query)->customer, s->customer->customer->values, -1);
	sheet_details(&body, s);
	sheet_changes(&body, s);
	paper_end(&body);
	paper_pages(&body, EXPORT_SHEET_LINES - 8);
	for (int page = 1; page <= body.pages && !ferror(out); page++) {
		if (page > 1)
			fputc('\f', out);
		sheet_top(s, &frame, page);
		paper_print(&frame, out);
		paper_page(&body, page, out);
		sheet_foot(s, &frame, page, body.pages);
		paper_print(&frame, out);
	}
	paper_done(&body);
	paper_done(&frame);
}
