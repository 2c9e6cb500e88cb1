/* inih splits the lines; which lines it gets to see is decided here, since as it
 * is commonly built it tells no line numbers, cuts lines at 199 bytes and names at
 * 49, and takes an indented line for more of the value above. The reader hands it
 * one line at a time and remembers the number; a line inih would misread becomes
 * an error and an empty line.
 */
#include "config.h"

#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/settings_internal.h"
#include "base/text.h"

/* What inih holds of a line, less line end and NUL; and of a name, less NUL. */
enum { SETTINGS_LINE_MAX = 196, SETTINGS_NAME_MAX = 49 };
/* No configuration is as large as this. */
#define SETTINGS_FILE_MAX (1024 * 1024)

static const char settings_free_section[] = "keys";

struct settings_reader {
	struct settings *settings;
	const char *file;
	char *rest; /* of the text */
	int line;
	int *first;          /* by option: the line in this file that set it */
	char *wrong_section; /* the unknown section we are in, which was told once */
};

/* Bytes before the first of `ends`; that must come before any comment (a ; after a blank). */
static bool settings_name_find(const char *line, const char *ends, size_t *n)
{
	*n = strcspn(line, ends);
	if (!line[*n])
		return false;
	for (size_t i = 1; i < *n; i++) {
		if (line[i] == ';' && (line[i - 1] == ' ' || line[i - 1] == '\t'))
			return false;
	}
	return true;
}

/* NULL, or why inih must not see the line. */
static const char *settings_line_wrong(const char *line)
{
	const char *text = line + strspn(line, " \t");
	size_t n = strlen(line);

	if (!*text || *text == ';' || *text == '#')
		return NULL;
	if (text != line)
		return N_("the line is indented");
	if (n > SETTINGS_LINE_MAX)
		return N_("the line is longer than 196 bytes");
	if (!text_valid(line, n))
		return N_("the line is not UTF-8");
	for (const char *c = line; *c; c++) {
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return N_("the line holds a control character");
	}
	if (*line == '[') {
		if (!settings_name_find(line + 1, "]", &n))
			return N_("the section's name has no ]");
		return n > SETTINGS_NAME_MAX ? N_("the section's name is too long") : NULL;
	}
	if (!settings_name_find(line, "=:", &n))
		return N_("the line is not KEY = VALUE");
	return n > SETTINGS_NAME_MAX ? N_("the key is too long") : NULL;
}

static bool settings_line_empty(const char *line)
{
	line += strspn(line, " \t");
	return !*line || *line == ';' || *line == '#';
}

/* What inih reads with: a line and its end, or NULL at the end of the text. */
static char *settings_reader_line(char *out, int size, void *stream)
{
	struct settings_reader *r = stream;
	char *line = strsep(&r->rest, "\n");
	const char *wrong;
	size_t n;

	if (!line)
		return NULL;
	r->line++;
	n = strlen(line);
	if (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	wrong = settings_line_wrong(line);
	if (wrong) {
		settings_fault(r->settings, "%s:%d: %s", r->file, r->line, wrong);
		*line = '\0';
	} else if (settings_line_empty(line)) {
		*line = '\0'; /* a comment may be as long as it likes */
	}
	snprintf(out, (size_t)size, "%s\n", line);
	return out;
}

static bool settings_in_files(const struct setting *o, const void *ctx)
{
	(void)ctx;
	return o->section != NULL;
}

static bool settings_section_known(const char *section)
{
	for (const struct setting *o = setting_table; o->name; o++) {
		if (o->section && strcmp(o->section, section) == 0)
			return true;
	}
	return false;
}

static void settings_unknown_section(struct settings_reader *r, const char *section)
{
	if (r->wrong_section && strcmp(r->wrong_section, section) == 0)
		return;
	free(r->wrong_section);
	r->wrong_section = memory_text(section);
	if (*section)
		settings_fault(r->settings, "%s:%d: there is no section [%s]", r->file, r->line, section);
	else
		settings_fault(r->settings, "%s:%d: a section such as [tellerdesk] must come first", r->file, r->line);
}

static void settings_unknown_key(struct settings_reader *r, const char *section, const char *key)
{
	int option = setting_find(key, strlen(key));
	const char *nearest;

	if (option >= 0 && setting_table[option].section) {
		settings_fault(r->settings, "%s:%d: \"%s\" belongs into [%s]", r->file, r->line, key,
			       setting_table[option].section);
		return;
	}
	if (option >= 0) {
		settings_fault(r->settings, "%s:%d: \"%s\" is of the command line only", r->file, r->line, key);
		return;
	}
	nearest = setting_nearest(key, settings_in_files, NULL);
	if (nearest)
		settings_fault(r->settings, "%s:%d: there is no key \"%s\" in [%s]; did you mean %s?", r->file, r->line, key,
			       section, nearest);
	else
		settings_fault(r->settings, "%s:%d: there is no key \"%s\" in [%s]", r->file, r->line, key, section);
}

/* What inih calls for each KEY = VALUE. */
static int settings_reader_value(void *user, const char *section, const char *key, const char *value)
{
	struct settings_reader *r = user;
	int option = setting_find(key, strlen(key));
	const char *wrong;
	char *origin;

	if (strcmp(section, settings_free_section) == 0) {
		settings_free_form(r->settings, section, key, value, r->file, r->line);
		return 1;
	}
	if (!settings_section_known(section)) {
		settings_unknown_section(r, section);
		return 1;
	}
	if (option < 0 || !setting_table[option].section || strcmp(setting_table[option].section, section) != 0) {
		settings_unknown_key(r, section, key);
		return 1;
	}
	if (r->first[option]) {
		settings_fault(r->settings, "%s:%d: \"%s\" stands in line %d already", r->file, r->line, key,
			       r->first[option]);
		return 1;
	}
	r->first[option] = r->line;
	wrong = setting_wrong(&setting_table[option], value);
	if (wrong && setting_table[option].type == SETTING_CHOICE) {
		settings_fault(r->settings, "%s:%d: the value of %s %s: %s", r->file, r->line, key, wrong,
			       setting_table[option].choices);
		return 1;
	}
	if (wrong) {
		settings_fault(r->settings, "%s:%d: the value of %s %s", r->file, r->line, key, wrong);
		return 1;
	}
	origin = memory_format("%s:%d", r->file, r->line);
	settings_put(r->settings, option, SETTING_FILE, value, origin);
	free(origin);
	return 1;
}

void settings_text_read(struct settings *s, char *text, const char *file)
{
	struct settings_reader r = {.settings = s, .file = file, .rest = text};
	const char *const *lines;
	size_t before = settings_errors(s, &lines);
	size_t options = 0;
	int broken;

	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		r.rest += 3; /* a byte order mark */
	while (setting_table[options].name)
		options++;
	r.first = memory_zero(options, sizeof(*r.first));
	broken = ini_parse_stream(settings_reader_line, &r, settings_reader_value, &r);
	/* Nothing that passed the reader should trouble inih; were it to, that is told and not swallowed. */
	if (broken != 0 && settings_errors(s, &lines) == before)
		settings_fault(s, "%s:%d: the line is not KEY = VALUE", file, broken);
	free(r.first);
	free(r.wrong_section);
}

/* The whole file; NULL with the cause in *why. */
static char *settings_slurp(const char *path, const char **why)
{
	struct buffer text = {0};
	struct stat st;
	char block[4096];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*why = NULL;
	if (fd < 0 || fstat(fd, &st) != 0)
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*why = N_("it is not a file");
	else if (st.st_size > SETTINGS_FILE_MAX)
		*why = N_("it is larger than 1 MiB");
	while (!*why && text.len <= SETTINGS_FILE_MAX && (n = read(fd, block, sizeof(block))) > 0)
		buffer_add(&text, block, (size_t)n);
	if (!*why && n < 0)
		*why = strerror(errno);
	if (!*why && text.len > 0 && memchr(text.data, '\0', text.len))
		*why = N_("it holds a NUL byte");
	if (fd >= 0)
		close(fd);
	if (!*why && text.len > 0)
		return buffer_take(&text);
	buffer_done(&text);
	return *why ? NULL : memory_text("");
}

void settings_file(struct settings *s, const char *path, bool must)
{
	const char *why;
	char *text;

	if (!must && access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	text = settings_slurp(path, &why);
	if (!text) {
		settings_fault(s, "could not read \"%s\": %s", path, why);
		return;
	}
	settings_text_read(s, text, path);
	free(text);
}
