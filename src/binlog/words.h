/* words: a statement's text, word by word, as the servers' own scanners part it.
 *
 *     struct words w;
 *     for (words_init(&w, query); w.now.kind != WORD_END; words_next(&w))
 *             if (words_is(&w, "TABLE")) ...
 *
 * Comments are passed over; the executable ones (slash star !, slash star M!) are read as what they hold: a server
 * blanks the mark of those it did not execute before it logs them. Backslashes escape in strings unless sql_mode has
 * NO_BACKSLASH_ESCAPES; in the five character sets whose second byte may look like ASCII (big5, sjis, cp932, gbk,
 * gb18030) a character is passed over whole.
 *
 * A text that ends inside a quote or a comment sets `bad`; the word it ends in is the last. So does a quoted
 * identifier that holds a NUL.
 */
#ifndef TD_BINLOG_WORDS_H
#define TD_BINLOG_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct binlog_query;

enum word_kind {
	WORD_END,
	WORD_PLAIN,  /* a keyword, an unquoted identifier, or the beginning of a number */
	WORD_NAME,   /* a quoted identifier */
	WORD_STRING, /* '...', or "..." without ANSI_QUOTES */
	WORD_HEX,    /* X'...' */
	WORD_BITS,   /* B'...' */
	WORD_MARK,   /* any other character, alone */
};

struct word {
	enum word_kind kind;
	const char *p; /* what stands inside the quotes, as written */
	size_t n;
	char mark;     /* the character, or the quote */
};

enum words_width {
	WORDS_NARROW, /* a byte that looks like ASCII is ASCII */
	WORDS_WIDE,   /* the second byte of a character may look like it */
	WORDS_SJIS,   /* so, but a0 to df stand alone */
};

struct words {
	struct word now;
	bool bad;
	/* the rest is the scanner's own */
	const char *at, *end;
	bool ansi_quotes, no_escapes;
	enum words_width width;
	bool executable; /* inside an executable comment */
};

void words_init(struct words *w, const struct binlog_query *q); /* stands on the first word */
void words_next(struct words *w);

/* Is it this keyword? Written in capitals; quoted words are none. */
bool words_is(const struct words *w, const char *keyword);
bool words_mark(const struct words *w, char mark);
/* Each passes over what it asked for. */
bool words_skip(struct words *w, const char *keyword);
bool words_skip_mark(struct words *w, char mark);

/* A WORD_PLAIN or WORD_NAME: can it be an identifier? */
bool word_is_name(const struct word *word);
/* The text of a plain or quoted identifier, doubled quotes undone. */
const char *word_name(const struct word *word, struct arena *a);
/* Equal to name, upper and lower case of ASCII being the same. */
bool word_equals(const struct word *word, const char *name);
/* What a string, a hexadecimal or binary literal, or a number 0x.. or 0b.. stands for: the count of bytes, at most
 * `room`, or -1 when it is none of these or longer. */
int word_bytes(const struct words *w, const struct word *word, uint8_t *out, size_t room);

#endif
