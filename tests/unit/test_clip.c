/* clip: the sequence that copies, its bound, and the way through tmux. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buffer.h"
#include "ui/kit/clip.h"

static void copied(const char *text, const char *wanted)
{
	struct buffer out = {0};
	assert_int_equal(clip_sequence(&out, text, strlen(text), false), strlen(text));
	assert_string_equal(buffer_text(&out), wanted);
	buffer_done(&out);
}

static void text_is_one_sequence(void **state)
{
	(void)state;
	copied("4711", "\033]52;c;NDcxMQ==\a");
	copied("", "\033]52;c;\a");
	/* Whatever it holds: nothing of it reaches the terminal as it is. */
	copied("a\033]0;x\a\n\u5c71", "\033]52;c;YRtdMDt4BwrlsbE=\a");
}

static void tmux_gets_it_twice(void **state)
{
	(void)state;
	struct buffer out = {0};
	assert_int_equal(clip_sequence(&out, "4711", 4, true), 4);
	assert_string_equal(buffer_text(&out), "\033]52;c;NDcxMQ==\a"
					       "\033Ptmux;\033\033]52;c;NDcxMQ==\a\033\\");
	buffer_done(&out);
}

static size_t cut(const char *text, size_t n)
{
	struct buffer out = {0};
	unsigned char *back = malloc(n + 1);
	size_t length, kept = clip_sequence(&out, text, n, false);
	assert_true(out.len <= CLIP_SEQUENCE);
	assert_int_equal(sodium_base642bin(back, n, out.data + 7, out.len - 8, NULL, &length, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	assert_int_equal(length, kept);
	assert_memory_equal(back, text, kept);
	free(back);
	buffer_done(&out);
	return kept;
}

static void long_text_is_cut_between_characters(void **state)
{
	enum { LONG = 300000 };
	(void)state;
	struct buffer text = {0};
	for (int i = 0; i < LONG / 3; i++)
		buffer_text_add(&text, "\u5c71"); /* three bytes */
	size_t kept = cut(text.data, text.len);
	assert_true(kept > 74000 && kept < 75000);
	assert_int_equal(kept % 3, 0);
	/* One byte on: the cut would fall within a character. */
	size_t shifted = cut(text.data + 1, text.len - 1);
	assert_int_equal((shifted + 1) % 3, 0);
	assert_int_equal(cut("x", 1), 1);
	buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_one_sequence),
		cmocka_unit_test(tmux_gets_it_twice),
		cmocka_unit_test(long_text_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
