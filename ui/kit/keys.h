/* keys: what can be done, and the keys that do it.
 *
 * One list. It feeds the bindings, the last row of the screen, the help screen and
 * the names the section [keys] of the configuration takes:
 *
 *     [keys]
 *     recent = F6 e          all keys of the action, instead of its own
 *     search =               none: the action cannot be asked for by a key, nor stands in the last row
 *     esc_digit = yes        Esc, then a digit: a function key
 *
 * A key is a Unicode character, a control character (1 to 31, 127), or one of
 * enum key above them.
 */
#ifndef TD_UI_KIT_KEYS_H
#define TD_UI_KIT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/language.h"

struct error;
struct settings;

enum key {
	KEY_CONTROL = 0x40,      /* Ctrl-X is 'X' - KEY_CONTROL */
	KEY_TEXT_END = 0x110000, /* below: characters */
	KEY_RETURN = 0x110001,
	KEY_ESC,
	KEY_TAB,
	KEY_BACK_TAB,
	KEY_ERASE,
	KEY_DELETE,
	KEY_ARROW_UP,
	KEY_ARROW_DOWN,
	KEY_ARROW_LEFT,
	KEY_ARROW_RIGHT,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_FIRST,
	KEY_LAST,
	KEY_FUNCTION, /* KEY_FUNCTION + n is Fn, 1 to 24 */
};

/* name, word in [keys], label of the last row ("" where it never stands there), what it does, its keys.
 * Labels are translated with care for the room of the row: tests/screen/languages.py holds all of them against 80 columns. */
/* clang-format off */
#define KEYS_ACTIONS(X) \
	X(HELP, "help", N_("Help"), N_("explain this screen"), "F1 ?") \
	X(COMMAND, "command", N_("Cmd"), N_("command line: a screen's code, a CIF, export, quit"), "F2 :") \
	X(HOME, "home", N_("Home"), N_("home; at home: leave"), "F3 q") \
	X(SEARCH, "search", N_("Search"), N_("search by name; in a table: find"), "F4 /") \
	X(REREAD, "reread", N_("Read"), N_("read again"), "F5 r") \
	X(RECENT, "recent", N_("Recent"), N_("the last customers of this session"), "F6 w") \
	X(PAGE_UP, "page_up", N_("Up"), N_("a page up"), "F7 PgUp Ctrl-U") \
	X(PAGE_DOWN, "page_down", N_("Dn"), N_("a page down"), "F8 PgDn Ctrl-D") \
	X(AS_OF, "as_of", N_("As-of"), N_("show another moment; again: now"), "F9 t") \
	X(MORE, "more", N_("More"), N_("more: export, copy, sheet"), "F10 x") \
	X(VIEW, "view", N_("View"), N_("record, table, chart"), "F11 v") \
	X(BACK, "back", N_("Back"), N_("back, nothing typed is lost"), "F12 Esc b") \
	X(FORWARD, "forward", "", N_("forward again, after back"), "F24 f") \
	X(OPEN, "open", "", N_("send what was typed; else open the row"), "Enter Ctrl-E") \
	X(NEXT_FIELD, "next_field", "", N_("next field, tab or pane"), "Tab Ctrl-N") \
	X(PREVIOUS_FIELD, "previous_field", "", N_("the one before"), "Shift-Tab Ctrl-P") \
	X(GO_TAB, "tab", "", N_("then a digit: that tab of the customer"), "g") \
	X(UP, "up", "", N_("a row up"), "Up k") \
	X(DOWN, "down", "", N_("a row down"), "Down j") \
	X(LEFT, "left", "", N_("to the left, by characters"), "Left h") \
	X(RIGHT, "right", "", N_("to the right, by characters"), "Right l") \
	X(COLUMN_LEFT, "column_left", "", N_("to the left, by columns"), "H") \
	X(COLUMN_RIGHT, "column_right", "", N_("to the right, by columns"), "L") \
	X(FIRST, "first", "", N_("first row"), "Home <") \
	X(LAST, "last", "", N_("last row"), "End >") \
	X(NEXT, "next", "", N_("next match or change"), "n") \
	X(PREVIOUS, "previous", "", N_("the one before"), "N") \
	X(CIF, "cif", "", N_("into the CIF field (for letters, or to correct)"), "c") \
	X(CLEAR, "clear", "", N_("clear the field"), "Ctrl-F") \
	X(REPAINT, "repaint", "", N_("paint the whole screen again"), "Ctrl-L") \
	X(COPY, "copy", "", N_("copy the selected cell or field"), "y") \
	X(WIDER, "wider", N_("longer"), N_("a longer window"), "+") \
	X(NARROWER, "narrower", N_("shorter"), N_("a shorter window"), "-") \
	X(SLIDE, "slide", N_("=slide"), N_("windows that overlap: by half, by a third, not"), "s") \
	X(ORDER, "order", N_("=order"), N_("order of the rows: by the next column"), "o") \
	X(REVERSE, "reverse", "", N_("the same order the other way round"), "O") \
	X(HOLD, "hold", N_("=hold"), N_("hold the screen still; again: go on"), "p") \
	X(ZONE, "zone", N_("=zone"), N_("time zone of the windows"), "z") \
	X(FILTER, "filter", N_("=filter"), N_("only rows that hold a text"), "& i") \
	X(SILENT, "silent", N_("=silent"), N_("silent stores only"), "!") \
	X(STYLE, "style", "", N_("bars as blocks, dots or ASCII"), "a") \
	X(THAT_MOMENT, "that_moment", N_("=as of it"), N_("the customer as of the selected version"), "T") \
	X(UNCHANGED, "unchanged", N_("=all fields"), N_("show unchanged fields too"), "u") \
	X(ENTITY, "entity", N_("=entity"), N_("versions of one kind only"), "e") \
	X(PERIOD, "period", N_("=period"), N_("versions of a period only"), "d")
/* clang-format on */

enum action {
	ACTION_NONE,
#define X(name, word, label, about, keys) ACTION_##name,
	KEYS_ACTIONS(X)
#undef X
		ACTION_COUNT
};

enum { KEYS_EACH = 6 }; /* keys an action can have */

struct keys {
	int bound[ACTION_COUNT][KEYS_EACH]; /* 0: no more */
	bool esc_digit;
};

/* The defaults, then [keys] of the settings (NULL: none). Every unknown action, unknown key and
 * conflict is found; err holds the first ones, a line each, as FILE:LINE: what is wrong. */
bool keys_init(struct keys *k, const struct settings *s, struct error *err);
enum action keys_action(const struct keys *k, int key); /* ACTION_NONE: not bound */
const char *keys_label(enum action a); /* translated, as what it does is */
const char *keys_about(enum action a);
const char *keys_word(enum action a);    /* in [keys] */
enum action keys_find(const char *word); /* ACTION_NONE: there is none */
/* The names of an action's keys: "F1 ?". Without any: "". */
void keys_list(const struct keys *k, enum action a, char *out, size_t size);
/* The first of them: "F1". */
void keys_first(const struct keys *k, enum action a, char *out, size_t size);

/* "F1", "Enter", "Ctrl-U", "Shift-Tab", "?": 0 when it is none. n bytes. */
int keys_parse(const char *name, size_t n);
void keys_name(int key, char *out, size_t size);

#endif
