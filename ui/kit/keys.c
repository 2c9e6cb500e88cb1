#include "config.h"

#include "ui/kit/keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "base/text.h"

struct keys_entry {
	const char *word, *label, *about, *keys;
};

static const struct keys_entry keys_table[ACTION_COUNT] = {[ACTION_NONE] = {"", "", "", ""},
#define X(name, word, label, about, keys) [ACTION_##name] = {word, label, about, keys},
							   KEYS_ACTIONS(X)
#undef X
};

static const struct {
	const char *name;
	int key;
} keys_names[] = {
	{"Enter", KEY_RETURN},    {"Esc", KEY_ESC},           {"Tab", KEY_TAB},      {"Shift-Tab", KEY_BACK_TAB},
	{"Backspace", KEY_ERASE}, {"Delete", KEY_DELETE},     {"Up", KEY_ARROW_UP},  {"Down", KEY_ARROW_DOWN},
	{"Left", KEY_ARROW_LEFT}, {"Right", KEY_ARROW_RIGHT}, {"PgUp", KEY_PAGE_UP}, {"PgDn", KEY_PAGE_DOWN},
	{"Home", KEY_FIRST},      {"End", KEY_LAST},          {"Space", ' '},
};
enum { KEYS_NAMES = sizeof(keys_names) / sizeof(keys_names[0]), KEYS_FUNCTIONS = 24 };

static int keys_parse_function(const char *name, size_t n)
{
	int number = 0;
	if (n < 2 || n > 3 || (name[0] != 'F' && name[0] != 'f'))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		number = number * 10 + name[i] - '0';
	}
	return number >= 1 && number <= KEYS_FUNCTIONS ? KEY_FUNCTION + number : 0;
}

int keys_parse(const char *name, size_t n)
{
	for (int i = 0; i < KEYS_NAMES; i++)
		if (strlen(keys_names[i].name) == n && strncasecmp(keys_names[i].name, name, n) == 0)
			return keys_names[i].key;
	if (n == 6 && strncasecmp(name, "Ctrl-", 5) == 0) {
		int c = name[5] & ~0x20;
		return c >= 'A' && c <= 'Z' ? c - KEY_CONTROL : 0;
	}
	int function = keys_parse_function(name, n);
	if (function || n == 0)
		return function;
	uint32_t c;
	if (text_next(name, n, &c) != n || c == UINT32_MAX || text_harmful(c))
		return 0;
	return (int)c;
}

void keys_name(int key, char *out, size_t size)
{
	for (int i = 0; i < KEYS_NAMES; i++)
		if (keys_names[i].key == key) {
			snprintf(out, size, "%s", keys_names[i].name);
			return;
		}
	if (key > KEY_FUNCTION && key <= KEY_FUNCTION + KEYS_FUNCTIONS)
		snprintf(out, size, "F%d", key - KEY_FUNCTION);
	else if (key > 0 && key < 32)
		snprintf(out, size, "Ctrl-%c", key + KEY_CONTROL);
	else if (key > 0 && key < KEY_TEXT_END)
		snprintf(out, size, "%lc", (wint_t)key);
	else
		snprintf(out, size, "?%d", key);
}

/* Keys separated by blanks into bound[]; *bad is the word that is none, or NULL. */
static bool keys_read(const char *text, int bound[KEYS_EACH], const char **bad, size_t *bad_len)
{
	int count = 0;
	int found[KEYS_EACH] = {0};
	while (*(text += strspn(text, " \t"))) {
		size_t n = strcspn(text, " \t");
		int key = keys_parse(text, n);
		if (!key || count == KEYS_EACH) {
			*bad = text;
			*bad_len = n;
			return false;
		}
		found[count++] = key;
		text += n;
	}
	memcpy(bound, found, sizeof(found));
	return true;
}

struct keys_load {
	struct keys *keys;
	struct buffer errors;
	struct {
		const char *file;
		int line;
	} origin[ACTION_COUNT];
};

static bool keys_yes(const char *value)
{
	return strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0 || strcasecmp(value, "on") == 0 ||
	       strcmp(value, "1") == 0;
}

static void keys_take(void *ctx, const char *word, const char *value, const char *file, int line)
{
	struct keys_load *l = ctx;
	if (strcmp(word, "esc_digit") == 0 || strcmp(word, "esc-digit") == 0) {
		l->keys->esc_digit = keys_yes(value);
		return;
	}
	enum action a = keys_find(word);
	if (a == ACTION_NONE) {
		buffer_format(&l->errors, N_("%s:%d: \"%s\" is nothing a key can do\n"), file, line, word);
		return;
	}
	const char *bad;
	size_t bad_len;
	if (!keys_read(value, l->keys->bound[a], &bad, &bad_len)) {
		buffer_format(&l->errors, N_("%s:%d: \"%.*s\" is no key, or one too many\n"), file, line, (int)bad_len,
			      bad);
		return;
	}
	l->origin[a].file = file;
	l->origin[a].line = line;
}

/* Two defaults never collide (a test sees to it), so a conflict has a line of the configuration. */
static void keys_conflict(struct keys_load *l, int a, int b, int key)
{
	char name[16];
	keys_name(key, name, sizeof(name));
	int at = l->origin[b].file ? b : a;
	int other = at == a ? b : a;
	if (!l->origin[at].file)
		buffer_format(&l->errors, N_("%s is bound to both %s and %s\n"), name, keys_table[a].word,
			      keys_table[b].word);
	else if (l->origin[other].file)
		buffer_format(&l->errors, N_("%s:%d: %s is already bound to %s (%s:%d)\n"), l->origin[at].file,
			      l->origin[at].line, name, keys_table[other].word, l->origin[other].file,
			      l->origin[other].line);
	else
		buffer_format(&l->errors, N_("%s:%d: %s is already bound to %s, which has no line of its own\n"),
			      l->origin[at].file, l->origin[at].line, name, keys_table[other].word);
}

static void keys_check(struct keys_load *l)
{
	for (int a = 1; a < ACTION_COUNT; a++)
		for (int b = a + 1; b < ACTION_COUNT; b++)
			for (int i = 0; i < KEYS_EACH && l->keys->bound[a][i]; i++)
				for (int k = 0; k < KEYS_EACH && l->keys->bound[b][k]; k++)
					if (l->keys->bound[a][i] == l->keys->bound[b][k])
						keys_conflict(l, a, b, l->keys->bound[a][i]);
	for (int a = 1; a < ACTION_COUNT; a++)
		for (int i = 0; i < KEYS_EACH && l->keys->bound[a][i]; i++)
			if (l->keys->bound[a][i] >= '0' && l->keys->bound[a][i] <= '9')
				buffer_format(&l->errors, N_("%s:%d: digits start the next lookup and cannot be bound\n"),
					      l->origin[a].file, l->origin[a].line);
}

bool keys_init(struct keys *k, const struct settings *s, struct error *err)
{
	struct keys_load load = {.keys = k};
	*k = (struct keys){0};
	for (int a = 1; a < ACTION_COUNT; a++) {
		const char *bad;
		size_t bad_len;
		keys_read(keys_table[a].keys, k->bound[a], &bad, &bad_len);
	}
	if (s)
		settings_each(s, "keys", keys_take, &load);
	keys_check(&load);
	bool good = load.errors.len == 0;
	if (!good) {
		error_set(err, ERROR_USAGE, "could not take the keys of the configuration: %.*s",
			  (int)load.errors.len - 1, load.errors.data);
		error_hint(err, "an action's line holds all of its keys; F1 to F24, Ctrl-A, Enter, Tab or a character");
	}
	buffer_done(&load.errors);
	return good;
}

enum action keys_action(const struct keys *k, int key)
{
	for (int a = 1; a < ACTION_COUNT; a++)
		for (int i = 0; i < KEYS_EACH && k->bound[a][i]; i++)
			if (k->bound[a][i] == key)
				return (enum action)a;
	return ACTION_NONE;
}

const char *keys_label(enum action a)
{
	return keys_table[a].label[0] ? _(keys_table[a].label) : "";
}

const char *keys_about(enum action a)
{
	return _(keys_table[a].about);
}

const char *keys_word(enum action a)
{
	return keys_table[a].word;
}

enum action keys_find(const char *word)
{
	for (int a = 1; a < ACTION_COUNT; a++)
		if (strcmp(keys_table[a].word, word) == 0)
			return (enum action)a;
	return ACTION_NONE;
}

void keys_list(const struct keys *k, enum action a, char *out, size_t size)
{
	size_t used = 0;
	out[0] = 0;
	for (int i = 0; i < KEYS_EACH && k->bound[a][i] && used + 16 < size; i++) {
		if (used)
			out[used++] = ' ';
		keys_name(k->bound[a][i], out + used, size - used);
		used += strlen(out + used);
	}
}

void keys_first(const struct keys *k, enum action a, char *out, size_t size)
{
	out[0] = 0;
	if (k->bound[a][0])
		keys_name(k->bound[a][0], out, size);
}
