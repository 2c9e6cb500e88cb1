/* field: a line of text that stays valid and bounded whatever is typed or pasted. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ui/kit/field.h"
#include "ui/kit/keys.h"

static void type(struct field *f, const char *text)
{
	for (size_t n = strlen(text); n;) {
		uint32_t c;
		size_t length = text_next(text, n, &c);
		field_key(f, (int)c);
		text += length;
		n -= length;
	}
}

static void it_edits_whole_characters(void **state)
{
	(void)state;
	struct field f = {0};
	type(&f, "Hälé山");
	assert_string_equal(f.text, "Hälé山");
	field_key(&f, KEY_ERASE);
	field_key(&f, KEY_ARROW_LEFT);
	field_key(&f, KEY_ARROW_LEFT);
	field_key(&f, KEY_ARROW_LEFT);
	field_key(&f, KEY_DELETE);
	assert_string_equal(f.text, "Hlé");
	type(&f, "a");
	assert_string_equal(f.text, "Halé");
	field_key(&f, KEY_FIRST);
	field_key(&f, KEY_ERASE);
	field_key(&f, KEY_ARROW_LEFT);
	assert_string_equal(f.text, "Halé");
	field_key(&f, KEY_LAST);
	field_key(&f, KEY_DELETE);
	field_key(&f, KEY_ARROW_RIGHT);
	assert_int_equal(f.cursor, f.len);
	assert_false(field_key(&f, KEY_ARROW_UP));
	assert_false(field_key(&f, 'F' - KEY_CONTROL));
}

static void what_was_sent_gives_way_to_the_next(void **state)
{
	(void)state;
	struct field f;
	field_set(&f, "0012345678", true);
	type(&f, "7");
	assert_string_equal(f.text, "7");
	/* Whoever moves inside it wants to correct it. */
	field_set(&f, "0012345678", true);
	field_key(&f, KEY_ERASE);
	type(&f, "9");
	assert_string_equal(f.text, "0012345679");
}

static void words_and_ends_can_be_cut(void **state)
{
	(void)state;
	struct field f = {0};
	type(&f, "stor Hälé山  15m ");
	field_key(&f, 'W' - KEY_CONTROL);
	assert_string_equal(f.text, "stor Hälé山  ");
	field_key(&f, 'W' - KEY_CONTROL);
	assert_string_equal(f.text, "stor ");
	field_key(&f, 'A' - KEY_CONTROL);
	field_key(&f, 'W' - KEY_CONTROL);
	type(&f, ":");
	assert_string_equal(f.text, ":stor ");
	field_cut_after(&f);
	assert_string_equal(f.text, ":");
	type(&f, "abc");
	field_key(&f, KEY_ARROW_LEFT);
	field_cut_before(&f);
	assert_string_equal(f.text, "c");
	assert_int_equal(f.cursor, 0);
	/* What was sent is corrected, not begun anew. */
	field_set(&f, "hale tom", true);
	field_key(&f, 'W' - KEY_CONTROL);
	type(&f, "ann");
	assert_string_equal(f.text, "hale ann");
}

static void a_completion_takes_the_place_of_what_was_typed(void **state)
{
	(void)state;
	struct field f = {0};
	type(&f, "zone eu rest");
	for (int i = 0; i < 5; i++)
		field_key(&f, KEY_ARROW_LEFT);
	field_replace(&f, 5, "Europe/");
	assert_string_equal(f.text, "zone Europe/ rest");
	assert_int_equal(f.cursor, 12);
	field_replace(&f, 5, "Europe/Zürich");
	assert_string_equal(f.text, "zone Europe/Zürich rest");
}

static void a_paste_is_one_clean_line(void **state)
{
	(void)state;
	struct field f = {0};
	const char pasted[] = " \n\t12\x1b[2J\xff\xe2\x80\xae 3\t4\r\nnext line";
	field_paste(&f, pasted, sizeof(pasted) - 1);
	assert_string_equal(f.text, "12[2J 3 4");
}

static void it_never_overflows(void **state)
{
	(void)state;
	struct field f = {0};
	size_t n = 1000000;
	char *much = malloc(n);
	assert_non_null(much);
	for (size_t i = 0; i < n; i += 4)
		memcpy(much + i, "\xf0\x9f\x98\x80", 4);
	field_paste(&f, much, n);
	free(much);
	for (int i = 0; i < 1000; i++)
		field_key(&f, i % 3 ? 0x5c71 : 'x');
	assert_true(f.len < FIELD_SIZE);
	assert_int_equal(strlen(f.text), f.len);
	assert_true(text_valid(f.text, f.len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_edits_whole_characters),
		cmocka_unit_test(what_was_sent_gives_way_to_the_next),
		cmocka_unit_test(words_and_ends_can_be_cut),
		cmocka_unit_test(a_completion_takes_the_place_of_what_was_typed),
		cmocka_unit_test(a_paste_is_one_clean_line),
		cmocka_unit_test(it_never_overflows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
