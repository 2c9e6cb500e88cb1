/* Plural rules, catalogues as files, and sentences recognised again. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/catalogue.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/plural.h"

/* ---- plurals ---- */

static void plural_rules(void **state)
{
	static const char russian[] =
		"n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;\n";
	static const struct {
		const char *rule;
		unsigned long n, form;
	} cases[] = {
		{NULL, 1, 0},
		{NULL, 0, 1},
		{NULL, 2, 1},
		{"0;", 7, 0},
		{"n > 1;", 0, 0},
		{"n > 1;", 1, 0},
		{"n > 1", 2, 1},
		{"n != 1;", 0, 1},
		{"(n != 1)", 1, 0},
		{russian, 1, 0},
		{russian, 11, 2},
		{russian, 21, 0},
		{russian, 22, 1},
		{russian, 12, 2},
		{russian, 112, 2},
		{"!n", 0, 1},
		{"!!n", 5, 1},
		{"2+3*4-n", 4, 10},
		{"10/3%2", 0, 1},
		{"n>=2&&n<=3||n==7", 7, 1},
		{"1?2:1?3:4", 0, 2},
		{"0?2:0?3:4", 0, 4},
		/* What is no expression is form 0, whatever it does. */
		{"n/0", 5, 0},
		{"n%0", 5, 0},
		{"n n", 5, 0},
		{"", 5, 0},
		{"(n", 5, 0},
		{"m", 5, 0},
		{"1?2", 5, 0},
		{"n==", 5, 0},
	};
	char deep[1000];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (plural_form(cases[i].rule, cases[i].n) != cases[i].form)
			fail_msg("%s of %lu is %lu", cases[i].rule, cases[i].n, plural_form(cases[i].rule, cases[i].n));
	memset(deep, '(', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	assert_int_equal(plural_form(deep, 1), 0);
	memset(deep, '!', sizeof deep - 1);
	assert_int_equal(plural_form(deep, 1), 0);
}

/* ---- a file as msgfmt writes it ---- */

struct text {
	const char *english, *translated;
	size_t english_len, translated_len;
};
#define TEXT(a, b)                                                                                                     \
	{                                                                                                              \
		a, b, sizeof(a) - 1, sizeof(b) - 1                                                                     \
	}

/* Sorted, as msgfmt sorts them. */
static const struct text texts[] = {
	TEXT("", "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n > 1;\n"),
	TEXT("%d store\0%d stores", "%d agence\0%d agences"),
	TEXT("%s; beginning anew", "%s ; on recommence"),
	TEXT("No such file or directory", "Fichier ou dossier inexistant"),
	TEXT("could not find %zu error\0could not find %zu errors", "%zu erreur introuvable\0%zu erreurs introuvables"),
	TEXT("could not open %s: %s", "jamais : le plus long l'emporte"),
	TEXT("could not open replica \"%s\": %s",
	     "impossible d'ouvrir le r\xc3\xa9plica \xc2\xab\xc2\xa0%s\xc2\xa0\xc2\xbb : %s"),
	TEXT("could not sort %s by %s", "impossible de trier : par %2$s, %1$s"),
	TEXT("is full at %d %%", "est plein \xc3\xa0 %d %%"),
	TEXT("name", "nom"),
	TEXT("the disk is full\n", "le disque est plein\n"),
	TEXT("the key of %s", "la cl\xc3\xa9 de %s"),
};
enum { TEXTS = sizeof texts / sizeof *texts };

static void put32(struct buffer *b, uint32_t n)
{
	buffer_add(b, &n, sizeof n);
}

static void make_file(struct buffer *b)
{
	uint32_t at = 28 + 16 * TEXTS;

	buffer_clear(b);
	put32(b, 0x950412de);
	put32(b, 0);
	put32(b, TEXTS);
	put32(b, 28);
	put32(b, 28 + 8 * TEXTS);
	put32(b, 0);
	put32(b, 0);
	for (int i = 0; i < TEXTS; at += (uint32_t)texts[i++].english_len + 1)
		put32(b, (uint32_t)texts[i].english_len), put32(b, at);
	for (int i = 0; i < TEXTS; at += (uint32_t)texts[i++].translated_len + 1)
		put32(b, (uint32_t)texts[i].translated_len), put32(b, at);
	for (int i = 0; i < TEXTS; i++)
		buffer_add(b, texts[i].english, texts[i].english_len + 1);
	for (int i = 0; i < TEXTS; i++)
		buffer_add(b, texts[i].translated, texts[i].translated_len + 1);
}

static char folder[] = "/tmp/test_language-XXXXXX";

static void write_file(const char *language, const struct buffer *b, size_t n)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", folder, language);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/LC_MESSAGES", folder, language);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/LC_MESSAGES/tellerdesk.mo", folder, language);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, n, f), n);
	fclose(f);
}

static int begin(void **state)
{
	struct buffer b = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	make_file(&b);
	write_file("fr", &b, b.len);
	buffer_done(&b);
	return 0;
}

static int end(void **state)
{
	char command[100];

	(void)state;
	language_stop();
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static char *path_of(const char *language)
{
	return memory_format("%s/%s/LC_MESSAGES/tellerdesk.mo", folder, language);
}

static void catalogue_finds(void **state)
{
	char *path = path_of("fr");
	struct catalogue *c = catalogue_open(path, false);
	const struct catalogue_entry *e;
	size_t count;

	(void)state;
	assert_non_null(c);
	catalogue_entries(c, &count);
	assert_int_equal(count, TEXTS - 1);
	for (int i = 1; i < TEXTS; i++) {
		e = catalogue_find(c, texts[i].english);
		assert_non_null(e);
		assert_string_equal(catalogue_form(c, e, 1), texts[i].translated);
	}
	assert_null(catalogue_find(c, "nam"));
	assert_null(catalogue_find(c, ""));
	e = catalogue_find(c, "%d store");
	assert_string_equal(e->many, "%d stores");
	assert_string_equal(catalogue_form(c, e, 0), "%d agence");
	assert_string_equal(catalogue_form(c, e, 2), "%d agences");
	catalogue_free(c);
	free(path);
}

/* Cut at every byte, and each byte of its head and tables changed: never more than a refusal. */
static void catalogue_survives_damage(void **state)
{
	struct buffer b = {0};
	char *path = path_of("xx");
	size_t opened = 0;

	(void)state;
	make_file(&b);
	for (size_t n = 0; n < b.len; n++) {
		write_file("xx", &b, n);
		assert_null(catalogue_open(path, false));
	}
	for (size_t i = 0; i < 28 + 16 * TEXTS; i++) {
		char kept = b.data[i];

		for (int flip = 0; flip < 3; flip++) {
			b.data[i] = (char)(kept ^ (flip == 0 ? 1 : flip == 1 ? 0x80 : 0xff));
			write_file("xx", &b, b.len);
			struct catalogue *c = catalogue_open(path, true);
			opened += c != NULL;
			catalogue_free(c);
		}
		b.data[i] = kept;
	}
	assert_true(opened > 0);
	assert_null(catalogue_open(folder, false));
	buffer_done(&b);
	free(path);
}

/* ---- which language ---- */

static void clear_environment(void)
{
	static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
}

static void language_from_environment(void **state)
{
	static const struct {
		const char *language, *all, *messages, *lang, *setting, *used;
	} cases[] = {
		{NULL, NULL, NULL, NULL, "auto", "en"},        {NULL, NULL, NULL, "fr_FR.UTF-8", NULL, "fr"},
		{NULL, NULL, NULL, "fr_CA@x", "auto", "fr"},   {NULL, NULL, "fr", "de_DE.UTF-8", "auto", "fr"},
		{NULL, "de_DE", "fr", "fr", "auto", "en"},     {NULL, "", "", "fr", "auto", "fr"},
		{"fr", "C", NULL, NULL, "auto", "en"},         {"fr", "C.UTF-8", NULL, NULL, "auto", "en"},
		{"fr", "POSIX", NULL, NULL, "auto", "en"},     {"fr", NULL, NULL, NULL, "auto", "en"},
		{"de:fr", "de_DE", NULL, NULL, "auto", "fr"},  {"en_GB:fr", "de_DE", NULL, NULL, "auto", "en"},
		{NULL, "Cantonese", NULL, "fr", "auto", "en"}, {NULL, "C", NULL, NULL, "fr", "fr"},
		{NULL, "fr_FR", NULL, NULL, "en", "en"},       {NULL, "fr_FR", NULL, NULL, "xx", "en"},
		{NULL, "../fr", NULL, NULL, "auto", "en"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		clear_environment();
		if (cases[i].language)
			setenv("LANGUAGE", cases[i].language, 1);
		if (cases[i].all)
			setenv("LC_ALL", cases[i].all, 1);
		if (cases[i].messages)
			setenv("LC_MESSAGES", cases[i].messages, 1);
		if (cases[i].lang)
			setenv("LANG", cases[i].lang, 1);
		language_start(cases[i].setting, folder, false);
		if (strcmp(language_name(), cases[i].used) != 0)
			fail_msg("case %zu speaks %s, not %s", i, language_name(), cases[i].used);
		assert_string_equal(_("name"), strcmp(cases[i].used, "fr") == 0 ? "nom" : "name");
	}
	clear_environment();
}

static void language_texts(void **state)
{
	(void)state;
	language_start("en", folder, false);
	assert_string_equal(P_("%d store", "%d stores", 1), "%d store");
	assert_string_equal(P_("%d store", "%d stores", 0), "%d stores");
	assert_string_equal(_(""), "");
	language_start("fr", folder, false);
	assert_string_equal(P_("%d store", "%d stores", 0), "%d agence");
	assert_string_equal(P_("%d store", "%d stores", 5), "%d agences");
	assert_string_equal(_("not in it"), "not in it");
	assert_string_equal(P_("%d bank", "%d banks", 2), "%d banks");
	assert_string_equal(_(""), "");
}

/* ---- sentences ---- */

static void sentences(void **state)
{
	static const struct {
		const char *english, *french;
	} cases[] = {
		{"", ""},
		{"name", "nom"},
		{"nothing of ours", "nothing of ours"},
		{"could not open replica \"r.db\": x",
		 "impossible d'ouvrir le r\xc3\xa9plica \xc2\xab\xc2\xa0r.db\xc2\xa0\xc2\xbb : x"},
		/* A cause is translated as well, a name is not. */
		{"could not open replica \"the disk is full\": the disk is full",
		 "impossible d'ouvrir le r\xc3\xa9plica \xc2\xab\xc2\xa0the disk is full\xc2\xa0\xc2\xbb : le disque "
		 "est plein"},
		{"could not open replica \"a\": No such file or directory",
		 "impossible d'ouvrir le r\xc3\xa9plica \xc2\xab\xc2\xa0"
		 "a\xc2\xa0\xc2\xbb : Fichier ou dossier inexistant"},
		/* With its number. */
		{"could not open replica \"a\": No such file or directory (2002)",
		 "impossible d'ouvrir le r\xc3\xa9plica \xc2\xab\xc2\xa0"
		 "a\xc2\xa0\xc2\xbb : Fichier ou dossier inexistant (2002)"},
		{"the disk is full (12", "the disk is full (12"},
		{"the disk is full ()", "the disk is full ()"},
		{"could not sort the key of x by name", "impossible de trier : par name, la cl\xc3\xa9 de x"},
		{"could not open replica \"r\": the disk is full; beginning anew",
		 "impossible d'ouvrir le r\xc3\xa9plica \xc2\xab\xc2\xa0r\xc2\xa0\xc2\xbb : le disque est plein ; on "
		 "recommence"},
		{"is full at 99 %", "est plein \xc3\xa0 99 %"},
		{"is full at all %", "is full at all %"},
		{"could not find 1 error", "1 erreur introuvable"},
		{"could not find 12 errors", "12 erreurs introuvables"},
		/* Lines of a list, each with its place. */
		{"the disk is full\nname\n", "le disque est plein\nnom\n"},
		{"a/b.conf:12: the disk is full", "a/b.conf:12: le disque est plein"},
		{"a b.conf:12: the disk is full", "a b.conf:12: the disk is full"},
		{"12: name", "12: name"},
	};
	struct buffer out = {0};

	(void)state;
	language_start("fr", folder, false);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buffer_clear(&out);
		language_sentence(&out, cases[i].english);
		assert_string_equal(buffer_text(&out), cases[i].french);
	}
	language_start("fr", folder, true);
	buffer_clear(&out);
	language_sentence(&out, "could not open replica \"r\": the disk is full");
	assert_string_equal(buffer_text(&out), "impossible d'ouvrir le replica \"r\" : le disque est plein");
	language_start("en", folder, false);
	buffer_clear(&out);
	language_sentence(&out, "could not open replica \"r\": the disk is full\nname");
	assert_string_equal(buffer_text(&out), "could not open replica \"r\": the disk is full\nname");
	buffer_done(&out);
}

/* Texts made to have as many ways to fit as there can be end soon, and stay what they were. */
static void sentences_end(void **state)
{
	struct buffer text = {0}, out = {0};

	(void)state;
	language_start("fr", folder, false);
	buffer_text_add(&text, "could not sort ");
	for (int i = 0; i < 300; i++)
		buffer_text_add(&text, " by");
	language_sentence(&out, buffer_text(&text));
	assert_true(out.len > 0);
	buffer_clear(&text);
	buffer_clear(&out);
	for (int i = 0; i < 300; i++)
		buffer_text_add(&text, "could not open replica \"\": ");
	language_sentence(&out, buffer_text(&text));
	assert_true(out.len >= text.len);
	buffer_done(&text);
	buffer_done(&out);
}

/* A format with each gap filled: texts by q and the gap's number, numbers by 7 and it. */
static void filled(struct buffer *out, const char *format)
{
	int next = 0;

	for (; *format; format++) {
		int place = 0;

		if (*format != '%' || !format[1]) {
			buffer_char(out, *format);
			continue;
		}
		format++;
		if (*format >= '1' && *format <= '9' && format[1] == '$') {
			place = *format - '0';
			format += 2;
		}
		format += strspn(format, "-+ #0123456789.*hljzt");
		if (*format == '%') {
			buffer_char(out, '%');
			continue;
		}
		place = place ? place : ++next;
		buffer_format(out, *format == 's' ? "q%d" : "7%d", place);
	}
	if (out->len && out->data[out->len - 1] == '\n')
		buffer_cut(out, out->len - 1);
}

/* Each format of the program's own catalogues is recognised, whatever others there are. */
static void sentences_of_the_program(void **state)
{
	const char *build = getenv("BUILDDIR");
	static const char *const languages[] = {"fr", "id"};

	(void)state;
	for (size_t l = 0; build && l < 2; l++) {
		char *locale = memory_format("%s/locale", build);
		char *path = memory_format("%s/%s/LC_MESSAGES/tellerdesk.mo", locale, languages[l]);
		struct catalogue *c = catalogue_open(path, false);
		size_t count = 0, known = 0;
		const struct catalogue_entry *e = c ? catalogue_entries(c, &count) : NULL;

		language_start(languages[l], locale, false);
		for (size_t i = 0; i < count; i++) {
			struct buffer said = {0}, told = {0}, wanted = {0};

			filled(&said, e[i].many ? e[i].many : e[i].english);
			filled(&wanted, catalogue_form(c, &e[i], 71));
			/* What is mostly gaps is a frame for others, and of several lines each is one text. */
			if (strchr(e[i].english, ' ') && said.len > 12 && !strchr(buffer_text(&said), '\n')) {
				language_sentence(&told, buffer_text(&said));
				assert_string_equal(buffer_text(&told), buffer_text(&wanted));
				known++;
			}
			buffer_done(&said);
			buffer_done(&told);
			buffer_done(&wanted);
		}
		assert_true(!c || known > 500);
		catalogue_free(c);
		free(path);
		free(locale);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plural_rules),
		cmocka_unit_test(catalogue_finds),
		cmocka_unit_test(catalogue_survives_damage),
		cmocka_unit_test(language_from_environment),
		cmocka_unit_test(language_texts),
		cmocka_unit_test(sentences),
		cmocka_unit_test(sentences_end),
		cmocka_unit_test(sentences_of_the_program),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
