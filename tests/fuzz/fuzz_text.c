/* fuzz_text: any bytes are cleaned, cut, folded and repaired without harm, and each of these is final.
 * The first byte is the width, its top bit asks for ASCII; the rest is the text. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

/* A longer text is folded in pieces, and a mark may then stand on the wrong side of a cut. */
enum { WHOLE = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void must_equal(const struct buffer *a, const struct buffer *b)
{
	must(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

static void check_clean(const char *s, size_t n, bool ascii)
{
	struct buffer once = {0}, twice = {0};
	size_t i = 0;
	uint32_t c;

	text_clean(&once, s, n, ascii);
	while (i < once.len) {
		i += text_next(once.data + i, once.len - i, &c);
		must(!text_harmful(c) && (!ascii || c < 0x80));
	}
	text_clean(&twice, buffer_text(&once), once.len, ascii);
	must_equal(&once, &twice);
	must(ascii || text_width(s, n) == text_width(buffer_text(&once), once.len));
	buffer_done(&once);
	buffer_done(&twice);
}

static void check_fit(const char *s, size_t n, size_t width, bool ascii)
{
	struct buffer left = {0}, right = {0};

	text_fit(&left, s, n, width, ascii);
	text_fit_right(&right, s, n, width, ascii);
	must(text_width(buffer_text(&left), left.len) == width);
	must(text_width(buffer_text(&right), right.len) == width);
	buffer_done(&left);
	buffer_done(&right);
}

static void check_fold(const char *s, size_t n)
{
	struct buffer once = {0}, twice = {0};

	text_fold(&once, s, n);
	must(text_valid(buffer_text(&once), once.len));
	must(once.len == 0 || (once.data[0] != ' ' && once.data[once.len - 1] != ' '));
	must(strstr(buffer_text(&once), "  ") == NULL);
	text_fold(&twice, buffer_text(&once), once.len);
	if (n < WHOLE)
		must_equal(&once, &twice);
	buffer_done(&once);
	buffer_done(&twice);
}

static void check_repair(const char *s, size_t n)
{
	struct buffer utf8 = {0}, latin1 = {0};

	text_utf8(&utf8, s, n);
	text_from_latin1(&latin1, s, n);
	must(text_valid(buffer_text(&utf8), utf8.len) && text_valid(buffer_text(&latin1), latin1.len));
	must(!text_valid(s, n) || (utf8.len == n && (n == 0 || memcmp(utf8.data, s, n) == 0)));
	buffer_done(&utf8);
	buffer_done(&latin1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data + 1;

	if (size == 0)
		return 0;
	check_clean(s, size - 1, data[0] >= 0x80);
	check_fit(s, size - 1, data[0] & 0x7f, data[0] >= 0x80);
	check_fold(s, size - 1);
	check_repair(s, size - 1);
	return 0;
}
