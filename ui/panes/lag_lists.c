/* What went wrong on the way: gaps, anomalies and rejected rows, as tables, and each of them whole. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/moment.h"
#include "base/text.h"
#include "ui/panes/lag.h"
#include "ui/session.h"

enum { LIST_WHEN, LIST_WHAT, LIST_WHERE, LIST_REASON, LIST_COLUMNS, LIST_LABEL = 14 };

static const char *const lag_titles[LAG_VIEWS] = {
	[LAG_SOURCE] = N_("Source"),
	/* xgettext: cell 14 */
	[LAG_GAPS] = N_("Gaps"),
	/* xgettext: cell 14 */
	[LAG_ANOMALIES] = N_("Anomalies"),
	/* xgettext: cell 14 */
	[LAG_REJECTED] = N_("Rejected rows"),
};

const char *lag_view_title(enum lag_view view)
{
	return _(lag_titles[view]);
}

int64_t lag_count(const struct lag *l, enum lag_view view)
{
	const int64_t counts[LAG_VIEWS] = {0, l->status.gaps, l->status.anomalies, l->status.rejected};
	return counts[view];
}

enum lag_view lag_list(const struct lag *l)
{
	enum lag_view v = LAG_GAPS;
	if (l->view != LAG_SOURCE)
		return l->view;
	while (v < LAG_REJECTED && !lag_count(l, v))
		v++;
	return lag_count(l, v) ? v : LAG_GAPS;
}

/* ---- one row ---- */

/* What the three kinds have in common: when (and, of a gap, until when), what, where, why. */
struct trouble {
	int64_t at, until;
	const char *what, *where, *reason, *raw;
};

/* As the source is called elsewhere on the screen; what is not one of them, as it is. */
static const char *lag_source_name(const struct status_answer *a, const char *id)
{
	for (int i = 0; id && i < a->source_count; i++)
		if (strcmp(a->sources[i].id, id) == 0 && a->sources[i].url)
			return a->sources[i].url;
	return id;
}

static struct trouble lag_trouble(const struct lag *l, enum lag_view view, int row)
{
	const struct status_answer *a = &l->status;
	if (view == LAG_GAPS) {
		const struct gap *g = &a->gap_list[row];
		return (struct trouble){g->from, g->to, g->entity, lag_source_name(a, g->source), g->reason, NULL};
	}
	if (view == LAG_ANOMALIES)
		return (struct trouble){a->anomaly_list[row].at,     TIME_NONE,
					a->anomaly_list[row].entity, a->anomaly_list[row].key,
					a->anomaly_list[row].reason, NULL};
	return (struct trouble){a->rejected_list[row].at,
				TIME_NONE,
				lag_source_name(a, a->rejected_list[row].source),
				a->rejected_list[row].position,
				a->rejected_list[row].reason,
				a->rejected_list[row].raw};
}

/* A reason is written down in English. */
static const char *lag_reason(struct lag *l, const char *english)
{
	buffer_clear(&l->told);
	if (english)
		language_sentence(&l->told, english);
	return buffer_text(&l->told);
}

/* Which of them a grid's question is about. */
struct list {
	struct lag *lag;
	enum lag_view view;
};

/* ---- the tables; each view has its operations, for a grid hands over no more than its context ---- */

static const char *list_key(struct list x, int row)
{
	struct trouble t = lag_trouble(x.lag, x.view, row);
	snprintf(x.lag->key, sizeof(x.lag->key), "%lld %.20s %.20s", (long long)t.at, t.what ? t.what : "",
		 t.where ? t.where : "");
	return x.lag->key;
}

static void list_column(struct list x, int column, struct grid_column *out)
{
	static const char *const titles[LAG_VIEWS][LIST_COLUMNS] = {
		[LAG_GAPS] = {N_("From"), N_("Entity"), N_("Until"), N_("Reason")},
		[LAG_ANOMALIES] = {N_("When"), N_("Entity"), N_("Key"), N_("Reason")},
		[LAG_REJECTED] = {N_("When"), N_("Source"), N_("Position"), N_("Reason")},
	};
	static const char *const names[LAG_VIEWS][LIST_COLUMNS] = {
		[LAG_GAPS] = {"from", "entity", "until", "reason"},
		[LAG_ANOMALIES] = {"when", "entity", "key", "reason"},
		[LAG_REJECTED] = {"when", "source", "position", "reason"},
	};
	*out = (struct grid_column){.title = _(titles[x.view][column]), .name = names[x.view][column]};
	if (column == LIST_WHEN || (column == LIST_WHERE && x.view == LAG_GAPS))
		out->width = FIGURES_MINUTE;
}

static void list_cell(struct list x, int row, int column, struct grid_cell *out)
{
	struct lag *l = x.lag;
	struct trouble t = lag_trouble(l, x.view, row);
	out->role = column == LIST_REASON ? ROLE_WARN : ROLE_TEXT;
	if (column == LIST_WHEN)
		out->text = figures_minute(t.at, l->base.session->zone, l->cell);
	else if (column == LIST_WHAT)
		out->text = t.what ? t.what : x.view == LAG_GAPS ? _("all") : "";
	else if (column == LIST_WHERE && x.view == LAG_GAPS)
		out->text = t.until >= TIME_OPEN ? _("still open")
						 : figures_minute(t.until, l->base.session->zone, l->cell);
	else
		out->text = column == LIST_WHERE ? t.where : lag_reason(l, t.reason);
	if (!out->text)
		out->text = "";
	out->len = strlen(out->text);
}

static void list_datum(struct list x, int row, int column, struct grid_datum *out)
{
	struct lag *l = x.lag;
	struct trouble t = lag_trouble(l, x.view, row);
	bool until = column == LIST_WHERE && x.view == LAG_GAPS;
	const char *text = column == LIST_WHAT ? t.what : column == LIST_REASON ? t.reason : t.where;
	if (column == LIST_WHEN || until)
		text = moment_utc(until ? t.until : t.at, l->cell);
	*out = (struct grid_datum){.kind = text && text[0] ? GRID_TEXT : GRID_NOTHING,
				   .text = text,
				   .len = text ? strlen(text) : 0,
				   .ours = column == LIST_WHEN || until};
}

/* clang-format off */
#define LAG_LIST(name, VIEW) \
	static const char *name##_key(void *ctx, int row) \
	{ \
		return list_key((struct list){ctx, VIEW}, row); \
	} \
	static void name##_column(void *ctx, int column, struct grid_column *out) \
	{ \
		list_column((struct list){ctx, VIEW}, column, out); \
	} \
	static void name##_cell(void *ctx, int row, int column, struct grid_cell *out) \
	{ \
		list_cell((struct list){ctx, VIEW}, row, column, out); \
	} \
	static void name##_datum(void *ctx, int row, int column, struct grid_datum *out) \
	{ \
		list_datum((struct list){ctx, VIEW}, row, column, out); \
	} \
	static const struct grid_ops name##_ops = { \
		.key = name##_key, .column = name##_column, .cell = name##_cell, .datum = name##_datum};
/* clang-format on */

LAG_LIST(gaps, LAG_GAPS)
LAG_LIST(anomalies, LAG_ANOMALIES)
LAG_LIST(rejected, LAG_REJECTED)

void lag_lists_init(struct lag *l)
{
	static const struct grid_ops *const ops[LAG_VIEWS] = {
		[LAG_GAPS] = &gaps_ops, [LAG_ANOMALIES] = &anomalies_ops, [LAG_REJECTED] = &rejected_ops};
	for (enum lag_view v = LAG_GAPS; v < LAG_VIEWS; v++)
		grid_init(&l->lists[v], ops[v], l, LIST_COLUMNS);
}

void lag_lists_sync(struct lag *l)
{
	grid_sync(&l->lists[LAG_GAPS], l->status.gap_count);
	grid_sync(&l->lists[LAG_ANOMALIES], l->status.anomaly_count);
	grid_sync(&l->lists[LAG_REJECTED], l->status.rejected_count);
}

/* ---- a row, whole ---- */

static void record_pair(struct lag *l, const char *label, const char *text)
{
	if (text && text[0])
		lines_pair(&l->record, LIST_LABEL, label, ROLE_TEXT, "%s", text);
}

void lag_record(struct lag *l)
{
	enum lag_view view = lag_list(l);
	int row = grid_row(&l->lists[view]);
	const struct zone *zone = l->base.session->zone;
	char when[FIGURES_SIZE];
	if (row < 0)
		return;
	struct trouble t = lag_trouble(l, view, row);
	lines_clear(&l->record);
	l->record.top = 0;
	lines_add(&l->record, ROLE_TITLE, "%s", lag_view_title(view));
	record_pair(l, view == LAG_GAPS ? _("From") : _("When"), figures_second(t.at, zone, when));
	if (view == LAG_GAPS) {
		record_pair(l, _("Until"),
			    t.until >= TIME_OPEN ? _("still open") : figures_second(t.until, zone, when));
		record_pair(l, _("Source"), t.where);
		record_pair(l, _("Entity"), t.what ? t.what : _("all"));
	} else {
		record_pair(l, view == LAG_ANOMALIES ? _("Entity") : _("Source"), t.what);
		record_pair(l, view == LAG_ANOMALIES ? _("Key") : _("Position"), t.where);
	}
	lines_pair(&l->record, LIST_LABEL, /* xgettext: cell 12 */ _("Reason"), ROLE_WARN, "%s",
		   t.reason ? lag_reason(l, t.reason) : _("(none)"));
	record_pair(l, /* xgettext: cell 12 */ _("As it came"), t.raw);
	lines_add(&l->record, ROLE_DIM, "%s", "");
	lines_add(
		&l->record, ROLE_DIM, "%s",
		view == LAG_GAPS
			? _("Changes made in a gap may be missing; what is current was compared since, or is shown as "
			    "not known.")
		: view == LAG_ANOMALIES
			? _("A change that did not fit what was held. It was taken as it came: the bank is right.")
			: _("A line that could not be read. It is not in the replica; everything else of its batch "
			    "is."));
}

/* ---- painting ---- */

static void list_empty(enum lag_view view, struct area area)
{
	const char *nothing = view == LAG_GAPS        ? _("No gap: no change is missing.")
			      : view == LAG_ANOMALIES ? _("No anomaly: every change fitted what was held.")
						      : _("No rejected row: every line could be read.");
	const char *line;
	size_t n = strlen(nothing), length;
	for (int row = 0; row < area.h && draw_wrap(&nothing, &n, area.w - 2, &line, &length); row++)
		draw_text(area.y + row, area.x + 1, area.w - 2, ROLE_DIM, line, length);
}

void lag_draw_list(struct lag *l, enum lag_view view, struct area area)
{
	struct grid *g = &l->lists[view];
	char some[FIGURES_SIZE], all[FIGURES_SIZE];
	g->focus = l->view == view;
	if (l->opened) {
		lines_draw(&l->record, area);
		return;
	}
	if (!g->count) {
		list_empty(view, area);
		return;
	}
	if (g->count < lag_count(l, view))
		draw_format(area.y + --area.h, area.x + 1, area.w - 2, ROLE_DIM, _("the newest %s of %s"),
			    figures_count(g->count, some), figures_count(lag_count(l, view), all));
	grid_draw(g, area);
}
