/* match: where a name holds what was looked for, shown in brackets. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "ui/kit/grid.h"
#include "ui/panes/match.h"

static void assert_marked(const char *name, const char *looked_for, const char *expected)
{
	struct grid_mark marks[4];
	struct buffer out = {0};
	size_t at = 0;
	int count = match_marks(name, looked_for, marks, 4);
	for (int i = 0; i < count; i++) {
		buffer_add(&out, name + at, marks[i].from - at);
		buffer_char(&out, '[');
		buffer_add(&out, name + marks[i].from, marks[i].len);
		buffer_char(&out, ']');
		at = marks[i].from + marks[i].len;
	}
	buffer_text_add(&out, name + at);
	assert_string_equal(buffer_text(&out), expected);
	buffer_done(&out);
}

static void beginnings_of_words_are_marked(void **state)
{
	(void)state;
	assert_marked("HALE, MARGARET ANNE", "hal mar", "[HAL]E, [MAR]GARET ANNE");
	assert_marked("HALE, MARGARET ANNE", "ann", "HALE, MARGARET [ANN]E");
	assert_marked("HALE, MARGARET ANNE", "argaret", "HALE, MARGARET ANNE");
	assert_marked("Hale-Ośka Łucja", "osk luc", "Hale-[Ośk]a [Łuc]ja");
	assert_marked("Müller Strauß", "mul STRAUSS", "[Mül]ler [Strauß]");
	assert_marked("O'Brien Ann", "obr", "[O'Br]ien Ann");
	assert_marked("山田 太郎", "山", "[山]田 太郎");
	assert_marked("", "x", "");
	assert_marked("Anna", "", "Anna");
}

static void what_is_no_text_is_left_alone(void **state)
{
	(void)state;
	assert_marked("\xff\xfe bad", "ba", "\xff\xfe [ba]d");
	assert_marked("a1 a2 a3 a4 a5", "a", "[a]1 [a]2 [a]3 [a]4 a5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings_of_words_are_marked),
		cmocka_unit_test(what_is_no_text_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
