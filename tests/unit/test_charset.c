/* What the servers make of the bytes, taken from MariaDB 10.11; gb18030 from its standard. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "binlog/charset.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *named(uint32_t id)
{
	const struct charset *c = charset_of_collation(id);
	return c ? c->name : "";
}

static void test_collations(void **state)
{
	(void)state;
	static const struct {
		uint32_t id;
		const char *name;
	} cases[] = {
		{0, ""},           {1, "big5"},       {3, "dec8"},       {5, "latin1"},     {6, "hp8"},
		{8, "latin1"},     {9, "latin2"},     {10, "swe7"},      {11, "ascii"},     {12, "ujis"},
		{13, "sjis"},      {14, "cp1251"},    {16, "hebrew"},    {17, ""},          {18, "tis620"},
		{19, "euckr"},     {20, "latin7"},    {21, "latin2"},    {22, "koi8u"},     {24, "gb2312"},
		{25, "greek"},     {26, "cp1250"},    {28, "gbk"},       {30, "latin5"},    {32, "armscii8"},
		{33, "utf8mb3"},   {35, "ucs2"},      {36, "cp866"},     {37, "keybcs2"},   {38, "macce"},
		{39, "macroman"},  {40, "cp852"},     {45, "utf8mb4"},   {46, "utf8mb4"},   {47, "latin1"},
		{54, "utf16"},     {56, "utf16le"},   {57, "cp1256"},    {59, "cp1257"},    {60, "utf32"},
		{62, "utf16le"},   {63, "binary"},    {64, "armscii8"},  {76, "utf8mb3"},   {80, "cp850"},
		{83, "utf8mb3"},   {92, "geostd8"},   {94, "latin1"},    {95, "cp932"},     {97, "eucjpms"},
		{99, "cp1250"},    {100, ""},         {101, "utf16"},    {124, "utf16"},    {125, ""},
		{128, "ucs2"},     {151, "ucs2"},     {159, "ucs2"},     {160, "utf32"},    {183, "utf32"},
		{192, "utf8mb3"},  {223, "utf8mb3"},  {224, "utf8mb4"},  {247, "utf8mb4"},  {248, "gb18030"},
		{250, "gb18030"},  {255, "utf8mb4"},  {278, "utf8mb4"},  {305, "utf8mb4"},  {309, "utf8mb4"},
		{323, "utf8mb4"},  {324, ""},         {576, "utf8mb3"},  {608, "utf8mb4"},  {640, "ucs2"},
		{672, "utf16"},    {736, "utf32"},    {1024, ""},        {1025, "big5"},    {1032, "latin1"},
		{1057, "utf8mb3"}, {1069, "utf8mb4"}, {1070, "utf8mb4"}, {1122, "eucjpms"}, {1147, "utf16"},
		{1174, "ucs2"},    {1206, "utf32"},   {1238, "utf8mb3"}, {1270, "utf8mb4"}, {1280, ""},
		{2048, "utf8mb3"}, {2304, "utf8mb4"}, {2503, "utf8mb4"}, {2560, "ucs2"},    {2816, "utf16"},
		{3072, "utf32"},   {3271, "utf32"},   {3328, ""},        {UINT32_MAX, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (strcmp(named(cases[i].id), cases[i].name) != 0)
			fail_msg("%u is \"%s\", not \"%s\"", cases[i].id, named(cases[i].id), cases[i].name);
	}
}

static void test_names(void **state)
{
	(void)state;
	static const char *const names[] = {"armscii8", "big5",    "cp932", "eucjpms", "euckr", "gb18030", "gbk",
					    "geostd8",  "keybcs2", "ujis",  "utf16le", "utf32", "utf8mb4", "utf8mb3"};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(charset_named(names[i])->name, names[i]);
	assert_ptr_equal(charset_named("utf8"), charset_named("utf8mb3"));
	assert_true(charset_named("binary")->binary);
	assert_false(charset_named("utf8mb4")->binary);
	assert_null(charset_named("latin9"));
	assert_null(charset_named(""));
}

struct expect {
	const char *name, *hex, *text;
};

static const struct expect conversions[] = {
	{"latin1", "5afc72696368", "Zürich"},
	{"latin1", "8580818d8f909d", "…€\xc2\x81\xc2\x8d\xc2\x8f\xc2\x90\xc2\x9d"},
	{"utf8mb4", "f09f9880ff", "😀\xff"},
	{"utf8mb3", "c3a9", "é"},
	{"ascii", "61", "a"},
	{"binary", "ff00", "\xff"},
	{"swe7", "415b5c5d607d407b7f", "AÄÖÅéåÉä?"},
	{"dec8", "d7fda6", "Œÿ?"},
	{"greek", "e1e2a1a2", "αβʽʼ"},
	{"hebrew", "e0af", "א‾"},
	{"tis620", "a1fb80", "ก๛\xc2\x80"},
	{"cp866", "80f2fc", "АЄⁿ"},
	{"armscii8", "b2b3a2", "Աա§"},
	{"keybcs2", "8081", "Čü"},
	{"geostd8", "c0c180fd", "აბ€№"},
	{"cp1256", "c7c8ff", "اب?"},
	{"macroman", "c6f0", "∆\uf8ff"},
	{"koi8u", "a4cf95", "єо•"},
	{"gbk", "c8d5b1be61a6b8", "日本aΩ"},
	{"gb2312", "c8d5b1be", "日本"},
	{"gb18030", "c8d5b1be8130813095328236", "日本\xc2\x80\U00020000"},
	{"big5", "a4e9a5bbc7d9a241", "日本р／"},
	{"big5", "a3e1c8a1", "??"},
	{"euckr", "8141b0a1", "갂가"},
	{"sjis", "93fa967b815f5c7eb1", "日本\\\\~ｱ"},
	{"cp932", "93fa967b815f5cb1", "日本＼\\ｱ"},
	{"ujis", "c6fccbdc8fabb1a1c08eb1", "日本é\\ｱ"},
	{"ujis", "ada1", "?"},
	{"eucjpms", "c6fccbdc8fabb1a1c08eb1", "日本é＼ｱ"},
	{"ucs2", "005a00fc65e5", "Zü日"},
	{"utf16", "0061d83dde00d83d0061de00d83d", "a😀?a??"},
	{"utf16le", "61003dd800de", "a😀"},
	{"utf32", "000000610001f6000000d80000110000", "a😀\xed\xa0\x80?"},
	{"ucs2", "0061d83dde0061", "a\xed\xa0\xbd\xed\xb8\x80?"},
	{"utf32", "00000061000000", "a?"},
	/* What no column can hold, but a damaged log can */
	{"gbk", "c8d5ff31c8", "日?1?"},
	{"sjis", "fe93", "??"},
	{"ujis", "8fab", "??"},
	{"gb18030", "813081", "?0?"},
};

static void convert(const struct expect *e, struct arena *arena)
{
	size_t n = strlen(e->hex) / 2, len;
	char *bytes = malloc(n);
	const char *text;
	for (size_t i = 0; i < n; i++) {
		unsigned byte;
		sscanf(e->hex + 2 * i, "%2x", &byte);
		bytes[i] = (char)byte;
	}
	charset_to_utf8(charset_named(e->name), bytes, n, arena, &text, &len);
	const char *copy = arena_copy(arena, text, len);
	free(bytes);
	if (strcmp(copy, e->text) != 0)
		fail_msg("%s %s is \"%s\", not \"%s\"", e->name, e->hex, copy, e->text);
}

static void test_conversion(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena);
	for (size_t i = 0; i < COUNT(conversions); i++)
		convert(&conversions[i], &arena);
	arena_done(&arena);
}

static void test_plain_text_is_borrowed(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena);
	static const char *const names[] = {"utf8mb4", "latin1", "gbk", "sjis", "binary", "cp1251"};
	const char *text = "plain ASCII, 7 bits", *out;
	size_t len;
	for (size_t i = 0; i < COUNT(names); i++) {
		charset_to_utf8(charset_named(names[i]), text, strlen(text), &arena, &out, &len);
		assert_ptr_equal(out, text);
		assert_int_equal(len, strlen(text));
	}
	assert_int_equal(arena.used, 0);
	charset_to_utf8(charset_named("utf32"), "", 0, &arena, &out, &len);
	assert_int_equal(len, 0);
	arena_done(&arena);
}

/* Whatever the bytes: what is converted is valid UTF-8 (but for halves of pairs in ucs2, 0xd8 to 0xdf). */
static void test_any_bytes(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena);
	for (uint32_t id = 0; id < 400; id++) {
		const struct charset *c = charset_of_collation(id);
		for (unsigned b = 0; c && b < 65536; b += 7) {
			char pair[2] = {(char)(b >> 8), (char)b};
			const char *out;
			size_t len;
			arena_reset(&arena);
			charset_to_utf8(c, pair, 2, &arena, &out, &len);
			assert_true(len >= 1 && len <= 8);
			assert_true(out == pair || b >> 11 == 0x1b || text_valid(out, len));
		}
	}
	arena_done(&arena);
}

static void *convert_often(void *unused)
{
	static const char gbk[] = "\xc8\xd5\xb1\xbe", japanese[] = "\xe6\x97\xa5\xe6\x9c\xac";
	struct arena arena;
	size_t wrong = 0;
	arena_init(&arena);
	for (int i = 0; i < 2000; i++) {
		const char *out;
		size_t len;
		arena_reset(&arena);
		charset_to_utf8(charset_named("gbk"), gbk, sizeof gbk - 1, &arena, &out, &len);
		wrong += len != 6 || memcmp(out, japanese, 6) != 0;
	}
	arena_done(&arena);
	(void)unused;
	return (void *)wrong;
}

static void test_threads_share_a_set(void **state)
{
	(void)state;
	pthread_t threads[3];
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, convert_often, NULL), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *wrong;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_collations), cmocka_unit_test(test_names),
		cmocka_unit_test(test_conversion), cmocka_unit_test(test_plain_text_is_borrowed),
		cmocka_unit_test(test_any_bytes),  cmocka_unit_test(test_threads_share_a_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
