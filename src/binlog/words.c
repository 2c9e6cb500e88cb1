#include "config.h"

#include "binlog/words.h"

#include <string.h>

#include "base/memory.h"
#include "binlog/query.h"

#define MODE_NO_BACKSLASH_ESCAPES UINT64_C(0x100000)

/* MariaDB numbers a collation that does not pad 1024 above the one that does. */
static enum words_width words_width_of(uint32_t collation)
{
	if (collation >= 1024 && collation < 2048)
		collation -= 1024;
	switch (collation) {
	case 13:
	case 88: /* sjis */
	case 95:
	case 96: /* cp932 */
		return WORDS_SJIS;
	case 1:
	case 84: /* big5 */
	case 28:
	case 87: /* gbk */
	case 248:
	case 249:
	case 250: /* gb18030 */
		return WORDS_WIDE;
	default:
		return WORDS_NARROW;
	}
}

void words_init(struct words *w, const struct binlog_query *q)
{
	const char *text = q->text ? q->text : "";
	*w = (struct words){.at = text,
			    .end = text + q->text_len,
			    .ansi_quotes = q->ansi_quotes,
			    .no_escapes = (q->sql_mode & MODE_NO_BACKSLASH_ESCAPES) != 0,
			    .width = words_width_of(q->collation)};
	words_next(w);
}

static bool words_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool words_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool words_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || words_digit(c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

static char words_fold(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The byte `ahead` of the place, 0 past the end. */
static char words_peek(const struct words *w, size_t ahead)
{
	return (size_t)(w->end - w->at) > ahead ? w->at[ahead] : '\0';
}

/* One character; of two bytes where the second may look like ASCII. No second byte is below 40, so a quote of
 * strings is never taken along with a broken character. */
static void words_character(struct words *w)
{
	unsigned char first = (unsigned char)words_peek(w, 0), second = (unsigned char)words_peek(w, 1);
	bool letter = w->width == WORDS_SJIS && first >= 0xa0 && first <= 0xdf; /* katakana of one byte */
	bool two = w->width != WORDS_NARROW && first > 0x80 && !letter && second >= 0x40 && second != 0x7f;
	w->at += two ? 2 : 1;
}

static void words_line(struct words *w)
{
	const char *eol = memchr(w->at, '\n', (size_t)(w->end - w->at));
	w->at = eol ? eol + 1 : w->end;
}

static void words_comment(struct words *w)
{
	for (w->at += 2; w->end - w->at >= 2; w->at++)
		if (w->at[0] == '*' && w->at[1] == '/') {
			w->at += 2;
			return;
		}
	w->at = w->end;
	w->bad = true;
}

/* The version behind the mark has five or six digits; fewer are what the comment holds. */
static void words_executable(struct words *w, size_t mark)
{
	size_t digits = 0;
	w->at += mark;
	while (digits < 6 && words_digit(words_peek(w, digits)))
		digits++;
	w->at += digits >= 5 ? digits : 0;
	w->executable = true;
}

/* Passes over one run of what parts words; false when there is none. */
static bool words_gap(struct words *w)
{
	char c = words_peek(w, 0), next = words_peek(w, 1);
	if (words_space(c))
		w->at++;
	else if (c == '#')
		words_line(w);
	else if (c == '-' && next == '-' && (unsigned char)words_peek(w, 2) <= ' ')
		words_line(w);
	else if (c == '/' && next == '*' && words_peek(w, 2) == '!')
		words_executable(w, 3);
	else if (c == '/' && next == '*' && words_peek(w, 2) == 'M' && words_peek(w, 3) == '!')
		words_executable(w, 4);
	else if (c == '/' && next == '*')
		words_comment(w);
	else if (w->executable && c == '*' && next == '/') {
		w->at += 2;
		w->executable = false;
	} else
		return false;
	return true;
}

static void words_quoted(struct words *w, enum word_kind kind)
{
	char quote = *w->at++;
	bool escapes = kind == WORD_STRING && !w->no_escapes;
	w->now = (struct word){.kind = kind, .p = w->at, .mark = quote};
	while (w->at < w->end) {
		if (*w->at == quote && words_peek(w, 1) != quote) {
			w->now.n = (size_t)(w->at++ - w->now.p);
			/* No identifier has a NUL; a name that ended there would be another one. */
			if (kind == WORD_NAME && memchr(w->now.p, 0, w->now.n))
				w->bad = true;
			return;
		}
		if (*w->at == quote || (escapes && *w->at == '\\'))
			w->at++;
		if (w->at < w->end)
			words_character(w);
	}
	w->now.n = (size_t)(w->end - w->now.p);
	w->bad = true;
}

static void words_plain(struct words *w)
{
	const char *start = w->at;
	while (w->at < w->end && words_letter(*w->at))
		words_character(w);
	w->now = (struct word){.kind = WORD_PLAIN, .p = start, .n = (size_t)(w->at - start)};
	if (w->now.n != 1 || words_peek(w, 0) != '\'')
		return;
	char prefix = words_fold(*start);
	if (prefix == 'X' || prefix == 'B')
		words_quoted(w, prefix == 'X' ? WORD_HEX : WORD_BITS);
	else if (prefix == 'N')
		words_quoted(w, WORD_STRING);
}

void words_next(struct words *w)
{
	while (w->at < w->end && words_gap(w))
		;
	if (w->at >= w->end) {
		w->bad |= w->executable;
		w->now = (struct word){.kind = WORD_END, .p = w->end};
	} else if (words_letter(*w->at))
		words_plain(w);
	else if (*w->at == '`' || (*w->at == '"' && w->ansi_quotes))
		words_quoted(w, WORD_NAME);
	else if (*w->at == '\'' || *w->at == '"')
		words_quoted(w, WORD_STRING);
	else {
		w->now = (struct word){.kind = WORD_MARK, .p = w->at, .n = 1, .mark = *w->at};
		w->at++;
	}
}

bool words_is(const struct words *w, const char *keyword)
{
	return w->now.kind == WORD_PLAIN && word_equals(&w->now, keyword);
}

bool words_mark(const struct words *w, char mark)
{
	return w->now.kind == WORD_MARK && w->now.mark == mark;
}

bool words_skip(struct words *w, const char *keyword)
{
	bool is = words_is(w, keyword);
	if (is)
		words_next(w);
	return is;
}

bool words_skip_mark(struct words *w, char mark)
{
	bool is = words_mark(w, mark);
	if (is)
		words_next(w);
	return is;
}

bool word_is_name(const struct word *word)
{
	return word->kind == WORD_NAME || word->kind == WORD_PLAIN;
}

/* The next byte of a name at *i, a doubled quote as one. */
static char word_byte(const struct word *word, size_t *i)
{
	char c = word->p[(*i)++];
	if (word->kind == WORD_NAME && c == word->mark && *i < word->n && word->p[*i] == c)
		(*i)++;
	return c;
}

const char *word_name(const struct word *word, struct arena *a)
{
	char *text = arena_alloc(a, word->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < word->n;)
		text[n++] = word_byte(word, &i);
	text[n] = '\0';
	return text;
}

bool word_equals(const struct word *word, const char *name)
{
	size_t i = 0;
	while (i < word->n && *name)
		if (words_fold(word_byte(word, &i)) != words_fold(*name++))
			return false;
	return i == word->n && !*name;
}

static int word_digit(char c)
{
	c = words_fold(c);
	return words_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* Digits of 4 bits or of one, the first byte filled up with zeros on the left. */
static int word_digits(const char *p, size_t n, unsigned bits, uint8_t *out, size_t room)
{
	size_t per_byte = 8 / bits, count = n / per_byte + (n % per_byte ? 1 : 0);
	if (count > room)
		return -1;
	memset(out, 0, count);
	for (size_t i = 0; i < n; i++) {
		int digit = word_digit(p[i]);
		if (digit >= 1 << bits)
			return -1;
		size_t behind = n - 1 - i;
		out[count - 1 - behind / per_byte] |= (uint8_t)(digit << (behind % per_byte * bits));
	}
	return (int)count;
}

static char word_escaped(char c)
{
	static const char codes[] = "0bnrtZ", meanings[] = "\0\b\n\r\t\032";
	const char *at = c ? strchr(codes, c) : NULL;
	return at ? meanings[at - codes] : c;
}

static int word_string(const struct words *w, const struct word *word, uint8_t *out, size_t room)
{
	size_t n = 0;
	for (size_t i = 0; i < word->n; i++) {
		char c = word->p[i];
		if (n == room)
			return -1;
		if (i + 1 < word->n && c == '\\' && !w->no_escapes)
			c = word_escaped(word->p[++i]);
		else if (i + 1 < word->n && c == word->mark)
			i++;
		out[n++] = (uint8_t)c;
	}
	return (int)n;
}

int word_bytes(const struct words *w, const struct word *word, uint8_t *out, size_t room)
{
	switch (word->kind) {
	case WORD_STRING:
		return word_string(w, word, out, room);
	case WORD_HEX:
		return word->n % 2 ? -1 : word_digits(word->p, word->n, 4, out, room);
	case WORD_BITS:
		return word_digits(word->p, word->n, 1, out, room);
	case WORD_PLAIN:
		if (word->n > 2 && word->p[0] == '0' && word->p[1] == 'x')
			return word_digits(word->p + 2, word->n - 2, 4, out, room);
		if (word->n > 2 && word->p[0] == '0' && word->p[1] == 'b')
			return word_digits(word->p + 2, word->n - 2, 1, out, room);
		return -1;
	default:
		return -1;
	}
}
