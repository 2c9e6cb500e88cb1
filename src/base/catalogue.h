/* catalogue: the translations of one language, from a file as msgfmt writes it (.mo;
 * the manual of GNU gettext, "The Format of GNU MO Files").
 *
 * Read here and not by libintl, because that one gives nothing unless the system has a
 * locale of the language installed, and makes the system's own messages foreign with ours,
 * which would find their way into logs and replicas.
 *
 * A file is read whole and checked: one that is damaged is no catalogue. Afterwards nothing
 * changes, so any thread may ask. All texts live as long as the catalogue.
 */
#ifndef TD_BASE_CATALOGUE_H
#define TD_BASE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

struct catalogue;

struct catalogue_entry {
	const char *english, *many; /* many: NULL unless a number decides */
	const char *forms;          /* form_count texts, each ended by a NUL */
	int form_count;
};

/* ascii: translations without accents and typographic signs. NULL: not there, or damaged. */
struct catalogue *catalogue_open(const char *path, bool ascii);
void catalogue_free(struct catalogue *c);
/* In order of the English text; the header (english "") is not among them. */
const struct catalogue_entry *catalogue_entries(const struct catalogue *c, size_t *count);
/* NULL: not there. */
const struct catalogue_entry *catalogue_find(const struct catalogue *c, const char *english);
/* The form that goes with n. */
const char *catalogue_form(const struct catalogue *c, const struct catalogue_entry *e, unsigned long n);

#endif
