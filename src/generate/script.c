#include "config.h"

#include "generate/script.h"

#include <stddef.h>
#include <string.h>

#include "base/buffer.h"

/* A comment's length; 0: there is none. A second dash counts only before a space. */
static size_t script_comment(const char *s)
{
	const char *end;

	if (s[0] == '#' || (s[0] == '-' && s[1] == '-' && (s[2] <= ' ')))
		return strcspn(s, "\n");
	if (s[0] != '/' || s[1] != '*')
		return 0;
	end = strstr(s + 2, "*/");
	return end ? (size_t)(end + 2 - s) : strlen(s);
}

static size_t script_quoted(const char *s)
{
	char quote = *s;
	size_t n = 1;

	while (s[n] && s[n] != quote)
		n += s[n] == '\\' && quote != '`' && s[n + 1] ? 2 : 1;
	return s[n] ? n + 1 : n;
}

static void script_trim(struct buffer *statement)
{
	while (statement->len && strchr(" \t\r\n", statement->data[statement->len - 1]))
		buffer_cut(statement, statement->len - 1);
}

bool script_next(const char **at, struct buffer *statement)
{
	const char *s = *at;

	buffer_clear(statement);
	while (*s) {
		size_t n = script_comment(s);

		if (n > 0) {
			s += n;
		} else if (*s == ';') {
			s++;
			script_trim(statement);
			if (statement->len)
				break;
		} else if (strchr("'\"`", *s)) {
			n = script_quoted(s);
			buffer_add(statement, s, n);
			s += n;
		} else {
			if (statement->len || !strchr(" \t\r\n", *s))
				buffer_char(statement, *s);
			s++;
		}
	}
	*at = s;
	script_trim(statement);
	return statement->len > 0;
}
