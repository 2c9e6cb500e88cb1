/* Folding for search. Unicode's own forms do most of the work; around them
 *
 *   bytes -> characters -> NFKD -> marks that are accents dropped -> full case
 *         -> NFC -> letters without their stroke, words -> bytes
 *
 * Marks are dropped where people leave them out when they type: in Latin, Greek,
 * Cyrillic, Arabic and Hebrew. In Indic scripts, Thai and kana a mark is a vowel
 * or another consonant, so there it stays, and NFC puts it back on its base.
 *
 * Names are mostly ASCII and accented Latin, whose folding looks at no neighbour:
 * those characters are folded by a table, made once by the long way itself. Runs
 * of others go the long way.
 */
#include "config.h"

#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { FOLD_RUN = 1024, FOLD_CHUNK = 512 };

struct fold {
	struct buffer *out;
	char chunk[FOLD_CHUNK];
	size_t used;
	bool gap;  /* a separator stands before the next letter */
	bool some; /* a letter was written */
	uint32_t run[FOLD_RUN];
	size_t run_len;
};

static void fold_flush(struct fold *f)
{
	buffer_add(f->out, f->chunk, f->used);
	f->used = 0;
}

/* At most 8 bytes at a time. */
static inline void fold_letters(struct fold *f, const char *s, size_t n)
{
	if (f->used + 9 > sizeof f->chunk)
		fold_flush(f);
	if (f->gap && f->some)
		f->chunk[f->used++] = ' ';
	f->gap = false;
	f->some = true;
	while (n-- > 0)
		f->chunk[f->used++] = *s++;
}

struct fold_range {
	uint32_t from, to;
};

static bool fold_within(const struct fold_range *ranges, size_t count, uint32_t c)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > ranges[middle].to)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && c >= ranges[low].from;
}

/* Accents, points and harakat; the blocks of combining marks for symbols. */
static bool fold_is_accent(uint32_t c)
{
	static const struct fold_range accents[] = {
		{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2},
		{0x05c4, 0x05c5}, {0x05c7, 0x05c7}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670},
		{0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06e8}, {0x06ea, 0x06ed}, {0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfb1e, 0xfb1e}, {0xfe20, 0xfe2f},
	};

	return fold_within(accents, sizeof accents / sizeof accents[0], c);
}

/* Left out without ending a word: apostrophes in all their guises, full stops, the Catalan middle dot, the Arabic
 * tatweel, and what nobody sees. */
static bool fold_is_dropped(uint32_t c)
{
	switch (c) {
	case '\'':
	case '`':
	case '.':
	case 0x00b4:
	case 0x00b7:
	case 0x0640:
	case 0x2018:
	case 0x2019:
	case 0x201b:
	case 0x2032:
	case 0xa78c:
		return true;
	case 0x200b:
		return false;
	default:
		break;
	}
	if (c >= 0x02b9 && c <= 0x02bf)
		return true;
	if (c < 0xa0)
		return false;
	return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cf) ||
	       uc_is_property_default_ignorable_code_point(c);
}

/* Letters that Unicode does not decompose but that are typed without their stroke, hook or dot. */
static const char *fold_plain_letter(uint32_t c)
{
	static const struct {
		uint32_t c;
		const char *plain;
	} letters[] = {
		{0x00e6, "ae"}, {0x00f0, "d"}, {0x00f8, "o"}, {0x00fe, "th"}, {0x0111, "d"},  {0x0127, "h"},
		{0x0131, "i"},  {0x0138, "k"}, {0x0142, "l"}, {0x014b, "n"},  {0x0153, "oe"}, {0x0167, "t"},
		{0x0180, "b"},  {0x0188, "c"}, {0x018c, "d"}, {0x0192, "f"},  {0x0199, "k"},  {0x019a, "l"},
		{0x019e, "n"},  {0x01a5, "p"}, {0x01ad, "t"}, {0x01b4, "y"},  {0x01b6, "z"},  {0x01dd, "e"},
		{0x01e5, "g"},  {0x0225, "z"}, {0x0237, "j"}, {0x023c, "c"},  {0x0247, "e"},  {0x0249, "j"},
		{0x024d, "r"},  {0x024f, "y"}, {0x0253, "b"}, {0x0256, "d"},  {0x0257, "d"},  {0x0259, "e"},
		{0x025b, "e"},  {0x0260, "g"}, {0x0268, "i"}, {0x026b, "l"},  {0x0272, "n"},  {0x0289, "u"},
		{0x2c65, "a"},  {0x2c66, "t"},
	};
	size_t low = 0, high = sizeof letters / sizeof letters[0];

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (letters[middle].c == c)
			return letters[middle].plain;
		if (letters[middle].c < c)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Characters of private use are letters: gaiji stand in names. */
static bool fold_is_letter(uint32_t c)
{
	return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N |
							   UC_CATEGORY_MASK_Co);
}

static void fold_char(struct fold *f, uint32_t c)
{
	const char *plain = fold_plain_letter(c);
	uint8_t bytes[6];
	int n;

	if (plain != NULL) {
		fold_letters(f, plain, strlen(plain));
	} else if (fold_is_dropped(c)) {
		return;
	} else if (fold_is_letter(c)) {
		n = u8_uctomb(bytes, c, sizeof bytes);
		fold_letters(f, (const char *)bytes, (size_t)n);
	} else {
		f->gap = true;
	}
}

static size_t fold_strip(uint32_t *chars, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		if (!fold_is_accent(chars[i]) && !fold_is_dropped(chars[i]))
			chars[kept++] = chars[i];
	}
	return kept;
}

/* libunistring writes into the room it is given when that is large enough, else into memory of its own. */
static uint32_t *fold_checked(uint32_t *chars)
{
	if (chars == NULL)
		memory_exhausted();
	return chars;
}

static void fold_long_way(struct fold *f, const uint32_t *run, size_t run_len)
{
	uint32_t parts[2 * FOLD_RUN], lower[2 * FOLD_RUN], whole[2 * FOLD_RUN];
	size_t parts_len = 2 * FOLD_RUN, lower_len = 2 * FOLD_RUN, whole_len = 2 * FOLD_RUN, i;
	uint32_t *p, *l, *w;

	p = fold_checked(u32_normalize(UNINORM_NFKD, run, run_len, parts, &parts_len));
	parts_len = fold_strip(p, parts_len);
	l = fold_checked(u32_casefold(p, parts_len, NULL, NULL, lower, &lower_len));
	w = fold_checked(u32_normalize(UNINORM_NFC, l, lower_len, whole, &whole_len));
	for (i = 0; i < whole_len; i++)
		fold_char(f, w[i]);
	if (p != parts)
		free(p);
	if (l != lower)
		free(l);
	if (w != whole)
		free(w);
}

static void fold_run_end(struct fold *f)
{
	if (f->run_len > 0)
		fold_long_way(f, f->run, f->run_len);
	f->run_len = 0;
}

/* What one character folds to, whatever stands beside it. */
enum fold_kind { FOLD_LETTERS, FOLD_DROPPED, FOLD_GAP, FOLD_LONG };

struct fold_entry {
	uint8_t kind;
	uint8_t len;
	char text[4];
};

static struct fold_entry fold_latin[0x250];
static struct fold_entry fold_latin_more[0x100]; /* U+1E00 to U+1EFF */
static pthread_once_t fold_once = PTHREAD_ONCE_INIT;

static bool fold_is_word(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	}
	return true;
}

static void fold_learn(struct fold *f, struct fold_entry *entry, uint32_t c)
{
	*entry = (struct fold_entry){.kind = FOLD_LONG};
	f->gap = f->some = false;
	if (!fold_is_dropped(c))
		fold_long_way(f, &c, 1);
	fold_flush(f);
	if (f->out->len == 0) {
		entry->kind = f->gap ? FOLD_GAP : FOLD_DROPPED;
	} else if (!f->gap && f->out->len <= sizeof entry->text && fold_is_word(f->out->data, f->out->len)) {
		entry->kind = FOLD_LETTERS;
		entry->len = (uint8_t)f->out->len;
		memcpy(entry->text, f->out->data, f->out->len);
	}
	buffer_clear(f->out);
}

static void fold_learn_all(void)
{
	struct buffer out = {0};
	struct fold *f = memory_zero(1, sizeof *f);
	uint32_t c;

	f->out = &out;
	for (c = 0; c < 0x250; c++)
		fold_learn(f, &fold_latin[c], c);
	for (c = 0; c < 0x100; c++)
		fold_learn(f, &fold_latin_more[c], 0x1e00 + c);
	free(f);
	buffer_done(&out);
}

static const struct fold_entry *fold_entry_get(uint32_t c)
{
	if (c < 0x250)
		return &fold_latin[c];
	if (c >= 0x1e00 && c < 0x1f00)
		return &fold_latin_more[c - 0x1e00];
	return NULL;
}

/* A unified ideograph folds to itself and composes with nothing. */
static bool fold_is_ideograph(uint32_t c)
{
	return c >= 0x4e00 && c <= 0x9fff;
}

static void fold_long_char(struct fold *f, uint32_t c)
{
	if (fold_is_dropped(c))
		return;
	if (f->run_len == FOLD_RUN)
		fold_run_end(f);
	f->run[f->run_len++] = c;
}

static void fold_short_char(struct fold *f, const struct fold_entry *entry)
{
	if (entry->kind == FOLD_LETTERS)
		fold_letters(f, entry->text, entry->len);
	else if (entry->kind == FOLD_GAP)
		f->gap = true;
}

void text_fold(struct buffer *out, const char *s, size_t n)
{
	struct fold f;
	size_t i = 0, len;

	pthread_once(&fold_once, fold_learn_all);
	f.out = out;
	f.used = f.run_len = 0;
	f.gap = f.some = false;
	for (; i < n; i += len) {
		const struct fold_entry *entry;
		uint32_t c;

		len = text_next(s + i, n - i, &c);
		entry = c == UINT32_MAX ? &fold_latin[0] : fold_entry_get(c);
		/* What stands on both sides of one that is dropped is one run still. */
		if (entry != NULL && entry->kind == FOLD_DROPPED)
			continue;
		if (entry != NULL && entry->kind != FOLD_LONG) {
			fold_run_end(&f);
			fold_short_char(&f, entry);
		} else if (fold_is_ideograph(c)) {
			fold_run_end(&f);
			fold_letters(&f, s + i, len);
		} else {
			fold_long_char(&f, c);
		}
	}
	fold_run_end(&f);
	fold_flush(&f);
}
