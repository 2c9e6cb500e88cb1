/* Translating what was said already.
 *
 * A message was made from a format of the catalogue: "could not open replica \"%s\": %s" gave
 * could not open replica "r.db": the disk is full. So each format of the catalogue is held against the message: its
 * fixed parts must stand there, in their order, and what lies between them was filled in. Of several that fit the one
 * with the longest fixed parts made it. What was filled in is put into the translation of the format; a number as it
 * stands, a text in quotes as well (it is a name), another text after it was translated itself, if it is recognised.
 *
 * No message is damaged when this goes wrong: the worst is a text that stays English.
 */
#include "config.h"

#include "base/language.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/catalogue.h"
#include "base/language_internal.h"

enum {
	SENTENCE_ARGUMENTS = 16,
	SENTENCE_DEPTH = 5,     /* of a cause in a cause */
	SENTENCE_STEPS = 20000, /* of a comparison: a format with many gaps has many ways to fit */
	SENTENCE_LEAST = 6,     /* fixed characters, below which a format fits anything */
};

/* What the system says of a failure (strerror, which speaks English here: LC_MESSAGES is left alone), for translators.
 */
static const char *const sentence_system[] __attribute__((unused)) = {
	N_("Operation not permitted"),
	N_("No such file or directory"),
	N_("Input/output error"),
	N_("Cannot allocate memory"),
	N_("Permission denied"),
	N_("Device or resource busy"),
	N_("File exists"),
	N_("Not a directory"),
	N_("Is a directory"),
	N_("Invalid argument"),
	N_("Too many open files"),
	N_("File too large"),
	N_("No space left on device"),
	N_("Read-only file system"),
	N_("File name too long"),
	N_("Directory not empty"),
	N_("Too many levels of symbolic links"),
	N_("Connection refused"),
	N_("Connection timed out"),
	N_("Connection reset by peer"),
	N_("No route to host"),
	N_("Disk quota exceeded"),
	N_("Resource temporarily unavailable"),
	N_("Text file busy"),
	N_("Network is unreachable"),
	N_("Name or service not known"),
	N_("Temporary failure in name resolution"),
};

struct span {
	const char *at;
	size_t n;
};

struct argument {
	struct span text;
	bool number, quoted;
};

struct fit {
	struct argument arguments[SENTENCE_ARGUMENTS];
	int count, steps;
};

/* A conversion of printf at `format`, which begins with %: its length; *kind its last letter; *place: 1 to n of "%2$s",
 * else 0. */
static size_t sentence_conversion(const char *format, char *kind, int *place)
{
	size_t n = 1, digits = strspn(format + 1, "0123456789");

	*place = 0;
	if (digits > 0 && format[1 + digits] == '$') {
		for (size_t i = 1; i <= digits && *place < 100; i++)
			*place = *place * 10 + (format[i] - '0');
		n += digits + 1;
	}
	n += strspn(format + n, "-+ #0123456789.*'");
	n += strspn(format + n, "hljztL");
	*kind = format[n];
	return format[n] ? n + 1 : n;
}

/* Fixed characters of a format, and whether it has any conversion. */
static size_t sentence_fixed(const char *format, bool *filled)
{
	size_t fixed = 0;

	*filled = false;
	while (*format) {
		char kind = '%';
		int place;
		size_t n = *format == '%' ? sentence_conversion(format, &kind, &place) : 1;

		if (*format == '%' && kind != '%')
			*filled = true;
		else
			fixed++;
		format += n;
	}
	return fixed;
}

static bool sentence_numeric(char kind)
{
	return strchr("diuxXofegc", kind) && kind != 'c';
}

static bool sentence_fits(const char *format, char before, const char *text, const char *end, struct fit *f);

/* The filled in text is as short as lets the rest fit. */
static bool sentence_gap(const char *rest, char kind, char before, const char *text, const char *end, struct fit *f)
{
	int mine = f->count;
	struct argument *a = &f->arguments[mine];
	const char *stop = text;

	if (mine == SENTENCE_ARGUMENTS)
		return false;
	*a = (struct argument){.number = sentence_numeric(kind), .quoted = before == '"' && *rest == '"'};
	if (a->number)
		while (stop < end && (isdigit((unsigned char)*stop) || strchr("+-. ", *stop)))
			stop++;
	for (size_t n = a->number ? 1 : 0; n <= (size_t)((a->number ? stop : end) - text); n++) {
		a->text = (struct span){text, n};
		f->count = mine + 1;
		if (sentence_fits(rest, n ? text[n - 1] : before, text + n, end, f))
			return true;
	}
	f->count = mine;
	return false;
}

static bool sentence_fits(const char *format, char before, const char *text, const char *end, struct fit *f)
{
	while (*format) {
		char kind = '%';
		int place;
		size_t n = 1;

		if (f->steps++ > SENTENCE_STEPS)
			return false;
		if (*format == '%') {
			n = sentence_conversion(format, &kind, &place);
			if (kind != '%')
				return sentence_gap(format + n, kind, before, text, end, f);
		}
		if (text == end)
			return strcmp(format, "\n") == 0; /* a format for a list of lines: the text is one of them */
		if (*text != *format)
			return false;
		before = *text++;
		format += n;
	}
	return text == end;
}

/* ---- which format ---- */

struct choice {
	const struct catalogue_entry *entry;
	struct fit fit;
	size_t fixed;
	bool many; /* it was the form for many that fits */
};

static void sentence_consider(struct choice *c, const struct catalogue_entry *e, bool many, struct span text)
{
	const char *format = many ? e->many : e->english;
	struct fit fit = {.count = 0};
	bool filled;
	size_t fixed;

	/* Almost always decided by the first letter. */
	if (*format != '%' && (text.n == 0 || *format != *text.at))
		return;
	fixed = sentence_fixed(format, &filled);
	if (!filled || fixed < SENTENCE_LEAST || fixed <= c->fixed || fixed > text.n)
		return;
	if (sentence_fits(format, '\0', text.at, text.at + text.n, &fit))
		*c = (struct choice){e, fit, fixed, many};
}

static bool sentence_same(const char *english, struct span text)
{
	return strncmp(english, text.at, text.n) == 0 && (!english[text.n] || strcmp(english + text.n, "\n") == 0);
}

static void sentence_find(struct choice *c, struct span text)
{
	size_t count;
	const struct catalogue_entry *entries = catalogue_entries(language_used(), &count);

	*c = (struct choice){.entry = NULL};
	for (size_t i = 0; i < count; i++) {
		if (sentence_same(entries[i].english, text)) {
			*c = (struct choice){.entry = &entries[i]};
			return;
		}
		sentence_consider(c, &entries[i], false, text);
		if (entries[i].many)
			sentence_consider(c, &entries[i], true, text);
	}
}

/* ---- the translation ---- */

static void sentence_add(struct buffer *out, struct span text, int depth);

static void sentence_argument(struct buffer *out, const struct argument *a, int depth)
{
	/* One word is a name, of a table or a column, that may happen to be a word of the catalogue as well. */
	if (a->number || a->quoted || !memchr(a->text.at, ' ', a->text.n))
		buffer_add(out, a->text.at, a->text.n);
	else
		sentence_add(out, a->text, depth + 1);
}

/* The number that decides, of a text that has one form for one and one for many. Where it was filled in as a text, the
 * English form tells. */
static unsigned long sentence_number(const struct choice *choice)
{
	const struct fit *f = &choice->fit;
	unsigned long n = 0;

	for (int i = 0; i < f->count; i++) {
		const struct argument *a = &f->arguments[i];

		if (!a->number)
			continue;
		for (size_t k = 0; k < a->text.n; k++)
			if (isdigit((unsigned char)a->text.at[k]))
				n = n * 10 + (unsigned long)(a->text.at[k] - '0');
		return n;
	}
	return choice->many ? 2 : 1;
}

static void sentence_fill(struct buffer *out, const char *format, const struct fit *f, int depth)
{
	int next = 0;

	while (*format) {
		char kind;
		int place;
		size_t n = strcspn(format, "%");

		buffer_add(out, format, n - (n > 0 && !format[n] && format[n - 1] == '\n'));
		format += n;
		if (!*format)
			return;
		format += sentence_conversion(format, &kind, &place);
		if (kind == '%' || !kind) { /* at the end it is no conversion */
			buffer_char(out, '%');
			continue;
		}
		if (place == 0)
			place = ++next;
		if (place <= f->count)
			sentence_argument(out, &f->arguments[place - 1], depth);
	}
}

/* "FILE:LINE: " at the beginning, as compilers write it: its length, or 0. */
static size_t sentence_place(struct span text)
{
	size_t n = 0, digits = 0;

	while (n < text.n && text.at[n] != ':' && text.at[n] != ' ')
		n++;
	while (n + 1 + digits < text.n && isdigit((unsigned char)text.at[n + 1 + digits]))
		digits++;
	n += 1 + digits;
	return digits > 0 && n + 2 < text.n && text.at[n] == ':' && text.at[n + 1] == ' ' ? n + 2 : 0;
}

/* "this; that": the length up to that; 0: one text. */
static size_t sentence_first(struct span text)
{
	const char *at = memmem(text.at, text.n, "; ", 2);

	return at && at > text.at ? (size_t)(at - text.at) + 2 : 0;
}

/* "Connection refused (2002)": the length up to the number an error ends with; 0: there is none. */
static size_t sentence_numbered(struct span text)
{
	size_t n = text.n;

	if (n < 4 || text.at[--n] != ')')
		return 0;
	while (n > 0 && isdigit((unsigned char)text.at[n - 1]))
		n--;
	return n > 2 && n < text.n - 1 && text.at[n - 1] == '(' && text.at[n - 2] == ' ' ? n - 2 : 0;
}

/* A text that ends in "; " or is a place. */
static void sentence_part(struct buffer *out, struct span text, int depth)
{
	/* How two sentences are joined there: what stands between the conversions. */
	const char *joint = _("%s; %s");
	size_t n = strlen(joint);

	if (text.at[text.n - 2] != ';') {
		buffer_add(out, text.at, text.n);
		return;
	}
	sentence_add(out, (struct span){text.at, text.n - 2}, depth);
	if (n > 4)
		buffer_add(out, joint + 2, n - 4);
}

static void sentence_add(struct buffer *out, struct span text, int depth)
{
	struct choice c = {.entry = NULL};
	size_t place = sentence_place(text);

	if (depth < SENTENCE_DEPTH)
		sentence_find(&c, text);
	if (c.entry) {
		sentence_fill(out, catalogue_form(language_used(), c.entry, sentence_number(&c)), &c.fit, depth);
		return;
	}
	/* Not one text, but perhaps two: behind a place in a file, or side by side. */
	if (place == 0)
		place = sentence_first(text);
	size_t numbered = place == 0 ? sentence_numbered(text) : 0;
	if (numbered > 0 && depth < SENTENCE_DEPTH) {
		sentence_add(out, (struct span){text.at, numbered}, depth + 1);
		buffer_add(out, text.at + numbered, text.n - numbered);
	} else if (place > 0 && depth < SENTENCE_DEPTH) {
		sentence_part(out, (struct span){text.at, place}, depth + 1);
		sentence_add(out, (struct span){text.at + place, text.n - place}, depth + 1);
	} else {
		buffer_add(out, text.at, text.n);
	}
}

void language_sentence(struct buffer *out, const char *english)
{
	while (language_used() && *english) {
		size_t n = strcspn(english, "\n");

		if (n > 0)
			sentence_add(out, (struct span){english, n}, 0);
		if (english[n])
			buffer_char(out, '\n');
		english += n + (english[n] == '\n');
	}
	buffer_text_add(out, english);
}
