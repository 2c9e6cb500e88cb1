/* export: what is shown, or a customer whole, written to a file by the worker.
 *
 *     struct export_request r = {.what = EXPORT_SHOWN, .format = EXPORT_CSV, .path = path};
 *     struct export *x = export_new(session, pane, &r, &err);     takes a copy of what is to be written
 *     worker_ask(worker, export_job(x));
 *     export_progress(x, &progress); export_stop(x);              from any thread, while it runs
 *     ... the job comes back: job->good, else job->error ...
 *     export_said(x, text);                                       what to tell
 *     job_free(job);
 *
 * A file appears whole or not at all: it is written beside its name, 0600, and renamed. A
 * file that is there already is kept unless the request says otherwise.
 *
 * A customer as CSV and JSON is what `lookup` prints, a table what its columns name. Every
 * export carries the age of the data and the moment it shows: CSV in a last column as_known
 * ("COMPLETE_TO[ STATE][ as of MOMENT, not current]"), JSON in "freshness" and "as_of", the sheet in words.
 * Formulas are always guarded.
 */
#ifndef TD_UI_EXPORT_H
#define TD_UI_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;
struct job;
struct pane;
struct session;

enum export_what {
	EXPORT_SHOWN,    /* the table, where the pane shows one; else the customer */
	EXPORT_TABLE,    /* the rows of the pane's grid, in their order, those of its filter only */
	EXPORT_CUSTOMER, /* the session's customer, at the session's moment */
};
enum export_format { EXPORT_CSV, EXPORT_JSON, EXPORT_SHEET, EXPORT_FORMATS };

struct export_request {
	enum export_what what;
	enum export_format format; /* a sheet is of a customer only */
	const char *path;
	bool overwrite;
};

struct export;

/* "csv", "json", "sheet": EXPORT_FORMATS when it is none. */
enum export_format export_format_find(const char *word);
/* What EXPORT_SHOWN means on this pane; false: there is nothing to export. */
bool export_choose(const struct session *s, struct pane *p, enum export_format format, enum export_what *what,
		   struct error *err);
/* tellerdesk-CIF-12345678-20261120-140233.csv, in the setting's folder. Appended. */
void export_name(const struct session *s, struct pane *p, const struct export_request *r, struct buffer *out);
/* Where a name that was typed leads: one without a folder into the setting's, ~ to the home. Appended. */
void export_path(const struct session *s, const char *typed, struct buffer *out);
/* There is a file, or whatever else, of this name already. */
bool export_exists(const char *path);

/* NULL: err. The job's owner is to be set. */
struct export *export_new(struct session *s, struct pane *p, const struct export_request *r, struct error *err);
struct job *export_job(struct export *x);
/* The one that has this job. */
struct export *export_of(struct job *j);
struct export_progress {
	int64_t done, total; /* rows; total 0: not known */
	int64_t bytes;       /* of the file */
};
void export_progress(const struct export *x, struct export_progress *out);
/* How far it is after `took` microseconds, how fast, how long yet. Appended. */
void export_progress_words(const struct export_progress *p, int64_t took, struct buffer *out);
void export_stop(struct export *x); /* as soon as may be; nothing is left behind */
/* "200 of 1,834 rows written to ...". Appended. */
void export_said(const struct export *x, struct buffer *out);

#endif
