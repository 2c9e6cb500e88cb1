/* text: UTF-8 as it comes from foreign systems, made safe, measured, folded.
 *
 * Input is bytes with a length: any byte may occur, NUL and invalid UTF-8
 * included. Widths are terminal cells, independent of the process's locale.
 * Folding is for search: Unicode NFKD (UAX #15), accents removed (the marks of
 * Latin, Greek, Cyrillic, Arabic and Hebrew; where marks are letters, as in kana,
 * Thai and Indic scripts, they stay), full case folding (UAX #21), and the letters
 * that have no decomposition but are typed without their stroke (dotless i,
 * o-slash, l-stroke, d-stroke, thorn, ...). Folding what is folded changes nothing.
 */
#ifndef TD_BASE_TEXT_H
#define TD_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* Decodes the character at s (n >= 1 bytes). Returns its length in bytes; an
 * invalid byte has length 1 and sets *c to UINT32_MAX. */
size_t text_next(const char *s, size_t n, uint32_t *c);
bool text_valid(const char *s, size_t n);
/* Appends s with each invalid byte as U+FFFD; otherwise unchanged (for JSON). */
void text_utf8(struct buffer *out, const char *s, size_t n);
/* Appends s with each C0, DEL, C1, bidi control, zero-width or other format
 * character, line/paragraph separator, character that is not assigned or never
 * drawn and each invalid byte as one visible cell: U+FFFD, or '?' where ascii is
 * set; ascii also replaces what is not ASCII. So is a combining mark that has no
 * base, or four marks before it on the same one: nothing joins what stands before.
 * Everything that reaches a terminal or a log passes here first. */
void text_clean(struct buffer *out, const char *s, size_t n, bool ascii);
/* Of n bytes that may end in the middle of a character: how many there are before it. */
size_t text_whole(const char *s, size_t n);
/* True for characters text_clean replaces wherever they stand; UINT32_MAX is one. */
bool text_harmful(uint32_t c);
/* Cells of cleaned text; a wide character counts 2, a combining mark 0. */
size_t text_width(const char *s, size_t n);
/* Appends cleaned text cut or padded to exactly width cells: left-justified,
 * cut text ends with an ellipsis ("~" where ascii). Never splits a cluster (one of
 * over 8 cells is no cluster any more). */
void text_fit(struct buffer *out, const char *s, size_t n, size_t width, bool ascii);
/* As text_fit, right-justified when it is shorter. */
void text_fit_right(struct buffer *out, const char *s, size_t n, size_t width, bool ascii);
/* Appends the folded form of s: words of letters, marks and digits separated by
 * single spaces; everything else separates words (apostrophes and full stops
 * inside a word are dropped: O'Brien folds to "obrien"). CJK text folds to itself. */
void text_fold(struct buffer *out, const char *s, size_t n);
/* Bytes to change, add, drop or swap with their neighbour to come from a to b: how far a slip of the hand is from
 * the word that was meant. SIZE_MAX for words of more than 40 bytes, which nobody's slip is. */
size_t text_distance(const char *a, const char *b);
/* How much in words, by powers of ten: 512 bytes, 1.2 GB. */
#define TEXT_SIZE 32
const char *text_size(int64_t bytes, char out[TEXT_SIZE]);
/* Decodes latin1 (ISO 8859-1) to UTF-8. */
void text_from_latin1(struct buffer *out, const char *s, size_t n);

#endif
