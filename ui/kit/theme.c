#include "config.h"

#include "ui/kit/theme.h"

#include <curses.h>
#include <string.h>

enum look { LOOK_NORMAL, LOOK_DIM, LOOK_BOLD, LOOK_UNDERLINE, LOOK_REVERSE, LOOK_REVERSE_BOLD };
enum tint { TINT_NONE, TINT_RED, TINT_GREEN, TINT_MAGENTA, TINT_CYAN };

struct theme_role {
	char letter;
	enum tint tint;
	enum look color, mono;
};

static const struct theme_role theme_roles[ROLE_COUNT] = {
#define X(name, letter, colour, look, mono) {letter, TINT_##colour, LOOK_##look, LOOK_##mono},
	THEME_ROLES(X)
#undef X
};

static const attr_t theme_looks[] = {
	[LOOK_NORMAL] = A_NORMAL,       [LOOK_DIM] = A_DIM,         [LOOK_BOLD] = A_BOLD,
	[LOOK_UNDERLINE] = A_UNDERLINE, [LOOK_REVERSE] = A_REVERSE, [LOOK_REVERSE_BOLD] = A_REVERSE | A_BOLD,
};

static const short theme_tints[] = {
	[TINT_RED] = COLOR_RED,
	[TINT_GREEN] = COLOR_GREEN,
	[TINT_MAGENTA] = COLOR_MAGENTA,
	[TINT_CYAN] = COLOR_CYAN,
};

static bool theme_color;

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

void theme_start(enum theme_name name, bool color)
{
	color &= name != THEME_MONO;
	theme_color = color && has_colors() && start_color() == OK && COLORS >= 8;
	if (!theme_color)
		return;
	/* Pair numbers are tint numbers. Without default colours the pair keeps what the terminal calls 0. */
	short background = use_default_colors() == OK ? -1 : COLOR_BLACK;
	for (short i = TINT_RED; i <= TINT_CYAN; i++)
		init_pair(i, theme_tints[i], background);
}

void theme_use(enum role role)
{
	const struct theme_role *r = &theme_roles[role];
	if (theme_color)
		attr_set(theme_looks[r->color], (short)r->tint, NULL);
	else
		attr_set(theme_looks[r->mono], 0, NULL);
}

char theme_letter(enum role role)
{
	return theme_roles[role].letter;
}
