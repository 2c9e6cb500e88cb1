#include "config.h"

#include "ui/panes/match.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "ui/kit/grid.h"

#define MATCH_BETWEEN " ,.;-/()" /* what words of a name stand apart by */

/* Bytes at the beginning of the word that fold to the n bytes of the prefix; 0: it does not begin so. */
static size_t match_begins(const char *word, size_t len, const char *prefix, size_t n)
{
	struct buffer folded = {0};
	size_t bytes = 0;
	uint32_t c;
	while (bytes < len && folded.len < n) {
		bytes += text_next(word + bytes, len - bytes, &c);
		buffer_clear(&folded);
		text_fold(&folded, word, bytes);
	}
	bool begins = folded.len >= n && memcmp(buffer_text(&folded), prefix, n) == 0;
	buffer_done(&folded);
	return begins ? bytes : 0;
}

/* The longest of the prefixes it begins with. */
static size_t match_word(const char *word, size_t len, const char *prefixes)
{
	size_t best = 0;
	for (const char *p = prefixes; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		size_t bytes = match_begins(word, len, p, n);
		best = bytes > best ? bytes : best;
		p += n;
	}
	return best;
}

int match_marks(const char *name, const char *looked_for, struct grid_mark *marks, int most)
{
	struct buffer prefixes = {0};
	int count = 0;
	text_fold(&prefixes, looked_for, strlen(looked_for));
	const char *word = name + strspn(name, MATCH_BETWEEN);
	while (*word && count < most) {
		size_t len = strcspn(word, MATCH_BETWEEN);
		size_t bytes = match_word(word, len, buffer_text(&prefixes));
		if (bytes)
			marks[count++] = (struct grid_mark){(size_t)(word - name), bytes};
		word += len;
		word += strspn(word, MATCH_BETWEEN);
	}
	buffer_done(&prefixes);
	return count;
}
