/* keys: what can be done, and the keys that do it.
 *
 * One list. It feeds the bindings, the last row of the screen, the help screen and
 * the names the section [keys] of the configuration takes:
 *
 *     [keys]
 *     recent = F6 e          all keys of the action, instead of its own
 *     esc_digit = yes        Esc, then a digit: a function key
 *
 * A key is a Unicode character, a control character (1 to 31, 127), or one of
 * enum key above them.
 */
#ifndef TD_UI_KIT_KEYS_H
#define TD_UI_KIT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

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

/* name, word in [keys], label of the last row ("" where it never stands there), what it does, its keys */
/* clang-format off */
#define KEYS_ACTIONS(X) \
	X(HELP, "help", "Help", "explain this screen", "F1 ?") \
	X(COMMAND, "command", "Cmd", "command line: a screen's code, a CIF, quit", "F2 :") \
	X(HOME, "home", "Home", "home; at home: leave", "F3 q") \
	X(SEARCH, "search", "Search", "search by name; in a table: find", "F4 /") \
	X(REREAD, "reread", "Read", "read again", "F5 r") \
	X(RECENT, "recent", "Recent", "the last customers of this session", "F6 w") \
	X(PAGE_UP, "page_up", "Up", "a page up", "F7 PgUp Ctrl-U") \
	X(PAGE_DOWN, "page_down", "Dn", "a page down", "F8 PgDn Ctrl-D") \
	X(AS_OF, "as_of", "As-of", "show another moment; again: now", "F9 t") \
	X(MORE, "more", "More", "more: export, copy, sheet", "F10 x") \
	X(VIEW, "view", "View", "record, table, chart", "F11 v") \
	X(BACK, "back", "Back", "back, nothing typed is lost", "F12 Esc b") \
	X(FORWARD, "forward", "", "forward again, after back", "F24 f") \
	X(OPEN, "open", "", "send what was typed; else open the row", "Enter Ctrl-E") \
	X(NEXT_FIELD, "next_field", "", "next field, tab or pane", "Tab") \
	X(PREVIOUS_FIELD, "previous_field", "", "the one before", "Shift-Tab") \
	X(GO_TAB, "tab", "", "then a digit: that tab of the customer", "g") \
	X(UP, "up", "", "a row up", "Up k") \
	X(DOWN, "down", "", "a row down", "Down j") \
	X(LEFT, "left", "", "to the left, by characters", "Left h") \
	X(RIGHT, "right", "", "to the right, by characters", "Right l") \
	X(COLUMN_LEFT, "column_left", "", "to the left, by columns", "H") \
	X(COLUMN_RIGHT, "column_right", "", "to the right, by columns", "L") \
	X(FIRST, "first", "", "first row", "Home") \
	X(LAST, "last", "", "last row", "End") \
	X(NEXT, "next", "", "next match or change", "n") \
	X(PREVIOUS, "previous", "", "the one before", "N") \
	X(CIF, "cif", "", "into the CIF field (for letters, or to correct)", "c") \
	X(CLEAR, "clear", "", "clear the field", "Ctrl-F") \
	X(REPAINT, "repaint", "", "paint the whole screen again", "Ctrl-L") \
	X(COPY, "copy", "", "copy the selected cell or field", "y") \
	X(WIDER, "wider", "longer", "a longer window", "+") \
	X(NARROWER, "narrower", "shorter", "a shorter window", "-") \
	X(SLIDE, "slide", "=slide", "windows that overlap: by half, by a third, not", "s") \
	X(ORDER, "order", "=order", "order of the rows: by the next column", "o") \
	X(REVERSE, "reverse", "", "the same order the other way round", "O") \
	X(HOLD, "hold", "=hold", "hold the screen still; again: go on", "p") \
	X(ZONE, "zone", "=zone", "time zone of the windows", "z") \
	X(FILTER, "filter", "=filter", "only rows that hold a text", "& i") \
	X(SILENT, "silent", "=silent", "silent stores only", "!") \
	X(STYLE, "style", "", "bars as blocks, dots or ASCII", "a") \
	X(THAT_MOMENT, "that_moment", "=as of it", "the customer as of the selected version", "T") \
	X(UNCHANGED, "unchanged", "=all fields", "show unchanged fields too", "u") \
	X(ENTITY, "entity", "=entity", "versions of one kind only", "e") \
	X(PERIOD, "period", "=period", "versions of a period only", "d")
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
const char *keys_label(enum action a);
const char *keys_about(enum action a);
/* The names of an action's keys: "F1 ?". Without any: "". */
void keys_list(const struct keys *k, enum action a, char *out, size_t size);
/* The first of them: "F1". */
void keys_first(const struct keys *k, enum action a, char *out, size_t size);

/* "F1", "Enter", "Ctrl-U", "Shift-Tab", "?": 0 when it is none. n bytes. */
int keys_parse(const char *name, size_t n);
void keys_name(int key, char *out, size_t size);

#endif
