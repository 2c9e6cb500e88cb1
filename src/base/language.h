/* language: what people read, in theirs.
 *
 * Every sentence, title and label that reaches a person is written in English in the
 * source and translated on its way out:
 *
 *     draw_format(y, x, w, ROLE_DIM, _("Counting ..."));
 *     static const char *const titles[] = {N_("Name"), N_("Store")};     marked where it stands,
 *     draw_text(..., _(titles[i]), ...);                                 translated where it is used
 *     P_("%d store", "%d stores", n)                                     where a number decides
 *
 * Errors and hints, what a source or a replica tells, and the narration stay English inside the program: they end
 * in logs, replicas and JSON, where their wording must not depend on who started it. They are only marked (error_set
 * and its like are keywords of their own; else N_, or NP_ where a number decides), and the one who shows a finished
 * sentence to a person has it translated there:
 *
 *     language_sentence(&out, err.message)
 *
 * What only programs read (JSON, CSV, names of columns and settings, files of the log) is never translated.
 *
 * A text that must fit a field of fixed width says so to its translators, and a test
 * measures every translation by it, in cells:
 *
 *     // xgettext: cell 10
 *     N_("vs avg")
 *
 * (in a block comment, right before the text).
 */
#ifndef TD_BASE_LANGUAGE_H
#define TD_BASE_LANGUAGE_H

#include <stdbool.h>

struct buffer;

#define _(text)           language_text(text)
#define N_(text)          text
#define P_(one, many, n)  language_plural(one, many, (unsigned long)(n))
#define NP_(one, many, n) ((n) == 1 ? one : many)

/* Before anything is said, and before there are threads: which language. May be called again.
 *
 * language: "auto" or NULL: what LANGUAGE, LC_ALL, LC_MESSAGES and LANG ask for, as programs of GNU understand them;
 * else a translation that is installed ("en", "fr", "id"), whatever the locale is. The system need not know the language.
 * folder: where translations lie, as FOLDER/fr/LC_MESSAGES/tellerdesk.mo; NULL: beside the binary or where they were
 * installed. ascii: without accents, for terminals that have none. */
void language_start(const char *language, const char *folder, bool ascii);
void language_stop(void);
/* "en", or the translation in use. */
const char *language_name(void);

const char *language_text(const char *english) __attribute__((format_arg(1)));
const char *language_plural(const char *one, const char *many, unsigned long n)
	__attribute__((format_arg(1), format_arg(2)));

/* Appends a finished English text, translated: the format it was made from is recognised, and so is, in turn, what was
 * filled into it but stands in no quotes (a cause, another message, an error of the system). What is not recognised stays
 * English; in a text of several lines each line is one text. */
void language_sentence(struct buffer *out, const char *english);

#endif
