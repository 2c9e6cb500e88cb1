#include "config.h"

#include "ui/prompt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "ui/kit/keys.h"
#include "ui/pane.h"

void prompt_open(struct prompt *p, enum prompt_kind kind, const char *label, const char *initial)
{
	p->kind = kind;
	p->label = label;
	p->history_at = -1;
	field_set(&p->field, initial ? initial : "", initial && initial[0]);
}

void prompt_again(struct prompt *p, enum prompt_kind kind)
{
	p->kind = kind;
	p->field.sent = false;
}

void prompt_done(struct prompt *p)
{
	for (int i = 0; i < p->history_count; i++)
		free(p->history[i]);
	*p = (struct prompt){0};
}

static void prompt_remember(struct prompt *p)
{
	if (!p->field.len || (p->history_count && strcmp(p->history[0], p->field.text) == 0))
		return;
	if (p->history_count == PROMPT_HISTORY)
		free(p->history[--p->history_count]);
	memmove(&p->history[1], &p->history[0], (size_t)p->history_count * sizeof(p->history[0]));
	p->history[0] = memory_text(p->field.text);
	p->history_count++;
}

static void prompt_recall(struct prompt *p, int step)
{
	int at = p->history_at + step;
	if (at < -1 || at >= p->history_count)
		return;
	p->history_at = at;
	field_set(&p->field, at < 0 ? "" : p->history[at], false);
}

/* The next code that begins with what was typed. */
static void prompt_complete(struct prompt *p)
{
	for (const struct pane_ops *const *o = pane_table; *o; o++)
		if (p->field.len && strlen((*o)->code) > p->field.len &&
		    strncasecmp((*o)->code, p->field.text, p->field.len) == 0) {
			field_set(&p->field, (*o)->code, false);
			return;
		}
}

static enum prompt_result prompt_close(struct prompt *p, enum prompt_result result)
{
	p->kind = PROMPT_NONE;
	return result;
}

enum prompt_result prompt_key(struct prompt *p, int key, enum prompt_kind *kind)
{
	*kind = p->kind;
	if (p->kind == PROMPT_LEAVE) /* F3 twice leaves, too */
		return prompt_close(p, key == 'y' || key == 'Y' || key == KEY_RETURN || key == KEY_FUNCTION + 3
					       ? PROMPT_SENT
					       : PROMPT_DROPPED);
	switch (key) {
	case KEY_RETURN:
	case 'E' - KEY_CONTROL:
		if (p->kind == PROMPT_COMMAND)
			prompt_remember(p);
		return prompt_close(p, PROMPT_SENT);
	case KEY_ESC:
	case KEY_FUNCTION + 12:
		return prompt_close(p, PROMPT_DROPPED);
	case 'F' - KEY_CONTROL:
		field_clear(&p->field);
		return PROMPT_OPEN;
	case KEY_ERASE:
		if (p->field.len == 0)
			return prompt_close(p, PROMPT_DROPPED);
		break;
	case KEY_ARROW_UP:
	case KEY_ARROW_DOWN:
		if (p->kind == PROMPT_COMMAND)
			prompt_recall(p, key == KEY_ARROW_UP ? 1 : -1);
		return PROMPT_OPEN;
	case KEY_TAB:
		if (p->kind == PROMPT_COMMAND)
			prompt_complete(p);
		return PROMPT_OPEN;
	default:
		break;
	}
	field_key(&p->field, key);
	return PROMPT_OPEN;
}
