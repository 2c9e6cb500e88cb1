#include "config.h"

#include "base/language.h"

#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/language_internal.h"
#include "base/memory.h"
#include "base/place.h"

enum { LANGUAGE_NAME = 32 };

static struct catalogue *language_catalogue; /* NULL: English */
static char language_chosen[LANGUAGE_NAME] = "en";

const struct catalogue *language_used(void)
{
	return language_catalogue;
}

/* ---- which ---- */

static const char *language_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* What the environment asks for, best first, divided by colons. The locale C wants English, whatever LANGUAGE says. */
static const char *language_wanted(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *locale = NULL, *list = language_variable("LANGUAGE");

	for (size_t i = 0; i < sizeof variables / sizeof *variables && !locale; i++)
		locale = language_variable(variables[i]);
	if (!locale || strcmp(locale, "POSIX") == 0 || (locale[0] == 'C' && (!locale[1] || locale[1] == '.')))
		return "en";
	return list ? list : locale;
}

static bool language_load(const char *name, size_t n, const char *folder, bool ascii)
{
	char *path;

	if (n == 0 || n >= LANGUAGE_NAME || memchr(name, '/', n))
		return false;
	path = memory_format("%s/%.*s/LC_MESSAGES/" PACKAGE ".mo", folder, (int)n, name);
	language_catalogue = catalogue_open(path, ascii);
	free(path);
	if (language_catalogue) {
		memcpy(language_chosen, name, n);
		language_chosen[n] = '\0';
	}
	return language_catalogue != NULL;
}

/* "pt_BR.UTF-8@x": pt_BR, then pt. True when the search ends with it. */
static bool language_try(const char *name, size_t n, const char *folder, bool ascii)
{
	size_t place = 0, language = 0;

	while (place < n && name[place] != '.' && name[place] != '@')
		place++;
	while (language < place && name[language] != '_')
		language++;
	if (language == 2 && memcmp(name, "en", 2) == 0)
		return true;
	return language_load(name, place, folder, ascii) ||
	       (language < place && language_load(name, language, folder, ascii));
}

void language_start(const char *language, const char *folder, bool ascii)
{
	char *found = folder ? memory_text(folder) : place_locale();
	const char *list = language && strcmp(language, "auto") != 0 ? language : language_wanted();

	language_stop();
#ifndef ENABLE_NLS
	list = "en";
#endif
	while (found && *list) {
		size_t n = strcspn(list, ":");

		if (language_try(list, n, found, ascii))
			break;
		list += n + (list[n] == ':');
	}
	free(found);
}

void language_stop(void)
{
	catalogue_free(language_catalogue);
	language_catalogue = NULL;
	memcpy(language_chosen, "en", sizeof "en");
}

const char *language_name(void)
{
	return language_chosen;
}

/* ---- texts ---- */

const char *language_text(const char *english)
{
	const struct catalogue_entry *e = language_catalogue ? catalogue_find(language_catalogue, english) : NULL;

	return e ? catalogue_form(language_catalogue, e, 1) : english;
}

const char *language_plural(const char *one, const char *many, unsigned long n)
{
	const struct catalogue_entry *e = language_catalogue ? catalogue_find(language_catalogue, one) : NULL;

	if (e)
		return catalogue_form(language_catalogue, e, n);
	return n == 1 ? one : many;
}
