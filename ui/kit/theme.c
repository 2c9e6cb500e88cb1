#include "config.h"

#include "ui/kit/theme.h"

#include <curses.h>
#include <string.h>
#include <wchar.h>

static struct {
	enum theme_name name;
	bool color;
	attr_t attributes[ROLE_COUNT];
	short pairs[ROLE_COUNT]; /* 0: the terminal's own colours */
} theme;

static const char theme_letters[ROLE_COUNT] = {
#define X(name, letter) letter,
	THEME_ROLES(X)
#undef X
};

static const char *const theme_words[THEME_NAMES] = {"auto", "dark", "light", "mono", "contrast", "green"};

enum theme_name theme_find(const char *word)
{
	int name = 0;
	while (name < THEME_NAMES && strcmp(theme_words[name], word) != 0)
		name++;
	return (enum theme_name)name;
}

const char *theme_word(enum theme_name name)
{
	return theme_words[name];
}

static attr_t theme_attributes(struct theme_look look)
{
	return (look.attributes & THEME_BOLD ? A_BOLD : 0) | (look.attributes & THEME_UNDERLINE ? A_UNDERLINE : 0) |
	       (look.attributes & THEME_REVERSE ? A_REVERSE : 0) | (look.attributes & THEME_DIM ? A_DIM : 0);
}

/* One pair for all roles of the same colours: each change of pair is bytes on the line. */
static short theme_pair(const struct theme_look *looks, int role, short *used)
{
	struct theme_look look = looks[role];
	if (look.front == THEME_OWN && look.back == THEME_OWN)
		return 0;
	for (int r = 0; r < role; r++)
		if (looks[r].front == look.front && looks[r].back == look.back)
			return theme.pairs[r];
	return init_pair(++*used, look.front, look.back) == OK ? *used : 0;
}

/* Blanks have the colours of text: the background covers the whole screen. */
static void theme_ground(void)
{
	cchar_t blank;
	if (setcchar(&blank, L" ", A_NORMAL, theme.pairs[ROLE_TEXT], NULL) == OK)
		bkgrndset(&blank);
}

void theme_start(enum theme_name name, bool color)
{
	struct theme_look looks[ROLE_COUNT];
	short used = 0;
	bool colors = color && name != THEME_MONO && has_colors() && start_color() == OK;
	enum theme_depth depth = colors ? theme_depth(COLORS, COLOR_PAIRS) : DEPTH_MONO;
	bool own = depth != DEPTH_MONO && use_default_colors() == OK;
	int forbidden = depth == DEPTH_MONO ? -1 : tigetnum("ncv");
	theme.name = name;
	theme.color = color;
	for (int r = 0; r < ROLE_COUNT; r++) {
		struct theme_look *look = &looks[r];
		*look = theme_allowed(theme_look(name, depth, (enum role)r), forbidden);
		if (!own && look->front != look->back) { /* a terminal that cannot name its own colours */
			look->front = look->front == THEME_OWN ? COLOR_WHITE : look->front;
			look->back = look->back == THEME_OWN ? COLOR_BLACK : look->back;
		}
		theme.attributes[r] = theme_attributes(*look);
		theme.pairs[r] = depth == DEPTH_MONO ? 0 : theme_pair(looks, r, &used);
	}
	theme_ground();
}

enum theme_name theme_current(void)
{
	return theme.name;
}

bool theme_color(void)
{
	return theme.color;
}

void theme_use(enum role role)
{
	attr_set(theme.attributes[role], theme.pairs[role], NULL);
}

char theme_letter(enum role role)
{
	return theme_letters[role];
}
