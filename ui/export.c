#include "config.h"

#include "ui/export.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "answer/answer.h"
#include "answer/csv.h"
#include "answer/json.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/text.h"
#include "base/zone.h"
#include "replica/query.h"
#include "ui/age.h"
#include "ui/export_file.h"
#include "ui/export_sheet.h"
#include "ui/export_table.h"
#include "ui/kit/draw.h"
#include "ui/kit/figures.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/panes/card.h"
#include "ui/session.h"
#include "ui/worker.h"

struct export
{
	struct job job;
	enum export_what what;
	enum export_format format;
	bool overwrite;
	char *path, *cif, *user, *screen;
	int64_t as_of, now;
	bool current; /* of a table: that moment shows what is there now */
	const struct zone *zone;
	bool ascii;
	struct age age; /* of what is shown; a customer's is asked anew, with the customer */
	struct export_table table;
	atomic_bool stop;
	_Atomic int64_t done, bytes; /* rows of a table; of the file */
};

static const char *const export_words[EXPORT_FORMATS] = {"csv", "json", "sheet"};
static const char *const export_suffixes[EXPORT_FORMATS] = {"csv", "json", "txt"};

enum export_format export_format_find(const char *word)
{
	enum export_format f = 0;
	while (f < EXPORT_FORMATS && strcmp(export_words[f], word) != 0)
		f++;
	return f;
}

/* ---- what ---- */

static const struct grid *export_grid(struct pane *p)
{
	return p->ops->grid ? p->ops->grid(p) : NULL;
}

static bool export_refuse(struct error *err, const char *message, const char *hint)
{
	error_set(err, ERROR_USAGE, "%s", _(message));
	return error_hint(err, "%s", _(hint));
}

bool export_choose(const struct session *s, struct pane *p, enum export_format format, enum export_what *what,
		   struct error *err)
{
	bool customer = p->ops->customer && s->customer;
	if (format == EXPORT_SHEET && *what == EXPORT_SHOWN)
		*what = EXPORT_CUSTOMER;
	if (*what == EXPORT_SHOWN)
		*what = export_grid(p) || !customer ? EXPORT_TABLE : EXPORT_CUSTOMER;
	if (*what == EXPORT_CUSTOMER && !customer)
		return export_refuse(err, N_("could not export a customer: none is shown here"),
				     N_("type a CIF first"));
	if (*what == EXPORT_TABLE && format == EXPORT_SHEET)
		return export_refuse(err, N_("could not write a table as a sheet: a sheet is of a customer"),
				     N_("csv and json are for tables"));
	if (*what == EXPORT_TABLE && !export_grid(p))
		return export_refuse(err, N_("could not export a table: there is none on this screen"),
				     N_("STOR, HIST, FIND and a customer's tabs have one"));
	return true;
}

/* ---- names ---- */

/* Nothing in a CIF leads to another folder, or has to be quoted in a shell. */
static void export_name_part(struct buffer *out, const char *s)
{
	for (; *s; s++)
		buffer_char(out, isalnum((unsigned char)*s) || strchr("-.", *s) ? *s : '_');
}

static void export_home(struct buffer *out, const char *path)
{
	const char *home = getenv("HOME");
	if (path[0] == '~' && path[1] == '/' && home && home[0]) {
		buffer_text_add(out, home);
		path++;
	}
	buffer_text_add(out, path);
}

void export_path(const struct session *s, const char *typed, struct buffer *out)
{
	const char *folder = session_text(s->settings, "export-dir");
	if (strchr(typed, '/') || !folder || !folder[0]) {
		export_home(out, typed);
		return;
	}
	export_home(out, folder);
	buffer_format(out, "%s%s", folder[strlen(folder) - 1] == '/' ? "" : "/", typed);
}

void export_name(const struct session *s, struct pane *p, const struct export_request *r, struct buffer *out)
{
	struct buffer name = {0};
	struct civil c;
	zone_civil(s->zone, clock_now(), &c);
	buffer_text_add(&name, "tellerdesk-");
	export_name_part(&name, p->ops->code);
	if (p->ops->customer && s->customer) {
		buffer_char(&name, '-');
		export_name_part(&name, s->customer);
		if (r->what == EXPORT_TABLE)
			buffer_text_add(&name, "-table");
	}
	buffer_format(&name, "-%04d%02d%02d-%02d%02d%02d.%s", c.year, c.month, c.day, c.hour, c.minute, c.second,
		      export_suffixes[r->format]);
	export_path(s, buffer_text(&name), out);
	buffer_done(&name);
}

bool export_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

/* ---- in the worker ---- */

/* "2026-11-20T07:02:33.000000Z offline as of 2026-11-18T05:00:00.000000Z, not current" */
static void export_known(struct buffer *out, const struct freshness *f, int64_t as_of, bool current)
{
	char at[MOMENT_SIZE];
	if (f->complete_to != TIME_NONE)
		buffer_text_add(out, moment_utc(f->complete_to, at));
	if (f->state != FRESH_LIVE)
		buffer_format(out, "%s%s", out->len ? " " : "", freshness_word(f->state));
	if (as_of != TIME_NONE)
		buffer_format(out, "%sas of %s%s", out->len ? " " : "", moment_utc(as_of, at),
			      current ? "" : ", not current");
}

static bool export_sheet(struct export *x, FILE *out, struct query *q, const struct lookup_answer *a, struct error *err)
{
	struct history_answer history = {0};
	char age[64];
	if (!a->customer) {
		if (x->as_of == TIME_NONE)
			error_set(err, ERROR_NOT_FOUND, "could not print a sheet: there is no customer \"%s\"", a->cif);
		else
			error_set(err, ERROR_NOT_FOUND,
				  "could not print a sheet: there was no customer \"%s\" at that time", a->cif);
		return false;
	}
	struct history_request r = {.cif = a->cif,
				    .entity = -1,
				    .from = TIME_NONE,
				    .to = x->as_of == TIME_NONE ? TIME_NONE : x->as_of + 1,
				    .limit = EXPORT_SHEET_VERSIONS};
	bool good = query_history(q, &r, &history, err);
	if (good) {
		age_set(&x->age, &a->base.freshness, x->now);
		age_words(&x->age, x->now, x->zone, age, sizeof(age));
		export_sheet_write(out, &(struct export_sheet){.query = q,
							       .customer = a,
							       .history = &history,
							       .zone = x->zone,
							       .now = x->now,
							       .user = x->user,
							       .age = age,
							       .ascii = x->ascii});
	}
	answer_done(&history.base);
	return good;
}

static bool export_customer(struct export *x, FILE *out, struct query *q, struct error *err)
{
	struct lookup_answer a = {0};
	struct buffer known = {0};
	bool good = query_lookup(q, x->cif, x->as_of, &a, err);
	if (good && x->format == EXPORT_JSON) {
		answer_lookup_json(out, q, &a);
	} else if (good && x->format == EXPORT_CSV) {
		export_known(&known, &a.base.freshness, a.as_of, a.current);
		struct answer_form form = {.guard = true, .last = "as_known", .last_value = known.data};
		answer_lookup_csv(out, q, &form, &a);
	} else if (good) {
		good = export_sheet(x, out, q, &a, err);
	}
	buffer_done(&known);
	answer_done(&a.base);
	return good;
}

/* The age is that of what was on the screen; what is not copied yet is known to the replica alone. */
static void export_freshness(const struct export *x, struct freshness *f)
{
	f->age = age_of(&x->age, x->now);
	f->state = age_state(&x->age, x->now);
	f->complete_to = x->age.fresh.complete_to;
}

static bool export_rows(struct export *x, FILE *out, struct query *q, struct error *err)
{
	struct answer fresh = {0};
	struct buffer known = {0};
	bool good = query_freshness(q, &fresh, err);
	if (good)
		export_freshness(x, &fresh.freshness);
	if (good && x->format == EXPORT_JSON) {
		struct answer_json j;
		answer_json_begin(&j, out);
		answer_json_member(&j, "screen", answer_json_string(x->screen));
		answer_json_member(&j, "cif", answer_json_string(x->cif));
		answer_json_member(&j, "as_of", answer_json_time(x->as_of));
		answer_json_member(&j, "freshness", answer_json_freshness(query_model(q), &fresh.freshness));
		export_table_json(&x->table, &j, &x->done);
		answer_json_end(&j);
	} else if (good) {
		export_known(&known, &fresh.freshness, x->as_of, x->current);
		struct answer_form form = {.guard = true, .last = "as_known", .last_value = known.data};
		export_table_csv(&x->table, out, &form, &x->done);
	}
	buffer_done(&known);
	answer_done(&fresh);
	return good;
}

static bool export_write(struct job *job, struct query *q, struct error *err)
{
	struct export *x = export_of(job);
	struct export_file file;
	struct error why = {0};
	if (!export_file_open(&file, x->path, &x->stop, &x->bytes, err))
		return false;
	bool good = x->what == EXPORT_TABLE ? export_rows(x, file.out, q, &why) : export_customer(x, file.out, q, &why);
	if (!good)
		x->stop = true; /* what was begun is not kept */
	good = export_file_close(&file, x->overwrite, err) && good;
	if (why.code != ERROR_NONE)
		*err = why;
	return good;
}

static void export_free(struct job *job)
{
	struct export *x = export_of(job);
	export_table_done(&x->table);
	free(x->path);
	free(x->cif);
	free(x->user);
	free(x->screen);
	free(x);
}

static const struct job_ops export_ops = {.run = export_write, .free = export_free};

/* ---- on the console's side ---- */

struct export *export_new(struct session *s, struct pane *p, const struct export_request *r, struct error *err)
{
	enum export_what what = r->what;
	if (!export_choose(s, p, r->format, &what, err))
		return NULL;
	struct export *x = memory_zero(1, sizeof(*x));
	x->job.ops = &export_ops;
	x->what = what;
	x->format = r->format;
	x->overwrite = r->overwrite;
	x->path = memory_text(r->path);
	x->cif = p->ops->customer ? memory_text(s->customer) : NULL;
	x->user = memory_text(s->user);
	x->screen = memory_text(p->ops->code);
	x->as_of = p->ops->customer ? s->as_of : TIME_NONE;
	x->now = clock_now();
	const struct card *card = p->ops->card ? p->ops->card(p) : NULL;
	x->current = card && card->loaded && card->answer.current;
	x->zone = s->zone;
	x->ascii = draw_ascii();
	x->age = p->held ? p->known : s->age;
	if (what == EXPORT_TABLE && !export_table_take(&x->table, export_grid(p))) {
		error_set(err, ERROR_USAGE, "could not export this table: its columns have no names");
		export_free(&x->job);
		return NULL;
	}
	return x;
}

struct job *export_job(struct export *x)
{
	return &x->job;
}

struct export *export_of(struct job *j)
{
	return (struct export *)j;
}

void export_progress(const struct export *x, struct export_progress *out)
{
	out->done = x->done;
	out->total = x->what == EXPORT_TABLE ? x->table.rows : 0;
	out->bytes = x->bytes;
}

void export_progress_words(const struct export_progress *p, int64_t took, struct buffer *out)
{
	char done[FIGURES_SIZE], total[FIGURES_SIZE], rate[FIGURES_SIZE], size[TEXT_SIZE], left[MOMENT_SIZE];
	if (!p->bytes) {
		buffer_text_add(out, _("Reading what is to be written ... Esc cancels"));
	} else if (!p->total || !p->done || took <= 0) {
		buffer_format(out, _("Writing ... %s so far. Esc cancels"), text_size(p->bytes, size));
	} else {
		double each = (double)took / (double)p->done;
		buffer_format(out, _("Writing row %s of %s, %s a second, %s left. Esc cancels"),
			      figures_count(p->done, done), figures_count(p->total, total),
			      figures_count((int64_t)(SECOND / each), rate),
			      duration_short((int64_t)((double)(p->total - p->done) * each), left));
	}
}

void export_stop(struct export *x)
{
	x->stop = true;
}

void export_said(const struct export *x, struct buffer *out)
{
	char rows[FIGURES_SIZE], all[FIGURES_SIZE];
	const struct export_table *t = &x->table;
	figures_count(t->rows, rows);
	figures_count(t->total, all);
	if (x->what == EXPORT_CUSTOMER)
		buffer_format(out, _("Written to %s"), x->path);
	else if (t->total_least)
		buffer_format(out, _("%s of more than %s rows written to %s"), rows, all, x->path);
	else if (t->partial || t->total > t->rows)
		buffer_format(out, _("%s of %s rows written to %s"), rows, all, x->path);
	else
		buffer_format(out, P_("%s row written to %s", "%s rows written to %s", t->rows), rows, x->path);
}
