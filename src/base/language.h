/* language: what people read, in theirs.
 *
 * Every sentence, title and label that reaches a person is written in English in the
 * source and passed through gettext on its way out:
 *
 *     draw_format(y, x, w, ROLE_DIM, _("Counting ..."));
 *     static const char *const titles[] = {N_("Name"), N_("Store")};     marked where it stands,
 *     draw_text(..., _(titles[i]), ...);                                 translated where it is used
 *     P_("%d store", "%d stores", n)                                     where a number decides
 *
 * error_set and error_hint translate their formats themselves: nothing is marked there.
 * What only programs read (JSON, CSV, names of columns and settings, the log) is never translated.
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

#include <libintl.h>

#define _(text)         gettext(text)
#define N_(text)        text
#define P_(one, many, n) ngettext(one, many, (unsigned long)(n))

/* Before anything is said, once: LC_CTYPE and LC_MESSAGES from the environment; numbers stay those of C.
 * language: "auto" or NULL: the environment's; else a translation that is installed ("en", "fr", "id"),
 * whatever the locale is. folder: where translations lie; NULL: where they were installed. */
void language_start(const char *language, const char *folder);

#endif
