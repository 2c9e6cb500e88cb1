/* What the parts of settings share; nobody else includes this. */
#ifndef TD_BASE_SETTINGS_INTERNAL_H
#define TD_BASE_SETTINGS_INTERNAL_H

#include "base/settings.h"

/* From weak to strong. */
enum setting_level { SETTING_DEFAULT, SETTING_FILE, SETTING_ENVIRONMENT, SETTING_LINE, SETTING_PROGRAM };

/* What setting_wrong says of a URL that must not be repeated in a message. */
#define SETTING_SECRET "holds a password"

/* Index in the table; -1: no such name. The first where a name stands twice. */
int setting_find(const char *name, size_t n);
bool setting_taken(const struct setting *o, const char *command);
/* NULL, or what is wrong with the value, as the end of a sentence: `is not a number`. */
const char *setting_wrong(const struct setting *o, const char *value);
/* The nearest name for which wanted(o, ctx) holds; NULL: none is near. */
const char *setting_nearest(const char *name, bool (*wanted)(const struct setting *o, const void *ctx),
			    const void *ctx);

/* Keeps the value unless a stronger one is there. */
void settings_put(struct settings *s, int option, enum setting_level level, const char *value, const char *origin);
void settings_argument(struct settings *s, const char *text);
void settings_fault(struct settings *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void settings_free_form(struct settings *s, const char *section, const char *key, const char *value, const char *file,
			int line);

/* Reads one file. A file that is not there is no fault unless it must be. */
void settings_file(struct settings *s, const char *path, bool must);
/* The same for a text in memory, writable; `file` is its name in messages. */
void settings_text_read(struct settings *s, char *text, const char *file);

#endif
