/* SQL text taken apart into its statements. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buffer.h"
#include "generate/script.h"

static void test_statements(void **state)
{
	static const struct {
		const char *text, *statements; /* each ended by "|" */
	} cases[] = {
		{"", ""},
		{"  \n;;\n ; ", ""},
		{"A", "A|"},
		{"A;B", "A|B|"},
		{"\n A b\n\tc ;\n\nB;\n", "A b\n\tc|B|"},
		{"-- x; 'y\nA; -- z\n--\n# it's; none\nB", "A|B|"},
		{"-- only a comment", ""},
		{"A /* x; 'y */ b; /* never ended ; C", "A  b|"},
		{"a--b; c - -d", "a--b|c - -d|"},
		{"A 'x;y'; B \"x;y\"; C `x;y`;", "A 'x;y'|B \"x;y\"|C `x;y`|"},
		{"A 'it''s; x'; B", "A 'it''s; x'|B|"},
		{"A 'it\\'s; x\\\\'; B", "A 'it\\'s; x\\\\'|B|"},
		{"A `x\\`; B", "A `x\\`|B|"},
		{"A '-- x;' /* '; */; B", "A '-- x;'|B|"},
		{"A 'never ended; B", "A 'never ended; B|"},
		{"A 'never ended\\", "A 'never ended\\|"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer all = {0}, one = {0};
		const char *at = cases[i].text;

		while (script_next(&at, &one)) {
			buffer_add(&all, one.data, one.len);
			buffer_char(&all, '|');
		}
		assert_string_equal(buffer_text(&all), cases[i].statements);
		assert_int_equal(*at, 0);
		buffer_done(&all);
		buffer_done(&one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
