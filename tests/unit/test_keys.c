/* keys: one list of actions, its defaults without a conflict, and what [keys] may change. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/settings.h"
#include "ui/kit/keys.h"

static void defaults_do_not_collide(void **state)
{
	(void)state;
	struct keys k;
	struct error err = {0};
	assert_true(keys_init(&k, NULL, &err));
	for (int a = 1; a < ACTION_COUNT; a++) {
		assert_true(k.bound[a][0] != 0);
		assert_true(keys_about((enum action)a)[0] != 0);
		for (int i = 0; i < KEYS_EACH && k.bound[a][i]; i++)
			assert_int_equal(keys_action(&k, k.bound[a][i]), a);
	}
	/* Digits are the next CIF, and flow control and multiplexers keep theirs. */
	for (int c = '0'; c <= '9'; c++)
		assert_int_equal(keys_action(&k, c), ACTION_NONE);
	for (const char *c = "SQAB"; *c; c++)
		assert_int_equal(keys_action(&k, *c - KEY_CONTROL), ACTION_NONE);
}

/* Terminals steal F-keys: whatever has one has another key too. */
static void every_function_key_has_a_second(void **state)
{
	(void)state;
	struct keys k;
	struct error err = {0};
	assert_true(keys_init(&k, NULL, &err));
	for (int a = 1; a < ACTION_COUNT; a++)
		if (k.bound[a][0] > KEY_FUNCTION)
			assert_true(k.bound[a][1] != 0);
}

/* Nor has every terminal Shift-Tab, Home, End and the page keys: a character or Ctrl does it, too. */
static void every_action_has_a_key_of_every_terminal(void **state)
{
	(void)state;
	struct keys k;
	struct error err = {0};
	assert_true(keys_init(&k, NULL, &err));
	for (int a = 1; a < ACTION_COUNT; a++) {
		bool plain = false;
		for (int i = 0; i < KEYS_EACH && k.bound[a][i]; i++)
			plain |= k.bound[a][i] < KEY_TEXT_END;
		if (!plain)
			fail_msg("%s has no plain key", keys_word((enum action)a));
		assert_int_equal(keys_find(keys_word((enum action)a)), a);
	}
	assert_int_equal(keys_find("fly"), ACTION_NONE);
	assert_int_equal(keys_find(""), ACTION_NONE);
}

static void names_and_keys_are_the_same(void **state)
{
	(void)state;
	const char *const names[] = {"F1", "F12", "F24", "Enter", "Esc", "Tab", "Shift-Tab", "PgUp", "Home",
	                             "Ctrl-U", "?", ":", "a", "A", "Space", "Backspace", "+"};
	char out[16];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int key = keys_parse(names[i], strlen(names[i]));
		assert_true(key != 0);
		keys_name(key, out, sizeof(out));
		assert_string_equal(out, names[i]);
	}
	assert_int_equal(keys_parse("enter", 5), KEY_RETURN);
	assert_int_equal(keys_parse("ctrl-f", 6), 'F' - KEY_CONTROL);
	const char *const none[] = {"", "F0", "F25", "F1x", "Ctrl-1", "Hyper-X", "ab", "\x01", "\xff", "\xe2\x80\xae"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(keys_parse(none[i], strlen(none[i])), 0);
}

/* Keys as a file of the configuration gives them. */
static bool with_file(const char *text, struct keys *k, struct error *err)
{
	char path[] = "keys-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	struct settings *s = settings_new();
	assert_true(settings_load(s, path));
	bool good = keys_init(k, s, err);
	settings_free(s);
	unlink(path);
	return good;
}

static void actions_can_be_remapped(void **state)
{
	(void)state;
	struct keys k;
	struct error err = {0};
	char text[64];
	assert_true(with_file("[keys]\nrecent = F6 R\nesc_digit = yes\n", &k, &err));
	assert_int_equal(keys_action(&k, 'R'), ACTION_RECENT);
	assert_int_equal(keys_action(&k, 'w'), ACTION_NONE);
	assert_true(k.esc_digit);
	keys_list(&k, ACTION_RECENT, text, sizeof(text));
	assert_string_equal(text, "F6 R");
	keys_first(&k, ACTION_HELP, text, sizeof(text));
	assert_string_equal(text, "F1");
	/* Two actions may change places. */
	assert_true(with_file("[keys]\nhelp = F2 :\ncommand = F1 ?\n", &k, &err));
	assert_int_equal(keys_action(&k, '?'), ACTION_COMMAND);
}

/* Bound to nothing: no key asks for it, and there is nothing to show. */
static void an_action_may_have_no_key(void **state)
{
	(void)state;
	struct keys k;
	struct error err = {0};
	char text[64];
	assert_true(with_file("[keys]\nrecent =\nhome = F3\nview = F6\n", &k, &err));
	assert_int_equal(k.bound[ACTION_RECENT][0], 0);
	assert_int_equal(keys_action(&k, 'w'), ACTION_NONE);
	assert_int_equal(keys_action(&k, 'q'), ACTION_NONE);
	assert_int_equal(keys_action(&k, KEY_FUNCTION + 6), ACTION_VIEW);
	keys_list(&k, ACTION_RECENT, text, sizeof(text));
	assert_string_equal(text, "");
	keys_first(&k, ACTION_RECENT, text, sizeof(text));
	assert_string_equal(text, "");
}

static void faults_name_file_and_line(void **state)
{
	(void)state;
	struct keys k;
	const struct {
		const char *file, *line, *says;
	} cases[] = {
		{"[keys]\nfly = F9\n", ":2: ", "\"fly\" is nothing a key can do"},
		{"[keys]\n\nrecent = F6 F99\n", ":3: ", "\"F99\" is no key"},
		{"[keys]\nrecent = F1\n", ":2: ", "F1 is already bound to help"},
		{"[keys]\nrecent = X\nhelp = F1\nsearch = F4 X\n", ":", "X is already bound to"},
		{"[keys]\nrecent = 5\n", ":2: ", "digits start the next lookup"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		assert_false(with_file(cases[i].file, &k, &err));
		assert_int_equal(err.code, ERROR_USAGE);
		assert_non_null(strstr(err.message, cases[i].line));
		assert_non_null(strstr(err.message, cases[i].says));
	}
	/* All of them at once. */
	struct error err = {0};
	assert_false(with_file("[keys]\nfly = F9\nswim = F9\n", &k, &err));
	assert_non_null(strstr(err.message, "\"fly\""));
	assert_non_null(strstr(err.message, "\"swim\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_do_not_collide),     cmocka_unit_test(every_function_key_has_a_second),
		cmocka_unit_test(every_action_has_a_key_of_every_terminal),
		cmocka_unit_test(an_action_may_have_no_key),
		cmocka_unit_test(names_and_keys_are_the_same), cmocka_unit_test(actions_can_be_remapped),
		cmocka_unit_test(faults_name_file_and_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
