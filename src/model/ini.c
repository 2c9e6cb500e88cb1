#include "config.h"

#include "model/ini.h"

#include <string.h>

#include "base/language.h"
#include "base/text.h"

static bool ini_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

char *ini_trim(char *s)
{
	while (ini_is_blank(*s))
		s++;
	size_t n = strlen(s);
	while (n > 0 && ini_is_blank(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

void ini_init(struct ini *in, char *text)
{
	if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	*in = (struct ini){.rest = text};
}

static bool ini_has_control(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if ((*p < 0x20 && *p != '\t') || *p == 0x7F)
			return true;
		if (p[0] == 0xC2 && p[1] >= 0x80 && p[1] <= 0x9F) /* U+0080 to U+009F */
			return true;
	}
	return false;
}

static void ini_cut_comment(char *s)
{
	for (char *p = strchr(s, ';'); p; p = strchr(p + 1, ';')) {
		if (p > s && ini_is_blank(p[-1])) {
			*p = '\0';
			return;
		}
	}
}

static void ini_read(char *s, struct ini_line *line)
{
	line->kind = INI_BAD;
	if (strlen(s) > INI_LINE_MAX) {
		line->bad = N_("the line is longer than 4096 bytes");
	} else if (!text_valid(s, strlen(s))) {
		line->bad = N_("the line is not UTF-8");
	} else if (ini_has_control(s)) {
		line->bad = N_("the line holds a control character");
	} else if (ini_is_blank(*s)) {
		line->bad = N_("the line is indented: each line stands alone and begins at its margin");
	} else if (*s == '[') {
		ini_cut_comment(s);
		s = ini_trim(s);
		size_t n = strlen(s);
		if (n < 2 || s[n - 1] != ']') {
			line->bad = N_("the section has no closing ]");
			return;
		}
		s[n - 1] = '\0';
		line->kind = INI_SECTION;
		line->name = ini_trim(s + 1);
	} else {
		ini_cut_comment(s);
		char *equals = strchr(s, '=');
		if (!equals || equals == s) {
			line->bad = "expected KEY = VALUE or [SECTION]";
			return;
		}
		*equals = '\0';
		line->kind = INI_KEY;
		line->name = ini_trim(s);
		line->value = ini_trim(equals + 1);
	}
}

bool ini_next(struct ini *in, struct ini_line *line)
{
	while (*in->rest) {
		char *s = in->rest;
		size_t n = strcspn(s, "\n");
		in->rest = s[n] ? s + n + 1 : s + n;
		s[n] = '\0';
		if (n > 0 && s[n - 1] == '\r')
			s[n - 1] = '\0';
		in->number++;
		if (*s == ';' || *s == '#' || s[strspn(s, " \t")] == '\0')
			continue;
		*line = (struct ini_line){.number = in->number};
		ini_read(s, line);
		return true;
	}
	return false;
}
