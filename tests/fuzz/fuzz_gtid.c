/* Any text as a set of transactions of the family the first byte says: what is taken prints, parses and copies to
 * itself, and its encoding has the length its parts add up to. */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "binlog/gtid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void fuzz_same(const struct gtid_set *a, const struct gtid_set *b, const struct buffer *text)
{
	struct buffer other = {0};
	gtid_set_print(b, &other);
	must(other.len == text->len && memcmp(buffer_text(&other), buffer_text(text), text->len) == 0);
	must(gtid_set_contains(a, b) && gtid_set_contains(b, a));
	must(gtid_set_is_empty(b) == (text->len == 0));
	buffer_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	bool mariadb = data[0] & 1;
	struct gtid_set *s = gtid_set_parse(mariadb, (const char *)data + 1, size - 1);
	if (!s)
		return 0;
	struct buffer text = {0}, bytes = {0};
	gtid_set_print(s, &text);
	struct gtid_set *again = gtid_set_parse(mariadb, buffer_text(&text), text.len), *copy = gtid_set_copy(s);
	must(again != NULL);
	fuzz_same(s, again, &text);
	fuzz_same(s, copy, &text);
	if (!mariadb) {
		gtid_set_encode(s, &bytes);
		must(bytes.len >= 8);
	}
	buffer_done(&text);
	buffer_done(&bytes);
	gtid_set_free(again);
	gtid_set_free(copy);
	gtid_set_free(s);
	return 0;
}
