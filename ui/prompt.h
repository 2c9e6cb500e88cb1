/* prompt: a question on the message row, answered with one line. */
#ifndef TD_UI_PROMPT_H
#define TD_UI_PROMPT_H

#include <stdbool.h>

#include "ui/kit/field.h"

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_COMMAND, /* history with Up and Down, Tab completes a code */
	PROMPT_AS_OF,
	PROMPT_FIND,
	PROMPT_PANE,  /* the pane on top asked */
	PROMPT_LEAVE, /* one key is the answer */
};

enum { PROMPT_HISTORY = 50 };

struct prompt {
	enum prompt_kind kind; /* PROMPT_NONE: closed */
	const char *label;
	struct field field;
	char *history[PROMPT_HISTORY]; /* of commands, newest first */
	int history_count, history_at; /* -1: the line being typed */
};

enum prompt_result { PROMPT_OPEN, PROMPT_SENT, PROMPT_DROPPED };

void prompt_open(struct prompt *p, enum prompt_kind kind, const char *label, const char *initial);
/* Opens it once more as it was sent, to be mended. */
void prompt_again(struct prompt *p, enum prompt_kind kind);
/* A key of the prompt. SENT: the text stands in field, the prompt is closed; its kind was *kind. */
enum prompt_result prompt_key(struct prompt *p, int key, enum prompt_kind *kind);
void prompt_done(struct prompt *p);

#endif
