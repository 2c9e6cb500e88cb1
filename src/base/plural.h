/* plural: which form of a text goes with a number, as a catalogue says it.
 *
 * The rule is the C expression of n in a header "Plural-Forms: nplurals=2; plural=n>1;"
 * (the manual of GNU gettext, "Plural forms"): numbers, n, ! * / % + - < <= > >= == != && || ?: and brackets.
 */
#ifndef TD_BASE_PLURAL_H
#define TD_BASE_PLURAL_H

/* rule: from behind "plural=", to a ";" or the end; NULL: that of English. What is no such expression gives 0. */
unsigned long plural_form(const char *rule, unsigned long n);

#endif
