/* verbs: the words of the command line, in one table. It runs them, completes them, and help lists them.
 *
 *     stor 15m        a word, then its argument up to the end of the line
 *     st              the beginning of a word does, where it is of one alone
 *     1392            a CIF is looked up
 */
#ifndef TD_UI_VERBS_H
#define TD_UI_VERBS_H

#include <stdbool.h>
#include <stddef.h>

struct choices;
struct console;

struct verb {
	const char *word, *also; /* also: another word for it, or NULL */
	const char *argument;    /* as help shows it, in brackets where it may be left out: "[CIF]"; "": none */
	const char *about;       /* to be translated */
	/* What went wrong is the session's message in ROLE_ERROR: the prompt stays open then. argument "": none was
	 * given. */
	void (*run)(struct console *c, const char *argument);
	/* Adds what an argument that begins so may be; or NULL. */
	void (*choices)(struct console *c, const char *argument, struct choices *out);
};

/* Ended by a NULL word. */
extern const struct verb verbs_table[];

const char *verbs_argument(const struct verb *v); /* translated */
void verbs_run(struct console *c, const char *line);
/* What may stand where the cursor (a byte of the line) is. */
void verbs_choices(struct console *c, const char *line, size_t cursor, struct choices *out);

/* ---- verbs_choices.c: the arguments there are ---- */

void verbs_choices_themes(struct console *c, const char *argument, struct choices *out);
void verbs_choices_charts(struct console *c, const char *argument, struct choices *out);
void verbs_choices_copies(struct console *c, const char *argument, struct choices *out);
void verbs_choices_zones(struct console *c, const char *argument, struct choices *out);
void verbs_choices_stores(struct console *c, const char *argument, struct choices *out); /* windows, stores */
void verbs_choices_windows(struct console *c, const char *argument, struct choices *out);
void verbs_choices_moments(struct console *c, const char *argument, struct choices *out);
void verbs_choices_customers(struct console *c, const char *argument, struct choices *out); /* seen last */
void verbs_choices_export(struct console *c, const char *argument, struct choices *out);    /* formats, files */
void verbs_choices_help(struct console *c, const char *argument, struct choices *out);

#endif
