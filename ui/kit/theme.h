/* theme: colour roles.
 *
 * Nothing but this file knows a colour. A role has a letter, for the second grid
 * a test can dump, and a look for each kind of terminal: 8 colours and more, or
 * none (NO_COLOR, mono). Backgrounds stay the terminal's own, so that light and
 * dark ones both work, and no role is told from another by colour alone: where it
 * matters, a word or a sign says the same.
 */
#ifndef TD_UI_KIT_THEME_H
#define TD_UI_KIT_THEME_H

#include <stdbool.h>

/* clang-format off */
#define THEME_ROLES(X) \
	/* name, letter, colour, attributes with colours, attributes without */ \
	X(TEXT, '.', NONE, NORMAL, NORMAL) \
	X(TITLE, 'T', CYAN, BOLD, BOLD) \
	X(RULE, '_', NONE, DIM, NORMAL) \
	X(LABEL, 'l', CYAN, NORMAL, NORMAL) \
	X(NAME, 'N', NONE, BOLD, BOLD) \
	X(DIM, 'd', NONE, DIM, NORMAL) \
	X(FIELD, 'f', GREEN, UNDERLINE, UNDERLINE) \
	X(HEADING, 'h', NONE, BOLD, BOLD) \
	X(SELECTED, 's', NONE, REVERSE, REVERSE) \
	X(TAB, 't', CYAN, NORMAL, NORMAL) \
	X(TAB_ON, 'O', CYAN, REVERSE_BOLD, REVERSE) \
	X(KEY, 'k', NONE, REVERSE, REVERSE) \
	X(KEY_LABEL, 'K', NONE, NORMAL, NORMAL) \
	X(LIVE, 'L', GREEN, BOLD, BOLD) \
	X(LAG, 'G', MAGENTA, BOLD, BOLD) \
	X(BAD, 'B', RED, REVERSE_BOLD, REVERSE) \
	X(WARN, 'W', RED, BOLD, BOLD) \
	X(NOT_CURRENT, 'P', MAGENTA, REVERSE_BOLD, REVERSE) \
	X(CHANGED, 'c', MAGENTA, BOLD, BOLD) \
	X(OLD, 'o', NONE, DIM, NORMAL) \
	X(NONE, 'n', NONE, DIM, NORMAL) \
	X(BAR, 'b', GREEN, NORMAL, NORMAL) \
	X(MESSAGE, 'm', NONE, NORMAL, NORMAL) \
	X(ERROR, 'E', RED, BOLD, REVERSE)
/* clang-format on */

enum role {
#define X(name, letter, colour, look, mono) ROLE_##name,
	THEME_ROLES(X)
#undef X
		ROLE_COUNT
};

/* AUTO: by the terminal, as it is; MONO: no colour; the others say what the background is. */
enum theme_name { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_MONO, THEME_CONTRAST, THEME_GREEN, THEME_NAMES };
/* By its word ("dark"); THEME_NAMES: none of them. */
enum theme_name theme_find(const char *word);
const char *theme_word(enum theme_name name);
/* After the terminal was started, and again whenever another one is chosen. color false: none is used. */
void theme_start(enum theme_name name, bool color);
/* Sets the role's attributes for what is written next. */
void theme_use(enum role role);
char theme_letter(enum role role);

#endif
