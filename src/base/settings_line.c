#include "config.h"

#include "base/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/settings_internal.h"

struct settings_line {
	struct settings *settings;
	const char *command;
	int argc;
	char **argv;
	int at;
	struct error *err;
};

static bool settings_line_wanted(const struct setting *o, const void *ctx)
{
	return o->help && setting_taken(o, ctx);
}

static bool settings_line_hint(struct settings_line *l, const char *name)
{
	const char *nearest = setting_nearest(name, settings_line_wanted, l->command);

	if (nearest)
		return error_hint(l->err, "did you mean --%s?", nearest);
	if (l->command)
		return error_hint(l->err, "tellerdesk %s --help lists the options", l->command);
	return error_hint(l->err, "tellerdesk --help lists the options");
}

/* An option that exists, but not here, or not at all. */
static bool settings_line_unknown(struct settings_line *l, const char *name, const char *dashes)
{
	const char *command = l->command ? l->command : "tellerdesk";

	for (const struct setting *o = setting_table; o->name; o++) {
		if (strcmp(o->name, name) != 0)
			continue;
		if (!o->commands) {
			error_set(l->err, ERROR_USAGE,
				  "could not take option \"%s%s\": it is set in the configuration file", dashes, name);
			return error_hint(l->err, "write %s = %s into its section [%s]", name,
					  o->argument ? o->argument : "yes", o->section);
		}
		error_set(l->err, ERROR_USAGE, "could not take option \"%s%s\": it is not one of %s", dashes, name,
			  command);
		return settings_line_hint(l, name);
	}
	error_set(l->err, ERROR_USAGE, "could not take option \"%s%s\": %s has no such option", dashes, name, command);
	return settings_line_hint(l, name);
}

static const struct setting *settings_line_find(const struct settings_line *l, const char *name, size_t n, char letter)
{
	for (const struct setting *o = setting_table; o->name; o++) {
		bool same = name ? strlen(o->name) == n && strncmp(o->name, name, n) == 0 : o->letter == letter;

		if (same && setting_taken(o, l->command))
			return o;
	}
	return NULL;
}

static bool settings_line_take(struct settings_line *l, const struct setting *o, const char *value)
{
	const char *wrong = setting_wrong(o, value);

	if (wrong) {
		/* A password must not be repeated in a message, which may end in a log. */
		if (strcmp(wrong, SETTING_SECRET) == 0) {
			error_set(l->err, ERROR_USAGE,
				  "could not take --%s: the URL holds a password, and everybody can read "
				  "command lines",
				  o->name);
			return error_hint(l->err,
					  "keep it where the database's own tools look for it: ~/.my.cnf, ~/.pgpass");
		}
		error_set(l->err, ERROR_USAGE, "could not take --%s: \"%s\" %s", o->name, value, wrong);
		return o->type == SETTING_CHOICE ? error_hint(l->err, "one of: %s", o->choices) : false;
	}
	settings_put(l->settings, setting_find(o->name, strlen(o->name)), SETTING_LINE, value, "command line");
	if (strcmp(o->name, "json") == 0 && strcasecmp(value, "yes") == 0)
		settings_put(l->settings, setting_find("format", 6), SETTING_LINE, "json", "command line");
	return true;
}

/* The word after an option, as its argument: it may begin with a dash (-2d), but is no long option. */
static const char *settings_line_argument(struct settings_line *l, const struct setting *o)
{
	const char *next = l->at + 1 < l->argc ? l->argv[l->at + 1] : NULL;

	if (!next || strncmp(next, "--", 2) == 0) {
		error_set(l->err, ERROR_USAGE, "could not take --%s: it needs an argument", o->name);
		error_hint(l->err, "--%s %s", o->name, o->argument);
		return NULL;
	}
	l->at++;
	return next;
}

static bool settings_line_long(struct settings_line *l, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const struct setting *o = settings_line_find(l, word, n, 0);
	const char *value;

	if (!o) {
		char *name = memory_text_n(word, n);
		bool taken = settings_line_unknown(l, name, "--");

		free(name);
		return taken;
	}
	if (equals)
		value = equals + 1;
	else if (o->type == SETTING_FLAG)
		value = "yes";
	else
		value = settings_line_argument(l, o);
	return value && settings_line_take(l, o, value);
}

/* -q, -qv, and, for an option with an argument, -nARG or -n ARG. */
static bool settings_line_short(struct settings_line *l, const char *word)
{
	for (; *word; word++) {
		const struct setting *o = settings_line_find(l, NULL, 0, *word);
		const char *value;

		if (!o)
			return settings_line_unknown(l, (const char[]){*word, '\0'}, "-");
		if (o->type == SETTING_FLAG) {
			if (!settings_line_take(l, o, "yes"))
				return false;
			continue;
		}
		value = word[1] ? word + 1 : settings_line_argument(l, o);
		return value && settings_line_take(l, o, value);
	}
	return true;
}

bool settings_parse(struct settings *s, const char *command, int argc, char **argv, struct error *err)
{
	struct settings_line l = {.settings = s, .command = command, .argc = argc, .argv = argv, .err = err};
	bool options = true;

	for (l.at = 1; l.at < argc; l.at++) {
		const char *word = argv[l.at];

		/* "-" is a name, "-5" a number: no option begins with a digit. */
		if (!options || word[0] != '-' || !word[1] || (word[1] >= '0' && word[1] <= '9'))
			settings_argument(s, word);
		else if (strcmp(word, "--") == 0)
			options = false;
		else if (word[1] == '-' ? !settings_line_long(&l, word + 2) : !settings_line_short(&l, word + 1))
			return false;
	}
	return true;
}
