#include "config.h"

#include "base/catalogue.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uninorm.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/plural.h"
#include "base/text.h"

enum { CATALOGUE_HEAD = 20, CATALOGUE_LARGEST = 16 * 1024 * 1024 };
static const uint32_t catalogue_magic = 0x950412deu;

struct catalogue {
	struct buffer file;
	struct arena arena;
	struct catalogue_entry *entries;
	size_t count;
	char *rule; /* of plurals; NULL: that of English */
	bool swapped;
};

/* ---- the file ---- */

static bool catalogue_read(struct buffer *out, const char *path)
{
	char block[65536];
	struct stat st;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= CATALOGUE_LARGEST)
		while ((n = read(fd, block, sizeof block)) > 0 && out->len <= CATALOGUE_LARGEST)
			buffer_add(out, block, (size_t)n);
	close(fd);
	return n == 0;
}

/* at + 4 lies within the file. */
static uint32_t catalogue_number(const struct catalogue *c, size_t at)
{
	uint32_t n;

	memcpy(&n, c->file.data + at, sizeof n);
	return c->swapped ? __builtin_bswap32(n) : n;
}

/* A text of a table at `table`: n bytes and a NUL. NULL: it lies outside. */
static const char *catalogue_string(const struct catalogue *c, size_t table, size_t index, size_t *n)
{
	size_t at = table + 8 * index, start;

	if (at + 8 > c->file.len)
		return NULL;
	*n = catalogue_number(c, at);
	start = catalogue_number(c, at + 4);
	if (start >= c->file.len || *n >= c->file.len - start || c->file.data[start + *n])
		return NULL;
	return c->file.data + start;
}

/* ---- without accents ---- */

static const char *catalogue_plain_letter(uint32_t c)
{
	static const struct {
		uint32_t c;
		const char *plain;
	} letters[] = {
		{0xa0, " "},   {0xab, "\""},   {0xb7, "."},    {0xbb, "\""},    {0xc6, "AE"},  {0xd7, "x"},
		{0xe6, "ae"},  {0x152, "OE"},  {0x153, "oe"},  {0x2013, "-"},   {0x2014, "-"}, {0x2018, "'"},
		{0x2019, "'"}, {0x201c, "\""}, {0x201d, "\""}, {0x2026, "..."}, {0x202f, " "}, {0x2192, "->"},
	};

	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].c == c)
			return letters[i].plain;
	return NULL;
}

/* The base letter alone. */
static void catalogue_unmark(struct buffer *out, const char *letter, size_t n)
{
	size_t length = 0;
	uint8_t *parts = u8_normalize(UNINORM_NFKD, (const uint8_t *)letter, n, NULL, &length);

	for (size_t i = 0; parts && i < length; i++)
		if (parts[i] < 0x80)
			buffer_char(out, (char)parts[i]);
	free(parts);
}

/* The space behind an opening guillemet, which has become a quote already, or before a closing one. */
static bool catalogue_within_quotes(const char *s, size_t n, uint32_t letter, const struct buffer *out)
{
	if (letter != 0xa0)
		return false;
	return (n >= 4 && memcmp(s + 2, "\xc2\xbb", 2) == 0) || (out->len > 0 && out->data[out->len - 1] == '"');
}

/* Bytes as they are but for letters with marks and typographic signs; NULs stay where they end a form. */
static const char *catalogue_plain(struct catalogue *c, const char *s, size_t n)
{
	struct buffer out = {0};
	const char *kept;

	while (n > 0) {
		uint32_t letter;
		size_t length = text_next(s, n, &letter);
		const char *plain = letter < 0x80 ? NULL : catalogue_plain_letter(letter);

		if (catalogue_within_quotes(s, n, letter, &out))
			; /* "x", where French has a space on both sides */
		else if (plain)
			buffer_text_add(&out, plain);
		else if (letter < 0x80)
			buffer_add(&out, s, length);
		else
			catalogue_unmark(&out, s, length);
		s += length;
		n -= length;
	}
	kept = arena_copy(&c->arena, buffer_text(&out), out.len);
	buffer_done(&out);
	return kept;
}

/* ---- opening ---- */

static int catalogue_forms(const char *forms, size_t n)
{
	int count = 1;

	for (size_t i = 0; i < n; i++)
		count += forms[i] == '\0';
	return count;
}

/* "Plural-Forms: nplurals=2; plural=n>1;" of the header. */
static void catalogue_header(struct catalogue *c, const char *text)
{
	const char *line = strstr(text, "Plural-Forms:");
	const char *rule = line ? strstr(line, "plural=") : NULL;

	if (rule && !c->rule)
		c->rule = memory_text_n(rule + strlen("plural="), strcspn(rule, ";\n") - strlen("plural="));
}

static bool catalogue_entry_add(struct catalogue *c, size_t originals, size_t translations, size_t index, bool ascii)
{
	size_t n, m;
	const char *english = catalogue_string(c, originals, index, &n);
	const char *forms = catalogue_string(c, translations, index, &m);
	struct catalogue_entry *e = &c->entries[c->count];

	if (!english || !forms)
		return false;
	if (n == 0) {
		catalogue_header(c, forms);
		return true;
	}
	*e = (struct catalogue_entry){.english = english, .forms = forms, .form_count = catalogue_forms(forms, m)};
	if (strlen(english) < n)
		e->many = english + strlen(english) + 1;
	if (ascii)
		e->forms = catalogue_plain(c, forms, m);
	if (c->count > 0 && strcmp(c->entries[c->count - 1].english, english) >= 0)
		return false; /* they are sorted: that is how they are found */
	c->count++;
	return true;
}

static bool catalogue_parse(struct catalogue *c, bool ascii)
{
	size_t count, originals, translations;

	if (c->file.len < CATALOGUE_HEAD)
		return false;
	c->swapped = catalogue_number(c, 0) != catalogue_magic;
	if (catalogue_number(c, 0) != catalogue_magic || catalogue_number(c, 4) >> 16 > 1)
		return false;
	count = catalogue_number(c, 8);
	originals = catalogue_number(c, 12);
	translations = catalogue_number(c, 16);
	if (count > c->file.len / 8)
		return false;
	c->entries = memory_zero(count + 1, sizeof *c->entries);
	for (size_t i = 0; i < count; i++)
		if (!catalogue_entry_add(c, originals, translations, i, ascii))
			return false;
	return true;
}

struct catalogue *catalogue_open(const char *path, bool ascii)
{
	struct catalogue *c = memory_zero(1, sizeof *c);

	arena_init(&c->arena);
	if (catalogue_read(&c->file, path) && catalogue_parse(c, ascii))
		return c;
	catalogue_free(c);
	return NULL;
}

void catalogue_free(struct catalogue *c)
{
	if (!c)
		return;
	buffer_done(&c->file);
	arena_done(&c->arena);
	free(c->entries);
	free(c->rule);
	free(c);
}

/* ---- asking ---- */

const struct catalogue_entry *catalogue_entries(const struct catalogue *c, size_t *count)
{
	*count = c->count;
	return c->entries;
}

const struct catalogue_entry *catalogue_find(const struct catalogue *c, const char *english)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(english, c->entries[middle].english);

		if (order == 0)
			return &c->entries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *catalogue_form(const struct catalogue *c, const struct catalogue_entry *e, unsigned long n)
{
	unsigned long form = e->many ? plural_form(c->rule, n) : 0;
	const char *text = e->forms;

	if (form >= (unsigned long)e->form_count)
		form = 0;
	while (form-- > 0)
		text += strlen(text) + 1;
	return text;
}
