/* settings: one table of options feeds the command line, the configuration
 * files, the environment, --help, `config show` and the check of the manual.
 *
 * Files (INI, read by inih through a line-counting stream): /etc/tellerdesk/
 * tellerdesk.conf, then $XDG_CONFIG_HOME/tellerdesk/tellerdesk.conf (or
 * ~/.config), then --config FILE. Environment TELLERDESK_NAME (dashes as
 * underscores) over files; command line over all. A long line, an unknown key,
 * a duplicate key or a bad value is an error with file and line; all of them
 * are reported at once.
 *
 * An option lives in a section of the file ("" for command line only). The
 * section [keys] is free-form: settings_each walks it (the console checks it).
 */
#ifndef TD_BASE_SETTINGS_H
#define TD_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct settings;

enum setting_type { SETTING_FLAG, SETTING_TEXT, SETTING_COUNT, SETTING_DURATION, SETTING_CHOICE };

struct setting {
	const char *name;     /* long option without "--"; also the key in the file */
	char letter;          /* short option, or 0 */
	enum setting_type type;
	const char *section;  /* of the file; NULL: command line only */
	const char *argument; /* name of the argument in --help; NULL for a flag */
	const char *initial;  /* default as text, or NULL */
	const char *choices;  /* for SETTING_CHOICE: "text json csv" */
	const char *commands; /* "" for every command, else the commands that take it: "lookup history" */
	const char *help;
};

/* The table, ended by a NULL name. */
extern const struct setting setting_table[];

struct settings *settings_new(void);
void settings_free(struct settings *s);
/* Reads files and environment. Every error found goes to the list of settings_errors; false if there is any. */
bool settings_load(struct settings *s, const char *config_file);
size_t settings_errors(const struct settings *s, const char *const **lines);
/* Parses argv[1..] of a command; what is not an option is collected. "--" ends
 * options. An option the command does not take is an error that names the
 * nearest one there is. */
bool settings_parse(struct settings *s, const char *command, int argc, char **argv, struct error *err);
size_t settings_arguments(const struct settings *s, const char *const **arguments);

bool settings_given(const struct settings *s, const char *name); /* set anywhere but by default */
const char *settings_text(const struct settings *s, const char *name); /* NULL: not set, no default */
bool settings_flag(const struct settings *s, const char *name);
int64_t settings_count(const struct settings *s, const char *name);
int64_t settings_duration(const struct settings *s, const char *name); /* microseconds */
/* Where the value came from: "default", "command line", "TELLERDESK_X", or FILE:LINE. */
const char *settings_origin(const struct settings *s, const char *name);
void settings_set(struct settings *s, const char *name, const char *value); /* by the program: origin "tellerdesk" */
/* The entries of a free-form section ([keys]), in order of the files. */
void settings_each(const struct settings *s, const char *section,
                   void (*fn)(void *ctx, const char *key, const char *value, const char *file, int line), void *ctx);
/* Prints usage of a command from the table. */
void settings_help(const char *command, const char *synopsis, const char *about);

#endif
