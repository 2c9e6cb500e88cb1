/* Where the data comes from and how far it has come, in lines. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/text.h"
#include "model/model.h"
#include "replica/details.h"
#include "ui/kit/chart.h"
#include "ui/panes/lag.h"
#include "ui/session.h"

enum { LAG_LABEL = 16, LAG_BAR = 30, LAG_GTIDS = 120 };

/* Less than that is soon written. */
#define LAG_FREE (INT64_C(200) * 1000 * 1000)

static const char *lag_or(const char *text)
{
	return text ? text : _("(none)");
}

static const char *lag_minute(struct lag *l, int64_t at)
{
	char text[FIGURES_SIZE];
	return arena_text(&l->source.arena, figures_minute(at, l->base.session->zone, text));
}

static const char *lag_figures(struct lag *l, int64_t n)
{
	char text[FIGURES_SIZE];
	return arena_text(&l->source.arena, figures_count(n, text));
}

/* What a source or its service said in English, in the reader's language. */
static const char *lag_told(struct lag *l, const char *english)
{
	struct buffer told = {0};
	language_sentence(&told, english);
	const char *kept = arena_text(&l->source.arena, buffer_text(&told));
	buffer_done(&told);
	return kept;
}

/* ---- what it means ---- */

static bool lag_paused(const struct status_answer *a)
{
	return a->source_count && a->sources[0].state && strcmp(a->sources[0].state, "paused") == 0;
}

static void lag_offline(struct lag *l)
{
	const struct status_answer *a = &l->status;
	int64_t since = a->base.freshness.offline_since;
	const char *when = since == TIME_NONE ? "?" : lag_minute(l, since);
	if (lag_paused(a))
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("OFFLINE"), ROLE_WARN,
			   _("The disk of the replica is full: nothing is written until there is room, and nothing is "
			     "lost. "
			     "It goes on by itself, a second after there is."));
	else if (!a->writer)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("OFFLINE"), ROLE_WARN,
			   _("Nobody has fed the replica since %s. What it holds can be read; it grows older until "
			     "tellerdesk ingest, or a console that feeds it, is started."),
			   when);
	else
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("OFFLINE"), ROLE_WARN,
			   _("The source cannot be reached since %s. It is tried again by itself, every ten seconds or "
			     "sooner; what is held can be read, and all that happens meanwhile is caught up with."),
			   when);
}

/* The word of the first row, and what it means for who serves a customer now. */
static void lag_state(struct lag *l)
{
	const struct freshness *f = &l->status.base.freshness;
	char age[MOMENT_SIZE] = "?";
	if (f->age != TIME_NONE)
		duration_short(f->age, age);
	switch (f->state) {
	case FRESH_LIVE:
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("LIVE"), ROLE_LIVE, "%s",
			   _("What the bank writes is here within seconds."));
		break;
	case FRESH_LAG:
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("LAG"), ROLE_LAG,
			   _("What is shown is %s old, and catching up."), age);
		break;
	case FRESH_STALE:
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("STALE"), ROLE_WARN,
			   _("What is shown is %s old: ask before you rely on it."), age);
		break;
	case FRESH_OFFLINE:
		lag_offline(l);
		break;
	case FRESH_SNAPSHOT:
		lines_pair(
			&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("SNAPSHOT"), ROLE_LAG, "%s",
			_("The replica is being built. What is not copied yet is shown as such, and never as absent."));
		break;
	case FRESH_REFUSED:
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("REFUSED"), ROLE_WARN, "%s",
			   _("A person must decide before anything more is read: what helps says what. What is held "
			     "can be "
			     "read meanwhile."));
		break;
	}
}

/* ---- the first copy ---- */

static void lag_progress(struct lag *l)
{
	const struct status_answer *a = &l->status;
	struct buffer bar = {0};
	char left[MOMENT_SIZE];
	if (!a->copying)
		return;
	chart_bar(&bar, (int64_t)(a->percent * 100), 10000, LAG_BAR, draw_ascii() ? CHART_ASCII : CHART_BLOCKS);
	if (l->base.session->accessible)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("First copy"), ROLE_LAG, "%.0f %%",
			   a->percent);
	else
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("First copy"), ROLE_LAG, "%s %.0f %%",
			   buffer_text(&bar), a->percent);
	buffer_done(&bar);
	if (a->percent > 0 && a->rows_per_s > 0) {
		double seconds = (double)a->copy_rows * (100 - a->percent) / a->percent / a->rows_per_s;
		duration_short((int64_t)(seconds * (double)SECOND), left);
		lines_pair(&l->source, LAG_LABEL, "", ROLE_TEXT, _("%s rows, %s a second, about %s left"),
			   lag_figures(l, a->copy_rows), lag_figures(l, (int64_t)a->rows_per_s), left);
	} else {
		lines_pair(&l->source, LAG_LABEL, "", ROLE_TEXT, _("%s rows, %s a second"),
			   lag_figures(l, a->copy_rows), lag_figures(l, (int64_t)a->rows_per_s));
	}
}

/* ---- the source ---- */

/* A set of transactions can fill pages: its beginning tells whose they are, and status tells it whole. Blanks behind
 * its commas, for it to wrap there. */
static void lag_gtids(struct lag *l, const char *gtids)
{
	struct buffer b = {0};
	int left = 0;
	for (const char *part = gtids; *part;) {
		size_t n = strcspn(part, ",");
		if (b.len && b.len + n > LAG_GTIDS)
			left++;
		else
			buffer_format(&b, "%s%.*s%s", b.len ? ", " : "", (int)(n < LAG_GTIDS ? n : LAG_GTIDS), part,
				      n < LAG_GTIDS ? "" : " ...");
		part += n + (part[n] == ',');
	}
	if (left)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Transactions"), ROLE_TEXT,
			   _("%s and %d more, see tellerdesk status"), buffer_text(&b), left);
	else
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Transactions"), ROLE_TEXT, "%s",
			   buffer_text(&b));
	buffer_done(&b);
}

static void lag_details(struct lag *l, const struct status_source *s)
{
	struct detail_line lines[DETAIL_LINES];
	int count = detail_lines(s, &l->status.base.freshness, l->base.session->zone, &l->source.arena, lines);
	for (int i = 0; i < count; i++)
		lines_pair(&l->source, LAG_LABEL, _(lines[i].label), lines[i].warn ? ROLE_WARN : ROLE_TEXT, "%s",
			   lag_told(l, lines[i].text));
}

static void lag_position(struct lag *l, const struct status_source *s)
{
	const char *gtids = s->position ? detail_gtids(s->position) : NULL;
	lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Position"), ROLE_TEXT, "%s",
		   s->position ? detail_place(s->position, &l->source.arena) : lag_or(NULL));
	lag_details(l, s);
	if (gtids)
		lag_gtids(l, gtids);
	if (s->last_batch != TIME_NONE)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Last batch"), ROLE_TEXT, "%s",
			   lag_minute(l, s->last_batch));
}

static void lag_complete(struct lag *l)
{
	const struct freshness *f = &l->status.base.freshness;
	char when[FIGURES_SIZE], rate[FIGURES_SIZE], age[MOMENT_SIZE];
	figures_second(f->complete_to, l->base.session->zone, when);
	if (f->complete_to == TIME_NONE)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Complete to"), ROLE_WARN, "%s",
			   _("nothing is complete yet"));
	else if (l->base.session->accessible ||
		 f->age < MINUTE) /* seconds stand in the corner; twice they would tick twice */
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Complete to"), ROLE_TEXT, "%s", when);
	else
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Complete to"), ROLE_TEXT, _("%s, %s ago"),
			   when, duration_short(f->age, age));
	lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Rate"), ROLE_TEXT, _("%s changes a second"),
		   figures_real(l->status.rate, 1, rate));
}

static void lag_source(struct lag *l, const struct status_source *s)
{
	lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Source"), ROLE_NAME, "%s",
		   s->url ? s->url : s->id);
	if (s->error)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Last error"), ROLE_WARN, "%s",
			   lag_told(l, s->error));
	if (s->hint)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("What helps"), ROLE_WARN, "%s",
			   lag_told(l, s->hint));
	lag_complete(l);
	lag_position(l, s);
}

/* ---- the replica ---- */

static void lag_writer(struct lag *l)
{
	int64_t writer = l->status.writer;
	if (!writer)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Written by"), ROLE_WARN, "%s",
			   _("nobody: the data grows older"));
	else if (writer == getpid())
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Written by"), ROLE_TEXT,
			   _("this console, process %lld"), (long long)writer);
	else
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Written by"), ROLE_TEXT,
			   _("process %lld; this console reads what it writes, and takes over when it ends"),
			   (long long)writer);
}

static void lag_size(struct lag *l)
{
	char size[TEXT_SIZE], room[TEXT_SIZE];
	text_size(l->status.bytes, size);
	lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Replica"), ROLE_TEXT, "%s",
		   lag_or(l->status.path));
	if (l->free < 0)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Size"), ROLE_TEXT, "%s", size);
	else
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Size"),
			   l->free < LAG_FREE ? ROLE_WARN : ROLE_TEXT,
			   l->free < LAG_FREE ? _("%s, only %s free") : _("%s, %s free"), size,
			   text_size(l->free, room));
}

static void lag_counts(struct lag *l)
{
	const struct model *m = l->base.session->model;
	const struct status_answer *a = &l->status;
	for (int i = 0; i < m->entity_count; i++)
		lines_pair(&l->source, LAG_LABEL, m->entities[i].name, ROLE_TEXT, _("rows %s, versions %s"),
			   lag_figures(l, a->rows[i]), lag_figures(l, a->versions[i]));
	for (int i = 0; i < a->base.freshness.incomplete_count; i++)
		lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Not copied yet"), ROLE_WARN, "%s",
			   m->entities[a->base.freshness.incomplete[i]].name);
	lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Registrations"), ROLE_TEXT, "%s",
		   lag_figures(l, a->registrations));
}

static void lag_troubles(struct lag *l)
{
	for (enum lag_view v = LAG_GAPS; v < LAG_VIEWS; v++) {
		int64_t count = lag_count(l, v);
		lines_pair(&l->source, LAG_LABEL, lag_view_title(v), count ? ROLE_WARN : ROLE_TEXT, "%s",
			   lag_figures(l, count));
	}
	lines_pair(&l->source, LAG_LABEL, /* xgettext: cell 14 */ _("Misfits"),
		   l->status.misfits ? ROLE_WARN : ROLE_TEXT, "%s", lag_figures(l, l->status.misfits));
}

void lag_say(struct lag *l)
{
	lines_clear(&l->source);
	lag_state(l);
	lag_progress(l);
	for (int i = 0; i < l->status.source_count; i++)
		lag_source(l, &l->status.sources[i]);
	lag_writer(l);
	lag_size(l);
	lag_troubles(l);
	lag_counts(l);
}
