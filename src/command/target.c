#include "config.h"

#include "command/target.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/place.h"
#include "base/settings.h"
#include "base/text.h"
#include "command/ask.h"
#include "model/model.h"
#include "replica/query.h"
#include "source/source.h"

#define TARGET_MODEL "demography"

/* The replica remembers its source, and the next command may start in another folder. */
static char *target_url(const char *url, struct error *err)
{
	static const char *const local[] = {"bank:", "csv:"};
	for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
		size_t n = strlen(local[i]);
		if (strncmp(url, local[i], n) != 0 || url[n] == '/' || !url[n])
			continue;
		char *folder = getcwd(NULL, 0);
		if (!folder) {
			error_set(err, ERROR_PERMISSION, "could not tell the current folder: %s", strerror(errno));
			return NULL;
		}
		char *full = memory_format("%s%s/%s", local[i], folder, url + n);
		free(folder);
		return full;
	}
	return memory_text(url);
}

/* The source the replica was built from. */
static bool target_own_source(struct target *t, struct error *err)
{
	struct status_answer status = {0};
	struct query *q = query_open(t->replica_path, err);
	bool ok = q && query_sources(q, &status, err);
	if (ok && status.source_count && status.sources[0].url)
		t->source_url = memory_text(status.sources[0].url);
	answer_done(&status.base);
	if (q)
		query_close(q);
	if (!ok || t->source_url)
		return ok;
	error_set(err, ERROR_USAGE, "could not tell the source: replica \"%s\" does not name one", t->replica_path);
	return error_hint(err, "give --source URL");
}

static bool target_source(struct target *t, const struct settings *s, struct error *err)
{
	const char *url = settings_text(s, "source");
	if (url && *url) {
		if (!source_find(url, err))
			return false;
		t->source_url = target_url(url, err);
		return t->source_url != NULL;
	}
	if (t->replica_exists)
		return target_own_source(t, err);
	error_set(err, ERROR_USAGE, "could not start: no source is configured and there is no replica yet");
	return error_hint(err, "give --source URL, or write source = URL into [tellerdesk] of tellerdesk.conf; for a "
			       "first look: tellerdesk demo");
}

/* Whether the database has any table: SQLITE_ROW, SQLITE_DONE, or why that cannot be told. */
static int target_look(const char *path, int mode)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_open_v2(path, &db, mode, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_schema LIMIT 1", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return rc;
}

/* A first run that was killed at once leaves a file with nothing in it, which is no replica yet. What it left beside the file
 * can be cleared up only by who may write. */
static bool target_has_replica(const char *path)
{
	struct stat st;
	if (access(path, F_OK) != 0)
		return false;
	/* SQLite would wait for a pipe's other end; what it is will be told where it is opened. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return true;
	int rc = target_look(path, SQLITE_OPEN_READONLY);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		rc = target_look(path, SQLITE_OPEN_READWRITE);
	return rc != SQLITE_DONE;
}

static size_t target_lines(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == '\n' || !text[1];
	return n;
}

static bool target_model(struct target *t, const struct settings *s, struct error *err)
{
	const char *name = settings_text(s, "model");
	if (t->replica_exists && !settings_given(s, "model"))
		return true;
	if (!name)
		name = TARGET_MODEL;
	t->model = model_load(name, &t->model_errors);
	if (t->model)
		return true;
	const char *lines = buffer_text(&t->model_errors);
	size_t count = target_lines(lines);
	if (count != 1)
		return error_set(err, ERROR_USAGE,
				 NP_("could not use model \"%s\": %zu error", "could not use model \"%s\": %zu errors", count), name,
				 count);
	error_set(err, ERROR_USAGE, "could not use model \"%s\": %.*s", name, (int)strcspn(lines, "\n"), lines);
	buffer_clear(&t->model_errors);
	return false;
}

bool target_open(struct target *t, const struct settings *s, struct error *err)
{
	*t = (struct target){0};
	t->replica_path = ask_replica_path(s, err);
	t->state_folder = t->replica_path ? ask_state_folder(err) : NULL;
	if (!t->state_folder)
		return false;
	t->replica_exists = target_has_replica(t->replica_path);
	if (!target_source(t, s, err) || !target_model(t, s, err))
		return false;
	t->params = (struct ingest_params){
		.source_url = t->source_url,
		.replica_path = t->replica_path,
		.model = t->model,
		.state_folder = t->state_folder,
		.settle = settings_duration(s, "settle"),
		.reject_percent = (int)settings_count(s, "reject-percent"),
		.encoding = settings_text(s, "encoding"),
	};
	return true;
}

void target_close(struct target *t)
{
	if (t->model)
		model_free(t->model);
	buffer_done(&t->model_errors);
	free(t->replica_path);
	free(t->state_folder);
	free(t->source_url);
	*t = (struct target){0};
}

void target_print_lines(const char *lines)
{
	struct buffer line = {0}, told = {0};
	while (*lines) {
		size_t n = strcspn(lines, "\n");
		buffer_clear(&line);
		buffer_clear(&told);
		char *one = memory_text_n(lines, n);
		language_sentence(&told, one);
		free(one);
		text_clean(&line, buffer_text(&told), told.len, false);
		if (n)
			fprintf(stderr, "%s\n", buffer_text(&line));
		lines += n + (lines[n] == '\n');
	}
	buffer_done(&line);
	buffer_done(&told);
}

int target_fail(struct target *t, const struct error *err)
{
	int status = error_report(err);
	target_print_lines(buffer_text(&t->model_errors));
	target_close(t);
	return status;
}
