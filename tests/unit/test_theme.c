/* theme: what must be told apart can be, in every theme, at every depth; and can be read. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ui/kit/theme.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Their difference tells something. */
static const enum role telling[] = {ROLE_TEXT, ROLE_LIVE,    ROLE_LAG,      ROLE_BAD,  ROLE_NOT_CURRENT,
				    ROLE_WARN, ROLE_CHANGED, ROLE_SELECTED, ROLE_ERROR};

static bool same(struct theme_look a, struct theme_look b)
{
	return a.front == b.front && a.back == b.back && a.attributes == b.attributes;
}

static void differ(enum theme_name name, enum theme_depth depth, unsigned shown)
{
	for (size_t i = 0; i < COUNT(telling); i++)
		for (size_t j = 0; j < i; j++) {
			struct theme_look a = theme_look(name, depth, telling[i]),
					  b = theme_look(name, depth, telling[j]);
			a.attributes &= shown;
			b.attributes &= shown;
			/* Both say "look out", one in the first row, the other on the message row. */
			if (depth == DEPTH_MONO && telling[i] == ROLE_WARN && telling[j] == ROLE_LAG)
				continue;
			if (same(a, b))
				fail_msg("theme %s, depth %d: %c and %c look the same", theme_word(name), depth,
					 theme_letter(telling[i]), theme_letter(telling[j]));
		}
}

static void what_tells_something_differs(void **state)
{
	(void)state;
	for (int name = 0; name < THEME_NAMES; name++)
		for (int depth = DEPTH_8; depth < DEPTHS && name != THEME_MONO; depth++)
			/* Many terminals have no dim, and no underline in colours. */
			differ((enum theme_name)name, (enum theme_depth)depth, THEME_BOLD | THEME_REVERSE);
}

static void without_colour_attributes_tell_it(void **state)
{
	(void)state;
	for (int name = 0; name < THEME_NAMES; name++) {
		differ((enum theme_name)name, DEPTH_MONO, THEME_BOLD | THEME_REVERSE | THEME_UNDERLINE);
		for (int r = 0; r < ROLE_COUNT; r++) {
			struct theme_look look = theme_look((enum theme_name)name, DEPTH_MONO, (enum role)r);
			assert_int_equal(look.front, THEME_OWN);
			assert_int_equal(look.back, THEME_OWN);
		}
		/* The contract: reverse video. */
		assert_true(theme_look((enum theme_name)name, DEPTH_MONO, ROLE_NOT_CURRENT).attributes & THEME_REVERSE);
	}
}

/* ---- contrast, by WCAG 2: relative luminance of sRGB ---- */

static double linear(int value)
{
	double x = value / 255.0;
	return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

/* xterm's palette from 16 on: a cube of six levels a colour, then 24 greys. */
static double luminance(int colour)
{
	static const int level[] = {0, 95, 135, 175, 215, 255};
	int red = 8 + 10 * (colour - 232), green = red, blue = red;
	if (colour < 232) {
		red = level[(colour - 16) / 36];
		green = level[(colour - 16) / 6 % 6];
		blue = level[(colour - 16) % 6];
	}
	return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

static double contrast(int a, int b)
{
	double x = luminance(a), y = luminance(b);
	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

static void the_palette_is_xterms(void **state)
{
	(void)state;
	assert_true(fabs(contrast(16, 231) - 21) < 0.01); /* black on white */
	assert_true(fabs(contrast(243, 231) - 4.54) < 0.01);
	assert_true(fabs(contrast(21, 231) - 8.59) < 0.01); /* blue on white */
}

static void all_can_be_read(void **state)
{
	(void)state;
	for (int name = 0; name < THEME_NAMES; name++)
		for (int r = 0; r < ROLE_COUNT; r++) {
			struct theme_look look = theme_look((enum theme_name)name, DEPTH_256, (enum role)r);
			/* A rule is no text. */
			double wanted = r == ROLE_RULE ? 3 : name == THEME_CONTRAST ? 7 : 4.5;
			if (name == THEME_MONO || (look.front == THEME_OWN && look.back == THEME_OWN))
				continue;
			assert_true(look.front >= 16);     /* those below are the user's own */
			bool own = look.back == THEME_OWN; /* the terminal's: it may be black as well as white */
			double least = own ? fmin(contrast(look.front, 16), contrast(look.front, 231))
					   : contrast(look.front, look.back);
			if (least < wanted)
				fail_msg("theme %s, role %c: %d on %d has a contrast of %.2f",
					 theme_word((enum theme_name)name), theme_letter((enum role)r), look.front,
					 look.back, least);
		}
}

static void colours_exist_at_their_depth(void **state)
{
	static const int most[DEPTHS] = {0, 8, 16, 256};
	(void)state;
	for (int name = 0; name < THEME_NAMES; name++)
		for (int depth = 0; depth < DEPTHS; depth++)
			for (int r = 0; r < ROLE_COUNT; r++) {
				struct theme_look look =
					theme_look((enum theme_name)name, (enum theme_depth)depth, (enum role)r);
				assert_in_range(look.front + 1, 0, most[depth]);
				assert_in_range(look.back + 1, 0, most[depth]);
			}
}

static void own_grounds_cover_the_screen(void **state)
{
	static const enum theme_name grounds[] = {THEME_DARK, THEME_LIGHT, THEME_CONTRAST, THEME_GREEN};
	(void)state;
	for (size_t i = 0; i < COUNT(grounds); i++)
		for (int depth = DEPTH_8; depth < DEPTHS; depth++)
			for (int r = 0; r < ROLE_COUNT; r++) {
				struct theme_look look = theme_look(grounds[i], (enum theme_depth)depth, (enum role)r);
				assert_int_not_equal(look.front, THEME_OWN);
				assert_int_not_equal(look.back, THEME_OWN);
				assert_int_not_equal(look.front, look.back);
			}
	for (int r = 0; r < ROLE_COUNT; r++)
		assert_int_equal(theme_look(THEME_AUTO, DEPTH_8, (enum role)r).back, THEME_OWN);
}

static void a_terminal_has_a_depth(void **state)
{
	(void)state;
	assert_int_equal(theme_depth(-1, -1), DEPTH_MONO);
	assert_int_equal(theme_depth(2, 4), DEPTH_MONO);
	assert_int_equal(theme_depth(8, 8), DEPTH_MONO); /* too few pairs for all roles */
	assert_int_equal(theme_depth(8, 64), DEPTH_8);
	assert_int_equal(theme_depth(16, 256), DEPTH_16);
	assert_int_equal(theme_depth(88, 7744), DEPTH_16); /* another palette than that of 256 */
	assert_int_equal(theme_depth(256, 65536), DEPTH_256);
	assert_int_equal(theme_depth(1 << 24, 65536), DEPTH_8);
}

static void a_terminal_forbids_attributes(void **state)
{
	enum { LINUX = 18, ANSI = 3 };
	const struct theme_look plain = {THEME_OWN, THEME_OWN, THEME_DIM | THEME_UNDERLINE};
	const struct theme_look tinted = {2, THEME_OWN, THEME_DIM | THEME_UNDERLINE | THEME_BOLD};
	(void)state;
	assert_int_equal(theme_allowed(tinted, -1).attributes, tinted.attributes);
	/* The Linux console: its dim is too dark to read, with colours or without. */
	assert_int_equal(theme_allowed(plain, LINUX).attributes, THEME_UNDERLINE);
	assert_int_equal(theme_allowed(tinted, LINUX).attributes, THEME_BOLD);
	assert_int_equal(theme_allowed(tinted, ANSI).attributes, THEME_DIM | THEME_BOLD);
	assert_int_equal(theme_allowed(plain, ANSI).attributes, THEME_DIM | THEME_UNDERLINE);
}

static void words_name_themes(void **state)
{
	(void)state;
	for (int name = 0; name < THEME_NAMES; name++)
		assert_int_equal(theme_find(theme_word((enum theme_name)name)), name);
	assert_int_equal(theme_find("pink"), THEME_NAMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_tells_something_differs),
		cmocka_unit_test(without_colour_attributes_tell_it),
		cmocka_unit_test(the_palette_is_xterms),
		cmocka_unit_test(all_can_be_read),
		cmocka_unit_test(colours_exist_at_their_depth),
		cmocka_unit_test(own_grounds_cover_the_screen),
		cmocka_unit_test(a_terminal_has_a_depth),
		cmocka_unit_test(a_terminal_forbids_attributes),
		cmocka_unit_test(words_name_themes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
