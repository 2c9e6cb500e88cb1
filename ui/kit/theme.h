/* theme: colour roles.
 *
 * What is drawn has a role, and nothing outside knows a colour. A role has a letter,
 * for the second grid a test can dump, and in each theme a look for 256, 16 and 8
 * colours (theme_table.c); a terminal with fewer, NO_COLOR and the theme mono have
 * attributes alone. `auto` keeps the terminal's own background, and its 256 colours
 * are those that can be read on black and on white alike; the others bring a
 * background for the whole screen, so that they look the same everywhere.
 *
 * No role is told from another by colour alone: where it matters, a word or a sign
 * says the same. Neither dim nor underline carries anything: many terminals lack
 * them, and some (the Linux console) cannot show them with colours.
 *
 *     theme_start(THEME_AUTO, true)      once the terminal was started
 *     theme_use(ROLE_LIVE)               what is written next has that role
 *     theme_start(THEME_GREEN, theme_color())     another one, at any time; then term_repaint()
 */
#ifndef TD_UI_KIT_THEME_H
#define TD_UI_KIT_THEME_H

#include <stdbool.h>

/* clang-format off */
#define THEME_ROLES(X) \
	X(TEXT, '.') \
	X(TITLE, 'T') \
	X(RULE, '_') \
	X(LABEL, 'l') \
	X(NAME, 'N') \
	X(DIM, 'd') \
	X(FIELD, 'f') \
	X(HEADING, 'h') \
	X(SELECTED, 's') \
	X(TAB, 't') \
	X(TAB_ON, 'O') \
	X(KEY, 'k') \
	X(KEY_LABEL, 'K') \
	X(LIVE, 'L') \
	X(LAG, 'G') \
	X(BAD, 'B') \
	X(WARN, 'W') \
	X(NOT_CURRENT, 'P') \
	X(CHANGED, 'c') \
	X(OLD, 'o') \
	X(NONE, 'n') \
	X(BAR, 'b') \
	X(MESSAGE, 'm') \
	X(ERROR, 'E')
/* clang-format on */

enum role {
#define X(name, letter) ROLE_##name,
	THEME_ROLES(X)
#undef X
		ROLE_COUNT
};

/* AUTO: by the terminal, as it is; MONO: no colour. */
enum theme_name { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_MONO, THEME_CONTRAST, THEME_GREEN, THEME_NAMES };
/* By its word ("dark"); THEME_NAMES: none of them. */
enum theme_name theme_find(const char *word);
const char *theme_word(enum theme_name name);

/* color false: none is used, whatever the theme. */
void theme_start(enum theme_name name, bool color);
enum theme_name theme_current(void);
/* What theme_start was told of colour, for the next call of it. */
bool theme_color(void);
/* Sets the role's attributes for what is written next. */
void theme_use(enum role role);
char theme_letter(enum role role);

/* ---- the table, for tests of it ---- */

enum theme_depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256, DEPTHS };
enum { THEME_BOLD = 1, THEME_UNDERLINE = 2, THEME_REVERSE = 4, THEME_DIM = 8 };
enum { THEME_OWN = -1 /* the terminal's own colour */ };
struct theme_look {
	short front, back; /* numbers of the terminal's palette */
	unsigned attributes;
};
struct theme_look theme_look(enum theme_name name, enum theme_depth depth, enum role role);
/* The deepest that a terminal of so many colours and pairs can show. */
enum theme_depth theme_depth(int colors, int pairs);
/* What is left of a look where the terminal's no_color_video (terminfo: ncv, -1: none) forbids attributes. */
struct theme_look theme_allowed(struct theme_look look, int no_color_video);

#endif
