#include "config.h"

#include "command/ask.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/place.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/zone.h"
#include "model/model.h"
#include "replica/query.h"

/* No bank numbers its customers longer than this; what is longer was pasted by mistake. */
#define CIF_LENGTH 200

enum ask_format ask_format(const struct settings *s)
{
	const char *word = settings_text(s, "format");
	if (word && strcmp(word, "json") == 0)
		return ASK_JSON;
	return word && strcmp(word, "csv") == 0 ? ASK_CSV : ASK_TEXT;
}

bool ask_ascii(const struct settings *s)
{
	/* Into a pipe the text goes as UTF-8 whatever the locale: who reads it is not known. */
	return settings_flag(s, "ascii") || (isatty(STDOUT_FILENO) && strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
}

const struct zone *ask_zone(const struct settings *s, const struct zone *fallback, struct error *err)
{
	const char *name = settings_text(s, "zone");
	return name ? zone_get(name, err) : fallback;
}

char *ask_state_folder(struct error *err)
{
	return place_state(err);
}

char *ask_replica_path(const struct settings *s, struct error *err)
{
	const char *given = settings_text(s, "replica");
	if (given)
		return memory_text(given);
	char *folder = place_state(err);
	if (!folder)
		return NULL;
	char *path = memory_format("%s/replica.db", folder);
	free(folder);
	return path;
}

bool ask_open(struct ask *a, const struct settings *s, struct error *err)
{
	*a = (struct ask){.settings = s, .format = ask_format(s), .ascii = ask_ascii(s), .now = clock_now()};
	a->guard = settings_flag(s, "guard-formulas");
	/* A zone that does not exist is told before a replica that does not. */
	const struct zone *zone = ask_zone(s, zone_utc(), err);
	if (!zone)
		return false;
	char *path = ask_replica_path(s, err);
	if (!path)
		return false;
	a->query = query_open(path, err);
	free(path);
	if (!a->query)
		return false;
	query_thresholds(a->query, settings_duration(s, "live"), settings_duration(s, "lag"),
			 settings_duration(s, "silent"));
	a->model = query_model(a->query);
	a->zone = settings_text(s, "zone") ? zone : a->model->zone;
	return true;
}

void ask_close(struct ask *a)
{
	if (a->query)
		query_close(a->query);
	a->query = NULL;
}

/* ---- what the options say ---- */

bool ask_check_moment(const struct settings *s, const char *option, struct error *err)
{
	const char *text = settings_text(s, option);
	int64_t at;
	return !text || moment_parse(text, zone_utc(), clock_now(), MOMENT_FROM, &at, err);
}

bool ask_moment(const struct ask *a, const char *option, enum moment_use use, int64_t *out, struct error *err)
{
	const char *text = settings_text(a->settings, option);
	*out = TIME_NONE;
	return !text || moment_parse(text, a->zone, a->now, use, out, err);
}

bool ask_check_range(int64_t from, int64_t to, struct error *err)
{
	if (from == TIME_NONE || to == TIME_NONE || from < to)
		return true;
	error_set(err, ERROR_USAGE, "could not take a period that ends before it begins");
	return error_hint(err, "--from must be earlier than --to");
}

bool ask_entity(const struct ask *a, int *entity, struct error *err)
{
	const char *name = settings_text(a->settings, "entity");
	*entity = -1;
	if (!name || (*entity = model_entity(a->model, name)) >= 0)
		return true;
	struct buffer names = {0};
	for (int i = 0; i < a->model->entity_count; i++)
		buffer_format(&names, "%s%s", i ? ", " : "", a->model->entities[i].name);
	error_set(err, ERROR_USAGE, "could not find an entity \"%s\" in the model", name);
	error_hint(err, "it has: %s", buffer_text(&names));
	buffer_done(&names);
	return false;
}

static bool ask_digits(const char *s)
{
	s += *s == '-';
	return *s && strspn(s, "0123456789") == strlen(s);
}

bool ask_check_cif(const struct ask *a, const char *cif, struct error *err)
{
	const struct entity *e = &a->model->entities[a->model->customer];
	bool number = e->columns[e->cif].type == COLUMN_INTEGER;
	if (strlen(cif) > CIF_LENGTH) {
		error_set(err, ERROR_USAGE, "could not read a CIF of %zu characters", strlen(cif));
		return error_hint(err, "a CIF has at most %d", CIF_LENGTH);
	}
	if (number && !ask_digits(cif)) {
		error_set(err, ERROR_USAGE, "could not read CIF \"%s\": it is not a number", cif);
		return error_hint(err, "customers of this bank have numbers; by name: tellerdesk search TEXT");
	}
	if (!*cif) {
		error_set(err, ERROR_USAGE, "could not read CIF \"\": it is empty");
		return error_hint(err, "give the customer's number, as in: tellerdesk lookup 10000001");
	}
	return true;
}

/* ---- how old it is ---- */

const char *ask_second(int64_t at, const struct zone *zone, char out[MOMENT_SIZE])
{
	if (at == TIME_NONE || at >= TIME_OPEN) {
		strcpy(out, "-");
		return out;
	}
	moment_local(at, zone, out);
	char *point = strchr(out, '.'), *blank = point ? strchr(point, ' ') : NULL;
	if (blank)
		memmove(point, blank, strlen(blank) + 1);
	return out;
}

static void ask_state(const struct ask *a, const struct freshness *f, struct buffer *out)
{
	char text[MOMENT_SIZE];
	buffer_text_add(out, freshness_word(f->state));
	switch (f->state) {
	case FRESH_OFFLINE:
		if (f->offline_since != TIME_NONE)
			buffer_format(out, " since %s", ask_second(f->offline_since, a->zone, text));
		break;
	case FRESH_SNAPSHOT:
		buffer_text_add(out, ": the first copy runs");
		if (f->snapshot_percent >= 0)
			buffer_format(out, ", %d %%", f->snapshot_percent);
		break;
	case FRESH_REFUSED:
		buffer_text_add(out, ": a person must decide, see tellerdesk status");
		break;
	case FRESH_LIVE:
	case FRESH_LAG:
	case FRESH_STALE:
		break;
	}
}

static void ask_incomplete(const struct ask *a, const struct freshness *f, const char *between, struct buffer *out)
{
	for (int i = 0; i < f->incomplete_count; i++)
		buffer_format(out, "%s%s", i ? between : "", a->model->entities[f->incomplete[i]].name);
}

void ask_age(const struct ask *a, const struct freshness *f, struct buffer *out)
{
	char text[MOMENT_SIZE];
	buffer_text_add(out, "Data: ");
	ask_state(a, f, out);
	if (f->age == TIME_NONE)
		buffer_text_add(out, ", never complete yet");
	else
		buffer_format(out, ", %s old", duration_short(f->age, text));
	if (f->complete_to != TIME_NONE)
		buffer_format(out, ", complete to %s", ask_second(f->complete_to, a->zone, text));
	if (f->incomplete_count) {
		buffer_text_add(out, "; not copied yet: ");
		ask_incomplete(a, f, ", ", out);
	}
}

void ask_print_age(const struct ask *a, const struct freshness *f)
{
	struct buffer b = {0};
	ask_age(a, f, &b);
	printf("%s\n", buffer_text(&b));
	buffer_done(&b);
}

void ask_note_age(const struct ask *a, const struct freshness *f)
{
	char text[MOMENT_SIZE];
	struct buffer b = {0};
	buffer_format(&b, "freshness: state=%s age_ms=", freshness_word(f->state));
	if (f->age != TIME_NONE)
		buffer_format(&b, "%lld", (long long)(f->age / 1000));
	buffer_format(&b, " complete_to=%s incomplete=", moment_utc(f->complete_to, text));
	ask_incomplete(a, f, ",", &b);
	fprintf(stderr, "%s\n", buffer_text(&b));
	buffer_done(&b);
}

/* ---- the end ---- */

static bool ask_stale(const struct ask *a, const struct freshness *f, struct error *err)
{
	char limit[MOMENT_SIZE], age[MOMENT_SIZE];
	if (!settings_given(a->settings, "max-age"))
		return false;
	int64_t most = settings_duration(a->settings, "max-age");
	if (f->age != TIME_NONE && f->age <= most)
		return false;
	duration_short(most, limit);
	if (f->age == TIME_NONE)
		error_set(err, ERROR_STALE, "could not answer with data younger than %s: it was never complete yet",
			  limit);
	else
		error_set(err, ERROR_STALE, "could not answer with data younger than %s: it is %s old", limit,
			  duration_short(f->age, age));
	error_hint(err, "tellerdesk status says why; tellerdesk ingest brings the replica up to date");
	return true;
}

int ask_flush(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	struct error err = {0};
	error_set(&err, errno == ENOSPC ? ERROR_FULL : ERROR_PERMISSION, "could not write the answer to stdout: %s",
		  strerror(errno));
	return error_report(&err);
}

int ask_finish(const struct ask *a, const struct freshness *f, int status)
{
	struct error err = {0};
	int flushed = ask_flush(status);
	if (flushed != status)
		return flushed;
	return (status == 0 || status == ERROR_NOT_FOUND) && ask_stale(a, f, &err) ? error_report(&err) : status;
}
