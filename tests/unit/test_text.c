/* text: whatever bytes a foreign system sends, what comes out is harmless, of the width asked for, and found again. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#define FFFD "\xef\xbf\xbd"

static uint64_t seed_start;

/* splitmix64 */
static uint64_t seed_next(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The encoding as RFC 3629 gives it; surrogates and more than 21 bits too, for what must be refused. */
static size_t encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Bytes with a taste for what is difficult: characters of all planes, marks, controls, bytes that are no UTF-8. */
static size_t random_text(uint64_t *seed, char *out, size_t max)
{
	static const uint32_t nasty[] = {0x00,    0x1b,   0x7f,   0x85,   0x9b,   0xad,   0x200b,  0x200d,  0x200f,
					 0x202e,  0x2028, 0x2066, 0xfeff, 0x301,  0x302,  0x20dd,  0x3099,  0xfe0f,
					 0xe0100, 0x1100, 0x1161, 0x11a8, 0x4e00, 0xac00, 0x1f1e9, 0x1f1ea, 0x1f600,
					 0x1f468, 0x930,  0x94d,  0x93e,  0xe33,  0x115f, 0xfdfa};
	size_t n = 0, length = seed_next(seed) % max;

	while (n + 4 <= length) {
		uint64_t r = seed_next(seed);

		switch (r % 8) {
		case 0:
			out[n++] = (char)(r >> 8);
			break;
		case 1:
		case 2:
			n += encode(nasty[(r >> 8) % (sizeof nasty / sizeof nasty[0])], out + n);
			break;
		case 3:
			n += encode((uint32_t)((r >> 8) % 0x110000), out + n);
			break;
		case 4:
			n += encode((uint32_t)(0x80 + (r >> 8) % 0x3000), out + n);
			break;
		default:
			out[n++] = (char)(0x20 + (r >> 8) % 0x5f);
			break;
		}
	}
	return n;
}

static void characters_are_decoded(void **state)
{
	char bytes[4];
	uint32_t c, got;

	(void)state;
	for (c = 0; c <= 0x10ffff; c++) {
		size_t n = encode(c, bytes), cut;
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		assert_int_equal(text_next(bytes, n, &got), surrogate ? 1 : n);
		assert_int_equal(got, surrogate ? UINT32_MAX : c);
		for (cut = 1; cut < n; cut++) {
			assert_int_equal(text_next(bytes, cut, &got), 1);
			assert_int_equal(got, UINT32_MAX);
		}
	}
}

static void invalid_bytes_are_one_each(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2\x41",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xe1\x80\x41",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
		"\xf0\x9f\x98\x41",
	};
	uint32_t c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(text_next(bad[i], strlen(bad[i]), &c), 1);
		assert_int_equal(c, UINT32_MAX);
		assert_false(text_valid(bad[i], strlen(bad[i])));
	}
}

static void validity_is_told_at_any_place(void **state)
{
	char text[64];
	size_t n, at;

	(void)state;
	for (n = 0; n < 40; n++) {
		memset(text, 'a', n);
		assert_true(text_valid(text, n));
		for (at = 0; at < n; at++) {
			text[at] = (char)0xff;
			assert_false(text_valid(text, n));
			text[at] = 'a';
			if (at + 2 > n)
				continue;
			memcpy(text + at, "\xc3\xa9", 2);
			assert_true(text_valid(text, n));
			assert_false(text_valid(text, at + 1));
			memset(text + at, 'a', 2);
		}
	}
	assert_true(text_valid("a\0b", 3));
}

struct pair {
	const char *in, *out;
};

static void assert_pairs(void (*convert)(struct buffer *, const char *, size_t), const struct pair *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct buffer out = {0};

		buffer_text_add(&out, "before ");
		convert(&out, cases[i].in, strlen(cases[i].in));
		assert_memory_equal(out.data, "before ", 7);
		assert_string_equal(buffer_text(&out) + 7, cases[i].out);
		buffer_done(&out);
	}
}

#define ASSERT_PAIRS(convert, cases) assert_pairs(convert, cases, sizeof cases / sizeof cases[0])

static void utf8_is_repaired(void **state)
{
	static const struct pair cases[] = {
		{"", ""},
		{"abc", "abc"},
		{"\xff", FFFD},
		{"a\xff\xfe"
		 "b",
		 "a" FFFD FFFD "b"},
		{"\xe2\x82", FFFD FFFD},
		{"é\xc3", "é" FFFD},
		{"\033[2J\xe2\x80\xae", "\033[2J\xe2\x80\xae"},
	};
	struct buffer out = {0};

	(void)state;
	ASSERT_PAIRS(text_utf8, cases);
	text_utf8(&out, "a\0\xff", 3);
	assert_int_equal(out.len, 5);
	assert_memory_equal(out.data, "a\0" FFFD, 5);
	buffer_done(&out);
}

static void latin1_is_decoded(void **state)
{
	static const struct pair cases[] = {
		{"", ""},
		{"abc", "abc"},
		{"M\xfcller", "Müller"},
		{"\x80\xff", "\xc2\x80ÿ"},
		{"caf\xe9 12345678 na\xefve", "café 12345678 naïve"},
	};

	(void)state;
	ASSERT_PAIRS(text_from_latin1, cases);
}

static void clean_unicode(struct buffer *out, const char *s, size_t n)
{
	text_clean(out, s, n, false);
}

static void clean_ascii(struct buffer *out, const char *s, size_t n)
{
	text_clean(out, s, n, true);
}

static void cleaning_shows_what_was_hidden(void **state)
{
	static const struct pair cases[] = {
		{"", ""},
		{"Müller 山田", "Müller 山田"},
		{"a\033[31mb", "a" FFFD "[31mb"},
		{"a\tb\nc\rd\x7f", "a" FFFD "b" FFFD "c" FFFD "d" FFFD},
		{"\xc2\x9b", FFFD},
		{"\x9b", FFFD},
		{"a\xe2\x80\xae"
		 "b",
		 "a" FFFD "b"},
		{"a\xe2\x80\x8b"
		 "b\xef\xbb\xbf",
		 "a" FFFD "b" FFFD},
		{"\xc2\xad", FFFD},
		{"\xf3\xa0\x81\x81", FFFD},
		{"\xe3\x85\xa4", FFFD},
		{"\xef\xbf\xbe", FFFD},
		{"e\xcc\x81", "e\xcc\x81"},
		/* A mark would land on what stands before the text; more marks than a cell takes would smear over
		   lines. */
		{"\xcc\x81"
		 "e",
		 FFFD "e"},
		{"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
		 "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81" FFFD "\xcc\x81"},
	};
	static const struct pair ascii[] = {
		{"Müller", "M?ller"}, {"山田\033", "???"}, {"\xff", "?"}, {"e\xcc\x81", "e?"}, {"plain", "plain"},
	};
	struct buffer out = {0};

	(void)state;
	ASSERT_PAIRS(clean_unicode, cases);
	ASSERT_PAIRS(clean_ascii, ascii);
	text_clean(&out, "a\0b", 3, false);
	assert_string_equal(out.data, "a" FFFD "b");
	buffer_done(&out);
}

/* What must not reach a terminal, told from the character alone and not from the tables the code reads. */
static bool is_deadly(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff) || (c >= 0xfe00 && c <= 0xfe0f) ||
	       c > 0x10ffff;
}

static void assert_harmless(const char *s, size_t n, bool ascii)
{
	size_t i = 0;

	while (i < n) {
		uint32_t c;

		i += text_next(s + i, n - i, &c);
		assert_false(is_deadly(c));
		assert_false(text_harmful(c));
		assert_false(ascii && c >= 0x80);
	}
}

static void every_character_is_harmless_once_clean(void **state)
{
	struct buffer out = {0};
	char bytes[4];
	uint32_t c;

	(void)state;
	for (c = 0; c <= 0x10ffff; c++) {
		size_t n = encode(c, bytes);

		assert_true(!is_deadly(c) || text_harmful(c));
		buffer_clear(&out);
		text_clean(&out, bytes, n, c % 2);
		assert_harmless(buffer_text(&out), out.len, c % 2);
		/* A surrogate is three bytes that are no UTF-8. */
		assert_true(text_width(bytes, n) <= (c >= 0xd800 && c <= 0xdfff ? 3 : 2));
	}
	assert_true(text_harmful(0x110000));
	assert_true(text_harmful(UINT32_MAX));
	buffer_done(&out);
}

static void random_bytes_are_harmless_once_clean(void **state)
{
	struct buffer out = {0}, again = {0};
	char text[200];
	size_t round;

	(void)state;
	for (round = 0; round < 30000; round++) {
		size_t n = random_text(&seed_start, text, sizeof text);
		bool ascii = round % 2;

		buffer_clear(&out);
		buffer_clear(&again);
		text_clean(&out, text, n, ascii);
		assert_harmless(buffer_text(&out), out.len, ascii);
		if (!ascii)
			assert_int_equal(text_width(text, n), text_width(buffer_text(&out), out.len));
		text_clean(&again, buffer_text(&out), out.len, ascii);
		assert_string_equal(buffer_text(&again), buffer_text(&out));
	}
	buffer_done(&out);
	buffer_done(&again);
}

static void widths_are_cells(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{"", 0},
		{"abc", 3},
		{"é", 1},
		{"e\xcc\x81", 1},
		{"山田 太郎", 9},
		{"ﾔﾏﾀﾞ", 4},
		{"Ａ", 2},
		{"한국", 4},
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2},
		{"สมชาย", 5},
		{"\033[0m", 4},
		{"\xff\xfe", 2},
		{"😀", 2},
		{"🇩🇪", 2},
		{"\xcc\x81", 1},
		{"a\xe2\x80\x8b", 2},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (text_width(cases[i].text, strlen(cases[i].text)) != cases[i].width)
			fail_msg("\"%s\" is %zu wide", cases[i].text, text_width(cases[i].text, strlen(cases[i].text)));
	}
}

static void texts_are_fitted(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		bool ascii;
		const char *left, *right;
	} cases[] = {
		{"abc", 0, false, "", ""},
		{"", 3, false, "   ", "   "},
		{"abc", 5, false, "abc  ", "  abc"},
		{"abc", 3, false, "abc", "abc"},
		{"abcd", 3, false, "ab…", "ab…"},
		{"abcd", 3, true, "ab~", "ab~"},
		{"abcd", 1, false, "…", "…"},
		{"a", 1, false, "a", "a"},
		{"山田", 4, false, "山田", "山田"},
		{"山田", 5, false, "山田 ", " 山田"},
		{"山田", 3, false, "山…", "山…"},
		{"山田", 2, false, "… ", "… "},
		{"山田", 1, false, "…", "…"},
		{"山田", 3, true, "?? ", " ??"},
		{"山田太郎", 3, true, "??~", "??~"},
		{"abe\xcc\x81", 3, false, "abe\xcc\x81", "abe\xcc\x81"},
		{"abe\xcc\x81"
		 "f",
		 3, false, "ab…", "ab…"},
		{"ae\xcc\x81"
		 "fg",
		 3, false, "ae\xcc\x81…", "ae\xcc\x81…"},
		/* Two halves of a flag stay together, two flags do not. */
		{"🇩🇪🇫🇷", 3, false, "🇩🇪…", "🇩🇪…"},
		{"a🇩🇪b", 3, false, "a… ", "a… "},
		{"a\nb", 3, false, "a" FFFD "b", "a" FFFD "b"},
		{"\xff\xff\xff", 2, false, FFFD "…", FFFD "…"},
	};
	struct buffer out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buffer_clear(&out);
		text_fit(&out, cases[i].text, strlen(cases[i].text), cases[i].width, cases[i].ascii);
		assert_string_equal(buffer_text(&out), cases[i].left);
		buffer_clear(&out);
		text_fit_right(&out, cases[i].text, strlen(cases[i].text), cases[i].width, cases[i].ascii);
		assert_string_equal(buffer_text(&out), cases[i].right);
	}
	buffer_done(&out);
}

static void random_bytes_fit_exactly(void **state)
{
	struct buffer out = {0};
	char text[120];
	size_t round;

	(void)state;
	for (round = 0; round < 40000; round++) {
		size_t n = random_text(&seed_start, text, sizeof text), width = seed_next(&seed_start) % 60;
		bool ascii = round % 4 == 0;

		buffer_clear(&out);
		if (round % 2 == 0)
			text_fit(&out, text, n, width, ascii);
		else
			text_fit_right(&out, text, n, width, ascii);
		assert_int_equal(text_width(buffer_text(&out), out.len), width);
		assert_harmless(buffer_text(&out), out.len, ascii);
	}
	buffer_done(&out);
}

static void names_are_folded(void **state)
{
	static const struct pair cases[] = {
		{"", ""},
		{"   ", ""},
		{"--", ""},
		{"Müller", "muller"},
		{"Özgür", "ozgur"},
		{"İstanbul", "istanbul"},
		{"ISTANBUL", "istanbul"},
		{"ışık", "isik"},
		{"IŞIK", "isik"},
		{"Łódź", "lodz"},
		{"Ærø", "aero"},
		{"straße", "strasse"},
		{"STRASSE", "strasse"},
		{"STRAẞE", "strasse"},
		{"Þór Eiður", "thor eidur"},
		{"Đặng Thị Ngọc", "dang thi ngoc"},
		{"Œuvre", "oeuvre"},
		{"Ħal Għaxaq", "hal ghaxaq"},
		{"Ŧ ŋ ĸ", "t n k"},
		{"Əliyev", "eliyev"},
		{"ŉ", "n"},
		{"ĳ Ĳ", "ij ij"},
		{"ſ", "s"},
		{"ǆ", "dz"},
		{"O'Brien", "obrien"},
		{"O’Brien", "obrien"},
		{"O‘Brien", "obrien"},
		{"OʼBrien", "obrien"},
		{"O`Brien", "obrien"},
		{"O´Brien", "obrien"},
		{"O＇Brien", "obrien"},
		{"D'Angelo d’", "dangelo d"},
		{"J.R.R. Tolkien", "jrr tolkien"},
		{"St. John", "st john"},
		{"Gal·la", "galla"},
		{"ŀ", "l"},
		{"JEAN-LUC", "jean luc"},
		{"Jean‐Luc–Marc", "jean luc marc"},
		{"  a,b;c  ", "a b c"},
		{"a\tb\nc", "a b c"},
		{"a_b&c/d", "a b c d"},
		{"(x)", "x"},
		{"a\xff\xfe"
		 "b",
		 "a b"},
		{"Mª José Nº 1", "ma jose no 1"},
		{"Mu\xcc\x88ller", "muller"},
		{"\xcc\x88"
		 "a",
		 "a"},
		{"Zalgo\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85", "zalgo"},
		{"山田 太郎", "山田 太郎"},
		{"さくら ガンダム が", "さくら ガンダム が"},
		{"か\xe3\x82\x99", "が"},
		{"ｶﾞｷﾞ ﾊﾟ", "ガギ パ"},
		{"佐々木", "佐々木"},
		{"ジョン・スミス", "ジョン スミス"},
		{"スーパー", "スーパー"},
		{"神", "神"},
		{"葛\xf3\xa0\x84\x80", "葛"},
		{"ＡＢＣ　１２ｚ", "abc 12z"},
		{"①②", "12"},
		{"㈱", "株"},
		{"ﬁ", "fi"},
		{"x²", "x2"},
		{"한국어 김", "한국어 김"},
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한"},
		{"가\xe1\x86\xa8", "각"},
		{"Ёлка ЙОД", "елка иод"},
		{"ΑΘΉΝΑ ς Σ", "αθηνα σ σ"},
		{"ᾳ", "α"},
		{"أَحْمَد", "احمد"},
		{"محـمد", "محمد"},
		{"שָׁלוֹם", "שלום"},
		{"สมชาย ดี", "สมชาย ดี"},
		{"राहुल कुमार", "राहुल कुमार"},
		{"soft\xc2\xadhyphen", "softhyphen"},
		{"zero\xe2\x80\x8bwidth", "zero width"},
		{"join\xe2\x80\x8d"
		 "er",
		 "joiner"},
		{"\xef\xbb\xbf"
		 "bom",
		 "bom"},
		{"a\xe2\x80\xae"
		 "b",
		 "ab"},
		{"😀 a", "a"},
	};
	struct buffer out = {0};

	(void)state;
	ASSERT_PAIRS(text_fold, cases);
	text_fold(&out, "a\0B", 3);
	assert_string_equal(out.data, "a b");
	buffer_done(&out);
}

/* Words of letters between single blanks, no more; and folding it again changes nothing. */
static void assert_folded(const char *s, size_t n)
{
	struct buffer again = {0};
	size_t i = 0, blanks = 1;
	uint32_t c = 0;

	while (i < n) {
		i += text_next(s + i, n - i, &c);
		blanks = c == ' ' ? blanks + 1 : 0;
		assert_true(blanks <= 1);
		assert_true(c == ' ' || c > 0x7f || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'));
		assert_true(c == ' ' || !text_harmful(c));
	}
	assert_true(n == 0 || c != ' ');
	text_fold(&again, s, n);
	assert_string_equal(buffer_text(&again), s);
	buffer_done(&again);
}

static void folding_is_final(void **state)
{
	struct buffer out = {0};
	char text[200];
	size_t round;
	uint32_t c;

	(void)state;
	for (c = 0; c <= 0x10ffff; c++) {
		buffer_clear(&out);
		text_fold(&out, text, encode(c, text));
		assert_folded(buffer_text(&out), out.len);
	}
	for (round = 0; round < 20000; round++) {
		buffer_clear(&out);
		text_fold(&out, text, random_text(&seed_start, text, sizeof text));
		assert_folded(buffer_text(&out), out.len);
	}
	buffer_done(&out);
}

/* Upper, lower and decomposed forms of every letter that has them. */
static void forms_of_a_letter_fold_alike(void **state)
{
	struct buffer plain = {0}, other = {0};
	uint32_t c;

	(void)state;
	for (c = 0x41; c < 0x2000; c++) {
		uint32_t forms[3][20];
		size_t n[3] = {20, 20, 20}, k, i;
		char text[100];

		/* An iota below is an accent, and a letter of its own once capitals stand there. */
		u32_normalize(UNINORM_NFD, &c, 1, forms[1], &n[1]);
		if (!uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L) || forms[1][n[1] - 1] == 0x345)
			continue;
		u32_tolower(&c, 1, NULL, NULL, forms[0], &n[0]);
		u32_toupper(&c, 1, NULL, NULL, forms[2], &n[2]);
		buffer_clear(&plain);
		text_fold(&plain, text, encode(c, text));
		for (k = 0; k < 3; k++) {
			size_t length = 0;

			for (i = 0; i < n[k]; i++)
				length += encode(forms[k][i], text + length);
			buffer_clear(&other);
			text_fold(&other, text, length);
			if (strcmp(buffer_text(&other), buffer_text(&plain)) != 0)
				fail_msg("U+%04X: form %zu folds to \"%s\", not \"%s\"", (unsigned)c, k,
					 buffer_text(&other), buffer_text(&plain));
		}
	}
	buffer_done(&plain);
	buffer_done(&other);
}

/* Processor time of the best of three, so that another program does not count. */
static double fold_seconds(const char *text, size_t n)
{
	double best = 1e9;
	int i;

	for (i = 0; i < 3; i++) {
		struct buffer out = {0};
		clock_t start = clock();
		double took;

		text_fold(&out, text, n);
		buffer_clear(&out);
		text_fit(&out, text, n, 80, false);
		text_clean(&out, text, n, false);
		took = (double)(clock() - start) / CLOCKS_PER_SEC;
		best = took < best ? took : best;
		buffer_done(&out);
	}
	return best;
}

/* Eight times the text may take sixteen times as long, where a quadratic way would take sixty-four. */
static void garbage_takes_linear_time(void **state)
{
	static const char *const units[] = {"\xcc\x81", "\xe3\x82\x99",      "\xef\xb7\xba", "\xe1\x85\xa1",
					    "\xff",     "a\xcc\x96\xcc\x81", "\xe0\xa4\xbe", "\xf0\x9f\x87\xa9"};
	enum { LARGE = 1 << 20 };
	char *text = memory_alloc(LARGE);
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t n = strlen(units[i]);
		double few, many;

		for (at = 0; at < LARGE; at++)
			text[at] = units[i][at % n];
		few = fold_seconds(text, LARGE / 8);
		many = fold_seconds(text, LARGE);
		if (many > 16 * few + 0.02)
			fail_msg("unit %zu: %.3f s and %.3f s", i, few, many);
	}
	free(text);
}

static void no_character_is_cut(void **state)
{
	static const struct {
		const char *text;
		size_t n, whole;
	} cases[] = {
		{"", 0, 0},
		{"abc", 2, 2},
		{"\xc3\xa9", 2, 2},
		{"\xc3\xa9", 1, 0},
		{"a\xe2\x82\xac", 4, 4},
		{"a\xe2\x82\xac", 3, 1},
		{"a\xe2\x82\xac", 2, 1},
		{"a\xf0\x9f\x98\x80", 5, 5},
		{"a\xf0\x9f\x98\x80", 4, 1},
		{"\xc3\xa9\xc3", 3, 2},
		{"\x80\x80\x80\x80", 4, 4}, /* no characters at all: nothing is cut by us */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(text_whole(cases[i].text, cases[i].n), cases[i].whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_decoded),
		cmocka_unit_test(invalid_bytes_are_one_each),
		cmocka_unit_test(validity_is_told_at_any_place),
		cmocka_unit_test(utf8_is_repaired),
		cmocka_unit_test(latin1_is_decoded),
		cmocka_unit_test(cleaning_shows_what_was_hidden),
		cmocka_unit_test(every_character_is_harmless_once_clean),
		cmocka_unit_test(random_bytes_are_harmless_once_clean),
		cmocka_unit_test(widths_are_cells),
		cmocka_unit_test(texts_are_fitted),
		cmocka_unit_test(random_bytes_fit_exactly),
		cmocka_unit_test(names_are_folded),
		cmocka_unit_test(folding_is_final),
		cmocka_unit_test(no_character_is_cut),
		cmocka_unit_test(forms_of_a_letter_fold_alike),
		cmocka_unit_test(garbage_takes_linear_time),
	};
	const char *seed = getenv("SEED");

	seed_start = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("# seed %llu\n", (unsigned long long)seed_start);
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
