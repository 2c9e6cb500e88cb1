/* The table of the stores. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/zone.h"
#include "ui/panes/stores.h"
#include "ui/session.h"

enum {
	TABLE_NUMBER = 4, /* cells of a number, at least */
	TABLE_SPARK = 12, /* of the line of bars, if names leave so much: its two times fit above it */
	TABLE_BARS = 6,   /* of the line of bars, at least */
	TABLE_NAME = 10,  /* of a name, at least */
	TABLE_NAMES = 28, /* and at most */
	TABLE_GAP = 2,
};

static const char *const stores_orders[TALLY_ORDERS] = {
	[TALLY_BY_RATE] = N_("rate"),   [TALLY_BY_STORE] = N_("store"),    [TALLY_BY_NAME] = N_("name"),
	[TALLY_BY_TODAY] = N_("today"), [TALLY_BY_AVERAGE] = N_("vs avg"),
};

const char *stores_order_word(enum tally_order order)
{
	return _(stores_orders[order]);
}

const struct tally_line *stores_line(const struct stores *s, int row)
{
	return &s->tally.lines[s->rows[row]];
}

/* ---- which columns ---- */

/* Of stores that are silent the numbers of the last hour say nothing. */
static const enum stores_column table_all[] = {COLUMN_STORE, COLUMN_NAME,  COLUMN_NOW,     COLUMN_WINDOW,
					       COLUMN_HOUR,  COLUMN_TODAY, COLUMN_AVERAGE, COLUMN_LAST};
static const enum stores_column table_silent[] = {COLUMN_STORE, COLUMN_NAME, COLUMN_LAST, COLUMN_TODAY, COLUMN_AVERAGE};

static enum stores_column table_kind(const struct stores *s, int column)
{
	return s->silent_only ? table_silent[column] : table_all[column];
}

static void table_columns(struct stores *s, bool bars)
{
	s->grid.columns =
		s->silent_only ? (int)(sizeof(table_silent) / sizeof(table_silent[0])) : STORES_COLUMNS - !bars;
}

/* ---- which rows ---- */

static bool stores_holds(const struct tally_line *l, const char *folded)
{
	struct buffer text = {0}, plain = {0};
	buffer_format(&plain, "%s %s", l->id ? l->id : "", l->name ? l->name : "");
	text_fold(&text, buffer_text(&plain), plain.len);
	bool holds = strstr(buffer_text(&text), folded) || strstr(buffer_text(&plain), folded);
	buffer_done(&text);
	buffer_done(&plain);
	return holds;
}

static const char *table_title(struct stores *s, enum stores_column kind);

static int64_t stores_number(const struct stores *s, const struct tally_line *l, int column)
{
	switch (column) {
	case COLUMN_NOW:
		return l->windows[TALLY_WINDOWS - 1];
	case COLUMN_WINDOW:
		return s->tally.whole < 0 ? 0 : l->windows[s->tally.whole];
	case COLUMN_HOUR:
		return l->hour;
	default:
		return l->today;
	}
}

static void stores_measure(struct stores *s)
{
	char text[FIGURES_SIZE];
	for (int c = COLUMN_NOW; c <= COLUMN_TODAY; c++) {
		s->widths[c] = TABLE_NUMBER;
		const char *heading = table_title(s, (enum stores_column)c);
		int title = (int)text_width(heading, strlen(heading));
		s->widths[c] = title > s->widths[c] ? title : s->widths[c];
		for (int i = 0; i < s->tally.count; i++) {
			const char *figures = figures_count(stores_number(s, &s->tally.lines[i], c), text);
			int cells = (int)text_width(figures, strlen(figures));
			s->widths[c] = cells > s->widths[c] ? cells : s->widths[c];
		}
	}
	s->widths[COLUMN_NAME] = TABLE_NAME;
	for (int i = 0; i < s->tally.count; i++) {
		const char *name = s->tally.lines[i].name;
		int cells = name ? (int)text_width(name, strlen(name)) : 0;
		s->widths[COLUMN_NAME] = cells > s->widths[COLUMN_NAME] ? cells : s->widths[COLUMN_NAME];
	}
	if (s->widths[COLUMN_NAME] > TABLE_NAMES)
		s->widths[COLUMN_NAME] = TABLE_NAMES;
}

void stores_list(struct stores *s)
{
	struct buffer folded = {0};
	if (!s->counted)
		return;
	if (s->filter)
		text_fold(&folded, s->filter, strlen(s->filter));
	tally_sort(&s->tally, s->order, s->reverse);
	s->rows = memory_grow(s->rows, (size_t)(s->tally.count + 1) * sizeof(*s->rows));
	s->row_count = s->silent_count = 0;
	for (int i = 0; i < s->tally.count; i++) {
		const struct tally_line *l = &s->tally.lines[s->tally.order[i]];
		s->silent_count += l->silent;
		if ((s->silent_only && !l->silent) || (folded.len && !stores_holds(l, folded.data)))
			continue;
		s->rows[s->row_count++] = s->tally.order[i];
	}
	buffer_done(&folded);
	stores_measure(s);
	table_columns(s, true);
	/* Who looks at the first ones wants to see who comes to lead, even above the row that is selected. */
	bool first = s->grid.count && s->grid.top == 0;
	grid_sync(&s->grid, s->row_count);
	if (first)
		s->grid.top = 0;
}

/* ---- columns and cells ---- */

static const char *table_key(void *ctx, int row)
{
	const struct tally_line *l = stores_line(ctx, row);
	return l->id ? l->id : "";
}

/* The times of the ends of the line of bars: "11:15 ...... 14:15". */
static const char *table_ends(struct stores *s)
{
	const struct tally *t = &s->tally;
	char first[FIGURES_SIZE], last[FIGURES_SIZE];
	int from = TALLY_WINDOWS - s->shown_windows;
	int64_t span = t->now - t->starts[from];
	stores_moment(s, t->starts[from], span, first);
	stores_moment(s, t->now, span, last);
	int dots = s->shown_windows - (int)(strlen(first) + strlen(last));
	buffer_clear(&s->title);
	if (dots < 1) {
		buffer_fill(&s->title, ' ',
			    (size_t)(s->shown_windows > (int)strlen(last) ? s->shown_windows - (int)strlen(last) : 0));
	} else {
		buffer_text_add(&s->title, first);
		buffer_fill(&s->title, dots > 2 ? ' ' : '.', 1);
		buffer_fill(&s->title, '.', (size_t)(dots > 2 ? dots - 2 : dots - 1));
		buffer_fill(&s->title, ' ', dots > 2);
	}
	buffer_text_add(&s->title, last);
	return buffer_text(&s->title);
}

static const struct {
	struct grid_column column;
	const char *title; /* NULL: it depends */
} table_list[STORES_COLUMNS] = {
	[COLUMN_STORE] = {{.name = "store"}, /* xgettext: cell 8 */ N_("Store")},
	[COLUMN_NAME] = {{.name = "name"}, /* xgettext: cell 10 */ N_("Name")},
	[COLUMN_NOW] = {{.name = "running", .right = true}, /* xgettext: cell 5 */ N_("now")},
	[COLUMN_WINDOW] = {{.name = "window", .right = true}, NULL},
	[COLUMN_HOUR] = {{.name = "hour", .right = true}, NULL},
	[COLUMN_TODAY] = {{.name = "today", .right = true}, /* xgettext: cell 6 */ N_("today")},
	[COLUMN_AVERAGE] = {{.name = "vs_average", .width = 8}, /* xgettext: cell 8 */ N_("vs avg")},
	[COLUMN_LAST] = {{.name = NULL}, NULL},
};

static const char *table_title(struct stores *s, enum stores_column kind)
{
	if (table_list[kind].title)
		return _(table_list[kind].title);
	if (kind == COLUMN_WINDOW)
		return duration_text(&s->tally.window, s->window_title);
	if (kind == COLUMN_HOUR)
		return "1h";
	/* xgettext: cell 16 */
	return s->silent_only ? _("silent since") : table_ends(s);
}

static void table_column(void *ctx, int column, struct grid_column *out)
{
	struct stores *s = ctx;
	enum stores_column kind = table_kind(s, column);
	*out = table_list[kind].column;
	out->title = table_title(s, kind);
	if (s->widths[kind])
		out->width = s->widths[kind];
	if (kind == COLUMN_LAST && s->silent_only) {
		out->name = "silent_since";
		out->width = FIGURES_MINUTE;
	} else if (kind == COLUMN_LAST) {
		out->width = s->shown_windows;
	}
}

static void table_average(struct stores *s, const struct tally_line *l, struct grid_cell *out)
{
	if (l->percent != INT32_MAX)
		snprintf(s->cell, sizeof(s->cell), "%+4d %%%s", l->percent, l->silent ? " !" : "");
	else if (l->silent)
		snprintf(s->cell, sizeof(s->cell), "       !");
	if (l->silent)
		out->role = ROLE_WARN;
}

static void table_last(struct stores *s, const struct tally_line *l, struct grid_cell *out)
{
	char states[TALLY_WINDOWS];
	int from = TALLY_WINDOWS - s->shown_windows;
	if (s->silent_only) {
		out->text = figures_minute(l->last, s->zone, s->cell);
		return;
	}
	buffer_clear(&s->text);
	tally_states(s->tally.states, l->windows, TALLY_WINDOWS, states);
	chart_spark(&s->text, l->windows + from, states + from, s->shown_windows, 0, stores_style(s));
	out->text = buffer_text(&s->text);
	out->role = ROLE_BAR;
}

static void table_cell(void *ctx, int row, int column, struct grid_cell *out)
{
	struct stores *s = ctx;
	const struct tally_line *l = stores_line(s, row);
	out->role = l->silent ? ROLE_DIM : ROLE_TEXT;
	out->text = s->cell;
	s->cell[0] = 0;
	enum stores_column kind = table_kind(s, column);
	switch (kind) {
	case COLUMN_STORE:
		out->text = l->id ? l->id : _("(none)");
		out->role = l->id ? ROLE_NAME : ROLE_NONE;
		break;
	case COLUMN_NAME:
		out->text = l->name ? l->name : "";
		break;
	case COLUMN_AVERAGE:
		table_average(s, l, out);
		break;
	case COLUMN_LAST:
		table_last(s, l, out);
		break;
	default:
		if (kind == COLUMN_WINDOW && s->tally.whole < 0)
			out->text = "?";
		else
			figures_count(stores_number(s, l, kind), s->cell);
		break;
	}
	out->len = strlen(out->text);
}

static void table_datum(void *ctx, int row, int column, struct grid_datum *out)
{
	struct stores *s = ctx;
	const struct tally_line *l = stores_line(s, row);
	enum stores_column kind = table_kind(s, column);
	*out = (struct grid_datum){.kind = GRID_NOTHING, .ours = true};
	if (kind == COLUMN_STORE || kind == COLUMN_NAME) {
		const char *text = kind == COLUMN_STORE ? l->id : l->name;
		*out = (struct grid_datum){
			.kind = text ? GRID_TEXT : GRID_NOTHING, .text = text, .len = text ? strlen(text) : 0};
		return;
	}
	if (kind == COLUMN_LAST) {
		moment_utc(l->last, s->cell);
		out->kind = s->cell[0] ? GRID_TEXT : GRID_NOTHING;
	} else if (kind == COLUMN_AVERAGE ? l->percent != INT32_MAX : kind != COLUMN_WINDOW || s->tally.whole >= 0) {
		int64_t n = kind == COLUMN_AVERAGE ? l->percent : stores_number(s, l, kind);
		snprintf(s->cell, sizeof(s->cell), "%lld", (long long)n);
		out->kind = GRID_NUMBER;
		out->rank = (double)n;
	}
	out->text = s->cell;
	out->len = out->kind == GRID_NOTHING ? 0 : strlen(s->cell);
}

static const struct grid_ops table_ops = {
	.key = table_key, .column = table_column, .cell = table_cell, .datum = table_datum};

void stores_table_init(struct stores *s)
{
	s->shown_windows = TALLY_WINDOWS;
	grid_init(&s->grid, &table_ops, s, STORES_COLUMNS);
	s->grid.focus = true;
}

/* ---- painting ---- */

/* Names give way to the line of bars until its two times fit; were the line cut like a text, it would lose its newest
 * windows. Where it had no room to say anything, or nobody sees it, it is left off. */
static void table_fit(struct stores *s, int width)
{
	struct grid *g = &s->grid;
	int room = width - 2, name = 1, bars = s->silent_only ? 2 : STORES_COLUMNS - 1;
	table_columns(s, true);
	for (int c = 0; c < g->columns; c++)
		room -= c == name || c == bars ? TABLE_GAP : g->widths[c] + TABLE_GAP;
	int wish = room - (s->silent_only ? FIGURES_MINUTE : TABLE_SPARK);
	g->widths[name] = wish > s->widths[COLUMN_NAME] ? s->widths[COLUMN_NAME]
			  : wish > TABLE_NAME           ? wish
							: TABLE_NAME;
	if (!s->silent_only && (room - g->widths[name] < TABLE_BARS || s->base.session->accessible)) {
		g->widths[name] = room + TABLE_GAP < s->widths[COLUMN_NAME] ? room + TABLE_GAP : s->widths[COLUMN_NAME];
		table_columns(s, false);
		return;
	}
	room -= g->widths[name];
	s->shown_windows = room < 1 ? 1 : room > TALLY_WINDOWS ? TALLY_WINDOWS : room;
	g->widths[bars] = s->silent_only ? FIGURES_MINUTE : s->shown_windows;
}

void stores_draw_table(struct stores *s, struct area area)
{
	const char *nothing = !s->tally.count  ? _("no store is known yet")
			      : s->filter      ? _("no store holds this text")
			      : s->silent_only ? _("No store is silent")
					       : "";
	s->grid.focus = !s->on_silent;
	table_fit(s, area.w);
	if (s->row_count)
		grid_draw(&s->grid, area);
	else
		draw_format(area.y + 1, area.x + 1, area.w - 2, ROLE_NONE, "%s", nothing);
}

void stores_draw_silent(struct stores *s, struct area area)
{
	struct buffer ids = {0};
	char span[MOMENT_SIZE], key[16];
	enum role role = s->on_silent ? ROLE_SELECTED : s->silent_count ? ROLE_WARN : ROLE_DIM;
	int room = area.w - 2;
	s->silent_y = area.y;
	for (int i = 0; i < s->tally.count && ids.len < (size_t)area.w; i++)
		if (s->tally.lines[i].silent)
			buffer_format(&ids, " %s", s->tally.lines[i].id ? s->tally.lines[i].id : _("(none)"));
	if (s->on_silent)
		draw_fill(area.y, area.x, area.w, role);
	keys_first(&s->base.session->keys, ACTION_SILENT, key, sizeof(key));
	if (s->silent_count || s->silent_only) {
		struct buffer hint = {0};
		buffer_format(&hint, s->silent_only ? _("(%s = all)") : _("(%s = list)"), key);
		int cells = (int)text_width(hint.data, hint.len);
		draw_text(area.y, area.x + area.w - 1 - cells, cells, role, hint.data, hint.len);
		room -= cells + 1;
		buffer_done(&hint);
	}
	if (!s->silent_count)
		draw_format(area.y, area.x + 1, room, role, "%s", _("No store is silent"));
	else {
		struct buffer line = {0};
		buffer_format(&line,
			      P_("%d store silent for over %s:%s", "%d stores silent for over %s:%s", s->silent_count),
			      s->silent_count, duration_short(s->tally.silence, span), buffer_text(&ids));
		draw_text(area.y, area.x + 1, room, role, line.data, line.len);
		buffer_done(&line);
	}
	buffer_done(&ids);
}
