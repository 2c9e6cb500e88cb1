#include "config.h"

#include "base/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/settings_internal.h"
#include "base/text.h"

enum { HELP_WIDTH = 79, HELP_COLUMN = 28 };

/* Words of text, broken before HELP_WIDTH; `at` is where the cursor stands. */
static void help_wrap(const char *text, size_t at, size_t indent)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " "), cells;

		/* An option and its argument stay together: "[--as-of TIME]". */
		if (text[0] == '[' && !memchr(text, ']', n)) {
			const char *end = strchr(text, ']');

			if (end && (size_t)(end - text) < 30)
				n = (size_t)(end - text) + strcspn(end, " ");
		}
		cells = text_width(text, n);
		if (!first && at + 1 + cells > HELP_WIDTH) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)n, text);
		at += cells;
		text += n;
		text += strspn(text, " ");
		first = false;
	}
	putchar('\n');
}

static void help_option(const struct setting *o)
{
	struct buffer head = {0}, text = {0};

	if (o->letter)
		buffer_format(&head, "  -%c, --%s", o->letter, o->name);
	else
		buffer_format(&head, "      --%s", o->name);
	if (o->argument)
		buffer_format(&head, " %s", o->argument);
	if (o->type == SETTING_CHOICE) {
		struct buffer choices = {0};

		for (const char *c = o->choices; *c; c++) {
			if (*c == ' ')
				buffer_text_add(&choices, ", ");
			else
				buffer_char(&choices, *c);
		}
		buffer_format(&text, _("%s: %s"), _(o->help), buffer_text(&choices));
		buffer_done(&choices);
	} else {
		buffer_text_add(&text, _(o->help));
	}
	if (o->initial)
		buffer_format(&text, _(" (default %s)"), o->initial);
	printf("%s", buffer_text(&head));
	if (head.len + 2 > HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	else
		printf("%*s", (int)(HELP_COLUMN - head.len), "");
	help_wrap(buffer_text(&text), HELP_COLUMN, HELP_COLUMN);
	buffer_done(&head);
	buffer_done(&text);
}

static void help_options(const char *title, const char *command, bool own)
{
	bool titled = false;

	for (const struct setting *o = setting_table; o->name; o++) {
		bool common = o->commands && !*o->commands;

		if (!o->help || common == own || !setting_taken(o, command))
			continue;
		if (!titled)
			printf("\n%s\n", _(title));
		titled = true;
		help_option(o);
	}
}

void settings_help(const char *command, const char *synopsis, const char *about)
{
	struct buffer text = {0};
	const char *usage = _("usage: tellerdesk ");
	size_t width = text_width(usage, strlen(usage));

	printf("%s", usage);
	help_wrap(synopsis, width, width);
	if (about) {
		printf("\n");
		buffer_format(&text, "%s.", _(about));
		help_wrap(buffer_text(&text), 0, 0);
		buffer_done(&text);
	}
	if (command)
		help_options(N_("Options:"), command, true);
	help_options(N_("Options of every command:"), command, false);
}
