/* prompt: a line that is edited, completed, recalled, and never lost. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/kit/keys.h"
#include "ui/prompt.h"

static enum prompt_result press(struct prompt *p, int key)
{
	enum prompt_kind kind;
	return prompt_key(p, key, &kind);
}

static void type(struct prompt *p, const char *text)
{
	for (; *text; text++)
		press(p, *text);
}

static void open_with(struct prompt *p, const char *text)
{
	prompt_open(p, PROMPT_COMMAND, "Command ==>", NULL);
	type(p, text);
}

static void sent(struct prompt *p, const char *text)
{
	open_with(p, text);
	assert_int_equal(press(p, KEY_RETURN), PROMPT_SENT);
}

static void assert_line(const struct prompt *p, const char *text)
{
	assert_string_equal(p->field.text, text);
}

static void older_lines_come_back(void **state)
{
	(void)state;
	struct prompt p = {0};
	sent(&p, "stor 1h");
	sent(&p, "1392");
	sent(&p, "stor 5m");
	sent(&p, "stor 5m"); /* once is enough */
	open_with(&p, "s");
	press(&p, KEY_ARROW_UP);
	assert_line(&p, "stor 5m");
	press(&p, KEY_ARROW_UP); /* 1392 does not begin with s */
	assert_line(&p, "stor 1h");
	press(&p, KEY_ARROW_UP);
	assert_line(&p, "stor 1h");
	press(&p, KEY_ARROW_DOWN);
	press(&p, KEY_ARROW_DOWN);
	assert_line(&p, "s"); /* what was being typed is still there */
	press(&p, 'U' - KEY_CONTROL);
	press(&p, KEY_ARROW_UP);
	press(&p, KEY_ARROW_UP);
	assert_line(&p, "1392");
	prompt_done(&p);
}

static void what_is_given_up_comes_back_too(void **state)
{
	(void)state;
	struct prompt p = {0};
	open_with(&p, "find ha");
	assert_int_equal(press(&p, KEY_ESC), PROMPT_DROPPED);
	assert_int_equal(p.kind, PROMPT_NONE);
	open_with(&p, "");
	press(&p, KEY_ARROW_UP);
	assert_line(&p, "find ha");
	/* An answer that was wrong: open again, the cursor where it was. */
	assert_int_equal(press(&p, KEY_RETURN), PROMPT_SENT);
	prompt_again(&p, PROMPT_COMMAND);
	type(&p, "le");
	assert_line(&p, "find hale");
	prompt_done(&p);
}

static void offer(struct prompt *p, size_t from, const char *const *words)
{
	struct choices c = {.from = from, .final = from > 0};
	for (; *words; words++)
		choices_add(&c, *words);
	prompt_offer(p, &c);
	choices_done(&c);
}

static void tab_goes_round(void **state)
{
	(void)state;
	static const char *const zones[] = {"Europe/Lisbon", "Europe/London", "Europe/Luxembourg", NULL};
	static const char *const codes[] = {"stor", NULL};
	struct prompt p = {0};
	open_with(&p, "zone eu");
	assert_int_equal(press(&p, KEY_TAB), PROMPT_CHOICES);
	offer(&p, 5, zones);
	assert_line(&p, "zone Europe/L"); /* as far as they agree */
	assert_int_equal(press(&p, KEY_TAB), PROMPT_OPEN);
	assert_line(&p, "zone Europe/Lisbon");
	press(&p, KEY_BACK_TAB);
	assert_line(&p, "zone Europe/Luxembourg");
	press(&p, KEY_TAB);
	press(&p, KEY_TAB);
	assert_line(&p, "zone Europe/London");
	/* The first Esc takes the list away, the next the prompt. */
	assert_int_equal(press(&p, KEY_ESC), PROMPT_OPEN);
	assert_int_equal(p.choices.count, 0);
	assert_line(&p, "zone Europe/London");
	assert_int_equal(press(&p, KEY_TAB), PROMPT_CHOICES);
	assert_int_equal(press(&p, KEY_ESC), PROMPT_DROPPED);
	/* The only one is taken, with a blank for what follows. */
	open_with(&p, "st");
	press(&p, KEY_TAB);
	offer(&p, 0, codes);
	assert_line(&p, "stor ");
	assert_int_equal(p.choices.count, 0);
	prompt_done(&p);
}

static void letters_are_never_cut_in_two(void **state)
{
	(void)state;
	static const char *const words[] = {"Zé", "Zè", NULL}; /* they agree in the first byte of the last letter */
	struct prompt p = {0};
	open_with(&p, "x ");
	press(&p, KEY_TAB);
	offer(&p, 2, words);
	assert_line(&p, "x Z");
	press(&p, KEY_TAB);
	assert_line(&p, "x Zé");
	prompt_done(&p);
}

static void leaving_takes_one_key(void **state)
{
	(void)state;
	struct prompt p = {0};
	const int yes[] = {'y', 'Y', KEY_RETURN, KEY_FUNCTION + 3};
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		prompt_open(&p, PROMPT_LEAVE, "Leave?", NULL);
		assert_int_equal(press(&p, yes[i]), PROMPT_SENT);
	}
	prompt_open(&p, PROMPT_LEAVE, "Leave?", NULL);
	assert_int_equal(press(&p, '7'), PROMPT_DROPPED);
	prompt_done(&p);
}

/* Who asked may be gone before the question is answered. */
static void the_label_is_kept(void **state)
{
	(void)state;
	struct prompt p = {0};
	char label[400] = "Zone ==>";
	prompt_open(&p, PROMPT_PANE, label, NULL);
	label[0] = 'x';
	assert_string_equal(p.label, "Zone ==>");
	for (size_t i = 0; i + 2 < sizeof(label); i += 2)
		memcpy(label + i, "\xc3\xa9", 2);
	label[398] = 0;
	prompt_open(&p, PROMPT_PANE, label, NULL);
	assert_int_equal(strlen(p.label), PROMPT_LABEL - 2); /* whole characters */
	prompt_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(older_lines_come_back), cmocka_unit_test(what_is_given_up_comes_back_too),
		cmocka_unit_test(tab_goes_round),        cmocka_unit_test(letters_are_never_cut_in_two),
		cmocka_unit_test(leaving_takes_one_key), cmocka_unit_test(the_label_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
