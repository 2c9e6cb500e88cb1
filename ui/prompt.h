/* prompt: a question on the message row, answered with one line.
 *
 *     prompt_open(&p, PROMPT_COMMAND, _("Command ==>"), NULL)
 *     prompt_key until it is SENT or DROPPED       the text stands in p.field
 *     CHOICES: Tab; prompt_offer gives what the text could go on with, Tab goes round in it
 *     prompt_again(&p)                             the answer was wrong: open again, nothing is lost
 */
#ifndef TD_UI_PROMPT_H
#define TD_UI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/kit/field.h"

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_COMMAND, /* history with Up and Down, Tab completes */
	PROMPT_AS_OF,
	PROMPT_FIND,
	PROMPT_PANE,  /* the pane on top asked */
	PROMPT_LEAVE, /* one key is the answer */
};

enum { PROMPT_HISTORY = 50, PROMPT_CHOICES_MOST = 1000, PROMPT_LABEL = 160 /* bytes */ };

/* What a text may be completed with. */
struct choices {
	size_t from; /* the byte of the line where they begin */
	char **list; /* each allocated, as the list is */
	int count;
	bool final; /* behind one that was chosen nothing follows: no blank is put there */
};
void choices_add(struct choices *c, const char *text);
void choices_done(struct choices *c);

struct prompt {
	enum prompt_kind kind; /* PROMPT_NONE: closed */
	char label[PROMPT_LABEL]; /* translated */
	struct field field;
	char *history[PROMPT_HISTORY]; /* of commands, newest first; in memory alone, since there are CIFs among them */
	int history_count, history_at; /* -1: the line being typed */
	char draft[FIELD_SIZE];        /* that line, while an older one is shown */
	struct choices choices;
	int choice; /* which is in the field; -1: none yet */
};

enum prompt_result { PROMPT_OPEN, PROMPT_CHOICES, PROMPT_SENT, PROMPT_DROPPED };

/* The label is copied: the pane that asked may go before it is answered. */
void prompt_open(struct prompt *p, enum prompt_kind kind, const char *label, const char *initial);
/* A key of the prompt. SENT: the text stands in field, the prompt is closed; its kind was *kind. */
enum prompt_result prompt_key(struct prompt *p, int key, enum prompt_kind *kind);
/* Takes the choices. One: it is put there. More: as far as they agree, or else the first of them. */
void prompt_offer(struct prompt *p, struct choices *choices);
/* Opens the prompt just sent again, with its text. */
void prompt_again(struct prompt *p, enum prompt_kind kind);
void prompt_done(struct prompt *p);

#endif
