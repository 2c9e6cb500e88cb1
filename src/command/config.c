#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/settings.h"
#include "base/zone.h"
#include "command/ask.h"
#include "model/model.h"
#include "source/source.h"

/* The value as it may be shown: where nothing is set but a default applies, that default. */
static char *config_value(const struct settings *s, const char *name)
{
	const char *value = settings_text(s, name);
	if (value && strcmp(name, "source") == 0) {
		struct buffer b = {0};
		source_url_clean(&b, value);
		return buffer_take(&b);
	}
	if (!value && strcmp(name, "replica") == 0)
		return ask_replica_path(s, NULL);
	return value ? memory_text(value) : NULL;
}

/* What files and environment can say; the rest belongs to a single command line. */
static bool config_lasting(const struct setting *o)
{
	return o->section != NULL;
}

static void config_show_json(const struct settings *s)
{
	struct answer_json j;
	answer_json_begin(&j, stdout);
	answer_json_array(&j, "settings");
	for (const struct setting *o = setting_table; o->name; o++) {
		if (!config_lasting(o))
			continue;
		char *value = config_value(s, o->name);
		json_t *item = json_object();
		json_object_set_new(item, "name", answer_json_string(o->name));
		json_object_set_new(item, "section", answer_json_string(o->section));
		json_object_set_new(item, "value", answer_json_string(value));
		json_object_set_new(item, "origin", answer_json_string(settings_origin(s, o->name)));
		answer_json_item(&j, item);
		free(value);
	}
	answer_json_array_end(&j);
	answer_json_end(&j);
}

static void config_show_csv(const struct settings *s)
{
	struct answer_csv c;
	answer_csv_begin(&c, stdout, &(struct answer_form){0}, "section,name,value,origin");
	for (const struct setting *o = setting_table; o->name; o++) {
		if (!config_lasting(o))
			continue;
		char *value = config_value(s, o->name);
		answer_csv_word(&c, o->section);
		answer_csv_word(&c, o->name);
		answer_csv_text(&c, value);
		answer_csv_text(&c, settings_origin(s, o->name));
		answer_csv_row(&c);
		free(value);
	}
	answer_csv_done(&c);
}

static void config_show_text(const struct settings *s)
{
	struct sheet t;
	sheet_init(&t, ask_ascii(s));
	sheet_column(&t, "Section", SHEET_LEFT);
	sheet_column(&t, "Name", SHEET_LEFT);
	sheet_column(&t, "Value", SHEET_LEFT);
	sheet_column(&t, "From", SHEET_LEFT);
	for (const struct setting *o = setting_table; o->name; o++) {
		if (!config_lasting(o))
			continue;
		char *value = config_value(s, o->name);
		sheet_text(&t, *o->section ? o->section : "-");
		sheet_text(&t, o->name);
		sheet_text(&t, value);
		sheet_text(&t, settings_origin(s, o->name));
		free(value);
	}
	sheet_print(&t, stdout, 0);
	sheet_done(&t);
}

/* Files were held against the table when they were read; what their values name is tried here, all of it. */
static void config_problems(const struct settings *s, struct buffer *lines)
{
	struct error err = {0};
	const char *const *errors;
	size_t count = settings_errors(s, &errors);
	for (size_t i = 0; i < count; i++)
		buffer_format(lines, "%s\n", errors[i]);
	const char *url = settings_text(s, "source"), *name = settings_text(s, "model");
	if (url && *url && !source_find(url, &err))
		buffer_format(lines, "%s: %s\n", settings_origin(s, "source"), err.message);
	if (!ask_zone(s, zone_utc(), &err))
		buffer_format(lines, "%s: %s\n", settings_origin(s, "zone"), err.message);
	struct model *m = name ? model_load(name, lines) : NULL;
	if (m)
		model_free(m);
}

static int config_validate(const struct settings *s)
{
	struct buffer lines = {0};
	config_problems(s, &lines);
	int status = lines.len ? ERROR_USAGE : 0;
	if (ask_format(s) == ASK_JSON) {
		struct answer_json j;
		answer_json_begin(&j, stdout);
		answer_json_member(&j, "ok", json_boolean(status == 0));
		answer_json_array(&j, "errors");
		char *rest = lines.data;
		for (char *line; rest && (line = strsep(&rest, "\n"));)
			if (*line)
				answer_json_item(&j, answer_json_string(line));
		answer_json_array_end(&j);
		answer_json_end(&j);
	} else if (status) {
		/* What was asked for is the list of errors, so it is the answer. */
		struct buffer clean = {0}, told = {0};
		char *rest = lines.data;
		for (char *line; rest && (line = strsep(&rest, "\n"));) {
			buffer_clear(&clean);
			buffer_clear(&told);
			language_sentence(&told, line);
			answer_text_add(&clean, buffer_text(&told), ask_ascii(s));
			if (*line)
				printf("%s\n", buffer_text(&clean));
		}
		buffer_done(&clean);
		buffer_done(&told);
	} else {
		printf("%s\n", _("The configuration is valid"));
	}
	buffer_done(&lines);
	return ask_flush(status);
}

static int config_show(const struct settings *s)
{
	if (ask_format(s) == ASK_JSON)
		config_show_json(s);
	else if (ask_format(s) == ASK_CSV)
		config_show_csv(s);
	else
		config_show_text(s);
	const char *const *errors;
	size_t count = settings_errors(s, &errors);
	struct error err = {0};
	if (!count)
		return ask_flush(0);
	error_set(&err, ERROR_USAGE,
		  NP_("could not use all of the configuration: %zu error", "could not use all of the configuration: %zu errors", count),
		  count);
	error_hint(&err, "tellerdesk config validate lists them");
	ask_flush(0);
	return error_report(&err);
}

static int config_run(struct settings *s, size_t count, const char *const *arguments)
{
	struct error err = {0};
	(void)count;
	if (strcmp(arguments[0], "show") == 0)
		return config_show(s);
	if (strcmp(arguments[0], "validate") == 0)
		return config_validate(s);
	error_set(&err, ERROR_USAGE, "could not run config \"%s\": it knows show and validate", arguments[0]);
	error_hint(&err, "tellerdesk config show, or tellerdesk config validate");
	return error_report(&err);
}

const struct command command_config = {
	.name = "config",
	.synopsis = "config show|validate",
	.about = N_("Show where each setting comes from, or every error of the files"),
	.min_arguments = 1,
	.max_arguments = 1,
	.run = config_run,
};
