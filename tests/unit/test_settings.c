#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/settings_internal.h"
#include "base/url.h"

static char folder[200];

static bool parse(struct settings *s, const char *command, struct error *err, const char *const *words)
{
	char *argv[32] = {(char[]){"tellerdesk"}};
	int argc = 1;

	error_clear(err);
	while (*words)
		argv[argc++] = (char *)*words++;
	return settings_parse(s, command, argc, argv, err);
}

#define PARSE(s, command, ...) parse(s, command, &err, (const char *const[]){__VA_ARGS__, NULL})

static void test_defaults(void **state)
{
	struct settings *s = settings_new();

	(void)state;
	assert_string_equal(settings_text(s, "format"), "text");
	assert_null(settings_text(s, "source"));
	assert_false(settings_flag(s, "ascii"));
	assert_int_equal(settings_count(s, "limit"), 50);
	assert_int_equal(settings_count(s, "reject-percent"), 5);
	assert_int_equal(settings_duration(s, "silent"), INT64_C(1800000000));
	assert_int_equal(settings_duration(s, "live"), 5000000);
	assert_int_equal(settings_duration(s, "lag"), 60000000);
	assert_false(settings_given(s, "limit"));
	assert_string_equal(settings_origin(s, "limit"), "default");
	settings_free(s);
}

static void test_table_is_sound(void **state)
{
	struct settings *s = settings_new();

	(void)state;
	for (const struct setting *o = setting_table; o->name; o++) {
		assert_true(strlen(o->name) > 0 && strlen(o->name) < 40);
		assert_true((o->type == SETTING_FLAG) == (o->argument == NULL));
		assert_true(o->section || o->commands || !o->help); /* else the program alone sets it */
		if (o->initial)
			assert_null(setting_wrong(o, o->initial));
		if (o->type == SETTING_CHOICE)
			assert_non_null(o->choices);
		/* No two options of one command share a name or a letter. */
		for (const struct setting *p = setting_table; p < o; p++) {
			bool same = strcmp(p->name, o->name) == 0 || (o->letter && p->letter == o->letter);
			char words[200], *rest = words, *word;

			if (!same)
				continue;
			snprintf(words, sizeof(words), "%s", o->commands ? o->commands : "");
			assert_true(*words);
			while ((word = strsep(&rest, " ")))
				assert_false(setting_taken(p, word));
		}
	}
	settings_free(s);
}

static void test_words(void **state)
{
	struct settings *s = settings_new();
	struct error err = {0};
	const char *const *arguments;

	(void)state;
	assert_true(PARSE(s, "lookup", "--as-of", "-2d", "123", "--format=csv", "-qv", "--replica", "a b"));
	assert_string_equal(settings_text(s, "as-of"), "-2d");
	assert_string_equal(settings_text(s, "format"), "csv");
	assert_string_equal(settings_text(s, "replica"), "a b");
	assert_true(settings_flag(s, "quiet"));
	assert_true(settings_flag(s, "verbose"));
	assert_int_equal(settings_arguments(s, &arguments), 1);
	assert_string_equal(arguments[0], "123");
	assert_true(settings_given(s, "as-of"));
	assert_string_equal(settings_origin(s, "as-of"), "command line");
	settings_free(s);

	s = settings_new();
	assert_true(PARSE(s, "search", "-5", "-", "--json", "--", "--limit", "-q"));
	assert_string_equal(settings_text(s, "format"), "json");
	assert_int_equal(settings_arguments(s, &arguments), 4);
	assert_string_equal(arguments[0], "-5");
	assert_string_equal(arguments[1], "-");
	assert_string_equal(arguments[2], "--limit");
	assert_string_equal(arguments[3], "-q");
	assert_false(settings_flag(s, "quiet"));
	settings_free(s);

	/* The last one of several wins; so does a format after --json. */
	s = settings_new();
	assert_true(PARSE(s, "search", "--limit", "3", "--limit=4", "--json", "--format", "text", "--ascii=no"));
	assert_int_equal(settings_count(s, "limit"), 4);
	assert_string_equal(settings_text(s, "format"), "text");
	assert_false(settings_flag(s, "ascii"));
	settings_free(s);
}

static void expect_refused(const char *command, const char *word, const char *value, const char *message,
			   const char *hint)
{
	struct settings *s = settings_new();
	struct error err = {0};

	assert_false(PARSE(s, command, word, value));
	assert_int_equal(err.code, ERROR_USAGE);
	assert_string_equal(err.message, message);
	if (hint)
		assert_string_equal(err.hint, hint);
	settings_free(s);
}

static void test_words_refused(void **state)
{
	(void)state;
	expect_refused("stores", "--windw", "5m", "could not take option \"--windw\": stores has no such option",
		       "did you mean --window?");
	expect_refused("stores", "--wnidow=5m", NULL, "could not take option \"--wnidow\": stores has no such option",
		       "did you mean --window?");
	expect_refused("search", "--window", "5m", "could not take option \"--window\": it is not one of search", NULL);
	expect_refused("search", "--xyzzyx", NULL, "could not take option \"--xyzzyx\": search has no such option",
		       "tellerdesk search --help lists the options");
	expect_refused("search", "-z", NULL, "could not take option \"-z\": search has no such option", NULL);
	expect_refused("search", "--silent", "5m",
		       "could not take option \"--silent\": it is set in the configuration file",
		       "write silent = DURATION into its section [freshness]");
	expect_refused("search", "--limit", "five", "could not take --limit: \"five\" is not a whole number", NULL);
	expect_refused("search", "--limit", "-5", "could not take --limit: \"-5\" is not a whole number", NULL);
	expect_refused("search", "--limit", "99999999999999999999",
		       "could not take --limit: \"99999999999999999999\" is not a whole number", NULL);
	expect_refused("search", "--limit", NULL, "could not take --limit: it needs an argument", "--limit N");
	expect_refused("search", "--limit", "--json", "could not take --limit: it needs an argument", "--limit N");
	expect_refused("search", "--format", "xml", "could not take --format: \"xml\" is not one of them",
		       "one of: text json csv");
	expect_refused("search", "--format=text json", NULL,
		       "could not take --format: \"text json\" is not one of them", NULL);
	expect_refused("ingest", "--reject-percent", "101", "could not take --reject-percent: \"101\" is too large",
		       NULL);
	expect_refused("lookup", "--timeout", "1mo",
		       "could not take --timeout: \"1mo\" is in months, which differ in length", NULL);
	expect_refused("lookup", "--timeout", "10",
		       "could not take --timeout: \"10\" is not a duration such as 10s, 5m, 1h or 1d", NULL);
	expect_refused("lookup", "--source=", NULL, "could not take --source: \"\" is empty", NULL);
	expect_refused("lookup", "--ascii=maybe", NULL, "could not take --ascii: \"maybe\" is not yes or no", NULL);
}

static void test_durations(void **state)
{
	struct settings *s = settings_new();
	struct error err = {0};

	(void)state;
	assert_true(PARSE(s, "stores", "--window", "1mo"));
	assert_string_equal(settings_text(s, "window"), "1mo");
	assert_true(PARSE(s, "generate", "--delay", "0", "--for", "90m"));
	assert_int_equal(settings_duration(s, "delay"), 0);
	assert_true(settings_given(s, "delay"));
	assert_int_equal(settings_duration(s, "for"), INT64_C(5400000000));
	settings_free(s);
}

static void test_passwords_are_refused_and_not_repeated(void **state)
{
	static const char *const urls[] = {
		"mysql://u:hunter2@h/db",
		"mysql://u:hunt@er2@h/db",
		"mysql://u:hunt/hunter2@h/db",
		"postgresql://h/db?sslmode=require&password=hunter2",
		"postgresql://u:hunter2@a:5432,b:5432/db",
		"mysql://u:hunter2?x@h",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct settings *s = settings_new();
		struct error err = {0};
		struct buffer shown = {0};

		assert_false(PARSE(s, "ingest", "--source", urls[i]));
		assert_null(strstr(err.message, "hunter2"));
		assert_null(strstr(err.hint, "hunter2"));
		assert_null(settings_text(s, "source"));
		assert_false(PARSE(s, "generate", "--to", urls[i]));
		url_clean(&shown, urls[i]);
		assert_null(strstr(buffer_text(&shown), "hunter2"));
		buffer_done(&shown);
		settings_free(s);
	}
}

/* ---- files ---- */

static void read_text(struct settings *s, const char *text)
{
	char *copy = strdup(text);

	settings_text_read(s, copy, "x.conf");
	free(copy);
}

static void test_file(void **state)
{
	struct settings *s = settings_new();
	const char *const *lines;

	(void)state;
	read_text(
		s,
		"\xEF\xBB\xBF; a comment\n"
		"[tellerdesk]\r\n"
		"source = bank:/var/lib/bank.db   ; where it lives\n"
		"\n"
		"# another, much longer than a line may be: "
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
		"  ; an indented one\n"
		"max-age=10m\n"
		"[console]\n"
		"ascii = on\n"
		"[freshness]\n"
		"silent: 1h");
	assert_int_equal(settings_errors(s, &lines), 0);
	assert_string_equal(settings_text(s, "source"), "bank:/var/lib/bank.db");
	assert_string_equal(settings_origin(s, "source"), "x.conf:3");
	assert_int_equal(settings_duration(s, "max-age"), INT64_C(600000000));
	assert_string_equal(settings_origin(s, "max-age"), "x.conf:7");
	assert_true(settings_flag(s, "ascii"));
	assert_string_equal(settings_origin(s, "silent"), "x.conf:11");
	settings_free(s);
}

static void test_file_tells_every_error(void **state)
{
	static const char *const wanted[] = {
		"x.conf:1: a section such as [tellerdesk] must come first",
		"x.conf:3: there is no key \"sorce\" in [tellerdesk]; did you mean source?",
		"x.conf:5: \"model\" stands in line 4 already",
		"x.conf:6: the line is indented",
		"x.conf:7: \"settle\" belongs into [csv]",
		"x.conf:8: \"limit\" is of the command line only",
		"x.conf:9: the value of format is not one of them: text json csv",
		"x.conf:10: the line is longer than 196 bytes",
		"x.conf:11: the line is not KEY = VALUE",
		"x.conf:12: the value of max-age is not a duration such as 10s, 5m, 1h or 1d",
		"x.conf:13: the section's name has no ]",
		"x.conf:15: there is no section [colour]",
		"x.conf:18: the line is not UTF-8",
		"x.conf:19: the line holds a control character",
		"x.conf:20: the value of source holds a password",
		"x.conf:21: the line is not KEY = VALUE",
		"x.conf:22: the value of replica is empty",
	};
	struct settings *s = settings_new();
	const char *const *lines;
	size_t n;

	(void)state;
	read_text(
		s,
		"zone = UTC\n"
		"[tellerdesk]\n"
		"sorce = a\n"
		"model = a\n"
		"model = b\n"
		"  source = bank:x\n"
		"settle = 2s\n"
		"limit = 5\n"
		"format = xml\n"
		"replica = "
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
		"nothing\n"
		"max-age = soon\n"
		"[broken\n"
		"[colour]\n"
		"red = 1\n"
		"green = 1\n"
		"[tellerdesk]\n"
		"zone = \xFF\n"
		"zone = a\x1b[2J\n"
		"source = mysql://u:hunter2@h/db\n"
		"key ; = comment\n"
		"replica =\n");
	n = settings_errors(s, &lines);
	for (size_t i = 0; i < n && i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_string_equal(lines[i], wanted[i]);
	assert_int_equal(n, sizeof(wanted) / sizeof(wanted[0]));
	assert_string_equal(settings_text(s, "model"), "a");
	settings_free(s);
}

static void test_file_of_nonsense_has_a_bounded_list(void **state)
{
	struct settings *s = settings_new();
	struct buffer text = {0};
	const char *const *lines;
	size_t n;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buffer_text_add(&text, "nonsense\n");
	settings_text_read(s, text.data, "x.conf");
	n = settings_errors(s, &lines);
	assert_int_equal(n, 200);
	assert_string_equal(lines[n - 1], "and more");
	buffer_done(&text);
	settings_free(s);
}

static void keys_add(void *ctx, const char *key, const char *value, const char *file, int line)
{
	buffer_format(ctx, "%s:%d %s=%s\n", file, line, key, value);
}

static void test_free_form(void **state)
{
	struct settings *s = settings_new();
	struct buffer out = {0};
	const char *const *lines;

	(void)state;
	read_text(s, "[keys]\nnext = F7 Ctrl-D\nesc_digit = yes\nnext = F8\n");
	settings_each(s, "keys", keys_add, &out);
	assert_string_equal(buffer_text(&out), "x.conf:2 next=F7 Ctrl-D\nx.conf:3 esc_digit=yes\n");
	assert_int_equal(settings_errors(s, &lines), 1);
	assert_string_equal(lines[0], "x.conf:4: \"next\" stands in line 2 already");
	buffer_done(&out);
	settings_free(s);
}

static char *write_file(const char *name, const char *text)
{
	char *path;
	FILE *f;

	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void clear_environment(void)
{
	static const char *const names[] = {"TELLERDESK_MODEL", "TELLERDESK_ZONE",    "TELLERDESK_CONFIG",
					    "TELLERDESK_AS_OF", "TELLERDESK_MAX_AGE", "TELLERDESK_SOURCE",
					    "NO_COLOR"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	setenv("XDG_CONFIG_HOME", folder, 1);
}

static void test_stronger_wins_in_any_order(void **state)
{
	char *mine, *given;
	struct error err = {0};

	(void)state;
	clear_environment();
	mine = write_file("tellerdesk/tellerdesk.conf", "[tellerdesk]\nmodel = user\nzone = UTC\nreplica = /user\n"
							"source = bank:user\n");
	given = write_file("given.conf", "[tellerdesk]\nmodel = given\nzone = given\nreplica = /given\n");
	setenv("TELLERDESK_MODEL", "environment", 1);
	setenv("TELLERDESK_ZONE", "environment", 1);
	setenv("TELLERDESK_AS_OF", "now", 1); /* of the command line only */
	setenv("NO_COLOR", "1", 1);
	for (int order = 0; order < 2; order++) {
		struct settings *s = settings_new();
		char wanted[300];

		if (order == 0)
			assert_true(settings_load(s, given));
		assert_true(PARSE(s, "lookup", "--model", "line"));
		if (order == 1)
			assert_true(settings_load(s, given));
		assert_string_equal(settings_text(s, "model"), "line");
		assert_string_equal(settings_text(s, "zone"), "environment");
		assert_string_equal(settings_origin(s, "zone"), "TELLERDESK_ZONE");
		assert_string_equal(settings_text(s, "replica"), "/given");
		snprintf(wanted, sizeof(wanted), "%s:4", given);
		assert_string_equal(settings_origin(s, "replica"), wanted);
		assert_string_equal(settings_text(s, "source"), "bank:user");
		snprintf(wanted, sizeof(wanted), "%s:5", mine);
		assert_string_equal(settings_origin(s, "source"), wanted);
		assert_null(settings_text(s, "as-of"));
		assert_true(settings_flag(s, "no-color"));
		assert_string_equal(settings_origin(s, "no-color"), "NO_COLOR");
		settings_set(s, "model", "program");
		assert_string_equal(settings_text(s, "model"), "program");
		assert_string_equal(settings_origin(s, "model"), "tellerdesk");
		settings_set(s, "source", NULL);
		assert_null(settings_text(s, "source"));
		settings_free(s);
	}
	unlink(mine);
	unlink(given);
	free(mine);
	free(given);
	clear_environment();
}

static void test_files_that_cannot_be_read(void **state)
{
	struct settings *s = settings_new();
	const char *const *lines;
	char path[300], wanted[400];

	(void)state;
	clear_environment();
	snprintf(path, sizeof(path), "%s/none.conf", folder);
	snprintf(wanted, sizeof(wanted), "could not read \"%s\": No such file or directory", path);
	assert_false(settings_load(s, path));
	assert_int_equal(settings_errors(s, &lines), 1);
	assert_string_equal(lines[0], wanted);
	settings_free(s);

	s = settings_new();
	assert_false(settings_load(s, folder));
	assert_int_equal(settings_errors(s, &lines), 1);
	settings_free(s);

	/* The user's own file may be missing. */
	s = settings_new();
	assert_true(settings_load(s, NULL));
	setenv("TELLERDESK_CONFIG", path, 1);
	assert_false(settings_load(s, NULL));
	settings_free(s);
	clear_environment();
}

static void test_environment_is_checked(void **state)
{
	struct settings *s = settings_new();
	const char *const *lines;

	(void)state;
	clear_environment();
	setenv("TELLERDESK_MAX_AGE", "soon", 1);
	setenv("TELLERDESK_SOURCE", "mysql://u:hunter2@h/db", 1);
	assert_false(settings_load(s, NULL));
	assert_int_equal(settings_errors(s, &lines), 2);
	assert_string_equal(lines[0], "TELLERDESK_SOURCE: the value holds a password");
	assert_string_equal(lines[1], "TELLERDESK_MAX_AGE: the value is not a duration such as 10s, 5m, 1h or 1d");
	settings_free(s);
	clear_environment();
}

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[300];

	(void)state;
	snprintf(folder, sizeof(folder), "%s/test_settings.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/tellerdesk", folder);
	return mkdir(path, 0700);
}

static int tear_down(void **state)
{
	char path[300];

	(void)state;
	snprintf(path, sizeof(path), "%s/tellerdesk", folder);
	return rmdir(path) || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_refused),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_passwords_are_refused_and_not_repeated),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_tells_every_error),
		cmocka_unit_test(test_file_of_nonsense_has_a_bounded_list),
		cmocka_unit_test(test_free_form),
		cmocka_unit_test(test_stronger_wins_in_any_order),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_environment_is_checked),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
