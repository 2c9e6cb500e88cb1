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
 * A line of a file is [SECTION], KEY = VALUE or a comment that begins with ; or
 * #; a ; after a blank begins a comment too. Nothing is continued: an indented
 * line is an error. The section [keys] is free-form: settings_each walks it (the
 * console checks it). TELLERDESK_CONFIG stands for --config, NO_COLOR for
 * --no-color.
 *
 * settings_parse and settings_load may be called in any order: what is stronger
 * stays. A URL that holds a password is refused wherever it stands, since a
 * command line is seen by everybody and files are copied around.
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
	const char *name; /* long option without "--"; also the key in the file */
	char letter;      /* short option, or 0 */
	enum setting_type type;
	const char *section;  /* of the file; NULL: command line only */
	const char *argument; /* name of the argument in --help; NULL for a flag */
	const char *initial;  /* default as text, or NULL */
	const char *choices;  /* CHOICE: "text json csv"; COUNT: the highest; DURATION: "mo": months make sense */
	const char *commands; /* "": all; "lookup history": those; NULL: none, it is set in files and environment */
	const char *help;     /* NULL: not listed */
};

/* The table, ended by a NULL name. A name may stand in it twice, for different
 * commands that mean different things by it; its value is one all the same. */
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

/* Asking for a name that is not in the table is a bug. What is not set and has
 * no default is NULL, false or 0. */
bool settings_given(const struct settings *s, const char *name);       /* set anywhere but by default */
const char *settings_text(const struct settings *s, const char *name); /* NULL: not set, no default */
bool settings_flag(const struct settings *s, const char *name);
int64_t settings_count(const struct settings *s, const char *name);
int64_t settings_duration(const struct settings *s, const char *name); /* microseconds */
/* Where the value came from: "default", "command line", "TELLERDESK_X", or FILE:LINE. */
const char *settings_origin(const struct settings *s, const char *name);
/* By the program, over all else: origin "tellerdesk". NULL: not set. */
void settings_set(struct settings *s, const char *name, const char *value);
/* The entries of a free-form section ([keys]), in order of the files. */
void settings_each(const struct settings *s, const char *section,
		   void (*fn)(void *ctx, const char *key, const char *value, const char *file, int line), void *ctx);
/* Prints usage of a command from the table; command NULL: what every command takes. */
void settings_help(const char *command, const char *synopsis, const char *about);

#endif
