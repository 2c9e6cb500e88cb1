/* What an argument of the command line may be: words of our own, and names from the replica and the system. */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/console.h"
#include "ui/export.h"
#include "ui/kit/theme.h"
#include "ui/pane.h"
#include "ui/verbs.h"

enum { CHOICES_STORES = 200 };

static void choices_word(struct choices *out, const char *argument, const char *word)
{
	if (strncasecmp(word, argument, strlen(argument)) == 0)
		choices_add(out, word);
}

static int choices_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void choices_sort(struct choices *c)
{
	if (c->count)
		qsort(c->list, (size_t)c->count, sizeof(*c->list), choices_order);
}

static void choices_words(struct choices *out, const char *argument, const char *const *words)
{
	for (; *words; words++)
		choices_word(out, argument, *words);
}

void verbs_choices_themes(struct console *c, const char *argument, struct choices *out)
{
	(void)c;
	for (int t = 0; t < THEME_NAMES; t++)
		choices_word(out, argument, theme_word((enum theme_name)t));
}

void verbs_choices_copies(struct console *c, const char *argument, struct choices *out)
{
	static const char *const words[] = {"cell", "row", NULL};
	(void)c;
	choices_words(out, argument, words);
}

void verbs_choices_charts(struct console *c, const char *argument, struct choices *out)
{
	static const char *const words[] = {"blocks", "braille", "ascii", NULL};
	(void)c;
	choices_words(out, argument, words);
}

void verbs_choices_windows(struct console *c, const char *argument, struct choices *out)
{
	static const char *const words[] = {"1m", "5m", "15m", "1h", "1d", "1w", "1mo", NULL};
	(void)c;
	choices_words(out, argument, words);
}

void verbs_choices_moments(struct console *c, const char *argument, struct choices *out)
{
	static const char *const words[] = {"now", "today", "yesterday", "-1h", "-1d", "-7d", "-1mo", NULL};
	(void)c;
	choices_words(out, argument, words);
}

void verbs_choices_customers(struct console *c, const char *argument, struct choices *out)
{
	for (int i = 0; i < c->session.recent_count; i++)
		choices_word(out, argument, c->session.recents[i].cif);
}

void verbs_choices_help(struct console *c, const char *argument, struct choices *out)
{
	(void)c;
	for (const struct pane_ops *const *o = pane_table; *o; o++)
		choices_word(out, argument, (*o)->code);
	for (int a = 1; argument[0] && a < ACTION_COUNT; a++)
		choices_word(out, argument, keys_word((enum action)a));
}

/* ---- stores ---- */

struct choices_store {
	const char *argument;
	struct choices *out;
};

static bool choices_store(void *ctx, const struct export_row *row)
{
	struct choices_store *s = ctx;
	choices_word(s->out, s->argument, row->key);
	return s->out->count < CHOICES_STORES;
}

void verbs_choices_stores(struct console *c, const char *argument, struct choices *out)
{
	struct choices_store s = {argument, out};
	struct error err = {0};
	const struct model *m = c->session.model;
	verbs_choices_windows(c, argument, out);
	if (c->session.query && m->store >= 0)
		query_export(c->session.query, m->store, TIME_NONE, choices_store, &s, &err);
}

/* ---- exports ---- */

/* Files of the folder that is typed, or of the setting's, whose name begins so. */
static void choices_files(struct console *c, const char *format, const char *typed, struct choices *out)
{
	const char *slash = strrchr(typed, '/');
	int folder = slash ? (int)(slash - typed) + 1 : 0;
	char *named = memory_text_n(typed, (size_t)folder);
	struct buffer path = {0};
	export_path(&c->session, named, &path);
	DIR *d = opendir(path.len ? buffer_text(&path) : ".");
	buffer_done(&path);
	free(named);
	for (const struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] == '.' || strncmp(e->d_name, typed + folder, strlen(typed + folder)) != 0)
			continue;
		char *choice = memory_format("%s %.*s%s", format, folder, typed, e->d_name);
		choices_add(out, choice);
		free(choice);
	}
	if (d)
		closedir(d);
	choices_sort(out);
}

void verbs_choices_export(struct console *c, const char *argument, struct choices *out)
{
	static const char *const words[] = {"csv", "json", "sheet", NULL};
	char format[16];
	int used = 0;
	if (sscanf(argument, "%15s %n", format, &used) == 1 && strchr(argument, ' '))
		choices_files(c, format, argument + used, out);
	else
		choices_words(out, argument, words);
}

/* ---- zones ---- */

/* The third column of the system's own table of zones. */
void verbs_choices_zones(struct console *c, const char *argument, struct choices *out)
{
	const char *folder = getenv("TZDIR");
	char path[512], line[512], name[128];
	(void)c;
	snprintf(path, sizeof(path), "%s/zone1970.tab", folder && *folder ? folder : "/usr/share/zoneinfo");
	FILE *f = fopen(path, "re");
	choices_word(out, argument, "UTC");
	while (f && fgets(line, sizeof(line), f))
		if (line[0] != '#' && sscanf(line, "%*s %*s %127s", name) == 1)
			choices_word(out, argument, name);
	if (f)
		fclose(f);
	choices_sort(out);
}
