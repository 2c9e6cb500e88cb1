#include "config.h"

#include "command/command.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"
#include "command/stop.h"
#include "command/target.h"

/* clang's word for what gcc defines __SANITIZE_ADDRESS__ for. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COMMAND_SANITIZED 1
#endif
#endif
#ifndef COMMAND_SANITIZED
#define COMMAND_SANITIZED 0
#endif

extern const struct command command_console, command_demo, command_ingest, command_resync, command_lookup,
	command_search, command_history, command_stores, command_status, command_check, command_check_source,
	command_capture_sql, command_detach, command_dump, command_export, command_generate, command_config;

const struct command *const command_table[] = {
	&command_console, &command_demo,     &command_lookup,       &command_search,
	&command_history, &command_stores,   &command_status,       &command_ingest,
	&command_resync,  &command_check,    &command_check_source, &command_capture_sql,
	&command_detach,  &command_export,   &command_dump,         &command_generate,
	&command_config,  NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; command_table[i]; i++)
		if (strcmp(command_table[i]->name, name) == 0)
			return command_table[i];
	return NULL;
}

static int command_unknown(const char *word)
{
	struct error err = {0};
	const char *nearest = NULL;
	size_t least = 3;
	for (size_t i = 0; command_table[i]; i++) {
		size_t distance = text_distance(word, command_table[i]->name);
		if (distance < least) {
			least = distance;
			nearest = command_table[i]->name;
		}
	}
	error_set(&err, ERROR_USAGE, "could not find a command \"%s\"", word);
	if (nearest)
		error_hint(&err, "did you mean tellerdesk %s?", nearest);
	else
		error_hint(&err, "tellerdesk --help lists them; a customer: tellerdesk lookup CIF");
	return error_report(&err);
}

static const struct setting *command_option(const char *word)
{
	for (const struct setting *o = setting_table; o->name; o++) {
		if (word[1] == '-' ? strcmp(word + 2, o->name) == 0 : word[1] == o->letter && !word[2])
			return o;
	}
	return NULL;
}

/* Where the command stands among the words, 0 for none: options may precede it, with their arguments. */
static int command_place(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return 0;
		if (argv[i][0] != '-' || !argv[i][1])
			return i;
		const struct setting *o = command_option(argv[i]);
		if (o && o->type != SETTING_FLAG)
			i++;
	}
	return 0;
}

static void command_usage(void)
{
	size_t width = 0;
	printf("%s", _("usage: tellerdesk [COMMAND] [ARGUMENTS] [OPTIONS]\n\n"
		       "A bank's customers on the teller's screen, from a local replica kept current\n"
		       "by change data capture. Without a command: the console.\n\nCommands:\n"));
	for (size_t i = 0; command_table[i]; i++)
		width = strlen(command_table[i]->name) > width ? strlen(command_table[i]->name) : width;
	for (size_t i = 0; command_table[i]; i++)
		printf("  %-*s  %s\n", (int)width, command_table[i]->name, _(command_table[i]->about));
	printf("%s", _("\ntellerdesk COMMAND --help tells the options of a command.\n"
		       "For a first look, with a bank made up on the spot: tellerdesk demo\n"));
}

static int command_bad_configuration(const struct settings *s)
{
	struct error err = {0};
	const char *const *lines;
	size_t count = settings_errors(s, &lines);
	if (count == 1)
		error_set(&err, ERROR_USAGE, "could not use the configuration: %s", lines[0]);
	else
		error_set(&err, ERROR_USAGE,
			  NP_("could not use the configuration: %zu error", "could not use the configuration: %zu errors", count), count);
	error_hint(&err,
		   "mend the file, or name another with --config FILE; tellerdesk config show tells what applies");
	int status = error_report(&err);
	for (size_t i = 0; count > 1 && i < count; i++)
		target_print_lines(lines[i]);
	return status;
}

static int command_arguments(const struct command *c, size_t count)
{
	struct error err = {0};
	if (count < (size_t)c->min_arguments)
		error_set(&err, ERROR_USAGE, "could not run %s: an argument is missing", c->name);
	else
		error_set(&err, ERROR_USAGE, "could not run %s: too many arguments", c->name);
	error_hint(&err, "tellerdesk %s", c->synopsis);
	return error_report(&err);
}

enum log_level command_log_level(const struct settings *s)
{
	static const char *const words[] = {
		[LOG_ERROR] = "error",
		[LOG_WARN] = "warn",
		[LOG_NOTE] = "note",
		[LOG_DEBUG] = "debug",
	};
	const char *word = settings_text(s, "log-level");
	if (settings_flag(s, "quiet"))
		return LOG_ERROR;
	if (settings_flag(s, "verbose"))
		return LOG_DEBUG;
	for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], word) == 0)
			return (enum log_level)i;
	return LOG_NOTE;
}

static bool command_narrate(const struct settings *s, struct error *err)
{
	const char *path = settings_text(s, "log");
	if (log_open(path, command_log_level(s)))
		return true;
	error_set(err, ERROR_PERMISSION, "could not open the log file \"%s\": %s", path ? path : "stderr",
		  strerror(errno));
	return error_hint(err, "name a file that can be written with --log, or leave it out for stderr");
}

static int command_run(const struct command *c, struct settings *s, int argc, char **argv)
{
	struct error err = {0};
	const char *const *arguments;
	if (!settings_parse(s, c->name, argc, argv, &err))
		return error_report(&err);
	if (settings_flag(s, "help")) {
		settings_help(c->name, c->synopsis, c->about);
		return 0;
	}
	/* config tells of broken files itself. */
	if (!settings_load(s, settings_text(s, "config")) && strcmp(c->name, "config") != 0)
		return command_bad_configuration(s);
	size_t count = settings_arguments(s, &arguments);
	if (count < (size_t)c->min_arguments || count > (size_t)c->max_arguments)
		return command_arguments(c, count);
	if (!command_narrate(s, &err))
		return error_report(&err);
	/* Until the command has its own way, and after it. */
	bool endless = c->service && !settings_flag(s, "once") && !settings_given(s, "until");
	stop_at_once(endless);
	return c->run(s, count, arguments);
}

static bool command_asked(int argc, char **argv, const char *name, const char *letter)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], name) == 0 || (letter && strcmp(argv[i], letter) == 0))
			return true;
	return false;
}

/* Memory holds passwords and customers: none of it is ever written to a core. Sanitizers look into the process as a debugger would. */
static void no_core(void)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !COMMAND_SANITIZED
	/* The limit does not hold for a core that a program takes from a pipe. */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* The last --NAME of the words, or NULL: before they are parsed, so that what is wrong with them is told in the right language. */
static const char *command_word(int argc, char **argv, const char *name)
{
	const char *value = NULL;
	size_t n = strlen(name);
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, name, n) != 0)
			continue;
		if (argv[i][2 + n] == '=')
			value = argv[i] + 3 + n;
		else if (!argv[i][2 + n] && i + 1 < argc)
			value = argv[i + 1];
	}
	return value;
}

/* Files and environment are read for this alone; their errors are told later, in the language found. */
static void command_language(int argc, char **argv)
{
	struct settings *s = settings_new();
	settings_load(s, command_word(argc, argv, "config"));
	const char *given = command_word(argc, argv, "language");
	bool ascii = command_asked(argc, argv, "--ascii", NULL) || settings_flag(s, "ascii") ||
		     strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	language_start(given ? given : settings_text(s, "language"), NULL, ascii);
	settings_free(s);
}

int command_main(int argc, char **argv)
{
	no_core();
	/* Characters as the user's terminal has them; numbers and times stay as they are written everywhere. */
	setlocale(LC_CTYPE, "");
	/* SQLite counts each of its allocations under one lock, unless it is told in time that nobody asks. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	command_language(argc, argv);
	int place = command_place(argc, argv);
	if (command_asked(argc, argv, "--version", NULL)) {
		printf("tellerdesk %s\n", PACKAGE_VERSION);
		return 0;
	}
	if (!place && command_asked(argc, argv, "--help", "-h")) {
		command_usage();
		return 0;
	}
	const struct command *c = place ? command_find(argv[place]) : &command_console;
	if (!c)
		return command_unknown(argv[place]);
	char **rest = memory_zero((size_t)argc + 1, sizeof *rest);
	int count = 0;
	for (int i = 0; i < argc; i++)
		if (i != place || !place)
			rest[count++] = argv[i];
	struct settings *s = settings_new();
	int status = command_run(c, s, count, rest);
	settings_free(s);
	free(rest);
	language_stop();
	return status;
}
