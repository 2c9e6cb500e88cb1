#include "config.h"

#include "base/settings.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/settings_internal.h"
#include "base/text.h"
#include "base/url.h"

/* A file of nonsense has an error in each line: enough is enough. */
#define SETTINGS_FAULTS_MAX 200

struct settings_value {
	enum setting_level level;
	char *text;
	char *origin;
};

struct settings_entry {
	char *section, *key, *value, *file;
	int line;
};

struct settings {
	struct settings_value *values; /* by index in the table */
	char **arguments;
	size_t argument_count;
	char **faults;
	size_t fault_count;
	struct settings_entry *entries;
	size_t entry_count;
};

/* ---- the table ---- */

static size_t setting_table_count(void)
{
	size_t n = 0;

	while (setting_table[n].name)
		n++;
	return n;
}

int setting_find(const char *name, size_t n)
{
	for (int i = 0; setting_table[i].name; i++) {
		if (strlen(setting_table[i].name) == n && strncmp(setting_table[i].name, name, n) == 0)
			return i;
	}
	return -1;
}

/* True when `word` is one of the blank-separated words of `words`. */
static bool setting_word_in(const char *words, const char *word)
{
	size_t n = strlen(word);

	while (*words) {
		size_t len = strcspn(words, " ");

		if (len == n && strncmp(words, word, n) == 0)
			return true;
		words += len;
		words += strspn(words, " ");
	}
	return false;
}

bool setting_taken(const struct setting *o, const char *command)
{
	if (!o->commands)
		return false;
	return !*o->commands || (command && setting_word_in(o->commands, command));
}

static bool setting_boolean(const char *value, bool *out)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value, words[i]) == 0) {
			*out = i & 1;
			return true;
		}
	}
	return false;
}

static bool setting_number(const char *value, int64_t *out)
{
	char *end;
	long long n;

	if (!isdigit((unsigned char)*value))
		return false;
	errno = 0;
	n = strtoll(value, &end, 10);
	*out = n;
	return errno == 0 && !*end;
}

static bool setting_time(const char *value, struct duration *out)
{
	/* No time needs no unit. */
	*out = (struct duration){0};
	return strcmp(value, "0") == 0 || duration_parse(value, out, NULL);
}

const char *setting_wrong(const struct setting *o, const char *value)
{
	struct duration d;
	int64_t n;
	bool b;

	switch (o->type) {
	case SETTING_FLAG:
		return setting_boolean(value, &b) ? NULL : N_("is not yes or no");
	case SETTING_COUNT:
		if (!setting_number(value, &n))
			return N_("is not a whole number");
		return o->choices && n > strtoll(o->choices, NULL, 10) ? N_("is too large") : NULL;
	case SETTING_DURATION:
		if (!setting_time(value, &d))
			return N_("is not a duration such as 10s, 5m, 1h or 1d");
		return d.months && !o->choices ? N_("is in months, which differ in length") : NULL;
	case SETTING_CHOICE:
		return *value && setting_word_in(o->choices, value) ? NULL : N_("is not one of them");
	case SETTING_TEXT:
		if (!*value)
			return N_("is empty");
		if (o->argument && strcmp(o->argument, "URL") == 0 && url_secret(value))
			return SETTING_SECRET;
		return NULL;
	}
	return NULL;
}

const char *setting_nearest(const char *name, bool (*wanted)(const struct setting *o, const void *ctx), const void *ctx)
{
	size_t least = strlen(name) / 3 + 2;
	const char *nearest = NULL;

	for (const struct setting *o = setting_table; o->name; o++) {
		size_t distance;

		if (!wanted(o, ctx))
			continue;
		distance = text_distance(name, o->name);
		/* A word cut short, or with an ending too many, is nearer than its letters say. */
		if (strlen(name) >= 3 &&
		    (strncmp(o->name, name, strlen(name)) == 0 || strncmp(o->name, name, strlen(o->name)) == 0))
			distance = distance > 1 ? 1 : distance;
		if (distance < least) {
			least = distance;
			nearest = o->name;
		}
	}
	return nearest;
}

/* ---- the store ---- */

struct settings *settings_new(void)
{
	struct settings *s = memory_zero(1, sizeof(*s));

	s->values = memory_zero(setting_table_count(), sizeof(*s->values));
	return s;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < setting_table_count(); i++) {
		free(s->values[i].text);
		free(s->values[i].origin);
	}
	for (size_t i = 0; i < s->argument_count; i++)
		free(s->arguments[i]);
	for (size_t i = 0; i < s->fault_count; i++)
		free(s->faults[i]);
	for (size_t i = 0; i < s->entry_count; i++) {
		free(s->entries[i].section);
		free(s->entries[i].key);
		free(s->entries[i].value);
		free(s->entries[i].file);
	}
	free(s->values);
	free(s->arguments);
	free(s->faults);
	free(s->entries);
	free(s);
}

void settings_put(struct settings *s, int option, enum setting_level level, const char *value, const char *origin)
{
	struct settings_value *v = &s->values[option];
	char *text;

	if (level < v->level)
		return;
	text = memory_text(value); /* which may be the value that is about to go */
	free(v->text);
	free(v->origin);
	v->level = level;
	v->text = text;
	v->origin = memory_text(origin);
}

void settings_argument(struct settings *s, const char *text)
{
	s->arguments = memory_grow(s->arguments, (s->argument_count + 1) * sizeof(*s->arguments));
	s->arguments[s->argument_count++] = memory_text(text);
}

void settings_fault(struct settings *s, const char *format, ...)
{
	struct buffer line = {0};
	va_list args;
	char text[1024];

	if (s->fault_count >= SETTINGS_FAULTS_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buffer_text_add(&line, s->fault_count + 1 < SETTINGS_FAULTS_MAX ? text : N_("and more"));
	s->faults = memory_grow(s->faults, (s->fault_count + 1) * sizeof(*s->faults));
	s->faults[s->fault_count++] = buffer_take(&line);
}

void settings_free_form(struct settings *s, const char *section, const char *key, const char *value, const char *file,
			int line)
{
	for (size_t i = 0; i < s->entry_count; i++) {
		const struct settings_entry *e = &s->entries[i];

		if (strcmp(e->section, section) == 0 && strcmp(e->key, key) == 0 && strcmp(e->file, file) == 0) {
			settings_fault(s, "%s:%d: \"%s\" stands in line %d already", file, line, key, e->line);
			return;
		}
	}
	s->entries = memory_grow(s->entries, (s->entry_count + 1) * sizeof(*s->entries));
	s->entries[s->entry_count++] = (struct settings_entry){
		.section = memory_text(section),
		.key = memory_text(key),
		.value = memory_text(value),
		.file = memory_text(file),
		.line = line,
	};
}

static int settings_index(const char *name)
{
	int i = setting_find(name, strlen(name));

	assert(i >= 0);
	return i;
}

size_t settings_errors(const struct settings *s, const char *const **lines)
{
	*lines = (const char *const *)s->faults;
	return s->fault_count;
}

size_t settings_arguments(const struct settings *s, const char *const **arguments)
{
	*arguments = (const char *const *)s->arguments;
	return s->argument_count;
}

bool settings_given(const struct settings *s, const char *name)
{
	return s->values[settings_index(name)].level > SETTING_DEFAULT;
}

const char *settings_text(const struct settings *s, const char *name)
{
	int i = settings_index(name);

	return s->values[i].level > SETTING_DEFAULT ? s->values[i].text : setting_table[i].initial;
}

bool settings_flag(const struct settings *s, const char *name)
{
	const char *text = settings_text(s, name);
	bool set = false;

	return text && setting_boolean(text, &set) && set;
}

int64_t settings_count(const struct settings *s, const char *name)
{
	const char *text = settings_text(s, name);
	int64_t n;

	return text && setting_number(text, &n) ? n : 0;
}

int64_t settings_duration(const struct settings *s, const char *name)
{
	const char *text = settings_text(s, name);
	struct duration d;

	return text && setting_time(text, &d) ? d.micro : 0;
}

const char *settings_origin(const struct settings *s, const char *name)
{
	const struct settings_value *v = &s->values[settings_index(name)];

	return v->level > SETTING_DEFAULT ? v->origin : "default";
}

void settings_set(struct settings *s, const char *name, const char *value)
{
	settings_put(s, settings_index(name), SETTING_PROGRAM, value, "tellerdesk");
}

void settings_each(const struct settings *s, const char *section,
		   void (*fn)(void *ctx, const char *key, const char *value, const char *file, int line), void *ctx)
{
	for (size_t i = 0; i < s->entry_count; i++) {
		const struct settings_entry *e = &s->entries[i];

		if (strcmp(e->section, section) == 0)
			fn(ctx, e->key, e->value, e->file, e->line);
	}
}

/* ---- files and environment ---- */

/* TELLERDESK_MAX_AGE of max-age. */
static void settings_variable(struct buffer *out, const char *name)
{
	buffer_text_add(out, "TELLERDESK_");
	for (; *name; name++)
		buffer_char(out, (char)(*name == '-' ? '_' : toupper((unsigned char)*name)));
}

static void settings_environment(struct settings *s)
{
	struct buffer variable = {0};
	const char *value;

	for (int i = 0; setting_table[i].name; i++) {
		const char *wrong;

		if (!setting_table[i].section)
			continue;
		buffer_clear(&variable);
		settings_variable(&variable, setting_table[i].name);
		value = getenv(buffer_text(&variable));
		if (!value || !*value)
			continue;
		wrong = setting_wrong(&setting_table[i], value);
		if (wrong)
			settings_fault(s, "%s: the value %s", buffer_text(&variable), wrong);
		else
			settings_put(s, i, SETTING_ENVIRONMENT, value, buffer_text(&variable));
	}
	buffer_done(&variable);
	value = getenv("NO_COLOR");
	if (value && *value)
		settings_put(s, settings_index("no-color"), SETTING_ENVIRONMENT, "yes", "NO_COLOR");
}

/* The user's own file; NULL when there is no home. A relative XDG_CONFIG_HOME counts as none. */
static char *settings_user_file(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && *config == '/')
		return memory_format("%s/tellerdesk/tellerdesk.conf", config);
	return home && *home == '/' ? memory_format("%s/.config/tellerdesk/tellerdesk.conf", home) : NULL;
}

bool settings_load(struct settings *s, const char *config_file)
{
	char *user = settings_user_file();

	if (!config_file || !*config_file)
		config_file = getenv("TELLERDESK_CONFIG");
	settings_file(s, "/etc/tellerdesk/tellerdesk.conf", false);
	if (user)
		settings_file(s, user, false);
	if (config_file && *config_file)
		settings_file(s, config_file, true);
	settings_environment(s);
	free(user);
	return s->fault_count == 0;
}
