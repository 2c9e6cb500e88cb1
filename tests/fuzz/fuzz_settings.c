/* Any text is a configuration or a list of errors, each with file and line; what was taken fits its option. */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/settings.h"
#include "base/settings_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Kept in builds without assertions too. */
static void must(bool condition)
{
	if (!condition)
		abort();
}

static void entry_check(void *ctx, const char *key, const char *value, const char *file, int line)
{
	must(key && value && strcmp(file, "fuzz") == 0 && line > 0 && line <= *(int *)ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = memory_text_n((const char *)data, size);
	struct settings *s = settings_new();
	const char *const *lines;
	int line_count = 1;
	size_t n;

	for (const char *c = text; *c; c++)
		line_count += *c == '\n';
	settings_text_read(s, text, "fuzz");
	n = settings_errors(s, &lines);
	for (size_t i = 0; i < n; i++) {
		char *end;
		long line;

		if (strcmp(lines[i], "and more") == 0)
			continue;
		must(strncmp(lines[i], "fuzz:", 5) == 0);
		line = strtol(lines[i] + 5, &end, 10);
		must(line >= 1 && line <= line_count && strncmp(end, ": ", 2) == 0);
	}
	for (const struct setting *o = setting_table; o->name; o++) {
		must(!settings_given(s, o->name) || o->section || strcmp(o->name, "to") == 0);
		must(!settings_given(s, o->name) || !setting_wrong(o, settings_text(s, o->name)));
		settings_origin(s, o->name);
	}
	settings_each(s, "keys", entry_check, &line_count);
	settings_free(s);
	free(text);
	return 0;
}
