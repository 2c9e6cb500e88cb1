/* ini: the lines of an INI text, with their numbers.
 *
 *     struct ini in;
 *     struct ini_line line;
 *     ini_init(&in, text);                 text is written to: names and values become strings in it
 *     while (ini_next(&in, &line)) ...
 *
 * A line is [SECTION], KEY = VALUE, a comment (its first character is ; or #) or
 * empty. A ; after a blank begins a comment too. Names and values are trimmed.
 * Nothing is continued, cut or unquoted: an indented line, one of over INI_LINE_MAX
 * bytes, one that is not UTF-8 or holds a control character is bad, with a reason.
 *
 * inih is not used for models: as distributions build it, it tells no line numbers,
 * cuts names at 49 bytes and lines at 199, and continues indented lines.
 */
#ifndef TD_MODEL_INI_H
#define TD_MODEL_INI_H

#include <stdbool.h>

#define INI_LINE_MAX 4096

enum ini_kind { INI_SECTION, INI_KEY, INI_BAD };

struct ini_line {
	enum ini_kind kind;
	int number;       /* from 1 */
	char *name;       /* of the section, or the key */
	char *value;      /* KEY */
	const char *bad;  /* BAD: why */
};

struct ini {
	char *rest;
	int number;
};

void ini_init(struct ini *in, char *text);
/* The next line that says something. False: there is none. */
bool ini_next(struct ini *in, struct ini_line *line);
/* Cuts blanks from both ends; the result is in s. */
char *ini_trim(char *s);

#endif
